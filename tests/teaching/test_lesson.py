"""Lessons: every shipped one is whole, and every mistake in a file is refused with its place."""

import re

import pytest

from marki.errors import ConfigError, MarkIError, UnknownName
from marki.files import asset
from marki.language import LANGUAGES
from marki.teaching import lesson as shelf
from marki.teaching.lesson import PARTS, answer_of, begin, go_through, load, names, right_option

SHIPPED = [
    "what_it_is",
    "left_right",
    "alphabet",
    "second_face",
    "break_it",
    "cannot_learn",
    "be_the_motor",
    "hidden_layers",
    "deeper",
    "attention",
    "programs",
    "counterfeiter",
    "snow",
    "say_what_you_see",
    "draw_what_i_say",
    "machine_room",
]
QUESTIONS = [
    (name, k, n) for name in SHIPPED for k, page in enumerate(load(name).pages) for n, _ in enumerate(page.questions)
]
MEASURED = [(name, k, n) for name, k, n in QUESTIONS if isinstance(load(name).pages[k].questions[n].answer, dict)]

GOOD = """
title = { en = "T", zh = "题" }
summary = { en = "S", zh = "要" }
[state]
trials = 2
[state.world]
name = "left_right"
[[pages]]
text = { en = "One.", zh = "一。" }
[[pages.questions]]
ask = { en = "?", zh = "？" }
options = { en = ["a", "b"], zh = ["甲", "乙"] }
answer = 1
explain = { en = "e", zh = "解" }
"""


def write(tmp_path, text, name="mine.toml"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# -- what is shipped -------------------------------------------------------------------------------------------------


def test_the_shipped_lessons_in_teaching_order():
    assert names() == SHIPPED
    assert {p.stem for p in asset("lessons").iterdir()} == set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_lesson_is_whole(name):
    lesson = load(name)
    assert 4 <= len(lesson.pages) <= 7
    assert any(page.predict for page in lesson.pages)
    choices = [q for page in lesson.pages for q in page.questions if q.options]
    assert len(choices) >= 2
    for language, said in (("en", ("Notice", "Try", "Extend")), ("zh", ("观察", "尝试", "延伸"))):
        for page in lesson.pages:
            assert 1 <= len(page.text[language].strip().split("\n\n")) <= 4
        assert [word for word in said if word not in lesson.pages[-1].text[language]] == []
        assert all(q.explain[language] for q in choices)
    same = [len({p.text[x].strip().count("\n\n") for x in LANGUAGES}) for p in lesson.pages]
    assert same == [1] * len(same)
    assert all(set(page.hide) | set(page.watch) <= set(PARTS) and not set(page.hide) & set(page.watch)
               for page in lesson.pages)  # fmt: skip


@pytest.mark.parametrize("name", SHIPPED)
def test_a_session_takes_the_commands_of_every_page(name):
    lesson = load(name)
    session = begin(lesson)
    assert (session.trial, session.seed) == (lesson.state.trials, lesson.state.seed)
    assert "exam" in session.configs
    for page in lesson.pages:
        for command in page.commands:
            for what, value in command.items():
                session.command(what, value)
        session.step("trial")
    assert len(session.commands) == sum(len(command) for page in lesson.pages for command in page.commands)


def test_a_page_puts_up_a_system_that_there_is(tmp_path):
    lesson = load(
        write(
            tmp_path,
            GOOD.replace(
                "[[pages.questions]]", 'system = "resnet"\nbeside = "mark1"\nexample = 2\n[[pages.questions]]'
            ),
        )
    )
    page = lesson.pages[0]
    assert (page.system, page.beside, page.example, page.hall) == ("resnet", "mark1", 2, False)
    with pytest.raises(UnknownName, match=r"system.*'resnt'.*'resnet'"):
        load(write(tmp_path, GOOD.replace("[[pages.questions]]", 'system = "resnt"\n[[pages.questions]]')))


def test_a_page_has_a_line_typed_and_closes_the_shutter(tmp_path):
    def page(*lines):
        return load(
            write(tmp_path, GOOD.replace("[[pages.questions]]", "\n".join([*lines, "[[pages.questions]]"])))
        ).pages[0]

    shown = page('system = "resnet"', 'line = { en = "a circle.", zh = "一个圆。" }', "dark = true")
    assert (shown.line, shown.dark) == ({"en": "a circle.", "zh": "一个圆。"}, True)
    assert (page().line, page().dark) == ({}, False)
    for line, said in (
        ('line = { en = "a circle." }', "pages[0].line: lacks the language 'zh'"),
        ('line = "a circle."', "pages[0].line"),
        ("dark = 1", "pages[0].dark: expected true or false, got 1"),
    ):
        with pytest.raises(ConfigError, match=re.escape(said)):
            page(line)


def test_a_page_shows_a_chart_that_there_is(tmp_path):
    def page(*lines):
        return load(
            write(tmp_path, GOOD.replace("[[pages.questions]]", "\n".join([*lines, "[[pages.questions]]"])))
        ).pages[0]

    shown = page('chart = "room"', 'room = { training = "mt_nlg", micros = 8 }')
    assert (shown.chart, shown.room, shown.decade) == ("room", {"training": "mt_nlg", "micros": 8}, 0.0)
    assert page('chart = "scale"', "decade = 3.5").decade == 3.5
    with pytest.raises(UnknownName, match=r"chart.*'scales'.*'scale'"):
        page('chart = "scales"')
    with pytest.raises(UnknownName, match=r"'micro'.*'micros'"):
        page('chart = "room"', "room = { micro = 8 }")
    for line in ('room = { micros = "many" }', "room = { micros = 0 }", "room = { training = 3 }", "decade = 20"):
        with pytest.raises(ConfigError, match=r"mine\.toml"):
            page('chart = "room"', line)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "page", "number"), QUESTIONS)
