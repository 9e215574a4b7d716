"""With Shift a potentiometer is dragged finely."""

import pytest


def test_shift_drags_a_tenth_as_far(window, session, drag, place):
    import pygame

    app = window()
    app.frame()
    x, y = place(app, "value", 7)
    drag(app, (x, y), (x, y - 15), (x, y - 30))
    whole = session.learner.view().values[7]
    assert whole > 10
    x, y = place(app, "value", 60)
    pygame.key.set_mods(pygame.KMOD_SHIFT)
    try:
        drag(app, (x, y), (x, y - 15), (x, y - 30))
    finally:
        pygame.key.set_mods(0)
    assert session.learner.view().values[60] == pytest.approx(whole / 10, abs=0.01)
