"""Convert MediaPipe's face and palm detectors, its face mesh with attention and its hand model from TFLite to ONNX.

The inputs lie in the wheel of ``mediapipe==0.10.21`` (Apache-2.0). In an environment with ``tflite``, ``flatbuffers``,
``numpy``, ``onnx`` and ``onnxruntime``::

    pip download mediapipe==0.10.21 --no-deps --python-version 3.11 --only-binary :all: -d wheels
    python tools/convert_landmarker.py wheels/mediapipe-0.10.21-*.whl

Each ONNX file carries its own preprocessing: the input is a batch of ordinary uint8 RGB pictures.

====================== ======================== =======================================================================
file                   input                    outputs
====================== ======================== =======================================================================
face_short_range.onnx  (N, 128, 128, 3) uint8   boxes (N, 896, 16) and logits (N, 896, 1), raw
face_full_range.onnx   (N, 192, 192, 3) uint8   boxes (N, 2304, 16) and logits (N, 2304, 1), raw
face_mesh.onnx         (N, 192, 192, 3) uint8   landmarks (N, 478, 3), pixels of the input, and logit (N,)
palm.onnx              (N, 128, 128, 3) uint8   boxes (N, 896, 18) and logits (N, 896, 1), raw
hand.onnx              (N, 224, 224, 3) uint8   landmarks (N, 21, 3), pixels of the input, and score (N,), 0 to 1
====================== ======================== =======================================================================

The mesh model's three custom operators are affine crops around the lips and the eyes; they are written here with
standard operators. What they compute was read from MediaPipe's sources (``mediapipe/util/tflite/operations``).
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from tflite_to_onnx import TO_CHANNELS_FIRST, CustomTranslator, Translator

OUTPUT = Path(__file__).parents[1] / "src" / "affectface" / "assets" / "landmarker"
OPSET = 17

# The landmark that each refined point replaces (MediaPipe's tensors_to_face_landmarks_with_attention graph). "Left"
# and "right" are the viewer's in the model's tensor names: its left eye is the person's right one.
LIPS = [
    *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409),
    *(78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415),
    *(76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306, 184, 74, 73, 72, 11, 302, 303, 304, 408),
    *(62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292, 183, 42, 41, 38, 12, 268, 271, 272, 407),
]
LEFT_EYE = [
    *(33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173),
    *(130, 25, 110, 24, 23, 22, 26, 112, 243, 247, 30, 29, 27, 28, 56, 190),
    *(226, 31, 228, 229, 230, 231, 232, 233, 244, 113, 225, 224, 223, 222, 221, 189),
    *(35, 124, 46, 53, 52, 65, 143, 111, 117, 118, 119, 120, 121, 128, 245, 156, 70, 63, 105, 66, 107, 55, 193),
]
RIGHT_EYE = [
    *(263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398),
    *(359, 255, 339, 254, 253, 252, 256, 341, 463, 467, 260, 259, 257, 258, 286, 414),
    *(446, 261, 448, 449, 450, 451, 452, 453, 464, 342, 445, 444, 443, 442, 441, 413),
    *(265, 353, 276, 283, 282, 295, 372, 340, 346, 347, 348, 349, 350, 357, 465, 383, 300, 293, 334, 296, 336, 285),
    417,
]
LID_POINTS = 16
"""The first points of an eye are its lid contour; an iris lies at their mean depth."""


def transform_matrix(t: Translator, inputs: list[int], output: int, options: dict[str, Any]) -> None:
    """Landmarks2TransformMatrix: the map from a crop's pixels to the feature map's, (N, 2, 3).

    The crop is the bounding box of some landmarks, turned so that two landmarks lie level, and enlarged.
    """
    if options["target_rotation_radians"] != 0:
        raise NotImplementedError("a target rotation")
    plane = t.add("Slice", [t.names[inputs[0]], t.integers(0), t.integers(2), t.integers(2)])
    ends = [t.add("Gather", [plane, t.integers(options[f"{side}_rotation_idx"])], axis=1) for side in ("left", "right")]
    level = t.add("Sub", [ends[1], ends[0]])  # (N, 1, 2)
    length = t.add("ReduceL2", [level], axes=[2], keepdims=1)
    cosine, sine = (
        t.add("Gather", [t.add("Div", [level, length]), t.weight(np.int64(i)[None])], axis=2) for i in range(2)
    )
    # Rows of the rotation back from the level frame: [[cos, -sin], [sin, cos]]; its inverse is its transpose.
    minus = t.add("Neg", [sine])
    turn = t.add("Concat", [t.add("Concat", [cosine, minus], axis=2), t.add("Concat", [sine, cosine], axis=2)], axis=1)
    points = t.add("MatMul", [t.add("Gather", [plane, t.integers(*options["subset_idxs"])], axis=1), turn])
    high, low = (t.add(f"Reduce{which}", [points], axes=[1], keepdims=1) for which in ("Max", "Min"))
    half = t.weight(np.float32([[[0.5]]]))
    middle = t.add("Mul", [t.add("Add", [high, low]), half])
    back = t.add("Transpose", [turn], perm=[0, 2, 1])
    size = np.float32([options["output_width"], options["output_height"]])
    enlarge = np.float32([options["scale_x"], options["scale_y"]]) / size
    scale = t.add("Mul", [t.add("Sub", [high, low]), t.weight(enlarge[None, None])])
    linear = t.add("Mul", [turn, scale])  # scales the columns
    corner = t.add("Sub", [middle, t.add("Mul", [scale, t.weight(size[None, None] / 2)])])
    shift = t.add("Transpose", [t.add("MatMul", [corner, back])], perm=[0, 2, 1])
    t.names[output] = t.add("Concat", [linear, shift], axis=2)


def scale_matrix(t: Translator, inputs: list[int], output: int) -> None:
    """Multiply a (N, 2, 3) map by the part of a constant (4, 4) matrix that matters."""
    factor = t.constant(inputs[1]).reshape(4, 4)[:2, [0, 1, 3]]
    t.names[output] = t.add("Mul", [t.names[inputs[0]], t.weight(factor[None])])


def sample_crop(t: Translator, inputs: list[int], output: int, options: dict[str, Any]) -> None:
    """TransformTensorBilinear: look a feature map up on an affine grid of pixel centres."""
    height, width = options["output_height"], options["output_width"]
    _, rows, columns, _ = t.shape(inputs[0])
    y, x = np.mgrid[:height, :width].astype(np.float32) + np.float32(0.5)
    centres = np.stack([x.ravel(), y.ravel(), np.ones(height * width, np.float32)])
    grid = t.add("MatMul", [t.names[inputs[1]], t.weight(centres[None])])  # (N, 2, height * width), pixels
    # GridSample without align_corners calls the outer edges of the picture -1 and 1, as continuous pixels do.
    grid = t.add("Mul", [grid, t.weight(np.float32([[[2 / columns], [2 / rows]]]))])
    grid = t.add("Sub", [grid, t.weight(np.float32([[[1]]]))])
    grid = t.add("Reshape", [t.add("Transpose", [grid], perm=[0, 2, 1]), t.integers(-1, height, width, 2)])
    t.names[output] = t.add("GridSample", [t.names[inputs[0]], grid], padding_mode="zeros", align_corners=0)


def transform_landmarks(t: Translator, inputs: list[int], output: int, options: dict[str, Any]) -> None:
    """TransformLandmarks: carry points (N, K, 2) through a (N, 2, 3) map."""
    matrix = t.add("Transpose", [t.names[inputs[1]]], perm=[0, 2, 1])  # (N, 3, 2)
    linear = t.add("Slice", [matrix, t.integers(0), t.integers(2), t.integers(1)])
    shift = t.add("Slice", [matrix, t.integers(2), t.integers(3), t.integers(1)])
    t.names[output] = t.add("Add", [t.add("MatMul", [t.names[inputs[0]], linear]), shift])


CUSTOM: dict[str, CustomTranslator] = {
    "Landmarks2TransformMatrix": transform_matrix,
    "TransformTensorBilinear": sample_crop,
    "TransformLandmarks": transform_landmarks,
}


class MeshTranslator(Translator):
    """Knows that the mesh model keeps its (4, 4) maps as (2, 3) here."""

    def _mul(self, operator: Any, inputs: list[int], output: int) -> None:
        if self.shape(output) == (1, 4, 4):
            scale_matrix(self, inputs, output)
        else:
            super()._mul(operator, inputs, output)


def load(translator: Translator, low: float, high: float) -> int:
    """Write the nodes that turn uint8 pictures into the model's input range, then the model's; return its size."""
    source = int(translator.graph.Inputs(0))
    picture = translator.add("Transpose", ["images"], perm=TO_CHANNELS_FIRST)
    picture = translator.add("Cast", [picture], to=TensorProto.FLOAT)
    unit = (high - low) / 255
    if low:
        picture = translator.add("Mul", [picture, translator.weight(np.float32(unit))])
        picture = translator.add("Add", [picture, translator.weight(np.float32(low))])
    else:
        translator.units[source] = unit
    translator.names[source] = picture
    translator.translate()
    return translator.shape(source)[1]


def convert_detector(path: Path) -> onnx.ModelProto:
    """Return a face detector as ONNX."""
    t = Translator(path)
    return as_detector(t, load(t, -1.0, 1.0))


def convert_palm_detector(path: Path) -> onnx.ModelProto:
    """Return the palm detector as ONNX, for pictures of 128 pixels instead of 192.

    It looks at the surroundings of a face here, of which a hand takes up a large part: the smaller picture costs half
    the time, and fewer faces are taken for palms in it.
    """
    t = Translator(path, side=128)
    return as_detector(t, load(t, 0.0, 1.0))


def as_detector(t: Translator, size: int) -> onnx.ModelProto:
    """Return a translated detector with its outputs named."""
    outputs = {}
    side, own = t.sides
    for tensor in (int(n) for n in t.graph.OutputsAsNumpy()):
        _, anchors, values = t.stored_shape(tensor)
        outputs["logits" if values == 1 else "boxes"] = (t.names[tensor], [None, anchors * side**2 // own**2, values])
    return finish(t, size, outputs)


def convert_hand(path: Path) -> onnx.ModelProto:
    """Return the hand landmark model as ONNX, without its metric landmarks and without which hand it is."""
    t = Translator(path)
    size = load(t, 0.0, 1.0)
    points, score = (t.names[int(n)] for n in t.graph.OutputsAsNumpy()[:2])
    landmarks = t.add("Reshape", [points, t.integers(-1, 21, 3)])
    score = t.add("Reshape", [score, t.integers(-1)])
    return finish(t, size, {"landmarks": (landmarks, [None, 21, 3]), "score": (score, [None])})


def convert_mesh(path: Path) -> onnx.ModelProto:
    """Return the face mesh as ONNX, its refined lips, eyes and irises merged into the 478 landmarks."""
    t = MeshTranslator(path, CUSTOM)
    size = load(t, 0.0, 1.0)
    numbers = t.tensor_numbers()

    def points(tensor: str, count: int, dimensions: int) -> str:
        return t.add("Reshape", [t.flat(numbers[tensor]), t.integers(-1, count, dimensions)])

    mesh = points("output_mesh_identity", 468, 3)
    plane = t.add("Slice", [mesh, t.integers(0), t.integers(2), t.integers(2)])
    depth = t.add("Slice", [mesh, t.integers(2), t.integers(3), t.integers(2)])
    parts = [
        ("output_lips", LIPS),
        ("output_left_eye", LEFT_EYE),
        ("output_right_eye", RIGHT_EYE),
        ("output_left_iris", range(468, 473)),
        ("output_right_iris", range(473, 478)),
    ]
    every = t.add("Concat", [plane, *(points(name, len(where), 2) for name, where in parts)], axis=1)
    chosen = np.arange(478)
    chosen[np.concatenate([np.asarray(where) for _, where in parts])] = np.arange(468, 468 + 80 + 2 * 71 + 2 * 5)
    plane = t.add("Gather", [every, t.integers(*chosen.tolist())], axis=1)
    for eye in (LEFT_EYE, RIGHT_EYE):
        lids = t.add("Gather", [depth, t.integers(*eye[:LID_POINTS])], axis=1)
        mean = t.add("ReduceMean", [lids], axes=[1], keepdims=1)
        depth = t.add("Concat", [depth, *[mean] * 5], axis=1)
    landmarks = t.add("Concat", [plane, depth], axis=2)
    logit = t.add("Reshape", [t.names[numbers["conv_faceflag"]], t.integers(-1)])
    return finish(t, size, {"landmarks": (landmarks, [None, 478, 3]), "logit": (logit, [None])})


def finish(t: Translator, size: int, outputs: dict[str, tuple[str, list[int | None]]]) -> onnx.ModelProto:
    """Return the collected nodes as a checked model with named outputs, without those that no output needs."""
    nodes = [*t.nodes, *(helper.make_node("Identity", [inner], [name]) for name, (inner, _) in outputs.items())]
    needed = set(outputs)
    for node in reversed(nodes):
        if needed.intersection(node.output):
            needed.update(node.input)
    nodes = [node for node in nodes if needed.intersection(node.output)]
    weights = [weight for weight in t.weights if weight.name in needed]
    graph = helper.make_graph(
        nodes,
        "landmarker",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["N", size, size, 3])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [n or "N" for n in shape])
            for name, (_, shape) in outputs.items()
        ],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


MODELS = {
    "face_short_range": ("face_detection/face_detection_short_range.tflite", convert_detector),
    "face_full_range": ("face_detection/face_detection_full_range_sparse.tflite", convert_detector),
    "face_mesh": ("face_landmark/face_landmark_with_attention.tflite", convert_mesh),
    "palm": ("palm_detection/palm_detection_full.tflite", convert_palm_detector),
    "hand": ("hand_landmark/hand_landmark_lite.tflite", convert_hand),
}


def main() -> None:
    """Convert the models of the wheel given on the command line, and print the checksums of the inputs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path, help="mediapipe-0.10.21-*.whl")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, (inner, convert) in MODELS.items():
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "model.tflite"
            with zipfile.ZipFile(arguments.wheel) as wheel:
                source.write_bytes(wheel.read(f"mediapipe/modules/{inner}"))
            print(hashlib.sha256(source.read_bytes()).hexdigest(), inner)
            target = arguments.output / f"{name}.onnx"
            onnx.save(convert(source), target)
        onnxruntime.InferenceSession(target, providers=["CPUExecutionProvider"])  # it loads
        print(f"  -> {target.name}, {target.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
