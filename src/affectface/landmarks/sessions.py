"""The landmarker's networks: opened when first used, then kept.

What each file takes and returns is written in ``tools/convert_landmarker.py``, which made them.
"""

from __future__ import annotations

import os
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray

Network = Literal["face_short_range", "face_full_range", "face_mesh", "palm", "hand"]

THREADS_VARIABLE = "AFFECTFACE_THREADS"
"""Environment variable: threads a network may use, read when it is opened. One is the fastest for nets this small when
several processes share a machine, which is how bulk work runs."""

LARGEST_BATCH = 16
"""Pictures a network is given at once, so that memory stays bounded however many tiles or faces there are."""


@cache
def session(network: Network) -> Any:
    """Return the onnxruntime session of a network."""
    import onnxruntime  # here, because it is slow to import and `import affectface` must not be

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get(THREADS_VARIABLE, "1"))
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    model = files("affectface.assets").joinpath("landmarker", f"{network}.onnx").read_bytes()
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def open_sessions() -> None:
    """Open the networks that every photo needs, ahead of the first one."""
    session("face_mesh")
    session("face_short_range")
    session("palm")


def run(network: Network, images: NDArray[np.uint8]) -> tuple[FloatArray, FloatArray]:
    """Return a network's two outputs for a batch of pictures (N, S, S, 3)."""
    parts = [
        session(network).run(None, {"images": images[start : start + LARGEST_BATCH]})
        for start in range(0, len(images), LARGEST_BATCH)
    ]
    first, second = (np.concatenate(part) if len(part) > 1 else part[0] for part in zip(*parts, strict=True))
    return first, second
