"""The Mark I learns from drawings: the same as from real cards, and is examined on real ones."""

import csv
import json

import numpy as np
import pytest

from marki.__main__ import main, mark1
from marki.errors import ConfigError, OutputError, UnknownName
from marki.jobs.options import RunOptions
from successors import registry, tasks
from successors.evaluation import mark1_as_judge as judgement
from successors.evaluation.estimates import FAILS, HOLDS, NOT_BELOW, OPEN
from successors.evaluation.mark1_as_judge import DRAWN, HELD_OUT, REAL, SLACK
from successors.nn import weights_file
from successors.serving import artists


@pytest.fixture(scope="module")
def gan(tmp_path_factory):
    """Return the weights of a GAN that has learned nothing: what it draws says nothing of what was asked."""
    learner = registry.create("gan", seed=3, hidden=(10,), units=4, pieces=2, latents=4)
    path = tmp_path_factory.mktemp("weights") / "gan.safetensors"
    weights_file.save(path, learner.weights(), system="gan", settings=json.dumps(learner.config.to_mapping()))
    return path


@pytest.fixture
def short(monkeypatch):
    """Let the Mark I learn for 60 cards, and be examined on 100."""
    monkeypatch.setattr(judgement, "MACHINE_RECIPE", judgement.MACHINE_RECIPE.amend({"batch": 20, "steps": 3}))
    monkeypatch.setattr(judgement, "EXAMINED", 100)


def test_both_learn_from_the_same_classes_and_are_examined_alike(gan):
    artist = artists.engage("gan", seed=4, weights=gan)
    real, drawn = (judgement.deck_for(artist, source, 30, 4) for source in (REAL, DRAWN))
    for deck in (real, drawn):
        assert (len(deck.train), len(deck.valid), len(deck.test)) == (30, HELD_OUT, judgement.EXAMINED)
    for part in ("train", "valid", "test"):
        assert np.array_equal(real.parts()[part].kinds, drawn.parts()[part].kinds)
        assert np.array_equal(real.parts()[part].targets, drawn.parts()[part].targets)
    assert np.array_equal(real.test.stimuli, drawn.test.stimuli)
    digits = tasks.load("digits", train=1, valid=1, test=judgement.EXAMINED)
    assert np.array_equal(real.test.stimuli, digits.test.stimuli)
    assert np.array_equal(real.code, digits.code)
    assert not np.allclose(real.valid.stimuli, drawn.valid.stimuli)  # when to stop is decided by drawings too
    other = judgement.deck_for(artist, REAL, 30, 5)
    assert not np.array_equal(real.train.stimuli, other.train.stimuli)


def test_each_drawing_is_of_the_class_that_it_is_given_for(gan):
    artist = artists.engage("gan", seed=4, weights=gan)
    deck = judgement.deck_for(artist, DRAWN, 70, 4)
    lamps = artist.asking("0123456789", 1)[np.concatenate([deck.train.kinds, deck.valid.kinds])]
    wanted = artist.learner.respond(lamps)
    assert np.allclose(np.concatenate([deck.train.stimuli, deck.valid.stimuli]), wanted, atol=1e-5)


def test_a_judgement(gan, short, tmp_path, monkeypatch):
    options = RunOptions(out=tmp_path / "j", jobs=1, quiet=True)
    found = judgement.judge("gan", options, machine=mark1, cards=60, seeds=(0, 1), weights=gan)
    assert [row["learned_from"] for row in found["rows"]] == [REAL, DRAWN]
    runs = {
        source: [
            json.loads((tmp_path / "j" / "runs" / f"{source.replace(' ', '_')}-00{s}.json").read_text()) for s in (0, 1)
        ]
        for source in (REAL, DRAWN)
    }
    means = {source: np.mean([run["score"] for run in rows]) for source, rows in runs.items()}
    assert means[REAL] > means[DRAWN]  # drawings that say nothing teach nothing
    claim = found["claim"]
    assert claim["value"] == pytest.approx(means[DRAWN] - means[REAL])
    assert (claim["claim"], claim["than"], claim["wanted"]) == (NOT_BELOW, REAL, -SLACK)
    low, high = claim["interval"]
    assert low < claim["value"] < high
    assert claim["word"] == (FAILS if high < -SLACK else OPEN)
    rows = list(csv.DictReader((tmp_path / "j" / "judge.csv").read_text().splitlines()))
    assert [float(row["score"]) for row in rows] == pytest.approx([means[REAL], means[DRAWN]])
    text = judgement.as_text(found)
    assert f"{100 * claim['value']:+.1f} points" in text
    assert text.endswith(f": {claim['word']}")
    stored = json.loads((tmp_path / "j" / "judge.json").read_text())
    assert stored["weights"] == artists.engage("gan", weights=gan).weights

    with pytest.raises(OutputError, match="has results already"):
        judgement.judge("gan", options, machine=mark1, cards=60, seeds=(0,), weights=gan)

    def idle(units, seed):
        raise AssertionError("what is finished is not done again")

    again = RunOptions(out=tmp_path / "j", jobs=1, quiet=True, resume=True)
    assert judgement.judge("gan", again, machine=idle, cards=60, seeds=(0, 1), weights=gan) == found
    for slack, word in ((5.0, HOLDS), (-5.0, FAILS)):
        monkeypatch.setattr(judgement, "SLACK", slack)
        other = judgement.judge("gan", again, machine=idle, cards=60, seeds=(0, 1), weights=gan)
        assert other["claim"] == claim | {"wanted": -slack, "word": word}


def test_refusals(gan, tmp_path, capsys):
    options = RunOptions(out=tmp_path / "j", quiet=True)
    with pytest.raises(ConfigError, match=r"vae is not told what it draws.*Choose among gan"):
        judgement.judge("vae", options, machine=mark1)
    with pytest.raises(UnknownName, match="'gann'"):
        judgement.judge("gann", options, machine=mark1)
    with pytest.raises(UnknownName, match=r"'digit'.*'digits'"):
        judgement.judge("gan", options, machine=mark1, subject="digit")
    with pytest.raises(ConfigError, match="gan does not draw 'A'"):
        judgement.judge("gan", options, machine=mark1, subject="letters", weights=gan)
    assert main(["judge", "gan", "--weights", str(gan), "--cards", "9", "--out", str(tmp_path / "j")]) == 2
    said = capsys.readouterr().err
    assert "--cards: 9 is out of range" in said
    assert said.count("\n") == 1
    assert not (tmp_path / "j").exists()
