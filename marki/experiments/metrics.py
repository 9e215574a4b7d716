"""Figures of merit."""

from __future__ import annotations

import math

import numpy as np


def accuracy(records: np.ndarray) -> float:
    """Return the fraction of right responses in session records."""
    return float((~records["wrong"]).sum() / len(records)) if len(records) else math.nan


def curve(wrong: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (trial numbers, fraction of errors) in windows of `width` trials; the last may be shorter."""
    ends = np.arange(width, len(wrong) + width, width).clip(max=len(wrong)) if len(wrong) else np.empty(0, int)
    total = np.concatenate([[0], np.cumsum(wrong)])
    starts = np.concatenate([[0], ends[:-1]])
    return ends, (total[ends] - total[starts]) / np.maximum(ends - starts, 1)
