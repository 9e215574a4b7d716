"""A whole training on a machine: a step, all steps with checkpoints and failures, energy and rent."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from marki.errors import ConfigError
from marki.language import Words
from successors.cluster import training_run
from successors.cluster.machines import Training, room_value
from successors.cluster.step import Layout, StepReport, simulate
from successors.cluster.training_run import RunPlan, RunReport, poisson, young

HOUR_US = 3_600_000_000
"""Microseconds."""

LONGEST_HOURS = 10**12
"""Between two failures of a device, at most."""


@dataclass(frozen=True, kw_only=True)
class ClusterReport:
    """What a training is like.

    Parameters
    ----------
    training : Training
    batch : int
        Samples of a step.
    step : StepReport
    run : RunReport
        All steps.
    every : int
        Steps from checkpoint to checkpoint; 0 for none.
    """

    training: Training
    batch: int
    step: StepReport
    run: RunReport
    every: int

    @property
    def hours(self) -> float:
        """Hours of the whole training."""
        return self.run.duration / HOUR_US

    @property
    def device_hours(self) -> float:
        """Hours of all devices together."""
        return self.hours * self.step.layout.devices

    @property
    def energy(self) -> float:
        """Kilowatt-hours, with what the hall takes if there is more than one node; 0 if the power is not known."""
        hall = room_value("pue") if self.step.layout.devices > self.training.machine.node else 1.0
        return self.device_hours * self.training.machine.device.power / 1000 * hall

    @property
    def rent(self) -> float:
        """Dollars; 0 if the price is not known."""
        return self.device_hours * self.training.machine.device.price

    @property
    def operations(self) -> float:
        """Operations that were carried out and counted."""
        layout, seconds = self.step.layout, self.step.seconds
        return self.step.achieved * layout.devices * seconds * self.training.steps

    @property
    def digest(self) -> str:
        """Digest of the events of a step and of the whole training: equal runs have equal ones."""
        return f"{self.step.passage.log.digest}-{self.run.log.digest}"

    def as_data(self) -> dict[str, Any]:
        """Return all figures ready for JSON."""
        step, run = self.step, self.run
        return {
            "name": self.training.name,
            "machine": self.training.machine.name,
            "device": self.training.machine.device.name,
            "network": self.training.work.name,
            "devices": step.layout.devices,
            "layout": asdict(step.layout),
            "batch": self.batch,
            "steps": self.training.steps,
            "step_s": step.seconds,
            "hours": self.hours,
            "device_hours": self.device_hours,
            "shares": {
                "arithmetic": step.arithmetic,
                "sums": step.sums,
                "gradients": step.gradients,
                "idle": step.idle,
            },
            "bubble": step.bubble,
            "utilisation": step.utilisation,
            "hardware_utilisation": step.hardware,
            "flops_per_device": step.achieved,
            "operations": self.operations,
            "sent_bytes_per_device_and_step": step.sent,
            "memory_bytes_per_device": step.memory or None,
            "fits": step.memory <= self.training.machine.device.memory,
            "checkpoint_every_steps": self.every,
            "checkpoints": run.checkpoints,
            "failures": run.failures,
            "lost_hours": run.lost / HOUR_US,
            "saving_hours": run.saving / HOUR_US,
            "restarting_hours": run.restarting / HOUR_US,
            "energy_kwh": self.energy or None,
            "rent_dollars": self.rent or None,
            "events": len(step.passage.log) + len(run.log),
            "digest": self.digest,
        }


def report(
    training: Training,
    layout: Layout,
    *,
    batch: int | None = None,
    mean_hours: float | None = None,
    every: int | None = None,
    seed: int = 0,
) -> ClusterReport:
    """Simulate a training.

    Parameters
    ----------
    training : Training
    layout : Layout
    batch : int, optional
        Samples of a step; as the training has it if left out, with as many steps as show the same samples in all.
    mean_hours : float, optional
        Mean hours of one device between failures; without, nothing fails.
    every : int, optional
        Steps from checkpoint to checkpoint; with failures, by Young's formula if left out.
    seed : int
        Of the failures.
    """
    if mean_hours is not None and not 0 < mean_hours <= LONGEST_HOURS:
        raise ConfigError(f"{mean_hours} hours between failures", where="--mtbf",
                          remedy=f"Give more than 0, and at most {LONGEST_HOURS:,}")  # fmt: skip
    size = training.batch if batch is None else batch
    step = simulate(training.work, training.machine, layout, size)
    step_us = max(1, round(step.duration / 1000))
    steps = -(-training.steps * training.batch // size)
    state = training.work.state * training.work.parameters
    save_us = round(1e6 * state / (room_value("save_rate") * layout.devices))
    mean_us = mean_hours * HOUR_US / layout.devices if mean_hours else None
    if every is None:
        every = max(1, round(young(save_us, mean_us) / step_us)) if mean_us else 0
    plan = RunPlan(
        steps=steps, step_us=step_us, every=every, save_us=save_us, restart_us=round(1e6 * room_value("restart_s"))
    )
    run = training_run.train(plan, poisson(mean_us, seed) if mean_us else ())
    return ClusterReport(training=training, batch=size, step=step, run=run, every=every)


def as_text(found: ClusterReport, words: Words | None = None) -> str:
    """Return a report for a terminal, by default in English."""
    say = words or Words("en")
    training, layout = found.training, found.step.layout
    head = say("machine_room.run", network=training.work.name, devices=f"{layout.devices:,}",
               device=training.machine.device.name)  # fmt: skip
    how = say(
        "machine_room.layout", tensor=layout.tensor, ranks=layout.ranks, replicas=layout.replicas,
        batch=f"{found.batch:,}", micro=f"{layout.micro:,}", schedule=layout.schedule,
    )  # fmt: skip
    return "\n".join([head, f"  {how}", "", *(f"  {name:<32}{value:>16}" for name, value in card(found, say))])


def card(found: ClusterReport, say: Words) -> list[tuple[str, str]]:
    """Return the figures of a report as names and values in a language."""
    run = found.run
    rows = [*step_card(found, say), (say("machine_room.steps", steps=f"{run_steps(found):,}"), time_of(found, say))]
    if run.checkpoints:
        rows.append((say("machine_room.checkpoints", count=f"{run.checkpoints:,}"), duration(run.saving / 1e6, say)))
    if run.failures:
        rows.append((say("machine_room.failures", count=f"{run.failures:,}"), duration(run.restarting / 1e6, say)))
        rows.append((say("machine_room.lost"), duration(run.lost / 1e6, say)))
    return [
        *rows,
        (say("machine_room.device_hours"), f"{found.device_hours:,.0f}"),
        (say("machine_room.energy"), energy_of(found, say)),
        (say("machine_room.rent"), rent_of(found, say)),
        (say("machine_room.digest"), found.digest),
    ]


def time_of(found: ClusterReport, say: Words) -> str:
    """Return the time of the whole training."""
    return duration(found.run.duration / 1e6, say)


def energy_of(found: ClusterReport, say: Words) -> str:
    """Return the energy of the whole training, as far as its devices' power is known."""
    return scaled(1000 * found.energy, "Wh") if found.energy else say("machine_room.unknown")


