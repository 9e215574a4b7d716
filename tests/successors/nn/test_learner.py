"""What a recipe's shift and warp do to what a learner sees."""

from dataclasses import dataclass

import numpy as np
import pytest

from marki.config import Config, setting
from marki.errors import ConfigError, PortError
from marki.io.asked import asked
from marki.io.ports import Port
from marki.io.responses import binary_code, lamps
from marki.registers import fingerprint, restore, snapshot
from successors.nn.layers import Linear
from successors.nn.learner import ByGradient, ByRule
from successors.nn.losses import mean_squared_error
from successors.nn.network import Network
from successors.nn.recipe import Recipe
from successors.nn.tensor import Tensor
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


def test_the_mean_of_the_weights_answers_and_is_shipped():
    changes = {"recipe.average": 0.75}
    learner, plain = ByGradient(Seer, Toy().amend(changes)), ByGradient(Seer, Toy())
    wanted = {n: a.copy() for n, a in plain.weights().items()}
    for _ in range(4):
        for one in (learner, plain):
            one.reinforce(FRAMES, CODES)
        wanted = {n: 0.75 * a + 0.25 * plain.weights()[n] for n, a in wanted.items()}
    for name, a in wanted.items():
        np.testing.assert_allclose(learner.weights()[name], a, rtol=1e-5, atol=1e-7)
        assert np.array_equal(learner.network.state()[name], plain.weights()[name])
    mean = ByGradient(Seer, Toy())
    mean.load_weights(learner.weights())
    saved = snapshot(learner.registers())
    for seen, own in zip(learner.weigh(FRAMES), mean.weigh(FRAMES), strict=True):
        np.testing.assert_array_equal(seen, own)
    np.testing.assert_array_equal(learner.respond(FRAMES), mean.respond(FRAMES))
    assert fingerprint(snapshot(learner.registers())) == fingerprint(saved)
    assert {n for n in saved if n.startswith("average.")} == {"average.layer.weight", "average.layer.bias"}
    assert not [r.name for r in plain.registers() if r.name.startswith(("average.", "learner.noise"))]


class Stager(Seer):
    """Two layers, one trained after the other; the second begins as twice the identity, when its stage does."""

    def __init__(self, config, rng):
        super().__init__(config, rng)
        self.second, self._begun = Linear(config.classes, config.classes, rng), []

    def stage(self, number):
        part = ("layer.", "second.")[number]
        return {n: p for n, p in self.parameters().items() if n.startswith(part)}

    def begin(self, number):
        self._begun.append(number)
        if number:
            self.second.weight.data[...] = 2 * np.eye(len(self.second.weight.data))

    def forward(self, x):
        x = super().forward(x)
        return self.second(x) if self.at_stage else x


def staged(**recipe):
    changes = {"recipe.steps": 8, "recipe.stages": (0.25, 0.75), "recipe.optimiser": "adam", "recipe.rate": 0.01}
    return ByGradient(Stager, Toy().amend(changes | {f"recipe.{k}": v for k, v in recipe.items()}))


def test_stages_train_their_own_parameters_in_turn():
    learner, moved, rates = staged(schedule="exponential", final_lr_fraction=0.25), [], []
    for rule in learner.optimisers:
        step = rule.step
        rule.step = lambda rate, step=step: (rates.append(rate), step(rate))
    for _ in range(8):
        before = {n: a.copy() for n, a in learner.weights().items()}
        learner.reinforce(FRAMES, CODES)
        moved.append({n.split(".")[0] for n, a in learner.weights().items() if not np.array_equal(a, before[n])})
    assert moved == [{"layer"}] * 2 + [{"second"}] * 6
    assert learner.network._begun == [0, 1]
    assert all(p.grad is None and p.requires_grad for p in learner.network.parameters().values())
    assert rates == pytest.approx(
        [0.01 * 0.25 ** (k / 2) for k in range(2)] + [0.01 * 0.25 ** (k / 6) for k in range(6)]
    )
    # Each has an optimiser of its own, whose means begin with its stage.
    assert [int(rule.steps[0]) for rule in learner.optimisers] == [2, 6]
    names = {r.name for r in learner.registers()}
    assert {"optimiser0.mean.layer.weight", "optimiser1.square.second.bias"} <= names
    assert "optimiser1.mean.layer.weight" not in names


def test_a_stage_begins_where_it_was_prepared():
    learner = staged()
    for _ in range(2):
        learner.reinforce(FRAMES, CODES)
    learner.reinforce(FRAMES, CODES)
    # One step of Adam is as long as the rate.
    assert learner.network.second.weight.data == pytest.approx(2 * np.eye(3), abs=0.0101)


@pytest.mark.parametrize("stop", [1, 2, 5])
def test_a_training_in_stages_goes_on_from_its_registers(stop):
    whole, part = staged(average=0.9), staged(average=0.9)
    for k in range(8):
        if k == stop:
            saved = snapshot(whole.registers())
        whole.reinforce(FRAMES, CODES)
    restore(part.registers(), saved)
    for _ in range(stop, 8):
        part.reinforce(FRAMES, CODES)
    assert fingerprint(snapshot(part.registers())) == fingerprint(snapshot(whole.registers()))


