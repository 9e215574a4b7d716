"""The training loop: train a learner on a deck by a recipe, keep its best state, and record the run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from marki.errors import ConfigError, StateError
from marki.files import write_arrays
from marki.io.learner import Learner
from marki.io.ports import Port
from marki.reading import read_arrays
from marki.registers import restore, snapshot
from marki.seeding import generator
from successors import tasks
from successors.nn.learner import Measured, Pretrainable
from successors.nn.optimiser import Diverged
from successors.nn.recipe import Recipe
from successors.nn.rivals import Duelling
from successors.tasks import Deck, Split

ROWS = 256
"""Samples evaluated at a time, so that a deck of reels is never unrolled as a whole."""


@dataclass
class Record:
    """The record of a training run.

    Attributes
    ----------
    steps : int
        Steps taken.
    shown : int
        Stimuli shown in training.
    seconds : float
        Time taken, on this computer.
    best_step : int
        Step at which the score on the validation set was highest; the learner ends in this state.
    best : float
        That score.
    curve : list of (int, float, float)
        Step, training accuracy since the last row (of rivals, the fraction of pictures that the critic told rightly),
        and score on the validation set.
    losses : list of float
        Mean loss since the last row, for each row of the curve that ends steps with answers; empty for a learner
        without a loss.
    diverged : str
        What was no longer finite after the last step; "" while all is.
    """

    steps: int = 0
    shown: int = 0
    seconds: float = 0.0
    best_step: int = 0
    best: float = -1.0
    curve: list[list[float]] = field(default_factory=list[list[float]])
    losses: list[float] = field(default_factory=list[float])
    diverged: str = ""


def evaluate(learner: Learner, deck: Deck, part: Split) -> float:
    """Return the score of a learner on one split of a deck; nothing is learned."""
    return tasks.find(deck.task).marked(_answers(learner, part), deck, part)[0]


@dataclass(frozen=True, kw_only=True, eq=False)
class Exam:
    """What a learner answered to one split of a deck.

    Parameters
    ----------
    score : float
    right : ndarray of bool, shape (n,)
        Whether each stimulus was answered correctly.
    answered : ndarray of int, shape (n,) or (0,)
        The class that each stimulus was taken for, -1 if the lamps show none; empty if the answer is a field or text.
    also : mapping of str to float
        Other metrics of the task, shares of 1, and the scores on parts of the deck that are set aside.
    figures : mapping of str to float
        Further ones, which are not.
    """

    score: float
    right: np.ndarray
    answered: np.ndarray
    also: Mapping[str, float]
    figures: Mapping[str, float]


def examine(learner: Learner, deck: Deck, part: Split) -> Exam:
    """Return what a learner answers to one split of a deck, with its scores on parts set aside; nothing is learned."""
    task, answers = tasks.find(deck.task), _answers(learner, part)
    aside = {name: evaluate(learner, deck, other) for name, other in deck.aside.items()}
    score, right = task.marked(answers, deck, part)
    return Exam(
        score=score,
        right=right,
        answered=_classes(answers, deck.code) if len(deck.code) else np.zeros(0, int),
        also={name: measure(answers, part.targets) for name, measure in task.also.items()} | aside,
        figures=task.measured(answers, deck, part),
    )


def _classes(answers: np.ndarray, code: np.ndarray) -> np.ndarray:
    """Return the class whose code (classes, 8) each answer (n, 8) shows, -1 if none does."""
    shown = (answers[:, None] == code).all(axis=2)
    return np.where(shown.any(axis=1), shown.argmax(axis=1), -1)


def _answers(learner: Learner, part: Split) -> np.ndarray:
    # What is drawn is a function of the stimulus's number in its call: there, all are asked at once.
    draws = learner.answers is Port.FIELD and learner.accepts in (Port.LAMPS, Port.TEXT)
    rows = len(part) if draws else ROWS
    return np.concatenate([learner.respond(part.stimuli[k : k + rows]) for k in range(0, len(part), rows)])


def batches(count: int, size: int, seed: int, *, first: int = 0) -> Iterator[np.ndarray]:
    """Yield the indices of the stimuli of each step from step `first` on, reshuffled every epoch.

    Parameters
    ----------
    count : int
        Number of stimuli.
    size : int
        Stimuli in a step.
    seed : int
    first : int
        Steps taken already.
    """
    kept: dict[int, np.ndarray] = {}

    def order(number: int) -> np.ndarray:
        if number not in kept:
            kept.clear()
            kept[number] = generator(seed, "training.order", number).permutation(count)
        return kept[number]

    at = first * size
    while True:
        number, offset = divmod(at, count)
        chosen = order(number)[offset : offset + size]
        while len(chosen) < size:
            number += 1
            chosen = np.concatenate([chosen, order(number)[: size - len(chosen)]])
        yield chosen
        at += size


def train(
    learner: Learner,
    deck: Deck,
    recipe: Recipe,
    *,
    seed: int = 0,
    checkpoint: Path | None = None,
    resume: bool = False,
    on_evaluation: Callable[[int, float], None] | None = None,
    on_step: Callable[[Record, float], bool] | None = None,
    files: Mapping[str, str] | None = None,
) -> Record:
    """Train a learner from its current state; it ends in the state with the best score on the validation set.

    Parameters
    ----------
    learner : Learner
    deck : Deck
    recipe : Recipe
        Number and size of the steps, pre-training steps on the deck's corpus before them, and when to stop early.
    seed : int
        Seed of the order of the stimuli.
    checkpoint : Path, optional
        File to which the state is written at each evaluation, on interruption, and when the loss diverges.
    resume : bool
        Whether to resume from that file, if it exists. The result is the same as without an interruption.
    on_evaluation : callable, optional
        ``on_evaluation(steps, score)``, called after each evaluation on the validation set.
    on_step : callable, optional
        ``on_step(record, accuracy)``, called after each step with the fraction of its samples answered correctly. If it
        returns False, training ends there, and the learner stays in its current state. It may query the learner, but
        must not change it.
    files : mapping of str to str, optional
        Content hash of each file of one's own that the learner is made of; see `registry.own_inputs`.

    Returns
    -------
    Record

    Raises
    ------
    Diverged
        If the loss or a gradient is no longer finite. Learner and file then hold the best state so far.
    StateError
        If the file does not belong to this learner, deck and recipe.
    """
    pretrainable = learner if isinstance(learner, Pretrainable) else None
    if recipe.pretrain_steps and pretrainable is None:
        raise ConfigError(
            f"{type(learner).__name__} cannot be pre-trained", where="recipe.pretrain_steps", remedy="Set 0"
        )
    record, best = Record(), snapshot(learner.registers())
    about = {"task": deck.task, "seed": seed, "recipe": recipe.to_mapping(), "learner": type(learner).__name__}
    about |= {"files": dict(files)} if files else {}

    def keep() -> None:
        if checkpoint is not None:
            live = {f"live.{n}": a for n, a in snapshot(learner.registers()).items()}
            write_arrays(checkpoint, live | {f"best.{n}": a for n, a in best.items()}, **about, record=asdict(record))

    if resume and checkpoint is not None and checkpoint.exists():
        record, best = _resumed(learner, checkpoint, about)
        if record.diverged:
            raise _diverged(record, checkpoint)
    measured = learner if isinstance(learner, Measured) else None
    rivals = learner if isinstance(learner, Duelling) else None
    right, seen = 0.0, 0
    lost: list[float] = []
    since = time.perf_counter() - record.seconds
    study = batches(len(deck.corpus), recipe.batch, seed, first=record.steps)
    order = batches(len(deck.train), recipe.batch, seed, first=max(0, record.steps - recipe.pretrain_steps))
    try:
        while record.steps < recipe.total_steps and not _ended(record, recipe):
            hits = 0.0
            if record.steps < recipe.pretrain_steps and pretrainable is not None:
                chosen = next(study)
                pretrainable.pretrain(deck.corpus[chosen])
            else:
                chosen = next(order)
                targets = deck.train.targets[chosen]
                answers = learner.reinforce(deck.train.stimuli[chosen], targets)
                hits = _right(answers, targets) if rivals is None else rivals.told * len(chosen)
                right += hits
                seen += len(chosen)
                if measured is not None:
                    lost.append(measured.last_loss)
            record.steps += 1
            record.shown += len(chosen)
            if on_step is not None and not on_step(record, hits / len(chosen)):
                record.seconds = time.perf_counter() - since
                return record
            if record.steps % recipe.eval_every and record.steps < recipe.total_steps:
                continue
            score = evaluate(learner, deck, deck.valid)
            record.curve.append([record.steps, right / max(1, seen), score])
            if lost and math.isfinite(lost[0]):
                record.losses.append(sum(lost) / len(lost))
            right, seen = 0.0, 0
            lost.clear()
            if score > record.best:
                record.best, record.best_step, best = score, record.steps, snapshot(learner.registers())
            record.seconds = time.perf_counter() - since
            keep()
            if on_evaluation is not None:
                on_evaluation(record.steps, score)
    except Diverged as error:
        restore(learner.registers(), best)
        record.diverged = error.what
        record.seconds = time.perf_counter() - since
        keep()
        raise _diverged(record, checkpoint, where=error.where) from error
    restore(learner.registers(), best)
    return record


def _diverged(record: Record, checkpoint: Path | None, *, where: object = None) -> Diverged:
    """Return the error of a training that diverged."""
    saved = f"; the best state, after {record.best_step} steps, is in {checkpoint}" if checkpoint else ""
    found = Diverged(record.diverged + saved, where=where, remedy="Lower the learning rate, or clip the gradient")
    found.step, found.reason = record.steps, record.diverged
    return found


def _right(answers: np.ndarray, targets: np.ndarray) -> int:
    """Return the number of correct answers; fields are compared at a threshold of half light."""
    if targets.dtype == np.float32:
        answers, targets = answers >= 0.5, targets >= 0.5
    return int((answers == targets).reshape(len(targets), -1).all(axis=1).sum())


def _ended(record: Record, recipe: Recipe) -> bool:
    """Return whether training may stop early: good enough, or no longer improving."""
    if record.best >= recipe.stop_at_score:
        return True
    since_best = sum(row[0] > record.best_step for row in record.curve)
    return bool(recipe.patience) and since_best >= recipe.patience


MOST_STATE = 2**30
"""Bytes of the state of a training: weights, the optimiser's arrays, and the best weights so far."""


def _resumed(learner: Learner, checkpoint: Path, about: dict[str, Any]) -> tuple[Record, dict[str, np.ndarray]]:
    arrays, header = read_arrays(checkpoint, most=MOST_STATE)
    try:
        found = Record(**header.pop("record"))
    except (KeyError, TypeError) as error:
        raise StateError(
            f"lacks or garbles {error}", where=checkpoint, remedy="Delete it, and the training begins anew",
            code="state.garbled", part=error,
        ) from error  # fmt: skip
    if header != about:
        raise StateError(
            "is of another training",
            where=checkpoint,
            remedy="Resume with the same system, task, seed, settings and files, or choose another --out",
        )
    state = {
        kind: {n.removeprefix(f"{kind}."): a for n, a in arrays.items() if n.startswith(f"{kind}.")}
        for kind in ("live", "best")
    }
    restore(learner.registers(), state["live"], where=checkpoint)
    return found, state["best"]
