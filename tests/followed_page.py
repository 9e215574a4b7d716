"""Pages of the documents that tell how to add something: tests follow them literally in a copy of the program."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUIET = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "PYGAME_HIDE_SUPPORT_PROMPT": "1"}


class Page:
    """A page: its text, the one file that it adds, and its commands as lists of arguments of Python."""

    def __init__(self, name):
        self.text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        (self.file,) = re.findall(r"<!-- file: (\S+) -->", self.text)
        (self.content,) = re.findall(r"<!-- file: \S+ -->\s+```python\n(.*?)^```", self.text, re.M | re.S)
        blocks = re.findall(r"^```sh\n(.*?)^```", self.text, re.M | re.S)
        programs = [shlex.split(line) for block in blocks for line in block.splitlines()]
        assert {program[0] for program in programs} == {"python"}
        self.commands = [program[1:] for program in programs]

    def copy(self, root, *unwanted):
        """Copy the program to a folder, with the page's file added; return the folder."""
        for name in ("marki", "successors", "assets"):
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", *unwanted))
        shutil.copy(ROOT / "run_sim.py", root)
        assert not (root / self.file).exists()
        (root / self.file).write_text(self.content, encoding="utf-8")
        return root

    def check_rules(self, folder):
        """Hold the file to the rules of lint and format."""
        path = folder / Path(self.file).name
        path.write_text(self.content, encoding="utf-8")
        for command in (["check"], ["format", "--check"]):
            run(ROOT, "-m", "ruff", *command, "--config", str(ROOT / "pyproject.toml"), str(path))


def run(copy, *arguments):
    """Run Python with some arguments in a copy; return what it printed."""
    own = os.environ | QUIET | {"PYTHONPATH": str(copy), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *arguments], cwd=copy, capture_output=True, text=True, env=own)
    assert done.returncode == 0, f"{arguments}\n{done.stdout}{done.stderr}"
    return done.stdout
