import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marki.__main__ import main, mark1
from marki.errors import ConfigError, OutputError, PortError, StateError, UnknownName
from marki.jobs.options import RunOptions
from successors import registry, tasks
from successors.baselines.seq2seq import EncoderDecoderConfig
from successors.evaluation import compare, estimates, plots, publish, verify
from successors.model_card import Figure, Foundation, Mechanism, Trial
from successors.serving import artists
from successors.training import participants, presets, training_job
from successors.training.training_job import training

SMALL = {"train": 200, "valid": 60, "test": 60, "shift": 0.0}


def plain(found):
    """What a run found, without what time it took."""
    return {k: v for k, v in found.items() if "seconds" not in k}


def test_equal_runs_are_done_once_and_give_the_same_on_one_core_and_on_two(tmp_path):
    orders = [training("perceptron", "two_class", options=SMALL, seed=s) for s in (0, 1, 0)]
    one = training_job.train_all(orders, tmp_path / "one", RunOptions(jobs=1, quiet=True))
    two = training_job.train_all(orders, tmp_path / "two", RunOptions(jobs=2, quiet=True))
    assert len(one) == 2
    assert [plain(f) for f in one.values()] == [plain(f) for f in two.values()]
    assert {p.suffix for p in (tmp_path / "one").iterdir()} == {".json", ".safetensors"}


def test_a_finished_run_is_taken_from_its_file(tmp_path, monkeypatch):
    order = training("perceptron", "two_class", options=SMALL)
    found = training_job.train(order, tmp_path)
    monkeypatch.setattr(training_job.loop, "train", None)
    assert training_job.train(order, tmp_path, resume=True) == found
    with pytest.raises(OutputError, match="has results already"):
        training_job.train(order, tmp_path)


def test_an_interrupted_run_goes_on_to_the_same_end(tmp_path, monkeypatch):
    changes = {"recipe.eval_every": 2, "recipe.stop_at_score": 2.0}
    order = training("perceptron", "two_class", options=SMALL, changes=changes)
    whole = training_job.train(order, tmp_path / "whole")
    write, calls = training_job.loop.write_arrays, []

    def interrupt(*args, **header):
        write(*args, **header)
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(training_job.loop, "write_arrays", interrupt)
    with pytest.raises(KeyboardInterrupt):
        training_job.train(order, tmp_path / "halted")
    monkeypatch.setattr(training_job.loop, "write_arrays", write)
    assert [p.suffix for p in (tmp_path / "halted").iterdir()] == [".npz"]
    assert plain(training_job.train(order, tmp_path / "halted", resume=True)) == plain(whole)
    assert not list((tmp_path / "halted").glob("*.npz"))


def test_the_mark_1_takes_part_and_learns():
    deck = tasks.load("two_class", **SMALL)
    entrant = participants.enter("mark1", deck, machine=mark1)
    assert entrant.parameters == 512
    assert entrant.year == 1960
    for k in range(0, 200, 50):
        entrant.learner.reinforce(deck.train.stimuli[k : k + 50], deck.train.targets[k : k + 50])
    answers = entrant.learner.respond(deck.test.stimuli)
    assert tasks.find("two_class").score(answers, deck.test.targets) > 0.9
    with pytest.raises(ConfigError, match="no machine"):
        participants.enter("mark1", deck)


def test_a_learner_of_frames_sees_the_last_exposure_of_a_reel():
    deck = tasks.load("drift", train=16, valid=8, test=8)
    entrant = participants.enter("mlp", deck)
    assert entrant.note == "sees the last exposure alone"
    reels = np.array(deck.test.stimuli[:4])
    other = reels.copy()
    other[:, :-1] = 0
    assert np.array_equal(entrant.learner.respond(reels), entrant.learner.respond(other))
    assert len(entrant.learner.reinforce(reels, deck.test.targets[:4])) == 4
    with pytest.raises(PortError, match="reels"):
        entrant.learner.respond(reels[0, 0])


def test_as_shown_gives_the_field_back():
    deck = tasks.load("restore", valid=6, test=6)
    entrant = participants.enter("as shown", deck)
    assert np.array_equal(entrant.learner.respond(deck.test.stimuli), deck.test.stimuli)
    assert entrant.parameters == 0


