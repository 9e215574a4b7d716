"""LeCun, Boser, Denker, Henderson, Howard, Hubbard and Jackel 1989: "Backpropagation applied to handwritten zip code
recognition", Neural Computation 1, 541-551.

New: what is known of the task is built into the wiring, and the rest is learned by back-propagation. Units of a map
look for one feature at every place with the same weights, each with a bias of its own, and a second layer of maps
combines the features of the first.

The network of the paper, 1,256 units from the 16x16 image on:

    H1      12 maps of 8x8, kernels 5x5 every second cell         1,068 parameters    19,968 connections
    H2      12 maps of 4x4, kernels 5x5 in 8 of the maps of H1    2,592               38,592
    H3      30 units, each fed by all of H2                       5,790                5,790
    output  10 units, each fed by all of H3                         310                  310

    f(a) = A tanh(S a), A = 1.7159, S = 2/3; outside of a map all is -1; weights begin uniform within 2.4 / F,
    F the inputs of their unit; E = mean over patterns and outputs of (y - d)^2, d = 1 for the class and -1 elsewhere.

Assumed: which 8 of the 12 maps a map of H2 sees is not printed; here map k sees the maps k to k + 7, and after the last
comes the first. The paper does not say either that the maps of H1 are -1 outside.

Shrunk: nothing, but the retina has 20x20 cells, so that H1 is 10x10 and H2 5x5, and H3 has more inputs: 13,540
parameters. The paper learns from one pattern at a time with second derivatives on the diagonal (a quasi-Newton rule);
here small batches and momentum do, as a batch of samples costs NumPy little more than one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering
from marki.seeding import generator
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.activations import scaled_tanh
from successors.nn.convolution import conv2d
from successors.nn.gather import masked_scatter, pad_images
from successors.nn.grayscale import grayscale
from successors.nn.hooks import Watch
from successors.nn.layers import Linear
from successors.nn.learner import Successor
from successors.nn.losses import mean_squared_error
from successors.nn.module import Module
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Parameter, Tensor, no_grad

SEEN = np.array([[(c - k) % 12 < 8 for c in range(12)] for k in range(12)])
"""Which maps of H1 (columns) each map of H2 (rows) sees, (12, 12) bool; assumed."""


def shuffle(cells: int) -> np.ndarray:
    """Return the order in which a number of cells is shuffled, always the same, (cells,) int64."""
    return generator(1989, "timeline.shuffle").permutation(cells)


def shuffled(x: Tensor) -> Tensor:
    """Return frames (n, h, w) with their cells shuffled: as much light as before, and no neighbourhood."""
    return Tensor(x.data.reshape(len(x), -1)[:, shuffle(math.prod(x.shape[1:]))].reshape(x.shape))


class TableConv2d(Module):
    """Convolution in which each output map sees only some of the input maps; only what is connected is a parameter.

    Parameters
    ----------
    table : ndarray of bool, shape (filters, channels)
        Which input maps each output map sees.
    size : int
        Side of the kernels.
    rng : Generator
        Draws the kernels uniformly within 2.4 / fan-in, that of each output map.
    stride : int
    bias : tuple of int
        Shape of the biases: (filters, 1, 1) for one a map, (filters, h, w) for one a unit.
    """

    def __init__(
        self, table: np.ndarray, size: int, rng: np.random.Generator, *, stride: int = 1, bias: tuple[int, ...]
    ):
        self._table, self._stride = table, stride
        fan_in = np.repeat(table.sum(1), table.sum(1)) * size * size
        self.kernels = _within(rng, (int(table.sum()), size, size), 2.4 / fan_in[:, None, None])
        self.bias = initial.constant(bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the sums (n, filters, h', w') of images (n, channels, h, w)."""
        weight = masked_scatter(self.kernels, self._table)
        if self.bias.shape[1:] == (1, 1):
            return conv2d(x, weight, self.bias.reshape(-1), stride=self._stride)
        return conv2d(x, weight, stride=self._stride) + self.bias


def _within(rng: np.random.Generator, shape: tuple[int, ...], bounds: np.ndarray) -> Parameter:
    """Return a parameter drawn uniformly from -bounds to bounds, which are broadcast to its shape."""
    return initial.given(rng.uniform(-1, 1, shape) * bounds)


@dataclass(frozen=True, kw_only=True)
class LeCunConfig(NetworkConfig):
    """Settings of the zip-code network."""

    side: int = setting(20, "Cells on a side of the image", unit="cells", low=8, high=64)
    hidden: int = setting(30, "Units of H3", low=1)
    classes: int = setting(10, "Output units", low=2, high=255)
    local: bool = setting(True, "Neighbours stay neighbours; without, the cells are shuffled before they reach H1")
    recipe: Recipe = setting(
        Recipe(
            batch=32, steps=8_000, eval_every=500, rate=0.1, momentum=0.9, schedule="cosine", final_lr_fraction=0.01
        ),
        "How it is trained",
    )


