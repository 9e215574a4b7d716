"""Systems that draw, asked through the real code path: small networks, and some that learned for a second."""

import json

import numpy as np
import pytest

from marki.errors import ConfigError, UnknownName
from marki.io.camera import Camera
from marki.io.stimuli.letters import letter
from successors import registry, tasks
from successors.nn import weights_file
from successors.nn.drawers import WAY
from successors.serving import artists
from successors.serving import picture_drawing as drawing
from successors.serving.picture_drawing import Order

SMALL = {
    "autoencoder": {"widths": (400, 5, 4, 3, 2), "deviation": 0.5},
    "vae": {"hidden": 20, "latents": 4},
    "gan": {"hidden": (20,), "units": 8, "pieces": 2, "latents": 6},
    "diffusion": {"width": 4, "groups": 2, "steps": 6, "last": 1.0},
    "animegan2": {"width": 1, "critic_width": 1, "blocks": 2},
    "stylegan2": {"channels": (4, 3, 2), "latents": 3, "mapping": 2, "mapping_rate": 0.5},
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Return a function that gives the file of a small network's weights; those of letters with classes=26."""
    folder = tmp_path_factory.mktemp("weights")

    def file(name, **changes):
        path = folder / f"{name}{len(changes)}.safetensors"
        if not path.exists():
            learner = registry.create(name, seed=1, **SMALL[name] | changes)
            settings = json.dumps(learner.config.to_mapping())
            weights_file.save(path, learner.weights(), system=name, settings=settings)
        return path

    return file


@pytest.fixture(scope="module")
def artist(weights):
    def engaged(name, signs="", seed=0, card=False, **changes):
        return artists.engage(name, signs, seed=seed, weights=weights(name, **changes), card=card)

    return engaged


def fields(pictures):
    return np.array([picture.field for picture in pictures])


@pytest.fixture(scope="module")
def card():
    return tasks.load("digits", train=1, valid=1, test=1).test.stimuli[0]


@pytest.mark.parametrize("name", ["gan", "diffusion", "stylegan2"])
def test_what_is_drawn_is_what_the_learner_answers(artist, name):
    own = artist(name, "70")
    drawn = drawing.draw(own, Order(signs="70", count=3))
    answers = own.learner.respond(own.asking("70", 3))
    assert np.allclose(fields(drawn)[:3], answers[:3], atol=1e-6)  # the second sign begins with the first noise again
    assert [(p.asked, p.number) for p in drawn] == [(s, n) for s in "70" for n in range(3)]
    again = drawing.draw(own, Order(signs="707", count=2))
    assert [(p.asked, p.number) for p in again] == [("7", 0), ("7", 1), ("0", 0), ("0", 1), ("7", 2), ("7", 3)]
    assert np.allclose(again[4].field, drawn[2].field, atol=1e-6)
    assert all(p.read in "0123456789" for p in drawn)


@pytest.mark.parametrize("name", ["vae", "gan", "diffusion", "stylegan2"])
def test_a_picture_follows_from_seed_and_number(artist, name):
    many, few = (drawing.draw(artist(name), Order(count=count)) for count in (40, 2))
    other = drawing.draw(artist(name, seed=5), Order(count=2))
    assert np.allclose(fields(many)[:2], fields(few), atol=1e-6)
    assert not np.allclose(fields(few), fields(other), atol=1e-3)
    assert len({p.digest for p in many}) == 40
    again = drawing.draw(artist(name), Order(count=2))
    assert [p.digest for p in again] == [p.digest for p in few]


@pytest.mark.parametrize(("name", "moments"), [("vae", WAY + 1), ("gan", WAY + 1), ("stylegan2", WAY + 1),
                                               ("diffusion", 7)])  # fmt: skip
def test_the_way_ends_at_what_is_drawn(artist, name, moments):
    own, order = artist(name), Order(count=3)
    drawn = drawing.draw(own, order)
    whole = drawing.way(own, order, drawn, 100)
    assert len(whole) == moments
    assert np.allclose(whole[-1], fields(drawn), atol=1e-6)
    assert not np.allclose(whole[0], whole[-1], atol=1e-2)
    some = drawing.way(own, order, drawn, 4)
    assert len(some) == 4
    assert np.array_equal(some[0], whole[0])
    assert np.array_equal(some[-1], whole[-1])


def test_the_class_that_the_noise_chose_stays_on_the_way(artist):
    learner = artist("gan").learner
    noise = learner.noise_of(0, 8)
    middle = noise.copy()
    middle[:, :-1] = 0
    dark = np.zeros((8, 8), bool)
    assert np.allclose(next(learner.network.way(dark, noise)), learner.network.imagine(dark, middle), atol=1e-6)
    assert not np.allclose(*learner.network.imagine(dark[:2], middle[[0, 1]]), atol=1e-3)


def test_the_way_of_several_signs_leads_to_each(artist):
    own, order = artist("gan", "37"), Order(signs="37", count=2)
    drawn = drawing.draw(own, order)
    assert np.allclose(drawing.way(own, order, drawn, 5)[-1], fields(drawn), atol=1e-6)


# -- steps, and cards to begin with -----------------------------------------------------------------------------------


def test_fewer_steps_draw_something_else(artist):
    own = artist("diffusion")
    six, whole, one = (fields(drawing.draw(own, Order(count=2, steps=steps))) for steps in (6, None, 1))
    assert np.array_equal(six, whole)
    assert not np.allclose(six, one, atol=1e-2)
    for steps in (0, 7):
        with pytest.raises(ConfigError, match="--steps"):
            drawing.draw(own, Order(count=1, steps=steps))
    with pytest.raises(ConfigError, match=r"gan does not draw in steps.*diffusion"):
        drawing.draw(artist("gan"), Order(count=1, steps=3))


def test_a_card_that_is_drowned_a_little_stays_nearer_to_itself(artist, card):
    own = artist("diffusion", card=True)
    off = []
    for steps in (1, 6):
        order = Order(count=8, card=card, steps=steps)
        first = drawing.way(own, order, drawing.draw(own, order), 100)[0]
        off.append(float(np.abs(np.array(first) - card).mean()))
    assert off[0] < 0.2 < 0.3 < off[1]


def test_the_networks_that_squeeze_are_given_the_card(artist, card):
    for name in ("autoencoder", "vae"):
        own = artist(name, card=True)
        order = Order(count=1, card=card)
        (drawn,) = drawing.draw(own, order)
        (other,) = drawing.draw(own, Order(count=1, card=1 - card))
        assert not np.allclose(drawn.field, other.field)
        assert np.allclose(drawing.way(own, order, [drawn], 10)[-1][0], drawn.field, atol=1e-6)
    own = artist("autoencoder", card=True)
    assert np.allclose(drawing.draw(own, Order(count=1, card=card))[0].field, own.learner.respond(card[None])[0])


def test_a_card_is_drawn_in_another_manner(artist, card):
    own = artist("animegan2", card=True)
    (drawn,) = drawing.draw(own, Order(count=1, card=card))
    assert np.allclose(drawn.field, own.learner.respond(card[None])[0], atol=1e-6)
    with pytest.raises(ConfigError, match="does not draw in steps"):
        drawing.draw(own, Order(count=1, card=card, steps=3))


def test_a_shipped_memory_gives_back_a_card():
    own = artists.engage("hopfield", card=True)
    card = Camera().frame(letter("R", "jura"))
    (drawn,) = drawing.draw(own, Order(count=1, card=card))
    assert np.array_equal(drawn.field, own.learner.respond(card[None])[0])


# -- styles -----------------------------------------------------------------------------------------------------------


def test_a_table_of_styles_has_its_sources_where_both_are_one(artist):
    own = artist("stylegan2", "4")
    table = drawing.mix(own, Order(signs="4", count=3), 5)
    assert np.array(table.cells).shape == (3, 3, 20, 20)
    assert [p.number for p in table.coarse + table.fine] == list(range(6))
    network, noise = own.learner.network, own.learner.noise_of(0, 2)
    asked = own.asking("4", 2)
    alone = network.mix(asked, noise, asked, noise, [False, False, True, True, True, True])
    assert np.allclose(alone, fields(table.coarse)[:2], atol=1e-6)
    late = drawing.mix(own, Order(signs="4", count=3), 10)
    assert not np.allclose(table.cells, late.cells, atol=1e-3)
    assert not np.allclose(table.cells[0][0], table.cells[0][1], atol=1e-4)  # another in the small
    assert not np.allclose(table.cells[0][0], table.cells[1][0], atol=1e-4)  # and another in the large


@pytest.mark.parametrize(
    ("name", "signs", "side", "said"),
    [
        ("gan", "4", 5, "gan mixes no styles.*stylegan2"),
        ("stylegan2", "4", 7, "no scale of 7 cells.*Give 5 or 10"),
        ("stylegan2", "45", 5, "styles of 2 signs"),
    ],
)
def test_styles_that_cannot_be_mixed(artist, name, signs, side, said):
    with pytest.raises(ConfigError, match=said):
        drawing.mix(artist(name, signs), Order(signs=signs, count=2), side)


def test_styles_nearest_to_a_face_come_first(artist):
    own = artist("stylegan2", "GO", classes=26)
    assert own.subject == "letters"
    order = Order(signs="GO", count=3, face="jura")
    found = drawing.nearest_styles(own, order)
    assert [off for _, off in found] == sorted(off for _, off in found)
    drawn = drawing.draw(own, order)
    assert [p.number for p in drawn] == [number for number, _ in found] * 2
    plain = drawing.nearest_styles(own, Order(signs="GO", count=drawing.FACES_TRIED, face="jura"))
    assert plain[0][1] < plain[-1][1]
    with pytest.raises(UnknownName, match=r"'jurra'.*'jura'"):
        drawing.draw(own, Order(signs="G", count=1, face="jurra"))
    with pytest.raises(ConfigError, match="without letters"):
        drawing.draw(artist("gan"), Order(signs="4", count=1, face="jura"))
