"""The timeline in the window, with a made-up one: the strip, choosing, training, the hall, films, the teleprinter."""

import itertools
import pickle
import threading
import time
from dataclasses import replace
from functools import partial

import numpy as np
import pygame
import pytest
from console import fake_timeline
from console.fake_timeline import EXHIBITS, FakeRack, FakeTimeline

from marki.console.drawing.layout import frame, unit_of
from marki.console.drawing.theme import DESK, PROJECTOR, Theme
from marki.console.panels.narration_panel import sentence
from marki.console.state.blocks import Heading, PageRow
from marki.console.state.push_buttons import NUMBER
from marki.console.state.targets import Target
from marki.console.state.timeline_view import ancestors, heirs, verdict
from marki.console.timeline import heatmaps, strip_panel, timeline_layout
from marki.console.timeline.counts import abbreviated
from marki.console.timeline.reel_panel import frame_of
from marki.console.timeline.training_panel import axis_of
from marki.errors import UnknownName
from marki.io.exhibits import ActivationView, Progress, Rendering, Trouble
from marki.io.ports import Port
from marki.language import Words
from marki.session import mark1_session
from successors.tasks.wording import unknown_words, worded
from successors.training.diagnosis import Symptom

SIZES = [(960, 600), (1024, 640), (1280, 800), (1920, 1080), (3840, 2160)]


@pytest.fixture
def with_timeline(session):
    """Return a function that opens a window with a timeline, the strip unfolded."""
    from marki.console.app import App, WindowSettings

    def open_it(**settings):
        timeline = FakeTimeline()
        app = App(
            session, WindowSettings(**{"frames": 1_000_000, "paused": True, "system": "mark1", **settings}), timeline
        )
        app.lent = timeline
        app.frame()
        if app.ui.strip:
            app.timeline.wake(wait=True)
            frames(app, 2)
        return app

    yield open_it
    pygame.quit()


def frames(app, n=3):
    for _ in range(n):
        app.frame()


def lit(app):
    """Show the machine a card, and stop while the lens is open."""
    app.session.step("event")
    app.session.advance(app.session.now + 1_700_000)
    frames(app, 4)


def asked(app, rack=0):
    return [said[0] for said in app.lent.racks[rack].said]


def texts(app, panel=""):
    """Return all texts that are written when everything, or a panel, is drawn anew."""
    app.renderer.theme.written = []
    app.renderer.invalidate()
    app.renderer.theme.clipped.clear()
    app.frame()
    written, app.renderer.theme.written = app.renderer.theme.written, None
    inside = app.handler.panels[panel].rect if panel else app.renderer.surface.get_rect()
    return [text for text, place, _ in written if inside.contains(place)]


# -- where things lie ------------------------------------------------------------------------------------------------


def overlap(boxes):
    for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
        if not (a.right <= b.x or b.right <= a.x or a.bottom <= b.y or b.bottom <= a.y):
            yield one, other


@pytest.mark.parametrize("least", [0.0, 1 / 36])
@pytest.mark.parametrize("side", [False, True])
@pytest.mark.parametrize("scale", [0.75, 1.0, 1.25])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("room", [
    lambda *a, **k: timeline_layout.rack(*a, Port.FRAME, **k),
    lambda *a, **k: timeline_layout.rack(*a, Port.TEXT, **k),
    lambda *a, **k: timeline_layout.rack(*a, Port.TEXT, draws=True, **k),
    lambda *a, **k: timeline_layout.rack(*a, Port.ASKED, **k),
    timeline_layout.pair, timeline_layout.hall,
], ids=["frames", "text", "draws", "asked", "pair", "hall"])  # fmt: skip
def test_boxes_lie_inside_and_apart(size, scale, side, least, room):
    least, unit = least * size[1], unit_of(size, scale)
    pygame.font.init()
    theme = Theme(unit, Words(), PROJECTOR if least else DESK, size[1])
    strip = strip_panel.strip_height(theme, EXHIBITS, size[0] - 2 * round(9 * unit))
    boxes = frame(size, scale, side=side, least=least, strip=strip)
    boxes |= room(boxes.pop("stage"), unit, least=least)
    for name, box in boxes.items():
        assert box.w > 0, name
        assert box.h > 0, name
        assert 0 <= box.x < box.right <= size[0], name
        assert 0 <= box.y < box.bottom <= size[1], name
    assert not list(overlap(boxes))


@pytest.mark.parametrize("count", [1, 32, 56])
@pytest.mark.parametrize("room", [500, 860, 1240, 1900])
def test_plates_lie_apart_in_order_of_time_each_as_wide_as_its_name(room, count):
    names = [50 + 7 * (k % 9) for k in range(count)]
    short = [50 + 3 * (k % 9) for k in range(count)]
    ways = [timeline_layout.Fit(2, 14, False, names, 30, 3), timeline_layout.Fit(2, 13, True, short, 28, 3),
            timeline_layout.Fit(3, 13, True, short, 28, 3)]  # fmt: skip
    laid = timeline_layout.plates(iter(ways), room)
    widths = short if laid.short else names
    assert all(box.w >= width for box, width in zip(laid.boxes, widths, strict=True))
    assert [box.x for box in laid.boxes] == sorted(box.x for box in laid.boxes)
    assert not list(overlap(dict(enumerate(laid.boxes))))
    assert laid.width == max(box.right for box in laid.boxes)
    fit = [timeline_layout.staggered(way.widths, way.rows, way.gap)[1] <= room for way in ways]
    first = ways[fit.index(True) if any(fit) else -1]
    assert (laid.rows, laid.size, laid.short) == first[:3]
    assert (laid.width <= room) is any(fit)
    assert len({box.y for box in laid.boxes}) <= laid.rows


