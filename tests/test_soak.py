"""Ten minutes of work: memory and the cost of a trial stay flat. `pytest -m soak` runs it; MARKI_SOAK_S shortens it."""

import gc
import os
import time
from pathlib import Path

import numpy as np
import pytest

from marki.session import mark1_session
from marki.trace import Trace

SOAK_S = float(os.environ.get("MARKI_SOAK_S", 600))
PARTS = 12
"""Parts of each half of the time; the first two are for warming up."""

MOST_GROWTH = 48 << 20
"""Bytes by which memory may grow after that: the records, some 60 bytes a trial, and what the allocator keeps."""

MOST_COST = 1.25
"""Cost of a trial or frame in the last third of the time, relative to the first; processor time, medians."""

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="looks into /proc"),
]


def memory():
    """Bytes of this process in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def soak(work, seconds):
    """Do a work again and again; return the median cost of one, and memory, of each part of the time."""
    costs, held = [], []
    for _ in range(PARTS):
        end, part = time.monotonic() + seconds / PARTS, []
        while time.monotonic() < end:
            since = time.process_time()
            work()
            part.append(time.process_time() - since)
        costs.append(float(np.median(part)))
        held.append(memory())
    return np.array(costs[2:]), np.array(held[2:])


def check_flat(costs, held):
    third = max(1, len(costs) // 3)
    assert held.max() - held[0] < MOST_GROWTH, held.tolist()
    assert np.median(costs[-third:]) < MOST_COST * np.median(costs[:third]), costs.tolist()


@pytest.mark.parametrize("keep", ["recent", "all"])
def test_trials_cost_the_same_after_a_long_time_and_memory_is_flat(keep, monkeypatch):
    monkeypatch.setattr(Trace.__init__, "__defaults__", ("all", 1 << 20))
    session = mark1_session(seed=1, keep=keep)
    check_flat(*soak(lambda: session.run(10), SOAK_S / 4))
    assert session.trace.blocks == session.trial


def test_the_window_draws_at_the_same_cost_after_a_long_time_and_memory_is_flat(monkeypatch, tmp_path):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    from marki.console.app import App
    from marki.console.window_settings import WindowSettings

    settings = WindowSettings(frames=10**9, speed=300.0, paused=False, out=str(tmp_path), page="journal")
    app = App(mark1_session(seed=1, keep="recent"), settings, None)
    check_flat(*soak(app.frame, SOAK_S / 2))
    assert app.session.trial > 0


def test_a_leak_and_a_growing_cost_would_be_found():
    flat = np.full(10, 1e-3)
    check_flat(flat, np.full(10, 1 << 27))
    with pytest.raises(AssertionError):
        check_flat(flat, np.linspace(1 << 27, (1 << 27) + 2 * MOST_GROWTH, 10))
    with pytest.raises(AssertionError):
        check_flat(np.linspace(1e-3, 2e-3, 10), np.full(10, 1 << 27))
