"""Shoeybi, Patwary, Puri, LeGresley, Casper and Catanzaro 2019: "Megatron-LM: training multi-billion parameter language
models using model parallelism", arXiv:1909.08053.

New: each layer of a decoder is cut across devices, and what they compute is still the network (section 3). Each rank
has some heads of the attention and some hidden units of the feed-forward network, so that its two products follow each
other without a word to the others, and partial sums are added once behind:

    attention     Y = sum_r Attention_r(f(X)) W_r,     W_Q, W_K, W_V by columns, W by rows
    feed-forward  Y = sum_r GELU(f(X) A_r) B_r,        A by columns, B by rows                       (eq. 3)
    f: identity, and back a sum over ranks;  g: a sum over ranks, and back the identity             (figure 3)

That is four all-reduces for a layer and step. The table of tokens is cut by rows, and of the logits only three numbers
a token are exchanged for the loss. The normalisations are on all ranks alike.

Shrunk: 2 layers for 72, rows of 64 for 3,072, texts of 64 tokens for 1,024, 512 tokens for 51,200, two ranks for eight.
Here all ranks live in one process, which cuts whole weights on the tape; real processes, each with its own part alone,
compute the same loss and gradients, as a check shows.

Assumed: GPT-2's decoder, with normalisation before each sub-layer and at the end, as the counts of all four sizes need;
the vocabulary is padded to 51,200. Table 1 has 32 heads for the largest size and table 2 has 24, which counts the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from successors.model_card import Check, Entry, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.activations import gelu
from successors.nn.attention import attention
from successors.nn.bytepairs import shipped
from successors.nn.functions import embedding, linear
from successors.nn.gather import split
from successors.nn.hooks import Watch
from successors.nn.language_model import Encoding, LanguageModel, told
from successors.nn.layers import LayerNorm
from successors.nn.losses import cross_entropy
from successors.nn.module import Module, places
from successors.nn.normalisation import layer_norm
from successors.nn.parallel import RankGroup, from_ranks, parted_cross_entropy, run_ranks, to_ranks
from successors.nn.past import Past
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Parameter, Tensor, concatenate, no_grad
from successors.timeline.y2017_transformer import FeedForward, MultiHead, causal

_draw = partial(initial.normal, deviation=0.07)
_gelu = partial(gelu, tanh=True)


@dataclass(frozen=True, kw_only=True)
class MegatronConfig(NetworkConfig):
    """Settings of Megatron-LM."""

    vocabulary: int = setting(512, "Tokens, a multiple of the ranks", low=8)
    width: int = setting(64, "Numbers that stand for a token", low=2)
    hidden: int = setting(256, "Hidden units of the feed-forward layers, a multiple of the ranks", low=1)
    heads: int = setting(4, "Attention heads, a multiple of the ranks", low=1)
    layers: int = setting(2, "Layers", low=1)
    longest: int = setting(64, "Tokens of a text at most", low=3)
    ranks: int = setting(2, "Devices that share each layer", low=1)
    reduce: bool = setting(True, "Whether what the ranks compute is added up; else each goes on with its own part")
    recipe: Recipe = setting(
        Recipe(
            batch=32, pretrain_steps=1200, pretrain_rate=0.004, steps=0, eval_every=600, optimiser="adam",
            schedule="cosine", warm_up=50, final_lr_fraction=0.02, clip=1.0,
        ),
        "How it is trained",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("heads", "hidden", "vocabulary"):
            if getattr(self, name) % self.ranks:
                raise ConfigError(
                    f"{getattr(self, name)} for {self.ranks} ranks", where=f"{type(self).__name__}.{name}",
                    remedy="Give a multiple of the ranks",
                )  # fmt: skip


Array = TypeVar("Array", Tensor, np.ndarray)


def cut(name: str, whole: Array, rank: int, ranks: int) -> Array:
    """Return the part of a parameter that a rank has; of what is not cut, the whole.

    Parameters
    ----------
    name : str
        Its dotted name in the network.
    whole : Tensor or ndarray
    rank, ranks : int
    """
    if ranks == 1:
        return whole
    if name.endswith(("attention.weight", "attention.bias")):  # queries, keys and values, one under the other
        parts = whole.reshape(3, ranks, -1, *whole.shape[1:])[:, rank]
        return parts.reshape(-1, *whole.shape[1:])
    by_rows = name.endswith(("mlp.first.weight", "mlp.first.bias")) or name == "tokens"
    if by_rows:
        size = whole.shape[0] // ranks
        return whole[rank * size : (rank + 1) * size]
    if name.endswith(("attention.output.weight", "mlp.second.weight")):
        size = whole.shape[1] // ranks
        return whole[:, rank * size : (rank + 1) * size]
    return whole


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """What goes on between the ranks that are in this process, and with those that are not.

    Parameters
    ----------
    spread : callable
        f, of what all ranks have.
    join : callable
        g, of what each rank has computed: one sum for all of them, or what each goes on with.
    """

    spread: Callable[[Tensor], Tensor]
    join: Callable[[list[Tensor]], list[Tensor]]


def _added(parts: list[Tensor]) -> list[Tensor]:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return [total]


IN_ONE_PROCESS = Exchange(spread=lambda x: x, join=_added)
EACH_BY_ITSELF = Exchange(spread=lambda x: x, join=list)


def between(group: RankGroup) -> Exchange:
    """Return the exchange of one rank with the others, in processes of their own."""
    return Exchange(spread=lambda x: to_ranks(x, group), join=lambda parts: [from_ranks(parts[0], group)])


Part = Mapping[str, Tensor]
"""The parameters of one rank by their dotted names."""


def _attend(y: Tensor, part: Part, block: str, head: int, mask: np.ndarray | None, past: Past | None) -> Tensor:
    """Return what the heads of a rank add, (n, t, width), without the bias."""
    n, t, _ = y.shape
    rows = linear(y, part[f"{block}.attention.weight"], part[f"{block}.attention.bias"])
    rows = rows.reshape(n, t, 3, -1, head).transpose(2, 0, 3, 1, 4)
    q, k, v = split(rows, range(3))
    if past is not None:
        k, v = past.extend(k, v)
    read = attention(q, k, v, mask=mask).transpose(0, 2, 1, 3).reshape(n, t, -1)
    return linear(read, part[f"{block}.attention.output.weight"])


def _feed(y: Tensor, part: Part, block: str) -> Tensor:
    """Return what the hidden units of a rank add, (n, t, width), without the bias."""
    hidden = _gelu(linear(y, part[f"{block}.mlp.first.weight"], part[f"{block}.mlp.first.bias"]))
    return linear(hidden, part[f"{block}.mlp.second.weight"])


def _embed(tokens: np.ndarray, table: Tensor, first: int) -> Tensor:
    """Return the rows of tokens that a rank has, from number `first` on; zeros for the others."""
    here = (tokens >= first) & (tokens < first + len(table))
    return embedding(np.where(here, tokens - first, 0), table) * here[..., None].astype(table.dtype)


def _normed(x: Tensor, part: Part, name: str) -> Tensor:
    return layer_norm(x, part[f"{name}.gain"], part[f"{name}.bias"])


def hidden_states(
    tokens: np.ndarray,
    parts: Sequence[Part],
    ranks: Sequence[int],
    config: MegatronConfig,
    exchange: Exchange,
    kept: Sequence[Past] = (),
) -> list[Tensor]:
    """Return the states (n, t, width) of tokens (n, t): one for all ranks, or one of each that goes on by itself.

    Parameters
    ----------
    tokens : ndarray
    parts : sequence of mapping
        The parameters of the ranks that are in this process.
    ranks : sequence of int
        Their numbers.
    config : MegatronConfig
    exchange : Exchange
    kept : sequence of Past
        A cache of each layer and rank, if they go on with texts that were read before.
    """
    t, before = tokens.shape[1], kept[0].length if kept else 0
    mask = causal(before + t)[:, :, before:]
    rows, head = config.vocabulary // config.ranks, config.width // config.heads

    def ahead(xs: list[Tensor], name: str) -> list[Tensor]:
        """Return what each rank reads: the norm of the states, handed on."""
        ys = [exchange.spread(_normed(x, parts[0], name)) for x in xs]
        return [ys[number % len(ys)] for number in range(len(parts))]

    def behind(xs: list[Tensor], found: list[Tensor], bias: str) -> list[Tensor]:
        return [x + y + parts[0][bias] for x, y in zip(xs, exchange.join(found), strict=True)]

    embedded = [_embed(tokens, part["tokens"], rank * rows) for part, rank in zip(parts, ranks, strict=True)]
    xs = [x + parts[0]["positions"][before : before + t] for x in exchange.join(embedded)]
    for number in range(config.layers):
        block = f"blocks.{number}"
        pasts = kept[number * len(parts) : (number + 1) * len(parts)] or [None] * len(parts)
        read = zip(ahead(xs, f"{block}.norm1"), parts, pasts, strict=True)
        found = [_attend(y, part, block, head, mask, past) for y, part, past in read]
        xs = behind(xs, found, f"{block}.attention.output.bias")
        found = [_feed(y, part, block) for y, part in zip(ahead(xs, f"{block}.norm2"), parts, strict=True)]
        xs = behind(xs, found, f"{block}.mlp.second.bias")
    return [_normed(x, parts[0], "norm") for x in xs]


class MegatronBlock(Module):
    """The parameters of a layer.

    Parameters
    ----------
    config : MegatronConfig
    rng : Generator
    """

    def __init__(self, config: MegatronConfig, rng: np.random.Generator):
        c = config
        self.norm1 = LayerNorm(c.width)
        self.attention = MultiHead(c.width, c.heads, rng, init=_draw)
        self.norm2 = LayerNorm(c.width)
        self.mlp = FeedForward(c.width, c.hidden, rng, init=_draw)
        for back in (self.attention.output.weight, self.mlp.second.weight):
            if back.data.flags.writeable:  # not for mere shapes
                back.data *= (2 * c.layers) ** -0.5


class Megatron(LanguageModel):
    """GPT-2's decoder, whose layers are cut across ranks.

    Parameters
    ----------
    config : MegatronConfig
    rng : Generator
    """

    def __init__(self, config: MegatronConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        c = config
        self.tokens = _draw(rng, (c.vocabulary, c.width))
        self.positions = _draw(rng, (c.longest, c.width), decays=False)
        self.blocks = [MegatronBlock(c, rng) for _ in range(c.layers)]
        self.norm = LayerNorm(c.width)

    @property
    def encoding(self) -> Encoding:
        """Pairs of bytes."""
        return shipped()

    def caches(self) -> list[Past]:
        """Return an empty cache for each layer and rank."""
        return [Past() for _ in range(self.config.layers * self.config.ranks)]

    def parts(self) -> list[dict[str, Tensor]]:
        """Return the parameters of each rank, cut out of the whole on the tape."""
        whole = {name: value for name, _, _, value in places(self) if isinstance(value, Tensor)}
        ranks = self.config.ranks
        return [{name: cut(name, value, rank, ranks) for name, value in whole.items()} for rank in range(ranks)]

    def forward(self, tokens: np.ndarray, kept: Sequence[Past] = ()) -> Tensor:
        """Return the states (n, t, width) of tokens (n, t); of ranks that do not add up, side by side."""
        exchange = IN_ONE_PROCESS if self.config.reduce else EACH_BY_ITSELF
        ranks = range(self.config.ranks)
        found = hidden_states(tokens, self.parts(), ranks, self.config, exchange, kept)
        return found[0] if len(found) == 1 else concatenate(found, -1)

    def scores(self, states: Tensor) -> Tensor:
        """Return the logits (..., vocabulary), each rank's of its own tokens, from its own states."""
        width, ranks = self.config.width, self.config.ranks
        own = [states[..., at : at + width] for at in range(0, states.shape[-1], width)]
        tables = [cut("tokens", self.tokens, rank, ranks) for rank in range(ranks)]
        found = [linear(own[rank % len(own)], table) for rank, table in enumerate(tables)]
        return found[0] if ranks == 1 else concatenate(found, -1)


