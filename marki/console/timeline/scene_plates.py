"""What stands on plates in the rooms of scenes: what was said of a card, and what was drawn of a sentence."""

from __future__ import annotations

import pygame

from marki.console.drawing.paragraphs import fit, paragraphs
from marki.console.drawing.sprites import sign
from marki.console.drawing.theme import LARGE, NORMAL, SMALL, TEXT, Theme
from marki.console.timeline.answer_panel import draw_field
from marki.io.exhibits import Reply
from marki.io.text import language_of

READ_BACK = 4
"""Lines under a drawing for what the captioner says of it."""

LOW = 1.8
"""Times its height that a plate is wide at least, for the words to stand beside the drawing."""


def draw_reading(surface: pygame.Surface, theme: Theme, area: pygame.Rect, told: Reply | None) -> None:
    """Write what the reader reads on a card that is no network, by which all others are judged."""
    palette, words, px = theme.palette, theme.words, theme.px
    row = theme.row(SMALL - 1)
    head = pygame.Rect(area.x, area.y, area.w, row)
    name, *shorter = words.forms("timeline.scene_reader")
    theme.write(surface, name, head, size=SMALL - 1, face=TEXT, shorter=shorter)
    text = "…" if told is None else told.said or words("timeline.scene_none")
    colour = palette.ink if told is not None and told.said else palette.faded
    under = pygame.Rect(area.x, area.y + row + px(2), area.w, area.h - row - px(2))
    paragraphs(surface, theme, under, [(text, colour)], LARGE, NORMAL, SMALL, SMALL - 1)


def draw_speech(
    surface: pygame.Surface, theme: Theme, window: pygame.Rect, reply: Reply, *, right: bool | None
) -> None:
    """Write what is said of a card: above it, what was asked, or among how many sentences was chosen."""
    palette, px, words = theme.palette, theme.px, theme.words
    asked = "" if reply.stimulus.dtype.names is None else str(reply.stimulus["text"])
    choices = asked.count("\n") + 1
    notes = words.forms("timeline.best_of", count=choices) if choices > 1 else (asked,)
    area = window.inflate(0, -px(2))
    if right is not None:
        size = max(12, min(px(24), area.h // 3))
        mark = sign("right" if right else "wrong", size, palette.right if right else palette.wrong)
        surface.blit(mark, (area.right - size, area.y))
        area.w -= size + px(2)
    said = " ".join(reply.said.split()) or words("trainer.none")
    # Before what is said is cut, the note becomes short.
    note = next((note for note in notes if fit(theme, area, [note, said], SMALL - 1)), notes[-1])
    texts = [(note, palette.faded)] if note else []
    paragraphs(surface, theme, area, [*texts, (said, palette.ink)], LARGE, NORMAL, SMALL, SMALL - 1)


def draw_illustration(
    surface: pygame.Surface, theme: Theme, area: pygame.Rect, reply: Reply | None, *, right: bool | None, waits: str
) -> None:
    """Draw what was drawn of a sentence; under it, or beside it on a low plate, the verdict and the captioner's words.

    Parameters
    ----------
    surface : Surface
    theme : Theme
    area : Rect
        The plate without its head.
    reply : Reply or None
    right : bool or None
        Whether the reader reads in it what was asked for.
    waits : str
        What stands there before there is a drawing.
    """
    palette, px, words = theme.palette, theme.px, theme.words
    under = READ_BACK * theme.row(SMALL)
    if area.w > LOW * area.h:
        easel = pygame.Rect(area.x, area.y, area.h, area.h)
        foot = pygame.Rect(easel.right + px(6), area.y, area.right - easel.right - px(6), area.h)
    else:
        easel = pygame.Rect(area.x, area.y, area.w, area.h - under)
        foot = pygame.Rect(area.x, area.bottom - under, area.w, under)
    if reply is None or reply.field is None:
        theme.write(surface, waits, area, size=SMALL, face=TEXT, colour=palette.faded, align="centre")
        return
    side = min(easel.w, easel.h - px(4))
    square = pygame.Rect(0, 0, side, side)
    square.center = easel.center
    draw_field(surface, theme, reply.field, square)
    if right is not None:
        size = max(12, min(px(24), theme.row(SMALL)))
        mark = sign("right" if right else "wrong", size, palette.right if right else palette.wrong)
        surface.blit(mark, (foot.right - size, foot.y))
        foot.w -= size + px(2)
    asked = str(reply.stimulus)
    foreign = language_of(asked) != words.language
    texts = [(words("timeline.told_as", line=asked), palette.faded)] if foreign else []
    if reply.reader:
        texts.append((words("timeline.read_back", reader=reply.reader, said=reply.read), palette.ink))
    paragraphs(surface, theme, foot, texts, SMALL, SMALL - 1, SMALL - 2)
