"""What a photo and its fit say once, before any affect is drawn: everything that does not depend on the affect."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, Image, median
from affectface.blas import one_blas_thread
from affectface.blending.displacement import FieldCanvas, field_canvas, twice_as_fine
from affectface.camera import Camera
from affectface.device import Buffer, buffer, warp_runtime
from affectface.fitting.face_fit import FaceFit, interocular_distance, landmark_shift
from affectface.folds.folds import Folds, Skin, prepare_folds
from affectface.landmarks.masks import LEFT_EYE, RIGHT_EYE, hull_mask
from affectface.landmarks.topology import (
    LEFT_IRIS,
    LIPS_INNER_LOWER,
    LIPS_INNER_UPPER,
    RIGHT_IRIS,
)
from affectface.morphable import FaceModel
from affectface.morphable.face_model import weighted_sum
from affectface.occlusion.glasses import find_glasses
from affectface.occlusion.hair import find_hair
from affectface.occlusion.hands import find_hands, held_skin
from affectface.occlusion.mask import masked_occlusion
from affectface.occlusion.occlusion import Occlusion, together, without_occlusion
from affectface.regions import REGIONS
from affectface.rendering.canvas import Canvases, MeshCanvas, mesh_canvas
from affectface.rendering.drawn_mesh import DrawnMesh, place
from affectface.rendering.eyes import EyeLayers, separate_eye
from affectface.rendering.mouth import white_of_photo, white_of_teeth
from affectface.rendering.rasterise import NO_LABEL, rasterise
from affectface.rendering.shade import GAMMA, Lit, harmonics, luminance
from affectface.rendering.toning import toning_of
from affectface.synthesis.config import SynthesisConfig
from affectface.synthesis.lip_edges import OpenMouth, find_open_mouth
from affectface.synthesis.own_teeth import OwnTeeth, find_own_teeth, place_own_teeth
from affectface.synthesis.parts import EYE, Parts, parts_of

_ROOM = (0.6, 0.9)
"""Room around the face for what follows it, sideways and downwards, in inter-ocular distances."""
_LEAST_LIGHT = 0.15
"""Light in the darkest shadow of a face, in medians of its light."""
_TEETH_SEEN = (0.03, 0.05)
"""Gap of the lips, in inter-ocular distances, from which the photo is taken to show teeth, and at which surely."""
_SURELY_TEETH = (0.8, 0.4)
"""Certainty from which a pixel tells how bright teeth are in this photo; where too few do, as in a small face."""
_ENOUGH_TEETH = 30
"""Pixels that are enough to tell it."""
_BESIDE_TEETH = 0.03
"""How far from its upper teeth nothing is taken for lower teeth of a photo, in inter-ocular distances."""
_LASHES = 0.05
"""Length of lashes with the shadow at their roots, in inter-ocular distances."""
LIGHT_BOUNDS = (0.6, 1.4)
"""Bounds of the change of light: beyond them the fitted light is guessing."""
TRUST = 0.75
"""Share of the predicted change of light that is drawn: skin scatters light, and is less contrasted than matt paint."""
TEETH = (REGIONS.index("teeth_upper"), REGIONS.index("teeth_lower"))


@dataclass(frozen=True, eq=False)
class SourceFace:
    """A face region of a photo, ready to be moved. Pixel coordinates are those of the region.

    Attributes
    ----------
    origin : tuple of int
        Where the region's first pixel lies in the photo, x and y.
    image : ndarray of shape (h, w, 3), uint8
        The region's pixels.
    finer : ndarray of shape (2 h, 2 w, 4), uint8
        The same with the values between the pixels, to look up from.
    camera : Camera
        The fitted camera, for the region.
    parts : Parts
        The meshes that are drawn.
    vertices : ndarray of shape (U, 3), float32
        The fitted vertices that are drawn, cm.
    front_points, mouth_points : ndarray of shape (D, 3), float32
        The parts' vertices, projected and shifted onto the found landmarks.
    front_shift, mouth_shift : ndarray of shape (D, 2), float32
        That shift, pixels.
    lit : Lit
        The fitted light on the front's vertices; what is seen in the darkest shadow is the light that skin passes on.
    front_facing : ndarray of shape (D,), float32
        How much the front's vertices look at the camera: 1 is straight, 0 and less is hidden from it.
    eyes : tuple of EyeLayers
        The eyes, taken apart.
    teeth_seen : ndarray of shape (2, h, w), float32, or None
        How surely the photo itself shows upper and lower teeth, 0 to 1; None where its lips are closed.
    own_teeth : OwnTeeth or None
        The upper teeth that the photo shows; None where it shows too little of them.
    open_mouth : OpenMouth or None
        What lies between the photo's lips; None where they are closed.
    occlusion : Occlusion or None
        What is in front of the face, which stays where it is.
    held : ndarray of shape (h, w), float32, or None
        How much a hand holds the skin, 1 for not moving; None where no hand touches the face.
    folds : Folds
        Where the skin folds when it is compressed.
    white : ndarray of shape (3,), float32
        Linear RGB of white in this photo.
    toning : ndarray of shape (256, 3), float32, or None
        The colour that a monochrome photo gives to each brightness; None for a photo in colour.
    eye_distance : float
        Inter-ocular distance, pixels.
    """

    origin: tuple[int, int]
    image: Image
    finer: Image
    camera: Camera
    parts: Parts
    vertices: FloatArray
    front_points: FloatArray
    mouth_points: FloatArray
    front_shift: FloatArray
    mouth_shift: FloatArray
    lit: Lit
    front_facing: FloatArray
    eyes: tuple[EyeLayers, ...]
    teeth_seen: FloatArray | None
    own_teeth: OwnTeeth | None
    open_mouth: OpenMouth | None
    occlusion: Occlusion | None
    held: FloatArray | None
    folds: Folds
    white: FloatArray
    toning: FloatArray | None
    eye_distance: float

    @cached_property
    def front_rows(self) -> FloatArray:
        """The front's points (3, D)."""
        return np.ascontiguousarray(self.front_points.T)

    @cached_property
    def canvases(self) -> Canvases[FaceCanvas]:
        """What the face is drawn with."""
        return Canvases()

    def new_canvas(self, device: str, teeth: bool) -> FaceCanvas:
        """Return one more canvas, on a device, with or without the drawn upper teeth that the photo's own replace."""
        height, width = self.image.shape[:2]
        vertices = buffer(self.vertices.shape, np.float32, warp_runtime().vec3, device)
        front = mesh_canvas(self.parts.front, self.camera, self.front_points, vertices, height * width, device)
        mouth, inside = self.parts.mouth, None
        if teeth and self.own_teeth is not None:  # nobody sees another row of upper teeth, nor the gums without them
            others = ~np.isin(mouth.triangles, self.parts.upper_jaw).all(axis=1)
            mouth = replace(mouth, triangles=mouth.triangles[others], labels=mouth.labels[others])
        if len(mouth.triangles):
            inside = mesh_canvas(mouth, self.camera, self.mouth_points, vertices, height * width, device)
        return FaceCanvas(vertices, front, inside, field_canvas((height, width), front.drawn, device))


