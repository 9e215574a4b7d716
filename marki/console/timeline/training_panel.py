"""Training from scratch, live: learning curve, progress, and the digest at the end; and what a system costs."""

from __future__ import annotations

import math

import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Backdrop, Panel
from marki.console.drawing.theme import FIGURES, SMALL, TEXT, Colour, TextStyle, Theme
from marki.console.panels.curve_panel import nice
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.console.state.timeline_view import SystemView, tried
from marki.console.timeline.activation_panel import Side, seconds_of, system_at
from marki.console.timeline.buttons import ButtonRow
from marki.console.timeline.counts import abbreviated
from marki.io.exhibits import MARK1, Progress
from marki.io.ports import Port
from marki.language import Words

UNKNOWN = "–"
"""What stands in the place of a figure that is not known."""


def axis_of(progress: Progress) -> int:
    """Return the last step on the axis: 20 at first, and more as the training goes on, up to its end."""
    if progress.done:
        return max(1, progress.steps)
    axis = 20
    while axis < progress.steps:
        axis = axis * 5 // 2 if f"{axis}".startswith("2") else 2 * axis
    return max(1, min(axis, max(progress.of, progress.steps)))


class TrainingPanel(Panel):
    """A sheet of paper with two curves: accuracy on the training set so far, and on the validation set."""

    title = "timeline.schooling"

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        px = theme.px
        row = theme.row(SMALL)
        self._head = pygame.Rect(self.inner.x, self.rect.y + px(4), self.inner.w, max(px(22), row))
        left = min(self.title_width() + px(20), self._head.w // 2)
        self.buttons = ButtonRow(
            theme, pygame.Rect(self._head.x + left, self._head.y, self._head.w - left, self._head.h)
        )
        top = self._head.bottom + px(3)
        self._paper = pygame.Rect(self.inner.x, top, self.inner.w, self.inner.bottom - top)
        text = pygame.Rect(self._paper.x + px(6), self._paper.bottom - row - px(2), self._paper.w - px(12), row)
        self._text = text
        axis = theme.width("100 %", SMALL - 1, FIGURES) + px(10)
        self._plot = pygame.Rect(self._paper.x + axis, self._paper.y + px(8), self._paper.w - axis - px(12),
                                 text.y - self._paper.y - px(14))  # fmt: skip
        self.regions = (self.buttons,)
        self._shown: tuple[object, ...] | None = None

    def parts(self) -> list[Target]:
        """Return the buttons."""
        return self.buttons.parts()

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the curve again when it has become longer."""
        system_view = system_at(scene.timeline, "first")
        if system_view is None:
            return []
        tries = scene.ui.tries
        wanted = self._wanted(system_view, tries)
        lit = {"stop", *(("tries",) if tries else ())}
        dirty = self.buttons.update(surface, scene, wanted, lambda name: name in lit)
        progress = system_view.progress
        waits = progress is None or progress.preparing
        second = seconds_of(system_view) if system_view.learning and waits else ""
        key = (system_view.exhibit.name, system_view.learning, progress, second)
        if key == self._shown:
            return dirty
        self._shown = key
        self._draw(surface, system_view, progress)
        return [*dirty, self._paper]

    def _wanted(self, system_view: SystemView, tries: bool) -> list[str]:
        if system_view.learning:
            return ["stop"]
        names = ["learn"] if system_view.progress is None else ["shipped", "learn"]
        if system_view.exhibit.accepts == Port.TEXT:
            many = ["tries"] if tried(system_view.exhibit) else []
            if many and tries:  # in large type there is no room for more
                warmer = ["temperature"] if system_view.exhibit.task == "programs" else ["type_line"]
                return [*many, *warmer, "last_example", "example"]
            return [*many, "last_example", "example", "type_line", *names]
        if system_view.exhibit.tools:
            return names
        if system_view.exhibit.accepts == Port.ASKED:
            return ["last_example", "example", "type_line", *names]
        return ["last_example", "example", *(["live"] if system_view.exhibit.accepts == Port.FRAME else []), *names]

    def _draw(self, surface: pygame.Surface, system_view: SystemView, progress: Progress | None) -> None:
        theme, px, palette, paper, plot = self.theme, self.theme.px, self.theme.palette, self._paper, self._plot
        words = theme.words
        pygame.draw.rect(surface, palette.paper, paper)
        if progress is None or progress.preparing:
            exhibit = system_view.exhibit
            text = words("timeline.begin_zero" if system_view.learning else "timeline.from_zero")
            if progress is not None:
                text = f"{text} {words('timeline.preparing', seconds=seconds_of(system_view))}"
            score = None if exhibit.score is None else f"{100 * exhibit.score:.1f}"
            shipped = words.of_task("timeline.shipped", exhibit.task)
            state = words("timeline.untrained_long") if score is None else words(shipped, score=score)
            if not system_view.learning:
                text += f" {state}"
            row = theme.row(SMALL)
            fit = max(1, (paper.h - px(8)) // row)
            lines = theme.wrap(text, paper.w - px(20), SMALL)
            if len(lines) > fit and not system_view.learning:  # what it is now comes before what can be done
                text = state
            lines = theme.wrap(text, paper.w - px(20), SMALL, most=fit)
            top = paper.y + (paper.h - row * len(lines)) // 2
            for k, line in enumerate(lines):
                box = pygame.Rect(paper.x + px(10), top + k * row, paper.w - px(20), row)
                theme.write(surface, line, box, size=SMALL, face=TEXT, colour=palette.faded)
            return
        across = axis_of(progress)
        row = theme.row(SMALL - 1)
        for k in range(5):
            y = plot.bottom - plot.h * k // 4
            pygame.draw.line(surface, palette.ruling, (plot.x, y), (plot.right, y))
            if k in (0, 4) or (k == 2 and plot.h > 4 * row):
                box = pygame.Rect(paper.x + px(2), y - row // 2, plot.x - paper.x - px(6), row)
                box.clamp_ip(paper)
                theme.write(surface, f"{25 * k} %", box, size=SMALL - 1, face=FIGURES, align="right")
        for step in range(0, across + 1, max(1, nice(across / 5))):
            x = plot.x + round(plot.w * step / across)
            pygame.draw.line(surface, palette.ruling, (x, plot.y), (x, plot.bottom))
        pygame.draw.line(surface, palette.ink, plot.bottomleft, plot.bottomright, theme.line(1.5))
        pygame.draw.line(surface, palette.ink, plot.topleft, plot.bottomleft, theme.line(1.5))
        learned = list(progress.trail)
        if progress.steps and (not learned or learned[-1][0] < progress.steps):
            learned.append((progress.steps, progress.right))
        self._trace(surface, learned, across, palette.ghost, dots=False)
        self._trace(surface, [(s, v) for s, _, v in progress.curve], across, palette.trace, dots=True)
        self._legend(surface, progress, system_view.exhibit.task)
        self._warn(surface, progress)
        self._tell(surface, progress, system_view.exhibit.task)

    def _trace(
        self, surface: pygame.Surface, points: list[tuple[int, float]], across: int, colour: Colour, *, dots: bool
    ) -> None:
        plot, theme = self._plot, self.theme
        at = [(plot.x + plot.w * s / across, plot.bottom - plot.h * min(1.0, max(0.0, v))) for s, v in points if v == v]
        if len(at) > 1:
            for dy in range(theme.line(1.6)):
                pygame.draw.aalines(surface, colour, False, [(x, y - dy) for x, y in at])
        if dots or len(at) == 1:
            for x, y in at:
                pygame.draw.circle(surface, colour, (round(x), round(y)), max(theme.px(2.5), theme.line(1)))

    def _legend(self, surface: pygame.Surface, progress: Progress, task: str) -> None:
        """Name the curves in a corner that they leave free: below, at the right."""
        theme, px, palette, plot = self.theme, self.theme.px, self.theme.palette, self._plot
        row = theme.row(SMALL - 1)
        learning = "timeline.bank_learning" if progress.duel else "timeline.while_learning"
        names = [(theme.words.of_task("timeline.validation", task), palette.trace), (learning, palette.ghost)]
        if plot.h < 2.6 * row:
            return
        for k, (name, colour) in enumerate(names):
            text = theme.words(name)
            box = pygame.Rect(plot.x, plot.bottom - (k + 1) * row - px(2), plot.w - px(4), row)
            wide = theme.width(text, SMALL - 1)
            if wide + px(30) > plot.w:
                continue
            box = pygame.Rect(plot.right - wide - px(4), box.y, wide, row)
            pygame.draw.rect(surface, palette.paper, box.inflate(px(40), 0).clip(plot))
            theme.write(surface, text, box, size=SMALL - 1, face=TEXT, colour=palette.ink)
            y = box.centery
            pygame.draw.line(surface, colour, (box.x - px(18), y), (box.x - px(4), y), max(2, theme.line(2)))

    def _warn(self, surface: pygame.Surface, progress: Progress) -> None:
        """Say at the top of the plot that the training is dead or stuck, if it is."""
        if not progress.warnings:
            return
        theme, plot, row = self.theme, self._plot, self.theme.row(SMALL)
        signs = theme.words("timeline.and").join(theme.words(f"timeline.sign.{name}") for name in progress.warnings)
        text = theme.words("timeline.warning", signs=signs)
        for k, line in enumerate(theme.wrap(text, plot.w - theme.px(8), SMALL, most=max(1, plot.h // row))):
            box = pygame.Rect(plot.x + theme.px(4), plot.y + k * row, plot.w - theme.px(8), row)
            pygame.draw.rect(surface, theme.palette.paper, (*box.topleft, theme.width(line, SMALL), row))
            theme.write(surface, line, box, size=SMALL, face=TEXT, colour=theme.palette.wrong)

    def _tell(self, surface: pygame.Surface, progress: Progress, task: str) -> None:
        words, text = self.theme.words, self._text
        share = measured(progress, task, words)
        values = dict(
            steps=f"{progress.steps:,}", of=f"{progress.of:,}", shown=f"{progress.shown:,}",
            right=share, told=words(words.of_task("timeline.score", task), score=share),
            seconds=f"{progress.seconds:.1f}", digest=progress.digest[:8],
        )  # fmt: skip
        names = ("timeline.done", "timeline.done_short") if progress.done and progress.digest else ()
        names = names or ("timeline.progress", "timeline.progress_short", "timeline.progress_least")
        lines = [words(name, **values) for name in names]
        line = next((t for t in lines if self.theme.width(t, SMALL) <= text.w), lines[-1])
        self.theme.write(surface, line, text, size=SMALL, face=TEXT, colour=self.theme.palette.ink)
        end = words("timeline.axis_steps", steps=f"{axis_of(progress):,}")  # of the axis that grows
        wide = self.theme.width(end, SMALL - 1)
        if self.theme.width(line, SMALL) + wide + self.theme.px(16) <= text.w:
            style = TextStyle(size=SMALL - 1, face=TEXT, colour=self.theme.palette.faded, align="right")
            self.theme.write(surface, end, text, **style)


def measured(progress: Progress, task: str, words: Words) -> str:
    """Return how well a system does now, in per cent: the share right of late; in tasks with a measure of their own,
    such as rivals have, of whom a step tells only whether the critic was right, the last validation score."""
    share = progress.right
    if words.of_task("timeline.score", task) != "timeline.score":
        share = progress.curve[-1][2] if progress.curve else math.nan
    return UNKNOWN if math.isnan(share) else f"{100 * share:.0f}"


class LedgerPanel(Panel):
    """What a system costs: parameters, multiply-adds, stimuli shown, seconds.

    Parameters
    ----------
    box : Box
    theme : Theme
    scene : Scene
    side : str
        Of which system: ``first`` or ``second``.
    button : str
        Button that trains it, "" for none.
    """

    title = "timeline.ledger"

    def __init__(self, box: Box, theme: Theme, scene: Scene, *, side: Side = "first", button: str = ""):
        super().__init__(box, theme, scene)
        self.side: Side = side
        self.button = button
        px = theme.px
        row = max(px(20), theme.row(SMALL))
        self.buttons = ButtonRow(theme, pygame.Rect(self.inner.x, self.inner.bottom - row, self.inner.w, row), fill=1)
        self.regions = (self.buttons,)
        self._backdrop = Backdrop(self.inner)
        self._shown: tuple[str, tuple[tuple[str, str], ...]] | None = None

    def parts(self) -> list[Target]:
        """Return the button."""
        return self.buttons.parts()

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw the plate."""
        super().dress(surface, scene)
        self._backdrop.keep(surface)

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Show the figures."""
        system_view = system_at(scene.timeline, self.side)
        if system_view is None:
            return []
        lines = tuple(self.lines(system_view))
        key = (system_view.exhibit.name, lines)
        dirty: list[pygame.Rect] = []
        if key != self._shown:
            self._shown = key
            self.buttons.forget()
            self._draw(surface, lines)
            dirty = [self.inner]
        if self.button and system_view.exhibit.name != MARK1:
            names = [self.button.replace("learn", "stop") if system_view.learning else self.button]
            dirty += self.buttons.update(surface, scene, names, lambda name: name.startswith("stop"))
        return dirty

    def lines(self, system_view: SystemView) -> list[tuple[str, str]]:
        """Return what the ledger says, as (name of the word, figure)."""
        words, exhibit, reply = self.theme.words, system_view.exhibit, system_view.reply
        shipped = words("timeline.by_heart" if exhibit.score is not None else "timeline.nothing_learned")
        found = [
            ("timeline.parameters", f"{exhibit.parameters:,}"),
            ("timeline.multiply_adds", abbreviated(exhibit.multiply_adds)),
            ("timeline.learned", shipped if system_view.learned is None else f"{system_view.learned:,.0f}"),
            ("timeline.seconds", UNKNOWN if system_view.seconds is None else f"{system_view.seconds:,.1f}"),
        ]
        if reply is not None and reply.seconds:
            found.append(("timeline.answers_in", f"{1e3 * reply.seconds:.1f} ms"))
        progress = system_view.progress
        if progress is not None and self.button:
            now = words.of_task("timeline.right_now", exhibit.task)
            found.append((now, f"{measured(progress, exhibit.task, words)} %"))
        return found

    def _draw(self, surface: pygame.Surface, lines: tuple[tuple[str, str], ...]) -> None:
        theme, area, palette = self.theme, self.inner, self.theme.palette
        self._backdrop.restore(surface)
        room = area.h - (self.buttons.box.h + theme.px(4) if self.button else 0)
        row = max(theme.row(SMALL), min(theme.px(26), room // max(1, len(lines))))
        y, most = area.y, (room + 2) // row
        if len(lines) > most:  # what is not known goes first
            lines = tuple(line for line in lines if line[1] != UNKNOWN)[:most]
        for name, figure in lines:
            word, *shorter = theme.words.forms(name)
            face = TEXT if figure[0].isalpha() else FIGURES
            wide = min(theme.width(figure, SMALL, face) + theme.px(4), area.w * 2 // 3)
            value = pygame.Rect(area.right - wide, y, wide, row)
            theme.write(surface, figure, value, size=SMALL, face=face, align="right")
            box = pygame.Rect(area.x, y, area.w - wide - theme.px(4), row)
            style = TextStyle(size=SMALL, face=TEXT, colour=palette.faded, optional=True, shorter=shorter)
            theme.write(surface, word, box, **style)
            y += row
