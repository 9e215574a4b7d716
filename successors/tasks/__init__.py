"""The tasks that the successors learn, seen through the optics and photocells of the Mark I."""

from __future__ import annotations

import operator
import time
from typing import Any

from marki.errors import ConfigError, unknown
from successors.tasks import (
    books,
    by_heart,
    caption,
    cloze,
    connectedness,
    contest,
    count,
    digits,
    draw,
    drift,
    holes,
    illustrate,
    imitate,
    judge,
    letters,
    locate,
    manner,
    match,
    parity,
    programs,
    prompts,
    question,
    recall,
    restore,
    restyle,
    same_different,
    segment,
    squeeze,
    sums,
    translate,
    two_class,
    typed_lines,
)
from successors.tasks import cache as kept
from successors.tasks.deck import Deck, Reels, Split
from successors.tasks.making import Workshop
from successors.tasks.task import Task

__all__ = ["Deck", "Reels", "Split", "Task", "find", "load", "names"]

_ALL = (
    letters, digits, two_class, parity, connectedness, same_different, drift, recall, count, restore, draw, imitate,
    squeeze, restyle, manner, translate, judge, cloze, prompts, programs, contest, holes, typed_lines,
    books, sums, by_heart, caption, question, match, illustrate, segment, locate,
)  # fmt: skip
_TASKS = {module.TASK.name: module.TASK for module in _ALL}


def names() -> tuple[str, ...]:
    """Return the names of all tasks."""
    return tuple(_TASKS)


def find(name: str) -> Task:
    """Return the task of this name; an unknown one raises with the nearest name."""
    if name not in _TASKS:
        raise unknown("task", name, _TASKS, where="tasks")
    return _TASKS[name]


def load(
    name: str, *, seed: int = 0, quiet: bool = True, jobs: int | None = None, cache: bool = True, **options: Any
) -> Deck:
    """Return the deck of a task.

    Each item depends only on task, options, seed, part and number, not on the counts or on `jobs`. Items
    are in turn of their classes as far as these are drawn; training shuffles them.

    Parameters
    ----------
    name : str
        One of `names`.
    seed : int
        Root of all randomness, 0 or above.
    quiet : bool
        Show no progress bar.
    jobs : int, optional
        Number of processes that make the stimuli; by default only this one.
    cache : bool
        Whether a deck may be read from, and written to, the cache.
    **options
        Fields of the task's settings, `find(name).config`.

    Returns
    -------
    Deck

    Raises
    ------
    UnknownName
        For a task or option that does not exist.
    ConfigError
        For an option of a wrong type or out of range.
    """
    task = find(name)
    seed = _whole_number("seed", seed, 0, name)
    jobs = _whole_number("jobs", 1 if jobs is None else jobs, 1, name)
    config = task.config().amend(options, where=f"task {name}")
    deck = kept.read(task, config, seed) if cache else None
    if deck is None:
        since = time.perf_counter()
        deck = task.deck(config, Workshop(task=name, seed=seed, jobs=jobs, quiet=quiet))
        if cache and time.perf_counter() - since > kept.WORTH_S:
            kept.write(deck, task, config, seed)
    return deck


def _whole_number(what: str, value: Any, least: int, task: str) -> int:
    try:
        number = least - 1 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise ConfigError(f"{what} {value!r}", where=f"task {task}", remedy=f"Give a whole number of {least} or more")
    return number
