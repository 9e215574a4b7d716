"""Drawing by hand, mouse and finger: the left button inks, the right one or the eraser erases, the answer follows."""

import numpy as np
import pygame
import pytest
from console.timeline.test_studio import at  # noqa: F401  (a fixture)

from marki.console.panels.trainer_panel import verdict
from marki.console.state.targets import Target

STROKES = {  # of letters in which strokes begin on ink, in cells (row, column)
    "T": [((2, 4), (2, 15)), ((2, 9), (17, 9))],
    "F": [((2, 4), (17, 4)), ((2, 4), (2, 14)), ((9, 4), (9, 12))],
    "E": [((2, 4), (17, 4)), ((2, 4), (2, 14)), ((9, 4), (9, 12)), ((17, 4), (17, 14))],
    "H": [((2, 4), (17, 4)), ((2, 14), (17, 14)), ((9, 4), (9, 14))],
    "K": [((2, 4), (17, 4)), ((9, 4), (2, 14)), ((9, 4), (17, 14))],
    "4": [((2, 12), (17, 12)), ((2, 12), (11, 3)), ((11, 3), (11, 15))],
    "A": [((17, 3), (2, 9)), ((2, 9), (17, 15)), ((11, 6), (11, 12))],
}


def number(cell):
    return cell[0] * 20 + cell[1]


@pytest.mark.parametrize("letter", sorted(STROKES))
@pytest.mark.parametrize("view", ["schematic", "front"])
def test_no_letter_loses_a_stroke_that_begins_on_ink(window, drag, place, letter, view):
    app = window(view=view, size=(1920, 1080))
    app.frame()
    for start, end in STROKES[letter]:
        before = app.ui.draft
        drag(app, place(app, "cell", number(start)), place(app, "cell", number(end)))
        assert app.ui.draft[start] == app.ui.draft[end] == 255
        assert before is None or (app.ui.draft >= before).all()


def test_the_right_button_and_the_eraser_erase(window, drag, place):
    app = window()
    app.frame()
    drag(app, place(app, "cell", 45), place(app, "cell", 55), button=3)
    assert app.ui.draft is None  # nothing to erase
    drag(app, place(app, "cell", 45), place(app, "cell", 55))
    assert np.count_nonzero(app.ui.draft) == 2 * 12
    drag(app, place(app, "cell", 45), place(app, "cell", 49), button=3)
    assert np.count_nonzero(app.ui.draft) == 2 * 6
    drag(app, place(app, "pen", 0))
    drag(app, place(app, "cell", 50), place(app, "cell", 56))
    assert not app.ui.draft.any()
    drag(app, place(app, "pen", 1))
    drag(app, place(app, "cell", 45), place(app, "cell", 55))
    assert np.count_nonzero(app.ui.draft) == 11
    drag(app, place(app, "pen", 2))
    drag(app, place(app, "cell", 145), place(app, "cell", 155))
    assert np.count_nonzero(app.ui.draft) == 11 + 2 * 12


def test_pens_are_reached_by_the_keyboard(window, key):
    app = window()
    app.frame()
    for _ in range(200):
        key(app, "TAB", typed="\t")
        if app.ui.focus == Target("pen", 1):
            break
    key(app, "RETURN", typed="\r")
    assert app.ui.pen == 1


def finger(app, kind, place, finger_id=1):
    wide, high = app.renderer.surface.get_size()
    x, y = (place[0] + 0.5) / wide, (place[1] + 0.5) / high
    pygame.event.post(pygame.event.Event(kind, touch_id=1, finger_id=finger_id, x=x, y=y, dx=0.0, dy=0.0))
    mouse = {
        pygame.FINGERDOWN: pygame.MOUSEBUTTONDOWN, pygame.FINGERMOTION: pygame.MOUSEMOTION,
        pygame.FINGERUP: pygame.MOUSEBUTTONUP,
    }[kind]  # fmt: skip
    more = {"rel": (0, 0), "buttons": (1, 0, 0)} if mouse == pygame.MOUSEMOTION else {"button": 1}
    pygame.event.post(pygame.event.Event(mouse, pos=place, touch=True, **more))  # as the system makes of it
    app.frame()


