"""The opponent: the same machine with its motors, learning from the cards that a person turns potentiometers for."""

from __future__ import annotations

import numpy as np

from marki.machine import MarkI
from marki.registers import restore, snapshot
from marki.session import Session


class Opponent:
    """Hand against motors: both see the same cards from the same start, and each one's mistakes are counted.

    Parameters
    ----------
    session : Session
        Where the person teaches; the opponent only reads it.
    """

    def __init__(self, session: Session):
        self.machine, self.first = _with_motors(session), session.trial
        self.hand: list[bool] = []
        self.motors: list[bool] = []

    def follow(self, session: Session) -> None:
        """Let the opponent learn from the cards of the trials finished since."""
        if session.trial < self.first + len(self.hand):
            # The person went back: a new match.
            self.machine, self.first, self.hand, self.motors = _with_motors(session), session.trial, [], []
        for row in session.records[self.first + len(self.hand) :]:
            self.hand.append(bool(row["wrong"]))
            if row["item"] < 0:
                self.motors.append(False)
                continue
            shown = session.worlds[row["course"]].at(int(row["number"]))
            self.machine.present(shown.frame, shown.target, learn=True)
            self.machine.finish()
            self.machine.collect()
            self.motors.append(bool(np.any(self.machine.answer[: self.machine.units] != shown.target)))

    def score(self, last: int = 0) -> tuple[int, int, int]:
        """Return trials, mistakes of the hand and mistakes of the motors, of all trials or the last ones."""
        hand, motors = self.hand[-last:], self.motors[-last:]
        return len(hand), sum(hand), sum(motors)


def _with_motors(session: Session) -> MarkI:
    """Return the machine of a session as it stands, but taught by its motors."""
    learner = session.learner
    config = learner.config.amend({"reinforcement.control": "error"})
    machine = MarkI(config, seed=session.seed, wiring=learner.wiring)
    if learner.idle:
        restore(machine.registers(), snapshot(learner.registers()))
        machine.resume()
    return machine
