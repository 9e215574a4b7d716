import json
from dataclasses import replace

import numpy as np
import pytest

from marki.errors import StateError
from marki.io.check_learner import check_learner
from marki.pen.typist import typed
from successors import registry, tasks
from successors.evaluation import card_text, verify
from successors.nn import weights_file
from successors.nn.bytepairs import START
from successors.nn.functions import linear
from successors.nn.tensor import no_grad
from successors.timeline.y2021_codex import encode
from successors.timeline.y2022_copilot import ENTRY, KEYS, THRESHOLDS, Copilot, CopilotConfig, GhostWriter, _saved
from successors.training import participants, training_job

SMALL = {"width": 16, "hidden": 24, "heads": 2, "layers": 2}


def network(**changes):
    net = Copilot(CopilotConfig(**SMALL | changes), np.random.default_rng(0))
    net.tokens.data[...] *= 4
    return net


def deck(**options):
    return tasks.load("typing", cache=False, **{"train": 20, "valid": 4, "test": 9, **options})


def test_it_keeps_the_contract():
    part = deck().train
    check_learner(lambda: ENTRY.create(changes=SMALL), stimuli=part.stimuli[:8], targets=part.targets[:8])


@pytest.mark.parametrize("check", ENTRY.checks, ids=lambda c: c.name)
def test_what_the_paper_says(check):
    finding = check.run()
    assert finding.holds, finding.found


def scores_after(net, text):
    with no_grad():
        row = np.array([[START, *encode(text)]])
        logits = linear(net(row), net.tokens).data[0, -1].astype(float)
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


def language():
    words = "go draw rep up down left right up-left up-right down-left down-right n [ ]"
    return [*words.split(), *map(str, range(1, 21))]


def test_an_offer_is_the_likeliest_words_to_the_end_of_the_line():
    net, text = network(), "dots of n down: draw up n"
    ghost = GhostWriter(net).offer(text)
    words, sure = [], 1.0
    while len(words) < 3 and words != ["]"]:
        shares = scores_after(net, " ".join([text, *words]))
        known = {word: shares[encode(word)[0]] for word in language()} | {"": shares[2]}
        best = max(known, key=lambda word: known[word])
        sure *= known[best]
        if not best:
            break
        words.append(best)
    assert ghost.text == " ".join(words)
    assert ghost.probability == pytest.approx(sure, rel=1e-4)


def test_letters_that_are_typed_leave_the_words_that_begin_with_them():
    net, text = network(), "dots of n down: draw"
    shares = scores_after(net, text)
    fits = {word: shares[encode(word)[0]] for word in language() if word.startswith("up")}
    best = max(fits, key=lambda word: fits[word])
    after = scores_after(net, f"{text} {best}")
    last = max(language(), key=lambda word: after[encode(word)[0]])
    ghost = GhostWriter(net).offer(text, "up")
    if after[2] < after[encode(last)[0]]:
        assert ghost.text == f"{best[2:]} {last}"
        assert ghost.probability == pytest.approx(fits[best] / sum(fits.values()) * after[encode(last)[0]], rel=1e-3)
    assert GhostWriter(net).offer(text, "xy").text == ""
    assert GhostWriter(net).offer(text, "xy").probability == 0.0


def test_a_line_that_is_begun_is_ended():
    net = network()
    net.read = lambda tokens: (favour("up" if tokens[0, -1] == encode("draw")[0] else "draw"), [])
    net.follow = lambda tokens, kept, place: favour("n" if tokens[0] == encode("up")[0] else "up")

    def favour(word):
        found = np.zeros((1, net.config.vocabulary))
        found[0, encode(word)[0]] = 20.0
        return found

    assert GhostWriter(net).offer("a line:").text == "draw up n"
    assert GhostWriter(net).offer("a line: draw left 1 draw").text == "up n"
    net.read = lambda tokens: (favour("]"), [])
    assert GhostWriter(net).offer("a line: rep n [ draw up 1").text == "]"
    assert GhostWriter(net).offer("一条线： rep n [ draw up 1").text == "]"


def test_the_words_are_read_or_left_out():
    first, other = "a line up: rep 2 [", "a castle wall: rep 2 ["
    with_words, without = network(), network(words=False)
    assert GhostWriter(with_words).offer(first).probability != GhostWriter(with_words).offer(other).probability
    assert (
        GhostWriter(without).offer(first) == GhostWriter(without).offer(other) == GhostWriter(without).offer("rep 2 [")
    )


