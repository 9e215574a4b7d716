"""Readers: what people's files look like, and the bounds on what is read."""

import gzip
import io
import json
import os
import struct
import zipfile

import numpy as np
import pytest

from marki import config, reading, savefile, sweep
from marki.errors import ConfigError, MarkIError, StateError, StimulusError, WiringError
from marki.experiments import command as experiments
from marki.files import write_arrays
from marki.hardware import plugboard
from marki.io import worlds
from marki.io.stimuli import digits
from marki.io.worlds import WorldConfig
from marki.session import mark1_session
from successors import registry

SPEC = 'kind = "experiment"\nseeds = 2\n[fixed]\nexperiment = "alphabet"\n'
KINDS = {"experiment": sweep.SweepKind(check=experiments.check_point, run=experiments.run_point)}


# -- text as editors write it ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "marked"])
@pytest.mark.parametrize("line", ["\n", "\r\n"], ids=["unix", "windows"])
def test_a_byte_order_mark_and_line_ends_change_nothing(tmp_path, mark, line):
    def write(name, text):
        (tmp_path / name).write_bytes(mark + text.replace("\n", line).encode())
        return tmp_path / name

    settings = write("a.toml", "[machine.association]\ntheta = 3\n")
    assert config.read_settings(settings) == {"machine": {"association": {"theta": 3}}}
    for name in ("a.json", "B.JSON"):
        assert config.read_settings(write(name, '{"machine": {"seed": 1}}')) == {"machine": {"seed": 1}}
    assert sweep.read(write("s.toml", SPEC), KINDS).seeds == (0, 1)
    board = plugboard.wire(plugboard.PlugboardConfig(), 3)
    assert (plugboard.load(write("w.txt", plugboard.listing(board))) == board).all()
    assert reading.read_csv(write("t.csv", 'a,b\n1,"x\ny"\n'))[0] == ["a", "b"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_another_encoding_is_named_with_its_cure(tmp_path, encoding):
    path = tmp_path / "a.toml"
    path.write_text("name = 'é'\n", encoding=encoding)
    named = "is in UTF-16" if encoding != "cp1252" else "is not in UTF-8 (byte 8 is 0xe9)"
    with pytest.raises(ConfigError) as refused:
        config.read_settings(path)
    assert str(refused.value) == f"{path}: {named}. Save it as UTF-8 in your editor"


# -- bounds of a text --------------------------------------------------------------------------------------------------


def nested(kind, depth):
    """Return the reader of a format, and a text in it that is so deep."""
    lists = "[" * (depth - 1) + "]" * (depth - 1)
    return (reading.parse_json, f"[{lists}]") if kind == "json" else (reading.parse_toml, f"a = {lists}")


@pytest.mark.parametrize("kind", ["json", "toml"])
def test_depth_is_bounded(kind):
    read, text = nested(kind, reading.DEEPEST)
    assert read(text, where="x")
    for depth in (reading.DEEPEST + 1, 2 * reading.DEEPEST, 900, 100_000):
        read, text = nested(kind, depth)
        with pytest.raises(MarkIError, match=f"x: is nested more than {reading.DEEPEST} deep"):
            read(text, where="x")


@pytest.mark.parametrize("kind", ["json", "toml"])
def test_depth_is_checked_before_anything_is_parsed(monkeypatch, kind):
    monkeypatch.setattr(reading.tomllib, "loads", None)
    monkeypatch.setattr(reading.json, "loads", None)
    read, text = nested(kind, 3 * reading.DEEPEST)
    with pytest.raises(MarkIError, match="is nested more than"):
        read(text, where="x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a" + ".a" * 500_000 + " = 1", "nested more than 64 deep"),
        ("[a" + ".a" * 100 + "]", "nested more than 64 deep"),
        ("a = " + "9" * 5000, "a number or a name of 5,000 characters, above the limit of 400"),
        ("a = " + "9" * 30, "a whole number of more than 64 bits. Give numbers from -9223372036854775808"),
        ("a = 0x" + "f" * 60, "more than 64 bits"),
        ("a = [" + "[]," * 300_000 + "]", "has 300,001 tables and lists"),
    ],
    ids=["dotted", "heading", "digits", "bits", "hexadecimal", "none"],
)
def test_long_names_and_numbers_are_refused(text, said):
    if said.startswith("has 300,001"):
        assert len(reading.parse_toml(text, where="x")["a"]) == 300_000
        return
    with pytest.raises(ConfigError) as refused:
        reading.parse_toml(text, where="x")
    assert said in str(refused.value)


