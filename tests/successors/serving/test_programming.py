"""What systems that program are asked: offers, holes, tries, and the tasks of their room in the hall."""

import numpy as np
import pytest

from marki.errors import PortError, StateError
from marki.io.exhibits import Trouble
from marki.io.program_orders import WrittenPrograms
from marki.io.rooms import PROGRAMS, TASK
from marki.pen.interpreter import drawings, field
from marki.pen.judging import passing
from marki.pen.typist import before
from successors import registry
from successors.serving import programming, room_keepers
from successors.serving.loaded_system import LoadedSystem
from successors.serving.programming import INPUT, PARTS, Programmers, all_offers, programmed, task, task_told
from successors.serving.questions import FillHole, OfferLine, TryPrograms
from successors.serving.worker import Worker
from successors.tasks import figures
from successors.timeline import y2022_alphacode
from successors.timeline.y2022_copilot import GhostWriter

WHO = ("codex", "alphacode", "copilot", "incoder")


def untrained(name):
    system = registry.find(name)
    changes = {"samples": 20} if name == "alphacode" else {}
    return LoadedSystem(system=system, trial=system.entry.trials[0], learner=registry.create(name, **changes))


@pytest.fixture(scope="module")
def programmers():
    return Programmers(untrained)


# -- the tasks of the room -------------------------------------------------------------------------------------------


def test_tasks_are_of_no_corpus_and_the_same_every_time():
    assert len({task(number).words for number in range(20)}) > 15
    for number in range(20):
        asked = task(number)
        assert figures.part_of(asked.target) == "test"
        assert passing([asked.target], asked.target).all()
        assert asked.holed.count("?") == 1
        assert asked.words.isascii()
        assert not asked.chinese.isascii()
        assert task.__wrapped__(number) == asked


def test_the_task_is_told_before_it_is_answered():
    told = task_told(3, "", 5)
    assert (told.name, told.number) == (TASK, 3)
    assert told.stimulus.tolist() == [task(5).words, task(5).chinese]
    np.testing.assert_array_equal(told.target, field(drawings(task(5).target, [INPUT])[0]))
    typed = task_told(3, "a line of n up:", 5)
    assert (typed.stimulus.tolist(), typed.target) == (["a line of n up:"] * 2, None)


@pytest.mark.parametrize("name", WHO)
def test_whoever_programs_writes_a_program_that_is_run_and_judged(name, monkeypatch):
    loaded = untrained(name)
    reply = programmed(loaded, 7, "", 1)
    assert (reply.name, reply.number, reply.wanted) == (name, 7, task(1).target)
    drawn = drawings(reply.said, [INPUT])
    assert (reply.field is None) == (drawn is None)
    assert reply.judged is bool(passing([reply.said], task(1).target)[0])


@pytest.mark.parametrize("name", ["codex", "alphacode", "incoder"])
def test_a_right_program_is_taken_for_right_however_it_is_written(name, monkeypatch):
    loaded = untrained(name)
    other = f"go up 1 go down 1 {task(1).target}"
    monkeypatch.setattr(loaded.learner.network, "write", lambda x: np.array([f"{other}\ndraw up 1"]))
    reply = programmed(loaded, 7, "", 1)
    assert (reply.said, reply.judged) == (other, True)
    np.testing.assert_array_equal(reply.field, reply.target)


def test_each_is_told_what_it_has_learned():
    asked = task(2)
    heard = {name: str(programmed(untrained(name), 1, "", 2).stimulus) for name in WHO}
    assert heard["codex"] == heard["copilot"] == asked.words
    assert heard["alphacode"].startswith(asked.statement[:20])
    assert "#" in heard["alphacode"]
    assert heard["incoder"] == asked.holed


def test_what_is_typed_is_run_but_not_judged_and_no_hole_is_made_of_it():
    reply = programmed(untrained("codex"), 1, "a line of n up:", 0)
    assert (reply.wanted, reply.target, reply.judged) == ("", None, None)
    assert programmed(untrained("incoder"), 1, "a line of n up:", 0) is None


def test_the_keeper_words_a_line_and_takes_only_those_who_program():
    keeper = room_keepers.keeper(PROGRAMS.name)
    assert str(keeper.check(np.array("A line of N , up"), "programs")) == "a line of n, up:"
    assert str(keeper.check(np.array(" "), "programs")) == ""
    with pytest.raises(PortError):
        keeper.check(np.array("..."), "programs")
    assert tuple(name for name in registry.names() if keeper.takes(registry.find(name))) == WHO


def test_the_worker_tells_the_task_and_asks_whoever_has_weights(monkeypatch):
    from successors.serving.questions import AskHall

    worker, sent = Worker(None), []
    monkeypatch.setattr(worker, "_send", sent.append)
    monkeypatch.setattr(
        worker, "_in_room", lambda keeper, name, subject: untrained(name) if name in ("codex", "copilot") else None
    )
    worker._answer(AskHall(number=9, asked=np.array(""), subject="programs", room="programs", item=1))
    assert [(m.name, m.number) for m in sent] == [(TASK, 9), ("codex", 9), ("copilot", 9)]


# -- the editor ------------------------------------------------------------------------------------------------------


def test_a_line_is_offered_as_copilot_offers_it(programmers):
    network = programmers.loaded("copilot").learner.network
    text = "a line of n up: draw"
    for number, partial in enumerate(("", "u", "up", "x")):
        (found,) = programmers.answers(OfferLine(number=number, name="copilot", text=text, partial=partial))
        wanted = GhostWriter(network).offer(text, partial)
        assert (found.number, found.texts) == (number, (wanted.text,))
        assert found.sure == pytest.approx(wanted.probability, abs=1e-5)