@pytest.mark.parametrize(("n", "high", "wide"), [(8, 20, 20), (64, 5, 5), (1, 20, 20), (512, 3, 3)])
def test_maps_fit_their_box(n, high, wide):
    columns, rows, pitch, shown = heatmaps.tiling(n, high, wide, 180, 110)
    assert shown <= columns * rows
    assert columns * (wide * pitch + 1) - 1 <= 180
    assert -(-shown // columns) * (high * pitch + 1) - 1 <= 110


@pytest.mark.parametrize("look", Rendering)
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 40, 7), (70, 2, 2)])
def test_every_look_is_drawn_into_its_box_and_nowhere_else(with_timeline, look, shape):
    app = with_timeline()
    rng = np.random.default_rng(0)
    array = rng.standard_normal(
        shape[: {Rendering.ROWS: 2, Rendering.BARS: 1, Rendering.TOKENS: 1}.get(look, 3)]
    ).astype(np.float32)
    if look == Rendering.TOKENS:
        array = np.array([f"piece{k}" for k in range(shape[0])])
    surface = pygame.Surface((200, 160)).convert()
    surface.fill((1, 2, 3))
    box = pygame.Rect(20, 20, 150, 120)
    heatmaps.draw(surface, app.renderer.theme, ActivationView(name="x", rendering=look, array=array), box)
    drawn = (pygame.surfarray.array3d(surface) != (1, 2, 3)).any(2)
    assert drawn.any()
    drawn[box.x : box.right, box.y : box.bottom] = False
    assert not drawn.any()


def test_kin_is_followed_both_ways():
    assert ancestors(EXHIBITS, "lenet5") == {"lecun", "mlp", "neocognitron", "perceptron"}
    assert heirs(EXHIBITS, "gpt") == {"llama"}
    assert "convnext" in heirs(EXHIBITS, "vit")


def test_counts_are_short():
    counts = (512, 25_690, 999_960, 1_240_000, 175e9)
    assert [abbreviated(n) for n in counts] == [
        "512",
        "25.7k",
        "1.0M",
        "1.2M",
        "175G",
    ]


def test_outside_of_what_it_knows_a_system_is_not_judged_and_says_so(with_timeline, monkeypatch):
    one = {"classes": tuple("0123456789"), "task": "digits", "hall": {"reads": ("digits",)}}
    digits = tuple(replace(e, **one) if e.name == "lenet5" else e for e in EXHIBITS)
    monkeypatch.setattr(FakeTimeline, "exhibits", lambda self, told=None: digits)
    monkeypatch.setattr(FakeRack, "only", {"lenet5": "digits"})
    app = with_timeline(system="lenet5")
    app.obey("live")
    lit(app)
    shown, first = app.session.presentation.name[0], app.scene.timeline.first
    assert (first.judged, first.reply.wanted) == (0, shown)
    written = " ".join(texts(app, "answer"))
    assert f"{shown} is not among its classes: not judged" in written
    assert "It reads: 0 to 9" in written
    assert "weights for digits" in written
    assert "sure" not in written
    assert "%" not in written
    app.obey("later")
    app.obey("live")
    frames(app)
    assert app.scene.timeline.first.exhibit.name == "alexnet"
    assert app.scene.timeline.first.judged == 1
    written = " ".join(texts(app, "answer"))
    assert "weights for letters" in written
    assert "%" in written


def test_a_card_is_read_with_the_weights_of_what_it_shows(with_timeline):
    app = with_timeline(system="lenet5")
    app.obey("live")
    lit(app)
    assert app.lent.racks[0].said[-1][3] == "letters"
    app.obey("open_world", config={"name": "digits"})
    app.obey("answer", yes=True)
    lit(app)
    assert app.lent.racks[0].said[-1][3] == "digits"


def test_a_field_is_judged_by_its_cells(with_timeline, monkeypatch):
    target = np.zeros((20, 20), np.float32)
    made = FakeRack.reply
    monkeypatch.setattr(
        FakeRack, "reply", lambda *args, **kw: replace(made(*args, **kw), field=target, target=target, others=())
    )
    app = with_timeline(system="hopfield")
    frames(app, 3)
    assert "400 of 400 cells restored" in " ".join(texts(app, "answer"))
    assert app.scene.timeline.first.judged == 1
    assert app.scene.timeline.first.right == 1


# -- what a system is shown ------------------------------------------------------------------------------------------


def test_a_system_is_shown_examples_of_its_own_task_until_a_card_is_drawn(with_timeline):
    app = with_timeline()
    app.obey("put_up", name="resnet")
    frames(app, 3)
    assert app.lent.racks[0].said[-1] == ("example", 0)
    assert texts(app, "stimulus") == ["EXAMPLE", "1"]
    app.obey("ink", cells=[42, 43], level=255)
    frames(app, 3)
    assert app.lent.racks[0].said[-1][0] == "show"
    assert "cell" in {part.kind for part in app.handler.stops()}


def test_what_draws_of_a_text_has_a_large_lamp_panel():
    stage = frame((1280, 800), 1.0, side=True)["stage"]
    boxes = timeline_layout.rack(stage, unit_of((1280, 800), 1.0), Port.TEXT, draws=True)
    side = min(boxes["lamps"].w, boxes["lamps"].h)
    assert side > 0.9 * min(boxes["teleprinter"].w, boxes["teleprinter"].h)
    assert boxes["registers"].w > 0.5 * side


@pytest.fixture
def with_scenes(with_timeline, monkeypatch):
    """Return a function that opens a window on a timeline with those who speak of pictures, and puts one up."""
    monkeypatch.setattr(fake_timeline, "EXHIBITS", fake_timeline.WITH_SCENES)

    def open_it(name, **settings):
        app = with_timeline(system=name, **settings)
        app.timeline.wake(wait=True)
        frames(app, 3)
        return app

    return open_it


