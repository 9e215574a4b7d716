"""Whole networks against public implementations with the same weights: torchvision, timm, transformers and torch.nn.

Weights are copied from ours by an explicit mapping of names, which has to cover every parameter and every running
moment of both sides exactly once. Then the same numbers go through both in float64, in training and in evaluation: the
outputs may differ by 1e-10 of the largest, and so may the gradients of every parameter and of the input by 1e-8. Widths
and numbers of blocks are small; every kind of block, stem and head is there. What our network does otherwise by
declaration (gelu by tanh, no dropout here) is set alike on the other side. Nothing is downloaded.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import os
import re
import socket
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from successors import registry
from successors.nn.bytepairs import PAD
from successors.nn.functions import linear
from successors.nn.layers import RMSNorm
from successors.nn.module import training
from successors.nn.network import Network
from successors.nn.tensor import Tensor, no_grad
from successors.timeline import (
    y1986_mlp,
    y1986_rnn,
    y1997_lstm,
    y2012_alexnet,
    y2014_googlenet,
    y2014_gru,
    y2014_vgg,
    y2015_resnet,
    y2016_densenet,
    y2016_inception_resnet,
    y2016_resnext,
    y2016_xception,
    y2017_transformer,
    y2018_bert,
    y2018_gpt,
    y2019_gpt2,
    y2020_gpt3,
    y2020_vit,
    y2021_convit,
    y2021_crossvit,
    y2021_gmlp,
    y2021_mlp_mixer,
    y2021_swin,
    y2022_alphacode,
    y2022_convnext,
    y2022_palm,
)

torch = pytest.importorskip("torch")
torch.set_num_threads(1)  # of several test processes at once, each would take all processors

# Versions are open: what a public package says of its own future is none of ours.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{kind}") for kind in ("DeprecationWarning", "FutureWarning", "UserWarning")
]

OUTPUTS, GRADIENTS = 1e-10, 1e-8
"""Largest differences, relative to the largest element."""
NEGLIGIBLE = 1e-6
"""Gradients this much smaller than the network's largest are compared with that: before a normalisation they are 0."""
PACKAGES = ("torchvision", "timm", "transformers")
WANTED = 18
"""Systems that are compared at least."""

Form = Callable[[np.ndarray], np.ndarray]


