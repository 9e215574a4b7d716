"""Verification: the ladder of checks that a system must pass before it may bear its name.

Rungs, from the bottom: its contract and shapes, its gradients, its parameter count at published scale, the statements
of its paper, that every parameter is trained, and that it learns, beats its baseline, and needs its mechanism. The last
three are read from the record of its training, which `train` writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from marki.errors import MarkIError
from marki.intervals import difference
from marki.io.check_learner import check_learner
from marki.io.ports import Port
from marki.program import program
from successors import registry, tasks
from successors.model_card import Check
from successors.nn.gradcheck import check as gradient_check
from successors.nn.learner import ByGradient, Pretrainable
from successors.nn.module import places
from successors.nn.module import training as in_training
from successors.nn.tensor import Tensor
from successors.registry import System
from successors.training import loop

PASSED, FAILED, ABSENT, UNSEEN = "passed", "FAILED", "does not apply", "not seen here"


@dataclass(frozen=True, kw_only=True)
class Rung:
    """The result of one rung.

    Parameters
    ----------
    name : str
    state : {"passed", "FAILED", "does not apply", "not seen here"}
        The last is for a mechanism that makes no difference on the retina, where the system's file says so and why.
    found : str
        The finding, with figures.
    """

    name: str
    state: str
    found: str


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
    if system.entry.accepts is Port.TEXT:
        options: dict[str, Any] = dict(trial.options) | {"train": 1, "valid": 1, "test": count}
        deck = tasks.load(trial.task, cache=False, **options)
        return np.array(deck.test.stimuli), deck.test.targets.copy()
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
    stimuli, targets = few(system)
    check_learner(lambda: registry.create(system.name), stimuli=stimuli, targets=targets)
    return f"{system.entry.accepts} to {system.entry.answers}"


def gradients(system: System) -> str | None:
    """Compare the gradient of the loss with respect to every parameter with central differences in float64."""
    if not issubclass(system.entry.learner, ByGradient):
        return None
    entry, trial = system.entry, system.entry.trials[0]
    learner = entry.create(changes=registry.settings(entry, trial) | dict(entry.small))
    stimuli, targets = few(system, 3)
    stimuli = stimuli if stimuli.dtype.kind == "U" else stimuli.astype(np.float64)
    labels = targets if learner.labels is None else learner.labels.read(targets)
    network = learner.network.astype(np.float64)
    parameters = network.parameters()

    def loss(*values: Tensor) -> Tensor:
        # The network's own parameters are replaced by the checked values, so that the backward pass ends at them.
        with in_training(np.random.default_rng(0)):
            _lend(network, dict(zip(parameters, values, strict=True)))
            return network.judged(stimuli, labels)[1]

    worst = gradient_check(loss, *(p.data for p in parameters.values()), places=6, step=1e-6)
    return f"{len(parameters)} arrays, largest relative difference {worst:.1e}"


def _lend(network: object, values: dict[str, Tensor]) -> None:
    """Replace a network's parameters by tensors."""
    for name, owner, key, _ in list(places(network)):
        if name in values:
            owner[key] = values[name]


def _sizes(system: System) -> Iterator[Rung]:
    for key, size in system.entry.sizes.items():
        counted = system.entry.count(size.config)
        name = f"parameters, {key}"
        if size.published is None:
            why = size.source or "the paper gives no figure"
            yield Rung(name=name, state=ABSENT, found=f"{counted:,} counted, not compared: {why}")
            continue
        state = PASSED if size.agrees(counted) else FAILED
        yield Rung(name=name, state=state, found=f"{counted:,} counted, {size.published:,} published ({size.source})")


def moves(system: System) -> str:
    """Check that training changes every trainable array."""
    learner = registry.create(system.name)
    trial = system.entry.trials[0]
    deck = tasks.load(trial.task, **dict(trial.options))
    before = {n: p.data.copy() for n, p in learner.network.parameters().items()}
    recipe = learner.recipe
    if recipe.pretrain_steps and isinstance(learner, Pretrainable):
        order = loop.batches(len(deck.corpus), recipe.batch, 0)
        for _ in range(min(15, recipe.pretrain_steps)):
            learner.pretrain(deck.corpus[next(order)])
    order = loop.batches(len(deck.train), recipe.batch, 0)
    for _ in range(min(30, recipe.steps)):
        chosen = next(order)
        learner.reinforce(deck.train.stimuli[chosen], deck.train.targets[chosen])
    still = [n for n, p in learner.network.parameters().items() if np.array_equal(p.data, before[n])]
    if still:
        raise NotShown(
            f"{', '.join(still)} did not change in {learner.step} steps",
            where="check",
            remedy="Let every parameter take part",
        )
    return f"{len(before)} arrays in {learner.step} steps"


def _trained(system: System) -> Iterator[Rung]:
    """Check the recorded training results, and evaluate the shipped weights again."""
    found = registry.metrics(system.name)
    if found is None:
        yield Rung(name="learns", state=FAILED, found=f"not trained: {program()} train {system.name} --out DIR")
        return
    for trial in found["trials"]:
        options = registry.as_typed(trial["options"] | trial["changes"])
        scores = " ".join(f"{100 * s:.1f}" for s in trial["seeds"].values())
        for what, bound in trial["stood"].items():
            state = PASSED if bound["holds"] else FAILED
            text = f"{scores} % by seed, bound {100 * bound['wanted']:.1f} %"
            yield Rung(name=f"{trial['task']}{options}: {what}", state=state, found=text)
    yield _needed(system, found)
    yield _tried("shipped weights", lambda _: _shipped(system, found["shipped"]["score"]), system)


def _needed(system: System, found: Mapping[str, Any]) -> Rung:
    """Compare the system with its ablation: the mechanism must matter by more than the confidence interval."""
    mechanism = system.entry.mechanism
    with_, without = (list(found["mechanism_seeds"][which].values()) for which in ("with", "without"))
    loss, low, high = difference(with_, without)
    text = (
        f"{100 * np.mean(with_):.1f} % with, {100 * np.mean(without):.1f} % without, "
        f"{100 * loss:.1f} points lost ({100 * low:.1f} to {100 * high:.1f} at 95 %, {len(without)} seeds)"
    )
    if low > 0:
        return Rung(name=f"needs {mechanism.name}", state=PASSED, found=text)
    if mechanism.unseen:
        return Rung(name=f"needs {mechanism.name}", state=UNSEEN, found=f"{text}. {mechanism.unseen}")
    return Rung(name=f"needs {mechanism.name}", state=FAILED, found=text)


def _shipped(system: System, recorded: float) -> str:
    trial = system.entry.trials[0]
    deck = tasks.load(trial.task, **dict(trial.options))
    score = loop.evaluate(registry.create(system.name, pretrained=True), deck, deck.test)
    # Another computer may round a sum differently, and change an answer or two.
    if abs(score - recorded) > 0.002:
        raise NotShown(
            f"{100 * score:.2f} % on the test set, {100 * recorded:.2f} % recorded",
            where="check",
            remedy="Publish the weights anew",
        )
    return f"{100 * score:.1f} % on the test set, as recorded"
