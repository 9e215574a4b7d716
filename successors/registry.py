"""The registry of systems: the files of the timeline, read as data. A new file there needs no edit here."""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import pkgutil
import re
import traceback
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from marki.config import flat
from marki.errors import ConfigError, MarkIError, StateError, unknown
from marki.files import asset
from marki.io.exhibits import HALL as CLASSES
from marki.io.exhibits import MARK1
from marki.io.learner import Learner
from marki.io.ports import Port
from marki.jobs.identity import content_hash
from marki.program import program
from marki.reading import parse_json, read_json
from successors import tasks, timeline
from successors.model_card import Entry, Foundation, Trial
from successors.nn import weights_file
from successors.nn.learner import Successor
from successors.nn.macs import tally
from successors.nn.network import Network
from successors.tasks import Deck
from successors.tasks.deck import lamps_used
from successors.tasks.scene_decks import ScenesConfig

WEIGHTS = "weights.safetensors.xz"
METRICS = "metrics.json"
HALL = ("letters", "digits")
"""Tasks whose weights are shipped beside those of the system's own task, to show one frame to all systems."""
_FILE = re.compile(r"y(\d{4})_([a-z][a-z0-9_]*)")
_NEARLY = re.compile(r"[yY]\d")


@dataclass(frozen=True, kw_only=True)
class System:
    """An entry of the registry.

    Parameters
    ----------
    name, year
        From the name of the file.
    entry : Entry
        The description in the file.
    """

    name: str
    year: int
    entry: Entry

    @property
    def task(self) -> str:
        """The task that it is trained on."""
        return self.entry.trials[0].task


class _Source(NamedTuple):
    """Where a system comes from: its year, its module, and for one that is not ours, its file and its weights."""

    year: int
    module: str
    file: Path | None = None
    weights: Path | None = None


RESERVED = (MARK1, "all", "runs", "reader")
"""What commands and folders of results call something else: the machine, every system, the trainings, who reads scenes
and is no network."""

_CALL = "Call it by year and name, in small letters, as y1960_adaline.py"


def _files() -> dict[str, _Source]:
    """Return the source of each name, in order of time: our files, those of one's own folders, installed ones."""
    rows: dict[str, _Source] = {}
    for stem, module, file in (*_ours(), *_own(), *_installed()):
        match = _FILE.fullmatch(stem)
        if match is None:
            continue
        year, name = match.groups()
        where = f"timeline/{stem}.py" if file is None else file
        if name in RESERVED:
            raise ConfigError(f"{name!r} stands for something else", where=where, remedy="Give it another name")
        if name in rows:
            raise ConfigError(f"{name!r} is there twice", where=where, remedy="Give it another name")
        rows[name] = _Source(int(year), module, file, file and file.parent / "weights" / name)
    return dict(sorted(rows.items(), key=lambda row: (row[1].year, row[0])))


def _ours() -> list[tuple[str, str, Path | None]]:
    """Return name and module of each file of the timeline that is ours."""
    ours = timeline.__path__[:1]
    return [(m.name, f"{timeline.__name__}.{m.name}", None) for m in pkgutil.iter_modules(ours)]


def _own() -> list[tuple[str, str, Path | None]]:
    """Return name, module and file of each system in one's own folders.

    Raises
    ------
    ConfigError
        For a folder that is not there or has no system, and for a file whose name is only nearly that of one.
    """
    found: list[tuple[str, str, Path | None]] = []
    for folder in timeline.own_folders():
        if not folder.is_dir():
            raise ConfigError(
                "there is no such folder", where=folder, remedy="Give one in --timeline or MARKI_TIMELINE"
            )
        files = {m.name: folder / (m.name if m.ispkg else f"{m.name}.py") for m in pkgutil.iter_modules([str(folder)])}
        for stem, file in files.items():
            if _NEARLY.match(stem) and not _FILE.fullmatch(stem):
                raise ConfigError("is no name of a system", where=file, remedy=_CALL)
        if not any(map(_FILE.fullmatch, files)):
            raise ConfigError("there is no system in this folder: none of its files is called as one", where=folder,
                              remedy=_CALL)  # fmt: skip
        found += [(stem, f"{timeline.__name__}.{stem}", file) for stem, file in files.items()]
    return found


ENTRY_POINTS = "marki.successors"
"""Group of entry points by which an installed package adds systems: ``y2024_name = "package.module"``."""


