"""Documented versus simulated: what is printed of the machines and their trainings, next to what the room finds.

A simulated time, rate or share *agrees* if it lies within 5 % of the printed figure, and arithmetic if it has the same
digits. A figure by which a constant of the room was set is *not comparable*: it would agree whatever was simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from marki.comparison import AGREES, DEVIATES, OPEN, ComparisonRow
from marki.language import Words
from successors.cluster import pipeline
from successors.cluster.ledger import as_printed, ledger
from successors.cluster.machines import Training, machine, training
from successors.cluster.models import DECODERS, decoder
from successors.cluster.orders import bubble
from successors.cluster.pipeline import StageTimes
from successors.cluster.report import report
from successors.cluster.step import Layout, StepReport, layout_of, simulate
from successors.cluster.work import find

Say = Callable[..., str]
"""Returns an entry of the table's texts in a language, with its values put in."""

WITHIN = 0.05
"""Share of the printed figure by which a simulated one may be off and still agrees."""

SERVERS = {280: (60.1, 126), 350: (50.2, 121), 420: (44.4, 113)}
"""Seconds of a step of MT-NLG and TFLOP/s of a card, by servers of eight cards."""


def near(simulated: float, documented: float) -> str:
    """Return whether a simulated figure agrees with a printed one."""
    return AGREES if abs(simulated - documented) <= WITHIN * documented else DEVIATES


def rows() -> list[ComparisonRow]:
    """Return the whole table, in English."""
    return [row for part in table(Words("en")).values() for row in part]


def table(words: Words) -> dict[str, list[ComparisonRow]]:
    """Return the table in a language, by its parts; verdicts are as `marki.comparison` has them."""

    def say(name: str, **values: object) -> str:
        return words(f"machine_room.table.{name}", **values)

    return {
        "counts": list(_counts(say, words)),
        "first": list(_first_machines(say)),
        "cards": list(_cards(say)),
        "megatron": list(_megatron(say)),
        "mt_nlg": list(_mt_nlg(say)),
        "gpt3": list(_gpt3(say)),
        "pods": list(_pods(say)),
    }


def _step(done: Training, **changes: int) -> StepReport:
    return simulate(done.work, done.machine, layout_of(done, **changes), done.batch)


def _percent_off(simulated: float, documented: float) -> str:
    return f"{100 * (simulated / documented - 1):+.1f} %"


def _counts(say: Say, words: Words) -> Iterator[ComparisonRow]:
    """Compare counts of parameters and the seed document's figures."""
    met = sum(shape.meets_print for shape in DECODERS.values())
    misprints = [shape for shape in DECODERS.values() if "table 2.1" in shape.remark]
    told = (f"{shape.name}: {shape.remark}" if words.language == "en" else shape.name for shape in misprints)
    yield ComparisonRow(
        statement=say("counts"),
        source=say("counts_source"),
        documented=say("counts_printed", count=len(DECODERS)),
        simulated=say("counts_met", count=met),
        verdict=AGREES if met == len(DECODERS) else DEVIATES,
        reason=say("misprints", remarks="; ".join(told)),
    )
    for entry in ledger("GPT-3 175B", words):
        if entry.documented is None or entry.key == "parameters":
            continue
        unit = words.get(f"machine_room.unit.{entry.unit.replace(' $', '_dollars')}", entry.unit)
        unit = entry.unit if entry.unit == "FLOP" else unit
        yield ComparisonRow(
            statement=f"GPT-3: {words(f'machine_room.ledger.{entry.key}')}",
            source=entry.source,
            documented=f"{entry.documented:,.6g} {unit}",
            simulated="-" if entry.value is None else f"{entry.value:,.4g} {unit} ({entry.formula})",
            verdict=entry.verdict,
            reason=entry.note,
        )


def _first_machines(say: Say) -> Iterator[ComparisonRow]:
    """Compare the machines of Rosenblatt's time."""
    by_wire, by_program = (_step(training(name)) for name in ("mark1", "ibm704"))
    yield ComparisonRow(
        statement=say("mark1"),
        source="PASQ (secondary)",
        documented=say("mark1_printed"),
        simulated=say(
            "mark1_found",
            times=f"{by_wire.seconds / by_program.seconds:.0f}",
            ours=f"{by_wire.seconds:.0f}",
            theirs=f"{by_program.seconds:.2f}",
        ),
        verdict=OPEN,
        reason=say("mark1_why"),
    )


