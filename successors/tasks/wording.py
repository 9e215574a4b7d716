"""Wording: a line as people type it, brought to the form of the texts that were read, its unknown words named."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations, product

from marki.errors import PortError, shown
from marki.pen import tokens as pen
from successors.nn.lexicon import TELETYPE_WORDS, teletype
from successors.tasks import figures, logbook, scenes
from successors.tasks.scene_words import demanded

SIMPLIFIED = str.maketrans(
    "塊圓條豎竪邊間個裡裏於與較線點鋸齒樓階級實塗滿鈎鉤長紋畫後開斷牆兩來",
    "块圆条竖竖边间个里里于与较线点锯齿楼阶级实涂满钩钩长纹画后开断墙两来",
)
"""Traditional signs, as far as they stand for signs of the texts or may be taken for them."""

BY_SIGN = ("books", "sums", "by_heart")
"""Tasks whose texts are read sign by sign."""

CAPTIONS = ("translate", "caption", "illustrate")
"""Tasks whose texts are captions."""

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LETTER = r"[^\W\d_\u3400-\u9fff\uf900-\ufaff]"
"""A letter of another script than Chinese."""

_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*|\w*\d\w*")
_STOPS = str.maketrans({"。": ".", "，": ",", "、": ",", "；": ";", "’": "'", "‘": "'", "“": '"', "”": '"', "…": "."})


@dataclass(frozen=True, kw_only=True)
class WordedLine:
    """A line in the form of a task's texts.

    Attributes
    ----------
    text : str
    unknown : tuple of str
        Its words, or Chinese signs, that stand in no text of the task.
    """

    text: str
    unknown: tuple[str, ...] = ()


def worded(line: str, task: str) -> WordedLine:
    """Return a line as the texts of a task are written; a text of the task is returned as it is.

    Full-width letters and signs become plain ones, blanks are put in order, invisible signs left out. In captions,
    English words are small, Chinese has no blanks, simplified signs and full stops of its own; a missing full stop is
    added. In the log book, words have the case that they have there. What asks for figures ends in a colon; a program
    that follows it, whole or not, is small with a blank between any two words; the picture of an example stays as it
    is. What is read sign by sign has large letters and a blank between any two of them.

    Parameters
    ----------
    line : str
    task : str
        Name of the task that the system has learned.

    Raises
    ------
    PortError
        For a line without a word.
    """
    plain = unicodedata.normalize("NFKC", line)
    plain = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    plain = "\n".join(" ".join(part.split()) for part in plain.strip().splitlines())
    if not re.search(r"\w", plain):
        if not any(map(_is_symbol, plain)):
            raise PortError("the line is empty", where="teleprinter", remedy="Type a sentence", code="text.empty")
        raise PortError(f"there is no word in {shown(plain)}", where="teleprinter", remedy="Type a sentence",
                        code="text.wordless", line=shown(plain))  # fmt: skip
    if task in BY_SIGN:
        return _by_sign(plain)
    if task == "programs":
        return _asked(plain)
    if task in ("typing", "holes"):
        return _program(plain)
    if task == "contest":
        return _problem(plain)
    if task == "question":
        return _question(plain)
    if task in CAPTIONS:
        return _chinese(plain) if _HAN.search(plain) else _caption(plain)
    if task == "prompts" and not plain.lower().startswith("trial"):
        return _prompt(plain)
    return _log(plain)


def _is_symbol(sign: str) -> bool:
    """Return whether a sign is neither letter nor figure nor stop nor blank, but means something: a face, an arrow."""
    return unicodedata.category(sign)[0] == "S"


def typed(line: str, task: str) -> WordedLine:
    """Return a line that somebody typed to a system, as `worded`; of captions every word must be known, and what is to
    be drawn must be one.

    Parameters
    ----------
    line : str
    task : str
        Name of the task that the system has learned.

    Raises
    ------
    PortError
        For a line without a word, or a caption with words that are not known.
    """
    if task == "match":
        return _choices(line)
    found = worded(line, task)
    if task == "illustrate":
        demanded(found.text, found.unknown)
    elif task in CAPTIONS:
        check_known(found)
    return found


def _choices(line: str) -> WordedLine:
    """Return the captions of a line, each of which ends with a full stop, as lines to choose from."""
    parts = [part for part in re.split(r"[.。．\n]", line) if re.search(r"\w", part)]
    found = list(dict.fromkeys(check_known(worded(part, "caption")) for part in parts))
    if len(found) < 2:
        raise PortError(
            f"{len(found)} caption to choose from", where="teleprinter",
            remedy="Type two or more, each with a full stop", code="text.choices",
        )  # fmt: skip
    return WordedLine(text="\n".join(found))


def asked_for(line: str) -> scenes.Scene:
    """Return the scene that somebody typed a line for; stops, case and blanks are put in order first.

    Raises
    ------
    PortError
        If it is no caption: its unknown words are named, and the nearest caption is offered.
    """
    found = worded(line, "caption")
    return demanded(found.text, found.unknown)


def unknown_words(found: WordedLine, name: str) -> PortError | None:
    """Return what is to be said of the words of a line that a system has not read; None if there are none."""
    if not found.unknown:
        return None
    words = ", ".join(found.unknown)
    return PortError(
        f"not in what {name} has read: {words}", where="teleprinter", remedy="Use words of its texts",
        code="text.unread", name=name, words=words,
    )  # fmt: skip


def check_known(found: WordedLine, *, question: bool = False) -> str:
    """Return the text of a caption or question, all of whose words are known.

    Raises
    ------
    PortError
        If some are not; it names them.
    """
    if found.unknown:
        remedy = (
            "Use the words of its questions, such as: what is at the top? how many shapes are there?"
            if question
            else "Use the words of its captions: shapes, their sizes and where they are"
        )
        raise PortError(
            f"unknown: {', '.join(found.unknown)}", where="teleprinter", remedy=remedy,
            code="text.unknown_asked" if question else "text.unknown", words=", ".join(found.unknown),
        )  # fmt: skip
    return found.text


def _chinese(text: str) -> WordedLine:
    text = _closed(text)
    text = re.sub(r"[.．!！]", "。", re.sub(r"[,、;；]", "，", text))
    return _in_chinese(re.sub(r"。*$", "", text) + "。", caption_words()[1])


def _closed(text: str) -> str:
    """Return a Chinese text in simplified signs, without blanks but those between words of another script."""
    return re.sub(rf"(?<!{_LETTER})\s+|\s+(?!{_LETTER})", "", text).translate(SIMPLIFIED)


def _in_chinese(text: str, known: frozenset[str]) -> WordedLine:
    """Return a Chinese line with its unknown signs, and the unknown words of another script, each as a whole."""
    pieces = re.findall(rf"{_LETTER}+|\S", text)
    unknown = dict.fromkeys(piece for piece in pieces if not known.issuperset(piece))
    return WordedLine(text=re.sub(r"\s+", "", text), unknown=tuple(unknown))


def _caption(text: str) -> WordedLine:
    text = _spaced(text.replace("\n", " ")).lower()
    text = re.sub(r"[ .!]*$", "", text) + "."
    return WordedLine(text=text, unknown=_unknown(text, caption_words()[0]))


def _question(text: str) -> WordedLine:
    """Return a question about a scene, with its mark."""
    english, chinese = question_words()
    if _HAN.search(text):
        return _in_chinese(re.sub(r"[?？。.!！]*$", "", _closed(text)) + "？", chinese)
    text = re.sub(r"[ .!?]*$", "", _spaced(text.replace("\n", " ")).lower()) + "?"
    return WordedLine(text=text, unknown=_unknown(text, english))


def _prompt(text: str) -> WordedLine:
    """Return a caption and what is asked of it, such as ``In Chinese:``, whose words keep their capital."""
    body, asked = text.rstrip(": "), ""
    for wanted in ("In Chinese", "In other words", "Shapes"):
        if body.lower().endswith(wanted.lower()):
            body, asked = body[: -len(wanted)], f" {wanted}:"
    found = _caption(body) if asked and body.strip() else None
    if found is None:
        return WordedLine(text=_spaced(text), unknown=_unknown(text.lower(), caption_words()[0]))
    return WordedLine(text=found.text + asked, unknown=found.unknown)


def _asked(text: str) -> WordedLine:
    """Return what asks for figures."""
    english, chinese = figure_words()
    if _HAN.search(text):
        return _in_chinese(re.sub(r"[:：。.!！]*$", "", _closed(text).replace(",", "，")) + "：", chinese)
    text = _spaced(text.replace("\n", " ")).lower()
    text = re.sub(r"[ .!:]*$", "", text) + ":"
    return WordedLine(text=text, unknown=_unknown(text, english))


def _program(text: str) -> WordedLine:
    """Return a program, or what is typed of it, with what asks for it before it, if anything does."""
    words, colon, program = text.rpartition(":")
    if not colon:
        first = next((token.kind for token in pen.tokens(text)), "unknown")
        words, program = ("", text) if first in ("verb", "hole", "close") else (text, "")
    asked = _asked(words) if words.strip() else None
    told, unknown = _pen_words(program)
    both = " ".join(filter(None, (asked.text if asked else "", " ".join(told))))
    return WordedLine(text=both, unknown=tuple(dict.fromkeys((*(asked.unknown if asked else ()), *unknown))))


def _pen_words(text: str) -> tuple[list[str], list[str]]:
    """Return the words of a program, and those that the language does not have; comments are left out."""
    found = [token for token in pen.tokens(text) if token.kind != "comment"]
    return [token.text for token in found], [token.text for token in found if token.kind == "unknown"]


def _problem(text: str) -> WordedLine:
    """Return the statement of a problem, and its example as it stands on the lines below."""
    statement, line, picture = text.partition("\n")
    found = _asked(statement)
    if _HAN.search(found.text):
        told = re.sub(r"例子n=(\d+)：$", r"例子 n = \1：", found.text)
        unknown = tuple(sign for sign in found.unknown if sign not in "例子= ")
    else:
        told = re.sub(r"\s*=\s*(\d+):$", r" = \1:", found.text)
        unknown = tuple(word for word in found.unknown if word != "example")
    return WordedLine(text=told + line + picture, unknown=unknown)


def _log(text: str) -> WordedLine:
    known = log_words()
    folded = {word.casefold(): word for word in sorted(known)}
    text = "\n".join(_spaced(line) for line in text.split("\n"))

    def as_there(match: re.Match[str]) -> str:
        word = match[0] if match[0] in known else folded.get(match[0].casefold(), match[0])
        large = word[0].upper() + word[1:]
        return large if large in known and _begins(text, match.start()) else word

    text = _WORD.sub(as_there, text)
    return WordedLine(text=text, unknown=_unknown(text, known))


def _begins(text: str, at: int) -> bool:
    """Return whether a sentence begins at this place of a text."""
    before = text[:at].rstrip(" ")
    return not before or before[-1] in ".!?:\n"


def _by_sign(text: str) -> WordedLine:
    pieces = [piece if piece in TELETYPE_WORDS else piece.upper() for piece in teletype().pieces(text.lower())]
    unknown = (piece for piece in pieces if not teletype().knows(piece))
    return WordedLine(text=" ".join(pieces), unknown=tuple(dict.fromkeys(unknown)))


def _spaced(text: str) -> str:
    """Return a text with stops of the Latin script, none after a blank, and a blank after each that ends a word."""
    text = re.sub(r"\s+([.,:;!?])", r"\1", text.translate(_STOPS))
    return re.sub(r"([.,:;!?])(?=[^\W\d_])|(?<=[^\W\d_])([.,:;!?])(?=\d)", r"\1\2 ", text)


def _unknown(text: str, known: frozenset[str]) -> tuple[str, ...]:
    words = [word for word in _WORD.findall(text) if not word.isdecimal()]
    words += [sign for sign in text if unicodedata.category(sign) == "So"]  # faces and arrows are in no text
    return tuple(dict.fromkeys(word for word in words if word not in known))


@lru_cache(maxsize=1)
def caption_words() -> tuple[frozenset[str], frozenset[str]]:
    """Return the words of all English captions, and the signs of all Chinese ones."""
    english: set[str] = set()
    chinese: set[str] = set()
    corners = [((0, 0), (1, 1)), ((1, 1), (0, 0)), ((0, 0), (1, 0)), ((1, 0), (0, 0))]
    corners += [((2, 2), (0, 2)), ((1, 2), (2, 1)), ((0, 1), (2, 0))]  # between them all nine places
    for (a, b), sizes, places in product(permutations(scenes.KINDS, 2), product(scenes.SIZES, repeat=2), corners):
        pair = tuple(
            scenes.Shape(kind=kind, size=size, row=row, column=column)
            for kind, size, (row, column) in zip((a, b), sizes, places, strict=True)
        )
        for plan in scenes.plans(pair):
            one, other = scenes.caption(pair, plan)
            english.update(_WORD.findall(one))
            chinese.update(other)
    return frozenset(english), frozenset(chinese | {"，", "。"})


@lru_cache(maxsize=1)
def question_words() -> tuple[frozenset[str], frozenset[str]]:
    """Return the words of all English questions about scenes, and the signs of all Chinese ones."""
    english, chinese = caption_words()
    asked = "how many shapes are there is what or where"
    return english | frozenset(asked.split()), chinese | frozenset("有几个图形吗是什么还哪里？")


@lru_cache(maxsize=1)
def figure_words() -> tuple[frozenset[str], frozenset[str]]:
    """Return the words that ask for figures in English, and the signs of those in Chinese."""
    told: dict[figures.Language, list[str]] = {
        language: [
            figures.words((figure, figure), (way, way), language)
            for kind in figures.KINDS
            for figure in (
                figures.PenFigure(kind=kind, side="left", end="up", size="n"),
                figures.PenFigure(kind=kind, side="right", end="down", size="n"),
            )
            for way in range(4)
        ]
        for language in figures.LANGUAGES
    }
    english = {word for text in told["en"] for word in _WORD.findall(text)}
    return frozenset(english), frozenset("".join(told["zh"])) | frozenset("0123456789")


@lru_cache(maxsize=1)
def log_words() -> frozenset[str]:
    """Return the words of the log book, of all its parts."""
    told = (line for sessions in logbook.sessions().values() for lines in sessions for line in lines)
    return frozenset(word for line in told for word in _WORD.findall(line)) | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
