"""The preview of a picture of one's own: what is told about it, before it is shown to the machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from marki.console.actions.cards import hand_over, show_card, type_card, type_teach
from marki.console.actions.operator import Operator
from marki.console.actions.settings import turned_setting
from marki.console.state.commands import Argument, CommandSpec
from marki.console.state.picture_preview import Preview, look
from marki.errors import SessionError, StimulusError
from marki.io.camera import Camera
from marki.io.exhibits import MARK1
from marki.io.stimuli.fitting import Fitting

STEP_DEG = 5.0
"""Degrees by which a key turns the picture."""

CHOICES = ("even", "fit", "strokes", "straighten")
"""Settings that a line of the page turns to the next."""

KEYS: dict[str, tuple[str, dict[str, Any]]] = {
    "1": ("preview_invert", {}),
    "2": ("preview_turn", {"way": 1}),
    "3": ("preview_turn", {"way": -1}),
    **{str(4 + k): ("preview_choice", {"name": name, "way": 1}) for k, name in enumerate(CHOICES)},
    "8": ("preview_deck", {}),
}
"""Commands of keys while the page is open; the page names them."""


def picture_card(op: Operator, path: str) -> None:
    """Put an image file before the camera, and show on a page what was made of it."""
    preview = look(Path(path), _expected(op))
    op.playback.running = False
    op.turn_to("preview")
    op.ui.focus = None  # the keyboard is at the card: Enter asks
    op.tell("message.picture_card", name=preview.path.stem)
    _take(op, preview)


def _expected(op: Operator) -> Fitting:
    """Return how a picture is fitted for what stands here: as the digits are for what learns digits."""
    world = op.world_config()
    if world.name == "images":
        return world.pictures
    task = world.name
    if op.timeline is not None and op.timeline.ready and op.ui.system != MARK1:
        shown = next((e for e in op.timeline.exhibits(op.session) if e.name == op.ui.system), None)
        task = shown.task if shown is not None else task
    return Fitting(fit="digit" if task == "digits" else "letter")


def _take(op: Operator, preview: Preview) -> None:
    """Show what was made of a picture, or why no card can be made of it as told."""
    op.ui.preview = preview
    op.ui.strokes.clear()
    if isinstance(preview.done, StimulusError):
        op.ui.draft = None
        raise preview.done
    op.ui.draft = np.rint(Camera().frame(preview.done.card) * 255).astype(np.uint8)
    op.ui.tool = "draw"


def _shown(op: Operator) -> Preview:
    """Return the preview that is open."""
    if op.ui.preview is None:
        raise SessionError(
            "there is no picture",
            where="preview",
            remedy="Drop one on the window, or press O",
            code="session.picture_none",
        )
    return op.ui.preview


def _tell_of(op: Operator, **told: Any) -> None:
    """Look at the picture again with something else told."""
    preview = _shown(op)
    _take(op, preview.again(replace(preview.how, **told)))


def preview_invert(op: Operator) -> None:
    """Take light for dark: the other way round than it is now."""
    done, how = _shown(op).done, _shown(op).how
    dark = how.invert == "yes" if isinstance(done, StimulusError) else done.dark_ink
    _tell_of(op, invert="no" if dark else "yes")


def preview_turn(op: Operator, way: int) -> None:
    """Turn the picture by some degrees, counter-clockwise for 1; the frame is judged again."""
    _tell_of(op, turn_deg=(_shown(op).how.turn_deg + STEP_DEG * way + 180) % 360 - 180, frame=())


def preview_choice(op: Operator, name: str, way: int) -> None:
    """Turn one of the choices to the next."""
    how = _shown(op).how
    now, meta = {n: (value, meta) for n, value, meta in how.items()}[name]
    _tell_of(op, **{name: turned_setting(now, meta, way)})


def preview_frame(op: Operator, frame: Sequence[float]) -> None:
    """Look at a part of the picture only: left, top, right, bottom; nothing lets it be judged."""
    _tell_of(op, frame=tuple(frame))


def preview_judged(op: Operator) -> None:
    """Take back what was told: all is judged again."""
    _take(op, _shown(op).again(_expected(op)))


def _in_hand(op: Operator) -> None:
    if op.ui.draft is None:
        _take(op, _shown(op))


def preview_ask(op: Operator) -> None:
    """Show the card, so that whatever stands here answers."""
    _in_hand(op)
    show_card(op)


def preview_teach(op: Operator) -> None:
    """Ask for the class of the card, to teach it."""
    _in_hand(op)
    type_teach(op)


def preview_deck(op: Operator) -> None:
    """Ask for the class of the card, to put it into the class's deck."""
    _in_hand(op)
    type_card(op)


def preview_close(op: Operator) -> None:
    """Put picture and card away."""
    op.ui.preview = None
    hand_over(op)
    op.turn_to("")


WAY = Argument("way", int, low=-1, high=1)
COMMANDS = (
    CommandSpec(name="picture_card", do=picture_card, arguments=(Argument("path", str),)),
    CommandSpec(name="preview_invert", do=preview_invert),
    CommandSpec(name="preview_turn", do=preview_turn, arguments=(WAY,)),
    CommandSpec(name="preview_choice", do=preview_choice, arguments=(Argument("name", str, choices=CHOICES), WAY)),
    CommandSpec(
        name="preview_frame", do=preview_frame, arguments=(Argument("frame", tuple[float, ...], low=0, high=1),)
    ),
    CommandSpec(name="preview_judged", do=preview_judged),
    CommandSpec(name="preview_ask", do=preview_ask),
    CommandSpec(name="preview_teach", do=preview_teach),
    CommandSpec(name="preview_deck", do=preview_deck),
    CommandSpec(name="preview_close", do=preview_close),
)