@pytest.mark.slow
def test_comparison(tmp_path):
    rows = compare.compare(
        "two_class",
        ["perceptron", "mark1"],
        seeds=(0, 1),
        run=RunOptions(out=tmp_path, quiet=True),
        options=SMALL,
        machine=mark1,
    )
    assert [row["name"] for row in rows] == ["perceptron", "mark1"]
    for row in rows:
        assert tuple(row) == compare.COLUMNS
        assert 0 <= row["low"] <= row["score"] <= row["high"] <= 1
        assert row["score"] > 0.8
        assert row["shown"] > 0
    with open(tmp_path / "comparison.csv", newline="") as file:
        assert [row["parameters"] for row in csv.DictReader(file)] == ["512", "512"]
    written = json.loads((tmp_path / "comparison.json").read_text())
    assert written["rows"] == rows
    assert (tmp_path / "comparison.png").read_bytes().startswith(b"\x89PNG")
    table = compare.as_text(rows)
    assert len({len(line.split("  ")) > 3 for line in table.splitlines()}) == 1
    assert "1960" in table


def test_a_comparison_goes_on_only_if_it_is_resumed_and_the_same(tmp_path):
    def again(*names, resume=True, **settings):
        run = RunOptions(out=tmp_path, resume=resume, jobs=1, quiet=True)
        return compare.compare("two_class", names, run=run, seeds=(0,), **{"options": SMALL} | settings)

    (row,) = again("perceptron")
    with pytest.raises(OutputError, match=r"has results already\. Go on with --resume"):
        again("perceptron", resume=False)
    with pytest.raises(StateError, match="budget = null, not 640"):
        again("perceptron", budget=640)
    with pytest.raises(StateError, match=r"set\.test = 60, not 61"):
        again("perceptron", options=SMALL | {"test": 61})
    assert row in again("perceptron", "mlp")


def test_comparison_of_recipes_with_one_budget(tmp_path):
    rows = compare.compare(
        "two_class",
        ["perceptron", "mlp", "mark1"],
        seeds=(0,),
        run=RunOptions(out=tmp_path, quiet=True),
        options=SMALL,
        recipe="both",
        budget=640,
        machine=mark1,
    )
    names = [(row["name"], row["recipe"]) for row in rows]
    assert names == [("perceptron", "historical"), ("perceptron", "modern"), ("mark1", "")] + [
        ("mlp", kind) for kind in ("historical", "modern")
    ]
    shown = {names[k]: row["shown"] for k, row in enumerate(rows)}
    assert shown["mlp", "historical"] == shown["mlp", "modern"] == 640
    assert all(count <= 700 for count in shown.values())
    assert (tmp_path / "comparison.png").exists()


@given(
    st.sampled_from(["perceptron", "mlp", "lenet5", "resnet", "gmlp", "mark1"]),
    st.sampled_from(["historical", "modern"]),
    st.integers(1, 10**6),
)
def test_a_budget_is_kept_by_whoever_learns_by_gradient(name, kind, budget):
    changes = presets.changes(name, "digits", kind=kind, budget=budget)
    if name == "mark1":
        assert set(changes) == {"recipe.steps"}
        assert changes["recipe.steps"] <= max(1, round(budget / participants.MACHINE_RECIPE.batch))
        return
    entry = registry.find(name).entry
    recipe = entry.retina.amend(changes).recipe
    assert recipe.steps * recipe.batch <= budget + recipe.batch
    if name == "perceptron":
        own = entry.retina.amend(participants.default_changes(name, "digits")).recipe
        assert recipe.steps <= own.steps
    else:
        assert abs(recipe.steps * recipe.batch - budget) <= recipe.batch
        assert recipe.stop_at_score == 2
        assert recipe.patience == 0
        assert recipe.eval_every <= recipe.steps
        assert (recipe.optimiser == "adam") >= (kind == "modern")
    assert bool(recipe.affine) == (kind == "modern" or name == "gmlp")


def test_a_budget_holds_for_a_reference_that_learns_too():
    recipe = EncoderDecoderConfig().amend(presets.changes("lstm encoder-decoder", "translate", budget=6_400)).recipe
    assert (recipe.batch, recipe.steps, recipe.warm_up) == (64, 100, 10)


def test_a_budget_does_not_cut_a_system_short_that_learns_layer_by_layer():
    own = registry.find("neocognitron").entry.retina.recipe
    recipe = registry.find("neocognitron").entry.retina.amend(presets.changes("neocognitron", "digits", budget=64_000))
    assert recipe.recipe == own


