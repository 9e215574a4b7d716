"""The rooms of scenes: cards and sentences of their own, what was typed, and judges that are no network."""

from types import SimpleNamespace

import numpy as np
import pytest

from marki.errors import PortError
from marki.io.asked import asked
from marki.io.camera import Camera
from marki.io.rooms import ILLUSTRATES, SAYS, TASK
from marki.io.stimuli.letters import letter
from successors import registry
from successors.serving import room_keepers, scene_rooms
from successors.serving.loaded_system import LoadedSystem
from successors.serving.questions import AskHall, lay
from successors.serving.room_keepers import RoomQuestion
from successors.serving.worker import Worker
from successors.tasks import match, scene_pictures, scenes
from successors.tasks.scene_decks import part_of
from successors.tasks.scene_words import told
from successors.tasks.scenes import Shape

SCENE = (Shape(kind="square", size="large", row=0, column=0), Shape(kind="circle", size="small", row=1, column=2))
OTHER = (Shape(kind="bar", size="large", row=1, column=1),)
CARD = scene_pictures.picture(SCENE)
SMALL = {
    "show_tell": {"filters": (3, 4), "word": 6, "hidden": 5},
    "vqa": {"filters": (3, 4), "features": 8, "word": 6, "hidden": 5, "common": 7},
    "clip": {"width": 8, "layers": 1, "heads": 2, "text_width": 8, "text_layers": 1, "text_heads": 2, "space": 6},
}
SPEAK = ("show_tell", "vqa", "clip")
DRAW = ("dalle", "dalle2")


def loaded(name, language="en"):
    system = registry.find(name)
    trial = next((t for t in system.entry.trials if registry.subject(system.entry, t) == language), None)
    small = SMALL.get(name) or {key: value for key, value in system.entry.small.items() if key != "space"}
    return LoadedSystem(
        system=system, trial=trial or system.entry.trials[0], learner=registry.create(name, seed=1, **small)
    )


def pair(frame=CARD, question=""):
    return asked(np.asarray(frame, np.float32)[None], np.array([question]))


def saying(monkeypatch, name, said, language="en"):
    """Return a system that says something given, and is asked about a card."""
    one = loaded(name, language)
    heard = []

    def weigh(stimuli):
        heard.append(stimuli)
        if name == "vqa":
            return one.code[[one.classes.index(said)]], np.full((1, len(one.classes)), 1 / 23, np.float32)
        return np.array([said]), np.zeros((1, 0), np.float32)

    monkeypatch.setattr(one, "learner", SimpleNamespace(
        accepts=one.learner.accepts, answers=one.learner.answers, weigh=weigh, network=one.learner.network
    ))  # fmt: skip
    return one, heard


# -- scenes and sentences --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("room", "most"), [("says", 3), ("illustrates", 2)])
def test_a_rooms_own_scenes_are_mixed_and_learned_by_nobody(room, most):
    found = [scene_rooms.scene(room, k, most) for k in range(60)]
    assert {len(scene) for scene in found} == set(range(1, most + 1))
    assert len(set(found)) > 45
    assert all(part_of(scene) == "test" and not any(map(scenes.is_held, scene)) for scene in found)
    assert scene_rooms.scene(room, 7, most) == found[7]


def test_a_card_of_the_rooms_own_is_told_with_its_truth():
    card = scene_rooms.card_shown(pair(np.zeros((20, 20))), "zh", 4)
    reply = scene_rooms.card_told(9, card, "zh")
    np.testing.assert_array_equal(reply.field, scene_pictures.picture(scene_rooms.scene("says", 4, 3)))
    assert (reply.name, reply.number, reply.wanted) == (TASK, 9, told(scene_rooms.scene("says", 4, 3), "zh"))
    assert reply.said == reply.wanted  # the reader reads what is there
    assert str(reply.stimulus) == "有几个图形？"


def test_a_card_that_is_drawn_is_read_by_no_network():
    reply = scene_rooms.card_told(1, scene_rooms.card_shown(pair(), "en", -1), "en")
    assert (reply.wanted, reply.said) == ("", told(SCENE, "en"))
    np.testing.assert_array_equal(reply.field, CARD)


@pytest.mark.parametrize("sign", ["A", "O", "W", ""])
def test_on_a_card_without_a_scene_nothing_is_read(sign):
    frame = Camera().frame(letter(sign)).astype(np.float32) if sign else np.zeros((20, 20), np.float32)
    assert scene_pictures.found(frame) is None
    assert scene_rooms.card_told(1, scene_rooms.card_shown(pair(frame), "en", -1), "en").said == ""


def test_a_scene_is_found_with_noise_and_mostly_a_cell_off_its_place():
    rng = np.random.default_rng(0)
    pictures = [scene_pictures.picture(scene_rooms.scene("says", k, 3)) for k in range(40)]
    noisy = [(p + 0.1 * rng.standard_normal(p.shape)).clip(0, 1) for p in pictures]
    assert np.mean([scene_pictures.found(p) is not None for p in noisy]) >= 0.95
    assert np.mean([scene_pictures.found(np.roll(p, 1, 1)) is not None for p in pictures]) >= 0.5


