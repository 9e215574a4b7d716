"""The saved session: one `.npz` with a checkpoint, the records, and all that is needed to continue from there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from marki.errors import MarkIError, StateError
from marki.files import packed_arrays, writing
from marki.history import Checkpoint, Command
from marki.io.stimuli.digits import is_idx
from marki.io.stimuli.images import is_picture
from marki.io.worlds import FOLDERS, WorldConfig
from marki.jobs.identity import content_hash
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
    content = packed(session, Path(path))
    with writing(path) as file:
        file.write(content)


def packed(session: Session, place: Path | None = None) -> bytes:
    """Return the bytes of a file of `save`.

    Parameters
    ----------
    session : Session
    place : Path, optional
        Where the file will be, so that it finds folders of pictures beside it when both are moved.
    """
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
        folders=_folders(session, place),
        checkpoint=dict(trial=trial, digest=at.digest.hex(), progress=at.progress, course=at.course, learn=at.learn)
        | {"machine": at.config.to_mapping()},
        commands=[[c.trial, c.name, c.value, c.after_us] for c in session.commands],
        trial=session.trial,
        now=session.now,
        digest=session.digest,
    )


def _folders(session: Session, place: Path | None) -> dict[str, dict[str, str]]:
    """Return, of each folder that the session's worlds read: its setting, its path from the file, and its content."""
    opened = [WorldConfig.from_mapping(c.value["config"]) for c in session.commands if c.name == "world"]
    found: dict[str, dict[str, str]] = {}
    for config in (*session.courses.values(), *opened):
        for name in FOLDERS:
            named: str = getattr(config, name)
            if named:
                actual = session.moved.get(named, named)
                if named not in session.fingerprints:
                    session.fingerprints[named] = _content(name, actual)
                found[named] = {"setting": name, "content": session.fingerprints[named], "relative": ""}
                if place is not None:
                    with contextlib.suppress(ValueError):  # on another drive
                        found[named]["relative"] = os.path.relpath(actual, place.absolute().parent)
    return found


def _content(setting: str, folder: Path | str) -> str:
    """Return the hash of what a world reads of a folder."""
    return content_hash(folder, is_picture if setting == "images" else is_idx)


def _moved(header: Mapping[str, Any], path: Path | str, given: Mapping[str, str]) -> dict[str, str]:
    """Return where the folders of a session are now: where they were, beside the file as before, or as told.

    Raises
    ------
    StateError
        If one is not there, or holds something else than when the session was saved.
    """
    moved, unused = {}, {name: folder for name, folder in given.items() if folder}
    for named, about in header.get("folders", {}).items():
        setting, told = about["setting"], given.get(about["setting"], "")
        beside = os.path.normpath(Path(path).absolute().parent / about["relative"]) if about["relative"] else ""
        places = [told] if told else [place for place in (named, beside) if place]
        there = [place for place in places if Path(place).is_dir()]
        same = next((place for place in there if _content(setting, place) == about["content"]), None)
        unused.pop(setting, None)
        if same is None:
            raise StateError(
                f"its files in {there[0]} are others than when it was saved" if there else f"{places[0]} is not there",
                where=path,
                remedy=f"Give the folder as it was with --{setting} DIR",
                code="state.folder_other" if there else "state.folder_gone",
                folder=(there or places)[0],
                setting=setting,
            )
        if same != named:
            moved[named] = same
    if unused:
        setting = min(unused)
        raise StateError(
            f"reads no folder that --{setting} could stand for",
            where=path,
            remedy=f"Leave out --{setting}",
            code="state.folder_unused",
            setting=setting,
        )
    return moved


def load(path: Path | str, *, keep: str = "all", folders: Mapping[str, str] | None = None) -> Session:
    """Read a session back; it stands where it was saved and continues to the same digest.

    Parameters
    ----------
    path : Path or str
    keep : {"all", "recent", "none"}
        As for `Session`.
    folders : mapping of str to str, optional
        Where the pictures (``images``) or IDX files (``mnist``) of its worlds are now. If left out, they are looked for
        where they were, and then where they were as seen from the file.

    Raises
    ------
    StateError
        If the file is broken, foreign, or leads to another digest here; if the folders of its worlds are not there, or
        hold something else.
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
        moved = _moved(header, path, folders or {})
        session = Session(machine, worlds, seed=header["seed"], keep=keep, moved=moved)
        session.fingerprints = {named: about["content"] for named, about in header.get("folders", {}).items()}
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
