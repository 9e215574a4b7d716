"""DALL·E 2: the published prior, both diffusions, guidance, variations, and the way between captions."""

import math

import numpy as np
import pytest

from successors import tasks
from successors.nn.hooks import watching
from successors.nn.module import training
from successors.nn.tensor import Tensor, no_grad
from successors.timeline import y2022_dalle2
from successors.timeline.y2020_diffusion import KEPT, TIMES, taken
from successors.timeline.y2021_clip import CLIP, CLIPConfig
from successors.timeline.y2022_dalle2 import DALLE2, ENTRY, PRIOR, DALLE2Config, great_circle

SMALL = {
    "width": 8, "groups": 4, "hidden": 12, "steps": 3, "prior_width": 16, "prior_layers": 1, "prior_heads": 2,
    "prior_steps": 3,
}  # fmt: skip
RNG = np.random.default_rng(0)
TEXTS = np.array(
    ["a small bar at the top.", "a large circle on the left and a small bar at the top.", "左边有一个大圆。"]
)


def network(**changes):
    net = DALLE2(DALLE2Config().amend(SMALL | changes), np.random.default_rng(0))
    for p in net.parameters().values():  # the last layers begin at zero, and would hide all before them
        if not p.data.any():
            p.data += 0.1 * RNG.standard_normal(p.shape).astype(np.float32)
    return net


def pictures(count):
    return RNG.random((count, 20, 20)).astype(np.float32)


def test_the_prior_has_about_a_billion_weights():
    counted = ENTRY.count(PRIOR)
    width, blocks = 2048, 24 * (12 * 2048**2 + 13 * 2048)
    tables = (49_408 + 77 + 4 + 1) * width
    maps = 2 * (1024 * width + width) + 2 * (width * width + width) + 2 * width + width * 1024 + 1024
    assert counted == blocks + tables + maps
    assert blocks == pytest.approx(1.208e9, rel=1e-3)
    assert ENTRY.sizes["prior"].agrees(counted)
    assert not ENTRY.sizes["prior"].agrees(2 * counted)


def test_vectors_of_clip_are_of_one_scale_and_clip_does_not_learn():
    net = network()
    clip = CLIP(CLIPConfig(width=16, layers=1, text_width=16, text_layers=1), np.random.default_rng(3))
    net.stand_on(clip)
    for z in (net.of_pictures(pictures(4)), net.of_texts(TEXTS)):
        assert (z**2).sum(1) == pytest.approx(np.full(len(z), 64), rel=1e-4)
    assert net.clip is clip
    assert not any(name.startswith(("clip", "_clip")) for name in net.parameters())


def test_the_loss_of_the_decoder_is_that_of_the_noise():
    net, told = network(untold=0.4), {}
    real = pictures(60)

    def eye(x, times, z, kept):
        told.update(x=x.data.copy(), times=times, z=z.data.copy(), kept=kept)
        return Tensor(x.data * 0.5)

    net.decoder.forward = eye
    with training(np.random.default_rng(0)):
        answers, loss = net.judged(np.repeat(TEXTS, 20), real)
    kept = KEPT[told["times"]][:, None, None, None]
    noise = (told["x"] - np.sqrt(kept) * (2 * real[:, None] - 1)) / np.sqrt(1 - kept)
    assert noise.std() == pytest.approx(1, abs=0.05)
    assert loss.item() == pytest.approx(((told["x"] * 0.5 - noise) ** 2).mean(), rel=1e-3)
    assert told["z"] == pytest.approx(net.of_pictures(real), abs=1e-5)
    assert 0.35 < told["kept"].mean() < 0.85
    assert 1 <= told["times"].min() <= told["times"].max() <= TIMES
    assert answers.shape == real.shape


