"""The sheet of the teleprinter: what was typed stands on it, however long, before the answer."""

from dataclasses import replace

import numpy as np
import pytest
from console.fake_timeline import FakeTimeline

from marki.console.drawing.layout import Box
from marki.console.timeline.answer_panel import wanted_of
from marki.console.timeline.teleprinter_panel import CLEAR, FACE, TeleprinterPanel, face_of
from marki.language import LANGUAGES, Words

LINE = "the small bar is at the right of the large diamond. In Chinese:"
PICTURE = "a line, then stripes; example n = 2:\n" + "\n".join(["." * 20] * 20)


@pytest.fixture
def app(session):
    import pygame

    from marki.console.app import App, WindowSettings

    app = App(session, WindowSettings(frames=1_000_000, paused=True, system="gpt", size=(1280, 800)), FakeTimeline())
    app.frame()
    app.timeline.wake(wait=True)
    for _ in range(3):
        app.frame()
    yield app
    pygame.quit()


def printed(app, typed, said, box, wanted="right"):
    """Return the lines on a sheet of a size, from the top to the bottom."""
    theme, scene = app.renderer.theme, app.scene
    view = scene.timeline.first
    reply = replace(view.reply, stimulus=np.array(typed), said=said, wanted=wanted)
    view = replace(view, reply=reply, age=100_000)
    scene = replace(scene, timeline=replace(scene.timeline, first=view))
    panel = TeleprinterPanel(box, theme, scene)
    theme.written = []
    panel.update(app.renderer.surface, scene)
    lines = [text for text, place, _ in sorted(theme.written, key=lambda one: one[1].centery)]
    found = [(text, place) for text, place, _ in theme.written if panel._paper.contains(place)]
    theme.written = None
    assert not [a for a, one in found for b, other in found if a != b and one.clip(other).h > 0.35 * one.h]
    return [line for line in lines if line in dict(found)]


def test_a_short_line_stands_whole_with_its_captions(app):
    lines = printed(app, "go up", "up", Box(0, 0, 400, 300))
    words = app.words
    assert lines == [
        words("timeline.you_type"), "go up", words("timeline.it_types"), "up", words("timeline.wanted", name="right")
    ]  # fmt: skip


@pytest.mark.parametrize("height", [110, 130, 150, 200, 300])
def test_of_what_was_typed_the_beginning_and_the_end_are_kept(app, height):
    lines = printed(app, LINE, "left", Box(0, 0, 240, height))
    assert lines.index("left") >= 1
    asked = [line for line in lines[: lines.index("left")] if line not in app.words("timeline.it_types")]
    assert any(line.startswith("the small") for line in asked)
    if height > 110:
        assert any(line.endswith("Chinese:") for line in asked)
    assert any(line.endswith("..") for line in asked) or LINE in " ".join(asked)


def test_a_picture_of_many_lines_leaves_room_for_the_words_before_it_and_the_answer(app):
    lines = printed(app, PICTURE, "draw down 4", Box(0, 0, 450, 300))
    assert "a line, then stripes; example n = 2:" in lines
    assert "draw down 4" in lines
    assert any(line.startswith("..") and line.endswith("..") for line in lines)
    assert lines[-1] == app.words("timeline.wanted", name="right")


def test_a_long_answer_leaves_a_line_of_what_was_typed(app):
    lines = printed(app, LINE, LINE.upper(), Box(0, 0, 240, 120), wanted="")
    assert lines[0].startswith("the small")
    assert any(line.startswith("THE SMALL") for line in lines)


def test_every_sign_that_can_be_typed_is_told_from_every_other(app):
    """The typewriter's face draws brackets as strokes; whoever copies a program from the sheet needs them."""
    import pygame

    font = app.renderer.theme.font
    signs = [chr(k) for k in range(33, 127) if chr(k) not in "`"]
    for k, sign in enumerate(signs):
        for other in signs[k + 1 :]:
            face = face_of(sign + other)
            a, b = (pygame.surfarray.array_alpha(font(face, 40).render(s, True, (0, 0, 0))) for s in (sign, other))
            assert a.any()
            assert b.any()
            assert a.shape != b.shape or (a != b).any(), (sign, other, face)
    assert face_of("rep n [ draw right n ]") == CLEAR
    assert face_of("go up 3") == FACE


@pytest.mark.parametrize(
    ("said", "wanted", "right", "name"),
    [
        ("5", "5", True, "wanted"),
        ("5 G 5 A 1", "5", True, "wanted_first"),
        ("5 + 3 = 8", "8", True, "wanted_last"),
        ("rep 2 [ draw up 1 ]", "draw up 2", True, "wanted_alike"),
        ("5 G 5", "6", False, "wanted"),
        ("", "7", True, "wanted"),
    ],
)
def test_an_answer_that_is_right_and_not_the_same_says_how_it_was_judged(said, wanted, right, name):
    for language in LANGUAGES:
        words = Words(language)
        assert wanted_of(said, wanted, right, words) == words(f"timeline.{name}", name=wanted)
