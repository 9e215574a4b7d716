import re

import numpy as np
import pytest
from PIL import Image

from marki.errors import ConfigError, OutputError
from marki.language import Words
from marki.paper.page_finder import find_page
from marki.paper.sheet_layout import SheetPlan, boxes, class_names
from marki.paper.sheet_print import DOTS_PER_MM, draw_page, write_sheet

PLAN = SheetPlan(classes=class_names("A-Z"), copies=3)
EN, ZH = Words("en"), Words("zh")


def test_a_pdf_has_the_pages_in_their_true_size(tmp_path):
    (path,) = write_sheet(PLAN, tmp_path / "s.pdf", EN)
    content = path.read_bytes()
    assert content.startswith(b"%PDF-")
    sizes = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+)", content)
    assert len(sizes) == PLAN.pages == 2
    assert all(abs(float(w) / 72 * 25.4 - 210) < 0.3 and abs(float(h) / 72 * 25.4 - 297) < 0.3 for w, h in sizes)


def test_the_pages_of_a_png_are_numbered_and_can_be_read_back(tmp_path):
    paths = write_sheet(PLAN, tmp_path / "s.png", ZH)
    assert [path.name for path in paths] == ["s-1.png", "s-2.png"]
    for page, path in enumerate(paths, 1):
        with Image.open(path) as image:
            assert round(image.info["dpi"][0]) == 300
            found = find_page(np.asarray(image))
        assert (found.plan, found.page, found.marks) == (PLAN, page, 6)


def test_nothing_is_overwritten(tmp_path):
    for name in ("s.pdf", "s-2.png"):
        (tmp_path / name).write_text("mine")
    for name in ("s.pdf", "s.png"):
        with pytest.raises(OutputError, match="exists already"):
            write_sheet(PLAN, tmp_path / name, EN)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["s-2.png", "s.pdf"]
    assert (tmp_path / "s.pdf").read_text() == "mine"


@pytest.mark.parametrize("name", ["sheet.doc", "sheet"])
def test_other_endings_are_refused(tmp_path, name):
    with pytest.raises(ConfigError, match=r"End the name in \.pdf or \.png"):
        write_sheet(PLAN, tmp_path / name, EN)


def test_signs_that_cannot_be_printed_are_refused_and_chinese_can(tmp_path):
    with pytest.raises(ConfigError, match="no shipped typeface has '\u1200'"):
        draw_page(SheetPlan(classes=("A", "\u1200")), 1, EN)
    draw_page(SheetPlan(classes=("火", "山", "α")), 1, ZH)


def test_boxes_are_white_within_their_lines_and_labelled_above():
    page = np.asarray(draw_page(PLAN, 2, EN))
    count = len(PLAN.page_classes(2))
    for n, (x, y) in enumerate(boxes(PLAN) * DOTS_PER_MM):
        inside = page[round(y + 12) : round(y + 200), round(x + 12) : round(x + 200)]
        label = page[round(y - 50) : round(y - 5), round(x) : round(x + 60)]
        assert inside.min() == 255
        assert (label.min() < 150) == (n < count)
        assert (page[round(y + 100), round(x)] < 100) == (n < count)


def test_the_labels_are_lighter_than_the_writing_is_to_be():
    page = np.asarray(draw_page(PLAN, 1, EN))
    x, y = boxes(PLAN)[0] * DOTS_PER_MM
    label = page[round(y - 50) : round(y - 5), round(x) : round(x + 60)]
    assert 90 < label.min() < 150
