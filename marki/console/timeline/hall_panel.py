"""The hall: what the visitor asks with, and a wall of plates on which all systems of the room answer at once."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pygame

from marki.console.drawing.layout import Box
from marki.console.drawing.panel import Panel
from marki.console.drawing.paragraphs import paragraphs
from marki.console.drawing.sprites import sign
from marki.console.drawing.theme import FIGURES, HUGE, NORMAL, SMALL, TEXT, TextStyle, Theme
from marki.console.panels.stimulus_panel import StimulusPanel
from marki.console.state.push_buttons import PENS
from marki.console.state.scene import Scene
from marki.console.state.targets import Target
from marki.console.state.timeline_view import TimelineView, on_wall, verdict
from marki.console.timeline import timeline_layout
from marki.console.timeline.activation_panel import answered, cut
from marki.console.timeline.answer_panel import draw_field
from marki.console.timeline.buttons import ButtonRow
from marki.console.timeline.counts import abbreviated
from marki.console.timeline.scene_plates import READ_BACK, draw_illustration, draw_reading, draw_speech
from marki.console.timeline.strip_panel import loading
from marki.io.exhibits import Exhibit, Reply
from marki.io.ports import Port
from marki.io.rooms import TASK, Asks

WIDE, WIDE_LETTERED, WIDE_SPOKEN = 150, 170, 260  # breadth of a plate, in hundredths of its height


class HallCard(StimulusPanel):
    """The card to draw on, or what the photocells saw last."""

    title = "timeline.hall_card"

    def light(self, scene: Scene) -> np.ndarray:
        """Return the light of the card that all are asked about, (20, 20), 0…1."""
        return super().light(scene) if scene.timeline is None else scene.timeline.frame


class PenPanel(Panel):
    """Buttons for the pens, and to clear the card or put it away."""

    dark = True
    lines = 2
    """Lines in which the buttons stand in large type."""

    always = False
    """Whether they stand in as many lines in other type, too."""

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        margin = theme.px(6)
        lines = self.lines if theme.profile.least or self.always else 1
        self.buttons = ButtonRow(theme, self.rect.inflate(-2 * margin, -2 * margin), fill=lines)
        self.regions = (self.buttons,)

    def parts(self) -> list[Target]:
        """Return the buttons."""
        return self.buttons.parts()

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the buttons."""
        pen = PENS[scene.ui.pen]
        return self.buttons.update(surface, scene, self.names(), lambda name: name == pen)

    def names(self) -> list[str]:
        """Return the buttons."""
        return [*PENS.values(), "clear", "card"]


class CardPens(PenPanel):
    """The same buttons where there is room for one line of them only: in large type, those that one must have."""

    lines = 1

    def names(self) -> list[str]:
        """Return the buttons."""
        return ["wide", "eraser", "clear"] if self.theme.profile.least else super().names()


class AgainPanel(PenPanel):
    """Buttons to have the same drawn once more, or as before."""

    lines = 1

    def names(self) -> list[str]:
        """Return the buttons."""
        return ["drawn_before", "draw_again"]


