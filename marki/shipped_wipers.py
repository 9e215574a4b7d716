"""The machines that learned the tasks of the hall: the Mark I with the wiper positions that are shipped."""

from __future__ import annotations

import functools

import numpy as np

from marki.errors import StateError
from marki.files import asset
from marki.hardware.potentiometers import DEGREE
from marki.io.exhibits import HALL, MARK1, Reply
from marki.io.responses import binary_code, nearest_class
from marki.machine import MachineConfig, MarkI
from marki.reading import read_json
from marki.registers import restore, snapshot


@functools.lru_cache(maxsize=len(HALL))
def saved(task: str) -> MarkI | None:
    """Return the Mark I that learned a task of the hall, its wipers where they were saved; None without any."""
    try:
        found = read_json(asset(f"weights/{MARK1}/{task}.json"))
    except StateError:
        return None
    units = binary_code(len(HALL[task])).shape[1]
    machine = MarkI(MachineConfig().amend({"response.units": units, "sensory.lag": False}), seed=found["seed"])
    machine.turn(range(len(found["wipers"])), [angle / DEGREE for angle in found["wipers"]])
    return machine


def saved_reply(task: str, frame: np.ndarray, number: int, wanted: str) -> Reply | None:
    """Return what the Mark I that learned a task of the hall answers to a frame, on its clock; None if none was saved.

    Parameters
    ----------
    task : str
    frame : (20, 20) float32
    number : int
    wanted : str
    """
    machine = saved(task)
    if machine is None:
        return None
    before = snapshot(machine.registers())
    lit = machine.respond(np.asarray(frame)[None])[0]
    # Each card is its first, so that one card has one answer.
    restore(machine.registers(), before)
    kind = nearest_class(lit, binary_code(len(HALL[task])))
    return Reply(
        name=MARK1,
        number=number,
        stimulus=np.asarray(frame),
        wanted=wanted,
        said=HALL[task][kind] if kind >= 0 else "",
        confidence=float("nan"),
        others=(),
        lamps=lit,
        field=None,
        views=(),
        seconds=0.0,
        task=task,
    )