@dataclass(frozen=True, eq=False)
class FaceCanvas:
    """What one picture of a face is drawn with.

    Attributes
    ----------
    vertices : Buffer
        The drawn vertices (U, 3), cm: what is to be drawn is written here.
    front : MeshCanvas
        For skin and eyes; the values are how far back a vertex was, x and y, the logarithm of the change of its pixels,
        and how much it looked at the camera.
    mouth : MeshCanvas or None
        For the inside of the mouth; None where the face model has none.
    field : FieldCanvas
        For what surrounds the skin.
    """

    vertices: Buffer
    front: MeshCanvas
    mouth: MeshCanvas | None
    field: FieldCanvas


@one_blas_thread()
def prepare_source(
    image: Image,
    landmarks: FloatArray,
    model: FaceModel,
    fit: FaceFit,
    config: SynthesisConfig,
    mask: BoolArray | None = None,
) -> SourceFace:
    """Prepare a fitted photo for any number of syntheses.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The photo.
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks in it, pixels.
    model : FaceModel
        The face model that was fitted.
    fit : FaceFit
        The fit.
    config : SynthesisConfig
        The choices of the synthesis.
    mask : ndarray of shape (H, W), bool, optional
        What is in front of the face besides what is found there.

    Returns
    -------
    SourceFace
        The face region and all that was found out about it.
    """
    parts = parts_of(model)
    resting = model.shape(fit.identity, np.zeros_like(fit.expression))[parts.used]
    vertices = resting + weighted_sum(parts.expression, fit.expression)
    shift = landmark_shift(model, fit)[parts.used]
    front_shift, mouth_shift = shift[parts.front.index], shift[parts.mouth.index]
    eye_distance = interocular_distance(landmarks)
    front_points, normals = place(parts.front, vertices, fit.camera, front_shift, config.device)
    mouth_points, _ = place(parts.mouth, vertices, fit.camera, mouth_shift, config.device)
    x0, y0, x1, y1 = _region(front_points[:, :2], eye_distance, image.shape[:2])
    origin = np.array([x0, y0, 0], dtype=np.float32)
    front_points, mouth_points = front_points - origin, mouth_points - origin
    region = np.ascontiguousarray(image[y0:y1, x0:x1])
    size = region.shape[:2]
    front = _labels(parts.front, front_points, size, config.device)
    irises = [_circle(landmarks[list(ring), :2] - (x0, y0)) for ring in (RIGHT_IRIS, LEFT_IRIS)]
    opening = front == EYE
    lighting = luminance(fit.lighting)
    light = harmonics(normals) @ lighting
    least_light = _LEAST_LIGHT * float(median(light))
    skin_colour = median(harmonics(normals[:: max(1, len(normals) // 500)]) @ fit.lighting, axis=0)
    pointed_out = None if mask is None else masked_occlusion(mask[y0:y1, x0:x1], eye_distance)
    glasses = find_glasses(region, landmarks - origin, eye_distance) if config.occlusion else None
    hands = find_hands(image, landmarks, eye_distance, (x0, y0, x1, y1)) if config.occlusion else None
    worn = together(pointed_out, glasses, hands)
    clear = region if worn is None else _without(worn, region, landmarks[:, :2] - (x0, y0), eye_distance)
    sclera = _sclera(opening, irises, eye_distance)
    if worn is not None:
        sclera &= ~worn.hides(size)
    hair = find_hair(clear, landmarks - origin, eye_distance) if config.occlusion else None
    gap = _lip_gap(landmarks) / eye_distance
    teeth_seen = _teeth_seen(parts.mouth, mouth_points, front, gap, eye_distance, config.device)
    white = white_of_photo(clear, sclera, skin_colour.astype(np.float32))
    if teeth_seen is not None and worn is not None:
        teeth_seen[:, worn.hides(size)] = 0
    if teeth_seen is not None:
        certainty = teeth_seen.max(axis=0)
        surely, hardly = (region[certainty > least] for least in _SURELY_TEETH)
        white = white_of_teeth(white, surely if len(surely) >= _ENOUGH_TEETH else hardly)
    own_teeth = open_mouth = None
    if parts.lip_edges is not None and gap > 0:
        upper, lower = (edge.of(front_points) for edge in parts.lip_edges)
        open_mouth = find_open_mouth(upper, lower, size, eye_distance)
        crowns = np.unique(parts.mouth.triangles[parts.mouth.labels == TEETH[0]])
        own_teeth = find_own_teeth(clear, upper, lower, mouth_points[crowns, :2], eye_distance)
        if own_teeth is not None and teeth_seen is not None:  # an upper tooth is no lower one, wherever the mesh has it
            teeth_seen[1] *= _below(own_teeth, upper, size, eye_distance)
    skin = Skin(landmarks - origin, eye_distance, parts.front.index, front_points, normals, vertices, resting, lighting)
    folds = prepare_folds(clear, skin) if config.folds > 0 else Folds(())
    return SourceFace(
        origin=(x0, y0),
        image=region,
        finer=twice_as_fine(clear if hair is None else without_occlusion(clear, hair)),
        occlusion=together(worn, hair),
        held=None if hands is None else held_skin(hands, (size[0], size[1]), eye_distance),
        camera=fit.camera.shifted(x0, y0),
        parts=parts,
        vertices=vertices,
        front_points=front_points,
        mouth_points=mouth_points,
        front_shift=front_shift,
        mouth_shift=mouth_shift,
        lit=Lit(np.maximum(light, least_light), lighting, least_light, LIGHT_BOUNDS, TRUST / GAMMA),
        front_facing=np.ascontiguousarray(-normals[:, 2]),
        eyes=_separate_eyes(clear, opening, irises),
        teeth_seen=teeth_seen,
        own_teeth=own_teeth,
        open_mouth=open_mouth,
        folds=folds,
        white=white,
        toning=toning_of(region),
        eye_distance=eye_distance,
    )


def _without(worn: Occlusion, image: Image, points: FloatArray, eye_distance: float) -> Image:
    """The face region without what is in front of it, so that none of it is taken for a fold, a tooth or hair."""
    eyes = hull_mask([points[list(ring)] for ring in (RIGHT_EYE, LEFT_EYE)], (image.shape[0], image.shape[1]))
    wide = max(1, round(_LASHES * eye_distance))
    return without_occlusion(image, worn, cv2.dilate(eyes, np.ones((2 * wide + 1,) * 2, np.uint8)) > 0)


def _region(points: FloatArray, eye_distance: float, size: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Bounds x0, y0, x1, y1 of the face with room for what follows it, inside the image."""
    side, down = (share * eye_distance for share in _ROOM)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    x0 = int(np.clip(left - side, 0, size[1] - 1))
    y0 = int(np.clip(top - side, 0, size[0] - 1))
    return x0, y0, int(np.clip(right + side + 1, x0 + 1, size[1])), int(np.clip(bottom + down + 1, y0 + 1, size[0]))


def _labels(mesh: DrawnMesh, points: FloatArray, size: tuple[int, ...], device: str) -> NDArray[np.uint8]:
    """What each pixel (h, w) sees of a mesh."""
    nothing = np.zeros((len(points), 4), dtype=np.float32)
    return rasterise(points, mesh.triangles, mesh.labels, nothing, (size[0], size[1]), device=device).label


def _circle(ring: FloatArray) -> tuple[float, float, float]:
    """Centre x, y and radius of an iris from its centre and four rim points (5, 2)."""
    centre = ring.mean(axis=0)
    return float(centre[0]), float(centre[1]), float(np.linalg.norm(ring[1:] - ring[0], axis=1).mean())


def _separate_eyes(image: Image, opening: BoolArray, irises: list[tuple[float, float, float]]) -> tuple[EyeLayers, ...]:
    """Take both eyes apart; each pixel of the openings belongs to the nearer iris."""
    rows, columns = np.nonzero(opening)
    nearest = np.argmin([np.hypot(columns - x, rows - y) for x, y, _ in irises], axis=0)
    found = []
    for i, iris in enumerate(irises):
        own = np.zeros_like(opening)
        own[rows[nearest == i], columns[nearest == i]] = True
        found.append(separate_eye(image, own, iris))
    return tuple(eye for eye in found if eye is not None)


def _sclera(opening: BoolArray, irises: list[tuple[float, float, float]], eye_distance: float) -> BoolArray:
    """Pixels of the opening (h, w) clear of iris and lids."""
    size = max(1, round(0.012 * eye_distance))
    inner = cv2.erode(opening.astype(np.uint8), np.ones((2 * size + 1,) * 2, np.uint8)) > 0
    rows, columns = np.nonzero(inner)
    for x, y, radius in irises:
        covered = np.hypot(columns - x, rows - y) <= 1.15 * radius
        inner[rows[covered], columns[covered]] = False
    return inner


def _below(teeth: OwnTeeth, upper: FloatArray, size: tuple[int, ...], eye_distance: float) -> FloatArray:
    """Where (h, w) neither upper teeth are nor what lies beside them, with the edge (L, 2) of the upper lip."""
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float32)
    wide = 2 * max(1, round(_BESIDE_TEETH * eye_distance)) + 1
    return np.asarray(1 - cv2.dilate(place_own_teeth(teeth, upper, columns, rows)[2], np.ones((wide, wide), np.uint8)))


def _lip_gap(landmarks: FloatArray) -> float:
    """The widest gap between the lips, pixels."""
    gaps = landmarks[list(LIPS_INNER_LOWER), :2] - landmarks[list(LIPS_INNER_UPPER), :2]
    return float(np.linalg.norm(gaps, axis=1).max())


def _teeth_seen(
    mesh: DrawnMesh, points: FloatArray, front: NDArray[np.uint8], gap: float, eye_distance: float, device: str
) -> FloatArray | None:
    """How surely pixels (2, h, w) show upper and lower teeth of the photo; `gap` in inter-ocular distances."""
    certainty = float(np.clip((gap - _TEETH_SEEN[0]) / (_TEETH_SEEN[1] - _TEETH_SEEN[0]), 0, 1))
    if certainty == 0 or not len(mesh.triangles):
        return None
    labels = _labels(mesh, points, front.shape, device)
    open_mouth = (front == NO_LABEL).astype(np.uint8)
    inner = cv2.erode(open_mouth, np.ones((3, 3), np.uint8))
    sigma = max(0.6, 0.004 * eye_distance)
    seen = [cv2.GaussianBlur(((labels == tooth) * inner).astype(np.float32), (0, 0), sigma) for tooth in TEETH]
    return np.asarray(seen, dtype=np.float32) * np.float32(certainty)
