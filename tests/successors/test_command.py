"""The command `write`: a text goes to a trained system, and its answer comes back."""

import pytest

from marki.__main__ import main


def written(capsys, *args):
    code = main(["write", *args])
    told = capsys.readouterr()
    return code, told.out.splitlines(), told.err


def test_a_caption_is_translated_there_and_back(capsys):
    assert written(capsys, "transformer", "the small square is left of the large circle.")[1] == [
        "小方块在大圆的左边。"
    ]
    back = written(capsys, "transformer", "小方块在大圆的左边。")
    assert back[1] == ["the small square is left of the large circle."]


def test_a_hidden_word_is_found_and_a_line_is_judged(capsys):
    line = "Trial 57. The card F. 55 A-units took part. The machine answered F:"
    assert written(capsys, "bert", f"{line} _. Nothing was changed.")[1] == ["right"]
    assert written(capsys, "gpt", line)[1] == ["right"]
    assert written(capsys, "gpt", line.replace("answered F", "answered K"))[1] == ["wrong"]


def test_a_prompt_is_gone_on_with(capsys):
    prompt = "a large cross at the top. Shapes:"
    assert written(capsys, "gpt2", prompt)[1] == ["one."]
    drawn = ("gpt2", "the small", "--count", "4", "--temperature", "1", "--nucleus", "0.9", "--seed")
    first, again, other = (written(capsys, *drawn, seed)[1] for seed in ("0", "0", "1"))
    assert len(first) == 4
    assert first == again != other


@pytest.mark.parametrize("how", [("--count", "3"), ("--top-k", "3"), ("--nucleus", "0.9")])
def test_who_asks_for_draws_without_a_temperature_has_them_at_1(capsys, how):
    drawn = [written(capsys, "gpt2", "the small", *how, "--seed", seed)[1] for seed in map(str, range(4))]
    assert len(set(map(tuple, drawn))) > 1, "the likeliest answer would be one"
    assert drawn[0] == written(capsys, "gpt2", "the small", *how, "--seed", "0", "--temperature", "1")[1]
    code, out, err = written(capsys, "gpt2", "the small", *how, "--temperature", "0")
    assert (code, out) == (2, [])
    assert "--temperature: there is nothing to draw" in err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("lenet5", "A"), "lenet5 reads no text. Choose among transformer"),
        (("transformr", "A"), "'transformr'"),
        (("bert", "The card _.", "--temperature", "1"), "bert draws nothing"),
        (("gpt2", "a", "--nucleus", "2"), "nucleus: 2.0 is out of range"),
        (("gpt2", "a", "--count", "0"), "--count: 0 is out of range"),
        (("gpt", "a\x07"), "cannot be printed"),
        (("gpt", "a" * 6_001), "6,001 characters"),
    ],
)
def test_refusals(capsys, args, words):
    code, out, err = written(capsys, *args)
    assert (code, out) == (2, [])
    assert words in err
    assert err.count("\n") == 1
