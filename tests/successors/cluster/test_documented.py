import re
from dataclasses import replace
from pathlib import Path

import pytest

from marki.comparison import AGREES, DEVIATES, OPEN, VERDICTS, as_markdown, tally
from marki.language import Words
from successors.cluster import documented, machines
from successors.cluster.documented import SERVERS, near, rows

PAGE = Path(__file__).resolve().parents[3] / "docs" / "machine_room.md"


@pytest.fixture(scope="module")
def table():
    return rows()


def row(table, start):
    return next(r for r in table if r.statement.startswith(start))


def test_the_page_has_the_table_as_it_is(table):
    assert as_markdown(table) in PAGE.read_text(encoding="utf-8")
    assert tally(table) in PAGE.read_text(encoding="utf-8")


def test_every_row_has_a_source_and_a_verdict_and_what_does_not_agree_says_why(table):
    for found in table:
        assert found.source
        assert found.verdict in VERDICTS
        assert found.verdict == AGREES or found.reason, found.statement


def test_what_a_constant_was_set_by_is_not_counted_as_agreeing(table):
    anchors = [found for found in table if found.reason == Words("en")("machine_room.table.set")]
    assert len(anchors) == 4
    assert {found.verdict for found in anchors} == {OPEN}


def test_predictions_of_what_was_printed(table):
    assert row(table, "Megatron-LM, 8.3 billion").verdict == AGREES
    for servers in list(SERVERS)[1:]:
        assert row(table, f"A step of MT-NLG, 530 billion parameters, on {servers}").verdict == AGREES
    steps = (row(table, f"A step of MT-NLG, 530 billion parameters, on {servers}") for servers in SERVERS)
    by_schedule = [float(re.search(r"alone ([0-9.]+) s", step.simulated)[1]) for step in steps]
    assert by_schedule == [60.1, 49.6, 42.6]
    assert row(table, "Bubble of 35 even stages and 240").verdict == AGREES
    assert row(table, "Utilisation of PaLM, 540").verdict == AGREES


def test_the_figures_that_deviate_are_not_hidden(table):
    deviating = {found.statement for found in table if found.verdict == DEVIATES}
    assert "GPT-3: Years on one V100, by the history of 2022" in deviating
    assert "A step of the Transformer, big, on eight P100" in deviating


def test_near_is_five_percent():
    assert near(104.9, 100) == near(95.1, 100) == AGREES
    assert near(105.1, 100) == near(94.9, 100) == DEVIATES


def test_slower_links_would_deviate(monkeypatch):
    real = machines.training

    def slowed(name):
        done = real(name)
        link = replace(done.machine.inside, bandwidth=done.machine.inside.bandwidth / 10)
        return replace(done, machine=replace(done.machine, inside=link))

    monkeypatch.setattr(documented, "training", slowed)
    assert (
        next(
            iter(documented._megatron(lambda name, **values: Words("en")(f"machine_room.table.{name}", **values)))
        ).verdict
        == DEVIATES
    )
