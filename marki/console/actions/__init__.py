"""What the operator can do, by name: plain functions of the operator, one room for each kind."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from marki.console.actions import cards, changing, exhibits, handling, looking, taking, teaching

ACTIONS: dict[str, Callable] = {
    name: do
    for room in (looking, cards, changing, handling, teaching, taking, exhibits)
    for name, do in inspect.getmembers(room, inspect.isfunction)
    if do.__module__ == room.__name__ and not name.startswith("_")
}
"""Every action by its name."""
