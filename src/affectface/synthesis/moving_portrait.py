"""A moving person that can be asked for any affect: identity is fitted once, camera and expression in every frame."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from affectface.affect import Affect, AffectPath
from affectface.arrays import FloatArray, Image, smooth_step
from affectface.clips import Film, open_film
from affectface.errors import AffectFaceError, FaceNotFoundError
from affectface.fitting.dense_landmarks import fit_landmarks
from affectface.fitting.face_fit import FaceFit, interocular_distance
from affectface.fitting.lighting import fit_lighting
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.library import load_named_affect_model
from affectface.landmarks import Face, detect_faces
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model
from affectface.provenance import Provenance
from affectface.synthesis.config import SynthesisConfig
from affectface.synthesis.portrait import Portrait, change_by, made_with
from affectface.synthesis.source import SourceFace, prepare_source

_IDENTITY_FRAMES = 9
"""Frames, spread over the film, from which the person is learnt."""
_STAYS = ("eyeBlink", "eyeLook")
"""Units that the film keeps whatever is asked: a person who does not blink is not alive."""
_STEADY, _QUICK = 0.25, 6.0
"""How much of a landmark's change is believed when it is still, and the change, in hundredths of the inter-ocular
distance a frame, from which half and more is (Casiez et al. 2012, the 1 euro filter)."""
_LIGHT_LAG = 0.1
"""How fast the light may change, as the share of each frame's estimate that is believed."""


@dataclass(frozen=True, eq=False)
class MovingPortrait:
    """A film, the person in it, and the models that move the face.

    Attributes
    ----------
    film : Film
        The film.
    identity : ndarray of shape (I,), float32
        The person's identity coefficients.
    focal : float
        The film's focal length, pixels.
    face_model : FaceModel
        The face model that was fitted.
    affect_model : AffectModel
        What the affects look like.
    config : SynthesisConfig
        The choices of the synthesis. With `keep_expression` the affect is added to what each frame shows, otherwise it
        takes its place; blinks and gaze stay either way.
    """

    film: Film
    identity: FloatArray
    focal: float
    face_model: FaceModel
    affect_model: AffectModel
    config: SynthesisConfig

    @classmethod
    def open(
        cls,
        film: str | os.PathLike[str],
        *,
        face_model: FaceModel | None = None,
        affect_model: AffectModel | None = None,
        config: SynthesisConfig | None = None,
    ) -> MovingPortrait:
        """Find and fit the largest face of a film.

        Parameters
        ----------
        film : path-like
            The film.
        face_model : FaceModel, optional
            The face model to fit; the best one that is installed if not given.
        affect_model : AffectModel, optional
            What the affects look like; the shipped one if not given.
        config : SynthesisConfig, optional
            The choices of the synthesis.

        Returns
        -------
        MovingPortrait
            The person, learnt from frames spread over the film.

        Raises
        ------
        FaceNotFoundError
            If no frame shows a face that can be fitted.
        ImageError
            If the film cannot be read.
        """
        model = face_model or load_named_face_model(None)
        opened = open_film(film)
        wanted = set(np.linspace(0, opened.frame_count - 1, _IDENTITY_FRAMES).round().astype(int).tolist())
        found = []
        for image in opened.frames(wanted):
            if faces := detect_faces(image, max_faces=1):
                try:
                    found.append(fit_landmarks(model, faces[0].landmarks, image.shape[:2]))
                except AffectFaceError:
                    continue  # turned away for a moment
        if not found:
            raise FaceNotFoundError(f"{opened.path}: no frame shows a face that can be fitted; use another film")
        return cls(
            opened,
            np.median([fit.identity for fit in found], axis=0).astype(np.float32),
            float(np.median([fit.camera.focal for fit in found])),
            model,
            affect_model or load_named_affect_model(None),
            # hair, glasses and hands would be told from skin in each frame anew, and flicker
            replace(config or SynthesisConfig(), occlusion=False),
        )

    def animate(self, path: AffectPath) -> Iterator[Image]:
        """Yield the film's frames with the face following a path in the valence-arousal plane.

        Parameters
        ----------
        path : AffectPath
            The path; it takes the whole film, whatever its own times add up to.

        Yields
        ------
        ndarray of shape (H, W, 3), uint8
            The frames, one at a time; those without a face that can be fitted are the film's own.
        """
        affects = path.sample(max(self.film.frame_count, 2))
        yield from self._frames(
            lambda passed: self._change(affects[min(round(passed * (len(affects) - 1)), len(affects) - 1)])
        )

    def transition(self, start: Affect, end: Affect) -> Iterator[Image]:
        """Yield the film's frames with the face turning from one affect to another, or showing one throughout.

        Parameters
        ----------
        start, end : ValenceArousal, Expression or ActionUnits
            What the first and the last frame show.

        Yields
        ------
        ndarray of shape (H, W, 3), uint8
            The frames; see `animate`.
        """
        first, last = self._change(start), self._change(end)
        yield from self._frames(lambda passed: first + smooth_step(passed) * (last - first))

    def _change(self, affect: Affect) -> FloatArray:
        return change_by(affect, 1.0, self.affect_model, self.face_model, self.config)

    def _frames(self, change_at: Callable[[float], FloatArray]) -> Iterator[Image]:
        """Yield the frames with a change of the expression coefficients (E,) that depends on the share passed."""
        state = _Tracked()
        last = max(self.film.frame_count - 1, 1)
        for number, image in enumerate(self.film.frames()):
            frame = self._fitted(image, state)
            if frame is None:
                yield image
            else:
                yield frame.draw(frame.resting_expression + change_at(min(number / last, 1.0)))

    def provenance(self, asked: Mapping[str, Any]) -> Provenance:
        """Return what the clip must say about itself: what was asked for, and the models."""
        return made_with(asked, self.face_model, self.affect_model)

    def _fitted(self, image: Image, state: _Tracked) -> _Frame | None:
        """The frame with its fit; None where there is no face."""
        face = state.follow(image)
        if face is None:
            return None
        size = image.shape[0], image.shape[1]
        try:
            found = fit_landmarks(self.face_model, face.landmarks, size, focal=self.focal, identity=self.identity)
        except AffectFaceError:
            return None
        light = fit_lighting(self.face_model, self.identity, found.expression, found.camera, image)
        state.light = light if state.light is None else state.light + _LIGHT_LAG * (light - state.light)
        fit = FaceFit(self.identity, found.expression, found.camera, state.light, found.residual, size, found.error)
        return _Frame(image, face, fit, self.face_model, self.affect_model, self.config, state)


