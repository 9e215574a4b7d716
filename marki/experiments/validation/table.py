"""The bench on which the experiments for the table *documented versus simulated* run, and its verdicts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from marki.comparison import AGREES, DEVIATES, UNDECIDED
from marki.config import under
from marki.errors import StateError
from marki.experiments import replicas
from marki.experiments.lab import RIGHT, ExperimentSpec
from marki.intervals import span
from marki.jobs.options import RunOptions
from marki.machine import MachineConfig
from marki.machine_file import MachineFile
from marki.measurements import Estimate, measured, over_seeds


@dataclass
class Bench:
    """Runs the experiments that the rows need, each once, and keeps their results.

    Parameters
    ----------
    seeds : int
    options : RunOptions
        Each experiment has a folder in its output folder.
    base : MachineFile
        What somebody knows of the machine, in the place of the defaults.
    """

    seeds: int
    options: RunOptions
    base: MachineFile = field(default_factory=MachineFile)
    _results: dict[str, list[dict[str, Any]]] = field(default_factory=dict, init=False)

    @property
    def machine(self) -> MachineConfig:
        """The settings of the machine where no experiment has its own."""
        return MachineConfig().amend(under(self.base.changes, "machine"))

    def results(self, experiment: str, seeds: int | None = None) -> list[dict[str, Any]]:
        """Return the results of an experiment, one a seed."""
        if experiment not in self._results:
            out = self.options.out and self.options.out / experiment
            options = replace(self.options, out=out)
            spec = ExperimentSpec(experiment=experiment, base=self.base)
            summary = replicas.run_many(spec, range(seeds or self.seeds), options)
            self._results[experiment] = summary["by_seed"]
        return self._results[experiment]

    def estimate(self, experiment: str, condition: str, *, name: str = RIGHT, seeds: int | None = None) -> Estimate:
        """Return one measurement of an experiment over the seeds, by default the fraction of right responses."""
        every = over_seeds(measured(result) for result in self.results(experiment, seeds))
        return next(e for e in every if (e.name, e.condition) == (name, condition))


def percent(estimate: Estimate) -> tuple[str, float, float]:
    """Return a fraction over two seeds or more as text, with the ends of its interval."""
    mean, low, high = estimate.value, estimate.low, estimate.high
    if mean is None or low is None or high is None:
        raise StateError("has no interval", where=estimate.name, remedy="Give two seeds or more")
    return f"{100 * mean:.1f} % ({span(low, high)}, {estimate.seeds} seeds)", low, high


def exceeds(bound: float, low: float | None, high: float | None) -> str:
    """Return the verdict on a figure that is to lie above a bound, by its interval."""
    if low is None or high is None:
        return UNDECIDED
    return AGREES if low > bound else DEVIATES if high <= bound else UNDECIDED
