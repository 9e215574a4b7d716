"""The tables of strings: the same rooms in every language, nothing left out, refusals said in the language."""

import ast
import errno
import itertools
import os
import re
import string
from pathlib import Path

import numpy as np
import pygame
import pytest
from PIL import Image

import marki.files
import marki.io.stimuli.images
from marki import __main__, language, provenance, reading, savefile
from marki.config import full_name, of_room, parse_changes, read_settings
from marki.errors import MarkIError, SessionError, UnknownName
from marki.experiments import check_read
from marki.experiments.command import settle_arguments
from marki.files import asset, check_outputs, demand_ending, prepare_folder, write_text
from marki.hardware import plugboard
from marki.hardware.plugboard import PlugboardConfig
from marki.io import worlds
from marki.io.ports import Port
from marki.io.stimuli import forms, letters
from marki.io.stimuli.fitting import Fitting
from marki.io.stimuli.images import folder, image
from marki.io.worlds import WorldConfig
from marki.language import LANGUAGES, Words
from marki.machine import MachineConfig
from marki.pen.interpreter import lit
from marki.pen.parser import parse
from marki.pen.tokens import WORDS as PEN_WORDS
from marki.session import mark1_session
from successors import registry, tasks
from successors.nn.recipe import Recipe

ROOT = Path(__file__).resolve().parent.parent
ONLY_CHINESE = ("meaning.", "note.", "errors.", "register.", "cited.")
HAN = re.compile(r"[\u4e00-\u9fff]")
SETTINGS = {f"machine.{n}": meta for n, _, meta in MachineConfig().items()} | {
    f"world.{n}": meta for n, _, meta in WorldConfig().items()
}
TABLES = {name: language.table(name) for name in LANGUAGES}
ZH, EN = TABLES["zh"], TABLES["en"]
WORDS_OF_FIELDS = ("errors.kind.", "errors.unit.", "errors.place", "errors.where.", "errors.language.")
REFUSALS = {n: text for n, text in ZH.items() if n.startswith("errors.") and not n.startswith(WORDS_OF_FIELDS)}


def placeholders(text):
    return sorted({field for _, field, _, _ in string.Formatter().parse(text) if field is not None})


def in_room(table, room):
    return {name.removeprefix(f"{room}.") for name in table if name.startswith(f"{room}.")}


# -- the tables ----------------------------------------------------------------------------------------------------


def test_an_unknown_language_is_refused():
    with pytest.raises(UnknownName, match="unknown language 'de'"):
        Words("de")


@pytest.mark.parametrize("name", LANGUAGES)
def test_all_entries_are_text(name):
    space = "narration.space"  # what stands between two sentences: nothing, in Chinese
    assert {n: v for n, v in TABLES[name].items() if n != space and (not isinstance(v, str) or not v.strip())} == {}


def test_the_same_names_in_every_language():
    shared = {n for n in ZH if not n.startswith(ONLY_CHINESE)}
    assert sorted(shared ^ set(EN)) == []
    assert not any(n.startswith(ONLY_CHINESE) for n in EN)


def test_the_same_placeholders_in_every_language():
    assert {n: text for n, text in EN.items() if n in ZH and placeholders(text) != placeholders(ZH[n])} == {}


@pytest.mark.parametrize(("name", "most"), [("en", 22), ("zh", 10)])
def test_every_setting_has_a_short_label(name, most):
    labels = {n: TABLES[name].get(f"setting.{n}") for n in SETTINGS}
    assert {n: text for n, text in labels.items() if text is None or len(text) > most} == {}
    rooms = {n.rsplit(".", 1)[0].rsplit(".", 1)[-1] for n in SETTINGS}
    assert rooms == in_room(TABLES[name], "setting.group")


def test_no_label_without_a_setting():
    assert {n for n in in_room(EN, "setting") if not n.startswith("group.")} == set(SETTINGS)


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_choice_unit_and_badge_has_a_label(name):
    choices = {choice for meta in SETTINGS.values() for choice in meta["choices"] or ()}
    units = {meta["unit"] for meta in SETTINGS.values()} | {row.unit for row in provenance.table().values()}
    assert in_room(TABLES[name], "choice") >= choices
    assert in_room(TABLES[name], "unit") == units - {""}
    assert in_room(TABLES[name], "badge") == set(provenance.BADGES)


