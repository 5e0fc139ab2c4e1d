"""Tensors of a file by name, from any of the forms in which nothing has to be run to read them."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from affectface.errors import ModelFileError
from affectface.evaluation.weights import read_weights
from affectface.morphable.importers.numpy_reading import read_plain_npz

LIMIT_BYTES = 1 << 32
"""VGG-FACE with all its layers is 580 MB."""

_FORMS = ".npz, .safetensors, .pth, .pt or .bin"


def read_tensors(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Return the tensors of a file.

    Parameters
    ----------
    path : path-like
        An ``.npz`` of plain arrays, a ``.safetensors``, or a ``.pth``, ``.pt`` or ``.bin`` of torch's.

    Returns
    -------
    dict of str to Tensor
        The tensors, without what a wrapper (``state_dict``, ``module.``) put around their names.

    Raises
    ------
    ModelFileError
        If there is no such file, it is of another form, damaged or too large.
    AssetError
        If a file of torch's holds something that would have to be run.
    """
    file = Path(path)
    if not file.is_file():
        raise ModelFileError(f"{file}: there is no such file; give the path of weights, {_FORMS}")
    size = file.stat().st_size
    if size > LIMIT_BYTES:
        raise ModelFileError(f"{file}: {size >> 20} MiB; at most {LIMIT_BYTES >> 20} MiB are read")
    match file.suffix.lower():
        case ".npz":
            arrays = read_plain_npz(file)
            tensors = {
                name: torch.from_numpy(np.array(array, dtype=np.float32))
                for name, array in arrays.items()
                if array.dtype.kind in "fiu"
            }
        case ".safetensors":
            tensors = _safetensors(file)
        case ".pth" | ".pt" | ".bin":
            tensors = _torch(file)
        case other:
            raise ModelFileError(f"{file}: {other or 'no suffix'}; {_FORMS} is needed, as other forms may run code")
    return {_plain(name): tensor for name, tensor in tensors.items()}


def _safetensors(file: Path) -> dict[str, Tensor]:
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ImportError:
        raise ModelFileError(f"{file}: safetensors is not installed: pip install 'affectface[train]'") from None
    try:
        tensors: dict[str, Tensor] = load_file(file)
    except (SafetensorError, OSError, ValueError, KeyError) as fault:
        raise ModelFileError(f"{file}: not a readable .safetensors ({type(fault).__name__}); get it again") from None
    return tensors


def _torch(file: Path) -> dict[str, Tensor]:
    if zipfile.is_zipfile(file):  # the form of today, which could be packed
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > LIMIT_BYTES:
            raise ModelFileError(f"{file}: unpacks to {unpacked >> 20} MiB; at most {LIMIT_BYTES >> 20} MiB are read")
    state = read_weights(torch, file, "weights as torch.save writes a state dict")
    inside = state.get("state_dict")
    state = inside if isinstance(inside, dict) else state
    return {name: value for name, value in state.items() if isinstance(name, str) and isinstance(value, Tensor)}


def _plain(name: str) -> str:
    """A tensor's name without `module.` of several devices and `:0` of TensorFlow."""
    return name.removeprefix("module.").removesuffix(":0")
