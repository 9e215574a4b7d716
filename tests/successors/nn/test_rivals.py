"""Rivals: who learns when, from what, at which rate; and that a training that is stopped goes on to the same digest."""

from dataclasses import dataclass

import numpy as np
import pytest

from marki.config import setting
from marki.errors import PortError
from marki.io.check_learner import check_learner
from marki.io.ports import Port
from marki.io.responses import binary_code, lamps
from marki.registers import fingerprint, restore, snapshot
from successors.nn import dual
from successors.nn.labels import Labels
from successors.nn.layers import Dropout, Linear
from successors.nn.module import Module
from successors.nn.optimiser import Diverged
from successors.nn.penalties import r1
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.rivals import Duelling, RivalNetwork, Rivals
from successors.nn.tensor import Tensor, concatenate
from successors.tasks import Deck, Split
from successors.training import loop


@dataclass(frozen=True, kw_only=True)
class DuelConfig(NetworkConfig):
    classes: int = setting(3, "Classes")
    ends: int = setting(1_000, "Steps after which the critic stops learning")
    gamma: float = setting(0.0, "Weight of R1 at every second step")
    recipe: Recipe = setting(
        Recipe(batch=16, steps=40, eval_every=20, optimiser="adam", rate=0.01, critic_rate=0.002, beta1=0.5),
        "How it is trained",
    )


class Draughtsman(Module):
    def __init__(self, rng):
        self.layer = Linear(7, 400, rng)

    def forward(self, x):
        return self.layer(x).sigmoid()


class Examiner(Module):
    def __init__(self, rng):
        self.layer, self.drop = Linear(403, 1, rng), Dropout(0.2)

    def forward(self, x):
        return self.layer(x)


class Duel(RivalNetwork):
    """The smallest rivals: a linear layer each; lamps as one of three."""

    noise = 4

    def __init__(self, config, rng):
        super().__init__(config, rng)
        self.creator, self.critic = Draughtsman(rng), Examiner(rng)
        self._labels = Labels(config.classes)

    def _asked(self, stimuli, dtype):
        kinds = self._labels.asked(stimuli)
        return np.where(kinds[:, None] < 0, 1 / 3, np.eye(3)[kinds]).astype(dtype)

    def make(self, stimuli, noise):
        hot = self._asked(stimuli, noise.dtype)
        return self.creator(Tensor(np.concatenate([noise, hot], 1))).reshape(len(noise), 20, 20)

    def verdict(self, pictures, stimuli):
        dropped = self.critic.drop(pictures.flatten())
        return self.critic(concatenate([dropped, Tensor(self._asked(stimuli, pictures.dtype))], 1))[:, 0]

    def critic_penalty(self, step, real, stimuli):
        if not self.config.gamma or step % 2:
            return None
        layer = self.critic.layer

        def judged(x):
            hot = Tensor(self._asked(stimuli, x.dtype))
            return dual.linear(dual.concatenate([x.reshape(len(x), 400), hot], 1), layer.weight, layer.bias)

        return r1(judged, real, layer.parameters().values()) * self.config.gamma

    def duels(self, step):
        return step < self.config.ends


RNG = np.random.default_rng(0)
CODES = lamps(binary_code(3))[np.arange(24) % 3]
REAL = (RNG.random((24, 20, 20)) < 0.2 + 0.3 * (np.arange(24) % 3)[:, None, None]).astype(np.float32)
NAMES = ("creator.layer.weight", "creator.layer.bias", "critic.layer.weight", "critic.layer.bias")


def duel(seed=0, network=Duel, **changes):
    config = DuelConfig().amend({k.replace("__", "."): v for k, v in changes.items()})
    return Rivals(network, config, accepts=Port.LAMPS, answers=Port.FIELD, seed=seed)


def state(learner):
    return fingerprint(snapshot(learner.registers()))


def moved(learner, before):
    return {n for n, a in learner.network.state().items() if not np.array_equal(a, before[n])}


def test_rivals_keep_the_contract():
    check_learner(duel, stimuli=CODES[:6], targets=REAL[:6])
    check_learner(lambda: duel(recipe__average=0.9, gamma=1.0), stimuli=CODES[:6], targets=REAL[:6])


