"""Writers: networks that answer a text with a text, token after token, the likeliest each time."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

from successors.nn.bytepairs import END, PAD, START, padded, shipped
from successors.nn.learner import Network
from successors.nn.losses import cross_entropy
from successors.nn.tensor import Tensor


class Writer(Network):
    """Base of such networks; its config has `longest`, tokens of a text at most, and `smoothing` of the labels.

    A child has ``forward(source, target)``: the scores (n, t, vocabulary) of what follows each of the tokens (n, t)
    that begin the answer to tokens (n, s).
    """

    def begin(self, source: np.ndarray) -> Any:
        """Return what is to be remembered of tokens (n, s) while their answers are written."""
        raise NotImplementedError

    def follow(self, tokens: np.ndarray, memory: Any) -> np.ndarray:
        """Return the scores (n, vocabulary) of what follows one token (n,) more; the memory takes it in."""
        raise NotImplementedError

    def loss(self, outputs: Tensor, targets: np.ndarray) -> Tensor:
        """Return the cross-entropy of scores (m, vocabulary) and the tokens wanted (m,), with smoothed labels."""
        return cross_entropy(outputs, targets, smoothing=self.config.smoothing)

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return what it writes if each token before is right, and the loss."""
        rows = [shipped().encode(text)[: self.config.longest - 1] for text in targets.tolist()]
        wanted = padded([[*row, END] for row in rows])
        outputs = self(self.rows(stimuli), padded([[START, *row] for row in rows]))
        there = wanted != PAD
        best = np.where(there, outputs.data.argmax(-1), END)
        return self.texts(best), self.loss(outputs[there], wanted[there])

    def rows(self, texts: np.ndarray) -> np.ndarray:
        """Return texts (n,) of str as tokens (n, t), each with its end; what is too long is cut off."""
        return padded([[*shipped().encode(text)[: self.config.longest - 1], END] for text in texts.tolist()])

    def texts(self, tokens: np.ndarray) -> np.ndarray:
        """Return the texts (n,) of str that tokens (n, t) stand for, up to their ends."""
        found = []
        for row in tokens.tolist():
            row = row[: row.index(END)] if END in row else row
            found.append(shipped().decode(token for token in row if token > END))
        return np.array(found, dtype=np.str_)

    def write(self, stimuli: np.ndarray) -> np.ndarray:
        """Return the answers to texts."""
        memory = self.begin(self.rows(stimuli))
        written = [np.full(len(stimuli), START)]
        ended = np.zeros(len(stimuli), bool)
        while len(written) < self.config.longest and not ended.all():
            written.append(self.follow(written[-1], memory).argmax(-1))
            ended |= written[-1] == END
        return self.texts(np.stack(written[1:], 1))


@runtime_checkable
class TextSampler(Protocol):
    """A network that draws how a text may go on."""

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
        """Return `count` texts that go on from a prompt."""
        ...
