"""Worksheets: a lesson as a page to be printed, with or without the answers; its numbers match its seed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from html import escape

from marki.io.frame import SIDE
from marki.language import Words
from marki.teaching.lesson import Lesson, LessonPage, Question, answer_of, begin, right_option

IDENTITY_TRIALS = 26  # presentations after which the digest is printed, if the lesson does not begin later
TERMS = ("stimulus", "s_unit", "a_unit", "r_unit", "plugboard", "value", "reinforcement", "threshold")
CELL = 13  # of a drawn grid, px

STYLE = """
body { font: 15px/1.45 "B612", "Noto Sans", "Noto Sans CJK SC", sans-serif; max-width: 46em; margin: 2em auto;
  padding: 0 1em; color: #111; background: #fff; }
h1 { font-size: 1.5em; border-bottom: 3px solid #111; }
h2 { font-size: 1.15em; margin-top: 1.6em; }
table { border-collapse: collapse; width: 100%; }
td, th { border: 1px solid #555; padding: .5em .6em; text-align: left; }
.line { border-bottom: 1px solid #555; height: 1.7em; }
.run { color: #333; font-size: .9em; overflow-wrap: anywhere; }
.option { margin: .3em 0 .3em 1.5em; text-indent: -1.5em; }
.box { display: inline-block; width: .8em; height: .8em; border: 1.5px solid #111; margin-right: .5em; text-indent: 0;
  line-height: .8em; text-align: center; }
.right { font-weight: bold; }
.key { background: #eee; padding: .4em .6em; border-left: 4px solid #111; }
.grids { display: flex; flex-wrap: wrap; gap: 1.5em; }
svg { display: block; }
section, figure { break-inside: avoid; margin: 0; }
@media print { body { margin: 0; max-width: none; } }
""".strip()


def worksheet(lesson: Lesson, words: Words, *, key: bool, seed: int | None = None) -> str:
    """Return a self-contained page of HTML: no scripts, nothing to be fetched.

    Parameters
    ----------
    lesson : Lesson
    words : Words
        Its language.
    key : bool
        Whether to print the answers instead of room for them.
    seed : int, optional
        Another seed than the lesson's; measured answers are then those of that seed.
    """
    session = begin(lesson, seed)
    session.run(max(0, IDENTITY_TRIALS - session.trial))
    title = f"{words.pick(lesson.title)} · {words('worksheet.key' if key else 'worksheet.title')}"
    run = words("worksheet.run", seed=session.seed, trials=session.trial, digest=session.digest)
    minutes = words("worksheet.minutes", minutes=lesson.minutes)
    parts = [f"<h1>{escape(title)}</h1>"]
    if not key:
        parts.append(f"<p>{_blank(words, 'name', 24)} &nbsp; {_blank(words, 'date', 16)}</p>")
    parts += [_paragraph(_joined(words, words.pick(lesson.summary), minutes)), _paragraph(run, "run")]
    parts += [_heading(words, "words"), _vocabulary(words, key), _heading(words, "questions")]
    number = 0
    for page in lesson.pages:
        if page is not lesson.pages[-1]:
            parts.append(_paragraph(_texts(page, words)[0]))
        for question in page.questions:
            number += 1
            parts.append(_question(number, question, lesson, words, key=key, seed=session.seed))
    if not key:
        parts += [_heading(words, "draw"), _paragraph(words("worksheet.draw_how")), _grids(words)]
        parts.append(_heading(words, "extend"))
        parts += [f"<section>{_paragraph(text)}{_lines(3)}</section>" for text in _texts(lesson.pages[-1], words)]
    body = "\n".join(parts)
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(words.language)}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _heading(words: Words, name: str) -> str:
    return f"<h2>{escape(words(f'worksheet.{name}'))}</h2>"


def _paragraph(text: str, kind: str = "") -> str:
    mark = f' class="{kind}"' if kind else ""
    return f"<p{mark}>{escape(text)}</p>"


def _texts(page: LessonPage, words: Words) -> list[str]:
    """Return the paragraphs of a page; the last page of a lesson asks to notice, try and extend."""
    return [" ".join(text.split()) for text in words.pick(page.text).strip().split("\n\n")]


def _joined(words: Words, *sentences: str) -> str:
    return reduce(lambda first, next_: words("narration.then", first=first, next=next_), sentences)


def _blank(words: Words, name: str, width: int) -> str:
    return escape(words("worksheet.blank", name=words(f"worksheet.{name}"), line="_" * width))


def _vocabulary(words: Words, key: bool) -> str:
    rows = [f"<tr><th>{escape(words('worksheet.word'))}</th><th>{escape(words('worksheet.meaning'))}</th></tr>"]
    for term in TERMS:
        meaning = escape(words(f"worksheet.meanings.{term}")) if key else ""
        rows.append(f"<tr><td>{escape(words(f'worksheet.vocabulary.{term}'))}</td><td>{meaning}</td></tr>")
    return f"<table>{''.join(rows)}</table>"


def _question(number: int, question: Question, lesson: Lesson, words: Words, *, key: bool, seed: int) -> str:
    parts = [f"<p><b>{number}.</b> {escape(words.pick(question.ask))}</p>"]
    if question.options:
        marked = right_option(question, lesson, seed=seed) if key else -1
        for k, option in enumerate(words.pick(question.options)):
            right = k == marked
            mark = ' class="option right"' if right else ' class="option"'
            parts.append(f'<p{mark}><span class="box">{"×" if right else ""}</span>{escape(option)}</p>')
    elif not key:
        parts.append(_lines(2))
    if key:
        answer = answer_of(question, lesson, words.language, seed=seed)
        told = [
            words("worksheet.open") if answer == "" else words("worksheet.answer", answer=str(answer).rstrip(".。"))
        ]
        if isinstance(question.answer, Mapping):
            told.append(words("worksheet.measured", seed=seed))
        if question.explain:
            told.append(words.pick(question.explain))
        parts.append(_paragraph(_joined(words, *told), "key"))
    return f"<section>{''.join(parts)}</section>"


def _lines(count: int) -> str:
    return '<div class="line"></div>' * count


def _grids(words: Words) -> str:
    note = f"{_blank(words, 'predicted', 8)} &nbsp; {_blank(words, 'answered', 8)}"
    figure = f"<figure>{_grid()}<figcaption>{note}</figcaption></figure>"
    return f'<div class="grids">{figure}{figure}</div>'


def _grid() -> str:
    """Return an empty retina of 20 × 20 cells, ruled in fives, as a picture."""
    size = CELL * SIDE
    lines = "".join(
        f'<path d="M{k * CELL} 0V{size}M0 {k * CELL}H{size}" stroke="#333" stroke-width="{2 if k % 5 == 0 else 0.5}"/>'
        for k in range(SIDE + 1)
    )
    return f'<svg width="{size + 2}" height="{size + 2}" viewBox="-1 -1 {size + 2} {size + 2}">{lines}</svg>'
