import numpy as np
import pytest

from marki.io.check_learner import check_learner
from successors import tasks
from successors.timeline.y2018_gpt import ENTRY, GPT, GPTConfig
from successors.training import loop

SMALL = {"width": 16, "hidden": 24, "heads": 2, "layers": 1}


def test_it_keeps_the_contract():
    deck = tasks.load("judge", train=12, valid=4, test=4)
    check_learner(lambda: ENTRY.create(changes=SMALL), stimuli=deck.train.stimuli, targets=deck.train.targets)


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_published_parameters():
    assert ENTRY.count(ENTRY.sizes["117M"].config) == 116_534_784


def test_study_learns_to_go_on_and_leaves_the_classes_alone():
    learner = ENTRY.create(changes=SMALL | {"recipe.pretrain_steps": 30, "recipe.pretrain_rate": 0.01})
    text = np.array(["The card A. The machine answered A: right."] * 4)
    head = learner.network.head.weight.data.copy()
    losses = []
    for _ in range(30):
        learner.pretrain(text)
        losses.append(learner.last_loss)
    assert losses[-1] < losses[0] / 2
    np.testing.assert_array_equal(learner.network.head.weight.data, head)


def test_fine_tuning_goes_on_with_the_text_as_well():
    deck = tasks.load("judge", train=12, valid=4, test=4)
    x, y = deck.train.stimuli, np.arange(12) % 2
    losses = []
    for share in (0.0, 0.5):
        net = GPT(GPTConfig(**SMALL, auxiliary=share), np.random.default_rng(0))
        losses.append(net.judged(x, y)[1].item())
    with_language = GPT(GPTConfig(**SMALL, auxiliary=0.5), np.random.default_rng(0)).pretrain(x).item()
    assert losses[1] == pytest.approx(losses[0] + 0.5 * with_language, rel=1e-4)


def test_a_longer_text_is_cut_off():
    net = GPT(GPTConfig(**SMALL, longest=8), np.random.default_rng(0))
    assert net.rows(["The machine answered, and the trainer was not pleased with it."]).shape == (1, 8)


def test_training_studies_first():
    deck = tasks.load("judge", train=12, valid=4, test=4)
    learner = ENTRY.create(
        changes=SMALL | {"recipe.pretrain_steps": 3, "recipe.steps": 2, "recipe.batch": 4, "recipe.eval_every": 5}
    )
    record = loop.train(learner, deck, learner.recipe)
    assert (record.steps, learner.step) == (5, 5)
