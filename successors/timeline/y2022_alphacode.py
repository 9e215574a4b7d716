"""Li, Choi, Chung, Kushman, Schrittwieser, Leblond, Eccles, Keeling and 18 others 2022: "Competition-level code
generation with AlphaCode", Science 378, 1092-1097, arXiv:2203.07814.

New: a thousand programs and more are drawn for a problem, and ten of them are handed in. Those that do not draw its
example are left out; the others are run on inputs that were made for this, those that do the same there are a cluster,
and one program is handed in of each, from the greatest on (sections 4.5 and 4.6). The measure is n@k, the share of
problems solved by n of k programs, here n = 10; 10@k rises with the logarithm of k (section 5.3). What draws so many is
an encoder and a decoder; the encoder is shallow, since it reads once, and all heads of queries share few heads of keys
and values (Shazeer 2019, arXiv:1911.02150), so that little is cached while many programs are written (section 4.1).

    head_i = Attention(Q W_i^Q, K W_j^K, V W_j^V), with one j for many i

The decoder learns to predict the next token, the encoder beside it masked tokens of the statement (section 4.2).

Shrunk: 1 + 2 layers for 8 + 56, rows of 48 for 6,144, 3 heads of queries for 48; 1,000 programs for a million; programs
of the pen language for Python and C++, 16,000 problems for 13,328 and 715 GB of GitHub. It writes in the words of the
language, one token each, and reads the statement alone; the example's picture, which would be 400 tokens, is for the
filter. Inputs to compare programs by are the numbers 6 to 9, where the paper's come from a network of their own. Left
out are what stands ahead of the statement there (ratings, tags, whether the solution is right), and tempering and GOLD,
which keep it from learning by heart: no problem is read more than twice here.

Assumed: normalisation before each sub-layer, learned positions, one table for what is read and one for what is written,
each tied to its output layer; a tenth of the tokens of a statement masked. With these all five sizes meet table 3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering, SystemKind
from marki.io.ports import Port
from marki.io.text import LONGEST
from marki.pen import tries
from marki.pen.interpreter import drawings
from marki.pen.judging import passing
from marki.pen.panel_picture import unprinted
from marki.pen.tokens import MOST, WORDS
from marki.seeding import generator
from successors.model_card import Check, Entry, Figure, Finding, Measure, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.activations import gelu
from successors.nn.attention import attention
from successors.nn.bytepairs import END, FIRST_BYTE, MASK, PAD, START, padded
from successors.nn.functions import embedding, linear
from successors.nn.gather import split
from successors.nn.hooks import Watch, watching
from successors.nn.layers import LayerNorm, Linear
from successors.nn.learner import Successor
from successors.nn.losses import cross_entropy
from successors.nn.module import Module, training_rng
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, no_grad
from successors.nn.writer import drawn
from successors.timeline.y2017_transformer import FeedForward, MultiHead, Past, causal
from successors.timeline.y2019_gpt2 import DEVIATION
from successors.timeline.y2021_codex import CodexConfig, chosen, decode, encode

_draw = partial(initial.normal, deviation=DEVIATION)
_WRITTEN = (*WORDS, *map(str, range(1, MOST + 1)))
_NUMBERS = {word: FIRST_BYTE + k for k, word in enumerate(_WRITTEN)}
DRAWN = "alphacode.programs"
"""Stream of random numbers from which the programs of an answer are drawn."""

_EXAMPLE = re.compile(r"n = (\d+)[:：]$")


@dataclass(frozen=True, kw_only=True)
class AlphaCodeConfig(NetworkConfig):
    """Settings of AlphaCode."""

    vocabulary: int = setting(CodexConfig().vocabulary, "Tokens that are read", low=8)
    written: int = setting(FIRST_BYTE + len(_WRITTEN), "Tokens that are written", low=8)
    width: int = setting(48, "Numbers that stand for a token", low=2)
    hidden: int = setting(288, "Hidden units of the feed-forward layers", low=1)
    queries: int = setting(3, "Heads of queries", low=1)
    keys: int = setting(1, "Heads of keys and values, a divisor of those of queries", low=1)
    head: int = setting(16, "Numbers of a head", low=1)
    encoder: int = setting(1, "Layers of the encoder", low=1)
    decoder: int = setting(2, "Layers of the decoder", low=1)
    statement: int = setting(40, "Tokens of a statement at most", low=2)
    longest: int = setting(36, "Tokens of a program at most", low=2)
    masked: float = setting(0.1, "Share of the tokens of a statement that are masked while learning", low=0, high=0.9)
    samples: int = setting(1_000, "Programs that are drawn for a problem", low=1, high=1_000_000)
    temperature: float = setting(1.0, "Divisor of the logits while they are drawn", low=0, high=100)
    filter: bool = setting(True, "Whether programs that do not draw the example are left out")
    clusters: bool = setting(
        True, "Whether programs are handed in by what they do; without, any of those that are left"
    )
    submissions: int = setting(10, "Programs that are handed in", low=1, high=10)
    recipe: Recipe = setting(
        Recipe(
            batch=32, steps=700, eval_every=700, optimiser="adam", rate=0.005, schedule="cosine", warm_up=100,
            final_lr_fraction=0.05, clip=1.0,
        ),
        "How it is trained",
    )  # fmt: skip


class MultiQuery(Module):
    """Attention whose heads of queries share heads of keys and values, Shazeer 2019.

    Parameters
    ----------
    width : int
        Of the rows.
    queries, keys : int
        Heads; those of keys are a divisor of those of queries.
    head : int
        Width of a head.
    rng : Generator
    """

    def __init__(self, width: int, queries: int, keys: int, head: int, rng: np.random.Generator):
        self.query = Linear(width, queries * head, rng, bias=False, init=_draw)
        self.source = Linear(width, 2 * keys * head, rng, bias=False, init=_draw)
        self.output = Linear(queries * head, width, rng, bias=False, init=_draw)
        self._heads, self._shared = keys, queries // keys

    def sources(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return keys and values (n, keys, s, d) of rows (n, s, width)."""
        n, s, _ = rows.shape
        both = self.source(rows).reshape(n, s, 2, self._heads, -1).transpose(2, 0, 3, 1, 4)
        k, v = split(both, range(2))
        return k, v

    def forward(self, x: Tensor, kept: tuple[Tensor, Tensor], *, mask: np.ndarray | None = None) -> Tensor:
        """Attend from rows (n, t, width) to keys and values; return (n, t, width).

        Parameters
        ----------
        x : Tensor, shape (n, t, width)
        kept : (Tensor, Tensor)
            Keys and values, (n, keys, s, d) each.
        mask : ndarray of bool, broadcastable to (n, keys, t, s), optional
            True where a query may attend.
        """
        n, t, _ = x.shape
        # The heads that share keys are rows of one product, one below the other.
        q = self.query(x).reshape(n, t, self._heads, self._shared, -1).transpose(0, 2, 3, 1, 4)
        q = q.reshape(n, self._heads, self._shared * t, -1)
        if mask is not None and mask.shape[-2] > 1:
            mask = np.tile(mask, (self._shared, 1))
        read = attention(q, *kept, mask=mask).reshape(n, self._heads, self._shared, t, -1)
        return self.output(read.transpose(0, 3, 1, 2, 4).reshape(n, t, -1))


