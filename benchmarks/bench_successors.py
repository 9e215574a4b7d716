"""Time of the successors over eager PyTorch on the same networks: a training step, one frame, and a whole answer.

Both have the same weights (their outputs are compared first), the same loss and optimiser, batches of 64, one thread
each. They take turns in one process; the figure of a system is the median of the ratios of neighbouring turns.

- step: a training step. On our side with all that a user pays for: checks of shapes and values, answers on the lamps.
- frame: the network alone, without gradient, on one frame; on one exposure, for those that see reels.
- answer: from one stimulus, a whole reel for those that see reels, to its answer; on our side again with all checks.

Perceptron, neocognitron and Hopfield net learn by rules of their own, without gradients; PyTorch has nothing to be
compared with there, and they are left out.

Needs the extra `parity`. Prints a table; `--json FILE` writes it as well.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

from marki.files import write_json  # noqa: E402
from successors import catalogue  # noqa: E402
from successors.nn.learner import Successor  # noqa: E402
from successors.nn.tensor import Tensor, no_grad  # noqa: E402

torch.set_num_threads(1)
BATCH = 64
STEPS = {"rnn": 8, "lstm": 101, "gru": 101}
"""Exposures of the reels: those of the system's own task."""


def weights(learner: Successor) -> dict[str, torch.nn.Parameter]:
    """Return copies of our weights for PyTorch."""
    return {n: torch.nn.Parameter(torch.from_numpy(p.data.copy())) for n, p in learner.network.parameters().items()}


def bent(x: torch.Tensor) -> torch.Tensor:
    return 1.7159 * torch.tanh(x * (2 / 3))


class MLP(torch.nn.Module):
    def __init__(self, learner: Successor):
        super().__init__()
        self.w = weights(learner)
        self.count = len(learner.network.layers)

    def forward(self, x):
        x = x.flatten(1)
        for k in range(self.count):
            x = torch.sigmoid(F.linear(x, self.w[f"layers.{k}.weight"], self.w[f"layers.{k}.bias"]))
        return x

    def loss(self, outputs, labels):
        if outputs.shape[1] == 1:
            wanted = labels[:, None].to(outputs.dtype)
        else:
            wanted = F.one_hot(labels, outputs.shape[1]).to(outputs.dtype)
        return 0.5 * ((outputs - wanted) ** 2).sum()


class LeCun(torch.nn.Module):
    def __init__(self, learner: Successor):
        super().__init__()
        from successors.timeline.y1989_lecun import SEEN

        self.w, self.table = weights(learner), torch.from_numpy(SEEN)

    def forward(self, x):
        w = self.w
        x = F.pad((x * 2 - 1)[:, None], (2, 2, 2, 2), value=-1.0)
        x = bent(F.conv2d(x, w["h1.kernels"][:, None], stride=2) + w["h1.bias"])
        kernels = torch.zeros(12, 12, 5, 5)
        kernels[self.table] = w["h2.kernels"]
        x = bent(F.conv2d(F.pad(x, (2, 2, 2, 2), value=-1.0), kernels, stride=2) + w["h2.bias"])
        x = bent(F.linear(x.flatten(1), w["h3.weight"], w["h3.bias"]))
        return bent(F.linear(x, w["output.weight"], w["output.bias"]))

    def loss(self, outputs, labels):
        return F.mse_loss(outputs, 2 * F.one_hot(labels, outputs.shape[1]).to(outputs.dtype) - 1)


class LeNet5(torch.nn.Module):
    def __init__(self, learner: Successor):
        super().__init__()
        from successors.timeline.y1998_lenet5 import BLACK, TABLE, WHITE, codes

        self.w, self.table = weights(learner), torch.from_numpy(TABLE)
        self.white, self.reach = WHITE, BLACK - WHITE
        self.codes = torch.from_numpy(codes(learner.config.classes))
        self.border, self.rubbish = learner.config.border, learner.config.rubbish

    def forward(self, x):
        w, b = self.w, self.border
        x = F.pad((x * self.reach + self.white)[:, None], (b, b, b, b), value=self.white)
        x = bent(F.conv2d(x, w["c1.weight"], w["c1.bias"]))
        x = bent(F.avg_pool2d(x, 2) * (w["s2.coefficient"] * 4) + w["s2.bias"])
        kernels = torch.zeros(16, 6, 5, 5)
        kernels[self.table] = w["c3.kernels"]
        x = bent(F.conv2d(x, kernels, w["c3.bias"].flatten()))
        x = bent(F.avg_pool2d(x, 2) * (w["s4.coefficient"] * 4) + w["s4.bias"])
        x = bent(F.conv2d(x, w["c5.weight"], w["c5.bias"])).flatten(1)
        x = bent(F.linear(x, w["f6.weight"], w["f6.bias"]))
        return (x * x).sum(1, keepdim=True) - 2 * F.linear(x, self.codes) + self.codes.shape[1]

    def loss(self, outputs, labels):
        rubbish = torch.full((len(outputs), 1), -self.rubbish)
        return F.cross_entropy(torch.cat([-outputs, rubbish], 1), labels)


