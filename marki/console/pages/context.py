"""What a page may tell about."""

from __future__ import annotations

from dataclasses import dataclass

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
