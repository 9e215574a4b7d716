import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.check_learner import check_learner
from successors import tasks
from successors.timeline.y2019_megatron import Megatron
from successors.timeline.y2022_mt_nlg import ENTRY, MTNLG, MTNLGConfig, by_schedule

SMALL = {"width": 16, "hidden": 24, "longest": 24}


def test_it_keeps_the_contract():
    deck = tasks.load("prompts", documents=8, train=8, valid=4, test=4)
    check_learner(lambda: ENTRY.create(changes=SMALL), stimuli=deck.train.stimuli, targets=deck.train.targets)


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_published_parameters():
    assert ENTRY.count(ENTRY.sizes["530B"].config) == 529_600_819_200
    assert ENTRY.sizes["530B"].agrees(529_600_819_200)


def test_a_loss_over_micro_batches_is_that_of_megatron():
    texts = np.array(["the card A.", "a small bar on the left.", "a"])
    whole = Megatron(MTNLGConfig(**SMALL), np.random.default_rng(0)).pretrain(texts).item()
    for micro in (1, 2, 3, 7):
        net = MTNLG(MTNLGConfig(**SMALL, micro=micro), np.random.default_rng(0))
        assert net.pretrain(texts).item() == pytest.approx(whole, rel=1e-6)


def test_the_published_steps():
    assert [round(by_schedule(servers), 1) for servers in (280, 350, 420)] == [60.1, 49.6, 42.6]


def test_more_stages_than_layers_are_refused():
    with pytest.raises(ConfigError, match="Give at most one for each layer"):
        MTNLGConfig(stages=3)
