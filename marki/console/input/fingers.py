"""Fingers and pens on a touch screen, as one mouse; what the system makes of them by itself is passed over."""

from __future__ import annotations

import sys

import pygame

TRACKPADS = sys.platform == "darwin"
"""Whether fingers are those on a trackpad, which moves the mouse as well; Macs have no touch screens."""

MOUSE = {
    pygame.FINGERDOWN: pygame.MOUSEBUTTONDOWN,
    pygame.FINGERMOTION: pygame.MOUSEMOTION,
    pygame.FINGERUP: pygame.MOUSEBUTTONUP,
}


class Fingers:
    """Turns the first finger on the screen into the left button of a mouse."""

    def __init__(self) -> None:
        self._first: int | None = None

    def as_mouse(self, event: pygame.event.Event, size: tuple[int, int]) -> pygame.event.Event | None:
        """Return an event as it is, that of the first finger as one of the mouse; None for what is not to count.

        Parameters
        ----------
        event : pygame.event.Event
        size : (int, int)
            Of the window, px.
        """
        if event.type == pygame.WINDOWFOCUSLOST:
            self._first = None
        if event.type not in MOUSE:
            made = event.dict.get("touch") and not TRACKPADS  # from a finger that was seen already
            return None if made else event
        if TRACKPADS:
            return None
        if event.type == pygame.FINGERDOWN and self._first is None:
            self._first = event.finger_id
        if event.finger_id != self._first:
            return None
        if event.type == pygame.FINGERUP:
            self._first = None
        wide, high = size
        place = min(wide - 1, max(0, int(event.x * wide))), min(high - 1, max(0, int(event.y * high)))
        if event.type == pygame.FINGERMOTION:
            return pygame.event.Event(pygame.MOUSEMOTION, pos=place, rel=(0, 0), buttons=(1, 0, 0))
        return pygame.event.Event(MOUSE[event.type], pos=place, button=1)