@lru_cache(maxsize=1)
def _installed() -> list[tuple[str, str, Path | None]]:
    """Return name, module and file of each system that an installed package adds."""
    found: list[tuple[str, str, Path | None]] = []
    for point in entry_points(group=ENTRY_POINTS):
        if not _FILE.fullmatch(point.name):
            raise ConfigError(
                f"{point.name!r} is no name of a system", where=f"entry point {point.value}",
                remedy="Name it by year and system, as y1960_adaline",
            )  # fmt: skip
        try:
            spec = importlib.util.find_spec(point.value)
        except (ImportError, ValueError):
            spec = None
        if spec is None or spec.origin is None:
            raise ConfigError("is not there", where=f"entry point {point.name} = {point.value}",
                              remedy="Install its package again, or remove it")  # fmt: skip
        found.append((point.name, point.value, Path(spec.origin)))
    return found


def own_inputs(name: str) -> dict[str, str]:
    """Return the content hash of each file of one's own that a system is made of, by what it is; empty for ours.

    They are its file, and those beside it that this imports, and these in turn.
    """
    source = _files().get(name)
    found = [source.file] if source and source.file else []
    for file in found:
        beside = [f / f"{word}.py" for f in (file.parent, *timeline.own_folders()) for word in _imported(file)]
        found += dict.fromkeys(path for path in beside if path.is_file() and path not in found)
    return {f"file {file.name}": content_hash(file) for file in found}


def _imported(file: Path) -> list[str]:
    """Return the last parts of the names that a file imports; none of what cannot be read, which is refused later."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found += [(node.module or "") if isinstance(node, ast.ImportFrom) else "", *(a.name for a in node.names)]
    return [name.rpartition(".")[2] for name in found]


def names() -> tuple[str, ...]:
    """Return the names of all systems, in order of time."""
    return tuple(_files())


def find(name: str) -> System:
    """Return the system of this name.

    Raises
    ------
    UnknownName
        With the nearest name.
    ConfigError
        If its file ends without an entry, or is one's own and cannot be read.
    """
    rows = _files()
    if name not in rows:
        raise unknown("system", name, rows, where="timeline")
    return _read(name, rows)


def chosen(given: Sequence[str], *, every: bool = False) -> tuple[str, ...]:
    """Return the names that are given, each once and checked to exist, or those of every system.

    Raises
    ------
    ConfigError
        If none are given, or some and every.
    UnknownName
    """
    if every == bool(given):
        raise ConfigError("name some systems, or give --all", where="NAME", remedy="`timeline` lists them")
    for name in given:
        find(name)
    return names() if every else tuple(dict.fromkeys(given))


def _read(name: str, rows: Mapping[str, _Source]) -> System:
    source = rows[name]
    if source.file is None:
        return System(name=name, year=source.year, entry=_entry(source))
    importlib.invalidate_caches()  # the file may be newer than what Python knows of its folder
    try:
        with _blamed(source.file, "cannot be read"):
            entry = _entry(source)
            _check_names(name, entry, rows)
    except MarkIError as error:
        raise error if str(source.file) in str(error.where) else error.within(source.file) from error
    return System(name=name, year=source.year, entry=entry)


def _entry(source: _Source) -> Entry:
    entry = getattr(importlib.import_module(source.module), "ENTRY", None)
    if not isinstance(entry, Entry):
        raise ConfigError("has no ENTRY", where=source.file or source.module,
                          remedy="End the file with ENTRY = Entry(...)")  # fmt: skip
    return entry


@contextlib.contextmanager
def _blamed(file: Path | None, what: str) -> Generator[None]:
    """Say in one line what fails in a file of one's own, and where, whatever it does; ours are to show it."""
    try:
        yield
    except MarkIError:
        raise
    except (Exception, SystemExit) as error:
        if file is None:
            raise
        lines = [row.lineno for row in traceback.extract_tb(error.__traceback__) if row.filename == str(file)]
        where = f"{file}, line {lines[-1]}" if lines else file
        raise ConfigError(f"{what} ({type(error).__name__}: {error})", where=where,
                          remedy="Mend the file, or take it out of the folder") from error  # fmt: skip


def blamed(name: str) -> contextlib.AbstractContextManager[None]:
    """Return a context in which what fails in a system of one's own is a refusal that names its file."""
    source = _files().get(name)
    return _blamed(source and source.file, "fails")


def place(name: str) -> str:
    """Return where a system is described, for a refusal: the file of one's own, or the name of ours."""
    file = _files()[name].file
    return name if file is None else str(file)


