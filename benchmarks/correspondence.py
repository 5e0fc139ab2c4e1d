"""Scans of known faces through ingest and register, and how far every vertex is from where it should be.

    python benchmarks/correspondence.py [--model embedded] [--people 2] [--frames 5] [--methods flow,uv-tps,nicp]
        [--no-identity] [--no-units] [--peers]

People are drawn from the identity basis, with 1 mm of smooth differences that it cannot say. They show ramps of facial
units before a drawn scanner (`affectface.gallery.synthetic.scanner`): other vertices and triangles in each frame, 0.15
mm of noise, holes, colours, the head moving. A quarter of what they show is no movement that the face model has. Errors
are after the rigid motion that the pipeline took out is put back; `moved` is the error of the displacement from the
neutral face, `full strength` that of the frames where a ramp is at its top. `--peers` registers one neutral scan with
trimesh's non-rigid ICP too, with the same landmarks and the same rigid start. Writes
benchmarks/results/correspondence_MODEL.json.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import trimesh
from scipy.spatial.transform import Rotation

from affectface.gallery.correspondence.config import RegisterConfig
from affectface.gallery.correspondence.galleries import register_gallery
from affectface.gallery.correspondence.hanging import hanging_parts
from affectface.gallery.correspondence.reference import placed_surface, register_reference
from affectface.gallery.correspondence.rigid import Motion
from affectface.gallery.correspondence.scan_surface import closest_points
from affectface.gallery.correspondence.template import RegistrationTemplate, registration_template
from affectface.gallery.correspondence.working import scan_of
from affectface.gallery.scans.ingest import IngestConfig, ingest_scans, plan_ingest
from affectface.gallery.store import open_gallery
from affectface.gallery.synthetic.scanner import ScannerConfig, scanner_of
from affectface.gallery.synthetic.shapes import smooth_differences
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model

RESULTS = Path(__file__).parent / "results"
RAMPS: dict[str, dict[str, float]] = {
    "smile": {"mouthSmile_L": 1, "mouthSmile_R": 1, "cheekSquint_L": 0.8, "cheekSquint_R": 0.8, "jawOpen": 0.1},
    "surprise": {"browInnerUp_L": 1, "browInnerUp_R": 1, "browOuterUp_L": 1, "browOuterUp_R": 1, "jawOpen": 0.6},
    "anger": {"browDown_L": 1, "browDown_R": 1, "noseSneer_L": 0.5, "noseSneer_R": 0.5, "mouthPress_L": 0.6},
    "pucker": {"mouthPucker": 0.9, "eyeBlink_L": 0.8, "eyeBlink_R": 0.8},
}
EYES = 90.0
"""Outer eye corners' distance, mm, that errors are scaled to."""
UNSAID = 0.1
"""Root mean square of what the identity basis cannot say, cm."""
UNSHOWN = 0.25
"""How far a person's movements are from what facial units say, as a share of the movement."""
MM = 10
IDENTITY = Motion(np.eye(3), np.zeros(3))


@dataclass(frozen=True, eq=False)
class Truth:
    """The true vertices of a sequence's frames (F, V, 3), cm, in the scans' axes; without head motion; and the ramp."""

    frames: np.ndarray
    still: np.ndarray
    strength: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--people", type=int, default=2)
    parser.add_argument("--frames", type=int, default=5)
    parser.add_argument("--ramps", default=",".join(RAMPS))
    parser.add_argument("--methods", default="flow,uv-tps,nicp")
    parser.add_argument("--no-identity", action="store_true", help="also without the face model's identities")
    parser.add_argument("--no-units", action="store_true", help="also without its facial units")
    parser.add_argument("--peers", action="store_true")
    options = parser.parse_args()
    model = load_named_face_model(options.model)
    template = registration_template(model)
    figures: dict[str, Any] = {"model": model.name, "people": options.people, "frames": options.frames}
    with TemporaryDirectory() as name:
        folder = Path(name)
        truth = write_scans(model, options.people, options.frames, options.ramps.split(","), folder / "set")
        ingest_scans(plan_ingest(folder / "set", IngestConfig(topology="scans")), folder / "scans.gallery")
        scans = open_gallery(folder / "scans.gallery")
        runs = {method: RegisterConfig(method=method) for method in options.methods.split(",")}
        runs |= {"flow, no identity basis": RegisterConfig(identity=False)} if options.no_identity else {}
        runs |= {"flow, no facial units": RegisterConfig(units=False)} if options.no_units else {}
        for number, (label, config) in enumerate(runs.items()):
            out = folder / f"{number}.gallery"
            start, cpu = time.perf_counter(), time.process_time()
            register_gallery(scans, out, options.model, config=config, workers=0)
            count = sum(one.frames for one in scans.sequences)
            found = errors(template, folder / "scans.gallery", out, truth)
            found["seconds_a_frame"] = round((time.perf_counter() - start) / count, 2)
            found["cpu_seconds_a_frame"] = round((time.process_time() - cpu) / count, 2)
            figures[label] = found
            print(label, json.dumps(found), flush=True)
        if options.peers:
            figures["peers, one neutral face"] = peers(template, folder / "scans.gallery", truth)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"correspondence_{options.model}.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))


