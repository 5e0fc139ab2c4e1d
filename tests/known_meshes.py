"""A linear model that is known, samples of it on disk, and how far two linear spaces are apart."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectface.mesh_files import write_obj
from affectface.morphable.face_model import FaceModel
from affectface.regions import REGIONS

SIDE = 14
DIMENSIONS = 8


@dataclass(frozen=True)
class Known:
    """A linear model: a bent sheet of 196 vertices, and 8 orthogonal directions of falling strength."""

    model: FaceModel
    directions: NDArray[np.float64]

    def sample(self, count: int, seed: int = 0) -> NDArray[np.float64]:
        """Return people (N, V, 3), cm."""
        drawn = np.random.default_rng(seed).standard_normal((count, len(self.directions)))
        return self.model.vertices + np.tensordot(drawn, self.directions, axes=1)


def make_known(dimensions: int = DIMENSIONS, strength: float = 8, fall: float = 0.75) -> Known:
    """Return the model; the first direction has a length of `strength` cm, each other one is shorter by `fall`."""
    x, y = np.meshgrid(np.linspace(-7, 7, SIDE), np.linspace(-9, 9, SIDE))
    z = 8 - 0.08 * x**2 - 0.03 * y**2 + 0.3 * np.sin(x)
    vertices = np.stack([x, y, z], axis=-1).reshape(-1, 3).astype(np.float32)
    corner = (np.arange(SIDE - 1)[:, None] * SIDE + np.arange(SIDE - 1)).ravel()
    quads = np.stack([corner, corner + 1, corner + SIDE + 1, corner + SIDE], axis=1)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    rng = np.random.default_rng(5)
    waves = rng.normal(0, 0.12, (dimensions, 2))
    phase = rng.uniform(0, 6, (dimensions, 3))
    flat = vertices[:, :2] @ waves.T
    bends = np.sin(2.5 * flat[:, :, None] + phase).transpose(1, 0, 2).reshape(dimensions, -1)
    directions = np.linalg.qr(bends.T)[0].T.reshape(dimensions, -1, 3)
    directions *= (strength * fall ** np.arange(dimensions))[:, None, None]
    model = FaceModel(
        name="known",
        vertices=vertices,
        identity=directions.astype(np.float32),
        expression=np.stack([(vertices[:, 1:2] < -2) * (0, -2.0, 0), (vertices[:, 1:2] > 5) * (0, 0.5, 0.2)]).astype(
            "f4"
        ),
        expression_names=("jawOpen", "browInnerUp"),
        triangles=triangles,
        triangle_regions=np.full(len(triangles), REGIONS.index("face"), dtype=np.uint8),
        uv=(vertices[:, :2] / 20 + 0.5).astype(np.float32),
        uv_triangles=triangles,
        landmark_triangles=rng.integers(0, len(triangles), 478).astype(np.int32),
        landmark_weights=rng.dirichlet((1, 1, 1), 478).astype(np.float32),
        landmarks68=rng.integers(0, len(vertices), 68).astype(np.int32),
        spread_landmarks=np.zeros((len(vertices), 2), dtype=np.int16),
        spread_weights=np.full((len(vertices), 2), 0.25, dtype=np.float32),
    )
    return Known(model, directions)


def write_people(folder: Path, known: Known, meshes: NDArray[np.float64]) -> None:
    """Write meshes as OBJ files p00.obj, p01.obj and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    model = known.model
    for number, mesh in enumerate(meshes):
        write_obj(folder / f"p{number:02d}.obj", mesh, model.triangles, model.uv, model.uv_triangles)


def largest_angle(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Return the largest principal angle, degrees, of the smaller of two spaces (K, V, 3) to the larger."""
    bases = [np.linalg.qr(space.reshape(len(space), -1).T.astype(np.float64))[0] for space in (one, other)]
    cosines = np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)
    return float(np.degrees(np.arccos(np.clip(cosines.min(), 0, 1))))
