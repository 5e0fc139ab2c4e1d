"""Scans of known faces -> ingest -> register -> build, and how near the affect model is to that of the true meshes.

    python benchmarks/affect_from_scans.py [--model ict-facekit] [--people 3] [--frames 5]

The scans are those of benchmarks/correspondence.py. Each ramp is an expression, and a ray in the valence-arousal plane.
Two galleries of meshes get the same labels, one of registered scans, one of the true vertices; both are built into
affect models with principal components, which lose nothing, and with facial units, which is the default. What is
compared is how far they move the skin of the face. Writes benchmarks/results/affect_from_scans_MODEL.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from correspondence import EYES, RAMPS, RESULTS, Truth, eye_distance, same, write_scans

from affectface.affect import Expression, ValenceArousal
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.building.build import build_affect_model
from affectface.gallery.building.config import BuildConfig
from affectface.gallery.correspondence.galleries import register_gallery
from affectface.gallery.correspondence.template import RegistrationTemplate, registration_template
from affectface.gallery.driving import in_units_of
from affectface.gallery.scans.ingest import IngestConfig, ingest_scans, plan_ingest
from affectface.gallery.store import Gallery, Labels, Sequence, create_gallery, make_labels, open_gallery
from affectface.morphable.library import load_named_face_model

SHOWN = {
    "smile": ("happiness", 0.8, 0.3),
    "surprise": ("surprise", 0.2, 0.8),
    "anger": ("anger", -0.6, 0.6),
    "pucker": ("disgust", -0.5, -0.3),
}
"""What each ramp stands for: a name, valence and arousal at full strength."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="ict-facekit")
    parser.add_argument("--people", type=int, default=3)
    parser.add_argument("--frames", type=int, default=5)
    options = parser.parse_args()
    model = load_named_face_model(options.model)
    template = registration_template(model)
    with TemporaryDirectory() as name:
        folder = Path(name)
        truth = write_scans(model, options.people, options.frames, list(RAMPS), folder / "set")
        ingest_scans(plan_ingest(folder / "set", IngestConfig(topology="scans")), folder / "scans.gallery")
        register_gallery(open_gallery(folder / "scans.gallery"), folder / "meshes.gallery", options.model, workers=2)
        registered = labelled(open_gallery(folder / "meshes.gallery"), truth)
        real = true_gallery(registered, truth, folder / "true.gallery")
        figures: dict[str, object] = {"model": model.name, "people": options.people, "frames": options.frames}
        figures["left_out"] = sum(int((~registered.kept(one.name)).sum()) for one in registered.sequences)
        for basis in ("pca", "units"):
            config = BuildConfig(basis=basis, fewest_labels=2, classes=12)
            models = [
                build_affect_model(one, "built", scratch=folder / one.path.stem, face_model=model, config=config).model
                for one in (real, registered)
            ]
            figures[basis] = compared(*models, template)
            print(basis, json.dumps(figures[basis]), flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"affect_from_scans_{options.model}.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))


def labels_of(ramp: str, truth: Truth) -> Labels:
    """Return labels of a ramp's frames: valence and arousal by its strength, the name where it is strong."""
    expression, valence, arousal = SHOWN[ramp]
    strength = truth.strength.astype(np.float32)
    names = tuple("neutral" if s < 0.01 else expression if s > 0.9 else "" for s in strength.tolist())
    return make_labels(len(strength), valence=valence * strength, arousal=arousal * strength, expression=names)


def labelled(gallery: Gallery, truth: dict[str, Truth]) -> Gallery:
    """Give a gallery's sequences their labels."""
    for sequence in gallery.sequences:
        ramp, known = ramp_of(sequence, truth)
        gallery.set_labels(sequence.name, labels_of(ramp, known))
    return gallery


def true_gallery(registered: Gallery, truth: dict[str, Truth], path: Path) -> Gallery:
    """Write the true meshes, without head motion, as the gallery that registration should have found."""
    with create_gallery(path, "meshes", template=registered.template, topology=registered.topology) as writer:
        for sequence in registered.sequences:
            ramp, known = ramp_of(sequence, truth)
            writer.add(sequence, [known.still.astype(np.float32)], labels=labels_of(ramp, known))
    return open_gallery(path)


def ramp_of(sequence: Sequence, truth: dict[str, Truth]) -> tuple[str, Truth]:
    ((name, known),) = ((name, one) for name, one in truth.items() if same(name, sequence.name))
    return name.partition("_")[2], known


def compared(real: AffectModel, found: AffectModel, template: RegistrationTemplate) -> dict[str, list[float]]:
    """Return how far the true model moves the face, and how far off the other's is: mean and 95 %, mm."""
    face = template.skin[template.face]
    scale = EYES / eye_distance(template, template.model.vertices)
    shown = [Expression(name) for name, _, _ in SHOWN.values()]
    asked = [*shown, *(ValenceArousal(s * v, s * a) for _, v, a in SHOWN.values() for s in (0.6, 0.95))]
    result = {}
    for affect in asked:
        moved, other = (displacement(one, template, affect)[face] for one in (real, found))
        off = scale * np.linalg.norm(other - moved, axis=1)
        name = affect.name if isinstance(affect, Expression) else f"{affect.valence:.2f},{affect.arousal:.2f}"
        figures = [scale * np.linalg.norm(moved, axis=1).mean(), off.mean(), np.percentile(off, 95)]
        result[name] = [round(float(value), 3) for value in figures]
    result["all"] = np.mean(list(result.values()), axis=0).round(3).tolist()
    return result


def displacement(model: AffectModel, template: RegistrationTemplate, affect: Expression | ValenceArousal) -> np.ndarray:
    """Return how an affect model moves the template's vertices (V, 3), cm."""
    if model.basis is None:
        known = in_units_of(model, template.model)
        return template.model.deformation(template.model.expression_vector(known.strengths(affect)))
    strengths = model.strengths(affect)
    weights = np.array([strengths.get(name, 0.0) for name in model.unit_names], dtype=np.float32)
    return np.asarray(np.einsum("u,uvc->vc", weights, model.basis.displacements))


if __name__ == "__main__":
    main()
