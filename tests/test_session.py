import copy
import json
import random
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from marki import registers, savefile
from marki.errors import ConfigError, MarkIError, SessionError, StateError, UnknownName
from marki.files import write_arrays
from marki.io.check_learner import ContractBroken, check_learner, sample_frames
from marki.io.worlds import WorldConfig
from marki.machine import MachineConfig, MarkI
from marki.reading import read_arrays
from marki.session import Session, mark1_session
from marki.ticks import SECOND
from marki.twin import Twin

ROOT = Path(__file__).resolve().parent.parent
TRIALS = 60


@pytest.fixture(scope="module")
def whole():
    session = mark1_session(seed=4)
    session.run(TRIALS)
    return session


def state(session):
    return registers.fingerprint(registers.snapshot(session.learner.registers()))


def test_same_seed_same_digest_another_seed_another(whole):
    again = mark1_session(seed=4)
    again.run(TRIALS)
    assert again.digest == whole.digest
    assert np.array_equal(again.records, whole.records)
    other = mark1_session(seed=5)
    other.run(TRIALS)
    assert other.digest != whole.digest


@pytest.mark.parametrize("how", ["events", "tiny", "uneven", "huge"])
def test_how_time_passes_does_not_matter(whole, how):
    session, rng = mark1_session(seed=4), random.Random(1)
    end = whole.now
    while session.trial < TRIALS:
        match how:
            case "events":
                session.step("event")
            case "tiny":
                session.advance(session.now + 50_000)
            case "uneven":
                session.advance(min(end, session.now + rng.randint(1, 20 * SECOND)))
            case "huge":
                session.advance(end)
        session.learner.view()
        session.learner.registers()
    assert session.digest == whole.digest


@pytest.mark.parametrize("hash_seed", ["0", "1", "random"])
def test_hash_seed_does_not_matter(hash_seed):
    code = "from marki.session import Session, mark1_session; s = mark1_session(seed=4); s.run(30); print(s.digest)"
    found = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    session = mark1_session(seed=4)
    session.run(30)
    assert found == session.digest


def test_reset_is_the_same_run_and_new_seed_another(whole):
    session = mark1_session(seed=4)
    session.run(7)
    session.command("set", {"machine.association.theta": 3})
    session.run(5)
    session.step("event")
    session.reset()
    assert session.trial == 0
    assert session.now == 0
    session.run(TRIALS)
    assert session.digest == whole.digest
    session.new_seed(9)
    session.run(TRIALS)
    assert session.digest != whole.digest
    assert session.seed == 9


@pytest.mark.parametrize("back", [0, 1, 49, 50, 51, 59, 60])
def test_rewind_returns_to_the_state_of_that_trial(whole, back):
    there = mark1_session(seed=4)
    there.run(back)
    session = mark1_session(seed=4)
    session.run(TRIALS)
    session.step("event")
    session.rewind(back)
    assert (session.trial, session.digest, session.now) == (back, there.digest, there.now)
    assert state(session) == state(there)
    assert session.trace.blocks == back
    session.run(TRIALS - back)
    assert session.digest == whole.digest
    assert np.array_equal(session.trace.events(), whole.trace.events())


def test_rewind_beyond_the_present_is_refused(whole):
    with pytest.raises(SessionError, match="0 to 60"):
        whole.rewind(61)


def commanded(session, until=40):
    """Give commands of every kind on the way."""
    steps = {
        5: ("set", {"machine.association.theta": 3, "machine.faults.dead_cells": [1, 2, 3]}),
        10: ("toggle", [1] + [0] * 398 + [-1]),
        15: ("force", [1, 0, -1, 0, 0, 0, 0, 0]),
        20: (
            "set",
            {"machine.faults.stuck_on": [7], "machine.faults.stuck_off": [8], "machine.reinforcement.rule": "gamma"},
        ),
        25: ("course", {"name": "exam", "learn": False}),
        30: ("set", {"machine.faults.stuck_on": [], "machine.faults.stuck_off": []}),
        35: ("course", {"name": "learn", "learn": True}),
    }
    while session.trial < until:
        if session.trial in steps:
            name, value = steps[session.trial]
            if not [c for c in session.commands if c.trial == session.trial]:
                session.command(name, value)
        session.step("trial")


