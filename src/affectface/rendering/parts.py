"""Which triangles of a face model are drawn: what closes the view, and the inside of the mouth behind it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from affectface.morphable import FaceModel
from affectface.rendering.drawn_mesh import DrawnMesh, drawn_mesh
from affectface.rendering.mouth import INTERIOR

SKIN, EYE = 0, 1
"""Labels of the front's triangles."""


@dataclass(frozen=True, eq=False)
class Parts:
    """The two meshes that are drawn.

    Attributes
    ----------
    front : DrawnMesh
        Skin and eyes, labelled `SKIN` and `EYE`.
    mouth : DrawnMesh
        The inside of the mouth, labelled by index into `REGIONS`.
    """

    front: DrawnMesh
    mouth: DrawnMesh


@lru_cache(maxsize=4)
def parts_of(model: FaceModel) -> Parts:
    """Return the parts of a face model that are drawn; found once for each model.

    Parameters
    ----------
    model : FaceModel
        The face model.

    Returns
    -------
    Parts
        Front and mouth.
    """
    skin = model.region("face")
    front = skin | model.region("eye_left", "eye_right", "eye_socket")
    mouth = model.region(*INTERIOR)
    return Parts(
        drawn_mesh(model.triangles[front], np.where(skin[front], SKIN, EYE)),
        drawn_mesh(model.triangles[mouth], model.triangle_regions[mouth]),
    )
