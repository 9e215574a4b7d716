"""Programs of the pen language: writing them, running them, keeping them, and showing the Mark I what they draw."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from marki.console.actions.operator import Operator
from marki.console.actions.systems import awake
from marki.console.state.commands import Argument, CommandSpec
from marki.console.state.pen_desk import PenDesk
from marki.console.timeline.program_aid import FILLS, OFFERS
from marki.files import write_new
from marki.io.frame import SIDE
from marki.pen.parser import LONGEST, parse
from marki.reading import read_text

MOVES = (
    "left", "right", "up", "down", "word_left", "word_right", "home", "end", "top", "bottom", "page_up", "page_down",
)  # fmt: skip
SUFFIX = ".pen"


def editor(op: Operator) -> None:
    """Open the editor, or leave it; what is written stays there."""
    ui = op.ui
    ui.editing = not ui.editing
    ui.focus = ui.hovered = None
    if not ui.editing:
        ui.desk.leave_run()
        return
    if not ui.desk.text and not ui.desk.can_undo:
        ui.desk.text = ui.desk.saved = op.words("editor.sample")
        ui.desk.place(len(ui.desk.text))
    write_program(op)
    op.tell("editor.how")


def write_program(op: Operator) -> None:
    """Let the keys write into the program."""
    op.ui.desk.writing, op.ui.focus = True, None


def type_program(op: Operator, text: str) -> None:
    """Write text at the cursor, in the place of what is selected."""
    _told(op, op.ui.desk.write(text))


def new_program_line(op: Operator) -> None:
    """Begin a line at the cursor, indented as far as repeats are open."""
    _told(op, op.ui.desk.new_line())


def add_word(op: Operator, word: str) -> None:
    """Write a word of the language at the cursor, with a blank or on a line of its own as it needs."""
    _told(op, op.ui.desk.add_word(word))


def _told(op: Operator, fits: bool) -> None:
    """Say so if there was no room for what was written."""
    if not fits:
        op.tell("editor.full", most=f"{LONGEST:,}")


def erase_program(op: Operator, way: int = -1, word: bool = False) -> None:
    """Erase what is selected, or a sign or word before (-1) or behind (1) the cursor."""
    op.ui.desk.erase(way, word=word)


def move_in_program(op: Operator, to: str, extend: bool = False) -> None:
    """Move the cursor, and with `extend` the selection with it."""
    op.ui.desk.move(to, extend=extend)


def place_cursor(op: Operator, at: int, extend: bool = False) -> None:
    """Set the cursor to a place in the text, and with `extend` the selection with it."""
    write_program(op)
    op.ui.desk.place(at, extend=extend)


def select_word(op: Operator, at: int) -> None:
    """Select the word at a place in the text."""
    write_program(op)
    op.ui.desk.select_word(at)


def select_program(op: Operator) -> None:
    """Select the whole program."""
    op.ui.desk.select_all()


def scroll_program(op: Operator, way: int) -> None:
    """Scroll the sheet by so many rows; it stops at its ends."""
    op.ui.desk.top = max(0, op.ui.desk.top + way)


def cut(op: Operator) -> None:
    """Cut what is selected in the program."""
    desk = op.ui.desk
    if not op.ui.editing or not desk.selected:
        op.tell("message.copy_none")
    elif op.window.copy(desk.selected):
        op.tell("editor.cut", count=len(desk.cut()))
    else:
        op.tell("message.copy_none")


def take_offer(op: Operator) -> None:
    """Take what a system offers behind the cursor."""
    timeline = awake(op, "take_offer")
    if timeline is None:
        return
    if not timeline.aid.helps(OFFERS):
        op.tell("editor.no_weights", names=timeline.aid.label(OFFERS))
    elif not timeline.aid.take():
        op.tell("editor.no_offer", name=timeline.aid.label(OFFERS))


def drop_offer(op: Operator) -> None:
    """Have nothing offered until the next key."""
    if op.timeline is not None:
        op.timeline.aid.drop()


def fill_hole(op: Operator) -> None:
    """Have a system fill the hole at the cursor, or the first; what is selected becomes one."""
    timeline, desk = awake(op, "fill_hole"), op.ui.desk
    if timeline is None:
        return
    if not timeline.aid.helps(FILLS):
        op.tell("editor.no_weights", names=timeline.aid.label(FILLS))
        return
    if desk.selected.strip() and not desk.at_hole:
        desk.mark_hole()
    if desk.hole is None:
        op.tell("editor.no_hole")
    else:
        timeline.aid.fill()
        op.tell("editor.filling", name=timeline.aid.label(FILLS))


def run_program(op: Operator) -> None:
    """Let the program run on the lamps, or stop it."""
    op.ui.desk.go()


def step_program(op: Operator, way: int = 1) -> None:
    """Go a step of the program on, or back."""
    op.ui.desk.step(way)


def turn_n(op: Operator, way: int) -> None:
    """Give the program a larger or smaller n."""
    op.ui.desk.turn_n(op.ui.desk.n + way)


def new_program(op: Operator) -> None:
    """Begin with an empty sheet; undo brings the program back."""
    op.ui.desk.lay("", saved=False)
    op.ui.desk.name = ""
    write_program(op)


def open_program(op: Operator, path: str) -> None:
    """Put a program from a file on the sheet; undo brings back what stood there."""
    place = Path(path)
    text = read_text(place, most=4 * LONGEST)
    if len(text) > LONGEST:
        parse(text)  # refuses it
    op.ui.editing = True
    op.ui.desk.lay(text, name=place.stem)
    write_program(op)
    op.tell("editor.opened", name=place.name)


def save_program(op: Operator) -> None:
    """Write the program to a new file; no file is replaced."""
    desk: PenDesk = op.ui.desk
    path = write_new(op.out / f"{desk.name or 'program'}{SUFFIX}", desk.text.rstrip("\n").encode() + b"\n")
    desk.name, desk.saved = path.stem, desk.text
    op.tell("message.saved", path=path)


def program_card(op: Operator) -> None:
    """Make what the program draws one's own card, and go to the Mark I with it: it may be asked, or taught."""
    ui = op.ui
    ui.desk.leave_run()
    ui.desk.begin()  # refuses what is no program
    ui.desk.leave_run()
    ui.strokes.keep(ui.draft)
    ui.draft = np.frombuffer(ui.desk.lamps, np.uint8).reshape(SIDE, SIDE) * np.uint8(255)
    ui.tool, ui.editing, ui.focus = "draw", False, None
    op.playback.running = False
    op.tell("editor.card")


