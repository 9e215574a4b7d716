"""Hinton and Salakhutdinov 2006: "Reducing the dimensionality of data with neural networks", Science 313, 504-507.

New: a network of many layers can be trained if each layer first learns, by itself, what is common in the layer below.
Unrolled, the layers are an autoencoder: it gives a picture back through a code of a few numbers, better than principal
components do.

Equations, of a layer with units h over units v:

    p(h = 1) = s(b + W v), p(v = 1) = s(c + W' h), s(x) = 1 / (1 + exp(-x))
    change of W = rate (<v h> of the data - <v h> of what is given back)          (2)
    the units of the code are linear, with noise of variance 1
    then all layers together, by the cross-entropy -sum p log q + (1 - p) log(1 - q), q what is given back

The change is minus the gradient of F(data) - F(given back), F the free energy and what is given back held fixed; so it
is computed here.

The network for digits is 784-1000-500-250-30 and back. The paper prints no count; by its widths, with the biases of
both ways, it is 2,837,314, and 842,340 for curves (784-400-200-100-50-25-6) and 7,537,655 for faces
(625-2000-1000-500-30).

Shrunk: 400-500-250-125-30 and back; gradient descent with momentum for conjugate gradients.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.drawers import shares
from successors.nn.hooks import Watch
from successors.nn.layers import Linear
from successors.nn.learner import ByGradient, Successor
from successors.nn.losses import binary_cross_entropy
from successors.nn.module import training_rng
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Parameter, Tensor, logistic, no_grad


@dataclass(frozen=True, kw_only=True)
class AutoencoderConfig(NetworkConfig):
    """Settings of the deep autoencoder. The recipe has a stage for each layer, and one for all."""

    widths: tuple[int, ...] = setting((400, 500, 250, 125, 30), "Units of each layer, from the picture to the code")
    pretrained: bool = setting(True, "Whether each layer first learns by itself; without, all learn from the start")
    layer_rate: float = setting(0.1, "Learning rate of a layer by itself", low=0)
    code_rate: float = setting(0.001, "The same of the code", low=0)
    deviation: float = setting(0.01, "Standard deviation of the initial weights", low=0)
    recipe: Recipe = setting(
        Recipe(
            batch=100,
            steps=6_000,
            eval_every=1_000,
            stop_at_score=2.0,
            rate=0.002,
            momentum=0.9,
            stages=(0.12, 0.12, 0.12, 0.12, 0.52),
        ),
        "How it is trained",
    )


class Autoencoder(Network):
    """Layers to a code, and layers back."""

    def __init__(self, config: AutoencoderConfig, rng: np.random.Generator):
        super().__init__(config, rng)

        def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Parameter:
            return initial.normal(rng, shape, config.deviation)

        self.up = [Linear(a, b, rng, init=draw) for a, b in pairwise(config.widths)]
        self.down = [Linear(b, a, rng, init=draw) for a, b in pairwise(config.widths)]

    def stage(self, number: int) -> dict[str, Parameter]:
        """Return the weights and both biases of a layer, and of the last stage all parameters."""
        everything = self.parameters()
        if self.descends(number):
            return everything
        names = (f"up.{number}.weight", f"up.{number}.bias", f"down.{number}.bias")
        return {name: everything[name] for name in names}

    def begin(self, number: int) -> None:
        """Unroll the layers before they learn together: the way down has the weights of the way up."""
        if self.config.pretrained and number == len(self.up):
            for up, down in zip(self.up, self.down, strict=True):
                down.weight.data[...] = up.weight.data.T

    def descends(self, number: int) -> bool:
        """Return whether all layers learn together: by itself, a layer holds fixed what it gives back."""
        return not self.config.pretrained or number >= len(self.up)

    def encode(self, x: Tensor, layers: int | None = None) -> Tensor:
        """Return the code (n, k) of pictures (n, cells), or what the first layers make of them."""
        for number, layer in enumerate(self.up[:layers], 1):
            x = layer(x)
            x = x if number == len(self.up) else x.sigmoid()
        return x

    def decode(self, code: Tensor) -> Tensor:
        """Return the logits (n, cells) of what is given back of codes (n, k)."""
        for number, layer in enumerate(reversed(self.down), 1):
            code = layer(code)
            code = code if number == len(self.down) else code.sigmoid()
        return code

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (n, cells) of what is given back of pictures (n, h, w)."""
        return self.decode(self.encode(x.flatten()))

    def encoded(self, cards: np.ndarray) -> np.ndarray:
        """Return the codes (n, k) of cards (n, h, w)."""
        return self.encode(Tensor(cards).flatten()).data

    def latents_of(self, stimuli: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return the codes (n, k) of cards (n, h, w)."""
        return self.encoded(stimuli)

    def drawn_of(self, latents: np.ndarray, stimuli: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return what is given back (n, h, w) of codes (n, k)."""
        return self.decide(self.decode(Tensor(latents)).data)

    def redraw(self, cards: np.ndarray, stimuli: np.ndarray, noise: np.ndarray) -> Iterator[np.ndarray]:
        """Yield what is given back (n, h, w) of a code of noughts, and on the way to that of cards, without noise."""
        code = self.encode(Tensor(cards).flatten())
        for share in shares():
            yield self.decide(self.decode(code * share).data)

    def decide(self, outputs: np.ndarray) -> np.ndarray:
        """Return what is given back, (n, h, w) from 0 to 1."""
        side = round(outputs.shape[1] ** 0.5)
        return logistic(outputs).reshape(len(outputs), side, side)

    def loss(self, outputs: Tensor, targets: np.ndarray) -> Tensor:
        """Return the mean cross-entropy of a picture with what is given back, summed over its cells."""
        wanted = targets.reshape(len(targets), -1).astype(outputs.dtype)
        return binary_cross_entropy(outputs, wanted) * wanted.shape[1]

    def judged(self, stimuli: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Return what is given back, and the loss of the present stage."""
        if self.descends(self.at_stage):
            return super().judged(stimuli, targets)
        with no_grad():
            below = self.encode(Tensor(stimuli).flatten(), self.at_stage).data
        return stimuli.copy(), self.contrast(below, self.at_stage)

    def contrast(self, v: np.ndarray, number: int) -> Tensor:
        """Return a scalar whose gradient is minus the change of eq. 2 for layer `number` over units v (n, k).

        With plain gradient descent a factor of the loss is one of the rate: so each layer has its own.
        """
        rng = training_rng() or np.random.default_rng(0)
        with no_grad():
            given_back = self.given_back(v, number, rng)
        apart = self.free_energy(Tensor(v), number) - self.free_energy(Tensor(given_back), number)
        config = self.config
        rate = config.code_rate if number == len(self.up) - 1 else config.layer_rate
        return apart.mean() * (rate / config.recipe.rate)

    def given_back(self, v: np.ndarray, number: int, rng: np.random.Generator) -> np.ndarray:
        """Return what layer `number` gives back of units v (n, k): by units that are drawn, as probabilities."""
        up, down = self.up[number], self.down[number]
        sums = up(Tensor(v)).data
        if number == len(self.up) - 1:
            h = sums + rng.standard_normal(sums.shape).astype(sums.dtype)
        else:
            h = (rng.random(sums.shape) < logistic(sums)).astype(sums.dtype)
        return logistic(h @ up.weight.data + _bias(down))

    def free_energy(self, v: Tensor, number: int) -> Tensor:
        """Return -log sum over h of exp(-E(v, h)) of each row, (n,), for layer `number`."""
        sums = self.up[number](v)
        own = (v * self.down[number].bias).sum(1)
        if number == len(self.up) - 1:
            return -own - (sums * sums).sum(1) * 0.5
        return -own - (sums.relu() + (1.0 + (-sums.abs()).exp()).log()).sum(1)


def _bias(layer: Linear) -> np.ndarray:
    """Return the bias of a layer that has one."""
    assert layer.bias is not None
    return layer.bias.data


def _paper(*widths: int) -> Size:
    return Size(
        config=AutoencoderConfig(widths=widths), source="the paper prints none; widths of the text, biases of both ways"
    )


def _change() -> Finding:
    """Compare the gradient of a layer's contrast with eq. 2, computed from the units themselves."""
    network = Autoencoder(AutoencoderConfig(widths=(12, 7, 3)), np.random.default_rng(0)).astype(np.float64)
    rng, worst = np.random.default_rng(1), 0.0
    for number, width in ((0, 12), (1, 7)):
        v = rng.random((5, width))
        for p in network.parameters().values():
            p.grad = None
        network.contrast(v, number).backward()
        back = network.given_back(v, number, np.random.default_rng(0))
        up = network.up[number]
        bend = logistic if number == 0 else np.asarray
        before, after = (bend(x @ up.weight.data.T + _bias(up)) for x in (v, back))
        rate = 0.1 if number == 0 else 0.001
        change = rate * (before.T @ v - after.T @ back) / 5
        worst = max(worst, float(np.abs(-0.002 * up.weight.gradient - change).max() / np.abs(change).max()))
    return Finding(holds=worst < 1e-9, found=f"differs by {worst:.1e} of it at most", wanted="eq. 2")


def _unrolled() -> Finding:
    """Unroll layers, and compare what is given back with what the layers give back one after the other."""
    network = Autoencoder(AutoencoderConfig(widths=(12, 7, 3)), np.random.default_rng(0)).astype(np.float64)
    network.begin(2)
    x = np.random.default_rng(1).random((5, 12))
    (first, second), (low, high) = network.up, network.down
    code = logistic(x @ first.weight.data.T + _bias(first)) @ second.weight.data.T + _bias(second)
    hidden = logistic(code @ second.weight.data + _bias(high))
    wanted = logistic(hidden @ first.weight.data + _bias(low))
    off = float(np.abs(logistic(network(Tensor(x)).data) - wanted).max())
    return Finding(holds=off < 1e-12, found=f"differs by {off:.1e}", wanted="the same weights, both ways")


def _given_back(learner: Successor[Autoencoder], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return digits, and what is given back of them."""
    return {"digits": stimuli[:10], "given back": learner.respond(stimuli[:10])}


ENTRY = Entry(
    label="autoencoder",
    parents=("hopfield", "mlp"),
    title="Reducing the dimensionality of data with neural networks",
    authors="G. E. Hinton, R. R. Salakhutdinov",
    idea="Each layer first learns by itself; then they are unrolled, and learn together to give a picture back.",
    shrunk="400-500-250-125-30 and back; gradient descent with momentum for conjugate gradients.",
    network=Autoencoder,
    retina=AutoencoderConfig(),
    sizes={
        "digits": _paper(784, 1000, 500, 250, 30),
        "curves": _paper(784, 400, 200, 100, 50, 25, 6),
        "faces": _paper(625, 2000, 1000, 500, 30),
    },
    trials=(Trial(task="squeeze", at_least=0.78, seeds=3),),
    mechanism=Mechanism(name="layers that first learn by themselves", without={"pretrained": False}),
    learner=ByGradient,
    accepts=Port.FIELD,
    answers=Port.FIELD,
    tasks=("squeeze",),
    checks=(
        Check(name="the gradient of the contrast is the change of eq. 2", run=_change),
        Check(name="unrolled layers give back what each gives back", run=_unrolled),
    ),
    figures=(
        Figure(name="given_back", title="Digits, and what is given back of them", measure=_given_back, stimuli=10),
    ),
    small={"widths": (400, 5, 4, 3, 2)},
    registers=(
        Watch(name="hidden units", path="up.1", rendering=Rendering.BARS, given=True),
        Watch(name="code", path="up.3", rendering=Rendering.BARS),
    ),
)