def test_a_finger_draws_once(window, place, monkeypatch):
    app = window()
    app.frame()
    inked = []
    give = app.operator.give
    monkeypatch.setattr(
        app.operator, "give", lambda name, /, **how: (inked.append(how.get("cells")), give(name, **how))
    )
    finger(app, pygame.FINGERDOWN, place(app, "cell", 45))
    finger(app, pygame.FINGERDOWN, place(app, "cell", 300), finger_id=2)  # the palm
    for cell in (85, 125):
        finger(app, pygame.FINGERMOTION, place(app, "cell", cell))
    finger(app, pygame.FINGERUP, place(app, "cell", 125))
    assert len(inked) == 3
    assert app.ui.draft.reshape(-1)[[45, 65, 85, 105, 125]].all()
    assert not app.ui.draft.reshape(-1)[300]
    assert app.ui.held is None
    app.obey("undo")
    assert app.ui.draft is None  # it was one stroke


def test_a_finger_presses_buttons_once(window):
    app = window()
    app.frame()
    bar = app.handler.panels["playback"]
    middle = bar.buttons[next(k for k, c in enumerate(bar.commands) if c.name == "play")].center
    finger(app, pygame.FINGERDOWN, middle)
    finger(app, pygame.FINGERUP, middle)
    assert app.playback.running


def test_the_answer_follows_the_stroke_and_the_run_stays(window, session, drag, place):
    app = window()
    session.run(400)
    app.frame()
    digest, now = session.digest, session.now
    shown = [session.world.at(n) for n in range(26)]
    app.renderer.theme.written = []
    app.renderer.invalidate()
    said = set()
    for card in shown[:6]:
        app.ui.draft = (card.frame * 255).astype(np.uint8)
        app.frame()
        answer = app.scene.draft_answer
        said.add(answer)
        assert any(text == f"→ {answer or app.words('trainer.none')}" for text, *_ in app.renderer.theme.written)
    assert len(said) > 3
    assert (session.digest, session.now) == (digest, now)
    assert not session.commands
    app.ui.predicting = True
    app.frame()
    assert app.scene.draft_answer is None  # a class is to say it first
    app.ui.predicting = False
    app.ui.draft = np.zeros((20, 20), np.uint8)
    app.frame()
    assert app.scene.draft_answer is None


def test_the_answer_follows_the_stroke_where_the_pens_have_no_words(at, session):  # noqa: F811
    app = at("mark1", size=(1280, 800))
    session.run(400)
    if not app.ui.strip:
        app.obey("strip")
    app.frame()
    pens = app.handler.panels["pens"]
    assert not pens._lettered
    app.ui.draft = (session.world.at(3).frame * 255).astype(np.uint8)
    app.renderer.theme.written = []
    app.renderer.invalidate()
    app.frame()
    answer = app.scene.draft_answer or app.words("trainer.none")
    said = [text for text, place, _ in app.renderer.theme.written if pens.rect.contains(place)]
    assert said in ([f"→ {answer}"], [answer])


def test_the_answer_that_follows_the_stroke_is_mostly_that_of_the_machine(window, session):
    """It knows no noise and no lag of the cells; of cards that the machine has learned it says the same."""
    app = window()
    session.run(1500)
    app.frame()
    same = 0
    for n in range(26):
        card = session.world.at(n)
        app.ui.draft = np.rint(card.frame * 255).astype(np.uint8)
        app.frame()
        foreseen = app.scene.draft_answer
        app.obey("show_card")
        same += foreseen == (app.operator.answered() if app.operator.answered() != app.words("trainer.none") else "")
        session.step("trial")
    assert same >= 24


def test_typed_letters_are_judged_and_not_taught(window, session, key):
    app = window()
    session.run(60)
    app.frame()
    wipers = session.learner.view().values.copy()
    key(app, "t", typed="t")
    key(app, "k", typed="k")
    assert session.presentation.kind == 10
    assert session.presentation.target is not None
    app.obey("step_trial")
    row = session.records[-1]
    assert (row["kind"], row["learned"], row["item"]) == (10, False, -1)
    assert np.array_equal(session.learner.view().values, wipers)


def test_the_pass_is_that_of_the_world_while_an_own_card_is_shown(window, session):
    app = window()
    session.run(26 * 5 + 3)
    app.obey("ink", cells=[1, 2, 3], level=255)
    app.obey("show_card")
    app.renderer.theme.written = []
    app.renderer.invalidate()
    app.frame()
    header = app.handler.panels["header"]
    written = [text for text, box, _ in app.renderer.theme.written if header.rect.contains(box)]
    assert "6" in written


