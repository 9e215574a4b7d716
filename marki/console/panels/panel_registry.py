"""The panels of this folder: every module that declares a `PANEL`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache

from marki.console import panels
from marki.console.drawing import layout
from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Declared
from marki.errors import ConfigError, unknown


@cache
def declared() -> dict[str, Declared]:
    """Return what the modules declare, by the name of the panel, in the order of the modules' names.

    Raises
    ------
    ConfigError
        If two panels have the same name.
    """
    found: dict[str, Declared] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(panels.__path__)):
        panel = getattr(importlib.import_module(f"{panels.__name__}.{module}"), "PANEL", None)
        if not isinstance(panel, Declared):
            continue
        if panel.name in found:
            raise ConfigError(
                f"a second panel is named {panel.name!r}", where=f"{module}.PANEL", remedy="Give it another name"
            )
        found[panel.name] = panel
    return found


def docked(boxes: dict[str, Box], view: str, gap: int, known: Iterable[str]) -> dict[str, Box]:
    """Return the boxes of a view with those of its docked panels, which are cut off the boxes of their neighbours.

    Parameters
    ----------
    boxes : dict of str to Box
    view : str
    gap : int
        Space between two panels, px.
    known : iterable of str
        Names of all panels that can stand in this view.

    Raises
    ------
    UnknownName
        If a neighbour is not among them.
    """
    places = dict(boxes)
    for name, panel in declared().items():
        dock = panel.dock
        if dock is None or view not in panel.views:
            continue
        if dock.beside not in known:
            raise unknown("panel", dock.beside, known, where=f"{name}: Dock.beside")
        if dock.beside in places:
            places[dock.beside], places[name] = layout.split(places[dock.beside], dock.edge, dock.fraction, gap)
    return places


def hidden(parts: frozenset[str]) -> frozenset[str]:
    """Return the names of all panels that are hidden while a lesson hides these."""
    return parts | {name for name, panel in declared().items() if panel.hidden_with in parts}
