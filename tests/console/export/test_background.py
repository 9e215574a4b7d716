"""Exports beside the loop: progress, errors, stopping, and a process that dies."""

import os
import signal
import time

import pytest

from marki.console.export.background import Exports
from marki.errors import OutputError


def add(receive, progress):
    total = sum(receive() for _ in range(receive()))
    progress(0.5)
    return [str(total)]


def refuse(receive, progress):
    raise OutputError("is full", where="here", remedy="Make room", code="write.full")


def die(receive, progress):
    os.kill(os.getpid(), signal.SIGKILL)


def last(receive, progress):
    for k in range(600):
        progress(k / 600)
        time.sleep(0.1)
    return []


def ended(exports, patience=60):
    end = time.monotonic() + patience
    while not (found := exports.poll()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found[0]


def test_what_it_made_is_told_once():
    exports = Exports()
    exports.begin("sum", add, iter([3, 1, 2, 4]))
    assert exports.poll() == []
    found = ended(exports)
    assert (found.paths, found.error) == (["7"], None)
    assert exports.poll() == []
    assert exports.under_way == ()


def test_a_refusal_keeps_its_code():
    exports = Exports()
    exports.begin("refuse", refuse, [])
    error = ended(exports).error
    assert isinstance(error, OutputError)
    assert (str(error), error.code) == ("here: is full. Make room", "write.full")


def test_a_process_that_dies_is_told():
    exports = Exports()
    exports.begin("die", die, [])
    assert "has ended" in str(ended(exports).error)


def test_progress_comes_and_stopping_ends_it_at_once():
    exports = Exports()
    exports.begin("last", last, [])
    end = time.monotonic() + 60
    while not exports.under_way[0].share:
        assert time.monotonic() < end
        exports.poll()
        time.sleep(0.01)
    began = time.monotonic()
    assert exports.stop("last")
    assert not exports.stop("another")
    assert time.monotonic() - began < 1  # no frame waits
    found = ended(exports, patience=20)
    assert (found.paths, found.error) == ([], None)


def test_all_are_stopped_at_the_end():
    exports = Exports()
    for name in ("one", "two"):
        exports.begin(name, last, [])
    exports.close()
    assert exports.under_way == ()


def test_a_process_without_a_sign_of_life_is_not_waited_for(monkeypatch):
    import marki.console.export.background as background

    monkeypatch.setattr(background, "SIGN_S", 0.0)
    exports = Exports()
    exports.begin("last", last, [])
    began = time.monotonic()
    exports.finish()
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("what", [b"x" * (64 << 20)])
def test_large_parts_do_not_hold_up_who_begins_it(what):
    exports = Exports()
    began = time.monotonic()
    exports.begin("large", take, [what])
    first = time.monotonic() - began
    assert ended(exports).paths == [str(64 << 20)]
    assert first < (time.monotonic() - began) / 2


def take(receive, progress):
    return [str(len(receive()))]
