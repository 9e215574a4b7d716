"""Show and tell, and show, attend and tell: sizes, the loss of captions of several lengths, and where words look."""

import numpy as np
import pytest

from successors import tasks
from successors.nn.bytepairs import END, START, shipped
from successors.nn.gradcheck import check
from successors.nn.hooks import views, watching
from successors.nn.lstm import lstm, lstm_cell
from successors.nn.tensor import Tensor, concatenate, no_grad
from successors.tasks import scene_pictures
from successors.tasks.scenes import Shape
from successors.timeline.y2015_show_tell import (
    ATTENTIONS,
    COCO,
    ENTRY,
    IM2TXT,
    ShowTell,
    ShowTellConfig,
    looks,
    shapes,
)

RNG = np.random.default_rng(0)
SMALL = {"filters": (3, 4), "word": 6, "hidden": 5}
TEXTS = np.array(
    ["a small bar at the top.", "a large circle on the left and a small bar at the top.", "左边有一个大圆。"]
)


def network(**changes):
    return ShowTell(ShowTellConfig().amend(SMALL | changes), np.random.default_rng(0))


def pictures(count):
    return RNG.random((count, 20, 20)).astype(np.float32)


def test_the_decoder_of_im2txt():
    # Picture to word without bias, words, an LSTM with one bias, and the output layer.
    assert ENTRY.count(IM2TXT) == 2048 * 512 + 12_000 * 512 + (512 + 512 + 1) * 2048 + 513 * 12_000 == 15_447_776


def test_the_decoder_for_coco():
    start = 513 * 512 + 2 * 513 * 1800
    gates = (512 + 1800 + 1 + 512) * 4 * 1800
    attention = 2 * 513 * 512 + 1800 * 512 + 512 + 1 + 1801
    output = 1801 * 512 + 513 * 512 + 513 * 10_000
    assert ENTRY.count(COCO) == 10_000 * 512 + start + gates + attention + output == 35_333_450


def test_the_cell_is_a_step_of_the_lstm():
    x, h, c = RNG.standard_normal((3, 1, 4)), RNG.standard_normal((3, 5)), RNG.standard_normal((3, 5))
    w, u, b = RNG.standard_normal((20, 4)), RNG.standard_normal((20, 5)), RNG.standard_normal(20)
    states, last = lstm(*(Tensor(a) for a in (x, w, u, b)), (Tensor(h), Tensor(c)), last=True)
    state, cell = lstm_cell(Tensor(x[:, 0] @ w.T + h @ u.T + b), Tensor(c))
    assert state.data == pytest.approx(states.data[:, 0])
    assert cell.data == pytest.approx(last.data)
    check(lambda s, k: concatenate(lstm_cell(s, k)), RNG.standard_normal((3, 20)), c)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_the_loss_is_that_of_each_caption_alone(attention):
    net, seen = network(attention=attention, doubly=0.5).astype(np.float64), pictures(3).astype(np.float64)
    answers, loss = net.judged(seen, TEXTS)
    lost, count, penalty = 0.0, 0, 0.0
    for picture, text, answer in zip(seen, TEXTS, answers, strict=True):
        draft, tokens = net.begin(picture[None]), [START, *shipped().encode(text)]
        best = []
        for token, after in zip(tokens, [*tokens[1:], END], strict=True):
            scores = net.follow(np.array([token]), draft)[0]
            lost += np.log(np.exp(scores - scores.max()).sum()) + scores.max() - scores[after]
            best.append(int(scores.argmax()))
            count += 1
        best = best[: best.index(END)] if END in best else best
        assert shipped().decode(t for t in best if t > END) == answer
        if draft.looked:
            penalty += ((1 - np.concatenate(draft.looked).sum(0)) ** 2).sum()
    assert loss.item() == pytest.approx(lost / count + 0.5 * penalty / 3)
    assert (penalty > 0) == (attention != "none")


def test_attention_that_is_even_looks_nowhere_and_soft_one_is_a_share():
    with no_grad():
        for attention, apart in (("even", False), ("soft", True)):
            looked = np.array(network(attention=attention).told(pictures(1)[0])[1])
            assert looked.sum(1) == pytest.approx(np.ones(len(looked)))
            assert (np.ptp(looked, axis=1).max() > 1e-3) == apart
    assert network(attention="none").told(pictures(1)[0])[1].shape[1] == 0


