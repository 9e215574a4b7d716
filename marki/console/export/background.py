"""Exports beside the loop: a process of its own makes a film or a report of a copy, and says how far it is."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from marki.errors import MarkIError, OutputError
from marki.files import write_new
from marki.jobs.pool import end_with_parent

NICE = 10
"""Niceness of the process, where the operating system has such a thing."""

EVERY_S = 0.1
"""Time between two messages of progress, s."""

SIGN_S = 60.0
"""Time within which a process has to give a first sign, where somebody waits for it, s."""

Receive = Callable[[], Any]
ToldProgress = Callable[[float], None]
Work = Callable[[Receive, ToldProgress], list[Path]]


class Export:
    """A film or a report that is being made.

    A thread starts the process and hands it the work and what it needs, piece by piece, so that no frame waits.

    Parameters
    ----------
    name : str
        Of the word for it, in the table ``share``.
    work : callable
        ``work(receive, progress) -> paths``, a function of a module: what the process does.
    parts : iterable
        What `work` receives, one after another; made in the thread.

    Attributes
    ----------
    share : float
        How much of it is done.
    over : bool
        Whether it has ended; then either `paths` are written, or `error` says why not, or it was stopped.
    """

    def __init__(self, name: str, work: Work, parts: Iterable[Any]):
        self.name = name
        self.share, self.over, self.stopped = 0.0, False, False
        self.paths: list[Path] = []
        self.error: MarkIError | None = None
        self._came: deque[tuple[str, Any]] = deque()
        self._began, self._signed = time.monotonic(), False
        # A fresh interpreter: no state is inherited, on any system.
        context = multiprocessing.get_context("spawn")
        self._pipe, self._there = context.Pipe()
        self._process = context.Process(target=serve, args=(self._there,), daemon=True)
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._carry, args=(work, parts), daemon=True)
        self._thread.start()

    def poll(self) -> bool:
        """Take what the process has said; return whether it is over now and was not before."""
        before = self.over
        while self._came and not self.over:
            kind, value = self._came.popleft()
            self._signed = True
            match kind:
                case "share":
                    self.share = value
                case "paths":
                    self.paths, self.over = value, True
                case "error":
                    self.error, self.over = value, True
                case _:  # its end
                    self.over = True
                    if not self.stopped:
                        self.error = OutputError(
                            "its process has ended, and nothing was written",
                            where=self.name,
                            remedy="Try again",
                            code="output.process",
                        )
        if self.over and not before:
            self._close()
        return self.over and not before

    def stop(self) -> None:
        """Stop it; nothing is written then, unless it was written already."""
        self.stopped = True
        threading.Thread(target=self._end, daemon=True).start()

    def wait(self) -> None:
        """Wait until it is over; a process that gives no sign of life is stopped after a while."""
        while not self.over:
            self.poll()
            if not self._signed and time.monotonic() - self._began > SIGN_S:
                self.stop()
            time.sleep(0.01)

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _carry(self, work: Work, parts: Iterable[Any]) -> None:
        try:
            try:
                self._process.start()
            finally:
                self._there.close()
                self._started.set()
            self._pipe.send(work)
            for part in parts:
                self._pipe.send(part)
        except OSError:
            pass  # it has ended: what it said before is waiting, or there is nothing
        try:
            while True:
                self._came.append(self._pipe.recv())
        except (EOFError, OSError):
            self._came.append(("end", None))

    def _end(self) -> None:
        self._started.wait()
        if self._process.pid is None:
            return
        self._process.terminate()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()

    def _close(self) -> None:
        threading.Thread(target=self._leave, daemon=True).start()

    def _leave(self) -> None:
        self._thread.join()
        if self._process.pid is not None:
            self._process.join()
        self._pipe.close()


def serve(pipe: Connection) -> None:
    """Do the work that comes through a pipe: the entry point of the process."""
    end_with_parent()
    # Ctrl-C at the window's terminal would interrupt this process too; the window decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))  # what is half written is taken away
    if hasattr(os, "nice"):
        os.nice(NICE)
    last = 0.0

    def progress(share: float) -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY_S:
            last = time.monotonic()
            pipe.send(("share", share))

    try:
        progress(0.0)
        work: Work = pipe.recv()
        pipe.send(("paths", work(pipe.recv, progress)))
    except MarkIError as error:
        pipe.send(("error", error))
    except (EOFError, BrokenPipeError):
        sys.exit(1)


# -- the works -------------------------------------------------------------------------------------------------------


def make_film(receive: Receive, progress: ToldProgress) -> list[Path]:
    """Make a film; return its path.

    Parameters
    ----------
    receive : callable
        Hands out the name of the file, the `TakenFrames` without its frames, their number, and each of them.
    progress : callable
    """
    path, film, count = receive(), receive(), receive()
    film.frames = [receive() for _ in range(count)]
    return [write_new(path, film.gif(progress))]


def make_report(receive: Receive, progress: ToldProgress) -> list[Path]:
    """Make a lab report; return the paths of the zip file and of the page of the run.

    Parameters
    ----------
    receive : callable
        Hands out a `ReportOrder`, and the names of both files, the zip file's first; a name that is taken is changed.
    progress : callable
    """
    from marki.console.export.lab_report import report, zipped  # a quarter of a second, which no frame has

    order, pack, page = receive(), receive(), receive()
    made = report(order, pack, lambda share: progress(0.9 * share))
    progress(0.95)
    return [write_new(pack, lambda free: zipped(made, free)), write_new(page, made.page)]


# -- all of a window -------------------------------------------------------------------------------------------------


class Exports:
    """The films and reports of a window that are being made, one of each kind at a time."""

    def __init__(self) -> None:
        self._under_way: dict[str, Export] = {}

    def begin(self, name: str, work: Work, parts: Iterable[Any]) -> None:
        """Begin one, see `Export`."""
        self._under_way[name] = Export(name, work, parts)

    def stop(self, name: str) -> bool:
        """Stop that of a name, if it is under way; return whether it is."""
        found = self._under_way.get(name)
        if found is not None:
            found.stop()
        return found is not None

    def poll(self) -> list[Export]:
        """Return those that are over now; they are under way no longer."""
        ended = [export for export in self._under_way.values() if export.poll()]
        for export in ended:
            del self._under_way[export.name]
        return ended

    @property
    def under_way(self) -> tuple[Export, ...]:
        """Those that are being made."""
        return tuple(self._under_way.values())

    def finish(self) -> list[Export]:
        """Wait until all are over; return them."""
        ended = list(self.under_way)
        for export in ended:
            export.wait()
        self._under_way.clear()
        return ended

    def close(self) -> None:
        """Stop all, and wait until they are over."""
        for export in self.under_way:
            export.stop()
        self.finish()
