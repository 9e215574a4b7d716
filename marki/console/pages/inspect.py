"""One unit in focus: its whole sum, wire by wire and value by value, as one would check it by hand; and provenance."""

from __future__ import annotations

import numpy as np

from marki import provenance
from marki.console.pages.context import Context
from marki.console.state.blocks import Card, Heading, PageBlock, PageRow, Text
from marki.io.frame import CELLS, SIDE

PARTS = {
    "s": ("machine.s_units", "machine.sensory."), "toggle": ("machine.s_units",),
    "a": ("machine.a_units", "machine.association."),
    "value": ("machine.values_per_a_unit", "machine.potentiometers."), "r": ("machine.r_units", "machine.response."),
    "plugboard": ("machine.plugboard.",), "trainer": ("machine.reinforcement.", "machine.sequencer."),
    "cell": ("world.optics.", "machine.retina_side"), "layer": ("machine.store_",),
}  # fmt: skip
"""Rows of the provenance table that belong to each kind of part, by the beginnings of their names."""


def inspect(context: Context) -> list[PageBlock]:
    """Return everything about the unit that is picked."""
    part = context.scene.ui.picked
    if part is None:
        return _summary(context)
    unit = {"s": _s_unit, "toggle": _s_unit, "cell": _s_unit, "a": _a_unit, "value": _value, "r": _r_unit}
    return unit[part.kind](context, part.number)


def _summary(context: Context) -> list[PageBlock]:
    """Return what all R-units look for, as long as no unit is picked."""
    words, scene = context.words, context.scene
    found: list[PageBlock] = [Text(words("inspect.none")), Heading(words("inspect.template"))]
    return [*found, *(_template(context, unit, f"R{unit + 1}") for unit in range(scene.units))]


def _unit(text: str, right: str, kind: str, number: int, mark: str = "", share: float | None = None) -> PageRow:
    """Return a line that takes another unit into focus."""
    arguments = {"kind": kind, "number": number}
    return PageRow(text, right=right, command="pick", arguments=arguments, mark=mark, share=share)


def _template(context: Context, unit: int, text: str) -> Card:
    """Return a heat map of the retina: each cell's wires to the A-units of an R-unit, times their values."""
    scene = context.scene
    mine = scene.source_set == unit
    template = scene.wiring[mine].T.astype(float) @ scene.values[mine]
    most = np.abs(template).max() or 1.0
    return Card(text, np.rint(template / most * 127).astype(np.int8).tobytes(), True)


def _s_unit(context: Context, n: int) -> list[PageBlock]:
    words, scene, view = context.words, context.scene, context.scene.snapshot.view
    bank = context.session.learner.sensory
    row, column = divmod(n, SIDE)
    ends = np.flatnonzero(scene.wiring[:, n])
    on = bool(view.s.reshape(-1)[n])
    forced = int(scene.forced[n])
    found: list[PageBlock] = [
        Heading(words("inspect.s_unit", number=n + 1, row=row + 1, column=column + 1)),
        PageRow(words("inspect.light"), right=f"{view.light.reshape(-1)[n]:.3f}"),
        PageRow(words("inspect.signal"), right=f"{view.signal.reshape(-1)[n]:.3f}"),
        PageRow(words("inspect.threshold"), right=f"{bank.level_now[n]:.3f}"),
        PageRow(
            words("inspect.toggle"), right=words(f"toggle.{forced}"), command="throw_toggle", arguments={"number": n}
        ),
        PageRow(words("inspect.relay"), right=words("value.on" if on else "value.off"), mark="dot", lit=on),
    ]
    if n + 1 in scene.config.faults.dead_cells:
        found.append(PageRow(words("inspect.dead"), mark="wrong"))
    found.append(Heading(words("inspect.feeds", count=len(ends))))
    for a in ends.tolist():
        mark = "plus" if scene.wiring[a, n] > 0 else "minus"
        found.append(_unit(f"A{a + 1}", words(f"wire.{mark}"), "a", a, mark=mark))
    return found


