"""Fits of this package and of others against rendered faces whose every vertex is known, side by side.

    python benchmarks/fitting.py [--model NAME] [--faces N] [--eos PYTHON] [--menpo3d PYTHON] [--texture TEXTURE.npz]

Identity, expression, pose, light and focal length are drawn at random. All get the same face model and the same 68
points: the true projections of its 68 vertices, with noise. What else affectface can do is measured on the same
pictures: its own landmarks, found in them, and with a texture model the photometric fit. `--eos` and `--menpo3d` name a
Python in which `eos-py` or `menpo3d` is installed; a package that is importable here needs no name. Writes
benchmarks/results/fitting_MODEL.json.

A vertex error is the mean distance over the skin of the face, mm, after the best rotation and translation, and after
the best scale too; a landmark error is the mean distance of the 68 projected vertices from the true ones, as a share of
the inter-ocular distance.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from affectface.arrays import FloatArray, Image
from affectface.camera import Camera
from affectface.errors import AffectFaceError
from affectface.fitting.dense_landmarks import fit_landmarks
from affectface.fitting.landmarks68 import Fit68Config, fit_landmarks68
from affectface.fitting.photometric import fit_photometric
from affectface.fitting.texture_learning import FittedPhoto, learn_texture
from affectface.landmarks import detect_faces
from affectface.mesh import vertex_normals
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model
from affectface.morphable.portrait_drawing import draw_mean_face
from affectface.morphable.texture.texture_model import TextureModel, load_texture_model

RESULTS = Path(__file__).parent / "results"
PEERS = Path(__file__).with_name("fitting_peers.py")
SIDE = 448
"""Side of the pictures, pixels."""
NOISE = 0.01
"""Standard deviation of the points, in inter-ocular distances."""
OWN_68 = "affectface, 68 points"
OWN_68 = "affectface, 68 points"
DRAWN_LIGHT, DRAWN_AMBIENT = np.array([0.1, 0.45, 0.89]), (0.75, 0.3)
"""The light of `draw_mean_face`."""


@dataclass(frozen=True, eq=False)
class Case:
    """One face and its picture."""

    identity: FloatArray
    expression: FloatArray
    vertices: FloatArray
    camera: Camera
    image: Image
    true68: FloatArray
    points68: FloatArray
    eye_distance: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="embedded", help="face model: a name or a .npz")
    parser.add_argument("--faces", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--eos", help="a Python in which eos-py is installed")
    parser.add_argument("--menpo3d", help="a Python in which menpo3d is installed")
    parser.add_argument("--menpo3d-faces", type=int, default=5, help="faces for menpo3d, which takes long")
    parser.add_argument("--texture", help="a texture model of the photometric fit, learned for this face model")
    parser.add_argument("--learn", type=int, default=0, help="learn that texture model from so many other drawn faces")
    asked = parser.parse_args()
    model = load_named_face_model(asked.model)
    cases = [draw_case(model, np.random.default_rng([asked.seed, i])) for i in range(asked.faces)]
    measured = np.unique(model.triangles[model.region("face")])
    texture = load_texture_model(asked.texture) if asked.texture else None
    if asked.learn:
        others = (draw_case(model, np.random.default_rng([asked.seed, 1, i])) for i in range(asked.learn))
        photos = (FittedPhoto(case.image, case.identity, case.expression, case.camera) for case in others)
        texture = learn_texture(model, photos)
    table = own_rows(model, cases, measured, texture)
    few = cases[: asked.menpo3d_faces]
    for package, python, given in (("eos", asked.eos, cases), ("menpo3d", asked.menpo3d, few)):
        python = python or (sys.executable if importlib.util.find_spec(package) else None)
        if python:
            table |= peer_rows(package, python, model, given, measured)
        if python and given is few and len(few) < len(cases):
            table[f"affectface, 68 points, the same {len(few)}"] = own_rows(model, few, measured, None)[OWN_68]
    RESULTS.mkdir(exist_ok=True)
    record = {"face_model": model.name, "faces": len(cases), "seed": asked.seed, "noise": NOISE, "rows": table}
    (RESULTS / f"fitting_{model.name}.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print_table(model, len(cases), table)


def draw_case(model: FaceModel, rng: np.random.Generator) -> Case:
    """Return a random face, seen by a random camera in random light."""
    identity = np.clip(rng.normal(size=len(model.identity)), -2.5, 2.5).astype(np.float32)
    expression = np.zeros(len(model.expression), dtype=np.float32)
    chosen = rng.choice(len(expression), 4, replace=False)
    expression[chosen] = rng.uniform(0, 0.8, len(chosen))
    vertices = model.shape(identity, expression)
    camera = random_camera(model, vertices, rng)
    drawing = draw_mean_face(replace(model, vertices=vertices), camera, SIDE)
    image = relit(drawing.image, model, vertices, drawing.triangle, drawing.weights, camera, rng)
    corners = vertices[model.landmarks68]
    true68 = camera.project(corners)[:, :2]
    scale = camera.focal / camera.to_camera(corners[[36, 45]])[:, 2].mean()
    eye_distance = float(np.linalg.norm(corners[45] - corners[36]) * scale)
    points68 = true68 + rng.normal(0, NOISE * eye_distance, true68.shape).astype(np.float32)
    return Case(identity, expression, vertices, camera, image, true68, points68, eye_distance)


def random_camera(model: FaceModel, vertices: FloatArray, rng: np.random.Generator) -> Camera:
    """Return a camera before the face: up to 35 degrees aside, 15 up or down, 10 tilted, of any usual focal length."""
    yaw, pitch, roll = np.radians(rng.uniform((-35, -15, -10), (35, 15, 10)))
    turns = [
        np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]]),
        np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]),
        np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]),
    ]
    rotation = (turns[2] @ turns[1] @ turns[0]).astype(np.float32)
    focal = float(np.exp(rng.uniform(np.log(1.0), np.log(3.5)))) * SIDE
    points = vertices[model.landmarks68]
    middle = (points.max(0) + points.min(0)) / 2 + np.array([0, 0.18 * np.ptp(points[:, 1]), 0])
    depth = focal * float(np.ptp(points[:, 1])) / (rng.uniform(0.36, 0.46) * SIDE)
    aside = rng.uniform(-0.04, 0.04, 2) * SIDE * depth / focal
    still = Camera(rotation, np.zeros(3, dtype=np.float32), 1.0, (0.0, 0.0))
    translation = np.array([*aside, depth]) - still.to_camera(middle[None].astype(np.float32))[0]
    return Camera(rotation, translation.astype(np.float32), focal, (SIDE / 2, SIDE / 2))


def relit(
    image: Image,
    model: FaceModel,
    vertices: FloatArray,
    triangle: np.ndarray,
    weights: FloatArray,
    camera: Camera,
    rng: np.random.Generator,
) -> Image:
    """Return the drawing of a face in another light than the drawing's own."""
    hit = triangle >= 0
    normals = vertex_normals(vertices, model.triangles)
    normal = np.einsum("nc,ncd->nd", weights[hit], normals[model.triangles[triangle[hit]]]) @ camera.rotation.T
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    direction = np.array([rng.uniform(-0.9, 0.9), rng.uniform(-0.2, 0.9), rng.uniform(0.4, 1)])
    share, tint = rng.uniform(0.3, 0.8), rng.uniform(0.85, 1.15, 3)
    shade = np.clip(normal @ (direction / np.linalg.norm(direction)), 0, 1) * share + (1.05 - share)
    old = np.clip(normal @ DRAWN_LIGHT, 0, 1) * DRAWN_AMBIENT[0] + DRAWN_AMBIENT[1]
    lit = image.astype(np.float32)
    lit[hit] *= (shade / old)[:, None] * tint
    return np.clip(lit + rng.normal(0, 2, lit.shape), 0, 255).astype(np.uint8)


