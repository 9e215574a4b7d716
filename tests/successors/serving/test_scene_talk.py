"""What is said of a picture of a scene and asked about it: the reader, refusals, and systems lent for the test."""

import json

import numpy as np
import pytest
from PIL import Image

from marki.__main__ import main
from marki.errors import ConfigError, PortError, StateError
from marki.io.ports import Port
from successors import registry
from successors.nn import weights_file
from successors.serving import scene_talk
from successors.tasks import scene_pictures, scenes
from successors.tasks.scenes import Shape

SCENE = (
    Shape(kind="square", size="large", row=0, column=0),
    Shape(kind="circle", size="small", row=1, column=2),
)
SMALL = {
    "show_tell": {"filters": (3, 4), "word": 6, "hidden": 5},
    "vqa": {"filters": (3, 4), "features": 8, "word": 6, "hidden": 5, "common": 7},
    "clip": {"width": 8, "layers": 1, "heads": 2, "text_width": 8, "text_layers": 1, "text_heads": 2, "space": 6},
}


@pytest.fixture
def card(tmp_path):
    path = tmp_path / "card.png"
    Image.fromarray(scenes.card(SCENE).card).save(path)
    return path


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """Lend small systems with the weights that they begin with, in English and, but for VQA, in Chinese."""
    for name, changes in SMALL.items():
        learner = registry.create(name, **changes)
        for file in ("weights", "zh") if name != "vqa" else ("weights",):
            weights_file.save(
                tmp_path / name / f"{file}.safetensors", learner.weights(), system=name,
                settings=json.dumps(learner.config.to_mapping()),
            )  # fmt: skip
    where = registry.shipped
    monkeypatch.setattr(registry, "shipped", lambda name: tmp_path / name if name in SMALL else where(name))
    return tmp_path


@pytest.fixture(autouse=True)
def untrained(monkeypatch, request):
    """Without `trained`, none of these systems has weights, whatever is shipped."""
    if "trained" not in request.fixturenames:
        where = registry.shipped

        def shipped(name):
            if name in SMALL:
                raise StateError("no weights are shipped", where=name, remedy="Make them")
            return where(name)

        monkeypatch.setattr(registry, "shipped", shipped)


def test_the_reader_says_what_is_there_in_both_languages(card, capsys):
    assert main(["say", str(card)]) == 0
    assert capsys.readouterr().out == "reader  a large square at the top left and a small circle on the right.\n"
    assert main(["say", str(card), "--lang", "zh"]) == 0
    assert capsys.readouterr().out == "reader  左上角有一块大方块，右边有一个小圆。\n"


def test_captioners_speak_beside_it(card, capsys, trained):
    assert main(["say", str(card), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["system"] for row in rows] == ["reader", "show_tell"]
    assert [one.name for one in scene_talk.say(scene_pictures.picture(SCENE), "zh", "show_tell")] == ["show_tell"]
    assert scene_talk.speakers(Port.ASKED, "question") == ("vqa",)


def test_questions_are_tidied_and_answered(card, capsys, trained):
    assert main(["ask", str(card), "Where is the Circle"]) == 0
    line = capsys.readouterr().out
    assert line.startswith("vqa  ")
    assert line.count("%") == 3
    with pytest.raises(StateError, match="zh"):
        scene_talk.ask(scene_pictures.picture(SCENE), "圆在哪里？", "zh")


def test_clip_weighs_sentences_of_ones_own(card, capsys, trained):
    sentences = ["a large square at the top left", "A small bar at the top."]
    assert main(["say", str(card), "--among", *sentences]) == 0
    lines = capsys.readouterr().out.splitlines()
    fits = [float(line.split()[0]) for line in lines]
    assert fits == sorted(fits, reverse=True)
    assert {line.split(maxsplit=1)[1] for line in lines} == {
        "a large square at the top left.",
        "a small bar at the top.",
    }


def test_what_nobody_knows_is_refused_in_one_line(card, capsys, trained):
    frame = scene_pictures.picture(SCENE)
    with pytest.raises(PortError, match=r"unknown: banana.*words of its questions"):
        scene_talk.ask(frame, "where is the banana?", "en")
    with pytest.raises(PortError, match=r"unknown: banana.*words of its captions"):
        scene_talk.choose(frame, ["a banana"], "en")
    with pytest.raises(ConfigError, match="clip does not do caption"):
        scene_talk.say(frame, "en", "clip")
    assert main(["ask", str(card), "where is the banana?"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(("question", "language"), [("where is the circle?", "zh"), ("圆在哪里？", "en")])
def test_a_question_in_another_language_than_is_asked_for_is_refused(card, capsys, trained, question, language):
    assert main(["ask", str(card), question, "--lang", language]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"marki: --lang: {question!r} is ")
    assert "Leave --lang out" in error
    assert main(["say", str(card), "--lang", language, "--among", question]) == 2
    assert main(["say", str(card), "--among", "a small circle at the top", "左上角有一块大方块"]) == 2
    assert "'左上角有一块大方块' is Chinese, and English is asked for" in capsys.readouterr().err


@pytest.mark.parametrize("light", [0, 128, 255])
def test_of_a_picture_without_contrast_nothing_is_made_up(tmp_path, capsys, trained, light):
    path = tmp_path / "flat.png"
    Image.new("L", (200, 200), light).save(path)
    for command in (["say", path], ["ask", path, "where is the circle?"], ["say", path, "--invert"]):
        assert main([str(part) for part in command]) == 2
        assert f"{path}: has no contrast" in capsys.readouterr().err


def test_without_weights_nothing_is_made_up(card, capsys):
    assert main(["ask", str(card), "where is the circle?"]) == 2
    assert "no system that answers questions is trained" in capsys.readouterr().err
    with pytest.raises(StateError, match="no weights are shipped"):
        scene_talk.choose(scene_pictures.picture(SCENE), ["a small bar at the top"], "en")
    assert np.array_equal(scene_talk.frame_of(card, scene_talk.Fitting(invert="no", even=False, fit="none")),
                          scene_pictures.picture(SCENE))  # fmt: skip
