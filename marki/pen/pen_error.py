"""The one refusal of the pen language."""

from __future__ import annotations

from marki.errors import MarkIError


class PenError(MarkIError):
    """A program that cannot be read, or that does not end within its budget.

    Its fields have ``line`` and ``column``, counted from 1, and ``start`` and ``stop``, the characters concerned.
    """

    kind = "pen"

    @property
    def line(self) -> int:
        """The line concerned, counted from 1."""
        return self._number("line")

    @property
    def span(self) -> tuple[int, int]:
        """The characters concerned, first and one behind the last."""
        return self._number("start"), self._number("stop")

    def _number(self, name: str) -> int:
        found = self.fields.get(name)
        return found if isinstance(found, int) else 0
