"""The window's command: its arguments, and opening it. Imports pygame only when the window opens."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING

from tqdm import tqdm

from marki.console.drawing.layout import LARGEST, LEAST
from marki.console.state.playback import SPEEDS
from marki.console.state.ui_state import PAGES, VIEWS
from marki.console.window_settings import WindowSettings
from marki.errors import ConfigError, MarkIError, shown, unknown
from marki.files import GIF, PNG, check_outputs
from marki.io.rooms import ROOMS
from marki.jobs.options import CSV_HELP, csv_form, path_text
from marki.language import LANGUAGES
from marki.teaching.lesson_types import CHARTS

if TYPE_CHECKING:
    from marki.io.exhibits import Timeline
    from marki.session import Session

SCALES = (0.75, 1.25)
FRAMES_UNSEEN = 60
UNSEEN = ("", "dummy", "offscreen", "evdev")
"""Drivers of SDL that show nothing."""
X11 = "x11"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the window's arguments to a parser."""
    add = parser.add_argument
    add("--size", metavar="WxH", help="size of the window (default: that of the screen; with --frames 1280x800)")
    add(
        "--scale",
        metavar="X",
        default="1",
        help="scale of lettering and frames, {:g} to {:g} (default: %(default)s)".format(*SCALES),
    )
    add("--fullscreen", action="store_true", help="fill the screen")
    add("--speed", metavar="X", help="simulated seconds a second (default: 5 at first, then rising by itself)")
    add("--welcome", action="store_true", help="offer the first steps again, after they were put away for good")
    add("--paused", action="store_true", help="begin with time standing still")
    add("--frames", metavar="N", help="draw so many frames, each 1/60 s, and end; same result every time")
    add("--screenshot", type=path_text, metavar="FILE", help="write the last frame to this PNG file")
    add("--report", type=path_text, metavar="FILE", help="write speed, digest and frame times to this JSON file")
    add("--film", type=path_text, metavar="FILE", help="write all frames as an animated GIF; needs --frames")
    add("--film-fps", metavar="N", default="20", help="frames that a film takes a second (default: %(default)s)")
    add(
        "--table",
        type=path_text,
        metavar="FILE",
        help="write all registers, as they stand in the end, to this CSV file",
    )
    add(
        "--lab-report",
        type=path_text,
        metavar="PATH",
        help="write a lab report in the end: a folder; one file if it ends in .zip; "
        "only the page of the run if in .html",
    )
    add("--csv", metavar="FORM", default="plain", help=CSV_HELP)
    add("--begin", metavar="TRIAL", default="0", help="go through so many presentations first (default: %(default)s)")
    add("--out", type=path_text, metavar="DIR", help="folder of whatever is saved from the window (default: out)")
    add("--lang", metavar="LANGUAGE", default="en", help=f"language: {' or '.join(LANGUAGES)} (default: %(default)s)")
    add("--projector", action="store_true", help="large lettering, strong contrast, thick lines")
    add("--still", action="store_true", help="less motion: nothing flickers or spins")
    add("--kiosk", action="store_true", help="for visitors: no files, no closing, begins again when left alone")
    add("--lesson", metavar="NAME", help="open a lesson: a name from `lessons`, or a file")
    add("--program", type=path_text, metavar="FILE", help="open the editor with a program of the pen language")
    add("--view", metavar="VIEW", default="schematic", help=f"{' or '.join(VIEWS)} (default: %(default)s)")
    add("--page", metavar="PAGE", default="", help="open a page at the side, such as settings or journal")
    add("--system", metavar="NAME", default="", help="put up a system of the timeline in the place of the Mark I")
    add("--chart", metavar="CHART", default="", help=f"open a chart of the systems: {', '.join(CHARTS)}")
    add(
        "--hall", metavar="ROOM", nargs="?", const="reads", default="",
        help="open the hall, in which all systems of the timeline are asked the same: "
        f"{' or '.join(room.name for room in ROOMS)} (reads if no room is named)",
    )  # fmt: skip


def open_window(session: Session, args: argparse.Namespace, timeline: Timeline | None = None) -> int:
    """Open the operator's window on a session and run it until it is closed.

    Parameters
    ----------
    session : Session
        The Mark I in its world.
    args : argparse.Namespace
        What `add_arguments` asks for; and `began`, the moment at which the interpreter started, by `perf_counter`.
    timeline : Timeline, optional
        The successors, for a strip of years at the foot of the window.

    Returns
    -------
    int
        Exit status, 0.

    Raises
    ------
    ConfigError
        For an argument that makes no sense.
    MarkIError
        If there is no display to open a window on.
    """
    size = None if args.size is None else read_size(args.size)
    scale = _number("--scale", args.scale, *SCALES)
    speed = None if args.speed is None else _number("--speed", args.speed, SPEEDS[0], SPEEDS[-1])
    frames = None if args.frames is None else int(_number("--frames", args.frames, 1, 10_000_000, whole=True))
    for where, known in (("lang", LANGUAGES), ("view", VIEWS), ("page", PAGES), ("chart", CHARTS)):
        if (name := getattr(args, where)) and name not in known:
            raise unknown(where, name, known, where=f"--{where}")
    begin = _number("--begin", args.begin, 0, 10_000_000, whole=True)
    form = csv_form(args.csv)
    check_files(args)
    if args.film and not frames:
        raise ConfigError("a film needs an end", where="--film", remedy="Give --frames N too")
    choose_drivers(unseen=bool(frames or args.screenshot or args.report or args.table or args.lab_report))
    if frames is None and os.environ.get("SDL_VIDEODRIVER") in ("dummy", "offscreen"):
        frames = FRAMES_UNSEEN  # nobody could close it

    import pygame

    from marki.console.app import App

    for _ in tqdm(range(int(begin)), desc="presentations", leave=False, delay=0.5, disable=None):
        session.step("trial")
    settings = WindowSettings(
        size=size,
        scale=scale,
        speed=speed,
        frames=frames,
        paused=args.paused,
        fullscreen=args.fullscreen,
        screenshot=args.screenshot,
        report=args.report,
        film=args.film,
        film_fps=_number("--film-fps", args.film_fps, 0.1, 60),
        table=args.table,
        lab_report=args.lab_report,
        csv=form,
        out=args.out or "out",
        language=args.lang,
        projector=args.projector,
        still=args.still,
        kiosk=args.kiosk,
        lesson=args.lesson,
        program=args.program,
        view=args.view,
        page=args.page,
        system=args.system,
        hall=args.hall,
        chart=args.chart,
        welcome=args.welcome,
        began=getattr(args, "began", time.perf_counter()),
    )
    try:
        pygame.display.init()
        demand_screen(pygame.display.get_driver())
        return App(session, settings, timeline).run()
    except pygame.error as error:
        demand_screen("")
        raise MarkIError(
            f"SDL cannot open a window ({error})",
            where=f"SDL_VIDEODRIVER={os.environ.get('SDL_VIDEODRIVER', '')}",
            remedy="Unset it, or set it to dummy and give --frames N",
        ) from error


