"""What a page may tell about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.console.actions.operator import Operator
from marki.console.state.scene import Scene
from marki.language import Words
from marki.session import Session


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a page may tell about; it only reads.

    Attributes
    ----------
    scene : Scene
    session : Session
    operator : Operator
    words : Words
    """

    scene: Scene
    session: Session
    operator: Operator
    words: Words

    def readings(self) -> np.ndarray:
        """Return what the potentiometers give as they stand, (512,) deg: whole turns of wire."""
        wipers = np.rint(self.scene.values * 1e6).astype(np.int64)
        return self.session.learner.potentiometers.reading(wipers) / 1e6
