"""The history of a session: a record for each trial, the operator's commands, and checkpoints to continue from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from marki.io.worlds import World, WorldConfig
from marki.machine import MachineConfig

RECORD = np.dtype(
    [
        ("t_us", np.int64),
        ("number", np.int32),
        ("item", np.int32),
        ("kind", np.int16),
        ("active", np.int16),
        ("course", np.uint8),
        ("target", np.uint8),
        ("response", np.uint8),
        ("learned", np.bool_),
        ("wrong", np.bool_),
    ]
)


def as_number(lamps: np.ndarray) -> int:
    """Return lamps as a number, R1 its least digit."""
    return int(np.packbits(lamps, bitorder="little")[0])


@dataclass(frozen=True, kw_only=True)
class Command:
    """Something the operator did; the value is plain JSON.

    Attributes
    ----------
    trial : int
        Trials that were finished by then.
    after_us : int or None
        Time since the presentation under way began; None between presentations.
    """

    trial: int
    name: str
    value: Any
    after_us: int | None = None


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Everything needed to continue from the moment before a trial."""

    state: dict[str, np.ndarray]
    digest: bytes
    progress: tuple[int, ...]
    course: int
    learn: bool
    config: MachineConfig


@dataclass(frozen=True, kw_only=True, eq=False)
class Moment:
    """All that is known of a run, and where in it a session stands; enough to stand there again.

    Attributes
    ----------
    seed : int
    trial, now : int
        Finished trials, and simulated time (µs), of the moment.
    obeyed : int
        How many of `commands` have been carried out; the others lie in the known future.
    commands : tuple of Command
    records : (reached,) of RECORD
        Of all known trials.
    checkpoints : dict of trial to Checkpoint
    interval : int
        Trials between them.
    configs : dict of str to WorldConfig
        The worlds opened so far, by course.
    worlds : tuple of World
    """

    seed: int
    trial: int
    now: int
    obeyed: int
    commands: tuple[Command, ...]
    records: np.ndarray
    checkpoints: dict[int, Checkpoint]
    interval: int
    configs: dict[str, WorldConfig]
    worlds: tuple[World, ...]
