"""The runner: jobs whose results are kept in files, so that what is finished need not be done again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marki.errors import MarkIError, OutputError, StateError
from marki.files import write_json
from marki.jobs.folders import RESUME
from marki.jobs.identity import Identity
from marki.jobs.options import RunOptions
from marki.jobs.pool import map_unordered
from marki.jobs.progress import ProgressBar
from marki.reading import read_json


@dataclass(frozen=True, kw_only=True)
class Job:
    """A piece of work with one result.

    Parameters
    ----------
    identity : Identity
        All that the result follows from; it is kept with it, as ``order``.
    work : callable
        ``work(resume=…, quiet=…) -> mapping`` of plain values, the same wherever it runs.
    file : Path, optional
        JSON file of the result; None keeps none.
    state : Path, optional
        File or folder that holds the state of an interrupted one; a file is deleted when the result is written.
    check : callable
        ``check(result)``, refuses what was read from its file if it is of another shape.
    """

    identity: Identity
    work: Callable[..., Mapping[str, Any]]
    file: Path | None = None
    state: Path | None = None
    check: Callable[[Mapping[str, Any]], object] = bool


def demand(result: Mapping[str, Any], shape: Mapping[str, type | tuple[type, ...]]) -> None:
    """Refuse a result that lacks something, or has it of another type.

    Raises
    ------
    StateError
        If it does; the message names it.
    """
    for name, kind in shape.items():
        if not isinstance(result.get(name), kind):
            raise StateError(
                f"lacks or garbles {name!r}",
                where="result",
                remedy="Delete this file and go on with --resume",
                code="state.garbled",
                part=name,
            )


def run_job(job: Job, *, resume: bool = False, quiet: bool = True) -> dict[str, Any]:
    """Return the result of a job: from its file if it is finished and resumed, else of doing it; then it is written.

    Parameters
    ----------
    job : Job
    resume : bool
        Whether what is finished, or was interrupted, is gone on with.
    quiet : bool
        Show no progress.

    Raises
    ------
    OutputError
        If there is a result, or an interrupted job, and it is not resumed.
    StateError
        If the file holds the result of another job.
    """
    result = _kept(job, resume)
    if result is None:
        result = {**job.work(resume=resume, quiet=quiet), "order": job.identity.to_mapping()}
        if job.file:
            write_json(job.file, result)
            if job.state and job.state.is_file():
                job.state.unlink()
    return result


def run_jobs(
    jobs: Sequence[Job],
    options: RunOptions,
    *,
    name: str,
    unit: str,
    note: Callable[[dict[str, Any]], str] | None = None,
) -> list[dict[str, Any]]:
    """Run jobs, several at a time; return their results in the order of the jobs.

    Of jobs that fail the others go on, and what they found is kept.

    Parameters
    ----------
    jobs : sequence of Job
    options : RunOptions
    name, unit : str
        For the progress: what is done, and what a job is, in the plural.
    note : callable, optional
        ``note(result) -> str``, said beside the progress.

    Raises
    ------
    MarkIError
        If a job is refused or fails, or a worker or the cluster is lost. Results that are there stay.
    """
    results = [_kept(job, options.resume) for job in jobs]
    missing = [k for k, result in enumerate(results) if result is None]
    count = options.workers(len(missing))
    calls = [(jobs[k], options.quiet or count != 1) for k in missing]
    failed: list[MarkIError] = []
    with ProgressBar(len(jobs), name, unit, quiet=options.quiet, done=len(jobs) - len(missing)) as bar:
        for number, (result, error) in map_unordered(
            _attempt,
            calls,
            jobs=count,
            cluster=options.cluster,
            remedy="What is done is kept; go on with --resume" if options.out else "Run it again",
            tick=bar.tick,
        ):
            job = jobs[missing[number]]
            if error is not None:
                failed.append(error)
            elif result is not None:
                results[missing[number]] = result
                if job.file and not job.file.exists():  # made on a computer that does not see this folder
                    write_json(job.file, result)
            bar.update(note=note(result) if note and result else None)
    if failed:
        raise _summary(failed, len(jobs), unit)
    return [result for result in results if result is not None]


def _attempt(job: Job, quiet: bool) -> tuple[dict[str, Any] | None, MarkIError | None]:
    try:
        # What is there by now is of this very run: a cluster repeats a job whose worker was lost.
        return run_job(job, resume=True, quiet=quiet), None
    except MarkIError as error:
        return None, error


def _kept(job: Job, resume: bool) -> dict[str, Any] | None:
    """Return the result of a finished job; refuse what must not be overwritten."""
    if job.file and job.file.exists():
        found = read_json(job.file)
        job.identity.check(found.get("order") if isinstance(found, dict) else None, where=job.file)
        if resume:
            try:
                job.check(found)
            except MarkIError as error:
                raise error.within(job.file) from error
            return found
    for path in (job.file, job.state):
        if path and path.exists() and not resume:
            raise OutputError("has results already", where=path, remedy=RESUME)
    return None


def _summary(failed: Sequence[MarkIError], count: int, unit: str) -> MarkIError:
    """Return the first failure, and how many there were beside it."""
    first = failed[0]
    if len(failed) == 1:
        return first
    what = f"{first.what} ({len(failed)} of {count} {unit} failed; the others are done)"
    return type(first)(what, where=first.where, remedy=first.remedy, code=first.code, **first.fields)