@functools.cache
def package(name: str) -> Any:
    """Import a package, or skip; torchvision also where torch has come without what runs on graphics cards."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name == "timm":
            package("torchvision")
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
        try:
            return importlib.import_module(name)
        except RuntimeError as wrong:
            if name != "torchvision" or "torchvision::nms" not in str(wrong):
                raise
        # Its compiled operators, none of which is in a network here, cannot be loaded; their names are enough.
        for loaded in [n for n in sys.modules if n.split(".")[0] == name]:
            del sys.modules[loaded]
        names = torch.library.Library("torchvision", "FRAGMENT")
        for operator in ("nms", "qnms"):
            names.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        found = importlib.import_module(name)
        found.names_of_operators = names  # which last as long as the library that defines them
        return found


def part(name: str) -> Any:
    """Import a module of a package, or skip."""
    package(name.split(".")[0])
    return importlib.import_module(name)


@pytest.fixture(autouse=True)
def float64_without_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let torch compute in float64, and let nobody open a connection."""

    def refuse(*_: object) -> None:
        raise AssertionError("a test of reference networks opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(before)


@dataclass(frozen=True)
class Rule:
    """How arrays of ours are called there.

    `ours` is a pattern of the whole name, `theirs` a template; of several templates each gets an equal part of the
    array, by rows. `part` says that it is the k-th of m equal parts of theirs. `form` turns the array into their shape.
    """

    ours: str
    theirs: str | tuple[str, ...]
    form: Form | None = None
    part: tuple[int, int] | None = None


@dataclass
class Pair:
    """A network of ours, and the public one."""

    ours: Network
    theirs: Any
    rules: Sequence[Rule]
    inputs: Sequence[np.ndarray]
    run_ours: Callable[..., Sequence[Tensor]] | None = None
    run_theirs: Callable[..., Sequence[Any]] | None = None
    unused: str = "(?!)"
    """Arrays of theirs, as a pattern, that no output depends on, or that ours declares to be zero."""
    with_grad: bool = True
    """Whether the first input is of real numbers, and wants a gradient."""


def norm(ours: str, theirs: str, *, moments: bool = False) -> list[Rule]:
    """Return the rules of a normalisation."""
    names = {"gain": "weight", "bias": "bias"} | (
        {"mean": "running_mean", "variance": "running_var"} if moments else {}
    )
    return [Rule(rf"{ours}\.{a}", rf"{theirs}.{b}") for a, b in names.items()]


def layer(ours: str, theirs: str, form: Form | None = None) -> list[Rule]:
    """Return the rules of a layer with a weight and a bias."""
    return [Rule(rf"{ours}\.weight", f"{theirs}.weight", form), Rule(rf"{ours}\.bias", f"{theirs}.bias")]


batch = functools.partial(norm, moments=True)


def pieces(pair: Pair, name: str, array: np.ndarray) -> list[tuple[str, tuple[int, int], np.ndarray]]:
    """Return where an array of ours goes: name, part and values of each piece."""
    for rule in pair.rules:
        match = re.fullmatch(rule.ours, name)
        if match is None:
            continue
        templates = (rule.theirs,) if isinstance(rule.theirs, str) else rule.theirs
        found = []
        for template, values in zip(templates, np.split(array, len(templates)), strict=True):
            values = values if rule.form is None else rule.form(values)
            found.append((match.expand(template), rule.part or (0, 1), values))
        return found
    raise AssertionError(f"no rule for {name} {array.shape}")


def slots(pair: Pair) -> dict[str, Any]:
    """Return the arrays of theirs that ours has to fill, by name."""
    found = dict(pair.theirs.named_parameters()) | dict(pair.theirs.named_buffers())
    found = {n: t for n, t in found.items() if t.is_floating_point()}
    return {n: t for n, t in found.items() if not re.fullmatch(pair.unused, n)}


def draw(network: Network, rng: np.random.Generator) -> None:
    """Draw what begins as a constant, too, so that no bias, gain or gate can hide."""
    parameters = network.parameters()
    for name, array in network.state().items():
        if name in parameters:
            if array.std() < 0.02:
                array += 0.1 * rng.standard_normal(array.shape)
        elif name.endswith("variance"):
            array[...] = rng.uniform(0.5, 1.5, array.shape)
        else:
            array[...] = 0.1 * rng.standard_normal(array.shape)


def copy(pair: Pair) -> None:
    """Copy our weights and moments, and hold that the mapping covers both sides exactly once."""
    filled = {name: np.zeros(tuple(t.shape), int) for name, t in slots(pair).items()}
    for name, array in pair.ours.state().items():
        for other, (k, m), values in pieces(pair, name, array):
            assert other in filled, f"{name} is to be {other}, which is not there: {sorted(filled)}"
            target = slots(pair)[other].data
            rows = len(target) // m if target.ndim else 0
            own = slice(k * rows, (k + 1) * rows) if target.ndim else ...
            assert tuple(target[own].shape) == values.shape, f"{name} {values.shape} and {other} {target[own].shape}"
            target[own] = torch.tensor(values)
            filled[other][own] += 1
    wrong = {name: counts.shape for name, counts in filled.items() if not (counts == 1).all()}
    assert not wrong, f"not filled exactly once: {wrong}"


def worst(ours: np.ndarray, theirs: np.ndarray, least: float = 0.0) -> float:
    """Return the largest difference, relative to the largest element of theirs, or to `least` if that is more."""
    assert ours.shape == theirs.shape, f"{ours.shape}, theirs {theirs.shape}"
    scale = max(float(np.abs(theirs).max(initial=0)), least)
    return float(np.abs(ours - theirs).max(initial=0)) / scale if scale else float(np.abs(ours).max(initial=0))


def compare(pair: Pair, *, trains: bool) -> tuple[float, float, float]:
    """Return the largest relative errors of outputs, of gradients, and of running moments."""
    rng = np.random.default_rng(2)
    run_ours = pair.run_ours or (lambda network, *inputs: [network(*inputs)])
    run_theirs = pair.run_theirs or (lambda network, *inputs: [network(*inputs)])
    own_inputs: list[Any] = list(pair.inputs)
    other_inputs: list[Any] = [torch.tensor(a) for a in pair.inputs]
    if pair.with_grad:
        own_inputs[0] = Tensor(pair.inputs[0].copy(), requires_grad=True)
        other_inputs[0].requires_grad_(True)
    pair.theirs.train(trains)
    pair.theirs.zero_grad()
    theirs = run_theirs(pair.theirs, *other_inputs)
    if trains:
        with training(np.random.default_rng(0)):
            ours = run_ours(pair.ours, *own_inputs)
    else:
        ours = run_ours(pair.ours, *own_inputs)
    assert len(ours) == len(theirs)
    assert all(a.dtype == np.float64 for a in ours)
    outputs = max(worst(a.data, b.detach().numpy()) for a, b in zip(ours, theirs, strict=True))
    errors = [rng.standard_normal(a.shape) for a in ours]
    own_total, other_total = Tensor(np.zeros(())), torch.zeros(())
    for a, b, g in zip(ours, theirs, errors, strict=True):
        own_total, other_total = own_total + (a * g).sum(), other_total + (b * torch.tensor(g)).sum()
    own_total.backward()
    other_total.backward()

    there = slots(pair)
    least = NEGLIGIBLE * max(float(t.grad.abs().max()) for t in there.values() if t.grad is not None)
    gradients = 0.0
    for name, parameter in pair.ours.parameters().items():
        # What a mode does not use has no gradient on either side.
        g = np.zeros(parameter.shape) if parameter.grad is None else parameter.grad
        parameter.grad = None
        for other, (k, m), values in pieces(pair, name, g):
            wanted = there[other].grad
            wanted = torch.zeros_like(there[other]) if wanted is None else wanted
            rows = len(wanted) // m if wanted.ndim else 0
            gradients = max(gradients, worst(values, wanted[k * rows : (k + 1) * rows].numpy(), least))
    if pair.with_grad:
        gradients = max(gradients, worst(own_inputs[0].gradient, other_inputs[0].grad.numpy()))
    moments = 0.0
    for name, array in pair.ours.buffers().items():
        for other, _, values in pieces(pair, name, array):
            moments = max(moments, worst(values, there[other].detach().numpy()))
    return outputs, gradients, moments


# -- the systems ------------------------------------------------------------------------------------------------------

CASES: dict[str, Callable[[], Pair]] = {}


def system(name: str) -> Callable[[Callable[[], Pair]], Callable[[], Pair]]:
    """Enter a builder under the name of a system, and perhaps what is special of this case after a comma."""

    def enter(build: Callable[[], Pair]) -> Callable[[], Pair]:
        CASES[name] = build
        return build

    return enter


def seeded() -> np.random.Generator:
    return np.random.default_rng(0)


def pictures(side: int, count: int = 3) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((count, 3, side, side))


def without_dropout(network: Any) -> Any:
    """Set alike what our systems declare: no dropout, and gelu by tanh."""
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if isinstance(module, torch.nn.GELU):
            module.approximate = "tanh"
    return network


RESIDUAL = [
    Rule(r"stem\.conv\.conv\.weight", "conv1.weight"),
    *batch(r"stem\.conv\.norm", "bn1"),
    Rule(r"stages\.0\.layers\.(\d+)\.conv(\d)\.conv\.weight", r"layer1.\1.conv\2.weight"),
    *layer("output", "fc"),
]


def residual(counts: Sequence[int]) -> list[Rule]:
    """Return the rules of a residual network with so many stages; theirs are numbered from 1."""
    rules = RESIDUAL[:-2] + layer("output", "fc")
    for k in range(len(counts)):
        at, there = rf"stages\.{k}\.layers\.(\d+)", rf"layer{k + 1}.\1"
        rules += [
            Rule(rf"{at}\.conv(\d)\.conv\.weight", rf"{there}.conv\2.weight"),
            *batch(rf"{at}\.conv(\d)\.norm", rf"{there}.bn\2"),
            Rule(rf"{at}\.shortcut\.projection\.conv\.weight", rf"{there}.downsample.0.weight"),
            *batch(rf"{at}\.shortcut\.projection\.norm", rf"{there}.downsample.1"),
        ]
    return rules


@system("resnet, basic blocks")
def resnet_basic() -> Pair:
    resnet = part("torchvision.models.resnet")
    counts = (2, 1, 2, 1)
    config = y2015_resnet.imagenet("basic", *counts).amend({"classes": 10})
    theirs = resnet.ResNet(resnet.BasicBlock, list(counts), num_classes=10)
    return Pair(y2015_resnet.ResNet(config, seeded()), theirs, residual(counts), [pictures(64)])


@system("resnet, bottlenecks")
def resnet_bottleneck() -> Pair:
    resnet = part("torchvision.models.resnet")
    counts = (2, 1, 2, 1)
    config = y2015_resnet.imagenet("bottleneck", *counts).amend({"classes": 10})
    theirs = resnet.ResNet(resnet.Bottleneck, list(counts), num_classes=10)
    return Pair(y2015_resnet.ResNet(config, seeded()), theirs, residual(counts), [pictures(64)])


@system("resnext")
def resnext() -> Pair:
    resnet = part("torchvision.models.resnet")
    counts = (2, 1, 2, 1)
    config = y2016_resnext.imagenet(counts, 32, 4).amend({"classes": 10})
    theirs = resnet.ResNet(resnet.Bottleneck, list(counts), num_classes=10, groups=32, width_per_group=4)
    return Pair(y2016_resnext.ResNeXt(config, seeded()), theirs, residual(counts), [pictures(64)])


@system("densenet")
def densenet() -> Pair:
    models = package("torchvision").models
    counts = (2, 3, 2, 2)
    config = y2016_densenet.imagenet(counts, 8).amend({"classes": 10})
    theirs = models.DenseNet(8, counts, 16, num_classes=10)
    rules = [
        Rule(r"stem\.weight", "features.conv0.weight"),
        *batch("stem_norm", "features.norm0"),
        *batch("norm", "features.norm5"),
        *layer("output", "classifier"),
    ]
    for block, count in enumerate(counts):
        for k in range(count):
            for step in (0, 1):
                at = rf"blocks\.{block}\.layers\.{k}\.{step}"
                there = f"features.denseblock{block + 1}.denselayer{k + 1}"
                rules += batch(rf"{at}\.norm", f"{there}.norm{step + 1}")
                rules.append(Rule(rf"{at}\.conv\.weight", f"{there}.conv{step + 1}.weight"))
        rules += batch(rf"transitions\.{block}\.norm", f"features.transition{block + 1}.norm")
        rules.append(Rule(rf"transitions\.{block}\.conv\.weight", f"features.transition{block + 1}.conv.weight"))
    return Pair(y2016_densenet.DenseNet(config, seeded()), theirs, rules, [pictures(64)])


ALEXNET = [
    rule
    for ours, theirs in {
        "conv1": "features.0", "conv2": "features.3", "conv3": "features.6", "conv4": "features.8",
        "conv5": "features.10", "full6": "classifier.1", "full7": "classifier.4", "full8": "classifier.6",
    }.items()
    for rule in layer(ours, theirs)
]  # fmt: skip


def narrow(classifier: Any, places: Sequence[int], widths: Sequence[int]) -> None:
    """Give a classifier full layers of other widths."""
    for place, a, b in zip(places, widths, widths[1:], strict=False):
        classifier[place] = torch.nn.Linear(a, b)


@system("alexnet")
def alexnet() -> Pair:
    theirs = without_dropout(package("torchvision").models.AlexNet())
    narrow(theirs.classifier, (1, 4, 6), (9216, 64, 64, 10))
    changes = {"full": 64, "classes": 10, "dropout": 0.0, "respond": False, "deviation": 0.0}
    config = y2012_alexnet.ONE_TOWER.amend(changes)
    return Pair(y2012_alexnet.AlexNet(config, seeded()), theirs, ALEXNET, [pictures(224, 2)])


@system("alexnet, two towers that are damped")
def alexnet_of_the_paper() -> Pair:
    """Compare the paper's own form, which torchvision leaves out: its sequence with groups and damping put in."""
    theirs = without_dropout(package("torchvision").models.AlexNet())
    nn = torch.nn
    for place, c, f, size, groups in (
        (0, 3, 96, 11, 1), (3, 96, 256, 5, 2), (6, 256, 384, 3, 1), (8, 384, 384, 3, 2), (10, 384, 256, 3, 2),
    ):  # fmt: skip
        stride = 4 if place == 0 else 1
        theirs.features[place] = nn.Conv2d(c, f, size, stride, 2 if size > 3 else 1, groups=groups)
    for place in (1, 4):
        # In the paper k is 2, alpha of the sum 1e-4, beta 0.75; torch divides alpha by the size.
        theirs.features[place] = nn.Sequential(nn.ReLU(), nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0))
    narrow(theirs.classifier, (1, 4, 6), (9216, 64, 64, 10))
    config = y2012_alexnet.PAPER.amend({"full": 64, "classes": 10, "dropout": 0.0, "deviation": 0.0})
    return Pair(y2012_alexnet.AlexNet(config, seeded()), theirs, ALEXNET, [pictures(224, 2)])


