import argparse
import json
import subprocess
import sys

import pytest

from marki.console.command import add_arguments, choose_drivers, open_window, read_size
from marki.errors import ConfigError, MarkIError, UnknownName
from marki.session import mark1_session

KEYS = {
    "fps", "frame_ms", "first_frame_s", "asked_speed", "got_speed", "digest", "trial", "simulated_seconds", "seed",
    "size", "frames",
}  # fmt: skip


def parsed(*words):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


def test_importing_the_command_does_not_import_pygame():
    code = "import sys, marki.console.command; sys.exit('pygame' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_run_of_frames_leaves_picture_and_report(session, tmp_path):
    picture, report = tmp_path / "deep" / "p.png", tmp_path / "deep" / "r.json"
    args = parsed("--frames", "30", "--speed", "100", "--screenshot", str(picture), "--report", str(report))
    assert open_window(session, args) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    told = json.loads(report.read_text())
    assert set(told) == KEYS
    assert set(told["frame_ms"]) == {"p50", "p99", "max"}
    assert (told["frames"], told["seed"], told["size"]) == (30, 3, [1280, 800])
    assert told["digest"] == session.digest
    assert told["trial"] == session.trial == 4
    assert 0 < told["got_speed"] <= told["asked_speed"] == 100  # less where the computer is busy
    assert told["first_frame_s"] > 0
    assert sorted(p.name for p in picture.parent.iterdir()) == ["p.png", "r.json"]


def test_two_runs_of_frames_leave_the_same_picture(tmp_path):
    for name in ("a.png", "b.png"):
        args = parsed("--frames", "40", "--speed", "200", "--screenshot", str(tmp_path / name))
        open_window(mark1_session(seed=1), args)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("form", ["plain", "excel"])
def test_tables_are_written_in_the_form_that_is_asked_for(session, tmp_path, form):
    table, report = tmp_path / "registers.csv", tmp_path / "report"
    args = parsed("--frames", "2", "--csv", form, "--table", str(table), "--lab-report", str(report))
    assert open_window(session, args) == 0
    for path in (table, report / "trials.csv", report / "registers.csv", report / "tally.csv"):
        assert path.read_bytes().startswith(b"\xef\xbb\xbf") == (form == "excel"), path
    assert json.loads((report / "config.json").read_text())["codes"]


def test_a_form_that_does_not_exist_is_refused(session):
    with pytest.raises(UnknownName, match="Did you mean 'excel'"):
        open_window(session, parsed("--csv", "exel"))


@pytest.mark.parametrize("text", ["", "x", "800", "1280x", "-1x-1", "1e3x800", "479x320", "480x319", "7681x4320"])
def test_nonsense_sizes_are_refused(text):
    with pytest.raises(ConfigError):
        read_size(text)


@pytest.mark.parametrize(("text", "size"), [("480x320", (480, 320)), ("7680X4320", (7680, 4320))])
def test_sizes_in_range_are_taken(text, size):
    assert read_size(text) == size


@pytest.mark.parametrize(
    "words", [["--speed", "0"], ["--speed", "fast"], ["--speed", "nan"], ["--frames", "0"], ["--frames", "2.5"],
              ["--scale", "9"]],
)  # fmt: skip
def test_nonsense_arguments_are_refused(session, words):
    with pytest.raises(ConfigError, match=words[0]):
        open_window(session, parsed(*words))


def test_without_a_display_the_driver_is_chosen_or_the_error_says_so(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(MarkIError, match="--frames"):
        choose_drivers(unseen=False)
    monkeypatch.setenv("SDL_VIDEODRIVER", "")
    choose_drivers(unseen=True)
    import os

    assert os.environ["SDL_VIDEODRIVER"] == "dummy"


def test_only_display_and_font_are_started(window):
    import pygame

    window().frame()
    assert pygame.display.get_init()
    assert pygame.font.get_init()
    assert pygame.mixer.get_init() is None
    assert not pygame.joystick.get_init()


def test_a_window_that_nobody_can_close_ends_by_itself(session, tmp_path):
    assert open_window(session, parsed("--report", str(tmp_path / "r.json"))) == 0
    assert json.loads((tmp_path / "r.json").read_text())["frames"] == 60
