"""References: trivial learners to compare a system with where no earlier one fits."""

from __future__ import annotations

import math

import numpy as np

from marki.errors import ConfigError
from marki.io.frame import check_frames
from marki.io.learner import Learner
from marki.io.ports import Port
from marki.io.reels import check_reels
from marki.registers import Register
from successors.nn.learner import Measured


class LastExposure:
    """A learner of frames on a task of reels: it sees only the last exposure.

    Parameters
    ----------
    learner : Learner
        Accepts frames.
    """

    accepts: Port = Port.REEL

    def __init__(self, learner: Learner):
        if learner.accepts is not Port.FRAME:
            raise ConfigError(f"a learner of {learner.accepts}s", where="LastExposure", remedy="Give one of frames")
        self.learner, self.answers = learner, learner.answers

    def reset(self, seed: int) -> None:
        """Return to the untrained state of `seed`."""
        self.learner.reset(seed)

    def respond(self, stimuli: np.ndarray) -> np.ndarray:
        """Answer the last exposure of each reel."""
        return self.learner.respond(check_reels(stimuli)[:, -1])

    def reinforce(self, stimuli: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Learn from the last exposure of each reel."""
        return self.learner.reinforce(check_reels(stimuli)[:, -1], targets)

    @property
    def last_loss(self) -> float:
        """The loss of the learner's last step; NaN if it has none."""
        return self.learner.last_loss if isinstance(self.learner, Measured) else math.nan

    def registers(self) -> list[Register]:
        """List all state."""
        return self.learner.registers()


class AsShown:
    """The identity on fields, which learns nothing: the score to beat in restoration."""

    accepts: Port = Port.FIELD
    answers: Port = Port.FIELD

    def reset(self, seed: int) -> None:
        """Do nothing."""

    def respond(self, stimuli: np.ndarray) -> np.ndarray:
        """Return the fields themselves, (n, 20, 20) float32."""
        return check_frames(stimuli, where="field port")

    def reinforce(self, stimuli: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Return the fields themselves."""
        return self.respond(stimuli)

    def registers(self) -> list[Register]:
        """List nothing."""
        return []
