import numpy as np
import pytest

from marki.errors import ConfigError, StateError
from marki.hardware import plugboard
from marki.io.check_learner import check_learner, sample_frames
from marki.machine import MachineConfig
from marki.twin import Twin
from successors import tasks
from successors.nn import weights_file
from successors.nn.macs import tally
from successors.timeline.y1958_perceptron import ENTRY, Perceptron, PerceptronConfig


def pair(seed, **changes):
    """Return the twin and the algorithm that took over its wiring, thresholds and source-sets."""
    config = MachineConfig().ideal().amend({name.replace("__", "."): value for name, value in changes.items()})
    twin = Twin(config, seed=seed)
    learner = ENTRY.create(
        seed=seed + 100,
        changes={
            "units": config.response.units,
            "theta": config.association.theta,
            "threshold": config.sensory.threshold,
            "control": config.reinforcement.control,
        },
    )
    wiring = plugboard.wire(config.plugboard, seed)
    learner.load_weights({"wiring": wiring, "source_set": twin.source_set, "values": np.zeros(512)})
    pulse = round(config.potentiometers.speed_deg_per_s * 1e6) * config.reinforcement.pulse_us // 1_000_000
    return twin, learner, pulse


@pytest.mark.parametrize("control", ["error", "forced", "none"])
@pytest.mark.parametrize(("units", "theta"), [(1, 2), (3, 1), (8, 3)])
def test_with_the_twin_s_wiring_it_decides_and_learns_as_the_twin(units, theta, control):
    twin, learner, pulse = pair(
        units, response__units=units, association__theta=theta, reinforcement__control=control, sensory__threshold=0.4
    )
    frames = np.random.default_rng(units).random((60, 20, 20)).astype(np.float32)
    targets = np.random.default_rng(theta).random((60, 8)) < 0.5
    for _ in range(3):
        for part in (slice(0, 25), slice(25, 60)):
            given = learner.reinforce(frames[part], targets[part])
            np.testing.assert_array_equal(given, twin.reinforce(frames[part], targets[part]))
            np.testing.assert_array_equal(learner.network.values.data * pulse, twin.v)
    np.testing.assert_array_equal(learner.respond(frames), twin.respond(frames))
    assert control == "none" or np.count_nonzero(twin.v) > 100


def test_on_a_learning_run_it_equals_the_twin_decision_for_decision():
    deck = tasks.load("two_class", train=2000, valid=1, test=200)
    twin, learner, pulse = pair(5, response__units=1)
    for first in range(0, 2000, 100):
        chosen = slice(first, first + 100)
        given = learner.reinforce(deck.train.stimuli[chosen], deck.train.targets[chosen])
        np.testing.assert_array_equal(given, twin.reinforce(deck.train.stimuli[chosen], deck.train.targets[chosen]))
        np.testing.assert_array_equal(learner.network.values.data * pulse, twin.v)
    answers = learner.respond(deck.test.stimuli)
    np.testing.assert_array_equal(answers, twin.respond(deck.test.stimuli))
    assert (answers == deck.test.targets).all(axis=1).mean() > 0.9


def test_another_wiring_is_another_learner():
    twin, learner, _ = pair(5, response__units=1)
    learner.load_weights(dict(learner.weights()) | {"wiring": plugboard.wire(MachineConfig().plugboard, 6)})
    frames, targets = sample_frames(40)
    learner.reinforce(frames, targets)
    twin.reinforce(frames, targets)
    assert not np.array_equal(learner.network.values.data != 0, twin.v != 0)
    with pytest.raises(StateError, match="wiring"):
        learner.load_weights(dict(learner.weights()) | {"wiring": np.zeros((511, 400), np.int8)})


@pytest.mark.parametrize("changes", [{}, {"units": 8}, {"association": False, "units": 2}, {"control": "forced"}])
def test_it_keeps_the_contract_of_a_learner(changes):
    frames, targets = sample_frames(20)
    check_learner(lambda: ENTRY.create(changes=changes), stimuli=frames, targets=targets)


def test_the_wiring_belongs_to_the_seed_and_has_the_wires_asked_for():
    a, b, c = (ENTRY.create(seed=s, changes={"excitatory": 5, "inhibitory": 3}).network.wiring for s in (1, 1, 2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)
    assert ((a == 1).sum(axis=1) == 5).all()
    assert ((a == -1).sum(axis=1) == 3).all()


def test_an_alpha_correction_by_hand():
    learner = ENTRY.create(changes={"association": False})
    frame = np.zeros((1, 20, 20), np.float32)
    frame[0, 0, :3] = 1
    on, off = np.eye(8, dtype=bool)[:1], np.zeros((1, 8), bool)
    assert not learner.reinforce(frame, on).any()
    np.testing.assert_array_equal(learner.network.values.data, [1, 1, 1] + [0] * 397)
    assert learner.reinforce(frame, on)[0, 0]  # right: nothing changes
    np.testing.assert_array_equal(learner.network.values.data, [1, 1, 1] + [0] * 397)
    assert learner.reinforce(frame, off)[0, 0]
    assert not learner.network.values.data.any()


def test_it_has_as_many_values_as_the_mark_1_and_refuses_wires_that_do_not_fit():
    assert ENTRY.count(PerceptronConfig()) == 512
    assert ENTRY.count(PerceptronConfig(association=False, units=3)) == 1200
    with pytest.raises(ConfigError, match="wires"):
        PerceptronConfig(excitatory=0, inhibitory=0)


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_theory_says_holds(check):
    finding = check.run()
    assert finding.holds, finding


@pytest.mark.slow
def test_the_convergence_check_can_fail(monkeypatch):
    # A rule that always adds, right or wrong, makes mistakes without end.
    def wrong(self, stimuli, targets, rng):
        return ~targets

    monkeypatch.setattr(Perceptron, "learn", wrong)
    finding = next(c for c in ENTRY.checks if "convergence" in c.name).run()
    assert not finding.holds


def test_figures_are_fields():
    learner = ENTRY.create(changes={"units": 2})
    frames, targets = sample_frames(8)
    learner.reinforce(frames, targets)
    for figure in ENTRY.figures:
        for rows in figure.measure(learner, frames, targets).values():
            assert rows.dtype == np.float32
            assert rows.shape[1:] == (20, 20)
            assert 0 <= rows.min() <= rows.max() <= 1


def test_weights_that_are_shipped_in_halves_are_exact(tmp_path):
    learner, other = ENTRY.create(seed=1), ENTRY.create(seed=2)
    frames, targets = sample_frames(60)
    learner.reinforce(frames, targets)
    weights_file.save(tmp_path / "w.safetensors", learner.weights(), half=True)
    other.load_weights(weights_file.load(tmp_path / "w.safetensors")[0])
    for name, array in learner.weights().items():
        np.testing.assert_array_equal(array, other.weights()[name])
    np.testing.assert_array_equal(learner.respond(frames), other.respond(frames))


def test_what_an_answer_costs_is_reported():
    with tally() as total:
        ENTRY.create().respond(sample_frames(2)[0])
    assert total[0] == 2 * (512 * 400 + 512)
