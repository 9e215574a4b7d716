"""Machines that draw, in the window: each tool with its commands, what is seen of it, and that undo takes it back."""

import numpy as np
import pygame
import pytest
from console.fake_timeline import EXHIBITS, TOOLS, FakeTimeline

from marki.console.drawing.layout import frame, unit_of
from marki.console.panels.narration_panel import sentence
from marki.console.state.studio import STEPS, Studio, order_of
from marki.console.timeline import timeline_layout
from marki.console.timeline.arrangement import TOOLS as PANELS
from marki.io.drawing_orders import Ink, Tool
from marki.language import Words


@pytest.fixture
def at(session):
    """Return a function that opens a window before a machine that draws, with a tool in hand."""
    from marki.console.app import App, WindowSettings

    def open_it(name, tool="", **settings):
        timeline = FakeTimeline()
        app = App(
            session, WindowSettings(**{"frames": 1_000_000, "paused": True, "system": name, **settings}), timeline
        )
        app.lent = timeline
        app.frame()
        app.timeline.wake(wait=True)
        if tool:
            app.obey("tool", name=tool)
        frames(app, 4)
        return app

    yield open_it
    pygame.quit()


def frames(app, n=3):
    for _ in range(n):
        app.frame()


def order(app):
    """Return the last order that was given."""
    return next(said[2] for rack in app.lent.racks for said in reversed(rack.said) if said[0] == "draw")


def pixels(app, name):
    """Return what a panel shows, as bytes."""
    canvas = app.renderer.surface.subsurface(app.handler.panels[name].rect)
    return pygame.image.tobytes(canvas, "RGB")


def written(app):
    """Return all texts that two frames of panels dressed anew write."""
    app.renderer.invalidate()
    app.renderer.theme.written = []
    frames(app, 2)
    found = [text for text, _, _ in app.renderer.theme.written]
    app.renderer.theme.written = None
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", TOOLS)
def test_every_tool_of_a_machine_has_its_panel_and_all_its_words_fit(at, name, language):
    app = at(name, language=language)
    for tool in TOOLS[name]:
        app.obey("tool", name=tool)
        frames(app, 4)
        assert type(app.handler.panels["tool"]) is PANELS[tool]
        assert order(app).tool is tool
        said = written(app)
        assert app.words(f"timeline.tool.{tool}") in said
        assert not app.renderer.theme.dropped
        assert Words(language)(f"now.tool_{tool}") in sentence(app.scene, app.words)


@pytest.mark.parametrize("size", [(960, 600), (1280, 800), (1920, 1080), (3840, 2160)])
@pytest.mark.parametrize("roomy", [False, True])
def test_boxes_of_the_studio_lie_inside_and_apart(size, roomy):
    stage = frame(size, 1.0, strip=round(150 * unit_of(size, 1.0)))["stage"]
    boxes = [pygame.Rect(b) for b in timeline_layout.studio(stage, unit_of(size, 1.0), roomy=roomy).values()]
    for k, box in enumerate(boxes):
        assert pygame.Rect(stage).contains(box)
        assert min(box.w, box.h) > 20
        assert box.collidelist(boxes[k + 1 :]) < 0


# -- what is asked for -----------------------------------------------------------------------------------------------


def test_keys_name_what_it_draws_and_draw_it_again(at, key):
    app = at("gan")
    key(app, "7", typed="7")
    frames(app)
    assert (order(app).named, order(app).again) == ("7", 0)
    key(app, "DOWN")
    frames(app)
    assert order(app).again == 1
    key(app, "k", typed="K", mod=pygame.KMOD_SHIFT)
    frames(app)
    assert (order(app).named, order(app).again) == ("K", 0)
    app.obey("undo")
    frames(app)
    assert (order(app).named, order(app).again) == ("7", 1)
    app.obey("redo")
    assert app.ui.studio.named == "K"


def test_a_system_that_draws_nothing_it_is_asked_for_takes_no_order():
    none = [e for e in EXHIBITS if not e.tools]
    assert none
    assert {order_of(Studio(), e, 0, np.zeros((20, 20))) for e in none} == {None}


def test_it_is_said_why_a_drawing_is_not_judged(at):
    app = at("gan")
    values = {"reader": "LeNet-5", "read": "3"}
    assert app.words("timeline.reader_says", **values) in written(app)
    app.obey("name_class", text="K")
    frames(app)
    assert set(app.words.forms("timeline.reader_says_other", **values)) & set(written(app))
    app.obey("put_up", name="vae")
    frames(app, 4)
    said = set(written(app))
    assert set(app.words.forms("timeline.reader_says_any", **values)) & said
    assert app.words("timeline.not_told") in said
    app.obey("put_up", name="stylegan2")
    frames(app, 4)
    assert app.words("timeline.reader_says", **values) in written(app)


