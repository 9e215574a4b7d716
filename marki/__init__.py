"""The Mark I Perceptron (Cornell Aeronautical Laboratory, 1960), simulated in time.

What is named here is all that a script needs; each is loaded when it is first asked for, so that importing the package
costs neither NumPy nor pygame nor Pillow. For scikit-learn see `marki.sklearn`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from marki.versions import __version__

if TYPE_CHECKING:
    from marki.comparison import ComparisonRow
    from marki.errors import ConfigError, MarkIError, SessionError, StateError, UnknownName
    from marki.experiments.experiment import Experiment, Findings
    from marki.experiments.validation import validate
    from marki.io.worlds import WorldConfig
    from marki.jobs.options import RunOptions
    from marki.machine import MachineConfig, MachineView, MarkI
    from marki.measurements import Estimate
    from marki.probe import Probe
    from marki.savefile import load, save
    from marki.session import Session, mark1_session
    from marki.twin import Twin

__all__ = [
    "ComparisonRow",
    "ConfigError",
    "Estimate",
    "Experiment",
    "Findings",
    "MachineConfig",
    "MachineView",
    "MarkI",
    "MarkIError",
    "Probe",
    "RunOptions",
    "Session",
    "SessionError",
    "StateError",
    "Twin",
    "UnknownName",
    "WorldConfig",
    "__version__",
    "load",
    "mark1_session",
    "save",
    "validate",
]

_HOMES = {
    "marki.comparison": ("ComparisonRow",),
    "marki.errors": ("ConfigError", "MarkIError", "SessionError", "StateError", "UnknownName"),
    "marki.experiments.experiment": ("Experiment", "Findings"),
    "marki.experiments.validation": ("validate",),
    "marki.io.worlds": ("WorldConfig",),
    "marki.jobs.options": ("RunOptions",),
    "marki.machine": ("MachineConfig", "MachineView", "MarkI"),
    "marki.measurements": ("Estimate",),
    "marki.probe": ("Probe",),
    "marki.savefile": ("load", "save"),
    "marki.session": ("Session", "mark1_session"),
    "marki.twin": ("Twin",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
