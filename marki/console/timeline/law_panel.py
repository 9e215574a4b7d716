"""The isoFLOP plot: losses of networks of many sizes at equal computing; it fills as runs end."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Panel
from marki.console.drawing.theme import FIGURES, NORMAL, SMALL, TEXT, Colour, TextStyle, Theme
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.console.timeline.counts import spoken
from marki.io.scaling_record import ScalingRecord, ScalingRun

COLOURS: tuple[Colour, ...] = ((98, 178, 255), (255, 190, 92), (150, 210, 150), (232, 150, 190), (190, 170, 255))
"""Colours of the budgets, the smallest first; they begin again after the last."""

HEADROOM = 0.06
"""Part of the range of losses that is left free above the highest."""


class LawPanel(Panel):
    """Points for runs, lines through the means of a size, a ring at the best size of each budget."""

    title = "timeline.law"
    dark = True
    about = "law"

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px, inner = theme.px, self.inner
        row = theme.row(SMALL)
        left = theme.width("0.00", SMALL, FIGURES) + px(10)
        foot = 2 * row + theme.row(NORMAL) + px(6)
        self._plot = pygame.Rect(inner.x + left, inner.y + row, inner.w - left - px(8), inner.h - row - foot)
        self._axis = pygame.Rect(self._plot.x, self._plot.bottom, self._plot.w, row)
        self._said = pygame.Rect(inner.x, inner.bottom - theme.row(NORMAL), inner.w, theme.row(NORMAL))
        self._keys = pygame.Rect(inner.x, self._axis.bottom + px(2), inner.w, row)
        self._note = self.note(colour=theme.palette.ivory)
        self._shown: tuple[object, ...] | None = None
        self._points: list[tuple[int, int]] = []
        self._record: ScalingRecord | None = None

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the plot when a run has ended, or another point is pointed at."""
        record, ui = scene.law, scene.ui
        under = ui.hovered.number if ui.hovered is not None and ui.hovered.kind == "run" else None
        key = (record, under, scene.law_looked)
        if key == self._shown:
            return []
        self._shown, self._record, self._points = key, record, []
        pygame.draw.rect(surface, self.theme.palette.black, self.inner)
        words = self.theme.words
        if record is None or not record.runs:
            text = words("timeline.law_none" if scene.law_looked else "timeline.loading")
            lines = self.theme.wrap(text, self._plot.w, NORMAL)
            for k, line in enumerate(lines):
                box = pygame.Rect(self._plot.x, self._plot.centery + k * self._said.h, self._plot.w, self._said.h)
                style = TextStyle(size=NORMAL, face=TEXT, colour=self.theme.palette.dim, align="centre")
                self.theme.write(surface, line, box, **style)
            return [self.inner, *self._note.update(surface, "")]
        self._draw(surface, record, under)
        ended = words.forms("timeline.law_runs", name=record.label, count=len(record.runs), place=record.place)
        return [self.inner, *self._note.update(surface, ended[0], shorter=ended[1:])]

    def _draw(self, surface: pygame.Surface, record: ScalingRecord, under: int | None) -> None:
        theme, px, palette, plot = self.theme, self.theme.px, self.theme.palette, self._plot
        weights = [math.log10(run.parameters) for run in record.runs]
        low, high = math.floor(2 * min(weights)) / 2, math.ceil(2 * max(weights) + 1e-9) / 2
        top = max(run.loss for run in record.runs)
        bottom = min(record.entropy, *(run.loss for run in record.runs))
        top += HEADROOM * max(top - bottom, 0.1)

        def at(parameters: float, loss: float) -> tuple[int, int]:
            x = (math.log10(parameters) - low) / max(high - low, 0.5)
            y = (loss - bottom) / (top - bottom)
            return plot.x + round(x * (plot.w - 1)), plot.bottom - 1 - round(y * (plot.h - 1))

        pygame.draw.rect(surface, (24, 24, 25), plot)
        self._scales(surface, low, high, bottom, top)
        floor = at(10**low, record.entropy)[1]
        pygame.draw.line(surface, palette.ivory, (plot.x, floor), (plot.right, floor), theme.line())
        forms = theme.words.forms("timeline.law_floor", entropy=f"{record.entropy:.3f}")
        box = pygame.Rect(plot.x + px(6), floor - theme.row(SMALL), plot.w - px(12), theme.row(SMALL))
        style = TextStyle(size=SMALL, face=TEXT, colour=palette.ivory, align="right", shorter=forms[1:])
        theme.write(surface, forms[0], box, **style)
        budgets = sorted({run.operations for run in record.runs})
        for k, operations in enumerate(budgets):
            colour = COLOURS[k % len(COLOURS)]
            own = [run for run in record.runs if run.operations == operations]
            means = [at(size, loss) for size, loss in means_of(own)]
            if len(means) > 1:
                pygame.draw.lines(surface, colour, False, means, theme.line())
        self._points = [at(run.parameters, run.loss) for run in record.runs]
        for number, (run, point) in enumerate(zip(record.runs, self._points, strict=True)):
            colour = COLOURS[budgets.index(run.operations) % len(COLOURS)]
            pygame.draw.circle(surface, colour, point, px(4))
            if number == under:
                pygame.draw.circle(surface, palette.ivory, point, px(8), theme.line())
        best = [at(o.parameters, o.loss) for o in record.optima]
        if len(best) > 1:
            pygame.draw.lines(surface, palette.ivory, False, best, theme.line())
        for point, optimum in zip(best, record.optima, strict=True):
            pygame.draw.circle(surface, palette.ivory, point, px(7), 0 if optimum.inside else theme.line(2))
            pygame.draw.circle(surface, palette.black, point, px(3))
        self._tell(surface, record, budgets, under)

    def _scales(self, surface: pygame.Surface, low: float, high: float, bottom: float, top: float) -> None:
        """Draw the scale of weights below, and that of losses at the left."""
        theme, palette, plot, row = self.theme, self.theme.palette, self._plot, self.theme.row(SMALL)
        marks = [step * 10**power for power in range(math.floor(low), math.ceil(high) + 1) for step in (1, 3)]
        for weights in marks:
            share = (math.log10(weights) - low) / max(high - low, 0.5)
            if not 0 <= share <= 1:
                continue
            x = plot.x + round(share * (plot.w - 1))
            pygame.draw.line(surface, (52, 52, 52), (x, plot.y), (x, plot.bottom))
            text = spoken(weights, theme.words)
            wide = theme.width(text, SMALL, FIGURES)
            box = pygame.Rect(min(max(x - wide // 2, plot.x), plot.right - wide), self._axis.y, wide + 2, row)
            theme.write(surface, text, box, size=SMALL, face=FIGURES, colour=palette.dim)
        step = next(
            s for s in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10) if (top - bottom) / s * row * 2.5 <= plot.h or s == 10
        )
        for k in range(math.ceil(bottom / step), math.floor(top / step) + 1):
            y = plot.bottom - 1 - round((k * step - bottom) / (top - bottom) * (plot.h - 1))
            pygame.draw.line(surface, (52, 52, 52), (plot.x, y), (plot.right, y))
            box = pygame.Rect(self.inner.x, y - row // 2, plot.x - self.inner.x - theme.px(6), row)
            text = f"{k * step:.2f}"
            theme.write(surface, text, box, size=SMALL, face=FIGURES, colour=palette.dim, align="right")
        head = pygame.Rect(plot.x, self.inner.y, plot.w, row)
        axes = theme.words.forms("timeline.law_axes")
        theme.write(surface, axes[0], head, size=SMALL, face=TEXT, colour=palette.dim, shorter=axes[1:])

    def _tell(self, surface: pygame.Surface, record: ScalingRecord, budgets: list[float], under: int | None) -> None:
        """Write which colour is which budget, and what was found, or what is pointed at."""
        theme, px, words, palette = self.theme, self.theme.px, self.theme.words, self.theme.palette
        best = {o.operations: o for o in record.optima}
        keys: list[list[str]] = []
        for operations in budgets:
            short = f"{operations:.0e}".replace("e+", "e")
            found = best.get(operations)
            budget = words("timeline.law_budget", operations=short)
            long = budget
            if found is not None:
                long = words("timeline.law_best", operations=short, weights=spoken(found.parameters, words, 2))
            keys.append([long, budget, short])
        texts, widths = theme.row_of(keys, self._keys.w, px(26), SMALL)
        x = self._keys.x
        for k, (text, wide) in enumerate(zip(texts, widths, strict=True)):
            chip = pygame.Rect(x, self._keys.y + self._keys.h // 4, self._keys.h // 2, self._keys.h // 2)
            pygame.draw.rect(surface, COLOURS[k % len(COLOURS)], chip)
            box = pygame.Rect(chip.right + px(5), self._keys.y, wide - px(20), self._keys.h)
            theme.write(surface, text, box, size=SMALL, face=TEXT, colour=palette.ivory)
            x += wide
        if under is not None and under < len(record.runs):
            run = record.runs[under]
            forms = words.forms(
                "timeline.law_run", weights=f"{run.parameters:,}", tokens=f"{run.tokens:,}", loss=f"{run.loss:.3f}",
                gap=f"{run.loss - record.entropy:.3f}", seed=run.seed,
            )  # fmt: skip
        elif record.exponent is not None:
            forms = words.forms("timeline.law_found", exponent=f"{record.exponent:.2f}")
        else:
            count = len({(run.operations, run.width) for run in record.runs})
            forms = words.forms("timeline.law_under_way", count=count, of=record.sizes)
        theme.write(surface, forms[0], self._said, size=NORMAL, face=TEXT, colour=palette.lamp, shorter=forms[1:])

    # -- hands -------------------------------------------------------------------------------------------------------

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the run nearest to a place of the window, if one is near."""
        near = [(math.dist(place, point), number) for number, point in enumerate(self._points)]
        if near and min(near)[0] <= self.theme.px(9):
            return Target("run", min(near)[1])
        return super().part_at(place)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a run stands."""
        if part.kind != "run" or not 0 <= part.number < len(self._points):
            return super().place_of(part)
        box = pygame.Rect(0, 0, 2 * self.theme.px(8), 2 * self.theme.px(8))
        box.center = self._points[part.number]
        return box


def means_of(runs: Sequence[ScalingRun]) -> list[tuple[int, float]]:
    """Return the sizes of some runs, the smallest first, each with the mean of its losses."""
    sizes = sorted({run.parameters for run in runs})
    losses = [[run.loss for run in runs if run.parameters == size] for size in sizes]
    return [(size, sum(own) / len(own)) for size, own in zip(sizes, losses, strict=True)]
