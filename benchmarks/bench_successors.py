"""Time of the successors over eager PyTorch on the same networks: a training step, one frame, and a whole answer.

Both have the same weights, the same loss, optimiser and rates, batches of 64, one thread each; outputs and losses are
compared first, in use and, without dropout, while training. They take turns in one process; the figure of a system is
the median of the ratios of neighbouring turns. What is done to the stimuli while they are learned is left out on both
sides. PyTorch is eager, with images in its usual order of memory and optimisers as they come; the mirrors are in
`mirrors`.

- step: a training step. On our side with all that a user pays for: checks of shapes and values, answers on the lamps.
- frame: the network alone, without gradient, on one frame; on one exposure, for those that see reels.
- answer: from one stimulus, a whole reel for those that see reels, to its answer; on our side again with all checks.

Of systems that read or write text a step is measured alone, of study where they study; their texts and scenes are those
of their own task, and both sides make the same tokens of them by the same means. Of systems that draw it is a step as
well, with the batch of their recipe, and below it each kind of step by itself; see `drawing_steps`.

Perceptron, neocognitron and Hopfield net learn by rules of their own, without gradients; PyTorch has nothing to be
compared with there, and they are left out.

Needs the extra `parity`. Prints a table; `--json FILE` writes it as well. Where other programs run, `--processor` times
by the time that this one had the processor, which says roughly the same.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

import numpy as np  # noqa: E402
import torch  # noqa: E402
from drawing_steps import pairs  # noqa: E402
from mirrors import MIRRORS  # noqa: E402
from turns import turns  # noqa: E402

from marki.files import write_json  # noqa: E402
from marki.io.ports import Port  # noqa: E402
from successors import registry, tasks  # noqa: E402
from successors.nn.learner import Successor  # noqa: E402
from successors.nn.module import training  # noqa: E402
from successors.nn.tensor import Tensor, no_grad  # noqa: E402
from successors.timeline.y2022_dalle2 import DALLE2  # noqa: E402

torch.set_num_threads(1)
BATCH = 64
STEPS = {"rnn": 8, "lstm": 101, "gru": 101}
"""Exposures of the reels: those of the system's own task."""

PLAIN = {"lenet5": {"shift": 0}, "lstm": {"blind": 0.0}, "gru": {"blind": 0.0}, "rnn": {"rolled": False}}
"""Changes that leave out what a network itself does to the stimuli while training; shifts and warps, all leave out."""
DROPPED = ("dropout", "aux_dropout", "drop_path")
"""Settings of what is left out at random while training."""


def created(name: str, **changes: Any) -> Successor:
    """Return a learner that takes its stimuli as they are."""
    return registry.create(name, recipe__shift=0, recipe__affine=0.0, **PLAIN.get(name, {}), **changes)


