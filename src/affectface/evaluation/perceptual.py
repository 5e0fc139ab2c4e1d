"""Networks of others that see how alike two pictures look (LPIPS), and what a picture looks like (for FID and KID).

`load_perceptual` makes them from packages and files that are already on this machine; `Comparer("mine", function)` and
`Describer("mine", function)` make one of any function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from affectface.arrays import FloatArray, Image, check_array
from affectface.errors import AssetError
from affectface.evaluation.crops import resized, square_crop
from affectface.evaluation.inception import SIDE as INCEPTION_SIDE
from affectface.evaluation.inception import inception_shapes, load_inception
from affectface.evaluation.lpips import alexnet_shapes, head_shapes, load_lpips
from affectface.evaluation.recognisers import optional_module, package_file
from affectface.evaluation.weights import weights_of

PERCEPTUAL = {
    "lpips": "lpips=PATH.pth, torchvision's weights of AlexNet, alexnet-owt-7be5be79.pth, "
    "and pip install torch torchmetrics",
    "inception": "inception=PATH.pth, FID's weights of Inception, weights-inception-2015-12-05-6726825d.pth of "
    "github.com/toshas/torch-fidelity/releases, and pip install torch torchmetrics",
}
"""How to get each network that `load_perceptual` knows."""

ROOM = 1.3
"""Half a square's side: the chin of a wide open mouth lies within, little of hair and background does."""

LPIPS_SIDE = 256
"""Side to which both squares are brought for LPIPS, pixels, so that photos of all sizes are measured alike."""

_HEADS = "functional/image/lpips_models/alex.pth"
"""The weights of LPIPS 0.1 for AlexNet, in torchmetrics."""


@dataclass(frozen=True)
class Comparer:
    """A function that says how different two pictures look.

    Attributes
    ----------
    name : str
        How tables and messages call it.
    compare : callable
        Takes two squares around a face, (S, S, 3) uint8 sRGB of any size. Returns how different they look; 0 for one
        and the same picture.
    room : float
        Half the square's side, in distances of the outer eye corners from each other.
    """

    name: str
    compare: Callable[[Image, Image], float]
    room: float = ROOM

    def __call__(self, photo: Image, picture: Image, landmarks: FloatArray) -> float:
        """Return how different photo and picture look around the photo's landmarks, (478, 3) pixels.

        Raises
        ------
        ValueError
            If an argument is of another shape, or the answer is no finite number.
        """
        squares = (square_crop(image, landmarks, self.room) for image in (photo, picture))
        return float(check_array(f"what {self.name} answers", self.compare(*squares), (), dtype=np.float64))


@dataclass(frozen=True)
class Describer:
    """A function that describes a picture by numbers, so that sets of pictures can be compared.

    Attributes
    ----------
    name : str
        How tables and messages call it.
    describe : callable
        Takes a square around a face, (S, S, 3) uint8 sRGB of any size. Returns a vector (D,), float32.
    room : float
        Half the square's side, in distances of the outer eye corners from each other.
    """

    name: str
    describe: Callable[[Image], FloatArray]
    room: float = ROOM

    def __call__(self, image: Image, landmarks: FloatArray) -> FloatArray:
        """Return the vector (D,) of the face with these landmarks, (478, 3) pixels.

        Raises
        ------
        ValueError
            If an argument is of another shape, or the answer is no vector of finite numbers.
        """
        said = self.describe(square_crop(image, landmarks, self.room))
        return check_array(f"what {self.name} answers", said, (None,))


def load_perceptual(text: str) -> Comparer | Describer:
    """Make one of the known networks from what is on this machine; nothing is downloaded.

    Parameters
    ----------
    text : str
        ``lpips=PATH.pth`` or ``inception=PATH.pth``.

    Returns
    -------
    Comparer or Describer
        LPIPS, or the features of FID and KID, named after its file.

    Raises
    ------
    AssetError
        If there is no such network, or a package or file that it needs is missing or damaged.

    Notes
    -----
    LPIPS is version 0.1 on AlexNet, the authors' default, whose weights of the layers come with torchmetrics.

    Inception's features are those of its last pooling, 2048 numbers. Squares are brought to its size by averaging, not
    by the bilinear look-up of the first implementation, which skips pixels (Parmar, Zhang and Zhu 2022).
    """
    name, _, path = text.partition("=")
    if name not in PERCEPTUAL or not path:
        raise AssetError(f"{text!r} is no perceptual measure; there are lpips=PATH.pth and inception=PATH.pth")
    file, install = Path(path), PERCEPTUAL[name]
    torch = optional_module("torch", install)
    if name == "lpips":
        heads = weights_of(torch, package_file("torchmetrics", _HEADS, install), head_shapes(), install)
        difference = load_lpips(torch, weights_of(torch, file, alexnet_shapes(), install) | heads)
        return Comparer(f"lpips-{file.stem}", lambda a, b: difference(resized(a, LPIPS_SIDE), resized(b, LPIPS_SIDE)))
    features = load_inception(torch, weights_of(torch, file, inception_shapes(), install))
    return Describer(f"inception-{file.stem}", lambda crop: features(resized(crop, INCEPTION_SIDE)))
