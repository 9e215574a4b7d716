"""The answer of a system: class, confidence, the next best classes, and whether it is right; and its lamps."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pygame

from marki.console.drawing.layout import Box, square_grid
from marki.console.drawing.panel import Backdrop, Panel
from marki.console.drawing.paragraphs import paragraphs
from marki.console.drawing.sprites import sign
from marki.console.drawing.theme import FIGURES, HUGE, LARGE, NORMAL, SMALL, TEXT, Colour, TextStyle, Theme
from marki.console.panels.response_panel import round_lamp
from marki.console.state.scene import Scene
from marki.console.state.timeline_view import SystemView, classes_of, foreign, restored, verdict
from marki.console.timeline.activation_panel import Side, answered, system_at
from marki.console.timeline.heatmaps import coloured, tones
from marki.io.exhibits import HALL, MARK1, Exhibit, Reply
from marki.io.frame import SIDE
from marki.io.ports import Port
from marki.io.responses import R_UNITS
from marki.language import Words

OTHERS = 3


class Answer(NamedTuple):
    """What the panel says of an answer."""

    name: str
    covered: bool
    said: str
    right: bool | None
    outside: bool  # of the classes that the system knows
    sure: float
    others: tuple[tuple[str, float], ...]
    wanted: str
    remarks: tuple[str, ...]


def named(name: str, reply: Reply | None, exhibit: Exhibit, words: Words) -> str:
    """Return an answer as it is shown: the name of a class in the language of the window; of a system that writes, or
    is asked in words, what it says."""
    if exhibit.answers is not Port.LAMPS or exhibit.accepts is Port.ASKED:
        return name
    return words.class_name(name, reply.task if reply is not None and reply.task else exhibit.task)


def wanted_of(said: str, wanted: str, right: bool | None, words: Words) -> str:
    """Return what was wanted, in words; of an answer that is right and not the same, how it was judged too."""
    a, b = said.lower().split(), wanted.lower().split()
    if not right or not a or a == b:  # a drawing says nothing
        return words("timeline.wanted", name=wanted)
    name = "wanted_first" if a[: len(b)] == b else "wanted_last" if a[-len(b) :] == b else "wanted_alike"
    return words(f"timeline.{name}", name=wanted)


def draw_field(surface: pygame.Surface, theme: Theme, field: np.ndarray, area: pygame.Rect) -> None:
    """Draw the output of a system that draws on the lamp panel."""
    box, pitch = square_grid(Box(*area), SIDE, SIDE)
    colours = coloured(field.T, tones(theme.palette)).repeat(pitch, 0).repeat(pitch, 1)
    pygame.surfarray.blit_array(surface.subsurface(pygame.Rect(box)), colours)


class AnswerPanel(Panel):
    """A dark window with the answer, a verdict beside it, and the next three.

    Parameters
    ----------
    box : Box
    theme : Theme
    scene : Scene
    side : str
        Of which system: ``first`` or ``second``.
    """

    title = "timeline.answer"

    def __init__(self, box: Box, theme: Theme, scene: Scene, *, side: Side = "first"):
        super().__init__(box, theme, scene)
        self.side: Side = side
        area, px = self.inner, theme.px
        if area.h > 0.75 * area.w or area.w < 9 * theme.row(SMALL):
            high = min(area.h * 45 // 100, max(px(84), 3 * theme.row(SMALL)))
            self._window = pygame.Rect(area.x, area.y, area.w, high)
            lines = pygame.Rect(area.x, area.y + high + px(6), area.w, area.h - high - px(6))
        else:
            wide = area.w * 42 // 100
            self._window = pygame.Rect(area.x, area.y, wide, area.h)
            lines = pygame.Rect(area.x + wide + px(12), area.y, area.w - wide - px(12), area.h)
        self._lines = Backdrop(lines)
        self._note = self.note()
        self._shown: tuple[object, ...] | None = None

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the plate."""
        super().dress(surface, scene)
        self._lines.keep(surface)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Show the last answer."""
        system_view = system_at(scene.timeline, self.side)
        if system_view is None:
            return []
        reply, exhibit = system_view.reply, system_view.exhibit
        outside = foreign(reply, exhibit)
        answer = Answer(
            exhibit.name,
            system_view.covered,
            named(answered(reply), reply, exhibit, self.theme.words),
            verdict(reply, exhibit),
            outside,
            # How sure it is of a class that it was not shown says nothing.
            float("nan") if reply is None or outside else round(reply.confidence, 3),
            ()
            if reply is None or outside
            else tuple((named(n, reply, exhibit, self.theme.words), round(s, 3)) for n, s in reply.others[:OTHERS]),
            "" if reply is None else named(" ".join(reply.wanted.split()), reply, exhibit, self.theme.words),
            remarks(system_view, self.theme.words),
        )
        field = None if reply is None else reply.field
        key = (*map(str, answer), system_view.serial if field is not None else 0, system_view.judged, system_view.right)
        if key == self._shown:
            return []
        self._shown = key
        words = self.theme.words
        pygame.draw.rect(surface, self.theme.palette.black, self._window)
        if field is not None:
            draw_field(surface, self.theme, field, self._window.inflate(-self.theme.px(8), -self.theme.px(8)))
        mark = self._mark(surface, answer.right)
        if answer.covered:
            self._say(surface, "?", mark, exhibit.answers, self.theme.palette.dim)
        elif field is None:
            said = answer.said if reply is None or answer.said else words("trainer.none")
            self._say(surface, said, mark, exhibit.answers, self.theme.palette.dim if outside else None)
        self._list(surface, answer)
        note = exhibit.label
        if system_view.judged:
            note = words("timeline.judged", right=system_view.right, count=system_view.judged)
        return [self._window, self._lines.rect, *self._note.update(surface, note)]

    def _mark(self, surface: pygame.Surface, right: bool | None) -> pygame.Rect:
        """Draw the sign of right or wrong into the corner of the window; return its place, empty without one."""
        px, window = self.theme.px, self._window
        if right is None:
            return pygame.Rect(0, 0, 0, 0)
        size = max(10, min(px(34), window.h // 3, window.w // 4))
        mark = pygame.Rect(window.right - size - px(6), window.y + px(6), size, size)
        colour = (94, 214, 168) if right else self.theme.palette.wrong_lit
        surface.blit(sign("right" if right else "wrong", size, colour), mark)
        return mark

    def _say(
        self, surface: pygame.Surface, said: str, mark: pygame.Rect, answers: Port, colour: Colour | None = None
    ) -> None:
        theme, palette, px, window = self.theme, self.theme.palette, self.theme.px, self._window
        colour = palette.ivory if colour is None else colour
        area = window.inflate(-px(12), -px(8))
        if answers == Port.TEXT or theme.width(said, NORMAL) > 1.6 * area.w:
            beside = pygame.Rect(area.x, area.y, area.w - mark.w, area.h)
            paragraphs(surface, theme, beside, [(said, colour)], SMALL, SMALL - 1, SMALL - 2)
            return
        box = area.inflate(-2 * mark.w if len(said) < 3 else -mark.w, 0)
        if len(said) >= 3:
            box.left = area.left
        theme.write(surface, said, box, size=HUGE, colour=colour, align="centre",
                    face="routed-gothic" if said.isascii() else TEXT)  # fmt: skip

    def _list(self, surface: pygame.Surface, answer: Answer) -> None:
        """Write how sure it is, the next best, what is to be said besides, and what is wanted."""
        theme, palette, px, area = self.theme, self.theme.palette, self.theme.px, self._lines.rect
        words = theme.words
        self._lines.restore(surface)
        row = theme.row(SMALL)
        y, bottom = area.y, area.bottom
        if answer.wanted and not answer.outside and bottom - row >= y:
            right = answer.right
            colour = palette.ink if right is None else palette.right if right else palette.wrong
            box = pygame.Rect(area.x, bottom - row, area.w, row)
            text = wanted_of(answer.said, answer.wanted, answer.right, words)
            theme.write(surface, text, box, size=SMALL, face=TEXT, colour=colour, optional=True)
            bottom -= row
        if not math.isnan(answer.sure):
            text = words("timeline.sure", share=f"{100 * answer.sure:.0f}")
            theme.write(surface, text, pygame.Rect(area.x, y, area.w, row), size=SMALL, face=TEXT)
            y += row
            track = pygame.Rect(area.x, y, area.w, max(theme.profile.line * 2, px(9)))
            pygame.draw.rect(surface, (34, 34, 33), track)
            pygame.draw.rect(
                surface, palette.positive, (*track.topleft, round(track.w * min(1.0, answer.sure)), track.h)
            )
            y = track.bottom + px(4)
        most = max(0, (bottom - y) // row)
        remarks = "\n".join(answer.remarks)
        lines = theme.wrap(remarks, area.w, SMALL, most=most) if remarks and most else []
        if not math.isnan(answer.sure):  # below the figures, which come first
            bottom -= row * len(lines)
        for k, line in enumerate(lines):
            top = y + k * row if math.isnan(answer.sure) else bottom + k * row
            box = pygame.Rect(area.x, top, area.w, row)
            theme.write(surface, line, box, size=SMALL, face=TEXT, colour=palette.faded)
        for name, share in answer.others:
            if y + row > bottom:
                break
            text = f"{100 * share:.0f} %" if share >= 0.005 else "<1 %"
            wide = theme.width("100 %", SMALL, FIGURES) + px(4)
            figure = pygame.Rect(area.right - wide, y, wide, row)
            theme.write(surface, text, figure, size=SMALL, face=FIGURES, align="right", colour=palette.faded)
            box = pygame.Rect(area.x, y, area.w - wide, row)
            theme.write(surface, name, box, size=SMALL, face=TEXT, optional=len(name) > 3)
            y += row


def remarks(system_view: SystemView, words: Words) -> tuple[str, ...]:
    """Return what is to be said of an answer besides it: that it is covered, outside what is known, whose weights."""
    reply, exhibit = system_view.reply, system_view.exhibit
    if system_view.covered:
        return (words("timeline.hidden"),)
    if reply is None or exhibit.name == MARK1:
        return ()
    found: list[str] = []
    if foreign(reply, exhibit):
        found.append(words("timeline.foreign", name=words.class_name(reply.wanted)))
        found.append(words("timeline.reads", classes=span_of(classes_of(reply, exhibit), words, exhibit.task)))
    if reply.target is not None:
        found.append(words("timeline.cells_right", right=restored(reply), count=reply.target.size))
    if system_view.progress is not None:
        found.append(words("timeline.weights_here"))
    elif reply.task and exhibit.score is not None:
        found.append(words("timeline.weights_of", task=words.get(f"exhibit.task_{reply.task}", reply.task)))
    return tuple(found)


def span_of(classes: tuple[str, ...], words: Words, task: str = "") -> str:
    """Return the classes that a system knows, in few words: the first and the last of those of the hall."""
    if classes in HALL.values():
        return words("timeline.span", first=classes[0], last=classes[-1])
    return words("narration.comma").join(words.class_name(name, task) for name in classes)


class AnswerLamps(Panel):
    """The eight R-units as this system drives them; or the lamp panel, if it draws on that.

    Parameters
    ----------
    box : Box
    theme : Theme
    scene : Scene
    side : str
        Of which system: ``first`` or ``second``.
    """

    title = "panel.r_units"

    def __init__(self, box: Box, theme: Theme, scene: Scene, *, side: Side = "first"):
        super().__init__(box, theme, scene)
        self.side: Side = side
        area, px = self.inner, theme.px
        row = area.h / R_UNITS
        size = max(8, min(px(44), int(row) - px(4), area.w * 60 // 100))
        tag = area.w - size - px(4)
        self._lamps: list[pygame.Rect] = []
        self._tags: list[tuple[str, pygame.Rect]] = []
        for k in range(R_UNITS):
            y = round(area.y + (k + 0.5) * row)
            named = theme.width("R8", SMALL) <= tag and row >= 0.9 * theme.row(SMALL)
            x = area.right - size - (0 if named else (area.w - size) // 2)
            self._lamps.append(pygame.Rect(x, y - size // 2, size, size))
            if named:
                self._tags.append((f"R{k + 1}", pygame.Rect(area.x, y - theme.row() // 2, tag, theme.row())))
        self._sprites = [round_lamp(size, lit) for lit in (False, True)]
        self._backdrop = Backdrop(area)
        self._shown: tuple[object, ...] | None = None

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the plate."""
        super().dress(surface, scene)
        self._backdrop.keep(surface)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Light the lamps."""
        system_view = system_at(scene.timeline, self.side)
        reply = system_view.reply if system_view is not None else None
        lamps = None if reply is None or reply.lamps is None else tuple(bool(b) for b in reply.lamps)
        field = None if reply is None else reply.field
        no_lamps = system_view is not None and system_view.exhibit.answers == Port.TEXT
        covered = system_view is not None and system_view.covered
        key = (lamps, None if field is None else field.tobytes(), no_lamps, covered)
        if key == self._shown:
            return []
        self._shown = key
        theme, area = self.theme, self.inner
        self._backdrop.restore(surface)
        if field is not None:
            draw_field(surface, theme, field, area)
        elif no_lamps:
            row = theme.row(SMALL)
            forms = [theme.wrap(text, area.w, SMALL) for text in theme.words.forms("timeline.no_lamps")]
            for k, line in enumerate(next((lines for lines in forms if len(lines) * row <= area.h), forms[-1])):
                box = pygame.Rect(area.x, area.y + k * row, area.w, row)
                theme.write(surface, line, box, size=SMALL, face=TEXT, colour=theme.palette.faded)
        else:
            for text, box in self._tags:
                theme.write(surface, text, box, size=NORMAL, face=TEXT)
            for k, place in enumerate(self._lamps):
                on = bool(lamps and lamps[k])
                surface.blit(self._sprites[on], place)
                figure = (40, 22, 0) if on else (226, 220, 206)
                size = LARGE if place.h > theme.px(30) else SMALL
                style = TextStyle(size=size, face=FIGURES, colour=figure, align="centre", optional=True)
                if place.h > theme.points(SMALL):
                    theme.write(surface, "?" if covered else "1" if on else "0", place.inflate(-2, 0), **style)
        return [area]