def test_the_loss_of_the_prior_is_that_of_z_itself():
    net, told = network(), {}
    net.at_stage = 1
    real = pictures(3)

    def eye(tokens, caption, z, times):
        told.update(tokens=tokens, caption=caption.data.copy(), z=z.data.copy(), times=times)
        return Tensor(np.zeros_like(z.data))

    net.prior.forward = eye
    loss = net.judged(TEXTS, real)[1]
    assert loss.item() == pytest.approx((net.of_pictures(real) ** 2).mean(), rel=1e-5)
    assert told["caption"] == pytest.approx(net.of_texts(TEXTS), abs=1e-5)
    kept = KEPT[told["times"]][:, None]
    noise = (told["z"] - np.sqrt(kept) * net.of_pictures(real)) / np.sqrt(1 - kept)
    assert noise.std() == pytest.approx(1, abs=0.2)
    assert np.array_equal(told["tokens"], net.tokens(TEXTS))


def test_the_prior_hears_caption_vector_time_and_noise():
    net = network()
    tokens, caption = net.tokens(TEXTS), Tensor(net.of_texts(TEXTS))
    z, times = Tensor(RNG.standard_normal((3, 64)).astype(np.float32)), np.array([100, 500, 900])
    with no_grad():
        whole = net.prior(tokens, caption, z, times).data
        for other in (
            net.prior(tokens[::-1], caption, z, times), net.prior(tokens, Tensor(-caption.data), z, times),
            net.prior(tokens, caption, Tensor(-z.data), times), net.prior(tokens, caption, z, times[::-1]),
        ):  # fmt: skip
            assert np.abs(other.data[0] - whole[0]).max() > 1e-4


def test_with_a_perfect_eye_the_decoder_ends_at_the_picture():
    net = network(guidance=1.0, steps=5)
    picture = RNG.uniform(-1, 1, (2, 1, 20, 20))
    calls = []

    def eye(x, times, z, told):
        calls.append((int(times[0]), bool(told.all())))
        kept = KEPT[times][:, None, None, None]
        return Tensor((x.data - np.sqrt(kept) * picture) / np.sqrt(1 - kept))

    net.decoder.forward = eye
    drawn = net.draw(np.zeros((2, 64)), RNG.standard_normal((2, 5 * 400)))
    assert drawn == pytest.approx(picture[:, 0] * 0.5 + 0.5, abs=1e-3)
    assert [at for at, _ in calls] == taken(5)[:-1]
    assert all(told for _, told in calls)


def test_guidance_goes_further_than_told():
    net, asked = network(guidance=3.0, steps=1), []

    def eye(x, times, z, told):
        asked.append(bool(told.all()))
        return Tensor(np.full_like(x.data, 0.2 if told.all() else 0.1))

    net.decoder.forward = eye
    noise = RNG.standard_normal((1, 400)).astype(np.float32) * 1e-3
    drawn = net.draw(np.zeros((1, 64)), noise)
    kept = KEPT[TIMES]
    wanted = (noise.reshape(1, 20, 20) - math.sqrt(1 - kept) * (0.1 + 3 * 0.1)) / math.sqrt(kept)
    assert drawn == pytest.approx(wanted.clip(-1, 1) * 0.5 + 0.5, abs=1e-4)
    assert asked == [True, False]


def test_a_picture_is_varied_and_a_caption_is_drawn():
    learner = ENTRY.create(changes=SMALL)
    drawn = learner.respond(TEXTS)
    assert drawn.shape == (3, 20, 20)
    assert np.array_equal(learner.respond(TEXTS), drawn)
    other = ENTRY.create(changes=SMALL)
    other.accepts = ENTRY.other[0][0]
    varied = other.respond(pictures(2))
    assert varied.shape == (2, 20, 20)
    assert 0 <= varied.min() <= varied.max() <= 1


