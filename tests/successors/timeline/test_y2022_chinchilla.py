import pytest

from marki.io.check_learner import check_learner
from successors import tasks
from successors.timeline.y2021_gopher import Gopher
from successors.timeline.y2022_chinchilla import ENTRY, PRINTED, REPLICATED, ScalingLaw, plan


def test_it_keeps_the_contract():
    deck = tasks.load("by_heart", documents=8, train=8, valid=6, test=6)
    make = {"width": 16, "heads": 2}
    check_learner(lambda: ENTRY.create(changes=make), stimuli=deck.train.stimuli, targets=deck.train.targets)


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_published_parameters_are_those_of_gophers_network():
    assert ENTRY.count(ENTRY.sizes["70B"].config) == 70_057_992_192
    assert ENTRY.sizes["70B"].agrees(70_057_992_192)
    assert ENTRY.network is Gopher


def test_the_law_by_hand():
    law = ScalingLaw(floor=1.0, a=8.0, alpha=0.5, b=27.0, beta=1.0)
    assert law.loss(16, 9) == pytest.approx(1 + 8 / 4 + 27 / 9)
    assert law.exponent == pytest.approx(2 / 3)
    weights, tokens = law.optimum(6e6)
    assert weights * tokens == pytest.approx(1e6)
    best = law.loss(weights, tokens)
    for factor in (0.9, 1.1):
        assert law.loss(weights * factor, tokens / factor) > best
    assert round(PRINTED.exponent, 2) == 0.45
    assert round(REPLICATED.exponent, 2) == 0.51


def test_rates_and_batches_fit_the_size_and_the_budget():
    small, large = plan(24, 1e11), plan(48, 1e11)
    assert (small["width"], small["heads"], large["heads"]) == (24, 3, 6)
    assert (
        small["recipe.batch"] * small["recipe.pretrain_steps"]
        > 3 * large["recipe.batch"] * large["recipe.pretrain_steps"]
    )
    assert small["recipe.pretrain_rate"] > large["recipe.pretrain_rate"]
    for width in (8, 16, 64):
        for budget in (3e9, 1e11):
            found = plan(width, budget)
            assert 4 <= found["recipe.batch"] <= 64
            assert found["recipe.pretrain_rate"] == pytest.approx(
                0.08 / width**0.5 * (found["recipe.batch"] / 20) ** 0.25, abs=1e-5
            )


def test_no_document_of_the_trial_is_read_twice():
    recipe = ENTRY.retina.recipe
    assert recipe.batch * recipe.pretrain_steps <= tasks.find("by_heart").config().documents
