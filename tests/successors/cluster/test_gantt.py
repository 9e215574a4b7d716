import pytest

from marki.errors import ConfigError
from successors.cluster import gantt
from successors.cluster.pipeline import StageTimes, run


def chart(schedule="1f1b", stages=3, micros=4, **options):
    return run(schedule, [StageTimes(forward=10, backward=20)] * stages, micros, **options)


def test_the_chart_of_1f1b():
    assert gantt.as_text(chart(), columns=18).splitlines() == [
        "1 |012....aa3bb.cc.dd|",
        "2 |.01..aa2bb3cc.dd..|",
        "3 |..0aa1bb2cc3dd....|",
    ]


def test_all_units_of_time_are_equally_wide():
    assert gantt.as_text(chart(), columns=25) == gantt.as_text(chart(), columns=18)
    assert "|001122" in gantt.as_text(chart(), columns=40)


def test_the_chart_of_gpipe():
    assert gantt.as_text(chart("gpipe"), columns=18).splitlines() == [
        "1 |0123......aabbccdd|",
        "2 |.0123...aabbccdd..|",
        "3 |..0123aabbccdd....|",
    ]


def test_its_data_are_all_tasks_and_the_idle_time():
    passage = chart()
    data = gantt.as_data(passage)
    assert len(data["tasks"]) == 3 * 4 * 2
    assert data["idle_ns"] == [60, 60, 60]
    assert data["bubble"] == 0.5
    for rank in range(3):
        mine = [task for task in data["tasks"] if task["rank"] == rank]
        assert sum(task["end_ns"] - task["begin_ns"] for task in mine) + data["idle_ns"][rank] == data["passed_ns"]
        assert [task["begin_ns"] for task in mine] == sorted(task["begin_ns"] for task in mine)


def test_a_narrow_chart_is_as_wide_as_asked():
    for line in gantt.as_text(chart(micros=40), columns=20).splitlines():
        assert len(line) == 20 + len("1 ||")


def test_a_chart_without_room_is_refused():
    with pytest.raises(ConfigError, match="out of range"):
        gantt.as_text(chart(), columns=0)
