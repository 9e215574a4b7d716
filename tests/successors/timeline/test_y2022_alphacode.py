import numpy as np
import pytest

from marki.io.check_learner import check_learner
from marki.io.text import LONGEST
from marki.pen.interpreter import drawings
from marki.pen.judging import passing
from successors import tasks
from successors.nn.bytepairs import END, MASK, START
from successors.nn.functions import linear
from successors.nn.losses import cross_entropy
from successors.nn.module import training
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2022_alphacode import (
    ENTRY,
    KS,
    AlphaCode,
    AlphaCodeConfig,
    MultiQuery,
    _across,
    _by_what_they_do,
    _pieces,
    _solved,
    draws_example,
    example,
    fitting,
    told,
)

SMALL = {"width": 16, "hidden": 24, "queries": 4, "keys": 2, "head": 4, "samples": 12, "longest": 20}
SQUARE = "draw right n draw down n draw left n draw up n"


def network(**changes):
    return AlphaCode(AlphaCodeConfig(**SMALL | changes), np.random.default_rng(0))


def deck(**options):
    return tasks.load("contest", cache=False, **{"train": 40, "valid": 6, "test": 9, **options})


def test_it_keeps_the_contract():
    part = deck().train
    check_learner(lambda: ENTRY.create(changes=SMALL), stimuli=part.stimuli[:8], targets=part.targets[:8])


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_published_parameters():
    """Matrices alone, as table 3 has it, are met by the whole networks within the printed digits."""
    found = {name: ENTRY.count(size.config) for name, size in ENTRY.sizes.items()}
    matrices = {
        "41B": 41_183_084_544, "9B": 8_688_107_520, "3B": 2_846_621_696, "1B": 1_139_556_352, "300M": 283_803_648,
    }  # fmt: skip
    for name, size in ENTRY.sizes.items():
        c = size.config
        rest = (c.encoder + c.decoder) * (c.hidden + c.width) + 2 * c.width * (2 * c.encoder + 3 * c.decoder + 2)
        assert found[name] == matrices[name] + rest, "biases of the feed-forward layers, gains and biases of the norms"
        assert size.agrees(matrices[name])
    assert found["300M"] == 284_080_128


