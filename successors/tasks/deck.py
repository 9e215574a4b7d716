"""Decks: the stimuli and targets of a task, for training, validation and test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marki.errors import PortError
from marki.io.frame import SIDE
from marki.io.ports import Port
from marki.io.responses import R_UNITS

PARTS = ("train", "valid", "test")
"""The parts of a deck."""


def lamps_used(code: np.ndarray) -> int:
    """Return the number of lamps, from R1 on, that a code (classes, 8) needs; 0 if it has no row."""
    lit = np.flatnonzero(code.any(axis=0))
    return int(lit[-1]) + 1 if lit.size else 0


class Reels:
    """Reels: films whose exposures come from a bank of slides.

    A film is a row of indices of slides, so that a deck of films of 100 exposures takes hardly more memory than its
    slides; films are expanded on access.

    Parameters
    ----------
    bank : ndarray of float32, shape (m, 20, 20)
        The slides, as the photocells deliver them.
    index : ndarray of int, shape (n, T)
        Indices of the slides of each film, in order.

    Raises
    ------
    PortError
        For a wrong shape or dtype, or a slide that is not in the bank.
    """

    ndim = 4
    dtype = np.dtype(np.float32)

    def __init__(self, bank: np.ndarray, index: np.ndarray):
        bank, index = np.asarray(bank), np.asarray(index)
        if bank.dtype != np.float32 or bank.shape[1:] != (SIDE, SIDE):
            raise PortError(
                f"slides of {bank.dtype} and shape {bank.shape}",
                where="reel port",
                remedy="Give uint8 or float32 frames, (n, 20, 20)",
            )
        if index.dtype.kind not in "iu" or index.ndim != 2:
            raise PortError(
                f"slide numbers of {index.dtype} and shape {index.shape}",
                where="reel port",
                remedy="Give whole numbers, (n, T)",
            )
        if index.size and not 0 <= int(index.min()) <= int(index.max()) < len(bank):
            raise PortError(
                f"slides {index.min()} to {index.max()} of {len(bank)}",
                where="reel port",
                remedy="Number the slides from 0",
            )
        self.bank, self.index = bank, index

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Films, exposures in a film, and the two sides of the retina."""
        return (*self.index.shape, SIDE, SIDE)

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, which: Any) -> np.ndarray:
        """Return films as an array (k, T, 20, 20) of float32; one film, for an integer index, as (T, 20, 20)."""
        return self.bank[self.index[which]]

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self.bank[row] for row in self.index)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.bank[self.index].astype(dtype or self.dtype, copy=False)


@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """One split of a deck; its arrays are read-only.

    Parameters
    ----------
    stimuli : ndarray or Reels
        (n, 20, 20) float32 for frames and fields, (n, T, 20, 20) for reels, (n, 8) bool for lamps, (n,) str for text,
        (n,) with the fields ``frame`` and ``text`` for pictures with questions.
    targets : ndarray
        The correct answers: (n, 8) bool for lamps, (n, 20, 20) float32 for fields, (n,) str for text.
    kinds : ndarray of int16, shape (n,)
        The class of each stimulus; -1 where there are no classes.

    Raises
    ------
    PortError
        If the three differ in length.
    """

    stimuli: np.ndarray | Reels
    targets: np.ndarray
    kinds: np.ndarray

    def __post_init__(self) -> None:
        if not len(self.stimuli) == len(self.targets) == len(self.kinds):
            raise PortError(
                f"{len(self.stimuli)} stimuli, {len(self.targets)} targets and {len(self.kinds)} classes",
                where="part",
                remedy="Give a target and a class for each stimulus",
            )
        stimuli = self.stimuli
        for array in (stimuli.bank, stimuli.index) if isinstance(stimuli, Reels) else (stimuli,):
            array.flags.writeable = False
        self.targets.flags.writeable = self.kinds.flags.writeable = False

    def __len__(self) -> int:
        return len(self.kinds)


@dataclass(frozen=True, kw_only=True, eq=False)
class Deck:
    """The stimuli of one task.

    Parameters
    ----------
    task : str
        Name of the task.
    accepts, answers : Port
        Input and output of a network.
    classes : tuple of str
        Names of the classes.
    code : ndarray of bool, shape (classes, 8)
        The lamps for each class; (0, 8) if the answer is a field or text.
    train, valid, test : Split
        Training set, validation set and test set.
    corpus : ndarray of str, shape (n,)
        Text without answers, for pre-training; empty for most tasks.
    aside : mapping of str to Split
        Parts set aside, by name, that nothing is learned from or chosen by: their scores are reported beside that of
        the test; none for most tasks.
    """

    task: str
    accepts: Port
    answers: Port
    classes: tuple[str, ...]
    code: np.ndarray
    train: Split
    valid: Split
    test: Split
    corpus: np.ndarray = field(default_factory=lambda: np.zeros(0, "U1"))
    aside: Mapping[str, Split] = field(default_factory=dict[str, Split])

    def __repr__(self) -> str:
        count = f"{len(self.train):,} + {len(self.valid):,} + {len(self.test):,} stimuli"
        return f"<Deck {self.task}: {self.accepts} to {self.answers}, {len(self.classes)} classes, {count}>"

    def __post_init__(self) -> None:
        if self.code.dtype != bool or self.code.shape != (self.code.shape[0], R_UNITS):
            raise PortError(
                f"a code of {self.code.dtype} and shape {self.code.shape}",
                where=f"task {self.task}",
                remedy="Give a bool code, a row for each class",
            )
        self.code.flags.writeable = False

    @property
    def lamps_used(self) -> int:
        """How many lamps, from R1 on, the code needs; 0 if the answer is a field or text."""
        return lamps_used(self.code)

    def parts(self) -> dict[str, Split]:
        """Return the three parts by name."""
        return {name: getattr(self, name) for name in PARTS}
