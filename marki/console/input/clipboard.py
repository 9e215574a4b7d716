"""The clipboard, and the text of the window that is pointed at."""

from __future__ import annotations

from collections.abc import Iterable

import pygame


def pasted() -> str:
    """Return the text of the clipboard, "" if there is none."""
    try:
        return pygame.scrap.get_text()
    except pygame.error:
        return ""


def copy(text: str) -> bool:
    """Put a text on the clipboard; return whether it is there."""
    try:
        pygame.scrap.put_text(text)
    except pygame.error:
        return False
    return True


def text_at(
    written: Iterable[tuple[str, pygame.Rect]], place: tuple[int, int], near: pygame.Rect | None
) -> tuple[str, bool]:
    """Return the text at a place, and whether it lies there exactly.

    Parameters
    ----------
    written : iterable of (str, pygame.Rect)
        Texts and where they stand.
    place : (int, int)
    near : pygame.Rect or None
        Where to look for the nearest text if none lies there, none if left out.

    Returns
    -------
    text : str
        "" if there is none.
    exact : bool
    """
    under = [(box.w * box.h, text) for text, box in written if box.collidepoint(place)]
    if under:
        return min(under)[1], True
    if near is None:
        return "", False
    beside = [(_distance(box, place), text) for text, box in written if near.contains(box)]
    return (min(beside)[1], False) if beside else ("", False)


def _distance(box: pygame.Rect, place: tuple[int, int]) -> int:
    """Return the square of the distance of a place from a box, px."""
    dx = max(box.left - place[0], 0, place[0] - box.right)
    dy = max(box.top - place[1], 0, place[1] - box.bottom)
    return dx * dx + dy * dy
