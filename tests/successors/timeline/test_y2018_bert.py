import numpy as np
import pytest

from marki.errors import PortError
from marki.io.check_learner import check_learner
from marki.io.ports import Port
from successors import tasks
from successors.nn.bytepairs import MASK, NEXT, START
from successors.nn.tensor import no_grad
from successors.timeline.y2018_bert import BERT, ENTRY, BERTConfig
from successors.training import participants

SMALL = {"width": 16, "hidden": 24, "heads": 2, "layers": 1}
LINE = "Trial 7. The card A. 12 A-units took part. The machine answered _: right. Nothing was changed."


def network(**changes):
    return BERT(BERTConfig(**SMALL, **changes), np.random.default_rng(0))


def test_it_keeps_the_contract_between_texts_and_before_lamps():
    for task, answers, classes in (("cloze", Port.TEXT, 0), ("judge", Port.LAMPS, 2)):
        deck = tasks.load(task, train=12, valid=4, test=4)
        changes = SMALL | {"classes": classes}
        check_learner(
            lambda answers=answers, changes=changes: ENTRY.create(changes=changes, answers=answers),
            stimuli=deck.train.stimuli,
            targets=deck.train.targets,
        )


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def test_published_parameters():
    assert {k: ENTRY.count(s.config) for k, s in ENTRY.sizes.items()} == {"base": 109_482_240, "large": 335_141_888}


def test_parts_stand_in_two_segments():
    tokens, segments = network().rows([("The card A.", " Nothing was changed.")])
    at = np.flatnonzero(tokens[0] == NEXT)
    assert tokens[0, 0] == START
    assert len(at) == 2
    assert not segments[0, : at[0] + 1].any()
    assert segments[0, at[0] + 1 : at[1] + 1].all()


def test_one_word_is_found_for_each_text():
    net = network()
    with no_grad():
        words = net.write(np.array([LINE, "The card _.", "no word is hidden here."]))
    assert words.shape == (3,)
    assert words[2] == ""


def test_hidden_words_are_learned():
    learner = ENTRY.create(changes=SMALL | {"recipe.rate": 0.01, "recipe.warm_up": 0, "recipe.schedule": "constant"})
    texts, words = np.array([LINE, LINE.replace("card A", "card B")]), np.array(["A", "B"])
    for _ in range(100):
        learner.reinforce(texts, words)
    assert learner.respond(texts).tolist() == ["A", "B"]


def test_a_text_without_a_hidden_word_cannot_be_taught():
    learner = ENTRY.create(changes=SMALL)
    with pytest.raises(PortError, match=r"text 1 has no hidden word.*Put _"):
        learner.reinforce(np.array([LINE, "The card A."]), np.array(["A", "A"]))
    assert learner.step == 0


def test_what_is_hidden_is_what_the_loss_is_of():
    net = network()
    tokens = np.random.default_rng(1).integers(5, 512, (50, 20))
    shown, chosen = net._masked(tokens, np.random.default_rng(2))
    assert (shown[chosen] == MASK).any()
    np.testing.assert_array_equal(shown[~chosen], tokens[~chosen])


def test_it_stands_in_both_places():
    assert participants.fits("bert", "judge")
    assert participants.fits("bert", "cloze")
    assert not participants.fits("bert", "letters")
    judge = participants.enter("bert", tasks.load("judge", train=4, valid=2, test=2))
    assert judge.learner.answers is Port.LAMPS


def test_where_it_looks_is_drawn_for_each_head():
    learner = ENTRY.create(changes=SMALL)
    drawn = ENTRY.figures[0].measure(learner, np.array([LINE]), np.array(["A"]))
    assert list(drawn) == ["head 1", "head 2"]
    assert all(line.sum() == pytest.approx(1, abs=1e-4) for line in drawn.values())