def _check_names(name: str, entry: Entry, rows: Mapping[str, _Source]) -> None:
    """Refuse names that an entry has of settings, systems and tasks that there are not, and systems that came later."""
    entry.check_names()
    earlier = [other for other, row in rows.items() if row.year <= rows[name].year and other != name]
    on = entry.foundation.system if entry.foundation else ""
    for of, others in (("parents", entry.parents), ("weights_of", (entry.weights_of,)), ("foundation", (on,))):
        for other in filter(None, others):
            if other in rows and other not in earlier:
                raise ConfigError(f"{other!r} is of {rows[other].year}", where=f"Entry.{of}",
                                  remedy="Name systems that came before it")  # fmt: skip
            if other not in rows:
                raise unknown("system", other, earlier, where=f"Entry.{of}")
    for task in (*(trial.task for trial in entry.trials), *entry.tasks):
        tasks.find(task)
    for trial in entry.trials:
        tasks.find(trial.task).config().amend(trial.options, where=f"Entry.trials, {trial.task}")


def systems() -> list[System]:
    """Return all systems, in order of time."""
    rows = _files()
    return [_read(name, rows) for name in rows]


def classes(trial: Trial) -> tuple[str, ...]:
    """Return the names of the classes of a trial's task."""
    return _task(trial)[0]


def code(trial: Trial) -> np.ndarray:
    """Return the code of the classes on the lamps, (classes, 8) bool; no row if the answer is a field or text."""
    return _task(trial)[1]


def _task(trial: Trial) -> tuple[tuple[str, ...], np.ndarray]:
    """Return classes and code, which follow from the settings; nothing is drawn."""
    task = tasks.find(trial.task)
    config = task.config().amend(trial.options, where=f"task {trial.task}")
    return task.classes(config), task.code(config)


def sample(trial: Trial) -> Deck:
    """Return a deck of a trial with as few stimuli as it can have: enough to know the shapes."""
    return _sample(trial.task, tuple(sorted(trial.options.items())))


_COUNTS = ("train", "valid", "test", "views", "slides", "patches", "documents")
"""Settings of tasks that say how many stimuli or documents there are, or of how many slides."""


@lru_cache(maxsize=64)
def _sample(task: str, options: tuple[tuple[str, Any], ...]) -> Deck:
    config = tasks.find(task).config
    least = {f.name: 1 for f in fields(config) if f.name in _COUNTS}
    few: dict[str, Any] = dict(options) | least
    return tasks.load(task, cache=False, **few)


def fitted(entry: Entry, code: np.ndarray) -> dict[str, Any]:
    """Return the changes that fit a system to a code on the lamps: its number of classes, or else of R-units.

    Parameters
    ----------
    entry : Entry
    code : ndarray of bool, shape (classes, 8)
        If it has no rows, there is nothing to fit.
    """
    if not len(code):
        return {}
    if entry.retina.classes is not None:
        return {"classes": len(code)}
    return {} if entry.retina.units is None else {"units": lamps_used(code)}


def settings(entry: Entry, trial: Trial) -> dict[str, Any]:
    """Return the changes of the retina settings for a trial."""
    return fitted(entry, code(trial)) | dict(trial.changes)


def create(
    name: str,
    pretrained: bool = False,
    *,
    seed: int = 0,
    weights: Path | str | None = None,
    language: str = "",
    **changes: Any,
) -> Successor[Network]:
    """Return a learner by name, fit for its own task; one that stands on weights that are shipped begins with them.

    Parameters
    ----------
    name : str
        One of `names`.
    pretrained : bool
        Whether to load the shipped weights.
    seed : int
        Seed of the untrained state, and of the noise of which answers are a function.
    weights : Path or str, optional
        A file of weights to load instead of the shipped ones.
    language : str
        In which it is asked, where it stands on weights that speak one.
    **changes
        Changes of its retina settings, such as ``classes=26``; dots in a name are written as two underscores.

    Returns
    -------
    Successor

    Raises
    ------
    UnknownName
        For an unknown system or setting.
    ConfigError
        For a setting out of range.
    StateError
        For weights that are missing, damaged, or of another system or other settings.
    """
    system = find(name)
    own = {key.replace("__", "."): value for key, value in changes.items()}
    if not (pretrained or weights):
        with blamed(name):
            learner = system.entry.create(seed=seed, changes=settings(system.entry, system.entry.trials[0]) | own)
        if not own:  # of other sizes, weights would not fit
            begin_on_foundation(learner, system.entry, language)
        return learner
    if own:
        raise ConfigError(
            f"{next(iter(own))!r} with trained weights",
            where=f"create({name!r})",
            remedy="Their settings are those that they were trained with; leave the changes out",
        )
    path = Path(weights) if weights else shipped_file(name)
    arrays, about = weights_file.load(path, system=name)
    try:
        stored: Any = parse_json(about["settings"], where=path)
        if not isinstance(stored, dict):
            raise ValueError("they are no table")
        own: dict[str, Any] = flat(stored)  # pyright: ignore[reportUnknownArgumentType]  # JSON knows no types
        learner = system.entry.create(seed=seed, changes=own)
        begin_on_foundation(learner, system.entry, language)  # for who resets it
    except (KeyError, ValueError, TypeError, MarkIError) as error:
        raise StateError(
            f"settings that do not fit ({error})", where=path, remedy="Train the system anew with this version"
        ) from error
    learner.load_weights(arrays, where=path)
    return learner


