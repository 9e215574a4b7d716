"""What a program consists of, and how it is written in one line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Amount = int | Literal["n"]
"""A number from 1 to `tokens.MOST`, or the input."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A statement that moves the pen.

    Parameters
    ----------
    verb : str
        ``draw``: light each lamp before leaving it; ``go``: light none.
    direction : str
        One of `tokens.DIRECTIONS`.
    amount : int or "n"
        Number of cells.
    line : int
        The line of the program on which it stands; two programs that differ in this alone are equal.
    """

    verb: Literal["go", "draw"]
    direction: str
    amount: Amount
    line: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A statement that repeats others.

    Parameters
    ----------
    amount : int or "n"
        How often.
    body : tuple of Stroke and Repeat
        What is repeated.
    line : int
        The line on which it begins.
    """

    amount: Amount
    body: tuple[Statement, ...]
    line: int = field(default=1, compare=False)


Statement = Stroke | Repeat
PenProgram = tuple[Statement, ...]
"""Statements, one after the other."""


def heading(statement: Statement) -> str:
    """Return a statement in words; of a repeat, all up to its bracket."""
    if isinstance(statement, Repeat):
        return f"rep {statement.amount} ["
    return f"{statement.verb} {statement.direction} {statement.amount}"


def one_line(program: PenProgram) -> str:
    """Return a program in one line, a blank between two tokens; read again, it is the same program."""
    return " ".join(pieces(program))


def pieces(program: PenProgram) -> Iterator[str]:
    """Yield a program as people write it, line by line: statements, repeats up to their bracket, closing brackets."""
    for statement in program:
        yield heading(statement)
        if isinstance(statement, Repeat):
            yield from pieces(statement.body)
            yield "]"
