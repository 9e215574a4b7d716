"""Dosovitskiy, Beyer, Kolesnikov, Weissenborn, Zhai, Unterthiner, Dehghani, Minderer, Heigold, Gelly, Uszkoreit and
Houlsby 2020: "An image is worth 16x16 words: transformers for image recognition at scale", arXiv:2010.11929; ICLR 2021.

New: the encoder of the transformer reads an image as a sentence, each patch a word; nothing else is made for images.
What a convolution knows beforehand of neighbourhood must be learned, so that on little data it is worse than a residual
network, and on very much data better.

    z_0 = [x_class; x_p^1 E; x_p^2 E; ... x_p^N E] + E_pos       E  P^2 C x D,   E_pos  (N + 1) x D           (1)
    z'_l = MSA(LN(z_(l-1))) + z_(l-1)                            l = 1 ... L                                  (2)
    z_l = MLP(LN(z'_l)) + z'_l                                   l = 1 ... L                                  (3)
    y = LN(z_L^0)                                                                                             (4)

x_class is a learned row before the N patches of P x P cells, E_pos a learned row for each position, and MLP
two linear layers with gelu between them. One linear layer reads y; the hidden layer that the paper puts between them in
pre-training, and takes away for fine-tuning, is left out, as in the counts.

Shrunk: 16 patches of 5x5 cells instead of 196 of 16x16, 3 layers instead of 12, D of 64 instead of 768, 4 heads instead
of 12; the hidden width is twice D instead of four times. In place of pre-training, samples are shifted, rotated,
sheared and scaled a little in training.

What is switched off as its mechanism is E_pos, as in table 8 of the paper, not attention. With as few patches as these
letters are read without attention as well: perceptrons on patches that know their places, and their mean, are enough.
The road map goes from there to the system, and says what each step brings or costs.

Assumed: gelu by its tanh form, as in the authors' code; all weights are initialised by Glorot's rule, where the last
layer begins at zero there. With `attention` off nothing could reach x_class, so that the mean of the patches is read
instead of it; appendix D.3 says that the mean serves as well.
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
from successors.nn.activations import gelu
from successors.nn.functions import images
from successors.nn.grayscale import grayscale
from successors.nn.hooks import Watch, watching
from successors.nn.layers import DropPath, LayerNorm, Linear
from successors.nn.learner import Successor
from successors.nn.module import Module
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, concatenate, no_grad
from successors.timeline.y2017_transformer import FeedForward, MultiHead

POOLINGS = ("class", "mean")


@dataclass(frozen=True, kw_only=True)
class ViTConfig(NetworkConfig):
    """Settings of the vision transformer."""

    channels: int = setting(1, "Channels of the image", low=1)
    side: int = setting(20, "Cells on a side of the image", unit="cells", low=1)
    patch: int = setting(5, "P, cells on a side of a patch", unit="cells", low=1)
    layers: int = setting(3, "L, blocks", low=1)
    width: int = setting(64, "D, width of a row", low=1)
    heads: int = setting(4, "Heads of an attention, a divisor of the width", low=1)
    hidden: int = setting(128, "Hidden width of the perceptrons", low=1)
    classes: int = setting(26, "Classes that are told apart", low=2)
    positions: bool = setting(True, "Whether places are embedded; without, patches are a bag")
    attention: bool = setting(True, "Whether rows attend to each other; without, they meet in the mean alone")
    pooling: str = setting(
        "class", "What is read: the class token, or the mean of the patches", choices=POOLINGS, formerly="reading"
    )
    drop_path: float = setting(0.0, "Share of branches left out at the last block while learning", low=0, high=0.9)
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
                where="ViTConfig.patch",
                remedy="Give a divisor of the side",
            )
        if self.width % self.heads:
            raise ConfigError(
                f"a width of {self.width} does not fall into {self.heads} heads",
                where="ViTConfig.heads",
                remedy="Give a divisor of the width",
            )
        if self.pooling == "class" and not self.attention:
            raise ConfigError(
                "without attention nothing reaches the class token", where="ViTConfig.pooling", remedy="Read the mean"
            )

    @property
    def places(self) -> int:
        """N, the number of patches."""
        return (self.side // self.patch) ** 2


def patches(x: Tensor, size: int) -> Tensor:
    """Return images (n, c, h, w) as patches in reading order, (n, N, c size size), channels first."""
    n, c, h, w = x.shape
    x = x.reshape(n, c, h // size, size, w // size, size).transpose(0, 2, 4, 1, 3, 5)
    return x.reshape(n, (h // size) * (w // size), c * size * size)


def perceptron(width: int, hidden: int, rng: np.random.Generator) -> FeedForward:
    """Return MLP of equation 3: two linear layers with gelu between them."""
    return FeedForward(width, hidden, rng, activation=partial(gelu, tanh=True))


class PatchEmbedding(Module):
    """Patches and the linear map E of each, (n, c, h, w) to (n, N, width).

    Parameters
    ----------
    channels, size, width : int
    rng : Generator
    """

    def __init__(self, channels: int, size: int, width: int, rng: np.random.Generator):
        self.project = Linear(channels * size * size, width, rng)
        self._size = size

    def forward(self, x: Tensor) -> Tensor:
        """Return the rows of the patches."""
        return self.project(patches(x, self._size))


class ClassToken(Module):
    """A learned row that is prepended to the others, (n, N, width) to (n, N + 1, width); initially zero.

    Parameters
    ----------
    width : int
    """

    def __init__(self, width: int):
        self.row = initial.constant((1, 1, width))

    def forward(self, x: Tensor) -> Tensor:
        """Return the rows with the class token as row 0."""
        n, _, width = x.shape
        return concatenate([self.row + np.zeros((n, 1, width), x.dtype), x], 1)


class Block(Module):
    """Equations 2 and 3: attention, then a perceptron, each after a normalisation and round a shortcut.

    Parameters
    ----------
    width : int
    attention : Module or None
        ``attention(rows, **how) -> rows``; None: no mixing.
    mlp : Module
    drop_path : float
        Probability of dropping a branch for a sample in training.
    eps : float
        Of the normalisations.
    """

    def __init__(self, width: int, attention: Module | None, mlp: Module, *, drop_path: float = 0.0, eps: float = 1e-6):
        self.norm1 = LayerNorm(width, eps=eps) if attention is not None else None
        self.attention = attention
        self.norm2 = LayerNorm(width, eps=eps)
        self.mlp = mlp
        self._drop_path = DropPath(drop_path)

    def forward(self, x: Tensor, **how: object) -> Tensor:
        """Return the rows (n, t, width); `how` is passed to the attention."""
        if self.attention is not None and self.norm1 is not None:
            x = x + self._drop_path(self.attention(self.norm1(x), **how))
        return x + self._drop_path(self.mlp(self.norm2(x)))


class ViT(Network):
    """Patches as words, the encoder of the transformer, and a linear layer on the class token."""

    def __init__(self, config: ViTConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        c, width = config, config.width
        self.embedding = PatchEmbedding(c.channels, c.patch, width, rng)
        self.token = ClassToken(width) if c.pooling == "class" else None
        rows = c.places + (self.token is not None)
        self.positions = initial.normal(rng, (rows, width), 0.02, decays=False) if c.positions else None
        self.blocks = [
            Block(
                width,
                MultiHead(width, c.heads, rng) if c.attention else None,
                perceptron(width, c.hidden, rng),
                drop_path=float(rate),
            )
            for rate in np.linspace(0, c.drop_path, c.layers)
        ]
        self.norm = LayerNorm(width, eps=1e-6)
        self.head = Linear(width, c.classes, rng)

    def embed(self, x: Tensor) -> Tensor:
        """Return z_0, equation 1, of frames (n, h, w) or images (n, c, h, w)."""
        x = self.embedding(images(x))
        if self.token is not None:
            x = self.token(x)
        return x if self.positions is None else x + self.positions

    def rows(self, x: Tensor) -> Tensor:
        """Return the rows after the last block, (n, t, width), the class token before the patches if there is one."""
        x = self.embed(x)
        for block in self.blocks:
            x = block(x)
        return x

    def levels(self, x: Tensor) -> list[Tensor]:
        """Return the normalised rows of the patches after the last block as maps, the only scale there is."""
        x = self.norm(self.rows(x)[:, -self.config.places :])
        side = self.config.side // self.config.patch
        return [x.reshape(len(x.data), side, side, -1).transpose(0, 3, 1, 2)]

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (n, classes) of frames (n, h, w) of light from 0 to 1, or of images (n, c, h, w)."""
        x = self.rows(x)
        return self.head(self.norm(x.mean(1) if self.token is None else x[:, 0]))


def published(patch: int, layers: int, width: int, heads: int) -> ViTConfig:
    """Return a size of table 1, for images of 224x224 in colour and 1,000 classes."""
    return ViTConfig(
        channels=3, side=224, patch=patch, layers=layers, width=width, heads=heads, hidden=4 * width, classes=1000
    )


def _bag() -> Finding:
    """Put the patches into another order, with and without positions, and see how far the answers move."""
    order = np.random.default_rng(1).permutation(16)
    x = np.random.default_rng(2).random((4, 20, 20)).astype(np.float32)
    cells = x.reshape(4, 4, 5, 4, 5).swapaxes(2, 3).reshape(4, 16, 5, 5)[:, order]
    y = cells.reshape(4, 4, 4, 5, 5).swapaxes(2, 3).reshape(4, 20, 20)
    moved = []
    for positions in (True, False):
        network = ViT(ViTConfig(positions=positions), np.random.default_rng(0))
        with no_grad():
            moved.append(float(np.abs(network(Tensor(x)).data - network(Tensor(y)).data).max()))
    words = f"scores move by {moved[0]:.1e} with positions, by {moved[1]:.1e} without"
    return Finding(holds=moved[0] > 1e-3 > 1e-4 > moved[1], found=words, wanted="without positions, not at all")