def test_what_was_done_at_one_machine_is_no_command_to_another(at):
    app = at("gan")
    app.obey("walk_play")
    assert app.ui.alarm
    app.ui.alarm = False
    app.obey("put_up", name="resnet")
    app.obey("turn_latent", number=0, value=1.0)
    assert app.ui.alarm


def test_what_was_turned_at_one_machine_is_not_turned_at_the_next(at):
    app = at("gan", "knobs")
    app.obey("turn_latent", number=7, value=2.0)
    app.obey("name_class", text="5")
    app.obey("turn_latent", number=7, value=2.0)
    app.obey("put_up", name="stylegan2")
    frames(app, 4)
    assert (order(app).turned, order(app).named) == ((), "5")
    app.obey("undo")  # nothing of the machine before
    assert app.ui.studio.named == "5"


def test_a_machine_that_is_shown_cards_is_shown_its_examples_until_one_is_drawn(at):
    app = at("autoencoder", "knobs")
    assert (order(app).cards, order(app).example) == ((), 0)
    app.obey("example")
    frames(app)
    assert order(app).example == 1
    app.obey("ink", cells=[10, 11, 12], level=255)
    frames(app)
    assert [card.sum() for card in order(app).cards] == [3]
    app.ui.predicting = True  # what it gives back would tell what is on the card
    app.frame()
    assert app.scene.timeline.first.reply is None
    app.ui.predicting = False
    frames(app)
    assert app.scene.timeline.first.reply is not None


def test_beside_another_system_it_shows_examples(at):
    app = at("gan", "knobs")
    orders = sum(said[0] == "draw" for rack in app.lent.racks for said in rack.said)
    app.obey("beside", name="stylegan2")
    frames(app, 4)
    assert "canvas" not in app.handler.panels
    assert "lamps2" in app.handler.panels
    assert {said[0] for said in app.lent.racks[-1].said} == {"load", "example"}
    assert sum(said[0] == "draw" for rack in app.lent.racks for said in rack.said) == orders
    assert app.scene.timeline.second.reply.field is not None


def test_the_run_goes_on_untouched(at, session):
    before = session.digest
    app = at("gan")
    app.obey("turn_latent", number=2, value=1.5)
    app.obey("undo")
    frames(app)
    assert session.digest == before


# -- knobs -----------------------------------------------------------------------------------------------------------


