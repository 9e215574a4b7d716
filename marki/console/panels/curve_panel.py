"""The learning curve: errors in each pass, or in a generated world the error rate over the last trials."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Declared, Panel
from marki.console.drawing.paragraphs import paragraphs
from marki.console.drawing.theme import FIGURES, SMALL, TEXT, Colour, Theme
from marki.console.panels.trainer_panel import verdict
from marki.console.state.scene import Scene

WINDOW = 100  # trials over which the running rate is taken
MOST_POINTS = 400
EVERY = 6  # frames from one drawing to the next at high speed


def nice(least: float) -> int:
    """Return the round number (1, 2 or 5 times a power of ten) at or above `least`."""
    power = 10 ** int(np.floor(np.log10(max(least, 1))))
    return int(next(m * power for m in (1, 2, 5, 10) if m * power >= least))


def points(errors: np.ndarray, size: int, *, deck: bool) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the curve (x, y), and the errors so far in the current pass.

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


def wrong_under_way(scene: Scene) -> bool:
    """Return whether the card that is still shown was answered wrongly; its trial is no part of the curve yet."""
    shown = scene.snapshot.presentation
    if shown is None or shown.item < 0 or scene.snapshot.trial <= scene.trial:
        return False
    return verdict(scene, "")[3] is False


class CurvePanel(Panel):
    """The learning curve; in grey those of the run before and of the known future."""

    title, about = "panel.curve", "curve"

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px, area = theme.px, self.inner
        self._paper = area
        figures = theme.row(SMALL - 1)
        self._roomy = area.h > 4.4 * figures
        left = max(px(46), theme.width("100", SMALL - 1, FIGURES) + px(26 if self._roomy else 8))
        low = round(figures * (2.1 if self._roomy else 1.1)) + px(4)
        self._plot = pygame.Rect(area.x + left, area.y + px(10), area.w - left - px(16), area.h - px(10) - low)
        self._legible = self._plot.h >= 1.2 * figures
        self._note = self.note()
        self._shown: tuple[int, int, int, int, int | None, bool] | None = None

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the curve again when a trial has been added."""
        last = int(scene.errors[-1]) if len(scene.errors) else 0
        before = None if scene.before is None else id(scene.before)
        judged = wrong_under_way(scene)
        key = (len(scene.errors), len(scene.coming), scene.seed, last, before, judged)
        if key == self._shown or (scene.fast and self._shown and scene.beat % EVERY):
            return []
        self._shown = key
        x, y, partial = points(scene.errors, scene.pass_size, deck=scene.deck)
        text, *shorter = self._summary(scene, x, y, partial + judged)
        if self._legible:
            self._draw(surface, scene, x, y, partial)
        else:  # too low for a curve: what it would say
            pygame.draw.rect(surface, self.theme.palette.paper, self._paper)
            area = self._paper.inflate(-2 * self.theme.px(4), 0)
            paragraphs(surface, self.theme, area, [(text, self.theme.palette.ink)], SMALL, SMALL - 1)
        return [self._paper, *self._note.update(surface, text, shorter=shorter)]

    def note_sample(self) -> str:
        """Return the shortest summary."""
        return "26/26"

    def _summary(self, scene: Scene, x: np.ndarray, y: np.ndarray, partial: float) -> tuple[str, ...]:
        """Return what the curve says in words, and shorter forms of that."""
        words = self.theme.words
        if scene.deck:
            if not len(y):
                return words("curve.first", count=f"{partial:.0f}"), f"{partial:.0f}/{scene.pass_size}"
            values = dict(last=f"{y[-1]:.0f}", size=scene.pass_size)
            text = words("curve.passes", count=f"{partial:.0f}", n=len(x) + 1, done=len(x), **values)
            return text, words("curve.passes_short", done=len(x), **values), words("curve.errors_now", **values)
        if not len(y):
            return ("",)
        return words("curve.now", share=f"{y[-1]:.0f}", count=min(WINDOW, int(x[-1]))), f"{y[-1]:.0f} %"

    def _draw(self, surface: pygame.Surface, scene: Scene, x: np.ndarray, y: np.ndarray, partial: float) -> None:
        px, plot, write, palette = self.theme.px, self._plot, self.theme.write, self.theme.palette
        known = len(scene.errors) + len(scene.coming)
        reach = known // scene.pass_size + 1 if scene.deck else known
        old = None if scene.before is None else points(scene.before, scene.pass_size, deck=scene.deck)
        across = nice(max(10, reach, *(() if old is None else old[0][-1:].tolist())))
        up = scene.pass_size if scene.deck else 100
        pygame.draw.rect(surface, palette.paper, self._paper)
        figures = self.theme.row(SMALL - 1)
        below = self.theme.words("curve.pass" if scene.deck else "curve.trial")
        beside = self.theme.words.forms("curve.errors" if scene.deck else "curve.share")
        wide = self.theme.width("00,000", SMALL - 1, FIGURES)
        every = 2 if plot.w // 5 > wide else 5
        for k in range(11):
            gx = plot.x + plot.w * k // 10
            pygame.draw.line(surface, palette.ruling, (gx, plot.y), (gx, plot.bottom), 1)
            if k % every == 0:
                box = pygame.Rect(gx - wide // 2, plot.bottom + px(2), wide, figures)
                box.right = min(box.right, self._paper.right)
                if k == 10 and not self._roomy:  # without a line of its own, the axis is named here
                    box = pygame.Rect(0, box.y, plot.w // 2, figures)
                    box.right = self._paper.right - px(4)
                    write(surface, f"{below} {across:,}", box, size=SMALL - 1, face=TEXT, align="right")
                    continue
                write(surface, f"{across * k // 10:,}", box, size=SMALL - 1, face=FIGURES, align="centre")
        for k in range(5):
            gy = plot.bottom - plot.h * k // 4
            pygame.draw.line(surface, palette.ruling, (plot.x, gy), (plot.right, gy), 1)
            if k == 4 or (k % (2 if self._roomy else 4) == 0 and plot.h > 1.6 * figures):
                box = pygame.Rect(self._paper.x + px(2), gy - figures // 2, plot.x - self._paper.x - px(6), figures)
                box.y = max(box.y, self._paper.y)
                write(surface, f"{up * k // 4}", box, size=SMALL - 1, face=FIGURES, align="right")
        pygame.draw.line(surface, palette.ink, plot.bottomleft, plot.bottomright, self.theme.line(1.5))
        pygame.draw.line(surface, palette.ink, plot.topleft, plot.bottomleft, self.theme.line(1.5))
        if self._roomy:
            label = pygame.Rect(plot.x, plot.bottom + figures, plot.w, figures)
            write(surface, below, label, size=SMALL, face=TEXT, align="centre")
            self._side_label(surface, *beside)
        else:  # curves are low at the right
            label = pygame.Rect(0, plot.y, min(plot.w, self.theme.width(beside[0], SMALL - 1)), figures)
            label.right = plot.right - px(4)
            pygame.draw.rect(surface, palette.paper, label)
            write(surface, beside[0], label, size=SMALL - 1, face=TEXT, colour=palette.faded, shorter=beside[1:])
        if old is not None:
            self._trace(surface, old[0], old[1], across, up, palette.ghost, dots=False, dashed=True)
        if len(scene.coming):
            whole = points(np.concatenate([scene.errors, scene.coming]), scene.pass_size, deck=scene.deck)
            self._trace(surface, whole[0], whole[1], across, up, palette.ruling, dots=False)
        self._trace(surface, x, y, across, up, palette.trace, dots=scene.deck)
        if scene.deck:
            gx = plot.x + plot.w * min(1.0, (len(x) + 1) / across)
            gy = plot.bottom - plot.h * min(1.0, partial / up)
            pygame.draw.circle(surface, palette.wrong, (round(gx), round(gy)), px(4), self.theme.line(1.5))

    def _trace(self, surface: pygame.Surface, x: np.ndarray, y: np.ndarray, across: int, up: int, colour: Colour,
               *, dots: bool, dashed: bool = False) -> None:  # fmt: skip
        plot = self._plot
        x, y = thin(x, y)
        at = list(zip((plot.x + plot.w * x / across).tolist(), (plot.bottom - plot.h * y / up).tolist(), strict=True))
        width = self.theme.line(1.6)
        if dashed and len(at) > 1:
            self._dashes(surface, at, width, colour)
        elif len(at) > 1:
            for dy in range(width):
                pygame.draw.aalines(surface, colour, False, [(a, b - dy) for a, b in at])
        if dots and len(at) <= 60:
            for a, b in at:
                pygame.draw.circle(surface, colour, (round(a), round(b)), max(self.theme.px(3), width))

    def _dashes(self, surface: pygame.Surface, at: list[tuple[float, float]], width: int, colour: Colour) -> None:
        """Draw a curve in dashes, equally long however steep it is."""
        way = np.array(at)
        length = np.concatenate([[0], np.hypot(*np.diff(way, axis=0).T).cumsum()])
        dash = 4 * width + 2
        for start in np.arange(0, length[-1], 1.8 * dash):
            ends = np.array([start, min(start + dash, length[-1])])
            (a, b), (c, d) = np.interp(ends, length, way[:, 0]), np.interp(ends, length, way[:, 1])
            pygame.draw.line(surface, colour, (a, c), (b, d), width)

    def _side_label(self, surface: pygame.Surface, text: str, *shorter: str) -> None:
        room = pygame.Rect(0, 0, self._plot.h + self.theme.px(24), self.theme.row(SMALL))
        text = self.theme.form([text, *shorter], room.w, SMALL)
        ink = pygame.transform.rotate(self.theme.fitted(text, room, SMALL, TEXT, self.theme.palette.ink), 90)
        surface.blit(ink, ink.get_rect(midleft=(self._paper.x + self.theme.px(3), self._plot.centery)))


PANEL = Declared(name="curve", panel=CurvePanel, views=("schematic", "front"))
