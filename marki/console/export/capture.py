"""Pictures and films of a window's run, written whole or not at all."""

from __future__ import annotations

import io
import struct
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pygame
from PIL import GifImagePlugin, Image

from marki.errors import OutputError
from marki.files import writing

TILE = 16  # px; a frame keeps those tiles that differ from the frame before
PIECE = 256  # tiles packed at a time
COLOURS = 255  # of a film; one more stands for what has not changed
LONGEST_CS = 65_535  # that a GIF can hold a frame


def png(surface: pygame.Surface) -> bytes:
    """Return a surface as PNG."""
    memory = io.BytesIO()
    pygame.image.save(surface, memory, "PNG")
    return memory.getvalue()


def save_picture(surface: pygame.Surface, path: Path | str) -> None:
    """Write a surface as PNG."""
    content = png(surface)
    with writing(path) as file:
        file.write(content)


def frame_times(seconds: list[float]) -> dict[str, float]:
    """Return median, 99th percentile and longest of frame times, ms."""
    ms = np.array(seconds or [0.0]) * 1e3
    return {
        "p50": round(float(np.percentile(ms, 50)), 3),
        "p99": round(float(np.percentile(ms, 99)), 3),
        "max": round(float(ms.max()), 3),
    }


@dataclass(eq=False)
class Frame:
    """One frame: when it began, which tiles are new, and their 16-bit pixels in pieces, packed or not yet."""

    began: float
    where: np.ndarray
    pieces: list[tuple[bool, bytes]]

    def pixels(self) -> np.ndarray:
        """Return the pixels of the new tiles, (tiles, TILE, TILE) uint16."""
        raw = b"".join(zlib.decompress(data) if packed else data for packed, data in self.pieces)
        return np.frombuffer(raw, np.uint16).reshape(-1, TILE, TILE)