def shipped(name: str) -> Path:
    """Return the folder of a system's shipped weights; those of one's own lie in ``weights`` beside its file.

    Raises
    ------
    StateError
        If none are shipped.
    """
    source = _files().get(name)
    if source is not None and source.weights is not None:
        if source.weights.is_dir():
            return source.weights
        raise StateError("it has no weights", where=name,
                         remedy=f"Make them: {program()} train {name} --out {source.weights.parent}")  # fmt: skip
    try:
        return asset(f"weights/{name}")
    except StateError:
        raise StateError(
            "no weights are shipped", where=name, remedy=f"Make them: {program()} train {name} --out DIR"
        ) from None


def shipped_file(name: str, file: str = WEIGHTS) -> Path:
    """Return where weights of a system are shipped, packed or plain; the file need not be there.

    Raises
    ------
    StateError
        If no weights of it are shipped at all.
    """
    return weights_file.packed_or_plain(shipped(name) / file)


def is_trained(name: str) -> bool:
    """Return whether weights of a system are shipped."""
    try:
        return shipped_file(name).exists()
    except StateError:
        return False


def in_hall(entry: Entry, task: str) -> bool:
    """Return whether a system, with weights of this task, takes part in the hall, where all are shown one frame."""
    return entry.accepts is Port.FRAME and entry.answers is Port.LAMPS and task in HALL


def subject(entry: Entry, trial: Trial) -> str:
    """Return what a trial is about: letters or digits, read or drawn; the language of what is said of scenes; or ""."""
    if entry.accepts is Port.FRAME and entry.answers is Port.LAMPS:
        return trial.task if trial.task in HALL else ""
    if entry.accepts is Port.LAMPS and entry.answers is Port.FIELD:
        return next((name for name, names in CLASSES.items() if classes(trial) == names), "")
    config = tasks.find(trial.task).config().amend(trial.options, where=f"task {trial.task}")
    return config.language if isinstance(config, ScenesConfig) else ""


def weights_name(subject: str) -> str:
    """Return the file name of the weights of a subject that is not that of the system's own task."""
    return f"{subject}.safetensors.xz"


def foundation(entry: Entry, language: str = "") -> Foundation | None:
    """Return the weights on which a system stands when it is trained or asked in a language; None without any."""
    found = entry.foundation
    if found is None or found.subject or not language:
        return found
    other = find(found.system).entry
    speaks = any(subject(other, trial) == language for trial in other.trials)
    return replace(found, subject=language) if speaks else found


def foundation_file(foundation: Foundation) -> Path:
    """Return the file of the weights on which a system stands.

    Raises
    ------
    StateError
        If they are not shipped.
    """
    entry = find(foundation.system).entry
    own = foundation.subject in ("", subject(entry, entry.trials[0]))
    path = shipped_file(foundation.system, WEIGHTS if own else weights_name(foundation.subject))
    if not path.exists():
        raise StateError(
            "is not shipped", where=path, remedy=f"Make it: {program()} train {foundation.system} --out DIR"
        )
    return path


def put_on_foundation(learner: Successor[Network], foundation: Foundation) -> None:
    """Let a learner begin with the weights on which its system stands.

    Raises
    ------
    StateError
        If they are not shipped, are damaged, or do not fit.
    """
    learner.stand_on(create(foundation.system, weights=foundation_file(foundation)).network)


def begin_on_foundation(learner: Successor[Network], entry: Entry, language: str = "") -> None:
    """Let a learner begin with the weights on which its system stands, if there are any and they are shipped."""
    if found := foundation(entry, language):
        try:
            foundation_file(found)
        except StateError:
            return
        put_on_foundation(learner, found)


