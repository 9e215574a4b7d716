"""Krizhevsky, Sutskever and Hinton 2012: "ImageNet classification with deep convolutional neural networks", NIPS 25,
1097-1105.

New: a convolutional network of eight layers on photographs, made possible by units that do not saturate, f(a) =
max(0, a), and by two graphics cards. With it come pooling whose windows overlap (3x3, every second cell), normalisation
by the maps beside, two groups that see only their own half of the maps in conv2, conv4 and conv5, dropout in the full
layers, and images that are shifted in training.

    conv1   96 maps of 55x55, kernels 11x11 every fourth cell, normalised, pooled to 27x27         34,944 parameters
    conv2  256 maps of 27x27, kernels 5x5 in 48 maps, normalised, pooled to 13x13                 307,456
    conv3  384 maps of 13x13, kernels 3x3 in all 256 maps                                         885,120
    conv4  384 maps of 13x13, kernels 3x3 in 192 maps                                             663,936
    conv5  256 maps of 13x13, kernels 3x3 in 192 maps, pooled to 6x6                              442,624
    full6  4,096 units, dropout 0.5                                                            37,752,832
    full7  4,096 units, dropout 0.5                                                            16,781,312
    full8  one unit for each class                                                              4,097,000

    b_i = a_i / (k + alpha sum_j a_j^2)^beta, j over n maps round i; k = 2, n = 5, alpha = 1e-4, beta = 0.75

The one-tower form is that of Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks", as his
code and torchvision have it: 64, 192, 384, 256 and 256 maps, no groups.

Shrunk: 20x20 cells of grey for 224x224 of colour, with kernels of 5x5 on every cell in conv1, and fewer maps and units.
Weights begin by fan-in (He), with biases of 0; deviations of 0.01 and biases of 1, as printed, are for the published
size. alpha is greater, since light of 0 to 1 takes the place of pixels of up to 255, and with the printed one nothing
would be damped. Each image is shifted at random; it is not mirrored, as a letter in the mirror is another letter or
none, and there is no colour to vary. The mean over ten patches at test time is left out.

Figure 1, in which ReLU reaches a training error of 25 % six times sooner than tanh, is seen here under the paper's
conditions alone, raw pixels and small weights: with a deviation of 0.05 a small net took ReLU 150 to 202 steps on
digits, and tanh more than 400; with larger weights, or light from 0 to 1 and weights by fan-in, tanh is the sooner
(``benchmarks/bench_relu.py``). Dropout and shifts are not missed: what is hard about the letters is faces that were
never shown, not places.

Assumed: 224 cells with a border of two zeros, which give the 55x55 positions that the paper counts; dropout after the
units of full6 and full7.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.camera import Camera
from marki.io.exhibits import Rendering
from marki.io.stimuli import letters
from marki.seeding import generator
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.convolution import extent
from successors.nn.functions import dropout, images
from successors.nn.hooks import Watch
from successors.nn.layers import Conv2d, Linear
from successors.nn.learner import Successor
from successors.nn.module import Module, training_rng
from successors.nn.network import Network
from successors.nn.normalisation import local_response_norm
from successors.nn.pooling import max_pool2d
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Parameter, Tensor, no_grad

POOL, STEP = 3, 2
"""Side of a pooling window, and cells from one to the next: they overlap."""


@dataclass(frozen=True, kw_only=True)
class AlexNetConfig(NetworkConfig):
    """Settings of AlexNet."""

    side: int = setting(20, "Cells on a side of the image", unit="cells", low=8, high=512)
    channels: int = setting(1, "Colours of the image", low=1)
    light: float = setting(1.0, "What full light is to the network", low=0)
    maps: tuple[int, ...] = setting((16, 48, 64, 64, 48), "Maps of conv1 to conv5", low=1)
    kernel: int = setting(5, "Side of the kernels of conv1", unit="cells", low=1)
    stride: int = setting(1, "Cells from one place of conv1 to the next", unit="cells", low=1)
    padding: int = setting(2, "Cells of zeros laid round the image", unit="cells", low=0)
    groups: int = setting(2, "Groups of maps in conv2, conv4 and conv5 that do not see each other", low=1)
    full: int = setting(512, "Units of full6, and of full7", low=1)
    classes: int = setting(26, "Units of full8", low=2)
    activation: str = setting("relu", "What the units do with their sums", choices=("relu", "tanh"))
    respond: bool = setting(True, "Whether conv1 and conv2 are damped by the maps beside")
    alpha: float = setting(0.01, "How strongly", low=0)
    dropout: float = setting(
        0.5, "Share of the units of full6 and full7 that are silent while learning", low=0, high=0.9
    )
    deviation: float = setting(0.0, "Deviation of the weights at first; 0: by fan-in", low=0)
    lift: float = setting(0.0, "Biases of conv2, conv4, conv5, full6 and full7 at first")
    recipe: Recipe = setting(
        Recipe(
            batch=64,
            steps=1_000,
            eval_every=500,
            stop_at_score=2.0,
            rate=0.02,
            momentum=0.9,
            decay=0.0005,
            schedule="cosine",
            final_lr_fraction=0.01,
            shift=2,
        ),
        "How it is trained",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.maps) != 5:
            raise ConfigError(f"{len(self.maps)} layers", where="AlexNetConfig.maps", remedy="Give five numbers")
        if self.last < 1:
            raise ConfigError(
                f"{self.side} cells leave nothing", where="AlexNetConfig.side", remedy="Give more cells or padding"
            )

    @property
    def last(self) -> int:
        """Side of the maps that full6 sees."""
        width = extent(self.side, self.kernel, self.stride, self.padding)
        for _ in range(3):
            width = extent(width, POOL, STEP, 0)
        return width


def drawn(deviation: float) -> Callable[[np.random.Generator, tuple[int, ...]], Parameter]:
    """Return the initialiser: normal with this deviation, or by fan-in if it is 0."""
    return partial(initial.normal, deviation=deviation) if deviation else initial.he


class AlexNet(Network):
    """Five layers of maps and three full ones."""

    def __init__(self, config: AlexNetConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        one, two, three, four, five = config.maps
        groups, draw = config.groups, drawn(config.deviation)
        self.conv1 = Conv2d(
            config.channels, one, config.kernel, rng, stride=config.stride, padding=config.padding, init=draw
        )
        self.conv2 = Conv2d(one, two, 5, rng, padding=2, groups=groups, init=draw)
        self.conv3 = Conv2d(two, three, 3, rng, padding=1, init=draw)
        self.conv4 = Conv2d(three, four, 3, rng, padding=1, groups=groups, init=draw)
        self.conv5 = Conv2d(four, five, 3, rng, padding=1, groups=groups, init=draw)
        self.full6 = Linear(five * config.last**2, config.full, rng, init=draw)
        self.full7 = Linear(config.full, config.full, rng, init=draw)
        self.full8 = Linear(config.full, config.classes, rng, init=draw)
        for layer in (self.conv2, self.conv4, self.conv5, self.full6, self.full7):
            layer.bias = initial.constant(layer.weight.shape[:1], config.lift)

    def forward(self, x: Tensor) -> Tensor:
        """Return the sums of full8, (n, classes), of frames (n, side, side) of light, or images of several channels."""
        x = x if x.ndim == 4 else images(x) * self.config.light
        x = self._pooled(self._damped(self._bent(self.conv1(x))))
        x = self._pooled(self._damped(self._bent(self.conv2(x))))
        x = self._bent(self.conv4(self._bent(self.conv3(x))))
        x = self._pooled(self._bent(self.conv5(x))).flatten()
        x = self._dropped(self._bent(self.full6(x)))
        x = self._dropped(self._bent(self.full7(x)))
        return self.full8(x)

    def _bent(self, x: Tensor) -> Tensor:
        return x.relu() if self.config.activation == "relu" else x.tanh()

    def _damped(self, x: Tensor) -> Tensor:
        """Return maps normalised by the five around each; alpha applies to their sum, the engine's to their mean."""
        return local_response_norm(x, 5, alpha=5 * self.config.alpha) if self.config.respond else x

    def _pooled(self, x: Tensor) -> Tensor:
        return max_pool2d(x, POOL, stride=STEP)

    def _dropped(self, x: Tensor) -> Tensor:
        rng = training_rng()
        return x if rng is None else dropout(x, self.config.dropout, rng)

    def layers(self) -> dict[str, Module]:
        """Return the eight layers by name."""
        names = ("conv1", "conv2", "conv3", "conv4", "conv5", "full6", "full7", "full8")
        return {n: getattr(self, n) for n in names}


