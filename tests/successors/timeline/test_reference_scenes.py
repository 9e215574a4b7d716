"""Systems of picture and language against the same written plainly with PyTorch, with our weights.

Each is written here anew from paper and program, with PyTorch's own cells, attention and losses. Outputs may differ by
1e-10 of the largest, gradients of every parameter by 1e-8.
"""

import numpy as np
import pytest

from successors.nn.bytepairs import END, START, padded, shipped
from successors.nn.module import training
from successors.nn.tensor import Tensor
from successors.timeline import y2015_show_tell, y2015_vqa, y2021_clip, y2021_dalle, y2022_dalle2

torch = pytest.importorskip("torch")
torch.set_num_threads(1)
functional = torch.nn.functional

OUTPUTS, GRADIENTS = 1e-10, 1e-8
RNG = np.random.default_rng(0)
TEXTS = ["a small bar at the top.", "a large circle on the left and a small bar at the top.", "左边有一个大圆。"]


@pytest.fixture(autouse=True)
def float64():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def both(network):
    """Return a network in float64, none of its arrays constant, and its parameters for PyTorch by name."""
    network.astype(np.float64)
    for p in network.parameters().values():
        if p.data.std() < 0.02:
            p.data += 0.1 * RNG.standard_normal(p.shape)
        p.grad = None
    return network, {n: torch.tensor(p.data, requires_grad=True) for n, p in network.parameters().items()}


def agree(network, weights, ours, theirs):
    """Compare outputs, and the gradients of their sum with random weights."""
    found, wanted = ours.data, theirs.detach().numpy()
    assert np.abs(found - wanted).max() <= OUTPUTS * max(1, np.abs(wanted).max())
    errors = RNG.standard_normal(ours.shape)
    (ours * errors).sum().backward()
    (theirs * torch.tensor(errors)).sum().backward()
    for name, p in network.parameters().items():
        found, wanted = (np.zeros(p.shape) if g is None else np.asarray(g) for g in (p.grad, weights[name].grad))
        assert np.abs(found - wanted).max() <= GRADIENTS * max(1, np.abs(wanted).max()), name
    assert sum(w.grad is not None and bool(w.grad.any()) for w in weights.values()) > 3


def linear(w, name, x):
    return functional.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias"))


def seen(w, x, layers, name="eye"):
    x = x[:, None]
    for k in range(layers):
        at = f"{name}.layers.{k}"
        x = functional.conv2d(x, w[f"{at}.weight"], w[f"{at}.bias"], stride=2 if k < 2 else 1, padding=1).relu()
    return x


def cell_of(w, name, d, h):
    """Return PyTorch's own cell with our weights; it has two biases, of which ours is the first."""
    cell = torch.nn.LSTMCell(d, h)
    parts = (("weight_ih", w[f"{name}.w_in"]), ("weight_hh", w[f"{name}.w_state"]), ("bias_ih", w[f"{name}.bias"]))
    return lambda x, state: torch.func.functional_call(cell, {**dict(parts), "bias_hh": torch.zeros(4 * h)}, (x, state))


# -- captions ---------------------------------------------------------------------------------------------------------


def captions():
    rows = [[START, *shipped().encode(text)] for text in TEXTS]
    rows.sort(key=len, reverse=True)
    lengths = np.array([len(row) for row in rows])
    tokens = padded(rows)
    return tokens, lengths, np.arange(tokens.shape[1])[:, None] < lengths


def test_show_and_tell():
    config = y2015_show_tell.ShowTellConfig(attention="none", filters=(3, 4), word=6, hidden=5)
    net, w = both(y2015_show_tell.ShowTell(config, np.random.default_rng(0)))
    x, (tokens, lengths, there) = RNG.random((3, 20, 20)), captions()
    cell = cell_of(w, "memory", 6, 5)
    maps = seen(w, torch.tensor(x), 2).permute(0, 2, 3, 1).flatten(1)
    word = functional.layer_norm(linear(w, "first", maps), (6,), w["norm.gain"], w["norm.bias"])
    state, steps = cell(word, None), []
    for column in tokens.T:
        state = cell(w["tokens"][column], state)
        steps.append(linear(w, "output", state[0]))
    agree(net, w, net(Tensor(x), tokens, lengths)[0], torch.stack(steps)[torch.tensor(there)])


