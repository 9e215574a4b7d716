"""What systems are called on plates: short, as people say it."""

from __future__ import annotations

SHORT = {
    "mark1": "Mark I",
    "alexnet": "AlexNet",
    "attention_augmented": "AA-ResNet",
    "capsnet": "CapsNet",
    "convit": "ConViT",
    "convnext": "ConvNeXt",
    "crossvit": "CrossViT",
    "deit": "DeiT",
    "densenet": "DenseNet",
    "efficientnet": "EfficientNet",
    "gmlp": "gMLP",
    "googlenet": "GoogLeNet",
    "gpt2": "GPT-2",
    "inception_resnet": "Inception-ResNet",
    "lecun": "LeCun net",
    "lenet5": "LeNet-5",
    "mlp_mixer": "MLP-Mixer",
    "mobilenet": "MobileNet",
    "resnet": "ResNet",
    "resnext": "ResNeXt",
    "sepvit": "SepViT",
    "seq2seq": "seq2seq",
    "swin": "Swin",
    "visual_transformer": "Visual Transformer",
    "vit": "ViT",
}
MOST_CAPITALS = 4


def label(name: str) -> str:
    """Return what a system is called: its entry in `SHORT`, or its name with capitals."""
    if name in SHORT:
        return SHORT[name]
    words = [w.upper() if len(w) <= MOST_CAPITALS else w.capitalize() for w in name.split("_")]
    return "-".join(words)


def count(number: float) -> str:
    """Return a count with three figures and a sign for thousands or millions, as it is read aloud."""
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size * 0.9995:
            short = number / size
            return f"{short:.0f}{sign}" if short >= 99.95 else f"{short:.1f}{sign}"
    return f"{number:.0f}"
