"""Orders to machines that draw: what a hand changes and what it leaves, and that looking on changes no training."""

import contextlib
import multiprocessing
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from marki.errors import PortError
from marki.io.drawing_orders import DrawingOrder, Ink, Tool
from marki.io.exhibits import Progress, Reply
from marki.io.responses import binary_code, lamps
from successors import registry
from successors.model_card import Trial
from successors.nn.tensor import Tensor, no_grad
from successors.serving import drawing_desk
from successors.serving.loaded_system import LoadedSystem
from successors.serving.questions import LoadSystem, OrderDrawing, TrainSystem
from successors.serving.worker import Worker
from successors.training import training_job

EXPECTED = {
    "autoencoder": (Tool.KNOBS, Tool.SLIDE), "vae": (Tool.KNOBS, Tool.SLIDE), "gan": (Tool.KNOBS, Tool.DUEL),
    "diffusion": (Tool.WALK,), "stylegan2": (Tool.KNOBS, Tool.DUEL, Tool.MIX), "hopfield": (), "lenet5": (), "gpt": (),
}  # fmt: skip
CODE = lamps(binary_code(10))
CARDS = np.random.default_rng(5).random((6, 20, 20)).astype(np.float32)


def loaded(name, **changes):
    system = registry.find(name)
    return LoadedSystem(system=system, trial=system.entry.trials[0], learner=registry.create(name, **changes))


def drawn(up, tool, **about):
    return drawing_desk.drawn(up, 9, DrawingOrder(tool=tool, **about), CARDS)


def test_what_a_hand_may_do_follows_from_the_network():
    assert {name: drawing_desk.tools(registry.find(name).entry) for name in EXPECTED} == EXPECTED


@pytest.mark.parametrize("name", ["autoencoder", "vae", "gan", "stylegan2"])
def test_with_no_number_turned_it_draws_what_it_answers_by_itself(name):
    up = loaded(name)
    told = name in ("gan", "stylegan2")
    reply = drawn(up, Tool.KNOBS, named="7", cards=(CARDS[2],) if name == "autoencoder" else ())
    stimulus = CARDS[2:3] if name == "autoencoder" else CODE[7:8] if told else np.zeros((1, 8), bool)
    np.testing.assert_array_equal(reply.field, up.learner.respond(stimulus)[0])
    assert reply.wanted == ("7" if told else "")
    assert reply.number == 9
    assert reply.sheet.told is (name != "vae")
    assert len(reply.sheet.latents) == {"autoencoder": 30, "vae": 20, "gan": 100, "stylegan2": 12}[name]


@pytest.mark.parametrize("name", ["autoencoder", "vae", "gan", "stylegan2"])
def test_a_number_that_is_turned_changes_the_drawing_and_nothing_else(name):
    up = loaded(name)
    before = drawn(up, Tool.KNOBS, named="7")
    turned = drawn(up, Tool.KNOBS, named="7", turned=((3, 2.5),))
    assert not np.array_equal(turned.field, before.field)
    assert turned.sheet.latents[3] == 2.5
    np.testing.assert_array_equal(np.delete(turned.sheet.latents, 3), np.delete(before.sheet.latents, 3))
    # Turned to where it was, it draws what it drew.
    same = drawn(up, Tool.KNOBS, named="7", turned=((3, float(before.sheet.latents[3])),))
    np.testing.assert_allclose(same.field, before.field, atol=1e-5)
    np.testing.assert_array_equal(drawn(up, Tool.KNOBS, named="7").field, before.field)
    with pytest.raises(PortError, match="no number"):
        drawn(up, Tool.KNOBS, named="7", turned=((100, 1.0),))


def test_the_directions_of_w_are_those_in_which_it_varies_most():
    network = loaded("stylegan2").learner.network
    noise = np.random.default_rng(1).standard_normal((400, network.noise)).astype(np.float32)
    with no_grad():
        found = network.latents_of(np.zeros((400, 8), bool), noise)
        w = network.latents(np.zeros((400, 8), bool), noise).data
    assert found.shape == (400, 12)
    np.testing.assert_allclose(found.std(0), 1, atol=0.2)  # in deviations of w
    rows, _ = network._directions()
    lengths = np.sqrt((rows**2).sum(1))
    assert (np.diff(lengths) <= 1e-9).all()
    assert lengths[0] ** 2 > 2 * w.var(0).mean()