def test_an_unknown_recipe_is_refused(tmp_path):
    with pytest.raises(UnknownName, match="Did you mean 'modern'"):
        compare.compare("digits", ["mlp"], run=RunOptions(out=tmp_path / "a", quiet=True), recipe="moden")
    assert not list(tmp_path.iterdir())


def test_comparison_refuses_before_anything_is_trained(tmp_path):
    with pytest.raises(UnknownName, match="Did you mean 'lenet5'"):
        compare.compare("digits", ["perceptron", "lenet"], run=RunOptions(out=tmp_path / "a", quiet=True))
    with pytest.raises(PortError, match="hopfield cannot take part"):
        compare.compare("digits", ["hopfield"], run=RunOptions(out=tmp_path / "b", quiet=True))
    assert not list(tmp_path.iterdir())


def test_a_comparison_without_matplotlib_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("marki.pictures.can_draw", lambda: False)
    monkeypatch.setattr(compare, "can_draw", lambda: False)
    command = ["compare", "--task", "two_class", "--learners", "perceptron", "--seeds", "1", "--quiet"]
    command += [a for k, v in SMALL.items() for a in ("--set", f"{k}={v}")]
    assert main([*command, "--out", str(tmp_path)]) == 0
    assert "matplotlib is not installed" in capsys.readouterr().out
    assert not list(tmp_path.glob("*.png"))


def test_schooling_writes_everything_and_says_what_was_not_reached(tmp_path, monkeypatch):
    system = publish.registry.find("perceptron")
    trials = (
        Trial(task="two_class", options=SMALL, at_least=0.5, baseline="mark1", above=False, slack=1.0, seeds=3),
        Trial(task="two_class", options=SMALL, at_most=0.01, baseline="mark1", slack=0.0, seeds=1),
    )

    def halves(learner, stimuli, targets):
        return {"shown": stimuli[:3], "light": stimuli[:3] * 0.5}

    changed = {
        "trials": trials,
        "figures": (
            Figure(name="rows", title="Rows", measure=halves),
            Figure(name="lines", title="Lines", measure=lambda *_: {"a": np.ones(3), "b": np.arange(1, 4)}, log=True),
        ),
    }
    entry = publish.registry.find("perceptron").entry
    entry = type(entry)(**{**vars(entry), **changed})
    monkeypatch.setattr(publish.registry, "find", lambda name: type(system)(name=name, year=1958, entry=entry))
    found = publish.publish(["perceptron"], RunOptions(out=tmp_path, jobs=1, quiet=True), machine=mark1, command="test")
    metrics = json.loads((tmp_path / "perceptron/metrics.json").read_text())
    assert metrics == json.loads(json.dumps(found["perceptron"]))
    first, second = ([(estimates.claim_text(c), c["word"]) for c in trial["claims"]] for trial in metrics["trials"])
    assert first == [("at least", "holds"), ("not below mark1", "holds")]
    assert second == [("at most", "not told apart"), ("above mark1", "not told apart")], "one seed decides nothing"
    assert metrics["trials"][1]["interval"] is None
    assert metrics["shipped"]["two_class"]["score"] >= 0.5
    for name in ("weights.safetensors.xz", "learning_curve.png", "rows.png", "lines.png"):
        assert (tmp_path / "perceptron" / name).stat().st_size > 200


@pytest.mark.parametrize(("against", "steps"), [(None, 3), ({"recipe.steps": 5, "recipe.eval_every": 5}, 5)])
def test_a_baseline_is_trained_as_the_trial_says_or_as_for_its_own(tmp_path, monkeypatch, against, steps):
    few = {"recipe.steps": 3, "recipe.eval_every": 3}
    trial = Trial(task="two_class", options=SMALL, changes=few, baseline="mlp", against=against, seeds=1)
    systems = {name: registry.find(name) for name in ("lenet5", "mlp")}
    mechanism = Mechanism(name="none", without={})
    entries = {
        name: replace(system, entry=replace(system.entry, trials=(trial,), mechanism=mechanism, figures=()))
        for name, system in systems.items()
    }
    monkeypatch.setattr(registry, "find", entries.__getitem__)
    found = publish.publish(["lenet5"], RunOptions(out=tmp_path, jobs=1, quiet=True))["lenet5"]
    (done,) = (tmp_path / "runs").glob("mlp-*.json")
    assert json.loads(done.read_text())["steps"] == steps
    assert found["trials"][0]["baseline"]["changes"] == (against or {})
    assert found["trials"][0]["baseline"]["seeds"].keys() == found["trials"][0]["seeds"].keys()


