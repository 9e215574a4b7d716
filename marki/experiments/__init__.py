"""Experiments without a screen, one file each; `catalogue` finds them by the name of their file."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType

from marki.errors import ConfigError, unknown

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


def reads(name: str) -> tuple[str, ...]:
    """Return which folders of people's own files an experiment reads, by the arguments that name them: its `READS`."""
    return getattr(find(name), "READS", ())


def check_read(name: str, given: Iterable[str]) -> None:
    """Refuse folders that an experiment does not read.

    Parameters
    ----------
    name : str
    given : iterable of str
        The arguments that name them, such as ``images``.

    Raises
    ------
    ConfigError
        For the first that it does not.
    """
    for argument in given:
        if argument not in reads(name):
            readers = " or ".join(f"run {other}" for other in names() if argument in reads(other))
            raise ConfigError(
                f"the experiment {name} does not read it", where=f"--{argument}",
                remedy=f"Leave it out, or {readers}", code="config.unread", option=f"--{argument}", reader=readers,
            )  # fmt: skip
