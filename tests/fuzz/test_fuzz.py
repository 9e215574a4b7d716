"""A fuzz of every door: valid files are damaged, and what comes of it is either read or refused in one line.

A refusal names the file and gives a remedy; nothing takes longer than 5 seconds or more than 500 MB. Some 2,000 inputs
are tried by default, 10,000 with `pytest -m fuzz`. Each is made from its number alone, which the failure names.
"""

import contextlib
import copy
import io
import json
import lzma
import os
import random
import resource
import signal
import struct
import tomllib
import zipfile
from argparse import Namespace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image

from marki import __main__, reading, savefile, sweep
from marki.errors import MarkIError
from marki.experiments import command as experiments
from marki.experiments import replicas
from marki.experiments.lab import ExperimentSpec
from marki.files import asset
from marki.hardware import plugboard
from marki.io.stimuli import digits, images
from marki.io.worlds import WorldConfig
from marki.jobs.options import RunOptions
from marki.machine import MachineConfig
from marki.session import mark1_session
from marki.teaching import lesson_parser
from successors import command as successors
from successors import registry
from successors.nn import weights_file

MOST_S, MOST_BYTES = 5, 500 * 2**20

NASTY = [
    None, True, -1, 0, 1, 2**31, 2**63, -(2**63), 10**30, 1e308, -0.0, float("inf"), float("nan"), "", "x" * 5000,
    "é\u0301", "\u202e", "../../etc/passwd", "{0}", "%s", "\x1b[31m", [], {}, [[]], [None], ["a", 1], {"a": {}},
    [1e400], "A" * 257, "1e999", list(range(600)),
]  # fmt: skip
"""Values that are put in the place of others."""

PIECES = [
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"[" * 300, b"{" * 70, b'"', b"'''", b'"""\\', b"\r", b"\n", b"=", b"inf",
    b"nan", b"1" * 500, b"9" * 30, b"0x" + b"f" * 80, b"1979-05-27T07:32:00Z", b"a.b.c" + b".d" * 90, b"\x1f\x8b",
    b"PK\x03\x04",
    b"1e999", b"-1", b"null", b"[[pages]]\n", b"#", b",", b"]", b"}", b"\\u0000", "中".encode(), b"\xc3",
]  # fmt: skip


# -- damage ------------------------------------------------------------------------------------------------------------


