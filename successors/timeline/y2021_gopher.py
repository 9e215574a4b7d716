"""Rae, Borgeaud, Cai and others 2021: "Scaling language models: methods, analysis & insights from training Gopher",
arXiv:2112.11446.

New: one architecture in six sizes, from 44 million to 280 billion parameters, compared on 152 tasks. What grows with
the network is what it knows by heart; reckoning and logic hardly do (section 5). Against GPT-2's decoder there are two
changes (section 2.1): rows are normalised by their root mean square, and positions are relative, as in Dai et al. 2019
("Transformer-XL", arXiv:1901.02860, section 3.3), so that none is learned.

    score of i and j = (q_i + u) · k_j + (q_i + v) · W_R r_(i - j),   r sines and cosines of the distance

Shrunk: 2 layers for 80, 32 numbers a token for 16,384, texts of 32 tokens for 2,048; a wiring list that has to be known
by heart and sums of four digits for 10.5 terabytes of text.

Assumed: no biases, 4 d hidden units with GELU, u and v for each layer. Then, and with W_R, all sizes count to what is
printed (table 1); without W_R each is 5 to 9 % short. The paper says that relative positions permit evaluation on
longer texts than were learned from; a pilot on code books did not show it, and nothing of the kind is claimed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.activations import gelu
from successors.nn.attention import attention, relative_to_absolute
from successors.nn.functions import embedding, linear
from successors.nn.gather import split
from successors.nn.hooks import Watch, watching
from successors.nn.language_model import LanguageModel, attended, told
from successors.nn.layers import Linear, RMSNorm
from successors.nn.learner import Successor
from successors.nn.lexicon import teletype
from successors.nn.module import Module
from successors.nn.past import Past
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2017_transformer import sinusoids
from successors.timeline.y2020_gpt3 import cached, seen

_draw = partial(initial.normal, deviation=0.07)


@dataclass(frozen=True, kw_only=True)
class GopherConfig(NetworkConfig):
    """Settings of Gopher."""

    vocabulary: int = setting(teletype().size, "Tokens", low=8)
    width: int = setting(32, "Numbers that stand for a token, a multiple of the heads", low=2)
    heads: int = setting(4, "Attention heads", low=1)
    layers: int = setting(2, "Layers", low=1)
    longest: int = setting(32, "Tokens of a text at most", low=3)
    relative: bool = setting(True, "Whether positions are relative; else they are learned, as GPT-2's are")
    recipe: Recipe = setting(
        Recipe(
            batch=64, pretrain_steps=350, pretrain_rate=0.01, steps=0, eval_every=175, optimiser="adam",
            schedule="cosine", warm_up=50, final_lr_fraction=0.02, clip=1.0,
        ),
        "How it is trained",
    )  # fmt: skip


class RelativeAttention(Module):
    """Attention that sees how far back each token is.

    Parameters
    ----------
    config : GopherConfig
    rng : Generator
    """

    def __init__(self, config: GopherConfig, rng: np.random.Generator):
        d = config.width
        self.weight = initial.stacked(_draw, rng, 3, (d, d))
        self.output = Linear(d, d, rng, bias=False, init=_draw)
        self.distances = Linear(d, d, rng, bias=False, init=_draw) if config.relative else None
        # u and v of the paper, for each head its part.
        self.content_bias = initial.constant((d,)) if config.relative else None
        self.distance_bias = initial.constant((d,)) if config.relative else None
        self._heads = config.heads

    def forward(self, x: Tensor, mask: np.ndarray, past: Past | None = None) -> Tensor:
        """Return the attention output (n, t, width) for rows that follow those of `past`, if there is any."""
        n, t, d = x.shape
        rows = linear(x, self.weight).reshape(n, t, 3, self._heads, -1).transpose(2, 0, 3, 1, 4)
        q, k, v = split(rows, range(3))
        if past is not None:
            k, v = past.extend(k, v)
        bias = None
        if self.distances is not None and self.content_bias is not None and self.distance_bias is not None:
            bias = self._by_distance(q + self._heads_of(self.distance_bias), k.shape[2], self.distances)
            q = q + self._heads_of(self.content_bias)
        read = attention(q, k, v, mask=mask, bias=bias)
        return self.output(read.transpose(0, 2, 1, 3).reshape(n, t, d))

    def _heads_of(self, bias: Tensor) -> Tensor:
        """Return a bias (d,) by heads, (h, 1, d / h)."""
        return bias.reshape(self._heads, 1, -1)

    def _by_distance(self, q: Tensor, s: int, distances: Linear) -> Tensor:
        """Return what the distances add to the scores, (n, h, t, s), for the last t of s positions."""
        d = self.output.weight.shape[0]
        # The farthest first: row k is of distance s - 1 - k.
        waves = Tensor(sinusoids(s, d + d % 2)[::-1, :d].astype(q.dtype))
        keys = distances(waves).reshape(s, self._heads, -1).transpose(1, 2, 0)
        table = (q @ keys) * (q.shape[-1] ** -0.5)
        t = q.shape[2]
        if t == 1:
            return table
        # Distances below 0 are of tokens that are not seen; of `t` rows that go on with others, those before are left.
        table = table.pad([(0, 0), (0, 0), (s - t, 0), (0, s - 1)])
        return relative_to_absolute(table)[:, :, s - t :]


class GopherLayer(Module):
    """Relative attention and a feed-forward network, each within a shortcut, each normalised before.

    Parameters
    ----------
    config : GopherConfig
    rng : Generator
    """

    def __init__(self, config: GopherConfig, rng: np.random.Generator):
        d = config.width
        self.norm1 = RMSNorm(d)
        self.attention = RelativeAttention(config, rng)
        self.norm2 = RMSNorm(d)
        self.up = Linear(d, 4 * d, rng, bias=False, init=_draw)
        self.down = Linear(4 * d, d, rng, bias=False, init=_draw)

    def forward(self, x: Tensor, mask: np.ndarray, past: Past | None = None) -> Tensor:
        """Return (n, t, width)."""
        x = x + self.attention(self.norm1(x), mask, past)
        return x + self.down(gelu(self.up(self.norm2(x)), tanh=True))


class Gopher(LanguageModel):
    """A token table, layers of relative attention, a norm.

    Parameters
    ----------
    config : GopherConfig
    rng : Generator
    """

    def __init__(self, config: GopherConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        c = config
        self.tokens = _draw(rng, (c.vocabulary, c.width))
        self.positions = None if c.relative else _draw(rng, (c.longest, c.width), decays=False)
        self.blocks = [GopherLayer(c, rng) for _ in range(c.layers)]
        self.norm = RMSNorm(c.width)

    def forward(self, tokens: np.ndarray, kept: Sequence[Past] = ()) -> Tensor:
        """Return the states (n, t, width) of tokens (n, t), which may go on with texts whose cache is `kept`."""
        t, before = tokens.shape[1], kept[0].length if kept else 0
        x, mask = embedding(tokens, self.tokens), seen(t, before + t)
        if self.positions is not None:
            x = x + self.positions[before : before + t]
        for number, block in enumerate(self.blocks):
            x = block(x, mask, kept[number] if kept else None)
        return self.norm(x)


def _small() -> Gopher:
    network = Gopher(GopherConfig(width=16), np.random.default_rng(0))
    for block in network.blocks:  # as if they had learned
        for bias in (block.attention.content_bias, block.attention.distance_bias):
            if bias is not None:
                bias.data[...] = np.random.default_rng(1).standard_normal(16)
    return network


def _by_pairs() -> Finding:
    """Compute the scores of every pair of positions by the formula, one by one."""
    network = _small()
    layer = network.blocks[0].attention
    assert layer.distances is not None
    assert layer.content_bias is not None
    assert layer.distance_bias is not None
    far, biases = layer.distances.weight.data, (layer.content_bias.data, layer.distance_bias.data)
    x = Tensor(np.random.default_rng(2).standard_normal((1, 6, 16)).astype(np.float32))
    with watching(network) as recorded, no_grad():
        network.blocks[0](x, seen(6, 6))
    found = recorded["blocks.0.attention.attention"][-1][0]
    rows = network.blocks[0].norm1(x).data[0]
    q, k, _ = (rows @ part.T for part in np.split(layer.weight.data, 3))
    waves = sinusoids(6, 16)
    worst = 0.0
    for head in range(4):
        own = slice(4 * head, 4 * head + 4)
        u, v = (bias[own] for bias in biases)
        for i in range(6):
            scores = [
                ((q[i, own] + u) @ k[j, own] + (q[i, own] + v) @ (far @ waves[i - j])[own]) / 2 for j in range(i + 1)
            ]
            shares = np.exp(scores - np.max(scores))
            worst = max(worst, float(np.abs(shares / shares.sum() - found[head, i, : i + 1]).max()))
    return Finding(holds=worst < 1e-5, found=f"weights differ by {worst:.0e} at most", wanted="none but by rounding")


def _moved() -> Finding:
    """Compare the last state of a text with that of the same text behind a token that nobody attends to."""
    network = _small()
    rows = Tensor(np.random.default_rng(2).standard_normal((1, 8, 16)).astype(np.float32))
    mask = seen(8, 8).copy()
    mask[..., 1:, 0] = False
    with no_grad():
        behind = network.blocks[0](rows, mask).data[:, 1:]
        alone = network.blocks[0](rows[:, 1:], seen(7, 7)).data
    worst = float(np.abs(behind - alone).max())
    return Finding(holds=worst < 1e-5, found=f"states differ by {worst:.0e} at most", wanted="none but by rounding")


def _needed() -> Finding:
    """Count all sizes without the projection of distances."""
    short: list[float] = []
    for size in ENTRY.sizes.values():
        c = size.config
        assert isinstance(c, GopherConfig)
        assert size.published is not None
        short.append(1 - (ENTRY.count(c) - c.layers * c.width**2) / size.published)
    return Finding(
        holds=min(short) > 0.05 and max(short) < 0.1,
        found=f"{100 * min(short):.1f} to {100 * max(short):.1f} % short of what is printed", wanted="none meets it",
    )  # fmt: skip


def _distances(learner: Successor[Gopher], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return what the distance alone adds to the scores of each head of the first layer, v · W_R r."""
    layer = learner.network.blocks[0].attention
    if layer.distances is None or layer.distance_bias is None:
        return {}
    keys = sinusoids(24, learner.network.config.width) @ layer.distances.weight.data.T
    parts = np.split(keys * layer.distance_bias.data, learner.network.config.heads, 1)
    return {f"head {number + 1}": part.sum(1) for number, part in enumerate(parts)}


