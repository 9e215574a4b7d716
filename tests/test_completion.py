import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("marki expe", {"experiments"}),
        ("marki run left", {"left_right"}),
        ("marki train lene", {"lenet5"}),
        ("marki tasks two_", {"two_class"}),
        ("marki run left_right --set machine.association.th", {"machine.association.theta="}),
        ("marki validate --only topo", {"topology"}),
    ],
)
def test_a_shell_is_offered_what_may_come_next(tmp_path, line, offered):
    pytest.importorskip("argcomplete")
    asked = {
        "_ARGCOMPLETE": "1", "_ARGCOMPLETE_IFS": "\n", "_ARGCOMPLETE_STDOUT_FILENAME": str(tmp_path / "said"),
        "_ARGCOMPLETE_COMP_WORDBREAKS": " ", "COMP_LINE": line, "COMP_POINT": str(len(line)),
    }  # fmt: skip
    subprocess.run([sys.executable, str(ROOT / "run_sim.py")], env={**os.environ, **asked}, check=False, cwd=tmp_path)
    said = (tmp_path / "said").read_text().split("\n")
    assert {word.strip() for word in said} == offered
