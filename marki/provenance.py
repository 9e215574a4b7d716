"""Provenance: the source of each constant of the machine, and how well it is known.

The table is a file, `assets/provenance.toml`; settings and constants are checked against it by a test, and the
window shows the row of whatever is inspected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from marki.errors import unknown
from marki.files import asset
from marki.reading import read_toml

BADGES = ("documented", "inferred", "assumed", "modern")


@dataclass(frozen=True, kw_only=True)
class ProvenanceRow:
    """One constant: its value and unit, the source and page, a badge, and a remark.

    Rows of ours have the page in the source; those of a machine file (`marki.machine_file`) have it apart.
    """

    name: str
    value: Any
    unit: str = ""
    badge: str
    source: str = ""
    page: str = ""
    note: str = ""

    @property
    def cited(self) -> str:
        """Source and page as one text; "" without a source."""
        return f"{self.source}, p. {self.page}" if self.source and self.page else self.source


@lru_cache(maxsize=1)
def table() -> dict[str, ProvenanceRow]:
    """Return all rows by dotted name."""
    content = read_toml(asset("provenance.toml"))
    return dict(_rows(content))


def laid_over(own: Mapping[str, ProvenanceRow]) -> dict[str, ProvenanceRow]:
    """Return all rows by dotted name, those of one's own in the place of ours."""
    return {**table(), **own}


def _rows(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, ProvenanceRow]]:
    """Yield the rows of nested tables: a table with a value is a row."""
    for key, inner in content.items():
        name = prefix + key
        if "value" in inner:
            yield name, ProvenanceRow(name=name, **inner)
        else:
            yield from _rows(inner, f"{name}.")


def row(name: str) -> ProvenanceRow:
    """Return the row of one constant; an unknown name raises with the nearest one."""
    rows = table()
    if name not in rows:
        raise unknown("constant", name, rows, where="provenance")
    return rows[name]
