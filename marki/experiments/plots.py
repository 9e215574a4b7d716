"""The pictures of experiments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from marki.measurements import Estimate, Measurement, heading, over_seeds
from marki.pictures import COLOURS, chart, look, save, sheet


def learning_curves(path: Path, title: str, results: Sequence[Mapping[str, Any]]) -> None:
    """Draw errors while learning against trials: one line a run; several seeds pale, with their mean.

    Parameters
    ----------
    path : Path
        PNG to write.
    title : str
    results : sequence of mapping
        Results of one experiment, one a seed, each with ``runs[name]["learning_curve"]``.
    """
    figure = sheet()
    seeds = f"seed {results[0]['seed']}" if len(results) == 1 else f"{len(results)} seeds, mean in bold"
    axes = chart(figure, f"{title} ({seeds})", "presentations with the trainer on", "wrong responses (%)")
    for k, name in enumerate(results[0]["runs"]):
        style = look(k)
        curves = [r["runs"][name]["learning_curve"] for r in results if name in r["runs"]]
        if len(curves) > 1:
            for c in curves:
                axes.plot(c["trials"], [100 * e for e in c["errors"]], color=style["color"], linewidth=0.7, alpha=0.25)
            longest = max(curves, key=lambda c: len(c["trials"]))["trials"]
            # A seed that has stopped had no errors left; it counts with its last value.
            mean = [
                sum(c["errors"][min(i, len(c["errors"]) - 1)] for c in curves) / len(curves)
                for i in range(len(longest))
            ]
            axes.plot(longest, [100 * e for e in mean], **style, linewidth=2.2, label=name)
        else:
            c = curves[0]
            axes.plot(c["trials"], [100 * e for e in c["errors"]], **style, linewidth=2, label=name)
    axes.set_xlim(left=0)
    axes.set_ylim(0, None)
    if len(results[0]["runs"]) > 1:
        axes.legend(frameon=False, fontsize=11)
    figure.text(0.995, 0.005, f"digest {results[0]['digest'][:16]}", ha="right", fontsize=7, color="#666666")
    save(figure, path)


def measurements(path: Path, title: str, seeds: Sequence[Sequence[Measurement]], *, digest: str) -> None:
    """Draw measurements: a chart for each name, and in it each condition's mean, 95 % interval, and seeds.

    Parameters
    ----------
    path : Path
        PNG to write.
    title : str
    seeds : sequence of sequence of Measurement
        What each seed measured.
    digest : str
        Of the run, written in the corner.
    """
    groups: dict[str, list[Estimate]] = {}
    for estimate in over_seeds(seeds):
        groups.setdefault(estimate.name, []).append(estimate)
    heights = [len(group) + 2 for group in groups.values()]  # a chart's title and axis take as much as two lines
    high = 0.8 + 0.4 * sum(heights)
    figure = sheet(10, high)
    what = f"{len(seeds)} seeds, their mean and its 95 % interval" if len(seeds) > 1 else "1 seed"
    figure.suptitle(f"{title} ({what})", x=0.01, ha="left", fontsize=14)
    figure.get_layout_engine().set(h_pad=0.1, rect=(0, 0.2 / high, 1, 1 - 0.2 / high))
    grid = figure.add_gridspec(len(groups), 1, height_ratios=heights)
    for place, (name, group) in zip(grid, groups.items(), strict=True):
        found = [[m.value for s in seeds for m in s if (m.name, m.condition) == (name, e.condition)] for e in group]
        _points(chart(figure, "", "", "", (place,)), group, found if len(seeds) > 1 else [])
    figure.text(0.995, 0.005, f"digest {digest[:16]}", ha="right", fontsize=7, color="#666666")
    save(figure, path)


def _points(axes: Any, group: Sequence[Estimate], seeds: Sequence[Sequence[float | None]]) -> None:
    """Draw the conditions of one measurement, the first at the top, each with its figure at the right."""
    scale = group[0].scale
    for y, values in enumerate(seeds):
        there = [scale * value for value in values if value is not None]
        axes.plot(there, [y + 0.24] * len(there), "o", color=COLOURS[0], markersize=5, alpha=0.35, markeredgewidth=0)
    for y, e in enumerate(group):
        figure = "not reached"
        if e.value is not None:
            error = None
            if e.low is not None and e.high is not None:
                error = [[scale * (e.value - e.low)], [scale * (e.high - e.value)]]
            axes.errorbar(scale * e.value, y, xerr=error, fmt="o", color=COLOURS[0], capsize=4, markersize=8)
            figure = f"{scale * e.value:.1f} %" if scale > 1 else f"{e.value:.3g}"
            figure += f" ({e.seeds} of {e.seeds + e.missing} seeds)" if e.missing and len(seeds) else ""
        axes.annotate(figure, (1.01, y), xycoords=("axes fraction", "data"), va="center", annotation_clip=False)
    axes.set_title(heading(group[0]), loc="left", fontsize=12, fontweight="bold")
    axes.set_yticks(range(len(group)), [e.condition for e in group], fontsize=11)
    axes.set_ylim(len(group) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    if scale > 1:
        axes.set_xlim(-1.5, 101.5)
        axes.set_xticks(range(0, 101, 10))
    else:
        axes.set_xlim(left=0)
