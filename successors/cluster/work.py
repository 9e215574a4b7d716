"""What is trained: the operations and bytes of one sample, whatever network it is."""

from __future__ import annotations

from dataclasses import dataclass

from marki.errors import unknown
from successors.cluster.models import DECODERS, DecoderModel


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one sample costs; a sample is a text, an image, a pair of tokens, or a card.

    Parameters
    ----------
    name, sample : str
    parameters : int
    layers : int
        Layers that a pipeline can share out.
    layer_flops, last_flops : float
        Operations of one sample forward: in each layer, and after the last.
    backward : float
        Operations backward, as a multiple of those forward.
    exchanged : int
        Bytes between two layers, which devices that share a layer sum as well.
    sums : int
        Such sums of a layer, forward and again backward.
    useful_flops : float
        Operations of one sample that count for the utilisation.
    number : int
        Bytes of a gradient that is sent.
    state : int
        Bytes of weights, gradients and optimiser for each parameter; 0 where the store is none of bytes.
    tokens : int
        Tokens of one sample.
    """

    name: str
    sample: str
    parameters: int
    layers: int
    layer_flops: float
    last_flops: float = 0.0
    backward: float = 2.0
    exchanged: int = 0
    sums: int = 0
    useful_flops: float
    number: int = 2
    state: int = 16
    tokens: int = 1


def of_decoder(shape: DecoderModel) -> Work:
    """Return the work of a text for a decoder, in half precision with Adam."""
    text = shape.context
    palm = shape.family == "palm"
    return Work(
        name=shape.name,
        sample="text",
        parameters=shape.parameters,
        layers=shape.layers,
        layer_flops=text * shape.layer_flops,
        last_flops=text * shape.table_flops,
        exchanged=2 * text * shape.width,
        sums=1 if palm else 2,  # attention and feed-forward side by side share one
        useful_flops=text * (shape.useful_flops if palm else shape.training_flops()),
        state=10 if shape.family == "gopher" else 16,  # Gopher: bfloat16 weights, two single-precision moments
        tokens=text,
    )


ALEXNET_MACS = {
    "conv1": 55 * 55 * 96 * 11 * 11 * 3,
    "conv2": 27 * 27 * 256 * 5 * 5 * 48,
    "conv3": 13 * 13 * 384 * 3 * 3 * 256,
    "conv4": 13 * 13 * 384 * 3 * 3 * 192,
    "conv5": 13 * 13 * 256 * 3 * 3 * 192,
    "full6": 6 * 6 * 256 * 4096,
    "full7": 4096 * 4096,
    "full8": 4096 * 1000,
}
"""Multiply-adds of one image; the second, fourth and fifth layer see the maps of their own card alone."""


def _alexnet() -> Work:
    flops = 2.0 * sum(ALEXNET_MACS.values())
    crossing = 13 * 13 * 256 + 6 * 6 * 256 + 2 * 4096  # what conv3 and the full layers read of both cards
    return Work(
        name="AlexNet", sample="image", parameters=60_965_224, layers=1, layer_flops=flops, exchanged=4 * crossing,
        sums=1, useful_flops=3 * flops, number=4, state=12,
    )  # fmt: skip


def _transformer(name: str, width: int, parameters: int) -> Work:
    """Return the work of one source and one target token; scores of attention, which are few, are left out."""
    flops = 2.0 * (6 * (12 + 16) * width * width + 37_000 * width)
    return Work(
        name=name, sample="pair of tokens", parameters=parameters, layers=12, layer_flops=flops / 12,
        exchanged=4 * width, sums=2, useful_flops=3 * flops, number=4,
    )  # fmt: skip


def _perceptron() -> Work:
    additions = 512.0 * 12 + 512  # twelve wires of each A-unit, and the values of all A-units
    return Work(
        name="perceptron", sample="card", parameters=512, layers=1, layer_flops=additions, backward=0.0,
        useful_flops=additions, number=0, state=0,
    )  # fmt: skip


WORKS: dict[str, Work] = {
    work.name: work
    for work in (
        _perceptron(),
        _alexnet(),
        _transformer("Transformer base", 512, 65_000_000),
        _transformer("Transformer big", 1024, 213_000_000),
        *map(of_decoder, DECODERS.values()),
    )
}


def find(name: str) -> Work:
    """Return the work of a name.

    Raises
    ------
    UnknownName
        With the nearest name.
    """
    if name not in WORKS:
        raise unknown("network", name, WORKS, where="machine room")
    return WORKS[name]
