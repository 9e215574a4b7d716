"""What only the window can do: how it looks, its language, its focus, its end; and the menu."""

from __future__ import annotations

from marki.console.actions.operator import Operator
from marki.console.actions.view import page_command
from marki.console.state.commands import Argument, CommandSpec
from marki.language import LANGUAGES, Words


def language(op: Operator) -> None:
    """Speak the next language."""
    op.words = Words(LANGUAGES[(LANGUAGES.index(op.words.language) + 1) % len(LANGUAGES)])
    op.tell("message.language")


def projector(op: Operator) -> None:
    """Take the projector's profile, or the desk's."""
    op.ui.projector = not op.ui.projector
    op.tell("message.projector_on" if op.ui.projector else "message.projector_off")


def still(op: Operator) -> None:
    """Take motion out of the picture, or let it back in."""
    op.ui.still = not op.ui.still
    op.tell("message.still_on" if op.ui.still else "message.still_off")


def fullscreen(op: Operator) -> None:
    """Fill the screen, or no longer."""
    op.window.toggle_fullscreen()


def help_(op: Operator) -> None:
    """Show the key map, or take it away."""
    op.ui.helping = not op.ui.helping


def focus(op: Operator, step: int = 1) -> None:
    """Go to the next part at which the keyboard's focus stops, or to the one before."""
    op.window.move_focus(step)


def press(op: Operator) -> None:
    """Press the part that has the focus."""
    op.window.press_focus()


def leave(op: Operator) -> None:
    """Leave the tour; else let the focus go; without one, close the page, or put the tool away."""
    if op.ui.tour >= 0:
        op.give("tour_leave")
    else:
        op.window.leave_focus()


def quit_(op: Operator) -> None:
    """Close the window."""
    op.window.close()


COMMANDS = (
    page_command("menu", "f10", "window", button=True, listed=False),
    CommandSpec(name="language", do=language, keys=("f2",), group="window"),
    CommandSpec(name="projector", do=projector, keys=("f3",), group="window"),
    CommandSpec(name="still", do=still, keys=("f4",), group="window"),
    CommandSpec(name="fullscreen", do=fullscreen, keys=("f11",), group="window", kiosk=False),
    CommandSpec(name="help", do=help_, keys=("?", "f1"), group="window", button=True),
    CommandSpec(
        name="focus",
        do=focus,
        arguments=(Argument("step", int, optional=True, low=-1, high=1),),
        keys=("tab",),
        group="window",
        listed=False,
        lockable=False,
        repeats=True,
    ),
    CommandSpec(name="press", do=press, keys=("return",), group="window", listed=False, lockable=False),
    CommandSpec(name="leave", do=leave, keys=("escape",), group="window", listed=False, lockable=False),
    CommandSpec(name="quit", do=quit_, keys=("q", "ctrl+q"), group="window", kiosk=False, ends_run=True),
)
