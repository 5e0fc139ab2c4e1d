"""One photographed face that can be asked for any affect: detect and fit once, then each affect is milliseconds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any, Literal

import numpy as np

from affectface.affect import ActionUnits, Affect, AffectPath, Expression
from affectface.arrays import BoolArray, FloatArray, Image, check_image, smooth_step
from affectface.assets import ASSETS
from affectface.blas import one_blas_thread
from affectface.errors import AffectFaceError, FaceNotFoundError
from affectface.fitting.face_fit import FaceFit
from affectface.fitting.fit import fit_face
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.driving import expression_of, variation_of
from affectface.gallery.library import load_named_affect_model
from affectface.gallery.own_face import rest_of
from affectface.images import read_image
from affectface.landmarks import Face, detect_faces
from affectface.morphable import FaceModel
from affectface.morphable.face_model import weighted_sum
from affectface.morphable.library import load_named_face_model
from affectface.occlusion.mask import MaskSource, read_occlusion_mask
from affectface.provenance import Provenance, describe
from affectface.rendering.drawn_mesh import place
from affectface.synthesis.config import SynthesisConfig
from affectface.synthesis.draw import Patch, draw_expression
from affectface.synthesis.lip_edges import onto_lip_edges
from affectface.synthesis.neutral import lip_closing, shown_expression
from affectface.synthesis.source import SourceFace, prepare_source
from affectface.synthesis.variation import natural_variation, varied

_MOST_FACES = 64
"""Faces of a group photo that are looked for."""

Photo = str | os.PathLike[str] | Image


@dataclass(frozen=True, eq=False)
class Portrait:
    """A photo, the face in it, its fit, and the models that move it.

    Attributes
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The photo.
    face : Face
        The found face.
    fit : FaceFit
        Its identity, expression, camera and lighting.
    face_model : FaceModel
        The face model that was fitted.
    affect_model : AffectModel
        What the affects look like.
    config : SynthesisConfig
        The choices of the synthesis.
    occlusion_mask : ndarray of shape (H, W), bool, or None
        What is in front of the face besides what is found there, such as a cup.
    """

    image: Image
    face: Face
    fit: FaceFit
    face_model: FaceModel
    affect_model: AffectModel
    config: SynthesisConfig
    occlusion_mask: BoolArray | None = field(default=None, kw_only=True)

    @classmethod
    def open(
        cls,
        photo: Photo,
        *,
        face: int | Literal["largest"] | Face = "largest",
        face_model: FaceModel | None = None,
        affect_model: AffectModel | None = None,
        config: SynthesisConfig | None = None,
        focal: float | None = None,
        occlusion_mask: MaskSource | None = None,
    ) -> Portrait:
        """Find and fit one face of a photo.

        Parameters
        ----------
        photo : path or ndarray of shape (H, W, 3), uint8
            The photo.
        face : int, "largest" or Face
            Which face: 0 is the largest, 1 the next; or the face itself, where it was found by other means.
        face_model : FaceModel, optional
            The face model to fit; the best one that is installed if not given.
        affect_model : AffectModel, optional
            What the affects look like; the shipped one if not given.
        config : SynthesisConfig, optional
            The choices of the synthesis.
        focal : float, optional
            The photo's focal length, pixels, where it is known.
        occlusion_mask : path or ndarray of shape (H, W), bool, optional
            What is in front of the face and stays where it is, such as a cup or a microphone: a picture of the photo's
            size, white there and black elsewhere, or the mask itself. Hair, glasses and hands are found without it.

        Returns
        -------
        Portrait
            The portrait.

        Raises
        ------
        FaceNotFoundError
            If there is no such face.
        AffectFaceError
            If the photo or the mask cannot be read or the face cannot be fitted.
        """
        image = check_image(photo) if isinstance(photo, np.ndarray) else read_image(photo)
        mask = None if occlusion_mask is None else read_occlusion_mask(occlusion_mask, image)
        if isinstance(face, Face):
            return cls._of(image, face, face_model, affect_model, config, focal, mask)
        faces = _faces(image, most=1 if face == "largest" else _MOST_FACES)
        index = 0 if face == "largest" else face
        if not 0 <= index < len(faces):
            raise FaceNotFoundError(
                f"face {index} is asked for, but the photo has {len(faces)}: ask for 0 to {len(faces) - 1}"
            )
        return cls._of(image, faces[index], face_model, affect_model, config, focal, mask)

    @classmethod
    def open_all(
        cls,
        photo: Photo,
        *,
        face_model: FaceModel | None = None,
        affect_model: AffectModel | None = None,
        config: SynthesisConfig | None = None,
        focal: float | None = None,
        occlusion_mask: MaskSource | None = None,
    ) -> list[Portrait]:
        """Find and fit every face of a photo that can be fitted, the largest first; see `open`.

        A face in the background that is too small or turned away does not keep the others from being fitted.

        Parameters
        ----------
        photo : path or ndarray of shape (H, W, 3), uint8
            The photo.
        face_model : FaceModel, optional
            The face model to fit.
        affect_model : AffectModel, optional
            What the affects look like.
        config : SynthesisConfig, optional
            The choices of the synthesis.
        focal : float, optional
            The photo's focal length, pixels, where it is known.
        occlusion_mask : path or ndarray of shape (H, W), bool, optional
            What is in front of the face and stays where it is, such as a cup or a microphone: a picture of the photo's
            size, white there and black elsewhere, or the mask itself. Hair, glasses and hands are found without it.

        Returns
        -------
        list of Portrait
            One portrait a face.

        Raises
        ------
        AffectFaceError
            If the photo or the mask cannot be read, or the photo shows no face that can be fitted.
        """
        image = check_image(photo) if isinstance(photo, np.ndarray) else read_image(photo)
        mask = None if occlusion_mask is None else read_occlusion_mask(occlusion_mask, image)
        portraits, failure = [], None
        for face in _faces(image, most=_MOST_FACES):
            try:
                portraits.append(cls._of(image, face, face_model, affect_model, config, focal, mask))
            except AffectFaceError as error:
                failure = error
        if failure and not portraits:
            raise failure
        return portraits

    @classmethod
    def _of(
        cls,
        image: Image,
        face: Face,
        face_model: FaceModel | None,
        affect_model: AffectModel | None,
        config: SynthesisConfig | None,
        focal: float | None,
        mask: BoolArray | None,
    ) -> Portrait:
        face_model = face_model or load_named_face_model(None)
        fit = fit_face(face_model, image, face.landmarks, focal=focal)
        affects, choices = affect_model or load_named_affect_model(None), config or SynthesisConfig()
        return cls(image, face, fit, face_model, affects, choices, occlusion_mask=mask)

    @cached_property
    def source(self) -> SourceFace:
        """The face region, prepared for any number of syntheses."""
        face = self.face.landmarks
        fit = onto_lip_edges(self.face_model, self.fit, self.image, face)
        return prepare_source(self.image, face, self.face_model, fit, self.config, self.occlusion_mask)

    @cached_property
    def resting_expression(self) -> FloatArray:
        """The expression coefficients (E,) that an affect is added to.

        What the photo shows if the expression is kept; otherwise without what makes the photo not neutral.
        """
        if self.config.keep_expression:
            return self.fit.expression
        return self.fit.expression - shown_expression(self.face_model, self.fit)

    @cached_property
    def _resting_vertices(self) -> FloatArray:
        """The drawn vertices (U, 3), cm, at the resting expression."""
        return self._moved(self.source.vertices, self.resting_expression - self.fit.expression)

    def _moved(self, vertices: FloatArray, change: FloatArray) -> FloatArray:
        """The drawn vertices (U, 3), cm, after a change of the expression coefficients (E,)."""
        return vertices + weighted_sum(self.source.parts.expression, change)

    @cached_property
    def _shifts(self) -> tuple[FloatArray, FloatArray]:
        """What is added to the projected vertices of front and mouth: onto the landmarks, and lips closed."""
        source, parts = self.source, self.source.parts
        closing = self._closing[parts.used]
        return source.front_shift + closing[parts.front.index], source.mouth_shift + closing[parts.mouth.index]

    @cached_property
    def _closing(self) -> FloatArray:
        """How far the vertices (V, 2) are moved in the picture so that lips which should rest on each other do."""
        source, parts = self.source, self.source.parts
        if self.config.keep_expression or parts.lip_edges is None:
            return np.zeros((len(self.face_model.vertices), 2), dtype=np.float32)
        resting, _ = place(parts.front, self._resting_vertices, source.camera, source.front_shift, self.config.device)
        edges = parts.lip_edges[0].of(resting), parts.lip_edges[1].of(resting)
        return lip_closing(self.face_model, self.fit, self.resting_expression, edges, source.eye_distance)

    def with_lips_closed(self, landmarks: FloatArray) -> FloatArray:
        """Return the photo's landmarks where all pictures start from: with lips that were apart closed.

        Parameters
        ----------
        landmarks : ndarray of shape (478, 3), float32
            The landmarks, pixels.

        Returns
        -------
        ndarray of shape (478, 3), float32
            The same; those of lips are moved if `neutral` closes them.
        """
        closing = self.face_model.at_landmarks(np.pad(self._closing, ((0, 0), (0, 1))))
        closing[self.face_model.landmark_triangles < 0] = 0
        return landmarks + closing

    @one_blas_thread()
    def express(self, affect: Affect, *, intensity: float = 1.0, onto: Image | None = None) -> Image:
        """Return the photo with the face showing an affect.

        Parameters
        ----------
        affect : ValenceArousal, Expression or ActionUnits
            What to show.
        intensity : float
            How much of it, 0 to 1.5.
        onto : ndarray of shape (H, W, 3), uint8, optional
            The picture to paint the face into instead of the photo, for several faces of one photo.

        Returns
        -------
        ndarray of shape (H, W, 3), uint8
            The new picture; pixels that the affect does not move are the photo's, bit for bit.
        """
        return self.draw(self.expression_for(affect, intensity=intensity), onto=onto)

    def expression_for(self, affect: Affect, *, intensity: float = 1.0, variation: int | None = None) -> FloatArray:
        """Return the expression coefficients with which the face shows an affect; `draw` draws them.

        Parameters
        ----------
        affect : ValenceArousal, Expression or ActionUnits
            What to show.
        intensity : float
            How much of it, 0 to 1.5.
        variation : int, optional
            Which person shows it, instead of the one that the configuration says.

        Returns
        -------
        ndarray of shape (E,), float32
            Strengths of the face model's units.
        """
        config = self.config if variation is None else replace(self.config, variation=variation)
        change = change_by(affect, intensity, self._own_affect_model, self.face_model, config)
        return np.asarray(self.resting_expression + change, dtype=np.float32)

    def _change(self, affect: Affect) -> FloatArray:
        """What an affect adds to the expression coefficients (E,)."""
        return change_by(affect, 1.0, self._own_affect_model, self.face_model, self.config)

    @cached_property
    def _own_affect_model(self) -> AffectModel:
        """What affects look like on this face, where the affect model knows how they go with faces."""
        if self.affect_model.faces is None:  # the shipped one: the face need not be computed
            return self.affect_model
        return self.affect_model.for_face(rest_of(self.face_model, self.fit.identity, self.resting_expression))

    @one_blas_thread()
    def draw(self, expression: FloatArray, *, onto: Image | None = None) -> Image:
        """Return the photo with the face showing expression coefficients.

        Parameters
        ----------
        expression : ndarray of shape (E,), float32
            Strengths of the face model's units.
        onto : ndarray of shape (H, W, 3), uint8, optional
            The picture to paint the face into instead of the photo.

        Returns
        -------
        ndarray of shape (H, W, 3), uint8
            The new picture.
        """
        picture = (self.image if onto is None else check_image(onto, "onto")).copy()
        if picture.shape != self.image.shape:
            raise ValueError(f"onto has shape {picture.shape}; the photo's, {self.image.shape}, is needed")
        patch = self.patch(expression)
        if patch is None:
            return picture
        if onto is None:
            picture[patch.box] = patch.pixels
        else:
            changed = (patch.pixels != self.image[patch.box]).any(axis=-1)
            picture[patch.box][changed] = patch.pixels[changed]
        return picture

    def patch(self, expression: FloatArray) -> Patch | None:
        """Return the new pixels of the photo with the face showing expression coefficients.

        Parameters
        ----------
        expression : ndarray of shape (E,), float32
            Strengths of the face model's units.

        Returns
        -------
        Patch or None
            The pixels; None where nothing moved.
        """
        moved = self._moved(self._resting_vertices, expression - self.resting_expression)
        return draw_expression(self.source, moved, self._shifts, self.config)

    def animate(self, path: AffectPath, *, fps: float = 25, seconds: float = 3) -> Iterator[Image]:
        """Yield the frames of a clip in which the affect follows a path.

        Parameters
        ----------
        path : AffectPath
            The path in the valence-arousal plane; it takes the whole clip, whatever its own times add up to.
        fps : float
            Frames a second.
        seconds : float
            Length of the clip.

        Yields
        ------
        ndarray of shape (H, W, 3), uint8
            The frames, all of the photo's size.
        """
        for affect in path.sample(frame_count(fps, seconds)):
            yield self.express(affect)

    def transition(self, start: Affect, end: Affect, *, fps: float = 25, seconds: float = 3) -> Iterator[Image]:
        """Yield the frames of a clip in which one affect turns into another.

        Parameters
        ----------
        start, end : ValenceArousal, Expression or ActionUnits
            What the first and the last frame show.
        fps : float
            Frames a second.
        seconds : float
            Length of the clip.

        Yields
        ------
        ndarray of shape (H, W, 3), uint8
            The frames, all of the photo's size.
        """
        first, last = self._change(start), self._change(end)
        for t in np.linspace(0, 1, frame_count(fps, seconds)):
            eased = smooth_step(t)
            yield self.draw(self.resting_expression + (1 - eased) * first + eased * last)

    def provenance(self, asked: Affect | AffectPath | Mapping[str, Any], *, intensity: float = 1.0) -> Provenance:
        """Return what a picture or clip that this portrait made must say about itself.

        Parameters
        ----------
        asked : ValenceArousal, Expression, ActionUnits, AffectPath or mapping
            What was asked for; a mapping is taken as it is.
        intensity : float
            How much of it.

        Returns
        -------
        Provenance
            For `write_image` and `write_clip`: what was asked for, and the models with the start of their checksums.
        """
        record = dict(asked) if isinstance(asked, Mapping) else describe(asked, intensity=intensity)
        return made_with(record, self.face_model, self.affect_model)

    def neutral(self) -> Image:
        """Return the photo with the expression that it shows removed; the photo itself if it is neutral."""
        return self.express(Expression("neutral"))


def change_by(
    affect: Affect, intensity: float, affect_model: AffectModel, face_model: FaceModel, config: SynthesisConfig
) -> FloatArray:
    """Return what an affect adds to a face's expression.

    Parameters
    ----------
    affect : ValenceArousal, Expression or ActionUnits
        What is asked for.
    intensity : float
        How much of it, 0 to 1.5.
    affect_model : AffectModel
        What the affects look like.
    face_model : FaceModel
        The face model.
    config : SynthesisConfig
        Its variation says which person shows it.

    Returns
    -------
    ndarray of shape (E,), float32
        Change of the expression coefficients.
    """
    change = expression_of(affect_model, face_model, affect, intensity)
    if config.variation is None or isinstance(affect, ActionUnits):  # who asks for action units says how strong each is
        return change
    spread = variation_of(affect_model, face_model, affect, intensity)
    if spread.any():
        return varied(change, spread, face_model.expression_names, config.variation)
    return change * natural_variation(face_model.expression_names, config.variation)


def made_with(asked: Mapping[str, Any], face_model: FaceModel, affect_model: AffectModel) -> Provenance:
    """Return the provenance of what two models made.

    Parameters
    ----------
    asked : mapping
        What was asked for.
    face_model : FaceModel
        The face model.
    affect_model : AffectModel
        The affect model.

    Returns
    -------
    Provenance
        With the models' names, and the start of their checksums where the registry knows them.
    """
    models = {"landmarker": "face-mesh", "face model": face_model.name, "affect model": affect_model.name}
    return Provenance(asked=dict(asked), models={role: _version(name) for role, name in models.items()})


@cache
def _version(name: str) -> str:
    """Return a model's name, with the start of its checksum where it is one of the registry's."""
    checksum = next((asset.sha256 for asset in ASSETS if asset.name == name), None)
    return f"{name} {checksum[:12]}" if checksum else name


def _faces(image: Image, most: int) -> tuple[Face, ...]:
    """The faces of a photo, the largest first; the error where it has none."""
    faces = detect_faces(image, max_faces=most)
    if not faces:
        raise FaceNotFoundError(
            f"no face was found in the photo of {image.shape[1]} x {image.shape[0]} px: use a photo that shows a face "
            "from the front or half from the side"
        )
    return faces


def frame_count(fps: float, seconds: float) -> int:
    """Return how many frames a clip has; a ValueError where it would have none, or no end."""
    if not (0 < fps <= 240 and 0 < seconds <= 3600):
        raise ValueError(f"fps is {fps} and seconds {seconds}; 0 to 240 and 0 to 3600 are needed")
    return max(2, round(fps * seconds))
