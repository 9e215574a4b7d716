"""A simulated typist, who is offered the next line of the program that he writes.

He knows what he wants to write. Before each line he is offered one in grey, if it is likely enough; he takes it with
one key if it is what he would write, to the letter, and else types on. He makes no mistakes and reads in no time: what
is counted are keys. People do not know so well what they want, and take less of what they are offered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from marki.pen.parser import parse
from marki.pen.statements import pieces
from marki.pen.tokens import tokens


def before(words: str, written: Sequence[str]) -> str:
    """Return what stands before a line of a program: the words, if any, and the lines above it."""
    return " ".join([words, *written] if words else written)


@dataclass(frozen=True, kw_only=True)
class Ghost:
    """A line that is offered.

    Parameters
    ----------
    text : str
    probability : float
        How sure the system is of it, 0 to 1.
    """

    text: str
    probability: float


Suggest = Callable[[str], Ghost]
"""Offers the next line after what stands before it."""


@dataclass(frozen=True, kw_only=True)
class Completion:
    """What came of an offer.

    Parameters
    ----------
    keys : int
        Keys that the line takes if it is typed, that which ends it among them.
    probability : float
    right : bool
        Whether the ghost was what the typist wanted to write.
    """

    keys: int
    probability: float
    right: bool


@dataclass(frozen=True, kw_only=True)
class Savings:
    """What a typist saves who is offered what is likelier than a threshold.

    Parameters
    ----------
    threshold : float
    shown : float
        Share of lines for which something was offered.
    accepted : float
        Share of the offers that were taken; NaN if there was none.
    saved : float
        Share of all keys that need not be pressed; a line that is taken still costs one.
    """

    threshold: float
    shown: float
    accepted: float
    saved: float


def typed(words: str, program: str, suggest: Suggest) -> list[Completion]:
    """Return what comes of the offers before each line of a program, while it is typed.

    Parameters
    ----------
    words : str
        What stands above the program; empty: nothing.
    program : str
        What the typist wants to write.
    suggest : callable
        ``suggest(text before) -> Ghost``
    """
    lines = list(pieces(parse(program)))
    offers: list[Completion] = []
    for at, line in enumerate(lines):
        ghost = suggest(before(words, lines[:at]))
        offers.append(Completion(keys=len(line) + 1, probability=ghost.probability, right=ghost.text == line))
    return offers


def savings(offers: Iterable[Completion], threshold: float) -> Savings:
    """Return what is saved when offers of at least this probability are shown."""
    offers = list(offers)
    shown = [offer for offer in offers if offer.probability >= threshold]
    taken = [offer for offer in shown if offer.right]
    return Savings(
        threshold=threshold,
        shown=len(shown) / len(offers),
        accepted=len(taken) / len(shown) if shown else float("nan"),
        saved=sum(offer.keys - 1 for offer in taken) / sum(offer.keys for offer in offers),
    )


def context(text: str) -> str:
    """Return what stands above a cursor as those who offer lines read it: the words, then the lines, in one line.

    The words are the first comment, with a colon after it; further comments are left out.

    Parameters
    ----------
    text : str
        Of an editor, up to the cursor; it need not be a program yet.
    """
    words, written = "", list[str]()
    for token in tokens(text):
        if token.kind != "comment":
            written.append(token.text)
        elif not words:
            words = token.text.lstrip("#＃ ").rstrip(" :：")
    if words:
        words += "：" if not words.isascii() else ":"
    return before(words, written)
