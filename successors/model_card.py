"""Entries: what a file of the timeline says of its system, as data; catalogue, training and ladder read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marki.io.ports import Port
from successors.nn.hooks import Watch
from successors.nn.initial import meta
from successors.nn.learner import ByGradient, Network, Successor
from successors.nn.recipe import NetworkConfig


@dataclass(frozen=True, kw_only=True)
class Size:
    """A size that was published.

    Parameters
    ----------
    config : NetworkConfig
        The settings of that size.
    published : int, optional
        Trainable parameters that the paper gives; None if it gives none.
    within : float
        Share by which the count may differ from it, for figures that are rounded in print; 0 asks for equality.
    source : str
        Where the figure stands.
    """

    config: NetworkConfig
    published: int | None = None
    within: float = 0.0
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A task that a system has to stand, or to fail.

    Parameters
    ----------
    task : str
        Name of the task.
    options : mapping
        Its settings, where they are not the usual ones.
    changes : mapping
        Changes of the system's retina settings for this trial, by dotted name.
    at_least, at_most : float, optional
        Bounds for the score with the test part, of every seed.
    baseline : str, optional
        What it is compared with: an earlier system, or another entrant.
    against : mapping, optional
        Changes of the baseline's retina settings; those of its own trial of the task if left out.
    above : bool
        Whether its mean must lie above that of the baseline; else it may lie up to `slack` below.
    slack : float
        Score by which it may lie below.
    seeds : int
        How many seeds are tried.
    """

    task: str
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    changes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    at_least: float | None = None
    at_most: float | None = None
    baseline: str | None = None
    against: Mapping[str, Any] | None = None
    above: bool = True
    slack: float = 0.02
    seeds: int = 3


@dataclass(frozen=True, kw_only=True)
class Mechanism:
    """What makes a system what it is, and how to switch it off.

    Parameters
    ----------
    name : str
    without : mapping
        Changes of the retina settings that switch it off.
    unseen : str
        Why it is not missed on the retina, if that is so; the ladder then says so and does not fail.
    """

    name: str
    without: Mapping[str, Any]
    unseen: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check found.

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
class Check:
    """A statement of the paper that can be tried.

    Parameters
    ----------
    name : str
    run : callable
        ``run() -> Finding``; takes no more than some seconds unless `slow`.
    slow : bool
    """

    name: str
    run: Callable[[], Finding]
    slow: bool = False


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A picture of a trained system.

    Parameters
    ----------
    name : str
        Of the file.
    title, x, y : str
        Words on it; axes are for lines alone.
    measure : callable
        ``measure(learner, stimuli, targets) -> dict`` of what is drawn, by label: lines (m,), or rows of fields
        (k, 20, 20). Given are the first stimuli of the test part, at most `stimuli`.
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
class Entry:
    """A system of the timeline; name and year are those of its file.

    Parameters
    ----------
    label : str
        What it is called, in few letters.
    parents : tuple of str
        Names of the earlier systems that it is built of; the family tree draws them. A file that imports from another
        system's file names it here.
    title, authors : str
        Of the paper.
    idea : str
        What was new, in a sentence.
    shrunk : str
        What was changed for the retina, and why.
    network : callable
        ``network(config, rng) -> Network``.
    retina : NetworkConfig
        Settings of what runs here.
    sizes : mapping of str to Size
        The published sizes; the first is the paper's main one.
    trials : tuple of Trial
        The first is the system's own task.
    mechanism : Mechanism
    learner : type
        `ByGradient`, `ByRule`, or a child of `Successor`.
    accepts, answers : Port
    other : tuple of (Port, Port)
        Other pairs of ports that it can stand between.
    tasks : tuple of str
        The only tasks that it can take part in; empty: all that its ports fit.
    checks : tuple of Check
    figures : tuple of Figure
    registers : tuple of Watch
        What is worth looking at while it answers.
    modern : mapping
        Changes of the retina settings that its modern recipe makes beside the common one.
    roadmap : tuple of (str, mapping)
        Steps from something simpler to the system, or past it: names, and changes of the retina settings on top of
        those before.
    small : mapping
        Changes of the retina settings that make it small enough to check each of its gradients; empty if it is.
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
    figures: tuple[Figure, ...] = ()
    registers: tuple[Watch, ...] = ()
    modern: Mapping[str, Any] = field(default_factory=dict[str, Any])
    roadmap: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    small: Mapping[str, Any] = field(default_factory=dict[str, Any])

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
        """All pairs of ports that it can stand between, the usual one first."""
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
            What it answers on, if not the usual one.

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
        """Return the trainable parameters of a size, from shapes alone."""
        with meta():
            return self.network(config, np.random.default_rng(0)).count()
