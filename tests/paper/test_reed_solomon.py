import random

import pytest

from marki.paper.reed_solomon import mend, protect

PARITY = 44


def word(seed):
    data = bytes(random.Random(seed).randrange(256) for _ in range(56))
    return data, bytearray(protect(data, PARITY))


@pytest.mark.parametrize("wrong", [0, 1, 2, 21, 22])
def test_half_as_many_wrong_bytes_as_parity_are_mended_wherever_they_are(wrong):
    for seed in range(20):
        data, read = word(seed)
        rng = random.Random(seed)
        for place in rng.sample(range(len(read)), wrong):
            read[place] ^= rng.randrange(1, 256)
        assert mend(bytes(read), PARITY) == data


def test_more_are_refused_and_not_guessed():
    for seed in range(40):
        data, read = word(seed)
        rng = random.Random(seed)
        for place in rng.sample(range(len(read)), 30):
            read[place] ^= rng.randrange(1, 256)
        assert mend(bytes(read), PARITY) is None
        assert bytes(read)[:56] != data


def test_data_stands_first_and_parity_depends_on_all_of_it():
    data, read = word(0)
    assert bytes(read[:56]) == data
    assert len(read) == 100
    other = bytes([data[0] ^ 1]) + data[1:]
    assert protect(other, PARITY)[56:] != bytes(read[56:])
