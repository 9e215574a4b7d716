"""What is shown is what is said to be shown."""

import itertools
from collections import Counter

import numpy as np
import pytest

from marki.io.camera import Camera
from marki.io.stimuli import forms, letters
from successors import tasks
from successors.tasks.drift import DIRECTIONS
from successors.tasks.letters import FOLDS, faces
from successors.tasks.parity import patches
from successors.tasks.same_different import pair


def load(name, **options):
    return tasks.load(name, cache=False, **options)


def test_folds_hold_out_every_face_once():
    assert sorted(itertools.chain(*FOLDS)) == sorted(letters.TYPEFACES)
    for fold in FOLDS:
        assert {letters.TYPEFACES[face].kind for face in fold} == {face.kind for face in letters.TYPEFACES.values()}


@pytest.mark.parametrize("fold", range(len(FOLDS)))
def test_parts_share_no_face_and_no_family(fold):
    parts = faces(fold)
    assert sorted(itertools.chain(*parts.values())) == sorted(letters.TYPEFACES)
    assert len(parts["train"]) == 20
    families = {part: {face.split("-")[0] for face in found if "because" not in face} for part, found in parts.items()}
    assert not families["test"] & (families["train"] | families["valid"])


@pytest.mark.parametrize("fold", [0, 1])
def test_stimuli_are_in_the_faces_of_their_part(fold):
    still = {"shift": 0.0, "turn_deg": 0.0, "zoom": 0.0, "noise": 0.0}
    deck = load("letters", fold=fold, train=26 * 20, valid=26, test=26 * len(FOLDS[fold]), **still)
    for name, part in deck.parts().items():
        shown = faces(fold)[name][: len(part) // 26]
        wanted = [Camera().frames(letters.alphabet(face)) for face in shown]
        assert np.array_equal(part.stimuli, np.concatenate(wanted))
    task = tasks.find("letters")
    assert task.groups(task.config(fold=fold, test=26 * 3 + 1)) == (
        *itertools.chain(*([face] * 26 for face in FOLDS[fold][:3])),
        FOLDS[fold][3],
    )


@pytest.mark.parametrize("fold", range(len(FOLDS)))
def test_default_counts_show_every_letter_of_every_face_alike(fold):
    config = tasks.find("letters").config(fold=fold)
    for part, found in faces(fold).items():
        assert getattr(config, part) % (26 * len(found)) == 0


@pytest.mark.parametrize("pair", [("X", "E"), ("square", "circle"), ("A", "square")])
def test_pairs(pair):
    deck = load("two_class", pair=pair, train=6, valid=2, test=2, shift=0.0)
    size = deck.train.stimuli.sum(axis=(1, 2))
    assert deck.classes == pair
    assert deck.train.kinds.tolist() == [0, 1, 0, 1, 0, 1]
    assert len(set(size[::2])) == len(set(size[1::2])) == 1
    if pair == ("square", "circle"):
        assert np.array_equal(deck.train.stimuli[0], Camera().frame(forms.form("square", size=10.0)))


def test_forms_of_a_pair_stay_on_the_retina():
    deck = load("two_class", train=60, valid=1, test=1, pair=("square", "circle"))
    whole = load("two_class", train=2, valid=1, test=1, pair=("square", "circle"), shift=0.0).train.stimuli
    assert deck.train.stimuli.sum(axis=(1, 2)) == pytest.approx(np.tile(whole.sum(axis=(1, 2)), 30), rel=0.01)


@pytest.mark.parametrize("grid", [4, 5])
def test_parity_counts_its_patches(grid):
    deck = load("parity", grid=grid, train=400, valid=50, test=50)
    for part in deck.parts().values():
        lit = part.stimuli[:, :: 20 // grid, :: 20 // grid].reshape(len(part), -1)
        assert np.array_equal(lit.sum(axis=1) % 2, part.kinds)
        assert not lit[:, 16:].any()


def test_parity_draws_cards_as_the_parity_world_does():
    for number in range(20):
        card = forms.parity_card(np.random.default_rng(number), bool(number % 2), grid=4)
        light = Camera().frame(card)
        pattern = int((light[::5, ::5].reshape(-1) > 0) @ (1 << np.arange(16)))
        assert np.array_equal(patches(pattern, 16, 4), light)


def test_parity_parts_share_no_pattern_if_there_are_enough():
    deck = load("parity", bits=12, train=3072, valid=512, test=512)
    patterns = [{row.tobytes() for row in p.stimuli} for p in deck.parts().values()]
    assert [len(p) for p in patterns] == [3072, 512, 512]
    assert len(set.union(*patterns)) == 4096


def test_parity_of_few_patches_has_all_patterns_in_every_part():
    deck = load("parity", bits=2, grid=2, train=100)
    assert [len(p) for p in deck.parts().values()] == [100, 4, 4]
    patterns = [{row.tobytes() for row in p.stimuli} for p in deck.parts().values()]
    assert patterns[0] == patterns[1] == patterns[2]
    assert len(patterns[0]) == 4


def pieces(cells):
    """Count the pieces of a figure, corners not touching."""
    left, count = {tuple(p) for p in np.argwhere(cells)}, 0
    while left:
        count += 1
        edge = [left.pop()]
        while edge:
            r, c = edge.pop()
            for near in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
                if near in left:
                    left.remove(near)
                    edge.append(near)
    return count


def test_connected_figures_are_in_one_piece():
    part = load("connectedness", train=40, valid=1, test=1).train
    assert [2 - pieces(cells > 0.5) for cells in part.stimuli] == part.kinds.tolist()


STILL = {"jitter": 0.0, "noise": 0.0}


def test_same_and_different_forms():
    part = load("same_different", train=80, valid=1, test=1, **STILL).train
    corners = part.stimuli.reshape(80, 2, 10, 2, 10).transpose(0, 1, 3, 2, 4)
    for shown, kind in zip(corners, part.kinds, strict=True):
        lit = shown.any(axis=(2, 3))
        assert lit.sum() == 2
        assert lit[0, 0] == lit[1, 1], "the two lie in opposite corners"
        one, other = shown[lit]
        # Each is drawn about the middle of its own corner, which lies one cell further out than that of the quarter.
        alike = np.allclose(np.roll(one, (2, 2 if lit[0, 0] else -2), (0, 1)), other, atol=2 / 1024)
        assert alike == bool(kind)


def test_all_pairs_of_forms_are_equally_frequent():
    config = tasks.find("same_different").config()
    assert all(getattr(config, part) % 80 == 0 for part in ("train", "valid", "test"))
    found = Counter(pair(config, number) for number in range(80))
    for upper, lower, side in itertools.product(config.forms, config.forms, (1, -1)):
        assert found[upper, lower, side] == (4 if upper == lower else 1)


def test_a_corner_of_same_different_tells_nothing():
    part = load("same_different", train=80, valid=1, test=1, **STILL).train
    for rows, columns in itertools.product((slice(10), slice(10, 20)), repeat=2):
        shown = [sorted(x.tobytes() for x in part.stimuli[part.kinds == kind][:, rows, columns]) for kind in (0, 1)]
        assert shown[0] == shown[1]
    size = part.stimuli.sum(axis=(1, 2))
    assert size[part.kinds == 0].mean() == pytest.approx(size[part.kinds == 1].mean())


def test_reels_of_drift_move_as_labelled():
    config = dict(patches=3, train=64, valid=8, test=8)
    deck = load("drift", **config)
    steps = list(DIRECTIONS.values())
    assert deck.classes == tuple(DIRECTIONS)
    for reel, kind in zip(deck.train.stimuli, deck.train.kinds, strict=True):
        right, down = steps[kind]
        moves = [
            all(
                np.array_equal(np.roll(a, (speed * down, speed * right), axis=(0, 1)), b)
                for a, b in itertools.pairwise(reel)
            )
            for speed in (1, 2)
        ]
        assert sum(moves) == 1
    lit = np.count_nonzero(deck.train.stimuli.bank, axis=(1, 2))
    assert set(lit) == {15}
    assert not {s.tobytes() for s in deck.train.stimuli.bank} & {s.tobytes() for s in deck.test.stimuli.bank}


def test_a_single_frame_of_drift_tells_nothing():
    part = load("drift", patches=1, train=8000, valid=8, test=8).train
    for exposure in (0, 3, 7):
        place = part.stimuli.index[:, exposure].astype(int)
        for coordinate in (place % 20, place // 20):
            found = np.zeros((8, 20))
            np.add.at(found, (part.kinds, coordinate), 1)
            chi = ((found - 50) ** 2 / 50).sum()
            assert chi < 160 + 4 * np.sqrt(2 * 160), "places are not equally frequent"


@pytest.mark.parametrize("distractors", ["dots", "forms", "letters"])
def test_the_first_frame_of_recall_is_the_letter(distractors):
    options = dict(shift=0.0, turn_deg=0.0, zoom=0.0, views=23, slides=40, train=160, valid=16, test=16, delay=7)
    deck = load("recall", distractors=distractors, **options)
    assert deck.train.stimuli.shape == (160, 8, 20, 20)
    known = {
        char: {Camera().frame(letters.letter(char, face)).tobytes() for face in letters.TYPEFACES}
        for char in "ABCDEFGH"
    }
    for part in deck.parts().values():
        for reel, kind in zip(part.stimuli, part.kinds, strict=True):
            assert reel[0].tobytes() in known[deck.classes[kind]]
    assert (deck.train.stimuli.index[:, 1:] >= 8 * 23).all()
    assert (deck.train.stimuli.index[:, :1] < 8 * 23).all()
    if distractors == "letters":
        assert deck.train.stimuli.bank[8 * 23 :].max() == pytest.approx(0.5, abs=0.01)


def test_distractors_of_recall_do_not_depend_on_the_class():
    options = dict(train=160, valid=8, test=8, views=4, slides=16, delay=9)
    part = load("recall", **options).train
    shown = part.stimuli.index[:, 1:] - 4 * 8
    # The same seed with other letters gives other classes to the same films.
    other = load("recall", letters="XYZ", **options).train
    assert np.array_equal(shown, other.stimuli.index[:, 1:] - 4 * 3)
    found = np.zeros((8, 16))
    np.add.at(found, (np.repeat(part.kinds, 9), shown.ravel()), 1)
    assert ((found - 11.25) ** 2 / 11.25).sum() < 128 + 4 * np.sqrt(2 * 128)


def test_recall_without_delay_and_with_a_long_one():
    few = dict(train=8, valid=8, test=8, views=1, slides=2)
    assert load("recall", delay=0, **few).test.stimuli.shape == (8, 1, 20, 20)
    assert load("recall", delay=100, **few).test.stimuli.shape == (8, 101, 20, 20)


@pytest.mark.parametrize("options", [{}, {"most": 3, "exposures": 5}, {"most": 1, "exposures": 1}])
def test_count_is_the_number_of_flashes(options):
    deck = load("count", train=80, valid=8, test=8, slides=10, **options)
    lit = np.asarray(deck.train.stimuli).max(axis=(2, 3)) > 0.9
    assert np.array_equal(lit.sum(axis=1), deck.train.kinds)
    assert not (lit[:, 1:] & lit[:, :-1]).any()
    assert lit.any(axis=0).all(), "flashes come at every moment"
    assert not deck.train.stimuli.bank[0].any()


@pytest.mark.parametrize("which", ["left", "right", "top", "bottom", "block", "any"])
def test_restore_darkens_a_third(which):
    deck = load("restore", which=which, valid=6, test=60)
    whole, dark = deck.test.targets, (deck.test.stimuli == 0) & (deck.test.targets > 0)
    assert np.array_equal(deck.train.stimuli, deck.train.targets)
    assert np.array_equal(whole, deck.train.stimuli[deck.test.kinds])
    assert np.array_equal(np.where(dark, 0, whole), deck.test.stimuli)
    lost = dark.sum() / np.count_nonzero(whole)
    assert 0.15 < lost < 0.6
    if which in ("left", "top"):
        kept = np.roll(deck.test.stimuli, -7, axis=2 if which == "left" else 1)
        strip = kept[:, :, 13:] if which == "left" else kept[:, 13:]
        assert not strip.any()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.95])
def test_restore_takes_any_share(share):
    deck = load("restore", fraction=share, patterns=26, valid=1, test=26 * 5)
    assert len(deck.train) == 26
    assert np.array_equal(deck.test.stimuli, deck.test.targets) == (share == 0.0)


def test_draw_shows_the_letter_of_the_lamps():
    part = load("draw").train
    assert np.array_equal(part.stimuli[:, :5] @ (1 << np.arange(5)), np.arange(1, 27))
    assert np.array_equal(part.targets, Camera().frames(letters.alphabet("league-spartan")))
