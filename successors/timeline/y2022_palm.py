"""Chowdhery, Narang, Devlin and others 2022: "PaLM: scaling language modeling with Pathways", arXiv:2204.02311.

New: 540 billion parameters trained on 6,144 chips at once. The decoder is made cheap to train and to write with
(section 2); and asked for its steps, as in Wei et al. 2022 (arXiv:2201.11903), it solves what it does not solve when
asked for the answer alone (section 6.3).

    y = x + MLP(LayerNorm(x)) + Attention(LayerNorm(x))     one norm, both at once: parallel layers
    MLP(x) = (swish(x W) · x V) W_2                         SwiGLU
    q_i for each head i, but one k and one v for all        multi-query attention (Shazeer 2019, arXiv:1911.02150)
    q and k are turned by their positions                   RoPE (Su et al. 2021)

without biases, and with one table for what is read and written.

Shrunk: 2 layers for 118, 48 numbers a token for 18,432, texts of 24 tokens for 2,048; sums of six digits for 780
billion tokens. One network learns to answer them bare and one by one, and the words of the question say which.

Assumed: the norm has a gain and no bias, as the counts of all three sizes need. What a serial layer brings and costs is
measured by `parallel=False`, what heads with keys of their own bring by `keys`. The heads of the largest size are
48 times 256 numbers, which is less than its width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from successors.model_card import Check, Entry, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.activations import swiglu
from successors.nn.attention import attention
from successors.nn.functions import embedding
from successors.nn.gather import split
from successors.nn.hooks import Watch
from successors.nn.language_model import LanguageModel, attended, told
from successors.nn.layers import LayerNorm, Linear
from successors.nn.lexicon import teletype
from successors.nn.module import Module
from successors.nn.past import Past
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.rotary import rotary
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2020_gpt3 import cached, seen

_draw = partial(initial.normal, deviation=0.07)


@dataclass(frozen=True, kw_only=True)
class PaLMConfig(NetworkConfig):
    """Settings of PaLM."""

    vocabulary: int = setting(teletype().size, "Tokens", low=8)
    width: int = setting(48, "Numbers that stand for a token", low=2)
    hidden: int = setting(192, "Hidden units of the gated feed-forward layers", low=1)
    heads: int = setting(4, "Attention heads", low=1)
    head: int = setting(12, "Numbers of a query, of a key and of a value; even", low=2)
    keys: int = setting(1, "Heads of keys and values: one for all queries, or as many as there are heads", low=1)
    layers: int = setting(2, "Layers", low=1)
    longest: int = setting(24, "Tokens of a text at most", low=3)
    parallel: bool = setting(True, "Whether attention and feed-forward read the same norm; else one after the other")
    steps: bool = setting(True, "Whether it learns the steps before an answer; without, the end of an answer alone")
    recipe: Recipe = setting(
        Recipe(
            batch=64, steps=1_200, eval_every=200, optimiser="adam", rate=0.003, schedule="cosine", warm_up=200,
            final_lr_fraction=0.02, clip=1.0, stop_at_score=2,
        ),
        "How it is trained",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.head % 2:
            raise ConfigError(f"{self.head} numbers", where="PaLMConfig.head", remedy="Give an even number")
        if self.keys not in (1, self.heads):
            raise ConfigError(f"{self.keys} heads of keys", where="PaLMConfig.keys", remedy=f"Give 1 or {self.heads}")


class RotaryMultiQuery(Module):
    """Attention whose heads may share one key and one value, both turned by their positions.

    Parameters
    ----------
    config : PaLMConfig
    rng : Generator
    """

    def __init__(self, config: PaLMConfig, rng: np.random.Generator):
        c = config
        self.queries = Linear(c.width, c.heads * c.head, rng, bias=False, init=_draw)
        self.keys_values = Linear(c.width, 2 * c.keys * c.head, rng, bias=False, init=_draw)
        self.output = Linear(c.heads * c.head, c.width, rng, bias=False, init=_draw)
        self._keys, self._head = c.keys, c.head

    def forward(self, x: Tensor, mask: np.ndarray, past: Past | None = None) -> Tensor:
        """Return the attention output (n, t, width) for rows that follow those of `past`, if there is any."""
        n, t, _ = x.shape
        first = 0 if past is None else past.length
        q = rotary(self.queries(x).reshape(n, t, -1, self._head).transpose(0, 2, 1, 3), first)
        kv = self.keys_values(x).reshape(n, t, 2, self._keys, self._head).transpose(2, 0, 3, 1, 4)
        k, v = split(kv, range(2))
        k = rotary(k, first)
        if past is not None:
            k, v = past.extend(k, v)
        return self.output(attention(q, k, v, mask=mask).transpose(0, 2, 1, 3).reshape(n, t, -1))


class PaLMLayer(Module):
    """Attention and a gated feed-forward network at once, or one after the other.

    Parameters
    ----------
    config : PaLMConfig
    rng : Generator
    """

    def __init__(self, config: PaLMConfig, rng: np.random.Generator):
        c = config
        self.norm = LayerNorm(c.width, bias=False)
        self.attention = RotaryMultiQuery(c, rng)
        self.norm2 = None if c.parallel else LayerNorm(c.width, bias=False)
        self.up = Linear(c.width, 2 * c.hidden, rng, bias=False, init=_draw)
        self.down = Linear(c.hidden, c.width, rng, bias=False, init=_draw)

    def forward(self, x: Tensor, mask: np.ndarray, past: Past | None = None) -> Tensor:
        """Return (n, t, width)."""
        y = self.norm(x)
        attended = self.attention(y, mask, past)
        if self.norm2 is None:
            return x + attended + self.down(swiglu(self.up(y)))
        x = x + attended
        return x + self.down(swiglu(self.up(self.norm2(x))))


class PaLM(LanguageModel):
    """A token table, parallel layers, a norm.

    Parameters
    ----------
    config : PaLMConfig
    rng : Generator
    """

    def __init__(self, config: PaLMConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        c = config
        self.tokens = _draw(rng, (c.vocabulary, c.width))
        self.blocks = [PaLMLayer(c, rng) for _ in range(c.layers)]
        self.norm = LayerNorm(c.width, bias=False)

    def forward(self, tokens: np.ndarray, kept: Sequence[Past] = ()) -> Tensor:
        """Return the states (n, t, width) of tokens (n, t), which may go on with texts whose cache is `kept`."""
        t, before = tokens.shape[1], kept[0].length if kept else 0
        x, mask = embedding(tokens, self.tokens), seen(t, before + t)
        for number, block in enumerate(self.blocks):
            x = block(x, mask, kept[number] if kept else None)
        return self.norm(x)

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return the answers while each right token is told afterwards, and the loss; without steps, of their ends."""
        if not self.config.steps:
            targets = np.array([text.split()[-1] if text.split() else "" for text in targets.tolist()])
        return super().judged(stimuli, targets)


