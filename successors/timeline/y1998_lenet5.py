"""LeCun, Bottou, Bengio and Haffner 1998: "Gradient-based learning applied to document recognition", Proceedings of the
IEEE 86, 2278-2324.

New: convolution and sub-sampling in turn, trained as a whole from the image to the answer, whose outputs are distances
to a stylised drawing of each character. It read cheques by the million.

The network of the paper, on 32x32 cells, with its trainable parameters:

    C1   6 maps, kernels 5x5                                                 156
    S2   sum of 2x2 units, times a coefficient, plus a bias                   12
    C3   16 maps, kernels 5x5 in the maps of S2 that Table I names         1,516
    S4   as S2                                                                32
    C5   120 maps of one unit each, kernels as large as the maps of S4    48,120
    F6   84 units                                                         10,164
    RBF  y_i = sum_j (x_j - w_ij)^2, w the fixed 7x12 drawing of class i       0   (7)

    f(a) = A tanh(S a), A = 1.7159, S = 2/3, after all layers from C1 to F6        (6)
    E = mean over patterns of y_D + log(exp(-j) + sum_i exp(-y_i))                 (9)
    light from 0 to 1 becomes -0.1 to 1.175; weights begin uniform within 2.4 / F, F the inputs of their unit.

Assumed: the drawings of the ten digits are ours, not those of the paper's ASCII set (figure 3), and made to differ in
24 of 84 cells or more, where the paper's are alike for characters that look alike; the codes of further classes are
drawn at random once and for all. The constant j has no value in the paper. C1 and C3 squash their sums, as sections
II-A and II-B read; that they do not, as is sometimes stated, is the setting `squash`.

Shrunk: a digit that fills 20x20 cells lies in 32x32 in the paper and in 28x28 here, so that the maps are 24, 12, 8 and
4 wide and the kernels of C5 are 4x4: 42,720 parameters. The paper learns from one pattern at a time with a stochastic
diagonal Levenberg-Marquardt rule; here it is small batches and Adam, as a batch of samples costs NumPy little more than
one. As in the paper's run with distorted patterns, though with shifts alone, each digit is shifted by up to a cell
in training.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.exhibits import Rendering
from marki.seeding import generator
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.activations import scaled_tanh
from successors.nn.augmentation import moved
from successors.nn.functions import linear
from successors.nn.grayscale import grayscale
from successors.nn.hooks import Watch
from successors.nn.layers import Conv2d, Linear
from successors.nn.learner import Successor
from successors.nn.losses import cross_entropy
from successors.nn.module import Module, training_rng
from successors.nn.network import Network
from successors.nn.pooling import avg_pool2d
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, concatenate
from successors.timeline.y1989_lecun import TableConv2d, connections, counted, shuffled

WHITE, BLACK = -0.1, 1.175
"""What no light and full light are to the network, so that the mean is about 0 and the variance about 1."""

SEEN = tuple((k, (k + 1) % 6, (k + 2) % 6) for k in range(6))
SEEN += tuple((k, (k + 1) % 6, (k + 2) % 6, (k + 3) % 6) for k in range(6))
SEEN += ((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5))
TABLE = np.array([[c in seen for c in range(6)] for seen in SEEN])
"""Table I: which maps of S2 (columns) each map of C3 (rows) sees, (16, 6) bool."""

DIGITS = """
..###.. ...##.. .####.. ####### ....##. ####### ....##. ####### .#####. ..####.
.##.##. ..###.. ##..##. ####### ...###. ####### ...##.. ####### ##...## .##..##
##...## .####.. .....## ....##. ..####. ##..... ..##... .....## ##...## ##...##
##...## ...##.. .....## ...##.. .##.##. ##..... .##.... ....##. ##...## ##...##
##...## ...##.. ....##. ..####. .##.##. ##..... ##..... ....##. .##.##. ##...##
##...## ...##.. ....##. .....## ##..##. #####.. #####.. ...##.. ..###.. .######
##...## ...##.. ...##.. .....## ##..##. ....##. ######. ...##.. ..###.. ..#####
##...## ...##.. ..##... .....## ####### .....## ##...## ..##... .##.##. .....##
##...## ...##.. .##.... .....## ####### .....## ##...## ..##... ##...## .....##
##...## ...##.. ##..... ##...## ....##. .....## ##...## .##.... ##...## ....##.
.##.##. ...##.. ####### .#####. ....##. ##..##. ######. .##.... ##...## ...##..
..###.. .###### ####### ..###.. ....##. .####.. .####.. ##..... .#####. .###...
"""
"""The digits from 0 to 9, each drawn on 7x12 cells."""


def codes(classes: int) -> np.ndarray:
    """Return the fixed weights of the output units, (classes, 84) float32 of 1 for ink and -1 for paper.

    The first ten classes have the drawings of the digits, further ones codes drawn at random, always the same.
    """
    rows = np.array([[list(drawing) for drawing in line.split()] for line in DIGITS.split("\n") if line]) == "#"
    drawn = rows.transpose(1, 0, 2).reshape(10, 84)
    more = generator(1998, "timeline.lenet5.codes").random((245, 84)) < 0.5
    return np.where(np.concatenate([drawn, more])[:classes], np.float32(1), np.float32(-1))


@dataclass(frozen=True, kw_only=True)
class LeNet5Config(NetworkConfig):
    """Settings of LeNet-5."""

    side: int = setting(20, "Cells on a side of the image", unit="cells", low=8, high=64)
    border: int = setting(4, "White cells that are laid round it", unit="cells", low=0, high=16)
    maps: int = setting(120, "Maps of C5, of one unit each", low=1)
    classes: int = setting(10, "Output units", low=2, high=255)
    rubbish: float = setting(10.0, "The constant j: the distance from which on a pattern may be none of the classes")
    squash: bool = setting(True, "Whether C1 and C3 squash their sums, or leave that to S2 and S4")
    shift: int = setting(
        1, "Each digit is shifted by up to this much while it is learned, within the border", unit="cells", low=0
    )
    local: bool = setting(True, "Neighbours stay neighbours; without, the cells are shuffled before they reach C1")
    recipe: Recipe = setting(
        Recipe(
            batch=32,
            steps=8_000,
            eval_every=1_000,
            optimiser="adam",
            rate=0.004,
            schedule="cosine",
            final_lr_fraction=0.01,
        ),
        "How it is trained",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        first = self.widths[0]
        if first % 4 or first < 16:
            raise ConfigError(
                f"{first} cells with the border",
                where="LeNet5Config.side",
                remedy="Give side and border that come to a multiple of 4 from 16 on",
            )

    @property
    def widths(self) -> tuple[int, int, int]:
        """Widths of what C1, C3 and C5 see."""
        first = self.side + 2 * self.border
        third = (first - 4) // 2
        return first, third, (third - 4) // 2


class SubSampling(Module):
    """The sum of 2x2 units, times a coefficient, plus a bias, both one a map; (n, maps, h, w) to half of h and w.

    Parameters
    ----------
    maps : int
    rng : Generator
        Draws the coefficients uniformly within 2.4 / 4.
    """

    def __init__(self, maps: int, rng: np.random.Generator):
        self.coefficient = initial.uniform(rng, (maps, 1, 1), 2.4 / 4, decays=False)
        self.bias = initial.constant((maps, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return the sums."""
        return avg_pool2d(x, 2) * (self.coefficient * 4) + self.bias


