"""Make `assets/text/pairs.json`: the byte pairs that captions and log book are most often made of.

python assets/make/pairs.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ASSETS.parent)]

from marki.files import write_json  # noqa: E402
from successors import tasks  # noqa: E402
from successors.nn.bytepairs import BytePairs  # noqa: E402
from successors.tasks import logbook  # noqa: E402

SIZE = 512
"""Tokens, the 256 bytes and those that stand for no text included."""


def main() -> None:
    """Learn the pairs from what may be learned from, and write them."""
    captions = tasks.load("translate").train
    pairs = BytePairs.learn([*captions.stimuli.tolist(), *logbook.corpus().tolist()], SIZE)
    write_json(ASSETS / "text" / "pairs.json", {"merges": pairs.merges})
    for text in (captions.stimuli[2], captions.stimuli[3], logbook.corpus()[0]):
        print(" ".join(pairs.pieces(str(text))))
    print(f"{pairs.size} tokens")


if __name__ == "__main__":
    main()
