"""What the classifiers for scikit-learn have in common: tables laid on the retina, classes coded on the lamps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from marki.config import check
from marki.errors import ConfigError
from marki.io.frame import CELLS, SIDE
from marki.io.responses import binary_code, lamps

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import validate_data
except ImportError as error:
    raise ImportError("scikit-learn 1.6 or later is not installed: pip install 'marki[sklearn]'") from error

if TYPE_CHECKING:
    from sklearn.utils import Tags

SCALINGS = ("features", "light")
LAYOUTS = ("rows", "picture")
MOST_SEED = 2**31 - 1


class RetinaClassifier(ClassifierMixin, BaseEstimator, ABC):
    """Base of the classifiers: a table of n samples and at most 400 features, seen as n cards on the retina.

    Children have the parameters ``scaling``, ``layout`` and ``random_state`` beside their own.

    A class is a number, from 1 on, in binary on the lamps (two classes: one lamp, off and on). An answer that is
    nobody's code counts as the class from whose code the fewest lamps differ, the first of several.
    """

    scaling: str
    layout: str
    random_state: Any

    @abstractmethod
    def _learn(self, frames: np.ndarray, targets: np.ndarray, code: np.ndarray, seed: int) -> None:
        """Learn from frames (n, 20, 20) with lamps (n, 8); `code` are the lamps in use, (classes, units)."""

    @abstractmethod
    def _answer(self, frames: np.ndarray) -> np.ndarray:
        """Return the lamps for frames, (n, 8) bool, and learn nothing."""

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from scratch.

        Parameters
        ----------
        X : array_like of shape (n, k), k at most 400
        y : array_like of shape (n,)
            Classes, two to 255.

        Raises
        ------
        ConfigError
            For more features than cells, one class or too many, or a parameter out of range; it is a ValueError.
        """
        check("scaling", self.scaling, str, {"choices": SCALINGS})
        check("layout", self.layout, str, {"choices": LAYOUTS})
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, kinds = np.unique(y, return_inverse=True)
        self.lowest_, self.highest_ = X.min(axis=0), X.max(axis=0)
        self._code = binary_code(len(self.classes_))
        frames = self._frames(X)
        self._learn(frames, lamps(self._code)[kinds], self._code, self._root())
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the class of each sample, (n,)."""
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        frames = self._frames(np.asarray(X))
        differ = self._answer(frames)[:, None, :] != lamps(self._code)[None]
        return self.classes_[differ.sum(axis=2).argmin(axis=1)]

    def _root(self) -> int:
        """Return the seed that `random_state` says."""
        from sklearn.utils import check_random_state

        if isinstance(self.random_state, (int, np.integer)) and not isinstance(self.random_state, bool):
            return int(check("random_state", int(self.random_state), int, {"low": 0, "high": MOST_SEED}))
        return int(check_random_state(self.random_state).randint(MOST_SEED))

    def _frames(self, X: np.ndarray) -> np.ndarray:
        """Return samples as frames, (n, 20, 20) float32 in 0…1."""
        if X.shape[1] > CELLS:
            raise ConfigError(
                f"{X.shape[1]} features for {CELLS} cells", where=type(self).__name__, remedy="Give fewer features"
            )
        if self.scaling == "features":
            with np.errstate(over="ignore", invalid="ignore"):
                share = (X - self.lowest_) / np.where(self.highest_ > self.lowest_, self.highest_ - self.lowest_, 1)
            light = np.clip(np.nan_to_num(share), 0, 1)
        elif X.size and not (X.min() >= 0 and X.max() <= 1):
            raise ConfigError(
                f"light from {X.min():g} to {X.max():g}", where=type(self).__name__,
                remedy="Give 0 (dark) to 1 (full light), or scaling='features'",
            )  # fmt: skip
        else:
            light = X
        return _as_rows(light) if self.layout == "rows" else _as_pictures(light)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        assert tags.classifier_tags is not None
        tags.classifier_tags.poor_score = True  # made for pictures: two or three features are next to nothing to see
        return tags


def _as_rows(light: np.ndarray) -> np.ndarray:
    """Return light on the cells, row by row from the top left; the other cells stay dark."""
    frames = np.zeros((len(light), CELLS), np.float32)
    frames[:, : light.shape[1]] = light
    return frames.reshape(-1, SIDE, SIDE)


def _as_pictures(light: np.ndarray) -> np.ndarray:
    """Return square pictures in the middle, each dot as large a square of cells as there is room for; the rest dark."""
    side = round(light.shape[1] ** 0.5)
    if side * side != light.shape[1]:
        raise ConfigError(
            f"{light.shape[1]} features are no square picture", where="layout", remedy="Give layout='rows'"
        )
    size = SIDE // side
    first = (SIDE - side * size) // 2
    pictures = light.reshape(-1, side, side).repeat(size, axis=1).repeat(size, axis=2)
    frames = np.zeros((len(light), SIDE, SIDE), np.float32)
    frames[:, first : first + side * size, first : first + side * size] = pictures
    return frames
