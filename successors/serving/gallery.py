"""The gallery: the registry of systems as the window shows it, see `marki.io.exhibits`."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from marki.errors import StateError
from marki.files import asset
from marki.io.exhibits import AblationResult, Exhibit
from marki.io.ports import Port
from marki.reading import read_toml

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
    """Return the texts about each system, by name: idea_zh, mechanism_zh, seed_en, seed_zh; some have more.

    but_en and but_zh say what is wrong in the history that is quoted; source_zh says where the number of weights is
    published, of each system of which it is.

    Raises
    ------
    StateError
        If the file is missing or broken.
    """
    return read_toml(asset(TEXTS), error=StateError)


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
        source={"en": main_size.source, "zh": said.get("source_zh", main_size.source)},
        score=found["result"]["value"] if found else None,
        ablation=ablation_result(found["mechanism"], said) if found else None,
        idea={"en": entry.idea, "zh": said.get("idea_zh", "")},
        seed={"en": said.get("seed_en", ""), "zh": said.get("seed_zh", "")},
        but={"en": said.get("but_en", ""), "zh": said.get("but_zh", "")},
    )


def ablation_result(found: Mapping[str, Any], said: Mapping[str, str]) -> AblationResult:
    """Return what the metrics of a system say of its mechanism, for people.

    Parameters
    ----------
    found : mapping
        name, with and without; of newer trainings also difference (value, low, high) and word.
    said : mapping of str to str
        Texts about the system.
    """
    difference = found.get("difference")
    return AblationResult(
        mechanism={"en": found["name"], "zh": said.get("mechanism_zh", found["name"])},
        present=found["with"],
        absent=found["without"],
        interval=(difference["low"], difference["high"]) if difference else None,
        word=found.get("word", ""),
    )
