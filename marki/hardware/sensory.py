"""The S-unit bank: 400 cadmium-sulphide cells behind the lens, each with a threshold and a relay of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from marki.config import Config, setting
from marki.hardware.faults import FaultsConfig
from marki.hardware.relays import RelayBank
from marki.io.frame import CELLS, crossing, signal
from marki.registers import Register
from marki.seeding import Noise, generator
from marki.trace import Bank


@dataclass(frozen=True, kw_only=True)
class SensoryConfig(Config):
    """Settings of the photocells and their circuits. All values are assumed, except where the provenance table
    differs.
    """

    threshold: float = setting(
        0.5, "Light at which an S-unit turns on", unit="share of full light", low=0.01, high=0.99
    )
    lag: bool = setting(True, "Cells take time to rise and decay", effect=True)
    rise_us: int = setting(30_000, "Time constant of a cell towards more light", unit="us", low=1, high=10_000_000)
    decay_us: int = setting(60_000, "Time constant of a cell towards less light", unit="us", low=1, high=10_000_000)
    spread: bool = setting(True, "Cells differ in threshold", effect=True)
    spread_sd: float = setting(
        0.02, "Standard deviation of the thresholds from cell to cell", unit="share of full light", low=0, high=0.2
    )
    noise: bool = setting(True, "Thresholds vary from exposure to exposure", effect=True)
    noise_sd: float = setting(
        0.005,
        "Standard deviation of a threshold from exposure to exposure",
        unit="share of full light",
        low=0,
        high=0.2,
    )
    relay_lag: bool = setting(True, "Relays take time to pull in and to drop out", effect=True)
    pull_in_us: int = setting(12_000, "Mean pull-in time of an S-unit's relay", unit="us", low=0, high=1_000_000)
    drop_out_us: int = setting(8_000, "Mean drop-out time of an S-unit's relay", unit="us", low=0, high=1_000_000)
    relay_spread: float = setting(
        0.2, "Relay times spread evenly by this share either way", unit="share", low=0, high=0.9
    )


class RelayTimes(Protocol):
    """What the settings of a bank say of its relays."""

    @property
    def relay_lag(self) -> bool: ...  # noqa: D102
    @property
    def pull_in_us(self) -> int: ...  # noqa: D102
    @property
    def drop_out_us(self) -> int: ...  # noqa: D102
    @property
    def relay_spread(self) -> float: ...  # noqa: D102


def relay_times(config: RelayTimes, seed: int, name: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pull-in and drop-out times of a bank of relays, two (count,) int64 arrays in µs."""
    if not config.relay_lag:
        return np.zeros(count, np.int64), np.zeros(count, np.int64)
    spread = generator(seed, name).uniform(-config.relay_spread, config.relay_spread, (2, count)).round(6)
    pull = np.rint(config.pull_in_us * (1 + spread[0])).astype(np.int64)
    drop = np.rint(config.drop_out_us * (1 + spread[1])).astype(np.int64)
    return pull, drop


def thresholds(config: SensoryConfig, seed: int) -> np.ndarray:
    """Return each cell's own threshold, (400,) float64, share of full light."""
    base = np.full(CELLS, config.threshold)
    if config.spread:
        base += config.spread_sd * generator(seed, "sensory.threshold").standard_normal(CELLS).round(9)
    return base


class SensoryBank:
    """400 photocells and S-units, in closed form between changes of light.

    A cell's signal goes exponentially to the light that falls on it; its S-unit's coil has current while the signal
    is at or above the cell's threshold; the relay follows after its pull-in or drop-out time.
    """

    def __init__(self, config: SensoryConfig, faults: FaultsConfig, seed: int):
        self.config = config
        self.relays = RelayBank(Bank.SENSORY, *relay_times(config, seed, "sensory.relays", CELLS))
        self.dead = faults.cells()
        self.threshold = thresholds(config, seed)
        self._noise = Noise(seed, "sensory.noise", CELLS)
        self.start = np.zeros(CELLS)
        self.light = np.zeros(CELLS)
        self.level_now = self.threshold.copy()
        self.changed_us = np.zeros(1, np.int64)
        self.forced = np.zeros(CELLS, np.int8)

    def registers(self) -> list[Register]:
        """List the state of the bank."""
        return [
            Register("sensory.start", self.start, "share", "Signal of each cell when its light last changed."),
            Register("sensory.light", self.light, "share", "Light that falls on each cell."),
            Register(
                "sensory.level", self.level_now, "share", "Threshold of each cell in this exposure, noise included."
            ),
            Register("sensory.changed", self.changed_us, "us", "When the light last changed."),
            Register("sensory.forced", self.forced, "", "Toggle of each S-unit: 0 camera, 1 forced on, -1 forced off."),
            *self.relays.registers("sensory"),
        ]

    def signal_at(self, t_us: int) -> np.ndarray:
        """Return the cells' signals at `t_us`, (400,) float64, share of full light."""
        dt, c = t_us - int(self.changed_us[0]), self.config
        return signal(self.start, self.light, dt, c.rise_us, c.decay_us) if c.lag else self.light.copy()

    def expose(self, t_us: int, frame: np.ndarray | None, exposure: int) -> None:
        """Let the light of `frame` (20, 20) fall on the cells from `t_us` on; None covers the lens.

        `exposure` numbers the presentations and chooses the row of noise.
        """
        self.start[:] = self.signal_at(t_us)
        if frame is None:
            self.light[:] = 0
        else:
            self.light[:] = frame.reshape(CELLS)
            if self.dead.size:
                self.light[self.dead] = 0
        self.changed_us[0] = t_us
        if self.config.noise:
            np.multiply(self._noise.row(exposure), self.config.noise_sd, out=self.level_now)
            self.level_now += self.threshold
        else:
            self.level_now[:] = self.threshold
        self.replan(t_us)

    def replan(self, t_us: int) -> None:
        """Plan the relays from `t_us` on, from the registers alone."""
        c, theta, light, relays = self.config, self.level_now, self.light, self.relays
        relays.settle(t_us)
        since = int(self.changed_us[0])
        if c.lag:
            on = self.start >= theta
            # An S-unit that is on stays on in light that equals its threshold.
            cross = ((light > theta) ^ on) & (light != theta)
        else:
            on = light >= theta
            cross = np.zeros(CELLS, bool)
        if np.count_nonzero(self.forced):
            held = self.forced != 0
            on[held] = self.forced[held] > 0
            cross &= ~held
        who = cross.nonzero()[0]
        at = since + crossing(self.start[who], light[who], theta[who], c.rise_us, c.decay_us)
        if t_us > since:
            past = at <= t_us
            on[who[past]] ^= True
            who, at = who[~past], at[~past]
        to = ~on[who]
        jump = (on != relays.coil).nonzero()[0]
        if jump.size:
            # Coils that change at this very microsecond come before the crossings of the same units.
            at = np.concatenate([np.full(jump.size, t_us), at])
            to = np.concatenate([on[jump], to])
            who = np.concatenate([jump, who])
            order = np.argsort(who, kind="stable")
            who, at, to = who[order], at[order], to[order]
        relays.follow(t_us, at, who, to)
