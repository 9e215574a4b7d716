"""Sound: the waves are clean, what is heard follows the events, and no device is no disaster."""

import time
from itertools import pairwise

import numpy as np
import pygame
import pytest

from marki.console.export import sound
from marki.console.export.sound import BODIES, Ear, Sound, click, loudness, rattle, samples, shutter, whirr
from marki.console.state.lamp_glow import Brightness, LampGlow
from marki.errors import MarkIError
from marki.trace import Bank, Kind, encode

WAVES = {
    **{f"click {b.name}": (lambda body=body: click(body)) for b, body in BODIES.items()},
    **{f"rattle {b.name}": (lambda body=body: rattle(body)) for b, body in BODIES.items()},
    "opens": lambda: shutter(opens=True),
    "covers": lambda: shutter(opens=False),
    "whirr": whirr,
}


def brightness(*codes):
    """Return the brightness of a frame with these (t, bank, unit, kind)."""
    none = np.zeros(512)
    events = np.sort(np.array([int(encode(t, b, u, k)) for t, b, u, k in codes], np.int64))
    return Brightness(s=none[:400], a=none, r=none[:8], turned=none.astype(np.int8), codes=events)


@pytest.fixture
def heard():
    made = Sound()
    assert made.switch(), made.trouble
    yield made
    pygame.mixer.quit()


def broken(*_, **__):
    raise pygame.error("no audio device")


# -- synthesis -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WAVES)
def test_a_wave_is_clean(name):
    wave = WAVES[name]()
    assert np.abs(wave).max() < 1
    assert np.abs(wave).max() > 0.9
    assert abs(wave.mean()) < 1e-6
    assert np.array_equal(wave, WAVES[name]())


@pytest.mark.parametrize("name", [n for n in WAVES if n != "whirr"])
def test_a_wave_begins_and_ends_in_silence(name):
    wave = WAVES[name]()
    assert wave[0] == wave[-1] == 0


def test_the_whirr_has_no_seam():
    wave = whirr()
    steps = np.abs(np.diff(wave))
    assert abs(wave[0] - wave[-1]) <= steps.max()
    bent = np.abs(np.diff(np.concatenate([wave[-3:], wave[:3]]), 2))
    assert bent.max() <= np.abs(np.diff(wave, 2)).max()


def test_the_banks_differ_in_pitch_and_body():
    def centre(wave):
        power = np.abs(np.fft.rfft(wave)) ** 2
        return (np.fft.rfftfreq(wave.size, 1 / sound.RATE) * power).sum() / power.sum()

    s, a, r = (centre(click(BODIES[b])) for b in (Bank.SENSORY, Bank.ASSOCIATION, Bank.RESPONSE))
    assert s > 1.2 * a > 1.2 * 1.2 * r
    assert BODIES[Bank.RESPONSE].loud > 2 * max(BODIES[b].loud for b in (Bank.SENSORY, Bank.ASSOCIATION))


def test_all_at_once_is_not_clipped():
    assert sum(b.loud for b in BODIES.values()) + sound.SHUTTER + sound.WHIRR < 1


def test_samples_are_stereo_of_16_bit():
    made = np.frombuffer(samples(np.array([0.0, 0.5, -1.0])), "<i2")
    assert made.tolist() == [0, 0, 16384, 16384, -32767, -32767]


def test_more_is_louder():
    assert [loudness(n, 100) for n in (0, 25, 100, 400)] == [0, 0.5, 1, 1]


# -- listening -------------------------------------------------------------------------------------------------------


def test_nothing_happens_nothing_is_heard():
    heard = Ear().listen(brightness())
    assert (heard.relays, heard.lens, heard.motors) == ({}, None, 0)


def test_relays_are_counted_by_bank():
    heard = Ear().listen(
        brightness(
            *((5, Bank.SENSORY, n, Kind.ON) for n in range(30)),
            *((7, Bank.ASSOCIATION, n, Kind.OFF) for n in range(4)),
            (8, Bank.RESPONSE, 3, Kind.ON),
            (9, Bank.TRAINER, 3, Kind.ON),
        )
    )
    assert heard.relays == {Bank.SENSORY: 30, Bank.ASSOCIATION: 4, Bank.RESPONSE: 1}


def test_motors_turn_from_start_to_stop():
    ear = Ear()
    ear.listen(brightness(*((5, Bank.POTENTIOMETERS, n, Kind.START_UP) for n in range(3))))
    assert ear.listen(brightness()).motors == 3
    assert ear.listen(brightness((9, Bank.POTENTIOMETERS, 1, Kind.TAKEN_UP))).motors == 3
    ear.listen(brightness((19, Bank.POTENTIOMETERS, 1, Kind.STOP)))
    assert ear.listen(brightness()).motors == 2


