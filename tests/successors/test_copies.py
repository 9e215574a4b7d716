"""Every learner of the timeline can be copied and pickled; its copies learn on as it does."""

import copy
import pickle

import numpy as np
import pytest

from marki.registers import fingerprint, snapshot
from successors import registry

WAYS = {"copied": copy.deepcopy, "pickled": lambda thing: pickle.loads(pickle.dumps(thing))}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
READERS = ("mlp", "lenet5", "resnet", "vit")
"""Some that read frames, for which no deck need be drawn: with a plain step, convolutions, running means, attention."""


def state(learner):
    return fingerprint(snapshot(learner.registers()))


@pytest.mark.parametrize("name", registry.names())
@ways
def test_a_copy_has_the_same_state_in_arrays_of_its_own(name, way):
    learner = registry.find(name).entry.create(seed=1)
    other = way(learner)
    assert state(other) == state(learner)
    theirs = {id(r.array) for r in other.registers()}
    assert theirs.isdisjoint(id(r.array) for r in learner.registers())
    assert repr(other) == repr(learner)


def both_learn(learner, stimuli, targets, way):
    learner.reinforce(stimuli, targets)
    other = way(learner)
    for each in (learner, other):
        each.reinforce(stimuli, targets)
    assert state(other) == state(learner)
    assert np.array_equal(other.respond(stimuli), learner.respond(stimuli))


@pytest.mark.parametrize("name", READERS)
@ways
def test_a_copy_learns_on_as_the_learner_does(name, way):
    learner = registry.find(name).entry.create(seed=1)
    frames = np.random.default_rng(0).random((4, 20, 20), np.float32)
    both_learn(learner, frames, learner.labels.lamps(np.arange(4) % 2), way)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in registry.names() if name not in READERS])
def test_all_others_learn_on_as_they_do_too(name):
    entry = registry.find(name).entry
    deck = registry.sample(entry.trials[0])
    learner = entry.create(seed=1, changes=registry.settings(entry, entry.trials[0]))
    both_learn(learner, deck.train.stimuli[:1], deck.train.targets[:1], WAYS["pickled"])
