"""Cho, van Merrienboer, Gulcehre, Bahdanau, Bougares, Schwenk and Bengio 2014: "Learning phrase representations using
RNN encoder-decoder for statistical machine translation", EMNLP 2014, 1724-1734.

New: a unit with two gates instead of the LSTM's three, and no cell beside its state: what the update gate lets in, it
takes from what is kept. It is cheaper, a quarter fewer weights, and remembers as well.

Equations (numbers of the paper; here with biases, which it leaves out):

    r = f(W_r x_t + U_r h_{t-1})                         (5) reset gate, f the logistic function
    z = f(W_z x_t + U_z h_{t-1})                         (6) update gate
    h_t = z h_{t-1} + (1 - z) n                          (7)
    n = tanh(W x_t + r (U h_{t-1}))                      (8)

In (8) the reset gate acts after the product, as in the first version (arXiv 1406.1078v1) and in most programs of today;
the published one has U (r h_{t-1}). Biases are two vectors, one with the input and one with the state, as is usual
today: in (8) the reset gate acts on the second alone.

Shrunk and changed: of the encoder and decoder for phrases only the unit is here; it sees films instead of words. A
linear layer, the eye, reduces the 400 cells to 32 numbers an exposure, as for the LSTM, which it is compared with. The
update gates' first bias is ours: with none, as in the paper's equations, half of what is held is gone after one
exposure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.exhibits import Rendering
from marki.io.ports import Port
from marki.seeding import generator
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn.hooks import Watch
from successors.nn.layers import GRULayer as Units
from successors.nn.layers import Linear, RNNLayer
from successors.nn.learner import Successor
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.tensor import Tensor, logistic, no_grad
from successors.timeline import y1997_lstm
from successors.timeline.y1997_lstm import Eye, LSTMConfig


@dataclass(frozen=True, kw_only=True)
class GRUConfig(NetworkConfig):
    """Settings of the gated recurrent units."""

    inputs: int = setting(400, "Numbers in an exposure", low=1)
    eye: int = setting(32, "Numbers to which a linear layer reduces each exposure; 0: there is none", low=0)
    hidden: int = setting(48, "Units", low=1)
    gated: bool = setting(True, "Whether there are gates; without, each unit is overwritten at each exposure")
    update_bias: float = setting(5.0, "Bias of the update gates at first; above 0 units begin by remembering")
    gain: float = setting(
        3.0, "The eye's first weights, as a multiple of Glorot's: gates then tell slides apart", low=0
    )
    blind: float = setting(
        0.2, "Share of the retina that is blind while learning, other cells in each reel", low=0, high=0.9
    )
    classes: int = setting(8, "Output units", low=2, high=255)
    recipe: Recipe = setting(LSTMConfig().recipe, "How it is trained: as the LSTM")


class GRU(Network):
    """An eye, gated units, and output units that see them after the last exposure."""

    def __init__(self, config: GRUConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        c, h = config, config.hidden
        d = c.eye or c.inputs
        self.eye = Eye(c.inputs, c.eye, rng, gain=c.gain, blind=c.blind)
        self.units = Units(d, h, rng) if c.gated else RNNLayer(d, h, rng)
        if isinstance(self.units, Units) and self.units.b_in.data.flags.writeable:  # not for mere shapes
            self.units.b_in.data[h : 2 * h] = c.update_bias
        self.output = Linear(h, c.classes, rng)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs before the softmax, (n, classes), of reels (n, T, ...)."""
        return self.output(self.units(self.eye(x))[:, -1])

    def watch(self, stimuli: np.ndarray) -> dict[str, np.ndarray]:
        """Return the activations of gates and units at each exposure: arrays (n, T, h) "reset", "update", "state".

        Raises
        ------
        ConfigError
            If the units have no gates.
        """
        units = self.units
        if not isinstance(units, Units):
            raise ConfigError("there is nothing to watch", where="GRU", remedy="Have gates")
        with no_grad():
            x = self.eye(Tensor(stimuli))
            states = units(x).data
        before = np.concatenate([np.zeros_like(states[:, :1]), states[:, :-1]], 1)
        h = self.config.hidden
        sums = x.data @ units.w_in.data[: 2 * h].T + before @ units.w_state.data[: 2 * h].T
        gates = logistic(sums + units.b_in.data[: 2 * h] + units.b_state.data[: 2 * h])
        return {"reset": gates[..., :h], "update": gates[..., h:], "state": states}


