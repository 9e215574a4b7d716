"""Szegedy, Ioffe, Vanhoucke and Alemi 2016: "Inception-v4, Inception-ResNet and the impact of residual connections on
learning", arXiv:1602.07261; AAAI 2017, 4278-4284.

New: what Inception modules find is added to their input, after it has been scaled down. With many filters a residual
network died early in training, its last maps being zero from then on; no lower rate helped, but residuals times 0.1 to
0.3 did (section 3.3).

Equations:

    y = relu(x + s (W * [branches of x] + b))          W kernels of 1x1 without normalisation or ReLU, figure 20

    block A ("35")    1x1;  1x1, 3x3;  1x1, 3x3, 3x3          s = 0.17, 10 times, figure 16
    block B ("17")    1x1;  1x1, 1x7, 7x1                     s = 0.10, 20 times, figure 17
    block C ("8")     1x1;  1x1, 1x3, 3x1                     s = 0.20, 10 times, figure 19; the last one whole, no ReLU

    Every other convolution is followed by B and relu and has no bias; B is batch normalisation, whose gain is fixed in
    the authors' implementation and learned here, as in the usual ones of today. Between blocks maps are halved by
    convolutions and the greatest of 3x3, side by side (figures 7 and 18).

Assumed: the figures of scaling and some numbers of filters are those of the authors' published weights, from which the
usual implementations are made; they differ from the printed figures 16 to 19 here and there, and the stem is that of
Inception-v3 with the module "5b" after it, not that of figure 3.

Shrunk: a sixteenth of all filters, one block A, twelve B and one C; the stem is one convolution that halves the sides,
and maps are halved with a border laid round them: 10x10, 5x5 and 3x3. Nothing here has 1,000 filters, and the
retina's network learns with whole residuals as well, only somewhat later; what it cannot do without is that they are
residuals, the other statement of the paper.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.exhibits import Rendering
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn.convolution import Pair, pair
from successors.nn.functions import images
from successors.nn.hooks import Watch
from successors.nn.layers import BatchNorm2d, Conv2d, Dropout, Linear, Sequential
from successors.nn.learner import Successor
from successors.nn.module import Module, training
from successors.nn.network import Network
from successors.nn.optimiser import Diverged
from successors.nn.pooling import avg_pool2d, max_pool2d
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, concatenate, no_grad
from successors.nn.training_error import training_error


class Conv(Module):
    """Convolution without bias, batch normalisation, ReLU.

    Parameters
    ----------
    channels, filters : int
    size : int or pair of int
        Size of the kernels.
    rng : Generator
    stride : int
    border : bool
        Whether images are padded so that their sides stay.
    """

    def __init__(
        self, channels: int, filters: int, size: Pair, rng: np.random.Generator, *, stride: int = 1, border: bool = True
    ):
        down, across = pair(size)
        padding = (down // 2, across // 2) if border else 0
        self.conv = Conv2d(channels, filters, size, rng, stride=stride, padding=padding, bias=False)
        self.norm = BatchNorm2d(filters, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps."""
        return self.norm(self.conv(x)).relu()


class Mean(Module):
    """The mean of 3x3 cells round each, of those that are within the image."""

    def forward(self, x: Tensor) -> Tensor:
        """Return maps of the same sides."""
        inside = avg_pool2d(Tensor(np.ones((1, 1, *x.shape[2:]), x.dtype)), 3, stride=1, padding=1)
        return avg_pool2d(x, 3, stride=1, padding=1) * (1 / inside.data)


class Greatest(Module):
    """Max pooling over 3x3 cells with stride 2.

    Parameters
    ----------
    border : bool
    """

    def __init__(self, *, border: bool):
        self._padding = 1 if border else 0

    def forward(self, x: Tensor) -> Tensor:
        """Return maps of half the sides."""
        return max_pool2d(x, 3, stride=2, padding=self._padding)


