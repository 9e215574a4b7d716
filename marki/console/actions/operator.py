"""The operator: the one door through which commands are given; nobody else changes the session or the ui state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from marki.console.state.commands import CommandSpec
from marki.console.state.covered import TELLING
from marki.console.state.opponent import Opponent
from marki.console.state.playback import Playback
from marki.console.state.ui_state import Confirmation, UIState
from marki.console.timeline.controller import TimelineController
from marki.errors import MarkIError, unknown
from marki.files import CsvForm
from marki.io.responses import nearest_class
from marki.io.worlds import WorldConfig
from marki.language import Words
from marki.session import Session

SOLE = {"set": "changes", "toggle": "positions", "force": "positions"}
"""Commands of the log whose value is their only argument, not the table of them."""


class Window(Protocol):
    """What only the window can do; it lends itself to the operator."""

    def session_changed(self) -> None:
        """Take the operator's new session and playback."""
        ...

    def save_screenshot(self, path: Path) -> Path:
        """Write what is shown to a PNG file of that name or the next that is free; return its path."""
        ...

    def toggle_film(self, path: Path) -> Path | None:
        """Begin a film; or end it, write it to a GIF file as `save_screenshot` does, and return its path."""
        ...

    def write_report(self, path: Path) -> Path:
        """Write the lab report to a zip file, as `save_screenshot` does; return its path."""
        ...

    def toggle_sound(self) -> bool:
        """Switch the sound on or off; return whether it is on."""
        ...

    def toggle_projector(self) -> bool:
        """Go over to the projector's profile, or back; return whether it is on."""
        ...

    def toggle_still(self) -> bool:
        """Take motion out of the picture, or let it back in; return whether it is out."""
        ...

    def toggle_fullscreen(self) -> None:
        """Fill the screen, or no longer."""
        ...

    def toggle_help(self) -> None:
        """Lay the key map over the window, or take it away."""
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
        self.folder = Path.cwd()

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
        if command.ends_run and self.changes:
            if command.check is not None:
                command.check(self, **arguments)
            self.ui.question = Confirmation(self.words("ask.leave", commands=self.changes), name, arguments)
            return
        command.do(self, **arguments)

    def carry_out(self, name: str, /, **arguments: Any) -> None:
        """Carry out a command to which yes was said already: it is neither locked nor asked about."""
        self._checked(name, arguments).do(self, **arguments)

    def obey(self, name: str, /, **arguments: Any) -> None:
        """Give a command; a refusal stops time and is said at the foot of the window."""
        try:
            self.give(name, **arguments)
        except MarkIError as error:
            self.playback.running = False
            self.say(self.words.error(error), alarm=True)

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
        if not session.learner.idle and name not in Session.LIVE:
            self.playback.finish_trial()
        session.command(name, arguments[SOLE[name]] if name in SOLE else arguments)
        self.changes += self.ui.lesson is None
        return True

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
        ui = self.ui
        ui.covered = ui.predicting = ui.hand = False
        ui.draft = ui.picked = ui.turning = ui.before = None
        ui.tool = "look"
        self.session, self.opponent, self.changes = session, None, 0
        self.playback = Playback(session, speed=self.playback.speed, paused=True, fixed=self.playback.fixed)
        self.window.session_changed()

    # -- what others ask ---------------------------------------------------------------------------------------------

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
        """Return the name of a file about this moment of the run; it may be taken, see `marki.files.write_new`."""
        return self.out / f"mark1_{name}_seed{self.session.seed}_trial{self.session.trial:06d}.{kind}"
