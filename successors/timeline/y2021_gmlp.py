"""Liu, Dai, So and Le 2021: "Pay attention to MLPs", Advances in Neural Information Processing Systems 34.

New: gating instead of attention. In a network of linear layers that treat each place alike, one multiplication by a
mixture of all places, the spatial gating unit, is enough to do what transformers do on images and words.

    Z = gelu(LayerNorm(X) U)        X is n x d: n patches, d channels; U is d x e
    Z = [Z1, Z2]                    halves of the channels
    s(Z) = Z1 * (W LayerNorm(Z2) + b)    * element by element, W is n x n, b one for each place       (3, 4)
    Y = X + s(Z) V                  V is e/2 x d
    after all blocks: LayerNorm, the mean over patches, one linear layer

W begins near zero and b at one, so that each block begins as a perceptron in which places do not meet. With s(Z) = Z it
remains one. Other forms of s that the paper tries (table 3) are the setting `gating`: linear, W Z + b; additive,
Z + W Z + b; multiplicative, Z * (W Z + b); and split, the unit itself.

Shrunk: 25 patches of 4x4 cells instead of 196 of 16x16, 6 blocks instead of 30, 64 channels instead of 256; e is 2 d
and 6 d in the paper. Samples are shifted, rotated, sheared and scaled a little in training, in place of the
augmentation and the stochastic depth of the paper.

Assumed: gelu by its tanh form; weights are initialised by Glorot's rule, W uniformly within 0.001 / n. In its other
forms Z is normalised before W as well.
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
from successors.nn.layers import Conv2d, LayerNorm, Linear
from successors.nn.learner import Successor
from successors.nn.module import Module
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, no_grad

FORMS = ("split", "multiplicative", "additive", "linear", "none")
"""What s(Z) may be; none is Z itself."""


@dataclass(frozen=True, kw_only=True)
class GMLPConfig(NetworkConfig):
    """Settings of gMLP."""

    channels: int = setting(1, "Channels of the image", low=1)
    side: int = setting(20, "Cells on a side of the image", unit="cells", low=1)
    patch: int = setting(4, "Cells on a side of a patch", unit="cells", low=1)
    blocks: int = setting(6, "Blocks", low=1)
    width: int = setting(64, "d, channels of a patch", low=1)
    hidden: int = setting(128, "e, channels within a block, before they are halved", low=2)
    classes: int = setting(26, "Classes that are told apart", low=2)
    gating: str = setting("split", "What s(Z) is; with none, patches meet in the mean alone", choices=FORMS)
    recipe: Recipe = setting(
        Recipe(
            batch=64, steps=1_000, eval_every=500, optimiser="adam", rate=0.003, decay=0.05,
            schedule="cosine", warm_up=100, final_lr_fraction=0.01, clip=1.0, shift=1, affine=0.12,
        ),
        "How it is trained",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.side % self.patch:
            raise ConfigError(
                f"{self.side} cells do not fall into patches of {self.patch}",
                where="GMLPConfig.patch",
                remedy="Give a divisor of the side",
            )
        if self.hidden % 2:
            raise ConfigError(f"{self.hidden} has no half", where="GMLPConfig.hidden", remedy="Give an even number")

    @property
    def places(self) -> int:
        """The number of patches."""
        return (self.side // self.patch) ** 2


class SpatialGatingUnit(Module):
    """s(Z), (n, places, e) to (n, places, e / 2), or to e of the forms that do not split.

    Parameters
    ----------
    width : int
        e.
    places : int
    rng : Generator
    form : str
        As `GMLPConfig.gating`, but none.
    """

    def __init__(self, width: int, places: int, rng: np.random.Generator, form: str = "split"):
        self.norm = LayerNorm(width // 2 if form == "split" else width)
        near_zero = 0.001 / places
        self.spatial = Linear(places, places, rng, init=lambda r, shape: initial.uniform(r, shape, near_zero))
        self.spatial.bias = initial.constant((places,), 1.0)
        self._form = form

    def forward(self, z: Tensor) -> Tensor:
        """Return the gated channels."""
        half = z.shape[-1] // 2
        first, second = (z[..., :half], z[..., half:]) if self._form == "split" else (z, z)
        gate = self.spatial(self.norm(second).transpose(0, 2, 1)).transpose(0, 2, 1)
        if self._form == "linear":
            return gate
        return first + gate if self._form == "additive" else first * gate


class GMLPBlock(Module):
    """U, gelu, the spatial gating unit and V, round a shortcut.

    Parameters
    ----------
    config : GMLPConfig
    rng : Generator
    """

    def __init__(self, config: GMLPConfig, rng: np.random.Generator):
        form, e = config.gating, config.hidden
        self.norm = LayerNorm(config.width)
        self.u = Linear(config.width, e, rng)
        self.gate = None if form == "none" else SpatialGatingUnit(e, config.places, rng, form)
        self.v = Linear(e // 2 if form == "split" else e, config.width, rng)

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, places, d)."""
        z = gelu(self.u(self.norm(x)), tanh=True)
        return x + self.v(z if self.gate is None else self.gate(z))


