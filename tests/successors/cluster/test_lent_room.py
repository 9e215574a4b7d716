"""The machine room as it is lent to a window: what can be asked for is simulated, every figure says how it is known."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marki.errors import MarkIError
from marki.io.machine_room import EVEN, StepPlan
from marki.language import Words
from successors.cluster import machines
from successors.cluster.lent_room import MOST_TASKS, ClusterRoom
from successors.cluster.models import DECODERS
from successors.cluster.orders import SCHEDULES
from successors.cluster.report import duration, report
from successors.cluster.step import layout_of

ROOM = ClusterRoom()
NAMES = [plate.name for plate in ROOM.plates()]


@pytest.mark.parametrize(
    ("ranks", "micros", "schedule", "parts"),
    [(4, 8, "gpipe", 1), (2, 4, "1f1b", 1), (8, 64, "1f1b", 1), (4, 8, "interleaved", 2), (1, 3, "gpipe", 1)],
)
def test_even_stages_wait_by_the_formula(ranks, micros, schedule, parts):
    chart = ROOM.step(StepPlan(ranks=ranks, micros=micros, schedule=schedule, parts=parts))
    assert chart.bubble == chart.law == (ranks - 1) / (micros * parts)
    assert len(chart.spans) == 2 * ranks * micros * parts
    assert chart.passed == chart.duration


def test_one_task_at_a_time_of_each_rank_in_order_of_time():
    chart = ROOM.step(ROOM.nearest(ROOM.documented("gpt3")))
    assert list(chart.spans) == sorted(chart.spans, key=lambda s: (s.begin, s.rank))
    for rank in range(chart.plan.ranks):
        own = [s for s in chart.spans if s.rank == rank]
        assert len(own) == 2 * chart.plan.micros
        assert all(a.end <= b.begin for a, b in itertools.pairwise(own))
    assert chart.passed == max(s.end for s in chart.spans) < chart.duration
    assert 0.03 < chart.sums < 0.04


@pytest.mark.parametrize("name", NAMES)
def test_a_step_as_it_was_done_is_that_of_the_command(name):
    plan = ROOM.documented(name)
    assert ROOM.nearest(plan) == plan
    training = machines.training(name)
    found = report(training, layout_of(training))
    chart = ROOM.step(plan)
    assert chart.duration == found.step.duration
    assert chart.bubble == found.step.bubble
    assert chart.digest == found.step.passage.log.digest
    assert plan.devices == training.devices


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([EVEN, "alexnet", "megatron", "gopher", "palm"]),
    st.integers(1, 80), st.integers(1, 600), st.integers(1, 6), st.integers(1, 100), st.integers(1, 20),
    st.sampled_from(SCHEDULES),
)  # fmt: skip
def test_whatever_is_turned_the_nearest_plan_is_one(training, ranks, micros, parts, tensor, replicas, schedule):
    asked = StepPlan(
        training=training, ranks=ranks, micros=micros, parts=parts, tensor=tensor, replicas=replicas, schedule=schedule
    )
    plan = ROOM.nearest(asked)
    assert ROOM.nearest(plan) == plan
    assert 2 * plan.ranks * plan.micros * plan.parts <= 2 * MOST_TASKS
    if plan.ranks * plan.micros * plan.parts <= 300:
        assert ROOM.step(plan).plan == plan


def test_more_stages_than_layers_are_refused_without_the_nearest():
    with pytest.raises(MarkIError, match="stages"):
        ROOM.step(StepPlan(training="alexnet", ranks=2))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", NAMES)
def test_every_figure_of_the_card_has_a_badge_and_nearly_all_a_source(name, language):
    words = Words(language)
    card = ROOM.card(name, words)
    badges = {words(f"machine_room.badge.{badge}") for badge in machines.BADGES}
    cost = [line for line in card if line.group == "cost"]
    training = machines.training(name)
    assert len(cost) == 3 + bool(training.printed)
    found = report(training, layout_of(training))
    if training.printed:
        assert cost.pop(1).value == duration(training.printed, words)
    assert (cost[1].value == words("machine_room.unknown")) == (found.energy == 0)
    assert (cost[2].value == words("machine_room.unknown")) == (found.rent == 0)
    for line in card:
        assert line.text
        assert line.value
        assert line.group == "ledger" or (line.badge in badges) == (line.group != "step")
        if line.badge == words("machine_room.badge.documented"):
            assert line.source
    assert {line.group for line in card} - {"ledger"} == {"cost", "step", "figures"}
    assert ("ledger" in {line.group for line in card}) == (training.work.name in DECODERS)
    assert ROOM.card(EVEN, words) == []


def test_times_that_are_printed_are_told_in_days():
    card = {line.text: line.value for line in ROOM.card("gopher", Words("en"))}
    assert card["The same, as printed"] == "38.3 days"
    assert machines.training("alexnet").printed == 5.5 * 86_400
    assert machines.training("palm").printed == 1_200 * 3_600
    assert machines.training("gpt3").printed == 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_the_history_says_of_gpt3_is_held_against_arithmetic(language):
    words = Words(language)
    card = {line.text: line for line in ROOM.card("gpt3", words) if line.group == "ledger"}
    years = card[words("machine_room.ledger.seed_years")]
    assert years.value == f"355.6 {words('machine_room.unit.years')}"
    assert years.badge == words("machine_room.verdict.deviates")
    assert years.source.startswith("366 ")
    size = card[words("machine_room.ledger.seed_size")]
    assert (size.value, size.badge) == ("700 GB", words("machine_room.verdict.agrees"))
    text = card[words("machine_room.ledger.seed_text")]
    assert (text.value, text.badge) == (words("machine_room.unknown"), words("machine_room.verdict.not_comparable"))
