"""The successors of the Mark I as classifiers of scikit-learn (extra ``sklearn``).

They are here and not in `marki.sklearn`, since the machine knows nothing of its successors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from marki.config import check
from marki.errors import PortError
from marki.io.ports import Port
from marki.io.responses import lamps
from marki.io.retina_classifier import RetinaClassifier
from successors import registry
from successors.training.loop import batches


class SuccessorClassifier(RetinaClassifier):
    """A system of the timeline, trained from scratch on one's own table by its own recipe.

    Parameters
    ----------
    system : str
        A system that accepts frames and answers on the lamps, such as ``mlp`` or ``lenet5``.
    steps : int, optional
        Steps of training; those of the system's recipe if not said. There is no validation set: all steps are taken.
    settings : mapping, optional
        Settings of the system by dotted name, such as ``{"recipe.rate": 0.05}``.
    scaling : {"features", "light"}
        How values become light. "features": the least and greatest value of each feature in training are dark and full
        light, and what lies beyond is held there. "light": values are light from 0 to 1, and others are refused.
    layout : {"rows", "picture"}
        Where features lie on the retina. "rows": one a cell, row by row from the top left, and the rest stays dark;
        400 features are the whole retina. "picture": a square number of features is a picture in the middle, each dot
        as large a square of cells as there is room for (8 by 8: two by two cells).
    random_state : int, RandomState or None
        Seed of the weights and of the order of the samples.

    Attributes
    ----------
    classes_ : (classes,)
    n_features_in_ : int
    learner_ : Successor
        As it is after training.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from successors.sklearn import SuccessorClassifier
    >>> X, y = load_digits(n_class=2, return_X_y=True)
    >>> network = SuccessorClassifier("mlp", steps=30, scaling="light", layout="picture").fit(X[:100] / 16, y[:100])
    >>> bool(network.score(X[100:200] / 16, y[100:200]) > 0.5)
    True
    """

    def __init__(
        self,
        system: str = "mlp",
        *,
        steps: int | None = None,
        settings: Mapping[str, Any] | None = None,
        scaling: str = "features",
        layout: str = "rows",
        random_state: Any = 0,
    ):
        self.system = system
        self.steps = steps
        self.settings = settings
        self.scaling = scaling
        self.layout = layout
        self.random_state = random_state

    def _learn(self, frames: np.ndarray, targets: np.ndarray, code: np.ndarray, seed: int) -> None:
        entry = registry.find(self.system).entry
        if (entry.accepts, entry.answers) != (Port.FRAME, Port.LAMPS):
            raise PortError(
                f"{self.system} takes a {entry.accepts} and answers by {entry.answers}", where="SuccessorClassifier",
                remedy="Give a system from frame to lamps; see `marki timeline`",
            )  # fmt: skip
        changes = registry.fitted(entry, lamps(code)) | dict(self.settings or {})
        if self.steps is not None:
            changes["recipe.steps"] = check("steps", self.steps, int, {"low": 1, "high": 10_000_000})
        self.learner_ = entry.create(seed=seed, changes=changes)
        recipe = self.learner_.recipe
        order = batches(len(frames), min(recipe.batch, len(frames)), seed)
        for _ in range(recipe.steps):
            chosen = next(order)
            self.learner_.reinforce(frames[chosen], targets[chosen])

    def _answer(self, frames: np.ndarray) -> np.ndarray:
        return self.learner_.respond(frames)
