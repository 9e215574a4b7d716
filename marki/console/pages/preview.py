"""The preview of a picture of one's own: the picture, the frame, the card, what was done, and what can be told."""

from __future__ import annotations

from marki.console.actions.preview_commands import CHOICES
from marki.console.pages.context import Context
from marki.console.state.blocks import FramedPicture, Heading, PageBlock, PageRow, Text
from marki.errors import StimulusError


def preview(context: Context) -> list[PageBlock]:
    """Return the picture with its frame, its card, the sentence, and the choices with their keys."""
    words, operator, shown = context.words, context.operator, context.scene.ui.preview
    if shown is None:
        return [Text(words("preview.none"))]
    draft, done = context.scene.ui.draft, shown.done
    said = words.error(done) if isinstance(done, StimulusError) else f"{shown.path.name}: {done.sentence(words)}"
    light = shown.shown
    found: list[PageBlock] = [
        FramedPicture(
            light=light.tobytes(),
            size=(light.shape[1], light.shape[0]),
            frame=shown.frame,
            cells=draft.tobytes() if draft is not None else b"",
        ),
        Text(said),
        PageRow(words("preview.ask"), command="preview_ask", mark="right"),
        PageRow(words("preview.teach"), command="preview_teach", mark="plus"),
        PageRow(words("preview.deck"), command="preview_deck"),
        Heading(words("preview.told")),
        PageRow(
            words("preview.invert"),
            right=operator.shown_value(shown.how.invert),
            command="preview_invert",
        ),
        PageRow(
            words("preview.turn"),
            right=f"{shown.how.turn_deg:g}°",
            command="preview_turn",
            turn="preview_turn",
            arguments={"way": 1},
        ),
    ]
    for number, name in enumerate(CHOICES, start=4):
        found.append(
            PageRow(
                words("preview.key", what=words(f"setting.world.pictures.{name}"), key=number),
                right=operator.shown_value(getattr(shown.how, name)),
                command="preview_choice",
                turn="preview_choice",
                arguments={"name": name, "way": 1},
            )
        )
    found += [
        PageRow(words("preview.judged"), command="preview_judged"),
        PageRow(words("preview.close"), command="preview_close", mark="wrong"),
        Text(words("preview.how"), dim=True),
    ]
    return found
