"""Sizes at equal computing: what is fitted is found back, and no document is read twice."""

import csv
import itertools
import json

import numpy as np
import pytest

from marki.__main__ import main
from marki.errors import ConfigError
from marki.jobs.options import RunOptions
from successors import registry
from successors.evaluation import scaling
from successors.evaluation.scaling import fit_law, fitted, least, surprise
from successors.model_card import Scaling
from successors.tasks import by_heart
from successors.timeline.y2022_chinchilla import PRINTED, ScalingLaw

BUDGETS = {1e7: (4, 8, 12), 2e7: (4, 8, 12, 16)}


@pytest.fixture
def small(monkeypatch):
    """Chinchilla with two small budgets, judged by few documents."""
    system = registry.find("chinchilla")
    runs = Scaling(task="by_heart", budgets=BUDGETS, plan=system.entry.scaling.plan, entropy=0.85)
    entry = type(system.entry)(**{**vars(system.entry), "scaling": runs})
    new = type(system)(name=system.name, year=system.year, entry=entry)
    monkeypatch.setattr(registry, "find", lambda name: new)
    monkeypatch.setattr(scaling, "HELD_OUT", 40)


def points(law, budgets=(3e9, 1e10, 3e10, 1e11)):
    weights, operations = np.array(list(itertools.product(np.geomspace(2e3, 1e5, 6), budgets))).T
    tokens = operations / 6 / weights
    return weights, tokens, np.array([law.loss(n, d) for n, d in zip(weights, tokens, strict=True)])


@pytest.mark.parametrize(
    "law",
    [
        ScalingLaw(floor=0.85, a=900.0, alpha=0.9, b=30.0, beta=0.45),
        ScalingLaw(floor=1.7, a=10.0, alpha=0.34, b=20.0, beta=0.28),
        ScalingLaw(floor=0.0, a=10.0, alpha=0.5, b=20.0, beta=0.5),
    ],
)
def test_a_law_is_found_back(law):
    weights, tokens, losses = points(law)
    found = fit_law(weights, tokens, losses)
    assert found.off < 1e-3
    assert found.exponent == pytest.approx(law.exponent, abs=0.01)
    assert found.floor == pytest.approx(law.floor, abs=0.03)
    known = fit_law(weights, tokens, losses, floor=law.floor)
    assert (known.alpha, known.beta) == (pytest.approx(law.alpha, abs=0.01), pytest.approx(law.beta, abs=0.01))
    assert (known.a, known.b) == (pytest.approx(law.a, rel=0.05), pytest.approx(law.b, rel=0.05))
    assert known.floor == law.floor


def test_no_coefficient_is_negative():
    """Losses that fall below every law with a floor above 0, and columns against all choices by brute force."""
    rng = np.random.default_rng(0)
    columns, wanted = rng.standard_normal((20, 9, 3)), rng.standard_normal(9)
    squares, found = scaling._not_negative(columns, wanted)
    assert (found >= 0).all()
    for own, square, coefficients in zip(columns, squares, found, strict=True):
        assert ((own @ coefficients - wanted) ** 2).sum() == pytest.approx(square, abs=1e-9)
        tried = np.abs(rng.standard_normal((3_000, 3)))
        assert (((tried @ own.T - wanted) ** 2).sum(1) > square - 1e-9).all()
    weights, tokens, _ = points(PRINTED)
    assert fit_law(weights, tokens, 100 * weights**-0.5).floor >= 0


def test_a_parabola_is_found_back():
    weights = np.geomspace(1e3, 1e5, 7)
    losses = 0.3 + 0.1 * (np.log(weights) - np.log(9_000)) ** 2
    best, loss, inside = least(weights[::-1], losses[::-1])
    assert best == pytest.approx(9_000)
    assert loss == pytest.approx(0.3)
    assert inside
    assert least(weights[:3], losses[:3])[::2] == (pytest.approx(weights[2]), False)
    assert least(weights, -losses)[2] is False


