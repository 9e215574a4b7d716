"""Heads on backbones that learned letters: what they see, what learns, and what they say."""

import numpy as np
import pytest

from marki.io.asked import asked
from marki.io.ports import Port
from successors import registry, tasks
from successors.baselines.heads import BACKBONES, Head, HeadConfig, asked_kinds, middles, said
from successors.nn.learner import ByGradient
from successors.nn.module import training
from successors.nn.tensor import Tensor, no_grad
from successors.training import participants

RNG = np.random.default_rng(0)
FRAMES = RNG.random((4, 20, 20)).astype(np.float32)


def head(backbone="vit", **changes):
    return Head(HeadConfig(backbone=backbone).amend(changes), np.random.default_rng(0))


@pytest.mark.parametrize("name", BACKBONES)
def test_maps_are_those_that_the_letters_are_read_from(name):
    entry = BACKBONES[name]
    network = entry.network(entry.retina.amend({"classes": 26}), np.random.default_rng(0))
    with no_grad():
        levels = network.levels(Tensor(FRAMES))
        logits = network(Tensor(FRAMES)).data
    assert len(levels) == {"vit": 1, "mlp_mixer": 1, "swin": 2, "resnet": 3, "convnext": 3}[name]
    assert all(level.shape[2] == level.shape[3] for level in levels)
    mean = levels[-1].data.mean((2, 3))
    if name == "vit":  # which reads the class token, and not its patches
        return
    last = network.output if name == "resnet" else network.head
    with no_grad():
        read = network.norm(Tensor(mean)) if name == "convnext" else Tensor(mean)
        assert last(read).data == pytest.approx(logits, abs=1e-4)


@pytest.mark.parametrize("name", BACKBONES)
def test_every_cell_hears_its_own_place(name):
    net = head(name)
    with no_grad():
        one = net(Tensor(FRAMES[:1])).data
        other = FRAMES[:1].copy()
        other[0, :4, :4] = 1 - other[0, :4, :4]
        moved = np.abs(net(Tensor(other)).data - one).max(-1)[0]
    assert one.shape == (1, 20, 20, 6)
    if name != "mlp_mixer":  # untrained, it mixes all places alike
        assert moved[:4, :4].mean() > moved[12:, 12:].mean()
    assert moved[:4, :4].mean() > 1e-4


@pytest.mark.parametrize("tuned", [False, True])
@pytest.mark.parametrize("name", BACKBONES)
def test_a_frozen_backbone_stays_and_a_tuned_one_moves(name, tuned):
    config = HeadConfig(backbone=name, tuned=tuned).amend({"recipe.warm_up": 0})
    learner = ByGradient(Head, config, accepts=Port.ASKED, answers=Port.FIELD)
    before = {n: a.copy() for n, a in learner.network.state().items()}
    pairs = asked(FRAMES, np.array(["circle", "bar", "cross", "圆"]))
    for _ in range(2):
        learner.reinforce(pairs, (FRAMES > 0.5).astype(np.float32))
    moved = {n for n, a in learner.network.state().items() if not np.array_equal(a, before[n])}
    inside = {n for n in moved if n.startswith("backbone.")}
    assert bool(inside) == tuned
    assert {"output.weight", "spread.0.weight"} <= moved
    if tuned:
        learned = {n for n in learner.network.stage(0) if n.startswith("backbone.")}
        assert learned <= inside
        assert not any(n.startswith(("backbone.head.", "backbone.output.")) for n in learned)


def test_it_begins_with_weights_of_letters_and_leaves_them_as_they_are():
    deck = tasks.load("segment", cache=False, train=64, valid=4, test=4)
    found = participants.enter("mlp_mixer tuned", deck, changes={"recipe.warm_up": 0})
    trained = registry.create("mlp_mixer", pretrained=True).network.state()
    own = found.learner.network.backbone.state()
    assert all(np.array_equal(own[name], array) for name, array in trained.items())
    found.learner.reinforce(deck.train.stimuli, deck.train.targets)
    assert not all(np.array_equal(own[name], array) for name, array in trained.items())
    found.learner.reset(1)
    again = found.learner.network.backbone.state()
    assert all(np.array_equal(again[name], array) for name, array in trained.items())
    assert found.year == 2021


@pytest.mark.parametrize("task", ["segment", "locate"])
def test_who_takes_part(task):
    fitting = participants.fitting(task)
    assert fitting == list(participants.HEADS)
    assert {name.split()[0] for name in fitting} == set(BACKBONES)
    assert participants.fitting("letters").count("vit frozen") == 0


def test_kinds_are_asked_after_in_both_languages():
    assert asked_kinds(np.array(["square", "cross", "方块", "十字"])).tolist() == [0, 5, 0, 5]
    net = head()
    with no_grad():
        cells = net.answer(asked(FRAMES, np.array(["bar", "bar", "竖条", "circle"])))
        logits = net(Tensor(FRAMES)).data
    assert cells[2] == pytest.approx(1 / (1 + np.exp(-logits[2, :, :, 4])), abs=1e-5)
    assert cells[3] == pytest.approx(1 / (1 + np.exp(-logits[3, :, :, 1])), abs=1e-5)


def test_what_is_said_is_where_the_middles_are():
    texts = np.array(["bar 10 4, circle 3 16", "cross 4 4"])
    wanted = middles(texts)
    assert wanted.sum() == 3
    assert wanted[0, 3, 16, 1] == wanted[0, 10, 4, 4] == wanted[1, 4, 4, 5] == 1
    assert said(wanted - 0.5, "en").tolist() == ["circle 3 16, bar 10 4", "cross 4 4"]
    assert said(wanted - 0.5, "zh").tolist() == ["圆 3 16, 竖条 10 4", "十字 4 4"]
    assert said(-np.ones((1, 20, 20, 6)), "en").tolist() == [""]


@pytest.mark.parametrize(("task", "port"), [("segment", Port.ASKED), ("locate", Port.FRAME)])
def test_it_learns_a_few_pictures_by_heart(task, port):
    deck = tasks.load(task, cache=False, train=12, valid=1, test=1)
    config = HeadConfig(backbone="convnext", tuned=True, task=task).amend(
        {"recipe.steps": 120, "recipe.warm_up": 5, "recipe.rate": 0.005}
    )
    learner = ByGradient(Head, config, accepts=port, answers=deck.answers)
    for _ in range(120):
        learner.reinforce(deck.train.stimuli, deck.train.targets)
    assert tasks.find(task).score(learner.respond(deck.train.stimuli), deck.train.targets) > 0.8


def test_moments_of_a_frozen_backbone_do_not_move_in_training():
    net = head("resnet")
    before = {n: a.copy() for n, a in net.backbone.buffers().items()}
    with training(np.random.default_rng(0)):
        net(Tensor(FRAMES))
    assert all(np.array_equal(a, before[n]) for n, a in net.backbone.buffers().items())
