import itertools
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marki.config import Config, setting
from marki.errors import StateError
from marki.io.ports import Port
from marki.io.responses import lamps
from marki.registers import fingerprint, snapshot
from successors import registry, tasks
from successors.nn.layers import Dropout, Linear
from successors.nn.learner import ByGradient
from successors.nn.network import Network
from successors.nn.optimiser import Diverged
from successors.nn.recipe import Recipe
from successors.tasks import Deck, Split, scene_pictures
from successors.tasks.scene_words import told
from successors.training import loop


@dataclass(frozen=True, kw_only=True)
class Toy(Config):
    classes: int = setting(2, "Classes")
    thin: float = setting(0.2, "Dropout")
    recipe: Recipe = setting(Recipe(batch=10, steps=60, eval_every=10, rate=0.2, momentum=0.5), "How it is trained")


class Net(Network):
    def __init__(self, config, rng):
        super().__init__(config, rng)
        self.first, self.second = Linear(400, 8, rng), Linear(8, config.classes, rng)
        self.thin = Dropout(config.thin)

    def forward(self, x):
        return self.second(self.thin(self.first(x.flatten()).tanh()))


def toy(seed=0, **recipe):
    config = Toy().amend({f"recipe.{k}": v for k, v in recipe.items()})
    return ByGradient(Net, config, seed=seed)


@pytest.fixture(scope="module")
def deck():
    """Light on the left or on the right half, with noise."""
    rng = np.random.default_rng(0)

    def part(count):
        kinds = (np.arange(count) % 2).astype(np.int16)
        stimuli = rng.random((count, 20, 20), np.float32) * 0.6
        stimuli[kinds == 0, :, :10] += 0.4
        stimuli[kinds == 1, :, 10:] += 0.4
        return Split(stimuli=stimuli, targets=lamps(np.array([[False], [True]]))[kinds], kinds=kinds)

    code = lamps(np.array([[False], [True]]))
    parts = {"train": part(100), "valid": part(40), "test": part(40)}
    return Deck(task="two_class", accepts=Port.FRAME, answers=Port.LAMPS, classes=("L", "R"), code=code, **parts)


def test_it_learns_and_ends_at_its_best(deck):
    learner = toy(stop_at_score=1.0)
    before = loop.evaluate(learner, deck, deck.test)
    record = loop.train(learner, deck, learner.recipe)
    assert record.best == max(row[2] for row in record.curve) > 0.95
    assert loop.evaluate(learner, deck, deck.valid) == record.best
    assert loop.evaluate(learner, deck, deck.test) > max(before, 0.9)
    assert record.shown == record.steps * 10


def test_the_test_set_has_no_say_in_a_training(deck):
    ways = []
    for other in (deck, replace(deck, test=replace(deck.test, targets=~deck.test.targets))):
        learner = toy(stop_at_score=1.0)
        record = loop.train(learner, other, learner.recipe)
        ways.append((record.curve, record.best_step, fingerprint(snapshot(learner.registers()))))
    assert ways[0] == ways[1]


def test_a_stop_and_a_resumption_change_nothing(deck, tmp_path):
    whole = toy(stop_at_score=2)
    record = loop.train(whole, deck, whole.recipe, seed=3)

    class Stop(Exception):
        pass

    def stop(steps, score):
        if steps >= 20:
            raise Stop

    file = tmp_path / "state.npz"
    halted = toy(stop_at_score=2)
    with pytest.raises(Stop):
        loop.train(halted, deck, halted.recipe, seed=3, checkpoint=file, on_evaluation=stop)
    resumed = toy(seed=9, stop_at_score=2)
    again = loop.train(resumed, deck, resumed.recipe, seed=3, checkpoint=file, resume=True)
    assert fingerprint(snapshot(resumed.registers())) == fingerprint(snapshot(whole.registers()))
    assert again.curve == record.curve


def test_a_file_of_another_training_is_refused(deck, tmp_path):
    file = tmp_path / "state.npz"
    learner = toy(steps=10)
    loop.train(learner, deck, learner.recipe, checkpoint=file)
    other = toy(steps=20)
    with pytest.raises(StateError, match="another training"):
        loop.train(other, deck, other.recipe, checkpoint=file, resume=True)
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(StateError, match="cannot be read"):
        loop.train(learner, deck, learner.recipe, checkpoint=file, resume=True)


