"""The table *documented versus simulated*: its rows, and the bench on which the experiments for them run.

A row *agrees* when the documented figure lies in our interval over seeds (or our rounded figure equals it),
*deviates* when it does not, and is *not comparable* when the documents leave out what one would have to know.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marki.experiments import replicas
from marki.experiments.lab import Order
from marki.intervals import interval

AGREES, DEVIATES, OPEN = "agrees", "deviates", "not comparable"


@dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """One statement: what is documented and where, what we find, and what to make of it."""

    statement: str
    source: str
    documented: str
    simulated: str
    verdict: str
    reason: str = ""


@dataclass
class Bench:
    """Runs the experiments that the rows need, each once, and keeps their results."""

    seeds: int
    jobs: int | None
    out: Path
    resume: bool
    quiet: bool

    def __post_init__(self) -> None:
        self._results: dict[str, list[dict[str, Any]]] = {}

    def results(self, experiment: str, seeds: int | None = None) -> list[dict[str, Any]]:
        """Return the results of an experiment, one a seed."""
        if experiment not in self._results:
            order = Order(experiment=experiment, out=self.out / experiment, resume=self.resume, quiet=self.quiet)
            summary = replicas.run_many(order, range(seeds or self.seeds), jobs=self.jobs)
            self._results[experiment] = summary["by_seed"]
        return self._results[experiment]


def percent(values: list[float]) -> tuple[str, float, float]:
    """Return a share over seeds as text, with the ends of its interval."""
    mean, low, high = interval(values)
    low, high = max(low, 0.0), min(high, 1.0)
    return f"{100 * mean:.1f} % ({100 * low:.1f} to {100 * high:.1f}, {len(values)} seeds)", low, high
