"""How an affect model is built from a gallery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from affectface.gallery.plane.plane_classes import CLASSES

BasisKind = Literal["units", "sparse", "pca"]
Source = Literal["means", "frames"]


@dataclass(frozen=True, kw_only=True)
class BuildConfig:
    """The choices of a build."""

    classes: int = CLASSES
    """Classes of the valence-arousal plane, at most (Kollias 2020, section 4.5.1)."""
    fewest_people: int = 3
    """People that an expression needs."""
    fewest_labels: int = 8
    """Labels that a class has on average, at least: fewer would show who was there, and not what they felt."""
    basis: BasisKind = "units"
    """What displacements of meshes are made of: the face model's own units, sparse localised components (Neumann 2013,
    equation 5 of Kollias 2020), or principal components. Synthesis knows units by their names; components are brought
    to them. Strengths are of units already."""
    components: int = 50
    """How many sparse or principal components, at most."""
    source: Source = "means"
    """What components are found in: the mean displacements of classes and expressions, or a sample of the frames."""
    sample: int = 12_000
    """Frames of that sample; Kollias 2020 takes 12,000."""
    seed: int = 0
    """Draws the sample."""
    without: tuple[str, ...] = ()
    """Subjects that are not counted, such as those that a model is tested on."""
