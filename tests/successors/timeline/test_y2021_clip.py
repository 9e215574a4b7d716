"""CLIP: published sizes, both encoders, what is chosen, and twins in a batch."""

import numpy as np
import pytest

from marki.io.asked import asked
from successors import tasks
from successors.nn.bytepairs import END, START
from successors.nn.tensor import Tensor, no_grad
from successors.tasks import scene_decks, scene_pictures, scenes
from successors.tasks.match import ALONE, ALONE_HELD, CHOICES, near_miss
from successors.tasks.scene_words import same, told, understood
from successors.timeline.y2021_clip import (
    CLIP,
    ENTRY,
    L14,
    RN50,
    CLIPConfig,
    PictureResidual,
    found_by_text,
    published,
    quick_gelu,
)

SMALL = {
    "width": 16, "layers": 1, "heads": 2, "text_width": 16, "text_layers": 1, "text_heads": 2, "space": 8,
}  # fmt: skip
RNG = np.random.default_rng(0)
TEXTS = np.array(
    ["a small bar at the top.", "a large circle on the left.", "a large cross on the right.", "左边有一个圆。"]
)


def network(**changes):
    return CLIP(CLIPConfig().amend(SMALL | changes), np.random.default_rng(0))


def pictures(count):
    return RNG.random((count, 20, 20)).astype(np.float32)


@pytest.mark.parametrize(
    ("changes", "count"),
    [({}, 151_277_313), ({"patch": 16}, 149_620_737), (L14, 427_616_513), (RN50, 102_007_137)],
    ids=["ViT-B/32", "ViT-B/16", "ViT-L/14", "RN50"],
)
def test_published_sizes_exactly(changes, count):
    assert ENTRY.count(published(**changes)) == count


def test_the_parts_of_the_smallest_by_hand():
    def blocks(layers, width):
        return layers * (12 * width**2 + 13 * width)

    picture = 3 * 32**2 * 768 + 768 + 50 * 768 + 4 * 768 + blocks(12, 768) + 768 * 512
    text = 49_408 * 512 + 77 * 512 + blocks(12, 512) + 2 * 512 + 512 * 512
    assert picture + text + 1 == ENTRY.count(published())


def test_the_residual_encoder_sees_places():
    config = CLIPConfig(residual=(1, 1), width=8, heads=4, side=20, space=6)
    net = PictureResidual(config, np.random.default_rng(0))
    x = RNG.random((3, 1, 20, 20))
    with no_grad():
        seen = net(Tensor(x)).data
        assert seen.shape == (3, 6)
        assert np.abs(net(Tensor(x[:, :, ::-1])).data - seen).max() > 1e-3


def test_vectors_have_length_one_and_know_the_order_of_words():
    net = network()
    with no_grad():
        for vectors in (net.seen(pictures(3)).data, net.read(TEXTS).data):
            assert (vectors**2).sum(1) == pytest.approx(np.ones(len(vectors)), abs=1e-5)
        one, other = net.read(np.array(["a small bar left of a large cross", "a large bar left of a small cross"])).data
    assert np.abs(one - other).max() > 1e-3
    assert (net.rows(TEXTS)[:, 0] == START).all()
    assert ((net.rows(TEXTS) == END).sum(1) == 1).all()
    assert network(longest=6).rows(np.array([told((scenes.singles()[0],), "en")])).shape == (1, 6)


def test_gelu_is_nearly_gelu():
    x = np.linspace(-4, 4, 9)
    assert quick_gelu(Tensor(x)).data == pytest.approx(x / (1 + np.exp(-1.702 * x)))


def test_twins_do_not_count_as_wrong():
    net = network()
    seen, twice = pictures(4), TEXTS[[0, 1, 0, 2]]
    with no_grad():
        logits = net(seen, twice).data
        loss = net.judged(seen, twice)[1].item()
    shares = np.exp(logits - logits.max(1, keepdims=True))
    assert shares[0, 2] == shares[2, 0] == 0
    rows = -np.log(np.diag(shares) / shares.sum(1))
    kept = np.exp(logits)
    columns = -np.log(np.diag(kept) / kept.sum(0))
    assert loss == pytest.approx((rows.mean() + columns.mean()) / 2, rel=1e-4)


