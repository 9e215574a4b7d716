"""The pool: the same function on many arguments, in processes here or on a Dask cluster.

What comes out does not depend on how many there are, nor where. Workers here end when the process that started them is
gone, by whatever it was killed; an interruption (Ctrl-C) is passed on to each, which may save its work and then ends.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from marki.errors import MarkIError
from marki.interruption import SIGNALS

ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
"""Environment of a worker: one thread for linear algebra, since there are as many workers as cores."""

TICK_S = 1.0

Submit = Callable[..., Future]


MOST_WORKERS = 61 if sys.platform == "win32" else 1_024
"""Processes that a pool may have; Windows waits for 63 handles at once at most, of which a pool has two of its own."""


def cores() -> int:
    """Return how many processors this process may use, at most as many as a pool may have processes."""
    return min(MOST_WORKERS, _processors())


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_unordered(
    function: Callable[..., Any],
    calls: Sequence[tuple[Any, ...]],
    *,
    jobs: int,
    cluster: str = "",
    remedy: str = "Run it again",
    tick: Callable[[], None] = lambda: None,
) -> Iterator[tuple[int, Any]]:
    """Yield (number of the call, ``function(*call)``) as they are done.

    Parameters
    ----------
    function : callable
    calls : sequence of tuple
        Arguments of each call.
    jobs : int
        Processes on this computer; with one, or for one call, this process does it all.
    cluster : str
        Address of a Dask scheduler, such as ``tcp://host:8786``, to do it there.
    remedy : str
        What to do if a process is killed.
    tick : callable
        Called about once a second while nothing is done.

    Raises
    ------
    MarkIError
        If a process is killed, or the cluster is lost; and whatever `function` raises. Calls under way are then
        interrupted.
    """
    jobs = min(jobs, len(calls), MOST_WORKERS)
    if not calls:
        return
    if not cluster and jobs <= 1:
        yield from ((k, function(*call)) for k, call in enumerate(calls))
        return
    with _dask(cluster, remedy) if cluster else _workers(jobs, remedy) as submit:
        with _uninterrupted():
            waiting = {submit(function, call): k for k, call in enumerate(calls)}
        try:
            while waiting:
                done, _ = wait(waiting, timeout=TICK_S, return_when=FIRST_COMPLETED)
                tick()
                for future in done:
                    yield waiting.pop(future), future.result()
        finally:
            for future in waiting:
                future.cancel()


# -- on this computer --------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _workers(jobs: int, remedy: str) -> Iterator[Submit]:
    # loky starts fresh interpreters, as `multiprocessing` can, but does not import the script that the user runs.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joblib says where no processes can be started; it is said below
        from joblib.externals.loky import ProcessPoolExecutor

    try:
        pool = ProcessPoolExecutor(jobs, initializer=_begin, env=ONE_THREAD)
    except OSError as error:
        raise MarkIError(
            f"no processes can be started ({error.strerror or error})", where="--jobs", remedy="Give --jobs 1"
        ) from error
    try:
        yield lambda function, call: pool.submit(_call, function, call)
    except BrokenProcessPool as error:
        raise MarkIError("a worker process was killed", remedy=remedy, where="--jobs") from error
    except BaseException:
        _interrupt(pool)
        raise
    finally:
        try:
            pool.shutdown(wait=True)
        except KeyboardInterrupt:  # again: whatever the workers still save is not waited for
            pool.shutdown(wait=True, kill_workers=True)
            raise


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let processes be started that cannot be interrupted before they are ready; see `_begin`."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _interrupt(pool: Any) -> None:
    """Interrupt all workers; where the system knows no such thing, their terminal has done it."""
    if sys.platform != "win32":
        for pid in list(pool._processes or {}):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGINT)


class _Worker:
    """What a worker process knows of itself."""

    busy = False
    stopped = False


def _begin() -> None:
    """Begin the life of a worker."""
    end_with_parent()
    for number in SIGNALS:
        signal.signal(number, _stop)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def _stop(*_: object) -> None:
    """Interrupt the call under way, once, and take no other."""
    first, _Worker.stopped = not _Worker.stopped, True
    if _Worker.busy and first:
        raise KeyboardInterrupt


def _call(function: Callable[..., Any], call: tuple[Any, ...]) -> Any:
    if _Worker.stopped:
        raise KeyboardInterrupt
    _Worker.busy = True
    try:
        return function(*call)
    finally:
        _Worker.busy = False


def end_with_parent() -> None:
    """End this process as soon as the one that started it is gone, by whatever it was killed."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        if sys.platform == "win32":
            parent.join()
        while os.getppid() == parent.pid:
            time.sleep(0.2)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


# -- on a cluster ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _dask(address: str, remedy: str) -> Iterator[Submit]:
    where = f"--cluster {address}"
    try:
        from distributed import Client  # pyright: ignore[reportMissingImports]  # an extra, not everywhere installed
    except ImportError as error:
        raise MarkIError(
            "needs Dask, which is not installed", where="--cluster", remedy="pip install 'marki[cluster]'"
        ) from error
    try:
        client = Client(address, timeout=20)
    except (OSError, ValueError) as error:
        raise MarkIError(
            f"no scheduler answers ({error})", where=where, remedy="Give its address, tcp://HOST:PORT"
        ) from error
    executor = client.get_executor(pure=False)
    try:
        yield lambda function, call: executor.submit(function, *call)
    except (MarkIError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        if client.status == "running":
            raise
        raise MarkIError(
            f"the cluster was lost ({type(error).__name__}: {error})", where=where, remedy=remedy
        ) from error
    finally:
        with contextlib.suppress(Exception):  # a scheduler that is lost cannot be taken leave of
            client.close(timeout=2)
