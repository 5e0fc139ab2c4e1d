"""Where the kernels run: Warp, on the CPU or a CUDA device, from one source."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray


@cache
def warp_runtime() -> Any:
    """Return the module `warp`, imported on first use and told to keep its banner to itself.

    Returns
    -------
    module
        Warp, initialised.
    """
    import warp.config

    warp.config.log_level = 40  # errors only
    import warp

    # its native part writes to descriptor 2 that there is no CUDA driver, past every setting
    descriptor, silence = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silence, 2)
        warp.init()  # type: ignore[no-untyped-call]
    finally:
        os.dup2(descriptor, 2)
        os.close(descriptor)
        os.close(silence)
    return warp


def put(array: NDArray[Any], dtype: Any, device: str) -> Any:
    """Return an array on a device; on the CPU it is the same memory.

    Parameters
    ----------
    array : ndarray
        The array.
    dtype : type
        A type of Warp's, such as ``warp.vec3``.
    device : str
        `cpu` or a CUDA device such as `cuda:0`.

    Returns
    -------
    warp.array
        The array on the device.
    """
    return warp_runtime().array(np.ascontiguousarray(array), dtype=dtype, device=device, copy=False)


def run_kernel(kernel: Any, dim: Any, inputs: list[Any], device: str) -> None:
    """Run a kernel on a device.

    Parameters
    ----------
    kernel : warp.Kernel
        The kernel.
    dim : int or tuple of int
        How many threads.
    inputs : list
        The kernel's arguments.
    device : str
        `cpu` or a CUDA device such as `cuda:0`.
    """
    warp_runtime().launch(kernel, dim=dim, inputs=inputs, device=device)


def run_rows(kernel: Any, size: tuple[int, int], inputs: list[Any], device: str) -> None:
    """Run a kernel over the pixels of a picture, in runs of pixels of one row.

    Parameters
    ----------
    kernel : warp.Kernel
        The kernel.
    size : tuple of int
        Height and width of the picture.
    inputs : list
        The kernel's arguments; None stands for the length of a run.
    device : str
        `cpu`, where a run is a whole row, or a CUDA device, where it is one pixel.
    """
    run = max(size[1], 1) if device == "cpu" else 1
    run_kernel(kernel, (size[0], -(-size[1] // run)), [run if value is None else value for value in inputs], device)
