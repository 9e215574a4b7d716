"""Schedules of a pipeline: in which order each rank works on the micro-batches of a step.

GPipe: all forward, then all backward (Huang et al. 2019, arXiv:1811.06965). 1F1B: after a warm-up, one forward and one
backward in turn, so that fewer activations are kept (Narayanan et al. 2019, PipeDream; here with a flush, as Megatron
has it). Interleaved: each rank has several parts of the network, far from each other (Narayanan et al. 2021,
arXiv:2104.04473, section 2.2), so that the pipeline fills sooner.
"""

from __future__ import annotations

from typing import NamedTuple

from marki.errors import ConfigError, unknown

SCHEDULES = ("gpipe", "1f1b", "interleaved")


class Piece(NamedTuple):
    """One piece of work of a rank.

    Parameters
    ----------
    backward : bool
    micro : int
        Number of the micro-batch.
    part : int
        Number of the part of the network among those of this rank; 0 if it has one.
    """

    backward: bool
    micro: int
    part: int = 0


def orders(schedule: str, ranks: int, micros: int, parts: int = 1) -> list[list[Piece]]:
    """Return the tasks of each rank, in order.

    Parameters
    ----------
    schedule : {"gpipe", "1f1b", "interleaved"}
    ranks : int
        Ranks of the pipeline.
    micros : int
        Micro-batches of a step.
    parts : int
        Parts of the network that each rank has; part k of rank r is stage k · ranks + r.

    Raises
    ------
    UnknownName
        For an unknown schedule.
    ConfigError
        For parts without interleaving, or micro-batches that are no multiple of the ranks with it.
    """
    if schedule not in SCHEDULES:
        raise unknown("schedule", schedule, SCHEDULES, where="pipeline")
    if min(ranks, micros, parts) < 1:
        raise ConfigError(f"{ranks} ranks, {micros} micro-batches, {parts} parts", where="pipeline",
                          remedy="Give at least one of each")  # fmt: skip
    if schedule != "interleaved":
        if parts > 1:
            raise ConfigError(f"{schedule} has no parts", where="pipeline", remedy="Choose interleaved")
        return [(_gpipe if schedule == "gpipe" else _one_each)(ranks - rank, micros) for rank in range(ranks)]
    if micros % ranks:
        raise ConfigError(f"{micros} micro-batches are no multiple of {ranks} ranks", where="interleaved",
                          remedy=f"Give {max(1, micros // ranks) * ranks} micro-batches")  # fmt: skip
    return [_interleaved(rank, ranks, micros, parts) for rank in range(ranks)]


def _gpipe(_ahead: int, micros: int) -> list[Piece]:
    return [Piece(False, m) for m in range(micros)] + [Piece(True, m) for m in range(micros)]


def _one_each(ahead: int, micros: int) -> list[Piece]:
    """Return the order of a rank with so many ranks from itself to the last."""
    warm_up = min(ahead - 1, micros)
    done = [Piece(False, m) for m in range(warm_up)]
    for m in range(micros - warm_up):
        done += [Piece(False, warm_up + m), Piece(True, m)]
    return done + [Piece(True, m) for m in range(micros - warm_up, micros)]


def _interleaved(rank: int, ranks: int, micros: int, parts: int) -> list[Piece]:
    """Return the order of a rank with several parts: groups of `ranks` micro-batches go through part after part."""
    pieces = micros * parts

    def task(number: int, backward: bool) -> Piece:
        group, within = divmod(number, ranks * parts)
        part, micro = divmod(within, ranks)
        return Piece(backward, group * ranks + micro, parts - 1 - part if backward else part)

    warm_up = min(2 * (ranks - rank - 1) + (parts - 1) * ranks, pieces)
    done = [task(n, False) for n in range(warm_up)]
    for n in range(pieces - warm_up):
        done += [task(warm_up + n, False), task(n, True)]
    return done + [task(n, True) for n in range(pieces - warm_up, pieces)]


def most_kept(tasks: list[Piece]) -> int:
    """Return how many activations a rank keeps at most: forwards that wait for their backward."""
    kept = most = 0
    for task in tasks:
        kept += -1 if task.backward else 1
        most = max(most, kept)
    return most


def bubble(ranks: int, micros: int, parts: int = 1) -> float:
    """Return the idle share of the time of work that balanced stages have without delays: (p - 1) / (m v)."""
    return (ranks - 1) / (micros * parts)