def test_keys_follow_each_other_without_reading_all_anew():
    """While a line is typed letter by letter, the text above it is read once."""
    net = network()
    read, follow, calls = net.read, net.follow, {"read": 0, "follow": 0}

    def count(name, act):
        def counted(*inputs):
            calls[name] += 1
            return act(*inputs)

        return counted

    net.read, net.follow = count("read", read), count("follow", follow)
    ghosts = GhostWriter(net)
    for end in range(len(KEYS)):
        *whole, partial = f"a line up: {KEYS[:end]}".split(" ")
        before = calls["follow"]
        ghosts.offer(" ".join(whole), partial)
        assert calls["follow"] - before <= 3, "a word read, and two offered"
    assert calls["read"] == 1
    ghosts.offer("another text: draw up 3 draw left 3")
    assert calls["read"] == 2


def test_a_long_text_is_cut_at_its_beginning():
    net = network(longest=16)
    long = "a line up: " + "draw up n " * 12
    assert GhostWriter(net).offer(long) == GhostWriter(net).offer("a line up: " + "draw up n " * 30)


def test_a_typist_may_be_offered_lines():
    part = deck().test
    ghosts = GhostWriter(network())
    offers = typed("a line up:", "rep n [ draw up 1 go up 1 ]", ghosts.offer)
    assert len(offers) == 4
    assert all(0 <= offer.probability <= 1 for offer in offers)
    answers = ENTRY.create(changes=SMALL).respond(part.stimuli)
    assert answers.shape == part.targets.shape


def test_the_figure_is_of_the_typist():
    learner, part = ENTRY.create(changes=SMALL), deck().test
    found = _saved(learner, part.stimuli, part.targets)
    assert list(found) == ["lines with an offer", "accepted of those", "keys saved"]
    assert all(row.shape == THRESHOLDS.shape and np.isfinite(row).all() for row in found.values())
    assert found["lines with an offer"][0] == 1.0
    assert (np.diff(found["lines with an offer"]) <= 0).all()
    right = learner.respond(part.stimuli) == part.targets
    assert found["accepted of those"][0] == right.mean()
    keys = np.array([len(line) + 1 for line in part.targets.tolist()])
    assert found["keys saved"][0] == pytest.approx(((keys - 1) * right).sum() / keys.sum())


# -- weights of another system ---------------------------------------------------------------------------------------


@pytest.fixture
def codex(tmp_path, monkeypatch):
    """A Codex that is shipped, with weights of seed 3."""
    learner = registry.create("codex", seed=3)
    settings = json.dumps(learner.config.to_mapping())
    where = registry.shipped

    def ship(seed):
        (tmp_path / "codex").mkdir(exist_ok=True)
        arrays = registry.create("codex", seed=seed).weights()
        weights_file.save(tmp_path / "codex" / registry.WEIGHTS, arrays, system="codex", settings=settings)

    ship(3)
    monkeypatch.setattr(registry, "shipped", lambda name: tmp_path / name if name == "codex" else where(name))
    return ship


def test_it_takes_part_with_the_weights_of_codex(codex):
    entrant = participants.enter("copilot", deck())
    wanted = registry.create("codex", seed=3).weights()
    assert entrant.learner.weights().keys() == wanted.keys()
    assert all(np.array_equal(array, wanted[name]) for name, array in entrant.learner.weights().items())
    assert entrant.recipe.total_steps == 0


def test_a_training_of_it_is_an_examination(codex, tmp_path):
    order = training_job.training("copilot", "typing", options={"train": 20, "valid": 4, "test": 9})
    found = training_job.train(order, tmp_path / "runs")
    assert (found["steps"], found["shown"], found["curve"]) == (0, 0, [])
    part = tasks.load("typing", train=20, valid=4, test=9).test
    entrant = participants.enter("copilot", deck())
    assert found["score"] == (entrant.learner.respond(part.stimuli) == part.targets).mean()
    assert found["processor_seconds"] > 0
    # With other weights of Codex it is another examination.
    codex(4)
    with pytest.raises(StateError, match="holds another run"):
        training_job.train(order, tmp_path / "runs", resume=True)


def test_without_codex_there_is_nothing_to_examine(monkeypatch):
    monkeypatch.setattr(registry, "asset", refuse)
    with pytest.raises(StateError, match="no weights are shipped"):
        participants.enter("copilot", deck())


def refuse(path):
    raise StateError("is missing", where=path, remedy="Make it")


def test_its_card_says_so():
    card = registry.card("copilot")
    assert card["weights_of"] == "codex"
    assert "weights: those of codex; it is not trained itself" in card_text.as_text(card)
    assert "weights:" not in card_text.as_text(registry.card("codex"))


def test_that_nothing_moves_does_not_count_against_it():
    system = registry.find("copilot")
    assert verify.moves(system) is None
    with pytest.raises(verify.NotShown, match="did not change"):
        verify.moves(replace(system, entry=replace(system.entry, weights_of="")))
