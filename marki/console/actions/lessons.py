"""Teaching: hand against motors, predictions, lessons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marki.teaching import lesson as lessons

if TYPE_CHECKING:
    from marki.console.actions.operator import Operator

MOST_OPTIONS = 9  # a figure key each; of more classes only right or wrong is voted


def hand(op: Operator) -> None:
    """Be the motor: the trainer's motors rest, and the operator turns the potentiometers; or stop being it."""
    ui = op.ui
    control = "error" if ui.hand else "none"
    if not op.press("set", {"machine.reinforcement.control": control}):
        return
    ui.hand = not ui.hand
    op.playback.halt = "trial" if ui.hand else ""
    op.begin_match()
    op.turn_to("hand" if ui.hand else "")
    op.tell("message.hand_on" if ui.hand else "message.hand_off")


def predict(op: Operator) -> None:
    """Let the class predict each response before its lamps light, or no longer."""
    ui = op.ui
    ui.predicting = not ui.predicting
    op.playback.halt = "read" if ui.predicting else "trial" if ui.hand else ""
    if ui.predicting:
        op.turn_to("vote")
        op.playback.running = True
    elif ui.covered:
        reveal(op)
    op.tell("message.predict_on" if ui.predicting else "message.predict_off")


def watch(op: Operator) -> None:
    """Look once a frame whether the machine has come to a moment at which something is to be done."""
    ui, session = op.ui, op.session
    waits = ui.predicting and not ui.covered and not op.playback.running and not session.learner.idle
    if waits and session.now == op.playback.before_reading():
        cover(op)
    if op.opponent is not None:
        op.opponent.follow(session)


def cover(op: Operator) -> None:
    """Cover the R-lamps, and open a ballot about what they will show."""
    session, ui = op.session, op.ui
    ui.covered = True
    options = tuple(session.world.classes)
    if len(options) > MOST_OPTIONS:
        options = (op.words("vote.right"), op.words("vote.wrong"))
    shown = session.presentation
    name = session.world.classes[shown.kind] if shown.kind >= 0 else shown.name
    ui.tally.open(session.trial + 1, name, options)
    op.turn_to("vote")


def vote(op: Operator, value: tuple[int, int]) -> None:
    """Count votes for an option, or take them back."""
    option, votes = value
    if op.ui.covered:
        if votes > 0:
            op.ui.tally.vote(option, votes)
        else:
            op.ui.tally.unvote(option)


def reveal(op: Operator) -> None:
    """Let the lamps light, and compare with the votes."""
    ui, session, playback = op.ui, op.session, op.playback
    if not ui.covered:
        return
    ui.covered = False
    session.advance(session.began_us + playback.seen_us(), one=True)
    playback.running = False
    playback.snapshot()
    said = op.answered()
    shown = session.presentation
    right = None if shown.kind < 0 else said == session.world.classes[shown.kind]
    if len(session.world.classes) > MOST_OPTIONS and right is not None:
        ui.tally.close(op.words("vote.right" if right else "vote.wrong"), right)
    else:
        ui.tally.close(said, right)
    op.tell("message.answered", name=shown.name, answer=said)


def save_tally(op: Operator, _: Any = None) -> None:
    """Write the votes to a file."""
    path = op.file("votes", "csv")
    op.ui.tally.save(path)
    op.tell("message.saved", path=path)


def lesson(op: Operator, name: str) -> None:
    """Open a lesson; where that ends a run with changes of the operator's own, ask first."""
    lessons.load(name)  # what is wrong with it is said before anything is asked
    if not op.ask_to_leave("begin_lesson", name):
        begin_lesson(op, name)


def begin_lesson(op: Operator, name: str) -> None:
    """Open a lesson: its prepared state, its first page."""
    lesson = lessons.load(name)
    op.hooks["replace"](lessons.begin(lesson))
    ui = op.ui
    ui.lesson, ui.leaf, ui.chosen, ui.answers, ui.opened = lesson, 0, {}, {}, set()
    ui.view = lesson.state.view
    op.playback.speed, op.playback.running = lesson.state.speed, not lesson.state.paused
    _open_leaf(op)
    if lesson.state.hand != ui.hand:
        hand(op)
        op.turn_to("lesson")


def _open_leaf(op: Operator) -> None:
    ui, playback = op.ui, op.playback
    page = ui.lesson.pages[ui.leaf]
    ui.hidden, ui.watched = frozenset(page.hide), frozenset(page.watch)
    if page.view:
        ui.view = page.view
    if page.speed:
        playback.speed = page.speed
    _stand(op, page)
    if ui.leaf not in ui.opened:  # turning back gives no command twice
        ui.opened.add(ui.leaf)
        _prepare(op, page)
    else:
        op.turn_to("lesson")
    if page.predict != ui.predicting:
        predict(op)
        op.turn_to("lesson")


def _stand(op: Operator, page: lessons.LessonPage) -> None:
    """Put up what a page is about, if it is about the timeline."""
    ui = op.ui
    if op.timeline is None or not (page.system or page.hall or ui.hall):
        return
    op.timeline.wake()
    ui.strip, ui.hall = True, page.hall
    if page.system:
        ui.system, ui.beside, ui.example, ui.typed = page.system, page.beside, page.example, ""


def _prepare(op: Operator, page: lessons.LessonPage) -> None:
    """Give the commands of a page, and begin its run."""
    playback = op.playback
    if page.commands and op.session.in_past:
        playback.to_end()
    for command in page.commands:
        for name, value in command.items():
            op.press(name, value)
    op.turn_to("lesson")
    if page.run:
        playback.run_to = op.session.trial + page.run
        playback.running = True


def measure(op: Operator, number: int) -> None:
    """Show the answer of a question that is open, or measured in the lesson's own run."""
    ui = op.ui
    question = ui.lesson.pages[ui.leaf].questions[number]
    ui.answers[ui.leaf, number] = str(lessons.answer_of(question, ui.lesson, op.words.language))


def next_leaf(op: Operator) -> None:
    """Turn to the next page of the lesson."""
    _turn_leaf(op, 1)


def last_leaf(op: Operator) -> None:
    """Turn back one page of the lesson."""
    _turn_leaf(op, -1)


def _turn_leaf(op: Operator, way: int) -> None:
    ui = op.ui
    if ui.lesson is None:
        op.turn_to("lessons")
        return
    leaf = ui.leaf + way
    if ui.page != "lesson":
        op.turn_to("lesson")
    elif 0 <= leaf < len(ui.lesson.pages):
        ui.leaf = leaf
        _open_leaf(op)
    elif way > 0:
        end_lesson(op)
        op.tell("message.lesson_done")


def leaf(op: Operator, way: int) -> None:
    """Turn a page."""
    _turn_leaf(op, way)


def choose(op: Operator, value: tuple[int, int]) -> None:
    """Choose an option of a question of this page."""
    question, option = value
    op.ui.chosen[op.ui.leaf, question] = option


def end_lesson(op: Operator, _: Any = None) -> None:
    """Close the lesson; the machine stays as it is."""
    ui = op.ui
    ui.lesson, ui.hidden, ui.watched = None, frozenset(), frozenset()
    if ui.predicting:
        predict(op)
    op.turn_to("lessons")


def scenario(op: Operator) -> None:
    """Go back to what was launched: the lesson's prepared state, or the first run."""
    if op.ui.lesson is not None:
        lesson(op, op.ui.lesson.name)
    else:
        op.move(op.playback.reset)
