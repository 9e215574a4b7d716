"""The parser: text in, program out, or a refusal that names the line and the cure."""

from __future__ import annotations

import difflib
from typing import NoReturn

from marki.errors import SHOWN, shown
from marki.pen.pen_error import PenError
from marki.pen.statements import Amount, PenProgram, Repeat, Statement, Stroke
from marki.pen.tokens import DIRECTIONS, INPUT, MOST, VERBS, WORDS, PenToken, tokens

LONGEST = 10_000
"""Characters that a program may have."""
DEEPEST = 3
"""Repeats that may stand one within another."""


def parse(text: str) -> PenProgram:
    """Return the program that a text says.

    Parameters
    ----------
    text : str
        As `docs/pen_language.md` has it; capitals and full-width signs are understood.

    Raises
    ------
    PenError
        For any other text.
    """
    if len(text) > LONGEST:
        raise PenError(
            f"a program of {len(text):,} characters", where="the program", remedy=f"Write at most {LONGEST:,}",
            code="pen.long", line=1, column=1, start=LONGEST, stop=len(text), count=len(text), most=LONGEST,
        )  # fmt: skip
    return _Reader(text).program()


class _Reader:
    """Goes through the tokens of a text once."""

    def __init__(self, text: str):
        self._tokens = [token for token in tokens(text) if token.kind != "comment"]
        self._at = 0
        self._end = PenToken("unknown", "", len(text), len(text), 1, 1)  # stands where nothing does

    def program(self) -> PenProgram:
        """Return the program."""
        found: list[Statement] = []
        outer: list[tuple[PenToken, Amount, list[Statement]]] = []  # repeats that are open, with what stands before
        while self._at < len(self._tokens):
            token = self._next()
            match token.kind, token.text:
                case "verb", "rep":
                    amount = self._amount(token)
                    self._open(token)
                    if len(outer) == DEEPEST:
                        self._refuse(
                            token,
                            f"more than {DEEPEST} repeats one within another",
                            "Take one of them out",
                            code="pen.deep",
                            line=token.line,
                            most=DEEPEST,
                        )
                    outer.append((token, amount, found))
                    found = []
                case "verb", "go" | "draw" as verb:
                    found.append(Stroke(verb, self._direction(token), self._amount(token), token.line))
                case "close", _:
                    if not outer:
                        self._refuse(
                            token,
                            "']' without '['",
                            "Take it out, or write rep and a number before what is repeated",
                            code="pen.close",
                            line=token.line,
                        )
                    first, amount, before = outer.pop()
                    before.append(Repeat(amount, tuple(found), first.line))
                    found = before
                case "hole", _:
                    self._refuse(
                        token, "a hole", "Write statements in place of the '?'", code="pen.hole", line=token.line
                    )
                case _:
                    self._refuse_start(token)
        if outer:
            token = outer[-1][0]
            self._refuse(
                token, "this rep has no ']'", "Write ']' after what is repeated", code="pen.open", line=token.line
            )
        return tuple(found)

    def _next(self) -> PenToken:
        """Return the next token, or what stands for the end."""
        if self._at >= len(self._tokens):
            return self._end
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _direction(self, verb: PenToken) -> str:
        token = self._next()
        if token.kind == "direction":
            return token.text
        self._check_word(token)
        at = token if token.text else verb  # at the end nothing stands
        self._refuse(
            at,
            f"no direction after {verb.text!r}",
            f"Write {', '.join(DIRECTIONS)}",
            code="pen.direction",
            line=at.line,
            verb=verb.text,
            known=", ".join(DIRECTIONS),
        )

    def _amount(self, verb: PenToken) -> Amount:
        token = self._next()
        if token.kind == "amount":
            if token.text == INPUT:
                return INPUT
            if len(token.text) <= len(str(MOST)) and 1 <= (number := int(token.text)) <= MOST:
                return number
            self._refuse(
                token,
                f"{shown(token.text)} is no amount",
                f"Write a number from 1 to {MOST}, or n",
                code="pen.range",
                line=token.line,
                value=shown(token.text),
                most=MOST,
            )
        before = self._tokens[max(self._at - 2, 0)]
        pair = f"{before.text}-{token.text}"
        for joined in (pair, "-".join(reversed(pair.split("-")))):
            if before.kind == token.kind == "direction" and joined in DIRECTIONS:
                self._refuse(
                    token, "two directions", f"Write {joined}", code="pen.joined", line=token.line, joined=joined
                )
        self._check_word(token)
        at = token if token.text else verb  # at the end nothing stands
        self._refuse(
            at,
            f"no number for {verb.text!r}",
            f"Write a number from 1 to {MOST}, or n",
            code="pen.amount",
            line=at.line,
            verb=verb.text,
            most=MOST,
        )

    def _open(self, verb: PenToken) -> None:
        token = self._next()
        if token.kind != "open":
            self._check_word(token)
            at = token if token.text else verb  # at the end nothing stands
            self._refuse(
                at,
                "no '[' after 'rep' and its number",
                "Write '[', what is repeated, and ']'",
                code="pen.bracket",
                line=at.line,
            )

    def _refuse_start(self, token: PenToken) -> NoReturn:
        self._check_word(token)
        self._refuse(
            token,
            f"{shown(token.text)} begins no statement",
            f"Begin it with {', '.join(VERBS)}",
            code="pen.start",
            line=token.line,
            word=shown(token.text),
            known=", ".join(VERBS),
        )

    def _check_word(self, token: PenToken) -> None:
        """Refuse what is no word of the language."""
        if token.kind != "unknown" or not token.text:
            return
        word = token.text[:SHOWN]
        turned = "-".join(reversed(word.split("-")))
        near = [turned] if turned in DIRECTIONS else difflib.get_close_matches(word, WORDS, n=1, cutoff=0.6)
        self._refuse(
            token,
            f"unknown word {shown(token.text)}",
            f"Did you mean {near[0]!r}?" if near else f"Known: {' '.join(WORDS)}",
            code="pen.near" if near else "pen.unknown",
            line=token.line,
            word=shown(token.text),
            near=repr(near[0]) if near else "",
            known=" ".join(WORDS),
        )

    def _refuse(self, token: PenToken, what: str, remedy: str, *, code: str, line: int, **fields: object) -> NoReturn:
        place = {"line": line, "column": token.column, "start": token.start, "stop": token.stop}
        raise PenError(what, where=f"line {line}", remedy=remedy, code=code, **place, **fields)