def test_a_bar_is_pulled_and_the_machine_draws_anew(at, drag, place):
    app = at("gan", "knobs")
    seen = pixels(app, "canvas")
    bar = app.handler.panels["tool"]._bars[4]
    drag(app, bar.center, (bar.centerx, bar.y + bar.h // 4), (bar.centerx, bar.y + 1))
    frames(app)
    ((number, value),) = order(app).turned
    assert number == 4
    assert value == pytest.approx(3.0, abs=0.3)
    assert pixels(app, "canvas") != seen
    app.obey("undo")  # the whole drag at once
    frames(app)
    assert order(app).turned == ()
    assert pixels(app, "canvas") == seen


def test_all_bars_go_back_and_a_new_drawing_has_its_own(at, drag, place):
    app = at("gan", "knobs")
    app.obey("turn_latent", number=1, value=2.0)
    app.obey("turn_latent", number=3, value=-2.0)
    frames(app)
    assert order(app).turned == ((1, 2.0), (3, -2.0))
    app.obey("latents_back")
    frames(app)
    assert order(app).turned == ()
    app.obey("undo")
    frames(app)
    assert len(order(app).turned) == 2
    app.obey("example")
    frames(app)
    assert (order(app).again, order(app).turned) == (1, ())


# -- the duel --------------------------------------------------------------------------------------------------------


def test_the_duel_shows_verdicts_and_while_it_learns_both_losses(at):
    app = at("gan", "duel")
    said = written(app)
    assert app.words("timeline.duel_begin") in " ".join(said)
    assert {"0 %", "50 %", "92 %"} <= set(said)
    app.obey("learn")
    before = pixels(app, "tool")
    frames(app, 12)
    assert pixels(app, "tool") != before
    said = written(app)
    assert app.words("timeline.loss_bank", loss="1.30") in said
    assert app.words("timeline.loss_forger", loss="0.80") in said
    orders = [s for s in app.lent.racks[0].said if s[0] == "draw"]
    frames(app, 20)
    later = [s for s in app.lent.racks[0].said if s[0] == "draw"]
    assert len(later) > len(orders) + 1  # the same is drawn again and again, by what it has become
    assert later[-1][2].key == orders[-1][2].key


# -- the walk --------------------------------------------------------------------------------------------------------


def test_a_walk_plays_to_its_end_and_only_then_it_is_read(at):
    app = at("diffusion")
    words = app.words("timeline.reader_says", reader="LeNet-5", read="3")
    assert words not in written(app)
    at_first = app.ui.film_at
    frames(app, 60)
    assert app.ui.film_at > at_first
    frames(app, 300)
    assert app.ui.film_at == STEPS[-1]
    assert not app.ui.film_runs
    assert words in written(app)


def test_a_walk_is_stopped_drawn_into_and_goes_on(at, drag, place, key):
    app = at("diffusion")
    track = app.handler.panels["tool"].place_of(app.handler.panels["tool"].target_at(place(app, "walk")))
    drag(app, track.center)
    step = int(app.ui.film_at)
    assert 45 <= step <= 55
    assert not app.ui.film_runs
    app.obey("pen", width=1)
    drag(app, place(app, "canvas", 42), place(app, "canvas", 45))
    frames(app)
    assert {(ink.step, ink.cell, ink.level) for ink in order(app).ink} == {(step, cell, 1) for cell in (42, 43, 44, 45)}
    drag(app, place(app, "canvas", 43), button=3)
    frames(app)
    assert Ink(step, 43, 0) in order(app).ink
    assert len(order(app).ink) == 4
    app.obey("undo")
    assert Ink(step, 43, 1) in app.ui.studio.ink
    app.obey("walk_play")
    frames(app, 30)
    assert app.ui.film_at > step
    app.obey("undo")  # the stroke
    frames(app)
    assert order(app).ink == ()
    app.obey("walk_to", step=STEPS[-1])
    app.obey("paint", cells=[5], level=1)
    assert app.ui.message == app.words("timeline.walk_over")
    assert app.ui.studio.ink == ()


def test_fewer_steps_are_another_walk(at):
    app = at("diffusion")
    app.obey("walk_steps")
    frames(app)
    assert order(app).steps == STEPS[0]
    frames(app, 300)
    assert app.ui.film_at == STEPS[0]
    app.obey("walk_step", way=-1)
    assert app.ui.film_at == STEPS[0] - 1


def test_with_motion_reduced_a_walk_stands_at_its_end(at):
    app = at("diffusion", still=True)
    frames(app)
    assert app.ui.film_at == STEPS[-1]


# -- mixing ----------------------------------------------------------------------------------------------------------


def test_layers_take_their_style_from_one_or_the_other(at, drag, place):
    app = at("stylegan2", "mix")
    assert order(app).theirs == (True, True, True)
    drag(app, place(app, "layer_style", 1))
    frames(app)
    assert order(app).theirs == (True, False, True)
    app.obey("undo")
    frames(app)
    assert order(app).theirs == (True, True, True)
    app.obey("mix_next")
    app.obey("mix_swap")
    frames(app)
    assert (order(app).named, order(app).again, order(app).other, order(app).other_again) == ("8", 2, "3", 0)


# -- two cards -------------------------------------------------------------------------------------------------------


def test_cards_are_pinned_and_the_slide_goes_between_them(at, drag, place):
    app = at("vae", "slide")
    assert order(app).cards == ()
    app.obey("ink", cells=[10, 11, 12], level=255)
    frames(app)
    app.obey("pin_card")
    frames(app)
    assert order(app).cards[0].sum() == 3
    app.obey("clear")
    app.obey("ink", cells=[200, 201], level=255)
    frames(app)
    app.obey("pin_card", second=True)
    frames(app)
    assert [card.sum() for card in order(app).cards] == [3, 2]
    tool = app.handler.panels["tool"]
    track = tool.place_of(tool.target_at(place(app, "slide")))
    drag(app, track.center, (track.right - 1, track.centery))
    frames(app)
    assert order(app).share == pytest.approx(1.0, abs=0.02)
    app.obey("put_away")
    app.ui.strokes.clear()
    app.obey("undo")
    assert app.ui.studio.share == 0.5
    app.obey("own_cards")
    frames(app)
    assert order(app).cards == ()


def test_without_a_card_none_can_be_pinned(at):
    app = at("vae", "slide")
    app.obey("pin_card")
    assert app.ui.alarm


def test_every_tool_has_a_panel():
    assert set(PANELS) == set(Tool)
