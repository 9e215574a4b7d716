"""Heads on backbones: every one is trained on each task, and statements come out by their intervals."""

import json

import pytest

from marki.__main__ import main
from marki.jobs.options import RunOptions
from successors.evaluation import downstream, estimates
from successors.training import training_job

SHORT = {"recipe.steps": 1, "recipe.eval_every": 1, "recipe.batch": 2}


@pytest.fixture
def played(monkeypatch):
    """Give each head answers of its own, without training: Swin is right throughout, ViT half of the time."""
    shares = {"swin": 1.0, "convnext": 1.0, "resnet": 0.9, "mlp_mixer": 0.5, "vit": 0.5}
    asked = []

    def train_all(orders, folder, options, **_):
        asked.extend(orders)
        found = {}
        for order in orders:
            share = shares[order.learner.split()[0]]
            right = "".join("1" if (7 * k + 3 * order.seed) % 20 < 20 * share else "0" for k in range(200))
            found[order] = {
                "score": right.count("1") / 200, "right": right, "parameters": 7, "multiply_adds": 9, "year": 2021,
                "shown": 1, "seconds": 1.0, "note": "", "warnings": [], "order": {"settings": {"options": {}}},
                "also": {"mean overlap": share - 0.1 * order.seed},
            }  # fmt: skip
        return found

    monkeypatch.setattr(downstream, "train_all", train_all)
    return asked


def test_all_heads_are_trained_and_statements_tested(played, tmp_path):
    found = downstream.train_heads(RunOptions(out=tmp_path, quiet=True), seeds=range(3))
    assert len(played) == 2 * 10 * 3
    assert len(found["rows"]) == 20
    words = {(t["task"], t["how"], t["statement"]): t["word"] for t in found["statements"]}
    assert len(words) == 2 * 2 * 3
    assert words["segment", "frozen", "ViT is weaker than Swin"] == estimates.HOLDS
    assert words["locate", "tuned", "ConvNeXt rivals Swin"] == estimates.HOLDS
    kept = json.loads((tmp_path / "downstream.json").read_text())
    assert kept["rows"] == found["rows"]
    text = downstream.as_text(found)
    assert "segment, frozen: ViT is weaker than Swin: holds" in text
    assert text.count("\n") == 20 + 12 - 1
    assert "7 parameters; mean overlap 90.0 %" in text  # of Swin, 1.0, 0.9 and 0.8


def test_a_statement_that_is_false_fails(played, tmp_path, monkeypatch):
    wrong = downstream.Statement(text="Swin is weaker than ViT", better="vit", worse="swin")
    monkeypatch.setattr(downstream, "STATEMENTS", (wrong,))
    found = downstream.train_heads(RunOptions(out=tmp_path, quiet=True), chosen=("segment",), seeds=range(3))
    assert {t["word"] for t in found["statements"]} == {estimates.FAILS}


def test_the_command(played, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["downstream", "--task", "locate", "--seeds", "2", "--quiet", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "locate   swin frozen" in said
    assert str(out) in said


def test_a_head_is_trained_as_a_job(tmp_path):
    order = training_job.training(
        "mlp_mixer frozen", "locate", options={"train": 4, "valid": 3, "test": 3}, changes=SHORT
    )
    found = training_job.train_all([order], tmp_path, RunOptions(out=tmp_path, jobs=1, quiet=True))[order]
    assert found["steps"] == 1
    assert len(found["right"]) == 3
    assert set(found["also"]) == {"kinds alone"}
