"""The choices of making pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from affectface.device import DEVICES, Device
from affectface.gallery.affect_model import AffectModel
from affectface.morphable import FaceModel

Form = Literal["jpg", "png"]
FORMS: tuple[Form, ...] = ("jpg", "png")
SMALLEST, LARGEST = 48, 2048
"""Bounds of the side of a picture, pixels."""


@dataclass(frozen=True, kw_only=True)
class MakingConfig:
    """What the pictures of an augmentation are like."""

    size: int | None = 224
    """Side of the square around the face, pixels; None for the whole photo in its own size."""
    room: float = 1.5
    """Side of the square over the longer side of the face's bounds. Training cuts 1.2 of those bounds out of it: the
    rest is for a jaw that drops, and for random shifts and turns."""
    form: Form = "jpg"
    """`jpg` of quality 95 without chroma subsampling, or `png`."""
    gate: bool = True
    """Whether each picture is looked at again, and refused if it does not show what was asked."""
    most_landmark_error: float = 0.026
    """What the gate allows `Found.landmark_error` to be, in inter-ocular distances; see `gate` for what passes,"""
    most_expression_error: float = 0.025
    """The same of `Found.expression_error`, in inter-ocular distances,"""
    most_relative_error: float = 0.3
    """plus this share, or for landmarks half of it, of how far the drawn expression moves them from the photo's."""
    most_mouth_shift: float = 0.026
    """The same of `Found.mouth_shift`, in inter-ocular distances."""
    most_mouth_error: float = 0.55
    """The same of `Found.mouth_error`, contrasts of the photo's mouth."""
    least_mouth_detail: float = 0.58
    """What `Found.mouth_detail` must be at least,"""
    most_mouth_detail: float = 1.6
    """and at most: drawn lips and skin have 0.6 to 1.4 times the photo's detail, smeared ones less."""
    most_seam: float = 30.0
    """The same of `Found.seam`, grey levels."""
    variation: bool = True
    """Whether the affect is shown as one of many people would, by the job's seed."""

    device: Device = "cpu"
    """Where the kernels run. Each gives the same bytes again and again, but not the other's."""

    def __post_init__(self) -> None:
        if self.size is not None and not SMALLEST <= self.size <= LARGEST:
            raise ValueError(f"size is {self.size}; {SMALLEST} to {LARGEST} pixels, or None, are needed")
        if not 1 <= self.room <= 4:
            raise ValueError(f"room is {self.room}; a number from 1 to 4 is needed")
        if self.form not in FORMS:
            raise ValueError(f"form is {self.form!r}; one of {', '.join(FORMS)} is needed")
        if self.device not in DEVICES:
            raise ValueError(f"device is {self.device!r}; one of {', '.join(DEVICES)} is needed")


@dataclass(frozen=True, eq=False)
class Models:
    """What one process needs to make pictures.

    Attributes
    ----------
    face_model : FaceModel
        The face model that is fitted.
    affect_model : AffectModel
        What the affects look like.
    """

    face_model: FaceModel
    affect_model: AffectModel
