"""One step of training on a machine: its layout, the times that follow from it, and what the simulation finds.

Tensor parallelism shares each layer among neighbours, which sum what they have after each half of it; a pipeline gives
each rank some of the layers; replicas do the same with other samples and sum their gradients in the end. Sums and
arithmetic do not overlap, results of a stage travel while it works on; the optimiser takes no time. Between the layers
of two stages each device sends its share alone, which is gathered again in the node (Narayanan et al. 2021, sec. 4.1).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from marki.errors import ConfigError
from successors.cluster import collectives, pipeline
from successors.cluster.collectives import ring_bytes
from successors.cluster.devices import SECOND, Link
from successors.cluster.machines import Machine, Training
from successors.cluster.pipeline import Passage, StageTimes
from successors.cluster.work import Work

MOST_DEVICES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the devices share the work.

    Parameters
    ----------
    tensor, ranks, replicas : int
        Devices for each layer, stages of devices, and copies of the network.
    micro : int
        Samples of a micro-batch.
    schedule : {"gpipe", "1f1b", "interleaved"}
    parts : int
        Parts of the network of each rank.
    recompute : bool
        Whether layers are computed again for the backward pass.
    sharded : bool
        Whether the replicas of a node share out weights and optimiser among themselves; of the gradients each then
        has the sum of its share, and sends the new weights round, which takes as long as the whole sum.
    """

    tensor: int = 1
    ranks: int = 1
    replicas: int = 1
    micro: int = 1
    schedule: str = "1f1b"
    parts: int = 1
    recompute: bool = False
    sharded: bool = False

    @property
    def devices(self) -> int:
        """Devices in all."""
        return self.tensor * self.ranks * self.replicas