def test_stages_of_a_recipe():
    recipe = Recipe(steps=100, pretrain_steps=10, stages=(0.2, 0.3, 0.5))
    assert [recipe.stage_at(k) for k in (10, 29, 30, 59, 60, 109, 500)] == [
        (0, 10, 20), (0, 10, 20), (1, 30, 30), (1, 30, 30), (2, 60, 50), (2, 60, 50), (2, 60, 50),
    ]  # fmt: skip
    assert Recipe(steps=7).stage_at(3) == (0, 0, 7)
    for wrong in ((0.5, 0.4), (0.0, 1.0), (1.5, -0.5)):
        with pytest.raises(ConfigError, match="whose sum is 1"):
            Recipe(stages=wrong)
    for name in ("beta1", "beta2", "average"):
        with pytest.raises(ConfigError, match=f"Recipe.{name}"):
            Recipe(**{name: 1.0})


def test_the_betas_of_a_recipe_are_those_of_adam():
    learner = ByGradient(Seer, Toy().amend({"recipe.optimiser": "adam", "recipe.beta1": 0.5, "recipe.beta2": 0.99}))
    assert learner.optimiser.betas == (0.5, 0.99)
    recipe = Recipe(rate=0.4, critic_rate=0.1, steps=2, schedule="exponential", final_lr_fraction=0.25)
    assert [recipe.critic_rate_at(k) for k in range(3)] == pytest.approx([0.1, 0.05, 0.025])
    assert Recipe(rate=0.4).critic_rate_at(1) == 0.4


def test_pictures_with_questions_are_stimuli():
    class Listener(Seer):
        def outputs(self, stimuli):
            loud = np.char.str_len(stimuli["text"])[:, None]
            return super().outputs(stimuli["frame"]) * (loud > 3)

        def judged(self, stimuli, targets):
            outputs = self(Tensor(stimuli["frame"]))
            return self.decide(outputs.data), self.loss(outputs, targets)

    learner = ByGradient(Listener, Toy(), accepts=Port.ASKED)
    pairs = asked(FRAMES, np.array(["how many", "eh"] * 6))
    before = learner.respond(pairs)
    assert before.shape == (12, 8)
    assert np.array_equal(before[1::2], np.repeat(lamps(binary_code(3))[:1], 6, 0))
    learner.reinforce(pairs, CODES)
    assert learner.step == 1
    with pytest.raises(PortError, match="asked port: expected pictures with questions"):
        learner.respond(FRAMES)
    assert learner.respond(pairs[:0]).shape == (0, 8)


def test_frames_are_disturbed_in_training_unless_the_answer_is_a_field():
    seen = []

    class Watched(Seer):
        def judged(self, stimuli, targets):
            seen.append(stimuli["frame"].copy() if stimuli.dtype.names else stimuli.copy())
            return targets.copy(), self(Tensor(seen[-1])).mean()

        def outputs(self, stimuli):
            return super().outputs(stimuli["frame"] if stimuli.dtype.names else stimuli)

    pairs, texts = asked(FRAMES, np.array(["a"] * 12)), np.array(["b"] * 12)
    kept = pairs["frame"].copy()
    for accepts, answers, targets, moves in (
        (Port.FRAME, Port.TEXT, texts, True),
        (Port.ASKED, Port.TEXT, texts, True),
        (Port.ASKED, Port.FIELD, FRAMES, False),
    ):
        learner = ByGradient(Watched, Toy().amend({"recipe.shift": 2}), accepts=accepts, answers=answers)
        learner.reinforce(FRAMES if accepts is Port.FRAME else pairs, targets)
        assert np.array_equal(seen[-1], FRAMES) != moves
    assert np.array_equal(pairs["frame"], kept)  # what was given stays as it was


def test_a_network_stands_on_another_one_also_after_a_reset():
    class Standing(Seer):
        def stand_on(self, foundation):
            self._below = foundation

    below, learner = Seer(Toy(), np.random.default_rng(0)), ByGradient(Standing, Toy())
    learner.stand_on(below)
    assert learner.network._below is below
    learner.reset(3)
    assert learner.network._below is below
    assert set(learner.weights()) == set(ByGradient(Seer, Toy()).weights())


def test_a_network_is_told_how_far_its_stage_has_come():
    told = []

    class Told(Seer):
        def judged(self, stimuli, targets):
            told.append((self.at_stage, self.progress))
            return super().judged(stimuli, targets)

    learner = ByGradient(Told, Toy().amend({"recipe.steps": 6, "recipe.stages": (1 / 3, 2 / 3)}))
    for _ in range(6):
        learner.reinforce(FRAMES, CODES)
    assert told == [(0, 0.0), (0, 0.5), (1, 0.0), (1, 0.25), (1, 0.5), (1, 0.75)]
