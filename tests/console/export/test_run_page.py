"""The page of a run: it holds and shows the records, in any browser, and needs nothing else."""

import base64
import json
import re
import zlib
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from console.export.headless_browser import CHROMIUM, Browser
from PIL import Image

from marki import savefile
from marki.console.export.lab_report import command_of, lab_report
from marki.console.export.recorded_run import GREYS, MOST, record
from marki.console.export.run_page import run_page
from marki.files import asset
from marki.io.worlds import WorldConfig
from marki.language import Words
from marki.session import mark1_session

CARD = {"name": "<b>mine</b>", "frame": [255.0 * (k % 3 == 0) for k in range(400)], "kind": -1}
EVIL = ["<img src=x onerror=document.title=1>", "<!--<script>", "&lt;ok $title"]
in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")


def paged(session, language="en"):
    """Return the recorded run of a session, and its page."""
    taken, words = savefile.copied(session), Words(language)
    taken.know_folders()
    copy = savefile.restored(taken, "copy")
    recorded = record(copy, words)
    return recorded, run_page(copy, recorded, words, command_of(copy))


@pytest.fixture(scope="module")
def run():
    """A run with a mistake or two, a card of the operator's, and an examination."""
    session = mark1_session(WorldConfig(letters="ABCDEFGH"), seed=3)
    session.run(30)
    session.command("turn", {"units": [4, 5], "deg": [20.0, -31.5]})
    session.command("show", CARD)
    session.run(3)
    session.take("exam", learn=False)
    session.run(5)
    recorded, page = paged(session)
    return session, recorded, page


def inside(page, name):
    return re.search(rf'<script type="[^"]*" id="{name}">(.*?)</script>', page, re.DOTALL)[1]


