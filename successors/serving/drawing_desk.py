"""The studio: machines that draw are given orders, and hand back what a hand can then turn, stop, mix and slide."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from marki.errors import PortError
from marki.io.drawing_orders import DrawingOrder, Picture, Sheet, Tool
from marki.io.exhibits import Reply
from marki.io.frame import CELLS, SIDE, check_frames
from marki.io.ports import Port
from marki.io.responses import R_UNITS, binary_code, lamps
from marki.seeding import generator
from successors.model_card import Entry
from successors.nn.drawers import DrawsInSteps, EncodesCards, HasLatents, MixesStyles, Walks
from successors.nn.learner import Successor
from successors.nn.network import Network
from successors.nn.rivals import RivalNetwork, Rivals
from successors.nn.tensor import Tensor, no_grad
from successors.serving import room_keepers
from successors.serving.loaded_system import LoadedSystem

SHOWN = 6
"""Drawings, and real cards, that lie before the bank."""

SPAN = 3.0
"""Deviations to which numbers that are normal deviates can be turned."""


def tools(entry: Entry) -> tuple[Tool, ...]:
    """Return what a hand may do to a system: none if it draws nothing that it was asked for or shown."""
    if entry.answers is not Port.FIELD or entry.accepts not in (Port.LAMPS, Port.FIELD):
        return ()
    network = entry.network
    if not isinstance(network, type):
        return ()
    found = {
        Tool.WALK: issubclass(network, Walks),
        Tool.DUEL: issubclass(network, RivalNetwork) and entry.accepts is Port.LAMPS,
        Tool.KNOBS: issubclass(network, HasLatents),
        Tool.MIX: hasattr(network, "mix"),
        Tool.SLIDE: issubclass(network, EncodesCards) and issubclass(network, HasLatents),
    }
    return tuple(tool for tool in Tool if found[tool])


def bout(learner: Successor[Network]) -> tuple[float, float, float] | None:
    """Return losses of critic and creator at the last step, and how often the critic was right; None of no rivals."""
    if not isinstance(learner, Rivals):
        return None
    return learner.critic_loss, learner.creator_loss, learner.told


def needs_examples(up: LoadedSystem, order: DrawingOrder) -> bool:
    """Return whether an order wants cards of the system's own task: real ones for the duel, or in place of others."""
    if order.tool is Tool.DUEL:
        return True
    shown = up.learner.accepts is Port.FIELD or order.tool is Tool.SLIDE
    return shown and len(order.cards) < (2 if order.tool is Tool.SLIDE else 1)


def picked(
    real: np.ndarray, kinds: np.ndarray, classes: tuple[str, ...], order: DrawingOrder
) -> np.ndarray:  # fmt: skip
    """Return some of the real pictures of a task, (k, 20, 20): of the class that is named, or from the example on."""
    if order.tool is Tool.DUEL and order.named in classes:
        same = real[kinds == classes.index(order.named)]
        real = same if len(same) else real
    at = (order.example + SHOWN * order.again * (order.tool is Tool.DUEL) + np.arange(SHOWN)) % len(real)
    return np.asarray(real[at], np.float32)


