"""The value store: 512 potentiometers, each turned by a motor of its own, planned in closed form.

All angles are whole millionths of a degree and all times whole microseconds, so that a potentiometer stands at the
same place however its movement is computed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import Config, setting
from marki.hardware.faults import A_UNITS, FaultsConfig
from marki.hardware.relays import Agenda
from marki.registers import Register
from marki.seeding import generator
from marki.trace import Bank, Kind, count_until, encode

DEGREE = 1_000_000  # millionths of a degree


@dataclass(frozen=True, kw_only=True)
class PotentiometerConfig(Config):
    """Settings of the motors and potentiometers. All values are assumed, except where the provenance table differs."""

    travel_deg: float = setting(
        300.0, "Turn of the wiper from stop to stop; zero lies in the middle", unit="deg", low=1, high=3600
    )
    speed_deg_per_s: float = setting(2.0, "Mean speed of a motor at its wiper", unit="deg/s", low=0.001, high=1000)
    motor_spread: bool = setting(True, "Motors differ in speed", effect=True)
    speed_spread: float = setting(
        0.05, "Standard deviation of the speeds, as share of the mean", unit="share", low=0, high=0.3
    )
    start_lag: bool = setting(True, "A motor starts to turn only some time after its power comes on", effect=True)
    start_lag_us: int = setting(20_000, "Mean start lag", unit="us", low=0, high=5_000_000)
    start_lag_spread: float = setting(
        0.25, "Start lags spread evenly by this share either way", unit="share", low=0, high=0.9
    )
    coast: bool = setting(True, "A motor runs on after its power goes off, slowing down evenly", effect=True)
    coast_us: int = setting(30_000, "Time in which a motor comes to rest", unit="us", low=1, high=5_000_000)
    backlash: bool = setting(True, "Gears have play: after a reversal the wiper stands still at first", effect=True)
    backlash_deg: float = setting(0.3, "Play of the gears at the wiper", unit="deg", low=0, high=30)
    resolution: bool = setting(True, "The wiper rests on whole turns of resistance wire", effect=True)
    levels: int = setting(300, "Turns of wire from stop to stop", low=2, high=1_000_000)
    end_stops: bool = setting(True, "The wiper cannot turn beyond its stops", effect=True)
    start: str = setting("zero", "Where the wipers stand at reset", choices=("zero", "random"))
    start_deg: float = setting(3.0, "Random starts lie evenly within this angle of zero", unit="deg", low=0, high=1800)
    supply_drift: bool = setting(True, "The supply, and with it the speed of all motors, wanders slowly", effect=True)
    drift_share: float = setting(0.01, "Largest departure of the supply from its mean", unit="share", low=0, high=0.5)
    drift_period_us: int = setting(600_000_000, "Time in which the supply goes up, down and back", unit="us", low=1000)


def supply_ppm(config: PotentiometerConfig, phase_us: int, t_us: int) -> int:
    """Return the supply at `t_us` in millionths of its mean: a slow triangular wave."""
    if not config.supply_drift:
        return 1_000_000
    period = config.drift_period_us
    peak = round(config.drift_share * 1_000_000)
    x = 4 * ((t_us + phase_us) % period)
    wave = x if x < period else 2 * period - x if x < 3 * period else x - 4 * period
    return 1_000_000 + peak * wave // period


def turned(
    speed: np.ndarray, lag: np.ndarray, run_us: np.ndarray, coast_us: int, dt: np.ndarray | np.int64
) -> np.ndarray:
    """Return how far a motor has turned `dt` after its power came on, in millionths of a degree.

    At rest for the start lag; then at `speed` until the power goes off after `run_us`; then slowing evenly for
    `coast_us`: speed · (τ - τ² / 2·coast). A motor whose power goes off within its start lag never moves.
    All int64; times in µs, speed in 1e-6 deg/s.
    """
    moves = run_us > lag
    steady = np.clip(dt, lag, np.maximum(run_us, lag)) - lag
    # Divided in two steps, which gives the same whole number and leaves room in 64 bits for any settings.
    seconds, rest = np.divmod(steady, 1_000_000)
    angle = speed * seconds + speed * rest // 1_000_000
    if coast_us:
        tau = np.clip(dt - run_us, 0, coast_us)
        whole, rest = np.divmod(2 * coast_us * tau - tau * tau, 2 * coast_us)
        angle = angle + np.where(moves, (speed * whole + speed * rest // (2 * coast_us)) // 1_000_000, 0)
    return angle


def time_to_turn(
    angle: np.ndarray, speed: np.ndarray, lag: np.ndarray, run_us: np.ndarray, coast_us: int
) -> np.ndarray:
    """Return the first whole µs after power-on at which a motor has turned by `angle` (> 0), int64.

    Only for motors that do turn that far.
    """
    dt = lag - (-angle * 1_000_000 // speed)
    late = np.flatnonzero(dt > run_us)
    if late.size:
        # In the run-out: bisect, since the rounded parabola has no inverse of its own.
        low, high = run_us[late], run_us[late] + coast_us
        while (gap := high - low > 1).any():
            middle = (low + high) // 2
            there = turned(speed[late], lag[late], run_us[late], coast_us, middle) >= angle[late]
            high = np.where(gap & there, middle, high)
            low = np.where(gap & ~there, middle, low)
        dt[late] = high
    return dt


class PotentiometerBank:
    """512 motor-driven potentiometers.

    The motor turns a shaft; the wiper follows it with the play of the gears: wiper within half the play of the shaft
    (so a reversal first takes the play up). The stops hold the wiper, and a clutch lets the motor slip.
    """

    def __init__(self, config: PotentiometerConfig, faults: FaultsConfig, seed: int):
        self.config = c = config
        n = A_UNITS
        speed = np.full(n, c.speed_deg_per_s * DEGREE)
        if c.motor_spread:
            spread = generator(seed, "potentiometers.speed").standard_normal(n).clip(-3, 3).round(9)
            speed *= 1 + c.speed_spread * spread
        self.speed = np.rint(speed).astype(np.int64)
        self.nominal_speed = round(c.speed_deg_per_s * DEGREE)
        self.speed[faults.motors()] = 0
        self.lag_us = np.zeros(n, np.int64)
        if c.start_lag:
            spread = generator(seed, "potentiometers.lag").uniform(-c.start_lag_spread, c.start_lag_spread, n).round(9)
            self.lag_us = np.rint(c.start_lag_us * (1 + spread)).astype(np.int64)
        self.coast_us = c.coast_us if c.coast else 0
        self.play = round(c.backlash_deg * DEGREE / 2) if c.backlash else 0  # to either side
        self.stop = round(c.travel_deg * DEGREE / 2) if c.end_stops else 1 << 60
        self.step = round(c.travel_deg * DEGREE / c.levels) if c.resolution else 1
        self._phase_us = int(generator(seed, "supply.phase").integers(c.drift_period_us))

        self.wiper = np.zeros(n, np.int64)
        if c.start == "random":
            start = generator(seed, "potentiometers.start").uniform(-c.start_deg, c.start_deg, n)
            self.wiper[:] = np.rint(start * DEGREE).clip(-self.stop, self.stop)
        self.shaft = self.wiper.copy()
        self.direction = np.zeros(n, np.int8)
        self.run_us = np.zeros(n, np.int64)
        self.began_us = np.zeros(1, np.int64)
        self.supply = np.array([1_000_000], np.int64)
        self.agenda = Agenda()

    def registers(self) -> list[Register]:
        """List the state of the bank."""
        return [
            Register("potentiometers.wiper", self.wiper, "1e-6 deg", "Angle of each wiper at the last power-on."),
            Register("potentiometers.shaft", self.shaft, "1e-6 deg", "Angle of each gear shaft at the last power-on."),
            Register("potentiometers.direction", self.direction, "", "Where each motor turns: -1 down, 0 rests, 1 up."),
            Register("potentiometers.run", self.run_us, "us", "For how long each motor has power."),
            Register("potentiometers.began", self.began_us, "us", "When the power last came on."),
            Register("potentiometers.supply", self.supply, "ppm", "Supply voltage at the last power-on, of its mean."),
        ]

    def _moved(self, t_us: int, who: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return shaft and wiper at `t_us` of the motors `who` that have turned since the last power-on."""
        speed = self.speed[who] * int(self.supply[0]) // 1_000_000
        dt = np.int64(t_us - int(self.began_us[0]))
        by = turned(speed, self.lag_us[who], self.run_us[who], self.coast_us, dt)
        return self._at(who, by * self.direction[who])

    def _at(self, who: np.ndarray, by: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        limit = self.stop + self.play
        shaft = np.clip(self.shaft[who] + by, -limit, limit)
        return shaft, np.clip(self.wiper[who], shaft - self.play, shaft + self.play)

    def wiper_at(self, t_us: int) -> np.ndarray:
        """Return the wipers' angles at `t_us`, (512,) int64, 1e-6 deg."""
        who = np.flatnonzero(self.direction)
        if not who.size:
            return self.wiper.copy()
        wiper = self.wiper.copy()
        wiper[who] = self._moved(t_us, who)[1]
        return wiper

    def turning_at(self, t_us: int) -> np.ndarray:
        """Return which motors turn at `t_us`, (512,) int8: -1 down, 0 rests, 1 up."""
        dt = t_us - int(self.began_us[0])
        live = (self.run_us > self.lag_us) & (dt >= self.lag_us) & (dt < self.run_us + self.coast_us)
        return np.where(live & (self.speed > 0), self.direction, 0)

    def reading(self, wiper: np.ndarray) -> np.ndarray:
        """Return what the wipers pick up, (512,) int64, 1e-6 deg: whole turns of wire, to the nearest."""
        if self.step == 1:
            return wiper
        return (wiper + self.step // 2) // self.step * self.step

    def place(self, who: np.ndarray, angle: np.ndarray) -> None:
        """Put resting wipers, and the shafts that hold them, at `angle`, int64 1e-6 deg, as a hand does."""
        self.direction[who] = 0
        self.run_us[who] = 0
        self.wiper[who] = self.shaft[who] = angle

    def settle(self, t_us: int) -> None:
        """Take the movement up to `t_us` into the registers; motors still turning keep turning no longer."""
        who = np.flatnonzero(self.direction)
        if who.size:
            self.shaft[who], self.wiper[who] = self._moved(t_us, who)
            self.direction[who] = 0
            self.run_us[who] = 0

    def drive(self, t_us: int, direction: np.ndarray, run_us: np.ndarray) -> int:
        """Put power on the motors.

        Parameters
        ----------
        t_us : int
            When; whatever still turned then is cut short.
        direction : (512,) int8
            -1 down, 0 none, 1 up.
        run_us : (512,) int64
            For how long.

        Returns
        -------
        int
            µs from now until the last motor is at rest.
        """
        self.settle(t_us)
        who = np.flatnonzero((direction != 0) & (run_us > 0))
        self.began_us[0] = t_us
        self.supply[0] = supply_ppm(self.config, self._phase_us, t_us)
        if not who.size:
            self.agenda.plan(t_us, self.agenda.codes[:0])
            return 0
        self.direction[who] = direction[who]
        self.run_us[who] = run_us[who]
        self.replan(t_us)
        return int(self.run_us[who].max()) + self.coast_us

    def replan(self, t_us: int) -> None:
        """Plan the events after `t_us` that belong to the present drive, from the registers alone."""
        who = np.flatnonzero((self.direction != 0) & (self.run_us > self.lag_us) & (self.speed > 0))
        began, coast = int(self.began_us[0]), self.coast_us
        sign = self.direction[who].astype(np.int64)
        speed = self.speed[who] * int(self.supply[0]) // 1_000_000
        lag, run = self.lag_us[who], self.run_us[who]
        whole = turned(speed, lag, run, coast, run + coast)
        gap = self.play - sign * (self.shaft[who] - self.wiper[who])
        room = self.stop + self.play - sign * self.shaft[who]

        codes = [
            encode(began + lag, Bank.POTENTIOMETERS, who, np.where(sign > 0, Kind.START_UP, Kind.START_DOWN)),
            encode(began + run + coast, Bank.POTENTIOMETERS, who, Kind.STOP),
        ]
        for angle, kind in ((gap, Kind.TAKEN_UP), (room, Kind.END_STOP)):
            # Zero play left means the wiper moves at once; at a stop already, the motor slips from the start.
            met = np.flatnonzero((angle > 0) & (angle <= whole))
            if met.size:
                at = began + time_to_turn(angle[met], speed[met], lag[met], run[met], coast)
                codes.append(encode(at, Bank.POTENTIOMETERS, who[met], kind))
        merged = np.sort(np.concatenate(codes))
        if t_us > began:
            merged = merged[count_until(merged, t_us) :]
        self.agenda.plan(t_us, merged)
