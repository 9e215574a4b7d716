import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marki.errors import UnknownName
from successors.cluster import collectives
from successors.cluster.collectives import Collective, ring_bytes, ring_duration, tree_duration
from successors.cluster.devices import Link

links = st.builds(Link, name=st.just("a link"), latency=st.integers(0, 10**5), bandwidth=st.floats(1e6, 1e12))
devices = st.integers(1, 12)
numbers = st.integers(1, 60)


def arrays(n, size):
    """Return whole numbers, whose sums are exact in any order."""
    return np.random.default_rng(n * 1000 + size).integers(-1000, 1000, (n, size))


@given(devices, numbers, links)
@settings(max_examples=60, deadline=None)
def test_a_ring_takes_the_time_of_its_formula(n, size, link):
    run = Collective(arrays(n, size), link, "ring", width=1)
    assert run.duration == ring_duration(n, size, link)
    chunk = -(-size // n)
    assert run.duration == 2 * (n - 1) * link.duration(chunk)


@given(st.integers(0, 4), numbers, links)
@settings(max_examples=40, deadline=None)
def test_a_full_tree_takes_the_time_of_its_formula(depth, size, link):
    run = Collective(arrays(2**depth, size), link, "tree", width=1)
    assert run.duration == tree_duration(2**depth, size, link) == 2 * depth * link.duration(size)


@given(devices, numbers, links)
@settings(max_examples=40, deadline=None)
def test_a_tree_with_gaps_is_not_slower(n, size, link):
    assert Collective(arrays(n, size), link, "tree", width=1).duration <= tree_duration(n, size, link)


@pytest.mark.parametrize("algorithm", ["ring", "tree"])
@given(n=devices, size=numbers)
@settings(max_examples=40, deadline=None)
def test_every_device_has_the_sum_in_the_end(algorithm, n, size):
    given = arrays(n, size)
    run = Collective(given, Link(name="a link", latency=3, bandwidth=1e9), algorithm)
    assert (run.results == given.sum(0)).all()


@pytest.mark.parametrize("algorithm", ["ring", "tree"])
@given(n=devices, size=numbers)
@settings(max_examples=40, deadline=None)
def test_bytes_are_conserved(algorithm, n, size):
    run = Collective(arrays(n, size), Link(name="a link", latency=3, bandwidth=1e9), algorithm, width=1)
    assert sum(run.sent) == sum(run.received)
    if algorithm == "ring":
        assert run.sent == run.received == [ring_bytes(n, size)] * n
        assert ring_bytes(n, size) >= 2 * (n - 1) * size / n
    else:
        assert sum(run.sent) == 2 * (n - 1) * size


@given(devices, numbers, links)
@settings(max_examples=20, deadline=None)
def test_equal_runs_have_equal_digests(n, size, link):
    once, again = (Collective(arrays(n, size), link, "ring") for _ in range(2))
    assert once.log.digest == again.log.digest
    if n > 1:
        slower = Link(name="slower", latency=link.latency + 1, bandwidth=link.bandwidth)
        assert Collective(arrays(n, size), slower, "ring").log.digest != once.log.digest


def test_small_arrays_go_by_the_tree_and_large_ones_by_the_ring():
    link = Link(name="a link", latency=5_000, bandwidth=25e9)
    small, large = 1_000, 10**9
    assert collectives.duration(64, small, link) == tree_duration(64, small, link) < ring_duration(64, small, link)
    assert collectives.duration(64, large, link) == ring_duration(64, large, link) < tree_duration(64, large, link)


def test_alone_there_is_nothing_to_send():
    link = Link(name="a link", latency=5_000, bandwidth=25e9)
    assert [collectives.duration(1, 10**9, link, name) for name in collectives.ALGORITHMS] == [0, 0, 0]


def test_an_unknown_algorithm_is_refused():
    link = Link(name="a link", latency=1, bandwidth=1.0)
    with pytest.raises(UnknownName, match="'ring'"):
        collectives.duration(4, 8, link, "rings")
    with pytest.raises(UnknownName):
        Collective(arrays(2, 2), link, "fastest")
