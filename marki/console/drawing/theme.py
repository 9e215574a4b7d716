"""The theme of the window: colours, text and plates, all derived from one unit of length and one profile."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypedDict

import numpy as np
import pygame

from marki.files import asset
from marki.io.stimuli.letters import TYPEFACES
from marki.language import Words

Colour = tuple[int, int, int]

LETTERING, FIGURES, TEXT, CJK = "routed-gothic", "b612-mono", "b612", "marki-cjk"
SMALL, NORMAL, LARGE, HUGE = 14, 17, 24, 66
LEAST = 9  # px; no text is smaller than this


@dataclass(frozen=True, kw_only=True)
class Palette:
    """Colours by what they mean; signs and sides say the same, so that no meaning hangs on colour alone.

    Amber and light blue, dark blue and vermilion stay apart for all common kinds of colour vision, and the verdicts in
    grey too.
    """

    room: Colour = (30, 32, 33)
    frame: Colour = (58, 60, 60)
    plate: Colour = (200, 200, 190)
    ink: Colour = (26, 26, 24)
    faded: Colour = (78, 78, 72)
    black: Colour = (17, 17, 18)
    ivory: Colour = (232, 226, 206)
    dim: Colour = (164, 160, 146)
    lamp: Colour = (255, 190, 92)
    positive: Colour = (255, 172, 58)
    negative: Colour = (98, 178, 255)
    right: Colour = (0, 62, 104)
    wrong: Colour = (172, 52, 0)
    wrong_lit: Colour = (255, 132, 78)
    paper: Colour = (238, 232, 212)
    ruling: Colour = (206, 196, 168)
    trace: Colour = (26, 44, 104)
    ghost: Colour = (150, 140, 120)
    focus: Colour = (255, 206, 120)
    header: Colour = (236, 236, 230)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A profile for a kind of display, such as a projector.

    Attributes
    ----------
    least : float
        Height of the smallest text, as fraction of the height of the window; 0 for none.
    line : int
        Width of the thinnest line that carries meaning, px.
    palette : Palette
    plain : bool
        Leave out decoration and what is less important.
    still : bool
        No flicker: lamps show the reading, motors do not spin, nothing slides.
    """

    least: float = 0.0
    line: int = 1
    palette: Palette = Palette()
    plain: bool = False
    still: bool = False


DESK = Profile()
PROJECTOR = Profile(
    least=1 / 36,
    line=3,
    plain=True,
    palette=replace(
        Palette(), ink=(0, 0, 0), faded=(20, 20, 20), plate=(226, 226, 220), black=(8, 8, 9), ivory=(255, 252, 240),
        dim=(224, 220, 208), room=(12, 13, 14), header=(255, 255, 255), paper=(255, 252, 240), ghost=(118, 108, 90),
        right=(0, 52, 96), wrong=(146, 40, 0), negative=(124, 192, 255), ruling=(196, 188, 164),
    ),
)  # fmt: skip


class TextStyle(TypedDict, total=False):
    """How a line of text is drawn: keyword arguments of `Theme.write`."""

    size: float
    face: str
    colour: Colour | None
    align: str
    optional: bool
    shorter: Sequence[str]
    free: bool


@lru_cache(maxsize=8)
def _read(file: str) -> bytes:
    """Return a typeface; pygame would hold a file open for each size, and after the window's end for ever."""
    return asset(f"fonts/{file}").read_bytes()


