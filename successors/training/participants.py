"""Participants in a task: successors, the Mark I and references, fitted to the deck's ports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from marki.errors import ConfigError, MarkIError, PortError, unknown
from marki.io.exhibits import MARK1
from marki.io.learner import Learner
from marki.io.ports import Port
from marki.io.text import language_of
from marki.registers import Register
from marki.setting_rows import SettingRow, full_names, meanings, rows_of
from successors import registry, tasks
from successors.baselines.heads import BACKBONES, Head, HeadConfig
from successors.baselines.heads import TASKS as OF_HEADS
from successors.baselines.seq2seq import EncoderDecoder, EncoderDecoderConfig
from successors.baselines.trivial import AsShown, LastExposure
from successors.model_card import Foundation
from successors.nn.learner import ByGradient
from successors.nn.network import Network
from successors.nn.recipe import Recipe
from successors.tasks import Deck

MARK1_YEAR = 1960
AS_SHOWN = "as shown"
ENCODER_DECODER = "lstm encoder-decoder"
ENCODER_DECODER_YEAR = 2014
HEADS = {f"{backbone} {how}": (backbone, how == "tuned") for backbone in BACKBONES for how in ("frozen", "tuned")}
"""Heads on backbones that learned letters, by name: which backbone, and whether it goes on learning."""


@runtime_checkable
class HasWipers(Learner, Protocol):
    """A learner whose values are the positions of wipers: the Mark I."""

    def wipers(self) -> np.ndarray:
        """Return the angles of the wipers, (512,) int64, 1e-6 deg."""
        ...


Machine = Callable[[int, int], HasWipers]
"""Makes the Mark I: ``machine(R-units in use, seed)``. The successors know only the ports; the machine is passed in."""

MACHINE_RECIPE = Recipe(batch=100, steps=100, eval_every=20, patience=2)
"""How the Mark I is trained here: 10,000 presentations at most."""


@dataclass(frozen=True, kw_only=True)
class Participant:
    """A learner that takes part in a task.

    Parameters
    ----------
    name : str
    year : int, optional
    learner : Learner
    recipe : Recipe
    parameters : int
        Number of trainable values: weights, or the Mark I's potentiometers.
    note : str
        A remark, such as that it sees only the last exposure.
    """

    name: str
    year: int | None
    learner: Learner
    recipe: Recipe
    parameters: int
    note: str = ""

    def multiply_adds(self, deck: Deck) -> int | None:
        """Return the multiply-adds of one answer; None for the Mark I, which is hardware."""
        if self.name == MARK1:
            return None
        return registry.multiply_adds(self.learner, deck)


def names() -> tuple[str, ...]:
    """Return the names of all participants."""
    return (MARK1, *registry.names(), AS_SHOWN, ENCODER_DECODER, *HEADS)


def ports(name: str) -> tuple[tuple[Port, Port], ...]:
    """Return the pairs of ports that a participant accepts and answers on, the default pair first.

    Raises
    ------
    UnknownName
        With the nearest name.
    """
    if name == MARK1:
        return ((Port.FRAME, Port.LAMPS),)
    if name == AS_SHOWN:
        return ((Port.FIELD, Port.FIELD),)
    if name == ENCODER_DECODER:
        return ((Port.TEXT, Port.TEXT),)
    if name in HEADS:
        return tuple((tasks.find(task).accepts, tasks.find(task).answers) for task in OF_HEADS)
    if name not in registry.names():
        raise unknown("learner", name, names(), where="learners")
    return registry.find(name).entry.ways


def fits(name: str, task: str) -> bool:
    """Return whether a participant can take part in a task; one for frames sees the last exposure of a reel."""
    wanted = tasks.find(task)
    alone = _alone(name)
    return (not alone or task in alone) and any(
        answers is wanted.answers
        and (accepts is wanted.accepts or (accepts is Port.FRAME and wanted.accepts is Port.REEL))
        for accepts, answers in ports(name)
    )


def _alone(name: str) -> tuple[str, ...]:
    """Return the only tasks that a participant can take part in; none if it is not restricted."""
    if name in HEADS:
        return OF_HEADS
    return registry.find(name).entry.tasks if name in registry.names() else ()


def fitting(task: str) -> list[str]:
    """Return the names of all that can take part in a task, in order of time."""
    return [name for name in names() if fits(name, task)]


def check_fits(name: str, task: str) -> None:
    """Refuse a participant that cannot take part in a task.

    Raises
    ------
    UnknownName
        For a participant or task that does not exist.
    PortError
        For one whose ports do not fit.
    """
    if not fits(name, task):
        (accepts, answers), wanted, alone = ports(name)[0], tasks.find(task), _alone(name)
        why = f"it goes from {accepts} to {answers}, the task from {wanted.accepts} to {wanted.answers}"
        if alone:
            why = f"it is made for {', '.join(alone)} alone"
        raise PortError(
            f"{name} cannot take part: {why}",
            where=f"task {task}",
            remedy=f"Choose among {', '.join(fitting(task))}",
        )


def check_trials(name: str) -> None:
    """Refuse a system that cannot take part in its own trials, or whose baselines cannot, before anything is trained.

    Raises
    ------
    UnknownName, ConfigError, PortError
        The message says of which trial.
    """
    for trial in registry.find(name).entry.trials:
        try:
            check_fits(name, trial.task)
            if trial.baseline is not None:
                check_fits(trial.baseline, trial.task)
                full_names(trial.against or {}, meanings(setting_rows(trial.baseline)))
        except MarkIError as error:
            raise error.within(f"{registry.place(name)}: Entry.trials, {trial.task}") from error


def default_changes(name: str, task: str) -> Mapping[str, Any]:
    """Return the changes of a participant's retina settings for a task.

    They are those of its own trial of the task, or else, for two classes, those of its entry.
    """
    none: Mapping[str, Any] = {}
    if name not in registry.names():
        return none
    entry, about = registry.find(name).entry, tasks.find(task)
    other = entry.two_classes if len(about.classes(about.config())) == 2 else none
    return next((trial.changes for trial in entry.trials if trial.task == task), other)


def setting_rows(name: str) -> list[SettingRow]:
    """Return the settings of a participant that may be changed: of the Mark I, here, those of its training alone."""
    if name in registry.names():
        return list(rows_of(registry.find(name).entry.retina))
    if name == MARK1:
        return list(rows_of(MACHINE_RECIPE, "recipe."))
    if name == ENCODER_DECODER:
        return list(rows_of(EncoderDecoderConfig()))
    return list(rows_of(HeadConfig())) if name in HEADS else []


def enter(
    name: str, deck: Deck, *, seed: int = 0, changes: Mapping[str, Any] | None = None, machine: Machine | None = None
) -> Participant:
    """Return an untrained participant for a deck; one that uses weights of another system, or stands on them, has them.

    Parameters
    ----------
    name : str
        One of `names`.
    deck : Deck
    seed : int
    changes : mapping, optional
        Changes of its retina settings, for a successor; for the Mark I, of the recipe only.
    machine : callable, optional
        Makes the Mark I, if it is to take part.

    Raises
    ------
    UnknownName
        With the nearest name.
    PortError
        If it cannot take part in this task.
    StateError
        If it uses, or stands on, weights that are not shipped.
    """
    check_fits(name, deck.task)
    if name == MARK1:
        if machine is None:
            raise ConfigError("there is no machine here", where=MARK1, remedy="Give machine=, which makes one")
        learner = machine(deck.lamps_used, seed)
        own = {key.removeprefix("recipe."): value for key, value in (changes or {}).items()}
        year, recipe, parameters = MARK1_YEAR, MACHINE_RECIPE.amend(own, where=MARK1), _values(learner.registers())
    elif name == AS_SHOWN:
        learner = AsShown()
        year, recipe, parameters = None, Recipe(batch=1, steps=1), 0
    elif name == ENCODER_DECODER:
        config = EncoderDecoderConfig().amend(changes or {}, where=name)
        learner = ByGradient(EncoderDecoder, config, accepts=Port.TEXT, answers=Port.TEXT, seed=seed)
        year, recipe, parameters = ENCODER_DECODER_YEAR, config.recipe, learner.network.count()
    elif name in HEADS:
        backbone, tuned = HEADS[name]
        own = {"backbone": backbone, "tuned": tuned, "task": deck.task, "language": _language(deck)}
        config = HeadConfig().amend(own | dict(changes or {}), where=name)
        learner = ByGradient[Network](Head, config, accepts=deck.accepts, answers=deck.answers, seed=seed)
        registry.put_on_foundation(learner, Foundation(system=backbone, subject="letters"))
        year, recipe, parameters = registry.find(backbone).year, config.recipe, learner.network.count()
    else:
        system = registry.find(name)
        fit = registry.fitted(system.entry, deck.code)
        learner = system.entry.create(seed=seed, changes=fit | dict(changes or {}), answers=deck.answers)
        if of := system.entry.weights_of:
            learner.load_weights(registry.create(of, pretrained=True).weights())
        if foundation := registry.foundation(system.entry, _language(deck)):
            registry.put_on_foundation(learner, foundation)
        year, recipe, parameters = system.year, learner.recipe, learner.network.count()
    note = ""
    if deck.accepts is Port.REEL and learner.accepts is Port.FRAME:
        learner, note = LastExposure(learner), "sees the last exposure alone"
    return Participant(name=name, year=year, learner=learner, recipe=recipe, parameters=parameters, note=note)


def _language(deck: Deck) -> str:
    """Return the language of the texts of a deck, by the first; "" for a deck without texts."""
    if deck.accepts is Port.TEXT:
        return language_of(str(np.asarray(deck.train.stimuli[:1])[0]))
    if deck.accepts is Port.ASKED:
        return language_of(str(np.asarray(deck.train.stimuli[:1])["text"][0]))
    return language_of(str(deck.train.targets[0])) if deck.answers is Port.TEXT else ""


def _values(registers: list[Register]) -> int:
    """Return the number of the machine's values: its motor-driven potentiometers."""
    return next(r.array.size for r in registers if r.name == "potentiometers.wiper")