def test_a_step_moves_both_and_a_critic_that_has_ended_stays():
    learner = duel(ends=1)
    before = {n: a.copy() for n, a in learner.network.state().items()}
    learner.reinforce(CODES, REAL)
    assert moved(learner, before) == set(NAMES)
    assert np.isfinite([learner.critic_loss, learner.creator_loss]).all()
    before = {n: a.copy() for n, a in learner.network.state().items()}
    learner.reinforce(CODES, REAL)
    assert moved(learner, before) == set(NAMES[:2])
    assert np.isnan(learner.critic_loss)
    assert 0 <= learner.told <= 1


def test_each_learns_at_its_own_rate_and_the_first_step_of_adam_is_the_rate():
    learner = duel()
    before = {n: a.copy() for n, a in learner.network.state().items()}
    learner.reinforce(CODES, REAL)
    after = learner.network.state()
    for name, rate in (("creator.layer.bias", 0.01), ("critic.layer.bias", 0.002)):
        assert np.abs(after[name] - before[name]).max() == pytest.approx(rate, rel=1e-3)
    assert learner.creator.betas == learner.critic.betas == (0.5, 0.999)
    plain = duel(recipe__critic_rate=0.0)
    before = plain.network.critic.layer.bias.data.copy()
    plain.reinforce(CODES, REAL)
    assert np.abs(plain.network.critic.layer.bias.data - before).max() == pytest.approx(0.01, rel=1e-3)


def test_no_gradient_of_the_creators_loss_reaches_the_critic_or_the_other_way_round():
    learner = duel()
    learner.reinforce(CODES, REAL)
    assert all(p.grad is None for p in learner.network.parameters().values())
    assert all(p.requires_grad for p in learner.network.parameters().values())


def test_told_is_the_share_of_pictures_that_the_critic_told_rightly():
    class Certain(Duel):
        def verdict(self, pictures, stimuli):
            return super().verdict(pictures, stimuli) * 0.0 + self._certain

        _certain = 1.0

    learner = duel(network=Certain)
    learner.reinforce(CODES, REAL)
    assert (learner.told_real, learner.told_made, learner.told) == (1, 0, 0.5)
    Certain._certain = -1.0
    learner.reinforce(CODES, REAL)
    assert (learner.told_real, learner.told_made, learner.told) == (0, 1, 0.5)
    assert isinstance(learner, Duelling)


def test_the_losses_are_those_of_the_paper():
    network = duel().network
    real, made = Tensor(np.array([np.log(3), 0])), Tensor(np.array([0.0, -np.log(3)]))
    # D of real: 3/4, 1/2; of made: 1/2, 1/4.
    wanted = -(np.log(3 / 4) + np.log(1 / 2)) / 2 - (np.log(1 / 2) + np.log(3 / 4)) / 2
    assert network.critic_loss(real, made).item() == pytest.approx(wanted)
    assert network.creator_loss(made).item() == pytest.approx(-(np.log(1 / 2) + np.log(1 / 4)) / 2)


def test_a_penalty_joins_the_critics_loss_at_its_steps():
    plain, bound = duel(), duel(gamma=3.0)
    for step in range(2):
        for learner in (plain, bound):
            learner.reinforce(CODES, REAL)
        if not step:
            # The first verdicts are the same, so that the losses differ by the penalty alone: half the squared weights.
            weights = duel().network.critic.layer.weight.data[0, :400]
            assert bound.critic_loss - plain.critic_loss == pytest.approx(1.5 * (weights**2).sum(), rel=1e-4)
    assert state(plain) != state(bound)


def test_a_call_gives_the_same_pictures_again_and_equal_questions_different_ones():
    learner = duel()
    same = np.repeat(CODES[:1], 300, 0)
    first = learner.respond(same)
    assert np.array_equal(first, learner.respond(same))
    assert len({p.tobytes() for p in first}) == 300
    assert np.array_equal(learner.respond(same[:5]), first[:5])
    assert np.array_equal(learner.respond(same[:280])[260:], first[260:280])
    assert not np.array_equal(duel(seed=1).respond(same[:5]), first[:5])


def test_the_noise_of_the_first_answer_can_be_turned():
    learner = duel()
    before, names = learner.respond(CODES), {r.name for r in learner.registers()}
    assert "learner.noise" in names
    kept, whole = learner.noise.copy(), state(learner)
    learner.noise[2] += 1.5
    after = learner.respond(CODES)
    assert not np.array_equal(after[0], before[0])
    assert np.array_equal(after[1:], before[1:])
    assert state(learner) != whole
    learner.noise[:] = kept
    assert np.array_equal(learner.respond(CODES), before)
    saved = snapshot(learner.registers())
    learner.noise[:] = 0
    restore(learner.registers(), saved)
    assert state(learner) == whole


