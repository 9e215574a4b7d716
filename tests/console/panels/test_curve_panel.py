"""The learning curve: its axes are named however little room there is, or it is said in words."""

from dataclasses import replace

import numpy as np
import pytest

from marki.console.panels.curve_panel import CurvePanel


def drawn(app, box, *, deck=True):
    """Return the panel in a box of the window, and what it writes."""
    theme = app.renderer.theme
    app.frame()
    scene = replace(app.scene, deck=deck, errors=np.ones(3, bool), coming=np.zeros(0, bool), before=None)
    panel = CurvePanel(box, theme, scene)
    theme.written = []
    panel.update(app.renderer.surface, scene)
    said, theme.written = {text for text, _, _ in theme.written}, None
    return panel, said


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("deck", [True, False])
@pytest.mark.parametrize("projector", [False, True])
def test_low_axes_are_named_too(window, language, deck, projector):
    app = window(language=language, projector=projector)
    panel, said = drawn(app, (10, 10, 800, 145 if projector else 110), deck=deck)
    assert panel._legible
    assert not panel._roomy
    words = app.words
    assert words("curve.errors" if deck else "curve.share") in said
    assert f"{words('curve.pass' if deck else 'curve.trial')} 10" in said


@pytest.mark.parametrize("language", ["en", "zh"])
def test_where_no_curve_can_be_read_it_is_said_in_words(window, language):
    app = window(language=language, projector=True)
    panel, said = drawn(app, (10, 10, 300, 110))
    assert not panel._legible
    assert "10" not in said
    assert "".join(app.words("curve.first", count=3).split()) in "".join("".join(said).split()) or len(said) > 1
