"""The header with clock and counters, the plate that identifies the run, and the footer with messages."""

from __future__ import annotations

from collections import Counter

import pygame

from marki import provenance
from marki.console.drawing.panel import Panel
from marki.console.drawing.sprites import sign
from marki.console.drawing.theme import FIGURES, LARGE, NORMAL, SMALL, TEXT
from marki.ticks import clock_face


def speed_text(speed: float) -> str:
    """Return a speed as people read it."""
    return f"{speed:,.0f}x" if speed >= 10 else f"{speed:.1f}x".replace(".0x", "x")


class HeaderPanel(Panel):
    """The white strip along the top: name, state, clocks, trial, pass and speed."""

    CELLS = {"state": 128, "simulated": 178, "wall": 110, "trial": 110, "pass": 76, "speed": 330}  # noqa: RUF012
    PLAIN = {"state": 150, "simulated": 190, "trial": 130, "speed": 400}  # noqa: RUF012

    def dress(self, surface, scene):
        """Letter the strip."""
        px, rect, write = self.theme.px, self.rect, self.theme.write
        words, palette, plain = self.theme.words, self.theme.palette, self.theme.profile.plain
        pygame.draw.rect(surface, palette.header, rect)
        pygame.draw.rect(surface, (70, 70, 68), (rect.x, rect.bottom - px(2), rect.w, px(2)))
        x = rect.x + px(16)
        if not plain:
            name = pygame.Rect(x, rect.y + px(6), px(250), px(26))
            write(surface, "MARK I  PERCEPTRON", name, size=28)
            under = pygame.Rect(name.x, name.bottom + px(1), name.w, px(16))
            write(surface, words("header.subtitle"), under, size=12, face=TEXT, colour=palette.faded)
            x = name.right + px(16)
        cells = self.PLAIN if plain else self.CELLS
        part = (rect.right - px(16) - x) / sum(cells.values())
        self._lines = {}
        caption = max(px(15), self.theme.row(SMALL))
        for label, share in cells.items():
            width = round(share * part) - px(10)
            box = pygame.Rect(round(x), rect.y + px(4), width, caption)
            write(surface, words(f"header.{label}"), box, size=SMALL, face=TEXT, colour=palette.faded)
            box = pygame.Rect(round(x), box.bottom + px(1), width, rect.bottom - px(3) - box.bottom - px(1))
            self._lines[label] = self.readout(box, size=LARGE if label != "speed" else 22, face=TEXT)
            x += share * part

    def update(self, surface, scene):
        """Show where the run is."""
        words = self.theme.words
        speed, got = speed_text(scene.asked), speed_text(scene.got)
        if scene.state == "searching":
            speed = words("header.searching", got=got)
        elif scene.state == "running" and scene.got and abs(scene.got - scene.asked) > 0.05 * scene.asked:
            speed = words("header.asked_got", asked=speed, got=got)
        shown = scene.snapshot.presentation
        in_pass = shown.number // scene.pass_size + 1 if shown is not None and shown.number >= 0 else 1
        trial = f"{scene.snapshot.trial:,}"
        if scene.reached > scene.trial:
            trial = f"{trial}/{scene.reached:,}"
        texts = {
            "state": words(f"state.{scene.state}"),
            "simulated": clock_face(scene.now_us)[:-2],
            "wall": f"{int(scene.wall_s) // 60}:{int(scene.wall_s) % 60:02d}",
            "trial": trial,
            "pass": f"{in_pass:,}",
            "speed": speed,
        }
        return [r for label, line in self._lines.items() for r in line.update(surface, texts[label])]


class RunPanel(Panel):
    """Seed and digest: two runs with the same digest are the same run."""

    title = "panel.run"

    def dress(self, surface, scene):
        """Letter the plate."""
        super().dress(surface, scene)
        px, area, write, words = self.theme.px, self.inner, self.theme.write, self.theme.words
        row = area.h // 5
        wide = max(self.theme.width(words(f"run.{name}"), NORMAL) for name in ("seed", "digest")) + px(10)
        left = pygame.Rect(area.x, area.y, min(wide, area.w // 2), row)
        write(surface, words("run.seed"), left, size=NORMAL, face=TEXT)
        write(surface, words("run.digest"), left.move(0, row), size=NORMAL, face=TEXT)
        right = pygame.Rect(left.right, area.y, area.right - left.right, row)
        self._seed = self.readout(right, size=LARGE, face=FIGURES)
        self._short = self.readout(right.move(0, row), size=LARGE, face=FIGURES)
        small = row * 2 // 3
        self._whole = [
            self.readout(
                pygame.Rect(area.x, area.y + (2 * row) + k * small, area.w, small),
                size=15, face=FIGURES, colour=self.theme.palette.faded, align="centre",
            )
            for k in range(2)
        ]  # fmt: skip
        foot = pygame.Rect(area.x, area.bottom - small, area.w, small)
        text = words("run.same")
        if self.theme.width(text, SMALL) <= foot.w:
            write(surface, text, foot, size=SMALL, face=TEXT, align="centre")

    def update(self, surface, scene):
        """Show seed and digest."""
        dirty = self._seed.update(surface, f"{scene.seed}") + self._short.update(surface, scene.digest[:8])
        for k, line in enumerate(self._whole):
            dirty += line.update(surface, scene.digest[16 * k : 16 * k + 16])
        return dirty


class FooterPanel(Panel):
    """What is assumed about the machine; or a line being typed; or for some seconds, a message."""

    def dress(self, surface, scene):
        """Clear the strip."""
        palette = self.theme.palette
        pygame.draw.rect(surface, palette.room, self.rect)
        size = min(self.rect.h, max(self.theme.px(18), self.theme.points(SMALL)))
        self._sign = pygame.Rect(self.rect.right - size, self.rect.centery - size // 2, size, size)
        text = pygame.Rect(self.rect.x, self.rect.y, self.rect.w - size - self.theme.px(6), self.rect.h)
        self._line = self.readout(text, size=15, face=TEXT)
        badges = Counter(row.badge for row in provenance.table().values())
        words = self.theme.words
        self._note = words("footer.note", documented=badges["documented"], assumed=badges["assumed"])
        if self.theme.width(self._note, 15) > text.w:
            self._note = words("footer.short")
        self._shown: tuple | None = None

    def update(self, surface, scene):
        """Show what is typed, the message, or the note."""
        ui, palette, words = scene.ui, self.theme.palette, self.theme.words
        text, alarm = ui.message, ui.alarm
        if ui.typing is not None:
            prompt = words.pick(ui.typing.prompt) if ui.typing.prompt else words(f"typing.{ui.typing.command}")
            caret = "_" if scene.beat // 30 % 2 or self.theme.profile.still else " "
            text, alarm = f"{prompt} {ui.typing.text}{caret}", False
        key = (text, alarm)
        if key == self._shown:
            return []
        self._shown = key
        pygame.draw.rect(surface, palette.room, self._sign)
        if text and alarm:
            surface.blit(sign("wrong", self._sign.w, palette.wrong_lit), self._sign)
        colour = palette.dim if not text else palette.wrong_lit if alarm else palette.ivory
        shown = self._cut(text, self._line.rect.w) if text else self._note
        return [self.rect, *self._line.update(surface, shown, colour)]

    def _cut(self, text: str, width: int) -> str:
        """Return a text that fits, its middle left out if it is too long: fault and remedy stand at its ends."""
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
