"""Chen, Fan and Panda 2021: "CrossViT: cross-attention multi-scale vision transformer for image classification", ICCV,
357-366.

New: two vision transformers read one image in patches of two sizes, and tell each other what they have seen through
their class tokens alone: the class token of one attends to the patches of the other, at a cost linear in their number.

    x'^l = [f^l(x_cls^l) || x_patch^s]                      f  maps to the other's width: LN, gelu, a linear layer
    q = x'_cls^l W_q,   k = x'^l W_k,   v = x'^l W_v        CA(x'^l) = softmax(q k^T / sqrt(C / h)) v
    y_cls^l = f(x_cls^l) + MCA(LN([f(x_cls^l) || x_patch^s]))
    z^l = [g^l(y_cls^l) || x_patch^l]                       g  maps back

and likewise with s and l exchanged. K multi-scale encoders follow each other, each of N blocks of the branch with the
small patches, M of the one with the large, and one such crossing each way. At the end each class token is read by a
linear layer of its own, and the scores are averaged.

Shrunk: patches of 4x4 and 10x10 cells instead of 12x12 and 16x16, two encoders instead of three, of one small and two
large blocks instead of one and four, widths of 32 and 56 instead of 192 and 384. Both branches see the retina as it is;
the paper's see the image at 240x240 and 224x224. Samples are shifted, rotated, sheared and scaled a little in
training, in place of the augmentation of DeiT.

What is asked here: whether it reads better than its branch of large patches alone, after as many steps. A token that
crosses passes f and g without a shortcut, and the retina's few patches leave little to tell.

Assumed: gelu by its tanh form; as in the authors' code f and g are LN, gelu and a linear layer in this order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.exhibits import Rendering
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.activations import gelu
from successors.nn.attention import attention
from successors.nn.functions import images
from successors.nn.grayscale import grayscale
from successors.nn.hooks import Watch, watching
from successors.nn.layers import Conv2d, LayerNorm, Linear
from successors.nn.learner import Successor
from successors.nn.macs import tally
from successors.nn.module import Module
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, concatenate, no_grad
from successors.timeline.y2017_transformer import MultiHead
from successors.timeline.y2020_vit import Block, ClassToken, PatchEmbedding, perceptron

BRANCHES = ("both", "small", "large")


@dataclass(frozen=True, kw_only=True)
class CrossViTConfig(NetworkConfig):
    """Settings of CrossViT; pairs are of the branch with small patches and of that with large ones."""

    channels: int = setting(1, "Channels of the image", low=1)
    sides: tuple[int, ...] = setting((20, 20), "Cells on a side of the image as each branch sees it", low=1)
    patches: tuple[int, ...] = setting((4, 10), "Cells on a side of a patch", low=1)
    widths: tuple[int, ...] = setting((32, 56), "Width of a row", low=1)
    encoders: int = setting(2, "K, multi-scale encoders", low=1)
    depths: tuple[int, ...] = setting((1, 2), "N and M, blocks of each branch in an encoder", low=1)
    heads: int = setting(4, "Heads of an attention, a divisor of both widths", low=1)
    mlp_ratio: int = setting(2, "Hidden width of the perceptrons, times that of their input", low=1, formerly="wide")
    convolutions: bool = setting(False, "Whether three convolutions embed a patch, as in the sizes with a dagger")
    branches: str = setting("both", "Which branches there are; one alone has nothing to cross to", choices=BRANCHES)
    crossing: bool = setting(True, "Whether class tokens attend to the patches of the other branch")
    classes: int = setting(26, "Classes that are told apart", low=2)
    recipe: Recipe = setting(
        Recipe(
            batch=64, steps=1_000, eval_every=500, optimiser="adam", rate=0.003, decay=0.05,
            schedule="cosine", warm_up=100, final_lr_fraction=0.01, clip=1.0, shift=1, affine=0.12,
        ),
        "How it is trained",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("sides", "patches", "widths", "depths"):
            if len(getattr(self, name)) != 2:
                raise ConfigError("are not two", where=f"CrossViTConfig.{name}", remedy="Give one for each branch")
        for side, patch, width in zip(self.sides, self.patches, self.widths, strict=True):
            if side % patch:
                raise ConfigError(
                    f"{side} cells do not fall into patches of {patch}",
                    where="CrossViTConfig.patches",
                    remedy="Give divisors of the sides",
                )
            if width % self.heads:
                raise ConfigError(
                    f"a width of {width} does not fall into {self.heads} heads",
                    where="CrossViTConfig.heads",
                    remedy="Give a divisor of both widths",
                )


def bicubic(h: int, side: int) -> np.ndarray:
    """Return the weights (side, h) of h cells in each of `side` by cubic convolution (Keys 1981), with a = -0.75."""
    at = (np.arange(side) + 0.5) * h / side - 0.5
    first, weights = np.floor(at).astype(int), np.zeros((side, h))
    for k in range(-1, 3):
        d = np.abs(at - first - k)
        near, far = (1.25 * d - 2.25) * d * d + 1, -0.75 * (((d - 5) * d + 8) * d - 4)
        # Beyond the edge the image goes on as it ends there.
        np.add.at(weights, (np.arange(side), np.clip(first + k, 0, h - 1)), np.where(d <= 1, near, far))
    return weights


def resized(x: Tensor, side: int) -> Tensor:
    """Return images (n, c, h, h) at another side by `bicubic`; as they are if it is theirs."""
    h = x.shape[-1]
    if h == side:
        return x
    weights = bicubic(h, side).astype(x.dtype)
    return Tensor(weights) @ (x @ Tensor(weights.T))


class Convolutions(Module):
    """The embedding of the sizes with a dagger: three convolutions, ReLU between, (n, c, h, w) to (n, N, width).

    Parameters
    ----------
    channels, size, width : int
        Patches of 12 or 16 cells.
    rng : Generator
    """

    def __init__(self, channels: int, size: int, width: int, rng: np.random.Generator):
        strides, paddings = {12: ((3, 1), (0, 1)), 16: ((2, 2), (1, 1))}[size]
        self.layers = [Conv2d(channels, width // 4, 7, rng, stride=4, padding=3)]
        plan = ((width // 4, width // 2), (width // 2, width))
        for (c, f), stride, padding in zip(plan, strides, paddings, strict=True):
            self.layers.append(Conv2d(c, f, 3, rng, stride=stride, padding=padding))

    def forward(self, x: Tensor) -> Tensor:
        """Return the rows of the patches."""
        first, second, third = self.layers
        x = third(second(first(x).relu()).relu())
        return x.reshape(*x.shape[:2], -1).transpose(0, 2, 1)


class Branch(Module):
    """A vision transformer without its head: patches, a class token, positions.

    Parameters
    ----------
    config : CrossViTConfig
    which : int
        0 for small patches, 1 for large ones.
    rng : Generator
    """

    def __init__(self, config: CrossViTConfig, which: int, rng: np.random.Generator):
        side, patch, width = config.sides[which], config.patches[which], config.widths[which]
        embedding = Convolutions if config.convolutions else PatchEmbedding
        self.embedding = embedding(config.channels, patch, width, rng)
        self.token = ClassToken(width)
        self.positions = initial.normal(rng, ((side // patch) ** 2 + 1, width), 0.02, decays=False)
        self.blocks = [
            [
                Block(width, MultiHead(width, config.heads, rng), perceptron(width, config.mlp_ratio * width, rng))
                for _ in range(config.depths[which])
            ]
            for _ in range(config.encoders)
        ]
        self.norm = LayerNorm(width, eps=1e-6)
        self.head = Linear(width, config.classes, rng)
        self._side = side

    def embed(self, x: Tensor) -> Tensor:
        """Return the rows (n, N + 1, width) of images."""
        return self.token(self.embedding(resized(x, self._side))) + self.positions

    def encode(self, x: Tensor, encoder: int) -> Tensor:
        """Return the rows after the blocks of an encoder."""
        for block in self.blocks[encoder]:
            x = block(x)
        return x

    def read(self, x: Tensor) -> Tensor:
        """Return the logits from the class token."""
        return self.head(self.norm(x[:, 0]))


class Mapping(Module):
    """f and g: a class token (n, 1, width) to the width of the other branch, (n, 1, other).

    Parameters
    ----------
    width, other : int
    rng : Generator
    """

    def __init__(self, width: int, other: int, rng: np.random.Generator):
        self.norm = LayerNorm(width, eps=1e-6)
        self.linear = Linear(width, other, rng)

    def forward(self, x: Tensor) -> Tensor:
        """Return the mapped token."""
        return self.linear(gelu(self.norm(x), tanh=True))


class Crossing(Module):
    """A class token goes over to the patches of the other branch, attends to them, and comes back.

    Parameters
    ----------
    width, other : int
        Widths of the token's branch and of the other.
    heads : int
    rng : Generator
    """

    def __init__(self, width: int, other: int, heads: int, rng: np.random.Generator):
        self.there, self.back = Mapping(width, other, rng), Mapping(other, width, rng)
        self.norm = LayerNorm(other, eps=1e-6)
        self.query, self.key, self.value, self.output = (Linear(other, other, rng) for _ in range(4))
        self._heads = heads

    def _split(self, x: Tensor) -> Tensor:
        n, t, _ = x.shape
        return x.reshape(n, t, self._heads, -1).transpose(0, 2, 1, 3)

    def project(self, token: Tensor, patches: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return query (n, h, 1, d), keys and values (n, h, N + 1, d) of a mapped token and the patches."""
        rows = self.norm(concatenate([token, patches], 1))
        return self._split(self.query(rows[:, :1])), self._split(self.key(rows)), self._split(self.value(rows))

    def forward(self, token: Tensor, patches: Tensor) -> Tensor:
        """Return the token (n, 1, width), of the patches (n, N, other)."""
        token = self.there(token)
        read = attention(*self.project(token, patches))
        return self.back(token + self.output(read.transpose(0, 2, 1, 3).reshape(*token.shape)))


