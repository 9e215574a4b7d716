"""Rumelhart, Hinton and Williams 1986: "Learning internal representations by error propagation", in "Parallel
Distributed Processing" 1, chapter 8; Jordan 1986, "Attractor dynamics and parallelism in a connectionist sequential
machine"; Elman 1990, "Finding structure in time", Cognitive Science 14, 179-211.

New: a network that is fed by what it was one moment before, so that it can answer to what it no longer sees. Unrolled
in time it is a network of as many layers as moments, all with the same weights, and the error is carried back through
them: back-propagation through time. As its context it is given its hidden units (Elman) or its outputs (Jordan).

Equations:

    h_t = tanh(W x_t + U c_t + b), o_t = V h_t + v
    c_t = h_{t-1}                                        context from the hidden layer, Elman
    c_t = keep c_{t-1} + f(o_{t-1})                      context from the output, Jordan, f the logistic function
    delta_t = (1 - h_t^2) U^T delta_{t+1}                what is left of the error, a moment further back

The last line is why its memory is short: over many moments the error vanishes, as Hochreiter 1991 and Bengio, Simard
and Frasconi 1994 found, unless it grows without bound. Here a network that has learned the drift keeps the error about
as long as it was, so that the figure shows its weights halved and doubled, and those that it began with, as well.

Shrunk and changed: nothing is shrunk for the drift; for films of a hundred exposures a linear layer, the eye, reduces
the 400 cells to a few numbers. Hidden units are tanh, where all three had logistic ones. Elman's own training stopped
after one step back; here the error is carried all the way. A Jordan network runs step by step, and is slower; with
the same recipe it learns the drift badly (37 % with seed 0): all that it hands on is its eight outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from marki.seeding import generator
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.functions import linear
from successors.nn.hooks import Watch
from successors.nn.labels import Labels
from successors.nn.layers import Linear
from successors.nn.learner import Successor
from successors.nn.module import training_rng
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.rnn import rnn
from successors.nn.tensor import Tensor, concatenate, no_grad


@dataclass(frozen=True, kw_only=True)
class RNNConfig(NetworkConfig):
    """Settings of the recurrent network."""

    inputs: int = setting(400, "Numbers in an exposure", low=1)
    eye: int = setting(0, "Numbers to which a linear layer reduces each exposure; 0: there is none", low=0)
    hidden: int = setting(128, "Hidden units", low=1)
    context: str = setting("hidden", "Where the context comes from", choices=("hidden", "output"))
    keep: float = setting(0.5, "Share of itself that the context keeps, when it comes from the output", low=0, high=1)
    recurrent: bool = setting(True, "Whether there is a context; without, the last exposure alone is seen")
    spread: float = setting(1.0, "Bound of the context's first weights, times the root of their number", low=0)
    rolled: bool = setting(
        False, "Whether each film is rolled round the retina at random while learning, for tasks that allow it"
    )
    classes: int = setting(8, "Output units", low=1, high=255)
    recipe: Recipe = setting(
        Recipe(
            batch=32,
            steps=4_000,
            eval_every=200,
            optimiser="adam",
            rate=0.001,
            schedule="cosine",
            final_lr_fraction=0.02,
            clip=1.0,
        ),
        "How it is trained",
    )


class RNN(Network):
    """Hidden units fed by an exposure and by a context, and output units that are read after the last exposure."""

    def __init__(self, config: RNNConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        c, h = config, config.hidden
        d = c.eye or c.inputs
        if c.eye:
            self.eye = Linear(c.inputs, c.eye, rng)
        self.w_in = initial.glorot(rng, (h, d))
        if c.recurrent:
            k = h if c.context == "hidden" else c.classes
            self.w_state = initial.uniform(rng, (h, k), c.spread / k**0.5)
        self.bias = initial.constant((h,))
        self.output = Linear(h, c.classes, rng)

    def look(self, x: Tensor) -> Tensor:
        """Return the input of the hidden units for reels (n, T, ...): (n, T, d)."""
        rng = training_rng()
        if self.config.rolled and rng is not None:
            x = Tensor(_rolled(x.data, rng))
        x = x.reshape(*x.shape[:2], -1)
        return self.eye(x) if self.config.eye else x

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs before the softmax, (n, classes), of reels (n, T, ...)."""
        if not self.config.recurrent:
            return self.output(linear(self.look(x[:, -1:])[:, 0], self.w_in, self.bias).tanh())
        if self.config.context == "hidden":
            return self.output(rnn(self.look(x), self.w_in, self.w_state, self.bias)[:, -1])
        x = self.look(x)
        weight = concatenate([self.w_in, self.w_state], 1)
        context = Tensor(np.zeros((len(x), self.config.classes), x.dtype))
        for t in range(x.shape[1]):
            outputs = self.output(linear(concatenate([x[:, t], context], 1), weight, self.bias).tanh())
            context = context * self.config.keep + outputs.sigmoid()
        return outputs

    def errors(self, stimuli: np.ndarray, labels: np.ndarray, strength: float = 1.0) -> np.ndarray:
        """Return the size of the error at each exposure: the norm of delta_t, mean over reels, (T,) float64.

        delta_t is the gradient of the loss by the sums of the hidden units, so it is that of a nudge added to them.

        Parameters
        ----------
        stimuli : ndarray of float32, shape (n, T, 20, 20)
        labels : ndarray of int, shape (n,)
        strength : float
            Factor of the context's weights.
        """
        with no_grad():
            x = self.look(Tensor(stimuli.astype(np.float64))).data
        n, steps, _ = x.shape
        h = self.config.hidden
        w_in, w_state, bias = (Tensor(p.data.astype(np.float64)) for p in (self.w_in, self.w_state, self.bias))
        nudge = Tensor(np.zeros((n, steps, h)), requires_grad=True)
        nudged = concatenate([Tensor(x), nudge], 2), concatenate([w_in, Tensor(np.eye(h))], 1)
        states = rnn(*nudged, w_state * strength, bias)
        # The mean over reels is undone: each reel's own error is wanted.
        (self.loss(self.output(states[:, -1]), labels) * n).backward()
        return np.linalg.norm(nudge.gradient, axis=2).mean(0)


