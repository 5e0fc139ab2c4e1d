"""Images in and out: every kind of file becomes an ``(H, W, 3)`` uint8 sRGB array, and says what it is when written."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import ImageCms, ImageOps, PngImagePlugin, UnidentifiedImageError

from affectface.arrays import Image, check_image
from affectface.errors import ImageError
from affectface.files import atomic_path
from affectface.provenance import Provenance

_READ = ("PNG", "JPEG", "MPO", "WEBP", "TIFF", "BMP", "GIF", "JPEG2000", "PPM", "AVIF")
"""Pillow can read more, but some of that runs other programs (EPS) or is never a photo."""

WRITABLE = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
"""Suffixes that `write_image` knows."""

_DESCRIPTION = 0x010E
_ORIENTATION = 0x0112
_SOFTWARE = 0x0131
_XMP = 0x02BC


def read_image(source: str | os.PathLike[str] | bytes) -> Image:
    """Read an image.

    Parameters
    ----------
    source : path-like or bytes
        The file, or what is in it: PNG, JPEG, WebP, TIFF, BMP, GIF, JPEG 2000, PPM, and AVIF where Pillow has it.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
        The image in sRGB: turned upright after its EXIF orientation, converted from its colour profile, 16-bit and
        grey samples to 8-bit RGB, transparency laid on white. Of an animation, the first frame.

    Raises
    ------
    ImageError
        If there is no such file, it is empty, damaged, no image, or has more pixels than Pillow takes for safe (about
        179 million).
    """
    name = "image" if isinstance(source, bytes) else str(source)
    try:
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
    except (OSError, ValueError) as error:
        if not isinstance(source, bytes) and Path(source).is_dir():
            raise ImageError(f"{name}: is a folder; give an image file") from None
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(f"{name}: cannot be read ({reason}); check the path") from None
    if not data:
        raise ImageError(f"{name}: the file is empty; copy or download it again")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of large images and odd metadata; both are dealt with here
        return _decode(name, data)


def _decode(name: str, data: bytes) -> Image:
    """Return the image in `data`."""
    PIL.Image.init()
    try:
        with PIL.Image.open(io.BytesIO(data), formats=[f for f in _READ if f in PIL.Image.OPEN]) as picture:
            picture.load()
            return _to_array(_upright(picture))
    except UnidentifiedImageError:
        raise ImageError(f"{name}: not an image of a known kind; give a PNG, JPEG, WebP or TIFF file") from None
    except PIL.Image.DecompressionBombError:
        limit = 2 * (PIL.Image.MAX_IMAGE_PIXELS or 0) // 10**6
        raise ImageError(f"{name}: more than {limit} million pixels; shrink it first") from None
    except MemoryError:
        raise ImageError(f"{name}: too large for this machine's memory; shrink it first") from None
    except Exception as error:  # damaged files make Pillow's decoders fail in any way
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(f"{name}: damaged or truncated ({reason[:120]}); copy or download it again") from None


def _upright(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Return the picture turned after its EXIF orientation; damaged EXIF data count as none."""
    try:
        if picture.getexif().get(_ORIENTATION, 1) == 1:  # as are most, and a copy of a photo takes milliseconds
            return picture
        turned: PIL.Image.Image | None = ImageOps.exif_transpose(picture)
    except Exception:  # EXIF parsing fails in any way, and a photo is still a photo without it
        turned = None
    return turned or picture


def _to_array(picture: PIL.Image.Image) -> Image:
    """Return a picture of any mode as an image."""
    if picture.mode.startswith(("I", "F")):
        return _grey_to_rgb(np.asarray(picture))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        alpha = np.asarray(picture.getchannel("A"), dtype=np.float32)[..., None] / 255
        colour = np.asarray(_to_srgb(picture.convert("RGB"), picture.info.get("icc_profile")), dtype=np.float32)
        return np.rint(colour * alpha + 255 * (1 - alpha)).astype(np.uint8)
    profile = picture.info.get("icc_profile")
    if picture.mode not in ("RGB", "CMYK", "L"):
        picture = picture.convert("RGB")
    picture = _to_srgb(picture, profile)
    return np.array(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _to_srgb(picture: PIL.Image.Image, profile: bytes | None) -> PIL.Image.Image:
    """Return the picture converted from its colour profile; as it is without one, or if the profile cannot be used."""
    if not profile:
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return picture
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError):
        return picture
    return converted or picture


