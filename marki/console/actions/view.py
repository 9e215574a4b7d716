"""What the operator looks at: views, bays, layers, pages, units."""

from __future__ import annotations

from functools import partial
from typing import Any

from marki.console.actions.operator import Operator
from marki.console.state.commands import Argument, CommandSpec
from marki.console.state.targets import GRIDS, Target
from marki.console.state.ui_state import PAGES, VIEWS
from marki.errors import ConfigError
from marki.io.exhibits import MARK1

BAYS = 6  # the whole front, and five bays looked at closely
LAYERS = 8  # of potentiometers


def view(op: Operator) -> None:
    """Go over to the other view; from the editor, to what stood there before; from the timeline, back to the Mark I."""
    ui = op.ui
    ui.focus = ui.hovered = None
    if ui.editing:
        ui.editing = False
        return
    if ui.chart or ui.hall or ui.system != MARK1 or ui.beside:
        ui.chart = ""
        ui.hall, ui.beside, ui.system, ui.example = False, "", MARK1, -1
        return
    ui.view = VIEWS[(VIEWS.index(ui.view) + 1) % len(VIEWS)]


def closer(op: Operator) -> None:
    """Look closely at the next bay of the front, or at the whole again."""
    if op.ui.view != "front":
        view(op)
        return
    op.ui.bay = (op.ui.bay + 1) % BAYS


def layer(op: Operator) -> None:
    """Show the next layer of potentiometers."""
    show_layer(op, (op.ui.layer + 1) % LAYERS)


def show_layer(op: Operator, layer: int) -> None:
    """Show a layer of potentiometers."""
    op.ui.layer = layer
    op.tell("message.layer", layer=layer + 1)


def doors(op: Operator) -> None:
    """Open or close the doors of the plugboard."""
    if op.ui.view != "front":
        view(op)
        op.ui.open_doors = False
    op.ui.open_doors = not op.ui.open_doors


def pick(op: Operator, kind: str, number: int) -> None:
    """Take a unit into focus, and show its sum."""
    rows, columns = GRIDS[kind]
    if number >= rows * columns:
        raise ConfigError(
            f"there is no {kind} {number}", where="command 'pick'", remedy=f"Give 0 to {rows * columns - 1}"
        )
    op.ui.picked = Target(kind, number)
    op.turn_to("inspect")


def open_page(op: Operator, name: str) -> None:
    """Open a page at the side, or close it ("")."""
    op.turn_to(name)


def toggle_page(op: Operator, name: str) -> None:
    """Open a page at the side, or close it if it is open."""
    if name not in ("inspect", "provenance"):
        op.ui.focus = None  # the keyboard goes to the page; those two tell about what has the focus
    op.turn_to("" if op.ui.page == name else name)


def page_command(name: str, key: str, group: str, *, chord: str = "", **fields: Any) -> CommandSpec:
    """Return the command that opens and closes a page by a key, and by a chord if there is one."""
    keys = (key, chord) if chord else (key,)
    return CommandSpec(name=name, do=partial(toggle_page, name=name), keys=keys, group=group, **fields)


COMMANDS = (
    CommandSpec(name="view", do=view, keys=("v",), group="look", button=True),
    CommandSpec(name="closer", do=closer, keys=("z",), group="look"),
    CommandSpec(name="layer", do=layer, keys=("y",), group="look"),
    CommandSpec(name="doors", do=doors, keys=("w",), group="look"),
    page_command("inspect", "u", "look"),
    page_command("provenance", "i", "look"),
    page_command("confusion", "k", "look"),
    page_command("journal", "j", "look"),
    CommandSpec(name="show_layer", do=show_layer, arguments=(Argument("layer", int, low=0, high=LAYERS - 1),)),
    CommandSpec(
        name="pick", do=pick, arguments=(Argument("kind", str, choices=tuple(GRIDS)), Argument("number", int, low=0))
    ),
    CommandSpec(name="page", do=open_page, arguments=(Argument("name", str, choices=("", *PAGES)),)),
)
