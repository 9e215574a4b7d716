"""Names of keys on every layout: what the layout says is on them, or else what is there on an American keyboard."""

from __future__ import annotations

import sys

import pygame

NAMED = {
    pygame.K_SPACE: "space", pygame.K_LEFT: "left", pygame.K_RIGHT: "right", pygame.K_UP: "up",
    pygame.K_DOWN: "down", pygame.K_ESCAPE: "escape", pygame.K_TAB: "tab", pygame.K_RETURN: "return",
    pygame.K_KP_ENTER: "return", pygame.K_HOME: "home", pygame.K_END: "end", pygame.K_PAGEUP: "pageup",
    pygame.K_PAGEDOWN: "pagedown", pygame.K_BACKSPACE: "backspace", pygame.K_DELETE: "delete",
} | {getattr(pygame, f"K_F{k}"): f"f{k}" for k in range(1, 13)}  # fmt: skip

AMERICAN = {4 + k: chr(97 + k) for k in range(26)} | {30 + k: "1234567890"[k] for k in range(10)} | {
    45: "-", 46: "=", 47: "[", 48: "]", 49: "\\", 51: ";", 52: "'", 53: "`", 54: ",", 55: ".", 56: "/", 100: "<",
}  # fmt: skip
"""What is on the keys of an American keyboard, by their place (scancode)."""

SHIFTED = dict(zip("1234567890-=[]\\;'`,./<", '!@#$%^&*()_+{}|:"~<>?>', strict=True))
"""What Shift makes of it."""

KEYPAD = {pygame.K_KP_0: "0", pygame.K_KP_PERIOD: "."} | {
    getattr(pygame, f"K_KP{k}", getattr(pygame, f"K_KP_{k}")): str(k) for k in range(1, 10)
}

CHORD = pygame.KMOD_CTRL | (pygame.KMOD_META if sys.platform == "darwin" else 0)
"""Modifiers that make a chord of a key: Control, on a Mac also Command."""

OTHER = (pygame.KMOD_ALT | pygame.KMOD_META | pygame.KMOD_MODE) & ~CHORD
"""Modifiers with which no key means anything."""


def names_of(key: int, typed: str = "", mods: int = 0, place: int = 0) -> tuple[str, ...]:
    """Return the names of a key as `CommandSpec.keys` has them, the best first; none if it means nothing.

    A letter or sign of the layout counts before the place of the key. Where the layout has another script there, the
    place is all that counts.

    Parameters
    ----------
    key : int
        As the layout has it, see `pygame.key`.
    typed : str
        The character that it typed, "" if that is not known. Without text input it is not: what pygame tells then is
        what is on the key without Shift.
    mods : int
        Modifiers held.
    place : int
        Its scancode.
    """
    if mods & OTHER:
        return ()
    shift, chord = bool(mods & pygame.KMOD_SHIFT), bool(mods & CHORD)
    named = NAMED.get(key)
    signs = [named] if named else _signs(key, "" if chord else typed, place, shift)
    if chord:
        return tuple(f"ctrl+{sign.upper() if shift and len(sign) == 1 else sign}" for sign in signs)
    return tuple("R" if shift and sign == "r" else sign for sign in signs)


def _signs(key: int, typed: str, place: int, shift: bool) -> list[str]:
    """Return the characters that a key may stand for, the best first; letters small."""
    if typed and typed.isprintable() and typed.isascii() and ord(typed[0]) != key:
        return [typed.lower()]
    if key in KEYPAD:
        return [KEYPAD[key]]
    if 32 < key < 127 and chr(key).isalpha():
        return [chr(key).lower()]
    # What Shift makes of a sign is known of American keyboards only.
    found = [chr(key)] if 32 < key < 127 else []
    if place in AMERICAN and AMERICAN[place] not in found:
        found.append(AMERICAN[place])
    return [SHIFTED.get(sign, sign) if shift else sign for sign in found]


def digit_of(key: int, typed: str = "", place: int = 0) -> int | None:
    """Return the digit that is on a key, with or without Shift, on its layout or on an American keyboard."""
    for sign in (typed, chr(key) if 32 < key < 127 else "", KEYPAD.get(key, ""), AMERICAN.get(place, "")):
        if sign.isascii() and sign.isdigit():
            return int(sign)
    return None
