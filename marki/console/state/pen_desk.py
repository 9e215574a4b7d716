"""The desk on which a program of the pen language is written: its text, cursor and selection, and its run."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from marki.console.state.undo_stack import UndoStack
from marki.io.frame import CELLS
from marki.pen.interpreter import PenState, lit, states
from marki.pen.parser import LONGEST, parse
from marki.pen.pen_error import PenError
from marki.pen.statements import PenProgram
from marki.pen.tidy import INDENT
from marki.pen.tokens import HOLE, MOST, VERBS, PenToken, tokens

PATIENCE_S = 0.6
"""Time without a key after which a mistake on the line of the cursor is told, s; others are told at once."""
LEAST_PACE, LONGEST_RUN_S = 20.0, 10.0
"""Steps that a run takes a second at least, and the time that it takes at most, s."""


class Written(NamedTuple):
    """A text with its cursor, and the other end of the selection."""

    text: str
    caret: int
    anchor: int


class Reading(NamedTuple):
    """What a text says for an n: a program, and the lamps it lights; or why it is refused."""

    program: PenProgram | None
    refusal: PenError | None
    lamps: bytes | None


@dataclass(eq=False)
class PenDesk:
    """A program that is being written.

    Attributes
    ----------
    text : str
    caret, anchor : int
        The cursor, and the other end of the selection; the same place if nothing is selected.
    writing : bool
        Whether keys write into the text; else they are those of the window.
    composing : str
        What an input method has not made into text yet.
    n : int
        The input of the program.
    name : str
        Of the file that it came from, without its suffix; "" for none.
    saved : str
        The text as a file has it, or as the desk itself laid it there.
    top : int
        The first row that is seen.
    going, at : bool, int
        Whether a run goes on, and the steps that it has taken.
    """

    text: str = ""
    caret: int = 0
    anchor: int = 0
    writing: bool = True
    composing: str = ""
    n: int = 4
    name: str = ""
    saved: str = ""
    top: int = 0
    going: bool = False
    at: int = 0
    _steps: tuple[PenState, ...] = ()
    _column: int | None = None  # which the cursor strives for, going up and down
    _kind: str = ""  # of the last change: several of one kind are taken back together
    _still_s: float = 0.0
    _debt: float = 0.0
    _undo: UndoStack[Written] = field(default_factory=UndoStack)
    _read: tuple[tuple[str, int], Reading] | None = None
    _tokens: tuple[str, tuple[PenToken, ...]] = ("", ())
    _good: bytes = b""  # of the last text that could be read

    # -- what it says ------------------------------------------------------------------------------------------------

    @property
    def tokens(self) -> tuple[PenToken, ...]:
        """The tokens of the text."""
        if self._tokens[0] != self.text:
            self._tokens = self.text, tuple(tokens(self.text))
        return self._tokens[1]

    @property
    def reading(self) -> Reading:
        """What the text says, for this n."""
        key = (self.text, self.n)
        if self._read is None or self._read[0] != key:
            program: PenProgram | None = None
            try:
                program = parse(self.text)
                self._good = lit(program, self.n)
                self._read = key, Reading(program, None, self._good)
            except PenError as error:
                self._read = key, Reading(program, error, None)
        return self._read[1]

    @property
    def refusal(self) -> PenError | None:
        """What is wrong with the text; on the line that is being typed only after a while."""
        found = self.reading.refusal
        if found is None:
            return None
        typed = self.writing and found.line == self.line and self._still_s < PATIENCE_S
        return None if typed or not self.text.strip() else found

    @property
    def lamps(self) -> bytes:
        """The lamps, 400: of the run, or else of the whole program; while that cannot be read, as they were before."""
        if self._steps:
            return self._steps[self.at - 1].lit if self.at else bytes(CELLS)
        return self.reading.lamps or self._good or bytes(CELLS)

    @property
    def stale(self) -> bool:
        """Whether the lamps are those of an earlier text."""
        return not self._steps and self.reading.lamps is None and bool(self._good)

    @property
    def state(self) -> PenState | None:
        """Where the run stands; None if there is none, or before its first step."""
        return self._steps[self.at - 1] if self._steps and self.at else None

    @property
    def length(self) -> int:
        """The steps of the run; 0 if there is none."""
        return len(self._steps)

    @property
    def unsaved(self) -> bool:
        """Whether something stands here that no file has."""
        return bool(self.text.strip()) and self.text != self.saved

    # -- places ------------------------------------------------------------------------------------------------------

    @property
    def line(self) -> int:
        """The line of the cursor, counted from 1."""
        return self.text.count("\n", 0, self.caret) + 1

    @property
    def selection(self) -> tuple[int, int]:
        """Where the selection begins and ends."""
        return min(self.caret, self.anchor), max(self.caret, self.anchor)

    @property
    def selected(self) -> str:
        """The text that is selected."""
        first, last = self.selection
        return self.text[first:last]

    @property
    def hole(self) -> tuple[int, int] | None:
        """The hole at the cursor or in the selection, or else the first one; None if there is none."""
        first, last = self.selection
        holes = [(token.start, token.stop) for token in self.tokens if token.kind == "hole"]
        return next((h for h in holes if h[0] <= last and h[1] >= first), holes[0] if holes else None)

    @property
    def at_hole(self) -> bool:
        """Whether the cursor stands at a hole, or the selection holds one."""
        first, last = self.selection
        hole = self.hole
        return hole is not None and hole[0] <= last and hole[1] >= first

    @property
    def in_comment(self) -> bool:
        """Whether the cursor stands in a comment."""
        begun = self.text.rfind("\n", 0, self.caret) + 1
        return any(t.kind == "comment" and begun <= t.start < self.caret for t in self.tokens)

    def place(self, caret: int, *, extend: bool = False) -> None:
        """Set the cursor; with `extend` the other end of the selection stays."""
        self.caret = max(0, min(len(self.text), caret))
        self.anchor = self.anchor if extend else self.caret
        self._column, self._kind = None, ""

    def move(self, to: str, *, extend: bool = False) -> None:
        """Move the cursor.

        Parameters
        ----------
        to : str
            ``left``, ``right``, ``up``, ``down``; ``word_left``, ``word_right``; ``home``, ``end`` of the line;
            ``top``, ``bottom``; ``page_up``, ``page_down``.
        extend : bool
            Whether the other end of the selection stays.
        """
        text, caret = self.text, self.caret
        first, last = self.selection
        begun, ended = text.rfind("\n", 0, caret) + 1, _end(text, caret)
        match to:
            case "left":
                to_place = first if first < last and not extend else caret - 1
            case "right":
                to_place = last if first < last and not extend else caret + 1
            case "word_left":
                to_place = max((m.start() for m in re.finditer(r"\S+", text) if m.start() < caret), default=0)
            case "word_right":
                to_place = next((m.end() for m in re.finditer(r"\S+", text) if m.end() > caret), len(text))
            case "home":
                indent = begun + len(text[begun:ended]) - len(text[begun:ended].lstrip())
                to_place = begun if caret == indent else indent
            case "end":
                to_place = ended
            case "top":
                to_place = 0
            case "bottom":
                to_place = len(text)
            case _:
                lines = {"up": -1, "down": 1, "page_up": -10, "page_down": 10}[to]
                column = caret - begun if self._column is None else self._column
                self.place(self._in_line(self.line - 1 + lines, column), extend=extend)
                self._column = column
                return
        self.place(to_place, extend=extend)

    def _in_line(self, number: int, column: int) -> int:
        """Return a place in a line, from 0; beyond the first or last line, the end of the text there."""
        lines = self.text.split("\n")
        if number < 0:
            return 0
        if number >= len(lines):
            return len(self.text)
        return sum(len(line) + 1 for line in lines[:number]) + min(column, len(lines[number]))

    def select_word(self, at: int) -> None:
        """Select the word at a place."""
        words = re.finditer(r"[^\s\[\]]+|[\[\]]", self.text)
        found = next((m.span() for m in words if m.start() <= at <= m.end()), None)
        if found is not None:
            self.place(found[0])
            self.place(found[1], extend=True)

    def select_all(self) -> None:
        """Select all of the text."""
        self.place(0)
        self.place(len(self.text), extend=True)

    # -- changes -----------------------------------------------------------------------------------------------------

    def change(self, first: int, last: int, new: str, kind: str = "") -> None:
        """Put text in the place of another part; changes of one kind that follow each other are one step of undo."""
        if not kind or kind != self._kind:
            self._undo.keep(Written(self.text, self.caret, self.anchor))
        self.text = self.text[:first] + new + self.text[last:]
        self.place(first + len(new))
        self._kind, self._still_s = kind, 0.0
        self.leave_run()

    def write(self, text: str) -> bool:
        """Write text in the place of the selection; return whether there was room for it."""
        text = plain(text)
        first, last = self.selection
        if len(self.text) - (last - first) + len(text) > LONGEST:
            return False
        if text == "]" and first == last:  # a repeat ends where it began
            begun = self.text.rfind("\n", 0, first) + 1
            if not self.text[begun:first].strip():
                first, text = begun, INDENT * max(0, self._depth(begun) - 1) + text
        if text:
            self.change(first, last, text, "" if "\n" in text or len(text) > 4 else "word" if text.strip() else "blank")
        return True

    def new_line(self) -> bool:
        """Begin a line, indented as far as repeats are open; return whether there was room for it."""
        return self.write("\n" + INDENT * self._depth(self.selection[0]))

    def add_word(self, word: str) -> bool:
        """Write a word of the language with a blank before it, or what begins a statement on a line of its own."""
        first, _ = self.selection
        begun = self.text.rfind("\n", 0, first) + 1
        before = self.text[begun:first]
        if word in (*VERBS, "]", HOLE) and before.strip() and not self.new_line():
            return False
        blank = " " if before.strip() and word not in (*VERBS, "]", HOLE) and not before[-1:].isspace() else ""
        if word.isdigit() and before[-1:].isdigit():
            blank = ""  # a further figure of the number
        return self.write(blank + word) if blank else self.write(word)

    def _depth(self, place: int) -> int:
        """Return how many repeats are open at a place."""
        depth = 0
        for token in tokens(self.text[:place]):
            depth = max(0, depth + (token.kind == "open") - (token.kind == "close"))
        return depth

    def erase(self, way: int, *, word: bool = False) -> None:
        """Erase the selection, or else what is before (-1) or behind (1) the cursor: a sign, or a word."""
        first, last = self.selection
        if first == last:
            kept, place = self._kind, self.caret
            self.move(("word_" if word else "") + ("left" if way < 0 else "right"), extend=True)
            first, last = self.selection
            self.place(place)
            self._kind = kept
            line = self.text[self.text.rfind("\n", 0, last) + 1 : last]
            if way < 0 and not word and line and not line.strip() and len(line) % len(INDENT) == 0:
                first = last - len(INDENT)  # an indentation
        if first < last:
            self.change(first, last, "", f"erase{way}")

    def mark_hole(self) -> None:
        """Put a hole in the place of the selection, and of its last line break none."""
        first, last = self.selection
        kept = len(self.text[first:last]) - len(self.text[first:last].rstrip())
        self.change(first, last - kept, HOLE)

    def cut(self) -> str:
        """Take the selection out, and return it."""
        text = self.selected
        if text:
            self.change(*self.selection, "")
        return text

    def lay(self, text: str, *, name: str = "", saved: bool = True) -> None:
        """Put another text in the place of the whole; undo brings the old one back.

        Parameters
        ----------
        text : str
        name : str
            Of its file, without the suffix.
        saved : bool
            Whether nothing is lost when it goes.
        """
        self.change(0, len(self.text), plain(text)[:LONGEST])
        self.place(0)
        self.name, self.top = name, 0
        self.saved = self.text if saved else self.saved

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return self._undo.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether a change was taken back that can be made again."""
        return self._undo.can_redo

    def undo(self) -> None:
        """Take the last change back."""
        self._take(self._undo.undo(Written(self.text, self.caret, self.anchor)))

    def redo(self) -> None:
        """Make a change again that was taken back."""
        self._take(self._undo.redo(Written(self.text, self.caret, self.anchor)))

    def _take(self, written: Written) -> None:
        self.text, self.caret, self.anchor = written
        self._column, self._kind, self._still_s = None, "", 0.0
        self.leave_run()

    # -- the run -----------------------------------------------------------------------------------------------------

    def turn_n(self, n: int) -> None:
        """Give the program another input."""
        if 1 <= n <= MOST and n != self.n:
            self.n = n
            self.leave_run()

    def leave_run(self) -> None:
        """Show what the whole program draws again."""
        self._steps, self.at, self.going, self._debt = (), 0, False, 0.0

    def begin(self) -> None:
        """Begin a run, unless there is one.

        Raises
        ------
        PenError
            If the text is no program, or one that is refused for this n.
        """
        reading = self.reading
        if reading.refusal is not None or reading.program is None:
            self._still_s = PATIENCE_S
            raise reading.refusal or AssertionError("what is no program is refused")
        if not self._steps:
            self._steps, self.at = tuple(states(reading.program, self.n)), 0

    def go(self) -> None:
        """Let the program run, from its beginning if it is at its end; or stop it.

        Raises
        ------
        PenError
            As `begin`.
        """
        if self.going:
            self.going = False
            return
        self.begin()
        if self.at == len(self._steps):
            self.at = 0
        self.going, self._debt = bool(self._steps), 0.0

    def step(self, way: int = 1) -> None:
        """Go a step on, or with -1 back.

        Raises
        ------
        PenError
            As `begin`.
        """
        self.begin()
        self.going = False
        self.at = max(0, min(len(self._steps), self.at + way))

    def pass_time(self, seconds: float) -> None:
        """Let wall time pass."""
        self._still_s += seconds
        if not self.going:
            return
        self._debt += seconds * max(LEAST_PACE, len(self._steps) / LONGEST_RUN_S)
        self.at = min(len(self._steps), self.at + int(self._debt))
        self._debt %= 1
        self.going = self.at < len(self._steps)


def _end(text: str, place: int) -> int:
    """Return where the line of a place ends."""
    found = text.find("\n", place)
    return len(text) if found < 0 else found


def plain(text: str) -> str:
    """Return a text as a program may have it: lines that end in one sign, blanks for tabs, nothing that is not seen."""
    signs: Sequence[str] = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", INDENT)
    kept = (s for s in signs if unicodedata.category(s) != "Cf")
    return "".join(s if s == "\n" or s.isprintable() else " " for s in kept)
