"""The teleprinter: a sheet of paper with what was typed to a system, and its answer, printed letter by letter."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Panel
from marki.console.drawing.theme import NORMAL, SMALL, TEXT, Theme
from marki.console.state.scene import Scene
from marki.console.state.timeline_view import verdict
from marki.console.timeline.activation_panel import system_at

FRAMES_A_SIGN = 3
FACE = "gnu-typewriter"
HOLE = (60, 58, 52)


def text_of(stimulus: np.ndarray) -> str:
    """Return what was typed of a stimulus: a text, or one with a picture."""
    return str(stimulus["text"] if stimulus.dtype.names else stimulus)


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
        said = "" if reply is None else self.theme.words("timeline.it_draws") if drawn else reply.said
        printed = (
            len(said) if drawn or self.theme.profile.still else min(len(said), max(0, system_view.age) // FRAMES_A_SIGN)
        )
        key = (typed, said, printed, scene.ui.example, scene.ui.typed)
        if key == self._shown:
            return []
        self._shown = key
        right = verdict(reply, system_view.exhibit) if reply is not None and printed == len(said) else None
        self._draw(surface, typed, said[:printed], printed < len(said), right, "" if reply is None else reply.wanted)
        words = self.theme.words
        if scene.ui.typed:
            forms = words.forms("timeline.typed")
        else:
            forms = words.forms("timeline.example", number=max(0, scene.ui.example) + 1)
        note, *shorter = forms
        return [self._paper, *self._note.update(surface, note, shorter=shorter)]

    def _draw(
        self, surface: pygame.Surface, typed: str, said: str, printing: bool, right: bool | None, wanted: str
    ) -> None:
        theme, px, palette, paper = self.theme, self.theme.px, self.theme.palette, self._paper
        pygame.draw.rect(surface, palette.paper, paper)
        for y in range(paper.y + px(8), paper.bottom - px(6), px(16)):
            for x in (paper.x + px(6), paper.right - px(7)):
                pygame.draw.circle(surface, HOLE, (x, y), px(2.5))
        area = paper.inflate(-px(36), -px(16))
        row = theme.row(NORMAL)
        words = theme.words
        lines = [(words("timeline.you_type"), "caption")]
        lines += [(t, "typed") for t in self._wrap(typed, area.w)]
        lines += [("", ""), (words("timeline.it_types"), "caption")]
        lines += [(t, "said") for t in self._wrap(said + ("_" if printing else ""), area.w)]
        if wanted and not printing:
            lines += [("", ""), (words("timeline.wanted", name=wanted), "wanted")]
        fit = max(1, area.h // row)
        if len(lines) > fit:
            lines = lines[-fit:]
        for k, (text, kind) in enumerate(lines):
            box = pygame.Rect(area.x, area.y + k * row, area.w, row)
            if kind == "caption":
                theme.write(surface, text, box, size=SMALL, face=TEXT, colour=palette.faded, optional=True)
            elif kind == "wanted":
                colour = palette.faded if right is None else palette.right if right else palette.wrong
                theme.write(surface, text, box, size=SMALL, face=TEXT, colour=colour)
            elif text:
                colour = palette.ink if kind == "typed" else palette.trace
                theme.write(surface, text, box, size=NORMAL, face=FACE, colour=colour)

    def _wrap(self, text: str, width: int) -> list[str]:
        return self.theme.wrap(text, width, NORMAL, FACE) if text else [""]
