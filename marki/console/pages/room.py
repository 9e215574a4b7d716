"""The pages of the machine room: what is turned and measured, the ledger card of a training, and the table of all."""

from __future__ import annotations

from collections.abc import Sequence

from marki.comparison import AGREES, DEVIATES, VERDICTS
from marki.console.pages.context import Context
from marki.console.state.blocks import Heading, PageBlock, PageRow, Text
from marki.console.state.room_view import RoomView
from marki.io.machine_room import EVEN, CardLine
from marki.language import Words

GROUPS = ("cost", "ledger", "step", "figures")
MARKS = {AGREES: "right", DEVIATES: "wrong"}
"""Signs before a simulated figure; one that cannot be compared has a dot."""

SHOWN_MOST = {"ranks": 64, "micros": 480, "parts": 4, "tensor": 64, "replicas": 512}
"""Values at which the bars under the lines are full."""


def room(context: Context) -> list[PageBlock]:
    """Return the page."""
    words, view, controller = context.words, context.scene.room, context.operator.timeline
    if view is None or controller is None:
        return [Text(words("timeline.none"))]
    found: list[PageBlock] = [Text(words("room.how"), dim=True), *_sliders(view, words)]
    if view.trouble:
        found.append(Text(view.trouble))
    if view.chart is not None:
        found += _measured(view, words)
    card = controller.room.card(words)
    if card is None:
        found.append(Text(words("room.reckoning"), dim=True))
    else:
        found += _card(card, words)
    return found


def _sliders(view: RoomView, words: Words) -> list[PageBlock]:
    plan, plate = view.plan, view.plate
    network = words("room.even") if plate is None else plate.network
    names = ["ranks", "micros"]
    names += ["parts"] if plan.parts > 1 else []
    names += ["tensor", "replicas"] if plan.training != EVEN else []
    rows: list[PageBlock] = [
        PageRow(words("room.training"), right=network, command="room_training", turn="room_training"),
        *(
            PageRow(
                words(f"room.{name}"),
                right=f"{getattr(plan, name):,}",
                turn="room_turn",
                arguments={"name": name},
                share=min(1.0, (getattr(plan, name) / SHOWN_MOST[name]) ** 0.5),
            )
            for name in names
        ),
        PageRow(
            words("room.schedule"),
            right=words(f"room.schedule_{plan.schedule}"),
            command="room_schedule",
            turn="room_schedule",
        ),
    ]
    if plate is not None:
        rows.append(PageRow(words("room.devices"), right=f"{plan.devices:,} × {plate.device}"))
        rows.append(PageRow(words("room.as_done"), command="room_documented", mark="dot"))
    rows.append(PageRow(words("room.again"), command="room_again", mark="right"))
    rows.append(PageRow(words("room.table"), command="room_table", mark="plus"))
    return rows


def _measured(view: RoomView, words: Words) -> list[PageBlock]:
    chart = view.chart
    assert chart is not None, "what was measured is that of a chart"
    most = max(chart.bubble, chart.law, 0.01)
    formula = "(p - 1) / m" if chart.plan.parts == 1 else "(p - 1) / (m v)"
    found: list[PageBlock] = [
        Heading(words("room.bubble")),
        PageRow(words("room.measured"), right=f"{100 * chart.bubble:.2f} %", share=chart.bubble / most),
        PageRow(words("room.law", formula=formula), right=f"{100 * chart.law:.2f} %", share=chart.law / most),
        PageRow(words("room.kept"), right=f"{chart.kept:,}"),
    ]
    if chart.plan.training != EVEN:
        found.append(PageRow(words("room.sums"), right=f"{100 * chart.sums:.1f} %"))
    found.append(Text(words("room.digest", digest=chart.digest), dim=True))
    return found


def _card(card: Sequence[CardLine], words: Words) -> list[PageBlock]:
    """Return the ledger card: of each group its lines, each with its badge and its source."""
    found: list[PageBlock] = []
    for group in GROUPS:
        lines = [line for line in card if line.group == group]
        if lines:
            found.append(Heading(words(f"room.group_{group}")))
        for line in lines:
            found.append(PageRow(line.text, right=line.value))
            if line.badge:
                name = "room.printed" if group == "ledger" else "room.source"
                told = words(name, badge=line.badge, source=words.source(line.source)) if line.source else line.badge
                found.append(Text(told, dim=True))
    return found


def room_table(context: Context) -> list[PageBlock]:
    """Return the page of what is documented of the machines, next to what the room finds."""
    words, controller = context.words, context.operator.timeline
    if controller is None:
        return [Text(words("timeline.none"))]
    found: list[PageBlock] = [PageRow(words("room.back"), command="room_table", mark="minus")]
    table = controller.room.table(words)
    if table is None:
        return [*found, Text(words("room.reckoning_table"), dim=True)]
    said = {verdict: words(f"machine_room.verdict.{verdict.replace(' ', '_')}") for verdict in VERDICTS}
    counts = {verdict: sum(line.verdict == verdict for line in table) for verdict in VERDICTS}
    found.append(Text(words("room.table_how"), dim=True))
    found += [
        PageRow(said[verdict], right=f"{count}", mark=MARKS.get(verdict, "dot"))
        for verdict, count in counts.items()
        if count
    ]
    part = ""
    for line in table:
        if line.part != part:
            part = line.part
            found.append(Heading(part))
        found += [
            Text(line.statement),
            PageRow(words("room.table_printed"), right=line.documented),
            PageRow(words("room.table_simulated"), right=line.simulated, mark=MARKS.get(line.verdict, "dot")),
            Text(words("room.printed", badge=said[line.verdict], source=words.source(line.source)), dim=True),
        ]
        if line.note:
            found.append(Text(line.note, dim=True))
    return found
