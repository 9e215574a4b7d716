"""A step through a pipeline as a chart of ranks and time: as text, and as data for the window."""

from __future__ import annotations

import math
from typing import Any

from marki.config import check
from successors.cluster.pipeline import Passage

FORWARD, BACKWARD, IDLE = "0123456789", "abcdefghij", "."
"""Signs of the chart, by the last digit of the number of the micro-batch."""

MOST_COLUMNS = 2_000


def as_data(passage: Passage) -> dict[str, Any]:
    """Return the chart as plain values: for each rank its tasks in order of time, ns, and how long it is idle."""
    ranks = len(passage.busy)
    return {
        "ranks": ranks,
        "duration_ns": passage.duration,
        "passed_ns": passage.passed,
        "bubble": passage.bubble,
        "idle_ns": [passage.passed - busy for busy in passage.busy],
        "tasks": [
            {
                "rank": span.rank,
                "backward": span.task.backward,
                "micro": span.task.micro,
                "part": span.task.part,
                "begin_ns": span.begin,
                "end_ns": span.end,
            }
            for span in sorted(passage.spans, key=lambda span: (span.rank, span.begin))
        ],
        "digest": passage.log.digest,
    }


def as_text(passage: Passage, columns: int = 100) -> str:
    """Draw the chart in signs: a row a rank, digits forward, letters backward, dots where it waits.

    Parameters
    ----------
    passage : Passage
    columns : int
        Width at most; where all times fit a grid, each of its units is equally wide.
    """
    check("columns", columns, int, {"low": 10, "high": MOST_COLUMNS})
    units = passage.passed // math.gcd(*(moment for span in passage.spans for moment in (span.begin, span.end)))
    if units <= columns:
        columns = columns // units * units
    ranks = len(passage.busy)
    rows = [[IDLE] * columns for _ in range(ranks)]
    for span in passage.spans:
        signs = BACKWARD if span.task.backward else FORWARD
        first = span.begin * columns // passage.passed
        last = max(first + 1, span.end * columns // passage.passed)
        for at in range(first, min(last, columns)):
            rows[span.rank][at] = signs[span.task.micro % 10]
    wide = len(str(ranks))
    return "\n".join(f"{rank + 1:>{wide}} |{''.join(row)}|" for rank, row in enumerate(rows))
