"""Small weights of systems that draw."""

import json

import pytest

from successors import registry
from successors.nn import weights_file

SMALL = {
    "autoencoder": {"widths": (400, 5, 4, 3, 2), "deviation": 0.5},
    "vae": {"hidden": 20, "latents": 4},
    "gan": {"hidden": (20,), "units": 8, "pieces": 2, "latents": 6},
    "diffusion": {"width": 4, "groups": 2, "steps": 6, "last": 1.0},
    "animegan2": {"width": 1, "critic_width": 1, "blocks": 2},
    "stylegan2": {"channels": (4, 3, 2), "latents": 3, "mapping": 2, "mapping_rate": 0.5},
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Return a function that gives the file of a small network's weights; those of letters with classes=26."""
    folder = tmp_path_factory.mktemp("weights")

    def file(name, **changes):
        path = folder / f"{name}{len(changes)}.safetensors"
        if not path.exists():
            learner = registry.create(name, seed=1, **SMALL[name] | changes)
            settings = json.dumps(learner.config.to_mapping())
            weights_file.save(path, learner.weights(), system=name, settings=settings)
        return path

    return file
