"""Face and palm detection: MediaPipe's BlazeFace networks, and its palm detector, on one small square picture.

Bazarevsky et al. 2019, BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs; Zhang et al. 2020, MediaPipe
Hands: On-device Real-time Hand Tracking (section 2.1). The networks answer for each anchor with a box, six key points
of a face or seven of a palm, and a score; overlapping answers are averaged by score (section 4.2 of the first paper).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.landmarks.sessions import Network, run

Range = Literal["short", "full"]
"""The short-range network sees faces from about a tenth of the picture upwards, the full-range one from a thirtieth."""

Detector = Range | Literal["palm"]
"""Any of the networks; the third one sees palms."""

INPUT_SIZES: dict[Detector, int] = {"short": 128, "full": 192, "palm": 128}
"""Side of the picture that a network takes, pixels."""

MIN_SCORES: dict[Detector, float] = {"short": 0.5, "full": 0.35, "palm": 0.5}
"""Scores below these are not faces or palms. 0.5 is MediaPipe's; its 0.6 for the full range misses small faces that the
mesh network, asked afterwards, is sure about."""

_NETWORKS: dict[Detector, Network] = {"short": "face_short_range", "full": "face_full_range", "palm": "palm"}
_TWO_GRIDS = [(16, 2), (8, 6)]
_GRIDS: dict[Detector, list[tuple[int, int]]] = {"short": _TWO_GRIDS, "full": [(48, 1)], "palm": _TWO_GRIDS}
"""Cells along a side and anchors in a cell, as in MediaPipe's face_detection and palm_detection graphs."""

OVERLAP = 0.3
"""Boxes that share more than this part of their union are one face or palm (MediaPipe's min_suppression_threshold)."""


@dataclass(frozen=True, eq=False)
class Detection:
    """A face or a palm found by a detector, in pixels of the picture it was given.

    Attributes
    ----------
    score : float
        How sure the detector is, 0 to 1.
    box : ndarray of shape (4,)
        x0, y0, x1, y1 of the face from brows to chin, or of the palm.
    keypoints : ndarray of shape (6, 2) or (7, 2)
        The person's right eye, left eye, nose tip, mouth, right ear and left ear; or the wrist, the knuckles of the
        fingers from the index to the little one, and the two lower joints of the thumb.
    """

    score: float
    box: FloatArray
    keypoints: FloatArray


def detect(pictures: NDArray[np.uint8], which: Detector) -> list[list[Detection]]:
    """Return what a network finds in each picture of a batch, most certain first.

    Parameters
    ----------
    pictures : ndarray of shape (N, S, S, 3), uint8
        Pictures of the size that the network takes.
    which : {"short", "full", "palm"}
        The network.

    Returns
    -------
    list of list of Detection
        One list a picture.
    """
    answers, logits = run(_NETWORKS[which], pictures)
    size = INPUT_SIZES[which]
    least = -np.log(1 / MIN_SCORES[which] - 1)
    return [
        _merge(_decode(answer[passed], _anchors(which)[passed], size), logit[passed])
        for answer, logit in zip(answers, logits[..., 0], strict=True)
        for passed in [logit >= least]
    ]


@cache
def _anchors(which: Detector) -> FloatArray:
    """Return the centre of every anchor, (A, 2), as a fraction of the picture's side."""
    return np.concatenate(
        [
            (np.stack([columns, rows], axis=-1).reshape(-1, 2).repeat(anchors, axis=0) + 0.5) / cells
            for cells, anchors in _GRIDS[which]
            for rows, columns in [np.mgrid[:cells, :cells]]
        ]
    ).astype(np.float32)


def _decode(answers: FloatArray, anchors: FloatArray, size: int) -> FloatArray:
    """Return raw answers (A, 4 + 2 K) as (A, 2 + K, 2): two corners of the box, then the key points, pixels."""
    points = answers.reshape(-1, answers.shape[1] // 2, 2).copy()
    half = points[:, 1] / 2
    points[:, 1] = points[:, 0] + half
    points[:, 0] -= half
    return points + anchors[:, None] * np.float32(size)


def _merge(points: FloatArray, logits: FloatArray) -> list[Detection]:
    """Return one detection for every heap of overlapping answers: their mean, weighted by score."""
    scores = 1 / (1 + np.exp(-logits.astype(np.float64)))
    order = np.argsort(-scores, kind="stable")
    points, scores = points[order], scores[order]
    found = []
    while len(scores):
        same = overlaps(points[0, :2].ravel(), points[:, :2].reshape(-1, 4)) > OVERLAP
        same[0] = True  # even when its box has no area
        weights = (scores[same] / scores[same].sum()).astype(np.float32)
        mean = np.tensordot(weights, points[same], axes=1)
        found.append(Detection(float(scores[0]), mean[:2].ravel(), mean[2:]))
        points, scores = points[~same], scores[~same]
    return found


def overlaps(box: FloatArray, boxes: FloatArray) -> FloatArray:
    """Return intersection over union of a box (4,) with boxes (B, 4), each x0, y0, x1, y1."""
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    union = np.prod(box[2:] - box[:2]) + areas - shared
    return np.asarray(shared / np.maximum(union, 1e-12), dtype=np.float32)
