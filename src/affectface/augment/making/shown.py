"""What a made picture shows, and what became of a job."""

from __future__ import annotations

from dataclasses import dataclass

from affectface.affect import Affect
from affectface.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Found:
    """What is seen in a picture when it is looked at again.

    Attributes
    ----------
    expression : ndarray of shape (E,), float32
        Strengths of the facial units, found in the picture with the person and the camera known.
    valence, arousal : float
        The point of the plane whose expression moves the landmarks most nearly as it is seen.
    expression_error : float
        What found and drawn strengths do to the landmarks apart, root of the mean square, in inter-ocular distances.
    landmark_error : float
        Distance of the found landmarks from where they were to be, root of the mean square, in inter-ocular distances.
    seam : float
        The sharpest step along the border of what was changed, grey levels; see `affectface.augment.making.seam`.
    mouth_shift : float
        How far the lips that are found are, on average, from where they were to be, in inter-ocular distances.
    mouth_error : float
        Mean difference of the skin of the mouth from the photo's, over its contrast there.
    mouth_detail : float
        How much detail that skin has, over the photo's; see `affectface.augment.making.mouth`.
    """

    expression: FloatArray
    valence: float
    arousal: float
    expression_error: float
    landmark_error: float
    seam: float
    mouth_shift: float
    mouth_error: float
    mouth_detail: float


@dataclass(frozen=True, eq=False)
class Shown:
    """One picture, or one frame of a clip.

    Attributes
    ----------
    affect : ValenceArousal, Expression or ActionUnits
        What was asked for: the label.
    expression : ndarray of shape (E,), float32
        The strengths of the facial units that were drawn, natural variation included.
    box : tuple of float
        Left, top, width and height of the landmarks' bounds in the picture, pixels.
    landmarks68 : ndarray of shape (68, 2), float32
        The iBUG landmarks in the picture, pixels; found in it where it was looked at, otherwise where they were drawn.
    found : Found or None
        What is seen in it; None where it was not looked at, or no face was found.
    fault : str
        Why it does not count; empty for a good one.
    """

    affect: Affect
    expression: FloatArray
    box: tuple[float, float, float, float]
    landmarks68: FloatArray
    found: Found | None = None
    fault: str = ""


@dataclass(frozen=True, eq=False)
class Made:
    """What became of a job.

    Attributes
    ----------
    job : int
        The job's number.
    data : bytes or None
        The picture or clip as a file; None where there is a reason.
    suffix : str
        The kind of file: `.jpg`, `.png` or `.mp4`.
    size : tuple of int
        Height and width, pixels.
    fps : float or None
        A clip's frames a second.
    shown : tuple of Shown
        What it shows: one entry for a picture, one a frame for a clip; none where nothing could be drawn.
    reason : str
        Why it is not there: a few words, a colon, and details; empty for a good one.
    """

    job: int
    data: bytes | None
    suffix: str
    size: tuple[int, int]
    fps: float | None
    shown: tuple[Shown, ...]
    reason: str = ""