def test_each_head_of_keys_is_read_by_its_heads_of_queries():
    attention = MultiQuery(12, 4, 2, 3, np.random.default_rng(0))
    attention.query.weight.data[...] *= 8
    x = Tensor(np.random.default_rng(1).standard_normal((2, 5, 12)).astype(np.float32))
    with no_grad():
        k, v = (part.data for part in attention.sources(x))
        q = attention.query(x).data.reshape(2, 5, 4, 3)
        found = attention(x, attention.sources(x), mask=np.tril(np.ones((1, 1, 5, 5), bool))).data
    wanted = np.zeros((2, 5, 12))
    for n, t, head in np.ndindex(2, 5, 4):
        scores = k[n, head // 2, : t + 1] @ q[n, t, head] / 3**0.5
        weights = np.exp(scores - scores.max())
        wanted[n, t, 3 * head : 3 * head + 3] = weights / weights.sum() @ v[n, head // 2, : t + 1]
    assert found == pytest.approx(wanted @ attention.output.weight.data.T, abs=1e-5)


def test_the_picture_is_read_by_the_filter_and_not_by_the_network():
    net, part = network(), deck().test
    text = str(part.stimuli[0])
    statement = text.partition("\n")[0]
    assert (net.rows([text]) == net.rows([statement])).all()
    assert net.rows([text])[0, -1] == END
    assert example(text) == (2, drawings(part.targets[0], [2])[0])
    assert example(statement) is None
    assert example(text.replace("n = 2", "n = 3"))[0] == 3
    assert example(text[:-1]) is None
    for stimulus, target in zip(part.stimuli.tolist(), part.targets.tolist(), strict=True):
        assert draws_example([target, "draw up 1", "no program", target], stimulus).tolist() == [
            True,
            False,
            False,
            True,
        ]
        assert draws_example(["", "drwa"], stimulus.partition("\n")[0]).all(), "without an example nothing is left out"


def test_both_halves_are_learned():
    part = deck().train
    stimuli, targets = part.stimuli[:6], part.targets[:6]
    net = network(masked=0.5, longest=40)
    _, plain = net.judged(stimuli, targets)
    rows, programs = net.rows(stimuli.tolist()), [text.split() for text in targets.tolist()]
    wanted = []
    for row, words in zip(rows, programs, strict=True):
        known = [START] + [5 + _all_words().index(word) for word in words]
        scores = net(row[None][:, : int((row != 0).sum())], np.array([known])).data[0].astype(float)
        logs = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
        wanted += [-logs[k, token] for k, token in enumerate([*known[1:], END])]
    assert plain.item() == pytest.approx(np.mean(wanted), rel=1e-5)

    with training(np.random.default_rng(3)):
        _, both = net.judged(stimuli, targets)
    hidden = (np.random.default_rng(3).random(rows.shape) < 0.5) & (rows > END)
    states, _ = net.encode(np.where(hidden, MASK, rows))
    masked = cross_entropy(linear(states[hidden], net.words), rows[hidden]).item()
    bare = network(masked=0.0, longest=40)
    assert both.item() - masked != pytest.approx(plain.item(), rel=1e-6), "the decoder reads the masked statement"
    assert both.item() == pytest.approx(masked + plain.item(), rel=0.05), "an untrained decoder hardly reads it"
    with training(np.random.default_rng(3)):
        assert bare.judged(stimuli, targets)[1].item() == pytest.approx(plain.item(), rel=1e-6)


def _all_words():
    told = "go draw rep up down left right up-left up-right down-left down-right n [ ]"
    return [*told.split(), *map(str, range(1, 21))]


def test_drawn_programs_are_as_frequent_as_likely():
    """A network whose first words have known shares, and that ends after one."""
    net, text = network(), str(deck().test.stimuli[0])
    shares = np.array([0.5, 0.3, 0.2])

    def scores(tokens, kept, place, read):
        found = np.full((len(tokens), net.config.written), -50.0)
        if place:
            found[:, END] = 0.0
        else:
            found[:, [5, 6, 8]] = np.log(shares)
        return found

    net.follow = scores
    found = net.sample(np.array([text]), 3_000, np.random.default_rng(0))[0]
    assert [found.count(word) / 3_000 for word in ("go", "draw", "up")] == pytest.approx(shares.tolist(), abs=0.03)


def test_programs_of_one_statement_are_written_as_each_by_itself():
    """At a temperature of 0 all are the same, as long as the likeliest words follow each other."""
    net, part = network(temperature=0.0), deck().test
    for text in part.stimuli[:3].tolist():
        found = net.sample(np.array([text]), 5, np.random.default_rng(0))[0]
        assert len(set(found)) == 1
        tokens = [START]
        with no_grad():
            while len(tokens) <= net.config.longest and tokens[-1] != END:
                tokens.append(int(net(net.rows([text]), np.array([tokens])).data[0, -1].argmax()))
        assert found[0] == told(tokens[1:])


def with_programs(programs, **changes):
    """Return a network that draws these programs, over and over."""
    net = network(**changes)
    net.sample = lambda stimuli, count, rng: [[programs[k % len(programs)] for k in range(count)] for _ in stimuli]
    return net


def problem(target, n=2):
    from marki.pen.panel_picture import printed

    return np.array([f"a box, then dots; example n = {n}:\n{printed(drawings(target, [n])[0])}"])


def test_what_fails_the_example_is_not_handed_in():
    programs = ["draw up 1", SQUARE, "no program", "draw right 2 draw down 2 draw left 2 draw up 2"]
    assert set(with_programs(programs).write(problem(SQUARE))[0].split("\n")) == {programs[1], programs[3]}
    assert with_programs(["draw up 1"]).write(problem(SQUARE))[0] == ""
    unfiltered = with_programs(programs, filter=False, clusters=False, submissions=10).write(problem(SQUARE))[0]
    assert len(unfiltered.split("\n")) == 10
    assert set(unfiltered.split("\n")) == set(programs)


def test_of_a_cluster_one_is_handed_in_before_another():
    """Three behaviours; the rare one is among three tries with clusters, and seldom without."""
    same = ["draw right n draw down n draw left n draw up n", "draw down n draw right n draw up n draw left n"]
    common = "draw right 1 draw down 1 draw left 1 draw up 1"
    rare = "draw right 1 draw down n draw left 1 draw up n"
    programs = [same[0], same[1], same[0], common, common, same[1], same[0], same[0], same[1], common, same[0], rare]
    handed = with_programs(programs, submissions=3).write(problem(SQUARE, 1))[0].split("\n")
    done = [drawings(text, [6]) for text in handed]
    assert [done.count(drawings(other, [6])) for other in (SQUARE, common, rare)] == [1, 1, 1]
    assert drawings(handed[0], [6]) == drawings(SQUARE, [6]), "the greatest cluster first"


def test_the_same_problem_is_answered_alike():
    net, stimuli = network(filter=False), deck().test.stimuli[:2]
    with no_grad():
        first = net.write(stimuli).tolist()
        assert first == net.write(stimuli).tolist()
        assert first[1:] == net.write(stimuli[1:]).tolist()


def test_an_answer_has_room_in_a_message():
    long = "draw up 1 " * (LONGEST // 25)  # two of them have room
    assert fitting([long] * 10) == "\n".join([long] * 2)
    assert fitting(["draw up 1"] * 10).count("\n") == 9
    assert fitting([]) == ""


def test_the_figure_is_ten_at_k():
    """Of 1,000 programs every tenth draws the example, and half of these are right."""
    learner = ENTRY.create(changes=SMALL)
    wrong, right = "draw right 1 draw down 1 draw left 1 draw up 1", SQUARE
    pool = ["draw up 3"] * 18 + [wrong, right]
    learner.network.sample = with_programs(pool).sample
    curves = _solved(learner, problem(SQUARE, 1), np.array([SQUARE]))
    assert passing(pool, SQUARE).sum() == 1
    assert list(curves) == ["ten at random", "filtered", "filtered, clustered"]
    assert all(curve.shape == (len(KS),) for curve in curves.values())
    assert [float(curve[0]) for curve in curves.values()] == pytest.approx([0.05, 0.05, 0.05], abs=0.2)
    assert curves["ten at random"][1:] == pytest.approx([1 - 0.95**10] * 3, abs=0.005)
    assert curves["filtered"][1] == pytest.approx(1 - 0.95**10, abs=0.005), "no more than ten pass"
    assert curves["filtered"][3] > 0.99
    assert curves["filtered, clustered"][3] == 1.0


def test_the_measure_is_what_clusters_gain():
    """Of 100 that draw the example 60 do one wrong thing, 20 another, and 20 the right one in as many ways."""
    learner = ENTRY.create(changes=SMALL)
    others = [f"{SQUARE} go up {k}" for k in range(1, 21)]  # all draw what is wanted
    wrong = ["draw right 1 draw down 1 draw left 1 draw up 1"] * 60 + [
        "draw right 1 draw down n draw left 1 draw up n"
    ] * 20
    programs = [*others, *wrong, *["draw up 3"] * 900]
    learner.network.sample = with_programs(programs).sample
    found = _by_what_they_do(learner, problem(SQUARE, 1), np.array([SQUARE]))
    none_of_three = 80 / 100 * 79 / 99 * 78 / 98
    assert found == pytest.approx(none_of_three), "three clusters, of each one"


def test_what_is_shown_of_it():
    net, stimuli = with_programs([SQUARE, "draw up 1"]), problem(SQUARE)
    assert _pieces(net, stimuli).tolist()[:4] == ["a", "box", ",", "then"]
    weights = _across(net, stimuli)
    assert weights.shape == (1, 4, 1 + len(SQUARE.split()), net.rows(stimuli.tolist()).shape[1])
    assert weights.sum(-1) == pytest.approx(1.0, abs=1e-5)