# -- who speaks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_captioner_is_right_if_it_tells_the_scene_in_whatever_order(monkeypatch, language):
    card = scene_rooms.card_shown(pair(), language, -1)
    for said, right in ((told(SCENE[::-1], language), True), (told(OTHER, language), False), ("…", False)):
        one, heard = saying(monkeypatch, "show_tell", said, language)
        reply = scene_rooms.spoken(one, 3, card)
        assert (reply.said, reply.wanted, reply.judged) == (said, told(SCENE, language), right)
        np.testing.assert_array_equal(heard[0][0], CARD)


def test_clip_chooses_among_sentences_of_which_one_is_true(monkeypatch):
    card = scene_rooms.card_shown(pair(), "en", -1)
    one, heard = saying(monkeypatch, "clip", told(SCENE, "en"))
    assert scene_rooms.spoken(one, 1, card).judged is True
    lines = str(heard[0]["text"][0]).split("\n")
    assert len(set(lines)) == match.CHOICES
    assert lines.count(told(SCENE, "en")) == 1
    assert all(line.count(" a ") <= 1 for line in lines)  # as many shapes in each
    one, _ = saying(monkeypatch, "clip", lines[0] if lines[0] != told(SCENE, "en") else lines[1])
    assert scene_rooms.spoken(one, 1, card).judged is False


def test_of_a_card_without_a_scene_clip_chooses_among_all_single_shapes_unjudged(monkeypatch):
    card = scene_rooms.card_shown(pair(np.zeros((20, 20))), "zh", -1)
    one, heard = saying(monkeypatch, "clip", told(OTHER, "zh"), "zh")
    reply = scene_rooms.spoken(one, 1, card)
    assert set(str(heard[0]["text"][0]).split("\n")) == {told((shape,), "zh") for shape in scenes.singles()}
    assert (reply.judged, reply.wanted) == (None, "")


@pytest.mark.parametrize(
    ("question", "language", "said", "right"),
    [
        ("", "en", "two", True), ("", "zh", "一个", False), ("Where is the Circle", "en", "on the right", True),
        ("圆在哪里", "zh", "左边", False), ("is the bar small or large?", "en", "large", None),
        ("what is circle", "en", "circle", None),
    ],
)  # fmt: skip
def test_an_answer_is_right_by_the_grammar(monkeypatch, question, language, said, right):
    card = scene_rooms.card_shown(pair(question=question), language, -1)
    one, heard = saying(monkeypatch, "vqa", said, language)
    reply = scene_rooms.spoken(one, 1, card)
    assert (reply.said, reply.judged) == (said, right)
    assert str(heard[0]["text"][0]) == card.question
    assert bool(reply.wanted) == (right is not None)


def test_a_question_with_words_that_nobody_knows_is_not_asked():
    card = scene_rooms.card_shown(pair(question="where is the banana?"), "en", -1)
    assert scene_rooms.spoken(loaded("vqa"), 1, card) is None
    reply = scene_rooms.card_told(1, card, "en")
    assert (reply.unknown, reply.offer) == (("banana",), "how many shapes are there?")
    assert reply.said == told(SCENE, "en")


@pytest.mark.parametrize("name", SPEAK)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_whoever_speaks_answers_in_the_language_of_its_weights(name, language):
    card = scene_rooms.card_shown(pair(), language, -1)
    reply = scene_rooms.spoken(loaded(name, language), 5, card)
    assert (reply.name, reply.number) == (name, 5)
    assert reply.judged in (True, False)
    if name != "show_tell":
        assert reply.wanted == {"clip": told(SCENE, language), "vqa": {"en": "two", "zh": "两个"}[language]}[name]


# -- who draws -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["a LARGE bar in the middle", "中间有一根大竖条", "中間有一根大竪條。"])
def test_a_typed_sentence_is_tidied_and_told_in_both_languages(line):
    caption = scene_rooms.sentence(line, -1)
    reply = scene_rooms.sentence_told(2, caption)
    assert reply.stimulus.tolist() == [told(OTHER, "en"), told(OTHER, "zh")]
    np.testing.assert_array_equal(reply.target, scene_pictures.picture(OTHER))


@pytest.mark.parametrize(
    ("line", "unknown", "offer"),
    [
        ("a large banana in the middle", ("banana",), "in the middle."),
        ("bar", (), "bar"),
        ("中间有一根大香蕉", ("香", "蕉"), "中间有"),
    ],
)
def test_a_sentence_that_nobody_understands_is_met_with_the_nearest_one(line, unknown, offer):
    caption = scene_rooms.sentence(line, -1)
    reply = scene_rooms.sentence_told(2, caption)
    assert (reply.unknown, reply.target, reply.wanted) == (unknown, None, "")
    assert offer in reply.offer
    assert scene_rooms.sentence(reply.offer, -1).scene is not None
    assert scene_rooms.illustrated(loaded("dalle"), 1, caption, 0, "en") is None


