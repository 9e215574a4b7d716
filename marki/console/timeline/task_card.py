"""The task of the room of programs: what is asked for in words, and what a right program draws."""

from __future__ import annotations

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Panel
from marki.console.drawing.theme import NORMAL, SMALL, TEXT, Theme
from marki.console.state.scene import Scene
from marki.console.timeline.answer_panel import draw_field
from marki.console.timeline.hall_panel import PenPanel
from marki.io.exhibits import Reply
from marki.io.rooms import TASK


class TaskCard(Panel):
    """A sheet with the words, and under them the picture that is wanted; of a typed line, nobody knows it."""

    title = "timeline.task"

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        self._note = self.note()
        self._shown: tuple[object, ...] | None = None

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Write the task, once it is told."""
        timeline, ui, words = scene.timeline, scene.ui, self.theme.words
        told = None if timeline is None else timeline.hall.get(TASK)
        note, *shorter = ("",) if ui.typed else words.forms("timeline.task_number", number=ui.studio.again + 1)
        dirty = self._note.update(surface, note, shorter=shorter)
        key = (None if told is None else told.stimulus.tolist(), ui.typed)
        if key == self._shown:
            return dirty
        self._shown = key
        pygame.draw.rect(surface, self.theme.palette.paper, self.inner)
        if told is not None:
            self._write(surface, told)
        return [*dirty, self.inner]

    def _write(self, surface: pygame.Surface, told: Reply) -> None:
        theme, px = self.theme, self.theme.px
        palette, row, small = theme.palette, theme.row(NORMAL), theme.row(SMALL)
        area = self.inner.inflate(-px(24), -px(16))
        english, chinese = told.stimulus.tolist()
        asked = chinese if theme.words.language == "zh" else english
        top = area.y
        for line in theme.wrap(asked, area.w, NORMAL)[: max(1, area.h // 2 // row)]:
            theme.write(surface, line, pygame.Rect(area.x, top, area.w, row), size=NORMAL, face=TEXT)
            top += row
        caption = pygame.Rect(area.x, top + px(4), area.w, small)
        text, *shorter = theme.words.forms("timeline.task_wanted" if told.target is not None else "timeline.task_typed")
        theme.write(surface, text, caption, size=SMALL, face=TEXT, colour=palette.faded, shorter=shorter)
        side = min(area.w, area.bottom - caption.bottom - px(6))
        if told.target is not None and side > 2 * small:
            square = pygame.Rect(0, caption.bottom + px(6), side, side)
            square.centerx = area.centerx
            draw_field(surface, theme, told.target, square)


class TaskPanel(PenPanel):
    """Buttons for other tasks, and to ask for a program in words of one's own."""

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the buttons."""
        return self.buttons.update(surface, scene, ["task_before", "next_task", "type_line"])
