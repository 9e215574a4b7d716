import subprocess
import sys
from pathlib import Path

import pytest

from successors.nn import malloc

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.skipif(not sys.platform.startswith("linux") or not malloc.keep(), reason="needs glibc")
def test_a_step_of_learning_asks_for_no_fresh_memory():
    code = """
import resource
import numpy as np
from successors import registry

learner, rng = registry.create("resnet", classes=26), np.random.default_rng(0)
stimuli = rng.random((64, 20, 20), np.float32)
targets = learner.labels.lamps(rng.integers(26, size=64))
for _ in range(3):
    learner.reinforce(stimuli, targets)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    learner.reinforce(stimuli, targets)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""  # in a process of its own, whose memory no other test has left in pieces
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 1_000, "without, it is thousands of pages in each step"


def test_elsewhere_memory_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not malloc.keep()


def test_a_c_library_without_this_is_no_error(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(malloc.ctypes, "CDLL", lambda _: object())
    assert not malloc.keep()
