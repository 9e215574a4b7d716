"""The pen language: what is read, what is drawn, what is refused; for any text, and for any program."""

import contextlib
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marki.io.frame import SIDE
from marki.pen.interpreter import BUDGET, START, drawings, field, lit, states
from marki.pen.parser import DEEPEST, LONGEST, parse
from marki.pen.pen_error import PenError
from marki.pen.statements import Repeat, Stroke, one_line
from marki.pen.tidy import tidied
from marki.pen.tokens import DIRECTIONS, HOLE, INPUT, MOST, WORDS, tokens

AMOUNTS = st.integers(1, MOST) | st.just(INPUT)
STROKES = st.builds(Stroke, st.sampled_from(["go", "draw"]), st.sampled_from(list(DIRECTIONS)), AMOUNTS)


def programs(depth=DEEPEST):
    statements = STROKES
    if depth:
        statements |= st.builds(Repeat, AMOUNTS, programs(depth - 1))
    return st.lists(statements, max_size=4).map(tuple)


NUMBERS = [str(k) for k in range(1, MOST + 1)]
PROGRAMS = programs()
# Texts that are nearly programs, so that most of them get beyond their first word.
TEXTS = st.text(max_size=80) | st.lists(
    st.sampled_from([*WORDS, *NUMBERS, "0", "21", "x", HOLE, "# a", "\n", "\n\n", "DRAW", "３", "［"]), max_size=40
).map(" ".join)
INPUTS = st.integers(1, MOST)


def outcome(act):
    """Return what is found, or None where it is refused as it should be."""
    try:
        return act()
    except PenError as error:
        refused = error
    assert refused.code.startswith("pen.")
    assert refused.remedy
    assert refused.where is not None
    assert "\n" not in str(refused)
    assert {"line", "column", "start", "stop"} <= refused.fields.keys()
    return None


# -- any text, any program -------------------------------------------------------------------------------------------


@given(TEXTS, INPUTS)
def test_any_text_ends_within_its_budget_or_is_refused(text, n):
    program = outcome(lambda: parse(text))
    drawn = drawings(text, [n])
    if program is None:
        assert drawn is None
        return
    steps = 0
    for steps, state in enumerate(started(program, n), start=1):
        assert state.steps == steps <= BUDGET
    assert (outcome(lambda: lit(program, n)) is None) == (drawn is None)


def started(program, n):
    """Yield the states of a program, to its end or to the refusal of its budget."""
    with contextlib.suppress(PenError):
        yield from states(program, n)


@given(TEXTS)
def test_a_refusal_points_into_the_text(text):
    try:
        parse(text)
    except PenError as error:
        f = error.fields
    else:
        return
    assert 0 <= f["start"] <= f["stop"] <= len(text)
    before = text[: f["start"]]
    assert (f["line"], f["column"]) == (before.count("\n") + 1, len(before) - before.rfind("\n"))


@given(TEXTS)
def test_tokens_cover_the_text(text):
    found = list(tokens(text))
    places = list(itertools.chain.from_iterable((t.start, t.stop) for t in found))
    assert places == sorted(places)
    kept = "".join(text[t.start : t.stop] for t in found)
    assert [c for c in kept if not c.isspace()] == [c for c in text if not c.isspace()]


@given(PROGRAMS)
def test_what_is_written_is_read_again(program):
    assert parse(one_line(program)) == program
    assert parse(tidied(one_line(program))) == program


@given(TEXTS)
def test_tidying_says_the_same_and_is_done_once(text):
    program = outcome(lambda: parse(text))
    if program is None:
        return
    tidy = tidied(text)
    assert parse(tidy) == program
    assert tidied(tidy) == tidy
    comments = [[t.text for t in tokens(x) if t.kind == "comment"] for x in (text, tidy)]
    assert comments[0] == comments[1]


@given(PROGRAMS, INPUTS)
def test_step_by_step_is_the_same_drawing(program, n):
    whole = outcome(lambda: lit(program, n))
    seen = []
    try:
        seen.extend(states(program, n))
    except PenError:
        assert whole is None
        return
    assert whole is not None
    assert whole == (seen[-1].lit if seen else bytes(SIDE * SIDE))
    assert [s.steps for s in seen] == list(range(1, len(seen) + 1))
    for one, other in itertools.pairwise(seen):
        assert max(abs(one.row - other.row), abs(one.column - other.column)) <= 1
        assert sum(b and not a for a, b in zip(one.lit, other.lit, strict=True)) <= 1
        assert all(b for a, b in zip(one.lit, other.lit, strict=True) if a), "no lamp goes out"


@given(PROGRAMS, INPUTS)
def test_the_same_program_draws_the_same(program, n):
    again = parse(one_line(program))
    assert drawings(one_line(program), [n]) == drawings(tidied(one_line(again)), [n])


@given(PROGRAMS, INPUTS)
def test_another_interpreter_draws_the_same(program, n):
    """The program unrolled first, then its strokes as sums of steps, of which those on the panel are kept."""

    def unrolled(body):
        for s in body:
            if isinstance(s, Repeat):
                for _ in range(n if s.amount == INPUT else s.amount):
                    yield None
                    yield from unrolled(s.body)
            else:
                yield from [(s.verb, DIRECTIONS[s.direction])] * (n if s.amount == INPUT else s.amount)

    walk = list(itertools.islice(unrolled(program), BUDGET + 1))
    whole = outcome(lambda: lit(program, n))
    if len(walk) > BUDGET:
        assert whole is None
        return
    walk = [step for step in walk if step is not None]
    ways = np.array([way for _, way in walk], int).reshape(-1, 2)
    places = np.cumsum(np.vstack([[START, START], ways]), axis=0)[:-1]
    drawn = places[[verb == "draw" for verb, _ in walk]] if walk else places
    inside = drawn[((drawn >= 0) & (drawn < SIDE)).all(axis=1)]
    panel = np.zeros((SIDE, SIDE), bool)
    panel[tuple(inside.T)] = True
    assert np.array_equal(field(whole), panel)


