import numpy as np
import pytest

from successors import registry
from successors.cluster.models import DECODERS
from successors.cluster.work import ALEXNET_MACS, find, of_decoder
from successors.nn.initial import meta
from successors.timeline.y2017_transformer import Transformer
from successors.timeline.y2019_gpt2 import GPT2, GPT2Config

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [s for s in DECODERS.values() if s.family == "gpt"], ids=lambda s: s.name)
def test_networks_of_these_shapes_have_as_many_parameters(shape):
    config = GPT2Config(
        vocabulary=shape.vocabulary, width=shape.width, hidden=4 * shape.width, heads=shape.heads,
        layers=shape.layers, longest=shape.context,
    )  # fmt: skip
    with meta():
        assert GPT2(config, RNG).count() == shape.parameters


def test_alexnets_products_have_the_weights_of_the_network_of_the_timeline():
    places = {"conv1": 55**2, "conv2": 27**2, "conv3": 13**2, "conv4": 13**2, "conv5": 13**2}
    biases = 96 + 256 + 384 + 384 + 256 + 4096 + 4096 + 1000
    weights = sum(macs // places.get(name, 1) for name, macs in ALEXNET_MACS.items())
    size = registry.find("alexnet").entry.sizes["two groups"]
    assert weights + biases == size.published == find("AlexNet").parameters


@pytest.mark.parametrize(("name", "size"), [("Transformer base", "base"), ("Transformer big", "big")])
def test_the_transformers_products_are_those_of_the_network_of_the_timeline(name, size):
    entry = registry.find("transformer").entry.sizes[size]
    with meta():
        network = Transformer(entry.config, RNG)
    layers = network.count() - entry.config.vocabulary * entry.config.width
    work = find(name)
    table = 2 * 37_000 * entry.config.width
    assert work.parameters == entry.published
    assert (work.layers * work.layer_flops - table) / 2 == pytest.approx(layers, rel=0.01)  # biases and norms apart


def test_a_text_costs_as_many_tokens_as_it_has():
    for shape in DECODERS.values():
        work = of_decoder(shape)
        forward = work.layers * work.layer_flops + work.last_flops
        assert forward == work.tokens * shape.forward_flops
        if shape.family != "palm":
            assert work.useful_flops == 3 * forward