class Recurrent(torch.nn.Module):
    """PyTorch's own recurrences, with our weights in their places."""

    def __init__(self, learner: Successor):
        super().__init__()
        network = learner.network
        self.eye = layer(network.eye.layer) if learner.config.eye else torch.nn.Identity()
        self.output = layer(network.output)
        self.cell = self.made(network)

    def forward(self, x):
        states, _ = self.cell(self.eye(x.flatten(2)))
        return self.output(states[:, -1])

    def loss(self, outputs, labels):
        return F.cross_entropy(outputs, labels)


class RNN(Recurrent):
    def made(self, network):
        h, d = network.w_in.shape
        return filled(torch.nn.RNN(d, h, batch_first=True), network.w_in, network.w_state, network.bias)


class LSTM(Recurrent):
    def made(self, network):
        cells = network.cells
        h, d = cells.w_state.shape[1], cells.w_in.shape[1]
        return filled(torch.nn.LSTM(d, h, batch_first=True), cells.w_in, cells.w_state, cells.bias)


class GRU(Recurrent):
    def made(self, network):
        units = network.units
        h, d = units.w_state.shape[1], units.w_in.shape[1]
        return filled(torch.nn.GRU(d, h, batch_first=True), units.w_in, units.w_state, units.b_in, units.b_state)


def layer(ours: Any) -> torch.nn.Linear:
    """Return a linear layer with our weights."""
    k, d = ours.weight.shape
    theirs = torch.nn.Linear(d, k)
    with torch.no_grad():
        theirs.weight.copy_(torch.from_numpy(ours.weight.data))
        theirs.bias.copy_(torch.from_numpy(ours.bias.data))
    return theirs


def filled(cell: torch.nn.RNNBase, w_in: Any, w_state: Any, bias: Any, second: Any = None) -> torch.nn.RNNBase:
    """Fill PyTorch's cell with our weights; it always has two biases, where ours but for the GRU has one."""
    with torch.no_grad():
        cell.weight_ih_l0.copy_(torch.from_numpy(w_in.data))
        cell.weight_hh_l0.copy_(torch.from_numpy(w_state.data))
        cell.bias_ih_l0.copy_(torch.from_numpy(bias.data))
        cell.bias_hh_l0.zero_()
        if second is not None:
            cell.bias_hh_l0.copy_(torch.from_numpy(second.data))
    return cell


MIRRORS: dict[str, Callable[[Successor], torch.nn.Module]] = {
    "mlp": MLP,
    "rnn": RNN,
    "lecun": LeCun,
    "lstm": LSTM,
    "lenet5": LeNet5,
    "gru": GRU,
}
PLAIN = {"lenet5": {"shift": 0}, "lstm": {"blind": 0.0}, "gru": {"blind": 0.0}, "rnn": {"rolled": False}}
"""Changes that leave out what is done to the stimuli while training, so that both sides train the network alone."""