def test_commands_are_replayed():
    first, second = mark1_session(seed=1), mark1_session(seed=1)
    commanded(first)
    commanded(second)
    second.rewind(22)
    commanded(second)
    assert first.digest == second.digest
    assert np.array_equal(first.trace.events(), second.trace.events())
    assert first.learner.config == second.learner.config
    plain = mark1_session(seed=1)
    plain.run(40)
    assert plain.digest != first.digest


def test_commands_show_in_the_machine():
    session = mark1_session(seed=1)
    session.command("toggle", [1] * 400)
    session.advance(session.now + SECOND)
    assert session.learner.view().s.all()
    session.step("trial")
    session.command("force", [1, -1, 1, -1, 1, 0, 0, 0])
    session.step("trial")
    assert session.learner.response.r[:5].tolist() == [True, False, True, False, True]


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("curse", {}, "course"),
        ("course", {"name": "exams", "learn": True}, "exam"),
        ("set", {"machine.association.teta": 1}, "theta"),
    ],
)
def test_wrong_commands_are_refused_and_change_nothing(name, value, match):
    session = mark1_session(seed=1)
    session.run(3)
    before = session.digest, state(session)
    with pytest.raises(UnknownName, match=match):
        session.command(name, value)
    assert (session.digest, state(session)) == before
    assert not session.commands


def test_no_command_in_the_middle_of_a_presentation():
    session = mark1_session(seed=1)
    session.step("event")
    with pytest.raises(SessionError, match="presentation"):
        session.command("set", {"machine.association.theta": 3})


def test_steps():
    session = mark1_session(seed=1)
    session.step("event")
    assert (session.trial, session.now, session.learner.idle) == (0, 0, False)
    session.step("event")
    assert session.now > 0
    session.step("trial")
    assert session.trial == 1
    session.step("pass")
    assert session.trial == 26
    with pytest.raises(UnknownName):
        session.step("epoch")
    assert session.run_to_mistake()
    assert session.records[-1]["wrong"]


def test_run_to_mistake_gives_up():
    session = mark1_session(seed=1)
    session.command("set", {"machine.reinforcement.control": "none"})
    session.command("force", [-1] * 8)
    session.take("learn", learn=False)
    while session.records.size == 0 or not session.records[-1]["wrong"]:
        session.step()
    mark = session.trial
    assert session.run_to_mistake(most=1) == bool(session.records[mark]["wrong"])


def test_records_are_read_only(whole):
    with pytest.raises(ValueError, match="read-only"):
        whole.records["wrong"] = False


@pytest.mark.parametrize("at", ["boundary", "middle", "beginning"])
def test_save_and_load_go_on_to_the_same_digest(whole, tmp_path, at):
    session = mark1_session(seed=4)
    if at != "beginning":
        session.run(55)
    if at == "middle":
        session.advance(session.now + 1_600_000)
    savefile.save(session, tmp_path / "s.npz")
    loaded = savefile.load(tmp_path / "s.npz")
    assert (loaded.now, loaded.trial, loaded.digest) == (session.now, session.trial, session.digest)
    while loaded.trial < TRIALS:
        loaded.step("trial")
    assert loaded.digest == whole.digest
    loaded.rewind(3)
    loaded.run(TRIALS - 3)
    assert loaded.digest == whole.digest


def test_going_back_after_a_load_replays_a_small_part_of_the_run(tmp_path):
    session = mark1_session(seed=1)
    session.run(60)
    session.command("set", {"machine.association.theta": 3})
    session.run(1_200)
    savefile.save(session, tmp_path / "s.npz")
    loaded = savefile.load(tmp_path / "s.npz")
    for trial in (1_100, 40, 700):
        stepped = []
        real = loaded.step
        loaded.step = lambda grain, real=real, stepped=stepped: (stepped.append(grain), real(grain))
        loaded.visit(trial)
        del loaded.step
        assert len(stepped) <= 2 * 1_260 // savefile.EARLIER
        session.visit(trial)
        assert loaded.digest == session.digest
    loaded.visit(1_260)
    session.visit(1_260)
    assert loaded.digest == session.digest


