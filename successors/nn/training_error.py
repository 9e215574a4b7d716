"""The training error, to check statements about how well networks of several depths can be trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from marki.io.stimuli.digits import digit_frames
from marki.seeding import generator
from successors.nn.labels import Labels
from successors.nn.learner import ByGradient
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig


def training_error(
    config: NetworkConfig, network: Callable[[Any, np.random.Generator], Network], steps: int, *, seed: int = 0
) -> list[float]:
    """Train on digits; return the fraction of wrong answers in each tenth of the steps.

    Parameters
    ----------
    config : NetworkConfig
        For ten classes.
    network : callable
        ``network(config, rng) -> Network``.
    steps : int
    seed : int
    """
    learner, code = ByGradient(network, config, seed=seed), Labels(10).code
    frames, labels = digit_frames("train")
    rng = generator(seed, "timeline.learning_error")
    wrong = []
    for _ in range(steps):
        chosen = rng.integers(0, len(frames), config.recipe.batch)
        wanted = code[labels[chosen]]
        wrong.append((learner.reinforce(frames[chosen], wanted) != wanted).any(1).mean())
    return [float(np.mean(part)) for part in np.array_split(wrong, 10)]
