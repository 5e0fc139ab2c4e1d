"""The head out of the base mesh: which parts are taken, what each triangle belongs to, and the parts made anew.

Skin with mouth and eye sockets and the tongue come from the base mesh. Eyeballs are spheres that fit the base mesh's
own; teeth and gums are a dental arch. Both are moved as the base mesh's eyes and teeth are moved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from affectface.camera import Camera
from affectface.morphable.visibility import triangle_buffer
from affectface.regions import REGIONS

from .dental_arch import Part, gums, teeth
from .makehuman import Array, BaseMesh

NECK_Y = 59.4
"""Where the neck is cut on the mean adult, cm above the base mesh's origin: below the larynx, above the collar."""

EYE_RINGS, EYE_SPOKES = 14, 20


@dataclass(frozen=True)
class Head:
    """What is taken from the base mesh.

    Attributes
    ----------
    vertices : ndarray of shape (V,)
        Base mesh vertices of skin and tongue.
    triangles, uv_triangles : ndarray of shape (T, 3), int32
        In the new numbering.
    uv : ndarray of shape (U, 2)
        Texture coordinates.
    regions : ndarray of shape (T,), int
        Index into `REGIONS` of each triangle; all skin is `face` still.
    """

    vertices: NDArray[np.intp]
    triangles: NDArray[np.int32]
    uv: Array
    uv_triangles: NDArray[np.int32]
    regions: NDArray[np.int64]


def take_head(base: BaseMesh, adult: Array) -> Head:
    """Cut the head off the base mesh.

    Parameters
    ----------
    base : BaseMesh
        The base mesh.
    adult : ndarray of shape (V, 3)
        The mean adult in the base mesh's topology, cm: the cut and the insides are judged on it.

    Returns
    -------
    Head
        Skin and tongue.
    """
    skin = (base.groups == "body") & (adult[base.quads][..., 1] > NECK_Y).all(1)
    skin &= np.abs(adult[base.quads][..., 0]).max(1) < 12
    # Fingers can be higher than the neck in no pose of the base mesh, but take the biggest connected piece to be sure.
    rows = np.flatnonzero(skin)
    label = _components(base.quads[rows], len(adult))[base.quads[rows, 0]]
    rows = rows[label == np.bincount(label).argmax()]
    tongue = np.flatnonzero(base.groups == "helper-tongue")
    order = np.concatenate([rows, tongue])
    diagonal = _shorter_diagonal(adult[base.quads[order]])
    triangles, uv_triangles = (_split(quads[order], diagonal) for quads in (base.quads, base.uv_quads))
    regions = np.repeat(
        np.r_[np.full(len(rows), REGIONS.index("face")), np.full(len(tongue), REGIONS.index("tongue"))], 2
    )
    used, number = np.unique(triangles, return_inverse=True)
    used_uv, number_uv = np.unique(uv_triangles, return_inverse=True)
    return Head(
        used,
        number.reshape(-1, 3).astype(np.int32),
        base.uv[used_uv],
        number_uv.reshape(-1, 3).astype(np.int32),
        regions,
    )


def sockets(
    vertices: Array, triangles: NDArray[np.int32], skin: NDArray[np.bool_], centres: dict[str, Array]
) -> NDArray[np.int64]:
    """Return the region of each skin triangle: sockets where no light falls in from outside, `face` elsewhere.

    Parameters
    ----------
    vertices : ndarray of shape (V, 3)
        The mean head.
    triangles : ndarray of shape (T, 3), int32
        All of it, eyes and teeth included: they stand in the light's way.
    skin : ndarray of shape (T,), bool
        Which triangles to tell apart.
    centres : dict of str to ndarray of shape (3,)
        A point inside each socket: ``mouth_socket``, ``left``, ``right``.

    Returns
    -------
    ndarray of shape (S,), int
        Indices into `REGIONS`, one for each skin triangle.
    """
    hidden = np.ones(len(vertices), dtype=bool)
    size = 900
    for yaw, pitch in ((0, 0), (35, 0), (-35, 0), (0, 25), (0, -25), (90, 0), (-90, 0), (180, 0)):
        a, b = np.radians([yaw, pitch])
        turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
        nod = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
        camera = Camera((nod @ turn).astype(np.float32), np.array([0, 0, 90], dtype=np.float32), size * 3, (450, 450))
        middle = vertices.mean(0)
        seen, _ = triangle_buffer(camera.project((vertices - middle).astype(np.float32)), triangles, (size, size))
        hidden[triangles[np.unique(seen[seen >= 0])]] = False
    triangles = triangles[skin]
    hidden &= np.isin(np.arange(len(vertices)), triangles)
    regions = np.full(len(triangles), REGIONS.index("face"))
    neighbours = _adjacency(triangles, len(vertices))
    for name, centre in centres.items():
        inner = hidden.copy()
        if name == "mouth_socket":
            # The wet inside of the lips comes to light when they part: two rows more stay skin.
            for _ in range(2):
                inner &= ~(neighbours @ ~inner > 0)
        label = np.full(len(vertices), -1)
        label[inner] = connected_components(neighbours[inner][:, inner], directed=False)[1]
        distance = np.linalg.norm(vertices - centre, axis=1)
        candidates = np.flatnonzero(inner & (distance < (3.0 if name == "mouth_socket" else 1.9)))
        sizes = np.bincount(label[candidates])
        inside = (label == sizes.argmax()) & inner
        region = REGIONS.index(name if name == "mouth_socket" else "eye_socket")
        regions[inside[triangles].any(1)] = region
    return regions


