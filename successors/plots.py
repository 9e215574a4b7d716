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


def comparison(path: Path, title: str, rows: Sequence[Mapping[str, Any]], *, metric: str, chance: float) -> None:
    """Draw scores against year and against parameters, with 95 % intervals over the seeds.

    Parameters
    ----------
    path : Path
        PNG to write.
    title : str
    rows : sequence of mapping
        With name, year (or None), parameters, score, low and high.
    metric : str
        What the score is.
    chance : float
        Drawn as a line.
    """
    picture = sheet(12, 5.2)
    picture.suptitle(title, x=0.01, ha="left", fontsize=15)
    for place, key, x in ((121, "year", "year"), (122, "parameters", "parameters that learn")):
        axes = chart(picture, "", x, f"{metric} (%)", place)
        placed = [row for row in rows if row[key]]
        for k, row in enumerate(placed):
            error = [[100 * (row["score"] - row["low"])], [100 * (row["high"] - row["score"])]]
            colour = look(k)["color"]
            axes.errorbar(row[key], 100 * row["score"], error, fmt="o", color=colour, capsize=4, markersize=8)
        axes.axhline(100 * chance, color="#888888", linewidth=1, linestyle=":")
        axes.annotate("chance", (0.995, 100 * chance), xycoords=("axes fraction", "data"), ha="right", va="bottom")
        axes.set_ylim(0, 106)
        if key == "parameters":
            axes.set_xscale("log")
        axes.margins(x=0.14)
        _labels(axes, [(row[key], 100 * row["score"], row["name"]) for row in placed])
    save(picture, path)


def _labels(axes: Any, points: Sequence[tuple[float, float, str]]) -> None:
    """Write each name beside its point, in turn above and below where points are close."""
    order = sorted(range(len(points)), key=lambda k: (points[k][0], points[k][1]))
    for turn, k in enumerate(order):
        x, y, name = points[k]
        above = turn % 2 == 0 and y < 97
        axes.annotate(
            name,
            (x, y),
            xytext=(0, 10 if above else -10),
            textcoords="offset points",
            ha="center",
            va="bottom" if above else "top",
            fontsize=11,
            color=_INK,
        )
