"""The stages of the timeline: a system in the place of the Mark I, two of them, or the hall."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from marki.console.drawing import layout as boxes_of
from marki.console.drawing.panel import Panel
from marki.console.drawing.theme import Theme
from marki.console.panels.retina_panel import RetinaPanel
from marki.console.panels.stimulus_panel import StimulusPanel
from marki.console.state.scene import Scene
from marki.console.state.studio import tool_of
from marki.console.state.timeline_view import tried
from marki.console.timeline import strip_panel, timeline_layout
from marki.console.timeline.activation_panel import ActivationPanel
from marki.console.timeline.answer_panel import AnswerLamps, AnswerPanel
from marki.console.timeline.canvas_panel import CanvasPanel
from marki.console.timeline.class_board import ClassBoard
from marki.console.timeline.duel_panel import DuelPanel
from marki.console.timeline.gantt_panel import GanttPanel
from marki.console.timeline.hall_panel import AgainPanel, CardPens, HallCard, LineCard, LinePanel, PenPanel, WallPanel
from marki.console.timeline.knobs_panel import KnobsPanel
from marki.console.timeline.law_panel import LawPanel
from marki.console.timeline.mix_panel import MixPanel
from marki.console.timeline.reel_panel import ReelLamps, ReelPanel
from marki.console.timeline.rooms_panel import RoomsPanel
from marki.console.timeline.scale_panel import ScalePanel
from marki.console.timeline.scene_card import SceneCard, ScenePanel
from marki.console.timeline.shelf_panel import ShelfPanel, SievePanel
from marki.console.timeline.shots_panel import ShotsPanel
from marki.console.timeline.slide_panel import SlidePanel
from marki.console.timeline.task_card import CaptionCard, CaptionPanel, TaskCard, TaskPanel
from marki.console.timeline.teleprinter_panel import TeleprinterPanel
from marki.console.timeline.tool_panel import ToolTabs
from marki.console.timeline.training_panel import LedgerPanel, TrainingPanel
from marki.console.timeline.walk_panel import WalkPanel
from marki.io.drawing_orders import Tool
from marki.io.exhibits import MARK1
from marki.io.ports import Port
from marki.io.rooms import Asks

PanelMaker = Callable[[boxes_of.Box, Theme, Scene], Panel]
RACK: dict[str, PanelMaker] = {
    "stimulus": StimulusPanel,
    "retina": RetinaPanel,
    "teleprinter": TeleprinterPanel,
    "registers": ActivationPanel,
    "lamps": AnswerLamps,
    "answer": AnswerPanel,
    "schooling": TrainingPanel,
    "ledger": LedgerPanel,
    "registers2": partial(ActivationPanel, side="second"),
    "lamps2": partial(AnswerLamps, side="second"),
    "answer2": partial(AnswerPanel, side="second"),
    "ledger2": partial(LedgerPanel, side="second", button="learn2"),
}
CHARTS: dict[str, PanelMaker] = {"scale": ScalePanel, "room": GanttPanel, "shots": ShotsPanel, "law": LawPanel}
HALL: dict[Asks, tuple[PanelMaker, type[PenPanel]]] = {
    Asks.CARD: (HallCard, PenPanel),
    Asks.CLASS: (ClassBoard, AgainPanel),
    Asks.LINE: (LineCard, LinePanel),
    Asks.TASK: (TaskCard, TaskPanel),
    Asks.SCENE: (SceneCard, ScenePanel),
    Asks.CAPTION: (CaptionCard, CaptionPanel),
}
"""The card and the buttons at the left in the hall, by what the room asks with."""


TOOLS: dict[Tool, PanelMaker] = {
    Tool.KNOBS: KnobsPanel,
    Tool.DUEL: DuelPanel,
    Tool.WALK: WalkPanel,
    Tool.MIX: MixPanel,
    Tool.SLIDE: SlidePanel,
}
"""The panel of each tool at a machine that draws."""


def strip_height(theme: Theme, scene: Scene, width: int) -> int:
    """Return the height of the strip of years in a width, px; 0 while it is folded away."""
    if scene.timeline is None or not scene.ui.strip:
        return 0
    return strip_panel.strip_height(theme, scene.timeline.exhibits, width)


def kind(scene: Scene) -> str:
    """Return which stage is wanted: a chart, ``hall``, ``pair``, ``studio``, ``rack``, or "" for the Mark I's own."""
    ui, timeline = scene.ui, scene.timeline
    if timeline is None:
        return ""
    if ui.chart:
        return ui.chart
    if ui.hall:
        return "hall"
    if timeline.second is not None:
        return "pair"
    if timeline.first.exhibit.tools:
        return "studio"
    return "" if timeline.first.exhibit.name == MARK1 else "rack"