def _cards(say: Say) -> Iterator[ComparisonRow]:
    """Compare AlexNet and the Transformer."""
    alexnet = training("alexnet")
    found = _step(alexnet)
    days = found.seconds * alexnet.steps / 86_400
    peak = days * found.hardware
    yield ComparisonRow(
        statement=say("alexnet"),
        source="Krizhevsky et al. 2012, section 5",
        documented=say("alexnet_printed"),
        simulated=say("alexnet_found", days=f"{days:.1f}", share=f"{100 * found.utilisation:.0f}", peak=f"{peak:.1f}"),
        verdict=OPEN,
        reason=say("set"),
    )
    base, big = training("transformer"), training("transformer_big")
    yield ComparisonRow(
        statement=say("transformer", size="base"),
        source="Vaswani et al. 2017, section 5.2",
        documented=say("seconds", value="0.4"),
        simulated=say("seconds", value=f"{_step(base).seconds:.2f}"),
        verdict=OPEN,
        reason=say("set"),
    )
    step = _step(big).seconds
    yield ComparisonRow(
        statement=say("transformer", size="big"),
        source="Vaswani et al. 2017, section 5.2",
        documented=say("big_printed"),
        simulated=say("big_found", step=f"{step:.2f}", days=f"{step * big.steps / 86_400:.1f}"),
        verdict=near(step, 1.0),
        reason=say("big_why"),
    )
    for name, days, printed in (("base", 0.5, 3.3e18), ("big", 3.5, 2.3e19)):
        value = days * 86_400 * 8 * 9.5e12
        yield ComparisonRow(
            statement=say("transformer_operations", size=name),
            source="Vaswani et al. 2017, table 2",
            documented=f"{printed:.2g}",
            simulated=say("transformer_operations_found", value=f"{value:.3g}", days=days),
            verdict=as_printed(value, printed, printed / 10),
        )


def _megatron(say: Say) -> Iterator[ComparisonRow]:
    """Compare Megatron-LM on V100."""
    done = training("megatron")
    found = _step(done)
    total = found.achieved * done.devices / 1e15
    yield ComparisonRow(
        statement=say("megatron"),
        source="Shoeybi et al. 2019, abstract",
        documented=say("megatron_printed"),
        simulated=f"{total:.1f} PFLOP/s ({_percent_off(total, 15.1)})",
        verdict=near(total, 15.1),
        reason=say("megatron_why"),
    )
    alone = done.machine.device.rate * done.machine.device.kernels
    yield ComparisonRow(
        statement=say("efficiency"),
        source="Shoeybi et al. 2019, abstract",
        documented="76 %",
        simulated=say(
            "efficiency_found",
            share=f"{100 * found.achieved / alone:.1f}",
            printed=f"{100 * 15.1e15 / 512 / 39e12:.1f}",
        ),
        verdict=near(found.achieved / alone, 0.76),
    )
    yield from _version_1(say, done)


def _version_1(say: Say, done: Training) -> Iterator[ComparisonRow]:
    """Compare what NVIDIA printed of version 1.0: weak scaling of eight texts, one card sustaining 62.4 TFLOP/s."""
    source, alone = "NVIDIA, Megatron-LM version 1.0", 62.4e12
    faster = replace(done.machine, device=replace(done.machine.device, kernels=alone / done.machine.device.rate))
    for name, cards, share, printed, told in (
        ("Megatron 1.2B", 1, 100.0, 1.288, "1.2"),
        ("Megatron 2.5B", 2, 90.7, 1.242, "2.0"),
        ("Megatron 4.2B", 4, 86.5, 1.357, "4.2"),
        ("Megatron 8.3B", 8, 79.6, 1.508, "8.7"),
    ):
        step = simulate(find(name), faster, Layout(tensor=cards, micro=8, recompute=True), 8)
        same = name.endswith(f" {told}B")
        ours = 100 * step.achieved / alone
        shape = decoder(name)
        scores = 16 * shape.layers * shape.width * shape.context / shape.training_flops(recompute=True)
        if same:
            yield ComparisonRow(
                statement=say("version_1", size=f"{told}B", cards=cards),
                source=source,
                documented=say("seconds", value=printed),
                simulated=say("seconds_off", value=f"{step.seconds:.3f}", off=_percent_off(step.seconds, printed)),
                verdict=near(step.seconds, printed),
                reason=say("version_1_why", share=f"{100 * scores:.0f}"),
            )
        if cards > 1:
            other = "" if same else f" ({name.split()[-1]})"
            yield ComparisonRow(
                statement=say("weak", cards=cards),
                source=source,
                documented=f"{share} % ({told}B)",
                simulated=f"{ours:.1f} %{other}",
                verdict=near(ours, share) if same else OPEN,
                reason="" if same else say("weak_why"),
            )


