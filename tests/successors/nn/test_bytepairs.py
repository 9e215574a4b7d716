"""Texts as tokens: the text of each token, also where a token is only a part of a character."""

import pytest

from successors.nn.bytepairs import BytePairs, shipped


def test_bytes_that_are_a_part_of_a_character_are_shown_as_hexadecimal_digits():
    plain = BytePairs([])
    assert plain.pieces("aé中") == ["a", "C3", "A9", "E4", "B8", "AD"]
    merged = BytePairs([(5 + 0xE4, 5 + 0xB8), (261, 5 + 0xAD)])
    assert merged.pieces("中") == ["中"]
    assert merged.pieces("不") == ["E4B8", "8D"]


@pytest.mark.parametrize("text", ["a small square", "小方块在左边", "naïve 🙂", "￿"])
def test_no_piece_is_a_sign_for_what_cannot_be_shown(text):
    assert not any("\ufffd" in piece for piece in shipped().pieces(text))
    assert shipped().decode(shipped().encode(text)) == text or text == "￿"
