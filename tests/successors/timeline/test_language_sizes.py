"""All published sizes of language models, as networks of shapes, against the arithmetic of the machine room."""

import pytest

from successors import registry
from successors.cluster import models

FAMILIES = {
    "gpt3": ("GPT-3", models.GPT3),
    "megatron": ("Megatron", models.MEGATRON),
    "gopher": ("Gopher", models.GOPHER),
    "mt_nlg": ("MT-NLG", models.MT_NLG),
    "chinchilla": ("Chinchilla", models.CHINCHILLA),
    "palm": ("PaLM", models.PALM),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_networks_count_as_the_machine_room_does(name):
    entry, (label, shapes) = registry.find(name).entry, FAMILIES[name]
    found = {f"{label} {size}": entry.count(about.config) for size, about in entry.sizes.items()}
    assert found == {shape.name: shape.parameters for shape in shapes}
    printed = {f"{label} {size}": (about.published, about.rounded) for size, about in entry.sizes.items()}
    assert printed == {shape.name: (shape.printed, shape.rounded) for shape in shapes}
    for size, about in entry.sizes.items():
        shape = models.decoder(f"{label} {size}")
        c = about.config
        assert (c.layers, c.width, c.heads, c.vocabulary, c.longest) == (
            shape.layers, shape.width, shape.heads, shape.vocabulary, shape.context
        )  # fmt: skip


def test_there_are_all_of_them():
    assert sum(len(shapes) for _, shapes in FAMILIES.values()) == len(models.DECODERS) == 23
