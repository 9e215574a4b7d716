"""The operator: the one door through which commands are given; nobody else changes the session or the ui state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any, Protocol

from marki.console.state.commands import CommandSpec
from marki.console.state.covered import TELLING
from marki.console.state.opponent import Opponent
from marki.console.state.playback import Playback
from marki.console.state.ui_state import Confirmation, UIState
from marki.console.state.undo_stack import KeptRun, UndoStack
from marki.console.timeline.controller import TimelineController
from marki.errors import MarkIError, unknown
from marki.files import CsvForm, pictures_folder
from marki.io.responses import nearest_class
from marki.io.worlds import WorldConfig
from marki.language import Words
from marki.session import Session

SOLE = {"set": "changes", "toggle": "positions", "force": "positions"}
"""Commands of the log whose value is their only argument, not the table of them."""

THROUGH = ("answer", "drop", "dropped", "press")
"""Commands that only give another, which is then the one that undo speaks of."""

OF_LESSON = ("lesson", "leaf", "hand")
OF_RUN = (*OF_LESSON, "chosen", "marked", "answers", "opened", "hidden", "watched", "before", "predicting")
OF_PLACE = ("page", "view")
"""Fields of the ui state that belong to a run; the last come back only where a lesson, a hand or a session does."""

WORTH_ASKING = 26
"""Trials, a pass through the alphabet, from which on a run is not ended without a question."""


class Window(Protocol):
    """What only the window can do; it lends itself to the operator."""

    def session_changed(self) -> None:
        """Take the operator's new session and playback."""
        ...

    def save_screenshot(self, path: Path) -> Path:
        """Write what is shown to a PNG file of that name or the next that is free; return its path."""
        ...

    def toggle_film(self, path: Path) -> None:
        """Begin a film; or end it and write it to a GIF file beside the loop; while that is done, stop it."""
        ...

    def write_report(self, path: Path) -> None:
        """Write the lab report to a zip file, and the page beside it, beside the loop; while that is done, stop it."""
        ...

    def toggle_sound(self) -> bool:
        """Switch the sound on or off; return whether it is on."""
        ...

    def toggle_fullscreen(self) -> None:
        """Fill the screen, or no longer."""
        ...

    def move_focus(self, step: int) -> None:
        """Go to the next part at which the keyboard's focus stops, or with -1 to the one before."""
        ...

    def press_focus(self) -> None:
        """Press the part that has the focus."""
        ...

    def leave_focus(self) -> None:
        """Let the focus go; without one, close the page, or put the tool away."""
        ...

    def pasted(self) -> str:
        """Return the text of the clipboard, "" if there is none."""
        ...

    def copy(self, text: str) -> bool:
        """Put a text on the clipboard; return whether it is there."""
        ...

    def text_pointed_at(self) -> tuple[str, bool]:
        """Return the text under the mouse, or at the focus, and whether it lies there exactly and not only near."""
        ...

    def close(self) -> None:
        """Close the window."""
        ...


