"""Plots: training curves, figures of a system, and comparisons."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from marki.pictures import COLOURS, chart, look, save, sheet
from successors.model_card import Figure

_INK = "#222222"


def training_curves(path: Path, title: str, metrics: Mapping[str, Any]) -> None:
    """Plot the score on the validation set against steps, one line per seed.

    Parameters
    ----------
    path : Path
        PNG to write.
    title : str
    metrics : mapping
        With ``curves[seed]`` of (step, training accuracy, score) and ``trials``.
    """
    figure = sheet()
    axes = chart(figure, title, "steps of reinforcement", f"{metrics['trials'][0]['metric']} (%)")
    for k, (seed, curve) in enumerate(metrics["curves"].items()):
        steps, _, valid = np.array(curve, float).T
        marker = {"marker": "o"} if len(steps) == 1 else {}
        axes.plot(steps, 100 * valid, **look(k), linewidth=2, label=f"seed {seed}", **marker)
    axes.set_xlim(left=0)
    # Curves that start high would hug the upper edge.
    lowest = min(row[2] for curve in metrics["curves"].values() for row in curve)
    axes.set_ylim(max(0, 10 * math.floor(10 * lowest) - 10) if lowest > 0.7 else 0, 100.5)
    axes.legend(frameon=False, fontsize=11, loc="lower right")
    figure.text(0.995, 0.005, "on the validation set; the best state is kept", ha="right", fontsize=8, color="#666666")
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
    beside = max(1.5, 0.1 * max(len(label) for label in shown))
    picture = sheet(beside + columns, 0.7 + 1.05 * len(shown))
    picture.suptitle(about.title, x=0.01, ha="left", fontsize=14)
    grid = picture.subplots(len(shown), columns, squeeze=False)
    for row, (label, fields) in zip(grid, shown.items(), strict=True):
        for k, axes in enumerate(row):
            axes.set_xticks([])
            axes.set_yticks([])
            axes.set_anchor("W")  # beside its label, where the column is wider
            if k < len(fields):
                axes.imshow(fields[k], cmap="inferno", vmin=0, vmax=1)
            else:
                axes.set_axis_off()
        row[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=12)
    save(picture, path)


ERAS = (
    (1957, 1969, "percep-\ntrons"),
    (1969, 1986, "the long\npause"),
    (1986, 2012, "back-\npropagation"),
    (2012, 2017, "ImageNet"),
    (2017, 2023, "attention"),
)
"""First year, year after the last, and a name for the plots; the names are ours."""

AXES = (
    ("parameters", "parameters that learn"),
    ("multiply_adds", "multiply-adds of an answer"),
    ("shown", "stimuli shown for learning"),
)
"""Columns against which scores are plotted, besides time, with their labels."""


def comparison(path: Path, title: str, rows: Sequence[Mapping[str, Any]], *, metric: str, chance: float) -> None:
    """Draw scores in order of time, with 95 % intervals, and against parameters, multiply-adds and stimuli shown.

    The axis of the scores is logistic, so that 99 and 99.5 % are as far apart as 90 and 95 %. With two recipes the
    modern one is hollow, and a line leads to it from the historical one. Systems are numbered in order of time; where
    they lie close together, the number replaces the name, and intervals, which would hide the points, are left out.

    Parameters
    ----------
    path : Path
        PNG to write.
    title : str
    rows : sequence of mapping
        In order of time, with name, year, recipe, score, low, high, and the columns of `AXES`; a row without a value
        in a column is not drawn there.
    metric : str
        Name of the score.
    chance : float
        Drawn as a line, unless it is 0.
    """
    picture = sheet(16, 12)
    picture.suptitle(title, x=0.01, ha="left", fontsize=17)
    names = list(dict.fromkeys(row["name"] for row in rows))
    two = len({row["recipe"] for row in rows if row["recipe"]}) == 2
    lowest, highest = min([chance, *(row["score"] for row in rows)]), max(_with_interval(row)[2] for row in rows)
    bounds = 50 * max(lowest, 0.01), 100 - 60 * (1 - min(highest, HIGHEST))
    aside = {"historical": -0.12, "modern": 0.12} if two else {}
    order = [names.index(row["name"]) + aside.get(row["recipe"], 0.0) for row in rows]
    columns = [order, *([row[key] for row in rows] for key, _ in AXES)]
    places = [(2, 3, (1, 3)), (2, 3, 4), (2, 3, 5), (2, 3, 6)]
    titles = ["", *(words for _, words in AXES)]
    drawn = []
    for xs, place, x in zip(columns, places, titles, strict=True):
        axes = chart(picture, "", x, f"{metric} (%)" if place[2] in ((1, 3), 4) else "", place)
        axes.set_yscale("function", functions=(_logit, _logistic))
        axes.set_ylim(*bounds)
        axes.set_yticks([t for t in TICKS if bounds[0] <= t <= bounds[1]])
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        points: dict[str, list[tuple[float, float]]] = {}
        for value, row in zip(xs, rows, strict=True):
            if not value and place[2] != (1, 3):
                continue
            score, low, high = (100 * min(max(share, 0.001), HIGHEST) for share in _with_interval(row))
            hollow = {"markerfacecolor": "white"} if row["recipe"] == "modern" and two else {}
            colour = look(names.index(row["name"]))["color"]
            error = [[score - low], [high - score]] if place[2] == (1, 3) else None
            axes.errorbar(value, score, error, fmt="o", color=colour, capsize=4, markersize=8, **hollow)
            points.setdefault(row["name"], []).append((value, score))
        for both in points.values():
            if len(both) > 1:
                axes.plot(*zip(*both, strict=True), color="#888888", linewidth=1, zorder=0)
        if 100 * chance >= bounds[0]:  # a logistic axis cannot show 0
            axes.axhline(100 * chance, color="#888888", linewidth=1, linestyle=":")
            axes.annotate("chance", (0.995, 100 * chance), xycoords=("axes fraction", "data"), ha="right", va="bottom")
        drawn.append((axes, points))
    years = {row["name"]: row["year"] for row in rows}
    _timeline(drawn[0][0], [(name, years[name]) for name in names])
    for axes, points in drawn[1:]:
        xs = [x for both in points.values() for x, _ in both] or [1]
        beside = max(10, max(xs) / min(xs)) ** 0.12
        axes.set_xlim(min(xs) / beside, max(xs) * beside)
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter("")
        if max(xs) / min(xs) < 10:  # powers of ten are too few ticks then
            axes.set_xticks([k * 10**e for e in range(9) for k in (1, 2, 5) if axes.viewLim.containsx(k * 10**e)])
            axes.xaxis.set_major_formatter("{x:,.0f}")
    if two:
        words = "filled: historical recipe; hollow: modern recipe, the same for all"
        picture.text(0.995, 0.985, words, ha="right", fontsize=12, color="#444444")
    picture.draw_without_rendering()
    for axes, points in drawn[1:]:
        _labels(axes, {names.index(name) + 1: both for name, both in points.items()})
    save(picture, path)


def _with_interval(row: Mapping[str, Any]) -> tuple[float, float, float]:
    """Return score, low and high of a row; of one training, which has no interval, the score thrice."""
    score = row["score"]
    return (score, score, score) if row["low"] is None else (score, row["low"], row["high"])


def roadmap(path: Path, title: str, rows: Sequence[Mapping[str, Any]], *, metric: str) -> None:
    """Draw the score of each step as a point with its 95 % interval, the first step at the top.

    Parameters
    ----------
    path : Path
        PNG to write.
    title : str
    rows : sequence of mapping
        With step, score, low, high and parameters.
    metric : str
        Name of the score.
    """
    picture = sheet(11, 1.5 + 0.42 * len(rows))
    axes = chart(picture, title, f"{metric} (%)", "")
    ys = range(len(rows))
    axes.axvline(100 * rows[0]["score"], color="#888888", linewidth=1, linestyle=":")
    axes.plot([100 * row["score"] for row in rows], ys, color="#888888", linewidth=1)
    for y, row in zip(ys, rows, strict=True):
        _lying(axes, y, row)
        words = f"{100 * row['score']:.1f} %, {row['parameters']:,} parameters"
        axes.annotate(words, (1.01, y), xycoords=("axes fraction", "data"), va="center", annotation_clip=False)
    axes.set_yticks(ys, [row["step"] for row in rows], fontsize=12)
    axes.invert_yaxis()
    save(picture, path)


def _lying(axes: Any, y: int, row: Mapping[str, Any]) -> None:
    """Draw a score as a point with its interval, lying."""
    score, low, high = _with_interval(row)
    error = [[100 * (score - low)], [100 * (high - score)]]
    axes.errorbar(100 * score, y, xerr=error, fmt="o", color=COLOURS[0], capsize=4, markersize=8)


def standings(path: Path, title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Draw the score of each system with its 95 % interval, and hollow the score without its mechanism.

    Parameters
    ----------
    path : Path
        PNG to write.
    title : str
    rows : sequence of mapping
        In order of time, with label, year, metric, score, low, high, mechanism and without.
    """
    picture = sheet(13, 1.6 + 0.62 * len(rows))
    axes = chart(picture, title, "%; hollow: without what is named on the right", "")
    for y, row in enumerate(rows):
        axes.plot([100 * row["without"], 100 * row["score"]], [y, y], color="#888888", linewidth=1, zorder=0)
        _lying(axes, y, row)
        axes.plot(100 * row["without"], y, "o", color=COLOURS[1], markerfacecolor="white", markersize=8)
        words = f"{row['metric']}\nwithout {row['mechanism']}"
        axes.annotate(words, (1.01, y), xycoords=("axes fraction", "data"), va="center", annotation_clip=False)
    axes.set_xlim(-2, 102)
    axes.set_yticks(range(len(rows)), [f"{row['label']}\n{row['year']}" for row in rows], fontsize=12)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    save(picture, path)


