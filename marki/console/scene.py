"""The scene: all that the panels may show, taken from the session once a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marki.console.look import Look
from marki.console.transport import Transport
from marki.io.worlds import Deck
from marki.session import Session

LARGEST_DECK = 200  # a pass through a larger one takes too long to wait for: it is shown like a drawn world
STEADY_FRAMES = 20  # the speed got is shown anew only so often, to be legible


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """All that the panels may show, taken once a frame.

    Attributes
    ----------
    look : Look
        The moment that the lamps show.
    held : Look or None
        The last look at a lit retina in the same trial, for lamps that have gone out since.
    values, turning : (512,)
        Wiper angles (deg) at this very moment, and the motors that turn.
    fast : bool
        Whether a frame spans so much time that `look` is a chosen moment, not this one.
    errors : (trials,) bool
        Whether each trial of the present course went wrong.
    got : float
        Speed reached, simulated seconds a second.
    """

    look: Look
    held: Look | None
    values: np.ndarray
    turning: np.ndarray
    source_set: np.ndarray
    units: int
    dead_zone: float
    code: np.ndarray
    classes: Sequence[str]
    deck: bool
    pass_size: int
    errors: np.ndarray
    trial: int
    now_us: int
    seed: int
    digest: str
    asked: float
    got: float
    state: str
    learning: bool
    fast: bool


class Observer:
    """Takes scenes of a session; it only reads.

    Parameters
    ----------
    session : Session
    transport : Transport
    """

    def __init__(self, session: Session, transport: Transport):
        self.session, self.transport = session, transport
        self._errors: tuple[tuple, np.ndarray] = ((), np.empty(0, bool))
        self._got, self._got_left = 0.0, 0

    def scene(self) -> Scene:
        """Return everything that the panels show."""
        session, transport = self.session, self.transport
        learner, world, held = session.learner, session.world, transport.held
        look = transport.look()
        return Scene(
            look=look,
            held=held if held is not None and held.trial == look.trial else None,
            values=learner.view().values if transport.fast else look.view.values,
            turning=look.view.turning,
            fast=transport.fast,
            source_set=learner.response.source_set,
            units=learner.units,
            dead_zone=learner.response.dead_zone / 1e6,
            code=world.code,
            classes=world.classes,
            deck=isinstance(world, Deck) and world.size <= LARGEST_DECK,
            pass_size=world.size,
            errors=self._wrong(),
            trial=session.trial,
            now_us=session.now,
            seed=session.seed,
            digest=session.digest,
            asked=transport.speed,
            got=self._speed_got(),
            state="SEARCHING" if transport.searching else "RUNNING" if transport.running else "STOPPED",
            learning=session.learn,
        )

    def _wrong(self) -> np.ndarray:
        """Return the errors of the present course; made anew only when a trial has ended."""
        session = self.session
        key = (session.trial, session.course, session.digest)
        if key != self._errors[0]:
            records = session.records
            self._errors = (key, records["wrong"][records["course"] == session.course])
        return self._errors[1]

    def _speed_got(self) -> float:
        """Return the speed reached, steady enough to be read."""
        self._got_left -= 1
        if self._got_left <= 0 or not self._got:
            self._got, self._got_left = self.transport.got, STEADY_FRAMES
        return self._got
