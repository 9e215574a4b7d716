import time

import numpy as np
import pygame
import pytest

from marki.errors import SessionError
from marki.session import mark1_session


def pixels(rect=None):
    import pygame

    surface = pygame.display.get_surface()
    return pygame.surfarray.array3d(surface.subsurface(rect) if rect else surface)


def test_the_picture_shows_something_and_follows_the_lamps(window):
    app = window(speed=20, paused=False)
    app.frame()
    first = pixels()
    assert len(np.unique(first.reshape(-1, 3), axis=0)) > 200
    retina, dials = app.handler.panels["retina"].rect, app.handler.panels["values"].rect
    dark, still = pixels(retina), pixels(dials)
    for _ in range(10):
        app.frame()
    assert (pixels(retina) != dark).any()
    assert (pixels(dials) != still).any()


def test_drawing_only_what_changed_draws_the_whole(window):
    app = window(speed=300, paused=False)
    for _ in range(25):
        app.frame()
    app.obey("play")
    for _ in range(12):
        app.frame()  # marks of motors that turned have faded
    changed = pixels()
    app.renderer.invalidate()
    app.frame()
    np.testing.assert_array_equal(pixels(), changed)


@pytest.mark.parametrize("size", [(1024, 640), (1920, 1080), (700, 500)])
def test_the_window_follows_its_size(window, size):
    import pygame

    app = window()
    app.frame()
    pygame.display.set_mode(size, pygame.RESIZABLE)
    app.frame()
    assert pixels().shape[:2] == size
    assert len(np.unique(pixels().reshape(-1, 3), axis=0)) > 100


@pytest.mark.parametrize(
    ("name", "typed", "check"),
    [
        ("SPACE", " ", lambda app: app.playback.running),
        ("PERIOD", ".", lambda app: not app.session.learner.idle),
        ("RIGHT", "", lambda app: app.session.trial == 1),
        ("RIGHTBRACKET", "]", lambda app: app.playback.speed == 50),
        ("LEFTBRACKET", "[", lambda app: app.playback.speed == 10),
        ("8", "[", lambda app: app.playback.speed == 10),
        ("m", "m", lambda app: app.session.records["wrong"][-1]),
        ("n", "n", lambda app: app.session.seed == 4),
        ("HOME", "", lambda app: app.session.trial == 0),
        ("v", "v", lambda app: app.ui.view == "front"),
        ("g", "g", lambda app: app.ui.page == "settings"),
        ("d", "d", lambda app: app.ui.draft is not None),
        ("b", "b", lambda app: app.ui.tool == "break"),
        ("F2", "", lambda app: app.words.language == "zh"),
        ("F4", "", lambda app: app.renderer.theme.profile.still),
        ("F10", "", lambda app: app.ui.page == "menu"),
        ("F1", "", lambda app: app.ui.helping),
        ("SLASH", "?", lambda app: app.ui.helping),
        ("q", "q", lambda app: not app.open),
    ],
)
def test_keys_give_commands(window, key, name, typed, check):
    app = window()
    app.frame()
    key(app, name, typed=typed)
    assert check(app)


@pytest.mark.parametrize(
    ("command", "check"),
    [
        ("play", lambda app: app.playback.running),
        ("step_event", lambda app: not app.session.learner.idle),
        ("step_trial", lambda app: app.session.trial == 3),
        ("back_trial", lambda app: app.session.trial == 1),
        ("faster", lambda app: app.playback.speed == 50),
        ("slower", lambda app: app.playback.speed == 10),
        ("reset", lambda app: app.session.trial == 0),
        ("help", lambda app: app.ui.helping),
        ("back_event", lambda app: 12e6 < app.session.now < 24e6),
        ("to_start", lambda app: app.session.trial == 0 and app.session.reached == 2),
        ("view", lambda app: app.ui.view == "front"),
        ("menu", lambda app: app.ui.page == "menu"),
    ],
)
def test_buttons_give_commands(window, click, tmp_path, command, check):
    app = window(out=str(tmp_path))
    app.frame()
    app.playback.step_trial()
    app.playback.step_trial()
    click(app, command)
    assert check(app)