def damaged(data, rng):
    """Return bytes with one to four random changes."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(7):
            case 0 if data:
                data[at % len(data)] ^= 1 << rng.randrange(8)
            case 1:
                del data[at : at + rng.randrange(1, 40)]
            case 2:
                data[at:at] = rng.choice(PIECES)
            case 3:
                del data[at:]
            case 4:
                data[at:at] = data[at : at + rng.randrange(1, 200)]
            case 5 if data:
                data[at % len(data)] = rng.randrange(256)
            case _:
                other = rng.randrange(len(data) + 1)
                data[at : at + 20] = data[other : other + 20]
    return bytes(data)


def places(content, path=()):
    """Yield the path of each value in tables and lists."""
    for key, value in content.items() if isinstance(content, dict) else enumerate(content):
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))


def changed(content, rng):
    """Return tables and lists with one to three values replaced, taken away or renamed."""
    content = json.loads(json.dumps(content))
    for _ in range(rng.choice((1, 1, 2, 3))):
        known = list(places(content))
        if not known:
            return content
        *path, last = rng.choice(known)
        inner = content
        for key in path:
            inner = inner[key]
        match rng.randrange(4):
            case 0:
                del inner[last]
            case 1 if isinstance(inner, dict):
                inner[rng.choice(["", "a.b", "é", str(last).upper()])] = inner.pop(last)
            case _:
                inner[last] = copy.deepcopy(rng.choice(NASTY))
    return content


def as_toml(value):
    """Return a value in TOML, tables inline; what TOML does not know is left to be refused."""
    match value:
        case dict():
            return "{ " + ", ".join(f"{json.dumps(k)} = {as_toml(v)}" for k, v in value.items()) + " }"
        case list():
            return "[" + ", ".join(map(as_toml, value)) + "]"
        case bool():
            return str(value).lower()
        case None:
            return "null"
        case float():
            return repr(value)
        case str():
            return json.dumps(value).replace("\x1b", "\\u001b")
    return str(value)


def toml_of(content):
    return "".join(f"{json.dumps(k)} = {as_toml(v)}\n" for k, v in content.items()).encode()


# -- the doors ---------------------------------------------------------------------------------------------------------


class Door:
    """A way in: how its inputs are made from a generator, and what is done with one."""

    share = 1.0

    def __init__(self, tmp):
        self.tmp = tmp

    def write(self, path, rng):
        raise NotImplementedError

    def go(self, path):
        raise NotImplementedError


SETTINGS = {
    "machine": {
        "association": {"theta": 3},
        "sensory": {"noise": True, "threshold": 0.4},
        "plugboard": {"patches": []},
    },
    "world": {
        "letters": "ABC",
        "typefaces": ["cabin"],
        "shift": 1.0,
        "class_shares": [1.0, 2.0, 1.0],
        "order": "in turn",
    },
}


def arguments(**given):
    plain = {"seed": 0, "config": "", "machine": "", "ideal": False, "set": [], "images": "", "mnist": "", "wiring": ""}
    return Namespace(**{**plain, **given})


class Settings(Door):
    suffix = ".toml"

    def write(self, path, rng):
        made = changed(SETTINGS, rng) if rng.random() < 0.6 else SETTINGS
        data = toml_of(made) if self.suffix == ".toml" else json.dumps(made).encode()
        data = damaged(data, rng) if made is SETTINGS or rng.random() < 0.2 else data
        path = path.with_suffix(rng.choice([self.suffix, self.suffix.upper()]))
        path.write_bytes(rng.choice([b"", b"", b"\xef\xbb\xbf"]) + data)
        return path

    def go(self, path):
        experiments.session_of(arguments(config=str(path)))


class SettingsJson(Settings):
    suffix = ".json"


class Sweep(Door):
    KINDS: ClassVar = {
        "experiment": sweep.SweepKind(check=experiments.check_point, run=experiments.run_point),
        "training": sweep.SweepKind(check=successors.check_point, run=successors.run_point),
    }
    EXPERIMENT: ClassVar = {
        "kind": "experiment", "seeds": [0, 1], "fixed": {"experiment": "alphabet", "world": {"letters": "ABC"}},
        "grid": {"machine": {"association": {"theta": [2, 3]}}},
    }  # fmt: skip
    TRAINING: ClassVar = {
        "kind": "training", "seeds": 2, "fixed": {"learner": "mlp", "task": "digits"},
        "grid": {"recipe.rate": [0.1, 0.2]},
    }  # fmt: skip

    def write(self, path, rng):
        spec = rng.choice([self.EXPERIMENT, self.TRAINING])
        data = toml_of(changed(spec, rng)) if rng.random() < 0.6 else damaged(toml_of(spec), rng)
        path = path.with_suffix(".toml")
        path.write_bytes(data)
        return path

    def go(self, path):
        sweep.read(path, self.KINDS)


class Lesson(Door):
    share = 0.8

    def write(self, path, rng):
        valid = rng.choice(sorted(asset("lessons").glob("*.toml"))).read_bytes()
        data = damaged(valid, rng) if rng.random() < 0.4 else toml_of(changed(tomllib.loads(valid.decode()), rng))
        path = path.with_suffix(".toml")
        path.write_bytes(data)
        return path

    def go(self, path):
        lesson_parser.read(path, "mine")


class Wiring(Door):
    share = 0.5

    def __init__(self, tmp):
        super().__init__(tmp)
        self.valid = plugboard.listing(plugboard.wire(plugboard.PlugboardConfig(), 0)).encode()

    def write(self, path, rng):
        path.write_bytes(damaged(self.valid, rng))
        return path

    def go(self, path):
        plugboard.load(path)


class SavedSession(Door):
    share = 0.6

    def __init__(self, tmp):
        super().__init__(tmp)
        session = mark1_session(WorldConfig(letters="AB"), seed=1)
        session.run(2)
        session.command("toggle", [0] * 400)
        session.step("event")
        savefile.save(session, tmp / "valid.npz")
        self.valid = (tmp / "valid.npz").read_bytes()
        self.arrays, self.header = reading.read_arrays(tmp / "valid.npz")

    def write(self, path, rng):
        path = path.with_suffix(".npz")
        if rng.random() < 0.3:
            path.write_bytes(damaged(self.valid, rng))
            return path
        arrays = dict(self.arrays)
        header = changed(self.header, rng) if rng.random() < 0.7 else self.header
        if header is self.header:
            name = rng.choice(list(arrays))
            a = arrays.pop(name)
            match rng.randrange(5):
                case 0:
                    arrays[name] = np.zeros(rng.choice([0, 1, 7]), a.dtype)
                case 1:
                    arrays[name] = np.zeros(a.shape, rng.choice(["f8", "i1", "U3", "V8"]))
                case 2:
                    arrays[name] = np.full(1 << 22, 0, "u1")
                case 3 if a.dtype.kind == "f":
                    arrays[name] = np.full_like(a, np.nan)
        text = np.frombuffer(json.dumps(header).encode(), np.uint8)
        np.savez_compressed(path, header=text, **arrays)
        if rng.random() < 0.2:
            path.write_bytes(damaged(path.read_bytes(), rng))
        return path

    def go(self, path):
        savefile.load(path)


class Weights(Door):
    share = 0.6

    def __init__(self, tmp):
        super().__init__(tmp)
        learner = registry.create("perceptron")
        about = {"system": "perceptron", "settings": json.dumps(learner.config.to_mapping())}
        weights_file.save(tmp / "valid.safetensors", learner.weights(), **about)
        self.valid = (tmp / "valid.safetensors").read_bytes()

    def write(self, path, rng):
        path = path.with_suffix(".safetensors")
        size = struct.unpack("<Q", self.valid[:8])[0]
        if rng.random() < 0.3:
            path.write_bytes(damaged(lzma.compress(self.valid), rng))
            return path
        if rng.random() < 0.5:
            head, rest = self.valid[: 8 + size], self.valid[8 + size :]
            path.write_bytes(damaged(head, rng) + rest)
            return path
        header = json.loads(self.valid[8 : 8 + size])
        if rng.random() < 0.5:
            about = header["__metadata__"]
            about["settings"] = json.dumps(changed(json.loads(about["settings"]), rng))
        else:
            header = changed(header, rng)
        for row in header.values():
            if isinstance(row, dict) and "dtype" in row and rng.random() < 0.2:
                row["dtype"] = rng.choice(["BF16", "F8_E4M3", "I64", "F16", "U8", ""])
        text = json.dumps(header).encode()
        path.write_bytes(struct.pack("<Q", rng.choice([len(text)] * 6 + [2**60])) + text + self.valid[8 + size :])
        return path

    def go(self, path):
        registry.create("perceptron", weights=path)


class Idx(Door):
    share = 0.6

    def __init__(self, tmp):
        super().__init__(tmp)
        ink, labels = digits.load("train")
        ink = np.pad(ink[:40], ((0, 0), (4, 4), (4, 4)))
        self.files = [b"\0\0\x08\x03" + struct.pack(">3I", *ink.shape) + ink.tobytes(),
                      b"\0\0\x08\x01" + struct.pack(">I", 40) + labels[:40].tobytes()]  # fmt: skip

    def write(self, path, rng):
        import gzip

        path.mkdir()
        which = rng.randrange(2)
        for number, (name, data) in enumerate(zip(("images-idx3", "labels-idx1"), self.files, strict=True)):
            if number == which:
                head = 16 if number == 0 else 8
                data = damaged(data[:head], rng) + data[head:] if rng.random() < 0.6 else damaged(data, rng)
            data = gzip.compress(data) if rng.random() < 0.4 else data
            data = damaged(data, rng) if rng.random() < 0.1 else data
            (path / f"train-{name}-ubyte{rng.choice(['', '.gz'])}").write_bytes(data)
        return path

    def go(self, path):
        digits.read_idx(path, "train")


class Results(Door):
    """A finished run that is taken up again: its result, its order, the trials of its seeds."""

    share = 0.5

    def __init__(self, tmp):
        super().__init__(tmp)
        self.spec = ExperimentSpec(experiment="left_right", changes={"world.size": 8.0})
        replicas.run_many(self.spec, range(1), RunOptions(out=tmp / "run", jobs=1, quiet=True))
        self.files = {p.relative_to(tmp / "run"): p.read_bytes() for p in (tmp / "run").rglob("*") if p.is_file()}

    def write(self, path, rng):
        which = rng.choice([n for n in self.files if n.name in ("order.json", "result.json", "trials.csv")])
        for name, data in self.files.items():
            if name.suffix == ".png":
                continue
            if name == which:
                whole = name.suffix == ".csv" or rng.random() < 0.4
                data = damaged(data, rng) if whole else json.dumps(changed(json.loads(data), rng)).encode()
                if name.name == "trials.csv" and rng.random() < 0.1:
                    continue
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(data)
        return path

    def go(self, path):
        options = RunOptions(out=path, jobs=1, quiet=True, resume=True)
        with contextlib.ExitStack() as stack:
            for name in ("_show",):
                before = getattr(replicas, name)
                setattr(replicas, name, lambda *a, **k: None)
                stack.callback(setattr, replicas, name, before)
            experiments.report(replicas.run_many(self.spec, range(1), options))


class Picture(Door):
    share = 0.6

    def __init__(self, tmp):
        super().__init__(tmp)
        ink = np.random.default_rng(0).integers(0, 256, (40, 40), np.uint8)
        self.valid = []
        for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP"):
            Image.fromarray(ink).save(made := io.BytesIO(), kind)
            self.valid.append(made.getvalue())

    def write(self, path, rng):
        path = path.with_suffix(rng.choice([".png", ".jpg"]))
        path.write_bytes(damaged(rng.choice(self.valid), rng))
        return path

    def go(self, path):
        images.image(path)


class SetText(Door):
    """`--set`: the input is a text, kept in a file as the others are."""

    share = 1.5

    def write(self, path, rng):
        names = [f"machine.{n}" for n, *_ in MachineConfig().items()] + [
            f"world.{n}" for n, *_ in WorldConfig().items()
        ]
        name = rng.choice(names)
        value = (
            as_toml(copy.deepcopy(rng.choice(NASTY))) if rng.random() < 0.6 else rng.choice(PIECES).decode("latin-1")
        )
        text = f"{name}={value}"
        if rng.random() < 0.3:
            text = damaged(text.encode(), rng).decode("utf-8", "surrogateescape")
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
        return path

    def go(self, path):
        experiments.session_of(arguments(set=[path.read_bytes().decode("utf-8", "surrogateescape")]))


class CommandLine(Door):
    LINES: ClassVar = [
        ["wiring", "--seed", "1"], ["wiring", "--set", "machine.plugboard.layout=local"], ["lessons", "--lang", "zh"],
        ["lessons", "--json"], ["worksheet", "left_right", "--out", "ws.html"], ["timeline"], ["timeline", "--json"],
        ["card", "mlp"], ["run", "nothing", "--seeds", "2"], ["sweep", "none.toml"], ["write", "mlp", "text"],
        ["train", "mlpp", "--seed", "1"], ["compare", "--task", "none"], ["--load", "none.npz"],
        ["--frames", "1", "--size", "x"], ["validate", "--seeds", "1"], ["roadmap", "lstm"],
        ["wiring", "--wiring", "w"],
    ]  # fmt: skip
    WORDS: ClassVar = [
        "", "-1", "0", "1e999", "1" * 5000, "\udcff", "é", "--", "--seed", "--set", "a=b", "--lang", "x" * 5000,
        "../x", "nan", "a\nb", "%s", "--config", "/", "/dev/null", "world.shift=" + "0" * 400,
    ]  # fmt: skip

    def write(self, path, rng):
        line = list(rng.choice(self.LINES))
        for _ in range(rng.choice((1, 1, 2))):
            at = rng.randrange(1, len(line) + 1)
            line[at : at + rng.randrange(2)] = [rng.choice(self.WORDS)]
        path.write_text(json.dumps(line))
        return path

    def go(self, path):
        before = os.getcwd()
        out, err = io.StringIO(), io.StringIO()
        try:
            os.chdir(self.tmp)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                status = __main__.main(json.loads(path.read_text()))
        except SystemExit as ended:  # --help
            status = ended.code
        finally:
            os.chdir(before)
        said = err.getvalue().strip()
        assert status in (0, 1, 2)
        if status == 2:
            assert said.startswith("marki: ")
            assert "\n" not in said
            assert ": " in said.removeprefix("marki: ")
            assert len(said) < 4000


DOORS = [
    Settings, SettingsJson, Sweep, Lesson, Wiring, SavedSession, Weights, Idx, Results, Picture, SetText, CommandLine,
]  # fmt: skip
NAMED_ELSEWHERE = (SetText, CommandLine)
"""Doors of what is typed: a refusal names the flag."""


# -- the watch ---------------------------------------------------------------------------------------------------------


class Hang(BaseException):
    """More than the time that an input may take."""


@contextlib.contextmanager
def bounded():
    """Let what is in the block have so much memory more than there is, and so much time at once."""

    def too_long(*_):
        raise Hang

    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MOST_BYTES, before[1]))
    handler = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, MOST_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        resource.setrlimit(resource.RLIMIT_AS, before)


def trouble(door, path):
    """Return what is wrong with how an input is met, or ""."""
    try:
        with bounded():
            door.go(path)
    except MarkIError as error:
        said = str(error)
        if "\n" in said or not error.remedy or error.where is None:
            return f"refused without place or remedy: {said!r}"
        if not isinstance(door, NAMED_ELSEWHERE) and path.name not in said:
            return f"refused without the file: {said!r}"
        if len(said) > 2000:
            return f"refused in {len(said)} characters: {said[:200]}"
    except Hang:
        return f"takes longer than {MOST_S} s"
    except BaseException as error:
        return f"{type(error).__name__}: {str(error)[:300]}"
    return ""


def fuzz(kind, count, tmp):
    door = kind(tmp)
    found = {}
    for number in range(int(count * kind.share)):
        rng = random.Random(f"{kind.__name__} {number}")
        path = door.write(tmp / f"in{number}", rng)
        if why := trouble(door, path):
            found[number] = why
        if path.is_file():
            path.unlink()
    return found


needs_limits = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the limits are Linux's")


@needs_limits
@pytest.mark.parametrize("kind", DOORS, ids=lambda kind: kind.__name__)
@pytest.mark.filterwarnings("ignore")
def test_damaged_inputs_are_read_or_refused_in_one_line(kind, tmp_path):
    assert fuzz(kind, 210, tmp_path) == {}


@needs_limits
@pytest.mark.fuzz
@pytest.mark.parametrize("kind", DOORS, ids=lambda kind: kind.__name__)
@pytest.mark.filterwarnings("ignore")
def test_ten_thousand_damaged_inputs(kind, tmp_path):
    found = fuzz(kind, 1_080, tmp_path)
    print(f"{int(1_080 * kind.share)} inputs, {len(found)} troubles")
    assert found == {}


@needs_limits
def test_the_watch_sees_what_it_is_for(tmp_path):
    class Bad(Door):
        def go(self, path):
            match path.name:
                case "memory":
                    bytearray(16 * MOST_BYTES)  # more than any memory that was kept may serve
                case "time":
                    while True:
                        pass
                case "nameless":
                    raise MarkIError("x", where="y", remedy="z")
                case "helpless":
                    raise MarkIError("helpless", where="helpless")
                case _:
                    [][1]

    names = ("memory", "time", "nameless", "helpless", "crash")
    said = [trouble(Bad(tmp_path), tmp_path / name) for name in names]
    assert [word for word, text in zip(("MemoryError", "longer", "the file", "remedy", "IndexError"), said, strict=True)
            if word not in text] == []  # fmt: skip


def test_a_valid_input_passes_every_door(tmp_path):
    """What is damaged is valid before, so that the refusals are of the damage."""
    for kind in (Settings, SavedSession, Weights, Idx, Results):
        (tmp_path / kind.__name__).mkdir()
        door = kind(tmp_path / kind.__name__)
        match door:
            case Settings():
                (path := tmp_path / "a.toml").write_bytes(toml_of(SETTINGS))
            case SavedSession():
                path = door.tmp / "valid.npz"
            case Weights():
                path = door.tmp / "valid.safetensors"
            case Idx():
                (path := tmp_path / "idx").mkdir()
                for name, data in zip(("images-idx3", "labels-idx1"), door.files, strict=True):
                    (path / f"train-{name}-ubyte").write_bytes(data)
            case _:
                path = door.tmp / "run"
        assert trouble(door, path) == ""


def test_a_bomb_is_refused_by_its_declared_size(tmp_path):
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, file.open("x.npy", "w") as member:
        head = io.BytesIO()
        np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": (2**29,)})
        member.write(head.getvalue())
        for _ in range(2**9):
            member.write(bytes(2**20))
    assert path.stat().st_size < 2**20
    with (
        bounded(),
        pytest.raises(MarkIError, match=r"bomb\.npz: has 536,\d+,\d+ bytes, above the limit of 268,435,456"),
    ):
        savefile.load(path)
