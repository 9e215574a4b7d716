"""Fukushima 1980: "Neocognitron: a self-organizing neural network model for a mechanism of pattern recognition
unaffected by shift in position", Biological Cybernetics 36, 193-202.

New: planes of cells that all look for the same feature, each at its own place, and cells that do not mind where exactly
it was found, in turn, three times over. Nobody says which features: the cell that answers most wins, and its whole
plane is moved towards what it saw. The first convolutional network.

Equations, with phi[x] = max(x, 0) and psi[x] = phi[x] / (alpha + phi[x]):

    u_S = r phi[(1 + sum a u_C) / (1 + 2r / (1+r) b v_C) - 1]     S-cells: a feature, at one place
    v_C = sqrt(sum c u_C^2), sum c = 1
    u_C = psi[(1 + sum d u_S) / (1 + v_S) - 1]                    C-cells: the feature, about there
    v_S = mean over the planes of sum d u_S                       lateral inhibition
    da = q c u_C, db = q/2 v_C                                    of planes with a representative

c and d decline with distance. In each S-column, a small area of all planes, the strongest cell is a candidate, and the
strongest candidate of a plane its representative. Reinforced once with a great q, a plane answers where the cosine of
what it sees with what it saw, weighted by c, is above r / (1 + r). With db = q v_C instead, no cell could ever answer
for r > 1, so the half is taken as Fukushima's. Equations are from memory, the sizes and constants of the paper's
simulation from a summary of it, not from the paper.

Changed: Fukushima's r is the same in learning and in answering. Here r is higher while a stage learns, so that a
feature that is new finds a plane of its own, and lower afterwards, so that there is an answer to features that are
nearly known; he did so himself later, with two thresholds. q is so great that one reinforcement suffices, and what a
plane answers at first, with small a at random and b = 0, is so weak that it wins only where no other plane answers.
Stages learn one after the other.

Added: the paper's last planes have no names. When all stages have learned, it is counted for which labels each of them
answered most strongly of all; then they vote, each for its labels in proportion to these counts and to its answer to
the power `sharpness`. No error is computed and nothing is corrected.

Shrunk: 20x20 receptors in place of 16x16, C-cells on every second cell, and 600 planes in the last stage (120 for
letters) in place of 24, since digits by many hands are learned in place of five patterns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.errors import ConfigError
from marki.io.exhibits import Rendering
from marki.io.frame import SIDE
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.hooks import Watch
from successors.nn.learner import ByRule, Successor
from successors.nn.macs import count
from successors.nn.module import Module
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe

DECLINE = 0.9
"""Factor by which c and d decline over one cell; assumed."""

FIRST = 1e-3
"""Upper bound of the initial a, as a fraction of c; assumed."""


@dataclass(frozen=True, kw_only=True)
class NeocognitronConfig(NetworkConfig):
    """Settings of the neocognitron; what belongs to a stage is given for each of them."""

    side: int = setting(SIDE, "Receptors on a side of the input layer", unit="cells", low=2)
    planes: tuple[int, ...] = setting((24, 80, 600), "Planes of S-cells, and of C-cells", low=1)
    s_field: tuple[int, ...] = setting((5, 5, 5), "Side of the field of an S-cell", unit="cells", low=1)
    s_margin: tuple[int, ...] = setting((2, 2, 1), "Cells by which these fields reach beyond the layer below", low=-9)
    c_field: tuple[int, ...] = setting((5, 5, 3), "Side of the field of a C-cell", unit="cells", low=1)
    c_step: tuple[int, ...] = setting((2, 2, 1), "Cells from one field of a C-cell to the next", unit="cells", low=1)
    c_margin: tuple[int, ...] = setting((2, 2, 0), "Cells by which these fields reach beyond the layer below", low=-9)
    column: tuple[int, ...] = setting((5, 5, 5), "Side of an S-column, odd", unit="cells", low=1)
    r: tuple[float, ...] = setting((8.0, 2.5, 2.5), "Efficiency of the inhibition while a stage learns", low=0.01)
    r_answer: tuple[float, ...] = setting((4.0, 1.5, 1.0), "Efficiency of the inhibition afterwards", low=0.01)
    alpha: tuple[float, ...] = setting((0.1, 0.1, 0.5), "Input at which a C-cell is half-way to saturation", low=0.001)
    q: tuple[float, ...] = setting((100.0, 100.0, 100.0), "Speed of reinforcement", low=0.001)
    shown: tuple[int, ...] = setting((400, 1_200, 3_000), "Stimuli from which each stage learns, in turn", low=1)
    classes: int = setting(10, "Labels", low=2, high=255)
    sharpness: float = setting(4.0, "Power to which a plane's answer is raised in the vote", low=0.1, high=32)
    tolerance: bool = setting(True, "Whether a C-cell sees its whole field; without, only the cell in the middle")
    competition: bool = setting(True, "Whether strong cells are reinforced; without, a plane and a place at random")
    recipe: Recipe = setting(Recipe(batch=100, steps=90, eval_every=10), "How it is trained")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value, _ in self.items():
            if "." not in name and isinstance(value, tuple) and len(value) != len(self.planes):
                raise ConfigError(
                    f"{len(value)} values for {len(self.planes)} stages",
                    where=f"NeocognitronConfig.{name}",
                    remedy="Give one for each stage",
                )
        if not all(size % 2 for size in self.column):
            raise ConfigError(
                f"{self.column}", where="NeocognitronConfig.column", remedy="Give odd sides, with a cell in the middle"
            )
        self.sides()

    def sides(self) -> list[tuple[int, int]]:
        """Return the sides of the S-planes and of the C-planes of each stage."""
        found, side = [], self.side
        for k in range(len(self.planes)):
            s = side + 2 * self.s_margin[k] - self.s_field[k] + 1
            c = (s + 2 * self.c_margin[k] - self.c_field[k]) // self.c_step[k] + 1
            if s < 1 or c < 1:
                raise ConfigError(
                    f"planes of {s} and {c} cells on a side in stage {k + 1}",
                    where="NeocognitronConfig",
                    remedy="Use smaller fields, or greater margins",
                )
            found.append((s, c))
            side = c
        return found


def _declining(field: int) -> np.ndarray:
    """Return DECLINE to the power of the distance from the middle, (field, field)."""
    at = np.arange(field) - (field - 1) / 2
    return DECLINE ** np.hypot(at[:, None], at)


class Stage(Module):
    """A layer of S-cells and the layer of C-cells upon it.

    Parameters
    ----------
    config : NeocognitronConfig
    number : int
        Index of the stage, from 0.
    below : int
        Number of planes of the layer below.
    rng : Generator
        Draws the initial a.
    """

    def __init__(self, config: NeocognitronConfig, number: int, below: int, rng: np.random.Generator):
        self._config, self._number = config, number
        self._s_side, self._c_side = config.sides()[number]
        near = np.tile(_declining(config.s_field[number]).ravel(), below)
        self._c = (near / near.sum()).astype(np.float32)
        planes = config.planes[number]
        self.a = initial.given(FIRST * self._c * rng.random((planes, near.size)))
        self.b = initial.constant((planes,))
        self._d = self._spread()

    def _spread(self) -> np.ndarray:
        """Return d from each S-cell to each C-cell of a plane, (S-cells, C-cells) float32."""
        c, k, n, m = self._config, self._number, self._s_side, self._c_side
        field = _declining(c.c_field[k])
        if not c.tolerance:
            middle = c.c_field[k] // 2
            field = np.zeros_like(field)
            field[middle, middle] = 1
        d = np.zeros((n, n, m, m), np.float32)
        for y, x, dy, dx in np.ndindex(m, m, *field.shape):
            top, left = y * c.c_step[k] + dy - c.c_margin[k], x * c.c_step[k] + dx - c.c_margin[k]
            if 0 <= top < n and 0 <= left < n:
                d[top, left, y, x] = field[dy, dx]
        return d.reshape(n * n, m * m)

    def windows(self, u: np.ndarray) -> np.ndarray:
        """Return the input window of each S-cell in layers (n, planes, side, side): (n, cells, planes * field^2)."""
        field, margin = self._config.s_field[self._number], self._config.s_margin[self._number]
        if margin > 0:
            u = np.pad(u, ((0, 0), (0, 0), (margin, margin), (margin, margin)))
        elif margin:
            u = u[:, :, -margin:margin, -margin:margin]
        seen = np.lib.stride_tricks.sliding_window_view(u, (field, field), axis=(2, 3))
        n, planes, h, w = seen.shape[:4]
        return seen.transpose(0, 2, 3, 1, 4, 5).reshape(n, h * w, planes * field * field)

    def simple(self, seen: np.ndarray, r: float) -> np.ndarray:
        """Return u_S of what is seen (..., cells, inputs), (..., cells, planes)."""
        # One product for all stimuli: one for each would read all of a each time.
        rows = seen.reshape(-1, seen.shape[-1])
        count(rows.shape[0] * (self.a.size + rows.shape[1]))
        u = rows @ self.a.data.T
        u += 1
        u /= 1 + self._v(rows)[:, None] * (np.float32(2 * r / (1 + r)) * self.b.data)
        u -= 1
        np.maximum(u, 0, out=u)
        u *= np.float32(r)
        return u.reshape(*seen.shape[:-1], -1)

    def _v(self, seen: np.ndarray) -> np.ndarray:
        return np.sqrt((seen * seen) @ self._c)

    def complex(self, s: np.ndarray) -> np.ndarray:
        """Return u_C of u_S (n, cells, planes), (n, planes, side, side)."""
        count(s.shape[0] * s.shape[2] * np.count_nonzero(self._d))
        fed = s.transpose(0, 2, 1) @ self._d
        x = np.maximum((1 + fed) / (1 + fed.mean(axis=1, keepdims=True)) - 1, 0)
        return (x / (self._config.alpha[self._number] + x)).reshape(*fed.shape[:2], self._c_side, self._c_side)

    def forward(self, u: np.ndarray) -> np.ndarray:
        """Return the layer of C-cells of the layer below."""
        return self.complex(self.simple(self.windows(u), self._config.r_answer[self._number]))

    def learn(self, u: np.ndarray, rng: np.random.Generator) -> None:
        """Reinforce planes by each of the layers below, (n, planes, side, side), in turn.

        Parameters
        ----------
        u : ndarray
        rng : Generator
            Draws planes and places where there is no competition.
        """
        c, k = self._config, self._number
        for seen in self.windows(u):
            if c.competition:
                planes, places = self._representatives(self.simple(seen, c.r[k]))
            else:
                lit = np.flatnonzero(seen.any(axis=1))
                some = min(1, lit.size)
                planes, places = rng.integers(c.planes[k], size=some), rng.choice(lit, some)
            x = seen[places]
            self.a.data[planes] += c.q[k] * self._c * x
            self.b.data[planes] += c.q[k] / 2 * self._v(x)

    def _representatives(self, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the planes that have a representative, and its place, of u_S (cells, planes)."""
        side, width = self._s_side, self._config.column[self._number]
        strongest = np.pad(s.max(axis=1).reshape(side, side), width // 2)
        column = np.lib.stride_tricks.sliding_window_view(strongest, (width, width)).max(axis=(2, 3)).ravel()
        # A cell is a candidate if it is the strongest of the column about it: of none else can it be in every doubt.
        candidates = np.where(s == column[:, None], s, 0)
        planes = np.flatnonzero(candidates.any(axis=0))
        return planes, candidates[:, planes].argmax(axis=0)


class Neocognitron(Network):
    """Stages of S- and C-cells, and a count of the labels for which the last C-cells answered."""

    def __init__(self, config: NeocognitronConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        below = (1, *config.planes)
        self.stages = [Stage(config, k, below[k], rng) for k in range(len(config.planes))]
        self.counts = initial.buffer((below[-1] * config.sides()[-1][1] ** 2, config.classes))
        self.shown = np.zeros(1, np.int64)

    def features(self, stimuli: np.ndarray, stages: int | None = None) -> np.ndarray:
        """Return the last layer of C-cells, or that after so many stages, (n, planes, side, side)."""
        u = stimuli.reshape(len(stimuli), 1, *stimuli.shape[-2:])
        for stage in self.stages[:stages]:
            u = stage(u)
        return u

    def answer(self, stimuli: np.ndarray) -> np.ndarray:
        """Return the labels of frames, (n,) int64; as long as nothing was counted, the first one."""
        return self._vote(self.features(stimuli))

    def _vote(self, u: np.ndarray) -> np.ndarray:
        share = self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1)
        return (u.reshape(len(u), -1) ** self.config.sharpness @ share).argmax(axis=1)

    def learn(self, stimuli: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Let the stage whose turn it is learn, or count; return the labels given before.

        Parameters
        ----------
        stimuli : ndarray
            (n, side, side) frames.
        targets : ndarray
            Labels (n,); only the counting looks at them.
        rng : Generator
        """
        ends = np.cumsum(self.config.shown)
        # Until anything has been counted, the answer needs no computation.
        given = self.answer(stimuli) if self.counts.any() else np.zeros(len(stimuli), np.int64)
        at = 0
        while at < len(stimuli):
            before = int(self.shown[0])
            stage = int(np.searchsorted(ends, before, side="right"))
            stop = len(stimuli) if stage == len(ends) else min(len(stimuli), at + int(ends[stage]) - before)
            u = self.features(stimuli[at:stop], stage)
            if stage < len(ends):
                self.stages[stage].learn(u, rng)
            else:
                self._count(u.reshape(len(u), -1), targets[at:stop])
            self.shown += stop - at
            at = stop
        return given

    def _count(self, u: np.ndarray, labels: np.ndarray) -> None:
        answered = u.any(axis=1)
        np.add.at(self.counts, (u.argmax(axis=1)[answered], labels[answered]), 1)


PAPER = NeocognitronConfig(
    side=16,
    planes=(24, 24, 24),
    s_field=(5, 5, 5),
    s_margin=(2, 1, 0),
    c_field=(5, 5, 2),
    c_step=(1, 1, 1),
    c_margin=(-1, 1, 0),
    column=(5, 5, 3),
    r=(4.0, 1.5, 1.5),
    r_answer=(4.0, 1.5, 1.5),
    alpha=(0.5, 0.5, 0.5),
    q=(1.0, 16.0, 16.0),
)
"""The network that the paper simulates; margins are those with which its fields give its sizes. Its last S-column is of
2x2 cells, which one of 3x3 about each of them covers."""


def layout() -> Finding:
    """Pass a frame through the paper's network and compare the layers with the printed ones."""
    network = Neocognitron(PAPER, np.random.default_rng(0))
    u = np.zeros((1, 1, PAPER.side, PAPER.side), np.float32)
    cells = [(PAPER.side, PAPER.side, 1)]
    for stage in network.stages:
        s = stage.simple(stage.windows(u), 1.0)
        side = round(s.shape[1] ** 0.5)
        u = stage.complex(s)
        cells += [(side, side, s.shape[2]), (*u.shape[2:], u.shape[1])]
    printed = [(16, 16, 1), *((n, n, 24) for n in (16, 10, 8, 6, 2, 1))]
    return Finding(
        holds=cells == printed,
        found=_listed(cells),
        wanted=_listed(printed) + " (section on the simulation, by way of a summary of the paper)",
    )


def _listed(cells: list[tuple[int, ...]]) -> str:
    layers = ", ".join("x".join(map(str, layer)) for layer in cells)
    return f"{layers}: {sum(int(np.prod(layer)) for layer in cells):,} cells"


def selectivity() -> Finding:
    """Reinforce a plane once, and look from which cosine on it answers."""
    rows = []
    for r in (1.5, 4.0, 8.0):
        config = NeocognitronConfig().amend({"r": [r] * 3, "column": [1, 1, 1]})
        stage = Stage(config, 0, 1, np.random.default_rng(0))
        rng = np.random.default_rng(1)
        known, other = rng.random((2, 25)).astype(np.float32)
        stage.a.data[0] = config.q[0] * stage._c * known
        stage.b.data[0] = config.q[0] / 2 * stage._v(known)
        # From what is known over to its opposite, as far as light reaches.
        mixed = np.maximum(known + np.linspace(0, 1, 400, dtype=np.float32)[:, None] * (other * 2 - known * 2), 0)
        cosine = (mixed @ (stage._c * known)) / (stage._v(mixed) * stage._v(known))
        answers = stage.simple(mixed, r)[:, 0] > 0
        rows.append((float(cosine[answers].min()), float(cosine[~answers].max(initial=0)), r / (1 + r)))
    lowest, silent, edge = np.array(rows).T
    return Finding(
        holds=bool((np.abs(lowest - edge) < 0.02).all() and (silent <= edge + 0.02).all()),
        found="answers from a cosine of " + ", ".join(f"{v:.3f}" for v in lowest),
        wanted="r / (1 + r) = " + ", ".join(f"{v:.3f}" for v in edge) + " for r = 1.5, 4, 8, within 0.02",
    )


def _features(learner: Successor[Neocognitron], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the features of the planes of the first stage, enlarged."""
    network = learner.network
    stage, field = network.stages[0], network.config.s_field[0]
    learned = stage.a.data[stage.b.data > 0] / stage._c
    learned = learned / np.maximum(learned.max(axis=1, keepdims=True), 1e-9)
    block = np.ones((1, SIDE // field, SIDE // field), np.float32)
    fields = np.zeros((len(learned), SIDE, SIDE), np.float32)
    large = np.kron(learned.reshape(-1, field, field), block)
    fields[:, : large.shape[1], : large.shape[2]] = large
    return {f"planes from {k + 1}": fields[k : k + 12] for k in range(0, len(fields), 12)}


def _by_shift(learner: Successor, stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the accuracy on stimuli shifted sideways by 0 to 5 cells."""
    moved = [np.pad(stimuli, ((0, 0), (0, 0), (k, 0)))[:, :, :SIDE] for k in range(6)]
    return {"read rightly": np.array([(learner.respond(x) == targets).all(axis=1).mean() for x in moved])}


ENTRY = Entry(
    label="Neocognitron",
    parents=(),
    title="Neocognitron: a self-organizing neural network model for a mechanism of pattern recognition unaffected by "
    "shift in position",
    authors="K. Fukushima",
    idea="Planes of cells find a feature anywhere, others forgive where it was; features are found by competition.",
    shrunk="20x20 receptors for 16x16, C-cells on every second cell, more planes since many hands are learned; labels "
    "of the last planes are counted, which is our addition.",
    network=Neocognitron,
    learner=ByRule,
    retina=NeocognitronConfig(),
    sizes={"simulated": Size(config=PAPER, source="the paper counts cells, not synapses: see the checks")},
    trials=(
        Trial(
            task="digits",
            options=dict(shift=2.0, turn_deg=10.0, zoom=0.1, shear=0.2, train=6_000, valid=500, test=2_000),
            label="digits, shifted and deformed",
            at_least=0.84,
            baseline="perceptron",
            remark="The 500 digits of the validation set, from which the bound follows, are easier for it.",
        ),
        Trial(task="letters", changes={"planes": (24, 80, 120)}, at_least=0.61, baseline="perceptron"),
    ),
    mechanism=Mechanism(name="C-cells that forgive shifts", without={"tolerance": False}),
    checks=(
        Check(name="cells of the paper's network", run=layout),
        Check(name="selectivity of a reinforced cell", run=selectivity),
    ),
    figures=(
        Figure(name="features", title="What the first stage found", measure=_features),
        Figure(name="shift", title="Read rightly, moved aside", x="cells", y="share", measure=_by_shift, stimuli=500),
    ),
    registers=(
        Watch(name="C-cells of stage 1", path="stages.0", rendering=Rendering.MAPS),
        Watch(name="C-cells of stage 2", path="stages.1", rendering=Rendering.MAPS),
        Watch(name="C-cells of stage 3", path="stages.2", rendering=Rendering.BARS),
    ),
)
