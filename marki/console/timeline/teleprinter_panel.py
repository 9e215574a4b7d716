"""The teleprinter: a sheet of paper with what was typed to a system, and its answer, printed letter by letter."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Panel
from marki.console.drawing.theme import NORMAL, SMALL, TEXT, Theme
from marki.console.state.scene import Scene
from marki.console.state.timeline_view import verdict
from marki.console.timeline.activation_panel import system_at
from marki.console.timeline.answer_panel import named, wanted_of

FRAMES_A_SIGN = 3
FACE, CLEAR = "gnu-typewriter", "liberation-mono"
UNCLEAR = frozenset("()[]{}&")
"""Signs that the first typeface draws as strokes, or not at all; a sheet with one of them is written in the second."""
HOLE = (60, 58, 52)


ROOMY = 6
"""Lines on a sheet from which captions stand on it even where texts are shortened."""


class Setting(NamedTuple):
    """How a sheet is set.

    Attributes
    ----------
    size : float
        Of the letters, in units.
    captions, gaps : bool
        Whether there are captions, and empty lines between the parts.
    typed, said : int
        Lines at most of what was typed, and of the answer.
    """

    size: float
    captions: bool
    gaps: bool
    typed: int
    said: int


def text_of(stimulus: np.ndarray) -> str:
    """Return what was typed of a stimulus: a text, or one with a picture."""
    return str(stimulus["text"] if stimulus.dtype.names else stimulus)


def face_of(text: str) -> str:
    """Return the typeface of a sheet: that of a typewriter, unless it lacks a sign of the text."""
    return CLEAR if UNCLEAR & set(text) else FACE


class TeleprinterPanel(Panel):
    """The paper of the teleprinter; the real machine had none."""

    title = "timeline.teleprinter"
    dark = True

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        self._paper = self.inner.inflate(-theme.px(4), 0)
        self._note = self.note(colour=theme.palette.ivory)
        self._shown: tuple[str, str, int, int, str] | None = None

    def note_sample(self) -> str:
        """Return the shortest form of what is said of a line that was typed."""
        return self.theme.words.forms("timeline.typed")[-1]

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Print as much of the answer as has been printed."""
        system_view = system_at(scene.timeline, "first")
        if system_view is None:
            return []
        reply = system_view.reply
        typed = "" if reply is None else text_of(reply.stimulus)
        drawn = reply is not None and reply.field is not None
        words, exhibit = self.theme.words, system_view.exhibit
        said = "" if reply is None else named(reply.said, reply, exhibit, words)
        said = words("timeline.it_draws") if drawn else said
        printed = (
            len(said) if drawn or self.theme.profile.still else min(len(said), max(0, system_view.age) // FRAMES_A_SIGN)
        )
        key = (typed, said, printed, scene.ui.example, scene.ui.typed)
        if key == self._shown:
            return []
        self._shown = key
        right = verdict(reply, system_view.exhibit) if reply is not None and printed == len(said) else None
        wanted = "" if reply is None else named(reply.wanted, reply, exhibit, words)
        self._draw(surface, typed, said, printed, right, wanted)
        if scene.ui.typed:
            forms = words.forms("timeline.typed")
        else:
            forms = words.forms("timeline.example", number=max(0, scene.ui.example) + 1)
        note, *shorter = forms
        return [self._paper, *self._note.update(surface, note, shorter=shorter)]

    def _draw(
        self, surface: pygame.Surface, typed: str, said: str, printed: int, right: bool | None, wanted: str
    ) -> None:
        theme, px, palette, paper = self.theme, self.theme.px, self.theme.palette, self._paper
        pygame.draw.rect(surface, palette.paper, paper)
        for y in range(paper.y + px(8), paper.bottom - px(6), px(16)):
            for x in (paper.x + px(6), paper.right - px(7)):
                pygame.draw.circle(surface, HOLE, (x, y), px(2.5))
        area = paper.inflate(-px(36), -px(16))
        words, printing, face = theme.words, printed < len(said), face_of(typed + said)
        size, captions, gaps, most_typed, most_said = self._setting(area, typed, said, face, bool(wanted))
        row, gap = theme.row(size), [("", "")] * gaps
        lines = [(words("timeline.you_type"), "caption")] * captions
        lines += [(t, "typed") for t in self._kept(typed, area.w, size, face, most_typed)]
        lines += [*gap, *[(words("timeline.it_types"), "caption")] * captions]
        lines += [(t, "said") for t in self._kept(said[:printed] + "_" * printing, area.w, size, face, most_said)]
        if wanted and not printing:
            lines += [*gap, (wanted_of(said, wanted, right, words), "wanted")]
        for k, (text, kind) in enumerate(lines[: max(1, area.h // row)]):
            box = pygame.Rect(area.x, area.y + k * row, area.w, row)
            if kind == "caption":
                theme.write(surface, text, box, size=SMALL, face=TEXT, colour=palette.faded, optional=True)
            elif kind == "wanted":
                colour = palette.faded if right is None else palette.right if right else palette.wrong
                theme.write(surface, text, box, size=SMALL, face=TEXT, colour=colour)
            elif text:
                colour = palette.ink if kind == "typed" else palette.trace
                theme.write(surface, text, box, size=size, face=face, colour=colour)

    def _setting(self, area: pygame.Rect, typed: str, said: str, face: str, wanted: bool) -> Setting:
        """Return how the sheet is set, so that what was typed and the whole answer find room.

        First the gaps go, then the letters become smaller, then the captions go if there is little room, and at last
        both texts are shortened.
        """
        theme = self.theme
        asked = told = fit = 0
        for size, gaps in ((NORMAL, True), (NORMAL, False), (SMALL, False)):
            asked, told = (len(theme.wrap(text, area.w, size, face)) for text in (typed, said))
            fit = area.h // theme.row(size)
            if asked + told + 2 + wanted + gaps * (1 + wanted) <= fit:
                return Setting(size, True, gaps, asked, told)
        captions = fit - wanted >= ROOMY
        room = max(2, fit - wanted - 2 * captions)
        told = min(told, max(room // 2, room - asked))
        return Setting(SMALL, captions, False, room - told, told)

    def _kept(self, text: str, width: int, size: float, face: str, most: int) -> list[str]:
        """Return a text in at most so many lines: its beginning, and its end, with an ellipsis between them."""
        theme = self.theme
        lines = theme.wrap(text, width, size, face)
        if len(lines) <= most:
            return lines
        first, last = lines[: max(1, most - 1)], lines[-1:]
        return [*first[:-1], theme.broken_off(first[-1], width, size, face), *last[: most - 1]]
