"""The sound of the machine: relays click, motors whirr, the shutter falls. All of it is computed; none is recorded.

How the Mark I sounded is not documented. Pitches and loudness are chosen so that the cabinets can be told apart.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import numpy as np
import pygame

from marki.console.state.lamp_glow import Brightness
from marki.errors import MarkIError
from marki.hardware.faults import A_UNITS
from marki.trace import Bank, Kind, decode

RATE = 44_100  # samples a second
MASTER = 0.8**2  # volume of everything, of full scale
FOLLOW_S = 0.08  # in which the whirr follows the motors


@dataclass(frozen=True, kw_only=True)
class Body:
    """How the relays of a bank sound.

    Attributes
    ----------
    hz : float
        Ring of the armature.
    box_hz : float
        Ring of the frame that it is screwed to.
    decay_s : float
    loud : float
        Largest amplitude, of full scale.
    many : int
        How many relays at once are as loud as it gets.
    """

    hz: float
    box_hz: float
    decay_s: float
    loud: float
    many: int


# Everything at its loudest at once stays below full scale.
BODIES = {
    Bank.SENSORY: Body(hz=3400, box_hz=1150, decay_s=0.0022, loud=0.13, many=120),
    Bank.ASSOCIATION: Body(hz=2100, box_hz=640, decay_s=0.0034, loud=0.15, many=120),
    Bank.RESPONSE: Body(hz=1150, box_hz=290, decay_s=0.0070, loud=0.32, many=4),
}
SHUTTER, WHIRR = 0.18, 0.12
MANY_MOTORS = 200
RATTLE = 6  # number of relays from which the sound is a rattle, not a click


# -- synthesis -------------------------------------------------------------------------------------------------------


def _noise(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, n)


def _shaped(wave: np.ndarray, peak: float = 0.98) -> np.ndarray:
    """Return a wave faded in and out, without DC offset, normalised to `peak`."""
    edge = np.ones(wave.size)
    rise, fall = round(0.0003 * RATE), round(0.003 * RATE)
    edge[:rise] = np.linspace(0, 1, rise)
    edge[-fall:] = np.linspace(1, 0, fall)
    wave = wave * edge
    wave = wave - edge * (wave.sum() / edge.sum())
    return wave * (peak / np.abs(wave).max())


def click(body: Body, *, seconds: float = 0.03) -> np.ndarray:
    """Return the click of one relay, (n,) float64 within ±1: a knock, and the ring of armature and frame."""
    t = np.arange(round(seconds * RATE)) / RATE
    ring = np.sin(2 * np.pi * body.hz * t) * np.exp(-t / body.decay_s)
    box = np.sin(2 * np.pi * body.box_hz * t) * np.exp(-t / (2.5 * body.decay_s))
    knock = _noise(t.size, round(body.hz)) * np.exp(-t / 0.0008)
    return _shaped(0.6 * ring + 0.7 * box + 0.5 * knock)


def rattle(body: Body, *, relays: int = 14, spread_s: float = 0.022) -> np.ndarray:
    """Return the clicks of many relays within `spread_s`, (n,) float64 within ±1."""
    one = click(body)
    rng = np.random.default_rng(round(body.hz) + 1)
    starts = np.sort(rng.integers(0, round(spread_s * RATE), relays))
    wave = np.zeros(one.size + round(spread_s * RATE))
    for start, loud in zip(starts, rng.uniform(0.4, 1.0, relays), strict=True):
        wave[start : start + one.size] += loud * one
    return _shaped(wave)


def shutter(*, opens: bool) -> np.ndarray:
    """Return the sound of the lens being opened or covered, (n,) float64 within ±1: leaves that slide, and a knock."""
    t = np.arange(round(0.12 * RATE)) / RATE
    blow = 0.045 if opens else 0.03  # when the leaves arrive
    slide = np.convolve(_noise(t.size + 7, 7 + opens), np.ones(8) / 8, "valid") * np.exp(-(((t - blow) / 0.02) ** 2))
    after = np.maximum(t - blow, 0)
    struck = t >= blow
    hz = 520 if opens else 380
    knock = np.sin(2 * np.pi * hz * after) * np.exp(-after / 0.009) * struck
    snap = _noise(t.size, 11 + opens) * np.exp(-after / 0.0016) * struck
    return _shaped(0.5 * slide + 0.7 * knock + 0.35 * snap)


def whirr(*, seconds: float = 1.0) -> np.ndarray:
    """Return the sound of small motors with gears, (n,) float64 within ±1; it loops without a click.

    All tones go through whole periods, and the noise of the gears is made of such tones.
    """
    n = round(seconds * RATE)
    t = np.arange(n) / RATE
    rng = np.random.default_rng(60)
    wave = np.zeros(n)
    for hz, loud in ((120, 0.5), (240, 0.35), (412, 0.5), (415, 0.45), (824, 0.3), (1236, 0.18), (1655, 0.1)):
        turns = round(hz * seconds) / seconds
        wave += loud * np.sin(2 * np.pi * (turns * t + rng.random()))
    spectrum = np.zeros(n // 2 + 1, complex)
    gears = np.arange(round(500 * seconds), round(3200 * seconds))
    spectrum[gears] = np.exp(2j * np.pi * rng.random(gears.size)) / np.sqrt(gears)
    hiss = np.fft.irfft(spectrum, n)
    wave += 0.6 * hiss / np.abs(hiss).max()
    wave -= wave.mean()
    return wave * (0.98 / np.abs(wave).max())


def samples(wave: np.ndarray) -> bytes:
    """Return a wave as signed 16-bit stereo samples, full scale at ±1."""
    return np.repeat(np.rint(wave * 32767).astype("<i2"), 2).tobytes()


# -- hearing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What there is to hear of one frame.

    Attributes
    ----------
    relays : dict of Bank to int
        How many relays have switched, by bank; banks at rest are left out.
    lens : Kind or None
        EXPOSE or COVER, whichever came last.
    motors : int
        How many motors turn, or turned during the frame.
    """

    relays: dict[Bank, int]
    lens: Kind | None
    motors: int


class Ear:
    """Extracts from the events of each frame what is heard; independent of the mixer."""

    def __init__(self) -> None:
        self._turning = np.zeros(A_UNITS, bool)

    def listen(self, brightness: Brightness) -> Heard:
        """Return what is heard during a frame."""
        events = decode(brightness.codes)
        bank, kind, unit = events["bank"], events["kind"], events["unit"]
        counts = {b: int(np.count_nonzero((bank == b) & (kind <= Kind.ON))) for b in BODIES}
        starts = (kind == Kind.START_UP) | (kind == Kind.START_DOWN)
        turned = np.zeros(A_UNITS, bool)
        turned[unit[starts]] = True
        lens = np.flatnonzero((bank == Bank.SEQUENCER) & ((kind == Kind.EXPOSE) | (kind == Kind.COVER)))
        power = starts | ((bank == Bank.POTENTIOMETERS) & (kind == Kind.STOP))
        if lens.size:  # while the lens moves all motors rest, so whatever was missed is over
            self._turning[:] = False
            power[: lens[-1]] = False
        self._turning[unit[power]] = starts[power]  # the last event of a motor stands last and wins
        return Heard(
            relays={b: n for b, n in counts.items() if n},
            lens=Kind(int(kind[lens[-1]])) if lens.size else None,
            motors=int(np.count_nonzero(self._turning | turned)),
        )


def loudness(count: int, many: int) -> float:
    """Return the amplitude of `count` of `many` sources, 0 to 1: a square root, since the powers of sources add up."""
    return float(np.sqrt(min(count / many, 1.0)))


