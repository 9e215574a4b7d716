"""The machines and trainings of the room, from `assets/machine_room.toml`: every figure with its source and a badge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from marki.errors import unknown
from marki.files import asset
from marki.reading import read_toml
from successors.cluster.devices import Device, Link
from successors.cluster.work import Work, find

BADGES = ("documented", "derived", "assumed")


@dataclass(frozen=True, kw_only=True)
class SourcedFigure:
    """One figure, and how well it is known.

    Parameters
    ----------
    name : str
        Dotted, such as ``device.a100.rate``.
    value : object
    unit : str
    badge : {"documented", "derived", "assumed"}
    source, note : str
    """

    name: str
    value: Any
    unit: str = ""
    badge: str
    source: str = ""
    note: str = ""


@lru_cache(maxsize=1)
def figures() -> dict[str, SourcedFigure]:
    """Return all figures by dotted name."""
    return dict(_figures(read_toml(asset("machine_room.toml"))))


def _figures(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, SourcedFigure]]:
    for key, inner in content.items():
        name = prefix + key
        if "value" in inner:
            yield name, SourcedFigure(name=name, **inner)
        else:
            yield from _figures(inner, f"{name}.")


def _values(room: str, kind: str, name: str) -> dict[str, Any]:
    """Return the values of one thing by name.

    Raises
    ------
    UnknownName
        If there is no such thing.
    """
    known = _names(room)
    if name not in known:
        raise unknown(kind, name, known, where="machine room")
    start = f"{room}.{name}."
    return {key.removeprefix(start): figure.value for key, figure in figures().items() if key.startswith(start)}


def _names(room: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key.split(".")[1] for key in figures() if key.startswith(f"{room}.")))


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Devices in nodes, with their links.

    Parameters
    ----------
    name : str
    device : Device
    node : int
        Devices of a node: a server, or a pod.
    inside, between : Link
        Of two devices of one node, and of two of different nodes.
    """

    name: str
    device: Device
    node: int
    inside: Link
    between: Link


@dataclass(frozen=True, kw_only=True)
class Training:
    """A training as it was done, or is assumed to have been.

    Parameters
    ----------
    name : str
    machine : Machine
    work : Work
    devices, tensor, pipeline : int
        Devices in all, devices that share each layer, stages; the rest are replicas.
    batch, micro : int
        Samples of a step, and of a micro-batch.
    steps : int
    recompute : bool
        Whether layers are computed again for the backward pass.
    sharded : bool
        Whether the replicas of a node share out weights and optimiser among themselves.
    printed : float
        Seconds of the whole training as they are printed; 0 if they are not.
    """

    name: str
    machine: Machine
    work: Work
    devices: int
    tensor: int = 1
    pipeline: int = 1
    batch: int
    micro: int = 1
    steps: int
    recompute: bool = False
    sharded: bool = False
    printed: float = 0.0


def device(name: str) -> Device:
    """Return a device by name."""
    return Device(name=name, **_values("device", "device", name))


def link(name: str) -> Link:
    """Return a link by name."""
    return Link(name=name, **_values("link", "link", name))


def machine(name: str) -> Machine:
    """Return a machine by name."""
    found = _values("machine", "machine", name)
    return Machine(
        name=name,
        device=device(found["device"]),
        node=found["node"],
        inside=link(found["inside"]),
        between=link(found["between"]),
    )


def training_names() -> tuple[str, ...]:
    """Return the names of all trainings, in order of time."""
    return _names("training")


def training(name: str) -> Training:
    """Return a training by name."""
    found = _values("training", "training", name)
    return Training(name=name, **found | {"machine": machine(found["machine"]), "work": find(found["work"])})


def room_value(name: str) -> float:
    """Return a figure of the room itself, such as ``pue``."""
    return float(_values_of_room()[name])


@lru_cache(maxsize=1)
def _values_of_room() -> dict[str, float]:
    return {key.removeprefix("room."): figure.value for key, figure in figures().items() if key.startswith("room.")}
