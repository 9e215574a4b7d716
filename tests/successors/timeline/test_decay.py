"""What weight decay applies to, in every system that learns by gradient."""

import numpy as np
import pytest

from successors import registry
from successors.nn.learner import ByGradient
from successors.nn.optimiser import SGD, Adam

DECAYING = {
    *("weight", "kernels", "filters", "value", "w_in", "w_state", "const"),
    *("tokens", "segments", "words", "classes", "codes", "nothing", "filling", "last"),
}
"""Weights of products and convolutions, and tables of words."""
STAYING = {
    *(
        "bias",
        "b_in",
        "b_state",
        "output_bias",
        "places_bias",
        "colour_bias",
        "gain",
        "scale",
        "coefficient",
        "gate",
        "strength",
    ),
    *("positions", "places", "table", "down", "across", "rows", "columns"),  # of places and distances
    *("content_bias", "distance_bias"),
    "row",  # the class token
}
BY_GRADIENT = [n for n in registry.names() if isinstance(registry.create(n), ByGradient)]


@pytest.mark.parametrize("rule", [SGD, Adam])
@pytest.mark.parametrize("name", BY_GRADIENT)
def test_weights_decay_and_nothing_else_does(name, rule):
    parameters = registry.create(name).network.parameters()
    for p in parameters.values():
        p.data[...] = 1  # a decaying zero would not show
        p.grad = np.zeros_like(p.data)
    rule(parameters, decay=0.5).step(0.1)
    changed = {n for n, p in parameters.items() if not (p.data == 1).all()}
    for parameter in parameters:
        kind = next(part for part in reversed(parameter.split(".")) if not part.isdigit())
        if name == "sepvit" and kind == "tokens":  # of windows, not of words
            kind = "row"
        if name == "diffusion" and kind == "table":  # of classes, not of places
            kind = "tokens"
        assert kind in DECAYING | STAYING, f"{parameter}: say whether it decays"
        assert (parameter in changed) == (kind in DECAYING), parameter


def test_there_are_as_many_as_there_should_be():
    assert len(BY_GRADIENT) >= 27
