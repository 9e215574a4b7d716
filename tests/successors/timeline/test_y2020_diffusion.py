"""The diffusion model: its sizes, its walk with a perfect eye, what it is told, and the statements of the paper."""

import numpy as np
import pytest

from marki.errors import ConfigError
from marki.io.responses import binary_code, lamps
from successors import tasks
from successors.nn.module import training
from successors.nn.tensor import Tensor
from successors.timeline import y2020_diffusion as diffusion
from successors.timeline.y2020_diffusion import (
    CIFAR,
    ENTRY,
    KEPT,
    LARGE,
    TIMES,
    Block,
    Diffusion,
    DiffusionConfig,
    SelfAttention,
    posterior,
    sinusoids,
    taken,
)

CODES = lamps(binary_code(10))
DARK = np.zeros((10, 8), bool)
SMALL = {"width": 8, "groups": 4, "last": 1.0, "steps": 4}


def network(**changes):
    return Diffusion(DiffusionConfig().amend(SMALL | changes), np.random.default_rng(0))


def noise(count, steps=4, seed=1):
    return np.random.default_rng(seed).standard_normal((count, steps * 400)).astype(np.float32)


def test_both_published_sizes_exactly():
    assert ENTRY.count(CIFAR) == 35_746_307
    assert ENTRY.count(LARGE) == 113_673_219


def test_the_parts_of_the_smaller_one_by_hand():
    def conv(a, b, k=3):
        return a * b * k * k + b

    def block(a, b, attends=False):
        made = 2 * a + conv(a, b) + 512 * b + b + 2 * b + conv(b, b) + (conv(a, b, 1) if a != b else 0)
        return made + (2 * b + 4 * (b * b + b) if attends else 0)

    total = 128 * 512 + 512 + 512 * 512 + 512 + conv(3, 128)
    total += 2 * block(128, 128) + conv(128, 128)
    total += block(128, 256, True) + block(256, 256, True) + conv(256, 256)
    total += 4 * block(256, 256) + conv(256, 256)
    total += block(256, 256, True) + block(256, 256)
    total += 2 * (3 * block(512, 256) + conv(256, 256))
    total += 2 * block(512, 256, True) + block(384, 256, True) + conv(256, 256)
    total += block(384, 128) + 2 * block(256, 128)
    total += 2 * 128 + conv(128, 3)
    assert total == ENTRY.count(CIFAR)


def test_a_block_begins_as_the_identity_and_so_does_attention():
    config = DiffusionConfig(width=8, groups=4)
    rng = np.random.default_rng(0)
    x, time = Tensor(rng.standard_normal((2, 8, 6, 6))), Tensor(rng.standard_normal((2, 32)))
    assert np.array_equal(Block(8, 8, config, rng, attends=True)(x, time).data, x.data)
    other = config.amend({"last": 1.0})
    assert np.abs(Block(8, 8, other, rng)(x, time).data - x.data).max() > 0.1
    assert np.abs(SelfAttention(8, other, rng)(x).data - x.data).max() > 0.1
    fresh = Diffusion(DiffusionConfig(), rng)
    assert not fresh.unet(Tensor(np.ones((1, 1, 20, 20))), np.array([500]), np.array([3])).data.any()


def test_patches_are_gathered_and_spread_again():
    x = np.arange(2 * 3 * 8 * 8, dtype=float).reshape(2, 3, 8, 8)
    gathered = diffusion._gathered(Tensor(x), 2)
    assert gathered.shape == (2, 12, 4, 4)
    assert np.array_equal(gathered.data[1, 4:8, 2, 3], x[1, 1, 4:6, 6:8].ravel())
    assert np.array_equal(diffusion._spread(gathered, 2).data, x)


def test_sinusoids_tell_every_time_from_every_other():
    table = sinusoids(np.arange(TIMES + 1), 24)
    assert table.shape == (1001, 24)
    assert len(np.unique(table.round(2), axis=0)) == 1001
    assert sinusoids(np.array([3]), 5).shape == (1, 5)