def stimuli(learner: Successor, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a batch of noise, and labels."""
    rng = np.random.default_rng(0)
    shape = (BATCH, STEPS[name], 20, 20) if name in STEPS else (BATCH, 20, 20)
    return rng.random(shape, np.float32), rng.integers(learner.config.classes, size=BATCH)


def agreement(learner: Successor, mirror: torch.nn.Module, x: np.ndarray, labels: np.ndarray) -> float:
    """Return the largest difference of outputs and loss in use, relative to the largest output."""
    mirror.eval()
    with no_grad(), torch.no_grad():
        ours, theirs = learner.network(Tensor(x)), mirror(torch.from_numpy(x))
        loss = abs(learner.network.loss(ours, labels).item() - mirror.loss(theirs, torch.from_numpy(labels)).item())
    scale = max(1.0, float(np.abs(ours.data).max()))
    return max(float(np.abs(ours.data - theirs.numpy()).max()), loss) / scale


def training_agreement(name: str, x: np.ndarray, labels: np.ndarray) -> float:
    """Return the relative difference of the loss of a batch while training, without what is left out at random."""
    known = vars(created(name).config)
    learner = created(name, **{field: 0.0 for field in DROPPED if field in known})
    mirror = MIRRORS[name](learner).train()
    with no_grad(), torch.no_grad(), training(np.random.default_rng(0)):
        ours = learner.network.loss(learner.network(Tensor(x)), labels).item()
        theirs = mirror.loss(mirror(torch.from_numpy(x)), torch.from_numpy(labels)).item()
    return abs(ours - theirs) / max(1.0, abs(ours))


def optimiser_of(learner: Successor, mirror: torch.nn.Module) -> torch.optim.Optimizer:
    """Return PyTorch's optimiser by our recipe; AdamW lets matrices decay alone, as ours does."""
    recipe, parameters = learner.recipe, list(mirror.parameters())
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(parameters, lr=recipe.rate, momentum=recipe.momentum, weight_decay=recipe.decay)
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": recipe.decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.rate, betas=(recipe.beta1, recipe.beta2))


def measure_drawing(name: str, rounds: int, clock: Callable[[], float]) -> Iterator[dict[str, Any]]:
    """Yield the figures of a system that draws: those of a step, then those of each kind of step."""
    learner = registry.find(name).entry.create()
    if isinstance(learner.network, DALLE2):  # it asks the CLIP that it stands on at each step
        learner.stand_on(registry.find("clip").entry.create().network)
    mirror = MIRRORS[name](learner).train()
    for pair in pairs(learner, mirror):
        if not pair.differ < 1e-4:
            raise SystemExit(f"{name} {pair.kind}: losses differ by {pair.differ:.1e}")
        ours, theirs, step = turns(pair.ours, pair.theirs, rounds, 1 if pair.steps > 1 else 5, clock)
        yield {
            "name": name,
            "kind": pair.kind,
            "step_ms": 1e3 * ours / pair.steps,
            "torch_step_ms": 1e3 * theirs / pair.steps,
            "step_ratio": step,
            "agreement": pair.differ,
            "batch": learner.recipe.batch,
        }


def measure_text(name: str, rounds: int, clock: Callable[[], float]) -> dict[str, Any]:
    """Return the figures of a system that reads or writes text: those of a step."""
    entry = registry.find(name).entry
    learner = entry.create()
    mirror = MIRRORS[name](learner)
    deck = tasks.load(entry.trials[0].task, **entry.trials[0].options)
    studies = learner.recipe.pretrain_steps > 0
    texts = deck.corpus[:BATCH] if studies else deck.train.stimuli[:BATCH]
    targets = None if studies else deck.train.targets[:BATCH]
    wanted = targets if studies or learner.labels is None else learner.labels.read(targets)
    with no_grad(), torch.no_grad():
        network = learner.network
        ours = network.pretrain(texts) if studies else network.judged(texts, wanted)[1]
        off = abs(ours.item() - mirror.step(texts, wanted).item()) / max(1.0, abs(ours.item()))
    if not off < 1e-4:
        raise SystemExit(f"{name}: the two networks are not the same, losses differ by {off:.1e}")
    optimiser, recipe, steps = optimiser_of(learner, mirror), learner.recipe, itertools.count()
    rng = np.random.default_rng(0)

    def their_step() -> None:
        rate = recipe.rate_at(next(steps))
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.zero_grad()
        mirror.step(texts, rng if studies else wanted).backward()
        torch.nn.utils.clip_grad_norm_(mirror.parameters(), recipe.clip)
        optimiser.step()

    def our_step() -> None:
        learner.pretrain(texts) if studies else learner.reinforce(texts, targets)

    ours, theirs, step = turns(our_step, their_step, rounds, 5, clock)
    return {
        "name": name,
        "step_ms": 1e3 * ours,
        "torch_step_ms": 1e3 * theirs,
        "step_ratio": step,
        "agreement": off,
    }


def measure(name: str, rounds: int, clock: Callable[[], float]) -> Iterator[dict[str, Any]]:
    """Yield the figures of one system, and of parts of it if it has several kinds of steps."""
    entry = registry.find(name).entry
    if entry.answers is Port.FIELD:
        yield from measure_drawing(name, rounds, clock)
    elif Port.TEXT in (entry.accepts, entry.answers) or entry.accepts is Port.ASKED:
        yield measure_text(name, rounds, clock)
    else:
        yield measure_reader(name, rounds, clock)


def measure_reader(name: str, rounds: int, clock: Callable[[], float]) -> dict[str, Any]:
    """Return the figures of a system that tells classes of frames or reels."""
    learner = created(name)
    mirror = MIRRORS[name](learner)
    x, labels = stimuli(learner, name)
    off = max(agreement(learner, mirror, x, labels), training_agreement(name, x, labels))
    if not off < 1e-4:
        raise SystemExit(f"{name}: the two networks are not the same, outputs or losses differ by {off:.1e}")
    optimiser = optimiser_of(learner, mirror)
    targets, wanted = learner.labels.lamps(labels), torch.from_numpy(labels)
    recipe, steps = learner.recipe, itertools.count()

    def their_step() -> None:
        rate = recipe.rate_at(next(steps))
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.zero_grad()
        outputs = mirror(torch.from_numpy(x))
        mirror.loss(outputs, wanted).backward()
        if recipe.clip:
            torch.nn.utils.clip_grad_norm_(mirror.parameters(), recipe.clip)
        optimiser.step()
        mirror.decide(outputs).numpy()

    def their_answer() -> None:
        with torch.inference_mode():
            mirror.decide(mirror(torch.from_numpy(x[:1]))).numpy()

    mirror.train()
    calls = 1 if name in STEPS else 5
    ours, theirs, step = turns(lambda: learner.reinforce(x, targets), their_step, rounds, calls, clock)
    mirror.eval()
    answer = turns(lambda: learner.respond(x[:1]), their_answer, rounds, 5 if name in STEPS else 50, clock)
    single = x[:1, :1] if name in STEPS else x[:1]
    shown, given = Tensor(single), torch.from_numpy(single)

    def our_frame() -> None:
        with no_grad():
            learner.network(shown)

    def their_frame() -> None:
        with torch.inference_mode():
            mirror(given)

    frame = turns(our_frame, their_frame, rounds, 50, clock)
    return {
        "name": name,
        "step_ms": 1e3 * ours,
        "torch_step_ms": 1e3 * theirs,
        "step_ratio": step,
        "frame_us": 1e6 * frame[0],
        "torch_frame_us": 1e6 * frame[1],
        "frame_ratio": frame[2],
        "answer_us": 1e6 * answer[0],
        "torch_answer_us": 1e6 * answer[1],
        "answer_ratio": answer[2],
        "agreement": off,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(MIRRORS), metavar="NAME")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--processor", action="store_true", help="time by the processor, where other programs run")
    args = parser.parse_args()
    print(f"numpy {np.__version__}, torch {torch.__version__}, batch {BATCH}, one thread, {args.rounds} rounds")
    head = "".join(f"{title:>12}{'torch':>9}{'ratio':>7}" for title in ("step, ms", "frame, us", "answer, us"))
    print(f"{'system':<27}{head}")
    rows = []
    clock = time.process_time if args.processor else time.perf_counter
    for r in (r for name in args.names for r in measure(name, args.rounds, clock)):
        rows.append(r)
        cells = [f"{r['step_ms']:>12.2f}{r['torch_step_ms']:>9.2f}{r['step_ratio']:>7.2f}"]
        for kind in ("frame", "answer"):
            if f"{kind}_us" in r:
                cells.append(f"{r[f'{kind}_us']:>12.0f}{r[f'torch_{kind}_us']:>9.0f}{r[f'{kind}_ratio']:>7.2f}")
        print(f"{'  ' + r['kind'] if r.get('kind') else r['name']:<27}" + "".join(cells), flush=True)
    systems = [r for r in rows if not r.get("kind")]
    ratios = {k: [r[k] for r in systems if k in r] for k in ("step_ratio", "frame_ratio", "answer_ratio")}
    means = {k: statistics.geometric_mean(found) for k, found in ratios.items() if found}
    print(f"{'geometric mean':<48}" + f"{'':>21}".join(f"{mean:>7.2f}" for mean in means.values()))
    if args.json:
        write_json(args.json, {"rows": rows, "geometric_mean": means, "batch": BATCH, "torch": torch.__version__})


if __name__ == "__main__":
    main()
