import os
import subprocess

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

    from marki.console.app import App, WindowSettings

    def open_it(**settings):
        return App(session, WindowSettings(**{"frames": 1_000_000, "paused": True, **settings}))

    yield open_it
    pygame.quit()


@pytest.fixture
def key():
    """Return a function that presses a key of the window and lets it go, with the text that it types."""
    import pygame

    def press(app, name, *, typed="", mod=0):
        code = getattr(pygame, f"K_{name}")
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=code, unicode=typed, mod=mod))
        if app.keyboard.texting and app.frames and typed.isprintable() and typed:
            pygame.event.post(pygame.event.Event(pygame.TEXTINPUT, text=typed))
        pygame.event.post(pygame.event.Event(pygame.KEYUP, key=code, unicode=typed, mod=mod))
        app.frame()

    return press


@pytest.fixture
def click():
    """Return a function that clicks the button of a command."""

    def press(app, command):
        bar = app.handler.panels["playback"]
        at = next(k for k, c in enumerate(bar.commands) if c.name == command)
        mouse(app, bar.buttons[at].center)

    return press


def mouse(app, *places, button=1):
    """Press a mouse button at the first place, move through the others, and let it go at the last."""
    import pygame

    for kind, place in (
        (pygame.MOUSEMOTION, places[0]),
        (pygame.MOUSEBUTTONDOWN, places[0]),
        *((pygame.MOUSEMOTION, p) for p in places[1:]),
        (pygame.MOUSEBUTTONUP, places[-1]),
    ):
        extra = {"rel": (0, 0), "buttons": (0, 0, 0)} if kind == pygame.MOUSEMOTION else {"button": button}
        pygame.event.post(pygame.event.Event(kind, pos=place, **extra))
        app.frame()


@pytest.fixture
def drag():
    """Return a function that drags the mouse over places of the window."""
    return mouse


@pytest.fixture
def place():
    """Return a function that tells where a part lies, in the middle."""
    from marki.console.state.targets import Target

    return lambda app, kind, number=0: app.handler.place_of(Target(kind, number)).center


@pytest.fixture
def screen():
    """Return the name of a virtual screen of 1280 by 800."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[write], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as pipe:
        name = ":" + pipe.readline().strip()
    yield name
    server.terminate()
    server.wait()