class LeCun(Network):
    """Two layers of maps with shared weights and two full ones."""

    def __init__(self, config: LeCunConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        first = (config.side + 1) // 2
        second = (first + 1) // 2
        self.h1 = TableConv2d(np.ones((12, 1), bool), 5, rng, stride=2, bias=(12, first, first))
        self.h2 = TableConv2d(SEEN, 5, rng, stride=2, bias=(12, second, second))
        self.h3 = Linear(12 * second * second, config.hidden, rng, init=initial.lecun)
        self.output = Linear(config.hidden, config.classes, rng, init=initial.lecun)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (n, classes), about -1 to 1, of frames (n, side, side) of light from 0 to 1."""
        if not self.config.local:
            x = shuffled(x)
        n, h, w = x.shape
        x = (x * 2 - 1).reshape(n, 1, h, w)
        x = scaled_tanh(self.h1(pad_images(x, 2, -1)))
        x = scaled_tanh(self.h2(pad_images(x, 2, -1)))
        x = scaled_tanh(self.h3(x.flatten()))
        return scaled_tanh(self.output(x))

    def loss(self, outputs: Tensor, targets: np.ndarray) -> Tensor:
        """Return the mean squared error, labels (n,) being 1 for the class and -1 elsewhere."""
        wanted = np.full(outputs.shape, -1, outputs.dtype)
        wanted[np.arange(len(targets)), targets] = 1
        return mean_squared_error(outputs, wanted)

    def confidence(self, outputs: np.ndarray) -> np.ndarray:
        """Return 1 + outputs divided by their sum: (1 + output) / 2 estimates the probability of a class."""
        likely = np.maximum(outputs + 1, np.finfo(outputs.dtype).tiny)
        return likely / likely.sum(1, keepdims=True)

    def layers(self) -> dict[str, tuple[Module, tuple[int, ...]]]:
        """Return each layer with the shape of what feeds it, the border included."""
        side = self.config.side
        first = (side + 1) // 2
        return {
            "H1": (self.h1, (1, side + 4, side + 4)),
            "H2": (self.h2, (12, first + 4, first + 4)),
            "H3": (self.h3, (self.h3.weight.shape[1],)),
            "output": (self.output, (self.config.hidden,)),
        }


def connections(layer: Module, inputs: tuple[int, ...]) -> tuple[int, int]:
    """Return the units of a layer and the connections that reach them, a bias being one.

    Every input is lit alone, and it is connected to the units whose sum moves.

    Parameters
    ----------
    layer : Module
        Gives sums, linear in its inputs.
    inputs : tuple of int
        Shape of these inputs.
    """
    for p in layer.parameters().values():
        p.data[...] = 1
    many = math.prod(inputs)
    alone = np.concatenate([np.zeros((1, many)), np.eye(many)]).reshape(many + 1, *inputs)
    with no_grad():
        sums = layer(Tensor(alone)).data.reshape(many + 1, -1)
    biases = int(np.count_nonzero(sums[0]))
    return sums.shape[1], biases + int(np.count_nonzero(sums[1:] != sums[0]))


PAPER = LeCunConfig(side=16)


def _parameters() -> Finding:
    """Count the parameters of each layer of the published size."""
    layers = LeCun(PAPER, np.random.default_rng(0)).layers()
    return counted({n: layer.count() for n, (layer, _) in layers.items()}, dict(H1=1068, H2=2592, H3=5790, output=310))


def _connections() -> Finding:
    """Count the connections of each layer of the published size."""
    layers = LeCun(PAPER, np.random.default_rng(0)).layers()
    found = {n: connections(*layer)[1] for n, layer in layers.items()}
    return counted(found, dict(H1=19968, H2=38592, H3=5790, output=310))


def _units() -> Finding:
    """Count the units of the published size, the cells of the image among them."""
    layers = LeCun(PAPER, np.random.default_rng(0)).layers()
    found = {"image": PAPER.side**2} | {n: connections(*layer)[0] for n, layer in layers.items()}
    return counted(found, dict(image=256, H1=768, H2=192, H3=30, output=10))


def counted(found: dict[str, int], wanted: dict[str, int]) -> Finding:
    """Return whether two counts by layer are the same, both in words."""

    def words(counts: dict[str, int]) -> str:
        return f"{sum(counts.values()):,} ({', '.join(f'{n} {k:,}' for n, k in counts.items())})"

    return Finding(holds=found == wanted, found=words(found), wanted=words(wanted))


def _kernels(learner: Successor[LeCun], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return some stimuli, and the kernels of H1."""
    network = learner.network
    return {"shown": stimuli[:12], "kernels of H1": grayscale(network.h1.kernels.data)}


ENTRY = Entry(
    label="LeCun net",
    parents=(),
    title="Backpropagation applied to handwritten zip code recognition",
    authors="Y. LeCun, B. Boser, J. S. Denker, D. Henderson, R. E. Howard, W. Hubbard, L. D. Jackel",
    idea="Maps of units with shared weights, two layers of them, learned from the image on by back-propagation.",
    shrunk="Nothing: 20x20 cells instead of 16x16, so maps of 10x10 and 5x5; momentum for its quasi-Newton rule.",
    network=LeCun,
    retina=LeCunConfig(),
    sizes={
        "zip codes": Size(
            config=PAPER, published=9_760, source="section 3: 1,256 units, 64,660 connections, 9,760 free parameters"
        )
    },
    trials=(
        Trial(task="digits", at_least=0.95, baseline="mlp"),
        Trial(task="letters", at_least=0.82, baseline="mlp"),
    ),
    two_classes={"recipe.rate": 0.02},  # as the error is a mean over outputs, the same step for each as with ten
    mechanism=Mechanism(name="local fields of shared weights", without={"local": False}),
    checks=(
        Check(name="9,760 free parameters, exactly, layer by layer", run=_parameters),
        Check(name="64,660 connections, exactly, layer by layer", run=_connections),
        Check(name="1,256 units, exactly, layer by layer", run=_units),
    ),
    figures=(Figure(name="kernels", title="What the maps of H1 look for", measure=_kernels, stimuli=12),),
    small={"hidden": 3},
    registers=(
        Watch(name="H1", path="h1", rendering=Rendering.MAPS),
        Watch(name="H2", path="h2", rendering=Rendering.MAPS),
        Watch(name="H3", path="output", rendering=Rendering.BARS, given=True),
    ),
)
