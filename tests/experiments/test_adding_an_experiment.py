"""docs/adding_an_experiment.md, followed literally in a copy of the program."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs/adding_an_experiment.md").read_text(encoding="utf-8")
HERE = Path(__file__).parent


def block(label, language):
    """Return the text of the block that follows a label."""
    (text,) = re.findall(rf"^<!-- {label} -->\n```{language}\n(.*?)^```", PAGE, re.M | re.S)
    return text


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """Return a copy of the program with the one file that the page adds."""
    root = tmp_path_factory.mktemp("copy")
    for name in ("marki", "successors", "assets"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "weights"))
    shutil.copy(ROOT / "run_sim.py", root)
    (name,) = re.findall(r"<!-- file: (\S+) -->", PAGE)
    assert not (root / name).exists()
    (root / name).write_text(block(r"file: \S+", "python"), encoding="utf-8")
    return root


def said(copy, *command):
    """Run a command in the copy; return what it printed."""
    own = os.environ | {"PYTHONPATH": str(copy), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, env=own)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_the_page_adds_an_experiment_with_one_file(copy):
    commands = [line for text in re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S) for line in text.splitlines()]
    assert len(commands) == 3
    found = []
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "python"
        found.append(said(copy, sys.executable, *arguments))
    assert "moved" in found[0]
    assert "Letters that are moved" in found[1]
    assert "2 cells" in found[1]
    result = json.loads((copy / "out/moved/result.json").read_text())
    assert result["after"]["0 cells"] > 0.95
    for part in ("trials.csv", "config.json"):
        assert (copy / "out/moved" / part).exists()
    many = json.loads((copy / "out/moved_theta3/result.json").read_text())
    assert len(many["seeds"]) == 2


def test_what_the_page_says_must_come_out_comes_out(copy):
    """The page's test is appended to a copy of the file that it names, and run there."""
    (copy / "tests").mkdir()
    own = (HERE / "test_experiments.py").read_text(encoding="utf-8") + "\n\n" + block("test", "python")
    (copy / "tests/test_experiments.py").write_text(own, encoding="utf-8")
    options = ("-q", "-n0", "-p", "no:cacheprovider", "-k", "not_known_elsewhere")
    assert "1 passed" in said(copy, sys.executable, "-m", "pytest", *options, "tests")


def test_the_page_breaks_none_of_our_rules(tmp_path):
    path = tmp_path / "moved.py"
    path.write_text(block(r"file: \S+", "python"), encoding="utf-8")
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--config", str(ROOT / "pyproject.toml"), str(path)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout
