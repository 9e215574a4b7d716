"""Pages of the teacher: lessons, votes, and the score of hand against motors."""

from __future__ import annotations

from marki.console.pages.context import Context
from marki.console.state.blocks import Heading, PageBlock, PageRow, Text
from marki.io.card_names import card_name
from marki.teaching import lesson as shelf


def lessons(context: Context) -> list[PageBlock]:
    """Return the lessons that are shipped."""
    words = context.words
    found: list[PageBlock] = [Text(words("lessons.how"), dim=True)]
    for name in shelf.names():
        lesson = shelf.load(name)
        found.append(
            PageRow(
                words.pick(lesson.title),
                right=words("lessons.minutes", minutes=lesson.minutes),
                command="lesson",
                arguments={"name": name},
            )
        )
        found.append(Text(words.pick(lesson.summary), dim=True))
    return found


def lesson(context: Context) -> list[PageBlock]:
    """Return the page of the lesson that is open, with its questions."""
    words, ui = context.words, context.scene.ui
    if ui.lesson is None:
        return lessons(context)
    page, count = ui.lesson.pages[ui.leaf], len(ui.lesson.pages)
    found: list[PageBlock] = [Heading(f"{words.pick(ui.lesson.title)} · {ui.leaf + 1}/{count}")]
    found += [Text(part.strip().replace("\n", " ")) for part in words.pick(page.text).split("\n\n") if part.strip()]
    for number, question in enumerate(page.questions):
        found += _question(context, number, question)
    if ui.leaf:
        found.append(PageRow(words("lesson.back"), right=words("key.pageup"), command="last_leaf"))
    last = ui.leaf == count - 1
    found.append(
        PageRow(
            words("lesson.end" if last else "lesson.next"),
            right=words("key.pagedown"),
            command="next_leaf",
            mark="right",
        )
    )
    return found


def _question(context: Context, number: int, question: shelf.Question) -> list[PageBlock]:
    words, ui = context.words, context.scene.ui
    found: list[PageBlock] = [Heading(words.pick(question.ask))]
    if not question.options:
        answer = ui.answers.get((ui.leaf, number))
        if answer is None:
            found.append(PageRow(words("lesson.answer"), command="measure", arguments={"question": number}, mark="dot"))
            return found
        if answer:
            found.append(PageRow(words("lesson.measured"), right=answer, mark="right"))
        if question.explain:
            found.append(Text(words.pick(question.explain)))
        return found
    chosen = ui.chosen.get((ui.leaf, number))
    for k, option in enumerate(words.pick(question.options)):
        mark = "dot"
        if chosen is not None and k == ui.marked[ui.leaf, number]:
            mark = "right"
        elif chosen == k:
            mark = "wrong"
        found.append(
            PageRow(option, command="choose", arguments={"question": number, "option": k}, mark=mark, lit=chosen == k)
        )
    if chosen is not None:
        found.append(Text(words.pick(question.explain)))
    return found


def vote(context: Context) -> list[PageBlock]:
    """Return the question to the class, the votes so far, and how class and machine have done."""
    words, ui = context.words, context.scene.ui
    tally, classes = ui.tally, context.session.world.classes

    def said(name: str) -> str:
        """Return a card's or class's name in the language; `right` and `wrong` are options where there are many."""
        return words.class_name(name) if name in classes else card_name(name, words) if " " in name else name

    found: list[PageBlock] = []
    if ui.lesson is not None:
        found.append(
            PageRow(words("vote.lesson"), right=words("key.pagedown"), command="page", arguments={"name": "lesson"})
        )
    ballot = tally.current
    if ui.covered and ballot is not None:
        found.append(Text(words("vote.ask", shown=words.quoted(said(ballot.shown)), trial=ballot.trial)))
        for k, (option, count) in enumerate(zip(ballot.options, ballot.counts, strict=True)):
            found.append(
                PageRow(f"{k + 1}  {said(option)}", right=f"{count}", command="vote", arguments={"option": k},
                    turn="vote",
                    share=count / max(1, *ballot.counts))
            )  # fmt: skip
        found.append(Text(words("vote.how"), dim=True))
        found.append(PageRow(words("command.reveal"), right="X", command="reveal", mark="right"))
    else:
        found.append(Text(words("vote.next" if ui.predicting else "vote.off")))
        found.append(PageRow(words("command.play"), right=words("key.space"), command="play", mark="right"))
    closed = tally.closed
    if closed:
        last = closed[-1]
        judged = last.answered in (words("vote.right"), words("vote.wrong"))
        found.append(
            Heading(
                words(
                    "vote.was" if judged else "vote.last",
                    shown=words.quoted(said(last.shown)),
                    answer=said(last.answered),
                )
            )
        )
        for option, count in zip(last.options, last.counts, strict=True):
            mark = "right" if option == last.answered else "dot"
            found.append(PageRow(said(option), right=f"{count}", mark=mark, share=count / max(1, *last.counts)))
        totals = tally.totals()
        found.append(Heading(words.count("vote.totals", totals["ballots"])))
        found.append(PageRow(words("vote.class"), right=f"{totals['class_right']}/{totals['votes']}"))
        found.append(PageRow(words("vote.machine"), right=f"{totals['machine_right']}/{totals['ballots']}"))
        found.append(PageRow(words("vote.save"), command="save_tally"))
    return found


def hand(context: Context) -> list[PageBlock]:
    """Return how to be the motor, what this card asks for, and the score against the motors."""
    words, scene, opponent = context.words, context.scene, context.operator.opponent
    found: list[PageBlock] = [Text(words("hand.how"), dim=True)]
    look = scene.held or scene.snapshot
    target = look.presentation.target if look.presentation is not None else None
    if look.answered and target is not None:
        active, readings = context.session.learner.active, context.readings()
        for unit in range(min(scene.units, len(target))):  # the card may be of a world that was left
            mine = active & (scene.source_set == unit)
            total = float(readings[mine].sum())
            now = total > scene.dead_zone
            mark = "right" if now == bool(target[unit]) and abs(total) > scene.dead_zone else "wrong"
            text = words("hand.row", unit=unit + 1, wanted=int(target[unit]), units=int(mine.sum()))
            found.append(PageRow(text, right=f"{total:+.1f}°", command="gang",
                arguments={"unit": unit, "way": 1 if target[unit] else -1}, turn="gang", mark=mark))  # fmt: skip
    found.append(PageRow(words("hand.next"), right=words("key.space"), command="play", mark="dot"))
    if opponent is not None:
        trials, by_hand, by_motor = opponent.score()
        found.append(Heading(words.count("hand.score", trials)))
        most = max(1, trials)
        found.append(PageRow(words("hand.you"), right=f"{by_hand}", share=by_hand / most))
        found.append(PageRow(words("hand.motors"), right=f"{by_motor}", share=by_motor / most))
        last = opponent.score(10)
        if trials > 10:
            found.append(PageRow(words("hand.last", trials=last[0]), right=f"{last[1]} : {last[2]}"))
    return found
