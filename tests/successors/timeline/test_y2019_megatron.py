import json
import time

import numpy as np
import pytest

from marki.__main__ import main
from marki.errors import ConfigError
from marki.io.check_learner import check_learner
from successors import tasks
from successors.nn.functions import linear
from successors.nn.losses import cross_entropy
from successors.nn.parallel import RankLost, run_ranks
from successors.nn.tensor import Tensor, no_grad
from successors.timeline import y2019_megatron
from successors.timeline.y2019_gpt2 import GPT2, GPT2Config
from successors.timeline.y2019_megatron import ENTRY, Megatron, MegatronConfig, compare, cut

SMALL = {"width": 16, "hidden": 24, "heads": 4, "longest": 24}
CONFIG = MegatronConfig(width=32, hidden=64, longest=16)


def network(**changes):
    return Megatron(MegatronConfig().amend({**SMALL, **changes}), np.random.default_rng(0))


def test_it_keeps_the_contract():
    deck = tasks.load("prompts", documents=8, train=8, valid=4, test=4)
    check_learner(lambda: ENTRY.create(changes=SMALL), stimuli=deck.train.stimuli, targets=deck.train.targets)


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_published_parameters():
    found = {name: ENTRY.count(size.config) for name, size in ENTRY.sizes.items()}
    assert found == {"8.3B": 8_317_040_640, "4.2B": 4_199_109_120, "2.5B": 2_490_408_960, "1.2B": 1_213_479_936}
    assert all(size.agrees(found[name]) for name, size in ENTRY.sizes.items())


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_it_is_gpt_2_however_it_is_cut(ranks):
    ours, theirs = network(ranks=ranks), GPT2(GPT2Config(**SMALL), np.random.default_rng(0))
    assert ours.parameters().keys() == theirs.parameters().keys()
    for name, parameter in ours.parameters().items():
        parameter.data[...] = theirs.parameters()[name].data
    tokens = np.random.default_rng(1).integers(5, 512, (3, 9))
    with no_grad():
        found = ours.scores(ours(tokens)).data
        np.testing.assert_allclose(found, linear(theirs(tokens), theirs.tokens).data, atol=1e-5)


@pytest.mark.parametrize("changes", [{}, {"ranks": 4}, {"reduce": False}], ids=str)
def test_texts_go_on_from_their_caches(changes):
    net, tokens = network(**changes), np.random.default_rng(1).integers(5, 512, (2, 9))
    kept = net.caches()
    with no_grad():
        anew = net.scores(net(tokens)).data
        np.testing.assert_allclose(net.follow(tokens[:, :5], kept), anew[:, 4], atol=1e-5)
        for past in kept:
            past.keep(np.array([1]))
        np.testing.assert_allclose(net.follow(tokens[1:, 5:6], kept), anew[1:, 5], atol=1e-5)


def test_parts_fit_together():
    whole = {name: p.data for name, p in network().parameters().items()}
    parts = [{name: cut(name, array, rank, 4) for name, array in whole.items()} for rank in range(4)]
    for name, array in whole.items():
        own = [part[name] for part in parts]
        if own[0].shape == array.shape:
            assert "norm" in name or name == "positions" or name.endswith(("output.bias", "second.bias"))
        else:
            assert sum(part.size for part in own) == array.size
            assert sorted(np.concatenate([part.ravel() for part in own])) == sorted(array.ravel())
    # Of head 0 of four, rank 0 has queries, keys and values.
    rows = whole["blocks.0.attention.weight"].reshape(3, 4, 4, 16)
    np.testing.assert_array_equal(parts[1]["blocks.0.attention.weight"], rows[:, 1].reshape(12, 16))


def test_a_gradient_comes_back_to_the_whole():
    losses, gradients = [], []
    for ranks in (1, 2):
        net = network(ranks=ranks).astype(np.float64)
        tokens = np.random.default_rng(1).integers(5, 512, (3, 9))
        loss = cross_entropy(net.scores(net(tokens[:, :-1])).reshape(-1, 512), tokens[:, 1:].ravel())
        loss.backward()
        losses.append(loss.item())
        gradients.append({name: p.gradient for name, p in net.parameters().items()})
    assert losses[0] == pytest.approx(losses[1], abs=1e-13)
    for name, g in gradients[0].items():
        np.testing.assert_allclose(gradients[1][name], g, atol=1e-13, err_msg=name)


def test_two_processes_send_what_can_be_counted():
    """Four sums of states a layer, one for the table and one behind the last layer; two for the loss, of 3 numbers."""
    found = compare(CONFIG, texts=3)
    n, t = 3, 15
    states, loss = n * t * 32 * 8, n * t * 3 * 8
    assert [r.sent for r in found.results] == [10 * states + loss] * 2
    assert [r.reduces for r in found.results] == [12, 12]
    doubled = 2 * 2 * 2 * 32 + 2 * 2 * 32 + 2 * 32 + 16 * 32  # norms, biases behind, the last norm, positions
    assert sum(r.weights for r in found.results) == found.weights + doubled
    assert found.results[0].weights < 0.54 * found.weights


def test_in_single_precision_it_is_the_network_to_rounding():
    found = compare(CONFIG, dtype=np.float32)
    assert found.loss_off < 1e-5
    assert found.gradient_off < 1e-4
    assert found.same_bits


def test_a_sum_left_out_is_seen(monkeypatch):
    """Each rank lays out what it has, and takes its own back."""
    monkeypatch.setattr(y2019_megatron, "rank_step", forgetful)
    assert compare(CONFIG).gradient_off > 0.01


def forgetful(group, *given):
    group.sum = lambda a: a
    return y2019_megatron.rank_step(group, *given)


def fails(group, rank):
    if group.rank == rank:
        raise ValueError("no luck")
    group.sum(np.zeros(3))


def ends(group):
    if group.rank:
        raise SystemExit(3)


@pytest.mark.parametrize(("work", "given", "told"), [(fails, (1,), "no luck|Broken"), (ends, (), "rank 1 has ended")])
def test_a_rank_that_is_lost_ends_all(work, given, told):
    began = time.monotonic()
    with pytest.raises(RankLost, match=told):
        run_ranks(work, 2, *given, room=8)
    assert time.monotonic() - began < 30


def test_settings_that_do_not_fit_are_refused():
    for changes in ({"heads": 3}, {"hidden": 25}, {"vocabulary": 511}):
        with pytest.raises(ConfigError, match="multiple of the ranks"):
            MegatronConfig(**changes)


def test_without_the_sums_states_stand_side_by_side():
    net = network(reduce=False)
    with no_grad():
        states = net(np.array([[7, 8]]))
        assert states.shape == (1, 2, 32)
        assert np.abs(states.data[..., :16] - states.data[..., 16:]).max() > 1e-3
        own = [
            linear(Tensor(states.data[..., 16 * r : 16 * r + 16]), net.tokens[256 * r : 256 * r + 256]) for r in (0, 1)
        ]
        np.testing.assert_array_equal(net.scores(states).data, np.concatenate([o.data for o in own], -1))


def test_the_command(capsys):
    assert main(["parallel", "--width", "16", "--texts", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["gradient_off"] < 1e-12
    assert found["all_reduces"] == 12
    assert len(found["weights_of_a_rank"]) == 2
    assert main(["parallel", "--ranks", "3", "--width", "16"]) == 2
    assert "multiple of the ranks" in capsys.readouterr().err
    assert main(["parallel", "--ranks", "0"]) == 2