def test_a_diverging_loss_stops_with_the_last_good_state_saved(deck, tmp_path):
    file = tmp_path / "state.npz"
    learner = toy(stop_at_score=2)
    steps = itertools.count()
    step = learner._learn

    def spoilt(stimuli, targets, rng):
        if next(steps) == 35:
            learner.network.second.weight.data[:] = np.float32(3e38)
        return step(stimuli, targets, rng)

    learner._learn = spoilt
    with pytest.raises(Diverged, match=r"best state, after \d+ steps, is in .*state.npz"), np.errstate(all="ignore"):
        loop.train(learner, deck, learner.recipe, checkpoint=file)
    assert all(np.isfinite(a).all() for a in learner.weights().values())
    saved, _ = loop.read_arrays(file)
    assert all(np.isfinite(a).all() for a in saved.values())
    assert np.array_equal(saved["live.network.first.weight"], learner.weights()["first.weight"])
    assert loop.evaluate(learner, deck, deck.valid) > 0.7


def test_a_look_after_each_step_changes_nothing_and_can_end_it(deck):
    alone = toy()
    record = loop.train(alone, deck, alone.recipe, seed=3)
    watched, seen = toy(), []

    def look(record, right):
        watched.respond(deck.test.stimuli[:3])
        seen.append((record.steps, right))
        return True

    again = loop.train(watched, deck, watched.recipe, seed=3, on_step=look)
    assert fingerprint(snapshot(watched.registers())) == fingerprint(snapshot(alone.registers()))
    assert again.curve == record.curve
    assert [steps for steps, _ in seen] == list(range(1, record.steps + 1))
    rights = [right for _, right in seen[: watched.recipe.eval_every]]
    assert record.curve[0][1] == pytest.approx(sum(rights) / len(rights))
    ended = toy(stop_at_score=2.0)
    record = loop.train(ended, deck, ended.recipe, seed=3, on_step=lambda record, right: record.steps < 15)
    assert (record.steps, record.best_step, ended.step) == (15, 10, 15), "it stays as it is, not as it was best"


def test_patience_ends_a_training_that_gets_no_better(deck):
    learner = toy(rate=0.0, steps=60, patience=2)
    record = loop.train(learner, deck, learner.recipe)
    assert record.best_step == 10
    assert record.steps == 30


@given(count=st.integers(1, 50), size=st.integers(1, 120), first=st.integers(0, 30))
def test_batches_show_all_before_any_is_shown_again(count, size, first):
    stream = np.concatenate(list(itertools.islice(loop.batches(count, size, 5), first + 8)))
    rounds = stream[: len(stream) // count * count].reshape(-1, count)
    assert (np.sort(rounds, axis=1) == np.arange(count)).all()
    later = next(loop.batches(count, size, 5, first=first))
    assert np.array_equal(later, stream[first * size : (first + 1) * size])


def test_every_round_has_an_order_of_its_own():
    rounds = list(itertools.islice(loop.batches(30, 30, 5), 4))
    assert len({tuple(r.tolist()) for r in rounds}) == 4
    assert not np.array_equal(rounds[0], next(loop.batches(30, 30, 6)))


def test_a_training_that_stopped_while_studying_goes_on(tmp_path):
    deck = tasks.load("judge", train=12, valid=4, test=4)
    changes = {"width": 16, "hidden": 24, "heads": 2, "layers": 1, "recipe.pretrain_steps": 6, "recipe.steps": 4}
    changes |= {"recipe.batch": 4, "recipe.eval_every": 2, "recipe.stop_at_score": 2.0}

    def learner():
        return registry.find("gpt").entry.create(changes=changes)

    whole, stopped, resumed = learner(), learner(), learner()
    loop.train(whole, deck, whole.recipe)
    file = tmp_path / "run.npz"
    loop.train(stopped, deck, stopped.recipe, checkpoint=file, on_step=lambda record, right: record.steps < 4)
    record = loop.train(resumed, deck, resumed.recipe, checkpoint=file, resume=True)
    assert record.steps == 10
    assert fingerprint(snapshot(resumed.registers())) == fingerprint(snapshot(whole.registers()))


def test_parts_set_aside_are_examined_beside_the_test():
    deck = tasks.load("caption", cache=False, train=1, valid=1, test=6, held=4)

    class Reader:
        """Says what the reader sees, but never of four scenes at once."""

        accepts, answers = Port.FRAME, Port.TEXT

        def respond(self, stimuli):
            said = [told(scene, "en") for scene in scene_pictures.read(stimuli)]
            return np.array(["" if len(said) == 4 and k < 3 else text for k, text in enumerate(said)])

    exam = loop.examine(Reader(), deck, deck.test)
    assert exam.score == 1
    assert exam.also["held-out combinations"] == 0.25
    assert exam.also["sentences"] == 1
