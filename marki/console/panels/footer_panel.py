"""The footer: a line that is being typed, a message, what is under the mouse, or what is assumed about the machine."""

from __future__ import annotations

from collections import Counter

import pygame

from marki import provenance
from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Declared, Panel
from marki.console.drawing.sprites import sign
from marki.console.drawing.theme import SMALL, TEXT, Theme
from marki.console.panels.hints import hint
from marki.console.state.scene import Scene


class FooterPanel(Panel):
    """What is under the mouse, else what is assumed about the machine; or a line being typed; or briefly a message."""

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        size = min(self.rect.h, max(theme.px(18), theme.points(SMALL)))
        self._sign = pygame.Rect(self.rect.right - size, self.rect.centery - size // 2, size, size)
        text = pygame.Rect(self.rect.x, self.rect.y, self.rect.w - size - theme.px(6), self.rect.h)
        self._line = self.readout(text, size=15, face=TEXT)
        badges = Counter(row.badge for row in provenance.laid_over(scene.sources).values())
        values = dict(documented=badges["documented"], assumed=badges["assumed"])
        self._note, *self._shorter = theme.words.forms("footer.note", **values)
        self._shown: tuple[str, bool] | None = None

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Clear the bar."""
        pygame.draw.rect(surface, self.theme.palette.room, self.rect)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Show what is typed, the message, or the note."""
        ui, palette, words = scene.ui, self.theme.palette, self.theme.words
        text, alarm = ui.message, ui.alarm
        if ui.typing is not None:
            typing = ui.typing
            name = f"typing.{typing.command}"
            prompt = words.pick(typing.prompt) if typing.prompt else words(name, **typing.values)
            caret = "_" if scene.beat // 30 % 2 or self.theme.profile.still else " "
            text, alarm = f"{prompt} {typing.shown}{caret}", False
        about = hint(scene, ui.hovered or ui.focus, words)
        text = text or about
        key = (text, alarm)
        if key == self._shown:
            return []
        self._shown = key
        pygame.draw.rect(surface, palette.room, self._sign)
        if text and alarm:
            surface.blit(sign("wrong", self._sign.w, palette.wrong_lit), self._sign)
        if not text:
            return [self.rect, *self._line.update(surface, self._note, palette.dim, shorter=self._shorter)]
        colour = palette.dim if text == about else palette.wrong_lit if alarm else palette.ivory
        return [self.rect, *self._line.update(surface, self._cut(text, self._line.rect.w), colour)]

    def _cut(self, text: str, width: int) -> str:
        """Return a text shortened in the middle until it fits: error and remedy are at its ends."""
        least = self.theme.least / self.theme.unit
        if self.theme.width(text, least) <= width:
            return text
        keep = len(text)
        while keep > 8:
            keep -= 2
            short = f"{text[: keep // 2]} ... {text[-(keep // 2) :]}"
            if self.theme.width(short, least) <= width:
                return short
        return text[:8]


PANEL = Declared(name="footer", panel=FooterPanel, views=("frame",))
