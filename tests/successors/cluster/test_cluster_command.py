import json

import pytest

from marki.__main__ import main


def said(capsys, *words):
    status = main(list(words))
    found = capsys.readouterr()
    assert status == 0, found.err
    return found.out


def refused(capsys, *words):
    assert main(list(words)) == 2
    found = capsys.readouterr()
    assert not found.out
    assert found.err.count("\n") == 1
    return found.err


def test_trainings_are_listed(capsys):
    assert "6,144 x tpu_v4" in said(capsys, "cluster")
    rows = json.loads(said(capsys, "cluster", "--json"))
    assert [r["name"] for r in rows][:3] == ["ibm704", "mark1", "alexnet"]


def test_a_training_is_run_and_the_same_order_has_the_same_digest(capsys):
    order = ("cluster", "gpt3", "--devices", "2048", "--mtbf", "20000", "--seed", "3", "--json")
    once, again = (json.loads(said(capsys, *order)) for _ in range(2))
    assert once == again
    assert once["devices"] == 2048
    assert once["failures"] > 0
    other = json.loads(said(capsys, *order[:-2], "4", "--json"))
    assert other["digest"] != once["digest"]
    assert "A step" in said(capsys, "cluster", "gpt3", "--schedule", "gpipe")


def test_sources_name_their_badge(capsys):
    told = said(capsys, "cluster", "a100", "--sources")
    assert "documented" in told
    assert "device.a100.rate" in told
    rows = json.loads(said(capsys, "cluster", "--sources", "--json"))
    assert {r["badge"] for r in rows} == {"documented", "derived", "assumed"}


@pytest.mark.parametrize("schedule", [("gpipe",), ("1f1b",), ("interleaved", "--parts", "2")])
def test_a_pipeline_is_drawn(capsys, schedule):
    told = said(capsys, "pipeline", "--stages", "4", "--micro", "8", "--schedule", *schedule)
    assert "Bubble 37.50 %, by the formula 37.50 %" in told or "Bubble 18.75 %, by the formula 18.75 %" in told
    assert told.startswith("1 |0")
    data = json.loads(said(capsys, "pipeline", "--stages", "4", "--micro", "8", "--schedule", *schedule, "--json"))
    assert len(data["tasks"]) == 4 * 8 * 2 * (2 if "--parts" in schedule else 1)


def test_the_ledger(capsys):
    assert "GPT-3 13B" in said(capsys, "ledger")
    told = said(capsys, "ledger", "gpt3")
    assert "[deviates] printed 366 years" in told
    assert "[agrees] printed 700 GB" in told
    lines = json.loads(said(capsys, "ledger", "PaLM 540B", "--json"))
    assert lines[0]["verdict"] == "agrees"
    assert len(json.loads(said(capsys, "ledger", "--json"))) == 23


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("cluster", "gpt4"), "Did you mean 'gpt3'"),
        (("cluster", "gpt3", "--devices", "1000"), "Give 896 devices"),
        (("cluster", "gpt3", "--devices", "-8"), "Give 1 or more"),
        (("cluster", "gpt3", "--mtbf", "0"), "more than 0"),
        (("cluster", "gpt3", "--mtbf", "nan"), "more than 0"),
        (("cluster", "gpt3", "--batch", "100"), "Give a batch of"),
        (("cluster", "gpt3", "--batch", "-8"), "Give 1 or more"),
        (("cluster", "gpt3", "--micro", "0"), "Give 1 or more"),
        (("cluster", "gpt3", "--parts", "0"), "Give 1 or more"),
        (("cluster", "gpt3", "--devices", "0"), "Give 1 or more"),
        (("cluster", "gpt3", "--batch", "0"), "Give 1 or more"),
        (("cluster", "gpt3", "--mtbf", "inf"), "at most"),
        (("cluster", "gpt3", "--batch", "1000000000000000"), "fewer"),
        (("cluster", "gpt3", "--save-every", "-1"), "no time below 0"),
        (("cluster", "gpt3", "--schedule", "gpip"), "'gpipe'"),
        (("cluster", "gpt3", "--pipeline", "97", "--devices", "776"), "at most 96"),
        (("cluster", "nothing", "--sources"), "Leave the name out"),
        (("pipeline", "--stages", "0"), "from 1 to"),
        (("pipeline", "--micro", "100000", "--stages", "1000"), "fewer"),
        (("pipeline", "--columns", "3"), "from 10"),
        (("ledger", "GPT-4"), "GPT-3"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(capsys, words, remedy):
    assert remedy in refused(capsys, *words)
