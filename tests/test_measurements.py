import csv

import pytest

from marki.errors import ConfigError
from marki.intervals import count_interval, share_interval
from marki.measurements import COLUMNS, Measurement, as_csv, as_text, measured, over_seeds, rows, value_of


def right(value, condition="after 40 squares", trials=100):
    return Measurement(name="right responses", condition=condition, value=value, trials=trials)


def passes(value):
    return Measurement(name="passes", condition="each letter", value=value, unit="passes", trials=26)


def test_estimates_are_means_with_the_interval_of_their_kind():
    share, count = over_seeds([[right(0.9), passes(4)], [right(0.8), passes(7)]])
    assert (share.value, share.low, share.high) == share_interval([0.9, 0.8], 200)
    assert (count.value, count.low, count.high) == count_interval([4, 7])
    assert (share.seeds, share.missing, share.trials) == (2, 0, 200)


def test_what_some_seeds_did_not_reach_is_counted_and_not_averaged():
    (found,) = over_seeds([[passes(4)], [passes(None)], [passes(7)]])
    assert (found.value, found.seeds, found.missing, found.trials) == (5.5, 2, 1, 78)
    assert as_text([found])[1].split() == ["each", "letter", "5.5", "0.2", "to", "176.1", "2", "of", "3"]
    (none,) = over_seeds([[passes(None)], [passes(None)]])
    assert (none.value, none.low, none.high, none.seeds, none.missing) == (None, None, None, 0, 2)
    (one,) = over_seeds([[passes(4)], [passes(None)]])
    assert (one.value, one.low, one.high) == (4, None, None)


def test_order_is_that_of_the_experiment():
    seeds = [[right(0.1, "b first"), right(0.2, "a second"), passes(3)]] * 2
    assert [e.condition for e in over_seeds(seeds)] == ["b first", "a second", "each letter"]


def test_one_seed_has_a_dash_in_text_an_empty_field_in_csv_and_null_in_json():
    estimates = over_seeds([[right(0.25)]])
    assert as_text(estimates)[1].split() == ["after", "40", "squares", "25.0", "-", "1"]
    (line,) = csv.DictReader(as_csv(estimates).splitlines())
    assert tuple(line) == COLUMNS
    assert (line["value"], line["low"], line["high"]) == ("0.25", "", "")
    (row,) = rows(estimates)
    assert row["low"] is row["high"] is None


def test_a_result_is_read_back():
    result = {"measurements": rows(over_seeds([[right(0.25), passes(None)]]))}
    assert measured(result) == [right(0.25), passes(None)]
    assert value_of(result, "right responses", "after 40 squares") == 0.25
    with pytest.raises(KeyError, match="after 4 squares"):
        value_of(result, "right responses", "after 4 squares")


@pytest.mark.parametrize("condition", ["", "40", "0.05", "10 %"])
def test_a_condition_is_in_words(condition):
    with pytest.raises(ConfigError, match="has no words"):
        right(0.5, condition)


@pytest.mark.parametrize("wrong", [right, passes])
def test_a_figure_that_cannot_be_is_refused(wrong):
    with pytest.raises(ConfigError, match=r"-0\.1 is no"):
        wrong(-0.1)
    with pytest.raises(ConfigError, match=r"1\.5 is no fraction"):
        right(1.5)
    assert passes(1.5).value == 1.5
