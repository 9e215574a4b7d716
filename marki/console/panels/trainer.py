"""The trainer: what was shown, what was answered, and whether that was right; and where in its cycle the machine is."""

from __future__ import annotations

import pygame

from marki.console.panel import Panel
from marki.console.scene import Scene
from marki.console.sprites import OFF, ON, lamp, sign
from marki.console.theme import (
    BLACK,
    FADED,
    FIGURES,
    HUGE,
    IVORY,
    LARGE,
    NORMAL,
    PLATE,
    RIGHT,
    SMALL,
    WRONG,
)
from marki.io.responses import nearest_class

PHASES = {"look": "LOOK", "read": "READ", "teach": "TEACH", "change": "NEXT CARD"}


def bits(lamps) -> str:
    """Return lamps as figures, R1 first."""
    return "".join("1" if on else "0" for on in lamps)


def verdict(scene: Scene) -> tuple[str, str, str, bool | None]:
    """Return (shown, answered, code answered, right) as text; None while nothing is judged."""
    look = scene.look
    shown = look.presentation
    if shown is None:
        return "", "", "", None
    name = scene.classes[shown.kind] if 0 <= shown.kind < len(scene.classes) else "?"
    if not look.answered:
        return name, "", "", None
    r = look.view.r
    kind = nearest_class(r, scene.code)
    right = None if shown.target is None else bits(r[: scene.units]) == bits(shown.target)
    return name, scene.classes[kind] if kind >= 0 else "none", bits(r[: scene.units]), right


class TrainerPanel(Panel):
    """Shown, answered, verdict; and four lamps for the phases of a presentation."""

    title = "TRAINER"

    def dress(self, surface, scene):
        """Engrave windows and lamps."""
        super().dress(surface, scene)
        px, area, write = self.theme.px, self.inner, self.theme.write
        phases = px(24)
        top, bottom = area.y, area.bottom - phases - px(6)
        third = (area.w - 2 * px(10)) // 3
        self._windows: list[pygame.Rect] = []
        for k, text in enumerate(("shown", "answered", "verdict")):
            x = area.x + k * (third + px(10))
            write(surface, text, pygame.Rect(x, top, third, px(18)), size=SMALL + 1, align="centre")
            window = pygame.Rect(x, top + px(19), third, bottom - top - px(19))
            pygame.draw.rect(surface, (120, 120, 112), window.inflate(2, 2))
            pygame.draw.rect(surface, BLACK if k < 2 else PLATE, window)
            self._windows.append(window)
        style = dict(align="centre", face=FIGURES, colour=IVORY)
        self._lines = []
        for window in self._windows[:2]:
            code = pygame.Rect(window.x, window.bottom - px(20), window.w, px(18))
            name = pygame.Rect(window.x + px(4), window.y + px(2), window.w - px(8), code.y - window.y - px(2))
            self._lines.append((
                self.readout(name, size=HUGE, align="centre", colour=IVORY), self.readout(code, size=NORMAL, **style)
            ))  # fmt: skip
        self._verdict: object = self
        x, letters = area.x, sum(len(t) + 6 for t in PHASES.values())
        self._phases = []
        for name, text in PHASES.items():
            width = area.w * (len(text) + 6) // letters
            place = pygame.Rect(x, area.bottom - phases, phases, phases)
            box = pygame.Rect(place.right + px(3), place.y, width - phases - px(4), phases)
            write(surface, text, box, size=SMALL)
            self._phases.append((name, place))
            x += width
        self._bulbs = [lamp(phases, phases, level, ground=PLATE) for level in (OFF, ON)]
        self._phase = ""

    def update(self, surface, scene):
        """Show the verdict and the phase."""
        shown, answered, code, right = verdict(scene)
        present = scene.look.presentation
        wanted = "" if present is None or present.target is None else bits(present.target)
        (name, name_code), (answer, answer_code) = self._lines
        dirty = [
            *name.update(surface, shown),
            *name_code.update(surface, wanted),
            *answer.update(surface, answered),
            *answer_code.update(surface, code),
        ]
        if right != self._verdict:
            self._verdict = right
            dirty.append(self._judge(surface, right))
        if scene.look.phase != self._phase:
            self._phase = scene.look.phase
            for phase, place in self._phases:
                surface.blit(self._bulbs[phase == self._phase], place)
                dirty.append(place)
        return dirty

    def _judge(self, surface: pygame.Surface, right: bool | None) -> pygame.Rect:
        window, px = self._windows[2], self.theme.px
        colour = (214, 214, 204) if right is None else RIGHT if right else WRONG
        pygame.draw.rect(surface, colour, window)
        word = pygame.Rect(window.x, window.bottom - px(28), window.w, px(24))
        if right is None:
            self.theme.write(surface, "waiting", word, size=NORMAL, colour=FADED, align="centre")
            return window
        size = min(window.w, word.y - window.y) - px(8)
        mark = sign("right" if right else "wrong", size, (255, 255, 255))
        surface.blit(mark, mark.get_rect(center=(window.centerx, (window.y + word.y) // 2 + px(2))))
        self.theme.write(
            surface, "RIGHT" if right else "WRONG", word, size=LARGE, colour=(255, 255, 255), align="centre"
        )
        return window