def test_the_teleprinter_says_that_a_sentence_was_drawn(with_scenes):
    app = with_scenes("dalle")
    assert app.scene.timeline.first.reply.field is not None
    app.renderer.invalidate()
    app.renderer.theme.written = []
    frames(app, 2)
    texts = [text for text, _, _ in app.renderer.theme.written]
    assert Words("en")("timeline.it_draws") in texts
    assert not any(text.startswith("wanted") for text in texts)


def test_a_line_is_typed_about_the_picture_of_the_example_or_about_a_card_that_is_drawn(with_scenes):
    app = with_scenes("vqa")
    rack = app.lent.racks[0]
    assert rack.said[-1] == ("example", 0)
    assert app.handler.panels["stimulus"].title == "timeline.own_example"
    app.obey("type_line")
    assert app.ui.typing is not None
    app.ui.typing = None
    app.obey("typed_line", text="how many shapes are there?")
    frames(app, 3)
    assert rack.said[-1][0] == "changed"
    assert rack.said[-1][2:] == (0, "how many shapes are there?", False)
    reply = app.scene.timeline.first.reply
    assert np.array_equal(frame_of(app.scene, True)[0], reply.stimulus["frame"])
    assert "how many shapes are there?" in " ".join(texts(app, "teleprinter"))
    app.obey("ink", cells=[42, 43], level=255)
    frames(app, 3)
    what, _, pair, task = rack.said[-1]
    assert (what, task, str(pair["text"])) == ("show", "", "how many shapes are there?")
    assert np.array_equal(pair["frame"], app.timeline.card)
    app.obey("example")
    frames(app, 3)
    assert rack.said[-1] == ("example", 0)
    assert app.ui.typed == ""


@pytest.mark.parametrize("name", ["vqa", "show_tell"])
def test_with_the_shutter_closed_a_system_is_shown_a_dark_card(with_scenes, name, key):
    app = with_scenes(name)
    rack = app.lent.racks[0]
    app.obey("shutter")
    frames(app, 3)
    assert rack.said[-1][0] == "changed"
    assert rack.said[-1][2:] == (0, "", True)
    assert not frame_of(app.scene, True)[0].any()
    assert app.words("now.system_dark", name="", year="").split(":")[1] in sentence(app.scene, app.words)
    app.obey("example")
    frames(app, 3)
    assert rack.said[-1][2:] == (1, "", True)  # the next example, in the dark as well
    app.obey("shutter")
    frames(app, 3)
    assert rack.said[-1] == ("example", 1)
    app.obey("shutter")
    app.obey("put_up", name="resnet")
    assert not app.ui.dark


def test_the_shutter_belongs_to_what_sees(with_scenes):
    app = with_scenes("gpt")
    app.obey("shutter")
    assert "shutter" in app.ui.message
    assert not app.ui.dark
    app.obey("put_up", name="vqa")
    app.obey("beside")
    app.obey("shutter")
    assert not app.ui.dark


@pytest.mark.parametrize("command", ["play", "step_trial"])
def test_time_that_is_set_going_shows_the_cards_that_pass(with_timeline, command):
    app = with_timeline(system="resnet", speed=10_000)
    frames(app, 3)
    assert app.ui.example == 0
    app.obey(command)
    frames(app, 30)
    assert app.ui.example == -1
    assert "show" in asked(app)


def test_while_time_goes_on_a_system_that_is_put_up_shows_its_own(with_timeline):
    app = with_timeline(paused=False, speed=10_000)
    frames(app, 3)
    app.obey("put_up", name="resnet")
    frames(app, 10)
    assert app.playback.running
    assert app.ui.example == 0


# -- the strip -------------------------------------------------------------------------------------------------------


def test_without_a_timeline_the_window_is_as_it_was(window):
    app = window()
    app.frame()
    names = [c.name for c in app.handler.panels["playback"].commands]
    assert "strip" not in names
    assert "strip" not in app.handler.panels
    app.obey("later")
    assert app.ui.system == "mark1"
    assert not app.ui.alarm


def test_the_exhibits_are_not_asked_for_before_the_strip_is_seen(with_timeline):
    app = with_timeline(system="")
    frames(app)
    assert app.lent.asked == 0
    assert not app.lent.racks
    app.obey("strip")
    app.frame()
    app.timeline.wake(wait=True)
    app.frame()
    assert app.lent.asked == 1
    assert len(app.scene.timeline.exhibits) == len(EXHIBITS) + 1


LISTED = """1958 Perceptron|1980 Neocognitron|1982 Hopfield|1986 MLP|1986 RNN|1989 LeCun net|1997 LSTM|1998 LeNet-5|
2006 Autoencoder|2012 AlexNet|2013 VAE|2014 GAN|2014 GoogLeNet|2014 GRU|2014 VGG|2015 ResNet|2015 Show and Tell|
2015 VQA|2016 DenseNet|2016 Inception-ResNet|2016 ResNeXt|2016 Xception|2017 Transformer|2018 BERT|2018 GPT|
2019 AA-ResNet|2019 GPT-2|2019 Megatron|2020 Diffusion|2020 GPT-3|2020 StyleGAN2|2020 Visual Transformer|2020 ViT|
2021 AnimeGANv2|2021 ArcaneGAN|2021 CLIP|2021 Codex|2021 ConViT|2021 CrossViT|2021 DALL-E|2021 gMLP|2021 Gopher|
2021 MLP-Mixer|2021 Swin|2022 AlphaCode|2022 Chinchilla|2022 ConvNeXt|2022 Copilot|2022 DALL-E 2|
2022 DualStyleGAN|2022 InCoder|2022 MT-NLG|2022 PaLM|2022 SepViT|2022 Some other"""
SHORT = {"Inception-ResNet": "Incep-ResNet", "Visual Transformer": "Visual Transf."}


