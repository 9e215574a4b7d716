"""A machine of one's own: settings that somebody found in a source, with page and badge, laid over our provenance.

The file is TOML, tables as the settings are called, and for each setting a table of its own::

    [machine.sensory]
    threshold = { value = 0.4, badge = "documented", source = "Operators' manual VG-1196-G-5", page = "23" }

`blank` returns the form: every setting that is assumed or inferred here, as it stands now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from marki import machine_settings, provenance
from marki.config import full_name
from marki.errors import ConfigError, shown, unknown
from marki.provenance import BADGES, ProvenanceRow
from marki.reading import read_toml
from marki.setting_rows import typed

KEYS = ("value", "unit", "badge", "source", "page", "note")


@dataclass(frozen=True, kw_only=True)
class MachineFile:
    """What a file says of the machine.

    Attributes
    ----------
    path : str
    changes : dict
        Settings that differ from the defaults, ``machine.…`` and ``world.optics.…`` by dotted name.
    rows : dict of str to ProvenanceRow
        What it says otherwise than our provenance, by dotted name.
    """

    path: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    rows: Mapping[str, ProvenanceRow] = field(default_factory=dict[str, ProvenanceRow])


def read(path: Path | str) -> MachineFile:
    """Read a machine file.

    Raises
    ------
    ConfigError, UnknownName
        For what is wrong in it, with file, name and remedy.
    """
    known = provenance.table()
    names = {name: machine_settings.meaning(name) for name in known}
    rows: dict[str, ProvenanceRow] = {}
    for given, about in _entries(read_toml(path), path):
        where = f"{path}: {given}"
        name = full_name(given, names, where=path)
        if name in rows:
            raise ConfigError("is there twice", where=where, remedy="Leave one of them out")
        rows[name] = _row(name, about, known[name], where)
    settings = {row.name: row for row in machine_settings.rows()}
    changes = {name: row.value for name, row in rows.items() if name in settings}
    for name, value in changes.items():
        if not name.startswith("machine.plugboard."):  # the wires of the board are counted together
            machine_settings.check({name: value}, where=f"{path}: {name}")
    machine_settings.check(changes, where=path)
    differing = {name: value for name, value in changes.items() if value != settings[name].value}
    told = {name: row for name, row in rows.items() if _content(row) != _content(known[name])}
    return MachineFile(path=str(path), changes=differing, rows=told)


def _content(row: ProvenanceRow) -> tuple[Any, ...]:
    return row.value, row.badge, row.source, row.page


def _entries(content: Mapping[str, Any], path: Path | str, prefix: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield name and table of each setting: a table with a key of `KEYS` is one."""
    for key, inner in content.items():
        name = prefix + key
        if not isinstance(inner, dict):
            raise ConfigError(
                f"expected a table, got {shown(inner)}", where=f"{path}: {name}",
                remedy=f'Write {key} = {{ value = {typed(inner)}, badge = "…", source = "…", page = "…" }}',
            )  # fmt: skip
        if "value" in inner or "badge" in inner:
            yield name, inner
        else:
            yield from _entries(inner, path, f"{name}.")


def _row(name: str, about: Mapping[str, Any], ours: ProvenanceRow, where: str) -> ProvenanceRow:
    """Return the row that a table of the file says, each of its entries checked."""
    for key in about:
        if key not in KEYS:
            raise unknown("entry", key, KEYS, where=where)
    for key in ("value", "badge"):
        if key not in about:
            remedy = "Give value and badge, and for what a source says also source and page"
            raise ConfigError(f"{key} is missing", where=where, remedy=remedy)
    texts = {key: about.get(key, "") for key in KEYS if key != "value"}
    for key, text in texts.items():
        if not isinstance(text, str):
            raise ConfigError(f"{key} = {shown(text)}", where=where, remedy='Give a text, in quotes, as page = "23"')
    if texts["badge"] not in BADGES:
        raise unknown("badge", texts["badge"], BADGES, where=where)
    if texts["badge"] == "documented" and not (texts["source"] and texts["page"]):
        raise ConfigError("is documented without source and page", where=where,
                          remedy="Give both, or another badge: inferred, assumed, modern")  # fmt: skip
    if texts["badge"] == "inferred" and not texts["source"]:
        raise ConfigError("is inferred from no source", where=where, remedy="Give the source, or call it assumed")
    if texts["unit"] not in ("", ours.unit):
        raise ConfigError(f"is in {ours.unit or 'no unit'}, not in {texts['unit']!r}", where=where,
                          remedy="Convert the value, and give this unit or none")  # fmt: skip
    if name not in {row.name for row in machine_settings.rows()} and about["value"] != ours.value:
        raise ConfigError(f"{shown(about['value'])}: it is built in as {shown(ours.value)}", where=where,
                          remedy="Give this value with your source, or leave it out")  # fmt: skip
    return ProvenanceRow(name=name, value=about["value"], **(texts | {"unit": ours.unit}))


def of_record(rows: Mapping[str, Mapping[str, Any]], where: object) -> dict[str, ProvenanceRow]:
    """Return rows as `to_record` wrote them.

    Raises
    ------
    ConfigError
        For a row that is none.
    """
    try:
        return {name: ProvenanceRow(**row) for name, row in rows.items()}
    except (TypeError, AttributeError) as error:
        raise ConfigError("lacks or garbles its sources", where=where, remedy="Make the file anew",
                          code="state.garbled", part=error) from error  # fmt: skip


def to_record(rows: Mapping[str, ProvenanceRow]) -> dict[str, dict[str, Any]]:
    """Return rows ready for JSON, by name."""
    return {name: asdict(row) for name, row in rows.items()}


HEADING = """\
# A machine of one's own. Fill in what you found: the value, badge "documented" (or "inferred"), source and page.
# What is left as it stands here changes nothing; rows may be taken out, and any other setting of `settings` put in.
# Use it with --machine FILE: the window, run, session, validate and provenance then show your sources."""


def blank() -> str:
    """Return the form: every setting of the machine that is assumed or inferred here, as it stands now."""
    lines, table = [HEADING], ""
    known = provenance.table()
    for row in machine_settings.rows():
        source = known.get(row.name)
        if source is None or source.badge not in ("assumed", "inferred"):
            continue
        room, _, last = row.name.rpartition(".")
        if room != table:
            table = room
            lines.append(f"\n[{room}]")
        lines.append(f"# {row.meaning} ({row.span}).{f' {source.note}' if source.note else ''}")
        entries = {"value": row.value, "unit": row.unit, "badge": source.badge, "source": source.source, "page": ""}
        lines.append(f"{last} = {typed({key: value for key, value in entries.items() if key != 'unit' or value})}")
    return "\n".join(lines) + "\n"


def as_text(rows: Mapping[str, ProvenanceRow]) -> list[str]:
    """Return rows as lines: name, value, badge, source and page, and the note."""
    lines: list[str] = []
    for name, row in rows.items():
        unit = f" {row.unit}" if row.unit else ""
        lines.append(f"{name} = {typed(row.value)}{unit}  [{row.badge}]  {row.cited}".rstrip())
        if row.note:
            lines.append(f"    {row.note}")
    return lines
