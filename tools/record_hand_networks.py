"""Record what MediaPipe's palm detector and hand model answer in LiteRT, for the tests of the converted networks.

In an environment with ``ai-edge-litert`` and ``numpy``, and with the wheel of ``mediapipe==0.10.21`` at hand::

    python tools/record_hand_networks.py mediapipe-0.10.21-*.whl
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

OUTPUT = Path(__file__).parents[1] / "tests" / "landmarks" / "data" / "hand_networks.npz"
MODELS = {
    "palm": ("palm_detection/palm_detection_full.tflite", 128),
    "hand": ("hand_landmark/hand_landmark_lite.tflite", 224),
}


def for_smaller_pictures(model: bytes) -> bytes:
    """Return the palm detector with the numbers of cells and anchors of pictures of 128 pixels instead of 192."""
    anchors = [((count, values), (fewer, values)) for count, fewer in ((1152, 512), (864, 384)) for values in (18, 1)]
    for found, wanted in (*anchors, ((12, 12), (8, 8)), ((24, 24), (16, 16))):
        model = model.replace(np.int32(found).tobytes(), np.int32(wanted).tobytes())
    return model


def picture(size: int) -> np.ndarray:
    """Return waves of colour: the same picture as in the test."""
    y, x = np.mgrid[:size, :size] / size
    return np.uint8(np.rint(127 + 100 * np.sin(np.dstack([9 * x + 5 * y, 14 * y - 3 * x, 20 * x * y]))))


if __name__ == "__main__":
    recorded = {}
    for name, (inner, size) in MODELS.items():
        with zipfile.ZipFile(sys.argv[1]) as wheel:
            model = wheel.read(f"mediapipe/modules/{inner}")
        interpreter = Interpreter(
            model_content=for_smaller_pictures(model) if name == "palm" else model,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,  # the default keeps sizes
        )
        source = interpreter.get_input_details()[0]["index"]
        interpreter.resize_tensor_input(source, [1, size, size, 3])
        interpreter.allocate_tensors()
        interpreter.set_tensor(source, np.float32(picture(size)[None] / 255))
        interpreter.invoke()
        first, second = (interpreter.get_tensor(output["index"]) for output in interpreter.get_output_details()[:2])
        recorded[f"{name}_first"] = first[:, ::7] if name == "palm" else first.reshape(1, 21, 3)
        recorded[f"{name}_second"] = second if name == "palm" else second.reshape(1)
    np.savez_compressed(OUTPUT, **recorded)
