"""The picture of a sweep: each figure against the setting that was varied, its mean and interval over the seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from marki.measurements import FRACTION
from marki.pictures import chart, look, save, sheet

MOST_CHARTS, MOST_LINES = 12, 12
LONGEST_TICK = 20
"""Characters of a value under an axis."""


def draw(path: Path, title: str, grid: Mapping[str, Sequence[Any]], means: Sequence[Mapping[str, Any]]) -> None:
    """Draw a chart for each figure and condition, and in it a line for each choice of the other settings.

    Along the axis is the setting of numbers with the most values, else the setting with the most values. What is more
    than `MOST_CHARTS` charts, or `MOST_LINES` lines in each, is left to the table, and the title says so.

    Parameters
    ----------
    path : Path
        PNG to write.
    title : str
    grid : mapping of str to list
        The settings that were tried.
    means : sequence of mapping
        Rows with the settings, and the columns of `marki.measurements.COLUMNS`.
    """
    along = max(grid, key=lambda name: (_numbers(grid[name]), len(grid[name])), default="")
    others = [name for name in grid if name != along and len(grid[name]) > 1]
    figures = list(dict.fromkeys((row["name"], row["condition"], row["unit"]) for row in means))
    lines = list(dict.fromkeys(tuple(_text(row[name]) for name in others) for row in means))
    left_out = max(0, len(figures) - MOST_CHARTS), max(0, len(lines) - MOST_LINES)
    figures, lines = figures[:MOST_CHARTS], lines[:MOST_LINES]
    wide = min(3, len(figures))
    high = math.ceil(len(figures) / wide)
    picture = sheet(4.5 * wide + 1.5, 3.4 * high + 0.8)
    more = f"; {left_out[0]} more figures and {left_out[1]} more lines are in the table" if any(left_out) else ""
    picture.suptitle(f"{title}: mean over the seeds and its 95 % interval{more}", x=0.01, ha="left", fontsize=13)
    values = list(dict.fromkeys(_key(value) for value in grid.get(along, [""])))
    shown = None
    for number, (name, condition, unit) in enumerate(figures, start=1):
        percent = unit == FRACTION
        shown = chart(picture, "", along, f"{name} (%)" if percent else name, (high, wide, number))
        shown.set_title(condition, loc="left", fontsize=11)
        mine = [row for row in means if (row["name"], row["condition"], row["unit"]) == (name, condition, unit)]
        for k, line in enumerate(lines):
            rows = [row for row in mine if tuple(_text(row[other]) for other in others) == line]
            rows = [row for row in rows if row["value"] is not None]
            label = ", ".join(f"{other} = {_short(text)}" for other, text in zip(others, line, strict=True))
            _line(shown, along, values, rows, label=label, scale=100 if percent else 1, style=look(k))
        if not _numbers(values):
            shown.set_xticks(range(len(values)), [_short(_text(value)) for value in values])
        if percent:
            shown.set_ylim(-2, 102)
    if shown is not None and others:
        handles, labels = shown.get_legend_handles_labels()
        picture.legend(handles, labels, loc="outside lower left", ncols=wide, frameon=False, fontsize=9)
    save(picture, path)


def _line(
    axes: Any, along: str, values: Sequence[Any], rows: Sequence[Mapping[str, Any]], *, label: str, scale: int,
    style: Mapping[str, str],
) -> None:  # fmt: skip
    """Draw the means of one line with their intervals, in the order of the axis."""
    at = {_key(row.get(along, "")): row for row in rows}
    there = [value for value in (sorted(values) if _numbers(values) else values) if value in at]
    x = there if _numbers(values) else [values.index(value) for value in there]
    found = [at[value] for value in there]
    means = [scale * row["value"] for row in found]
    below = [scale * (row["value"] - row["low"]) if row["low"] is not None else 0 for row in found]
    above = [scale * (row["high"] - row["value"]) if row["high"] is not None else 0 for row in found]
    axes.errorbar(x, means, yerr=[below, above], label=label, marker="o", markersize=5, capsize=3, **style)


def _numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)


def _key(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _short(text: str) -> str:
    """Return a text as it fits under an axis: of a long one, such as a file with its folders, the end."""
    return text if len(text) <= LONGEST_TICK else f"…{text[1 - LONGEST_TICK :]}"
