"""Points of the valence-arousal plane: single points, words that name points, and the whole plane as one sheet."""

import sys
from pathlib import Path

import affectface as af
from affectface.assets.example import example_photo
from affectface.synthesis.sheets import draw_sheet

out = Path(sys.argv[1] if len(sys.argv) > 1 else "examples/out")
out.mkdir(parents=True, exist_ok=True)
portrait = af.Portrait.open(example_photo())

points = {
    "pleasant_excited": af.ValenceArousal(0.7, 0.6),
    "unpleasant_calm": af.ValenceArousal(-0.6, -0.6),
    "serene": af.word("Serene"),
}
for name, point in points.items():
    print(f"{name:17} valence {point.valence:+.2f} arousal {point.arousal:+.2f}")
    af.write_image(out / f"02_{name}.png", portrait.express(point), portrait.provenance(point))

af.write_image(out / "02_plane.png", draw_sheet(portrait, "plane"), portrait.provenance({"sheet": "plane"}))
