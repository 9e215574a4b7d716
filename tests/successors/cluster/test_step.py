from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marki.errors import ConfigError
from successors.cluster import collectives
from successors.cluster.devices import SECOND, Device, Link
from successors.cluster.machines import Machine, training
from successors.cluster.step import Layout, gradient_sum, layout_of, shared_layers, simulate
from successors.cluster.work import Work

NEAR, FAR = Link(name="near", latency=100, bandwidth=1e11), Link(name="far", latency=1_000, bandwidth=1e9)
MACHINE = Machine(
    name="a machine", node=4, inside=NEAR, between=FAR,
    device=Device(name="a card", rate=1e12, memory=1e9, kernels=0.5),
)  # fmt: skip
WORK = Work(
    name="a network", sample="text", parameters=10**6, layers=8, layer_flops=1e6, last_flops=0, exchanged=1_000, sums=2,
    useful_flops=2.4e7,
)  # fmt: skip


def test_one_device_does_its_arithmetic_and_nothing_else():
    step = simulate(WORK, MACHINE, Layout(), 10)
    assert step.seconds == pytest.approx(10 * 2.4e7 / 0.5e12)
    assert (step.arithmetic, step.sums, step.gradients, step.idle) == pytest.approx((1, 0, 0, 0))
    assert step.utilisation == pytest.approx(0.5)
    assert sum(step.sent.values()) == 0


def test_computing_again_costs_a_third_more_and_is_not_useful():
    once, again = (simulate(WORK, MACHINE, Layout(recompute=flag), 10) for flag in (False, True))
    assert again.duration == pytest.approx(once.duration * 4 / 3, rel=1e-6)
    assert again.hardware == pytest.approx(once.hardware)
    assert again.utilisation == pytest.approx(once.utilisation * 3 / 4)


def test_two_stages_have_the_bubble_of_the_formula_and_their_transfers():
    free = replace(MACHINE, inside=replace(NEAR, latency=0, bandwidth=1e30))
    step = simulate(WORK, free, Layout(ranks=2), 4)
    assert step.bubble == pytest.approx(1 / 4, abs=1e-4)  # a message takes a nanosecond at least
    assert simulate(WORK, MACHINE, Layout(ranks=2), 4).duration > step.duration
    assert step.sent["pipeline"] == 2 * 4 * 1_000


def test_sums_within_a_layer_are_two_forward_and_two_backward():
    alone = simulate(WORK, replace(MACHINE, inside=replace(NEAR, latency=0, bandwidth=1e30)), Layout(tensor=4), 1)
    assert alone.duration == pytest.approx(simulate(WORK, MACHINE, Layout(), 1).duration / 4, rel=0.02)
    step = simulate(WORK, MACHINE, Layout(tensor=4), 1)
    sums = 4 * WORK.layers * collectives.duration(4, WORK.exchanged, NEAR)
    assert step.sums * step.duration == pytest.approx(sums)
    assert step.duration == pytest.approx(alone.duration + sums, rel=0.01)
    assert step.sent["tensor"] == 4 * WORK.layers * collectives.ring_bytes(4, WORK.exchanged)


def test_replicas_in_a_node_sum_before_they_sum_with_others():
    layout = Layout(replicas=8)
    assert gradient_sum(MACHINE, layout, 10**6) == (
        collectives.duration(4, 10**6, NEAR) + collectives.duration(2, 250_000, FAR)
    )
    assert gradient_sum(MACHINE, layout, 10**6) < collectives.duration(8, 10**6, FAR)
    few = gradient_sum(MACHINE, layout, 8)  # a tree would be faster, but leaves no shares
    assert few == collectives.ring_duration(4, 8, NEAR) + collectives.duration(2, 2, FAR)
    assert gradient_sum(MACHINE, Layout(replicas=4), 8) == collectives.tree_duration(4, 8, NEAR)
    assert gradient_sum(MACHINE, Layout(tensor=4, replicas=2), 10**6) == collectives.duration(2, 10**6, FAR)


def test_a_pipeline_over_nodes_goes_by_the_slow_link():
    within = simulate(WORK, MACHINE, Layout(ranks=4), 1)
    beyond = simulate(WORK, MACHINE, Layout(ranks=8), 1)
    hops = 2 * 7 * FAR.duration(1_000) - 2 * 3 * NEAR.duration(1_000)
    assert beyond.duration - within.duration == pytest.approx(hops, abs=100)


@given(
    tensor=st.sampled_from([1, 2, 4]), ranks=st.sampled_from([1, 2, 4, 8]), replicas=st.sampled_from([1, 2, 4]),
    recompute=st.booleans(),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_shares_make_up_the_whole_and_no_device_does_more_than_it_can(tensor, ranks, replicas, recompute):
    layout = Layout(tensor=tensor, ranks=ranks, replicas=replicas, recompute=recompute)
    step = simulate(WORK, MACHINE, layout, 16)
    assert step.arithmetic + step.sums + step.gradients + step.idle == pytest.approx(1)
    assert min(step.arithmetic, step.sums, step.gradients) >= 0
    assert step.idle >= -1e-9
    assert step.hardware <= MACHINE.device.kernels * 1.000001
    done = step.achieved * layout.devices * step.duration / SECOND
    assert done == pytest.approx(16 * 8e6 * (3 + recompute))


@given(st.sampled_from([1, 2, 4, 8]), st.integers(1, 4))
@settings(max_examples=20, deadline=None)
def test_slower_links_and_devices_are_never_faster(ranks, replicas):
    layout = Layout(ranks=ranks, replicas=replicas)
    step = simulate(WORK, MACHINE, layout, 8 * replicas).duration
    slow = replace(FAR, latency=50_000)
    assert simulate(WORK, replace(MACHINE, between=slow, inside=slow), layout, 8 * replicas).duration >= step
    lazy = replace(MACHINE, device=replace(MACHINE.device, kernels=0.25))
    assert simulate(WORK, lazy, layout, 8 * replicas).duration > step


def test_layers_are_shared_out_evenly():
    assert shared_layers(10, 4) == [3, 3, 2, 2]
    assert sum(shared_layers(105, 35)) == 105
    with pytest.raises(ConfigError, match="at most 10"):
        shared_layers(10, 11)


def test_layouts_that_cannot_be_are_refused():
    gpt3 = training("gpt3")
    assert layout_of(gpt3, devices=2_048).replicas == 16
    assert layout_of(gpt3, devices=64, ranks=8).replicas == 1
    with pytest.raises(ConfigError, match="Give 896 devices"):
        layout_of(gpt3, devices=1_000)
    with pytest.raises(ConfigError, match="above the limit"):
        layout_of(gpt3, devices=10**9)
    with pytest.raises(ConfigError, match="Give 1 or more"):
        layout_of(gpt3, tensor=0)
    with pytest.raises(ConfigError, match="Give a batch of 6"):
        simulate(WORK, MACHINE, Layout(replicas=3, micro=2), 10)


def test_weights_that_are_shared_out_take_less_room():
    whole, part = (simulate(WORK, MACHINE, Layout(replicas=8, sharded=flag), 8) for flag in (False, True))
    assert whole.memory == 16e6 == 4 * part.memory  # four replicas in a node
    assert whole.duration == part.duration
