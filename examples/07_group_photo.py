"""Several faces in one photo, each with an affect of its own; the photo here is the example and its mirror image."""

import sys
from pathlib import Path

import numpy as np

import affectface as af
from affectface.assets.example import example_photo
from affectface.provenance import describe

out = Path(sys.argv[1] if len(sys.argv) > 1 else "examples/out")
out.mkdir(parents=True, exist_ok=True)

single = af.read_image(example_photo())
group = np.concatenate([single, single[:, ::-1]], axis=1)

portraits = sorted(af.Portrait.open_all(group), key=lambda portrait: portrait.face.box[0])  # from left to right
affects = [af.Expression("happiness"), af.Expression("anger")]
image = group
for portrait, affect in zip(portraits, affects, strict=True):
    image = portrait.express(affect, onto=image)  # paints this face into what the others left

asked = {"faces": [describe(affect) for affect in affects]}
af.write_image(out / "07_group.png", image, portraits[0].provenance(asked))