class LineCard(Panel):
    """The line that was typed to all systems of the room."""

    title = "timeline.teleprinter"

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        self._shown: str | None = None

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Write the line."""
        text = scene.ui.typed or self.theme.words("timeline.no_line")
        if text == self._shown:
            return []
        self._shown = text
        theme = self.theme
        pygame.draw.rect(surface, theme.palette.paper, self.inner)
        area = self.inner.inflate(-theme.px(24), -theme.px(16))
        colour = theme.palette.ink if scene.ui.typed else theme.palette.faded
        paragraphs(surface, theme, area, [(text, colour)], NORMAL, SMALL)
        return [self.inner]


class LinePanel(PenPanel):
    """Buttons to type a line, and to have it answered once more."""

    lines = 1

    def names(self) -> list[str]:
        """Return the buttons."""
        return ["type_line", "drawn_before", "draw_again"]


class Plate(NamedTuple):
    """What stands on a plate.

    Attributes
    ----------
    exhibit : Exhibit
    reply : Reply or None
    right : bool or None
        Whether the answer is right, where that can be said.
    hovered : bool
    silent : str
        Why it does not answer; "" if it does.
    covered : bool
        Whether the answer is to be predicted first.
    asks : Asks
        What the room asks with.
    """

    exhibit: Exhibit
    reply: Reply | None
    right: bool | None
    hovered: bool
    silent: str
    covered: bool
    asks: Asks


class WallPanel(Panel):
    """A plate for each system of the room, in order of time."""

    title = "timeline.hall"
    dark = True

    def __init__(self, box: Box, theme: Theme, scene: Scene):
        super().__init__(box, theme, scene)
        self._note = self.note(colour=theme.palette.ivory)
        self._names: tuple[str, ...] = ()
        self._boxes: list[Box] = []
        self._dated = False  # whether there is room for the year beside each name
        self._reader: Box | None = None  # where the reader has a plate among them, the first
        self._shown: dict[str, tuple[object, ...]] = {}

    def update(self, surface: pygame.Surface, scene: Scene) -> list[pygame.Rect]:
        """Draw the plates whose answer has changed."""
        timeline = scene.timeline
        if timeline is None:
            return []
        room = timeline.room
        exhibits = [e for e in timeline.exhibits if on_wall(e, room)]
        names = tuple(e.name for e in exhibits)
        dirty: list[pygame.Rect] = []
        if names != self._names:
            self._names, self._shown = names, {}
            pygame.draw.rect(surface, self.theme.palette.black, self.inner)
            box, count, gap = Box(*self.inner), len(names), self.theme.px(6)
            if all(answers is Port.FIELD for _, answers in room.ports):
                under = READ_BACK if room.asks is Asks.CAPTION else 1
                lines = (1 + under) * self.theme.row(SMALL) + self.theme.px(12)
                self._boxes = timeline_layout.easels(box, count, lines=lines, gap=gap)
            else:
                read = room.asks is Asks.SCENE
                wide = WIDE_LETTERED if self.theme.profile.least else WIDE_SPOKEN if read else WIDE
                boxes = timeline_layout.wall(box, count + read, wide=wide, gap=gap)
                self._reader, self._boxes = (boxes[0], boxes[1:]) if read else (None, boxes)
            breadth = min((box.w for box in self._boxes), default=0) - self.theme.px(14) - self._year_width()
            self._dated = all(self.theme.width(self._name(e, breadth), SMALL - 1) <= breadth for e in exhibits)
            dirty.append(self.inner)
        if self._reader is not None:
            dirty += self._read(surface, pygame.Rect(self._reader), timeline.hall.get(TASK))
        right = judged = 0
        for k, exhibit in enumerate(exhibits):
            reply = timeline.hall.get(exhibit.name)
            correct = verdict(reply, exhibit)
            silent = self._silent(exhibit, timeline) if reply is None and timeline.ready else ""
            judged += correct is not None
            right += bool(correct)
            covered = timeline.covered and room.asks is Asks.CARD
            hovered = scene.ui.hovered == Target("plate", k)
            plate = Plate(exhibit, reply, correct, hovered, silent, covered, room.asks)
            sure = None if reply is None or math.isnan(reply.confidence) else round(reply.confidence, 2)
            drawn = None if reply is None or reply.field is None else reply.field.tobytes()
            asked = None if reply is None or not room.told else reply.stimulus.tobytes()
            read = "" if reply is None else reply.read
            key = (answered(reply), sure, drawn, asked, read, *plate[2:])
            if key != self._shown.get(exhibit.name):
                self._shown[exhibit.name] = key
                self._plate(surface, pygame.Rect(self._boxes[k]), plate)
                dirty.append(pygame.Rect(self._boxes[k]))
        return [*dirty, *self._note.update(surface, self._summary(timeline, right, judged))]

    def _read(self, surface: pygame.Surface, box: pygame.Rect, told: Reply | None) -> list[pygame.Rect]:
        """Draw the plate of the reader that is no network, if what it reads has changed."""
        key = (None if told is None else told.said,)
        if key == self._shown.get(TASK):
            return []
        self._shown[TASK] = key
        px, palette = self.theme.px, self.theme.palette
        pygame.draw.rect(surface, palette.black, box)
        pygame.draw.rect(surface, palette.paper, box, border_radius=px(4))
        draw_reading(surface, self.theme, box.inflate(-px(14), -px(8)), told)
        return [box]

    def _silent(self, exhibit: Exhibit, timeline: TimelineView) -> str:
        """Return why a system does not answer: it was not trained, or not on this, or nobody knows what is asked; ""
        if it only takes its time."""
        words, subjects = self.theme.words, exhibit.hall.get(timeline.room.name, ())
        if timeline.task not in subjects:
            return words("timeline.not_taught" if subjects or timeline.room.trained else "timeline.untrained")
        told = timeline.hall.get(TASK)
        if told is not None and timeline.room.asks is Asks.TASK and exhibit.task == "holes" and not told.wanted:
            return words("timeline.needs_hole")  # it cannot be asked with words alone
        asked = timeline.room.asks is not Asks.SCENE or exhibit.answers is Port.LAMPS
        if told is None or not asked or not (told.unknown or told.offer):
            return ""
        if timeline.room.asks is Asks.SCENE:  # on the wall alone it is said what nobody knows
            return words("timeline.unknown_words", words=words("timeline.and").join(told.unknown))
        return words("timeline.not_understood")

    def _summary(self, timeline: TimelineView, right: int, judged: int) -> str:
        words = self.theme.words
        if not timeline.ready:
            return loading(self.theme.words, timeline)
        if timeline.room.asks is not Asks.CARD:
            return self._summary_of_drawings(timeline, right, judged)
        if timeline.covered:
            return words("timeline.hidden")
        if judged:
            return words("timeline.hall_right", right=right, count=judged, name=words.class_name(timeline.wanted))
        said: dict[str, int] = {}
        for name in self._names:
            reply = timeline.hall.get(name)
            if reply is not None and reply.said:
                said[reply.said] = said.get(reply.said, 0) + 1
        if not said:
            return words("timeline.no_card") if not timeline.frame.any() else ""
        best = max(said, key=lambda n: said[n])
        return words("timeline.hall_most", name=best, count=said[best], all=sum(said.values()))

    def _summary_of_drawings(self, timeline: TimelineView, right: int, judged: int) -> str:
        words, replies = self.theme.words, list(timeline.hall.values())
        if not any(e.hall.get(timeline.room.name) for e in timeline.exhibits):
            return words("timeline.nobody_trained")
        if timeline.room.told:
            told = timeline.hall.get(TASK)
            if timeline.room.asks is Asks.SCENE and told is not None and not told.said:
                return words("timeline.says_unjudged")
            return words(f"timeline.{timeline.room.name}_right", right=right, count=judged) if judged else ""
        reader = next((r.reader for r in replies if r.reader and r.wanted), "")
        if not judged or not reader:
            return ""
        wanted = next(r.wanted for r in replies if r.wanted)
        return words("timeline.reader_reads", reader=reader, right=right, count=judged, name=wanted)

    def _year_width(self) -> int:
        """Return how wide a year is beside a name, px."""
        return self.theme.width("0000", SMALL - 1, FIGURES) + self.theme.px(6)

    def _name(self, exhibit: Exhibit, room: int) -> str:
        """Return the name of a system, or its short one where that is too wide."""
        return exhibit.label if self.theme.width(exhibit.label, SMALL - 1) <= room else exhibit.short or exhibit.label

    def _plate(self, surface: pygame.Surface, box: pygame.Rect, plate: Plate) -> None:
        theme, px, palette = self.theme, self.theme.px, self.theme.palette
        exhibit, reply, right, hovered, silent, covered, asks = plate
        face = palette.plate if not hovered else palette.paper
        pygame.draw.rect(surface, palette.black, box)
        pygame.draw.rect(surface, face, box, border_radius=px(4))
        colour = palette.frame if right is None else palette.right if right else palette.wrong
        if right is not None:
            pygame.draw.rect(surface, colour, box, max(px(3), theme.line(1)), border_radius=px(4))
        area = box.inflate(-px(14), -px(8))
        row = theme.row(SMALL - 1)
        head = pygame.Rect(area.x, area.y, area.w, row)
        if self._dated:
            style = TextStyle(size=SMALL - 1, face=FIGURES, colour=palette.faded, align="right")
            theme.write(surface, f"{exhibit.year}", head, **style)
            head.w -= self._year_width()
        # A name becomes smaller, where the type may, before it is cut.
        theme.write(surface, self._name(exhibit, head.w), head, size=SMALL - 1, face=TEXT, free=True)
        foot = pygame.Rect(area.x, area.bottom - row, area.w, row)
        if asks is Asks.CAPTION:
            easel = pygame.Rect(area.x, area.y + row, area.w, area.h - row)
            draw_illustration(surface, theme, easel, reply, right=right, waits=silent or "…")
            return
        if reply is not None and reply.field is not None:
            self._drawing(surface, pygame.Rect(area.x, area.y + row, area.w, foot.y - area.y - row), foot, plate)
            return
        roomy = area.h > 3.4 * row
        if roomy:
            weights = theme.words("timeline.weights", count=abbreviated(exhibit.parameters))
            short = weights if theme.fits(weights, foot, SMALL - 1) else abbreviated(exhibit.parameters)
            theme.write(surface, short, foot, size=SMALL - 1, face=TEXT, colour=palette.faded, align="right")
        thick = max(px(6), theme.profile.line * 2)
        if asks is Asks.SCENE and reply is not None and math.isnan(reply.confidence):
            thick = 0  # without a bar there is more room for the sentence
        track = pygame.Rect(area.x, (foot.y if roomy else area.bottom) - thick - px(2), area.w, thick)
        window = pygame.Rect(area.x, area.y + row, area.w, track.y - area.y - row - px(2))
        if reply is None:
            text = "?" if covered else silent or "…"
            size = SMALL if silent and not covered else NORMAL
            theme.write(surface, text, window, size=size, face=TEXT, colour=palette.faded, align="centre")
            return
        said = answered(reply)
        if asks is Asks.SCENE:
            draw_speech(surface, theme, window, reply, right=right)
        elif exhibit.answers == Port.TEXT:
            ink = palette.ink if right is None else palette.right if right else palette.wrong
            paragraphs(surface, theme, window, [(said, ink)], SMALL, SMALL - 1, SMALL - 2)
        else:
            self._named(surface, window, reply, right)
        if not math.isnan(reply.confidence):
            pygame.draw.rect(surface, (150, 148, 138), track)
            share = min(1.0, max(0.0, reply.confidence))
            pygame.draw.rect(surface, palette.trace, (track.x, track.y, round(track.w * share), track.h))

    def _named(self, surface: pygame.Surface, window: pygame.Rect, reply: Reply, right: bool | None) -> None:
        """Write the class that was named, with the verdict."""
        theme, px, palette, said = self.theme, self.theme.px, self.theme.palette, answered(reply)
        colour = palette.frame if right is None else palette.right if right else palette.wrong
        size = max(10, min(px(24), window.h - px(6)))
        if right is not None:
            mark = pygame.Rect(window.right - size, window.centery - size // 2, size, size)
            surface.blit(sign("right" if right else "wrong", size, colour), mark)
        middle = window.inflate(-2 * (size + px(2)), 0) if len(said) < 4 else window.inflate(0, 0)
        if len(said) >= 4 and right is not None:
            middle.w -= size + px(2)
        if said:
            face = "routed-gothic" if said.isascii() else TEXT
            # The answer of a system that does not know the class counts neither as right nor as wrong.
            ink = palette.faded if right is None and reply.wanted else palette.ink
            theme.write(surface, said, middle, size=HUGE * 0.8, face=face, align="centre", colour=ink)
        else:
            none = theme.words("trainer.none")
            theme.write(surface, none, middle, size=SMALL, face=TEXT, colour=palette.faded, align="centre")

    def _drawing(self, surface: pygame.Surface, window: pygame.Rect, foot: pygame.Rect, plate: Plate) -> None:
        """Draw what was drawn, and write what the reader takes it for."""
        theme, px, palette = self.theme, self.theme.px, self.theme.palette
        reply, right = plate.reply, plate.right
        assert reply is not None, "a plate without an answer has no drawing"
        assert reply.field is not None, "only a drawing is drawn"
        side = min(window.w, window.h - px(4))
        square = pygame.Rect(0, 0, side, side)
        square.center = window.center
        draw_field(surface, theme, reply.field, square)
        if reply.said:
            self._program(surface, foot, reply.said, right)
        if not reply.read:
            return
        forms = theme.words.forms("timeline.read_as" if reply.wanted else "timeline.drew_any", name=reply.read)
        text = next((form for form in forms if theme.fits(form, foot, SMALL)), forms[-1])
        colour = palette.faded if right is None else palette.right if right else palette.wrong
        theme.write(surface, text, foot, size=SMALL, face=TEXT, colour=colour, align="centre")
        if right is not None:
            size = max(10, min(px(24), foot.h))
            surface.blit(sign("right" if right else "wrong", size, colour), (foot.right - size, foot.y))

    def _program(self, surface: pygame.Surface, foot: pygame.Rect, said: str, right: bool | None) -> None:
        """Write the program that drew, as far as there is room for it, with the verdict."""
        theme, palette = self.theme, self.theme.palette
        size = max(10, min(theme.px(24), foot.h)) if right is not None else 0
        line = pygame.Rect(foot.x, foot.y, foot.w - size, foot.h)
        colour = palette.ink if right is None else palette.right if right else palette.wrong
        theme.write(surface, cut(theme, said, line.w, SMALL - 1), line, size=SMALL - 1, face=TEXT, colour=colour)
        if right is not None:
            mark = sign("right" if right else "wrong", size, colour)
            surface.blit(mark, (foot.right - size, foot.y))

    # -- hands ---------------------------------------------------------------------------------------------------------

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the plate under a place."""
        return next((Target("plate", k) for k, b in enumerate(self._boxes) if pygame.Rect(b).collidepoint(place)), None)

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a plate is."""
        known = part.kind == "plate" and part.number < len(self._boxes)
        return pygame.Rect(self._boxes[part.number]) if known else None

    def parts(self) -> list[Target]:
        """Return the first plate."""
        return [Target("plate", 0)] if self._boxes else []

    def name_of(self, number: int) -> str:
        """Return the name of the system on a plate."""
        return self._names[number] if 0 <= number < len(self._names) else ""
