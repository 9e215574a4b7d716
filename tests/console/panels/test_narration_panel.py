"""The narration and the hints: what is said of the moment and of what is under the mouse; and what is not said."""

import pytest

from marki.console.panels.hints import hint
from marki.console.panels.narration_panel import sentence
from marki.console.state.push_buttons import BUTTONS, NUMBER
from marki.console.state.targets import GRIDS, Target


def at(app, us):
    """Go to so many microseconds after the next opening of the lens."""
    app.session.step("event")
    app.session.advance(app.session.began_us + us)
    app.frame()
    return sentence(app.scene, app.words)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_moment_has_its_sentence(window, language):
    app = window(language=language)
    app.frame()
    said = [sentence(app.scene, app.words)]
    said += [at(app, us) for us in (400_000, 1_200_000, 1_800_000, 4_000_000)]
    assert len(set(said)) == 5
    shown, answer = app.session.presentation.name[0], app.operator.answered()
    assert all(shown in text for text in said[1:])
    known = answer != app.words("trainer.none")
    read = app.words("now.read_as", shown=shown, answer=answer) if known else app.words("now.read_as_none", shown=shown)
    assert said[3].startswith(app.words("now.stopped", text=read))
    app.obey("draw")
    app.frame()
    assert sentence(app.scene, app.words) == app.words("now.draft")


def test_a_covered_answer_is_not_said(window):
    app = window(speed=20)
    app.frame()
    app.obey("predict")
    for _ in range(60):
        app.frame()
    assert app.ui.covered
    shown = app.session.presentation.name[0]
    assert sentence(app.scene, app.words) == app.words("now.stopped", text=app.words("now.covered", shown=shown))


def test_what_a_lesson_hides_is_not_said(window):
    app = window()
    app.ui.hidden = frozenset(("trainer",))
    assert at(app, 1_800_000) == app.words(
        "now.stopped",
        text=app.words("now.look", shown=app.session.presentation.name[0], cells=int(app.scene.snapshot.view.s.sum())),
    )


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("view", ["schematic", "front"])
def test_everything_under_the_mouse_is_named(window, language, view):
    app = window(language=language, view=view, welcome=True)
    app.session.run(30)
    app.ui.open_doors = True
    app.obey("page", name="settings")
    app.frame()
    wide, high = app.renderer.theme.sheet.get_size()
    kinds = set()
    for x in range(3, wide, 9):
        for y in range(3, high, 9):
            part = app.handler.part_at((x, y))
            if part is not None and part.kind not in kinds:
                kinds.add(part.kind)
                assert hint(app.scene, part, app.words), part
    wanted = {"button", "offer", "row", "close", "time", "s", "a", "value", "r", "cell", "curve", "trainer", "header"}
    more = (
        {"plugboard", "run", "bus"} if view == "schematic" else {"toggle", "force", "layer", "camera", "power", "gauge"}
    )
    assert kinds >= wanted | more


def test_the_foot_names_what_is_under_the_mouse(window, drag, place):
    import pygame

    app = window()
    app.frame()
    pygame.event.post(
        pygame.event.Event(pygame.MOUSEMOTION, pos=place(app, "value", 40), rel=(0, 0), buttons=(0, 0, 0))
    )
    app.frame()
    app.renderer.theme.written = []
    app.renderer.invalidate()
    app.frame()
    foot = app.handler.panels["footer"].rect
    said = [text for text, box, _ in app.renderer.theme.written if foot.contains(box)]
    assert said == [hint(app.scene, Target("value", 40), app.words)]
    assert "A41" in said[0]


def test_no_part_of_a_grid_is_without_a_hint(window):
    app = window()
    app.frame()
    for kind, (rows, columns) in GRIDS.items():
        for number in (0, rows * columns - 1):
            assert hint(app.scene, Target(kind, number), app.words), kind
        assert hint(app.scene, Target(kind, rows * columns), app.words) == ""


def test_a_mistake_on_the_time_bar_is_named(window):
    app = window()
    app.session.run(5)
    app.frame()
    first = int(app.scene.mistakes[0]) + 1
    assert hint(app.scene, Target("time", first), app.words).startswith(f"Trial {first} of 5 went wrong")
    assert hint(app.scene, Target("time", 0), app.words).startswith("After trial 0")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_push_button_is_named_by_its_label(window, language):
    app = window(language=language)
    app.frame()
    for number, button in enumerate(BUTTONS):
        said = hint(app.scene, Target("knob", number), app.words)
        assert app.words(f"timeline.knob.{button.name}") in said
    told = [hint(app.scene, Target("knob", NUMBER[name]), app.words) for name in ("type_line", "ask_scene")]
    assert app.words("hint.knob_type_line") in told[0]
    assert app.words("hint.knob_ask_scene") in told[1]
