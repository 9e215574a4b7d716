import io

import pandas
import pytest

from marki.io.worlds import WorldConfig
from marki.session import mark1_session
from marki.tables import trials_csv
from marki.trial_rows import COLUMNS


@pytest.fixture(scope="module")
def session():
    session = mark1_session(WorldConfig(name="left_right"), seed=2)
    session.run(30)
    session.take("exam", learn=False)
    session.run(5)
    return session


def test_a_session_is_a_data_frame_with_the_figures_of_its_csv(session):
    frame = session.frame()
    assert tuple(frame.columns) == COLUMNS
    table = pandas.read_csv(io.StringIO(trials_csv([("run", session)]))).drop(columns="run")
    pandas.testing.assert_frame_equal(frame.astype({"learned": "int64", "wrong": "int64"}), table, check_dtype=False)


def test_classes_have_names_and_flags_are_flags(session):
    frame = session.frame()
    assert set(frame["shown"]) == {"left", "right"}
    assert frame["wrong"].dtype == bool
    assert frame["wrong"].tolist() == session.records["wrong"].tolist()
    assert frame.loc[frame["course"] == "exam", "learned"].tolist() == [False] * 5


def test_a_session_without_trials_has_the_columns():
    assert tuple(mark1_session(WorldConfig(name="left_right")).frame().columns) == COLUMNS
