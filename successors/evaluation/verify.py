"""Verification: the ladder of checks that a system must pass before it may bear its name.

Rungs, from the bottom: its contract and shapes, its gradients, its parameter count at published scale, the statements
of its paper, that every parameter is trained, and that it learns, beats its baseline, and needs its mechanism. The last
three are read from the record of its training, which `train` writes, and come out as *holds*, *not told apart* or
*fails*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from marki.errors import MarkIError
from marki.io.check_learner import check_learner
from marki.io.frame import SIDE
from marki.io.ports import Port
from marki.program import program
from successors import registry, tasks
from successors.evaluation import estimates
from successors.model_card import Check
from successors.nn.gradcheck import check as gradient_check
from successors.nn.learner import ByGradient, Pretrainable
from successors.nn.module import places
from successors.nn.module import training as in_training
from successors.nn.network import Network
from successors.nn.rivals import Rivals
from successors.nn.tensor import Parameter, Tensor, no_grad
from successors.registry import System
from successors.training import loop, participants

PASSED, FAILED, ABSENT = "passed", "FAILED", "does not apply"

MOST_PLACES = 300
"""Elements of all arrays together whose gradients are compared; at least two of each array, at most six."""


@dataclass(frozen=True, kw_only=True)
class Rung:
    """The result of one rung.

    Parameters
    ----------
    name : str
    state : {"passed", "FAILED", "does not apply", "holds", "not told apart", "fails"}
        The last three are for claims that were tested in training, with an interval.
    found : str
        The finding, with figures.
    excused : bool
        Whether a claim may be left open, or the system's file says why it is not seen to hold.
    """

    name: str
    state: str
    found: str
    excused: bool = False

    @property
    def failed(self) -> bool:
        """Whether it counts as failed: a check, or a claim that is not excused."""
        return self.state == FAILED or (self.state in (estimates.OPEN, estimates.FAILS) and not self.excused)


def climb(name: str, *, slow: bool = True) -> Iterator[Rung]:
    """Check all rungs of a system, and yield the result of each.

    Parameters
    ----------
    name : str
    slow : bool
        Whether to check statements that take longer than a few seconds.

    Raises
    ------
    UnknownName
        With the nearest name.
    """
    system = registry.find(name)
    yield _tried("contract", contract, system)
    yield _tried("gradients", gradients, system)
    yield from _sizes(system)
    for check in system.entry.checks:
        if check.slow and not slow:
            continue
        yield _tried(check.name, lambda _, check=check: _finding(check), system)
    yield _tried("every parameter moves", moves, system)
    yield from _trained(system)


def _tried(name: str, rung: Callable[[System], str | None], system: System) -> Rung:
    try:
        with registry.blamed(system.name):
            found = rung(system)
    except MarkIError as error:
        return Rung(name=name, state=FAILED, found=str(error))
    return Rung(name=name, state=ABSENT if found is None else PASSED, found=found or "no gradient is taken here")


class NotShown(MarkIError):
    """A rung that does not hold."""


def _finding(check: Check) -> str:
    finding = check.run()
    if not finding.holds:
        raise NotShown(f"{finding.found}, wanted: {finding.wanted}", where="check", remedy="Train the system anew")
    return f"{finding.found} (wanted: {finding.wanted})"


def few(system: System, count: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Return some stimuli and targets of the system's own task: (count, …) each, of as many classes as possible."""
    trial = system.entry.trials[0]
    accepts, answers = system.entry.accepts, system.entry.answers
    exact = accepts in (Port.TEXT, Port.ASKED, Port.LAMPS) or answers is Port.TEXT
    if exact or (accepts, answers) == (Port.REEL, Port.FIELD):
        options: dict[str, Any] = dict(trial.options) | {"train": 1, "valid": 1, "test": count}
        if "documents" in tasks.find(trial.task).config.__dataclass_fields__:
            options["documents"] = 1
        deck = tasks.load(trial.task, cache=False, **options)
        stimuli = np.array(deck.test.stimuli)
        # Light everywhere: in the dark a sum is exactly 0, where a rectifier has no slope.
        light = np.random.default_rng(0).random((count, SIDE, SIDE), np.float32)
        if accepts is Port.ASKED:
            stimuli["frame"] = light
        targets = light if (accepts, answers) == (Port.TEXT, Port.FIELD) else deck.test.targets
        if accepts is Port.REEL:
            stimuli = np.random.default_rng(0).random(stimuli.shape, np.float32)
        return light if accepts is Port.FRAME else stimuli, targets.copy()
    deck = registry.sample(trial)
    rng = np.random.default_rng(0)
    shape = (count, *deck.test.stimuli.shape[1:])
    if system.entry.accepts is Port.REEL:
        shape = (count, min(shape[1], 6), *shape[2:])
    stimuli = rng.random(shape).astype(np.float32)
    if len(deck.code):
        return stimuli, deck.code[np.arange(count) % len(deck.code)]
    return (stimuli > 0.5).astype(np.float32), (stimuli > 0.5).astype(np.float32)


