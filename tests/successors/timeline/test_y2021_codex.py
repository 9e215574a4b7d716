import numpy as np
import pytest

from marki.io.check_learner import check_learner
from marki.pen.tokens import WORDS
from successors import tasks
from successors.nn.bytepairs import END, PAD, shipped
from successors.nn.functions import linear
from successors.nn.tensor import no_grad
from successors.tasks.wording import figure_words
from successors.timeline.y2021_codex import (
    ASKED,
    DRAWN,
    ENTRY,
    TEMPERATURES,
    Codex,
    CodexConfig,
    _hotter,
    _longer,
    _of_hundred,
    _of_ten,
    _passes,
    decode,
    encode,
)

SMALL = {"width": 16, "hidden": 24, "heads": 2, "layers": 2}


def network(**changes):
    return Codex(CodexConfig(**SMALL | changes), np.random.default_rng(0))


def deck(**options):
    return tasks.load("programs", **{"documents": 8, "train": 60, "valid": 6, "test": 9, **options})


def test_it_keeps_the_contract():
    part = deck().train
    check_learner(lambda: ENTRY.create(changes=SMALL), stimuli=part.stimuli[:8], targets=part.targets[:8])


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_words_and_programs_come_back_from_their_tokens(language):
    part = deck(languages=(language,)).train
    for text in (*part.stimuli.tolist(), *part.targets.tolist(), "", "draw up 21", "Ω] [naïve 🙂 up-rights", "a\nb"):
        assert decode(encode(text)) == text
        assert max(encode(text), default=0) < CodexConfig().vocabulary


def test_every_word_of_program_and_text_is_a_token():
    assert set(ASKED.split()) >= figure_words()[0] - {"up", "down", "left", "right", "n"}
    for text in (*deck().train.targets.tolist(), *WORDS):
        assert len(encode(text)) == len(text.split())
        assert min(encode(text)) >= shipped().size


def test_the_loss_is_that_of_the_program_alone():
    net, part = network(), deck().train
    stimuli, targets = part.stimuli[:3], part.targets[:3]
    _, loss = net.judged(stimuli, targets)
    wanted = []
    for prompt, program in zip(stimuli.tolist(), targets.tolist(), strict=True):
        row = net.rows([f"{prompt} {program}"], end=True)
        scores = linear(net(row), net.tokens).data[0].astype(float)
        told = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
        asked = len(encode(prompt))
        wanted += [-told[k, row[0, k + 1]] for k in range(asked, row.shape[1] - 1)]
        assert row[0, -1] == END
        assert row.shape[1] - 1 - asked == len(program.split()) + 1
    assert loss.item() == pytest.approx(np.mean(wanted), rel=1e-5)


def test_what_is_told_to_be_right_in_training_is_right():
    net, part = network(), deck().train
    answers, _ = net.judged(part.stimuli[:4], part.targets[:4])
    row = net.rows([f"{part.stimuli[0]} {part.targets[0]}"], end=True)
    asked = len(encode(part.stimuli[0]))
    best = linear(net(row), net.tokens).data[0].argmax(-1)[asked:-1]
    assert answers[0] == decode(t for t in best if t > END)


def test_programs_of_several_lengths_are_written_as_each_by_itself():
    net, stimuli = network(), deck().test.stimuli
    with no_grad():
        together = net.write(stimuli).tolist()
        assert together == [net.write(stimuli[k : k + 1])[0] for k in range(len(stimuli))]


def test_the_likeliest_token_each_time():
    net, prompt = network(), "a line of length 3 up:"
    with no_grad():
        found = net.write(np.array([prompt]))[0]
        tokens = net.rows([prompt], end=False)
        begun = tokens.shape[1]
        while tokens.shape[1] < net.config.longest and tokens[0, -1] != END:
            best = linear(net(tokens)[:, -1], net.tokens).data.argmax(-1)
            tokens = np.concatenate([tokens, best[:, None]], 1)
    assert found == decode(t for t in tokens[0, begun:] if t > END)