def test_schooling_ships_weights_of_letters_and_digits_beside_the_main_ones(tmp_path, monkeypatch):
    system = registry.find("lenet5")
    few = {"recipe.steps": 3, "recipe.eval_every": 3}
    small = {"train": 60, "valid": 30, "test": 30}
    first = Trial(task="two_class", options=SMALL, changes=few, seeds=1)
    second = Trial(task="letters", options=small, changes=few, seeds=2)
    trials = (first, second, replace(second, seeds=1), Trial(task="parity", options=small, changes=few, seeds=1))
    entry = replace(system.entry, trials=trials, mechanism=Mechanism(name="none", without={}), figures=())
    monkeypatch.setattr(registry, "find", lambda name: replace(system, entry=entry))
    found = publish.publish(["lenet5"], RunOptions(out=tmp_path, jobs=1, quiet=True))["lenet5"]
    assert {p.name for p in (tmp_path / "lenet5").glob("*.safetensors.xz")} == {
        "weights.safetensors.xz",
        "letters.safetensors.xz",
    }
    with pytest.raises(OutputError, match=r"lenet5: has results already"):
        publish.publish(["lenet5"], RunOptions(out=tmp_path, jobs=1, quiet=True))
    own = training("lenet5", "two_class", options=SMALL, changes=few)
    done = training_job.train(own, tmp_path / "runs", resume=True)
    assert found["digests"] == {"0": done["digest"]}
    assert len(done["digest"]) == 16
    monkeypatch.setattr(registry, "shipped", lambda name: tmp_path / name)
    path, trial = registry.weights("lenet5", "letters")
    assert trial is second
    assert registry.weights("lenet5", "digits") is None
    assert registry.weights("lenet5", "two_class") is None, "the hall does not ask it"
    assert len(registry.create("lenet5", weights=path).labels.code) == 26


def test_schooling_ships_weights_of_a_second_subject_that_is_drawn(tmp_path, monkeypatch):
    system = registry.find("stylegan2")
    few = {"recipe.steps": 2, "recipe.eval_every": 2, "recipe.batch": 4, "channels": (4, 3, 2), "latents": 3}
    small = {"train": 60, "valid": 30, "test": 30}
    first = Trial(task="imitate", options=small, changes=few, seeds=1)
    letters = Trial(
        task="imitate", options=small | {"subject": "letters", "shift": 1.0}, changes=few | {"classes": 26}, seeds=1
    )
    trials = (first, letters, replace(first, options=small | {"noise": 0.1}))
    entry = replace(system.entry, trials=trials, mechanism=Mechanism(name="none", without={}), figures=())
    found = replace(system, entry=entry)
    monkeypatch.setattr(registry, "find", lambda name: found if name == "stylegan2" else system)
    done = publish.publish(["stylegan2"], RunOptions(out=tmp_path, jobs=1, quiet=True))["stylegan2"]
    assert {name: (row["file"], row["task"]) for name, row in done["shipped"].items()} == {
        "imitate": ("weights.safetensors.xz", "imitate"), "letters": ("letters.safetensors.xz", "imitate"),
    }  # fmt: skip
    digits, drawn, _ = done["trials"]
    assert sum(total for _, total in digits["classes"].values()) == 30, "judged together, and counted one by one"
    assert drawn["classes"].keys() <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    monkeypatch.setattr(registry, "shipped", lambda name: tmp_path / name)
    path = registry.foundation_file(Foundation(system="stylegan2", subject="letters"))
    assert path == tmp_path / "stylegan2/letters.safetensors.xz"
    with pytest.raises(StateError, match=r"shapes\.safetensors\.xz: is not shipped"):
        registry.foundation_file(Foundation(system="stylegan2", subject="shapes"))
    assert registry.weights("stylegan2", "letters") == (tmp_path / "stylegan2" / "letters.safetensors.xz", letters)
    assert artists.engage("stylegan2", "G").learner.config.classes == 26
    assert artists.engage("stylegan2", "7").learner.config.classes == 10


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 9, 20])
@pytest.mark.parametrize("recipes", [("historical",), ("historical", "modern")])
@pytest.mark.parametrize("chance", [0.0, 0.1])
def test_comparison_picture(tmp_path, count, recipes, chance):
    rows = [
        {
            "name": f"system{k}",
            "year": 1958 + 2 * k if k else None,
            "recipe": recipe if k else "",
            "parameters": 10 ** (k % 7),
            "multiply_adds": 10 ** (k % 9) if k % 3 else None,
            "shown": 1000.0,
            "score": k / 19 if count == 20 else k / 28,
            "low": 0.0,
            "high": 1.0,
        }
        for k in range(count)
        for recipe in recipes
    ]
    plots.comparison(tmp_path / "p.png", "Title", rows, metric="right", chance=chance)
    assert (tmp_path / "p.png").stat().st_size > 1000


