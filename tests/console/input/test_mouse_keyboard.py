"""What the mouse and the keyboard do to the machine, and that each of it is a command of the log."""

import re

import numpy as np
import pytest

from marki.console.state.targets import Target
from marki.io.worlds import WorldConfig


def names(session):
    return [c.name for c in session.commands]


def test_a_card_is_drawn_and_asked(window, session, drag, place, key):
    app = window()
    app.frame()
    drag(app, place(app, "cell", 105), place(app, "cell", 114))
    assert app.ui.draft.reshape(-1)[105:115].all()
    assert np.count_nonzero(app.ui.draft) == 2 * 11  # the wide pen comes first
    assert not session.commands
    key(app, "RETURN", typed="\r")
    assert names(session) == ["show"]
    assert app.ui.draft is None
    app.frame()
    assert app.scene.snapshot.answered
    assert "answers" in app.ui.message
    assert np.count_nonzero(app.scene.snapshot.view.s) == 2 * 11


def test_a_card_is_drawn_with_the_keyboard_and_taught(window, session, key):
    app = window()
    app.frame()
    key(app, "d", typed="d")
    app.ui.focus = Target("cell", 0)
    for name in ("RETURN", "RIGHT", "RETURN", "DOWN", "RETURN"):
        key(app, name, typed="\r" if name == "RETURN" else "")
    assert np.flatnonzero(app.ui.draft.reshape(-1)).tolist() == [0, 1, 21]
    app.ui.focus = None
    import pygame

    key(app, "RETURN", typed="\r", mod=pygame.KMOD_SHIFT)
    key(app, "k", typed="K")
    key(app, "RETURN", typed="\r")
    assert session.commands[0].value["kind"] == 10
    session.step("trial")
    assert session.records[-1]["learned"]


def test_typed_letters_are_shown(window, session, key):
    app = window()
    app.frame()
    key(app, "t", typed="t")
    key(app, "q", typed="q")
    assert app.open
    assert session.presentation.name.startswith("Q")
    key(app, "m", typed="m")
    assert session.presentation.name.startswith("M")
    key(app, "ESCAPE")
    key(app, "v", typed="v")
    assert app.ui.view == "front"


def test_a_potentiometer_is_dragged_turned_typed_and_set_to_zero(window, session, drag, place, key):
    import pygame

    app = window()
    app.frame()
    x, y = place(app, "value", 7)
    drag(app, (x, y), (x, y - 15), (x, y - 30))
    assert names(session) == ["turn"]
    turned = session.learner.view().values[7]
    assert turned == pytest.approx(30, abs=1)
    pygame.event.post(pygame.event.Event(pygame.MOUSEMOTION, pos=(x, y), rel=(0, 0), buttons=(0, 0, 0)))
    pygame.event.post(pygame.event.Event(pygame.MOUSEWHEEL, x=0, y=2, flipped=False))
    app.frame()
    assert session.learner.view().values[7] == pytest.approx(turned + 2)
    app.ui.focus = Target("value", 7)
    key(app, "DOWN")
    assert session.learner.view().values[7] == pytest.approx(turned + 1)
    key(app, "DOWN", mod=pygame.KMOD_SHIFT)
    assert session.learner.view().values[7] == pytest.approx(turned + 0.9)
    for sign in "-4.5":
        key(app, {"-": "MINUS", ".": "PERIOD"}.get(sign, sign), typed=sign)
    key(app, "RETURN", typed="\r")
    assert session.learner.view().values[7] == -4.5
    app.ui.focus = None
    drag(app, (x, y))
    drag(app, (x, y))
    assert session.learner.view().values[7] == 0


def test_a_click_looks_and_changes_nothing(window, session, drag, place):
    app = window()
    app.frame()
    session.run(20)
    app.frame()
    digest = session.digest
    for part in (("s", 44), ("a", 100), ("value", 300), ("r", 2)):
        drag(app, place(app, *part))
        assert app.ui.page == "inspect"
        assert app.ui.picked == Target(*part)
        app.operator.turn_to("")
        app.frame()
    assert session.digest == digest


def test_the_break_tool_breaks_and_mends(window, session, drag, place, key):
    app = window()
    app.frame()
    key(app, "b", typed="b")
    for kind, name in (("s", "dead_cells"), ("a", "cut_wires"), ("value", "stuck_motors")):
        drag(app, place(app, kind, 10))
        assert getattr(session.learner.config.faults, name) == (11,)
        drag(app, place(app, kind, 10))
        assert getattr(session.learner.config.faults, name) == ()
    assert names(session) == ["set"] * 6