class Operator:
    """Carries out commands by name, whoever gives them: keys, buttons, pages, the mouse, lessons, scripts.

    Parameters
    ----------
    session : Session
    playback : Playback
    ui : UIState
    words : Words
    commands : mapping of name to CommandSpec
    window : Window
    out : Path
        Folder for whatever is written.
    kiosk : bool
        Leave out what visitors must not do: files, closing.
    csv : {"plain", "excel"}
        How tables are written, see `marki.files.csv_text`.
    timeline : TimelineController, optional
        The timeline, if there is one.
    """

    def __init__(
        self,
        session: Session,
        playback: Playback,
        ui: UIState,
        words: Words,
        *,
        commands: Mapping[str, CommandSpec],
        window: Window,
        out: Path,
        kiosk: bool = False,
        csv: CsvForm = "plain",
        timeline: TimelineController | None = None,
    ):
        self.session, self.playback, self.ui, self.words = session, playback, ui, words
        self.commands, self.window, self.timeline = commands, window, timeline
        self.out = Path(out)
        self.csv: CsvForm = csv
        self._kiosk_locks = tuple(name for name, command in commands.items() if kiosk and not command.kiosk)
        self.opponent: Opponent | None = None
        self.changes = 0  # commands of the operator's own in this run, outside lessons
        self.of_lesson = False  # whether this run was prepared by a lesson
        self.folder = pictures_folder()  # where files are looked for
        self.runs: UndoStack[KeptRun] = UndoStack()
        self._giving = ""  # the command that is being given; what it gives in turn is part of it
        self._kept = False
        self._ui_before = self._ui_of_run()

    # -- the door ----------------------------------------------------------------------------------------------------

    def give(self, name: str, /, **arguments: Any) -> None:
        """Give a command; one that is locked is not carried out, one that ends a changed run is asked about first.

        Parameters
        ----------
        name : str
            Of a command of the table.
        **arguments : JSON values
            As the command declares them.

        Raises
        ------
        UnknownName
            For a command, argument or choice that there is not; the message offers the nearest.
        ConfigError
            For an argument that is missing, of a wrong type or out of range.
        MarkIError
            If it cannot be carried out now.
        """
        command = self._checked(name, arguments)
        if name in self.locked():
            self.say(self.words("message.locked"), alarm=True)
            return
        if self.ui.covered and name in TELLING:
            self.tell("timeline.covered_file")
            return
        if name == "quit" and self.ui.desk.unsaved:
            self.ui.question = Confirmation(self.words("ask.quit_program"), name, arguments)
            return
        if command.ends_run and self.worth_asking:
            if command.check is not None:
                command.check(self, **arguments)
            text = self.words.get(f"ask.{name}") or self.words("ask.end_run")
            text = text.format(trials=f"{self.session.reached:,}", commands=self.changes)
            self.ui.question = Confirmation(text, name, arguments)
            return
        self._carry_out(command, arguments)

    def carry_out(self, name: str, /, **arguments: Any) -> None:
        """Carry out a command to which yes was said already: it is neither locked nor asked about."""
        self._carry_out(self._checked(name, arguments), arguments)

    def obey(self, name: str, /, *, asked: bool = False, **arguments: Any) -> None:
        """Give a command; a refusal stops time and is said at the foot of the window.

        Parameters
        ----------
        name : str
        asked : bool
            Whether yes was said to it already.
        **arguments : JSON values
        """
        try:
            (self.carry_out if asked else self.give)(name, **arguments)
        except MarkIError as error:
            self.playback.running = False
            self.say(self.words.error(error), alarm=True)

    def _carry_out(self, command: CommandSpec, arguments: Mapping[str, Any]) -> None:
        with self._one_step(command.name):
            command.do(self, **arguments)

    @contextmanager
    def _one_step(self, name: str) -> Iterator[None]:
        """Make one step for undo of a command and all that it gives in turn."""
        if self._giving:
            if self._giving in THROUGH:
                self._giving = name
            yield
            return
        self._giving, self._kept, self._ui_before = name, False, self._ui_of_run()
        try:
            yield
        finally:
            self._giving = ""

    @property
    def worth_asking(self) -> bool:
        """Whether somebody may be sorry if this run ends; a lesson's own can be prepared again."""
        return self.changes > 0 or (self.session.reached >= WORTH_ASKING and not self.of_lesson)

    def _checked(self, name: str, arguments: Mapping[str, Any]) -> CommandSpec:
        if name not in self.commands:
            raise unknown("command", name, self.commands, where="window")
        command = self.commands[name]
        command.check_arguments(arguments)
        return command

    def locked(self) -> tuple[str, ...]:
        """Return the commands that pupils or visitors cannot give now."""
        lesson = self.ui.lesson.lock if self.ui.lesson else ()
        return (*lesson, *self._kiosk_locks)

    def log(self, name: str, /, **arguments: Any) -> bool:
        """Give the session a command of its log; in the past, ask first. Return whether it was carried out."""
        session = self.session
        if session.in_past:
            text = self.words("ask.drop", trials=session.reached - session.trial)
            self.ui.question = Confirmation(text, "drop", {"command": name, "arguments": arguments})
            self.playback.running = False
            return False
        before = self.here(self._giving)
        if not session.learner.idle and name not in Session.LIVE:
            self.playback.finish_trial()
        session.command(name, arguments[SOLE[name]] if name in SOLE else arguments)
        self.keep(before)
        self.changes += self.ui.lesson is None
        return True

    # -- undo --------------------------------------------------------------------------------------------------------

    def here(self, command: str) -> KeptRun:
        """Return this run at this moment; `command` is about to be given, or to be taken back or done again."""
        return KeptRun(
            command=command, session=self.session, moment=self.session.moment(), changes=self.changes,
            of_lesson=self.of_lesson, ui=self._ui_before if self._giving else self._ui_of_run(),
        )  # fmt: skip

    def _ui_of_run(self) -> dict[str, Any]:
        return {name: copy(getattr(self.ui, name)) for name in (*OF_RUN, *OF_PLACE)}

    def keep(self, before: KeptRun | None = None) -> None:
        """Keep the run as it was before the command that is being given, so that undo finds it; once a command."""
        if self._giving and self._kept:
            return
        self._kept = True
        if self.ui.draft is None:
            self.ui.strokes.clear()  # a card that was put away before is not what undo means now
        self.runs.keep(self.here(self._giving) if before is None else before)

    def stand(self, kept: KeptRun) -> None:
        """Stand at a moment of a run that was kept, time standing still."""
        ui, playback = self.ui, self.playback
        elsewhere = kept.session is not self.session or any(getattr(ui, n) is not kept.ui[n] for n in OF_LESSON)
        if kept.session is not self.session:
            self._take_session(kept.session)
            playback = self.playback
        playback.stop()
        kept.session.stand(kept.moment)
        for name in (*OF_RUN, *OF_PLACE) if elsewhere else OF_RUN:
            setattr(ui, name, copy(kept.ui[name]))
        ui.covered, ui.turning = False, None
        playback.halt = "read" if ui.predicting else "trial" if ui.hand else ""
        self.changes, self.of_lesson = kept.changes, kept.of_lesson
        self.begin_match()

    # -- what commands have in common --------------------------------------------------------------------------------

    def say(self, text: str, *, alarm: bool = False) -> None:
        """Show a line at the foot of the window for some seconds."""
        self.ui.message, self.ui.alarm = text, alarm

    def tell(self, name: str, /, **values: Any) -> None:
        """Say a string of the table."""
        self.say(self.words(name, **values))

    def turn_to(self, page: str) -> None:
        """Open a page at the side, or close it ("")."""
        self.ui.page, self.ui.scroll = page, 0
        if self.ui.focus and self.ui.focus.kind in ("row", "close"):
            self.ui.focus = None

    def begin_match(self) -> None:
        """Begin a match of hand against motors, if the hand is the motor."""
        self.opponent = Opponent(self.session) if self.ui.hand else None

    def go_over(self, session: Session) -> None:
        """Go over to another session, time standing still; pages stay, and what was in hand is let go."""
        if self.changes or self.session.reached:
            self.keep()
        ui = self.ui
        ui.covered = ui.predicting = ui.hand = False
        ui.draft = ui.picked = ui.turning = ui.before = None
        ui.tool = "look"
        ui.strokes.clear()
        self.opponent, self.changes, self.of_lesson = None, 0, False
        self._take_session(session)

    def _take_session(self, session: Session) -> None:
        self.session = session
        self.playback = Playback(session, speed=self.playback.speed, paused=True, fixed=self.playback.fixed)
        self.window.session_changed()

    # -- what others ask ---------------------------------------------------------------------------------------------

    def answered(self) -> str:
        """Return the class that the R-units name, or the word for none."""
        learner, world = self.session.learner, self.session.shown_world
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
            return (
                " ".join(self.words.class_name(str(v)) for v in value)
                if len(value) < 5
                else self.words("value.many", count=len(value))
            )
        if isinstance(value, str):
            return self.words.get(f"choice.{value}", value) or "–"
        return f"{value:,}" if isinstance(value, int) else f"{value:g}"

    def with_unit(self, name: str, value: Any) -> str:
        """Return a value of a setting of the machine as people read it, with its unit."""
        unit = next((meta["unit"] for n, _, meta in self.session.learner.config.items() if f"machine.{n}" == name), "")
        return f"{self.shown_value(value)} {self.words.get(f'unit.{unit}', unit)}".strip()

    def file(self, name: str, kind: str) -> Path:
        """Return the name of a file about this moment of the run; it may be taken, see `marki.files.write_new`."""
        return self.out / f"mark1_{name}_seed{self.session.seed}_trial{self.session.trial:06d}.{kind}"