def size(layers: int, heads: int, width: int, millions: int, digit: int = 1, source: str = "table 1") -> Size:
    """Return a published size with its count in millions, as printed, and the unit of its last digit."""
    config = GopherConfig(vocabulary=32_000, width=width, heads=heads, layers=layers, longest=2_048)
    return Size(config=config, published=millions * 10**6, rounded=digit * 10**6, source=source)


ENTRY = Entry(
    label="Gopher",
    parents=("transformer", "gpt3"),
    title="Scaling language models: methods, analysis & insights from training Gopher",
    authors="J. W. Rae, S. Borgeaud, T. Cai and others",
    idea="Of one network in many sizes, what it knows by heart grows with its size; what it reckons hardly does.",
    shrunk="2 layers for 80, 32 numbers a token for 16,384; a wiring list and sums for 10.5 terabytes of text.",
    network=Gopher,
    retina=GopherConfig(),
    sizes={
        "280B": size(80, 128, 16_384, 280_000, 1_000),
        "7.1B": size(32, 32, 4_096, 7_100, 100),
        "1.4B": size(24, 16, 2_048, 1_400, 100),
        "417M": size(12, 12, 1_536, 417),
        "117M": size(12, 12, 768, 117),
        "44M": size(8, 16, 512, 44),
    },
    trials=(
        Trial(task="by_heart", options={"sums": True, "asked": ("wire",)}, at_least=0.75),
        Trial(
            task="by_heart", options={"sums": True, "asked": ("sum",)}, at_most=0.2,
            label="sums, which do not grow with the network",
        ),
    ),
    mechanism=Mechanism(name="size", without={"width": 8}),
    accepts=Port.TEXT,
    answers=Port.TEXT,
    tasks=("by_heart",),
    checks=(
        Check(name="what is cached gives the same scores when texts fork and end", run=lambda: cached(_small())),
        Check(name="scores are those of the formula for every pair", run=_by_pairs),
        Check(name="what is behind others is read as if it stood alone", run=_moved),
        Check(name="no size meets its count without the projection of distances", run=_needed),
    ),
    figures=(
        Figure(
            name="distances", title="What the distance alone adds to the scores of the first layer",
            measure=_distances, x="tokens back", y="added", stimuli=1,
        ),
    ),
    registers=(
        Watch(name="pieces read and written", rendering=Rendering.TOKENS, measure=told),
        Watch(name="attention, last layer", rendering=Rendering.ATTENTION, measure=attended),
    ),
    small={"width": 8, "heads": 2, "layers": 1},
)  # fmt: skip