def write_scans(model: FaceModel, people: int, frames: int, ramps: list[str], folder: Path) -> dict[str, Truth]:
    """Write scans as PLY files in millimetres; return what they should become, by sequence."""
    found = {}
    for person in range(people):
        rng = np.random.default_rng([person, 9])
        face = model.shape(rng.normal(size=len(model.identity)).astype(np.float32)).astype(np.float64)
        own = smooth_differences(face, 1.0, rng)
        face += smooth_differences(face, UNSAID, rng)
        scanner = scanner_of(model, person, ScannerConfig(points=30_000))
        for ramp in ramps:
            place = folder / f"p{person}" / ramp
            place.mkdir(parents=True)
            meshes, still = [], []
            strengths = np.sin(np.pi * np.arange(frames) / max(frames - 1, 1))
            for frame, strength in enumerate(strengths):
                units = {unit: value * strength for unit, value in RAMPS[ramp].items()}
                turn = Rotation.from_rotvec(rng.normal(0, 0.06, 3)).as_matrix()
                shift = model.deformation(model.expression_vector(units))
                shown = face + shift + UNSHOWN * np.linalg.norm(shift, axis=1, keepdims=True) * own
                moved = shown @ turn.T + rng.normal(0, 0.6, 3)
                scan = scanner.scan(moved.astype(np.float32), rng)
                colour = np.rint(255 * scan.colour).astype(np.uint8)
                mesh = trimesh.Trimesh(MM * scan.vertices, scan.triangles, vertex_colors=colour, process=False)
                mesh.export(place / f"{frame:03d}.ply")
                meshes.append(moved)
                still.append(shown)
            found[f"p{person}_{ramp}"] = Truth(np.array(meshes), np.array(still), strengths)
    return found


def errors(template: RegistrationTemplate, scans: Path, out: Path, truth: dict[str, Truth]) -> dict[str, Any]:
    """Return mean and 95 % errors, mm at an eye distance of 90 mm, over all frames and by region."""
    gallery = open_gallery(out)
    raw = open_gallery(scans)
    areas = regions(template)
    every: dict[str, list[np.ndarray]] = {
        name: [] for name in [*areas, "moved", "full strength", "moved at full strength"]
    }
    left_out = 0
    for sequence in gallery.sequences:
        (known,) = (one for name, one in truth.items() if same(name, sequence.name))
        values, kept = gallery.values(sequence.name), gallery.kept(sequence.name)
        left_out += int((~kept).sum())
        first: np.ndarray | None = None
        for frame in np.flatnonzero(kept):
            true = known.frames[frame]
            found = values[frame].astype(np.float64)
            surface = placed_surface(scan_of(raw, (sequence.name, int(frame))), IDENTITY, False)
            scale = EYES / eye_distance(template, true)
            seen = closest_points(surface, true[template.skin])
            scanned = (seen.distance < 0.1) & ~seen.border
            placed = onto(found, true, template.skin[template.face & scanned])
            away = scale * np.linalg.norm(placed - true, axis=1)
            for name, rows in areas.items():
                every[name].append(away[template.skin[rows & scanned]] if name != "everything" else away)
            first = placed - true if first is None else first
            rows = template.skin[template.face & scanned]
            moved = scale * np.linalg.norm(placed - true - first, axis=1)[rows]
            every["moved"].append(moved)
            if known.strength[frame] > 0.99:
                every["full strength"].append(away[rows])
                every["moved at full strength"].append(moved)
    result: dict[str, Any] = {"left_out": left_out}
    for name, parts in every.items():
        joined = np.concatenate(parts) if parts else np.array([np.nan])
        result[name] = [round(float(joined.mean()), 3), round(float(np.percentile(joined, 95)), 3)]
    return result


