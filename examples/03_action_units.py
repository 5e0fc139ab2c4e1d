"""Facial action units (FACS): single ones, several at once, one side of the face only, and half the intensity."""

import sys
from pathlib import Path

import affectface as af
from affectface.assets.example import example_photo

out = Path(sys.argv[1] if len(sys.argv) > 1 else "examples/out")
out.mkdir(parents=True, exist_ok=True)
portrait = af.Portrait.open(example_photo())

asked = {
    "brow_lowerer": (af.ActionUnits({4: 1.0}), 1.0),
    "smile": (af.ActionUnits({6: 0.6, 12: 0.9}), 1.0),
    "half_a_smile": (af.ActionUnits({6: 0.6, 12: 0.9}), 0.5),
    "wink": (af.ActionUnits.parse("12=0.6,6L=0.7,43L=1"), 1.0),  # L is the person's own left
}
for name, (units, intensity) in asked.items():
    image = portrait.express(units, intensity=intensity)
    provenance = portrait.provenance(units, intensity=intensity)
    af.write_image(out / f"03_{name}.png", image, provenance)