@pytest.mark.parametrize("deep", [1, 2])
@pytest.mark.parametrize("attention", ["even", "soft"])
def test_show_attend_and_tell(attention, deep):
    config = y2015_show_tell.ShowTellConfig(
        attention=attention, filters=(3, 4), word=6, hidden=5, attention_layers=deep, start_layers=deep
    )
    net, w = both(y2015_show_tell.ShowTell(config, np.random.default_rng(0)))
    x, (tokens, lengths, there) = RNG.random((3, 20, 20)), captions()
    cell = torch.nn.LSTMCell(6 + 4, 5)
    inputs = torch.cat([w["memory.w_in"], w["context.weight"]], 1)
    names = {"weight_ih": inputs, "weight_hh": w["memory.w_state"], "bias_ih": w["memory.bias"],
             "bias_hh": torch.zeros(20)}  # fmt: skip
    a = seen(w, torch.tensor(x), 2).flatten(2).transpose(1, 2)
    a = functional.layer_norm(a, (4,), w["norm.gain"], w["norm.bias"]) + w["positions"]
    keys = linear(w, "attention.places.0", a)
    mean = a.mean(1)
    if deep == 2:
        keys = linear(w, "attention.places.1", keys).tanh()
        mean = linear(w, "start.0", mean).relu()
    state = (linear(w, "start_state", mean).tanh(), linear(w, "start_cell", mean).tanh())
    steps, total = [], []
    for column in tokens.T:
        scores = linear(w, "attention.score", (keys + linear(w, "attention.hidden", state[0])[:, None]).tanh())[..., 0]
        alpha = scores.softmax(1) if attention == "soft" else torch.full_like(scores, 1 / scores.shape[1])
        z = (alpha[..., None] * a).sum(1) * linear(w, "attention.gate", state[0]).sigmoid()
        y = w["tokens"][column]
        state = torch.func.functional_call(cell, names, (torch.cat([y, z], 1), state))
        deep_out = (y + linear(w, "out_state", state[0]) + linear(w, "out_context", z)).tanh()
        steps.append(linear(w, "output", deep_out))
        total.append(alpha)
    kept = torch.stack(total) * torch.tensor(there)[..., None]
    ours, penalty = net(Tensor(x), tokens, lengths)
    theirs = ((1 - kept.sum(0)) ** 2).sum()
    assert penalty.item() == pytest.approx(theirs.item(), rel=1e-10)
    if attention == "soft":
        agree(net, w, ours * 1.0 + penalty, torch.stack(steps)[torch.tensor(there)] + theirs)
    else:
        agree(net, w, ours, torch.stack(steps)[torch.tensor(there)])


# -- questions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("meets", ["product", "sum", "concatenation"])
def test_questions(meets):
    config = y2015_vqa.VQAConfig(filters=(3, 4), features=7, word=6, hidden=5, common=8, classes=9, meets=meets)
    net, w = both(y2015_vqa.VQA(config, np.random.default_rng(0)))
    x, rows = RNG.random((3, 20, 20)), net.rows(np.array(TEXTS))
    lstm = torch.nn.LSTM(6, 5, num_layers=2, batch_first=True)
    names = {}
    for k in range(2):
        names |= {f"weight_ih_l{k}": w[f"memory.{k}.w_in"], f"weight_hh_l{k}": w[f"memory.{k}.w_state"],
                  f"bias_ih_l{k}": w[f"memory.{k}.bias"], f"bias_hh_l{k}": torch.zeros(20)}  # fmt: skip
    _, (h, c) = torch.func.functional_call(lstm, names, (w["tokens"][rows],))
    q = linear(w, "question", torch.cat([h[0], c[0], h[1], c[1]], 1)).tanh()
    features = linear(w, "seen", seen(w, torch.tensor(x), 2).permute(0, 2, 3, 1).flatten(1)).relu()
    i = linear(w, "image", functional.normalize(features, dim=1, eps=1e-4) * 16).tanh()
    met = {"product": q * i, "sum": q + i, "concatenation": torch.cat([q, i], 1)}[meets]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(y2015_vqa, "TINY", 0.0)
        agree(net, w, net(Tensor(x), rows), linear(w, "output", met))


# -- CLIP -------------------------------------------------------------------------------------------------------------


def quick(w, name, x, count, heads, mask=None):
    """Go through blocks as `openai/CLIP` has them, with PyTorch's own attention."""
    for k in range(count):
        at = f"{name}.{k}"
        width = x.shape[-1]
        y = functional.layer_norm(x, (width,), w[f"{at}.norm1.gain"], w[f"{at}.norm1.bias"]).transpose(0, 1)
        read, _ = functional.multi_head_attention_forward(
            y, y, y, width, heads, w[f"{at}.attention.weight"], w[f"{at}.attention.bias"], None, None, False, 0.0,
            w[f"{at}.attention.output.weight"], w[f"{at}.attention.output.bias"], attn_mask=mask, need_weights=False,
        )  # fmt: skip
        x = x + read.transpose(0, 1)
        y = functional.layer_norm(x, (width,), w[f"{at}.norm2.gain"], w[f"{at}.norm2.bias"])
        y = linear(w, f"{at}.mlp.first", y)
        x = x + linear(w, f"{at}.mlp.second", y * torch.sigmoid(1.702 * y))
    return x