class TestLadder:
    def test_a_failed_rung_is_said_and_counted(self, monkeypatch, capsys):
        system = verify.registry.find("lenet5")
        size = next(iter(system.entry.sizes.values()))
        wrong = type(size)(config=size.config, published=59_999, source="test")
        entry = type(system.entry)(**{**vars(system.entry), "sizes": {"x": wrong}, "checks": ()})
        monkeypatch.setattr(verify.registry, "find", lambda name: type(system)(name=name, year=1998, entry=entry))
        monkeypatch.setattr(verify, "_trained", lambda system: iter(()))
        states = {rung.name: rung.state for rung in verify.climb("lenet5")}
        assert states["parameters, x"] == verify.FAILED
        assert states["contract"] == states["gradients"] == verify.PASSED

    def test_a_parameter_that_never_moves_is_found(self, monkeypatch):
        system = verify.registry.find("mlp")
        monkeypatch.setattr("successors.nn.optimiser.SGD._update", lambda *_: None)
        with pytest.raises(verify.NotShown, match="did not change"):
            verify.moves(system)

    @pytest.mark.parametrize(
        ("word", "remark", "failed"),
        [("holds", "", False), ("not told apart", "", True), ("not told apart", "Too small.", False)],
    )
    def test_a_system_needs_its_mechanism_or_says_why_not(self, monkeypatch, word, remark, failed):
        system = verify.registry.find("mlp")
        record = dict(verify.registry.metrics("mlp"))
        record["mechanism"] = record["mechanism"] | {"word": word, "remark": remark}
        monkeypatch.setattr(verify.registry, "metrics", lambda name: record)
        rungs = {rung.name: rung for rung in verify._trained(system)}
        needs = rungs[f"needs {system.entry.mechanism.name}"]
        assert (needs.state, needs.failed) == (word, failed)
        assert ("Too small" in needs.found) == (remark != "")
        assert rungs["shipped weights, parity"].state == verify.PASSED

    @pytest.mark.parametrize(("word", "failed"), [("holds", False), ("not told apart", False), ("fails", True)])
    def test_a_claim_that_fails_fails_the_ladder(self, monkeypatch, word, failed):
        system = verify.registry.find("mlp")
        record = dict(verify.registry.metrics("mlp"))
        claim = {
            "claim": "above",
            "than": "perceptron",
            "wanted": 0.0,
            "value": 0.01,
            "interval": [0.0, 0.02],
            "word": word,
        }
        record["trials"] = [record["trials"][0] | {"claims": [claim]}]
        monkeypatch.setattr(verify.registry, "metrics", lambda name: record)
        rung = next(verify._trained(system))
        assert (rung.state, rung.failed) == (word, failed)
        assert "+1.0 points (+0.0 to +2.0)" in rung.found

    def test_an_untrained_system_does_not_pass(self, monkeypatch):
        monkeypatch.setattr(verify.registry, "metrics", lambda name: None)
        (rung,) = verify._trained(verify.registry.find("mlp"))
        assert rung.state == verify.FAILED
        assert "train mlp" in rung.found


def test_resuming_from_a_broken_file_is_one_clear_error(tmp_path):
    order = training("perceptron", "two_class", options=SMALL)
    (tmp_path / f"{order.key}.npz").write_bytes(b"PK")
    with pytest.raises(StateError, match="cannot be read"):
        training_job.train(order, tmp_path, resume=True)


def test_beside_the_progress_stands_the_score_of_the_validation_and_what_it_is_a_share_of():
    order = {"settings": {"learner": "gan", "task": "imitate"}}
    told = training_job._note({"order": order, "score": 0.81, "valid": 0.74, "warnings": ["stuck"]})
    assert told == "gan on imitate, harmonic mean of precision and recall: 74.0 % in the validation; stuck"
