"""Worlds: an endless sequence of stimuli with the responses wanted, each found by its number alone.

Presentation n of a world is a function of settings, seed and n; nothing has to be kept to go back to it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any, Protocol, Self

import numpy as np

from marki.config import Config, setting
from marki.errors import StimulusError, unknown
from marki.io.camera import Camera, Optics
from marki.io.responses import binary_code, unit_code
from marki.io.stimuli import Stimulus, digits, forms, handprint, images, letters
from marki.io.stimuli.fitting import Fitting
from marki.seeding import generator

FOLDERS = ("images", "mnist")
"""Settings that name folders of people's own files."""


@dataclass(frozen=True, kw_only=True)
class WorldConfig(Config):
    """Which stimuli are shown, how they are held before the camera, and how their classes are coded."""

    name: str = setting("letters", "Kind of world", choices=(
        "letters", "handprint", "digits", "images", "left_right", "forms", "parity", "connectedness", "dots",
    ))  # fmt: skip
    part: str = setting(
        "learn",
        "Stimuli to learn from, or to examine with; new: random dots never shown before",
        choices=("learn", "exam", "new"),
    )
    typefaces: tuple[str, ...] = setting(("routed-gothic",), "Typefaces of the letters")
    letters: str = setting(letters.LETTERS, "Letters in use")
    writers: int = setting(5, "Writers of the hand-printed letters", low=1, high=1000)
    count: int = setting(
        1000, "Stimuli in the deck of digits; presentations in a pass of a drawn world", low=1, high=60_000
    )
    exam_count: int = setting(500, "The same, for the examination", low=1, high=60_000)
    images: str = setting("", "Folder of image files, a sub-folder for each class")
    pictures: Fitting = field(default_factory=Fitting)
    mnist: str = setting("", "Folder of the original IDX files; empty: the shipped digits")
    kinds: tuple[str, ...] = setting(("square", "circle"), "Classes of the world of forms")
    size: float = setting(8.0, "Size of forms", unit="cells", low=1, high=20)
    outline: bool = setting(False, "Draw forms as outlines")
    lit_share: float = setting(0.3, "Share of lit cells in a world of random dots", unit="share", low=0.01, high=0.99)
    grid: int = setting(5, "Fields on a side of the parity world", low=2, high=20)
    class_shares: tuple[float, ...] = setting((), "Relative frequency of each class; empty: all alike", low=0)
    shift: float = setting(
        0.0, "Each presentation is shifted at random by up to this much", unit="cells", low=0, high=10
    )
    turn_deg: float = setting(
        0.0, "Each presentation is turned at random by up to this angle", unit="deg", low=0, high=180
    )
    zoom: float = setting(
        0.0, "Each presentation is scaled at random by up to this share", unit="share", low=0, high=0.9
    )
    optics: Optics = field(default_factory=Optics)
    code: str = setting("binary", "binary: classes as numbers; unit: one R-unit a class", choices=("binary", "unit"))
    order: str = setting("shuffled", "Order of a deck within a pass", choices=("shuffled", "in turn"))

    def exam(self) -> WorldConfig:
        """Return the settings of the examination that belongs to this world."""
        return replace(self, part="exam")

    def identity(self) -> dict[str, Any]:
        """Return the settings that the world follows from, ready for JSON; those of pictures only if it has any."""
        plain = self.to_mapping()
        if self.name != "images":
            del plain["pictures"]
        return plain


@dataclass(frozen=True, kw_only=True, eq=False)
class Presentation:
    """One stimulus as shown.

    Attributes
    ----------
    number : int
        Running number in its world.
    item : int
        Number of the stimulus in the deck; the running number in a drawn world.
    kind : int
        Class, from 0; -1 if nobody knows.
    name : str
        What is shown, for people.
    frame : (20, 20) float32
        Light on the photocells, 0…1.
    target : (units,) bool or None
        Response wanted of the R-units in use.
    """

    number: int
    item: int
    kind: int
    name: str
    frame: np.ndarray
    target: np.ndarray | None


class World(Protocol):
    """An endless, numbered sequence of presentations."""

    classes: tuple[str, ...]
    code: np.ndarray
    size: int

    def at(self, number: int) -> Presentation:
        """Return presentation `number`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Handling:
    """How unsteadily the cards of a world are held: bounds of a shift (cells), turn (deg) and change of scale."""

    shift: float = 0.0
    turn_deg: float = 0.0
    zoom: float = 0.0

    @property
    def still(self) -> bool:
        """Whether every card is held alike."""
        return not (self.shift or self.turn_deg or self.zoom)

    def draw(self, rng: np.random.Generator) -> dict[str, Any]:
        """Return one way to hold a card, as arguments of `Camera.frame`."""
        dx, dy, turn, zoom = rng.uniform(-1, 1, 4).round(6)
        return dict(
            shift=(self.shift * dx, self.shift * dy), turn_deg=self.turn_deg * turn, scale=(1 + self.zoom) ** zoom
        )


class _CopiedWorld(ABC):
    """A world that can be copied and pickled, without what it remembers."""

    @abstractmethod
    def _remember(self) -> None:
        """Begin to remember what was asked for last."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # nothing of it changes

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("_at", "_order")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._remember()


