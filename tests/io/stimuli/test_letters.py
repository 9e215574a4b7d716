import string
import subprocess
import sys

import numpy as np
import pytest

from marki.errors import StimulusError, UnknownName
from marki.files import asset
from marki.io.camera import Camera
from marki.io.stimuli import CARD, Stimulus
from marki.io.stimuli.letters import LETTERS, TYPEFACES, WIDEST, alphabet, letter

FACES = sorted(TYPEFACES)


def frames(stimuli):
    return Camera().frames(np.stack([s.card for s in stimuli]))


def test_there_are_many_faces_of_both_kinds():
    kinds = [face.kind for face in TYPEFACES.values()]
    assert kinds.count("print") >= 14
    assert kinds.count("hand") >= 4


@pytest.mark.parametrize("key", FACES)
def test_letters_of_a_face_differ_on_the_retina(key):
    seen = frames(alphabet(key)) > 0.5
    for i in range(26):
        for j in range(i):
            apart = (seen[i] != seen[j]).sum()
            assert apart >= 6, f"{LETTERS[i]} and {LETTERS[j]} differ in {apart} cells"


@pytest.mark.parametrize("key", FACES)
def test_letters_fit_the_card_centred_at_one_size(key):
    for stimulus in alphabet(key):
        rows, columns = (np.flatnonzero(stimulus.card.max(axis=axis) > 127) for axis in (1, 0))
        assert columns[-1] - columns[0] <= WIDEST * CARD + 2
        assert abs(rows[0] - (CARD - 1 - rows[-1])) <= 3
        assert abs(columns[0] - (CARD - 1 - columns[-1])) <= 3


@pytest.mark.parametrize("key", FACES)
def test_strokes_can_be_seen_by_the_cells(key):
    lit = (frames(alphabet(key)) > 0.5).mean(axis=(1, 2))
    assert lit.min() > 0.02
    assert lit.max() < 0.5
    thick = []
    for char in "LT":
        card = letter(char, key).card > 127
        rows = np.flatnonzero(card.any(axis=1))
        row = card[int(rows[0] + (0.4 if char == "L" else 0.75) * np.ptp(rows))]
        thick.append(row.sum())
    assert min(thick) >= 8
    assert max(thick) <= 28


@pytest.mark.parametrize("key", FACES)
def test_a_face_has_its_file_its_licence_and_all_of_ascii(key):
    from PIL import ImageFont

    face = TYPEFACES[key]
    notice = asset(f"fonts/LICENSES/{face.notice}").read_text(encoding="utf-8").casefold()
    told = {
        "OFL": "font software",
        "Bit": "bitstream",
        "Apa": "apache license",
        "BSD": "redistribution",
        "Lic": "public",
    }
    assert told[face.licence[:3]] in notice
    font = ImageFont.truetype(str(asset(f"fonts/{face.file}")), 40)
    missing = bytes(font.getmask("\u4e00"))
    assert not [c for c in string.ascii_letters + string.digits if bytes(font.getmask(c)) == missing]
    assert font.getname()[0] == f"Marki {key}"


def test_fonts_stay_small():
    files = [f for f in asset("fonts").iterdir() if f.is_file() and f.name != "marki-cjk.otf"]  # that is for the window
    assert {f.name for f in files} == {face.file for face in TYPEFACES.values()}
    assert sum(f.stat().st_size for f in files) < 600_000


def test_height_and_boldness_act():
    tall = [np.ptp(np.flatnonzero(letter("H", height=h).card.any(axis=1))) for h in (0.4, 0.6)]
    assert tall[0] == pytest.approx(0.4 * CARD, abs=3)
    assert tall[1] == pytest.approx(0.6 * CARD, abs=3)
    ink = [int(letter("H", bold=b).card.astype(int).sum()) for b in (0, 4, 8)]
    assert ink[0] < ink[1] < ink[2]


def test_names_and_labels():
    stimulus = letter("q", "b612")
    assert (stimulus.name, stimulus.label) == ("q in b612", "q")
    assert [s.label for s in alphabet("b612", "XEF")] == ["X", "E", "F"]


def test_an_inverted_card_is_the_negative_and_twice_the_original():
    stimulus = letter("A")
    negative = stimulus.inverted()
    assert (negative.card == 255 - stimulus.card).all()
    assert negative.label == "A"
    assert negative.name != stimulus.name
    again = negative.inverted()
    assert again.name == stimulus.name
    assert (again.card == stimulus.card).all()


def test_refusals():
    with pytest.raises(UnknownName, match="routed-gothic"):
        letter("A", "routed-goth")
    for char in ("", "AB", "é", " "):
        with pytest.raises(StimulusError, match="printable"):
            letter(char)
    with pytest.raises(StimulusError, match="height"):
        letter("A", height=1.5)
    with pytest.raises(StimulusError, match="bold"):
        letter("A", bold=-1)


@pytest.mark.parametrize("card", [np.zeros((20, 20), np.uint8), np.zeros((CARD, CARD)), [[0]]])
def test_a_stimulus_refuses_other_cards(card):
    with pytest.raises(StimulusError, match="uint8"):
        Stimulus(name="x", label="x", card=card)


def test_a_card_cannot_be_changed_from_outside():
    source = np.zeros((CARD, CARD), np.uint8)
    stimulus = Stimulus(name="x", label="x", card=source)
    source[:] = 9
    assert stimulus.card.max() == 0
    with pytest.raises(ValueError, match="read-only"):
        stimulus.card[0, 0] = 1


def test_importing_the_room_does_not_import_pillow():
    modules = ["camera"] + [f"stimuli.{m}" for m in ("letters", "handprint", "digits", "forms", "images")]
    code = "; ".join(f"import marki.io.{m}" for m in modules) + "; import sys; sys.exit('PIL' in sys.modules)"
    root = asset("fonts").parents[1]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
