import numpy as np
import pytest

from marki.errors import ConfigError, PortError
from marki.io.check_learner import check_learner
from successors import tasks
from successors.nn.functions import linear
from successors.nn.tensor import no_grad
from successors.timeline.y2019_gpt2 import ENTRY, GPT2, GPT2Config, drawn

SMALL = {"width": 16, "hidden": 24, "heads": 2, "layers": 2, "longest": 24}


def network(**changes):
    return GPT2(GPT2Config(**SMALL | changes), np.random.default_rng(0))


def test_it_keeps_the_contract():
    deck = tasks.load("prompts", documents=8, train=8, valid=4, test=4)
    check_learner(lambda: ENTRY.create(changes=SMALL), stimuli=deck.train.stimuli, targets=deck.train.targets)


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_published_parameters():
    assert {k: ENTRY.count(s.config) for k, s in ENTRY.sizes.items()} == {
        "small": 124_439_808,
        "medium": 354_823_168,
        "large": 774_030_080,
        "XL": 1_557_611_200,
    }


def test_prompts_of_several_lengths_are_answered_as_each_by_itself():
    net = network()
    prompts = np.array(["a", "a small bar on the left.", "the card A. In Chinese:"])
    with no_grad():
        together = net.write(prompts).tolist()
        apart = [net.write(prompts[k : k + 1])[0] for k in range(3)]
    assert together == apart


def test_the_likeliest_token_each_time():
    net = network()
    with no_grad():
        found = net.write(np.array(["a small bar"]))[0]
        tokens = net.rows(["a small bar"], end=False)
        while tokens.shape[1] < 24:
            scores = linear(net(tokens)[:, -1], net.tokens).data
            tokens = np.concatenate([tokens, scores.argmax(-1)[:, None]], 1)
        texts = net.generate("a small bar", np.random.default_rng(0), temperature=0)
    assert texts == [found]


def test_temperature_top_k_and_nucleus():
    scores = np.tile(np.log([0.1, 0.2, 0.3, 0.4]), (5_000, 1))
    rng = np.random.default_rng(0)
    assert set(drawn(scores, rng, top_k=2).tolist()) == {2, 3}
    assert set(drawn(scores, rng, nucleus=0.4).tolist()) == {3}
    assert set(drawn(scores, rng, nucleus=0.41).tolist()) == {2, 3}
    for how in ({}, {"top_k": 4}):  # unsorted, and sorted
        found = np.bincount(drawn(scores, rng, **how), minlength=4) / len(scores)
        assert found == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=0.03)
    assert (drawn(scores, rng, temperature=0) == 3).all()
    cold, hot = ((drawn(scores, rng, temperature=t) == 3).mean() for t in (0.5, 5.0))
    assert cold == pytest.approx(0.16 / 0.3, abs=0.03)
    assert hot < 0.35


def test_the_same_seed_writes_the_same():
    net = network()
    first, again, other = (net.generate("a bar", np.random.default_rng(s), count=3) for s in (0, 0, 1))
    assert first == again != other
    assert len(set(first)) > 1


def test_wrong_settings_are_refused():
    net, rng = network(), np.random.default_rng(0)
    for setting in ({"count": 0}, {"temperature": -1}, {"top_k": 513}, {"nucleus": 0}, {"nucleus": 1.5}):
        with pytest.raises(ConfigError, match=rf"{next(iter(setting))}.*out of range"):
            net.generate("a bar", rng, **setting)
    with pytest.raises(PortError, match="cannot be printed"):
        net.generate("a\x07bar", rng)


def test_of_a_long_prompt_the_end_is_read():
    net = network()
    rows = net.rows(["a small bar on the left and " * 5 + "In Chinese:"], end=False)
    assert rows.shape == (1, 23)
    with no_grad():
        assert net.write(np.array(["a small bar on the left and " * 5])).shape == (1,)