class DeckWorld(_CopiedWorld):
    """A deck of cards, gone through pass by pass in a new order each time.

    Parameters
    ----------
    stimuli : sequence of Stimulus
    code : (classes, units) bool or None
        Response wanted for each class; None leaves the machine to itself.
    seed : int
    shares : sequence of float
        Relative frequency of each class; then every presentation is drawn at random.
    """

    def __init__(
        self,
        stimuli: Sequence[Stimulus],
        *,
        classes: Sequence[str],
        code: np.ndarray,
        seed: int,
        part: str = "learn",
        camera: Camera | None = None,
        handling: Handling | None = None,
        shuffled: bool = True,
        shares: Sequence[float] = (),
    ):
        self.stimuli, self.classes, self.code = list(stimuli), tuple(classes), code
        self.size = len(self.stimuli)
        self._camera, self._handling = camera or Camera(), handling or Handling()
        self._seed, self._part = seed, part
        index = {label: k for k, label in enumerate(self.classes)}
        self._kind = [index[s.label] for s in self.stimuli]
        self._frames = [self._camera.frame(s) for s in self.stimuli] if self._handling.still else None
        weights = np.array([shares[k] for k in self._kind], float) if shares else None
        if weights is not None:
            weights /= np.bincount(self._kind, minlength=len(self.classes))[self._kind]
            weights /= weights.sum()

        self._shuffled, self._weights = shuffled, weights
        self._remember()

    def _remember(self) -> None:
        """Begin to remember what was asked for last."""
        self._order = lru_cache(maxsize=4)(self._order_of)

    def _order_of(self, turn: int) -> np.ndarray:
        """Return the stimuli of a pass, in order."""
        if not self._shuffled:
            return np.arange(self.size)
        rng = generator(self._seed, f"world.order.{self._part}", turn)
        return (
            rng.permutation(self.size) if self._weights is None else rng.choice(self.size, self.size, p=self._weights)
        )

    def at(self, number: int) -> Presentation:
        """Return presentation `number`."""
        turn, place = divmod(number, self.size)
        item = int(self._order(turn)[place])
        if self._frames is not None:
            frame = self._frames[item]
        else:
            rng = generator(self._seed, f"world.handling.{self._part}", number)
            frame = self._camera.frame(self.stimuli[item], **self._handling.draw(rng))
        kind = self._kind[item]
        name = self.stimuli[item].name
        return Presentation(number=number, item=item, kind=kind, name=name, frame=frame, target=self.code[kind])


class DrawnWorld(_CopiedWorld):
    """A world whose every stimulus is drawn afresh.

    Parameters
    ----------
    draw : callable
        ``draw(rng, kind) -> Stimulus`` for a class number.
    """

    def __init__(
        self,
        draw: Callable[[np.random.Generator, int], Stimulus],
        *,
        classes: Sequence[str],
        code: np.ndarray,
        seed: int,
        size: int,
        part: str = "learn",
        camera: Camera | None = None,
        handling: Handling | None = None,
        shares: Sequence[float] = (),
    ):
        self.classes, self.code, self.size = tuple(classes), code, size
        weights = np.array(shares or np.ones(len(self.classes)), float)
        weights = np.cumsum(weights / weights.sum())
        self._camera, self._handling = camera or Camera(), handling or Handling()
        self._draw, self._weights, self._seed, self._part = draw, weights, seed, part
        self._remember()

    def _remember(self) -> None:
        """Begin to remember what was asked for last."""
        self._at = lru_cache(maxsize=256)(self._drawn)

    def _drawn(self, number: int) -> Presentation:
        rng = generator(self._seed, f"world.draw.{self._part}", number)
        kind = min(int(np.searchsorted(self._weights, rng.random(), side="right")), len(self.classes) - 1)
        shown = self._draw(rng, kind)
        frame = self._camera.frame(shown, **self._handling.draw(rng))
        return Presentation(number=number, item=number, kind=kind, name=shown.name, frame=frame, target=self.code[kind])

    def at(self, number: int) -> Presentation:
        """Return presentation `number`."""
        return self._at(number)


def create(config: WorldConfig, seed: int) -> World:
    """Return the world of these settings.

    Raises
    ------
    UnknownName, StimulusError, ConfigError
        For a typeface, form or file that is not there, or classes that do not fit the R-units.
    """
    _check_sizes(config)
    stimuli, draw, classes = _content(config, seed)
    if config.class_shares and (len(config.class_shares) != len(classes) or not 0 < sum(config.class_shares) < 1e300):
        raise StimulusError(
            f"{len(config.class_shares)} shares for {len(classes)} classes", where="world.class_shares",
            remedy="Give one for each class, not all zero",
            code='classes.shares', count=len(config.class_shares), classes=len(classes),
        )  # fmt: skip
    common: dict[str, Any] = dict(
        classes=classes,
        code=_code(config, len(classes)),
        seed=seed,
        part=config.part,
        camera=Camera(config.optics),
        handling=Handling(shift=config.shift, turn_deg=config.turn_deg, zoom=config.zoom),
        shares=config.class_shares if config.part == "learn" else (),
    )
    if draw is not None:
        return DrawnWorld(draw, size=config.count if config.part == "learn" else config.exam_count, **common)
    return DeckWorld(stimuli, shuffled=config.order == "shuffled" and config.part == "learn", **common)


