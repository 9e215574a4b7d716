"""Answers are counted for the right face and the right class."""

import numpy as np
import pytest

from successors import tasks
from successors.evaluation.breakdown import as_text, breakdown
from successors.tasks.letters import FOLDS

SMALL = {"train": 26, "valid": 26, "test": 26 * 6}


def run(task, options, answered):
    deck = tasks.load(task, **options)
    hits = np.asarray(answered) == deck.test.kinds
    settings = {"task": task, "options": options}
    return {
        "order": {"settings": settings},
        "right": "".join("01"[h] for h in hits.tolist()),
        "answered": list(answered),
    }


def test_letters_are_counted_by_face_and_by_letter():
    runs = []
    for fold in (0, 1):
        options = SMALL | {"fold": fold}
        answered = tasks.load("letters", **options).test.kinds.astype(int).tolist()
        answered[0], answered[27] = 3, -1  # an A taken for a D, and a B for nothing, in the first two faces
        runs.append(run("letters", options, answered))
    found = breakdown(runs)
    assert set(found["groups"]) == {*FOLDS[0], *FOLDS[1]}
    assert found["groups"][FOLDS[0][0]] == [51, 52]  # five faces in six rows: the first comes twice
    assert found["groups"][FOLDS[1][1]] == [25, 26]
    assert found["groups"][FOLDS[1][2]] == [26, 26]
    assert found["classes"]["A"] == [10, 12]
    assert sum(of for _, of in found["classes"].values()) == 2 * 26 * 6
    a, b = (list(map(int, found["confusion"][letter].split())) for letter in "AB")
    assert (a[0], a[3], sum(a)) == (10, 2, 12)
    assert (b[1], b[-1]) == (10, 2)
    table = as_text(found["confusion"]).splitlines()
    assert table[1].split() == ["A", "83.3", "16.7"]
    assert table[0].split("(")[0].split()[-1] == "none"


def test_text_has_no_classes_to_confuse():
    deck = tasks.load("translate", train=1, valid=1, test=4)
    settings = {"task": "translate", "options": {"train": 1, "valid": 1, "test": 4}}
    found = breakdown([{"order": {"settings": settings}, "right": "1011", "answered": []}])
    assert found["groups"] == found["confusion"] == {}
    assert sum(right for right, _ in found["classes"].values()) == (3 if deck.classes else 0)


def test_counts_that_do_not_fit_are_refused():
    options = SMALL | {"fold": 0}
    with pytest.raises(ValueError, match="zip"):
        breakdown([run("letters", options, [0] * (26 * 6)) | {"right": "1"}])