def test_every_setting_is_explained_in_chinese():
    assert in_room(ZH, "meaning") == set(SETTINGS)
    assert {n: ZH[f"meaning.{n}"] for n in SETTINGS if not HAN.search(ZH[f"meaning.{n}"])} == {}


def test_every_note_of_the_provenance_is_in_chinese():
    assert in_room(ZH, "note") == {n for n, row in provenance.table().items() if row.note}
    assert {n: ZH[n] for n in ZH if n.startswith("note.") and not HAN.search(ZH[n])} == {}


def test_a_note_keeps_its_numbers():
    for name, row in provenance.table().items():
        if row.note:
            assert set(re.findall("[0-9]+", row.note)) <= set(re.findall("[0-9]+", ZH[f"note.{name}"])), name


def test_every_register_and_task_of_the_timeline_has_a_chinese_name():
    systems = registry.systems()
    names = {r.name for system in systems for r in system.entry.registers}
    assert in_room(ZH, "register") == names
    assert {n: ZH[f"register.{n}"] for n in names if not HAN.search(ZH[f"register.{n}"])} == {}
    for name in tasks.names():
        assert f"exhibit.task_{name}" in EN, name
        assert HAN.search(ZH[f"exhibit.task_{name}"]), name


def test_every_english_word_that_names_a_class_has_a_chinese_one():
    shown = [
        (name, trial.task)
        for system in registry.systems()
        if system.entry.answers is Port.LAMPS and system.entry.accepts is not Port.ASKED
        for trial in system.entry.trials
        for name in registry.classes(trial)
    ]
    shown += [
        (name, "")
        for kind in ("left_right", "forms", "parity", "connectedness")
        for name in worlds.create(WorldConfig(name=kind), 1).classes
    ]
    shown += [(name, "") for name in forms.KINDS]
    words = {name for name, _ in shown if len(name) > 1}
    assert {"north-east", "even", "wrong", "different", "plus"} <= words
    zh, en = Words("zh"), Words("en")
    assert {(n, t) for n, t in shown if n in words and not HAN.search(zh.class_name(n, t))} == set()
    assert {n for n, t in shown if en.class_name(n, t) != n} == set()
    assert zh.class_name("right", "judge") != zh.class_name("right")


def test_a_source_has_its_remarks_in_chinese_and_its_names_as_they_are():
    said = {row.name: Words("zh").source(row.cited) for row in provenance.table().values() if row.source}
    assert {n: s for n, s in said.items() if re.search(r"second|secondary|counted|theory aims|photograph", s)} == {}
    assert Words("en").source("MAN Fig. 1, at second hand") == "MAN Fig. 1, at second hand"


@pytest.mark.parametrize("name", LANGUAGES)
def test_sentences_that_follow_each_other_are_divided_by_one_stop(name):
    said = Words(name).sentences("一。", "二", "三.")
    assert said == {"en": "一. 二. 三", "zh": "一。二。三"}[name]


def test_short_forms_are_of_strings_that_are_there_and_shorter():
    for name in LANGUAGES:
        for of in in_room(TABLES[name], "short"):
            forms = Words(name).forms(of)
            assert forms[1:] == tuple(TABLES[name][f"short.{of}"].split("|")), of
            assert all(len(b) <= len(a) for a, b in itertools.pairwise(forms)), of


@pytest.mark.parametrize("name", LANGUAGES)
def test_one_thing_is_said_otherwise_than_many(name):
    words = Words(name)
    assert "1" in words.count("open.learn", 1)
    assert "12" in words.count("open.learn", 12)
    assert "pictures" not in words.count("open.learn", 1)


# -- refusals ------------------------------------------------------------------------------------------------------


def codes_in_the_source():
    """The code of each refusal that has one of its own, with the names of its fields, as they stand in the source."""
    found = {}
    for path in sorted([*(ROOT / "marki").rglob("*.py"), *(ROOT / "successors").rglob("*.py")]):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call):
                given = {k.arg: k.value for k in call.keywords}
                for part in ast.walk(given.get("code", ast.Constant(0))):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and "." in part.value:
                        found.setdefault(part.value, set()).update(n for n in given if n)
    return found


