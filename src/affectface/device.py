"""Where the kernels run: Warp, on the CPU or a CUDA device, from one source."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from affectface.errors import DeviceError

Device = Literal["cpu", "cuda"]
DEVICES: tuple[Device, ...] = ("cpu", "cuda")


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


def cuda_is_there() -> bool:
    """Return whether kernels can run on a CUDA device of this machine."""
    return bool(warp_runtime().is_cuda_available())


def chosen_device(name: Literal["auto", "cpu", "cuda"]) -> Device:
    """Return the device that a name stands for.

    Parameters
    ----------
    name : "auto", "cpu" or "cuda"
        `auto` is CUDA where it is there, otherwise the CPU.

    Returns
    -------
    "cpu" or "cuda"
        The device.

    Raises
    ------
    DeviceError
        If CUDA is asked for and is not there.
    """
    if name == "cpu":
        return "cpu"
    there = cuda_is_there()
    if name == "cuda" and not there:
        raise DeviceError("no CUDA device is here, and cuda was asked for; take cpu, or a machine that has one")
    return "cuda" if there else "cpu"


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


@dataclass(frozen=True, eq=False)
class Buffer:
    """An array that numpy and the kernels share, kept from one run to the next.

    Attributes
    ----------
    host : ndarray
        The array for numpy.
    on_device : warp.array
        The same for kernels: on the CPU the same memory, otherwise a copy.
    """

    host: NDArray[Any]
    on_device: Any

    def send(self) -> None:
        """Let kernels see what numpy wrote."""
        if not self.on_device.device.is_cpu:
            self.on_device.assign(self.host)

    def fetch(self) -> None:
        """Let numpy see what kernels wrote."""
        if not self.on_device.device.is_cpu:
            np.copyto(self.host, self.on_device.numpy())


def buffer(shape: int | tuple[int, ...], form: Any, dtype: Any, device: str) -> Buffer:
    """Return a buffer whose contents are undefined.

    Parameters
    ----------
    shape : int or tuple of int
        Shape of numpy's array.
    form : data-type
        Its type.
    dtype : type
        The type of Warp's, such as ``warp.vec3`` for rows of three.
    device : str
        `cpu` or a CUDA device such as `cuda:0`.

    Returns
    -------
    Buffer
        The buffer.
    """
    host = np.empty(shape, dtype=form)
    return Buffer(host, put(host, dtype, device))


def prepare_kernel(kernel: Any, dim: Any, inputs: list[Any], device: str) -> Any:
    """Return a kernel's run as something that can be launched again and again, without its arguments' being looked at.

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

    Returns
    -------
    warp.Launch
        Has `launch`, `set_dim` and `set_param_at_index`.
    """
    return warp_runtime().launch(kernel, dim=dim, inputs=inputs, device=device, record_cmd=True)


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


def runs_of_rows(size: tuple[int, int], device: str) -> tuple[tuple[int, int], int]:
    """Return how a kernel goes over the pixels of a picture, in runs of pixels of one row.

    Parameters
    ----------
    size : tuple of int
        Height and width of the picture.
    device : str
        `cpu`, where a run is a whole row, or a CUDA device, where it is one pixel.

    Returns
    -------
    tuple
        How many threads, rows and runs, and the length of a run.
    """
    run = max(size[1], 1) if device == "cpu" else 1
    return (size[0], -(-size[1] // run)), run


def run_rows(kernel: Any, size: tuple[int, int], inputs: list[Any], device: str) -> None:
    """Run a kernel over the pixels of a picture; see `runs_of_rows`.

    Parameters
    ----------
    kernel : warp.Kernel
        The kernel.
    size : tuple of int
        Height and width of the picture.
    inputs : list
        The kernel's arguments; None stands for the length of a run.
    device : str
        `cpu` or a CUDA device such as `cuda:0`.
    """
    dim, run = runs_of_rows(size, device)
    run_kernel(kernel, dim, [run if value is None else value for value in inputs], device)
