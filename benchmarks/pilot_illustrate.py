"""Try settings of DALL·E or DALL·E 2 on the validation set alone, and print what each of their parts can do.

Of DALL·E: in how many pictures the reader still finds the scene after coding, which no stream can exceed, and how many
of the best of 1, 2, 4 and 8 candidates are right. Of DALL·E 2: how many pictures are right that are drawn of the true
picture's vector, of the prior's, and of the caption's own. CLIP is the shipped one unless a file of weights is named.
No test set is looked at; the seed is one that no published run uses.

    python benchmarks/pilot_illustrate.py dalle --set recipe.steps=4000 --seconds 600 --clip out/clip.safetensors
    python benchmarks/pilot_illustrate.py dalle2 --task most=2 --keep out/dalle2.safetensors
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]

import numpy as np  # noqa: E402
from pilot_drawing import SEED, settings  # noqa: E402

from successors import registry, tasks  # noqa: E402
from successors.nn import weights_file  # noqa: E402
from successors.nn.learner import ByGradient  # noqa: E402
from successors.nn.tensor import no_grad  # noqa: E402
from successors.tasks import Split  # noqa: E402
from successors.tasks.illustrate import drawn_right, shapes_f1  # noqa: E402
from successors.timeline.y2021_dalle import DALLE  # noqa: E402
from successors.timeline.y2022_dalle2 import DALLE2  # noqa: E402
from successors.training import loop  # noqa: E402


def told(what: str, drawn: np.ndarray, part: Split) -> str:
    """Return in words how many pictures are right, by their number of shapes, and the F1 of all shapes."""
    right = drawn_right(drawn, part.targets)
    by_count = ", ".join(f"{right[part.kinds == k].mean():.3f}" for k in np.unique(part.kinds))
    return f"  {what:<24}{right.mean():.3f} ({by_count})  F1 {shapes_f1(drawn, part.targets):.3f}"


def report(network: DALLE | DALLE2, part: Split) -> list[str]:
    """Return what the parts of a network can do, a line for each."""
    noise = np.random.default_rng(SEED).standard_normal((len(part), network.noise))
    if isinstance(network, DALLE):
        codes = network.codes.read(part.targets)
        lines = [told(f"after coding, {len(np.unique(codes))} codes", network.codes.drawn(codes), part)]
        if network.stream is not None:
            drawn = network.candidates(part.stimuli, noise)  # pyright: ignore[reportArgumentType]  # texts, no reels
            fits = network.fits(np.asarray(part.stimuli), drawn)
            for count in (1, 2, 4, 8):
                best = drawn[np.arange(len(drawn)), fits[:, :count].argmax(1)]
                lines.append(told(f"best of {count}", best, part))
        return lines
    texts, count = np.asarray(part.stimuli), network.config.steps * network.config.unet.cells
    ideas, rest = noise[:, : noise.shape[1] - count], noise[:, noise.shape[1] - count :]
    vectors = {"picture's vector": network.of_pictures(part.targets), "prior's": network.ideas(texts, ideas)}
    vectors["caption's"] = network.of_texts(texts)
    return [told(what, network.draw(z, rest), part) for what, z in vectors.items()]


def main() -> None:
    """Train, and print a report at each examination."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=("dalle", "dalle2"))
    parser.add_argument("--set", nargs="*", default=[], help="changes of its retina settings")
    parser.add_argument("--task", nargs="*", default=[], help="settings of illustrate")
    parser.add_argument("--every", type=int, default=1_000, help="steps between two examinations")
    parser.add_argument("--seconds", type=float, default=1_200, help="processor time after which it stops")
    parser.add_argument("--count", type=int, default=60, help="captions of an examination")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--clip", type=Path, help="weights of CLIP (default: those that are shipped)")
    parser.add_argument("--keep", type=Path, help="file for the weights")
    args = parser.parse_args()
    deck = tasks.load("illustrate", **settings(args.task))
    part = Split(
        stimuli=np.array(deck.valid.stimuli[: args.count]),
        targets=deck.valid.targets[: args.count].copy(),
        kinds=deck.valid.kinds[: args.count].copy(),
    )
    learner = registry.find(args.name).entry.create(seed=args.seed, changes=settings(args.set))
    assert isinstance(learner, ByGradient)
    learner.stand_on(registry.create("clip", not args.clip, weights=args.clip).network)
    recipe, spent, losses = learner.recipe, 0.0, list[float]()
    order = loop.batches(len(deck.train), recipe.batch, args.seed)
    for step in range(1, recipe.steps + 1):
        chosen = next(order)
        since = time.process_time()
        learner.reinforce(np.asarray(deck.train.stimuli[chosen]), deck.train.targets[chosen])
        spent += time.process_time() - since
        losses.append(learner.last_loss)
        ends = step == recipe.steps or spent > args.seconds
        if step % args.every == 0 or ends or recipe.stage_at(step)[0] != recipe.stage_at(step - 1)[0]:
            print(f"step {step}, {spent:.0f} s, loss {np.mean(losses[-100:]):.4f}", flush=True)
            network = learner.network
            assert isinstance(network, DALLE | DALLE2)
            average = learner.average
            with no_grad():
                if average is None:
                    lines = report(network, part)
                else:
                    with average.answering():
                        lines = report(network, part)
            print("\n".join(lines), flush=True)
        if ends:
            break
    if args.keep:
        about = json.dumps(learner.config.to_mapping())
        weights_file.save(args.keep, learner.weights(), half=True, system=args.name, settings=about)


if __name__ == "__main__":
    main()
