"""The contract of `Learner`, executable: one check that runs over the Mark I and all its successors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from marki.errors import MarkIError
from marki.io.learner import Learner
from marki.io.ports import Port
from marki.registers import fingerprint, restore, snapshot
from marki.seeding import generator


class ContractBroken(MarkIError):
    """A learner that does not keep the contract; the message says which clause."""


def check_learner(make: Callable[[], Learner], *, stimuli: np.ndarray, targets: np.ndarray) -> None:
    """Run every clause of the contract on fresh learners from `make`.

    Parameters
    ----------
    make : callable
        Returns a new learner, always configured the same.
    stimuli : ndarray
        A few stimuli of the learner's port, at least two.
    targets : ndarray
        Their targets.

    Raises
    ------
    ContractBroken
        For the first clause that fails.
    """

    def demand(holds: bool, clause: str) -> None:
        if not holds:
            raise ContractBroken(clause, where=type(make()).__name__, remedy="Keep the contract of marki.io.learner")

    learner = make()
    demand(isinstance(learner, Learner), "lacks a member of the contract")
    demand(learner.accepts in Port and learner.answers in Port, "names a port that does not exist")

    names = [r.name for r in learner.registers()]
    demand(len(names) == len(set(names)) and all(names), "register names are not unique")
    demand(all(r.meaning for r in learner.registers()), "a register has no sentence")

    learner.reset(1)
    start = fingerprint(snapshot(learner.registers()))
    before = stimuli.copy(), targets.copy()
    answers = np.asarray(learner.respond(stimuli))
    demand(len(answers) == len(stimuli), "respond gives another number of answers than stimuli")
    if learner.answers is Port.LAMPS:
        demand(answers.dtype == bool and answers.shape[1:] == (8,), "lamps are not bool (n, 8)")
    given = np.asarray(learner.reinforce(stimuli, targets))
    demand(given.shape == answers.shape, "reinforce returns another shape than respond")
    demand(np.array_equal(before[0], stimuli) and np.array_equal(before[1], targets), "the inputs were changed")
    own = not any(np.shares_memory(found, array) for found in (answers, given) for array in (stimuli, targets))
    demand(own, "an answer shares its memory with an input")

    live = {r.name: r.array for r in learner.registers()}
    state = snapshot(learner.registers())
    first = np.asarray(learner.reinforce(stimuli, targets))
    end = fingerprint(snapshot(learner.registers()))
    restore(learner.registers(), state)
    again = np.asarray(learner.reinforce(stimuli, targets))
    demand(np.array_equal(first, again), "restoring the registers does not restore the answers")
    demand(fingerprint(snapshot(learner.registers())) == end, "restoring the registers does not restore the learning")
    demand(all(r.array is live[r.name] for r in learner.registers()), "a register's array was replaced, not changed")

    learner.reset(1)
    demand(fingerprint(snapshot(learner.registers())) == start, "reset does not return to the same state")
    runs = []
    for seed in (1, 1, 2):
        other = make()
        other.reset(seed)
        other.reinforce(stimuli, targets)
        runs.append(fingerprint(snapshot(other.registers())))
    demand(runs[0] == runs[1], "the same seed gives another run")

    empty = np.asarray(learner.respond(stimuli[:0]))
    demand(len(empty) == 0, "no stimuli do not give no answers")
    if learner.accepts is Port.FRAME:
        _refusals(learner, stimuli, targets, demand)


def _refusals(learner: Learner, stimuli: np.ndarray, targets: np.ndarray, demand: Callable[[bool, str], None]) -> None:
    wrong = {
        "a frame of another shape": (stimuli[:, :-1], targets),
        "a frame with NaN": (np.full_like(stimuli, np.nan), targets),
        "a frame brighter than full light": (stimuli + 2, targets),
        "targets of another number": (stimuli, targets[:-1]),
    }
    for what, (x, y) in wrong.items():
        state = fingerprint(snapshot(learner.registers()))
        try:
            learner.reinforce(x, y)
        except MarkIError:
            demand(fingerprint(snapshot(learner.registers())) == state, f"{what} is refused but changes the state")
        else:
            demand(False, f"{what} is taken without a word")


def sample_frames(count: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return some frames of random blocks and random lamp targets, for checks: (n, 20, 20) float32, (n, 8) bool."""
    rng = generator(seed, "sample_frames")
    blocks = rng.random((count, 5, 5)) < 0.3
    frames = np.kron(blocks, np.ones((1, 4, 4))).astype(np.float32)
    return frames, rng.random((count, 8)) < 0.5
