"""Gallery -> affect model (Kollias 2020, sections 4.5.1 and 4.5.3)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from affectface.arrays import FloatArray
from affectface.errors import GalleryError
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.building.bases import OnBasis, check_topology, on_components, on_units
from affectface.gallery.building.config import BuildConfig
from affectface.gallery.building.faces import people_of_known_face
from affectface.gallery.building.labelled import LabelledGallery, label_gallery
from affectface.gallery.building.means import ClassMeans, mean_displacements
from affectface.gallery.building.merging import Learned, merged
from affectface.gallery.building.sample import sample_frames
from affectface.gallery.building.state import Work
from affectface.gallery.components.sparse_components import SparseConfig
from affectface.gallery.store import Gallery
from affectface.morphable import FaceModel
from affectface.morphable.building.progress import Progress, silent


@dataclass(frozen=True, eq=False)
class Built:
    """An affect model, and what stands behind it.

    Attributes
    ----------
    model : AffectModel
        The model.
    people : dict of str to int
        People behind each expression that the gallery shows.
    classes : int
        Classes of the plane that were built; 0 where the plane is the other model's, or there is none.
    moved, lost : float
        Root mean squares over the face of what classes and expressions show, and of what the basis does not hold, mm.
    left_out : tuple of str
        What does not count, and why.
    """

    model: AffectModel
    people: dict[str, int]
    classes: int
    moved: float
    lost: float
    left_out: tuple[str, ...]


def build_affect_model(
    gallery: Gallery,
    name: str,
    *,
    scratch: Path,
    face_model: FaceModel | None = None,
    base: AffectModel | None = None,
    config: BuildConfig | None = None,
    progress: Progress = silent,
) -> Built:
    """Build an affect model from a gallery.

    Parameters
    ----------
    gallery : Gallery
        Registered meshes or strengths, with labels.
    name : str
        What the model is called in records.
    scratch : Path
        A folder for what is half done: the next build of the same gallery and settings goes on from there, and the
        result is the same to the last bit. Remove it when the model is saved.
    face_model : FaceModel, optional
        The face model whose mesh a gallery of meshes has.
    base : AffectModel, optional
        Where whatever the gallery does not show is taken from, if the basis is facial units.
    config : BuildConfig, optional
        The choices.
    progress : callable
        Shows how far the work is.

    Returns
    -------
    Built
        The model and what stands behind it.

    Raises
    ------
    GalleryError
        If nothing can be learned from the gallery.
    TopologyMismatchError
        If the face model has another mesh than the gallery.
    """
    config = config or BuildConfig()
    if gallery.template is not None:
        if face_model is None:
            raise GalleryError(f"{gallery.path}: holds meshes; the face model that they belong to is needed")
        check_topology(gallery.template, face_model)
    with progress("labels", None):
        labelled = label_gallery(gallery, config)
    checksum = gallery_checksum(gallery)
    key = hashlib.sha256(json.dumps([checksum, asdict(config)]).encode()).hexdigest()
    work = Work(scratch, key)
    with progress("mean faces", sum(one.sequence.frames for one in labelled.sequences)) as advance:
        means = mean_displacements(gallery, labelled, work, advance=advance)
    on_basis = _on_basis(gallery, labelled, means, face_model, config, work, progress)
    record = _record(gallery, checksum, labelled, config, on_basis)
    learned = Learned(labelled, means, on_basis, record, people_of_known_face(gallery, labelled))
    result = merged(learned, name, base if on_basis.basis is None else None, config.fewest_people)
    return Built(
        result.model,
        result.people,
        0 if labelled.plane is None else len(labelled.plane.centres),
        on_basis.moved,
        on_basis.lost,
        (*labelled.left_out, *result.left_out),
    )


def _on_basis(
    gallery: Gallery,
    labelled: LabelledGallery,
    means: ClassMeans,
    face_model: FaceModel | None,
    config: BuildConfig,
    work: Work,
    progress: Progress,
) -> OnBasis:
    if face_model is None or gallery.form == "strengths":
        return OnBasis(gallery.unit_names, means.means, means.spread)
    shape = (len(means.means), *gallery.settings.frame_shape)
    mean, spread = means.means.reshape(shape), means.spread.reshape(shape)
    if config.basis == "units":
        with progress("facial units", None):
            return on_units(mean, spread, face_model)
    frames: FloatArray = mean[means.people > 0]
    if config.source == "frames":
        path = work.folder / f"sample-{work.key[:16]}.npy"
        with progress("sample of the frames", sum(one.sequence.frames for one in labelled.sequences)) as advance:
            frames = sample_frames(gallery, labelled, path, config.sample, config.seed, advance=advance)
    with progress("components", SparseConfig().rounds if config.basis == "sparse" else None) as advance:
        return on_components(mean, spread, frames, face_model, config, lambda: advance(1))


def gallery_checksum(gallery: Gallery) -> str:
    """Return the SHA-256 of what a gallery says that it holds: its own checksums, and its labels."""
    digest = hashlib.sha256()
    files = [gallery.path / "gallery.json"]
    for sequence in gallery.sequences:
        folder = gallery.path / "sequences" / sequence.name
        files += [folder / "sequence.json", folder / "labels.parquet"]
    for file in files:
        digest.update(f"{file.relative_to(gallery.path).as_posix()}\n".encode())
        if file.is_file():
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _record(
    gallery: Gallery, checksum: str, labelled: LabelledGallery, config: BuildConfig, on_basis: OnBasis
) -> dict[str, Any]:
    """What a model says it was built from."""
    sequences = labelled.sequences
    return {
        "gallery": {
            "name": gallery.path.name,
            "sha256": checksum,
            "form": gallery.form,
            "topology": gallery.topology,
            "source": dict(gallery.source),
        },
        "people": len({one.sequence.subject for one in sequences}),
        "sequences": len(sequences),
        "frames": int(sum(((one.class_of >= 0) | (one.expression >= 0)).sum() for one in sequences)),
        "neutral_frames": labelled.neutral_frames,
        "classes": 0 if labelled.plane is None else len(labelled.plane.centres),
        "labels_rounded_to": 0.0 if labelled.plane is None else labelled.plane.step,
        "settings": {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(config).items()},
        "moved_mm": round(on_basis.moved, 4),
        "lost_mm": round(on_basis.lost, 4),
        "left_out": list(labelled.left_out),
    }
