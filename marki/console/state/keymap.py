"""What the operator can do: one table of commands, keys and groups, from which buttons and key map are made."""

from __future__ import annotations

from dataclasses import dataclass

import pygame


@dataclass(frozen=True, kw_only=True)
class Binding:
    """A command and the keys that give it.

    Attributes
    ----------
    command : str
        Also its name in the string table: ``command.NAME`` for its button, ``help.NAME`` for the key map.
    keys : tuple of str
        Names: a printable character as typed, or one of `NAMED`.
    group : str
        Heading in the key map.
    button : bool
        Whether the bar has a button for it.
    """

    command: str
    keys: tuple[str, ...]
    group: str
    button: bool = False

    @property
    def caps(self) -> tuple[str, ...]:
        """The keys as written on a keyboard."""
        return tuple(CAPS.get(k, k.upper()) for k in self.keys)


CAPS = {
    "left": "Left", "right": "Right", "up": "Up", "down": "Down", "space": "Space", "escape": "Esc", "tab": "Tab",
    "return": "Enter", "home": "Home", "end": "End", "pageup": "PgUp",
    "pagedown": "PgDn", "R": "Shift+R", "backspace": "Backspace",
}  # fmt: skip
NAMED = {
    pygame.K_SPACE: "space", pygame.K_LEFT: "left", pygame.K_RIGHT: "right", pygame.K_UP: "up",
    pygame.K_DOWN: "down", pygame.K_ESCAPE: "escape", pygame.K_TAB: "tab", pygame.K_RETURN: "return",
    pygame.K_KP_ENTER: "return", pygame.K_HOME: "home", pygame.K_END: "end", pygame.K_PAGEUP: "pageup",
    pygame.K_PAGEDOWN: "pagedown", pygame.K_BACKSPACE: "backspace",
} | {getattr(pygame, f"K_F{k}"): f"f{k}" for k in range(1, 13)}  # fmt: skip


def _group(group: str, *rows: tuple) -> list[Binding]:
    return [Binding(command=c, keys=k, group=group, button=bool(b)) for c, k, *b in rows]


BINDINGS = (
    *_group(
        "time",
        ("to_start", ("home",), True),
        ("back_trial", ("left",), True),
        ("back_event", (",",), True),
        ("play", ("space",), True),
        ("step_event", (".",), True),
        ("step_trial", ("right",), True),
        ("to_mistake", ("m",), True),
        ("to_end", ("end",), True),
        ("slower", ("[",), True),
        ("faster", ("]",), True),
        ("reset", ("r",), True),
        ("scenario", ("R",)),
        ("new_seed", ("n",)),
    ),
    *_group(
        "look",
        ("view", ("v",), True),
        ("closer", ("z",)),
        ("layer", ("y",)),
        ("doors", ("w",)),
        ("inspect", ("u",)),
        ("provenance", ("i",)),
        ("confusion", ("k",)),
        ("journal", ("j",)),
    ),
    *_group(
        "hands",
        ("draw", ("d",)),
        ("type", ("t",)),
        ("settings", ("g",)),
        ("break", ("b",)),
        ("hand", ("h",)),
        ("open", ("o",)),
        ("deck", ("c",)),
    ),
    *_group(
        "teach",
        ("lessons", ("l",)),
        ("next_leaf", ("pagedown",)),
        ("last_leaf", ("pageup",)),
        ("predict", ("e",)),
        ("reveal", ("x",)),
    ),
    *_group(
        "timeline",
        ("strip", ("f5",), True),
        ("hall", ("f6",), True),
        ("earlier", ("<",)),
        ("later", (">",)),
        ("exhibit", ("=",)),
        ("example", ("down",)),
        ("last_example", ("up",)),
        ("learn", ("f9",)),
        ("beside", ("f12",)),
    ),
    *_group(
        "out",
        ("picture", ("p",)),
        ("film", ("f",)),
        ("table", ("f7",)),
        ("report", ("f8",)),
        ("save", ("s",)),
        ("sound", ("a",)),
    ),
    *_group(
        "window",
        ("menu", ("f10",), True),
        ("language", ("f2",)),
        ("projector", ("f3",)),
        ("still", ("f4",)),
        ("fullscreen", ("f11",)),
        ("help", ("?", "f1"), True),
        ("focus", ("tab",)),
        ("press", ("return",)),
        ("leave", ("escape",)),
        ("quit", ("q",)),
    ),
)
"""Every command of the window."""


def name_of(key: int, typed: str) -> str | None:
    """Return the name of a key: of the character typed, or else of the key itself."""
    name = NAMED.get(key)
    if name is None and typed and typed.isprintable():
        name = typed if typed == "R" else typed.lower()
    if name is None and 32 < key < 127:
        name = chr(key).lower()
    return name


def command_of(name: str | None) -> str | None:
    """Return the command of a key by its name."""
    return next((b.command for b in BINDINGS if name in b.keys), None)