@system("vgg")
def vgg() -> Pair:
    module = part("torchvision.models.vgg")
    widths, depths = (4, 6, 8, 8, 12), (1, 1, 2, 3, 2)
    plan: list[Any] = []
    for width, depth in zip(widths, depths, strict=True):
        plan += [width] * depth + ["M"]
    theirs = without_dropout(module.VGG(module.make_layers(plan), num_classes=10))
    narrow(theirs.classifier, (0, 3, 6), (widths[-1] * 49, 64, 64, 10))
    config = y2014_vgg.VGGConfig(
        side=224, channels=3, depths=depths, widths=widths, full=64, classes=10, dropout=0.0, start="he"
    )
    places = iter(k for k, part in enumerate(theirs.features) if isinstance(part, torch.nn.Conv2d))
    rules = []
    for k, depth in enumerate(depths):
        for i in range(depth):
            rules += layer(rf"blocks\.{k}\.{i}", f"features.{next(places)}")
    for k, place in enumerate((0, 3, 6)):
        rules += layer(rf"full\.{k}", f"classifier.{place}")
    return Pair(y2014_vgg.VGG(config, seeded()), theirs, rules, [pictures(224, 2)])


@system("googlenet")
def googlenet() -> Pair:
    """Compare with torchvision's after its departures from the paper are undone.

    These are batch normalisation, kernels of 3x3 in the place of 5x5, a pooling of 2x2, and no damping.
    """
    module, nn = part("torchvision.models.googlenet"), torch.nn

    class Plain(nn.Module):
        def __init__(self, channels: int, maps: int, **how: Any):
            super().__init__()
            if maps in FIVES and how["kernel_size"] == 3 and channels < 64:
                how = {"kernel_size": 5, "padding": 2}
            self.conv = nn.Conv2d(channels, maps, **how)

        def forward(self, x: Any) -> Any:
            return self.conv(x).relu()

    FIVES = {row[4] for stage in y2014_googlenet.TABLE for row in stage}
    theirs = module.GoogLeNet(
        num_classes=10,
        init_weights=False,
        blocks=[
            Plain,
            *(functools.partial(block, conv_block=Plain) for block in (module.Inception, module.InceptionAux)),
        ],
    )
    damping = functools.partial(nn.LocalResponseNorm, 5, alpha=5e-4, beta=0.75, k=2.0)
    theirs.maxpool1 = nn.Sequential(theirs.maxpool1, damping())
    theirs.maxpool2 = nn.Sequential(damping(), theirs.maxpool2)
    theirs.maxpool4 = nn.MaxPool2d(3, 2, ceil_mode=True)
    without_dropout(theirs)
    # Of maps of 8x8, a mean of 2x2 with a step of 2 is the mean to 4x4 that torchvision takes.
    config = y2014_googlenet.LEARNING.amend(
        {"classes": 10, "side": 128, "dropout": 0.0, "aux_dropout": 0.0, "aux_pool": 2, "aux_stride": 2}
    )
    rules = [*layer("first", "conv1.conv"), *layer(r"rest\.0", "conv2.conv"), *layer(r"rest\.1", "conv3.conv")]
    rules += layer("output", "fc")
    for k, name in enumerate(("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")):
        at, there = rf"modules\.{k}", f"inception{name}"
        rules += layer(rf"{at}\.one\.0", f"{there}.branch1.conv")
        rules += layer(rf"{at}\.three\.(\d)", rf"{there}.branch2.\1.conv")
        rules += layer(rf"{at}\.five\.(\d)", rf"{there}.branch3.\1.conv")
        rules += layer(rf"{at}\.projection\.0", f"{there}.branch4.1.conv")
    for number, name in ((2, "aux1"), (5, "aux2")):
        at = rf"auxiliary\.{number}"
        rules += layer(rf"{at}\.convolution", f"{name}.conv.conv")
        rules += layer(rf"{at}\.hidden", f"{name}.fc1") + layer(rf"{at}\.output", f"{name}.fc2")

    def all_of(network: Any, x: Any) -> list[Any]:
        found = network(x)
        return [torch.stack([found.logits, found.aux_logits1, found.aux_logits2])] if network.training else [found]

    ours = y2014_googlenet.GoogLeNet(config, seeded())
    return Pair(ours, theirs, rules, [pictures(128, 2)], run_theirs=all_of)


@system("inception_resnet")
def inception_resnet() -> Pair:
    theirs = part("timm.models.inception_resnet_v2").InceptionResnetV2(num_classes=10)
    theirs.repeat, theirs.repeat_1, theirs.repeat_2 = theirs.repeat[:2], theirs.repeat_1[:2], theirs.repeat_2[:1]
    config = y2016_inception_resnet.PAPER.amend({"classes": 10, "blocks": [2, 2, 2], "dropout": 0.0})
    stem = {0: "conv2d_1a", 1: "conv2d_2a", 2: "conv2d_2b", 4: "conv2d_3b", 5: "conv2d_4a"}
    names = {rf"stem\.layers\.{k}": name for k, name in stem.items()} | {"conv_7b": "conv2d_7b"}
    lengths = {
        "mixed_5b": (1, 2, 3), "mixed_6a": (1, 3), "mixed_7a": (2, 2, 3), "a": (1, 2, 3), "b": (1, 3), "c": (1, 3),
    }  # fmt: skip
    there = {"a": "repeat", "b": "repeat_1"}

    def branches(at: str, to: str, counts: Sequence[int]) -> dict[str, str]:
        found = {}
        for branch, count in enumerate(counts):
            for k in range(count):
                found[rf"{at}\.branches\.{branch}\.layers\.{k}"] = f"{to}.branch{branch}" + (
                    f".{k}" if count > 1 else ""
                )
        return found

    rules: list[Rule] = layer("output", "classif")
    for kind, counts in lengths.items():
        if kind.startswith("mixed"):
            names |= branches(kind, kind, counts)
            continue
        blocks = {0: "repeat_2.0", 1: "block8"} if kind == "c" else {k: f"{there[kind]}.{k}" for k in (0, 1)}
        for k, name in blocks.items():
            names |= branches(rf"{kind}\.layers\.{k}\.branches", name, counts)
            rules += layer(rf"{kind}\.layers\.{k}\.back", f"{name}.conv2d")
    names[r"mixed_5b\.branches\.3\.layers\.1"] = "mixed_5b.branch3.1"
    for ours, other in names.items():
        rules += [Rule(rf"{ours}\.conv\.weight", f"{other}.conv.weight"), *batch(rf"{ours}\.norm", f"{other}.bn")]
    return Pair(y2016_inception_resnet.InceptionResNet(config, seeded()), theirs, rules, [pictures(107, 2)])


