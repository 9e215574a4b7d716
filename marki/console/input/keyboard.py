"""What the keyboard does, as commands: once a press, and again while held only where that is meant; and typed text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pygame

from marki.console.actions.operator import Operator
from marki.console.actions.preview_commands import KEYS as PREVIEW_KEYS
from marki.console.actions.text_commands import take_text
from marki.console.input.mouse_keyboard import FINE, InputHandler
from marki.console.state.keymap import digit_of, names_of
from marki.console.state.targets import GRIDS, Target
from marki.console.state.timeline_view import naming
from marki.io.frame import CELLS

DELAY_S, EVERY_S = 0.35, 0.045
"""After how long a held key is given again, and how often then."""

TYPING_CHORDS = ("ctrl+v", "ctrl+c")
"""Chords that mean something in a line that is being typed."""

CURSOR_KEYS = {
    "left": "left", "right": "right", "up": "up", "down": "down", "home": "home", "end": "end",
    "pageup": "page_up", "pagedown": "page_down", "ctrl+left": "word_left", "ctrl+right": "word_right",
    "ctrl+home": "top", "ctrl+end": "bottom",
}  # fmt: skip
"""Where keys move the cursor of the editor; with Shift they select."""
ERASING_KEYS = {"backspace": (-1, False), "delete": (1, False), "ctrl+backspace": (-1, True), "ctrl+delete": (1, True)}
"""What keys erase there: before or behind the cursor, and whether a whole word."""
EDITING_CHORDS = {"ctrl+a": "select_program", "ctrl+Z": "redo", "ctrl+return": "run_program"}
"""Chords of the editor, besides those that the window has anyway."""


@dataclass(frozen=True)
class KeyAction:
    """What a key does now.

    Attributes
    ----------
    do : callable
    repeats : bool
        Whether it is done again while the key is held.
    """

    do: Callable[[], object]
    repeats: bool = False


NOTHING = KeyAction(lambda: None)


@dataclass
class HeldKey:
    """A key that is down: its press, whether that was in this very frame, and the time until it counts again, s."""

    event: pygame.event.Event
    fresh: bool = True
    left: float = DELAY_S


class Keyboard:
    """Turns keys and typed text into commands.

    Parameters
    ----------
    operator : Operator
    handler : InputHandler
        Knows where parts lie and which has the focus.

    Attributes
    ----------
    texting : bool
        Whether text input was on when the events of this frame were made.
    """

    def __init__(self, operator: Operator, handler: InputHandler):
        self.operator, self.ui, self.handler = operator, operator.ui, handler
        self._command_of = {key: name for name, command in operator.commands.items() for key in command.keys}
        self._held: dict[int, HeldKey] = {}
        self.texting = True  # it is on when a window opens
        self._line: pygame.Rect | None = None

    # -- events --------------------------------------------------------------------------------------------------------

    def take(self, event: pygame.event.Event) -> None:
        """Take a key going down or up, or text typed or being composed; a key that is down already does nothing."""
        match event.type:
            case pygame.KEYDOWN if event.key not in self._held:
                self._held[event.key] = HeldKey(event)
                if (action := self._action(event)) is not None:
                    action.do()
            case pygame.KEYUP:
                self._held.pop(event.key, None)
            case pygame.TEXTINPUT:
                self._type(event.text)
            case pygame.TEXTEDITING if self.ui.typing is not None:
                self.ui.typing.composing = event.text
            case pygame.TEXTEDITING if self._writes:
                self.ui.desk.composing = event.text
            case pygame.WINDOWFOCUSLOST:
                self._held.clear()

    def held(self, seconds: float) -> None:
        """Give keys that are still down again, once a frame at most and only where that is meant.

        Parameters
        ----------
        seconds : float
            That the last frame took.
        """
        for held in list(self._held.values()):
            held.left -= 0.0 if held.fresh else seconds  # the last frame was before the press
            held.fresh = False
            if held.left <= 0:
                held.left = EVERY_S
                if (action := self._action(held.event)) is not None and action.repeats:
                    action.do()

    def listen(self, line: pygame.Rect) -> None:
        """Switch text input on while a line is typed and off otherwise; `line` is where it is shown."""
        wanted = self.ui.typing is not None or self._writes
        if wanted != self.texting or (wanted and line != self._line):
            if wanted:
                pygame.key.set_text_input_rect(line)
                pygame.key.start_text_input()
            else:
                pygame.key.stop_text_input()
            self.texting, self._line = wanted, line.copy()

    # -- what a key does -----------------------------------------------------------------------------------------------

    def _action(self, event: pygame.event.Event) -> KeyAction | None:
        """Return what a key does now; None if it means nothing."""
        place = event.dict.get("scancode", 0)
        names = names_of(event.key, event.unicode, event.mod, place)
        if not names:
            return None
        name = next((n for n in names if n in self._command_of), names[0])
        digit = None if name.startswith("ctrl+") else digit_of(event.key, event.unicode, place)
        shift = bool(event.mod & pygame.KMOD_SHIFT)
        first = (self._answering, self._typing, self._writing, self._voting, self._previewing, self._drawing)
        for ask in (*first, self._naming, self._at_focus):
            action = ask(name, digit, shift)
            if action is not None:
                return action
        command = self._command_of.get(name)
        if command is None:
            return None
        arguments = {"step": -1 if shift else 1} if command == "focus" else {}
        return self._give(command, repeats=self.operator.commands[command].repeats, **arguments)

    def _give(self, command: str, *, repeats: bool = False, **arguments: Any) -> KeyAction:
        return KeyAction(lambda: self.operator.obey(command, **arguments), repeats)

    def _answering(self, name: str, digit: int | None, shift: bool) -> KeyAction | None:
        if self.ui.question is None:
            return None
        if name in ("return", "y", "escape", "n"):
            return self._give("answer", yes=name in ("return", "y"))
        return NOTHING

    def _typing(self, name: str, digit: int | None, shift: bool) -> KeyAction | None:
        typing = self.ui.typing
        if typing is None or name in TYPING_CHORDS:
            return None
        if typing.composing:  # the key belongs to the input method
            return NOTHING
        match name:
            case "escape":
                return KeyAction(self._end_typing)
            case "backspace":
                return KeyAction(self._rub_out, repeats=True)
            case "return":
                return KeyAction(self._enter)
        # Text comes as TEXTINPUT, but not for keys that were pressed before text input was on.
        if not self.texting and (name == "space" or len(name) == 1):
            sign = " " if name == "space" else name.upper() if shift else name
            return KeyAction(lambda: self._type(sign))
        return NOTHING

    def _end_typing(self) -> None:
        self.ui.typing = None

    def _rub_out(self) -> None:
        if self.ui.typing is not None:
            self.ui.typing.text = self.ui.typing.text[:-1]

    def _enter(self) -> None:
        typing, self.ui.typing = self.ui.typing, None
        if typing is not None and typing.text.strip():
            self.operator.obey(typing.command, **typing.arguments, text=typing.text.strip())

    def _type(self, text: str) -> None:
        """Take text into the line that is being typed."""
        typing = self.ui.typing
        if typing is None and self._writes:
            self.ui.desk.composing = ""
            if text in ("f", "F") and self._marks_hole:
                self.operator.obey("fill_hole")
            else:
                self.operator.obey("type_program", text=text)
        if typing is None or self.ui.question is not None:
            return
        typing.composing = ""
        take_text(self.operator, text)

    @property
    def _writes(self) -> bool:
        """Whether keys write into the program of the editor."""
        ui = self.ui
        return ui.editing and ui.desk.writing and ui.focus is None and ui.typing is None and ui.question is None

    @property
    def _offered(self) -> bool:
        """Whether a system offers something behind the cursor."""
        timeline = self.operator.timeline
        return timeline is not None and bool(timeline.aid.offer)

    @property
    def _marks_hole(self) -> bool:
        """Whether the cursor stands at a hole, or something is selected that may become one; not in a comment."""
        desk = self.ui.desk
        return (desk.at_hole or bool(desk.selected.strip())) and not desk.in_comment

    def _writing(self, name: str, digit: int | None, shift: bool) -> KeyAction | None:
        ui = self.ui
        if ui.editing and not self._writes and ui.focus is None and ui.typing is None:
            match name:
                case "return":
                    return self._give("write_program")
                case "space":
                    return self._give("run_program")
                case "f":
                    return self._give("fill_hole")
                case "left" | "right":
                    return self._give("step_program", repeats=True, way=-1 if name == "left" else 1)
            return None
        if not self._writes:
            return None
        if ui.desk.composing:  # the key belongs to the input method
            return NOTHING
        if name in CURSOR_KEYS:
            return self._give("move_in_program", repeats=True, to=CURSOR_KEYS[name], extend=shift)
        if name in ERASING_KEYS:
            way, word = ERASING_KEYS[name]
            return self._give("erase_program", repeats=True, way=way, word=word)
        if name in EDITING_CHORDS:
            return self._give(EDITING_CHORDS[name])
        match name:
            case "return":
                return self._give("new_program_line", repeats=True)
            case "tab" if self._offered:
                return self._give("take_offer")
            case "escape" if self._offered:
                return self._give("drop_offer")
            case "tab" if not shift:
                return self._give("type_program", text="\t")
            case "tab":
                return self._give("focus", step=-1)
            case "escape":
                return KeyAction(self._stop_writing)
        if name in ("ctrl+z", "ctrl+y"):
            return self._give(self._command_of[name], repeats=True)
        if name.startswith("ctrl+") or (name[0] == "f" and name[1:].isdigit()):
            return None  # as everywhere in the window
        # Text comes as TEXTINPUT, but not for keys that were pressed before text input was on.
        if not self.texting and (name == "space" or len(name) == 1):
            sign = " " if name == "space" else name.upper() if shift else name
            return KeyAction(lambda: self._type(sign))
        return NOTHING

    def _stop_writing(self) -> None:
        self.ui.desk.writing = False

    def _voting(self, name: str, digit: int | None, shift: bool) -> KeyAction | None:
        ballot = self.ui.tally.current
        if not self.ui.covered or digit is None or ballot is None or not 1 <= digit <= len(ballot.options):
            return None
        return self._give("vote", option=digit - 1, way=-1 if shift else 1)

    def _previewing(self, name: str, digit: int | None, shift: bool) -> KeyAction | None:
        ui = self.ui
        if ui.page != "preview" or ui.preview is None:
            return None
        free = ui.focus is None or ui.focus.kind not in ("row", "close", "cell")
        if name == "return" and free:
            return self._give("preview_teach" if shift else "preview_ask")
        if digit is not None and str(digit) in PREVIEW_KEYS:
            command, arguments = PREVIEW_KEYS[str(digit)]
            return self._give(command, repeats=command == "preview_turn", **arguments)
        if name == "backspace":
            return self._give("preview_judged")
        return self._give("preview_close") if name == "escape" and free else None

    def _drawing(self, name: str, digit: int | None, shift: bool) -> KeyAction | None:
        ui, focus = self.ui, self.ui.focus
        if ui.draft is None:
            return None
        if name == "return" and (focus is None or focus.kind != "row"):
            if shift:
                return self._give("type_teach")
            if focus is not None and focus.kind == "cell":
                return KeyAction(lambda: self.handler.click(focus))
            return self._give("show_card")
        if name == "backspace":
            return self._give("ink", cells=list(range(CELLS)), level=0)
        return self._give("draw") if name == "escape" else None

    def _naming(self, name: str, digit: int | None, shift: bool) -> KeyAction | None:
        """Name a class where one is asked for: a digit, or a capital letter."""
        timeline, ui = self.operator.timeline, self.ui
        asked = naming(ui) or (timeline is not None and not ui.hall and timeline.is_asked(self.operator.session))
        if not asked:
            return None
        if digit is not None:
            return self._give("name_class", text=str(digit))
        capital = len(name) == 1 and name.isascii() and name.isalpha() and shift
        return self._give("name_class", text=name.upper()) if capital else None

    def _at_focus(self, name: str, digit: int | None, shift: bool) -> KeyAction | None:
        part = self.ui.focus
        if part is None:
            return None
        if part.kind == "value":
            return self._at_value(part, name, digit, shift)
        step = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}.get(name)
        if step is None:
            return None
        if part.kind in GRIDS:
            return KeyAction(lambda: self._step_focus(part, *step), repeats=True)
        if part.kind not in ("row", "close"):
            return None
        if step[0]:
            return KeyAction(lambda: self._step_row(step[0]), repeats=True)
        row = self.handler.row(part)
        if row is None or not row.turn:
            return None
        return KeyAction(lambda: self.handler.turn_row(row, step[1]), repeats=True)

    def _at_value(self, part: Target, name: str, digit: int | None, shift: bool) -> KeyAction | None:
        match name:
            case "up" | "down":
                way = (1 if name == "up" else -1) * (FINE if shift else 1)
                return self._give("notch", repeats=True, unit=part.number, way=way)
            case "left" | "right":
                return KeyAction(lambda: self._step_focus(part, 0, 1 if name == "right" else -1), repeats=True)
            case "pageup" | "pagedown":
                return KeyAction(lambda: self._step_focus(part, 1 if name == "pagedown" else -1, 0), repeats=True)
        if name == "-" or digit is not None:
            return KeyAction(lambda: self._type_angle(part.number, name if digit is None else str(digit)))
        return None

    def _type_angle(self, unit: int, first: str) -> None:
        self.operator.obey("type_turn", unit=unit)
        if self.ui.typing is not None:
            self.ui.typing.text = first

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
        page = self.handler.page
        if page is None:
            return
        parts = page.parts()
        at = parts.index(self.ui.focus) if self.ui.focus in parts else -1
        self.ui.focus = parts[(at + step) % len(parts)]
        page.reveal(self.ui.focus, self.ui)