def many():
    for k, row in enumerate(LISTED.split("|")):
        year, label = row.strip().split(" ", 1)
        about = {"name": f"system{k}", "year": int(year), "label": label, "short": SHORT.get(label, "")}
        yield replace(EXHIBITS[k % len(EXHIBITS)], **about)


MANY = tuple(many())
"""As many systems as the timeline is to hold."""


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("exhibits", [EXHIBITS, MANY], ids=["32", "56"])
@pytest.mark.parametrize("size", [(1280, 800), (1366, 728), (1920, 1080)])
def test_every_name_stands_on_its_plate_whatever_is_chosen(with_timeline, monkeypatch, size, exhibits, language):
    monkeypatch.setattr(FakeTimeline, "exhibits", lambda self, told=None: exhibits)
    app = with_timeline(size=size, language=language)
    strip, shown = app.handler.panels["strip"], app.scene.timeline.exhibits
    years = [e.year for e in shown]
    assert years == sorted(years)
    places = [strip.place_of(Target("system", k)) for k in range(len(years))]
    assert all(strip.rect.contains(place) for place in places)
    assert not any(a.colliderect(b) for a, b in itertools.combinations(places, 2))
    for chosen in (shown[0].name, shown[40 % len(shown)].name):
        app.obey("put_up", name=chosen)
        frames(app)
        written = texts(app, "strip")
        cut = {text for text, _ in app.renderer.theme.clipped}
        for e in shown:
            assert e.label in written or (e.short and e.short in written), e.label
            assert e.label not in cut
            assert str(e.year) in written
        strip = app.handler.panels["strip"]
        assert places == [strip.place_of(Target("system", k)) for k in range(len(years))]


@pytest.mark.parametrize("projector", [False, True])
def test_a_strip_longer_than_the_window_is_scrolled_and_keys_bring_what_they_choose_into_sight(
    with_timeline, monkeypatch, projector
):
    monkeypatch.setattr(FakeTimeline, "exhibits", lambda self, told=None: MANY)
    app = with_timeline(size=(960, 600), projector=projector)
    assert "▶" in texts(app, "strip")
    strip = app.handler.panels["strip"]
    first, last = Target("system", 0), Target("system", len(MANY))
    assert strip.place_of(first) is not None
    assert strip.place_of(last) is None
    for _ in range(20):
        app.obey("scroll_strip", way=1.0)
    app.frame()
    app.ui.system = MANY[-1].name
    assert strip.place_of(first) is None
    assert strip.place_of(last) is not None
    app.renderer.invalidate()  # laid out anew, as when a page is opened
    app.frame()
    strip = app.handler.panels["strip"]
    assert strip.place_of(last) is not None
    for _ in MANY:
        app.obey("earlier")
        app.frame()
        strip, names = app.handler.panels["strip"], [e.name for e in app.scene.timeline.exhibits]
        assert strip.place_of(Target("system", names.index(app.ui.system))) is not None
    assert strip.place_of(first) is not None
    assert app.ui.system == names[0]


def test_the_wheel_scrolls_the_strip(with_timeline, monkeypatch, place):
    monkeypatch.setattr(FakeTimeline, "exhibits", lambda self, told=None: MANY)
    app = with_timeline(size=(960, 600))
    at = place(app, "system", 5)
    pygame.event.post(pygame.event.Event(pygame.MOUSEMOTION, pos=at, rel=(0, 0), buttons=(0, 0, 0)))
    pygame.event.post(pygame.event.Event(pygame.MOUSEWHEEL, y=-1, x=0, flipped=False))
    app.frame()
    assert app.ui.strip_at > 0


def test_a_kind_is_picked_out_and_the_keys_step_within_it(with_timeline, drag, place, key):
    app = with_timeline()
    drag(app, place(app, "knob", NUMBER["kind_speaks"]))
    assert app.ui.kind == "speaks"
    seen = []
    for _ in range(6):
        key(app, "PERIOD", typed=">")
        seen.append(app.ui.system)
    assert seen == ["seq2seq", "attention", "transformer", "gpt", "bert", "llama"]
    drag(app, place(app, "knob", NUMBER["kind_all"]))
    assert app.ui.kind == ""
    app.obey("kind")
    assert app.ui.kind == "sees"
    assert "PROGRAMS" not in texts(app, "strip")  # none of them does


def test_what_a_system_reads_and_answers_on_is_said(with_timeline):
    app = with_timeline(system="lstm")
    assert any("reel → lamps" in text for text in texts(app, "strip"))


# -- while the timeline is read --------------------------------------------------------------------------------------


class SlowTimeline(FakeTimeline):
    """A timeline that has been read up to its twelfth system, until it is let go on."""

    def __init__(self, *, broken=False):
        super().__init__()
        self.go, self.broken = threading.Event(), broken

    def exhibits(self, told=None):
        told(12, len(EXHIBITS))
        self.go.wait(20)
        if self.broken:
            raise KeyError("groups")
        return super().exhibits(told)


@pytest.fixture
def slow(session):
    from marki.console.app import App, WindowSettings

    apps = []

    def open_it(*, broken=False, **settings):
        app = App(session, WindowSettings(**{"frames": 10**6, "paused": True, **settings}), SlowTimeline(broken=broken))
        app.lent = app.timeline.timeline
        apps.append(app)
        end = time.monotonic() + 10
        app.frame()
        while app.timeline.told[0] != 12 and app.ui.strip:
            assert time.monotonic() < end
            app.frame()
        app.frame()
        return app

    yield open_it
    for app in apps:
        app.lent.go.set()
    pygame.quit()


def come(app):
    """Let the timeline be read to its end."""
    app.lent.go.set()
    app.timeline.wake(wait=True)
    frames(app, 4)


