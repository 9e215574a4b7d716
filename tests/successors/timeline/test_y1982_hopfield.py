import numpy as np
import pytest

from marki.io.check_learner import check_learner
from marki.io.ports import Port
from successors import tasks
from successors.nn import weights_file
from successors.nn.macs import tally
from successors.timeline.y1982_hopfield import ENTRY, Hopfield, HopfieldConfig, _holding, _states, overlaps
from successors.training import loop

STORAGES = ("difference", "spin", "plain")


@pytest.fixture(scope="module")
def deck():
    return tasks.load("restore", valid=60, test=120)


@pytest.mark.parametrize("changes", [{}, {"storage": "spin"}, {"storage": "plain"}, {"iterated": False}])
def test_it_keeps_the_contract_of_a_learner(deck, changes):
    check_learner(
        lambda: ENTRY.create(changes=changes), stimuli=deck.valid.stimuli[:12], targets=deck.valid.targets[:12]
    )


def test_it_restores_letters_and_loses_that_without_feedback(deck):
    scores = {}
    for iterated in (True, False):
        learner = ENTRY.create(changes={"iterated": iterated})
        assert learner.answers is Port.FIELD
        loop.train(learner, deck, learner.recipe)
        scores[iterated] = loop.evaluate(learner, deck, deck.test)
    assert scores[True] >= 0.9
    assert scores[False] < scores[True] - 0.15


def test_answers_are_fields_of_0_and_1_and_do_not_depend_on_the_batch(deck):
    learner = ENTRY.create()
    learner.reinforce(deck.train.stimuli, deck.train.targets)
    answers = learner.respond(deck.test.stimuli)
    assert answers.dtype == np.float32
    assert np.isin(answers, (0, 1)).all()
    np.testing.assert_array_equal(
        answers[:5], np.concatenate([learner.respond(deck.test.stimuli[[k]]) for k in range(5)])
    )


def test_learning_the_same_again_changes_no_answer(deck):
    learner = ENTRY.create()
    learner.reinforce(deck.train.stimuli, deck.train.targets)
    once = learner.respond(deck.test.stimuli)
    for _ in range(3):
        learner.reinforce(deck.train.stimuli, deck.train.targets)
    np.testing.assert_array_equal(learner.respond(deck.test.stimuli), once)


def test_what_is_stored_is_the_target_and_not_the_stimulus(deck):
    a, b = ENTRY.create(), ENTRY.create()
    a.reinforce(deck.train.stimuli, deck.train.targets)
    b.reinforce(deck.train.stimuli * 0, deck.train.targets)
    np.testing.assert_array_equal(a.network.T.data, b.network.T.data)


def test_the_storage_of_the_paper_by_hand():
    network = Hopfield(HopfieldConfig(units=3, storage="plain"), np.random.default_rng(0))
    network.store(np.array([[1, 0, 1], [1, 1, 0]]))
    # Of the two, units 1 and 2 agree once and differ once, 2 and 3 always differ; T is kept in halves.
    np.testing.assert_array_equal(network.T.data / 2, [[0, 0, 0], [0, 0, -2], [0, -2, 0]])
    assert not network.U.data.any()


@pytest.mark.parametrize("storage", STORAGES)
def test_connections_are_symmetric_whole_numbers_without_loops(storage):
    network, _ = _holding(60, 7, storage)
    t = network.T.data
    assert np.array_equal(t, t.T)
    assert not np.diag(t).any()
    assert np.array_equal(t, np.rint(t))
    assert np.array_equal(network.U.data, np.rint(network.U.data))


@pytest.mark.parametrize("storage", STORAGES)
def test_recall_is_that_of_one_unit_after_the_other(storage):
    network, _ = _holding(40, 4, storage)
    starts = np.random.default_rng(1).random((9, 40)) < 0.5
    settled = network.recall(starts)
    for start, end in zip(starts, settled, strict=True):
        v = start.astype(float)
        for sweep in range(50):
            for i in network._order(sweep):
                u = sum(network.T.data[i, j] * v[j] for j in range(40)) - network.U.data[i]
                v[i] = 1 if u > 0 else 0 if u < 0 else v[i]
        np.testing.assert_array_equal(v, end)
    np.testing.assert_array_equal(network.recall(settled), settled)  # at rest
    assert (network.energy(settled) <= network.energy(starts)).all()


def test_one_state_alone_is_held():
    network = Hopfield(HopfieldConfig(units=50), np.random.default_rng(0))
    state = np.random.default_rng(2).random((1, 50)) < 0.3
    network.store(state)
    np.testing.assert_array_equal(network.recall(~state), state)


@pytest.mark.parametrize("check", [c for c in ENTRY.checks if not c.slow], ids=lambda c: c.name)
def test_what_the_paper_says_holds(check):
    finding = check.run()
    assert finding.holds, finding


@pytest.mark.slow
@pytest.mark.parametrize("check", [c for c in ENTRY.checks if c.slow], ids=lambda c: c.name)
def test_what_the_paper_says_holds_slow(check):
    finding = check.run()
    assert finding.holds, finding


def test_few_random_states_are_held_and_many_are_not():
    few, many = overlaps(200, (0.05, 0.4), "spin", seeds=1)
    assert few > 0.98
    assert many < 0.7


def test_the_energy_check_can_fail(monkeypatch):
    # With connections that are not symmetric there is no energy.
    store = Hopfield.store

    def lopsided(self, states):
        store(self, states)
        self.T.data *= np.random.default_rng(0).random(self.T.data.shape)

    monkeypatch.setattr(Hopfield, "store", lopsided)
    assert not ENTRY.checks[0].run().holds


def test_figures_are_fields_and_lines(deck):
    learner = ENTRY.create()
    learner.reinforce(deck.train.stimuli, deck.train.targets)
    rows, lines = (f.measure(learner, deck.test.stimuli[:8], deck.test.targets[:8]) for f in ENTRY.figures)
    assert list(rows) == ["shown", "after 1 sweep", "settled", "wanted"]
    assert all(r.shape == (6, 20, 20) and r.dtype == np.float32 for r in rows.values())
    assert np.array_equal(_states(rows["settled"]), _states(learner.respond(deck.test.stimuli[:6])))
    assert all((np.diff(line) <= 0).all() for line in lines.values())


def test_weights_that_are_shipped_in_halves_are_exact(deck, tmp_path):
    learner, other = ENTRY.create(), ENTRY.create()
    learner.reinforce(deck.train.stimuli, deck.train.targets)
    weights_file.save(tmp_path / "w.safetensors", learner.weights(), half=True)
    other.load_weights(weights_file.load(tmp_path / "w.safetensors")[0])
    np.testing.assert_array_equal(learner.network.T.data, other.network.T.data)
    np.testing.assert_array_equal(learner.network.U.data, other.network.U.data)


def test_what_a_recall_costs_is_reported(deck):
    learner = ENTRY.create(changes={"iterated": False})
    with tally() as total:
        learner.respond(deck.test.stimuli[:3])
    assert total[0] == 3 * 400 * 400
