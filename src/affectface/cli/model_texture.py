"""``affectface model texture``: a texture model, learned from photos."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from affectface.cli.options import JsonOption, ModelOption
from affectface.cli.report import Advance, one_line, progress, reporting, say
from affectface.errors import AffectFaceError, FaceNotFoundError

if TYPE_CHECKING:
    from affectface.fitting.texture_learning import FittedPhoto
    from affectface.morphable import FaceModel

_SHOWN = 10
_FEWEST = 2


class FeatureName(StrEnum):
    """Choices of ``--features``."""

    sift = "sift"
    hog = "hog"


@reporting
def texture(
    photos: Annotated[
        list[Path], typer.Argument(metavar="PHOTOS...", help="Photos with one face each, or folders of them.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The texture model, a .npz.")],
    model: ModelOption = None,
    features: Annotated[FeatureName, typer.Option(help="What is compared instead of colours.")] = FeatureName.sift,
    vertices: Annotated[int, typer.Option(min=50, max=20000, help="Vertices of the skin that are modelled.")] = 1000,
    mirror: Annotated[bool, typer.Option("--mirror/--no-mirror", help="Learn from mirrored photos too.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Learn what the skin of a face model looks like, for ``affectface fit --method photometric``."""
    from affectface.fitting.texture_learning import TextureConfig, sample_texture, texture_from_samples
    from affectface.morphable.library import load_named_face_model
    from affectface.morphable.texture.texture_model import choose_vertices, save_texture_model

    face_model = load_named_face_model(model)
    files = photo_files(photos)
    config = TextureConfig(features=features.value, vertices=vertices)
    chosen = choose_vertices(face_model, vertices)
    left_out: list[dict[str, str]] = []
    with progress("looking at photos", len(files)) as advance:
        samples = [
            sample_texture(face_model, photo, chosen, config)
            for photo in _fitted(face_model, files, mirror, left_out, advance)
        ]
    if len(samples) < _FEWEST:
        raise FaceNotFoundError(f"{len(samples)} of {len(files)} photos show a face; at least {_FEWEST} are needed")
    with progress("completing and learning", None):
        learned = texture_from_samples(face_model, chosen, samples, config)
    save_texture_model(learned, out)
    components = [len(level.eigenvalues) for level in learned.levels]
    result: dict[str, Any] = {
        "file": str(out),
        "face_model": face_model.name,
        "photos": len(files) - len(left_out),
        "left_out": left_out,
        "components": components,
    }
    text = f"{out}: {len(files) - len(left_out)} photos, {' and '.join(map(str, components))} components"
    for one in left_out[:_SHOWN]:
        text += f"\nleft out: {one['message']}"
    say(result, text, as_json=as_json)


def photo_files(paths: list[Path]) -> list[Path]:
    """Return the photos that paths name: files as they are, of folders the pictures in them.

    Parameters
    ----------
    paths : list of Path
        Files and folders.

    Returns
    -------
    list of Path
        The files, each folder's in the order of their names.
    """
    from affectface.images import WRITABLE

    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(file for file in path.iterdir() if file.suffix.lower() in WRITABLE)
        else:
            files.append(path)
    return files


def _fitted(
    model: FaceModel, files: list[Path], mirror: bool, left_out: list[dict[str, str]], advance: Advance
) -> Iterator[FittedPhoto]:
    """Yield the fitted photos, and note those that cannot be used."""
    from affectface.fitting.texture_learning import fit_photo
    from affectface.images import read_image

    for file in files:
        try:
            image = read_image(file)
            fitted = [fit_photo(model, view) for view in ((image, image[:, ::-1]) if mirror else (image,))]
        except AffectFaceError as error:
            left_out.append({"file": str(file), "message": _about(file, error)})
            fitted = []
        yield from fitted
        advance(1)


def _about(file: Path, error: AffectFaceError) -> str:
    """Return what is wrong with a file, which the message may name already."""
    message = one_line(error)
    return message if str(file) in message else f"{file}: {message}"