class Theme:
    """Text and plates at one scale, in one profile and one language.

    Parameters
    ----------
    unit : float
        Length of one pixel of the 1280×800 window, px.
    words : Words
    profile : Profile
    height : int
        Height of the window, px, from which the profile's smallest text follows.
    """

    def __init__(self, unit: float, words: Words | None = None, profile: Profile = DESK, height: int = 800):
        self.unit, self.words, self.profile, self.palette = unit, words or Words(), profile, profile.palette
        self.least = max(LEAST, int(np.ceil(profile.least * height)))
        self.clipped: list[tuple[str, pygame.Rect]] = []
        self.dropped: list[str] = []
        self.sheet: pygame.Surface | None = None  # what the window draws on
        self.written: list[tuple[str, pygame.Rect, Colour]] | None = None  # a test may put a list here
        self.render = lru_cache(maxsize=2500)(self._render)
        self.font = lru_cache(maxsize=96)(self._font)
        self.extent = lru_cache(maxsize=10_000)(self._extent)

    def px(self, length: float) -> int:
        """Return a length of the 1280×800 window in pixels, at least 1."""
        return max(1, round(length * self.unit))

    def line(self, width: float = 1) -> int:
        """Return the width of a line that carries meaning, px."""
        return max(self.profile.line, self.px(width))

    def points(self, size: float) -> int:
        """Return a text size (units) in px: never below what the profile asks for."""
        return max(self.least, round(size * self.unit))

    def row(self, size: float = NORMAL) -> int:
        """Return the height of a line of text, px."""
        return round(self.points(size) * (1.36 if self.words.language == "en" else 1.48))

    def _font(self, face: str, size: int) -> pygame.font.Font:
        file = f"{CJK}.otf" if face == CJK else TYPEFACES[face].file
        return pygame.font.Font(io.BytesIO(_read(file)), size)

    def _render(self, text: str, face: str, size: int, colour: Colour) -> pygame.Surface:
        drawn = self.face(text, face, size).render(text, True, colour).convert_alpha()
        if text.isascii() or any(map(_wide, text)):
            return drawn
        # Latin with a sign that its typeface lacks, as in DALL·E, stands on the line of its neighbours.
        own = self.font(face, size)
        ink = pygame.Surface((drawn.get_width(), own.get_height()), pygame.SRCALPHA)
        ink.blit(drawn, (0, own.get_ascent() - self.font(CJK, size).get_ascent()))
        return ink

    def _extent(self, text: str, face: str, size: int) -> tuple[int, int]:
        """Return the width and height of a text, px."""
        return self.face(text, face, size).size(text)

    def face(self, text: str, face: str, size: int) -> pygame.font.Font:
        """Return the font for a text: `face`, or for what is not plain ASCII the one that has Chinese characters."""
        return self.font(face if text.isascii() else CJK, size)

    def width(self, text: str, size: float = NORMAL, face: str = TEXT) -> int:
        """Return the width of a text at `size`, px."""
        points = self.points(size)
        return self.extent(text, face, points)[0]

    def fitted(
        self, text: str, box: pygame.Rect, size: float, face: str, colour: Colour, *, free: bool = False
    ) -> pygame.Surface:
        """Return `text` at `size` (in units), or smaller if it would not fit the box; cut if it still does not.

        `free` says that people brought the text, so that no room can be made for it beforehand.
        """
        points = max(self.least, min(self.points(size), box.h))
        wide, high = self.extent(text, face, points)
        if wide > box.w or high > box.h * 1.5:
            points = max(self.least, int(points * min(box.w / max(wide, 1), box.h * 1.5 / high)))
            while points > self.least and self.extent(text, face, points)[0] > box.w:
                points -= 1
            if self.extent(text, face, points)[0] > box.w:
                if not free:
                    self.clipped.append((text, box.copy()))
                while len(text) > 1 and self.extent(f"{text}..", face, points)[0] > box.w:
                    text = text[:-1]
                text += ".."
        return self.render(text, face, points, colour)

    def write(
        self,
        surface: pygame.Surface,
        text: str,
        box: pygame.Rect,
        *,
        size: float = NORMAL,
        face: str = LETTERING,
        colour: Colour | None = None,
        align: str = "left",
        optional: bool = False,
        shorter: Sequence[str] = (),
        free: bool = False,
    ) -> None:
        """Render one line of text into a box, in the middle of its height; `align` is left, centre or right.

        Where the text does not fit, the first of its `shorter` forms that does takes its place. What is `optional` is
        left out rather than made very small. What is `free`, brought by people, may be cut.
        """
        if not text:
            return
        if shorter:
            text = self.form([text, *shorter], box.w, size, face)
        if optional and not self.fits(text, box, size, face):
            self.dropped.append(text)
            return
        colour = self.palette.ink if colour is None else colour
        ink = self.fitted(text, box, size, face, colour, free=free)
        place = ink.get_rect(centery=box.centery)
        if align == "left":
            place.left = box.left
        elif align == "right":
            place.right = box.right
        else:
            place.centerx = box.centerx
        clip = surface.get_clip()
        surface.set_clip(box.inflate(0, box.h).clip(clip))
        surface.blit(ink, place)
        surface.set_clip(clip)
        if self.written is not None and surface.get_abs_parent() is self.sheet:
            seen = place.clip(surface.get_rect()).move(surface.get_abs_offset())
            self.written.append((text, seen, colour))

    def row_of(self, forms: Sequence[Sequence[str]], room: int, more: int, size: float) -> tuple[list[str], list[int]]:
        """Return texts that stand in a row, and the width of each: the longest of their forms that fit together.

        Parameters
        ----------
        forms : sequence of sequences of str
            The forms of each text, the longest first.
        room, more : int
            Width of the whole row, and of what stands beside each text, px.
        size : float
        """
        texts: list[str] = []
        widths: list[int] = []
        for level in range(max(map(len, forms))):
            texts = [every[min(level, len(every) - 1)] for every in forms]
            widths = [self.width(text, size) + more for text in texts]
            if sum(widths) <= room:
                break
        return texts, widths

    def form(self, forms: Sequence[str], width: int, size: float = NORMAL, face: str = TEXT) -> str:
        """Return the first of several forms of a text that fits a width, or the last."""
        box = pygame.Rect(0, 0, width, 1)
        return next((form for form in forms if self.fits(form, box, size, face)), forms[-1])

    def fits(self, text: str, box: pygame.Rect, size: float = NORMAL, face: str = TEXT) -> bool:
        """Return whether a text fits a box at `size`, or a little smaller."""
        points = max(self.least, round(0.84 * self.points(size)))
        return self.extent(text, face, points)[0] <= box.w

    def broken_off(self, text: str, width: int, size: float = NORMAL, face: str = TEXT) -> str:
        """Return the beginning of a text that does not end here, with an ellipsis, to fit `width` px."""
        while text and self.width(f"{text}..", size, face) > width:
            text = text[:-1]
        return f"{text.rstrip()}.."

    def wrap(self, text: str, width: int, size: float = NORMAL, face: str = TEXT, *, most: int = 0) -> list[str]:
        """Return a text as lines that fit `width` px: broken between words, and anywhere between Chinese characters.

        There are at most so many lines, 0 for any number; where something is left out, the last ends with an ellipsis.
        """
        lines: list[str] = []
        for paragraph in text.split("\n"):
            line = ""
            for piece in _pieces(paragraph):
                if line and self.width((line + piece).rstrip(), size, face) > width:
                    lines.append(line.rstrip())
                    line = piece.lstrip()
                else:
                    line += piece
                while self.width(line.rstrip(), size, face) > width and len(line) > 1:  # a word wider than the line
                    k = len(line) - 1
                    while k > 1 and self.width(line[:k], size, face) > width:
                        k -= 1
                    lines.append(line[:k])
                    line = line[k:]
            lines.append(line.rstrip())
        if 0 < most < len(lines):
            lines[most - 1 :] = [self.broken_off(lines[most - 1], width, size, face)]
        return lines

    def plate(self, surface: pygame.Surface, rect: pygame.Rect, *, dark: bool = False) -> None:
        """Draw a panel: satin metal on its frame, or black lacquer."""
        pygame.draw.rect(surface, self.palette.frame, rect)
        face = rect.inflate(-2 * self.px(2), -2 * self.px(2))
        if face.w <= 0 or face.h <= 0:
            return
        if dark:
            pygame.draw.rect(surface, self.palette.black, face)
            return
        tone = np.linspace(8, -10, face.h)[None, :, None] + _grain(face.w)[:, None, None]
        satin = np.clip(np.array(self.palette.plate)[None, None, :] + tone, 0, 255).astype(np.uint8)
        pygame.surfarray.blit_array(surface.subsurface(face), satin)
        r = self.px(2.5)
        for x in (face.left + 3 * r, face.right - 3 * r - 1):
            for y in (face.top + 3 * r, face.bottom - 3 * r - 1):
                if face.h > 20 * r:
                    pygame.draw.circle(surface, (150, 150, 142), (x, y), r)
                    pygame.draw.line(surface, (96, 96, 90), (x - r + 1, y + r // 2), (x + r - 1, y - r // 2))


def _wide(sign: str) -> bool:
    """Return whether a sign is Chinese, a character or a stop."""
    return ord(sign) > 0x2E7F


CLOSING, CLOSING_LATIN = "，。、；：？！）》」』】〉”’…％%", ".,:;!?)]"
OPENING = "（《「『【〈“‘(["
"""Signs that begin no line, the Latin ones unless a blank stands before them; and signs that end none."""


def _breaks(before: str, sign: str) -> bool:
    """Return whether a line may break between two signs: after blanks, and beside Chinese characters."""
    if sign in CLOSING or before in OPENING or sign == " ":
        return False
    return before == " " or (sign not in CLOSING_LATIN and (_wide(before) or _wide(sign)))


def _pieces(text: str) -> Sequence[str]:
    """Return a paragraph in pieces between which a line may break: words, and single Chinese characters."""
    pieces: list[str] = []
    for k, sign in enumerate(text):
        if k and not _breaks(text[k - 1], sign):
            pieces[-1] += sign
        else:
            pieces.append(sign)
    return pieces


@lru_cache(maxsize=64)
def _grain(width: int) -> np.ndarray:
    """Return the grain of a satin plate, (width,); always the same, and independent of the machine's random draws."""
    k = np.arange(width)
    return 1.6 * np.sin(k * 12.9898) * np.sin(k * 0.37)


def distance(w: int, h: int, x: float, y: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the distance of each pixel's middle from (x, y), and its two parts; (w, h) each."""
    dx = np.arange(w)[:, None] + 0.5 - x
    dy = np.arange(h)[None, :] + 0.5 - y
    dx, dy = np.broadcast_arrays(dx, dy)
    return np.hypot(dx, dy), dx, dy


def mix(picture: np.ndarray, colour: Colour, share: np.ndarray) -> np.ndarray:
    """Blend a colour into a float picture (w, h, 3) with an opacity (w, h)."""
    return picture + (np.array(colour, float) - picture) * np.clip(share, 0, 1)[..., None]


def to_surface(picture: np.ndarray) -> pygame.Surface:
    """Return a float picture (w, h, 3) as a surface in the display's format."""
    return pygame.surfarray.make_surface(np.clip(picture, 0, 255).astype(np.uint8)).convert()