def test_it_writes_what_it_says_and_stops():
    learner = ENTRY.create(changes=SMALL)
    seen = pictures(2)
    written = learner.respond(seen)
    with no_grad():
        assert [("".join(learner.network.told(picture)[0])) for picture in seen] == written.tolist()
    assert all(len(shipped().encode(text)) < 2 * 48 for text in written)
    assert len(learner.respond(seen[:0])) == 0


def test_the_mean_of_all_places_does_not_tell_where_something_is():
    seen = np.zeros((2, 20, 20), np.float32)
    seen[0, 2:6, 2:6] = seen[1, 14:18, 14:18] = 1
    for normalised in (True, False):
        net = network(attention="even", filters=(4,), normalised=normalised)
        with no_grad():
            one, other = net.follow(np.array([START, START]), net.begin(seen))
        # The mean over all places of what convolutions see, without positions or edges, is the same wherever it is.
        assert np.abs(one - other).max() < 1e-4


def test_where_the_shapes_of_a_scene_are():
    scene = (
        Shape(kind="square", size="large", row=0, column=0),
        Shape(kind="triangle", size="small", row=1, column=2),
        Shape(kind="plus", size="small", row=2, column=1),
    )
    found = [place.reshape(5, 5) for place in shapes(scene_pictures.picture(scene))]
    assert len(found) == 3
    assert found[0][:2, :2].all()
    assert not found[0][2:].any()
    assert found[1][2, 4]
    assert not found[1][:, :3].any()
    assert found[2][4, 2]
    for shape in (Shape(kind=k, size=s, row=r, column=c) for k in ("bar", "diamond", "circle") for s in ("small",)
                  for r in range(3) for c in range(3)):  # fmt: skip
        assert len(shapes(scene_pictures.picture((shape,)))) == 1


def test_attention_is_measured_at_the_word_for_the_kind(monkeypatch):
    net = network()
    picture = scene_pictures.picture((Shape(kind="bar", size="large", row=2, column=2),))
    looked = np.zeros((7, 25))
    looked[2, 24] = 1  # at " bar", on the bar
    looked[[0, 1, 3, 4, 5, 6], 0] = 1
    monkeypatch.setattr(ShowTell, "told", lambda *_: (["a", " large", " bar", " at", " the", " bottom", "."], looked))
    ((mass, share),) = looks(net, picture[None])
    assert mass == 1
    assert 0.04 <= share <= 0.3


def test_it_learns_to_say_one_thing_of_one_picture():
    deck = tasks.load("caption", cache=False, train=4, valid=1, test=1, held=1)
    learner = ENTRY.create(changes={"word": 32, "hidden": 48, "recipe.steps": 250, "recipe.warm_up": 5})
    for _ in range(250):
        learner.reinforce(deck.train.stimuli, deck.train.targets)
    assert tasks.find("caption").score(learner.respond(deck.train.stimuli), deck.train.targets) == 1


@pytest.mark.parametrize("found", ENTRY.checks, ids=lambda c: c.name)
def test_statements_of_the_papers(found):
    finding = found.run()
    assert finding.holds, finding


def test_figures_and_measures():
    learner = ENTRY.create(changes=SMALL)
    deck = tasks.load("caption", cache=False, train=1, valid=1, test=3, held=1)
    shown = ENTRY.figures[0].measure(learner, deck.test.stimuli, deck.test.targets)
    assert len(shown) == 3
    assert all(rows.shape[1:] == (20, 20) and 0 <= rows.min() <= rows.max() <= 1 for rows in shown.values())
    assert -1 <= ENTRY.measures[0].run(learner, deck.test.stimuli, deck.test.targets) <= 1
    for watch in ENTRY.registers:
        if watch.measure is not None:
            assert len(watch.measure(learner.network, deck.test.stimuli[:1]))


def test_where_each_word_looks_is_a_map_for_each():
    learner = ENTRY.create(changes={"word": 8, "hidden": 10})
    x = tasks.load("caption", cache=False, train=1, valid=1, test=1, held=1).test.stimuli
    with watching(learner.network) as seen:
        learner.weigh(x)
    words, looked, _ = views(ENTRY.registers, seen, learner.network, x)
    assert looked.array.shape == (len(words.array), 5, 5)
    np.testing.assert_allclose(looked.array.sum((1, 2)), 1, atol=1e-5)
