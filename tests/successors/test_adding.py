"""docs/adding_a_successor.md, followed literally in a copy of the program."""

import pytest
from followed_page import Page, run

PAGE = Page("adding_a_successor.md")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return PAGE.copy(tmp_path_factory.mktemp("copy"), "runs")


@pytest.mark.slow
def test_the_page_adds_a_system_with_one_file(copy):
    assert len(PAGE.commands) == 6
    said = [run(copy, *arguments) for arguments in PAGE.commands]
    assert "1960  adaline" in said[0]
    assert "Widrow" in said[1]
    assert "NOT as wanted" not in said[2]
    assert "no rung failed" in said[4]
    assert "adaline" in said[5]
    assert "mark1" in said[5]
    for part in ("weights.safetensors.xz", "metrics.json", "learning_curve.png"):
        assert (copy / "out/train/adaline" / part).exists()


def test_the_page_breaks_none_of_our_rules(tmp_path):
    PAGE.check_rules(tmp_path)