def contract(system: System) -> str:
    """Check the contract of a learner, with stimuli of its own task."""
    participants.check_trials(system.name)
    stimuli, targets = few(system)
    check_learner(lambda: registry.create(system.name), stimuli=stimuli, targets=targets)
    return f"{system.entry.accepts} to {system.entry.answers}"


def gradients(system: System) -> str | None:
    """Compare the gradient of the loss with respect to every parameter with central differences in float64."""
    if not issubclass(system.entry.learner, (ByGradient, Rivals)):
        return None
    entry, trial = system.entry, system.entry.trials[0]
    learner = entry.create(changes=registry.settings(entry, trial) | dict(entry.small))
    stimuli, targets = few(system, 3)
    stimuli = stimuli.astype(np.float64) if stimuli.dtype.kind == "f" else stimuli
    labels = targets if learner.labels is None else learner.labels.read(targets)
    network = learner.network.astype(np.float64)
    objectives: list[tuple[dict[str, Parameter], Callable[[], Tensor]]] = []
    if isinstance(learner, Rivals):
        noise = np.random.default_rng(1).standard_normal((len(stimuli), network.noise))
        real = targets.astype(np.float64)
        with no_grad(), in_training(np.random.default_rng(0)):
            made = learner.network.make(stimuli, noise)
        network.at_stage = len(learner.recipe.stages) - 1  # where all losses count
        objectives.append((learner.critic.parameters, lambda: learner.critic_objective(stimuli, real, made)))
        rng = np.random.default_rng
        objectives.append((learner.creator.parameters, lambda: learner.creator_objective(stimuli, noise, rng(2))))
    else:
        for number in filter(network.descends, range(max(1, len(learner.recipe.stages)))):
            objectives.append((network.stage(number), lambda number=number: _staged(network, number, stimuli, labels)))
    worst = max(_difference(network, parameters, objective) for parameters, objective in objectives)
    arrays = {name for parameters, _ in objectives for name in parameters}
    return f"{len(arrays)} arrays, largest relative difference {worst:.1e}"


