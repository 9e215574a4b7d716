"""Time of a convolution over eager PyTorch's: forward, and backward to kernels and images.

Batches of 64, one thread each, images in PyTorch's usual order of memory on both sides, no bias; results are compared
first. They take turns in one process; the figure of a shape is the median of the ratios of neighbouring turns.

Needs the extra `parity`. Prints a table; `--json FILE` writes it as well.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
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
from successors.nn.convolution import conv2d  # noqa: E402
from successors.nn.tensor import Tensor  # noqa: E402

torch.set_num_threads(1)
BATCH = 64
SHAPES = ((1, 6, 5, 0, 20), (6, 16, 5, 0, 8), (16, 16, 3, 1, 20), (32, 32, 3, 1, 10))
"""Channels in and out, side of the kernels, padding, side of the images."""


def measure(channels: int, filters: int, size: int, padding: int, side: int, rounds: int) -> dict[str, Any]:
    """Return the figures of one shape."""
    rng = np.random.default_rng(0)
    out = side + 2 * padding - size + 1
    x, kernels, g = (
        rng.standard_normal(shape).astype(np.float32)
        for shape in (
            (BATCH, channels, side, side), (filters, channels, size, size), (BATCH, filters, out, out),
        )
    )  # fmt: skip

    def ours() -> tuple[np.ndarray, ...]:
        images, weight = Tensor(x, requires_grad=True), Tensor(kernels, requires_grad=True)
        y = conv2d(images, weight, padding=padding)
        y.backward(g)
        return y.data, images.grad, weight.grad

    def theirs() -> tuple[np.ndarray, ...]:
        images, weight = (torch.from_numpy(a).requires_grad_() for a in (x, kernels))
        y = F.conv2d(images, weight, padding=padding)
        y.backward(torch.from_numpy(g))
        return y.detach().numpy(), images.grad.numpy(), weight.grad.numpy()

    off = max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in zip(ours(), theirs(), strict=True))
    if not off < 1e-4:
        raise SystemExit(f"{channels} to {filters}: the two convolutions are not the same, they differ by {off:.1e}")
    mine, other, ratio = turns(ours, theirs, rounds, 10)
    shape = f"{channels} -> {filters}, {size}x{size}, padding {padding}, on {side}x{side}"
    return {"shape": shape, "ms": 1e3 * mine, "torch_ms": 1e3 * other, "ratio": ratio, "agreement": off}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    print(f"numpy {np.__version__}, torch {torch.__version__}, batch {BATCH}, one thread, {args.rounds} rounds")
    print(f"{'convolution':<36}{'ms':>8}{'torch':>8}{'ratio':>7}")
    rows = []
    for shape in SHAPES:
        r = measure(*shape, args.rounds)
        rows.append(r)
        print(f"{r['shape']:<36}{r['ms']:>8.2f}{r['torch_ms']:>8.2f}{r['ratio']:>7.2f}", flush=True)
    mean = statistics.geometric_mean(r["ratio"] for r in rows)
    print(f"{'geometric mean':<52}{mean:>7.2f}")
    if args.json:
        write_json(args.json, {"rows": rows, "geometric_mean": mean, "batch": BATCH, "torch": torch.__version__})


if __name__ == "__main__":
    main()