def weights(name: str, about: str) -> tuple[Path, Trial] | None:
    """Return the shipped weights of a system for a subject, see `subject`, and the trial on which they were trained.

    Returns
    -------
    (Path, Trial) or None
        None without any.
    """
    entry = find(name).entry
    trial = next((t for t in entry.trials if subject(entry, t) == about), None)
    if trial is None or not is_trained(name):
        return None
    path = shipped_file(name, WEIGHTS if trial is entry.trials[0] else weights_name(about))
    return (path, trial) if path.exists() else None


def speaker(name: str, language: str) -> Successor[Network]:
    """Return a trained system of pictures and language that speaks a language, "en" or "zh".

    Raises
    ------
    UnknownName
        For an unknown system.
    StateError
        If no weights of it in this language are shipped.
    """
    found = weights(name, language)
    if found is None:
        shipped(name)  # refuses, and says how weights are made, where there are none at all
        raise StateError(f"speaks no {language!r}", where=name, remedy="Choose another language")
    return create(name, weights=found[0], language=language)


def own_weights(name: str, about: str) -> tuple[Path, Trial] | None:
    """Return the shipped weights of a system for its own task, whatever it is asked, and its trial; or None."""
    return (shipped_file(name), find(name).entry.trials[0]) if is_trained(name) else None


def metrics(name: str) -> dict[str, Any] | None:
    """Return the metrics shipped with the weights; None if the system was not trained."""
    try:
        return read_json(shipped(name) / METRICS)
    except StateError:
        return None


def as_typed(changes: Mapping[str, Any]) -> str:
    """Format changes of settings as command-line arguments, each after a space."""
    return "".join(f" {key}={value}" for key, value in changes.items())


def multiply_adds(learner: Learner, deck: Deck) -> int:
    """Return the multiply-adds of one answer."""
    with tally() as total:
        learner.respond(deck.test.stimuli[:1])
    return total[0]


def count_footprint(entry: Entry) -> dict[str, int]:
    """Count the parameters of a system, and the multiply-adds of one answer, fitted to its own task."""
    main = entry.trials[0]
    learner = entry.create(changes=settings(entry, main))
    return {"parameters": learner.network.count(), "multiply_adds": multiply_adds(learner, sample(main))}


def footprint(system: System) -> dict[str, int]:
    """Return the parameters and multiply-adds recorded in training; count those of a new file."""
    found = metrics(system.name)
    if found is None:
        with blamed(system.name):
            return count_footprint(system.entry)
    return {key: found[key] for key in ("parameters", "multiply_adds")}


def card(name: str) -> dict[str, Any]:
    """Return the card of a system, ready for JSON.

    Returns
    -------
    dict
        name, year, title, authors, idea, shrunk, weights_of (the system whose weights it uses, "" for its own), ports,
        task, settings (at retina scale); paper_parameters (counted
        from shapes), published_parameters (None if the paper gives none), paper_sizes; retina_parameters,
        retina_multiply_adds (of one answer); and from the shipped training, or None before it: trials (on each: task,
        options, changes, metric, value, interval, seeds, baseline, claims, warnings, groups,
        classes, confusion), mechanism
        (name, with, without, difference, word), measures, cost.
    """
    system = find(name)
    entry = system.entry
    main = entry.trials[0]
    size = footprint(system)
    with blamed(name):
        sizes = {key: entry.count(size.config) for key, size in entry.sizes.items()}
    first = next(iter(entry.sizes))
    found = metrics(name) or {}
    return {
        "name": name,
        "year": system.year,
        "title": entry.title,
        "authors": entry.authors,
        "idea": entry.idea,
        "shrunk": entry.shrunk,
        "weights_of": entry.weights_of,
        "ports": {"accepts": str(entry.accepts), "answers": str(entry.answers)},
        "task": main.task,
        "task_options": dict(main.options),
        "settings": entry.retina.amend(settings(entry, main)).to_mapping(),
        "paper_parameters": sizes[first],
        "published_parameters": entry.sizes[first].published,
        "paper_sizes": sizes,
        "retina_parameters": size["parameters"],
        "retina_multiply_adds": size["multiply_adds"],
        "trials": found.get("trials"),
        "mechanism": found.get("mechanism"),
        "measures": found.get("measures"),
        "cost": found.get("cost"),
    }


def rows() -> list[dict[str, Any]]:
    """Return the timeline: name, year, title and task of each system, in order of time."""
    return [{"name": s.name, "year": s.year, "title": s.entry.title, "task": s.task} for s in systems()]