def test_of_a_class_that_was_not_learned_any_is_drawn_and_not_judged():
    reply = drawn(loaded("gan"), Tool.KNOBS, named="K")
    assert reply.wanted == ""
    assert not reply.stimulus.any()


# -- the walk --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def walker():
    return loaded("diffusion")


def test_a_walk_ends_where_the_machine_answers(walker):
    reply = drawn(walker, Tool.WALK, named="4", steps=100)
    sheet = reply.sheet
    assert (sheet.film.shape, sheet.believed.shape) == ((101, 20, 20), (100, 20, 20))
    np.testing.assert_allclose(reply.field, walker.learner.respond(CODE[4:5])[0], atol=1e-6)
    np.testing.assert_array_equal(sheet.film[-1], np.rint(reply.field * 255))
    assert len(drawn(walker, Tool.WALK, named="4", steps=10).sheet.film) == 11


def test_what_is_drawn_on_a_walk_is_heard_from_there_on(walker):
    before = drawn(walker, Tool.WALK, named="4", steps=10).sheet.film
    ink = tuple(Ink(8, cell, 1) for cell in range(200, 220))
    after = drawn(walker, Tool.WALK, named="4", steps=10, ink=ink).sheet.film
    np.testing.assert_array_equal(after[:8], before[:8])
    row, others = after[8][10], np.delete(after[8], 10, 0)
    np.testing.assert_array_equal(others, np.delete(before[8], 10, 0))
    assert row.mean() > 230  # late on the walk a drawn line is bright
    assert not np.array_equal(after[9], before[9])
    dark = drawn(walker, Tool.WALK, named="4", steps=10, ink=tuple(i._replace(level=0) for i in ink)).sheet.film
    assert dark[8][10].mean() < 80


# -- mixing, and two cards -------------------------------------------------------------------------------------------


def test_a_mixture_of_two_classes_is_not_judged_by_one():
    up = loaded("stylegan2")
    assert drawn(up, Tool.MIX, named="3", other="8").wanted == "3"
    assert drawn(up, Tool.MIX, named="3", other="3", theirs=(True,)).wanted == "3"
    assert drawn(up, Tool.MIX, named="3", other="8", theirs=(True,)).wanted == ""


def test_a_mixture_of_one_is_that_one_and_layers_change_it():
    up = loaded("stylegan2")
    none = drawn(up, Tool.MIX, named="3", other="8")
    np.testing.assert_array_equal(none.field, none.sheet.pictures[0].field)
    assert none.sheet.layers == ("5x5", "5x5", "10x10", "10x10", "20x20", "20x20")
    fields = [drawn(up, Tool.MIX, named="3", other="8", theirs=tuple(k == n for k in range(6))).field for n in range(6)]
    assert all(not np.array_equal(field, none.field) for field in fields)
    every = drawn(up, Tool.MIX, named="3", other="8", theirs=(True,) * 6)
    apart = np.abs(every.field - every.sheet.pictures[1].field).max()
    assert apart < np.abs(every.field - none.field).max()  # but for its grain it is the other


@pytest.mark.parametrize("name", ["autoencoder", "vae"])
def test_the_slide_goes_from_what_is_given_back_of_one_card_to_that_of_the_other(name):
    up = loaded(name)
    ends = [drawn(up, Tool.SLIDE, cards=(CARDS[0], CARDS[1]), share=share) for share in (0.0, 0.5, 1.0)]
    kinds = [p.kind for p in ends[0].sheet.pictures]
    assert kinds == ["first", "back", "second", "back"]
    pictures = [p.field for p in ends[0].sheet.pictures]
    np.testing.assert_array_equal(pictures[0], CARDS[0])
    np.testing.assert_allclose(ends[0].field, pictures[1], atol=1e-6)
    np.testing.assert_allclose(ends[2].field, pictures[3], atol=1e-6)
    assert not any(np.array_equal(ends[1].field, end.field) for end in (ends[0], ends[2]))
    assert {reply.wanted for reply in ends} == {""}
    own = drawn(up, Tool.SLIDE, cards=(CARDS[4],))  # an example in place of the second
    np.testing.assert_array_equal(own.sheet.pictures[2].field, CARDS[0])


# -- the duel --------------------------------------------------------------------------------------------------------


