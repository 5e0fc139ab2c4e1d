"""Weights in files of torch's: read without running code, and refused unless they are of the network that is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from affectface.errors import AssetError


def read_weights(torch: Any, file: Path, install: str) -> dict[str, Any]:
    """Return the tensors in a file of torch's, which must not hold anything that runs code.

    Parameters
    ----------
    torch : module
        The imported torch.
    file : Path
        The file.
    install : str
        How to get it, for the message.

    Returns
    -------
    dict of str to Tensor
        The tensors by name.

    Raises
    ------
    AssetError
        If there is no such file, or it holds something else.
    """
    if not file.is_file():
        raise AssetError(f"{file}: no such file; needed is {install}")
    try:
        state = torch.load(str(file), map_location="cpu", weights_only=True)
    except Exception as fault:  # torch and pickle have many errors for one fault
        raise AssetError(f"{file}: not weights that torch loads without running code; needed is {install}") from fault
    if not isinstance(state, dict):
        raise AssetError(f"{file}: holds a {type(state).__name__}, not named weights; needed is {install}")
    return state


def weights_of(torch: Any, file: Path, shapes: Mapping[str, tuple[int, ...]], install: str) -> dict[str, Any]:
    """Return the tensors of a network from a file of torch's.

    Parameters
    ----------
    torch : module
        The imported torch.
    file : Path
        The file. What else it holds is left there.
    shapes : mapping of str to tuple of int
        The shape of each tensor of the network, by name.
    install : str
        How to get the file, for the message.

    Returns
    -------
    dict of str to Tensor
        The tensors, float32.

    Raises
    ------
    AssetError
        If there is no such file, or its tensors are not those of the network.
    """
    state = read_weights(torch, file, install)
    for name, shape in shapes.items():
        found = tuple(getattr(state.get(name), "shape", ()))
        if found != shape:
            said = f"{name} has shape {found}" if name in state else f"there is no {name}"
            raise AssetError(f"{file}: {said}; {shape} is needed, as in {install}")
    return {name: state[name].float() for name in shapes}
