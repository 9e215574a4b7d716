"""The rooms of the hall: doors between them, what each asks with, and how the answers stand on the wall."""

from dataclasses import replace

import numpy as np
import pygame
import pytest
from console import fake_timeline
from console.fake_timeline import EXHIBITS, SCENES, WITH_PROGRAMS, WITH_SCENES, FakeTimeline

from marki.console.drawing.layout import Box
from marki.console.panels.narration_panel import sentence
from marki.console.state.push_buttons import NUMBER
from marki.console.state.targets import Target
from marki.console.state.timeline_view import on_wall, verdict
from marki.console.timeline import timeline_layout
from marki.console.timeline.class_board import CLASSES
from marki.errors import SessionError, UnknownName
from marki.io import rooms
from marki.io.ports import Port
from marki.language import Words


@pytest.fixture
def in_hall(session):
    """Return a function that opens a window in a room of the hall."""
    from marki.console.app import App, WindowSettings

    def open_it(room="draws", **settings):
        timeline = FakeTimeline()
        app = App(session, WindowSettings(**{"frames": 1_000_000, "paused": True, "hall": room, **settings}), timeline)
        app.lent = timeline
        app.frame()
        app.timeline.wake(wait=True)
        frames(app)
        return app

    yield open_it
    pygame.quit()


def frames(app, n=3):
    for _ in range(n):
        app.frame()


def asked(app):
    """Return what the rack of the hall was asked last."""
    return next(said for rack in app.lent.racks for said in reversed(rack.said) if said[0] == "hall")


def written(app):
    """Return all texts that one frame of new panels writes."""
    app.renderer.invalidate()
    app.renderer.theme.written = []
    frames(app, 2)
    found = [text for text, _, _ in app.renderer.theme.written]
    app.renderer.theme.written = None
    return found


def test_a_room_takes_systems_by_their_ports():
    wall = {room.name: [e.name for e in EXHIBITS if on_wall(e, room)] for room in rooms.ROOMS}
    assert wall["draws"] == ["vae", "gan", "stylegan2", "diffusion"]
    assert {"perceptron", "resnet"} < set(wall["reads"])
    assert not {"swin", "hopfield", "lstm", "gpt", *wall["draws"]} & set(wall["reads"])


def test_an_unknown_room_is_refused(session):
    from marki.console.app import App, WindowSettings

    with pytest.raises(UnknownName, match="draws"):
        App(session, WindowSettings(frames=1, hall="drawz"), FakeTimeline())


@pytest.mark.parametrize(("press", "named"), [("7", "7"), ("g", "G"), ("r", "R")])
def test_a_key_names_what_every_machine_draws(in_hall, key, press, named):
    app = in_hall()
    key(app, press, typed=named, mod=0 if press.isdigit() else pygame.KMOD_SHIFT)
    frames(app)
    kind, _, what, subject, room, again, _ = asked(app)
    assert (kind, str(what), room, again) == ("hall", named, "draws", 0)
    assert subject == ("digits" if named.isdigit() else "letters")
    found = app.scene.timeline.hall
    assert set(found) == ({"vae", "gan", "stylegan2"} if named.isdigit() else {"stylegan2"})
    verdicts = {name: verdict(reply, app.scene.timeline.exhibit(name)) for name, reply in found.items()}
    assert verdicts == {name: None if name == "vae" else True for name in found}  # the VAE was not told


def test_a_small_letter_is_the_command_of_its_key(in_hall, key):
    app = in_hall()
    key(app, "i", typed="i")
    assert app.ui.page == "provenance"
    assert app.ui.studio.named == "3"


def test_keys_and_buttons_draw_again(in_hall, key, drag, place):
    app = in_hall()
    first = app.scene.timeline.hall["gan"].field
    key(app, "DOWN")
    frames(app)
    assert asked(app)[5] == 1
    second = app.scene.timeline.hall["gan"]
    assert not np.array_equal(second.field, first)
    assert second.read == "8"
    assert verdict(second, app.scene.timeline.exhibit("gan")) is False
    key(app, "UP")
    frames(app)
    np.testing.assert_array_equal(app.scene.timeline.hall["gan"].field, first)
    key(app, "UP")
    assert app.ui.studio.again == 0
    drag(app, place(app, "class", CLASSES.index("5")))
    frames(app)
    assert str(asked(app)[2]) == "5"
    assert set(app.scene.timeline.hall) == {"vae", "gan", "stylegan2"}


