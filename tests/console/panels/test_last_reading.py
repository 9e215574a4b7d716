"""What is seen stays seen: between two exposures the last reading is still there, dimmed; and the dials' scale."""

import numpy as np
import pytest

from marki.console.drawing.sprites import GHOST
from marki.console.panels.lamp_panel import lit
from marki.console.panels.needles import LAST, Needles


def pixels(app, name):
    import pygame

    return pygame.surfarray.array3d(pygame.display.get_surface().subsurface(app.handler.panels[name].inner)).astype(int)


def read_and_covered(app):
    """Return what the panels show while the lens is open and read, and in the middle of the change of card."""
    app.frame()
    app.session.step("event")
    shots = []
    for us in (1_800_000, 8_000_000):
        app.session.advance(app.session.began_us + us if us < 3e6 else app.session.now + 6_000_000)
        app.frame()
        app.frame()
        shots.append({name: pixels(app, name) for name in ("plugboard", "association", "retina", "stimulus")})
    assert app.scene.snapshot.phase == "change"
    return shots


def test_between_exposures_lamps_and_wires_of_the_last_reading_remain_dimmed(window):
    app = window(still=True)
    read, covered = read_and_covered(app)
    for name in ("plugboard", "association", "retina", "stimulus"):
        ground = read[name].reshape(-1, 3).min(0)
        lit_then = (read[name] - ground).sum(2) > 90
        assert lit_then.any(), name
        # Where there was light there still is some, less of it.
        left = (covered[name] - ground).sum(2)[lit_then]
        assert (left > 12).mean() > 0.6, name
        assert left.mean() < 0.85 * (read[name] - ground).sum(2)[lit_then].mean(), name


def test_the_front_shows_the_last_reading_too(window):
    app = window(still=True, view="front")
    app.ui.open_doors = True
    app.frame()
    app.session.step("event")
    app.session.advance(app.session.began_us + 1_800_000)
    app.frame()
    on = app.scene.snapshot.view.a.astype(bool)
    app.session.advance(app.session.now + 6_000_000)
    app.frame()
    assert not app.scene.snapshot.view.a.any()
    doors = app.handler.panels["doors"]
    np.testing.assert_array_equal(doors._was == 2, on)


def test_a_lamp_that_was_lit_is_a_ghost():
    before, now = np.array([True, True, False]), np.array([False, True, False])
    np.testing.assert_array_equal(lit(now, now.astype(float), before, still=True), [GHOST, 15, 0])


@pytest.mark.parametrize("beyond", [0, 1, 9])
def test_few_values_far_out_do_not_hide_the_others(window, beyond):
    app = window()
    app.session.run(60)
    units = list(range(beyond))
    if units:
        app.session.command("turn", {"units": units, "deg": [120.0] * beyond})
    app.frame()
    needles = Needles(app.scene, still=False)
    needles.read(app.scene)
    assert needles.beyond == beyond
    assert needles.scale <= 20
    assert (np.abs(needles.steps[:beyond]) == LAST).all()
    assert np.count_nonzero(np.abs(needles.steps) > 5) > 50
    note = app.handler.panels["values"]._note._shown[0]
    assert note.endswith(f"{beyond} beyond") == bool(beyond)


def test_a_scale_that_is_far_too_large_is_given_up(window):
    app = window()
    app.session.command("turn", {"units": [0], "deg": [120.0]})
    app.frame()
    needles = Needles(app.scene, still=False)
    needles.read(app.scene)
    assert (needles.scale, needles.beyond) == (150, 0)  # nothing else to be seen
    app.session.run(60)
    app.frame()
    needles.read(app.scene)
    assert needles.scale <= 20
    assert needles.beyond == 1
