"""The stages of the annex: a system in the place of the Mark I, two of them, or the hall."""

from __future__ import annotations

from marki.console import layout as boxes_of
from marki.console.annex import layout
from marki.console.annex.answer import AnswerPanel, RackLamps, SecondAnswer, SecondLamps
from marki.console.annex.film import FilmLamps, FilmPanel
from marki.console.annex.hall import HallCard, PenPanel, WallPanel
from marki.console.annex.registers import RegistersPanel, SecondRegisters
from marki.console.annex.schooling import LedgerPanel, PairLedger, SchoolingPanel, SecondLedger
from marki.console.annex.sight import MARK1
from marki.console.annex.teleprinter import TeleprinterPanel
from marki.console.panel import Panel
from marki.console.panels.retina import RetinaPanel, StimulusPanel
from marki.console.scene import Scene
from marki.console.theme import SMALL, Theme
from marki.io.ports import Port

RACK: dict[str, type[Panel]] = {
    "stimulus": StimulusPanel,
    "retina": RetinaPanel,
    "teleprinter": TeleprinterPanel,
    "registers": RegistersPanel,
    "lamps": RackLamps,
    "answer": AnswerPanel,
    "schooling": SchoolingPanel,
    "ledger": LedgerPanel,
    "registers2": SecondRegisters,
    "lamps2": SecondLamps,
    "answer2": SecondAnswer,
    "ledger2": SecondLedger,
}
HALL: dict[str, type[Panel]] = {"card": HallCard, "pens": PenPanel, "wall": WallPanel}


def strip_height(theme: Theme, scene: Scene) -> int:
    """Return the height of the strip of years, 0 while it is folded away."""
    if scene.annex is None or not scene.desk.strip:
        return 0
    return layout.strip_height(theme.unit, theme.least if theme.profile.least else 0, theme.row(SMALL))


def kind(scene: Scene) -> str:
    """Return which stage is wanted: ``hall``, ``pair``, ``rack``, or "" for the Mark I's own."""
    desk, sight = scene.desk, scene.annex
    if sight is None:
        return ""
    if desk.hall:
        return "hall"
    if sight.second is not None:
        return "pair"
    return "" if sight.first.exhibit.name == MARK1 else "rack"


def key(scene: Scene) -> tuple:
    """Return what the arrangement of the panels follows from."""
    sight, which = scene.annex, kind(scene)
    if sight is None:
        return ()
    return which, scene.desk.strip, sight.first.exhibit.accepts if which else None, plays(scene)


def plays(scene: Scene) -> bool:
    """Return whether the first system is shown something else than the card before the camera."""
    sight, desk = scene.annex, scene.desk
    return sight.first.exhibit.accepts == Port.REEL or (desk.example >= 0 and sight.first.exhibit.name != MARK1)


def set_stage(stage: boxes_of.Box, theme: Theme, scene: Scene, least: float) -> dict[str, Panel]:
    """Return the panels of the stage that is wanted, not yet dressed."""
    which = kind(scene)
    if which == "hall":
        return {name: HALL[name](box, theme) for name, box in layout.hall(stage, theme.unit, least=least).items()}
    kinds = dict(RACK)
    if plays(scene):
        kinds |= {"stimulus": FilmPanel, "retina": FilmLamps}
    if which == "pair":
        kinds["ledger"] = PairLedger
        boxes = layout.pair(stage, theme.unit, least=least)
    else:
        boxes = layout.rack(stage, theme.unit, scene.annex.first.exhibit.accepts, least=least)
    return {name: kinds[name](box, theme) for name, box in boxes.items()}
