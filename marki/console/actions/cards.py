"""Cards of the operator: drawn, typed, dropped, and put into the deck of a class."""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from marki.console.actions.lessons import cover
from marki.console.actions.operator import Operator
from marki.console.actions.settings import open_world, tell_of_folder
from marki.console.actions.view import page_command
from marki.console.state.commands import Argument, CommandSpec
from marki.console.state.ui_state import Typing
from marki.errors import ConfigError, SessionError, StimulusError, reason, unknown
from marki.files import write_new
from marki.io.camera import Camera
from marki.io.card_names import card_name
from marki.io.frame import CELLS, SIDE
from marki.io.stimuli import images
from marki.io.stimuli.images import FolderCards
from marki.io.stimuli.letters import letter as print_letter
from marki.io.worlds import Presentation
from marki.paper.cut_cards import shows_sheet


def draw(op: Operator) -> None:
    """Begin a card of one's own, or put it away."""
    ui = op.ui
    ui.editing = False  # the card is drawn where the machine stands
    if ui.draft is None:
        ui.strokes.clear()
    else:
        ui.strokes.keep(ui.draft)
    ui.draft = np.zeros((SIDE, SIDE), np.uint8) if ui.draft is None else None
    ui.tool = "draw" if ui.draft is not None else "look"
    if ui.draft is not None:
        ui.chart = ""  # the card is where the systems stand
        op.tell("message.draw")


def ink(op: Operator, cells: Sequence[int], level: int, more: bool = False) -> None:
    """Give cells of one's own card an amount of light, 0 to 255; `more` of the same stroke, for undo."""
    ui = op.ui
    if not more:
        ui.strokes.keep(ui.draft)
    if ui.draft is None:
        begun = None if op.timeline is None else op.timeline.begun
        ui.draft = np.zeros((SIDE, SIDE), np.uint8) if begun is None else begun
        ui.tool = "draw"
        op.playback.running = False
        op.tell("message.draw")
    draft = ui.draft.copy()
    draft.reshape(-1)[list(cells)] = level
    ui.draft = draft


def pen(op: Operator, width: int) -> None:
    """Take a pen into hand, or with 0 the eraser."""
    op.ui.pen = width


def clear(op: Operator) -> None:
    """Begin with an empty card."""
    op.ui.strokes.keep(op.ui.draft)
    op.ui.draft, op.ui.tool = np.zeros((SIDE, SIDE), np.uint8), "draw"


def put_away(op: Operator) -> None:
    """Put one's own card away, so that the one before the camera is seen; undo brings it back."""
    if op.ui.draft is not None:
        op.ui.strokes.keep(op.ui.draft)
    op.ui.draft, op.ui.tool = None, "look"


def hand_over(op: Operator) -> None:
    """Let one's own card go where it was wanted: strokes cannot be taken back any more."""
    op.ui.draft, op.ui.tool = None, "look"
    op.ui.strokes.clear()


def show_card(op: Operator, kind: int = -1) -> None:
    """Put one's own card before the camera: asked only, or reinforced as a class."""
    if op.ui.draft is not None:
        _show(op, op.ui.draft, op.words("card.own"), kind)


def _show(op: Operator, levels: np.ndarray, name: str, kind: int, *, judge: bool = False) -> None:
    """Present a card, and stand still where the response to it is lit; only to `judge` it, not to teach."""
    frame = [int(v) for v in np.asarray(levels).reshape(-1)]
    more = {"learn": False} if judge and kind >= 0 else {}
    if not op.log("show", name=name, frame=frame, kind=kind, **more):
        return
    hand_over(op)
    playback, session = op.playback, op.session
    playback.running = False
    if op.ui.predicting:
        session.advance(playback.before_reading())
        cover(op)
        return
    session.advance(session.now + playback.seen_us())
    playback.snapshot()
    op.tell("message.answered", name=card_name(name, op.words), answer=op.words.class_name(op.answered()))


def type_teach(op: Operator) -> None:
    """Ask for the class of one's own card, to teach it."""
    op.ui.typing = Typing("teach")


def teach(op: Operator, text: str) -> None:
    """Show one's own card, reinforced as the class typed."""
    names = [name.lower() for name in op.session.world.classes]
    said = [op.words.class_name(name).lower() for name in op.session.world.classes]
    known = names if text.lower() in names else said
    if text.lower() not in known:
        raise unknown("class", text, [op.words.class_name(name) for name in op.session.world.classes], where="deck")
    show_card(op, known.index(text.lower()))


def type_letters(op: Operator) -> None:
    """Show letters as they are typed."""
    op.ui.typing = Typing("letter", single=True)
    op.tell("message.type")


def letter(op: Operator, text: str) -> None:
    """Show a class of the world by its name, in the face of the world; or the letter in the panels' face."""
    session = op.session
    shown = next((p for n in range(min(session.world.size, 3000)) if _is(op, p := session.world.at(n), text)), None)
    if shown is not None:
        _show(op, np.rint(shown.frame * 255), shown.name, shown.kind, judge=True)
        return
    card = print_letter(text.upper(), "routed-gothic")
    _show(op, np.rint(Camera().frame(card) * 255), card.name, -1)


def _is(op: Operator, shown: Presentation, text: str) -> bool:
    return shown.kind >= 0 and op.session.world.classes[shown.kind].lower() == text.lower()


