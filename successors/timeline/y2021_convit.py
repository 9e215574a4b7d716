"""d'Ascoli, Touvron, Leavitt, Morcos, Biroli and Sagun 2021: "ConViT: improving vision transformers with soft
convolutional inductive biases", ICML, PMLR 139, 2286-2296.

New: attention that begins as a convolution and may leave it. Each head weighs what a patch looks like against where it
is, by a gate that is learned; at first the gate lets through mostly places, and each head looks at one of the offsets
of a kernel.

    A^h_ij = (1 - s(l_h)) softmax_j(Q_i K_j) + s(l_h) softmax_j(v^h . r_ij),  over its sum
    GPSA(X) = concat_h(A^h X W^h_val) W_out + b_out
    r = (|d|^2, d_1, d_2),  d the offset of j from i
    v^h = -a (1, -2 D_1, -2 D_2),  so that v^h . r = -a (|d - D|^2 - |D|^2)

s is the logistic function. At first the gate l_h is 1, the locality strength a is 1, D of the heads are the offsets of
a kernel of sqrt(h) x sqrt(h), and the values are the patches as they are. The first blocks have this attention, gated
positional self-attention (GPSA); then comes the class token, and the last blocks have that of the vision transformer.

Shrunk: 25 patches of 4x4 cells instead of 196 of 16x16, 3 blocks instead of 12, the first 2 with GPSA instead of 10,
rows of 64 in 4 heads instead of 432 in 9. Samples are shifted, rotated, sheared and scaled a little in
training, in place of the augmentation of DeiT.

Assumed: gelu by its tanh form. As in the authors' code v^h is a linear layer with a bias, positions are embedded too
at the entrance, and queries, keys and values have no biases; Q_i K_j is over the root of the width of a head. Weight
decay spares gates and positions as there, and v^h beside them, which says where a head looks.

What is asked here: whether it reads better than the same network with plain attention where letters lie anywhere, of
several sizes and askew; whether this lead grows as there are fewer cards to learn from; and whether the second block
looks further by position than the first (see `reach`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.exhibits import Rendering
from successors.model_card import Check, Entry, Figure, Finding, Measure, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.attention import attention
from successors.nn.convolution import conv2d
from successors.nn.functions import images, linear
from successors.nn.grayscale import grayscale
from successors.nn.hooks import Watch
from successors.nn.layers import LayerNorm, Linear
from successors.nn.learner import Successor
from successors.nn.module import Module
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2017_transformer import MultiHead
from successors.timeline.y2020_vit import Block, ClassToken, PatchEmbedding, perceptron


@dataclass(frozen=True, kw_only=True)
class ConViTConfig(NetworkConfig):
    """Settings of the ConViT."""

    channels: int = setting(1, "Channels of the image", low=1)
    side: int = setting(20, "Cells on a side of the image", unit="cells", low=1)
    patch: int = setting(4, "Cells on a side of a patch", unit="cells", low=1)
    layers: int = setting(3, "Blocks", low=1)
    local: int = setting(2, "Blocks of gated positional attention; the class token comes after them", low=0)
    width: int = setting(64, "Width of a row", low=1)
    heads: int = setting(4, "Heads of an attention, a divisor of the width and the size of the kernel", low=1)
    hidden: int = setting(128, "Hidden width of the perceptrons", low=1)
    strength: float = setting(1.0, "Locality strength of the positional attention at first", low=0)
    gated: bool = setting(True, "Whether attention is gated and begins as a convolution; without, all is plain")
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
        if self.side % self.patch:
            raise ConfigError(
                f"{self.side} cells do not fall into patches of {self.patch}",
                where="ConViTConfig.patch",
                remedy="Give a divisor of the side",
            )
        if self.width % self.heads:
            raise ConfigError(
                f"a width of {self.width} does not fall into {self.heads} heads",
                where="ConViTConfig.heads",
                remedy="Give a divisor of the width",
            )
        if self.local >= self.layers:
            raise ConfigError(
                f"{self.local} blocks of {self.layers} leave none for the class token",
                where="ConViTConfig.local",
                remedy="Give fewer local blocks than layers",
            )


def relative(side: int) -> np.ndarray:
    """Return r, (|d|², rows, columns) of the offset d of each patch j from each patch i, (N, N, 3) float32."""
    at = np.stack(np.divmod(np.arange(side * side), side), -1)
    d = at[None, :, :] - at[:, None, :]
    return np.concatenate([(d**2).sum(-1, keepdims=True), d], -1).astype(np.float32)


def centres(heads: int) -> np.ndarray:
    """Return D, the offset that each head initially attends to, (heads, 2) of rows and columns; 0 beyond the kernel."""
    side = math.isqrt(heads)
    found = np.zeros((heads, 2), np.float32)
    found[: side * side] = np.stack(np.divmod(np.arange(side * side), side), -1) - (side - 1) / 2
    return found


class GPSA(Module):
    """Gated positional self-attention, (n, N, width) to the same shape.

    Parameters
    ----------
    side : int
        Patches on a side of the map.
    width, heads : int
    rng : Generator
    strength : float
        Initial locality strength.
    """

    def __init__(self, side: int, width: int, heads: int, rng: np.random.Generator, *, strength: float = 1.0):
        self.query = Linear(width, width, rng, bias=False)
        self.key = Linear(width, width, rng, bias=False)
        self.value = initial.given(np.eye(width))
        self.output = Linear(width, width, rng)
        # v_pos of each head, equation 5, as a linear layer of r.
        self.places = initial.given(-strength * np.insert(-2 * centres(heads), 0, 1, axis=1), decays=False)
        self.places_bias = initial.constant((heads,))
        self.gate = initial.constant((heads, 1, 1), 1.0)
        self.side, self._heads, self._relative = side, heads, relative(side)

    def _split(self, x: Tensor) -> Tensor:
        """Split rows into heads, (n, h, N, d)."""
        n, t, _ = x.shape
        return x.reshape(n, t, self._heads, -1).transpose(0, 2, 1, 3)

    def positional(self) -> Tensor:
        """Return the positional attention of each head, (h, N, N)."""
        scores = linear(Tensor(self._relative), self.places, self.places_bias).transpose(2, 0, 1)
        scores = (scores - scores.data.max(-1, keepdims=True)).exp()
        return scores / scores.sum(-1, keepdims=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return the output for each patch; both attentions sum to 1, so their mixture needs no division."""
        v = self._split(linear(x, self.value))
        near, alike = self.positional() @ v, attention(self._split(self.query(x)), self._split(self.key(x)), v)
        read = alike + self.gate.sigmoid() * (near - alike)
        return self.output(read.transpose(0, 2, 1, 3).reshape(*x.shape))