def test_every_name_of_a_trial_is_in_both_languages():
    labels = {trial.label for system in registry.systems() for trial in system.entry.trials if trial.label}
    keys = {f"trial.{re.sub(r'[^a-z0-9]+', '_', label.lower())}": label for label in labels}
    assert {key: EN.get(key) for key in keys} == keys
    assert [key for key in keys if not HAN.search(ZH.get(key, ""))] == []


def test_every_sentence_is_of_a_refusal_and_can_be_filled():
    codes = codes_in_the_source()
    made = (
        "read.",
        "write.",
        "picture.",
        "state.",
        "expected.",
        "range.",
        "unknown.",
        "toml.",
    )  # codes that are put together
    assert [n for n in REFUSALS if n.removeprefix("errors.") not in codes and not n[7:].startswith(made)] == []
    for code, fields in codes.items():
        if say := ZH.get(f"errors.{code}"):
            assert set(placeholders(say)) <= fields | {"where", "place"}, code
            assert HAN.search(say)


def picture(path, size=(8, 8)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros(size, np.uint8)).save(path)
    return path


def failing(number):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    return fail


def empty_picture(tmp, patch):
    (tmp / "cat.png").write_bytes(b"")
    image(tmp / "cat.png")


def large_picture(tmp, patch):
    patch.setattr(marki.io.stimuli.images, "MOST_POINTS", 1_000_000)
    image(picture(tmp / "cat.png", (1001, 1000)))


def unknown_picture(tmp, patch):
    (tmp / "cat.png").write_text("no picture")
    image(tmp / "cat.png")


def flat_picture(tmp, patch):
    Image.fromarray(np.full((40, 40), 128, np.uint8)).save(tmp / "cat.png")
    image(tmp / "cat.png")


def picture_that_begins(start):
    def read(tmp, patch):
        patch.setattr(marki.io.stimuli.images, "_formats", lambda: ("PNG",))
        (tmp / "cat.png").write_bytes(start + bytes(90))
        image(tmp / "cat.png")

    return read


def broken_picture(tmp, patch):
    path = tmp / "cat.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 90), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:-900])
    image(path)


def mixed_folder(tmp, patch):
    picture(tmp / "cat.png")
    picture(tmp / "dogs" / "dog.png")
    folder(tmp)


def disk_full(tmp, patch):
    patch.setattr(marki.files.os, "fsync", failing(errno.ENOSPC))
    write_text(tmp / "run.txt", "text")


def no_permission(tmp, patch):
    patch.setattr(marki.files.os, "open", failing(errno.EACCES))
    write_text(tmp / "run.txt", "text")


def no_folder_permission(tmp, patch):
    patch.setattr(marki.files.tempfile, "TemporaryFile", failing(errno.EACCES))
    prepare_folder(tmp)


def read_only(tmp, patch):
    patch.setattr(marki.files.os, "open", failing(errno.EROFS))
    write_text(tmp / "run.txt", "text")


def file_as_folder(tmp, patch):
    (tmp / "notes").write_text("")
    write_text(tmp / "notes" / "run.txt", "text")


def other_trouble(tmp, patch):
    patch.setattr(marki.files.os, "open", failing(errno.EIO))
    write_text(tmp / "run.txt", "text")


def not_a_state(tmp, patch):
    (tmp / "run.npz").write_text("no state")
    savefile.load(tmp / "run.npz")


def saved(tmp, **changes):
    session = mark1_session(seed=1)
    session.run(1)
    savefile.save(session, tmp / "run.npz")
    arrays, header = reading.read_arrays(tmp / "run.npz")
    header |= changes
    marki.files.write_arrays(tmp / "run.npz", {n: a for n, a in arrays.items() if n != header.get("lost")}, **header)
    return tmp / "run.npz"


def other_version(tmp, patch):
    savefile.load(saved(tmp, version=1))


def other_digest(tmp, patch):
    savefile.load(saved(tmp, digest="00ff00ff"))


