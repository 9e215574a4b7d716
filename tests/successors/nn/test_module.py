import lzma
import sys
import tracemalloc

import numpy as np
import pytest

from marki.errors import StateError
from successors.nn import initial, weights_file
from successors.nn.layers import Linear
from successors.nn.module import Module, training, training_rng
from successors.nn.tensor import Tensor


class Layer(Module):
    def __init__(self, rng, n_in, n_out):
        self.weight = initial.glorot(rng, (n_out, n_in))
        self.bias = initial.constant((n_out,))

    def forward(self, x):
        return x @ self.weight.transpose(1, 0) + self.bias


class Net(Module):
    def __init__(self, seed=0, width=5):
        rng = np.random.default_rng(seed)
        self.layers = [Layer(rng, 3, width), Layer(rng, width, 2)]
        self.heads = {"left": Layer(rng, 2, 1)}
        self.mean = initial.buffer((2,), 0.5)
        self.shared = self.layers[0].weight
        self.width = width

    def forward(self, x):
        return self.heads["left"](self.layers[1](self.layers[0](x).tanh()) - Tensor(self.mean))


def test_parameters_have_names_in_order_and_are_listed_once():
    net = Net()
    assert list(net.parameters()) == [
        "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias", "heads.left.weight", "heads.left.bias",
    ]  # fmt: skip
    assert net.count() == 5 * 3 + 5 + 2 * 5 + 2 + 2 + 1
    assert list(net.buffers()) == ["mean"]


def test_the_state_is_live_and_loading_writes_in_place():
    net, other = Net(0), Net(1)
    live = net.state()
    net.load({n: a.copy() for n, a in other.state().items()})
    assert all(np.array_equal(live[n], a) for n, a in other.state().items())
    x = Tensor(np.ones((4, 3)))
    assert np.array_equal(net(x).data, other(x).data)


@pytest.mark.parametrize(("d", "k"), [(1600, 1600), (1600, 400), (30, 500)])
def test_a_linear_layer_keeps_the_variance(d, k):
    rng = np.random.default_rng(0)
    layer = Linear(d, k, rng)
    assert layer.weight.data.var() * (d + k) / 2 == pytest.approx(1, rel=0.02)
    if d == k:
        out = layer(Tensor(rng.standard_normal((200, d)).astype(np.float32))).data
        assert out.std() == pytest.approx(1, rel=0.03)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda s: s.pop("mean"), "'mean' is missing"),
        (lambda s: s.update(more=np.zeros(1)), "'more' belongs to no part"),
        (lambda s: s.update({"layers.0.weight": np.zeros((2, 3))}), r"'layers.0.weight' is \(2, 3\), not \(5, 3\)"),
        (lambda s: s.update({"layers.0.bias": np.full(5, np.nan)}), "'layers.0.bias' holds NaN"),
    ],
)
def test_weights_that_do_not_fit_change_nothing(spoil, message):
    net = Net(0)
    before = {n: a.copy() for n, a in net.state().items()}
    state = {n: a.copy() for n, a in Net(1).state().items()}
    spoil(state)
    with pytest.raises(StateError, match=message):
        net.load(state)
    assert all(np.array_equal(before[n], a) for n, a in net.state().items())


def test_meta_counts_without_memory():
    with initial.meta():
        net = Net(width=10**9)
    assert net.count() == 10**9 * 3 + 10**9 + 2 * 10**9 + 2 + 3
    assert Net().layers[0].weight.data.flags.writeable


def test_training_is_a_block():
    assert training_rng() is None
    rng = np.random.default_rng(0)
    with training(rng):
        assert training_rng() is rng
    assert training_rng() is None


def test_double_precision_for_checks():
    net = Net().astype(np.float64)
    assert {a.dtype for a in net.state().values()} == {np.dtype(np.float64)}


def test_stored_weights_come_back(tmp_path):
    net = Net(0)
    path = tmp_path / "net.safetensors"
    weights_file.save(path, net.state(), system="net")
    arrays, about = weights_file.load(path, system="net")
    assert about == {"system": "net"}
    assert all(np.array_equal(arrays[n], a) for n, a in net.state().items())
    weights_file.save(path, net.state(), half=True, system="net")
    arrays, _ = weights_file.load(path)
    assert all(np.allclose(arrays[n], a, rtol=1e-3) and arrays[n].dtype == np.float32 for n, a in net.state().items())