PAPER = AlexNetConfig(
    side=224,
    channels=3,
    maps=(96, 256, 384, 384, 256),
    kernel=11,
    stride=4,
    padding=2,
    full=4096,
    classes=1000,
    alpha=1e-4,
    deviation=0.01,
    lift=1.0,
)
ONE_TOWER = replace(PAPER, maps=(64, 192, 384, 256, 256), groups=1)

PRINTED = dict(
    conv1=34_944, conv2=307_456, conv3=885_120, conv4=663_936, conv5=442_624, full6=37_752_832, full7=16_781_312,
    full8=4_097_000,
)  # fmt: skip


def _layers() -> Finding:
    """Count the parameters of each layer of the published size."""
    with initial.meta():
        found = {n: layer.count() for n, layer in AlexNet(PAPER, np.random.default_rng(0)).layers().items()}
    return Finding(
        holds=found == PRINTED and PAPER.last == 6,
        found=", ".join(f"{n} {k:,}" for n, k in found.items()) + f"; full6 sees maps of {PAPER.last}x{PAPER.last}",
        wanted=f"{sum(PRINTED.values()):,} in all, and maps of 6x6",
    )


def cards() -> tuple[np.ndarray, np.ndarray]:
    """Return light of all letters in all typefaces, (n, 20, 20) float32, each a little askew, and labels (n,)."""
    rng, camera = generator(2012, "timeline.alexnet.cards"), Camera()
    frames = [
        camera.frame(letters.letter(letter, face), shift=tuple(rng.uniform(-1, 1, 2)), turn_deg=rng.uniform(-6, 6))
        for face in letters.TYPEFACES
        for letter in letters.LETTERS
    ]
    return np.stack(frames).astype(np.float32), np.tile(np.arange(26), len(letters.TYPEFACES))


