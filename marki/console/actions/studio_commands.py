"""What hands do to a machine that draws: turn its numbers, stop it on its way, mix styles, slide between cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from marki.console.actions.operator import Operator
from marki.console.state.commands import Argument, CommandSpec
from marki.console.state.studio import STEPS, tool_of
from marki.errors import SessionError
from marki.io.drawing_orders import Ink, Tool
from marki.io.exhibits import Exhibit, Reply
from marki.io.frame import CELLS

FILM_S = 4.0
"""Time in which a walk is shown from its first step to its last, s."""


def put(op: Operator, *, more: bool = False, **changes: Any) -> None:
    """Change the studio, so that undo can take it back; `more` of the same drag is taken back with it."""
    if not more:
        op.ui.studio_past.keep(op.ui.studio)
    op.ui.studio = replace(op.ui.studio, **changes)


def _machine(op: Operator, wanted: Tool) -> Exhibit:
    """Return the machine that draws, with a tool in hand."""
    timeline, ui = op.timeline, op.ui
    known = () if timeline is None else timeline.exhibits(op.session)
    exhibit = next((e for e in known if e.name == ui.system), None)
    if exhibit is None or ui.hall or ui.beside or tool_of(ui.studio, exhibit) is not wanted:
        raise SessionError(
            "nothing stands here that takes this", where="studio", remedy="Put a machine up that draws, and its tool",
            code="session.studio_tool",
        )  # fmt: skip
    return exhibit


def _reply(op: Operator, wanted: Tool) -> Reply | None:
    """Return what the machine handed back last for a tool; None before it has."""
    reply = None if op.timeline is None else op.timeline.slots["first"].reply
    return reply if reply is not None and reply.sheet is not None and reply.sheet.tool is wanted else None


def tool(op: Operator, name: str) -> None:
    """Take a tool into hand."""
    put(op, tool=name)
    op.ui.film_at, op.ui.film_runs = 0.0, True
    op.tell(f"timeline.tool_how.{name}")


def turn_latent(op: Operator, number: int, value: float, more: bool = False) -> None:
    """Turn one of the numbers of which the machine draws."""
    _machine(op, Tool.KNOBS)
    turned = {**dict(op.ui.studio.turned), number: round(value, 3)}
    put(op, more=more, turned=tuple(sorted(turned.items())))


def latents_back(op: Operator) -> None:
    """Let all numbers go back to where the machine has them."""
    _machine(op, Tool.KNOBS)
    if op.ui.studio.turned:
        put(op, turned=())


def walk_play(op: Operator) -> None:
    """Let the walk go on, or stop it; from its end it begins again."""
    _machine(op, Tool.WALK)
    ui = op.ui
    ui.film_runs = not ui.film_runs
    if ui.film_runs and ui.film_at >= length(op):
        ui.film_at = 0.0


def walk_to(op: Operator, step: int) -> None:
    """Stop the walk at a step."""
    _machine(op, Tool.WALK)
    op.ui.film_at, op.ui.film_runs = float(min(length(op), max(0, step))), False


def walk_step(op: Operator, way: int) -> None:
    """Go a step further on the walk, or back."""
    walk_to(op, int(op.ui.film_at) + way)


def walk_steps(op: Operator) -> None:
    """Take another number of steps for the walk; what was drawn on it is gone then."""
    _machine(op, Tool.WALK)
    studio, ui = op.ui.studio, op.ui
    put(op, steps=STEPS[(STEPS.index(studio.steps) + 1) % len(STEPS)], ink=())
    ui.film_at, ui.film_runs = 0.0, True


def paint(op: Operator, cells: Sequence[int], level: int, more: bool = False) -> None:
    """Draw into the picture on its way, with light, or with 0 dark; the walk stands still for that."""
    _machine(op, Tool.WALK)
    ui = op.ui
    step = int(ui.film_at)
    ui.film_runs = False
    if step >= length(op):
        op.tell("timeline.walk_over")
        return
    fresh = {(step, cell): Ink(step, cell, level) for cell in cells}
    kept = [ink for ink in ui.studio.ink if (ink.step, ink.cell) not in fresh]
    put(op, more=more, ink=(*kept, *fresh.values()))


def wipe(op: Operator) -> None:
    """Take away all that was drawn on the walk."""
    _machine(op, Tool.WALK)
    if op.ui.studio.ink:
        put(op, ink=())


def mix_layer(op: Operator, number: int) -> None:
    """Take the style of a layer from the other drawing."""
    _machine(op, Tool.MIX)
    put(op, theirs=tuple(sorted(set(op.ui.studio.theirs) ^ {number})))


def mix_next(op: Operator) -> None:
    """Take another second drawing."""
    _machine(op, Tool.MIX)
    put(op, other_again=op.ui.studio.other_again + 1)


def mix_swap(op: Operator) -> None:
    """Exchange first and second drawing; the layers keep theirs."""
    _machine(op, Tool.MIX)
    now = op.ui.studio
    put(op, named=now.other, again=now.other_again, other=now.named, other_again=now.again)


def pin_card(op: Operator, second: bool = False) -> None:
    """Pin the card before the camera, or one's own, as the first of two cards or as the second."""
    _machine(op, Tool.SLIDE)
    frame = None if op.timeline is None else op.timeline.card
    if frame is None or not frame.any():
        raise SessionError("there is no card", where="deck", remedy="Draw one first", code="session.card_none")
    shown = _reply(op, Tool.SLIDE)
    held = {} if shown is None or shown.sheet is None else {p.kind: p.field for p in shown.sheet.pictures}
    card = np.array(frame, np.float32)
    if second:
        put(op, first=op.ui.studio.first if op.ui.studio.first is not None else held.get("first", card), second=card)
    else:
        put(op, first=card, second=op.ui.studio.second if op.ui.studio.second is not None else held.get("second", card))


