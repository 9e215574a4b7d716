"""Experiments without a screen, one file each; `catalogue` finds them by the name of their file."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from marki.errors import unknown

_CORE = {"command", "experiment", "lab", "metrics", "plots", "recorded", "replicas", "validation"}


def names() -> list[str]:
    """Return the names of all experiments: the modules of this folder that are not the core."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _CORE)


def find(name: str) -> ModuleType:
    """Return the module of an experiment: it has `TITLE` and `run(lab) -> list of Measurement`."""
    if name not in names():
        raise unknown("experiment", name, names(), where="run")
    return importlib.import_module(f"{__name__}.{name}")


ALWAYS_OWN = ("world.name", "world.part")
"""Settings that every experiment sets itself: which world is shown, and which part of it is learned."""


def own(name: str) -> frozenset[str]:
    """Return the settings that an experiment is about, which nobody else may set: its `OWN`, and `ALWAYS_OWN`."""
    return frozenset((*ALWAYS_OWN, *getattr(find(name), "OWN", ())))
