"""Cards of the operator: drawn, typed, dropped, and put into the deck of a class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from marki.console.actions.settings import world
from marki.console.state.ui_state import Typing
from marki.errors import ConfigError, SessionError, unknown
from marki.io.camera import Camera
from marki.io.frame import SIDE
from marki.io.stimuli import images
from marki.io.stimuli.letters import letter as print_letter

if TYPE_CHECKING:
    from marki.console.actions.operator import Operator


def draw(op: Operator) -> None:
    """Begin a card of one's own, or put it away."""
    ui = op.ui
    ui.draft = np.zeros((SIDE, SIDE), np.uint8) if ui.draft is None else None
    ui.tool = "draw" if ui.draft is not None else "look"
    if ui.draft is not None:
        op.tell("message.draw")


def ink(op: Operator, cells: tuple[list[int], int]) -> None:
    """Put light on cells of one's own card, or take it off."""
    ui = op.ui
    if ui.draft is None:
        ui.draft = np.zeros((SIDE, SIDE), np.uint8)
        ui.tool = "draw"
        op.playback.running = False
        op.tell("message.draw")
    draft = ui.draft.copy()
    draft.reshape(-1)[cells[0]] = cells[1]
    ui.draft = draft


def show(op: Operator, kind: int | None = None) -> None:
    """Put one's own card before the camera: asked only, or reinforced as a class."""
    if op.ui.draft is not None:
        _show(op, op.ui.draft, op.words("card.own"), -1 if kind is None else kind)


def _show(op: Operator, levels: np.ndarray, name: str, kind: int) -> None:
    """Present a card, and stand still where the response to it is lit."""
    frame = [int(v) for v in np.asarray(levels).reshape(-1)]
    if not op.press("show", {"name": name, "frame": frame, "kind": int(kind)}):
        return
    op.ui.draft, op.ui.tool = None, "look"
    playback, session = op.playback, op.session
    playback.running = False
    if op.ui.predicting:
        session.advance(playback.before_reading())
        op.act("cover")
        return
    session.advance(session.now + playback.seen_us())
    playback.snapshot()
    op.tell("message.answered", name=name, answer=op.answered())


def type_teach(op: Operator, _: Any = None) -> None:
    """Ask for the class of one's own card, to teach it."""
    op.ui.typing = Typing(act="teach")


def teach(op: Operator, value: tuple[Any, str]) -> None:
    """Show one's own card, reinforced as the class typed."""
    names = [name.lower() for name in op.session.world.classes]
    if value[1].lower() not in names:
        raise unknown("class", value[1], op.session.world.classes)
    show(op, names.index(value[1].lower()))


def type_letters(op: Operator) -> None:
    """Show letters as they are typed."""
    op.ui.typing = Typing(act="letter", single=True)
    op.tell("message.type")


def letter(op: Operator, text: str) -> None:
    """Show a class of the world by its name, in the face of the world; or the letter in the panels' face."""
    session = op.session
    shown = next((p for n in range(min(session.world.size, 3000)) if _is(op, p := session.world.at(n), text)), None)
    if shown is not None:
        _show(op, np.rint(shown.frame * 255), shown.name, -1)
        return
    card = print_letter(text.upper(), "routed-gothic")
    _show(op, np.rint(Camera().frame(card) * 255), card.name, -1)


def _is(op: Operator, shown: Any, text: str) -> bool:
    return shown.kind >= 0 and op.session.world.classes[shown.kind].lower() == text.lower()


def dropped(op: Operator, path: str) -> None:
    """Take what was dropped on the window: a picture, a folder of pictures, a lesson, or a saved session."""
    place = Path(path)
    if op.ui.page == "deck":
        into_deck(op, path)
    elif place.is_dir():
        world(op, {"name": "images", "images": str(place)})
    elif place.suffix.lower() in (".toml", ".npz"):
        op.do("lesson" if place.suffix.lower() == ".toml" else "saved", str(place))
    else:
        picture(op, path)


def picture(op: Operator, path: str) -> None:
    """Put an image file before the camera; a class that its name begins with is not told to the machine."""
    card = images.image(path)
    op.ui.draft = np.rint(Camera().frame(card) * 255).astype(np.uint8)
    op.ui.tool = "draw"
    op.playback.running = False
    op.tell("message.picture_card", name=card.name)


def type_card(op: Operator, _: Any = None) -> None:
    """Ask for the class of one's own card, to put it into the class's deck."""
    if op.ui.draft is None:
        raise SessionError("there is no card", where="deck", remedy="Draw one first")
    op.ui.typing = Typing(act="card_into_deck")


def card_into_deck(op: Operator, value: tuple[Any, str]) -> None:
    """Put one's own card into the class's deck, under the class typed."""
    label = "".join(c for c in value[1] if c.isalpha())
    if not label:
        raise ConfigError(f"{value[1]!r} names no class", where="deck", remedy="Type letters")
    number = 1 + len(list(op.deck_folder.glob(f"{label}_*.png"))) if op.deck_folder.is_dir() else 1
    path = op.deck_folder / f"{label}_{number:03d}.png"
    images.save_cells(op.ui.draft, path)
    op.ui.draft, op.ui.tool = None, "look"
    op.turn_to("deck")
    op.tell("message.into_deck", name=path.name)


def into_deck(op: Operator, path: str) -> None:
    """Copy a picture, or a folder of them, into the class's deck."""
    place = Path(path)
    cards = images.folder(place) if place.is_dir() else [images.image(place)]
    for card in cards:
        number = 1 + len(list(op.deck_folder.glob(f"{card.label}_*.png")))
        images.save_cells(np.rint(Camera().frame(card) * 255), op.deck_folder / f"{card.label}_{number:03d}.png")
    op.tell("message.into_deck", name=f"{place.name} ({len(cards)})")


def learn_deck(op: Operator, _: Any = None) -> None:
    """Learn from the class's deck."""
    world(op, {"name": "images", "images": str(op.deck_folder.resolve())})


def folder(op: Operator, path: str) -> None:
    """Look into a folder."""
    try:
        list(Path(path).iterdir())
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror or error})", where=path) from error
    op.folder = Path(path)
    op.ui.scroll = 0


def type_folder(op: Operator, _: Any = None) -> None:
    """Ask for the path of a folder or picture to be typed."""
    op.ui.typing = Typing(act="typed_folder")


def typed_folder(op: Operator, value: tuple[Any, str]) -> None:
    """Take a typed path."""
    path = Path(value[1]).expanduser()
    if path.is_dir():
        folder(op, str(path))
    else:
        dropped(op, str(path))
