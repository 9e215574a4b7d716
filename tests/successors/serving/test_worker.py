"""The process in which a system stands: what it answers, what it refuses, and how it ends."""

import contextlib
import json
import math
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from marki.errors import StateError
from marki.io.asked import asked
from marki.io.exhibits import Progress, Reply, Trouble
from marki.io.ports import Port
from marki.language import Words
from successors import registry, tasks
from successors.model_card import Trial
from successors.nn import weights_file
from successors.serving import gallery
from successors.serving import worker as stand_module
from successors.serving.client import WorkerClient
from successors.serving.loaded_system import OTHERS
from successors.serving.questions import (
    AskHall,
    LoadSystem,
    ShowChanged,
    ShowExample,
    ShowStimulus,
    StopTraining,
    TrainSystem,
    lay,
    take,
)
from successors.serving.worker import ProgressReporter, Worker
from successors.tasks.wording import typed
from successors.training import training_job
from successors.training.loop import Record

ROOT = Path(__file__).resolve().parent.parent.parent.parent
LONG_S = 60
SMALL = {"train": 300, "valid": 60, "test": 60}
FEW = {"recipe.steps": 12, "recipe.eval_every": 4, "recipe.stop_at_score": 2.0}


def frame(number=0):
    return np.array(tasks.load("digits").test.stimuli[number])


def until(poll, wanted):
    """Return what came, as soon as something of it is wanted."""
    found, since = [], time.monotonic()
    while not any(wanted(m) for m in found):
        assert time.monotonic() - since < LONG_S, f"nothing wanted among {[type(m).__name__ for m in found]}"
        found += poll()
        time.sleep(0.005)
    return found


def of_kind(kind):
    return lambda message: isinstance(message, kind)


# -- the process -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rack():
    rack = WorkerClient()
    yield rack
    rack.close()


def test_it_answers_with_the_shipped_weights(rack):
    rack.load("lenet5")
    rack.show(5, frame())
    (reply,) = until(rack.poll, of_kind(Reply))
    own = registry.create("lenet5", pretrained=True)
    assert (reply.name, reply.number, reply.wanted) == ("lenet5", 5, "")
    assert np.array_equal(reply.lamps, own.respond(frame()[None])[0])
    assert np.array_equal(reply.stimulus, frame())
    assert reply.said == "7"
    assert 0.9 < reply.confidence <= 1
    assert len(reply.others) == OTHERS
    assert "7" not in dict(reply.others)
    assert [v.name for v in reply.views] == [w.name for w in registry.find("lenet5").entry.registers]
    assert reply.field is None
    assert reply.seconds > 0


def test_an_example_says_what_is_wanted_and_the_deck_goes_round(rack):
    deck = tasks.load("digits")
    rack.load("lenet5")
    for number in (3, len(deck.test) + 3):
        rack.example(number, views=False)
        (reply,) = until(rack.poll, of_kind(Reply))
        assert (reply.number, reply.wanted) == (number, deck.classes[deck.test.kinds[3]])
        assert np.array_equal(reply.stimulus, deck.test.stimuli[3])
        assert reply.views == ()


def test_a_training_counts_its_steps_of_study(rack):
    rack.train("gpt", 0)
    first = until(rack.poll, lambda m: isinstance(m, Progress))[-1]
    recipe = registry.find("gpt").entry.retina.recipe
    assert first.of == recipe.pretrain_steps + recipe.steps
    rack.stop()
    until(rack.poll, lambda m: isinstance(m, Progress) and m.done)


def test_an_example_of_text_wants_the_text(rack):
    deck = tasks.load("translate")
    rack.load("transformer")
    rack.example(1)
    (reply,) = until(rack.poll, of_kind(Reply))
    assert str(reply.stimulus) == deck.test.stimuli[1]
    assert reply.said == reply.wanted == deck.test.targets[1]
    assert reply.views[0].name == "pieces read"


