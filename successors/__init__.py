"""The successors of the Mark I on its retina and lamps: later neural networks, in the order of their years.

What is named here is what a script begins with; each is loaded when it is first asked for. For scikit-learn see
`successors.sklearn`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from successors.evaluation.compare import compare
    from successors.nn.learner import Successor
    from successors.nn.network import Network
    from successors.nn.recipe import Recipe
    from successors.registry import System, card, create, find, names, systems
    from successors.tasks import load
    from successors.tasks.deck import Deck
    from successors.training.loop import train

__all__ = [
    "Deck",
    "Network",
    "Recipe",
    "Successor",
    "System",
    "card",
    "compare",
    "create",
    "find",
    "load",
    "names",
    "systems",
    "train",
]

_HOMES = {
    "successors.evaluation.compare": ("compare",),
    "successors.nn.learner": ("Successor",),
    "successors.nn.network": ("Network",),
    "successors.nn.recipe": ("Recipe",),
    "successors.registry": ("System", "card", "create", "find", "names", "systems"),
    "successors.tasks": ("load",),
    "successors.tasks.deck": ("Deck",),
    "successors.training.loop": ("train",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
