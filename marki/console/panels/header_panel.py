"""The header: name, state, clocks, trial, pass and speed."""

from __future__ import annotations

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Declared, Panel, Readout
from marki.console.drawing.theme import SMALL, TEXT, Theme
from marki.console.state.scene import Scene
from marki.ticks import clock_face

CELLS = {"state": 128, "simulated": 178, "wall": 110, "trial": 110, "pass": 76, "speed": 330}
PLAIN = {"state": 150, "simulated": 190, "trial": 130, "speed": 400}
"""Widths of the cells relative to each other; `PLAIN` where the profile leaves out what is second in importance."""


def speed_text(speed: float) -> str:
    """Return a speed as people read it."""
    return f"{speed:,.0f}x" if speed >= 10 else f"{speed:.1f}x".replace(".0x", "x")


class HeaderPanel(Panel):
    """The white bar along the top of the window."""

    about = "header"

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px, rect, plain = theme.px, self.rect, theme.profile.plain
        x = rect.x + px(16)
        self._name = pygame.Rect(x, rect.y + px(6), px(250), px(26))
        if not plain:
            x = self._name.right + px(16)
        cells = PLAIN if plain else CELLS
        part = (rect.right - px(16) - x) / sum(cells.values())
        self._captions: dict[str, pygame.Rect] = {}
        self._lines: dict[str, Readout] = {}
        caption = max(px(15), theme.row(SMALL))
        for label, share in cells.items():
            width = round(share * part) - px(10)
            place = pygame.Rect(round(x), rect.y + px(4), width, caption)
            self._captions[label] = place
            line = pygame.Rect(place.x, place.bottom + px(1), width, rect.bottom - px(2) - place.bottom - px(1))
            self._lines[label] = self.readout(line, size=22, face=TEXT)
            x += share * part

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the bar, the name of the machine and the captions."""
        px, rect, write = self.theme.px, self.rect, self.theme.write
        words, palette = self.theme.words, self.theme.palette
        pygame.draw.rect(surface, palette.header, rect)
        pygame.draw.rect(surface, (70, 70, 68), (rect.x, rect.bottom - px(2), rect.w, px(2)))
        if not self.theme.profile.plain:
            name = self._name
            write(surface, "MARK I  PERCEPTRON", name, size=28)
            under = pygame.Rect(name.x, name.bottom + px(1), name.w, px(16))
            write(surface, words("header.subtitle"), under, size=12, face=TEXT, colour=palette.faded)
        for label, place in self._captions.items():
            text, *shorter = words.forms(f"header.{label}")
            write(surface, text, place, size=SMALL, face=TEXT, colour=palette.faded, shorter=shorter)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Show where the run is."""
        words = self.theme.words
        speed, got = speed_text(scene.asked), speed_text(scene.got)
        forms: dict[str, tuple[str, ...]] = {}
        if scene.rising and scene.state != "searching":
            forms["speed"] = words.forms("header.rising", speed=speed)
        elif scene.state == "searching":
            forms["speed"] = words.forms("header.searching", got=got)
        elif scene.state == "running" and scene.got and abs(scene.got - scene.asked) > 0.05 * scene.asked:
            forms["speed"] = words.forms("header.asked_got", asked=speed, got=got)
        shown = scene.snapshot.presentation
        cards = shown.number if shown is not None and shown.number >= 0 else len(scene.errors)
        in_pass = cards // scene.pass_size + 1
        trial = f"{scene.snapshot.trial:,}"
        if scene.reached > scene.trial:
            trial = f"{trial}/{scene.reached:,}"
        forms["state"] = words.forms(f"state.{scene.state}")
        texts = {
            "simulated": clock_face(scene.now_us)[:-2],
            "wall": f"{int(scene.wall_s) // 60}:{int(scene.wall_s) % 60:02d}",
            "trial": trial,
            "pass": f"{in_pass:,}",
            "speed": speed,
        }
        dirty: list[pygame.Rect] = []
        for label, line in self._lines.items():
            text, *shorter = forms.get(label) or (texts[label],)
            dirty += line.update(surface, text, shorter=shorter)
        return dirty


PANEL = Declared(name="header", panel=HeaderPanel, views=("frame",))
