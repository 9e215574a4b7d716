"""Undo and redo, by the keys that everybody knows, of ten commands and of the strokes of a card."""

import numpy as np
import pygame
import pytest

from marki import registers
from marki.console.state.undo_stack import UndoStack

CTRL = pygame.KMOD_LCTRL


def state(app):
    session = app.session
    wipers = registers.fingerprint(registers.snapshot(session.learner.registers()))
    return session.digest, session.trial, session.now, session.reached, len(session.commands), session.seed, wipers


def do(app, number, drag, place, key):
    """Give one of ten commands of the operator by mouse and keys, and let the machine run on."""
    match number:
        case 0:
            drag(app, place(app, "value", 7), (place(app, "value", 7)[0], place(app, "value", 7)[1] - 30))
        case 1:
            drag(app, place(app, "cell", 45), place(app, "cell", 345))
            key(app, "RETURN", typed="\r")
        case 2:
            app.obey("turn_setting", name="machine.association.theta", way=1)
        case 3:
            key(app, "b", typed="b")
            drag(app, place(app, "s", 10))
            key(app, "b", typed="b")
        case 4:
            app.obey("turn_setting", name="world.shift", way=1)
        case 5:
            app.obey("throw_toggle", number=40)
        case 6:
            app.obey("hand")
        case 7:
            app.obey("gang", unit=0, way=1)
        case 8:
            app.obey("reset")
            key(app, "RETURN", typed="\r")
        case 9:
            app.obey("lesson", name="left_right")
            if app.ui.question is not None:
                key(app, "RETURN", typed="\r")


def test_ten_commands_are_taken_back_and_done_again_to_equal_digests(window, session, drag, place, key):
    app = window(view="schematic", size=(1280, 800))
    app.frame()
    session.run(8)
    app.frame()
    before, after = [], []
    for number in range(10):
        app.operator.turn_to("")
        app.playback.stop()
        app.frame()
        before.append(state(app))
        do(app, number, drag, place, key)
        assert not app.ui.alarm, (number, app.ui.message)
        assert app.ui.question is None
        app.playback.stop()
        app.session.run(2 + number % 3)
        after.append(state(app))
        assert before[-1] != after[-1]
    for number in reversed(range(10)):
        key(app, "z", mod=CTRL)
        assert state(app) == before[number], number
    assert app.session is session
    assert not session.commands
    assert app.ui.lesson is None
    assert not app.ui.hand
    assert not app.ui.alarm
    key(app, "z", mod=CTRL)
    assert app.ui.message == app.words("message.undo_none")
    for number in range(10):
        key(app, "y", mod=CTRL)
        assert state(app) == after[number], number
    assert app.ui.lesson.name == "left_right"
    key(app, "y", mod=CTRL)
    assert app.ui.message == app.words("message.redo_none")


def test_a_new_command_after_undo_leaves_nothing_to_do_again(window, session, key):
    app = window()
    app.obey("throw_toggle", number=40)
    key(app, "z", mod=CTRL)
    assert "S-unit" in app.ui.message or "switch" in app.ui.message.lower()
    app.obey("throw_toggle", number=41)
    key(app, "y", mod=CTRL)
    assert app.ui.message == app.words("message.redo_none")
    assert np.flatnonzero(session.learner.sensory.forced).tolist() == [41]


def test_the_future_that_a_change_dropped_comes_back(window, session, key):
    app = window()
    session.run(30)
    digest = session.digest
    app.obey("go_to", trial=10)
    app.obey("turn_setting", name="machine.association.theta", way=1)
    key(app, "RETURN", typed="\r")
    session.run(25)
    assert session.digest != digest
    key(app, "z", mod=CTRL)
    assert (session.trial, session.reached) == (10, 30)
    session.visit(30)
    assert session.digest == digest


def test_a_page_of_a_lesson_is_one_step(window, key):
    app = window()
    app.obey("lesson", name="break_it")
    app.playback.stop()
    commands = len(app.session.commands)
    leaf = app.ui.leaf
    while len(app.session.commands) == commands:
        key(app, "PAGEDOWN")
        app.playback.stop()
    turned = app.ui.leaf
    key(app, "z", mod=CTRL)
    assert len(app.session.commands) == commands
    assert leaf <= app.ui.leaf < turned
    while app.ui.leaf < turned:
        key(app, "PAGEDOWN")
    assert len(app.session.commands) > commands


def test_strokes_are_undone_and_redone_while_a_card_is_drawn(window, session, drag, place, key):
    app = window()
    app.frame()
    app.obey("throw_toggle", number=40)
    drawn = [None]
    for start, end in ((45, 345), (47, 55), (205, 214)):
        drag(app, place(app, "cell", start), place(app, "cell", end))
        drawn.append(app.ui.draft)
    key(app, "BACKSPACE")
    assert not app.ui.draft.any()
    for card in reversed(drawn):
        key(app, "z", mod=CTRL)
        assert np.array_equal(app.ui.draft, card) if card is not None else app.ui.draft is None
    assert len(session.commands) == 1
    for card in (*drawn[1:], np.zeros((20, 20), np.uint8)):
        key(app, "y", mod=CTRL)
        assert np.array_equal(app.ui.draft, card)
    for _ in drawn:
        key(app, "z", mod=CTRL)
    key(app, "z", mod=CTRL)  # no stroke is left: the switch
    assert not session.commands
    key(app, "y", mod=CTRL)
    assert len(session.commands) == 1


@pytest.mark.parametrize("away", ["ESCAPE", "card"])
def test_a_card_that_was_put_away_comes_back(window, drag, place, key, away):
    app = window()
    app.frame()
    drag(app, place(app, "cell", 45), place(app, "cell", 345))
    card = app.ui.draft
    key(app, "ESCAPE") if away == "ESCAPE" else app.obey("put_away")
    assert app.ui.draft is None
    key(app, "z", mod=CTRL)
    assert np.array_equal(app.ui.draft, card)
    assert app.ui.tool == "draw"


def test_a_command_after_a_card_was_put_away_is_what_undo_means(window, session, drag, place, key):
    app = window()
    app.frame()
    drag(app, place(app, "cell", 45), place(app, "cell", 345))
    key(app, "ESCAPE")
    app.obey("throw_toggle", number=40)
    key(app, "z", mod=CTRL)
    assert app.ui.draft is None
    assert not session.commands


def test_the_oldest_are_forgotten():
    stack = UndoStack(most=3)
    for n in range(5):
        stack.keep(n)
    assert [stack.undo(9) for _ in range(3)] == [4, 3, 2]
    assert not stack.can_undo
    assert stack.can_redo


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_was_taken_back_is_told_with_one_stop(window, session, language):
    app = window(language=language)
    app.obey("letter", text="A")
    for command, name in (("undo", "undone"), ("redo", "redone")):
        app.obey(command)
        assert app.ui.message.startswith(app.words(f"message.{name}", what="")[:4])
        assert not any(stops in app.ui.message for stops in ("。。", ".."))
    app.obey("turn_setting", name="world.name", way=-1)
    assert ". " not in app.ui.message or language == "en"
