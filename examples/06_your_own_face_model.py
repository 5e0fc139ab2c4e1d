"""A face model of one's own: face models are values, so edit one, save it, load it, and open a portrait with it."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

import affectface as af
from affectface.assets.example import example_photo
from affectface.morphable import load_face_model, save_face_model
from affectface.morphable.library import load_named_face_model

out = Path(sys.argv[1] if len(sys.argv) > 1 else "examples/out")
out.mkdir(parents=True, exist_ok=True)

shipped = load_named_face_model("embedded")
gains = np.array([1.6 if name.startswith("brow") else 1.0 for name in shipped.expression_names], dtype=np.float32)
own = replace(shipped, name="strong-brows", expression=shipped.expression * gains[:, None, None])
save_face_model(own, out / "06_strong_brows.npz")  # the command line takes it too: --model 06_strong_brows.npz

surprise = af.Expression("surprise")
for name, model in {"shipped": shipped, "strong_brows": load_face_model(out / "06_strong_brows.npz")}.items():
    portrait = af.Portrait.open(example_photo(), face_model=model)
    image = portrait.express(surprise)
    af.write_image(out / f"06_{name}.png", image, portrait.provenance(surprise))
