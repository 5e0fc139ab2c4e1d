"""Image + landmarks + face model -> fit."""

from __future__ import annotations

from affectface.arrays import FloatArray, Image
from affectface.blas import one_blas_thread
from affectface.fitting.dense_landmarks import LandmarkFitConfig, fit_landmarks
from affectface.fitting.face_fit import FaceFit
from affectface.fitting.lighting import fit_lighting
from affectface.morphable import FaceModel


@one_blas_thread()
def fit_face(
    model: FaceModel,
    image: Image,
    landmarks: FloatArray,
    *,
    focal: float | None = None,
    config: LandmarkFitConfig | None = None,
) -> FaceFit:
    """Fit a face model to one face of a photo: first the landmarks, then the light.

    Parameters
    ----------
    model : FaceModel
        The face model.
    image : ndarray of shape (H, W, 3), uint8
        The photo.
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks, pixels.
    focal : float, optional
        The focal length, pixels, where it is known; otherwise it is estimated.
    config : LandmarkFitConfig, optional
        How the landmark fit weighs its terms.

    Returns
    -------
    FaceFit
        Identity, expression, camera and lighting.

    Raises
    ------
    FaceTooSmallError
        If the face has too few pixels.
    ExtremePoseError
        If the face is turned too far away.
    """
    size = image.shape[0], image.shape[1]
    found = fit_landmarks(model, landmarks, size, focal=focal, config=config)
    lighting = fit_lighting(model, found.identity, found.expression, found.camera, image)
    return FaceFit(found.identity, found.expression, found.camera, lighting, found.residual, size, found.error)
