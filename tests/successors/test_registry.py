import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from marki.__main__ import main, mark1
from marki.errors import ConfigError, MarkIError, PortError, StateError, UnknownName
from marki.io.check_learner import check_learner, sample_frames
from marki.io.ports import Port
from successors import registry
from successors.evaluation import verify
from successors.evaluation.estimates import FAILS, HOLDS, OPEN
from successors.nn import weights_file
from successors.nn.learner import ByGradient
from successors.nn.rivals import Rivals
from successors.training import participants

NAMES = registry.names()
OF_PART_3 = ["perceptron", "neocognitron", "hopfield", "mlp", "rnn", "lecun", "lstm", "lenet5", "gru"]


def test_the_timeline_is_in_order_and_whole():
    rows = registry.rows()
    years = [row["year"] for row in rows]
    assert years == sorted(years)
    assert [row["name"] for row in rows] == list(NAMES)
    assert set(OF_PART_3) <= set(NAMES)
    assert [n for n in NAMES if n in OF_PART_3] == OF_PART_3
    assert all(set(row) == {"name", "year", "title", "task"} for row in rows)


@pytest.mark.parametrize("name", NAMES)
def test_contract(name):
    system = registry.find(name)
    stimuli, targets = verify.few(system)
    check_learner(lambda: registry.create(name), stimuli=stimuli, targets=targets)


def test_the_mark_1_keeps_the_contract_as_it_is_lent_to_the_successors():
    stimuli, targets = sample_frames(4)
    check_learner(lambda: mark1(8, 0), stimuli=stimuli, targets=targets)


@pytest.mark.parametrize("name", NAMES)
def test_gradients(name):
    system = registry.find(name)
    found = verify.gradients(system)
    assert (found is None) == (not issubclass(system.entry.learner, (ByGradient, Rivals)))


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_gradient_is_caught(name, monkeypatch):
    system = registry.find(name)
    rivals = issubclass(system.entry.learner, Rivals)
    if not (rivals or issubclass(system.entry.learner, ByGradient)):
        return
    network = system.entry.network

    def bend(value):
        way_back = value._backward
        value._backward = lambda g: tuple(None if h is None else 1.001 * h for h in way_back(g))
        return value

    for method in ("critic_loss", "creator_loss") if rivals else ("judged",):
        plain = getattr(network, method)

        def bent(self, *given, plain=plain):
            found = plain(self, *given)
            return (found[0], bend(found[1])) if isinstance(found, tuple) else bend(found)

        with monkeypatch.context() as patch:
            patch.setattr(network, method, bent)
            with pytest.raises(MarkIError, match="central difference"):
                verify.gradients(system)


@pytest.mark.parametrize("name", NAMES)
def test_published_sizes(name):
    entry = registry.find(name).entry
    for size in entry.sizes.values():
        if size.published is not None:
            assert size.agrees(entry.count(size.config))
            assert not size.published % size.rounded
            assert size.source


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_names_what_there_is(name):
    system = registry.find(name)
    registry._check_names(name, system.entry, registry._files())
    participants.check_trials(name)


def test_the_first_size_is_the_one_by_which_a_paper_is_known():
    known = {"gpt2": 1_557_611_200, "bert": 335_141_888, "dalle": 12_000_000_000, "palm": 540_350_000_000}
    assert {name: registry.card(name)["published_parameters"] for name in known} == known


@pytest.mark.parametrize("name", NAMES)
def test_card(name):
    card = json.loads(json.dumps(registry.card(name)))
    wanted = (
        "name year title authors ports task paper_parameters published_parameters paper_sizes retina_parameters "
        "retina_multiply_adds trials mechanism measures"
    )
    assert set(wanted.split()) <= set(card)
    assert card["name"] == name
    assert card["paper_parameters"] == next(iter(card["paper_sizes"].values()))
    assert card["retina_parameters"] > 0
    assert card["retina_multiply_adds"] > 0
    entry = registry.find(name).entry
    for trial, found in zip(entry.trials, card["trials"], strict=True):
        assert (found["task"], len(found["seeds"])) == (trial.task, trial.seeds)
        assert found["interval"][0] <= found["value"] <= found["interval"][1]
        assert ("baseline" in found) == (trial.baseline is not None)
        if "baseline" in found:
            assert found["baseline"]["seeds"].keys() == found["seeds"].keys()
    assert card["mechanism"]["word"] in (HOLDS, OPEN, FAILS)
    assert card["mechanism"]["seeds_without"].keys() == card["trials"][0]["seeds"].keys()