def plain(width: int, heads: int, rng: np.random.Generator) -> MultiHead:
    """Return the attention of the last blocks, whose output alone has a bias."""
    layer = MultiHead(width, heads, rng, bias=False)
    layer.output = Linear(width, width, rng)
    return layer


class ConViT(Network):
    """Patches, blocks of gated attention, the class token, plain blocks, and a linear layer."""

    def __init__(self, config: ConViTConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        c, side = config, config.side // config.patch
        self.embedding = PatchEmbedding(c.channels, c.patch, c.width, rng)
        self.positions = initial.normal(rng, (side * side, c.width), 0.02, decays=False)
        self.token = ClassToken(c.width)
        self.blocks = []
        for k in range(c.layers):
            if c.gated and k < c.local:
                mixing = GPSA(side, c.width, c.heads, rng, strength=c.strength)
            else:
                mixing = plain(c.width, c.heads, rng)
            self.blocks.append(Block(c.width, mixing, perceptron(c.width, c.hidden, rng)))
        self.norm = LayerNorm(c.width, eps=1e-6)
        self.head = Linear(c.width, c.classes, rng)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (n, classes) of frames (n, h, w) of light from 0 to 1, or of images (n, c, h, w)."""
        x = self.embedding(images(x)) + self.positions
        for k, block in enumerate(self.blocks):
            if k == self.config.local:
                x = self.token(x)
            x = block(x)
        return self.head(self.norm(x[:, 0]))


def published(width: int, heads: int) -> ConViTConfig:
    """Return a size of table 1, for images of 224x224 in colour and 1,000 classes."""
    return ConViTConfig(
        channels=3, side=224, patch=16, layers=12, local=10, width=width, heads=heads, hidden=4 * width, classes=1000
    )


def _convolution() -> Finding:
    """Compare an attention whose gates let places alone through, and sharply, with a convolution of 3x3."""
    rng = np.random.default_rng(0)
    layer = GPSA(7, 18, 9, rng, strength=50.0)
    layer.gate.data[...] = 50
    x = rng.standard_normal((2, 49, 18)).astype(np.float32)
    # Head h brings its two channels from its offset: kernels are the parts of W_out.
    kernels = np.zeros((18, 18, 9), np.float32)
    for head in range(9):
        own = slice(2 * head, 2 * head + 2)
        kernels[:, own, head] = layer.output.weight.data[:, own]
    map_ = Tensor(x.transpose(0, 2, 1).reshape(2, 18, 7, 7))
    with no_grad():
        found = layer(Tensor(x)).data.reshape(2, 7, 7, 18)[:, 1:-1, 1:-1]
        wanted = conv2d(map_, Tensor(kernels.reshape(18, 18, 3, 3))).data.transpose(0, 2, 3, 1)
    off = float(np.abs(found - wanted).max())
    return Finding(holds=off < 1e-5, found=f"differs by {off:.1e}", wanted="a convolution of 3x3, inside the map")


def _gates() -> Finding:
    """Shut the gates, and compare with attention to what patches look like alone; and look at the gates at first."""
    rng = np.random.default_rng(0)
    layer = GPSA(5, 18, 9, rng)
    first = float(layer.gate.sigmoid().data.mean())
    x = Tensor(rng.standard_normal((2, 25, 18)).astype(np.float32))
    layer.gate.data[...] = -50
    same = plain(18, 9, rng)
    same.weight.data[...] = np.concatenate([layer.query.weight.data, layer.key.weight.data, layer.value.data])
    same.output = layer.output
    with no_grad():
        off = float(np.abs(layer(x).data - same(x).data).max())
    words = f"{100 * first:.0f} % of the places at first; differs by {off:.1e} when they are shut out"
    return Finding(holds=off < 1e-5 and round(first, 2) == 0.73, found=words, wanted="73 %; then self-attention")


def gated(network: ConViT) -> list[GPSA]:
    """Return the gated attentions, by block."""
    return [block.attention for block in network.blocks if isinstance(block.attention, GPSA)]


def reach(layer: GPSA) -> float:
    """Return the mean distance, in patches, from a patch to where it attends to by position, over patches and heads."""
    distance = np.sqrt(relative(layer.side)[..., 0])
    with no_grad():
        return float((layer.positional().data * distance).sum(-1).mean())


def _wider(learner: Successor[ConViT]) -> float:
    """Return by how many patches the second block reaches further than the first."""
    first, second = (reach(layer) for layer in gated(learner.network)[:2])
    return second - first


def _opened(learner: Successor[ConViT], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return how far the gates admit positions, by block: the mean, minimum and maximum over heads."""
    network = learner.network
    gates = [layer.gate.sigmoid().data.ravel() for layer in gated(network)]
    if not gates:
        return {"no gates": np.zeros(1)}
    g = np.stack(gates)
    return {
        "before training": np.full(len(g), 1 / (1 + math.exp(-1))),
        "mean of the heads": g.mean(1),
        "least": g.min(1),
        "most": g.max(1),
    }


def _looks(learner: Successor[ConViT], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the positional attention of the heads of each gated block from the middle of the retina."""
    network = learner.network
    side = network.config.side // network.config.patch
    shown = {}
    with no_grad():
        for k, block in enumerate(network.blocks):
            if isinstance(block.attention, GPSA):
                seen = block.attention.positional().data[:, side * side // 2]
                shown[f"block {k + 1}"] = grayscale(seen.reshape(-1, side, side))
    return shown or {"shown": stimuli[:12]}


SOURCE = "timm, in millions; table 1 has 27, 6 and 86 million"
PLAIN = {"gated": False}
ANYWHERE = {"shift": 4.0, "zoom": 0.3, "turn_deg": 15.0}
"""Letters that lie anywhere on the retina, of several sizes, and askew: few for what there is to learn from them."""

ENTRY = Entry(
    label="ConViT",
    parents=("transformer", "vit"),
    title="ConViT: improving vision transformers with soft convolutional inductive biases",
    authors="S. d'Ascoli, H. Touvron, M. L. Leavitt, A. Morcos, G. Biroli, L. Sagun",
    idea="Attention begins as a convolution, and gates let each head leave it.",
    shrunk="25 patches of 4x4 cells for 196 of 16x16, 3 blocks for 12, rows of 64 in 4 heads for 432 in 9.",
    network=ConViT,
    retina=ConViTConfig(),
    sizes={
        "S": Size(config=published(432, 9), published=27_780_000, rounded=10_000, source=SOURCE),
        "Ti": Size(config=published(192, 4), published=5_710_000, rounded=10_000, source=SOURCE),
        "B": Size(config=published(768, 16), published=86_540_000, rounded=10_000, source=SOURCE),
    },
    trials=(
        Trial(task="letters", at_least=0.87, baseline="vit", against={"patch": 4}),
        Trial(
            task="letters",
            options=ANYWHERE,
            label="letters anywhere",
            at_least=0.81,
            baseline="convit",
            against=PLAIN,
        ),
        Trial(task="letters", baseline="convit", against=PLAIN, label="11,960 cards"),
        Trial(
            task="letters", options={"train": 1_196}, baseline="convit", against=PLAIN,
            label="1,196 cards", grows_from="11,960 cards",
        ),
        Trial(
            task="letters", options={"train": 299}, baseline="convit", against=PLAIN,
            label="299 cards", grows_from="1,196 cards",
        ),
        Trial(task="digits", at_least=0.95),
    ),
    mechanism=Mechanism(name="gated attention that begins as a convolution", without=PLAIN),
    checks=(
        Check(name="with the gates at places attention is a convolution", run=_convolution),
        Check(name="with the gates shut it is self-attention", run=_gates),
    ),
    measures=(Measure(name="the second block looks further by position than the first", run=_wider),),
    figures=(
        Figure(
            name="gates", title="How much the gates let places through", measure=_opened,
            x="block, from 0", y="share of places",
        ),
        Figure(name="positions", title="Where heads look by position", measure=_looks, stimuli=12),
    ),
    registers=tuple(
        Watch(name=f"attention, block {k + 1}", path=f"blocks.{k}.attention.attention", rendering=Rendering.ATTENTION)
        for k in range(3)
    ),
    small={"patch": 10, "layers": 2, "local": 1, "width": 8, "heads": 4, "hidden": 7},
)  # fmt: skip
