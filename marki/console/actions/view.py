"""What the operator looks at: views, bays, layers, pages, moments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marki.console.state.targets import Target
from marki.console.state.ui_state import VIEWS
from marki.language import LANGUAGES, Words

if TYPE_CHECKING:
    from marki.console.actions.operator import Operator


def view(op: Operator) -> None:
    """Go over to the other view."""
    ui = op.ui
    ui.focus = ui.hovered = None
    if ui.hall or ui.system != "mark1" or ui.beside:  # back to the Mark I first
        ui.hall, ui.beside, ui.system, ui.example = False, "", "mark1", -1
        return
    ui.view = VIEWS[(VIEWS.index(ui.view) + 1) % len(VIEWS)]


def closer(op: Operator) -> None:
    """Look closely at the next bay of the front, or at the whole again."""
    if op.ui.view != "front":
        view(op)
        return
    op.ui.bay = (op.ui.bay + 1) % 6


def layer(op: Operator) -> None:
    """Show the next layer of potentiometers."""
    show_layer(op, (op.ui.layer + 1) % 8)


def show_layer(op: Operator, layer: int) -> None:
    """Show a layer of potentiometers."""
    op.ui.layer = layer
    op.tell("message.layer", layer=layer + 1)


def doors(op: Operator, _: Any = None) -> None:
    """Open or close the doors of the plugboard."""
    if op.ui.view != "front":
        view(op)
        op.ui.open_doors = False
    op.ui.open_doors = not op.ui.open_doors


def pick(op: Operator, part: Target) -> None:
    """Take a unit into focus, and show its sum."""
    op.ui.picked = part
    op.turn_to("inspect")


def pick_unit(op: Operator, value: tuple[str, int]) -> None:
    """Take a unit into focus by its kind and number."""
    pick(op, Target(*value))


def go_to(op: Operator, trial: int) -> None:
    """Go to the end of so many trials of the known run."""
    if trial != op.session.trial or not op.session.learner.idle:
        op.ui.turning, op.ui.covered = None, False
        op.playback.go_to(trial)


def page(op: Operator, page: str) -> None:
    """Open a page."""
    op.turn_to(page)


def command(op: Operator, command: str) -> None:
    """Carry out a command from a page."""
    op.command(command)


def drop(op: Operator, value: tuple[str, Any]) -> None:
    """Drop the known future, and give the command that was held back."""
    op.session.drop_future()
    op.press(*value)


def answer(op: Operator, yes: bool) -> None:
    """Answer the question that is asked."""
    question, op.ui.question = op.ui.question, None
    if question is not None and yes:
        op.act(question.act, question.value)


def language(op: Operator) -> None:
    """Speak the next language."""
    op.words = Words(LANGUAGES[(LANGUAGES.index(op.words.language) + 1) % len(LANGUAGES)])
    op.tell("message.language")
