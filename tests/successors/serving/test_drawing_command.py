"""The command `draw`: a folder of pictures, each of which says how it came about."""

import json

import numpy as np
import pytest
from PIL import Image

from marki.__main__ import main
from marki.io.camera import Camera
from marki.io.stimuli.images import fit_file
from marki.registers import fingerprint
from successors import registry, tasks
from successors.nn import weights_file
from successors.nn.drawers import Redraws
from successors.serving import picture_drawing


@pytest.fixture(scope="module")
def gan(tmp_path_factory):
    """Return the weights of a GAN that has learned for some steps."""
    learner = registry.create("gan", seed=3, hidden=(40,), units=10, pieces=2, latents=8)
    deck = tasks.load("imitate", train=200, valid=1, test=1)
    for k in range(8):
        rows = slice(20 * k, 20 * k + 20)
        learner.reinforce(deck.train.stimuli[rows], deck.train.targets[rows])
    path = tmp_path_factory.mktemp("weights") / "gan.safetensors"
    weights_file.save(path, learner.weights(), system="gan", settings=json.dumps(learner.config.to_mapping()))
    return str(path)


def told(capsys, *args):
    code = main(["draw", *map(str, args)])
    out = capsys.readouterr()
    return code, out.out, out.err


def picture(path):
    """Return the size of a picture, its texts, its frames and its dots."""
    with Image.open(path) as image:
        return image.size, getattr(image, "text", {}), getattr(image, "n_frames", 1), np.array(image)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_of_pictures(capsys, tmp_path, gan):
    out = tmp_path / "deep" / "seven"
    code, said, err = told(capsys, "gan", "7", "--count", 3, "--size", 60, "--weights", gan, "--out", out, "--gif")
    assert code == 0
    assert not err or err.startswith("draw gan: 3 of 3 pictures"), "a busy computer takes long enough for progress"
    assert names(out) == ["7_01.png", "7_02.png", "7_03.png", "drawings.json", "sheet.png", "way.gif"]
    size, texts, _, _ = picture(out / "7_02.png")
    assert size == (60, 60)
    assert picture(out / "way.gif")[2] > 10
    about = json.loads((out / "drawings.json").read_text())
    assert (about["system"], about["asked"], about["seed"], about["from"]) == ("gan", "7", 0, None)
    right = sum(row["read"] == "7" for row in about["drawings"])
    assert f"LeNet5 reads {right} of them as what was asked" in said
    assert {key: texts[key] for key in ("system", "asked", "seed", "number", "weights", "digest")} == {
        "system": "gan", "asked": "7", "seed": "0", "number": "1", "weights": about["weights"],
        "digest": about["drawings"][1]["digest"],
    }  # fmt: skip


def test_what_a_file_says_draws_it_again(capsys, tmp_path, gan):
    for out, count in (("a", 3), ("b", 2)):
        told(capsys, "gan", "4", "--count", count, "--seed", 9, "--weights", gan, "--out", tmp_path / out)
    (_, first, _, dots), (_, again, _, same) = (picture(tmp_path / out / "4_02.png") for out in "ab")
    assert np.array_equal(dots, same)
    assert first["digest"] == again["digest"]
    told(capsys, "gan", "4", "--count", 2, "--seed", 10, "--weights", gan, "--out", tmp_path / "c")
    assert picture(tmp_path / "c" / "4_02.png")[1]["digest"] != again["digest"]


def test_a_drawing_is_a_card(capsys, tmp_path, gan):
    code, said, _ = told(
        capsys, "gan", "4", "--count", 1, "--weights", gan, "--out", tmp_path / "a", "--json", "--quiet"
    )
    about = json.loads(said)
    assert code == 0
    frame = Camera().frame(fit_file(tmp_path / "a" / about["drawings"][0]["file"]).card)
    assert 0 < frame.max() <= 1
    code, said, _ = told(capsys, "hopfield", "--from", tmp_path / "a" / "4_01.png", "--out", tmp_path / "h", "--json")
    assert code == 0
    assert json.loads(said)["from"] == str(tmp_path / "a" / "4_01.png")
    assert names(tmp_path / "h") == ["any_01.png", "drawings.json", "sheet.png"]
    assert picture(tmp_path / "h" / "any_01.png")[1]["card"] == fingerprint({"field": frame})


def test_several_signs_have_rows_of_their_own(capsys, tmp_path, gan):
    told(capsys, "gan", "20", "--count", 2, "--size", 20, "--weights", gan, "--out", tmp_path / "a")
    assert names(tmp_path / "a") == ["0_01.png", "0_02.png", "2_01.png", "2_02.png", "drawings.json", "sheet.png"]
    assert picture(tmp_path / "a" / "sheet.png")[0] == (52, 52)


