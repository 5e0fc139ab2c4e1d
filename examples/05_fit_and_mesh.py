"""What the fit found: the face's coefficients, the mesh with its texture, and the face looking straight ahead."""

import sys
from pathlib import Path

import affectface as af
from affectface.assets.example import example_photo
from affectface.synthesis.fit_files import write_fit

out = Path(sys.argv[1] if len(sys.argv) > 1 else "examples/out")
out.mkdir(parents=True, exist_ok=True)
portrait = af.Portrait.open(example_photo())

write_fit(portrait, out / "05_face.glb")  # for any 3D viewer
write_fit(portrait, out / "05_overlay.png")
write_fit(portrait, out / "05_texture.png")
write_fit(portrait, out / "05_frontal.png")
write_fit(portrait, out / "05_fit.json")

units = dict(zip(portrait.face_model.expression_names, portrait.fit.expression, strict=True))
strongest = sorted(units, key=lambda name: -abs(units[name]))[:3]
print(
    f"error {portrait.fit.error:.2%} of the inter-ocular distance, at {portrait.fit.camera.focal:.0f} px focal length"
)
print("shown by the photo:", ", ".join(f"{name} {units[name]:.2f}" for name in strongest))
