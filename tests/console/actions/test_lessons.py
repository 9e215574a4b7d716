"""Lessons, predictions, decks and locks in the window; bad input; and that looking never changes the run."""

import unicodedata

import numpy as np
import pytest

from marki.console.state.ui_state import PAGES, VIEWS
from marki.files import asset
from marki.io.stimuli.images import cells_png, image
from marki.session import mark1_session
from marki.teaching import lesson


def has_chinese(text):
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)


def test_looking_never_changes_the_run(window, session, tmp_path):
    app = window(out=str(tmp_path))
    session.run(15)
    session.step("event")
    session.advance(session.now + 1_000_000)
    app.frame()
    digest, now = session.digest, session.now
    for view in VIEWS:
        app.ui.view = view
        for page in PAGES:
            app.operator.turn_to(page)
            app.frame()
        looks = (
            "closer closer doors layer language projector still screenshot table report save film film sound sound help"
        )
        for command in looks.split():
            app.obey(command)
            app.frame()
            app.ui.helping = False
    app.obey("ink", cells=[1, 2, 3], level=255)
    app.frame()
    assert not app.ui.alarm, app.ui.message
    assert (session.digest, session.now) == (digest, now)
    assert not session.commands
    session.run(5)
    alone = mark1_session(seed=3)
    alone.run(20)
    assert session.digest == alone.digest


@pytest.mark.slow
def test_a_quiz_that_depends_on_the_run_is_marked_by_it(window, monkeypatch):
    """The page marks the option that holds in the lesson's run, and the wrong one that was chosen."""
    app = window()
    app.obey("lesson", name="second_face")
    app.playback.running = False
    question = app.ui.lesson.pages[0].questions[1]
    marked = lesson.right_option(question, app.ui.lesson)
    for chosen in (marked, (marked + 1) % 3):
        app.obey("choose", question=1, option=chosen)
        for _ in range(10):
            app.frame()
        blocks = app.handler.panels["page"].blocks
        marks = [r.mark for r in blocks if getattr(r, "command", "") == "choose" and r.arguments["question"] == 1]
        wanted = ["dot"] * 3
        wanted[chosen] = "wrong"
        wanted[marked] = "right"
        assert marks == wanted
    monkeypatch.setattr(lesson, "right_option", lambda *_: (marked + 2) % 3)
    app.obey("lesson", name="second_face")
    app.obey("choose", question=1, option=marked)
    app.frame()
    assert app.ui.marked[0, 1] == (marked + 2) % 3  # taken from the run, and anew for a lesson that is opened again


LONG = ("alphabet", "break_it", "cannot_learn", "second_face")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in LONG else ()) for name in lesson.names()]
)
def test_a_lesson_is_finished_with_the_keyboard_alone(window, name, key):
    app = window(size=(1280, 800))
    app.frame()
    key(app, "l", typed="l")
    for _ in range(1 + list(lesson.names()).index(name)):
        key(app, "TAB", typed="\t")
    key(app, "RETURN", typed="\r")
    assert app.ui.lesson.name == name
    app.playback.speed = 10_000
    for number, page in enumerate(app.ui.lesson.pages):
        assert app.ui.leaf == number
        for question in range(len(page.questions)):
            rows = [r for r in app.handler.panels["page"].blocks if getattr(r, "command", "") == "choose"]
            if rows:
                key(app, "TAB", typed="\t")
                key(app, "RETURN", typed="\r")
                assert app.ui.chosen or app.ui.answers
            del question
        app.playback.speed = 10_000
        for _ in range(200):
            app.frame()
            if not app.playback.running:
                break
        assert not app.ui.alarm, app.ui.message
        key(app, "x", typed="x")
        for _ in range(3):  # from the page of votes, the first leads back to the lesson
            if app.ui.lesson is not None and app.ui.leaf == number:
                key(app, "PAGEDOWN")
    assert app.ui.lesson is None
    assert app.ui.page == "lessons"


