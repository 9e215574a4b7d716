"""DualStyleGAN: its size, its dials, the residual blocks, the encoders, the stages, and the generator that stays."""

import numpy as np
import pytest

from marki.io.ports import Port
from marki.registers import fingerprint, restore, snapshot
from successors.nn.gradcheck import check
from successors.nn.initial import meta
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2020_stylegan2 import ENTRY as STYLEGAN2
from successors.timeline.y2020_stylegan2 import GENERATOR
from successors.timeline.y2022_dualstylegan import (
    ENTRY,
    PAPER,
    PUBLISHED,
    AdaIN,
    DualStyleGAN,
    DualStyleGANConfig,
    ModRes,
    dialled,
)

SMALL = {"channels": (6, 4, 3), "latents": 4, "mapping": 2, "maps": (3, 4, 5), "full": 8}
GENERATOR_SMALL = {"channels": (6, 4, 3), "latents": 4, "mapping": 2, "classes": 26}


def network(seed=0, **changes):
    return DualStyleGAN(DualStyleGANConfig().amend(SMALL | changes), np.random.default_rng(seed))


def reels(count, seed=2):
    return np.random.default_rng(seed).random((count, 2, 20, 20)).astype(np.float32)


def codes(net, count, seed=3):
    rng = np.random.default_rng(seed)
    shape = (count, net.generator.synthesis.layers, net.config.latents)
    dtype = net.generator.synthesis.const.dtype
    return Tensor(rng.standard_normal(shape).astype(dtype)), Tensor(rng.standard_normal((count, 4)).astype(dtype))


def short(seed=0, **changes):
    return ENTRY.create(changes=SMALL | {"recipe.steps": 10, "recipe.stages": (0.4, 0.6)} | changes, seed=seed)


def test_the_published_size_exactly():
    with meta():
        net = DualStyleGAN(PAPER, np.random.default_rng(0))
    assert net.generator.count() == GENERATOR
    assert net.extrinsic.count() == 43_806_208
    assert net.count() == PUBLISHED == 74_176_268
    linear = 512 * 512 + 512
    block = 2 * (512 * 512 * 9 + 512) + 2 * (512 * 1024 + 1024)
    assert 7 * block + 11 * linear + 2 * linear == 43_806_208
    assert (len(net.extrinsic.structure), len(net.extrinsic.colour), len(net.extrinsic.code)) == (7, 11, 2)


def test_without_an_exemplar_it_is_stylegan2():
    base = STYLEGAN2.create(changes=GENERATOR_SMALL, seed=4).network
    net = network()
    net.generator.load(base.creator.state())
    noise = np.random.default_rng(0).standard_normal((3, base.noise)).astype(np.float32)
    noise[:, base.config.latents + 1 :] = 0  # no grain
    lamps = np.zeros((3, 8), bool)
    w = base.latents(lamps, noise).data
    ws = Tensor(np.repeat(w[:, None], 6, 1))
    assert net.paint(ws).data == pytest.approx(base.make(lamps, noise).data, abs=1e-6)


def test_dials_of_0_are_the_identity_to_the_last_bit():
    net = network()
    ws, e = codes(net, 3)
    plain = net.paint(ws).data
    assert np.array_equal(net.paint(ws, e, structure=0.0, colour=0.0).data, plain)
    assert np.abs(net.paint(ws, e, structure=0.0, colour=1.0).data - plain).max() > 0.01
    for block in net.extrinsic.structure:
        for conv in block.convs:
            conv.weight.data *= 100
    assert np.abs(net.paint(ws, e, structure=1.0, colour=0.0).data - plain).max() > 0.01
    assert np.array_equal(net.paint(ws, e, structure=0.0, colour=0.0).data, plain)
    learner = short(structure=0.0, colour=0.0)
    x, other = reels(3), reels(3, 5)
    other[:, 0] = x[:, 0]
    assert np.array_equal(learner.respond(x), learner.respond(other))


def test_each_dial_reaches_its_own_layers():
    net = network()
    ws, e = codes(net, 2)
    seen = []
    synthesis = net.generator.synthesis
    for layer in (synthesis.first, *synthesis.rise, *synthesis.stay):
        forward = layer.forward

        def watched(x, w, noise, forward=forward):
            seen.append(w.data.copy())
            return forward(x, w, noise)

        layer.forward = watched
    net.paint(ws, e, structure=1.0, colour=0.25)
    # In order: 5x5, 10x10 twice, 20x20 twice; the coarse layers have their own codes.
    for layer in range(3):
        assert np.array_equal(seen[layer], ws.data[:, layer])
    for layer, fine in ((3, 0), (4, 1)):
        with no_grad():
            wanted = 0.25 * net.extrinsic.colour[fine](e).data + 0.75 * ws.data[:, layer]
        assert seen[layer] == pytest.approx(wanted, abs=1e-6)


def test_colour_begins_as_the_identity_and_structure_near_nothing():
    net = network()
    _, e = codes(net, 4)
    for layer in net.extrinsic.colour:
        assert layer(e).data == pytest.approx(e.data, abs=0.1)
    block = ModRes(6, 4, np.random.default_rng(0))
    x = Tensor(np.random.default_rng(1).standard_normal((4, 6, 5, 5)).astype(np.float32))
    moved = block(x, e, 1.0).data - x.data
    assert 0 < np.abs(moved).max() < 0.1
    assert np.array_equal(block(x, e, 0.0).data, x.data)
    assert block(x, e, 0.5).data - x.data == pytest.approx(moved / 2, abs=1e-6)


