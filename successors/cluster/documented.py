"""Documented versus simulated: what is printed of the machines and their trainings, next to what the room finds.

A simulated time, rate or share *agrees* if it lies within 5 % of the printed figure, and arithmetic if it has the same
digits. A figure by which a constant of the room was set is *not comparable*: it would agree whatever was simulated.
"""

from __future__ import annotations

from collections.abc import Iterator
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

WITHIN = 0.05
"""Share of the printed figure by which a simulated one may be off and still agrees."""

SET = "a constant of the room is set by this figure"

SERVERS = {280: (60.1, 126), 350: (50.2, 121), 420: (44.4, 113)}
"""Seconds of a step of MT-NLG and TFLOP/s of a card, by servers of eight cards."""


def near(simulated: float, documented: float) -> str:
    """Return whether a simulated figure agrees with a printed one."""
    return AGREES if abs(simulated - documented) <= WITHIN * documented else DEVIATES


def rows() -> list[ComparisonRow]:
    """Return the whole table."""
    return [row for part in (_counts, _first_machines, _cards, _megatron, _mt_nlg, _gpt3, _pods) for row in part()]


def _step(done: Training, **changes: int) -> StepReport:
    return simulate(done.work, done.machine, layout_of(done, **changes), done.batch)


def _percent_off(simulated: float, documented: float) -> str:
    return f"{100 * (simulated / documented - 1):+.1f} %"


def _counts() -> Iterator[ComparisonRow]:
    """Compare counts of parameters and the seed document's figures."""
    met = sum(shape.meets_print for shape in DECODERS.values())
    yield ComparisonRow(
        statement="Parameters of all sizes of Megatron, GPT-3, Gopher, MT-NLG, Chinchilla and PaLM",
        source="the tables of their papers",
        documented=f"{len(DECODERS)} printed figures",
        simulated=f"{met} met to the last digit",
        verdict=AGREES if met == len(DECODERS) else DEVIATES,
        reason="two misprints of GPT-3's table 2.1 put right: " + "; ".join(
            f"{shape.name}: {shape.remark}" for shape in DECODERS.values() if "table 2.1" in shape.remark
        ),
    )  # fmt: skip
    say = Words("en")
    for entry in ledger("GPT-3 175B"):
        if entry.documented is None or entry.key == "parameters":
            continue
        yield ComparisonRow(
            statement=f"GPT-3: {say(f'machine_room.ledger.{entry.key}')}",
            source=entry.source,
            documented=f"{entry.documented:,.6g} {entry.unit}",
            simulated="-" if entry.value is None else f"{entry.value:,.4g} {entry.unit} ({entry.formula})",
            verdict=entry.verdict,
            reason=entry.note,
        )


def _first_machines() -> Iterator[ComparisonRow]:
    """Compare the machines of Rosenblatt's time."""
    by_wire, by_program = (_step(training(name)) for name in ("mark1", "ibm704"))
    yield ComparisonRow(
        statement="The Mark I is some 1,000 times slower than the IBM 704",
        source="PASQ (secondary)",
        documented="1,000 times",
        simulated=f"{by_wire.seconds / by_program.seconds:.0f} times: {by_wire.seconds:.0f} s a card, and at least "
        f"{by_program.seconds:.2f} s for its 6,656 additions on a 704",
        verdict=OPEN,
        reason="the Mark I's cycle is assumed, and the programme of the 704 is not known",
    )


