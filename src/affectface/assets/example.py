"""The photo to try things with: a portrait in the public domain."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from affectface.errors import AssetError


def example_photo() -> Path:
    """Return the file of the example photo: Eileen Collins, NASA, in the public domain, as scikit-image carries it.

    Returns
    -------
    Path
        A PNG file of 512 x 512 pixels.

    Raises
    ------
    AssetError
        If scikit-image came without it.
    """
    path = Path(str(files("skimage").joinpath("data", "astronaut.png")))
    if not path.is_file():
        raise AssetError(f"{path}: scikit-image came without its example photo; give a photo of your own")
    return path
