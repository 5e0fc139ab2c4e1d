"""Networks of others that say who a face is: vectors that are near each other for one person.

`load_embedder` makes them from packages and files that are already on this machine; `Embedder("mine", function, 0.4)`
makes one of any function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from affectface.arrays import FloatArray, Image, check_array, check_image
from affectface.errors import AssetError
from affectface.evaluation.crops import aligned_crop
from affectface.evaluation.recognisers import onnx_session, optional_module, package_file
from affectface.landmarks.subset68 import landmarks68

EMBEDDERS = {
    "dlib": "pip install dlib-bin && pip install --no-deps face-recognition-models",
    "arcface": "arcface=PATH.onnx, a recognition model of InsightFace such as w600k_r50.onnx of its pack buffalo_l",
}
"""How to get each embedder that `load_embedder` knows."""

ARCFACE_SIZE = 112

ARCFACE_POINTS = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
"""Where eyes, nose and mouth corners lie in the pictures that ArcFace is trained with (Deng et al. 2019), in pixels
from the centre of the first one, as InsightFace counts."""


@dataclass(frozen=True)
class Embedder:
    """A function that turns a face into a vector, and how near the vectors of one person are.

    Attributes
    ----------
    name : str
        How tables and messages call it.
    embed : callable
        Takes an image, (H, W, 3) uint8 sRGB, and a face's landmarks, (478, 3) float32 pixels. Returns a vector (D,)
        float32, of length 1 or any other.
    threshold : float
        The distance below which two pictures usually are of one person.
    metric : {"cosine", "euclidean"}
        How distances are measured: one minus the cosine of the vectors' angle, or along the straight line.
    """

    name: str
    embed: Callable[[Image, FloatArray], FloatArray]
    threshold: float
    metric: Literal["cosine", "euclidean"] = "cosine"

    def distance(self, a: FloatArray, b: FloatArray) -> float:
        """Measure how far apart two faces are.

        Parameters
        ----------
        a, b : ndarray of shape (D,), float32
            Their vectors, from `embed`.

        Returns
        -------
        float
            The distance: 0 for one and the same picture.

        Raises
        ------
        ValueError
            If a vector is of another shape or not finite, or has no direction where the angle is measured.
        """
        first = check_array("a", a, (None,), dtype=np.float64)
        second = check_array("b", b, (len(first),), dtype=np.float64)
        if self.metric == "euclidean":
            return float(np.linalg.norm(first - second))
        lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
        if lengths == 0:
            raise ValueError(f"embedder {self.name} made a vector of zeros; one with a direction is needed")
        return max(0.0, 1 - float(first @ second) / lengths)


def load_embedder(text: str) -> Embedder:
    """Make one of the known embedders from what is on this machine; nothing is downloaded.

    Parameters
    ----------
    text : str
        ``dlib`` or ``arcface=PATH.onnx``.

    Returns
    -------
    Embedder
        The embedder. It keeps one network with its buffers, so one thread at a time may use it.

    Raises
    ------
    AssetError
        If there is no such embedder, or a package or file that it needs is missing or damaged.

    Notes
    -----
    The thresholds are those of the networks' authors. For dlib it is 0.6, at which its network has an accuracy of
    99.38 % on Labeled Faces in the Wild (dnn_face_recognition_ex.cpp). For ArcFace it is a cosine of 0.28, from which
    on InsightFace's demonstration says "the same person" (web-demos/src_recognition/main.py, w600k_r50).
    """
    name, equals, path = text.partition("=")
    if (name, equals, bool(path)) == ("dlib", "", False):
        return _dlib()
    if name == "arcface" and path:
        return _arcface(Path(path))
    raise AssetError(f"{text!r} is no embedder; there are dlib and arcface=PATH.onnx")


def _dlib() -> Embedder:
    install = EMBEDDERS["dlib"]
    # face_recognition_models imports pkg_resources, which is no longer installed everywhere: its file is enough.
    file = package_file("face_recognition_models", "models/dlib_face_recognition_resnet_model_v1.dat", install)
    dlib = optional_module("dlib", install)
    try:
        network = dlib.face_recognition_model_v1(str(file))
    except RuntimeError as fault:
        raise AssetError(f"{file}: not a network that dlib opens ({fault}); install again: {install}") from fault

    def embed(image: Image, landmarks: FloatArray) -> FloatArray:
        pixels = np.ascontiguousarray(check_image(image))
        places = np.floor(landmarks68(check_array("landmarks", landmarks, (478, 3)))[:, :2]).astype(int)
        points = [dlib.point(x, y) for x, y in places.tolist()]
        box = dlib.rectangle(*places.min(axis=0).tolist(), *places.max(axis=0).tolist())
        chip = dlib.get_face_chip(pixels, dlib.full_object_detection(box, points), size=150, padding=0.25)
        return np.array(network.compute_face_descriptor(chip), dtype=np.float32)

    return Embedder("dlib", embed, 0.6, "euclidean")


def _arcface(file: Path) -> Embedder:
    session = onnx_session(file, EMBEDDERS["arcface"])
    source, target = session.get_inputs()[0], session.get_outputs()[0]
    if list(source.shape[1:]) != [3, ARCFACE_SIZE, ARCFACE_SIZE]:
        raise AssetError(
            f"{file}: makes {target.shape} of {source.shape}, which is no ArcFace model; needed is "
            + EMBEDDERS["arcface"]
        )
    template = np.array(ARCFACE_POINTS, dtype=np.float32) + np.float32(0.5)

    def embed(image: Image, landmarks: FloatArray) -> FloatArray:
        picture = aligned_crop(image, landmarks, ARCFACE_SIZE, template)
        pixels = (picture.transpose(2, 0, 1)[None].astype(np.float32) - 127.5) / 127.5
        vector = np.ravel(session.run([target.name], {source.name: pixels})[0])
        return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), dtype=np.float32)

    return Embedder(f"arcface-{file.stem}", embed, 0.72)
