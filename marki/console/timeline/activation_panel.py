"""The activations of the system that is shown, in the order of the forward pass."""

from __future__ import annotations

from typing import Literal

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Panel
from marki.console.drawing.theme import FIGURES, SMALL, TEXT, TextStyle, Theme
from marki.console.state.scene import Scene
from marki.console.state.timeline_view import SystemView, TimelineView
from marki.console.timeline import heatmaps
from marki.io.exhibits import MARK1, ActivationView, Rendering, Reply

Side = Literal["first", "second"]
"""Of two systems before the same stimulus."""
FRAMES_A_SECOND = 60
FRAMES_AN_EXPOSURE = 7  # of a reel that is played as a film
LEAST_CELL = (112, 78)  # width and height of a register's place, in units
WEIGHT = {
    Rendering.MAPS: 1.0,
    Rendering.ATTENTION: 1.0,
    Rendering.ROWS: 1.0,
    Rendering.BARS: 0.75,
    Rendering.TOKENS: 0.75,
}


def exposure(system_view: SystemView, still: bool) -> tuple[int, int]:
    """Return which exposure of a reel is shown, from 0, and their number; the last one in a still profile."""
    reply = system_view.reply
    if reply is None or reply.stimulus.ndim != 3:
        return 0, 0
    t = len(reply.stimulus)
    return (t - 1 if still else min(t - 1, system_view.age // FRAMES_AN_EXPOSURE)), t


def waiting_for(system_view: SystemView, timeline: TimelineView, theme: Theme) -> str:
    """Return why nothing is to be seen of a system yet, in words."""
    words, exhibit = theme.words, system_view.exhibit
    if system_view.covered:
        return words("timeline.hidden")
    progress = system_view.progress
    if progress is not None and progress.preparing:
        return words("timeline.preparing", seconds=seconds_of(system_view))
    if exhibit.name == MARK1:
        return words("timeline.no_card" if not timeline.frame.any() else "timeline.nothing")
    if system_view.live and not timeline.frame.any():
        return words("timeline.no_card")
    if system_view.serial == 0:  # its process has just been started
        return words("timeline.setting_up", name=exhibit.label)
    return words("timeline.asking" if system_view.live else "timeline.fetching_example")


def seconds_of(system_view: SystemView) -> str:
    """Return for how long a system has been at it, by the frames since it was last asked: it goes on while it waits."""
    return f"{system_view.age // FRAMES_A_SECOND}"


def chosen(views: tuple[ActivationView, ...], most: int) -> list[int]:
    """Return the indices of at most `most` registers, evenly spaced: first, last, and some between."""
    n = len(views)
    if n <= most:
        return list(range(n))
    return sorted({round(k * (n - 1) / max(1, most - 1)) for k in range(most)})


class ActivationPanel(Panel):
    """A heatmap for each register, with its name and size over it.

    Parameters
    ----------
    box : Box
    theme : Theme
    scene : Scene
    side : str
        Of which system: ``first`` or ``second``.
    """

    title = "timeline.registers"
    dark = True

    def __init__(self, box: Box, theme: Theme, scene: Scene, *, side: Side = "first"):
        super().__init__(box, theme, scene)
        self.side: Side = side
        self._note = self.note(colour=theme.palette.ivory)
        self._shown: tuple[object, ...] | None = None

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the registers of the last answer; of a reel, as far as it has been played."""
        timeline = scene.timeline
        system_view = system_at(timeline, self.side)
        if timeline is None or system_view is None:
            return []
        reply = system_view.reply
        at, of = exposure(system_view, self.theme.profile.still)
        waiting = "" if reply is not None and reply.views else waiting_for(system_view, timeline, self.theme)
        key = (system_view.exhibit.name, reply is not None, system_view.serial, at, waiting)
        if key == self._shown:
            return []
        self._shown = key
        area = self.inner
        pygame.draw.rect(surface, self.theme.palette.black, area)
        views = reply.views if reply is not None else ()
        if not views:
            self._say(surface, waiting)
            return [area, *self._note.update(surface, self._name(system_view))]
        shown = self._draw_views(surface, views, (at + 1) / of if of else 1.0)
        text = self._name(system_view)
        if shown < len(views):
            text = f"{text}  {self.theme.words('timeline.some', shown=shown, count=len(views))}"
        return [area, *self._note.update(surface, text)]

    def _name(self, system_view: SystemView) -> str:
        return f"{system_view.exhibit.year}  {system_view.exhibit.label}"

    def _say(self, surface: pygame.Surface, text: str) -> None:
        area = self.inner
        box = pygame.Rect(area.x, area.centery - self.theme.row(), area.w, self.theme.row())
        self.theme.write(surface, text, box, colour=self.theme.palette.dim, align="centre", face="b612")

    def _draw_views(self, surface: pygame.Surface, views: tuple[ActivationView, ...], until: float) -> int:
        """Draw as many registers as there is room for, in rows; return how many."""
        theme, area = self.theme, self.inner
        px, row = theme.px, theme.row(SMALL)
        gap = px(8)
        wide, high = max(px(LEAST_CELL[0]), 5 * row), max(px(LEAST_CELL[1]), 3 * row)
        most_columns, most_rows = max(1, (area.w + gap) // (wide + gap)), max(1, (area.h + gap) // (high + gap))
        picked = chosen(views, most_columns * most_rows)
        # The number of rows with which the places are nearest to the aspect ratio of a picture.
        n = len(picked)
        good = min(
            range(1, min(n, most_rows) + 1),
            key=lambda r: (-(-n // r) > most_columns, abs((area.w / -(-n // r)) / (area.h / r) - 1.35)),
        )
        columns = -(-n // good)
        rows = -(-n // columns)
        y = area.y
        places: list[tuple[ActivationView, pygame.Rect]] = []
        for r in range(rows):
            line = picked[r * columns : (r + 1) * columns]
            bottom = area.y + (area.h + gap) * (r + 1) // rows - gap
            weights = [WEIGHT[views[k].rendering] for k in line]
            if len(line) < columns and rows > 1:
                weights.append(float(columns - len(line)))  # the last row keeps the places of the others
            total, x = sum(weights), float(area.x)
            for k, weight in zip(line, weights, strict=False):
                width = (area.w + gap) * weight / total - gap
                places.append((views[k], pygame.Rect(round(x), y, round(width), bottom - y)))
                x += width + gap
            y = bottom + gap
        told = all(
            theme.fits(heatmaps.told_of(view, theme.words), self._beside(view, box), SMALL - 1, TEXT)
            for view, box in places
        )
        for view, box in places:
            self._place(surface, view, box, until, told=told)
        return n

    def _name_of(self, view: ActivationView) -> str:
        """Return what a register is called."""
        words = self.theme.words
        return words.get(f"timeline.register.{view.name}", words.get(f"register.{view.name}", view.name))

    def _beside(self, view: ActivationView, box: pygame.Rect) -> pygame.Rect:
        """Return the room beside the name of a register."""
        name = self.theme.width(self._name_of(view), SMALL - 1, FIGURES) + self.theme.px(6)
        return pygame.Rect(box.x + name, box.y, max(0, box.w - name), self.theme.row(SMALL - 1))

    def _place(
        self, surface: pygame.Surface, view: ActivationView, box: pygame.Rect, until: float, *, told: bool
    ) -> None:
        """Draw a register, under its name and its size; `told` says that there is room for words about all sizes."""
        theme, row, palette = self.theme, self.theme.row(SMALL - 1), self.theme.palette
        head = pygame.Rect(box.x, box.y, box.w, row)
        name, said = self._name_of(view), heatmaps.told_of(view, theme.words) if told else ""
        size, face = (said, TEXT) if said else (heatmaps.shape_of(view), FIGURES)
        beside = self._beside(view, box)
        if theme.fits(size, beside, SMALL - 1, face):
            style = TextStyle(size=SMALL - 1, face=face, colour=palette.dim, align="right")
            theme.write(surface, size, beside, **style)
        else:
            name = shortened(theme, name, head.w)
        theme.write(surface, name, head, size=SMALL - 1, face=FIGURES, colour=palette.ivory)
        place = pygame.Rect(box.x, box.y + row + theme.px(1), box.w, box.h - row - theme.px(1))
        heatmaps.draw(surface, theme, view, place, until)


def shortened(theme: Theme, text: str, width: int, size: float = SMALL - 1, face: str = FIGURES) -> str:
    """Return a text that fits, its beginning left out: the end of a register's name says which it is."""
    if theme.width(text, size, face) <= width:
        return text
    while text and theme.width(f"..{text}", size, face) > width:
        text = text[1:]
    return f"..{text}"


def cut(theme: Theme, text: str, width: int, size: float = SMALL - 1, face: str = TEXT) -> str:
    """Return a text that fits, its end left out."""
    return text if theme.width(text, size, face) <= width else theme.broken_off(text, width, size, face)


def system_at(timeline: TimelineView | None, side: Side) -> SystemView | None:
    """Return the first or the second system, None if there is none."""
    if timeline is None:
        return None
    return timeline.first if side == "first" else timeline.second


def answered(reply: Reply | None) -> str:
    """Return an answer in one line."""
    return "" if reply is None else " ".join(reply.said.split())
