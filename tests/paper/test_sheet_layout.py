import itertools
import re
import string
import zlib

import numpy as np
import pytest

from marki.errors import ConfigError, MarkIError, StimulusError
from marki.paper import sheet_layout
from marki.paper.sheet_layout import (
    BOX,
    CELL,
    LABEL,
    MARK,
    MOST_PAGES,
    MOST_TEXT,
    PAPERS,
    SheetPlan,
    boxes,
    class_names,
    class_text,
    code_bits,
    code_cells,
    marks,
    read_code,
)

LETTERS = SheetPlan(classes=tuple(string.ascii_uppercase), copies=2)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A-Z", tuple(string.ascii_uppercase)),
        ("0-9,X", (*string.digits, "X")),
        ("1-12", tuple(map(str, range(1, 13)))),
        ("cat, dog,", ("cat", "dog")),
        ("e\u0301,b", ("é", "b")),
        ("一,二", ("一", "二")),
        ("a-c,A-C", tuple("abcABC")),
    ],
)
def test_a_list_of_classes_is_read_and_said_in_as_few_signs(text, names):
    assert class_names(text) == names
    assert class_names(class_text(names)) == names
    assert len(class_text(names)) <= len(text)


@pytest.mark.parametrize("text", ["cat-dog", "Z-A", "A-", "-", "9-1", "A-BB", "1-99999999999999999999"])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(ConfigError, match="is no range"):
        class_names(text)


@pytest.mark.parametrize(
    ("classes", "copies", "paper", "what"),
    [
        ("", 1, "a4", "names no class"),
        ("A,B,A", 1, "a4", "'A' is named twice"),
        ("../x", 1, "a4", r"'\.\./x' cannot name a class"),
        ("a b", 1, "a4", "cannot name a class"),
        (",".join(chr(c) for c in range(0x4E00, 0x4E40, 2)), 1, "a4", f"takes 127 bytes, .* holds {MOST_TEXT}"),
        ("A-Z", 0, "a4", "0 is out of range"),
        ("A-Z", 256, "a4", "256 is out of range"),
        ("A-Z", 1, "a5", "unknown paper 'a5'"),
    ],
)
def test_a_sheet_that_cannot_be_is_refused_with_the_cure(classes, copies, paper, what):
    with pytest.raises(MarkIError, match=what) as caught:
        SheetPlan(classes=class_names(classes), copies=copies, paper=paper)
    assert caught.value.where in ("--classes", "--copies", "--paper")
    assert caught.value.remedy


def test_two_alphabets_fit_on_one_page_of_either_paper():
    for paper in PAPERS:
        plan = SheetPlan(classes=LETTERS.classes, copies=2, paper=paper)
        assert plan.pages == 1
        assert plan.page_classes(1)[:3] == ["A", "A", "B"]


def test_the_pages_hold_every_box_once():
    plan = SheetPlan(classes=LETTERS.classes, copies=9)
    pages = [plan.page_classes(page) for page in range(1, plan.pages + 1)]
    assert plan.pages > 2
    assert sorted(itertools.chain(*pages)) == sorted(plan.classes * 9)
    assert {len(names) for names in pages[:-1]} == {plan.boxes_per_page}


@pytest.mark.parametrize("paper", PAPERS)
def test_nothing_on_a_page_lies_on_another(paper):
    plan = SheetPlan(classes=LETTERS.classes, copies=3, paper=paper)
    at = boxes(plan)
    things = [(*(p - [0, LABEL]), *(p + BOX)) for p in at]
    things += [(*(m - MARK - 1.5), *(m + MARK + 1.5)) for m in marks(paper).reshape(-1, 2)]
    things += [(*(s.min((0, 1)) - CELL), *(s.max((0, 1)) + CELL)) for s in code_cells(paper)]
    for (a, b, c, d), (e, f, g, h) in itertools.combinations(things, 2):
        assert c <= e or g <= a or d <= f or h <= b
    # Printers leave some 5 mm at the edges of a page white.
    assert np.min(things) > 5
    assert all(c < plan.size[0] - 5 and d < plan.size[1] - 5 for _, _, c, d in things)


@pytest.mark.parametrize("paper", PAPERS)
def test_the_code_says_all_of_a_sheet(paper):
    plan = SheetPlan(classes=class_names("A-F,一,二,haus,10-12"), copies=99, paper=paper)
    assert plan.pages > 1
    for page in (1, plan.pages):
        assert read_code(code_bits(plan, page)) == (plan, page)


def test_a_code_is_read_though_a_fifth_of_it_is_hidden_and_never_read_wrongly():
    bits = code_bits(LETTERS, 1)
    hidden = bits.copy()
    hidden[0, :32] = False
    assert read_code(hidden) == (LETTERS, 1)
    hidden[0] = False
    assert read_code(hidden) is None
    rng = np.random.default_rng(0)
    assert not any(read_code(rng.random(bits.shape) < 0.5) for _ in range(50))
    assert read_code(bits[::-1, ::-1, ::-1]) is None  # upside down


def test_a_code_whose_checksum_is_wrong_is_not_read(monkeypatch):
    with monkeypatch.context() as other:
        other.setattr(sheet_layout.zlib, "crc32", lambda data: 1)
        bits = code_bits(LETTERS, 1)
    assert read_code(bits) is None


def test_codes_have_no_large_field_of_one_colour():
    bits = code_bits(SheetPlan(classes=("A",)), 1)
    assert 0.4 < bits.mean() < 0.6
    assert not any(bits[s, k : k + 8].all() or not bits[s, k : k + 8].any() for s in (0, 1) for k in range(73))


def test_a_sheet_of_another_version_is_refused_with_the_cure(monkeypatch):
    with monkeypatch.context() as later:
        later.setattr(sheet_layout, "_VERSION", 2)
        bits = code_bits(LETTERS, 1)
    with pytest.raises(StimulusError, match=re.escape("p.jpg: shows a sheet of version 2, and version 1 is read")):
        read_code(bits, where="p.jpg")


def test_the_page_number_fits_its_byte():
    assert MOST_PAGES < 256
    assert SheetPlan(classes=("A",), copies=255).pages <= MOST_PAGES


def test_whoever_moves_anything_raises_the_version_since_printed_sheets_stay_as_they_are():
    places = [
        np.round(part, 3).tobytes()
        for paper in PAPERS
        for part in (boxes(SheetPlan(classes=("A",), paper=paper)), marks(paper), code_cells(paper))
    ]
    bits = code_bits(LETTERS, 1).tobytes()
    assert (sheet_layout._VERSION, zlib.crc32(b"".join([*places, bits]))) == (1, 3817775089)