def test_whole_numbers_of_64_bits_are_read_to_the_last_one():
    for number in (-(2**63), 2**63 - 1):
        assert reading.parse_json(f"[{number}]", where="x") == [number]
    for number in (-(2**63) - 1, 2**63):
        with pytest.raises(StateError, match="more than 64 bits"):
            reading.parse_json(f"[{number}]", where="x")


def test_brackets_and_points_within_quotations_are_text():
    text = "a = '''[[[[''' # [[[\nb = \"[{\\\"[\"\nc = '" + ". " * 100 + "'\n"
    assert reading.parse_toml(text, where="x") == {"a": "[[[[", "b": '[{"[', "c": ". " * 100}
    assert reading.parse_json('["[[[[\\"[[[", {"a": "]]"}]', where="x") == ['[[[["[[[', {"a": "]]"}]


@pytest.mark.parametrize(("name", "most"), [("a.toml", reading.MOST_TOML), ("a.json", reading.MOST_JSON)])
def test_a_large_file_is_refused_with_the_figures(tmp_path, name, most):
    with (tmp_path / name).open("wb") as file:
        file.truncate(most + 1)
    with pytest.raises(ConfigError) as refused:
        config.read_settings(tmp_path / name)
    assert (
        str(refused.value)
        == f"{tmp_path / name}: has {most + 1:,} bytes, above the limit of {most:,}. Give a smaller file"
    )


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="there is no such device")
def test_a_device_without_end_is_refused():
    with pytest.raises(ConfigError, match=r"/dev/zero: has more bytes, above the limit of 1,048,576"):
        config.read_settings("/dev/zero")


# -- arrays ------------------------------------------------------------------------------------------------------------


def npz(path, header, data=b"", *, member="x.npy", **how):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        made = io.BytesIO()
        np.lib.format.write_array_header_1_0(made, {"descr": "|u1", "fortran_order": False, "shape": (1,)} | header)
        file.writestr(member, made.getvalue() + data)
        about = io.BytesIO()
        np.save(about, np.frombuffer(json.dumps(how).encode(), np.uint8))
        file.writestr("header.npy", about.getvalue())
    return path


@pytest.mark.parametrize(
    "header",
    [{"shape": (10**12,)}, {"shape": (-1,)}, {"descr": "|O"}, {"shape": (2,)}, {"shape": ()}, {"descr": "|V0"}],
    ids=str,
)
def test_an_array_that_promises_what_is_not_there_is_refused(tmp_path, header):
    data = b"12" if header.get("shape") == () else b"1"
    with pytest.raises(StateError, match=r"x\.npz: cannot be read as a saved state"):
        reading.read_arrays(npz(tmp_path / "x.npz", header, data))


def test_arrays_come_back_writable_and_in_their_order(tmp_path):
    given = {"f": np.asfortranarray(np.arange(6.0).reshape(2, 3)), "none": np.zeros((0, 3)), "one": np.array(5)}
    write_arrays(tmp_path / "a.npz", given, name="é")
    arrays, header = reading.read_arrays(tmp_path / "a.npz")
    assert header == {"name": "é"}
    for name, array in given.items():
        assert (arrays[name] == array).all()
        assert arrays[name].shape == array.shape
        assert arrays[name].flags.writeable


def test_members_that_are_encrypted_or_packed_otherwise_are_refused(tmp_path):
    for kind in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        with zipfile.ZipFile(tmp_path / "a.npz", "w", kind) as file:
            file.writestr("header.npy", b"x" * 100)
        with pytest.raises(StateError, match="packed in an unknown way"):
            reading.read_arrays(tmp_path / "a.npz")
    whole = bytearray(npz(tmp_path / "b.npz", {}, b"1").read_bytes())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = whole.index(signature)
        whole[place + at] |= 1
    (tmp_path / "b.npz").write_bytes(whole)
    with pytest.raises(StateError, match="encrypted"):
        reading.read_arrays(tmp_path / "b.npz")


