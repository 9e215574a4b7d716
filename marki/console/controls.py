"""What the operator can do: one table of keys, commands and labels, and the bar of buttons made from it."""

from __future__ import annotations

from dataclasses import dataclass

import pygame

from marki.console.panel import Panel
from marki.console.sprites import sign
from marki.console.theme import FIGURES, INK, ROOM, SMALL


@dataclass(frozen=True, kw_only=True)
class Binding:
    """A command, the keys that give it, and how it is called.

    Attributes
    ----------
    keys : tuple of str
        Names: a printable character as typed, or one of `NAMED`.
    label : str
        Lettering of its button; "" for a command without one.
    """

    command: str
    keys: tuple[str, ...]
    label: str = ""
    help: str

    @property
    def caps(self) -> tuple[str, ...]:
        """The keys as written on a keyboard."""
        return tuple(CAPS.get(k, k.upper()) for k in self.keys)


CAPS = {
    "left": "Left",
    "right": "Right",
    "space": "Space",
    "escape": "Esc",
    "f1": "F1",
    "tab": "Tab",
    "return": "Enter",
    ".": "Period",
}
NAMED = {
    pygame.K_SPACE: "space",
    pygame.K_LEFT: "left",
    pygame.K_RIGHT: "right",
    pygame.K_ESCAPE: "escape",
    pygame.K_F1: "f1",
    pygame.K_TAB: "tab",
    pygame.K_RETURN: "return",
    pygame.K_KP_ENTER: "return",
}

BINDINGS = (
    Binding(command="back_trial", keys=("left",), label="BACK", help="Stop, and go back by one trial"),
    Binding(command="play", keys=("space",), label="RUN", help="Run, or stop"),
    Binding(command="step_event", keys=(".",), label="EVENT", help="Stop, and go on to the next event of any unit"),
    Binding(command="step_trial", keys=("right",), label="TRIAL", help="Stop, and go on to the end of the trial"),
    Binding(command="to_mistake", keys=("m",), label="MISTAKE", help="Run until the next wrong response"),
    Binding(command="slower", keys=("[",), label="SLOWER", help="Next lower speed, down to 0.1x"),
    Binding(command="faster", keys=("]",), label="FASTER", help="Next higher speed, up to 10,000x"),
    Binding(command="reset", keys=("r",), label="RESET", help="The same run again, from the beginning"),
    Binding(command="new_seed", keys=("n",), label="NEW SEED", help="A new machine and order of cards"),
    Binding(command="picture", keys=("p",), label="PICTURE", help="Save a picture of this window"),
    Binding(command="save", keys=("s",), help="Save this session; --load FILE goes on with it"),
    Binding(command="arrange", keys=("v",), help="Values by source-set, or in layers of 8 x 8"),
    Binding(command="help", keys=("?", "f1"), label="KEYS", help="This page"),
    Binding(command="focus", keys=("tab",), help="Go to the next button; with Shift to the one before"),
    Binding(command="press", keys=("return",), help="Press the button that has the frame"),
    Binding(command="leave", keys=("escape",), help="Close this page, or take the frame off the buttons"),
    Binding(command="quit", keys=("q",), help="Close the window"),
)


def command_of(key: int, typed: str) -> str | None:
    """Return the command of a key, by the character typed, or else by the key's name."""
    name = NAMED.get(key)
    if name is None and typed and typed.isprintable():
        name = typed.lower()
    if name is None and 32 < key < 127:
        name = chr(key).lower()
    return next((b.command for b in BINDINGS if name in b.keys), None)


class ControlBar(Panel):
    """The row of push-buttons."""

    def dress(self, surface, scene):
        """Lay out the buttons."""
        pygame.draw.rect(surface, ROOM, self.rect)
        gap = self.theme.px(6)
        self.bindings = [b for b in BINDINGS if b.label]
        n = len(self.bindings)
        width = (self.rect.w - gap * (n - 1)) / n
        top = self.rect.y + self.theme.px(4)
        self.buttons = [
            pygame.Rect(round(self.rect.x + k * (width + gap)), top, int(width), self.rect.bottom - top - gap)
            for k in range(n)
        ]
        self._shown: list[tuple | None] = [None] * n

    hovered: int | None = None
    held: int | None = None
    focus: int | None = None

    def hit(self, place: tuple[int, int]) -> int | None:
        """Return the number of the button at a place."""
        return next((k for k, rect in enumerate(self.buttons) if rect.collidepoint(place)), None)

    def update(self, surface, scene):
        """Draw the buttons whose state has changed."""
        dirty = []
        for k, binding in enumerate(self.bindings):
            lit = (binding.command == "play" and scene.state == "RUNNING") or (
                binding.command == "to_mistake" and scene.state == "SEARCHING"
            )
            state = (lit, k == self.hovered, k == self.held, k == self.focus)
            if state != self._shown[k]:
                self._shown[k] = state
                self._draw(surface, k, *state)
                dirty.append(self.buttons[k].inflate(4, 4))
        return dirty

    def _draw(self, surface: pygame.Surface, k: int, lit: bool, hovered: bool, held: bool, focus: bool) -> None:
        px, rect, binding = self.theme.px, self.buttons[k], self.bindings[k]
        pygame.draw.rect(surface, (255, 206, 120) if focus else ROOM, rect.inflate(4, 4), border_radius=px(5))
        low, high = ((236, 186, 96), (255, 214, 138)) if lit else ((186, 184, 172), (214, 212, 200))
        face = high if hovered and not held else (166, 164, 152) if held else low
        pygame.draw.rect(surface, (22, 22, 22), rect, border_radius=px(4))
        top = rect.inflate(-2 * px(1.5), -2 * px(1.5)).move(0, px(1) if held else 0)
        pygame.draw.rect(surface, face, top, border_radius=px(3))
        size = px(24)
        icon = "pause" if binding.command == "play" and lit else binding.command
        label = "STOP" if icon == "pause" else binding.label
        place = pygame.Rect(top.x + px(8), top.y + px(3), size, size)
        surface.blit(sign(icon, size, INK), place)
        cap = pygame.Rect(place.right + px(4), place.y, top.right - place.right - px(10), size)
        self.theme.write(surface, binding.caps[0], cap, size=SMALL, face=FIGURES, colour=(70, 68, 62), align="right")
        line = pygame.Rect(top.x + px(6), place.bottom, top.w - px(12), top.bottom - place.bottom - px(1))
        self.theme.write(surface, label, line, size=SMALL + 1, align="centre")