@pytest.mark.parametrize(("language", "said"), [("en", "Loading timeline… 12 of {}"), ("zh", "{} 个中的 12 个")])
def test_while_it_is_read_the_machine_stands_there_and_the_strip_says_how_far_it_has_come(slow, language, said):
    app, said = slow(system="resnet", language=language), said.format(len(EXHIBITS))
    assert "values" in app.handler.panels
    assert "registers" not in app.handler.panels
    assert any(said in text for text in texts(app, "strip"))
    come(app)
    assert app.scene.timeline.first.exhibit.name == "resnet"
    assert app.scene.timeline.first.reply is not None
    assert not any(said in text for text in texts(app, "strip"))


def test_a_window_that_is_closed_waits_for_what_is_being_read(slow):
    app = slow(hall="reads")
    release = threading.Timer(0.2, app.lent.go.set)
    release.start()
    asides = [threading.Thread(target=time.sleep, args=(0.3,)) for _ in range(2)]
    app.timeline.law._thread, app.timeline.room._threads["step"] = asides
    for aside in asides:
        aside.start()
    app.timeline.close()
    assert not any(thread.is_alive() for thread in (app.timeline._thread, *asides))
    release.join()


def test_keys_pressed_while_it_is_read_are_done_when_it_is_there(slow, key):
    app = slow(system="mark1")
    key(app, "PERIOD", typed=">")
    assert f"12 of {len(EXHIBITS)}" in app.ui.message
    key(app, "PERIOD", typed=">")
    key(app, "F9")
    assert app.ui.system == "mark1"
    come(app)
    names = [e.name for e in app.scene.timeline.exhibits]
    assert app.ui.system == names[names.index("mark1") + 2]
    assert ("train", app.ui.system, app.session.seed) in app.lent.racks[0].said


def test_a_system_that_there_is_not_is_refused_before_anything_is_read(slow):
    with pytest.raises(UnknownName, match="unknown system 'resnett'"):
        slow(system="resnett")


def test_a_timeline_that_cannot_be_read_is_told_and_not_waited_for(slow):
    app = slow(broken=True, system="resnet")
    app.lent.go.set()
    app.timeline._thread.join(10)
    frames(app, 2)
    assert app.ui.alarm
    assert "KeyError" in app.ui.message
    app.obey("later")
    assert "KeyError" in app.ui.message
    app.renderer.theme.written = []
    app.renderer.invalidate()
    frames(app, 2)
    said = " ".join(text for text, _, _ in app.renderer.theme.written)
    assert app.words("timeline.none") in said
    assert app.words("timeline.loading")[:10] not in said


@pytest.mark.parametrize(
    ("name", "example", "told"),
    [("lenet5", -1, "now.system"), ("lenet5", 2, "now.system_example"), ("gpt", 0, "now.system_text")],
)
def test_it_is_said_what_a_system_looks_at(with_timeline, name, example, told):
    app = with_timeline(system=name)
    app.session.run(2)
    frames(app, 2)
    app.ui.example = example
    frames(app, 2)
    shown = app.scene.timeline.first.exhibit
    assert sentence(app.scene, app.words) == app.words(told, name=shown.label, year=shown.year)


def test_a_click_puts_a_system_up_and_keys_step_to_its_neighbours(with_timeline, drag, place, key):
    app = with_timeline()
    names = [e.name for e in app.scene.timeline.exhibits]
    drag(app, place(app, "system", names.index("lenet5")))
    assert app.ui.system == "lenet5"
    assert app.lent.racks[0].said[0] == ("load", "lenet5")
    key(app, "PERIOD", typed=">")
    assert app.ui.system == "alexnet"
    key(app, "COMMA", typed="<")
    key(app, "COMMA", typed="<")
    assert app.ui.system == "lstm"
    app.obey("view")
    app.frame()
    assert app.ui.system == "mark1"
    assert "values" in app.handler.panels


def test_the_strip_lights_the_kin_of_what_the_mouse_is_on(with_timeline, place):
    app = with_timeline()
    strip = app.handler.panels["strip"].rect
    before = pygame.surfarray.array3d(pygame.display.get_surface().subsurface(strip))
    pygame.event.post(
        pygame.event.Event(pygame.MOUSEMOTION, pos=place(app, "system", 12), rel=(0, 0), buttons=(0, 0, 0))
    )
    app.frame()
    assert app.ui.hovered == Target("system", 12)
    assert (pygame.surfarray.array3d(pygame.display.get_surface().subsurface(strip)) != before).any()


def test_an_unknown_system_is_refused(with_timeline):
    with pytest.raises(UnknownName, match="unknown system 'resnett'"):
        with_timeline(system="resnett")


# -- a system in the place of the Mark I -----------------------------------------------------------------------------


def test_it_answers_what_the_photocells_see_and_what_is_drawn(with_timeline):
    app = with_timeline(system="resnet")
    app.obey("live")
    lit(app)
    rack = app.lent.racks[0]
    np.testing.assert_allclose(rack.said[-1][2], app.scene.snapshot.view.light, atol=1e-6)
    shown = sum(kind == "show" for kind in asked(app))
    frames(app, 5)
    assert sum(kind == "show" for kind in asked(app)) == shown  # the same card is not asked about again
    assert app.scene.timeline.first.reply.wanted == app.session.presentation.name[0]
    app.obey("ink", cells=[21, 22], level=255)
    frames(app)
    assert rack.said[-1][2].sum() == 2
    assert app.scene.timeline.first.reply.wanted == ""


def test_registers_are_drawn_anew_with_every_answer(with_timeline):
    app = with_timeline(system="resnet")
    lit(app)
    area = app.handler.panels["registers"].inner
    before = pygame.surfarray.array3d(pygame.display.get_surface().subsurface(area))
    app.obey("ink", cells=[200], level=255)
    frames(app)
    assert (pygame.surfarray.array3d(pygame.display.get_surface().subsurface(area)) != before).any()


