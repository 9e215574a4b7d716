"""Drawing: trained systems that answer on the lamp panel are asked for pictures, without a window."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from marki.config import check
from marki.errors import ConfigError, unknown
from marki.io.camera import Camera
from marki.io.stimuli.letters import letter
from marki.registers import fingerprint
from successors.nn.drawers import DrawsInSteps, MixesStyles, Redraws, ShowsWay
from successors.nn.network import Network
from successors.nn.tensor import no_grad
from successors.serving.artists import Artist, hears, names
from successors.tasks import imitate, likeness, scene_pictures
from successors.tasks.scene_words import told

FACES_TRIED = 256
"""Styles of which the nearest to a typeface are taken."""

ROWS = 32
"""Pictures drawn at a time; of a sentence one, for which sign follows another by chance: with others beside it the last
digit of a sum may differ, and with it all that follows."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawnPicture:
    """A picture that was drawn.

    Parameters
    ----------
    asked : str
        The sign or the sentence that was asked for; "" for any.
    number : int
        Number of its noise, which with the seed decides it.
    field : ndarray of float32, shape (20, 20)
    read : str
        What a reader takes it for: that of likeness, of what a sentence asked for that of scenes.
    """

    asked: str
    number: int
    field: np.ndarray
    read: str

    @property
    def digest(self) -> str:
        """Digest of its cells."""
        return fingerprint({"field": self.field})


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be drawn.

    Parameters
    ----------
    signs : str
        What is asked for; "" for any.
    count : int
        Pictures of each sign.
    card : ndarray of float32, shape (20, 20), optional
        What it begins with.
    steps : int, optional
        Steps of one that draws in steps; with a card, the last ones that are gone back.
    face : str
        Typeface to which the styles are the nearest of those tried; "" for all as they come.
    caption : str
        A sentence that is asked for instead of signs.
    """

    signs: str = ""
    count: int = 20
    card: np.ndarray | None = None
    steps: int | None = None
    face: str = ""
    caption: str = ""

    def stimuli(self, artist: Artist, count: int) -> np.ndarray:
        """Return what asks for `count` pictures of each sign, or of the sentence."""
        return np.repeat(np.array([self.caption]), count) if self.caption else artist.asking(self.signs, count)

    def noise_of(self, artist: Artist, numbers: Sequence[int]) -> np.ndarray:
        """Return the noise of some numbers, as many deviates as the steps need, (n, k) float32."""
        learner, network = artist.learner, artist.learner.network
        rows = [learner.noise_of(number, 1) for number in numbers]
        noise = np.concatenate(rows) if rows else np.zeros((0, network.noise), np.float32)
        if self.steps is None:
            return noise
        if not isinstance(network, DrawsInSteps):
            raise ConfigError(
                f"{artist.system.name} does not draw in steps", where="--steps",
                remedy=f"Leave it out, or choose among {', '.join(names(lambda e: hasattr(e.network, 'noise_for')))}",
            )  # fmt: skip
        check("--steps", self.steps, int, {"low": 1, "high": network.most_steps})
        return noise[:, : network.noise_for(self.steps)]


def draw(artist: Artist, order: Order, tell: Callable[[int], None] = lambda count: None) -> list[DrawnPicture]:
    """Return pictures, sign by sign; `tell` is called with how many more are done.

    The picture of a number is the same in orders of any count.

    Raises
    ------
    ConfigError
        For steps, a card or a face with which it cannot draw.
    """
    numbers = [number for number, _ in nearest_styles(artist, order)] if order.face else list(range(order.count))
    return _drawn(artist, order, numbers, tell)


def _drawn(
    artist: Artist, order: Order, numbers: list[int], tell: Callable[[int], None] = lambda count: None
) -> list[DrawnPicture]:
    """Return the pictures of some numbers, sign by sign; a sign that comes again goes on with the next numbers.

    Not so in styles that were chosen: there, each sign has them all.
    """
    signs = [order.caption] if order.caption else list(order.signs) or [""]
    before = [0 if order.face else signs[:k].count(sign) * len(numbers) for k, sign in enumerate(signs)]
    asked = [sign for sign in signs for _ in numbers]
    chosen = [first + number for first in before for number in numbers]
    stimuli = order.stimuli(artist, len(numbers))
    fields: list[np.ndarray] = []
    rows = 1 if hears(artist.system.entry) else ROWS
    for k in range(0, len(chosen), rows):
        *_, last = moments(artist, order, stimuli[k : k + rows], chosen[k : k + rows], whole=False)
        fields.extend(last)
        tell(len(last))
    found = zip(asked, chosen, fields, _read(artist, fields), strict=True)
    return [DrawnPicture(asked=sign, number=n, field=field, read=said) for sign, n, field, said in found]


def moments(
    artist: Artist, order: Order, stimuli: np.ndarray, numbers: Sequence[int], *, whole: bool = True
) -> Iterator[np.ndarray]:
    """Yield the pictures (n, 20, 20) of some numbers on the way to what is drawn, the last; or that alone.

    Parameters
    ----------
    artist : Artist
    order : Order
    stimuli : ndarray of bool, shape (n, 8)
    numbers : sequence of int
    whole : bool
        Whether the way is wanted.
    """
    learner, network = artist.learner, artist.learner.network
    with no_grad():
        noise = order.noise_of(artist, numbers)
        if order.card is not None:
            cards = np.repeat(order.card[None], len(numbers), axis=0)
            if isinstance(network, Redraws):
                yield from _light(network.redraw(cards, stimuli, noise))
            else:
                yield cards
                if hears(artist.system.entry):
                    yield from _followed(network, cards, noise, whole)
                else:
                    yield learner.respond(cards)
        elif network.noise:
            yield from _followed(network, stimuli, noise, whole)
        else:
            yield from _light([learner.respond(stimuli)])


def _followed(network: Network, stimuli: np.ndarray, noise: np.ndarray, whole: bool) -> Iterator[np.ndarray]:
    """Yield what is drawn, with the way to it if that is wanted and shown."""
    way = network.way(stimuli, noise) if whole and isinstance(network, ShowsWay) else [network.imagine(stimuli, noise)]
    return _light(way)


def _light(pictures: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    for picture in pictures:
        yield np.asarray(picture, np.float32).clip(0, 1)


def _read(artist: Artist, fields: Sequence[np.ndarray]) -> list[str]:
    """Return what the reader of a subject takes pictures for, of scenes in words; of other pictures, nothing."""
    if hears(artist.system.entry):
        return [told(scene, artist.subject) for scene in scene_pictures.read(np.array(fields))]
    signs = imitate.SUBJECTS.get(artist.subject)
    if signs is None:
        return [""] * len(fields)
    said = likeness.judge(artist.subject).look(np.array(fields))[1]
    return [signs[kind] for kind in said.tolist()]


def way(artist: Artist, order: Order, drawn: Sequence[DrawnPicture], most: int) -> list[list[np.ndarray]]:
    """Return the way to pictures: fields in the order of `drawn`, at each of at most `most` moments.

    Raises
    ------
    ConfigError
        For a system that shows none.
    """
    numbers = [picture.number for picture in drawn]
    signs = "".join(picture.asked for picture in drawn)
    stimuli = artist.asking(signs, 1) if order.signs else order.stimuli(artist, len(drawn))
    parts = [
        list(moments(artist, order, stimuli[k : k + ROWS], numbers[k : k + ROWS])) for k in range(0, len(drawn), ROWS)
    ]
    count = len(parts[0])
    if count < 2:
        raise ConfigError(
            f"{artist.system.name} shows no way to what it draws", where="--gif", remedy="Leave --gif out"
        )
    chosen = np.unique(np.linspace(0, count - 1, most).round().astype(int)).tolist()
    return [[field for part in parts for field in part[k]] for k in chosen]


def nearest_styles(artist: Artist, order: Order) -> list[tuple[int, float]]:
    """Return the numbers of the noise whose drawings come nearest to a typeface, and how near, the nearest first.

    Of `FACES_TRIED` numbers, by the mean squared error of the signs that are asked for, summed over the cells; a letter
    may stand up to a cell off its place, as those that were learned from do.

    Raises
    ------
    UnknownName
        For a face that was not learned from.
    ConfigError
        For a system that draws no letters, an order without signs, or more pictures than styles are tried.
    """
    if artist.subject != "letters" or not order.signs:
        raise ConfigError(
            f"face {order.face!r} without letters", where="--face", remedy="Ask one that draws letters for some of them"
        )
    if order.face not in imitate.FACES:
        raise unknown("typeface", order.face, imitate.FACES, where="--face")
    check("--count", order.count, int, {"low": 1, "high": FACES_TRIED})
    wanted = _letters(order.signs, order.face)
    numbers = range(FACES_TRIED)
    off = np.zeros(FACES_TRIED)
    for sign in order.signs:
        stimuli = artist.asking(sign, FACES_TRIED)
        *_, drawn = moments(artist, order, stimuli, numbers, whole=False)
        shifted = [np.roll(wanted[sign], (down, across), (0, 1)) for down in (-1, 0, 1) for across in (-1, 0, 1)]
        off += np.min([((drawn - cells) ** 2).sum((1, 2)) for cells in shifted], axis=0) / len(order.signs)
    return [(int(k), float(off[k])) for k in np.argsort(off, kind="stable")[: order.count]]


def _letters(signs: str, face: str) -> dict[str, np.ndarray]:
    """Return letters in a face, as the photocells see them."""
    camera = Camera()
    return {sign: camera.frame(letter(sign, face)) for sign in set(signs)}


@dataclass(frozen=True, kw_only=True, eq=False)
class MixedTable:
    """Styles of some pictures in the large with those of others in the small.

    Parameters
    ----------
    coarse, fine : list of DrawnPicture
        The pictures whose styles are mixed: those down the side, and those across.
    cells : list of list of ndarray
        A row for each of `coarse`.
    """

    coarse: list[DrawnPicture]
    fine: list[DrawnPicture]
    cells: list[list[np.ndarray]]


def mix(artist: Artist, order: Order, side: int) -> MixedTable:
    """Return a table of `count` by `count` pictures of one sign.

    Parameters
    ----------
    artist : Artist
    order : Order
    side : int
        Side of the scale up to which the style of a row reaches, in cells.

    Raises
    ------
    ConfigError
        For a system that mixes no styles, a side that is none of its scales, or more than one sign.
    """
    network = artist.learner.network
    if not isinstance(network, MixesStyles):
        raise ConfigError(
            f"{artist.system.name} mixes no styles", where="--mix",
            remedy=f"Choose among {', '.join(names(lambda e: hasattr(e.network, 'mix')))}",
        )  # fmt: skip
    scales = [int(name.partition("x")[0]) for name in network.layer_names]
    cuts = sorted(set(scales))[:-1]
    if side not in cuts:
        raise ConfigError(
            f"no scale of {side} cells to cut at", where="--mix", remedy=f"Give {' or '.join(map(str, cuts))}"
        )
    if len(order.signs) > 1:
        raise ConfigError(f"styles of {len(order.signs)} signs", where="WHAT", remedy="Ask for one sign with --mix")
    own, other = list(range(order.count)), list(range(order.count, 2 * order.count))
    coarse, fine = _drawn(artist, order, own), _drawn(artist, order, other)
    noise, others = order.noise_of(artist, own), order.noise_of(artist, other)
    stimuli = artist.asking(order.signs, order.count)
    with no_grad():
        theirs = [scale > side for scale in scales]
        rows = [network.mix(stimuli, row[None].repeat(order.count, 0), stimuli, others, theirs) for row in noise]
    return MixedTable(coarse=coarse, fine=fine, cells=[list(row) for row in rows])