def own_rows(model: FaceModel, cases: list[Case], measured: np.ndarray, texture: TextureModel | None) -> dict[str, Any]:
    """Return the rows of affectface."""
    found = [detect_faces(case.image, max_faces=1) for case in cases]
    fixed = Fit68Config(sliding_contour=False)
    size = (SIDE, SIDE)

    def dense(index: int) -> Any:
        return fit_landmarks(model, found[index][0].landmarks, size) if found[index] else None

    rows: dict[str, Any] = {}
    methods: dict[str, Callable[[int], Any]] = {
        "mean face": lambda index: fit_mean(model, cases[index].points68),
        OWN_68: lambda index: fit_landmarks68(model, cases[index].points68, size, config=fixed).fit,
        "affectface, found landmarks": dense,
    }
    if texture is not None:
        methods["affectface, photometric"] = lambda index: (
            fit_photometric(model, texture, cases[index].image, found[index][0].landmarks) if found[index] else None
        )
    for name, method in methods.items():
        method(0)
        vertices, points, seconds = [], [], []
        for index in range(len(cases)):
            start = time.perf_counter()
            try:
                fit = method(index)
            except AffectFaceError:
                fit = None
            seconds.append(time.perf_counter() - start)
            shape = np.full_like(model.vertices, np.nan) if fit is None else model.shape(fit.identity, fit.expression)
            vertices.append(shape[measured])
            seen = np.full((68, 2), np.nan) if fit is None else fit.camera.project(shape[model.landmarks68])[:, :2]
            points.append(seen)
        rows[name] = row(cases, measured, np.array(vertices), np.array(points), np.array(seconds))
    return rows


