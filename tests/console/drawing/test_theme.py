"""Colours that mean something: told apart with every kind of colour vision; texts are shortened before they are cut."""

import os
from pathlib import Path

import numpy as np
import pygame
import pytest

from marki.console.drawing.theme import CJK, DESK, FIGURES, LETTERING, PROJECTOR, TEXT, Theme
from marki.language import Words

SEEN = {
    "usual": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""Matrices on linear light for a missing kind of cones (Machado, Oliveira and Fernandes 2009, severity 1)."""

GREY = np.array([0.2126, 0.7152, 0.0722])
WHITE = np.array([0.9505, 1.0, 1.089])
XYZ = np.array([[0.4124, 0.3576, 0.1805], GREY, [0.0193, 0.1192, 0.9505]])


def linear(colour):
    c = np.array(colour) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(light):
    """CIE 1976 L*a*b* of linear light."""
    share = XYZ @ np.clip(light, 0, 1) / WHITE
    x, y, z = np.where(share > 0.008856, np.cbrt(share), 7.787 * share + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(a, b, matrix):
    return float(np.linalg.norm(lab(np.array(matrix) @ linear(a)) - lab(np.array(matrix) @ linear(b))))


PAIRS = [("right", "wrong"), ("positive", "negative"), ("lamp", "black"), ("focus", "negative"), ("trace", "wrong")]


@pytest.mark.parametrize("profile", [DESK, PROJECTOR], ids=["desk", "projector"])
@pytest.mark.parametrize("vision", SEEN)
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_colours_of_opposite_meaning_are_far_apart_for_every_eye(pair, vision, profile):
    one, other = (getattr(profile.palette, name) for name in pair)
    assert distance(one, other, SEEN[vision]) >= 60


@pytest.mark.parametrize("profile", [DESK, PROJECTOR], ids=["desk", "projector"])
def test_right_and_wrong_differ_in_grey(profile):
    right, wrong = (lab(np.full(3, GREY @ linear(c)))[0] for c in (profile.palette.right, profile.palette.wrong))
    assert wrong - right >= 10


def test_the_measure_knows_colours_that_a_protan_eye_confuses():
    assert distance((0, 104, 76), (172, 52, 0), SEEN["usual"]) > 90
    assert distance((0, 104, 76), (172, 52, 0), SEEN["protan"]) < 30


def test_a_text_is_shortened_before_it_is_cut(window):
    import pygame

    window()
    theme = Theme(1.0)
    sheet = pygame.Surface((400, 40))
    theme.sheet, theme.written = sheet, []
    for width in (300, 60):
        theme.write(sheet, "PLUGBOARD OF WIRES", pygame.Rect(0, 0, width, 30), shorter=("PLUGS",))
    assert [text for text, _, _ in theme.written] == ["PLUGBOARD OF WIRES", "PLUGS"]
    assert not theme.clipped
    theme.write(sheet, "PLUGBOARD OF WIRES", pygame.Rect(0, 0, 20, 30))
    assert [text for text, _ in theme.clipped] == ["PLUGBOARD OF WIRES"]
    theme.write(sheet, "a_file_that_people_named.png", pygame.Rect(0, 0, 20, 30), free=True)
    assert len(theme.clipped) == 1


def test_texts_of_a_row_become_short_together(window):
    window()
    theme = Theme(1.0)
    forms = [("above zero", "> 0"), ("motor turns", "turns", "on")]
    assert theme.row_of(forms, 400, 20, 14)[0] == ["above zero", "motor turns"]
    assert theme.row_of(forms, 130, 20, 14)[0] == ["> 0", "turns"]
    assert theme.row_of(forms, 60, 20, 14)[0] == ["> 0", "on"]


def test_no_file_of_a_typeface_stays_open():
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("the system does not tell which files are open")
    pygame.init()
    theme = Theme(1.0, Words("zh"))
    for face in (TEXT, FIGURES, CJK):
        for size in range(12, 20):
            theme.font(face, size).size("A")
    held = [os.readlink(link) for link in folder.iterdir() if link.exists()]
    pygame.quit()
    assert not [name for name in held if "/fonts/" in name and "matplotlib" not in name]  # which holds its own open


@pytest.mark.parametrize("face", [LETTERING, TEXT, FIGURES])
@pytest.mark.parametrize("unit", [1.0, 1.5])
def test_latin_with_a_sign_that_its_typeface_lacks_stands_on_the_line_of_its_neighbours(window, face, unit):
    window()
    theme = Theme(unit)

    def feet(text):
        surface = pygame.Surface((300, 60))
        theme.write(surface, text, surface.get_rect(), face=face, colour=(255, 255, 255))
        return int(np.flatnonzero(pygame.surfarray.array3d(surface).max((0, 2)) > 128)[-1])

    assert abs(feet("DALL·E") - feet("DALLE")) <= 1
    assert feet("电传") > feet("DALLE")


@pytest.mark.parametrize("text", ["Now: pre-trained, 46.8 % correct.", "预训练，46.8 % 正确。", "%", "a % b"])
def test_a_line_does_not_break_between_a_number_and_per_cent(window, text):
    window()
    theme = Theme(1.0)
    for width in range(80, 400, 7):
        lines = theme.wrap(text, width)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert not [line for line in lines[1:] if line.startswith("%")], width


@pytest.mark.parametrize(
    "text",
    [
        "Megatron、GPT-3、Gopher、MT-NLG、Chinchilla、PaLM（各一）。",
        "“even” 读对了，“甲乙”也对；见《深度学习》（2022 年）……完",
        "it says (so), he “said”: a .pen file",
    ],
)
def test_no_line_begins_with_a_closing_sign_or_ends_with_an_opening_one(window, text):
    window()
    theme = Theme(1.0)
    for width in range(theme.width("“Chinchilla”、", 15), 400, 5):
        lines = theme.wrap(text, width)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert not [line for line in lines if line[0] in "，。、；：？！）》”…,):" or line[-1] in "（《“("], width
