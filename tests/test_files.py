import json
import os
import stat

import numpy as np
import pytest

from marki.errors import OutputError, StateError
from marki.files import asset, csv_text, write_arrays, write_json, write_text, writing
from marki.reading import read_arrays, read_csv, read_json


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
