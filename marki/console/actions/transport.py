"""Time: run, stop, step, go back, and begin anew."""

from __future__ import annotations

from marki.console.actions.lessons import lesson, reveal
from marki.console.actions.operator import Operator
from marki.console.state.commands import Argument, CommandSpec
from marki.teaching.narration import Narrator


def play(op: Operator) -> None:
    """Run, or stand still; what is covered is revealed first."""
    op.playback.play()
    op.ui.turning = None
    if op.playback.running and op.ui.covered:
        reveal(op)
        op.playback.running = True


def step_event(op: Operator) -> None:
    """Stop, go on to the next event of any unit, and say what it was."""
    op.playback.step_event()
    _say_event(op)
    op.ui.turning = None


def back_event(op: Operator) -> None:
    """Stop, go back to the event before, and say what it was."""
    op.playback.back_event()
    _say_event(op)
    op.ui.turning = None


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


def step_trial(op: Operator) -> None:
    """Stop, and go on to the end of the trial."""
    op.playback.step_trial()
    op.ui.turning = None


def back_trial(op: Operator) -> None:
    """Stop, and go back by one trial."""
    op.playback.back_trial()
    op.ui.turning = None


def to_start(op: Operator) -> None:
    """Stop, and go back to the beginning; what is known of the run stays known."""
    op.playback.to_start()
    op.ui.turning = None


def to_end(op: Operator) -> None:
    """Stop, and go to the end of what is known of the run."""
    op.playback.to_end()
    op.ui.turning = None


def to_mistake(op: Operator) -> None:
    """Run as fast as possible until a response is wrong, then stop."""
    op.playback.to_mistake()
    op.ui.turning = None


def go_to(op: Operator, trial: int) -> None:
    """Stop, and go to the end of so many trials of the known run."""
    if trial != op.session.trial or not op.session.learner.idle:
        op.ui.turning, op.ui.covered = None, False
        op.playback.go_to(trial)


def slower(op: Operator) -> None:
    """Take the next lower speed."""
    op.playback.slower()


def faster(op: Operator) -> None:
    """Take the next higher speed."""
    op.playback.faster()


def reset(op: Operator) -> None:
    """Begin the same run again."""
    _keep_curve(op)
    op.playback.reset()
    _begin_run(op)


def new_seed(op: Operator) -> None:
    """Begin a run with the next seed: other wiring, other order of cards."""
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
    op.begin_match()


def scenario(op: Operator) -> None:
    """Go back to what was launched: the lesson's prepared state, or the first run."""
    if op.ui.lesson is not None:
        lesson(op, op.ui.lesson.name)
    else:
        reset(op)


COMMANDS = (
    CommandSpec(name="to_start", do=to_start, keys=("home",), group="time", button=True),
    CommandSpec(name="back_trial", do=back_trial, keys=("left",), group="time", button=True),
    CommandSpec(name="back_event", do=back_event, keys=(",",), group="time", button=True),
    CommandSpec(name="play", do=play, keys=("space",), group="time", button=True),
    CommandSpec(name="step_event", do=step_event, keys=(".",), group="time", button=True),
    CommandSpec(name="step_trial", do=step_trial, keys=("right",), group="time", button=True),
    CommandSpec(name="to_mistake", do=to_mistake, keys=("m",), group="time", button=True),
    CommandSpec(name="to_end", do=to_end, keys=("end",), group="time", button=True),
    CommandSpec(name="slower", do=slower, keys=("[",), group="time", button=True),
    CommandSpec(name="faster", do=faster, keys=("]",), group="time", button=True),
    CommandSpec(name="reset", do=reset, keys=("r",), group="time", button=True),
    CommandSpec(name="scenario", do=scenario, keys=("R",), group="time"),
    CommandSpec(name="new_seed", do=new_seed, keys=("n",), group="time"),
    CommandSpec(name="go_to", do=go_to, arguments=(Argument("trial", int, low=0),)),
)