def bad_input(name):
    system = registry.find(name)
    x, y = verify.few(system)
    if system.entry.accepts is Port.TEXT:
        yield "another shape", x[None], y
        yield "frames", np.zeros((len(x), 20, 20), np.float32), y
        yield "objects", x.astype(object), y
        yield "bytes", np.array([text.encode() for text in x.tolist()]), y
        yield "too few targets", x, y[:-1]
        yield "targets that are numbers", x, np.zeros(len(x), np.float32)
        return
    if system.entry.accepts is Port.LAMPS:
        yield "another width", x[:, :-1], y
        yield "numbers", x.astype(np.float32), y
        yield "text", x.astype(str), y
        yield "too few targets", x, y[:-1]
        yield "targets that are no numbers", x, y.astype(str)
        yield "targets that are NaN", x, np.full_like(y, np.nan)
        yield "targets too bright", x, y + 2
        return
    if system.entry.accepts is Port.ASKED:
        bright = x.copy()
        bright["frame"] += 2
        yield "another shape", x[None], y
        yield "frames alone", x["frame"], y
        yield "text alone", x["text"], y
        yield "too bright", bright, y
        yield "too few targets", x, y[:-1]
        yield "targets of another kind", x, np.zeros((len(x), 20, 20), np.float32)
        return
    none = x[:, :, :-1] if system.entry.accepts is not Port.REEL else x[..., :-1]
    yield "another shape", none, y
    yield "NaN", np.where(np.arange(x.size).reshape(x.shape) == 5, np.float32(np.nan), x), y
    yield "too bright", x + 2, y
    yield "text", x.astype(str), y
    yield "objects", x.astype(object), y
    yield "complex numbers", x.astype(complex), y
    yield "too few targets", x, y[:-1]
    if system.entry.answers is Port.TEXT:
        yield "targets that are numbers", x, np.zeros(len(x), np.float32)
        return
    yield "targets that are no numbers", x, y.astype(str)
    if system.entry.answers is Port.LAMPS:
        yield "targets as numbers", x, y.astype(np.float32)
        yield "targets of another width", x, y[:, :-1]
    else:
        yield "targets that are NaN", x, np.full_like(y, np.nan)


@pytest.mark.parametrize("name", NAMES)
def test_bad_input_is_refused_in_one_line_and_changes_nothing(name):
    learner = registry.create(name)
    before = {r.name: r.array.copy() for r in learner.registers()}
    for what, stimuli, targets in bad_input(name):
        with pytest.raises(PortError) as refusal:
            learner.reinforce(stimuli, targets)
        assert "\n" not in str(refusal.value), what
        assert all(np.array_equal(r.array, before[r.name]) for r in learner.registers()), what


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_batch_is_answered_with_nothing_and_teaches_nothing(name):
    learner = registry.create(name)
    x, y = verify.few(registry.find(name))
    assert len(learner.respond(x[:0])) == len(learner.reinforce(x[:0], y[:0])) == 0
    assert learner.step == 0


@pytest.mark.parametrize("name", [n for n in NAMES if registry.find(n).entry.answers is Port.LAMPS])
def test_a_target_that_is_no_class_is_refused(name):
    learner = registry.create(name)
    if learner.labels is None:
        return  # its lamps are free
    x, y = verify.few(registry.find(name))
    y = np.ones_like(y)
    if len(learner.labels.code) == 255:
        return
    with pytest.raises(PortError, match="the code of no class"):
        learner.reinforce(x, y)


@pytest.mark.parametrize("name", NAMES)
def test_pretrained(name):
    trained, fresh = registry.create(name, pretrained=True), registry.create(name)
    assert any(not np.array_equal(a, fresh.weights()[n]) for n, a in trained.weights().items())
    x, _ = verify.few(registry.find(name))
    assert len(trained.respond(x)) == len(x)