def test_the_times_that_are_taken():
    assert taken(1) == [1000, 0]
    assert taken(4) == [1000, 750, 500, 250, 0]
    assert taken(TIMES) == list(range(TIMES, -1, -1))
    assert all(len(set(taken(k))) == k + 1 for k in range(1, 251))


def test_it_hears_time_class_and_place():
    net = network()
    x = np.random.default_rng(1).standard_normal((1, 1, 20, 20)).astype(np.float32)
    ten = Tensor(np.repeat(x, 10, 0))
    out = net.unet(ten, np.full(10, 300), np.arange(10)).data
    assert len({p.tobytes() for p in out}) == 10
    assert np.abs(net.unet(ten, np.arange(10) * 90 + 1, np.zeros(10, int)).data.std(0)).max() > 0.01
    deaf = network(asked=False).unet(ten, np.full(10, 300), np.arange(10)).data
    assert np.ptp(deaf, axis=0).max() < 1e-4
    # Moved by two patches, a picture away from the edges is seen the same, unless there are positions.
    spot = np.zeros((2, 1, 20, 20), np.float32)
    spot[0, 0, 9, 9] = spot[1, 0, 9, 13] = 1
    for positions, least, most in ((True, 0.05, 9.0), (False, 0.0, 0.05)):
        lost = network(positions=positions, asked=False, multiples=(1,), attention=())
        lost.unet.middle[0].attention = None
        for part in lost.unet.middle + lost.unet.up[0] + lost.unet.down[0]:
            part.norm1.forward = part.norm2.forward = lambda x: x  # a group's mean would see the edges
        lost.unet.norm.forward = lambda x: x
        one, two = lost.unet(Tensor(spot), np.array([9, 9]), np.array([0, 0])).data[:, 0]
        off = np.abs(one[8:11, 8:11] - two[8:11, 12:15]).max() / np.abs(one).max()
        assert least <= off <= most


@pytest.mark.parametrize("predicts", ["noise", "picture"])
@pytest.mark.parametrize("steps", [1, 4, 40])
def test_with_a_perfect_eye_the_walk_ends_at_the_picture(predicts, steps):
    net = network(predicts=predicts)
    picture = np.random.default_rng(3).uniform(-1, 1, (10, 1, 20, 20))
    calls = []

    def eye(x, times, kinds):
        calls.append((times.copy(), kinds.copy()))
        kept = KEPT[times][:, None, None, None]
        return Tensor((x.data - np.sqrt(kept) * picture) / np.sqrt(1 - kept) if predicts == "noise" else picture)

    net.unet.forward = eye
    states = list(net.walk(CODES, noise(10, steps).astype(np.float64)))
    assert len(states) == len(calls) == steps
    assert [c[0][0] for c in calls] == taken(steps)[:-1]
    assert all(np.array_equal(c[1], np.arange(10)) for c in calls)
    for (x, believed), at in zip(states, taken(steps)[1:], strict=True):
        assert believed == pytest.approx(picture, abs=1e-8)
        # What is left has the noise of its time, and no more: eq. 4.
        rest = x - np.sqrt(KEPT[at]) * picture
        assert rest.std() == pytest.approx(np.sqrt(1 - KEPT[at]), abs=0.05)
    assert states[-1][0] == pytest.approx(picture, abs=1e-8)
    assert net.imagine(CODES, noise(10, steps)) == pytest.approx(picture[:, 0] * 0.5 + 0.5, abs=1e-4)


def test_a_belief_beyond_what_a_picture_can_be_is_cut_off():
    net = network()
    x = np.full((2, 1, 1, 1), 3.0)
    assert net.believed(x, np.array([1, 1000]), np.zeros_like(x)).ravel().tolist() == [1, 1]
    mean, deviation = posterior(x, np.ones_like(x), 10, 0)
    assert deviation == 0
    assert mean == pytest.approx(1)