def test_toggles_are_thrown_and_dragged_over(window, session, drag, place):
    app = window(view="front", size=(1920, 1080))
    app.frame()
    drag(app, place(app, "toggle", 40), place(app, "toggle", 42))
    assert session.learner.sensory.forced[[40, 42]].tolist() == [1, 1]
    drag(app, place(app, "toggle", 40))
    assert session.learner.sensory.forced[40] == -1
    drag(app, place(app, "force", 1))
    assert session.learner.response.forced[1] == 1
    assert set(names(session)) == {"toggle", "force"}


def test_dragging_the_time_bar_shows_the_state_of_that_trial(window, session, drag):
    from marki import registers
    from marki.session import mark1_session

    app = window()
    session.run(200)
    app.frame()
    bar = app.handler.panels["time"]
    x = bar._track.x + round(0.25 * bar._track.w)
    drag(app, (bar._track.right - 2, bar._track.centery), (x, bar._track.centery))
    alone = mark1_session(seed=3)
    alone.run(session.trial)
    assert 45 <= session.trial <= 55
    assert session.reached == 200
    assert session.digest == alone.digest
    mine, other = (registers.snapshot(s.learner.registers()) for s in (session, alone))
    assert all(np.array_equal(mine[n], other[n]) for n in mine)
    app.obey("to_end")
    app.frame()
    assert session.trial == 200


def test_changing_the_past_asks_and_drops_only_on_a_yes(window, session, key):
    app = window()
    session.run(30)
    app.frame()
    app.obey("to_start")
    app.obey("set", changes={"machine.association.theta": 3})
    app.frame()
    assert "30" in app.ui.question.text
    key(app, "ESCAPE")
    assert (session.reached, session.learner.config.association.theta) == (30, 2)
    app.obey("set", changes={"machine.association.theta": 3})
    key(app, "RETURN", typed="\r")
    assert (session.reached, session.learner.config.association.theta) == (0, 3)


def test_settings_are_turned_and_typed_and_worlds_opened(window, session, key):
    app = window(page="settings", size=(1280, 800))
    for _ in range(2):
        app.frame()
    app.obey("turn_setting", name="machine.association.theta", way=1)
    assert session.learner.config.association.theta == 3
    app.obey("type_setting", name="machine.reinforcement.pulse_us")
    for sign in "500000":
        key(app, sign, typed=sign)
    key(app, "RETURN", typed="\r")
    assert session.learner.config.reinforcement.pulse_us == 500_000
    app.obey("turn_setting", name="world.name", way=3)
    assert len(session.world.classes) == 2 or session.world.classes
    app.obey("typed_setting", name="machine.association.theta", text="0")
    assert "out of range" in app.ui.message
    assert app.ui.alarm
    assert session.learner.config.association.theta == 3


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("name", "text"),
    [("machine.association.theta", "abc"), ("machine.association.theta", "0"), ("world.name", "leters"),
     ("world.kinds", "square"), ("world.typefaces", "[]"), ("machine.sensory.threshold", "7")],
)  # fmt: skip
def test_a_refused_setting_is_called_as_on_its_page(window, language, name, text):
    app = window(language=language)
    app.frame()
    app.obey("typed_setting", name=name, text=text)
    assert app.ui.alarm
    assert app.ui.message.startswith(app.words(f"setting.{name}"))
    assert not re.search(r"Config|set:", app.ui.message)
    assert language == "en" or not re.search("[a-z]+ [a-z]+ [a-z]+ ", app.ui.message.partition("。")[0])


def test_an_unknown_class_is_refused_in_words_of_the_window(window):
    app = window(language="zh")
    app.operator.give("open_world", config=WorldConfig(name="left_right").to_mapping())
    app.obey("ink", cells=[210], level=255)
    app.obey("teach", text="ZZ9")
    assert app.ui.message == "卡片组：没有名为 'ZZ9' 的类别。可用的有：左, 右"
    app.obey("teach", text="右")
    assert app.session.presentation.kind == 1