@dataclass(frozen=True, eq=False)
class _Frame(Portrait):
    """One frame of a film: its white does not flicker, and it has no threshold between neutral and not."""

    state: _Tracked

    @cached_property
    def source(self) -> SourceFace:
        fresh = prepare_source(self.image, self.face.landmarks, self.face_model, self.fit, self.config)
        white = self.state.white
        self.state.white = fresh.white if white is None else white + _LIGHT_LAG * (fresh.white - white)
        return replace(fresh, white=self.state.white)

    @cached_property
    def resting_expression(self) -> FloatArray:
        if self.config.keep_expression:
            return self.fit.expression
        stays = [name.startswith(_STAYS) for name in self.face_model.expression_names]
        return np.where(stays, self.fit.expression, 0).astype(np.float32)


class _Tracked:
    """What is carried from frame to frame."""

    def __init__(self) -> None:
        self.light: FloatArray | None = None
        self.white: FloatArray | None = None
        self._landmarks: FloatArray | None = None

    def follow(self, image: Image) -> Face | None:
        """The same face in the next frame, its landmarks without their jitter; None if it is lost."""
        faces = detect_faces(image, max_faces=1)
        if self._landmarks is not None and (not faces or self._far(faces[0])):
            faces = tuple(face for face in detect_faces(image) if not self._far(face))
        if not faces:
            return None
        fresh = faces[0].landmarks
        if self._landmarks is None or self._far(faces[0]):
            self._landmarks = fresh
            return faces[0]
        change = fresh - self._landmarks
        speed = 100 * np.linalg.norm(change, axis=1, keepdims=True) / interocular_distance(fresh)
        believed = _STEADY + (1 - _STEADY) * speed / (speed + _QUICK / 2)
        self._landmarks = (self._landmarks + believed * change).astype(np.float32)
        return replace(faces[0], landmarks=self._landmarks)

    def _far(self, face: Face) -> bool:
        """Whether a face is too far from where the person was to be the same."""
        if self._landmarks is None:
            return False
        step = face.landmarks[:, :2].mean(axis=0) - self._landmarks[:, :2].mean(axis=0)
        return bool(np.linalg.norm(step) > 2 * interocular_distance(self._landmarks))
