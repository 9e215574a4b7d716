"""The narration: trials, commands and events in plain sentences, in every language."""

import re
import string

import pytest

from marki.io.worlds import WorldConfig
from marki.language import LANGUAGES, Words, table
from marki.session import Session, mark1_session
from marki.teaching.narration import Narrator
from marki.trace import Bank, Kind, encode

DARK, BRIGHT = [0] * 400, [255] * 400
ROOMS = ("narration.", "event.", "worksheet.", "tally.")


def narrator(session, language="en"):
    return Narrator(session, Words(language))


def left_right(**settings):
    return mark1_session(WorldConfig(name="left_right", size=6.0), seed=2, **settings)


def full():
    """Return a session in which every command was given."""
    session = left_right()
    session.run(2)
    session.command(
        "set",
        {"machine.faults.dead_cells": [1, 2], "machine.sensory.noise": False, "machine.reinforcement.rule": "beta"},
    )
    session.command("set", {"machine.faults.cut_wires": list(range(1, 40))})
    session.command("force", [1, -1, *[0] * 6])
    session.command("show", {"name": "x", "frame": DARK, "kind": -1})
    session.step("trial")
    session.command("force", [0] * 8)
    session.command("toggle", [1] * 3 + [-1] * 2 + [0] * 395)
    session.command("show", {"name": "mine", "frame": BRIGHT, "kind": 1})
    session.step("trial")
    session.command("toggle", [0] * 400)
    session.command("world", {"config": {"name": "letters"}, "learn": True})
    session.run(2)
    session.step("event")
    session.command("turn", {"units": [3], "deg": [5.0]})
    session.command("turn", {"units": [3, 4], "deg": [5.0, 6.0]})
    session.step("trial")
    session.take("exam", learn=False)
    session.run(1)
    session.take("letters 2", learn=False)
    return session


def test_a_right_and_a_wrong_answer():
    session = mark1_session(seed=0)
    session.run(26 * 6)
    told = narrator(session).log()
    assert len(told) == session.trial
    for row, text in zip(session.records, told, strict=True):
        letter = session.world.classes[row["kind"]]
        assert text.startswith(f"Trial {row['number'] + 1}. The card {letter}. {row['active']} A-units took part.")
        if row["wrong"]:
            assert "wrong." in text
            units = [k + 1 for k in range(5) if (int(row["target"]) ^ int(row["response"])) >> k & 1]
            assert re.findall(r"R(\d)", text) == [str(k) for k in units]
            events = session.trace.block(row["number"])
            started = {int(c) >> 4 & 511 for c in events if (c >> 13 & 7) == Bank.POTENTIOMETERS and c & 15 in (9, 10)}
            assert f"{len(started)} motor" in text
        else:
            assert text.endswith(f"The machine answered {letter}: right. Nothing was changed.")


def test_one_is_not_many():
    assert narrator(left_right())._count("narration.active", 1) == "1 A-unit took part."
    assert narrator(left_right())._count("narration.motors", 1) == "1 motor turned."


def test_every_command_in_order():
    told = narrator(full()).log()
    heads = [re.match(r"(Trial|Before trial|During trial) (\d+)", text).groups() for text in told]
    numbers = [int(number) for _, number in heads]
    assert numbers == sorted(numbers)
    text = "\n".join(told)
    for said in (
        "Before trial 3 the operator set Dead cells (machine.faults.dead_cells) to [1, 2], set Threshold noise",
        "(machine.sensory.noise) to off", "(machine.reinforcement.rule) to beta",
        "(machine.faults.cut_wires) to 39 of them.",
        "set the forcing switches: R1 at 1, R2 at 0.", "put the card x before the camera.",
        "Trial 3. The operator's card x, of no known class.", "The machine answered right. The trainer was off.",
        "set all R-units free.", "3 forced on, 2 forced off.", "gave all S-units back to the camera.",
        "The operator's card mine, to be called right.",
        "Before trial 5 the operator opened the world letters, with the trainer on.",
        "During trial 7 the operator turned the potentiometer of A-unit 4 by hand, to 5 degrees.",
        "turned 2 potentiometers by hand.",
        "Before trial 8 the operator went over to the course examination, with the trainer off.",
        "Before trial 9 the operator went over to the course letters 2, with the trainer off.",
    ):  # fmt: skip
        assert said in text