class _Reduced:
    """The window scaled down to the size of a film, in 16-bit colour: its pixels now, and in the frame before.

    Parameters
    ----------
    surface : pygame.Surface
    width : int
        Largest width, px.
    """

    def __init__(self, surface: pygame.Surface, width: int):
        share = min(1.0, width / surface.get_width())
        self.size = max(1, round(surface.get_width() * share)), max(1, round(surface.get_height() * share))
        self.small = pygame.Surface(self.size, 0, 32)
        self.thin = pygame.Surface(self.size, 0, 16, (0xF800, 0x07E0, 0x001F, 0))
        across, down = (-(-side // TILE) for side in self.size)
        self.grid = down, across
        self.now, self.before = (np.zeros((down * TILE, across * TILE), np.uint16) for _ in range(2))

    def take(self, surface: pygame.Surface) -> np.ndarray:
        """Copy the surface into the pixels of now; return which tiles have changed, (down, across) bool."""
        width, height = self.size
        share = min(width / surface.get_width(), height / surface.get_height())
        inside = max(1, round(surface.get_width() * share)), max(1, round(surface.get_height() * share))
        if inside == surface.get_size():
            small = surface
        elif inside == self.size and surface.get_bytesize() == 4:
            small = pygame.transform.smoothscale(surface, self.size, self.small)
        else:  # the window has been given another shape
            small = pygame.transform.smoothscale(surface.convert(self.small), inside)
        if inside != self.size:
            self.thin.fill(0)
        self.thin.blit(small, ((width - inside[0]) // 2, (height - inside[1]) // 2))
        self.now[:height, :width] = pygame.surfarray.pixels2d(self.thin).T
        down, across = self.grid
        words = self.now.view(np.uint64) != self.before.view(np.uint64)
        return words.reshape(down, TILE, across, TILE // 4).any(axis=(1, 3))


class Film:
    """A film of the window, taken frame by frame, saved as an animated GIF.

    While it is taken, a frame is scaled down, cut to 16-bit colour, and those tiles of it kept that have changed;
    the palette and the packing of a GIF wait until it is saved.

    Parameters
    ----------
    fps : float
        Frames a second of the film.
    width : int
        Largest width, px; wider pictures are scaled down.
    limit : int
        Largest number of frames.
    most : int
        Largest size in memory, bytes.
    """

    def __init__(self, fps: float = 20, *, width: int = 800, limit: int = 1200, most: int = 256 << 20):
        self.fps, self.width, self.limit, self.most = fps, width, limit, most
        self.seconds = 0.0
        self.full = False
        self.held = 0  # bytes
        self._due = 0.0
        self._picture: _Reduced | None = None
        self._frames: list[Frame] = []
        self._raw: deque[tuple[Frame, int]] = deque()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, px; known from the first frame on."""
        return (0, 0) if self._picture is None else self._picture.size

    @property
    def frames(self) -> int:
        """Number of distinct frames; one that equals the last only extends its duration."""
        return len(self._frames)

    # -- taking ------------------------------------------------------------------------------------------------------

    def add(self, surface: pygame.Surface, seconds: float = 1 / 60) -> None:
        """Take the window as it is for the next `seconds`; call it for every frame of the window.

        The film samples these at its own frame rate. When `full`, it takes no more.
        """
        if self.full:
            return
        if self._frames and self.seconds < self._due - 1e-6:
            self.seconds += seconds
            self._pack()
            return
        if self._picture is None:
            self._picture = _Reduced(surface, self.width)
        self._due = max(self._due + 1 / self.fps, self.seconds)
        self._take(self._picture, surface)
        self.seconds += seconds

    def _take(self, picture: _Reduced, surface: pygame.Surface) -> None:
        changed = picture.take(surface)
        if not changed.any() and self._frames:
            return
        down, across = picture.grid
        tiles = picture.now.reshape(down, TILE, across, TILE).swapaxes(1, 2)[changed]
        size = tiles.nbytes
        if len(self._frames) == self.limit or self.held + size > self.most:
            self.full = True
            return
        pieces = [(False, tiles[k : k + PIECE].tobytes()) for k in range(0, len(tiles), PIECE)]
        frame = Frame(self.seconds, np.flatnonzero(changed).astype(np.uint32), pieces)
        self._frames.append(frame)
        self._raw.extend((frame, k) for k in range(len(pieces)))
        self.held += size
        picture.now, picture.before = picture.before, picture.now

    def _pack(self) -> None:
        """Pack one piece, in a frame of the window of which the film takes nothing."""
        if not self._raw:
            return
        frame, k = self._raw.popleft()
        data = frame.pieces[k][1]
        frame.pieces[k] = (True, zlib.compress(data, 1))
        self.held -= len(data) - len(frame.pieces[k][1])

    # -- saving ------------------------------------------------------------------------------------------------------

    def taken(self) -> TakenFrames:
        """Return what was taken so far; taking goes on meanwhile."""
        return TakenFrames(self.size, self.seconds, list(self._frames))

    def save(self, path: Path | str) -> None:
        """Write the film as `TakenFrames.gif` makes it.

        Raises
        ------
        OutputError
            If it holds no frame, or the file cannot be written.
        """
        content = self.taken().gif()
        with writing(path) as file:
            file.write(content)


@dataclass(eq=False)
class TakenFrames:
    """What a film holds, apart from the window.

    Attributes
    ----------
    size : (int, int)
        Width and height, px.
    seconds : float
        How long it lasts.
    frames : list
        Its distinct frames.
    """

    size: tuple[int, int]
    seconds: float
    frames: list[Frame]

    def demand_some(self) -> None:
        """Refuse a film without a frame.

        Raises
        ------
        OutputError
            If it holds none.
        """
        if not self.frames:
            raise OutputError(
                "it holds no frame", where="film", remedy="Let the window run while it is taken", code="film.empty"
            )

    def gif(self, progress: Callable[[float], None] = lambda share: None) -> bytes:
        """Return the film as an animated GIF that repeats for ever: one palette, no dither, only what changes.

        Parameters
        ----------
        progress : callable
            Told with each frame which share is done.

        Raises
        ------
        OutputError
            If it holds no frame.
        """
        self.demand_some()
        palette, index = self._palette()
        clear = COLOURS
        times = np.array([*(f.began for f in self.frames), self.seconds])
        lasts = np.diff(np.rint(100 * times)).astype(int).clip(2, LONGEST_CS)
        head = struct.pack("<6sHHBBB", b"GIF89a", *self.size, 0xF7, 0, 0) + palette.tobytes()
        before, pieces = None, [head, b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"]
        for number, (canvas, lasting) in enumerate(zip(self._canvases(), lasts, strict=True)):
            progress(number / len(lasts))
            now = index[canvas]
            box, part = _changed(before, now, clear)
            more = {} if before is None else {"transparency": clear}
            ms = int(lasting) * 10
            pieces += GifImagePlugin.getdata(Image.fromarray(part), box, duration=ms, disposal=1, **more)
            before = now
        return b"".join([*pieces, b";"])

    def _canvases(self) -> Iterator[np.ndarray]:
        """Yield the whole picture of each frame, (height, width) uint16; the array is used again."""
        width, height = self.size
        down, across = -(-height // TILE), -(-width // TILE)
        whole = np.zeros((down * TILE, across * TILE), np.uint16)
        tiles = whole.reshape(down, TILE, across, TILE).swapaxes(1, 2)
        for frame in self.frames:
            tiles[np.divmod(frame.where, across)] = frame.pixels()
            yield whole[:height, :width]

    def _palette(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the film's palette, (256, 3) uint8, and the place in it of each 16-bit colour, (65536,) uint8."""
        count = np.zeros(1 << 16, np.int64)
        for frame in self.frames:
            count += np.bincount(frame.pixels().reshape(-1), minlength=1 << 16)
        used = np.flatnonzero(count)
        colours = _colours(used.astype(np.uint16))
        # Lamps are small but important: the weight of a colour is the square root of its area.
        weight = np.ceil(np.sqrt(count[used] / count[used].sum()) * 1000).astype(int)
        sample = Image.fromarray(np.repeat(colours, weight, axis=0)[None])
        found = sample.quantize(COLOURS, Image.Quantize.MEDIANCUT, kmeans=3, dither=Image.Dither.NONE)
        chosen = np.array((found.getpalette() or [])[: 3 * COLOURS], np.uint8).reshape(-1, 3)
        if len(used) <= COLOURS:
            chosen = colours
        index = np.zeros(1 << 16, np.uint8)
        for at in range(0, len(used), 4096):
            apart = colours[at : at + 4096, None].astype(np.int32) - chosen[None]
            index[used[at : at + 4096]] = (apart * apart).sum(axis=2).argmin(axis=1)
        palette = np.zeros((256, 3), np.uint8)
        palette[: len(chosen)] = chosen
        return palette, index


def parts(path: Path, film: TakenFrames) -> Iterator[Any]:
    """Yield what `background.make_film` receives; frame by frame, so that nothing large is copied at once."""
    yield path
    yield TakenFrames(film.size, film.seconds, [])
    yield len(film.frames)
    yield from film.frames


def _colours(pixels: np.ndarray) -> np.ndarray:
    """Return 16-bit pixels, (…,) uint16, as red, green and blue, (…, 3) uint8."""
    r, g, b = pixels >> 11, pixels >> 5 & 63, pixels & 31
    return np.stack([r << 3 | r >> 2, g << 2 | g >> 4, b << 3 | b >> 2], axis=-1).astype(np.uint8)


def _changed(before: np.ndarray | None, now: np.ndarray, clear: int) -> tuple[tuple[int, int], np.ndarray]:
    """Return corner and content of the rectangle that has changed, `clear` where it has not."""
    if before is None:
        return (0, 0), now
    new = before != now
    rows, columns = np.flatnonzero(new.any(axis=1)), np.flatnonzero(new.any(axis=0))
    if not rows.size:  # the change is too fine for the palette
        return (0, 0), np.full((1, 1), clear, np.uint8)
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return (int(columns[0]), int(rows[0])), np.where(new[part], now[part], np.uint8(clear))
