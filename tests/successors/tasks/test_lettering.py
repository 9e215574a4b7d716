"""The judges of letter and face, and the two tasks that ask for both: their controls, and what may not leak."""

import numpy as np
import pytest

from marki.errors import ConfigError, PortError
from successors import tasks
from successors.tasks import lettering, manner, restyle
from successors.tasks.letters import FOLDS

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def deck():
    return tasks.load("restyle", cache=False, train=520, valid=26, test=156)


@pytest.fixture(scope="module")
def hands():
    return tasks.load("manner", cache=False, train=104, valid=26, test=208)


def noisy(pictures, deviation):
    return np.clip(pictures + deviation * RNG.standard_normal(pictures.shape), 0, 1).astype(np.float32)


def test_the_face_is_that_of_the_nearest_card(deck):
    comic = lettering.FACES.index("humor-sans")
    assert (lettering.faces_of(deck.test.targets) == comic).mean() > 0.99
    assert not (lettering.faces_of(deck.test.stimuli) == comic).any()
    assert lettering.faces_of(deck.test.stimuli[:0]).shape == (0,)
    # By the definition, one by one.
    cards, _ = lettering._cards()
    pictures = noisy(deck.test.targets[:20], 0.2)
    each = len(cards) // len(lettering.FACES)
    wanted = [np.square(cards - p.reshape(-1)).sum(1).argmin() // each for p in pictures]
    assert lettering.faces_of(pictures).tolist() == wanted


def test_neither_dirt_nor_blur_passes_for_a_style(deck):
    part, task = deck.test, tasks.find("restyle")
    blurred = (part.stimuli + np.roll(part.stimuli, 1, 1) + np.roll(part.stimuli, 1, 2)) / 3
    controls = {
        "as it is": part.stimuli,
        "noise": noisy(part.stimuli, 0.2),
        "blurred": blurred.astype(np.float32),
        "dim": part.stimuli * np.float32(0.6),
        "black": np.zeros_like(part.stimuli),
        "mean": np.repeat(part.targets.mean(0, keepdims=True), len(part), 0),
        "some letter in the face": part.targets[RNG.permutation(len(part))],
    }
    for name, answers in controls.items():
        score, right = task.marked(answers, deck, part)
        assert score == right.mean()
        assert score <= {"some letter in the face": 0.1, "blurred": 0.01}.get(name, 0.0), name
    assert task.also["style taken"](controls["some letter in the face"], part.targets) > 0.99
    assert task.also["letter kept"](part.stimuli, part.targets) > 0.85
    assert task.marked(noisy(part.targets, 0.1), deck, part)[0] > 0.9


def test_an_answer_needs_the_letter_and_the_face(deck):
    part = deck.test
    answers = part.targets.copy()
    answers[:26] = part.stimuli[:26]  # the letter alone
    answers[26:52] = np.roll(part.targets[26:52], 1, 0)  # the face alone
    right = lettering.both(answers, part.targets)
    assert right[52:].all()
    assert right[:52].mean() < 0.1
    kept, taken = (measure(answers, part.targets) for measure in (lettering.kept, lettering.taken))
    assert kept < 0.9
    assert taken == pytest.approx(1 - 26 / len(part), abs=0.01)
    with pytest.raises(PortError, match="1 answers to 2"):
        tasks.find("restyle").right(part.targets[:1], part.targets[:2])


def test_the_share_of_fine_detail():
    rows = np.arange(20)
    waves = [0.5 + 0.5 * np.cos(2 * np.pi * rows / length)[:, None].repeat(20, 1) for length in (2, 10)]
    assert lettering.share_of_fine(np.array(waves[:1])) == pytest.approx(1)
    assert lettering.share_of_fine(np.array(waves[1:])) == pytest.approx(0, abs=1e-9)
    assert lettering.share_of_fine(np.zeros((2, 20, 20))) == 0


def test_no_print_of_the_test_is_learned_from():
    config = restyle.RestyleConfig()
    faces = {part: set(config.prints(part)) for part in ("train", "valid", "test")}
    assert faces["test"] == {"cabin", "go", "goudy-bookletter"}
    assert faces["valid"] == {"quicksand"}
    assert not faces["train"] & set(FOLDS[0])
    assert len(faces["train"]) == 18
    assert "gnu-typewriter" not in restyle.RestyleConfig(style="gnu-typewriter").prints("train")
    with pytest.raises(ConfigError, match="a face of the test"):
        restyle.RestyleConfig(style="cabin")
    hands = manner.MannerConfig()
    assert set(hands.prints("test")) == faces["test"]
    assert not set(hands.prints("train")) & {*FOLDS[0], *hands.hands}
    assert len(hands.hands) == 4
    with pytest.raises(ConfigError, match="no hand"):
        manner.MannerConfig(hands=())


def test_nothing_that_is_learned_from_is_a_pair(deck):
    letters = lettering.letters_of(deck.train.targets)
    assert (letters == deck.train.kinds).mean() < 0.1
    assert len(set(letters.tolist())) >= 22  # a comic's M is read as another letter
    assert (lettering.letters_of(deck.test.targets) == deck.test.kinds).mean() > 0.9


def test_the_exemplar_has_the_hand_and_never_the_letter(hands):
    for part in (hands.train, hands.test):
        reels = np.asarray(part.stimuli)
        prints, exemplars = reels[:, 0], reels[:, 1]
        assert (lettering.letters_of(prints) == part.kinds).mean() > 0.95
        assert not (lettering.letters_of(exemplars) == part.kinds).mean() > 0.05
        wanted = lettering.faces_of(part.targets)
        assert {lettering.FACES[k] for k in wanted} >= set(manner.HANDS)
        assert (lettering.faces_of(exemplars) == wanted).mean() > 0.9
        assert (lettering.letters_of(part.targets) == part.kinds).mean() > 0.9
    task = tasks.find("manner")
    reels = np.asarray(hands.test.stimuli)
    assert task.marked(reels[:, 0], hands, hands.test)[0] == 0
    assert task.marked(reels[:, 1], hands, hands.test)[0] < 0.05
    assert task.measured(hands.test.targets, hands, hands.test)["squared error"] == 0
