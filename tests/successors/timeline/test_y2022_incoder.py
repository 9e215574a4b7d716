import numpy as np
import pytest

from marki.io.check_learner import check_learner
from successors import tasks
from successors.nn.bytepairs import END, MASK
from successors.nn.functions import linear
from successors.nn.tensor import no_grad
from successors.timeline.y2021_codex import decode
from successors.timeline.y2022_incoder import ENTRY, InCoder, InCoderConfig, filled

SMALL = {"width": 16, "hidden": 24, "heads": 2, "layers": 3, "longest": 80}


def network(**changes):
    return InCoder(InCoderConfig(**SMALL | changes), np.random.default_rng(0))


def deck(**options):
    return tasks.load("holes", **{"train": 30, "valid": 6, "test": 9, **options})


def test_it_keeps_the_contract():
    part = deck().train
    check_learner(lambda: ENTRY.create(changes=SMALL), stimuli=part.stimuli[:8], targets=part.targets[:8])


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_published_parameters():
    assert {k: ENTRY.count(s.config) for k, s in ENTRY.sizes.items()} == {"6.7B": 6_651_084_800, "1.3B": 1_312_063_488}


@pytest.mark.parametrize("words", [False, True])
def test_the_hole_of_a_stimulus_is_asked_for(words):
    part = deck(words=words).train
    net = network()
    for stimulus, target in zip(part.stimuli.tolist(), part.targets.tolist(), strict=True):
        holed, told, span = net.document(stimulus, target, None)
        row = net.rows([stimulus], end=False)[0].tolist()
        assert row == [1, *told], "what is learned from is what is asked"
        assert told.count(MASK) == 2
        assert stimulus.endswith(holed)
        assert filled(stimulus, decode(span)) == target


def test_without_masking_the_left_alone_is_read():
    net = network(masking=False)
    row = net.rows(["draw up 1 ? draw down 2"], end=False)[0].tolist()
    assert decode(row[1:]) == "draw up 1"
    assert net.rows(["? draw down 2"], end=False).tolist() == [[1]]
    _, told, span = net.document("draw up 1 ? draw down 2", "draw up 1 go up 3 draw down 2", None)
    assert (told, decode(span)) == ([], "draw up 1 go up 3 draw down 2")


def test_the_answer_is_the_program_with_its_hole_filled():
    assert filled("draw up 1 ? draw down 2", "go up 3 and more") == "draw up 1 go up 3 draw down 2"
    net, stimuli = network(), deck().test.stimuli
    with no_grad():
        for stimulus, answer in zip(stimuli.tolist(), net.write(stimuli).tolist(), strict=True):
            tokens = net.rows([stimulus], end=False)
            begun = tokens.shape[1]
            while tokens.shape[1] < net.config.longest and tokens[0, -1] != END:
                best = linear(net(tokens)[:, -1], net.tokens).data.argmax(-1)
                tokens = np.concatenate([tokens, best[:, None]], 1)
            assert answer == filled(stimulus, decode(t for t in tokens[0, begun:] if t > END))