@system("xception")
def xception() -> Pair:
    theirs = part("timm.models.xception").Xception(num_classes=10)
    for k in range(6, 12):
        setattr(theirs, f"block{k}", torch.nn.Identity())
    config = y2016_xception.PAPER.amend({"classes": 10, "middle": 2})
    rules = [
        *(Rule(rf"conv{k}\.weight", f"conv{k}.weight") for k in (1, 2)),
        *batch(r"stem_norms\.0", "bn1"), *batch(r"stem_norms\.1", "bn2"), *layer("head", "fc"),
        *batch(r"tail_norms\.0", "bn3"), *batch(r"tail_norms\.1", "bn4"),
        Rule(r"tail\.0\.depthwise\.weight", "conv3.conv1.weight"),
        Rule(r"tail\.0\.pointwise\.weight", "conv3.pointwise.weight"),
        Rule(r"tail\.1\.depthwise\.weight", "conv4.conv1.weight"),
        Rule(r"tail\.1\.pointwise\.weight", "conv4.pointwise.weight"),
    ]  # fmt: skip
    blocks = {rf"entry\.{k}": k + 1 for k in range(3)} | {rf"middle\.{k}": k + 4 for k in range(2)} | {"exit": 12}
    for at, k in blocks.items():
        rules += [Rule(rf"{at}\.shortcut\.weight", f"block{k}.skip.weight")]
        rules += batch(rf"{at}\.shortcut_norm", f"block{k}.skipbn")
        # In `rep` each convolution is followed by its norm; all but the first module begin with a ReLU.
        parts = [i for i, part in enumerate(getattr(theirs, f"block{k}").rep) if hasattr(part, "pointwise")]
        for i, place in enumerate(parts):
            there = f"block{k}.rep.{place}"
            rules.append(Rule(rf"{at}\.convolutions\.{i}\.depthwise\.weight", f"{there}.conv1.weight"))
            rules.append(Rule(rf"{at}\.convolutions\.{i}\.pointwise\.weight", f"{there}.pointwise.weight"))
            rules += batch(rf"{at}\.norms\.{i}", f"block{k}.rep.{place + 1}")
    return Pair(y2016_xception.Xception(config, seeded()), theirs, rules, [pictures(71, 2)])


def as_kernels(size: int, channels: int = 3) -> Form:
    """Return the form of a linear map of patches, channels first, as a convolution."""
    return lambda a: a.reshape(len(a), channels, size, size)


def as_row(a: np.ndarray) -> np.ndarray:
    return a[None]


def encoder_block(at: str, there: str) -> list[Rule]:
    """Return the rules of a block of a vision transformer, as timm names them."""
    return [
        *norm(rf"{at}\.norm1", f"{there}.norm1"), *norm(rf"{at}\.norm2", f"{there}.norm2"),
        *layer(rf"{at}\.attention", f"{there}.attn.qkv"), *layer(rf"{at}\.attention\.output", f"{there}.attn.proj"),
        *layer(rf"{at}\.mlp\.first", f"{there}.mlp.fc1"), *layer(rf"{at}\.mlp\.second", f"{there}.mlp.fc2"),
    ]  # fmt: skip


def vit_like(patch: int) -> list[Rule]:
    return [
        *layer(r"embedding\.project", "patch_embed.proj", as_kernels(patch)),
        Rule(r"token\.row", "cls_token"), Rule("positions", "pos_embed", as_row),
        *norm("norm", "norm"), *layer("head", "head"), *encoder_block(r"blocks\.(\d+)", r"blocks.\1"),
    ]  # fmt: skip


@system("vit")
def vit() -> Pair:
    timm = package("timm")
    config = y2020_vit.ViTConfig(channels=3, side=32, patch=8, layers=3, width=48, heads=4, hidden=96, classes=10)
    theirs = timm.models.VisionTransformer(
        img_size=32, patch_size=8, embed_dim=48, depth=3, num_heads=4, mlp_ratio=2, num_classes=10
    )
    return Pair(y2020_vit.ViT(config, seeded()), without_dropout(theirs), vit_like(8), [pictures(32)])


@system("vit, mean of the patches")
def vit_mean() -> Pair:
    timm = package("timm")
    config = y2020_vit.ViTConfig(
        channels=3, side=32, patch=8, layers=2, width=48, heads=4, hidden=96, classes=10, pooling="mean"
    )
    theirs = timm.models.VisionTransformer(
        img_size=32, patch_size=8, embed_dim=48, depth=2, num_heads=4, mlp_ratio=2, num_classes=10, class_token=False,
        global_pool="avg",
    )  # fmt: skip
    rules = [*norm("norm", "fc_norm"), *vit_like(8)]
    return Pair(y2020_vit.ViT(config, seeded()), without_dropout(theirs), rules, [pictures(32)])


@system("convit")
def convit() -> Pair:
    module = part("timm.models.convit")
    config = y2021_convit.ConViTConfig(
        channels=3, side=32, patch=8, layers=4, local=2, width=36, heads=9, hidden=72, classes=10
    )
    theirs = module.ConVit(
        img_size=32, patch_size=8, embed_dim=4, depth=4, num_heads=9, mlp_ratio=2, num_classes=10, local_up_to_layer=2,
        norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-6),
    )  # fmt: skip
    at, there = r"blocks\.([01])", r"blocks.\1.attn"
    rules = [
        Rule(rf"{at}\.attention\.query\.weight", f"{there}.qk.weight", part=(0, 2)),
        Rule(rf"{at}\.attention\.key\.weight", f"{there}.qk.weight", part=(1, 2)),
        Rule(rf"{at}\.attention\.value", f"{there}.v.weight"),
        # Ours sees |d|², rows, columns; theirs columns, rows, |d|².
        Rule(rf"{at}\.attention\.places", f"{there}.pos_proj.weight", lambda a: a[:, ::-1].copy()),
        Rule(rf"{at}\.attention\.places_bias", f"{there}.pos_proj.bias"),
        Rule(rf"{at}\.attention\.gate", f"{there}.gating_param", lambda a: a.reshape(-1)),
        *layer(rf"{at}\.attention\.output", f"{there}.proj"),
        *vit_like(8),
    ]
    unused = r".*\.rel_indices"
    return Pair(y2021_convit.ConViT(config, seeded()), without_dropout(theirs), rules, [pictures(32)], unused=unused)


def crossing_pair(sides: tuple[int, int], *, convolutions: bool) -> Pair:
    module = part("timm.models.crossvit")
    config = y2021_crossvit.CrossViTConfig(
        channels=3, sides=sides, patches=(12, 16), widths=(24, 48), encoders=2, depths=(1, 2), heads=3, mlp_ratio=2,
        classes=10, convolutions=convolutions,
    )  # fmt: skip
    theirs = module.CrossVit(
        img_size=sides[0], img_scale=(1.0, sides[1] / sides[0]), patch_size=(12, 16), embed_dim=(24, 48),
        depth=([1, 2, 0], [1, 2, 0]), num_heads=(3, 3), mlp_ratio=(2, 2, 1), multi_conv=convolutions, qkv_bias=True,
        norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-6), num_classes=10,
    )  # fmt: skip
    rules: list[Rule] = []
    for which, size in enumerate((12, 16)):
        at = rf"branches\.{which}"
        if convolutions:
            for k in range(3):
                rules += layer(rf"{at}\.embedding\.layers\.{k}", f"patch_embed.{which}.proj.{2 * k}")
        else:
            rules += layer(rf"{at}\.embedding\.project", f"patch_embed.{which}.proj", as_kernels(size))
        rules += [
            Rule(rf"{at}\.token\.row", f"cls_token_{which}"), Rule(rf"{at}\.positions", f"pos_embed_{which}", as_row),
            *norm(rf"{at}\.norm", f"norm.{which}"), *layer(rf"{at}\.head", f"head.{which}"),
            *encoder_block(rf"{at}\.blocks\.(\d)\.(\d)", rf"blocks.\1.blocks.{which}.\2"),
        ]  # fmt: skip
        at = rf"crossings\.(\d)\.{which}"
        rules += norm(rf"{at}\.there\.norm", rf"blocks.\1.projs.{which}.0")
        rules += layer(rf"{at}\.there\.linear", rf"blocks.\1.projs.{which}.2")
        rules += norm(rf"{at}\.back\.norm", rf"blocks.\1.revert_projs.{which}.0")
        rules += layer(rf"{at}\.back\.linear", rf"blocks.\1.revert_projs.{which}.2")
        rules += norm(rf"{at}\.norm", rf"blocks.\1.fusion.{which}.norm1")
        for ours, other in (("query", "wq"), ("key", "wk"), ("value", "wv"), ("output", "proj")):
            rules += layer(rf"{at}\.{ours}", rf"blocks.\1.fusion.{which}.attn.{other}")
    network = y2021_crossvit.CrossViT(config, seeded())
    return Pair(network, without_dropout(theirs), rules, [pictures(sides[0])])