def fit_mean(model: FaceModel, points: FloatArray) -> Any:
    """Return the mean face at the pose of the 68 points: what a fit must beat."""
    fit = fit_landmarks68(model, points, (SIDE, SIDE), config=Fit68Config(sliding_contour=False)).fit
    return replace(fit, identity=np.zeros_like(fit.identity), expression=np.zeros_like(fit.expression))


def peer_rows(package: str, python: str, model: FaceModel, cases: list[Case], measured: np.ndarray) -> dict[str, Any]:
    """Return the rows of another package, which fits in its own Python."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "cases.npz", Path(folder) / "result.npz"
        np.savez(
            source,
            mean=model.vertices,
            identity=model.identity,
            expression=model.expression,
            triangles=model.triangles,
            vertices68=model.landmarks68,
            measured=measured,
            size=np.array([SIDE, SIDE]),
            points68=np.array([case.points68 for case in cases]),
        )
        done = subprocess.run([python, str(PEERS), package, str(source), str(target)], check=False)
        if done.returncode:
            raise SystemExit(f"{package} failed in {python}; see above")
        with np.load(target) as result:
            variants = sorted({name.partition("/")[0] for name in result.files})
            return {
                f"{package}, {variant}": row(
                    cases, measured, *(result[f"{variant}/{what}"] for what in ("vertices", "points", "seconds"))
                )
                for variant in variants
            }


def row(
    cases: list[Case], measured: np.ndarray, vertices: np.ndarray, points: np.ndarray, seconds: np.ndarray
) -> dict[str, float]:
    """Return what is measured of one method."""
    rigid, similar, landmark = [], [], []
    for case, shape, seen in zip(cases, vertices, points, strict=True):
        if np.isfinite(shape).all() and np.isfinite(seen).all():
            truth = case.vertices[measured]
            rigid.append(10 * aligned_distance(shape, truth, scaled=False))
            similar.append(10 * aligned_distance(shape, truth, scaled=True))
            landmark.append(float(np.linalg.norm(seen - case.true68, axis=1).mean()) / case.eye_distance)
    return {
        "faces": len(cases),
        "failed": len(cases) - len(rigid),
        "vertex_rigid_mm": round(float(np.mean(rigid)), 4),
        "vertex_rigid_mm_95": round(float(np.percentile(rigid, 95)), 4),
        "vertex_similarity_mm": round(float(np.mean(similar)), 4),
        "landmark_error": round(float(np.mean(landmark)), 5),
        "milliseconds": round(1000 * float(np.median(seconds)), 2),
    }


def aligned_distance(found: np.ndarray, known: np.ndarray, *, scaled: bool) -> float:
    """Return the mean distance of points (N, 3), cm, after the best rotation and translation, or scale too."""
    a, b = found.astype(np.float64) - found.mean(0), known.astype(np.float64) - known.mean(0)
    u, s, vt = np.linalg.svd(a.T @ b)
    sign = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    scale = (s * sign).sum() / (a**2).sum() if scaled else 1.0
    return float(np.linalg.norm(scale * a @ (u * sign) @ vt - b, axis=1).mean())


def print_table(model: FaceModel, count: int, table: dict[str, Any]) -> None:
    print(f"{count} faces of {model.name}; points with noise of {100 * NOISE:.0f} % of the inter-ocular distance\n")
    print(f"{'':34}{'rigid mm':>10}{'95 %':>8}{'similar':>9}{'landmarks':>11}{'ms':>9}{'failed':>8}")
    for name, values in table.items():
        print(
            f"{name:34}{values['vertex_rigid_mm']:10.2f}{values['vertex_rigid_mm_95']:8.2f}"
            f"{values['vertex_similarity_mm']:9.2f}{100 * values['landmark_error']:10.2f}%"
            f"{values['milliseconds']:9.1f}{values['failed']:8d}"
        )


if __name__ == "__main__":
    main()
