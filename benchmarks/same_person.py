"""Whether several photos of one person agree about the person, and photos from near and far about the distance.

    python benchmarks/same_person.py [--model embedded|ict-facekit|PATH] [--faces FOLDER]

FOLDER holds `lisa` (one person, four photos), `zoom` (one person at about 15, 30, 45 and 60 cm) and `london/neutral`
(strangers). Each photo is fitted alone, and the photos of one person together. Compared are the faces' identity shapes,
in mean millimetres, and the cosine between identity coefficients, within a person and between strangers; of `zoom` the
estimated distance and focal length. Writes benchmarks/results/same_person_MODEL.json.
"""

from __future__ import annotations

import argparse
import json
from itertools import combinations
from pathlib import Path

import numpy as np

from affectface.arrays import FloatArray
from affectface.fitting.dense_landmarks import fit_landmarks
from affectface.fitting.sequences import Picture, fit_same_person
from affectface.images import read_image
from affectface.landmarks import detect_faces
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model


def picture_of(file: Path) -> Picture:
    """Return a photo's largest face."""
    image = read_image(file)
    return Picture(detect_faces(image, max_faces=1)[0].landmarks, image.shape[:2], image)


def agreement(model: FaceModel, identities: list[FloatArray]) -> dict[str, float]:
    """Return how alike identities are, over all pairs."""
    skin = np.unique(model.triangles[model.region("face")])
    shapes = [model.shape(identity)[skin] for identity in identities]
    pairs = list(combinations(range(len(shapes)), 2))
    away = [10 * float(np.linalg.norm(shapes[i] - shapes[j], axis=1).mean()) for i, j in pairs]
    unit = [identity / np.linalg.norm(identity) for identity in identities]
    cosines = [float(unit[i] @ unit[j]) for i, j in pairs]
    return {"apart mm": round(float(np.mean(away)), 3), "cosine": round(float(np.mean(cosines)), 3)}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--faces", type=Path, default=Path("../shared/faces"))
    asked = parser.parse_args()
    model = load_named_face_model(asked.model)
    groups = {
        "lisa": sorted((asked.faces / "lisa").glob("*.jpg")),
        "zoom": sorted((asked.faces / "zoom").glob("*.jpg")),
        "strangers": sorted((asked.faces / "london" / "neutral").glob("*.jpg")),
    }
    pictures = {name: [picture_of(file) for file in files] for name, files in groups.items()}
    alone = {name: [fit_landmarks(model, p.landmarks, p.size) for p in those] for name, those in pictures.items()}
    result: dict[str, object] = {
        "identity": {name: agreement(model, [fit.identity for fit in fits]) for name, fits in alone.items()}
    }
    together = fit_same_person(model, pictures["zoom"])
    result["zoom"] = {
        file.stem: {
            "alone": _camera(one.camera, picture),
            "together": _camera(other.camera, picture),
        }
        for file, one, other, picture in zip(groups["zoom"], alone["zoom"], together, pictures["zoom"], strict=True)
    }
    text = json.dumps(result, indent=1)
    print(text)
    target = Path(__file__).parent / "results" / f"same_person_{model.name}.json"
    target.write_text(text + "\n", encoding="utf-8")


def _camera(camera: object, picture: Picture) -> dict[str, float]:
    """Return the distance of the model's origin, cm, and the focal length over the picture's longer side."""
    translation, focal = camera.translation, camera.focal  # type: ignore[attr-defined]
    return {"distance cm": round(float(translation[2]), 1), "focal": round(float(focal) / max(picture.size), 3)}


if __name__ == "__main__":
    main()