def test_answers_are_the_same_again(name, page, number):
    lesson = load(name)
    question = lesson.pages[page].questions[number]
    answer = answer_of(question, lesson)
    if question.options:
        right = right_option(question, lesson)
        assert (answer, answer_of(question, lesson, "zh")) == tuple(question.options[x][right] for x in ("en", "zh"))
    elif (name, page, number) in MEASURED:
        assert type(answer) is int
        assert answer_of(question, lesson, "zh") == answer
    else:
        assert (answer == "") == (not question.options)


@pytest.mark.slow
def test_claims_of_the_texts_hold():
    """Sentences of the lessons that state what happens, loosely, hold in their runs."""

    def measured(name, page, number):
        lesson = load(name)
        return answer_of(lesson.pages[page].questions[number], lesson)

    assert measured("left_right", 3, 0) <= 10
    assert measured("alphabet", 2, 0) <= 20
    assert measured("alphabet", 3, 0) <= 1
    sound, tenth, half = (measured("break_it", page, 0) for page in range(3))
    assert sound <= 1 < tenth < half < 25
    assert measured("break_it", 5, 1) < measured("break_it", 5, 0)
    similar, serifs = measured("second_face", 1, 0), measured("second_face", 2, 0)
    assert 1 < similar < 20 < serifs
    assert measured("cannot_learn", 1, 0) < 20
    assert 35 < measured("cannot_learn", 2, 0) < 65
    assert 35 < measured("cannot_learn", 3, 0) < 65


def test_jammed_motors_forget_nothing():
    session, first = go_through(load("break_it"), 4)
    assert session.records["wrong"][first:].sum() <= 1


def test_of_four_fields_only_the_dark_and_the_full_card_stay_wrong():
    session = begin(load("cannot_learn"))
    rows = session.run(600)[300:]
    wrong = {session.world.at(int(row["number"])).name for row in rows if row["wrong"]}
    assert wrong == {"even: 0 fields", "even: 4 fields"}


def test_another_seed_is_another_run():
    lesson = load("alphabet")
    assert begin(lesson, 5).seed == 5
    question = lesson.pages[2].questions[0]
    assert {answer_of(question, lesson, seed=seed) for seed in (0, 1, 2)} == {11, 14, 16}


# -- files of one's own ----------------------------------------------------------------------------------------------


