"""The interpreter: a program draws on the lamp panel, cell by cell, and ends within its budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from marki.errors import shown
from marki.io.frame import CELLS, SIDE
from marki.pen.parser import parse
from marki.pen.pen_error import PenError
from marki.pen.statements import PenProgram, Repeat, Statement, Stroke
from marki.pen.tokens import DIRECTIONS, INPUT, MOST

START = SIDE // 2 - 1
"""Row and column, from 0, of the pen at first: the middle of the panel, which has no cell of its own."""
BUDGET = 2_000
"""Steps that a program may take: each cell that the pen moves, and each turn of a repeat."""


@dataclass(frozen=True, slots=True)
class PenState:
    """The state after a step.

    Attributes
    ----------
    line : int
        The line at work.
    row, column : int
        The pen, from 0; outside of 0 to 19 it has left the panel.
    lit : bytes
        The lamps, 400, row by row: 1 where lit.
    steps : int
        Steps taken so far.
    """

    line: int
    row: int
    column: int
    lit: bytes
    steps: int


def lit(program: PenProgram, n: int) -> bytes:
    """Return the lamps that a program lights, 400 of them, row by row: 1 where lit.

    Parameters
    ----------
    program : PenProgram
    n : int
        The input, 1 to `tokens.MOST`.

    Raises
    ------
    PenError
        If the program does not end within its budget, or for another input.
    """
    lamps = bytearray(CELLS)
    row = column = START
    for statement, count in _moves(program, n):
        if isinstance(statement, Repeat):
            continue
        down, right = DIRECTIONS[statement.direction]
        if statement.verb == "draw":
            for _ in range(count):
                if 0 <= row < SIDE and 0 <= column < SIDE:
                    lamps[row * SIDE + column] = 1
                row += down
                column += right
        else:
            row += count * down
            column += count * right
    return bytes(lamps)


def states(program: PenProgram, n: int) -> Iterator[PenState]:
    """Yield the state after each step; the last one has the lamps of `lit`.

    Raises
    ------
    PenError
        As `lit`, before the statement that would go beyond the budget.
    """
    lamps = bytearray(CELLS)
    row = column = START
    steps = 0
    for statement, count in _moves(program, n):
        for _ in range(count):
            if isinstance(statement, Stroke):
                if statement.verb == "draw" and 0 <= row < SIDE and 0 <= column < SIDE:
                    lamps[row * SIDE + column] = 1
                down, right = DIRECTIONS[statement.direction]
                row, column = row + down, column + right
            steps += 1
            yield PenState(statement.line, row, column, bytes(lamps), steps)


def field(lamps: bytes) -> np.ndarray:
    """Return lamps as they stand on the field port, (20, 20) float32, 0 or 1."""
    return np.frombuffer(lamps, np.uint8).reshape(SIDE, SIDE).astype(np.float32)


def drawings(text: str, inputs: Sequence[int]) -> tuple[bytes, ...] | None:
    """Return what a text draws for each input, as `lit`; None if it is no program, or one that is refused for any."""
    try:
        program = parse(text)
        return tuple(lit(program, n) for n in inputs)
    except PenError:
        return None


def _moves(program: PenProgram, n: int) -> Iterator[tuple[Statement, int]]:
    """Yield each statement as it is carried out, with its steps; of a repeat, each turn."""
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MOST:
        raise PenError(
            f"n is {shown(n)}", where="the input", remedy=f"Give a whole number from 1 to {MOST}",
            code="pen.input", line=1, column=1, start=0, stop=0, value=shown(n), most=MOST,
        )  # fmt: skip
    left = BUDGET
    for statement, count in _walk(program, n):
        left -= count
        if left < 0:
            raise PenError(
                f"the program is not at its end after {BUDGET:,} steps", where=f"line {statement.line}",
                remedy="Repeat less often", code="pen.budget", line=statement.line, column=1, start=0, stop=0,
                most=BUDGET,
            )  # fmt: skip
        yield statement, count


def _walk(program: PenProgram, n: int) -> Iterator[tuple[Statement, int]]:
    for statement in program:
        count = n if statement.amount == INPUT else statement.amount
        if isinstance(statement, Repeat):
            for _ in range(count):
                yield statement, 1
                yield from _walk(statement.body, n)
        else:
            yield statement, count