def test_the_bank_gives_its_verdict_on_every_picture():
    up = loaded("gan")
    reply = drawn(up, Tool.DUEL, named="7")
    assert [p.kind for p in reply.sheet.pictures] == ["made"] * 6 + ["real"] * 6
    stimuli = np.repeat(CODE[7:8], 12, 0)
    fields = np.stack([p.field for p in reply.sheet.pictures])
    with no_grad():
        logits = up.learner.network.verdict(Tensor(fields), stimuli).data
    np.testing.assert_allclose([p.share for p in reply.sheet.pictures], 1 / (1 + np.exp(-logits)), rtol=1e-4)
    np.testing.assert_array_equal(fields[6:], CARDS)


def test_real_cards_are_of_the_class_that_is_named():
    kinds = np.arange(100) % 10
    real = np.repeat(kinds[:, None, None], 20, 1).repeat(20, 2) / 10
    for again in (0, 1):
        found = drawing_desk.picked(
            real, kinds, tuple("0123456789"), DrawingOrder(tool=Tool.DUEL, named="7", again=again)
        )
        np.testing.assert_allclose(found, np.full((6, 20, 20), 0.7))
    assert (
        len(drawing_desk.picked(real[:5], kinds[:5], tuple("0123456789"), DrawingOrder(tool=Tool.DUEL, named="7"))) == 6
    )


# -- what is refused, and what is left alone -------------------------------------------------------------------------


def test_a_tool_that_a_machine_does_not_know_is_refused():
    with pytest.raises(PortError, match="knows no walk"):
        drawn(loaded("gan"), Tool.WALK)


class Desk:
    """A worker in a thread, that is asked between the steps of its training."""

    def __init__(self):
        self.pipe, there = multiprocessing.Pipe()
        self.worker, self.found = Worker(there), []
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        with contextlib.suppress(SystemExit):
            self.worker.run()

    def until(self, wanted):
        since = time.monotonic()
        while not any(wanted(m) for m in self.found):
            assert time.monotonic() - since < 60
            while self.pipe.poll(0.01):
                self.found.append(self.pipe.recv())
        return self.found

    def close(self):
        self.pipe.close()
        self.thread.join(60)


@pytest.mark.parametrize("tool", [Tool.DUEL, Tool.KNOBS])
def test_looking_on_changes_no_training(monkeypatch, tmp_path, tool):
    few = {"train": 200, "valid": 12, "test": 12}
    changes = {"hidden": (6, 6), "units": 3, "pieces": 2, "latents": 9, "recipe.steps": 30, "recipe.eval_every": 15}
    trial = Trial(task="imitate", options=few, changes=changes)
    find = registry.find

    def found(name):
        system = find(name)
        return replace(system, entry=replace(system.entry, trials=(trial,))) if name == "gan" else system

    monkeypatch.setattr(registry, "find", found)
    alone = training_job.train(
        training_job.training("gan", "imitate", options=few, changes=changes, seed=3), tmp_path
    )  # fmt: skip
    desk = Desk()
    desk.pipe.send(TrainSystem(name="gan", seed=3))
    for k in range(200):
        desk.pipe.send(OrderDrawing(number=k, order=DrawingOrder(tool=tool, named="3", again=k, turned=())))
    messages = desk.until(lambda m: isinstance(m, Progress) and m.done)
    last = messages[-1]
    replies = [m for m in messages if isinstance(m, Reply)]
    assert replies
    assert all(r.sheet is not None and r.sheet.tool is tool for r in replies)
    assert last.digest == alone["digest"]
    steps, critic, creator, told = zip(*last.duel, strict=True)
    assert steps == tuple(step for step, _ in last.trail)
    assert np.isfinite([critic, creator]).all()
    assert all(0 <= share <= 1 for share in told)
    desk.close()


def test_a_loaded_machine_takes_orders_and_refuses_what_does_not_fit():
    desk = Desk()
    desk.pipe.send(LoadSystem(name="gan"))
    desk.pipe.send(OrderDrawing(number=1, order=DrawingOrder(tool=Tool.KNOBS, named="5")))
    (reply,) = desk.until(lambda m: True)
    assert (reply.name, reply.number, reply.wanted) == ("gan", 1, "5")
    desk.found.clear()
    desk.pipe.send(OrderDrawing(number=2, order=DrawingOrder(tool=Tool.MIX, named="5")))
    (trouble,) = desk.until(lambda m: True)
    assert "knows no mix" in trouble.text
    assert trouble.passing  # the machine still stands
    desk.found.clear()
    desk.pipe.send(OrderDrawing(number=3, order=DrawingOrder(tool=Tool.KNOBS, named="6", turned=((999, 1.0),))))
    (trouble,) = desk.until(lambda m: True)
    assert trouble.passing
    desk.close()
