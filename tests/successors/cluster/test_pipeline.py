from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marki.errors import ConfigError
from successors.cluster import pipeline
from successors.cluster.event_log import Happening
from successors.cluster.orders import bubble
from successors.cluster.pipeline import StageTimes, run

times = st.builds(StageTimes, forward=st.integers(1, 1000), backward=st.integers(1, 1000))


def even(stages, forward=3, backward=7):
    return [StageTimes(forward=forward, backward=backward)] * stages


@pytest.mark.parametrize("schedule", ["gpipe", "1f1b"])
@given(ranks=st.integers(1, 9), micros=st.integers(1, 20), stage=times)
@settings(max_examples=60, deadline=None)
def test_the_bubble_is_exactly_that_of_the_formula(schedule, ranks, micros, stage):
    passage = run(schedule, [stage] * ranks, micros)
    assert passage.passed == (micros + ranks - 1) * stage.both
    assert passage.bubble == bubble(ranks, micros) == (ranks - 1) / micros


@given(ranks=st.integers(1, 6), groups=st.integers(1, 4), parts=st.integers(1, 4), stage=times)
@settings(max_examples=60, deadline=None)
def test_interleaving_divides_the_bubble_by_the_parts(ranks, groups, parts, stage):
    micros = groups * ranks
    passage = run("interleaved", [stage] * (ranks * parts), micros, parts=parts)
    assert passage.passed - max(passage.busy) == (ranks - 1) * stage.both
    assert passage.bubble == pytest.approx(bubble(ranks, micros, parts), rel=1e-12)


@pytest.mark.parametrize(("ranks", "micros"), [(2, 4), (4, 4), (4, 8), (4, 32), (8, 16), (8, 64), (35, 240)])
def test_bubbles_that_are_printed(ranks, micros):
    assert run("1f1b", even(ranks), micros).bubble == (ranks - 1) / micros


@pytest.mark.parametrize("schedule", ["gpipe", "1f1b", "interleaved"])
@given(stages=st.lists(times, min_size=1, max_size=6), groups=st.integers(1, 3), transfer=st.integers(0, 500))
@settings(max_examples=60, deadline=None)
def test_no_task_begins_before_what_it_needs(schedule, stages, groups, transfer):
    micros = groups * len(stages)
    passage = run(schedule, stages, micros, transfer=transfer)
    at = {(span.rank, *span.task[:2]): span for span in passage.spans}
    assert len(at) == 2 * micros * len(stages)
    for (stage, backward, micro), span in at.items():
        before = at.get((stage + 1 if backward else stage - 1, backward, micro))
        if before:
            assert span.begin >= before.end + transfer
        if backward:
            assert span.begin >= at[stage, False, micro].end
    for rank in range(len(stages)):
        mine = sorted((s.begin, s.end) for s in passage.spans if s.rank == rank)
        assert all(end <= begin for (_, end), (begin, _) in pairwise(mine))


@given(stages=st.lists(times, min_size=1, max_size=6), micros=st.integers(1, 8), transfer=st.integers(0, 500))
@settings(max_examples=40, deadline=None)
def test_what_is_sent_arrives_and_equal_runs_have_equal_digests(stages, micros, transfer):
    once, again = (run("1f1b", stages, micros, transfer=transfer) for _ in range(2))
    assert once.log.digest == again.log.digest
    kinds = once.log.events()[:, 2]
    sent, arrived = ((kinds == kind).sum() for kind in (Happening.SENT, Happening.ARRIVED))
    assert sent == arrived == 2 * micros * (len(stages) - 1)
    assert (once.log.events()[1:, 0] >= once.log.events()[:-1, 0]).all()
    if len(stages) > 1:
        assert run("1f1b", stages, micros, transfer=transfer + 1).log.digest != once.log.digest


@given(stages=st.lists(times, min_size=1, max_size=5), micros=st.integers(1, 8), transfer=st.integers(0, 500))
@settings(max_examples=40, deadline=None)
def test_a_slower_link_is_never_faster(stages, micros, transfer):
    assert (
        run("gpipe", stages, micros, transfer=transfer + 100).duration
        >= run("gpipe", stages, micros, transfer=transfer).duration
    )


def test_gradients_are_summed_by_each_rank_when_it_is_done():
    passage = run("1f1b", even(3), 4, reduce=[5, 50, 5])
    done = [max(s.end for s in passage.spans if s.rank == rank) for rank in range(3)]
    assert passage.duration == max(done[0] + 5, done[1] + 50, done[2] + 5)
    assert passage.passed == max(done)


def test_a_slow_stage_is_what_all_wait_for():
    stages = [*even(3), StageTimes(forward=30, backward=70)]
    passage = run("1f1b", stages, 8)
    assert passage.passed >= 8 * 100
    assert passage.busy == (80, 80, 80, 800)
    assert passage.bubble == (passage.passed - 800) / 800


def test_what_cannot_be_is_refused(monkeypatch):
    with pytest.raises(ConfigError, match="no multiple of 2 parts"):
        run("interleaved", even(3), 4, parts=2)
    monkeypatch.setattr(pipeline, "MOST_TASKS", 100)
    with pytest.raises(ConfigError, match="above the limit"):
        run("gpipe", even(10), 6)
