"""The task of a room that asks in words: what is to be programmed or drawn, and what is right."""

from __future__ import annotations

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Panel
from marki.console.drawing.paragraphs import Line, paragraphs
from marki.console.drawing.theme import NORMAL, SMALL, TEXT, Theme
from marki.console.state.scene import Scene
from marki.console.timeline.answer_panel import draw_field
from marki.console.timeline.hall_panel import PenPanel
from marki.io.exhibits import Reply
from marki.io.rooms import TASK
from marki.io.text import language_of


class TaskCard(Panel):
    """A sheet with the words, and under them the picture that is wanted; of a typed line, nobody may know it."""

    title = "timeline.task"
    number = "timeline.task_number"
    wanted, typed = "timeline.task_wanted", "timeline.task_typed"
    """What stands above the picture that is wanted, and in its place where nobody knows it."""

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        self._note = self.note()
        self._shown: tuple[object, ...] | None = None

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Write the task, once it is told."""
        timeline, ui, words = scene.timeline, scene.ui, self.theme.words
        told = None if timeline is None else timeline.hall.get(TASK)
        note, *shorter = ("",) if ui.typed else words.forms(self.number, number=ui.studio.item + 1)
        dirty = self._note.update(surface, note, shorter=shorter)
        key = (None if told is None else told.stimulus.tolist(), ui.typed)
        if key == self._shown:
            return dirty
        self._shown = key
        pygame.draw.rect(surface, self.theme.palette.paper, self.inner)
        if told is not None:
            self._write(surface, told, language_of(ui.typed) if ui.typed else words.language)
        return [*dirty, self.inner]

    def _write(self, surface: pygame.Surface, told: Reply, language: str) -> None:
        theme, px = self.theme, self.theme.px
        palette, small = theme.palette, theme.row(SMALL)
        area = self.inner.inflate(-px(24), -px(16))
        english, chinese = told.stimulus.tolist()
        asked = chinese if language == "zh" else english
        high = len(theme.wrap(asked, area.w, NORMAL)) * theme.row(NORMAL)
        low = told.target is not None and area.h - high - small - px(10) <= 2 * small
        if low:  # there is no room for the picture, nor need of words about it
            high = area.h
        elif told.target is None:  # below it must be said what was not understood
            high = min(high, area.h // 2)
        sheet = pygame.Rect(area.x, area.y, area.w, high)
        paragraphs(surface, theme, sheet, [(asked, palette.ink)], NORMAL, SMALL, SMALL - 1)
        if low:
            return
        caption = pygame.Rect(area.x, sheet.bottom + px(4), area.w, small)
        text, *shorter = theme.words.forms(self.wanted if told.target is not None else self.typed)
        theme.write(surface, text, caption, size=SMALL, face=TEXT, colour=palette.faded, shorter=shorter)
        side = min(area.w, area.bottom - caption.bottom - px(6))
        if told.target is not None and side > 2 * small:
            square = pygame.Rect(0, caption.bottom + px(6), side, side)
            square.centerx = area.centerx
            draw_field(surface, theme, told.target, square)
        self._answer(surface, told, pygame.Rect(area.x, caption.bottom, area.w, area.bottom - caption.bottom))

    def _answer(self, surface: pygame.Surface, told: Reply, area: pygame.Rect) -> None:
        """Write what is to be said to a line that was not understood: what nobody knows in it, and the nearest one."""
        theme, words, palette = self.theme, self.theme.words, self.theme.palette
        texts: list[Line] = []
        if told.unknown:
            unknown = words("timeline.and").join(told.unknown)
            texts.append((words("timeline.unknown_words", words=unknown), palette.wrong))
        if told.offer:
            texts.append((words("timeline.say_rather", line=told.offer), palette.ink))
        paragraphs(surface, theme, area, texts, SMALL, SMALL - 1, SMALL - 2)


class CaptionCard(TaskCard):
    """A sheet with a sentence, and under it the picture that is read so; or what is wrong with a typed one."""

    title = "timeline.sentence"
    number = "timeline.caption_number"
    wanted, typed = "timeline.caption_wanted", "timeline.caption_unclear"


class TaskPanel(PenPanel):
    """Buttons for other tasks, and to ask for a program in words of one's own."""

    lines = 1

    def names(self) -> list[str]:
        """Return the buttons."""
        return ["task_before", "next_task", "type_line"]


class CaptionPanel(PenPanel):
    """Buttons for other sentences, for one of one's own, and to have it drawn once more."""

    lines = 2
    always = True

    def names(self) -> list[str]:
        """Return the buttons."""
        return ["sentence_before", "next_sentence", "type_line", "same_before", "same_again"]
