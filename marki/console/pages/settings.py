"""Settings of machine and world, to be changed while it runs; each change is a command of the log."""

from __future__ import annotations

from marki.console.pages.context import Context
from marki.console.state.blocks import Heading, PageBlock, PageRow, Text

FIRST = (
    "world.name", "world.typefaces", "world.shift", "world.turn_deg", "world.zoom", "machine.reinforcement.control",
    "machine.reinforcement.rule", "machine.reinforcement.polarity", "machine.reinforcement.pulse_us",
    "machine.reinforcement.decay", "machine.association.theta", "machine.plugboard.excitatory",
    "machine.plugboard.inhibitory", "machine.plugboard.layout", "machine.response.readout",
)  # fmt: skip
FAULTS = {"dead_cells": 20, "cut_wires": 25, "stuck_off": 25, "stuck_on": 10, "stuck_motors": 50}
"""How many units a press breaks."""

HIDDEN = (
    "machine.response.units", "machine.response.source_set", "machine.plugboard.patches", "world.part", "world.images",
    "world.mnist", "world.pictures.frame",
)  # fmt: skip


def settings(context: Context) -> list[PageBlock]:
    """Return the settings that matter most, then ways to break things, then everything."""
    words, scene, operator = context.words, context.scene, context.operator
    world = {f"world.{n}": (v, meta) for n, v, meta in operator.world_config().items()}
    machine = {f"machine.{n}": (v, meta) for n, v, meta in scene.config.items()}
    everything = machine | world

    def line(name: str) -> PageRow:
        value, meta = everything[name]
        chosen = isinstance(value, bool) or bool(meta["choices"])
        unit = words.get(f"unit.{meta['unit']}", meta["unit"]) if meta["unit"] else ""
        shown = operator.shown_value(value)
        return PageRow(
            words(f"setting.{name}"),
            right=f"{shown} {unit}".strip(),
            command="pick_setting" if chosen else "type_setting",
            arguments={"name": name, "way": 1} if chosen else {"name": name},
            turn="turn_setting" if chosen or isinstance(value, (int, float)) else "",
        )

    found: list[PageBlock] = [Text(words("settings.how"), dim=True), *(line(n) for n in FIRST)]
    found.append(Heading(words("settings.trainer")))
    courses = list(context.session.configs)
    for name in courses:
        lit = courses.index(name) == context.session.course
        value = {"name": name, "learn": name != "exam"}
        found.append(PageRow(words.get(f"course.{name}", name), command="course", arguments=value, lit=lit))
    found.append(Heading(words("settings.faults")))
    faults = scene.config.faults.to_mapping()
    for name, count in FAULTS.items():
        broken = len(faults[name])
        text = words(f"settings.break_{name}", count=count)
        found.append(
            PageRow(
                text, right=f"{broken}", command="break_some", arguments={"name": name, "count": count}, mark="wrong"
            )
        )
    found.append(PageRow(words("settings.mend"), command="mend", mark="right"))
    found.append(Heading(words("settings.window")))
    for name, on in (("still", scene.ui.still), ("projector", scene.ui.projector)):
        found.append(
            PageRow(words(f"command.{name}"), right=words("value.on" if on else "value.off"), command=name, lit=on)
        )
    found.append(PageRow(words("command.language"), right=words("message.language"), command="language"))
    group = ""
    for name in everything:
        if name in (*FIRST, *HIDDEN) or name.startswith("machine.faults."):
            continue
        if (room := name.rsplit(".", 1)[0]) != group:
            group = room
            found.append(Heading(words(f"setting.group.{room.rsplit('.', 1)[-1]}")))
        found.append(line(name))
    return found


def worlds(context: Context) -> list[PageBlock]:
    """Return all worlds; the one that is learned in is lit."""
    words, now = context.words, context.operator.world_config()
    names = next(meta["choices"] for name, _, meta in now.items() if name == "name")
    rows = [
        PageRow(words(f"choice.{name}"), command="choose_world", arguments={"name": name}, lit=name == now.name)
        for name in names
    ]
    return [Text(words("worlds.how"), dim=True), *rows, PageRow(words("worlds.back"), command="settings")]