def test_a_session_is_replayed_no_further_than_its_records(tmp_path):
    session = mark1_session(WorldConfig(letters="AB"), seed=1)
    session.run(3)
    savefile.save(session, tmp_path / "run.npz")
    arrays, header = reading.read_arrays(tmp_path / "run.npz")
    assert savefile.load(tmp_path / "run.npz").digest == session.digest
    write_arrays(tmp_path / "b.npz", arrays, **{**header, "trial": 4})
    with pytest.raises(StateError, match="stands at trial 4, with a checkpoint at 0 and records of 3"):
        savefile.load(tmp_path / "b.npz")
    for change in ({"trial": 10**9}, {"now": 10**15}, {"seed": -1}, {"trial": True}):
        write_arrays(tmp_path / "b.npz", arrays, **{**header, **change})
        with pytest.raises(StateError, match=r"b\.npz: .*Give a file that was saved here"):
            savefile.load(tmp_path / "b.npz")
    write_arrays(tmp_path / "b.npz", {**arrays, "records": np.zeros(10**6, arrays["records"].dtype)},
                 **{**header, "trial": 10**6})  # fmt: skip
    with pytest.raises(StateError, match="stands at trial 1000000, with a checkpoint at 0 and records of 1000000"):
        savefile.load(tmp_path / "b.npz")


# -- IDX ---------------------------------------------------------------------------------------------------------------


def idx(folder, images, labels, *, names=("", ""), pack=lambda data: data):
    folder.mkdir(exist_ok=True)
    for stem, array, end in (("images-idx3", images, names[0]), ("labels-idx1", labels, names[1])):
        head = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
        (folder / f"train-{stem}-ubyte{end}").write_bytes(pack(head + array.tobytes()))
    return folder


INK = np.pad(np.full((5, 8, 6), 200, np.uint8), ((0, 0), (10, 10), (11, 11)))
LABELS = np.arange(5, dtype=np.uint8)


@pytest.mark.parametrize("names", [("", ""), (".gz", ".gz"), ("", ".gz")], ids=str)
@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, lambda data: gzip.compress(gzip.compress(data))], ids=["plain", "packed", "twice"]
)
def test_whether_a_file_is_packed_is_seen_in_its_content(tmp_path, names, pack):
    images, labels = digits.read_idx(idx(tmp_path / "a", INK, LABELS, names=names, pack=pack), "train")
    assert (labels == LABELS).all()
    assert (images == digits.cut(INK)).all()


def test_many_images_are_cut_as_few_are():
    many = np.concatenate([INK] * 500)
    assert (digits.cut(many) == np.concatenate([digits.cut(INK)] * 500)).all()


@pytest.mark.parametrize("shape", [(5, 0, 28), (5, 28, 0), (0, 28, 28)])
def test_images_of_nothing_are_refused(tmp_path, shape):
    folder = idx(tmp_path / "a", np.zeros(shape, np.uint8), LABELS[: shape[0]])
    with pytest.raises(StimulusError, match="is empty: its header says"):
        digits.read_idx(folder, "train")


def test_labels_that_are_no_digits_are_refused(tmp_path):
    folder = idx(tmp_path / "a", INK, LABELS + 20)
    with pytest.raises(StimulusError, match=r"labels-idx1-ubyte: label 24 of image 4 is no digit\. Give"):
        digits.read_idx(folder, "train")
    with pytest.raises(StimulusError, match=r"few: .*0 of class 5 there\. Give digits of all ten classes"):
        digits.digit_stimuli("train", 10, idx(tmp_path / "few", INK, LABELS))


def test_a_gzip_bomb_is_refused_by_what_its_header_promises(tmp_path):
    head = b"\0\0\x08\x03" + struct.pack(">3I", 3_000_000, 28, 28)
    folder = idx(tmp_path / "a", INK, LABELS)
    (folder / "train-images-idx3-ubyte").write_bytes(gzip.compress(head + bytes(2**20)))
    with pytest.raises(StimulusError, match="has 2,352,000,016 bytes, above the limit of 268,435,456"):
        digits.read_idx(folder, "train")
    (folder / "train-images-idx3-ubyte").write_bytes(
        gzip.compress(head[:4] + struct.pack(">3I", 2, 28, 28) + bytes(2**24))
    )
    with pytest.raises(StimulusError, match="has more than 1584 bytes where its header promises 1584"):
        digits.read_idx(folder, "train")