def test_an_earlier_checkpoint_that_does_not_fit_is_refused(tmp_path):
    path, session = tmp_path / "s.npz", mark1_session(seed=1)
    session.run(60)
    savefile.save(session, path)
    arrays, header = read_arrays(path)
    for name, value in (
        ("earlier/machine.clock", arrays["earlier/machine.clock"][:, :0]),
        ("earlier/machine.clock", None),
    ):
        broken = {**arrays, name: value}
        write_arrays(path, {n: a for n, a in broken.items() if a is not None}, **header)
        with pytest.raises(StateError, match=r"s\.npz"):
            savefile.load(path)
    wrong = [("trial", -1), ("trial", 50), ("trial", "0"), ("course", 2), ("progress", [1]), ("progress", [0, "0"]),
             ("learn", 1), ("machine", 7), ("digest", "x")]  # fmt: skip
    for name, value in wrong:
        write_arrays(path, arrays, **{**header, "earlier": [{**header["earlier"][0], name: value}]})
        with pytest.raises(StateError, match=r"s\.npz"):
            savefile.load(path)


def test_commands_survive_save_and_load(tmp_path):
    first, second = mark1_session(seed=1), mark1_session(seed=1)
    commanded(first)
    commanded(second, 27)
    savefile.save(second, tmp_path / "s.npz")
    loaded = savefile.load(tmp_path / "s.npz")
    commanded(loaded)
    assert loaded.digest == first.digest


def test_a_given_wiring_is_saved(tmp_path):
    board = MarkI(seed=77).wiring
    session = mark1_session(seed=1, wiring=board)
    session.run(3)
    savefile.save(session, tmp_path / "s.npz")
    assert np.array_equal(savefile.load(tmp_path / "s.npz").learner.wiring, board)


@pytest.fixture
def painted(tmp_path):
    """A session in a world of one's own pictures, opened on the way; its folder and its file lie side by side."""
    for kind in "AB":
        (tmp_path / "here/pics" / kind).mkdir(parents=True)
        for k in range(2):
            card = np.random.default_rng(ord(kind) + k).integers(0, 255, (20, 20), np.uint8)
            Image.fromarray(card).save(tmp_path / "here/pics" / kind / f"é{k}.png")
    session = mark1_session(seed=1)
    session.run(5)
    config = WorldConfig(name="images", images=str(tmp_path / "here/pics")).to_mapping()
    session.command("world", {"config": config, "learn": True})
    session.run(8)
    savefile.save(session, tmp_path / "here/s.npz")
    return session


@pytest.mark.parametrize("how", ["nothing moved", "all moved", "file moved", "pictures told", "other form of names"])
def test_a_session_finds_its_pictures_where_they_are_now(painted, tmp_path, how):
    file, told = tmp_path / "here/s.npz", {}
    match how:
        case "all moved":
            (tmp_path / "here").rename(tmp_path / "there")
            file = tmp_path / "there/s.npz"
        case "file moved":
            file = file.rename(tmp_path / "s.npz")
        case "pictures told":
            told = {"images": str((tmp_path / "here/pics").rename(tmp_path / "elsewhere"))}
        case "other form of names":
            for path in list((tmp_path / "here/pics").rglob("*.png")):
                path.rename(path.with_name(unicodedata.normalize("NFD", path.name)))
    loaded = savefile.load(file, folders=told)
    assert loaded.digest == painted.digest
    copy = savefile.copied(loaded)
    copy.know_folders()
    assert savefile.restored(copy, "copy").digest == painted.digest
    savefile.save(loaded, tmp_path / "again/s.npz")
    again = savefile.load(tmp_path / "again/s.npz")
    for session in (painted, again):
        session.rewind(2)
        session.run(3)
    assert again.digest == painted.digest


