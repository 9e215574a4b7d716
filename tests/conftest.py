import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# The oracle is shared by tests of several folders and by the benchmark; importlib mode puts no folder on the path.
sys.path.append(str(Path(__file__).parent))

from mutate import a_part

# The same examples on every run, and no deadline, since a computer may be busy; a search for new ones is made by hand:
# `pytest --hypothesis-profile=default`.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

# A shell starts what runs in the background with Ctrl-C ignored, `nohup` with hanging up ignored, and programs started
# from there inherit that; tests of interruptions need both.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


PARTS = {"training": 16, "brief": 3, "slow": 6}
"""Of tests that are marked so, `--part` runs one of so many."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--part COMMIT`, which runs a part of the tests that take long."""
    parser.addoption("--part", metavar="COMMIT", help="of the tests that take long a part, by this text")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep a part of the tests that take long where that was asked for; trainings, which take longest, come first."""
    commit = config.getoption("part")
    if not commit:
        return
    rest, kept = items, []
    for mark, parts in PARTS.items():
        kept += a_part([item for item in rest if item.get_closest_marker(mark)], commit, parts)
        rest = [item for item in rest if not item.get_closest_marker(mark)]
    kept += rest
    chosen = set(kept)
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = kept