@system("crossvit")
def crossvit() -> Pair:
    return crossing_pair((48, 48), convolutions=False)


@system("crossvit, convolutions embed, one branch sees fewer cells")
def crossvit_dagger() -> Pair:
    return crossing_pair((60, 48), convolutions=True)


@system("swin")
def swin() -> Pair:
    module = part("torchvision.models.swin_transformer")
    config = y2021_swin.SwinConfig(
        channels=3, side=112, patch=4, width=24, depths=(2, 2, 1), heads=(2, 4, 8), window=7, mlp_ratio=4, classes=10
    )
    theirs = module.SwinTransformer(
        [4, 4], 24, [2, 2, 1], [2, 4, 8], [7, 7], mlp_ratio=4.0, stochastic_depth_prob=0.0, num_classes=10
    )
    rules = [*layer("stem", "features.0.0"), *norm("stem_norm", "features.0.2"), *norm("norm", "norm")]
    rules += layer("head", "head")
    for k in range(3):
        at, there = rf"stages\.{k}\.(\d)", rf"features.{2 * k + 1}.\1"
        rules += [
            *norm(rf"{at}\.norm1", f"{there}.norm1"), *norm(rf"{at}\.norm2", f"{there}.norm2"),
            *layer(rf"{at}\.attention", f"{there}.attn.qkv"),
            *layer(rf"{at}\.attention\.output", f"{there}.attn.proj"),
            Rule(rf"{at}\.attention\.table", f"{there}.attn.relative_position_bias_table"),
            *layer(rf"{at}\.mlp\.first", f"{there}.mlp.0"), *layer(rf"{at}\.mlp\.second", f"{there}.mlp.3"),
            *norm(rf"merging\.{k}\.norm", f"features.{2 * k + 2}.norm"),
            Rule(rf"merging\.{k}\.reduction\.weight", f"features.{2 * k + 2}.reduction.weight"),
        ]  # fmt: skip
    return Pair(y2021_swin.Swin(config, seeded()), without_dropout(theirs), rules, [pictures(112, 2)])


@system("gmlp")
def gmlp() -> Pair:
    module = part("timm.models.mlp_mixer")
    config = y2021_gmlp.GMLPConfig(channels=3, side=32, patch=8, blocks=3, width=24, hidden=96, classes=10)
    theirs = module.MlpMixer(
        num_classes=10, img_size=32, patch_size=8, num_blocks=3, embed_dim=24, mlp_ratio=4,
        block_layer=module.SpatialGatingBlock, mlp_layer=module.GatedMlp,
        norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-5),
    )  # fmt: skip
    at, there = r"blocks\.(\d)", r"blocks.\1"
    rules = [
        *layer("stem", "stem.proj"), *norm("norm", "norm"), *layer("head", "head"),
        *norm(rf"{at}\.norm", f"{there}.norm"), *layer(rf"{at}\.u", f"{there}.mlp_channels.fc1"),
        *norm(rf"{at}\.gate\.norm", f"{there}.mlp_channels.gate.norm"),
        *layer(rf"{at}\.gate\.spatial", f"{there}.mlp_channels.gate.proj"),
        *layer(rf"{at}\.v", f"{there}.mlp_channels.fc2"),
    ]  # fmt: skip
    return Pair(y2021_gmlp.GMLP(config, seeded()), without_dropout(theirs), rules, [pictures(32)])


@system("mlp_mixer")
def mlp_mixer() -> Pair:
    module = part("timm.models.mlp_mixer")
    config = y2021_mlp_mixer.MixerConfig(
        channels=3, side=32, patch=8, layers=3, width=24, tokens=12, hidden=96, classes=10
    )
    theirs = module.MlpMixer(num_classes=10, img_size=32, patch_size=8, num_blocks=3, embed_dim=24)
    at, there = r"layers\.(\d)", r"blocks.\1"
    rules = [
        *layer("stem", "stem.proj", lambda a: a.reshape(-1, 8, 8, 3).transpose(0, 3, 1, 2)),
        *norm("norm", "norm"), *layer("head", "head"),
        *norm(rf"{at}\.norm(\d)", rf"{there}.norm\2"),
        *layer(rf"{at}\.tokens\.first", f"{there}.mlp_tokens.fc1"),
        *layer(rf"{at}\.tokens\.second", f"{there}.mlp_tokens.fc2"),
        *layer(rf"{at}\.channels\.first", f"{there}.mlp_channels.fc1"),
        *layer(rf"{at}\.channels\.second", f"{there}.mlp_channels.fc2"),
    ]  # fmt: skip
    return Pair(y2021_mlp_mixer.MLPMixer(config, seeded()), without_dropout(theirs), rules, [pictures(32)])


@system("convnext")
def convnext() -> Pair:
    module = part("torchvision.models.convnext")
    depths, widths = (2, 1, 2, 1), (12, 24, 32, 48)
    config = y2022_convnext.published(depths, widths, 0.0).amend({"classes": 10})
    ends = [*widths[1:], None]
    plan = [module.CNBlockConfig(w, end, d) for w, end, d in zip(widths, ends, depths, strict=True)]
    theirs = module.ConvNeXt(plan, num_classes=10)
    rules = [*layer("stem", "features.0.0"), *norm("stem_norm", "features.0.1")]
    rules += [*norm("norm", "classifier.0"), *layer("head", "classifier.2")]

    def matrix(a: np.ndarray) -> np.ndarray:
        return a.reshape(a.shape[:2])

    for k in range(4):
        rules += norm(rf"down\.{k}\.0", f"features.{2 * k + 2}.0") + layer(rf"down\.{k}\.1", f"features.{2 * k + 2}.1")
        at, there = rf"stages\.{k}\.(\d)", rf"features.{2 * k + 1}.\1"
        rules += layer(rf"{at}\.convolutions\.0", f"{there}.block.0") + norm(rf"{at}\.norms\.0", f"{there}.block.2")
        rules += layer(rf"{at}\.convolutions\.1", f"{there}.block.3", matrix)
        rules += layer(rf"{at}\.convolutions\.2", f"{there}.block.5", matrix)
        rules.append(Rule(rf"{at}\.scale", f"{there}.layer_scale"))
    return Pair(y2022_convnext.ConvNeXt(config, seeded()), without_dropout(theirs), rules, [pictures(64)])


# -- texts ------------------------------------------------------------------------------------------------------------

WORDS, LENGTH = 60, 11