# -- weights, wiring, worlds, sweeps -----------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", ["[]", "[1]", '"x"', "{", "[" * 1000, '{"units": {}}'])
@pytest.mark.parametrize("dtype", ["F32", "BF16", "F8_E4M3"])
def test_weights_of_other_kinds_are_refused(tmp_path, settings, dtype):
    header = {"__metadata__": {"system": "mlp", "settings": settings},
              "a": {"dtype": dtype, "shape": [1], "data_offsets": [0, 4]}}  # fmt: skip
    text = json.dumps(header).encode()
    (tmp_path / "w.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(4))
    with pytest.raises(StateError, match=r"w\.safetensors: .*\. (Give|Train)"):
        registry.create("mlp", weights=tmp_path / "w.safetensors")


def test_a_header_of_weights_that_is_too_large_is_refused(tmp_path):
    (tmp_path / "w.safetensors").write_bytes(struct.pack("<Q", 2**60))
    with pytest.raises(StateError, match="1,152,921,504,606,846,976 bytes, above the limit of 1,048,576"):
        registry.create("mlp", weights=tmp_path / "w.safetensors")


@pytest.mark.parametrize(
    "line", ["A1 +3", "A1: +999999999999999999999999", "B1: +3", "A1: +3 +3", "A0:", "A1: " + "1" * 5000]
)
def test_a_line_of_a_wiring_list_is_refused_with_its_number(tmp_path, line):
    (tmp_path / "w.txt").write_text(f"# wiring\n{line}\n")
    with pytest.raises(WiringError, match=r"w\.txt, line 2: .*\. (Write|List|Give)"):
        plugboard.load(tmp_path / "w.txt")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("world.typefaces=[]", "world.typefaces: lists no typeface"),
        ("world.typefaces=['b612','b612']", "or one twice"),
        ("world.shift=1" + "0" * 400, "a number or a name of 401 characters"),
        ("world.shift=1" + "0" * 20, "more than 64 bits"),
        ("world.count=" + "9" * 5000, "a number or a name of 5,000 characters"),
        ("world.class_shares=[inf, 1]", "inf is out of range"),
        ("world.class_shares=[nan, 1]", "nan is out of range"),
        ("world.class_shares=[1e308, 1e308]", "2 shares for 26 classes"),
        ("world.letters=" + "'" + "A" * 300 + "'", "300 classes need 9 R-units"),
        ("world.letters=" + "'" + "A" * 5000 + "'", "has 5,000 characters, above the limit of 4,096"),
        ("world.kinds=" + str(["square"] * 20_000), "has 20,000 values, above the limit of 10,000"),
        ("world.shift=" + "[" * 500 + "]" * 500, "nested more than 64 deep"),
        ("x", "Write NAME=VALUE"),
        ("=3", "Write NAME=VALUE"),
    ],
    ids=lambda text: text[:24],
)
def test_a_setting_beyond_bounds_is_refused(text, said):
    with pytest.raises(MarkIError) as refused:
        worlds.create(WorldConfig().amend(config.under(config.parse_changes([text]), "world"), where="--set"), 0)
    assert said in str(refused.value)
    assert refused.value.remedy


def test_what_is_no_toml_is_a_text():
    assert config.parse_changes(["a=b", "c = [1", "d=1979", "e='x'", "f=1\ng=2"]) == {
        "a": "b", "c": "[1", "d": 1979, "e": "x", "f": "1\ng=2",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("seeds = 2", "seeds = 10000000000000000000"), "more than 64 bits"),
        (("seeds = 2", "seeds = 1000000000"), "seeds: 1000000000 is out of range. Give a value from 1 to 10000"),
        (("seeds = 2", "seeds = 1e19"), "is no number of seeds"),
        (("seeds = 2", "seeds = [0, -1]"), "-1 is out of range"),
        (("seeds = 2", "seeds = true"), "is no number of seeds"),
        (('kind = "experiment"', "kind = []"), "unknown kind"),
        (("[fixed]", "fixed = 3\n[other]"), "unknown entry"),
        (('[fixed]\nexperiment = "alphabet"', "fixed = 3"), "fixed: expected a table, got 3"),
    ],
    ids=str,
)
def test_a_sweep_beyond_bounds_is_refused(tmp_path, change, said):
    (tmp_path / "s.toml").write_text(SPEC.replace(*change))
    with pytest.raises(MarkIError) as refused:
        sweep.read(tmp_path / "s.toml", KINDS)
    assert said in str(refused.value)
    assert "s.toml" in str(refused.value)
    assert refused.value.remedy


def test_a_grid_of_too_many_points_is_refused_before_it_is_made(tmp_path):
    grid = "".join(f'"world.x{k}" = {list(range(100))}\n' for k in range(6))
    (tmp_path / "s.toml").write_text(f"{SPEC}[grid]\n{grid}")
    with pytest.raises(
        ConfigError, match="asks for 2,000,000,000,000 points with their seeds, above the limit of 100,000"
    ):
        sweep.read(tmp_path / "s.toml", KINDS)