def _grey_to_rgb(samples: NDArray[Any]) -> Image:
    """Return one-channel samples (H, W) of 16 or 32 bits, or floats, as an image.

    Integers above 255 are taken as 16-bit, floats up to 1 as fractions of white; what is beyond is clipped.
    """
    values = np.nan_to_num(samples.astype(np.float64), nan=0.0, posinf=1e9, neginf=0.0)
    if samples.dtype.kind == "f":
        scale = 255.0 if values.max() <= 1 else 1.0
    else:
        scale = 1.0 if samples.dtype.itemsize > 2 and values.max() <= 255 else 1 / 257
    grey = np.rint(np.clip(values * scale, 0, 255)).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def write_image(path: str | os.PathLike[str], image: Image, provenance: Provenance) -> None:
    """Write an image, atomically, with its provenance in its metadata.

    Parameters
    ----------
    path : path-like
        The file. Its suffix chooses the kind: .png, .tif and .tiff keep every pixel; .jpg, .jpeg and .webp are written
        at quality 95, JPEG without chroma subsampling.
    image : ndarray of shape (H, W, 3), uint8
        The image.
    provenance : Provenance
        Where it comes from.

    Raises
    ------
    ImageError
        If the suffix is unknown or the file cannot be written.
    """
    target, picture = Path(path), PIL.Image.fromarray(check_image(image))
    save = _writer(picture, target.suffix.lower(), provenance)
    if save is None:
        raise ImageError(f"{target}: unknown suffix {target.suffix!r}; use one of {', '.join(WRITABLE)}")
    if target.is_dir():
        raise ImageError(f"{target}: is a folder; give the name of a file")
    try:
        with atomic_path(target) as temporary, temporary.open("wb") as file:
            save(file)
            file.close()  # Windows does not move an open file
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise ImageError(f"{target}: cannot be written ({reason})") from None


def encode_image(image: Image, suffix: str, provenance: Provenance) -> bytes:
    """Return what `write_image` would write, as bytes.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The image.
    suffix : str
        The kind, one of `WRITABLE`.
    provenance : Provenance
        Where it comes from.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    ImageError
        If the suffix is unknown.
    """
    save = _writer(PIL.Image.fromarray(check_image(image)), suffix.lower(), provenance)
    if save is None:
        raise ImageError(f"unknown suffix {suffix!r}; use one of {', '.join(WRITABLE)}")
    stream = io.BytesIO()
    save(stream)
    return stream.getvalue()


def _writer(picture: PIL.Image.Image, suffix: str, provenance: Provenance) -> Callable[[Any], None] | None:
    """Return what writes the picture to an open file; None for an unknown suffix."""
    xmp = provenance.to_xmp()
    match suffix:
        case ".png":
            return lambda file: picture.save(file, "PNG", pnginfo=png_info(provenance), compress_level=6)
        case ".jpg" | ".jpeg":
            exif = exif_data(provenance)
            return lambda file: picture.save(file, "JPEG", quality=95, subsampling=0, exif=exif, xmp=xmp)
        case ".webp":
            exif = exif_data(provenance)
            return lambda file: picture.save(file, "WEBP", quality=95, method=4, exif=exif, xmp=xmp)
        case ".tif" | ".tiff":
            tags = {_DESCRIPTION: provenance.to_json(), _SOFTWARE: f"affectface {provenance.version}", _XMP: xmp}
            return lambda file: picture.save(file, "TIFF", compression="tiff_deflate", tiffinfo=tags)
    return None


def png_info(provenance: Provenance) -> PngImagePlugin.PngInfo:
    """Return the text chunks of a PNG file: the XMP packet and the JSON."""
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", provenance.to_xmp().decode())
    info.add_itxt("affectface", provenance.to_json())
    return info


def exif_data(provenance: Provenance) -> bytes:
    """Return the EXIF block of a JPEG or WebP file: the JSON as its description."""
    exif = PIL.Image.Exif()
    exif[_DESCRIPTION] = provenance.to_json()
    exif[_SOFTWARE] = f"affectface {provenance.version}"
    return exif.tobytes()
