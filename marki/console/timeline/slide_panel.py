"""Two cards before the camera: what a machine gives back of each, and a slide from one to the other."""

from __future__ import annotations

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Given
from marki.console.drawing.theme import SMALL, Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.console.timeline.activation_panel import system_at
from marki.console.timeline.canvas_panel import draw_light, sheet_of
from marki.console.timeline.tool_panel import ToolPanel
from marki.io.drawing_orders import Tool


class SlidePanel(ToolPanel):
    """Both cards over what is given back of them, and the slide."""

    tool = Tool.SLIDE
    knobs = ("pin_first", "pin_second", "own_cards")

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px, area = theme.px, self.area
        high = max(px(26), theme.row(SMALL))
        self._track = pygame.Rect(area.x + px(10), area.bottom - high, area.w - px(20), high)
        self._cards = pygame.Rect(area.x, area.y, area.w, self._track.y - area.y - px(6))
        self._shown: tuple[object, ...] | None = None

    def draw(self, surface: pygame.Surface, scene: Scene, *, fresh: bool) -> list[pygame.Rect]:
        """Draw cards and slide when one has changed."""
        system_view = system_at(scene.timeline, "first")
        sheet = sheet_of(system_view, Tool.SLIDE)
        if sheet is None or system_view is None:
            return []
        share = scene.ui.studio.share
        pictures = tuple(picture.field.tobytes() for picture in sheet.pictures)
        key = (pictures, share)
        if key == self._shown and not fresh:
            return []
        self._shown = key
        theme, palette, px, row = self.theme, self.theme.palette, self.theme.px, self.theme.row(SMALL)
        pygame.draw.rect(surface, palette.black, self.area)
        wide = self._cards.w // 4
        for k, picture in enumerate(sheet.pictures):
            # The card at the outer side, what is given back of it towards the slide.
            column = (0, 1, 3, 2)[k]
            side = min(wide - px(4), self._cards.h - row)
            head = pygame.Rect(
                self._cards.x + column * wide, self._cards.centery - (side + row) // 2, wide - px(4), row
            )
            self.caption(surface, head, f"timeline.picture_{picture.kind}")
            draw_light(surface, theme, picture.field, pygame.Rect(head.x, head.bottom, head.w, side))
        track = self._track
        pygame.draw.rect(surface, (34, 34, 33), track, border_radius=px(4))
        x = track.x + round(track.w * share)
        pygame.draw.rect(surface, palette.positive, (track.x, track.y, x - track.x, track.h), border_radius=px(4))
        knob = pygame.Rect(0, 0, px(14), track.h + px(6))
        knob.center = (x, track.centery)
        pygame.draw.rect(surface, palette.focus, knob.clip(self.area), border_radius=px(4))
        return [self.area]

    # -- hands ---------------------------------------------------------------------------------------------------------

    def dragged(self, part: Target, start: tuple[int, int], place: tuple[int, int], *, fresh: bool) -> Given | None:
        """Return the command that goes to where the slide is pulled."""
        if part.kind != "slide":
            return None
        share = max(0.0, min(1.0, (place[0] - self._track.x) / max(1, self._track.w)))
        return Given("slide", {"share": round(share, 3), "more": not fresh})

    def target_at(self, place: tuple[int, int]) -> Target | None:
        """Return the slide, if it lies at a place."""
        return Target("slide") if self._track.inflate(self.theme.px(16), self.theme.px(8)).collidepoint(place) else None

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where the slide or a button is."""
        return self._track if part.kind == "slide" else super().place_of(part)