def test_equal_weights_are_equal_files(tmp_path):
    arrays, files = {"b": np.ones((3, 2), np.float32), "a": np.zeros(5), "c": np.arange(3)}, set()
    for k in range(12):
        weights_file.save(
            tmp_path / "w", dict(reversed(arrays.items())) if k % 2 else arrays, system="näme", of="x", at="y"
        )
        files.add((tmp_path / "w").read_bytes())
    assert len(files) == 1
    found, about = weights_file.load(tmp_path / "w")
    assert about == {"system": "näme", "of": "x", "at": "y"}
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert np.array_equal(found[name], array)


def test_packed_weights_are_a_plain_file_within(tmp_path):
    state = Net().state() | {"half": np.linspace(-1, 1, 4000).astype(np.float32)}
    plain, packed = tmp_path / "net.safetensors", tmp_path / "net.safetensors.xz"
    for path in (plain, packed):
        weights_file.save(path, state, half=True, system="net")
    assert lzma.decompress(packed.read_bytes()) == plain.read_bytes()
    assert packed.stat().st_size < 0.8 * plain.stat().st_size
    arrays, about = weights_file.load(packed.rename(tmp_path / "of any name"), system="net")
    assert about == {"system": "net"}
    assert list(arrays) == sorted(state)
    assert all(np.allclose(arrays[n], a, rtol=1e-3, atol=1e-4) for n, a in state.items())
    arrays["half"] += 1  # it is the caller's own


def test_a_python_without_xz_is_told_in_one_line(tmp_path, monkeypatch):
    path = tmp_path / "net.safetensors.xz"
    weights_file.save(path, Net().state(), system="net")
    monkeypatch.setitem(sys.modules, "lzma", None)
    with pytest.raises(StateError, match=r"packed by xz, which this Python was built without\. Install"):
        weights_file.load(path)
    with pytest.raises(StateError, match="packed by xz"):
        weights_file.save(tmp_path / "other.xz", Net().state())
    assert not (tmp_path / "other.xz").exists()


def test_a_packed_file_that_was_unpacked_is_found(tmp_path):
    packed, plain = tmp_path / "net.safetensors.xz", tmp_path / "net.safetensors"
    assert weights_file.packed_or_plain(packed) == packed
    plain.touch()
    assert weights_file.packed_or_plain(packed) == plain
    packed.touch()
    assert weights_file.packed_or_plain(packed) == packed


def test_damaged_cut_off_and_swollen_packed_weights_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "net.safetensors.xz"
    weights_file.save(path, Net().state(), system="net")
    whole = path.read_bytes()
    for broken in (whole[:-7], whole[:20], whole + b"more", whole[:40] + b"\xff" * 9 + whole[49:]):
        path.write_bytes(broken)
        with pytest.raises(StateError, match=r"net\.safetensors\.xz: cannot be read as weights \(it is packed, and "):
            weights_file.load(path)
    monkeypatch.setattr(weights_file, "MOST_WEIGHTS", 1 << 20)
    path.write_bytes(lzma.compress(bytes(1 << 26)))
    tracemalloc.start()
    with pytest.raises(StateError, match="more than 1,048,576 bytes, the limit"):
        weights_file.load(path)
    assert tracemalloc.get_traced_memory()[1] < 1 << 25
    tracemalloc.stop()


def test_foreign_broken_and_missing_weights_are_refused(tmp_path):
    path = tmp_path / "net.safetensors"
    weights_file.save(path, Net().state(), system="net")
    with pytest.raises(StateError, match="holds weights of 'net', not of 'lenet5'"):
        weights_file.load(path, system="lenet5")
    whole = path.read_bytes()
    for broken in (whole[:-7], whole[:20], b"", b"PK\x03\x04 of another kind"):
        path.write_bytes(broken)
        with pytest.raises(StateError, match=r"net\.safetensors: cannot be read as weights"):
            weights_file.load(path)
    with pytest.raises(StateError, match="cannot be read as weights"):
        weights_file.load(tmp_path / "absent.safetensors")
