"""What has been recorded: the table of confusions, and the journal in plain language."""

from __future__ import annotations

import numpy as np

from marki.console.pages.context import Context
from marki.console.state.blocks import CountTable, PageBlock, PageRow, Text
from marki.io.responses import nearest_class
from marki.teaching.narration import Narrator

LINES = 40  # of the journal
RECENT = 500  # trials that the table counts


def confusion(context: Context) -> list[PageBlock]:
    """Return how often each class was taken for each other one, in the last trials of this course."""
    session, words = context.session, context.words
    records = session.records
    mine = records[(records["course"] == session.course) & (records["kind"] >= 0)][-RECENT:]
    classes, code = [words.class_name(name) for name in session.world.classes], session.world.code
    counts = np.zeros((len(classes), len(classes) + 1), int)
    answers = {int(r): _class_of(int(r), code) for r in np.unique(mine["response"])}
    for row in mine:
        if row["kind"] < len(classes):
            counts[row["kind"], answers[int(row["response"])]] += 1
    found: list[PageBlock] = [Text(words("confusion.how", trials=len(mine)), dim=True)]
    found.append(
        CountTable(words("confusion.name"), tuple(classes), tuple(tuple(int(c) for c in row) for row in counts))
    )
    wrong = [(int(counts[i, j]), i, j) for i in range(len(classes)) for j in range(len(classes) + 1) if i != j]
    for count, i, j in sorted(wrong, key=lambda w: (-w[0], w[1], w[2]))[:6]:
        if count:
            taken = classes[j] if j < len(classes) else words("trainer.none")
            found.append(
                PageRow(words("confusion.pair", shown=classes[i], answer=taken), right=f"{count}", mark="wrong")
            )
    return found


def _class_of(response: int, code: np.ndarray) -> int:
    """Return the class of a response, or the last column for none."""
    lamps = (response >> np.arange(8) & 1).astype(bool)
    kind = nearest_class(lamps, code)
    return kind if kind >= 0 else len(code)


def journal(context: Context) -> list[PageBlock]:
    """Return the last sentences of the narration, the newest first."""
    session, words = context.session, context.words
    lines = Narrator(session, words).log(max(0, session.trial - LINES))
    return [PageRow(words("journal.save"), command="narration"), *(Text(line) for line in reversed(lines[-LINES:]))]
