"""Names of keys: what was typed, or else the key itself."""

from __future__ import annotations

import pygame

NAMED = {
    pygame.K_SPACE: "space", pygame.K_LEFT: "left", pygame.K_RIGHT: "right", pygame.K_UP: "up",
    pygame.K_DOWN: "down", pygame.K_ESCAPE: "escape", pygame.K_TAB: "tab", pygame.K_RETURN: "return",
    pygame.K_KP_ENTER: "return", pygame.K_HOME: "home", pygame.K_END: "end", pygame.K_PAGEUP: "pageup",
    pygame.K_PAGEDOWN: "pagedown", pygame.K_BACKSPACE: "backspace",
} | {getattr(pygame, f"K_F{k}"): f"f{k}" for k in range(1, 13)}  # fmt: skip


def name_of(key: int, typed: str) -> str | None:
    """Return the name of a key: of the character typed, or else of the key itself."""
    name = NAMED.get(key)
    if name is None and typed and typed.isprintable():
        name = typed if typed == "R" else typed.lower()
    if name is None and 32 < key < 127:
        name = chr(key).lower()
    return name
