"""The timeline in the window, with a made-up one: the strip, choosing, training, the hall, films, the teleprinter."""

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from console.fake_timeline import EXHIBITS, FakeRack, FakeTimeline

from marki.console.drawing.layout import Box, frame, unit_of
from marki.console.drawing.theme import Theme
from marki.console.state.blocks import Heading, PageRow
from marki.console.state.targets import Target
from marki.console.state.timeline_view import ancestors, heirs, verdict
from marki.console.timeline import heatmaps, timeline_layout
from marki.console.timeline.counts import abbreviated
from marki.errors import UnknownName
from marki.io.exhibits import ActivationView, Rendering, Trouble
from marki.io.ports import Port
from marki.language import Words
from marki.session import mark1_session
from successors.training.diagnosis import Symptom

SIZES = [(960, 600), (1024, 640), (1280, 800), (1920, 1080), (3840, 2160)]


@pytest.fixture
def with_timeline(session):
    """Return a function that opens a window with a timeline, the strip unfolded."""
    import pygame

    from marki.console.app import App, WindowSettings

    def open_it(**settings):
        timeline = FakeTimeline()
        app = App(
            session, WindowSettings(**{"frames": 1_000_000, "paused": True, "system": "mark1", **settings}), timeline
        )
        app.lent = timeline
        app.frame()
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
    lambda *a, **k: timeline_layout.rack(*a, Port.TEXT, **k), timeline_layout.pair, timeline_layout.hall,
], ids=["frames", "text", "pair", "hall"])  # fmt: skip
def test_boxes_lie_inside_and_apart(size, scale, side, least, room):
    least, unit = least * size[1], unit_of(size, scale)
    strip = timeline_layout.strip_height(unit, least, round(1.36 * (least or 14 * unit)))
    boxes = frame(size, scale, side=side, least=least, strip=strip)
    boxes |= room(boxes.pop("stage"), unit, least=least)
    for name, box in boxes.items():
        assert box.w > 0, name
        assert box.h > 0, name
        assert 0 <= box.x < box.right <= size[0], name
        assert 0 <= box.y < box.bottom <= size[1], name
    assert not list(overlap(boxes))


@pytest.mark.parametrize("chosen", [0, 15, 31])
@pytest.mark.parametrize("width", [860, 1240, 1900])
def test_plates_fill_the_row_and_the_chosen_one_is_named(width, chosen):
    names = [60 + 7 * (k % 9) for k in range(32)]
    boxes, named = timeline_layout.shares(Box(10, 5, width, 40), names, chosen, 22)
    assert boxes[0].x == 10
    assert boxes[-1].right == 10 + width
    assert all(a.right == b.x for a, b in itertools.pairwise(boxes))
    assert named[chosen]
    assert all(box.w >= name - 1 for box, name, told in zip(boxes, names, named, strict=True) if told)
    near = () if width < 1000 else [k for k in (chosen - 1, chosen + 1) if 0 <= k < 32]
    assert all(named[k] for k in near)


@pytest.mark.parametrize(("n", "high", "wide"), [(8, 20, 20), (64, 5, 5), (1, 20, 20), (512, 3, 3)])
def test_maps_fit_their_box(n, high, wide):
    columns, rows, pitch, shown = heatmaps.tiling(n, high, wide, 180, 110)
    assert shown <= columns * rows
    assert columns * (wide * pitch + 1) - 1 <= 180
    assert -(-shown // columns) * (high * pitch + 1) - 1 <= 110


@pytest.mark.parametrize("look", Rendering)
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 40, 7), (70, 2, 2)])
def test_every_look_is_drawn_into_its_box_and_nowhere_else(with_timeline, look, shape):
    import pygame

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
    heatmaps.draw(surface, app.theme, ActivationView(name="x", rendering=look, array=array), box)
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


def test_an_answer_is_judged_only_by_a_class_that_the_system_knows(with_timeline, monkeypatch):
    digits = tuple(replace(e, classes=tuple("0123456789")) if e.name == "lenet5" else e for e in EXHIBITS)
    monkeypatch.setattr(FakeTimeline, "exhibits", lambda self: digits)
    app = with_timeline(system="lenet5")
    lit(app)
    first = app.scene.timeline.first
    assert first.reply is not None
    assert (first.judged, first.reply.wanted) == (0, "")
    app.obey("later")
    frames(app)
    assert app.scene.timeline.first.exhibit.name == "alexnet"
    assert app.scene.timeline.first.judged == 1


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


