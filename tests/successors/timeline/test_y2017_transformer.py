from dataclasses import replace

import numpy as np
import pytest

from marki.errors import PortError
from marki.io.check_learner import check_learner
from successors import registry, tasks
from successors.nn.bytepairs import END, PAD
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2017_transformer import ENTRY, MultiHead, Transformer, TransformerConfig, sinusoids
from successors.training import participants

SMALL = {
    "width": 16,
    "hidden": 24,
    "heads": 2,
    "layers": 1,
    "recipe.steps": 4,
    "recipe.eval_every": 2,
    "recipe.batch": 8,
}
FEW = {"train": 40, "valid": 10, "test": 10}


def network(**changes):
    return Transformer(TransformerConfig(**changes), np.random.default_rng(0))


def test_it_keeps_the_contract():
    deck = tasks.load("translate", cache=False, **FEW)
    check_learner(lambda: ENTRY.create(changes=SMALL), stimuli=deck.train.stimuli[:12], targets=deck.train.targets[:12])


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_published_parameters():
    counts = {name: ENTRY.count(size.config) for name, size in ENTRY.sizes.items()}
    assert (counts["base"], counts["big"]) == (65_144_832, 213_147_648)
    for name, size in ENTRY.sizes.items():
        assert abs(counts[name] - size.published) <= 500_000, name
    # With the tokens that the text speaks of, neither model has the parameters that the table prints.
    assert ENTRY.count(replace(ENTRY.sizes["base"].config, vocabulary=37_000)) == 63_045_632
    assert ENTRY.count(replace(ENTRY.sizes["big"].config, vocabulary=37_000)) == 214_171_648


def test_positions_by_hand():
    table = sinusoids(3, 4)
    np.testing.assert_allclose(table[0], [0, 1, 0, 1])
    np.testing.assert_allclose(table[2], [np.sin(2), np.cos(2), np.sin(0.02), np.cos(0.02)], rtol=1e-6)


def test_heads_by_hand():
    rng = np.random.default_rng(1)
    heads = MultiHead(6, 2, rng, bias=False)
    x, source = rng.standard_normal((1, 3, 6)), rng.standard_normal((1, 4, 6))
    w = heads.weight.data
    q, k, v = x @ w[:6].T, source @ w[6:12].T, source @ w[12:].T
    read = []
    for h in (slice(0, 3), slice(3, 6)):
        scores = np.exp(q[0, :, h] @ k[0, :, h].T / np.sqrt(3))
        read.append(scores / scores.sum(1, keepdims=True) @ v[0, :, h])
    wanted = np.concatenate(read, 1) @ heads.output.weight.data.T + (
        0 if heads.output.bias is None else heads.output.bias.data
    )
    found = heads(Tensor(x.astype(np.float32)), Tensor(source.astype(np.float32)))
    np.testing.assert_allclose(found.data[0], wanted, atol=1e-5)


def test_filling_is_not_read():
    net = network(width=16, heads=2, layers=1)
    rng = np.random.default_rng(2)
    source, target = rng.integers(5, 512, (1, 6)), rng.integers(5, 512, (1, 4))
    filled = np.pad(source, ((0, 0), (0, 5)), constant_values=PAD)
    with no_grad():
        np.testing.assert_allclose(net(filled, target).data, net(source, target).data, atol=1e-5)


def test_what_is_written_is_the_likeliest_each_time():
    net = network(width=16, heads=2, layers=1, longest=9)
    source = net.rows(np.array(["a small bar on the left.", "左边有一个大圆。"]))
    with no_grad():
        tokens = np.ones((2, 1), np.int64)
        for _ in range(8):
            following = net(source, tokens).data[:, -1].argmax(-1)
            tokens = np.concatenate([tokens, following[:, None]], 1)
        wanted = net.texts(tokens[:, 1:])
        found = net.write(np.array(["a small bar on the left.", "左边有一个大圆。"]))
    assert found.tolist() == wanted.tolist()


def test_a_text_that_is_too_long_is_cut_off_at_its_end():
    net = network(longest=8)
    rows = net.rows(np.array(["a small bar on the left and a large cross on the right."]))
    assert rows.shape == (1, 8)
    assert rows[0, -1] == END


def test_no_text_is_refused():
    learner = ENTRY.create(changes=SMALL)
    with pytest.raises(PortError, match="text"):
        learner.respond(np.zeros((1, 20, 20)))


def test_the_baseline_writes_as_it_learns():
    deck = tasks.load("translate", cache=False, **FEW)
    entrant = participants.enter("lstm encoder-decoder", deck)
    net = entrant.learner.network
    source, target = net.rows(deck.test.stimuli[:3]), np.random.default_rng(3).integers(5, 512, (3, 5))
    with no_grad():
        memory = net.begin(source)
        written = np.stack([net.follow(tokens, memory) for tokens in target.T], 1)
        np.testing.assert_allclose(written, net(source, target).data, atol=1e-5)
    size = registry.create("transformer").network.count()
    assert size <= entrant.parameters <= 1.02 * size