def rent_of(found: ClusterReport, say: Words) -> str:
    """Return the rent of the whole training, as far as its devices' price is known."""
    return f"{found.rent:,.0f} $" if found.rent else say("machine_room.unknown")


def step_card(found: ClusterReport, say: Words) -> list[tuple[str, str]]:
    """Return the figures of a step as names and values in a language."""
    step, device = found.step, found.training.machine.device

    def row(name: str, value: str) -> tuple[str, str]:
        return say(f"machine_room.{name}"), value

    rows = [row("step", duration(step.seconds, say))]
    rows += [row(name, percent(getattr(step, name))) for name in ("arithmetic", "sums", "gradients", "idle")]
    rows += [row(name, percent(getattr(step, name))) for name in ("bubble", "utilisation", "hardware")]
    rows += [
        row("achieved", scaled(step.achieved, "FLOP/s")),
        row("sent", scaled(sum(step.sent.values()), "B")),
    ]
    if step.memory:
        rows.append(row("memory", scaled(step.memory, "B")))
    if step.memory > device.memory:
        rows.append(("", say("machine_room.too_much", memory=scaled(device.memory, "B"))))
    return rows


def run_steps(found: ClusterReport) -> int:
    """Return how many steps a training has with its batch."""
    return -(-found.training.steps * found.training.batch // found.batch)


def percent(share: float) -> str:
    """Return a share in percent."""
    return f"{100 * abs(share):.1f} %"


def duration(seconds: float, say: Words) -> str:
    """Return a time in the unit in which it is told."""
    for unit, size in (("years", 365.25 * 86_400), ("days", 86_400), ("hours", 3_600)):
        if seconds >= 2 * size:
            return say(f"machine_room.{unit}", value=f"{seconds / size:,.1f}")
    return say("machine_room.seconds", value=f"{seconds:,.4g}")


def scaled(value: float, unit: str) -> str:
    """Return a figure of four digits with a prefix of its unit."""
    for prefix, size in (("Z", 1e21), ("E", 1e18), ("P", 1e15), ("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.4g} {prefix}{unit}"
    return f"{value:.4g} {unit}"