AT, EXTEND = Argument("at", int, low=0), Argument("extend", bool, optional=True)
WAY = Argument("way", int, optional=True, low=-1, high=1)
COMMANDS = (
    CommandSpec(name="editor", do=editor, keys=("ctrl+e",), group="hands", place=7, button=True),
    CommandSpec(
        name="cut", do=cut, keys=("ctrl+x",), group="hands", place=10, listed=False, label={"en": "Cut", "zh": "剪切"}
    ),
    CommandSpec(name="write_program", do=write_program),
    CommandSpec(name="type_program", do=type_program, arguments=(Argument("text", str),)),
    CommandSpec(name="new_program_line", do=new_program_line),
    CommandSpec(name="add_word", do=add_word, arguments=(Argument("word", str),)),
    CommandSpec(name="erase_program", do=erase_program, arguments=(WAY, Argument("word", bool, optional=True))),
    CommandSpec(name="move_in_program", do=move_in_program, arguments=(Argument("to", str, choices=MOVES), EXTEND)),
    CommandSpec(name="place_cursor", do=place_cursor, arguments=(AT, EXTEND)),
    CommandSpec(name="select_word", do=select_word, arguments=(AT,)),
    CommandSpec(name="select_program", do=select_program),
    CommandSpec(name="scroll_program", do=scroll_program, arguments=(Argument("way", int),)),
    CommandSpec(name="take_offer", do=take_offer),
    CommandSpec(name="drop_offer", do=drop_offer),
    CommandSpec(name="fill_hole", do=fill_hole),
    CommandSpec(name="run_program", do=run_program),
    CommandSpec(name="step_program", do=step_program, arguments=(WAY,)),
    CommandSpec(name="turn_n", do=turn_n, arguments=(Argument("way", int, low=-1, high=1),)),
    CommandSpec(name="new_program", do=new_program),
    CommandSpec(name="open_program", do=open_program, arguments=(Argument("path", str),)),
    CommandSpec(name="save_program", do=save_program, kiosk=False),
    CommandSpec(name="program_card", do=program_card),
)