def garbled(tmp, patch):
    savefile.load(saved(tmp, lost="records"))


def under_way(tmp, patch):
    session = mark1_session(seed=1)
    session.step("event")
    session.command("course", {"name": "exam", "learn": False})


def under_way_in_the_machine(tmp, patch):
    session = mark1_session(seed=1)
    session.step("event")
    session.learner.refit(MachineConfig())


def trials_follow(tmp, patch):
    session = mark1_session(seed=1)
    session.run(3)
    session.visit(1)
    session.command("course", {"name": "exam", "learn": False})


def unreached(tmp, patch):
    mark1_session(seed=1).visit(7)


def motor_turning(tmp, patch):
    session = mark1_session(seed=1)
    store = session.learner.potentiometers
    while not (turning := store.turning_at(session.now)).any():
        session.advance(session.now + 50_000)
    session.command("turn", {"units": [int(np.abs(turning).argmax())], "deg": [1.0]})


def patched(*patches, fan_out=40):
    config = PlugboardConfig(patches=patches, fan_out=fan_out)
    return plugboard.patch(plugboard.wire(config, 1), config)


def wrong_toml(text, encoding="utf-8"):
    def read(tmp, patch):
        (tmp / "a.toml").write_text(text, encoding=encoding)
        read_settings(tmp / "a.toml")

    return read


def world(**settings):
    return worlds.create(WorldConfig(**settings), 1)


def amended(name, value):
    config, inner = (WorldConfig(), name[6:]) if name.startswith("world.") else (MachineConfig(), name)
    return config.amend(parse_changes([f"{inner}={value}"]))


def beside_load(tmp, patch):
    settle_arguments(__main__.parser().parse_args(["--load", "s.npz", "--ideal"]))


