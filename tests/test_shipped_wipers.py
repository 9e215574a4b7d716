"""The Mark I of the hall: saved wiper positions answer as the machine does that they were taken from."""

import numpy as np
import pytest

from marki import shipped_wipers
from marki.__main__ import mark1 as make
from marki.console.state.timeline_view import task_of
from marki.files import write_json
from marki.io.exhibits import HALL
from marki.io.responses import binary_code, lamps
from marki.registers import snapshot
from successors import registry, tasks


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """An empty folder in place of the shipped files."""
    monkeypatch.setattr(shipped_wipers, "asset", lambda name: tmp_path / name)
    shipped_wipers.saved.cache_clear()
    yield tmp_path
    shipped_wipers.saved.cache_clear()


def test_the_tasks_of_the_hall_are_those_of_the_registry():
    assert tuple(HALL) == registry.HALL
    for task, classes in HALL.items():
        about = tasks.find(task)
        assert about.classes(about.config()) == classes


@pytest.mark.parametrize(
    ("wanted", "classes", "task"),
    [
        ("7", ("A", "7"), "digits"),
        ("A", ("A", "7"), "letters"),
        ("", ("0", "1"), "digits"),
        ("", ("A", "1"), "letters"),
        ("square", ("square", "circle"), "letters"),
    ],
)
def test_the_card_says_what_is_asked(wanted, classes, task):
    assert task_of(wanted, classes) == task


def test_saved_positions_answer_as_the_machine_does(shelf):
    machine = make(4, 3)
    deck = tasks.load("digits", train=100, valid=10, test=40)
    machine.reinforce(deck.train.stimuli, deck.train.targets)
    (shelf / "weights" / "mark1").mkdir(parents=True)
    write_json(shelf / "weights" / "mark1" / "digits.json", {"seed": 3, "wipers": machine.wipers().tolist()})
    said = machine.respond(deck.test.stimuli)
    assert len(np.unique(said, axis=0)) > 3
    code = lamps(binary_code(10))
    replies = [shipped_wipers.saved_reply("digits", frame, k, "") for k, frame in enumerate(deck.test.stimuli)]
    # The noise of the photocells differs from one exposure to the next.
    assert np.mean([reply.lamps == lit for reply, lit in zip(replies, said, strict=True)]) > 0.97
    assert all(reply.said == "" or (code[int(reply.said)] == reply.lamps).all() for reply in replies)
    again = shipped_wipers.saved_reply("digits", deck.test.stimuli[0], 0, "")
    np.testing.assert_array_equal(again.lamps, replies[0].lamps)
    assert shipped_wipers.saved_reply("letters", deck.test.stimuli[0], 0, "") is None


def test_reading_the_wipers_changes_nothing():
    machine = make(1, 0)
    deck = tasks.load("two_class", train=20, valid=10, test=10)
    machine.reinforce(deck.train.stimuli, deck.train.targets)
    before = snapshot(machine.registers())
    np.testing.assert_array_equal(machine.wipers(), np.rint(machine.view().values * 1e6))
    assert machine.wipers().any()
    for name, array in snapshot(machine.registers()).items():
        np.testing.assert_array_equal(array, before[name])
