"""The stage of the editor: which panels stand on it, and where."""

from __future__ import annotations

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Panel
from marki.console.drawing.theme import SMALL, Theme
from marki.console.editor.key_panel import GAP, MARGIN, KeyPanel
from marki.console.editor.pen_lamps_panel import PenLampsPanel
from marki.console.editor.program_panel import ProgramPanel
from marki.console.state.editor_keys import CONTROLS, PAD, PAD_LARGE
from marki.console.state.scene import Scene

RIGHT = 42
"""Width of the lamps and what is under them, hundredths of the stage at most."""


def lay_out(stage: Box, gap: int, pad: int, controls: int) -> dict[str, Box]:
    """Return the boxes of the editor.

    Parameters
    ----------
    stage : Box
    gap : int
        Space between two panels, px.
    pad, controls : int
        Heights of the buttons under the sheet and under the lamps, px.
    """
    lamps = max(1, stage.h - controls - gap)
    right = min(stage.w * RIGHT // 100, max(lamps, stage.w * 30 // 100))
    left = stage.w - right - gap
    return {
        "program": Box(stage.x, stage.y, left, stage.h - pad - gap),
        "pad": Box(stage.x, stage.bottom - pad, left, pad),
        "pen_lamps": Box(stage.x + left + gap, stage.y, right, lamps),
        "controls": Box(stage.x + left + gap, stage.bottom - controls, right, controls),
    }


def set_stage(stage: Box, theme: Theme, scene: Scene) -> dict[str, Panel]:
    """Return the panels of the editor, with nothing drawn yet."""
    pad = PAD_LARGE if theme.profile.least else PAD
    key = max(theme.px(27), round(1.1 * theme.row(SMALL)))

    def height(rows: int) -> int:
        return rows * key + (rows - 1) * theme.px(GAP) + 2 * theme.px(MARGIN)

    boxes = lay_out(stage, theme.px(7), height(len(pad)), height(len(CONTROLS)))
    return {
        "program": ProgramPanel(boxes["program"], theme, scene),
        "pad": KeyPanel(boxes["pad"], theme, scene, rows=pad),
        "pen_lamps": PenLampsPanel(boxes["pen_lamps"], theme, scene),
        "controls": KeyPanel(boxes["controls"], theme, scene, rows=CONTROLS),
    }