def test_every_command_of_the_table_can_be_given(window, tmp_path):
    from marki.console.actions.command_table import listed

    app = window(out=str(tmp_path))
    app.frame()
    for command in listed():
        if command.name != "fullscreen":
            app.obey(command.name)
            app.frame()
            assert not app.ui.alarm, (command.name, app.ui.message)
            app.ui.question = None


def test_no_key_means_two_things():
    from marki.console.actions.command_table import listed

    keys = [k for c in listed() for k in c.keys]
    assert len(keys) == len(set(keys))


def test_buttons_are_reached_with_tab_and_pressed_with_enter(window, key):
    import pygame

    from marki.console.state.targets import Target

    app = window()
    app.frame()
    names = [c.name for c in app.handler.panels["playback"].commands]
    button = Target("button", names.index("step_trial"))
    for _ in range(app.handler.stops().index(button) + 1):
        key(app, "TAB", typed="\t")
    assert app.ui.focus == button
    key(app, "RETURN", typed="\r")
    assert app.session.trial == 1
    key(app, "TAB", typed="\t", mod=pygame.KMOD_SHIFT)
    assert app.ui.focus == Target("button", button.number - 1)
    key(app, "ESCAPE")
    assert app.ui.focus is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_help_page_lists_every_binding(window, language):
    import pygame

    from marki.console.actions.command_table import listed
    from marki.console.drawing import overlay

    app = window(language=language)
    app.frame()
    lines = overlay.key_map(pygame.display.get_surface(), app.renderer.theme, listed())
    for command in (c for c in listed() if c.keys):
        text = app.words(f"help.{command.name}")
        assert any(text in line and all(cap in line for cap in command.caps_in(app.words)) for line in lines)
    assert app.renderer.theme.clipped == []


def test_escape_closes_the_help_page_and_leaves_no_trace(window, key):
    app = window()
    app.frame()
    before = pixels()
    key(app, "F1")
    assert (pixels() != before).any()
    key(app, "ESCAPE")
    np.testing.assert_array_equal(pixels(), before)


def test_an_error_is_told_in_the_window_and_nothing_is_lost(window, session, key, monkeypatch):
    app = window()
    app.frame()
    app.playback.step_trial()

    def refuse(grain):
        raise SessionError("the clock ends here", remedy="Reset the machine")

    monkeypatch.setattr(session, "step", refuse)
    key(app, "RIGHT")
    assert (app.ui.message, app.ui.alarm) == ("the clock ends here. Reset the machine", True)
    assert app.open
    assert session.trial == 1
    lit = pixels(app.handler.panels["footer"].rect)
    for _ in range(440):
        app.frame()
    assert app.ui.message == ""
    assert (pixels(app.handler.panels["footer"].rect) != lit).any()


def test_an_error_while_running_stops_the_run(window, session, monkeypatch):
    app = window(paused=False)

    def refuse(until, one=False):
        raise SessionError("the clock ends here")

    monkeypatch.setattr(session, "advance", refuse)
    app.frame()
    assert not app.playback.running
    assert app.ui.alarm


def test_a_picture_that_cannot_be_written_is_told(window, tmp_path):
    (tmp_path / "file").write_text("")
    app = window(out=str(tmp_path / "file"))
    app.frame()
    app.obey("screenshot")
    assert "cannot be written" in app.ui.message


