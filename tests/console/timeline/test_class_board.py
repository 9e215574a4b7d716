"""The board of classes has a key for what was learned, and for nothing else."""

from console.fake_timeline import EXHIBITS
from console.timeline.test_studio import at  # noqa: F401  (a fixture)

from marki.console.state.targets import Target
from marki.console.timeline.class_board import CLASSES, learned


def keys(app):
    board = app.handler.panels["board"]
    return [board.given(Target("class", k)).arguments["text"] for k in range(len(board._places))]


def test_a_machine_that_learned_digits_has_no_key_for_a_letter(at):  # noqa: F811
    app = at("gan")
    assert keys(app) == list("0123456789")
    board = app.handler.panels["board"]
    assert board.given(Target("class", 10)) is None
    assert board.place_of(Target("class", 10)) is None
    areas = board._places
    assert all(board.inner.contains(place) for place in areas)
    assert not any(a.colliderect(b) for k, a in enumerate(areas) for b in areas[:k])


def test_a_machine_that_is_told_nothing_has_no_key(at):  # noqa: F811
    app = at("vae")
    assert keys(app) == []
    board = app.handler.panels["board"]
    assert board.parts() == []
    app.renderer.theme.written = []
    app.renderer.invalidate()
    app.frame()
    said = " ".join(text for text, place, _ in app.renderer.theme.written if board.inner.contains(place))
    assert said == app.words("timeline.board_empty")


def test_the_hall_has_the_keys_of_all_who_draw_there(at):  # noqa: F811
    app = at("gan")
    app.obey("hall")
    while app.scene.timeline.room.name != "draws":
        app.obey("room")
        app.frame()
    subjects = {s for e in EXHIBITS for s in e.hall.get("draws", ())}
    assert subjects == {"digits", "letters"}
    assert learned(app.scene) == CLASSES