def test_the_class_predicts_votes_and_the_answer_is_revealed(window, session, key, tmp_path):
    app = window(out=str(tmp_path), speed=50)
    app.frame()
    app.obey("open_world", config={"name": "left_right"})
    key(app, "e", typed="e")
    for _ in range(40):
        app.frame()
    assert app.ui.covered
    assert app.ui.tally.current.options == ("left", "right")
    lamps = app.handler.panels["response"].rect
    import pygame

    covered = pygame.surfarray.array3d(pygame.display.get_surface().subsurface(lamps))
    assert session.now == app.playback.before_reading()
    for sign in "1122 2".replace(" ", ""):
        key(app, sign, typed=sign)
    key(app, "2", typed='"', mod=pygame.KMOD_SHIFT)
    assert app.ui.tally.current.counts == [2, 2]
    key(app, "x", typed="x")
    assert not app.ui.covered
    ballot = app.ui.tally.closed[-1]
    assert ballot.answered in ("left", "right", "none")
    assert app.words("message.answered", name=session.presentation.name, answer=ballot.answered) == app.ui.message
    shown = pygame.surfarray.array3d(pygame.display.get_surface().subsurface(lamps))
    assert shown.shape != covered.shape or (shown != covered).any()
    app.obey("save_tally")
    assert "left" in next(tmp_path.glob("*votes*.csv")).read_text()
    app.obey("play")
    for _ in range(60):
        app.frame()
    assert app.ui.covered
    assert app.ui.tally.current.trial == ballot.trial + 1


def test_a_page_is_read_before_its_first_ballot_takes_its_place(window, session, key):
    app = window(speed=50)
    app.frame()
    app.obey("lesson", name="machine_room")
    assert app.ui.lesson.pages[0].predict
    for _ in range(60):
        app.frame()
    assert (app.ui.page, app.playback.running, app.session.trial) == ("lesson", False, 0)
    assert app.ui.message == app.words("message.predict_page")
    app.obey("play")
    for _ in range(60):
        app.frame()
    assert app.ui.covered
    assert app.ui.page == "vote"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_a_lesson_covers_says_so(window, language):
    app = window(language=language)
    app.frame()
    app.obey("lesson", name="left_right")
    app.frame()
    app.renderer.theme.written = []
    app.renderer.invalidate()
    app.frame()
    plate = app.handler.panels["values"].rect
    said = [text for text, place, _ in app.renderer.theme.written if plate.contains(place)]
    assert said == [app.words("panel.hidden")]