def _difference(network: Network, parameters: Mapping[str, Parameter], objective: Callable[[], Tensor]) -> float:
    """Return the largest relative difference of an objective's gradients from central differences."""

    def loss(*values: Tensor) -> Tensor:
        # The network's own parameters are replaced by the checked values, so that the backward pass ends at them.
        with in_training(np.random.default_rng(0)):
            _lend(network, dict(zip(parameters, values, strict=True)))
            return objective()

    places = max(2, min(6, MOST_PLACES // len(parameters)))
    worst = gradient_check(loss, *(p.data for p in parameters.values()), places=places, step=1e-6)
    _lend(network, parameters)
    return worst


def _staged(network: Network, number: int, stimuli: np.ndarray, labels: np.ndarray) -> Tensor:
    """Return the loss of a stage."""
    network.at_stage = number
    return network.judged(stimuli, labels)[1]


def _lend(network: object, values: Mapping[str, Tensor]) -> None:
    """Replace a network's parameters by tensors."""
    for name, owner, key, _ in list(places(network)):
        if name in values:
            owner[key] = values[name]


def _sizes(system: System) -> Iterator[Rung]:
    for key, size in system.entry.sizes.items():
        name = f"parameters, {key}"
        try:
            with registry.blamed(system.name):
                counted = system.entry.count(size.config)
        except MarkIError as error:
            yield Rung(name=name, state=FAILED, found=str(error))
            continue
        if size.published is None:
            why = size.source or "the paper gives no figure"
            yield Rung(name=name, state=ABSENT, found=f"{counted:,} counted, not compared: {why}")
            continue
        state = PASSED if size.agrees(counted) else FAILED
        yield Rung(name=name, state=state, found=f"{counted:,} counted, {size.published:,} published ({size.source})")


def moves(system: System) -> str | None:
    """Check that training changes every trainable array; None for a system that is not trained."""
    if system.entry.weights_of:
        return None
    # Of a training in stages, all have to have their turn.
    trial = system.entry.trials[0]
    changes: dict[str, Any] = {"recipe.steps": 30} if system.entry.retina.recipe.stages else {}
    learner = system.entry.create(changes=registry.settings(system.entry, trial) | changes)
    deck = tasks.load(trial.task, **dict(trial.options))
    before = {n: p.data.copy() for n, p in learner.network.learning().items()}
    recipe = learner.recipe
    if recipe.pretrain_steps and isinstance(learner, Pretrainable):
        order = loop.batches(len(deck.corpus), recipe.batch, 0)
        for _ in range(min(15, recipe.pretrain_steps)):
            learner.pretrain(deck.corpus[next(order)])
    order = loop.batches(len(deck.train), recipe.batch, 0)
    for _ in range(min(30, recipe.steps)):
        chosen = next(order)
        learner.reinforce(deck.train.stimuli[chosen], deck.train.targets[chosen])
    still = [n for n, p in learner.network.learning().items() if np.array_equal(p.data, before[n])]
    if still:
        raise NotShown(
            f"{', '.join(still)} did not change in {learner.step} steps",
            where="check",
            remedy="Let every parameter take part",
        )
    return f"{len(before)} arrays in {learner.step} steps"


def _trained(system: System) -> Iterator[Rung]:
    """Report the claims that the recorded training tested, and evaluate the shipped weights again."""
    found = registry.metrics(system.name)
    if found is None:
        yield Rung(name="learns", state=FAILED, found=f"not trained: {program()} train {system.name} --out DIR")
        return
    for trial in found["trials"]:
        options = registry.as_typed(trial["options"] | trial["changes"])
        for claim in trial["claims"]:
            yield _claimed(f"{trial['task']}{options}: {estimates.claim_text(claim)}", claim)
    for measure in found["measures"]:
        yield _claimed(measure["claim"], measure, percent=False)
    mechanism = found["mechanism"]
    text = f"{100 * mechanism['with']:.1f} % with, {100 * mechanism['without']:.1f} % without, "
    text += f"{estimates.as_text(mechanism['difference'], difference=True)} lost"
    yield Rung(
        name=f"needs {mechanism['name']}",
        state=mechanism["word"],
        found=_remarked(text, mechanism),
        excused=bool(mechanism["remark"]),  # a system must need its mechanism, or its file says why it does not
    )
    for what, shipped in found["shipped"].items():
        task = shipped.get("task", what)  # of what is drawn, the name is its subject
        yield _tried(f"shipped weights, {what}", lambda _, t=task, s=shipped: _shipped(system, t, s), system)


def _claimed(name: str, claim: Mapping[str, Any], *, percent: bool = True) -> Rung:
    """Return the rung of a claim that was tested."""
    if percent:
        found = estimates.as_text(claim, difference=claim["claim"] not in estimates.BOUNDS)
        text = f"{found}, claimed {100 * claim['wanted']:g}"
    else:
        text = f"{claim['value']:.3g}, claimed above {claim['wanted']:g}"
    excused = bool(claim.get("remark")) or claim["word"] == estimates.OPEN
    return Rung(name=name, state=claim["word"], found=_remarked(text, claim), excused=excused)


def _remarked(text: str, about: Mapping[str, Any]) -> str:
    return f"{text}. {about['remark']}" if about.get("remark") and about["word"] != estimates.HOLDS else text


def _shipped(system: System, task: str, recorded: Mapping[str, Any]) -> str:
    deck = tasks.load(task, **recorded["options"])
    learner = registry.create(system.name, weights=registry.shipped(system.name) / recorded["file"])
    score = loop.evaluate(learner, deck, deck.test)
    # Another computer may round a sum differently, and change an answer or two; of a set, one moves several neighbours.
    if abs(score - recorded["score"]) > (0.02 if tasks.find(task).together else 0.002):
        raise NotShown(
            f"{100 * score:.2f} % on the test set, {100 * recorded['score']:.2f} % recorded",
            where="check",
            remedy="Publish the weights anew",
        )
    return f"{100 * score:.1f} % on the test set, as recorded"
