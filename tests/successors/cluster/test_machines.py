from dataclasses import fields

import pytest

from marki.errors import UnknownName
from marki.provenance import row
from successors.cluster import machines, work
from successors.cluster.machines import BADGES, Training, figures, training, training_names
from successors.cluster.report import report
from successors.cluster.step import layout_of, simulate

ANCHORS = {
    "alexnet": 5.5 * 86_400 / 843_750,
    "transformer": 0.4,
    "mt_nlg": 60.1,
    "gopher": 920 * 3600 / 47_684,
    "palm": 2_048 * 2_048 / 238_300,
}
"""Seconds of a step by which the speed of a device's products was set."""


def test_every_figure_has_a_badge_and_what_is_known_has_a_source():
    for figure in figures().values():
        assert figure.badge in BADGES
        assert figure.source or figure.badge == "assumed", figure.name


def test_a_figure_that_is_nothing_says_why():
    for figure in figures().values():
        if figure.value == 0.0:
            assert figure.badge == "assumed", figure.name
            assert figure.note, figure.name


@pytest.mark.parametrize("name", training_names())
def test_every_training_is_whole_and_as_documented_it_can_be_run(name):
    done = training(name)
    assert done.name == name
    assert {key.split(".")[2] for key in figures() if key.startswith(f"training.{name}.")} <= {
        field.name for field in fields(Training)
    }
    layout = layout_of(done)
    assert layout.devices == done.devices
    found = report(done, layout)
    assert found.run.failures == 0
    assert found.step.arithmetic + found.step.sums + found.step.gradients + found.step.idle == pytest.approx(1)
    assert 0 < found.step.utilisation <= 1.0001
    assert found.step.memory <= done.machine.device.memory


@pytest.mark.parametrize("name", ANCHORS)
def test_speeds_that_were_set_meet_what_they_were_set_by(name):
    done = training(name)
    kernels = figures()[f"device.{done.machine.device.name}.kernels"]
    assert kernels.badge == "derived"
    assert kernels.source.startswith("set so that")
    step = simulate(done.work, done.machine, layout_of(done), done.batch)
    assert step.seconds == pytest.approx(ANCHORS[name], rel=5e-4)


def test_no_other_speed_was_set():
    found = {f.name.split(".")[1] for f in figures().values() if f.name.endswith("kernels") and "set so" in f.source}
    assert found == {training(name).machine.device.name for name in ANCHORS}


def test_steps_times_batches_are_the_printed_samples():
    tokens = {"gpt3": 300e9, "mt_nlg": 270e9, "gopher": 300e9, "palm": 780e9}
    for name, wanted in tokens.items():
        done = training(name)
        assert done.steps * done.batch * done.work.tokens == pytest.approx(wanted, rel=1e-4)
    alexnet = training("alexnet")
    assert alexnet.steps * alexnet.batch == 90 * 1_200_000


def test_the_mark_one_is_that_of_its_own_table():
    assert row("machine.a_units").value == work.find("perceptron").parameters == figures()["device.mark1.memory"].value
    wires = row("machine.plugboard.excitatory").value + row("machine.plugboard.inhibitory").value
    additions = row("machine.a_units").value * (wires + 1)
    assert work.find("perceptron").layer_flops == additions
    names = ("settle_us", "decide_us", "pulse_us", "rest_us", "card_us")
    cycle = sum(row(f"machine.sequencer.{name}").value for name in names) / 1e6
    assert figures()["device.mark1.rate"].value == pytest.approx(additions / cycle, rel=1e-3)


def test_unknown_names_offer_the_nearest():
    with pytest.raises(UnknownName, match="'gpt3'"):
        training("gpt")
    with pytest.raises(UnknownName, match="'a100'"):
        machines.device("a10")
    with pytest.raises(UnknownName, match="'AlexNet'"):
        work.find("Alexnet")
