import numpy as np
import pytest

from marki.io.check_learner import check_learner
from successors import tasks
from successors.nn.tensor import no_grad
from successors.timeline.y2021_gopher import ENTRY, Gopher, GopherConfig

SMALL = {"width": 16, "heads": 2}


def network(**changes):
    return Gopher(GopherConfig().amend({**SMALL, **changes}), np.random.default_rng(0))


def test_it_keeps_the_contract():
    deck = tasks.load("by_heart", documents=8, train=8, valid=6, test=6)
    check_learner(lambda: ENTRY.create(changes=SMALL), stimuli=deck.train.stimuli, targets=deck.train.targets)


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_published_parameters():
    found = {name: ENTRY.count(size.config) for name, size in ENTRY.sizes.items()}
    assert found == {
        "280B": 279_702_421_504,
        "7.1B": 7_110_922_240,
        "1.4B": 1_374_357_504,
        "417M": 417_277_440,
        "117M": 116_626_176,
        "44M": 43_663_872,
    }
    assert all(size.agrees(found[name]) for name, size in ENTRY.sizes.items())
    for name, size in ENTRY.sizes.items():
        c, d = size.config, size.config.width
        assert found[name] == 32_000 * d + c.layers * (13 * d * d + 4 * d) + d


@pytest.mark.parametrize("relative", [True, False])
def test_texts_go_on_from_their_caches_token_by_token(relative):
    net = network(relative=relative)
    for parameter in net.parameters().values():
        parameter.data = parameter.data + np.random.default_rng(3).normal(0, 0.1, parameter.shape).astype(np.float32)
    tokens = np.random.default_rng(1).integers(5, 40, (2, 9))
    kept = net.caches()
    with no_grad():
        anew = net.scores(net(tokens)).data
        for at in range(9):
            np.testing.assert_allclose(net.follow(tokens[:, at : at + 1], kept), anew[:, at], atol=1e-5)


def test_no_token_sees_those_after_it():
    net, tokens = network(), np.random.default_rng(1).integers(5, 40, (2, 9))
    other = tokens.copy()
    other[:, 5:] = 5
    with no_grad():
        off = np.abs(net(tokens).data - net(other).data).max((0, 2))
    assert not off[:5].any()
    assert off[5:].all()


def test_relative_positions_tell_the_order_and_have_no_end():
    net = network()
    with no_grad():
        assert np.abs(net(np.array([[7, 8, 9, 9]])).data - net(np.array([[8, 7, 9, 9]])).data)[:, -1].max() > 1e-4
        assert net(np.full((1, 100), 7)).shape == (1, 100, 16), "longer than any text that it is given"
    learned = network(relative=False)
    assert "positions" in learned.parameters()
    assert "positions" not in net.parameters()
    assert net.count() - learned.count() == 2 * (16 * 16 + 2 * 16) - 32 * 16


def test_it_learns():
    learner = ENTRY.create(changes=SMALL | {"recipe.warm_up": 0})
    texts = np.array(["A B 4 K 7 C D 2 E 5", "1 2 3 4 in all 0"] * 4)
    losses = []
    for _ in range(40):
        learner.pretrain(texts)
        losses.append(learner.last_loss)
    assert losses[-1] < losses[0] / 4
    assert learner.respond(np.array(["A B 4"]))[0].startswith("K 7")
