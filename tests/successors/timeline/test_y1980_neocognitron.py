import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.check_learner import check_learner
from successors import tasks
from successors.nn import weights_file
from successors.nn.macs import tally
from successors.timeline.y1980_neocognitron import ENTRY, PAPER, Neocognitron, NeocognitronConfig, Stage
from successors.training import loop

SMALL = {"planes": [8, 12, 30], "shown": [10, 10, 15]}


@pytest.fixture(scope="module")
def deck():
    return tasks.load("digits", shift=2.0, train=900, valid=100, test=300)


def stage(number=0, below=1, **changes):
    return Stage(NeocognitronConfig().amend(changes), number, below, np.random.default_rng(0))


@pytest.mark.parametrize("changes", [{}, SMALL, SMALL | {"competition": False}, SMALL | {"tolerance": False}])
def test_it_keeps_the_contract_of_a_learner(deck, changes):
    # With the small settings all four phases are passed within the first forty stimuli.
    check_learner(
        lambda: ENTRY.create(changes=changes), stimuli=deck.train.stimuli[:40], targets=deck.train.targets[:40]
    )


def test_how_stimuli_are_parcelled_out_does_not_change_what_is_learned(deck):
    a, b = (ENTRY.create(changes=SMALL) for _ in range(2))
    x, y = deck.train.stimuli[:60], deck.train.targets[:60]
    a.reinforce(x, y)
    for k in range(0, 60, 7):
        b.reinforce(x[k : k + 7], y[k : k + 7])
    for name, array in a.weights().items():
        np.testing.assert_allclose(array, b.weights()[name], rtol=1e-4, atol=1e-4, err_msg=name)
    assert a.network.shown == b.network.shown == 60
    assert a.network.counts.sum() <= 25


def test_the_labels_are_looked_at_by_the_counting_alone(deck):
    a, b = (ENTRY.create(changes=SMALL) for _ in range(2))
    x = deck.train.stimuli[:60]
    a.reinforce(x, deck.train.targets[:60])
    b.reinforce(x, np.roll(deck.train.targets[:60], 1, axis=0))
    for name, array in a.weights().items():
        assert np.array_equal(array, b.weights()[name]) == (name != "counts"), name


def test_s_cells_answer_as_the_paper_says():
    s = stage()
    rng = np.random.default_rng(1)
    s.a.data[:] = rng.random(s.a.shape)
    s.b.data[:] = rng.random(s.b.shape)
    seen = rng.random((25,)).astype(np.float32)
    r = 4.0
    v = np.sqrt(sum(c * x * x for c, x in zip(s._c, seen, strict=True)))
    for plane in range(3):
        e = sum(a * x for a, x in zip(s.a.data[plane], seen, strict=True))
        wanted = r * max((1 + e) / (1 + 2 * r / (1 + r) * s.b.data[plane] * v) - 1, 0)
        np.testing.assert_allclose(s.simple(seen[None], r)[0, plane], wanted, rtol=1e-5)
    np.testing.assert_allclose(s._c.sum(), 1, rtol=1e-6)


def test_c_cells_answer_as_the_paper_says():
    s = stage()
    u = np.zeros((1, 400, 24), np.float32)
    u[0, 7 * 20 + 7, 3], u[0, 8 * 20 + 8, 5] = 2.0, 0.5
    answers = s.complex(u)[0]
    fed = np.zeros(24)  # of the C-cell in row 4 and column 4, whose field is about the S-cell in row 8 and column 8
    fed[3], fed[5] = 2.0 * 0.9 ** np.hypot(1, 1), 0.5
    x = np.maximum((1 + fed) / (1 + fed.mean()) - 1, 0)
    np.testing.assert_allclose(answers[:, 4, 4], x / (0.1 + x), rtol=1e-5)
    assert not answers[:, 0, 0].any()


def test_one_representative_of_a_plane_in_columns_by_hand():
    s = stage(planes=[3, 4, 5], side=8, s_margin=[2, 2, 3])
    u = np.zeros((8, 8, 3), np.float32)
    u[1, 1, 0] = 5.0  # wins its column
    u[2, 2, 1] = 4.0  # is beaten within the column about it
    u[6, 6, 0] = 3.0  # wins its column, but its plane has a stronger candidate
    u[1, 7, 2] = 1.0  # wins its column
    planes, places = s._representatives(u.reshape(64, 3))
    assert planes.tolist() == [0, 2]
    assert places.tolist() == [1 * 8 + 1, 1 * 8 + 7]


