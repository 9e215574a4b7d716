"""Teaching: hand against motors, predictions, lessons."""

from __future__ import annotations

from marki.console.actions import session_commands
from marki.console.actions.charts import room_schedule, room_training, room_value
from marki.console.actions.hardware import hand
from marki.console.actions.operator import Operator
from marki.console.actions.view import page_command
from marki.console.state.commands import Argument, CommandSpec
from marki.errors import MarkIError, SessionError
from marki.files import write_new
from marki.io.card_names import card_name
from marki.io.machine_room import EVEN
from marki.io.rooms import READS
from marki.io.worlds import Presentation
from marki.teaching import lesson as lessons

MOST_OPTIONS = 9  # a figure key each; of more classes only right or wrong is voted


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
    op.say("")  # what was said of the card before
    options = tuple(session.world.classes)
    if len(options) > MOST_OPTIONS:
        options = (op.words("vote.right"), op.words("vote.wrong"))
    shown = _presented(op)
    name = session.world.classes[shown.kind] if shown.kind >= 0 else shown.name
    ui.tally.open(session.trial + 1, name, options)
    op.turn_to("vote")


def _presented(op: Operator) -> Presentation:
    """Return what is before the camera."""
    if op.session.presentation is None:
        raise SessionError("nothing is before the camera", remedy="Run a trial first", where="ballot")
    return op.session.presentation


def vote(op: Operator, option: int, way: int = 1) -> None:
    """Count a vote for an option, or with -1 take one back."""
    if op.ui.covered:
        if way > 0:
            op.ui.tally.vote(option)
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
    shown = _presented(op)
    right = None if shown.kind < 0 else said == session.world.classes[shown.kind]
    if len(session.world.classes) > MOST_OPTIONS and right is not None:
        ui.tally.close(op.words("vote.right" if right else "vote.wrong"), right)
    else:
        ui.tally.close(said, right)
    op.tell("message.answered", name=card_name(shown.name, op.words), answer=op.words.class_name(said))


def save_tally(op: Operator) -> None:
    """Write the votes to a file."""
    path = write_new(op.file("votes", "csv"), op.ui.tally.to_csv(form=op.csv).encode())
    op.tell("message.saved", path=path)


def load(op: Operator, name: str) -> lessons.Lesson:
    """Return a lesson, shipped or of a file; its locks may be any commands of the table that can be locked."""
    return lessons.load(name, lockable=[n for n, command in op.commands.items() if command.lockable])


def lesson(op: Operator, name: str) -> None:
    """Open a lesson: its prepared state, its first page."""
    lesson = load(op, name)
    op.go_over(lessons.begin(lesson))
    op.of_lesson = True
    ui = op.ui
    ui.lesson, ui.leaf, ui.chosen, ui.marked, ui.answers, ui.opened = lesson, 0, {}, {}, {}, set()
    ui.view, ui.editing = lesson.state.view, False
    op.playback.speed, op.playback.running = lesson.state.speed, not lesson.state.paused
    _open_leaf(op, lesson)
    if lesson.state.hand != ui.hand:
        hand(op)
        op.turn_to("lesson")


def _open_leaf(op: Operator, lesson: lessons.Lesson) -> None:
    ui, playback = op.ui, op.playback
    page = lesson.pages[ui.leaf]
    ui.hidden, ui.watched = frozenset(page.hide), frozenset(page.watch)
    if page.view:
        ui.view = page.view
    if page.speed:
        playback.speed = page.speed
    try:
        _stand(op, page)
        if ui.leaf not in ui.opened:  # turning back gives no command twice
            ui.opened.add(ui.leaf)
            _prepare(op, page)
        else:
            op.turn_to("lesson")
    except MarkIError as error:
        raise error.within(f"{lesson.name}: pages[{ui.leaf}]") from error
    if page.predict != ui.predicting:
        predict(op)
        op.turn_to("lesson")
    if page.predict and not page.run and not ui.covered:  # the first ballot takes the page's place: it is read before
        playback.running = False
        op.tell("message.predict_page")


