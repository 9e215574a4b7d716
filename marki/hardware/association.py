"""The A-unit bank: 512 units that fire when excitation less inhibition reaches the threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marki.config import Config, setting
from marki.hardware.faults import A_UNITS, FaultsConfig
from marki.hardware.relays import RelayBank
from marki.hardware.sensory import relay_times
from marki.io.frame import CELLS
from marki.registers import Register
from marki.ticks import NEVER
from marki.trace import Bank


@dataclass(frozen=True, kw_only=True)
class AssociationConfig(Config):
    """Settings of the A-units. All values are assumed."""

    theta: int = setting(
        2, "Excess of active excitatory over inhibitory wires at which an A-unit fires", low=1, high=400
    )
    relay_lag: bool = setting(True, "Relays take time to pull in and to drop out", effect=True)
    pull_in_us: int = setting(15_000, "Mean pull-in time of an A-unit's relay", unit="us", low=0, high=1_000_000)
    drop_out_us: int = setting(10_000, "Mean drop-out time of an A-unit's relay", unit="us", low=0, high=1_000_000)
    relay_spread: float = setting(
        0.2, "Relay times spread evenly by this share either way", unit="share", low=0, high=0.9
    )


def running_sums(steps: np.ndarray, spare: np.ndarray) -> np.ndarray:
    """Return the cumulative sums of `steps` along axis 0, by doubling: on narrow integers far faster than `cumsum`.

    Both arrays, of one shape, are used as work space, and the result lies in one of them.
    """
    width = 1
    while width < len(steps):
        np.add(steps[width:], steps[:-width], out=spare[width:])
        spare[:width] = steps[:width]
        steps, spare = spare, steps
        width *= 2
    return steps


class AssociationBank:
    """512 A-units: input u_a = Σ wiring · s, on while u_a >= theta, by way of a relay each.

    Parameters
    ----------
    wiring : (512, 400) int8
        -1 inhibitory, 0 none, +1 excitatory.
    """

    def __init__(self, config: AssociationConfig, faults: FaultsConfig, wiring: np.ndarray, seed: int):
        self.config = config
        wiring = faults.apply_to(wiring)
        most = int(np.abs(wiring).sum(axis=1, dtype=np.int64).max(initial=0))
        self._columns = np.ascontiguousarray(wiring.T.astype(np.int8 if most < 128 else np.int16))
        self._work = np.empty((2, CELLS, A_UNITS), self._columns.dtype)
        self._above = np.empty((CELLS + 2, A_UNITS), bool)
        self.theta = config.theta
        times = relay_times(config, seed, "association.relays", A_UNITS)
        self.forget()
        self.relays = RelayBank(Bank.ASSOCIATION, *times, stuck=faults.stuck())

    def registers(self) -> list[Register]:
        """List the state of the bank."""
        return self.relays.registers("association")

    def forget(self) -> None:
        """Drop what is remembered of the inputs, after the S-units were set from outside."""
        self._last_us, self._last_u = int(NEVER), np.zeros(A_UNITS, np.int16)

    def input_of(self, s: np.ndarray) -> np.ndarray:
        """Return u_a (512,) int16 for S-units `s` (400,) bool."""
        if not np.count_nonzero(s):
            return np.zeros(A_UNITS, np.int16)
        return np.add.reduce(self._columns[s], axis=0, dtype=np.int16)

    def follow(self, t_us: int, s: np.ndarray, coming: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
        """Plan the A-units from `t_us` on.

        Parameters
        ----------
        s : (400,) bool
            S-units at `t_us`.
        coming : (times, units, states)
            Their coming changes, in order of time.
        """
        at, unit, state = coming
        relays = self.relays
        relays.settle(t_us)
        known = t_us >= self._last_us  # then the coils are as the inputs say
        u = self._last_u if known else self.input_of(s)
        if at.size and at[0] == at[-1]:
            # All at once, as with lags switched off: only the outcome counts.
            s = s.copy()
            s[unit] = state
            at, path = at[:1], self.input_of(s)[None]
        else:
            path = self._path(u, unit, state)
            together = at[1:] == at[:-1]
            if np.count_nonzero(together):
                # S-units that move at one microsecond: only what their moves come to counts.
                last = np.append(~together, True)
                at, path = at[last], path[last]
        self._last_us, self._last_u = (int(at[-1]), path[-1].astype(np.int16)) if at.size else (t_us, u)
        if not known and np.count_nonzero((u >= self.theta) != relays.coil):
            at, path = np.concatenate([[t_us], at]), np.concatenate([u[None], path])
        above = self._above[: len(at) + 1]
        above[0] = relays.coil
        np.greater_equal(path, self.theta, out=above[1:])
        changes = (above[1:] != above[:-1]).ravel().nonzero()[0]
        # By unit and, within a unit, by time: a sort of small whole numbers that keeps the order in time.
        changes = changes[(changes % A_UNITS).astype(np.int16).argsort(kind="stable")]
        step, who = changes // A_UNITS, changes % A_UNITS
        relays.follow(t_us, at[step], who, above.ravel()[changes + A_UNITS])

    def _path(self, u: np.ndarray, unit: np.ndarray, state: np.ndarray) -> np.ndarray:
        """Return the inputs (k, 512) after each of the k coming changes of S-units, from inputs `u` on."""
        k = len(unit)
        if k > len(self._work[0]):
            self._work = np.empty((2, k, A_UNITS), self._columns.dtype)
            self._above = np.empty((k + 2, A_UNITS), bool)
        steps, spare = self._work[0, :k], self._work[1, :k]
        self._columns.take(unit, axis=0, out=steps, mode="clip")
        on = np.count_nonzero(state)
        if not on:
            np.negative(steps, out=steps)
        elif on < k:
            np.multiply(steps, np.where(state, 1, -1).astype(steps.dtype)[:, None], out=steps)
        if k:
            steps[0] += u.astype(steps.dtype)
        return running_sums(steps, spare)
