"""Our networks once more, in eager PyTorch, as one would write them there: same weights, same settings, same loss.

Mirrors read weights by our names and settings from our configuration, so that they follow changes of widths and depths.
Forms that only stand for what a system is without its mechanism are not mirrored. Megatron and MT-NLG are mirrored
whole: what ours cuts for its ranks and adds up again in one process, a program for one device would leave in one piece.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from mirrors.convolution import VGG, AlexNet, DenseNet, GoogLeNet, InceptionResNet, ResNet, Xception
from mirrors.drawing import GAN, VAE, Autoencoder, Diffusion, StyleGAN2
from mirrors.early import GRU, LSTM, MLP, RNN, LeCun, LeNet5
from mirrors.modern import GMLP, ConvNeXt, MLPMixer
from mirrors.restyled import AnimeGAN2, ArcaneGAN, DualStyleGAN
from mirrors.scenes import CLIP, DALLE, DALLE2, VQA, ShowTell
from mirrors.text import BERT, GPT, GPT2, GPT3, MTNLG, AlphaCode, Gopher, InCoder, PaLM, Transformer
from mirrors.vision import AttentionAugmented, ConViT, CrossViT, SepViT, Swin, ViT, VTResNet
from successors.nn.learner import Successor

MIRRORS: dict[str, Callable[[Successor], torch.nn.Module]] = {
    "mlp": MLP,
    "rnn": RNN,
    "lecun": LeCun,
    "lstm": LSTM,
    "lenet5": LeNet5,
    "autoencoder": Autoencoder,
    "alexnet": AlexNet,
    "vae": VAE,
    "gan": GAN,
    "googlenet": GoogLeNet,
    "gru": GRU,
    "vgg": VGG,
    "resnet": ResNet,
    "show_tell": ShowTell,
    "vqa": VQA,
    "densenet": DenseNet,
    "inception_resnet": InceptionResNet,
    "resnext": ResNet,
    "xception": Xception,
    "transformer": Transformer,
    "bert": BERT,
    "gpt": GPT,
    "attention_augmented": AttentionAugmented,
    "gpt2": GPT2,
    "megatron": GPT3,
    "diffusion": Diffusion,
    "gpt3": GPT3,
    "stylegan2": StyleGAN2,
    "visual_transformer": VTResNet,
    "vit": ViT,
    "animegan2": AnimeGAN2,
    "arcanegan": ArcaneGAN,
    "clip": CLIP,
    "codex": GPT2,
    "convit": ConViT,
    "crossvit": CrossViT,
    "dalle": DALLE,
    "gmlp": GMLP,
    "gopher": Gopher,
    "mlp_mixer": MLPMixer,
    "swin": Swin,
    "alphacode": AlphaCode,
    "chinchilla": Gopher,
    "convnext": ConvNeXt,
    "dalle2": DALLE2,
    "dualstylegan": DualStyleGAN,
    "incoder": InCoder,
    "mt_nlg": MTNLG,
    "palm": PaLM,
    "sepvit": SepViT,
}
"""Mirrors of all systems that learn by gradients, in order of time; Copilot does not learn."""
