"""A training says what its figures are shares of."""

import math
from dataclasses import replace

import pytest

from marki.console.timeline.training_panel import measured
from marki.io.exhibits import Progress
from marki.language import Words

BEGUN = Progress(
    name="gan", seed=0, steps=10, of=20, shown=320, curve=(), right=0.97, seconds=1.0, done=False, digest="",
    trail=(), duel=((5, 0.6, 0.7, 0.97),),
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
def test_of_rivals_the_validation_is_told_and_not_how_often_the_critic_is_right(language):
    words = Words(language)
    assert measured(BEGUN, "imitate", words) == "–"
    assert measured(replace(BEGUN, curve=((10, 0.9, 0.42),)), "imitate", words) == "42"
    assert measured(BEGUN, "letters", words) == "97"
    assert measured(replace(BEGUN, right=math.nan), "letters", words) == "–"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_line_and_the_curves_of_rivals_name_what_is_measured(window_on, language):
    app = window_on("gan", language=language)
    words = app.words
    progress = replace(BEGUN, curve=((5, 0.9, 0.31), (10, 0.9, 0.42)))
    said = seen(app, progress)
    assert any(words("timeline.score_imitate", score="42") in text for text in said)
    assert not any(words("timeline.score", score="97") in text for text in said)
    assert {words("timeline.validation_imitate"), words("timeline.bank_learning")} <= said
    assert words("timeline.right_now_imitate") in said
    said = seen(app, replace(progress, duel=()), task="letters")
    assert any(words("timeline.score", score="97") in text for text in said)
    assert {words("timeline.validation"), words("timeline.while_learning")} <= said


@pytest.fixture
def window_on(session):
    """Return a function that opens a window on a system of the timeline."""
    import pygame
    from console.fake_timeline import FakeTimeline

    from marki.console.app import App, WindowSettings

    def open_it(name, **settings):
        app = App(session, WindowSettings(frames=1_000_000, paused=True, system=name, **settings), FakeTimeline())
        app.frame()
        app.timeline.wake(wait=True)
        for _ in range(3):
            app.frame()
        return app

    yield open_it
    pygame.quit()


def seen(app, progress, task="imitate"):
    """Return what the panels of a training write of a progress."""
    from marki.console.timeline.training_panel import LedgerPanel, TrainingPanel

    theme, scene, box = app.renderer.theme, app.scene, app.renderer.surface.get_rect()
    view = scene.timeline.first
    view = replace(view, progress=progress, exhibit=replace(view.exhibit, task=task))
    scene = replace(scene, timeline=replace(scene.timeline, first=view))
    theme.written = []
    for panel in (TrainingPanel(tuple(box), theme, scene), LedgerPanel(tuple(box), theme, scene, button="learn")):
        panel.dress(app.renderer.surface, scene)
        panel.update(app.renderer.surface, scene)
    said = {text for text, _, _ in theme.written}
    theme.written = None
    return said


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_axes_of_the_curves_say_per_cent_and_steps(window_on, language):
    app = window_on("gan", language=language)
    said = seen(app, replace(BEGUN, curve=((5, 0.9, 0.31),)))
    assert {"0 %", "100 %"} <= said
    assert app.words("timeline.axis_steps", steps="20") in said


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", [(720, 480), (1280, 800)], ids=str)
def test_on_the_projector_no_figure_of_the_costs_is_without_its_word(window_on, language, size):
    app = window_on("gpt", language=language, size=size, projector=True)
    theme = app.renderer.theme
    theme.clipped.clear()
    theme.dropped.clear()
    app.renderer.invalidate()
    theme.written = []
    app.frame()
    said, theme.written = {text for text, _, _ in theme.written}, None
    names = ("parameters", "multiply_adds", "learned", "seconds", "answers_in")
    assert not {form for name in names for form in app.words.forms(f"timeline.{name}")} & set(theme.dropped)
    assert app.words("timeline.by_heart") not in [text for text, _ in theme.clipped]
    assert app.words("timeline.by_heart") in said
    assert said & set(app.words.forms("timeline.learned"))
