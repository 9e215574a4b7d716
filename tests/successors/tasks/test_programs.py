"""The worlds of programs: words say what programs draw, and nothing of a test is in what is learned from."""

import itertools
import re
from collections import Counter

import numpy as np
import pytest

from marki.io.text import LONGEST
from marki.pen.interpreter import drawings, field, lit
from marki.pen.judging import INPUTS, draws_the_same, passing
from marki.pen.panel_picture import unprinted
from marki.pen.parser import parse
from marki.pen.statements import one_line, pieces
from marki.pen.tokens import DIRECTIONS, HOLE, around_hole
from successors import tasks
from successors.tasks import figures
from successors.tasks.contest import example
from successors.tasks.figures import CLOSED, KINDS, LANGUAGES, SIZES, WAYS, PenFigure
from successors.tasks.programs import spoiled

NAMES = ("programs", "contest", "holes", "typing")
SMALL = dict(train=600, valid=60, test=90)


def load(name, **options):
    few = {**SMALL, "documents": 0} if name == "programs" else SMALL
    return tasks.load(name, cache=False, **{**few, **options})


EVERY = 5 * (4 * 3 + 2 * 2 + 4 * 7) + 3 * 4
"""Figures: those of one of four directions, a side, a corner; battlements have fewer sizes."""


def every_figure():
    for kind, ways in WAYS.items():
        sides = ["left", "right"] if ways != "four" else ["left", "right", ""]
        ends = {"side": [""], "corner": ["up", "down"], "four": ["", "up", "down"]}[ways]
        for side, end, size in itertools.product(sides, ends, ("n", *SIZES.get(kind, (2, 3, 4, 5)))):
            if ways != "four" or bool(side) != bool(end):
                yield PenFigure(kind=kind, side=side, end=end, size=size)


def shown(figure, n=3):
    panel = field(lit(figure.program(), n))
    rows, columns = panel.any(1).nonzero()[0], panel.any(0).nonzero()[0]
    return ["".join(".#"[int(x)] for x in row[columns[0] : columns[-1] + 1]) for row in panel[rows[0] : rows[-1] + 1]]