def test_pictures_that_are_gone_or_others_are_named_with_what_to_do(painted, tmp_path):
    file, pics = tmp_path / "here/s.npz", tmp_path / "here/pics"
    other = tmp_path / "other"
    shutil.copytree(pics, other)
    (other / "A/new.png").write_bytes((other / "A/é0.png").read_bytes())
    with pytest.raises(StateError, match=r"s\.npz: its files in .*other are others .*--images DIR"):
        savefile.load(file, folders={"images": str(other)})
    (pics / "A/é0.png").write_bytes((pics / "B/é0.png").read_bytes())
    with pytest.raises(StateError, match=r"s\.npz: its files in .*pics are others .*--images DIR"):
        savefile.load(file)
    pics.rename(tmp_path / "gone")
    with pytest.raises(StateError, match=r"s\.npz: .*pics is not there.*--images DIR"):
        savefile.load(file)
    savefile.save(mark1_session(seed=1), tmp_path / "plain.npz")
    with pytest.raises(StateError, match="Leave out --images"):
        savefile.load(tmp_path / "plain.npz", folders={"images": str(other)})


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "foreign", "missing", "changed"])
def test_broken_saves_are_refused(tmp_path, damage):
    path = tmp_path / "s.npz"
    session = mark1_session(seed=4)
    session.run(3)
    savefile.save(session, path)
    match damage:
        case "truncated":
            path.write_bytes(path.read_bytes()[:-200])
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("not a session")
        case "foreign":
            np.savez(path, a=np.zeros(3))
        case "missing":
            path.unlink()
        case "changed":
            arrays, header = read_arrays(path)
            header["digest"] = "0" * 32
            write_arrays(path, arrays, **header)
    with pytest.raises(StateError, match=r"s\.npz: .*\. "):
        savefile.load(path)