def _a_unit(context: Context, n: int) -> list[PageBlock]:
    words, scene, view = context.words, context.scene, context.scene.snapshot.view
    theta = scene.config.association.theta
    s = view.s.reshape(-1)
    wires = np.flatnonzero(scene.wiring[n])
    total = int((scene.wiring[n] * s).sum())
    fires = bool(view.a[n])
    took_part = bool(context.session.learner.active[n])
    found: list[PageBlock] = [
        Heading(words("inspect.a_unit", number=n + 1)),
        PageRow(words("inspect.sum"), right=f"{total:+d}"),
        PageRow(words("inspect.theta"), right=f"{theta:d}"),
        PageRow(words("inspect.fires" if total >= theta else "inspect.silent", total=total, theta=theta),
            mark="right" if total >= theta else "wrong"),
        PageRow(words("inspect.relay"), right=words("value.on" if fires else "value.off"), mark="dot", lit=fires),
        PageRow(words("inspect.took_part"), right=words("value.yes" if took_part else "value.no")),
        _unit(words("inspect.value"), f"{scene.values[n]:+.2f}°", "value", n),
        _unit(words("inspect.to_r"), f"R{scene.source_set[n] + 1}", "r", int(scene.source_set[n])),
    ]  # fmt: skip
    faults = scene.config.faults
    wrong = {"cut_wires": faults.cut_wires, "stuck_off": faults.stuck_off, "stuck_on": faults.stuck_on}
    for name, units in wrong.items():
        if n + 1 in units:
            found.append(PageRow(words(f"inspect.{name}"), mark="wrong"))
    cells = np.zeros(CELLS, np.int8)
    cells[wires] = scene.wiring[n, wires] * np.where(s[wires], 127, 60)
    found.append(Card(words("inspect.wires_card"), cells.tobytes(), True))
    found.append(Heading(words("inspect.wires", count=len(wires))))
    for cell in wires.tolist():
        sign, lit = int(scene.wiring[n, cell]), bool(s[cell])
        found.append(
            PageRow(words("inspect.wire", cell=cell + 1, state=words("value.on" if lit else "value.off")),
                right=f"{sign * lit:+d}" if lit else "0", command="patch",
                arguments={"unit": n, "cell": cell, "sign": "="}, mark="plus" if sign > 0 else "minus", lit=lit)
        )  # fmt: skip
    found.append(PageRow(words("inspect.plug"), command="type_patch", arguments={"unit": n}))
    found.append(Text(words("inspect.cut_how"), dim=True))
    return found


def _value(context: Context, n: int) -> list[PageBlock]:
    words, scene = context.words, context.scene
    store = context.session.learner.potentiometers
    angle, reading = float(scene.values[n]), float(context.readings()[n])
    turning = int(scene.turning[n])
    motor = words("motor.up" if turning > 0 else "motor.down" if turning < 0 else "motor.rest")
    layer, place = divmod(n, 64)
    found: list[PageBlock] = [
        Heading(words("inspect.potentiometer", number=n + 1)),
        PageRow(words("inspect.angle"), right=f"{angle:+.3f}°", command="type_turn", arguments={"unit": n},
            turn="notch"),
        PageRow(words("inspect.reading"), right=f"{reading:+.1f}°"),
        PageRow(words("inspect.stops"), right=f"±{store.stop / 1e6:g}°"),
        PageRow(words("inspect.motor"), right=motor),
        PageRow(words("inspect.speed"), right=f"{store.speed[n] / 1e6:.3f}°/s"),
        PageRow(words("inspect.place"), right=f"{layer + 1}/{place // 8 + 1}/{place % 8 + 1}"),
        _unit(words("inspect.of_a", number=n + 1), "", "a", n),
        _unit(words("inspect.to_r"), f"R{scene.source_set[n] + 1}", "r", int(scene.source_set[n])),
    ]  # fmt: skip
    if n + 1 in scene.config.faults.stuck_motors:
        found.append(PageRow(words("inspect.stuck_motors"), mark="wrong"))
    found.append(Text(words("inspect.turn_how"), dim=True))
    return found


