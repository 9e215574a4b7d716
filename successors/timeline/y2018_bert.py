"""Devlin, Chang, Lee and Toutanova 2018: "BERT: pre-training of deep bidirectional transformers for language
understanding".

New: the encoder of a Transformer is pre-trained on two tasks that need no labels, so that each word may be read in the
light of all others, before and after it. Then it is fine-tuned, all of it, with one layer more.

    masked LM: of the tokens 15 % are chosen; 80 % of these are hidden, 10 % changed, 10 % left; which were they?
    next sentence: does B follow A in the text, or does it come from another one? Read at the first token, half each.
    input = token + segment (A or B) + position                                                  (figure 2)
    pooled = tanh(W h_first + b); classes = softmax(W' pooled)                                    (section 3)

Shrunk: 2 layers for 12, rows of 64 for 768, 4 heads for 12, texts of 64 tokens for 512; lines of the machine's log book
for books and Wikipedia, B what follows a sentence of a line's last third. Lines being short, 30 % of their tokens
are to be found. Weights begin with a deviation of 0.07 for 0.02, as wide against the width as theirs. Without dropout.

Assumed: B is taken from the next text of the batch where it is not the one that follows; a hidden word of the log book
is sought as one, two or three tokens, and the likeliest in the mean is taken. The count is that of the released
weights, pooler included, without the layers that the two tasks of pre-training need. Weight decay, if a recipe has any,
spares biases and gains as in the authors' code, and positions beside them; the tables of tokens and segments decay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from marki.config import setting
from marki.errors import PortError
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.activations import gelu
from successors.nn.bytepairs import MASK, NEXT, PAD, START, padded, shipped
from successors.nn.functions import embedding, linear
from successors.nn.hooks import Watch, watching
from successors.nn.layers import Dropout, LayerNorm, Linear
from successors.nn.learner import Successor
from successors.nn.losses import cross_entropy, log_softmax
from successors.nn.module import training_rng
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2017_transformer import Layer, pieces

DEVIATION = 0.07
"""Standard deviation of the initial weights."""
_draw = partial(initial.normal, deviation=DEVIATION)
_gelu = partial(gelu, tanh=True)
HIDDEN = "_"
"""Placeholder of a hidden word."""
WIDEST = 3
"""Largest number of tokens of a hidden word."""
_SENTENCE = re.compile(r"(?<=[.]) ")


@dataclass(frozen=True, kw_only=True)
class BERTConfig(NetworkConfig):
    """Settings of BERT."""

    vocabulary: int = setting(512, "Tokens", low=8)
    width: int = setting(64, "Numbers that stand for a token", low=2)
    hidden: int = setting(256, "Hidden units of the feed-forward layers", low=1)
    heads: int = setting(4, "Attention heads", low=1)
    layers: int = setting(2, "Layers", low=1)
    longest: int = setting(64, "Tokens of a text at most; what is longer is cut off", low=8)
    dropout: float = setting(0.0, "Share left out behind each sub-layer while learning", low=0, high=0.9)
    masked: float = setting(0.3, "Share of the tokens that are to be found", low=0.01, high=0.9)
    following: bool = setting(True, "Whether it also learns whether one part follows the other")
    classes: int = setting(0, "Classes that are told apart; 0: none", low=0, high=255)
    learns: bool = setting(True, "Whether it has the layers that pre-training alone needs")
    recipe: Recipe = setting(
        Recipe(
            batch=32, pretrain_steps=2000, pretrain_rate=0.004, steps=100, eval_every=1050, optimiser="adam",
            rate=0.001, schedule="cosine", warm_up=50, final_lr_fraction=0.02, clip=1.0,
        ),
        "How it is trained",
    )  # fmt: skip


class BERT(Network):
    """The encoder, a pooler of its first token, and heads: hidden tokens, the next sentence, classes.

    Parameters
    ----------
    config : BERTConfig
    rng : Generator
    """

    def __init__(self, config: BERTConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        c = config
        self.tokens = _draw(rng, (c.vocabulary, c.width))
        self.positions = _draw(rng, (c.longest, c.width), decays=False)
        self.segments = _draw(rng, (2, c.width))
        self.norm = LayerNorm(c.width, eps=1e-12)
        how = {"activation": _gelu, "dropout": c.dropout, "init": _draw, "eps": 1e-12}
        self.layers = [Layer(c.width, c.hidden, c.heads, rng, **how) for _ in range(c.layers)]
        self.pooler = Linear(c.width, c.width, rng, init=_draw)
        if c.learns:
            self.turn = Linear(c.width, c.width, rng, init=_draw)
            self.turn_norm = LayerNorm(c.width, eps=1e-12)
            self.output_bias = initial.constant((c.vocabulary,))
            self.following = Linear(c.width, 2, rng, init=_draw)
        self.head = Linear(c.width, c.classes, rng, init=_draw) if c.classes else None
        self._thin = Dropout(c.dropout)

    def forward(self, tokens: np.ndarray, segments: np.ndarray) -> Tensor:
        """Return the states (n, t, width) of tokens (n, t) in segments (n, t) of 0 and 1."""
        x = embedding(tokens, self.tokens) + embedding(segments, self.segments) + self.positions[: tokens.shape[1]]
        x = self._thin(self.norm(x))
        mask = (tokens != PAD)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask)
        return x

    def pooled(self, states: Tensor) -> Tensor:
        """Return the pooled state of the first token, (n, width)."""
        return self.pooler(states[:, 0]).tanh()

    def hidden(self, states: Tensor) -> Tensor:
        """Return the logits (m, vocabulary) of the tokens of states (m, width)."""
        return linear(self.turn_norm(_gelu(self.turn(states))), self.tokens, self.output_bias)

    def rows(self, pairs: list[tuple[str, str]], widths: list[int] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return pairs of parts as tokens (n, t), START A NEXT B NEXT, and segments (n, t).

        Hidden words have the widths given, or one token. Pairs that are too long are truncated.
        """
        widths = widths or [1] * len(pairs)
        encoded = [tuple(_hidden(part, width) for part in pair) for pair, width in zip(pairs, widths, strict=True)]
        tokens = padded([[START, *a, NEXT, *b, NEXT][: self.config.longest] for a, b in encoded])
        first = np.array([len(a) + 2 for a, _ in encoded])
        return tokens, (np.arange(tokens.shape[1]) >= first[:, None]).astype(np.int64)

    def pretrain(self, texts: np.ndarray) -> Tensor:
        """Return the loss of both pre-training tasks."""
        tokens, segments, shown, chosen, follows = self.posed(texts, training_rng() or np.random.default_rng(0))
        states = self(shown, segments)
        loss = cross_entropy(self.hidden(states[chosen]), tokens[chosen])
        if self.config.following:
            loss = loss + cross_entropy(self.following(self.pooled(states)), follows)
        return loss

    def posed(self, texts: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Return inputs and targets of both pre-training tasks.

        Returns
        -------
        tokens, segments, shown : ndarray of int64, shape (n, t)
            `shown` are the tokens, some of them hidden or changed.
        chosen : ndarray of bool, shape (n, t)
            Which tokens are to be predicted.
        follows : ndarray of int64, shape (n,)
            Whether B follows A.
        """
        halves = [_cut(text, rng) for text in texts.tolist()]
        follows = rng.random(len(halves)) < 0.5 if self.config.following else np.ones(len(halves), bool)
        others = halves[1:] + halves[:1]
        pairs = [(a, b if own else other[1]) for (a, b), other, own in zip(halves, others, follows, strict=True)]
        tokens, segments = self.rows(pairs)
        return tokens, segments, *self._masked(tokens, rng), follows.astype(np.int64)

    def _masked(self, tokens: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return tokens with some hidden or changed, and the mask of those to be predicted, bool (n, t)."""
        words = ~np.isin(tokens, (PAD, START, NEXT))
        chosen = words & (rng.random(tokens.shape) < self.config.masked)
        if not chosen.any():
            chosen.flat[np.flatnonzero(words)[0]] = True
        fate = rng.random(tokens.shape)
        shown = np.where(chosen & (fate < 0.8), MASK, tokens)
        changed = rng.integers(NEXT + 1, self.config.vocabulary, tokens.shape)
        return np.where(chosen & (fate >= 0.9), changed, shown), chosen

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return the labels of texts, or the hidden words, and the loss."""
        if targets.dtype.kind != "U":
            scores = self._scores(stimuli)
            return self.decide(scores.data), self.loss(scores, targets)
        words = [_word(word) for word in targets.tolist()]
        tokens, segments = self.rows([_cut(text) for text in stimuli.tolist()], [len(word) for word in words])
        found = (tokens == MASK).sum(1)
        for k, word in enumerate(words):
            if found[k] != len(word):
                raise PortError(
                    f"text {k} has no hidden word among the {self.config.longest} tokens that are read",
                    where="text port",
                    remedy=f"Put {HIDDEN} where a word is to be found",
                )
        scores = self.hidden(self(tokens, segments)[tokens == MASK])
        best, at = scores.data.argmax(-1), np.cumsum([0, *map(len, words)])
        said = [shipped().decode(best[a:b].tolist()).strip() for a, b in pairwise(at)]
        return np.array(said, np.str_), self.loss(scores, np.concatenate(words))

    def _scores(self, stimuli: np.ndarray) -> Tensor:
        if self.head is None:
            raise PortError(
                "a network without classes has no answer on lamps", where="BERT", remedy="Give the network classes"
            )
        return self.head(self.pooled(self(*self.rows([_cut(text) for text in stimuli.tolist()]))))

    def outputs(self, stimuli: np.ndarray) -> np.ndarray:
        """Return the logits of the classes of texts, (n, classes)."""
        return self._scores(stimuli).data

    def write(self, stimuli: np.ndarray) -> np.ndarray:
        """Return the hidden word of each text; "" where there is none."""
        pairs = [_cut(text) for text in stimuli.tolist()]
        best = np.full(len(pairs), -np.inf)
        words = np.full(len(pairs), "", dtype=object)
        for width in range(1, WIDEST + 1):
            tokens, segments = self.rows(pairs, [width] * len(pairs))
            logs = log_softmax(self.hidden(self(tokens, segments))).data
            for k, row in enumerate(tokens):
                there = logs[k, row == MASK]
                if len(there) == width and there.max(-1).mean() > best[k]:
                    best[k] = there.max(-1).mean()
                    words[k] = shipped().decode(there.argmax(-1).tolist()).strip()
        return words.astype(np.str_)


def _cut(text: str, rng: np.random.Generator | None = None) -> tuple[str, str]:
    """Split a text after a sentence that ends in its last third: the first such, or a random one."""
    ends = [match.start() for match in _SENTENCE.finditer(text)] or [len(text)]
    late = [end for end in ends if 3 * end >= 2 * len(text)] or ends[-1:]
    end = late[0 if rng is None else int(rng.integers(len(late)))]
    return text[:end], text[end:]


def _word(word: str) -> list[int]:
    """Return the tokens of a word with the space before it."""
    return shipped().encode(f" {word}")[:WIDEST]


def _hidden(text: str, width: int) -> list[int]:
    """Return the tokens of a text whose hidden word, if there is one, is so many tokens wide."""
    before, sign, after = text.partition(HIDDEN)
    return [*shipped().encode(before.rstrip()), *[MASK] * width * len(sign), *shipped().encode(after)]


def _sees() -> Finding:
    """Change the last word, and the first, and look at the state of one between."""
    network = BERT(BERTConfig(), np.random.default_rng(0))
    tokens = np.random.default_rng(1).integers(5, 512, (1, 9))
    segments = np.zeros_like(tokens)
    changes = []
    with no_grad():
        for place in (0, 8):
            other = tokens.copy()
            other[0, place] = 5
            changes.append(float(np.abs(network(tokens, segments).data - network(other, segments).data)[0, 4].max()))
    return Finding(
        holds=min(changes) > 1e-3,
        found=f"the fifth state changes by {changes[0]:.2f} with the first word, by {changes[1]:.2f} with the last",
        wanted="by both",
    )


def _shares() -> Finding:
    """Count what is hidden, changed and left of what is to be found."""
    network = BERT(BERTConfig(masked=0.15), np.random.default_rng(0))
    tokens = np.random.default_rng(1).integers(5, 512, (2_000, 40))
    shown, chosen = network._masked(tokens, np.random.default_rng(2))
    masked, left = (shown[chosen] == MASK).mean(), (shown[chosen] == tokens[chosen]).mean()
    return Finding(
        holds=abs(chosen.mean() - 0.15) < 0.01 and abs(masked - 0.8) < 0.01 and abs(left - 0.1) < 0.01
        and bool((shown == tokens)[~chosen].all()),
        found=f"{chosen.mean():.1%} to be found, of these {masked:.1%} hidden, {left:.1%} left",
        wanted="15 %, 80 %, 10 %, and nothing else touched",
    )  # fmt: skip


def _looks(learner: Successor[BERT], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the attention of the heads of the last layer from the first token of the first text."""
    network = learner.network
    with watching(network) as seen, no_grad():
        network(*network.rows([_cut(stimuli[0])]))
    weights = seen[f"layers.{network.config.layers - 1}.attention.attention"][-1][0]
    return {f"head {k + 1}": head[0] for k, head in enumerate(weights)}


def published(layers: int, width: int, heads: int) -> BERTConfig:
    """Return a published size: 30,522 tokens, texts of 512."""
    return BERTConfig(
        vocabulary=30_522, width=width, hidden=4 * width, heads=heads, layers=layers, longest=512, learns=False
    )


SOURCE = "the released weights, with pooler"

ENTRY = Entry(
    label="BERT",
    parents=("transformer",),
    title="BERT: pre-training of deep bidirectional transformers for language understanding",
    authors="J. Devlin, M.-W. Chang, K. Lee, K. Toutanova",
    idea="It learns to read by finding hidden words from those before and behind them, and is then fine-tuned.",
    shrunk="2 layers for 12, 64 numbers a token for 768; lines of the log book for books and Wikipedia.",
    network=BERT,
    retina=BERTConfig(),
    sizes={
        "large": Size(config=published(24, 1024, 16), published=335_141_888, source=SOURCE),
        "base": Size(config=published(12, 768, 12), published=109_482_240, source=SOURCE),
    },
    trials=(
        Trial(
            task="cloze",
            options={"train": 64},
            label="words left out, from 64 labelled lines",
            at_least=0.41,
            remark="The lines of the validation set, from which the bound follows, are easier for it.",
        ),
    ),
    mechanism=Mechanism(name="pre-training", without={"recipe.pretrain_steps": 0}),
    accepts=Port.TEXT,
    answers=Port.TEXT,
    other=((Port.TEXT, Port.LAMPS),),
    tasks=("cloze", "judge"),
    checks=(
        Check(name="a word is seen from both sides", run=_sees),
        Check(name="what is hidden, changed and left", run=_shares),
    ),
    figures=(
        Figure(
            name="looks", title="Where the heads of the last layer look from the first token", measure=_looks,
            x="piece of the line", y="weight", stimuli=1,
        ),
    ),
    registers=(
        Watch(name="pieces read", rendering=Rendering.TOKENS, measure=pieces),
        Watch(name="attention, layer 1", path="layers.0.attention.attention", rendering=Rendering.ATTENTION),
        Watch(name="attention, layer 2", path="layers.1.attention.attention", rendering=Rendering.ATTENTION),
    ),
    small={"width": 8, "hidden": 6, "heads": 2, "layers": 1},
)  # fmt: skip
