"""Liu, Lin, Cao, Hu, Wei, Zhang, Lin and Guo 2021: "Swin transformer: hierarchical vision transformer using shifted
windows", ICCV, 9992-10002.

New: attention within windows of M x M patches, so that its cost grows with the area of the image and no longer with the
square of it; from layer to layer the windows are shifted by half their side, which joins those that were apart; and
the map of patches shrinks from stage to stage, as that of a convolutional network does.

    z' = (S)W-MSA(LN(z)) + z,    z = MLP(LN(z')) + z'          windows in even layers, shifted ones in odd (3)
    Attention(Q, K, V) = softmax(Q K^T / sqrt(d) + B) V        (4)
    B is read from a table of (2M - 1) x (2M - 1) biases for each head, one for each offset of two patches
    between stages: patch merging, 2 x 2 neighbours side by side, LN, a linear layer from 4C to 2C without a bias
    after the last: LN, the mean over patches, a linear layer

Shifted windows are windows of a map that is rolled (cyclic shift); patches that were no neighbours before are kept from
seeing each other by a mask. A map that does not fall into windows is padded below and to the right; one that is no
larger than a window is one window, and is not shifted. There are no position embeddings beside B.

Shrunk: patches of 2x2 cells instead of 4x4, windows of 2x2 instead of 7x7, two stages (10x10 and 5x5 patches) instead
of four, 24 channels in the first instead of 96, MLPs twice as wide as their input instead of four times. Samples
are shifted, rotated, sheared and scaled a little in training, in place of the paper's augmentation.

Assumed: gelu by its tanh form; weights are initialised by Glorot's rule, tables of biases at zero, where the paper's
code draws both from normal distributions of deviation 0.02; what the mask hides weighs nothing, where that code adds
-100 to it, and padding is never seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.exhibits import Rendering
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.attention import attention
from successors.nn.functions import embedding, images, linear
from successors.nn.gather import permute_rows, split
from successors.nn.grayscale import grayscale
from successors.nn.hooks import Watch
from successors.nn.layers import Conv2d, LayerNorm, Linear
from successors.nn.learner import Successor
from successors.nn.macs import tally
from successors.nn.module import Module
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2020_vit import Block, perceptron


@dataclass(frozen=True, kw_only=True)
class SwinConfig(NetworkConfig):
    """Settings of the Swin transformer."""

    channels: int = setting(1, "Channels of the image", low=1)
    side: int = setting(20, "Cells on a side of the image", unit="cells", low=1)
    patch: int = setting(2, "Cells on a side of a patch", unit="cells", low=1)
    width: int = setting(24, "C, channels of a patch in the first stage; each later stage has twice as many", low=1)
    depths: tuple[int, ...] = setting((2, 2), "Blocks of each stage", low=1)
    heads: tuple[int, ...] = setting((2, 4), "Heads of each stage", low=1)
    window: int = setting(2, "M, patches on a side of a window", low=1)
    mlp_ratio: int = setting(2, "Hidden width of the MLPs, times that of their input", low=1, formerly="wide")
    shifted: bool = setting(True, "Whether the windows of every second block are shifted")
    drop_path: float = setting(0.0, "Share of branches left out in the last block while learning", low=0, high=0.9)
    classes: int = setting(26, "Classes that are told apart", low=2)
    recipe: Recipe = setting(
        Recipe(
            batch=64, steps=800, eval_every=400, optimiser="adam", rate=0.004, decay=0.05,
            schedule="cosine", warm_up=100, final_lr_fraction=0.01, clip=1.0, shift=1, affine=0.12,
        ),
        "How it is trained",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.heads) != len(self.depths):
            raise ConfigError(
                f"{len(self.heads)} for {len(self.depths)} stages",
                where="SwinConfig.heads",
                remedy="Give one for each stage",
            )
        if self.side % (self.patch * 2 ** (len(self.depths) - 1)):
            raise ConfigError(
                f"{self.side} cells cannot be halved in every stage",
                where="SwinConfig.side",
                remedy="Give more cells, or fewer stages",
            )
        for width, heads in zip(self.widths, self.heads, strict=True):
            if width % heads:
                raise ConfigError(
                    f"{width} channels do not fall into {heads} heads",
                    where="SwinConfig.heads",
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


def windowed(side: int, window: int, shift: int) -> np.ndarray:
    """Return the index of the patch, in reading order, at each position of the windows, -1 for padding.

    Returns
    -------
    ndarray of int64, shape (windows, window²)
    """
    many = -(-side // window)
    order = np.full((many * window, many * window), -1)
    order[:side, :side] = np.arange(side * side).reshape(side, side)
    order = np.roll(order, (-shift, -shift), (0, 1))
    return order.reshape(many, window, many, window).transpose(0, 2, 1, 3).reshape(many * many, window * window)


def seen(side: int, window: int, shift: int) -> np.ndarray:
    """Return what each patch of a window sees, (windows, window², window²) bool: no padding, nothing rolled in."""
    padded = -(-side // window) * window
    rows, columns = np.divmod(windowed(padded, window, shift), padded)
    # What was rolled round the edge has come from before the shift, and meets in the last windows what stayed.
    part = 2 * (rows < shift) + (columns < shift)
    return (part[:, :, None] == part[:, None, :]) & (windowed(side, window, shift) >= 0)[:, None, :]


def offsets(window: int) -> np.ndarray:
    """Return which row of the table of biases holds the offset of two patches, (window², window²) int64."""
    at = np.stack(np.divmod(np.arange(window * window), window))
    down, right = at[:, :, None] - at[:, None, :] + window - 1
    return down * (2 * window - 1) + right


class Windows:
    """How a map of patches lies in windows.

    Parameters
    ----------
    side, window, shift : int
        In patches.

    Attributes
    ----------
    shape : tuple of int
        Windows, and patches of each.
    seen : ndarray of bool or None
        As of `seen`; None if all see all.
    """

    def __init__(self, side: int, window: int, shift: int = 0):
        order = windowed(side, window, shift)
        self.shape = order.shape
        order = order.ravel()
        self._order, self._padding = np.maximum(order, 0), order < 0
        self._back = np.argsort(order)[-side * side :]
        self.seen = seen(side, window, shift) if shift or self._padding.any() else None

    def into(self, x: Tensor) -> Tensor:
        """Arrange rows of a map (n, side², k) in windows; padding repeats a row, and is masked."""
        return permute_rows(x, self._order, self._back)

    def out_of(self, x: Tensor) -> Tensor:
        """Arrange rows in windows as a map again."""
        return permute_rows(x, self._back, self._order, left_out=self._padding)


THIRDS = tuple(np.s_[..., k, :, :] for k in range(3))
"""Queries, keys and values in rows (..., 3, heads, d)."""


class WindowAttention(Module):
    """Equation 4 within windows, shifted or not: (n, side², width) to the same shape.

    Parameters
    ----------
    side, window, shift : int
        In patches.
    width, heads : int
    rng : Generator
    """

    def __init__(self, side: int, window: int, shift: int, width: int, heads: int, rng: np.random.Generator):
        # Of queries, keys and values, one below the other.
        self.weight = initial.stacked(initial.glorot, rng, 3, (width, width))
        self.bias = initial.constant((3 * width,))
        self.output = Linear(width, width, rng)
        self.table = initial.constant(((2 * window - 1) ** 2, heads))
        self._windows, self._split = Windows(side, window, shift), (3, heads, width // heads)
        self._offsets = offsets(window)

    def forward(self, x: Tensor) -> Tensor:
        """Return the attention output for each patch in its window."""
        (n, _, width), windows = x.shape, self._windows
        rows = windows.into(linear(x, self.weight, self.bias)).reshape(n, *windows.shape, *self._split)
        q, k, v = (part.transpose(0, 1, 3, 2, 4) for part in split(rows, THIRDS))
        mask = None if windows.seen is None else windows.seen[:, None]
        bias = embedding(self._offsets, self.table).transpose(2, 0, 1)
        read = attention(q, k, v, mask=mask, bias=bias).transpose(0, 1, 3, 2, 4)
        return self.output(windows.out_of(read.reshape(n, -1, width)))


def block(config: SwinConfig, stage: int, shifted: bool, drop_path: float, rng: np.random.Generator) -> Block:
    """Return the block of equation 3, its windows shifted by half their side if so, where there is more than one."""
    side, width = config.sides[stage], config.widths[stage]
    window = min(config.window, side)
    shift = window // 2 if shifted and side > window else 0
    attention = WindowAttention(side, window, shift, width, config.heads[stage], rng)
    mlp = perceptron(width, config.mlp_ratio * width, rng)
    return Block(width, attention, mlp, drop_path=drop_path, eps=1e-5)  # as all normalisations here


class Merging(Module):
    """Patch merging: four neighbours become one of twice the channels, (n, side², width) to (n, side²/4, 2 width).

    Parameters
    ----------
    side, width : int
    rng : Generator
    """

    def __init__(self, side: int, width: int, rng: np.random.Generator):
        self.norm = LayerNorm(4 * width)
        self.reduction = Linear(4 * width, 2 * width, rng, bias=False)
        self._half, self._width = side // 2, width

    def forward(self, x: Tensor) -> Tensor:
        """Return the merged patches."""
        half, width = self._half, self._width
        x = x.reshape(len(x.data), half, 2, half, 2, width).transpose(0, 1, 3, 4, 2, 5)
        return self.reduction(self.norm(x.reshape(len(x.data), half * half, 4 * width)))


class Swin(Network):
    """Patches, stages of blocks with merging between them, the mean over patches, and a linear layer."""

    def __init__(self, config: SwinConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        bound = (config.channels * config.patch**2) ** -0.5
        even = partial(initial.uniform, bound=bound)
        self.stem = Conv2d(config.channels, config.width, config.patch, rng, stride=config.patch, init=even)
        # Not zeros: normalising a dark patch would have a slope of eps^-0.5, and clipping would leave nothing else.
        self.stem.bias = even(rng, (config.width,), decays=False)
        self.stem_norm = LayerNorm(config.width)
        rates = iter(np.linspace(0, config.drop_path, sum(config.depths)))
        self.stages = [
            [block(config, stage, config.shifted and k % 2 == 1, float(next(rates)), rng) for k in range(depth)]
            for stage, depth in enumerate(config.depths)
        ]
        self.merging = [
            Merging(side, width, rng) for side, width in zip(config.sides[:-1], config.widths[:-1], strict=True)
        ]
        self.norm = LayerNorm(config.widths[-1])
        self.head = Linear(config.widths[-1], config.classes, rng)

    def stage_rows(self, x: Tensor) -> list[Tensor]:
        """Return the rows of the patches after each stage, (n, t, width) each."""
        x = self.stem(images(x))
        n, width, h, w = x.shape
        x = self.stem_norm(x.reshape(n, width, h * w).transpose(0, 2, 1))
        found = list[Tensor]()
        for k, stage in enumerate(self.stages):
            if k:
                x = self.merging[k - 1](x)
            for layer in stage:
                x = layer(x)
            found.append(x)
        return found

    def levels(self, x: Tensor) -> list[Tensor]:
        """Return the maps after each stage, (n, c, h, w) each, the last one normalised."""
        *before, last = self.stage_rows(x)
        rows = zip([*before, self.norm(last)], self.config.sides, strict=True)
        return [r.reshape(len(r.data), side, side, -1).transpose(0, 3, 1, 2) for r, side in rows]

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (n, classes) of frames (n, h, w) of light from 0 to 1, or of images (n, c, h, w)."""
        return self.head(self.norm(self.stage_rows(x)[-1]).mean(1))


