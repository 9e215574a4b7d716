"""Runs at equal computing: what a window may know of a system that was trained in many sizes at several budgets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ScalingRun:
    """One size trained with one budget.

    Attributes
    ----------
    operations : float
        Its budget, six for each weight and token.
    width, seed, parameters, tokens : int
    loss : float
        In nats a token, of documents that no run has read.
    """

    operations: float
    width: int
    seed: int
    parameters: int
    tokens: int
    loss: float


@dataclass(frozen=True, kw_only=True)
class ScalingOptimum:
    """The best size at a budget, by a parabola through the losses of its sizes.

    Attributes
    ----------
    operations, parameters, loss : float
    inside : bool
        Whether it lies between the sizes that were trained.
    """

    operations: float
    parameters: float
    loss: float
    inside: bool


@dataclass(frozen=True, kw_only=True)
class ScalingRecord:
    """The runs of a system, as far as they have ended.

    Attributes
    ----------
    name, label : str
        Of the system.
    place : str
        Where they were found.
    entropy : float
        Of the documents, nats a token: no loss can fall below it.
    runs : tuple of ScalingRun
        In the order in which they ended.
    sizes : int
        Pairs of a budget and a size that there are in all.
    optima : tuple of ScalingOptimum
        Of the budgets of which all sizes have ended at least once, the smallest first.
    exponent : float or None
        Power of the operations with which the best size grows; None before two budgets have a best size.
    """

    name: str
    label: str
    place: str
    entropy: float
    runs: tuple[ScalingRun, ...]
    sizes: int
    optima: tuple[ScalingOptimum, ...]
    exponent: float | None
