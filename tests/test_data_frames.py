import sys

import pytest

from marki.data_frames import by_column, data_frame
from marki.errors import MarkIError


def test_columns_become_a_data_frame():
    frame = data_frame(by_column(("a", "b"), [(1, "x"), (2, None)]))
    assert frame["a"].tolist() == [1, 2]
    assert frame["b"].isna().tolist() == [False, True]
    assert list(data_frame(by_column(("a", "b"), [])).columns) == ["a", "b"]


def test_without_pandas_one_line_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MarkIError, match=r"needs pandas, which is not installed. pip install pandas$"):
        data_frame({"a": [1]})
