"""Hopfield 1982: "Neural networks and physical systems with emergent collective computational abilities", Proceedings
of the National Academy of Sciences 79, 2554-2558.

New: a memory that is asked by a part of what it holds. Every unit feeds every other; units look at their inputs one at
a time, in any order, and whatever the state, it runs downhill in an energy until it rests in a state that was stored.
Not the first such net: those of Amari 1972 and Little 1974 came before it.

Equations, with units V_i of 0 or 1 and thresholds U_i:

    V_i <- 1 if sum_j T_ij V_j > U_i, 0 if < U_i, unchanged if equal       asynchronous
    T_ij = sum_s (2 V_i^s - 1)(2 V_j^s - 1), T_ii = 0                      storage of states V^s, with U_i = 0
    E = -1/2 sum_ij T_ij V_i V_j + sum_i U_i V_i                           never rises, since T_ij = T_ji

With U_i = 1/2 sum_j T_ij the units are those of -1 and 1 of Amit, Gutfreund and Sompolinsky 1985, who compute that some
0.138 N random states can be held; Hopfield saw about 0.15 N, with some errors in what was recalled. With units of 0 and
1 and no thresholds the noise in a sum has twice the power, against what it is to say, of that of -1 and 1; measured
here, such a network holds some 0.06 N (1,000 units, overlap 0.9).

Changed: the rule above wants states that have nothing in common, half of whose units are on. Six letters, mostly dark
and with most dark cells in common, are not even stable with it. States that are shown together are therefore stored by
what sets them apart from their mean m, and to the same extent each, which is still Hebb's product of two units:

    T_ij = sum_s z_i^s z_j^s / |z^s|^2, z^s = V^s - m
    U_i = sum_j T_ij m_j + level (1/2 - m_i)

so that a unit compares m_i and what the others say of the difference with 1/2. `level` was chosen on the validation
set of the task. T and U are rounded to whole steps: sums are exact, and a recall is the same on every computer.

Shrunk: nothing; the 400 cells are 400 units, where the paper simulates 30 and 100. A cell is on from half light.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.io.exhibits import Rendering, SystemKind
from marki.io.frame import CELLS, SIDE
from marki.io.ports import Port
from marki.seeding import generator
from successors.model_card import Check, Entry, Figure, Finding, Mechanism, Size, Trial
from successors.nn import initial
from successors.nn.hooks import Watch
from successors.nn.learner import ByRule, Successor
from successors.nn.macs import count
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe

STEPS = 2**11
"""Steps in a unit of T, for storage by difference; so few that T and U are exact in float16, as weights are shipped."""


@dataclass(frozen=True, kw_only=True)
class HopfieldConfig(NetworkConfig):
    """Settings of the network."""

    units: int = setting(CELLS, "Units, each fed by all others", low=2)
    storage: str = setting(
        "difference",
        "difference: what sets states apart from their mean; spin: states of -1 and 1; plain: as spin, no thresholds",
        choices=("difference", "spin", "plain"),
    )
    level: float = setting(1.8, "Strength of the thresholds, with difference", low=0)
    iterated: bool = setting(True, "Whether units look again until none changes; without, all look once, together")
    sweeps: int = setting(100, "Times that every unit looks at most", low=1)
    recipe: Recipe = setting(Recipe(batch=6, steps=1, eval_every=1), "How it is trained: all states at once")


class Hopfield(Network):
    """Units of 0 and 1 with symmetric connections T (N, N) and thresholds U (N,), whole numbers as float64."""

    def __init__(self, config: HopfieldConfig, rng: np.random.Generator):
        super().__init__(config, rng)
        self.T = initial.constant((config.units, config.units))
        self.U = initial.constant((config.units,))
        for part in (self.T, self.U):
            part.data = part.data.astype(np.float64)

    def store(self, states: np.ndarray) -> None:
        """Add states (s, N) of 0 and 1 to what is held; the same state twice counts once."""
        v = np.unique(states, axis=0).astype(np.float64)
        if self.config.storage == "difference":
            mean = v.mean(axis=0)
            z = v - mean
            length = (z**2).sum(axis=1, keepdims=True)
            if not length.all():  # one state alone, or the mean of others: nothing sets it apart
                z, length = z[length[:, 0] > 0], length[length[:, 0] > 0]
            t = z.T @ (z / length)
            u = self._hollow(t) @ mean + self.config.level * (0.5 - mean)
            t, u = STEPS * t, STEPS * u
        else:
            p = 2 * v - 1
            t = p.T @ p
            u = self._hollow(t).sum(axis=1) / 2 if self.config.storage == "spin" else np.zeros(v.shape[1])
            t, u = 2 * t, 2 * u  # thresholds can be halves
        self.T.data += np.rint(self._hollow((t + t.T) / 2))
        self.U.data += np.rint(u)

    @staticmethod
    def _hollow(t: np.ndarray) -> np.ndarray:
        return t * (1 - np.eye(len(t)))

    def recall(self, states: np.ndarray, *, sweeps: int | None = None) -> np.ndarray:
        """Return the states (n, N) of 0 and 1 to which states (n, N) converge, unit by unit.

        Parameters
        ----------
        states : ndarray
        sweeps : int, optional
            Largest number of updates of every unit; by default that of the settings.
        """
        v = np.array(states.T, np.float64, order="C")
        if not self.config.iterated:
            count(self.T.size * v.shape[1])
            return self._decided(self.T.data @ v - self.U.data[:, None], v).T
        for k in range(self.config.sweeps if sweeps is None else sweeps):
            changed = False
            count(self.T.size * v.shape[1])
            for i in self._order(k):
                new = self._decided(self.T.data[i] @ v - self.U.data[i], v[i])
                if not np.array_equal(new, v[i]):
                    v[i] = new
                    changed = True
            if not changed:
                break
        return v.T

    def _order(self, sweep: int) -> np.ndarray:
        """Return the order of the units in a sweep, the same in every recall."""
        return generator(0, "hopfield.recall", sweep).permutation(self.config.units)

    @staticmethod
    def _decided(excess: np.ndarray, before: np.ndarray) -> np.ndarray:
        return np.where(excess == 0, before, excess > 0)

    def energy(self, states: np.ndarray) -> np.ndarray:
        """Return E of states (n, N), (n,) float64."""
        v = states.astype(np.float64)
        return -0.5 * np.einsum("ni,ni->n", v @ self.T.data, v) + v @ self.U.data

    def answer(self, stimuli: np.ndarray) -> np.ndarray:
        """Return the fields to which fields converge, (n, 20, 20) float32 of 0 and 1."""
        return self.recall(_states(stimuli)).reshape(stimuli.shape).astype(np.float32)

    def learn(self, stimuli: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Store the targets (n, 20, 20); return the answers given before.

        Parameters
        ----------
        stimuli, targets : ndarray
        rng : Generator
            Not used: nothing is drawn.
        """
        given = self.answer(stimuli)
        self.store(_states(targets))
        return given


