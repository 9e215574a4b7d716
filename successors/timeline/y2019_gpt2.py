"""Radford, Wu, Child, Luan, Amodei and Sutskever 2019: "Language models are unsupervised multitask learners", OpenAI.

New: nothing is fine-tuned. A decoder that continues text, large and trained on much of it, does what it is asked for in
the words of a prompt, P(output | input, task). Any text can be read, since pairs of bytes are merged into tokens;
normalisation precedes each sub-layer, and is applied once more at the end; the weights that lead back into the
shortcuts are initially smaller by 1/sqrt(N), N of these (section 2.3).

    x = x + attention(LayerNorm(x)),  x = x + FFN(LayerNorm(x)),  P(u) = softmax(LayerNorm(x) W_eT)

While it writes, keys and values are cached. It may take the likeliest token each time, or draw one: with a temperature,
from the k likeliest, or from the nucleus, the fewest tokens whose probabilities sum to p (Holtzman et al. 2019, "The
curious case of neural text degeneration", section 3.1).

Shrunk: 2 layers for 12 to 48, rows of 64 for 768 to 1,600, texts of 64 tokens for 1,024, 512 tokens for 50,257;
captions of scenes with further statements about them, and lines of the log book, for 40 GB of the web. Weights begin
with a deviation of 0.07 for 0.02, as wide against the width as theirs. Without dropout.

Assumed: every document begins with one token and ends with another, where theirs are parted by one. The counts are
those of the released weights; the paper itself counts 117 million for the small one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.activations import gelu
from successors.nn.bytepairs import END, PAD, START, padded, shipped
from successors.nn.functions import embedding, linear
from successors.nn.hooks import Watch, watching
from successors.nn.layers import Dropout, LayerNorm
from successors.nn.learner import Successor
from successors.nn.module import Module
from successors.nn.network import Network
from successors.nn.past import Past
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, no_grad
from successors.nn.writer import check_sampling, drawn
from successors.timeline.y2017_transformer import FeedForward, MultiHead, causal

DEVIATION = 0.07
"""Standard deviation of the initial weights."""
_draw = partial(initial.normal, deviation=DEVIATION)
_gelu = partial(gelu, tanh=True)


@dataclass(frozen=True, kw_only=True)
class GPT2Config(NetworkConfig):
    """Settings of GPT-2."""

    vocabulary: int = setting(512, "Tokens", low=8)
    width: int = setting(64, "Numbers that stand for a token", low=2)
    hidden: int = setting(256, "Hidden units of the feed-forward layers", low=1)
    heads: int = setting(4, "Attention heads", low=1)
    layers: int = setting(2, "Layers", low=1)
    longest: int = setting(64, "Tokens of a text at most", low=3)
    dropout: float = setting(0.0, "Share left out behind each sub-layer while learning", low=0, high=0.9)
    pre_norm: bool = setting(
        True, "Whether normalisation stands before each sub-layer; else behind it, as in 2018", formerly="before"
    )
    recipe: Recipe = setting(
        Recipe(
            batch=32, pretrain_steps=1200, pretrain_rate=0.004, steps=0, eval_every=600, optimiser="adam",
            schedule="cosine", warm_up=50, final_lr_fraction=0.02, clip=1.0,
        ),
        "How it is trained",
    )  # fmt: skip


class Block(Module):
    """Masked self-attention and a feed-forward network, each within a shortcut and normalised before.

    Parameters
    ----------
    config : GPT2Config
    rng : Generator
    """

    def __init__(self, config: GPT2Config, rng: np.random.Generator):
        c = config
        self.norm1 = LayerNorm(c.width)
        self.attention = MultiHead(c.width, c.heads, rng, dropout=c.dropout, init=_draw)
        self.norm2 = LayerNorm(c.width)
        self.mlp = FeedForward(c.width, c.hidden, rng, activation=_gelu, init=_draw)
        for back in (self.attention.output.weight, self.mlp.second.weight):
            if back.data.flags.writeable:  # not for mere shapes
                back.data *= (2 * c.layers) ** -0.5
        self._before, self._thin = c.pre_norm, Dropout(c.dropout)

    def forward(self, x: Tensor, mask: np.ndarray | None = None, past: Past | None = None) -> Tensor:
        """Return (n, t, width); with the cache of the rows before, the output for those that follow."""
        y = self.norm1(x) if self._before else x
        y = self.attention(y, mask=mask) if past is None else self.attention.step(y, past, mask=mask)
        x = x + self._thin(y)
        if not self._before:
            x = self.norm1(x)
            return self.norm2(x + self._thin(self.mlp(x)))
        return x + self._thin(self.mlp(self.norm2(x)))


class GPT2(Network):
    """Tokens and learned positions, masked blocks, and an output layer tied to the token table.

    Parameters
    ----------
    config : GPT2Config
    rng : Generator
    """

    def __init__(self, config: GPT2Config, rng: np.random.Generator):
        super().__init__(config, rng)
        c = config
        self.tokens = _draw(rng, (c.vocabulary, c.width))
        self.positions = _draw(rng, (c.longest, c.width), decays=False)
        self.blocks = [Block(c, rng) for _ in range(c.layers)]
        self.norm = LayerNorm(c.width)
        self._thin = Dropout(c.dropout)

    def forward(self, tokens: np.ndarray) -> Tensor:
        """Return the states (n, t, width) of tokens (n, t)."""
        t = tokens.shape[1]
        mask = causal(t)
        x = self._thin(embedding(tokens, self.tokens) + self.positions[:t])
        for block in self.blocks:
            x = block(x, mask)
        return self.norm(x)

    def follow(self, tokens: np.ndarray, kept: list[Past], place: int) -> np.ndarray:
        """Return the logits (n, vocabulary) after tokens (n,) at a position; `kept`, one cache per block, grows."""
        x = embedding(tokens[:, None], self.tokens) + self.positions[place : place + 1]
        for block, past in zip(self.blocks, kept, strict=True):
            x = block(x, past=past)
        return linear(self.norm(x), self.tokens).data[:, -1]

    def rows(self, texts: list[str], *, end: bool) -> np.ndarray:
        """Encode texts as tokens (n, t) after the start token, with an end token if `end`; long texts are truncated."""
        room = self.config.longest - 1 - end
        encoded = [shipped().encode(text) for text in texts]
        # Of a prompt that is too long the end is kept, with room for at least one token after it.
        encoded = [row[:room] if end else row[-(room - 1) :] for row in encoded]
        return padded([[START, *row, *([END] if end else [])] for row in encoded])

    def pretrain(self, texts: np.ndarray) -> Tensor:
        """Return the language-modelling loss of texts."""
        tokens = self.rows(texts.tolist(), end=True)
        return self._ongoing(tokens, tokens[:, 1:] != PAD)

    def _ongoing(self, tokens: np.ndarray, there: np.ndarray) -> Tensor:
        """Return the mean loss of the tokens predicted at the positions where `there` is true."""
        states = self(tokens)[:, :-1]
        return self.loss(linear(states[there], self.tokens), tokens[:, 1:][there])

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return the answers to prompts, and the loss of the targets; the paper does not fine-tune."""
        both = [f"{prompt} {answer}" for prompt, answer in zip(stimuli.tolist(), targets.tolist(), strict=True)]
        tokens = self.rows(both, end=True)
        asked = np.array([len(shipped().encode(prompt)) for prompt in stimuli.tolist()])
        there = (tokens[:, 1:] != PAD) & (np.arange(tokens.shape[1] - 1) >= asked[:, None])
        if not there.any():
            there[:, 0] = True
        with no_grad():
            answers = self.write(stimuli)
        return answers, self._ongoing(tokens, there)

    def write(self, stimuli: np.ndarray) -> np.ndarray:
        """Continue prompts by greedy decoding, (n,) of str."""
        return self._written(stimuli.tolist(), lambda scores: scores.argmax(-1))

    def generate(
        self,
        prompt: str,
        rng: np.random.Generator,
        *,
        count: int = 1,
        temperature: float = 1.0,
        top_k: int = 0,
        nucleus: float = 1.0,
    ) -> list[str]:
        """Sample continuations of a prompt, token by token.

        Parameters
        ----------
        prompt : str
        rng : Generator
        count : int
            Number of continuations.
        temperature : float
            Divisor of the logits; 0: the likeliest token.
        top_k : int
            Number of likeliest tokens to draw from; 0: all.
        nucleus : float
            Probability mass of the likeliest tokens to draw from; 1: all.

        Raises
        ------
        PortError
            If the prompt is not text.
        ConfigError
            For settings out of range.
        """
        check_sampling(prompt, count, temperature, top_k, nucleus, self.config.vocabulary)
        with no_grad():
            texts = self._written([prompt] * count, lambda scores: drawn(scores, rng, temperature, top_k, nucleus))
        return texts.tolist()

    def _written(self, prompts: list[str], choose: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        rows = self.rows(prompts, end=False)
        lengths = (rows != PAD).sum(1)
        kept = [Past() for _ in self.blocks]
        tokens, ended = rows[:, 0], np.zeros(len(rows), bool)
        written: list[list[int]] = [[] for _ in rows]
        for place in range(self.config.longest - 1):
            following = choose(self.follow(tokens, kept, place))
            asked = place + 1 < lengths
            tokens = np.where(asked, rows[:, min(place + 1, rows.shape[1] - 1)], following)
            ended |= ~asked & (tokens == END)
            for k in np.flatnonzero(~asked & ~ended):
                written[k].append(int(tokens[k]))
            if ended.all():
                break
        return np.array([shipped().decode(t for t in row if t > END).strip() for row in written], np.str_)


def _pair() -> tuple[GPT2, np.ndarray]:
    return GPT2(GPT2Config(), np.random.default_rng(0)), np.random.default_rng(1).integers(5, 512, (3, 12))


def _kept() -> Finding:
    """Compare logits while writing, with cached keys and values, with those recomputed."""
    network, tokens = _pair()
    kept = [Past() for _ in network.blocks]
    with no_grad():
        written = np.stack([network.follow(row, kept, place) for place, row in enumerate(tokens.T)], 1)
        anew = linear(network(tokens), network.tokens).data
    worst = float(np.abs(written - anew).max())
    return Finding(holds=worst < 1e-4, found=f"scores differ by {worst:.0e} at most", wanted="none but by rounding")


def _nucleus() -> Finding:
    """Draw often from probabilities of 0.5, 0.3, 0.15 and 0.05 with a nucleus of 0.75."""
    scores = np.log(np.tile([0.05, 0.5, 0.15, 0.3], (20_000, 1)))
    found = np.bincount(drawn(scores, np.random.default_rng(0), nucleus=0.75), minlength=4) / len(scores)
    return Finding(
        holds=not found[[0, 2]].any() and abs(found[1] - 0.625) < 0.02,
        found=f"the two likeliest alone, {found[1]:.1%} and {found[3]:.1%}",
        wanted="62.5 % and 37.5 %",
    )


def _any() -> Finding:
    """Encode and decode texts from which no merge was learned."""
    texts = ["Ω ≠ naïve 感知机 🙂", "xqzj", "  spaces\nand lines "]
    same = sum(shipped().decode(shipped().encode(text)) == text for text in texts)
    return Finding(holds=same == len(texts), found=f"{same} of {len(texts)} come back as they were", wanted="all")


def _tokens(network: GPT2, stimuli: np.ndarray) -> np.ndarray:
    """Return the token texts of a prompt and its continuation, (t,) of str."""
    with no_grad():
        return np.array(shipped().pieces(f"{stimuli[0]} {network.write(stimuli)[0]}"))


def _attention(network: GPT2, stimuli: np.ndarray) -> np.ndarray:
    """Return the attention of each token of prompt and answer in the last layer, (1, heads, t, t)."""
    with no_grad():
        text = f"{stimuli[0]} {network.write(stimuli)[0]}"
        with watching(network) as seen:
            network(network.rows([text], end=False))
    return seen[f"blocks.{network.config.layers - 1}.attention.attention"][-1]


def _looks(learner: Successor[GPT2], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return how far back the heads of the last layer attend, for each token of a prompt and its answer."""
    weights = _attention(learner.network, stimuli[:1])[0]
    at = np.arange(weights.shape[-1])
    return {f"head {k + 1}": at - head @ at for k, head in enumerate(weights)}


def published(layers: int, width: int, heads: int) -> GPT2Config:
    """Return a published size: 50,257 tokens, texts of 1,024."""
    return GPT2Config(vocabulary=50_257, width=width, hidden=4 * width, heads=heads, layers=layers, longest=1_024)


SOURCE = "the released weights"

ENTRY = Entry(
    label="GPT-2",
    parents=("transformer",),
    title="Language models are unsupervised multitask learners",
    authors="A. Radford, J. Wu, R. Child, D. Luan, D. Amodei, I. Sutskever",
    idea="Whoever goes on with text well enough does what a prompt asks for, without fine-tuning.",
    shrunk="2 layers for 12 to 48, 64 numbers a token for 768 to 1,600; captions and log lines for the web.",
    network=GPT2,
    retina=GPT2Config(),
    sizes={
        "XL": Size(config=published(48, 1600, 25), published=1_557_611_200, source=SOURCE),
        "small": Size(config=published(12, 768, 12), published=124_439_808, source=SOURCE),
        "medium": Size(config=published(24, 1024, 16), published=354_823_168, source=SOURCE),
        "large": Size(config=published(36, 1280, 20), published=774_030_080, source=SOURCE),
    },
    trials=(Trial(task="prompts", at_least=0.92),),
    mechanism=Mechanism(
        name="normalisation before the sub-layers",
        without={"pre_norm": False},
        remark="With two layers, nets that are normalised behind learn as well with some seeds, far worse with others.",
    ),
    accepts=Port.TEXT,
    answers=Port.TEXT,
    tasks=("prompts",),
    checks=(
        Check(name="kept keys and values give the same scores", run=_kept),
        Check(name="the nucleus is drawn from by its shares", run=_nucleus),
        Check(name="any text comes back from its tokens", run=_any),
    ),
    figures=(
        Figure(
            name="looks", title="How far back the heads of the last layer look", measure=_looks,
            x="piece of prompt and answer", y="pieces back", stimuli=1,
        ),
    ),
    registers=(
        Watch(name="pieces read and written", rendering=Rendering.TOKENS, measure=_tokens),
        Watch(name="attention, last layer", rendering=Rendering.ATTENTION, measure=_attention),
    ),
    small={"width": 8, "hidden": 6, "heads": 2, "layers": 1},
)  # fmt: skip
