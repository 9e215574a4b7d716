"""Who draws what, and what is refused: by name, by sign, by card, by weights."""

import pytest

from marki.errors import ConfigError, StateError, UnknownName
from successors import registry
from successors.serving import artists


def test_who_draws_what():
    rows = {row["name"]: row for row in artists.drawers()}
    assert [row["subject"] for row in rows["stylegan2"]["subjects"]] == ["digits", "letters"]
    assert rows["gan"]["subjects"][0]["signs"] == "0123456789"
    assert rows["vae"]["subjects"][0]["signs"] == ""
    assert {name for name, row in rows.items() if row["cards"]} >= {"hopfield", "autoencoder", "vae", "diffusion"}
    assert {name for name, row in rows.items() if row["shown"]} == {"hopfield", "autoencoder", "animegan2", "arcanegan"}
    assert "dualstylegan" not in rows, "it is shown two cards, one after the other"
    assert not rows["gan"]["cards"]
    assert {name for name, row in rows.items() if row["hears"]} == {"dalle", "dalle2"}
    assert (rows["dalle"]["cards"], rows["dalle2"]["cards"]) == (False, True)
    for row in rows.values():
        entry = registry.find(row["name"]).entry
        assert row["subjects"][0]["trained"] == registry.is_trained(row["name"]), row["name"]
        assert row["steps"] == (row["name"] == "diffusion")
        assert row["faces"] == any(trial.options.get("subject") == "letters" for trial in entry.trials)


def test_signs_are_understood():
    assert [artists.signs_of(text) for text in ("7", "g", "７", "A b", "any", "ANY", "")] == [
        "7", "G", "7", "AB", "", "", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "signs", "card", "said"),
    [
        ("gann", "7", False, r"unknown system 'gann'. Did you mean 'gan'\?"),
        ("lenet5", "7", False, "lenet5 does not draw: it goes from frame to lamps. Choose among hopfield"),
        ("gan", "G", False, "gan does not draw 'G'. Ask for signs of 0123456789, or ask stylegan2"),
        ("stylegan2", "G7", False, "does not draw 'G7'. Ask for signs of 0123456789 or of ABCDEF"),
        ("vae", "7", False, "vae is not told what to draw, here '7'. Leave it out, or choose among gan"),
        ("gan", "7", True, "gan begins with no card. Choose among hopfield, autoencoder, vae, diffusion"),
        ("autoencoder", "", False, "autoencoder: draws what it is shown. Give it a card, with --from"),
        ("gan", "7" * 65, False, "65 signs"),
    ],
)
def test_refusals(name, signs, card, said):
    with pytest.raises((ConfigError, UnknownName), match=said):
        artists.engage(name, signs, card=card)


def test_an_untrained_system_says_what_to_do(monkeypatch):
    monkeypatch.setattr(registry, "is_trained", lambda name: False)
    with pytest.raises(
        StateError, match=r"gan: has learned no digits yet.*Train it, .* train gan --out DIR, .*--weights"
    ):
        artists.engage("gan", "7")


def test_weights_that_do_not_fit(weights, tmp_path):
    with pytest.raises(StateError, match="holds weights of 'vae', not of 'gan'"):
        artists.engage("gan", "7", weights=weights("vae"))
    with pytest.raises(StateError, match="cannot be read as weights"):
        artists.engage("gan", "7", weights=tmp_path / "none.safetensors")
    with pytest.raises(StateError, match="of other settings"):
        artists.engage("gan", "7", weights=weights("gan", classes=7))
    with pytest.raises(ConfigError, match="stylegan2 does not draw 'G'"):
        artists.engage("stylegan2", "G", weights=weights("stylegan2"))
    letters = artists.engage("stylegan2", "G", weights=weights("stylegan2", classes=26))
    assert letters.classes[6] == "G"
