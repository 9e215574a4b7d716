"""A readout leaves nothing behind, however low it is."""

import pygame
import pytest

from marki.console.drawing.panel import Readout
from marki.console.drawing.theme import Theme


@pytest.mark.parametrize("height", [10, 20, 40])
def test_a_text_that_changes_leaves_nothing_of_the_last_one(window, height):
    window()
    theme = Theme(1.0)
    surface = pygame.Surface((300, 100))
    surface.fill((200, 200, 190))
    before = pygame.surfarray.array3d(surface)
    readout = Readout(theme, pygame.Rect(10, 40, 280, height), size=22)
    readout.update(surface, "gypsy jig, gypsy jig")
    assert (pygame.surfarray.array3d(surface) != before).any()
    readout.update(surface, "")
    assert (pygame.surfarray.array3d(surface) == before).all()
