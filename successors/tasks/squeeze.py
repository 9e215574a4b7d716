"""Squeeze: a digit is to be given back through a few numbers, with as little of it lost as possible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from marki.config import setting
from marki.io.ports import Port
from successors.tasks import digits
from successors.tasks.deck import PARTS, Deck, Split
from successors.tasks.making import Workshop
from successors.tasks.retina import RetinaConfig
from successors.tasks.task import Task

NUMBERS = 30
"""Principal components with which answers are compared; as many as the code of Hinton and Salakhutdinov has numbers."""


@dataclass(frozen=True, kw_only=True)
class SqueezeConfig(RetinaConfig):
    """Settings of squeeze; the digits are by hand, straight, seen through perfect optics."""

    train: int = setting(18_000, "Digits to learn from", low=1, high=18_000)
    valid: int = setting(1_000, "Other digits of the same writers", low=1, high=2_000)
    test: int = setting(2_000, "Digits by other writers", low=1, high=10_000)


def _make(config: SqueezeConfig, workshop: Workshop) -> dict[str, Split]:
    parts: dict[str, Split] = {}
    for part in PARTS:
        pictures, kinds = digits.straight(config, part, getattr(config, part))
        parts[part] = Split(stimuli=pictures, targets=pictures.copy(), kinds=kinds)
    return parts


@lru_cache(maxsize=2)
def _components(learned: Split) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean (400,) of what is learned from, and its first principal components (`NUMBERS`, 400)."""
    flat = learned.targets.reshape(len(learned), -1).astype(np.float64)
    mean = flat.mean(0)
    _, vectors = np.linalg.eigh((flat - mean).T @ (flat - mean))
    return mean, vectors[:, : -NUMBERS - 1 : -1].T


def lost(answers: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the squared error of each picture, summed over its cells, (n,) float64."""
    return ((answers.astype(np.float64) - targets) ** 2).sum((1, 2))


def by_components(deck: Deck, pictures: np.ndarray) -> np.ndarray:
    """Return pictures (n, 20, 20) as the first `NUMBERS` principal components of the deck give them back."""
    mean, vectors = _components(deck.train)
    apart = pictures.reshape(len(pictures), -1) - mean
    return (apart @ vectors.T @ vectors + mean).reshape(pictures.shape)


def _mark(answers: np.ndarray, deck: Deck, part: Split) -> tuple[float, np.ndarray]:
    """Return the fraction of the variance that is kept, and whether each loses less than its principal components."""
    mean = _components(deck.train)[0].reshape(part.targets.shape[1:])
    own = lost(answers, part.targets)
    kept = 1 - own.sum() / lost(np.broadcast_to(mean, part.targets.shape), part.targets).sum()
    return max(0.0, float(kept)), own < lost(by_components(deck, part.targets), part.targets)


def _figures(answers: np.ndarray, deck: Deck, part: Split) -> Mapping[str, float]:
    """Return the mean squared errors of a picture: of the answers, and of the principal components."""
    components = by_components(deck, part.targets)
    return {
        "squared error": float(lost(answers, part.targets).mean()),
        f"that of {NUMBERS} principal components": float(lost(components, part.targets).mean()),
    }


TASK = Task(
    name="squeeze",
    title="A digit given back through a few numbers",
    accepts=Port.FIELD,
    answers=Port.FIELD,
    config=SqueezeConfig,
    metric="variance kept",
    chance=0.0,
    classes=lambda config: tuple("0123456789"),
    make=_make,
    mark=_mark,
    figures=_figures,
)
"""The task."""
