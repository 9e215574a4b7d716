from types import SimpleNamespace

from marki.console.pages.inspect import provenance_of
from marki.console.state.blocks import Heading, PageRow, Text
from marki.language import Words
from marki.provenance import ProvenanceRow

FOUND = ProvenanceRow(
    name="machine.sensory.threshold", value=0.4, unit="share of full light", badge="documented", source="The manual",
    page="23",
)  # fmt: skip


def page(**sources):
    scene = SimpleNamespace(ui=SimpleNamespace(focus=None, picked=None), sources=sources)
    context = SimpleNamespace(words=Words("en"), scene=scene, operator=SimpleNamespace(shown_value=str))
    return provenance_of(context)


def rows(blocks):
    """Return, of each heading, the texts of the blocks under it, in order; of equal headings the first."""
    found, mine = {}, []
    for block in blocks:
        if isinstance(block, Heading):
            mine = []
            found.setdefault(block.text, mine)
        else:
            mine.append(block.text if isinstance(block, Text) else (block.text, block.right))
    return found


def test_what_somebody_found_stands_first_and_in_the_place_of_ours():
    plain, own = rows(page()), rows(page(**{FOUND.name: FOUND}))
    assert next(iter(own)) == "Threshold"
    assert next(iter(plain)) != "Threshold"
    assert own["Threshold"] == [("documented", ""), "0.4 of full light", "Source: The manual, p. 23"]
    assert set(own) == set(plain)
    assert any(isinstance(block, PageRow) for block in page())
