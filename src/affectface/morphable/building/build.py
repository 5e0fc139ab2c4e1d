"""Good meshes -> a face model, with a record of how it came about and figures of how good it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from affectface.arrays import FloatArray, IntArray
from affectface.errors import MeshSetError
from affectface.morphable.building.assemble import Finish, Shapes, check_size
from affectface.morphable.building.config import CM, BuildConfig
from affectface.morphable.building.expressions import Units, component_units, named_units, write_displacements
from affectface.morphable.building.mesh_set import LeftOut, checksum
from affectface.morphable.building.prepare import Prepared, first_components
from affectface.morphable.building.principal import component_basis, inner_products
from affectface.morphable.building.procrustes import (
    AlignedMeshes,
    Array64,
    generalised_procrustes,
    rigid_onto,
    unaligned,
)
from affectface.morphable.building.progress import Progress, silent
from affectface.morphable.building.quality import MOST_MESHES, Quality, measure_quality
from affectface.morphable.building.scratch import MeshScratch
from affectface.morphable.face_model import FaceModel

FEWEST = 10
"""Fewer meshes make no model: their components would be these very people."""

_SAME_CM = 1e-4
"""Vertices that vary less do not vary: it is what is lost where positions are kept in single precision."""


@dataclass(frozen=True, eq=False)
class Built:
    """A face model, and how it came about.

    Attributes
    ----------
    model : FaceModel
        The model.
    quality : Quality
        How good it is.
    record : dict
        All that is worth knowing, in JSON's types.
    left_out : tuple of LeftOut
        Meshes that took no part though they were prepared.
    """

    model: FaceModel
    quality: Quality
    record: dict[str, Any]
    left_out: tuple[LeftOut, ...]


def build_model(
    prepared: Prepared,
    rows: IntArray,
    name: str,
    config: BuildConfig,
    finish: Finish,
    *,
    progress: Progress = silent,
) -> Built:
    """Build a face model of some of the good meshes.

    Parameters
    ----------
    prepared : Prepared
        The meshes.
    rows : ndarray of shape (N,), int32
        Which of them, neutral and expressive ones.
    name : str
        What the model is called.
    config : BuildConfig
        How.
    finish : callable
        Makes a face model of the shapes: see `affectface.morphable.building.assemble`.
    progress : callable
        Told of the steps.

    Returns
    -------
    Built
        The model.

    Raises
    ------
    MeshSetError
        If the meshes are too few, do not differ, or are no faces by their size.
    """
    chosen = np.intersect1d(prepared.neutral, rows)
    if len(chosen) < FEWEST:
        raise MeshSetError(f"{name}: {len(chosen)} neutral meshes; at least {FEWEST} are needed to build a model")
    meshes = unaligned(prepared.scratch, chosen.astype(np.int32), CM[config.unit], config.block_bytes)
    with progress(f"aligning {len(chosen)} meshes", None) as advance:
        meshes, mean = generalised_procrustes(meshes, prepared.first, config.alignment, advance)
    check_size(mean, config.unit)
    meshes, mean = _in_place(meshes, mean, prepared, config)

    components, products = first_components(meshes, mean, config.variance, config.seed, progress)
    if components.variance < _SAME_CM**2 * len(mean):
        raise MeshSetError(f"{name}: all {len(chosen)} meshes are the same; different people are needed")
    with progress("identity basis", meshes.scratch.vertices) as advance:
        basis = component_basis(meshes, mean, components, advance)
    identity: FloatArray = basis * components.deviations.astype(np.float32)[:, None, None]

    units, left_out, faces = _expressions(prepared, meshes, rows, config, progress)
    quality = _quality(meshes, mean, products, (len(identity), config.seed, progress))
    with progress("regions and landmarks", None):
        model = finish(Shapes(name, mean, identity, units, prepared.topology))
    record = {
        "name": name,
        "meshes": len(chosen),
        "expressive_meshes": faces,
        "left_out": [asdict(one) for one in (*prepared.left_out, *left_out)],
        "inputs_sha256": checksum(
            [prepared.sources[row] for row in sorted({*chosen.tolist(), *_listed(prepared, rows)})]
        ),
        "vertices": len(model.vertices),
        "alignment": config.alignment,
        "unit": config.unit,
        "variance_asked": config.variance,
        "variance_kept": components.kept,
        "components": len(identity),
        "exact": components.exact,
        "expression_units": len(model.expression_names),
        "expression_kept": units.kept if units else None,
        "failure_rate": config.failure_rate,
        "seed": config.seed,
        "quality": asdict(quality),
    }
    return Built(model, quality, record, left_out)


def _listed(prepared: Prepared, rows: IntArray) -> list[int]:
    """Return the expressive meshes among rows."""
    found: list[int] = np.intersect1d(prepared.expressive, rows).tolist()
    return found


def _in_place(
    meshes: AlignedMeshes, mean: Array64, prepared: Prepared, config: BuildConfig
) -> tuple[AlignedMeshes, Array64]:
    """Return meshes and mean, laid on the mesh whose axes are kept."""
    if config.alignment == "none":
        return meshes, mean
    # That mesh may have another unit, and its place is wanted, not its size.
    first = prepared.first
    scale = np.sqrt(((mean - mean.mean(0)) ** 2).sum() / ((first - first.mean(0)) ** 2).sum())
    turn, shift = rigid_onto(mean, scale * first)
    return meshes.moved(turn, shift), mean @ turn.T + shift


def _expressions(
    prepared: Prepared, neutrals: AlignedMeshes, rows: IntArray, config: BuildConfig, progress: Progress
) -> tuple[Units | None, tuple[LeftOut, ...], int]:
    """Return the expression units of the expressive meshes among rows, who was left out, and of how many."""
    people: dict[str, list[int]] = {}
    for place, row in enumerate(neutrals.rows.tolist()):
        people.setdefault(prepared.sources[row].row.get("subject", ""), []).append(place)
    left_out, faces, own = [], [], []
    for row in _listed(prepared, rows):
        source = prepared.sources[row]
        subject = source.row.get("subject", "")
        if not subject or subject not in people:
            reason = f"there is no good neutral mesh of its subject {subject!r}" if subject else "it has no subject"
            left_out.append(LeftOut(source.name, reason))
            continue
        faces.append(row)
        own.append(np.array(people[subject], dtype=np.int32))
    if config.strict and left_out:
        raise MeshSetError(f"{left_out[0].name}: {left_out[0].reason}; without --strict it is left out")
    if not faces:
        return None, tuple(left_out), 0
    with MeshScratch(prepared.scratch.vertices, prepared.scratch.folder) as scratch:
        with progress("expressions", len(faces)) as advance:
            write_displacements(
                neutrals, own, np.array(faces, dtype=np.int32), scratch, advance, still=config.alignment == "none"
            )
        if config.expressions == "named":
            names = [prepared.sources[row].row["expression"] for row in faces]
            units = named_units(scratch, names, config.block_bytes)
        else:
            rng = np.random.default_rng(config.seed)
            units = component_units(scratch, config.variance, config.block_bytes, rng, progress)
    return units, tuple(left_out), len(faces)


def _quality(meshes: AlignedMeshes, mean: Array64, products: Array64 | None, how: tuple[int, int, Progress]) -> Quality:
    """Measure the model of meshes; of a thousand drawn ones where there are more."""
    most, seed, progress = how
    rng = np.random.default_rng(seed)
    if products is None or len(meshes) > MOST_MESHES:
        some = np.sort(rng.permutation(len(meshes))[:MOST_MESHES])
        if products is None:
            with progress("quality", meshes.scratch.vertices) as advance:
                products = inner_products(meshes.subset(some.astype(np.int32)), mean, advance)
        else:
            products = products[np.ix_(some, some)]
    return measure_quality(products, meshes.scratch.vertices, most, rng)