def test_nothing_is_overwritten(capsys, tmp_path, gan, monkeypatch):
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine")
    code, out, err = told(capsys, "gan", "7", "--count", 1, "--weights", gan, "--out", taken)
    assert (code, out) == (2, "")
    assert "taken: exists already" in err
    assert names(taken) == ["mine.txt"]
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        code, out, err = told(capsys, "gan", "7", "--count", 1, "--weights", gan)
        assert code == 0
    assert names(tmp_path / "out") == ["draw-gan", "draw-gan-2"]
    assert "this run is written to" in err


# -- who draws what a sentence says --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told_weights(tmp_path_factory):
    """Return the weights of a small system that draws what a sentence says, by name."""
    found = {}
    for name in ("dalle", "dalle2"):
        learner = registry.create(name, seed=1, **registry.find(name).entry.small)
        found[name] = tmp_path_factory.mktemp("weights") / f"{name}.safetensors"
        settings = json.dumps(learner.config.to_mapping())
        weights_file.save(found[name], learner.weights(), system=name, settings=settings)
    return found


@pytest.mark.parametrize("name", ["dalle", "dalle2"])
@pytest.mark.parametrize(
    ("line", "language", "asked"),
    [
        ("A large circle at the top", "en", "a large circle at the top."),
        ("上边有一个大圆", "zh", "上边有一个大圆。"),
    ],
)
def test_a_sentence_is_drawn_in_its_own_language(capsys, tmp_path, told_weights, name, line, language, asked):
    weights = ("--weights", told_weights[name])
    code, said, err = told(capsys, name, line, "--count", 3, "--size", 30, *weights, "--out", tmp_path / "a")
    assert (code, err) == (0, "")
    assert names(tmp_path / "a") == ["drawing_01.png", "drawing_02.png", "drawing_03.png", "drawings.json", "sheet.png"]
    about = json.loads((tmp_path / "a" / "drawings.json").read_text())
    assert (about["asked"], about["subject"]) == (asked, language)
    right = sum(row["read"] == about["asked"] for row in about["drawings"])
    assert f"the reader of scenes reads {right} of them as that" in said
    _, texts, _, _ = picture(tmp_path / "a" / "drawing_02.png")
    assert (texts["asked"], texts["number"]) == (asked, "1")
    assert len({row["digest"] for row in about["drawings"]}) > 1
    told(capsys, name, line, "--count", 2, *weights, "--out", tmp_path / "b")
    again = json.loads((tmp_path / "b" / "drawings.json").read_text())
    assert [row["digest"] for row in again["drawings"]] == [row["digest"] for row in about["drawings"][:2]]


@pytest.mark.parametrize(("name", "moments"), [("dalle", 26), ("dalle2", 4)])
def test_the_way_to_a_sentence_is_a_film(capsys, tmp_path, told_weights, name, moments):
    order = (name, "a small bar at the top", "--count", 1, "--gif", "--weights", told_weights[name])
    assert told(capsys, *order, "--out", tmp_path / "a")[0] == 0
    with Image.open(tmp_path / "a" / "way.gif") as film:
        assert 3 <= film.n_frames <= moments  # equal ones that follow each other are one


def test_a_film_of_a_network_that_shows_no_way_is_refused(capsys, tmp_path, told_weights, monkeypatch):
    monkeypatch.setattr(picture_drawing, "ShowsWay", Redraws)  # what DALL·E is not
    order = ("dalle", "a small bar at the top", "--count", 1, "--gif", "--weights", told_weights["dalle"])
    code, _, err = told(capsys, *order, "--out", tmp_path / "a")
    assert code == 2
    assert "shows no way" in err
    assert not (tmp_path / "a").exists()


def test_drawings_are_read_by_what_is_no_network(capsys, tmp_path, told_weights, monkeypatch):
    from successors.tasks import scene_pictures
    from successors.tasks.wording import asked_for
    from successors.timeline.y2021_dalle import DALLE

    line = "a small bar at the top"
    drawn = [scene_pictures.picture(asked_for(one)) for one in (line, "a large circle on the left", line)]
    left = iter(drawn)
    monkeypatch.setattr(DALLE, "imagine", lambda self, stimuli, noise: next(left)[None])
    weights = ("--weights", told_weights["dalle"])
    _, said, _ = told(capsys, "dalle", line, "--count", 3, *weights, "--out", tmp_path / "a")
    assert "DALL·E drew 3" in said
    assert "reads 2 of them as that" in said
    rows = json.loads((tmp_path / "a" / "drawings.json").read_text())["drawings"]
    assert [row["read"] for row in rows][1] == "a large circle on the left."


