import sys

import numpy as np
import pytest

from successors import registry
from successors.nn import malloc


@pytest.mark.skipif(not sys.platform.startswith("linux") or not malloc.keep(), reason="needs glibc")
def test_a_step_of_learning_asks_for_no_fresh_memory():
    import resource

    learner, rng = registry.create("resnet", classes=26), np.random.default_rng(0)
    stimuli = rng.random((64, 20, 20), np.float32)
    targets = learner.labels.lamps(rng.integers(26, size=64))
    for _ in range(3):
        learner.reinforce(stimuli, targets)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(3):
        learner.reinforce(stimuli, targets)
    # Without, it is thousands of pages in each step.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before < 1_000


def test_elsewhere_memory_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not malloc.keep()


def test_a_c_library_without_this_is_no_error(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(malloc.ctypes, "CDLL", lambda _: object())
    assert not malloc.keep()
