"""The header over the bays with the name of the machine, its plinth, and the floor before it."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.drawing.theme import LETTERING
from marki.console.front.front_layout import EDGES
from marki.console.front.metal import Cabinet, darker, inked, lighter, satin
from marki.console.state.scene import Scene


class SignPanel(Cabinet):
    """White over the three middle bays, with the name of the machine; dark grey over the first and the last."""

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the header."""
        r, palette = self.rect, self.theme.palette
        x = [r.x + round(edge / EDGES[-1] * r.w) for edge in EDGES]
        satin(surface, r, palette.frame, fall=8)
        white = pygame.Rect(x[1], r.y, x[4] - x[1], r.h)
        satin(surface, white, palette.header, fall=6, glance=3)
        pygame.draw.line(surface, lighter(palette.frame, 0.3), r.topleft, (r.right - 1, r.y))
        for joint in (x[1], x[2], x[4]):
            pygame.draw.line(surface, darker(palette.frame, 0.5), (joint, r.y), (joint, r.bottom - 1))
        pygame.draw.line(surface, darker(palette.frame, 0.4), (r.x, r.bottom - 1), (r.right - 1, r.bottom - 1))
        # The name stands beside the joint of the second and the third cabinet, so that it is not cut.
        words, theme = self.theme.words, self.theme
        second = r.h >= 2.05 * theme.least
        first = round(r.h * 0.56) if second else r.h - 2
        text, size = words("front.name"), max(theme.least, 0.86 * first) / theme.unit
        left = x[2] + round(1.3 * r.h)
        name = pygame.Rect(left, r.y + 1, x[4] - left - theme.px(4), first)
        self.caption(surface, text, name, size=size, face=LETTERING)
        if second:
            line = pygame.Rect(left, name.bottom - 1, name.w, r.bottom - name.bottom - 1)
            size = max(theme.least, 0.74 * line.h) / theme.unit
            self.caption(surface, words("front.maker"), line, size=size, face=LETTERING)
        with inked(surface, pygame.Rect(left - 2 * r.h, r.y, 2 * r.h, r.h)) as pen:
            radius = 0.36 * r.h
            centre = (left - 0.7 * r.h, r.y + 0.5 * r.h)
            pen.disc(*centre, radius, palette.ink)
            pen.disc(*centre, radius * 0.84, palette.header)
            pen.disc(*centre, radius * 0.3, palette.ink)


class PlinthPanel(Cabinet):
    """The dark plinth on which the cabinets stand."""

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the plinth."""
        r, frame = self.rect, self.theme.palette.frame
        satin(surface, r, frame, fall=14, glance=3)
        upper = r.y + round(0.44 * r.h)
        pygame.draw.line(surface, lighter(frame, 0.28), r.topleft, (r.right - 1, r.y))
        pygame.draw.line(surface, darker(frame, 0.7), (r.x, upper), (r.right - 1, upper), max(1, r.h // 12))
        for edge in (EDGES[1], EDGES[3], EDGES[4]):
            x = r.x + round(edge / EDGES[-1] * r.w)
            pygame.draw.line(surface, darker(frame, 0.5), (x, r.y), (x, r.bottom - 1))
        pygame.draw.line(surface, darker(frame, 0.8), (r.x, r.bottom - 1), (r.right - 1, r.bottom - 1))


class FloorPanel(Cabinet):
    """The floor before the machine, with its shadow and a faint reflection of its pale panels."""

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the floor."""
        r, palette = self.rect, self.theme.palette
        depth = np.linspace(0, 1, r.h)[None, :]
        base = np.array(lighter(palette.room, 0.1), float)
        fade = (1 - depth) ** 1.6
        pale = np.zeros(r.w)
        for k, share in ((0, 0.6), (1, 1.0), (2, 0.1), (3, 0.9), (4, 0.6)):
            a, b = (round(EDGES[n] / EDGES[-1] * r.w) for n in (k, k + 1))
            pale[a:b] = share
        blur = max(1, r.w // 60)
        pale = np.convolve(np.pad(pale, blur, mode="edge"), np.ones(2 * blur + 1) / (2 * blur + 1), "valid")
        edge = np.minimum(1, np.minimum(np.arange(r.w), np.arange(r.w)[::-1]) / max(1, r.w / 30))
        tone = 22 * pale[:, None] * fade * depth**0.4 * 2 - 30 * np.exp(-((depth / 0.16) ** 2))
        room = np.array(palette.room, float)
        far = (1 - depth[..., None]) ** 0.7 * edge[:, None, None]
        picture = room + (base + tone[..., None] - room) * far
        pygame.surfarray.blit_array(surface.subsurface(r), np.clip(picture, 0, 255).astype(np.uint8))
