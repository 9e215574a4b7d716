"""Tidying: a program with one statement a line, repeats indented, comments and single empty lines where they were."""

from __future__ import annotations

from marki.pen.parser import parse
from marki.pen.tokens import tokens

INDENT = "  "


def tidied(text: str) -> str:
    """Return a program laid out in lines; it says the same, and a tidy one stays as it is.

    Raises
    ------
    PenError
        For a text that is no program.
    """
    parse(text)
    lines: list[str] = []
    depth = at = 0  # `at`: the line of the text on which the last token stands
    for token in tokens(text):
        if token.kind == "comment" and token.line == at:
            lines[-1] += f"  {token.text}"
        elif token.kind in ("verb", "comment", "close"):
            depth -= token.kind == "close"
            if lines and token.line > at + 1:
                lines.append("")
            lines.append(INDENT * depth + token.text)
        else:
            lines[-1] += f" {_plain(token.text)}"
            depth += token.kind == "open"
        at = token.line
    return "".join(f"{line}\n" for line in lines)


def _plain(word: str) -> str:
    """Return a number without noughts before it, and any other word as it is."""
    return str(int(word)) if word.isdecimal() else word
