"""The event log: every switching of every unit, in order of time, with a digest that chains from trial to trial.

An event is one 64-bit code, time (µs) · 2^16 + bank · 2^13 + unit · 2^4 + kind, so that sorting the codes sorts by
(time, bank, unit, kind) and ten thousand trials fit in memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Any, overload

import numpy as np

from marki.errors import OutputError


class Bank(IntEnum):
    """Where an event happens; in the order in which the devices act within one microsecond."""

    OPERATOR = 0
    SEQUENCER = 1
    SENSORY = 2
    ASSOCIATION = 3
    RESPONSE = 4
    TRAINER = 5
    POTENTIOMETERS = 6


class Kind(IntEnum):
    """What happens."""

    OFF = 0
    ON = 1
    EXPOSE = 2
    COVER = 3
    READ = 4
    REINFORCE = 5
    RELEASE = 6
    DECAY = 7
    NEXT = 8
    START_DOWN = 9
    START_UP = 10
    TAKEN_UP = 11
    END_STOP = 12
    STOP = 13
    COMMAND = 14


_TIME, _BANK, _UNIT = 16, 13, 4


@overload
def encode(t_us: int, bank: int, unit: int, kind: int) -> int: ...
@overload
def encode(t_us: np.ndarray | int, bank: int, unit: np.ndarray | int, kind: np.ndarray | int) -> np.ndarray: ...
def encode(t_us: np.ndarray | int, bank: int, unit: np.ndarray | int, kind: np.ndarray | int) -> np.ndarray | int:
    """Return event codes for int64 arrays (or numbers) of times, units and kinds of one bank."""
    return (t_us << _TIME) + (unit << _UNIT) + kind + (bank << _BANK)


def unit_states(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (units, states as 0 and 1) of codes whose kinds are all ON or OFF."""
    return (codes >> _UNIT) & 511, codes & 1


def moves(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (times, units, states) of codes whose kinds are all ON or OFF."""
    return codes >> _TIME, (codes >> _UNIT) & 511, (codes & 1).view(bool)[::8]


def count_until(codes: np.ndarray, t_us: int) -> int:
    """Return how many of the sorted codes lie at or before `t_us`."""
    return int(codes.searchsorted((t_us + 1) << _TIME))


def time_of(code: int) -> int:
    """Return the time of one event code, µs."""
    return int(code) >> _TIME


def decode(codes: np.ndarray) -> np.ndarray:
    """Return event codes as a structured array with fields t_us, bank, unit, kind."""
    codes = np.asarray(codes, np.int64)
    out = np.empty(codes.shape, [("t_us", np.int64), ("bank", np.uint8), ("unit", np.uint16), ("kind", np.uint8)])
    out["t_us"] = codes >> _TIME
    out["bank"] = (codes >> _BANK) & 7
    out["unit"] = (codes >> _UNIT) & 511
    out["kind"] = codes & 15
    return out


class _Retired:
    """A block of codes that lies in a file."""

    nbytes = 0  # none of them in memory

    def __init__(self, file: io.FileIO, codes: np.ndarray):
        self._file, self._size = file, codes.nbytes
        self._at = file.seek(0, 2)
        left = memoryview(codes.tobytes())
        while left:
            left = left[file.write(left) :]

    def read(self) -> np.ndarray:
        """Return the codes, (n,) int64."""
        self._file.seek(self._at)
        return np.frombuffer(self._file.read(self._size), np.int64)


class Trace:
    """The log of a run, one block of sorted codes a trial.

    Parameters
    ----------
    keep : {"all", "recent", "none"}
        "all" keeps every event, the older ones in a temporary file; "recent" forgets the oldest beyond the limit,
        for a window that runs for hours; "none" keeps only the digest.
    limit : int
        Bytes of events held in memory.
    """

    def __init__(self, keep: str = "all", limit: int = 32 << 20):
        self.keep, self.limit = keep, limit
        self._blocks: list[np.ndarray | _Retired] = []
        self._first = 0  # number of the block at which the kept ones begin
        self._held = 0
        self._oldest = 0  # index of the oldest block still in memory
        self._file: io.FileIO | None = None
        self.digest = bytes(16)

    def __getstate__(self) -> dict[str, Any]:
        blocks = [b.read() if isinstance(b, _Retired) else b for b in self._blocks]
        held = sum(block.nbytes for block in blocks)  # a copy has a file of its own, once it needs one
        return self.__dict__ | {"_blocks": blocks, "_held": held, "_oldest": 0, "_file": None}

    @property
    def blocks(self) -> int:
        """Number of blocks written so far, kept or forgotten."""
        return self._first + len(self._blocks)

    def append(self, codes: np.ndarray, witness: bytes = b"") -> None:
        """Add the sorted codes of one trial; `witness` is state that the digest covers too.

        Raises
        ------
        OutputError
            As `make_room`; nothing is added then.
        """
        self.make_room()
        self.digest = hashlib.blake2b(codes.tobytes() + witness, key=self.digest, digest_size=16).digest()
        if self.keep == "none":
            self._first += 1
            return
        self._blocks.append(codes)
        self._held += codes.nbytes
        with contextlib.suppress(OutputError):  # it is added: the next one is refused
            self.make_room()

    def make_room(self) -> None:
        """Bring what is held in memory, the last block apart, below the limit; then one trial can be added for certain.

        Raises
        ------
        OutputError
            If the temporary folder is full or cannot be written to; nothing has changed then.
        """
        while self._held > self.limit and self._oldest < len(self._blocks) - 1:
            block = self.block(self._first + self._oldest)  # in memory still
            if self.keep == "recent":
                del self._blocks[0]
                self._first += 1
            else:
                self._blocks[self._oldest] = self._retired(block)
                self._oldest += 1
            self._held -= block.nbytes

    def _retired(self, block: np.ndarray) -> _Retired:
        try:
            if self._file is None:
                # Not closed here: it lives as long as the trace.
                self._file = tempfile.TemporaryFile("w+b", buffering=0, prefix="marki-trace-")  # noqa: SIM115
                weakref.finalize(self, self._file.close)
            return _Retired(self._file, block)
        except OSError as error:
            raise OutputError(
                f"the event log cannot be written ({error.strerror or error})",
                where=tempfile.tempdir or "TMPDIR",
                remedy="Make room there, or name another folder in TMPDIR, and go on with --resume",
                code="write.trace",
                reason=error.strerror or error,
            ) from error

    def block(self, number: int) -> np.ndarray:
        """Return the codes of trial `number`, (n,) int64; empty if it was forgotten."""
        if number < self._first:
            return np.empty(0, np.int64)
        block = self._blocks[number - self._first]
        return block.read() if isinstance(block, _Retired) else block

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self.block(n) for n in range(self._first, self.blocks))

    def events(self) -> np.ndarray:
        """Return all kept codes in order, (n,) int64."""
        kept: Sequence[np.ndarray] = list(self)
        return np.concatenate(kept) if kept else np.empty(0, np.int64)

    def truncate(self, blocks: int, digest: bytes) -> None:
        """Forget all blocks from number `blocks` on and take up the digest that stood there."""
        keep = max(blocks - self._first, 0)
        for block in self._blocks[max(keep, self._oldest) :]:
            self._held -= block.nbytes
        del self._blocks[keep:]
        self._oldest = min(self._oldest, len(self._blocks))
        if blocks < self._first or not self._blocks:
            self._first = blocks
        self.digest = digest