class CrossViT(Network):
    """Two branches, crossings after each encoder, and the mean of their scores."""

    def __init__(self, config: CrossViTConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        chosen = (0, 1) if config.branches == "both" else (BRANCHES.index(config.branches) - 1,)
        self.branches = [Branch(config, which, rng) for which in chosen]
        widths, crosses = config.widths, config.crossing and len(chosen) == 2
        self.crossings = [
            [Crossing(widths[k], widths[1 - k], config.heads, rng) for k in (0, 1)]
            for _ in range(config.encoders if crosses else 0)
        ]

    def encoded(self, x: Tensor, encoders: int) -> list[Tensor]:
        """Return the rows of each branch after so many encoders, before the last crossing."""
        rows = [branch.embed(images(x)) for branch in self.branches]
        for k in range(encoders):
            if k and self.crossings:
                rows = self.crossed(rows, k - 1)
            rows = [branch.encode(r, k) for branch, r in zip(self.branches, rows, strict=True)]
        return rows

    def crossed(self, rows: list[Tensor], encoder: int) -> list[Tensor]:
        """Return the rows of both branches after the crossings of an encoder."""
        tokens = [
            crossing(own[:, :1], other[:, 1:])
            for crossing, own, other in zip(self.crossings[encoder], rows, rows[::-1], strict=True)
        ]
        return [concatenate([token, own[:, 1:]], 1) for token, own in zip(tokens, rows, strict=True)]

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (n, classes) of frames (n, h, w) of light from 0 to 1, or of images (n, c, h, w)."""
        rows = self.encoded(x, self.config.encoders)
        if self.crossings:
            rows = self.crossed(rows, self.config.encoders - 1)
        scores = [branch.read(r) for branch, r in zip(self.branches, rows, strict=True)]
        return scores[0] if len(scores) == 1 else (scores[0] + scores[1]) * 0.5


def published(width: int, depth: int, heads: int, wide: int, **changes: Any) -> CrossViTConfig:
    """Return a size of table 1, for images in colour at 240x240 and 224x224, and 1,000 classes."""
    return CrossViTConfig(
        channels=3, sides=(240, 224), patches=(12, 16), widths=(width, 2 * width), encoders=3, depths=(1, depth),
        heads=heads, mlp_ratio=wide, classes=1000, **changes,
    )  # fmt: skip


def _linear() -> Finding:
    """Count the multiply-adds of the attention within a branch and across, for more and more patches."""
    many, width = (25, 100, 400), 8
    rng = np.random.default_rng(0)
    across, within = [], []
    for n in many:
        token, patches = (Tensor(np.zeros((1, k, width), np.float32)) for k in (1, n))
        with no_grad(), tally() as total:
            crossing = Crossing(width, width, 2, rng)
            attention(*crossing.project(token, patches))
        # The query, keys and values of all rows, and one row of scores.
        across.append(total[0] - (1 + 2 * (n + 1)) * width**2)
        with no_grad(), tally() as total:
            attention(*MultiHead(width, 2, rng).project(concatenate([token, patches], 1)))
        within.append(total[0] - 3 * (n + 1) * width**2)
    holds = across == [2 * (n + 1) * width for n in many] and within == [2 * (n + 1) ** 2 * width for n in many]
    return Finding(
        holds=holds,
        found=f"{across} multiply-adds across and {within} within, for {many} patches",
        wanted="linear in the patches across, quadratic within",
    )


def _told() -> Finding:
    """Change a patch of the large branch, and see whether the class token of the small one learns of it."""
    moved = []
    for crossing in (True, False):
        network = CrossViT(CrossViTConfig(crossing=crossing), np.random.default_rng(0))
        x = Tensor(np.random.default_rng(1).random((1, 20, 20)).astype(np.float32))
        with no_grad():
            small, large = network.encoded(x, 1)
            other = large.data.copy()
            other[:, 3] += np.linspace(-1, 1, other.shape[-1])
            if network.crossings:
                pairs = [network.crossed([small, Tensor(r)], 0) for r in (large.data, other)]
            else:
                pairs = [[small, Tensor(r)] for r in (large.data, other)]
            read = [network.branches[0].read(pair[0]).data for pair in pairs]
        moved.append(float(np.abs(read[0] - read[1]).max()))
    words = f"scores of the small branch move by {moved[0]:.1e} with crossing, by {moved[1]:.1e} without"
    return Finding(holds=moved[0] > 1e-3 and moved[1] == 0, found=words, wanted="by nothing without")


def _looks(learner: Successor[CrossViT], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the attention of each class token to the patches of the other branch in the last crossing."""
    network = learner.network
    shown = {"shown": stimuli[:12]}
    if not network.crossings:
        return shown
    names = ("small patches look at large", "large patches look at small")
    for name, weights in zip(names, _across(network, stimuli[:12]), strict=True):
        weights = weights.mean(1)
        side = int(np.sqrt(weights.shape[1]))
        shown[name] = grayscale(weights.reshape(-1, side, side))
    return shown


def _across(network: CrossViT, stimuli: np.ndarray) -> list[np.ndarray]:
    """Return the last attention of both class tokens to the other branch's patches, (n, heads, patches) each."""
    with watching(network) as seen, no_grad():
        network(Tensor(stimuli))
    last = len(network.crossings) - 1
    return [seen[f"crossings.{last}.{k}.attention"][-1][..., 0, 1:] for k in range(2)]


SOURCE = "table 1; its code at 240x240"
NEAR: dict[str, Any] = {"rounded": 100_000, "source": SOURCE}

ENTRY = Entry(
    label="CrossViT",
    parents=("transformer", "vit"),
    title="CrossViT: cross-attention multi-scale vision transformer for image classification",
    authors="C.-F. Chen, Q. Fan, R. Panda",
    idea="Two vision transformers with patches of two sizes tell each other what they see through their class tokens.",
    shrunk="Patches of 4x4 and 10x10 cells for 12x12 and 16x16, two encoders for three, a sixth of the width.",
    network=CrossViT,
    retina=CrossViTConfig(),
    sizes={
        "S": Size(config=published(192, 4, 6, 4), published=26_900_000, **NEAR),
        "Ti": Size(config=published(96, 4, 3, 4), published=7_000_000, **NEAR),
        "B": Size(config=published(384, 4, 12, 4), published=105_000_000, **NEAR),
        "9": Size(config=published(128, 3, 4, 3), published=8_600_000, **NEAR),
        "15": Size(
            config=published(192, 5, 6, 3),
            published=27_500_000,
            rounded=100_000,
            source="timm crossvit_15_240; table 1 has 27.4",
        ),
        "18": Size(config=published(224, 6, 7, 3), published=43_300_000, **NEAR),
        "9 dagger": Size(config=published(128, 3, 4, 3, convolutions=True), published=8_800_000, **NEAR),
        "15 dagger": Size(config=published(192, 5, 6, 3, convolutions=True), published=28_200_000, **NEAR),
        "18 dagger": Size(config=published(224, 6, 7, 3, convolutions=True), published=44_300_000, **NEAR),
    },
    trials=(
        Trial(task="letters", at_least=0.85, baseline="vit"),
        Trial(task="letters", baseline="crossvit", against={"branches": "large"}),
        Trial(task="digits", at_least=0.93),
    ),
    mechanism=Mechanism(
        name="cross-attention",
        without={"crossing": False},
        remark="With 25 and 4 patches each branch sees the whole retina well enough, and the mean of both is as good.",
    ),
    checks=(
        Check(name="crossing is linear in the patches", run=_linear),
        Check(name="class tokens carry what the other branch has seen", run=_told),
    ),
    figures=(Figure(name="crossings", title="Where class tokens look, across", measure=_looks, stimuli=12),),
    registers=(
        Watch(name="small patches", path="branches.0.blocks.1.0.attention.attention", rendering=Rendering.ATTENTION),
        Watch(name="large patches", path="branches.1.blocks.1.1.attention.attention", rendering=Rendering.ATTENTION),
        Watch(name="large one looks across", rendering=Rendering.MAPS, measure=lambda net, x: _across(net, x)[1]),
    ),
    roadmap=(
        ("small patches alone", {"branches": "small"}),
        ("large patches alone", {"branches": "large"}),
        ("both, apart", {"branches": "both", "crossing": False}),
        ("cross-attention", {"crossing": True}),
    ),
    small={"patches": (10, 5), "widths": (4, 6), "encoders": 1, "depths": (1, 1), "heads": 2},
)
