"""docs/adding_an_experiment.md, followed literally in a copy of the program."""

import json
import re
from pathlib import Path

import pytest
from followed_page import Page, run

from marki.experiments.lab import RIGHT
from marki.measurements import value_of

PAGE = Page("adding_an_experiment.md")
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """Return a copy of the program with the one file that the page adds."""
    return PAGE.copy(tmp_path_factory.mktemp("copy"), "weights")


@pytest.mark.slow
def test_the_page_adds_an_experiment_with_one_file(copy):
    assert len(PAGE.commands) == 3
    found = [run(copy, *command) for command in PAGE.commands]
    assert "moved" in found[0]
    assert "Letters that are moved" in found[1]
    assert "moved by up to 2 cells" in found[1]
    result = json.loads((copy / "out/moved/result.json").read_text())
    assert value_of(result, RIGHT, "moved by up to 0 cells") > 0.95
    for part in ("trials.csv", "measurements.csv", "config.json"):
        assert (copy / "out/moved" / part).exists()
    many = json.loads((copy / "out/moved_theta3/result.json").read_text())
    assert {row["seeds"] for row in many["measurements"]} == {2}
    assert all(row["low"] <= row["value"] <= row["high"] for row in many["measurements"])


@pytest.mark.slow
def test_what_the_page_says_must_come_out_comes_out(copy):
    """The page's test is appended to a copy of the file that it names, and run there."""
    (test,) = re.findall(r"^<!-- test -->\n```python\n(.*?)^```", PAGE.text, re.M | re.S)
    (copy / "tests").mkdir()
    own = (HERE / "test_experiments.py").read_text(encoding="utf-8") + "\n\n" + test
    (copy / "tests/test_experiments.py").write_text(own, encoding="utf-8")
    options = ("-q", "-n0", "-p", "no:cacheprovider", "-k", "not_known_elsewhere")
    assert "1 passed" in run(copy, "-m", "pytest", *options, "tests")


def test_the_page_breaks_none_of_our_rules(tmp_path):
    PAGE.check_rules(tmp_path)
