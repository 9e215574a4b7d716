import numpy as np

from marki.io.check_learner import sample_frames
from marki.machine import MachineConfig, MarkI
from marki.trace import Bank, Kind, decode

FRAMES, TARGETS = sample_frames(2, seed=1)


def marks(config, target, *, learn=True):
    machine = MarkI(config, seed=1)
    machine.present(FRAMES[0], target, learn=learn)
    machine.finish()
    events = decode(machine.collect())
    own = events[np.isin(events["bank"], [Bank.SEQUENCER, Bank.TRAINER])]
    return machine, [(int(e["t_us"]), Kind(int(e["kind"])).name, int(e["unit"])) for e in own]


def test_a_presentation_keeps_its_times():
    config = MachineConfig().amend(
        {"sequencer.settle_us": 900_000, "sequencer.decide_us": 100_000, "sequencer.pulse_us": 800_000,
         "sequencer.rest_us": 200_000, "sequencer.card_us": 1_000_000, "reinforcement.pulse_us": 500_000}
    )  # fmt: skip
    target = np.array([True] + [False] * 7)
    machine, log = marks(config, target)
    assert log == [
        (0, "EXPOSE", 0),
        (900_000, "READ", 0),
        (1_000_000, "REINFORCE", 0),
        (1_000_000, "ON", 0),
        (2_000_000, "COVER", 0),
        (3_000_000, "NEXT", 0),
    ]
    assert machine.now == 3_000_000
    assert machine.idle


def test_a_long_reinforcement_extends_the_presentation_to_the_end_of_the_coast():
    config = MachineConfig().amend({"sequencer.pulse_us": 0, "reinforcement.pulse_us": 2_000_000})
    _, log = marks(config, np.array([True] + [False] * 7))
    times = {name: t for t, name, _ in log}
    assert times["COVER"] - times["REINFORCE"] == 2_000_000 + 30_000 + config.sequencer.rest_us


def test_no_reinforcement_without_learning_or_without_error():
    for target, learn in ((np.ones(8, bool), False), (np.zeros(8, bool), True), (None, True)):
        machine, log = marks(MachineConfig(), target, learn=learn)
        assert [name for _, name, _ in log] == ["EXPOSE", "READ", "COVER", "NEXT"]
        assert not machine.potentiometers.wiper.any()


def test_decay_has_its_place_after_the_reinforcement():
    config = MachineConfig().amend({"reinforcement.decay": 0.1, "potentiometers.start": "random"})
    _, log = marks(config, np.ones(8, bool))
    names = [name for _, name, _ in log if name not in ("ON", "OFF")]
    assert names in (
        ["EXPOSE", "READ", "REINFORCE", "DECAY", "COVER", "NEXT"],
        ["EXPOSE", "READ", "DECAY", "COVER", "NEXT"],
    )


def test_each_presentation_counts_as_one_exposure():
    machine = MarkI(seed=1)
    machine.reinforce(FRAMES, TARGETS)
    assert machine.exposures.tolist() == [2]


def test_the_a_units_that_took_part_are_noted():
    machine = MarkI(MachineConfig().ideal(), seed=1)
    machine.respond(FRAMES[:1])
    s = FRAMES[0].ravel() >= machine.config.sensory.threshold
    np.testing.assert_array_equal(machine.active, machine.wiring.astype(int) @ s >= machine.config.association.theta)
    assert machine.active.any()