def eyeball(centre: Array, radius: float) -> Part:
    """Return a sphere whose pole looks along +z, its rings denser around the iris."""
    polar = np.pi * np.linspace(0, 1, EYE_RINGS + 1)[1:-1] ** 1.25
    around = 2 * np.pi * np.arange(EYE_SPOKES) / EYE_SPOKES
    p, a = np.meshgrid(polar, around, indexing="ij")
    ball = np.stack([np.sin(p) * np.cos(a), np.sin(p) * np.sin(a), np.cos(p)], axis=-1).reshape(-1, 3)
    ball = np.concatenate([ball, [[0, 0, 1], [0, 0, -1]]])
    triangles = []
    for ring in range(len(polar) - 1):
        for spoke in range(EYE_SPOKES):
            one, two = ring * EYE_SPOKES + spoke, ring * EYE_SPOKES + (spoke + 1) % EYE_SPOKES
            triangles += [(one, one + EYE_SPOKES, two + EYE_SPOKES), (one, two + EYE_SPOKES, two)]
    front, back, last = len(ball) - 2, len(ball) - 1, (len(polar) - 1) * EYE_SPOKES
    for spoke in range(EYE_SPOKES):
        after = (spoke + 1) % EYE_SPOKES
        triangles += [(front, spoke, after), (back, last + after, last + spoke)]
    reach = np.arccos(np.clip(ball[:, 2], -1, 1)) / np.pi / 2
    flat = ball[:, :2] / np.maximum(np.linalg.norm(ball[:, :2], axis=1, keepdims=True), 1e-9)
    return Part(centre + radius * ball, np.array(triangles, dtype=np.int32), 0.5 + flat * reach[:, None])


def fit_sphere(points: Array) -> tuple[Array, float]:
    """Return centre and radius of the sphere closest to points (N, 3)."""
    system = np.hstack([2 * points, np.ones((len(points), 1))])
    solution = np.linalg.lstsq(system, (points**2).sum(1), rcond=None)[0]
    return solution[:3], float(np.sqrt(solution[3] + solution[:3] @ solution[:3]))


def follow_similar(points: Array, moved: Array, targets: Array) -> Array:
    """Return how targets (N, 3) move by the linearised similarity that takes points (M, 3) by `moved` (M, 3)."""
    centre = points.mean(0)

    def system(p: Array) -> Array:
        x, y, z = (p - centre).T
        o, i = np.zeros_like(x), np.ones_like(x)
        rows = [
            np.stack([i, o, o, o, z, -y, x], 1),
            np.stack([o, i, o, -z, o, x, y], 1),
            np.stack([o, o, i, y, -x, o, z], 1),
        ]
        return np.concatenate(rows)

    solution = np.linalg.lstsq(system(points), moved.T.ravel(), rcond=None)[0]
    return (system(targets) @ solution).reshape(3, -1).T


def follow_rigid(points: Array, moved: Array, targets: Array) -> Array:
    """Return how targets (N, 3) move by the rigid motion that takes points (M, 3) by `moved` (M, 3)."""
    goal, centre = points + moved, points.mean(0)
    u, _, vt = np.linalg.svd((points - centre).T @ (goal - goal.mean(0)))
    turn = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
    return (targets - centre) @ turn + goal.mean(0) - targets


def jaws(edge: Array, scale: float) -> dict[str, Part]:
    """Return teeth and gums, the edge between the upper incisors at `edge`, cm."""
    parts = {
        "teeth_upper": teeth(True),
        "teeth_lower": teeth(False),
        "gums_upper": gums(True),
        "gums_lower": gums(False),
    }
    return {name: Part(p.vertices * scale + edge, p.triangles, p.uv) for name, p in parts.items()}


def _split(quads: NDArray[np.int32], diagonal: NDArray[np.bool_]) -> NDArray[np.int32]:
    one = np.where(diagonal[:, None, None], quads[:, [[0, 1, 2], [0, 2, 3]]], quads[:, [[1, 2, 3], [1, 3, 0]]])
    return one.reshape(-1, 3).astype(np.int32)


def _shorter_diagonal(corners: Array) -> NDArray[np.bool_]:
    """Return whether 0-2 is the diagonal to split along (rounded, so that mirrored quads are split alike)."""
    first = np.linalg.norm(corners[:, 0] - corners[:, 2], axis=1)
    second = np.linalg.norm(corners[:, 1] - corners[:, 3], axis=1)
    return np.asarray(first <= second + 1e-3)


def _adjacency(triangles: NDArray[np.int32], count: int) -> csr_matrix:
    edges = triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(count, count)).tocsr()
    return csr_matrix(graph + graph.T)


def _components(quads: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    edges = quads[:, [0, 1, 1, 2, 2, 3]].reshape(-1, 2)
    return connected_components(coo_matrix((np.ones(len(edges)), edges.T), shape=(count, count)), directed=False)[1]
