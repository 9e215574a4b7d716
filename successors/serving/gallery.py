"""The gallery: the registry of systems as the window shows it, see `marki.io.exhibits`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marki.errors import StateError
from marki.files import asset
from marki.io.exhibits import AblationResult, ClaimResult, Exhibit, TrialResult, kind_of
from marki.io.machine_room import MachineRoom
from marki.io.ports import Port
from marki.io.scaling_record import ScalingRecord
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

    def names(self) -> tuple[str, ...]:
        """Return the names of all systems, in order of time; no file of the timeline is read."""
        from successors import registry

        return registry.names()

    def exhibits(self, told: Callable[[int, int], None] | None = None) -> tuple[Exhibit, ...]:
        """Return the exhibits, read on first use and then cached; thread-safe.

        Parameters
        ----------
        told : callable, optional
            Called with the number of systems read so far, and that of all, whenever one has been read.
        """
        # One thread at a time: the multiply-adds of a new file are counted in a global tally.
        with self._reading:
            if self._exhibits is None:
                from successors import registry

                said, names = texts(), registry.names()
                found: list[Exhibit] = []
                for name in names:
                    found.append(exhibit(registry.find(name), said.get(name, {})))
                    if told is not None:
                        told(len(found), len(names))
                self._exhibits = tuple(found)
            return self._exhibits

    def rack(self) -> WorkerClient:
        """Return a new rack."""
        from successors.serving.client import WorkerClient

        return WorkerClient()

    def room(self) -> MachineRoom:
        """Return the machine room."""
        from successors.cluster.lent_room import ClusterRoom

        return ClusterRoom()

    def scaling(self, folder: Path) -> ScalingRecord | None:
        """Return the runs at equal computing of the system that was trained last so; None if there are none."""
        from successors.evaluation.scaling_reader import newest_record

        return newest_record(folder)


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
    from successors.serving import artists, drawing_desk, room_keepers

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
        results=tuple(trial_result(trial) for trial in found.get("trials", ())),
        ablation=ablation_result(found["mechanism"], said) if found else None,
        idea={"en": entry.idea, "zh": said.get("idea_zh", "")},
        seed={"en": said.get("seed_en", ""), "zh": said.get("seed_zh", "")},
        but={"en": said.get("but_en", ""), "zh": said.get("but_zh", "")},
        hall={name: own for name, k in room_keepers.KEEPERS.items() if (own := k.subjects(system))},
        kind=entry.kind or kind_of(entry.accepts, entry.answers),
        short=entry.short,
        tools=drawing_desk.tools(entry),
        asked=registry.classes(main) if artists.is_told(entry) else (),
    )


def trial_result(found: Mapping[str, Any]) -> TrialResult:
    """Return what the metrics of a system say of a trial, for people.

    Parameters
    ----------
    found : mapping
        One of ``metrics["trials"]``.
    """
    faces = {face: right / of for face, (right, of) in found["groups"].items()}
    worst = min(faces, key=lambda face: faces[face], default=None)
    claims = (
        ClaimResult(claim=c["claim"], than=_called(c["than"]), wanted=c["wanted"], word=c["word"])
        for c in found["claims"]
    )
    return TrialResult(
        task=found["task"],
        label=found["label"],
        score=found["value"],
        interval=_ends(found["interval"]),
        worst=None if worst is None else (worst, faces[worst]),
        typefaces=len(faces),
        claims=tuple(claims),
    )


def _called(name: str) -> str:
    """Return the label of a system; other names as they are."""
    from successors import registry

    return registry.find(name).entry.label if name in registry.names() else name


def _ends(interval: Sequence[float] | None) -> tuple[float, float] | None:
    return None if interval is None else (interval[0], interval[1])


def ablation_result(found: Mapping[str, Any], said: Mapping[str, str]) -> AblationResult:
    """Return what the metrics of a system say of its mechanism, for people.

    Parameters
    ----------
    found : mapping
        name, with, without, difference and word.
    said : mapping of str to str
        Texts about the system.
    """
    return AblationResult(
        mechanism={"en": found["name"], "zh": said.get("mechanism_zh", found["name"])},
        present=found["with"],
        absent=found["without"],
        interval=_ends(found["difference"]["interval"]),
        word=found["word"],
    )
