"""Provenance: where each constant of the machine comes from, and how well it is known.

The table is a file, `assets/provenance.toml`; settings and constants are checked against it by a test, and the
window shows the row of whatever is inspected.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from marki.errors import unknown
from marki.files import asset

BADGES = ("documented", "inferred", "assumed", "modern")


@dataclass(frozen=True, kw_only=True)
class ProvenanceRow:
    """One constant: its value and unit, the source and page, a badge, and a remark."""

    name: str
    value: Any
    unit: str = ""
    badge: str
    source: str = ""
    note: str = ""


@lru_cache(maxsize=1)
def table() -> dict[str, ProvenanceRow]:
    """Return all rows by dotted name."""
    content = tomllib.loads(asset("provenance.toml").read_text(encoding="utf-8"))
    return {
        f"{group}.{name}": ProvenanceRow(name=f"{group}.{name}", **row)
        for group, rows in content.items()
        for name, row in rows.items()
    }


def row(name: str) -> ProvenanceRow:
    """Return the row of one constant; an unknown name raises with the nearest one."""
    rows = table()
    if name not in rows:
        raise unknown("constant", name, rows)
    return rows[name]
