"""Somebody who presses anything: the window never breaks, and what was done replays to the same run."""

import random

import pytest

KEYS = "abcdefghijklmnoprstuvwxyz123"
MOVES = [
    "SPACE",
    "LEFT",
    "RIGHT",
    "UP",
    "DOWN",
    "RETURN",
    "ESCAPE",
    "TAB",
    "HOME",
    "END",
    "PAGEUP",
    "PAGEDOWN",
    "BACKSPACE",
]
NAMED = [
    *MOVES,
    "F1",
    "F2",
    "F3",
    "F4",
    "F7",
    "F8",
    "F10",
    "PERIOD",
    "COMMA",
    "LEFTBRACKET",
    "RIGHTBRACKET",
    "MINUS",
    "SLASH",
]
SIGNS = {"PERIOD": ".", "COMMA": ",", "LEFTBRACKET": "[", "RIGHTBRACKET": "]", "MINUS": "-", "SLASH": "?", "SPACE": " "}


def key(rng):
    import pygame

    name = rng.choice([*KEYS, *NAMED])
    shift = rng.random() < 0.15
    mod = pygame.KMOD_CTRL if name in "zy" and rng.random() < 0.7 else pygame.KMOD_SHIFT if shift else 0
    typed = SIGNS.get(name, name if len(name) == 1 else "")
    typed = typed.upper() if shift else typed
    code = getattr(pygame, f"K_{name}")
    yield pygame.event.Event(pygame.KEYDOWN, key=code, unicode=typed, mod=mod)
    if typed:
        yield pygame.event.Event(pygame.TEXTINPUT, text=typed)
    if rng.random() < 0.9:  # now and then one is held for a while
        yield pygame.event.Event(pygame.KEYUP, key=code, unicode=typed, mod=mod)


def stroke(rng, size):
    import pygame

    start = rng.randrange(size[0]), rng.randrange(size[1])
    end = tuple(min(n - 1, max(0, s + rng.randrange(-60, 60))) for s, n in zip(start, size, strict=True))
    end = rng.choice([start, end])
    yield pygame.event.Event(pygame.MOUSEMOTION, pos=start, rel=(0, 0), buttons=(0, 0, 0))
    yield pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=start, button=rng.choice([1, 1, 3]))
    yield pygame.event.Event(pygame.MOUSEMOTION, pos=end, rel=(0, 0), buttons=(1, 0, 0))
    yield pygame.event.Event(pygame.MOUSEBUTTONUP, pos=end, button=1)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "view"), [(1, "schematic"), (2, "front"), (3, "schematic"), (4, "front")])
def test_whatever_is_pressed_the_window_lives_and_the_run_replays(window, tmp_path, seed, view):
    import pygame

    rng, size = random.Random(seed), (1024, 640)
    app = window(size=size, view=view, speed=rng.choice([1, 50, 2000]), out=str(tmp_path))
    for _ in range(250):
        for event in key(rng) if rng.random() < 0.5 else stroke(rng, size):
            pygame.event.post(event)
        app.frame()
    assert app.open
    session = app.session
    session.visit(session.reached)
    digest = session.digest
    session.visit(0)
    session.visit(session.reached)
    assert session.digest == digest
