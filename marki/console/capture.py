"""Pictures and reports of a window's run, written whole or not at all."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pygame

from marki.files import writing


def save_picture(surface: pygame.Surface, path: Path | str) -> None:
    """Write a surface as PNG."""
    memory = io.BytesIO()
    pygame.image.save(surface, memory, "PNG")
    with writing(path) as file:
        file.write(memory.getvalue())


def frame_times(seconds: list[float]) -> dict[str, float]:
    """Return median, 99th percentile and longest of frame times, ms."""
    ms = np.array(seconds or [0.0]) * 1e3
    return {
        "p50": round(float(np.percentile(ms, 50)), 3),
        "p99": round(float(np.percentile(ms, 99)), 3),
        "max": round(float(ms.max()), 3),
    }
