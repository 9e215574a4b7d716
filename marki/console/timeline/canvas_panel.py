"""The lamp panel driven in reverse: the drawing of the machine that stands here; on a walk, the picture on its way."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Grid, Panel
from marki.console.drawing.sprites import sign
from marki.console.drawing.theme import NORMAL, SMALL, TEXT, Theme
from marki.console.state.scene import Scene
from marki.console.state.studio import tool_of
from marki.console.state.targets import Target
from marki.console.state.timeline_view import SystemView, verdict
from marki.console.timeline.activation_panel import system_at, waiting_for
from marki.console.timeline.heatmaps import coloured, tones
from marki.io.drawing_orders import Sheet, Tool
from marki.io.frame import SIDE
from marki.io.ports import Port


def draw_light(surface: pygame.Surface, theme: Theme, light: np.ndarray, box: pygame.Rect) -> None:
    """Draw light (20, 20) from 0 to 1 into the middle of a box, as cells of whole pixels."""
    pitch = max(1, min(box.w, box.h) // SIDE)
    place = pygame.Rect(0, 0, SIDE * pitch, SIDE * pitch)
    place.center = box.center
    place.clamp_ip(surface.get_rect())
    cells = coloured(light.T, tones(theme.palette), 1.0).repeat(pitch, 0).repeat(pitch, 1)
    pygame.surfarray.blit_array(surface.subsurface(place), cells)


def sheet_of(system_view: SystemView | None, tool: Tool) -> Sheet | None:
    """Return what the machine handed back for a tool; None before it has."""
    reply = None if system_view is None else system_view.reply
    sheet = None if reply is None else reply.sheet
    return sheet if sheet is not None and sheet.tool is tool else None


def exposure_of(sheet: Sheet, film_at: float) -> int:
    """Return which exposure of a walk is shown."""
    return 0 if sheet.film is None else min(len(sheet.film) - 1, max(0, int(film_at)))


class CanvasPanel(Panel):
    """The drawing, large; what a reader takes it for stands beside the heading."""

    title = "timeline.canvas"
    dark = True

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        row = theme.row(NORMAL)
        area = pygame.Rect(self.inner.x, self.inner.y, self.inner.w, self.inner.h - row)
        pitch = max(1, min(area.w, area.h) // SIDE)
        self._grid = Grid(
            "canvas", area.centerx - SIDE * pitch // 2, area.centery - SIDE * pitch // 2, SIDE, SIDE, (pitch, pitch)
        )
        self.regions = ()
        self._foot = pygame.Rect(self.inner.x, self.inner.bottom - row, self.inner.w, row)
        self._note = self.note(colour=theme.palette.ivory)
        self._shown: tuple[object, ...] | None = None

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the picture if it is another."""
        timeline = scene.timeline
        system_view = system_at(timeline, "first")
        if timeline is None or system_view is None:
            return []
        tool = tool_of(scene.ui.studio, system_view.exhibit)
        walking = tool is Tool.WALK
        self.regions = (self._grid,) if walking else ()
        reply = system_view.reply
        sheet = sheet_of(system_view, Tool.WALK) if walking else None
        light, over = (None if reply is None else reply.field), True
        if sheet is not None and sheet.film is not None:
            step = exposure_of(sheet, scene.ui.film_at)
            light, over = sheet.film[step] / np.float32(255), step == len(sheet.film) - 1
            for ink in scene.ui.studio.ink:
                if ink.step == step:  # seen at once, before the walk from here on is there
                    light[ink.cell // SIDE, ink.cell % SIDE] = ink.level
        waits = waiting_for(system_view, timeline, self.theme) if light is None else ""
        right = verdict(reply, system_view.exhibit) if reply is not None and over else None
        asked = tool not in (Tool.SLIDE, Tool.MIX) and system_view.exhibit.accepts is Port.LAMPS
        told = reply is None or reply.sheet is None or reply.sheet.told
        how = "" if not asked or (reply is not None and reply.wanted) else "_other" if told else "_any"
        read = (reply.read, reply.reader, reply.wanted) if reply is not None and over else ("", "", "")
        key = (None if light is None else light.tobytes(), waits, right, read)
        note = self._state(system_view)
        dirty = self._note.update(surface, note)
        if key == self._shown:
            return dirty
        self._shown = key
        theme, palette = self.theme, self.theme.palette
        pygame.draw.rect(surface, palette.black, self.inner)
        if light is None:
            for k, line in enumerate(theme.wrap(waits, self.inner.w, SMALL)):
                row = theme.row(SMALL)
                box = pygame.Rect(self.inner.x, self.inner.centery + k * row, self.inner.w, row)
                theme.write(surface, line, box, size=SMALL, face=TEXT, colour=palette.dim, align="centre")
        else:
            draw_light(surface, theme, light, self._grid.rect)
            self._judge(surface, *read[:2], right=right, how=how)
        return [*dirty, self.inner]

    def _state(self, system_view: SystemView) -> str:
        words = self.theme.words
        if system_view.progress is not None:
            return words("timeline.weights_here")
        untrained = system_view.exhibit.score is None and not system_view.exhibit.hall
        return words("timeline.untrained") if untrained else system_view.exhibit.label

    def _judge(self, surface: pygame.Surface, read: str, reader: str, *, right: bool | None, how: str) -> None:
        """Write under the drawing what the reader takes it for."""
        if not read:
            return
        theme, palette, foot = self.theme, self.theme.palette, self._foot
        forms = theme.words.forms(f"timeline.reader_says{how}", reader=reader, read=read)
        room = foot.w - foot.h - theme.px(6) if right is not None else foot.w
        text = next((form for form in forms if theme.width(form, NORMAL) <= room), forms[-1])
        colour = palette.ivory if right is None else (94, 214, 168) if right else palette.wrong_lit
        box = pygame.Rect(foot.x, foot.y, room, foot.h)
        theme.write(surface, text, box, size=NORMAL, face=TEXT, colour=colour, align="centre")
        if right is not None:
            size = foot.h - theme.px(2)
            surface.blit(sign("right" if right else "wrong", size, colour), (foot.right - size, foot.y))

    def parts(self) -> list[Target]:
        """Return the first cell, where it can be drawn into."""
        return [Target("canvas", 0)] if self.regions else []
