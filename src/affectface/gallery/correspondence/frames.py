"""One frame of a person -> the reference's vertices on it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray
from affectface.errors import GalleryError
from affectface.gallery.correspondence.config import RegisterConfig
from affectface.gallery.correspondence.cylinder import unroll
from affectface.gallery.correspondence.elastic import ElasticSurface, elastic_surface
from affectface.gallery.correspondence.expression import explained, fit_expression
from affectface.gallery.correspondence.flow import flow_places, skin_picture
from affectface.gallery.correspondence.hanging import Hanging, follow
from affectface.gallery.correspondence.head_motion import head_motion
from affectface.gallery.correspondence.nicp import drawn_to_landmarks, nicp, scan_targets
from affectface.gallery.correspondence.quality import FrameQuality, fault, measure
from affectface.gallery.correspondence.reference import (
    Reference,
    check_scan,
    far_weight,
    placed_surface,
    template_landmarks,
)
from affectface.gallery.correspondence.rigid import Motion, robust_motion
from affectface.gallery.correspondence.scan_landmarks import ScanLandmarks, find_again
from affectface.gallery.correspondence.scan_surface import ScanSurface
from affectface.gallery.correspondence.tps import tps_places
from affectface.morphable.looking import Shown

_AGREE = 0.5
"""Distance, cm, between the warped map and the plate, at which the map is half believed."""
_FARTHEST_TURN = 75.0
"""Degrees from the reference's direction, beyond which half of the face is hidden from the scanner."""
_CLOSE = 0.3
"""The farthest closest point of the scan, cm, once a frame lies on it."""


@dataclass(frozen=True, eq=False)
class Registered:
    """A registered frame.

    Attributes
    ----------
    vertices : ndarray of shape (V, 3), float32
        All vertices of the face model, cm, in the template's axes, without the head's motion.
    covered : ndarray of shape (V,), bool
        Which of them the scan has surface for; the others were filled in.
    motion : Motion
        From the scan's axes to those of `vertices`.
    quality : FrameQuality
        How well it went.
    left_out : str
        Why it should not be used; empty if it should.
    """

    vertices: FloatArray
    covered: BoolArray
    motion: Motion
    quality: FrameQuality
    left_out: str


@dataclass(frozen=True, eq=False)
class Plates:
    """A reference's skin, ready to be drawn to frames.

    Attributes
    ----------
    reference : Reference
        The reference.
    landmarks : ElasticSurface
        Drawn by landmarks.
    steps : tuple of (ElasticSurface, float, int)
        Drawn by the scan's closest points, ever softer.
    flow : tuple of (ElasticSurface, float)
        Drawn by the flow, ever softer, and the distance, cm, at which it is half believed.
    last : ElasticSurface
        Drawn by what other methods found.
    """

    reference: Reference
    landmarks: ElasticSurface
    steps: tuple[tuple[ElasticSurface, float, int], ...]
    flow: tuple[tuple[ElasticSurface, float], ...]
    last: ElasticSurface


def plates_of(reference: Reference, config: RegisterConfig) -> Plates:
    """Factorise what every frame of a person needs.

    Parameters
    ----------
    reference : Reference
        The person's reference.
    config : RegisterConfig
        How frames are registered.

    Returns
    -------
    Plates
        The reference's skin, ready to be drawn.
    """
    template, rest = reference.template, reference.skin
    shown = template.areas * reference.covered
    held = template.areas * far_weight(template)
    made: dict[float, ElasticSurface] = {}

    def plate(stiffness: float) -> ElasticSurface:
        if stiffness not in made:
            made[stiffness] = elastic_surface(template, rest, shown, stiffness, hold=held * ~reference.covered)
        return made[stiffness]

    none = np.zeros(len(rest))
    return Plates(
        reference,
        elastic_surface(template, rest, none, config.landmark_stiffness, pull=config.landmark_pull, hold=held),
        tuple((plate(stiffness), farthest, rounds) for stiffness, farthest, rounds in config.frame_steps),
        tuple((plate(stiffness), agree) for stiffness, agree in config.flow_steps) if config.method == "flow" else (),
        plate(config.last_stiffness),
    )


def register_frame(
    plates: Plates,
    hanging: Hanging,
    scan: Shown,
    config: RegisterConfig,
    *,
    landmarks: tuple[FloatArray, FloatArray] | None = None,
    start: tuple[Motion, bool] | None = None,
) -> Registered:
    """Bring a frame to its reference.

    Parameters
    ----------
    plates : Plates
        The reference.
    hanging : Hanging
        What hangs on the template's skin.
    scan : Shown
        The frame, cm.
    config : RegisterConfig
        How; the same as that of `plates`.
    landmarks : tuple of two ndarray of shape (478, 3), float32, optional
        Landmarks known from elsewhere, such as a tracker's: on the reference's scan in its axes, and on the frame in
        its own, cm, numbered like the 478; NaN where one is not known. Both are sought if not given.
    start : tuple of Motion and bool, optional
        Roughly the motion to the template's axes, and whether the scan is inside out; that of the reference otherwise.

    Returns
    -------
    Registered
        The frame; look at `left_out`.

    Raises
    ------
    GalleryError
        If the scan is broken, or no face is seen on it, or it is turned away.
    """
    check_scan(scan)
    reference, template = plates.reference, plates.reference.template
    begin = start or (reference.motion, reference.inside_out)
    if landmarks is None:
        known, seen = reference.landmarks, find_again(scan, template.landmark_places, begin)
    else:
        known, seen = _given(reference, landmarks, begin[1])
    marks, trust = template_landmarks(template, seen)
    before = known[template.landmarks].astype(np.float64)
    mend = robust_motion(marks, before, trust, scale=0.15)
    motion = seen.motion.then(mend)
    _check_turn(motion, begin[0])
    surface = placed_surface(scan, motion, seen.inside_out)
    places = mend.apply(seen.places).astype(np.float32)
    wanted = template.at_landmarks @ reference.skin + mend.apply(marks) - before
    skin = _correspondence(plates, scan, surface, motion, ((known, places), wanted, trust), config)
    quality, covered = measure(template, surface, skin, reference.skin, reference.covered, places)
    head = head_motion(template, skin, reference.skin)
    every = np.zeros(len(template.model.vertices), dtype=bool)
    every[template.skin] = covered
    return Registered(
        follow(hanging, reference.vertices, head.apply(skin), same_person=True).astype(np.float32),
        every,
        motion.then(head),
        quality,
        fault(quality, config.quality, reference.quality.eyes),
    )


