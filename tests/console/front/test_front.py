"""The front of the machine: where its cabinets stand, what can be pointed at, and that only what changed is redrawn."""

import dataclasses
import itertools
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

os.environ["SDL_VIDEODRIVER"] = "dummy"

import pygame

from marki.console import front
from marki.console.drawing.layout import Box, unit_of
from marki.console.drawing.theme import DESK, PROJECTOR, Theme
from marki.console.observer import Observer
from marki.console.state.playback import Playback
from marki.console.state.targets import Target
from marki.console.state.ui_state import UIState
from marki.hardware.faults import FaultsConfig
from marki.language import LANGUAGES, Words
from marki.session import mark1_session

SIZES = [(960, 600), (1024, 640), (1280, 800), (1920, 1080)]
SEEN_US = 1_300_000  # after the opening of the lens, when a stimulus is read


@pytest.fixture(autouse=True, scope="module")
def display():
    pygame.display.init()
    pygame.font.init()
    pygame.display.set_mode((320, 200))
    yield
    pygame.quit()


@pytest.fixture(scope="module")
def scene():
    """Return a scene in the middle of a presentation, after some learning."""
    session = mark1_session(seed=3, keep="recent")
    session.run(20)
    session.advance(session.now + SEEN_US)
    return Observer(session, Playback(session, speed=1.0), UIState(view="front")).scene()


def with_ui(scene, **changes):
    return dataclasses.replace(scene, ui=dataclasses.replace(scene.ui, **changes))


def with_faults(scene, **faults):
    return dataclasses.replace(scene, config=dataclasses.replace(scene.config, faults=FaultsConfig(**faults)))


class Picture:
    """The front, drawn on a surface of its own."""

    def __init__(self, scene, *, size=(1280, 800), profile=DESK, language="en"):
        self.theme = Theme(unit_of(size), Words(language), profile, size[1])
        self.surface = pygame.Surface(size).convert()
        self.surface.fill(self.theme.palette.room)
        box = Box(9, 60, size[0] - 18, size[1] - 170)
        boxes = front.lay_out(box, bay=scene.ui.bay)
        self.panels = {name: front.PANELS[name](place, self.theme, scene) for name, place in boxes.items()}
        for panel in self.panels.values():
            panel.dress(self.surface, scene)
        self.update(scene)

    def update(self, scene):
        return {name: panel.update(self.surface, scene) for name, panel in self.panels.items()}

    @property
    def pixels(self):
        return pygame.surfarray.array3d(self.surface)

    def changed(self, scene):
        """Return the panels' dirty rectangles after a change, and whether each pixel has changed."""
        before = self.pixels
        dirty = self.update(scene)
        return dirty, (self.pixels != before).any(2)


# -- layout --------------------------------------------------------------------------------------------------------


@given(
    w=st.integers(700, 3800),
    h=st.integers(300, 1900),
    x=st.integers(0, 50),
    y=st.integers(0, 50),
    bay=st.integers(0, 5),
)
@settings(max_examples=150, deadline=None)
def test_boxes_lie_inside_and_apart(w, h, x, y, bay):
    box = Box(x, y, w, h)
    boxes = front.lay_out(box, bay=bay)
    assert set(boxes) >= ({"camera", *front.BAYS, "sign", "plinth"} if not bay else {"camera", front.BAYS[bay - 1]})
    assert set(boxes) <= set(front.PANELS)
    for b in boxes.values():
        assert b.w > 0
        assert b.h > 0
        assert box.x <= b.x
        assert box.y <= b.y
        assert b.right <= box.right
        assert b.bottom <= box.bottom
    for a, b in itertools.combinations(boxes.values(), 2):
        assert not pygame.Rect(a).colliderect(b)


@given(w=st.integers(700, 3800), h=st.integers(300, 1900))
@settings(max_examples=60, deadline=None)
def test_the_machine_keeps_its_proportions(w, h):
    boxes = front.lay_out(Box(0, 0, w, h))
    widths = [boxes[name].w for name in front.BAYS]
    whole = sum(widths)
    for width, k in zip(widths, (73, 147, 150, 74, 75), strict=True):
        # Both edges of a bay are rounded, and so is the whole that its share is taken of.
        assert width == pytest.approx(whole * k / 519, abs=1 + k / 519)
    assert boxes["plinth"].bottom - boxes["sign"].y == pytest.approx(whole * 308 / 519, abs=1.6)


# -- hands ---------------------------------------------------------------------------------------------------------

