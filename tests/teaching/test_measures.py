"""Measures: what a record of the run says."""

import numpy as np

from marki.io.responses import R_UNITS
from marki.io.worlds import WorldConfig
from marki.session import mark1_session
from marki.teaching.measures import answered, take


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


def test_errors_are_counted_from_where_the_page_began():
    session = mark1_session(seed=0)
    session.run(7)
    found = take(session, {"measure": "errors", "first": 2, "last": 60}, "en", first=50)
    wrong = session.known["wrong"]
    assert found == wrong[52:110].sum() != wrong[2:60].sum()


def test_the_first_pass_without_an_error():
    session = mark1_session(WorldConfig(letters="ABC"), seed=0)
    found = take(session, {"measure": "first_errorless_pass"}, "en", first=1)
    passes = session.known["wrong"][1:].reshape(-1, 3).any(axis=1).tolist()
    assert passes == [True] * (found - 1) + [False]
    assert found > 1