class Branches(Module):
    """Parallel branches; their outputs are concatenated.

    Parameters
    ----------
    *branches : Module
    """

    def __init__(self, *branches: Module):
        self.branches = list(branches)

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps of all branches."""
        return concatenate([branch(x) for branch in self.branches], 1)


class Residual(Module):
    """Branches, and a convolution of 1x1 back to the channels of the input, scaled and added to it.

    Parameters
    ----------
    channels : int
        Channels of input and output.
    branches : Branches
    filters : int
        Output channels of the branches.
    rng : Generator
    scale : float
        s.
    shortcut : bool
        Whether there is a sum; otherwise the branches' output replaces the input, and is not scaled.
    relu : bool
        Whether the sum is rectified.
    """

    def __init__(
        self,
        channels: int,
        branches: Branches,
        filters: int,
        rng: np.random.Generator,
        *,
        scale: float,
        shortcut: bool = True,
        relu: bool = True,
    ):
        self.branches = branches
        self.back = Conv2d(filters, channels, 1, rng)
        self._scale, self._shortcut, self._relu = scale, shortcut, relu

    def residual(self, x: Tensor) -> Tensor:
        """Return the residual before scaling."""
        return self.back(self.branches(x))

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum."""
        x = x + self.residual(x) * self._scale if self._shortcut else self.residual(x)
        return x.relu() if self._relu else x