def test_variations_begin_with_a_card_as_it_is(capsys, tmp_path, told_weights, monkeypatch):
    from successors.tasks import scene_pictures, scenes
    from successors.tasks.wording import asked_for
    from successors.timeline.y2022_dalle2 import DALLE2

    scene, seen = asked_for("a small bar at the top left"), []
    card = tmp_path / "card.png"
    Image.fromarray(scenes.card(scene).card).save(card)
    imagine = DALLE2.imagine
    monkeypatch.setattr(DALLE2, "imagine", lambda self, x, noise: seen.append(x) or imagine(self, x, noise))
    weights = ("--weights", told_weights["dalle2"])
    Image.new("L", (200, 200), 255).save(tmp_path / "flat.png")
    code, _, err = told(capsys, "dalle2", "--from", tmp_path / "flat.png", *weights, "--out", tmp_path / "a")
    assert (code, "has no contrast" in err) == (2, True)
    code, _, err = told(capsys, "dalle2", "--from", card, "--count", 2, *weights, "--out", tmp_path / "a")
    assert (code, err) == (0, "")
    assert names(tmp_path / "a") == ["any_01.png", "any_02.png", "drawings.json", "sheet.png"]
    np.testing.assert_allclose(seen, [scene_pictures.picture(scene)[None]] * 2, atol=1e-3)
    assert json.loads((tmp_path / "a" / "drawings.json").read_text())["asked"] == "any"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("dalle2", "a small banana at the top"), "unknown: banana. Say for instance: a small bar at the top."),
        (("dalle2", "a small circle above a bar"), "is no caption. Say for instance: a small circle at the top and"),
        (("dalle", ), "neither a sentence nor a card. Give it a sentence, 'a small circle at the top'"),
        (("dalle2", ), "or a card with --from"),
        (("dalle2", "a small bar at the top", "--from", "card.png"), "a sentence and a card"),
        (("dalle", "--from", "card.png"), "dalle begins with no card. Choose among"),
        (("dalle", "a small bar at the top", "--mix", 5), "dalle mixes no styles"),
        (("dalle", "a small bar at the top", "--face", "jura"), "without letters"),
        (("dalle", "a small bar at the top", "--steps", 5), "does not draw in steps"),
    ],
)  # fmt: skip
def test_sentences_that_are_not_drawn_are_refused_in_one_line(capsys, tmp_path, told_weights, args, said):
    code, out, err = told(capsys, *args, "--weights", told_weights[args[0]], "--out", tmp_path / "x")
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "NAME: who is to draw. Name a system; `draw --list` says who draws what"),
        (("lenet5", "7"), "lenet5 does not draw"),
        (("gan", "7", "--count", 0), "--count: 0 is out of range"),
        (("gan", "7", "--count", 401, "--gif"), "pictures with --gif: 401 is out of range"),
        (("gan", "7", "--size", 19), "--size: 19 is out of range"),
        (("gan", "7", "--seed", -1), "--seed: -1 is out of range"),
        (("gan", "7", "--steps", 3), "gan does not draw in steps"),
        (("gan", "7", "--mix", 5), "gan mixes no styles"),
        (("gan", "7", "--mix", 5, "--gif"), "--gif with --mix"),
        (("gan", "7", "--face", "jura"), "face 'jura' without letters"),
        (("hopfield", "--from", "none.png"), "none.png"),
        (("hopfield", "--from", "CARD", "--count", 2), "2 pictures of one card"),
        (("hopfield", "--from", "CARD", "--gif"), None),
    ],
)
def test_refusals_are_one_line_and_leave_nothing(capsys, tmp_path, gan, args, said):
    card = tmp_path / "card.png"
    Image.fromarray(np.pad(np.full((20, 6), 255, np.uint8), ((10, 10), (17, 17)))).save(card)
    args = [str(card) if arg == "CARD" else arg for arg in args]
    own = ["--weights", gan] if args[:1] == ["gan"] else []
    code, out, err = told(capsys, *args, *own, "--out", tmp_path / "x")
    if said is None:  # a memory goes from the card to what it gives back
        assert code == 0
        return
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "x").exists()


def test_who_draws_what(capsys):
    code, said, _ = told(capsys, "--list")
    assert code == 0
    row = next(line for line in said.splitlines() if " gan " in line)
    assert "digits: 0123456789" in row
    assert "--gif" in row
    rows = json.loads(told(capsys, "--list", "--json")[1])
    assert [row["name"] for row in rows][:2] == ["hopfield", "autoencoder"]
