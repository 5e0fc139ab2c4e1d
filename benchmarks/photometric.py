"""Whether features improve on landmarks alone, on portraits of known shape that wear the skin of people left out.

    python benchmarks/photometric.py [--model embedded|ict-facekit|PATH] [--faces FOLDER] [--draws 6]

FOLDER holds `london/neutral` with photos and `no_face` with backgrounds. Two people of three teach the texture model,
each also mirrored; the skin of the third is put on random faces (benchmarks/drawn_portraits.py), in random light, pose,
distance and focal length, half of them with something in front. Landmarks come from the landmarker, run on the drawing.

Compared are the landmark fit, the photometric fit, the latter without its features, and with the paper's weights.
Errors: the 478 landmarks and the skin among them in the image, in inter-ocular distances; that skin's vertices and the
identity's, after the best similarity, in millimetres; the focal length, as a factor. Then the same fits of the photos
of the people left out against points placed by hand (benchmarks/template_points.py), once with all landmarks and once
without those near the points, and against their ears, all in inter-ocular distances.
Writes benchmarks/results/photometric_MODEL.json.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from drawn_portraits import Portrait, draw_portrait
from template_points import COUNTERPARTS, ear_distances, read_template, without_counterparts

from affectface.arrays import FloatArray
from affectface.fitting.dense_landmarks import LandmarkFit, fit_landmarks
from affectface.fitting.face_fit import FaceFit, interocular_distance
from affectface.fitting.fit import fit_face
from affectface.fitting.photometric import fit_photometric
from affectface.fitting.photometric_config import MEASURED, PhotometricConfig
from affectface.fitting.texture_learning import FittedPhoto, fit_photo, learn_texture
from affectface.images import read_image
from affectface.landmarks import detect_faces
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model
from affectface.morphable.texture.texture_model import TextureModel

Fitter = Callable[[FaceModel, Portrait, FloatArray], "FaceFit | LandmarkFit"]
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

    inner = skin[model.spread_weights[skin].sum(1) > 0.7]

    def apart(one: FloatArray, other: FloatArray) -> float:
        pixels = fit.camera.project(one)[:, :2] - truth.camera.project(other)[:, :2]
        return float(100 * np.linalg.norm(pixels, axis=1).mean() / eyes)

    return [
        apart(model.at_landmarks(vertices)[placed], known[placed]),
        apart(vertices[inner], truth.vertices[inner]),
        after_similarity(vertices[inner], truth.vertices[inner]),
        after_similarity(model.shape(fit.identity)[inner], model.shape(truth.identity)[inner]),
        float(np.exp(abs(np.log(fit.camera.focal / truth.camera.focal)))),
    ]


def measure(model: FaceModel, portraits: list[tuple[Portrait, FloatArray]], fitter: Fitter) -> dict[str, object]:
    """Return the mean errors of a fitter over portraits, free and hidden ones apart."""
    fitter(model, *portraits[0])  # kernels and caches
    rows, seconds, kept = [], [], 0
    for portrait, landmarks in portraits:
        start = time.process_time()  # of this process alone, on one core
        fit = fitter(model, portrait, landmarks)
        seconds.append(time.process_time() - start)
        kept += bool(getattr(fit, "reason", ""))
        rows.append(errors(model, fit, portrait))
    hidden = np.array([portrait.hidden.any() for portrait, _ in portraits])
    table = np.array(rows)
    result: dict[str, object] = {"ms": round(1e3 * float(np.median(seconds))), "landmark fit kept": kept}
    for name, which in (("free", ~hidden), ("hidden", hidden)):
        result[name] = dict(zip(MEASURES, (round(float(v), 3) for v in table[which].mean(0)), strict=True))
    return result


def by_hand(model: FaceModel, files: list[Path], fitter: Fitter) -> dict[str, float]:
    """Return mean distances of fitted photos from the points that people placed on them, % of the eyes' distance."""
    partial = without_counterparts(model)
    wanted, known = (np.array(column) for column in zip(*COUNTERPARTS.values(), strict=True))
    found: dict[str, list[FloatArray]] = {"seen %": [], "unseen %": [], "ears %": []}
    for file in files:
        image = read_image(file)
        landmarks = detect_faces(image, max_faces=1)[0].landmarks
        placed, eyes = read_template(file.with_suffix(".tem")) + 0.5, interocular_distance(landmarks)
        nothing = np.zeros(image.shape[:2], dtype=bool)
        photo = Portrait(image, model.vertices, np.zeros(0, np.float32), None, nothing)  # type: ignore[arg-type]
        for name, used in (("seen %", model), ("unseen %", partial)):
            fit = fitter(used, photo, landmarks)
            points = fit.camera.project(model.shape(fit.identity, fit.expression)).astype(np.float64)[:, :2]
            at = model.at_landmarks(np.pad(points, ((0, 0), (0, 1))).astype(np.float32))[known, :2]
            found[name].append(100 * np.linalg.norm(at - placed[wanted], axis=1) / eyes)
            if used is model:
                found["ears %"].append(100 * ear_distances(model, points, placed) / eyes)
    return {name: round(float(np.mean(rows)), 3) for name, rows in found.items()}


def fitters(texture: TextureModel) -> dict[str, Fitter]:
    """Return what is compared."""

    def photometric(config: PhotometricConfig, *, masked: bool = False) -> Fitter:
        return lambda model, portrait, found: fit_photometric(
            model, texture, portrait.image, found, occluded=portrait.hidden if masked else None, config=config
        )

    return {
        "landmarks": lambda model, portrait, found: fit_landmarks(model, found, portrait.image.shape[:2]),
        "photometric": photometric(MEASURED),
        "photometric, mask given": photometric(MEASURED, masked=True),
        "photometric without features": photometric(replace(MEASURED, features_weight=0.0)),
        "photometric, the paper's weights": photometric(PhotometricConfig()),
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
    for name, fitter in fitters(texture).items():
        result[name] = measure(model, portraits, fitter) | {"by hand": by_hand(model, left_out, fitter)}
        print(name, json.dumps(result[name]), flush=True)
    target = Path(__file__).parent / "results" / f"photometric_{model.name}.json"
    target.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
