import numpy as np
import pytest

from marki.io.check_learner import check_learner
from marki.registers import fingerprint
from successors import tasks
from successors.nn.bytepairs import START
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2019_gpt2 import GPT2
from successors.timeline.y2020_gpt3 import ENTRY, GPT3, GPT3Config, certainty, few_shot, ideal, seen

SMALL = {"width": 16, "hidden": 24, "heads": 2}


def test_it_keeps_the_contract():
    deck = tasks.load("books", documents=8, train=8, valid=6, test=6)
    check_learner(lambda: ENTRY.create(changes=SMALL), stimuli=deck.train.stimuli, targets=deck.train.targets)


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_all_eight_sizes_of_table_d_1():
    assert {name: ENTRY.count(size.config) for name, size in ENTRY.sizes.items()} == {
        "175B": 174_604_259_328,
        "13B": 12_853_386_240,
        "6.7B": 6_658_404_352,
        "2.7B": 2_651_553_280,
        "XL": 1_315_723_264,
        "Large": 760_300_032,
        "Medium": 355_871_744,
        "Small": 125_226_240,
    }
    assert all(size.agrees(ENTRY.count(size.config)) for size in ENTRY.sizes.values())


@pytest.mark.parametrize("name", ENTRY.sizes)
def test_a_count_by_formula(name):
    c = ENTRY.sizes[name].config
    d = c.width
    assert ENTRY.count(c) == c.vocabulary * d + c.longest * d + c.layers * (12 * d * d + 13 * d) + 2 * d
    assert d % c.heads == 0


def test_without_a_band_it_is_gpt_2():
    config = GPT3Config(**SMALL, longest=12)
    ours, theirs = GPT3(config, np.random.default_rng(0)), GPT2(config, np.random.default_rng(0))
    tokens = np.random.default_rng(1).integers(5, 40, (3, 9))
    np.testing.assert_array_equal(ours(tokens).data, theirs(tokens).data)
    banded = GPT3(config.amend({"band": 4}), np.random.default_rng(0))(tokens).data
    np.testing.assert_array_equal(banded[:, :4], ours(tokens).data[:, :4])
    assert np.abs(banded[:, 4:] - ours(tokens).data[:, 4:]).max() > 1e-6


def test_what_may_be_seen():
    assert seen(3, 5)[0, 0].astype(int).tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
    assert seen(3, 5, 2)[0, 0].astype(int).tolist() == [[0, 1, 1, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 1, 1]]
    assert seen(1, 4, 2)[0, 0].astype(int).tolist() == [[0, 0, 1, 1]]


def test_the_ideal_learner():
    assert [ideal(0), ideal(1)] == [1 / 8, pytest.approx(2 / 8)]
    # Of two pairs with one letter: 1/8 known, else one of 7; with two: 2/8, else one of 6.
    assert ideal(2) == pytest.approx((1 / 8) * (1 / 8 + 7 / 8 / 7) + (7 / 8) * (2 / 8 + 6 / 8 / 6))
    assert ideal(12) == pytest.approx(0.912, abs=0.001)
    assert all(ideal(k) < ideal(k + 1) < 1 for k in range(15))


def test_the_few_shot_curve_reads_each_lamp_after_its_letter():
    class Copies(GPT3):
        """Tells the lamp 5 after A, and else the lamp 1."""

        def scores(self, states):
            return states

        def forward(self, tokens, kept=()):
            five, one, after = (self.encoding.encode(s)[0] for s in "51A")
            return Tensor(np.eye(self.encoding.size)[np.where(tokens == after, five, one)])

    net = Copies(GPT3Config(**SMALL), np.random.default_rng(0))
    assert few_shot(net, ["A 5 B 1 A 5", "A 5 B 2 A 4"]).tolist() == [1.0, 0.5, 0.5]


def test_a_step_of_training_lowers_the_loss():
    learner = ENTRY.create(changes=SMALL | {"recipe.pretrain_rate": 0.01, "recipe.warm_up": 0})
    texts = np.array(["A 3 B 5 A 3 B 5 A 3 B 5", "C 1 D 2 D 2 D 2 C 1 C 1"] * 4)
    losses = []
    for _ in range(25):
        learner.pretrain(texts)
        losses.append(learner.last_loss)
    assert losses[-1] < losses[0] / 2


def test_how_certain_it_is_of_each_lamp_is_what_it_tells_by():
    net = GPT3(GPT3Config(**SMALL), np.random.default_rng(0))
    before = fingerprint(net.state())
    for book in ("A", "C 3 A", "C 3 A 5 C"):
        shares = certainty(net, np.array([book]))
        with no_grad():
            tokens = np.array([[START, *net.encoding.encode(book)]])
            scores = net.scores(net(tokens)[:, -1]).data[0]
        whole = np.exp(scores) / np.exp(scores).sum()
        assert shares == pytest.approx([whole[net.encoding.encode(lamp)[0]] for lamp in "12345678"], rel=1e-5)
        assert 0 < shares.sum() < 1
    assert fingerprint(net.state()) == before
