"""The published sizes of the systems that write programs, met by networks of shapes only.

Each is a `Size`, counted apart from the file of its system: Codex (Chen et al. 2021, arXiv:2107.03374) calls its sizes
by the weights that are not of the tables, those of GPT-3's family, of GPT-2's layers; InCoder (Fried et al. 2022,
arXiv:2204.05999) has sines for positions; AlphaCode (Li et al. 2022, arXiv:2203.07814, table 3) has a shallow encoder,
a deep decoder, heads of 128, few of which have keys of their own, feed-forward layers of 6 d, neither gains nor biases
counted.
"""

import numpy as np
import pytest

from successors.model_card import Size
from successors.nn import initial
from successors.nn.layers import Linear
from successors.nn.module import Module
from successors.timeline.y2019_gpt2 import GPT2, GPT2Config, published

M, B = 10**6, 10**9


def counted(config):
    with initial.meta():
        return GPT2(config, np.random.default_rng(0)).count()


def codex(layers, width, heads, name, rounded):
    """A size of Codex; tables and positions are left out of its name."""
    config = published(layers, width, heads).amend({"longest": 2_048})
    return Size(config=config, published=name, rounded=rounded, left_out=(50_257 + 2_048) * width)


CODEX = {
    "12M": codex(4, 512, 8, 12 * M, M),  # layers and width assumed: the paper does not print them
    "25M": codex(8, 512, 8, 25 * M, M),
    "42M": codex(6, 768, 12, 42 * M, M),
    "85M": codex(12, 768, 12, 85 * M, M),
    "300M": codex(24, 1024, 16, 300 * M, 100 * M),
    "679M": codex(24, 1536, 16, 679 * M, M),
    "2.5B": codex(32, 2560, 32, 2_500 * M, 100 * M),
    "12B": codex(40, 5120, 40, 12 * B, B),  # assumed
}


@pytest.mark.parametrize("name", CODEX)
def test_codex(name):
    size = CODEX[name]
    weights = counted(size.config) - size.left_out
    assert size.agrees(counted(size.config)), f"{weights:,}"
    d, layers = size.config.width, size.config.layers
    assert weights == layers * (12 * d * d + 13 * d) + 2 * d
    assert weights == pytest.approx(12 * layers * d * d, rel=0.003), "biases and gains hardly count"


def incoder(layers, width, heads, name, rounded):
    """A size of InCoder; of GPT-2's weights those of learned positions are left out."""
    config = GPT2Config(vocabulary=50_518, width=width, hidden=4 * width, heads=heads, layers=layers, longest=2_048)
    return Size(config=config, published=name, rounded=rounded, left_out=2_048 * width)


INCODER = {"6.7B": (incoder(32, 4096, 32, 6_700 * M, 100 * M), 6_651_084_800),
           "1.3B": (incoder(24, 2048, 32, 1_300 * M, 100 * M), 1_312_063_488)}  # fmt: skip


@pytest.mark.parametrize("name", INCODER)
def test_incoder(name):
    size, wanted = INCODER[name]
    assert size.agrees(counted(size.config))
    assert counted(size.config) - size.left_out == wanted


class Shapes(Module):
    """AlphaCode in matrices: tables, positions, and the projections of its layers."""

    def __init__(self, width, queries, keys, encoder, decoder, rng):
        def matrix(inputs, outputs):
            return Linear(inputs, outputs, rng, bias=False)

        def attention():
            return [
                matrix(width, 128 * queries),
                *(matrix(width, 128 * keys) for _ in "kv"),
                matrix(128 * queries, width),
            ]

        def layer(reads):
            return [*attention(), *(attention() if reads else []), matrix(width, 6 * width), matrix(6 * width, width)]

        self.tables = [matrix(width, 8_000) for _ in ("in", "out")]
        self.positions = [matrix(width, longest) for longest in (1_536, 768)]
        self.encoder = [layer(False) for _ in range(encoder)]
        self.decoder = [layer(True) for _ in range(decoder)]


# Width, heads of queries and of keys, layers of both; weights as counted, as printed, and the last printed digit.
ALPHACODE = {
    "300M": ((768, 6, 1, 4, 24), 283_803_648, 284 * M, M),
    "1B": ((1408, 11, 1, 5, 30), 1_139_556_352, 1_100 * M, 100 * M),
    "3B": ((2048, 16, 1, 6, 36), 2_846_621_696, 2_800 * M, 100 * M),
    "9B": ((3072, 24, 4, 8, 48), 8_688_107_520, 8_700 * M, 100 * M),
    "41B": ((6144, 48, 16, 8, 56), 41_183_084_544, 41_100 * M, 100 * M),
}


@pytest.mark.parametrize("name", ALPHACODE)
def test_alphacode(name):
    shape, wanted, printed, rounded = ALPHACODE[name]
    with initial.meta():
        found = Shapes(*shape, np.random.default_rng(0)).count()
    assert found == wanted
    assert Size(config=GPT2Config(), published=printed, rounded=rounded).agrees(found)


def test_alphacode_is_deep_behind_a_shallow_encoder():
    for (width, queries, keys, encoder, decoder), *_ in ALPHACODE.values():
        assert width == 128 * queries
        assert queries % keys == 0
        assert 6 <= decoder / encoder <= 7


def test_another_size_does_not_meet_the_figure():
    assert not CODEX["85M"].agrees(counted(CODEX["42M"].config))
    assert not CODEX["679M"].agrees(counted(CODEX["300M"].config))
