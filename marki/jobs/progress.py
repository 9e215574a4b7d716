"""Progress: a bar where somebody watches, a line a minute where the output is kept, nothing if it is to be quiet."""

from __future__ import annotations

import math
import sys
import time
from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    from tqdm import tqdm

LINE_EVERY_S = 60.0
"""Time between two lines where standard error is no terminal."""


class ProgressBar:
    """How far a work has come, on standard error.

    Parameters
    ----------
    total : int
        Steps of the work; 0 if they are said later.
    name : str
        What is done.
    unit : str
        What a step is, in the plural.
    quiet : bool
        Show nothing.
    done : int
        Steps that were done before.
    delay : float
        Time for which no bar is shown yet, s.
    leave : bool
        Whether the bar stays when all is done.
    """

    _ended: ClassVar[float] = -math.inf
    """When the last one was closed: a work of many short parts, each with its own, has a line a minute too."""
    _said: ClassVar[float] = -math.inf
    """When the last line was written, or the first of these parts began."""

    def __init__(
        self,
        total: int,
        name: str,
        unit: str,
        *,
        quiet: bool = False,
        done: int = 0,
        delay: float = 0.0,
        leave: bool = True,
    ):
        self._name, self._unit, self._note = name, unit, ""
        self._total, self._done = total, done
        self._began = time.monotonic()
        if abs(self._began - ProgressBar._ended) > LINE_EVERY_S:
            ProgressBar._said = self._began
        self._bar: tqdm | None = None
        self._lines = False
        if quiet or sys.stderr is None:
            return
        if "ipykernel" in sys.modules:
            from tqdm.auto import tqdm
        elif getattr(sys.stderr, "isatty", bool)():
            from tqdm import tqdm
        else:
            self._lines = True
            return
        self._bar = tqdm(total=total or None, initial=done, desc=name, unit=f" {unit}", leave=leave, delay=delay)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def extend(self, steps: int) -> None:
        """Add steps to the work."""
        self._total += steps
        if self._bar is not None:
            self._bar.total = self._total
            self._bar.refresh()

    def update(self, steps: int = 1, note: str | None = None) -> None:
        """Count steps as done; `note` is said beside them from now on."""
        self._done += steps
        if note is not None:
            self._note = note
        if self._bar is not None:
            if note is not None:
                self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(steps)
        self.tick()

    def tick(self) -> None:
        """Write a line if the last one is a minute ago."""
        now = time.monotonic()
        if self._lines and now - ProgressBar._said >= LINE_EVERY_S:
            ProgressBar._said = now
            total = f" of {self._total:,}" if self._total else ""
            note = f" ({self._note})" if self._note else ""
            minutes = (now - self._began) / 60
            print(
                f"{self._name}: {self._done:,}{total} {self._unit} after {minutes:.0f} min{note}",
                file=sys.stderr,
                flush=True,
            )

    def close(self) -> None:
        """Take the bar off the screen, unless it is to stay."""
        ProgressBar._ended = time.monotonic()
        if self._bar is not None:
            self._bar.close()