def test_training_from_zero_goes_on_beside_answers_and_ends_with_a_digest(with_timeline, key):
    app = with_timeline(system="lenet5")
    app.obey("live")
    lit(app)
    key(app, "F9")
    assert ("train", "lenet5", app.session.seed) in [said for said in app.lent.racks[0].said if said[0] == "train"]
    frames(app, 20)
    system_view = app.scene.timeline.first
    assert system_view.learning
    assert system_view.progress.steps > 100
    assert system_view.learned == 64 * system_view.progress.steps
    assert asked(app)[-3:].count("show") == 3  # it goes on answering
    frames(app, 30)
    assert app.scene.timeline.first.progress.digest == "0123456789abcdef"
    assert not app.scene.timeline.first.learning


def test_a_training_moves_from_its_first_steps_on_an_axis_that_grows(with_timeline):
    app = with_timeline(system="lenet5")
    frames(app)
    app.obey("learn")
    seen = []
    for _ in range(30):
        app.frame()
        progress = app.scene.timeline.first.progress
        if progress is not None:
            seen.append((progress.steps, axis_of(progress)))
    axes = [axis for _, axis in seen]
    assert all(axis >= step for step, axis in seen)
    assert axes[0] == 20
    assert sorted(set(axes)) == [20, 50, 100, 200, 400]
    assert axes == sorted(axes)
    assert all(axis <= 2.5 * step for step, axis in seen if step > 20)


@pytest.mark.parametrize(("steps", "of", "done", "axis"), [
    (0, 8000, False, 20), (21, 8000, False, 50), (51, 8000, False, 100), (7999, 8000, False, 8000), (5, 8, False, 8),
    (430, 8000, True, 430),
])  # fmt: skip
def test_the_axis_of_a_training(steps, of, done, axis):
    progress = Progress(name="x", seed=0, steps=steps, of=of, shown=0, curve=(), right=0.0, seconds=0.0, done=done,
                        digest="")  # fmt: skip
    assert axis_of(progress) == axis


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_dead_training_says_so_in_the_language_of_the_window(with_timeline, monkeypatch, lang):
    app = with_timeline(system="resnet", language=lang)
    frames(app)
    app.obey("learn")
    app.lent.racks[0].warnings = tuple(symptom.name.lower() for symptom in Symptom)
    words, written = Words(lang), []
    write = Theme.write

    def spy(self, surface, text, *args, **style):
        written.append(text)
        return write(self, surface, text, *args, **style)

    monkeypatch.setattr(Theme, "write", spy)
    frames(app, 60)
    assert app.scene.timeline.first.progress.done
    said = "".join(written).replace(" ", "")
    for symptom in Symptom:
        assert words(f"timeline.sign.{symptom.name.lower()}").replace(" ", "") in said


def test_a_training_can_be_stopped_and_the_shipped_weights_put_back(with_timeline, place):
    app = with_timeline(system="lenet5")
    app.obey("learn")
    frames(app, 5)
    app.obey("learn")
    app.frame()
    assert asked(app)[-1] == "stop"
    assert not app.scene.timeline.first.learning
    app.obey("shipped")
    app.frame()
    assert ("load", "lenet5") in app.lent.racks[0].said[3:]
    assert app.scene.timeline.first.progress is None


def test_two_systems_stand_before_the_same_stimulus_each_with_its_ledger(with_timeline, key):
    app = with_timeline(system="resnet")
    lit(app)
    key(app, "F12")
    frames(app)
    assert app.ui.beside == "resnet"
    assert app.ui.system == "mark1"
    first, second = app.scene.timeline.first, app.scene.timeline.second
    assert first.reply.said or not first.reply.lamps.any()
    np.testing.assert_array_equal(first.reply.stimulus, second.reply.stimulus)
    ledger, other = app.handler.panels["ledger"], app.handler.panels["ledger2"]
    assert dict(ledger.lines(first))["timeline.learned"] == f"{app.session.trial}"
    assert dict(other.lines(second))["timeline.parameters"] == f"{second.exhibit.parameters:,}"
    app.obey("put_up", name="mlp")
    frames(app)
    assert app.scene.timeline.first.exhibit.name == "mlp"
    app.obey("beside")
    app.frame()
    assert app.scene.timeline.second is None


# -- reels and text --------------------------------------------------------------------------------------------------


def test_a_reel_is_played_exposure_by_exposure(with_timeline, key):
    from marki.console.timeline.reel_panel import frame_of

    app = with_timeline(system="lstm")
    frames(app, 2)
    seen = []
    for _ in range(90):
        app.frame()
        seen.append(frame_of(app.scene, False)[1])
    assert sorted(set(seen)) == list(range(12))
    assert seen == sorted(seen)
    key(app, "DOWN")
    frames(app, 2)
    assert app.lent.racks[0].said[-1] == ("example", 1)
    assert frame_of(app.scene, False)[1] == 0
    assert app.scene.timeline.first.reply.wanted == "B"
    key(app, "UP")
    assert app.ui.example == 0


def test_the_teleprinter_prints_sign_by_sign(with_timeline):
    app = with_timeline(system="gpt")
    frames(app, 3)
    app.renderer.theme.written = []
    app.frame()
    frames(app, 20)
    printed = [text for text, _, _ in app.renderer.theme.written if text.startswith("das")]
    app.renderer.theme.written = None
    assert len(printed) > 3
    assert all(b.rstrip("_").startswith(a.rstrip("_")) for a, b in itertools.pairwise(printed))


def test_a_typed_line_is_shown_to_a_system_that_reads(with_timeline, key):
    app = with_timeline(system="gpt")
    app.obey("type_line")
    for sign in "hi":
        key(app, sign, typed=sign)
    key(app, "RETURN", typed="\r")
    frames(app)
    kind, _, stimulus, _ = app.lent.racks[0].said[-1]
    assert (kind, str(stimulus)) == ("show", "hi")
    app.obey("put_up", name="resnet")
    app.obey("type_line")
    assert app.ui.alarm