def _r_unit(context: Context, n: int) -> list[PageBlock]:
    words, scene, learner = context.words, context.scene, context.session.learner
    if n >= scene.units:
        return [Heading(f"R{n + 1}"), Text(words("inspect.not_in_use"))]
    mine = scene.source_set == n
    if scene.covered:
        return [
            Heading(words("inspect.r_unit", number=n + 1, count=int(mine.sum()))),
            PageRow(words("inspect.answer"), right="?"),
            Text(words("timeline.hidden")),
        ]
    active = np.flatnonzero(learner.active & mine)
    readings = context.readings()
    total = float(readings[active].sum())
    found: list[PageBlock] = [
        Heading(words("inspect.r_unit", number=n + 1, count=int(mine.sum()))),
        PageRow(words("inspect.took_part_count"), right=f"{len(active)}"),
        PageRow(words("inspect.sum_now"), right=f"{total:+.1f}°"),
        PageRow(words("inspect.sum_read"), right=f"{scene.snapshot.view.u_r[n]:+.1f}°"),
        PageRow(words("inspect.dead_zone"), right=f"±{scene.dead_zone:g}°"),
        PageRow(words("inspect.answer"), right=str(int(scene.snapshot.view.r[n]))),
        PageRow(
            words("inspect.forced"),
            right=words(f"toggle.{int(scene.r_forced[n])}"),
            command="throw_force",
            arguments={"number": n},
        ),
    ]
    found.append(_template(context, n, words("inspect.template")))
    found.append(Heading(words("inspect.values", count=len(active))))
    biggest = max(1.0, float(np.abs(readings[active]).max(initial=0)))
    for a in active[np.argsort(-np.abs(readings[active]), kind="stable")].tolist():
        value = float(readings[a])
        mark = "plus" if value > 0 else "minus" if value < 0 else "dot"
        found.append(_unit(f"A{a + 1}", f"{value:+.1f}°", "a", a, mark=mark, share=value / biggest))
    return found


def provenance_of(context: Context) -> list[PageBlock]:
    """Return where the constants of what is pointed at come from; of everything, when nothing is."""
    words, ui = context.words, context.scene.ui
    part = ui.focus if ui.focus is not None and ui.focus.kind in PARTS else ui.picked
    begins = PARTS.get(part.kind, ("",)) if part is not None else ("",)
    found: list[PageBlock] = [Text(words("provenance.how"), dim=True)]
    for badge in provenance.BADGES:
        found.append(Text(f"{words(f'badge.{badge}')}: {words(f'provenance.{badge}')}", dim=True))
    own = context.scene.sources
    rows = provenance.laid_over(own)
    for name in (*own, *(name for name in rows if name not in own)):  # what somebody found comes first
        row = rows[name]
        if not name.startswith(begins):
            continue
        unit = words.get(f"unit.{row.unit}", row.unit) if row.unit else ""
        label = words.get(f"setting.{name}", words.get(f"constant.{name}", name))
        value = context.operator.shown_value(row.value)
        found.append(Heading(label))
        shown = f"{value} {unit}".strip()
        short = len(shown) <= SHORT
        found.append(PageRow(words(f"badge.{row.badge}"), right=shown if short else "", mark=_SIGNS[row.badge]))
        if not short:
            found.append(Text(shown))
        if row.source:
            found.append(Text(words("provenance.source", source=words.source(row.cited))))
        note = words.get(f"note.{name}", row.note) if words.language != "en" and name not in own else row.note
        if note:
            found.append(Text(note, dim=True))
    return found


SHORT = 12
"""Characters of a value that stand beside the longest badge; a longer one has a line of its own."""

_SIGNS = {"documented": "right", "inferred": "plus", "assumed": "dot", "modern": "minus"}