def test_what_is_typed_carelessly_is_offered_the_same(programmers):
    asked = {
        text: next(iter(programmers.answers(OfferLine(number=0, name="copilot", text=text, partial="DR")))).texts
        for text in ("a line of n up:", "A Line of N up :", "a line of n up：")
    }
    assert len(set(asked.values())) == 1


def test_every_offer_taken_is_a_program_line_by_line():
    network = untrained("copilot").learner.network
    words = task(0).words
    program = all_offers(network, words)
    lines, ghosts = [], GhostWriter(network)
    while len(lines) < programming.LINES and (line := ghosts.offer(before(words, lines)).text):
        lines.append(line)
    assert program == " ".join(lines)


@pytest.mark.parametrize("text", ["draw up 3 ? draw down 3", "? go up 1", "a line of n up: draw up 1 ?"])
def test_a_hole_is_filled_with_what_incoder_writes_there(programmers, text):
    (found,) = programmers.answers(FillHole(number=4, name="incoder", text=text))
    program = text.rpartition(": ")[2]
    whole = programmers.loaded("incoder").learner.network.write(np.array([program]))[0]
    assert program.replace("?", found.texts[0]).split() == whole.split()


@pytest.mark.parametrize("name", ["codex", "alphacode"])
def test_tries_come_in_parts_and_are_judged(programmers, name):
    target = task(0).target
    text = task(0).words if name == "codex" else task(0).statement
    parts = list(programmers.answers(
        TryPrograms(number=2, name=name, text=text, target=target, count=30, temperature=1.0)
    ))  # fmt: skip
    assert [len(part.texts) for part in parts] == [3] * PARTS
    assert {part.of for part in parts} == {30}
    texts = [text for part in parts for text in part.texts]
    assert len(set(texts)) > 5
    assert [r for part in parts for r in part.right] == passing(texts, target).tolist()


def test_the_sieve_keeps_what_draws_the_example_in_clusters_and_hands_ten_in(programmers):
    right, other = task(0).target, "draw up 1"
    mixed = [right, other, f"go up 1 go down 1 {right}", "draw draw", f"{right} go up 1", f"rep 1 [ {right} ]"] * 5
    found = programming.sieved(mixed, task(0).statement, np.random.default_rng(0))
    assert [mixed[k] == other or mixed[k] == "draw draw" for k in range(30) if k not in found.passed] == [True] * 10
    assert len(found.passed) == 20
    assert sorted(k for group in found.groups for k in group) == list(found.passed)
    assert [len(group) for group in found.groups] == sorted((len(g) for g in found.groups), reverse=True)
    assert len(found.handed) == 10
    assert set(found.handed) <= set(found.passed)


def test_the_last_tries_of_alphacode_bring_the_sieve(programmers):
    parts = list(programmers.answers(
        TryPrograms(number=2, name="alphacode", text=task(0).statement, target="", count=20, temperature=1.0)
    ))  # fmt: skip
    assert [part.sieve is not None for part in parts] == [False] * 9 + [True]


def test_what_the_sieve_hands_in_is_the_answer(programmers, monkeypatch):
    def sample(network, stimuli, count, rng):
        return [[f"draw up {number}" for number in rng.integers(1, 10, count)] for _ in stimuli]

    monkeypatch.setattr(y2022_alphacode.AlphaCode, "sample", sample)
    text = "a line:"  # without an example no program is held back
    asked = TryPrograms(number=2, name="alphacode", text=text, target="", count=20, temperature=1.0)
    parts = list(programmers.answers(asked))
    drawn = [program for part in parts for program in part.texts]
    answer = programmers.loaded("alphacode").learner.network.write(np.array([text]))[0]
    assert y2022_alphacode.fitting([drawn[k] for k in parts[-1].sieve.handed]) == answer
    assert answer


def test_a_system_that_stands_there_is_tried_as_it_has_learned_so_far():
    def refuse(name):
        raise StateError("no weights", where=name)

    up = untrained("codex")
    question = TryPrograms(number=2, name="codex", text="a line of n up", target="", count=10, temperature=1.0)
    assert len(list(Programmers(refuse).answers(question, up))) == PARTS
    with pytest.raises(StateError):
        list(Programmers(refuse).answers(question))


def test_without_a_right_program_tries_are_not_judged(programmers):
    question = TryPrograms(number=2, name="codex", text="a line of n up", target="", count=10, temperature=0.6)
    assert {part.right for part in programmers.answers(question)} == {()}


def test_who_has_no_weights_says_so_and_the_process_goes_on(monkeypatch):
    worker, sent = Worker(None), []
    monkeypatch.setattr(worker, "_send", sent.append)
    monkeypatch.setattr(registry, "shipped", lambda name: (_ for _ in ()).throw(StateError("no weights", where=name)))
    for question in (
        OfferLine(number=1, name="copilot", text="", partial=""),
        FillHole(number=1, name="incoder", text="?"),
        TryPrograms(number=1, name="codex", text="a line", target="", count=10, temperature=1),
    ):
        worker._waiting[type(question)] = question
        worker._next()
    assert [type(m) for m in sent] == [Trouble] * 3
    assert all("no weights" in m.text for m in sent)
    assert not any(isinstance(m, WrittenPrograms) for m in sent)


def test_who_does_not_do_what_is_asked_refuses():
    some = Programmers(untrained)
    for question in (
        OfferLine(number=1, name="codex", text="", partial=""),
        FillHole(number=1, name="incoder", text="draw up 1"),
    ):
        with pytest.raises(StateError):
            list(some.answers(question))
