"""The narration: one sentence that says what is happening; beside it what a newcomer is offered, or the tour."""

from __future__ import annotations

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Declared, Panel
from marki.console.drawing.theme import NORMAL, SMALL, TEXT, Theme
from marki.console.panels.trainer_panel import verdict
from marki.console.state.first_minute import OFFERS, ON_TOUR, STEPS, WELCOME
from marki.console.state.scene import Scene
from marki.console.state.studio import tool_of
from marki.console.state.targets import Target
from marki.io.card_names import card_name
from marki.io.drawing_orders import Tool
from marki.io.exhibits import MARK1
from marki.io.ports import Port
from marki.language import Words

STEADY_FRAMES = 30  # for which a sentence stands at high speed
VERDICTS = frozenset(("response", "trainer"))


def sentence(scene: Scene, words: Words) -> str:
    """Return one sentence about what is happening; it never says an answer that is covered.

    Parameters
    ----------
    scene : Scene
    words : Words
    """
    ui, timeline = scene.ui, scene.timeline
    if ui.tour >= 0:
        return words(f"tour.{STEPS[ui.tour]}")
    if ui.editing:
        return words("now.editor" if ui.desk.writing else "now.editor_left")
    if timeline is not None and ui.chart:
        return words(f"now.{ui.chart}")
    if timeline is not None and ui.hall:
        return words(f"now.room_{timeline.room.name}", name=ui.studio.named)
    if ui.draft is not None:
        return words("now.draft")
    if timeline is not None and timeline.first.exhibit.name != MARK1:
        first = timeline.first.exhibit
        if timeline.second is not None:
            return words("now.pair", first=first.label, second=timeline.second.exhibit.label)
        if (tool := tool_of(ui.studio, first)) is not None:
            reply = timeline.first.reply
            free = reply is not None and reply.sheet is not None and not reply.sheet.told
            shown = first.accepts is not Port.LAMPS or tool is Tool.SLIDE
            name = f"now.studio_{'shown' if shown else 'free' if free else 'told'}"
            how = words(f"now.tool_{tool}")
            return words(name, name=first.label, year=first.year, what=ui.studio.named, tool=how)
        if first.accepts == Port.TEXT:
            return words("now.system_text", name=first.label, year=first.year)
        if ui.dark and first.accepts in (Port.FRAME, Port.ASKED):
            return words("now.system_dark", name=first.label, year=first.year)
        if first.accepts == Port.ASKED:
            return words(words.of_task("now.system_asked", first.task), name=first.label, year=first.year)
        name = "now.system" if timeline.first.live else "now.system_example"
        return words(name, name=first.label, year=first.year)
    text = _of_machine(scene, words)
    return words("now.stopped", text=text) if scene.state == "stopped" and scene.trial + scene.snapshot.trial else text


def _of_machine(scene: Scene, words: Words) -> str:
    """Return a sentence about the Mark I."""
    look, ui = scene.snapshot, scene.ui
    if scene.state == "searching":
        return words("now.searching")
    if look.presentation is None:
        return words("now.idle")
    shown, answer, _, right = verdict(scene, words("trainer.none"))
    shown, answer = card_name(shown, words), words.class_name(answer)
    shown, answer = words.quoted(shown), words.quoted(answer) if answer else answer
    if ui.covered:
        return words("now.covered", shown=shown)
    telling = not (ui.hidden & VERDICTS)
    if scene.fast and telling and len(scene.errors):
        size = min(len(scene.errors), scene.pass_size)
        errors = int(np.count_nonzero(scene.errors[-size:]))
        name = "now.fast" if errors else "now.fast_right"
        return words(name, errors=errors, count=size, trial=f"{scene.trial:,}")
    if look.phase == "look" or not telling:
        return words("now.look", shown=shown, cells=int(np.count_nonzero(look.view.s)))
    if look.phase == "read":
        return words("now.read", shown=shown, units=int(np.count_nonzero(look.view.a)))
    if right:
        return words("now.right", shown=shown)
    known = answer != words.quoted(words("trainer.none"))
    read = words("now.read_as", shown=shown, answer=answer) if known else words("now.read_as_none", shown=shown)
    if right is None:
        return words("now.unjudged", read=read)
    name = "now.wrong" if not scene.learning else "now.teach" if look.phase == "teach" else "now.corrected"
    return words(name, read=read)


