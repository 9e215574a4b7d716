"""The narration: what happened, trial by trial or event by event, in plain sentences."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from marki.history import Command
from marki.io.card_names import card_name
from marki.language import Words
from marki.session import Session
from marki.teaching.measures import answered
from marki.ticks import clock_face
from marki.trace import Bank, Kind, decode

MOST_VALUES = 8  # of a list that a sentence names


class Narrator:
    """Narrates a session in one language; it only reads.

    Parameters
    ----------
    session : Session
    words : Words
    """

    def __init__(self, session: Session, words: Words):
        self.session, self.words = session, words

    def log(self, first: int = 0, last: int | None = None) -> list[str]:
        """Return the sentences of commands and trials `first` to `last`, the end left out, in order.

        Without `last`, up to this moment of the session, and with what the operator did since the last trial.
        """
        session = self.session
        last = session.trial if last is None else min(last, session.reached)
        given: dict[int, list[Command]] = {}
        for command in session.commands:
            given.setdefault(command.trial, []).append(command)
        told: list[str] = []
        for trial in range(first, last):
            told += [self.command(c) for c in given.get(trial, ())]
            told.append(self.sentence(trial))
        under_way = -1 if session.learner.idle else session.now - session.began_us
        told += [
            self.command(c) for c in given.get(last, ())
            if c.after_us is None or (last == session.trial and c.after_us <= under_way)
        ]  # fmt: skip
        return told

    # -- trials ------------------------------------------------------------------------------------------------------

    def sentence(self, trial: int) -> str:
        """Return what happened in a finished trial, numbered from 0."""
        row, words = self.session.known[trial], self.words
        world, kind = self.session.worlds[row["course"]], int(row["kind"])
        parts = [
            words("narration.trial", trial=f"{trial + 1:,}"),
            self._shown(trial, row, world.classes),
            self._count("narration.active", int(row["active"])),
        ]
        answer = answered(row, world)
        said = words.class_name(world.classes[answer]) if answer >= 0 else ""
        verdict = "unjudged" if kind < 0 else "wrong" if row["wrong"] else "right"
        parts.append(words(f"narration.{verdict}", answer=said) if said else words(f"narration.nobody_{verdict}"))
        parts.append(self._taught(trial, row))
        return reduce(lambda first, next_: words("narration.then", first=first, next=next_), parts)

    def _shown(self, trial: int, row: np.void, classes: Sequence[str]) -> str:
        words, kind = self.words, int(row["kind"])
        known = words.class_name(classes[kind]) if kind >= 0 else ""
        if row["item"] >= 0:
            return words("narration.card", shown=known)
        own = [c.value["name"] for c in self.session.commands if c.trial == trial and c.name == "show"]
        name = card_name(own[-1], words) if own else words("narration.unnamed")
        return words("narration.own_known", shown=name, known=known) if known else words("narration.own", shown=name)

    def _taught(self, trial: int, row: np.void) -> str:
        """Return what the trainer did, from the events if they are kept."""
        words, trace = self.words, self.session.trace
        if not row["learned"]:
            return words("narration.trainer_off")
        codes = trace.block(trial) if trial < trace.blocks else np.empty(0, np.int64)
        if not codes.size:
            return words("narration.trainer_on")
        events = decode(codes)
        units = np.unique(events["unit"][events["bank"] == Bank.TRAINER])
        started = (events["kind"] == Kind.START_UP) | (events["kind"] == Kind.START_DOWN)
        motors = np.unique(events["unit"][(events["bank"] == Bank.POTENTIOMETERS) & started]).size
        if not motors and not units.size:
            return words("narration.unchanged")
        turned = self._count("narration.motors", motors)
        return words("narration.corrected", units=self._units(units), motors=turned) if units.size else turned

    def _units(self, units: np.ndarray) -> str:
        names = [f"R{int(unit) + 1}" for unit in units]
        start = self.words("narration.comma").join(names[:-1])
        return self.words("narration.and", first=start, last=names[-1]) if start else names[-1]

    def _count(self, name: str, count: int) -> str:
        return self.words(f"{name}.{'one' if count == 1 else 'many'}", count=count)

    # -- commands ----------------------------------------------------------------------------------------------------

    def command(self, command: Command) -> str:
        """Return what the operator did, and when."""
        when = "before" if command.after_us is None else "during"
        tell = {
            "course": self._course, "world": self._world, "show": self._show, "set": self._set, "turn": self._turn,
            "toggle": self._toggle, "force": self._force,
        }  # fmt: skip
        what = tell[command.name](command.value)
        return self.words(f"narration.{when}", trial=f"{command.trial + 1:,}", what=what)

    def _set(self, value: dict[str, Any]) -> str:
        words = self.words
        parts = [
            words("narration.set", label=words.get(f"setting.{name}", name), name=name, value=self._value(new))
            for name, new in value.items()
        ]
        return words("narration.comma").join(parts)

    def _value(self, value: Any) -> str:
        if isinstance(value, (list, tuple)):
            if len(value) > MOST_VALUES:
                return self.words("value.many", count=len(value))
            return f"[{', '.join(self._value(v) for v in value)}]"
        if isinstance(value, bool):
            return self.words("value.on" if value else "value.off")
        if isinstance(value, str):
            return self.words.get(f"choice.{value}", value)
        return f"{value:,}" if isinstance(value, int) else f"{value:g}"

    def _world(self, value: dict[str, Any]) -> str:
        name = value["config"].get("name", "letters")
        return self.words("narration.world", world=self._value(name), trainer=self._trainer(value["learn"]))

    def _course(self, value: dict[str, Any]) -> str:
        name, _, number = value["name"].partition(" ")
        course = f"{self.words.get(f'narration.course_{name}') or self._value(name)} {number}".strip()
        return self.words("narration.course", course=course, trainer=self._trainer(value["learn"]))

    def _trainer(self, on: bool) -> str:
        return self.words("narration.with_trainer" if on else "narration.without_trainer")

    def _show(self, value: dict[str, Any]) -> str:
        return self.words("narration.show", card=card_name(value["name"], self.words))

    def _turn(self, value: dict[str, Any]) -> str:
        if len(value["units"]) == 1:
            return self.words("narration.turn.one", unit=value["units"][0] + 1, deg=f"{value['deg'][0]:g}")
        return self.words("narration.turn.many", count=len(value["units"]))

    def _toggle(self, value: Any) -> str:
        on, off = (int(np.count_nonzero(np.array(value) == position)) for position in (1, -1))
        return self.words("narration.toggle", on=on, off=off) if on or off else self.words("narration.toggle_free")

    def _force(self, value: list[int]) -> str:
        thrown = [
            self.words("narration.forced", unit=unit + 1, state=int(position > 0))
            for unit, position in enumerate(value)
            if position
        ]
        joined = self.words("narration.comma").join(thrown)
        return self.words("narration.force", units=joined) if thrown else self.words("narration.force_free")

    # -- events ------------------------------------------------------------------------------------------------------

    def event(self, code: int) -> str:
        """Return one event as a sentence, with its time; units count from 1."""
        event = decode(np.array([code], np.int64))[0]
        bank, kind = Bank(int(event["bank"])), Kind(int(event["kind"]))
        name = f"event.{bank.name.lower()}_{kind.name.lower()}"
        text = self.words.get(name) or self.words("event.other")
        time = clock_face(int(event["t_us"]))
        return self.words("event.at", time=time, what=text.format(unit=int(event["unit"]) + 1))
