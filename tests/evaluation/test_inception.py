"""The network of FID: its weights by count, and its features against those of torch-fidelity."""

from __future__ import annotations

import numpy as np
import pytest

from affectface.evaluation.inception import SIDE, inception_shapes, load_inception


def weights() -> dict[str, np.ndarray]:
    """Weights that keep the features' size through all layers."""
    rng = np.random.default_rng(0)
    state = {}
    for name, shape in inception_shapes().items():
        match name.rpartition(".")[2], len(shape):
            case "running_var", _:
                value = rng.uniform(0.5, 1.5, shape)
            case "weight", 1:
                value = rng.uniform(0.5, 1.5, shape)
            case "weight", count if count > 1:
                value = rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
            case _:
                value = rng.normal(0, 0.1, shape)
        state[name] = value.astype(np.float32)
    return state


def picture() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3)).astype(np.float32)


def test_weights_are_as_many_as_published() -> None:
    shapes = inception_shapes()
    filters = [shape for name, shape in shapes.items() if name.endswith("conv.weight")]
    # Keras' table of applications: 21,768,352 without the classes, of which 17,216 are shifts of the normalisations
    assert len(filters) == 94
    assert sum(shape[0] for shape in filters) == 17_216
    assert sum(int(np.prod(shape)) for shape in filters) == 21_768_352 - 17_216
    assert shapes["fc.weight"] == (1008, 2048)
    assert shapes["Mixed_7c.branch3x3dbl_3b.conv.weight"] == (384, 384, 3, 1)


def test_features_are_those_of_torch_fidelity() -> None:
    torch = pytest.importorskip("torch")
    features = load_inception(torch, {name: torch.from_numpy(value) for name, value in weights().items()})(picture())
    assert features.shape == (2048,)
    assert features.dtype == np.float32
    # by FeatureExtractorInceptionV3 of torch-fidelity 0.4.0, with the same weights
    np.testing.assert_allclose(
        features[[0, 400, 900, 1700, 2047]], [3.628199, 16.651085, 30.753586, 5.0909028, 0.3453041], rtol=1e-3
    )
    assert float(features.mean()) == pytest.approx(8.652864, rel=1e-4)