def dropped(op: Operator, path: str) -> None:
    """Take what was dropped on the window: a picture or a folder of them, a written sheet, a lesson, a session."""
    place = Path(path)
    if op.ui.typing is not None and op.ui.typing.command == "saved_with":
        typing, op.ui.typing = op.ui.typing, None
        op.give("saved_with", **typing.arguments, text=path)
    elif place.is_file() and images.is_picture(place) and shows_sheet(place):
        op.give("sheet_into_deck", path=path)
    elif op.ui.page == "deck":
        into_deck(op, path)
    elif place.is_dir():
        open_world(op, {"name": "images", "images": str(place)})
    elif place.suffix.lower() == ".pen":
        op.give("open_program", path=path)
    elif place.suffix.lower() == ".toml":
        op.give("lesson", name=path)
    elif place.suffix.lower() == ".npz":
        op.give("saved", path=path)
    else:
        op.give("picture_card", path=path)
    op.folder = place if place.is_dir() else place.parent


def _draft(op: Operator) -> np.ndarray:
    """Return one's own card."""
    if op.ui.draft is None:
        raise SessionError("there is no card", where="deck", remedy="Draw one first", code="session.card_none")
    return op.ui.draft


def type_card(op: Operator) -> None:
    """Ask for the class of one's own card, to put it into the class's deck."""
    _draft(op)
    op.ui.typing = Typing("card_into_deck")


def card_into_deck(op: Operator, text: str) -> None:
    """Put one's own card into the class's deck, under the class typed."""
    draft = _draft(op)
    label = "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c)[0] in "LMN")
    if not label:
        raise ConfigError(
            f"{text!r} names no class",
            where="deck",
            remedy="Type letters or figures",
            code="session.class_unnamed",
            text=repr(text),
        )
    path = _lay_in_deck(op, label, draft)
    hand_over(op)
    op.turn_to("deck")
    op.tell("message.into_deck", name=path.name)


def into_deck(op: Operator, path: str) -> None:
    """Copy a picture, or a folder of them, into the class's deck."""
    place = Path(path)
    read = images.folder(place) if place.is_dir() else images.fit_file(place)
    cards = read.cards if isinstance(read, FolderCards) else [images.card_of(place, read)]
    for card in cards:
        _lay_in_deck(op, card.label, np.rint(Camera().frame(card) * 255))
    op.tell("message.into_deck", name=f"{place.name} ({len(cards)})")
    if isinstance(read, FolderCards):
        tell_of_folder(op, read)
    else:
        op.say(op.words.sentences(op.ui.message, read.sentence(op.words)))


def _lay_in_deck(op: Operator, label: str, levels: np.ndarray) -> Path:
    """Write a card into the deck, in its class's sub-folder where the deck has such; return its path."""
    homes = {}
    with contextlib.suppress(StimulusError):  # a deck that is empty yet
        for file, kind in images.survey(op.deck_folder).pictures:
            if file.parent != op.deck_folder:
                homes[kind] = file.parent
    place = homes.get(label, op.deck_folder / label) if homes else op.deck_folder
    return write_new(place / f"{label}_001.png", images.cells_png(levels))


def learn_deck(op: Operator) -> None:
    """Learn from the class's deck."""
    open_world(op, {"name": "images", "images": str(op.deck_folder.resolve())})


def folder(op: Operator, path: str) -> None:
    """Look into a folder."""
    try:
        list(Path(path).iterdir())
    except OSError as error:
        raise ConfigError(
            f"cannot be read ({error.strerror or error})",
            where=path,
            remedy="Choose a folder that you may read",
            code=reason("read", error),
            reason=error.strerror or error,
        ) from error
    op.folder = Path(path)
    op.ui.scroll = 0


def type_folder(op: Operator) -> None:
    """Ask for the path of a folder or picture to be typed."""
    op.ui.typing = Typing("typed_folder")


def typed_folder(op: Operator, text: str) -> None:
    """Take a typed path; one that begins nowhere else begins in the folder that is shown."""
    path = op.folder / Path(text).expanduser()
    if path.is_dir():
        folder(op, str(path))
    else:
        dropped(op, str(path))


TEXT, PATH = Argument("text", str), Argument("path", str)
COMMANDS = (
    CommandSpec(name="draw", do=draw, keys=("d",), group="hands", place=1),
    CommandSpec(name="type", do=type_letters, keys=("t",), group="hands", place=2),
    page_command("open", "o", "hands", chord="ctrl+o", place=6, kiosk=False),
    page_command("deck", "c", "hands", place=7),
    CommandSpec(
        name="ink",
        do=ink,
        arguments=(
            Argument("cells", tuple[int, ...], low=0, high=CELLS - 1),
            Argument("level", int, low=0, high=255),
            Argument("more", bool, optional=True),
        ),
    ),
    CommandSpec(name="clear", do=clear),
    CommandSpec(name="put_away", do=put_away),
    CommandSpec(name="pen", do=pen, arguments=(Argument("width", int, low=0, high=2),)),
    CommandSpec(name="show_card", do=show_card, arguments=(Argument("kind", int, optional=True, low=-1),)),
    CommandSpec(name="type_teach", do=type_teach),
    CommandSpec(name="teach", do=teach, arguments=(TEXT,)),
    CommandSpec(name="letter", do=letter, arguments=(TEXT,)),
    CommandSpec(name="dropped", do=dropped, arguments=(PATH,)),
    CommandSpec(name="type_card", do=type_card),
    CommandSpec(name="card_into_deck", do=card_into_deck, arguments=(TEXT,)),
    CommandSpec(name="into_deck", do=into_deck, arguments=(PATH,)),
    CommandSpec(name="learn_deck", do=learn_deck),
    CommandSpec(name="folder", do=folder, arguments=(PATH,)),
    CommandSpec(name="type_folder", do=type_folder),
    CommandSpec(name="typed_folder", do=typed_folder, arguments=(TEXT,)),
)
