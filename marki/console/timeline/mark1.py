"""The Mark I as an exhibit among its successors: what its wires and wipers say of a frame, without touching them."""

from __future__ import annotations

import functools

import numpy as np

from marki.console.state.timeline_view import HALL, MARK1
from marki.errors import StateError
from marki.files import asset
from marki.hardware.potentiometers import DEGREE
from marki.io.exhibits import ActivationView, Exhibit, Rendering, Reply
from marki.io.ports import Port
from marki.io.responses import R_UNITS, binary_code, nearest_class
from marki.language import LANGUAGES, Words
from marki.machine import MachineConfig, MarkI
from marki.reading import read_json
from marki.registers import restore, snapshot
from marki.session import Session

YEAR = 1960


def exhibit(session: Session) -> Exhibit:
    """Return the plate of the machine that stands here."""
    learner = session.learner
    wires = int(np.count_nonzero(learner.wiring))
    words = {name: Words(name) for name in LANGUAGES}
    return Exhibit(
        name=MARK1,
        label="Mark I",
        year=YEAR,
        title="Mark I Perceptron",
        authors="F. Rosenblatt, C. Wightman, F. Martin, J. Hay and others",
        accepts=Port.FRAME,
        answers=Port.LAMPS,
        task="",
        classes=tuple(session.world.classes),
        parents=("perceptron",),
        parameters=len(learner.response.source_set),
        multiply_adds=wires + len(learner.response.source_set),
        published=None,
        source=dict.fromkeys(LANGUAGES, ""),
        results=(),
        ablation=None,
        idea={name: w("timeline.mark1_idea") for name, w in words.items()},
        seed=dict.fromkeys(LANGUAGES, ""),
        but=dict.fromkeys(LANGUAGES, ""),
    )


def reply(session: Session, frame: np.ndarray, number: int, wanted: str) -> Reply:
    """Return what the machine as it stands would answer to a frame; it only reads.

    Parameters
    ----------
    session : Session
    frame : (20, 20) float32
    number : int
    wanted : str

    Returns
    -------
    Reply
        Its views are the A-units, eight layers of 64, and the sums of the R-units in use, deg.
    """
    learner = session.learner
    s = (np.asarray(frame).reshape(-1) >= learner.sensory.threshold).astype(np.float32)
    a = learner.wiring.astype(np.float32) @ s >= learner.config.association.theta
    values = learner.view().values
    sums = np.bincount(learner.response.source_set, weights=values * a, minlength=learner.units)[: learner.units]
    lit = np.zeros(R_UNITS, bool)
    lit[: learner.units] = sums > 0
    kind = nearest_class(lit, session.world.code)
    return Reply(
        name=MARK1,
        number=number,
        stimulus=np.asarray(frame),
        wanted=wanted,
        said=session.world.classes[kind] if kind >= 0 else "",
        confidence=float("nan"),
        others=(),
        lamps=lit,
        field=None,
        views=(
            ActivationView(name="a_units", rendering=Rendering.MAPS, array=a.reshape(8, 8, 8).astype(np.float32)),
            ActivationView(name="sums", rendering=Rendering.BARS, array=sums.astype(np.float32)),
        ),
        seconds=0.0,
    )


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
    )