# -- by hand ---------------------------------------------------------------------------------------------------------


def shown(text, n=1):
    panel = field(lit(parse(text), n))
    rows, columns = panel.any(1).nonzero()[0], panel.any(0).nonzero()[0]
    return ["".join(".#"[int(x)] for x in row[columns[0] : columns[-1] + 1]) for row in panel[rows[0] : rows[-1] + 1]]


def test_a_square():
    text = "draw right n draw down n draw left n draw up n"
    assert shown(text, 3) == ["####", "#..#", "#..#", "####"]
    assert field(lit(parse(text), 3))[START, START] == 1


def test_dots_and_a_diagonal():
    assert shown("rep 3 [ draw right 1 go right 1 ]") == ["#.#.#"]
    assert shown("draw down-right n", 3) == ["#..", ".#.", "..#"]


def test_what_leaves_the_panel_is_not_lit_and_comes_back():
    panel = field(lit(parse("draw right 20 draw left 20 draw left 20"), 1))
    assert panel.sum() == SIDE
    assert panel[START].all()


def test_states_say_line_pen_and_lamps():
    program = parse("rep n [\n  draw right 1\n  go down 1\n]")
    assert [(s.line, s.row - START, s.column - START, sum(s.lit)) for s in states(program, 2)] == [
        (1, 0, 0, 0), (2, 0, 1, 1), (3, 1, 1, 1), (1, 1, 1, 1), (2, 1, 2, 2), (3, 2, 2, 2),
    ]  # fmt: skip


def test_a_program_at_its_budget_and_one_step_beyond():
    full = "rep 20 [ " + "go up 20 " * 4 + "go up 19 ]"
    assert len(list(states(parse(full), 1))) == BUDGET
    assert drawings(full + " go up 1", [1]) is None
    assert drawings("rep 20 [ rep 20 [ rep 20 [ ] ] ]", [1]) is None, "turns count although nothing moves"


def test_only_refusals_are_taken_for_wrong_programs():
    with pytest.raises(TypeError):
        drawings(None, [1])


def test_tidying_by_hand():
    text = "# a comb\n\n\nrep n[DRAW up ０３ # a tooth\ngo down 3 go right 2]# end\n"
    assert tidied(text) == ("# a comb\n\nrep n [\n  draw up 3  # a tooth\n  go down 3\n  go right 2\n]  # end\n")


@pytest.mark.parametrize("n", [0, MOST + 1, -1, 1.0, True, "3", None])
def test_an_input_out_of_range_is_refused(n):
    with pytest.raises(PenError, match="from 1 to 20"):
        lit(parse("go up n"), n)


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "match"),
    [
        ("go up 1\n drwa up 1", "pen.near", 2, 2, "Did you mean 'draw'"),
        ("go up 1 zzzzz", "pen.unknown", 1, 9, "Known: go draw rep up"),
        ("draw up-rihgt 1", "pen.near", 1, 6, "'up-right'"),
        ("draw right-up 1", "pen.near", 1, 6, "'up-right'"),
        ("draw 3", "pen.direction", 1, 6, "no direction after 'draw'"),
        ("draw", "pen.direction", 1, 1, "no direction after 'draw'"),
        ("draw up", "pen.amount", 1, 1, "no number for 'draw'"),
        ("draw up go up 1", "pen.amount", 1, 9, "no number for 'draw'"),
        ("draw right down 1", "pen.joined", 1, 12, "Write down-right"),
        ("draw up 0", "pen.range", 1, 9, "'0' is no amount"),
        ("draw up 21", "pen.range", 1, 9, "from 1 to 20"),
        ("draw up " + "9" * 9_000, "pen.range", 1, 9, "is no amount"),
        ("right 3", "pen.start", 1, 1, "'right' begins no statement"),
        ("rep 3 draw up 1", "pen.bracket", 1, 7, "no '\\['"),
        ("rep 3", "pen.bracket", 1, 1, "no '\\['"),
        ("go up 1\nrep 3 [ go up 1", "pen.open", 2, 1, "no '\\]'"),
        ("go up 1 ]", "pen.close", 1, 9, "without"),
        ("rep 1 [ rep 1 [ rep 1 [ rep 1 [ ] ] ] ]", "pen.deep", 1, 25, "more than 3"),
        ("go up 1 ? go up 2", "pen.hole", 1, 9, "a hole"),
        ("go up 1 " * 2_000, "pen.long", 1, 1, "16,000 characters"),
    ],
    ids=lambda v: v[:30] if isinstance(v, str) else "",
)
def test_a_refusal_names_line_and_cure(text, code, line, column, match):
    with pytest.raises(PenError, match=match) as refused:
        parse(text)
    error = refused.value
    assert (error.code, error.fields["line"], error.fields["column"]) == (code, line, column)


def test_every_text_of_the_longest_length_is_read():
    assert parse("go up 1 " * (LONGEST // 8))
