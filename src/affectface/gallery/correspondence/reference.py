"""The neutral face of a person: the scan that the template is drawn to, and that all frames are brought to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray
from affectface.errors import GalleryError
from affectface.gallery.correspondence.config import RegisterConfig
from affectface.gallery.correspondence.cylinder import Cylinder, UvMap, fit_cylinder, look_up_map, unroll
from affectface.gallery.correspondence.elastic import ElasticSurface, elastic_surface
from affectface.gallery.correspondence.flow import SkinPicture, skin_picture
from affectface.gallery.correspondence.hanging import Hanging, follow
from affectface.gallery.correspondence.identity import fit_identity
from affectface.gallery.correspondence.nicp import drawn_to_landmarks, nicp, scan_targets
from affectface.gallery.correspondence.quality import FrameQuality, fault, measure, stretched
from affectface.gallery.correspondence.rigid import Motion
from affectface.gallery.correspondence.scan_landmarks import ScanLandmarks, find_landmarks, first_motion, outward
from affectface.gallery.correspondence.scan_surface import ScanSurface, scan_surface
from affectface.gallery.correspondence.template import RegistrationTemplate
from affectface.morphable.looking import Shown

_SEEN = 0.15
"""Distance, cm, of the outermost surface from a vertex, up to which the unrolled picture shows it."""
_FEWEST_TRIANGLES = 500
"""What a face cannot be told from with fewer."""


@dataclass(frozen=True, eq=False)
class Reference:
    """A person's registered neutral face.

    Attributes
    ----------
    template : RegistrationTemplate
        The template.
    vertices : ndarray of shape (V, 3), float64
        All vertices of the face model, in the template's axes, cm.
    skin : ndarray of shape (S, 3), float64
        Those of the skin.
    covered : ndarray of shape (S,), bool
        What the scan has surface for.
    landmarks : ndarray of shape (478, 3), float32
        Where the landmarks are seen on the scan, cm.
    motion : Motion
        From the scan's axes to the template's.
    inside_out : bool
        Whether the scan's triangles are clockwise.
    cylinder : Cylinder
        What all frames of the person are unrolled from.
    unrolled : UvMap
        The scan, unrolled.
    picture : SkinPicture or None
        Its skin; None without colours.
    shown : ndarray of shape (S,), bool
        Which vertices the unrolled picture shows.
    quality : FrameQuality
        How well it was registered.
    """

    template: RegistrationTemplate
    vertices: NDArray[np.float64]
    skin: NDArray[np.float64]
    covered: BoolArray
    landmarks: FloatArray
    motion: Motion
    inside_out: bool
    cylinder: Cylinder
    unrolled: UvMap
    picture: SkinPicture | None
    shown: BoolArray
    quality: FrameQuality


def register_reference(
    template: RegistrationTemplate,
    hanging: Hanging,
    scan: Shown,
    config: RegisterConfig | None = None,
    *,
    landmarks: FloatArray | None = None,
) -> Reference:
    """Draw the template to the scan of a neutral face.

    Parameters
    ----------
    template : RegistrationTemplate
        The template.
    hanging : Hanging
        What hangs on its skin.
    scan : Shown
        The scan, cm, in whatever axes.
    config : RegisterConfig, optional
        How.
    landmarks : ndarray of shape (478, 3), optional
        Landmarks on the scan in its axes that are known from elsewhere, cm, NaN where one is not. The template is drawn
        to these instead of the landmarker's; frames without given ones still compare with the landmarker's.

    Returns
    -------
    Reference
        The registered face.

    Raises
    ------
    GalleryError
        If the scan is broken, shows no face, or cannot be registered well enough.
    """
    config = config or RegisterConfig()
    check_scan(scan)
    places = template.landmark_places
    seen = find_landmarks(scan, places, first_motion(scan, places))
    surface = placed_surface(scan, seen.motion, seen.inside_out)
    aims = seen if landmarks is None else with_given(seen, landmarks)
    marks, trust = template_landmarks(template, aims)
    before = template.model.vertices.astype(np.float64)
    steps = config.unfitted_steps
    if config.identity and len(template.identity):
        before, steps = fit_identity(template, surface, marks, trust), config.reference_steps
        start = before[template.skin]
    else:
        start = drawn_to_landmarks(_held(template, config), marks, trust)
    skin = start
    for stiffness, farthest, rounds in steps:
        probe = elastic_surface(template, start, template.areas, stiffness)
        matched = scan_targets(probe, surface, skin, farthest)[1]
        softer = elastic_surface(template, start, template.areas * matched, stiffness)
        skin, _ = nicp([(softer, farthest, rounds)], surface, skin)
    quality, covered = measure(template, surface, skin, start, np.ones(len(skin), bool), aims.places)
    reason = fault(quality, config.quality) or stretched(template, skin, config.quality)
    if reason:
        raise GalleryError(f"the neutral face cannot be registered: {reason}")
    cylinder = fit_cylinder(skin[template.face])
    unrolled = unroll(cylinder, seen.motion.apply(scan.vertices), surface.triangles, scan.colour)
    picture = skin_picture(unrolled)
    outermost = look_up_map(unrolled.places, cylinder.project(skin)[:, :2])
    return Reference(
        template,
        follow(hanging, before, skin, same_person=False),
        skin,
        covered,
        seen.places,
        seen.motion,
        seen.inside_out,
        cylinder,
        unrolled,
        None if picture is None else SkinPicture(skin, template.triangles, picture, unrolled.known),
        np.linalg.norm(outermost - skin, axis=1) < _SEEN,
        quality,
    )


def with_given(seen: ScanLandmarks, landmarks: FloatArray) -> ScanLandmarks:
    """Return landmarks of a scan with those that are known from elsewhere in the place of what was seen.

    Parameters
    ----------
    seen : ScanLandmarks
        What the landmarker saw.
    landmarks : ndarray of shape (478, 3)
        What is known, in the scan's axes, cm; NaN where nothing is.

    Returns
    -------
    ScanLandmarks
        Given ones are fully trusted.
    """
    given = np.asarray(np.isfinite(landmarks).all(axis=1))
    places = np.where(given[:, None], seen.motion.apply(landmarks), seen.places).astype(np.float32)
    return ScanLandmarks(places, np.where(given, 1, seen.trust).astype(np.float32), seen.motion, seen.inside_out)


def check_scan(scan: Shown) -> None:
    """Refuse a scan that cannot be a face, whatever it shows.

    Parameters
    ----------
    scan : Shown
        The scan.

    Raises
    ------
    GalleryError
        If it has NaN, hardly any triangles, or no extent.
    """
    wrong = int((~np.isfinite(scan.vertices).all(1)).sum())
    if wrong:
        raise GalleryError(f"{wrong} of the scan's {len(scan.vertices)} vertices are NaN or infinite")
    if len(scan.triangles) < _FEWEST_TRIANGLES:
        raise GalleryError(f"the scan has {len(scan.triangles)} triangles; {_FEWEST_TRIANGLES} are needed")
    if np.ptp(scan.vertices, axis=0).max() <= 0:
        raise GalleryError("all vertices of the scan lie in one place")


def placed_surface(scan: Shown, motion: Motion, inside_out: bool) -> ScanSurface:
    """Return a scan's surface in the template's axes, its triangles counter-clockwise."""
    return scan_surface(motion.apply(scan.vertices), outward(scan, inside_out))


def template_landmarks(
    template: RegistrationTemplate, seen: ScanLandmarks
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the places (L, 3), cm, and the trust (L,), 0 to 1, of the landmarks that the template uses."""
    places = seen.places[template.landmarks].astype(np.float64)
    return places, np.minimum(seen.trust[template.landmarks].astype(np.float64), 1)


def _held(template: RegistrationTemplate, config: RegisterConfig) -> ElasticSurface:
    """Return the template's skin as a plate that landmarks draw."""
    none, hold = np.zeros(len(template.skin)), template.areas * far_weight(template)
    stiffness = config.landmark_stiffness * 20
    return elastic_surface(template, template.vertices, none, stiffness, pull=config.landmark_pull, hold=hold)


def far_weight(template: RegistrationTemplate) -> NDArray[np.float64]:
    """Return how strongly (S,) skin far from all landmarks is held, so that a plate does not swing out there."""
    return 0.05 * np.clip((template.far - 2) / 4, 0, 1) ** 2
