import signal
import sys
from pathlib import Path

from hypothesis import settings

# The oracle is shared by tests of several folders and by the benchmark; importlib mode puts no folder on the path.
sys.path.append(str(Path(__file__).parent))

# The same examples on every run, and no deadline, since a computer may be busy; a search for new ones is made by hand:
# `pytest --hypothesis-profile=default`.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

# A shell starts what runs in the background with Ctrl-C ignored, and programs started from there inherit that; tests of
# interruptions need it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
