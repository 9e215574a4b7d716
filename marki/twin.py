"""The twin: the deliberately boring Mark I, plain NumPy without a clock.

It knows the wiring, the thresholds and the rules, and nothing of relays and motors. With all physical effects of the
machine switched off, both give the same answer to every stimulus and end with the same values; a test says so.
Values are angles in whole millionths of a degree, since that is what a motor turns in a pulse, rounded down.
"""

from __future__ import annotations

import numpy as np

from marki.config import settings_of
from marki.errors import ConfigError
from marki.hardware import plugboard
from marki.hardware.faults import A_UNITS
from marki.io.frame import CELLS, check_frames
from marki.io.ports import Port
from marki.io.responses import R_UNITS, check_lamps
from marki.machine import MachineConfig
from marki.registers import Register
from marki.seeding import check_seed, generator


class Twin:
    """The Mark I as arithmetic: s = [light >= threshold], a = [W s >= theta], r = [sum of v over active > 0].

    Parameters
    ----------
    config : MachineConfig
        Its physical effects must all be off (`MachineConfig.ideal`).
    seed : int
    wiring : (512, 400) int8, optional
        A wiring to use instead of a drawn one, whatever the seed.

    Raises
    ------
    ConfigError
        If a physical effect is on.
    """

    accepts = Port.FRAME
    answers = Port.LAMPS

    def __init__(self, config: MachineConfig | None = None, *, seed: int = 0, wiring: np.ndarray | None = None):
        given = MachineConfig().ideal() if config is None else settings_of(MachineConfig, config, where="Twin")
        self.config = check_ideal(given)
        self._given = None
        if wiring is not None:
            self._given = plugboard.check(wiring, fan_out=self.config.plugboard.fan_out)
        self.reset(seed)

    def reset(self, seed: int) -> None:
        """Draw the wiring of `seed`; all values at their start."""
        self.seed = check_seed(seed)
        self._build()
        self.v = np.zeros(A_UNITS, np.int64)
        if self.config.potentiometers.start == "random":
            reach = self.config.potentiometers.start_deg
            self.v[:] = np.rint(generator(seed, "potentiometers.start").uniform(-reach, reach, A_UNITS) * 1e6)

    def refit(self, config: MachineConfig) -> None:
        """Change settings; the values stay as they are."""
        self.config = check_ideal(config)
        self._build()

    def _build(self) -> None:
        """Wire the board and prepare what follows from the settings."""
        c = self.config
        board = plugboard.wire(c.plugboard, self.seed) if self._given is None else self._given
        wiring = c.faults.apply_to(plugboard.patch(board, c.plugboard))
        self._wiring = wiring.astype(np.float32)  # exact for such small whole numbers, and far faster than integers
        self._stuck = c.faults.stuck()
        n = c.response.units
        sets = np.array(c.response.source_set) - 1 if c.response.source_set else np.arange(A_UNITS) * n // A_UNITS
        self.source_set = sets
        self._member = [np.flatnonzero(sets == k) for k in range(n)]
        self.speed = np.full(A_UNITS, round(c.potentiometers.speed_deg_per_s * 1e6))
        self.speed[c.faults.motors()] = 0

    def __repr__(self) -> str:
        return f"<Twin: {len(self._member)} R-units, theta {self.config.association.theta}>"

    def registers(self) -> list[Register]:
        """List the state: the values alone."""
        return [Register("twin.v", self.v, "1e-6 deg", "Value of each A-unit.")]

    def active(self, frame: np.ndarray) -> np.ndarray:
        """Return the A-units that fire for a frame (20, 20), (512,) bool."""
        s = frame.reshape(CELLS) >= self.config.sensory.threshold
        s[self.config.faults.cells()] = False
        a = self._wiring @ s.astype(np.float32) >= self.config.association.theta
        a[self._stuck == 1] = True
        a[self._stuck == -1] = False
        return a

    def decide(self, a: np.ndarray) -> np.ndarray:
        """Return the R-units in use for active A-units, (units,) bool."""
        response = self.config.response
        sums = np.array([self.v[m][a[m]].sum() for m in self._member])
        if response.readout == "threshold":
            return sums > 0
        if response.statistic == "mean":
            sums = sums / np.maximum([a[m].sum() for m in self._member], 1)
        return (sums == sums.max()) & ((sums == sums.max()).sum() == 1) & (sums > 0)

    def respond(self, stimuli: np.ndarray) -> np.ndarray:
        """Answer each frame, (n, 8) bool."""
        frames = check_frames(stimuli)
        answers = np.zeros((len(frames), R_UNITS), bool)
        for k, frame in enumerate(frames):
            answers[k, : len(self._member)] = self.decide(self.active(frame))
        return answers

    def reinforce(self, stimuli: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Answer each frame and then correct the values, (n, 8) bool."""
        frames = check_frames(stimuli)
        targets = check_lamps(targets, len(frames))
        answers = np.zeros((len(frames), R_UNITS), bool)
        n = len(self._member)
        for k, frame in enumerate(frames):
            a = self.active(frame)
            answers[k, :n] = r = self.decide(a)
            self.correct(a, r, targets[k, :n])
        return answers

    def correct(self, a: np.ndarray, r: np.ndarray, target: np.ndarray) -> None:
        """Correct the values of active A-units (512,) after the answer r and for the target, both (units,) bool."""
        c = self.config.reinforcement
        for unit, members in enumerate(self._member):
            goal = r[unit] if c.control == "spontaneous" else target[unit]
            if c.control == "none" or (c.control == "error" and r[unit] == target[unit]):
                continue
            if not goal and c.polarity == "monovalent":
                continue
            sign = 1 if goal else -1
            active, rest = members[a[members]], members[~a[members]]
            if c.rule == "alpha":
                self._turn(active, sign, c.pulse_us)
            elif c.rule == "beta" and active.size:
                self._turn(active, sign, c.pulse_us * c.beta_units // active.size)
            elif c.rule == "gamma" and active.size:
                self._turn(active, sign, c.pulse_us)
                if rest.size:
                    self._turn(rest, -sign, c.pulse_us * active.size // rest.size)
        if c.decay:
            away = np.abs(self.v) * round(c.decay * 1e6) // 1_000_000
            run = away * 1_000_000 // round(self.config.potentiometers.speed_deg_per_s * 1e6)
            self.v -= np.sign(self.v) * self._angle(self.speed, run)

    def _turn(self, units: np.ndarray, sign: int, run_us: int) -> None:
        self.v[units] += sign * self._angle(self.speed[units], run_us)

    @staticmethod
    def _angle(speed: np.ndarray, run_us: np.ndarray | int) -> np.ndarray:
        """Return speed · run_us / 1,000,000, rounded down, without leaving 64 bits on the way."""
        seconds, rest = np.divmod(run_us, 1_000_000)
        return speed * seconds + speed * rest // 1_000_000


def check_ideal(config: MachineConfig) -> MachineConfig:
    """Return settings that the twin can compute.

    Raises
    ------
    ConfigError
        If a physical effect is on.
    """
    on = [name for name, value, meta in config.items() if meta["effect"] and value]
    if on:
        many = f" and {len(on) - 1} other effects" if len(on) > 1 else ""
        remedy = "Switch all physical effects off, with --ideal or MachineConfig().ideal()"
        raise ConfigError(f"the twin cannot compute machine.{on[0]}{many}", where="twin", remedy=remedy)
    return config
