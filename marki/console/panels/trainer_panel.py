"""The trainer: what was shown, what was answered, whether that was right, and the phase of the presentation."""

from __future__ import annotations

from collections.abc import Iterable

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Declared, Panel, Readout
from marki.console.drawing.sprites import lamp, sign
from marki.console.drawing.theme import FIGURES, HUGE, LARGE, NORMAL, SMALL, TEXT, TextStyle, Theme
from marki.console.state.lamp_glow import LEVELS
from marki.console.state.scene import Scene
from marki.io.card_names import card_name, sign_of
from marki.io.responses import nearest_class

LOW = 58  # height of a window in units, below which the code is left out and the words are small
PHASES = ("look", "read", "teach", "change")


def bits(lamps: Iterable[bool]) -> str:
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
        name = sign_of(shown.name)
    if not look.answered or scene.ui.covered:
        return name, "", "", None
    r = look.view.r
    kind = nearest_class(r, scene.code)
    right = None if shown.target is None else bits(r[: len(shown.target)]) == bits(shown.target)
    return name, scene.classes[kind] if kind >= 0 else none, bits(r[: scene.code.shape[1]]), right


class TrainerPanel(Panel):
    """Shown, answered, verdict; and four lamps for the phases of a presentation."""

    title, about = "panel.trainer", "trainer"

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px, area, palette, plain = theme.px, self.inner, theme.palette, theme.profile.plain
        phases = 0 if plain else px(24)
        caption = max(px(18), theme.row(SMALL + 1))
        top, bottom = area.y, area.bottom - phases - (0 if plain else px(6))
        third = (area.w - 2 * px(10)) // 3
        left = [area.x + k * (third + px(10)) for k in range(3)]
        self._captions = [pygame.Rect(x, top, third, caption) for x in left]
        self._windows = [pygame.Rect(x, top + caption + 1, third, bottom - top - caption - 1) for x in left]
        self._lines: list[tuple[Readout, Readout]] = []
        for window in self._windows[:2]:
            high = 0 if plain or window.h < px(LOW) else px(18)
            code = pygame.Rect(window.x, window.bottom - high - 2, window.w, high)
            name = pygame.Rect(window.x + px(4), window.y + px(2), window.w - px(8), code.y - window.y - px(2))
            self._lines.append((
                self.readout(name, size=HUGE, align="centre", colour=palette.ivory),
                self.readout(code, size=NORMAL, align="centre", face=FIGURES, colour=palette.ivory),
            ))  # fmt: skip
        self._verdict: tuple[bool | None, bool] | None = None
        self._phases = [] if plain else self._place_phases(phases)
        ground = palette.plate
        self._bulbs = [lamp(phases, phases, level, ground=ground) for level in (0, LEVELS - 1)] if phases else []
        self._phase = ""
        self._named: Readout | None = None
        if self._phases and not all(theme.fits(text, box, SMALL) for _, text, _, box in self._phases):
            self._phases = [  # the lamps alone, and beside them the name of the one that is lit
                (name, "", pygame.Rect(area.x + k * (phases + px(3)), place.y, phases, phases), place)
                for k, (name, _, place, _) in enumerate(self._phases)
            ]
            left = self._phases[-1][2].right + px(6)
            beside = pygame.Rect(left, area.bottom - phases, area.right - left, phases)
            self._named = self.readout(beside, size=SMALL, face=TEXT)

    @property
    def lit_alone(self) -> bool:
        """Whether only the phase that is lit is named, since there is no room for all names."""
        return self._named is not None

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the captions, the frames of the windows and the names of the phases."""
        super().dress(surface, scene)
        write, words, palette = self.theme.write, self.theme.words, self.theme.palette
        for k, name in enumerate(("shown", "answered", "verdict")):
            text, *shorter = words.forms(f"trainer.{name}")
            style = TextStyle(size=SMALL + 1, face=TEXT, align="centre", shorter=shorter)
            write(surface, text, self._captions[k], **style)
            pygame.draw.rect(surface, (120, 120, 112), self._windows[k].inflate(2, 2))
            pygame.draw.rect(surface, palette.black if k < 2 else palette.plate, self._windows[k])
        for _, text, _, box in self._phases:
            if text:
                write(surface, text, box, size=SMALL, face=TEXT)

    def _place_phases(self, size: int) -> list[tuple[str, str, pygame.Rect, pygame.Rect]]:
        """Return for each phase its name, its words, where its lamp is, and where its words are."""
        px, area, words = self.theme.px, self.inner, self.theme.words
        gap = size + px(3)
        forms = [words.forms(f"phase.{name}") for name in PHASES]
        texts, widths = self.theme.row_of(forms, area.w, gap + px(2), SMALL)
        if sum(widths) > area.w:  # in smaller type, rather than without the end of the last
            widths = [width - -(-(sum(widths) - area.w) // len(PHASES)) for width in widths]
        spare = max(0, area.w - sum(widths)) // len(PHASES)
        x = area.x
        found: list[tuple[str, str, pygame.Rect, pygame.Rect]] = []
        for name, text, width in zip(PHASES, texts, widths, strict=True):
            place = pygame.Rect(x, area.bottom - size, size, size)
            found.append((name, text, place, pygame.Rect(x + gap, place.y, width - gap, size)))
            x += width + spare
        return found

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Show the verdict and the phase."""
        words = self.theme.words
        shown, answered, code, right = verdict(scene, words("trainer.none"))
        shown, answered = card_name(shown, words), words.class_name(answered)
        present = scene.snapshot.presentation
        wanted = "" if present is None or present.target is None else bits(present.target)
        dirty: list[pygame.Rect] = []
        for (name, lamps), text, lit in zip(self._lines, (shown, answered), (wanted, code), strict=True):
            dirty += name.update(surface, text)
            dirty += lamps.update(surface, lit) if lamps.rect.h else []
        state = (right, scene.snapshot.answered and not scene.ui.covered)
        if state != self._verdict:
            self._verdict = state
            dirty.append(self._judge(surface, *state))
        if scene.snapshot.phase != self._phase:
            self._phase = scene.snapshot.phase
            for phase, _, place, _ in self._phases:
                surface.blit(self._bulbs[phase == self._phase], place)
                dirty.append(place)
        if self._named is not None:
            forms = words.forms(f"phase.{self._phase}") if self._phase in PHASES else ("",)
            dirty += self._named.update(surface, forms[0], shorter=forms[1:])
        return dirty

    def _judge(self, surface: pygame.Surface, right: bool | None, answered: bool) -> pygame.Rect:
        """Show the verdict by colour, sign and word: the sign over the word, or beside it in a low window."""
        window, theme, px, palette = self._windows[2], self.theme, self.theme.px, self.theme.palette
        colour = palette.header if right is None else palette.right if right else palette.wrong
        pygame.draw.rect(surface, colour, window)
        box = window.inflate(-2 * px(3), 0)
        if right is None:
            text, *shorter = theme.words.forms("trainer.unjudged" if answered else "trainer.waiting")
            style = TextStyle(size=NORMAL, face=TEXT, colour=palette.faded, align="centre", shorter=shorter)
            theme.write(surface, text, box, **style)
            return window
        text, *shorter = theme.words.forms("trainer.right" if right else "trainer.wrong")
        large = LARGE if window.h >= px(LOW) + theme.row(SMALL) else SMALL
        word = theme.row(large)
        size = min(box.w, window.h - word - px(6))
        if size >= word // 2:
            place = pygame.Rect(box.centerx - size // 2, window.y + px(3), size, size)
            line = pygame.Rect(box.x, window.bottom - word - px(1), box.w, word)
        else:
            size = max(6, min(window.h - px(4), box.w // 3))
            place = pygame.Rect(box.x, window.centery - size // 2, size, size)
            line = pygame.Rect(place.right + px(3), window.y, box.right - place.right - px(3), window.h)
        surface.blit(sign("right" if right else "wrong", size, (255, 255, 255)), place)
        style = TextStyle(size=large, face=TEXT, colour=(255, 255, 255), align="centre", shorter=shorter)
        theme.write(surface, text, line, **style)
        return window


PANEL = Declared(name="trainer", panel=TrainerPanel, views=("schematic", "front"))
