"""The learning curve on a strip of paper: errors in each pass, or the error rate of late in a drawn world."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.panel import Panel
from marki.console.scene import Scene
from marki.console.theme import FIGURES, INK, PAPER, RULING, SMALL, TEXT, TRACE, WRONG

WINDOW = 100  # trials over which the running rate is taken
MOST_POINTS = 400


def nice(least: float) -> int:
    """Return the round number (1, 2 or 5 times a power of ten) at or above `least`."""
    power = 10 ** int(np.floor(np.log10(max(least, 1))))
    return int(next(m * power for m in (1, 2, 5, 10) if m * power >= least))


def points(errors: np.ndarray, size: int, *, deck: bool) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the curve (x, y) and what the pass under way has so far.

    Parameters
    ----------
    errors : (trials,) bool
    size : int
        Trials in a pass.
    deck : bool
        Errors in each pass; else the rate over the last `WINDOW` trials, in per cent.
    """
    if deck:
        full = len(errors) // size
        y = errors[: full * size].reshape(full, size).sum(1).astype(float)
        return np.arange(1, full + 1), y, float(errors[full * size :].sum())
    total = np.concatenate([[0], np.cumsum(errors)])
    stride = max(1, len(errors) // MOST_POINTS)
    x = np.arange(min(10, len(errors)), len(errors) + 1, stride)
    x = x[x > 0]
    first = np.maximum(0, x - WINDOW)
    return x, 100 * (total[x] - total[first]) / (x - first), 0.0


def thin(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the curve with at most `MOST_POINTS` points, means of neighbours."""
    if len(x) <= MOST_POINTS:
        return x, y
    every = -(-len(x) // MOST_POINTS)
    keep = len(x) // every * every
    return x[:keep].reshape(-1, every).mean(1), y[:keep].reshape(-1, every).mean(1)


class CurvePanel(Panel):
    """The learning curve."""

    title = "LEARNING CURVE"

    def dress(self, surface, scene):
        """Lay the paper in."""
        super().dress(surface, scene)
        px, area = self.theme.px, self.inner
        self._paper = area
        self._plot = pygame.Rect(area.x + px(46), area.y + px(10), area.w - px(62), area.h - px(46))
        half = self.heading.w * 2 // 3
        self._note = self.readout(
            pygame.Rect(self.heading.right - half, self.heading.y, half, self.heading.h),
            size=SMALL,
            face=TEXT,
            align="right",
        )
        self._shown: tuple | None = None

    def update(self, surface, scene):
        """Draw the curve anew when a trial has been added."""
        key = (len(scene.errors), scene.seed, int(scene.errors[-1]) if len(scene.errors) else 0)
        if key == self._shown:
            return []
        self._shown = key
        x, y, partial = points(scene.errors, scene.pass_size, deck=scene.deck)
        self._draw(surface, scene, x, y, partial)
        return [self._paper, *self._note.update(surface, self._summary(scene, x, y, partial))]

    def _summary(self, scene: Scene, x: np.ndarray, y: np.ndarray, partial: float) -> str:
        if scene.deck:
            so_far = f"{partial:.0f} so far in pass {len(x) + 1}"
            return f"last pass {y[-1]:.0f} of {scene.pass_size}, {so_far}" if len(y) else so_far
        return f"now {y[-1]:.0f} % of the last {min(WINDOW, int(x[-1]))}" if len(y) else ""

    def _draw(self, surface: pygame.Surface, scene: Scene, x: np.ndarray, y: np.ndarray, partial: float) -> None:
        px, plot, write = self.theme.px, self._plot, self.theme.write
        across = nice(max(10, len(x) + 1 if scene.deck else len(scene.errors)))
        up = scene.pass_size if scene.deck else 100
        pygame.draw.rect(surface, PAPER, self._paper)
        for k in range(11):
            gx = plot.x + plot.w * k // 10
            pygame.draw.line(surface, RULING, (gx, plot.y), (gx, plot.bottom), 1)
            if k % 2 == 0:
                box = pygame.Rect(gx - px(28), plot.bottom + px(2), px(56), px(15))
                write(surface, f"{across * k // 10:,}", box, size=SMALL - 1, face=FIGURES, align="centre")
        for k in range(5):
            gy = plot.bottom - plot.h * k // 4
            pygame.draw.line(surface, RULING, (plot.x, gy), (plot.right, gy), 1)
            if k % 2 == 0:
                box = pygame.Rect(self._paper.x + px(18), gy - px(8), plot.x - self._paper.x - px(22), px(16))
                write(surface, f"{up * k // 4}", box, size=SMALL - 1, face=FIGURES, align="right")
        pygame.draw.line(surface, INK, plot.bottomleft, plot.bottomright, px(1.5))
        pygame.draw.line(surface, INK, plot.topleft, plot.bottomleft, px(1.5))
        label = pygame.Rect(plot.x, plot.bottom + px(17), plot.w, self._paper.bottom - plot.bottom - px(18))
        write(surface, "pass" if scene.deck else "trial", label, size=SMALL, align="centre")
        self._side_label(surface, "errors in a pass" if scene.deck else "errors, %")

        x, y = thin(x, y)
        at = list(zip((plot.x + plot.w * x / across).tolist(), (plot.bottom - plot.h * y / up).tolist(), strict=True))
        if len(at) > 1:
            for dy in range(px(1.6)):
                pygame.draw.aalines(surface, TRACE, False, [(a, b - dy) for a, b in at])
        if scene.deck and len(at) <= 60:
            for a, b in at:
                pygame.draw.circle(surface, TRACE, (round(a), round(b)), px(3))
        if scene.deck:
            gx = plot.x + plot.w * (len(x) + 1) / across if len(x) < MOST_POINTS else plot.right
            gy = plot.bottom - plot.h * partial / up
            pygame.draw.circle(surface, WRONG, (round(gx), round(gy)), px(4), px(1.5))

    def _side_label(self, surface: pygame.Surface, text: str) -> None:
        room = pygame.Rect(0, 0, self._plot.h + self.theme.px(20), self.theme.px(18))
        ink = pygame.transform.rotate(self.theme.fitted(text, room, SMALL, "routed-gothic", INK), 90)
        surface.blit(ink, ink.get_rect(midleft=(self._paper.x + self.theme.px(3), self._plot.centery)))