def test_all_dark_means_any_and_other_codes_are_refused():
    learner = duel()
    dark = np.zeros((2, 8), bool)
    assert learner.respond(dark).shape == (2, 20, 20)
    assert learner.respond(dark[0]).shape == (1, 20, 20)
    learner.reinforce(dark, REAL[:2])
    before = state(learner)
    wrong = dark.copy()
    wrong[1, 5] = True
    for stimuli, targets, said in (
        (wrong, REAL[:2], r"stimulus 1 lights R\[6\], the code of no class"),
        (dark[:, :7], REAL[:2], "expected bool"),
        (dark.astype(float), REAL[:2], "expected bool"),
        (CODES[:2], REAL[:3], "3 targets for 2"),
        (CODES[:2], REAL[:2] + 2, "light levels"),
    ):
        with pytest.raises(PortError, match=said):
            learner.reinforce(stimuli, targets)
        assert state(learner) == before
    assert len(learner.respond(dark[:0])) == len(learner.reinforce(dark[:0], REAL[:0])) == 0


def test_the_mean_of_the_weights_answers_and_is_shipped():
    learner = duel(recipe__average=0.5)
    plain = duel()
    for _ in range(3):
        mean = {n: a.copy() for n, a in learner.average.values.items()}
        learner.reinforce(CODES, REAL)
        plain.reinforce(CODES, REAL)
        for n, a in learner.average.values.items():
            np.testing.assert_allclose(a, (mean[n] + plain.network.state()[n]) / 2, rtol=1e-5, atol=1e-7)
    # The training itself is the same; only who answers is not.
    assert all(np.array_equal(a, plain.network.state()[n]) for n, a in learner.network.state().items())
    shipped = learner.weights()
    assert set(shipped) == set(NAMES)
    assert not np.array_equal(shipped["creator.layer.weight"], plain.weights()["creator.layer.weight"])
    assert np.array_equal(shipped["critic.layer.weight"], plain.weights()["critic.layer.weight"])
    before = state(learner)
    drawn = learner.respond(CODES)
    assert state(learner) == before
    assert not np.array_equal(drawn, plain.respond(CODES))
    other = duel(recipe__average=0.5)
    other.load_weights(shipped)
    assert np.array_equal(other.respond(CODES), drawn)


def deck():
    part = Split(stimuli=CODES, targets=REAL, kinds=np.arange(24, dtype=np.int16) % 3)
    return Deck(
        task="draw", accepts=Port.LAMPS, answers=Port.FIELD, classes=("a", "b", "c"), code=np.zeros((0, 8), bool),
        train=part, valid=part, test=part,
    )  # fmt: skip


def test_a_training_that_is_stopped_goes_on_to_the_same_digest(tmp_path):
    cards, file = deck(), tmp_path / "state.npz"

    def learner():
        return duel(recipe__average=0.9, gamma=1.0, recipe__stop_at_score=2.0)

    whole, stopped, resumed = learner(), learner(), learner()
    record = loop.train(whole, cards, whole.recipe)
    told = []

    def stop(seen, accuracy):
        told.append(accuracy)
        assert accuracy == pytest.approx(stopped.told)
        return seen.steps < 25

    loop.train(stopped, cards, stopped.recipe, checkpoint=file, on_step=stop)
    again = loop.train(resumed, cards, resumed.recipe, checkpoint=file, resume=True)
    assert state(resumed) == state(whole)
    assert again.curve == record.curve
    assert record.curve[0][1] == pytest.approx(np.mean(told[:20]))
    assert record.losses == []


def test_an_examination_asks_for_all_pictures_in_one_call():
    # The noise follows from the number in the call: in two calls, some would be drawn twice.
    learner, asked = duel(), []
    many = Split(stimuli=np.tile(CODES, (13, 1)), targets=np.tile(REAL, (13, 1, 1)), kinds=np.zeros(312, np.int16))
    respond = learner.respond
    learner.respond = lambda stimuli: (asked.append(len(stimuli)), respond(stimuli))[1]
    loop.evaluate(learner, deck(), many)
    assert asked == [312]


def test_a_loss_that_is_no_number_ends_the_training():
    learner = duel()
    learner.network.critic.layer.weight.data[:] = np.nan
    before = learner.network.creator.layer.weight.data.copy()
    with pytest.raises(Diverged, match="the loss is nan at step 0"):
        learner.reinforce(CODES, REAL)
    assert np.array_equal(learner.network.creator.layer.weight.data, before)
    assert learner.step == 0
