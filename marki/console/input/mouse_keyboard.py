"""What the mouse does to parts, as commands; and the focus of the keyboard."""

from __future__ import annotations

import pygame

from marki.console.actions.operator import Operator
from marki.console.drawing.panel import Given, Panel, place_of
from marki.console.input import brush, frame_drag
from marki.console.panels.command_bar import ControlBar
from marki.console.panels.page_panel import PagePanel
from marki.console.panels.time_bar import TimeBar
from marki.console.state.blocks import PageRow
from marki.console.state.editor_keys import EDITOR_KEYS
from marki.console.state.first_minute import OFFERS
from marki.console.state.push_buttons import BUTTONS
from marki.console.state.targets import GRIDS, Target
from marki.console.timeline.hall_panel import WallPanel
from marki.console.timeline.scale_panel import ScalePanel
from marki.console.timeline.strip_panel import StripPanel

SWEEP_PX = 300  # of an upright drag, for a potentiometer's whole travel
FINE = 0.1  # of a drag or notch with Shift
STILL_PX = 3  # a press that moves less is a click
NEAR_PX = 9  # a press so near a side of a frame takes hold of it
DOUBLE_MS = 350
WHEEL_PX, WHEEL_ROWS = 48, 3


class InputHandler:
    """Turns what the mouse does into commands.

    Parameters
    ----------
    operator : Operator
    """

    def __init__(self, operator: Operator):
        self.operator, self.ui = operator, operator.ui
        self.panels: dict[str, Panel] = {}
        self._from: tuple[int, int] = (0, 0)
        self._angle = 0.0
        self._ink = 255
        self._button = 1
        self._to = 0
        self._last: Target | None = None
        self._moved = False
        self._clicked = (Target(""), -DOUBLE_MS, (0, 0))  # what was clicked last, when and where
        self._frame: frame_drag.Frame = (0.0, 0.0, 1.0, 1.0)  # before a drag, and which of its sides are held
        self._sides = (False, False, False, False)
        self.unit = 1.0
        self.place: tuple[int, int] = (0, 0)

    def let_go(self) -> None:
        """Let go whatever the mouse holds."""
        self.ui.held = self._last = None
        self._clicked = (Target(""), -DOUBLE_MS, (0, 0))

    # -- finding -----------------------------------------------------------------------------------------------------

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the part under a place of the window."""
        for panel in self.panels.values():
            if panel.rect.collidepoint(place):
                return panel.part_at(place)
        return None

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a part lies."""
        return place_of(part, self.panels.values())

    def stops(self) -> list[Target]:
        """Return the parts at which Tab stops, in order."""
        return [part for panel in self.panels.values() for part in panel.parts()]

    # -- the mouse ---------------------------------------------------------------------------------------------------

    def point(self, event: pygame.event.Event) -> None:
        """Move the mouse, press or let go a button, or turn the wheel."""
        if event.type == pygame.MOUSEWHEEL:
            self._wheel(event)
            return
        self.place = event.pos
        here = self.part_at(event.pos)
        self.ui.hovered = here
        if event.type == pygame.MOUSEBUTTONDOWN and event.button in (1, 3):
            self._press(here, event.pos, event.button)
        elif event.type == pygame.MOUSEBUTTONUP and event.button in (1, 3):
            self._release(here, event.pos)
        elif event.type == pygame.MOUSEMOTION:
            self._drag(here, event.pos)

    def _press(self, part: Target | None, place: tuple[int, int], button: int) -> None:
        ui, operator = self.ui, self.operator
        first, when, where = self._clicked
        self._button = button
        near = max(abs(place[0] - where[0]), abs(place[1] - where[1])) <= STILL_PX
        if first.kind == "value" and near and ui.tool != "break" and self._again(when):
            # The first click opened a page, and something else may lie here now.
            self._clicked = (Target(""), -DOUBLE_MS, place)
            ui.held = None
            operator.obey("turn", units=[first.number], deg=[0.0])
            return
        if part is not None and part.kind == first.kind == "letter" and near and self._again(when):
            ui.held, self._clicked = None, (Target(""), -DOUBLE_MS, place)
            operator.obey("select_word", at=part.number)
            return
        ui.held, self._from, self._moved, self._last = part, place, False, part
        if part is None:
            return
        ui.focus = part if part.kind in (*GRIDS, "row") and part.kind != "cell" else None
        match part.kind:
            case "cell":
                self._ink = 0 if button == 3 or ui.pen == brush.ERASER else 255
                self._draw(part, part)
            case "letter":
                operator.obey("place_cursor", at=part.number, extend=bool(pygame.key.get_mods() & pygame.KMOD_SHIFT))
            case "value":
                self._angle = float(operator.session.learner.view().values[part.number])
            case "picture" if (page := self.page) is not None:
                wide, high = page.picture_size
                near = NEAR_PX * self.unit / wide, NEAR_PX * self.unit / high
                self._frame = page.frame
                self._sides = frame_drag.grasped(page.frame, page.share_at(place), near)
            case "time":
                operator.obey("go_to", trial=part.number)
            case "canvas":
                self._ink = 0 if button == 3 or ui.pen == brush.ERASER else 255
                self._paint(part, part)
            case "toggle":
                operator.obey("throw_toggle", number=part.number)
                self._to = int(operator.session.learner.sensory.forced[part.number])
            case _:
                self._pull(part, place, fresh=True)

    @staticmethod
    def _again(when: int) -> bool:
        """Return whether a click is the second of a double click, after one at this time, ms."""
        return pygame.time.get_ticks() - when < DOUBLE_MS

    def _drag(self, here: Target | None, place: tuple[int, int]) -> None:
        held, operator = self.ui.held, self.operator
        if held is None:
            return
        if max(abs(place[0] - self._from[0]), abs(place[1] - self._from[1])) > STILL_PX:
            self._moved = True
        match held.kind:
            case "cell" if here is not None and here.kind == "cell" and here != self._last:
                self._draw(self._last or here, here, more=True)
                self._last = here
            case "letter" if here is not None and here.kind == "letter" and here != self._last:
                self._last = here
                operator.obey("place_cursor", at=here.number, extend=True)
            case "value" if self._moved:
                share = FINE if pygame.key.get_mods() & pygame.KMOD_SHIFT else 1.0
                travel = operator.session.learner.config.potentiometers.travel_deg
                by = (self._from[1] - place[1]) / (SWEEP_PX * self.unit) * travel * share
                self.ui.turning = (held.number, max(-travel / 2, min(travel / 2, self._angle + by)))
            case "picture" if self._moved and (page := self.page) is not None:
                start, to = page.share_at(self._from), page.share_at(place)
                frame = frame_drag.dragged(self._frame, self._sides, start, to)
                operator.obey("preview_frame", frame=[round(share, 4) for share in frame])
            case "time":
                bar = self.panels.get("time")
                if isinstance(bar, TimeBar):
                    operator.obey("go_to", trial=bar.trial_at(place))
            case "toggle" if here is not None and here.kind == "toggle" and here != self._last:
                self._last = here
                operator.obey("throw_toggle", number=here.number, to=self._to)
            case "canvas" if here is not None and here.kind == "canvas" and here != self._last:
                self._paint(self._last or here, here, more=True)
                self._last = here
            case "canvas" | "cell" | "value" | "picture" | "toggle":
                pass
            case _ if place != self._from:
                self._pull(held, place, fresh=False)

    def _pull(self, part: Target, place: tuple[int, int], *, fresh: bool) -> None:
        """Give the command that a drag of a part means to its panel."""
        for panel in self.panels.values():
            given = panel.dragged(part, self._from, place, fresh=fresh)
            if given is not None:
                self.operator.obey(given.command, **given.arguments)
                return

    def _paint(self, one: Target, other: Target, *, more: bool = False) -> None:
        """Draw into a picture on its way, from one cell of the lamp panel to another."""
        cells = brush.stroke(one.number, other.number, brush.width_of(self.ui.pen))
        self.operator.obey("paint", cells=cells, level=int(self._ink > 0), more=more)

    def _draw(self, one: Target, other: Target, *, more: bool = False) -> None:
        """Ink or erase from one cell to another; where there is no card of one's own, nothing can be erased."""
        if self._ink or self.ui.draft is not None:
            cells = brush.stroke(one.number, other.number, brush.width_of(self.ui.pen))
            self.operator.obey("ink", cells=cells, level=self._ink, more=more)

    def _release(self, here: Target | None, place: tuple[int, int]) -> None:
        ui, operator = self.ui, self.operator
        held, ui.held = ui.held, None
        if held is None:
            return
        if here is not None and {held.kind, here.kind} == {"s", "a"}:
            self._wire(held, here)
        elif held.kind == "value" and ui.turning is not None:
            operator.obey("turn", units=[held.number], deg=[round(ui.turning[1], 3)])
        elif here == held and held.kind not in ("cell", "time", "toggle", "canvas"):
            self._clicked = (held, pygame.time.get_ticks(), place)
            self.click(held)

    def _wire(self, one: Target, other: Target) -> None:
        """Plug a wire between an S-unit and an A-unit, with Shift one that inhibits; or cut the one that is there."""
        cell, unit = (one, other) if one.kind == "s" else (other, one)
        wired = self.operator.session.learner.wiring[unit.number, cell.number]
        shift = pygame.key.get_mods() & pygame.KMOD_SHIFT
        sign = "=" if wired else "-" if shift else "+"
        self.operator.obey("patch", unit=unit.number, cell=cell.number, sign=sign)

    def click(self, part: Target) -> None:
        """Press a part and let it go."""
        ui, operator = self.ui, self.operator
        match part.kind:
            case "button":
                bar = next(p for p in self.panels.values() if isinstance(p, ControlBar))
                operator.obey(bar.commands[part.number].name)
            case "offer":
                operator.obey(OFFERS[part.number].command)
            case "row":
                row = self.row(part)
                if row is not None and row.command:
                    operator.obey(row.command, **row.arguments)
                elif row is not None:
                    self.turn_row(row, 1)
            case "close":
                operator.obey("page", name="")
            case "s" | "a" | "value" if ui.tool == "break":
                operator.obey("break_unit", kind=part.kind, number=part.number)
            case "s" | "a" | "value" | "r":
                operator.obey("pick", kind=part.kind, number=part.number)
            case "toggle":
                operator.obey("throw_toggle", number=part.number)
            case "force":
                operator.obey("throw_force", number=part.number)
            case "layer":
                operator.obey("show_layer", layer=part.number)
            case "system" | "plate" | "area":
                self._choose(part)
            case "key":
                operator.obey(EDITOR_KEYS[part.number].command, **EDITOR_KEYS[part.number].arguments)
            case "letter":
                operator.obey("write_program")
            case "knob":
                operator.obey(BUTTONS[part.number].command, **BUTTONS[part.number].arguments)
            case "pen":
                operator.obey("pen", width=part.number)
            case "door":
                operator.obey("doors")
            case "cell":
                lit = ui.draft is not None and ui.draft.reshape(-1)[part.number] > 0
                self._ink = 0 if lit or ui.pen == brush.ERASER else 255
                operator.obey("ink", cells=[part.number], level=self._ink)
            case _ if (given := self._given(part)) is not None:
                operator.obey(given.command, **given.arguments)

    def _given(self, part: Target) -> Given | None:
        """Return the command that the panel of a part gives when it is clicked."""
        return next((given for panel in self.panels.values() if (given := panel.given(part)) is not None), None)

    def _choose(self, part: Target) -> None:
        """Put the system of a plate up; with Shift or the right button, at the side."""
        kind = {"system": StripPanel, "plate": WallPanel, "area": ScalePanel}[part.kind]
        naming = (StripPanel, WallPanel, ScalePanel)
        panel = next((p for p in self.panels.values() if isinstance(p, naming) and isinstance(p, kind)), None)
        name = panel.name_of(part.number) if panel is not None else ""
        aside = self._button == 3 or pygame.key.get_mods() & pygame.KMOD_SHIFT
        if name:
            self.operator.obey("beside" if aside else "put_up", name=name)

    def _wheel(self, event: pygame.event.Event) -> None:
        part, page = self.ui.hovered, self.page
        if part is not None and part.kind == "value":
            fine = FINE if pygame.key.get_mods() & pygame.KMOD_SHIFT else 1
            self.operator.obey("notch", unit=part.number, way=event.y * fine)
        elif page is not None and page.rect.collidepoint(self.place):
            self.ui.scroll = max(0, self.ui.scroll - event.y * round(WHEEL_PX * self.unit))
        elif part is not None and part.kind == "letter":
            self.operator.obey("scroll_program", way=-WHEEL_ROWS * event.y)
        elif part is not None and part.kind in ("area", "scale"):
            self.operator.obey("zoom", way=event.y)
        elif part is not None and part.kind == "system":
            self.operator.obey("scroll_strip", way=-event.y)
        elif part is not None and part.kind == "layer":
            self.operator.obey("show_layer", layer=(self.ui.layer - event.y) % 8)

    # -- rows and the focus -------------------------------------------------------------------------------------------

    def row(self, part: Target) -> PageRow | None:
        """Return the line of the page that a part is."""
        page = self.page
        return page.row(part.number) if page is not None and part.kind == "row" else None

    def turn_row(self, row: PageRow, way: int) -> bool:
        """Turn a line of the page up or down; return whether it can be turned."""
        if not row.turn:
            return False
        self.operator.obey(row.turn, **{**row.arguments, "way": way})
        return True

    def move_focus(self, step: int) -> None:
        """Go to the next part at which the focus stops: first the page, then the panels and buttons."""
        stops = self.stops()
        page = self.page
        if page is not None:
            rows = page.parts()
            stops = [*rows, *(p for p in stops if p not in rows)]
        if not stops:
            return
        focus = self.ui.focus
        group = focus if focus in stops else next((p for p in stops if focus and p.kind == focus.kind), None)
        at = stops.index(group) if group in stops else (-1 if step > 0 else 0)
        self.ui.focus = stops[(at + step) % len(stops)]
        if page is not None:
            page.reveal(self.ui.focus, self.ui)

    def press_focus(self) -> None:
        """Press the part that has the focus."""
        if self.ui.focus is not None:
            self.click(self.ui.focus)

    def leave_focus(self) -> None:
        """Let the focus go; without one, close the page, or put the tool away."""
        ui = self.ui
        if ui.focus is not None:
            ui.focus = None
        elif ui.page and not (ui.lesson is not None and ui.page == "lesson"):
            self.operator.turn_to("lesson" if ui.lesson is not None else "")
        elif ui.tool == "break":
            self.operator.obey("break")
        ui.picked = None if not ui.page else ui.picked

    @property
    def page(self) -> PagePanel | None:
        """The page at the side, if one is open."""
        page = self.panels.get("page")
        return page if isinstance(page, PagePanel) else None
