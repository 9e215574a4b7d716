"""The desk of the editor: cursor and selection, changes and undo, what the text says, and the run."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marki.console.state.pen_desk import LEAST_PACE, PATIENCE_S, PenDesk, plain
from marki.pen.interpreter import lit
from marki.pen.parser import LONGEST, parse
from marki.pen.pen_error import PenError

COMB = "rep n [\n  draw up 3\n  go down 3\n  draw right 2\n]\n"


def desk(text="", caret=None):
    made = PenDesk(text=text)
    made.place(len(text) if caret is None else caret)
    return made


def typed(made, text):
    for sign in text:
        made.new_line() if sign == "\n" else made.write(sign)
    return made


# -- the cursor ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "caret", "found"),
    [
        ("left", 8, 7), ("left", 0, 0), ("right", 7, 8), ("right", len(COMB), len(COMB)), ("up", 12, 4),
        ("down", 4, 12),
        ("up", 3, 0), ("down", len(COMB) - 1, len(COMB)), ("home", 14, 10), ("home", 10, 8), ("home", 8, 10),
        ("end", 10, 19), ("top", 9, 0), ("bottom", 9, len(COMB)), ("word_left", 14, 10), ("word_right", 10, 14),
        ("page_up", 20, 0), ("page_down", 2, len(COMB)),
    ],
)  # fmt: skip
def test_keys_move_the_cursor(to, caret, found):
    made = desk(COMB, caret)
    made.move(to)
    assert (made.caret, made.anchor) == (found, found)


def test_going_up_and_down_keeps_the_column_over_short_lines():
    made = desk("draw right 2\n]\ndraw right 2", 8)
    made.move("down")
    assert made.caret == 14
    made.move("down")
    assert made.caret == 15 + 8


def test_with_a_selection_an_arrow_goes_to_its_end():
    made = desk(COMB, 2)
    for _ in range(3):
        made.move("right", extend=True)
    assert made.selection == (2, 5)
    made.move("left")
    assert made.selection == (2, 2)


@pytest.mark.parametrize(("at", "word"), [(1, "rep"), (4, "n"), (6, "["), (11, "draw"), (len(COMB) - 1, "]")])
def test_a_word_is_selected(at, word):
    made = desk(COMB)
    made.select_word(at)
    assert made.selected == word


# -- changes -------------------------------------------------------------------------------------------------------


def test_lines_are_indented_by_the_repeats_that_are_open_and_a_bracket_ends_where_its_repeat_begins():
    made = typed(desk(), "rep n [\nrep 2 [\ndraw up 3\n]\n]\n")
    assert made.text == "rep n [\n  rep 2 [\n    draw up 3\n  ]\n]\n"


def test_buttons_write_a_program():
    made = desk()
    for word in ("rep", "n", "[", "draw", "up", "1", "2", "go", "down-left", "3", "]", "?"):
        assert made.add_word(word)
    assert made.text == "rep n [\n  draw up 12\n  go down-left 3\n]\n?"


def test_what_is_written_takes_the_place_of_the_selection():
    made = desk("draw up 3")
    made.select_word(6)
    made.write("down")
    assert made.text == "draw down 3"


@pytest.mark.parametrize(
    ("way", "word", "caret", "text"),
    [(-1, False, 4, "dra up 3"), (1, False, 4, "drawup 3"), (-1, True, 4, " up 3"), (1, True, 4, "draw 3"),
     (-1, False, 0, "draw up 3")],
)  # fmt: skip
def test_erasing(way, word, caret, text):
    made = desk("draw up 3", caret)
    made.erase(way, word=word)
    assert made.text == text


def test_an_indentation_is_erased_at_once():
    made = desk("rep 2 [\n    ")
    made.erase(-1)
    assert made.text == "rep 2 [\n  "


def test_undo_takes_back_words_and_redo_writes_them_again():
    made = typed(desk(), "draw up 3")
    made.undo()
    assert made.text == "draw up "
    made.undo()
    made.undo()
    assert (made.text, made.caret) == ("draw ", 5)
    made.redo()
    made.redo()
    made.redo()
    assert made.text == "draw up 3"
    assert not made.can_redo


def test_a_text_that_another_one_replaced_comes_back():
    made = typed(desk(), "draw up 3")
    made.lay("go up 1", name="other")
    assert (made.text, made.unsaved) == ("go up 1", False)
    made.undo()
    assert (made.text, made.unsaved) == ("draw up 3", True)


def test_there_is_room_for_as_much_as_a_program_may_have():
    made = desk("#" * LONGEST)
    assert not made.write("x")
    made.erase(-1)
    assert made.write("x")
    assert len(made.text) == LONGEST


@given(st.text(max_size=40))
def test_any_text_may_be_pasted(text):
    made = desk("draw up 3", 4)
    made.write(text)
    assert made.text == f"draw{made.text[4:-5]} up 3"
    assert all(sign == "\n" or sign.isprintable() for sign in made.text)
    assert plain(made.text) == made.text
    made.text.encode()


MOVES = ["left", "up", "down", "home", "word_left", "page_up", "bottom"]
STEPS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(["d", "draw up 3", "[", "]", "?", "#", "\n", "三", " ", "rep 20 ["])),
    st.tuples(st.just("move"), st.sampled_from(MOVES), st.booleans()),
    st.tuples(st.just("erase"), st.sampled_from([-1, 1]), st.booleans()),
    st.tuples(st.just("word"), st.sampled_from(["draw", "up", "]", "3", "n"])),
    st.tuples(st.sampled_from(["undo", "redo", "cut", "go", "step", "new_line", "select_all"])),
    st.tuples(st.just("n"), st.integers(-1, 22)),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(STEPS, max_size=30))
def test_whatever_is_done_the_cursor_stays_in_the_text_and_undo_leads_back(steps):
    made = desk(COMB)
    for name, *given_ in steps:
        match name:
            case "write":
                made.write(given_[0])
            case "move":
                made.move(given_[0], extend=given_[1])
            case "erase":
                made.erase(given_[0], word=given_[1])
            case "word":
                made.add_word(given_[0])
            case "n":
                made.turn_n(given_[0])
            case "undo" | "redo":
                if getattr(made, f"can_{name}"):
                    getattr(made, name)()
            case "go" | "step":
                try:
                    getattr(made, name)()
                except PenError:
                    assert made.reading.refusal is not None
            case _:
                getattr(made, name)()
        made.pass_time(0.3)
        assert 0 <= made.caret <= len(made.text)
        assert 0 <= made.anchor <= len(made.text)
        assert len(made.lamps) == 400
    while made.can_undo:
        made.undo()
    assert made.text == COMB


# -- what it says --------------------------------------------------------------------------------------------------


def test_the_lamps_are_those_of_the_text_and_while_it_cannot_be_read_as_before():
    made = desk(COMB)
    assert made.lamps == lit(parse(COMB), 4)
    made.turn_n(2)
    assert made.lamps == lit(parse(COMB), 2)
    made.write("go up")
    assert made.lamps == lit(parse(COMB), 2)
    assert made.stale
    made.write(" 1")
    assert not made.stale


def test_lamps_that_nothing_has_lit_are_not_those_of_before():
    made = desk("drwa up 3")
    assert made.reading.refusal is not None
    assert made.lamps == bytes(400)
    assert not made.stale


def test_a_mistake_is_told_at_once_but_on_the_line_that_is_typed_after_a_while():
    made = typed(desk(), "drwa up 3")
    assert made.refusal is None
    made.pass_time(PATIENCE_S)
    assert made.refusal.code == "pen.near"
    typed(made, " ")
    assert made.refusal is None
    made.new_line()
    assert made.refusal.fields["line"] == 1


def test_a_program_that_does_not_end_within_its_budget_is_refused_too():
    made = desk("rep 20 [ rep 20 [ rep 20 [ go up 1 ] ] ]\n")
    assert made.refusal.code == "pen.budget"
    with pytest.raises(PenError):
        made.go()


@pytest.mark.parametrize(
    ("text", "caret", "hole"), [("draw up 3 ? go up 1", 0, (10, 11)), ("? ?", 3, (2, 3)), ("# what?", 7, None)]
)
def test_the_hole_at_the_cursor_or_else_the_first(text, caret, hole):
    made = desk(text, caret)
    assert made.hole == hole
    assert made.at_hole == (caret == 3)


# -- the run -------------------------------------------------------------------------------------------------------


def test_a_run_goes_cell_by_cell_and_ends_with_what_the_program_draws():
    made = desk(COMB)
    made.go()
    seen = []
    while made.going:
        made.pass_time(1 / LEAST_PACE)
        seen.append((made.at, sum(made.lamps)))
    assert [at for at, _ in seen] == list(range(1, made.length + 1))
    assert made.lamps == lit(parse(COMB), 4)
    assert seen[0][1] == 0  # the first step is the turn of the repeat
    made.go()
    assert (made.at, sum(made.lamps)) == (0, 0)


def test_steps_lead_on_and_back_and_name_the_line_at_work():
    made = desk(COMB)
    lines = []
    for _ in range(5):
        made.step()
        lines.append(made.state.line)
    assert lines == [1, 2, 2, 2, 3]
    made.step(-1)
    assert made.state.line == 2
    for _ in range(9):
        made.step(-1)
    assert (made.at, made.state) == (0, None)


def test_a_change_ends_the_run():
    made = desk(COMB)
    made.step()
    made.write("#")
    assert made.length == 0
    made.step()
    made.turn_n(7)
    assert made.length == 0


def test_a_long_run_does_not_take_longer_than_others():
    made = desk("rep 20 [ rep 20 [ draw up 1 go down 1 ] ]")
    made.go()
    made.pass_time(5.0)
    assert made.at == pytest.approx(made.length / 2, abs=1)
