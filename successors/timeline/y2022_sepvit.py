"""Li, Wang, Xia, Wu, Li, Xiao, Zheng and Wen 2022: "SepViT: separable vision transformer", arXiv:2203.15380.

New: attention taken apart, as convolution was, into depthwise and pointwise. First each window of M x M patches attends
within itself, together with a token that sums it up; then the windows attend to each other by their tokens alone, and
each becomes a mixture of windows. So a single block sees the whole map.

    DWA(f) = Attention(f W_Q, f W_K, f W_V)             f  the patches of a window and its token, wt
    PWA(f, wt) = Attention(g(wt) W_Q, g(wt) W_K, f)     g  LN, then gelu; here f  a window's patches as one value
    DSSA(f) = PWA(DWA(f))
    z' = DSSA(LN(z)) + z,    z = MLP(LN(z')) + z'

Grouped self-attention (GSA) does the same in windows of 2M x 2M; blocks with and without groups take turns. A stage
begins with an overlapping convolution that shrinks the map, and after its first block a depthwise convolution of 3x3
tells the places (conditional position encoding). The map of the last stage is one window, without a token.

Shrunk: two stages (10x10 and 5x5 patches) instead of four, of one block each, windows of 2x2 instead of 7x7, 24
channels in the first instead of 96, MLPs twice as wide as their input instead of four times. With one
block in a stage none is grouped. Samples are shifted, rotated, sheared and scaled a little in
training, in place of the paper's augmentation.

Assumed: gelu by its tanh form; as in the authors' code there is a shortcut round DWA and one round PWA, a linear layer
after them, a token of its own for each window, and each head mixes windows by itself.
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
from successors.nn.attention import attention
from successors.nn.functions import images, linear
from successors.nn.gather import split
from successors.nn.grayscale import grayscale
from successors.nn.hooks import Watch, watching
from successors.nn.layers import Conv2d, LayerNorm, Linear
from successors.nn.learner import Successor
from successors.nn.macs import tally
from successors.nn.module import Module
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, concatenate, no_grad
from successors.timeline.y2020_vit import Block, perceptron
from successors.timeline.y2021_swin import ENTRY as SWIN
from successors.timeline.y2021_swin import THIRDS, Windows


@dataclass(frozen=True, kw_only=True)
class SepViTConfig(NetworkConfig):
    """Settings of the separable vision transformer."""

    channels: int = setting(1, "Channels of the image", low=1)
    side: int = setting(20, "Cells on a side of the image", unit="cells", low=1)
    patch: int = setting(2, "Step of the first convolution, whose kernel is wider by all but one of it", low=1)
    width: int = setting(24, "C, channels of a patch in the first stage; each later stage has twice as many", low=1)
    depths: tuple[int, ...] = setting((1, 1), "Blocks of each stage", low=1)
    heads: tuple[int, ...] = setting((2, 4), "Heads of each stage", low=1)
    window: int = setting(2, "M, patches on a side of a window; of the last stage, all", low=1)
    mlp_ratio: int = setting(2, "Hidden width of the MLPs, times that of their input", low=1, formerly="wide")
    pointwise: bool = setting(True, "Whether windows attend to each other; without, each is by itself")
    drop_path: float = setting(0.0, "Share of branches left out in the last block while learning", low=0, high=0.9)
    classes: int = setting(26, "Classes that are told apart", low=2)
    recipe: Recipe = setting(
        Recipe(
            batch=64, steps=1_000, eval_every=500, optimiser="adam", rate=0.004, decay=0.05,
            schedule="cosine", warm_up=100, final_lr_fraction=0.01, clip=1.0, shift=1, affine=0.12,
        ),
        "How it is trained",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.heads) != len(self.depths):
            raise ConfigError(
                f"{len(self.heads)} for {len(self.depths)} stages",
                where="SepViTConfig.heads",
                remedy="Give one for each stage",
            )
        if self.side % (self.patch * 2 ** (len(self.depths) - 1)):
            raise ConfigError(
                f"{self.side} cells cannot be halved in every stage",
                where="SepViTConfig.side",
                remedy="Give more cells, or fewer stages",
            )
        for side, width, heads in zip(self.sides, self.widths, self.heads, strict=True):
            if side % min(self.window, side) and side != self.sides[-1]:
                raise ConfigError(
                    f"{side} patches do not fall into windows of {self.window}",
                    where="SepViTConfig.window",
                    remedy="Give a divisor of the patches on a side",
                )
            if width % heads:
                raise ConfigError(
                    f"{width} channels do not fall into {heads} heads",
                    where="SepViTConfig.heads",
                    remedy="Give divisors of the widths",
                )

    @property
    def sides(self) -> list[int]:
        """Patches on a side of the map of each stage."""
        return [self.side // self.patch // 2**k for k in range(len(self.depths))]

    @property
    def widths(self) -> list[int]:
        """Channels of each stage."""
        return [self.width * 2**k for k in range(len(self.depths))]


class Separable(Module):
    """Depthwise separable self-attention, DSSA: (n, side², width) to the same shape.

    Parameters
    ----------
    side, window : int
        In patches.
    width, heads : int
    rng : Generator
    pointwise : bool
        Whether windows attend to each other, where there is more than one.
    """

    def __init__(
        self, side: int, window: int, width: int, heads: int, rng: np.random.Generator, *, pointwise: bool = True
    ):
        self._windows, self._heads = Windows(side, window), heads
        many = self._windows.shape[0]
        self.weight = initial.stacked(initial.glorot, rng, 3, (width, width))
        self.bias = initial.constant((3 * width,))
        self.output = Linear(width, width, rng)
        tokens = pointwise and many > 1
        self.tokens = initial.constant((many, 1, width)) if tokens else None
        self.norm = LayerNorm(width, eps=1e-6) if tokens else None
        self.look = Linear(width, 2 * width, rng) if tokens else None

    def depthwise(self, x: Tensor) -> Tensor:
        """Return each window after it has attended to itself, its token first: (n, windows, 1 + window², width)."""
        (n, _, width), (many, area), heads = x.shape, self._windows.shape, self._heads
        rows = self._windows.into(x).reshape(n, many, area, width)
        if self.tokens is not None:
            rows = concatenate([self.tokens + np.zeros((n, 1, 1, 1), x.dtype), rows], 2)
        three = linear(rows, self.weight, self.bias).reshape(*rows.shape[:3], 3, heads, width // heads)
        read = attention(*(part.transpose(0, 1, 3, 2, 4) for part in split(three, THIRDS)))
        return rows + read.transpose(0, 1, 3, 2, 4).reshape(*rows.shape)

    def between(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return queries and keys (n, h, windows, d) of rows (n, windows, 2 width)."""
        n, many, width = rows.shape
        pair = rows.reshape(n, many, 2, self._heads, width // 2 // self._heads)
        q, k = (part.transpose(0, 2, 1, 3) for part in split(pair, THIRDS[:2]))
        return q, k

    def forward(self, x: Tensor) -> Tensor:
        """Return the attention output for each patch: from its window and, at its position in them, from the others."""
        (n, t, width), (many, area), heads = x.shape, self._windows.shape, self._heads
        f = self.depthwise(x)
        if self.look is not None and self.norm is not None:
            tokens, f = split(f, (np.s_[:, :, 0], np.s_[:, :, 1:]))
            q, k = self.between(self.look(gelu(self.norm(tokens), tanh=True)))
            values = f.reshape(n, many, area, heads, -1).transpose(0, 3, 1, 2, 4).reshape(n, heads, many, -1)
            mixed = attention(q, k, values).reshape(n, heads, many, area, -1).transpose(0, 2, 3, 1, 4)
            f = f + mixed.reshape(*f.shape)
        return self.output(self._windows.out_of(f.reshape(n, t, width)))


def rows(x: Tensor) -> Tensor:
    """Return images (n, c, h, w) as rows, (n, h w, c)."""
    return x.reshape(*x.shape[:2], -1).transpose(0, 2, 1)


class Stage(Module):
    """A convolution that shrinks the map, the encoding of places, and blocks.

    Parameters
    ----------
    config : SepViTConfig
    number : int
    rates : list of float
        Probability of dropping a branch, for each block.
    rng : Generator
    """

    def __init__(self, config: SepViTConfig, number: int, rates: list[float], rng: np.random.Generator):
        side, width, heads = config.sides[number], config.widths[number], config.heads[number]
        channels, step = (config.widths[number - 1], 2) if number else (config.channels, config.patch)
        size = 2 * step - 1
        self.shrink = Conv2d(channels, width, size, rng, stride=step, padding=size // 2, init=initial.glorot)
        self.shrink_norm = LayerNorm(width, eps=1e-6)
        self.places = Conv2d(width, width, 3, rng, padding=1, groups=width, init=initial.glorot)
        self.blocks = []
        last = number == len(config.depths) - 1
        for k, rate in enumerate(rates):
            window = side if last else min(side, config.window * (1 + k % 2))  # every second block is grouped
            mixing = Separable(side, window, width, heads, rng, pointwise=config.pointwise)
            self.blocks.append(Block(width, mixing, perceptron(width, config.mlp_ratio * width, rng), drop_path=rate))

    def forward(self, x: Tensor) -> Tensor:
        """Return images (n, width, side, side) of images."""
        x = self.shrink(x)
        shape = x.shape
        x = self.blocks[0](self.shrink_norm(rows(x)))
        x = x.transpose(0, 2, 1).reshape(*shape)
        x = x + self.places(x)
        if len(self.blocks) == 1:
            return x
        x = rows(x)
        for block in self.blocks[1:]:
            x = block(x)
        return x.transpose(0, 2, 1).reshape(*shape)


class SepViT(Network):
    """Stages, the mean over patches, and a linear layer."""

    def __init__(self, config: SepViTConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        rates = iter(np.linspace(0, config.drop_path, sum(config.depths)))
        self.stages = [
            Stage(config, k, [float(next(rates)) for _ in range(depth)], rng) for k, depth in enumerate(config.depths)
        ]
        self.norm = LayerNorm(config.widths[-1], eps=1e-6)
        self.head = Linear(config.widths[-1], config.classes, rng)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (n, classes) of frames (n, h, w) of light from 0 to 1, or of images (n, c, h, w)."""
        x = images(x)
        for stage in self.stages:
            x = stage(x)
        return self.head(self.norm(rows(x)).mean(1))


def published(width: int, depth: int, head: int, drop_path: float) -> SepViTConfig:
    """Return a size of table 1, for images of 224x224 in colour and 1,000 classes."""
    return SepViTConfig(
        channels=3, side=224, patch=4, width=width, depths=(1, 2, depth, 2), heads=tuple(head * 2**k for k in range(4)),
        window=7, mlp_ratio=4, drop_path=drop_path, classes=1000,
    )  # fmt: skip


def _multiply_adds(network: Network) -> int:
    with no_grad(), tally() as total:
        network(Tensor(np.zeros((1, 20, 20), np.float32)))
    return total[0]


def _cheaper() -> Finding:
    """Count the multiply-adds of the networks on the retina, of this one and of the Swin transformer."""
    own, swin = (_multiply_adds(e.network(e.retina, np.random.default_rng(0))) for e in (ENTRY, SWIN))
    words = f"{own:,}, the Swin transformer {swin:,}"
    return Finding(holds=own < swin, found=words, wanted="fewer than the Swin transformer's")


def _global() -> Finding:
    """Change one patch, and count how many change in one attention, with windows that attend to each other and not."""
    found = []
    x = np.random.default_rng(1).random((1, 100, 24)).astype(np.float32)
    other = x.copy()
    other[0, 0] += np.linspace(-1, 1, 24, dtype=np.float32)
    for pointwise in (True, False):
        layer = Separable(10, 5, 24, 2, np.random.default_rng(0), pointwise=pointwise)
        with no_grad():
            moved = np.abs(layer(Tensor(x)).data - layer(Tensor(other)).data)
        found.append(int((moved.max((0, 2)) > 1e-7).sum()))
    words = f"{found[0]} of 100 patches with, {found[1]} without"
    return Finding(holds=found == [100, 25], found=words, wanted="the whole map in one block, its window without")


def _between(learner: Successor[SepViT], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the attention of the first, middle and last window to each in the first block, averaged over heads."""
    network = learner.network
    shown = {"shown": stimuli[:12]}
    if network.stages[0].blocks[0].attention.tokens is None:
        return shown
    with watching(network) as seen, no_grad():
        network(Tensor(stimuli[:12]))
    weights = seen["stages.0.blocks.0.attention.attention"][-1].mean(1)
    many = weights.shape[-1]
    side = int(np.sqrt(many))
    for window in (0, many // 2, many - 1):
        shown[f"window {window + 1}"] = grayscale(weights[:, window].reshape(-1, side, side))
    return shown


SOURCE = "table 1"

ENTRY = Entry(
    label="SepViT",
    parents=("vit", "swin"),
    title="SepViT: separable vision transformer",
    authors="W. Li, X. Wang, X. Xia, J. Wu, J. Li, X. Xiao, M. Zheng, S. Wen",
    idea="Attention within windows, then between windows by one token of each, in a single block.",
    shrunk="Two stages of 10x10 and 5x5 patches for four of 56x56 to 7x7, windows of 2x2, a quarter of the width.",
    network=SepViT,
    retina=SepViTConfig(),
    sizes={
        "T": Size(config=published(96, 6, 3, 0.2), published=31_200_000, rounded=100_000, source=SOURCE),
        "S": Size(config=published(96, 14, 3, 0.3), published=46_600_000, rounded=100_000, source=SOURCE),
        "B": Size(config=published(128, 14, 4, 0.5), published=82_300_000, rounded=100_000, source=SOURCE),
        "Lite": Size(config=published(32, 6, 1, 0.1), published=3_700_000, rounded=100_000, source=SOURCE),
    },
    trials=(
        Trial(task="letters", at_least=0.86, baseline="swin", above=False),
        Trial(task="digits", at_least=0.95),
    ),
    mechanism=Mechanism(
        name="attention between windows",
        without={"pointwise": False},
        remark="The convolutions join windows as well, and the second stage is a single window that sees all.",
    ),
    checks=(
        Check(name="fewer multiply-adds than the Swin transformer", run=_cheaper),
        Check(name="one block sees the whole map", run=_global),
    ),
    figures=(Figure(name="windows", title="Which windows the windows look at", measure=_between, stimuli=12),),
    registers=(
        Watch(name="stage 1", path="stages.0", rendering=Rendering.MAPS),
        Watch(
            name="between windows, stage 1", path="stages.0.blocks.0.attention.attention", rendering=Rendering.ATTENTION
        ),
        Watch(name="stage 2", path="stages.1", rendering=Rendering.MAPS),
    ),
    small={"width": 4, "window": 5, "depths": (1, 1), "heads": (2, 2)},
)