def test_drawings_of_another_class_are_taken_away_at_once(in_hall, monkeypatch):
    app = in_hall()
    assert app.scene.timeline.hall
    rack = app.timeline.slots["hall"].rack
    monkeypatch.setattr(rack, "hall", lambda *asked, **more: None)
    app.obey("name_class", text="4")
    frames(app, 2)
    assert app.scene.timeline.hall == {}


def test_a_room_asks_its_own_question_only(in_hall, key, drag, place):
    app = in_hall("reads")
    count = len(rooms.ROOMS)
    assert asked(app)[4] == "reads"
    key(app, "TAB", mod=pygame.KMOD_CTRL)
    frames(app)
    assert (app.ui.room, asked(app)[4]) == ("draws", "draws")
    assert set(app.scene.timeline.hall) == {"vae", "gan", "stylegan2"}
    for _ in range(count - 1):
        key(app, "TAB", mod=pygame.KMOD_CTRL)
    assert app.ui.room == "reads"
    frames(app)
    assert not {"vae", "gan"} & set(app.scene.timeline.hall)
    drag(app, place(app, "room", 1))
    assert app.ui.room == "draws"
    key(app, "F6")
    assert not app.ui.hall
    key(app, "F6")
    assert (app.ui.hall, app.ui.room) == (True, "draws")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_wall_says_who_reads_it_as_what(in_hall, language):
    app = in_hall(language=language)
    app.obey("name_class", text="6")
    frames(app)
    said, words = written(app), Words(language)
    assert words("timeline.reader_reads", reader="LeNet-5", right=2, count=2, name="6") in said
    assert words("timeline.read_as", name="6") in said
    assert sentence(app.scene, words) == words("now.room_draws", name="6")
    app.obey("name_class", text="Q")
    frames(app)
    assert words("timeline.not_taught") in written(app)


def test_where_nobody_is_trained_the_wall_says_so(in_hall, monkeypatch):
    untaught = tuple(replace(e, hall={}, results=()) if e.accepts is Port.LAMPS else e for e in EXHIBITS)
    monkeypatch.setattr(fake_timeline, "EXHIBITS", untaught)
    app = in_hall()
    said = written(app)
    assert app.words("timeline.nobody_trained") in said
    assert said.count(app.words("timeline.untrained")) >= 3


def test_a_plate_of_the_second_room_puts_its_system_up(in_hall, drag, place):
    app = in_hall()
    drag(app, place(app, "plate", 1))
    assert app.ui.system == "gan"
    assert not app.ui.hall


def test_what_is_drawn_is_no_answer_to_the_card_that_is_covered(in_hall):
    app = in_hall(room="draws")
    app.ui.covered = True
    app.frame()
    assert set(app.scene.timeline.hall) == {"vae", "gan", "stylegan2"}
    app.obey("room", name="reads")
    frames(app)
    assert app.scene.timeline.hall == {}


def test_a_room_that_asks_with_a_line_has_it_typed(in_hall, monkeypatch, key):
    room = rooms.Room(
        name="draws", asks=rooms.Asks.LINE, ports=((Port.TEXT, Port.TEXT),), subjects={"scenes": ()}
    )  # fmt: skip
    monkeypatch.setattr(rooms, "ROOMS", (rooms.READS, room))
    app = in_hall()
    app.obey("type_line")
    for sign in "dot":
        key(app, sign, typed=sign)
    key(app, "RETURN", typed="\r")
    frames(app)
    assert str(asked(app)[2]) == "dot"
    assert "dot" in written(app)


@pytest.mark.parametrize("count", [1, 3, 4, 7])
@pytest.mark.parametrize("size", [(900, 400), (500, 480), (1800, 700)])
def test_pictures_on_the_wall_are_as_large_as_they_can_be(count, size):
    box = Box(10, 20, *size)
    found = [pygame.Rect(b) for b in timeline_layout.easels(box, count, lines=40, gap=6)]
    assert len(found) == count
    assert all(pygame.Rect(box).contains(place) for place in found)
    assert all(place.collidelist(found[k + 1 :]) < 0 for k, place in enumerate(found))
    side = min(found[0].w, found[0].h - 40)
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        other = min((size[0] - 6 * (columns - 1)) / columns, (size[1] - 6 * (rows - 1)) / rows - 40)
        assert side >= other - 2


