import json

import pytest

from marki.errors import ConfigError
from marki.language import Words
from successors.cluster.machines import training
from successors.cluster.report import as_text, report
from successors.cluster.step import layout_of


@pytest.fixture(scope="module")
def megatron():
    return training("megatron")


def test_time_energy_and_rent_follow_from_the_run(megatron):
    found = report(megatron, layout_of(megatron))
    assert found.hours == pytest.approx(found.step.seconds * megatron.steps / 3600, rel=1e-6)
    assert found.device_hours == 512 * found.hours
    assert found.energy == pytest.approx(found.device_hours * 0.625 * 1.1)
    assert found.rent == pytest.approx(found.device_hours * 1.5)
    assert report(training("alexnet"), layout_of(training("alexnet"))).energy == pytest.approx(
        2 * 0.244 * 5.5 * 24, rel=1e-3
    )  # one machine: no hall


def test_failures_cost_time_and_are_the_same_for_a_seed(megatron):
    layout = layout_of(megatron)
    without = report(megatron, layout)
    once, again, other = (report(megatron, layout, mean_hours=5_000, seed=seed) for seed in (1, 1, 2))
    assert once.run.failures > 10
    assert once.run.checkpoints > 100
    assert without.run.duration < once.run.duration
    assert once.digest == again.digest != other.digest
    assert once.step.passage.log.digest == without.step.passage.log.digest


def test_rarer_checkpoints_may_be_ordered(megatron):
    layout = layout_of(megatron)
    best = report(megatron, layout, mean_hours=5_000)
    rare = report(megatron, layout, mean_hours=5_000, every=50 * best.every)
    assert rare.run.checkpoints < best.run.checkpoints
    assert rare.run.duration > best.run.duration


def test_another_batch_shows_the_same_samples(megatron):
    found = report(megatron, layout_of(megatron), batch=1_024)
    assert found.run.useful == found.run.duration
    assert found.run.duration == round(found.step.duration / 1000) * megatron.steps // 2


def test_more_devices_are_faster_and_less_used():
    gpt3 = training("gpt3")
    few, many = (report(gpt3, layout_of(gpt3, devices=n)) for n in (1_024, 4_096))
    assert many.hours < few.hours < 4 * many.hours
    assert many.step.utilisation < few.step.utilisation
    assert many.step.bubble > few.step.bubble


def test_it_is_told_as_text_and_as_data(megatron):
    found = report(megatron, layout_of(megatron), mean_hours=50_000)
    data = json.loads(json.dumps(found.as_data()))
    assert data["devices"] == 512
    assert data["digest"] == found.digest
    assert sum(data["shares"].values()) == pytest.approx(1)
    told = as_text(found)
    for word in ("512 x v100h", "Utilisation", "Bubble", "failures", "Energy", "Rent", found.digest):
        assert word in told
    assert "流水线空闲" in as_text(found, Words("zh"))
    assert "not known" in as_text(report(training("mark1"), layout_of(training("mark1"))))


def test_it_says_when_the_weights_do_not_fit():
    gpt3 = training("gpt3")
    found = report(gpt3, layout_of(gpt3, devices=64, ranks=8))
    assert found.as_data()["fits"] is False
    assert "more than its 32 GB" in as_text(found)


def test_gpt3_on_one_card_would_take_centuries_and_the_clock_goes_so_far():
    gpt3 = training("gpt3")
    found = report(gpt3, layout_of(gpt3, devices=1, tensor=1, ranks=1))
    assert 300 < found.hours / 8_760 < 500
    assert "years" in as_text(found)


def test_times_between_failures_below_nothing_are_refused(megatron):
    with pytest.raises(ConfigError, match="more than 0"):
        report(megatron, layout_of(megatron), mean_hours=-1)
