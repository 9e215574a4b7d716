"""A picture of the machine at one moment: its lamps, its potentiometers and the learning curve, without a window."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from marki.files import asset
from marki.hardware.faults import A_UNITS
from marki.io.frame import SIDE
from marki.io.responses import R_UNITS
from marki.machine import MachineView

if TYPE_CHECKING:
    from PIL import ImageDraw

WIDTH, HEIGHT = 960, 372
LATELY = 100
"""Trials over which the errors of late are counted."""

_ROOM, _PLATE, _RIM, _DARK, _TEXT = (30, 32, 33), (44, 46, 47), (78, 78, 72), (44, 42, 38), (232, 226, 206)
_LIT, _UP, _DOWN, _PAPER, _INK = (255, 190, 92), (255, 172, 58), (98, 178, 255), (238, 232, 212), (26, 44, 104)
_FINER = 3  # drawn so many times larger, then made smaller, so that circles are round
_TOP = 46
_COLUMNS = 32  # of A-units
_RETINA, _UNITS = 15, 15  # dots from lamp to lamp
_MOST_POINTS = 60  # of the curve


def picture(view: MachineView, wrong: np.ndarray, *, units: int) -> bytes:
    """Return a PNG of `WIDTH` by `HEIGHT` dots.

    Parameters
    ----------
    view : MachineView
    wrong : (trials,) bool
        Of the trials that were taught, whether the response was wrong.
    units : int
        R-units in use.
    """
    from PIL import Image, ImageDraw, ImageFont

    sheet = Image.new("RGB", (WIDTH * _FINER, HEIGHT * _FINER), _ROOM)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.truetype(asset("fonts/b612.otf"), 15 * _FINER)

    def say(x: float, y: float, text: str) -> None:
        draw.text((x * _FINER, y * _FINER), text, fill=_TEXT, font=font)

    left = 18
    say(left, 16, f"S-units: {np.count_nonzero(view.s)} of {view.s.size} on")
    for row, column in np.ndindex(SIDE, SIDE):
        _lamp(draw, left + _RETINA * (column + 0.5), _TOP + _RETINA * (row + 0.5), 6, bool(view.s[row, column]))

    left = 340
    say(
        left,
        16,
        f"A-units: {np.count_nonzero(view.a)} of {A_UNITS} on, wipers up to {np.abs(view.values).max():.1f} deg",
    )
    most = max(float(np.abs(view.values).max()), 1e-9)
    for unit in range(A_UNITS):
        x, y = left + _UNITS * (unit % _COLUMNS + 0.5), _TOP + _UNITS * (unit // _COLUMNS + 0.5)
        _potentiometer(draw, x, y, float(view.values[unit]) / most, bool(view.a[unit]))

    left, top = 840, _TOP
    say(left, 16, "R-units")
    for unit in range(R_UNITS):
        y = top + 30 * unit + 12
        _lamp(draw, left + 14, y, 10, bool(view.r[unit]), fill=None if unit < units else _ROOM)
        if unit < units:
            say(left + 36, y - 10, f"R{unit + 1}")

    say(340, 292, f"Wrong responses over {len(wrong):,} trials taught, 0 to 100 %")
    _curve(draw, wrong, 340, 314, 480, 46)
    if len(wrong):
        lately = wrong[-LATELY:]
        say(left, 314, f"{100 * lately.mean():.0f} % of the")
        say(left, 334, f"last {len(lately)}")

    memory = io.BytesIO()
    sheet.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(memory, "PNG")
    return memory.getvalue()


def _lamp(
    draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, lit: bool, fill: tuple[int, int, int] | None = None
) -> None:
    draw.circle((x * _FINER, y * _FINER), radius * _FINER, fill=_LIT if lit else fill or _DARK, outline=_RIM, width=3)


def _potentiometer(draw: ImageDraw.ImageDraw, x: float, y: float, share: float, lit: bool) -> None:
    """Draw a dial, its hand turned and its colour chosen by a share of -1 to 1, with a ring if the A-unit is on."""
    dots, way = 6 * _FINER, share * np.pi * 0.75
    x, y = x * _FINER, y * _FINER
    colour = _UP if share > 0 else _DOWN if share < 0 else _RIM
    fill = tuple(round(p + (c - p) * 0.7 * abs(share)) for p, c in zip(_PLATE, colour, strict=True))
    draw.circle((x, y), dots, fill=fill, outline=_LIT if lit else _PLATE, width=_FINER)
    hand = (x + 0.7 * dots * np.sin(way), y - 0.7 * dots * np.cos(way))
    draw.line([(x, y), hand], fill=_TEXT, width=_FINER)


def _curve(draw: ImageDraw.ImageDraw, wrong: np.ndarray, x: int, y: int, width: int, height: int) -> None:
    """Draw the fraction of wrong responses over the trials taught, from none at the bottom to all at the top."""
    box = [x * _FINER, y * _FINER, (x + width) * _FINER, (y + height) * _FINER]
    draw.rectangle(box, fill=_PAPER)
    if len(wrong) < 2:
        return
    window = max(10, -(-len(wrong) // _MOST_POINTS))
    starts = np.arange(0, len(wrong), window)
    ends = np.append(starts[1:], len(wrong))
    errors = np.add.reduceat(wrong.astype(float), starts) / (ends - starts)
    across = box[0] + (box[2] - box[0]) * (starts + ends) / (2 * len(wrong))
    down = box[3] - (box[3] - box[1]) * errors
    draw.line(list(zip(across.tolist(), down.tolist(), strict=True)), fill=_INK, width=2 * _FINER, joint="curve")