def _states(fields: np.ndarray) -> np.ndarray:
    """Return which cells are on, (n, N) bool."""
    return fields.reshape(len(fields), -1) >= 0.5


def _holding(units: int, states: int, storage: str, seed: int = 0) -> tuple[Hopfield, np.ndarray]:
    """Return a network that holds random states, and the states."""
    rng = generator(seed, "hopfield.random", states)
    network = Hopfield(HopfieldConfig(units=units, storage=storage), rng)
    held = rng.random((states, units)) < 0.5
    network.store(held)
    return network, held


def _energies(network: Hopfield, state: np.ndarray, sweeps: int) -> np.ndarray:
    """Return E after each update of a unit, from the start on."""
    v = state.astype(np.float64)
    course = [network.energy(v[None])[0]]
    for k in range(sweeps):
        for i in network._order(k):
            excess = network.T.data[i] @ v - network.U.data[i]
            new = float(network._decided(excess, v[i]))
            # Since T_ii = 0, the change of one unit changes E by just this.
            course.append(course[-1] - (new - v[i]) * excess)
            v[i] = new
    return np.array(course)


def energy_falls() -> Finding:
    """Follow the energy from random states, with each kind of storage, and recompute it at the end."""
    risen = looks = wrong = fell = 0
    for storage in ("plain", "spin", "difference"):
        network, _ = _holding(200, 30, storage)
        for start in generator(0, "hopfield.starts").random((20, 200)) < 0.5:
            course = _energies(network, start, 8)
            risen += int((np.diff(course) > 0).sum())
            fell += int((np.diff(course) < 0).sum())
            looks += len(course) - 1
            wrong += int(course[-1] != network.energy(network.recall(start[None], sweeps=8))[0])
    return Finding(
        holds=risen == 0 and wrong == 0 and fell > 0,
        found=f"E rose at {risen} of {looks:,} looks and fell at {fell:,}; {wrong} courses end elsewhere than recall",
        wanted="E never rises",
    )


