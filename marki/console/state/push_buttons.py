"""The small push-buttons on panels of the timeline, each for one command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marki.io.exhibits import SystemKind


@dataclass(frozen=True)
class Button:
    """A push-button: its name in the string table (``timeline.knob.NAME``), and the command that it gives."""

    name: str
    command: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


BUTTONS = (
    Button("learn", "learn"),
    Button("stop", "learn"),
    Button("shipped", "shipped"),
    Button("last_example", "last_example"),
    Button("example", "example"),
    Button("live", "live"),
    Button("type_line", "type_line"),
    Button("thin", "pen", {"width": 1}),
    Button("wide", "pen", {"width": 2}),
    Button("eraser", "pen", {"width": 0}),
    Button("clear", "clear"),
    Button("card", "put_away"),
    Button("drawn_before", "last_example"),
    Button("draw_again", "example"),
    Button("latents_back", "latents_back"),
    Button("walk_play", "walk_play"),
    Button("walk_stop", "walk_play"),
    Button("walk_back", "walk_step", {"way": -1}),
    Button("walk_on", "walk_step", {"way": 1}),
    Button("walk_steps", "walk_steps"),
    Button("wipe", "wipe"),
    Button("mix_next", "mix_next"),
    Button("mix_swap", "mix_swap"),
    Button("pin_first", "pin_card"),
    Button("pin_second", "pin_card", {"second": True}),
    Button("own_cards", "own_cards"),
    Button("learn2", "learn_beside"),
    Button("stop2", "learn_beside"),
    Button("kind_all", "kind", {"name": ""}),
    *(Button(f"kind_{kind}", "kind", {"name": str(kind)}) for kind in SystemKind),
    Button("task_before", "last_example"),
    Button("next_task", "example"),
    Button("scene_before", "last_example"),
    Button("next_scene", "example"),
    Button("ask_scene", "type_line"),
    Button("sentence_before", "last_example"),
    Button("next_sentence", "example"),
    Button("same_before", "drawn_before"),
    Button("same_again", "draw_again"),
    Button("tries", "tries"),
    Button("temperature", "next_temperature"),
    Button("scale_in", "zoom", {"way": 1}),
    Button("scale_out", "zoom", {"way": -1}),
    Button("scale_whole", "whole"),
    Button("room_training", "room_training"),
    Button("room_fewer_ranks", "room_turn", {"name": "ranks", "way": -1}),
    Button("room_more_ranks", "room_turn", {"name": "ranks", "way": 1}),
    Button("room_fewer_micros", "room_turn", {"name": "micros", "way": -1}),
    Button("room_more_micros", "room_turn", {"name": "micros", "way": 1}),
    Button("room_schedule", "room_schedule"),
    Button("room_again", "room_again"),
    Button("shots_fewer", "shots", {"way": -1}),
    Button("shots_more", "shots", {"way": 1}),
    Button("shots_none", "shots_to", {"count": 0}),
    Button("shots_all", "shots_to", {"count": 99}),
    Button("shots_next", "next_book"),
    Button("strip_left", "scroll_strip", {"way": -1}),
    Button("strip_right", "scroll_strip", {"way": 1}),
)
PENS = {2: "wide", 1: "thin", 0: "eraser"}
"""The buttons of the pens, by the pen that each gives."""

NUMBER = {button.name: k for k, button in enumerate(BUTTONS)}
