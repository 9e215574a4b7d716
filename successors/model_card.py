"""Entries: the description of a system in its timeline file, as data for registry, training and verification."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

from marki.config import check
from marki.errors import ConfigError, shown, unknown
from marki.io.exhibits import SystemKind
from marki.io.ports import Port
from successors.nn.hooks import Watch
from successors.nn.initial import meta
from successors.nn.learner import ByGradient, Successor
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig

SEEDS = 5
"""Seeds of a trial, if it does not say otherwise."""


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


class _Checked:
    """What a file of the timeline says, with each field of the type that it is to have; lists become tuples."""

    def __post_init__(self) -> None:
        for f in fields(self):  # pyright: ignore[reportArgumentType]  # those who inherit it are dataclasses
            kind = _hints(type(self))[f.name]
            if isinstance(getattr(self, f.name), list) and get_origin(kind) is tuple:
                object.__setattr__(self, f.name, tuple(getattr(self, f.name)))
            if not _fits(getattr(self, f.name), kind):
                where = f"{type(self).__name__}.{f.name}"
                raise ConfigError(f"expected {f.type}, got {shown(getattr(self, f.name))}", where=where,
                                  remedy="successors/model_card.py says what it is to be")  # fmt: skip


def _fits(value: Any, kind: Any) -> bool:
    """Return whether a value is of a type, which may be one of tuples, mappings and functions."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return any(_fits(value, k) for k in inner)
    if origin is tuple:
        parts = cast("tuple[Any, ...]", value if isinstance(value, tuple) else (value,))
        of = [inner[0]] * len(parts) if inner[-1] is ... else inner
        return parts is value and len(parts) == len(of) and all(map(_fits, parts, of))
    if origin is type:
        return isinstance(value, type) and issubclass(value, get_origin(inner[0]) or inner[0])
    if origin is Callable:
        return callable(value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        table = cast("Mapping[Any, Any]", value if isinstance(value, Mapping) else {})
        return table is value and all(_fits(k, inner[0]) and _fits(v, inner[1]) for k, v in table.items())
    if kind in (int, float):
        return isinstance(value, (int, kind)) and not isinstance(value, bool)
    return kind is Any or isinstance(value, kind)


@dataclass(frozen=True, kw_only=True)
class Size(_Checked):
    """A published size.

    Parameters
    ----------
    config : NetworkConfig
        The settings of that size.
    published : int, optional
        Trainable parameters that the paper gives; None if it gives none.
    rounded : int
        Unit of the last digit that is printed, to which the count must round or be cut off; 1: exact.
    left_out : int
        Parameters of the configuration that the figure leaves out, such as those of the head.
    source : str
        Where the figure is published, or why there is none.
    """

    config: NetworkConfig
    published: int | None = None
    rounded: int = 1
    left_out: int = 0
    source: str = ""

    def agrees(self, counted: int) -> bool:
        """Return whether the figure as printed is that of `counted` parameters, rounded or cut off."""
        counted -= self.left_out
        return self.published in {(counted + add) // self.rounded * self.rounded for add in (0, self.rounded // 2)}


@dataclass(frozen=True, kw_only=True)
class Trial(_Checked):
    """A task on which a system is trained and tested, and what is claimed of it, before it is run.

    Each claim is tested with a 95 % interval and comes out as *holds*, *not told apart* or *fails*; see
    `evaluation.estimates`.

    Parameters
    ----------
    task : str
        Name of the task.
    options : mapping
        Settings of the task that differ from the defaults.
    changes : mapping
        Changes of the system's retina settings for this trial, by dotted name.
    at_least, at_most : float, optional
        Bounds for the test score.
    aside : mapping of str to float
        Least scores on parts of the deck that are set aside, by name; their interval comes from the seeds alone.
    baseline : str, optional
        What it is compared with, on the same decks with the same seeds: a system, or another participant.
    against : mapping, optional
        Changes of the baseline's retina settings; those of its own trial of the task if left out.
    above : bool
        Whether it is claimed to score higher than the baseline; otherwise, at most `slack` lower.
    slack : float
        Score by which it may be lower.
    seeds : int
        Number of seeds, of the system and of the baseline.
    label : str
        Name of the trial, for `grows_from`.
    grows_from : str
        Label of another trial, than whose lead over its baseline the lead of this one is claimed to be greater.
    remark : str
        Why a claim is not seen to hold at retina scale, written when it was not.
    """

    task: str
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    changes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    at_least: float | None = None
    at_most: float | None = None
    aside: Mapping[str, float] = field(default_factory=dict[str, float])
    baseline: str | None = None
    against: Mapping[str, Any] | None = None
    above: bool = True
    slack: float = 0.02
    seeds: int = SEEDS
    label: str = ""
    grows_from: str = ""
    remark: str = ""

    def __post_init__(self) -> None:
        scores = {"at_least": self.at_least, "at_most": self.at_most, "slack": self.slack}
        for name, score in scores.items():
            check(f"Trial.{name}", score, float | None, {"low": 0, "high": 1})
        check("Trial.seeds", self.seeds, int, {"low": 1})
        super().__post_init__()
        for name, score in self.aside.items():
            check(f"Trial.aside, {name}", score, float, {"low": 0, "high": 1})


@dataclass(frozen=True, kw_only=True)
class Foundation(_Checked):
    """The shipped weights of an earlier system on which a network stands.

    The parts that it names in `founded` begin with them, or it asks a network that has them and never learns.

    Parameters
    ----------
    system : str
        Name of the system.
    subject : str
        What they are about, see `registry.subject`, if not what the system's own task is about: digits or letters, or
        the language of what is said of scenes. "": that of the system's own task, and where they speak a language, that
        in which the one that stands on them is trained or asked.
    """

    system: str
    subject: str = ""


@dataclass(frozen=True, kw_only=True)
class Mechanism(_Checked):
    """The defining mechanism of a system, and how to ablate it; it is claimed that the system scores higher with it.

    Parameters
    ----------
    name : str
    without : mapping
        Changes of the retina settings that switch it off.
    remark : str
        Why the claim is not seen to hold at retina scale, written when it was not.
    """

    name: str
    without: Mapping[str, Any]
    remark: str = ""


@dataclass(frozen=True, kw_only=True)
class Measure(_Checked):
    """A figure of the trained network that is claimed to be above 0 on the mean of all seeds of a trial.

    Parameters
    ----------
    name : str
        The claim, in words.
    run : callable
        ``run(learner) -> float``, or ``run(learner, stimuli, targets) -> float`` if it is given stimuli.
    stimuli : int
        The number of stimuli of the test set that it is given, the first ones; 0: none.
    trial : str
        Label of the trial whose networks are measured; empty: the first.
    remark : str
        Why the claim is not seen to hold at retina scale, written when it was not.
    """

    name: str
    run: Callable[..., float]
    stimuli: int = 0
    trial: str = ""
    remark: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The result of a check.

    Parameters
    ----------
    holds : bool
    found, wanted : str
        Both in words, with their figures.
    """

    holds: bool
    found: str
    wanted: str


@dataclass(frozen=True, kw_only=True)
class Check(_Checked):
    """A statement of the paper that can be checked.

    Parameters
    ----------
    name : str
    run : callable
        ``run() -> Finding``; takes no more than a few seconds unless `slow`.
    slow : bool
    """

    name: str
    run: Callable[[], Finding]
    slow: bool = False


@dataclass(frozen=True, kw_only=True)
class Figure(_Checked):
    """A figure of a trained system.

    Parameters
    ----------
    name : str
        Name of the file.
    title, x, y : str
        Title and axis labels; only lines have axes.
    measure : callable
        ``measure(learner, stimuli, targets) -> dict`` of what is drawn, by label: lines (m,), or rows of fields
        (k, 20, 20). It is given the first stimuli of the test set, at most `stimuli`.
    stimuli : int
    log : bool
        Whether y is logarithmic.
    """

    name: str
    title: str
    measure: Callable[[Any, np.ndarray, np.ndarray], Mapping[str, np.ndarray]]
    x: str = ""
    y: str = ""
    stimuli: int = 64
    log: bool = False


@dataclass(frozen=True, kw_only=True)
class Scaling(_Checked):
    """Trainings of many sizes with the same number of operations, 6 for each weight and token, at several budgets.

    Parameters
    ----------
    task : str
        Whose documents are read, each once.
    budgets : mapping of float to tuple of int
        The widths that are trained at each number of operations.
    plan : callable
        ``plan(width, operations) -> changes`` of the retina settings, by dotted name.
    entropy : float
        Entropy of the documents, nats a token, below which no loss can fall.
    """

    task: str
    budgets: Mapping[float, tuple[int, ...]]
    plan: Callable[[int, float], Mapping[str, Any]]
    entropy: float


@dataclass(frozen=True, kw_only=True)
class Entry(_Checked):
    """A system of the timeline; name and year are those of its file.

    Parameters
    ----------
    label : str
        Display name, as people say it.
    parents : tuple of str
        Names of the earlier systems that it is built on; the family tree draws them. A file that imports from another
        system's file names it here.
    title, authors : str
        Title and authors of the paper.
    idea : str
        What was new, in a sentence.
    shrunk : str
        What was changed for the retina, and why.
    network : callable
        ``network(config, rng) -> Network``.
    retina : NetworkConfig
        Settings at retina scale.
    sizes : mapping of str to Size
        The published sizes; the first is the paper's main one.
    trials : tuple of Trial
        The first is the system's own task.
    mechanism : Mechanism
    learner : type
        `ByGradient`, `ByRule`, or another subclass of `Successor`.
    accepts, answers : Port
    other : tuple of (Port, Port)
        Other pairs of ports that it supports.
    tasks : tuple of str
        The only tasks that it can take part in; empty: all that fit its ports.
    checks : tuple of Check
    measures : tuple of Measure
    figures : tuple of Figure
    registers : tuple of Watch
        Registers to display while it answers.
    weights_of : str
        Name of an earlier system whose shipped weights it uses; its recipe has no steps. Empty: it has its own.
    foundation : Foundation, optional
        The weights of an earlier system, or one of the same year, on which it stands when its training begins.
    modern : mapping
        Changes of the retina settings for its modern recipe, in addition to the common one.
    roadmap : tuple of (str, mapping)
        Steps from something simpler to the system, or past it: names, and changes of the retina settings on top of
        the previous ones.
    scaling : Scaling, optional
        Trainings at equal computing, from which the best size is told.
    two_classes : mapping
        Changes of the retina settings for tasks of two classes that are not among its trials.
    small : mapping
        Changes of the retina settings that make it small enough to check all of its gradients; empty if it already is.
    short : str
        Display name where there is no room for `label`; empty if that is short enough.
    kind : SystemKind, optional
        What it does, where its ports do not tell.
    """

    label: str
    parents: tuple[str, ...]
    title: str
    authors: str
    idea: str
    shrunk: str
    network: Callable[[Any, np.random.Generator], Network]
    retina: NetworkConfig
    sizes: Mapping[str, Size]
    trials: tuple[Trial, ...]
    mechanism: Mechanism
    learner: type[Successor[Network]] = ByGradient
    accepts: Port = Port.FRAME
    answers: Port = Port.LAMPS
    other: tuple[tuple[Port, Port], ...] = ()
    tasks: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    measures: tuple[Measure, ...] = ()
    figures: tuple[Figure, ...] = ()
    registers: tuple[Watch, ...] = ()
    weights_of: str = ""
    foundation: Foundation | None = None
    modern: Mapping[str, Any] = field(default_factory=dict[str, Any])
    roadmap: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    scaling: Scaling | None = None
    two_classes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    small: Mapping[str, Any] = field(default_factory=dict[str, Any])
    short: str = ""
    kind: SystemKind | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("trials", "sizes"):
            if not getattr(self, name):
                raise ConfigError("is empty", where=f"Entry.{name}", remedy="Give one or more")

    def check_names(self) -> None:
        """Refuse changes of settings that there are not or that are out of range, and labels of no trial.

        Raises
        ------
        UnknownName, ConfigError
            The message says in which field.
        """
        if self.answers is Port.LAMPS and self.retina.classes is None and self.retina.units is None:
            raise ConfigError("has neither 'classes' nor 'units', as what answers on lamps has", where="Entry.retina",
                              remedy="Give its settings one of them")  # fmt: skip
        changes = {f"trials, {trial.task}": trial.changes for trial in self.trials}
        changes |= {f"roadmap, {name}": change for name, change in self.roadmap}
        changes |= {"mechanism": self.mechanism.without, "modern": self.modern}
        changes |= {"two_classes": self.two_classes, "small": self.small}
        for name, change in changes.items():
            self.retina.amend(change, where=f"Entry.{name}")
        labels = [trial.label for trial in self.trials]
        for label in (*(trial.grows_from for trial in self.trials), *(measure.trial for measure in self.measures)):
            if label and label not in labels:
                raise unknown("label of a trial", label, labels, where="Entry")

    def roads(self) -> dict[str, dict[str, Any]]:
        """Return the steps of the road map, each with all changes of the retina settings up to it."""
        found: dict[str, dict[str, Any]] = {}
        changes: dict[str, Any] = {}
        for name, change in self.roadmap:
            changes = changes | dict(change)
            found[name] = changes
        return found

    @property
    def ways(self) -> tuple[tuple[Port, Port], ...]:
        """All pairs of ports that it supports, the default one first."""
        return ((self.accepts, self.answers), *self.other)

    def create(
        self, *, seed: int = 0, changes: Mapping[str, Any] | None = None, answers: Port | None = None
    ) -> Successor[Network]:
        """Return a new learner at retina scale.

        Parameters
        ----------
        seed : int
        changes : mapping, optional
            Changes of the retina settings, by dotted name.
        answers : Port, optional
            The port that it answers on, if not the default.

        Raises
        ------
        UnknownName, ConfigError
            For settings that do not exist or do not fit.
        """
        config = self.retina.amend(changes or {}, where=getattr(self.network, "__name__", None))
        answers = answers or self.answers
        accepts = next(a for a, b in self.ways if b is answers)
        return self.learner(self.network, config, accepts=accepts, answers=answers, seed=seed)

    def count(self, config: NetworkConfig) -> int:
        """Return the number of trainable parameters of a size, from shapes alone."""
        with meta():
            return self.network(config, np.random.default_rng(0)).count()