def test_the_tabs_say_where_one_is(in_hall):
    app = in_hall()
    assert [app.handler.place_of(Target("room", k)) is not None for k in range(len(rooms.ROOMS))]
    assert f"2  {app.words('timeline.room.draws')}" in written(app)


# -- the room of programs ------------------------------------------------------------------------------------------


@pytest.fixture
def with_programs(monkeypatch):
    """Have those on the timeline who program."""
    monkeypatch.setattr(fake_timeline, "EXHIBITS", WITH_PROGRAMS)


@pytest.mark.parametrize(("language", "words"), [("en", "a line of length 3 up:"), ("zh", "向上画3格直线：")])
def test_a_task_in_words_is_programmed_run_and_judged(in_hall, with_programs, language, words):
    app = in_hall("programs", language=language)
    frames(app)
    texts = written(app)
    assert words in texts
    assert app.words("timeline.task_wanted") in texts
    assert app.words("timeline.programs_right", right=2, count=4) in texts
    wall = app.handler.panels["wall"]
    assert wall._names == fake_timeline.PROGRAMMERS
    assert fake_timeline.LINE in texts
    drawn = {name: reply.field is not None for name, reply in app.scene.timeline.hall.items() if name != "task"}
    assert drawn == {"codex": True, "alphacode": True, "copilot": True, "incoder": False}


def test_other_tasks_are_asked_for_and_one_of_ones_own_is_not_judged(in_hall, with_programs, key):
    app = in_hall("programs")
    assert asked(app)[2:] == (np.array(""), "programs", "programs", 0, 0)
    key(app, "DOWN")
    frames(app)
    assert asked(app)[6] == 1
    app.obey("typed_line", text="a square")
    frames(app)
    assert (str(asked(app)[2]), asked(app)[6]) == ("a square", -1)
    assert app.words("timeline.task_typed") in written(app)
    assert all(verdict(r, e) is None for e in WITH_PROGRAMS if (r := app.scene.timeline.hall.get(e.name)) is not None)
    key(app, "DOWN")
    frames(app)
    assert (str(asked(app)[2]), asked(app)[6]) == ("", 2)


@pytest.mark.parametrize("size", [(720, 480), (1280, 800)], ids=str)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_who_cannot_be_asked_with_words_alone_says_what_it_needs(in_hall, with_programs, language, size):
    app = in_hall("programs", language=language, size=size)
    frames(app)
    assert app.words("timeline.needs_hole") not in written(app)
    app.obey("typed_line", text="draw me a house")
    frames(app)
    assert app.words("timeline.needs_hole") in written(app)
    assert app.words("timeline.needs_hole") not in [text for text, _ in app.renderer.theme.clipped]


def test_a_program_is_right_by_what_its_judge_says():
    from console.fake_timeline import FakeRack

    reply = FakeRack().programmed("codex", 1, "")
    exhibit = next(e for e in WITH_PROGRAMS if e.name == "codex")
    assert verdict(replace(reply, said="another", judged=True), exhibit) is True
    assert verdict(replace(reply, judged=False), exhibit) is False


@pytest.mark.parametrize("size", [(800, 600), (1280, 800), (1920, 1080)], ids=str)
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("projector", [False, True], ids=["desk", "projector"])
def test_the_room_of_programs_is_whole(in_hall, with_programs, size, language, projector):
    app = in_hall("programs", size=size, language=language, projector=projector)
    app.renderer.theme.clipped.clear()
    app.renderer.theme.dropped.clear()
    written(app)
    assert not app.renderer.theme.clipped
    assert not app.renderer.theme.dropped


# -- the rooms of scenes -------------------------------------------------------------------------------------------


@pytest.fixture
def with_scenes(monkeypatch):
    """Have those of pictures and language on the timeline."""
    monkeypatch.setattr(fake_timeline, "EXHIBITS", WITH_SCENES)


