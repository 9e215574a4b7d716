import json

import pytest

from marki import script
from marki.errors import MarkIError
from marki.history import Command
from marki.session import mark1_session

COMMANDS = [
    {"trial": 1, "name": "set", "value": {"theta": 3}},
    {"trial": 2, "name": "cut", "value": {"a": 12, "s": [3]}},
    {"trial": 2, "name": "break_cells", "value": [17]},
    {"trial": 3, "name": "toggle", "value": [1] * 400, "after_us": 300_000},
    {"trial": 4, "name": "stick", "value": {"on": [5]}},
]
BEYOND = {"trial": 0, "name": "toggle", "value": [0] * 400, "after_us": 12_000_000}


def written(tmp_path, content):
    path = tmp_path / "script.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def played(commands, trials=5, seed=1):
    session = mark1_session(seed=seed)
    script.play(session, trials, commands)
    return session


def test_commands_are_given_at_their_trials(tmp_path):
    session = played(script.read(written(tmp_path, COMMANDS)).commands)
    assert session.trial == 5
    assert [(c.trial, c.name, c.after_us) for c in session.commands] == [
        (1, "set", None), (2, "set", None), (2, "set", None), (3, "toggle", 300_000), (4, "set", None),
    ]  # fmt: skip
    assert session.learner.config.association.theta == 3
    assert session.learner.config.faults.stuck_on == (5,)


def test_what_is_logged_is_a_script_of_the_same_run(tmp_path):
    first = played(script.read(written(tmp_path, COMMANDS)).commands)
    script.write_log(first, tmp_path / "log.json")
    again = played(script.read(tmp_path / "log.json").commands)
    assert again.digest == first.digest
    assert played([]).digest != first.digest


@pytest.mark.parametrize(("content", "seed"), [([], None), ({"commands": []}, None), ({"seed": 7, "commands": []}, 7)])
def test_a_script_tells_the_seed_of_its_run(tmp_path, content, seed):
    assert script.read(written(tmp_path, content)).seed == seed


def test_progress_is_told_trial_by_trial():
    told = []
    script.play(mark1_session(), 3, tell=told.append)
    assert told == [1, 2, 3]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[", ["script.json"]),
        ({"settings": 1}, ["holds no commands"]),
        ([3], ["command 1", "3 is no command"]),
        ([{"trial": 1, "name": "set"}], ["command 1", "trial, name, value"]),
        ([{"trial": 1, "name": "brake_cells", "value": []}], ["command 1", "'break_cells'"]),
        ([{"trial": -1, "name": "set", "value": {}}], ["command 1", "trial -1"]),
        ([{"trial": 1, "name": "set", "value": {}, "after_us": 0.5}], ["after_us 0.5"]),
        ([COMMANDS[1], COMMANDS[0]], ["trial 1 comes after trial 2"]),
        ([COMMANDS[3], COMMANDS[3] | {"after_us": 3}], ["trial 3, after_us 3, comes after trial 3, after_us 300000"]),
        ([COMMANDS[3], COMMANDS[4] | {"trial": 3}], ["trial 3 comes after trial 3, after_us 300000"]),
        ({"seed": "7", "commands": []}, ["script.json: seed", "expected a whole number, got '7'"]),
        ({"seed": -1, "commands": []}, ["script.json: seed", "-1 is out of range"]),
    ],
)
def test_what_is_no_script_is_refused(tmp_path, content, words):
    with pytest.raises(MarkIError) as refused:
        script.read(written(tmp_path, content))
    assert all(word in str(refused.value) for word in words), refused.value


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ({"trial": 9, "name": "set", "value": {}}, ["command 1 is for trial 9", "from 0 to 5"]),
        ({"trial": 5, "name": "toggle", "value": [0] * 400, "after_us": 3}, ["for trial 5"]),
        (BEYOND, ["command 1: after_us 12000000 is beyond the end of trial 0. Give less than 12000000"]),
        (BEYOND | {"after_us": 10**9}, ["is beyond the end of trial 0", "or leave it out for the next trial"]),
        ({"trial": 1, "name": "course", "value": {"name": "exam", "learn": "false"}}, ["got 'false'"]),
        ({"trial": 1, "name": "set", "value": {"response.units": 3}}, ["command 1: set: 3 R-units are asked for"]),
        ({"trial": 1, "name": "set", "value": {"tehta": 3}}, ["command 1", "theta"]),
        ({"trial": 1, "name": "cut", "value": [3]}, ["command 1", "no value of cut"]),
        ({"trial": 1, "name": "stick", "value": {"open": [3]}}, ["command 1", "no value of stick"]),
        ({"trial": 1, "name": "break_cells", "value": [401]}, ["command 1", "401"]),
    ],
)
def test_what_a_session_cannot_do_is_refused_with_its_number(tmp_path, command, words):
    session = mark1_session()
    with pytest.raises(MarkIError) as refused:
        script.play(session, 5, script.read(written(tmp_path, [command])).commands)
    assert all(word in str(refused.value) for word in words), refused.value
    assert session.trial <= 1


@pytest.mark.parametrize(
    ("after", "words"),
    [(None, "trial 0 has begun. Give it after_us, from 500000 on"), (3, "after_us 3 of trial 0 is over. Give 500000")],
)
def test_a_moment_that_is_over_is_refused(after, words):
    session = mark1_session()
    session.step("event")
    session.advance(500_000)
    with pytest.raises(MarkIError, match=words):
        script.play(session, 2, [Command(trial=0, name="toggle", value=[0] * 400, after_us=after)])
    assert not session.commands


def test_the_last_moment_of_a_presentation_is_one():
    session = played([Command(trial=0, name="toggle", value=[0] * 400, after_us=BEYOND["after_us"] - 1)])
    assert [(c.trial, c.after_us) for c in session.commands] == [(0, 11_999_999)]
