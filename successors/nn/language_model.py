"""Language models: networks that go on with a text, token by token, and are asked in the words of a prompt.

While they write, keys and values are cached. Texts of one length are read together, equal ones once; those that end
drop out of the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import numpy as np

from successors.nn.bytepairs import END, PAD, START, padded
from successors.nn.functions import linear
from successors.nn.hooks import watching
from successors.nn.lexicon import teletype
from successors.nn.network import Network
from successors.nn.past import Past
from successors.nn.tensor import Tensor, no_grad
from successors.nn.writer import check_sampling, drawn

Choice = Callable[[np.ndarray], np.ndarray]
"""Chooses the next token (n,) of each text from logits (n, vocabulary)."""


class Encoding(Protocol):
    """Text as tokens, such as `BytePairs` or `Lexicon`."""

    @property
    def size(self) -> int:
        """Number of tokens in the vocabulary."""
        ...

    def encode(self, text: str) -> list[int]:
        """Encode a text as tokens."""
        ...

    def decode(self, tokens: Iterable[int]) -> str:
        """Decode tokens to text."""
        ...

    def pieces(self, text: str) -> list[str]:
        """Return the text of each token separately."""
        ...


class LanguageModel(Network):
    """Base of such networks; its config has `longest`, tokens of a text at most, and `layers`.

    A subclass has a table of `tokens`, which is the output layer too, and defines ``forward(tokens, kept)``.
    """

    tokens: Tensor

    @property
    def encoding(self) -> Encoding:
        """How it reads and writes texts."""
        return teletype()

    def forward(self, tokens: np.ndarray, kept: Sequence[Past] = ()) -> Tensor:
        """Return the states (n, t, width) of tokens (n, t).

        Parameters
        ----------
        tokens : ndarray
        kept : sequence of Past
            The cache of each layer, if they go on with texts that were read before; it grows.
        """
        raise NotImplementedError

    def scores(self, states: Tensor) -> Tensor:
        """Return the logits (..., vocabulary) of the tokens that follow states (..., width)."""
        return linear(states, self.tokens)

    def caches(self) -> list[Past]:
        """Return an empty cache for each layer."""
        return [Past() for _ in range(self.config.layers)]

    def follow(self, tokens: np.ndarray, kept: Sequence[Past]) -> np.ndarray:
        """Go on with texts by tokens (n, t): return the logits (n, vocabulary) after the last; the caches grow."""
        return self.scores(self(tokens, kept)[:, -1]).data

    def row(self, text: str, *, end: bool) -> list[int]:
        """Encode a text after the start token, with an end token if `end`; too long a text is truncated."""
        room, found = self.config.longest - 1 - end, self.encoding.encode(text)
        # Of a prompt that is too long the end is kept, with room for at least one token after it.
        return [START, *(found[:room] if end else found[-(room - 1) :]), *([END] if end else [])]

    def pretrain(self, texts: np.ndarray) -> Tensor:
        """Return the language-modelling loss of texts, the mean over all their tokens."""
        rows = padded([self.row(text, end=True) for text in texts.tolist()])
        there = rows[:, 1:] != PAD
        return self.loss(self.scores(self(rows[:, :-1])[there]), rows[:, 1:][there])

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return the answers to prompts while each right token is told afterwards, and the loss of the targets."""
        asked = [self.encoding.encode(prompt) for prompt in stimuli.tolist()]
        wanted = [self.encoding.encode(f" {answer}") for answer in targets.tolist()]
        longest = self.config.longest
        rows = padded([[START, *a, *w, END][-longest:] for a, w in zip(asked, wanted, strict=True)])
        answers = np.array([min(len(w) + 1, longest - 1) for w in wanted])
        length = (rows != PAD).sum(1)
        at = np.arange(1, rows.shape[1])
        there = (at >= (length - answers)[:, None]) & (at < length[:, None])
        outputs = self.scores(self(rows[:, :-1])[there])
        best = np.full(there.shape, PAD)
        best[there] = outputs.data.argmax(-1)
        return self._texts([row[row > END].tolist() for row in best]), self.loss(outputs, rows[:, 1:][there])

    def write(self, stimuli: np.ndarray) -> np.ndarray:
        """Continue prompts by greedy decoding, (n,) of str."""
        return self.continuations(stimuli.tolist(), lambda scores: scores.argmax(-1))

    def continuations(self, prompts: Sequence[str], choose: Choice) -> np.ndarray:
        """Continue prompts, (n,) of str; each token is what `choose` takes from the logits of several texts."""
        rows = [self.row(prompt, end=False) for prompt in prompts]
        written: list[list[int]] = [[] for _ in rows]
        for length in sorted({len(row) for row in rows}):
            numbers = [number for number, row in enumerate(rows) if len(row) == length]
            for number, found in zip(numbers, self._continued([rows[n] for n in numbers], choose), strict=True):
                written[number] = found
        return self._texts(written)

    def _continued(self, rows: list[list[int]], choose: Choice) -> list[list[int]]:
        """Return the tokens that follow rows of one length; equal rows are read once, rows that ended drop out."""
        once, copies = np.unique(np.array(rows), axis=0, return_inverse=True)
        copies = copies.reshape(-1)
        kept = self.caches()
        scores = self.follow(once, kept)[copies]
        for past in kept:
            past.keep(copies)
        left = np.arange(len(rows))
        written: list[list[int]] = [[] for _ in rows]
        for _ in range(self.config.longest - once.shape[1]):
            tokens = choose(scores)
            going = np.flatnonzero(tokens != END)
            for number, token in zip(left[going].tolist(), tokens[going].tolist(), strict=True):
                written[number].append(token)
            if going.size < len(left):
                left, tokens = left[going], tokens[going]
                for past in kept:
                    past.keep(going)
            if not left.size:
                break
            scores = self.follow(tokens[:, None], kept)
        return written

    def _texts(self, rows: Sequence[Sequence[int]]) -> np.ndarray:
        return np.array([self.encoding.decode(t for t in row if t > END).strip() for row in rows], np.str_)

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
        return self.continuations(
            [prompt] * count, lambda scores: drawn(scores, rng, temperature, top_k, nucleus)
        ).tolist()


def told(network: LanguageModel, stimuli: np.ndarray) -> np.ndarray:
    """Return the token texts of the first prompt and of what it is continued by, (t,) of str."""
    with no_grad():
        return np.array(network.encoding.pieces(f"{stimuli[0]} {network.write(stimuli[:1])[0]}"))


def attended(network: LanguageModel, stimuli: np.ndarray) -> np.ndarray:
    """Return the attention of each token of the first prompt and its continuation in the last of its `blocks`."""
    with no_grad():
        row = network.row(f"{stimuli[0]} {network.write(stimuli[:1])[0]}", end=False)
        with watching(network) as recorded:
            network(np.array([row]))
    return recorded[f"blocks.{network.config.layers - 1}.attention.attention"][-1]