def _stand(op: Operator, page: lessons.LessonPage) -> None:
    """Put up what a page is about, if it is about the timeline."""
    ui = op.ui
    if op.timeline is None or not (page.system or page.hall or page.chart or ui.hall or ui.chart):
        return
    op.timeline.wake()
    ui.strip, ui.hall, ui.chart = not page.chart, page.hall, page.chart
    ui.editing = ui.editing and not (page.system or page.hall or page.chart)
    ui.room = READS.name if page.hall else ui.room
    if page.system and page.system != ui.system:
        ui.begin_studio()
    ui.decade, ui.book, ui.shots = page.decade, None, 0
    if page.room:
        plan = dict(page.room)
        room_training(op, plan.pop("training", EVEN))
        for name, value in plan.items():
            if name == "schedule":
                room_schedule(op, value)
            else:
                room_value(op, name, value)
    if page.system:
        ui.system, ui.beside, ui.example, ui.dark = page.system, page.beside, page.example, page.dark
        ui.typed = op.words.pick(page.line) if page.line else ""


def _prepare(op: Operator, page: lessons.LessonPage) -> None:
    """Give the commands of a page, and begin its run."""
    playback = op.playback
    if page.commands and op.session.in_past:
        playback.to_end()
    for command in page.commands:
        for name, value in command.items():
            op.give(name, **session_commands.arguments_of(name, value))
    op.turn_to("lesson")
    if page.run:
        playback.run_to = op.session.trial + page.run
        playback.running = True


def _question(op: Operator, number: int) -> tuple[lessons.Lesson, lessons.Question]:
    """Return the lesson and the question of a number on its page."""
    lesson = op.ui.lesson
    if lesson is None:
        raise SessionError("no lesson is open", remedy="Open one first", where="lesson")
    questions = lesson.pages[op.ui.leaf].questions
    if number >= len(questions):
        raise SessionError(
            f"this page has {len(questions)} questions, none of number {number}",
            where=lesson.name,
            remedy=f"Give 1 to {len(questions)}" if questions else "Turn to a page with questions",
        )
    return lesson, questions[number]


def measure(op: Operator, question: int) -> None:
    """Show the answer of a question that is open, or measured in the lesson's own run."""
    lesson, asked = _question(op, question)
    op.ui.answers[op.ui.leaf, question] = str(lessons.answer_of(asked, lesson, op.words.language))


def choose(op: Operator, question: int, option: int) -> None:
    """Choose an option of a question of this page."""
    lesson, asked = _question(op, question)
    if option >= len(op.words.pick(asked.options)):
        raise SessionError(
            f"question {question} has no option {option}", where=lesson.name, remedy="Give one of its options, from 1"
        )
    op.ui.chosen[op.ui.leaf, question] = option
    if (op.ui.leaf, question) not in op.ui.marked:
        op.ui.marked[op.ui.leaf, question] = lessons.right_option(asked, lesson)


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
        _open_leaf(op, ui.lesson)
    elif way > 0:
        end_lesson(op)
        op.tell("message.lesson_done")


def end_lesson(op: Operator) -> None:
    """Close the lesson; the machine stays as it is."""
    ui = op.ui
    ui.lesson, ui.hidden, ui.watched = None, frozenset(), frozenset()
    if ui.predicting:
        predict(op)
    op.turn_to("lessons")


QUESTION = Argument("question", int, low=0)
OPTION = Argument("option", int, low=0)
COMMANDS = (
    page_command("lessons", "l", "teach"),
    CommandSpec(name="next_leaf", do=next_leaf, keys=("pagedown",), group="teach"),
    CommandSpec(name="last_leaf", do=last_leaf, keys=("pageup",), group="teach"),
    CommandSpec(name="predict", do=predict, keys=("e",), group="teach"),
    CommandSpec(name="reveal", do=reveal, keys=("x",), group="teach"),
    CommandSpec(name="lesson", do=lesson, arguments=(Argument("name", str),), ends_run=True, check=load),
    CommandSpec(name="end_lesson", do=end_lesson, lockable=False),
    CommandSpec(name="measure", do=measure, arguments=(QUESTION,)),
    CommandSpec(name="choose", do=choose, arguments=(QUESTION, OPTION)),
    CommandSpec(name="vote", do=vote, arguments=(OPTION, Argument("way", int, optional=True, low=-1, high=1))),
    CommandSpec(name="save_tally", do=save_tally, kiosk=False),
)
