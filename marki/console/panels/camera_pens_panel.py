"""The pens at the front, under the camera with its card."""

from __future__ import annotations

from marki.console.drawing.panel import Declared, Dock
from marki.console.panels.pens_panel import PensPanel

PANEL = Declared(
    name="camera_pens",
    panel=PensPanel,
    views=("front",),
    dock=Dock(beside="camera", edge="bottom", fraction=0.08),
    hidden_with="stimulus",
)
