"""Clips: a path through the valence-arousal plane as MP4, and one expression turning into another as GIF."""

import sys
from pathlib import Path

import affectface as af
from affectface.assets.example import example_photo

out = Path(sys.argv[1] if len(sys.argv) > 1 else "examples/out")
out.mkdir(parents=True, exist_ok=True)
portrait = af.Portrait.open(example_photo())

path = af.AffectPath([(0, 0), (0.8, 0.5), (0, 0)])
frames = portrait.animate(path, fps=25, seconds=2)  # made one by one while the clip is written
af.write_clip(out / "04_path.mp4", frames, 25, portrait.provenance(path))

sadness, happiness = af.Expression("sadness"), af.Expression("happiness")
frames = portrait.transition(sadness, happiness, fps=10, seconds=1)
asked = {"from": sadness.name, "to": happiness.name}
af.write_clip(out / "04_sadness_to_happiness.gif", frames, 10, portrait.provenance(asked))