def test_the_loss_is_that_of_equation_14():
    net = network()
    real = np.random.default_rng(2).random((6, 20, 20)).astype(np.float32)
    told = {}

    def eye(x, times, kinds):
        told.update(x=x.data.copy(), times=times, kinds=kinds)
        return Tensor(x.data * 0.5)

    net.unet.forward = eye
    answers, loss = net.judged(CODES[:6], real)
    kept = KEPT[told["times"]][:, None, None, None]
    drawn = (told["x"] - np.sqrt(kept) * (2 * real[:, None] - 1)) / np.sqrt(1 - kept)
    assert np.abs(drawn).max() < 6
    assert drawn.std() == pytest.approx(1, abs=0.05)
    assert loss.item() == pytest.approx(((told["x"] * 0.5 - drawn) ** 2).mean(), rel=1e-4)
    believed = (told["x"] - np.sqrt(1 - kept) * 0.5 * told["x"]) / np.sqrt(kept)
    assert answers == pytest.approx(believed[:, 0].clip(-1, 1) * 0.5 + 0.5, abs=1e-3)
    assert told["kinds"].tolist() == [0, 1, 2, 3, 4, 5]
    assert 1 <= told["times"].min() <= told["times"].max() <= TIMES
    picture = network(predicts="picture")
    picture.unet.forward = eye
    loss = picture.judged(CODES[:6], real)[1]
    assert loss.item() == pytest.approx(((told["x"] * 0.5 - (2 * real[:, None] - 1)) ** 2).mean(), rel=1e-4)


def test_in_training_some_are_not_told_their_class_and_none_at_other_times():
    net = network(unnamed=0.3)
    seen = []
    net.unet.forward = lambda x, times, kinds: seen.append(kinds) or x
    many = np.repeat(CODES, 60, 0)
    real = np.zeros((600, 20, 20), np.float32)
    net.judged(many, real)
    assert (seen[-1] >= 0).all()
    with training(np.random.default_rng(0)):
        net.judged(many, real)
    assert (seen[-1] < 0).mean() == pytest.approx(0.3, abs=0.08)
    net.judged(DARK, real[:10])
    assert (seen[-1] == -1).all()


def test_it_answers_by_its_noise_in_as_many_steps_as_are_set():
    learner = ENTRY.create(changes=SMALL)
    drawn = learner.respond(CODES)
    assert drawn.shape == (10, 20, 20)
    assert 0 <= drawn.min() <= drawn.max() <= 1
    assert np.array_equal(learner.respond(CODES), drawn)
    assert learner.noise.shape == (4 * 400,)
    learner.noise[...] = -learner.noise
    other = learner.respond(CODES)
    assert not np.array_equal(other[0], drawn[0])
    assert other[1:] == pytest.approx(drawn[1:], abs=1e-4)
    assert learner.respond(DARK)[3] != pytest.approx(drawn[3], abs=1e-2)


def test_settings_that_do_not_fit_are_refused():
    with pytest.raises(ConfigError, match="do not halve"):
        DiffusionConfig(multiples=(1, 2, 2))
    with pytest.raises(ConfigError, match="multiples"):
        DiffusionConfig(multiples=())


def test_it_learns_to_tell_noise_from_digits():
    deck = tasks.load("imitate", cache=False, train=16, valid=1, test=1)
    learner = ENTRY.create(changes={"width": 16, "recipe.warm_up": 5, "recipe.steps": 50})
    losses = []
    for _ in range(50):
        learner.reinforce(np.asarray(deck.train.stimuli), deck.train.targets)
        losses.append(learner.last_loss)
    assert losses[0] == pytest.approx(1, abs=0.05)  # it begins by seeing no noise at all
    assert np.mean(losses[-10:]) < 0.4


@pytest.mark.parametrize("found", ENTRY.checks, ids=lambda c: c.name)
def test_statements_of_the_paper(found):
    finding = found.run()
    assert finding.holds, finding


@pytest.mark.parametrize("figure", ENTRY.figures, ids=lambda f: f.name)
def test_figures_show_lamp_fields(figure):
    learner = ENTRY.create(changes=SMALL)
    shown = figure.measure(learner, CODES[:3], np.zeros((3, 20, 20), np.float32))
    rows = [np.asarray(row) for row in shown.values()]
    assert all(row.shape[1:] == (20, 20) and 0 <= row.min() <= row.max() <= 1 for row in rows)
    if figure.name == "steps":
        assert list(shown) == ["1 step", "2 steps", "4 steps"]
        assert np.array_equal(rows[-1], learner.respond(CODES[:3]))
