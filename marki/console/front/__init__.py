"""The front of the machine, as in the photographs: a panel for each cabinet."""

from __future__ import annotations

from marki.console.front.camera import CameraPanel
from marki.console.front.control import ControlPanel
from marki.console.front.doors import DoorsPanel
from marki.console.front.layout import BAYS, lay_out
from marki.console.front.power import PowerPanel
from marki.console.front.sensory import SensoryPanel
from marki.console.front.sign import FloorPanel, PlinthPanel, SignPanel
from marki.console.front.store import StorePanel
from marki.console.panel import Panel

PANELS: dict[str, type[Panel]] = {
    "camera": CameraPanel,
    "sign": SignPanel,
    "sensory": SensoryPanel,
    "doors": DoorsPanel,
    "store": StorePanel,
    "control": ControlPanel,
    "power": PowerPanel,
    "plinth": PlinthPanel,
    "floor": FloorPanel,
}
"""The panels of the front by their name in the layout."""

__all__ = ["BAYS", "PANELS", "lay_out"]
