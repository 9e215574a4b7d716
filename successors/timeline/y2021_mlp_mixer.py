"""Tolstikhin, Houlsby, Kolesnikov, Beyer, Zhai, Unterthiner, Yung, Steiner, Keysers, Uszkoreit, Lucic and Dosovitskiy
2021: "MLP-Mixer: an all-MLP architecture for vision", Advances in Neural Information Processing Systems 34.

New: neither convolution nor attention. An image is a table of patches (tokens) by channels, and two multilayer
perceptrons take turns: one along the columns, which mixes places, the same for all channels; one along the rows, which
mixes channels, the same for all places.

    X is S x C: S patches, each mapped to C channels by one linear layer
    U = X + (W2 gelu(W1 LayerNorm(X)^T))^T        W1 D_S x S,   W2 S x D_S         (1, first line)
    Y = U + W4 gelu(W3 LayerNorm(U))              W3 D_C x C,   W4 C x D_C         (1, second line)
    after all layers: LayerNorm, the mean over patches, one linear layer

All linear layers have biases. Cost is linear in the number of patches, and there are no position embeddings, as the
first perceptron knows the places anyhow.

Shrunk: 25 patches of 4x4 cells instead of 196 of 16x16, 4 layers instead of 12, 64 channels instead of 768; D_S is half
of C as in the paper, D_C twice instead of four times. The paper learned from up to 300 million images; here samples
are shifted, rotated, sheared and scaled a little in training, in place of its augmentation of small sets.

Assumed: gelu by its tanh form, as in the authors' code; all weights are initialised by Glorot's rule, where the last
layer begins at zero there. Stochastic depth, which falls from none at the first layer to `drop_path` at the last,
leaves out whole branches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.exhibits import Rendering
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.activations import gelu
from successors.nn.functions import images
from successors.nn.grayscale import grayscale
from successors.nn.hooks import Watch
from successors.nn.layers import DropPath, LayerNorm, Linear
from successors.nn.learner import Successor
from successors.nn.module import Module
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, no_grad


@dataclass(frozen=True, kw_only=True)
class MixerConfig(NetworkConfig):
    """Settings of the MLP-Mixer."""

    channels: int = setting(1, "Channels of the image", low=1)
    side: int = setting(20, "Cells on a side of the image", unit="cells", low=1)
    patch: int = setting(4, "Cells on a side of a patch", unit="cells", low=1)
    layers: int = setting(4, "Mixer layers", low=1)
    width: int = setting(64, "C, channels of a patch", low=1)
    tokens: int = setting(32, "D_S, hidden width of the mixing of tokens", low=1)
    hidden: int = setting(128, "D_C, hidden width of the mixing of channels", low=1)
    classes: int = setting(26, "Classes that are told apart", low=2)
    mixing: bool = setting(True, "Whether tokens are mixed at all; without, patches meet in the mean alone")
    drop_path: float = setting(0.0, "Share of branches left out at the last layer while learning", low=0, high=0.9)
    recipe: Recipe = setting(
        Recipe(
            batch=64, steps=1_000, eval_every=500, optimiser="adam", rate=0.006, decay=0.05,
            schedule="cosine", warm_up=100, final_lr_fraction=0.01, clip=1.0, shift=1, affine=0.12,
        ),
        "How it is trained",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.side % self.patch:
            raise ConfigError(
                f"{self.side} cells do not fall into patches of {self.patch}",
                where="MixerConfig.patch",
                remedy="Give a divisor of the side",
            )

    @property
    def places(self) -> int:
        """S, the number of patches."""
        return (self.side // self.patch) ** 2


def patches(x: Tensor, size: int) -> Tensor:
    """Return images (n, c, h, w) as patches in reading order, (n, S, size size c), channels last."""
    n, c, h, w = x.shape
    x = x.reshape(n, c, h // size, size, w // size, size).transpose(0, 2, 4, 3, 5, 1)
    return x.reshape(n, (h // size) * (w // size), size * size * c)


class Perceptron(Module):
    """A linear layer, gelu, and a linear layer back to the width it came from.

    Parameters
    ----------
    width, hidden : int
    rng : Generator
    """

    def __init__(self, width: int, hidden: int, rng: np.random.Generator):
        self.first = Linear(width, hidden, rng)
        self.second = Linear(hidden, width, rng)

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., width)."""
        return self.second(gelu(self.first(x), tanh=True))


class MixerLayer(Module):
    """Equation 1: the mixing of tokens, then that of channels, each round a shortcut.

    Parameters
    ----------
    config : MixerConfig
    rng : Generator
    drop_path : float
    """

    def __init__(self, config: MixerConfig, rng: np.random.Generator, drop_path: float):
        mixing = config.mixing
        self.norm1 = LayerNorm(config.width, eps=1e-6) if mixing else None
        self.tokens = Perceptron(config.places, config.tokens, rng) if mixing else None
        self.norm2 = LayerNorm(config.width, eps=1e-6)
        self.channels = Perceptron(config.width, config.hidden, rng)
        self._drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, S, C)."""
        if self.tokens is not None and self.norm1 is not None:
            mixed = self.tokens(self.norm1(x).transpose(0, 2, 1)).transpose(0, 2, 1)
            x = x + self._drop_path(mixed)
        return x + self._drop_path(self.channels(self.norm2(x)))


class MLPMixer(Network):
    """Patches, mixer layers, the mean, and a linear layer."""

    def __init__(self, config: MixerConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        self.stem = Linear(config.patch**2 * config.channels, config.width, rng)
        rates = np.linspace(0, config.drop_path, config.layers)
        self.layers = [MixerLayer(config, rng, float(rate)) for rate in rates]
        self.norm = LayerNorm(config.width, eps=1e-6)
        self.head = Linear(config.width, config.classes, rng)

    def rows(self, x: Tensor) -> Tensor:
        """Return the normalised rows of the patches after the last layer, (n, t, width)."""
        x = self.stem(patches(images(x), self.config.patch))
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)

    def levels(self, x: Tensor) -> list[Tensor]:
        """Return the rows of the patches as maps (n, c, h, w), the only scale there is."""
        x = self.rows(x)
        side = self.config.side // self.config.patch
        return [x.reshape(len(x.data), side, side, -1).transpose(0, 3, 1, 2)]

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (n, classes) of frames (n, h, w) of light from 0 to 1, or of images (n, c, h, w)."""
        return self.head(self.rows(x).mean(1))