def drawn(up: LoadedSystem, number: int, order: DrawingOrder, examples: np.ndarray) -> Reply:
    """Carry an order out.

    Parameters
    ----------
    up : LoadedSystem
    number : int
        Of the question.
    order : DrawingOrder
    examples : ndarray, shape (k, 20, 20)
        Real cards, where the order needs them.

    Raises
    ------
    PortError
        For an order that the system cannot carry out.
    """
    since = time.process_time()
    network = up.learner.network
    stimulus, wanted = _stimulus(up, order, examples)
    with no_grad(), up.answering():
        match order.tool:
            case Tool.WALK if isinstance(network, Walks) and isinstance(network, DrawsInSteps):
                field, sheet = _walked(up, network, order, stimulus)
            case Tool.MIX if isinstance(network, MixesStyles):
                field, sheet = _mixed(up, network, order, stimulus)
            case Tool.SLIDE if isinstance(network, EncodesCards) and isinstance(network, HasLatents):
                field, sheet = _between(up, network, order, examples)
            case Tool.KNOBS if isinstance(network, HasLatents):
                field, sheet = _turned(up, network, order, stimulus)
            case Tool.DUEL if isinstance(network, RivalNetwork):
                field, sheet = None, None
            case _:
                raise PortError(f"{up.system.name} knows no {order.tool}", where="studio", remedy="Choose another tool")
    if field is None or sheet is None:
        field, sheet = _fought(up, order, stimulus, examples)
    reply = Reply(
        name=up.system.name, number=number, stimulus=stimulus[0], wanted=wanted, said="", confidence=float("nan"),
        others=(), lamps=None, field=np.asarray(field, np.float32), views=(),
        seconds=time.process_time() - since, task=up.trial.task, sheet=replace(sheet, told=up.told),
    )  # fmt: skip
    mixed = order.tool is Tool.MIX and any(order.theirs) and order.other != order.named
    if order.tool is Tool.SLIDE or mixed:  # nobody can say what it ought to be
        reply = replace(reply, wanted="")
    return room_keepers.judged(reply, up.subject or "digits")


def _code(up: LoadedSystem, named: str) -> np.ndarray:
    """Return the lamps that ask for a class, (8,) bool; all dark for any, and for one that was not learned."""
    dark = np.zeros(R_UNITS, bool)
    if not up.told or named not in up.classes:
        return dark
    return lamps(binary_code(len(up.classes)))[up.classes.index(named)]


def _stimulus(up: LoadedSystem, order: DrawingOrder, examples: np.ndarray) -> tuple[np.ndarray, str]:
    """Return what the system is shown, a batch of one, and the class that is wanted of it."""
    if up.learner.accepts is not Port.LAMPS:
        cards = order.cards or tuple(examples)
        return check_frames(cards[0], where="studio"), ""
    code = _code(up, order.named)
    wanted = order.named if up.told and order.named in up.classes else ""
    return code[None], wanted


def _noise(up: LoadedSystem, again: int, count: int = 1) -> np.ndarray:
    """Return the noise of drawings from number `again` on, (count, k); that of number 0 as the seed gives it."""
    noise = up.learner.noise_of(again, count)
    if not again and count:
        noise[0] = up.first_noise
    return noise


def _turned(
    up: LoadedSystem, network: HasLatents, order: DrawingOrder, stimulus: np.ndarray
) -> tuple[np.ndarray, Sheet]:
    noise = _noise(up, order.again)
    latents = np.array(network.latents_of(stimulus, noise), np.float32)
    span = SPAN if up.learner.accepts is Port.LAMPS else float(max(1.0, 1.25 * np.abs(latents).max()))
    for k, value in order.turned:
        if not 0 <= k < latents.shape[1]:
            raise PortError(f"no number {k + 1} of {latents.shape[1]}", where="studio", remedy="Turn another")
        latents[0, k] = value
    pictures: tuple[Picture, ...] = ()
    if up.learner.accepts is not Port.LAMPS:
        pictures = (Picture("first", stimulus[0]),)
    # Untouched numbers give what the system answers by itself, to the last bit.
    field = network.drawn_of(latents, stimulus, noise)[0] if order.turned else up.learner_answer(stimulus, noise)[0]
    return field, Sheet(tool=Tool.KNOBS, latents=latents[0], span=span, pictures=pictures)


def _between(
    up: LoadedSystem, network: EncodesCards, order: DrawingOrder, examples: np.ndarray
) -> tuple[np.ndarray, Sheet]:
    cards = check_frames(np.stack([*order.cards, *examples][:2]), where="studio")
    codes = network.encoded(cards)
    assert isinstance(network, HasLatents), "who encodes cards draws of the numbers"
    way = np.stack([codes[0], codes[1], codes[0] + (codes[1] - codes[0]) * np.float32(order.share)])
    dark = np.zeros((3, R_UNITS), bool)
    first, second, field = network.drawn_of(way, dark, _noise(up, 1, 3))
    pictures = (
        Picture("first", cards[0]), Picture("back", first), Picture("second", cards[1]), Picture("back", second)
    )  # fmt: skip
    return field, Sheet(tool=Tool.SLIDE, latents=way[2], pictures=pictures)


