"""The gallery: the registry of systems as the window shows it, see `marki.io.exhibits`."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from marki.errors import StateError
from marki.files import asset
from marki.io.exhibits import Exhibit
from marki.io.ports import Port

if TYPE_CHECKING:
    from successors.registry import System
    from successors.serving.client import WorkerClient

TEXTS = "timeline.toml"
"""Texts about the systems, besides those in their own files."""


def open_gallery() -> Gallery:
    """Return the gallery; nothing is read before first use."""
    return Gallery()


class Gallery:
    """All systems, in order of time; see `marki.io.exhibits.Timeline`."""

    def __init__(self) -> None:
        self._exhibits: tuple[Exhibit, ...] | None = None
        self._reading = threading.Lock()

    def exhibits(self) -> tuple[Exhibit, ...]:
        """Return the exhibits, read on first use and then cached; thread-safe."""
        # One thread at a time: the multiply-adds of a new file are counted in a global tally.
        with self._reading:
            if self._exhibits is None:
                from successors import registry

                said = texts()
                self._exhibits = tuple(exhibit(s, said.get(s.name, {})) for s in registry.systems())
            return self._exhibits

    def rack(self) -> WorkerClient:
        """Return a new rack."""
        from successors.serving.client import WorkerClient

        return WorkerClient()


def texts() -> dict[str, dict[str, str]]:
    """Return the texts about each system, by name: idea_zh, seed_en and seed_zh, some with but_en and but_zh.

    Raises
    ------
    StateError
        If the file is missing or broken.
    """
    path = asset(TEXTS)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StateError(f"cannot be read ({error})", where=path, remedy="Install the package again") from error


def exhibit(system: System, said: Mapping[str, str]) -> Exhibit:
    """Return a system of the registry as an exhibit.

    Parameters
    ----------
    system : System
    said : mapping of str to str
        Its texts; missing ones become empty.
    """
    from successors import registry

    entry = system.entry
    main = entry.trials[0]
    size = registry.footprint(system)
    main_size = next(iter(entry.sizes.values()))
    found: Mapping[str, Any] = registry.metrics(system.name) or {}
    return Exhibit(
        name=system.name,
        label=entry.label,
        year=system.year,
        title=entry.title,
        authors=entry.authors,
        accepts=entry.accepts,
        answers=entry.answers,
        task=system.task,
        classes=registry.classes(main) if entry.answers is Port.LAMPS else (),
        parents=entry.parents,
        parameters=size["parameters"],
        multiply_adds=size["multiply_adds"],
        published=main_size.published,
        source=main_size.source,
        score=found["result"]["value"] if found else None,
        idea={"en": entry.idea, "zh": said.get("idea_zh", "")},
        seed={"en": said.get("seed_en", ""), "zh": said.get("seed_zh", "")},
        but={"en": said.get("but_en", ""), "zh": said.get("but_zh", "")},
        hall=tuple(t for t in registry.HALL if registry.in_hall(entry, t) and registry.weights(system.name, t)),
    )
