"""The plugboard: fixed wires of unit strength from the S-units to the A-units."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from marki.config import Config, setting
from marki.errors import WiringError
from marki.files import write_text
from marki.hardware.faults import A_UNITS
from marki.io.frame import CELLS, SIDE
from marki.reading import MIB, read_text
from marki.seeding import generator

MOST = 4 * MIB
"""Bytes of a wiring list; one with every wire that can be has a third of it."""

LAYOUTS = ("random", "local", "surround", "rows", "columns")


@dataclass(frozen=True, kw_only=True)
class PlugboardConfig(Config):
    """Settings of the wiring; the numbers used on the Mark I are unknown, except the limit of 40 (secondary source)."""

    excitatory: int = setting(6, "Excitatory wires of each A-unit", low=0, high=CELLS)
    inhibitory: int = setting(6, "Inhibitory wires of each A-unit", low=0, high=CELLS)
    fan_out: int = setting(40, "A-units that one S-unit can feed at most", low=1, high=A_UNITS)
    layout: str = setting(
        "random",
        "random: from the whole retina; local: from a disc about a random centre; surround: excitation from the disc, "
        "inhibition from the ring about it; rows, columns: from a band",
        choices=LAYOUTS,
    )
    reach: float = setting(4.0, "Radius of the disc, or half width of the band", unit="cells", low=0.5, high=30)
    patches: tuple[str, ...] = setting(
        (), "Wires changed by hand: A12+3 plugs an excitatory one from S-unit 3, A12-3 an inhibitory one, A12=3 cuts it"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        wires = self.excitatory + self.inhibitory
        if not 0 < wires <= CELLS:
            raise WiringError(
                f"{wires} wires for an A-unit",
                remedy=f"Give 1 to {CELLS}, one for an S-unit at most",
                where="plugboard",
                code="wiring.wires",
                wires=wires,
                most=CELLS,
            )
        if wires * A_UNITS > CELLS * self.fan_out:
            raise WiringError(
                f"{A_UNITS} A-units with {wires} wires need {A_UNITS * wires} places, the S-side has "
                f"{CELLS} x {self.fan_out} = {CELLS * self.fan_out}",
                remedy=f"Use at most {CELLS * self.fan_out // A_UNITS} wires for an A-unit, or a greater fan-out",
                where="plugboard",
                code="wiring.places",
                units=A_UNITS,
                wires=wires,
                needed=A_UNITS * wires,
                there=f"{CELLS} x {self.fan_out} = {CELLS * self.fan_out}",
                most=CELLS * self.fan_out // A_UNITS,
            )


def wire(config: PlugboardConfig, seed: int) -> np.ndarray:
    """Return a wiring from a table of random numbers, (512, 400) int8 in {-1, 0, 1}.

    Every A-unit gets exactly its numbers of wires, from different S-units; no S-unit feeds more than `fan_out`.

    Raises
    ------
    WiringError
        If a layout has no room for the wires.
    """
    return _drawn(config, seed).copy()


@lru_cache(maxsize=16)  # a machine that is reset is wired as it was
def _drawn(config: PlugboardConfig, seed: int) -> np.ndarray:
    """Return a wiring as `wire` does, the same array for the same settings and seed."""
    rng = generator(seed, "plugboard")
    wiring = np.zeros((A_UNITS, CELLS), np.int8)
    free = np.full(CELLS, config.fan_out)
    for unit in rng.permutation(A_UNITS):
        for sign, count, field in zip(
            (1, -1), (config.excitatory, config.inhibitory), _fields(config, rng), strict=True
        ):
            open_ = np.flatnonzero(field & (free > 0) & (wiring[unit] == 0))
            short = count - open_.size
            if short > 0:
                _make_room(wiring, free, unit, field, short)
                open_ = np.flatnonzero(field & (free > 0) & (wiring[unit] == 0))
            if open_.size < count:
                raise WiringError(
                    f"layout {config.layout!r} with reach {config.reach:g} offers A-unit {unit + 1} only "
                    f"{open_.size} of {count} places at a fan-out of {config.fan_out}",
                    remedy="Use a greater reach, fewer wires or a greater fan-out",
                    where="plugboard",
                    code="wiring.layout",
                    layout=repr(config.layout),
                    reach=f"{config.reach:g}",
                    unit=unit + 1,
                    there=open_.size,
                    count=count,
                    fan_out=config.fan_out,
                )
            chosen = rng.choice(open_, count, replace=False)
            wiring[unit, chosen] = sign
            free[chosen] -= 1
    return wiring


_PATCH = re.compile(r"A([0-9]{1,3})([+=-])([0-9]{1,3})")


def patch(wiring: np.ndarray, config: PlugboardConfig) -> np.ndarray:
    """Return the wiring with the wires that were changed by hand, (512, 400) int8; later patches win.

    Raises
    ------
    WiringError
        For a patch that cannot be read or names a unit that is not there, or an S-unit that feeds too many A-units.
    """
    if not config.patches:
        return wiring
    wiring = wiring.copy()
    for text in config.patches:
        found = _PATCH.fullmatch(text)
        if not found or not (1 <= int(found[1]) <= A_UNITS and 1 <= int(found[3]) <= CELLS):
            raise WiringError(
                f"{text!r} is no patch", where="plugboard.patches",
                remedy=f"Write A12+3, A12-3 or A12=3, with A-units to {A_UNITS} and S-units to {CELLS}",
                code='wiring.patch', text=repr(text), units=A_UNITS, cells=CELLS,
            )  # fmt: skip
        wiring[int(found[1]) - 1, int(found[3]) - 1] = {"+": 1, "-": -1, "=": 0}[found[2]]
    return check(wiring, fan_out=config.fan_out, where="plugboard.patches")


def _fields(config: PlugboardConfig, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the S-units that one A-unit may be wired to: excitatory and inhibitory, two (400,) bool."""
    if config.layout == "random":
        everywhere = np.ones(CELLS, bool)
        return everywhere, everywhere
    y, x = np.divmod(np.arange(CELLS), SIDE)
    cx, cy = rng.uniform(-0.5, SIDE - 0.5, 2)
    if config.layout in ("rows", "columns"):
        band = np.abs((y - cy) if config.layout == "rows" else (x - cx)) <= config.reach
        return band, band
    distance = np.hypot(x - cx, y - cy)
    disc = distance <= config.reach
    ring = (distance <= 2 * config.reach) & ~disc
    return disc, ring if config.layout == "surround" else disc