def published(width: int, depths: tuple[int, ...], heads: tuple[int, ...], drop_path: float) -> SwinConfig:
    """Return a size of section 3.3, for images of 224x224 in colour and 1,000 classes."""
    return SwinConfig(
        channels=3, side=224, patch=4, width=width, depths=depths, heads=heads, window=7, mlp_ratio=4,
        drop_path=drop_path, classes=1000,
    )  # fmt: skip


def _cost() -> Finding:
    """Count the multiply-adds of an attention over maps of growing side, in windows and in one of all patches."""
    sides, window, width = (10, 20, 40), 5, 8
    counts: dict[str, list[int]] = {"windows": [], "one window": []}
    for side in sides:
        x = Tensor(np.zeros((1, side * side, width), np.float32))
        for name, m in (("windows", window), ("one window", side)):
            with tally() as total, no_grad():
                WindowAttention(side, m, 0, width, 2, np.random.default_rng(0))(x)
            counts[name].append(total[0])
    areas = [side * side for side in sides]
    wanted = {
        "windows": [4 * a * width**2 + 2 * window**2 * a * width for a in areas],
        "one window": [4 * a * width**2 + 2 * a**2 * width for a in areas],
    }
    shown = "; ".join(f"{name}: {', '.join(f'{c / counts[name][0]:.1f}' for c in counts[name])}" for name in counts)
    return Finding(
        holds=counts == wanted,
        found=f"of maps 1, 4 and 16 times as large, times the first: {shown}",
        wanted="(1) and (2): linear in the area with windows, quadratic without",
    )


