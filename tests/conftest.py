import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# The oracle is shared by tests of several folders and by the benchmark; importlib mode puts no folder on the path.
sys.path.append(str(Path(__file__).parent))

from mutate import a_third

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


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--third COMMIT`, which runs every third of the tests that were chosen."""
    parser.addoption("--third", metavar="COMMIT", help="every third of the tests chosen, by this text")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep a third of the tests where that was asked for."""
    if commit := config.getoption("third"):
        kept = a_third(items, commit)
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept
