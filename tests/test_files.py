import contextlib
import errno
import json
import math
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from marki.errors import ConfigError, OutputError, StateError
from marki.files import (
    asset,
    check_outputs,
    csv_text,
    write_arrays,
    write_first,
    write_folder,
    write_json,
    write_new,
    write_text,
    writing,
)
from marki.reading import read_arrays, read_csv, read_json

ROOT = Path(__file__).resolve().parent.parent
posix = pytest.mark.skipif(sys.platform == "win32", reason="no such files there")


def test_arrays_and_header_come_back(tmp_path):
    path = tmp_path / "deep" / "run.npz"
    arrays = {"a.x": np.arange(6).reshape(2, 3), "on": np.array([True]), "empty": np.empty((0, 3), np.float32)}
    write_arrays(path, arrays, seed=3, name="é")
    got, header = read_arrays(path)
    assert header == {"seed": 3, "name": "é"}
    assert got.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(got[name], array)
        assert got[name].dtype == array.dtype


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def fail():
        with writing(path) as file:
            file.write(b"new")
            raise RuntimeError("amid")

    with pytest.raises(RuntimeError, match="amid"):
        fail()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_file_can_be_read_by_others(tmp_path):
    before = os.umask(0o022)
    try:
        write_text(tmp_path / "a.txt", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o644


def test_the_mask_of_the_process_is_not_touched(tmp_path, monkeypatch):
    """It is one for all threads: to read it is to change it for a moment."""

    def changed(mask):
        raise AssertionError("the mask was changed")

    monkeypatch.setattr(os, "umask", changed)
    write_text(tmp_path / "a.txt", "x")
    assert write_first(tmp_path / "b.txt", b"x")
    write_folder(tmp_path / "c", [("d.txt", b"x")])


# -- what stands at a name that is written to -------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path, mode):
    (tmp_path / "a").write_text("old")
    (tmp_path / "a").chmod(mode)
    write_text(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_a_link_and_its_file_is_written(tmp_path, there):
    (tmp_path / "far").mkdir()
    if there:
        (tmp_path / "far/kept").write_text("old")
    (tmp_path / "link").symlink_to("far/kept")
    (tmp_path / "second").symlink_to("link")
    write_text(tmp_path / "second", "new")
    assert (tmp_path / "second").is_symlink()
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "far/kept").read_text() == "new"
    assert os.listdir(tmp_path / "far") == ["kept"]


def test_links_in_a_circle_are_refused(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OutputError, match="cannot be written"):
        write_text(tmp_path / "a", "new")
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


@posix
def test_a_pipe_is_written_to(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    got = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_text()), daemon=True)
    reader.start()
    write_text(tmp_path / "pipe", "new")
    reader.join(10)
    assert got == ["new"]
    assert (tmp_path / "pipe").is_fifo()
    assert os.listdir(tmp_path) == ["pipe"]


@posix
def test_a_device_and_a_stream_of_the_process_are_written_to(tmp_path):
    leader, follower = os.openpty()
    write_text(os.ttyname(follower), "new\n")
    assert os.read(leader, 100) == b"new\r\n"
    assert stat.S_ISCHR(os.stat(os.ttyname(follower)).st_mode)
    with open(tmp_path / "out", "wb") as out:
        code = (
            "from marki.files import write_text; "
            "print('before', flush=True); write_text('/dev/stdout', 'new\\n'); print('after')"
        )
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True, cwd=ROOT)
    assert (tmp_path / "out").read_text() == "before\nnew\nafter\n"


@posix
def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("mine")
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)  # for root, all may be written
    with pytest.raises(OutputError, match=r"a: cannot be written \(Permission denied\)"):
        write_text(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "mine"


# -- names that the program chooses -----------------------------------------------------------------------------


@pytest.mark.parametrize("links", [True, False])
def test_a_name_that_the_program_chooses_is_never_taken_from_another(tmp_path, monkeypatch, links):
    if not links:

        def refuse(*_):
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

        monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "a.txt").symlink_to("nowhere")
    (tmp_path / "a-2.txt").mkdir()
    found = [write_new(tmp_path / "a.txt", str(k).encode()) for k in range(3)]
    assert [p.name for p in found] == ["a-3.txt", "a-4.txt", "a-5.txt"]
    assert [p.read_text() for p in found] == ["0", "1", "2"]
    assert len(os.listdir(tmp_path)) == 5
    assert not (tmp_path / "nowhere").exists()


def test_a_running_number_is_raised_and_the_content_is_told_its_name(tmp_path):
    names = [write_new(tmp_path / "é_001.png", lambda path: path.name.encode()).name for _ in range(3)]
    assert names == ["é_001.png", "é_002.png", "é_003.png"]
    (tmp_path / names[0]).unlink()
    assert write_new(tmp_path / "é_001.png", b"new").name == names[0]
    assert (tmp_path / names[2]).read_text() == names[2]


