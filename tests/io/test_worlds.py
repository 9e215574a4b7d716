import numpy as np
import pytest

from marki.errors import ConfigError, MarkIError, StimulusError, UnknownName
from marki.io.responses import binary_code, lamps, nearest_class, unit_code
from marki.io.worlds import WorldConfig, create

NAMES = ["letters", "handprint", "digits", "left_right", "forms", "parity", "connectedness", "dots"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("part", ["learn", "exam"])
def test_a_presentation_follows_from_its_number_alone(name, part):
    config = WorldConfig(name=name, count=50, exam_count=50, part=part, shift=1.0, turn_deg=10.0)
    one, two = create(config, 3), create(config, 3)
    order = [40, 7, 199, 7, 0, 300]
    for n in order:
        a, b = one.at(n), two.at(n)
        assert np.array_equal(a.frame, b.frame)
        assert (a.name, a.kind) == (b.name, b.kind)
        assert a.frame.dtype == np.float32
        assert a.frame.shape == (20, 20)
        assert 0 <= a.frame.min() <= a.frame.max() <= 1
        assert np.array_equal(a.target, one.code[a.kind])
    other = create(config, 4)
    assert any(not np.array_equal(one.at(n).frame, other.at(n).frame) for n in range(20))


def test_every_pass_shows_every_card_once_in_a_new_order():
    world = create(WorldConfig(), 0)
    passes = [[world.at(26 * p + k).item for k in range(26)] for p in range(3)]
    assert all(sorted(p) == list(range(26)) for p in passes)
    assert passes[0] != passes[1] != passes[2]
    still = create(WorldConfig(order="in turn"), 0)
    assert [still.at(k).item for k in range(30)] == [*range(26), *range(4)]


@pytest.mark.parametrize("name", ["left_right", "forms", "parity", "connectedness", "digits"])
def test_examination_shows_other_stimuli(name):
    config = WorldConfig(name=name, count=100, exam_count=100, shift=2.0)
    learn, exam = create(config, 0), create(config.exam(), 0)
    shown = {learn.at(n).frame.tobytes() for n in range(100)}
    assert np.mean([exam.at(n).frame.tobytes() in shown for n in range(100)]) < 0.1


def test_dots_have_an_examination_by_heart_and_one_of_new_patterns():
    config = WorldConfig(name="dots", count=30)
    shown = {create(config, 0).at(n).frame.tobytes() for n in range(30)}
    assert all(create(config.exam(), 0).at(n).frame.tobytes() in shown for n in range(30))
    new = create(WorldConfig(name="dots", count=30, part="new"), 0)
    assert not any(new.at(n).frame.tobytes() in shown for n in range(30))


@pytest.mark.parametrize("name", ["dots", "forms"])
def test_class_shares(name):
    world = create(WorldConfig(name=name, count=40, class_shares=(0.8, 0.2)), 0)
    assert np.mean([world.at(n).kind for n in range(1000)]) == pytest.approx(0.2, abs=0.05)


def test_left_and_right_are_left_and_right():
    world = create(WorldConfig(name="left_right", size=6.0), 0)
    for n in range(40):
        shown = world.at(n)
        half = shown.frame[:, 10:] if world.classes[shown.kind] == "right" else shown.frame[:, :10]
        assert half.sum() == pytest.approx(shown.frame.sum())


def test_parity_of_the_card_is_the_class():
    world = create(WorldConfig(name="parity", grid=4), 0)
    for n in range(40):
        shown = world.at(n)
        fields = (shown.frame[::5, ::5] > 0.5).sum()
        assert fields % 2 == shown.kind


def test_optics_and_polarity_reach_the_frame():
    plain = create(WorldConfig(), 0).at(0).frame
    dark = create(WorldConfig().amend({"optics.invert": True}), 0).at(0).frame
    assert np.allclose(plain + dark, 1)


@pytest.mark.parametrize(
    ("settings", "error", "match"),
    [
        ({"name": "letters", "typefaces": ("helvetica",)}, UnknownName, "helvetica"),
        ({"name": "forms", "kinds": ("square", "cirle")}, UnknownName, "circle"),
        ({"name": "forms", "kinds": ("square",)}, ConfigError, "two classes"),
        ({"name": "images"}, StimulusError, "--images"),
        ({"name": "parity", "grid": 7}, StimulusError, "grid"),
        ({"name": "forms", "class_shares": (1.0,)}, StimulusError, "shares"),
        ({"name": "letters", "code": "unit"}, ConfigError, "binary"),
    ],
)
def test_impossible_worlds_are_refused(settings, error, match):
    with pytest.raises(error, match=match):
        create(WorldConfig(**settings), 0).at(0)


def test_codes():
    code = binary_code(26)
    assert code.shape == (26, 5)
    assert len({tuple(row) for row in code}) == 26
    assert code[0].tolist() == [True, False, False, False, False]
    assert nearest_class(lamps(code)[25], code) == 25
    assert nearest_class(np.zeros(8, bool), code) == -1
    assert binary_code(2).tolist() == [[False], [True]]
    assert unit_code(3).sum() == 3
    assert binary_code(255).shape == (255, 8)
    for wrong in (lambda: binary_code(256), lambda: unit_code(9), lambda: binary_code(1)):
        with pytest.raises(MarkIError):
            wrong()