def tokens(count: int = 3, length: int = LENGTH, *, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(5, WORDS, (count, length))


def turned(a: np.ndarray) -> np.ndarray:
    """Return a matrix as the layers of GPT have it, inputs first."""
    return a.T


def gpt_block(at: str, there: str) -> list[Rule]:
    return [
        *layer(rf"{at}\.attention", f"{there}.attn.c_attn", turned),
        *layer(rf"{at}\.attention\.output", f"{there}.attn.c_proj", turned),
        *layer(rf"{at}\.(?:mlp|feed_forward)\.first", f"{there}.mlp.c_fc", turned),
        *layer(rf"{at}\.(?:mlp|feed_forward)\.second", f"{there}.mlp.c_proj", turned),
    ]


@system("gpt")
def gpt() -> Pair:
    transformers = package("transformers")
    config = y2018_gpt.GPTConfig(vocabulary=WORDS, width=24, hidden=96, heads=3, layers=3, longest=16, classes=0)
    theirs = transformers.OpenAIGPTModel(
        transformers.OpenAIGPTConfig(
            vocab_size=WORDS, n_positions=16, n_embd=24, n_layer=3, n_head=3, afn="gelu", resid_pdrop=0.0,
            embd_pdrop=0.0, attn_pdrop=0.0,
        )
    )  # fmt: skip
    rules = [
        Rule("tokens", "tokens_embed.weight"), Rule("positions", "positions_embed.weight"),
        *gpt_block(r"blocks\.(\d)", r"h.\1"),
        *norm(r"blocks\.(\d)\.norm1", r"h.\1.ln_1"), *norm(r"blocks\.(\d)\.norm3", r"h.\1.ln_2"),
    ]  # fmt: skip
    return Pair(
        y2018_gpt.GPT(config, seeded()),
        theirs,
        rules,
        [tokens()],
        run_theirs=lambda network, x: [network(x).last_hidden_state],
        unused=r"h\.\d\.attn\.bias|position_ids",
        with_grad=False,
    )


def gpt2_pair() -> Pair:
    transformers = package("transformers")
    config = y2019_gpt2.GPT2Config(vocabulary=WORDS, width=24, hidden=96, heads=3, layers=3, longest=16)
    theirs = transformers.GPT2Model(
        transformers.GPT2Config(
            vocab_size=WORDS, n_positions=16, n_embd=24, n_layer=3, n_head=3, activation_function="gelu_new",
            resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=None, eos_token_id=None,
        )
    )  # fmt: skip
    rules = [
        Rule("tokens", "wte.weight"), Rule("positions", "wpe.weight"), *norm("norm", "ln_f"),
        *gpt_block(r"blocks\.(\d)", r"h.\1"),
        *norm(r"blocks\.(\d)\.norm1", r"h.\1.ln_1"), *norm(r"blocks\.(\d)\.norm2", r"h.\1.ln_2"),
    ]  # fmt: skip
    return Pair(
        y2019_gpt2.GPT2(config, seeded()),
        theirs,
        rules,
        [tokens()],
        run_theirs=lambda network, x: [network(x).last_hidden_state],
        unused=r"h\.\d\.attn\.(bias|masked_bias)",
        with_grad=False,
    )


CASES["gpt2"] = gpt2_pair


@system("gpt3")
def gpt3() -> Pair:
    """Compare all layers dense with GPT-2's network."""
    pair = gpt2_pair()
    config = y2020_gpt3.GPT3Config(vocabulary=WORDS, width=24, hidden=96, heads=3, layers=3, longest=16)
    pair.ours = y2020_gpt3.GPT3(config, seeded())
    return pair


@system("palm")
def palm() -> Pair:
    """Compare with Cohere's decoder, which has parallel layers, SwiGLU, norms without a bias and one head of keys.

    It turns neighbours by their positions, where ours turns a number and the one half a head further on. What it
    computes in single precision, the norms and the turning, is put in its place in double.
    """
    package("torchvision")  # which transformers looks for
    cohere = part("transformers.models.cohere.modeling_cohere")
    config = y2022_palm.PaLMConfig(vocabulary=WORDS, width=24, hidden=40, heads=3, head=8, layers=2, longest=16)
    theirs = cohere.CohereModel(
        cohere.CohereConfig(
            vocab_size=WORDS, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3,
            num_key_value_heads=1,
        )
    )  # fmt: skip
    theirs.norm = torch.nn.LayerNorm(24, bias=False)
    for block in theirs.layers:
        block.input_layernorm = torch.nn.LayerNorm(24, bias=False)
    angles = torch.arange(16)[:, None] * 10_000.0 ** (-torch.arange(0, 8, 2) / 8).repeat_interleave(2)
    theirs.rotary_emb.forward = lambda x, **_: (angles.cos()[None, : x.shape[1]], angles.sin()[None, : x.shape[1]])

    def in_double(q: Any, k: Any, cosine: Any, sine: Any, **_: Any) -> tuple[Any, Any]:
        one, other = (a * cosine[:, None] + cohere.rotate_half(a) * sine[:, None] for a in (q, k))
        return one, other

    cohere.apply_rotary_pos_emb = in_double
    neighbours = np.arange(8).reshape(2, 4).T.ravel()

    def rows(a: np.ndarray) -> np.ndarray:
        return a.reshape(-1, 8, a.shape[1])[:, neighbours].reshape(a.shape)

    def columns(a: np.ndarray) -> np.ndarray:
        return rows(a.T).T

    at, there = r"blocks\.(\d)", r"layers.\1"
    rules = [
        Rule("tokens", "embed_tokens.weight"), Rule(r"norm\.gain", "norm.weight"),
        Rule(rf"{at}\.norm\.gain", rf"{there}.input_layernorm.weight"),
        Rule(rf"{at}\.attention\.queries\.weight", rf"{there}.self_attn.q_proj.weight", rows),
        Rule(
            rf"{at}\.attention\.keys_values\.weight",
            (rf"{there}.self_attn.k_proj.weight", rf"{there}.self_attn.v_proj.weight"), rows,
        ),
        Rule(rf"{at}\.attention\.output\.weight", rf"{there}.self_attn.o_proj.weight", columns),
        Rule(rf"{at}\.up\.weight", (rf"{there}.mlp.gate_proj.weight", rf"{there}.mlp.up_proj.weight")),
        Rule(rf"{at}\.down\.weight", rf"{there}.mlp.down_proj.weight"),
    ]  # fmt: skip
    return Pair(
        y2022_palm.PaLM(config, seeded()),
        theirs,
        rules,
        [tokens()],
        run_theirs=lambda network, x: [network(x).last_hidden_state],
        unused=r"rotary_emb\..*",
        with_grad=False,
    )


@system("palm, one after the other with RMSNorm")
def palm_of_llama() -> Pair:
    """Compare with Llama's decoder: RoPE, RMSNorm, SwiGLU and one head of keys, one layer after the other.

    RMSNorm, as Gopher has it, is put in the place of our norms; what theirs computes in single precision, the norms and
    the turning, in its place in double.
    """
    package("torchvision")  # which transformers looks for
    llama = part("transformers.models.llama.modeling_llama")
    config = y2022_palm.PaLMConfig(
        vocabulary=WORDS, width=24, hidden=40, heads=3, head=8, layers=2, longest=16, parallel=False
    )
    theirs = llama.LlamaModel(
        llama.LlamaConfig(
            vocab_size=WORDS, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3,
            num_key_value_heads=1, head_dim=8, max_position_embeddings=16, rms_norm_eps=1e-5, pad_token_id=None,
            bos_token_id=None, eos_token_id=None,
        )
    )  # fmt: skip
    theirs.norm = torch.nn.RMSNorm(24, eps=1e-5)
    for block in theirs.layers:
        block.input_layernorm, block.post_attention_layernorm = (torch.nn.RMSNorm(24, eps=1e-5) for _ in range(2))
    angles = (torch.arange(16)[:, None] * 10_000.0 ** (-torch.arange(0, 8, 2) / 8)).repeat(1, 2)
    theirs.rotary_emb.forward = lambda x, **_: (angles.cos()[None, : x.shape[1]], angles.sin()[None, : x.shape[1]])
    ours = y2022_palm.PaLM(config, seeded())
    ours.norm = RMSNorm(24)
    for block in ours.blocks:
        block.norm, block.norm2 = RMSNorm(24), RMSNorm(24)
    at, there = r"blocks\.(\d)", r"layers.\1"
    rules = [
        Rule("tokens", "embed_tokens.weight"), Rule(r"norm\.gain", "norm.weight"),
        Rule(rf"{at}\.norm\.gain", rf"{there}.input_layernorm.weight"),
        Rule(rf"{at}\.norm2\.gain", rf"{there}.post_attention_layernorm.weight"),
        Rule(rf"{at}\.attention\.queries\.weight", rf"{there}.self_attn.q_proj.weight"),
        Rule(
            rf"{at}\.attention\.keys_values\.weight",
            (rf"{there}.self_attn.k_proj.weight", rf"{there}.self_attn.v_proj.weight"),
        ),
        Rule(rf"{at}\.attention\.output\.weight", rf"{there}.self_attn.o_proj.weight"),
        Rule(rf"{at}\.up\.weight", (rf"{there}.mlp.gate_proj.weight", rf"{there}.mlp.up_proj.weight")),
        Rule(rf"{at}\.down\.weight", rf"{there}.mlp.down_proj.weight"),
    ]  # fmt: skip
    return Pair(
        ours,
        theirs,
        rules,
        [tokens()],
        run_theirs=lambda network, x: [network(x).last_hidden_state],
        unused=r"rotary_emb\..*",
        with_grad=False,
    )


@system("bert")
def bert() -> Pair:
    """Compare the encoder with padding, its pooler, and the heads of both pre-training tasks."""
    transformers = package("transformers")
    config = y2018_bert.BERTConfig(vocabulary=WORDS, width=24, hidden=96, heads=3, layers=3, longest=16)
    theirs = transformers.BertForPreTraining(
        transformers.BertConfig(
            vocab_size=WORDS, hidden_size=24, num_hidden_layers=3, num_attention_heads=3, intermediate_size=96,
            hidden_act="gelu_new", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
            max_position_embeddings=16, pad_token_id=PAD,
        )
    )  # fmt: skip
    at, there = r"layers\.(\d)", r"bert.encoder.layer.\1"
    parts = tuple(f"{there}.attention.self.{name}" for name in ("query", "key", "value"))
    rules = [
        Rule("tokens", "bert.embeddings.word_embeddings.weight"),
        Rule("positions", "bert.embeddings.position_embeddings.weight"),
        Rule("segments", "bert.embeddings.token_type_embeddings.weight"),
        *norm("norm", "bert.embeddings.LayerNorm"),
        *(Rule(rf"{at}\.attention\.{kind}", tuple(f"{p}.{kind}" for p in parts)) for kind in ("weight", "bias")),
        *layer(rf"{at}\.attention\.output", f"{there}.attention.output.dense"),
        *norm(rf"{at}\.norm1", f"{there}.attention.output.LayerNorm"),
        *layer(rf"{at}\.feed_forward\.first", f"{there}.intermediate.dense"),
        *layer(rf"{at}\.feed_forward\.second", f"{there}.output.dense"),
        *norm(rf"{at}\.norm3", f"{there}.output.LayerNorm"),
        *layer("pooler", "bert.pooler.dense"),
        *layer("turn", "cls.predictions.transform.dense"),
        *norm("turn_norm", "cls.predictions.transform.LayerNorm"),
        Rule("output_bias", "cls.predictions.bias"),
        *layer("following", "cls.seq_relationship"),
    ]
    x = tokens()
    x[1, 7:] = PAD
    segments = (np.arange(LENGTH) >= 4).astype(np.int64) * np.ones_like(x)

    def run_ours(network: Any, x: np.ndarray, segments: np.ndarray) -> list[Tensor]:
        states = network(x, segments)
        hidden = network.hidden(states.reshape(-1, 24)).reshape(*x.shape, WORDS)
        return [hidden[x != PAD], network.following(network.pooled(states))]

    def run_theirs(network: Any, x: Any, segments: Any) -> list[Any]:
        found = network(x, attention_mask=(x != PAD).long(), token_type_ids=segments)
        return [found.prediction_logits[x != PAD], found.seq_relationship_logits]

    return Pair(y2018_bert.BERT(config, seeded()), theirs, rules, [x, segments], run_ours, run_theirs, with_grad=False)


@system("transformer")
def transformer() -> Pair:
    return translating_pair(bias=True)


@system("transformer, no biases in the attention")
def transformer_of_the_paper() -> Pair:
    return translating_pair(bias=False)


def translating_pair(*, bias: bool) -> Pair:
    """Return ours, and the layers of torch.nn between embedding and output as the paper has them, in torch."""
    nn = torch.nn
    config = y2017_transformer.TransformerConfig(
        vocabulary=WORDS, width=24, hidden=96, heads=3, layers=2, longest=16, bias=bias, dropout=0.0
    )
    how = dict(d_model=24, nhead=3, dim_feedforward=96, dropout=0.0, batch_first=True)

    class Theirs(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tokens = nn.Embedding(WORDS, 24)
            self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(**how), 2, enable_nested_tensor=False)
            self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(**how), 2)

        def embed(self, x: Any) -> Any:
            at = torch.arange(x.shape[1])[:, None] / 10_000 ** (torch.arange(0, 24, 2) / 24)
            places = torch.stack([torch.sin(at), torch.cos(at)], -1).reshape(x.shape[1], 24)
            # Ours keeps its table in float32.
            return self.tokens(x) * 24**0.5 + places.to(torch.float32).to(torch.float64)

        def forward(self, source: Any, target: Any) -> Any:
            padding = source == PAD
            read = self.encoder(self.embed(source), src_key_padding_mask=padding)
            ahead = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool).triu(1)
            states = self.decoder(self.embed(target), read, tgt_mask=ahead, memory_key_padding_mask=padding)
            return states @ self.tokens.weight.T

    rules = [Rule("tokens", "tokens.weight")]
    for part in ("encoder", "decoder"):
        at, there = rf"{part}\.(\d)", rf"{part}.layers.\1"
        second = "multihead_attn" if part == "decoder" else "none"
        for ours, theirs in (("attention", "self_attn"), ("reading", second)):
            rules += [
                Rule(rf"{at}\.{ours}\.weight", f"{there}.{theirs}.in_proj_weight"),
                Rule(rf"{at}\.{ours}\.bias", f"{there}.{theirs}.in_proj_bias"),
                *layer(rf"{at}\.{ours}\.output", f"{there}.{theirs}.out_proj"),
            ]
        last = "norm3" if part == "decoder" else "norm2"
        rules += norm(rf"{at}\.norm1", f"{there}.norm1") + norm(rf"{at}\.norm2", f"{there}.norm2")
        rules += norm(rf"{at}\.norm3", f"{there}.{last}")
        rules += layer(rf"{at}\.feed_forward\.first", f"{there}.linear1")
        rules += layer(rf"{at}\.feed_forward\.second", f"{there}.linear2")
    source = tokens()
    source[2, 6:] = PAD
    network = y2017_transformer.Transformer(config, seeded())
    # torch.nn's biases of the attention begin at zero.
    unused = "(?!)" if bias else r".*(in_proj_bias|out_proj\.bias)"
    return Pair(network, Theirs(), rules, [source, tokens(length=8, seed=2)], unused=unused, with_grad=False)