def _mt_nlg(say: Say) -> Iterator[ComparisonRow]:
    """Compare Megatron-Turing NLG on A100."""
    done = training("mt_nlg")
    source = "Smith et al. 2022, section 2.4"
    even = [StageTimes(forward=1_000, backward=3_000)] * done.pipeline
    passed: dict[int, int] = {}
    for servers, (seconds, rate) in SERVERS.items():
        found = _step(done, devices=8 * servers)
        micros = done.batch // found.layout.replicas
        passage = pipeline.run("1f1b", even, micros)
        passed[servers] = passage.passed
        alone = SERVERS[280][0] * passage.passed / passed[280]
        yield ComparisonRow(
            statement=say("mt_nlg", servers=servers),
            source=source,
            documented=say("seconds", value=seconds),
            simulated=say(
                "mt_nlg_found",
                value=f"{found.seconds:.1f}",
                off=_percent_off(found.seconds, seconds),
                alone=f"{alone:.1f}",
            ),
            verdict=OPEN if servers == 280 else near(found.seconds, seconds),
            reason=say("set") if servers == 280 else say("mt_nlg_why"),
        )
        operations = done.batch * done.work.tokens * decoder(done.work.name).training_flops(recompute=True)
        value = operations / seconds / servers / 8 / 1e12
        yield ComparisonRow(
            statement=say("rate", servers=servers),
            source=source,
            documented=f"{rate} TFLOP/s",
            simulated=f"{value:.1f} TFLOP/s",
            verdict=near(value, rate),
            reason=say("twice"),
        )
        yield ComparisonRow(
            statement=say("bubble", stages=done.pipeline, micros=micros),
            source="Narayanan et al. 2021, section 2.2: (p - 1) / m",
            documented=f"{100 * bubble(done.pipeline, micros):.3f} %",
            simulated=say("bubble_found", even=f"{100 * passage.bubble:.3f}", found=f"{100 * found.bubble:.1f}"),
            verdict=AGREES if passage.bubble == bubble(done.pipeline, micros) else DEVIATES,
        )


def _gpt3(say: Say) -> Iterator[ComparisonRow]:
    """Compare GPT-3 on V100 and A100."""
    done = training("gpt3")
    found = report(done, layout_of(done))
    energy = found.energy / 1000
    yield ComparisonRow(
        statement=say("energy"),
        source="Patterson et al. 2021, arXiv:2104.10350, at second hand",
        documented="1,287 MWh",
        simulated=say(
            "energy_found",
            energy=f"{energy:,.0f}",
            off=_percent_off(energy, 1_287),
            hours=f"{round(found.device_hours, -4):,.0f}",
        ),
        verdict=near(energy, 1_287),
        reason=say("energy_why"),
    )
    again = replace(done, machine=machine("selene"), devices=1_024)
    days = report(again, layout_of(again)).hours / 24
    yield ComparisonRow(
        statement=say("again"),
        source="Narayanan et al. 2021, at second hand",
        documented=say("days", value=34),
        simulated=say("days_off", value=f"{days:.1f}", off=_percent_off(days, 34)),
        verdict=near(days, 34),
        reason=say("again_why"),
    )


def _pods(say: Say) -> Iterator[ComparisonRow]:
    """Compare Gopher and PaLM on TPU."""
    done = training("gopher")
    found = report(done, layout_of(done))
    yield ComparisonRow(
        statement=say("gopher"),
        source="Rae et al. 2021, appendix F",
        documented=say("hours", value=920),
        simulated=say("gopher_found", hours=f"{found.hours:.0f}", share=f"{100 * found.step.utilisation:.0f}"),
        verdict=OPEN,
        reason=say("set"),
    )
    yield ComparisonRow(
        statement=say("gopher_operations"),
        source="Rae et al. 2021, appendix F",
        documented="6.31e23",
        simulated=f"{found.operations:.3g} ({_percent_off(found.operations, 6.31e23)})",
        verdict=near(found.operations, 6.31e23),
        reason=say("gopher_why"),
    )
    shape = decoder("Gopher 280B")
    state = done.work.state * shape.parameters / 2**40
    yield ComparisonRow(
        statement=say("gopher_state"),
        source="Rae et al. 2021, section 3.4",
        documented="2.5 TiB",
        simulated=say("gopher_state_found", value=f"{state:.2f}"),
        verdict=as_printed(state, 2.5, 0.1),
    )
    done = training("palm")
    shape = decoder("PaLM 540B")
    value = 100 * 238_300 * shape.useful_flops / (6_144 * done.machine.device.rate)
    yield ComparisonRow(
        statement=say("palm"),
        source="Chowdhery et al. 2022, appendix B",
        documented="46.2 %",
        simulated=f"{value:.1f} %",
        verdict=as_printed(value, 46.2, 0.1),
        reason=say("arithmetic"),
    )
    step = _step(done)
    yield ComparisonRow(
        statement=say("palm_hardware"),
        source="Chowdhery et al. 2022, appendix B",
        documented="57.8 %",
        simulated=f"{100 * step.hardware:.1f} %",
        verdict=near(step.hardware, 0.578),
        reason=say("palm_hardware_why"),
    )
    yield ComparisonRow(
        statement=say("palm_time"),
        source="Chowdhery et al. 2022, appendix B",
        documented=say("palm_time_printed"),
        simulated=say("hours", value=f"{step.seconds * done.steps / 3600:.0f}"),
        verdict=OPEN,
        reason=say("palm_time_why"),
    )
