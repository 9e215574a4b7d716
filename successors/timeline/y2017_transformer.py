"""Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser and Polosukhin 2017: "Attention is all you need", Advances
in Neural Information Processing Systems 30.

New: neither recurrence nor convolution. Every word attends to all others at once, in h different ways; its
position is added to it as sines. The encoder reads, the decoder writes word by word, attending to what it has written
and to what was read.

    Attention(Q, K, V) = softmax(Q Kᵀ / √d_k) V                                                     (1)
    MultiHead(Q, K, V) = Concat(head_1, …, head_h) Wᴼ,  head_i = Attention(Q Wᵢᵠ, K Wᵢᴷ, V Wᵢⱽ)     (section 3.2.2)
    FFN(x) = max(0, x W₁ + b₁) W₂ + b₂                                                              (2)
    LayerNorm(x + Sublayer(x)), around each of them                                                 (section 3.1)
    PE(pos, 2i) = sin(pos / 10000^(2i / d_model)), PE(pos, 2i + 1) = cos(the same)                  (section 3.5)
    lrate = d_model^-0.5 · min(step^-0.5, step · warmup^-1.5)                                       (3)

with labels smoothed by 0.1 (section 5.4).

Shrunk: 2 layers for 6, d_model 64 for 512, 4 heads for 8, 512 tokens for 37,000: captions of scenes have few words. The
rate climbs as in eq. 3 and then falls along half a cosine, since a root (`recipe.schedule = "inverse root"`) is still
high after hundreds of steps. Without dropout, since no caption is seen twenty times. It writes the likeliest token
each time, not with a beam of 4.

Assumed: the embeddings begin with a deviation of d_model^-0.5; Adam's second average is the usual 0.999 for 0.98. The
tables of both languages and of the output are one, as the paper says. Of its table 3, the base model would count 63.0
million with the about 37,000 tokens of section 5.1, where 65 are printed, and the big one 214.2, where 213 are. Base
and rows (C) all round to what is printed with 41,100 tokens, the big model with 36,000, and so they have these here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.attention import attention
from successors.nn.bytepairs import PAD, shipped
from successors.nn.functions import embedding, linear
from successors.nn.gather import split
from successors.nn.hooks import Watch, watching
from successors.nn.layers import Dropout, Initialiser, LayerNorm, Linear
from successors.nn.learner import Successor
from successors.nn.module import Module, training_rng
from successors.nn.network import Network
from successors.nn.past import Past
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, no_grad
from successors.nn.writer import Writer


@dataclass(frozen=True, kw_only=True)
class TransformerConfig(NetworkConfig):
    """Settings of the Transformer."""

    vocabulary: int = setting(512, "Tokens, shared by both languages", low=8)
    width: int = setting(64, "d_model", low=2)
    hidden: int = setting(256, "d_ff", low=1)
    heads: int = setting(4, "h, attention heads", low=1)
    layers: int = setting(2, "N, layers of encoder and of decoder each", low=1)
    bias: bool = setting(False, "Whether the projections of the attention have biases")
    longest: int = setting(96, "Tokens of a sentence at most", low=2)
    positions: bool = setting(True, "Whether positions are added; without, a sentence is a bag of tokens")
    dropout: float = setting(0.0, "Share left out behind each sub-layer while learning", low=0, high=0.9)
    smoothing: float = setting(0.1, "Share of the truth given to all tokens alike", low=0, high=0.9)
    recipe: Recipe = setting(
        Recipe(
            batch=64, steps=600, eval_every=200, optimiser="adam", rate=0.003, schedule="cosine", warm_up=100,
            final_lr_fraction=0.02, clip=1.0,
        ),
        "How it is trained",
    )  # fmt: skip


class MultiHead(Module):
    """Multi-head attention, section 3.2.2: MultiHead(Q, K, V) = Concat(head_1, …, head_h) W^O.

    Parameters
    ----------
    width : int
        d_model.
    heads : int
        h, a divisor of the width.
    rng : Generator
    bias : bool
        Whether the projections have biases; the paper's have none, most of its heirs' have.
    dropout : float
        Dropout rate of the attention weights.
    init : callable
        Initialiser of the projections.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        rng: np.random.Generator,
        *,
        bias: bool = True,
        dropout: float = 0.0,
        init: Initialiser = initial.glorot,
    ):
        # W^Q, W^K and W^V of all heads, one under the other.
        self.weight = initial.stacked(init, rng, 3, (width, width))
        self.bias = initial.constant((3 * width,)) if bias else None
        self.output = Linear(width, width, rng, bias=bias, init=init)
        self._width, self._heads, self._dropout = width, heads, dropout

    def project(self, x: Tensor, source: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries (n, h, t, d), keys and values (n, h, s, d)."""
        if source is None:
            n, t, _ = x.shape
            rows = linear(x, self.weight, self.bias).reshape(n, t, 3, self._heads, -1).transpose(2, 0, 3, 1, 4)
            q, k, v = split(rows, range(3))
            return q, k, v
        return self.queries(x), *self.sources(source)

    def queries(self, x: Tensor) -> Tensor:
        """Return queries (n, h, t, d)."""
        width = self._width
        return self.split(linear(x, self.weight[:width], None if self.bias is None else self.bias[:width]))

    def sources(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Return keys and values (n, h, s, d) of rows (n, s, width)."""
        width = self._width
        n, s, _ = source.shape
        rows = linear(source, self.weight[width:], None if self.bias is None else self.bias[width:])
        rows = rows.reshape(n, s, 2, self._heads, -1).transpose(2, 0, 3, 1, 4)
        k, v = split(rows, range(2))
        return k, v

    def split(self, x: Tensor) -> Tensor:
        """Split rows (n, t, width) into heads, (n, h, t, d)."""
        return x.reshape(*x.shape[:2], self._heads, -1).transpose(0, 2, 1, 3)

    def forward(
        self, x: Tensor, source: Tensor | None = None, *, mask: np.ndarray | None = None, bias: Tensor | None = None
    ) -> Tensor:
        """Return the attention output for each row, (n, t, width).

        Parameters
        ----------
        x : Tensor, shape (n, t, width)
            Where the queries come from.
        source : Tensor, shape (n, s, width), optional
            Where keys and values come from; `x` itself if left out.
        mask : ndarray of bool, broadcastable to (n, h, t, s), optional
            True where a query may attend.
        bias : Tensor, broadcastable to (n, h, t, s), optional
            Added to the scores.
        """
        return self._read(*self.project(x, source), x.shape, mask=mask, bias=bias)

    def gathered(self, x: Tensor, source: Tensor) -> Tensor:
        """Return what rows (n, t, width) find in others (n, s, width), (n, t, k) for k units of the output layer."""
        n, t, _ = x.shape
        read = attention(self.queries(x), *self.sources(source))
        return self.output(read.transpose(0, 2, 1, 3).reshape(n, t, self._width))

    def step(self, x: Tensor, past: Past, *, mask: np.ndarray | None = None) -> Tensor:
        """Attend from the next rows of each text, (n, t, width), to them and those before; cache them in `past`.

        Of several rows a mask says to which of all, those before included, each may attend.
        """
        q, k, v = self.project(x)
        return self._read(q, *past.extend(k, v), x.shape, mask=mask)

    def recall(self, x: Tensor, kept: tuple[Tensor, Tensor], *, mask: np.ndarray | None = None) -> Tensor:
        """Attend from rows (n, t, width) to cached keys and values only."""
        return self._read(self.queries(x), *kept, x.shape, mask=mask)

    def _read(
        self,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        shape: tuple[int, ...],
        *,
        mask: np.ndarray | None = None,
        bias: Tensor | None = None,
    ) -> Tensor:
        thinned = None
        rng = training_rng()
        if rng is not None and self._dropout:
            kept = rng.random((*q.shape[:-1], k.shape[-2]), np.float32) >= self._dropout
            thinned = kept * np.float32(1 / (1 - self._dropout))
        read = attention(q, k, v, mask=mask, bias=bias, dropout=thinned)
        return self.output(read.transpose(0, 2, 1, 3).reshape(*shape))


class FeedForward(Module):
    """Two linear layers with an activation between them, eq. 2, the same at every position.

    Parameters
    ----------
    width, hidden : int
        d_model and d_ff.
    rng : Generator
    activation : callable
        The paper uses ReLU.
    dropout : float
        Dropout rate of the hidden units.
    init : callable
        Initialiser of the weights.
    """

    def __init__(
        self,
        width: int,
        hidden: int,
        rng: np.random.Generator,
        *,
        activation: Callable[[Tensor], Tensor] = Tensor.relu,
        dropout: float = 0.0,
        init: Initialiser = initial.glorot,
    ):
        self.first = Linear(width, hidden, rng, init=init)
        self.second = Linear(hidden, width, rng, init=init)
        self._activation, self._thin = activation, Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., width)."""
        return self.second(self._thin(self._activation(self.first(x))))


def causal(t: int) -> np.ndarray:
    """Return the causal mask, (1, 1, t, t) bool: each position attends to itself and those before, section 3.2.3."""
    return np.tril(np.ones((t, t), bool))[None, None]


def sinusoids(longest: int, width: int) -> np.ndarray:
    """Return the positional encodings of section 3.5, (longest, width): sines at even indices, cosines at odd ones."""
    at = np.arange(longest)[:, None] / 10_000 ** (np.arange(0, width, 2) / width)
    found = np.empty((longest, width), np.float32)
    found[:, 0::2], found[:, 1::2] = np.sin(at), np.cos(at)[:, : width // 2]
    return found


class Layer(Module):
    """A layer of encoder or decoder: each sub-layer within a shortcut, LayerNorm(x + Sublayer(x)), section 3.1.

    Parameters
    ----------
    width, hidden, heads : int
        d_model, d_ff and h.
    rng : Generator
    reads : bool
        Whether it attends to the encoder's output, as those of the decoder do.
    bias : bool
        Whether the projections of the attention have biases.
    activation : callable
        Between the linear layers.
    dropout : float
        Dropout rate after each sub-layer, and of the attention weights.
    init : callable
        Initialiser of the weights.
    eps : float
        Added to the variance in the normalisations.
    """

    def __init__(
        self,
        width: int,
        hidden: int,
        heads: int,
        rng: np.random.Generator,
        *,
        reads: bool = False,
        bias: bool = True,
        activation: Callable[[Tensor], Tensor] = Tensor.relu,
        dropout: float = 0.0,
        init: Initialiser = initial.glorot,
        eps: float = 1e-5,
    ):
        self.attention = MultiHead(width, heads, rng, bias=bias, dropout=dropout, init=init)
        self.norm1 = LayerNorm(width, eps=eps)
        self.reading = MultiHead(width, heads, rng, bias=bias, dropout=dropout, init=init) if reads else None
        self.norm2 = LayerNorm(width, eps=eps) if reads else None
        self.feed_forward = FeedForward(width, hidden, rng, activation=activation, init=init)
        self.norm3 = LayerNorm(width, eps=eps)
        self._thin = Dropout(dropout)

    def forward(
        self, x: Tensor, mask: np.ndarray, source: Tensor | None = None, source_mask: np.ndarray | None = None
    ) -> Tensor:
        """Return (n, t, width)."""
        x = self.norm1(x + self._thin(self.attention(x, mask=mask)))
        if self.reading is not None and self.norm2 is not None:
            x = self.norm2(x + self._thin(self.reading(x, source, mask=source_mask)))
        return self.norm3(x + self._thin(self.feed_forward(x)))

    def step(self, x: Tensor, past: Past, read: tuple[Tensor, Tensor], read_mask: np.ndarray) -> Tensor:
        """Return one more row of each text, (n, 1, width), from the cached rows before it and the encoder's output."""
        x = self.norm1(x + self.attention.step(x, past))
        if self.reading is not None and self.norm2 is not None:
            x = self.norm2(x + self.reading.recall(x, read, mask=read_mask))
        return self.norm3(x + self.feed_forward(x))


