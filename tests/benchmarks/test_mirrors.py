"""Mirrors in PyTorch of systems of picture and language, and of those that draw what they are shown.

In float64 and with the same noise, their losses agree with ours to 1e-10 and the gradients of every parameter to 1e-8;
in float32, the steps that the benchmark times begin with losses that agree.
"""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from marki.io.asked import asked
from marki.io.ports import Port
from successors import registry
from successors.nn.learner import ByGradient
from successors.nn.tensor import Tensor
from successors.timeline import y2015_vqa, y2021_clip
from successors.timeline.y2014_gan import one_hot
from successors.timeline.y2020_diffusion import TIMES

torch = pytest.importorskip("torch")
sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
mirrors = pytest.importorskip("mirrors")
drawing_steps = pytest.importorskip("drawing_steps")
bench_successors = pytest.importorskip("bench_successors")

LOSSES, GRADIENTS = 1e-10, 1e-8
TEXTS = np.array(["a small bar at the top.", "a large circle on the left and a small bar at the top.",
                  "左边有一个大圆。", "a small bar at the top."])  # fmt: skip
NAMES = ("show_tell", "vqa", "clip", "dalle", "dalle2", "animegan2", "arcanegan", "dualstylegan")


@pytest.fixture
def float64():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def learner_of(name):
    """Return a small learner of a system; what stands on another and asks it stands on one that learned nothing."""
    entry = registry.find(name).entry
    return entry.create(changes=entry.small)


def both(name):
    """Return a small learner in float64, none of its arrays constant, and its mirror, neither in training."""
    learner, rng = learner_of(name), np.random.default_rng(0)
    learner.network.astype(np.float64)
    if name == "dalle2":
        learner.network.clip.astype(np.float64)
    for p in learner.network.parameters().values():
        if p.data.std() < 0.02:
            p.data += 0.1 * rng.standard_normal(p.shape)
    return learner, mirrors.MIRRORS[name](learner).eval()


def agree(learner, mirror, ours, theirs, at_least=4):
    """Compare losses and their gradients; not so few parameters have one, and then compare no more of these."""
    assert ours.item() == pytest.approx(theirs.item(), rel=LOSSES)
    ours.backward()
    theirs.backward()
    compared = 0
    for name, p in learner.network.parameters().items():
        wanted = mirror.w[name].grad
        mirror.w[name].grad = None
        if wanted is None:  # of those that do not learn, ours may have one that nobody asks for
            found = 0 if p.grad is None or not mirror.w[name].requires_grad else np.abs(p.grad).max()
            assert found == 0, name
        else:
            # What a loss does not depend on has no gradient, or a gradient of zeros.
            found, wanted = np.zeros(p.shape) if p.grad is None else np.asarray(p.grad), wanted.numpy()
            assert np.abs(found - wanted).max() <= GRADIENTS * max(1, np.abs(wanted).max()), name
            compared += bool(wanted.any())
        p.grad = None
    assert compared >= at_least


def pictures(*shape):
    return np.random.default_rng(7).random(shape)


def judged(learner, stage, stimuli, targets, progress=0.0):
    """Return the loss of a stage outside a training, where what is drawn is drawn by generator 0."""
    learner.network.at_stage, learner.network.progress = stage, progress
    return learner.network.judged(stimuli, targets)[1]


def test_captions(float64):
    learner, mirror = both("show_tell")
    x = pictures(4, 20, 20)
    agree(learner, mirror, judged(learner, 0, x, TEXTS), mirror.step(x, TEXTS), at_least=15)


def test_questions(float64, monkeypatch):
    monkeypatch.setattr(y2015_vqa, "TINY", 0.0)
    learner, mirror = both("vqa")
    stimuli, labels = asked(pictures(4, 20, 20).astype(np.float32), TEXTS), np.array([0, 2, 1, 2])
    agree(learner, mirror, judged(learner, 0, stimuli, labels), mirror.step(stimuli, labels), at_least=15)


def test_pairs_of_clip_one_caption_of_which_is_there_twice(float64, monkeypatch):
    monkeypatch.setattr(y2021_clip, "TINY", 0.0)
    learner, mirror = both("clip")
    stimuli = asked(pictures(4, 20, 20).astype(np.float32), TEXTS)
    learner.network.image.positions.data[...] *= 3
    mirror = mirrors.MIRRORS["clip"](learner)
    stimuli64 = pictures(4, 20, 20).astype(np.float32).astype(np.float64)
    assert np.array_equal(stimuli["frame"], stimuli64)
    agree(learner, mirror, judged(learner, 0, stimuli, TEXTS), mirror.step(stimuli, TEXTS), at_least=25)