def _global() -> Finding:
    """Change one patch, and count the rows of the first block that it reaches (section 3.1, inductive bias)."""
    network = ViT(ViTConfig(), np.random.default_rng(0))
    x = np.random.default_rng(1).random((2, 20, 20)).astype(np.float32)
    x[1] = x[0]
    x[1, :5, :5] = 1 - x[0, :5, :5]
    with no_grad():
        one, other = network.blocks[0](network.embed(Tensor(x))).data
    reached = int((np.abs(one - other).max(-1) > 1e-7).sum())
    return Finding(holds=reached == 17, found=f"{reached} of 17 rows", wanted="the lowest layer attends to all rows")


def _resolution() -> Finding:
    """Count what depends on the size of the image: the position embeddings alone (section 3.2)."""
    small, large = (ENTRY.count(published(16, 12, 768, 12).amend({"side": side})) for side in (224, 384))
    wanted = (24**2 - 14**2) * 768
    return Finding(holds=large - small == wanted, found=f"{large - small:,} more weights", wanted=f"{wanted:,}")


def _looks(learner: Successor[ViT], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the attention of the class token in the first and the last block, averaged over heads, as in figure 6."""
    network = learner.network
    side = network.config.side // network.config.patch
    shown = {"shown": stimuli[:12]}
    if network.token is None:
        return shown
    with watching(network) as seen, no_grad():
        network(Tensor(stimuli[:12]))
    for number in sorted({0, len(network.blocks) - 1}):
        weights = seen[f"blocks.{number}.attention.attention"][-1].mean(1)[:, 0, 1:]
        shown[f"block {number + 1}"] = grayscale(weights.reshape(-1, side, side))
    return shown


def _places(learner: Successor[ViT], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Compare the position embeddings of a column of patches with those of all, as in figure 7 (centre)."""
    network = learner.network
    side = network.config.side // network.config.patch
    if network.positions is None:
        return {"shown": stimuli[:12]}
    rows = network.positions.data[-network.config.places :]
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    alike = (rows @ rows.T).reshape(side, side, side, side)
    return {f"row {k + 1}": grayscale(alike[k]) for k in range(side)}


SOURCE = "table 1; torchvision, without the hidden layer of the head"

ENTRY = Entry(
    label="ViT",
    parents=("transformer",),
    title="An image is worth 16x16 words: transformers for image recognition at scale",
    authors="A. Dosovitskiy, L. Beyer, A. Kolesnikov, D. Weissenborn, X. Zhai and others",
    idea="A transformer reads an image as a sentence whose words are patches.",
    shrunk="16 patches of 5x5 cells for 196 of 16x16, 3 layers for 12, rows of 64 for 768.",
    network=ViT,
    retina=ViTConfig(),
    sizes={
        "B/16": Size(config=published(16, 12, 768, 12), published=86_567_656, source=SOURCE),
        "B/32": Size(config=published(32, 12, 768, 12), published=88_224_232, source=SOURCE),
        "L/16": Size(config=published(16, 24, 1024, 16), published=304_326_632, source=SOURCE),
        "L/32": Size(config=published(32, 24, 1024, 16), published=306_535_400, source=SOURCE),
        "H/14": Size(config=published(14, 32, 1280, 16), published=632_045_800, source=SOURCE),
    },
    trials=(
        Trial(task="letters", at_least=0.83, baseline="mlp"),
        Trial(task="digits", at_least=0.92),
    ),
    mechanism=Mechanism(name="position embeddings", without={"positions": False}),
    checks=(
        Check(name="without positions an image is a bag of patches", run=_bag),
        Check(name="the lowest layer sees the whole image", run=_global),
        Check(name="another resolution changes the positions alone", run=_resolution),
    ),
    figures=(
        Figure(name="attention", title="Where the class token looks", measure=_looks, stimuli=12),
        Figure(name="positions", title="How alike the embeddings of places are", measure=_places, stimuli=12),
    ),
    registers=tuple(
        Watch(name=f"attention, layer {k + 1}", path=f"blocks.{k}.attention.attention", rendering=Rendering.ATTENTION)
        for k in range(3)
    ),
    roadmap=(
        ("perceptrons on a bag of patches", {"positions": False, "attention": False, "pooling": "mean"}),
        ("positions", {"positions": True}),
        ("attention", {"attention": True}),
        ("class token", {"pooling": "class"}),
    ),
    small={"patch": 10, "layers": 2, "width": 6, "heads": 2, "hidden": 7},
)