def test_a_class_draws_its_deck_and_the_machine_learns_it(window, session, key, tmp_path):
    app = window(out=str(tmp_path))
    app.frame()
    for k, name in enumerate(("cat", "cat", "dog", "dog")):
        app.obey("draw") if app.ui.draft is None else None
        app.obey("ink", cells=list(range(100 * (k // 2), 100 * (k // 2) + 60 + k)), level=255)
        app.obey("type_card")
        for sign in name:
            key(app, sign, typed=sign)
        key(app, "RETURN", typed="\r")
    assert sorted(p.name for p in (tmp_path / "class_deck").iterdir()) == [
        "cat_001.png", "cat_002.png", "dog_001.png", "dog_002.png",
    ]  # fmt: skip
    app.obey("learn_deck")
    assert session.world.classes == ("cat", "dog")
    session.run(40)
    assert not session.records["wrong"][-4:].any()


def deck_of(folder):
    return {str(p.relative_to(folder)): int(image(p).card[0, 0]) for p in sorted(folder.rglob("*.png"))}


def test_no_card_of_the_deck_is_ever_overwritten(window, tmp_path):
    app, deck = window(out=str(tmp_path)), tmp_path / "class_deck"
    app.frame()

    def put(label, level):
        app.ui.draft = np.full((20, 20), level, np.uint8)
        app.obey("card_into_deck", text=label)
        return app.ui.message

    for level in (10, 20, 30):
        put("A", level)
    (deck / "A_001.png").unlink()
    assert put("A", 40) == app.words("message.into_deck", name="A_001.png")
    assert put("A", 50) == app.words("message.into_deck", name="A_004.png")
    assert deck_of(deck) == {"A_001.png": 40, "A_002.png": 20, "A_003.png": 30, "A_004.png": 50}
    put("A1", 60)
    put("é", 70)
    put(unicodedata.normalize("NFD", "é"), 80)
    assert {n: v for n, v in deck_of(deck).items() if v > 50} == {"A1_001.png": 60, "é_001.png": 70, "é_002.png": 80}
    app.obey("learn_deck")
    assert set(app.session.world.classes) == {"A", "A1", "é"}


def test_a_deck_of_subfolders_is_counted_added_to_and_learned(window, tmp_path):
    app, deck = window(out=str(tmp_path)), tmp_path / "class_deck"
    for name in ("cat/x.png", "dog/1.png"):
        (deck / name).parent.mkdir(parents=True, exist_ok=True)
        (deck / name).write_bytes(cells_png(np.full((20, 20), 9)))
    (deck / "dog/2.heic").write_bytes(b"\0\0\0\x18ftypheic")
    app.frame()
    for label in ("cat", "hen"):
        app.ui.draft = np.full((20, 20), 50, np.uint8)
        app.obey("card_into_deck", text=label)
    assert set(deck_of(deck)) == {"cat/cat_001.png", "cat/x.png", "dog/1.png", "hen/hen_001.png"}
    for _ in range(10):
        app.frame()
    shown = {block.text: block.right for block in app.handler.panels["page"].blocks if hasattr(block, "right")}
    assert {label: shown[label] for label in ("cat", "dog", "hen")} == {"cat": "2", "dog": "1", "hen": "1"}
    app.obey("learn_deck")
    assert app.session.world.classes == ("cat", "dog", "hen")
    assert "2.heic (HEIC)" in app.ui.message
    assert app.ui.alarm


def test_the_teachers_lock_holds(window, session, tmp_path):
    app = window()
    app.obey("lesson", name="left_right")
    seed = app.session.seed
    app.obey("new_seed")
    assert app.session.seed == seed
    assert app.ui.alarm
    app.obey("end_lesson")
    app.obey("new_seed")
    assert app.session.seed == seed + 1


def test_a_kiosk_locks_files_and_begins_again_when_left_alone(window, session, tmp_path):
    app = window(kiosk=True, out=str(tmp_path))
    app.frame()
    for command in ("quit", "open", "save", "report", "table"):
        app.obey(command)
        app.frame()
        assert app.ui.alarm
    assert app.open
    assert not list(tmp_path.iterdir())
    session.run(5)
    app.obey("settings")
    for _ in range(95):
        app.frame(1.0)
    assert app.ui.page == ""
    assert app.playback.running


def test_a_run_with_changes_is_left_only_on_a_yes(window, session, key, tmp_path):
    app = window(out=str(tmp_path))
    session.run(4)
    app.obey("set", changes={"machine.association.theta": 3})
    app.obey("save")
    saved = next(tmp_path.glob("*.npz"))
    app.obey("lesson", name="alphabet")
    app.frame()
    key(app, "ESCAPE")
    assert app.session is session
    app.obey("lesson", name="alphabet")
    key(app, "RETURN", typed="\r")
    assert app.ui.lesson.name == "alphabet"
    assert app.session is not session
    app.obey("dropped", path=str(saved))
    app.frame()
    assert app.ui.lesson is None
    assert (app.session.trial, app.session.digest) == (session.trial, session.digest)
    assert app.session.learner.config.association.theta == 3
    session.run(2)
    app.obey("step_trial")
    app.obey("step_trial")
    assert app.session.digest == session.digest


BAD = {
    "text": ("note.txt", b"hello", "picture"),
    "broken": ("cut.png", b"\x89PNG\r\n\x1a\nrest", "picture"),
    "empty": ("none.png", b"", "empty"),
    "lesson": ("odd.toml", b'titel = { en = "x", zh = "x" }', "title"),
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", list(BAD))
def test_bad_files_are_told_in_the_window_and_nothing_is_lost(window, session, tmp_path, kind, language):
    import pygame

    name, content, word = BAD[kind]
    (tmp_path / name).write_bytes(content)
    app = window(language=language)
    session.run(3)
    digest = session.digest
    pygame.event.post(pygame.event.Event(pygame.DROPFILE, file=str(tmp_path / name)))
    app.frame()
    assert app.ui.alarm
    assert name in app.ui.message
    assert has_chinese(app.ui.message) == (language == "zh")
    if language == "en":
        assert word in app.ui.message
    assert (session.digest, session.trial) == (digest, 3)
    app.obey("step_trial")
    assert session.trial == 4


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_whose_commands_are_refused_is_named(window, tmp_path, language):
    text = (asset("lessons") / "left_right.toml").read_text(encoding="utf-8")
    parts = text.split("[[pages]]", 2)
    parts[2] = "\ncommands = [ { world = { config = { typefaces = ['nothing'] }, learn = true } } ]" + parts[2].replace(
        "\ncommands = ", "\n# ", 1
    )
    (tmp_path / "mine.toml").write_text("[[pages]]".join(parts), encoding="utf-8")
    app = window(language=language)
    app.obey("lesson", name=str(tmp_path / "mine.toml"))
    assert not app.ui.alarm
    app.obey("next_leaf")
    assert app.ui.alarm
    assert f"{tmp_path / 'mine.toml'}: pages[1]" in app.ui.message
    assert "'nothing'" in app.ui.message


@pytest.mark.parametrize("language", ["en", "zh"])
def test_folders_and_full_disks_are_told_too(window, session, tmp_path, language, monkeypatch):
    import errno
    import os

    app = window(language=language, out=str(tmp_path / "out"))
    session.run(3)
    (tmp_path / "bare").mkdir()
    app.obey("dropped", path=str(tmp_path / "bare"))
    assert app.ui.alarm
    assert has_chinese(app.ui.message) == (language == "zh")
    app.obey("folder", path=str(tmp_path / "nowhere"))
    assert app.ui.alarm

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for command in ("screenshot", "table", "save"):  # a report is refused later, see test_app
        app.ui.message, app.ui.alarm = "", False
        app.obey(command)
        assert app.ui.alarm, command
        assert has_chinese(app.ui.message) == (language == "zh")
    assert not [p for p in (tmp_path / "out").rglob("*") if p.is_file()]
    app.frame()
    assert app.open


def test_the_ghost_of_the_run_before_is_kept(window, session):
    app = window()
    session.run(60)
    app.obey("reset", asked=True)
    assert len(app.ui.before) == 60
    app.frame()
    assert np.array_equal(app.scene.before, app.ui.before)


def test_the_table_of_confusions_counts_the_records(window, session):
    from marki.console.state.blocks import CountTable

    app = window(page="confusion")
    session.run(52)
    app._eager = True
    app.frame()
    table = next(b for b in app.handler.panels["page"].blocks if isinstance(b, CountTable))
    counts = np.array(table.counts)
    assert counts.sum() == 52
    assert np.trace(counts) == 52 - session.records["wrong"].sum()


def test_a_check_by_hand_adds_up(window, session):
    from marki.console.state.blocks import PageRow

    app = window()
    app.frame()
    session.step("event")
    session.advance(session.now + 1_000_000)
    unit = int(np.flatnonzero(session.learner.view().a)[0])
    app.obey("pick", kind="a", number=unit)
    app.frame()
    rows = [b for b in app.handler.panels["page"].blocks if isinstance(b, PageRow)]
    wires = [int(r.right) for r in rows if r.command == "patch"]
    total = next(int(r.right) for r in rows if r.text == app.words("inspect.sum"))
    assert len(wires) == 12
    assert sum(wires) == total >= session.learner.config.association.theta
    session.run(40)
    app.obey("pick", kind="r", number=1)
    app._eager = True
    app.frame()
    rows = [b for b in app.handler.panels["page"].blocks if isinstance(b, PageRow)]
    values = [float(r.right.rstrip("°")) for r in rows if r.text.startswith("A") and r.command == "pick"]
    total = next(float(r.right.rstrip("°")) for r in rows if r.text == app.words("inspect.sum_now"))
    assert sum(values) == pytest.approx(total)