# What is done; the code of the refusal; what the Chinese sentence keeps of the English one.
CASES = [
    (empty_picture, "picture.empty", ["{tmp}/cat.png"]),
    (lambda tmp, patch: image(tmp / "cat.png"), "picture.missing", ["{tmp}/cat.png"]),
    (lambda tmp, patch: image(tmp), "picture.is_folder", ["{tmp}"]),
    (large_picture, "picture.too_large", ["{tmp}/cat.png", "1000×1001", "1 百万"]),
    (unknown_picture, "picture.unknown", ["{tmp}/cat.png"]),
    (broken_picture, "picture.broken", ["{tmp}/cat.png"]),
    (flat_picture, "picture.flat", ["{tmp}/cat.png", "0 %"]),
    (picture_that_begins(b"\0\0\0\x18ftypheic"), "picture.heic", ["{tmp}/cat.png", "marki[photos]"]),
    (picture_that_begins(b"\0\0\0\x18ftypavif"), "picture.avif", ["{tmp}/cat.png", "pillow>=11.3"]),
    (picture_that_begins(b"\0\0\0\x18ftypisom"), "picture.film", ["{tmp}/cat.png"]),
    (picture_that_begins(b"II*\0"), "picture.foreign", ["{tmp}/cat.png"]),
    (lambda tmp, patch: Fitting(frame=(0.5,)), "picture.frame", ["0.5"]),
    (mixed_folder, "folder.mixed", ["{tmp}", "1 张"]),
    (lambda tmp, patch: folder(tmp), "folder.empty", ["{tmp}", "PNG, JPEG, GIF, BMP, WEBP"]),
    (lambda tmp, patch: folder(tmp / "cats"), "folder.none", ["{tmp}/cats"]),
    (lambda tmp, patch: world(name="images"), "folder.unnamed", []),
    (disk_full, "write.full", ["{tmp}/run.txt"]),
    (no_permission, "write.forbidden", ["{tmp}/run.txt"]),
    (no_folder_permission, "write.forbidden", ["{tmp}"]),
    (read_only, "write.read_only", ["{tmp}/run.txt"]),
    (file_as_folder, "write.no_folder", ["{tmp}/notes/run.txt"]),
    (other_trouble, "write.other", ["{tmp}/run.txt", os.strerror(errno.EIO)]),
    (lambda tmp, patch: check_outputs({"--a": picture(tmp / "a.png")}), "write.taken", ["{tmp}/a.png"]),
    (lambda tmp, patch: check_outputs({"--a": tmp / "x", "--b": tmp / "x"}), "write.twice", ["{tmp}/x", "--a", "--b"]),
    (lambda tmp, patch: demand_ending(tmp / "x", (".png", ".pdf")), "write.ending", ["{tmp}/x", ".png / .pdf"]),
    (lambda tmp, patch: check_read("alphabet", ["images"]), "config.unread", ["--images", "run images"]),
    (beside_load, "config.beside", ["--load", "--ideal"]),
    (lambda tmp, patch: savefile.load(tmp / "run.npz"), "state.missing", ["{tmp}/run.npz"]),
    (lambda tmp, patch: savefile.load(tmp), "state.is_folder", ["{tmp}"]),
    (not_a_state, "state.other", ["{tmp}/run.npz"]),
    (other_version, "state.version", ["{tmp}/run.npz"]),
    (other_digest, "state.digest", ["{tmp}/run.npz", "00ff00ff"]),
    (garbled, "state.garbled", ["{tmp}/run.npz", "records"]),
    (under_way, "session.under_way", []),
    (under_way_in_the_machine, "session.under_way", []),
    (trials_follow, "session.trials_follow", ["2 个试次"]),
    (unreached, "session.unreached", ["第 7 个试次", "0 到 0"]),
    (motor_turning, "session.turning", []),
    (lambda tmp, patch: patched("A1+"), "wiring.patch", ["'A1+'", "512", "400"]),
    (lambda tmp, patch: patched("A600+3"), "wiring.patch", ["'A600+3'"]),
    (lambda tmp, patch: patched(*(f"A{n}+3" for n in range(1, 42))), "wiring.fan_out", ["S单元 3", "上限是 40"]),
    (lambda tmp, patch: amended("plugboard.excitatory", 100), "wiring.places", ["106", "54272", "400 x 40 = 16000"]),
    (lambda tmp, patch: PlugboardConfig(excitatory=0, inhibitory=0), "wiring.wires", ["有 0 根", "400 根"]),
    (
        lambda tmp, patch: plugboard.wire(PlugboardConfig(layout="local", reach=0.5), 1),
        "wiring.layout",
        ["'local'", "0.5", "扇出 40"],
    ),
    (lambda tmp, patch: world(letters="A"), "classes.one", ["1 个"]),
    (lambda tmp, patch: world(letters="ABCDEFGHI", code="unit"), "classes.units", ["9 个", "8 个"]),
    (lambda tmp, patch: worlds.binary_code(300), "classes.many", ["300", "9 个", "8 个"]),
    (lambda tmp, patch: world(class_shares=(1.0,)), "classes.shares", ["1 个", "26 个"]),
    (lambda tmp, patch: world(letters="Aé"), "stimulus.letter", ["routed-gothic", "'é'"]),
    (lambda tmp, patch: world(name="handprint", letters="A+"), "stimulus.strokes", ["'+'"]),
    (lambda tmp, patch: world(name="parity", grid=3).at(0), "stimulus.grid", ["3 格"]),
    (lambda tmp, patch: world(name="digits", count=60_000), "stimulus.digits", ["60000"]),
    (lambda tmp, patch: world(name="digits", mnist=str(tmp)), "idx.missing", ["{tmp}", "train-images-idx3-ubyte"]),
    (
        lambda tmp, patch: world(name="forms", kinds=("bar", "plus"), size=1.0).at(0),
        "stimulus.thick",
        ["bar", "2 格"],
    ),
    (lambda tmp, patch: mark1_session(seed=1).take("exams", learn=True), "unknown.near", ["'exams'", "'exam'"]),
    (lambda tmp, patch: mark1_session(seed=1).take("Z", learn=True), "unknown.known", ["'Z'", "exam"]),
    (lambda tmp, patch: amended("world.name", "leters"), "unknown.near", ["'leters'", "'letters'"]),
    (lambda tmp, patch: amended("world.order", "up"), "unknown.known", ["'up'", "shuffled, in turn"]),
    (lambda tmp, patch: letters.alphabet("rooted-gothic", "A"), "unknown.near", ["'routed-gothic'"]),
    (lambda tmp, patch: forms.form("sqare"), "unknown.near", ["'sqare'", "'square'"]),
    (
        lambda tmp, patch: world(name="forms", kinds=("E", "blob")),
        "unknown.known",
        [ZH["setting.world.kinds"], "'blob'", ", ".join(forms.KINDS)],
    ),
    (lambda tmp, patch: amended("sensory.treshold", 1), "unknown.near", ["sensory.threshold"]),
    (lambda tmp, patch: Recipe().amend({"enough": 1}), "setting.renamed", ["enough", "stop_at_score"]),
    (lambda tmp, patch: of_room({"sensory.noise": 1}, "machine"), "setting.room", ["machine.sensory.noise"]),
    (
        lambda tmp, patch: full_name("lag", {"machine.a.lag": "", "world.lag": ""}),
        "setting.several",
        ["'lag'", "2 个", "machine.a.lag, world.lag"],
    ),
    (lambda tmp, patch: Words("xx"), "unknown.known", ["'xx'", "en, zh"]),
    (
        lambda tmp, patch: provenance.row("machine.sensory.tresholt"),
        "unknown.near",
        ["'machine.sensory.threshold'"],
    ),
    (lambda tmp, patch: amended("sensory.threshold", 2), "range.between", ["2.0", "0.01 到 0.99"]),
    (lambda tmp, patch: amended("sensory.relay_spread", 2), "range.between", ["2.0", "0 到 0.9"]),
    (lambda tmp, patch: amended("sensory.rise_us", 0), "range.between", ["0 超出", "1 到 10000000 µs"]),
    (lambda tmp, patch: amended("association.theta", 0), "range.between", ["0 超出", "1 到 400"]),
    (lambda tmp, patch: amended("potentiometers.drift_period_us", 1), "range.least", ["1 超出", "1000 µs"]),
    (lambda tmp, patch: amended("potentiometers.speed_deg_per_s", 0), "range.between", ["0.001 到 1000°/s"]),
    (lambda tmp, patch: amended("world.turn_deg", 200), "range.between", ["200.0", "0 到 180°"]),
    (lambda tmp, patch: amended("world.size", 40), "range.between", ["40.0", "1 到 20 格"]),
    (lambda tmp, patch: amended("world.optics.scale", 40), "range.between", ["40.0", "0.05 到 20 倍"]),
    (lambda tmp, patch: amended("world.class_shares", "[-1.0]"), "range.least", ["-1.0", "不小于 0"]),
    (lambda tmp, patch: amended("sensory.threshold", "half. Or so"), "expected.number", ["'half. Or so'"]),
    (lambda tmp, patch: amended("association.theta", 2.5), "expected.whole", ["2.5"]),
    (lambda tmp, patch: amended("world.outline", 1), "expected.flag", ["1"]),
    (lambda tmp, patch: amended("world.letters", 12), "expected.name", ["12"]),
    (lambda tmp, patch: amended("world.kinds", "square"), "expected.list", ["'square'"]),
    (
        lambda tmp, patch: MachineConfig.from_mapping({"sensory": 3}, where="a.toml"),
        "expected.settings",
        ["a.toml", "3"],
    ),
    (lambda tmp, patch: read_settings(tmp / "a.toml"), "read.missing", ["{tmp}/a.toml"]),
    (wrong_toml("size = = 3"), "toml.line", ["{tmp}/a.toml", "第 1 行第 8 列"]),
    (wrong_toml("size = [3"), "toml.end", ["{tmp}/a.toml"]),
    (wrong_toml("size = 'é'", "latin-1"), "file.encoding", ["{tmp}/a.toml"]),
    (lambda tmp, patch: read_settings(tmp), "read.is_folder", ["{tmp}"]),
    (lambda tmp, patch: reading.read_json(tmp / "a.json"), "read.missing", ["{tmp}/a.json"]),
    (lambda tmp, patch: parse("go up 1\ndrwa up 1"), "pen.near", ["第 2 行", "'drwa'", "'draw'"]),
    (lambda tmp, patch: parse("go up 1 zzz"), "pen.unknown", ["第 1 行", "'zzz'", " ".join(PEN_WORDS)]),
    (lambda tmp, patch: parse("draw 3"), "pen.direction", ["第 1 行", "draw", "up-left"]),
    (lambda tmp, patch: parse("\ndraw up"), "pen.amount", ["第 2 行", "draw", "20"]),
    (lambda tmp, patch: parse("draw up 21"), "pen.range", ["'21'", "1 到 20"]),
    (lambda tmp, patch: parse("draw up left 2"), "pen.joined", ["up-left"]),
    (lambda tmp, patch: parse("rep 3 go up 1"), "pen.bracket", ["第 1 行", "rep", "'['"]),
    (lambda tmp, patch: parse("\nrep 3 [ go up 1"), "pen.open", ["第 2 行", "rep", "']'"]),
    (lambda tmp, patch: parse("go up 1 ]"), "pen.close", ["第 1 行", "rep", "']'"]),
    (lambda tmp, patch: parse("rep n [" * 4), "pen.deep", ["3 层"]),
    (lambda tmp, patch: parse("go up 1\n?"), "pen.hole", ["第 2 行"]),
    (lambda tmp, patch: parse("up 3"), "pen.start", ["'up'", "go, draw, rep"]),
    (lambda tmp, patch: parse("go up 1 " * 2_000), "pen.long", ["16000", "10000"]),
    (lambda tmp, patch: lit(parse("rep n [ rep n [ rep n [ ] ] ]"), 20), "pen.budget", ["2000 步"]),
    (lambda tmp, patch: lit(parse("go up n"), 21), "pen.input", ["21", "1 到 20"]),
    (lambda tmp, patch: asset("nothing.npz"), "asset.missing", ["assets/nothing.npz"]),
]


