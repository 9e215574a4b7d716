"""What a training step is made of: single calls of NumPy and whole operations, each over PyTorch's of the same.

The sizes are of the order of our systems': of those that write, 64 texts of 40 tokens, rows of 128 numbers, four heads;
of those that draw, 32 images of 16 channels. One thread each; results are compared first. They take turns in one
process; the figure is the median of the ratios of neighbouring turns. Calls show what NumPy's own kernels cost, which
no way of writing an operation can go below.

Needs the extra `parity`. Prints a table; `--json FILE` writes it as well.
"""

from __future__ import annotations

import argparse
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
import torch.nn.functional as F  # noqa: E402
from turns import turns  # noqa: E402

from marki.files import write_json  # noqa: E402
from successors.nn.activations import gelu, silu  # noqa: E402
from successors.nn.attention import attention  # noqa: E402
from successors.nn.convolution import conv2d  # noqa: E402
from successors.nn.functions import linear  # noqa: E402
from successors.nn.normalisation import group_norm, layer_norm  # noqa: E402
from successors.nn.tensor import Tensor  # noqa: E402

torch.set_num_threads(1)
ROWS, WIDTH, HIDDEN = 2560, 128, 512
HEADS = (64, 4, 40, 32)
IMAGES, SIDE, CHANNELS = 32, 20, 16

Call = Callable[[], Any]


def drawn(*shape: int) -> np.ndarray:
    """Return normal numbers, the same for a shape."""
    return np.random.default_rng(len(shape)).standard_normal(shape, np.float32)


def calls() -> Iterator[tuple[str, Call, Call]]:
    """Yield single calls: what it is, ours, and theirs."""
    x, w, h = drawn(ROWS, WIDTH), drawn(HIDDEN, WIDTH), drawn(ROWS, HIDDEN)
    tx, tw, th = map(torch.from_numpy, (x, w, h))
    yield f"product ({ROWS}, {WIDTH}) ({WIDTH}, {HIDDEN})", lambda: x @ w.T, lambda: tx @ tw.T
    yield f"product ({HIDDEN}, {ROWS}) ({ROWS}, {WIDTH})", lambda: h.T @ x, lambda: th.T @ tx
    yield f"sum of two ({ROWS}, {HIDDEN})", lambda: h + h, lambda: th + th
    yield f"tanh ({ROWS}, {HIDDEN})", lambda: np.tanh(h), lambda: th.tanh()
    yield f"exp ({ROWS}, {HIDDEN})", lambda: np.exp(h), lambda: th.exp()
    yield f"sums of rows ({ROWS}, {WIDTH})", lambda: x.sum(1), lambda: tx.sum(1)
    yield f"maxima of rows ({ROWS}, {WIDTH})", lambda: x.max(1), lambda: tx.amax(1)


def operations() -> Iterator[tuple[str, Call, Call]]:
    """Yield operations, forward and backward: what it is, ours, and theirs."""

    def both(ours: Callable[..., Tensor], theirs: Callable[..., torch.Tensor], *given: np.ndarray) -> tuple[Call, Call]:
        g = drawn(*ours(*map(Tensor, given)).shape)
        like = torch.from_numpy(g)

        def mine() -> np.ndarray:
            tensors = [Tensor(a, requires_grad=True) for a in given]
            ours(*tensors).backward(g)
            return tensors[0].gradient

        def other() -> np.ndarray:
            tensors = [torch.from_numpy(a).requires_grad_() for a in given]
            theirs(*tensors).backward(like)
            assert tensors[0].grad is not None
            return tensors[0].grad.numpy()

        return mine, other

    x, h, gain, bias = drawn(ROWS, WIDTH), drawn(ROWS, HIDDEN), drawn(WIDTH), drawn(WIDTH)
    yield "affine map", *both(linear, F.linear, x, drawn(HIDDEN, WIDTH), drawn(HIDDEN))
    yield "GELU, by tanh", *both(lambda a: gelu(a, tanh=True), lambda a: F.gelu(a, approximate="tanh"), h)
    yield "layer normalisation", *both(layer_norm, lambda a, g, b: F.layer_norm(a, (WIDTH,), g, b), x, gain, bias)
    mask = np.tril(np.ones((HEADS[2],) * 2, bool))
    yield (
        "attention, masked",
        *both(
            lambda q, k, v: attention(q, k, v, mask=mask),
            lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
            *(drawn(*HEADS) + k for k in range(3)),
        ),
    )
    images, scale, shift = drawn(IMAGES, CHANNELS, SIDE, SIDE), drawn(CHANNELS), drawn(CHANNELS)
    yield (
        "group normalisation",
        *both(lambda a, g, b: group_norm(a, 4, g, b), lambda a, g, b: F.group_norm(a, 4, g, b), images, scale, shift),
    )
    yield "SiLU", *both(silu, F.silu, images)
    for filters, size in ((CHANNELS, 3), (CHANNELS // 2, 7)):
        kernels = drawn(filters, CHANNELS, size, size) / size
        yield (
            f"convolution {size}x{size}, {CHANNELS} to {filters}",
            *both(
                lambda a, w, size=size: conv2d(a, w, padding=size // 2),
                lambda a, w, size=size: F.conv2d(a, w, padding=size // 2),
                images,
                kernels,
            ),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--processor", action="store_true", help="time by the processor that the program had")
    parser.add_argument("--json", metavar="FILE")
    args = parser.parse_args()
    clock = time.process_time if args.processor else time.perf_counter
    print(f"numpy {np.__version__}, torch {torch.__version__}, one thread, {args.rounds} rounds")
    rows: list[dict[str, Any]] = []
    for kind, listed in (("one call", calls()), ("operation", operations())):
        print(f"{kind:<40}{'us':>10}{'torch':>10}{'ratio':>8}")
        for what, ours, theirs in listed:
            a, b = np.asarray(ours()), np.asarray(theirs())
            if not np.abs(a - b).max() < 1e-4 * np.abs(b).max():
                raise SystemExit(f"{what}: the two are not the same")
            mine, other, ratio = turns(ours, theirs, args.rounds, 10, clock)
            rows.append({"kind": kind, "what": what, "us": 1e6 * mine, "torch_us": 1e6 * other, "ratio": ratio})
            print(f"{what:<40}{1e6 * mine:>10.0f}{1e6 * other:>10.0f}{ratio:>8.2f}", flush=True)
        mean = statistics.geometric_mean(row["ratio"] for row in rows if row["kind"] == kind)
        print(f"{'geometric mean':<60}{mean:>8.2f}")
    if args.json:
        write_json(args.json, rows)


if __name__ == "__main__":
    main()
