"""The keepers of the hall's rooms: who takes part, what is asked, and that one reader judges all drawings."""

from dataclasses import replace

import numpy as np
import pytest

from marki.errors import PortError, UnknownName
from marki.io.camera import Camera
from marki.io.exhibits import HALL
from marki.io.responses import binary_code, lamps
from marki.io.rooms import ROOMS
from marki.io.stimuli import enlarged
from successors import registry
from successors.serving import gallery, room_keepers
from successors.serving.loaded_system import LoadedSystem
from successors.serving.room_keepers import RoomQuestion
from successors.tasks import digits, likeness


def untrained(name):
    system = registry.find(name)
    return LoadedSystem(system=system, trial=system.entry.trials[0], learner=registry.create(name))


def question(named="7", again=0):
    return RoomQuestion(number=4, asked=np.array(named), subject="digits", again=again)


def test_one_reader_reads_what_was_drawn():
    loaded = untrained("gan")
    reply = room_keepers.keeper("draws").ask(loaded, question())
    own = likeness.judge("digits").look(reply.field[None])[1][0]
    assert (reply.read, reply.wanted, reply.reader) == (HALL["digits"][own], "7", "LeNet-5")
    np.testing.assert_array_equal(reply.stimulus, lamps(binary_code(10))[7])


def test_a_real_digit_is_read_as_what_it_is():
    loaded = untrained("gan")
    inks, kinds = zip(*(digits.digit("test", k) for k in range(20)), strict=True)
    fields = [Camera().frame(enlarged(ink)).astype(np.float32) for ink in inks]
    blank = room_keepers.keeper("draws").ask(loaded, question())
    read = [room_keepers.judged(replace(blank, field=field), "digits").read for field in fields]
    assert np.mean([r == HALL["digits"][k] for r, k in zip(read, kinds, strict=True)]) >= 0.85


def test_the_same_is_drawn_once_more_with_other_noise_and_found_again():
    loaded = untrained("gan")
    ask = room_keepers.keeper("draws").ask
    drawn = [ask(loaded, question(again=again)).field for again in (0, 1, 2, 1, 0)]
    np.testing.assert_array_equal(drawn[0], drawn[4])
    np.testing.assert_array_equal(drawn[1], drawn[3])
    assert not np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[1], drawn[2])


def test_who_is_not_told_the_class_is_not_judged_by_it():
    reply = room_keepers.keeper("draws").ask(untrained("vae"), question())
    assert reply.wanted == ""
    assert not reply.stimulus.any()
    assert reply.read in HALL["digits"]


@pytest.mark.parametrize("named", ["x", "12", ""])
def test_what_is_no_class_of_the_subject_is_refused(named):
    with pytest.raises(PortError, match="no class of digits"):
        room_keepers.keeper("draws").check(np.array(named), "digits")


def test_an_unknown_room_is_refused():
    with pytest.raises(UnknownName, match="draws"):
        room_keepers.keeper("drawz")


def test_letters_and_digits_have_weights_of_their_own(monkeypatch, tmp_path):
    home = tmp_path / "stylegan2"
    home.mkdir()
    monkeypatch.setattr(registry, "shipped", lambda name: tmp_path / name)
    system = registry.find("stylegan2")
    trials = system.entry.trials
    assert gallery.exhibit(system, {}).hall == {}
    (home / registry.WEIGHTS).touch()
    assert gallery.exhibit(system, {}).hall == {"draws": ("digits",)}
    assert registry.weights("stylegan2", "digits") == (home / registry.WEIGHTS, trials[0])
    (home / registry.weights_name("letters")).touch()
    assert gallery.exhibit(system, {}).hall == {"draws": ("letters", "digits")}
    assert registry.weights("stylegan2", "letters") == (home / "letters.safetensors.xz", trials[1])
    assert room_keepers.keeper("reads").subjects(system) == ()


def test_every_room_of_the_window_has_a_keeper():
    assert [k.room for k in room_keepers.KEEPERS.values()] == list(ROOMS)
