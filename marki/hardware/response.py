"""The R-units: eight two-state units, each fed by the A-units of its source-set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import Config, setting
from marki.errors import ConfigError
from marki.hardware.faults import A_UNITS
from marki.hardware.potentiometers import DEGREE
from marki.hardware.relays import RelayBank
from marki.io.responses import R_UNITS
from marki.registers import Register
from marki.trace import Bank


@dataclass(frozen=True, kw_only=True)
class ResponseConfig(Config):
    """Settings of the R-units and of the many-to-one wiring from the A-units."""

    units: int = setting(8, "R-units in use; the 512 A-units are shared out among them", low=1, high=R_UNITS)
    source_set: tuple[int, ...] = setting(
        (), "R-unit (from 1) of each of the 512 A-units; empty: equal shares", low=1, high=R_UNITS
    )
    readout: str = setting(
        "threshold",
        "threshold: each R-unit by the sign of its own sum; dominant: only the R-unit with the largest sum",
        choices=("threshold", "dominant"),
    )
    statistic: str = setting("sum", "sum or mean of the active values of a source-set", choices=("sum", "mean"))
    dead_zone: bool = setting(
        True, "A sum too near zero does not throw the R-unit's relay; it stays as it was", effect=True
    )
    dead_zone_deg: float = setting(
        2.0, "Half width of the dead zone, as a sum of wiper angles", unit="deg", low=0, high=1000
    )
    relay_lag: bool = setting(True, "Relays take time to pull in and to drop out", effect=True)
    pull_in_us: int = setting(
        20_000, "Pull-in and drop-out time of an R-unit's relay", unit="us", low=0, high=1_000_000
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.source_set and len(self.source_set) != A_UNITS:
            raise ConfigError(
                f"source_set lists {len(self.source_set)} A-units",
                where="ResponseConfig",
                remedy=f"List all {A_UNITS}",
                code="source_set.length",
                count=len(self.source_set),
                units=A_UNITS,
            )
        if self.source_set and max(self.source_set) > self.units:
            raise ConfigError(
                f"source_set names R-unit {max(self.source_set)}, {self.units} are in use",
                where="ResponseConfig",
                remedy=f"Give 1 to {self.units}",
                code="source_set.unit",
                unit=max(self.source_set),
                units=self.units,
            )


def source_sets(config: ResponseConfig) -> np.ndarray:
    """Return the R-unit (from 0) of each A-unit, (512,) intp; equal shares are neighbouring A-units."""
    if config.source_set:
        return np.array(config.source_set, np.intp) - 1
    return np.arange(A_UNITS) * config.units // A_UNITS


def decide(
    config: ResponseConfig, u_r: np.ndarray, active: np.ndarray | int, before: np.ndarray, dead_zone: int
) -> np.ndarray:
    """Return the states of the R-units in use, (units,) bool, for their sums.

    Parameters
    ----------
    u_r : (units,) int64
        Sum of the active values of each source-set.
    active : (units,) int64, or int
        Number of active A-units in each; used for the mean only.
    before : (units,) bool
        States before the reading, held by sums within the dead zone.
    dead_zone : int
        Half width, in the unit of the sums; 0 when the effect is off, and then a sum of zero means off.
    """
    if config.readout == "dominant":
        x = u_r / np.maximum(active, 1) if config.statistic == "mean" else u_r
        top = x == x.max()
        return top if top.sum() == 1 and x.max() > dead_zone else np.zeros(len(u_r), bool)
    if not dead_zone:
        return u_r > 0
    # The mean lies in the dead zone where the sum lies in a zone as many times as wide: whole numbers all the way.
    zone = dead_zone * np.maximum(active, 1) if config.statistic == "mean" else dead_zone
    return np.where(np.abs(u_r) <= zone, before, u_r > 0)


class ResponseBank:
    """Eight R-units. Their sums are taken when the sequencer closes the reading relay (assumed)."""

    def __init__(self, config: ResponseConfig):
        self.config = config
        self.source_set = source_sets(config)
        self._order = np.argsort(self.source_set, kind="stable")
        sizes = np.bincount(self.source_set, minlength=config.units)
        self._fed = np.flatnonzero(sizes)
        self._starts = (np.cumsum(sizes) - sizes)[self._fed]
        self.dead_zone = round(config.dead_zone_deg * DEGREE) if config.dead_zone else 0
        delay = np.full(R_UNITS, config.pull_in_us if config.relay_lag else 0, np.int64)
        self.relays = RelayBank(Bank.RESPONSE, delay, delay)
        self.u_r = np.zeros(R_UNITS, np.int64)
        self.r = np.zeros(R_UNITS, bool)
        self.forced = np.zeros(R_UNITS, np.int8)

    def registers(self) -> list[Register]:
        """List the state of the bank."""
        return [
            Register(
                "response.sum",
                self.u_r,
                "1e-6 deg",
                "Sum of the active values of each source-set, at the last reading.",
            ),
            Register("response.r", self.r, "", "State of each R-unit as decided at the last reading."),
            Register(
                "response.forced", self.forced, "", "Forcing switch of each R-unit: 0 free, 1 forced on, -1 forced off."
            ),
            *self.relays.registers("response"),
        ]

    def release(self, first: int) -> np.ndarray:
        """Let go the R-units from number `first` on, which are out of use now; return those that were on."""
        was = np.flatnonzero(self.relays.contact[first:]) + first
        for state in (self.r, self.relays.contact, self.relays.coil, self.forced, self.u_r):
            state[first:] = 0
        return was

    def totals(self, per_unit: np.ndarray) -> np.ndarray:
        """Return sums over the source-sets of a number per A-unit, (units,) int64."""
        out = np.zeros(self.config.units, np.int64)
        out[self._fed] = np.add.reduceat(per_unit.take(self._order), self._starts, dtype=np.int64)
        return out

    def decided(self, a: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what would be read of A-units `a` (512,) bool and readings `values` (512,) int64.

        Returns
        -------
        sums : (units,) int64
        states : (units,) bool
        """
        n = self.config.units
        sums = self.totals(values * a)
        active = self.totals(a) if self.config.statistic == "mean" else 1
        decided = decide(self.config, sums, active, self.r[:n], self.dead_zone)
        forced = self.forced[:n]
        return sums, np.where(forced != 0, forced > 0, decided)

    def read(self, t_us: int, a: np.ndarray, values: np.ndarray) -> None:
        """Take the sums at `t_us` for A-units `a` (512,) bool and readings `values` (512,) int64, and decide."""
        n = self.config.units
        self.u_r[:n], self.r[:n] = self.decided(a, values)
        self.relays.settle(t_us)
        who = (self.r != self.relays.coil).nonzero()[0]
        self.relays.follow(t_us, np.full(who.size, t_us), who, self.r[who])
