"""The R-units: what a sum says, and when it is too small to say anything."""

import pytest

from marki.console.panels.hints import hint
from marki.console.state.targets import Target


def shown(app):
    """Return the sums as they are written, unit by unit."""
    panel = app.handler.panels["response"]
    app.renderer.theme.written = []
    for row in panel._rows:
        row.shown = None
    app.frame()
    found, app.renderer.theme.written = app.renderer.theme.written, None
    return [next(t for t, place, _ in found if row.figure.colliderect(place)) for row in panel._rows]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sum_within_the_dead_zone_stands_in_brackets_and_the_foot_says_why(window, session, language):
    app = window(language=language)
    app.frame()
    before = shown(app)
    assert not any(text.startswith("(") for text in before)  # nothing has been read
    held = set()
    for _ in range(40):
        session.run(1)
        app.frame()
        scene = app.scene
        for unit, text in enumerate(shown(app)):
            total = scene.snapshot.view.u_r[unit]
            held.add(inside := bool(abs(total) <= scene.dead_zone))
            assert text == (f"({total:+.0f})" if inside else f"{total:+.0f}")
            assert ("±2°" in hint(scene, Target("r", unit), app.words)) == inside
    assert held == {True, False}
