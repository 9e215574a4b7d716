"""Documented versus simulated: the rows of such tables, their verdicts, and how they are printed.

A row *agrees* when the documented figure lies in our interval or our rounded figure equals it, *deviates* when it does
not, is *not told apart* when it rests on a difference whose interval holds both, and is *not comparable* when the
documents leave out what one would have to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

AGREES, DEVIATES, UNDECIDED, OPEN = "agrees", "deviates", "not told apart", "not comparable"
VERDICTS = (AGREES, DEVIATES, UNDECIDED, OPEN)


@dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """One statement: what is documented and where, what we find, and what to make of it."""

    statement: str
    source: str
    documented: str
    simulated: str
    verdict: str
    reason: str = ""


_OF_MANY = {AGREES: "agree", DEVIATES: "deviate"}


def tally(rows: Sequence[ComparisonRow]) -> str:
    """Return how many rows agree, deviate, are not told apart, and cannot be compared."""
    counts = {verdict: sum(row.verdict == verdict for row in rows) for verdict in VERDICTS}
    return ", ".join(f"{n} {verdict if n == 1 else _OF_MANY.get(verdict, verdict)}" for verdict, n in counts.items())


def as_text(rows: Sequence[ComparisonRow]) -> str:
    """Return the rows for a terminal."""
    lines = []
    for row in rows:
        lines += [
            f"[{row.verdict}] {row.statement}",
            f"    documented  {row.documented}  ({row.source})",
            f"    simulated   {row.simulated}",
        ]
        if row.reason:
            lines.append(f"    note        {row.reason}")
    return "\n".join([*lines, "", tally(rows)])


def as_markdown(rows: Sequence[ComparisonRow]) -> str:
    """Return the rows as a table in Markdown."""
    lines = [
        "| statement | source | documented | simulated | verdict | note |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for r in rows:
        cells = (r.statement, r.source, r.documented, r.simulated, f"*{r.verdict}*", r.reason)
        lines.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
    return "\n".join(lines) + "\n"
