"""Recipes of a comparison: each system's historical one or a common modern one, and a common budget."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from marki.errors import unknown
from successors import registry
from successors.baselines.heads import HeadConfig
from successors.baselines.seq2seq import EncoderDecoderConfig
from successors.nn.learner import ByGradient
from successors.nn.recipe import Recipe
from successors.training import participants

HISTORICAL, MODERN, BOTH = "historical", "modern", "both"
KINDS = (HISTORICAL, MODERN, BOTH)

COMMON: Mapping[str, Any] = MappingProxyType(
    {
        "batch": 64,
        "optimiser": "adam",
        "rate": 0.003,
        "schedule": "cosine",
        "warm_up": 100,
        "final_lr_fraction": 0.01,
        "decay": 0.05,
        "clip": 1.0,
        "shift": 1,
        "affine": 0.12,
    }
)
"""The modern recipe: AdamW (Loshchilov and Hutter 2019), a cosine schedule with warm-up, gradient clipping, and samples
that are shifted, rotated, sheared and scaled. A system's ``Entry.modern`` may differ from it."""


def kinds(recipe: str) -> tuple[str, ...]:
    """Return the recipes that a choice comprises.

    Raises
    ------
    UnknownName
        With the nearest name.
    """
    if recipe not in KINDS:
        raise unknown("recipe", recipe, KINDS, where="recipes")
    return (HISTORICAL, MODERN) if recipe == BOTH else (recipe,)


def changes(name: str, task: str, *, kind: str = HISTORICAL, budget: int | None = None) -> dict[str, Any]:
    """Return the changes of a participant's settings for a recipe and a budget.

    Parameters
    ----------
    name, task : str
    kind : {"historical", "modern"}
        The historical recipe is that of the system's file. A system with a rule of its own takes only the augmentation
        from the modern one. The Mark I and references have one recipe only.
    budget : int, optional
        Stimuli shown in training; pre-training is not counted. Learners by gradient use all of it, and their schedules
        are stretched to it; the others, whose steps have a meaning of their own, keep their recipe and stop there at
        the latest.
    """
    own = dict(participants.default_changes(name, task))
    if name in registry.names():
        entry = registry.find(name).entry
        recipe: Recipe = entry.retina.recipe
        by_gradient = issubclass(entry.learner, ByGradient)
        if kind == MODERN:
            wanted = COMMON if by_gradient else {k: COMMON[k] for k in ("shift", "affine")}
            # What the system changes for this task belongs to its own recipe.
            own = {k: v for k, v in own.items() if not k.startswith("recipe.")}
            own |= {f"recipe.{key}": value for key, value in wanted.items()} | dict(entry.modern)
    elif name == participants.MARK1:
        recipe, by_gradient = participants.MACHINE_RECIPE, False
    elif name == participants.ENCODER_DECODER:
        recipe, by_gradient = EncoderDecoderConfig().recipe, True
    elif name in participants.HEADS:
        recipe, by_gradient = HeadConfig().recipe, True
    else:
        return own
    if budget is not None:
        steps = max(1, round(budget / own.get("recipe.batch", recipe.batch)))
        if not by_gradient:
            return own | {"recipe.steps": min(steps, own.get("recipe.steps", recipe.steps))}
        warm_up = own.get("recipe.warm_up", recipe.warm_up)
        own |= {
            "recipe.steps": steps,
            "recipe.eval_every": max(1, steps // 4),
            "recipe.stop_at_score": 2.0,
            "recipe.patience": 0,
            "recipe.warm_up": min(warm_up, steps // 10),
        }
    return own