def setting_curve(path: Path, title: str, rows: Sequence[Mapping[str, float]], setting: str, metric: str) -> None:
    """Draw the score over a setting that counts only while a system answers.

    Parameters
    ----------
    path : Path
        PNG to write.
    title : str
    rows : sequence of mapping
        With the setting and ``score``.
    setting, metric : str
        Names of the setting and of the score.
    """
    picture = sheet()
    axes = chart(picture, title, setting, f"{metric} (%)")
    values = [row[setting] for row in rows]
    axes.plot(values, [100 * row["score"] for row in rows], "o-", color=COLOURS[0], linewidth=2)
    if min(values) > 0 and max(values) >= 10 * min(values):
        axes.set_xscale("log")
        axes.set_xticks(values, [f"{value:g}" for value in values])
        axes.minorticks_off()
    axes.set_ylim(0, 100.5)
    save(picture, path)


def scaling(path: Path, title: str, rows: Sequence[Mapping[str, Any]], found: Mapping[str, Any]) -> None:
    """Draw the loss of each size, one curve for each budget, with the least of each and the entropy as a floor.

    Parameters
    ----------
    path : Path
        PNG to write.
    title : str
    rows : sequence of mapping
        With operations, parameters and loss.
    found : mapping
        With ``optima`` and ``entropy``; see `evaluation.scaling.fitted`.
    """
    picture = sheet()
    axes = chart(picture, title, "weights", "loss, nats a token")
    for k, operations in enumerate(sorted({row["operations"] for row in rows})):
        own = [(row["parameters"], row["loss"]) for row in rows if row["operations"] == operations]
        sizes = sorted({size for size, _ in own})
        means = [np.mean([loss for size, loss in own if size == at]) for at in sizes]
        axes.plot(sizes, means, **look(k), linewidth=2, label=f"{operations:.0e} operations")
        axes.plot(*zip(*own, strict=True), ".", color=look(k)["color"], markersize=5)
    least = [(row["weights"][0], row["gap"][0] + found["entropy"]) for row in found["optima"]]
    axes.plot(*zip(*least, strict=True), "*-", color=_INK, markersize=13, linewidth=1, label="least of a parabola")
    axes.axhline(found["entropy"], color="#888888", linestyle=":", label="entropy of the documents")
    axes.set_xscale("log")
    axes.legend(frameon=False, fontsize=11)
    save(picture, path)