def test_an_interrupted_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "s.npz"
    session = mark1_session(seed=4)
    session.run(3)
    savefile.save(session, path)
    before = path.read_bytes()
    session.run(3)
    monkeypatch.setattr("os.replace", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        savefile.save(session, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["s.npz"]


def test_checkpoints_are_thinned_and_rewind_still_works():
    session = mark1_session(seed=1, keep="none")
    session.MOST = 6
    session.run(1000)
    middle = session.digest
    assert len(session._checkpoints) <= 7
    session.rewind(333)
    session.run(667)
    assert session.digest == middle


def test_recent_trace_forgets_but_keeps_the_digest(whole):
    session = mark1_session(seed=4, keep="recent")
    session.trace.limit = 20_000
    session.run(TRIALS)
    assert session.digest == whole.digest
    assert session.trace.events().nbytes < 60_000


@pytest.mark.parametrize(
    "make", [MarkI, lambda: MarkI(MachineConfig().ideal()), Twin], ids=["mark1", "ideal mark1", "twin"]
)
def test_learners_keep_the_contract(make):
    frames, targets = sample_frames(4)
    check_learner(make, stimuli=frames, targets=targets)


def test_check_learner_finds_a_forgetful_reset():
    class Forgetful(Twin):
        def reset(self, seed):
            if hasattr(self, "v"):
                self.v[:] += 1
            else:
                super().reset(seed)

    frames, targets = sample_frames(4)
    with pytest.raises(ContractBroken):
        check_learner(Forgetful, stimuli=frames, targets=targets)


def test_a_refused_setting_loses_nothing_of_the_log():
    plain, tried = mark1_session(seed=1), mark1_session(seed=1)
    for session in (plain, tried):
        session.run(2)
        session.command("force", [1, 0, 0, 0, 0, 0, 0, 0])
    with pytest.raises(MarkIError, match="reach"):
        tried.command("set", {"machine.plugboard.layout": "local", "machine.plugboard.reach": 0.5})
    for session in (plain, tried):
        session.run(2)
    assert tried.digest == plain.digest
    assert np.array_equal(tried.trace.events(), plain.trace.events())


def _do_something(session, number):
    """Give one of the commands of the log, idle or in the middle of a presentation, and let some time pass."""
    match number % 5:
        case 0:
            session.command("set", {"machine.association.theta": 2 + number % 3})
        case 1:
            session.step("event")
            session.advance(session.now + 600_000)
            session.command("turn", {"units": [number], "deg": [12.5]})
        case 2:
            frame = np.zeros(400, int)
            frame[40 : 60 + number] = 255
            session.command("show", {"name": "own", "frame": frame.tolist(), "kind": number % 2 - 1})
        case 3:
            session.command(
                "world", {"config": {"name": "letters", "letters": "ABCDEFG"[: 3 + number % 4]}, "learn": True}
            )
        case 4:
            session.command("toggle", [number % 3 - 1] * 400)
    session.run(7 + number)


def test_a_session_stands_again_at_any_of_its_moments():
    session = mark1_session(seed=4)
    session.run(20)
    moments, seen = [], []
    for number in range(12):
        moments.append(session.moment())
        seen.append((session.trial, session.now, session.digest, state(session), session.known.copy()))
        _do_something(session, number)
    for k in (11, 3, 8, 0, 11, 5):
        session.stand(moments[k])
        trial, now, digest, registers_then, records = seen[k]
        assert (session.trial, session.now, session.digest, state(session)) == (trial, now, digest, registers_then)
        assert np.array_equal(session.known, records)
        session.run(40)  # what happens afterwards changes no moment that was kept


def test_a_moment_in_the_middle_of_a_presentation_in_the_past_of_another_seed_is_found_again():
    session = mark1_session(seed=4)
    session.run(30)
    session.command("set", {"machine.association.theta": 3})
    session.run(10)
    session.visit(12)
    session.step("event")
    session.advance(session.now + 700_000)
    moment, digest, now, there = session.moment(), session.digest, session.now, state(session)
    session.new_seed(9)
    session.run(50)
    session.stand(moment)
    assert (session.seed, session.trial, session.now, session.digest, state(session)) == (4, 12, now, digest, there)
    assert (session.reached, len(session.commands), session.in_past) == (40, 1, True)
    session.visit(40)
    alone = mark1_session(seed=4)
    alone.run(30)
    alone.command("set", {"machine.association.theta": 3})
    alone.run(10)
    assert session.digest == alone.digest


def test_a_run_that_diverges_leaves_the_records_of_moments_alone():
    session = mark1_session(seed=4)
    session.run(40)
    moment, records = session.moment(), session.known.copy()
    session.rewind(10)
    session.command("set", {"machine.association.theta": 4})
    session.run(40)
    assert not np.array_equal(session.known[:40], records)
    session.stand(moment)
    assert np.array_equal(session.known, records)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: mark1_session("digits"), "expected WorldConfig, got 'digits'. Give WorldConfig(name='digits')"),
        (lambda: mark1_session(exam="digits"), "expected WorldConfig, got 'digits'"),
        (lambda: mark1_session(machine={"association.theta": 1}), "Give MachineConfig(…)"),
        (lambda: Session(MarkI(), {"learn": "letters"}), "learn: expected WorldConfig, got 'letters'"),
        (lambda: MarkI("theta"), "MarkI: expected MachineConfig, got 'theta'. Give MachineConfig(…)"),
        (lambda: Twin(7), "Twin: expected MachineConfig, got 7"),
    ],
)
def test_what_are_no_settings_is_refused_with_what_to_write(make, said):
    with pytest.raises(ConfigError, match=re.escape(said)):
        make()


def test_a_command_with_a_wrong_setting_is_refused_as_the_setting_is():
    session = mark1_session()
    with pytest.raises(UnknownName, match=r"Did you mean 'machine.association.theta'"):
        session.command("set", {"machine.association.thet": 1})
    with pytest.raises(ConfigError, match="is out of range"):
        session.command("set", {"machine.association.theta": -1000})
    with pytest.raises(SessionError, match=r"command 'turn': its value lacks 'units'\. Give units, deg"):
        session.command("turn", {})


FRAME = np.zeros(400, np.int16)
FRAME[45:200] = 255
CARD = {"name": "own", "frame": [0] * 400, "kind": 1}


