"""Points through a sequence: from frame to frame, with a judgement of each and a new start where it goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from affectface.arrays import BoolArray, FloatArray, Image
from affectface.errors import GalleryError
from affectface.gallery.tracking.active_appearance import AppearanceModel
from affectface.gallery.tracking.project_out import Fitted, fit_points

Landmarker = Callable[[int, Image], FloatArray | None]
"""Takes a frame's number and image, returns points (79, 2), pixels, or None where no face is seen."""


@dataclass(frozen=True, kw_only=True)
class TrackConfig:
    """How a sequence is tracked."""

    largest_error: float = 2.0
    """Error of a frame, as in `Fitted`, at which it counts half."""

    farthest: float = 3.0
    """Distance of a shape, as in `Fitted`, at which it counts half."""

    least: float = 0.5
    """Confidence below which a frame is begun anew from the landmarker."""

    steps: int = 20
    """Steps at each level of the pyramid, at most."""


@dataclass(frozen=True, eq=False)
class Tracked:
    """A tracked sequence.

    Attributes
    ----------
    points : ndarray of shape (F, 79, 2), float32
        The points, pixels.
    confidence : ndarray of shape (F,), float32
        1: as good as a frame that belongs to the model; below 0.5: not to be believed.
    restarted : ndarray of shape (F,), bool
        Frames that were begun anew from the landmarker.
    """

    points: FloatArray
    confidence: FloatArray
    restarted: BoolArray


def track(
    model: AppearanceModel,
    frames: Iterable[tuple[Image, BoolArray | None]],
    first: FloatArray | None = None,
    *,
    landmarker: Landmarker | None = None,
    config: TrackConfig | None = None,
) -> Tracked:
    """Track the 79 points through a sequence of unrolled scans.

    Parameters
    ----------
    model : AppearanceModel
        The person's model of this session.
    frames : iterable of (ndarray of shape (H, W, 3), uint8, and ndarray of shape (H, W), bool, or None)
        Each frame, and where it shows something.
    first : ndarray of shape (79, 2), optional
        The points in the first frame, roughly; the landmarker's if not given.
    landmarker : callable, optional
        Where to begin where tracking fails.
    config : TrackConfig, optional
        How.

    Returns
    -------
    Tracked
        The points, with how far to believe each frame.

    Raises
    ------
    GalleryError
        If there is no frame, or nothing to begin from.
    """
    config = config or TrackConfig()
    points, confidence, restarted = [], [], []
    last = None if first is None else np.asarray(first, dtype=np.float32)
    for number, (image, known) in enumerate(frames):
        found = None if last is None else _fitted(model, image, known, last, config)
        anew = False
        if (found is None or found[1] < config.least) and landmarker is not None:
            start = landmarker(number, image)
            if start is not None:
                again = _fitted(model, image, known, start, config)
                anew = found is None or again[1] > found[1]
                found = again if anew else found
        if found is None:
            raise GalleryError(
                f"frame {number}: nothing to begin from; give points of the first frame, or a landmarker"
            )
        points.append(found[0].points)
        confidence.append(found[1])
        restarted.append(anew)
        last = found[0].points if found[1] >= config.least or last is None else last
    if not points:
        raise GalleryError("no frame to track points in")
    return Tracked(np.stack(points), np.array(confidence, np.float32), np.array(restarted))


def _fitted(
    model: AppearanceModel, image: Image, known: BoolArray | None, start: FloatArray, config: TrackConfig
) -> tuple[Fitted, float]:
    """Fit one frame and judge it."""
    found = fit_points(model, image, start, known=known, steps=config.steps)
    doubt = (found.error / config.largest_error) ** 4 + (found.distance / config.farthest) ** 4
    return found, float(1 / (1 + doubt))
