"""Writers: networks that answer a text with a text, token by token, by greedy decoding."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

from marki.errors import ConfigError
from marki.io.text import check_text
from successors.nn.bytepairs import END, PAD, START, padded, shipped
from successors.nn.losses import cross_entropy
from successors.nn.network import Network
from successors.nn.tensor import Tensor


class Writer(Network):
    """Base of such networks; its config has `longest`, tokens of a text at most, and `smoothing` of the labels.

    A subclass defines ``forward(source, target)``: the logits (n, t, vocabulary) of the token that follows each of the
    tokens (n, t) of the answer to tokens (n, s).
    """

    def begin(self, source: np.ndarray) -> Any:
        """Encode tokens (n, s); return the memory that decoding their answers needs."""
        raise NotImplementedError

    def follow(self, tokens: np.ndarray, memory: Any) -> np.ndarray:
        """Decode one more token (n,): return the logits (n, vocabulary) of the next one, and update the memory."""
        raise NotImplementedError

    def loss(self, outputs: Tensor, targets: np.ndarray) -> Tensor:
        """Return the cross-entropy of logits (m, vocabulary) with the target tokens (m,), with label smoothing."""
        return cross_entropy(outputs, targets, smoothing=self.config.smoothing)

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return the texts written under teacher forcing, and the loss."""
        rows = [shipped().encode(text)[: self.config.longest - 1] for text in targets.tolist()]
        wanted = padded([[*row, END] for row in rows])
        outputs = self(self.rows(stimuli), padded([[START, *row] for row in rows]))
        there = wanted != PAD
        best = np.where(there, outputs.data.argmax(-1), END)
        return self.texts(best), self.loss(outputs[there], wanted[there])

    def rows(self, texts: np.ndarray) -> np.ndarray:
        """Encode texts (n,) of str as tokens (n, t), each with an end token; texts that are too long are truncated."""
        return padded([[*shipped().encode(text)[: self.config.longest - 1], END] for text in texts.tolist()])

    def texts(self, tokens: np.ndarray) -> np.ndarray:
        """Decode tokens (n, t) to texts (n,) of str, up to their end tokens."""
        found = []
        for row in tokens.tolist():
            row = row[: row.index(END)] if END in row else row
            found.append(shipped().decode(token for token in row if token > END))
        return np.array(found, dtype=np.str_)

    def write(self, stimuli: np.ndarray) -> np.ndarray:
        """Write the answers to texts."""
        return self.unrolled(self.begin(self.rows(stimuli)), len(stimuli))

    def unrolled(self, memory: Any, count: int) -> np.ndarray:
        """Write `count` texts from their memory, each token the likeliest."""
        written = [np.full(count, START)]
        ended = np.zeros(count, bool)
        while len(written) < self.config.longest and not ended.all():
            written.append(self.follow(written[-1], memory).argmax(-1))
            ended |= written[-1] == END
        return self.texts(np.stack(written[1:], 1))


def check_sampling(prompt: str, count: int, temperature: float, top_k: int, nucleus: float, vocabulary: int) -> None:
    """Refuse what no continuation can be drawn with; see `TextSampler.generate`.

    Raises
    ------
    PortError
        If the prompt is not text.
    ConfigError
        For settings out of range.
    """
    check_text(np.array([prompt]))
    for name, value, low, high in (
        ("count", count, 1, 1_000),
        ("temperature", temperature, 0, 100),
        ("top_k", top_k, 0, vocabulary),
        ("nucleus", nucleus, 1e-6, 1),
    ):
        if not low <= value <= high:
            raise ConfigError(f"{value} is out of range", where=name, remedy=f"Give {low:g} to {high:g}")


def drawn(
    scores: np.ndarray, rng: np.random.Generator, temperature: float = 1.0, top_k: int = 0, nucleus: float = 1.0
) -> np.ndarray:
    """Draw a token for each row of logits (n, vocabulary) from the likeliest, (n,) int64.

    Parameters
    ----------
    scores : ndarray
    rng : Generator
    temperature : float
        0: the likeliest.
    top_k : int
        Number of likeliest tokens to draw from; 0: all.
    nucleus : float
        Draw from the fewest likeliest tokens whose probabilities sum to this.
    """
    if temperature == 0:
        return scores.argmax(-1)
    if not top_k and nucleus >= 1:  # of all tokens, none need be sorted
        reached = np.cumsum(np.exp((scores - scores.max(-1, keepdims=True)).astype(np.float64) / temperature), -1)
        return (reached < rng.random((len(scores), 1)) * reached[:, -1:]).sum(-1)
    order = np.argsort(-scores, axis=-1, kind="stable")
    sorted_ = np.take_along_axis(scores, order, -1).astype(np.float64) / temperature
    shares = np.exp(sorted_ - sorted_[:, :1])
    if top_k:
        shares[:, top_k:] = 0
    shares /= shares.sum(-1, keepdims=True)
    before = np.cumsum(shares, -1) - shares
    shares[before >= nucleus] = 0
    reached = np.cumsum(shares, -1)
    at = (reached < rng.random((len(scores), 1)) * reached[:, -1:]).sum(-1)
    return np.take_along_axis(order, at[:, None], -1)[:, 0]


@runtime_checkable
class TextSampler(Protocol):
    """A network that samples continuations of a text."""

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
        """Sample `count` continuations of a prompt."""
        ...
