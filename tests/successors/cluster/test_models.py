from dataclasses import replace

import pytest

from marki.errors import UnknownName
from successors.cluster.models import DECODERS, GOPHER, GPT3, MEGATRON, PALM, decoder

COUNTS = {
    "Megatron 1.2B": 1_213_479_936,
    "Megatron 2.5B": 2_490_408_960,
    "Megatron 4.2B": 4_199_109_120,
    "Megatron 8.3B": 8_317_040_640,
    "GPT-3 Small": 125_226_240,
    "GPT-3 Medium": 355_871_744,
    "GPT-3 Large": 760_300_032,
    "GPT-3 XL": 1_315_723_264,
    "GPT-3 2.7B": 2_651_553_280,
    "GPT-3 6.7B": 6_658_404_352,
    "GPT-3 13B": 12_853_386_240,
    "GPT-3 175B": 174_604_259_328,
    "Gopher 44M": 43_663_872,
    "Gopher 117M": 116_626_176,
    "Gopher 417M": 417_277_440,
    "Gopher 1.4B": 1_374_357_504,
    "Gopher 7.1B": 7_110_922_240,
    "Gopher 280B": 279_702_421_504,
    "MT-NLG 530B": 529_600_819_200,
    "Chinchilla 70B": 70_057_992_192,
    "PaLM 8B": 8_632_012_800,
    "PaLM 62B": 62_495_662_080,
    "PaLM 540B": 540_356_474_880,
}
"""Parameters of networks of these shapes, counted array by array on prototypes."""


@pytest.mark.parametrize("name", DECODERS)
def test_parameters_meet_the_printed_figure(name):
    shape = decoder(name)
    assert shape.parameters == COUNTS[name]
    assert shape.meets_print


def test_every_size_is_counted():
    assert set(DECODERS) == set(COUNTS)
    assert [len(family) for family in (GPT3, MEGATRON, GOPHER, PALM)] == [8, 4, 6, 3]


def test_the_misprint_of_the_width_would_not_meet_the_printed_figure():
    printed = replace(decoder("GPT-3 13B"), width=5140, head=5140 // 40)
    assert not printed.meets_print
    tied = 50_257 * 5140 + 2_048 * 5140 + 40 * (12 * 5140**2 + 13 * 5140) + 2 * 5140
    assert f"{tied / 1e6:,.0f} million" in decoder("GPT-3 13B").remark


@pytest.mark.parametrize("shape", GPT3, ids=lambda s: s.name)
def test_heads_of_gpt3_make_up_the_width(shape):
    assert shape.heads * shape.head == shape.width


def test_gophers_are_short_without_the_matrix_of_relative_positions():
    for shape in GOPHER:
        without = shape.parameters - shape.layers * shape.width**2
        assert without < 0.97 * shape.printed


def test_operations_by_the_papers_own_formulas():
    shape = decoder("MT-NLG 530B")
    length, layers, width, vocabulary = shape.context, shape.layers, shape.width, shape.vocabulary
    # Narayanan et al. 2021, eq. 3, for one token, with layers computed again
    wanted = 96 * layers * width**2 * (1 + length / (6 * width) + vocabulary / (16 * layers * width))
    assert shape.training_flops(recompute=True) == pytest.approx(wanted, rel=1e-12)
    assert shape.training_flops() == 3 * shape.forward_flops


def test_the_rule_of_six_is_near_the_count():
    for shape in DECODERS.values():
        if shape.parameters > 10**9:
            assert shape.training_flops() == pytest.approx(6 * shape.parameters, rel=0.16)


def test_an_unknown_size_offers_the_nearest():
    with pytest.raises(UnknownName, match="GPT-3 13B"):
        decoder("GPT-3 13")
