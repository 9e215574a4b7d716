"""How the timeline stands when the window opens, and what pictures without a screen wait for."""

from __future__ import annotations

from collections.abc import Callable

from marki.console.drawing.layout import BASE
from marki.console.state.timeline_view import on_wall
from marki.console.timeline.controller import TimelineController
from marki.console.window_settings import WindowSettings
from marki.errors import unknown
from marki.io import rooms
from marki.io.exhibits import MARK1
from marki.session import Session


def hang(timeline: TimelineController, settings: WindowSettings, size: tuple[int, int]) -> None:
    """Unfold the strip of years where a window of `size` has room for it, and put up what was asked for.

    Raises
    ------
    UnknownName
        For a system that is not of the timeline, or a room that is not of the hall.
    """
    ui = timeline.ui
    asked = bool(settings.system or settings.hall or settings.chart)
    roomy = all(a >= b for a, b in zip(size, BASE, strict=True))
    opens = roomy and settings.frames is None and not settings.lesson and not settings.chart
    ui.strip = bool(settings.system or settings.hall) or opens
    if asked:
        timeline.wake()
        names = [MARK1, *timeline.timeline.names()]
        if settings.system and settings.system not in names:
            raise unknown("system", settings.system, names, where="--system")
        ui.system, ui.hall = settings.system or MARK1, bool(settings.hall)
        ui.room = rooms.room(settings.hall).name if settings.hall else ui.room
        ui.example = -1 if ui.system == MARK1 else 0
        ui.strip_at = names.index(ui.system) / max(1, len(names) - 1)


def wait(timeline: TimelineController, session: Session, look: Callable[[], object]) -> None:
    """Wait for the answers to what was asked; `look` asks, and takes what there is to see."""
    if timeline.ui.chart == "room" or timeline.ui.page == "room":
        look()
        timeline.room.wait()
        look()
    if timeline.ui.chart == "law":
        look()
        timeline.law.wait()
        look()
    if timeline.ui.strip or timeline.ui.hall or timeline.ui.chart or timeline.ui.editing:
        timeline.wake(wait=True)
        for _ in range(3 if timeline.ui.chart == "shots" else 2):  # each asks what the next shows
            look()
            exhibits = timeline.exhibits(session)
            room, subject = rooms.room(timeline.ui.room), timeline.task(session)
            timeline.settle(
                room.told + sum(on_wall(e, room) and subject in e.hall.get(room.name, ()) for e in exhibits)
            )
        look()
