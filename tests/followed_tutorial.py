"""Pages of the documents whose every block a test runs, from the first to the last, as a reader would."""

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
BLOCK = re.compile(r"(?:<!-- file: (\S+) -->\n)?^```(\w+)\n(.*?)^```", re.M | re.S)
QUIET = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "PYGAME_HIDE_SUPPORT_PROMPT": "1"}


def blocks(page):
    """Return the blocks of a page in order: the file that one is to be written to, its language, its lines."""
    return BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))


def copied(root):
    """Copy the program into a folder, as somebody has it who has unpacked it."""
    for name in ("marki", "successors", "assets"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "run_sim.py", root)
    return root


def words(line):
    """Return the arguments of a command of Python; a window is closed after two frames."""
    program, *rest = shlex.split(line, comments=True)
    assert program == "python", line
    opens = rest == ["run_sim.py"] or (rest[:1] == ["run_sim.py"] and rest[1].startswith("--"))
    return [*rest, "--frames", "2"] if opens and "--frames" not in rest else rest


def run(line, folder):
    """Run a command in a folder; return what it printed."""
    own = os.environ | QUIET | {"PYTHONPATH": str(folder), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *words(line)], cwd=folder, capture_output=True, text=True, env=own)
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def follow(page, folder):
    """Do what a page says in a copy of the program, and hold what is printed against what it says is printed.

    A block of text after a block of code is some of the lines that the code prints. Files are written, commands run,
    and all Python of the page is one conversation.
    """
    said, room = "", {"__name__": "__main__"}
    for file, language, content in blocks(page):
        if language == "text":
            for line in content.splitlines():
                assert line in said.splitlines(), f"{page}: {line!r} is not in\n{said}"
        elif file:
            (folder / file).write_text(content, encoding="utf-8")
        elif language == "sh":
            said = "".join(run(line, folder) for line in content.splitlines() if line.strip())
        elif language == "python":
            heard = io.StringIO()
            with contextlib.redirect_stdout(heard):
                exec(compile(content, page, "exec"), room)
            said = heard.getvalue()
        else:
            raise AssertionError(f"{page}: nobody runs a block of {language}")
    return room
