"""Build a face model of people drawn from a known one, turned, scaled and noisy, and see whether it is that one again.

    python benchmarks/building.py [--model ict-facekit] [--people 300] [--sets 3]

Also: how many registrations that were spoilt on purpose are found among 150 people, and how many by ranking alone, as
LSFM's published code does. Writes benchmarks/results/building_MODEL.json.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from affectface.morphable import FaceModel
from affectface.morphable.building.assemble import finish_like, topology_like
from affectface.morphable.building.build import build_model
from affectface.morphable.building.config import BuildConfig
from affectface.morphable.building.failures import FIRST_VARIANCE
from affectface.morphable.building.mesh_set import MeshSource, find_meshes
from affectface.morphable.building.prepare import Prepared, first_components, prepare
from affectface.morphable.building.procrustes import generalised_procrustes, unaligned
from affectface.morphable.building.progress import silent
from affectface.morphable.building.scratch import MeshScratch
from affectface.morphable.library import load_named_face_model

RESULTS = Path(__file__).parent / "results"
KINDS = ("noise", "bump", "nose", "twist", "shift", "scale")
SPOILT_EVERY = 15
CROWD = 150


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="ict-facekit")
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--sets", type=int, default=3, help="how many crowds with spoilt people")
    options = parser.parse_args()
    model = load_named_face_model(options.model)
    with TemporaryDirectory() as name:
        figures = rebuilt(model, options.people, Path(name))
        crowds = [spoilt(model, seed, Path(name)) for seed in range(options.sets)]
    figures["failures"] = {key: sum(crowd[key] for crowd in crowds) for key in crowds[0]}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"building_{options.model}.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=1))


def rebuilt(model: FaceModel, people: int, folder: Path) -> dict[str, Any]:
    """Return how near a model of drawn people comes to the one they were drawn from, and what it took."""
    sources = drawn(model, people, 0, folder)[0]
    start = time.perf_counter()
    with MeshScratch(len(model.vertices), folder) as scratch:
        prepared = prepare(sources, topology_like(model), scratch, BuildConfig(), silent)
        built = build_model(prepared, prepared.neutral, "built", BuildConfig(), finish_like(model))
    seconds = time.perf_counter() - start
    wanted = without_similarity(model)
    strengths = np.linalg.svd(wanted, compute_uv=False)
    found = built.model.identity.reshape(len(built.model.identity), -1).T.astype(np.float64)
    lengths = np.linalg.norm(found, axis=0)
    found /= lengths
    space = np.linalg.qr(wanted)[0]
    angles = {
        str(count): float(
            np.degrees(np.arccos(min(1, np.linalg.svd(space.T @ found[:, :count], compute_uv=False).min())))
        )
        for count in (5, 10, 20, 50)
        if count <= len(lengths)
    }
    return {
        "model": model.name,
        "people": people,
        "left_out": len(prepared.left_out),
        "seconds": round(seconds, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "components": len(lengths),
        "degrees_of_first_components_to_true_space": {key: round(value, 2) for key, value in angles.items()},
        "strength_ratio_of_first_20": [round(float(f(lengths[:20] / strengths[:20])), 3) for f in (np.min, np.max)],
        "true_variance_explained": round(
            float(1 - ((wanted - found @ (found.T @ wanted)) ** 2).sum() / (wanted**2).sum()), 4
        ),
        "quality": built.record["quality"],
    }


def spoilt(model: FaceModel, seed: int, folder: Path) -> dict[str, int]:
    """Return how many spoilt people of a crowd are found, and how many good ones are lost."""
    sources, bad = drawn(model, CROWD, seed, folder, every=SPOILT_EVERY)
    with MeshScratch(len(model.vertices), folder) as scratch:
        prepared = prepare(sources, topology_like(model), scratch, BuildConfig(), silent)
    out = {one.name for one in prepared.left_out}
    with MeshScratch(len(model.vertices), folder) as scratch:
        ranked = by_rank(prepare(sources, topology_like(model), scratch, BuildConfig(failure_rate=0), silent))
    return {
        "spoilt": len(bad),
        "found": len(out & bad),
        "good_lost": len(out - bad),
        "good": CROWD - len(bad),
        "found_by_rank_if_their_number_is_known": len(set(ranked[: len(bad)]) & bad),
        "found_by_rank_in_the_highest_two_percent": len(set(ranked[: CROWD // 50]) & bad),
    }


def by_rank(prepared: Prepared) -> list[str]:
    """Return the names of meshes, highest squared norm of the first 50 whitened parameters first."""
    meshes = unaligned(prepared.scratch, prepared.neutral, 1.0, 64 << 20)
    meshes, mean = generalised_procrustes(meshes, prepared.first, "similarity", lambda _: None)
    first = first_components(meshes, mean, FIRST_VARIANCE, 0, silent)[0].first(50)
    norms = ((first.scores / first.deviations) ** 2).sum(1)
    return [prepared.sources[meshes.rows[place]].name for place in np.argsort(-norms)]


def drawn(
    model: FaceModel, people: int, seed: int, folder: Path, *, every: int = 0
) -> tuple[list[MeshSource], set[str]]:
    """Return people with a tenth of a millimetre of noise, lying anyhow, and the names of those that are spoilt."""
    rng = np.random.default_rng(seed)
    meshes = np.lib.format.open_memmap(folder / "people.npy", "w+", np.float32, (people, len(model.vertices), 3))
    bad = set()
    for place in range(people):
        mesh = model.shape(rng.standard_normal(len(model.identity)).astype(np.float32)).astype(np.float64)
        mesh += rng.normal(0, 0.01, mesh.shape)
        if every and place % every == 3:
            mesh = spoil(model, mesh, KINDS[place // every % len(KINDS)], rng)
            bad.add(f"people.npy[{place}]")
        meshes[place] = Rotation.random(random_state=rng).apply(rng.uniform(0.8, 1.2) * mesh) + rng.normal(0, 20, 3)
    meshes.flush()
    return find_meshes(folder / "people.npy"), bad


def spoil(model: FaceModel, mesh: np.ndarray, kind: str, rng: np.random.Generator) -> np.ndarray:
    """Return a mesh as a registration that failed leaves it."""
    rest = model.vertices.astype(np.float64)
    match kind:
        case "noise":
            return mesh + rng.normal(0, 0.1, mesh.shape)
        case "bump":  # 15 mm in any direction, anywhere on head and neck
            away = ((mesh - mesh[rng.integers(len(mesh))]) ** 2).sum(1)[:, None]
            way = rng.normal(size=3)
            return mesh + 1.5 * np.exp(-away / 4.5) * way / np.linalg.norm(way)
        case "nose":  # flattened by 15 mm, always in the same way
            away = ((rest - rest[model.landmarks68[30]]) ** 2).sum(1)[:, None]
            return mesh - 1.5 * np.exp(-away / 2.9) * (0, 0, 1)
        case "twist":
            return Rotation.from_euler("y", np.clip((rest[:, 1:2] + 5) / 10, 0, 1) * 0.5).apply(mesh)
        case "shift":  # one side slid up by 8 mm
            return mesh + (rest[:, :1] > 3) * (0, 0.8, 0)
        case _:
            return mesh * (1.25, 1, 1)


def without_similarity(model: FaceModel) -> np.ndarray:
    """Return a model's identity basis (3 V, I) without what moves, turns or scales its mean."""
    centred = model.vertices - model.vertices.mean(0).astype(np.float64)
    ways = [centred]
    for axis in np.eye(3):
        ways += [np.tile(axis, (len(centred), 1)), np.cross(axis, centred)]
    space = np.linalg.qr(np.array(ways).reshape(7, -1).T)[0]
    basis = model.identity.reshape(len(model.identity), -1).T.astype(np.float64)
    return np.asarray(basis - space @ (space.T @ basis))


if __name__ == "__main__":
    main()
