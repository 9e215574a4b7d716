"""Intervals hold what they promise, and claims get the word that their interval supports."""

import numpy as np
import pytest

from successors.evaluation import estimates
from successors.evaluation.estimates import FAILS, HOLDS, OPEN, MeanInterval


def run(right, fold=None):
    """Return a training as `training_job.job` records it, as far as it matters here."""
    options = {} if fold is None else {"fold": fold}
    return {
        "order": {"settings": {"options": options}},
        "right": "".join(str(int(hit)) for hit in right),
        "score": float(np.mean(right)),
        "parameters": 1,
        "multiply_adds": 2,
    }


def test_one_training_has_no_interval_and_decides_nothing():
    about = estimates.share([run([1, 1, 1, 0])])
    assert about == MeanInterval(value=0.75)
    assert about.above(0.1) == about.below(0.9) == OPEN
    assert about.as_mapping() == {"value": 0.75, "interval": None}
    assert estimates.as_text(about.as_mapping()) == "75.0 % (-)"


@pytest.mark.parametrize(
    ("low", "high", "word"), [(0.5, 0.6, HOLDS), (0.4, 0.6, OPEN), (0.3, 0.5, OPEN), (0.3, 0.49, FAILS)]
)
def test_a_claim_holds_only_if_its_whole_interval_is_on_its_side(low, high, word):
    about = MeanInterval(value=(low + high) / 2, low=low, high=high)
    assert about.above(0.5) == word
    assert MeanInterval(value=-about.value, low=-high, high=-low).below(-0.5) == word


def test_equal_answers_are_not_ahead():
    same = [run([1, 0, 1, 1])] * 5
    ahead = estimates.lead(same, same)
    assert (ahead.value, ahead.low, ahead.high) == (0, 0, 0)
    assert ahead.above(0.0, strictly=True) == OPEN
    assert ahead.above(-0.02) == HOLDS


def test_shares_stay_between_nought_and_one():
    rng = np.random.default_rng(0)
    runs = [run(rng.random(20) < 0.97) for _ in range(5)]
    about = estimates.share(runs)
    assert 0 < about.low < about.value < about.high < 1
    always = estimates.share([run([1] * 20)] * 5)
    assert 0.7 < always.low < always.high == 1, "twenty stimuli, all right, are not certainty"


def test_a_lead_is_paired_stimulus_by_stimulus():
    rng = np.random.default_rng(0)
    hard = rng.random(400) < 0.5  # half of the stimuli are read by neither
    better = [run(~hard & (rng.random(400) < 0.98)) for _ in range(5)]
    worse = [run(~hard & (rng.random(400) < 0.90)) for _ in range(5)]
    ahead = estimates.lead(better, worse)
    assert ahead.above(0.0, strictly=True) == HOLDS
    # Each on its own varies by which stimuli are hard, so that their intervals overlap.
    assert estimates.share(better).low < estimates.share(worse).high


def test_folds_are_compared_fold_by_fold():
    rng = np.random.default_rng(1)
    level = [0.95, 0.6, 0.9, 0.8, 0.99]  # one fold has a hard face
    better = [run(rng.random(3000) < p, fold=k) for k, p in enumerate(level)]
    worse = [run(rng.random(3000) < p - 0.03, fold=k) for k, p in enumerate(level)]
    assert estimates.lead(better, worse).above(0.0, strictly=True) == HOLDS
    assert estimates.share(worse).high - estimates.share(worse).low > 0.2


def test_growth_is_the_difference_of_two_leads():
    rng = np.random.default_rng(2)

    def runs(p):
        return [run(rng.random(2000) < p, fold=k) for k in range(5)]

    few, many = (runs(0.9), runs(0.7)), (runs(0.97), runs(0.96))
    assert estimates.growth(many, few).value == pytest.approx(
        estimates.lead(*few).value - estimates.lead(*many).value, abs=1e-12
    )
    assert estimates.growth(many, few).above(0.0, strictly=True) == HOLDS
    assert estimates.growth(few, many).above(0.0, strictly=True) == FAILS


@pytest.mark.parametrize("folds", [False, True])
@pytest.mark.parametrize(("seeds", "stimuli"), [(0.5, 0.5), (0.6, 0.0), (0.0, 1.5)])
def test_intervals_cover_the_truth_as_often_as_they_say(folds, seeds, stimuli):
    """Draw trainings and stimuli that differ in level, and count how often the interval holds the true score."""
    rng = np.random.default_rng(0)
    truth = np.mean(_logistic(1.5 + np.hypot(seeds, stimuli) * rng.standard_normal(400_000)))
    held = alone = 0
    trials = 400
    for _ in range(trials):
        training = seeds * rng.standard_normal((5, 1))
        asked = stimuli * rng.standard_normal((5 if folds else 1, 60))
        right = rng.random((5, 60)) < _logistic(1.5 + training + asked)
        about = estimates.share([run(row, fold=k if folds else None) for k, row in enumerate(right)])
        held += about.low <= truth <= about.high
        rows = estimates.mean(right.mean(axis=1).tolist())
        alone += rows.low <= truth <= rows.high
    assert held / trials >= 0.92
    if stimuli > 1 and not folds:
        assert alone / trials < 0.9  # an interval over the seeds alone misses that the same stimuli were asked


def _logistic(x):
    return 1 / (1 + np.exp(-x))


def of_a_set(score):
    """Return a training whose score is one of all answers together."""
    return run([1, 0, 1, 1]) | {"together": True, "score": score}


def test_where_answers_are_judged_together_only_the_seeds_vary():
    about = estimates.share([of_a_set(s) for s in (0.5, 0.6, 0.7)])
    half = 4.30 * 0.1 / 3**0.5  # Student's t of two degrees of freedom
    assert (about.value, about.low, about.high) == pytest.approx((0.6, 0.6 - half, 0.6 + half), rel=1e-5)
    about = estimates.share([of_a_set(s) for s in (0.1, 0.6, 0.9)])
    assert (about.low, about.high) == (0, 1)
    assert estimates.share([of_a_set(0.6)]) == MeanInterval(value=0.6)
    ahead = estimates.lead([of_a_set(s) for s in (0.5, 0.6, 0.7)], [of_a_set(s) for s in (0.1, 0.2, 0.3)])
    assert (ahead.value, ahead.low, ahead.high) == pytest.approx((0.4, 0.4, 0.4))
