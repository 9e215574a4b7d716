"""Chinese written with an input method, and pasted, to a real system that translates it, with real events."""

import time

import pygame
import pytest

from marki.console.state.push_buttons import NUMBER
from marki.console.state.targets import Target
from successors import tasks
from successors.serving.gallery import open_gallery

PATIENCE_S = 60
TYPE_LINE = Target("knob", NUMBER["type_line"])

pytestmark = pytest.mark.slow


@pytest.fixture
def app(session):
    from marki.console.app import App, WindowSettings

    opened = App(
        session, WindowSettings(frames=1_000_000, paused=True, size=(1280, 800), system="transformer"), open_gallery()
    )
    end = time.monotonic() + PATIENCE_S
    while opened.handler.place_of(TYPE_LINE) is None:  # the timeline is being read
        opened.frame()
        assert time.monotonic() < end
    yield opened
    assert opened.timeline is not None
    opened.timeline.close()
    pygame.quit()


def post(app, *events):
    for kind, values in events:
        pygame.event.post(pygame.event.Event(kind, **values))
    app.frame()


def press(app, key, mod=0):
    how = dict(key=key, unicode="", mod=mod, scancode=0)
    post(app, (pygame.KEYDOWN, how), (pygame.KEYUP, how))


def answer(app, line):
    """Return what the system answers to a line, when it has."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        app.frame()
        reply = app.scene.timeline.first.reply
        if reply is not None and str(reply.stimulus) == line and reply.said:
            return reply.said
        time.sleep(0.02)
    raise AssertionError("no answer")


def test_chinese_is_typed_pasted_and_translated(app, drag, place):
    deck = tasks.load("translate", seed=0).test
    line = next(str(s) for s in deck.stimuli if not str(s).isascii())
    drag(app, place(app, TYPE_LINE.kind, TYPE_LINE.number))
    app.frame()
    for k, sign in enumerate(line):
        post(app, (pygame.TEXTEDITING, dict(text="pin" + "y" * k, start=0, length=3)))
        post(app, (pygame.TEXTINPUT, dict(text=sign)))
    assert app.ui.typing.text == line
    press(app, pygame.K_RETURN)
    said = answer(app, line)
    assert said.isascii()
    assert len(said.split()) > 3

    app.obey("live")
    app.obey("example")
    app.frame()
    pygame.scrap.put_text(f"{line}\n")
    press(app, pygame.K_v, pygame.KMOD_CTRL)
    press(app, pygame.K_RETURN)
    assert app.ui.typed == line
    assert answer(app, line) == said
