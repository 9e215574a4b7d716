import pytest

from marki.errors import UnknownName
from marki.io.camera import Optics
from marki.io.frame import SETTLED
from marki.machine import MachineConfig, MarkI
from marki.provenance import BADGES, row, table


def constants():
    for name, value, meta in MachineConfig().items():
        yield f"machine.{name}", value, meta["unit"]
    for name, value, meta in Optics().items():
        yield f"world.optics.{name}", value, meta["unit"]


@pytest.mark.parametrize(
    ("name", "value", "unit"), list(constants()), ids=lambda v: str(v) if isinstance(v, str) else ""
)
def test_every_setting_has_a_row_that_says_the_same(name, value, unit):
    r = row(name)
    assert (list(value) if isinstance(value, tuple) else value) == r.value
    assert unit == r.unit


def test_no_row_without_a_constant():
    names = {name for name, _, _ in constants()}
    assert {n for n in table() if n.count(".") > 1} == names


def test_fixed_numbers_of_the_machine():
    machine = MarkI()
    assert row("machine.a_units").value == machine.wiring.shape[0] == machine.potentiometers.wiper.size
    assert row("machine.s_units").value == machine.wiring.shape[1] == row("machine.retina_side").value ** 2
    assert row("machine.r_units").value == machine.response.r.size
    layers = [row(f"machine.store_{n}").value for n in ("columns", "rows", "layers")]
    assert layers[0] * layers[1] * layers[2] == row("machine.a_units").value
    assert row("machine.cell_settled").value == SETTLED


def test_badges_and_sources():
    for r in table().values():
        assert r.badge in BADGES
        assert r.source or r.badge in ("assumed", "modern"), f"{r.name} is {r.badge} without a source"


def test_unknown_row_offers_the_nearest():
    with pytest.raises(UnknownName, match=r"machine\.sensory\.threshold"):
        row("machine.sensory.treshold")