@dataclass(frozen=True, kw_only=True)
class InceptionResNetConfig(NetworkConfig):
    """Settings of Inception-ResNet-v2."""

    channels: int = setting(1, "Channels of the image", low=1)
    classes: int = setting(26, "Output units", low=2)
    width_multiplier: float = setting(
        0.0625, "Filters, as a share of the published ones", low=0.01, high=4, formerly="share"
    )
    blocks: tuple[int, ...] = setting((1, 12, 1), "Blocks A, B and C", low=1)
    scales: tuple[float, ...] = setting((0.17, 0.1, 0.2), "What residuals of A, B and C are multiplied by", low=0)
    residual: bool = setting(True, "Whether what a block finds is added to its input, or takes its place")
    stem_stride: int = setting(2, "Cells between two places of the small stem's kernels", low=1, high=8)
    whole: bool = setting(False, "Stem and reductions as published, for large images")
    dropout: float = setting(0.2, "Share of the last features that is left out while learning", low=0, high=0.9)
    recipe: Recipe = setting(
        Recipe(
            batch=64,
            steps=400,
            eval_every=200,
            stop_at_score=2.0,
            rate=1.0,
            momentum=0.9,
            decay=5e-4,
            schedule="cosine",
            warm_up=50,
            final_lr_fraction=0.01,
            shift=1,
        ),
        "How it is trained",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("blocks", "scales"):
            if len(getattr(self, name)) != 3:
                raise ConfigError(
                    f"{len(getattr(self, name))} values",
                    where=f"InceptionResNetConfig.{name}",
                    remedy="Give one each for A, B and C",
                )


class InceptionResNet(Network):
    """A stem, three kinds of residual Inception blocks with reductions between them, and one linear layer."""

    def __init__(self, config: InceptionResNetConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        self._rng, border = rng, not config.whole

        def f(filters: int) -> int:
            return max(1, round(filters * config.width_multiplier))

        def conv(channels: int, filters: int, size: Pair, stride: int = 1, *, border: bool = True) -> Conv:
            return Conv(channels, f(filters), size, rng, stride=stride, border=border)

        def chain(channels: int, *layers: tuple[int, Pair], halve: bool = False) -> Sequential:
            """Return convolutions of (filters, size) in turn, the last of which halves the sides or does not."""
            made = []
            for k, (filters, size) in enumerate(layers):
                last = halve and k == len(layers) - 1
                made.append(conv(channels, filters, size, 2 if last else 1, border=border if last else True))
                channels = f(filters)
            return Sequential(*made)

        def together(*filters: int) -> int:
            return sum(f(k) for k in filters)

        if config.whole:
            self.stem = Sequential(
                conv(config.channels, 32, 3, 2, border=False),
                conv(f(32), 32, 3, border=False),
                conv(f(32), 64, 3),
                Greatest(border=False),
                conv(f(64), 80, 1, border=False),
                conv(f(80), 192, 3, border=False),
                Greatest(border=False),
            )
        else:
            self.stem = conv(config.channels, 192, 3, config.stem_stride)
        c = f(192)
        self.mixed_5b = Branches(
            chain(c, (96, 1)),
            chain(c, (48, 1), (64, 5)),
            chain(c, (64, 1), (96, 3), (96, 3)),
            Sequential(Mean(), conv(c, 64, 1)),
        )
        a = together(96, 64, 96, 64)
        self.a = self._blocks(
            a,
            0,
            lambda: (chain(a, (32, 1)), chain(a, (32, 1), (32, 3)), chain(a, (32, 1), (48, 3), (64, 3))),
            together(32, 32, 64),
        )
        self.mixed_6a = Branches(
            chain(a, (384, 3), halve=True),
            chain(a, (256, 1), (256, 3), (384, 3), halve=True),
            Greatest(border=border),
        )
        b = together(384, 384) + a
        self.b = self._blocks(
            b, 1, lambda: (chain(b, (192, 1)), chain(b, (128, 1), (160, (1, 7)), (192, (7, 1)))), together(192, 192)
        )
        self.mixed_7a = Branches(
            chain(b, (256, 1), (384, 3), halve=True),
            chain(b, (256, 1), (288, 3), halve=True),
            chain(b, (256, 1), (288, 3), (320, 3), halve=True),
            Greatest(border=border),
        )
        c = together(384, 288, 320) + b
        self.c = self._blocks(
            c, 2, lambda: (chain(c, (192, 1)), chain(c, (192, 1), (224, (1, 3)), (256, (3, 1)))), together(192, 256)
        )
        self.conv_7b = conv(c, 1536, 1)
        self.dropout = Dropout(config.dropout)
        self.output = Linear(f(1536), config.classes, rng)

    def _blocks(self, channels: int, kind: int, branches: Callable[[], Sequence[Module]], filters: int) -> Sequential:
        """Return the blocks of one kind, A, B or C; the last C adds its residual whole and is not rectified."""
        scale, made = self.config.scales[kind], []
        for k in range(self.config.blocks[kind]):
            last = kind == 2 and k == self.config.blocks[kind] - 1
            made.append(
                Residual(
                    channels,
                    Branches(*branches()),
                    filters,
                    self._rng,
                    scale=1.0 if last else scale,
                    shortcut=self.config.residual,
                    relu=not last,
                )
            )
        return Sequential(*made)

    def modules(self) -> list[Callable[[Tensor], Tensor]]:
        """Return the modules after the stem, in order."""
        return [self.mixed_5b, *self.a, self.mixed_6a, *self.b, self.mixed_7a, *self.c, self.conv_7b]

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (n, classes) of frames (n, 20, 20), or of images (n, channels, h, w)."""
        x = self.stem(images(x))
        for module in self.modules():
            x = module(x)
        return self.output(self.dropout(x.mean((2, 3))))


PAPER = InceptionResNetConfig(channels=3, classes=1_000, width_multiplier=1.0, blocks=(10, 20, 10), whole=True)


def stability(rates: Sequence[float] = (0.1, 0.4), steps: int = 120) -> dict[str, list[float]]:
    """Return the fraction of wrong answers over a short training, by scale, for each rate.

    Parameters
    ----------
    rates : sequence of float
    steps : int
    """
    found: dict[str, list[float]] = {}
    for name, scales in (("scaled", (0.17, 0.1, 0.2)), ("whole", (1.0, 1.0, 1.0))):
        found[name] = []
        for rate in rates:
            recipe = Recipe(batch=32, steps=steps, rate=rate, momentum=0.9)
            config = InceptionResNetConfig(classes=10, scales=scales, recipe=recipe)
            try:
                found[name].append(float(np.mean(training_error(config, InceptionResNet, steps))))
            except Diverged:
                found[name].append(1.0)
    return found


def _stable() -> Finding:
    """Train with residuals scaled down and with whole ones, at a low rate and at a high one.

    That whole residuals make training fail altogether, which the paper saw with more than 1,000 filters, is not seen
    with the few of the retina, behind each of which there is batch normalisation.
    """
    found = stability()
    return Finding(
        holds=all(a < b for a, b in zip(found["scaled"], found["whole"], strict=True)),
        found="; ".join(f"{n} {', '.join(f'{100 * e:.1f} %' for e in errors)} wrong" for n, errors in found.items()),
        wanted="fewer wrong answers on the way with residuals scaled down, at every rate",
    )


def _growth() -> Finding:
    """Compare the size of the outputs of the blocks B of an untrained network with that of their inputs."""
    grown = {}
    rng = np.random.default_rng(0)
    x = rng.random((8, 20, 20)).astype(np.float32)
    for name, scales in (("scaled", (0.17, 0.1, 0.2)), ("whole", (1.0, 1.0, 1.0))):
        config = InceptionResNetConfig(blocks=(1, 20, 1), width_multiplier=0.125, scales=scales)
        with training(rng):
            entered, _ = _sizes(InceptionResNet(config, np.random.default_rng(0)), x)
        grown[name] = float(entered[20] / entered[1])
    return Finding(
        holds=grown["scaled"] < 1.5 and grown["whole"] > 2 * grown["scaled"],
        found=", ".join(f"{n} {g:.2f} times" for n, g in grown.items()),
        wanted="over 20 blocks less than 1.5 times with residuals scaled down, more than twice that with whole ones",
    )


def _sizes(network: InceptionResNet, stimuli: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the standard deviation of the input of each residual block, and of its scaled residual."""
    entered, added = [], []
    with no_grad():
        x = network.stem(images(Tensor(stimuli)))
        for module in network.modules():
            if isinstance(module, Residual):
                entered.append(x.data.std())
                added.append(module.residual(x).data.std() * module._scale)
            x = module(x)
    return np.array(entered), np.array(added)


def _residuals(learner: Successor[InceptionResNet], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the size of the input of each block, and of its residual."""
    entered, added = _sizes(learner.network, stimuli)
    return {"input": entered, "residual, scaled": added}


ENTRY = Entry(
    label="Inception-ResNet",
    short="Incep-ResNet",
    parents=(),
    title="Inception-v4, Inception-ResNet and the impact of residual connections on learning",
    authors="C. Szegedy, S. Ioffe, V. Vanhoucke, A. A. Alemi",
    idea="Inception modules find what is to be added to their input; scaled down, it keeps wide networks stable.",
    shrunk="A sixteenth of the filters, 1 + 12 + 1 blocks for 10 + 20 + 10, and one convolution for a stem.",
    network=InceptionResNet,
    retina=InceptionResNetConfig(),
    sizes={
        "Inception-ResNet-v2": Size(
            config=PAPER, published=55_843_464, source="timm, without the auxiliary head; the paper gives no figure"
        )
    },
    trials=(
        Trial(task="letters", at_least=0.88, baseline="resnet", above=False),
        Trial(task="digits", at_least=0.96),
    ),
    mechanism=Mechanism(name="residual connections", without={"residual": False}),
    checks=(
        Check(name="scaled residuals keep maps from growing", run=_growth),
        Check(name="training gets on sooner with scaled residuals", run=_stable, slow=True),
    ),
    figures=(
        Figure(
            name="residuals",
            title="What each block takes in and adds",
            x="block",
            y="standard deviation",
            measure=_residuals,
        ),
    ),
    small={"width_multiplier": 0.05, "blocks": [1, 1, 1], "stem_stride": 4},
    registers=(
        Watch(name="stem", path="stem", rendering=Rendering.MAPS),
        Watch(name="mixed 5b", path="mixed_5b", rendering=Rendering.MAPS),
        Watch(name="mixed 6a", path="mixed_6a", rendering=Rendering.MAPS),
        Watch(name="mixed 7a", path="mixed_7a", rendering=Rendering.MAPS),
    ),
)