def unpacked(page):
    """Return what is in a page: its head, and its arrays by name."""
    head = json.loads(inside(page, "head"))
    raw, at, found = zlib.decompress(base64.b64decode(inside(page, "registers"))), 0, {}
    for name, kind, shape, how in head["layout"]:
        if how == "bits":
            shape = [*shape[:-1], -(-shape[-1] // 8)]
            kind = "uint8"
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        part = raw[at : at + size]
        if how == "steps":
            part = np.frombuffer(part, np.uint8).reshape(np.dtype(kind).itemsize, -1).T.tobytes()
        array = np.frombuffer(part, np.dtype(kind).newbyteorder("<")).reshape(shape)
        at += size
        if how == "bits":
            array = np.unpackbits(array, axis=-1, count=next(s for n, _, s, _ in head["layout"] if n == name)[-1])
        elif how == "steps":
            array = np.cumsum(array, axis=0, dtype=array.dtype)
        found[name] = array
    assert at == len(raw)
    return head, found


# -- what is in it -----------------------------------------------------------------------------------------------------


def test_the_page_holds_the_records(run):
    session, recorded, page = run
    head, found = unpacked(page)
    for name in ("number", "frame", "frames", "s", "a", "r", "wanted", "sums", "reason", "after", "source", "course",
                 "units", "shown", "answer", "wrong", "learned"):  # fmt: skip
        assert np.array_equal(found[name], getattr(recorded, name)), name
    before = found["between"] + np.concatenate([np.zeros_like(found["after"][:1]), found["after"][:-1]])
    assert np.array_equal(before, recorded.before)
    assert found["wrong"].astype(bool).tolist() == session.records["wrong"].tolist()
    assert found["told"].tobytes().decode().split("\0") == list(recorded.told)
    assert (head["trials"], head["shown"]) == (38, 38)
    assert head["classes"] == [list("ABCDEFGH"), list("ABCDEFGH")]


def test_settings_digest_and_command_stand_in_it(run):
    session, _, page = run
    assert f'<code id="digest">{session.digest}</code>' in page
    assert Words()("report.no_repeat") in page
    plain = mark1_session(WorldConfig(letters="XE"), seed=5)
    plain.run(3)
    text = paged(plain)[1]
    assert "--seed 5 --set" in text
    assert "world learn.letters" in text
    assert text.count("<tr class=") >= 2  # of the letters, in both worlds


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_speaks_the_language(run, language):
    session, _, _ = run
    _, page = paged(session, language)
    assert f'<html lang="{language}">' in page
    assert Words(language)("share.heading") in page
    assert "$" not in re.sub(r"<script.*?</script>|<style>.*?</style>|<pre.*?</pre>|<td>.*?</td>", "", page, flags=re.S)


def test_it_fetches_nothing_and_runs_only_its_own_script(run):
    _, _, page = run
    assert not re.findall(r"""(?:src|href|url|@import|import\()\s*[=(:]?\s*["']?(?:https?:)?//""", page)
    assert not re.findall(r"fetch\(|XMLHttpRequest|WebSocket|sendBeacon|eval\(|innerHTML|document\.write", page)
    assert "default-src 'none'" in page

    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append((tag, dict(attrs)))
    parser.feed(page)
    assert not [tag for tag, about in found if tag in ("link", "img", "iframe", "object") or "src" in about]
    assert not [about for _, about in found if any(name.startswith("on") or name == "style" for name in about)]


def test_a_page_of_two_thousand_trials_is_below_two_megabytes(run):
    """Whatever happens in them: every card another grey picture, all answers wrong, a quarter of the motors turning."""
    session, recorded, _ = run
    rng = np.random.default_rng(0)
    n = MOST
    turns = rng.integers(90, 110, (n, 512)) * rng.choice([-1, 0, 0, 0, 0, 0, 0, 1], (n, 512))
    after = np.cumsum(turns, axis=0).astype(np.int32)
    worst = replace(
        recorded, trials=n, wrong=np.ones(n, bool), learned=np.ones(n, bool), number=np.arange(n, dtype=np.int32),
        frames=rng.integers(0, GREYS + 1, (n, 400)).astype(np.uint8), frame=np.arange(n, dtype=np.int32),
        s=rng.random((n, 400)) < 0.4, a=rng.random((n, 512)) < 0.3, r=rng.integers(0, 32, n).astype(np.uint8),
        wanted=rng.integers(0, 32, n).astype(np.uint8), sums=rng.integers(-9_000, 9_000, (n, 8)).astype(np.int32),
        reason=np.zeros((n, 8), np.uint8), before=np.concatenate([after[:1] * 0, after[:-1]]), after=after,
        source=np.ones((n, 512), np.uint8), course=np.zeros(n, np.uint8), units=np.full(n, 5, np.uint8),
        shown=rng.integers(0, 8, n).astype(np.int16), answer=rng.integers(0, 8, n).astype(np.int16),
        told=tuple(f"{k} {recorded.told[k % 38]}" for k in range(n)),
    )  # fmt: skip
    assert len(run_page(session, worst, Words(), None).encode()) < 2_000_000


def test_a_run_that_has_not_begun_has_a_page():
    head, found = unpacked(paged(mark1_session(seed=1))[1])
    assert head["shown"] == head["trials"] == len(found["number"]) == 0


def luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    return sum(
        w * (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4)
        for w, p in zip((0.2126, 0.7152, 0.0722), parts, strict=True)
    )


def test_letters_stand_out_by_day_and_by_night():
    style = asset("run_page/page.css").read_text(encoding="utf-8")
    themes = [
        dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{.*?\}", style, re.DOTALL)
    ]
    assert len(themes) == 2
    for theme in themes:
        for ink in ("ink", "soft", "accent", "right", "wrong"):
            for paper in ("page", "sheet"):
                light, dark = sorted((luminance(theme[ink]), luminance(theme[paper])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, paper)


# -- what it shows -----------------------------------------------------------------------------------------------------

SHOWN = """(() => {
  const all = (id, kind) => [...document.querySelectorAll(`#${id} svg ${kind}`)];
  const lit = (id) => all(id, "circle").map((lamp) => lamp.classList.contains("on"));
  return {
    trial: Number(document.body.dataset.trial),
    place: document.getElementById("place").textContent,
    slider: Number(document.getElementById("slider").value),
    verdict: document.getElementById("verdict").className,
    says: document.getElementById("says").textContent,
    told: document.getElementById("told").textContent,
    card: all("card", "rect:not(.chosen)").map((cell) => Number(/\\d+/.exec(cell.getAttribute("fill"))[0])),
    s: lit("photocells"), a: lit("a-units"),
    pots: all("pots", "rect.pot").map((bar) => [Number(bar.getAttribute("height")), bar.classList.contains("down")]),
    turned: all("pots", "line").map((line) => line.classList.contains("turned")),
    lamps: [...document.querySelectorAll("#r-rows tr")].map((row) => [...row.cells].map((cell) => cell.textContent)),
    needle: Number(document.querySelector("#curve .now").getAttribute("x1")),
    captions: [...document.querySelectorAll("figcaption span")].map((span) => span.textContent),
    labels: [...document.querySelectorAll("main svg")].map((svg) => svg.getAttribute("aria-label")),
  };
})()"""


def demand(shown, run, k):
    """Hold what a page shows against record number k."""
    session, recorded, page = run
    row, words, scale = session.records[k], Words(), unpacked(page)[0]["scale"]
    assert (shown["trial"], shown["slider"]) == (k + 1, k)
    assert shown["place"] == f"{k + 1} of {session.trial}"
    assert shown["told"] == recorded.told[k]
    verdict = "unjudged" if row["kind"] < 0 else "wrong" if row["wrong"] else "right"
    assert shown["verdict"] == verdict
    name = "ABCDEFGH"[row["kind"]] if row["kind"] >= 0 else words("share.untitled")
    answer = "ABCDEFGH"[recorded.answer[k]] if recorded.answer[k] >= 0 else words("share.nobody")
    said = [words("share.shown", name=name), words("share.answered", name=answer), words(f"share.{verdict}")]
    assert shown["says"] == " ".join(said)
    card = recorded.frames[recorded.frame[k]]
    assert shown["card"] == np.floor(card / GREYS * 255 + 0.5).astype(int).tolist()
    assert shown["s"] == recorded.s[k].tolist()
    assert shown["a"] == recorded.a[k].tolist()
    angles = recorded.after[k]
    assert [down for _, down in shown["pots"]] == (angles < 0).tolist()
    assert np.abs(np.minimum(1, np.abs(angles) / scale) * 0.48 - [high for high, _ in shown["pots"]]).max() < 6e-4
    assert shown["turned"] == (angles != recorded.before[k]).tolist()
    assert len(shown["lamps"]) == session.learner.units
    for unit, (label, lamp, wanted, total, judged) in enumerate(shown["lamps"]):
        on, goal = int(row["response"]) >> unit & 1, int(row["target"]) >> unit & 1
        assert (label, lamp) == (f"R{unit + 1}", words("share.lamp_on" if on else "share.lamp_off"))
        sign = "−" if recorded.sums[k, unit] < 0 else "+"
        assert total == f"{sign}{abs(recorded.sums[k, unit]) / 100:.2f}°"
        if verdict != "unjudged":
            assert wanted == words("share.wanted_on" if goal else "share.wanted_off")
            assert judged.startswith("✓" if on == goal else "✗")
    assert shown["needle"] == pytest.approx(1000 * k / (session.trial - 1), abs=0.1)
    assert f"{recorded.a[k].sum()} of 512 on" in shown["captions"]
    assert f"{recorded.a[k].sum()} of 512 on" in shown["labels"]
    assert all(shown["labels"])


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture
def opened(browser, run, tmp_path):
    """Return a function that opens the page of the run in the browser; nothing may be fetched or complained of."""
    browser.complaints.clear()
    browser.fetched.clear()

    def do(page=run[2], **how):
        path = tmp_path / "run.html"
        path.write_text(page, encoding="utf-8")
        browser.open(path, **how)
        browser.wait("document.body.dataset.ready === 'yes'")
        return browser

    yield do
    assert browser.complaints == []
    assert {url.partition(":")[0] for url in browser.fetched} <= {"file", "about"}
    assert all("run.html" in url for url in browser.fetched if url.startswith("file"))


@in_a_browser
def test_scrubbing_shows_the_records(opened, run):
    page = opened(fragment="#trial=17")
    demand(page.look(SHOWN), run, 16)
    for k in (0, 37, 30, 31):
        page.look(f"(() => {{ const s = document.getElementById('slider'); s.value = {k};"
                  " s.dispatchEvent(new Event('input')); })()")  # fmt: skip
        demand(page.look(SHOWN), run, k)
    page.look("document.getElementById('slider').focus()")
    for name, k in (("ArrowRight", 32), ("ArrowLeft", 31), ("PageUp", 21), ("PageDown", 31), ("End", 37), ("Home", 0)):
        page.key(name)
        demand(page.look(SHOWN), run, k)
    wrong = np.flatnonzero(run[0].records["wrong"])
    page.click("#mistake-after")
    demand(page.look(SHOWN), run, wrong[wrong > 0][0])
    page.look("location.hash = '#trial=38'")
    page.wait("document.body.dataset.trial === '38'")
    page.click("#mistake-before")
    demand(page.look(SHOWN), run, wrong[wrong < 37][-1])
    page.click("#curve svg")
    demand(page.look(SHOWN), run, 19)


@in_a_browser
def test_it_plays_and_pauses(opened):
    page = opened()
    page.look("document.getElementById('speed').value = '60'")
    page.click("#play")
    page.wait("Number(document.body.dataset.trial) > 4")
    page.click("#play")
    trial = page.look("document.body.dataset.trial")
    assert page.look("new Promise((done) => setTimeout(() => done(document.body.dataset.trial), 200))") == trial
    assert page.look("document.querySelector('#play').innerText").endswith("Play")
    page.key(" ")  # the button has the focus, and is pressed once
    page.wait("Number(document.body.dataset.trial) === 38")
    assert page.look("document.querySelector('#play').innerText").endswith("Play")


@in_a_browser
def test_with_reduced_motion_nothing_moves_fast(opened):
    page = opened(motion=False)
    page.look("document.getElementById('speed').value = '60'")
    page.click("#play")
    assert page.look("new Promise((done) => setTimeout(() => done(Number(document.body.dataset.trial)), 700))") <= 3
    assert page.look("getComputedStyle(document.querySelector('.lamp')).transitionDuration") == "0s"


@in_a_browser
def test_a_unit_that_is_touched_says_what_it_is(opened, run):
    page = opened(fragment="#trial=9", size=(390, 844), phone=True)
    page.look("document.querySelector('#pots svg').scrollIntoView({block: 'center'})")
    box = page.look(
        "(() => { const b = document.querySelector('#pots svg').getBoundingClientRect();"
        " return [b.left, b.top, b.width, b.height]; })()"
    )
    unit = 5 * 32 + 7
    x, y = box[0] + box[2] * (7.5 + 0.25) / 32.5, box[1] + box[3] * (5.5 + 0.25) / 16.5
    page.click((x, y), kind="touch")
    said = page.look("document.getElementById('unit').textContent")
    _, recorded, _ = run
    assert f"A-unit {unit + 1}: {'on' if recorded.a[8, unit] else 'off'};" in said
    assert f"R{recorded.source[8, unit]}" in said
    assert f"{abs(recorded.after[8, unit]) / 100:.2f}°" in said


@in_a_browser
@pytest.mark.parametrize("size", [(320, 568), (390, 844), (844, 390), (1024, 600), (1280, 800), (1920, 1080)])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_fits_every_width(opened, run, size, language):
    page = opened(paged(run[0], language)[1], size=size, phone=size[0] < 1000, fragment="#trial=12")
    assert page.look("document.documentElement.scrollWidth <= innerWidth")
    keys = "[...document.querySelectorAll('button, select, #slider')]"
    assert page.look(f"{keys}.every((b) => !b.offsetParent || b.offsetHeight >= 38)")
    cut = page.look(
        "[...document.querySelectorAll('button, td, th, figcaption')]"
        ".filter((e) => e.clientWidth && e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent)"
    )
    assert cut == []


@in_a_browser
def test_what_people_bring_becomes_no_markup(opened, tmp_path):
    """Classes by the names of folders, a card's name, and the path of the pictures."""
    folder = tmp_path / '"><b id=bold>' / "pics"
    for number, name in enumerate(EVIL):
        (folder / name).mkdir(parents=True)
        light = np.random.default_rng(number).integers(0, 255, (20, 20), np.uint8)
        for k in range(2):
            Image.fromarray(light).save(folder / name / f"{k}.png")
    session = mark1_session(WorldConfig(name="images", images=str(folder)), seed=1)
    session.command("show", CARD | {"name": EVIL[0]})
    session.run(8)
    page = opened(paged(session)[1])
    assert page.look("document.querySelectorAll('img, #bold').length") == 0
    assert page.look("document.title") == Words()("share.title", seed=1)
    names = set()
    for trial in range(2, 9):
        page.look(f"location.hash = '#trial={trial}'")
        page.wait(f"document.body.dataset.trial === '{trial}'")
        names.add(page.look("document.querySelector('#card figcaption span').textContent"))
    assert names <= set(session.world.classes)
    assert len(names) > 1
    assert page.look("document.getElementById('settings').textContent").count("<b id=bold>") >= 1


@in_a_browser
def test_the_page_of_a_run_that_has_not_begun_opens(opened):
    page = opened(paged(mark1_session(seed=1))[1])
    assert page.look("document.getElementById('digest').textContent")


@in_a_browser
def test_an_old_browser_is_told(browser, run, tmp_path):
    path = tmp_path / "run.html"
    path.write_text(run[2].replace("typeof DecompressionStream", "typeof Nothing"), encoding="utf-8")
    browser.open(path)
    # The policy runs no other script than the page's own: neither a changed one.
    assert browser.look("document.getElementById('film').hidden")


@pytest.mark.slow
def test_a_true_run_of_two_thousand_trials(tmp_path):
    session = mark1_session(seed=0)
    session.run(2_000)
    page = lab_report(session, tmp_path / "run.html", words=Words(), pictures={})
    assert page.stat().st_size < 300_000
    assert unpacked(page.read_text(encoding="utf-8"))[0]["shown"] == 2_000