def test_clip():
    config = y2021_clip.CLIPConfig(
        width=8, layers=2, heads=2, text_width=12, text_layers=2, text_heads=3, space=6, patch=5, longest=30
    )
    net, w = both(y2021_clip.CLIP(config, np.random.default_rng(0)))
    x, texts = RNG.random((3, 20, 20)), np.array(TEXTS)
    # The image encoder: a convolution without bias, the class embedding before its places, a normalisation before.
    kernels = w["image.patches.weight"].reshape(8, 1, 5, 5)
    y = functional.conv2d(torch.tensor(x[:, None]), kernels, stride=5).flatten(2).transpose(1, 2)
    y = torch.cat([w["image.token.row"].expand(3, 1, 8), y], 1) + w["image.positions"]
    y = functional.layer_norm(y, (8,), w["image.before.gain"], w["image.before.bias"])
    y = quick(w, "image.blocks", y, 2, 2)[:, 0]
    y = linear(w, "image.output", functional.layer_norm(y, (8,), w["image.after.gain"], w["image.after.bias"]))
    # The text encoder: causal, read at the end token.
    rows = net.rows(texts)
    mask = torch.full((rows.shape[1],) * 2, float("-inf")).triu(1)
    z = quick(w, "text.blocks", w["text.tokens"][rows] + w["text.positions"][: rows.shape[1]], 2, 3, mask)
    z = functional.layer_norm(z, (12,), w["text.norm.gain"], w["text.norm.bias"])
    z = linear(w, "text.output", z[torch.arange(3), torch.tensor((rows == END).argmax(1))])
    logits = w["scale"].exp() * functional.normalize(y, eps=0) @ functional.normalize(z, eps=0).T
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(y2021_clip, "TINY", 0.0)
        agree(net, w, net(x, texts), logits)


def test_the_residual_encoder_of_clip():
    config = y2021_clip.CLIPConfig(residual=(1, 2), width=8, heads=4, space=6)
    net, w = both(y2021_clip.PictureResidual(config, np.random.default_rng(0)))
    x = RNG.random((4, 1, 20, 20))

    def norm(name, y):
        return functional.batch_norm(y, None, None, w[f"{name}.gain"], w[f"{name}.bias"], training=True)

    def conv(name, y, **how):
        return norm(f"{name}.norm", functional.conv2d(y, w[f"{name}.conv.weight"], **how))

    y = torch.tensor(x)
    for k, stride in enumerate((2, 1, 1)):
        y = norm(f"norms.{k}", functional.conv2d(y, w[f"stem.{k}.weight"], stride=stride, padding=1)).relu()
    y = functional.avg_pool2d(y, 2)
    for at, stride in (("stages.0.0", 1), ("stages.1.0", 2), ("stages.1.1", 1)):
        z = conv(f"{at}.second", conv(f"{at}.first", y).relu(), padding=1).relu()
        z = conv(f"{at}.third", functional.avg_pool2d(z, stride))
        if f"{at}.shortcut.conv.weight" in w:
            y = conv(f"{at}.shortcut", functional.avg_pool2d(y, stride))
        y = (y + z).relu()
    rows = y.flatten(2).permute(2, 0, 1)
    rows = torch.cat([rows.mean(0, keepdim=True), rows]) + w["positions"][:, None]
    q, k, v = w["attention.weight"].chunk(3)
    theirs, _ = functional.multi_head_attention_forward(
        rows[:1], rows, rows, rows.shape[-1], 4, None, w["attention.bias"], None, None, False, 0.0,
        w["attention.output.weight"], w["attention.output.bias"], use_separate_proj_weight=True, q_proj_weight=q,
        k_proj_weight=k, v_proj_weight=v, need_weights=False,
    )  # fmt: skip
    with training(np.random.default_rng(0)):
        agree(net, w, net(Tensor(x)), theirs[0])


# -- DALL·E, DALL·E 2 -------------------------------------------------------------------------------------------------