@pytest.mark.parametrize("projector", [False, True])
@pytest.mark.parametrize("size", SIZES[:4])
def test_the_strip_shows_all_systems_in_order_of_time(with_timeline, size, projector):
    app = with_timeline(size=size, projector=projector)
    strip = app.handler.panels["strip"]
    years = [e.year for e in app.scene.timeline.exhibits]
    assert years == sorted(years)
    assert app.scene.timeline.exhibits[1].name == "mark1"
    places = [strip.place_of(Target("system", k)) for k in range(len(years))]
    assert all(strip.rect.contains(place) for place in places)
    assert not any(a.colliderect(b) for a, b in itertools.combinations(places, 2))


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
    import pygame

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
    import pygame

    app = with_timeline(system="resnet")
    lit(app)
    area = app.handler.panels["registers"].inner
    before = pygame.surfarray.array3d(pygame.display.get_surface().subsurface(area))
    app.obey("ink", cells=[200], level=255)
    frames(app)
    assert (pygame.surfarray.array3d(pygame.display.get_surface().subsurface(area)) != before).any()


def test_training_from_zero_goes_on_beside_answers_and_ends_with_a_digest(with_timeline, key):
    app = with_timeline(system="lenet5")
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
    assert dict(ledger.lines(first))["trained on"] == f"{app.session.trial}"
    assert dict(other.lines(second))["weights"] == f"{second.exhibit.parameters:,}"
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
    app.theme.written = []
    app.frame()
    frames(app, 20)
    printed = [text for text, _, _ in app.theme.written if text.startswith("das")]
    app.theme.written = None
    assert len(printed) > 3
    assert all(b.rstrip("_").startswith(a.rstrip("_")) for a, b in itertools.pairwise(printed))


def test_a_typed_line_is_shown_to_a_system_that_reads(with_timeline, key):
    app = with_timeline(system="gpt")
    app.obey("type_line")
    for sign in "hi":
        key(app, sign, typed=sign)
    key(app, "RETURN", typed="\r")
    frames(app)
    kind, _, stimulus = app.lent.racks[0].said[-1]
    assert (kind, str(stimulus)) == ("show", "hi")
    app.obey("put_up", name="resnet")
    app.obey("type_line")
    assert app.ui.alarm


# -- the hall --------------------------------------------------------------------------------------------------------


def test_in_the_hall_everybody_answers_while_it_is_drawn(with_timeline, drag, place):
    app = with_timeline(hall=True)
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
    app = with_timeline(hall=True)
    inked = {}
    for width in (1, 2):
        app.obey("clear")
        app.obey("pen", width=width)
        app.frame()
        drag(app, place(app, "cell", 205), place(app, "cell", 214))
        inked[width] = int((app.ui.draft > 0).sum())
    assert inked == {1: 10, 2: 22}


def test_right_and_wrong_are_marked_where_the_class_is_known(with_timeline):
    app = with_timeline(hall=True)
    lit(app)
    replies = app.scene.timeline.hall
    verdicts = {n: verdict(r, app.scene.timeline.exhibit(n)) for n, r in replies.items()}
    assert None not in verdicts.values()
    app.obey("clear")
    frames(app)
    assert {r.wanted for r in app.scene.timeline.hall.values()} == {""}


def test_a_plate_of_the_hall_puts_its_system_up(with_timeline, drag, place):
    app = with_timeline(hall=True)
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


@pytest.mark.parametrize("end", ["dead", "mute"])
def test_a_picture_does_not_wait_for_a_process_that_never_answers(session, monkeypatch, end):
    from marki.console.app import App, WindowSettings
    from marki.console.timeline import controller

    monkeypatch.setattr(controller, "GRACE_S", 0.1)
    monkeypatch.setattr(controller, "PATIENCE_S", 20.0 if end == "dead" else 0.2)
    monkeypatch.setattr(FakeRack, "hall", lambda self, number, frame, task="letters": None)
    if end == "dead":
        real = FakeRack.poll
        monkeypatch.setattr(
            FakeRack, "poll", lambda self: [*real(self), Trouble(name="", text="no process could be started")]
        )
    began = time.monotonic()
    app = App(session, WindowSettings(frames=5, hall=True), FakeTimeline())
    assert app.run() == 0
    assert time.monotonic() - began < 10


def test_in_all_a_window_waits_for_a_bounded_time(session, monkeypatch):
    from marki.console.app import App, WindowSettings
    from marki.console.timeline import controller

    monkeypatch.setattr(controller, "WHOLE_PATIENCE_S", 0.5)
    app = App(session, WindowSettings(frames=5, hall=True), FakeTimeline())
    began = time.monotonic()
    for _ in range(20):
        app.timeline.settle(10_000)
    assert time.monotonic() - began < 2
    app.open = False
    app.run()


def test_all_processes_end_with_the_window(session):
    from marki.console.app import App, WindowSettings

    timeline = FakeTimeline()
    app = App(session, WindowSettings(frames=4, system="resnet", hall=True), timeline)
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
