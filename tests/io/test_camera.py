import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marki.errors import ConfigError, StimulusError
from marki.io.camera import STEPS, Camera, Optics
from marki.io.stimuli import CARD
from marki.io.stimuli.forms import form
from marki.io.stimuli.letters import alphabet, letter

EVERYTHING = {"blur": 0.6, "shift_x": 0.3, "shift_y": -1.2, "turn_deg": 7, "scale": 1.1, "stray": 0.1, "exposure": 1.3}


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).integers(0, 256, (70, CARD, CARD), np.uint8)


def rounded(light):
    return (np.rint(light * STEPS) / STEPS).astype(np.float32)


def test_without_optics_a_cell_sees_the_mean_of_its_points(noise):
    frame = Camera().frame(noise[0])
    assert frame.shape == (20, 20)
    assert frame.dtype == np.float32
    assert (frame == rounded(noise[0].reshape(20, 8, 20, 8).mean(axis=(1, 3)) / 255)).all()
    assert Camera().frame(np.full((CARD, CARD), 255, np.uint8)).min() == 1


def test_a_neutral_grid_samples_the_same_as_the_mean(noise):
    turned = Camera(Optics(turn_deg=90)).frames(noise, turn_deg=-90)
    assert (turned == Camera().frames(noise)).all()
    assert (Camera(Optics(turn_deg=-360)).frames(noise) == Camera().frames(noise)).all()


@pytest.mark.parametrize("optics", [{}, {"turn_deg": 10}, {"blur": 1.0}, {**EVERYTHING, "invert": True}])
def test_many_at_once_equal_one_at_a_time(noise, optics):
    camera = Camera(Optics(**optics))
    held = {"shift": (0.5, -0.25), "turn_deg": 3.0, "scale": 0.9} if optics else {}
    together = camera.frames(noise, **held)
    assert (together == np.stack([camera.frame(card, **held) for card in noise])).all()
    assert (together == camera.frames(np.asfortranarray(noise), **held)).all()
    steps = together * STEPS
    assert (steps == np.rint(steps)).all()
    assert 0 <= together.min() <= together.max() <= 1


def test_stimuli_are_taken_as_well():
    letters = alphabet("b612", "ABC")
    assert (Camera().frames(letters) == Camera().frames(np.stack([s.card for s in letters]))).all()
    assert (Camera().frame(letters[0]) == Camera().frame(letters[0].card)).all()
    assert Camera().frames([]).shape == (0, 20, 20)


@pytest.mark.parametrize(("x", "y"), [(1, 0), (0, 1), (-3, 2), (19, -19)])
def test_a_shift_by_whole_cells_moves_the_frame_and_lets_ground_in(noise, x, y):
    straight = np.pad(Camera().frame(noise[0]), 20)
    expected = straight[20 - y : 40 - y, 20 - x : 40 - x]
    assert (Camera(Optics(shift_x=x, shift_y=y)).frame(noise[0]) == expected).all()
    assert (Camera().frame(noise[0], shift=(x, y)) == expected).all()
    assert (Camera(Optics(shift_x=x)).frame(noise[0], shift=(0, y)) == expected).all()


@pytest.mark.parametrize("quarters", [1, 2, 3, -1])
def test_quarter_turns_are_counter_clockwise_and_exact(noise, quarters):
    expected = np.rot90(Camera().frame(noise[0]), quarters)
    assert (Camera(Optics(turn_deg=90 * quarters)).frame(noise[0]) == expected).all()
    assert (Camera().frame(noise[0], turn_deg=90 * quarters) == expected).all()


def test_a_turned_or_scaled_form_is_the_form_drawn_so():
    camera = Camera()
    for held, drawn in (
        ({"turn_deg": 25}, {"turn_deg": 25}),
        ({"scale": 1.5}, {"size": 12, "thickness": 3}),
        ({"shift": (1.5, -2.25)}, {"x": 1.5, "y": -2.25}),
    ):
        seen = camera.frame(form("F", size=8).card, **held)
        assert np.abs(seen - camera.frame(form("F", **{"size": 8, **drawn}).card)).max() < 0.06


def test_far_away_and_out_of_sight():
    white = np.full((CARD, CARD), 255, np.uint8)
    small = Camera(Optics(scale=0.5)).frame(white)
    assert (small[6:14, 6:14] == 1).all()
    assert small.sum() == pytest.approx(100, rel=0.02)
    assert not Camera(Optics(shift_x=20)).frame(white, shift=(20, 0)).any()


