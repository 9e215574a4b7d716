import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marki.errors import WiringError
from marki.hardware import plugboard
from marki.hardware.plugboard import LAYOUTS, PlugboardConfig, wire


def counts(wiring):
    return (wiring > 0).sum(axis=1), (wiring < 0).sum(axis=1), (wiring != 0).sum(axis=0)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.integers(0, 31), st.integers(0, 31), st.integers(0, 1000))
def test_every_a_unit_has_exactly_its_wires_and_no_s_unit_more_than_its_share(excitatory, inhibitory, seed):
    if not 0 < excitatory + inhibitory <= 31:
        return
    plus, minus, fan_out = counts(wire(PlugboardConfig(excitatory=excitatory, inhibitory=inhibitory), seed))
    assert (plus == excitatory).all()
    assert (minus == inhibitory).all()
    assert fan_out.max() <= 40


@pytest.mark.parametrize("seed", range(4))
def test_the_ceiling_of_31_wires_can_be_wired(seed):
    plus, minus, fan_out = counts(wire(PlugboardConfig(excitatory=16, inhibitory=15), seed))
    assert (plus == 16).all()
    assert (minus == 15).all()
    assert fan_out.max() <= 40
    assert fan_out.sum() == 512 * 31


def test_impossible_wirings_are_refused_with_the_limit():
    with pytest.raises(WiringError, match=r"400 x 40 = 16000.*at most 31"):
        PlugboardConfig(excitatory=16, inhibitory=16)
    with pytest.raises(WiringError, match="0 wires"):
        PlugboardConfig(excitatory=0, inhibitory=0)
    with pytest.raises(WiringError, match=r"reach 0.5.*fan-out of 40.*greater reach"):
        wire(PlugboardConfig(layout="local", reach=0.5), 1)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_keep_their_field(layout):
    wiring = wire(PlugboardConfig(excitatory=4, inhibitory=4, layout=layout, reach=4.0), 3)
    plus, minus, fan_out = counts(wiring)
    assert (plus == 4).all()
    assert (minus == 4).all()
    assert fan_out.max() <= 40
    y, x = np.divmod(np.arange(400), 20)
    spans = {"rows": (y, 9), "columns": (x, 9), "local": (y, 9), "surround": (x, 17)}
    if layout in spans:
        where, most = spans[layout]
        for row in wiring:
            ends = where[row != 0]
            assert ends.max() - ends.min() < most


def test_surround_puts_inhibition_about_excitation():
    wiring = wire(PlugboardConfig(excitatory=5, inhibitory=5, layout="surround", reach=3.0), 1)
    y, x = np.divmod(np.arange(400), 20)

    def width(ends):
        return max(np.hypot(x[i] - x[j], y[i] - y[j]) for i in ends for j in ends)

    assert max(width(np.flatnonzero(row > 0)) for row in wiring) <= 6
    assert np.mean([width(np.flatnonzero(row < 0)) for row in wiring]) > 6


def test_the_seed_alone_decides():
    first, same, other = (wire(PlugboardConfig(), s) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()


def test_a_wiring_list_can_be_saved_and_read_again(tmp_path):
    wiring = wire(PlugboardConfig(), 7)
    wiring[3] = 0
    path = tmp_path / "board.txt"
    plugboard.save(path, wiring)
    np.testing.assert_array_equal(plugboard.load(path), wiring)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("A7: ", "A513: ", "line 8.*513"),
        ("A7: ", "A6: ", "line 8.*twice"),
        ("A7: ", "A7: +401 ", "line 8.*401"),
        ("A7: ", "A7: +3 -3 ", "line 8.*twice"),
        ("A7: ", "A7: three ", "line 8.*cannot be read"),
        ("A7: ", "A7 ", "line 8"),
        ("A7: ", "# A7: ", "511 A-units"),
    ],
)
def test_wrong_wiring_lists_are_refused_with_file_and_line(tmp_path, old, new, message):
    path = tmp_path / "board.txt"
    wiring = np.zeros((512, 400), np.int8)
    wiring[:, 9] = np.arange(512) < 40
    path.write_text(plugboard.listing(wiring).replace(old, new))
    with pytest.raises(WiringError, match=f"board.txt.*{message}"):
        plugboard.load(path)


def test_a_missing_list_is_refused(tmp_path):
    with pytest.raises(WiringError, match="cannot be read"):
        plugboard.load(tmp_path / "none.txt")


def test_given_wirings_are_checked():
    with pytest.raises(WiringError, match="shape"):
        plugboard.check(np.zeros((400, 512)))
    with pytest.raises(WiringError, match="other than"):
        plugboard.check(np.full((512, 400), 2))
    crowded = np.zeros((512, 400), np.int8)
    crowded[:41, 6] = -1
    with pytest.raises(WiringError, match="S-unit 7 feeds 41 A-units, the limit is 40"):
        plugboard.check(crowded)
    assert plugboard.check(crowded.astype(float), fan_out=41).dtype == np.int8