def test_the_worlds_are_turned_through_all_and_none_holds_fast(window, session):
    app = window(page="settings")
    app.frame()
    for way in (1, -1):
        seen = []
        for _ in range(9):
            app.obey("turn_setting", name="world.name", way=way)
            assert not app.ui.alarm, app.ui.message
            seen.append(app.operator.world_config().name)
            if "images" in seen:
                break
            if {"digits", "left_right"} <= set(seen[-2:]):
                assert "--" not in app.ui.message
                assert app.words("message.world_no_pictures") in app.ui.message
        assert len(set(seen)) == 8


def test_once_opened_pictures_are_one_of_the_worlds(window, session, tmp_path):
    from PIL import Image

    for name, level in (("cat_1", 30), ("dog_1", 200)):
        card = np.full((20, 20), level, np.uint8)
        card[5:15, 5 : 9 + level // 50] = 255 - level
        Image.fromarray(card).save(tmp_path / f"{name}.png")
    app = window()
    app.obey("open_world", config={"name": "images", "images": str(tmp_path)})
    app.obey("open_world", config={"name": "digits"})
    app.obey("turn_setting", name="world.name", way=1)
    assert session.world.classes == ("cat", "dog")


def test_enter_asks_about_a_picture_that_was_chosen_with_the_keyboard(window, session, tmp_path, key):
    from PIL import Image

    from marki.io.stimuli import letters

    card = np.full((60, 60), 230, np.uint8)
    Image.fromarray(card).save(tmp_path / "x.png")
    paper = np.full((200, 200), 225, np.uint8)
    paper[20:180, 20:180][letters.letter("A", height=0.6).card > 127] = 40
    (tmp_path / "x.png").unlink()
    Image.fromarray(paper).save(tmp_path / "A.png")
    app = window(size=(1280, 800))
    app.operator.folder = tmp_path
    app.ui.focus = Target("cell", 3)
    key(app, "o", typed="o")
    for _ in range(3):
        app.frame()
    page = app.handler.panels["page"]
    for _ in range(12):
        key(app, "DOWN") if app.ui.focus else key(app, "TAB", typed="\t")
        row = page.row(app.ui.focus.number) if app.ui.focus.kind == "row" else None
        if row is not None and row.text == "A.png":
            break
    key(app, "RETURN", typed="\r")
    assert app.ui.page == "preview"
    key(app, "RETURN", typed="\r")
    assert [c.name for c in session.commands] == ["show"]
    assert "answers" in app.ui.message


def test_a_world_is_picked_from_a_list_with_the_keys(window, session, key):
    app = window(page="settings", size=(1280, 800))
    for _ in range(2):
        app.frame()
    key(app, "TAB", typed="\t")
    key(app, "DOWN") if app.ui.focus.kind == "close" else None
    assert app.handler.page.row(app.ui.focus.number).arguments["name"] == "world.name"
    key(app, "RETURN", typed="\r")
    assert app.ui.page == "worlds"
    for _ in range(10):
        app.frame()
    rows = [b for b in app.handler.page.blocks if hasattr(b, "command")]
    assert [row.text for row in rows if row.lit] == [app.words("choice.letters")]
    app.obey("choose_world", name="parity")
    assert app.operator.world_config().name == "parity"
    app.obey("choose_world", name="images")
    assert app.ui.page == "open"  # where a folder of them is chosen
    assert app.operator.world_config().name == "parity"
    assert "--" not in app.ui.message


@pytest.mark.parametrize("view", ["schematic", "front"])
def test_every_world_can_be_opened_in_the_middle_of_a_run_in_another(window, session, view):
    """The card of the last world is still shown, and keeps its verdict, whatever R-units the new one uses."""
    app = window(view=view, page="worlds", size=(1280, 800))
    app.frame()
    for name in ("left_right", "digits", "letters", "parity", "forms", "letters"):
        app.obey("choose_world", name=name)
        for _ in range(3):
            app.frame()
        assert not app.ui.alarm, app.ui.message
        session.run(2)
        session.step("event")
        session.advance(session.now + 1_700_000)
        app.frame()
        right = verdict(app.scene, "")[-1]
        app.obey("choose_world", name="digits" if name == "letters" else "letters")
        app.frame()
        assert app.scene.snapshot.presentation is None or verdict(app.scene, "")[-1] in (right, None)