def test_blur_spreads_light_and_conserves_it():
    card = form("square", size=4).card
    sharp, soft = Camera().frame(card), Camera(Optics(blur=1.0)).frame(card)
    assert soft.sum() == pytest.approx(sharp.sum(), rel=2e-3)
    assert soft.max() < sharp.max()
    assert (soft > 0.01).sum() > (sharp > 0.01).sum()
    point = np.zeros((CARD, CARD), np.uint8)
    point[80:88, 80:88] = 255
    spread = Camera(Optics(blur=1.5)).frame(point)
    places = np.arange(20) - 10
    assert (spread.sum(axis=0) * places**2).sum() / spread.sum() == pytest.approx(1.5**2, rel=0.05)
    assert (spread == spread.T).all()


def test_stray_light_exposure_and_inversion():
    card = form("square", size=8).card
    plain = Camera().frame(card)
    assert (Camera(Optics(invert=True)).frame(card) == 1 - plain).all()
    assert (Camera(Optics(invert=True)).frame(card) == Camera().frame(255 - card)).all()
    assert (Camera(Optics(stray=0.25)).frame(card) == plain * 0.75 + 0.25).all()
    assert (Camera(Optics(stray=0.25, exposure=2)).frame(card) == np.minimum(plain * 1.5 + 0.5, 1)).all()
    assert Camera(Optics(exposure=0)).frame(card).max() == 0


def test_stray_light_takes_from_the_contrast():
    grey = np.full((CARD, CARD), 153, np.uint8)  # 0.6 of full light
    assert Camera(Optics(stray=0.5)).frame(grey) == pytest.approx(0.6 * 0.5 + 0.5, abs=1e-3)
    assert Camera(Optics(stray=0.5, exposure=0.5)).frame(grey) == pytest.approx(0.4, abs=1e-3)


def test_the_ground_stays_light_when_an_inverted_card_is_shifted():
    frame = Camera(Optics(invert=True, shift_x=5)).frame(form("square").card)
    assert frame[:, :5].min() == 1


@given(shift=st.tuples(st.floats(-20, 20), st.floats(-20, 20)), turn=st.floats(-360, 360), scale=st.floats(0.05, 20))
@settings(max_examples=40, deadline=None)
def test_any_way_to_hold_a_card(shift, turn, scale):
    card = np.full((CARD, CARD), 255, np.uint8)
    frame = Camera(Optics(scale=2)).frame(card, shift=shift, turn_deg=turn, scale=scale)
    assert np.isfinite(frame).all()
    assert 0 <= frame.min() <= frame.max() <= 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("blur", -1),
        ("shift_x", 21),
        ("shift_y", float("nan")),
        ("turn_deg", 1e6),
        ("scale", 0),
        ("stray", 1.5),
        ("exposure", "bright"),
        ("exposure", True),
        ("invert", 2),
    ],
)
def test_settings_out_of_range_are_refused_with_value_and_remedy(name, value):
    with pytest.raises(ConfigError, match=rf"Optics.{name}: .*{value}.*\."):
        Optics(**{name: value})


def test_wrong_cards_and_ways_to_hold_them_are_refused():
    with pytest.raises(StimulusError, match="uint8"):
        Camera().frame(np.zeros((CARD, CARD)))
    with pytest.raises(StimulusError, match="160"):
        Camera().frames(np.zeros((3, 20, 20), np.uint8))
    with pytest.raises(StimulusError, match="160"):
        Camera().frames(np.zeros(5, np.uint8))
    with pytest.raises(StimulusError, match="several shapes"):
        Camera().frames([np.zeros((2, 2), np.uint8), np.zeros((CARD, CARD), np.uint8)])
    card = letter("A").card
    for held in ({"shift": 3}, {"shift": (float("nan"), 0)}, {"turn_deg": float("inf")}, {"scale": -1}):
        with pytest.raises(ConfigError):
            Camera().frame(card, **held)


def test_a_frame_is_quick():
    camera, card = Camera(Optics(**EVERYTHING, invert=True)), letter("A").card
    spent = []
    for _ in range(20):
        start = time.perf_counter()
        camera.frame(card)
        spent.append(time.perf_counter() - start)
    assert min(spent) < 2e-3  # 0.3 ms where it was written
