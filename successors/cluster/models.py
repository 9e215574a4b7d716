"""Published shapes of language models: parameters and operations as arithmetic, without building a network.

The convention of each family (what is tied, what has a bias, what is padded) is the one with which the counts of *all*
sizes of a paper meet its printed figures at once. A multiply-add counts as two operations (FLOPs), as in the papers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from marki.errors import unknown


@dataclass(frozen=True, kw_only=True)
class DecoderModel:
    """The shape of a decoder, and what is printed of it.

    Parameters
    ----------
    name, paper : str
        What the size is called, and the paper that has it.
    family : {"gpt", "gopher", "palm"}
        How its parameters are counted; see `parameters`.
    layers, width, heads, head : int
        Layers, numbers a token, heads of attention, and numbers of a head.
    vocabulary, context : int
        Rows of the tied table of tokens, and tokens of a text.
    printed, rounded : int
        Parameters that the paper prints, and the unit of the last digit that it prints.
    tokens : float
        Tokens that it was trained on; 0 if that is not told.
    remark : str
        What is odd about the printed row.
    """

    name: str
    paper: str
    family: str
    layers: int
    width: int
    heads: int
    head: int
    vocabulary: int
    context: int
    printed: int
    rounded: int
    tokens: float = 0.0
    remark: str = ""

    @property
    def products(self) -> int:
        """Weights of one layer that every token is multiplied by: attention and feed-forward."""
        d, attention = self.width, self.heads * self.head
        if self.family == "palm":  # one head of keys and values; a gated feed-forward of three matrices, d to 4 d
            return 2 * d * attention + 2 * d * self.head + 12 * d * d
        return 4 * d * attention + 8 * d * d

    @property
    def parameters(self) -> int:
        """Count all parameters.

        GPT: biases, learned positions, two norms a layer and one at the end. Gopher: no biases, a matrix for relative
        positions, two vectors for them and two gains a layer, one at the end. PaLM: no biases, one gain a layer.
        """
        d, table = self.width, self.vocabulary * self.width
        match self.family:
            case "gpt":
                return table + self.context * d + self.layers * (self.products + 13 * d) + 2 * d
            case "gopher":
                return table + self.layers * (self.products + d * d + 4 * d) + d
            case _:
                return table + self.layers * (self.products + d) + d

    @property
    def meets_print(self) -> bool:
        """Whether the count, rounded or cut off, is the printed figure."""
        unit = self.rounded
        return self.printed in {(self.parameters + add) // unit * unit for add in (0, unit // 2)}

    @property
    def layer_flops(self) -> int:
        """Operations of one token in one layer, forward: products, scores and the mix of values; none is masked away.

        Products with relative positions are not counted: they are the same for all texts.
        """
        return 2 * self.products + 4 * self.heads * self.head * self.context

    @property
    def table_flops(self) -> int:
        """Operations of one token in the product with the table of tokens, forward."""
        return 2 * self.vocabulary * self.width

    @property
    def forward_flops(self) -> int:
        """Operations of one token, forward."""
        return self.layers * self.layer_flops + self.table_flops

    def training_flops(self, *, recompute: bool = False) -> int:
        """Return the operations of one token in training: forward, and twice that backward.

        Parameters
        ----------
        recompute : bool
            Whether layers are computed forward once more for the backward pass, since their values were not kept.
        """
        return 3 * self.forward_flops + (self.layers * self.layer_flops if recompute else 0)

    @property
    def rule_flops(self) -> float:
        """Operations of its training by the rule of thumb, six for each parameter and token."""
        return 6.0 * self.parameters * self.tokens

    @property
    def useful_flops(self) -> int:
        """Operations of one token that count for the utilisation of PaLM's appendix B: 6 N + 12 L H Q T."""
        return 6 * self.parameters + 12 * self.layers * self.heads * self.head * self.context


def _family(
    rows: Iterable[tuple[str, int, int, int, int, int, int]],
    *,
    paper: str,
    family: str,
    vocabulary: int,
    context: int,
    tokens: float = 0.0,
    remarks: dict[str, str] | None = None,
) -> list[DecoderModel]:
    """Return decoders from rows of name, layers, width, heads, size of a head, printed parameters, and their unit."""
    return [
        DecoderModel(
            name=name, paper=paper, family=family, layers=layers, width=width, heads=heads, head=head,
            vocabulary=vocabulary, context=context, printed=printed, rounded=rounded, tokens=tokens,
            remark=(remarks or {}).get(name, ""),
        )
        for name, layers, width, heads, head, printed, rounded in rows
    ]  # fmt: skip


