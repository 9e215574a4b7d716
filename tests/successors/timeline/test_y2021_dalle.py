"""DALL·E: published sizes, the codes of pictures, the stream that goes on with them, and CLIP's choice."""

import json
import math

import numpy as np
import pytest

from marki.errors import ConfigError
from successors import registry, tasks
from successors.nn import weights_file
from successors.nn.bytepairs import PAD, shipped
from successors.nn.hooks import watching
from successors.nn.tensor import Tensor, no_grad
from successors.timeline.y2021_clip import CLIP, CLIPConfig
from successors.timeline.y2021_dalle import (
    AUTOENCODER,
    AUTOENCODER_COUNT,
    DALLE,
    ENTRY,
    TEMPERATURES,
    WHOLE,
    DALLEConfig,
    gathered,
    scattered,
)
from successors.training import participants, training_job

SMALL = {"channels": 8, "entry": 4, "codes": 16, "layers": 1, "width": 16, "heads": 2, "candidates": 3}
RNG = np.random.default_rng(0)
TEXTS = np.array(
    ["a small bar at the top.", "a large circle on the left and a small bar at the top.", "左边有一个大圆。"]
)


def network(**changes):
    return DALLE(DALLEConfig().amend(SMALL | changes), np.random.default_rng(0))


def pictures(count):
    return RNG.random((count, 20, 20)).astype(np.float32)


def test_the_published_autoencoder_exactly():
    assert ENTRY.count(AUTOENCODER) == AUTOENCODER_COUNT == 97_616_006


def test_its_parts_by_hand():
    def conv(a, b, k):
        return a * b * k * k + b

    def residual(a, b, kernels):
        inner = b // 4
        sizes = [(a, inner), (inner, inner), (inner, inner), (inner, b)]
        total = sum(conv(x, y, k) for (x, y), k in zip(sizes, kernels, strict=True))
        return total + (conv(a, b, 1) if a != b else 0)

    widths = [256, 512, 1024, 2048]
    encoder = conv(3, 256, 7) + conv(2048, 8192, 1)
    for before, width in zip([256, *widths], widths, strict=False):
        encoder += residual(before, width, (3, 3, 3, 1)) + residual(width, width, (3, 3, 3, 1))
    decoder = conv(8192, 128, 1) + conv(256, 6, 1)
    for before, width in zip([128, *widths[::-1]], widths[::-1], strict=False):
        decoder += residual(before, width, (1, 3, 3, 3)) + residual(width, width, (1, 3, 3, 3))
    assert (encoder, decoder) == (53_786_240, 43_829_766)


def test_the_stream_has_12_billion_weights():
    stream = ENTRY.count(WHOLE) - AUTOENCODER_COUNT
    width, layers = 3968, 64
    tables = (16_384 + 8192 + 2 * 256 + 2 * 32) * width
    head = (width + 1) * (16_384 + 8192) + 2 * width
    assert stream == layers * (12 * width**2 + 13 * width) + tables + head
    assert ENTRY.sizes["12 billion"].agrees(ENTRY.count(WHOLE))
    assert not ENTRY.sizes["12 billion"].agrees(ENTRY.count(WHOLE) * 2)


def test_patches_are_gathered_and_scattered_again():
    x = RNG.random((2, 3, 8, 8))
    found = gathered(Tensor(x), 2)
    assert np.array_equal(found.data[1, 4:8, 2, 3], x[1, 1, 4:6, 6:8].ravel())
    assert np.array_equal(scattered(found, 2).data, x)


def test_codes_are_those_of_their_places_and_draw_what_they_say():
    net = network()
    x = pictures(3)
    with no_grad():
        codes = net.codes.read(x)
        logits = net.codes.encoder(Tensor(x[:, None])).data
        drawn = net.codes.drawn(codes)
        shares = np.eye(16, dtype=np.float32)[codes].reshape(3, 5, 5, 16).transpose(0, 3, 1, 2)
        wanted = net.codes.decoder(Tensor(shares)).data[:, 0]
    assert codes.shape == (3, 25)
    assert codes[1, 7] == logits[1, :, 1, 2].argmax()
    assert drawn == pytest.approx(1 / (1 + np.exp(-wanted)), abs=1e-5)


def test_stage_one_descends_minus_the_bound():
    net = network().astype(np.float64)
    x, noise = pictures(2).astype(np.float64), RNG.gumbel(size=(2, 16, 5, 5))
    drawn, loss = net.codes.objective(x, noise, 0.5, 0.3)
    logits = net.codes.encoder(Tensor(x[:, None])).data
    soft = np.exp((logits + noise) / 0.5)
    soft /= soft.sum(1, keepdims=True)
    again = net.codes.decoder(Tensor(soft)).data
    assert drawn.data == pytest.approx(again)
    likely = 1 / (1 + np.exp(-again[:, 0]))
    lost = -(x * np.log(likely) + (1 - x) * np.log(1 - likely)).sum() / 2
    q = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    divergence = (q * np.log(q * 16)).sum() / 2
    assert loss.item() == pytest.approx(lost + 0.3 * divergence)


