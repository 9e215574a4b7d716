"""The ladder of proof over the whole timeline; `pytest -m training` trains every system anew as well."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from marki.config import setting
from marki.errors import MarkIError
from marki.intervals import student
from marki.io.ports import Port
from successors import registry
from successors.evaluation import verify
from successors.model_card import Trial
from successors.nn.layers import Linear
from successors.nn.learner import ByGradient
from successors.nn.losses import mean_squared_error
from successors.nn.network import Network
from successors.nn.recipe import NetworkConfig, Recipe
from successors.nn.rivals import RivalNetwork, Rivals
from successors.nn.tensor import Tensor
from successors.training import training_job

NAMES = registry.names()


def cost(name):
    """Return how long a training took that is on record, s."""
    found = (registry.metrics(name) or {}).get("cost", {})
    return found.get("processor_seconds", found.get("seconds", 0))


# The one that costs most first: each part of them has its share, and none is begun when all others are done.
DEAREST_FIRST = sorted(NAMES, key=cost, reverse=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", DEAREST_FIRST)
def test_every_rung_holds(name):
    rungs = list(verify.climb(name))
    assert not [f"{rung.name}: {rung.found}" for rung in rungs if rung.failed]
    assert len(rungs) > 6


@pytest.mark.training
@pytest.mark.parametrize("name", DEAREST_FIRST)
def test_a_training_anew_gives_the_score_on_record(name, tmp_path):
    trial = registry.find(name).entry.trials[0]
    order = training_job.training(name, trial.task, options=trial.options, changes=trial.changes)
    (order,) = training_job.seeded(order, [0])
    found = training_job.train(order, tmp_path)
    metrics = registry.metrics(name)
    if found["digest"] == metrics["digests"]["0"]:
        return
    # Sums are rounded otherwise on another kind of processor, and a long training goes another way then: at most as far
    # as another seed does, by the seeds on record.
    scores = metrics["trials"][0]["seeds"]
    spread = student(len(scores) - 1) * np.std(list(scores.values()), ddof=1) * (1 + 1 / len(scores)) ** 0.5
    assert found["score"] == pytest.approx(scores["0"], abs=max(0.02, min(spread, 0.1)))


@dataclass(frozen=True, kw_only=True)
class PairConfig(NetworkConfig):
    """Settings of two layers: rivals, or stages."""

    recipe: Recipe = setting(Recipe(stages=(0.5, 0.5)), "How they are trained")


class TwoRivals(RivalNetwork):
    """A layer that makes pictures of noise, and one that judges them."""

    noise = 3

    def __init__(self, config, rng):
        super().__init__(config, rng)
        self.creator, self.critic = Linear(3, 400, rng), Linear(400, 1, rng)

    def make(self, stimuli, noise):
        return self.creator(Tensor(noise)).sigmoid().reshape(len(noise), 20, 20)

    def verdict(self, pictures, stimuli):
        return self.critic(pictures.flatten())[:, 0]


class TwoStages(Network):
    """A layer down and a layer up, trained one after the other; the first holds what it is compared with fixed."""

    held = False

    def __init__(self, config, rng):
        super().__init__(config, rng)
        self.down, self.up = Linear(400, 4, rng), Linear(4, 400, rng)

    def stage(self, number):
        part = ("down.", "up.")[number]
        return {n: p for n, p in self.parameters().items() if n.startswith(part)}

    def descends(self, number):
        return number == 1 or not self.held

    def forward(self, x):
        return self.up(self.down(x.flatten()).tanh())

    def judged(self, stimuli, targets):
        outputs = self(Tensor(stimuli))
        wanted = targets.reshape(len(targets), -1)
        if self.at_stage == 0 and self.held:
            wanted = wanted + outputs.data
        return stimuli, mean_squared_error(outputs, wanted)


def system(network, learner, **changes):
    """Return a system that is in no folder."""
    found = registry.find("hopfield")
    entry = replace(found.entry, network=network, retina=PairConfig(), learner=learner, small={}, **changes)
    return replace(found, entry=entry)


def two_rivals():
    trials = (Trial(task="imitate", options={"train": 40, "valid": 1, "test": 1}),)
    return system(TwoRivals, Rivals, accepts=Port.LAMPS, answers=Port.FIELD, trials=trials)


def bent(plain):
    """Return a loss whose gradient is a thousandth too great."""

    def run(self, *given):
        value = plain(self, *given)
        way_back = value._backward
        value._backward = lambda g: tuple(None if h is None else 1.001 * h for h in way_back(g))
        return value

    return run


def test_the_gradients_of_both_rivals_are_checked(monkeypatch):
    assert verify.gradients(two_rivals()).startswith("4 arrays")
    for loss in ("critic_loss", "creator_loss"):
        with monkeypatch.context() as patch:
            patch.setattr(TwoRivals, loss, bent(getattr(TwoRivals, loss)))
            with pytest.raises(MarkIError, match="central difference"):
                verify.gradients(two_rivals())


def test_lamps_are_shown_as_the_task_has_them():
    stimuli, targets = verify.few(two_rivals(), 4)
    assert (stimuli.shape, stimuli.dtype) == ((4, 8), bool)
    assert stimuli.any(axis=1).all()
    assert targets.shape == (4, 20, 20)


def test_the_gradients_of_every_stage_are_checked_but_of_one_that_holds_something_fixed(monkeypatch):
    trials = (Trial(task="restore"),)
    pair = system(TwoStages, ByGradient, accepts=Port.FIELD, answers=Port.FIELD, trials=trials)
    assert verify.gradients(pair).startswith("4 arrays")
    monkeypatch.setattr(TwoStages, "held", True)
    assert verify.gradients(pair).startswith("2 arrays")
    monkeypatch.setattr(TwoStages, "descends", lambda self, number: True)
    with pytest.raises(MarkIError, match="central difference"):
        verify.gradients(pair)


def test_every_stage_has_its_turn():
    trials = (Trial(task="restore"),)
    pair = system(TwoStages, ByGradient, accepts=Port.FIELD, answers=Port.FIELD, trials=trials)
    assert verify.moves(pair) == "4 arrays in 30 steps"
    assert np.isclose(sum(PairConfig().recipe.stages), 1)
