"""Put published weights into a network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from affectface.errors import ModelFileError
from affectface.recognition.networks.freezing import Frozen
from affectface.recognition.networks.preprocessing import Preprocessing
from affectface.recognition.weights.layouts import LAYOUTS, Layout, LayoutName
from affectface.recognition.weights.reading import read_tensors

_ROLES = {
    "weight": ("weight", "weights", "kernel", "gamma", "W", "0"),
    "bias": ("bias", "biases", "beta", "b", "1"),
    "running_mean": ("running_mean", "moving_mean"),
    "running_var": ("running_var", "moving_variance"),
}
"""What a layer's arrays are called; 0 and 1 are Caffe's blobs."""

_PLACES = 7
"""Side of VGG-16's last pooling, for images of 224 pixels."""


@dataclass(frozen=True)
class Loaded:
    """What came of a file.

    Attributes
    ----------
    preprocessing : Preprocessing
        How images are brought to the network now; the side is the network's own.
    layers : tuple of str
        Layers that have the file's weights.
    random : tuple of str
        Layers that keep their random ones: the last layers, and fully connected ones of another size.
    """

    preprocessing: Preprocessing
    layers: tuple[str, ...]
    random: tuple[str, ...]


def load_published(
    network: nn.Module, path: str | os.PathLike[str], layout: LayoutName, *, side: int | None = None
) -> Loaded:
    """Put published weights into a network.

    Parameters
    ----------
    network : Module
        One with `convolutions`: of VGG-FACE, ResNet-50 or AlexNet, recurrent or not.
    path : path-like
        The file.
    layout : str
        How the weights stand in it, one of `LAYOUTS`.
    side : int, optional
        Side of the network's images, pixels; that which the weights were trained with if not given.

    Returns
    -------
    Loaded
        Preprocessing, and which layers were loaded.

    Raises
    ------
    ModelFileError
        If the file cannot be read, or does not hold all convolutions of this network.
    AssetError
        If a file of torch's holds something that would have to be run.
    ValueError
        If there is no such layout, or it is one of another network.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"layout is {layout!r}; there are {', '.join(LAYOUTS)}")
    how = LAYOUTS[layout]
    _check_fits(network, layout, how)
    tensors = read_tensors(path)
    new: dict[str, Tensor] = {}
    for ours, theirs in how.layers.items():
        layer = _layer(network, ours)
        if layer is None:
            continue  # such as fc7 of a recurrent network
        found = _tensors_of(layer, tensors, theirs, how)
        if ours == "fc6" and how.flattened == "HWC" and found["weight"][0] is not None:
            found["weight"] = (_channels_first(found["weight"][0]), found["weight"][1])
        missing = [role for role, (tensor, _) in found.items() if tensor is None]
        if ours.startswith("convolutions.") and missing:
            raise ModelFileError(f"{path}: there is no {missing[0]} of {theirs}; needed is {how.origin}")
        wrong = [role for role, (tensor, own) in found.items() if tensor is not None and tensor.shape != own.shape]
        if ours.startswith("convolutions.") and wrong:
            tensor, own = found[wrong[0]]
            shape = None if tensor is None else tuple(tensor.shape)
            raise ModelFileError(
                f"{path}: {wrong[0]} of {theirs} has shape {shape}; {tuple(own.shape)} is needed, as in {how.origin}"
            )
        if not missing and not wrong:
            new |= {f"{ours}.{role}": tensor for role, (tensor, _) in found.items() if tensor is not None}
    _copy(network, new)
    loaded = tuple(dict.fromkeys(name.rpartition(".")[0] for name in new))
    own_side = how.preprocessing.side if side is None else side
    fed = Preprocessing(**{**vars(how.preprocessing), "side": own_side})
    return Loaded(fed, loaded, _random(network, loaded))


def _check_fits(network: nn.Module, name: str, layout: Layout) -> None:
    """Refuse a layout of another network."""
    if any(_layer(network, ours) is None for ours in layout.layers if ours.startswith("convolutions.")):
        raise ValueError(f"layout {name} is not of a {type(network).__name__}; take another layout or network")
    form = getattr(_unfrozen(network), "form", None)
    if form != layout.form:
        raise ValueError(f"layout {name} is of ResNet-50 of form {layout.form!r}, the network of {form!r}; make it so")


def _unfrozen(network: nn.Module) -> nn.Module | None:
    convolutions: nn.Module | None = getattr(network, "convolutions", None)
    return convolutions.layers if isinstance(convolutions, Frozen) else convolutions


def _layer(network: nn.Module, name: str) -> nn.Module | None:
    """Return a layer by its name, whether or not it is frozen; None if there is none."""
    top, _, rest = name.partition(".")
    place = _unfrozen(network) if top == "convolutions" else getattr(network, top, None)
    if place is None or not rest:
        return place
    try:
        return place.get_submodule(rest)
    except AttributeError:
        return None


def _tensors_of(
    layer: nn.Module, tensors: Mapping[str, Tensor], theirs: str, layout: Layout
) -> dict[str, tuple[Tensor | None, Tensor]]:
    """Return for each of a layer's tensors that of the file, brought to our axes, and our own."""
    found: dict[str, tuple[Tensor | None, Tensor]] = {}
    for role, own in layer.state_dict().items():
        if role in _ROLES:
            names = [f"{theirs}{between}{word}" for word in _ROLES[role] for between in "./_"]
            tensor = next((tensors[name] for name in names if name in tensors), None)
            found[role] = (None if tensor is None else _ours(tensor.float(), own, layout), own)
    return found


def _ours(tensor: Tensor, own: Tensor, layout: Layout) -> Tensor:
    """Bring a file's tensor to the axes of ours; of other sizes it stays of another shape.

    A convolution may be a matrix, as in Torch7, and a fully connected layer a convolution, as in MatConvNet.
    """
    if tensor.ndim == 1:
        return tensor
    if layout.axes == "outputs last":
        tensor = tensor.permute(3, 2, 0, 1) if tensor.ndim == 4 else tensor.T
    if own.ndim == 4 and tensor.ndim == 2 and tensor.shape == (own.shape[0], own[0].numel()):
        return tensor.reshape(own.shape)
    if own.ndim == 2 and tensor.ndim == 4:
        return tensor.flatten(1)
    return tensor


def _channels_first(matrix: Tensor) -> Tensor:
    """Bring columns of the first fully connected layer, 7 x 7 places of 512 channels, from (H, W, C) to (C, H, W)."""
    if matrix.shape[1] % _PLACES**2:
        return matrix  # of another size, which does not fit
    return matrix.reshape(len(matrix), _PLACES, _PLACES, -1).permute(0, 3, 1, 2).flatten(1)


def _copy(network: nn.Module, new: Mapping[str, Tensor]) -> None:
    """Write tensors into the network, in place."""
    with torch.no_grad():
        for name, tensor in new.items():
            layer, _, role = name.rpartition(".")
            place = _layer(network, layer)
            if place is not None:
                place.state_dict()[role].copy_(tensor)


def _random(network: nn.Module, loaded: tuple[str, ...]) -> tuple[str, ...]:
    """Return the layers with weights of their own that were not loaded."""
    return tuple(
        name.replace("convolutions.layers.", "convolutions.")
        for name, layer in network.named_modules()
        if any(True for _ in layer.parameters(recurse=False))
        and name.replace("convolutions.layers.", "convolutions.") not in loaded
    )