def test_the_relaxation_cools_and_the_demand_rises_with_the_stage(monkeypatch):
    net, seen = network(kl=0.4), []

    def objective(self, x, noise, temperature, beta):
        seen.append((temperature, beta))
        return Tensor(x[:, None]), Tensor(np.zeros(()))

    monkeypatch.setattr(type(net.codes), "objective", objective)
    for progress in (0.0, 0.25, 0.5, 1.0):
        net.progress = progress
        net.judged(TEXTS, pictures(3))
    temperatures, betas = zip(*seen, strict=True)
    assert temperatures == pytest.approx([TEMPERATURES[0], 0.25, TEMPERATURES[1], TEMPERATURES[1]])
    assert betas == pytest.approx([0, 0.1, 0.2, 0.4])


def test_captions_are_filled_by_a_token_for_each_place():
    net = network(text=40)
    tokens = net.tokens(TEXTS)
    assert tokens.shape == (3, 40)
    count = len(shipped().encode(str(TEXTS[0])))
    assert (tokens[0, count:] == PAD).all()
    with no_grad():
        rows = net.stream.caption(tokens).data - net.stream.places.data
    assert rows[0, count:] == pytest.approx(net.stream.filling.data[count:], abs=1e-6)
    assert rows[0, 0] == pytest.approx(net.stream.words.data[tokens[0, 0]], abs=1e-6)
    assert network(text=4).tokens(TEXTS).shape == (3, 4)