M, G = 10**6, 10**9

GPT3 = _family(
    [
        ("GPT-3 Small", 12, 768, 12, 64, 125 * M, M),
        ("GPT-3 Medium", 24, 1024, 16, 64, 356 * M, M),
        ("GPT-3 Large", 24, 1536, 16, 96, 760 * M, M),
        ("GPT-3 XL", 24, 2048, 16, 128, 1_320 * M, 10 * M),
        ("GPT-3 2.7B", 32, 2560, 32, 80, 2_650 * M, 10 * M),
        ("GPT-3 6.7B", 32, 4096, 32, 128, 6_660 * M, 10 * M),
        ("GPT-3 13B", 40, 5120, 40, 128, 12_850 * M, 10 * M),
        ("GPT-3 175B", 96, 12_288, 96, 128, 174_600 * M, 100 * M),
    ],
    paper="Brown et al. 2020, arXiv:2005.14165, tables 2.1 and D.1",
    family="gpt",
    vocabulary=50_257,
    context=2_048,
    tokens=300e9,
    remarks={
        "GPT-3 XL": "table 2.1 prints 24 heads of 128, which are not 2,048; the count does not depend on it",
        "GPT-3 13B": "table 2.1 prints a width of 5,140, with which it would be 12,953 million",
    },
)
MEGATRON = _family(
    [
        ("Megatron 1.2B", 40, 1536, 16, 96, 1_200 * M, 100 * M),
        ("Megatron 2.5B", 54, 1920, 20, 96, 2_500 * M, 100 * M),
        ("Megatron 4.2B", 64, 2304, 24, 96, 4_200 * M, 100 * M),
        ("Megatron 8.3B", 72, 3072, 32, 96, 8_300 * M, 100 * M),
    ],
    paper="Shoeybi et al. 2019, arXiv:1909.08053, table 1",
    family="gpt",
    vocabulary=51_200,  # padded to a multiple of 128 for each of 8 devices
    context=1_024,
)
MT_NLG = _family(
    [("MT-NLG 530B", 105, 20_480, 128, 160, 530 * G, G)],
    paper="Smith et al. 2022, arXiv:2201.11990",
    family="gpt",
    vocabulary=51_200,
    context=2_048,
    tokens=270e9,
)
GOPHER = _family(
    [
        ("Gopher 44M", 8, 512, 16, 32, 44 * M, M),
        ("Gopher 117M", 12, 768, 12, 64, 117 * M, M),
        ("Gopher 417M", 12, 1536, 12, 128, 417 * M, M),
        ("Gopher 1.4B", 24, 2048, 16, 128, 1_400 * M, 100 * M),
        ("Gopher 7.1B", 32, 4096, 32, 128, 7_100 * M, 100 * M),
        ("Gopher 280B", 80, 16_384, 128, 128, 280 * G, G),
    ],
    paper="Rae et al. 2021, arXiv:2112.11446, table 1",
    family="gopher",
    vocabulary=32_000,
    context=2_048,
    tokens=300e9,
)
CHINCHILLA = _family(
    [("Chinchilla 70B", 80, 8192, 64, 128, 70 * G, G)],
    paper="Hoffmann et al. 2022, arXiv:2203.15556, table 4",
    family="gopher",
    vocabulary=32_000,
    context=2_048,
    tokens=1.4e12,
)
PALM = _family(
    [
        ("PaLM 8B", 32, 4096, 16, 256, 8_630 * M, 10 * M),
        ("PaLM 62B", 64, 8192, 32, 256, 62_500 * M, 10 * M),
        ("PaLM 540B", 118, 18_432, 48, 256, 540_350 * M, 10 * M),
    ],
    paper="Chowdhery et al. 2022, arXiv:2204.02311, table 1",
    family="palm",
    vocabulary=256_000,
    context=2_048,
    tokens=780e9,
    remarks={"PaLM 540B": "48 heads of 256 are 12,288 numbers, not the width"},
)
DECODERS: dict[str, DecoderModel] = {
    shape.name: shape for shape in (*MEGATRON, *GPT3, *GOPHER, *MT_NLG, *CHINCHILLA, *PALM)
}
"""All published sizes, by name, in order of their papers."""


def decoder(name: str) -> DecoderModel:
    """Return the published size of a name.

    Raises
    ------
    UnknownName
        With the nearest name.
    """
    if name not in DECODERS:
        raise unknown("size", name, DECODERS, where="models")
    return DECODERS[name]