def test_drawn_programs_are_as_frequent_as_likely():
    """A network whose first tokens have known shares, and that ends after one."""
    net = network()
    shares = np.array([0.5, 0.3, 0.2])

    def scores(token):
        found = np.full((1, net.config.vocabulary), -50.0)
        if token is None:
            found[0, [520, 521, 522]] = np.log(shares)
        else:
            found[0, END] = 0.0
        return found

    read = net.read
    net.read = lambda tokens: (scores(None).repeat(len(tokens), 0), read(tokens)[1])
    net.follow = lambda tokens, kept, place: scores(0).repeat(len(tokens), 0)
    found = net.sample(np.array(["a line:", "dots:"]), 2_000, np.random.default_rng(0))
    assert found.shape == (2, 2_000)
    texts, counts = np.unique(found, return_counts=True)
    order = [decode([t]) for t in (520, 521, 522)]
    assert set(texts.tolist()) == set(order)
    by_text = dict(zip(texts.tolist(), (counts / found.size).tolist(), strict=True))
    assert [by_text[text] for text in order] == pytest.approx(shares.tolist(), abs=0.03)
    cold = net.sample(np.array(["a line:"]), 50, np.random.default_rng(0), temperature=0)
    assert set(cold[0].tolist()) == {order[0]}


def test_the_same_seed_draws_the_same():
    net, stimuli = network(longest=24), np.array(["a line up:", "dots of n down:"])
    first, again, other = (net.sample(stimuli, 3, np.random.default_rng(s)).tolist() for s in (0, 0, 1))
    assert first == again != other
    assert net.generate("a line up:", np.random.default_rng(0), count=2)[0]


def test_rows_are_of_one_width():
    rows = network(longest=12).rows(["a line " * 20, "dots"], end=False)
    assert rows.shape == (2, 11)
    assert (rows[1] != PAD).sum() == 2


def test_the_figure_is_pass_at_k():
    learner = ENTRY.create(changes=SMALL | {"longest": 40})
    part = deck().test
    known = part.targets[0]
    learner.network.sample = lambda stimuli, count, rng, temperature: np.array(
        [[known if k < 10 * (temperature < 0.5) else "no program" for k in range(count)] for _ in stimuli]
    )
    curves = _passes(learner, part.stimuli[:1], part.targets[:1])
    assert list(curves) == [f"temperature {t:g}" for t in TEMPERATURES]
    cold = curves["temperature 0.2"]
    assert cold.shape == (101,)
    assert cold[0] == 0.0
    assert cold[1] == pytest.approx(0.1)
    assert cold[-1] == 1.0
    assert not curves["temperature 1"].any()


def drawing(shares):
    """Return a learner that draws so many right programs of 100 for each text, by temperature."""
    learner = ENTRY.create(changes=SMALL | {"longest": 40})
    wanted = {}

    def sample(stimuli, count, rng, temperature):
        return np.array(
            [
                [wanted[text] if k < right else "no program" for k in range(count)]
                for text, right in zip(stimuli.tolist(), shares[temperature], strict=True)
            ]
        )

    learner.network.sample = sample
    return learner, wanted


def test_the_measures_are_of_pass_at_k():
    part = deck().test
    stimuli, targets = part.stimuli[:6], part.targets[:6]
    cold, middle, hot = [90, 60, 30] * 2, [50, 50, 50, 50, 50, 0], [40, 20, 10, 9, 8, 1]
    learner, wanted = drawing(dict(zip(TEMPERATURES, (cold, middle, hot), strict=True)))
    wanted |= dict(zip(stimuli.tolist(), targets.tolist(), strict=True))
    assert DRAWN == 100
    assert _of_ten(learner, stimuli, targets) == pytest.approx(5 / 6 * (1 - 0.5**10) - 0.8, abs=1e-3)
    assert _of_hundred(learner, stimuli, targets) == pytest.approx(0.1)
    assert _longer(learner, stimuli, targets) == pytest.approx(0.5), "90 to 60 is a factor of 1.5, 60 to 30 of 2"
    # A hundred programs solve all at both temperatures: nothing is gained by the higher one.
    assert _hotter(learner, stimuli, targets) == 0.0
    cold[:] = [90, 60, 30, 90, 60, 0]
    assert _hotter(learner, stimuli, targets) == pytest.approx(min(330 / 600 - 88 / 600, 1 / 6))