def check_files(args: argparse.Namespace) -> None:
    """Refuse files of the window that cannot be written under their names; see `marki.files.check_outputs`."""
    check_outputs(
        {f"--{name.replace('_', '-')}": getattr(args, name) for name in WRITTEN},
        endings={"--screenshot": PNG, "--film": GIF},
        folders=("--lab-report",),
    )


WRITTEN = ("screenshot", "report", "film", "table", "lab_report")
"""Arguments that name a file that is written in the end."""


def lockable() -> tuple[str, ...]:
    """Return the commands of the window that a lesson may lock."""
    from marki.console.actions import command_table

    return command_table.lockable()


def read_size(text: str) -> tuple[int, int]:
    """Return (width, height) of a text such as ``1280x800``; refuse what no window can be."""
    parts = str(text).lower().split("x")
    if len(parts) != 2 or not all(p.isascii() and p.isdigit() and len(p) < 6 for p in parts):
        raise ConfigError(f"{shown(text)} is not a size", where="--size", remedy="Give WIDTHxHEIGHT, such as 1280x800")
    width, height = (int(p) for p in parts)
    if width < LEAST[0] or height < LEAST[1] or width > LARGEST[0] or height > LARGEST[1]:
        raise ConfigError(
            f"{text} is out of range",
            where="--size",
            remedy="Give a size from {}x{} to {}x{}".format(*LEAST, *LARGEST),
        )
    return width, height


def _number(where: str, text: object, low: float, high: float, *, whole: bool = False) -> float:
    try:
        value = int(str(text)) if whole else float(str(text))
    except ValueError:
        kind = "a whole number" if whole else "a number"
        raise ConfigError(f"expected {kind}, got {shown(text)}", where=where, remedy=f"Give {kind}") from None
    if not low <= value <= high:
        raise ConfigError(
            f"{shown(value)} is out of range", where=where, remedy=f"Give a value from {low:g} to {high:g}"
        )
    return value


def demand_screen(driver: str) -> None:
    """Refuse a driver of SDL that shows nothing, or no driver, if a screen was to be had.

    Parameters
    ----------
    driver : str
        What SDL has chosen, "" if nothing.

    Raises
    ------
    MarkIError
        If the display does not answer, and SDL draws for nobody.
    """
    asked = os.environ.get("SDL_VIDEODRIVER", "")
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY", "")
    if asked in ("", X11) and screen and driver in UNSEEN:
        raise MarkIError(
            f"the display {screen} does not answer",
            where="window",
            remedy="Set DISPLAY to one that does, or SDL_VIDEODRIVER=dummy and give --frames N to draw unseen",
            code="display.dead",
            display=screen,
        )
    if driver in UNSEEN and driver not in asked.split(",") and driver:
        raise MarkIError(
            f"SDL draws to {driver}, which nobody sees",
            where="window",
            remedy="Run it on a desktop, or give --frames N with --screenshot FILE to draw without one",
            code="display.unseen",
            driver=driver,
        )


def choose_drivers(*, unseen: bool) -> None:
    """Set SDL's drivers in the environment: no sound, and no screen when nobody could see one.

    Parameters
    ----------
    unseen : bool
        Whether the run makes sense without a display, because it leaves a file or ends by itself.
    """
    os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"
    os.environ["SDL_NO_SIGNAL_HANDLERS"] = "1"  # else SDL makes being asked to end a click on the cross
    if unseen:
        os.environ["SDL_AUDIODRIVER"] = "dummy"
    if sys.platform.startswith("linux") and os.environ.get("SDL_VIDEODRIVER", "x11") == "x11":
        # Without this SDL sends the whole picture through a renderer for every changed rectangle: 10 ms, not 0.3.
        os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0")
    if sys.platform.startswith("linux") and os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ["SDL_VIDEODRIVER"] = os.environ.get("SDL_VIDEODRIVER") or X11  # and nothing else if it is dead
    screen = sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if screen or os.environ.get("SDL_VIDEODRIVER"):
        return
    if not unseen:
        raise MarkIError(
            "there is no display to open a window on",
            remedy="Run it on a desktop, or give --frames N with --screenshot FILE to draw without one",
            where="window",
        )
    os.environ["SDL_VIDEODRIVER"] = "dummy"