KINDS = {
    "camera": [("cell", 400)],
    "sensory": [("s", 400), ("toggle", 400)],
    "doors": [("a", 512), ("door", 1)],
    "store": [("layer", 8)],
    "control": [("r", 8), ("force", 8)],
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("bay", range(6))
def test_every_part_is_found_where_it_lies(scene, size, bay):
    picture = Picture(with_ui(scene, bay=bay, open_doors=True, layer=5), size=size)
    for name, panel in picture.panels.items():
        parts = [Target(kind, n) for kind, count in KINDS.get(name, []) for n in range(count)]
        if name == "store":
            parts += [Target("value", 320 + n) for n in range(64)]
            assert panel.place_of(Target("value", 319)) is None
        for part in [*parts, *panel.parts()]:
            place = panel.place_of(part)
            assert panel.rect.contains(place), part
            assert panel.part_at(place.center) == part
        assert panel.part_at((0, 0)) is None
        assert panel.place_of(Target("button", 0)) is None


def test_closed_doors_hide_the_board(scene):
    doors = Picture(scene).panels["doors"]
    assert doors.place_of(Target("a", 7)) is None
    assert doors.part_at(doors.rect.center) == Target("door")
    assert doors.parts() == [Target("door")]


# -- drawing -------------------------------------------------------------------------------------------------------


def advanced():
    """Yield scenes of a running session, a few of each phase."""
    session = mark1_session(seed=5, keep="recent")
    session.run(6)
    observer = Observer(session, Playback(session, speed=1.0), UIState(view="front", open_doors=True))
    for _ in range(24):
        session.advance(session.now + 400_000)
        yield observer.scene()


@pytest.mark.parametrize("picked", [None, Target("a", 77), Target("s", 123)])
def test_drawing_what_changed_equals_drawing_all(picked):
    still = dataclasses.replace(DESK, still=True)  # nothing lingers that a new picture could not know
    picture, scenes = None, []
    for scene in advanced():
        scene.ui.picked = picked
        scenes.append(scene)
        picture = picture or Picture(scene, profile=still)
        picture.update(scene)
    assert len({s.snapshot.phase for s in scenes}) > 2
    assert np.array_equal(picture.pixels, Picture(scenes[-1], profile=still).pixels)


def test_after_going_through_all_states_the_picture_is_the_same(scene):
    picture, first = Picture(scene), Picture(scene).pixels
    draft = np.zeros((20, 20), np.uint8)
    for other in (
        with_ui(scene, draft=draft),
        with_ui(scene, covered=True),
        with_ui(scene, open_doors=True, picked=Target("a", 3)),
        with_ui(scene, layer=6),
        with_faults(scene, dead_cells=(5, 400), stuck_motors=(1, 64)),
        dataclasses.replace(scene, forced=np.resize(np.array([1, -1, 0], np.int8), 400)),
        dataclasses.replace(scene, r_forced=np.resize(np.array([1, -1], np.int8), 8)),
        dataclasses.replace(scene, state="stopped"),
    ):
        picture.update(other)
        picture.update(scene)
    for _ in range(10):
        picture.update(scene)
    assert np.array_equal(picture.pixels, first)


def test_nothing_is_drawn_when_nothing_changed(scene):
    picture = Picture(scene)
    picture.update(scene)
    dirty, changed = picture.changed(scene)
    assert not any(dirty.values())
    assert not changed.any()


CHANGES = {
    "toggle up": ("sensory", Target("toggle", 210), lambda s: dataclasses.replace(s, forced=one(210, 1))),
    "toggle down": ("sensory", Target("toggle", 0), lambda s: dataclasses.replace(s, forced=one(0, -1))),
    "dead cell": ("sensory", Target("s", 209), lambda s: with_faults(s, dead_cells=(210,))),
    "stuck motor": ("store", Target("value", 63), lambda s: with_faults(s, stuck_motors=(64,))),
    "turned by hand": ("store", Target("value", 9), lambda s: with_ui(s, turning=(9, -140.0))),
    "force": ("control", Target("force", 3), lambda s: dataclasses.replace(s, r_forced=one(3, 1, 8))),
}


def one(at, value, count=400):
    out = np.zeros(count, np.int8)
    out[at] = value
    return out


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen_where_it_happened(scene, name):
    panel, part, change = CHANGES[name]
    scene = dataclasses.replace(scene, values=np.full(512, 100.0), turning=np.zeros(512, np.int8))
    picture = Picture(scene, profile=dataclasses.replace(DESK, still=True))
    dirty, changed = picture.changed(change(scene))
    place = picture.panels[panel].place_of(part)
    assert changed[place.x : place.right, place.y : place.bottom].any()
    assert any(rect.contains(place) for rect in dirty[panel])
    changed[place.x : place.right, place.y : place.bottom] = False
    others = np.argwhere(changed)
    assert name == "turned by hand" or not len(others)  # a larger angle changes the scale of all dials
    rects = list(itertools.chain(*dirty.values()))
    assert all(any(rect.collidepoint(p) for rect in rects) for p in others.tolist())


@pytest.mark.parametrize(
    ("panel", "change"),
    [
        ("doors", dict(open_doors=True)),
        ("control", dict(covered=True)),
        ("store", dict(layer=3)),
        ("camera", dict(draft=np.full((20, 20), 200, np.uint8))),
    ],
)
def test_the_desk_is_seen_in_the_right_cabinet(scene, panel, change):
    picture = Picture(scene)
    dirty, changed = picture.changed(with_ui(scene, **change))
    rect = picture.panels[panel].rect
    assert changed[rect.x : rect.right, rect.y : rect.bottom].mean() > 0.001
    seen = np.zeros_like(changed)
    for r in itertools.chain(*dirty.values()):
        seen[r.x : r.right, r.y : r.bottom] = True
    assert not (changed & ~seen).any()
    moved = [n for n, rects in dirty.items() if rects]
    assert panel in moved
    assert set(moved) <= {panel, "power"}  # its meters would tell what the covered lamps do


def test_open_doors_show_the_wires_of_the_unit_that_is_picked(scene):
    scene = with_ui(scene, open_doors=True)
    picture = Picture(scene)
    palette, board = picture.theme.palette, picture.panels["doors"].rect
    part = picture.panels["doors"].place_of(Target("a", 100))

    def count(colour):
        return int((picture.pixels[board.x : board.right, board.y : board.bottom] == colour).all(2).sum())

    before = count(palette.positive), count(palette.negative)
    picture.update(with_ui(scene, picked=Target("value", 100)))
    assert count(palette.positive) > before[0] + 100
    assert count(palette.negative) > before[1] + 100
    with_a = picture.pixels
    picture.update(with_ui(scene, picked=Target("a", 100)))
    assert np.array_equal(picture.pixels, with_a)
    assert count(palette.focus) > 0
    picture.update(with_ui(scene, picked=Target("toggle", 44)))
    assert not np.array_equal(picture.pixels, with_a)
    assert part.w >= 3


def test_a_cut_wire_is_seen(scene):
    scene = with_ui(scene, open_doors=True, picked=Target("a", 5))
    picture = Picture(scene)
    wiring = scene.wiring.copy()
    wiring[5] = 0
    _, changed = picture.changed(dataclasses.replace(scene, wiring=wiring))
    assert changed.any()
    assert np.array_equal(picture.pixels, Picture(dataclasses.replace(scene, wiring=wiring)).pixels)


def test_covered_lamps_tell_nothing(scene):
    """With the R-lamps covered, no picture depends on what they would show."""
    view = scene.snapshot.view
    other = dataclasses.replace(view, r=~view.r, u_r=-view.u_r)
    pictures = [
        Picture(with_ui(dataclasses.replace(scene, snapshot=dataclasses.replace(scene.snapshot, view=v)), covered=True))
        for v in (view, other)
    ]
    assert np.array_equal(pictures[0].pixels, pictures[1].pixels)


def test_a_switch_has_another_shape_in_each_position(scene):
    from marki.console.front.sensory_cabinet import toggle

    grey = (150, 150, 150)
    shapes = [pygame.surfarray.array3d(toggle(9, 15, n, grey, grey)) for n in (-1, 0, 1)]
    for a, b in itertools.combinations(shapes, 2):
        assert np.abs(a.astype(int) - b).max() > 60


@pytest.mark.parametrize("still", [True, False])
def test_motors_turn_with_their_wipers_but_not_with_less_motion(scene, still):
    scene = dataclasses.replace(scene, values=np.full(512, 40.0), turning=np.ones(512, np.int8))
    picture = Picture(scene, profile=dataclasses.replace(DESK, still=still))
    _, changed = picture.changed(dataclasses.replace(scene, values=np.full(512, 40.2)))
    store = picture.panels["store"].rect
    assert changed[store.x : store.right, store.y : store.bottom].any() == (not still)


# -- lettering -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("profile", [DESK, PROJECTOR], ids=["desk", "projector"])
def test_no_lettering_is_cut_off(scene, size, language, profile):
    for bay in range(6):
        ui = dict(bay=bay, open_doors=True, picked=Target("a", 9), covered=bay == 4, layer=7)
        picture = Picture(with_ui(scene, **ui), size=size, profile=profile, language=language)
        picture.update(with_ui(scene, **ui, draft=np.zeros((20, 20), np.uint8)))
        assert picture.theme.clipped == []


def test_both_languages_say_the_same():
    english, chinese = Words("en"), Words("zh")
    for name in ("name", "maker", "draft", "lamps", "toggles", "layers", "rows", "meters"):
        assert english(f"front.{name}")
        assert chinese(f"front.{name}")
    assert "R3" in chinese("front.sum", unit=3, deg="+12")
