"""Make `assets/text/logbook.txt`: the narration of many sessions of the simulated Mark I, in plain English.

One trial a line, a blank line between sessions. Each session has a seed, a world and a machine of its own, and is told
from some trial on, so that beginners' mistakes and late successes both occur.

    python assets/make/logbook.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ASSETS.parent)]

from marki.files import write_text  # noqa: E402
from marki.io.worlds import WorldConfig  # noqa: E402
from marki.language import Words  # noqa: E402
from marki.seeding import generator  # noqa: E402
from marki.session import mark1_session  # noqa: E402
from marki.teaching.narration import Narrator  # noqa: E402

SESSIONS, LINES = 100, 60
FIRST = (0, 200, 600, 1500)
"""Trials that pass before the telling begins."""


def world(number: int) -> WorldConfig:
    """Return the world of a session: four of five are letters."""
    rng = generator(0, "logbook", number)
    if number % 5 == 4:
        kinds = (("square", "circle", "triangle", "plus"), ("E", "F", "X", "bar"))[number // 5 % 2]
        return WorldConfig(name="forms", kinds=kinds, size=float(rng.integers(8, 13)), shift=2.0)
    return WorldConfig(shift=float(rng.choice([0.0, 1.0])))


def told(number: int) -> list[str]:
    """Return the lines of a session."""
    session = mark1_session(world(number), seed=number)
    first = FIRST[number % len(FIRST)]
    session.run(first + LINES)
    return Narrator(session, Words("en")).log(first, session.trial)


def main() -> None:
    """Run the sessions and write the book."""
    book = "\n\n".join("\n".join(told(number)) for number in range(SESSIONS)) + "\n"
    write_text(ASSETS / "text" / "logbook.txt", book)
    print(f"{book.count('Trial')} trials, {len(book.encode()):,} bytes")


if __name__ == "__main__":
    main()