class SharedKeysLayer(Module):
    """A layer of encoder or decoder: each sub-layer within a shortcut and normalised before.

    Parameters
    ----------
    config : AlphaCodeConfig
    rng : Generator
    reads : bool
        Whether it attends to the statement, as those of the decoder do.
    """

    def __init__(self, config: AlphaCodeConfig, rng: np.random.Generator, *, reads: bool):
        c = config
        how = c.width, c.queries, c.keys, c.head, rng
        self.norm1 = LayerNorm(c.width)
        self.attention = MultiQuery(*how)
        self.norm2 = LayerNorm(c.width) if reads else None
        self.reading = MultiQuery(*how) if reads else None
        self.norm3 = LayerNorm(c.width)
        self.mlp = FeedForward(c.width, c.hidden, rng, activation=partial(gelu, tanh=True), init=_draw)

    def forward(
        self,
        x: Tensor,
        mask: np.ndarray | None = None,
        *,
        past: Past | None = None,
        read: tuple[Tensor, Tensor] | None = None,
        read_mask: np.ndarray | None = None,
    ) -> Tensor:
        """Return (n, t, width).

        Parameters
        ----------
        x : Tensor, shape (n, t, width)
        mask : ndarray of bool, optional
            Which rows of `x` each may attend to; all if left out.
        past : Past, optional
            Keys and values of the rows before, to which those of `x` are added.
        read : (Tensor, Tensor), optional
            Keys and values of the statement; of one statement for all, the batch is 1.
        read_mask : ndarray of bool, optional
        """
        y = self.norm1(x)
        kept = self.attention.sources(y)
        x = x + self.attention(y, kept if past is None else past.extend(*kept), mask=mask)
        if self.reading is not None and self.norm2 is not None and read is not None:
            y = self.norm2(x)
            # Of one statement, the rows of all programs read as if they were of one.
            rows = y.reshape(1, -1, y.shape[-1]) if len(read[0]) == 1 else y
            x = x + self.reading(rows, read, mask=read_mask).reshape(*x.shape)
        return x + self.mlp(self.norm3(x))