def test_bad_weights(tmp_path):
    good = registry.shipped("mlp") / registry.WEIGHTS
    broken = tmp_path / "broken.safetensors.xz"
    broken.write_bytes(good.read_bytes()[:-100])
    with pytest.raises(StateError, match="cannot be read as weights"):
        registry.create("mlp", weights=broken)
    with pytest.raises(StateError, match="weights of 'mlp', not of 'lenet5'"):
        registry.create("lenet5", weights=good)
    with pytest.raises(StateError, match="cannot be read as weights"):
        registry.create("mlp", weights=tmp_path / "nowhere")
    arrays = weights_file.load(good)[0]
    some = dict(list(arrays.items())[1:])
    less = tmp_path / "less.safetensors"
    save_file(some, less, metadata={"system": "mlp", "settings": json.dumps(registry.metrics("mlp")["settings"])})
    with pytest.raises(StateError, match="is missing"):
        registry.create("mlp", weights=less)
    save_file(arrays, less, metadata={"system": "mlp"})
    with pytest.raises(StateError, match="settings that do not fit"):
        registry.create("mlp", weights=less)
    save_file(arrays, less, metadata={"system": "mlp", "settings": '{"hiden": [3]}'})
    with pytest.raises(StateError, match=r"settings that do not fit.*hidden"):
        registry.create("mlp", weights=less)


def test_unknown_names_offer_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'lenet5'"):
        registry.create("lenet")
    with pytest.raises(UnknownName, match="Did you mean 'hidden'"):
        registry.create("mlp", hiden=(3,))
    with pytest.raises(ConfigError, match="out of range"):
        registry.create("mlp", classes=0)
    with pytest.raises(ConfigError, match="with trained weights"):
        registry.create("mlp", pretrained=True, classes=3)
    with pytest.raises(ConfigError, match="seed"):
        registry.create("mlp", seed=-1)


def test_a_file_without_entry_says_so(tmp_path, monkeypatch):
    (tmp_path / "y1959_nothing.py").write_text("")
    (tmp_path / "y1960_mlp.py").write_text("")
    monkeypatch.setenv("MARKI_TIMELINE", str(tmp_path))
    with pytest.raises(ConfigError, match="'mlp' is there twice"):
        registry.names()
    (tmp_path / "y1960_mlp.py").unlink()
    with pytest.raises(ConfigError, match=r"y1959_nothing\.py: has no ENTRY"):
        registry.find("nothing")


def test_who_can_take_part():
    assert participants.fitting("two_class")[:2] == ["mark1", "perceptron"]
    assert not participants.fits("lstm", "digits")
    assert participants.fits("mark1", "drift")
    assert participants.fitting("restore") == ["hopfield", "as shown"]
    assert participants.fitting("translate") == ["transformer", "lstm encoder-decoder"]
    assert participants.fitting("judge") == ["bert", "gpt"]
    with pytest.raises(PortError, match=r"bert cannot take part: it is made for cloze, judge alone"):
        participants.check_fits("bert", "translate")
    with pytest.raises(UnknownName, match="'mark1'"):
        participants.ports("mark_1")


def test_command_line(capsys):
    assert main(["timeline", "--json"]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == list(NAMES)
    assert main(["timeline"]) == 0
    assert "1998  lenet5" in capsys.readouterr().out
    assert main(["card", "lenet5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["published_parameters"] == 60_000
    assert main(["card", "lenet5"]) == 0
    assert "60,000" in capsys.readouterr().out
    for wrong, said in (
        (["card", "lenet"], "Did you mean 'lenet5'?"),
        (["train"], "give --all"),
        (["train", "--all", "mlp"], "give --all"),
        (["train", "mpl"], "Did you mean 'mlp'?"),
        (["train", "mlp", "--jobs", "0"], "--jobs: 0 is out of range"),
        (["compare", "--task", "digit"], "Did you mean 'digits'?"),
        (["compare", "--task", "digits", "--learners", "lstm"], "cannot take part"),
        (["compare", "--task", "digits", "--seeds", "0"], "--seeds: 0 is out of range"),
        (["check", "mpl"], "Did you mean 'mlp'?"),
    ):
        assert main(wrong) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1


def test_a_system_has_as_many_outputs_as_its_task_has_classes():
    assert registry.create("lenet5").config.classes == 10
    entry = registry.find("lenet5").entry
    for trial in entry.trials:
        assert registry.settings(entry, trial)["classes"] == len(registry.sample(trial).classes)
    for name in NAMES:
        learner, deck = registry.create(name), registry.sample(registry.find(name).entry.trials[0])
        assert learner.labels is None or len(learner.labels.code) == len(deck.classes)
