"""A tiny synthetic face model, and the models that are really used."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from affectface.assets import asset_path
from affectface.morphable import LANDMARKS, REGIONS, FaceModel, load_face_model

SHARED = Path(__file__).parents[2] / ".." / "shared" / "models" / "ict-facekit"


def make_tiny_face_model(side: int = 6) -> FaceModel:
    """Return a bent square sheet with two identity components and three units."""
    x, y = np.meshgrid(np.linspace(-7, 7, side), np.linspace(-9, 9, side))
    vertices = np.stack([x, y, 8 - 0.08 * x**2 - 0.03 * y**2], axis=-1).reshape(-1, 3).astype(np.float32)
    corner = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    quads = np.stack([corner, corner + 1, corner + side + 1, corner + side], axis=1)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    rng = np.random.default_rng(0)
    weights = rng.dirichlet((1, 1, 1), LANDMARKS).astype(np.float32)
    lower = (vertices[:, 1] < -2).astype(np.float32)[:, None]
    return FaceModel(
        name="tiny",
        vertices=vertices,
        identity=rng.normal(0, 0.2, (2, len(vertices), 3)).astype(np.float32),
        expression=np.stack([lower * (0, -2, 0), lower * (1, 0, 0), vertices * 0.01]).astype(np.float32),
        expression_names=("jawOpen", "jawLeft", "mouthFunnel"),
        triangles=triangles,
        triangle_regions=np.where(
            vertices[triangles][..., 1].mean(1) > 7, REGIONS.index("head"), REGIONS.index("face")
        ).astype(np.uint8),
        uv=(vertices[:, :2] / 20 + 0.5).astype(np.float32),
        uv_triangles=triangles,
        landmark_triangles=rng.integers(0, len(triangles), LANDMARKS).astype(np.int32),
        landmark_weights=weights,
        landmarks68=rng.integers(0, len(vertices), 68).astype(np.int32),
        spread_landmarks=np.zeros((len(vertices), 2), dtype=np.int16),
        spread_weights=np.full((len(vertices), 2), 0.25, dtype=np.float32),
    )


@pytest.fixture
def tiny_face_model() -> FaceModel:
    """A sheet of 36 vertices."""
    return make_tiny_face_model()


@pytest.fixture(scope="session")
def embedded() -> FaceModel:
    """The model in the wheel, as coarse as it is stored."""
    return load_face_model(asset_path("embedded"))


@pytest.fixture(scope="session")
def ict_folder() -> Path:
    """The folder of ICT-FaceKit beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("../shared/models/ict-facekit is not here")
    return SHARED


@pytest.fixture(scope="session")
def landmark_positions() -> Callable[[FaceModel, np.ndarray], np.ndarray]:
    """Where values (V, 3) at a model's vertices are at its landmarks (478, 3)."""

    def positions(model: FaceModel, values: np.ndarray) -> np.ndarray:
        return np.einsum("nc,ncd->nd", model.landmark_weights, values[model.triangles[model.landmark_triangles]])

    return positions