@system("alphacode")
def alphacode() -> Pair:
    """Ours, and layers of torch.nn, whose heads of keys and values are repeated for the heads of queries."""
    nn, F = torch.nn, torch.nn.functional
    words, written = 40, 23
    config = y2022_alphacode.AlphaCodeConfig(
        vocabulary=words, written=written, width=24, hidden=96, queries=6, keys=2, head=5, encoder=2, decoder=3,
        statement=16, longest=12,
    )  # fmt: skip

    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.q, self.k, self.v = (nn.Linear(24, 5 * heads, bias=False) for heads in (6, 2, 2))
            self.o = nn.Linear(30, 24, bias=False)

        def forward(self, x: Any, source: Any, **how: Any) -> Any:
            q, k, v = (
                part(rows).unflatten(-1, (-1, 5)).transpose(1, 2)
                for part, rows in ((self.q, x), (self.k, source), (self.v, source))
            )
            read = F.scaled_dot_product_attention(q, k.repeat_interleave(3, 1), v.repeat_interleave(3, 1), **how)
            return self.o(read.transpose(1, 2).flatten(2))

    class Layer(nn.Module):
        def __init__(self, reads: bool) -> None:
            super().__init__()
            self.norms = nn.ModuleList(nn.LayerNorm(24) for _ in range(2 + reads))
            self.attention, self.reading = Attention(), Attention() if reads else None
            self.mlp = nn.Sequential(nn.Linear(24, 96), nn.GELU("tanh"), nn.Linear(96, 24))

        def forward(self, x: Any, read: Any = None, padding: Any = None, **how: Any) -> Any:
            y = self.norms[0](x)
            x = x + self.attention(y, y, **how)
            if self.reading is not None:
                x = x + self.reading(self.norms[1](x), read, attn_mask=padding)
            return x + self.mlp(self.norms[-1](x))

    class Theirs(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.places = nn.Embedding(words, 24), nn.Embedding(16, 24)
            self.tokens, self.positions = nn.Embedding(written, 24), nn.Embedding(12, 24)
            self.encoder = nn.ModuleList(Layer(False) for _ in range(2))
            self.decoder = nn.ModuleList(Layer(True) for _ in range(3))
            self.norm1, self.norm2 = nn.LayerNorm(24), nn.LayerNorm(24)

        def forward(self, source: Any, target: Any) -> list[Any]:
            padding = (source != PAD)[:, None, None]
            read = self.words(source) + self.places.weight[: source.shape[1]]
            for block in self.encoder:
                read = block(read, attn_mask=padding)
            read = self.norm1(read)
            x = self.tokens(target) + self.positions.weight[: target.shape[1]]
            for block in self.decoder:
                x = block(x, read, padding, is_causal=True)
            # What is masked in the statement is told by the encoder alone.
            return [self.norm2(x) @ self.tokens.weight.T, (read @ self.words.weight.T)[source != PAD]]

    def run_ours(network: Any, source: np.ndarray, target: np.ndarray) -> list[Tensor]:
        states, mask = network.encode(source)
        return [network.decode(target, states, mask), linear(states[source != PAD], network.words)]

    rules = [Rule(name, f"{name}.weight") for name in ("words", "places", "tokens", "positions")]
    rules += norm("norm1", "norm1") + norm("norm2", "norm2")
    for part, last in (("encoder", 1), ("decoder", 2)):
        at = rf"{part}\.(\d)"
        for kind in ("attention", "reading"):
            there = rf"{part}.\1.{kind}"
            rules += [
                Rule(rf"{at}\.{kind}\.query\.weight", f"{there}.q.weight"),
                Rule(rf"{at}\.{kind}\.source\.weight", (f"{there}.k.weight", f"{there}.v.weight")),
                Rule(rf"{at}\.{kind}\.output\.weight", f"{there}.o.weight"),
            ]
        for ours, theirs in ((1, 0), (2, 1), (3, last)):
            rules += norm(rf"{at}\.norm{ours}", rf"{part}.\1.norms.{theirs}")
        rules += layer(rf"{at}\.mlp\.first", rf"{part}.\1.mlp.0") + layer(rf"{at}\.mlp\.second", rf"{part}.\1.mlp.2")
    rng = seeded()
    source, target = rng.integers(5, words, (3, 9)), rng.integers(1, written, (3, 8))
    source[2, 6:] = PAD
    network = y2022_alphacode.AlphaCode(config, rng)
    return Pair(network, Theirs(), rules, [source, target], run_ours, lambda net, *x: net(*x), with_grad=False)


# -- older ones, of layers that torch has -----------------------------------------------------------------------------


def reels(count: int = 4, steps: int = 6) -> np.ndarray:
    return np.random.default_rng(1).random((count, steps, 5, 4))


def recurrent_pair(ours: Network, kind: str, rules: Sequence[Rule], unused: str = "(?!)", gates: int = 0) -> Pair:
    nn = torch.nn

    class Theirs(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.eye = nn.Linear(20, 8)
            self.layer = getattr(nn, kind)(8, 7, batch_first=True)
            self.output = nn.Linear(7, 6)
            if gates:
                self.layer.bias_hh_l0.data.zero_()

        def forward(self, x: Any) -> Any:
            return self.output(self.layer(self.eye(x.flatten(2)))[0][:, -1])

    return Pair(ours, Theirs(), [*layer("output", "output"), *rules], [reels()], unused=unused)


ONE_BIAS = r"layer\.bias_hh_l0"


@system("lstm")
def lstm() -> Pair:
    config = y1997_lstm.LSTMConfig(inputs=20, eye=8, hidden=7, classes=6, blind=0.0)
    rules = [
        *layer(r"eye\.layer", "eye"), Rule(r"cells\.w_in", "layer.weight_ih_l0"),
        Rule(r"cells\.w_state", "layer.weight_hh_l0"), Rule(r"cells\.bias", "layer.bias_ih_l0"),
    ]  # fmt: skip
    return recurrent_pair(y1997_lstm.LSTM(config, seeded()), "LSTM", rules, ONE_BIAS, gates=4)


@system("gru")
def gru() -> Pair:
    config = y2014_gru.GRUConfig(inputs=20, eye=8, hidden=7, classes=6, blind=0.0)
    rules = [
        *layer(r"eye\.layer", "eye"), Rule(r"units\.w_in", "layer.weight_ih_l0"),
        Rule(r"units\.w_state", "layer.weight_hh_l0"), Rule(r"units\.b_in", "layer.bias_ih_l0"),
        Rule(r"units\.b_state", "layer.bias_hh_l0"),
    ]  # fmt: skip
    return recurrent_pair(y2014_gru.GRU(config, seeded()), "GRU", rules)


@system("rnn")
def rnn() -> Pair:
    config = y1986_rnn.RNNConfig(inputs=20, eye=8, hidden=7, classes=6)
    rules = [
        *layer("eye", "eye"), Rule("w_in", "layer.weight_ih_l0"), Rule("w_state", "layer.weight_hh_l0"),
        Rule("bias", "layer.bias_ih_l0"),
    ]  # fmt: skip
    return recurrent_pair(y1986_rnn.RNN(config, seeded()), "RNN", rules, ONE_BIAS, gates=1)


@system("mlp")
def mlp() -> Pair:
    nn = torch.nn
    config = y1986_mlp.MLPConfig(inputs=20, hidden=(9, 7), classes=6)
    theirs = nn.Sequential(
        nn.Flatten(), nn.Linear(20, 9), nn.Sigmoid(), nn.Linear(9, 7), nn.Sigmoid(), nn.Linear(7, 6), nn.Sigmoid()
    )
    rules = [rule for k in range(3) for rule in layer(rf"layers\.{k}", f"{2 * k + 1}")]
    return Pair(y1986_mlp.MLP(config, seeded()), theirs, rules, [reels()[:, 0]])


# -- the tests --------------------------------------------------------------------------------------------------------


def built(name: str) -> Pair:
    """Return a pair with equal weights, in float64."""
    pair = CASES[name]()
    pair.ours.astype(np.float64)
    draw(pair.ours, np.random.default_rng(3))
    copy(pair)
    return pair


@pytest.mark.parametrize("name", CASES)
def test_same_as_the_public_implementation(name):
    pair = built(name)
    found = {mode: compare(pair, trains=mode == "training") for mode in ("training", "evaluation")}
    told = "; ".join(
        f"{mode}: outputs {a:.1e}, gradients {b:.1e}, running moments {c:.1e}" for mode, (a, b, c) in found.items()
    )
    assert all(a <= OUTPUTS and b <= GRADIENTS and c <= OUTPUTS for a, b, c in found.values()), f"{name}: {told}"


def test_gpt2_goes_on_from_its_cache_as_the_public_one_does():
    pair = built("gpt2")
    pair.theirs.eval()
    x = tokens()
    kept, past = [y2017_transformer.Past() for _ in pair.ours.blocks], package("transformers").DynamicCache()
    named = inspect.signature(type(pair.theirs).forward).parameters
    how = {"cache" if "cache" in named else "past_key_values": past, "use_cache": True}
    for place in range(LENGTH):
        with no_grad():
            ours = pair.ours.follow(x[:, place], kept, place)
        found = pair.theirs(torch.tensor(x[:, place : place + 1]), **how)
        wanted = found.last_hidden_state[:, -1] @ pair.theirs.wte.weight.T
        assert worst(ours, wanted.detach().numpy()) <= OUTPUTS
    # And what is written token by token is what is computed at once.
    with no_grad():
        whole = linear(pair.ours(x), pair.ours.tokens).data[:, -1]
    assert worst(ours, whole) <= OUTPUTS


def test_a_weight_that_differs_is_noticed():
    pair = built("mlp")
    pair.ours.layers[1].weight.data[2, 3] += 1e-6
    outputs, gradients, _ = compare(pair, trains=False)
    assert outputs > OUTPUTS
    assert gradients > GRADIENTS


def test_as_many_systems_are_compared_as_the_documents_say():
    for name in PACKAGES:
        package(name)  # skips where it is not installed, as its systems' tests then do
    systems = {name.split(",")[0] for name in CASES}
    assert len(systems) >= WANTED
    assert systems <= set(registry.names())
    told = (Path(__file__).parents[3] / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert f"{len(systems)} systems, with weights copied by name" in told