# -- the hall --------------------------------------------------------------------------------------------------------


def test_in_the_hall_everybody_answers_while_it_is_drawn(with_timeline, drag, place):
    app = with_timeline(hall="reads")
    before = len(app.lent.racks[0].said) if app.lent.racks else 0
    drag(app, place(app, "cell", 42), place(app, "cell", 45), place(app, "cell", 105))
    frames(app, 2)
    rack = app.lent.racks[0]
    assert len(rack.said) >= before + 3
    assert rack.said[-1][0] == "hall"
    sums = [said[2].sum() for said in rack.said[before:]]
    assert sums[-1] > sums[0]
    wall = app.handler.panels["wall"]
    answered = set(app.scene.timeline.hall)
    assert set(wall._names) == answered
    assert "mark1" in answered
    assert "swin" not in answered  # has no weights


def test_a_wide_pen_draws_a_broader_line(with_timeline, drag, place):
    app = with_timeline(hall="reads")
    inked = {}
    for width in (1, 2):
        app.obey("clear")
        app.obey("pen", width=width)
        app.frame()
        drag(app, place(app, "cell", 205), place(app, "cell", 214))
        inked[width] = int((app.ui.draft > 0).sum())
    assert inked == {1: 10, 2: 22}


def test_right_and_wrong_are_marked_where_the_class_is_known(with_timeline):
    app = with_timeline(hall="reads")
    lit(app)
    replies = app.scene.timeline.hall
    verdicts = {n: verdict(r, app.scene.timeline.exhibit(n)) for n, r in replies.items()}
    assert None not in verdicts.values()
    app.obey("clear")
    frames(app)
    assert {r.wanted for r in app.scene.timeline.hall.values()} == {""}


def test_a_plate_of_the_hall_puts_its_system_up(with_timeline, drag, place):
    app = with_timeline(hall="reads")
    lit(app)
    drag(app, place(app, "plate", 0))
    assert app.ui.system == "perceptron"
    assert not app.ui.hall


# -- lessons ----------------------------------------------------------------------------------------------------------


def test_a_lesson_puts_up_what_its_pages_are_about(with_timeline):
    app = with_timeline()
    app.obey("lesson", name="deeper")
    seen = []
    for leaf, page in enumerate(app.ui.lesson.pages):
        if leaf:
            app.obey("next_leaf")
        assert app.ui.leaf == leaf
        frames(app, 2)
        assert app.ui.strip
        assert app.ui.hall == page.hall
        seen.append((app.ui.system, app.ui.beside))
    assert seen[:3] == [("alexnet", "mark1"), ("vgg", "googlenet"), ("resnet", "")]
    assert seen[-1] == ("resnet", "mark1")


# -- the machine and the end -----------------------------------------------------------------------------------------


def test_looking_at_the_timeline_never_changes_the_run(with_timeline, session):
    app = with_timeline(speed=200, paused=False)
    for command in ("resnet", "lstm", "beside", "hall", "mark1"):
        app.obey(command) if command in ("beside", "hall") else app.obey("put_up", name=command)
        frames(app, 12)
    app.playback.running = False
    twin = mark1_session(seed=3, keep="recent")
    twin.advance(session.now)
    assert twin.digest == session.digest
    assert twin.now == session.now


def test_a_trouble_is_told_and_the_window_goes_on(with_timeline):
    app = with_timeline(system="resnet")
    app.frame()
    app.lent.racks[0].trouble = "the process in which the system stood has ended"
    app.frame()
    assert app.ui.alarm
    assert "has ended" in app.ui.message
    app.obey("later")
    frames(app, 2)
    assert app.lent.racks[0].closed
    assert len(app.lent.racks) == 2  # whoever is chosen next gets a new one


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "not in what GPT has read: qqq, zzz"), ("zh", "GPT 没有读过这些词：qqq, zzz")],
)
def test_a_refusal_of_a_system_is_said_in_the_language_of_the_window(with_timeline, language, said):
    app = with_timeline(system="resnet", language=language)
    app.frame()
    unread = unknown_words(worded("qqq zzz", "judge"), "GPT")
    told = pickle.loads(pickle.dumps(Trouble(name="gpt", text=str(unread), passing=True, error=unread)))
    app.lent.racks[0].came.append(told)
    app.frame()
    assert said in app.ui.message


@pytest.mark.parametrize("end", ["dead", "mute"])
def test_a_picture_does_not_wait_for_a_process_that_never_answers(session, monkeypatch, end):
    from marki.console.app import App, WindowSettings
    from marki.console.timeline import controller

    monkeypatch.setattr(controller, "GRACE_S", 0.1)
    monkeypatch.setattr(controller, "PATIENCE_S", 20.0 if end == "dead" else 0.2)
    monkeypatch.setattr(FakeRack, "hall", lambda self, *asked, **more: None)
    if end == "dead":
        real = FakeRack.poll
        monkeypatch.setattr(
            FakeRack, "poll", lambda self: [*real(self), Trouble(name="", text="no process could be started")]
        )
    began = time.monotonic()
    app = App(session, WindowSettings(frames=5, hall="reads"), FakeTimeline())
    assert app.run() == 0
    assert time.monotonic() - began < 10


def test_in_all_a_window_waits_for_a_bounded_time(session, monkeypatch):
    from marki.console.app import App, WindowSettings
    from marki.console.timeline import controller

    monkeypatch.setattr(controller, "WHOLE_PATIENCE_S", 0.5)
    app = App(session, WindowSettings(frames=5, hall="reads"), FakeTimeline())
    began = time.monotonic()
    for _ in range(20):
        app.timeline.settle(10_000)
    assert time.monotonic() - began < 2
    app.open = False
    app.run()


