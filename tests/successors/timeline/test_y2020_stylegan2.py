"""StyleGAN2: its sizes, styles, noise and mixing, both penalties, the growing of configurations A to D, and PPL."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.ports import Port
from marki.io.responses import binary_code, lamps
from marki.registers import fingerprint, restore, snapshot
from successors.evaluation import verify
from successors.nn import dual
from successors.nn.gradcheck import check
from successors.nn.initial import meta
from successors.nn.module import training
from successors.nn.rivals import Rivals
from successors.nn.tensor import Tensor, no_grad
from successors.registry import System
from successors.timeline import y2020_stylegan2 as stylegan2
from successors.timeline.y2020_stylegan2 import (
    DISCRIMINATOR,
    ENTRY,
    GENERATOR,
    PAPER,
    EqualConv,
    EqualLinear,
    StyledLayer,
    StyleGAN2,
    StyleGAN2Config,
    unevenness,
    with_deviation,
)

CODES = lamps(binary_code(10))
DARK = np.zeros((300, 8), bool)
SMALL = {"channels": (8, 6, 4), "latents": 6}
GROWING = ENTRY.roads()["D, path length"] | SMALL


def network(seed=0, **changes):
    return StyleGAN2(StyleGAN2Config().amend(SMALL | changes), np.random.default_rng(seed))


def noise(net, count, seed=1):
    return np.random.default_rng(seed).standard_normal((count, net.noise)).astype(np.float32)


def pictures(count, seed=2):
    return np.random.default_rng(seed).random((count, 20, 20)).astype(np.float32)


def test_both_published_networks_exactly():
    with meta():
        net = StyleGAN2(PAPER, np.random.default_rng(0))
    assert net.creator.mapping.count() == 8 * (512 * 512 + 512) == 2_101_248
    assert net.creator.count() == GENERATOR == 30_370_060
    assert net.critic.count() == DISCRIMINATOR == 29_012_513
    assert net.creator.synthesis.layers == 18
    assert len(PAPER.noise_sides) == 17
    assert PAPER.sides[-1] == 1024


def test_the_generator_by_hand():
    def styled(a, b, size):
        return a * b * size**2 + 512 * a + a

    channels = PAPER.channels
    total = 512 * 16 + styled(512, 512, 3) + 1 + 512
    total += sum(styled(a, b, 3) + styled(b, b, 3) + 2 * (1 + b) for a, b in pairwise(channels))
    total += sum(styled(c, 3, 1) + 3 for c in channels)
    assert total == GENERATOR - 2_101_248


def test_weights_are_scaled_when_used():
    rng = np.random.default_rng(0)
    for rate in (1.0, 0.01):
        layer = EqualLinear(400, 300, rng, rate=rate, bias=2.0)
        assert layer.weight.data.std() * rate == pytest.approx(1, rel=0.02)
        out = layer(Tensor(rng.standard_normal((200, 400)).astype(np.float32))).data
        assert out.mean() == pytest.approx(2, abs=0.05)
        assert out.std() == pytest.approx(1, rel=0.05)
    conv = EqualConv(20, 30, 3, rng)
    out = conv(Tensor(rng.standard_normal((20, 20, 8, 8)).astype(np.float32))).data
    assert out[:, :, 1:-1, 1:-1].std() == pytest.approx(1, rel=0.05)
    assert EqualConv(3, 5, 3, rng, halves=True)(Tensor(np.ones((2, 3, 10, 10)))).shape == (2, 5, 5, 5)
    assert EqualConv(3, 5, 1, rng, halves=True)(Tensor(np.ones((2, 3, 10, 10)))).shape == (2, 5, 5, 5)
    # What rises keeps its variance, far from the edges.
    kernels = Tensor(rng.standard_normal((30, 20, 3, 3)) / np.sqrt(20 * 9))
    risen = stylegan2.convolved(Tensor(rng.standard_normal((20, 20, 9, 9))), kernels, rises=True).data
    assert risen.shape == (20, 30, 18, 18)
    assert 0.5 < risen[:, :, 4:-4, 4:-4].std() < 1.2


def test_neighbours_and_means_for_growing():
    x = np.random.default_rng(0).random((2, 3, 5, 5))
    doubled = dual.fir(Tensor(x), (1, 1), up=2).data
    assert doubled == pytest.approx(x.repeat(2, 2).repeat(2, 3))
    assert dual.fir(Tensor(doubled), (1, 1), down=2).data == pytest.approx(x)


def test_both_are_told_the_class_and_where_none_is_named_the_noise_chooses():
    net = network()
    same = np.repeat(noise(net, 1), 10, 0)
    drawn = net.make(CODES, same).data
    assert len({p.tobytes() for p in drawn}) == 10
    assert np.ptp(net.verdict(Tensor(np.repeat(pictures(1), 10, 0)), CODES).data) > 1e-3
    told = net.told(DARK, noise(net, 300)[:, net.config.latents], np.dtype(np.float32))
    assert set(told.sum(1)) == {1}
    assert (told.sum(0) > 10).all()
    deaf = network(asked=False)
    assert np.ptp(deaf.make(CODES, same).data, axis=0).max() < 1e-5
    assert np.ptp(deaf.verdict(Tensor(np.repeat(pictures(1), 10, 0)), CODES).data) < 1e-5


def test_noise_is_added_as_strongly_as_is_learned():
    net = network()
    one, other = noise(net, 3), noise(net, 3)
    other[:, net.config.latents + 1 :] *= -1
    assert np.array_equal(net.make(CODES[:3], one).data, net.make(CODES[:3], other).data)
    net.creator.synthesis.stay[-1].strength.data[...] = 1
    apart = net.make(CODES[:3], one).data - net.make(CODES[:3], other).data
    assert np.abs(apart).max() > 0.05
    silent = network(noisy=False)
    silent.load(net.state())
    assert np.array_equal(silent.make(CODES[:3], one).data, silent.make(CODES[:3], other).data)
    grain = net.grain(one)
    assert [g.shape[2:] for g in grain] == [(5, 5), (10, 10), (10, 10), (20, 20), (20, 20)]
    assert np.array_equal(np.concatenate([g.reshape(3, -1) for g in grain], 1), one[:, net.config.latents + 1 :])


def test_styles_are_mixed_in_training_alone():
    net = network(mixing=1.0)
    given = noise(net, 8)
    plain = net.make(CODES[:8], given).data
    assert np.array_equal(net.make(CODES[:8], given).data, plain)
    seen = []
    paint = net.paint
    net.paint = lambda ws, grain: seen.append([w.data.copy() for w in ws]) or paint(ws, grain)
    with training(np.random.default_rng(0)):
        mixed = net.make(CODES[:8], given).data
    assert np.abs(mixed - plain).max(axis=(1, 2)).min() > 1e-4
    ws = np.array(seen[-1])  # (layers, n, latents)
    own = net.latents(CODES[:8], given).data
    for case in range(8):
        first = [np.allclose(w, own[case], atol=1e-5) for w in ws[:, case]]
        cut = first.index(False)
        assert 1 <= cut <= 5
        assert not any(first[cut:])
        assert np.allclose(ws[cut:, case], ws[cut, case])
    none = network(mixing=0.0)
    with training(np.random.default_rng(0)):
        assert np.array_equal(none.make(CODES[:8], given).data, plain)


def test_psi_leads_from_the_mean_style_to_ones_own():
    net = network()
    with training(np.random.default_rng(0)):
        for seed in range(400):
            net.latents(CODES, noise(net, 10, seed))
    own = net.latents(CODES, noise(net, 10)).data
    many = np.mean([net.latents(CODES, noise(net, 10, seed)).data for seed in range(99)], (0, 1))
    assert np.abs(net.mean_w - many).max() < 0.2
    for psi, wanted in ((0.0, np.repeat(net.mean_w[None], 10, 0)), (0.5, (own + net.mean_w) / 2), (1.0, own)):
        dialled = network(psi=psi)
        dialled.load(net.state())
        assert dialled.latents(CODES, noise(net, 10)).data == pytest.approx(wanted, abs=1e-5)
    assert "mean_w" in net.state()


def test_the_deviation_of_a_group():
    x = np.random.default_rng(0).standard_normal((8, 3, 4, 4))
    found = with_deviation(Tensor(x), 4).data
    assert np.array_equal(found[:, :3], x)
    for k in range(8):
        members = x[k % 2 :: 2]
        assert found[k, 3] == pytest.approx(np.sqrt(members.var(0) + 1e-8).mean())
    for n, size in ((6, 3), (5, 1), (1, 1), (4, 4)):
        found = with_deviation(Tensor(x[:n]), 4).data[:, 3, 0, 0]
        assert found[0] == pytest.approx(np.sqrt(x[:n][:: n // size].var(0) + 1e-8).mean())


def test_r1_is_taken_of_pictures_from_minus_one_to_one_every_so_many_steps():
    net = network(gamma=3.0, lazy=5).astype(np.float64)
    real = pictures(4).astype(np.float64)
    assert [k for k in range(12) if net.critic_penalty(k, real, CODES[:4]) is not None] == [0, 5, 10]
    assert network(gamma=0.0).critic_penalty(0, real, CODES[:4]) is None
    rng, h = np.random.default_rng(0), 1e-6
    # The slope along any direction is that of the gradient: of half of a light, as the critic sees twice as much.
    x = Tensor(real, requires_grad=True)
    net.verdict(x, CODES[:4]).sum().backward()
    for _ in range(3):
        v = rng.standard_normal(real.shape)
        with no_grad():
            up, down = (net.verdict(Tensor(real + s * v), CODES[:4]).sum().item() for s in (h, -h))
        assert (up - down) / (2 * h) == pytest.approx((x.gradient * v).sum(), rel=1e-5)
    wanted = 3.0 * 5 * 0.5 * ((x.gradient / 2) ** 2).sum() / 4
    assert net.critic_penalty(0, real, CODES[:4]).item() == pytest.approx(wanted, rel=1e-9)


def test_the_path_length_is_that_of_differences():
    net = network(path=2.0, lazy=16).astype(np.float64)
    rng = np.random.default_rng
    assert [k for k in range(20) if net.creator_penalty(k, CODES[:6], rng(5)) is not None] == [0, 8, 16]
    assert network(path=0.0).creator_penalty(0, CODES[:6], rng(5)) is None
    net.lengths[0] = 0.7
    found = net.creator_penalty(0, CODES[:6], rng(5))
    same, h = rng(5), 1e-6
    given = same.standard_normal((3, net.noise))
    y = same.standard_normal((3, 1, 20, 20)) / 20
    with no_grad():
        w = net.latents(CODES[:3], given).data
        slopes = np.zeros_like(w)
        for k in range(w.shape[1]):
            move = np.eye(w.shape[1])[k] * h
            up, down = (
                2 * (net.paint([Tensor(w + s)] * 6, net.grain(given)).data * y).sum((1, 2, 3)) for s in (move, -move)
            )
            slopes[:, k] = (up - down) / (2 * h)
    lengths = np.sqrt((slopes**2).sum(1))
    assert found.item() == pytest.approx(2.0 * 8 * ((lengths - 0.7) ** 2).mean(), rel=1e-6)
    assert net.lengths[1] == pytest.approx(lengths.mean(), rel=1e-6)
    net.proceed(1)
    assert net.lengths == pytest.approx([0.99 * 0.7 + 0.01 * lengths.mean(), 0])
    net.proceed(2)
    assert net.lengths[0] == pytest.approx(0.99 * 0.7 + 0.01 * lengths.mean())


def test_a_run_that_is_stopped_goes_on_to_the_same_digest():
    learner = ENTRY.create(changes=SMALL | {"lazy": 2, "grows": True, "recipe.steps": 24})
    real = pictures(8)
    for _ in range(5):
        learner.reinforce(CODES[:8], real)
    kept = snapshot(learner.registers())
    for _ in range(4):
        learner.reinforce(CODES[:8], real)
    end = fingerprint(snapshot(learner.registers()))
    other = ENTRY.create(changes=SMALL | {"lazy": 2, "grows": True, "recipe.steps": 24}, seed=9)
    restore(other.registers(), kept)
    for _ in range(4):
        other.reinforce(CODES[:8], real)
    assert fingerprint(snapshot(other.registers())) == end
    assert 0 < other.network.level[0] < 2
    assert other.network.lengths[0] > 0


def test_each_scale_learns_by_itself_and_the_next_fades_in():
    net = network(grows=True, **{"recipe.steps": 1200})
    levels = []
    for step in range(0, 1300, 50):
        net.proceed(step)
        levels.append(float(net.level[0]))
    assert levels[:5] == [0] * 5  # up to 200 of 800
    assert levels[6] == pytest.approx(0.5)
    assert levels[8:13] == [1] * 5
    assert levels[14] == pytest.approx(1.5)
    assert levels[16:] == [2] * 10
    still = network()
    still.proceed(0)
    assert still.level.tolist() == [2]


def test_what_is_not_grown_is_not_seen_and_growing_is_smooth():
    net = network(grows=True)
    given, real = noise(net, 4), Tensor(pictures(4))

    def at(level):
        net.level[...] = level
        return net.make(CODES[:4], given).data, net.verdict(real, CODES[:4]).data

    small, _ = at(0)
    assert small == pytest.approx(small[:, ::4, ::4].repeat(4, 1).repeat(4, 2), abs=1e-6)
    middle, _ = at(1)
    assert middle == pytest.approx(middle[:, ::2, ::2].repeat(2, 1).repeat(2, 2), abs=1e-6)
    assert np.abs(middle - small).max() > 0.05
    for whole in (0, 1, 2):
        for part, close in zip(at(whole), at(whole + (1e-4 if whole < 2 else -1e-4)), strict=True):
            assert close == pytest.approx(part, abs=0.01)
    # The critic of a small scale does not see what is finer.
    fine = pictures(4)
    coarse = dual.fir(dual.fir(Tensor(fine[:, None]), (1, 1), down=2), (1, 1), up=2).data[:, 0]
    for level, alike in ((1, True), (1.5, False)):
        net.level[...] = level
        one, two = (net.verdict(Tensor(x), CODES[:4]).data for x in (fine, coarse))
        assert bool(np.abs(one - two).max() < 1e-4) is alike
    net.astype(np.float64)
    check(lambda x: net.critic(x, np.eye(10)[:4], 1.5), fine[:, None].astype(np.float64), places=10)


def test_configuration_a_has_maps_of_the_mean_and_deviation_of_its_style():
    config = StyleGAN2Config().amend(ENTRY.roads()["A, StyleGAN"] | {"latents": 6})
    layer = StyledLayer(4, 5, config, np.random.default_rng(0)).astype(np.float64)
    rng = np.random.default_rng(1)
    w = Tensor(rng.standard_normal((3, 6)))
    out = layer(Tensor(rng.standard_normal((3, 4, 8, 8))), w, np.zeros((3, 1, 8, 8))).data
    assert out.mean((2, 3)) == pytest.approx(layer.conv.shift(w).data, abs=1e-6)
    assert out.std((2, 3)) == pytest.approx(np.abs(layer.conv.scale(w).data), rel=1e-4)


@pytest.mark.parametrize("step", ["A, StyleGAN", "D, path length"])
def test_the_way_back_of_other_configurations_agrees_with_differences(step):
    roads = {k: v for k, v in ENTRY.roads()[step].items() if k != "channels"}
    entry = dataclasses.replace(ENTRY, small=dict(ENTRY.small) | roads | {"channels": (3, 2, 2)})
    assert "largest relative difference" in verify.gradients(System(name="stylegan2", year=2020, entry=entry))


def test_the_road_map_is_that_of_table_1():
    roads = [StyleGAN2Config().amend(changes) for changes in ENTRY.roads().values()]
    assert [name[0] for name in ENTRY.roads()] == list("ABCDEF")
    assert [c.norm for c in roads] == ["instance"] + ["demodulation"] * 5
    assert [c.lazy for c in roads] == [1, 1, 16, 16, 16, 16]
    assert [bool(c.path) for c in roads] == [False] * 3 + [True] * 3
    assert [c.grows for c in roads] == [True] * 4 + [False] * 2
    assert roads[-1] == ENTRY.retina
    for config in (PAPER, ENTRY.retina):
        weight = np.log(2) / (np.log(config.sides[-1]) - np.log(2))
        assert config.path == pytest.approx(weight, abs=0.005)


def test_ppl_of_a_straight_way_is_its_length():
    net = network()
    way = np.random.default_rng(0).standard_normal((6, 400)) * 1e-3
    net.paint = lambda ws, grain: Tensor((ws[0].data @ way + 0.5).reshape(-1, 1, 20, 20))
    one, two = noise(net, 10), noise(net, 10, 5)
    a, b = (net.latents(CODES, n).data for n in (one, two))
    wanted = (((b - a) @ way) ** 2).sum(1).mean()
    assert unevenness(net, CODES, one, two) == pytest.approx(wanted, rel=1e-3)
    assert unevenness(net, CODES, one, two, look=lambda x: 2 * x[:, 0, :5]) < 4 * wanted


def test_pictures_are_light():
    learner = ENTRY.create(changes=SMALL)
    drawn = learner.respond(CODES)
    assert drawn.shape == (10, 20, 20)
    assert 0 <= drawn.min() <= drawn.max() <= 1
    assert isinstance(learner, Rivals)
    assert (learner.accepts, learner.answers) == (Port.LAMPS, Port.FIELD)


def test_no_scales_are_refused():
    with pytest.raises(ConfigError, match="no scales"):
        StyleGAN2Config(channels=())


@pytest.mark.parametrize("found", ENTRY.checks, ids=lambda c: c.name)
def test_statements_of_the_paper(found):
    finding = found.run()
    assert finding.holds, finding


@pytest.mark.parametrize("figure", ENTRY.figures, ids=lambda f: f.name)
def test_figures_show_lamp_fields(figure):
    learner = ENTRY.create(changes=SMALL)
    shown = {name: np.asarray(row) for name, row in figure.measure(learner, CODES[:3], pictures(3)).items()}
    assert all(row.shape == (3, 20, 20) and 0 <= row.min() <= row.max() <= 1 for row in shown.values())
    drawn = learner.respond(CODES[:3])
    assert shown["one" if figure.name == "mixed" else "1 of the style"] == pytest.approx(drawn, abs=1e-5)