def key(scene: Scene) -> tuple:
    """Return what the arrangement of the panels follows from."""
    timeline, which = scene.timeline, kind(scene)
    if timeline is None:
        return ()
    ports = (timeline.first.exhibit.accepts, timeline.first.exhibit.answers) if which else None
    room = timeline.room if which == "hall" else None
    tool = tool_of(scene.ui.studio, timeline.first.exhibit) if which == "studio" else None
    shelf = timeline.first.exhibit.task if which == "rack" and scene.ui.tries else None
    return which, scene.ui.strip, len(timeline.exhibits), ports, plays(scene), room, tool, shelf


def plays(scene: Scene) -> bool:
    """Return whether the first system is shown something else than the card before the camera."""
    timeline, ui = scene.timeline, scene.ui
    if timeline is None:
        return False
    if timeline.first.exhibit.accepts == Port.REEL or timeline.first.exhibit.name == MARK1:
        return timeline.first.exhibit.accepts == Port.REEL
    return ui.example >= 0 or (ui.dark and timeline.second is None)


def set_stage(stage: boxes_of.Box, theme: Theme, scene: Scene, least: float) -> dict[str, Panel]:
    """Return the panels of the stage that is wanted, with nothing drawn yet."""
    which, timeline = kind(scene), scene.timeline
    assert timeline is not None, "without a timeline no stage of it is wanted"
    if which == "hall":
        card, pens = HALL[timeline.room.asks]
        makers: dict[str, PanelMaker] = {"card": card, "pens": pens, "rooms": RoomsPanel, "wall": WallPanel}
        boxes = timeline_layout.hall(stage, theme.unit, least=least, lines=pens.lines, always=pens.always)
        return {name: makers[name](box, theme, scene) for name, box in boxes.items()}
    if which in CHARTS:
        return {which: CHARTS[which](stage, theme, scene)}
    if which == "studio":
        return _studio(stage, theme, scene, least)
    kinds = dict(RACK)
    if plays(scene):
        kinds |= {"stimulus": ReelPanel, "retina": ReelLamps}
    if scene.ui.tries and tried(timeline.first.exhibit):
        kinds["registers"] = SievePanel if timeline.first.exhibit.task == "contest" else ShelfPanel
    if which == "pair":
        kinds["ledger"] = partial(LedgerPanel, button="learn")
        boxes = timeline_layout.pair(stage, theme.unit, least=least)
    else:
        shown = timeline.first.exhibit
        boxes = timeline_layout.rack(stage, theme.unit, shown.accepts, least=least, draws=shown.answers is Port.FIELD)
    return {name: kinds[name](box, theme, scene) for name, box in boxes.items()}


def _studio(stage: boxes_of.Box, theme: Theme, scene: Scene, least: float) -> dict[str, Panel]:
    """Return the panels of a machine that draws; at the left, keys for what it is told, or the card it is shown."""
    timeline = scene.timeline
    assert timeline is not None, "without a timeline no machine of it stands here"
    exhibit = timeline.first.exhibit
    tool = tool_of(scene.ui.studio, exhibit)
    assert tool is not None, "a machine with a studio knows a tool"
    told = exhibit.accepts is Port.LAMPS and tool is not Tool.SLIDE
    makers: dict[str, PanelMaker] = {
        "board": ClassBoard if told else ReelPanel if tool is not Tool.SLIDE and plays(scene) else HallCard,
        "again": AgainPanel if told else CardPens,
        "canvas": CanvasPanel,
        "tabs": ToolTabs,
        "tool": TOOLS[tool],
        "schooling": TrainingPanel,
    }
    boxes = timeline_layout.studio(stage, theme.unit, least=least, roomy=tool is not Tool.KNOBS)
    return {name: makers[name](box, theme, scene) for name, box in boxes.items()}