def stimuli(learner: Successor, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a batch of noise, and labels."""
    rng = np.random.default_rng(0)
    shape = (BATCH, STEPS[name], 20, 20) if name in STEPS else (BATCH, 20, 20)
    return rng.random(shape, np.float32), rng.integers(learner.config.classes, size=BATCH)


def agreement(learner: Successor, mirror: torch.nn.Module, x: np.ndarray, labels: np.ndarray) -> float:
    """Return the largest difference of outputs and loss, relative to the largest output."""
    with no_grad(), torch.no_grad():
        ours, theirs = learner.network(Tensor(x)), mirror(torch.from_numpy(x))
        loss = abs(learner.network.loss(ours, labels).item() - mirror.loss(theirs, torch.from_numpy(labels)).item())
    scale = max(1.0, float(np.abs(ours.data).max()))
    return max(float(np.abs(ours.data - theirs.numpy()).max()), loss) / scale


def optimiser_of(learner: Successor, mirror: torch.nn.Module) -> torch.optim.Optimizer:
    recipe = learner.recipe
    parameters = list(getattr(mirror, "w", dict(mirror.named_parameters())).values())
    if recipe.optimiser == "adam":
        return torch.optim.AdamW(parameters, lr=recipe.rate, weight_decay=recipe.decay)
    return torch.optim.SGD(parameters, lr=recipe.rate, momentum=recipe.momentum)


def turns(ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int, calls: int) -> tuple[float, float, float]:
    """Return our time and theirs, medians in seconds a call, and the median of their ratios."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 2):
        for call, kept in zip((ours, theirs), times, strict=True):
            start = time.perf_counter()
            for _ in range(calls):
                call()
            if turn > 1:  # the first turns warm up
                kept.append((time.perf_counter() - start) / calls)
    ratios = [a / b for a, b in zip(*times, strict=True)]
    return statistics.median(times[0]), statistics.median(times[1]), statistics.median(ratios)


def measure(name: str, rounds: int) -> dict[str, Any]:
    """Return the figures of one system."""
    learner = catalogue.create(name, **PLAIN.get(name, {}))
    mirror = MIRRORS[name](learner)
    x, labels = stimuli(learner, name)
    off = agreement(learner, mirror, x, labels)
    if off > 1e-4:
        raise SystemExit(f"{name}: the two networks are not the same, outputs differ by {off:.1e}")
    optimiser = optimiser_of(learner, mirror)
    targets, wanted = learner.labels.lamps(labels), torch.from_numpy(labels)
    clip = learner.recipe.clip

    def their_step() -> None:
        optimiser.zero_grad()
        outputs = mirror(torch.from_numpy(x))
        mirror.loss(outputs, wanted).backward()
        if clip:
            torch.nn.utils.clip_grad_norm_([p for g in optimiser.param_groups for p in g["params"]], clip)
        optimiser.step()
        outputs.argmax(1).numpy()

    def their_answer() -> None:
        with torch.inference_mode():
            mirror(torch.from_numpy(x[:1])).argmax(1).numpy()

    ours, theirs, step = turns(lambda: learner.reinforce(x, targets), their_step, rounds, 1 if name in STEPS else 5)
    answer = turns(lambda: learner.respond(x[:1]), their_answer, rounds, 5 if name in STEPS else 50)
    single = x[:1, :1] if name in STEPS else x[:1]
    shown, given = Tensor(single), torch.from_numpy(single)

    def our_frame() -> None:
        with no_grad():
            learner.network(shown)

    def their_frame() -> None:
        with torch.inference_mode():
            mirror(given)

    frame = turns(our_frame, their_frame, rounds, 50)
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
    args = parser.parse_args()
    print(f"numpy {np.__version__}, torch {torch.__version__}, batch {BATCH}, one thread, {args.rounds} rounds")
    head = "".join(f"{title:>12}{'torch':>9}{'ratio':>7}" for title in ("step, ms", "frame, us", "answer, us"))
    print(f"{'system':<10}{head}")
    rows = []
    for name in args.names:
        r = measure(name, args.rounds)
        rows.append(r)
        print(
            f"{name:<10}{r['step_ms']:>12.2f}{r['torch_step_ms']:>9.2f}{r['step_ratio']:>7.2f}"
            f"{r['frame_us']:>12.0f}{r['torch_frame_us']:>9.0f}{r['frame_ratio']:>7.2f}"
            f"{r['answer_us']:>12.0f}{r['torch_answer_us']:>9.0f}{r['answer_ratio']:>7.2f}",
            flush=True,
        )
    means = {k: statistics.geometric_mean(r[k] for r in rows) for k in ("step_ratio", "frame_ratio", "answer_ratio")}
    print(f"{'geometric mean':<31}" + f"{'':>21}".join(f"{mean:>7.2f}" for mean in means.values()))
    if args.json:
        write_json(args.json, {"rows": rows, "geometric_mean": means, "batch": BATCH, "torch": torch.__version__})


if __name__ == "__main__":
    main()
