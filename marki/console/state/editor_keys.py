"""The push-buttons of the editor: with them a program can be written and run by mouse or finger alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marki.pen.tokens import DIRECTIONS, HOLE, INPUT


@dataclass(frozen=True)
class EditorKey:
    """A push-button: its name (``editor.key.NAME`` in the tables), the command that it gives, and what stands on it.

    Attributes
    ----------
    name, command : str
    arguments : mapping
    word : str
        A word of the language, which is the same in all languages; "" for the words of the tables.
    """

    name: str
    command: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    word: str = ""


def _word(word: str) -> EditorKey:
    return EditorKey("word", "add_word", {"word": word}, word)


CONTROLS: tuple[tuple[EditorKey, ...], ...] = (
    (
        EditorKey("run", "run_program"),
        EditorKey("back", "step_program", {"way": -1}),
        EditorKey("step", "step_program", {"way": 1}),
    ),
    (
        EditorKey("less", "turn_n", {"way": -1}),
        EditorKey("more", "turn_n", {"way": 1}),
        EditorKey("undo", "undo"),
        EditorKey("redo", "redo"),
    ),
    (
        EditorKey("cut", "cut"),
        EditorKey("copy", "copy"),
        EditorKey("paste", "paste"),
        EditorKey("all", "select_program"),
    ),
    (
        EditorKey("new", "new_program"),
        EditorKey("open", "open"),
        EditorKey("save", "save"),
        EditorKey("leave", "editor"),
    ),
    (EditorKey("take", "take_offer"), EditorKey("fill", "fill_hole"), EditorKey("card", "program_card")),
)
"""What is done to a program."""

PAD: tuple[tuple[EditorKey, ...], ...] = (
    (
        *(_word(word) for word in ("draw", "go", "rep", "[", "]", INPUT, HOLE)),
        EditorKey("line", "new_program_line"),
        EditorKey("erase", "erase_program", {"way": -1}),
        EditorKey("left", "move_in_program", {"to": "left"}),
        EditorKey("right", "move_in_program", {"to": "right"}),
        EditorKey("up", "move_in_program", {"to": "up"}),
        EditorKey("down", "move_in_program", {"to": "down"}),
    ),
    (*(_word(word) for word in DIRECTIONS), *(_word(str(figure)) for figure in (*range(1, 10), 0))),
)
"""What a program is written with."""

PAD_LARGE: tuple[tuple[EditorKey, ...], ...] = (PAD[0][:7], PAD[0][7:], PAD[1][:8], PAD[1][8:])
"""The same in shorter rows, for large type."""

EDITOR_KEYS: tuple[EditorKey, ...] = tuple(key for rows in (CONTROLS, PAD) for row in rows for key in row)
"""All of them, by the number of their target."""
