"""The front of the machine, as in the photographs: a panel for each cabinet."""

from __future__ import annotations

from marki.console.drawing.panel import Panel
from marki.console.front.camera_stand import CameraStand
from marki.console.front.control_cabinet import ControlCabinet
from marki.console.front.front_layout import BAYS, lay_out
from marki.console.front.plugboard_doors import PlugboardDoors
from marki.console.front.power_cabinet import PowerCabinet
from marki.console.front.sensory_cabinet import SensoryCabinet
from marki.console.front.sign import FloorPanel, PlinthPanel, SignPanel
from marki.console.front.value_cabinet import ValueCabinet

PANELS: dict[str, type[Panel]] = {
    "camera": CameraStand,
    "sign": SignPanel,
    "sensory": SensoryCabinet,
    "doors": PlugboardDoors,
    "store": ValueCabinet,
    "control": ControlCabinet,
    "power": PowerCabinet,
    "plinth": PlinthPanel,
    "floor": FloorPanel,
}
"""The panels of the front by their name in the layout."""

__all__ = ["BAYS", "PANELS", "lay_out"]
