"""Samples: what a learner draws while it is trained, as one growing picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from marki.files import writing
from marki.io.frame import SIDE
from successors.nn.learner import Successor
from successors.nn.network import Network

COLUMNS, CELL, GAP = 12, 3, 2
"""Stimuli that are asked at each evaluation; pixels of a cell and between two samples."""


class SampleSheet:
    """A PNG file with a row for each evaluation, the latest last: the answers to the same stimuli.

    Parameters
    ----------
    path : Path
        The file; it is replaced as a whole at each evaluation.
    learner : Successor
        Whom they are asked of.
    stimuli : ndarray
        What is asked; the first `COLUMNS` of them are.
    resume : bool
        Whether the rows that the file holds are kept.
    """

    def __init__(self, path: Path, learner: Successor[Network], stimuli: np.ndarray, *, resume: bool):
        self._path, self._learner, self._stimuli = path, learner, stimuli[:COLUMNS]
        self._rows = self._kept() if resume else []

    def add(self) -> None:
        """Ask the learner, and write the picture with one row more."""
        drawn = self._learner.respond(self._stimuli)
        cells = np.pad((drawn * 255).round().astype(np.uint8).repeat(CELL, 1).repeat(CELL, 2), _AROUND)
        self._rows.append(np.concatenate(list(cells), axis=1))
        with writing(self._path) as file:
            Image.fromarray(np.concatenate(self._rows)).save(file, "PNG")

    def _kept(self) -> list[np.ndarray]:
        """Return the rows of the file; none if there is no such picture."""
        try:
            with Image.open(self._path) as picture:
                pixels = np.asarray(picture)
        except OSError:
            return []
        high = SIDE * CELL + 2 * GAP
        if pixels.dtype != np.uint8 or pixels.shape[1:] != (high * len(self._stimuli),) or len(pixels) % high:
            return []
        return list(pixels.reshape(-1, high, pixels.shape[1]))


_AROUND = ((0, 0), (GAP, GAP), (GAP, GAP))
