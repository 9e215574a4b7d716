"""docs/adding_a_successor.md, followed literally in a copy of the program."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs/adding_a_successor.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    root = tmp_path_factory.mktemp("copy")
    unwanted = shutil.ignore_patterns("__pycache__", "runs")
    for name in ("marki", "successors", "assets"):
        shutil.copytree(ROOT / name, root / name, ignore=unwanted)
    shutil.copy(ROOT / "run_sim.py", root)
    return root


def test_the_page_adds_a_system_with_one_file(copy):
    (name,) = re.findall(r"<!-- file: (\S+) -->", PAGE)
    (text,) = blocks("python")
    assert not (copy / name).exists()
    (copy / name).write_text(text, encoding="utf-8")
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(commands) == 6
    said = {}
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "python"
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=copy,
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": str(copy), "OPENBLAS_NUM_THREADS": "1"},
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        said[command] = done.stdout
    assert "1960  adaline" in said[commands[0]]
    assert "Widrow" in said[commands[1]]
    assert "NOT as wanted" not in said[commands[2]]
    assert "all rungs hold" in said[commands[4]]
    assert "adaline" in said[commands[5]]
    assert "mark1" in said[commands[5]]
    for part in ("weights.safetensors", "metrics.json", "learning_curve.png"):
        assert (copy / "out/train/adaline" / part).exists()


def test_the_page_breaks_none_of_our_rules(tmp_path):
    (text,) = blocks("python")
    path = tmp_path / "y1960_adaline.py"
    path.write_text(text, encoding="utf-8")
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--config", str(ROOT / "pyproject.toml"), str(path)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout
