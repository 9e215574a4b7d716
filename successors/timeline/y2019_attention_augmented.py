"""Bello, Zoph, Vaswani, Shlens and Le 2019: "Attention augmented convolutional networks", arXiv:1904.09925; ICCV 2019,
3286-3295.

New: part of the maps of a convolution are made by self-attention over all cells of the image instead, and are
concatenated with those of the kernels. So that attention knows where things are without losing the likeness of all
places, scores depend on how far apart two cells are, down and across by themselves.

    AAConv(X) = Concat[Conv(X), MHA(X)],   MHA(X) = Concat[O_1, ..., O_Nh] W^O                            (section 3.2)
    O_h = softmax((Q K^T + S^rel_H + S^rel_W) / sqrt(d_k^h)) V
    l_ij = q_i^T / sqrt(d_k^h) (k_j + r^W_(jx - ix) + r^H_(jy - iy))                                      (section 3.1)

Of F_out maps, d_v = upsilon F_out are made by attention; keys have d_k = kappa F_out values in all, and N_h heads share
them. The embeddings r are learned, of every head the same. Scores are found as in the paper's appendix: each query is
multiplied with every distance once, and the table is skewed so that its columns are cells.

In a residual network the 3x3 of each bottleneck is augmented, and the first convolution of each basic block, in the
last three stages. In the first of these the attention sees the mean of 3x3 every second cell, and what it finds is
interpolated back.

Shrunk: the residual network of 2015 as it is on the retina, with three blocks a stage instead of four, and maps of
10x10, 5x5 and 3x3; the last two stages are augmented, with two heads.

Letters of 20x20 cells are small, and after the stem and a few blocks a kernel has seen most of them, so that they do
not ask for attention. Two forms in opposite corners of the retina do, if there is but one block (task
`same_different`): its kernels see 11 cells at most, parts of both forms where these lie near to the middle, and the
mean of the maps adds up what each place has seen by itself. The residual network that it is compared with has one block
too, the same recipe, and no fewer weights.

Assumed, as the paper leaves it open: where a convolution steps over every second cell, attention sees the mean of 3x3
there too; d_v is rounded down and d_k up to multiples of N_h, at least one value a head. Keys have at least 20 values a
head, as in the paper's other networks: with it the counts of table 2 are met. Q, K, V and W^O have biases, as in the
code of the appendix.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.exhibits import Rendering
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.attention import attention, relative_to_absolute
from successors.nn.functions import images, linear
from successors.nn.grayscale import grayscale
from successors.nn.hooks import Watch, watching
from successors.nn.layers import BatchNorm2d, Conv2d, Linear
from successors.nn.learner import Successor
from successors.nn.module import Module
from successors.nn.network import Network
from successors.nn.pooling import avg_pool2d
from successors.nn.tensor import Tensor, concatenate, no_grad
from successors.timeline.y2015_resnet import Basic, Bottleneck, Residual, ResNetConfig, Stem, stages


@dataclass(frozen=True, kw_only=True)
class AugmentedConfig(ResNetConfig):
    """Settings of an attention-augmented residual network."""

    side: int = setting(20, "Cells on a side of the image", unit="cells", low=1)
    blocks: tuple[int, ...] = setting((3, 3, 3), "Blocks of each stage", low=1)
    heads: int = setting(2, "N_h, heads of an attention", low=1)
    kappa: float = setting(0.25, "Values of the keys as a share of the maps", low=0, high=4)
    upsilon: float = setting(0.25, "Share of the maps that attention makes", low=0, high=0.9)
    least: int = setting(8, "Values of a key in each head at least", low=1)
    augmented: int = setting(2, "Stages with attention, the last ones; with 0 it is a residual network", low=0)
    pooled: int = setting(0, "Of these the first so many, in which attention sees halved images", low=0)
    relative: bool = setting(True, "Whether scores depend on distance; without, cells are a bag")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.augmented > len(self.blocks):
            raise ConfigError(
                f"{self.augmented} of {len(self.blocks)} stages",
                where="AugmentedConfig.augmented",
                remedy="Give as many stages as there are at most",
            )

    def share(self, filters: int) -> tuple[int, int]:
        """Return d_k and d_v of a convolution with so many filters, multiples of the heads."""
        keys = math.ceil(max(self.kappa * filters, self.least * self.heads) / self.heads)
        values = max(1, int(self.upsilon * filters / self.heads))
        return keys * self.heads, values * self.heads

    def sides(self) -> list[int]:
        """Return the sides of the maps of each stage."""
        side = math.ceil(self.side / self.stem_stride)
        side = math.ceil(side / 2) if self.pool else side
        return [math.ceil(side / 2**k) for k in range(len(self.blocks))]


def stretch(side: int, target: int) -> np.ndarray:
    """Return the matrix (target, side) of linear interpolation between the centres of cells."""
    at = np.clip((np.arange(target) + 0.5) * side / target - 0.5, 0, side - 1)
    return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(side))).astype(np.float32)


class ImageAttention(Module):
    """Self-attention over all cells of images with scores relative to their distance, (n, c, h, w) to (n, d_v, h, w).

    Parameters
    ----------
    channels : int
    keys, values, heads : int
        d_k, d_v and N_h.
    side : int
        Side of the images.
    rng : Generator
    relative : bool
        Whether scores depend on distance.
    """

    def __init__(
        self, channels: int, keys: int, values: int, heads: int, side: int, rng: np.random.Generator, *, relative: bool
    ):
        self.queries = Linear(channels, keys, rng)
        self.keys = Linear(channels, keys, rng)
        self.values = Linear(channels, values, rng)
        self.output = Linear(values, values, rng)
        depth = keys // heads
        shape = (2 * side - 1, depth)
        self.down = initial.normal(rng, shape, depth**-0.5, decays=False) if relative else None
        self.across = initial.normal(rng, shape, depth**-0.5, decays=False) if relative else None
        self._heads = heads

    def logits(self, q: Tensor, h: int, w: int) -> Tensor | None:
        """Return S^rel_H + S^rel_W over sqrt(d_k^h), (n, heads, h w, h w), of queries (n, heads, h w, d)."""
        if self.across is None or self.down is None:
            return None
        n, heads, _, d = q.shape
        q = q.reshape(n, heads, h, w, d) * d**-0.5
        across = relative_to_absolute(linear(q, self.across)).reshape(n, heads, h, w, 1, w)
        down = relative_to_absolute(linear(q.transpose(0, 1, 3, 2, 4), self.down)).transpose(0, 1, 3, 2, 4)
        return (down.reshape(n, heads, h, w, h, 1) + across).reshape(n, heads, h * w, h * w)

    def forward(self, x: Tensor) -> Tensor:
        """Return MHA(X) as images."""
        n, c, h, w = x.shape
        rows = x.transpose(0, 2, 3, 1).reshape(n, h * w, c)
        q, k, v = (self.split(layer(rows)) for layer in (self.queries, self.keys, self.values))
        read = attention(q, k, v, bias=self.logits(q, h, w)).transpose(0, 2, 1, 3).reshape(n, h * w, -1)
        return self.output(read).reshape(n, h, w, -1).transpose(0, 3, 1, 2)

    def split(self, rows: Tensor) -> Tensor:
        """Split rows (n, t, width) into heads, (n, heads, t, d)."""
        return rows.reshape(*rows.shape[:2], self._heads, -1).transpose(0, 2, 1, 3)


class AugmentedConv(Module):
    """AAConv of 3x3 and a batch normalisation, in the place of `ConvNorm`.

    Parameters
    ----------
    channels, filters : int
    config : AugmentedConfig
    side : int
        Side of the output.
    rng : Generator
    stride : int
    pooled : bool
        Whether attention sees halved images.
    """

    def __init__(
        self,
        channels: int,
        filters: int,
        config: AugmentedConfig,
        side: int,
        rng: np.random.Generator,
        *,
        stride: int = 1,
        pooled: bool = False,
    ):
        keys, values = config.share(filters)
        self.conv = Conv2d(channels, filters - values, 3, rng, stride=stride, padding=1, bias=False)
        seen = math.ceil(side / 2) if pooled else side
        self.attention = ImageAttention(channels, keys, values, config.heads, seen, rng, relative=config.relative)
        self.norm = BatchNorm2d(filters)
        self._halvings = (stride > 1) + pooled
        self._back = stretch(seen, side) if pooled else None

    def seen(self, x: Tensor) -> Tensor:
        """Return the input of the attention."""
        for _ in range(self._halvings):
            x = avg_pool2d(x, 3, stride=2, padding=1)
        return x

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised maps (n, filters, h / stride, w / stride)."""
        read = self.attention(self.seen(x))
        if self._back is not None:
            read = Tensor(self._back) @ read @ Tensor(self._back.T)
        # Concatenated in batch-last layout, as convolutions of few channels leave it.
        both = [part.transpose(1, 2, 3, 0) for part in (self.conv(x), read)]
        return self.norm(concatenate(both).transpose(3, 0, 1, 2))


class AttentionAugmented(Network):
    """The residual network of 2015, some of whose convolutions are augmented."""

    def __init__(self, config: AugmentedConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        sides = config.sides()
        plain = len(sides) - config.augmented
        kind, place = {"basic": (Basic, "conv1"), "bottleneck": (Bottleneck, "conv2")}[config.block]

        def block(channels: int, width: int, *, stride: int) -> Residual:
            made = kind(channels, width, rng, stride=stride, shortcut=config.shortcut)
            number = (width // config.width).bit_length() - 1
            if number >= plain:
                enters = channels if config.block == "basic" else width
                pooled = number < plain + config.pooled
                conv = AugmentedConv(enters, width, config, sides[number], rng, stride=stride, pooled=pooled)
                setattr(made, place, conv)
            return made

        self.stem = Stem(config.channels, config.width, config.stem, rng, stride=config.stem_stride, pool=config.pool)
        self.stages, channels = stages(config.width, config.width, config.blocks, block)
        self.output = Linear(channels, config.classes, rng)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (n, classes) of frames (n, 20, 20), or of images (n, channels, h, w)."""
        x = self.stem(images(x))
        for stage in self.stages:
            x = stage(x)
        return self.output(x.mean((2, 3)))


def published(block: str, *blocks: int) -> AugmentedConfig:
    """Return the settings of table 2 for a kind of block and their numbers."""
    kappa, upsilon = (0.25, 0.25) if block == "basic" else (0.2, 0.1)
    return AugmentedConfig(
        channels=3, side=224, classes=1_000, stem=7, pool=True, block=block, blocks=blocks, width=64,
        shortcut="projection", heads=8, kappa=kappa, upsilon=upsilon, least=20, augmented=3, pooled=1,
    )  # fmt: skip


def _shared(keys: int, values: int, channels: int, filters: int) -> int:
    """Return by how many weights an augmented convolution of 3x3 differs, by the equation of section 3.2."""
    kappa, upsilon = keys / filters, values / filters
    return round(channels * filters * (2 * kappa + (1 - 9) * upsilon + filters / channels * upsilon**2))


def _weights() -> Finding:
    """Count the weights of augmented convolutions; biases and the embeddings of distances are left out, as there."""
    rng, found, wanted = np.random.default_rng(0), [], []
    for channels, filters, keys, values in ((16, 32, 16, 8), (32, 32, 64, 24), (64, 16, 8, 4)):
        config = AugmentedConfig(kappa=keys / filters, upsilon=values / filters, least=1)
        made = AugmentedConv(channels, filters, config, 5, rng).parameters()
        count = sum(p.size for name, p in made.items() if name.endswith("weight"))
        found.append(count - 9 * channels * filters)
        wanted.append(_shared(keys, values, channels, filters))
    return Finding(holds=found == wanted, found=f"{found} weights more", wanted=f"{wanted}, by the paper's equation")


def _order() -> Finding:
    """Put the cells into another order: without distances, attention puts its output into the same order, eq. 2."""
    rng = np.random.default_rng(0)
    order, x = rng.permutation(25), rng.standard_normal((2, 8, 5, 5)).astype(np.float32)
    mixed = x.reshape(2, 8, 25)[:, :, order].reshape(2, 8, 5, 5)
    off = []
    for relative in (True, False):
        read = ImageAttention(8, 8, 8, 2, 5, np.random.default_rng(1), relative=relative)
        with no_grad():
            one, other = (read(Tensor(a)).data.reshape(2, 8, 25) for a in (x, mixed))
        off.append(float(np.abs(one[:, :, order] - other).max()))
    words = f"off by {off[0]:.1e} with distances, by {off[1]:.1e} without"
    return Finding(holds=off[0] > 1e-2 > 1e-5 > off[1], found=words, wanted="without distances, not at all")


def _translation() -> Finding:
    """Move queries and keys by one cell: scores relative to distance move with them (section 3.1)."""
    read = ImageAttention(4, 8, 8, 2, 5, np.random.default_rng(0), relative=True)
    q = np.zeros((1, 2, 5, 5, 4), np.float32)
    q[:, :, :4, :4] = np.random.default_rng(1).standard_normal((1, 2, 4, 4, 4))
    moved = np.roll(q, (1, 1), (2, 3))
    with no_grad():
        found = [read.logits(Tensor(a.reshape(1, 2, 25, 4)), 5, 5) for a in (q, moved)]
    one, other = (scores.data for scores in found if scores is not None)
    one, other = (a.reshape(1, 2, 5, 5, 5, 5) for a in (one, other))
    off = float(np.abs(one[:, :, :4, :4, :4, :4] - other[:, :, 1:, 1:, 1:, 1:]).max())
    return Finding(holds=off < 1e-6, found=f"off by {off:.1e}", wanted="the same scores, one cell further")


WEIGHTS = "attention.attention"
"""What an image attention notes, by the end of its path."""


def _looks(learner: Successor, stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the attention of the central cell in the first block with attention, by heads, as in figure 5."""
    with watching(learner.network) as seen, no_grad():
        learner.network(Tensor(stimuli[:12]))
    shown, weights = {"shown": stimuli[:12]}, next((w[-1] for path, w in seen.items() if path.endswith(WEIGHTS)), None)
    if weights is None:
        return shown
    side = math.isqrt(weights.shape[-1])
    middle = weights[:, :, side * (side // 2) + side // 2].reshape(*weights.shape[:2], side, side)
    return shown | {f"head {k + 1}": grayscale(middle[:, k]) for k in range(middle.shape[1])}


ENTRY = Entry(
    label="AA-ResNet",
    parents=("resnet",),
    title="Attention augmented convolutional networks",
    authors="I. Bello, B. Zoph, A. Vaswani, J. Shlens, Q. V. Le",
    idea="Self-attention over the image makes part of the maps of a convolution, beside its kernels.",
    shrunk="The residual network of the retina with three blocks a stage, augmented where maps have 5x5 and 3x3 cells.",
    network=AttentionAugmented,
    retina=AugmentedConfig(),
    sizes={
        f"AA-ResNet-{layers}": Size(
            config=published(block, *blocks), published=count, rounded=100_000, source="table 2"
        )
        for layers, block, blocks, count in (
            (50, "bottleneck", (3, 4, 6, 3), 25_800_000),
            (34, "basic", (3, 4, 6, 3), 20_700_000),
            (101, "bottleneck", (3, 4, 23, 3), 45_400_000),
            (152, "bottleneck", (3, 8, 36, 3), 61_600_000),
        )
    },
    trials=(
        Trial(task="letters", at_least=0.88, baseline="resnet", above=False, slack=0.01),
        Trial(task="digits", at_least=0.96),
        Trial(
            task="same_different",
            changes={"blocks": (1,), "width": 16, "augmented": 1},
            at_least=0.79,
            baseline="resnet",
            against={"blocks": (1,), "width": 17},
        ),
    ),
    mechanism=Mechanism(
        name="attention beside convolution",
        without={"augmented": 0},
        remark="Kernels of the last stages see most of a letter anyhow, so that looking further brings little.",
    ),
    checks=(
        Check(name="as many weights more as the paper reckons", run=_weights),
        Check(name="without distances attention knows no places", run=_order),
        Check(name="scores by distance move with the image", run=_translation),
    ),
    figures=(Figure(name="attention", title="Where the cell in the middle looks", measure=_looks, stimuli=12),),
    registers=(
        Watch(name="stage 2, first block", path="stages.1.layers.0", rendering=Rendering.MAPS),
        Watch(
            name="attention, stage 2", path="stages.1.layers.0.conv1.attention.attention", rendering=Rendering.ATTENTION
        ),
        Watch(
            name="attention, stage 3", path="stages.2.layers.2.conv1.attention.attention", rendering=Rendering.ATTENTION
        ),
    ),
    small={"width": 4, "blocks": [1, 1], "heads": 2, "kappa": 0.5, "upsilon": 0.5, "least": 1, "augmented": 1},
)