def _cards() -> Iterator[ComparisonRow]:
    """Compare AlexNet and the Transformer."""
    alexnet = training("alexnet")
    found = _step(alexnet)
    days = found.seconds * alexnet.steps / 86_400
    peak = days * found.hardware
    yield ComparisonRow(
        statement="AlexNet on two GTX 580",
        source="Krizhevsky et al. 2012, section 5",
        documented="five to six days",
        simulated=f"{days:.1f} days at {100 * found.utilisation:.0f} % of the highest rate; {peak:.1f} at all of it",
        verdict=OPEN,
        reason=SET,
    )
    base, big = training("transformer"), training("transformer_big")
    yield ComparisonRow(
        statement="A step of the Transformer, base, on eight P100",
        source="Vaswani et al. 2017, section 5.2",
        documented="0.4 s",
        simulated=f"{_step(base).seconds:.2f} s",
        verdict=OPEN,
        reason=SET,
    )
    step = _step(big).seconds
    yield ComparisonRow(
        statement="A step of the Transformer, big, on eight P100",
        source="Vaswani et al. 2017, section 5.2",
        documented="1.0 s; 300,000 in 3.5 days",
        simulated=f"{step:.2f} s; {step * big.steps / 86_400:.1f} days",
        verdict=near(step, 1.0),
        reason="from the base model's step; wider matrices use a card better than the room knows",
    )
    for name, days, printed in (("base", 0.5, 3.3e18), ("big", 3.5, 2.3e19)):
        value = days * 86_400 * 8 * 9.5e12
        yield ComparisonRow(
            statement=f"Operations of the Transformer, {name}, as the paper reckons them",
            source="Vaswani et al. 2017, table 2",
            documented=f"{printed:.2g}",
            simulated=f"{value:.3g} ({days} days of eight cards at 9.5 TFLOP/s)",
            verdict=as_printed(value, printed, printed / 10),
        )


def _megatron() -> Iterator[ComparisonRow]:
    """Compare Megatron-LM on V100."""
    done = training("megatron")
    found = _step(done)
    total = found.achieved * done.devices / 1e15
    yield ComparisonRow(
        statement="Megatron-LM, 8.3 billion parameters, on 512 V100",
        source="Shoeybi et al. 2019, abstract",
        documented="15.1 PFLOP/s in all",
        simulated=f"{total:.1f} PFLOP/s ({_percent_off(total, 15.1)})",
        verdict=near(total, 15.1),
        reason="from the 39 TFLOP/s of one card and the bandwidths of the links; batch and computing again are assumed",
    )
    alone = done.machine.device.rate * done.machine.device.kernels
    yield ComparisonRow(
        statement="Efficiency of Megatron-LM on 512 V100, against one card",
        source="Shoeybi et al. 2019, abstract",
        documented="76 %",
        simulated=f"{100 * found.achieved / alone:.1f} %; from the printed rates {100 * 15.1e15 / 512 / 39e12:.1f} %",
        verdict=near(found.achieved / alone, 0.76),
    )
    yield from _version_1(done)


def _version_1(done: Training) -> Iterator[ComparisonRow]:
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
                statement=f"A step of Megatron-LM, {told} billion parameters, {cards} V100 for each layer",
                source=source,
                documented=f"{printed} s",
                simulated=f"{step.seconds:.3f} s ({_percent_off(step.seconds, printed)})",
                verdict=near(step.seconds, printed),
                reason="from 62.4 TFLOP/s of one card; their own count of operations seems to leave out the scores of "
                f"attention, {100 * scores:.0f} % of ours",
            )
        if cards > 1:
            other = "" if same else f" ({name.split()[-1].removesuffix('B')} billion)"
            yield ComparisonRow(
                statement=f"Weak scaling to {cards} cards that share each layer",
                source=source,
                documented=f"{share} % ({told} billion parameters)",
                simulated=f"{ours:.1f} %{other}",
                verdict=near(ours, share) if same else OPEN,
                reason="" if same else "the shape of theirs is not told; the nearest published one is simulated",
            )


def _mt_nlg() -> Iterator[ComparisonRow]:
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
            statement=f"A step of MT-NLG, 530 billion parameters, on {servers} servers",
            source=source,
            documented=f"{seconds} s",
            simulated=f"{found.seconds:.1f} s ({_percent_off(found.seconds, seconds)}); "
            f"by the schedule alone {alone:.1f} s",
            verdict=OPEN if servers == 280 else near(found.seconds, seconds),
            reason=SET if servers == 280 else "from the step on 280 servers; micro-batches of one text are assumed",
        )
        operations = done.batch * done.work.tokens * decoder(done.work.name).training_flops(recompute=True)
        value = operations / seconds / servers / 8 / 1e12
        yield ComparisonRow(
            statement=f"Rate of a card on {servers} servers, from the printed time of a step",
            source=source,
            documented=f"{rate} TFLOP/s",
            simulated=f"{value:.1f} TFLOP/s",
            verdict=near(value, rate),
            reason="arithmetic, layers computed twice forward",
        )
        yield ComparisonRow(
            statement=f"Bubble of {done.pipeline} even stages and {micros} micro-batches",
            source="Narayanan et al. 2021, section 2.2: (p - 1) / m",
            documented=f"{100 * bubble(done.pipeline, micros):.3f} %",
            simulated=f"{100 * passage.bubble:.3f} %; {100 * found.bubble:.1f} % with the table of tokens in the last",
            verdict=AGREES if passage.bubble == bubble(done.pipeline, micros) else DEVIATES,
        )