def awake(stimuli: np.ndarray, *, activation: str, light: float) -> float:
    """Return the fraction of the units of conv1 with a derivative above a hundredth on stimuli, before training.

    Parameters
    ----------
    stimuli : ndarray, shape (n, 20, 20)
    activation : {"relu", "tanh"}
    light : float
        Input value of full light.
    """
    network = AlexNet(AlexNetConfig(), np.random.default_rng(0))
    with no_grad():
        sums = network.conv1(Tensor(stimuli[:, None] * light)).data
    sums = sums[sums != 0]
    return float((sums > 0 if activation == "relu" else 1 - np.tanh(sums) ** 2 > 0.01).mean())


def _saturates() -> Finding:
    """Compare how many units can learn when full light is 1, and when it is 255 as in raw pixels."""
    stimuli = cards()[0][:26]
    found = {
        (kind, light): awake(stimuli, activation=kind, light=light)
        for kind in ("relu", "tanh")
        for light in (1.0, 255.0)
    }
    return Finding(
        holds=abs(found["relu", 255.0] - found["relu", 1.0]) < 0.01 and found["tanh", 255.0] < found["relu", 255.0] / 4,
        found=", ".join(f"{100 * share:.0f} % of {kind} at {light:g}" for (kind, light), share in found.items()),
        wanted="as many of ReLU at either, and few of tanh at 255",
    )


def _kernels(learner: Successor[AlexNet], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return some stimuli, and the output of conv1 for the first of them."""
    network = learner.network
    with no_grad():
        maps = network.conv1(Tensor(stimuli[:1, None])).relu().data[0]
    edge = (maps.shape[1] - 20) // 2
    maps = maps[:12, edge : edge + 20, edge : edge + 20]
    return {"shown": stimuli[:12], "the first, as seen by conv1": maps / max(float(maps.max()), 1e-6)}


ENTRY = Entry(
    label="AlexNet",
    parents=(),
    title="ImageNet classification with deep convolutional neural networks",
    authors="A. Krizhevsky, I. Sutskever, G. E. Hinton",
    idea="Eight layers of units that do not saturate, kept from learning by heart by dropout and shifted images.",
    shrunk="20x20 cells of grey, kernels of 5x5 in conv1, fewer maps and units; shifts, but no mirror images.",
    network=AlexNet,
    retina=AlexNetConfig(),
    sizes={
        "two groups": Size(
            config=PAPER, published=60_965_224, source="section 3.5: 60 million; layer by layer from its figure 2"
        ),
        "one tower": Size(config=ONE_TOWER, published=61_100_840, source="Krizhevsky 2014, as in torchvision"),
    },
    trials=(
        Trial(task="letters", at_least=0.85, baseline="lenet5", above=False, slack=0.03),
        Trial(task="digits", at_least=0.96),
    ),
    mechanism=Mechanism(
        name="dropout and shifted images",
        without={"dropout": 0.0, "recipe.shift": 0},
        remark="The faces that are never shown differ from the known ones by more than a shift.",
    ),
    checks=(
        Check(name="60,965,224 parameters, exactly, layer by layer", run=_layers),
        Check(name="ReLU needs no normalised input so as not to saturate, tanh does", run=_saturates),
    ),
    figures=(Figure(name="maps", title="What conv1 makes of a letter", measure=_kernels, stimuli=12),),
    registers=(
        Watch(name="conv1, pooled", path="conv2", rendering=Rendering.MAPS, given=True),
        Watch(name="conv2, pooled", path="conv3", rendering=Rendering.MAPS, given=True),
        Watch(name="conv3", path="conv4", rendering=Rendering.MAPS, given=True),
        Watch(name="conv4", path="conv5", rendering=Rendering.MAPS, given=True),
        Watch(name="full6", path="full7", rendering=Rendering.BARS, given=True),
    ),
)
