"""Artists: who draws what, and trained systems that are ready to be asked."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from marki.errors import ConfigError, StateError, unknown
from marki.io.ports import Port
from marki.io.responses import R_UNITS, binary_code, lamps
from marki.program import program
from marki.registers import fingerprint
from successors import registry
from successors.model_card import Entry, Trial
from successors.nn.learner import Successor
from successors.nn.network import Network
from successors.registry import System

ANY = "any"
"""What is asked for where nothing is: any class, as the noise chooses."""

LONGEST = 64
"""Signs that can be asked for in one order."""


def draws(entry: Entry) -> bool:
    """Return whether a system answers on the lamp panel when it is asked on the lamps or in words, or shown a card."""
    return entry.answers is Port.FIELD and (entry.accepts is Port.LAMPS or is_shown(entry) or hears(entry))


def hears(entry: Entry) -> bool:
    """Return whether a system draws what a sentence says."""
    return entry.accepts is Port.TEXT and entry.answers is Port.FIELD


def is_shown(entry: Entry) -> bool:
    """Return whether a system draws what it is shown."""
    return entry.answers is Port.FIELD and entry.accepts in (Port.FRAME, Port.FIELD)


def is_told(entry: Entry) -> bool:
    """Return whether a system is told what to draw."""
    return entry.accepts is Port.LAMPS and entry.retina.classes is not None


def takes_cards(entry: Entry) -> bool:
    """Return whether a system can begin with a card."""
    other = (Port.FRAME, Port.FIELD) in entry.other
    return draws(entry) and (is_shown(entry) or other or hasattr(entry.network, "redraw"))


def names(which: Callable[[Entry], bool] = draws) -> list[str]:
    """Return the names of the systems that draw, or of those among them that can do something, in order of time."""
    return [system.name for system in registry.systems() if draws(system.entry) and which(system.entry)]


def drawers() -> list[dict[str, Any]]:
    """Return who draws what.

    Returns
    -------
    list of dict
        Of each system name, year, and a row of ``subjects`` for each thing that it learned: subject (digits, letters,
        or the task of one that is shown cards), signs (what it can be asked for, "" for one that is not told), trained
        (whether weights are shipped); shown (whether it must be shown a card), hears (whether it is told a
        sentence); and what it can do besides: cards,
        steps, mixes, faces, way.
    """
    rows: list[dict[str, Any]] = []
    for system in registry.systems():
        entry = system.entry
        if not draws(entry):
            continue
        told, network = is_told(entry), entry.network
        subjects = [
            {
                "subject": subject_of(entry, trial),
                "signs": "".join(registry.classes(trial)) if told else "",
                "trained": weights_of(system, trial) is not None,
            }
            for trial in trials(entry)
        ]
        rows.append({
            "name": system.name, "year": system.year, "subjects": subjects,
            "shown": is_shown(entry), "hears": hears(entry), "cards": takes_cards(entry),
            "steps": hasattr(network, "noise_for"), "mixes": hasattr(network, "mix"),
            "faces": told and any(row["subject"] == "letters" for row in subjects),
            "way": hasattr(network, "way") or hasattr(network, "redraw"),
        })  # fmt: skip
    return rows


def trials(entry: Entry) -> list[Trial]:
    """Return the trials of a system whose weights draw: its own task, and further subjects, each once."""
    found: dict[str, Trial] = {}
    for trial in entry.trials:
        if trial is entry.trials[0] or registry.subject(entry, trial):
            found.setdefault(subject_of(entry, trial), trial)
    return list(found.values())


def subject_of(entry: Entry, trial: Trial) -> str:
    """Return what a system draws after a trial: digits, letters, the language of the sentences that it is told, or the
    task of one that is shown cards."""
    return registry.subject(entry, trial) or trial.task


def weights_of(system: System, trial: Trial) -> Path | None:
    """Return the file of the shipped weights of a trial; None without any."""
    if not registry.is_trained(system.name):
        return None
    first, subject = trial is system.entry.trials[0], subject_of(system.entry, trial)
    path = registry.shipped_file(system.name, registry.WEIGHTS if first else registry.weights_name(subject))
    return path if path.exists() else None


def signs_of(text: str) -> str:
    """Return what is asked for as single signs, in their plain forms and capitals; "" for any."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    return "" if plain.lower() == ANY else plain.upper()


@dataclass(frozen=True, kw_only=True, eq=False)
class Artist:
    """A system with trained weights that is asked to draw.

    Parameters
    ----------
    system : System
    trial : Trial
        What it learned to draw.
    learner : Successor
    weights : str
        Digest of its weights.
    """

    system: System
    trial: Trial
    learner: Successor[Network]
    weights: str

    @property
    def subject(self) -> str:
        """What it draws, as of `subject_of`."""
        return subject_of(self.system.entry, self.trial)

    @property
    def classes(self) -> tuple[str, ...]:
        """What it can be asked for by sign."""
        return registry.classes(self.trial)

    def asking(self, signs: str, count: int) -> np.ndarray:
        """Return the lamps that ask for `count` pictures of each sign, sign by sign, (n, 8) bool; dark for any."""
        if not signs:
            return np.zeros((count, R_UNITS), bool)
        code = lamps(binary_code(len(self.classes)))
        return np.repeat(code[[self.classes.index(sign) for sign in signs]], count, axis=0)


def engage(
    name: str,
    signs: str = "",
    *,
    seed: int = 0,
    weights: Path | None = None,
    card: bool = False,
    language: str = "",
) -> Artist:
    """Return a system that can draw what is asked for, with its weights.

    Parameters
    ----------
    name : str
    signs : str
        What is asked for; "" for any.
    seed : int
        Of its noise.
    weights : Path, optional
        A file of weights to take instead of the shipped ones.
    card : bool
        Whether it is to begin with a card.
    language : str
        Of the sentence that it is told; one that has not learned it is told the sentence in its own.

    Raises
    ------
    UnknownName
        For a system that there is not; the nearest that draws is offered.
    ConfigError
        For one that does not draw, or not so; and for signs that it did not learn.
    StateError
        For weights that are missing, damaged, or of another system.
    """
    entry = find(name).entry
    if card and not takes_cards(entry):
        raise ConfigError(
            f"{name} begins with no card", where="--from", remedy=f"Choose among {', '.join(names(takes_cards))}"
        )
    if not card and is_shown(entry):
        raise ConfigError("draws what it is shown", where=name, remedy="Give it a card, with --from CARD.png")
    if signs and not is_told(entry):
        raise ConfigError(
            f"{name} is not told what to draw, here {signs!r}",
            where="WHAT",
            remedy=f"Leave it out, or choose among {', '.join(names(is_told))}",
        )
    if len(signs) > LONGEST:
        raise ConfigError(f"{len(signs):,} signs", where="WHAT", remedy=f"Ask for at most {LONGEST} at a time")
    system = registry.find(name)
    if weights is not None:
        learner = registry.create(name, weights=weights, seed=seed, language=language)
        known = [t for t in trials(entry) if not is_told(entry) or len(registry.classes(t)) == learner.config.classes]
        if not known:
            raise StateError("holds weights of other settings", where=weights, remedy="Train the system anew")
        trial = _of(name, known, signs, language)
    else:
        trial = _of(name, trials(entry), signs, language)
        path = weights_of(system, trial)
        if path is None:
            what = "sentences" if hears(entry) else subject_of(entry, trial)
            raise StateError(
                f"has learned no {what} yet: no weights are shipped",
                where=name,
                remedy=f"Train it, {program()} train {name} --out DIR, and give what is in DIR with --weights",
            )
        spoken = subject_of(entry, trial) if hears(entry) else ""
        learner = registry.create(name, weights=path, seed=seed, language=spoken)
    return Artist(system=system, trial=trial, learner=learner, weights=fingerprint(learner.weights()))


def find(name: str) -> System:
    """Return the system of this name, which draws.

    Raises
    ------
    UnknownName
        For a system that there is not; the nearest that draws is offered.
    ConfigError
        For one that does not draw.
    """
    if name not in registry.names():
        raise unknown("system", name, names(), where="NAME")
    system = registry.find(name)
    if not draws(system.entry):
        raise ConfigError(
            f"{name} does not draw: it goes from {system.entry.accepts} to {system.entry.answers}",
            where="NAME",
            remedy=f"Choose among {', '.join(names())}",
        )
    return system


def _of(name: str, known: Sequence[Trial], signs: str, language: str = "") -> Trial:
    """Return the trial on which all signs were learned, or the language, if it is there."""
    entry = registry.find(name).entry
    if hears(entry):
        return next((trial for trial in known if subject_of(entry, trial) == language), known[0])
    for trial in known:
        if not signs or set(signs) <= set(registry.classes(trial)):
            return trial
    every = ["".join(registry.classes(trial)) for trial in known]
    others = [other for other in names(is_told) if other != name and _learned(other, signs)]
    raise ConfigError(
        f"{name} does not draw {signs!r}",
        where="WHAT",
        remedy=f"Ask for signs of {' or of '.join(every)}" + (f", or ask {', '.join(others)}" if others else ""),
    )


def _learned(name: str, signs: str) -> bool:
    """Return whether a system learned to draw all of some signs on one trial."""
    return any(set(signs) <= set(registry.classes(trial)) for trial in trials(registry.find(name).entry))
