"""Versions: of this program, and what a result depends on beside its settings and seed."""

from __future__ import annotations

__version__ = "0.1.0"


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    from importlib.metadata import version

    return {
        "marki": __version__,
        "numpy": version("numpy"),
        "simpy": version("simpy"),
        "pillow": version("pillow"),
    }
