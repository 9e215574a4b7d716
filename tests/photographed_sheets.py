"""Photographs of sheets as a telephone makes them, drawn: handwriting in the boxes, perspective, shadow, fold, JPEG."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from marki.io.stimuli.handprint import hand_letter, writer
from marki.io.stimuli.letters import letter
from marki.language import Words
from marki.paper.cut_cards import read_page
from marki.paper.page_finder import homography, projected
from marki.paper.sheet_layout import BOX, SheetPlan, boxes, class_names
from marki.paper.sheet_print import DOTS_PER_MM, draw_page

TYPEFACES = ("because-we-build", "because-we-connect", "because-we-create", "because-we-mentor", "because-we-organize")
PLANS = (
    SheetPlan(classes=class_names("A-Z"), copies=2),
    SheetPlan(classes=class_names("A-Z"), copies=3, paper="letter"),
    SheetPlan(classes=class_names("0-9"), copies=4),
    SheetPlan(classes=class_names("0-9,A-F,X"), copies=5),
)
MEGAPIXELS = (1, 1, 2, 2, 3, 5, 8, 8, 12, 12)


@dataclass
class Photograph:
    """A photograph as JPEG, and what is true of it."""

    jpeg: bytes
    plan: SheetPlan
    page: int
    written: np.ndarray
    to_picture: np.ndarray
    megapixels: float
    tilt: float
    folded: bool


@dataclass
class Outcome:
    """How a photograph was read."""

    written: int
    right: int
    false: int
    unsure: int
    worst: float


@functools.lru_cache(maxsize=16)
def blank(plan, page):
    return draw_page(plan, page, Words("en"))


def write(image, plan, page, rng):
    """Write into some boxes; return which."""
    names = plan.page_classes(page)
    written = rng.random(len(names)) < 0.8
    hand, shade = writer(int(rng.integers(10_000))), int(rng.integers(20, 110))
    face = TYPEFACES[int(rng.integers(len(TYPEFACES)))] if rng.random() < 0.3 else ""
    for name, place, here in zip(names, boxes(plan), written, strict=False):
        if not here:
            continue
        card = letter(name, face).card if face else hand_letter(name, rng=rng, hand=hand).card
        side = round(BOX * DOTS_PER_MM * rng.uniform(0.7, 0.95))
        mask = Image.fromarray(card).resize((side, side))
        if rng.random() < 0.5:  # a thinner pen
            mask = mask.filter(ImageFilter.MinFilter(5))
        box = mask.getbbox() or (0, 0, side, side)
        slack = BOX - 3.4 - (np.array([box[2] - box[0], box[3] - box[1]]) / DOTS_PER_MM)
        if (slack < 0).any():
            mask = mask.crop(box)
            mask.thumbnail((round((BOX - 3.6) * DOTS_PER_MM),) * 2)
            box = (0, 0, *mask.size)
            slack = BOX - 3.4 - np.array(mask.size) / DOTS_PER_MM
        corner = place + 1.7 + slack * rng.uniform(0.2, 0.8, 2)
        mask = mask.crop(box)
        image.paste(shade, tuple(int(v) for v in np.rint(corner * DOTS_PER_MM)), mask)
    return written


def written_sheet(path, plan=PLANS[0], seed=0):
    """Save a picture of a sheet that was written on and scanned; return what was written."""
    image = blank(plan, 1).copy()
    written = write(image, plan, 1, np.random.default_rng(seed))
    image.resize((image.width // 3, image.height // 3), Image.Resampling.BOX).save(path)
    return [name for name, here in zip(plan.page_classes(1), written, strict=True) if here]


def fold(image, plan, rng):
    """Fold a corner over; return the mask of what is left of the page."""
    width, height = image.size
    a, b = rng.uniform(14, 30, 2) * DOTS_PER_MM
    k = int(rng.integers(4))
    corner = np.array([(0, 0), (width, 0), (width, height), (0, height)][k], float)
    inward = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)][k])
    p, q = corner + np.array([a, 0]) * inward, corner + np.array([0, b]) * inward
    along = (q - p) / np.linalg.norm(q - p)
    tip = 2 * (p + along * ((corner - p) @ along)) - corner
    mask = Image.new("L", image.size, 255)
    ImageDraw.Draw(mask).polygon([tuple(corner), tuple(p), tuple(q)], fill=0)
    draw = ImageDraw.Draw(image)
    draw.polygon([tuple(p), tuple(q), tuple(tip)], fill=int(rng.integers(215, 240)))
    draw.line([tuple(p), tuple(tip), tuple(q)], fill=150, width=6)
    return mask


def camera(plan, size, rng, tilt, way):
    """Return the perspective from the page's millimetres to points of a picture."""
    direction = rng.uniform(0, 2 * np.pi)
    axis = np.array([np.cos(direction), np.sin(direction), 0])
    k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    t, roll = np.radians(tilt), np.radians(90 * way + rng.uniform(-12, 12))
    lean = np.eye(3) + np.sin(t) * k + (1 - np.cos(t)) * k @ k
    turn = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    corners = np.array([(0, 0), (plan.size[0], 0), plan.size, (0, plan.size[1])]) - np.array(plan.size) / 2
    solid = np.concatenate([corners, np.zeros((4, 1))], axis=1) @ (lean @ turn).T
    focal, fill = rng.uniform(0.8, 1.1) * max(size), rng.uniform(0.72, 0.95)
    near, far = 100.0, 5000.0
    for _ in range(40):
        distance = (near + far) / 2
        at = focal * solid[:, :2] / (solid[:, 2:] + distance)
        span = np.ptp(at, axis=0)
        near, far = (distance, far) if (span > fill * np.array(size)).any() else (near, distance)
    room = np.array(size) - span
    at = at - at.min(axis=0) + room * rng.uniform(0.3, 0.7, 2)
    return homography(corners + np.array(plan.size) / 2, at)


