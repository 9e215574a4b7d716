"""The trainer: what was shown, what was answered, and whether that was right; and where in its cycle the machine is."""

from __future__ import annotations

import pygame

from marki.console.drawing.panel import Panel
from marki.console.drawing.sprites import lamp, sign
from marki.console.drawing.theme import FIGURES, HUGE, LARGE, NORMAL, SMALL, TEXT
from marki.console.state.lamp_glow import LEVELS
from marki.console.state.scene import Scene
from marki.io.responses import nearest_class

LOW = 58  # height of a window in units, below which the code is left out and the words are small
PHASES = ("look", "read", "teach", "change")


def bits(lamps) -> str:
    """Return lamps as figures, R1 first."""
    return "".join("1" if on else "0" for on in lamps)


def verdict(scene: Scene, none: str) -> tuple[str, str, str, bool | None]:
    """Return (shown, answered, code answered, right) as text; None while nothing is judged."""
    look = scene.snapshot
    shown = look.presentation
    if shown is None:
        return "", "", "", None
    name = scene.classes[shown.kind] if 0 <= shown.kind < len(scene.classes) else "?"
    if shown.kind < 0:
        name = shown.name
    if not look.answered or scene.ui.covered:
        return name, "", "", None
    r = look.view.r
    kind = nearest_class(r, scene.code)
    right = None if shown.target is None else bits(r[: scene.units]) == bits(shown.target)
    return name, scene.classes[kind] if kind >= 0 else none, bits(r[: scene.units]), right


class TrainerPanel(Panel):
    """Shown, answered, verdict; and four lamps for the phases of a presentation."""

    title = "panel.trainer"

    def dress(self, surface, scene):
        """Engrave windows and lamps."""
        super().dress(surface, scene)
        px, area, write, words = self.theme.px, self.inner, self.theme.write, self.theme.words
        palette, plain = self.theme.palette, self.theme.profile.plain
        phases = 0 if plain else px(24)
        caption = max(px(18), self.theme.row(SMALL + 1))
        top, bottom = area.y, area.bottom - phases - (0 if plain else px(6))
        third = (area.w - 2 * px(10)) // 3
        self._windows: list[pygame.Rect] = []
        for k, name in enumerate(("shown", "answered", "verdict")):
            x = area.x + k * (third + px(10))
            text = words(f"trainer.{name}")
            write(
                surface,
                text,
                pygame.Rect(x, top, third, caption),
                size=SMALL + 1,
                face=TEXT,
                align="centre",
                optional=True,
            )
            window = pygame.Rect(x, top + caption + 1, third, bottom - top - caption - 1)
            pygame.draw.rect(surface, (120, 120, 112), window.inflate(2, 2))
            pygame.draw.rect(surface, palette.black if k < 2 else palette.plate, window)
            self._windows.append(window)
        self._lines = []
        for window in self._windows[:2]:
            high = 0 if plain or window.h < px(LOW) else px(18)
            code = pygame.Rect(window.x, window.bottom - high - 2, window.w, high)
            name = pygame.Rect(window.x + px(4), window.y + px(2), window.w - px(8), code.y - window.y - px(2))
            self._lines.append((
                self.readout(name, size=HUGE, align="centre", colour=palette.ivory),
                self.readout(code, size=NORMAL, align="centre", face=FIGURES, colour=palette.ivory),
            ))  # fmt: skip
        self._verdict: object = self
        self._phases = [] if plain else self._engrave_phases(surface, phases)
        dark = palette.plate
        self._bulbs = [lamp(phases, phases, level, ground=dark) for level in (0, LEVELS - 1)] if phases else []
        self._phase = ""

    def _engrave_phases(self, surface: pygame.Surface, size: int) -> list[tuple[str, pygame.Rect]]:
        px, area, words = self.theme.px, self.inner, self.theme.words
        widths = [self.theme.width(words(f"phase.{name}"), SMALL) + size + px(3) for name in PHASES]
        spare = max(0, area.w - sum(widths)) // len(PHASES)
        short = max(0.0, 1 - (area.w / sum(widths)))
        x, found = area.x, []
        for name, width in zip(PHASES, widths, strict=True):
            place = pygame.Rect(x, area.bottom - size, size, size)
            room = round(width * (1 - short)) - size - px(3)
            box = pygame.Rect(place.right + px(3), place.y, room, size)
            self.theme.write(surface, words(f"phase.{name}"), box, size=SMALL, face=TEXT, optional=True)
            found.append((name, place))
            x += round(width * (1 - short)) + spare
        return found

    def update(self, surface, scene):
        """Show the verdict and the phase."""
        shown, answered, code, right = verdict(scene, self.theme.words("trainer.none"))
        present = scene.snapshot.presentation
        wanted = "" if present is None or present.target is None else bits(present.target)
        (name, name_code), (answer, answer_code) = self._lines
        dirty = [
            *name.update(surface, shown),
            *name_code.update(surface, wanted),
            *answer.update(surface, answered),
            *answer_code.update(surface, code),
        ]
        state = (right, scene.snapshot.answered and not scene.ui.covered)
        if state != self._verdict:
            self._verdict = state
            dirty.append(self._judge(surface, *state))
        if scene.snapshot.phase != self._phase:
            self._phase = scene.snapshot.phase
            for phase, place in self._phases:
                surface.blit(self._bulbs[phase == self._phase], place)
                dirty.append(place)
        return dirty

    def _judge(self, surface: pygame.Surface, right: bool | None, answered: bool) -> pygame.Rect:
        window, px, words, palette = self._windows[2], self.theme.px, self.theme.words, self.theme.palette
        white, plain = (255, 255, 255), self.theme.profile.plain
        colour = palette.header if right is None else palette.right if right else palette.wrong
        pygame.draw.rect(surface, colour, window)
        low = window.h < px(LOW)
        high = max(px(14 if low else 24), self.theme.row(SMALL if low else NORMAL))
        word = pygame.Rect(window.x + 2, window.bottom - high - px(4), window.w - 4, high)
        if right is None:
            text = words("trainer.unjudged" if answered else "trainer.waiting")
            style = dict(size=NORMAL, face=TEXT, colour=palette.faded, align="centre", optional=plain)
            self.theme.write(surface, text, word, **style)
            return window
        text = words("trainer.right" if right else "trainer.wrong")
        large = SMALL if low else LARGE
        room = word.y if not plain or self.theme.fits(text, word, large) else window.bottom
        size = max(8, min(window.w, room - window.y) - px(8))
        mark = sign("right" if right else "wrong", size, white)
        surface.blit(mark, mark.get_rect(center=(window.centerx, (window.y + room) // 2 + px(1))))
        self.theme.write(surface, text, word, size=large, face=TEXT, colour=white, align="centre", optional=plain)
        return window
