"""The operator: carries out what keys, buttons, pages and the mouse ask for; the only hand on session and ui state."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from marki.console.actions import ACTIONS
from marki.console.state.opponent import Opponent
from marki.console.state.playback import Playback
from marki.console.state.ui_state import PAGES, Confirmation, UIState
from marki.console.timeline.controller import TimelineController
from marki.errors import MarkIError
from marki.io.responses import nearest_class
from marki.io.worlds import WorldConfig
from marki.language import Words
from marki.session import Session
from marki.teaching.narration import Narrator

KIOSK_LOCKS = ("quit", "open", "save", "report", "table", "film", "fullscreen")
"""Commands that visitors of a kiosk do not have."""


class Operator:
    """Whatever can be done at the window, by name.

    Parameters
    ----------
    session : Session
    playback : Playback
    ui : UIState
    words : Words
    out : Path
        Folder for whatever is written.
    kiosk : bool
        Leave out what pupils must not do: files, seeds, closing.
    timeline : TimelineController, optional
        The timeline, if there is one.
    """

    def __init__(
        self,
        session: Session,
        playback: Playback,
        ui: UIState,
        words: Words,
        out: Path,
        kiosk: bool = False,
        timeline: TimelineController | None = None,
    ):
        self.timeline = timeline
        self.session, self.playback, self.ui, self.words = session, playback, ui, words
        self.out, self.kiosk = Path(out), kiosk
        self.opponent: Opponent | None = None
        self.changes = 0  # commands of the operator's own in this run, outside lessons
        self.folder = Path.cwd()
        self.hooks: dict[str, Callable[[], None]] = {}  # what only the window can do: pictures, sound, closing …

    # -- doing -------------------------------------------------------------------------------------------------------

    def obey(self, command: str) -> None:
        """Carry out a command of the table of keys; what cannot be done is said at the foot of the window."""
        self._guard(self.command, command)

    def act(self, name: str, value: Any = None) -> None:
        """Carry out an action of a page or of the mouse."""
        self._guard(self.do, name, value)

    def do(self, name: str, value: Any = None) -> None:
        """Carry out an action; refusals are the caller's."""
        do = ACTIONS[name]
        do(self) if do.__code__.co_argcount == 1 else do(self, value)

    def _guard(self, do: Callable, *arguments: Any) -> None:
        try:
            do(*arguments)
        except MarkIError as error:
            self.playback.running = False
            self.say(self.words.error(error), alarm=True)

    def say(self, text: str, *, alarm: bool = False) -> None:
        """Show a line at the foot of the window for some seconds."""
        self.ui.message, self.ui.alarm = text, alarm

    def tell(self, name: str, /, **values: Any) -> None:
        """Say a string of the table."""
        self.say(self.words(name, **values))

    def command(self, command: str) -> None:
        """Carry out a command of the table of keys; refusals are the caller's."""
        named = {"type": "type_letters", "break": "take_pliers"}.get(command, command)
        if command in self.locked():
            self.say(self.words("message.locked"), alarm=True)
        elif command in self.hooks:
            self.hooks[command]()
        elif named in ACTIONS:
            self.do(named)
        elif command in PAGES:
            if command not in ("inspect", "provenance"):
                self.ui.focus = None  # the keyboard goes to the page; those two tell about what has the focus
            self.turn_to("" if self.ui.page == command else command)
        else:
            self.move(getattr(self.playback, command))

    def locked(self) -> tuple[str, ...]:
        """Return the commands that pupils cannot give now."""
        lesson = self.ui.lesson.lock if self.ui.lesson else ()
        return (*lesson, *(KIOSK_LOCKS if self.kiosk else ()))

    def move(self, move: Callable[[], None]) -> None:
        """Move in time; what was covered or in hand there is let go."""
        ui = self.ui
        if move in (self.playback.reset, self.playback.new_seed):
            self._keep_curve()
        move()
        if move in (self.playback.step_event, self.playback.back_event):
            self.tell_event()
        if move not in (self.playback.slower, self.playback.faster):
            ui.turning = None
        if move == self.playback.play and self.playback.running and ui.covered:
            self.do("reveal")
            self.playback.running = True
        if move in (self.playback.reset, self.playback.new_seed):
            ui.covered = False
            self.begin_match()

    def tell_event(self) -> None:
        """Say what happened at this very moment, and how much else."""
        session = self.session
        idle = session.learner.idle
        codes = session.trace.block(session.trial - 1) if idle and session.trial else session.learner.happened()
        codes = codes[codes >> 16 == session.now]
        if codes.size:
            text = Narrator(session, self.words).event(int(codes[-1]))
            more = self.words("message.more", count=codes.size - 1) if codes.size > 1 else ""
            self.say(f"{text} {more}".strip())

    def _keep_curve(self) -> None:
        """Keep the learning curve of the run that ends, to be seen behind the next."""
        known = self.session.known
        mine = known["wrong"][(known["course"] == 0) & (known["item"] >= 0)]
        if mine.size:
            self.ui.before = mine

    def turn_to(self, page: str) -> None:
        """Open a page at the side, or close it ("")."""
        self.ui.page, self.ui.scroll = page, 0
        if self.ui.focus and self.ui.focus.kind in ("row", "close"):
            self.ui.focus = None

    def press(self, name: str, value: Any) -> bool:
        """Give the session a command; in the past, ask first. Return whether it was carried out."""
        session = self.session
        if session.in_past:
            later = session.reached - session.trial
            self.ui.question = Confirmation(self.words("ask.drop", trials=later), "drop", (name, value))
            self.playback.running = False
            return False
        if not session.learner.idle and name not in Session.LIVE:
            self.playback.finish_trial()
        session.command(name, value)
        self.changes += self.ui.lesson is None
        return True

    def ask_to_leave(self, act: str, value: Any) -> bool:
        """Ask before a run is left that the operator has changed; return whether it was asked."""
        if self.changes:
            self.ui.question = Confirmation(self.words("ask.leave", commands=self.changes), act, value)
        return bool(self.changes)

    def begin_match(self) -> None:
        """Begin a match of hand against motors, if the hand is the motor."""
        self.opponent = Opponent(self.session, self.world_config()) if self.ui.hand else None

    # -- what others ask ------------------------------------------------------------------------------------------

    def answered(self) -> str:
        """Return the class that the R-units name, or the word for none."""
        learner, world = self.session.learner, self.session.world
        kind = nearest_class(learner.answer, world.code)
        return world.classes[kind] if kind >= 0 else self.words("trainer.none")

    @property
    def deck_folder(self) -> Path:
        """Folder of the class's cards."""
        return self.out / "class_deck"

    def world_config(self) -> WorldConfig:
        """Return the settings of the world that is learned in."""
        return self.session.configs[list(self.session.configs)[self.session.course]]

    def shown_value(self, value: Any) -> str:
        """Return a value of a setting as people read it."""
        if isinstance(value, bool):
            return self.words("value.on" if value else "value.off")
        if isinstance(value, (list, tuple)):
            return " ".join(map(str, value)) if len(value) < 5 else self.words("value.many", count=len(value))
        if isinstance(value, str):
            return self.words.get(f"choice.{value}", value) or "–"
        return f"{value:,}" if isinstance(value, int) else f"{value:g}"

    def file(self, name: str, kind: str) -> Path:
        """Return the path of a file about this moment of the run."""
        return self.out / f"mark1_{name}_seed{self.session.seed}_trial{self.session.trial:06d}.{kind}"
