"""What a gallery holds, as values: sequences of frames, the template of registered meshes, labels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from affectface.affect_tables import NEUTRAL_NAME
from affectface.arrays import BoolArray, FloatArray, IntArray, check_array, read_only
from affectface.errors import GalleryError

Form = Literal["scans", "meshes", "strengths"]
"""What a frame is: an unregistered scan, a mesh in the template's topology, or strengths of facial units."""

MOST_FRAMES = 10**7
NEUTRAL_RADIUS = 0.05
"""Distance from the middle of the plane up to which a label says that the face is neutral."""
FACE_SHAPE = (68, 3)
"""Of a face at rest, where a sequence says its subject's."""
_FORBIDDEN = set('/\\:*?"<>|')
LABEL_COLUMNS = ("valence", "arousal", "valence_disagreement", "arousal_disagreement")


@dataclass(frozen=True)
class Sequence:
    """Frames of one subject in one session doing one task.

    Attributes
    ----------
    name : str
        What the sequence is called in its gallery, and its folder.
    subject, session, task : str
        Who, when, and doing what; empty where nothing is known.
    frame_rate : float
        Frames a second.
    frames : int
        How many frames it has, those that are left out included.
    """

    name: str
    subject: str
    session: str
    task: str
    frame_rate: float
    frames: int

    def __post_init__(self) -> None:
        check_name(self.name)
        if not (math.isfinite(self.frame_rate) and self.frame_rate > 0):
            raise GalleryError(f"sequence {self.name!r}: frame rate {self.frame_rate}; a number above 0 is needed")
        object.__setattr__(self, "frame_rate", float(self.frame_rate))
        if not 1 <= self.frames <= MOST_FRAMES:
            raise GalleryError(f"sequence {self.name!r}: {self.frames} frames; 1 to {MOST_FRAMES} are needed")


def check_name(name: str) -> None:
    """Refuse a name of a sequence that is no name of a folder everywhere, or that leads out of the gallery."""
    bad = not name or name[0] in ".-" or name[-1] in ". " or len(name.encode()) > 200
    if bad or not name.isprintable() or _FORBIDDEN & set(name):
        raise GalleryError(
            f"{name[:60]!r} cannot be a sequence's name; a file name of at most 200 bytes without / \\ : * ? < > | is "
            "needed, not beginning with a dot or dash"
        )


@dataclass(frozen=True, eq=False)
class Template:
    """The mesh whose topology all registered meshes of a gallery have.

    Attributes
    ----------
    name : str
        Of the face model that it is the mean of, or what the user calls it.
    vertices : ndarray of shape (V, 3), float32, cm
        Positions.
    triangles : ndarray of shape (T, 3), int32
        Counter-clockwise seen from outside.
    """

    name: str
    vertices: FloatArray
    triangles: IntArray

    def __post_init__(self) -> None:
        vertices = check_array("template vertices", self.vertices, (None, 3))
        triangles = check_array("template triangles", self.triangles, (None, 3), dtype=np.int32)
        if not len(triangles) or triangles.min() < 0 or triangles.max() >= len(vertices):
            raise GalleryError(f"template {self.name!r}: its triangles name vertices beyond its {len(vertices)}")
        object.__setattr__(self, "vertices", read_only(vertices))
        object.__setattr__(self, "triangles", read_only(triangles))


@dataclass(frozen=True, eq=False)
class Labels:
    """What the frames of a sequence show.

    Attributes
    ----------
    valence, arousal : ndarray of shape (F,), float32
        In [-1, 1]; NaN where there is no label.
    valence_disagreement, arousal_disagreement : ndarray of shape (F,), float32
        Standard deviation over the annotators; NaN where nothing is known of it.
    expression : tuple of str
        Name of the expression; empty where there is none.
    """

    valence: FloatArray
    arousal: FloatArray
    valence_disagreement: FloatArray
    arousal_disagreement: FloatArray
    expression: tuple[str, ...]

    def __post_init__(self) -> None:
        frames = len(self.expression)
        for name in LABEL_COLUMNS:
            values = check_array(name, getattr(self, name), (frames,), finite=False)
            low = 0 if name.endswith("disagreement") else -1
            known = values[~np.isnan(values)]
            if known.size and (known.min() < low or known.max() > 1):
                raise GalleryError(f"{name} from {known.min():g} to {known.max():g}; [{low}, 1] is needed")
            object.__setattr__(self, name, read_only(values))

    @property
    def neutral(self) -> BoolArray:
        """Which frames (F,) are neutral: by their expression's name, otherwise by their place in the plane."""
        named = np.array([bool(name) for name in self.expression], dtype=bool)
        says_neutral = np.array([name == NEUTRAL_NAME for name in self.expression], dtype=bool)
        with np.errstate(invalid="ignore"):
            middle = np.hypot(self.valence, self.arousal) <= NEUTRAL_RADIUS
        return np.where(named, says_neutral, middle)


def make_labels(
    frames: int,
    *,
    valence: FloatArray | None = None,
    arousal: FloatArray | None = None,
    expression: tuple[str, ...] | None = None,
) -> Labels:
    """Return labels of `frames` frames with what is given, (F,) each, and nothing known of the rest."""
    none = np.full(frames, np.nan, dtype=np.float32)
    return Labels(
        none if valence is None else valence,
        none if arousal is None else arousal,
        none,
        none,
        ("",) * frames if expression is None else expression,
    )


def same_labels(one: Labels | None, other: Labels | None) -> bool:
    """Return whether two say the same of the same frames; None says nothing."""
    if one is None or other is None:
        return one is other
    return one.expression == other.expression and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True) for name in LABEL_COLUMNS
    )
