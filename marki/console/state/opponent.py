"""The opponent: the same machine with its motors, learning from the cards that a person turns potentiometers for."""

from __future__ import annotations

import numpy as np

from marki.io.worlds import WorldConfig
from marki.machine import MarkI
from marki.registers import restore, snapshot
from marki.session import Session


class Opponent:
    """Hand against motors: both see the same cards from the same start, and each one's mistakes are counted.

    Parameters
    ----------
    session : Session
        Where the person teaches; the opponent only reads it.
    world : WorldConfig
        World that the match is in.
    """

    def __init__(self, session: Session, world: WorldConfig):
        self.world = world
        self._begin(session)

    def _begin(self, session: Session) -> None:
        learner = session.learner
        config = learner.config.amend({"reinforcement.control": "error"})
        self.machine = MarkI(config, seed=session.seed, wiring=learner.wiring)
        if learner.idle:
            restore(self.machine.registers(), snapshot(learner.registers()))
            self.machine.resume()
        self.first = session.trial
        self.hand: list[bool] = []
        self.motors: list[bool] = []

    def follow(self, session: Session) -> None:
        """Let the opponent learn from the cards of the trials finished since."""
        if session.trial < self.first + len(self.hand):
            self._begin(session)  # the person went back: a new match
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
