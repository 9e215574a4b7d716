"""What the operator can do, by name: plain functions of the operator, one room for each kind."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from marki.console.actions import cards, hardware, lessons, saving, settings, systems, view

ACTIONS: dict[str, Callable] = {
    name: do
    for room in (view, cards, settings, hardware, lessons, saving, systems)
    for name, do in inspect.getmembers(room, inspect.isfunction)
    if do.__module__ == room.__name__ and not name.startswith("_")
}
"""Every action by its name."""
