"""What a recipe's shift and warp do to what a learner sees."""

from dataclasses import dataclass

import numpy as np
import pytest

from marki.config import Config, setting
from marki.io.ports import Port
from marki.io.responses import binary_code, lamps
from successors.nn.layers import Linear
from successors.nn.learner import ByGradient, ByRule, Network
from successors.nn.losses import mean_squared_error
from successors.nn.recipe import Recipe
from successors.timeline.y1982_hopfield import ENTRY as HOPFIELD
from successors.timeline.y1986_mlp import ENTRY as MLP
from successors.timeline.y1989_lecun import ENTRY as LECUN
from successors.timeline.y1998_lenet5 import ENTRY as LENET5


@dataclass(frozen=True, kw_only=True)
class Toy(Config):
    classes: int = setting(3, "Classes")
    recipe: Recipe = setting(Recipe(rate=0.1), "How it is trained")


class Seer(Network):
    """One layer that keeps what it was shown last."""

    def __init__(self, config, rng):
        super().__init__(config, rng)
        self.layer, self._seen = Linear(400, config.classes, rng), []

    def forward(self, x):
        self._seen[:] = [x.data]
        return self.layer((x if x.ndim == 3 else x.mean(1)).flatten())

    def learn(self, stimuli, targets, rng):
        return self.answer(stimuli)


class Filler(Seer):
    """The same for fields."""

    def __init__(self, config, rng):
        super().__init__(config, rng)
        self.layer = Linear(400, 400, rng)

    def forward(self, x):
        return super().forward(x).reshape(len(x), 20, 20)

    def loss(self, outputs, targets):
        return mean_squared_error(outputs, targets)

    def decide(self, outputs):
        return outputs.clip(0, 1)


DISTURBANCES = [{"recipe.shift": 2}, {"recipe.affine": 0.2}, {"recipe.shift": 1, "recipe.affine": 0.2}]
FRAMES = np.random.default_rng(0).random((12, 20, 20), np.float32)
REELS = np.random.default_rng(1).random((12, 3, 20, 20), np.float32)
CODES = lamps(binary_code(3))[np.arange(12) % 3]


@pytest.mark.parametrize("kind", [ByGradient, ByRule])
@pytest.mark.parametrize("changes", DISTURBANCES)
def test_frames_are_disturbed_only_while_they_are_learned(changes, kind):
    learner = kind(Seer, Toy().amend(changes), seed=5)
    seen = learner.network._seen
    before = learner.respond(FRAMES)
    np.testing.assert_array_equal(seen[0], FRAMES)
    shown = []
    for _ in range(2):
        learner.reinforce(FRAMES, CODES)
        shown.append(seen[0])
    assert shown[0].shape == FRAMES.shape
    for a, b in ((FRAMES, shown[0]), (FRAMES, shown[1]), shown):
        assert np.abs(a - b).max() > 0.1
    learner.respond(FRAMES)
    np.testing.assert_array_equal(seen[0], FRAMES)
    np.testing.assert_array_equal(kind(Seer, Toy(), seed=5).respond(FRAMES), before)


def test_what_is_learned_is_what_the_shifted_frames_teach():
    shifting, plain = (ByGradient(Seer, Toy().amend({"recipe.shift": s}), seed=5) for s in (2, 0))
    shifting.reinforce(FRAMES, CODES)
    plain.reinforce(shifting.network._seen[0], CODES)
    for name, array in shifting.weights().items():
        np.testing.assert_array_equal(array, plain.weights()[name])


def test_a_recipe_that_disturbs_nothing_leaves_frames_as_they_are():
    learner = ByGradient(Seer, Toy(), seed=5)
    learner.reinforce(FRAMES, CODES)
    np.testing.assert_array_equal(learner.network._seen[0], FRAMES)


@pytest.mark.parametrize("accepts", [Port.FRAME, Port.FIELD])
@pytest.mark.parametrize("changes", DISTURBANCES)
def test_what_is_answered_by_fields_is_left_where_it_is(changes, accepts):
    learner = ByGradient(Filler, Toy().amend(changes), accepts=accepts, answers=Port.FIELD)
    learner.reinforce(FRAMES, FRAMES)
    np.testing.assert_array_equal(learner.network._seen[0], FRAMES)


