import json
import os
import threading

import numpy as np
import pytest

from marki.__main__ import main
from marki.files import cache_folder
from successors import tasks
from successors.tasks import cache

OPTIONS = {
    "letters": dict(train=52, valid=26, test=26),
    "recall": dict(train=16, valid=8, test=8, views=2, slides=4, delay=3),
    "restore": dict(valid=6, test=30),
    "draw": dict(),
    "question": dict(train=12, valid=6, test=6, held=6),
    "match": dict(train=12, valid=6, test=6, held=6),
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MARKI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "WORTH_S", 0.0)
    return tmp_path / "cache"


def arrays(deck):
    for part in deck.parts().values():
        yield from (np.asarray(part.stimuli), part.targets, part.kinds)
    yield deck.code


def same(a, b):
    assert (a.task, a.accepts, a.answers, a.classes) == (b.task, b.accepts, b.answers, b.classes)
    assert type(a.train.stimuli) is type(b.train.stimuli)
    for x, y in zip(arrays(a), arrays(b), strict=True):
        assert x.dtype == y.dtype
        assert np.array_equal(x, y)


def from_cache(name, **options):
    """Return what the cache holds, never a deck made anew."""
    task = tasks.find(name)
    config = task.config.from_mapping(options)
    found = cache.read(task, config, 0)
    assert found is not None
    return found


@pytest.mark.parametrize("name", OPTIONS)
def test_a_deck_from_the_cache_equals_a_fresh_one(name, folder):
    fresh = tasks.load(name, cache=False, **OPTIONS[name])
    assert not folder.exists()
    same(fresh, tasks.load(name, **OPTIONS[name]))
    (file,) = folder.iterdir()
    assert file.name.startswith(name)
    same(fresh, from_cache(name, **OPTIONS[name]))
    same(fresh, tasks.load(name, **OPTIONS[name]))


def test_other_settings_have_other_files(folder):
    few = OPTIONS["letters"]
    for options in (few, {**few, "shift": 0.5}, {**few, "seed": 1}, {**few, "optics": {"blur": 0.5}}):
        tasks.load("letters", **options)
    assert len(list(folder.iterdir())) == 4


@pytest.mark.parametrize("harm", ["cut", "empty", "foreign", "turned", "other", "folder"])
def test_a_bad_file_is_made_anew(harm, folder):
    fresh = tasks.load("letters", **OPTIONS["letters"])
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    match harm:
        case "cut":
            file.write_bytes(whole[: len(whole) // 2])
        case "empty":
            file.write_bytes(b"")
        case "foreign":
            np.savez(file, numbers=np.arange(3))
        case "turned":  # one byte of a picture: the check sum of the archive tells
            at = 10_000
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
        case "other":
            tasks.load("letters", seed=1, **OPTIONS["letters"])
            (another,) = set(folder.iterdir()) - {file}
            another.replace(file)
        case "folder":
            file.unlink()
            file.mkdir()
    same(fresh, tasks.load("letters", **OPTIONS["letters"]))
    if harm != "folder":
        assert file.read_bytes() == whole


def test_no_pickle_is_read_from_a_cache_file(folder):
    fresh = tasks.load("draw")
    (file,) = folder.iterdir()
    with np.load(file, allow_pickle=False) as stored:
        content = {name: stored[name] for name in stored.files}
    np.savez(file, **{**content, "code": np.array([{}], object)})
    same(fresh, tasks.load("draw"))


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("MARKI_CACHE", str(blocked / "cache"))
    same(tasks.load("draw"), tasks.load("draw", cache=False))


def test_quick_decks_are_not_kept(folder, monkeypatch):
    monkeypatch.setattr(cache, "WORTH_S", 60.0)
    tasks.load("draw")
    assert not folder.exists()


def test_several_at_once_leave_one_whole_file(folder):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(tasks.load("recall", **OPTIONS["recall"]))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(list(folder.iterdir())) == 1
    for deck in found:
        same(deck, tasks.load("recall", cache=False, **OPTIONS["recall"]))


def test_where_the_cache_lies(tmp_path, monkeypatch):
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("MARKI_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "marki"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "marki"


def some(folder, count, size=1000):
    """Write so many files named as decks are, each used a minute after the one before."""
    folder.mkdir(exist_ok=True)
    files = [folder / f"draw-{k:024x}.npz" for k in range(count)]
    for k, file in enumerate(files):
        file.write_bytes(b"0" * size)
        os.utime(file, (60 * k, 60 * k))
    return files


def test_the_decks_used_longest_ago_make_room(folder):
    files = some(folder, 5)
    gone = cache.prune(2500)
    assert {deck.path for deck in gone} == set(files[:3])
    assert [deck.path for deck in cache.stored()] == files[:2:-1]


def test_the_deck_used_last_stays_however_large(folder):
    files = some(folder, 2)
    cache.prune(10)
    assert list(folder.iterdir()) == [files[1]]


def test_a_new_deck_drives_out_old_ones(folder, monkeypatch):
    some(folder, 2)
    monkeypatch.setattr(cache, "MOST_CACHE", 500)
    tasks.load("draw")
    (left,) = folder.iterdir()
    assert left.stat().st_mtime > 1000


def test_reading_counts_as_use(folder):
    tasks.load("draw")
    (file,) = folder.iterdir()
    os.utime(file, (60, 60))
    tasks.load("draw")
    assert file.stat().st_mtime > 1000


def test_the_command_tells_and_clears_and_touches_nothing_else(folder, capsys):
    some(folder, 3, size=2_000_000)
    (folder / "welcome_was_put_away").touch()
    assert main(["cache"]) == 0
    said = capsys.readouterr().out
    assert said.count(".npz") == 3
    assert "3 decks, 6.0 of 537 MB" in said
    assert main(["cache", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["bytes"], len(told["decks"]), told["cleared"]) == (6_000_000, 3, False)
    assert main(["cache", "--clear"]) == 0
    assert "deleted 3 decks, 6.0 MB" in capsys.readouterr().out
    assert [file.name for file in folder.iterdir()] == ["welcome_was_put_away"]