HIGHEST = 0.9995
"""Where a perfect score is drawn: a logistic axis cannot show it."""
TICKS = (1, 2, 5, 10, 20, 50, 80, 90, 95, 98, 99, 99.5, 99.8, 99.9)


def _logit(percent: Any) -> Any:
    share = np.clip(np.asarray(percent, float) / 100, 1e-6, 1 - 1e-6)
    return np.log(share / (1 - share))


def _logistic(value: Any) -> Any:
    return 100 / (1 + np.exp(-np.asarray(value, float)))


def _timeline(axes: Any, systems: Sequence[tuple[str, int | None]]) -> None:
    """Number and name the systems below the axis, each with its year, and shade and name their eras."""
    labels = [f"{k}  {name.replace('_', ' ')}\n{year or ''}" for k, (name, year) in enumerate(systems, 1)]
    axes.set_xticks(range(len(systems)), labels, rotation=35, ha="right", rotation_mode="anchor")
    axes.set_xlim(-0.6, len(systems) - 0.4)
    place = axes.get_xaxis_transform()
    for k, (first, end, name) in enumerate(ERAS):
        inside = [n for n, (_, year) in enumerate(systems) if year and first <= year < end]
        if inside:
            left, right = inside[0] - 0.5, inside[-1] + 0.5
            axes.axvspan(left, right, color="#000000", alpha=0.05 if k % 2 else 0.0, linewidth=0)
            axes.text((left + right) / 2, 0.99, name, ha="center", va="top", color="#666666", transform=place)


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
"""Candidate offsets of a number from its point, nearest first: right and up in points, and its alignment."""


def _labels(axes: Any, drawn: Mapping[int, Sequence[tuple[float, float]]]) -> None:
    """Write each number near its first point, at the first offset where it covers no other number and no point."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

    every = [point for points in drawn.values() for point in points]
    taken = [Bbox.from_bounds(x - 6, y - 6, 12, 12) for x, y in map(axes.transData.transform, every)]
    inside, renderer = axes.get_window_extent(), FigureCanvasAgg(axes.figure).get_renderer()
    for number, points in drawn.items():
        for across, up, h, v in _PLACES:
            far = max(abs(across), abs(up)) > 12
            text = axes.annotate(
                str(number),
                points[0],
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
            box = Text.get_window_extent(text, renderer)  # of the number alone, without the line to the point
            free = not any(box.overlaps(other) for other in taken)
            if free and inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 and box.y1 <= inside.y1:
                break
            if (across, up, h, v) != _PLACES[-1]:
                text.remove()
        taken.append(box)
