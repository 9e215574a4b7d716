"""Measures: what a record of the run says."""

import numpy as np

from marki.io.responses import R_UNITS
from marki.session import mark1_session
from marki.teaching.measures import answered


def test_lamps_of_r_units_out_of_use_do_not_count():
    session = mark1_session(seed=0)
    row, world = session.run(1)[0].copy(), session.world
    bits = world.code.shape[1]
    assert bits < R_UNITS
    for kind in (0, 3, len(world.classes) - 1):
        code = sum(1 << int(bit) for bit in np.flatnonzero(world.code[kind]))
        for beyond in (0, 1 << bits, 1 << R_UNITS - 1):
            row["response"] = code | beyond
            assert answered(row, world) == kind
    row["response"] = (1 << bits) - 1
    assert answered(row, world) == -1
