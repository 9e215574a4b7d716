"""A training of many steps, with checkpoints and failures, on the Mark I's clock of whole microseconds.

A failure of any device stops all: what was learned since the last checkpoint is lost, and after a restart the run goes
on from there. A failure before a checkpoint is complete loses it; one during a restart begins the restart anew.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field

import simpy

from marki.errors import ConfigError
from marki.seeding import generator
from marki.ticks import LIMIT_US, log
from successors.cluster.event_log import EventLog, Happening
from successors.cluster.whole_clock import WholeClock

LONGEST_US = LIMIT_US * 1_000
"""Longest training, µs: some 2,200 years; one V100 would take 355 for GPT-3."""

MOST_FAILURES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class RunPlan:
    """What is to be done.

    Parameters
    ----------
    steps : int
    step_us : int
        Time of one step.
    every : int
        Steps from checkpoint to checkpoint; 0 for none.
    save_us : int
        Time to write a checkpoint, during which nothing is learned.
    restart_us : int
        Time from a failure until the run goes on.
    """

    steps: int
    step_us: int
    every: int = 0
    save_us: int = 0
    restart_us: int = 0

    def __post_init__(self):
        if self.steps < 1 or self.step_us < 1 or min(self.every, self.save_us, self.restart_us) < 0:
            raise ConfigError(f"{self.steps} steps of {self.step_us} us", where="training",
                              remedy="Give one step of a microsecond or more, and no time below 0")  # fmt: skip
        if self.steps * self.step_us > LONGEST_US:
            years = self.steps * self.step_us / LIMIT_US
            raise ConfigError(f"takes some {years:,.0f} times as long as the clock of the Mark I goes",
                              where="training", remedy="Give more devices")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """What a training was like; times in µs.

    Parameters
    ----------
    duration : int
        From the first step to the end of the last; the sum of the next four.
    useful, lost, saving, restarting : int
        Steps that counted, work that failures undid, complete checkpoints, restarts.
    checkpoints, failures : int
        How many.
    log : EventLog
    """

    duration: int
    useful: int
    lost: int
    saving: int
    restarting: int
    checkpoints: int
    failures: int
    log: EventLog = field(repr=False)


def poisson(mean_us: float, seed: int) -> Iterator[int]:
    """Yield moments of failures without end, µs; their distances are exponential.

    Parameters
    ----------
    mean_us : float
        Mean time between two.
    seed : int
    """
    rng = generator(seed, "cluster.failures")
    now = 0.0
    while True:
        for distance in -log(1.0 - rng.random(256)) * mean_us:
            now += float(distance)
            yield int(now)


def young(save_us: float, mean_us: float) -> float:
    """Return the time between checkpoints that loses least, µs, to first order: √(2 C M) (Young 1974)."""
    return math.sqrt(2.0 * save_us * mean_us)


def train(plan: RunPlan, failures: Iterable[int] = ()) -> RunReport:
    """Simulate a training.

    Parameters
    ----------
    plan : RunPlan
    failures : iterable of int
        Moments, µs, in rising order; those after the end do not matter.

    Raises
    ------
    ConfigError
        If it does not come to an end.
    """
    run = _Run(plan, iter(failures))
    run.env.process(run.work())
    run.env.run()
    useful = plan.steps * plan.step_us
    return RunReport(
        duration=run.env.time,
        useful=useful,
        lost=run.env.time - useful - run.saving - run.restarting,
        saving=run.saving,
        restarting=run.restarting,
        checkpoints=run.checkpoints,
        failures=run.failed,
        log=run.log,
    )


class _Run:
    """A training on its clock.

    Parameters
    ----------
    plan : RunPlan
    failures : iterator of int
    """

    def __init__(self, plan: RunPlan, failures: Iterator[int]):
        self.env = WholeClock()
        self.plan, self._failures = plan, failures
        self._next = next(failures, None)
        self.log = EventLog()
        self.saving = self.restarting = self.checkpoints = self.failed = 0

    def work(self) -> Generator[simpy.Event]:
        """Learn and save until all steps are done."""
        plan, env = self.plan, self.env
        done = 0  # as the last checkpoint has it
        while done < plan.steps:
            steps = min(plan.every or plan.steps, plan.steps - done)
            last = done + steps == plan.steps
            self.log.add(env.time, 0, Happening.STEPS, done)
            if (yield from self.fails_within(steps * plan.step_us)):
                continue
            if not last:
                self.log.add(env.time, 0, Happening.CHECKPOINT, done + steps)
                if (yield from self.fails_within(plan.save_us)):
                    continue
                self.log.add(env.time, 0, Happening.SAVED, done + steps)
                self.saving += plan.save_us
                self.checkpoints += 1
            done += steps
        self.log.add(env.time, 0, Happening.FINISHED, plan.steps)

    def fails_within(self, time: int) -> Generator[simpy.Event, None, bool]:
        """Let so much time pass, or fail and restart; the generator returns whether it failed."""
        env = self.env
        if not self.strikes_before(env.time + time):
            yield env.timeout(time)
            return False
        while self._next is not None and self.strikes_before(env.time + time):
            yield env.timeout(self._next - env.time)
            self.log.add(env.time, 0, Happening.FAILURE, self.failed)
            self.failed += 1
            if self.failed > MOST_FAILURES:
                raise ConfigError(f"fails {MOST_FAILURES:,} times and does not come to an end", where="training",
                                  remedy="Save more often, or give devices that fail less")  # fmt: skip
            began, time = env.time, self.plan.restart_us
            if not self.strikes_before(began + time):
                yield env.timeout(time)
                self.restarting += time
                break
            self.restarting += (self._next or began) - began
        self.log.add(env.time, 0, Happening.RESTARTED, self.failed)
        return True

    def strikes_before(self, moment: int) -> bool:
        """Return whether a failure comes before a moment; those that are past are dropped."""
        while self._next is not None and self._next <= self.env.time:
            self._next = next(self._failures, None)
        return self._next is not None and self._next < moment