def weights() -> Finding:
    """Compare the weights of the units, counted in the built network, with the formula and with the LSTM's cells."""
    wrong, rows = 0, []
    for d, h in ((32, 32), (400, 64), (100, 1000)):
        unit = ENTRY.count(GRUConfig(inputs=d, eye=0, hidden=h)) - 8 * (h + 1)
        cell = y1997_lstm.ENTRY.count(LSTMConfig(inputs=d, eye=0, hidden=h)) - 8 * (h + 1)
        matrices = unit - 6 * h, cell - 4 * h
        wrong += unit != 3 * (h * (h + d) + 2 * h) or 4 * matrices[0] != 3 * matrices[1]
        rows.append(f"{matrices[0]:,} of {matrices[1]:,} ({unit / cell:.4f} with biases)")
    return Finding(
        holds=not wrong,
        found=f"units against cells: {', '.join(rows)}; {wrong} wrong",
        wanted="3/4 of the LSTM's without biases; 3 (h (h + d) + 2 h) with both bias vectors",
    )


def keeps() -> Finding:
    """Compare the units with equations 5 to 8, one exposure after the other, and with gates wide open or shut."""
    rng = generator(0, "gru.equations")
    n, steps, d, h = 2, 12, 5, 4
    units = Units(d, h, rng).astype(np.float64)
    for p in units.parameters().values():
        p.data[...] = rng.standard_normal(p.shape) * 0.5
    x = rng.standard_normal((n, steps, d))
    w, u, b, b_state = (units.state()[k] for k in ("w_in", "w_state", "b_in", "b_state"))
    state = np.zeros((n, h))
    for t in range(steps):
        from_x, from_h = x[:, t] @ w.T + b, state @ u.T + b_state
        r, z = (1 / (1 + np.exp(-(from_x + from_h)[:, k * h : (k + 1) * h])) for k in (0, 1))
        state = z * state + (1 - z) * np.tanh(from_x[:, 2 * h :] + r * from_h[:, 2 * h :])
    off = float(np.abs(units(Tensor(x)).data[:, -1] - state).max())
    units.b_in.data[h : 2 * h] = 60  # the update gate at 1: what was there at the start is kept
    start = rng.standard_normal((n, h))
    kept = float(np.abs(units(Tensor(x), Tensor(start)).data[:, -1] - start).max())
    return Finding(
        holds=off < 1e-12 and kept < 1e-12,
        found=f"states differ by {off:.0e}; with the update gates at 1 they change by {kept:.0e} in {steps} exposures",
        wanted="the same, and no change, within 1e-12",
    )


def _gates(learner: Successor[GRU], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the mean of the gates over units and reels."""
    network = learner.network
    seen = network.watch(stimuli)
    return {
        "reset gate": seen["reset"].mean((0, 2)),
        "lets in: 1 - update gate": 1 - seen["update"].mean((0, 2)),
    }


def _memory(learner: Successor[GRU], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the states of the units that differ most between letters, over one reel."""
    network = learner.network
    states = network.watch(stimuli)["state"]
    telling = np.argsort(states[:, -1].var(0))[::-1][:6]
    return {f"unit {k + 1}": states[0, :, k] for k in telling.tolist()}


ENTRY = Entry(
    label="GRU",
    parents=("lstm",),
    title="Learning phrase representations using RNN encoder-decoder for statistical machine translation",
    authors="K. Cho, B. van Merrienboer, C. Gulcehre, D. Bahdanau, F. Bougares, H. Schwenk, Y. Bengio",
    idea="Two gates instead of three, and no cell beside the state: a quarter fewer weights, and as good a memory.",
    shrunk="The unit alone, without encoder and decoder; a linear eye reduces the 400 cells of each exposure to 32 "
    "numbers.",
    network=GRU,
    retina=GRUConfig(),
    sizes={
        "encoder's units": Size(
            config=GRUConfig(inputs=100, eye=0, hidden=1000),
            source="section 4: 1,000 hidden units, words of 100 numbers; the paper counts no weights; 8 outputs added",
        )
    },
    trials=(
        Trial(
            task="recall",
            options={"delay": 100, "views": 300},
            label="a letter after 100 exposures",
            at_least=0.94,
            baseline="lstm",
            above=False,
        ),
        Trial(task="count", at_least=0.97, baseline="lstm", above=False),
    ),
    mechanism=Mechanism(name="gates", without={"gated": False}),
    accepts=Port.REEL,
    checks=(
        Check(name="a quarter fewer weights than the LSTM", run=weights),
        Check(name="equations 5 to 8", run=keeps),
    ),
    figures=(
        Figure(name="gates", title="Which gate does what", x="exposure", y="open (share)", measure=_gates),
        Figure(name="memory", title="What units hold after one letter", x="exposure", y="state", measure=_memory),
    ),
    small={"eye": 3, "hidden": 3},
    registers=(
        Watch(name="reset gates", path="units.reset", rendering=Rendering.ROWS),
        Watch(name="update gates", path="units.update", rendering=Rendering.ROWS),
        Watch(name="states", path="units", rendering=Rendering.ROWS),
    ),
)