class NarrationPanel(Panel):
    """A line under the header; it is two lines where one does not hold the sentence."""

    about = "narration"

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        self._shown: tuple[str, tuple[bool, ...], int] | None = None
        self._said = ("", -STEADY_FRAMES)
        self.places: dict[int, pygame.Rect] = {}
        self._offered: tuple[int, ...] | None = None
        self._text = self.rect

    def dress(self, surface: pygame.Surface, scene: Scene) -> None:
        """Clear the line."""
        pygame.draw.rect(surface, self.theme.palette.room, self.rect)

    def _place(self, scene: Scene) -> None:
        """Place what is offered at the right, as wide as its words."""
        ui, theme, px = scene.ui, self.theme, self.theme.px
        offered = ON_TOUR if ui.tour >= 0 else WELCOME if ui.welcome and not ui.lesson else ()
        if offered == self._offered:
            return
        self._offered, self.places, self._shown = offered, {}, None
        right = self.rect.right - px(9)
        top, high = self.rect.y + px(4), self.rect.h - px(8)
        for number in reversed(offered):
            wide = theme.width(self._words(number), SMALL) + px(18)
            right -= wide
            self.places[number] = pygame.Rect(right, top, wide, high)
            right -= px(6)
        left = self.rect.x + px(16)
        self._text = pygame.Rect(left, self.rect.y, right - px(6) - left, self.rect.h)

    def _words(self, number: int) -> str:
        return self.theme.words.forms(f"offer.{OFFERS[number].name}")[-1 if self.theme.profile.plain else 0]

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Say what is happening, and show what is offered."""
        self._place(scene)
        ui = scene.ui
        text = sentence(scene, self.theme.words)
        was, since = self._said
        if scene.fast and scene.state != "stopped" and ui.tour < 0 and was and 0 <= scene.beat - since < STEADY_FRAMES:
            text = was
        elif text != was:
            self._said = (text, scene.beat)
        under = tuple(Target("offer", n) in (ui.hovered, ui.held, ui.focus) for n in self.places)
        key = (text, under, ui.tour)
        if key == self._shown:
            return []
        self._shown = key
        self._draw(surface, text, ui.tour, under)
        return [self.rect]

    def _draw(self, surface: pygame.Surface, text: str, step: int, under: tuple[bool, ...]) -> None:
        theme, px, palette, box = self.theme, self.theme.px, self.theme.palette, self._text
        pygame.draw.rect(surface, palette.room, self.rect)
        if step >= 0:
            text = f"{step + 1}/{len(STEPS)}  {text}"
        colour = palette.focus if step >= 0 else palette.ivory
        if theme.width(text, NORMAL) <= box.w:
            theme.write(surface, text, box, size=NORMAL, face=TEXT, colour=colour)
        else:
            lines = theme.wrap(text, box.w, SMALL - 1)
            row = min(theme.row(SMALL - 1), box.h // 2)
            lines = (
                [*lines[:1], " ".join(lines[1:])] if theme.words.language == "en" else [lines[0], "".join(lines[1:])]
            )
            top = box.y + (box.h - 2 * row) // 2
            for k, line in enumerate(lines):
                place = pygame.Rect(box.x, top + k * row, box.w, row)
                theme.write(surface, line, place, size=SMALL - 1, face=TEXT, colour=colour)
        for (number, place), lit in zip(self.places.items(), under, strict=True):
            pygame.draw.rect(surface, (22, 22, 22), place, border_radius=px(4))
            top = place.inflate(-2 * px(1), -2 * px(1))
            pygame.draw.rect(surface, (255, 214, 138) if lit else palette.focus, top, border_radius=px(3))
            theme.write(surface, self._words(number), top, size=SMALL, face=TEXT, align="centre")

    # -- hands -------------------------------------------------------------------------------------------------------

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return what is offered at a place, or the line itself."""
        found = next((Target("offer", n) for n, rect in self.places.items() if rect.collidepoint(place)), None)
        return found or Target(self.about)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where an offer is."""
        return self.places.get(part.number) if part.kind == "offer" else None

    def parts(self) -> list[Target]:
        """Return what is offered, from left to right."""
        return [Target("offer", n) for n in sorted(self.places)]


PANEL = Declared(name="narration", panel=NarrationPanel, views=("frame",))
