"""Radford, Narasimhan, Salimans and Sutskever 2018: "Improving language understanding by generative pre-training",
OpenAI.

New: the decoder of a Transformer alone first learns to continue unlabelled text, and is then fine-tuned
with few labels, the same weights throughout; only a linear layer is added.

    L1(U) = sum_i log P(u_i | u_1 … u_i-1)                                  (1), pre-training
    h_0 = U W_e + W_p,  h_l = block(h_l-1),  P(u) = softmax(h_n W_eᵀ)       (2)
    L2(C) = sum log P(y | x_1 … x_m),  P(y) = softmax(h_m W_y)              (3), (4)
    L3(C) = L2(C) + λ L1(C), λ = 0.5                                        (5), fine-tuning

with positions that are learned, Gaussian error linear units, and normalisation after each sub-layer.

Shrunk: 2 layers for 12, rows of 64 for 768, 4 heads for 12, texts of 32 tokens for 512, lines of the machine's log book
for 7,000 books. Weights begin with a deviation of 0.07 for 0.02, as wide against the width as theirs. Without dropout.

Assumed: the class is read at the last token of the text, a colon, for the paper's extract token behind it, which 64
examples do not teach where to look. The count is that of the released weights, without a classifier. Weight decay, if
a recipe has any, spares biases and gains as the paper's does, and positions beside them; the table of tokens decays.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from marki.config import setting
from marki.errors import PortError
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.activations import gelu
from successors.nn.bytepairs import PAD, START, padded, shipped
from successors.nn.functions import embedding, linear
from successors.nn.hooks import Watch, watching
from successors.nn.layers import Dropout, Linear
from successors.nn.learner import Successor
from successors.nn.losses import cross_entropy
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2017_transformer import Layer, causal, pieces


@dataclass(frozen=True, kw_only=True)
class GPTConfig(NetworkConfig):
    """Settings of GPT."""

    vocabulary: int = setting(512, "Tokens", low=8)
    width: int = setting(64, "Numbers that stand for a token", low=2)
    hidden: int = setting(256, "Hidden units of the feed-forward layers", low=1)
    heads: int = setting(4, "Attention heads", low=1)
    layers: int = setting(2, "Layers", low=1)
    longest: int = setting(32, "Tokens of a text at most; what is longer is cut off", low=2)
    dropout: float = setting(0.0, "Share left out behind each sub-layer while learning", low=0, high=0.9)
    auxiliary: float = setting(0.5, "lambda, weight of going on with the text while fine-tuning", low=0)
    classes: int = setting(2, "Classes that are told apart; 0: none, as it was counted", low=0, high=255)
    recipe: Recipe = setting(
        Recipe(
            batch=32, pretrain_steps=1400, pretrain_rate=0.006, steps=100, eval_every=100, optimiser="adam", rate=0.001,
            schedule="cosine", warm_up=50, final_lr_fraction=0.02, clip=1.0,
        ),
        "How it is trained",
    )  # fmt: skip


DEVIATION = 0.07
"""Standard deviation of the initial weights."""
_draw = partial(initial.normal, deviation=DEVIATION)
_gelu = partial(gelu, tanh=True)


class GPT(Network):
    """Tokens and learned positions, masked layers, and heads that continue the text or classify it."""

    def __init__(self, config: GPTConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        c = config
        self.tokens = _draw(rng, (c.vocabulary, c.width))
        self.positions = _draw(rng, (c.longest, c.width), decays=False)
        how = {"activation": _gelu, "dropout": c.dropout, "init": _draw}
        self.blocks = [Layer(c.width, c.hidden, c.heads, rng, **how) for _ in range(c.layers)]
        self.head = Linear(c.width, c.classes, rng, init=_draw) if c.classes else None
        self._thin = Dropout(c.dropout)

    def forward(self, tokens: np.ndarray) -> Tensor:
        """Return the states (n, t, width) of tokens (n, t)."""
        t = tokens.shape[1]
        x = embedding(tokens, self.tokens) + self.positions[:t]
        mask = causal(t)
        x = self._thin(x)
        for block in self.blocks:
            x = block(x, mask)
        return x

    def rows(self, texts: list[str]) -> np.ndarray:
        """Encode texts as tokens (n, t), after the start token; texts that are too long are truncated."""
        return padded([[START, *shipped().encode(text)[: self.config.longest - 1]] for text in texts])

    def _ongoing(self, states: Tensor, tokens: np.ndarray) -> Tensor:
        """Return L1 as a mean over tokens."""
        there = tokens[:, 1:] != PAD
        return cross_entropy(linear(states[:, :-1][there], self.tokens), tokens[:, 1:][there])

    def pretrain(self, texts: np.ndarray) -> Tensor:
        """Return the language-modelling loss of texts."""
        tokens = self.rows(texts.tolist())
        return self._ongoing(self(tokens), tokens)

    def _scores(self, states: Tensor, tokens: np.ndarray) -> Tensor:
        if self.head is None:
            raise PortError(
                "a network without classes has no answer on lamps", where="GPT", remedy="Give the network classes"
            )
        last = (tokens != PAD).sum(1) - 1
        return self.head(states[np.arange(len(tokens)), last])

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return the labels, and L3."""
        tokens = self.rows(stimuli.tolist())
        states = self(tokens)
        scores = self._scores(states, tokens)
        loss = self.loss(scores, targets)
        if self.config.auxiliary:
            loss = loss + self._ongoing(states, tokens) * self.config.auxiliary
        return self.decide(scores.data), loss

    def outputs(self, stimuli: np.ndarray) -> np.ndarray:
        """Return the logits of the classes of texts, (n, classes)."""
        tokens = self.rows(stimuli.tolist())
        return self._scores(self(tokens), tokens).data