class AlphaCode(Network):
    """A shallow encoder that reads a statement, and a deep decoder that writes programs.

    Parameters
    ----------
    config : AlphaCodeConfig
    rng : Generator
    """

    def __init__(self, config: AlphaCodeConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        c = config
        self.words = _draw(rng, (c.vocabulary, c.width))
        self.places = _draw(rng, (c.statement, c.width), decays=False)
        self.encoder = [SharedKeysLayer(c, rng, reads=False) for _ in range(c.encoder)]
        self.norm1 = LayerNorm(c.width)
        self.tokens = _draw(rng, (c.written, c.width))
        self.positions = _draw(rng, (c.longest, c.width), decays=False)
        self.decoder = [SharedKeysLayer(c, rng, reads=True) for _ in range(c.decoder)]
        self.norm2 = LayerNorm(c.width)

    def encode(self, tokens: np.ndarray) -> tuple[Tensor, np.ndarray]:
        """Encode tokens (n, s); return states (n, s, width) and the padding mask (n, 1, 1, s)."""
        mask = (tokens != PAD)[:, None, None, :]
        x = embedding(tokens, self.words) + self.places[: tokens.shape[1]]
        for layer in self.encoder:
            x = layer(x, mask)
        return self.norm1(x), mask

    def sources(self, states: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Return keys and values of the statements for each layer of the decoder, from their states (n, s, width)."""
        return [layer.reading.sources(states) for layer in self.decoder if layer.reading is not None]

    def decode(self, tokens: np.ndarray, states: Tensor, read_mask: np.ndarray) -> Tensor:
        """Return the logits (n, t, written) after tokens (n, t), from the states of the statements."""
        t = tokens.shape[1]
        mask = causal(t)
        x = embedding(tokens, self.tokens) + self.positions[:t]
        for layer, read in zip(self.decoder, self.sources(states), strict=True):
            x = layer(x, mask, read=read, read_mask=read_mask)
        return linear(self.norm2(x), self.tokens)

    def forward(self, statements: np.ndarray, programs: np.ndarray) -> Tensor:
        """Return the logits (n, t, written) for statements (n, s) and the beginnings of programs (n, t)."""
        return self.decode(programs, *self.encode(statements))

    def follow(self, tokens: np.ndarray, kept: list[Past], place: int, read: list[tuple[Tensor, Tensor]]) -> np.ndarray:
        """Return the logits (n, written) after tokens (n,) at a position, all of one statement; `kept` grows.

        Parameters
        ----------
        tokens : ndarray
        kept : list of Past
            One for each layer of the decoder.
        place : int
        read : list of (Tensor, Tensor)
            Keys and values of the statement, for each layer.
        """
        x = embedding(tokens[:, None], self.tokens) + self.positions[place : place + 1]
        for layer, past, seen in zip(self.decoder, kept, read, strict=True):
            x = layer(x, past=past, read=seen)
        return linear(self.norm2(x), self.tokens).data[:, -1]

    def rows(self, stimuli: list[str]) -> np.ndarray:
        """Encode the statements of problems, without their pictures, as tokens (n, s), each with an end token."""
        room = self.config.statement - 1
        return padded([[*encode(told.partition("\n")[0])[:room], END] for told in stimuli])

    def programs(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """Encode programs as tokens that are given, after the start token, and those that follow each, (n, t) both."""
        room = self.config.longest - 1
        rows = [[_NUMBERS.get(word, MASK) for word in text.split()][:room] for text in texts]
        return padded([[START, *row] for row in rows]), padded([[*row, END] for row in rows])

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return the programs written while each right token is told afterwards, and the loss of both halves."""
        given, wanted = self.programs(targets.tolist())
        statements = self.rows(stimuli.tolist())
        hidden = np.zeros(statements.shape, bool)
        if (rng := training_rng()) is not None:
            hidden = (rng.random(statements.shape) < self.config.masked) & (statements > END)
        states, mask = self.encode(np.where(hidden, MASK, statements))
        outputs = self.decode(given, states, mask)
        there = wanted != PAD
        loss = self.loss(outputs[there], wanted[there])
        if hidden.any():
            loss = loss + cross_entropy(linear(states[hidden], self.words), statements[hidden])
        best = np.where(there, outputs.data.argmax(-1), END)
        return np.array([told(row) for row in best.tolist()], np.str_), loss

    def sample(self, stimuli: np.ndarray, count: int, rng: np.random.Generator) -> list[list[str]]:
        """Draw programs for each problem.

        Parameters
        ----------
        stimuli : ndarray of str, shape (n,)
        count : int
        rng : Generator
        """
        with no_grad():
            return [self._drawn(text, count, rng) for text in stimuli.tolist()]

    def _drawn(self, stimulus: str, count: int, rng: np.random.Generator) -> list[str]:
        states, _ = self.encode(self.rows([stimulus]))
        read, kept = self.sources(states), [Past() for _ in self.decoder]
        left, tokens = np.arange(count), np.full(count, START)
        written = np.full((count, self.config.longest), END)
        for place in range(self.config.longest):
            tokens = drawn(self.follow(tokens, kept, place, read), rng, self.config.temperature)
            written[left, place] = tokens
            going = np.flatnonzero(tokens != END)
            if not going.size:
                break
            if going.size < len(left):
                left, tokens, kept = left[going], tokens[going], [chosen(past, going) for past in kept]
        return [told(row) for row in written.tolist()]

    def write(self, stimuli: np.ndarray) -> np.ndarray:
        """Draw programs for each problem, and hand in some of them, a line each; the same ones every time."""
        c = self.config
        answers: list[str] = []
        for text in stimuli.tolist():
            rng = generator(0, DRAWN)
            programs = self.sample(np.array([text]), c.samples, rng)[0]
            passed = draws_example(programs, text) if c.filter else np.ones(len(programs), bool)
            numbers = tries.chosen(programs, passed, rng, by_cluster=c.clusters, submissions=c.submissions)
            answers.append(fitting([programs[number] for number in numbers]))
        return np.array(answers, np.str_)


def told(tokens: list[int]) -> str:
    """Return the program of tokens, up to its end."""
    row = tokens[: tokens.index(END)] if END in tokens else tokens
    return " ".join(_word(token) for token in row if token >= FIRST_BYTE)


def _word(token: int) -> str:
    return _WRITTEN[token - FIRST_BYTE]


@lru_cache(maxsize=512)
def example(stimulus: str) -> tuple[int, bytes] | None:
    """Return input and picture of the example of a problem; None if it has none."""
    statement, _, picture = stimulus.partition("\n")
    found, lamps = _EXAMPLE.search(statement), unprinted(picture)
    return (int(found[1]), lamps) if found and lamps else None


def draws_example(programs: list[str], stimulus: str) -> np.ndarray:
    """Return which programs draw the example of a problem, (n,) bool; all, if it has none."""
    shown = example(stimulus)
    if shown is None:
        return np.ones(len(programs), bool)
    n, lamps = shown
    run = {text: drawings(text, [n]) == (lamps,) for text in set(programs)}
    return np.array([run[text] for text in programs], bool)


def fitting(programs: list[str]) -> str:
    """Return programs as an answer, a line each, as far as they have room in a message."""
    while len(answer := "\n".join(programs)) > LONGEST:
        programs = programs[:-1]
    return answer


def _small() -> tuple[AlphaCode, np.ndarray, np.ndarray]:
    network = AlphaCode(AlphaCodeConfig(queries=4, keys=2, head=8), np.random.default_rng(0))
    rng = np.random.default_rng(1)
    return network, rng.integers(5, 512, (1, 9)), rng.integers(5, 30, (3, 7))


def _kept() -> Finding:
    """Compare logits of programs of one statement, with cached keys and values, with those recomputed."""
    network, statement, programs = _small()
    with no_grad():
        states, _ = network.encode(statement)
        read, kept = network.sources(states), [Past() for _ in network.decoder]
        written = [network.follow(row, kept, place, read) for place, row in enumerate(programs.T)]
        anew = network(statement.repeat(3, 0), programs).data
    worst = float(np.abs(np.stack(written, 1) - anew).max())
    return Finding(holds=worst < 1e-4, found=f"scores differ by {worst:.0e} at most", wanted="none but by rounding")


def _alike() -> Finding:
    """Compare three heads of queries over one of keys with ordinary attention of equal keys and values."""
    rng = np.random.default_rng(0)
    few, many = MultiQuery(24, 3, 1, 8, rng), MultiHead(24, 3, rng, bias=False)
    few.query.weight.data[...] *= 5
    keys, values = np.split(few.source.weight.data, 2)
    many.weight.data[...] = np.concatenate([few.query.weight.data, *[keys] * 3, *[values] * 3])
    many.output.weight.data[...] = few.output.weight.data
    x = Tensor(rng.standard_normal((2, 5, 24)).astype(np.float32))
    with no_grad():
        kept = few.sources(x)
        off = np.abs(few(x, kept, mask=causal(5)).data - many(x, mask=causal(5)).data).max()
    sizes = [sum(part.size for part in both) for both in (kept, many.sources(x))]
    return Finding(
        holds=off < 1e-5 and sizes[1] == 3 * sizes[0],
        found=f"off by {off:.0e} at most, {sizes[0] // 10} numbers cached a token instead of {sizes[1] // 10}",
        wanted="none but by rounding, a third",
    )


def _sieved() -> Finding:
    """Compute 10@k of 1,000 programs of which 8 are right, with a filter that lets 9 pass, and without."""
    ks = (10, 100, 1000)
    found = {passed: [tries.ten_at_k(1000, passed, 8, k) for k in ks] for passed in (9, 1000)}
    rises, stays = np.diff(found[9]).min() > 0.2, np.ptp(found[1000]) < 1e-9
    texts = [", ".join(f"{share:.1%}" for share in found[passed]) for passed in (9, 1000)]
    return Finding(
        holds=bool(rises and stays),
        found=f"{texts[0]} for k of 10, 100, 1,000 with it; {texts[1]} without",
        wanted="rising with it, the same without",
    )


def _pieces(network: AlphaCode, stimuli: np.ndarray) -> np.ndarray:
    """Return the token texts of the statement, (t,) of str."""
    return np.array([decode([token]) for token in network.rows(stimuli[:1].tolist())[0].tolist() if token > END])


def _across(network: AlphaCode, stimuli: np.ndarray) -> np.ndarray:
    """Return where the first program that is handed in looks in the statement, in the last layer, (1, heads, t, s)."""
    program = str(network.write(stimuli[:1])[0]).partition("\n")[0].split()
    with no_grad(), watching(network) as seen:
        network(network.rows(stimuli[:1].tolist()), np.array([[START, *(_NUMBERS[word] for word in program)]]))
    weights = seen[f"decoder.{network.config.decoder - 1}.reading.attention"][-1]
    return weights.reshape(1, network.config.queries, -1, weights.shape[-1])


KS = (1, 10, 100, 1000)


def _solved(learner: Successor[AlphaCode], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return 10@k for k of 1 to 1,000: ten at random, ten that draw the example, and of these one of each cluster."""
    rows: dict[str, list[list[float]]] = {"ten at random": [], "filtered": [], "filtered, clustered": []}
    rng = np.random.default_rng(0)
    for text, target in zip(stimuli, targets.tolist(), strict=True):
        programs = learner.network.sample(np.array([text]), KS[-1], rng)[0]
        passed, right = draws_example(programs, str(text)), passing(programs, target)
        n, p, c = len(programs), int(passed.sum()), int(right.sum())
        rows["ten at random"].append([tries.ten_at_k(n, n, c, k) for k in KS])
        rows["filtered"].append([tries.ten_at_k(n, p, c, k) for k in KS])
        by_cluster = [tries.clustered_at_k(programs, passed, right, k, rng, draws=20) for k in KS]
        rows["filtered, clustered"].append(by_cluster)
    return {label: np.mean(curves, axis=0) for label, curves in rows.items()}


FEW = 3
"""Programs that are handed in where it shows best which they are."""


def _by_what_they_do(learner: Successor[AlphaCode], stimuli: np.ndarray, targets: np.ndarray) -> float:
    """Return the share of problems that three programs solve more, one of each cluster, than any of those left."""
    rng, found = np.random.default_rng(0), list[float]()
    for text, target in zip(stimuli, targets.tolist(), strict=True):
        programs = learner.network.sample(np.array([text]), KS[-1], rng)[0]
        passed, right = draws_example(programs, str(text)), passing(programs, target)
        any_three = tries.ten_at_k(KS[-1], int(passed.sum()), int(right.sum()), KS[-1], submissions=FEW)
        by_cluster = tries.clustered_at_k(programs, passed, right, KS[-1], rng, submissions=FEW, draws=20)
        found.append(by_cluster - any_three)
    return float(np.mean(found))


def _published(width: int, queries: int, keys: int, encoder: int, decoder: int, weights: int, rounded: int) -> Size:
    """Return a row of table 3; heads are of 128, feed-forward layers of 6 d, both vocabularies of 8,000."""
    config = AlphaCodeConfig(
        vocabulary=8_000, written=8_000, width=width, hidden=6 * width, queries=queries, keys=keys, head=128,
        encoder=encoder, decoder=decoder, statement=1_536, longest=768,
    )  # fmt: skip
    return Size(config=config, published=weights, rounded=rounded, source="table 3")


M = 10**6
WEAK = "an example that wrong programs draw, too"
AT_RANDOM = {"filter": False, "clusters": False}

ENTRY = Entry(
    label="AlphaCode",
    parents=("transformer", "gpt2", "codex"),
    title="Competition-level code generation with AlphaCode",
    authors="Y. Li, D. Choi, J. Chung, N. Kushman, J. Schrittwieser, R. Leblond and 20 others",
    idea="A thousand programs are drawn, those that fail the example are left out, and of those that do the same, one "
    "is handed in.",
    shrunk="1 + 2 layers for 8 + 56, 48 numbers a token for 6,144; 1,000 programs a problem for a million.",
    network=AlphaCode,
    retina=AlphaCodeConfig(),
    sizes={
        "41B": _published(6144, 48, 16, 8, 56, 41_100 * M, 100 * M),
        "9B": _published(3072, 24, 4, 8, 48, 8_700 * M, 100 * M),
        "3B": _published(2048, 16, 1, 6, 36, 2_800 * M, 100 * M),
        "1B": _published(1408, 11, 1, 5, 30, 1_100 * M, 100 * M),
        "300M": _published(768, 6, 1, 4, 24, 284 * M, M),
    },
    trials=(
        Trial(task="contest", at_least=0.5, seeds=3),
        Trial(task="contest", label="1,000 programs or 10", baseline="alphacode", against={"samples": 10}, seeds=3),
        Trial(
            task="contest", label="no filter, 10 programs or 1,000", changes=AT_RANDOM | {"samples": 10},
            baseline="alphacode", against=AT_RANDOM, above=False, slack=0.05, seeds=3,
        ),
        Trial(task="contest", label=WEAK, options={"example": 1}, at_least=0.53, seeds=3),
    ),
    measures=(
        Measure(
            name="where the example is weak, of three that are handed in by what they do more are right",
            run=_by_what_they_do, stimuli=100, trial=WEAK,
        ),
    ),
    mechanism=Mechanism(name="the filter by the example", without={"filter": False}),
    accepts=Port.TEXT,
    answers=Port.TEXT,
    tasks=("contest",),
    kind=SystemKind.PROGRAMS,
    checks=(
        Check(name="programs of one statement go on from kept keys alike", run=_kept),
        Check(name="few heads of keys are many whose keys are equal", run=_alike),
        Check(name="10@k rises with k through the filter alone", run=_sieved),
    ),
    figures=(
        Figure(
            name="solved", title="Problems solved by ten of k programs", measure=_solved, x="x, for k = 10^x programs",
            y="10@k", stimuli=20,
        ),
    ),
    registers=(
        Watch(name="pieces read", rendering=Rendering.TOKENS, measure=_pieces),
        Watch(name="writing looks across", rendering=Rendering.ATTENTION, measure=_across),
    ),
    small={"width": 8, "hidden": 6, "queries": 2, "head": 4, "encoder": 1, "decoder": 1, "samples": 4},
)  # fmt: skip