def test_adain_gives_each_map_the_mean_and_deviation_of_the_style():
    norm = AdaIN(5, 4, np.random.default_rng(0)).astype(np.float64)
    rng = np.random.default_rng(1)
    style = Tensor(rng.standard_normal((3, 4)))
    out = norm(Tensor(rng.standard_normal((3, 5, 7, 7)) * 3 + 2), style).data
    both = norm.style(style).data
    assert out.mean((2, 3)) == pytest.approx(both[:, 5:], abs=1e-9)
    assert out.std((2, 3)) == pytest.approx(np.abs(both[:, :5]), rel=1e-4)
    still = AdaIN(5, 4, np.random.default_rng(0))
    still.style.weight.data[...] = 0
    plain = still(Tensor(rng.standard_normal((3, 5, 7, 7)).astype(np.float32)), Tensor(style.data.astype(np.float32)))
    assert plain.data.std((2, 3)) == pytest.approx(1, rel=1e-3)


def test_the_way_back_through_both_paths():
    net = network().astype(np.float64)
    ws, e = codes(net, 2)
    check(lambda a, b: net.paint(a, b), ws.data, e.data, places=20)
    block = ModRes(3, 4, np.random.default_rng(0)).astype(np.float64)
    x = np.random.default_rng(1).standard_normal((2, 3, 5, 5))
    check(lambda a, s: block(a, s, 0.7), x, e.data, places=20)


def test_the_generator_stays_and_the_stages_train_their_parts():
    learner = short()
    base = STYLEGAN2.create(changes=GENERATOR_SMALL, seed=4)
    learner.stand_on(base.network)
    parts = ("generator", "extrinsic", "intrinsic", "manner")
    states = []
    x = reels(6)
    for _ in range(8):
        states.append({p: {n: a.copy() for n, a in getattr(learner.network, p).state().items()} for p in parts})
        learner.reinforce(x, x[:, 1])
    states.append({p: dict(getattr(learner.network, p).state()) for p in parts})

    def moves(part, step):
        return any(not np.array_equal(a, states[step + 1][part][n]) for n, a in states[step][part].items())

    assert not any(moves("generator", k) for k in range(8))
    assert [moves("intrinsic", k) for k in range(8)] == [True] * 4 + [False] * 4
    assert [moves("extrinsic", k) for k in range(8)] == [False] * 4 + [True] * 4
    assert [moves("manner", k) for k in range(8)] == [False] * 4 + [True] * 4
    weights = base.weights()
    for name, array in learner.network.generator.state().items():
        assert np.array_equal(array, weights[f"creator.{name}"])
        assert np.array_equal(learner.average.values.get(f"generator.{name}", array), array)


def test_the_second_encoder_begins_as_the_first():
    net = network()
    net.begin(1)
    first, second = (encoder.state() for encoder in net.encoders)
    for name, array in second.items():
        assert np.array_equal(array, first[name]) is not name.startswith("output.") or name == "output.bias", name
    assert second["output.weight"].shape == (4, 8)
    assert first["output.weight"].shape == (24, 8)


def test_the_first_stage_inverts_prints_and_generated_pictures():
    net = network().astype(np.float64)
    prints = reels(6)[:, 0].astype(float)
    made, loss = net.inverted(prints)
    assert made.shape == (6, 20, 20)
    rng = np.random.default_rng(0)
    z = rng.standard_normal((6, 5))
    # Half of what is seen are prints, the others are drawn of known codes.
    with no_grad():
        codes_ = net.intrinsic(Tensor(prints[:3]))
        assert made[:3] == pytest.approx(net.paint(codes_).data)
    own = ((made[:3] - prints[:3]) ** 2).sum((1, 2)).sum()
    assert loss.item() > own / 6
    assert z.shape == (6, 5)


def test_the_loss_is_the_squared_error_of_a_picture():
    net = network()
    net.at_stage = 1
    x = reels(4)
    answers, loss = net.judged(x, x[:, 1])
    assert loss.item() == pytest.approx(((answers - x[:, 1]) ** 2).sum((1, 2)).mean(), rel=1e-5)
    assert net.answer(x) == pytest.approx(answers.clip(0, 1))


def test_a_run_that_is_stopped_goes_on_to_the_same_digest():
    for stop in (2, 6):
        learner, x = short(), reels(6)
        for _ in range(stop):
            learner.reinforce(x, x[:, 1])
        kept = snapshot(learner.registers())
        for _ in range(4):
            learner.reinforce(x, x[:, 1])
        end = fingerprint(snapshot(learner.registers()))
        other = short(seed=9)
        restore(other.registers(), kept)
        for _ in range(4):
            other.reinforce(x, x[:, 1])
        assert fingerprint(snapshot(other.registers())) == end


def test_the_first_card_says_what_and_the_last_in_whose_manner():
    learner = short()
    for block in learner.network.extrinsic.structure:
        for conv in block.convs:
            conv.weight.data *= 100
    learner.average.reset()
    x, y = reels(3), reels(3, 5)
    drawn = learner.respond(x)
    assert np.abs(learner.respond(np.stack([x[:, 0], y[:, 1]], 1)) - drawn).max() > 1e-4
    assert np.abs(learner.respond(np.stack([y[:, 0], x[:, 1]], 1)) - drawn).max() > 1e-4
    assert np.array_equal(learner.respond(np.stack([x[:, 0], y[:, 0], x[:, 1]], 1)), drawn)
    assert np.array_equal(dialled(learner.network, x, 1.0, 1.0), drawn)
    assert (learner.accepts, learner.answers) == (Port.REEL, Port.FIELD)


@pytest.mark.parametrize("found", ENTRY.checks, ids=lambda c: c.name)
def test_statements_of_the_paper(found):
    finding = found.run()
    assert finding.holds, finding