class LeNet5(Network):
    """Seven layers, the last of which measures distances."""

    def __init__(self, config: LeNet5Config, rng: np.random.Generator):
        super().__init__(config, rng)
        self.c1 = Conv2d(1, 6, 5, rng, init=initial.lecun)
        self.s2 = SubSampling(6, rng)
        self.c3 = TableConv2d(TABLE, 5, rng, bias=(16, 1, 1))
        self.s4 = SubSampling(16, rng)
        self.c5 = Conv2d(16, config.maps, config.widths[-1], rng, init=initial.lecun)
        self.f6 = Linear(config.maps, 84, rng, init=initial.lecun)
        self._codes = Tensor(codes(config.classes))

    def forward(self, x: Tensor) -> Tensor:
        """Return the distances (n, classes) of frames (n, side, side) of light from 0 to 1."""
        if not self.config.local:
            x = shuffled(x)
        bend = scaled_tanh if self.config.squash else _as_it_is
        x = self._laid(x)
        x = scaled_tanh(self.s2(bend(self.c1(x))))
        x = scaled_tanh(self.s4(bend(self.c3(x))))
        x = scaled_tanh(self.c5(x)).flatten()
        x = scaled_tanh(self.f6(x))
        # (x - w)^2 = x^2 - 2 x w + w^2, and w^2 is 1.
        return (x * x).sum(1, keepdims=True) - 2 * linear(x, self._codes) + self._codes.shape[1]

    def _laid(self, x: Tensor) -> Tensor:
        """Return frames with their border, (n, 1, h, w) from `WHITE` to `BLACK`; in training each is shifted."""
        (n, h, w), rng, border = x.shape, training_rng(), self.config.border
        out = np.full_like(x.data, WHITE, shape=(n, h + 2 * border, w + 2 * border))
        out[:, border : border + h, border : border + w] = x.data * (BLACK - WHITE) + WHITE
        if rng is not None:
            reach = min(self.config.shift, border)
            out = moved(out, rng.integers(-reach, reach, (n, 2), endpoint=True), WHITE)
        return Tensor(out[:, None])

    def loss(self, outputs: Tensor, targets: np.ndarray) -> Tensor:
        """Return eq. 9: the cross-entropy of a softmax of -y, in which -j is the logit of a rubbish class."""
        rubbish = Tensor(np.full((len(outputs), 1), -self.config.rubbish, outputs.dtype))
        return cross_entropy(concatenate([-outputs, rubbish], 1), targets)

    def decide(self, outputs: np.ndarray) -> np.ndarray:
        """Return the classes whose distance is least."""
        return outputs.argmin(-1)

    def confidence(self, outputs: np.ndarray) -> np.ndarray:
        """Return the probabilities of eq. 9; the remainder to 1 is that of the rubbish class."""
        rubbish = np.full((len(outputs), 1), self.config.rubbish, outputs.dtype)
        return super().confidence(-np.concatenate([outputs, rubbish], 1))[:, :-1]

    def layers(self) -> dict[str, tuple[Module, tuple[int, ...]]]:
        """Return each layer with the shape of what feeds it."""
        first, third, fifth = self.config.widths
        return {
            "C1": (self.c1, (1, first, first)),
            "S2": (self.s2, (6, first - 4, first - 4)),
            "C3": (self.c3, (6, third, third)),
            "S4": (self.s4, (16, third - 4, third - 4)),
            "C5": (self.c5, (16, fifth, fifth)),
            "F6": (self.f6, (self.config.maps,)),
        }


def _as_it_is(x: Tensor) -> Tensor:
    """Return the tensor unchanged."""
    return x


PAPER = LeNet5Config(side=32, border=0)


def _parameters() -> Finding:
    """Count the parameters of each layer of the published size; those of the output units are fixed."""
    found = {n: layer.count() for n, (layer, _) in LeNet5(PAPER, np.random.default_rng(0)).layers().items()}
    return counted(found, dict(C1=156, S2=12, C3=1516, S4=32, C5=48120, F6=10164))


def _connections() -> Finding:
    """Count the connections of each layer of the published size.

    The paper gives those of each layer but F6; its total of 340,908 is not their sum, 340,068, and seems a misprint.
    """
    layers = LeNet5(PAPER, np.random.default_rng(0)).layers()
    found = {n: connections(*layer)[1] for n, layer in layers.items()}
    return counted(found, dict(C1=122304, S2=5880, C3=151600, S4=2000, C5=48120, F6=10164))


def _kernels(learner: Successor[LeNet5], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return some stimuli, and the kernels of C1."""
    network = learner.network
    return {"shown": stimuli[:6], "kernels of C1": grayscale(network.c1.weight.data[:, 0])}


ENTRY = Entry(
    label="LeNet-5",
    parents=("lecun",),
    title="Gradient-based learning applied to document recognition",
    authors="Y. LeCun, L. Bottou, Y. Bengio, P. Haffner",
    idea="Convolution and sub-sampling in turn, trained as a whole; the output is the distance to a drawn character.",
    shrunk="28x28 cells for 32x32, so that C5 has kernels of 4x4; Adam for its Levenberg-Marquardt rule.",
    network=LeNet5,
    retina=LeNet5Config(),
    sizes={"documents": Size(config=PAPER, published=60_000, source="section II-B: 60,000 trainable free parameters")},
    trials=(
        Trial(task="digits", at_least=0.96, baseline="lecun"),
        Trial(task="letters", at_least=0.89, baseline="lecun"),
    ),
    modern={"recipe.shift": 0},  # it shifts within its border
    mechanism=Mechanism(name="local fields of shared weights", without={"local": False}),
    checks=(
        Check(name="60,000 trainable parameters, exactly, layer by layer", run=_parameters),
        Check(name="the connections of each layer", run=_connections),
    ),
    figures=(Figure(name="kernels", title="What the maps of C1 look for", measure=_kernels, stimuli=6),),
    small={"maps": 3},
    registers=(
        Watch(name="C1", path="s2", rendering=Rendering.MAPS, given=True),
        Watch(name="S2", path="c3", rendering=Rendering.MAPS, given=True),
        Watch(name="C3", path="s4", rendering=Rendering.MAPS, given=True),
        Watch(name="S4", path="c5", rendering=Rendering.MAPS, given=True),
        Watch(name="F6", path="f6", rendering=Rendering.BARS),
    ),
)
