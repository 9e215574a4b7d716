"""The ladder of proof over the whole timeline; `pytest -m training` trains every system anew as well."""

import pytest

from successors import registry
from successors.evaluation import verify
from successors.training import training_job

NAMES = registry.names()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_rung_holds(name):
    rungs = list(verify.climb(name))
    assert not [f"{rung.name}: {rung.found}" for rung in rungs if rung.failed]
    assert len(rungs) > 6


@pytest.mark.training
@pytest.mark.parametrize("name", NAMES)
def test_a_training_anew_gives_the_score_on_record(name, tmp_path):
    trial = registry.find(name).entry.trials[0]
    order = training_job.training(name, trial.task, options=trial.options, changes=trial.changes)
    (order,) = training_job.seeded(order, [0])
    found = training_job.train(order, tmp_path)
    # Sums are rounded otherwise on another processor, and a long training goes another way then.
    assert found["score"] == pytest.approx(registry.metrics(name)["trials"][0]["seeds"]["0"], abs=0.02)
