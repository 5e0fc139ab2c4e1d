"""The layouts in which weights are published: names of layers, order of axes, and preprocessing.

A file does not say which it is: VGG-FACE by the same names comes with red first and with blue first. So users say it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from affectface.recognition.networks.preprocessing import Preprocessing
from affectface.recognition.networks.resnet import STAGES, ResNetForm
from affectface.recognition.networks.vgg import CONVOLUTIONS

LayoutName = Literal[
    "vgg-face-caffe",
    "vgg-face-torch7",
    "vgg-face-keras",
    "vgg-face-dag",
    "torchvision-vgg16",
    "vggface2-resnet50",
    "vggface2-resnet50-dag",
    "torchvision-resnet50",
    "torchvision-alexnet",
]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How weights stand in a file.

    Attributes
    ----------
    layers : mapping of str to str
        For each of our layers its name in the file.
    preprocessing : Preprocessing
        How images are brought to a network with these weights.
    axes : {'outputs first', 'outputs last'}
        Kernels are (outputs, inputs, height, width) or (height, width, inputs, outputs); matrices alike.
    flattened : {'CHW', 'HWC'}
        In which order the last pooling's output comes to the first fully connected layer.
    form : {'caffe', 'torchvision'}, optional
        Which ResNet-50.
    origin : str
        What the file is, and whose.
    """

    layers: Mapping[str, str]
    preprocessing: Preprocessing
    axes: Literal["outputs first", "outputs last"] = "outputs first"
    flattened: Literal["CHW", "HWC"] = "CHW"
    form: ResNetForm | None = None
    origin: str


_VGG_FACE_RGB = (129.1863, 104.7624, 93.5940)
_VGGFACE2_RGB = (131.0912, 103.8827, 91.4953)
_IMAGENET = Preprocessing(side=224, mean=(123.675, 116.28, 103.53), deviation=(58.395, 57.12, 57.375))


def _less(mean_rgb: tuple[float, float, float], channels: Literal["RGB", "BGR"]) -> Preprocessing:
    """Pixels from 0 to 255 less the mean of the data they were trained on."""
    mean = mean_rgb if channels == "RGB" else (mean_rgb[2], mean_rgb[1], mean_rgb[0])
    return Preprocessing(side=224, channels=channels, mean=mean, deviation=(1.0, 1.0, 1.0))


def _vgg(names: tuple[str, ...], hidden: tuple[str, str]) -> dict[str, str]:
    ours = [f"convolutions.{name}" for name in CONVOLUTIONS]
    return dict(zip([*ours, "fc6", "fc7"], [*names, *hidden], strict=True))


def _resnet(dag: bool) -> dict[str, str]:
    layers = {"conv1": "conv1_7x7_s2" if dag else "conv1", "bn1": "conv1_7x7_s2_bn" if dag else "bn1"}
    for stage, (_, blocks) in enumerate(STAGES, 1):
        for block in range(blocks):
            ours, theirs = f"layer{stage}.{block}", f"conv{stage + 1}_{block + 1}"
            for i, part in enumerate(("1x1_reduce", "3x3", "1x1_increase"), 1):
                layers[f"{ours}.conv{i}"] = f"{theirs}_{part}" if dag else f"{ours}.conv{i}"
                layers[f"{ours}.bn{i}"] = f"{theirs}_{part}_bn" if dag else f"{ours}.bn{i}"
            if block == 0:
                layers[f"{ours}.downsample.0"] = f"{theirs}_1x1_proj" if dag else f"{ours}.downsample.0"
                layers[f"{ours}.downsample.1"] = f"{theirs}_1x1_proj_bn" if dag else f"{ours}.downsample.1"
    return {f"convolutions.{ours}": theirs for ours, theirs in layers.items()}


_SEQUENTIAL = tuple(map(str, (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)))
"""Places of VGG-16's convolutions in a row with their activations and poolings, counted from 0."""

LAYOUTS: Mapping[LayoutName, Layout] = {
    "vgg-face-caffe": Layout(
        layers=_vgg(CONVOLUTIONS, ("fc6", "fc7")),
        preprocessing=_less(_VGG_FACE_RGB, "BGR"),
        origin="VGG_FACE.caffemodel of the Visual Geometry Group, CC BY-NC 4.0, each layer's arrays by its name",
    ),
    # The demonstration that comes with the Torch7 file takes the mean of red off blue; the same weights' other editions
    # say otherwise, and so do we.
    "vgg-face-torch7": Layout(
        layers=_vgg(_SEQUENTIAL, ("32", "35")),
        preprocessing=_less(_VGG_FACE_RGB, "BGR"),
        origin="VGG_FACE.t7 of the Visual Geometry Group, CC BY-NC 4.0, each module's arrays by its place from 0",
    ),
    "vgg-face-keras": Layout(
        layers=_vgg(CONVOLUTIONS, ("fc6", "fc7")),
        preprocessing=_less(_VGG_FACE_RGB, "BGR"),
        axes="outputs last",
        flattened="HWC",
        origin="rcmalli_vggface_tf_vgg16.h5 of keras-vggface, CC BY-NC 4.0, each layer's arrays by its name",
    ),
    "vgg-face-dag": Layout(
        layers=_vgg(CONVOLUTIONS, ("fc6", "fc7")),
        preprocessing=_less(_VGG_FACE_RGB, "RGB"),
        origin="vgg_face_dag.pth of S. Albanie's pytorch-mcn, from MatConvNet, CC BY-NC 4.0",
    ),
    "torchvision-vgg16": Layout(
        layers=_vgg(tuple(f"features.{i}" for i in _SEQUENTIAL), ("classifier.0", "classifier.3")),
        preprocessing=_IMAGENET,
        origin="vgg16-397923af.pth of torchvision, trained on ImageNet",
    ),
    "vggface2-resnet50": Layout(
        layers=_resnet(dag=False),
        preprocessing=_less(_VGGFACE2_RGB, "BGR"),
        form="caffe",
        origin="resnet50_ft_weight or resnet50_scratch_weight of VGGFace2-pytorch, from the Caffe models, as tensors",
    ),
    "vggface2-resnet50-dag": Layout(
        layers=_resnet(dag=True),
        preprocessing=_less(_VGGFACE2_RGB, "RGB"),
        form="caffe",
        origin="resnet50_ft_dag.pth or resnet50_scratch_dag.pth of S. Albanie's pytorch-mcn",
    ),
    "torchvision-resnet50": Layout(
        layers=_resnet(dag=False),
        preprocessing=_IMAGENET,
        form="torchvision",
        origin="resnet50-0676ba61.pth of torchvision, trained on ImageNet",
    ),
    "torchvision-alexnet": Layout(
        layers={
            **{f"convolutions.conv{i}": f"features.{n}" for i, n in enumerate((0, 3, 6, 8, 10), 1)},
            "fc6": "classifier.1",
            "fc7": "classifier.4",
        },
        preprocessing=_IMAGENET,
        origin="alexnet-owt-7be5be79.pth of torchvision, trained on ImageNet",
    ),
}
