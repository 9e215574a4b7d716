"""The stage: which panels stand in the window, and where, for the view that is chosen."""

from __future__ import annotations

import pygame

from marki.console.drawing import layout
from marki.console.drawing.panel import Panel
from marki.console.drawing.theme import SMALL, TEXT, Theme
from marki.console.editor import editor_stage
from marki.console.panels import panel_registry
from marki.console.state.scene import Scene
from marki.console.timeline import arrangement
from marki.console.timeline.strip_panel import StripPanel

PLAIN_COVER = {
    "stimulus": "camera", "retina": "sensory", "plugboard": "doors", "association": "doors", "values": "store",
    "response": "control",
}  # fmt: skip
"""Cabinets of the front that hold what the schematic shows, for what a lesson hides or asks to watch."""


class Cover(Panel):
    """A plain plate in the place of a panel that a lesson hides; where there is room it says so."""

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the plate."""
        super().dress(surface, scene)
        forms, theme = self.theme.words.forms("panel.hidden"), self.theme
        text = next((form for form in forms if theme.fits(form, self.inner, SMALL)), "")
        theme.write(surface, text, self.inner, size=SMALL, face=TEXT, colour=theme.palette.faded, align="centre")


def set_stage(size: tuple[int, int], scale: float, theme: Theme, scene: Scene) -> dict[str, Panel]:
    """Return the panels of the window by name, with nothing drawn yet.

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
    strip_room = layout.frame(size, scale, least=least)["stage"].w
    strip_high = arrangement.strip_height(theme, scene, strip_room)
    boxes = layout.frame(size, scale, side=bool(ui.page), least=least, strip=strip_high)
    stage, strip = boxes.pop("stage"), boxes.pop("strip", None)
    around = _panels(boxes, "frame", theme, scene)
    if strip is not None:
        around["strip"] = StripPanel(strip, theme, scene)
    if ui.editing:
        inner = editor_stage.set_stage(stage, theme, scene)
    elif arrangement.kind(scene):
        inner = arrangement.set_stage(stage, theme, scene, least)
    elif ui.view == "front":
        inner = _front(stage, theme, scene, least)
    else:
        boxes = layout.schematic(stage, theme.unit, plain=theme.profile.plain, least=least)
        inner = _panels(boxes, "schematic", theme, scene)
    return {"header": around.pop("header"), **inner, **around}


def _panels(
    boxes: dict[str, layout.Box], view: str, theme: Theme, scene: Scene, more: dict[str, type[Panel]] | None = None
) -> dict[str, Panel]:
    """Return the panels of a view, a cover in the place of each that is hidden; `more` are not in the registry."""
    kinds = {name: declared.panel for name, declared in panel_registry.declared().items()} | (more or {})
    hidden = panel_registry.hidden(scene.ui.hidden)
    if view == "front":
        hidden |= {PLAIN_COVER[name] for name in hidden if name in PLAIN_COVER}
    places = panel_registry.docked(boxes, view, theme.px(7), kinds)
    panels = {name: (Cover if name in hidden else kinds[name])(box, theme, scene) for name, box in places.items()}
    for panel in panels.values():
        panel.connect(panels, scene)
    return panels


def _front(stage: layout.Box, theme: Theme, scene: Scene, least: float) -> dict[str, Panel]:
    from marki.console import front  # imported when first needed: the schematic does without

    boxes = front.lay_out(stage, bay=scene.ui.bay, least=least)
    column = boxes.pop("camera")
    boxes |= layout.front(column._replace(y=stage.y, h=stage.h), theme.unit, least)
    return _panels(boxes, "front", theme, scene, front.PANELS)