def test_the_loss_of_the_stream_is_one_eighth_of_the_caption():
    net = network().astype(np.float64)
    tokens, codes = net.tokens(TEXTS), RNG.integers(0, 16, (3, 25))
    logits = net.stream(tokens, codes[:, :-1]).data

    def lost(scores, wanted):
        scores = scores - scores.max(-1, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
        return -np.take_along_axis(logs, wanted[..., None], -1).mean()

    text = net.config.text
    wanted = lost(logits[:, : text - 1, :512], tokens[:, 1:]) / 8 + lost(logits[:, text - 1 :, 512:], codes) * 7 / 8
    assert net.stream.loss(tokens, codes).item() == pytest.approx(wanted)


def test_rows_and_columns_of_a_picture():
    net = network()
    codes = np.zeros((1, 25), np.int64)
    with no_grad():
        rows = net.stream.picture(codes).data[0] - net.stream.codes.data[0]
        part = net.stream.picture(codes[:, :1], 7).data[0, 0] - net.stream.codes.data[0]
    assert rows[7] == pytest.approx(net.stream.rows.data[1] + net.stream.columns.data[2], abs=1e-6)
    assert part == pytest.approx(rows[7], abs=1e-6)


def test_what_is_drawn_is_as_frequent_as_the_stream_says():
    net = network(codes=3)
    tokens = np.repeat(net.tokens(TEXTS[:1]), 3000, 0)
    with no_grad():
        codes = net.stream.draw(tokens, RNG.random((3000, 25)), 1.0)
        logits = net.stream(tokens[:1], np.zeros((1, 0), np.int64)).data[0, -1, 512:]
    shares = np.exp(logits) / np.exp(logits).sum()
    assert np.bincount(codes[:, 0], minlength=3) / 3000 == pytest.approx(shares, abs=0.04)


class Lover:
    """Likes the lightest picture, whatever is asked."""

    def scores(self, pictures, texts):
        return np.repeat(pictures.sum((1, 2))[:, None], len(texts), 1)


def test_the_one_that_clip_likes_best_is_taken():
    net = network()
    noise = RNG.standard_normal((3, net.noise))
    with no_grad():
        drawn = net.candidates(TEXTS, noise)
        first = net.imagine(TEXTS, noise)
        net._clip = Lover()
        best = net.imagine(TEXTS, noise)
    assert drawn.shape == (3, 3, 20, 20)
    assert np.array_equal(first, drawn[:, 0])
    assert np.array_equal(best, drawn[np.arange(3), drawn.sum((2, 3)).argmax(1)])
    assert not np.array_equal(first, best)
    # Fewer candidates are the first of more.
    fewer = network(candidates=1)
    with no_grad():
        assert fewer.imagine(TEXTS, noise[:, : fewer.noise]) == pytest.approx(drawn[:, 0], abs=1e-5)


def test_all_candidates_can_be_looked_at_with_the_chosen_one_first():
    net = network()
    net._clip = Lover()
    noise = RNG.standard_normal((1, net.noise))
    with no_grad(), watching(net) as seen:
        chosen = net.imagine(TEXTS[1:2], noise)
        drawn = net.candidates(TEXTS[1:2], noise)
    (shown,), (fits,) = seen["candidates"], seen["fits"]
    assert np.array_equal(shown[0, 0], chosen[0])
    assert sorted(shown[0].sum((1, 2))) == pytest.approx(sorted(drawn[0].sum((1, 2))))
    assert fits[0] == pytest.approx(shown[0].sum((1, 2)))
    assert list(fits[0]) == sorted(fits[0], reverse=True)


def test_a_picture_is_painted_code_by_code():
    net = network()
    noise = RNG.standard_normal((1, net.noise))
    with no_grad():
        (whole,), way = net.imagine(TEXTS[:1], noise), [picture[0] for picture in net.way(TEXTS[:1], noise)]
    assert len(way) == 1 + 25
    assert not way[0].any()
    assert np.array_equal(way[-1], whole)
    assert np.array_equal(way[7][:4], whole[:4])  # five codes of the first row of blocks, and two of the second
    assert np.array_equal(way[7][4:8, :8], whole[4:8, :8])
    assert not way[7][4:, 8:].any()
    assert not way[7][8:].any()


def test_it_stands_on_clip_and_that_does_not_learn():
    learner = ENTRY.create(changes=SMALL | {"recipe.steps": 4})
    clip = CLIP(CLIPConfig(width=16, layers=1, text_width=16, text_layers=1, space=8), np.random.default_rng(0))
    before = {name: array.copy() for name, array in clip.state().items()}
    learner.stand_on(clip)
    deck = tasks.load("illustrate", cache=False, train=8, valid=2, test=2, held=1)
    for _ in range(4):
        learner.reinforce(deck.train.stimuli, deck.train.targets)
    assert all(np.array_equal(array, before[name]) for name, array in clip.state().items())
    assert not any("clip" in name for name in learner.weights())
    assert learner.respond(deck.test.stimuli).shape == (2, 20, 20)
    learner.reset(1)
    assert learner.network._clip is clip


def test_it_stands_on_clip_of_its_language(monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "shipped", lambda name: tmp_path / name)
    assert registry.create("dalle").network._clip is None
    (tmp_path / "clip").mkdir()
    kept, inputs = {}, []
    for seed, file in enumerate(("weights", "zh")):
        clip = registry.find("clip").entry.create(seed=seed)
        kept[file], settings = clip.network.state(), json.dumps(clip.config.to_mapping())
        path = tmp_path / "clip" / f"{file}.safetensors"
        weights_file.save(path, clip.weights(), system="clip", settings=settings)
    for language, file in (("", "weights"), ("en", "weights"), ("zh", "zh")):
        options = {"language": language} if language else {}
        deck = tasks.load("illustrate", cache=False, train=2, valid=1, test=1, held=1, **options)
        made = registry.create("dalle", language=language).network._clip
        entered = participants.enter("dalle", deck).learner.network._clip
        for found in (made.state(), entered.state()):
            assert all(np.array_equal(array, kept[file][name]) for name, array in found.items())
        order = training_job.training("dalle", "illustrate", options=options)
        inputs.append(order.identity.inputs["weights of clip"])
    assert inputs[0] == inputs[1] != inputs[2]


def test_each_stage_trains_its_part_alone():
    learner = ENTRY.create(changes=SMALL | {"recipe.steps": 4, "recipe.stages": (0.5, 0.5), "recipe.warm_up": 0})
    deck = tasks.load("illustrate", cache=False, train=8, valid=2, test=2, held=1)
    for moved in ("codes.", "stream."):
        before = {name: p.data.copy() for name, p in learner.network.parameters().items()}
        for _ in range(2):
            learner.reinforce(deck.train.stimuli, deck.train.targets)
        changed = {name for name, p in learner.network.parameters().items() if not np.array_equal(p.data, before[name])}
        assert changed
        assert all(name.startswith(moved) for name in changed)


def test_codes_learn_to_give_pictures_back():
    deck = tasks.load("illustrate", cache=False, train=16, valid=1, test=1, held=1)
    learner = ENTRY.create(
        changes=SMALL | {"channels": 16, "layers": 0, "recipe.stages": (), "recipe.steps": 120, "recipe.warm_up": 5,
                         "recipe.rate": 0.005}
    )  # fmt: skip
    losses = []
    for _ in range(120):
        learner.reinforce(deck.train.stimuli, deck.train.targets)
        losses.append(learner.last_loss)
    assert losses[0] > 200  # about 400 log 2 nats
    assert math.isfinite(losses[-1])
    assert np.mean(losses[-10:]) < 0.35 * losses[0]


def test_settings_that_do_not_fit_are_refused():
    with pytest.raises(ConfigError, match="do not halve"):
        DALLEConfig(groups=4)


def test_figures_measures_and_registers():
    learner = ENTRY.create(changes=SMALL)
    deck = tasks.load("illustrate", cache=False, train=1, valid=1, test=3, held=1)
    shown = ENTRY.figures[0].measure(learner, deck.test.stimuli, deck.test.targets)
    assert len(shown) == 3
    assert all(rows.shape == (4, 20, 20) for rows in shown.values())
    assert math.isfinite(ENTRY.measures[0].run(learner, deck.test.stimuli, deck.test.targets))
    assert "".join(ENTRY.registers[0].measure(learner.network, deck.test.stimuli[:1])) == str(deck.test.stimuli[0])


@pytest.mark.parametrize("found", ENTRY.checks, ids=lambda c: c.name)
def test_statements_of_the_paper(found):
    finding = found.run()
    assert finding.holds, finding