def verdicts(app):
    """Return what is known of the answers in the hall, by system."""
    found = app.scene.timeline.hall
    return {e.name: verdict(found[e.name], e) for e in WITH_SCENES if e.name in found}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_all_who_speak_of_pictures_say_what_they_see(in_hall, with_scenes, language):
    app = in_hall("says", language=language)
    true, wrong, question, _ = SCENES[language]
    texts, words = written(app), Words(language)
    assert asked(app)[3:] == (language, "says", 0, 0)
    assert app.handler.panels["wall"]._names == ("show_tell", "vqa", "clip")
    assert words("timeline.scene_reader") in texts
    assert texts.count(true) == 2  # the reader's, and the captioner's
    assert {wrong, words("timeline.best_of", count=2), words("timeline.scene_number", number=1)} <= set(texts)
    # VQA has learned English alone here.
    assert (question in texts) == (language == "en")
    assert (words("timeline.not_taught") in texts) == (language == "zh")
    right, count = (2, 3) if language == "en" else (1, 2)
    assert words("timeline.says_right", right=right, count=count) in texts
    np.testing.assert_array_equal(app.handler.panels["card"].light(app.scene), fake_timeline.reel(0)[0])
    assert sentence(app.scene, words) == words("now.room_says")


def test_keys_and_buttons_show_other_scenes(in_hall, with_scenes, key, drag, place):
    app = in_hall("says")
    key(app, "DOWN")
    drag(app, place(app, "knob", NUMBER["next_scene"]))
    frames(app)
    assert asked(app)[6] == 2
    assert app.words("timeline.scene_number", number=3) in written(app)
    np.testing.assert_array_equal(app.handler.panels["card"].light(app.scene), fake_timeline.reel(2)[0])
    for _ in range(3):
        key(app, "UP")
    frames(app)
    assert asked(app)[6] == 0


def test_on_the_scene_a_card_is_begun_and_the_next_scene_puts_it_away(in_hall, with_scenes, drag, place):
    app = in_hall("says")
    cell = place(app, "cell", 47)
    drag(app, cell, cell)
    frames(app)
    assert app.ui.draft.reshape(-1)[47] == 255
    assert (app.ui.draft.reshape(20, 20)[:, 0] == 255).all()  # the bar of the scene is there
    _, _, what, _, _, _, item = asked(app)
    assert item == -1
    np.testing.assert_array_equal(np.rint(what["frame"][0] * 255), app.ui.draft)
    assert {"show_tell", "clip", "vqa"} < set(app.scene.timeline.hall)
    app.obey("clear")
    frames(app)
    assert set(verdicts(app).values()) == {None}
    assert app.words("timeline.says_unjudged") in written(app)
    assert app.words("timeline.scene_none") in written(app)
    app.obey("example")
    frames(app)
    assert (app.ui.draft, asked(app)[6]) == (None, 1)
    assert verdicts(app) == {"show_tell": True, "vqa": True, "clip": False}


def test_a_question_of_ones_own_is_asked_in_its_language(in_hall, with_scenes, key):
    app = in_hall("says")
    app.obey("type_line")
    for sign in "where":
        key(app, sign, typed=sign)
    key(app, "RETURN", typed="\r")
    frames(app)
    assert (asked(app)[2]["text"].tolist(), asked(app)[3]) == (["where"], "en")
    assert "where" in written(app)
    key(app, "DOWN")
    frames(app)
    assert asked(app)[2]["text"].tolist() == ["where"]  # of the next scene too
    app.obey("typed_line", text="圆在哪里")
    frames(app)
    assert asked(app)[3] == "zh"
    assert set(verdicts(app)) == {"show_tell", "clip"}
    app.obey("room", name="illustrates")
    frames(app)
    assert (str(asked(app)[2]), asked(app)[3]) == ("", "en")


def test_the_plate_shows_another_question_whose_answer_is_the_same(in_hall, with_scenes):
    app = in_hall("says")
    app.renderer.theme.written = []
    app.obey("typed_line", text="how many large shapes are there?")
    frames(app)
    found = [text for text, _, _ in app.renderer.theme.written]
    app.renderer.theme.written = None
    assert "how many large shapes are there?" in " ".join(found)


def test_what_nobody_knows_of_a_question_stands_on_the_plate(in_hall, with_scenes):
    app = in_hall("says")
    app.obey("typed_line", text="where is the banana?")
    frames(app)
    assert set(verdicts(app)) == {"show_tell", "clip"}
    assert app.words("timeline.unknown_words", words="banana") in written(app)


