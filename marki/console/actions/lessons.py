"""Teaching: hand against motors, predictions, lessons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marki.teaching import lesson as lessons

if TYPE_CHECKING:
    from marki.console.actions.operator import Operator

MOST_OPTIONS = 9  # a figure key each; of more classes only right or wrong is voted


def hand(op: Operator) -> None:
    """Be the motor: the trainer's motors rest, and the operator turns the potentiometers; or stop being it."""
    desk = op.desk
    control = "error" if desk.hand else "none"
    if not op.press("set", {"reinforcement.control": control}):
        return
    desk.hand = not desk.hand
    op.transport.halt = "trial" if desk.hand else ""
    op.begin_match()
    op.turn_to("hand" if desk.hand else "")
    op.tell("message.hand_on" if desk.hand else "message.hand_off")


def predict(op: Operator) -> None:
    """Let the class predict each response before its lamps light, or no longer."""
    desk = op.desk
    desk.predicting = not desk.predicting
    op.transport.halt = "read" if desk.predicting else "trial" if desk.hand else ""
    if desk.predicting:
        op.turn_to("vote")
        op.transport.running = True
    elif desk.covered:
        reveal(op)
    op.tell("message.predict_on" if desk.predicting else "message.predict_off")


def watch(op: Operator) -> None:
    """Look once a frame whether the machine has come to a moment at which something is to be done."""
    desk, session = op.desk, op.session
    waits = desk.predicting and not desk.covered and not op.transport.running and not session.learner.idle
    if waits and session.now == op.transport.before_reading():
        cover(op)
    if op.rival is not None:
        op.rival.follow(session)


def cover(op: Operator) -> None:
    """Cover the R-lamps, and open a ballot about what they will show."""
    session, desk = op.session, op.desk
    desk.covered = True
    options = tuple(session.world.classes)
    if len(options) > MOST_OPTIONS:
        options = (op.words("vote.right"), op.words("vote.wrong"))
    shown = session.presentation
    name = session.world.classes[shown.kind] if shown.kind >= 0 else shown.name
    desk.tally.open(session.trial + 1, name, options)
    op.turn_to("vote")


def vote(op: Operator, value: tuple[int, int]) -> None:
    """Count votes for an option, or take them back."""
    option, votes = value
    if op.desk.covered:
        if votes > 0:
            op.desk.tally.vote(option, votes)
        else:
            op.desk.tally.unvote(option)


def reveal(op: Operator) -> None:
    """Let the lamps light, and compare with the votes."""
    desk, session, transport = op.desk, op.session, op.transport
    if not desk.covered:
        return
    desk.covered = False
    session.advance(session.began_us + transport.seen_us(), one=True)
    transport.running = False
    transport.look()
    said = op.answered()
    shown = session.presentation
    right = None if shown.kind < 0 else said == session.world.classes[shown.kind]
    if len(session.world.classes) > MOST_OPTIONS and right is not None:
        desk.tally.close(op.words("vote.right" if right else "vote.wrong"), right)
    else:
        desk.tally.close(said, right)
    op.tell("message.answered", name=shown.name, answer=said)


def save_tally(op: Operator, _: Any = None) -> None:
    """Write the votes to a file."""
    path = op.file("votes", "csv")
    op.desk.tally.save(path)
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
    desk = op.desk
    desk.lesson, desk.leaf, desk.chosen, desk.answers, desk.opened = lesson, 0, {}, {}, set()
    desk.view = lesson.state.view
    op.transport.speed, op.transport.running = lesson.state.speed, not lesson.state.paused
    _open_leaf(op)
    if lesson.state.hand != desk.hand:
        hand(op)
        op.turn_to("lesson")


def _open_leaf(op: Operator) -> None:
    desk, transport = op.desk, op.transport
    page = desk.lesson.pages[desk.leaf]
    desk.hidden, desk.watched = frozenset(page.hide), frozenset(page.watch)
    if page.view:
        desk.view = page.view
    if page.speed:
        transport.speed = page.speed
    _stand(op, page)
    if desk.leaf not in desk.opened:  # turning back gives no command twice
        desk.opened.add(desk.leaf)
        _prepare(op, page)
    else:
        op.turn_to("lesson")
    if page.predict != desk.predicting:
        predict(op)
        op.turn_to("lesson")


def _stand(op: Operator, page: lessons.LessonPage) -> None:
    """Put up what a page is about, if it is about the timeline."""
    desk = op.desk
    if op.annex is None or not (page.system or page.hall or desk.hall):
        return
    op.annex.wake()
    desk.strip, desk.hall = True, page.hall
    if page.system:
        desk.system, desk.beside, desk.example, desk.typed = page.system, page.beside, page.example, ""


def _prepare(op: Operator, page: lessons.LessonPage) -> None:
    """Give the commands of a page, and begin its run."""
    transport = op.transport
    if page.press and op.session.in_past:
        transport.to_end()
    for command in page.press:
        for name, value in command.items():
            op.press(name, value)
    op.turn_to("lesson")
    if page.run:
        transport.run_to = op.session.trial + page.run
        transport.running = True


def measure(op: Operator, number: int) -> None:
    """Show the answer of a question that is open, or measured in the lesson's own run."""
    desk = op.desk
    question = desk.lesson.pages[desk.leaf].questions[number]
    desk.answers[desk.leaf, number] = str(lessons.answer_of(question, desk.lesson, op.words.language))


def next_leaf(op: Operator) -> None:
    """Turn to the next page of the lesson."""
    _turn_leaf(op, 1)


def last_leaf(op: Operator) -> None:
    """Turn back one page of the lesson."""
    _turn_leaf(op, -1)


def _turn_leaf(op: Operator, way: int) -> None:
    desk = op.desk
    if desk.lesson is None:
        op.turn_to("lessons")
        return
    leaf = desk.leaf + way
    if desk.page != "lesson":
        op.turn_to("lesson")
    elif 0 <= leaf < len(desk.lesson.pages):
        desk.leaf = leaf
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
    op.desk.chosen[op.desk.leaf, question] = option


def end_lesson(op: Operator, _: Any = None) -> None:
    """Close the lesson; the machine stays as it is."""
    desk = op.desk
    desk.lesson, desk.hidden, desk.watched = None, frozenset(), frozenset()
    if desk.predicting:
        predict(op)
    op.turn_to("lessons")


def scenario(op: Operator) -> None:
    """Go back to what was launched: the lesson's prepared state, or the first run."""
    if op.desk.lesson is not None:
        lesson(op, op.desk.lesson.name)
    else:
        op.move(op.transport.reset)