def test_of_many_who_want_a_name_each_gets_its_own(tmp_path):
    def take(number):
        for k in range(20):
            write_new(tmp_path / "a.txt", f"{number}-{k}".encode())

    threads = [threading.Thread(target=take, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({p.read_text() for p in tmp_path.iterdir()}) == len(os.listdir(tmp_path)) == 80


def test_what_cannot_be_written_takes_no_name(tmp_path, monkeypatch):
    def fail(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError, match="No space left"):
        write_new(tmp_path / "a.txt", b"x")
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    write_text(tmp_path / "a", "x")
    with pytest.raises(OutputError, match=r"a/b.txt: cannot be written .*Choose a folder"):
        write_text(tmp_path / "a" / "b.txt", "x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="folder"):
        write_text(tmp_path / "folder", "x")
    assert sorted(os.listdir(tmp_path)) == ["a", "folder"]


def test_json_round_trip_and_refusal(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"é": [1, 2.5, None]})
    assert read_json(path) == {"é": [1, 2.5, None]}
    assert "é" in path.read_text(encoding="utf-8")
    path.write_text("{")
    for broken in (path, tmp_path / "none.json", tmp_path):
        with pytest.raises(StateError, match=r"cannot be read.*Make the file anew"):
            read_json(broken)


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "text", "flipped", "npy", "headless", "list", "pickle"])
def test_broken_states_are_refused(tmp_path, damage):
    path = tmp_path / "run.npz"
    write_arrays(path, {"x": np.random.default_rng(1).integers(0, 1 << 60, 500)}, seed=1)
    whole = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "headless":
        np.savez(path, x=np.zeros(3))
    elif damage == "npy":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    elif damage == "pickle":
        np.savez(path, header=np.frombuffer(json.dumps({}).encode(), np.uint8), x=np.array([{}], object))
    elif damage == "list":
        np.savez(path, header=np.frombuffer(b"not json", np.uint8))
    else:
        flipped = whole[:400] + bytes([whole[400] ^ 255]) + whole[401:]
        path.write_bytes({"empty": b"", "cut": whole[:-30], "text": b"hello", "flipped": flipped}[damage])
    with pytest.raises(StateError, match=r"run.npz: cannot be read as a saved state"):
        read_arrays(path)


def test_a_missing_asset_is_named():
    with pytest.raises(StateError, match="assets/no-such-thing"):
        asset("no-such-thing")
    assert asset("strokes.json").is_file()


TAKEN = ("01", "1e5", "1-2", "3/4", "-", "=SUM(A1)", "@name", "Mar 5", "SEP1", "TRUE", '2"')
PLAIN = ("A", "R1 R3", "dark", "E-F, 60 images", "Mars", "square", "é")


@pytest.mark.parametrize("text", TAKEN)
def test_a_text_that_a_spreadsheet_would_take_for_something_else_is_marked(text):
    assert csv_text(["a"], [[text]], "excel").splitlines()[1].startswith('"=""')
    assert "=" not in csv_text(["a"], [[text]]).removeprefix("a\n").replace("=SUM", "")


@pytest.mark.parametrize("text", PLAIN)
def test_other_texts_are_not(text):
    assert csv_text(["a"], [[text]], "excel") == "\ufeff" + csv_text(["a"], [[text]])


@pytest.mark.parametrize("form", ["plain", "excel"])
def test_texts_come_back_and_numbers_are_not_marked(tmp_path, form):
    write_text(tmp_path / "a.csv", csv_text(["text", "number"], [[text, 3.5] for text in TAKEN + PLAIN], form))
    assert read_csv(tmp_path / "a.csv") == [["text", "number"], *([text, "3.5"] for text in TAKEN + PLAIN)]
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf") == (form == "excel")
    assert csv_text(["a", "b"], [[None, -3]], form).endswith("\n,-3\n")


def test_json_has_no_number_that_is_not_finite(tmp_path):
    write_json(tmp_path / "a.json", {"a": [1.5, math.nan, (-math.inf,)], "b": np.float64("nan"), "c": True, "d": 2**70})
    text = (tmp_path / "a.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail) == {"a": [1.5, None, [None]], "b": None, "c": True, "d": 2**70}


def test_names_of_outputs_are_refused_where_one_is_taken_or_given_twice(tmp_path):
    (tmp_path / "there").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "there")
    (tmp_path / "empty").mkdir()
    check_outputs({"--a": tmp_path / "a", "--b": tmp_path / "b", "--c": None, "--d": ""})
    check_outputs({"--a": tmp_path / "empty"}, folders=("--a",))
    for name in ("there", "link", "empty"):
        with pytest.raises(OutputError, match=name):
            check_outputs({"--a": tmp_path / name})
    with pytest.raises(OutputError, match="is named by --a and by --b"):
        check_outputs({"--a": tmp_path / "a", "--b": tmp_path / "empty" / ".." / "a"})


@pytest.mark.skipif(os.name == "nt", reason="devices and pipes of POSIX")
def test_streams_may_be_named_twice_and_end_as_they_like(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in (tmp_path / "pipe", "/dev/null", "/dev/stdout"):
        check_outputs({"--a": name, "--b": name}, endings={"--a": (".png",)})


@pytest.mark.parametrize(("name", "fits"), [("a.png", True), ("A.PNG", True), ("a.jpg", False), ("png", False)])
def test_a_name_ends_as_its_content_is(name, fits):
    with contextlib.nullcontext() if fits else pytest.raises(ConfigError, match=r"End the name in \.png"):
        check_outputs({"--a": name}, endings={"--a": (".png",)})
