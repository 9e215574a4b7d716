"""Paragraphs: a long text becomes small before any of it is left out."""

import pygame
import pytest

from marki.console.drawing.paragraphs import paragraphs
from marki.console.drawing.theme import SMALL, Theme

CAPTION = "a large square on the left, a small triangle on the right and a large circle at the bottom right."


@pytest.mark.parametrize(("height", "smaller"), [(200, False), (105, True)])
def test_a_text_becomes_small_before_any_of_it_is_left_out(window, height, smaller):
    window()
    theme, sheet = Theme(1.0), pygame.Surface((130, 400))
    theme.sheet, theme.written = sheet, []
    area = pygame.Rect(0, 0, 130, height)
    white = (255, 255, 255)
    paragraphs(sheet, theme, area, [(CAPTION, white)], SMALL, SMALL - 1, SMALL - 2)
    written = [text for text, *_ in theme.written]
    assert " ".join(written) == CAPTION
    assert written == theme.wrap(CAPTION, 130, SMALL - smaller)


def test_what_is_left_out_is_replaced_by_an_ellipsis(window):
    window()
    theme, sheet = Theme(1.0), pygame.Surface((130, 400))
    theme.sheet, theme.written = sheet, []
    white = (255, 255, 255)
    area = pygame.Rect(0, 0, 130, 3 * theme.row(SMALL))
    paragraphs(sheet, theme, area, [(CAPTION, white), ("second", white)], SMALL)
    written = [text for text, *_ in theme.written]
    assert len(written) == 3
    assert written[2].endswith("..")
    assert CAPTION.startswith(" ".join(written)[:-2])
    assert theme.width(written[2], SMALL) <= 130
    assert theme.wrap(CAPTION, 130, SMALL, most=3) == written
    assert theme.wrap(CAPTION, 130, SMALL, most=50) == theme.wrap(CAPTION, 130, SMALL)
