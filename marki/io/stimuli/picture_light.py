"""The light of a picture: any mode as luminance, transparent parts laid on a ground, upright, and turned."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image as PILImage

FINEST = 2048
"""Points on the longer side above which a picture is made coarser before anything else."""

_ORIENTATION = 0x0112  # of EXIF
_UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: np.fliplr,
    3: lambda a: a[::-1, ::-1],
    4: np.flipud,
    5: np.transpose,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
}
_TWO_TONES = 45.0  # spread of the opaque part's light above which it has paper and ink of its own


def luminance(picture: PILImage.Image) -> tuple[np.ndarray, str]:
    """Return the light of a picture, (h, w) uint8, and the ground on which transparent parts were laid.

    That ground is the one that contrasts with what is not transparent: white for dark ink, black for light ink, and
    the paper's own light where the opaque part has paper and ink.

    Returns
    -------
    light : ndarray of uint8, shape (h, w)
    ground : str
        "white", "black" or "paper"; "" if nothing is transparent.
    """

    from PIL import Image

    orientation = picture.getexif().get(_ORIENTATION, 1)
    coarse, full = max(1, max(picture.size) // FINEST), _full_light(picture)
    shades, weights = [], []
    band = coarse * max(1, 1_000_000 // (coarse * picture.width)) if coarse > 1 else picture.height
    for top in range(0, picture.height, band):  # a large picture is converted band by band, for the sake of memory
        part = (
            picture
            if band >= picture.height
            else picture.crop((0, top, picture.width, min(top + band, picture.height)))
        )
        shade, opaque = _grey(part, full)
        if coarse > 1:
            shade, opaque = (np.asarray(Image.fromarray(a).reduce(coarse)) for a in (shade, opaque))
        shades.append(shade)
        weights.append(opaque)
    shade, opaque = (
        np.ascontiguousarray(_UPRIGHT.get(orientation, lambda a: a)(np.concatenate(a))) for a in (shades, weights)
    )
    if opaque.min(initial=255) == 255:
        return shade, ""
    weight = opaque / 255.0
    total = weight.sum()
    if total == 0:
        return np.zeros_like(shade), "black"
    mean = float((shade * weight).sum() / total)
    spread = math.sqrt(float((weight * (shade - mean) ** 2).sum() / total))
    if spread > _TWO_TONES and weight.mean() > 0.5:
        ground, name = float(np.median(shade[opaque > 127])), "paper"
    else:
        ground, name = (255.0, "white") if mean < 128 else (0.0, "black")
    return np.rint(shade * weight + ground * (1 - weight)).astype(np.uint8), name


def _full_light(picture: PILImage.Image) -> float:
    """Return what stands for full light: of whole numbers, the most that as many bits hold as are in use.

    What has 16 bits a point may come from a camera of 10 or 12.
    """
    if picture.mode[0] not in "IF":
        return 255.0
    if picture.mode[0] == "I":
        return 2.0 ** max(8, int(np.asarray(picture).max(initial=1)).bit_length()) - 1
    values = np.asarray(picture)
    return float(values.max(where=np.isfinite(values), initial=1))


def _grey(picture: PILImage.Image, full: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture of any mode as luminance and opacity, both (h, w) uint8; `full` stands for full light."""
    clear = picture.info.get("transparency")
    if picture.mode.startswith("I"):  # 16 bits a point
        depth = np.asarray(picture).astype(np.int64)
        shade = np.clip(255 * depth // int(full), 0, 255).astype(np.uint8)
        if isinstance(clear, int):
            return shade, np.where(depth == clear, 0, 255).astype(np.uint8)
    elif picture.mode.startswith("F"):  # measured values
        values = np.nan_to_num(np.asarray(picture))
        shade = np.clip(255 * (values / full), 0, 255).astype(np.uint8)
    elif clear is not None or picture.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        coloured = picture.convert("RGBA")
        return np.asarray(coloured.convert("RGB").convert("L")), np.asarray(coloured.getchannel("A"))
    else:
        shade = np.asarray(picture.convert("L") if picture.mode in ("1", "L") else picture.convert("RGB").convert("L"))
    return shade, np.full_like(shade, 255)


def turned_light(light: np.ndarray, turn_deg: float) -> np.ndarray:
    """Return the light of a picture turned counter-clockwise, the corners filled with that of its border."""
    from PIL import Image

    if not turn_deg:
        return light
    border = int(np.median(np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])))
    picture = Image.fromarray(light).rotate(turn_deg, Image.Resampling.BICUBIC, expand=True, fillcolor=border)
    return np.asarray(picture)
