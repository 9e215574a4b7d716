"""The contract that the Mark I and every successor obeys."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from marki.io.ports import Port
from marki.registers import Register


@runtime_checkable
class Learner(Protocol):
    """Something that answers stimuli and can be reinforced.

    *Reinforce* turns motors in 1958 and takes a gradient step in 2022. The input is n stimuli of the `accepts` port,
    the output n answers of the `answers` port; for ``frame`` and ``lamps`` these are (n, 20, 20) float32 in 0…1 and
    (n, 8) bool. A learner checks what it is given and raises `PortError`.
    """

    accepts: Port
    answers: Port

    def reset(self, seed: int) -> None:
        """Return to the untrained state that belongs to `seed`."""
        ...

    def respond(self, stimuli: np.ndarray) -> np.ndarray:
        """Answer each stimulus; nothing is learned."""
        ...

    def reinforce(self, stimuli: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Learn from each stimulus in turn; return the answers given before each correction."""
        ...

    def registers(self) -> list[Register]:
        """List all state; restoring it restores the learner."""
        ...