def _ahead() -> Finding:
    """Change the words that follow."""
    network = GPT(GPTConfig(), np.random.default_rng(0))
    tokens = np.random.default_rng(1).integers(5, 512, (2, 9))
    other = tokens.copy()
    other[:, 5:] = 5
    with no_grad():
        off = np.abs(network(tokens).data - network(other).data).max((0, 2))
    return Finding(
        holds=not off[:5].any() and bool(off[5:].all()),
        found=f"{int((off > 0).sum())} of 9 states change if words 6 to 9 do",
        wanted="the last 4 alone",
    )


PAPER = GPTConfig(vocabulary=40_478, width=768, hidden=3072, heads=12, layers=12, longest=512, classes=0)


def _same() -> Finding:
    """Count the weights that fine-tuning adds to those of pre-training."""
    more = ENTRY.count(PAPER.amend({"classes": 2})) - ENTRY.count(PAPER)
    return Finding(
        holds=more == 2 * PAPER.width + 2, found=f"{more:,} weights more", wanted="a linear layer of two classes"
    )


def _looks(learner: Successor[GPT], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the attention of the heads of the last layer from the end of the first text."""
    network = learner.network
    with watching(network) as seen, no_grad():
        network(network.rows(stimuli[:1].tolist()))
    weights = seen[f"blocks.{network.config.layers - 1}.attention.attention"][-1][0]
    return {f"head {k + 1}": head[-1] for k, head in enumerate(weights)}


ENTRY = Entry(
    label="GPT",
    parents=("transformer",),
    title="Improving language understanding by generative pre-training",
    authors="A. Radford, K. Narasimhan, T. Salimans, I. Sutskever",
    idea="It first learns to go on with text that nobody has labelled; few labels then suffice.",
    shrunk="2 layers for 12, 64 numbers a token for 768; lines of the log book for books.",
    network=GPT,
    retina=GPTConfig(),
    sizes={
        "117M": Size(
            config=PAPER,
            published=116_534_784, source="the released weights",
        ),
    },
    trials=(Trial(task="judge", at_least=0.87),),
    mechanism=Mechanism(name="pre-training", without={"recipe.pretrain_steps": 0}),
    checks=(
        Check(name="no word sees those after it", run=_ahead),
        Check(name="fine-tuning adds a linear layer alone", run=_same),
    ),
    figures=(
        Figure(
            name="looks", title="Where the heads of the last layer look from the colon", measure=_looks,
            x="piece of the line", y="weight", stimuli=1,
        ),
    ),
    registers=(
        Watch(name="pieces read", rendering=Rendering.TOKENS, measure=pieces),
        Watch(name="attention, layer 1", path="blocks.0.attention.attention", rendering=Rendering.ATTENTION),
        Watch(name="attention, layer 2", path="blocks.1.attention.attention", rendering=Rendering.ATTENTION),
    ),
    accepts=Port.TEXT,
    tasks=("judge",),
    small={"width": 8, "hidden": 6, "heads": 2, "layers": 1},
)  # fmt: skip