def peers(template: RegistrationTemplate, scans: Path, truth: dict[str, Truth]) -> dict[str, Any]:
    """Register one neutral scan with trimesh's non-rigid ICP and with ours, from the same landmarks."""
    raw = open_gallery(scans)
    name = raw.sequences[0].name
    (known,) = (one for key, one in truth.items() if same(key, name))
    scan, hanging = scan_of(raw, (name, 0)), hanging_parts(template)
    result = {}
    for identity in (True, False):
        start = time.process_time()
        reference = register_reference(template, hanging, scan, RegisterConfig(identity=identity))
        label = "ours" if identity else "ours, no identity basis"
        result[label] = [round(time.process_time() - start, 1), *score(template, reference.skin, reference, known)]
        print(label, result[label], flush=True)
    surface = placed_surface(scan, reference.motion, reference.inside_out)
    target = trimesh.Trimesh(reference.motion.apply(scan.vertices), surface.triangles, process=False)
    source = trimesh.Trimesh(template.vertices, template.triangles, process=False)
    seen = np.isfinite(reference.landmarks[template.landmarks]).all(1)
    marks = template.landmarks[seen]
    places, corners = reference.landmarks[marks], template.model.triangles[template.model.landmark_triangles[marks]]
    number = np.full(len(template.model.vertices), -1)
    number[template.skin] = np.arange(len(template.skin))
    rows = np.array([np.flatnonzero((template.triangles == number[three]).all(1))[0] for three in corners])
    weights = template.model.landmark_weights[marks]
    for label, call in (
        ("trimesh nricp_amberg", trimesh.registration.nricp_amberg),
        ("trimesh nricp_sumner", trimesh.registration.nricp_sumner),
    ):
        start = time.process_time()
        # Against the scan's vertices: against its triangles trimesh needs another package, and minutes more.
        found = call(
            source,
            target,
            source_landmarks=(rows, weights),
            target_positions=places,
            distance_threshold=0.4,
            use_faces=False,
        )
        result[label] = [round(time.process_time() - start, 1), *score(template, found, reference, known)]
        print(label, result[label], flush=True)
    return result


def score(template: RegistrationTemplate, skin: np.ndarray, reference: Any, known: Truth) -> tuple[float, float]:
    """Return mean and 95 % error of the face, mm."""
    true = reference.motion.apply(known.frames[0])[template.skin]
    scale = EYES / eye_distance(template, known.frames[0])
    away = (scale * np.linalg.norm(skin - true, axis=1))[template.face & reference.covered]
    return round(float(away.mean()), 3), round(float(np.percentile(away, 95)), 3)


def regions(template: RegistrationTemplate) -> dict[str, np.ndarray]:
    """Return rows of the skin by region."""
    places = template.landmark_places
    points = template.vertices
    brow, mouth = places[9, 1], places[0, 1]
    near = {"eyes": (33, 263, 133, 362, 159, 386), "mouth": (61, 291, 0, 17, 13, 14), "nose": (4, 98, 327, 197)}
    found = {"face": template.face, "everything": np.ones(len(points), dtype=bool)}
    for name, marks in near.items():
        away = np.linalg.norm(points[:, None] - places[list(marks)], axis=2).min(1)
        found[name] = template.face & (away < 1.5)
    found["forehead"] = template.face & (points[:, 1] > brow)
    taken = np.any([found[name] for name in (*near, "forehead")], axis=0)
    found["cheeks"] = template.face & ~taken & (points[:, 1] <= brow) & (points[:, 1] > mouth)
    found["chin and jaw"] = template.face & ~taken & (points[:, 1] <= mouth)
    return found


def onto(found: np.ndarray, true: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return a mesh without head motion put back into the scan's place by the rigid motion of the face."""
    source, target = found[rows], true[rows]
    middle, aim = source.mean(0), target.mean(0)
    u, _, vt = np.linalg.svd((target - aim).T @ (source - middle))
    rotation = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
    return (found - middle) @ rotation.T + aim


def eye_distance(template: RegistrationTemplate, vertices: np.ndarray) -> float:
    """Return the distance of the outer eye corners, in the vertices' unit."""
    marks = template.model.at_landmarks(vertices.astype(np.float32))
    return float(np.linalg.norm(marks[263] - marks[33]))


def same(known: str, name: str) -> bool:
    """Return whether a sequence of the gallery is the one that was written under a name."""
    return all(part in name for part in known.split("_"))


if __name__ == "__main__":
    main()
