"""Rumelhart, Hinton and Williams 1986: "Learning representations by back-propagating errors", Nature 323, 533-536.

New: the error is carried back through the layers, so that units in the middle, for which nobody states a wish, find
features of their own. Minsky and Papert's counter-examples, parity and connectedness, are learned.

Equations (numbers of the paper):

    x_j = sum_i y_i w_ji                     (1)
    y_j = 1 / (1 + exp(-x_j))                (2)
    E = 1/2 sum_c sum_j (y_jc - d_jc)^2      (3)
    dw(t) = -eps dE/dw(t) + alpha dw(t-1)    (9)

Shrunk: nothing; the retina's 400 cells are the input, and one output unit stands for each class.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from marki.config import Config, setting
from successors.nn import initial
from successors.nn.entry import Entry, Mechanism, Size, Trial
from successors.nn.layers import Linear
from successors.nn.learner import Network
from successors.nn.recipe import Recipe
from successors.nn.tensor import Tensor


@dataclass(frozen=True, kw_only=True)
class MLPConfig(Config):
    """Settings of the multilayer perceptron."""

    inputs: int = setting(400, "Input units", low=1)
    hidden: tuple[int, ...] = setting((64,), "Units of each hidden layer", low=1)
    classes: int = setting(2, "Output units", low=2, high=255)
    bend: bool = setting(True, "Whether hidden units bend their sum; without, all layers are one")
    recipe: Recipe = setting(
        Recipe(batch=32, steps=4_000, rate=0.5, momentum=0.9, schedule="cosine"), "How it is trained"
    )


class MLP(Network):
    """Layers of sigmoid units, each fed by all of the layer below."""

    def __init__(self, config: MLPConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        widths = (config.inputs, *config.hidden, config.classes)
        self.layers = [Linear(d, k, rng, draw=initial.glorot) for d, k in itertools.pairwise(widths)]

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs before the last sigmoid, (n, classes), of inputs (n, ...)."""
        x = x.flatten()
        for layer in self.layers[:-1]:
            x = layer(x)
            if self.config.bend:
                x = x.sigmoid()
        return self.layers[-1](x)


ENTRY = Entry(
    title="Learning representations by back-propagating errors",
    authors="D. E. Rumelhart, G. E. Hinton, R. J. Williams",
    idea="The error is carried back through the layers, so that hidden units find features of their own.",
    shrunk="Nothing: the 400 cells of the retina are its input units.",
    network=MLP,
    retina=MLPConfig(),
    sizes={
        "symmetry": Size(
            config=MLPConfig(inputs=6, hidden=(2,), classes=2), published=None, source="figure 1: 6-2-1 units"
        )
    },
    trials=(Trial(task="parity", options={"grid": 2, "bits": 4}, at_least=0.95, baseline="perceptron"),),
    mechanism=Mechanism(name="units that bend their sum", without={"bend": False}),
)
