"""The header with clock and counters, the plate that identifies the run, and the footer with messages."""

from __future__ import annotations

import pygame

from marki.console.panel import Panel
from marki.console.sprites import sign
from marki.console.theme import DIM, FADED, FIGURES, INK, IVORY, LARGE, LETTERING, NORMAL, ROOM, SMALL, TEXT, WRONG_LIT
from marki.errors import MarkIError
from marki.ticks import clock_face


def speed_text(speed: float) -> str:
    """Return a speed as people read it."""
    return f"{speed:,.0f}x" if speed >= 10 else f"{speed:.1f}x".replace(".0x", "x")


class HeaderPanel(Panel):
    """The white strip along the top: name, state, clock, trial, pass and speed."""

    def dress(self, surface, scene):
        """Letter the strip."""
        px, rect, write = self.theme.px, self.rect, self.theme.write
        pygame.draw.rect(surface, (236, 236, 230), rect)
        pygame.draw.rect(surface, (70, 70, 68), (rect.x, rect.bottom - px(2), rect.w, px(2)))
        name = pygame.Rect(rect.x + px(16), rect.y + px(6), px(250), px(26))
        write(surface, "MARK I  PERCEPTRON", name, size=28)
        under = pygame.Rect(name.x, name.bottom + px(1), name.w, px(16))
        write(surface, "a simulator of the machine of 1960", under, size=12, face=TEXT, colour=FADED)
        cells = {"state": 130, "simulated time": 200, "trial": 120, "pass": 90, "speed": 350}
        x = name.right + px(16)
        part = (rect.right - px(16) - x) / sum(cells.values())
        self._lines = {}
        for label, share in cells.items():
            width = round(share * part) - px(10)
            write(surface, label, pygame.Rect(round(x), rect.y + px(5), width, px(15)), size=SMALL, colour=FADED)
            box = pygame.Rect(round(x), rect.y + px(21), width, px(28))
            face = LETTERING if label == "state" else TEXT
            self._lines[label] = self.readout(box, size=LARGE if label != "speed" else 22, face=face)
            x += share * part

    def update(self, surface, scene):
        """Show where the run is."""
        speed, got = speed_text(scene.asked), speed_text(scene.got)
        if scene.state == "SEARCHING":
            speed = f"as fast as it goes: {got}"
        elif scene.state == "RUNNING" and scene.got and abs(scene.got - scene.asked) > 0.05 * scene.asked:
            speed = f"asked {speed}, got {got}"
        shown = scene.look.presentation
        in_pass = shown.number // scene.pass_size + 1 if shown else 1
        texts = {
            "state": scene.state,
            "simulated time": clock_face(scene.now_us)[:-2],
            "trial": f"{scene.look.trial:,}",
            "pass": f"{in_pass:,}",
            "speed": speed,
        }
        return [r for label, text in texts.items() for r in self._lines[label].update(surface, text)]


class RunPanel(Panel):
    """Seed and digest: two runs with the same digest are the same run."""

    title = "THIS RUN"

    def dress(self, surface, scene):
        """Letter the plate."""
        super().dress(surface, scene)
        px, area, write = self.theme.px, self.inner, self.theme.write
        row = area.h // 4
        left = pygame.Rect(area.x, area.y, px(70), row)
        write(surface, "seed", left, size=NORMAL)
        write(surface, "digest", left.move(0, row), size=NORMAL)
        self._seed = self.readout(
            pygame.Rect(left.right, area.y, area.right - left.right, row), size=LARGE, face=FIGURES
        )
        self._short = self.readout(
            pygame.Rect(left.right, area.y + row, area.right - left.right, row), size=LARGE, face=FIGURES
        )
        self._whole = [
            self.readout(
                pygame.Rect(area.x, area.y + (2 * row) + k * (row * 2 // 3), area.w, row * 2 // 3),
                size=15, face=FIGURES, colour=FADED, align="centre",
            )
            for k in range(2)
        ]  # fmt: skip
        foot = pygame.Rect(area.x, area.bottom - row * 2 // 3, area.w, row * 2 // 3)
        write(surface, "same digest: the same run", foot, size=SMALL, colour=INK, align="centre")

    def update(self, surface, scene):
        """Show seed and digest."""
        dirty = self._seed.update(surface, f"{scene.seed}") + self._short.update(surface, scene.digest[:8])
        for k, line in enumerate(self._whole):
            dirty += line.update(surface, scene.digest[16 * k : 16 * k + 16])
        return dirty


class FooterPanel(Panel):
    """What is assumed about the machine; or for some seconds, a message."""

    message, alarm = "", False

    def dress(self, surface, scene):
        """Clear the strip."""
        pygame.draw.rect(surface, ROOM, self.rect)
        size = self.theme.px(18)
        self._sign = pygame.Rect(self.rect.right - size, self.rect.centery - size // 2, size, size)
        text = pygame.Rect(self.rect.x, self.rect.y, self.rect.w - size - self.theme.px(6), self.rect.h)
        self._line = self.readout(text, size=15, face=TEXT)
        self._note, self._shown = honest_note(), None

    def update(self, surface, scene):
        """Show the message, or the note."""
        key = (self.message, self.alarm)
        if key == self._shown:
            return []
        self._shown = key
        pygame.draw.rect(surface, ROOM, self._sign)
        if self.message and self.alarm:
            surface.blit(sign("wrong", self._sign.w, WRONG_LIT), self._sign)
        colour = DIM if not self.message else WRONG_LIT if self.alarm else IVORY
        return [self.rect, *self._line.update(surface, self.message or self._note, colour)]


def honest_note() -> str:
    """Return the line that says how much of the machine is known."""
    from marki import provenance

    try:
        badges = [row.badge for row in provenance.table().values()]
    except (MarkIError, ValueError, TypeError):
        badges = []
    note = "Speeds, thresholds and wiring numbers are assumed: see provenance"
    if not badges:
        return note
    return f"{note} ({badges.count('documented')} constants documented, {badges.count('assumed')} assumed)"
