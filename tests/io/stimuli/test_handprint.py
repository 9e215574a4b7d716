import string

import numpy as np
import pytest

from marki.errors import StimulusError, UnknownName
from marki.io.camera import Camera
from marki.io.stimuli import CARD
from marki.io.stimuli.handprint import STYLES, Hand, hand_alphabet, hand_letter, writer


def one(char="A", seed=0, **hand):
    return hand_letter(char, rng=np.random.default_rng(seed), hand=Hand(**hand)).card


def frames(stimuli):
    return Camera().frames(np.stack([s.card for s in stimuli]))


@pytest.mark.parametrize("style", STYLES)
def test_every_style_has_every_character(style):
    for char in string.ascii_letters + string.digits:
        lit = (one(char, style=style) > 127).mean()
        assert 0.005 < lit < 0.5, char


def test_a_writer_is_repeatable_and_writers_differ():
    first, again, other = (frames(hand_alphabet(seed)) for seed in (7, 7, 8))
    assert (first == again).all()
    assert (np.abs(first - other).sum(axis=(1, 2)) > 5).all()
    assert writer(7) != writer(8)


def test_a_writers_letter_does_not_depend_on_the_others_asked_for():
    alone = hand_alphabet(3, letters="K")[0].card
    assert (alone == hand_alphabet(3)[10].card).all()


@pytest.mark.parametrize("seed", range(6))
def test_letters_of_a_writer_differ_on_the_retina(seed):
    seen = frames(hand_alphabet(seed)) > 0.5
    for i in range(26):
        for j in range(i):
            assert (seen[i] != seen[j]).sum() >= 5


def test_letters_are_nearer_to_the_same_letter_of_others_than_to_other_letters():
    writers = [frames(hand_alphabet(seed)).reshape(26, -1) for seed in range(8)]
    known = np.concatenate(writers[:7])
    nearest = ((writers[7][:, None] - known[None]) ** 2).sum(axis=2).argmin(axis=1) % 26
    assert (nearest == np.arange(26)).mean() > 0.8


def test_pen_slant_wobble_size_and_width_act():
    assert one("I", pen=8, wobble=0).sum() * 1.7 < one("I", pen=16, wobble=0).sum()
    centre = [np.average(np.arange(CARD), weights=one("I", slant_deg=20, wobble=0)[r]) for r in (50, 110)]
    assert centre[0] - centre[1] == pytest.approx(60 * np.tan(np.radians(20)), abs=1)
    steady, shaky = one("I", wobble=0), one("I", wobble=8)
    assert np.ptp(np.flatnonzero(steady.any(axis=0))) < np.ptp(np.flatnonzero(shaky.any(axis=0)))
    tall = np.ptp(np.flatnonzero(one("I", size=0.5, wobble=0).any(axis=1)))
    assert tall == pytest.approx(0.5 * CARD, abs=2)
    assert one("O", width=0.5, wobble=0).any(axis=0).sum() < 0.7 * one("O", wobble=0).any(axis=0).sum()


def test_a_shift_moves_the_letter_by_cells():
    rng = np.random.default_rng
    straight = hand_letter("E", rng=rng(1)).card
    moved = hand_letter("E", rng=rng(1), shift=(1, -1)).card
    assert (moved[:-8, 8:] == straight[8:, :-8]).all()


def test_a_letter_off_the_card_is_cut_not_wrapped():
    card = hand_letter("H", rng=np.random.default_rng(0), shift=(10, 10)).card
    assert card[:60, :].sum() == card[:, :60].sum() == 0
    assert card.any()
    assert not hand_letter("H", rng=np.random.default_rng(0), shift=(-40, 0)).card.any()


def test_refusals():
    with pytest.raises(UnknownName, match="simplex"):
        Hand(style="simplx")
    with pytest.raises(StimulusError, match="hand pen"):
        Hand(pen=0)
    with pytest.raises(StimulusError, match="no strokes"):
        one("%")
    for seed in (-1, 1.5, "a", True):
        with pytest.raises(StimulusError, match="writer's number"):
            hand_alphabet(seed)
