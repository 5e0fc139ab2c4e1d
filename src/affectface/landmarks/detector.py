"""Face detection: MediaPipe's two BlazeFace networks on one small square picture.

Bazarevsky et al. 2019, BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs. The networks answer for each
anchor with a box, six key points and a score; overlapping answers are averaged by score (section 4.2 of the paper).
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

INPUT_SIZES: dict[Range, int] = {"short": 128, "full": 192}
"""Side of the picture that a network takes, pixels."""

MIN_SCORES: dict[Range, float] = {"short": 0.5, "full": 0.35}
"""Scores below these are not faces. 0.5 is MediaPipe's; its 0.6 for the full range misses small faces that the mesh
network, asked afterwards, is sure about."""

OVERLAP = 0.3
"""Boxes that share more than this part of their union are one face (MediaPipe's min_suppression_threshold)."""


@dataclass(frozen=True, eq=False)
class Detection:
    """A face found by a detector, in pixels of the picture it was given.

    Attributes
    ----------
    score : float
        How sure the detector is, 0 to 1.
    box : ndarray of shape (4,)
        x0, y0, x1, y1 of the face from brows to chin.
    keypoints : ndarray of shape (6, 2)
        The person's right eye, left eye, nose tip, mouth, right ear and left ear.
    """

    score: float
    box: FloatArray
    keypoints: FloatArray


def detect(pictures: NDArray[np.uint8], which: Range) -> list[list[Detection]]:
    """Return what a network finds in each picture of a batch, most certain face first.

    Parameters
    ----------
    pictures : ndarray of shape (N, S, S, 3), uint8
        Pictures of the size that the network takes.
    which : {"short", "full"}
        The network.

    Returns
    -------
    list of list of Detection
        One list a picture.
    """
    network: Network = "face_short_range" if which == "short" else "face_full_range"
    answers, logits = run(network, pictures)
    size = INPUT_SIZES[which]
    least = -np.log(1 / MIN_SCORES[which] - 1)
    return [
        _merge(_decode(answer[passed], _anchors(which)[passed], size), logit[passed])
        for answer, logit in zip(answers, logits[..., 0], strict=True)
        for passed in [logit >= least]
    ]


@cache
def _anchors(which: Range) -> FloatArray:
    """Return the centre of every anchor, (A, 2), as a fraction of the picture's side."""
    # (cells along a side, anchors in a cell), as in MediaPipe's face_detection graphs
    layers = [(16, 2), (8, 6)] if which == "short" else [(48, 1)]
    return np.concatenate(
        [
            (np.stack([columns, rows], axis=-1).reshape(-1, 2).repeat(anchors, axis=0) + 0.5) / cells
            for cells, anchors in layers
            for rows, columns in [np.mgrid[:cells, :cells]]
        ]
    ).astype(np.float32)


def _decode(answers: FloatArray, anchors: FloatArray, size: int) -> FloatArray:
    """Return raw answers (A, 16) as (A, 8, 2): two corners of the box, then the six key points, pixels."""
    points = answers.reshape(-1, 8, 2).copy()
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