def _make_room(wiring: np.ndarray, free: np.ndarray, unit: int, field: np.ndarray, short: int) -> None:
    """Move wires of other A-units from S-units that `unit` still needs to S-units that have places left."""
    for full in np.flatnonzero(field & (free == 0) & (wiring[unit] == 0)):
        if short <= 0:
            return
        for other in np.flatnonzero(wiring[:, full]):
            spare = np.flatnonzero((free > 0) & field & (wiring[other] == 0))
            if other != unit and spare.size:
                wiring[other, spare[0]] = wiring[other, full]
                wiring[other, full] = 0
                free[full] += 1
                free[spare[0]] -= 1
                short -= 1
                break


def check(wiring: np.ndarray, *, fan_out: int = 40, where: object = "wiring") -> np.ndarray:
    """Return a wiring as int8 (512, 400), or refuse it: shape, values, fan-out."""
    a = np.asarray(wiring)
    if a.shape != (A_UNITS, CELLS):
        raise WiringError(
            f"shape {a.shape}",
            where=where,
            remedy=f"A wiring has shape ({A_UNITS}, {CELLS})",
            code="wiring.shape",
            found=a.shape,
            wanted=f"({A_UNITS}, {CELLS})",
        )
    if not np.isin(a, (-1, 0, 1)).all():
        raise WiringError(
            "holds values other than -1, 0 and 1",
            where=where,
            remedy="Give 1 for an excitatory wire, -1 for an inhibitory one, 0 for none",
            code="wiring.values",
        )
    most = int((a != 0).sum(axis=0).max())
    if most > fan_out:
        unit = int((a != 0).sum(axis=0).argmax()) + 1
        raise WiringError(
            f"S-unit {unit} feeds {most} A-units, the limit is {fan_out}",
            where=where,
            remedy="Take wires off it",
            code="wiring.fan_out",
            unit=unit,
            count=most,
            limit=fan_out,
        )
    return a.astype(np.int8)


def listing(wiring: np.ndarray) -> str:
    """Return the wiring list as text: a line for each A-unit with the signed numbers of its S-units, from 1."""
    lines = [f"# wiring list: {A_UNITS} A-units x {CELLS} S-units; +n excitatory, -n inhibitory"]
    for unit, row in enumerate(wiring, start=1):
        wires = [f"{'+' if row[s] > 0 else '-'}{s + 1}" for s in np.flatnonzero(row)]
        lines.append(f"A{unit}: " + " ".join(wires))
    return "\n".join(lines) + "\n"


def save(path: Path | str, wiring: np.ndarray) -> None:
    """Write the wiring list to a text file."""
    write_text(path, listing(wiring))


def load(path: Path | str, *, fan_out: int = 40) -> np.ndarray:
    """Read a wiring list that `save` wrote or a person typed, (512, 400) int8.

    Raises
    ------
    WiringError
        For a line that cannot be read, a unit out of range, a missing A-unit, or too great a fan-out.
    """
    wiring = np.zeros((A_UNITS, CELLS), np.int8)
    seen = set()
    for number, line in enumerate(read_text(path, most=MOST, error=WiringError).splitlines(), start=1):
        if not (text := line.split("#")[0].strip()):
            continue
        label, colon, wires = text.partition(":")
        place = f"{path}, line {number}"
        try:
            unit = int(label.strip().removeprefix("A")) if len(label) < 20 else 0
            ends = [int(w) if len(w) < 20 else 0 for w in wires.split()]
        except ValueError as error:
            raise WiringError(
                f"cannot be read ({error})", where=place, remedy="Write e.g. A12: +3 -200", code="wiring.line"
            ) from error
        if not colon or not 1 <= unit <= A_UNITS or unit in seen:
            raise WiringError(
                f"A-unit {unit} is out of range or listed twice",
                where=place,
                remedy=f"List A1 to A{A_UNITS}, each once, as in A12: +3 -200",
                code="wiring.label",
                unit=unit,
                units=A_UNITS,
            )
        seen.add(unit)
        for end in ends:
            if not 1 <= abs(end) <= CELLS or wiring[unit - 1, abs(end) - 1]:
                raise WiringError(
                    f"S-unit {end} is out of range or wired twice",
                    where=place,
                    remedy=f"Give 1 to {CELLS}, each once",
                    code="wiring.end",
                    unit=end,
                    cells=CELLS,
                )
            wiring[unit - 1, abs(end) - 1] = 1 if end > 0 else -1
    if len(seen) != A_UNITS:
        raise WiringError(
            f"lists {len(seen)} A-units",
            where=path,
            remedy=f"List all {A_UNITS}, even those without wires",
            code="wiring.lists",
            count=len(seen),
            units=A_UNITS,
        )
    return check(wiring, fan_out=fan_out, where=path)