def test_the_rooms_of_scenes_follow_the_language_of_the_window(in_hall, with_scenes):
    app = in_hall("says")
    app.obey("language")
    frames(app, 5)
    assert asked(app)[3] == "zh"
    assert SCENES["zh"][0] in written(app)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_all_who_draw_of_words_draw_a_sentence_that_is_read_back(in_hall, with_scenes, language):
    app = in_hall("illustrates", language=language)
    true, wrong = SCENES[language][:2]
    texts, words = written(app), Words(language)
    said = "\n".join(texts)
    assert asked(app)[3:] == (language, "illustrates", 0, 0)
    assert app.handler.panels["wall"]._names == ("dalle", "dalle2")
    assert {true, words("timeline.caption_wanted"), words("timeline.caption_number", number=1)} <= set(texts)
    assert verdicts(app) == {"dalle": False, "dalle2": True}
    assert words("timeline.illustrates_right", right=1, count=2) in texts
    for line in (true, wrong):
        assert words("timeline.read_back", reader="Show and Tell", said=line)[:20] in said
    assert (words("timeline.told_as", line=SCENES["en"][0])[:20] in said) == (language == "zh")
    assert sentence(app.scene, words) == words("now.room_illustrates")


def test_the_same_sentence_is_drawn_again_and_another_one_asked_for(in_hall, with_scenes, key, drag, place):
    app = in_hall("illustrates")
    first = app.scene.timeline.hall["dalle"].field
    key(app, "DOWN", mod=pygame.KMOD_CTRL)
    drag(app, place(app, "knob", NUMBER["same_again"]))
    frames(app)
    assert asked(app)[5:] == (2, 0)
    assert not np.array_equal(app.scene.timeline.hall["dalle"].field, first)
    assert verdicts(app) == {"dalle": True, "dalle2": True}
    key(app, "UP", mod=pygame.KMOD_CTRL)
    frames(app)
    assert asked(app)[5:] == (1, 0)
    key(app, "DOWN")
    frames(app)
    assert asked(app)[5:] == (0, 1)


def test_drawing_again_is_refused_where_nothing_is_drawn(in_hall, with_scenes):
    app = in_hall("says")
    with pytest.raises(SessionError, match="nothing is drawn"):
        app.operator.give("draw_again")
    app.obey("room", name="draws")
    app.obey("draw_again")
    assert app.ui.studio.again == 1


def test_a_typed_sentence_is_drawn_and_one_that_nobody_understands_met_with_another(in_hall, with_scenes):
    app = in_hall("illustrates")
    app.obey("typed_line", text="左上角有一块大方块")
    frames(app)
    assert (str(asked(app)[2]), asked(app)[3], asked(app)[6]) == ("左上角有一块大方块", "zh", -1)
    assert SCENES["zh"][0] in written(app)  # in the language in which it was typed
    app.obey("typed_line", text="a small banana")
    frames(app)
    texts = written(app)
    assert texts.count(app.words("timeline.not_understood")) == 2
    assert app.words("timeline.unknown_words", words="banana") in texts
    assert app.words("timeline.say_rather", line=SCENES["en"][1])[:20] in "\n".join(texts)
    assert verdicts(app) == {}
    app.obey("example")
    frames(app)
    assert (str(asked(app)[2]), asked(app)[6]) == ("", 1)
    assert set(verdicts(app)) == {"dalle", "dalle2"}


def test_the_plate_of_the_reader_puts_nobody_up(in_hall, with_scenes, drag, place):
    app = in_hall("says")
    wall = app.handler.panels["wall"]
    drag(app, pygame.Rect(wall._reader).center)
    assert (app.ui.system, app.ui.hall) == ("mark1", True)
    drag(app, place(app, "plate", 0))
    assert app.ui.system == "show_tell"


@pytest.mark.parametrize("size", [(640, 480), (1280, 800), (1920, 1080)], ids=str)
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("projector", [False, True], ids=["desk", "projector"])
@pytest.mark.parametrize("room", ["says", "illustrates"])
def test_the_rooms_of_scenes_are_whole(in_hall, with_scenes, size, language, projector, room):
    app = in_hall(room, size=size, language=language, projector=projector)
    app.renderer.theme.clipped.clear()
    app.renderer.theme.dropped.clear()
    texts = written(app)
    assert not app.renderer.theme.clipped
    assert not app.renderer.theme.dropped
    assert any(SCENES[language][0][:8] in text for text in texts)
    tabs = [app.words.forms(f"timeline.room.{r.name}") for r in rooms.ROOMS]
    assert all(any(f"{k + 1}  {form}" in texts for form in forms) for k, forms in enumerate(tabs))


# -- what finds no room --------------------------------------------------------------------------------------------

LONG = "a slanting line of length 2 diagonally down and to the right, then to the left, a line of length 5:"


