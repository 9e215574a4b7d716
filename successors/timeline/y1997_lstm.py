"""Hochreiter and Schmidhuber 1997: "Long short-term memory", Neural Computation 9, 1735-1780.

New: a cell that keeps what it holds by a connection to itself of weight 1, the constant error carousel, along which the
error flows back without growing or vanishing; and gates, themselves learned, that say what may enter the cell and when
others may see it. The forget gate, which lets a cell empty itself, is of Gers, Schmidhuber and Cummins 2000, "Learning
to forget", and a switch here.

Equations (section 4 of the paper, unnumbered there):

    y_in(t) = f(net_in(t)), y_out(t) = f(net_out(t))     gates, f the logistic function
    s_c(t) = s_c(t-1) + y_in(t) g(net_c(t))              internal state, s_c(0) = 0
    y_c(t) = y_out(t) h(s_c(t))                          what others see of it
    s_c(t) = y_forget(t) s_c(t-1) + y_in(t) g(net_c(t))  with the forget gate of 2000

Each net is a weighted sum of inputs and of the hidden layer's outputs one step before. In the paper cells may share
their gates, as blocks, and the gates are heard by the hidden layer as cells are (`block`, `heard`); of this layout are
the published sizes, and it runs step by step. What is used today has gates of its own for each cell and hears cells
alone.

Shrunk and changed: at retina scale a linear layer, the eye, reduces the 400 cells to 32 numbers an exposure, the same
for all exposures, for speed. g and h are tanh, where the paper has logistic functions stretched to [-2, 2] and [-1, 1].
The error is carried back in full, where the paper cuts it off where it leaves a cell. Input gates begin nearly shut, as
the paper recommends against drift of the states (section 4); forget gates begin nearly open, against a memory that
fades. The answer is read from the cells after the last exposure.

What is seen here: input gates open at the letter and are nearly shut at the dots. The cells that tell letters apart do
not stand still afterwards, but go on, slowly, the way the letter sent them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from marki.seeding import generator
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.functions import linear
from successors.nn.hooks import Watch
from successors.nn.layers import Linear, RNNLayer
from successors.nn.layers import LSTMLayer as Cells
from successors.nn.learner import Successor
from successors.nn.module import Module, training_rng
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, concatenate, no_grad


@dataclass(frozen=True, kw_only=True)
class LSTMConfig(NetworkConfig):
    """Settings of the long short-term memory."""

    inputs: int = setting(400, "Numbers in an exposure", low=1)
    eye: int = setting(32, "Numbers to which a linear layer reduces each exposure; 0: there is none", low=0)
    hidden: int = setting(48, "Memory cells", low=1)
    block: int = setting(1, "Cells that share their gates", low=1)
    heard: bool = setting(False, "Whether the hidden layer hears gates as it hears cells, as in 1997")
    gated: bool = setting(
        True, "Whether there are gates and the carousel; without, each cell is overwritten at each exposure"
    )
    forget: bool = setting(True, "Whether there is a forget gate, that of 2000")
    input_bias: float = setting(-5.0, "Bias of the input gates at first; below 0 they begin shut")
    forget_bias: float = setting(6.0, "Bias of the forget gates at first; above 0 cells begin by remembering")
    gain: float = setting(
        3.0, "The eye's first weights, as a multiple of Glorot's: gates then tell slides apart", low=0
    )
    blind: float = setting(
        0.2, "Share of the retina that is blind while learning, other cells in each reel", low=0, high=0.9
    )
    classes: int = setting(8, "Output units", low=1, high=255)
    recipe: Recipe = setting(
        Recipe(
            batch=32,
            steps=1_000,
            eval_every=100,
            optimiser="adam",
            rate=0.005,
            schedule="cosine",
            final_lr_fraction=0.1,
            decay=0.3,
            clip=1.0,
        ),
        "How it is trained",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.hidden % self.block:
            raise ConfigError(
                f"{self.hidden} cells in blocks of {self.block}", where="LSTMConfig.block", remedy="Give a divisor"
            )

    @property
    def layout_1997(self) -> bool:
        """Whether cells share gates, or gates are heard."""
        return self.block > 1 or self.heard


class Eye(Module):
    """A linear layer, the same for all exposures, (n, T, ...) to (n, T, width).

    Parameters
    ----------
    inputs, width : int
        Numbers in an exposure, and to how many they are reduced; with 0 they are passed on.
    rng : Generator
    gain : float
        First weights, as a multiple of Glorot's.
    blind : float
        Fraction of the inputs that is dropped in training, drawn for each reel.
    """

    def __init__(self, inputs: int, width: int, rng: np.random.Generator, *, gain: float, blind: float):
        bound = gain * (6 / (inputs + width)) ** 0.5
        self.layer = Linear(inputs, width, rng, init=lambda rng, s: initial.uniform(rng, s, bound)) if width else None
        self._blind = blind

    def forward(self, x: Tensor) -> Tensor:
        """Return the output for each exposure."""
        x = x.reshape(*x.shape[:2], -1)
        rng = training_rng()
        if rng is not None and self._blind:
            sees = rng.random((len(x), 1, x.shape[2]), np.float32) >= self._blind
            x = x * (sees * np.float32(1 / (1 - self._blind)))
        return x if self.layer is None else self.layer(x)


class Blocks(Module):
    """Memory cells in blocks that share their gates, step by step, (n, T, d) to (n, T, h).

    Parameters
    ----------
    d, blocks, size : int
        Width of the input, number of blocks, and cells of each.
    rng : Generator
    forget : bool
        Whether there is a forget gate.
    heard : bool
        Whether gates feed the hidden layer as cells do.
    """

    def __init__(self, d: int, blocks: int, size: int, rng: np.random.Generator, *, forget: bool, heard: bool):
        gates = 3 if forget else 2
        rows, self._sources = blocks * (gates + size), blocks * (size + gates * heard)
        # Rows in the order of the fused operation: input gates, forget gates, cells, output gates.
        self.w_in = initial.uniform(rng, (rows, d), 0.1)
        self.w_state = initial.uniform(rng, (rows, self._sources), 0.1)
        self.bias = initial.constant((rows,))
        self._blocks, self._cells, self._forget, self._heard = blocks, blocks * size, forget, heard
        self._owner = np.repeat(np.arange(blocks), size)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs of the cells at all steps."""
        n, steps = x.shape[:2]
        b = self._blocks
        first = 2 * b if self._forget else b
        weight = concatenate([self.w_in, self.w_state], 1)
        sources = Tensor(np.zeros((n, self._sources), x.dtype))
        state = Tensor(np.zeros((n, self._cells), x.dtype))
        seen = []
        for t in range(steps):
            net = linear(concatenate([x[:, t], sources], 1), weight, self.bias)
            gates, y_out = net[:, :first].sigmoid(), net[:, first + self._cells :].sigmoid()
            entering = gates[:, self._owner] * net[:, first : first + self._cells].tanh()
            state = (gates[:, b + self._owner] * state if self._forget else state) + entering
            y = y_out[:, self._owner] * state.tanh()
            sources = concatenate([y, gates, y_out], 1) if self._heard else y
            seen.append(y.reshape(n, 1, self._cells))
        return concatenate(seen, 1)