def test_wires_are_cut_and_plugged(window, session):
    app = window()
    app.frame()
    s = int(np.flatnonzero(session.learner.wiring[5])[0])
    app.obey("patch", unit=5, cell=s, sign="=")
    assert session.learner.wiring[5, s] == 0
    app.obey("typed_patch", unit=5, text=f"-{s + 1}")
    assert session.learner.wiring[5, s] == -1
    app.obey("typed_patch", unit=5, text="x")
    assert app.ui.alarm
    assert session.learner.config.plugboard.patches == (f"A6-{s + 1}",)


@pytest.mark.parametrize("view", ["schematic", "front"])
def test_a_wire_is_dragged_and_cut_again(window, session, drag, view):
    app = window(view=view, size=(1920, 1080))
    app.ui.open_doors = True
    app.frame()
    s, a = (int(n[0]) for n in np.nonzero(session.learner.wiring.T == 0))
    # At the front the doors have pins of both; the lamps of the S-units stand in another bay.
    panels = (
        [app.handler.panels["doors"]] * 2
        if view == "front"
        else [app.handler.panels[n] for n in ("retina", "association")]
    )
    ends = [panel.place_of(part).center for panel, part in zip(panels, (Target("s", s), Target("a", a)), strict=True)]
    drag(app, *ends)
    assert session.learner.wiring[a, s] == 1
    drag(app, *reversed(ends))
    assert session.learner.wiring[a, s] == 0
    assert names(session) == ["set", "set"]


def test_a_step_says_which_event_it_was(window, session):
    app = window()
    app.obey("step_event")
    assert "lens opens" in app.ui.message
    app.obey("step_event")
    assert "S-unit" in app.ui.message
    first = app.ui.message
    app.obey("step_event")
    app.obey("back_event")
    assert app.ui.message == first


def test_everything_can_be_reached_with_tab(window, key):
    app = window(page="menu")
    app.frame()
    seen = set()
    for _ in range(120):
        key(app, "TAB", typed="\t")
        seen.add(app.ui.focus.kind)
    assert {"cell", "s", "a", "value", "r", "button", "row", "close", "time", "plugboard"} <= seen


def test_one_is_the_motor_and_the_score_is_kept(window, session, key):
    from marki.console.state.blocks import PageRow
    from marki.session import mark1_session

    app = window(size=(1280, 800))
    app.frame()
    app.obey("open_world", config={"name": "left_right"})
    app.obey("hand")
    assert session.learner.config.reinforcement.control == "none"
    for _ in range(30):
        app.obey("play")
        for _ in range(60):
            app.frame()
            app.playback.speed = 100
            if not app.playback.running:
                break
        app.frame()
        rows = [b for b in app.handler.panels["page"].blocks if isinstance(b, PageRow) and b.command == "gang"]
        assert [row.right for row in rows] == [f"{session.learner.view().u_r[0]:+.1f}°"]  # as the machine reads it
        target = session.presentation.target
        app.obey("gang", unit=0, way=1 if target[0] else -1)
    trials, hand, motors = app.operator.opponent.score()
    assert trials == 30
    assert hand < 30
    alone = mark1_session(app.operator.world_config(), seed=3, machine=None)
    assert motors == alone.run(30)["wrong"].sum()


def test_shift_drags_a_tenth_as_far(window, session, drag, place):
    import pygame

    app = window()
    app.frame()
    x, y = place(app, "value", 7)
    drag(app, (x, y), (x, y - 15), (x, y - 30))
    whole = session.learner.view().values[7]
    assert whole > 10
    x, y = place(app, "value", 60)
    pygame.key.set_mods(pygame.KMOD_SHIFT)
    try:
        drag(app, (x, y), (x, y - 15), (x, y - 30))
    finally:
        pygame.key.set_mods(0)
    assert session.learner.view().values[60] == pytest.approx(whole / 10, abs=0.01)


def test_in_a_very_small_window_the_wheel_scrolls_the_page_under_it(window):
    import pygame

    app = window(size=(640, 480), page="settings")
    for _ in range(2):
        app.frame()
    page = app.handler.panels["page"]
    assert page.rect.x > 640  # on the canvas it lies where the window has ended
    x, y = app.renderer.in_window(page.rect).center
    pygame.event.post(pygame.event.Event(pygame.MOUSEMOTION, pos=(x, y), rel=(0, 0), buttons=(0, 0, 0)))
    pygame.event.post(pygame.event.Event(pygame.MOUSEWHEEL, x=0, y=-1, flipped=False))
    app.frame()
    assert app.ui.scroll > 0