def _given(
    reference: Reference, landmarks: tuple[FloatArray, FloatArray], inside_out: bool
) -> tuple[FloatArray, ScanLandmarks]:
    """Return given landmarks of the reference and of a frame, both in the template's axes."""
    before = reference.motion.apply(landmarks[0]).astype(np.float32)
    sure = np.asarray(np.isfinite(landmarks[1]).all(axis=1), dtype=np.float32)
    motion = robust_motion(landmarks[1], before, sure, scale=0.15)
    return before, ScanLandmarks(motion.apply(landmarks[1]).astype(np.float32), sure, motion, inside_out)


def _check_turn(motion: Motion, usual: Motion) -> None:
    """Refuse a head that is turned too far from how the session's reference was held."""
    cosine = (float(np.trace(motion.rotation @ usual.rotation.T)) - 1) / 2
    angle = float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    if angle > _FARTHEST_TURN:
        raise GalleryError(f"the head is turned by {angle:.0f} degrees; up to {_FARTHEST_TURN:g} are registered")


def _correspondence(
    plates: Plates,
    scan: Shown,
    surface: ScanSurface,
    motion: Motion,
    landmarks: tuple[tuple[FloatArray, FloatArray], NDArray[np.float64], NDArray[np.float64]],
    config: RegisterConfig,
) -> NDArray[np.float64]:
    """Return the reference's skin (S, 3) on a frame, cm, in the axes that `motion` leads to."""
    reference = plates.reference
    both, wanted, trust = landmarks
    frame = unroll(reference.cylinder, motion.apply(scan.vertices), surface.triangles, scan.colour)
    if config.method == "uv-tps":
        pair = (both[0].copy(), both[1].copy())
        for marks in pair:
            marks[np.setdiff1d(np.arange(len(marks)), reference.template.landmarks)] = np.nan
        skin = drawn_to_landmarks(plates.landmarks, wanted, trust)
        found, known = tps_places(reference.cylinder, frame, reference.skin, pair, config.tps_smoothing)
        trust = (known & reference.shown).astype(np.float64)
        return _settled((plates.last, _AGREE), surface, skin, (found, trust), 8)
    shown = np.zeros_like(reference.skin)
    if config.units:
        shown = fit_expression(reference.template, reference.skin, surface, wanted, trust)
        plates = _displaced(plates, shown)
    skin = drawn_to_landmarks(plates.landmarks, wanted, trust)
    skin, _ = nicp(plates.steps, surface, skin)
    picture = skin_picture(frame)
    if config.method == "nicp" or picture is None or reference.picture is None:
        return nicp([(plates.last, _CLOSE, config.settle_rounds)], surface, skin)[0]
    for plate, agree in plates.flow:
        found, sure = flow_places(reference.cylinder, reference.picture, frame, picture, skin)
        sure = sure * reference.shown
        if config.units:  # skin that the flow says nothing of goes along
            shown, before = explained(reference.template, reference.skin, found, sure), shown
            skin, plate = skin + (shown - before), replace(plate, rest=reference.skin + shown)
        skin = _settled((plate, agree), surface, skin, (found, sure), config.settle_rounds)
    return skin


def _displaced(plates: Plates, by: NDArray[np.float64]) -> Plates:
    """Return plates whose rest is displaced (S, 3)."""

    def moved(plate: ElasticSurface) -> ElasticSurface:
        return replace(plate, rest=plate.rest + by)

    return replace(
        plates,
        landmarks=moved(plates.landmarks),
        steps=tuple((moved(plate), farthest, rounds) for plate, farthest, rounds in plates.steps),
        flow=tuple((moved(plate), agree) for plate, agree in plates.flow),
        last=moved(plates.last),
    )


def _settled(
    step: tuple[ElasticSurface, float],
    surface: ScanSurface,
    skin: NDArray[np.float64],
    wanted: tuple[NDArray[np.float64], NDArray[np.float64]],
    rounds: int,
) -> NDArray[np.float64]:
    """Return the skin (S, 3) drawn to places (S, 3) as far as they are believed and agree, and onto the scan."""
    (plate, agree), (found, trust) = step, wanted
    for _ in range(rounds):
        away = np.linalg.norm(found - skin, axis=1)
        believed = (trust / (1 + (away / agree) ** 2))[:, None]
        target = skin + believed * (found - skin)
        onto, _ = scan_targets(plate, surface, target, _CLOSE)
        skin = plate.towards(onto)
    return skin
