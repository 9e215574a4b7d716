"""Signs of the ports: what a system reads and what it answers on, as small drawings that need no colour."""

from __future__ import annotations

import pygame

from marki.console.drawing.theme import Colour
from marki.io.ports import Port


def draw_sign(surface: pygame.Surface, port: Port, box: pygame.Rect, colour: Colour) -> None:
    """Draw the sign of a port into a square.

    A frame has a figure in it, a reel is a strip of film, a text has lines, lamps are round, a field is a grid of dots;
    of a picture that is asked about, a line stands under the frame.
    """
    line = max(1, box.w // 9)
    match port:
        case Port.FRAME:
            pygame.draw.rect(surface, colour, box, line)
            side = max(2, box.w // 3)
            pygame.draw.rect(surface, colour, (box.centerx - side // 2, box.centery - side // 2, side, side))
        case Port.REEL:
            pygame.draw.rect(surface, colour, box, line)
            for k in (1, 2):
                x = box.x + box.w * k // 3
                pygame.draw.line(surface, colour, (x, box.y), (x, box.bottom - 1), line)
        case Port.TEXT:
            for k, share in enumerate((1.0, 1.0, 0.6)):
                y = box.y + round((k + 0.5) * box.h / 3 - line / 2)
                pygame.draw.rect(surface, colour, (box.x, y, round(box.w * share), line))
        case Port.ASKED:
            frame = pygame.Rect(box.x, box.y, box.w, box.h - 3 * line)
            pygame.draw.rect(surface, colour, frame, line)
            side = max(2, box.w // 4)
            pygame.draw.rect(surface, colour, (frame.centerx - side // 2, frame.centery - side // 2, side, side))
            pygame.draw.rect(surface, colour, (box.x, box.bottom - line, box.w, line))
        case Port.LAMPS:
            pygame.draw.aacircle(surface, colour, box.center, box.w / 2)
        case Port.FIELD:
            dot = max(1, box.w // 5)
            for row in range(3):
                for column in range(3):
                    x, y = box.x + (box.w - dot) * column // 2, box.y + (box.h - dot) * row // 2
                    pygame.draw.rect(surface, colour, (x, y, dot, dot))