def _gpt3() -> Iterator[ComparisonRow]:
    """Compare GPT-3 on V100 and A100."""
    done = training("gpt3")
    found = report(done, layout_of(done))
    energy = found.energy / 1000
    yield ComparisonRow(
        statement="Energy of GPT-3's training on V100",
        source="Patterson et al. 2021, arXiv:2104.10350, at second hand",
        documented="1,287 MWh",
        simulated=f"{energy:,.0f} MWh ({_percent_off(energy, 1_287)}): {found.device_hours / 1e6:.2f} million card "
        "hours at 300 W, and a tenth for the hall",
        verdict=near(energy, 1_287),
        reason="the number of cards and their layout are assumed; servers are not counted",
    )
    again = replace(done, machine=machine("selene"), devices=1_024)
    days = report(again, layout_of(again)).hours / 24
    yield ComparisonRow(
        statement="GPT-3 on 1,024 A100",
        source="Narayanan et al. 2021, at second hand",
        documented="34 days",
        simulated=f"{days:.1f} days ({_percent_off(days, 34)})",
        verdict=near(days, 34),
        reason="with the rate of MT-NLG's step; their layout of the cards is not at hand, 16 stages are assumed",
    )


def _pods() -> Iterator[ComparisonRow]:
    """Compare Gopher and PaLM on TPU."""
    done = training("gopher")
    found = report(done, layout_of(done))
    yield ComparisonRow(
        statement="Gopher, 280 billion parameters, on 4,096 TPU v3",
        source="Rae et al. 2021, appendix F",
        documented="920 hours",
        simulated=f"{found.hours:.0f} hours, {100 * found.step.utilisation:.0f} % of the highest rate",
        verdict=OPEN,
        reason=SET,
    )
    yield ComparisonRow(
        statement="Operations of Gopher's training, layers computed twice forward",
        source="Rae et al. 2021, appendix F",
        documented="6.31e23",
        simulated=f"{found.operations:.3g} ({_percent_off(found.operations, 6.31e23)})",
        verdict=near(found.operations, 6.31e23),
        reason="theirs have padding and repeated steps in, ours the full square of scores",
    )
    shape = decoder("Gopher 280B")
    state = done.work.state * shape.parameters / 2**40
    yield ComparisonRow(
        statement="Gopher's weights in half and Adam's moments in single precision",
        source="Rae et al. 2021, section 3.4",
        documented="2.5 TiB",
        simulated=f"{state:.2f} TiB (10 bytes a parameter)",
        verdict=as_printed(state, 2.5, 0.1),
    )
    done = training("palm")
    shape = decoder("PaLM 540B")
    value = 100 * 238_300 * shape.useful_flops / (6_144 * done.machine.device.rate)
    yield ComparisonRow(
        statement="Utilisation of PaLM, 540 billion parameters, from its tokens a second",
        source="Chowdhery et al. 2022, appendix B",
        documented="46.2 %",
        simulated=f"{value:.1f} %",
        verdict=as_printed(value, 46.2, 0.1),
        reason="arithmetic",
    )
    step = _step(done)
    yield ComparisonRow(
        statement="Utilisation of PaLM's hardware, with the layers that are computed again",
        source="Chowdhery et al. 2022, appendix B",
        documented="57.8 %",
        simulated=f"{100 * step.hardware:.1f} %",
        verdict=near(step.hardware, 0.578),
        reason="the room computes every layer again; a smaller part of them would explain their figure",
    )
    yield ComparisonRow(
        statement="PaLM on 6,144 TPU v4",
        source="Chowdhery et al. 2022, appendix B",
        documented="1,200 hours, and 336 on half of the chips",
        simulated=f"{step.seconds * done.steps / 3600:.0f} hours",
        verdict=OPEN,
        reason="theirs have downtime and repeated steps in, and smaller batches at first; the rate is set by its "
        "238,300 tokens a second",
    )
