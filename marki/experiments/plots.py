"""Pictures of results, by matplotlib (extra ``plots``); without it the numbers are in the CSV and JSON files."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from marki.files import writing

HINT = "no picture, since matplotlib is not installed: pip install 'marki[plots]'"

# Colours that stay apart for colour-blind eyes (Okabe and Ito 2008), with line styles as a second cue.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_STYLES = ("-", "--", "-.", ":")


def available() -> bool:
    """Return whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


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
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    for k, name in enumerate(results[0]["runs"]):
        colour, style = _COLOURS[k % len(_COLOURS)], _STYLES[k // len(_COLOURS) % len(_STYLES)]
        curves = [r["runs"][name]["learning_curve"] for r in results if name in r["runs"]]
        if len(curves) > 1:
            for c in curves:
                axes.plot(c["trials"], [100 * e for e in c["errors"]], color=colour, linewidth=0.7, alpha=0.25)
            longest = max(curves, key=lambda c: len(c["trials"]))["trials"]
            # A seed that has stopped had no errors left; it counts with its last value.
            mean = [
                sum(c["errors"][min(i, len(c["errors"]) - 1)] for c in curves) / len(curves)
                for i in range(len(longest))
            ]
            axes.plot(longest, [100 * e for e in mean], style, color=colour, linewidth=2.2, label=name)
        else:
            c = curves[0]
            axes.plot(c["trials"], [100 * e for e in c["errors"]], style, color=colour, linewidth=2, label=name)
    seeds = f"seed {results[0]['seed']}" if len(results) == 1 else f"{len(results)} seeds, mean in bold"
    axes.set_title(f"{title} ({seeds})", loc="left", fontsize=14)
    axes.set_xlabel("presentations with the trainer on", fontsize=12)
    axes.set_ylabel("wrong responses (%)", fontsize=12)
    axes.set_xlim(left=0)
    axes.set_ylim(0, None)
    axes.grid(alpha=0.3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if len(results[0]["runs"]) > 1:
        axes.legend(frameon=False, fontsize=11)
    figure.text(0.995, 0.005, f"digest {results[0]['digest'][:16]}", ha="right", fontsize=7, color="#666666")
    picture = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(picture, format="png")
    with writing(path) as file:
        file.write(picture.getvalue())
