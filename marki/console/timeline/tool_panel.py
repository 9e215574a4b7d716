"""The tool in hand at a machine that draws: the base of its panels, and the tabs among which it is chosen."""

from __future__ import annotations

from typing import ClassVar

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Given, Panel
from marki.console.drawing.theme import NORMAL, SMALL, TEXT, Theme
from marki.console.state.scene import Scene
from marki.console.state.studio import tool_of
from marki.console.state.targets import Target
from marki.console.timeline.activation_panel import system_at, waiting_for
from marki.console.timeline.buttons import ButtonRow
from marki.console.timeline.canvas_panel import sheet_of
from marki.console.timeline.rooms_panel import TabRow
from marki.io.drawing_orders import Tool
from marki.io.ports import Port


class ToolTabs(TabRow):
    """A tab for each tool that the machine knows."""

    kind = "tool"

    def tabs(self, scene: Scene) -> tuple[str, ...]:
        """Return the tools of the machine."""
        system_view = system_at(scene.timeline, "first")
        return () if system_view is None else tuple(map(str, system_view.exhibit.tools))

    def lit(self, scene: Scene) -> str:
        """Return the tool in hand."""
        system_view = system_at(scene.timeline, "first")
        return "" if system_view is None else str(tool_of(scene.ui.studio, system_view.exhibit) or "")

    def command(self, name: str) -> Given:
        """Return the command that takes a tool into hand."""
        return Given("tool", {"name": name})


class ToolPanel(Panel):
    """What a tool shows, with its buttons below; before the machine has answered, what is waited for."""

    dark = True
    tool: ClassVar[Tool]
    knobs: ClassVar[tuple[str, ...]] = ()
    """Buttons of a machine that is told what to draw."""

    knobs_shown: ClassVar[tuple[str, ...] | None] = None
    """Buttons of one that is shown a card; the same if there are no others."""

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px, row = theme.px, max(theme.px(26), round(1.4 * theme.row(SMALL - 1)))
        area = self.rect.inflate(-2 * px(8), -2 * px(7))
        self.buttons = ButtonRow(theme, pygame.Rect(area.x, area.bottom - row, area.w, row), fill=1)
        # In large type there is no room for the panel of the training: its button stands here.
        self._teaches = bool(theme.profile.least)
        keyed = bool(self.knobs) or self._teaches
        self.area = pygame.Rect(area.x, area.y, area.w, area.h - (row + px(6) if keyed else 0))
        self.regions = (self.buttons,)
        self._seen: tuple[object, ...] | None = None

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw what has changed."""
        system_view = system_at(scene.timeline, "first")
        if system_view is None or scene.timeline is None:
            return []
        names = self.knobs
        if system_view.exhibit.accepts is not Port.LAMPS and self.knobs_shown is not None:
            names = self.knobs_shown
        named = [*self.named(scene, names)]
        if self._teaches:
            named.append("stop" if system_view.learning else "learn")
        dirty = self.buttons.update(surface, scene, named, lambda name: name == "stop") if named else []
        there = sheet_of(system_view, self.tool) is not None
        waits = "" if there else waiting_for(system_view, scene.timeline, self.theme)
        seen = (there, waits, system_view.exhibit.name)
        fresh = seen != self._seen
        self._seen = seen
        if there:
            return [*dirty, *self.draw(surface, scene, fresh=fresh)]
        if fresh:
            self.say(surface, waits)
            dirty.append(self.area)
        return dirty

    def named(self, scene: Scene, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the buttons that are shown now."""
        return names

    def draw(self, surface: pygame.Surface, scene: Scene, *, fresh: bool) -> list[pygame.Rect]:
        """Draw what the machine handed back, all of it if it is `fresh`; return where."""
        raise NotImplementedError

    def say(self, surface: pygame.Surface, text: str, area: pygame.Rect | None = None) -> None:
        """Write a few words into the middle of an area."""
        theme, area = self.theme, area or self.area
        pygame.draw.rect(surface, theme.palette.black, area)
        row = theme.row(SMALL)
        lines = theme.wrap(text, area.w - theme.px(12), SMALL, most=max(1, area.h // row))
        top = area.centery - row * len(lines) // 2
        for k, line in enumerate(lines):
            box = pygame.Rect(area.x + theme.px(6), top + k * row, area.w - theme.px(12), row)
            theme.write(surface, line, box, size=SMALL, face=TEXT, colour=theme.palette.dim, align="centre")

    def caption(self, surface: pygame.Surface, box: pygame.Rect, name: str, /, **values: object) -> None:
        """Write a caption in the longest form that fits."""
        theme = self.theme
        forms = theme.words.forms(name, **values)
        size = NORMAL if box.h >= theme.row(NORMAL) and theme.width(forms[0], NORMAL) <= box.w else SMALL
        text = next((form for form in forms if theme.width(form, size) <= box.w), forms[-1])
        pygame.draw.rect(surface, theme.palette.black, box)
        theme.write(surface, text, box, size=size, face=TEXT, colour=theme.palette.ivory, align="centre")

    # -- hands ---------------------------------------------------------------------------------------------------------

    def target_at(self, place: tuple[int, int]) -> Target | None:
        """Return what of the tool lies at a place, besides its buttons."""
        return None

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return what lies at a place."""
        return self.target_at(place) or super().part_at(place)

    def parts(self) -> list[Target]:
        """Return the buttons."""
        return self.buttons.parts()