@pytest.mark.parametrize(
    ("name", "value", "plain"),
    [
        ("toggle", np.ones(400, int), [1] * 400),
        ("toggle", np.ones((20, 20), np.int8), [[1] * 20] * 20),
        ("toggle", np.zeros(400), [0.0] * 400),
        ("force", np.array([1, 0, 0, 0, 0, 0, 0, -1]), [1, 0, 0, 0, 0, 0, 0, -1]),
        ("turn", {"units": np.arange(3), "deg": np.array([1.5, 2, 3])}, {"units": [0, 1, 2], "deg": [1.5, 2.0, 3.0]}),
        ("turn", {"units": range(2), "deg": (1, np.float32(0.5))}, {"units": [0, 1], "deg": [1, 0.5]}),
        ("show", CARD | {"frame": FRAME, "kind": np.int64(1)}, CARD | {"frame": FRAME.tolist()}),
        ("course", {"name": np.str_("exam"), "learn": np.bool_(False)}, {"name": "exam", "learn": False}),
        ("world", {"config": {"name": "left_right", "size": np.int64(6)}, "learn": np.bool_(True)},
         {"config": {"name": "left_right", "size": 6}, "learn": True}),
        ("set", {"machine.association.theta": np.int64(3), "machine.faults.dead_cells": np.arange(1, 4)},
         {"machine.association.theta": 3, "machine.faults.dead_cells": [1, 2, 3]}),
    ],
)  # fmt: skip
def test_arrays_are_taken_as_the_plain_values_that_they_are(tmp_path, name, value, plain):
    given, wanted = mark1_session(seed=1), mark1_session(seed=1)
    for session, what in ((given, value), (wanted, plain)):
        session.run(2)
        session.command(name, what)
        session.run(2)
    assert given.digest == wanted.digest
    assert [json.loads(json.dumps(c.value)) for c in given.commands] == [plain]
    savefile.save(given, tmp_path / "s.npz")
    assert savefile.load(tmp_path / "s.npz").digest == copy.deepcopy(given).digest == given.digest


def test_what_was_given_with_a_command_can_be_used_again():
    session, positions = mark1_session(seed=1), [0] * 400
    session.command("toggle", positions)
    positions[:] = [1] * 400
    session.run(2)
    digest = session.digest
    session.visit(0)
    session.visit(2)
    assert session.digest == digest


SWITCHES = "of -1 (off), 0 (free) or 1 (on)"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("toggle", [0] * 399, f"399 positions. Give 400 {SWITCHES}"),
        ("toggle", [5] + [0] * 399, f"5 is no position. Give 400 {SWITCHES}"),
        ("toggle", [0.5] + [0] * 399, f"0.5 is no position. Give 400 {SWITCHES}"),
        ("toggle", ["on"] * 400, "expected a number, got 'on'. It takes 400 positions"),
        ("toggle", 3, "expected a list, got 3. It takes 400 positions"),
        ("force", [10**30] * 8, "is no position. Give 8"),
        ("force", {"on": 1}, "expected a list, got {'on': 1}. It takes 8 positions"),
        ("turn", {"units": [1], "deg": [float("nan")]}, "nan is out of range. Give a finite number"),
        ("turn", {"units": [1], "deg": [float("inf")]}, "inf is out of range. Give a finite number"),
        ("turn", {"units": [1], "deg": [None]}, "deg: expected a number, got None"),
        ("turn", {"units": [1], "deg": None}, "deg: expected a list, got None"),
        ("turn", {"units": [1.7], "deg": [3]}, "units: expected a whole number, got 1.7"),
        ("turn", {"units": [512], "deg": [3]}, "Give one angle for each, A-units 0 to 511"),
        ("turn", {"units": [1, 2], "deg": [3]}, "1 angles for A-units [1, 2]. Give one angle for each"),
        ("show", 3, "command 'show': expected a table, got 3. It takes name, frame, kind. Give a table"),
        ("show", {"name": "own", "frame": [0] * 400}, "lacks 'kind'. Give name, frame, kind"),
        ("show", CARD | {"frame": [0] * 399}, "a card of 399 cells"),
        ("show", CARD | {"frame": [256] * 400}, "256.0 is out of range. Give a value from 0 to 255"),
        ("show", CARD | {"kind": 1.5}, "kind: expected a whole number, got 1.5"),
        ("show", CARD | {"learn": "no"}, "learn: expected true or false, got 'no'"),
        ("show", CARD | {"lern": False}, "unknown key 'lern'. Did you mean 'learn'"),
        ("course", {"name": "exam", "learn": "false"}, "learn: expected true or false, got 'false'"),
        ("course", {"name": "exam", "learn": 0}, "learn: expected true or false, got 0"),
        ("course", [1], "expected a table, got [1]. It takes name, learn"),
        ("world", {"config": {"name": "left_right"}, "learn": "no"}, "learn: expected true or false, got 'no'"),
        ("world", {"config": 3, "learn": True}, "config: expected a table, got 3"),
        ("set", 3, "expected a table, got 3. It takes settings by dotted name"),
        ("set", {"machine.response.units": 3}, "3 R-units are asked for, and the code of the world uses 5"),
        ("set", {"units": 8}, "Leave out response.units, or give 5"),
    ],
)  # fmt: skip
def test_a_command_that_is_refused_says_what_to_give_and_changes_nothing(name, value, said):
    session, plain = mark1_session(seed=1), mark1_session(seed=1)
    for one in (session, plain):
        one.run(2)
    with pytest.raises(MarkIError, match=re.escape(said)):
        session.command(name, value)
    assert not session.commands
    for one in (session, plain):
        one.run(2)
    assert session.digest == plain.digest