def maps(w, name, y, k):
    return functional.conv2d(y, w[f"{name}.weight"], w[f"{name}.bias"], padding=k // 2)


def residual(w, name, y, kernels, gain):
    z = y
    for k, size in enumerate(kernels):
        z = maps(w, f"{name}.convs.{k}", z.relu(), size)
    return (maps(w, f"{name}.shortcut", y, 1) if f"{name}.shortcut.weight" in w else y) + gain * z


def test_codes():
    config = y2021_dalle.DALLEConfig(channels=8, entry=4, codes=6, window=5, blocks=2, layers=0)
    net, w = both(y2021_dalle.DALLE(config, np.random.default_rng(0)))
    x, noise = RNG.random((3, 20, 20)), RNG.gumbel(size=(3, 6, 5, 5))
    gain = 1 / 16
    y = maps(w, "codes.encoder.enter", functional.pixel_unshuffle(torch.tensor(x[:, None]), 2), 5)
    for group in range(2):
        if group:
            y = functional.max_pool2d(y, 2)
        for k in range(2):
            y = residual(w, f"codes.encoder.groups.{group}.{k}", y, (3, 3, 3, 1), gain)
    logits = maps(w, "codes.encoder.leave", y.relu(), 1)
    y = maps(w, "codes.decoder.enter", ((logits + torch.tensor(noise)) / 0.3).softmax(1), 1)
    for group in range(2):
        if group:
            y = functional.interpolate(y, scale_factor=2, mode="nearest")
        for k in range(2):
            y = residual(w, f"codes.decoder.groups.{group}.{k}", y, (1, 3, 3, 3), gain)
    drawn = functional.pixel_shuffle(maps(w, "codes.decoder.leave", y.relu(), 1), 2)
    lost = functional.binary_cross_entropy_with_logits(drawn, torch.tensor(x[:, None]), reduction="none").sum() / 3
    told = torch.distributions.Categorical(logits=logits.permute(0, 2, 3, 1))
    even = torch.distributions.Categorical(logits=torch.zeros(6))
    divergence = torch.distributions.kl_divergence(told, even).sum() / 3
    _, loss = net.codes.objective(x, noise, 0.3, 0.7)
    agree(net, w, loss * np.ones(1), (lost + 0.7 * divergence) * torch.ones(1))


def blocks(w, name, x, count, heads):
    n, t, width = x.shape
    for k in range(count):
        at = f"{name}.{k}"
        y = functional.layer_norm(x, (width,), w[f"{at}.norm1.gain"], w[f"{at}.norm1.bias"])
        q, key, v = linear(w, f"{at}.attention", y).reshape(n, t, 3, heads, -1).permute(2, 0, 3, 1, 4)
        read = functional.scaled_dot_product_attention(q, key, v, is_causal=True).transpose(1, 2).reshape(n, t, width)
        x = x + linear(w, f"{at}.attention.output", read)
        y = functional.layer_norm(x, (width,), w[f"{at}.norm2.gain"], w[f"{at}.norm2.bias"])
        x = x + linear(w, f"{at}.mlp.second", functional.gelu(linear(w, f"{at}.mlp.first", y), approximate="tanh"))
    return x


def test_the_stream():
    config = y2021_dalle.DALLEConfig(channels=8, entry=4, codes=6, layers=2, width=12, heads=3)
    net, w = both(y2021_dalle.DALLE(config, np.random.default_rng(0)).stream)
    tokens = y2021_dalle.DALLE(config, np.random.default_rng(0)).tokens(np.array(TEXTS))
    codes = RNG.integers(0, 6, (3, 25))
    words = torch.where(torch.tensor(tokens == 0)[..., None], w["filling"], w["words"][tokens]) + w["places"]
    drawn = w["codes"][codes] + (w["rows"][:, None] + w["columns"]).reshape(25, 12)
    x = blocks(w, "blocks", torch.cat([words, drawn[:, :-1]], 1), 2, 3)
    logits = linear(w, "head", functional.layer_norm(x, (12,), w["norm.gain"], w["norm.bias"]))
    written = functional.cross_entropy(logits[:, :33, :512].transpose(1, 2), torch.tensor(tokens[:, 1:]))
    shown = functional.cross_entropy(logits[:, 33:, 512:].transpose(1, 2), torch.tensor(codes))
    agree(net, w, net.loss(tokens, codes) * np.ones(1), (written / 8 + shown * 7 / 8) * torch.ones(1))


def test_the_prior():
    config = y2022_dalle2.DALLE2Config(decodes=False, space=10, prior_width=12, prior_layers=2, prior_heads=3, text=9)
    whole = y2022_dalle2.DALLE2(config, np.random.default_rng(0))
    net, w = both(whole.prior)
    tokens, times = whole.tokens(np.array(TEXTS)), np.array([3, 400, 1000])
    caption, z = RNG.standard_normal((2, 3, 10))
    angles = torch.tensor(times)[:, None] * torch.exp(torch.arange(6) * (-np.log(10_000) / 5))
    time = linear(w, "time.1", functional.silu(linear(w, "time.0", torch.cat([angles.sin(), angles.cos()], 1))))
    rows = [linear(w, "caption", torch.tensor(caption)), time, linear(w, "noisy", torch.tensor(z))]
    x = torch.cat([w["words"][tokens], torch.stack(rows, 1), w["last"].expand(3, 1, 12)], 1) + w["places"]
    x = functional.layer_norm(blocks(w, "blocks", x, 2, 3), (12,), w["norm.gain"], w["norm.bias"])
    agree(net, w, net(tokens, Tensor(caption), Tensor(z), times), linear(w, "output", x[:, -1]))
