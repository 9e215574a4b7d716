"""Pictures of results, by matplotlib (extra ``plots``); without it the numbers are in the CSV and JSON files."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path
from typing import Any

from marki.files import writing

HINT = "no picture, since matplotlib is not installed: pip install 'marki[plots]'"

# Colours that stay apart for colour-blind eyes (Okabe and Ito 2008), with line styles as a second cue.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", "-.", ":")


def can_draw() -> bool:
    """Return whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def look(number: int) -> dict[str, str]:
    """Return colour and line style of line `number`; no two of the first 28 are alike."""
    return {"color": COLOURS[number % len(COLOURS)], "linestyle": STYLES[number // len(COLOURS) % len(STYLES)]}


def sheet(width: float = 9, height: float = 5) -> Any:
    """Return an empty figure, in inches of 120 dots."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=120, layout="constrained")


def chart(figure: Any, title: str, x: str, y: str, place: tuple[Any, ...] = (1, 1, 1)) -> Any:
    """Return axes for lines: title above, thin grid, no frame.

    Parameters
    ----------
    figure : Figure
    title, x, y : str
    place : (int, int, int or (int, int))
        Rows, columns, and number from 1, or first and last number.
    """
    axes = figure.add_subplot(*place)
    axes.set_title(title, loc="left", fontsize=14)
    axes.set_xlabel(x, fontsize=12)
    axes.set_ylabel(y, fontsize=12)
    axes.grid(alpha=0.3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return axes


def save(figure: Any, path: Path) -> None:
    """Write a figure as PNG, whole or not at all."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    picture = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(picture, format="png")
    with writing(path) as file:
        file.write(picture.getvalue())
