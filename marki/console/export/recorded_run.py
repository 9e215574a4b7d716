"""A recorded run: what the machine was and showed at each trial, taken by replaying a copy of the session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from marki.errors import StateError
from marki.hardware.faults import A_UNITS
from marki.hardware.potentiometers import DEGREE
from marki.hardware.response import ResponseBank
from marki.history import Command
from marki.io.frame import CELLS
from marki.io.responses import R_UNITS
from marki.language import Words
from marki.session import Session
from marki.teaching.measures import answered
from marki.teaching.narration import Narrator

MOST = 2_000
"""Trials of a run that are recorded; of a longer run the mistakes and the operator's commands first."""

GREYS = 15
"""Greatest level of a card's light; 0 is dark."""

STEP = DEGREE // 100
"""Unit of angles and sums: 0.01 degree, in the machine's own unit."""


BY_SUM, HELD, FORCED = range(3)
"""Why an R-unit is as it is: its sum said so; its sum lies in the dead zone, so that it stays; its switch forces it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RecordedRun:
    """What a run was and showed, trial by trial.

    Attributes
    ----------
    trials : int
        Trials of the run.
    wrong, learned : (trials,) bool
        Of every trial of the run.
    number : (n,) int32
        Numbers, from 0, of those that are recorded; all arrays below are of these.
    frames, frame : (cards, 400) uint8, (n,) int32
        The different cards, their light from 0 to `GREYS`; and which of them each trial showed.
    s, a : (n, 400), (n, 512) bool
        S-units when the response was read, and A-units that took part in the reading.
    r, wanted : (n,) uint8
        R-units as read and as wanted, R1 the least digit.
    sums : (n, 8) int32
        Sums of the R-units at the reading, 0.01 deg.
    reason : (n, 8) uint8
        Why each lamp is as it is: `BY_SUM`, `HELD` or `FORCED`.
    before, after : (n, 512) int32
        Wipers before and after the trial, 0.01 deg.
    source : (n, 512) uint8
        R-unit that each A-unit acts on, from 1.
    course : (n,) uint8
        Place of the world among the courses of the session.
    units : (n,) uint8
        R-units in use.
    shown, answer : (n,) int16
        Place of the class in its world: of the card, or -1 if it has none; and that whose code the R-units showed.
    told : tuple of str
        What happened, in words, commands of the operator before it included.
    """

    trials: int
    wrong: np.ndarray
    learned: np.ndarray
    number: np.ndarray
    frames: np.ndarray
    frame: np.ndarray
    s: np.ndarray
    a: np.ndarray
    r: np.ndarray
    wanted: np.ndarray
    sums: np.ndarray
    reason: np.ndarray
    before: np.ndarray
    after: np.ndarray
    source: np.ndarray
    course: np.ndarray
    units: np.ndarray
    shown: np.ndarray
    answer: np.ndarray
    told: tuple[str, ...]


def record(
    session: Session, words: Words, progress: Callable[[float], None] = lambda share: None, *, most: int = MOST
) -> RecordedRun:
    """Replay a session from its beginning to the moment at which it stands, and record its finished trials.

    It is left at that moment, with the events of the whole run in its trace, if it keeps all.

    Parameters
    ----------
    session : Session
        A copy, see `savefile.copied`.
    words : Words
        Language of the narration.
    progress : callable
        Told now and then which share of the run is replayed; what it raises ends the recording.
    most : int
        Trials to record.

    Raises
    ------
    StateError
        If the replay leads to another digest.
    """
    trial, now, digest = session.trial, session.now, session.digest
    records = session.records.copy()
    number = chosen(records["wrong"], [c.trial for c in session.commands], most)
    rows = [np.zeros((len(number), width), kind) for width, kind in _ROWS]
    s, a, sums, reason, before, after, source, units = rows
    told: list[str] = []
    cards: dict[bytes, int] = {}
    frame = np.zeros(len(number), np.int32)
    narrator = Narrator(session, words)
    given: dict[int, list[Command]] = {}
    for command in session.commands:
        given.setdefault(command.trial, []).append(command)

    session.restart()
    wanted = {int(n): k for k, n in enumerate(number)}
    while session.trial < trial:
        k, machine = wanted.get(session.trial), session.learner
        if k is None:
            session.step("trial")
        else:
            before[k] = _hundredths(machine.wipers())  # a command before the card counts as the trial's
            session.advance(session.now + 1)  # the card is laid in
            session.advance(session.began_us + machine.config.sequencer.settle_us)
            s[k] = machine.view().s.reshape(-1)
            card = session.presentation
            assert card is not None, "a trial is under way"
            light = np.rint(np.clip(card.frame, 0, 1) * GREYS).astype(np.uint8).tobytes()
            frame[k] = cards.setdefault(light, len(cards))
            session.step("trial")
            a[k], sums[k] = machine.active, _hundredths(machine.response.u_r)
            reason[k], after[k] = _reasons(machine.response, machine.active), _hundredths(machine.wipers())
            source[k], units[k] = machine.response.source_set + 1, machine.units
            words_of = [narrator.command(c) for c in given.get(int(number[k]), ())]
            told.append("\n".join([*words_of, narrator.sentence(int(number[k]))]))
        if session.trial % 20 == 0:
            progress(session.trial / trial)
    session.replay(trial)
    session.advance(now, one=True)
    if session.digest != digest:
        raise StateError(
            f"replays to digest {session.digest}, not {digest}", where="run", remedy="Save the session and load it anew"
        )
    of = records[number]
    answers = [answered(row, session.worlds[int(row["course"])]) for row in of]
    return RecordedRun(
        trials=trial,
        wrong=records["wrong"],
        learned=records["learned"],
        number=number,
        frames=np.frombuffer(b"".join(cards), np.uint8).reshape(-1, CELLS),
        frame=frame,
        s=s,
        a=a,
        r=of["response"],
        wanted=of["target"],
        sums=sums,
        reason=reason,
        before=before,
        after=after,
        source=source,
        course=of["course"],
        units=units[:, 0],
        shown=of["kind"],
        answer=np.array(answers, np.int16),
        told=tuple(told),
    )


_ROWS = (
    (CELLS, bool), (A_UNITS, bool), (R_UNITS, np.int32), (R_UNITS, np.uint8), (A_UNITS, np.int32), (A_UNITS, np.int32),
    (A_UNITS, np.uint8), (1, np.uint8),
)  # fmt: skip


def _reasons(bank: ResponseBank, active: np.ndarray) -> np.ndarray:
    """Return why each R-unit is as it is after a reading, (8,) uint8."""
    found = np.full(R_UNITS, BY_SUM, np.uint8)
    if bank.dead_zone and bank.config.readout != "dominant":
        number = np.maximum(bank.totals(active), 1) if bank.config.statistic == "mean" else 1
        inside = np.abs(bank.u_r[: bank.config.units]) <= bank.dead_zone * number
        found[: bank.config.units][inside] = HELD
    found[bank.forced != 0] = FORCED
    return found


def _hundredths(angles: np.ndarray) -> np.ndarray:
    """Return angles or sums, 1e-6 deg, in 0.01 deg, to the nearest."""
    return (angles + STEP // 2) // STEP


def chosen(wrong: np.ndarray, commanded: list[int], most: int) -> np.ndarray:
    """Return the numbers of at most `most` trials to be recorded, in order, (n,) int32.

    All, if there are no more. Else the first and the last, those with a command of the operator and the mistakes, and
    from the others so many as there is room for; of each, if there are too many, some that are spread evenly.

    Parameters
    ----------
    wrong : (trials,) bool
    commanded : list of int
        Trials with a command of the operator.
    most : int
    """
    if len(wrong) <= most:
        return np.arange(len(wrong), dtype=np.int32)
    first = np.zeros(len(wrong), bool)
    first[[0, -1, *(n for n in commanded if n < len(wrong))]] = True
    first |= wrong
    kept = np.flatnonzero(first)
    kept = kept[np.linspace(0, len(kept) - 1, min(len(kept), most)).round().astype(int)]
    others = np.setdiff1d(np.arange(len(wrong)), kept)
    others = others[np.linspace(0, len(others) - 1, most - len(kept)).round().astype(int)]
    return np.sort(np.concatenate([kept, others])).astype(np.int32)
