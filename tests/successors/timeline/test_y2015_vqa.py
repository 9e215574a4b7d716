"""Visual question answering: its size, how questions are read, and how they meet the picture."""

import numpy as np
import pytest

from marki.io.asked import asked
from successors import tasks
from successors.nn.bytepairs import PAD, shipped
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2015_vqa import ENTRY, MEETINGS, PAPER, VQA, VQAConfig

SMALL = {"filters": (3, 4), "features": 8, "word": 6, "hidden": 5, "common": 7}
RNG = np.random.default_rng(0)


def network(**changes):
    return VQA(VQAConfig().amend(SMALL | changes), np.random.default_rng(0))


def pairs(*texts):
    return asked(RNG.random((len(texts), 20, 20)).astype(np.float32), np.array(texts))


def test_the_size_of_the_authors_program():
    words, second_biases = 200 * PAPER.vocabulary, 2 * 4 * 512
    lstm, rest = 3_563_520, 2048 * 1024 + 1024 + 4096 * 1024 + 1024 + 1024 * 1000 + 1000
    assert rest == 7_318_504
    assert ENTRY.count(PAPER) - words == lstm - second_biases + rest


def test_questions_are_right_aligned_and_long_ones_lose_their_beginning():
    net = network(longest=6)
    short, long = "where?", "is the large circle left of the small square?"
    rows = net.rows(np.array([short, long]))
    tokens = shipped().encode(short)
    assert rows[0].tolist() == [PAD] * (6 - len(tokens)) + tokens
    assert rows[1].tolist() == shipped().encode(long)[-6:]


def test_no_question_of_the_task_is_too_long():
    for language in ("en", "zh"):
        deck = tasks.load("question", cache=False, train=900, valid=1, test=1, held=1, language=language)
        assert max(len(shipped().encode(text)) for text in deck.train.stimuli["text"].tolist()) <= VQAConfig().longest


def test_both_ends_of_both_layers_are_heard():
    net = network()
    with no_grad():
        heard = net.heard(net.rows(np.array(["where is the bar?"]))).data[0]
    assert heard.shape == (4 * 5,)
    states = heard.reshape(4, 5)
    assert np.abs(states[[0, 2]]).max() < 1  # states are bounded by tanh, cells are not
    assert len({row.tobytes() for row in states}) == 4


@pytest.mark.parametrize("meets", MEETINGS)
def test_how_they_meet(meets):
    net = network(meets=meets)
    x = pairs("where is the bar?", "what is at the top?")
    with no_grad():
        found = net.outputs(x)
        q = np.tanh(net.question(net.heard(net.rows(x["text"]))).data)
        i = np.tanh(net.image(net.looked(Tensor(x["frame"]))).data)
    met = {"product": q * i, "sum": q + i, "concatenation": np.concatenate([q, i], 1)}[meets]
    assert found == pytest.approx(met @ net.output.weight.data.T + net.output.bias.data, abs=1e-5)


def test_the_question_alone():
    net = network(picture=False)
    one, other = pairs("where is the bar?"), pairs("where is the bar?")
    with no_grad():
        assert np.array_equal(net.outputs(one), net.outputs(other))
        assert not np.array_equal(network().outputs(one), network().outputs(other))


def test_it_learns_some_answers_by_heart():
    deck = tasks.load("question", cache=False, train=24, valid=1, test=1, held=1)
    learner = ENTRY.create(changes={"hidden": 32, "common": 64, "recipe.steps": 80, "recipe.warm_up": 5})
    for _ in range(80):
        learner.reinforce(deck.train.stimuli, deck.train.targets)
    assert tasks.find("question").score(learner.respond(deck.train.stimuli), deck.train.targets) > 0.9
    answers, shares = learner.weigh(deck.train.stimuli[:3])
    assert shares.sum(1) == pytest.approx(np.ones(3))
    assert answers.shape == (3, 8)


@pytest.mark.parametrize("found", ENTRY.checks, ids=lambda c: c.name)
def test_statements_of_the_paper(found):
    finding = found.run()
    assert finding.holds, finding
