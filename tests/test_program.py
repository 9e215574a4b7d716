"""The program as it was called, and that it can be called in every way."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from marki.program import program

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("called", "said"),
    [
        ("run_sim.py", "python run_sim.py"),
        ("../my folder/run_sim.py", "python '../my folder/run_sim.py'"),
        ("/usr/lib/marki/__main__.py", "python -m marki"),
        ("/usr/bin/marki", "marki"),
        ("marki.exe", "marki"),
        ("/usr/lib/pytest/__main__.py", "python -m marki"),
        ("", "python -m marki"),
    ],
)
def test_the_words_before_the_arguments(monkeypatch, called, said):
    monkeypatch.setattr(sys, "argv", [called, "train"])
    assert program() == said


@pytest.mark.parametrize("how", [["-m", "marki"], [str(ROOT / "run_sim.py")]])
def test_from_any_folder(tmp_path, how):
    def call(*args):
        command = [sys.executable, *how, *args]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    words = "python -m marki" if how[0] == "-m" else f"python {how[0]}"
    assert call("--version").stdout.startswith("marki ")
    assert call("run", "--help").stdout.startswith(f"usage: {words} run")
    assert f"See {words} --help" in call("--nonsense").stderr


def test_the_package_claims_its_own_two_names_alone():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["scripts"] == {"marki": "marki.__main__:main"}
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]) == {
        "marki",
        "successors",
        "assets",
    }
