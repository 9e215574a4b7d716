"""Reading: picture files before trained systems, without a window."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from marki.errors import ConfigError, MarkIError, StateError, StimulusError, unknown
from marki.io.camera import Camera
from marki.io.exhibits import MARK1, Reply
from marki.io.stimuli.fitting import FittedCard, Fitting
from marki.io.stimuli.images import FORMATS, fit_file, is_picture
from marki.language import LANGUAGES, Words
from successors import registry
from successors.serving.loaded_system import LoadedSystem

ALL = "all"
"""Name that stands for every system that reads."""

MachineReply = Callable[[str, np.ndarray, int, str], Reply | None]
"""Gives the answer of the machine that learned a task to a frame, its number and class; see `shipped_wipers`."""

FITS = {"letters": "letter", "digits": "digit"}
"""How the ink is fitted for the systems of a task."""


@dataclass(frozen=True, kw_only=True)
class ReadPicture:
    """What a picture was taken for.

    Attributes
    ----------
    path : Path
    task : str
        "letters" or "digits": what the systems took it for one of.
    done : FittedCard
        What was done on the way.
    replies : tuple of Reply
        One of each system.
    """

    path: Path
    task: str
    done: FittedCard
    replies: tuple[Reply, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        done = self.done
        return {
            "file": str(self.path),
            "task": self.task,
            "answers": [
                {
                    "system": reply.name,
                    "said": reply.said,
                    "confidence": round(reply.confidence, 6) if np.isfinite(reply.confidence) else None,
                    "others": [[name, round(share, 6)] for name, share in reply.others],
                }
                for reply in self.replies
            ],
            "done": {
                "dark_ink": done.dark_ink,
                "laid_on": done.cleared or None,
                "evened": done.evened,
                "fitted": done.fitted,
                "strokes_changed_by_cells": round(done.widened, 3),
                "turned_deg": round(done.turned, 3),
                "frame": [round(float(side), 4) for side in done.frame],
                "contrast": round(done.contrast, 4),
                "told": sorted(done.told),
                "sentence": {language: done.sentence(Words(language)) for language in LANGUAGES},
            },
        }


def own_task(name: str) -> str | None:
    """Return the task of pictures that a system was shipped for first; None if it reads none."""
    tasks = registry.HALL if name == MARK1 else [trial.task for trial in registry.find(name).entry.trials]
    return next((task for task in tasks if _reads(name, task)), None)


def readers(task: str) -> tuple[str, ...]:
    """Return the names of the systems with shipped weights for a task, in order of time."""
    return tuple(name for name in (MARK1, *registry.names()) if _reads(name, task))


def _reads(name: str, task: str) -> bool:
    """Return whether there are shipped weights of a system, or wipers, that were trained on this very task."""
    try:
        if name == MARK1:
            return (registry.shipped(MARK1) / f"{task}.json").exists()
        found = registry.weights(name, task) if registry.in_hall(registry.find(name).entry, task) else None
    except MarkIError:
        return False
    return found is not None and found[1].task == task


def choose(name: str, task: str | None) -> dict[str, tuple[str, ...]]:
    """Return the systems that are asked, by task.

    Parameters
    ----------
    name : str
        A system, or `ALL`.
    task : str or None
        "letters" or "digits"; what each was shipped for if None.

    Raises
    ------
    UnknownName
        For a system that there is not.
    ConfigError
        For one that reads no pictures, or none of this task.
    """
    every = {known: readers(known) for known in registry.HALL}
    if name == ALL:
        if task:
            return {task: every[task]}
        return {known: tuple(n for n in names if own_task(n) == known) for known, names in every.items()}
    if not any(name in names for names in every.values()):
        if name not in registry.names():
            raise unknown("system", name, sorted({ALL, *(n for names in every.values() for n in names)}), where="NAME")
        raise ConfigError(
            f"{name} reads no single pictures",
            where="NAME",
            remedy=f"Choose {ALL}, or among {', '.join(dict.fromkeys(n for names in every.values() for n in names))}",
        )
    chosen = task or own_task(name) or registry.HALL[0]
    if name not in every[chosen]:
        raise ConfigError(
            f"{name} has not learned {chosen}", where="NAME", remedy=f"Choose among {', '.join(every[chosen])}"
        )
    return {chosen: (name,)}


@dataclass(frozen=True, kw_only=True)
class MachineReader:
    """The Mark I with the wipers that are shipped for a task."""

    task: str
    answer: MachineReply

    def reply(self, number: int, stimulus: np.ndarray, wanted: str, *, views: bool) -> Reply:
        """Return the answer to one frame; it has no views."""
        found = self.answer(self.task, stimulus, number, wanted)
        if found is None:
            raise StateError(f"has no wipers for {self.task}", where=MARK1, remedy="Install the program anew")
        return found


def load(systems: Sequence[str], task: str, machine: MachineReply) -> list[LoadedSystem | MachineReader]:
    """Return systems with their shipped weights of a task."""
    loaded: list[LoadedSystem | MachineReader] = []
    for name in systems:
        if name == MARK1:
            loaded.append(MachineReader(task=task, answer=machine))
            continue
        found = registry.weights(name, task)
        if found is not None:
            path, trial = found
            learner = registry.create(name, weights=path)
            loaded.append(LoadedSystem(system=registry.find(name), trial=trial, learner=learner))
    return loaded


def walk(paths: Iterable[Path]) -> list[Path]:
    """Return files as they are, and of folders the pictures in them and below, by name; hidden ones are passed over.

    Raises
    ------
    StimulusError
        For a folder without pictures.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside: list[Path] = []
        for folder, below, names in os.walk(path):
            below[:] = sorted(name for name in below if name[0] != ".")
            there = [Path(folder, name) for name in sorted(names) if name[0] != "."]
            inside += [file for file in there if is_picture(file)]
        if not inside:
            raise StimulusError(
                "holds no pictures",
                where=path,
                remedy=f"Give {', '.join(FORMATS)} files",
                code="folder.empty",
                formats=", ".join(FORMATS),
            )
        found += inside
    return found


def read(path: Path, systems: Sequence[LoadedSystem | MachineReader], task: str, how: Fitting) -> ReadPicture:
    """Show a picture file to systems of one task.

    Raises
    ------
    StimulusError
        If it cannot be made a card.
    """
    done = fit_file(path, how)
    frame = Camera().frame(done.card)
    replies = tuple(system.reply(0, frame, "", views=False) for system in systems)
    return ReadPicture(path=path, task=task, done=done, replies=replies)
