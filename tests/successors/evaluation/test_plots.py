"""Plots: what is written beside rows of lamp fields is whole."""

import numpy as np
import pytest

from successors.evaluation import plots
from successors.model_card import Figure


@pytest.mark.parametrize("columns", [1, 10])
def test_a_long_label_is_written_whole(tmp_path, monkeypatch, columns):
    drawn = []
    saved = plots.save
    monkeypatch.setattr(plots, "save", lambda picture, path: (saved(picture, path), drawn.append(picture)))
    label = "6: a large diamond at the top, a small triangle at the bottom and a large bar at the bottom right."
    about = Figure(name="shown", title="Shown", measure=lambda *_: {}, stimuli=1)
    plots.figure(tmp_path / "a.png", about, {label: np.zeros((columns, 20, 20)), "2": np.ones((columns, 20, 20))})
    axes = drawn[0].axes
    box = axes[0].yaxis.label.get_window_extent()
    assert box.x0 >= 0
    assert axes[0].get_window_extent().width > 60  # dots: the fields are not squeezed for it