def test_the_way_from_noise_ends_at_what_is_drawn_and_can_be_looked_at(monkeypatch):
    net = network()
    noise = RNG.standard_normal((1, net.noise))
    for stimuli in (TEXTS[:1], pictures(1)):
        with no_grad(), watching(net) as seen:
            drawn = net.imagine(stimuli, noise)
            way = list(net.way(stimuli, noise))
        assert len(way) == 1 + SMALL["steps"]
        assert np.array_equal(way[-1], drawn)
        assert np.array_equal(seen["way"][0][0], np.concatenate(way))
        monkeypatch.setattr(y2022_dalle2, "SEEN", 2)
        with no_grad(), watching(net) as fewer:
            net.imagine(stimuli, noise)
        monkeypatch.undo()
        assert np.array_equal(fewer["way"][0][0], np.concatenate([way[0], way[-1]]))
        z = net.of_pictures(stimuli) if stimuli.dtype.kind == "f" else net.ideas(stimuli, noise[:, : net._ideas])
        assert np.array_equal(seen["idea"][0], z)
        with no_grad():
            assert np.array_equal(net.draw(z, noise[:, net._ideas :]), drawn)
        snow = noise[0, net._ideas :][:400].reshape(20, 20)
        assert way[0][0] == pytest.approx(((snow + 1) / 2).clip(0, 1), abs=1e-6)


def test_without_the_prior_the_captions_vector_stands_for_the_pictures():
    net = network(prior=False)
    assert net.prior is None
    assert net.ideas(TEXTS, np.zeros((3, 0))) == pytest.approx(net.of_texts(TEXTS))
    learner = ENTRY.create(changes=SMALL | dict(ENTRY.mechanism.without) | {"recipe.steps": 2})
    deck = tasks.load("illustrate", cache=False, train=4, valid=1, test=1, held=1)
    learner.reinforce(deck.train.stimuli, deck.train.targets)
    assert all(name.startswith("decoder.") for name in learner.network.parameters())


def test_each_stage_trains_its_part_alone():
    learner = ENTRY.create(changes=SMALL | {"recipe.steps": 4, "recipe.stages": (0.5, 0.5), "recipe.warm_up": 0})
    deck = tasks.load("illustrate", cache=False, train=6, valid=1, test=1, held=1)
    for moved in ("decoder.", "prior."):
        before = {name: p.data.copy() for name, p in learner.network.parameters().items()}
        for _ in range(2):
            learner.reinforce(deck.train.stimuli, deck.train.targets)
        changed = {name for name, p in learner.network.parameters().items() if not np.array_equal(p.data, before[name])}
        assert changed
        assert all(name.startswith(moved) for name in changed)


def test_the_way_between_captions():
    start, towards = RNG.standard_normal((2, 64))
    way = great_circle(start, towards, np.array([0.0, 0.5, 1.0]))
    assert way[0] == pytest.approx(start)
    middle = start / np.linalg.norm(start) + towards / np.linalg.norm(towards)
    assert way[1] == pytest.approx(middle / np.linalg.norm(middle) * np.linalg.norm(start))
    assert great_circle(start, start, np.array([0.3])) == pytest.approx(start[None])
    net = network()
    shown = net.led(pictures(1)[0], str(TEXTS[0]), str(TEXTS[1]), np.linspace(0, 1, 3), RNG.standard_normal(3 * 400))
    assert shown.shape == (3, 20, 20)
    assert np.abs(shown[0] - shown[2]).max() > 1e-4


def test_figures_measures_and_registers():
    learner = ENTRY.create(changes=SMALL)
    deck = tasks.load("illustrate", cache=False, train=1, valid=1, test=4, held=1)
    for figure in ENTRY.figures:
        shown = figure.measure(learner, deck.test.stimuli, deck.test.targets)
        assert all(rows.shape[1:] == (20, 20) and 0 <= rows.min() <= rows.max() <= 1 for rows in shown.values())
    assert -2 <= ENTRY.measures[0].run(learner, deck.test.stimuli, deck.test.targets) <= 2
    for watch in (w for w in ENTRY.registers if w.measure):
        for asked in (deck.test.stimuli[:1], deck.test.targets[:1]):
            assert np.isfinite(watch.measure(learner.network, asked)).all()


@pytest.mark.parametrize("found", ENTRY.checks, ids=lambda c: c.name)
def test_statements_of_the_paper(found):
    finding = found.run()
    assert finding.holds, finding
