"""One photo, one expression: open a portrait, ask for surprise, write the picture."""

import sys
from pathlib import Path

import affectface as af
from affectface.assets.example import example_photo

out = Path(sys.argv[1] if len(sys.argv) > 1 else "examples/out")
out.mkdir(parents=True, exist_ok=True)

portrait = af.Portrait.open(example_photo())  # finds and fits the face
surprise = af.Expression("surprise")
image = portrait.express(surprise)

# Every written picture says that it is synthetic, what was asked for and which models made it.
af.write_image(out / "01_surprise.png", image, portrait.provenance(surprise))
