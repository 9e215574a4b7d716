"""A task: its stimuli, its targets, and how answers are scored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marki.config import Config
from marki.errors import PortError
from marki.io.frame import check_frames
from marki.io.ports import Port
from marki.io.responses import R_UNITS, binary_code, check_lamps, lamps
from marki.io.text import check_text
from successors.tasks.deck import PARTS, Deck, Split
from successors.tasks.making import Workshop

WRONG_CELLS = 8
"""Cells of 400 that may be wrong in a field that counts as right (2 %)."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task.

    Parameters
    ----------
    name : str
        Key in the catalogue.
    title : str
        Title for display.
    accepts, answers : Port
        Input and output of a network.
    config : type
        Class of its settings.
    metric : str
        Name of the score.
    chance : float
        The score of a guess among equally frequent classes, with the default settings.
    classes : callable
        ``classes(config) -> tuple of str``: the names of the classes, from the settings alone.
    make : callable
        ``make(config, workshop) -> parts``: train, valid and test by name, and perhaps others that are set aside.
    corpus : callable, optional
        ``corpus(config, workshop) -> texts``: (n,) of str, without answers, for pre-training.
    also : mapping of str to callable
        Other metrics of answers and targets, reported besides the score.
    mark : callable, optional
        ``mark(answers, deck, part) -> (score, right)``, for a task that judges all answers to a part together: its
        score is not the fraction of those that are right; see `marked`.
    figures : callable, optional
        ``figures(answers, deck, part) -> figures``: other metrics that need the deck, by name. They are not shares of
        1, and are shown as they are.
    folds : int
        Number of folds. If there are several, the setting ``fold`` says which of them is the test set, and training
        number n (its seed) leaves out fold n mod `folds`; together they are tested on everything that can be left out.
    judge : callable, optional
        ``judge(answers, targets) -> (n,) bool``: which texts are right, if not those that match to the letter; which
        fields, if not those that match in nearly all cells.
    groups : callable, optional
        ``groups(config) -> tuple of str``: the group, such as the typeface, of each stimulus of the test set.
    """

    name: str
    title: str
    accepts: Port
    answers: Port
    config: type[Config]
    metric: str
    chance: float
    classes: Callable[[Any], tuple[str, ...]]
    make: Callable[[Any, Workshop], Mapping[str, Split]]
    corpus: Callable[[Any, Workshop], np.ndarray] | None = None
    also: Mapping[str, Callable[[np.ndarray, np.ndarray], float]] = field(default_factory=dict[str, Any])
    mark: Callable[[np.ndarray, Deck, Split], tuple[float, np.ndarray]] | None = None
    figures: Callable[[np.ndarray, Deck, Split], Mapping[str, float]] | None = None
    folds: int = 1
    judge: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
    groups: Callable[[Any], tuple[str, ...]] | None = None

    def deck(self, config: Config, workshop: Workshop) -> Deck:
        """Return the deck of these settings."""
        parts = self.make(config, workshop)
        return Deck(
            task=self.name,
            accepts=self.accepts,
            answers=self.answers,
            classes=self.classes(config),
            code=self.code(config),
            train=parts["train"],
            valid=parts["valid"],
            test=parts["test"],
            corpus=np.zeros(0, "U1") if self.corpus is None else self.corpus(config, workshop),
            aside={name: part for name, part in parts.items() if name not in PARTS},
        )

    def code(self, config: Config) -> np.ndarray:
        """Return the code of the classes on the lamps, (classes, 8) bool; no row if the answer is a field or text."""
        if self.answers is not Port.LAMPS:
            return np.zeros((0, R_UNITS), bool)
        return lamps(binary_code(len(self.classes(config))))

    @property
    def together(self) -> bool:
        """Whether the score is one of all answers together."""
        return self.mark is not None

    def marked(self, answers: np.ndarray, deck: Deck, part: Split) -> tuple[float, np.ndarray]:
        """Return the score of the answers to a part of a deck, and whether each is correct, (n,) bool."""
        if self.mark is not None:
            return self.mark(answers, deck, part)
        right = self.right(answers, part.targets)
        return float(right.mean()), right

    def measured(self, answers: np.ndarray, deck: Deck, part: Split) -> dict[str, float]:
        """Return `figures` of the answers to a part of a deck; none where a task has none."""
        return {} if self.figures is None else dict(self.figures(answers, deck, part))

    def score(self, answers: np.ndarray, targets: np.ndarray) -> float:
        """Return the fraction of stimuli that are answered correctly, see `right`; not the score if `mark` is given."""
        return float(self.right(answers, targets).mean())

    def right(self, answers: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Return whether each stimulus is answered correctly.

        Parameters
        ----------
        answers : ndarray
            (n, 8) bool for lamps, (n, 20, 20) from 0 to 1 for fields, (n,) of str for text.
        targets : ndarray
            The correct answers, of the same shape.

        Returns
        -------
        ndarray of bool, shape (n,)
            For lamps, whether all eight are correct; for text, what `judge` says, else whether it is an exact match;
            for fields, what `judge` says, else whether at most `WRONG_CELLS` cells are on the wrong side of half light.

        Raises
        ------
        PortError
            If there are none, or they have a wrong shape or dtype.
        """
        if not len(targets):
            raise PortError("no answers to score", where=f"task {self.name}", remedy="Give one or more")
        if self.answers is Port.LAMPS:
            answers = check_lamps(answers, len(targets), where=f"answers to task {self.name}")
            return (answers == check_lamps(targets, len(targets))).all(axis=1)
        if self.answers is Port.TEXT:
            wanted = check_text(targets)
            answers = check_text(answers, where=f"answers to task {self.name}")
            if len(answers) != len(wanted):
                raise PortError(
                    f"{len(answers)} answers to {len(wanted)} stimuli",
                    where=f"task {self.name}",
                    remedy="Give one for each",
                )
            return np.asarray(answers == wanted) if self.judge is None else self.judge(answers, wanted)
        wrong = cells_wrong(answers, targets)
        return wrong <= WRONG_CELLS if self.judge is None else self.judge(answers, targets)


def cells_wrong(answers: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the number of cells of each field that are on the wrong side of half light, (n,) int64.

    Raises
    ------
    PortError
        If the two have different lengths or are not fields.
    """
    answers, targets = check_frames(answers, where="field port"), check_frames(targets, where="field port")
    if len(answers) != len(targets):
        raise PortError(
            f"{len(answers)} answers to {len(targets)} stimuli", where="field port", remedy="Give one for each"
        )
    return np.count_nonzero((answers >= 0.5) != (targets >= 0.5), axis=(1, 2))