def test_a_file_of_ones_own(tmp_path):
    lesson = load(write(tmp_path, GOOD))
    assert (lesson.order, lesson.minutes, lesson.lock) == (100, 10, ())
    assert begin(lesson).trial == 2
    assert answer_of(lesson.pages[0].questions[0], lesson, "zh") == "乙"
    path = write(tmp_path, GOOD.replace("trials = 2", "trials = 3"))
    assert load(str(path)).state.trials == 3  # read anew


MEASURES = [
    ('{ measure = "response", trial = 0 }', str),
    ('{ measure = "lit", trial = 3 }', int),
    ('{ measure = "lit", trial = 0, page = 0 }', int),
    ('{ measure = "active", trial = 1, page = 0 }', int),
    ('{ measure = "errors", first = 0, last = 4 }', int),
]


@pytest.mark.parametrize(("measure", "kind"), MEASURES)
def test_measures(tmp_path, measure, kind):
    text = GOOD.replace('options = { en = ["a", "b"], zh = ["甲", "乙"] }\nanswer = 1', f"answer = {measure}")
    lesson = load(write(tmp_path, text))
    first, again = (answer_of(lesson.pages[0].questions[0], lesson) for _ in range(2))
    assert type(first) is kind
    assert first == again


# Squares on the left and right, cards 0 to 9 with the trainer on, cards 10 to 19 with it off.
TWO_PAGES = (
    GOOD.replace("[[pages]]", "[[pages]]\nrun = 10", 1)
    + """
[[pages]]
commands = [ { course = { name = "exam", learn = false } } ]
run = 10
text = { en = "Two.", zh = "二。" }
"""
)


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ('measure = "errors", page = 0, first = 0, last = 10', lambda rows: int(rows[2:12]["wrong"].sum())),
        (
            'measure = "more_errors", page = 0, than = 1, first = 0, last = 10',
            lambda rows: int(rows[2:12]["wrong"].sum()) - int(rows[12:]["wrong"].sum()),
        ),
        (
            'measure = "errors_switched_on", first = 0, last = 12',
            lambda rows: sum(bool(row["wrong"] and row["active"] > 0) for row in rows[:12]),
        ),
        ('measure = "answers", page = 1, first = 0, last = 9', lambda rows: len(set(rows[12:21]["response"].tolist()))),
    ],
)
def test_the_run_says_which_option_is_right(tmp_path, measure, value):
    for seed in (0, 3):
        found = value(go_through(load(write(tmp_path, TWO_PAGES)), 1, seed)[0].known)
        low, high = (-10, 10) if "than" in measure else (1, 9) if "answers" in measure else (0, 12)
        high = 10 if measure.startswith('measure = "errors"') else high
        for ranges, right in (
            ([[low, found], [found + 1, high]], 0),
            ([[found + 1, high], [low, found]], 1),
            ([[low, found - 1], [found, high]], 1),
        ):
            if any(first > last for first, last in ranges):
                continue
            text = TWO_PAGES.replace("answer = 1", f"answer = {{ {measure}, right_if = {ranges} }}")
            lesson = load(write(tmp_path, text))
            question = lesson.pages[0].questions[0]
            assert right_option(question, lesson, seed=seed) == right
            assert answer_of(question, lesson, "zh", seed=seed) == "甲乙"[right]


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        ("[[0, 1], [3, 4]]", "answer.right_if: 2 is in no range. Part the values from 0 to 4 among the options"),
        ("[[1, 2], [3, 4]]", "answer.right_if: 0 is in no range"),
        ("[[0, 2], [2, 4]]", "answer.right_if: 2 is in two ranges"),
        ("[[0, 1], [2, 3]]", "answer.right_if: the ranges end at 3, the values at 4"),
        ("[[0, 1], [2, 5]]", "answer.right_if: the ranges end at 5, the values at 4"),
        ("[[0, 1], [2, 3], [4, 4]]", "answer.right_if: has 3 ranges for 2 options"),
        ("[[0, 1], [4, 2]]", "answer.right_if[1]: expected the least and the greatest value, got [4, 2]"),
        ("[[0, 1], [2]]", "answer.right_if[1]: expected the least and the greatest value, got [2]"),
        ("[[0, 1], 3]", "answer.right_if[1]: expected the least and the greatest value, got 3"),
        ("3", "answer.right_if: expected a list, got 3"),
    ],
)
def test_ranges_that_do_not_part_the_values_are_refused(tmp_path, ranges, said):
    measure = f'{{ measure = "errors", first = 1, last = 5, right_if = {ranges} }}'
    with pytest.raises(ConfigError, match=re.escape(f"mine.toml: pages[0].questions[0].{said}")):
        load(write(tmp_path, GOOD.replace("answer = 1", f"answer = {measure}")))