@pytest.mark.parametrize("units", [1, 2, 8])
def test_any_number_of_r_units_is_drawn(window, units):
    from marki.console.app import App, WindowSettings
    from marki.io.worlds import WorldConfig

    worlds = {1: WorldConfig(name="left_right"), 2: WorldConfig(letters="ABC"), 8: WorldConfig(letters="ABCDEFGH")}
    world = worlds[units] if units != 8 else WorldConfig(letters="ABCDEFGH", code="unit")
    app = App(mark1_session(world), WindowSettings(frames=9, speed=2000))
    for _ in range(5):
        app.frame()
    assert app.scene.units == units
    assert app.renderer.theme.clipped == []


def test_when_a_verdict_is_given_it_is_the_records(window, session):
    from marki.console.panels.trainer_panel import verdict

    app = window()
    for _ in range(8):
        app.obey("step_trial")
        app.frame()
        shown, _, _, right = verdict(app.scene, "none")
        assert shown == session.presentation.name[0]
        assert right == (not session.records["wrong"][-1])


def test_at_high_speed_the_retina_is_seen_lit(window):
    app = window(speed=10_000, paused=False)
    app.frame()
    assert app.scene.snapshot.open
    assert app.scene.snapshot.view.s.any()
    assert app.scene.snapshot.answered


def test_nothing_that_is_saved_from_the_window_replaces_another_file(window, tmp_path):
    app = window(paused=True, out=str(tmp_path))
    said = []

    def save_all():
        for name in ("screenshot", "table", "report", "save", "narration", "save_tally", "film", "film"):
            app.obey(name)
            app.frame()
            if app.recorder.exports.under_way:
                finish(app)
            if name != "film" or app.recorder.film is None:
                said.append(app.ui.message)
        return {path: path.read_bytes() for path in tmp_path.iterdir()}

    first = save_all()
    assert len(first) == 8  # the page of the run beside the report
    app.obey("view")
    app.obey("set", changes={"faults.dead_cells": [1, 2, 3]})
    app.frame()
    second = save_all()
    assert len(second) == 16
    assert {path: second[path] for path in first} == first
    for path in second:
        assert sum(str(path) in text for text in said) == 1, path


def finish(app):
    """Draw frames until the exports are written, at most for two minutes."""
    end = time.monotonic() + 120
    while app.recorder.exports.under_way:
        assert time.monotonic() < end
        app.frame()
        time.sleep(0.01)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_that_cannot_be_written_is_refused_in_the_language(window, tmp_path, language):
    app = window(paused=True, out=str(tmp_path / "out"), language=language)
    app.frame()
    (tmp_path / "out").write_text("in the way")
    app.obey("report")
    finish(app)
    assert app.ui.alarm
    assert str(tmp_path / "out") in app.ui.message
    assert any("\u4e00" <= sign <= "\u9fff" for sign in app.ui.message) == (language == "zh")


def test_a_film_that_cannot_be_written_is_not_lost(window, tmp_path):
    app = window(paused=True, out=str(tmp_path / "out"))
    app.obey("film")
    app.frame()
    (tmp_path / "out").write_text("in the way")
    app.obey("film")
    finish(app)
    assert app.ui.alarm
    (tmp_path / "out").unlink()
    app.obey("film")
    finish(app)
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".gif"]
    assert app.recorder.film is None


@pytest.mark.parametrize("name", ["film", "report"])
def test_an_export_is_stopped_by_its_key_and_nothing_is_left(window, tmp_path, name):
    app = window(paused=True, out=str(tmp_path))
    app.session.run(200)
    if name == "film":
        app.obey("film")
        app.frame()
    app.obey(name)
    app.frame()
    assert app.words(f"export.{name}") in app.ui.message
    app.obey(name)
    finish(app)
    assert app.ui.message == app.words("export.stopped")
    assert not app.ui.alarm
    assert list(tmp_path.iterdir()) == []
    app.obey(name)  # a film that was stopped is kept
    finish(app)
    assert len(list(tmp_path.iterdir())) == {"film": 1, "report": 2}[name]


