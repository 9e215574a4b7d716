"""Signs of the ports: each port has one, inside its square, and no two are alike."""

import pygame
import pytest

from marki.console.timeline.port_signs import draw_sign
from marki.io.ports import Port


@pytest.mark.parametrize("side", [8, 11, 18])
def test_every_port_has_a_sign_of_its_own(side):
    drawn = set()
    for port in Port:
        surface = pygame.Surface((side + 6, side + 6))
        draw_sign(surface, port, pygame.Rect(3, 3, side, side), (255, 255, 255))
        lit = pygame.surfarray.array2d(surface) != 0
        assert lit.any()
        assert lit[2:-2, 2:-2].sum() == lit.sum()
        drawn.add(lit.tobytes())
    assert len(drawn) == len(Port)