def test_what_follows_from_rows():
    law = ScalingLaw(floor=0.85, a=900.0, alpha=0.9, b=30.0, beta=0.45)
    weights, tokens, losses = points(law)
    rows = [
        {"operations": round(6 * n * d), "seed": seed, "parameters": n, "tokens": d, "loss": loss * (1 + 1e-4 * seed)}
        for seed in (0, 1, 2)
        for n, d, loss in zip(weights, tokens, losses, strict=True)
    ]
    found = fitted(rows, 0.85)
    assert [row["operations"] for row in found["optima"]] == [3e9, 1e10, 3e10, 1e11]
    for row in found["optima"]:
        mean, low, high = row["weights"]
        assert low < mean < high
        assert mean == pytest.approx(law.optimum(row["operations"])[0], rel=0.3)
        assert row["inside"] == 1
    assert found["law"]["E known"]["exponent"][0] == pytest.approx(1 / 3, abs=0.01)
    assert found["law"]["exponent by parabolas"][0] == pytest.approx(1 / 3, abs=0.08)
    assert "E" not in found["law"]["E known"]
    assert "entropy of the documents 0.850" in scaling.as_text(found | {"entropy": 0.85})


def test_the_entropy_is_that_of_the_documents():
    assert registry.find("chinchilla").entry.scaling.entropy == pytest.approx(by_heart.entropy(1.3), abs=1e-6)


def test_every_budget_is_used_up_and_no_document_is_read_twice():
    entry = registry.find("chinchilla").entry
    for operations, widths in entry.scaling.budgets.items():
        for width in widths:
            config = entry.retina.amend(entry.scaling.plan(width, operations))
            tokens = config.recipe.batch * config.recipe.pretrain_steps * 30
            assert 6 * entry.count(config) * tokens == pytest.approx(operations, rel=0.01)
            assert config.width == width


def test_runs(small, tmp_path):
    found = scaling.run_scaling("chinchilla", RunOptions(out=tmp_path, jobs=1, quiet=True), seeds=(0, 1))
    assert len(found["rows"]) == 2 * (3 + 4)
    for row in found["rows"]:
        assert tuple(row) == scaling.COLUMNS
        assert 6 * row["parameters"] * row["tokens"] == pytest.approx(row["operations"], rel=0.2)
        assert row["gap"] == pytest.approx(row["loss"] - 0.85)
        assert 1 < row["loss"] < 5
    with open(tmp_path / "scaling.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == 14
    assert json.loads((tmp_path / "scaling.json").read_text())["rows"] == found["rows"]
    assert (tmp_path / "scaling.png").read_bytes().startswith(b"\x89PNG")
    again = scaling.train_one("chinchilla", 1e7, 8, 1)
    assert again in found["rows"]


def test_what_judges_is_not_read(small, monkeypatch):
    seen = []
    system = registry.find("chinchilla")
    learned = type(system.entry.create()).pretrain

    def pretrain(learner, texts):
        seen.extend(texts.tolist())
        learned(learner, texts)

    judged = []
    monkeypatch.setattr(type(system.entry.create()), "pretrain", pretrain)
    monkeypatch.setattr(scaling, "surprise", lambda network, texts: judged.extend(texts.tolist()) or 1.0)
    row = scaling.train_one("chinchilla", 1e7, 8, 0)
    assert len(judged) == 40
    assert row["tokens"] == 30 * len(seen)
    assert len(set(seen)) == len(seen)
    assert not set(seen) & set(judged)


def test_surprise_is_the_loss_of_all_tokens_a_token():
    network = registry.find("chinchilla").entry.create(changes={"width": 8, "heads": 1}).network
    texts = np.array(["A B 4 K 7", "C D 2"])
    apart = [network.pretrain(texts[k : k + 1]).item() * (signs + 1) for k, signs in ((0, 5), (1, 3))]
    assert surprise(network, texts) == pytest.approx(sum(apart) / 8, rel=1e-5)


def test_the_command(small, tmp_path, capsys):
    command = ["scaling", "chinchilla", "--seeds", "1", "--budgets", "1e7", "--quiet", "--jobs", "1", "--out"]
    assert main([*command, str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "1e+07" in said
    assert str(tmp_path) in said


def test_refusals(capsys, tmp_path):
    with pytest.raises(ConfigError, match=r"gopher has no runs at equal computing\. Choose chinchilla"):
        scaling.run_scaling("gopher", RunOptions(out=tmp_path / "a"))
    with pytest.raises(ConfigError, match="a budget of 5"):
        scaling.run_scaling("chinchilla", RunOptions(out=tmp_path / "a"), budgets=(5,))
    assert main(["scaling", "chinchilla", "--budgets", "many"]) == 2
    assert "--budgets" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
