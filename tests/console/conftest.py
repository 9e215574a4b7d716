import os

import pytest

from marki.session import mark1_session

os.environ["SDL_VIDEODRIVER"] = "dummy"
os.environ["SDL_AUDIODRIVER"] = "dummy"
os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"


@pytest.fixture
def session():
    return mark1_session(seed=3, keep="recent")


@pytest.fixture
def window(session):
    """Return a function that opens a window on the session; it is closed after the test."""
    import pygame

    from marki.console.app import App, Settings

    def open_it(**settings):
        return App(session, Settings(**{"frames": 1_000_000, "paused": True, **settings}))

    yield open_it
    pygame.quit()


@pytest.fixture
def key():
    """Return a function that types a key into the window."""
    import pygame

    def press(app, name, *, typed="", mod=0):
        code = getattr(pygame, f"K_{name}")
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=code, unicode=typed, mod=mod))
        app.frame()

    return press


@pytest.fixture
def click():
    """Return a function that clicks the button of a command."""
    import pygame

    def press(app, command):
        at = next(k for k, b in enumerate(app.bar.bindings) if b.command == command)
        place = app.bar.buttons[at].center
        pygame.event.post(pygame.event.Event(pygame.MOUSEMOTION, pos=place, rel=(0, 0), buttons=(0, 0, 0)))
        pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=place, button=1))
        pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONUP, pos=place, button=1))
        app.frame()

    return press
