"""The saved session: one `.npz` with a checkpoint, the records, and all that is needed to continue from there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from marki.errors import MarkIError, StateError
from marki.files import packed_arrays, writing
from marki.history import Checkpoint, Command
from marki.io.worlds import WorldConfig
from marki.machine import MachineConfig, MarkI
from marki.reading import read_arrays
from marki.session import Session

KIND, VERSION = "marki session", 3
FARTHEST, FARTHEST_PART = 1_000, 50
"""Trials that a file may stand after its checkpoint: so many, or such a part of all; what is saved keeps far below."""


def save(session: Session, path: Path | str) -> None:
    """Write a session to a file, whole or not at all; it may be in the middle of a presentation.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    content = packed(session)
    with writing(path) as file:
        file.write(content)


def packed(session: Session) -> bytes:
    """Return the bytes of a file of `save`."""
    machine = session.learner
    trial, at = session.last_checkpoint()
    arrays = {f"register/{name}": a for name, a in at.state.items()}
    arrays["records"] = session.known
    arrays["wiring"] = machine.wiring
    return packed_arrays(
        arrays,
        kind=KIND,
        version=VERSION,
        seed=session.seed,
        machine=session.launched.to_mapping(),
        given_wiring=machine.given_wiring,
        worlds=[[name, c.to_mapping()] for name, c in session.courses.items()],
        checkpoint=dict(trial=trial, digest=at.digest.hex(), progress=at.progress, course=at.course, learn=at.learn)
        | {"machine": at.config.to_mapping()},
        commands=[[c.trial, c.name, c.value, c.after_us] for c in session.commands],
        trial=session.trial,
        now=session.now,
        digest=session.digest,
    )


def load(path: Path | str, *, keep: str = "all") -> Session:
    """Read a session back; it stands where it was saved and continues to the same digest.

    Raises
    ------
    StateError
        If the file is broken, foreign, or leads to another digest here.
    """
    arrays, header = read_arrays(path)
    if header.get("kind") != KIND or header.get("version") != VERSION:
        raise StateError(
            "is not a session of this version",
            where=path,
            remedy="Give a file that was saved here",
            code="state.version",
        )
    try:
        config = MachineConfig.from_mapping(header["machine"], where=path)
        worlds = {name: WorldConfig.from_mapping(w, where=path) for name, w in header["worlds"]}
        machine = MarkI(config, seed=header["seed"], wiring=arrays["wiring"] if header["given_wiring"] else None)
        session = Session(machine, worlds, seed=header["seed"], keep=keep)
        point = header["checkpoint"]
        _demand_known(header, arrays, path)
        state = {n.removeprefix("register/"): a for n, a in arrays.items() if n.startswith("register/")}
        checkpoint = Checkpoint(
            state,
            bytes.fromhex(point["digest"]),
            tuple(point["progress"]),
            point["course"],
            point["learn"],
            MachineConfig.from_mapping(point["machine"], where=path),
        )
        commands = [Command(trial=t, name=n, value=v, after_us=a) for t, n, v, a in header["commands"]]
        session.take_up(point["trial"], checkpoint, arrays["records"], commands)
        session.replay(header["trial"])
        session.advance(header["now"], one=True)
        if session.trial != header["trial"]:
            raise ValueError("its moment, which is not in the trial that it names")
        expected = header["digest"]
    except MarkIError as error:
        raise error if str(path) in str(error) else error.within(path) from error
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise StateError(
            f"lacks or garbles {error}",
            where=path,
            remedy="Give a file that was saved here",
            code="state.garbled",
            part=error,
        ) from error
    if session.digest != expected:
        raise StateError(
            f"runs to digest {session.digest} here, {expected} was saved",
            where=path,
            remedy="Load it with the version, fonts and images that it was saved with",
            code="state.digest",
            found=session.digest,
            wanted=expected,
        )
    return session


def _demand_known(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray], path: Path | str) -> None:
    """Refuse a header that asks for more trials than there are records of, or another moment than its last trial."""
    trial, records, now = header["trial"], len(arrays["records"]), header["now"]
    checkpoint = header["checkpoint"]["trial"]
    if not all(type(number) is int for number in (trial, now, checkpoint, header["seed"])):
        raise TypeError("its numbers")
    farthest = max(FARTHEST, trial // FARTHEST_PART)
    if not 0 <= checkpoint <= trial <= min(records, checkpoint + farthest) or header["seed"] < 0:
        raise StateError(
            f"stands at trial {trial}, with a checkpoint at {checkpoint} and records of {records}",
            where=path,
            remedy="Give a file that was saved here",
            code="state.trials",
            trial=trial,
            records=records,
        )