@pytest.mark.parametrize(("do", "name", "kept"), CASES, ids=[f"{n}-{case[1]}" for n, case in enumerate(CASES)])
def test_a_refusal_is_said_in_chinese(tmp_path, monkeypatch, do, name, kept):
    with monkeypatch.context() as patch, pytest.raises(MarkIError) as refused:
        do(tmp_path, patch)
    text = str(refused.value)
    assert refused.value.code == name, text
    said = Words("zh").error(refused.value)
    assert Words("en").error(refused.value) == text
    kept = [part.format(tmp=tmp_path) for part in kept]
    assert [part for part in kept if part not in said] == []
    quoted = [str(value) for value in (refused.value.where, *refused.value.fields.values()) if value is not None]
    for value in sorted([*kept, *quoted], key=len, reverse=True):
        said = said.replace(value, "") if value else said  # names and numbers are quoted as they are
    assert not re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", said), said
    latin = re.findall(r"[A-Za-z]", re.sub(r"PNG|JPEG|GIF|BMP|WEBP|IDX|JSON|TOML|true|false", "", said))
    assert len(HAN.findall(said)) >= max(4, len(latin)), said


def test_a_refusal_without_a_sentence_is_quoted():
    said = Words("zh").error(SessionError("the moon is in the way"))
    assert said == ZH["message.refused"].format(text="the moon is in the way")