def test_reinforcement_is_switched_by_true_and_false_only():
    session = mark1_session(seed=1)
    with pytest.raises(ConfigError, match="expected true or false, got 'no'"):
        session.take("exam", learn="no")


def test_as_many_r_units_as_the_code_needs_can_be_set():
    session = mark1_session(seed=1)
    session.command("set", {"machine.response.units": 5})
    session.run(1)
    with pytest.raises(ConfigError, match="8 R-units are asked for, and the code of the world uses 5"):
        Session(MarkI(), {"learn": WorldConfig()})
    spread = MachineConfig().amend({"response.source_set": [1, 2, 3, 4] * 128})
    assert mark1_session(machine=spread).run(1).size == 1
    with pytest.raises(ConfigError, match="source_set names R-unit 6, 5 are in use"):
        mark1_session(machine=spread.amend({"response.source_set": [6] * 512}))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: mark1_session(seed=1.5), "seed: expected a whole number, got 1.5"),
        (lambda: mark1_session(seed="3"), "seed: expected a whole number, got '3'"),
        (lambda: mark1_session(seed=None), "seed: expected a whole number, got None"),
        (lambda: mark1_session(seed=-1), "seed: -1 is out of range"),
        (lambda: MarkI(seed=1.5), "seed: expected a whole number, got 1.5"),
        (lambda: Twin(seed="3"), "seed: expected a whole number, got '3'"),
        (lambda: mark1_session().new_seed(2.5), "seed: expected a whole number, got 2.5"),
        (lambda: mark1_session().rewind(0.7), "trial: expected a whole number, got 0.7"),
        (lambda: mark1_session().rewind(None), "trial: expected a whole number, got None"),
        (lambda: mark1_session().run(-1), "trials: -1 is out of range"),
        (lambda: mark1_session().run(1.5), "trials: expected a whole number, got 1.5"),
        (lambda: mark1_session().run_to_mistake(most=None), "most: expected a whole number, got None"),
        (lambda: mark1_session().advance(0.5), "until_us: expected a whole number, got 0.5"),
        (lambda: mark1_session().visit_event(0.5), "before_us: expected a whole number, got 0.5"),
    ],
)
def test_what_is_no_number_of_seed_trial_or_time_is_refused(make, said):
    with pytest.raises(ConfigError, match=re.escape(said)):
        make()


def test_numbers_of_numpy_are_numbers_of_a_session():
    session, plain = mark1_session(seed=np.int64(3)), mark1_session(seed=3)
    session.run(np.int64(2))
    session.rewind(np.int32(1))
    session.run(1)
    plain.run(2)
    assert session.digest == plain.digest
    assert type(session.seed) is int
