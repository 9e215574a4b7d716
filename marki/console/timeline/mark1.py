"""The Mark I as an exhibit among its successors: what its wires and wipers say of a frame, without touching them."""

from __future__ import annotations

import numpy as np

from marki.hardware.potentiometers import DEGREE
from marki.io.exhibits import MARK1, ActivationView, Exhibit, Rendering, Reply
from marki.io.ports import Port
from marki.io.responses import R_UNITS, nearest_class
from marki.language import LANGUAGES, Words
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
    """Return what the machine as it stands would answer to a frame, faults, switches and held relays included.

    It only reads: nothing is presented, so that what differs from one exposure to the next is left out.

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
    cells, units, store = learner.sensory, learner.association, learner.potentiometers
    light = np.array(frame, np.float64).reshape(-1)
    light[cells.dead] = 0
    s = np.where(cells.forced != 0, cells.forced > 0, light >= cells.threshold)
    stuck = units.relays.stuck
    a = np.where(stuck != 0, stuck > 0, units.input_of(s) >= units.theta)
    sums, states = learner.response.decided(a, store.reading(learner.wipers()))
    lit = np.zeros(R_UNITS, bool)
    lit[: learner.units] = states
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
            ActivationView(name="sums", rendering=Rendering.BARS, array=(sums / DEGREE).astype(np.float32)),
        ),
        seconds=0.0,
    )
