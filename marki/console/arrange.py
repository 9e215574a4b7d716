"""The stage: which panels stand in the window, and where, for the view that is chosen."""

from __future__ import annotations

from marki.console.drawing import layout
from marki.console.drawing.panel import Panel
from marki.console.drawing.theme import Theme
from marki.console.panels.association_panel import AssociationPanel
from marki.console.panels.bus_panel import BusPanel
from marki.console.panels.command_bar import ControlBar
from marki.console.panels.curve_panel import CurvePanel
from marki.console.panels.page_panel import PagePanel
from marki.console.panels.plugboard_panel import PlugboardPanel
from marki.console.panels.response_panel import ResponsePanel
from marki.console.panels.retina_panel import RetinaPanel, StimulusPanel
from marki.console.panels.status_panels import FooterPanel, HeaderPanel, RunPanel
from marki.console.panels.time_bar import TimeBar
from marki.console.panels.trainer_panel import TrainerPanel
from marki.console.panels.value_panel import ValuePanel
from marki.console.state.scene import Scene
from marki.console.timeline import arrangement
from marki.console.timeline.strip_panel import StripPanel

AROUND: dict[str, type[Panel]] = {
    "header": HeaderPanel, "time": TimeBar, "playback": ControlBar, "footer": FooterPanel, "page": PagePanel,
    "strip": StripPanel,
}  # fmt: skip
SCHEMATIC: dict[str, type[Panel]] = {
    "stimulus": StimulusPanel,
    "retina": RetinaPanel,
    "plugboard": PlugboardPanel,
    "association": AssociationPanel,
    "values": ValuePanel,
    "bus": BusPanel,
    "response": ResponsePanel,
    "trainer": TrainerPanel,
    "curve": CurvePanel,
    "run": RunPanel,
}
PLAIN_COVER = {
    "stimulus": "camera", "retina": "sensory", "plugboard": "doors", "association": "doors", "values": "store",
    "response": "control",
}  # fmt: skip
"""Bays of the front that hold what the schematic shows, for what a lesson hides or asks to watch."""


class Cover(Panel):
    """A plain plate in the place of a panel that a lesson hides."""


def set_stage(size: tuple[int, int], scale: float, theme: Theme, scene: Scene) -> dict[str, Panel]:
    """Return the panels of the window by name, not yet dressed.

    Parameters
    ----------
    size : (int, int)
        Of the window, px.
    scale : float
    theme : Theme
    scene : Scene
        Its ui state says which view, page and parts are wanted.
    """
    ui, least = scene.ui, float(theme.least if theme.profile.least else 0)
    boxes = layout.frame(size, scale, side=bool(ui.page), least=least, strip=arrangement.strip_height(theme, scene))
    panels = {name: kind(boxes[name], theme) for name, kind in AROUND.items() if name in boxes}
    stage = boxes["stage"]
    if arrangement.kind(scene):
        inner = arrangement.set_stage(stage, theme, scene, least)
    elif ui.view == "front":
        inner = _front(stage, theme, scene, least)
    else:
        inner = _schematic(stage, theme, scene, least)
    return {"header": panels.pop("header"), **inner, **panels}


def _schematic(stage: layout.Box, theme: Theme, scene: Scene, least: float) -> dict[str, Panel]:
    boxes = layout.schematic(stage, theme.unit, plain=theme.profile.plain, least=least)
    hidden = scene.ui.hidden | ({"bus"} if "values" in scene.ui.hidden else set())
    panels = {name: (Cover if name in hidden else SCHEMATIC[name])(box, theme) for name, box in boxes.items()}
    store = ValuePanel(boxes["values"], theme)
    if isinstance(panels["response"], ResponsePanel):
        panels["response"].store_room = store.room
        panels["response"].alone = "values" in hidden
    if isinstance(panels["bus"], BusPanel):
        panels["bus"].store_room = store.room
    plugboard = panels.pop("plugboard", None)
    if plugboard is None:
        return panels
    if isinstance(plugboard, PlugboardPanel) and not hidden & {"retina", "association"}:
        plugboard.neighbours = (panels["retina"], panels["association"])
    # The wires end at lamps, so the board is dressed after its neighbours.
    return {**panels, "plugboard": plugboard}


def _front(stage: layout.Box, theme: Theme, scene: Scene, least: float) -> dict[str, Panel]:
    from marki.console import front

    boxes = front.lay_out(stage, bay=scene.ui.bay)
    column = boxes.pop("camera")
    boxes |= layout.front(column._replace(y=stage.y, h=stage.h), theme.unit, least)
    kinds = {"trainer": TrainerPanel, "curve": CurvePanel, **front.PANELS}
    hidden = {PLAIN_COVER.get(name, name) for name in scene.ui.hidden}
    return {name: (Cover if name in hidden else kinds[name])(box, theme) for name, box in boxes.items()}
