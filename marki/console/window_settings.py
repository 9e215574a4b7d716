"""How the window was asked for."""

from __future__ import annotations

from dataclasses import dataclass

from marki.files import CsvForm


@dataclass(frozen=True, kw_only=True)
class WindowSettings:
    """How the window was asked for; see `command.add_arguments`.

    Attributes
    ----------
    size : (int, int) or None
        None for what the screen has room for.
    speed : float or None
        None for a speed that rises by itself.
    hall : str
        Name of the room of the hall to open; "" for none.
    welcome : bool
        Offer the first steps even if they were put away for good.
    """

    size: tuple[int, int] | None = (1280, 800)
    scale: float = 1.0
    speed: float | None = 20.0
    frames: int | None = None
    paused: bool = False
    fullscreen: bool = False
    screenshot: str | None = None
    report: str | None = None
    film: str | None = None
    film_fps: float = 20.0
    table: str | None = None
    lab_report: str | None = None
    csv: CsvForm = "plain"
    out: str = "out"
    began: float = 0.0
    language: str = "en"
    projector: bool = False
    still: bool = False
    kiosk: bool = False
    lesson: str | None = None
    program: str | None = None
    view: str = "schematic"
    page: str = ""
    system: str = ""
    hall: str = ""
    chart: str = ""
    welcome: bool = False