class Transformer(Writer):
    """Encoder and decoder over one token table, which is tied to the output layer (section 3.4).

    Parameters
    ----------
    config : TransformerConfig
    rng : Generator
    """

    def __init__(self, config: TransformerConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        c = config
        self.tokens = initial.normal(rng, (c.vocabulary, c.width), c.width**-0.5)
        how = {"bias": c.bias, "dropout": c.dropout}
        self.encoder = [Layer(c.width, c.hidden, c.heads, rng, **how) for _ in range(c.layers)]
        self.decoder = [Layer(c.width, c.hidden, c.heads, rng, reads=True, **how) for _ in range(c.layers)]
        self._positions, self._thin = sinusoids(c.longest, c.width), Dropout(c.dropout)

    def embed(self, tokens: np.ndarray, first: int = 0) -> Tensor:
        """Embed tokens (n, t) as rows (n, t, width), with positions from `first` on."""
        x = embedding(tokens, self.tokens) * self.config.width**0.5
        if self.config.positions:
            x = x + Tensor(self._positions[first : first + tokens.shape[1]].astype(x.dtype))
        return self._thin(x)

    def encode(self, tokens: np.ndarray) -> tuple[Tensor, np.ndarray]:
        """Encode tokens (n, s); return hidden states (n, s, width) and the padding mask (n, 1, 1, s)."""
        mask = (tokens != PAD)[:, None, None, :]
        x = self.embed(tokens)
        for layer in self.encoder:
            x = layer(x, mask)
        return x, mask

    def forward(self, source: np.ndarray, target: np.ndarray) -> Tensor:
        """Return the logits (n, t, vocabulary) for tokens (n, s) and the beginning of their translation (n, t)."""
        read, read_mask = self.encode(source)
        mask = causal(target.shape[1])
        x = self.embed(target)
        for layer in self.decoder:
            x = layer(x, mask, read, read_mask)
        return linear(x, self.tokens)

    def begin(self, source: np.ndarray) -> Memory:
        """Encode tokens (n, s); return their keys and values for each layer of the decoder."""
        read, mask = self.encode(source)
        return Memory(
            read=[layer.reading.sources(read) for layer in self.decoder if layer.reading is not None],
            mask=mask,
            past=[Past() for _ in self.decoder],
        )

    def follow(self, tokens: np.ndarray, memory: Memory) -> np.ndarray:
        """Decode one more token (n,): return the logits (n, vocabulary) of the next one."""
        x = self.embed(tokens[:, None], memory.written)
        for layer, past, read in zip(self.decoder, memory.past, memory.read, strict=True):
            x = layer.step(x, past, read, memory.mask)
        memory.written += 1
        return linear(x, self.tokens).data[:, -1]


@dataclass(kw_only=True)
class Memory:
    """What is cached while a translation is written.

    Attributes
    ----------
    read : list of (Tensor, Tensor)
        Keys and values of the source, for each layer of the decoder.
    mask : ndarray of bool, shape (n, 1, 1, s)
        Padding mask of the source.
    past : list of Past
        Keys and values of the written tokens, for each layer.
    written : int
        Number of tokens so far.
    """

    read: list[tuple[Tensor, Tensor]]
    mask: np.ndarray
    past: list[Past]
    written: int = 0


def _pair() -> tuple[Transformer, np.ndarray, np.ndarray]:
    network = Transformer(TransformerConfig(), np.random.default_rng(0))
    rng = np.random.default_rng(1)
    return network, rng.integers(5, 512, (3, 9)), rng.integers(5, 512, (3, 7))


def _kept() -> Finding:
    """Compare logits while writing, with cached keys and values, with those recomputed from the whole beginning."""
    network, source, target = _pair()
    with no_grad():
        memory = network.begin(source)
        written = np.stack([network.follow(tokens, memory) for tokens in target.T], 1)
        worst = float(np.abs(written - network(source, target).data).max())
    return Finding(holds=worst < 1e-4, found=f"scores differ by {worst:.0e} at most", wanted="none but by rounding")


def _ahead() -> Finding:
    """Change the words that follow."""
    network, source, target = _pair()
    other = target.copy()
    other[:, 4:] = 5
    with no_grad():
        off = np.abs(network(source, target).data - network(source, other).data).max((0, 2))
    return Finding(
        holds=not off[:4].any() and bool(off[4:].all()),
        found=f"{int((off > 0).sum())} of 7 scores change if words 5 to 7 do",
        wanted="the last 3 alone",
    )


def _order() -> Finding:
    """Reverse the source, with and without positions."""
    changes = []
    for positions in (False, True):
        network = Transformer(TransformerConfig(positions=positions), np.random.default_rng(0))
        _, source, target = _pair()
        with no_grad():
            off = np.abs(network(source, target).data - network(source[:, ::-1], target).data).max()
        changes.append(float(off))
    return Finding(
        holds=changes[0] < 1e-4 < 0.01 < changes[1],
        found=f"scores change by {changes[0]:.0e} without positions, by {changes[1]:.2f} with them",
        wanted="by rounding, and by far more",
    )


def _linear() -> Finding:
    """Find one matrix that shifts any position by five, section 3.5."""
    table = sinusoids(96, 64).astype(np.float64)
    moved = np.linalg.lstsq(table[:-5], table[5:], rcond=None)[0]
    worst = float(np.abs(table[:-5] @ moved - table[5:]).max())
    return Finding(holds=worst < 1e-5, found=f"off by {worst:.0e} at most", wanted="one matrix for all positions")


def _across(network: Transformer, stimuli: np.ndarray) -> np.ndarray:
    """Return the attention of the written words to those read, in the last layer, (1, heads, t, s)."""
    answer = network.write(stimuli)
    with watching(network) as seen, no_grad():
        network.judged(stimuli, answer)
    return seen[f"decoder.{network.config.layers - 1}.reading.attention"][-1]


def pieces(network: Network, stimuli: np.ndarray) -> np.ndarray:
    """Return the token texts of the source, (t,) of str."""
    return np.array(shipped().pieces(stimuli[0]))


def _looks(learner: Successor[Transformer], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return where each cross-attention head attends, word by word, to compare with the order of the source."""
    network = learner.network
    weights = _across(network, stimuli[:1])[0]
    at = np.arange(weights.shape[-1])
    return {f"head {k + 1}": head @ at for k, head in enumerate(weights)}


def _published(millions: int, **changes: int) -> Size:
    """Return a row of table 3: what differs from the base model, and its parameters in millions."""
    base = TransformerConfig(vocabulary=41_100, width=512, hidden=2048, heads=8, layers=6)
    config = base.amend(changes)
    return Size(config=config, published=millions * 1_000_000, rounded=1_000_000, source=f"table 3, {millions} million")


ENTRY = Entry(
    label="Transformer",
    parents=(),
    title="Attention is all you need",
    authors="A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit and others",
    idea="Nothing but attention: each word that is read looks at all others at once, in several ways.",
    shrunk="2 layers for 6, 64 numbers a token for 512.",
    network=Transformer,
    retina=TransformerConfig(),
    sizes={
        "base": _published(65),
        "big": _published(213, vocabulary=36_000, width=1024, hidden=4096, heads=16),
        "(C) N = 2": _published(36, layers=2),
        "(C) N = 4": _published(50, layers=4),
        "(C) N = 8": _published(80, layers=8),
        "(C) d_model = 256": _published(28, width=256),
        "(C) d_model = 1024": _published(168, width=1024),
        "(C) d_ff = 1024": _published(53, hidden=1024),
        "(C) d_ff = 4096": _published(90, hidden=4096),
    },
    trials=(Trial(task="translate", at_least=0.98, baseline="lstm encoder-decoder"),),
    mechanism=Mechanism(name="positions", without={"positions": False}),
    checks=(
        Check(name="kept keys and values give the same scores", run=_kept),
        Check(name="no word sees those after it", run=_ahead),
        Check(name="without positions a sentence is a bag of words", run=_order),
        Check(name="a move along the sentence is linear in the positions", run=_linear),
    ),
    figures=(
        Figure(
            name="across", title="Where the heads of the last layer look while a caption is written", measure=_looks,
            x="piece written", y="piece read, in the mean", stimuli=1,
        ),
    ),
    registers=(
        Watch(name="pieces read", rendering=Rendering.TOKENS, measure=pieces),
        Watch(name="reading, layer 1", path="encoder.0.attention.attention", rendering=Rendering.ATTENTION),
        Watch(name="reading, layer 2", path="encoder.1.attention.attention", rendering=Rendering.ATTENTION),
        Watch(name="writing looks across", rendering=Rendering.ATTENTION, measure=_across),
    ),
    accepts=Port.TEXT,
    answers=Port.TEXT,
    small={"width": 8, "hidden": 6, "heads": 2, "layers": 1, "vocabulary": 512},
)  # fmt: skip
