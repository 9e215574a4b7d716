"""The LSTM encoder–decoder, with which writers of text are compared: Sutskever, Vinyals and Le 2014, "Sequence to
sequence learning with neural networks"; Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder",
for the initial state of the decoder.

The encoder reads the text backwards, as the former found best; its last state is all that the decoder receives. Shrunk:
one layer in place of four, as many weights as the Transformer at retina scale, and one token table. Assumed: the
decoder's initial cell is a linear layer of that state.

What is compared: five times as many steps as the Transformer takes, at a rate that suits it. With the
Transformer's recipe, 600 steps at a rate of 0.003, it had learned nothing. On the validation set of captions, seed 100,
it translated rightly to the letter

    600 steps    0.0 % at a rate of 0.003    5.5 % at 0.01    2.2 % at 0.03
    1,800 steps                             79.2 % at 0.01
    3,000 steps                             87.8 % at 0.01, the recipe chosen

where the Transformer needs 600 steps; its own curve still rises at the end. ``benchmarks/bench_seq2seq.py`` prints
these curves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import setting
from successors.nn import initial
from successors.nn.functions import embedding, linear
from successors.nn.layers import Linear, LSTMLayer
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor
from successors.nn.writer import Writer


@dataclass(frozen=True, kw_only=True)
class EncoderDecoderConfig(NetworkConfig):
    """Settings of the LSTM encoder–decoder."""

    vocabulary: int = setting(512, "Tokens, shared by both languages", low=8)
    width: int = setting(64, "Numbers that stand for a token", low=1)
    hidden: int = setting(132, "Memory cells of encoder and of decoder each", low=1)
    longest: int = setting(96, "Tokens of a sentence at most", low=2)
    smoothing: float = setting(0.1, "Share of the truth given to all tokens alike", low=0, high=0.9)
    recipe: Recipe = setting(
        Recipe(
            batch=64, steps=3_000, eval_every=500, optimiser="adam", rate=0.01, schedule="cosine", warm_up=100,
            final_lr_fraction=0.02, clip=1.0,
        ),
        "How it is trained",
    )  # fmt: skip


class EncoderDecoder(Writer):
    """Two LSTM layers, and a token table that is tied to the output."""

    def __init__(self, config: EncoderDecoderConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        c = config
        self.tokens = initial.normal(rng, (c.vocabulary, c.width), c.width**-0.5)
        self.encoder = LSTMLayer(c.width, c.hidden, rng)
        self.cell = Linear(c.hidden, c.hidden, rng)
        self.decoder = LSTMLayer(c.width, c.hidden, rng)
        self.output = Linear(c.hidden, c.width, rng)

    def _read(self, source: np.ndarray) -> tuple[Tensor, Tensor]:
        told = self.encoder(embedding(source[:, ::-1], self.tokens))[:, -1]
        return told, self.cell(told)

    def forward(self, source: np.ndarray, target: np.ndarray) -> Tensor:
        """Return the logits (n, t, vocabulary) for tokens (n, s) and the beginning of their translation (n, t)."""
        states = self.decoder(embedding(target, self.tokens), self._read(source))
        return linear(self.output(states), self.tokens)

    def begin(self, source: np.ndarray) -> list[Tensor]:
        """Encode tokens (n, s); return state and cell."""
        return list(self._read(source))

    def follow(self, tokens: np.ndarray, memory: list[Tensor]) -> np.ndarray:
        """Decode one more token (n,): return the logits (n, vocabulary) of the next one."""
        states, seen = self.decoder(embedding(tokens[:, None], self.tokens), tuple(memory), trace=True)
        memory[:] = states[:, -1], Tensor(seen["cell"][:, -1])
        return linear(self.output(memory[0]), self.tokens).data
