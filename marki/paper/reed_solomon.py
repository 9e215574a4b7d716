"""Reed-Solomon code over the 256 bytes: some bytes of a word may be lost, and all of them are found again.

I. S. Reed, G. Solomon: Polynomial codes over certain finite fields (1960). Words are polynomials, the first byte the
highest coefficient; the generator has the roots 1, a, a², … with a = 2 in the field of x⁸ + x⁴ + x³ + x² + 1.
"""

from __future__ import annotations

_FIELD = 0x11D


def _tables() -> tuple[list[int], list[int]]:
    powers, logarithms, value = [0] * 510, [0] * 256, 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logarithms[value] = exponent
        value <<= 1
        if value & 0x100:
            value ^= _FIELD
    return powers, logarithms


_POWERS, _LOGARITHMS = _tables()


def _times(a: int, b: int) -> int:
    return _POWERS[_LOGARITHMS[a] + _LOGARITHMS[b]] if a and b else 0


def _inverse(a: int) -> int:
    return _POWERS[255 - _LOGARITHMS[a]]


def _value(polynomial: list[int], x: int) -> int:
    """Return the value at `x` of a polynomial, its lowest coefficient first."""
    total = 0
    for coefficient in reversed(polynomial):
        total = _times(total, x) ^ coefficient
    return total


def protect(data: bytes, parity: int) -> bytes:
    """Return `data` followed by as many bytes of parity, by which half as many wrong bytes are mended.

    Parameters
    ----------
    data : bytes
    parity : int
        Bytes of parity; with the data at most 255.
    """
    generator = [1]
    for exponent in range(parity):
        root = _POWERS[exponent]
        shifted = [*generator, 0]
        generator = [shifted[k] ^ (_times(generator[k - 1], root) if k else 0) for k in range(len(shifted))]
    rest = [0] * parity
    for byte in data:
        factor = byte ^ rest[0]
        rest = [*rest[1:], 0]
        rest = [r ^ _times(g, factor) for r, g in zip(rest, generator[1:], strict=True)]
    return data + bytes(rest)


def mend(word: bytes, parity: int) -> bytes | None:
    """Return the data of a word of `protect`, its wrong bytes mended; None if too many are wrong.

    Parameters
    ----------
    word : bytes
        Data and parity as they were read.
    parity : int
        Bytes of parity among them.
    """
    read = list(reversed(word))
    syndromes = [_value(read, _POWERS[k]) for k in range(parity)]
    if any(syndromes):
        locator = _locator(syndromes)
        places = [k for k in range(len(word)) if _value(locator, _POWERS[255 - k]) == 0]
        if len(places) != len(locator) - 1 or len(places) > parity // 2:
            return None
        for place, error in zip(places, _errors(syndromes, locator, places), strict=True):
            read[place] ^= error
        if any(_value(read, _POWERS[k]) for k in range(parity)):
            return None
    return bytes(reversed(read))[: len(word) - parity]


def _locator(syndromes: list[int]) -> list[int]:
    """Return the polynomial whose roots are the inverses of the wrong places (E. Berlekamp, J. Massey)."""
    now, before, length, gap, last = [1], [1], 0, 1, 1
    for k in range(len(syndromes)):
        found = syndromes[k]
        for i in range(1, length + 1):
            found ^= _times(now[i] if i < len(now) else 0, syndromes[k - i])
        if found == 0:
            gap += 1
            continue
        factor = _times(found, _inverse(last))
        change = [0] * gap + [_times(factor, c) for c in before]
        size = max(len(now), len(change))
        mended = [(now[i] if i < len(now) else 0) ^ (change[i] if i < len(change) else 0) for i in range(size)]
        if 2 * length <= k:
            before, length, last, gap = now, k + 1 - length, found, 1
        else:
            gap += 1
        now = mended
    while len(now) > 1 and now[-1] == 0:
        now.pop()
    return now


def _errors(syndromes: list[int], locator: list[int], places: list[int]) -> list[int]:
    """Return what is wrong at each place (G. D. Forney)."""
    product = [0] * len(syndromes)
    for i, a in enumerate(locator):
        for j in range(len(syndromes) - i):
            product[i + j] ^= _times(a, syndromes[j])
    slope = [c if k % 2 == 0 else 0 for k, c in enumerate(locator[1:])]
    found = []
    for place in places:
        x = _POWERS[(255 - place) % 255]
        bottom = _value(slope, x)
        if bottom == 0:
            return [0] * len(places)
        found.append(_times(_POWERS[place % 255], _times(_value(product, x), _inverse(bottom))))
    return found