class GMLP(Network):
    """Patches, blocks, the mean, and a linear layer."""

    def __init__(self, config: GMLPConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        # Each patch separately: a linear layer of it, written as a convolution with its stride.
        self.stem = Conv2d(config.channels, config.width, config.patch, rng, stride=config.patch, init=initial.glorot)
        self.blocks = [GMLPBlock(config, rng) for _ in range(config.blocks)]
        self.norm = LayerNorm(config.width)
        self.head = Linear(config.width, config.classes, rng)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (n, classes) of frames (n, h, w) of light from 0 to 1, or of images (n, c, h, w)."""
        x = images(x)
        x = self.stem(x)
        x = x.reshape(len(x), self.config.width, self.config.places).transpose(0, 2, 1)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x).mean(1))


def published(width: int) -> GMLPConfig:
    """Return a size of table 1, for images of 224x224 in colour and 1,000 classes."""
    return GMLPConfig(channels=3, side=224, patch=16, blocks=30, width=width, hidden=6 * width, classes=1000)


def _begins_alone() -> Finding:
    """Change one patch, and see how much the others change in a new block, in one with other W, and without gating."""
    found = []
    for form, spread in (("split", False), ("split", True), ("none", False)):
        network = GMLP(GMLPConfig(gating=form), np.random.default_rng(0))
        block, rng = network.blocks[0], np.random.default_rng(1)
        if spread:
            block.parameters()["gate.spatial.weight"].data[...] = rng.standard_normal((25, 25)) / 5
        x = rng.standard_normal((1, 25, 64)).astype(np.float32)
        other = x.copy()
        other[0, 7] = rng.standard_normal(64)
        with no_grad():
            moved = np.abs(block(Tensor(x)).data - block(Tensor(other)).data).max((0, 2))
        found.append(float(np.delete(moved, 7).max() / moved[7]))
    words = (
        f"{found[0]:.0e} of what changes the patch itself at first, {found[1]:.2f} later, {found[2]:.0f} without gating"
    )
    holds = found[0] < 1e-3 and found[1] > 0.05 and found[2] == 0
    return Finding(holds=holds, found=words, wanted="nearly none at first, more with other W, none without the gating")


def _filters(learner: Successor[GMLP], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return, as in figure 3, rows of W: what gates the patch in the middle, one block after the other."""
    network = learner.network
    side, middle = network.config.side // network.config.patch, network.config.places // 2
    rows = [b.gate.spatial.weight.data[middle].reshape(side, side) for b in network.blocks if b.gate is not None]
    shown = {"shown": stimuli[: len(network.blocks)]}
    return shown | ({"what gates the middle, by block": grayscale(np.stack(rows))} if rows else {})


ENTRY = Entry(
    label="gMLP",
    parents=(),
    title="Pay attention to MLPs",
    authors="H. Liu, Z. Dai, D. R. So, Q. V. Le",
    idea="Half of the channels is multiplied by a learned mixture of places of the other half; no attention.",
    shrunk="25 patches of 4x4 cells for 196 of 16x16, 6 blocks for 30, 64 channels for 256.",
    network=GMLP,
    retina=GMLPConfig(),
    sizes={
        "S/16": Size(config=published(256), published=19_422_656, source="table 1, 19.5 million; timm gmlp_s16_224"),
        "Ti/16": Size(config=published(128), published=5_900_000, rounded=100_000, source="table 1"),
        "B/16": Size(
            config=published(512), published=73_080_000, rounded=10_000, source="table 1, 73 million; timm gmlp_b16_224"
        ),
    },
    trials=(
        Trial(task="letters", at_least=0.87, baseline="mlp"),
        Trial(task="digits", at_least=0.95),
    ),
    mechanism=Mechanism(name="spatial gating", without={"gating": "none"}),
    checks=(Check(name="blocks begin with places that do not meet", run=_begins_alone),),
    figures=(Figure(name="filters", title="What gates the middle of the image", measure=_filters, stimuli=12),),
    small={"patch": 10, "blocks": 2, "width": 6, "hidden": 8},
    registers=(
        Watch(name="gates of block 1", path="blocks.0.gate.spatial", rendering=Rendering.MAPS),
        Watch(name="gates of block 3", path="blocks.2.gate.spatial", rendering=Rendering.MAPS),
        Watch(name="gates of block 6", path="blocks.5.gate.spatial", rendering=Rendering.MAPS),
    ),
)
