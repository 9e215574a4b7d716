"""The first minute: what a newcomer is offered, whether that was put away for good, and the steps of the tour."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from marki.errors import MarkIError
from marki.files import cache_folder, write_text

STEP_S = 10.0
"""Seconds for which a step of the tour is shown."""

TOUR_SPEED = 5.0

STEPS = ("stimulus", "retina", "plugboard", "association", "values", "response", "curve")
"""Panels that the steps of the tour speak of, in order."""


@dataclass(frozen=True)
class Offer:
    """Something to press beside the narration: its name in the tables (``offer.NAME``), and the command it gives."""

    name: str
    command: str


OFFERS = (
    Offer("draw", "draw"),
    Offer("finish", "learn_all"),
    Offer("tour", "tour"),
    Offer("dismiss", "dismiss"),
    Offer("tour_back", "tour_back"),
    Offer("tour_next", "tour_next"),
    Offer("tour_leave", "tour_leave"),
)
WELCOME, ON_TOUR = (0, 1, 2, 3), (4, 5, 6)
"""Numbers of the offers that are there at first, and during the tour."""


def put_away_file() -> Path:
    """Return the file whose presence says that the offers were put away for good."""
    return cache_folder() / "welcome_was_put_away"


def was_put_away() -> bool:
    """Return whether the offers were put away for good."""
    try:
        return put_away_file().exists()
    except OSError:
        return False


def put_away() -> bool:
    """Put the offers away for good; return whether that could be kept beyond this sitting."""
    try:
        put_away_file().parent.mkdir(parents=True, exist_ok=True)
        write_text(put_away_file(), "")
    except (OSError, MarkIError):
        return False
    return True
