"""The pictures of the successors: curves of training, figures of a system, and comparisons."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from marki.pictures import chart, look, save, sheet
from successors.nn.entry import Figure

_INK = "#222222"


def training_curves(path: Path, title: str, metrics: Mapping[str, Any]) -> None:
    """Draw the score with the validation part against steps, one line a seed.

    Parameters
    ----------
    path : Path
        PNG to write.
    title : str
    metrics : mapping
        With ``curves[seed]`` of (step, share right while learning, score) and ``result``.
    """
    figure = sheet()
    axes = chart(figure, title, "steps of reinforcement", f"{metrics['result']['metric']} (%)")
    for k, (seed, curve) in enumerate(metrics["curves"].items()):
        steps, _, valid = np.array(curve, float).T
        marker = {"marker": "o"} if len(steps) == 1 else {}
        axes.plot(steps, 100 * valid, **look(k), linewidth=2, label=f"seed {seed}", **marker)
    axes.set_xlim(left=0)
    # Curves that begin high would hug the upper edge.
    lowest = min(row[2] for curve in metrics["curves"].values() for row in curve)
    axes.set_ylim(max(0, 10 * math.floor(10 * lowest) - 10) if lowest > 0.7 else 0, 100.5)
    axes.legend(frameon=False, fontsize=11, loc="lower right")
    figure.text(
        0.995, 0.005, "with the validation part; the best state is kept", ha="right", fontsize=8, color="#666666"
    )
    save(figure, path)


def figure(path: Path, about: Figure, shown: Mapping[str, np.ndarray]) -> None:
    """Draw a system's own figure: lines if its rows are (m,), lamp fields if they are (k, 20, 20).

    Parameters
    ----------
    path : Path
        PNG to write.
    about : Figure
        Title and axes.
    shown : mapping of str to ndarray
    """
    first = np.asarray(next(iter(shown.values())))
    (_fields if first.ndim == 3 else _lines)(path, about, shown)


def _lines(path: Path, about: Figure, shown: Mapping[str, np.ndarray]) -> None:
    picture = sheet()
    axes = chart(picture, about.title, about.x, about.y)
    for k, (label, values) in enumerate(shown.items()):
        axes.plot(np.arange(len(values)), values, **look(k), linewidth=2, label=label)
    if about.log:
        axes.set_yscale("log")
    axes.set_xlim(left=0)
    if len(shown) > 1:
        axes.legend(frameon=False, fontsize=11)
    save(picture, path)


def _fields(path: Path, about: Figure, shown: Mapping[str, np.ndarray]) -> None:
    columns = min(12, max(len(fields) for fields in shown.values()))
    picture = sheet(1.5 + columns, 0.7 + 1.05 * len(shown))
    picture.suptitle(about.title, x=0.01, ha="left", fontsize=14)
    grid = picture.subplots(len(shown), columns, squeeze=False)
    for row, (label, fields) in zip(grid, shown.items(), strict=True):
        for k, axes in enumerate(row):
            axes.set_xticks([])
            axes.set_yticks([])
            if k < len(fields):
                axes.imshow(fields[k], cmap="inferno", vmin=0, vmax=1)
            else:
                axes.set_axis_off()
        row[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=12)
    save(picture, path)


ERAS = (
    (1957, 1969, "perceptrons"),
    (1969, 1986, "the long pause"),
    (1986, 2012, "back-propagation"),
    (2012, 2017, "ImageNet"),
    (2017, 2023, "attention"),
)
"""First year, year after the last, and a name for the plots; the names are ours."""

AXES = (
    ("year", "year"),
    ("parameters", "parameters that learn"),
    ("multiply_adds", "multiply-adds of an answer"),
    ("shown", "stimuli shown for learning"),
)
"""Columns that scores are drawn against, with their words."""


def comparison(path: Path, title: str, rows: Sequence[Mapping[str, Any]], *, metric: str, chance: float) -> None:
    """Draw scores against year, parameters, multiply-adds and stimuli shown, with 95 % intervals over the seeds.

    Parameters
    ----------
    path : Path
        PNG to write.
    title : str
    rows : sequence of mapping
        With name, score, low, high, and the columns of `AXES`; who has none in a column is not drawn there.
    metric : str
        What the score is.
    chance : float
        Drawn as a line.
    """
    picture = sheet(14, 11)
    picture.suptitle(title, x=0.01, ha="left", fontsize=17)
    for number, (key, x) in enumerate(AXES):
        axes = chart(picture, "", x, f"{metric} (%)" if number % 2 == 0 else "", (2, 2, number + 1))
        for k, row in enumerate(rows):
            if not row[key]:
                continue
            error = [[100 * (row["score"] - row["low"])], [100 * (row["high"] - row["score"])]]
            colour = look(k)["color"]
            axes.errorbar(row[key], 100 * row["score"], error, fmt="o", color=colour, capsize=4, markersize=8)
        axes.axhline(100 * chance, color="#888888", linewidth=1, linestyle=":")
        axes.annotate("chance", (0.995, 100 * chance), xycoords=("axes fraction", "data"), ha="right", va="bottom")
        axes.set_ylim(0, 110)
        axes.margins(x=0.12)
        if key == "year":
            _eras(axes, [row["year"] for row in rows if row["year"]])
        else:
            axes.set_xscale("log")
    picture.draw_without_rendering()
    for (key, _), axes in zip(AXES, picture.axes, strict=True):
        _labels(axes, [(row[key], 100 * row["score"], row["name"]) for row in rows if row[key]])
    save(picture, path)


def _eras(axes: Any, years: Sequence[int]) -> None:
    """Shade and name the eras that the years lie in."""
    if not years:
        return
    axes.set_xlim(min(years) - 6, max(years) + 6)
    for k, (first, end, name) in enumerate(ERAS):
        if any(first <= year < end for year in years):
            axes.axvspan(first, end, color="#000000", alpha=0.05 if k % 2 else 0.0, linewidth=0)
            middle = (max(first, min(years) - 6) + min(end, max(years) + 6)) / 2
            axes.text(middle, 2, name, ha="center", va="bottom", fontsize=9, color="#666666", clip_on=True)


_PLACES = [
    (round(reach * a), round(reach * b), h, v)
    for reach in (10, 26, 44, 64, 86, 110, 140, 170)
    for a, b, h, v in (
        (0, 1, "center", "bottom"),
        (0, -1, "center", "top"),
        (1, 0, "left", "center"),
        (-1, 0, "right", "center"),
        (0.8, 0.8, "left", "bottom"),
        (0.8, -0.8, "left", "top"),
        (-0.8, 0.8, "right", "bottom"),
        (-0.8, -0.8, "right", "top"),
    )
]
"""Where a name may stand from its point, nearest first: across and up in points, and how it is aligned."""


def _labels(axes: Any, points: Sequence[tuple[float, float, str]]) -> None:
    """Write each name near its point, at the first place where it covers no other name and no point."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

    taken = [Bbox.from_bounds(x - 6, y - 6, 12, 12) for x, y in (axes.transData.transform(p[:2]) for p in points)]
    inside, renderer = axes.get_window_extent(), FigureCanvasAgg(axes.figure).get_renderer()
    for x, y, name in points:
        for across, up, h, v in _PLACES:
            far = max(abs(across), abs(up)) > 12
            text = axes.annotate(
                name,
                (x, y),
                xytext=(across, up),
                textcoords="offset points",
                ha=h,
                va=v,
                fontsize=11,
                color=_INK,
                arrowprops={"arrowstyle": "-", "color": "#888888", "linewidth": 0.8} if far else None,
            )
            text.set_in_layout(False)
            text.update_positions(renderer)
            box = Text.get_window_extent(text, renderer)  # of the words alone, without the line to the point
            free = not any(box.overlaps(other) for other in taken)
            if free and inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 and box.y1 <= inside.y1:
                break
            if (across, up, h, v) != _PLACES[-1]:
                text.remove()
        taken.append(box)
