"""Photographs of sheets: found whatever way up, cut at the right places, named rightly; what is none is refused."""

import json
import time
from dataclasses import replace

import numpy as np
import photographed_sheets as drawn
import pytest
from photographed_sheets import outcome, photographed
from PIL import Image, ImageDraw

from marki.__main__ import main
from marki.errors import StimulusError
from marki.io.stimuli.images import folder
from marki.language import Words
from marki.paper.contact_sheet import PAGES, contact_sheet, write_contact_sheets
from marki.paper.cut_cards import read_page, read_pages, write_deck
from marki.paper.page_finder import find_page, projected
from marki.paper.sheet_layout import BOX, SheetPlan, boxes, class_names, marks
from marki.paper.sheet_print import DOTS_PER_MM, draw_page
from marki.paper.written_boxes import written_boxes

EN = Words("en")
PLAN = SheetPlan(classes=class_names("A-Z"), copies=2)
NEEDED = 0.99
"""Share of the written boxes that shall be cut within a twentieth of their side and named rightly."""


def saved(tmp_path, photo, name="p.jpg"):
    path = tmp_path / name
    path.write_bytes(photo.jpeg)
    return path


def held(tmp_path, seeds, **size):
    written = right = false = 0
    for seed in seeds:
        photo = photographed(seed, **size)
        found = outcome(photo, saved(tmp_path, photo))
        written, right, false = written + found.written, right + found.right, false + found.false
    assert written > 10 * len(seeds)
    assert right >= NEEDED * written, f"{right} of {written}"
    assert false <= (1 - NEEDED) * written


@pytest.mark.parametrize("seed", [pytest.param(k, marks=pytest.mark.slow if k >= 3 else ()) for k in range(12)])
def test_a_dozen_small_photographs(tmp_path, seed):
    held(tmp_path, [seed], megapixels=(1, 2, 3)[seed % 3])


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 1050, 10))
def test_fifty_photographs_of_all_sizes(tmp_path, first):
    """`benchmarks/bench_sheets.py` draws two hundred."""
    held(tmp_path, range(first, first + 10))


def page_with(rng, plan=PLAN, page=1):
    image = draw_page(plan, page, EN)
    return image, drawn.write(image, plan, page, rng)