@pytest.mark.slow
def test_the_run_goes_on_while_a_report_of_this_moment_is_made(window, tmp_path):
    app = window(paused=False, speed=2000, out=str(tmp_path))
    app.session.run(30)
    app.session.advance(app.session.now + 1_200_000)
    digest, trial = app.session.digest, app.session.trial
    app.obey("report")
    finish(app)
    assert app.session.trial > trial
    page = next(tmp_path.glob("*.html")).read_text(encoding="utf-8")
    assert digest in page
    plain = mark1_session(seed=3)
    plain.run(app.session.trial)
    assert plain.digest == app.session.digest


def test_closing_the_window_waits_for_what_is_being_written(window, tmp_path, capsys):
    app = window(paused=True, out=str(tmp_path), frames=3)
    app.frame()
    app.obey("report")
    assert app.run() == 0
    assert {path.suffix for path in tmp_path.iterdir()} == {".zip", ".html"}
    assert app.words("export.report") in capsys.readouterr().err


def test_a_session_saved_in_the_window_goes_on_from_the_file(window, session, tmp_path):
    from marki import savefile

    app = window(paused=True, out=str(tmp_path))
    session.run(3)
    app.obey("step_event")
    app.obey("save")
    app.frame()
    loaded = savefile.load(tmp_path / "mark1_session_seed3_trial000003.npz")
    loaded.run(2)
    session.run(2)
    assert loaded.digest == session.digest


def test_closing_the_window_asks_once_where_there_is_something_to_lose(window, session, key):
    app = window()
    session.run(30)
    app.frame()
    for _ in range(2):
        pygame.event.post(pygame.event.Event(pygame.QUIT))
        app.frame()
        assert app.open
        assert app.ui.question.command == "quit"
        key(app, "ESCAPE")
        assert app.ui.question is None
    for _ in range(2):  # who insists is not asked again
        pygame.event.post(pygame.event.Event(pygame.QUIT))
        app.frame()
    assert not app.open


def test_closing_a_window_that_has_hardly_begun_asks_nothing(window):
    app = window()
    app.frame()
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    app.frame()
    assert not app.open


def test_a_kiosk_that_was_left_alone_begins_again_without_a_question(window, session):
    app = window(kiosk=True)
    session.run(40)
    app.obey("throw_toggle", number=3)
    app.frame(1000.0)
    assert app.ui.question is None
    assert session.trial < 5
    assert not session.commands


# -- its size --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("screen", "size"),
    [((1366, 768), (1350, 680)), ((1024, 600), (1008, 512)), ((1920, 1080), (1904, 992)), ((3840, 2160), (2560, 1600))],
)
def test_the_window_opens_within_the_screen(window, monkeypatch, screen, size):
    import pygame

    monkeypatch.setattr(pygame.display, "get_desktop_sizes", lambda: [screen])
    window(size=None, frames=None).frame()
    assert pygame.display.get_surface().get_size() == size


def test_a_small_window_shows_all_of_it_smaller_and_the_mouse_finds_its_parts(window):
    import pygame

    app = window(size=(640, 480))
    app.frame()
    sheet = app.renderer.theme.sheet
    assert sheet.get_size() == (960, 720)
    shown = pygame.surfarray.array3d(pygame.display.get_surface()).astype(int)
    smaller = pygame.surfarray.array3d(pygame.transform.smoothscale(sheet, (640, 480)))
    np.testing.assert_array_equal(shown, smaller)
    bar = app.handler.panels["playback"]
    at = next(k for k, c in enumerate(bar.commands) if c.name == "view")
    x, y = bar.buttons[at].center
    for kind in (pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
        pygame.event.post(pygame.event.Event(kind, pos=(x * 2 // 3, y * 2 // 3), button=1))
        app.frame()
    assert app.ui.view == "front"


def test_values_are_told_with_their_units(window):
    app = window()
    app.frame()
    app.obey("turn_setting", name="machine.reinforcement.pulse_us", way=1)
    assert app.ui.message.endswith(" µs")
