"""An age estimator from an ONNX file, with the preprocessing that belongs to it in a JSON file.

The JSON file has the fields of `Preprocessing`; those that are left out have the values that stand there. For a network
like that of Kollias 2020 (Rothe et al. 2015), which answers with chances of the ages 0 to 100:

    {"size": 64, "order": "BGR", "layout": "NHWC", "scale": 1, "answer": "chances"}
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np

from affectface.arrays import FloatArray, Image
from affectface.errors import AssetError
from affectface.landmarks import topology
from affectface.landmarks.crop import Crop, cut

_LARGEST = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """What a network wants to see, and what its answer means."""

    size: int = 224
    """Side of the picture, pixels."""
    room: float = 1.8
    """Half the side of the square around the face, in distances of the outer eye corners."""
    upright: bool = True
    """Whether a leaning head is set upright."""
    order: Literal["RGB", "BGR"] = "RGB"
    """Order of the channels."""
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    """Order of the array's axes."""
    scale: float = 1 / 255
    """What values from 0 to 255 are multiplied with."""
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """What is then subtracted from each channel."""
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """What each channel is then divided by."""
    output: int = 0
    """Which of the network's outputs is the age."""
    answer: Literal["years", "chances", "logits"] = "years"
    """One number; or a chance, or a logit, for each of several ages, of which the mean is taken."""
    times: float = 1.0
    """What a number is multiplied with to be years; 100 where the network answers in centuries."""
    ages: tuple[float, ...] = ()
    """The ages that chances belong to; 0, 1, 2, ... where there are none."""


class AgeNetwork:
    """A network that guesses ages: an `affectface.augment.ages.AgeEstimator`.

    Parameters
    ----------
    file : path-like
        The ONNX file.
    preprocessing : Preprocessing
        What belongs to it.

    Attributes
    ----------
    name : str
        The file's name, for the journal.
    """

    def __init__(self, file: str | os.PathLike[str], preprocessing: Preprocessing) -> None:
        self.name = f"{Path(file).name} {preprocessing}"
        self._wants = preprocessing
        self._file = Path(file)
        self._session = _session(self._file)
        outputs = self._session.get_outputs()
        if not 0 <= preprocessing.output < len(outputs):
            raise AssetError(f"{file}: has {len(outputs)} outputs, but output {preprocessing.output} is asked for")
        self._names = self._session.get_inputs()[0].name, outputs[preprocessing.output].name

    def __call__(self, image: Image, landmarks: FloatArray) -> float:
        """Return the age in years of the face with `landmarks` (478, 3), pixels, in an `image` (H, W, 3) uint8."""
        picture = prepared(image, landmarks, self._wants)
        try:
            answer = self._session.run([self._names[1]], {self._names[0]: picture[None]})[0]
        except Exception as fault:  # onnxruntime's errors have no class in common
            raise AssetError(f"{self._file}: takes no array {picture[None].shape}; check size and layout") from fault
        return years_of(np.ravel(answer).astype(np.float64), self._wants, self._file)


def prepared(image: Image, landmarks: FloatArray, wants: Preprocessing) -> FloatArray:
    """Return what a network is shown of a face.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The picture.
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks, pixels.
    wants : Preprocessing
        What the network wants.

    Returns
    -------
    ndarray of shape (3, S, S) or (S, S, 3), float32
        The numbers.
    """
    eyes = landmarks[[topology.RIGHT_EYE_OUTER_CORNER, topology.LEFT_EYE_OUTER_CORNER]]
    across = eyes[1] - eyes[0]
    middle = (eyes.mean(axis=0) + landmarks[[13, 14]].mean(axis=0))[:2] / 2
    roll = float(np.arctan2(across[1], across[0])) if wants.upright else 0.0
    side = 2 * wants.room * float(np.linalg.norm(across))
    pixels = cut(image, Crop(float(middle[0]), float(middle[1]), side, roll), wants.size).astype(np.float32)
    ordered = pixels if wants.order == "RGB" else pixels[..., ::-1]
    numbers = (ordered * wants.scale - np.array(wants.mean)) / np.array(wants.deviation)
    return np.ascontiguousarray(numbers if wants.layout == "NHWC" else numbers.transpose(2, 0, 1), dtype=np.float32)


def years_of(answer: np.ndarray[Any, Any], wants: Preprocessing, file: object) -> float:
    """Return the age in years that a network's answer (N,) means, or raise an AssetError."""
    if wants.answer == "years":
        if len(answer) != 1:
            raise AssetError(f"{file}: answers with {len(answer)} numbers, one is expected; is its answer chances?")
        return float(answer[0]) * wants.times
    ages = np.array(wants.ages or range(len(answer)), dtype=np.float64)
    if len(ages) != len(answer):
        raise AssetError(f"{file}: answers with {len(answer)} numbers for {len(ages)} ages; give as many ages")
    chances = np.exp(answer - answer.max()) if wants.answer == "logits" else answer
    return float(chances @ ages / chances.sum()) * wants.times


def read_preprocessing(file: str | os.PathLike[str]) -> Preprocessing:
    """Read what belongs to a network.

    Parameters
    ----------
    file : path-like
        A JSON file with fields of `Preprocessing`.

    Returns
    -------
    Preprocessing
        What it says.

    Raises
    ------
    AssetError
        If it cannot be read, or a field is unknown or has a value that it cannot have.
    """
    path = Path(file)
    try:
        if path.stat().st_size > _LARGEST:
            raise AssetError(f"{path}: has {path.stat().st_size} bytes; a short JSON file is needed")
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise AssetError(f"{path}: cannot be read ({error}); a JSON file is needed") from None
    known = {field.name for field in fields(Preprocessing)}
    if not isinstance(said, dict) or not known >= set(said):
        raise AssetError(f"{path}: a JSON object with some of {', '.join(sorted(known))} is needed")
    for name, value in said.items():
        if not _allowed(name, value):
            raise AssetError(f"{path}: {name} is {str(value)[:60]!r}, which it cannot be")
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
    return Preprocessing(**values)


def _allowed(name: str, value: object) -> bool:
    match name:
        case "size":
            return type(value) is int and 8 <= value <= 2048
        case "output":
            return type(value) is int and 0 <= value < 64
        case "upright":
            return type(value) is bool
        case "order":
            return value in ("RGB", "BGR")
        case "layout":
            return value in ("NCHW", "NHWC")
        case "answer":
            return value in ("years", "chances", "logits")
        case "mean" | "deviation":
            return (
                _numbers(value) and isinstance(value, Sequence) and len(value) == 3 and (name == "mean" or all(value))
            )
        case "ages":
            return _numbers(value)
    return _numbers([value]) and (name != "room" or 0.5 <= float(value) <= 10)  # type: ignore[arg-type]


def _numbers(values: object) -> bool:
    return isinstance(values, list) and all(type(v) in (int, float) and np.isfinite(v) for v in values)


def _session(file: Path) -> Any:
    import onnxruntime  # here, because it is slow to import

    if not file.is_file():
        raise AssetError(f"{file}: no such file; give an ONNX file that estimates ages")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as fault:  # onnxruntime's errors have no class in common
        raise AssetError(
            f"{file}: not a model that onnxruntime opens; give an ONNX file that estimates ages"
        ) from fault