def test_lamps_out_of_use_do_not_change_the_answer():
    """Coming from five R-units to one, the other four stay as they were."""
    session = full()
    row = session.records[-1]
    answer = "right" if int(row["response"]) & 1 else "left"
    assert f"The machine answered {answer}: {'wrong' if row['wrong'] else 'right'}." in narrator(session).sentence(7)


def test_a_code_of_nobody():
    session = mark1_session(WorldConfig(letters="ABC"), seed=0)
    session.command("force", [-1, -1, *[0] * 6])
    session.run(1)
    session.command("show", {"name": "y", "frame": DARK, "kind": -1})
    session.run(1)
    told = narrator(session)
    assert "The machine's lamps were the code of no class: wrong." in told.sentence(0)
    assert "The machine's lamps were the code of no class. The trainer was off." in told.sentence(1)


def test_without_the_events():
    session = left_right(keep="none")
    session.run_to_mistake()
    assert narrator(session).sentence(session.trial - 1).endswith(": wrong. The trainer was on.")


def test_hand_in_place_of_motors():
    session = left_right()
    session.command("set", {"machine.reinforcement.control": "none"})
    session.run_to_mistake()
    assert narrator(session).sentence(session.trial - 1).endswith(": wrong. Nothing was changed.")


def test_in_the_past_the_future_is_told_only_when_asked():
    session = full()
    told = narrator(session).log()
    session.visit(3)
    past = narrator(session).log()
    assert past == told[: len(past)]
    assert "Trial 4." not in "".join(past)
    assert narrator(session).sentence(5) != ""
    assert len(narrator(session).log(0, 100)) >= session.reached


def test_a_part_of_the_log():
    session = full()
    told = narrator(session).log(4, 6)
    assert told[0].startswith("Before trial 5")
    assert [text[:8] for text in told if text.startswith("Trial")] == ["Trial 5.", "Trial 6."]


def test_telling_changes_nothing():
    session, quiet = full(), full()
    before = session.digest
    narrator(session).log()
    session.run(5)
    quiet.run(5)
    assert before != session.digest == quiet.digest


@pytest.mark.parametrize(
    ("bank", "unit", "kind", "en", "zh"),
    [
        (Bank.SENSORY, 36, Kind.ON, "S-unit 37 closes", "S单元 37 接通"),
        (Bank.POTENTIOMETERS, 11, Kind.START_UP, "motor 12 starts upwards", "电机 12 开始向上转"),
        (Bank.SEQUENCER, 0, Kind.EXPOSE, "the lens opens", "镜头打开"),
        (Bank.OPERATOR, 3, Kind.COMMAND, "the operator gives a command", "操作员发出命令"),
        (Bank.SENSORY, 3, Kind.DECAY, "something happens", "发生了某件事"),
    ],
)
def test_an_event(bank, unit, kind, en, zh):
    code = int(encode(61_500_000, bank, unit, kind))
    assert narrator(left_right()).event(code) == f"0:01:01.500: {en}."
    assert narrator(left_right(), "zh").event(code) == f"0:01:01.500：{zh}。"


def test_every_event_of_a_run_has_its_sentence():
    session = full()
    session.command("set", {"machine.reinforcement.decay": 0.1, "machine.potentiometers.travel_deg": 1.0})
    session.take("learn", learn=True)
    session.run(10)
    for language in LANGUAGES:
        tell, other = narrator(session, language).event, Words(language)("event.other")
        kinds = {int(c) & 0xE00F: int(c) for c in session.trace.events()}
        assert [tell(code) for code in kinds.values() if other in tell(code)] == []
        assert len(kinds) > 12


def test_chinese_is_chinese():
    told = narrator(full(), "zh").log()
    assert len(told) == len(narrator(full()).log())
    for text in told:
        words = re.sub(r"\([^)]*\)|（[^）]*）|[A-Z]\d?|mine|x|\[.*?\]", "", text)
        assert not re.search(r"[a-z]", words), text
        assert text.endswith("。")


def test_every_command_has_its_sentence():
    assert all(hasattr(Narrator, f"_{name}") for name in Session.COMMANDS)


def test_the_tables_have_the_same_names_and_places():
    def fields(text):
        return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)

    en, zh = ({n: t for n, t in table(language).items() if n.startswith(ROOMS)} for language in LANGUAGES)
    assert en.keys() == zh.keys()
    assert {n for n in en if fields(en[n]) != fields(zh[n])} == set()
