"""Standard streams and the last net: whatever the terminal, the pipe or the disk is like, one line at most."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from marki import __main__
from marki.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent
ENCODINGS = [{"PYTHONIOENCODING": name} for name in ("cp1252", "gbk", "ascii")] + [{"LC_ALL": "C", "PYTHONUTF8": "0"}]
EXAMPLES = [
    ["lessons", "--lang", "zh"],
    ["worksheet", "left_right", "--lang", "zh", "--out", "ws.html"],
    ["card", "mlp"],
]
linux = pytest.mark.skipif(sys.platform != "linux", reason="the devices are Linux's")


def marki(*arguments, env=None, cwd=None, **how):
    env = {**os.environ, "PYTHONPATH": str(ROOT), "SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", **(env or {})}
    how = {"stdout": subprocess.PIPE, **how}
    return subprocess.run(
        [sys.executable, ROOT / "run_sim.py", *arguments], env=env, cwd=cwd, stderr=subprocess.PIPE, timeout=120, **how
    )


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda env: "-".join(env.values()))
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda line: line[0])
def test_every_terminal_can_show_the_examples(tmp_path, encoding, example):
    done = marki(*example, env=encoding, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda env: "-".join(env.values()))
def test_every_terminal_can_show_a_translation(tmp_path, encoding):
    text = "the small square is left of the large circle."
    done = marki("write", "transformer", text, env=encoding, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout


@linux
@pytest.mark.parametrize("line", [["timeline", "--json"], ["wiring"], ["card", "mlp"]], ids=lambda line: line[0])
def test_a_reader_who_leaves_is_no_error(line):
    reader, writer = os.pipe()
    os.close(reader)
    done = marki(*line, stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (__main__.BROKEN_PIPE, b"")


@linux
@pytest.mark.parametrize("line", [["wiring"], ["timeline"], ["lessons"]], ids=lambda line: line[0])
def test_a_full_disk_is_one_line(line):
    with open("/dev/full", "w") as full:
        done = marki(*line, stdout=full)
    assert done.returncode == 2
    said = done.stderr.decode()
    assert said.count("\n") == 1
    assert said.startswith("marki: standard output: ")
    assert "No space left on device" in said


@linux
def test_a_stream_that_is_shut_is_no_traceback():
    done = subprocess.run(
        ["sh", "-c", f"exec '{sys.executable}' '{ROOT / 'run_sim.py'}' lessons >&- 2>&-"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60,
    )  # fmt: skip
    assert done.returncode in (0, 2)


@linux
def test_a_window_that_cannot_be_opened_is_one_line():
    done = marki("--frames", "1", env={"SDL_VIDEODRIVER": "nonsense"})
    assert done.returncode == 2
    said = done.stderr.decode()
    assert said.startswith("marki: SDL_VIDEODRIVER=nonsense: SDL cannot open a window")
    assert said.count("\n") == 1


def test_a_user_without_a_home_has_no_cache(monkeypatch):
    from marki.files import cache_folder

    def nowhere(self):
        raise RuntimeError("Could not determine home directory.")

    for name in ("MARKI_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "expanduser", nowhere)
    assert not cache_folder().exists()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied", "/x"), "/x: the system refused (Permission denied). Give another"),
        (OSError(28, "No space left on device"), "standard output: the system refused (No space left on device). Give"),
        (RecursionError("x"), "marki: something is nested too deep. Nest it less"),
        (MemoryError("of 9 GB"), "marki: there is not enough memory (of 9 GB). Ask for less at a time"),
        (UnicodeEncodeError("ascii", "é", 0, 1, "no"), "marki: a text cannot be read or written"),
        (ConfigError("x", where="y", remedy="z"), "y: x. z"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_nobody_expected_is_one_line(monkeypatch, capsys, error, said):
    def fail(*_):
        raise error

    monkeypatch.setattr(__main__, "parser", fail)
    assert __main__.main([]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"marki: {said}")
    assert err.count("\n") == 1


def test_a_mistake_in_the_code_is_not_hidden(monkeypatch):
    monkeypatch.setattr(__main__, "parser", lambda: [][1])
    with pytest.raises(IndexError):
        __main__.main([])


def test_a_long_argument_is_complained_of_in_short(capsys):
    assert __main__.main(["wiring", "--seed", "9" * 5000]) == 2
    assert len(capsys.readouterr().err) < 500