class LSTM(Network):
    """An eye, memory cells behind gates, and output units that see the cells after the last exposure."""

    def __init__(self, config: LSTMConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        c, h = config, config.hidden
        d = c.eye or c.inputs
        self.eye = Eye(c.inputs, c.eye, rng, gain=c.gain, blind=c.blind)
        if not c.gated:
            self.cells: Module = RNNLayer(d, h, rng)
        elif c.layout_1997:
            self.cells = Blocks(d, h // c.block, c.block, rng, forget=c.forget, heard=c.heard)
        else:
            self.cells = Cells(d, h, rng, forget=c.forget, forget_bias=c.forget_bias)
        if c.gated and self.cells.bias.data.flags.writeable:  # not for mere shapes
            self.cells.bias.data[: h // c.block] = c.input_bias
            if c.layout_1997 and c.forget:
                self.cells.bias.data[h // c.block : 2 * h // c.block] = c.forget_bias
        self.output = Linear(h, c.classes, rng)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs before the softmax, (n, classes), of reels (n, T, ...)."""
        return self.output(self.cells(self.eye(x))[:, -1])

    def watch(self, stimuli: np.ndarray) -> dict[str, np.ndarray]:
        """Return gate and cell activations at each exposure: arrays (n, T, h) "input", "forget", "output", "cell".

        Raises
        ------
        ConfigError
            If the cells are overwritten, or of the layout of 1997.
        """
        if not isinstance(self.cells, Cells):
            raise ConfigError("there is nothing to watch", where="LSTM", remedy="Have gates, one of each kind a cell")
        with no_grad():
            return self.cells(self.eye(Tensor(stimuli)), trace=True)[1]


def formulas() -> Finding:
    """Compare the weights of the cells, counted in the built network, with the formulas."""
    wrong, shown = 0, []
    for d, h in ((32, 32), (400, 64), (7, 3)):
        for forget, heard, formula in (
            (True, False, 4 * (h * (h + d) + h)),
            (False, False, 3 * (h * (h + d) + h)),
            (False, True, 3 * (h * (3 * h + d) + h)),
        ):
            config = LSTMConfig(inputs=d, eye=0, hidden=h, forget=forget, heard=heard, classes=2)
            counted = ENTRY.count(config) - 2 * (h + 1)
            wrong += counted != formula
            shown.append(f"{counted:,}")
    return Finding(
        holds=not wrong,
        found=f"counted {', '.join(shown)}; {wrong} differ",
        wanted="4 (h (h + d) + h) with a forget gate, 3 (h (h + d) + h) without, 3 (h (3 h + d) + h) as in 1997",
    )


def layouts() -> Finding:
    """Compare the layout of 1997, step by step, with the fused operation where both can do the same: blocks of one."""
    furthest = 0.0
    for forget in (True, False):
        rng = generator(0, "lstm.layouts")
        one = Blocks(5, 4, 1, rng, forget=forget, heard=False).astype(np.float64)
        other = Cells(5, 4, rng, forget=forget).astype(np.float64)
        other.load(one.state())
        x = Tensor(rng.standard_normal((3, 20, 5)))
        for cells in (one, other):
            (cells(x) ** 2).sum().backward()
        pairs = [(one(x).data, other(x).data)]
        pairs += [(p.grad, other.parameters()[name].grad) for name, p in one.parameters().items()]
        furthest = max(furthest, *(float(np.abs(a - b).max()) for a, b in pairs))
    return Finding(
        holds=furthest < 1e-10,
        found=f"states and gradients differ by {furthest:.1e} at most, in float64",
        wanted="the same, within 1e-10",
    )


def carousel() -> Finding:
    """Carry an error back along the carousel, and along a simple recurrence, for 1,000 exposures.

    Only what flows within the cells is wanted, as in the paper, so that the weights between them are zero.
    """
    steps, d, h = 1_000, 8, 16
    rng = generator(0, "lstm.carousel")
    x = Tensor(rng.standard_normal((1, steps, d)))
    shares = {}
    for forget in (False, True):
        cells = Cells(d, h, rng, forget=forget, forget_bias=6.0).astype(np.float64)
        cells.w_state.data[...] = 0
        cells.bias.data[:h] = -5
        start = Tensor(np.zeros((1, h))), Tensor(np.zeros((1, h)), requires_grad=True)
        states, trace = cells(x, start, trace=True)
        states[:, -1].sum().backward()
        out = trace["output"][0, -1] * (1 - np.tanh(trace["cell"][0, -1]) ** 2)
        shares[forget] = start[1].gradient[0] / out
        if forget:
            product = trace["forget"][0].prod(0)
    rnn = RNNLayer(d, h, rng).astype(np.float64)
    start = Tensor(np.zeros((1, h)), requires_grad=True)
    rnn(x, start)[:, -1].sum().backward()
    kept, fades = np.abs(shares[False] - 1).max(), float(np.abs(start.gradient).max())
    agree = np.abs(shares[True] / product - 1).max()
    return Finding(
        holds=bool(kept < 1e-9 and agree < 1e-9 and fades < 1e-12),
        found=f"after {steps:,} exposures the carousel has kept the error but for {kept:.0e}; with forget gates their "
        f"product is kept, mean {product.mean():.3f}, but for {agree:.0e}; of a simple recurrence {fades:.0e} is left",
        wanted="1 without forget gate, the product of the forget gates with it, next to nothing without a carousel",
    )


def _gates(learner: Successor[LSTM], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return how far the gates are open, averaged over cells and reels."""
    network = learner.network
    seen = network.watch(stimuli)
    return {f"{name} gate": seen[name].mean((0, 2)) for name in ("input", "forget", "output") if name in seen}


def _memory(learner: Successor[LSTM], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the states of the cells that differ most between letters, over a reel of the first letter."""
    network = learner.network
    cells = network.watch(stimuli)["cell"]
    telling = np.argsort(cells[:, -1].var(0))[::-1][:6]
    return {f"cell {k + 1}": cells[0, :, k] for k in telling.tolist()}


def _apart(learner: Successor[LSTM], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the state of the most informative cell, over a reel of each of eight letters."""
    network = learner.network
    cells = network.watch(stimuli[:8])["cell"]
    k = int(cells[:, -1].var(0).argmax())
    return {f"reel {n + 1}": cells[n, :, k] for n in range(len(cells))}


def _paper(**changes: Any) -> LSTMConfig:
    return LSTMConfig(**{"eye": 0, "block": 2, "heard": True, "forget": False} | changes)


ENTRY = Entry(
    label="LSTM",
    parents=(),
    title="Long short-term memory",
    authors="S. Hochreiter, J. Schmidhuber",
    idea="Cells that keep what they hold, and gates that learn what may enter and leave (since 2000 also what stays).",
    shrunk="A linear eye reduces the 400 cells of each exposure to 32 numbers, for speed; each cell has gates of its "
    "own, a forget gate (of 2000) included, where the paper's cells share gates in blocks.",
    network=LSTM,
    retina=LSTMConfig(),
    sizes={
        "temporal order, two symbols": Size(
            config=_paper(inputs=8, hidden=4, classes=4), published=156, source="table 9, task 6a; figure 2"
        ),
        "temporal order, three symbols": Size(
            config=_paper(inputs=8, hidden=6, classes=8), published=308, source="table 9, task 6b"
        ),
        "adding": Size(config=_paper(inputs=2, hidden=4, classes=1), published=93, source="table 7"),
    },
    trials=(
        Trial(
            task="recall",
            options={"delay": 100, "views": 300},
            label="a letter after 100 exposures",
            at_least=0.93,
            baseline="rnn",
        ),
    ),
    mechanism=Mechanism(name="the constant error carousel, and its gates", without={"gated": False}),
    accepts=Port.REEL,
    checks=(
        Check(name="weights of the cells", run=formulas),
        Check(name="the layout of 1997", run=layouts),
        Check(name="the error carousel", run=carousel),
    ),
    figures=(
        Figure(name="gates", title="Which gate does what", x="exposure", y="open (share)", measure=_gates),
        Figure(
            name="memory",
            title="What cells hold after one letter",
            x="exposure",
            y="state of the cell",
            measure=_memory,
        ),
        Figure(
            name="letters_apart",
            title="One cell, after eight letters",
            x="exposure",
            y="state of the cell",
            measure=_apart,
        ),
    ),
    small={"eye": 3, "hidden": 3},
    registers=(
        Watch(name="input gates", path="cells.input", rendering=Rendering.ROWS),
        Watch(name="forget gates", path="cells.forget", rendering=Rendering.ROWS),
        Watch(name="output gates", path="cells.output", rendering=Rendering.ROWS),
        Watch(name="cells", path="cells.cell", rendering=Rendering.ROWS),
    ),
)
