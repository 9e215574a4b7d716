"""An experiment refuses settings that are its own: what it compares, and what its title says."""

import numpy as np
import pytest

from marki import experiments
from marki.config import flat
from marki.errors import ConfigError
from marki.experiments.command import check_own, check_point
from marki.experiments.lab import ExperimentSpec, Lab
from marki.history import RECORD
from marki.io.worlds import WorldConfig
from marki.machine import MachineConfig


class Dry:
    """A run in which nothing happens: every answer is wrong."""

    def __init__(self, world):
        self.session = self
        self.worlds = [self]
        self.size, self.records = 26, np.zeros(26, RECORD)

    def learn(self, trials=26):
        found = np.zeros(trials or 26, RECORD)
        found["wrong"], found["kind"] = True, np.arange(len(found)) % 2
        return found

    learn_pass = exam = learn

    def command(self, name, value):
        pass


class DryLab(Lab):
    """A laboratory that notes the machine and the world of each run."""

    def __init__(self, name, **given):
        super().__init__(ExperimentSpec(experiment=name, **given))
        self.seen = []

    def run(self, name, world, machine=None, *, exam=None, most=None):
        whole = {f"machine.{k}": v for k, v in flat((machine or self.machine()).to_mapping()).items()}
        self.seen.append(whole | {f"world.{k}": v for k, v in flat(world.to_mapping()).items()})
        return Dry(world)


@pytest.mark.parametrize("name", [name for name in experiments.names() if name != "images"])
def test_what_varies_from_run_to_run_is_the_experiments_own(name):
    lab = DryLab(name)
    experiments.find(name).run(lab)
    first = lab.seen[0]
    varied = {key for seen in lab.seen for key in seen if seen[key] != first[key]}
    assert varied <= experiments.own(name)


@pytest.mark.parametrize("name", experiments.names())
def test_its_own_are_settings_that_there_are_and_they_are_refused(name):
    known = {f"machine.{n}" for n, _, _ in MachineConfig().items()} | {
        f"world.{n}" for n, _, _ in WorldConfig().items()
    }
    assert experiments.own(name) <= known
    for setting in experiments.own(name):
        with pytest.raises(ConfigError, match=f"{setting} is set by the experiment {name} itself"):
            check_own(name, {setting: None})
    check_own(name, {"machine.association.theta": 3, "world.optics.blur": 1.0})


def test_the_code_of_the_world_decides_how_many_r_units_are_in_use():
    world = WorldConfig()
    for asked in (3, 8):
        lab = Lab(ExperimentSpec(experiment="alphabet", changes={"machine.response.units": asked}))
        with pytest.raises(ConfigError, match=f"alphabet: {asked} R-units are asked for, .* uses 5"):
            lab.run("alphabet", world)
    Lab(ExperimentSpec(experiment="alphabet", changes={"machine.response.units": 5})).run("alphabet", world)


def test_a_sweep_is_refused_too_before_it_runs():
    with pytest.raises(ConfigError, match=r"world\.name is set by the experiment left_right"):
        check_point({"experiment": "left_right", "world.name": "digits"})
    with pytest.raises(ConfigError, match=r"world\.kinds is set by the experiment forms"):
        check_point({"experiment": "forms", "kinds": ["X", "E"]})