def _joined() -> Finding:
    """Change one patch, and count how many change in two blocks whose second has shifted windows or not."""
    found = []
    for shifted in (True, False):
        network = Swin(SwinConfig(shifted=shifted), np.random.default_rng(0))
        x = np.random.default_rng(1).random((1, 100, 24)).astype(np.float32)
        other = x.copy()
        other[0, 0] += np.linspace(-1, 1, 24, dtype=np.float32)
        with no_grad():
            a, b = Tensor(x), Tensor(other)
            for layer in network.stages[0]:
                a, b = layer(a), layer(b)
        found.append(int((np.abs(a.data - b.data).max((0, 2)) > 1e-7).sum()))
    words = f"{found[0]} of 100 patches with, {found[1]} without"
    return Finding(holds=found[0] > found[1] == 4, found=words, wanted="beyond the window of 4 with the shift alone")


def _biases(learner: Successor[Swin], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the tables of biases of the first heads, by offset of the patch that is looked at."""
    network = learner.network
    tables = np.concatenate([p.data.T for name, p in network.parameters().items() if name.endswith("attention.table")])
    side = 2 * network.config.window - 1
    return {"shown": stimuli[:12], "biases by offset": grayscale(tables[:12].reshape(-1, side, side))}


SOURCE = "section 3.3 and table 1; its code"

ENTRY = Entry(
    label="Swin",
    parents=("vit",),
    title="Swin transformer: hierarchical vision transformer using shifted windows",
    authors="Z. Liu, Y. Lin, Y. Cao, H. Hu, Y. Wei, Z. Zhang, S. Lin, B. Guo",
    idea="Attention within windows, which are shifted from layer to layer, on maps that shrink from stage to stage.",
    shrunk="Two stages of 10x10 and 5x5 patches for four of 56x56 to 7x7, windows of 2x2, a quarter of the width.",
    network=Swin,
    retina=SwinConfig(),
    sizes={
        "T": Size(config=published(96, (2, 2, 6, 2), (3, 6, 12, 24), 0.2), published=28_288_354, source=SOURCE),
        "S": Size(config=published(96, (2, 2, 18, 2), (3, 6, 12, 24), 0.3), published=49_606_258, source=SOURCE),
        "B": Size(config=published(128, (2, 2, 18, 2), (4, 8, 16, 32), 0.5), published=87_768_224, source=SOURCE),
        "L": Size(config=published(192, (2, 2, 18, 2), (6, 12, 24, 48), 0.2), published=196_532_476, source=SOURCE),
    },
    trials=(
        Trial(task="letters", at_least=0.83, baseline="mlp_mixer", above=False),
        Trial(task="digits", at_least=0.94),
    ),
    mechanism=Mechanism(name="shifted windows", without={"shifted": False}),
    checks=(
        Check(name="multiply-adds are linear in the area", run=_cost),
        Check(name="shifted windows join what was apart", run=_joined),
    ),
    figures=(Figure(name="biases", title="What heads weigh by offset", measure=_biases, stimuli=12),),
    registers=(
        Watch(name="windows, stage 1", path="stages.0.0.attention.attention", rendering=Rendering.ATTENTION),
        Watch(name="shifted windows, stage 1", path="stages.0.1.attention.attention", rendering=Rendering.ATTENTION),
        Watch(name="shifted windows, stage 2", path="stages.1.1.attention.attention", rendering=Rendering.ATTENTION),
    ),
    small={"patch": 5, "width": 4, "depths": (2, 1), "heads": (1, 2), "window": 2},
)
