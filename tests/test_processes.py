import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PARENT = """
import os, time
from pathlib import Path
from marki.processes import spread
import tests_workers

if __name__ == "__main__":
    list(spread(tests_workers.linger, [(str(Path.cwd()),)] * 2, jobs=2, where="here", remedy="again"))
"""
WORKERS = """
import os, time
from pathlib import Path

def linger(folder):
    Path(folder, f"{os.getpid()}.pid").touch()
    time.sleep(120)
"""


def alive(pid):
    """Whether a process runs; one that has ended and waits to be collected does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_a_killed_parent(tmp_path, how):
    (tmp_path / "parent.py").write_text(PARENT)
    (tmp_path / "tests_workers.py").write_text(WORKERS)
    parent = subprocess.Popen([sys.executable, "parent.py"], cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while len(pids := [int(p.stem) for p in tmp_path.glob("*.pid")]) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert all(alive(pid) for pid in pids)
        parent.send_signal(how)
        parent.wait()
        while any(alive(pid) for pid in pids):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        parent.kill()
