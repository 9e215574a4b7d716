"""Ranks: processes of this computer that compute one network together, and the operations between them.

Arrays are summed over memory that all ranks share. Each adds up in order of the ranks, so that all have the same bits.
"""

from __future__ import annotations

import multiprocessing
import queue
from collections.abc import Callable
from typing import Any

import numpy as np

from marki.errors import MarkIError
from successors.nn.tensor import Tensor, make

WAIT_S = 60.0
"""Seconds that a rank waits for the others before it gives up."""


class RankLost(MarkIError):
    """A process of several that compute together has ended, or does not answer."""

    advice = "Run it again"


class RankGroup:
    """All-reduces between ranks, counted.

    Parameters
    ----------
    rank : int
        The number of this one, from 0.
    ranks : int
    room : buffer of float64
        Memory that all ranks share, equally much for each.
    barrier : Barrier
        Passed when all ranks have come to it.
    """

    def __init__(self, rank: int, ranks: int, room: Any, barrier: Any):
        self.rank, self.ranks = rank, ranks
        self._room = np.frombuffer(room, np.float64).reshape(ranks, -1)
        self._barrier = barrier
        self.calls, self.sent = 0, 0

    def sum(self, a: np.ndarray) -> np.ndarray:
        """Return the sum of the arrays of all ranks."""
        return self._reduce(a, np.add)

    def largest(self, a: np.ndarray) -> np.ndarray:
        """Return the largest of each element over all ranks."""
        return self._reduce(a, np.maximum)

    def _reduce(self, a: np.ndarray, how: np.ufunc) -> np.ndarray:
        own = self._room.view(a.dtype)[:, : a.size]
        own[self.rank] = a.reshape(-1)
        self._barrier.wait(WAIT_S)
        out = own[0].copy()
        for other in own[1:]:
            how(out, other, out=out)
        self._barrier.wait(WAIT_S)  # until all have read
        self.calls += 1
        self.sent += a.nbytes
        return out.reshape(a.shape)


def to_ranks(x: Tensor, group: RankGroup) -> Tensor:
    """Hand on what all ranks have to the part of each: f of Shoeybi et al. 2019, whose way back is a sum over ranks."""
    return make(x.data, (x,), lambda g: (group.sum(g),))


def from_ranks(x: Tensor, group: RankGroup) -> Tensor:
    """Return the sum of the parts of all ranks: g of Shoeybi et al. 2019, whose way back hands on the gradient."""
    return make(group.sum(x.data), (x,), lambda g: (g,))


def parted_cross_entropy(logits: Tensor, labels: np.ndarray, first: int, group: RankGroup) -> Tensor:
    """Return the mean cross-entropy of logits whose columns are parted among the ranks.

    Only the largest logit, the sum of the exponentials and the logit of the label are exchanged, three numbers a row.

    Parameters
    ----------
    logits : Tensor, shape (n, k)
        Of the classes from `first` on.
    labels : ndarray of int, shape (n,)
        Of all classes.
    first : int
        The first class of this rank.
    group : RankGroup

    Returns
    -------
    Tensor, shape ()
    """
    n, k = logits.shape
    rows = np.arange(n)
    here = (labels >= first) & (labels < first + k)
    own = np.where(here, labels - first, 0)
    shifted = logits.data - group.largest(logits.data.max(1))[:, None]
    shares = np.exp(shifted)
    total, right = group.sum(np.stack([shares.sum(1), np.where(here, shifted[rows, own], 0)]))
    shares /= total[:, None]

    def backward(g: np.ndarray) -> tuple[np.ndarray]:
        out = shares.copy()
        out[rows[here], own[here]] -= 1
        return (out * (g / n),)

    return make(np.mean(np.log(total) - right), (logits,), backward)


_LOST = "Try fewer ranks; a script that starts some begins with: if __name__ == '__main__':"


def run_ranks(work: Callable[..., Any], ranks: int, *given: Any, room: int) -> list[Any]:
    """Return what each rank finds, in order.

    Parameters
    ----------
    work : callable
        ``work(group, *given)``, a function of a module, so that other processes can import it.
    ranks : int
    *given
        What all of them are given.
    room : int
        Numbers that a rank lays out at a time, at most.

    Raises
    ------
    RankLost
        If a rank ends without a result, or does not answer.
    """
    spawn = multiprocessing.get_context("spawn")
    shared, barrier, results = spawn.RawArray("d", ranks * room), spawn.Barrier(ranks), spawn.Queue()
    processes = [
        spawn.Process(target=_run, args=(work, rank, ranks, shared, barrier, results, given), daemon=True)
        for rank in range(ranks)
    ]
    found: dict[int, Any] = {}
    try:
        for process in processes:
            process.start()
        while len(found) < ranks:
            try:
                rank, value, error = results.get(timeout=1)
            except queue.Empty:
                if lost := [k for k, p in enumerate(processes) if p.exitcode and k not in found]:
                    raise RankLost(f"rank {lost[0]} has ended", where="ranks", remedy=_LOST) from None
                continue
            if error:
                raise RankLost(f"rank {rank}: {error}", where="ranks", remedy="Try fewer ranks")
            found[rank] = value
    finally:
        for process in processes:
            if process.pid is not None:
                if len(found) < ranks:
                    process.terminate()
                process.join()
    return [found[rank] for rank in range(ranks)]


def _run(
    work: Callable[..., Any], rank: int, ranks: int, room: Any, barrier: Any, results: Any, given: tuple[Any, ...]
) -> None:
    """Do the work of one rank; whatever goes wrong is told, and nobody waits for it."""
    try:
        results.put((rank, work(RankGroup(rank, ranks, room, barrier), *given), ""))
    except Exception as error:
        barrier.abort()
        results.put((rank, None, f"{type(error).__name__}: {error}"))