def slide(op: Operator, share: float, more: bool = False) -> None:
    """Go so far from the first card to the second."""
    _machine(op, Tool.SLIDE)
    put(op, more=more, share=round(share, 3))


def own_cards(op: Operator) -> None:
    """Put examples of the machine's own task in the place of the cards, other ones each time."""
    _machine(op, Tool.SLIDE)
    if op.ui.studio.first is None:
        op.ui.example = max(0, op.ui.example) + 1
    else:
        put(op, first=None, second=None)


def length(op: Operator) -> int:
    """Return the number of steps of the walk that is shown; 0 before it is there."""
    reply = _reply(op, Tool.WALK)
    film = None if reply is None or reply.sheet is None else reply.sheet.film
    return 0 if film is None else len(film) - 1


def play_film(op: Operator, seconds: float) -> None:
    """Let a walk that goes on go on by so much time; once a frame."""
    ui = op.ui
    if ui.hall or not ui.film_runs or (steps := length(op)) == 0:
        return
    ui.film_at = float(steps) if ui.still else min(float(steps), ui.film_at + seconds * steps / FILM_S)
    if ui.film_at >= steps:
        ui.film_runs = False


CELL = Argument("cells", tuple[int, ...], low=0, high=CELLS - 1)
MORE = Argument("more", bool, optional=True)
COMMANDS = (
    CommandSpec(name="tool", do=tool, arguments=(Argument("name", str, choices=tuple(map(str, Tool))),)),
    CommandSpec(
        name="turn_latent",
        do=turn_latent,
        arguments=(Argument("number", int, low=0), Argument("value", float, low=-1e6, high=1e6), MORE),
    ),
    CommandSpec(name="latents_back", do=latents_back),
    CommandSpec(name="walk_play", do=walk_play),
    CommandSpec(name="walk_to", do=walk_to, arguments=(Argument("step", int, low=0),)),
    CommandSpec(name="walk_step", do=walk_step, arguments=(Argument("way", int, low=-1, high=1),)),
    CommandSpec(name="walk_steps", do=walk_steps),
    CommandSpec(name="paint", do=paint, arguments=(CELL, Argument("level", int, low=0, high=1), MORE)),
    CommandSpec(name="wipe", do=wipe),
    CommandSpec(name="mix_layer", do=mix_layer, arguments=(Argument("number", int, low=0, high=99),)),
    CommandSpec(name="mix_next", do=mix_next),
    CommandSpec(name="mix_swap", do=mix_swap),
    CommandSpec(name="pin_card", do=pin_card, arguments=(Argument("second", bool, optional=True),)),
    CommandSpec(name="slide", do=slide, arguments=(Argument("share", float, low=0, high=1), MORE)),
    CommandSpec(name="own_cards", do=own_cards),
)