def desk(size, rng):
    """Return a table: grain, some lines, some light or dark things."""
    small = rng.normal(0, 1, (40, 60))
    ground = Image.fromarray(np.uint8(np.clip(rng.integers(40, 210) + 12 * small, 0, 255))).resize(size, 3)
    draw = ImageDraw.Draw(ground)
    for _ in range(int(rng.integers(0, 12))):
        x, y = rng.uniform(0, size[0]), rng.uniform(0, size[1])
        radius = rng.uniform(0.005, 0.05) * max(size)
        draw.ellipse([x, y, x + radius, y + radius], outline=int(rng.integers(256)), width=max(1, int(radius / 6)))
    return ground


def through(image, matrix, size, fill=0):
    """Return an image of the page seen through the camera."""
    back = np.linalg.inv(matrix)
    back = np.diag([DOTS_PER_MM, DOTS_PER_MM, 1]) @ back
    back = (back / back[2, 2]).reshape(-1)[:8]
    return image.transform(size, Image.Transform.PERSPECTIVE, tuple(back), Image.Resampling.BILINEAR, fillcolor=fill)


def photographed(seed, megapixels=None):
    """Return the photograph with this number."""
    rng = np.random.default_rng([17, seed])
    plan = PLANS[int(rng.integers(len(PLANS)))]
    page = int(rng.integers(plan.pages)) + 1
    image = blank(plan, page).copy()
    written = write(image, plan, page, rng)
    folded = rng.random() < 0.3
    mask = fold(image, plan, rng) if folded else Image.new("L", image.size, 255)
    drawn = MEGAPIXELS[int(rng.integers(len(MEGAPIXELS)))]
    megapixels = megapixels or (48 if seed % 25 == 24 else drawn)
    long, short = np.sqrt(megapixels * 1e6 * 4 / 3), np.sqrt(megapixels * 1e6 * 3 / 4)
    way = int(rng.integers(4))
    upright = (way % 2 == 0) != (rng.random() < 0.15)  # now and then a page across the picture
    size = (round(short), round(long)) if upright else (round(long), round(short))
    tilt = rng.uniform(0, 30)
    matrix = camera(plan, size, rng, tilt, way)
    # The page in about the picture's resolution, so that nothing flickers.
    dense = float(np.linalg.norm(np.ptp(projected(matrix, np.array([[20.0, 150], [190, 150]])), axis=0)) / 170)
    if dense < 0.7 * DOTS_PER_MM:
        image = image.filter(ImageFilter.GaussianBlur(0.45 * DOTS_PER_MM / dense))
    sheet, cover = through(image, matrix, size), through(mask, matrix, size)
    scene = Image.composite(sheet, desk(size, rng), cover)
    light = lit(rng, size)
    scene = ImageChops.multiply(scene, light)
    scene = scene.filter(ImageFilter.GaussianBlur(rng.uniform(0.1, 0.9) * max(1, max(size) / 2400)))
    grain = Image.fromarray(np.uint8(np.clip(rng.normal(128, rng.uniform(1, 6), (512, 512)), 0, 255)))
    noise = Image.new("L", size)
    for x in range(0, size[0], 512):
        for y in range(0, size[1], 512):
            noise.paste(grain, (x, y))
    scene = ImageChops.add(scene, noise, offset=-128)
    memory = io.BytesIO()
    scene.convert("RGB").save(memory, "JPEG", quality=40)
    truth = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]]) @ matrix  # the middle of the first point is (0, 0)
    return Photograph(memory.getvalue(), plan, page, written, truth, megapixels, tilt, folded)


def lit(rng, size):
    """Return light that falls off across the picture, with the soft shadow of a hand or not."""
    y, x = np.mgrid[0:1:120j, 0:1:120j]
    way = rng.uniform(0, 2 * np.pi)
    across = np.cos(way) * (x - 0.5) + np.sin(way) * (y - 0.5) + 0.5
    light = rng.uniform(0.75, 1.0) * (1 - rng.uniform(0.1, 0.55) * np.clip(across, 0, 1))
    if rng.random() < 0.4:
        edge, soft = rng.uniform(0.3, 0.8), rng.uniform(0.02, 0.2)
        turn = rng.uniform(0, 2 * np.pi)
        side = np.cos(turn) * (x - 0.5) + np.sin(turn) * (y - 0.5) + 0.5
        light = light * (1 - rng.uniform(0.1, 0.4) / (1 + np.exp(-(side - edge) / soft * 4)))
    return Image.fromarray(np.uint8(255 * light)).resize(size, 3)


def outcome(photo, path):
    """Read a photograph as the program does, and hold it against the truth."""
    number = int(photo.written.sum())
    page = read_page(path)
    for box in page.written:
        box.card()
    if (page.found.plan, page.found.page) != (photo.plan, photo.page):
        return Outcome(number, 0, 0, 0, np.inf)
    back = np.linalg.inv(photo.to_picture)
    right = false = 0
    worst = 0.0
    truth = zip(page.boxes, photo.plan.page_classes(photo.page), boxes(photo.plan), photo.written, strict=False)
    with Image.open(path) as image:
        scale = np.array(image.size) / page.size
    for box, name, place, here in truth:
        if not here:
            false += not box.empty
            continue
        corners = place + BOX * np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
        in_picture = (box.corners + 0.5) * scale - 0.5
        off = np.linalg.norm(projected(back, in_picture) - corners, axis=1).max() / BOX
        worst = max(worst, off)
        right += off <= 0.05 and box.label == name and not box.empty
    return Outcome(number, right, false, len(page.unsure), worst)