@pytest.mark.parametrize("name", DRAW)
def test_whoever_draws_is_told_its_own_language_and_draws_again(name, monkeypatch):
    one, caption = loaded(name), scene_rooms.sentence("中间有一根大竖条", -1)
    drawn = [scene_rooms.illustrated(one, 6, caption, again, "zh") for again in (0, 1, 0)]
    assert {str(reply.stimulus) for reply in drawn} == {told(OTHER, "en")}
    np.testing.assert_array_equal(drawn[0].field, drawn[2].field)
    assert not np.array_equal(drawn[0].field, drawn[1].field)
    assert all(reply.judged in (True, False) for reply in drawn)


def test_a_drawing_is_right_if_the_reader_reads_the_scene_and_is_read_back(monkeypatch):
    one = loaded("dalle")
    heard = []
    monkeypatch.setattr(scene_rooms.scene_talk, "speakers", lambda port, task: ("show_tell",))
    monkeypatch.setattr(registry, "weights", lambda name, language: ("file", None))

    def respond(frames):
        heard.append(frames)
        return np.array(["a small bar at the top."])

    scene_rooms._captioner.cache_clear()
    monkeypatch.setattr(registry, "speaker", lambda name, language: SimpleNamespace(respond=respond))
    for drawn, right in ((OTHER, True), (SCENE, False)):
        picture = scene_pictures.picture(drawn)
        monkeypatch.setattr(one.learner.network, "imagine", lambda stimuli, noise, picture=picture: picture[None])
        reply = scene_rooms.illustrated(one, 6, scene_rooms.sentence("a large bar in the middle", -1), 0, "en")
        assert (reply.judged, reply.read, reply.reader) == (right, "a small bar at the top.", "Show and Tell")
        np.testing.assert_array_equal(heard[-1][0], picture)
    scene_rooms._captioner.cache_clear()


def test_without_a_captioner_nothing_is_read_back(monkeypatch):
    monkeypatch.setattr(scene_rooms.scene_talk, "speakers", lambda port, task: ())
    assert scene_rooms.read_back(CARD, "en") == ("", "")


# -- their keepers ---------------------------------------------------------------------------------------------------


def test_the_keepers_take_those_who_speak_and_those_who_draw():
    takes = {
        room: tuple(name for name in registry.names() if room_keepers.keeper(room).takes(registry.find(name)))
        for room in ("says", "illustrates")
    }
    assert set(takes["says"]) == set(SPEAK)
    assert set(takes["illustrates"]) == set(DRAW)


def test_who_has_learned_one_language_draws_in_the_other_too(monkeypatch):
    has = {("dalle", "en"), ("show_tell", "zh")}
    monkeypatch.setattr(registry, "weights", lambda name, about: (name, about) if (name, about) in has else None)
    assert room_keepers.keeper("illustrates").subjects(registry.find("dalle")) == ("en", "zh")
    assert room_keepers.keeper("illustrates").weights("dalle", "zh") == ("dalle", "en")
    assert room_keepers.keeper("says").subjects(registry.find("show_tell")) == ("zh",)


def test_the_keepers_refuse_what_has_no_word():
    with pytest.raises(PortError, match="empty"):
        room_keepers.keeper("says").check(pair(question="?!"), "en")
    with pytest.raises(PortError, match="empty"):
        room_keepers.keeper("illustrates").check(np.array("..."), "en")
    with pytest.raises(PortError):
        room_keepers.keeper("says").check(np.zeros((20, 20), np.float32), "en")
    assert str(room_keepers.keeper("illustrates").check(np.array("a banana"), "en")) == "a banana"


def test_the_worker_tells_the_card_and_the_sentence_before_all_answer(monkeypatch):
    worker, sent = Worker(None), []
    monkeypatch.setattr(worker, "_send", sent.append)
    monkeypatch.setattr(
        worker, "_in_room",
        lambda keeper, name, subject: loaded(name, subject) if keeper.takes(registry.find(name)) else None,
    )  # fmt: skip
    worker._answer(AskHall(number=4, asked=pair(question=""), subject="zh", room=SAYS.name, item=2))
    assert [m.name for m in sent] == [TASK, "show_tell", "vqa", "clip"]
    assert all(m.number == 4 for m in sent)
    sent.clear()
    worker._answer(AskHall(number=5, asked=np.array(""), subject="en", room=ILLUSTRATES.name, item=3, again=1))
    assert [m.name for m in sent] == [TASK, *DRAW]
    given = RoomQuestion(number=5, asked=np.array(""), subject="en", again=1, item=3)
    again = room_keepers.keeper("illustrates").ask(loaded("dalle"), given)
    np.testing.assert_array_equal(again.field, sent[1].field)


def test_a_question_that_is_refused_concerns_itself_alone(monkeypatch):
    worker, sent = Worker(None), []
    monkeypatch.setattr(worker, "_send", sent.append)
    lay(worker._waiting, AskHall(number=1, asked=np.array("..."), subject="en", room=ILLUSTRATES.name))
    worker._next()
    (trouble,) = sent
    assert (trouble.passing, "empty" in trouble.text) == (True, True)
