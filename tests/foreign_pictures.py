"""Pictures as people bring them: other people's digits saved in four ways, and photographs of letters.

`benchmarks/bench_pictures.py` prints the figures.
"""

import functools
import io
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageFilter

from marki.io.camera import Camera
from marki.io.responses import lamps
from marki.io.stimuli import handprint, letters
from marki.io.stimuli.fitting import Fitting, fit_card
from successors import registry
from successors.tasks.letters import HELD_OUT

SIDE = 240
WAYS = ("light on dark", "dark on white", "photograph of dark ink", "black ink, transparent ground")


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return scikit-learn's 1,797 digits, (n, 8, 8) from 0 to 1, and what they say."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return found.images / 16, found.target


def saved(digit: np.ndarray, number: int, way: str) -> Image.Image:
    """Return a digit as a picture, saved in one of `WAYS`; each third is also turned by 5 degrees and unevenly lit."""
    ink = np.pad(digit, 2)
    ink = np.asarray(Image.fromarray((ink * 255).astype(np.uint8)).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    if way == WAYS[0]:
        picture = Image.fromarray(ink)
    elif way == WAYS[1]:
        picture = Image.fromarray(255 - ink)
    elif way == WAYS[2]:
        grain = np.random.default_rng(number).normal(0, 0.02, ink.shape)
        paper = np.linspace(0.95, 0.65, SIDE)[None, :] * np.linspace(1, 0.9, SIDE)[:, None]
        picture = Image.fromarray((255 * np.clip(paper * (1 - 0.8 * ink / 255) + grain, 0, 1)).astype(np.uint8))
    else:
        picture = Image.merge("RGBA", [Image.new("L", (SIDE, SIDE), 0)] * 3 + [Image.fromarray(ink)])
    return disturbed(picture, number) if number % 3 == 0 else picture


def disturbed(picture: Image.Image, number: int) -> Image.Image:
    """Return a picture turned by 5 degrees either way; unless it is transparent, also lit from one side."""
    turn = 5 if number % 2 else -5
    if picture.mode == "RGBA":  # no light falls on what has no ground
        return picture.rotate(turn, Image.Resampling.BICUBIC)
    light = np.asarray(picture)
    border = int(np.median(np.concatenate([light[0], light[-1]])))
    light = np.asarray(picture.rotate(turn, Image.Resampling.BICUBIC, fillcolor=border))
    angle = np.random.default_rng([number, 7]).uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    lamp = 1 - 0.4 * (0.5 + 0.5 * (np.cos(angle) * x + np.sin(angle) * y) / 1.42)
    return Image.fromarray(np.clip(light * lamp, 0, 255).astype(np.uint8))


def letter_cards(count: int, first: int = 0) -> Iterator[tuple[int, str, np.ndarray]]:
    """Yield (number, letter, card): the alphabet by turns hand-printed by a new writer and in a face held out."""
    for number in range(first, first + count):
        letter, turn = letters.LETTERS[number % 26], number // 26
        if turn % 2:
            card = letters.letter(letter, HELD_OUT[(turn // 2) % len(HELD_OUT)]).card
        else:
            card = handprint.hand_alphabet(1000 + turn, letters=letter)[0].card
        yield number, letter, card


def photographed(card: np.ndarray, number: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Return a photograph of a letter: textured paper, perspective, blur, uneven light, a shadow, JPEG quality 40."""
    rng = np.random.default_rng([number, 11])
    width, height = size
    side = int(rng.uniform(0.3, 0.6) * height)
    at = int(rng.uniform(0.1 * width, 0.9 * width - side)), int(rng.uniform(0.1 * height, 0.9 * height - side))
    page = Image.new("L", size)
    page.paste(Image.fromarray(card).resize((side, side), Image.Resampling.BICUBIC), at)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    seen = corners + rng.uniform(-0.06, 0.06, (4, 2)) * size
    rows, values = [], []
    for (x, y), (u, v) in zip(seen, corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    plane = np.linalg.solve(np.array(rows), values).tolist()
    page = page.transform(size, Image.Transform.PERSPECTIVE, plane, Image.Resampling.BICUBIC)
    ink = np.asarray(page.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 1.5)))) / 255
    grain, clouds = rng.normal(0, 1, (height, width)), rng.normal(0, 1, (height // 12, width // 12))
    clouds = np.asarray(Image.fromarray(clouds.astype(np.float32)).resize(size, Image.Resampling.BICUBIC))
    paper = 0.9 + 0.02 * grain + 0.025 * clouds
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    lamp = 1 - 0.25 * (np.cos(angle) * x + np.sin(angle) * y + 1.4) / 2.8
    angle = rng.uniform(0, 2 * np.pi)
    edge = np.cos(angle) * x + np.sin(angle) * y - rng.uniform(-0.5, 0.5)
    shadow = 1 - 0.4 / (1 + np.exp(-edge / rng.uniform(0.02, 0.15)))
    light = (paper * (1 - ink) + rng.uniform(0.12, 0.35) * ink) * lamp * shadow
    coloured = np.clip(light[..., None] * np.array([1, 0.97, 0.9]) * 255, 0, 255).astype(np.uint8)
    memory = io.BytesIO()
    Image.fromarray(coloured).save(memory, "JPEG", quality=40)
    return Image.open(io.BytesIO(memory.getvalue()))


@functools.cache
def reader(name: str, task: str):
    """Return a system with its shipped weights for a task, and the lamps of each class."""
    found = registry.weights(name, task)
    assert found is not None
    path, trial = found
    assert trial.task == task
    return registry.create(name, weights=path), lamps(registry.code(trial))


def frames(pictures, fit: str, **told) -> np.ndarray:
    """Return what the photocells see of pictures that went through the door."""
    how = Fitting(fit=fit, **told)
    return np.array([Camera().frame(fit_card(picture, how).card) for picture in pictures])


def fraction_right(name: str, task: str, seen: np.ndarray, kinds: np.ndarray) -> float:
    """Return the fraction of frames that a system takes for what they are."""
    system, code = reader(name, task)
    return float((system.respond(seen) == code[kinds]).all(axis=1).mean())
