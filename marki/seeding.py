"""Seeding: one root seed, one generator for each component, keyed by its name.

Adding a component, or asking one for more numbers, changes nothing for the others.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np

from marki.config import check


def generator(seed: int, name: str, *index: int) -> np.random.Generator:
    """Return the generator of component `name` under the root `seed`; `index` numbers its parts (pass, trial, …)."""
    text = "/".join(map(str, (int(seed), name, *index)))
    key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))


def check_seed(seed: int) -> int:
    """Return a root seed, which is a whole number of 0 or more; refuse anything else."""
    return check("seed", seed, int, {"low": 0})


class Noise:
    """Normal deviates that can be asked for by row number, in any order, without keeping any state.

    Rows are drawn in blocks, since making a generator costs more than drawing a row.

    Parameters
    ----------
    seed : int
    name : str
        Name of the component.
    width : int
        Deviates in a row.
    """

    BLOCK = 64

    def __init__(self, seed: int, name: str, width: int):
        self._made_of = seed, name, width

        @lru_cache(maxsize=2)
        def block(number: int) -> np.ndarray:
            # Rounded, so that last-bit differences in the tails of the ziggurat never reach the machine.
            return generator(seed, name, number).standard_normal((self.BLOCK, width)).round(9)

        self._block = block

    def __reduce__(self) -> tuple[type[Noise], tuple[int, str, int]]:
        return Noise, self._made_of  # what is remembered is not copied: it follows from these

    def row(self, number: int) -> np.ndarray:
        """Return row `number`, (width,) float64, mean 0, standard deviation 1."""
        return self._block(number // self.BLOCK)[number % self.BLOCK]
