"""How near a fit comes to points that people placed by hand, and that the fit never saw.

    python benchmarks/template_points.py [--model embedded|ict-facekit|PATH] [--faces FOLDER]

The photos of FOLDER come with a template of 189 points each. Fifteen of them have an
anatomical counterpart among the landmarks (`COUNTERPARTS`); the model's points there are projected after two fits: one
with all landmarks, and one that knows neither those nor any landmark within a tenth of the inter-ocular distance of
them. The landmarker's own distance from the hand is the bound that the first can reach. Ears are farther behind than
any landmark, and show whether depth, pose and distance of the camera are right: the outermost point of each, its top
and its lobe, where the projected ears end; many are under hair, where the hand guessed. The mean face, with pose and
expression fitted but no identity, says what a fit adds. All in inter-ocular distances. Writes
benchmarks/results/template_points_MODEL.json.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import affectface as af
from affectface.fitting.dense_landmarks import LandmarkFitConfig, fit_landmarks
from affectface.fitting.face_fit import interocular_distance
from affectface.landmarks import detect_faces
from affectface.morphable.library import load_named_face_model

COUNTERPARTS = {
    "pupil, right": (0, 468),
    "pupil, left": (1, 473),
    "exocanthion, right": (18, 33),
    "endocanthion, right": (22, 133),
    "endocanthion, left": (23, 362),
    "exocanthion, left": (27, 263),
    "subnasale": (55, 2),
    "cheilion, right": (87, 61),
    "crista philtri, right": (89, 37),
    "labiale superius": (90, 0),
    "crista philtri, left": (91, 267),
    "cheilion, left": (93, 291),
    "stomion": (96, 13),
    "labiale inferius": (106, 17),
    "gnathion": (129, 152),
}
"""Point of the template, counted from 0, and landmark. Left and right are the person's own."""
EARS = {"right": (115, 116, 119), "left": (120, 121, 124)}
"""Points of the template at the top, at the outermost point and at the lobe of each ear."""
NEAR = 0.1
"""Distance from a counterpart, in inter-ocular distances, within which the second fit knows no landmark."""
EAR_FROM, EAR_BEHIND, EAR_HEIGHT = 7.95, 2.0, (-4.0, 6.5)
"""What of a mean face is ear, cm: so far from its middle, so far back, and between those heights."""
RESULTS = Path(__file__).parent / "results"
FACES = Path(__file__).parents[2] / "shared" / "faces" / "london" / "neutral"

Points = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="embedded", help="embedded, ict-facekit, or the path of a face model")
    parser.add_argument("--faces", type=Path, default=FACES, help="folder of photos with templates")
    asked = parser.parse_args()
    model = load_named_face_model(asked.model)
    partial = without_counterparts(model)
    templates = sorted(asked.faces.glob("*.tem"))
    if not templates:
        raise SystemExit(f"{asked.faces}: no template (.tem) beside a photo; give the folder of the neutral photos")
    rows = [distances_of(model, partial, template) for template in templates]
    result = {
        "face_model": model.name,
        "photos": len(rows),
        "landmarks_left_out": left_out(model, partial),
        **{name: summary(name, [row[name] for row in rows]) for name in rows[0]},
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"template_points_{model.name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(
        f"face model {model.name}, {len(rows)} photos; distance from the points placed by hand, inter-ocular distances"
    )
    for name in rows[0]:
        print(f"{name:>24}: median {result[name]['median']:.4f}, nine in ten under {result[name]['p90']:.4f}")


def distances_of(model: af.FaceModel, partial: af.FaceModel, template: Path) -> dict[str, Points]:
    """Return how far the landmarker and each fit are from the points of one template, in inter-ocular distances."""
    photo = af.read_image(template.with_suffix(".jpg"))
    landmarks = detect_faces(photo, max_faces=1)[0].landmarks
    placed, eyes = read_template(template) + 0.5, interocular_distance(landmarks)
    wanted, known = (np.array(column) for column in zip(*COUNTERPARTS.values(), strict=True))
    found = {"landmarker": np.linalg.norm(landmarks[known, :2] - placed[wanted], axis=1) / eyes}
    for name, used, config in (
        ("mean face", model, LandmarkFitConfig(identity_components=0)),
        ("fit", model, LandmarkFitConfig()),
        ("fit without them", partial, LandmarkFitConfig()),
    ):
        fit = fit_landmarks(used, landmarks, photo.shape[:2], config=config)
        points = fit.camera.project(model.shape(fit.identity, fit.expression)).astype(np.float64)[:, :2]
        corners = points[model.triangles[model.landmark_triangles[known]]]
        at = np.einsum("lc,lcd->ld", model.landmark_weights[known], corners)
        found[name] = np.linalg.norm(at - placed[wanted], axis=1) / eyes
        found[f"ears, {name}"] = ear_distances(model, points, placed) / eyes
    return found


def ear_distances(model: af.FaceModel, points: Points, placed: Points) -> Points:
    """Return how far top, outermost point and lobe (6,) of the projected ears are from those of the template, pixels.

    The top and the lobe are compared in height and the outermost point across: along the ear, a hand has no reason to
    stop at one place rather than another.
    """
    x, y, z = model.vertices.T
    ear = (z < EAR_BEHIND) & (y > EAR_HEIGHT[0]) & (y < EAR_HEIGHT[1])
    distances = []
    for side, (top, outermost, lobe) in EARS.items():
        sign = 1 if side == "left" else -1
        own = points[ear & (sign * x > EAR_FROM)]
        distances += [
            abs(own[:, 1].min() - placed[top, 1]),
            abs((sign * own[:, 0]).max() - sign * placed[outermost, 0]),
            abs(own[:, 1].max() - placed[lobe, 1]),
        ]
    return np.array(distances)


def without_counterparts(model: af.FaceModel) -> af.FaceModel:
    """Return the model with no place for the counterparts and whatever landmark is near them."""
    places = model.at_landmarks(model.vertices)
    wanted = [landmark for _, landmark in COUNTERPARTS.values()]
    apart = np.linalg.norm(places[:, None] - places[wanted], axis=-1).min(axis=1)
    near = apart < NEAR * interocular_distance(places)
    return replace(model, landmark_triangles=np.where(near, -1, model.landmark_triangles).astype(np.int32))


def left_out(model: af.FaceModel, partial: af.FaceModel) -> int:
    """Return how many landmarks the second fit does not know."""
    return int((model.landmark_triangles >= 0).sum() - (partial.landmark_triangles >= 0).sum())


def read_template(path: Path) -> Points:
    """Return the points (N, 2) of a template, counted from pixel centres: x and y."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return np.array([line.split()[:2] for line in lines[1 : 1 + int(lines[0])]], dtype=np.float64)


def summary(name: str, rows: list[Points]) -> dict[str, Any]:
    """Return median and 90th percentile of all distances, and the median of each point."""
    ears = [f"{part}, {side}" for side in EARS for part in ("top", "outermost", "lobe")]
    by_point = np.median(rows, axis=0).round(4).tolist()
    return {
        "median": round(float(np.median(rows)), 4),
        "p90": round(float(np.percentile(rows, 90)), 4),
        "by_point": dict(zip(ears if name.startswith("ears") else COUNTERPARTS, by_point, strict=True)),
    }


if __name__ == "__main__":
    main()
