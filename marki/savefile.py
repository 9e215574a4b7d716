"""The saved session: one `.npz` with checkpoints, the records, and all that is needed to continue from there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from marki import machine_file, registers
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

KIND, VERSION = "marki session", 4
FARTHEST, FARTHEST_PART = 1_000, 50
"""Trials that a file may stand after its checkpoint: so many, or such a part of all; what is saved keeps far below."""

EARLIER = 32
"""Checkpoints in a file besides the latest, so that going back after a load replays such a part of the run at most."""


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


@dataclass(frozen=True, kw_only=True, eq=False)
class SessionCopy:
    """Everything of a session at one moment, apart from it: what its file holds.

    Attributes
    ----------
    arrays : dict of str to ndarray
    header : dict
        Plain JSON.
    folders : dict of str to str
        Where the folders of its worlds are, by setting, if they have been moved.
    """

    arrays: dict[str, np.ndarray]
    header: dict[str, Any]
    folders: Mapping[str, str] = field(default_factory=dict[str, str])

    def know_folders(self) -> None:
        """Take the content hashes of those folders that have none yet; this reads all of their files."""
        for named, about in self.header["folders"].items():
            if not about["content"]:
                about["content"] = _content(about["setting"], self.folders.get(about["setting"], named))


def packed(session: Session, place: Path | None = None) -> bytes:
    """Return the bytes of a file of `save`.

    Parameters
    ----------
    session : Session
    place : Path, optional
        Where the file will be, so that it finds folders of pictures beside it when both are moved.
    """
    taken = copied(session, place)
    taken.know_folders()
    session.fingerprints |= {named: about["content"] for named, about in taken.header["folders"].items()}
    return packed_arrays(taken.arrays, **taken.header)


def copied(session: Session, place: Path | None = None) -> SessionCopy:
    """Return a copy of a session; the arguments are those of `packed`.

    It takes a millisecond or two: folders of pictures are not read, see `SessionCopy.know_folders`.
    """
    machine = session.learner
    trial, at = session.last_checkpoint()
    earlier = session.earlier_checkpoints(EARLIER)
    configs = list(dict.fromkeys([at.config, *(c.config for c in earlier.values())]))
    arrays = {f"register/{name}": a for name, a in at.state.items()}
    if earlier:
        arrays |= {f"earlier/{name}": np.stack([c.state[name] for c in earlier.values()]) for name in at.state}
    arrays["records"] = session.known.copy()
    arrays["wiring"] = machine.wiring
    folders = _folders(session, place)
    header = dict(
        kind=KIND,
        version=VERSION,
        seed=session.seed,
        machine=session.launched.to_mapping(),
        given_wiring=machine.given_wiring,
        worlds=[[name, c.to_mapping()] for name, c in session.courses.items()],
        folders=folders,
        checkpoint=_point(trial, at, configs),
        earlier=[_point(n, c, configs) for n, c in earlier.items()],
        machines=[config.to_mapping() for config in configs],
        commands=[[c.trial, c.name, c.value, c.after_us] for c in session.commands],
        trial=session.trial,
        now=session.now,
        digest=session.digest,
    )
    if session.sources:
        header["sources"] = machine_file.to_record(session.sources)
    moved = {about["setting"]: session.moved[n] for n, about in folders.items() if n in session.moved}
    return SessionCopy(arrays=arrays, header=header, folders=moved)


def _point(trial: int, at: Checkpoint, configs: Sequence[MachineConfig]) -> dict[str, Any]:
    """Return what the header says of a checkpoint; its settings by their place in `configs`."""
    about = dict(trial=trial, digest=at.digest.hex(), progress=at.progress, course=at.course, learn=at.learn)
    return about | {"machine": configs.index(at.config)}


def _checkpoint(about: Mapping[str, Any], state: dict[str, np.ndarray], configs: Sequence[MachineConfig]) -> Checkpoint:
    """Return the checkpoint that the header says this of."""
    return Checkpoint(
        state,
        bytes.fromhex(about["digest"]),
        tuple(about["progress"]),
        about["course"],
        about["learn"],
        configs[about["machine"]],
    )


def _folders(session: Session, place: Path | None) -> dict[str, dict[str, str]]:
    """Return, of each folder that the worlds read: its setting, its path from the file, and its content if known."""
    opened = [WorldConfig.from_mapping(c.value["config"]) for c in session.commands if c.name == "world"]
    found: dict[str, dict[str, str]] = {}
    for config in (*session.courses.values(), *opened):
        for name in FOLDERS:
            named: str = getattr(config, name)
            if named:
                actual = session.moved.get(named, named)
                found[named] = {"setting": name, "content": session.fingerprints.get(named, ""), "relative": ""}
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
    return restored(SessionCopy(arrays=arrays, header=header, folders=folders or {}), path, keep=keep)


def restored(taken: SessionCopy, path: Path | str, *, keep: str = "all") -> Session:
    """Return the session of a copy.

    Parameters
    ----------
    taken : SessionCopy
    path : Path or str
        The file that it was read from, or any other name for it in errors.
    keep : {"all", "recent", "none"}
        As for `Session`.

    Raises
    ------
    StateError
        As `load`.
    """
    arrays, header = taken.arrays, taken.header
    if header.get("kind") != KIND or header.get("version") != VERSION:
        raise StateError(
            "is not a session of this version",
            where=path,
            remedy="Give a file that was saved here",
            code="state.version",
        )
    try:
        _demand_known(header, arrays, path)
        config = MachineConfig.from_mapping(header["machine"], where=path)
        worlds = {name: WorldConfig.from_mapping(w, where=path) for name, w in header["worlds"]}
        machine = MarkI(config, seed=header["seed"], wiring=arrays["wiring"] if header["given_wiring"] else None)
        moved = _moved(header, path, taken.folders)
        sources = machine_file.of_record(header.get("sources", {}), path)
        session = Session(machine, worlds, seed=header["seed"], keep=keep, moved=moved, sources=sources)
        session.fingerprints = {named: about["content"] for named, about in header.get("folders", {}).items()}
        point = header["checkpoint"]
        configs = [MachineConfig.from_mapping(m, where=path) for m in header["machines"]]
        state = {n.removeprefix("register/"): a for n, a in arrays.items() if n.startswith("register/")}
        checkpoint = _checkpoint(point, state, configs)
        earlier = {
            about["trial"]: _checkpoint(about, {n: arrays[f"earlier/{n}"][k] for n in state}, configs)
            for k, about in enumerate(header["earlier"])
        }
        for at in earlier.values():
            registers.check(machine.registers(), at.state, where=path)
        commands = [Command(trial=t, name=n, value=v, after_us=a) for t, n, v, a in header["commands"]]
        session.take_up(point["trial"], checkpoint, arrays["records"], commands, earlier)
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
    earlier = [about["trial"] for about in header["earlier"]]
    if not all(type(number) is int for number in (trial, now, checkpoint, header["seed"], *earlier)):
        raise TypeError("its numbers")
    if len(earlier) > EARLIER or not all(0 <= n < checkpoint for n in earlier):
        raise ValueError("its earlier checkpoints")
    for about in header["earlier"]:  # they are not run from before somebody goes back
        numbers = (about["course"], about["machine"], *about["progress"])
        if not all(type(n) is int and n >= 0 for n in numbers) or type(about["learn"]) is not bool:
            raise TypeError("its earlier checkpoints")
        if not about["course"] < len(about["progress"]) >= len(header["worlds"]):
            raise ValueError("its earlier checkpoints")
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
