"""An experiment as an object: made with settings of one's own, run with seeds, its findings as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marki import experiments, machine_settings
from marki.config import check, plain
from marki.data_frames import data_frame
from marki.errors import ConfigError
from marki.experiments import replicas
from marki.experiments.lab import ExperimentSpec
from marki.jobs.options import MOST_SEEDS, RunOptions
from marki.measurements import COLUMNS, Estimate, as_text, measured, over_seeds, rows
from marki.seeding import check_seed

if TYPE_CHECKING:
    from pandas import DataFrame


class Findings:
    """What an experiment found.

    Parameters
    ----------
    result : mapping
        Of all seeds, as it is written to ``result.json``.

    Attributes
    ----------
    measurements : list of Estimate
        Each measurement under each condition, its mean and 95 % interval over the seeds.
    """

    def __init__(self, result: Mapping[str, Any]):
        self.result = dict(result)
        self.measurements: list[Estimate] = over_seeds(measured(seed) for seed in result["by_seed"])

    def frame(self) -> DataFrame:
        """Return the measurements as a data frame, columns as in `measurements.COLUMNS`.

        Raises
        ------
        MarkIError
            If pandas is not installed.
        """
        return data_frame({name: [row[name] for row in rows(self.measurements)] for name in COLUMNS})

    def __repr__(self) -> str:
        head = f"{self.result['title']}, seeds {', '.join(map(str, self.result['seeds']))}"
        return "\n".join([head, *as_text(self.measurements)])

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>"


class Experiment:
    """An experiment of the program, with settings of one's own.

    Parameters
    ----------
    name : str
        As in ``marki run NAME``.
    settings : mapping, optional
        Changed settings by dotted name, such as ``{"machine.association.theta": 3}``, or by its end where only one ends
        so, such as ``{"theta": 3}``; they win over the experiment's.
    images, mnist, wiring : str
        As ``--images``, ``--mnist`` and ``--wiring``.

    Raises
    ------
    UnknownName
        For an experiment or setting that there is not.
    ConfigError
        For a setting out of range, or the end of several names; for a folder that it does not read.

    Examples
    --------
    >>> from marki import Experiment
    >>> found = Experiment("left_right", {"theta": 3}).run(seeds=2)
    >>> found.frame()  # doctest: +SKIP
    """

    def __init__(
        self,
        name: str,
        settings: Mapping[str, Any] | None = None,
        *,
        images: str = "",
        mnist: str = "",
        wiring: str = "",
    ):
        module = experiments.find(name)
        changes = machine_settings.check(settings or {}, where=name)
        self.name, self.title = name, str(module.TITLE)
        self.spec = ExperimentSpec(experiment=name, changes=changes, images=images, mnist=mnist, wiring=wiring)
        experiments.check_read(name, self.spec.folders)

    def __repr__(self) -> str:
        changes = f", {dict(self.spec.changes)!r}" if self.spec.changes else ""
        return f"Experiment({self.name!r}{changes})"

    def run(
        self,
        seeds: int | Sequence[int] = 1,
        *,
        out: Path | str | None = None,
        resume: bool = False,
        jobs: int = 1,
        quiet: bool = True,
    ) -> Findings:
        """Run it with each seed; return what was found.

        Parameters
        ----------
        seeds : int or sequence of int
            How many, from 0 on, or which.
        out : Path or str, optional
            Folder for results, trials and pictures; None writes nothing.
        resume : bool
            Whether what is finished in the folder is taken from there.
        jobs : int
            Processes at a time; a script needs no ``if __name__ == "__main__":`` for them.
        quiet : bool
            Show no progress.

        Raises
        ------
        ConfigError
            Without seeds, or for what is none.
        OutputError
            If the folder is taken.
        """
        given = plain(seeds)
        if isinstance(given, list):
            chosen: Sequence[int] = [check_seed(seed) for seed in given]
        else:
            chosen = range(check("seeds", given, int, {"low": 0, "high": MOST_SEEDS}))
        if not chosen:
            raise ConfigError("there are no seeds", where=f"{self!r}.run", remedy="Give one or more")
        options = RunOptions(out=None if out is None else Path(out), resume=resume, jobs=jobs, quiet=quiet)
        return Findings(replicas.run_many(self.spec, chosen, options))