def test_codes_and_stream_of_dalle(float64):
    learner, mirror = both("dalle")
    c, x = learner.config, pictures(4, 20, 20)
    uniform = np.random.default_rng(0).random((4, c.codes, c.grid, c.grid)).clip(1e-12, 1 - 1e-12)
    noise = torch.from_numpy(-np.log(-np.log(uniform)))
    theirs = mirror.codes_loss(torch.from_numpy(x), 0.3, noise)
    agree(learner, mirror, judged(learner, 0, TEXTS, x, 0.3), theirs, at_least=20)
    learner, mirror = both("dalle")
    theirs = mirror.stream_loss(torch.from_numpy(learner.network.tokens(TEXTS)), torch.from_numpy(x))
    agree(learner, mirror, judged(learner, 1, TEXTS, x), theirs, at_least=15)


def test_decoder_and_prior_of_dalle2(float64, monkeypatch):
    monkeypatch.setattr(y2021_clip, "TINY", 0.0)
    learner, mirror = both("dalle2")
    x = pictures(4, 20, 20)

    def drawn(*shape):
        rng = np.random.default_rng(0)
        times = torch.from_numpy(rng.integers(1, TIMES + 1, 4))
        return times, torch.from_numpy(rng.standard_normal(shape, np.float32).astype(np.float64)), rng

    # CLIP sees pictures in float32, whatever it is asked by.
    seen = mirror.of_pictures
    monkeypatch.setattr(mirror, "of_pictures", lambda a: seen(a.float().double()))
    monkeypatch.setattr(learner.network, "of_pictures", lambda a: learner.network.clip.seen(
        a.astype(np.float32).astype(np.float64)).data * math.sqrt(learner.config.space))  # fmt: skip
    times, noise, rng = drawn(4, 1, 20, 20)
    told = torch.from_numpy(rng.random(4) >= learner.config.untold)
    theirs = mirror.decoder_loss(torch.from_numpy(x), times, noise, told)
    agree(learner, mirror, judged(learner, 0, TEXTS, x), theirs, at_least=40)
    theirs = mirror.prior_loss(TEXTS, torch.from_numpy(x), *drawn(4, learner.config.space)[:2])
    agree(learner, mirror, judged(learner, 1, TEXTS, x), theirs, at_least=15)


@pytest.mark.parametrize("stage", [0, 1])
def test_both_losses_of_animegan2(float64, stage):
    learner, mirror = both("animegan2")
    network, photographs, comic = learner.network, pictures(4, 20, 20), pictures(8, 20, 20)[4:]
    network.style[...] = np.random.default_rng(3).random(network.style.shape)
    mirror.style[...] = torch.from_numpy(network.style)
    network.at_stage = mirror.at_stage = stage
    shown, real = torch.from_numpy(photographs), torch.from_numpy(comic)
    made = network.make(photographs, np.zeros((4, 0)))
    ours = network.creator_loss(network.verdict(made, photographs)) + network.creator_penalty(0, photographs, None)
    theirs = mirror.creator_loss(mirror.make(shown), shown) + mirror.creator_penalty(shown)
    agree(learner, mirror, ours, theirs, at_least=30)
    made = Tensor(pictures(4, 20, 20))
    ours = network.critic_loss(network.verdict(Tensor(comic), photographs), network.verdict(made, photographs))
    ours = ours + network.critic_penalty(0, comic, photographs)
    theirs = mirror.critic_loss(real, torch.from_numpy(made.data), shown) + mirror.critic_penalty(real, shown)
    agree(learner, mirror, ours, theirs, at_least=5)


def test_the_rivals_and_the_u_net_of_arcanegan(float64):
    learner, mirror = both("arcanegan")
    network, x = learner.network, pictures(4, 20, 20)
    real, drawn = torch.from_numpy(x), network.drawn(4)
    lamps = np.zeros((4, 8), bool)
    told, z, grain = drawing_steps.of_noise(learner, drawn)
    made = network.make(lamps, np.zeros((4, 0)))
    theirs = mirror.creator_loss(mirror.make(told, z, grain), told)
    agree(learner, mirror, network.creator_loss(network.verdict(made, lamps)), theirs, at_least=20)
    made = Tensor(pictures(8, 20, 20)[4:])
    ours = network.critic_loss(network.verdict(Tensor(x), lamps), network.verdict(made, lamps))
    theirs = mirror.critic_loss(real, torch.from_numpy(made.data), told)
    agree(learner, mirror, ours, theirs, at_least=10)
    agree(learner, mirror, network.critic_penalty(0, x, lamps), mirror.critic_penalty(real, told), at_least=8)
    network.begin(1)
    mirror = mirrors.MIRRORS["arcanegan"](learner)
    pairs = network.pairs(4)
    for found, wanted in zip(pairs, mirror.pairs(told, z, grain), strict=True):
        assert np.abs(found - wanted.numpy()).max() <= LOSSES
    theirs = mirror.difference(*map(torch.from_numpy, pairs))
    agree(learner, mirror, network.difference(*pairs)[1], theirs, at_least=10)


