"""Cards of one's own: folders of pictures, and the deck that a class draws together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from marki.console.pages.context import Context
from marki.console.state.blocks import Heading, PageBlock, PageRow, Text
from marki.errors import StimulusError
from marki.io.stimuli.images import is_picture, survey
from marki.io.stimuli.picture_files import PictureFolder

MOST = 60  # entries of a folder that are listed


def open_folder(context: Context) -> list[PageBlock]:
    """Return what lies in a folder: sub-folders to go into, pictures to show, and the folder itself to learn from."""
    words, here = context.words, context.operator.folder
    found: list[PageBlock] = [Text(words("open.how"), dim=True), Text(words("open.resume"), dim=True), Text(str(here))]
    try:
        entries = sorted((p for p in here.iterdir() if p.name[:1] != "."), key=lambda p: p.name.casefold())
    except OSError:
        entries = []
    folders = [p for p in entries if p.is_dir()]
    pictures = [p for p in entries if is_picture(p)]
    others = [p for p in entries if p.suffix.lower() in (".toml", ".npz", ".pen")]
    found.append(PageRow(words("open.type"), command="type_folder", mark="dot"))
    if pictures or folders:
        text = words.count("open.learn", len(pictures))
        found.append(PageRow(text, command="dropped", arguments={"path": str(here)}, mark="right"))
    found.append(PageRow("..", command="folder", arguments={"path": str(here.parent)}))
    found += [PageRow(f"{p.name}/", command="folder", arguments={"path": str(p)}) for p in folders[:MOST]]
    shown = (*pictures[:MOST], *others[:MOST])
    found += [PageRow(p.name, command="dropped", arguments={"path": str(p)}) for p in shown]
    return found


def deck(context: Context) -> list[PageBlock]:
    """Return the class's deck: how many cards of which class, and how to add to it and learn from it."""
    words, operator = context.words, context.operator
    folder: Path = operator.deck_folder
    found: list[PageBlock] = [Text(words("deck.how", folder=folder), dim=True)]
    cards = PictureFolder()
    try:
        cards = survey(folder)
    except StimulusError as error:
        if folder.is_dir() and any(folder.iterdir()):
            found.append(Text(words.error(error)))
    counts = Counter(label for _, label in cards.pictures)
    if context.scene.ui.draft is None:
        found.append(PageRow(words("deck.draw"), command="draw"))
    else:
        found.append(PageRow(words("deck.put"), command="type_card", mark="right"))
    if len(counts) > 1:
        found.append(PageRow(words("deck.learn", count=len(cards.pictures)), command="learn_deck", mark="right"))
    found.append(Heading(words("deck.cards")))
    found += [PageRow(label, right=f"{count}") for label, count in sorted(counts.items())]
    if not counts:
        found.append(Text(words("deck.empty")))
    if cards.passed:
        found.append(Text(words("message.passed_over", count=len(cards.passed), names=cards.passed_text()), dim=True))
    return found
