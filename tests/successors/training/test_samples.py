"""What a learner draws while it is trained."""

import numpy as np
import pytest
from PIL import Image

from successors import tasks
from successors.training import samples, training_job
from successors.training.training_job import training

SMALL = {"train": 60, "valid": 20, "test": 12}
CHANGES = {"hidden": (8,), "units": 4, "recipe.steps": 6, "recipe.eval_every": 2, "recipe.batch": 10}
HIGH = 20 * samples.CELL + 2 * samples.GAP


def rows(path):
    with Image.open(path) as picture:
        pixels = np.asarray(picture)
    return pixels.reshape(-1, HIGH, pixels.shape[1])


def test_a_row_is_added_at_each_evaluation(tmp_path):
    order = training("gan", "imitate", options=SMALL, changes=CHANGES)
    training_job.train(order, tmp_path)
    found = rows(tmp_path / f"{order.key}.png")
    assert found.shape == (3, HIGH, 12 * HIGH)
    assert (found[0] != found[1]).any()


def test_a_row_holds_the_answers_at_that_evaluation(tmp_path):
    deck = tasks.load("imitate", cache=False, **SMALL)
    learner = training_job.registry.find("gan").entry.create(changes={"hidden": (8,), "units": 4})
    sheet = samples.SampleSheet(tmp_path / "a.png", learner, deck.valid.stimuli, resume=False)
    sheet.add()
    drawn = (learner.respond(deck.valid.stimuli[:12]) * 255).round().astype(np.uint8)
    cells = rows(tmp_path / "a.png")[0].reshape(HIGH, 12, HIGH).transpose(1, 0, 2)
    inside = slice(samples.GAP, -samples.GAP)
    np.testing.assert_array_equal(cells[:, inside, inside][:, ::3, ::3], drawn)


def test_after_an_interruption_the_picture_goes_on(tmp_path, monkeypatch):
    order = training("gan", "imitate", options=SMALL, changes=CHANGES)
    training_job.train(order, tmp_path / "whole")
    write, calls = training_job.loop.write_arrays, []

    def interrupt(*args, **header):
        write(*args, **header)
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(training_job.loop, "write_arrays", interrupt)
    with pytest.raises(KeyboardInterrupt):
        training_job.train(order, tmp_path / "halted")
    monkeypatch.undo()
    training_job.train(order, tmp_path / "halted", resume=True)
    one, two = (rows(tmp_path / name / f"{order.key}.png") for name in ("whole", "halted"))
    assert len(one) == 3
    np.testing.assert_array_equal(one[-1], two[-1])
    assert len(two) >= 2


def test_a_file_that_is_no_such_picture_is_begun_anew(tmp_path):
    stimuli = tasks.load("imitate", cache=False, **SMALL).valid.stimuli

    def rows_of(name):
        return samples.SampleSheet(tmp_path / name, None, stimuli, resume=True)._rows

    for number, content in enumerate((b"", b"not a picture")):
        (tmp_path / f"{number}.png").write_bytes(content)
        assert rows_of(f"{number}.png") == []
    Image.new("L", (30, 30)).save(tmp_path / "small.png")
    assert rows_of("small.png") == []