def test_all_processes_end_with_the_window(session):
    from marki.console.app import App, WindowSettings

    timeline = FakeTimeline()
    app = App(session, WindowSettings(frames=4, system="resnet", hall="reads"), timeline)
    assert app.run() == 0
    assert timeline.racks
    assert all(rack.closed for rack in timeline.racks)


def test_a_picture_without_a_screen_shows_the_first_answer(session, tmp_path):
    from marki.console.app import App, WindowSettings

    timeline = FakeTimeline()
    app = App(session, WindowSettings(frames=3, system="gpt", screenshot=str(tmp_path / "a.png")), timeline)
    app.run()
    assert app.scene.timeline.first.reply is not None
    assert (tmp_path / "a.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        (
            "gpt",
            [("absent", "94.1 %"), ("present", "98.5 %"), ("adds", "+4.4 points"), ("helps", "not told apart")],
        ),
        (
            "perceptron",
            [("absent", "94.1 %"), ("present", "98.5 %"), ("adds", "+4.4 points"), ("interval", "+2.1 to +6.7"),
             ("helps", "holds")],
        ),
        (
            "transformer",
            [("absent", "96.6 %"), ("present", "96.2 %"), ("adds", "-0.4 points"), ("interval", "-1.2 to +0.4"),
             ("helps", "not told apart")],
        ),
        ("swin", []),
        ("mark1", []),
    ],
)  # fmt: skip
def test_the_card_says_what_a_system_loses_without_its_mechanism(with_timeline, name, rows):
    app = with_timeline(system=name, page="exhibit")
    frames(app, 10)
    blocks = app.handler.panels["page"].blocks
    headings = [k for k, b in enumerate(blocks) if isinstance(b, Heading)] + [len(blocks)]
    for first, last in itertools.pairwise(headings):
        if blocks[first].text == app.words("exhibit.ablation"):
            blocks = blocks[first:last]
            break
    labels = {app.words(f"exhibit.{n}"): n for n in ("absent", "present", "adds", "interval", "helps")}
    assert [(labels[b.text], b.right) for b in blocks if b.text in labels] == rows
    assert (app.words("exhibit.ablation") in [b.text for b in blocks]) is bool(rows)
    assert ("a mechanism" in [b.text for b in blocks]) is bool(rows)


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("en", [("worst of 28 typefaces", "because-we-mentor 71.2 %"), ("at least 75 %", "holds"),
                ("better than Perceptron", "not told apart")]),
        ("zh", [("28 种字体中最差", "because-we-mentor 71.2 %"), ("至少 75 %", "成立"), ("优于 Perceptron", "分不出")]),
    ],
)  # fmt: skip
def test_the_card_says_what_became_of_each_claim(with_timeline, language, wanted):
    app = with_timeline(system="perceptron", language=language, page="exhibit")
    frames(app, 10)
    rows = [(b.text, b.right) for b in app.handler.panels["page"].blocks if isinstance(b, PageRow)]
    at = rows.index(wanted[0])
    assert rows[at : at + 3] == wanted


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_card_tells_what_is_known(with_timeline, language):
    app = with_timeline(system="transformer", language=language, page="exhibit")
    frames(app, 10)
    said = " ".join(f"{b.text} {getattr(b, 'right', '')}" for b in app.handler.panels["page"].blocks)
    exhibit = app.scene.timeline.exhibit("transformer")
    for wanted in (
        exhibit.title,
        exhibit.authors,
        str(exhibit.year),
        exhibit.idea[language],
        f"{exhibit.parameters:,}",
        exhibit.source[language],
        {"en": "But: It is more.", "zh": "但是：不止于此。"}[language],
    ):
        assert wanted in said
    app.obey("put_up", name="mark1")
    frames(app, 10)
    said = [b.text for b in app.handler.panels["page"].blocks]
    assert "Mark I Perceptron" in said
    assert app.words("exhibit.seed") not in said


@pytest.mark.parametrize("projector", [False, True], ids=["desk", "projector"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_count_of_a_film_is_never_cut(with_timeline, monkeypatch, language, projector):
    monkeypatch.setattr(fake_timeline, "reel", partial(fake_timeline.reel, t=101))
    app = with_timeline(system="lstm", language=language, projector=projector, size=(1280, 800))
    app.obey("example")
    frames(app)
    app.renderer.theme.clipped.clear()
    said = texts(app, "stimulus")
    count = next(text for text in said if text.endswith("/101"))
    assert count not in [text for text, _ in app.renderer.theme.clipped]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_sizes_of_registers_say_what_is_counted_where_there_is_room(with_timeline, language):
    app = with_timeline(system="lstm", language=language, size=(1920, 1080))
    app.obey("example")
    frames(app)
    assert app.words("timeline.size_rows", exposures=12, units=24) in texts(app, "registers")
    app = with_timeline(system="lstm", language=language, size=(800, 600), projector=True)
    app.obey("example")
    frames(app)
    said = texts(app, "registers")
    assert not any(text == app.words("timeline.size_rows", exposures=12, units=24) for text in said)


def test_who_speaks_the_language_of_the_window_is_put_up_in_it(with_timeline, monkeypatch):
    monkeypatch.setattr(fake_timeline, "EXHIBITS", fake_timeline.WITH_SCENES)
    app = with_timeline(system="clip", language="zh")
    frames(app, 3)
    rack = app.lent.racks[0]
    assert (rack.name, rack.language) == ("clip", "zh")
    app.obey("language")
    frames(app, 3)
    assert rack.language == "en"
    app.obey("put_up", name="resnet")
    frames(app, 3)
    loads = sum(said[0] == "load" for said in rack.said)
    app.obey("language")
    frames(app, 3)
    assert sum(said[0] == "load" for said in rack.said) == loads  # it speaks no language
