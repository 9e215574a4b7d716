"""Ports: the simulated inputs and outputs that the Mark I and all its successors share.

| port  | shape          | physically                                                  |
| ----- | -------------- | ----------------------------------------------------------- |
| frame | (20, 20)       | what the photocells deliver, 0…1                            |
| reel  | (T, 20, 20)    | the same retina, a film of T exposures                      |
| lamps | (8,) bool      | the R-units; class labels are coded on them                 |
| field | (20, 20)       | the lamp panel driven in reverse: the machine draws         |
| text  | str            | a teleprinter; the real machine had none (*modern*)         |
| asked | frame and str  | a card before the camera, and a question about it (*modern*) |
"""

from __future__ import annotations

from enum import StrEnum


class Port(StrEnum):
    """A kind of input or output."""

    FRAME = "frame"
    REEL = "reel"
    LAMPS = "lamps"
    FIELD = "field"
    TEXT = "text"
    ASKED = "asked"
