"""The pictures of a study: faces of each role, cut out once; a training sees rows of several roles as one set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from affectface.arrays import FloatArray, Image
from affectface.augment.rows import Row
from affectface.recognition.experiments.choosing import Indices, Role
from affectface.recognition.experiments.describing import with_features
from affectface.recognition.experiments.design import Study
from affectface.recognition.networks.build import SEQUENCE_NETWORKS, NetworkConfig
from affectface.recognition.networks.outputs import Outputs
from affectface.recognition.training.cutting import CutFaces, cut_faces
from affectface.recognition.training.faces import faces_of

Parts = Sequence[tuple[CutFaces, Indices]]


@dataclass(frozen=True, eq=False)
class Material:
    """A study's data, cut out.

    Attributes
    ----------
    network : NetworkConfig
        The network that they are cut for.
    cut : dict of str to CutFaces
        For each role, its labelled faces.
    roles : dict of str to Role
        The same rows, with who they show.
    changed : dict of str to CutFaces
        For roles of which changed versions are learned from, these: all rows in the first version, then in the second.
    """

    network: NetworkConfig
    cut: dict[str, CutFaces]
    roles: dict[str, Role]
    changed: dict[str, CutFaces] = field(default_factory=dict)


def prepare_material(
    study: Study, manifests: Mapping[str, Path], folder: Path, *, advance: Callable[[int], None] | None = None
) -> Material:
    """Cut out the faces of a study.

    Parameters
    ----------
    study : Study
        The study.
    manifests : mapping of str to Path
        The manifest of each role that is given.
    folder : Path
        Where the faces are kept.
    advance : callable, optional
        Is told the number of further rows.

    Returns
    -------
    Material
        The roles that the study's arms name and that are given.

    Raises
    ------
    DataSetError
        If a manifest cannot be read, or has no labelled row with a picture.
    """
    training = study.training
    outputs = Outputs(valence_arousal=not study.classes, classes=study.classes)
    network = NetworkConfig(name=training.network, outputs=outputs, side=training.side)  # type: ignore[arg-type]
    cut = {}
    for role in study.roles:
        if role in manifests:
            faces = faces_of(manifests[role], outputs, side=network.pixels, landmarks=network.told_landmarks)
            cut[role] = cut_faces(faces, folder, advance=advance)
    changed: dict[str, CutFaces] = {}
    tell = advance or (lambda rows: None)
    if training.versions:
        learned = {role for arm in study.arms if arm.classical for role in arm.learns} & set(cut)
        changed = {
            role: with_features(cut[role], network, versions=training.versions, advance=tell)
            for role in sorted(learned)
        }
    if training.versions or training.optimiser == "ridge":
        cut = {role: with_features(one, network, advance=tell) for role, one in cut.items()}
    roles = {name: Role(name, one.faces.rows, tuple(map(person_shown, one.faces.rows))) for name, one in cut.items()}
    return Material(network, cut, roles, changed)


def person_shown(row: Row) -> str:
    """Return who a row shows: its subject within its data set; where none is known, the photo.

    Pictures that are made of a photo without a subject have the photo's path as theirs, so that they show the same
    person as the photo.
    """
    return f"{row.source}/{row.subject or row.path}"


def joined(material: Material, parts: Mapping[str, Indices], relabelled: Mapping[str, Sequence[Row]]) -> CutFaces:
    """Return some rows of several roles as one set of faces.

    Parameters
    ----------
    material : Material
        The study's data.
    parts : mapping of str to ndarray of int
        For each role, its rows; a row can come several times.
    relabelled : mapping of str to sequence of Row
        For roles whose labels are changed, those rows, in the order of `parts`.

    Returns
    -------
    CutFaces
        The faces; their pictures stay where they lie.
    """
    chosen = [(material.cut[name], rows) for name, rows in parts.items()]
    rows: list[Row] = []
    for name, places in parts.items():
        own = relabelled.get(name)
        rows += list(own) if own is not None else [material.cut[name].faces.rows[i] for i in places.tolist()]
    if material.network.name in SEQUENCE_NETWORKS:
        # pictures that are no frames: those of one person and folder follow each other in sequences
        rows = [row if row.frame is not None else replace(row, frame=0) for row in rows]
    first = chosen[0][0]
    images: Any = JoinedPictures([(cut.images, places) for cut, places in chosen])
    points: list[FloatArray] = [cut.landmarks[places] for cut, places in chosen if cut.landmarks is not None]
    landmarks = np.concatenate(points) if len(points) == len(chosen) else None
    features = [cut.described[places] for cut, places in chosen if cut.described is not None]
    described = np.concatenate(features) if len(features) == len(chosen) else None
    return CutFaces(replace(first.faces, rows=tuple(rows)), images, landmarks, {}, described)


class JoinedPictures:
    """Some pictures of several arrays as one, without a copy.

    Parameters
    ----------
    parts : sequence of tuple of ndarray and ndarray of int
        Pictures (N, S, S, 3), and which of them.
    """

    def __init__(self, parts: Sequence[tuple[Any, Indices]]) -> None:
        self.arrays = [images for images, _ in parts]
        self.array = np.concatenate([np.full(len(places), i) for i, (_, places) in enumerate(parts)])
        self.place = np.concatenate([places for _, places in parts])
        self.shape = (len(self.place), *self.arrays[0].shape[1:])
        self.dtype = np.dtype(np.uint8)

    def __len__(self) -> int:
        return len(self.place)

    def __getitem__(self, index: int) -> Image:
        return np.asarray(self.arrays[self.array[index]][self.place[index]])
