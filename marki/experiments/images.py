"""Your own pictures: a folder with a sub-folder for each class, put before the camera (``--images DIR``)."""

from __future__ import annotations

from marki.errors import StimulusError
from marki.experiments.alphabet import MOST_PASSES, learn_to_errorless
from marki.experiments.lab import Lab, needed, right
from marki.measurements import Measurement

TITLE = "Image files"
READS = ("images",)


def run(lab: Lab) -> list[Measurement]:
    """Learn the pictures up to 40 times over, until none is wrong."""
    pictures = lab.spec.files.get("images")
    if not pictures:
        raise StimulusError(
            "no folder is named", where="images", remedy="Give one with --images DIR", code="folder.unnamed"
        )
    run = lab.run("images", lab.world("images", images=pictures))
    passes = learn_to_errorless(run, MOST_PASSES)
    size = run.session.worlds[1].size
    exam = run.records[-size:] if passes else run.exam()
    return [right(exam, "after learning"), needed(run, passes, "the pictures", most=MOST_PASSES)]