def published(patch: int, layers: int, width: int) -> MixerConfig:
    """Return a size of table 1, for images of 224x224 in colour and 1,000 classes."""
    return MixerConfig(
        channels=3, side=224, patch=patch, layers=layers, width=width, tokens=width // 2, hidden=4 * width, classes=1000
    )


def _near_and_far() -> Finding:
    """Change one patch, and see how much of the first layer's output changes with and without the mixing of tokens."""
    found = []
    for mixing in (True, False):
        network = MLPMixer(MixerConfig(mixing=mixing), np.random.default_rng(0))
        x = np.random.default_rng(1).random((1, 25, 64)).astype(np.float32)
        other = x.copy()
        other[0, 7] += np.linspace(-1, 1, 64, dtype=np.float32)
        with no_grad():
            moved = np.abs(network.layers[0](Tensor(x)).data - network.layers[0](Tensor(other)).data)
        found.append(int((moved.max((0, 2)) > 1e-6).sum()))
    words = f"{found[0]} of 25 patches with, {found[1]} without"
    return Finding(holds=found == [25, 1], found=words, wanted="every patch with the mixing of tokens, itself without")


def _cost() -> Finding:
    """Count the weights of a layer that depend on the number of patches."""
    counts = []
    for patch in (32, 16):
        with initial.meta():
            layer = MLPMixer(published(patch, 1, 768), np.random.default_rng(0)).layers[0]
        counts.append(sum(p.size for name, p in layer.parameters().items() if name.startswith("tokens.")))
    # (S D + D) + (D S + S), for S of 49 and 196 and D of 384.
    wanted = [2 * 49 * 384 + 384 + 49, 2 * 196 * 384 + 384 + 196]
    return Finding(holds=counts == wanted, found=f"{counts} for 49 and 196 patches", wanted=f"{wanted}, linear in them")


def _mixtures(learner: Successor[MLPMixer], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return, as in figure 5, what hidden units of the first mixing of tokens weigh the patches with."""
    network = learner.network
    config, first = network.config, network.layers[0].tokens
    if first is None:
        return {"shown": stimuli[:12]}
    side = config.side // config.patch
    return {
        "shown": stimuli[:12],
        "weights of patches": grayscale(first.first.weight.data[:12].reshape(-1, side, side)),
    }


SOURCE = "table 1"


def _without_head(millions: int, config: MixerConfig) -> Size:
    """Return a size as table 1 counts it: in millions, and without the last layer."""
    head = (config.width + 1) * config.classes
    return Size(
        config=config, published=millions * 1_000_000, rounded=1_000_000, left_out=head, source=f"{SOURCE}, no head"
    )


ENTRY = Entry(
    label="MLP-Mixer",
    parents=(),
    title="MLP-Mixer: an all-MLP architecture for vision",
    authors="I. Tolstikhin, N. Houlsby, A. Kolesnikov, L. Beyer, X. Zhai and others",
    idea="Perceptrons along places and along channels take turns; there is neither convolution nor attention.",
    shrunk="25 patches of 4x4 cells for 196 of 16x16, 4 layers for 12, 64 channels for 768.",
    network=MLPMixer,
    retina=MixerConfig(),
    sizes={
        "B/16": Size(config=published(16, 12, 768), published=59_880_472, source=f"{SOURCE}, 59 million; its code"),
        "S/32": _without_head(19, published(32, 8, 512)),
        "S/16": Size(config=published(16, 8, 512), published=18_528_264, source=f"{SOURCE}, 18 million; its code"),
        "B/32": _without_head(60, published(32, 12, 768)),
        "L/32": _without_head(206, published(32, 24, 1024)),
        "L/16": Size(config=published(16, 24, 1024), published=208_196_168, source=f"{SOURCE}, 207 million; its code"),
        "H/14": _without_head(431, published(14, 32, 1280)),
    },
    trials=(
        Trial(task="letters", at_least=0.85, baseline="mlp"),
        Trial(task="digits", changes={"recipe.steps": 2_000}, at_least=0.95),
    ),
    mechanism=Mechanism(name="mixing of tokens", without={"mixing": False}),
    checks=(
        Check(name="the mixing of tokens reaches every patch", run=_near_and_far),
        Check(name="weights of the mixing are linear in the patches", run=_cost),
    ),
    figures=(Figure(name="mixtures", title="What units of the first mixing look for", measure=_mixtures, stimuli=12),),
    small={"patch": 10, "layers": 2, "width": 6, "tokens": 5, "hidden": 7},
    registers=(
        Watch(name="mixing of tokens, layer 1", path="layers.0.tokens", rendering=Rendering.MAPS),
        Watch(name="mixing of tokens, layer 2", path="layers.1.tokens", rendering=Rendering.MAPS),
        Watch(name="mixing of tokens, layer 3", path="layers.2.tokens", rendering=Rendering.MAPS),
        Watch(name="mixing of tokens, layer 4", path="layers.3.tokens", rendering=Rendering.MAPS),
    ),
)
