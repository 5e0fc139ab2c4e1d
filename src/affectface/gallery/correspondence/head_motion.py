"""How the head moved between two meshes of one person: what facial units do not explain of the skin's displacement.

Skin on which most of a face agrees is not enough: brows that go down take so much along that the head seems to nod,
by 1 mm on drawn faces. So motion and facial units are found together, as a fit does, by robust least squares; the units
are then thrown away. What they cannot say counts less, and stays in the mesh.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from affectface.gallery.correspondence.rigid import Motion, robust_motion
from affectface.gallery.correspondence.template import RegistrationTemplate

_NOISE = 0.05
"""Standard deviation, cm, of a square centimetre of registered skin."""
_STRENGTH = 0.5
"""Prior standard deviation of a facial unit's strength."""
_OUTLYING = 0.08
"""Distance, cm, from which skin counts less."""
_ROUNDS = 10


def head_motion(template: RegistrationTemplate, skin: NDArray[np.float64], reference: NDArray[np.float64]) -> Motion:
    """Return the motion of the head from a frame to its reference.

    Parameters
    ----------
    template : RegistrationTemplate
        The template.
    skin : ndarray of shape (S, 3), float64
        The frame's skin, cm.
    reference : ndarray of shape (S, 3), float64
        The reference's skin, cm.

    Returns
    -------
    Motion
        The motion. Of a face model without facial units, what most of the face agrees on.
    """
    area = (template.areas * template.face)[template.face]
    source, goal = skin[template.face], reference[template.face]
    units = template.units[:, template.face].reshape(len(template.units), -1)
    motion = robust_motion(source, goal, area, scale=_OUTLYING)
    if not len(units):
        return motion
    trust = area
    for _ in range(_ROUNDS):
        placed = motion.apply(source)
        middle = placed.mean(axis=0)
        columns = np.concatenate([_turns(placed - middle), units])
        weighted = columns * np.repeat(trust / _NOISE**2, 3)
        gram = weighted @ columns.T
        gram[range(6, len(gram)), range(6, len(gram))] += 1 / _STRENGTH**2
        found = np.linalg.solve(gram, weighted @ (placed - goal).ravel())
        left = (placed - goal).ravel() - found @ columns
        trust = area * (_OUTLYING**2 / (_OUTLYING**2 + (left.reshape(-1, 3) ** 2).sum(axis=1))) ** 2
        turn = Rotation.from_rotvec(-found[:3]).as_matrix()
        motion = motion.then(Motion(turn, middle - turn @ middle - found[3:6]))
    return motion


def _turns(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """What small turns about the axes and shifts along them do to places (N, 3): (6, 3 N)."""
    axes = np.eye(3)
    turns = [np.cross(axis, places).ravel() for axis in axes]
    shifts = [np.tile(axis, len(places)) for axis in axes]
    return np.array([*turns, *shifts])