def test_reinforcement_is_by_what_the_representative_saw():
    s = stage(q=[2.0, 2.0, 2.0], planes=[1, 4, 5])
    before = s.a.data.copy()
    frame = np.zeros((1, 1, 20, 20), np.float32)
    frame[0, 0, 9:12, 10] = 1
    s.learn(frame, np.random.default_rng(0))
    seen = s.windows(frame)[0]
    changed = (s.a.data - before)[0] / (2.0 * s._c)
    which = np.flatnonzero(np.isclose(seen, changed, atol=1e-4).all(axis=1))
    assert which.size == 1
    np.testing.assert_allclose(s.b.data[0], 2.0 / 2 * np.sqrt((seen[which[0]] ** 2 * s._c).sum()), rtol=1e-5)


def test_nothing_is_learned_from_the_dark():
    for competition in (True, False):
        learner = ENTRY.create(changes=SMALL | {"competition": competition})
        before = {n: a.copy() for n, a in learner.weights().items() if n != "shown"}
        learner.reinforce(np.zeros((50, 20, 20), np.float32), np.tile(learner.labels.lamps(np.array([3])), (50, 1)))
        for name, array in before.items():
            np.testing.assert_array_equal(learner.weights()[name], array)


def test_a_shifted_feature_is_the_same_feature():
    s = stage()
    frame = np.zeros((1, 1, 20, 20), np.float32)
    frame[0, 0, 5:12, 9] = 1
    s.learn(frame, np.random.default_rng(0))
    moved = np.roll(frame, (2, 4), axis=(2, 3))
    a, b = (s.simple(s.windows(x), 4.0).reshape(20, 20, -1) for x in (frame, moved))
    assert a.any()
    np.testing.assert_allclose(np.roll(a, (2, 4), axis=(0, 1)), b, atol=1e-5)


def test_it_learns_shifted_digits_and_not_without_tolerance(deck):
    scores = {}
    for tolerance in (True, False):
        learner = ENTRY.create(changes={"planes": [24, 40, 150], "shown": [200, 300, 500], "tolerance": tolerance})
        loop.train(learner, deck, learner.recipe.amend({"steps": 20}))
        scores[tolerance] = loop.evaluate(learner, deck, deck.test)
    assert scores[True] > 0.5
    assert scores[False] < scores[True] - 0.2


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(ConfigError, match="stages"):
        NeocognitronConfig(r=(4.0, 1.5))
    with pytest.raises(ConfigError, match="odd"):
        NeocognitronConfig(column=(5, 4, 5))
    with pytest.raises(ConfigError, match="cells on a side"):
        NeocognitronConfig(side=4)


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says_holds(check):
    finding = check.run()
    assert finding.holds, finding


def test_the_check_of_the_layout_can_fail(monkeypatch):
    monkeypatch.setattr("successors.timeline.y1980_neocognitron.PAPER", PAPER.amend({"s_margin": [2, 2, 0]}))
    assert not ENTRY.checks[0].run().holds


def test_the_paper_s_network_runs_on_its_own_frames():
    network = Neocognitron(PAPER, np.random.default_rng(0))
    frames = np.random.default_rng(0).random((3, 16, 16)).astype(np.float32)
    assert network.features(frames).shape == (3, 24, 1, 1)
    assert ENTRY.count(PAPER) == 24 * (25 + 1) + 2 * 24 * (24 * 25 + 1) == network.count()


def test_figures(deck):
    learner = ENTRY.create(changes=SMALL)
    learner.reinforce(deck.train.stimuli[:60], deck.train.targets[:60])
    features, shift = (f.measure(learner, deck.test.stimuli[:50], deck.test.targets[:50]) for f in ENTRY.figures)
    for rows in features.values():
        assert rows.dtype == np.float32
        assert rows.shape[1:] == (20, 20)
        assert len(rows)
        assert 0 <= rows.min() <= rows.max() <= 1
    assert all(line.shape == (6,) for line in shift.values())


def test_weights_that_are_shipped_in_halves_answer_alike(deck, tmp_path):
    learner, other = (ENTRY.create(changes={"planes": [24, 40, 100], "shown": [200, 200, 300]}) for _ in range(2))
    for k in range(9):
        learner.reinforce(deck.train.stimuli[100 * k : 100 * k + 100], deck.train.targets[100 * k : 100 * k + 100])
    weights_file.save(tmp_path / "w.safetensors", learner.weights(), half=True)
    other.load_weights(weights_file.load(tmp_path / "w.safetensors")[0])
    same = (learner.respond(deck.test.stimuli) == other.respond(deck.test.stimuli)).all(axis=1)
    assert same.mean() > 0.98


def test_what_an_answer_costs_is_reported():
    with tally() as total:
        ENTRY.create().respond(np.zeros((1, 20, 20), np.float32))
    first = 400 * (24 * 25 + 25)  # of the S-cells of the first stage alone
    assert total[0] > 10 * first