def _walked(
    up: LoadedSystem, network: Walks, order: DrawingOrder, stimulus: np.ndarray
) -> tuple[np.ndarray, Sheet]:  # fmt: skip
    assert isinstance(network, DrawsInSteps), "who walks draws in steps"
    steps = min(order.steps or network.most_steps, network.most_steps)
    noise = _noise(up, order.again)[:, : network.noise_for(steps)]

    def hand(step: int, x: np.ndarray, signal: float, share: float) -> np.ndarray:
        own = [ink for ink in order.ink if ink.step == step]
        if not own:
            return x
        # What is drawn is noisy like the rest of the picture at this step.
        grain = generator(step, "ink").standard_normal(CELLS).astype(np.float32)
        x = x.copy()
        for _, cell, level in own:
            x[0, cell // SIDE, cell % SIDE] = signal * (2 * level - 1) + share * grain[cell]
        return x

    film, believed, field = list[np.ndarray](), list[np.ndarray](), stimulus
    for began, belief, left in network.steered(stimulus, noise, hand):
        film.append(began[0])
        believed.append(belief[0])
        field = left
    film.append(field[0])
    sheet = Sheet(
        tool=Tool.WALK, latents=np.zeros(0, np.float32),
        film=_levels(film), believed=_levels(believed),
    )  # fmt: skip
    return field[0], sheet


def _levels(pictures: list[np.ndarray]) -> np.ndarray:
    return np.rint(np.stack(pictures) * 255).astype(np.uint8)


def _mixed(
    up: LoadedSystem, network: MixesStyles, order: DrawingOrder, stimulus: np.ndarray
) -> tuple[np.ndarray, Sheet]:
    names = network.layer_names
    theirs = (*order.theirs, *[False] * len(names))[: len(names)]
    other = _code(up, order.other)
    stimuli = stimulus, other[None] if other.any() else stimulus
    noise = _noise(up, order.again), _noise(up, order.other_again)

    def mixed(one: int, two: int) -> np.ndarray:
        return network.mix(stimuli[one], noise[one], stimuli[two], noise[two], theirs)[0]

    field, first, second = mixed(0, 1), mixed(0, 0), mixed(1, 1)
    pictures = (Picture("first", first), Picture("second", second))
    return field, Sheet(tool=Tool.MIX, latents=np.zeros(0, np.float32), pictures=pictures, layers=names)


def _fought(
    up: LoadedSystem, order: DrawingOrder, stimulus: np.ndarray, examples: np.ndarray
) -> tuple[np.ndarray, Sheet]:
    """Lay drawings and real cards before the bank: the forger as it is now, not the mean of its weights."""
    network = up.learner.network
    assert isinstance(network, RivalNetwork), "only rivals fight"
    noise = np.concatenate([_noise(up, SHOWN * order.again + k) for k in range(SHOWN)])
    stimuli = np.repeat(stimulus, SHOWN, 0)
    with no_grad():
        made = np.asarray(network.make(stimuli, noise).data, np.float32).clip(0, 1)
        real = examples[:SHOWN]
        verdicts = [network.verdict(Tensor(p), stimuli[: len(p)]).data for p in (made, real)]
    shares = [1 / (1 + np.exp(-(v.astype(np.float64) - network.threshold))) for v in verdicts]
    pictures = [
        Picture(kind, picture, float(share))
        for kind, rows, found in (("made", made, shares[0]), ("real", real, shares[1]))
        for picture, share in zip(rows, found, strict=True)
    ]
    with no_grad(), up.answering():
        field = up.learner_answer(stimulus, noise[:1])[0]
    return field, Sheet(tool=Tool.DUEL, latents=np.zeros(0, np.float32), pictures=tuple(pictures))
