"""Systems before 2012, and the GRU."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from mirrors.mirror import Mirror
from successors.nn.learner import Successor
from successors.timeline.y1989_lecun import SEEN
from successors.timeline.y1998_lenet5 import BLACK, TABLE, WHITE, codes


def bent(x: torch.Tensor) -> torch.Tensor:
    return 1.7159 * torch.tanh(x * (2 / 3))


class MLP(Mirror):
    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.layers = self.parts("layers")

    def forward(self, x):
        x = x.flatten(1)
        for layer in self.layers:
            x = torch.sigmoid(self.linear(x, layer))
        return x

    def loss(self, outputs, labels):
        if outputs.shape[1] == 1:
            wanted = labels[:, None].to(outputs.dtype)
        else:
            wanted = F.one_hot(labels, outputs.shape[1]).to(outputs.dtype)
        return 0.5 * ((outputs - wanted) ** 2).sum()


class LeCun(Mirror):
    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.table = torch.from_numpy(SEEN)

    def forward(self, x):
        w = self.w
        x = F.pad((x * 2 - 1)[:, None], (2, 2, 2, 2), value=-1.0)
        x = bent(F.conv2d(x, w["h1.kernels"][:, None], stride=2) + w["h1.bias"])
        kernels = torch.zeros(12, 12, 5, 5)
        kernels[self.table] = w["h2.kernels"]
        x = bent(F.conv2d(F.pad(x, (2, 2, 2, 2), value=-1.0), kernels, stride=2) + w["h2.bias"])
        x = bent(self.linear(x.flatten(1), "h3"))
        return bent(self.linear(x, "output"))

    def loss(self, outputs, labels):
        return F.mse_loss(outputs, 2 * F.one_hot(labels, outputs.shape[1]).to(outputs.dtype) - 1)


class LeNet5(Mirror):
    def __init__(self, learner: Successor):
        super().__init__(learner)
        self.table = torch.from_numpy(TABLE)
        self.codes = torch.from_numpy(codes(learner.config.classes))
        self.border, self.rubbish = learner.config.border, learner.config.rubbish

    def forward(self, x):
        w, b = self.w, self.border
        x = F.pad((x * (BLACK - WHITE) + WHITE)[:, None], (b, b, b, b), value=WHITE)
        x = bent(self.conv(x, "c1"))
        x = bent(F.avg_pool2d(x, 2) * (w["s2.coefficient"] * 4) + w["s2.bias"])
        kernels = torch.zeros(16, 6, 5, 5)
        kernels[self.table] = w["c3.kernels"]
        x = bent(F.conv2d(x, kernels, w["c3.bias"].flatten()))
        x = bent(F.avg_pool2d(x, 2) * (w["s4.coefficient"] * 4) + w["s4.bias"])
        x = bent(self.conv(x, "c5")).flatten(1)
        x = bent(self.linear(x, "f6"))
        return (x * x).sum(1, keepdim=True) - 2 * F.linear(x, self.codes) + self.codes.shape[1]

    def loss(self, outputs, labels):
        rubbish = torch.full((len(outputs), 1), -self.rubbish)
        return F.cross_entropy(torch.cat([-outputs, rubbish], 1), labels)

    def decide(self, outputs):
        return outputs.argmin(1)


class Recurrent(torch.nn.Module):
    """PyTorch's own recurrences, with our weights in their places."""

    def __init__(self, learner: Successor):
        super().__init__()
        network = learner.network
        self.eye = layer(network.eye.layer) if learner.config.eye else torch.nn.Identity()
        self.output = layer(network.output)
        self.cell = self.made(network)

    def forward(self, x):
        states, _ = self.cell(self.eye(x.flatten(2)))
        return self.output(states[:, -1])

    def loss(self, outputs, labels):
        return F.cross_entropy(outputs, labels)

    def decide(self, outputs):
        return outputs.argmax(1)


class RNN(Recurrent):
    def made(self, network):
        h, d = network.w_in.shape
        return filled(torch.nn.RNN(d, h, batch_first=True), network.w_in, network.w_state, network.bias)


class LSTM(Recurrent):
    def made(self, network):
        cells = network.cells
        h, d = cells.w_state.shape[1], cells.w_in.shape[1]
        return filled(torch.nn.LSTM(d, h, batch_first=True), cells.w_in, cells.w_state, cells.bias)


class GRU(Recurrent):
    def made(self, network):
        units = network.units
        h, d = units.w_state.shape[1], units.w_in.shape[1]
        return filled(torch.nn.GRU(d, h, batch_first=True), units.w_in, units.w_state, units.b_in, units.b_state)


def layer(ours: Any) -> torch.nn.Linear:
    """Return a linear layer with our weights."""
    k, d = ours.weight.shape
    theirs = torch.nn.Linear(d, k)
    with torch.no_grad():
        theirs.weight.copy_(torch.from_numpy(ours.weight.data))
        theirs.bias.copy_(torch.from_numpy(ours.bias.data))
    return theirs


def filled(cell: torch.nn.RNNBase, w_in: Any, w_state: Any, bias: Any, second: Any = None) -> torch.nn.RNNBase:
    """Fill PyTorch's cell with our weights; it always has two biases, where ours but for the GRU has one."""
    with torch.no_grad():
        cell.weight_ih_l0.copy_(torch.from_numpy(w_in.data))
        cell.weight_hh_l0.copy_(torch.from_numpy(w_state.data))
        cell.bias_ih_l0.copy_(torch.from_numpy(bias.data))
        cell.bias_hh_l0.zero_()
        if second is not None:
            cell.bias_hh_l0.copy_(torch.from_numpy(second.data))
    return cell
