"""The Mark I as a classifier of scikit-learn (extra ``sklearn``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from marki.config import check
from marki.io.responses import lamps
from marki.io.retina_classifier import RetinaClassifier
from marki.machine import MachineConfig, MarkI
from marki.registers import restore, snapshot
from marki.seeding import generator
from marki.twin import Twin


class MarkIClassifier(RetinaClassifier):
    """The Mark I Perceptron: random wires, thresholds, and 512 motor-driven values taught by error correction.

    Each sample is a card on the retina of 20 by 20 photocells. In training the cards are shown in passes, each in
    another order; a response that is wrong is corrected; after a pass without a mistake training ends.

    Parameters
    ----------
    theta : int, optional
        Threshold of the A-units; that of the machine's settings if not said.
    passes : int
        Most passes through the training set.
    on_clock : bool
        Whether the machine runs on its simulated clock, with all that is physical about it. By default its twin
        computes the same decisions as arithmetic, all physical effects switched off, at many times the speed.
    settings : mapping, optional
        Settings of the machine by dotted name, such as ``{"plugboard.inhibitory": 20}``.
    scaling : {"features", "light"}
        How values become light. "features": the least and greatest value of each feature in training are dark and full
        light, and what lies beyond is held there. "light": values are light from 0 to 1, and others are refused.
    layout : {"rows", "picture"}
        Where features lie on the retina. "rows": one a cell, row by row from the top left, and the rest stays dark;
        400 features are the whole retina. "picture": a square number of features is a picture in the middle, each dot
        as large a square of cells as there is room for (8 by 8: two by two cells).
    random_state : int, RandomState or None
        Seed of wiring and of the order of the cards.

    Attributes
    ----------
    classes_ : (classes,)
    n_features_in_ : int
    machine_ : MarkI or Twin
        As it stands after training. Predictions are made on copies of it: on the clock each sample is shown to the
        machine in this very state, so that none depends on the one before.
    passes_ : int
        Passes that it was trained for.

    Examples
    --------
    Which threshold is best for handwritten digits of 8 by 8 dots:

    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import GridSearchCV
    >>> from marki.sklearn import MarkIClassifier
    >>> X, y = load_digits(n_class=2, return_X_y=True)
    >>> machine = MarkIClassifier(scaling="light", layout="picture", passes=3)
    >>> search = GridSearchCV(machine, {"theta": [1, 4, 7]}, cv=3).fit(X[:120] / 16, y[:120])
    >>> sorted(search.best_params_)
    ['theta']
    """

    def __init__(
        self,
        theta: int | None = None,
        *,
        passes: int = 10,
        on_clock: bool = False,
        settings: Mapping[str, Any] | None = None,
        scaling: str = "features",
        layout: str = "rows",
        random_state: Any = 0,
    ):
        self.theta = theta
        self.passes = passes
        self.on_clock = on_clock
        self.settings = settings
        self.scaling = scaling
        self.layout = layout
        self.random_state = random_state

    def _config(self, units: int) -> MachineConfig:
        """Return the settings of the machine for so many R-units."""
        changes = dict(self.settings or {}) | {"response.units": units}
        if self.theta is not None:
            changes["association.theta"] = self.theta
        config = MachineConfig().amend(changes, where=type(self).__name__)
        return config if self.on_clock else config.ideal()

    def _learn(self, frames: np.ndarray, targets: np.ndarray, code: np.ndarray, seed: int) -> None:
        check("passes", self.passes, int, {"low": 1, "high": 100_000})
        config = self._config(code.shape[1])
        self.machine_: MarkI | Twin = MarkI(config, seed=seed) if self.on_clock else Twin(config, seed=seed)
        for number in range(self.passes):
            order = generator(seed, "sklearn.order", number).permutation(len(frames))
            answers = self.machine_.reinforce(frames[order], targets[order])
            self.passes_ = number + 1
            if (answers == targets[order]).all():
                break

    def _answer(self, frames: np.ndarray) -> np.ndarray:
        machine = self.machine_
        if isinstance(machine, Twin):
            return machine.respond(frames)
        state, machine = snapshot(machine.registers()), machine.anew(machine.config)
        answers = np.zeros((len(frames), lamps(self._code).shape[1]), bool)
        for k, frame in enumerate(frames):
            restore(machine.registers(), state)
            machine.resume()
            answers[k] = machine.respond(frame)[0]
        return answers