# -- terms ---------------------------------------------------------------------------------------------------------

# Chinese words that had two forms, or a wrong one: what is not written, and what is written for it.
TERMS = {
    "联合单元": "A单元（联想单元）",
    "联合系统": "联想系统",
    "光电管": "光电元件",
    "电动机": "电机",
    "A 单元": "A单元",
    "R 单元": "R单元",
    "次试次": "个试次",
    "摘要": "校验值",
    "裁定": "判定",
    "训练员断开": "训练器关闭",
    "训练员接通": "训练器打开",
    "弯折": "非线性变换",
    "整流单元": "修正线性单元（ReLU）",
    "小块": "图像块",
    "铭牌": "面板、卡片",
    "原文怎么说": "Nyandwi 2022 年的《深度学习简史》怎么说",
    "关联单元": "A单元（联想单元）",
    "联络单元": "A单元（联想单元）",
    "S 单元": "S单元",
    "光敏电阻": "光电元件",
    "电位计": "电位器",
    "训练员": "训练器；人是训练者",
    "打入": "输入",
    "停在一个错误上": "在一次答错时停下",
    "随机抽取": "随机初始化",
    "账本": "开销",
    "大厅": "展厅",
    "影片": "图像序列",
    "胶卷": "图像序列",
    "混淆表": "混淆矩阵",
    "满偏": "满刻度",
    "门限": "阈值",
    "投对的票": "猜对的票",
    "打字给它": "输入一句话",
    "平白的话": "通俗的话",
    "全凭偶然": "尚未训练，回答是随机的",
    "正在取来": "正在加载",
    "您": "你",
    "流水段": "段",
}
ENGLISH_TERMS = {
    r"(?-i:\b[ASR] unit)": "A-unit, S-unit, R-unit",
    r"photo[- ]cell": "photocell",
    r"plug[- ]board": "plugboard",
    r"type[- ]face": "typeface",
    r"\bback ?propagation": "back-propagation",
    r"\bplates?\b": "panel, card",
    r"\bbends?\b(?! twice, by a nonlinearity)": "a nonlinearity (here ReLU)",
    r"\b(passes?|passed|passing) errors\b": "how far an answer was off is passed back; errors are wrong answers",
    r"\bsource document\b": "a history of 2022 (J. de D. Nyandwi)",
}
"""What is not written in English, as a pattern, and what is written for it."""

