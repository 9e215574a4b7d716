"""Processes: the same function on many orders, on several cores; what comes out does not depend on how many."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from marki.errors import MarkIError


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(
    function: Callable[..., Any], orders: Sequence[tuple[Any, ...]], *, jobs: int, where: object, remedy: str
) -> Iterator[tuple[int, Any]]:
    """Yield (number of the order, ``function(*order)``) as they are done.

    Parameters
    ----------
    function : callable
        A function of a module, so that other processes find it.
    orders : sequence of tuple
        Its arguments.
    jobs : int
        Processes at a time; with one, or for one order, this process does it all.
    where, remedy : str
        For the error if a process is killed.

    Raises
    ------
    MarkIError
        If a process is killed; and whatever `function` raises. The orders under way are then waited for.
    """
    jobs = min(jobs, len(orders))
    if jobs <= 1:
        yield from ((k, function(*order)) for k, order in enumerate(orders))
        return
    # Fresh interpreters: no state is inherited, on any system.
    pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=end_with_parent)
    try:
        waiting = {pool.submit(function, *order): k for k, order in enumerate(orders)}
        for done in as_completed(waiting):
            yield waiting[done], done.result()
    except BrokenProcessPool as error:
        raise MarkIError("a worker process was killed", where=where, remedy=remedy) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def end_with_parent() -> None:
    """End this process as soon as the one that started it is gone, by whatever it was killed."""

    def wait() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
