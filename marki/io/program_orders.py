"""What systems that program hand back when they help in the editor, or when many programs are drawn of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sieve:
    """Which of many programs are handed in, by number.

    Attributes
    ----------
    passed : tuple of int
        Those that draw the example.
    groups : tuple of tuple of int
        These in clusters that draw the same for other inputs, the greatest first.
    handed : tuple of int
    """

    passed: tuple[int, ...]
    groups: tuple[tuple[int, ...], ...]
    handed: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class WrittenPrograms:
    """What a system has written.

    Attributes
    ----------
    name : str
        Of the system.
    number : int
        Of the question.
    texts : tuple of str
        The rest of a line; what belongs into a hole; or programs that were drawn.
    sure : float
        Its probability, 0 to 1, of the rest of a line; else nan.
    right : tuple of bool
        Whether each passes what the text asks for, where that is known; else empty.
    of : int
        Programs that come in all.
    seconds : float
        Processor time that it took.
    sieve : Sieve or None
        With the last of many, of a system that chooses among them.
    """

    name: str
    number: int
    texts: tuple[str, ...]
    sure: float = float("nan")
    right: tuple[bool, ...] = ()
    of: int = 1
    seconds: float = 0.0
    sieve: Sieve | None = None