@pytest.mark.slow
def test_no_pass_without_an_error(tmp_path):
    text = GOOD.replace('options = { en = ["a", "b"], zh = ["甲", "乙"] }\nanswer = 1',
                        'answer = { measure = "first_errorless_pass" }')  # fmt: skip
    text = text.replace('name = "left_right"', 'name = "parity"\ncount = 20')
    lesson = load(write(tmp_path, text))
    assert answer_of(lesson.pages[0].questions[0], lesson) == "none"
    assert answer_of(lesson.pages[0].questions[0], lesson, "zh") == "无"


def commands(*rows):
    """What is put in the place of what, for a first page that gives these commands."""
    return ("[[pages]]", f"[[pages]]\ncommands = [ {', '.join(rows)} ]")


REFUSALS = [
    (("title =", "titel ="), UnknownName, r"mine.toml: unknown key 'titel'. Did you mean 'title'?"),
    ((', zh = "题"', ""), ConfigError, "mine.toml: title: lacks the language 'zh'"),
    (('zh = "题"', 'fr = "t", zh = "题"'), UnknownName, "mine.toml: title: unknown language 'fr'"),
    (('en = "One."', "en = 3"), ConfigError, "mine.toml: pages[0].text.en: expected a text, got 3"),
    (('en = "One."', 'en = " "'), ConfigError, "mine.toml: pages[0].text.en: expected a text"),
    (("text =", "txt ="), UnknownName, "mine.toml: pages[0]: unknown key 'txt'. Did you mean 'text'?"),
    (('text = { en = "One.", zh = "一。" }', ""), ConfigError, "mine.toml: pages[0]: lacks 'text'"),
    (("[[pages]]", '[[pages]]\nhide = ["valus"]'), UnknownName,
     "mine.toml: pages[0].hide[0]: unknown part 'valus'. Did you mean 'values'?"),
    (("[[pages]]", '[[pages]]\nwatch = "values"'), ConfigError, "mine.toml: pages[0].watch: expected a list"),
    (("[[pages]]", '[[pages]]\nview = "frnt"'), UnknownName,
     "mine.toml: pages[0].view: unknown view 'frnt'. Did you mean 'front'?"),
    (("[[pages]]", "[[pages]]\nrun = -1"), ConfigError, "mine.toml: pages[0].run: -1 is out of range"),
    (("[[pages]]", "[[pages]]\nrun = 1.5"), ConfigError, "mine.toml: pages[0].run: expected a whole number, got 1.5"),
    (("[[pages]]", "[[pages]]\nspeed = true"), ConfigError, "mine.toml: pages[0].speed: expected a number"),
    (("[[pages]]", "[[pages]]\npredict = 1"), ConfigError, "mine.toml: pages[0].predict: expected true or false"),
    (("[[pages]]", '[[pages]]\ncommands = ["set"]'), ConfigError, "mine.toml: pages[0].commands[0]: expected a table"),
    (("[[pages]]", "[[pages]]\ncommands = [ { sett = {} } ]"), UnknownName,
     "mine.toml: pages[0].commands[0]: unknown key 'sett'. Did you mean 'set'?"),
    (("[[pages]]", '[[pages]]\ncommands = [ { set = { "machine.faults.dead_cell" = [1] } } ]'), UnknownName,
     "mine.toml: pages[0].commands[0].set: unknown setting 'faults.dead_cell'. Did you mean 'faults.dead_cells'?"),
    (("[[pages]]", '[[pages]]\ncommands = [ { course = { name = "exam" } } ]'), ConfigError,
     "mine.toml: pages[0].commands[0].course: lacks 'learn'"),
    (("[[pages]]", '[[pages]]\ncommands = [ { world = { config = { size = 90.0 }, learn = true } } ]'), ConfigError,
     "mine.toml: pages[0].commands[0].world.config: WorldConfig.size: 90.0 is out of range"),
    (commands("{ course = { name = 'nope', learn = true } }"), UnknownName,
     "mine.toml: pages[0].commands[0].course.name: unknown course 'nope'. Known: learn, exam"),
    (commands("{ course = { name = 'parity 2', learn = true } }"), UnknownName, "unknown course 'parity 2'"),
    (commands("{ turn = { units = [1], deg = ['x'] } }"), ConfigError,
     "mine.toml: pages[0].commands[0].turn.deg[0]: 'x' is out of range"),
    (commands("{ turn = { units = [512], deg = [0] } }"), ConfigError, "turn.units[0]: 512 is out of range"),
    (commands("{ turn = { units = [1.0], deg = [0] } }"), ConfigError, "turn.units[0]: 1.0 is out of range"),
    (commands("{ turn = { units = [1], deg = [nan] } }"), ConfigError, "turn.deg[0]: nan is out of range"),
    (commands("{ turn = { units = [1, 2], deg = [0] } }"), ConfigError, "turn: 1 angles for A-units [1, 2]"),
    (commands("{ turn = { units = [1] } }"), ConfigError, "mine.toml: pages[0].commands[0].turn: lacks 'deg'"),
    (commands("{ show = { name = 'A', frame = [255], kind = 0 } }"), ConfigError, "show.frame: 1 cells. Give 400"),
    (commands("{ show = { name = 'A', frame = [256], kind = 0 } }"), ConfigError, "show.frame[0]: 256 is out of range"),
    (commands("{ show = { name = 'A', frame = [] } }"), ConfigError, "show: lacks 'kind'"),
    (("answer = 1", "answer = 2"), ConfigError, "mine.toml: pages[0].questions[0].answer: 2 is out of range"),
    (("answer = 1", "answer = -1"), ConfigError, "mine.toml: pages[0].questions[0].answer: -1 is out of range"),
    (("answer = 1", 'answer = "b"'), ConfigError, "mine.toml: pages[0].questions[0].answer: expected a whole number"),
    (("answer = 1", ""), ConfigError, "mine.toml: pages[0].questions[0]: lacks 'answer'"),
    (('zh = ["甲", "乙"]', 'zh = ["甲"]'), ConfigError, "mine.toml: pages[0].questions[0].options: the options"),
    (('en = ["a", "b"]', 'en = "ab"'), ConfigError, "questions[0].options.en: expected a list, got 'ab'"),
    (("answer = 1", 'answer = { measure = "errors", first = 0, last = 2 }'), ConfigError, "lacks 'right_if'"),
    (('options = { en = ["a", "b"], zh = ["甲", "乙"] }', ""), ConfigError, "questions[0]: answer 1 without options"),
    (("[state]", '[state]\nview = "back"'), UnknownName, "mine.toml: state.view: unknown view 'back'"),
    (("[state]", "[state]\nspede = 2"), UnknownName, "mine.toml: state: unknown key 'spede'. Did you mean 'speed'?"),
    (("[state.world]", '[state.machine]\n"association.theta" = 0\n[state.world]'), ConfigError,
     "mine.toml: state.machine: association: AssociationConfig.theta: 0 is out of range"),
    (('name = "left_right"', 'name = "left_rite"'), UnknownName,
     "mine.toml: state.world: WorldConfig.name: unknown choice 'left_rite'. Did you mean 'left_right'?"),
    (("[state]", 'lock = ["setings"]\n[state]'), UnknownName,
     "mine.toml: lock[0]: unknown command 'setings'. Did you mean 'settings'?"),
    (("[state]", "[state"), ConfigError, "mine.toml: cannot be read"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "kind", "said"), REFUSALS, ids=[said for *_, said in REFUSALS])
