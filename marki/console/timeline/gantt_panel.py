"""The Gantt chart of the machine room: which stage works on which micro-batch when, as the simulated clock goes on."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Panel
from marki.console.drawing.theme import FIGURES, NORMAL, SMALL, TEXT, Colour, TextStyle, Theme
from marki.console.panels.curve_panel import nice
from marki.console.state.room_view import RoomView
from marki.console.state.scene import Scene
from marki.console.timeline.buttons import ButtonRow
from marki.io.machine_room import EVEN, StepChart, TaskSpan

FRAMES = 420
"""Frames in which the chart of a step is gone through, seven seconds."""

FORWARD: tuple[Colour, Colour] = ((98, 178, 255), (66, 134, 204))
BACKWARD: tuple[Colour, Colour] = ((255, 186, 88), (214, 140, 50))
SUMS: Colour = (150, 150, 140)
"""Colours of a task of an even and an odd part, forward and backward, and of the sums of the gradients."""

UNIT, SECOND = 1000, 1e9
"""What a forward pass of a stage takes where all are alike, and a second, in the units of a chart."""

TICKS = 8
"""Round times on the axis, about."""

KNOBS = (
    "room_training", "room_fewer_ranks", "room_more_ranks", "room_fewer_micros", "room_more_micros", "room_schedule",
    "room_again",
)  # fmt: skip


class GanttPanel(Panel):
    """Rows are stages, time goes to the right."""

    title = "timeline.machine_room"
    dark = True
    about = "gantt"

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px, inner = theme.px, self.inner
        row = max(px(26), theme.row(SMALL))
        lines = 2 if theme.profile.least else 1
        knobs = row * lines + px(5) * (lines - 1)
        self.buttons = ButtonRow(theme, pygame.Rect(inner.x, inner.bottom - knobs, inner.w, knobs), fill=lines)
        self.regions = (self.buttons,)
        figures = 2 * theme.row(NORMAL) + px(6)
        self._figures = pygame.Rect(inner.x, inner.bottom - knobs - px(8) - figures, inner.w, figures)
        axis = theme.row(SMALL)
        stage = theme.width(theme.words("timeline.room_stage"), SMALL)
        left = max(px(34), stage + px(6), theme.width("000", SMALL, FIGURES) + px(6))
        bottom = self._figures.y - px(6) - axis
        self._area = pygame.Rect(inner.x + left, inner.y + axis, inner.w - left - px(2), bottom - inner.y - axis)
        self._key = pygame.Rect(self._area.x, inner.y, self._area.w, axis)
        self._axis = pygame.Rect(self._area.x, self._area.bottom, self._area.w, axis)
        self._note = self.note(colour=theme.palette.ivory)
        self._chart: StepChart | None = None
        self._sheet: pygame.Surface | None = None
        self._runs = scene.ui.room_runs
        self._frame = 0
        self._drawn = -1
        self._trouble: str | None = None

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw as much of the step as the clock has come to."""
        room, ui = scene.room, scene.ui
        dirty: list[pygame.Rect] = []
        if room is not None:
            if room.chart is not None and (room.chart is not self._chart or ui.room_runs != self._runs):
                self._chart, self._runs, self._frame, self._drawn = room.chart, ui.room_runs, 0, -1
                self._sheet = self._whole(room.chart)
                self._surround(surface, room)
                dirty.append(self.inner)
            if room.trouble != self._trouble:
                self._trouble = room.trouble
            said = self._said(room)
            dirty += self._note.update(surface, said[0], shorter=said[1:])
        if self._chart is not None and self._sheet is not None:
            self._frame = FRAMES if self.theme.profile.still else min(FRAMES, self._frame + 1)
            at = self._area.w * self._frame // FRAMES
            if at != self._drawn:
                self._drawn = at
                self._advance(surface, self._sheet, at)
                self._measure(surface, self._chart, whole=at == self._area.w)
                dirty += [self._area, self._figures]
        return [*dirty, *self.buttons.update(surface, scene, list(KNOBS))]

    def _said(self, room: RoomView) -> Sequence[str]:
        """Return what stands beside the title: whose step it is, and on how many devices; or why there is none."""
        words, plan, plate = self.theme.words, room.plan, room.plate
        if room.trouble:
            return (room.trouble,)
        if plate is None:
            return words.forms("timeline.room_even")
        return words.forms(
            "timeline.room_devices", network=plate.network, device=plate.device, ranks=plan.ranks, tensor=plan.tensor,
            replicas=plan.replicas, devices=f"{plan.devices:,}",
        )  # fmt: skip

    def _surround(self, surface: pygame.Surface, room: RoomView) -> None:
        """Draw what stands about the chart: numbers of the stages, the key of colours, the axis."""
        theme, palette, px, chart = self.theme, self.theme.palette, self.theme.px, room.chart
        assert chart is not None, "the surroundings are those of a chart"
        pygame.draw.rect(surface, palette.black, self.inner)
        self.buttons.forget()
        ranks = chart.plan.ranks
        high = self._area.h / ranks
        every = max(1, -(-theme.row(SMALL) // max(1, int(high))))
        for rank in range(0, ranks, every):
            y = round(self._area.y + (rank + 0.5) * high - theme.row(SMALL) / 2)
            box = pygame.Rect(self.inner.x, y, self._area.x - self.inner.x - px(6), theme.row(SMALL))
            style = TextStyle(size=SMALL, face=FIGURES, colour=palette.dim, align="right")
            theme.write(surface, f"{rank + 1}", box, **style)
        head = pygame.Rect(self.inner.x, self._key.y, self._area.x - self.inner.x - px(6), self._key.h)
        stage = theme.words("timeline.room_stage")
        theme.write(surface, stage, head, size=SMALL, face=TEXT, colour=palette.dim, align="right")
        x = self._key.x
        keys = [("forward", FORWARD[0]), ("backward", BACKWARD[0]), ("waits", None)]
        keys += [("sums", SUMS)] if chart.duration > chart.passed else []
        texts = [theme.words(f"timeline.room_key.{name}") for name, _ in keys]
        for text, (_, colour) in zip(texts, keys, strict=True):
            chip = pygame.Rect(x, self._key.y + self._key.h // 4, self._key.h // 2, self._key.h // 2)
            if colour is None:
                self._hatch(surface, chip)
            else:
                pygame.draw.rect(surface, colour, chip)
            wide = theme.width(text, SMALL)
            box = pygame.Rect(chip.right + px(6), self._key.y, wide + px(2), self._key.h)
            theme.write(surface, text, box, size=SMALL, face=TEXT, colour=palette.dim)
            x = box.right + px(16)
        whole = theme.words("timeline.room_step", time=self._time(chart.duration, chart.plan.training))
        theme.write(surface, whole, self._axis, size=SMALL, face=TEXT, colour=palette.dim, align="right")
        self._ticks(surface, chart, self._axis.right - theme.width(whole, SMALL) - px(12))

    def _ticks(self, surface: pygame.Surface, chart: StepChart, end: int) -> None:
        """Write round times on the axis, as far as `end`, where it is said how long the whole step is."""
        theme, axis, dim = self.theme, self._axis, self.theme.palette.dim
        unit = UNIT if chart.plan.training == EVEN else SECOND
        for passed in range(0, chart.duration, nice(chart.duration / TICKS)):
            x = axis.x + axis.w * passed // chart.duration
            text = f"{passed / unit:,.4g}"
            wide = theme.width(text, SMALL, FIGURES)
            box = pygame.Rect(max(axis.x, x - wide // 2), axis.y, wide + 1, axis.h)
            if box.right <= end:
                theme.write(surface, text, box, size=SMALL, face=FIGURES, colour=dim)

    def _time(self, passed: int, training: str) -> str:
        """Return a time of the chart: in units of a forward pass where all are alike, else in seconds."""
        words = self.theme.words
        if training == EVEN:
            return words("timeline.room_units", count=f"{passed / UNIT:g}")
        return words("machine_room.seconds", value=f"{passed / SECOND:,.4g}")

    def _hatch(self, surface: pygame.Surface, place: pygame.Rect) -> None:
        """Fill a place with what stands for waiting."""
        clip = surface.get_clip()
        surface.set_clip(place.clip(clip) if clip.size != surface.get_size() else place)
        pygame.draw.rect(surface, (34, 34, 35), place)
        step = self.theme.px(7)
        for x in range(place.x - place.h, place.right, step):
            pygame.draw.line(surface, (104, 101, 92), (x, place.bottom), (x + place.h, place.y))
        surface.set_clip(clip)

    def _whole(self, chart: StepChart) -> pygame.Surface:
        """Return the picture of the whole step."""
        area, theme = self._area, self.theme
        sheet = pygame.Surface(area.size).convert()
        self._hatch(sheet, sheet.get_rect())
        ranks, last = chart.plan.ranks, [0] * chart.plan.ranks
        for span in chart.spans:
            place = self._place(chart, span)
            colour = (BACKWARD if span.backward else FORWARD)[span.part % 2]
            pygame.draw.rect(sheet, colour, place)
            if place.w > 6 and place.h > 6:
                pygame.draw.rect(sheet, theme.palette.black, place, 1)
            last[span.rank] = max(last[span.rank], span.end)
            text = f"{span.micro + 1}"
            if place.h >= theme.row(SMALL) and place.w >= theme.width(text, SMALL, FIGURES) + 4:
                theme.write(sheet, text, place, size=SMALL, face=FIGURES, colour=theme.palette.black, align="centre")
        sums = chart.duration - chart.passed
        for rank in range(ranks if sums else 0):
            span = TaskSpan(rank, backward=True, micro=0, part=0, begin=last[rank], end=last[rank] + sums)
            pygame.draw.rect(sheet, SUMS, self._place(chart, span))
        return sheet

    def _place(self, chart: StepChart, span: TaskSpan) -> pygame.Rect:
        """Return where a task stands on the sheet."""
        wide, high = self._area.size
        ranks, whole = chart.plan.ranks, max(1, chart.duration)
        x, end = wide * span.begin // whole, wide * span.end // whole
        y, bottom = high * span.rank // ranks, high * (span.rank + 1) // ranks
        gap = 1 if bottom - y > 4 else 0
        return pygame.Rect(x, y, max(1, end - x), max(1, bottom - y - gap))

    def _advance(self, surface: pygame.Surface, sheet: pygame.Surface, at: int) -> None:
        """Show the step up to the clock's hand."""
        area, palette = self._area, self.theme.palette
        pygame.draw.rect(surface, (24, 24, 25), area)
        surface.blit(sheet, area, pygame.Rect(0, 0, at, area.h))
        if at < area.w:
            pygame.draw.line(surface, palette.ivory, (area.x + at, area.y), (area.x + at, area.bottom - 1), 2)
        pygame.draw.rect(surface, palette.dim, area, 1)

    def _measure(self, surface: pygame.Surface, chart: StepChart, *, whole: bool) -> None:
        """Write the bubble that was measured, once the step is over, beside what the formula gives."""
        theme, px, palette, box = self.theme, self.theme.px, self.theme.palette, self._figures
        words, plan = theme.words, chart.plan
        pygame.draw.rect(surface, palette.black, box)
        below = f"({plan.micros} × {plan.parts})" if plan.parts > 1 else f"{plan.micros}"
        formula = f"({plan.ranks} - 1) / {below}"
        rows = (
            (
                words.forms("timeline.room_measured"),
                f"{100 * chart.bubble:.2f} %" if whole else "…",
                chart.bubble,
                whole,
            ),
            (words.forms("timeline.room_law", formula=formula), f"{100 * chart.law:.2f} %", chart.law, True),
        )
        most = max(chart.bubble, chart.law, 0.01)
        text = max(theme.width(row[0][0], NORMAL) for row in rows)
        figure = max(theme.width(row[1], NORMAL, FIGURES) for row in rows) + px(8)
        text = min(text, box.w - figure)
        bar = box.w - text - figure - px(16)
        for k, (said, value, share, known) in enumerate(rows):
            line = pygame.Rect(box.x, box.y + k * (theme.row(NORMAL) + px(3)), text, theme.row(NORMAL))
            theme.write(surface, said[0], line, size=NORMAL, face=TEXT, colour=palette.ivory, shorter=said[1:])
            line = pygame.Rect(line.right + px(8), line.y, figure, line.h)
            theme.write(surface, value, line, size=NORMAL, face=FIGURES, colour=palette.lamp, align="right")
            if known and bar > px(40):
                track = pygame.Rect(line.right + px(8), line.y + line.h // 4, round(bar * share / most), line.h // 2)
                pygame.draw.rect(surface, palette.dim if k else palette.lamp, track)