def test_what_is_held_does_not_depend_on_shift_and_warp():
    held = []
    for changes in ({}, {"recipe.shift": 2, "recipe.affine": 0.2}):
        learner = HOPFIELD.create(changes=changes)
        given = learner.reinforce(FRAMES, FRAMES)
        held.append([given, *learner.weights().values()])
    for plain, other in zip(*held, strict=True):
        np.testing.assert_array_equal(plain, other)


@pytest.mark.parametrize("changes", DISTURBANCES)
def test_reels_are_left_as_they_are(changes):
    learner = ByGradient(Seer, Toy().amend(changes), accepts=Port.REEL)
    learner.reinforce(REELS, CODES)
    np.testing.assert_array_equal(learner.network._seen[0], REELS)


def test_certainty_is_the_softmax_of_the_sums():
    learner = ByGradient(Seer, Toy(), seed=5)
    answers, shares = learner.weigh(FRAMES)
    np.testing.assert_array_equal(answers, learner.respond(FRAMES))
    layer = learner.network.layer
    sums = np.exp(FRAMES.reshape(len(FRAMES), -1) @ layer.weight.data.T + layer.bias.data)
    np.testing.assert_allclose(shares, sums / sums.sum(1, keepdims=True), rtol=1e-5)
    assert [a.shape for a in learner.weigh(FRAMES[:0])] == [(0, 8), (0, 3)]


def test_who_learns_by_a_rule_or_answers_with_fields_claims_no_certainty():
    _, shares = ByRule(Seer, Toy()).weigh(FRAMES)
    assert shares.shape == (len(FRAMES), 3)
    assert np.isnan(shares).all()
    answers, shares = ByGradient(Filler, Toy(), answers=Port.FIELD).weigh(FRAMES)
    assert answers.shape == FRAMES.shape
    assert shares.shape == (len(FRAMES), 0)


def test_certainty_of_systems_that_do_not_end_in_sums():
    lenet = LENET5.create()
    outputs = np.array([[3.0, 1.0, 2.0]], np.float32)
    weights = np.exp([-3.0, -1.0, -2.0, -lenet.config.rubbish])
    np.testing.assert_allclose(lenet.network.confidence(outputs)[0], weights[:3] / weights.sum(), rtol=1e-5)
    shares = LECUN.create().network.confidence(np.array([[1.0, -1.0, 0.0, -1.5]], np.float32))[0]
    np.testing.assert_allclose(shares, [2 / 3, 0, 1 / 3, 0], atol=1e-6)
    shares = MLP.create().network.confidence(np.array([[0.25]], np.float32))
    np.testing.assert_allclose(shares, [[0.75, 0.25]])
    shares = MLP.create(changes={"classes": 3}).network.confidence(np.array([[0.2, 0.5, 0.3]], np.float32))
    np.testing.assert_allclose(shares, [[0.2, 0.5, 0.3]], rtol=1e-6)


def rates(**recipe):
    """Return the steps that a learner takes: their rates, and how far the weights went."""
    learner = ByGradient(Seer, Toy().amend({f"recipe.{k}": v for k, v in recipe.items()}))
    step, found, ways = learner.optimiser.step, [], []

    def watched(rate):
        before = {n: p.data.copy() for n, p in learner.optimiser.parameters.items()}
        step(rate)
        found.append(rate)
        way = sum(((p.data - before[n]) ** 2).sum() for n, p in learner.optimiser.parameters.items())
        ways.append(float(way**0.5))

    learner.optimiser.step = watched
    for _ in range(4):
        learner.reinforce(FRAMES, CODES)
    return found, ways


def test_the_rate_follows_the_schedule_of_the_recipe():
    found, _ = rates(rate=0.4, steps=2, schedule="exponential", final_lr_fraction=0.25)
    assert found == pytest.approx([0.4, 0.2, 0.1, 0.05])


def test_a_recipe_bounds_the_gradient():
    _, free = rates(rate=0.1)
    _, bound = rates(rate=0.1, clip=0.01)
    assert min(free) > 0.01
    assert bound == pytest.approx([0.001] * 4, rel=1e-3)
