"""Data frames of pandas, where it is installed; nothing else here needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from marki.errors import MarkIError

if TYPE_CHECKING:
    from pandas import DataFrame


def data_frame(columns: Mapping[str, Sequence[Any] | np.ndarray]) -> DataFrame:
    """Return columns of one length as a data frame.

    Raises
    ------
    MarkIError
        If pandas is not installed.
    """
    try:
        from pandas import DataFrame
    except ImportError as error:
        raise MarkIError(
            "needs pandas, which is not installed", where="data frame", remedy="pip install pandas"
        ) from error
    return DataFrame(dict(columns))


def by_column(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    """Return rows as columns by name; without rows, empty ones."""
    return {name: [row[k] for row in rows] for k, name in enumerate(names)}
