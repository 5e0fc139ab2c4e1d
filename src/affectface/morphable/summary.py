"""What a face model consists of, in numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from affectface.arrays import FloatArray
from affectface.morphable.face_model import LANDMARKS, FaceModel
from affectface.regions import REGIONS

_SHARES = (0.5, 0.9, 0.95, 0.99)


def summarise(model: FaceModel) -> dict[str, Any]:
    """Return what a model consists of, in JSON's types.

    Parameters
    ----------
    model : FaceModel
        The model.

    Returns
    -------
    dict
        Counts, the size of the face, how many identity components make up which share of the model's own variance, the
        names of its units, and its regions with their numbers of triangles.
    """
    share = variance_shares(model)
    counts = np.bincount(model.triangle_regions, minlength=len(REGIONS))
    corners = model.at_landmarks(model.vertices)[[33, 263]]
    known = bool((model.landmark_triangles[[33, 263]] >= 0).all())
    return {
        "name": model.name,
        "vertices": len(model.vertices),
        "triangles": len(model.triangles),
        "identities": len(model.identity),
        "expressions": len(model.expression_names),
        "expression_names": list(model.expression_names),
        "colour": model.colour is not None,
        "landmarks": int((model.landmark_triangles >= 0).sum()),
        "landmarks_of": LANDMARKS,
        "eye_distance_cm": round(float(np.linalg.norm(corners[1] - corners[0])), 2) if known else None,
        "components_for_variance": {
            f"{wanted:.0%}": int(np.searchsorted(share, wanted - 1e-9) + 1) for wanted in _SHARES if len(share)
        },
        "regions": {name: int(count) for name, count in zip(REGIONS, counts, strict=True) if count},
    }


def variance_shares(model: FaceModel) -> FloatArray:
    """Return the share (I,) of the model's own variance that its first 1, 2, ... identity components have."""
    variance = np.array([float((component.astype(np.float64) ** 2).sum()) for component in model.identity])
    total = variance.sum()
    return np.asarray(np.cumsum(variance) / total if total > 0 else variance, dtype=np.float32)