def layout_of(training: Training, *, devices: int | None = None, **changes: Any) -> Layout:
    """Return the layout of a training, with another number of devices or other shares.

    Parameters
    ----------
    training : Training
    devices : int, optional
        More or fewer; the replicas become more or fewer.
    **changes : object
        Fields of `Layout`; with ``replicas``, devices follow.

    Raises
    ------
    ConfigError
        If the devices cannot be shared out so.
    """
    wanted = {name: value for name, value in changes.items() if value is not None}
    tensor, ranks = wanted.get("tensor", training.tensor), wanted.get("ranks", training.pipeline)
    if min(tensor, ranks) < 1:
        raise ConfigError(f"{tensor} x {ranks} devices for a replica", where="layout", remedy="Give 1 or more")
    if "replicas" not in wanted:
        total = training.devices if devices is None else devices
        if total < 1:
            raise ConfigError(f"{total} devices", where="--devices", remedy="Give 1 or more")
        if total > MOST_DEVICES:
            raise ConfigError(f"{total:,} devices are above the limit of {MOST_DEVICES:,}", where="--devices",
                              remedy="Give fewer")  # fmt: skip
        if total % (tensor * ranks):
            near = max(1, total // (tensor * ranks)) * tensor * ranks
            raise ConfigError(
                f"{total:,} devices are no multiple of {tensor} x {ranks}, those of one replica", where="layout",
                remedy=f"Give {near:,} devices, or another --tensor or --pipeline",
            )  # fmt: skip
        wanted["replicas"] = total // (tensor * ranks)
    own = {"micro": training.micro, "recompute": training.recompute, "sharded": training.sharded}
    return Layout(**own | {"tensor": tensor, "ranks": ranks} | wanted)


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """What a step is like. Times in ns; shares are of the time of the step, on the busiest rank.

    Parameters
    ----------
    duration : int
    bubble : float
        Idle time while the pipeline is at work, as a share of the work of the busiest rank.
    arithmetic, sums, gradients, idle : float
        Shares of arithmetic, sums within a layer, sums over replicas, waiting; together 1.
    utilisation : float
        Useful operations over what the devices could do at their highest rate.
    hardware : float
        The same with all operations that were carried out.
    achieved : float
        Operations carried out by a device in a second.
    sent : dict of str to int
        Bytes that a device sends: ``tensor``, ``pipeline`` and ``gradients``.
    memory : float
        Bytes of weights, gradients and optimiser on a device; activations are not counted.
    layout : Layout
    passage : Passage
        Of the pipeline.
    """

    duration: int
    bubble: float
    arithmetic: float
    sums: float
    gradients: float
    idle: float
    utilisation: float
    hardware: float
    achieved: float
    sent: dict[str, int]
    memory: float
    layout: Layout
    passage: Passage = field(repr=False)

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return self.duration / SECOND


def gradient_sum(machine: Machine, layout: Layout, size: int) -> int:
    """Return the time to sum gradients of `size` bytes over the replicas, ns.

    Devices of one node that hold the same weights go half round a ring first, so that each has the sum of its share;
    then each sums its share with other nodes; then the shares go the other half of the ring.
    """
    inside = near_replicas(machine, layout)
    if inside == layout.replicas:
        return collectives.duration(inside, size, machine.inside)
    own = collectives.duration(inside, size, machine.inside, "ring")
    return own + collectives.duration(layout.replicas // inside, -(-size // inside), machine.between)


def near_replicas(machine: Machine, layout: Layout) -> int:
    """Return how many replicas of a stage are in one node."""
    inside = min(layout.replicas, max(1, machine.node // layout.tensor))
    while layout.replicas % inside:
        inside -= 1
    return inside


def simulate(work: Work, machine: Machine, layout: Layout, batch: int) -> StepReport:
    """Simulate a step.

    Parameters
    ----------
    work : Work
    machine : Machine
    layout : Layout
    batch : int
        Samples of the step.

    Raises
    ------
    ConfigError
        If batch, layers or ranks cannot be shared out so.
    """
    if min(layout.tensor, layout.ranks, layout.replicas, layout.micro, layout.parts, batch) < 1:
        raise ConfigError(f"a batch of {batch}, {layout.devices} devices, micro-batches of {layout.micro}",
                          where="step", remedy="Give 1 or more of each")  # fmt: skip
    each = layout.replicas * layout.micro
    if batch % each:
        raise ConfigError(
            f"a batch of {batch:,} is no multiple of {layout.replicas} replicas x {layout.micro} a micro-batch",
            where="step", remedy=f"Give a batch of {max(1, batch // each) * each:,}, or other devices",
        )  # fmt: skip
    micros = batch // each
    shares = shared_layers(work.layers, layout.ranks * layout.parts)
    times = [_stage(work, machine, layout, layers, at == len(shares) - 1) for at, layers in enumerate(shares)]
    own = work.parameters * work.number // (layout.tensor * layout.ranks)
    reduce = gradient_sum(machine, layout, own) if work.backward else 0
    hop = layout.micro * work.exchanged // layout.tensor
    transfer = _neighbours(machine, layout.devices).duration(hop) if layout.ranks > 1 else 0
    passage = pipeline.run(
        layout.schedule, [stage for stage, _ in times], micros, parts=layout.parts, transfer=transfer,
        reduce=[reduce] * layout.ranks,
    )  # fmt: skip
    busiest = max(range(layout.ranks), key=lambda rank: passage.busy[rank])
    sums = micros * sum(within for _, within in times[busiest :: layout.ranks])
    whole = passage.duration
    done = batch * _flops(work, layout)
    able = layout.devices * machine.device.rate * whole / SECOND
    return StepReport(
        duration=whole,
        bubble=passage.bubble,
        arithmetic=(passage.busy[busiest] - sums) / whole,
        sums=sums / whole,
        gradients=reduce / whole,
        idle=1 - (passage.busy[busiest] + reduce) / whole,
        utilisation=batch * work.useful_flops / able,
        hardware=done / able,
        achieved=done / layout.devices / (whole / SECOND),
        sent={
            "tensor": micros * sum(shares[:: layout.ranks]) * _passes(work, layout) * work.sums
            * ring_bytes(layout.tensor, layout.micro * work.exchanged),
            "pipeline": 2 * micros * layout.parts * hop if layout.ranks > 1 else 0,
            "gradients": ring_bytes(layout.replicas, own) if work.backward else 0,
        },
        memory=work.state * work.parameters / (layout.tensor * layout.ranks)
        / (near_replicas(machine, layout) if layout.sharded else 1),
        layout=layout,
        passage=passage,
    )  # fmt: skip


def shared_layers(layers: int, stages: int) -> list[int]:
    """Return how many layers each stage has, the first ones one more where they do not share out.

    Raises
    ------
    ConfigError
        For more stages than layers.
    """
    if stages > layers:
        raise ConfigError(f"{stages} stages for {layers} layers", where="pipeline", remedy=f"Give at most {layers}")
    least, more = divmod(layers, stages)
    return [least + (at < more) for at in range(stages)]


def _passes(work: Work, layout: Layout) -> int:
    """Return how often a layer is gone through: forward, backward, and perhaps forward again."""
    return 1 + (1 + layout.recompute if work.backward else 0)


def _flops(work: Work, layout: Layout) -> float:
    """Return the operations that are carried out for one sample."""
    layers = work.layers * work.layer_flops * (1 + work.backward + layout.recompute)
    return layers + work.last_flops * (1 + work.backward)


def _stage(work: Work, machine: Machine, layout: Layout, layers: int, last: bool) -> tuple[StageTimes, int]:
    """Return the times of one micro-batch in a stage, and how much of them sums take."""
    within = layers * work.sums * collectives.duration(
        layout.tensor, layout.micro * work.exchanged, _neighbours(machine, layout.tensor)
    )  # fmt: skip
    share = layout.micro / layout.tensor
    own, after = share * layers * work.layer_flops, share * work.last_flops * last
    forward = machine.device.duration(own + after) + within
    if not work.backward:
        return StageTimes(forward=forward, backward=0), within
    again = machine.device.duration(own) + within if layout.recompute else 0
    backward = machine.device.duration(work.backward * (own + after)) + within + again
    return StageTimes(forward=forward, backward=backward), within * _passes(work, layout)


def _neighbours(machine: Machine, devices: int) -> Link:
    """Return the link over which so many devices in a row reach each other."""
    return machine.inside if devices <= machine.node else machine.between
