"""The ledger: what a network weighs and what its training takes, as arithmetic on published figures."""

from __future__ import annotations

from dataclasses import dataclass

from marki.comparison import AGREES, DEVIATES, OPEN
from marki.language import Words
from successors.cluster.models import DecoderModel, decoder

YEAR_HOURS = 8_760
PETAFLOPS_DAY = 86_400e15

V100_RATE, V100_PRICE = 28e12, 1.50
"""FLOP/s and dollars an hour of a V100 with which Lambda Labs reckoned in 2020."""


@dataclass(frozen=True, kw_only=True)
class LedgerLine:
    """One line of the ledger.

    Parameters
    ----------
    key : str
        Its name in the language tables, under ``machine_room.ledger``.
    unit, formula : str
    value : float or None
        As it is reckoned; None if nothing can be reckoned.
    documented : float or None
        As it is printed.
    digits : float
        Unit of the last digit that is printed.
    source, note : str
    """

    key: str
    unit: str
    formula: str
    value: float | None
    documented: float | None = None
    digits: float = 1.0
    source: str = ""
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether the figure, rounded or cut off, is the printed one; empty where nothing is printed."""
        if self.documented is None:
            return ""
        return OPEN if self.value is None else as_printed(self.value, self.documented, self.digits)


def as_printed(value: float, documented: float, digits: float) -> str:
    """Return whether a figure, rounded or cut off to the digits that are printed, is the printed one."""
    cut, printed = int(value / digits), round(documented / digits)
    return AGREES if printed in (cut, round(value / digits)) else DEVIATES


def v100_years(operations: float) -> float:
    """Return the years that one V100 takes for so many operations at Lambda's rate."""
    return operations / V100_RATE / 3600 / YEAR_HOURS


def ledger(name: str, words: Words | None = None) -> list[LedgerLine]:
    """Return the ledger of a published size, with what is printed of it, by default in English.

    Raises
    ------
    UnknownName
        With the nearest name.
    """
    shape = decoder(name)
    entries = [
        LedgerLine(
            key="parameters", unit="", formula=f"{shape.layers} layers of {shape.width:,} numbers a token",
            value=shape.parameters, documented=shape.printed, digits=shape.rounded, source=shape.paper,
            note=shape.remark,
        ),
        LedgerLine(key="single", unit="bytes", formula="4 N", value=4.0 * shape.parameters),
        LedgerLine(key="half", unit="bytes", formula="2 N", value=2.0 * shape.parameters),
        LedgerLine(
            key="optimiser", unit="bytes",
            formula="16 N: half-precision weights and gradients, single-precision weights and two moments",
            value=16.0 * shape.parameters,
        ),
    ]  # fmt: skip
    if shape.tokens:
        entries += _training(shape)
    if name == "GPT-3 175B":
        entries += _seed(words or Words("en"))
    return entries


def _training(shape: DecoderModel) -> list[LedgerLine]:
    operations = shape.rule_flops
    years = v100_years(operations)
    printed = {
        "GPT-3 175B": (3.14e23, 1e21, "Brown et al. 2020, table D.1"),
        "PaLM 540B": (2.5272e24, 1e22, "Chowdhery et al. 2022: 2,527.2 zettaFLOPs, with 540 billion for N"),
    }
    documented, digits, source = printed.get(shape.name, (None, 1.0, ""))
    return [
        LedgerLine(key="tokens", unit="", formula="D", value=shape.tokens, source=shape.paper),
        LedgerLine(
            key="operations", unit="FLOP", formula="6 N D", value=operations, documented=documented,
            digits=digits, source=source,
        ),
        LedgerLine(
            key="days", unit="PFLOP/s-days", formula="6 N D / 8.64e19",
            value=operations / PETAFLOPS_DAY,
            documented=3_640.0 if shape.name == "GPT-3 175B" else None, digits=10.0,
            source="Brown et al. 2020, table D.1" if shape.name == "GPT-3 175B" else "",
        ),
        LedgerLine(key="v100_years", unit="years", formula="6 N D at 28 TFLOP/s", value=years),
        LedgerLine(key="v100_rent", unit="$", formula="1.50 $ an hour", value=years * YEAR_HOURS * V100_PRICE),
    ]  # fmt: skip


SEED = "J. de D. Nyandwi 2022, a history of deep learning"


def _seed(say: Words) -> list[LedgerLine]:
    """Return the four figures that the document gives of GPT-3."""
    years = v100_years(3.14e23)
    needed = 3.14e23 / (366 * YEAR_HOURS * 3600)
    return [
        LedgerLine(
            key="seed_size", unit="GB", formula=say("machine_room.formula.seed_size"), value=175e9 * 4 / 1e9,
            documented=700, source=SEED,
        ),
        LedgerLine(
            key="seed_years", unit="years", formula=say("machine_room.formula.seed_years"), value=years,
            documented=366, source=SEED,
            note=say("machine_room.formula.seed_years_why", rate=f"{needed / 1e12:.1f}"),
        ),
        LedgerLine(
            key="seed_dollars", unit="million $", formula=say("machine_room.formula.seed_dollars"),
            value=years * YEAR_HOURS * V100_PRICE / 1e6, documented=4.6, digits=0.1, source=SEED,
        ),
        LedgerLine(
            key="seed_text", unit="GB", formula="", value=None, documented=570, source=SEED,
            note=say("machine_room.formula.seed_text_why", each=f"{570 / 400:.1f}"),
        ),
    ]  # fmt: skip


def as_text(name: str, words: Words | None = None) -> str:
    """Return the ledger of a size for a terminal, by default in English."""
    say = words or Words("en")
    lines = [name]
    for line in ledger(name, say):
        lines.append(
            f"  {say(f'machine_room.ledger.{line.key}'):<42}{figure(line.value):>20} {line.unit:<13}{line.formula}"
        )
        if line.documented is not None:
            verdict = say(f"machine_room.verdict.{line.verdict.replace(' ', '_')}")
            value = f"{figure(line.documented)} {line.unit}".strip()
            lines.append("    " + say("machine_room.ledger.printed", verdict=verdict, value=value, source=line.source))
        if line.note:
            lines.append(f"    {line.note}")
    return "\n".join(line.rstrip() for line in lines)


def figure(value: float | None) -> str:
    """Return a figure as it is told: whole from ten thousand on, and by its digits where it is very large."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if 1e4 <= value < 1e15 else f"{value:,.5g}"
