"""Collectives: the sum of one array over all devices, as rings and trees do it; by formula, and message by message.

Ring: the array is cut into as many chunks as there are devices; each device passes a chunk on, 2 (n - 1) times. Tree:
whole arrays go up a binomial tree and the sum comes down again. The ring sends the fewest bytes, the tree the fewest
messages. Nothing else is on the links.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import simpy

from marki.errors import unknown
from successors.cluster.devices import Link
from successors.cluster.event_log import EventLog, Happening
from successors.cluster.whole_clock import WholeClock

ALGORITHMS = ("ring", "tree", "fastest")


def ring_duration(devices: int, size: int, link: Link) -> int:
    """Return the time of a ring all-reduce of `size` bytes, ns: 2 (n - 1) messages of size / n, rounded up."""
    return 2 * (devices - 1) * link.duration(_chunk(devices, size)) if devices > 1 else 0


def tree_duration(devices: int, size: int, link: Link) -> int:
    """Return the time of a binomial tree all-reduce of `size` bytes, ns: twice ⌈log2 n⌉ messages of the whole."""
    return 2 * (devices - 1).bit_length() * link.duration(size)


def duration(devices: int, size: int, link: Link, algorithm: str = "fastest") -> int:
    """Return the time of an all-reduce, ns.

    Parameters
    ----------
    devices : int
    size : int
        Bytes that each device has, and of which each has the sum in the end.
    link : Link
        Between neighbours.
    algorithm : {"ring", "tree", "fastest"}
    """
    match algorithm:
        case "ring":
            return ring_duration(devices, size, link)
        case "tree":
            return tree_duration(devices, size, link)
        case "fastest":
            return min(ring_duration(devices, size, link), tree_duration(devices, size, link))
    raise unknown("algorithm", algorithm, ALGORITHMS, where="all-reduce")


def ring_bytes(devices: int, size: int) -> int:
    """Return how many bytes each device sends in a ring all-reduce, and receives."""
    return 2 * (devices - 1) * _chunk(devices, size) if devices > 1 else 0


def _chunk(devices: int, size: int) -> int:
    """Return the bytes of one chunk; the last is filled up."""
    return -(-size // devices)


class _Wires:
    """The messages of a collective: who sent how many bytes, and what has arrived.

    Parameters
    ----------
    devices : int
    link : Link
    log : EventLog
    """

    def __init__(self, devices: int, link: Link, log: EventLog):
        self.env = WholeClock()
        self.link, self.log = link, log
        self.sent, self.received = [0] * devices, [0] * devices
        self.arrivals: dict[tuple[int, int, int], simpy.Event] = {}

    def arrival(self, source: int, target: int, number: int = 0) -> simpy.Event:
        """Return the event that a message from one device to another is there; its value is what was sent."""
        key = source, target, number
        if key not in self.arrivals:
            self.arrivals[key] = self.env.event()
        return self.arrivals[key]

    def send(self, source: int, target: int, size: int, content: np.ndarray, number: int = 0) -> simpy.Event:
        """Send a message, as its content is now; return its arrival."""
        self.log.add(self.env.time, source, Happening.SENT, target)
        self.sent[source] += size
        arrival = self.arrival(source, target, number)

        def arrive(event: simpy.Event) -> None:
            self.received[target] += size
            self.log.add(self.env.time, target, Happening.ARRIVED, source)
            arrival.succeed(event.value)

        callbacks = self.env.timeout(self.link.duration(size), content.copy()).callbacks
        assert callbacks is not None  # a new event has its list
        callbacks.append(arrive)
        return arrival

    def receive(self, source: int, target: int, number: int = 0) -> Generator[simpy.Event, np.ndarray, np.ndarray]:
        """Wait for a message; the generator returns its content."""
        content = yield self.arrival(source, target, number)
        del self.arrivals[source, target, number]
        return content

    def run(self) -> int:
        """Run until nothing moves; return the time, ns."""
        self.env.run()
        return self.env.time


class Collective:
    """An all-reduce that was carried out, message by message.

    Parameters
    ----------
    arrays : ndarray, shape (devices, n)
        What each device has.
    link : Link
    algorithm : {"ring", "tree"}
    width : int
        Bytes of one number.

    Attributes
    ----------
    results : ndarray, shape (devices, n)
        What each device has in the end: the sum, if all went well.
    duration : int
        Nanoseconds.
    sent, received : list of int
        Bytes, by device.
    log : EventLog
    """

    def __init__(self, arrays: np.ndarray, link: Link, algorithm: str = "ring", *, width: int = 4):
        if algorithm not in ALGORITHMS[:2]:
            raise unknown("algorithm", algorithm, ALGORITHMS[:2], where="all-reduce")
        devices, n = arrays.shape
        self.log = EventLog()
        wires = _Wires(devices, link, self.log)
        chunk = -(-n // devices)
        held = np.zeros((devices, devices * chunk if algorithm == "ring" else n), arrays.dtype)
        held[:, :n] = arrays
        work = _ring if algorithm == "ring" else _tree
        for rank in range(devices):
            wires.env.process(work(wires, rank, held, devices, chunk if algorithm == "ring" else n, width))
        self.duration = wires.run()
        self.results = held[:, :n]
        self.sent, self.received = wires.sent, wires.received


def _ring(
    wires: _Wires, rank: int, held: np.ndarray, devices: int, chunk: int, width: int
) -> Generator[simpy.Event, np.ndarray, None]:
    """Pass chunks round: first each is summed up, then the sums are told to all."""
    own = held[rank].reshape(devices, chunk)
    right, left = (rank + 1) % devices, (rank - 1) % devices
    for turn in range(2 * (devices - 1)):
        out, into = (rank - turn) % devices, (rank - turn - 1) % devices
        wires.send(rank, right, chunk * width, own[out], turn)
        arrived = yield from wires.receive(left, rank, turn)
        own[into] = own[into] + arrived if turn < devices - 1 else arrived


def _tree(
    wires: _Wires, rank: int, held: np.ndarray, devices: int, n: int, width: int
) -> Generator[simpy.Event, np.ndarray, None]:
    """Sum up towards device 0 along a binomial tree, then tell all in the opposite order."""
    top = 1 << (devices - 1).bit_length()
    step = 1
    while step < top and not rank & step:
        if rank + step < devices:
            held[rank, :n] += yield from wires.receive(rank + step, rank)
        step *= 2
    if rank:  # step is now the lowest bit of the rank: its parent is that bit less
        yield wires.send(rank, rank - step, n * width, held[rank, :n])
        held[rank, :n] = yield from wires.receive(rank - step, rank)
    step //= 2
    while step:
        if rank + step < devices:
            yield wires.send(rank, rank + step, n * width, held[rank, :n])
        step //= 2