def card_written(app, text, target=None):
    """Return what the card of a task writes of a text."""
    told = app.scene.timeline.hall["task"]
    stimulus = np.array((text, text), told.stimulus.dtype) if told.stimulus.dtype.names else np.array([text, text])
    told = replace(told, stimulus=stimulus, target=target)
    timeline = replace(app.scene.timeline, hall={**app.scene.timeline.hall, "task": told})
    scene, theme = replace(app.scene, timeline=timeline), app.renderer.theme
    panel = app.handler.panels["card"]
    panel._shown = None
    theme.written = []
    panel.update(theme.sheet, scene)
    lines, theme.written = theme.written, None
    assert all(panel.inner.contains(place) for _, place, _ in lines)
    return [text for text, _, _ in lines]


@pytest.mark.parametrize("size", [(720, 480), (1280, 800)], ids=str)
@pytest.mark.parametrize("projector", [False, True], ids=["desk", "projector"])
def test_a_long_task_is_told_whole_before_its_picture_is_drawn(in_hall, with_programs, size, projector):
    app = in_hall("programs", size=size, projector=projector)
    said = card_written(app, LONG, target=np.zeros((20, 20), np.float32))
    assert " ".join(said).startswith(LONG)
    said = card_written(app, 20 * LONG, target=np.zeros((20, 20), np.float32))
    assert said[-1].endswith("..")


@pytest.mark.parametrize("size", [(720, 480), (1280, 800), (1920, 1080)], ids=str)
@pytest.mark.parametrize("room", [room.name for room in rooms.ROOMS])
def test_on_the_projector_buttons_are_as_high_as_their_letters(in_hall, monkeypatch, size, room):
    monkeypatch.setattr(fake_timeline, "EXHIBITS", (*WITH_PROGRAMS, *(e for e in WITH_SCENES if e not in EXHIBITS)))
    app = in_hall(room, size=size, projector=True)
    written(app)
    places = app.handler.panels["pens"].buttons.places
    assert places
    assert all(place.h >= 1.2 * app.renderer.theme.least for place in places.values())


def test_before_what_is_said_is_cut_the_note_becomes_short(in_hall, with_scenes):
    from marki.console.timeline.scene_plates import draw_speech
    from marki.io.asked import asked as asked_of

    app = in_hall("says")
    theme, surface = app.renderer.theme, app.renderer.surface
    said = "a large bar in the middle and a small triangle at the bottom."
    stimulus = asked_of(np.zeros((1, 20, 20)), np.array(["\n".join("abcdefghijklmnop")]))[0]
    reply = replace(app.scene.timeline.hall["show_tell"], stimulus=stimulus, said=said)
    longest, short = app.words.forms("timeline.best_of", count=16)
    lines = len(theme.wrap(said, 115, 13))
    for more, note in ((3, longest), (1, short)):
        window = pygame.Rect(0, 0, 115, (lines + more) * theme.row(13) + theme.px(2))
        theme.written = []
        draw_speech(surface, theme, window, reply, right=None)
        found = " ".join(text for text, _, _ in theme.written)
        assert found == f"{note} {said}"
    theme.written = None


@pytest.mark.parametrize(
    ("scale", "projector", "count", "dated"), [(1.0, False, 10, True), (1.25, False, 22, False), (1.0, True, 22, False)]
)
def test_all_plates_of_a_wall_have_their_year_or_none(in_hall, monkeypatch, scale, projector, count, dated):
    card = next(e for e in EXHIBITS if e.name == "mlp")
    names = ("Neocognitron", "MLP")
    many = [replace(card, name=f"mlp{k}", label=names[k % 2], year=1980 + k) for k in range(count)]
    monkeypatch.setattr(fake_timeline, "EXHIBITS", (EXHIBITS[0], *many))
    app = in_hall("reads", size=(1280, 800), scale=scale, projector=projector)
    wall = app.handler.panels["wall"]
    app.renderer.theme.written = []
    wall._shown = {}
    wall.update(app.renderer.surface, app.scene)
    said = [text for text, _, _ in app.renderer.theme.written]
    app.renderer.theme.written = None
    years = [str(e.year) for e in app.scene.timeline.exhibits if e.name in wall._names]
    assert len(years) == count + 2
    assert [text for text in said if text in years] == (years if dated else [])
    assert said.count("Neocognitron") == count // 2