def test_a_mistake_is_refused_with_its_place(tmp_path, change, kind, said):
    text = GOOD.replace(*change, 1)
    assert text != GOOD
    with pytest.raises(kind) as refused:
        load(write(tmp_path, text))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        ('{ measure = "eror" }', "unknown measure 'eror'"),
        ("{ trial = 1 }", "unknown measure"),
        ('{ measure = "errors", first = 0 }', "lacks 'last'"),
        ('{ measure = "errors", first = 3, last = 3 }', "trials 3 to 3 are none"),
        ('{ measure = "active", trial = "1" }', "expected a whole number"),
        ('{ measure = "active", trail = 1 }', "unknown key 'trail'"),
        ('{ measure = "active", trial = 1, page = 1 }', "1 is out of range"),
        ('{ measure = "errors", first = 0, last = 2, right_if = [] }', "unknown key 'right_if'"),
        ('{ measure = "more_errors", first = 0, last = 2, than = 0 }', "lacks 'page'"),
        ('{ measure = "more_errors", first = 0, last = 2, page = 0, than = 1 }', "1 is out of range"),
    ],
)
def test_a_wrong_measure_is_refused(tmp_path, measure, said):
    text = GOOD.replace('options = { en = ["a", "b"], zh = ["甲", "乙"] }\nanswer = 1', f"answer = {measure}")
    with pytest.raises(MarkIError, match=re.escape(said)) as refused:
        load(write(tmp_path, text))
    assert "mine.toml: pages[0].questions[0].answer" in str(refused.value)


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "folder.toml")
    with pytest.raises(ConfigError, match=r"is in UTF-16\. Save it as UTF-8"):
        load(write(tmp_path, GOOD.encode("utf-16")))
    with pytest.raises(ConfigError, match="lacks pages"):
        load(write(tmp_path, GOOD.split("[[pages]]")[0]))
    with pytest.raises(UnknownName, match="Did you mean 'alphabet'"):
        load("alphabeth")


