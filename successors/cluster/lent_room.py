"""The machine room as it is lent to a window, see `marki.io.machine_room`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from marki.io.machine_room import EVEN, CardLine, StepChart, StepPlan, TableLine, TaskSpan, TrainingPlate
from marki.language import LANGUAGES, Words
from successors.cluster import documented, ledger, machines, pipeline, report
from successors.cluster.machines import SourcedFigure
from successors.cluster.models import DECODERS
from successors.cluster.orders import SCHEDULES, bubble, most_kept, orders
from successors.cluster.pipeline import Passage, StageTimes
from successors.cluster.step import Layout, layout_of, simulate

EVEN_STAGE = StageTimes(forward=1_000, backward=2_000)
"""Stage of the training of that name, ns: backward takes twice as long as forward."""

PRINTED = "printed"
"""Figure of a training that stands beside its simulated time."""

MOST_RANKS, MOST_MICROS, MOST_PARTS, MOST_SHARES = 64, 480, 4, 64
MOST_TASKS = 36_000
"""Tasks of a step; with more of them a window would have to wait."""


class ClusterRoom:
    """The trainings of the machine room, and steps of them."""

    def plates(self) -> list[TrainingPlate]:
        """Return the trainings of the room, in order of time."""
        found = map(machines.training, machines.training_names())
        return [
            TrainingPlate(name=t.name, network=t.work.name, device=t.machine.device.name, devices=t.devices)
            for t in found
        ]

    def schedules(self) -> tuple[str, ...]:
        """Return the names of the schedules of a pipeline."""
        return SCHEDULES

    def documented(self, name: str) -> StepPlan:
        """Return the step of a training as it was done, or is assumed to have been."""
        if name == EVEN:
            return StepPlan()
        training = machines.training(name)
        layout = layout_of(training)
        return StepPlan(
            training=name,
            ranks=layout.ranks,
            tensor=layout.tensor,
            replicas=layout.replicas,
            micros=training.batch // (layout.replicas * layout.micro),
            schedule=layout.schedule,
        )

    def nearest(self, plan: StepPlan) -> StepPlan:
        """Return the plan, or the nearest one that can be simulated.

        An interleaved schedule has two parts or more, and as many micro-batches as a multiple of its ranks. Even stages
        are those of one replica, and each is one device.
        """
        own = plan.training == EVEN
        layers = MOST_RANKS * MOST_PARTS if own else machines.training(plan.training).work.layers
        interleaved = plan.schedule == "interleaved" and layers >= 2
        parts = _between(plan.parts, 2, min(MOST_PARTS, layers)) if interleaved else 1
        ranks = _between(plan.ranks, 1, min(MOST_RANKS, layers // parts))
        micros = _between(plan.micros, 1, min(MOST_MICROS, MOST_TASKS // (2 * ranks * parts)))
        if interleaved:
            micros = max(1, round(micros / ranks)) * ranks
        return replace(
            plan,
            ranks=ranks,
            parts=parts,
            micros=micros,
            schedule=plan.schedule if interleaved or plan.schedule != "interleaved" else SCHEDULES[0],
            tensor=1 if own else _between(plan.tensor, 1, MOST_SHARES),
            replicas=1 if own else max(1, plan.replicas),
        )

    def step(self, plan: StepPlan) -> StepChart:
        """Return a step, simulated; see `marki.io.machine_room.MachineRoom`."""
        sums = 0.0
        if plan.training == EVEN:
            stages = [EVEN_STAGE] * (plan.ranks * plan.parts)
            passage = pipeline.run(plan.schedule, stages, plan.micros, parts=plan.parts)
        else:
            training = machines.training(plan.training)
            layout = Layout(
                tensor=plan.tensor, ranks=plan.ranks, replicas=plan.replicas, micro=training.micro,
                schedule=plan.schedule, parts=plan.parts, recompute=training.recompute, sharded=training.sharded,
            )  # fmt: skip
            batch = plan.replicas * training.micro * plan.micros
            found = simulate(training.work, training.machine, layout, batch)
            passage, sums = found.passage, found.sums
        return _chart(plan, passage, sums)

    def card(self, name: str, words: Words) -> list[CardLine]:
        """Return the ledger card of a training; none for even stages, which are no machine."""
        if name == EVEN:
            return []
        training = machines.training(name)
        found = report.report(training, layout_of(training))
        device = f"device.{training.machine.device.name}"
        known = machines.figures()

        def cost(text: str, value: str, behind: str) -> CardLine:
            figure = known[f"{device}.{behind}"]
            return CardLine(
                text=words(f"machine_room.{text}", steps=f"{training.steps:,}"), value=value,
                badge=words(f"machine_room.badge.{figure.badge}"), source=_source(figure, words), group="cost",
            )  # fmt: skip

        lines = [cost("steps", report.time_of(found, words), "kernels")]
        if training.printed:
            figure = known[f"training.{name}.{PRINTED}"]
            lines.append(CardLine(
                text=words("machine_room.printed"), value=report.duration(training.printed, words),
                badge=words(f"machine_room.badge.{figure.badge}"), source=_source(figure, words), group="cost",
            ))  # fmt: skip
        lines += [
            cost("energy", report.energy_of(found, words), "power"),
            cost("rent", report.rent_of(found, words), "price"),
        ]
        lines += [CardLine(text=text, value=value, group="step") for text, value in report.step_card(found, words)]
        lines += _ledger(training.work.name, words)
        own = (f"training.{name}", f"machine.{training.machine.name}", device)
        return [*lines, *(line for prefix in own for line in _figures(prefix, words))]

    def table(self, words: Words) -> tuple[TableLine, ...]:
        """Return what is documented of the machines next to what the room finds; the part is named in the language."""
        return _table(words.language)


@lru_cache(maxsize=len(LANGUAGES))
def _table(language: str) -> tuple[TableLine, ...]:
    """Return the table, which takes seconds to simulate and is always the same."""
    words = Words(language)
    return tuple(
        TableLine(
            part=words(f"machine_room.part.{part}"), statement=row.statement, documented=row.documented,
            simulated=row.simulated, verdict=row.verdict, source=row.source, note=row.reason,
        )
        for part, rows in documented.table(words).items()
        for row in rows
    )  # fmt: skip


def _between(value: int, low: int, high: int) -> int:
    """Return the whole number of an interval that is nearest to one."""
    return max(low, min(value, max(low, high)))


def _chart(plan: StepPlan, passage: Passage, sums: float) -> StepChart:
    spans = (
        TaskSpan(span.rank, span.task.backward, span.task.micro, span.task.part, span.begin, span.end)
        for span in passage.spans
    )
    plans = orders(plan.schedule, plan.ranks, plan.micros, plan.parts)
    return StepChart(
        plan=plan,
        spans=tuple(sorted(spans, key=lambda span: (span.begin, span.rank))),
        passed=passage.passed,
        duration=passage.duration,
        bubble=passage.bubble,
        law=bubble(plan.ranks, plan.micros, plan.parts),
        kept=max(map(most_kept, plans)),
        sums=sums,
        digest=passage.log.digest,
    )


def _ledger(network: str, words: Words) -> Iterator[CardLine]:
    """Yield the ledger of a published decoder, each line with what is printed of it and whether that is met."""
    if network not in DECODERS:
        return
    for line in ledger.ledger(network, words):
        unit = words.get(f"machine_room.unit.{line.unit.replace(' $', '_dollars')}", line.unit)

        def told(value: float | None, unit: str = unit) -> str:
            return words("machine_room.unknown") if value is None else f"{ledger.figure(value)} {unit}".strip()

        printed = "" if line.documented is None else f"{told(line.documented)}, {line.source}"
        verdict = words(f"machine_room.verdict.{line.verdict.replace(' ', '_')}") if line.verdict else ""
        yield CardLine(
            text=words(f"machine_room.ledger.{line.key}"), value=told(line.value), badge=verdict, source=printed,
            group="ledger",
        )  # fmt: skip


def _figures(prefix: str, words: Words) -> Iterator[CardLine]:
    """Yield the figures of a training, machine or device with badge and source; what is not known is left out."""
    for name, figure in machines.figures().items():
        key = name.rsplit(".", 1)[-1]
        if name.startswith(f"{prefix}.") and figure.value not in (0, "none", "") and key != PRINTED:
            yield CardLine(
                text=words(f"machine_room.figure.{key}"), value=_value(figure, words),
                badge=words(f"machine_room.badge.{figure.badge}"), source=_source(figure, words), group="figures",
            )  # fmt: skip


def _value(figure: SourcedFigure, words: Words) -> str:
    """Return a figure with its unit."""
    match figure.value:
        case bool():
            return words("machine_room.yes" if figure.value else "machine_room.no")
        case int() | float() if figure.unit in ("FLOP/s", "bytes"):
            return report.scaled(figure.value, "B" if figure.unit == "bytes" else figure.unit)
        case int() | float():
            return f"{figure.value:,g} {figure.unit if figure.unit in ('W', '$/h') else ''}".strip()
    return str(figure.value)


def _source(figure: SourcedFigure, words: Words) -> str:
    """Return where a figure is from; a note stands in where nothing is printed, in its own language alone."""
    return figure.source or (figure.note if words.language == "en" else "")
