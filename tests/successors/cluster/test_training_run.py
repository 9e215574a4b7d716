from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marki.errors import ConfigError
from successors.cluster import training_run
from successors.cluster.training_run import RunPlan, poisson, train, young

plans = st.builds(
    RunPlan,
    steps=st.integers(1, 60),
    step_us=st.integers(1, 50),
    every=st.integers(0, 20),
    save_us=st.integers(0, 60),
    restart_us=st.integers(0, 200),
)
moments = st.lists(st.integers(0, 5000), max_size=12)


@given(plans, moments, moments)
@settings(max_examples=300, deadline=None)
def test_more_failures_are_never_faster(plan, failures, more):
    assert train(plan, sorted(failures + more)).duration >= train(plan, sorted(failures)).duration


@given(plans, moments)
@settings(max_examples=100, deadline=None)
def test_time_is_accounted_for(plan, failures):
    report = train(plan, sorted(failures))
    assert report.duration == report.useful + report.lost + report.saving + report.restarting
    assert report.useful == plan.steps * plan.step_us
    assert min(report.lost, report.saving, report.restarting) >= 0
    if not report.failures:
        assert report.lost == report.restarting == 0
    assert report.failures <= len(set(failures))
    assert report.restarting <= report.failures * plan.restart_us


@given(plans)
def test_without_failures_there_is_work_and_checkpoints(plan):
    report = train(plan)
    assert report.checkpoints == ((plan.steps - 1) // plan.every if plan.every else 0)
    assert report.duration == plan.steps * plan.step_us + report.checkpoints * plan.save_us


def test_a_failure_undoes_what_was_not_saved():
    plan = RunPlan(steps=10, step_us=10, every=4, save_us=5, restart_us=20)
    report = train(plan, [60])  # 40 of work, saved at 45, 15 more
    assert (report.lost, report.restarting, report.checkpoints) == (15, 20, 2)
    assert report.duration == 100 + 15 + 20 + 10


def test_a_failure_while_it_saves_loses_the_checkpoint():
    plan = RunPlan(steps=10, step_us=10, every=4, save_us=5, restart_us=20)
    assert train(plan, [42]).lost == 42
    assert train(plan, [44]).lost == 44  # in its last microsecond
    assert train(plan, [45]).lost == 0  # it was complete


def test_a_failure_while_it_restarts_begins_the_restart_anew():
    plan = RunPlan(steps=10, step_us=10, restart_us=20)
    report = train(plan, [30, 40])
    assert (report.failures, report.restarting, report.lost) == (2, 30, 30)


def test_equal_seeds_have_equal_digests():
    plan = RunPlan(steps=500, step_us=1000, every=20, save_us=300, restart_us=900)
    digests = [train(plan, poisson(40_000, seed)).log.digest for seed in (1, 1, 2)]
    assert digests[0] == digests[1] != digests[2]


def test_failures_come_at_their_mean():
    found = list(islice(poisson(1000.0, 0), 20_000))
    assert found == sorted(found)
    assert found[-1] / len(found) == pytest.approx(1000, rel=0.03)


def test_the_best_interval_is_near_youngs():
    mean, save, step = 20 * 3600, 360, 60  # an hour is 3,600 units: 20 hours between failures, six minutes to save
    best = young(save, mean)
    assert best == pytest.approx(2 * 3600, rel=1e-9)

    def mean_time(interval):
        plan = RunPlan(steps=30_000, step_us=step, every=round(interval / step), save_us=save, restart_us=600)
        return sum(train(plan, poisson(mean, seed)).duration for seed in range(12))

    times = {factor: mean_time(best * factor) for factor in (1 / 4, 1 / 2, 1, 2, 4)}
    assert min(times, key=lambda factor: times[factor]) in (1 / 2, 1, 2)
    assert times[1] < 1.01 * min(times.values())
    assert times[1 / 4] > 1.05 * times[1]
    assert times[4] > 1.05 * times[1]


def test_what_does_not_end_is_refused(monkeypatch):
    monkeypatch.setattr(training_run, "MOST_FAILURES", 100)
    with pytest.raises(ConfigError, match="does not come to an end"):
        train(RunPlan(steps=10, step_us=1000), poisson(100, 0))
    with pytest.raises(ConfigError, match="Give more devices"):
        RunPlan(steps=2**40, step_us=2**40)
    with pytest.raises(ConfigError):
        RunPlan(steps=0, step_us=1)