WORDS = [ROOT / "assets" / "timeline.toml", *sorted((ROOT / "assets" / "lessons").glob("*.toml"))]


@pytest.mark.parametrize("wrong", TERMS)
def test_a_chinese_term_has_one_form(wrong):
    paths = [ROOT / "assets" / "language" / "zh.toml", *WORDS]
    assert [p.name for p in paths if wrong in p.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("wrong", ENGLISH_TERMS)
def test_an_english_term_has_one_form(wrong):
    paths = [ROOT / "assets" / "language" / "en.toml", *WORDS]
    said = {p.name: re.sub("(?m)^#.*", "", p.read_text(encoding="utf-8")) for p in paths}
    assert {name: found for name, text in said.items() if (found := re.findall(f"(?i).*{wrong}.*", text))} == {}


def test_a_term_is_explained_where_a_class_first_meets_it():
    """S-, A- and R-units have a second name in Chinese, which stands with the first mention and in the vocabulary."""
    first = (ROOT / "assets" / "lessons" / "what_it_is.toml").read_text(encoding="utf-8")
    for unit, other in (("S单元", "感觉单元"), ("A单元", "联想单元"), ("R单元", "响应单元")):
        assert f"{unit}，也就是{other}" in first
        assert ZH[f"worksheet.vocabulary.{unit[0].lower()}_unit"] == f"{unit}（{other}）"
        lessons = [p for p in WORDS if p.parent.name == "lessons" and p.stem != "what_it_is"]
        assert [p.name for p in lessons if other in p.read_text(encoding="utf-8")] == []
    assert "权重" in ZH["worksheet.meanings.value"]
    assert not any("权重" in ZH[name] for name in ZH if name.startswith(("meaning.machine.", "setting.machine.")))


# -- lettering -----------------------------------------------------------------------------------------------------


def test_the_font_has_every_character():
    """`Font.metrics` describes the box of a missing character like any other, so the pictures are compared."""
    pygame.font.init()
    font = pygame.font.Font(ROOT / "assets" / "fonts" / "marki-cjk.otf", 40)

    def drawn(character):
        return pygame.image.tobytes(font.render(character, False, "white", "black"), "RGB")

    missing = drawn("\ue000")  # of private use, in no font of ours
    assert drawn("一") != missing
    assets = ROOT / "assets"
    paths = [assets / "language" / "zh.toml", assets / "timeline.toml", *sorted((assets / "lessons").glob("*.toml"))]
    paths += [ROOT / "successors" / "tasks" / "wording.py"]  # the traditional characters that are typed
    used = set("".join(p.read_text(encoding="utf-8") for p in paths)) - {"\n"}
    assert "".join(sorted(c for c in used if drawn(c) == missing)) == ""
