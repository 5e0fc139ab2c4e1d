"""What was measured, from which summary and report are made."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image
from affectface.evaluation.consistency import Yardstick
from affectface.evaluation.embedders import Embedder
from affectface.evaluation.fidelity import ClipFidelity, Fidelity
from affectface.evaluation.perceptual import Comparer, Describer
from affectface.evaluation.recognisers import Reading, Recogniser
from affectface.evaluation.targets import Target
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.driving import expression_of
from affectface.morphable import FaceModel


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured on one picture.

    Attributes
    ----------
    photo : str
        Name of the photo that it was made from.
    target : Target
        What was asked for.
    readings : dict of str to Reading
        What each recogniser sees.
    distances : dict of str to float
        Distance to the photo by each embedder of faces.
    fidelity : Fidelity
        What it kept of the photo.
    expression : ndarray of shape (E,), float32
        Expression coefficients that are found in it.
    differences : dict of str to float
        How different from the photo it looks to each comparer.
    descriptions : dict of str to ndarray of shape (D,), float32
        What each describer sees in it; only in expressions at full strength, as sets of others are not compared.
    """

    photo: str
    target: Target
    readings: dict[str, Reading]
    distances: dict[str, float]
    fidelity: Fidelity
    expression: FloatArray
    differences: dict[str, float] = field(default_factory=dict)
    descriptions: dict[str, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """A photo or picture that could not be measured, and why."""

    name: str
    reason: str


@dataclass(eq=False)
class Evaluation:
    """Everything that was measured, from which summary and report are made.

    Attributes
    ----------
    face_model : FaceModel
        The face model of the self-consistency, and of the pictures if they are ours.
    affect_model : AffectModel
        What the asked affects look like by it.
    yardstick : Yardstick
        To compare expression coefficients with.
    recognisers, embedders : tuple
        Who was asked.
    interrupted : bool
        Whether it was stopped before the end; what was measured until then stands.
    ours : bool
        Whether the pictures were made by affectface.
    comparers, describers : tuple
        Who compares how pictures look.
    rows : list of Measured
        The pictures.
    clips : dict of str to ClipFidelity
        A clip of some photos.
    failures : list of Failure
        What could not be measured.
    thumbnails : dict of (str, Target) to ndarray of shape (S, S, 3), uint8
        Pictures for the report, by photo and target; the photo itself has no target.
    changes : dict of Target to (int, ndarray of shape (S, S), float64)
        How many, and the sum of, absolute differences from neutral of faces brought to one place.
    descriptions : dict of str to dict of str to ndarray of shape (D,), float32
        What each describer sees in each photo.
    """

    face_model: FaceModel
    affect_model: AffectModel
    yardstick: Yardstick
    recognisers: tuple[Recogniser, ...]
    embedders: tuple[Embedder, ...]
    ours: bool
    comparers: tuple[Comparer, ...] = ()
    describers: tuple[Describer, ...] = ()
    interrupted: bool = False
    rows: list[Measured] = field(default_factory=list)
    clips: dict[str, ClipFidelity] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    thumbnails: dict[tuple[str, Target | None], Image] = field(default_factory=dict)
    changes: dict[Target, tuple[int, NDArray[np.float64]]] = field(default_factory=dict)
    descriptions: dict[str, dict[str, FloatArray]] = field(default_factory=dict)

    @property
    def photos(self) -> list[str]:
        """The photos' names, in order."""
        return list(dict.fromkeys(row.photo for row in self.rows))

    def judged_by_its_makers(self) -> list[str]:
        """Recognisers that were also asked while what made the pictures was built; only known of ours."""
        judges = self.affect_model.judges if self.ours else ()
        return [recogniser.name for recogniser in self.recognisers if recogniser.name in judges]


def asked_displacement(evaluation: Evaluation, target: Target) -> NDArray[np.float32]:
    """Return the displacement (3 L,) of the landmarks that a target asks for at full strength.

    Parameters
    ----------
    evaluation : Evaluation
        The evaluation, for its models.
    target : Target
        The target.

    Returns
    -------
    ndarray of shape (3 L,), float32
        In inter-ocular distances.
    """
    vector = expression_of(evaluation.affect_model, evaluation.face_model, target.affect, 1.0)
    return evaluation.yardstick.displacement(vector)