def overlaps(units: int, loads: tuple[float, ...], storage: str, seeds: int = 2) -> np.ndarray:
    """Return the mean overlap of random states held with what they come to, for each load in states per unit."""
    found = []
    for load in loads:
        rows = []
        for seed in range(seeds):
            network, held = _holding(units, round(load * units), storage, seed)
            some = held[:50]
            rows.append(((2 * some - 1) * (2 * network.recall(some) - 1)).mean())
        found.append(np.mean(rows))
    return np.array(found)


LOADS = (0.12, 0.13, 0.14, 0.15, 0.17, 0.20)
"""Loads at which the capacity is looked for, in states per unit."""


def capacity() -> Finding:
    """Look for the load at which stored states are no longer held, with units of -1 and 1."""
    found = overlaps(1_000, LOADS, "spin")
    broken = np.flatnonzero(found < 0.9)
    k = int(broken[0]) if broken.size and broken[0] else 0
    at = float(np.interp(0.9, found[[k, k - 1]], np.array(LOADS)[[k, k - 1]])) if k else float("nan")
    return Finding(
        holds=bool(found[0] > 0.97 and found[-1] < 0.75 and 0.125 <= at <= 0.165),
        found=f"1,000 units, overlap 0.9 at {at:.3f} N; "
        + ", ".join(f"{v:.3f} at {load:.2f} N" for v, load in zip(found, LOADS, strict=True)),
        wanted="above 0.97 at 0.12 N, below 0.75 at 0.20 N, and 0.9 between 0.125 and 0.165 N "
        "(0.138 N for endless networks; Hopfield: about 0.15 N)",
    )


def _restored(learner: Successor[Hopfield], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return fields on their way."""
    network = learner.network
    states = _states(stimuli[:6])
    rows = {"shown": states, "after 1 sweep": network.recall(states, sweeps=1), "settled": network.recall(states)}
    fields = {name: row.reshape(-1, SIDE, SIDE).astype(np.float32) for name, row in rows.items()}
    return fields | {"wanted": targets[:6]}


def _descent(learner: Successor[Hopfield], stimuli: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return the energy of some recalls, in units of T."""
    network = learner.network
    states = _states(stimuli[:6])
    return {f"stimulus {k + 1}": _energies(network, state, 4) / STEPS for k, state in enumerate(states)}


def _course(network: Hopfield, stimuli: np.ndarray) -> np.ndarray:
    """Return the states after each sweep until none changes, that shown first, (1, sweeps, 20, 20)."""
    course = [_states(stimuli)[:1].astype(np.float64)]
    for k in range(1, network.config.sweeps + 1):
        course.append(network.recall(course[0], sweeps=k))
        if np.array_equal(course[-1], course[-2]):
            break
    return np.concatenate(course).reshape(1, -1, *stimuli.shape[1:])


ENTRY = Entry(
    label="Hopfield",
    kind=SystemKind.REMEMBERS,
    parents=(),
    title="Neural networks and physical systems with emergent collective computational abilities",
    authors="J. J. Hopfield",
    idea="Units that all feed each other run downhill in an energy, from a part of a memory to the whole.",
    shrunk="Nothing: a unit for each of the 400 cells. Letters have much in common, so they are stored by what sets "
    "them apart from their mean.",
    network=Hopfield,
    learner=ByRule,
    retina=HopfieldConfig(),
    sizes={
        "simulated": Size(
            config=HopfieldConfig(units=100, storage="plain"),
            source="the larger of the two networks that the paper simulates, 30 and 100 units; it counts no parameters",
        )
    },
    trials=(Trial(task="restore", at_least=0.93, baseline="as shown"),),
    mechanism=Mechanism(name="feedback: units that look again until none changes", without={"iterated": False}),
    accepts=Port.FIELD,
    answers=Port.FIELD,
    checks=(
        Check(name="energy never rises", run=energy_falls),
        Check(name="capacity of random states", run=capacity, slow=True),
    ),
    figures=(
        Figure(name="restored", title="From a part of a letter to the whole", measure=_restored, stimuli=6),
        Figure(name="energy", title="The energy runs downhill", x="looks of a unit", y="energy E", measure=_descent),
    ),
    registers=(Watch(name="units, sweep by sweep", rendering=Rendering.MAPS, measure=_course),),
)