class Sound:
    """The machine's sound; off until it is switched on.

    Attributes
    ----------
    on : bool
    trouble : MarkIError or None
        Why it could not be switched on, or was lost.
    """

    def __init__(self) -> None:
        self.on = False
        self.trouble: MarkIError | None = None
        self._ear = Ear()
        self._level = 0.0
        self._made: dict[str, list[pygame.mixer.Sound]] = {}
        self._channels: dict[str, list[pygame.mixer.Channel]] = {}
        self._turn = 0

    def switch(self) -> bool:
        """Turn the sound on or off; return whether it is on. Where there is no audio device it stays off."""
        if self.on:
            self._off()
            return False
        try:
            self._open()
        except (pygame.error, NotImplementedError, OSError) as error:
            self._lose(error)
            return False
        self.on, self.trouble = True, None
        return True

    def hear(self, brightness: Brightness, running: bool, seconds: float) -> None:
        """Play the sound of one frame; call it once a frame.

        Parameters
        ----------
        brightness : Brightness
            What happened during the frame.
        running : bool
            Whether time passes; if not, the motors are silent.
        seconds : float
            Duration of the frame on the wall clock.
        """
        if not self.on:
            return
        heard = self._ear.listen(brightness)
        try:
            if not pygame.mixer.get_init():  # to play on a mixer that was shut would end the program
                raise pygame.error("the mixer was shut")
            self._play(heard, running, seconds)
        except (pygame.error, NotImplementedError, OSError) as error:
            self._lose(error)

    # -- the mixer ---------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        mixer = pygame.mixer
        if mixer.get_init() != (RATE, -16, 2):
            # Exactly this format, which SDL converts if need be, so that the samples fit.
            mixer.quit()
            mixer.init(RATE, -16, 2, 512, allowedchanges=0)
            self._made.clear()
        if not self._made:
            for bank, body in BODIES.items():
                waves = click(body), rattle(body)
                self._made[bank.name] = [mixer.Sound(buffer=samples(body.loud * w)) for w in waves]
            lens = shutter(opens=False), shutter(opens=True)
            self._made["lens"] = [mixer.Sound(buffer=samples(SHUTTER * w)) for w in lens]
            self._made["motors"] = [mixer.Sound(buffer=samples(WHIRR * whirr()))]
        mixer.set_num_channels(max(8, mixer.get_num_channels()))
        # Two channels a bank, in turn, so that a click is not cut off by the next.
        self._channels = {b.name: [mixer.Channel(2 * k), mixer.Channel(2 * k + 1)] for k, b in enumerate(BODIES)}
        self._channels |= {"lens": [mixer.Channel(6)], "motors": [mixer.Channel(7)]}
        self._ear, self._level = Ear(), 0.0
        self._channels["motors"][0].set_volume(0)
        self._channels["motors"][0].play(self._made["motors"][0], loops=-1)
        self._channels["motors"][0].set_volume(0)

    def _play(self, heard: Heard, running: bool, seconds: float) -> None:
        self._turn ^= 1
        for bank, count in heard.relays.items():
            sound = self._made[bank.name][count >= RATTLE]
            channel = self._channels[bank.name][self._turn]
            channel.play(sound)
            channel.set_volume(MASTER * loudness(count, BODIES[bank].many))
        if heard.lens is not None:
            self._channels["lens"][0].play(self._made["lens"][heard.lens == Kind.EXPOSE])
            self._channels["lens"][0].set_volume(MASTER)
        wanted = loudness(heard.motors, MANY_MOTORS) if running else 0.0
        self._level += (wanted - self._level) * min(1.0, seconds / FOLLOW_S)
        if wanted == 0 and self._level < 0.01:
            self._level = 0.0
        self._channels["motors"][0].set_volume(MASTER * self._level)

    def _off(self) -> None:
        self.on = False
        with contextlib.suppress(pygame.error, NotImplementedError):
            if pygame.mixer.get_init():
                for channel in (c for channels in self._channels.values() for c in channels):
                    channel.stop()

    def _lose(self, error: Exception) -> None:
        self._off()
        self._made.clear()
        self.trouble = MarkIError(
            f"the sound cannot be played ({error})",
            where="audio",
            remedy="Plug in or choose an audio device, and try again",
            code="session.sound",
            reason=error,
        )
