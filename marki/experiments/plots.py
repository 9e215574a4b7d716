"""The pictures of experiments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from marki.pictures import chart, look, save, sheet


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
