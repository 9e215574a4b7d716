"""A step of training through a pipeline, as discrete events on a clock of whole nanoseconds.

Each rank is a process that takes its tasks in the order of the schedule. A task waits for what it needs: a forward for
that of the stage before, a backward for that of the stage behind and for its own forward. Results travel while their
sender works on. In the end each rank sums its gradients over the replicas, all of which do the same at the same time.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import simpy

from marki.errors import ConfigError
from successors.cluster.event_log import EventLog, Happening
from successors.cluster.orders import Piece, orders
from successors.cluster.whole_clock import WholeClock

MOST_TASKS = 2_000_000
"""Tasks of a step, all ranks together."""


@dataclass(frozen=True, kw_only=True)
class StageTimes:
    """What one stage needs, ns.

    Parameters
    ----------
    forward, backward : int
        Of one micro-batch, sums within the stage included.
    """

    forward: int
    backward: int

    @property
    def both(self) -> int:
        """Forward and backward of one micro-batch."""
        return self.forward + self.backward


@dataclass(frozen=True, kw_only=True)
class Span:
    """A task of a rank and when it was done, ns."""

    rank: int
    task: Piece
    begin: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Passage:
    """What a step was like.

    Parameters
    ----------
    spans : list of Span
        Every task, in order of its end.
    duration : int
        Nanoseconds, with the sums over replicas.
    passed : int
        Nanoseconds to the end of the last task.
    busy : tuple of int
        Nanoseconds of work of each rank.
    log : EventLog
    """

    spans: list[Span]
    duration: int
    passed: int
    busy: tuple[int, ...]
    log: EventLog = field(repr=False)

    @property
    def bubble(self) -> float:
        """Idle time as a share of the work of the busiest rank, sums over replicas apart."""
        return (self.passed - max(self.busy)) / max(self.busy)


def run(
    schedule: str,
    stages: Sequence[StageTimes],
    micros: int,
    *,
    parts: int = 1,
    transfer: int = 0,
    reduce: Sequence[int] | None = None,
) -> Passage:
    """Simulate a step.

    Parameters
    ----------
    schedule : {"gpipe", "1f1b", "interleaved"}
    stages : sequence of StageTimes
        In the order of the network; with `parts`, stage k · ranks + r belongs to rank r.
    micros : int
        Micro-batches.
    parts : int
        Stages of one rank.
    transfer : int
        Nanoseconds from the end of a stage until the next has its result, or its gradient.
    reduce : sequence of int, optional
        Nanoseconds that each rank needs to sum its gradients over the replicas.

    Raises
    ------
    ConfigError
        For stages that cannot be shared out among ranks, or more tasks than fit.
    """
    if not stages or len(stages) % parts:
        raise ConfigError(f"{len(stages)} stages are no multiple of {parts} parts", where="pipeline",
                          remedy="Give a number of stages that is one")  # fmt: skip
    if 2 * micros * len(stages) > MOST_TASKS:
        raise ConfigError(f"{2 * micros * len(stages):,} tasks, above the limit of {MOST_TASKS:,}", where="pipeline",
                          remedy="Give fewer micro-batches or stages")  # fmt: skip
    ranks = len(stages) // parts
    line = _Line(stages, transfer)
    plans = orders(schedule, ranks, micros, parts)
    for rank, plan in enumerate(plans):
        line.env.process(line.work(rank, ranks, plan, reduce[rank] if reduce else 0))
    line.env.run()
    busy = [0] * ranks
    for span in line.spans:
        busy[span.rank] += span.end - span.begin
    return Passage(
        spans=line.spans,
        duration=line.env.time,
        passed=max(span.end for span in line.spans),
        busy=tuple(busy),
        log=line.log,
    )


class _Line:
    """The stages on their clock.

    Parameters
    ----------
    stages : sequence of StageTimes
    transfer : int
    """

    def __init__(self, stages: Sequence[StageTimes], transfer: int):
        self.env = WholeClock()
        self.stages, self.transfer = stages, transfer
        self.log = EventLog()
        self.spans: list[Span] = []
        self.ready: dict[tuple[int, bool, int], simpy.Event] = {}

    def arrival(self, stage: int, backward: bool, micro: int) -> simpy.Event:
        """Return the event that a stage has what a task needs."""
        key = stage, backward, micro
        if key not in self.ready:
            self.ready[key] = self.env.event()
        return self.ready[key]

    def work(self, rank: int, ranks: int, plan: list[Piece], reduce: int) -> Generator[simpy.Event]:
        """Do the tasks of a rank, then sum its gradients."""
        env, log = self.env, self.log
        last = len(self.stages) - 1
        for task in plan:
            stage = task.part * ranks + rank
            backward, micro = task.backward, task.micro
            if stage < last if backward else stage:
                yield self.arrival(stage, backward, micro)
                del self.ready[stage, backward, micro]
            begin = env.time
            log.add(begin, stage, Happening.BACKWARD if backward else Happening.FORWARD, micro)
            times = self.stages[stage]
            yield env.timeout(times.backward if backward else times.forward)
            log.add(env.time, stage, Happening.BACKWARD_DONE if backward else Happening.FORWARD_DONE, micro)
            self.spans.append(Span(rank=rank, task=task, begin=begin, end=env.time))
            to = stage - 1 if backward else stage + 1
            if 0 <= to <= last:
                self.send(stage, to, backward, micro)
        if reduce:
            log.add(env.time, rank, Happening.REDUCE, 0)
            yield env.timeout(reduce)
            log.add(env.time, rank, Happening.REDUCED, 0)

    def send(self, stage: int, to: int, backward: bool, micro: int) -> None:
        """Let a result arrive at its neighbour after the time of the transfer."""
        self.log.add(self.env.time, stage, Happening.SENT, micro)

        def arrive(_event: simpy.Event) -> None:
            self.log.add(self.env.time, to, Happening.ARRIVED, micro)
            self.arrival(to, backward, micro).succeed()

        callbacks = self.env.timeout(self.transfer).callbacks
        assert callbacks is not None  # a new event has its list
        callbacks.append(arrive)