def test_a_world_that_is_not_there_names_the_lesson(tmp_path):
    text = GOOD.replace('name = "left_right"', 'name = "letters"\ntypefaces = ["nothing"]')
    lesson = load(write(tmp_path, text))
    with pytest.raises(UnknownName, match=r"mine\.toml.*unknown typeface 'nothing'"):
        begin(lesson)
    world = "{ world = { config = { name = 'letters', typefaces = ['nothing'] }, learn = true } }"
    lesson = load(write(tmp_path, GOOD.replace(*commands(world))))
    with pytest.raises(UnknownName, match=r"mine\.toml: pages\[0\].*unknown typeface 'nothing'"):
        shelf.go_through(lesson, 0)


def test_a_page_goes_over_to_a_course_that_a_page_before_it_opened(tmp_path):
    world = "{ world = { config = { name = 'parity' }, learn = true } }"
    back = """[[pages]]
commands = [ { course = { name = "learn", learn = true } }, { course = { name = "parity 2", learn = false } } ]
text = { en = "Two.", zh = "二。" }
"""
    turn = "{ turn = { units = [0, 511], deg = [-3, 2.5] } }"
    lesson = load(write(tmp_path, GOOD.replace(*commands(f"{world}, {turn}")) + back))
    session, _ = shelf.go_through(lesson, 1)
    assert list(session.configs)[session.course] == "parity 2"


def test_a_measure_that_may_be_no_number_parts_nothing(tmp_path):
    measure = '{ measure = "first_errorless_pass", right_if = [[1, 9], [10, 60]] }'
    with pytest.raises(ConfigError, match="the measure 'first_errorless_pass' is not always a number"):
        load(write(tmp_path, GOOD.replace("answer = 1", f"answer = {measure}")))


def test_a_question_to_be_discussed_has_no_right_option():
    lesson = load("what_it_is")
    with pytest.raises(ConfigError, match="what_it_is: a question to be discussed has no right option"):
        right_option(lesson.pages[5].questions[0], lesson)