def test_encoder_and_extrinsic_path_of_dualstylegan(float64):
    learner, mirror = both("dualstylegan")
    c, reels, x = learner.config, pictures(4, 2, 20, 20), pictures(4, 20, 20)
    z = np.random.default_rng(0).standard_normal((4, c.latents + 1))
    told = torch.from_numpy(one_hot(np.full(4, -1), z[:, -1], c.classes, z.dtype))
    theirs = mirror.inverted_loss(torch.from_numpy(reels[:, 0]), torch.from_numpy(z[:, :-1]), told)
    agree(learner, mirror, judged(learner, 0, reels, x), theirs, at_least=8)
    theirs = mirror.manner_loss(torch.from_numpy(reels), torch.from_numpy(x))
    agree(learner, mirror, judged(learner, 1, reels, x), theirs, at_least=30)


# -- the steps that are timed -----------------------------------------------------------------------------------------


@pytest.fixture
def captions(monkeypatch):
    """Give captions without making a deck of them."""
    given = np.resize(TEXTS, 8), pictures(8, 20, 20).astype(np.float32)
    monkeypatch.setattr(drawing_steps, "illustrations", lambda learner: given)


def small_steps(name):
    """Return the learner, the mirror and the kinds of steps of a small system that draws, with small batches."""
    entry = registry.find(name).entry
    # R1 of the smallest ArcaneGAN is lost in what float32 rounds.
    wider = {"channels": (16, 12, 8)} if name == "arcanegan" else {}
    learner = entry.create(changes={**entry.small, **wider, "recipe.batch": 8})
    mirror = mirrors.MIRRORS[name](learner).train()
    return learner, mirror, drawing_steps.pairs(learner, mirror)


DRAWERS = {
    "autoencoder": 5,
    "vae": 1,
    "gan": 3,
    "diffusion": 1,
    "stylegan2": 5,
    "animegan2": 4,
    "arcanegan": 6,
    "dualstylegan": 3,
    "dalle": 3,
    "dalle2": 3,
}
"""Kinds of steps of each."""


@pytest.mark.parametrize("name", DRAWERS)
def test_steps_begin_with_equal_losses_and_both_sides_learn(name, captions):
    learner, mirror, pairs = small_steps(name)
    kinds = []
    for pair in pairs:
        assert pair.differ < 1e-4, pair.kind
        before = [{n: p.data.copy() for n, p in learner.network.parameters().items()},
                  {n: p.detach().clone() for n, p in mirror.w.items()}]  # fmt: skip
        pair.ours()
        pair.theirs()
        ours = {n for n, p in learner.network.parameters().items() if not np.array_equal(p.data, before[0][n])}
        theirs = {n for n, p in mirror.w.items() if not torch.equal(p.detach(), before[1][n])}
        assert ours == theirs, pair.kind
        assert ours, pair.kind
        kinds.append(pair.kind)
    assert kinds[0] == ""
    assert len(set(kinds)) == len(kinds) == DRAWERS[name]


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("show_tell", "step"),
        ("dalle", "stream_loss"),
        ("dalle2", "decoder_loss"),
        ("animegan2", "creator_penalty"),
        ("arcanegan", "difference"),
        ("dualstylegan", "inverted_loss"),
    ],
)
def test_a_mirror_whose_loss_differs_is_not_timed(name, method, captions, monkeypatch):
    kind = mirrors.MIRRORS[name]
    right = getattr(kind, method)
    monkeypatch.setattr(kind, method, lambda *given, **how: right(*given, **how) * 1.001)
    with pytest.raises(SystemExit, match="losses differ by"):
        list(bench_successors.measure(name, 1, lambda: 0.0))


def test_each_system_that_learns_by_gradients_has_a_mirror():
    systems = {name for name in registry.names() if issubclass(registry.find(name).entry.learner, ByGradient)}
    assert {*NAMES, "autoencoder"} <= set(mirrors.MIRRORS)
    assert systems - {"copilot"} <= set(mirrors.MIRRORS)


READERS = [
    name
    for name in mirrors.MIRRORS
    if (entry := registry.find(name).entry).accepts in (Port.FRAME, Port.REEL) and entry.answers is Port.LAMPS
]


@pytest.mark.parametrize("name", READERS)
def test_a_reader_that_is_timed_answers_and_learns_as_its_mirror(name):
    learner = bench_successors.created(name)
    x, labels = bench_successors.stimuli(learner, name)
    x, labels = x[:8], labels[:8]
    assert bench_successors.agreement(learner, mirrors.MIRRORS[name](learner), x, labels) < 1e-4
    assert bench_successors.training_agreement(name, x, labels) < 1e-4
