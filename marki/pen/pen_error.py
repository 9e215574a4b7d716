"""The one refusal of the pen language."""

from __future__ import annotations

from marki.errors import MarkIError


class PenError(MarkIError):
    """A program that cannot be read, or that does not end within its budget.

    Its fields have ``line`` and ``column``, counted from 1, and ``start`` and ``stop``, the characters concerned.
    """

    kind = "pen"