@pytest.mark.slow
def test_an_example_of_a_sentence_that_is_drawn_wants_what_it_says(rack):
    deck = tasks.load("illustrate")
    rack.load("dalle")
    rights = set()
    for number in range(8):
        rack.example(number, views=number == 0)
        (reply,) = until(rack.poll, of_kind(Reply))
        assert str(reply.stimulus) == deck.test.stimuli[number]
        assert reply.wanted == ""
        right = tasks.find("illustrate").judge(reply.field[None], deck.test.targets[number : number + 1])[0]
        assert reply.judged == right
        rights.add(bool(right))
        if number == 0:
            views = {view.name: view.array for view in reply.views}
            assert np.array_equal(views["CLIP's order"][0], reply.field)
            assert len(views["CLIP's order"]) == len(views["CLIP's scores"]) == 8
    assert True in rights


@pytest.mark.parametrize("name", [pytest.param("arcanegan", marks=pytest.mark.slow), "dualstylegan"])
def test_a_drawn_example_is_judged_by_its_letter_and_its_face(rack, name):
    trial = registry.find(name).entry.trials[0]
    deck, judge = tasks.load(trial.task, **trial.options), tasks.find(trial.task).judge
    rack.load(name)
    for number in range(4):
        rack.example(number, views=False)
        (reply,) = until(rack.poll, of_kind(Reply))
        assert reply.judged == judge(reply.field[None], deck.test.targets[number : number + 1])[0]
        assert reply.wanted == deck.classes[deck.test.kinds[number]]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda rack: rack.load("lenet6"), "unknown system 'lenet6'.*lenet5"),
        (lambda rack: rack.train("lenet6", 0), "unknown system"),
        (lambda rack: rack.train("hopfield", -1), "seed -1"),
        (lambda rack: rack.show(1, np.full((20, 20), 2.0)), "light levels"),
        (lambda rack: rack.show(1, np.full((20, 20), np.nan)), "NaN"),
        (lambda rack: rack.show(1, np.zeros((3, 20, 20))), "expected a frame"),
        (lambda rack: rack.show(1, np.array("a text")), "expected a frame"),
        (lambda rack: rack.hall(1, np.zeros((5, 5))), "expected frames"),
        (lambda rack: rack.hall(1, np.zeros((20, 20)), "leters"), "letters"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence_and_the_process_goes_on(rack, ask, said):
    rack.load("lenet5")
    rack.show(0, frame())
    until(rack.poll, of_kind(Reply))
    ask(rack)
    found = until(rack.poll, of_kind(Trouble))
    (trouble,) = [m for m in found if isinstance(m, Trouble)]
    assert trouble.name
    assert re.search(said, trouble.text), trouble.text
    rack.show(2, frame())
    assert until(rack.poll, of_kind(Reply))[-1].number == 2


def test_all_systems_of_frames_with_weights_of_the_task_answer_in_the_hall(rack):
    rack.hall(7, frame(1), "digits")
    entries = {name: registry.find(name).entry for name in registry.names() if registry.weights(name, "digits")}
    wanted = [n for n, e in entries.items() if (e.accepts, e.answers) == (Port.FRAME, Port.LAMPS)]
    assert len(wanted) > 10
    found = until(rack.poll, lambda m: m.name == wanted[-1])
    assert [m.name for m in found] == wanted
    for reply in found:
        assert reply.number == 7
        assert reply.views == ()
        assert reply.lamps.shape == (8,)
        assert reply.confidence <= 1 or math.isnan(reply.confidence)


def test_it_learns_as_it_does_without_a_window(rack, tmp_path):
    rack.train("perceptron", 1)
    found = until(rack.poll, lambda m: isinstance(m, Progress) and m.done)
    trial = registry.find("perceptron").entry.trials[0]
    order = training_job.training("perceptron", trial.task, options=trial.options, changes=trial.changes, seed=1)
    alone = training_job.train(order, tmp_path)
    last = found[-1]
    assert last.digest == alone["digest"]
    assert len(last.digest) == 16
    assert (last.steps, last.shown) == (alone["steps"], alone["shown"])
    assert [list(row) for row in last.curve] == alone["curve"]
    assert all(m.digest == "" and not m.done for m in found[:-1])
    assert [m.steps for m in found] == sorted(m.steps for m in found)
    assert found[0].steps == 0
    rack.example(0)
    assert until(rack.poll, of_kind(Reply))[-1].name == "perceptron"


def test_it_answers_while_it_learns_and_stops_where_it_is(rack):
    rack.train("mlp", 0)
    first = until(rack.poll, lambda m: isinstance(m, Progress) and m.steps > 0)[-1]
    assert first.of == 16_000
    rack.show(1, frame())
    reply = next(m for m in until(rack.poll, of_kind(Reply)) if isinstance(m, Reply))
    assert reply.name == "mlp"
    assert reply.views
    rack.stop()
    last = until(rack.poll, lambda m: isinstance(m, Progress) and m.done)[-1]
    assert 0 < last.steps < last.of
    assert last.digest
    rack.load("lenet5")
    rack.show(2, frame())
    assert until(rack.poll, of_kind(Reply))[-1].name == "lenet5"


def test_a_killed_process_is_reported_once_and_nothing_hangs():
    rack = WorkerClient()
    rack.load("lenet5")
    rack.show(1, frame())
    until(rack.poll, of_kind(Reply))
    os.kill(rack._process.pid, signal.SIGKILL)
    (trouble,) = until(rack.poll, of_kind(Trouble))
    assert trouble.name == "lenet5"
    assert "ended" in trouble.text
    for _ in range(100):
        rack.show(2, np.zeros((100, 20, 20)))
    rack.stop()
    assert rack.poll() == []
    rack.close()
    rack.close()


def test_closing_at_once_and_twice_ends_the_process():
    rack = WorkerClient()
    rack.train("mlp", 0)
    rack.close()
    rack.close()
    assert not rack._process.is_alive()
    rack.show(1, frame())
    assert not [m for m in rack.poll() if isinstance(m, Trouble)]


def test_asking_never_waits_for_the_answer():
    rack = WorkerClient()
    os.kill(rack._process.pid, signal.SIGSTOP)
    asked = threading.Thread(target=lambda: [rack.show(k, np.zeros((200, 20, 20))) for k in range(50)], daemon=True)
    asked.start()
    asked.join(LONG_S)
    assert not asked.is_alive()
    assert rack.poll() == []
    rack.close()
    assert not rack._process.is_alive()


WINDOW = """
import os, signal, sys
sys.path.insert(0, {root!r})
from successors.serving.client import WorkerClient
if __name__ == "__main__":
    rack = WorkerClient()
    rack.train("mlp", 0)
    while not rack.poll():
        pass
    print(rack._process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs signals")
def test_it_does_not_outlive_its_window(tmp_path):
    script = tmp_path / "window.py"
    script.write_text(WINDOW.format(root=str(ROOT)))
    said = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=LONG_S)
    child = int(said.stdout)
    since = time.monotonic()
    while Path(f"/proc/{child}/stat").exists() and Path(f"/proc/{child}/stat").read_text().split()[2] != "Z":
        assert time.monotonic() - since < LONG_S
        time.sleep(0.01)


# -- what it does, without a process --------------------------------------------------------------------------------


class Table:
    """A stand whose questions are laid down before it begins."""

    def __init__(self, *questions):
        self.pipe, there = multiprocessing.Pipe()
        for question in questions:
            self.pipe.send(question)
        self.stand = Worker(there)
        self.found = []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        with contextlib.suppress(SystemExit):
            self.stand.run()

    def poll(self):
        return [self.pipe.recv()] if self.pipe.poll() else []

    def close(self):
        self.pipe.close()
        self.thread.join(LONG_S)
        assert not self.thread.is_alive()


@pytest.fixture
def short(monkeypatch):
    """Let lenet5 learn some letters in a few steps; return its run."""
    find = registry.find
    trial = Trial(task="letters", options=SMALL, changes=FEW)

    def found(name):
        system = find(name)
        return replace(system, entry=replace(system.entry, trials=(trial,))) if name == "lenet5" else system

    monkeypatch.setattr(registry, "find", found)
    return lambda seed: training_job.training("lenet5", "letters", options=SMALL, changes=FEW, seed=seed)


def test_of_questions_that_wait_the_last_of_each_kind_is_answered():
    shown = [ShowStimulus(number=k, stimulus=frame(k), views=False) for k in range(4)]
    examples = [ShowExample(number=k, views=False) for k in range(3)]
    table = Table(LoadSystem(name="hopfield"), LoadSystem(name="lenet5"), *shown, *examples)
    found = until(table.poll, lambda m: isinstance(m, Reply) and m.wanted != "")
    assert [(m.name, m.number) for m in found] == [("lenet5", 3), ("lenet5", 2)]
    table.close()


def test_questions_keep_their_turn_but_the_last_of_a_kind_comes_after_what_was_asked_since():
    waiting = {}
    asked = [LoadSystem(name="mlp"), ShowExample(number=2, views=False), LoadSystem(name="vit")]
    asked += [ShowExample(number=4, views=False), StopTraining()]
    for question in asked:
        lay(waiting, question)
    assert [take(waiting) for _ in range(3)] == asked[2:]
    assert not waiting


def test_a_network_learns_the_same_with_questions_between_its_steps(short, tmp_path):
    table = Table(
        TrainSystem(name="lenet5", seed=2),
        ShowStimulus(number=1, stimulus=frame(), views=True),
        AskHall(number=2, asked=frame(), subject="letters"),
    )
    found = until(table.poll, lambda m: isinstance(m, Progress) and m.done)
    table.close()
    assert {m.number for m in found if isinstance(m, Reply)} == {1, 2}
    alone = training_job.train(short(2), tmp_path)
    last = found[-1]
    assert last.digest == alone["digest"] != training_job.train(short(3), tmp_path)["digest"]
    assert (last.steps, last.of, last.shown) == (12, 12, alone["shown"])
    assert [list(row) for row in last.curve] == alone["curve"]


def test_a_stop_and_another_training_take_effect_in_their_turn(short):
    table = Table(
        TrainSystem(name="lenet5", seed=0), ShowStimulus(number=1, stimulus=frame(), views=False), StopTraining()
    )
    found = until(table.poll, lambda m: isinstance(m, Progress) and m.done)
    assert (found[-1].steps, found[-1].curve) == (1, ())
    table.pipe.send(TrainSystem(name="lenet5", seed=0))
    table.pipe.send(LoadSystem(name="hopfield"))
    again = until(table.poll, lambda m: isinstance(m, Progress) and m.done)
    assert 1 <= again[-1].steps <= 12
    table.pipe.send(ShowExample(number=0, views=True))
    reply = until(table.poll, of_kind(Reply))[-1]
    assert reply.name == "hopfield"
    assert reply.field.shape == (20, 20)
    assert reply.lamps is None
    assert math.isnan(reply.confidence)
    assert reply.said == ""
    assert reply.wanted
    table.close()


def test_a_question_before_anything_is_up_and_an_error_of_the_program_are_said(monkeypatch):
    table = Table(ShowStimulus(number=1, stimulus=frame(), views=True))
    assert "no system is up" in until(table.poll, of_kind(Trouble))[0].text
    table.pipe.send("nonsense")
    assert "str is no question" in until(table.poll, of_kind(Trouble))[0].text
    monkeypatch.setattr(registry, "create", lambda *a, **k: 1 / 0)
    table.pipe.send(LoadSystem(name="lenet5"))
    assert until(table.poll, of_kind(Trouble)) == [Trouble(name="lenet5", text="ZeroDivisionError: division by zero")]
    table.close()


def test_a_system_whose_weights_are_broken_does_not_keep_the_others_from_the_hall(monkeypatch):
    create = registry.create

    def broken(name, *args, **changes):
        if name == "vgg":
            raise StateError("broken", where=name)
        return create(name, *args, **changes)

    monkeypatch.setattr(registry, "create", broken)
    table = Table(
        AskHall(number=1, asked=frame(), subject="letters"), AskHall(number=2, asked=frame(), subject="letters")
    )
    found = until(table.poll, lambda m: m.name == "convnext")
    assert [m.name for m in found if isinstance(m, Trouble)] == ["vgg"]
    table.pipe.send(AskHall(number=3, asked=frame(), subject="letters"))
    assert all(isinstance(m, Reply) for m in until(table.poll, lambda m: m.name == "convnext"))
    table.close()


def test_the_hall_takes_the_weights_of_the_task_and_no_others(monkeypatch, tmp_path):
    home = tmp_path / "vgg"
    home.mkdir()
    (home / registry.WEIGHTS).touch()
    monkeypatch.setattr(registry, "shipped", lambda name: home)
    trials = registry.find("vgg").entry.trials
    own = (home / registry.WEIGHTS, trials[0])
    assert registry.weights("vgg", "letters") == own
    assert registry.weights("vgg", "digits") is None
    assert gallery.exhibit(registry.find("vgg"), {}).hall == {"reads": ("letters",)}
    (home / "digits.safetensors.xz").touch()
    assert registry.weights("vgg", "digits") == (home / "digits.safetensors.xz", trials[1])
    assert registry.weights("vgg", "letters") == own
    assert gallery.exhibit(registry.find("vgg"), {}).hall == {"reads": ("letters", "digits")}
    (home / registry.WEIGHTS).unlink()
    assert registry.weights("vgg", "letters") is None


def test_a_system_of_reels_refuses_a_frame():
    table = Table(LoadSystem(name="lstm"), ShowStimulus(number=1, stimulus=frame(), views=True))
    (trouble,) = until(table.poll, of_kind(Trouble))
    assert trouble.name == "lstm"
    assert "expected a reel" in trouble.text
    table.pipe.send(ShowStimulus(number=2, stimulus=np.zeros((5, 20, 20)), views=True))
    reply = until(table.poll, of_kind(Reply))[-1]
    assert reply.stimulus.shape == (5, 20, 20)
    assert {v.array.shape for v in reply.views} == {(5, 48)}
    table.close()


def test_progress_is_told_twenty_times_a_second_at_most(monkeypatch):
    clock, told = [0.0], []
    monkeypatch.setattr(stand_module.time, "perf_counter", lambda: clock[0])
    telling = ProgressReporter("lenet5", 3, 1_000, told.append)
    record = Record()
    for _ in range(1_000):
        clock[0] += 0.001
        record.steps += 1
        telling.step(record, record.steps % 2)
    telling.end(record, "0123456789abcdef", ("chance",))
    assert 15 <= len(told) <= 22
    last = told[-1]
    assert (last.name, last.seed, last.steps, last.of, last.right) == ("lenet5", 3, 1_000, 1_000, 0.5)
    assert last.warnings == ("chance",)
    assert {m.warnings for m in told[:-1]} == {()}
    assert (last.done, last.digest, last.seconds) == (True, "0123456789abcdef", pytest.approx(1.0))


@pytest.fixture
def letters_too(monkeypatch, tmp_path):
    """Ship lenet5 with weights of letters beside its own of digits, neither trained; return both learners."""
    system = registry.find("lenet5")
    found, paths = {}, {}
    for trial in system.entry.trials:
        learner = system.entry.create(seed=5, changes=registry.settings(system.entry, trial))
        path = tmp_path / f"{trial.task}.safetensors"
        settings = json.dumps(learner.config.to_mapping())
        weights_file.save(path, learner.weights(), system="lenet5", settings=settings)
        found[trial.task], paths[trial.task] = learner, (path, trial)
    create = registry.create
    monkeypatch.setattr(registry, "weights", lambda name, task: paths.get(task) if name == "lenet5" else None)
    monkeypatch.setattr(
        registry, "create", lambda name, pretrained=False, **kw: create(name, **{"weights": paths["digits"][0]} | kw)
    )
    return found


def test_a_card_is_read_with_the_weights_of_its_task(letters_too):
    questions = [LoadSystem(name="lenet5")]
    table = Table(*questions)
    for number, task in enumerate(("letters", "digits", "", "spoons")):
        table.pipe.send(ShowStimulus(number=number, stimulus=frame(), views=False, task=task))
        reply = until(table.poll, of_kind(Reply))[-1]
        own = "letters" if task == "letters" else "digits"
        assert reply.task == own
        assert np.array_equal(reply.lamps, letters_too[own].respond(frame()[None])[0])
        assert reply.said.isdigit() is (own == "digits") or not reply.said
    table.close()


def test_what_was_trained_here_answers_whatever_else_is_shipped(letters_too, short):
    table = Table(TrainSystem(name="lenet5", seed=2))
    until(table.poll, lambda m: isinstance(m, Progress) and m.done)
    table.pipe.send(ShowStimulus(number=1, stimulus=frame(), views=False, task="digits"))
    assert until(table.poll, of_kind(Reply))[-1].task == "letters"  # what it learned here
    table.pipe.send(LoadSystem(name="lenet5"))
    table.pipe.send(ShowStimulus(number=2, stimulus=frame(), views=False, task="digits"))
    assert until(table.poll, of_kind(Reply))[-1].task == "digits"
    table.close()


@pytest.fixture
def two_tongues(monkeypatch, tmp_path):
    """Ship vqa and show_tell with untrained weights of two languages; return the learners by name and language."""
    found, paths = {}, {}
    for name in ("vqa", "show_tell"):
        entry = registry.find(name).entry
        for seed, language in enumerate(("en", "zh")):
            trial = next(t for t in entry.trials if registry.subject(entry, t) == language)
            learner = entry.create(seed=seed, changes=registry.settings(entry, trial) | dict(entry.small))
            path = tmp_path / f"{name}-{language}.safetensors"
            settings = json.dumps(learner.config.to_mapping())
            weights_file.save(path, learner.weights(), system=name, settings=settings)
            found[name, language], paths[name, language] = learner, (path, trial)
    create, load = registry.create, tasks.load
    monkeypatch.setattr(registry, "weights", lambda name, about: paths.get((name, about)))
    monkeypatch.setattr(
        registry, "create",
        lambda name, pretrained=False, **kw: create(name, **{"weights": paths[name, "en"][0]} | kw),
    )  # fmt: skip
    few = {"train": 1, "valid": 1, "test": 12, "held": 1}
    monkeypatch.setattr(tasks, "load", lambda task, **options: load(task, cache=False, **options | few))
    return found


def test_a_line_about_the_picture_of_an_example_is_answered_in_its_language(two_tongues):
    deck = tasks.load("question")
    table = Table(LoadSystem(name="vqa"))
    asks = {"en": "How many shapes are there", "zh": "有几个图形"}
    for number, (language, line) in enumerate(asks.items(), 50):
        table.pipe.send(ShowChanged(number=number, example=15, views=False, line=line))
        reply = until(table.poll, of_kind(Reply))[-1]
        pair = asked(deck.test.stimuli[3]["frame"][None], np.array([typed(line, "question").text]))
        assert (reply.number, reply.wanted, reply.judged) == (number, "", None)
        assert reply.stimulus == pair[0]
        assert np.array_equal(reply.lamps, two_tongues["vqa", language].respond(pair)[0])
    table.close()


def test_a_line_about_a_card_is_answered_and_one_with_unknown_words_is_refused(two_tongues):
    table = Table(LoadSystem(name="vqa"))
    card = np.random.default_rng(0).random((1, 20, 20), np.float32)
    for line in ("where is the elephant?", "where is the circle?"):
        pair = asked(card, np.array([line]))
        table.pipe.send(ShowStimulus(number=7, stimulus=pair[0], views=False))
        came = until(table.poll, of_kind(Reply | Trouble))[-1]
        if "elephant" in line:
            assert came.passing
            assert "elephant" in came.text
            continue
        assert np.array_equal(came.lamps, two_tongues["vqa", "en"].respond(pair)[0])
    table.close()


@pytest.mark.parametrize("name", ["vqa", "show_tell"])
def test_behind_the_shutter_an_example_is_dark_and_nothing_is_wanted(two_tongues, name):
    table = Table(LoadSystem(name=name), ShowChanged(number=50, example=3, views=False, dark=True))
    reply = until(table.poll, of_kind(Reply))[-1]
    deck = tasks.load(registry.find(name).entry.trials[0].task)
    shown = deck.test.stimuli[3:4].copy()
    light = shown["frame"] if name == "vqa" else shown
    assert light.any()
    light[...] = 0
    assert reply.stimulus == shown[0] if name == "vqa" else np.array_equal(reply.stimulus, shown[0])
    answer = two_tongues[name, "en"].respond(shown)[0]
    assert np.array_equal(reply.lamps, answer) if name == "vqa" else reply.said == answer
    assert (reply.number, reply.wanted) == (50, "")
    table.close()


@pytest.mark.parametrize(
    ("name", "language", "chinese"), [("clip", "zh", True), ("clip", "en", False), ("gpt", "zh", False)]
)
def test_a_system_shows_examples_in_the_language_of_the_window_if_it_has_learned_it(name, language, chinese):
    table = Table(LoadSystem(name=name, language=language), ShowExample(number=0, views=False))
    reply = until(table.poll, of_kind(Reply))[-1]
    text = str(reply.stimulus["text"] if reply.stimulus.dtype.names else reply.stimulus)
    assert text.isascii() != chinese
    assert (reply.said + reply.wanted).isascii() != chinese
    assert reply.judged is not False
    table.close()


def test_who_has_no_weights_of_a_language_says_so(two_tongues, monkeypatch):
    monkeypatch.setattr(registry, "weights", lambda name, about: None)
    table = Table(LoadSystem(name="vqa"), ShowChanged(number=50, example=0, views=False, line="有几个图形？"))
    trouble = until(table.poll, of_kind(Trouble))[-1]
    assert (trouble.name, trouble.passing) == ("vqa", True)
    assert "vqa speaks no 'zh'" in trouble.text
    assert Words("zh").error(trouble.error) == "VQA 没有学过中文。"
    table.close()


def test_a_training_is_told_of_at_once_and_each_of_its_first_steps(monkeypatch):
    clock, told = [0.0], []
    monkeypatch.setattr(stand_module.time, "perf_counter", lambda: clock[0])
    telling = ProgressReporter("lenet5", 3, 8_000, told.append)
    assert told[0].preparing  # its stimuli are being made: nothing else is known yet
    clock[0] = 5.0
    telling.begin()
    assert not told[1].preparing
    assert told[1].seconds == 0.0
    record = Record()
    for _ in range(8_000):
        clock[0] += 0.1
        record.steps += 1
        telling.step(record, 1.0)
        assert told[-1].trail[-1][1] == 1.0
    steps = [step for step, _ in told[-1].trail]
    assert steps[:30] == list(range(1, 31))
    assert len(steps) < 300
    assert steps[-1] > 0.95 * 8_000


def test_a_field_that_is_restored_comes_with_the_one_that_is_wanted(monkeypatch):
    create = registry.create
    monkeypatch.setattr(registry, "create", lambda name, pretrained=False, **kw: create(name, **kw))
    deck = tasks.load("restore")
    table = Table(LoadSystem(name="hopfield"), ShowExample(number=3, views=False))
    reply = until(table.poll, of_kind(Reply))[-1]
    assert np.array_equal(reply.target, deck.test.targets[3])
    table.close()
