"""Language models: what they write is what reading anew gives, however texts fork and end; and their short lexicon."""

import numpy as np
import pytest

from marki.errors import ConfigError, PortError
from successors.nn import layers, normalisation
from successors.nn.activations import silu, swiglu
from successors.nn.bytepairs import END, MASK, START
from successors.nn.gradcheck import check
from successors.nn.lexicon import UNKNOWN, Lexicon, teletype
from successors.nn.past import Past
from successors.nn.tensor import ShapeError, Tensor, no_grad
from successors.timeline.y2020_gpt3 import GPT3, GPT3Config

# -- operations ------------------------------------------------------------------------------------------------------


def test_swiglu():
    x = np.random.default_rng(0).standard_normal((2, 3, 8))
    check(swiglu, x)
    np.testing.assert_allclose(swiglu(Tensor(x)).data, silu(Tensor(x[..., :4])).data * x[..., 4:])
    with pytest.raises(ShapeError, match="halves"):
        swiglu(Tensor(np.zeros((2, 3))))


def test_a_norm_without_a_bias_is_one_with_a_bias_of_zero():
    rng = np.random.default_rng(0)
    x, gain = rng.standard_normal((3, 5)), rng.standard_normal(5)
    check(normalisation.layer_norm, x, gain)
    one, other = (normalisation.layer_norm(Tensor(x), Tensor(gain), b).data for b in (None, Tensor(np.zeros(5))))
    np.testing.assert_array_equal(one, other)
    assert layers.LayerNorm(5, bias=False).count() == 5


# -- the cache -------------------------------------------------------------------------------------------------------


def test_a_cache_forks_and_shrinks():
    past = Past()
    past.keep(np.array([0]))
    assert past.length == 0
    k, v = (Tensor(np.arange(n, n + 12.0).reshape(3, 1, 2, 2)) for n in (0, 50))
    past.extend(k, v)
    past.extend(k, v)
    assert past.length == 4
    past.keep(np.array([2, 0, 2]))
    assert past.kept[0].shape == (3, 1, 4, 2)
    for kept, given in zip(past.kept, (k, v), strict=True):
        np.testing.assert_array_equal(kept.data[:, :, :2], given.data[[2, 0, 2]])


# -- the lexicon -----------------------------------------------------------------------------------------------------


def test_one_token_a_sign():
    signs = teletype()
    assert signs.pieces("add 3 A4 in all") == ["add", "3", "A", "4", "in all"]
    assert signs.decode(signs.encode("A4B5")) == "A 4 B 5"
    assert len({signs.encode(sign)[0] for sign in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}) == 36
    assert max(signs.encode("code in all one by one")) < signs.size
    assert min(signs.encode("0")) == 5


def test_what_is_not_on_the_list_is_told_apart():
    signs = Lexicon(["ab", "a"])
    assert signs.encode("ab a\n?b") == [5, 6, MASK, MASK]
    assert signs.pieces("ab?") == ["ab", "?"]
    assert signs.decode([5, MASK]) == f"ab {UNKNOWN}"
    assert signs.encode("") == []
    assert signs.knows("ab")
    assert not signs.knows("b")


# -- writing ---------------------------------------------------------------------------------------------------------


def network(**changes):
    config = GPT3Config(**{"width": 16, "hidden": 24, "heads": 2, "layers": 2, "longest": 14, "band": 3} | changes)
    net = GPT3(config, np.random.default_rng(0))
    for parameter in net.parameters().values():  # so that it does not always say the same
        parameter.data *= 4
    return net


def slowly(net, prompt):
    """Write by reading the whole text anew for each token."""
    row = net.row(prompt, end=False)
    written = []
    while len(row) < net.config.longest:
        token = int(net.scores(net(np.array([row]))).data[0, -1].argmax())
        if token == END:
            break
        row.append(token)
        written.append(token)
    return net.encoding.decode(t for t in written if t > END)


def test_prompts_of_several_lengths_are_written_as_each_by_itself_anew():
    net = network()
    prompts = ["A", "A 3 B 5 A", "B", "C 1 D 2", "A", "add 3", "F 7 A 2 F 7 A 2 F 7 A 2 F 7 A 2"]
    with no_grad():
        found = net.write(np.array(prompts)).tolist()
        assert found == [slowly(net, prompt) for prompt in prompts]
    assert len(set(found)) > 3


def test_copies_of_a_prompt_go_on_differently_until_each_ends():
    net = network()
    with no_grad():
        found, again = (net.generate("A 3 B", np.random.default_rng(0), count=20) for _ in range(2))
        greedy = net.generate("A 3 B", np.random.default_rng(0), count=2, temperature=0)
        wanted = slowly(net, "A 3 B")
    assert found == again
    assert len(set(found)) > 10
    assert greedy == [wanted, wanted]
    assert max(len(net.encoding.pieces(text)) for text in found) == 14 - 4


def test_drawn_texts_have_the_shares_of_the_scores():
    net = network(longest=5)
    with no_grad():
        found = [text.split() for text in net.generate("A 3", np.random.default_rng(1), count=1000)]
        row = net.row("A 3", end=False)
        first = net.scores(net(np.array([row]))).data[0, -1].astype(float)
    shares = np.exp(first - first.max())
    shares /= shares.sum()
    for sign in "ABC123":
        token = net.encoding.encode(sign)[0]
        error = 5 * np.sqrt(shares[token] / 1000) + 0.002
        assert np.mean([text[:1] == [sign] for text in found]) == pytest.approx(shares[token], abs=error)


def test_of_a_long_prompt_the_end_is_read():
    net = network()
    row = net.row("A 1 B 2 C 3 D 4 E 5 F 6 G 7 H 8", end=False)
    assert row[0] == START
    assert net.encoding.decode(row[1:]) == "C 3 D 4 E 5 F 6 G 7 H 8"
    assert len(net.row("A " * 30, end=True)) == 14


def test_judged_learns_from_the_answer_alone():
    net = network(longest=12, band=0)
    prompts, answers = np.array(["A 3 B", "C 1 D 2 C"]), np.array(["5 6", "1"])
    told, loss = net.judged(prompts, answers)
    rows = [[START, *net.encoding.encode(f"{p} {a}"), END] for p, a in zip(prompts, answers, strict=True)]
    losses = []
    for row, count in zip(rows, (3, 2), strict=True):
        scores = net.scores(net(np.array([row[:-1]]))).data[0].astype(float)
        logs = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
        losses += [-logs[at - 1, row[at]] for at in range(len(row) - count, len(row))]
    assert loss.item() == pytest.approx(np.mean(losses), rel=1e-5)
    assert told.shape == (2,)


def test_pretraining_learns_from_every_token():
    net = network(longest=12, band=0)
    texts = np.array(["A 3 B 5", "C 1"])
    losses = []
    for text in texts.tolist():
        row = [START, *net.encoding.encode(text), END]
        scores = net.scores(net(np.array([row[:-1]]))).data[0].astype(float)
        logs = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
        losses += [-logs[at, token] for at, token in enumerate(row[1:])]
    assert net.pretrain(texts).item() == pytest.approx(np.mean(losses), rel=1e-5)


def test_wrong_settings_are_refused():
    net, rng = network(), np.random.default_rng(0)
    for setting in ({"count": 0}, {"temperature": -1}, {"top_k": 513}, {"nucleus": 0}, {"nucleus": 1.5}):
        with pytest.raises(ConfigError, match=rf"{next(iter(setting))}.*out of range"):
            net.generate("A", rng, **setting)
    with pytest.raises(PortError, match="cannot be printed"):
        net.generate("A\x07", rng)
