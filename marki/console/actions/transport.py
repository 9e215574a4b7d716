"""Time: run, stop, step, go back, and begin anew."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from marki.console.actions.lessons import lesson, reveal
from marki.console.actions.operator import Operator
from marki.console.state.commands import Argument, CommandSpec
from marki.console.state.playback import Playback
from marki.teaching.narration import Narrator


def play(op: Operator) -> None:
    """Run, or stand still."""
    move(op, Playback.play)


def step_event(op: Operator) -> None:
    """Stop, go on to the next event of any unit, and say what it was."""
    move(op, Playback.step_event)
    _say_event(op)


def back_event(op: Operator) -> None:
    """Stop, go back to the event before, and say what it was."""
    move(op, Playback.back_event)
    _say_event(op)


def _say_event(op: Operator) -> None:
    """Say what happened at this very moment, and how much else."""
    session = op.session
    idle = session.learner.idle
    codes = session.trace.block(session.trial - 1) if idle and session.trial else session.learner.happened()
    codes = codes[codes >> 16 == session.now]
    if codes.size:
        text = Narrator(session, op.words).event(int(codes[-1]))
        more = op.words("message.more", count=codes.size - 1) if codes.size > 1 else ""
        op.say(f"{text} {more}".strip())


def move(op: Operator, way: Callable[[Playback], None]) -> None:
    """Move in time; what is covered is revealed first, and a potentiometer in hand is let go."""
    reveal(op)
    way(op.playback)
    op.ui.turning = None


def go_to(op: Operator, trial: int) -> None:
    """Stop, and go to the end of so many trials of the known run."""
    if trial != op.session.trial or not op.session.learner.idle:
        reveal(op)
        op.ui.turning = None
        op.playback.go_to(trial)


def reset(op: Operator) -> None:
    """Begin the same run again."""
    op.keep()
    _keep_curve(op)
    op.playback.reset()
    _begin_run(op)


def new_seed(op: Operator) -> None:
    """Begin a run with the next seed: other wiring, other order of cards."""
    op.keep()
    _keep_curve(op)
    op.playback.new_seed()
    _begin_run(op)


def _keep_curve(op: Operator) -> None:
    """Keep the learning curve of the run that ends, to be seen behind the next."""
    known = op.session.known
    mine = known["wrong"][(known["course"] == 0) & (known["item"] >= 0)]
    if mine.size:
        op.ui.before = mine


def _begin_run(op: Operator) -> None:
    op.ui.turning, op.ui.covered = None, False
    op.changes = 0
    op.begin_match()


def scenario(op: Operator) -> None:
    """Go back to what was launched: the lesson's prepared state, or the first run."""
    if op.ui.lesson is not None:
        lesson(op, op.ui.lesson.name)
    else:
        reset(op)


def _row(name: str, do: Callable[..., None], *keys: str, button: bool = True, **fields: Any) -> CommandSpec:
    return CommandSpec(name=name, do=do, keys=keys, group="time", button=button, **fields)


COMMANDS = (
    _row("to_start", partial(move, way=Playback.to_start), "home"),
    _row("back_trial", partial(move, way=Playback.back_trial), "left", repeats=True),
    _row("back_event", back_event, ",", repeats=True),
    _row("play", play, "space"),
    _row("step_event", step_event, ".", repeats=True),
    _row("step_trial", partial(move, way=Playback.step_trial), "right", repeats=True),
    _row("to_mistake", partial(move, way=Playback.to_mistake), "m"),
    _row("to_end", partial(move, way=Playback.to_end), "end"),
    _row("slower", lambda op: op.playback.slower(), "[", repeats=True),
    _row("faster", lambda op: op.playback.faster(), "]", repeats=True),
    _row("reset", reset, "r", ends_run=True),
    _row("scenario", scenario, "R", button=False, ends_run=True),
    _row("new_seed", new_seed, "n", "ctrl+n", button=False, ends_run=True),
    CommandSpec(name="go_to", do=go_to, arguments=(Argument("trial", int, low=0),)),
)