@dataclass(frozen=True, kw_only=True)
class RankResult:
    """What a rank in a process of its own has computed.

    Parameters
    ----------
    loss : float
    gradients : mapping of str to ndarray
        Of its own part of each parameter.
    reduces, sent : int
        All-reduces, and bytes that it laid out for them.
    weights : int
        Weights that it has.
    """

    loss: float
    gradients: dict[str, np.ndarray]
    reduces: int
    sent: int
    weights: int


def rank_step(
    group: RankGroup, config: MegatronConfig, weights: Sequence[Mapping[str, np.ndarray]], tokens: np.ndarray
) -> RankResult:
    """Compute loss and gradients of one rank, whose process has its own part of the weights alone.

    Parameters
    ----------
    group : RankGroup
    config : MegatronConfig
    weights : sequence of mapping
        The part of each rank.
    tokens : ndarray of int, shape (n, t + 1)
        Texts; each token but the first is to be told from those before.
    """
    part: dict[str, Parameter] = {name: Parameter(array) for name, array in weights[group.rank].items()}
    exchange, table = between(group), part["tokens"]
    states = hidden_states(tokens[:, :-1], [part], [group.rank], config, exchange)[0]
    logits = linear(exchange.spread(states).reshape(-1, config.width), table)
    loss = parted_cross_entropy(logits, tokens[:, 1:].reshape(-1), group.rank * len(table), group)
    loss.backward()
    return RankResult(
        loss=loss.item(),
        gradients={name: parameter.gradient for name, parameter in part.items()},
        reduces=group.calls,
        sent=group.sent,
        weights=sum(parameter.size for parameter in part.values()),
    )


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A step of several processes against that of the whole network.

    Parameters
    ----------
    loss_off, gradient_off : float
        Difference of the losses, and the largest of all gradients relative to the largest gradient of its array.
    same_bits : bool
        Whether what all ranks have, norms and positions, has the same gradient on all of them to the last bit.
    results : list of RankResult
    weights : int
        Weights of the whole network.
    """

    loss_off: float
    gradient_off: float
    same_bits: bool
    results: list[RankResult]
    weights: int


def compare(config: MegatronConfig, *, texts: int = 4, seed: int = 0, dtype: type = np.float64) -> Comparison:
    """Compute a step in `config.ranks` processes and in this one, and compare.

    Parameters
    ----------
    config : MegatronConfig
    texts : int
        Texts of the batch, of the greatest length.
    seed : int
    dtype : type
    """
    network = Megatron(config.amend({"ranks": 1}), np.random.default_rng(seed)).astype(dtype)
    for parameter in network.parameters().values():  # biases too, so that none is 0
        parameter.data = parameter.data + np.random.default_rng(1).normal(0, 0.02, parameter.shape).astype(dtype)
    tokens = np.random.default_rng(seed + 1).integers(5, config.vocabulary, (texts, config.longest))
    loss = cross_entropy(network.scores(network(tokens[:, :-1])).reshape(-1, config.vocabulary), tokens[:, 1:].ravel())
    loss.backward()
    whole, ranks = network.parameters(), config.ranks
    weights = [{name: cut(name, p.data, rank, ranks) for name, p in whole.items()} for rank in range(ranks)]
    room = tokens.size * max(config.width, 3)
    results: list[RankResult] = run_ranks(rank_step, ranks, config, weights, tokens, room=room)
    worst, same = 0.0, True
    for rank, result in enumerate(results):
        for name, parameter in whole.items():
            wanted = cut(name, parameter.gradient, rank, ranks)
            worst = max(worst, float(np.abs(result.gradients[name] - wanted).max() / np.abs(parameter.gradient).max()))
            if wanted.shape == parameter.shape:
                same &= np.array_equal(result.gradients[name], results[0].gradients[name])
    off = max(abs(result.loss - loss.item()) for result in results)
    return Comparison(
        loss_off=off, gradient_off=worst, same_bits=same, results=results, weights=sum(p.size for p in whole.values())
    )


SMALL = MegatronConfig(width=32, hidden=64, longest=16)


def _processes() -> Finding:
    """Compare losses and gradients of 2 and of 4 processes with those of the whole network, in double precision."""
    found = [compare(SMALL.amend({"ranks": ranks})) for ranks in (2, 4)]
    worst = max(max(f.loss_off, f.gradient_off) for f in found)
    return Finding(
        holds=worst < 1e-12 and all(f.same_bits for f in found),
        found=f"off by {worst:.0e} at most, over 2 and 4 processes",
        wanted="less than 1e-12, and the same bits of what all ranks have",
    )


def _reduces() -> Finding:
    """Count the all-reduces of a step with two layers and with four; those that do not belong to layers are 4."""
    counts = [compare(SMALL.amend({"layers": layers})).results[0].reduces for layers in (2, 4)]
    each = (counts[1] - counts[0]) / 2
    return Finding(
        holds=each == 4 and counts[0] == 12,
        found=f"{counts[0]} with 2 layers, {counts[1]} with 4: {each:g} a layer and {counts[0] - 2 * each:g} besides",
        wanted="4 a layer; 1 for the table, 1 behind the last layer and 2 for the loss besides",
    )


def _cut_here() -> Finding:
    """Compare the network cut in one process with the whole one, and with ranks that do not add up."""
    tokens = np.random.default_rng(1).integers(5, 512, (2, 9))
    states: list[np.ndarray] = []
    for changes in ({"ranks": 1}, {"ranks": 2}, {"ranks": 4}, {"ranks": 2, "reduce": False}):
        network = Megatron(SMALL.amend(changes), np.random.default_rng(0)).astype(np.float64)
        with no_grad():
            states.append(network.scores(network(tokens)).data)
    off = [float(np.abs(states[0] - other).max()) for other in states[1:]]
    return Finding(
        holds=max(off[:2]) < 1e-12 and off[2] > 0.01,
        found=f"scores of 2 and 4 ranks differ by {max(off[:2]):.0e}, without the sums by {off[2]:.2f}",
        wanted="by rounding; by far more",
    )


def _efficiency() -> Finding:
    """Reckon the share of 512 cards that compute 15.1 PFLOP/s where one alone computes 39 TFLOP/s."""
    share = 15.1e15 / (512 * 39e12)
    return Finding(holds=round(100 * share) == 76, found=f"{100 * share:.1f} %", wanted="76 % (abstract)")


def size(layers: int, width: int, heads: int, ranks: int, millions: int) -> Size:
    """Return a published size with its count in millions, as printed."""
    config = MegatronConfig(
        vocabulary=51_200, width=width, hidden=4 * width, heads=heads, layers=layers, longest=1_024, ranks=ranks
    )
    return Size(config=config, published=millions * 10**6, rounded=10**8, source="table 1")


ENTRY = Entry(
    label="Megatron-LM",
    parents=("transformer",),
    title="Megatron-LM: training multi-billion parameter language models using model parallelism",
    authors="M. Shoeybi, M. Patwary, R. Puri, P. LeGresley, J. Casper, B. Catanzaro",
    idea="A network too large for one device is cut across several, layer by layer, and computes the same.",
    shrunk="2 layers for 72, 64 numbers a token for 3,072, two ranks for eight; captions and log lines for the web.",
    network=Megatron,
    retina=MegatronConfig(),
    sizes={
        "8.3B": size(72, 3_072, 32, 8, 8_300),
        "4.2B": size(64, 2_304, 24, 4, 4_200),
        "2.5B": size(54, 1_920, 20, 2, 2_500),
        "1.2B": size(40, 1_536, 16, 1, 1_200),
    },
    trials=(Trial(task="prompts", at_least=0.92, remark="The mean is above the bound; the five seeds differ."),),
    mechanism=Mechanism(name="sums over the ranks", without={"reduce": False}),
    accepts=Port.TEXT,
    answers=Port.TEXT,
    tasks=("prompts",),
    checks=(
        Check(name="processes with their own parts compute the network", run=_processes, slow=True),
        Check(name="a layer takes four all-reduces", run=_reduces, slow=True),
        Check(name="cut on the tape it is the network too, and without the sums it is not", run=_cut_here),
        Check(name="512 cards keep 76 % of what one does", run=_efficiency),
    ),
    registers=(Watch(name="pieces read and written", rendering=Rendering.TOKENS, measure=told),),
    small={"width": 8, "hidden": 6, "heads": 2, "layers": 1},
    short="Megatron",
)  # fmt: skip