def _small(**changes: int) -> PaLM:
    return PaLM(PaLMConfig().amend({"width": 16, "hidden": 24, "head": 4, **changes}), np.random.default_rng(0))


def _shared() -> Finding:
    """Give every head the same key and value by hand, and compare with one head of them; count what is cached."""
    shared, own = _small(), _small(keys=4)
    for block, other in zip(shared.blocks, own.blocks, strict=True):
        rows = block.attention.keys_values.weight.data.reshape(2, 1, 4, 16)
        other.attention.keys_values.weight.data[...] = np.tile(rows, (1, 4, 1, 1)).reshape(32, 16)
    tokens = np.random.default_rng(1).integers(5, 40, (2, 9))
    for name, parameter in shared.parameters().items():
        if "keys_values" not in name:
            own.parameters()[name].data[...] = parameter.data
    sizes: list[int] = []
    with no_grad():
        worst = float(np.abs(shared(tokens).data - own(tokens).data).max())
        for network in (shared, own):
            kept = network.caches()
            network.follow(tokens, kept)
            sizes.append(sum(k.size + v.size for k, v in filter(None, (past.kept for past in kept))) // tokens.size)
    return Finding(
        holds=worst < 1e-5 and sizes[1] == 4 * sizes[0],
        found=f"states differ by {worst:.0e}; {sizes[0]} numbers a token are cached, with keys of their own {sizes[1]}",
        wanted="none but by rounding; a quarter",
    )


def _far() -> Finding:
    """Move a text by 100 positions, and compare the products of its queries and keys."""
    rng = np.random.default_rng(0)
    q, k = (Tensor(rng.standard_normal((7, 12))) for _ in range(2))
    here, there = (rotary(q, first).data @ rotary(k, first).data.T for first in (0, 100))
    worst = float(np.abs(here - there).max())
    return Finding(holds=worst < 1e-9, found=f"products differ by {worst:.0e}", wanted="none but by rounding")


def _utilisation() -> Finding:
    """Reckon the utilisation of 6,144 chips of 275 TFLOP/s from 238,300 tokens a second (appendix B)."""
    flops = 6 * ENTRY.count(LARGEST) + 12 * LARGEST.layers * LARGEST.heads * LARGEST.head * LARGEST.longest
    share = 100 * 238_300 * flops / (6_144 * 275e12)
    return Finding(holds=round(share, 1) == 46.2, found=f"{share:.2f} %", wanted="46.2 %")


def published(layers: int, heads: int, width: int) -> PaLMConfig:
    """Return a published size: 256,000 tokens, heads of 256, texts of 2,048."""
    return PaLMConfig(
        vocabulary=256_000, width=width, hidden=4 * width, heads=heads, head=256, layers=layers, longest=2_048
    )


def _size(config: PaLMConfig, millions: int) -> Size:
    return Size(config=config, published=millions * 10**6, rounded=10**7, source="table 1")


LARGEST = published(118, 48, 18_432)


ENTRY = Entry(
    label="PaLM",
    parents=("gpt3",),
    title="PaLM: scaling language modeling with Pathways",
    authors="A. Chowdhery, S. Narang, J. Devlin and others",
    idea="Asked for its steps, a large decoder solves what it does not solve when asked for the answer alone.",
    shrunk="2 layers for 118, 48 numbers a token for 18,432; sums of six digits for 780 billion tokens.",
    network=PaLM,
    retina=PaLMConfig(),
    sizes={
        "540B": _size(LARGEST, 540_350),
        "62B": _size(published(64, 32, 8_192), 62_500),
        "8B": _size(published(32, 16, 4_096), 8_630),
    },
    trials=(
        Trial(task="sums", options={"asked": ("worked",)}, at_least=0.98),
        Trial(task="sums", options={"asked": ("bare",)}, at_most=0.2, label="asked for the answer alone"),
        Trial(
            task="sums", options={"asked": ("worked",)}, changes={"parallel": False, "keys": 4}, at_least=0.98,
            label="one after the other, keys for each head",
        ),
    ),
    mechanism=Mechanism(name="steps before the answer", without={"steps": False}),
    accepts=Port.TEXT,
    answers=Port.TEXT,
    tasks=("sums",),
    checks=(
        Check(name="what is cached gives the same scores when texts fork and end", run=lambda: cached(_small())),
        Check(name="one head of keys is as if all heads had the same", run=_shared),
        Check(name="what is turned by positions sees distances alone", run=_far),
        Check(name="utilisation was 46.2 %", run=_utilisation),
    ),
    registers=(
        Watch(name="pieces read and written", rendering=Rendering.TOKENS, measure=told),
        Watch(name="attention, last layer", rendering=Rendering.ATTENTION, measure=attended),
    ),
    small={"width": 8, "hidden": 6, "heads": 2, "head": 4, "layers": 1},
)  # fmt: skip
