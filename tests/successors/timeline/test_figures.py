"""The figures of every system can be measured, with the weights that are shipped."""

import numpy as np
import pytest

from successors import registry

LONG = ("dalle2",)
FIGURES = [
    pytest.param(name, figure, marks=pytest.mark.slow if name in LONG else (), id=f"{name}-{figure.name}")
    for name in registry.names()
    for figure in registry.find(name).entry.figures
]


@pytest.mark.parametrize(("name", "figure"), FIGURES)
def test_a_figure_shows_numbers(name, figure):
    split = registry.sample(registry.find(name).entry.trials[0]).test
    count = min(figure.stimuli, 3)
    stimuli = np.concatenate([np.asarray(split.stimuli[:1])] * count)
    shown = figure.measure(registry.create(name, pretrained=True), stimuli, np.concatenate([split.targets[:1]] * count))
    assert shown
    for array in shown.values():
        assert np.size(array)
        assert np.isfinite(array).all()
