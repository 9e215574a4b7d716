"""What the mouse and the keyboard do to parts, as commands."""

from __future__ import annotations

from collections.abc import Iterable

import pygame

from marki.console.actions.operator import Operator
from marki.console.actions.preview_commands import KEYS as PREVIEW_KEYS
from marki.console.drawing.panel import Panel
from marki.console.input import brush, frame_drag
from marki.console.panels.command_bar import ControlBar
from marki.console.panels.page_panel import PagePanel
from marki.console.panels.time_bar import TimeBar
from marki.console.state.blocks import PageRow
from marki.console.state.keymap import name_of
from marki.console.state.targets import GRIDS, Target
from marki.console.timeline.buttons import BUTTONS
from marki.console.timeline.hall_panel import WallPanel
from marki.console.timeline.strip_panel import StripPanel
from marki.io.frame import CELLS

SWEEP_PX = 300  # of an upright drag, for a potentiometer's whole travel
FINE = 0.1  # of a drag or notch with Shift
STILL_PX = 3  # a press that moves less is a click
NEAR_PX = 9  # a press so near a side of a frame takes hold of it
DOUBLE_MS = 350
WHEEL_PX = 48


class InputHandler:
    """Turns what the mouse and the keyboard do into commands.

    Parameters
    ----------
    operator : Operator
    """

    def __init__(self, operator: Operator):
        self.operator, self.ui = operator, operator.ui
        self._command_of = {key: name for name, command in operator.commands.items() for key in command.keys}
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

    # -- finding -----------------------------------------------------------------------------------------------------

    def part_at(self, place: tuple[int, int]) -> Target | None:
        """Return the part under a place of the window."""
        for panel in self.panels.values():
            if panel.rect.collidepoint(place):
                return panel.part_at(place)
        return None

    def place_of(self, part: Target) -> pygame.Rect | None:
        """Return where a part lies."""
        return next((place for p in self.panels.values() if (place := p.place_of(part)) is not None), None)

    def stops(self) -> list[Target]:
        """Return the parts at which Tab stops, in order."""
        return [part for panel in self.panels.values() for part in panel.parts()]

    # -- the mouse ---------------------------------------------------------------------------------------------------

    def point(self, event: pygame.event.Event) -> None:
        """Move the mouse, press or let go a button, or turn the wheel."""
        if event.type == pygame.MOUSEWHEEL:
            self._wheel(event)
            return
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
        if first.kind == "value" and near and ui.tool != "break" and pygame.time.get_ticks() - when < DOUBLE_MS:
            # The first click opened a page, and something else may lie here now.
            self._clicked = (Target(""), -DOUBLE_MS, place)
            ui.held = None
            operator.obey("turn", units=[first.number], deg=[0.0])
            return
        ui.held, self._from, self._moved, self._last = part, place, False, part
        if part is None:
            return
        ui.focus = part if part.kind in (*GRIDS, "row") and part.kind != "cell" else None
        match part.kind:
            case "cell":
                lit = ui.draft is not None and ui.draft.reshape(-1)[part.number] > 0
                self._ink = 0 if button == 3 or lit else 255
                operator.obey("ink", cells=brush.stroke(part.number, part.number, ui.pen), level=self._ink)
            case "value":
                self._angle = float(operator.session.learner.view().values[part.number])
            case "picture" if (page := self._page()) is not None:
                wide, high = page.picture_size
                near = NEAR_PX * self.unit / wide, NEAR_PX * self.unit / high
                self._frame = page.frame
                self._sides = frame_drag.grasped(page.frame, page.share_at(place), near)
            case "time":
                operator.obey("go_to", trial=part.number)
            case "toggle":
                operator.obey("throw_toggle", number=part.number)
                self._to = int(operator.session.learner.sensory.forced[part.number])

    def _drag(self, here: Target | None, place: tuple[int, int]) -> None:
        held, operator = self.ui.held, self.operator
        if held is None:
            return
        if max(abs(place[0] - self._from[0]), abs(place[1] - self._from[1])) > STILL_PX:
            self._moved = True
        match held.kind:
            case "cell" if here is not None and here.kind == "cell" and here != self._last:
                cells = brush.stroke((self._last or here).number, here.number, self.ui.pen)
                operator.obey("ink", cells=cells, level=self._ink)
                self._last = here
            case "value" if self._moved:
                share = FINE if pygame.key.get_mods() & pygame.KMOD_SHIFT else 1.0
                travel = operator.session.learner.config.potentiometers.travel_deg
                by = (self._from[1] - place[1]) / (SWEEP_PX * self.unit) * travel * share
                self.ui.turning = (held.number, max(-travel / 2, min(travel / 2, self._angle + by)))
            case "picture" if self._moved and (page := self._page()) is not None:
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

    def _release(self, here: Target | None, place: tuple[int, int]) -> None:
        ui, operator = self.ui, self.operator
        held, ui.held = ui.held, None
        if held is None:
            return
        if here is not None and {held.kind, here.kind} == {"s", "a"}:
            self._wire(held, here)
        elif held.kind == "value" and ui.turning is not None:
            operator.obey("turn", units=[held.number], deg=[round(ui.turning[1], 3)])
        elif here == held and held.kind not in ("cell", "time", "toggle"):
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
            case "row":
                row = self._row(part)
                if row is not None and row.command:
                    operator.obey(row.command, **row.arguments)
                elif row is not None:
                    self._turn_row(row, 1)
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
            case "system" | "plate":
                self._choose(part)
            case "knob":
                operator.obey(BUTTONS[part.number].command, **BUTTONS[part.number].arguments)
            case "door":
                operator.obey("doors")
            case "cell":
                lit = ui.draft is not None and ui.draft.reshape(-1)[part.number] > 0
                operator.obey("ink", cells=[part.number], level=0 if lit else 255)

    def _choose(self, part: Target) -> None:
        """Put the system of a plate up; with Shift or the right button, at the side."""
        kind = StripPanel if part.kind == "system" else WallPanel
        name = next((p.name_of(part.number) for p in self.panels.values() if isinstance(p, kind)), "")
        aside = self._button == 3 or pygame.key.get_mods() & pygame.KMOD_SHIFT
        if name:
            self.operator.obey("beside" if aside else "put_up", name=name)

    def _wheel(self, event: pygame.event.Event) -> None:
        part, page = self.ui.hovered, self._page()
        if part is not None and part.kind == "value":
            fine = FINE if pygame.key.get_mods() & pygame.KMOD_SHIFT else 1
            self.operator.obey("notch", unit=part.number, way=event.y * fine)
        elif page is not None and page.rect.collidepoint(pygame.mouse.get_pos()):
            self.ui.scroll = max(0, self.ui.scroll - event.y * round(WHEEL_PX * self.unit))
        elif part is not None and part.kind == "system":
            self.operator.obey("scroll_strip", way=-event.y)
        elif part is not None and part.kind == "layer":
            self.operator.obey("show_layer", layer=(self.ui.layer - event.y) % 8)

    # -- the keyboard ------------------------------------------------------------------------------------------------

    def key(self, event: pygame.event.Event) -> None:
        """Type a key."""
        name = name_of(event.key, event.unicode)
        mods = event.mod
        for do in (self._answering, self._typing, self._voting, self._previewing, self._drawing, self._at_focus):
            if do(name, event, mods):
                return
        command = self._command_of.get(name) if name is not None else None
        if command == "focus":
            self.operator.obey("focus", step=-1 if mods & pygame.KMOD_SHIFT else 1)
        elif command is not None:
            self.operator.obey(command)

    def _answering(self, name: str | None, event: pygame.event.Event, mods: int) -> bool:
        if self.ui.question is None:
            return False
        if name in ("return", "y", "escape", "n"):
            self.operator.obey("answer", yes=name in ("return", "y"))
        return True

    def _typing(self, name: str | None, event: pygame.event.Event, mods: int) -> bool:
        typing, operator = self.ui.typing, self.operator
        if typing is None:
            return False
        sign = event.unicode
        if name == "escape":
            self.ui.typing = None
        elif name == "backspace":
            typing.text = typing.text[:-1]
        elif name == "return":
            self.ui.typing = None
            if typing.text.strip():
                operator.obey(typing.command, **typing.arguments, text=typing.text.strip())
        elif sign and sign.isprintable():
            if typing.single:
                operator.obey(typing.command, **typing.arguments, text=sign)
            else:
                typing.text += sign
        return True

    def _voting(self, name: str | None, event: pygame.event.Event, mods: int) -> bool:
        if not self.ui.covered or name is None or len(name) != 1:
            return False
        ballot = self.ui.tally.current
        digit = chr(event.key) if 32 < event.key < 127 else name
        if not digit.isdigit() or ballot is None or not 1 <= int(digit) <= len(ballot.options):
            return False
        self.operator.obey("vote", option=int(digit) - 1, way=-1 if mods & pygame.KMOD_SHIFT else 1)
        return True

    def _previewing(self, name: str | None, event: pygame.event.Event, mods: int) -> bool:
        ui, operator = self.ui, self.operator
        if ui.page != "preview" or ui.preview is None:
            return False
        free = ui.focus is None or ui.focus.kind not in ("row", "close", "cell")
        match name:
            case "return" if free:
                operator.obey("preview_teach" if mods & pygame.KMOD_SHIFT else "preview_ask")
            case _ if name in PREVIEW_KEYS:
                command, arguments = PREVIEW_KEYS[name]
                operator.obey(command, **arguments)
            case "backspace":
                operator.obey("preview_judged")
            case "escape" if free:
                operator.obey("preview_close")
            case _:
                return False
        return True

    def _drawing(self, name: str | None, event: pygame.event.Event, mods: int) -> bool:
        ui, operator = self.ui, self.operator
        if ui.draft is None:
            return False
        if name == "return" and (ui.focus is None or ui.focus.kind != "row"):
            if mods & pygame.KMOD_SHIFT:
                operator.obey("type_teach")
            elif ui.focus is not None and ui.focus.kind == "cell":
                self.click(ui.focus)
            else:
                operator.obey("show_card")
        elif name == "backspace":
            operator.obey("ink", cells=list(range(CELLS)), level=0)
        elif name == "escape":
            operator.obey("draw")
        else:
            return False
        return True

    def _at_focus(self, name: str | None, event: pygame.event.Event, mods: int) -> bool:
        ui, operator, part = self.ui, self.operator, self.ui.focus
        if part is None or name is None:
            return False
        fine = FINE if mods & pygame.KMOD_SHIFT else 1
        if part.kind == "value":
            if name in ("up", "down"):
                operator.obey("notch", unit=part.number, way=(1 if name == "up" else -1) * fine)
                return True
            if name in ("left", "right"):
                self._step_focus(part, 0, 1 if name == "right" else -1)
                return True
            if name in ("pageup", "pagedown"):
                self._step_focus(part, 1 if name == "pagedown" else -1, 0)
                return True
            if name.isdigit() or name == "-":
                operator.obey("type_turn", unit=part.number)
                if ui.typing is not None:
                    ui.typing.text = name
                return True
            return False
        step = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}.get(name)
        if step is None:
            return False
        if part.kind in GRIDS:
            self._step_focus(part, *step)
            return True
        if part.kind in ("row", "close"):
            if step[0]:
                self._step_row(step[0])
                return True
            row = self._row(part)
            return row is not None and self._turn_row(row, step[1])
        return False

    def _step_focus(self, part: Target, rows: int, columns: int) -> None:
        high, wide = GRIDS[part.kind]
        row, column = divmod(part.number, wide)
        row, column = (row + rows) % high, (column + columns) % wide
        if part.kind == "value" and columns:
            row, column = divmod((part.number + columns) % (high * wide), wide)
        self.ui.focus = Target(part.kind, row * wide + column)
        if self.ui.page == "inspect":
            self.ui.picked = self.ui.focus

    def _step_row(self, step: int) -> None:
        page = self._page()
        if page is None:
            return
        parts = page.parts()
        at = parts.index(self.ui.focus) if self.ui.focus in parts else -1
        self.ui.focus = parts[(at + step) % len(parts)]
        page.reveal(self.ui.focus, self.ui)

    def _row(self, part: Target) -> PageRow | None:
        """Return the line of the page that a part is."""
        page = self._page()
        return page.row(part.number) if page is not None and part.kind == "row" else None

    def _turn_row(self, row: PageRow, way: int) -> bool:
        if not row.turn:
            return False
        self.operator.obey(row.turn, **{**row.arguments, "way": way})
        return True

    def move_focus(self, step: int) -> None:
        """Go to the next part at which the focus stops: first the page, then the panels and buttons."""
        stops = self.stops()
        page = self._page()
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

    def _page(self) -> PagePanel | None:
        page = self.panels.get("page")
        return page if isinstance(page, PagePanel) else None


def rings(parts: Iterable[Target | None], handler: InputHandler) -> list[pygame.Rect]:
    """Return the places of parts to be framed."""
    return [place for part in parts if part is not None and (place := handler.place_of(part)) is not None]
