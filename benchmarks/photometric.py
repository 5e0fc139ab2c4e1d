"""Whether features improve on landmarks alone, on portraits of known shape that wear the skin of people left out.

    python benchmarks/photometric.py [--model embedded|ict-facekit|PATH] [--faces FOLDER] [--draws 6]

FOLDER holds `london/neutral` with photos and `no_face` with backgrounds. Two people of three teach the texture model,
each also mirrored; the skin of the third is put on random faces (benchmarks/drawn_portraits.py), in random light, pose,
distance and focal length, half of them with something in front. Landmarks come from the landmarker, run on the drawing.

Compared are the landmark fit, the photometric fit, and the latter without its features, which shows what its other
priors do alone. Errors: the 478 landmarks and all of the skin in the image, in inter-ocular distances; the skin's
vertices and the identity's, after the best similarity, in millimetres; the focal length, as a factor.
Writes benchmarks/results/photometric_MODEL.json.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from drawn_portraits import SIDE, Portrait, draw_portrait

from affectface.arrays import FloatArray
from affectface.fitting.dense_landmarks import LandmarkFit, fit_landmarks
from affectface.fitting.face_fit import FaceFit
from affectface.fitting.fit import fit_face
from affectface.fitting.photometric import fit_photometric
from affectface.fitting.photometric_config import PhotometricConfig
from affectface.fitting.texture_learning import FittedPhoto, fit_photo, learn_texture
from affectface.images import read_image
from affectface.landmarks import detect_faces
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model
from affectface.morphable.texture.texture_model import TextureModel

Fitter = Callable[[Portrait, FloatArray], "FaceFit | LandmarkFit"]
MEASURES = ("landmarks %", "skin in image %", "vertices mm", "identity mm", "focal factor")


def taught(model: FaceModel, files: list[Path]) -> Iterator[FittedPhoto]:
    """Yield the photos, and each mirrored, with their landmark fits."""
    for file in files:
        for image in (read_image(file), np.ascontiguousarray(read_image(file)[:, ::-1])):
            yield fit_photo(model, image)


def drawn(model: FaceModel, files: list[Path], grounds: list[Path], draws: int) -> list[tuple[Portrait, FloatArray]]:
    """Return portraits with the landmarks found on them; those on which no face is found are left out."""
    backgrounds = [read_image(file) for file in grounds]
    made = []
    for person, file in enumerate(files):
        photo = read_image(file)
        fit = fit_face(model, photo, detect_faces(photo, max_faces=1)[0].landmarks)
        for number in range(draws):
            rng = np.random.default_rng((person, number))
            portrait = draw_portrait(model, photo, fit, backgrounds, rng, occluded=number % 2 == 1)
            faces = detect_faces(portrait.image, max_faces=1)
            if faces:
                made.append((portrait, faces[0].landmarks))
    return made


def after_similarity(found: FloatArray, known: FloatArray) -> float:
    """Return the mean distance of vertices (V, 3) after the best rotation, translation and scale, mm."""
    a, b = found - found.mean(0), known - known.mean(0)
    u, s, vt = np.linalg.svd(a.T @ b)
    sign = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    scale = (s * sign).sum() / (a**2).sum()
    return float(10 * np.linalg.norm(scale * a @ (u * sign) @ vt - b, axis=1).mean())


def errors(model: FaceModel, fit: FaceFit | LandmarkFit, truth: Portrait) -> list[float]:
    """Return the measures of one fit."""
    skin = np.unique(model.triangles[model.region("face")])
    placed = model.landmark_triangles >= 0
    vertices = model.shape(fit.identity, fit.expression)
    known = model.at_landmarks(truth.vertices)
    eyes = float(np.linalg.norm(known[33] - known[263])) * truth.camera.focal / float(truth.camera.translation[2])

    def apart(one: FloatArray, other: FloatArray) -> float:
        pixels = fit.camera.project(one)[:, :2] - truth.camera.project(other)[:, :2]
        return float(100 * np.linalg.norm(pixels, axis=1).mean() / eyes)

    return [
        apart(model.at_landmarks(vertices)[placed], known[placed]),
        apart(vertices[skin], truth.vertices[skin]),
        after_similarity(vertices[skin], truth.vertices[skin]),
        after_similarity(model.shape(fit.identity)[skin], model.shape(truth.identity)[skin]),
        float(np.exp(abs(np.log(fit.camera.focal / truth.camera.focal)))),
    ]


def measure(model: FaceModel, portraits: list[tuple[Portrait, FloatArray]], fitter: Fitter) -> dict[str, object]:
    """Return the mean errors of a fitter over portraits, free and hidden ones apart."""
    fitter(*portraits[0])  # kernels and caches
    rows, seconds, kept = [], [], 0
    for portrait, landmarks in portraits:
        start = time.perf_counter()
        fit = fitter(portrait, landmarks)
        seconds.append(time.perf_counter() - start)
        kept += bool(getattr(fit, "reason", ""))
        rows.append(errors(model, fit, portrait))
    hidden = np.array([portrait.hidden.any() for portrait, _ in portraits])
    table = np.array(rows)
    result: dict[str, object] = {"ms": round(1e3 * float(np.median(seconds))), "landmark fit kept": kept}
    for name, which in (("free", ~hidden), ("hidden", hidden)):
        result[name] = dict(zip(MEASURES, (round(float(v), 3) for v in table[which].mean(0)), strict=True))
    return result


def fitters(model: FaceModel, texture: TextureModel) -> dict[str, Fitter]:
    """Return what is compared."""
    without = PhotometricConfig(features_weight=0.0)
    return {
        "landmarks": lambda portrait, found: fit_landmarks(model, found, (SIDE, SIDE)),
        "photometric": lambda portrait, found: fit_photometric(model, texture, portrait.image, found),
        "photometric, mask given": lambda portrait, found: fit_photometric(
            model, texture, portrait.image, found, occluded=portrait.hidden
        ),
        "photometric without features": lambda portrait, found: fit_photometric(
            model, texture, portrait.image, found, config=without
        ),
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--faces", type=Path, default=Path("../shared/faces"))
    parser.add_argument("--draws", type=int, default=6)
    asked = parser.parse_args()
    model = load_named_face_model(asked.model)
    photos = sorted((asked.faces / "london" / "neutral").glob("*.jpg"))
    grounds = sorted((asked.faces / "no_face").glob("*.jpg"))
    left_out = photos[::3]
    start = time.perf_counter()
    texture = learn_texture(model, taught(model, [file for file in photos if file not in left_out]))
    learning = time.perf_counter() - start
    portraits = drawn(model, left_out, grounds, asked.draws)
    result: dict[str, object] = {
        "people taught": len(photos) - len(left_out),
        "people left out": len(left_out),
        "portraits": len(portraits),
        "learning s": round(learning, 1),
        "components": [len(level.eigenvalues) for level in texture.levels],
    }
    for name, fitter in fitters(model, texture).items():
        result[name] = measure(model, portraits, fitter)
        print(name, json.dumps(result[name]), flush=True)
    target = Path(__file__).parent / "results" / f"photometric_{model.name}.json"
    target.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