def test_a_motor_that_turned_within_the_frame_is_heard():
    ear = Ear()
    busy = brightness((5, Bank.POTENTIOMETERS, 1, Kind.START_DOWN), (6, Bank.POTENTIOMETERS, 1, Kind.STOP))
    assert ear.listen(busy).motors == 1
    assert ear.listen(brightness()).motors == 0


def test_the_lens_ends_what_was_missed():
    ear = Ear()
    ear.listen(brightness((5, Bank.POTENTIOMETERS, 1, Kind.START_DOWN)))
    covered = ear.listen(brightness((8, Bank.SEQUENCER, 0, Kind.COVER), (9, Bank.POTENTIOMETERS, 7, Kind.START_UP)))
    assert (covered.lens, covered.motors) == (Kind.COVER, 1)
    assert ear.listen(brightness((10, Bank.SEQUENCER, 0, Kind.EXPOSE))).lens is Kind.EXPOSE


def test_a_session_is_heard_as_it_is_seen(session):
    glow, ear, most, lens = LampGlow(session), Ear(), 0, []
    for k in range(1, 900):
        session.advance(k * 41_000)  # no frame ends where a presentation does
        view = session.learner.view()
        heard = ear.listen(glow.since_last(view))
        assert heard.motors >= np.count_nonzero(view.turning)
        most = max(most, heard.motors)
        lens += [heard.lens] * (heard.lens is not None)
    assert most > 20
    assert len(lens) >= 4
    assert all(before is not after for before, after in pairwise(lens))


# -- the switch ------------------------------------------------------------------------------------------------------


def test_it_is_off_and_opens_no_mixer():
    pygame.mixer.quit()
    made = Sound()
    made.hear(brightness((5, Bank.SENSORY, 1, Kind.ON)), True, 1 / 60)
    assert not made.on
    assert pygame.mixer.get_init() is None


def test_it_switches_on_and_off(heard):
    assert heard.on
    assert heard.trouble is None
    heard.hear(brightness((5, Bank.SENSORY, 1, Kind.ON)), True, 1 / 60)
    assert heard.switch() is False
    assert not pygame.mixer.get_busy()
    assert heard.switch() is True


def test_no_device_is_a_trouble_and_no_more(monkeypatch):
    pygame.mixer.quit()
    made = Sound()
    with monkeypatch.context() as patch:
        patch.setattr(pygame.mixer, "init", broken)
        assert made.switch() is False
    assert isinstance(made.trouble, MarkIError)
    assert "no audio device" in str(made.trouble)
    assert "\n" not in str(made.trouble)
    made.hear(brightness(), True, 1 / 60)
    assert made.switch() is True
    assert made.trouble is None
    pygame.mixer.quit()


def test_a_device_that_goes_away_does_not_stop_the_window(heard):
    pygame.mixer.quit()
    heard.hear(brightness((5, Bank.SENSORY, 1, Kind.ON)), True, 1 / 60)
    assert not heard.on
    assert isinstance(heard.trouble, MarkIError)
    assert heard.switch() is True
    heard.hear(brightness((5, Bank.SENSORY, 1, Kind.ON)), True, 1 / 60)
    assert heard.on


def test_a_mixer_of_another_format_is_opened_anew():
    pygame.mixer.quit()
    pygame.mixer.init(22050, -16, 1)
    assert Sound().switch()
    assert pygame.mixer.get_init() == (sound.RATE, -16, 2)
    pygame.mixer.quit()


def test_motors_are_silent_when_time_stands_still(heard):
    motors = heard._channels["motors"][0]
    turning = brightness(*((5, Bank.POTENTIOMETERS, n, Kind.START_UP) for n in range(200)))
    heard.hear(turning, True, 1 / 60)
    for _ in range(60):
        heard.hear(brightness(), True, 1 / 60)
    assert motors.get_volume() > 0.3
    for _ in range(60):
        heard.hear(brightness(), False, 1 / 60)
    assert motors.get_volume() == 0


def test_more_relays_are_louder(heard):
    def volume(count):
        heard.hear(brightness(*((5, Bank.SENSORY, n, Kind.ON) for n in range(count))), True, 1 / 60)
        return heard._channels["SENSORY"][heard._turn].get_volume()

    assert 0 < volume(1) < volume(20) < volume(120)


def test_hearing_is_cheap(heard):
    busy = brightness(*((5, Bank.SENSORY, n, Kind.ON) for n in range(400)))
    began = time.perf_counter()
    for _ in range(50):
        heard.hear(busy, True, 1 / 60)
    assert (time.perf_counter() - began) / 50 < 0.01