def shrunk(image, factor=3):
    return image.resize((image.width // factor, image.height // factor), Image.Resampling.BOX)


@pytest.mark.parametrize("turns", range(4))
def test_any_way_up(turns):
    image, written = page_with(np.random.default_rng(1))
    picture = np.ascontiguousarray(np.rot90(np.asarray(shrunk(image)), turns))
    found = find_page(picture)
    assert (found.plan, found.page) == (PLAN, 1)
    assert [not box.empty for box in written_boxes(picture, found)] == written.tolist()


@pytest.mark.parametrize("hidden", range(6))
def test_any_mark_may_be_hidden(hidden):
    image, written = page_with(np.random.default_rng(2))
    at = marks("a4").reshape(-1, 2)[hidden] * DOTS_PER_MM
    ImageDraw.Draw(image).rectangle([*(at - 110), *(at + 110)], fill=230)
    picture = np.asarray(shrunk(image))
    found = find_page(picture)
    assert found.marks == 5
    assert [not box.empty for box in written_boxes(picture, found)] == written.tolist()


def test_a_bent_page_is_cut_at_its_lines():
    image = np.asarray(page_with(np.random.default_rng(3))[0])
    bow = 1.3 * np.sin(np.pi * np.arange(image.shape[1]) / image.shape[1])  # mm downward, none at the marks
    bent = np.stack([np.roll(image[:, x], round(bow[x] * DOTS_PER_MM)) for x in range(image.shape[1])], axis=1)
    picture = np.asarray(shrunk(Image.fromarray(bent)))
    found = find_page(picture)
    corner = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * BOX
    flat = bent_off = 0.0
    for box, place in zip(written_boxes(picture, found), boxes(PLAN), strict=False):
        want = place + corner
        want[:, 1] += np.interp(want[:, 0] * DOTS_PER_MM, np.arange(len(bow)), bow)
        off = projected(np.linalg.inv(found.to_picture), box.corners) - want
        bent_off = max(bent_off, np.linalg.norm(off, axis=1).max() / BOX)
        flat = max(flat, np.abs(want - place - corner).max() / BOX)
    assert flat > 0.07
    assert bent_off < 0.05


def scribbled(rng):
    """Return a page of letters that is no sheet."""
    image = Image.new("L", (1000, 1400), 240)
    for _ in range(150):
        card = Image.fromarray(drawn.letter("ABCOQ"[rng.integers(5)], "because-we-build").card).resize((60, 60))
        image.paste(20, (int(rng.integers(940)), int(rng.integers(1340))), card)
    return image


@pytest.mark.parametrize("kind", ["white", "noise", "letters", "rings", "half a sheet", "a sheet without its code"])
def test_what_is_no_sheet_is_refused_in_one_line(tmp_path, capsys, kind):
    rng = np.random.default_rng(4)
    image = Image.new("L", (1000, 1400), 250)
    match kind:
        case "noise":
            image = Image.fromarray(rng.integers(0, 256, (900, 1200), dtype=np.uint8))
        case "letters":
            image = scribbled(rng)
        case "rings":
            for x, y in rng.uniform(60, 900, (9, 2)):
                for radius, shade in ((35, 0), (25, 255), (15, 0)):
                    ImageDraw.Draw(image).ellipse([x - radius, y - radius, x + radius, y + radius], fill=shade)
        case "half a sheet":
            image = shrunk(draw_page(PLAN, 1, EN)).crop((0, 0, 827, 500))
        case "a sheet without its code":
            image = shrunk(draw_page(PLAN, 1, EN))
            ImageDraw.Draw(image).rectangle([90, 20, 740, 100], fill=255)
    path = tmp_path / "p.png"
    image.save(path)
    assert main(["cards", str(path), "--out", str(tmp_path / "deck")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"marki: {path}: shows no page of a sheet")
    assert err.count("\n") == 1
    assert "Photograph the whole page" in err
    assert [p.name for p in tmp_path.iterdir()] == ["p.png"]


def test_what_is_no_picture_is_refused(tmp_path):
    (tmp_path / "a.jpg").write_text("no picture")
    with pytest.raises(StimulusError, match=r"a\.jpg: is no picture of a known kind\. Give a whole"):
        read_page(tmp_path / "a.jpg")
    with pytest.raises(StimulusError, match=r"b\.jpg: cannot be read"):
        read_page(tmp_path / "b.jpg")


def test_a_telephone_says_how_it_was_held(tmp_path):
    image, written = page_with(np.random.default_rng(11))
    exif = Image.Exif()
    exif[0x0112] = 6
    shrunk(image).transpose(Image.Transpose.ROTATE_90).save(tmp_path / "p.jpg", exif=exif)
    page = read_page(tmp_path / "p.jpg")
    assert page.size[0] < page.size[1]
    assert [not box.empty for box in page.boxes] == written.tolist()


def pages_of(tmp_path, plan, seed=5):
    rng = np.random.default_rng(seed)
    paths, every = [], []
    for page in range(1, plan.pages + 1):
        image, written = page_with(rng, plan, page)
        paths.append(tmp_path / f"{seed}-{page}.png")
        shrunk(image).save(paths[-1])
        every += [n for n, here in zip(plan.page_classes(page), written, strict=True) if here]
    return paths, every


@pytest.mark.slow
def test_the_pages_of_a_sheet_make_one_deck_that_can_be_learned_from(tmp_path, capsys):
    plan = SheetPlan(classes=class_names("A-Z,0-9"), copies=3)
    paths, every = pages_of(tmp_path, plan)
    assert len(paths) == 2
    deck = tmp_path / "deck"
    assert main(["cards", *map(str, paths), "--out", str(deck)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in out[:-2]] == [f"{p.name}: page {n} of 2" for n, p in enumerate(paths, 1)]
    cards = folder(deck).cards
    assert sorted(card.label for card in cards) == sorted(every)
    assert all(card.card.max() > 200 and np.median(card.card) < 20 for card in cards)
    made = {box.card().tobytes() for page in read_pages(paths) for box in page.written}
    assert {card.card.tobytes() for card in cards} == made  # they are read back as they are
    with Image.open(tmp_path / "deck-contact.png") as contact:
        assert contact.width > 1000
    assert main(["cards", *map(str, paths), "--out", str(deck)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_pages_of_two_sheets_are_refused(tmp_path):
    one, _ = pages_of(tmp_path, PLAN, 6)
    other, _ = pages_of(tmp_path, SheetPlan(classes=class_names("A-Z")), 7)
    with pytest.raises(
        StimulusError, match=r"7-1\.png: is a page of the sheet A-Z x 1, and 6-1\.png is one of A-Z x 2"
    ):
        read_pages([*one, *other])


def test_all_photographs_that_cannot_be_used_are_named(tmp_path):
    good, _ = pages_of(tmp_path, PLAN, 8)
    for name in ("x.png", "y.png"):
        Image.new("L", (400, 500), 255).save(tmp_path / name)
    with pytest.raises(StimulusError, match=r"x\.png: shows no page .*; nor can these be used: y\.png\. Photograph"):
        read_pages([tmp_path / "x.png", *good, tmp_path / "y.png"])


def test_json_says_where_every_box_is(tmp_path, capsys):
    (path,), every = pages_of(tmp_path, PLAN, 9)
    assert main(["cards", str(path), "--out", str(tmp_path / "deck"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sheet"] == {"classes": list(PLAN.classes), "copies": 2, "paper": "a4", "pages": 1}
    assert sum(told["cards"].values()) == len(every)
    (photo,) = told["photos"]
    assert (photo["page"], photo["marks"], len(photo["boxes"])) == (1, 6, 52)
    want = boxes(PLAN)[0] * DOTS_PER_MM / 3
    assert np.abs(np.array(photo["boxes"][0]["corners"][0]) - want).max() < 2


def doubtful(kind):
    image = draw_page(PLAN, 1, EN)
    draw = ImageDraw.Draw(image)
    x, y = (float(v) for v in boxes(PLAN)[0] * DOTS_PER_MM)
    shade = 170 if kind == "faint" else 30
    if kind == "smudged":
        draw.ellipse([x + 50, y + 50, x + 170, y + 170], fill=212)
    end = 225 if kind == "touching" else 160
    draw.line([x + 60, y + 60, x + end, y + 150], fill=shade, width=12)
    return np.asarray(shrunk(image))


@pytest.mark.parametrize("kind", ["", "faint", "smudged", "touching"])
def test_what_is_doubtful_is_said(kind):
    picture = doubtful(kind)
    first, *others = written_boxes(picture, find_page(picture))
    assert (first.empty, first.doubt) == (False, kind)
    assert all(box.empty and not box.doubt for box in others)


def test_a_sheet_without_writing_is_refused(tmp_path):
    path = tmp_path / "p.png"
    shrunk(draw_page(PLAN, 1, EN)).save(path)
    with pytest.raises(StimulusError, match=r"p\.png: every box is empty\. Write with a dark pen"):
        write_deck(read_pages([path]), tmp_path / "deck")
    assert not (tmp_path / "deck").exists()


def contact_of(tmp_path, *pages):
    (tmp_path / "contact.png").write_bytes(contact_sheet(pages, EN))
    with Image.open(tmp_path / "contact.png") as image:
        return np.asarray(image).astype(int)


def test_the_contact_sheet_shows_every_page_and_marks_what_is_doubtful(tmp_path):
    Image.fromarray(doubtful("")).save(tmp_path / "p.png")
    page = read_page(tmp_path / "p.png")
    first, *others = page.boxes
    unsure = replace(page, boxes=(replace(first, doubt="faint"), *others))
    plain, marked, two = (contact_of(tmp_path, *pages) for pages in ([page], [unsure], [page, page]))
    changed = np.argwhere(plain - marked > 100)
    assert len(changed) > 1200  # the thick frame
    assert (changed[:, 0].max() - plain.shape[0] / 5, changed[:, 1].max() - plain.shape[1] / 6) < (0, 0)
    assert two.shape[0] > 1.9 * plain.shape[0] - 60


@pytest.mark.parametrize("taken", ["deck", "deck-contact.png"])
def test_files_that_exist_are_left_alone_and_nothing_is_half_done(tmp_path, capsys, taken):
    (path,), _ = pages_of(tmp_path, PLAN, 10)
    (tmp_path / taken).write_text("mine")
    assert main(["cards", str(path), "--out", str(tmp_path / "deck")]) == 2
    assert f"{taken}: exists already" in capsys.readouterr().err
    assert (tmp_path / taken).read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.slow
def test_many_pages_make_several_contact_sheets(tmp_path):
    (path,), _ = pages_of(tmp_path, PLAN, 12)
    pages = read_pages([path]) * (PAGES + 1)
    written = write_contact_sheets(pages, tmp_path / "deck", EN)
    assert [p.name for p in written] == ["deck-contact-1.png", "deck-contact-2.png"]
    with Image.open(written[0]) as first, Image.open(written[1]) as second:
        assert first.height > 6 * second.height


def test_noise_is_refused_in_bounded_time():
    picture = np.random.default_rng(0).integers(0, 256, (1700, 1700), dtype=np.uint8)
    picture[::2] = picture[1::2]  # larger grains
    began = time.process_time()
    with pytest.raises(StimulusError, match="shows no page"):
        find_page(picture)
    assert time.process_time() - began < 5