def _rolled(films: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return films (n, T, side, side), each moved by as much at all its exposures, round the edges of the retina."""
    moved = np.empty_like(films)
    for k, by in enumerate(rng.integers(films.shape[2], size=(len(films), 2)).tolist()):
        moved[k] = np.roll(films[k], by, axis=(1, 2))
    return moved


def vanishing() -> Finding:
    """Carry an error back through 100 moments of an untrained network, and compare it with what the weights allow."""
    steps, h = 100, 64
    rng = generator(0, "rnn.vanishing")
    network = RNN(RNNConfig(inputs=20, hidden=h, classes=8), rng).astype(np.float64)
    x = rng.standard_normal((1, steps, 20))
    with no_grad():
        states = rnn(Tensor(x), network.w_in, network.w_state, network.bias).data[0]
    w = network.w_state.data
    jacobian, bound, lengths, bounds = np.eye(h), 1.0, [], []
    for t in range(steps - 1, 0, -1):
        step = (1 - states[t] ** 2)[:, None] * w  # d h_t / d h_{t-1}
        jacobian, bound = jacobian @ step, bound * np.linalg.norm(step, 2)
        lengths.append(np.linalg.norm(jacobian, 2))
        bounds.append(bound)
    start = Tensor(np.zeros((1, h)), requires_grad=True)
    pull = rng.standard_normal((1, h))
    (rnn(Tensor(x), network.w_in, network.w_state, network.bias, start)[:, -1] * pull).sum().backward()
    first = (1 - states[0] ** 2)[:, None] * w
    off = np.abs(start.gradient - pull @ jacobian @ first).max() / np.abs(start.gradient).max()
    logs = np.log(lengths)
    moments = np.arange(1, steps)
    slope, level = np.polyfit(moments, logs, 1)
    straight = 1 - (logs - slope * moments - level).var() / logs.var()
    ratio, allowed = float(np.exp(slope)), float(np.exp(np.log(bounds[-1]) / (steps - 1)))
    return Finding(
        holds=bool(
            ratio < 1 and straight > 0.99 and (np.array(lengths) <= np.array(bounds) * (1 + 1e-9)).all() and off < 1e-9
        ),
        found=f"|d h_T / d h_t| falls by a factor of {ratio:.3f} a moment (a straight line in its logarithm explains "
        f"{straight:.2%}), to {lengths[-1]:.0e} after {steps - 1}; |U| is {np.linalg.norm(w, 2):.3f}, the mean of "
        f"|diag(1 - h^2) U| {allowed:.3f}; the tape's gradient differs from the product by {off:.0e}",
        wanted="a factor below 1, geometrically, never above the product of |diag(1 - h^2) U|",
    )


def jordan_by_hand() -> Finding:
    """Compute a Jordan network's outputs over three exposures by hand."""
    rng = generator(0, "rnn.jordan")
    config = RNNConfig(inputs=4, hidden=3, classes=2, context="output", keep=0.5)
    network = RNN(config, rng).astype(np.float64)
    x = rng.standard_normal((1, 3, 4))
    context, state = np.zeros(2), network.state()
    for t in range(3):
        hidden = np.tanh(network.w_in.data @ x[0, t] + network.w_state.data @ context + network.bias.data)
        outputs = state["output.weight"] @ hidden + state["output.bias"]
        context = 0.5 * context + 1 / (1 + np.exp(-outputs))
    off = float(np.abs(network(Tensor(x)).data[0] - outputs).max())
    return Finding(holds=off < 1e-12, found=f"outputs differ by {off:.0e}", wanted="the same, within 1e-12")


FILM = 64
"""Exposures of the film over which the figure follows the error."""


def _vanishing(learner: Successor[RNN], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the length of the error at each of 64 exposures; a shorter film is shown over and over."""
    network = learner.network
    repeats = -(-FILM // stimuli.shape[1])
    films = np.tile(stimuli, (1, repeats, 1, 1))[:, -FILM:]
    labels = Labels(network.config.classes).read(targets)
    untrained = RNN(network.config, generator(0, "RNN"))
    return {
        "as trained": network.errors(films, labels),
        "context's weights halved": network.errors(films, labels, 0.5),
        "context's weights doubled": network.errors(films, labels, 2.0),
        "before training": untrained.errors(films, labels),
    }


def _elman(**changes: Any) -> RNNConfig:
    own: dict[str, Any] = {"eye": 0} | changes
    return RNNConfig(**own)


ENTRY = Entry(
    label="RNN",
    parents=(),
    title="Learning internal representations by error propagation",
    authors="D. E. Rumelhart, G. E. Hinton, R. J. Williams",
    idea="A network that is fed by what it was a moment before, and learns by carrying the error back through time.",
    shrunk="Nothing for short films; for long ones a linear eye reduces the 400 cells of each exposure to 32 numbers.",
    network=RNN,
    retina=RNNConfig(),
    sizes={
        "Elman, words": Size(
            config=_elman(inputs=31, hidden=150, classes=31),
            source="Elman 1990: 31 input, 150 hidden, 150 context and 31 output units; weights are not counted",
        ),
        "Elman, exclusive or in time": Size(
            config=_elman(inputs=1, hidden=2, classes=1), source="Elman 1990: 1 input, 2 hidden and context, 1 output"
        ),
    },
    trials=(
        Trial(task="drift", changes={"rolled": True}, at_least=0.97, baseline="perceptron"),
        Trial(
            task="recall",
            options={"delay": 100, "views": 300},
            label="a letter after 100 exposures",
            changes={"eye": 32, "recipe.steps": 800, "recipe.eval_every": 100},
            at_most=0.3,
        ),
    ),
    mechanism=Mechanism(name="the context", without={"recurrent": False}),
    accepts=Port.REEL,
    checks=(
        Check(name="the error vanishes", run=vanishing),
        Check(name="context from the output", run=jordan_by_hand),
    ),
    figures=(
        Figure(
            name="vanishing",
            title="What is left of the error, further and further back",
            x="exposure (the answer is given after the last)",
            y="length of the error",
            measure=_vanishing,
            stimuli=16,
            log=True,
        ),
    ),
    small={"eye": 3, "hidden": 4},
    registers=(Watch(name="hidden units", path="states", rendering=Rendering.ROWS),),
)