PICTURES = {
    "line": ["###"],
    "dots": ["#.#.#"],
    "gap": ["###..###"],
    "slope": ["#..", ".#.", "..#"],
    "square": ["####", "#..#", "#..#", "####"],
    "field": ["###", "###", "###"],
    "stripes": ["###", "...", "###", "...", "###"],
    "diamond": ["...#...", "..#.#..", ".#...#.", "#.....#", ".#...#.", "..#.#..", "...#..."],
    "zigzag": [".#.#.#", "#.#.#."],
    "stairs": ["###....", "..#....", "..###..", "....#..", "....###", "......#"],
    "comb": ["######", "#.#.#.", "#.#.#."],
    "hook": ["####", "...#", "...#"],
    "battlements": ["#########", "##.##.##.", "##.##.##."],
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_looks_as_it_is_called(kind):
    end = "down" if WAYS[kind] == "corner" else ""
    assert shown(PenFigure(kind=kind, side="right", end=end, size="n")) == PICTURES[kind]


def test_a_figure_is_turned_by_its_directions():
    for kind in (k for k in KINDS if WAYS[k] == "corner" and k != "slope"):
        right = shown(PenFigure(kind=kind, side="right", end="down", size=3))
        assert shown(PenFigure(kind=kind, side="left", end="down", size=3)) == [row[::-1] for row in right]
        assert shown(PenFigure(kind=kind, side="right", end="up", size=3)) == right[::-1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_say_all_there_is_to_a_figure(language):
    """No two figures are asked for with the same words, and no two ways to ask for one are the same."""
    found = Counter(figure.words(way, language) for figure in every_figure() for way in range(4))
    assert len(found) == 4 * EVERY
    assert found.most_common(1)[0][1] == 1


def test_figures_say_the_same_in_both_languages():
    square = PenFigure(kind="square", side="left", end="up", size=3)
    dots = PenFigure(kind="dots", side="", end="down", size="n")
    assert figures.words((square, dots), (0, 2)) == (
        "a square with sides of 3 to the left and up, then down, dots of n:"
    )
    assert figures.words((square, dots), (0, 2), "zh") == "向左、向上画边长3格的正方形，然后画n个点，向下："
    assert figures.names((square, dots), (1, 1)) == "a box, then a dotted line:"
    assert figures.names((square, dots), (1, 1), "zh") == "方框，然后圆点："


def test_no_two_figures_draw_the_same():
    assert len({drawings(one_line(figure.program()), INPUTS) for figure in every_figure()}) == EVERY


@pytest.mark.parametrize("part", ["train", "valid", "test"])
def test_no_figure_of_a_chain_can_be_left_out(part):
    rng = np.random.default_rng(0)
    for length in (1, 2, 3):
        for _ in range(10):
            chain = figures.chain_of(rng, part, length)
            whole = figures.program(chain)
            assert figures.part_of(one_line(whole)) == part
            for n in INPUTS:
                drawn = [sum(lit(figures.program(chain[:k]), n)) for k in range(length + 1)]
                assert drawn == sorted(set(drawn))


# -- decks -----------------------------------------------------------------------------------------------------------


OPTIONS = [{}, {"languages": ("zh",)}, {"languages": ("en", "zh")}]


@pytest.mark.parametrize("seed", [0, 1])
def test_no_program_of_a_test_is_learned_anywhere(seed):
    """The split is one for all tasks and all seeds: whatever is learned from, no test has been seen."""
    learned, tested = set(), {}
    for name in ("programs", "contest", "holes"):
        for options in OPTIONS:
            deck = load(name, seed=seed, **options)
            learned |= set(deck.train.targets.tolist())
            tested.setdefault(name, set()).update(deck.test.targets.tolist())
            for part in ("train", "valid", "test"):
                assert {figures.part_of(text) for text in getattr(deck, part).targets.tolist()} == {part}
    assert all(len(found) > 50 for found in tested.values())
    assert not learned & set.union(*tested.values())


def test_lines_of_typing_are_of_programs_of_their_part():
    """The words tell the program, of which typing has a line; here of single figures, of which all words are known."""
    programs = {
        figure.words(way, language): one_line(figure.program())
        for figure in every_figure()
        for way in range(4)
        for language in LANGUAGES
    }
    for options in OPTIONS:
        deck = load("typing", **options)
        for part in ("train", "valid", "test"):
            told = [re.split("[:：]", text)[0] for text in getattr(deck, part).stimuli.tolist()]
            found = [programs[words] for words in told if words in programs]
            assert len(found) > 15
            assert {figures.part_of(text) for text in found} == {part}


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_no_words_of_a_test_are_learned(name, options):
    deck = load(name, **options)
    seen = [{re.split("[:：]", told)[0] for told in p.stimuli.tolist()} for p in deck.parts().values()]
    assert not seen[0] & seen[2]
    assert not seen[1] & seen[2]


def test_no_words_of_a_test_are_in_the_corpus():
    deck = load("programs", documents=2_000, languages=("en", "zh"))
    documents = set(deck.corpus.tolist())
    assert len(deck.corpus) == 2_000
    asked = {text for text in documents if text.endswith((":", "："))}
    assert len(asked) > 500
    assert not asked & set(deck.test.stimuli.tolist())
    assert not any(verb in text for text in documents for verb in ("draw ", "rep ", "go ")), "text alone"


def test_statements_of_the_contest_hide_what_the_example_tells():
    deck = load("contest")
    for told, target in zip(deck.test.stimuli.tolist(), deck.test.targets.tolist(), strict=True):
        told, _, picture = told.partition("\n")
        assert told.endswith("; example n = 2:")
        assert unprinted(picture) == example(target, 2)
        assert not any(word in told for word in ("left", "right", "up", "down", "3", "4", "5"))
        assert example(target, 2) == lit(parse(target), 2)
        assert passing([target], target, [2]).all()
    assert len(set(deck.test.targets.tolist())) > 60


def test_the_weak_example_lets_more_through_than_the_strong_one():
    """Of programs drawn for the names alone; with n = 1 a line has no direction, with n = 2 one of 2 passes, too."""
    figure = {"side": "right", "end": "", "size": "n"}
    right = one_line(figures.program((PenFigure(kind="line", **figure), PenFigure(kind="dots", **figure))))
    rng = np.random.default_rng(0)
    drawn = [one_line(figures.program(figures.draw_chain(rng, ["line", "dots"]))) for _ in range(3_000)]
    weak, strong, whole = (passing(drawn, right, inputs).mean() for inputs in ([1], [2], INPUTS))
    error = 4 * (0.09 / 3_000) ** 0.5
    assert weak == pytest.approx(0.6 / 4 * 0.6, abs=error)
    assert strong == pytest.approx((0.7 / 4) ** 2, abs=error)
    assert whole == pytest.approx((0.6 / 4) ** 2, abs=error)
    assert weak > strong > whole


def test_chains_of_programs():
    deck = load("programs", train=2_000)
    assert np.bincount(deck.train.kinds) / 2_000 == pytest.approx([0.6, 0.3, 0.1], abs=0.04)
    assert np.bincount(deck.test.kinds).tolist() == [30, 30, 30]
    for told, kind in zip(deck.train.stimuli.tolist(), deck.train.kinds, strict=True):
        assert told.count(", then ") == kind
    texts = [*deck.train.stimuli.tolist(), *deck.train.targets.tolist()]
    assert max(map(len, texts)) < LONGEST


def test_some_programs_to_learn_from_are_spoiled():
    clean, dirty = load("programs", spoiled=0.0), load("programs", spoiled=0.1)
    assert clean.train.stimuli.tolist() == dirty.train.stimuli.tolist()
    differ = clean.train.targets != dirty.train.targets
    assert differ.mean() == pytest.approx(0.1, abs=4 * (0.09 / 600) ** 0.5)
    assert clean.test.targets.tolist() == dirty.test.targets.tolist()
    for one, other in zip(clean.train.targets[differ].tolist(), dirty.train.targets[differ].tolist(), strict=True):
        pairs = list(zip(one.split(), other.split(), strict=True))
        assert sum(a != b for a, b in pairs) == 1
        assert parse(other)


def test_a_spoiled_program_is_none_of_a_test():
    rng = np.random.default_rng(0)
    assert {figures.part_of(spoiled(rng, "draw up n")) for _ in range(300)} == {"train"}


@pytest.mark.parametrize("options", [{}, {"closed": False}, {"words": True}], ids=str)
def test_a_hole_is_one_stroke(options):
    deck = load("holes", **options)
    for told, target in zip(deck.train.stimuli.tolist(), deck.train.targets.tolist(), strict=True):
        holed = told.rpartition(": ")[2]
        assert (":" in told) == ("words" in options)
        left, right = around_hole(holed)
        assert target.startswith(left)
        assert target.endswith(right)
        stroke = target[len(left) : len(target) - len(right)]
        assert [piece.split()[0] in ("go", "draw") for piece in pieces(parse(stroke))] == [True]
        assert around_hole(target) is None


def test_the_rest_tells_what_is_missing_in_a_closed_figure():
    """Of all strokes that could stand in the hole, one alone makes a figure of the kind again."""
    every = {one_line(figure.program()) for figure in every_figure() if figure.kind in CLOSED}
    verbs, amounts = ("go", "draw"), ("n", *range(1, 6))
    strokes = [f"{v} {d} {k}" for v, d, k in itertools.product(verbs, DIRECTIONS, amounts)]
    for program in sorted(every):
        told = list(pieces(parse(program)))
        for at, piece in enumerate(told):
            if piece.split()[0] in verbs:
                fits = [s for s in strokes if " ".join([*told[:at], s, *told[at + 1 :]]) in every]
                assert fits == [piece]


def test_lines_of_typing_follow_their_words():
    deck = load("typing")
    for told, line in zip(deck.train.stimuli.tolist(), deck.train.targets.tolist(), strict=True):
        words, colon, written = told.partition(":")
        assert colon
        assert HOLE not in told
        assert line in "] rep n [ rep 2 [ rep 3 [ rep 4 [ rep 5 [" or list(pieces(parse(line))) == [line]
        assert not written or written[0] == " "
        assert words
    without = load("typing", words=False)
    assert not any(":" in told for told in without.train.stimuli.tolist())


def test_a_program_is_right_if_it_draws_the_same():
    target = "draw right n draw down n draw left n draw up n"
    answers = [
        "draw down n draw right n draw up n draw left n",
        "draw right 3",
        "drwa",
        "",
        target,
        target + " go up 9",
    ]
    found = draws_the_same(np.array(answers), np.array([target] * 6))
    assert found.tolist() == [True, False, False, False, True, True]
    for name in ("programs", "contest", "holes"):
        task = tasks.find(name)
        assert task.right(np.array(answers), np.array([target] * 6)).tolist() == found.tolist()
        assert task.also["to the letter"](np.array(answers), np.array([target] * 6)) == pytest.approx(1 / 6)
    answer = "\n".join(answers)
    contest = tasks.find("contest")
    handed = np.array(
        [answer, "\n".join(answers[1:4]), "\n".join([*answers[1:4]] * 4), "\n" * 9 + target, "\n" * 10 + target]
    )
    assert contest.right(handed, np.array([target] * 5)).tolist() == [True, False, False, True, False], "ten count"
    assert contest.also["to the letter"](handed, np.array([target] * 5)) == 0.4
    letter = tasks.find("typing").right(np.array(answers), np.array([target] * 6))
    assert letter.tolist() == [False, False, False, False, True, False]