MOST_CARDS = 60_000
"""Cards of a deck."""


def _code(config: WorldConfig, classes: int) -> np.ndarray:
    return unit_code(classes) if config.code == "unit" else binary_code(classes)


def _check_sizes(config: WorldConfig) -> None:
    """Refuse, before any card is drawn, classes that the R-units cannot tell apart, and decks of none or too many."""
    if config.name in ("letters", "handprint"):
        _code(config, len(config.letters))
    if config.name == "forms":
        _code(config, len(config.kinds))
    if config.name == "letters" and len(set(config.typefaces)) != max(1, len(config.typefaces)):
        raise StimulusError(
            "lists no typeface, or one twice",
            where="world.typefaces",
            remedy="Give one or more, each once",
            code="stimulus.faces",
        )
    if config.name == "handprint" and config.writers * len(config.letters) > MOST_CARDS:
        raise StimulusError(
            f"{config.writers} writers of {len(config.letters)} letters are more than {MOST_CARDS:,} cards",
            where="world.writers",
            remedy="Give fewer writers or letters",
            code="stimulus.writers",
            writers=config.writers,
            letters=len(config.letters),
            limit=f"{MOST_CARDS:,}",
        )


def _content(config: WorldConfig, seed: int) -> tuple[list[Stimulus], Callable | None, list[str]]:
    """Return (deck, None, classes) or ([], draw, classes)."""
    learn = config.part == "learn"
    match config.name:
        case "letters":
            deck = [s for face in config.typefaces for s in letters.alphabet(face, config.letters)]
            return deck, None, list(config.letters)
        case "handprint":
            first = 0 if learn else config.writers
            hands = range(1000 * seed + first, 1000 * seed + first + config.writers)
            return (
                [s for w in hands for s in handprint.hand_alphabet(w, letters=config.letters)],
                None,
                list(config.letters),
            )
        case "digits":
            part, count = ("train", config.count) if learn else ("test", config.exam_count)
            rng = generator(seed, f"world.digits.{part}")
            return digits.digit_stimuli(part, count, config.mnist or None, rng), None, [str(d) for d in range(10)]
        case "images":
            if not config.images:
                raise StimulusError(
                    "no folder is named",
                    where="world.images",
                    remedy="Give one with --images DIR",
                    code="folder.unnamed",
                )
            read = images.folder(config.images, config.pictures)
            found = read.folder
            if len(found.labels) < 2:
                passed = f" ({len(found.passed)} passed over: {found.passed_text()})" if found.passed else ""
                raise StimulusError(
                    f"its pictures are all of class {found.labels[0]!r}{passed}",
                    where=config.images,
                    remedy="Give at least two classes: sub-folders, or names such as cat_1.png and dog_1.png",
                    code="folder.one_class",
                    name=found.labels[0],
                    passed=passed,
                )
            return read.cards, None, found.labels
        case "left_right":
            return [], partial(_left_right, config.size), ["left", "right"]
        case "forms":
            for kind in config.kinds:
                if kind not in forms.KINDS:
                    raise unknown("form", kind, forms.KINDS, where="world.kinds")
            kinds = list(config.kinds)
            return [], partial(_form, kinds, config.size, config.outline or None), kinds
        case "parity":
            return [], partial(_parity_card, config.grid), ["even", "odd"]
        case "connectedness":
            return [], _connected_card, ["disconnected", "connected"]
        case _:
            dots = "world.dots.new" if config.part == "new" else "world.dots"
            deck = [
                forms.random_dots(generator(seed, dots, n), config.lit_share, label=str(n % 2))
                for n in range(config.count)
            ]
            return deck, None, ["0", "1"]


# Functions of modules, and not lambdas, so that the worlds that draw by them can be pickled.


def _left_right(size: float, rng: np.random.Generator, kind: int) -> Stimulus:
    """Draw a square at a random place of the left or right half of the retina."""
    inner, outer = size / 2, 10 - size / 2
    x, y = rng.uniform(inner, max(inner, outer)), rng.uniform(-outer, outer)
    shown = forms.form("square", x=x if kind else -x, y=y, size=size)
    side = "right" if kind else "left"
    return Stimulus(name=f"square on the {side}", label=side, card=shown.card)


def _form(kinds: Sequence[str], size: float, outline: bool | None, rng: np.random.Generator, kind: int) -> Stimulus:
    return forms.form(kinds[kind], size=size, outline=outline)


def _parity_card(grid: int, rng: np.random.Generator, kind: int) -> Stimulus:
    return forms.parity_card(rng, bool(kind), grid=grid)


def _connected_card(rng: np.random.Generator, kind: int) -> Stimulus:
    return forms.connected_card(rng, bool(kind))