def test_it_chooses_among_the_lines_it_is_given():
    net = network()
    lines = np.array(["\n".join(TEXTS), "\n".join(TEXTS[:2]), TEXTS[3], "\n".join(TEXTS[::-1])])
    pairs = asked(np.repeat(pictures(1), 4, 0), lines)
    with no_grad():
        scores = net.scores(pairs["frame"][:1], TEXTS)[0]
    said = net.write(pairs).tolist()
    best = TEXTS[scores.argmax()]
    assert said == [best, TEXTS[:2][scores[:2].argmax()], TEXTS[3], best]


@pytest.mark.parametrize("objective", ["pairs", "bag"])
def test_it_learns_which_caption_belongs_to_which_picture(objective):
    deck = tasks.load("match", cache=False, train=12, valid=1, test=1, held=1)
    texts = np.unique(deck.train.targets)
    first = np.array([np.flatnonzero(deck.train.targets == text)[0] for text in texts])
    learner = ENTRY.create(changes=SMALL | {"objective": objective, "recipe.steps": 300, "recipe.warm_up": 5,
                                            "recipe.rate": 0.004})  # fmt: skip
    for _ in range(300):
        answers = learner.reinforce(deck.train.stimuli[first], texts)
    assert (answers == texts).mean() > 0.9
    assert found_by_text(learner.network, deck.train.stimuli["frame"][first], texts) > 0.9


def test_the_bag_of_tokens_does_not_know_their_order():
    net = network(objective="bag")
    with no_grad():
        one = net.scores(pictures(2), np.array(["a small bar", " bar small a"]))
    assert set(net.parameters()) >= {"bag.weight"}
    assert not any(name.startswith("text") for name in net.parameters())
    assert one.shape == (2, 2)


def test_near_misses_differ_in_one_attribute():
    rng = np.random.default_rng(0)
    for k in range(200):
        scene = scene_decks.drawn(rng, "train", 1 + k % 3)
        other = near_miss(rng, scene)
        assert len(other) == len(scene)
        (gone,), (come,) = set(scene) - set(other), set(other) - set(scene)
        places = ((gone.row, gone.column), (come.row, come.column))
        assert (gone.kind != come.kind) + (gone.size != come.size) + (places[0] != places[1]) == 1
        assert understood(told(other, "en")) == other


def test_one_line_of_each_test_is_true_and_only_one():
    deck = tasks.load("match", cache=False, train=6, valid=6, test=30, held=9)
    for part in (deck.test, *deck.aside.values()):
        for pair, target in zip(part.stimuli, part.targets, strict=True):
            lines = str(pair["text"]).split("\n")
            assert len(lines) == len(set(lines)) == (108 if part in (deck.aside[ALONE], deck.aside[ALONE_HELD])
                                                     else CHOICES)  # fmt: skip
            scene = scene_pictures.read(pair["frame"][None])[0]
            assert [line for line in lines if same(line, told(scene, "en"))] == [target]
    assert [len(deck.aside[name]) for name in (ALONE, ALONE_HELD)] == [90, 18]
    assert all(text == target for text, target in zip(deck.train.stimuli["text"], deck.train.targets, strict=True))


def test_figures_measures_and_registers():
    learner = ENTRY.create(changes=SMALL)
    deck = tasks.load("match", cache=False, train=1, valid=1, test=12, held=1)
    shown = ENTRY.figures[0].measure(learner, deck.test.stimuli, deck.test.targets)
    assert len(shown) == 6
    assert all(rows.shape[1:] == (20, 20) for rows in shown.values())
    assert -0.95 <= ENTRY.measures[0].run(learner, deck.test.stimuli, deck.test.targets) <= 0.05
    assert ENTRY.registers[0].measure(learner.network, deck.test.stimuli[:1]).shape == (1, CHOICES)


@pytest.mark.parametrize("found", ENTRY.checks, ids=lambda c: c.name)
def test_statements_of_the_paper(found):
    finding = found.run()
    assert finding.holds, finding
