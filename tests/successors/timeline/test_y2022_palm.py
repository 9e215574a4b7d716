import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.check_learner import check_learner
from successors import tasks
from successors.nn.activations import silu
from successors.nn.tensor import Tensor
from successors.timeline.y2020_gpt3 import seen
from successors.timeline.y2022_palm import ENTRY, PaLM, PaLMConfig

SMALL = {"width": 16, "hidden": 24, "head": 4}


def network(**changes):
    return PaLM(PaLMConfig().amend({**SMALL, **changes}), np.random.default_rng(0))


def test_it_keeps_the_contract():
    deck = tasks.load("sums", train=8, valid=6, test=6)
    check_learner(lambda: ENTRY.create(changes=SMALL), stimuli=deck.train.stimuli, targets=deck.train.targets)


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_published_parameters():
    found = {name: ENTRY.count(size.config) for name, size in ENTRY.sizes.items()}
    assert found == {"540B": 540_356_474_880, "62B": 62_495_662_080, "8B": 8_632_012_800}
    for name, size in ENTRY.sizes.items():
        c, d = size.config, size.config.width
        per_layer = 2 * d * c.heads * 256 + 2 * d * 256 + 12 * d * d + d
        assert found[name] == 256_000 * d + c.layers * per_layer + d


def test_a_layer_by_hand():
    """One text, every sum by itself: one norm, q of each head, one k and v, both turned; the feed-forward beside it."""
    net = network(layers=1)
    block = net.blocks[0]
    rng = np.random.default_rng(1)
    x = rng.standard_normal((5, 16)).astype(np.float32)
    block.norm.gain.data[...] = rng.standard_normal(16)
    y = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5) * block.norm.gain.data

    def turned(row, at):
        angles = at / 10_000 ** (np.arange(0, 4, 2) / 4)
        a, b = row[:2], row[2:]
        return np.concatenate([a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)])

    q = y @ block.attention.queries.weight.data.T
    k, v = np.split(y @ block.attention.keys_values.weight.data.T, 2, 1)
    wanted = np.zeros_like(x)
    for i in range(5):
        heads = []
        for h in range(4):
            own = turned(q[i, 4 * h : 4 * h + 4], i)
            scores = np.array([own @ turned(k[j], j) / 2 for j in range(i + 1)])
            shares = np.exp(scores - scores.max())
            heads.append(shares / shares.sum() @ v[: i + 1])
        wanted[i] = x[i] + block.attention.output.weight.data @ np.concatenate(heads)
    up, gate = np.split(y @ block.up.weight.data.T, 2, 1)
    wanted += (silu(Tensor(up)).data * gate) @ block.down.weight.data.T
    np.testing.assert_allclose(block(Tensor(x[None]), seen(5, 5)).data[0], wanted, atol=1e-5)


def test_serial_layers_have_a_norm_more_and_read_what_was_attended_to():
    assert network(parallel=False).count() == network().count() + 2 * 16
    net = network(parallel=False, layers=1)
    block, x = net.blocks[0], Tensor(np.random.default_rng(1).standard_normal((1, 5, 16)).astype(np.float32))
    between = x + block.attention(block.norm(x), seen(5, 5))
    y = block.norm2(between)
    up, gate = block.up(y)[..., :24], block.up(y)[..., 24:]
    np.testing.assert_allclose(block(x, seen(5, 5)).data, (between + block.down(silu(up) * gate)).data, atol=1e-6)


def test_without_steps_the_end_of_an_answer_is_learned_alone():
    questions, answers = np.array(["4 1 7 one by one", "4 1 in all"]), np.array(["4 5 2", "5"])
    bare = network(steps=False).judged(questions, answers)[1].item()
    assert bare == pytest.approx(network().judged(questions, np.array(["2", "5"]))[1].item(), rel=1e-6)
    assert abs(bare - network().judged(questions, answers)[1].item()) > 1e-3


def test_settings_that_do_not_fit_are_refused():
    with pytest.raises(ConfigError, match="even"):
        PaLMConfig(head=3)
    with pytest.raises(ConfigError, match="Give 1 or 4"):
        PaLMConfig(keys=2)


def test_it_learns():
    learner = ENTRY.create(changes=SMALL | {"recipe.rate": 0.01, "recipe.warm_up": 0})
    questions, answers = np.array(["4 1 7 one by one", "4 1 2 in all"] * 4), np.array(["4 5 2", "7"] * 4)
    losses = []
    for _ in range(40):
        learner.reinforce(questions, answers)
        losses.append(learner.last_loss)
    assert losses[-1] < losses[0] / 4
    assert learner.respond(questions[:2]).tolist() == ["4 5 2", "7"]
