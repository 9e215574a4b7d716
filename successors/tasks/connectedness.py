"""Connectedness: is the figure in one piece? No local view can tell (Minsky and Papert, 1969)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import setting
from marki.io.ports import Port
from marki.io.stimuli.forms import connected_card
from successors.tasks.deck import PARTS, Split
from successors.tasks.lamps import coded
from successors.tasks.making import ItemKey, Workshop
from successors.tasks.retina import RetinaConfig, camera
from successors.tasks.task import Task


@dataclass(frozen=True, kw_only=True)
class ConnectednessConfig(RetinaConfig):
    """Settings of connectedness."""

    train: int = setting(8_000, "Stimuli to learn from", low=1, high=1_000_000)
    valid: int = setting(1_000, "Stimuli to choose settings by", low=1, high=1_000_000)
    test: int = setting(2_000, "Stimuli of the test", low=1, high=1_000_000)


def _item(config: ConnectednessConfig, slot: ItemKey) -> tuple[np.ndarray, int]:
    kind = slot.number % 2
    return camera(config.optics).frame(connected_card(slot.rng(), bool(kind))), kind


def _make(config: ConnectednessConfig, workshop: Workshop) -> dict[str, Split]:
    parts = {part: workshop.frames(_item, config, part, getattr(config, part)) for part in PARTS}
    return coded(2, parts)


TASK = Task(
    name="connectedness",
    title="Figures in one piece or in two",
    accepts=Port.FRAME,
    answers=Port.LAMPS,
    config=ConnectednessConfig,
    metric="figures told rightly",
    chance=1 / 2,
    classes=lambda config: ("disconnected", "connected"),
    make=_make,
)
"""The task."""
