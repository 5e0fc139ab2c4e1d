"""Reading back what a file of affectface says about itself; see `affectface.provenance`."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import PIL.Image

from affectface.errors import ImageError
from affectface.provenance import Provenance

_DESCRIPTION = 0x010E
_CLIPS = (".mp4", ".m4v", ".mov", ".mkv", ".webm")


def read_provenance(path: str | os.PathLike[str]) -> Provenance:
    """Read the provenance of an image, a clip or a folder of frames.

    Parameters
    ----------
    path : path-like
        The file, or the folder: then that of its first frame.

    Returns
    -------
    Provenance
        What the file says.

    Raises
    ------
    ImageError
        If the file cannot be read, or says nothing: it is not from affectface, or its metadata were stripped.
    """
    file = Path(path)
    if file.is_dir():
        frames = sorted(file.glob("*.png"))
        if not frames:
            raise ImageError(f"{file}: a folder without PNG frames; give an image, a clip or a folder of frames")
        file = frames[0]
    try:
        texts = _container_texts(file) if file.suffix.lower() in _CLIPS else _picture_texts(file)
    except Exception as error:  # damaged files make the decoders fail in any way
        reason = getattr(error, "strerror", None) or "not an image or a clip of a known kind"
        raise ImageError(f"{file}: cannot be read ({reason}); check the path") from None
    for text in texts:
        try:
            return Provenance.from_json(text)
        except ValueError:
            continue
    raise ImageError(f"{file}: says nothing of affectface; it is from elsewhere, or its metadata were removed")


def _container_texts(file: Path) -> list[str]:
    """Return the comments of a clip."""
    import av

    with av.open(str(file)) as container:
        return [text for key, text in container.metadata.items() if key.lower() in ("comment", "description")]


def _picture_texts(file: Path) -> list[str]:
    """Return the texts of an image that can hold a provenance."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # large images and odd metadata are no matter here: no pixel is decoded
        with PIL.Image.open(file) as picture:
            if picture.format == "PNG":
                picture.load()  # text chunks may stand behind the pixels
            info = dict(picture.info)
            found: list[Any] = [info.get("affectface"), info.get("comment"), picture.getexif().get(_DESCRIPTION)]
    packets = [info.get("xmp"), info.get("XML:com.adobe.xmp")]
    found += [_of_packet(packet) for packet in packets if packet]
    return [text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text) for text in found if text]


def _of_packet(packet: bytes | str) -> str | None:
    """Return our entry of an XMP packet."""
    try:
        root = ElementTree.fromstring(packet.decode() if isinstance(packet, bytes) else packet)
    except (ElementTree.ParseError, ValueError):
        return None
    name = "{urn:affectface:provenance}Provenance"
    return next((element.attrib[name] for element in root.iter() if name in element.attrib), None)
