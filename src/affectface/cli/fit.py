"""``affectface fit``: fitted faces as coefficients, meshes, textures or drawings."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from affectface.cli.faces import DetectorName, found_face
from affectface.cli.options import (
    JsonOption,
    ModelOption,
    OneFaceOption,
    PhotosOrFilmArgument,
    portrait_options,
    which_face,
)
from affectface.cli.report import progress, reporting, say

if TYPE_CHECKING:
    from affectface.morphable.texture.texture_model import TextureModel
    from affectface.synthesis.portrait import Portrait


class MethodName(StrEnum):
    """Choices of ``--method``."""

    landmarks = "landmarks"
    photometric = "photometric"


@reporting
def fit(
    photos: PhotosOrFilmArgument,
    out: Annotated[
        list[Path],
        typer.Option(
            "-o",
            "--out",
            help="fit.json, face.obj, face.glb, texture.png, visibility.png, frontal.png or overlay.png; repeatable. "
            "The end of an image's name says what it is: lisa_texture.png. Of several photos or a film: fits.json or "
            "fits.jsonl.",
        ),
    ],
    same_person: Annotated[
        bool, typer.Option("--same-person", help="The photos show one person: one identity for all.")
    ] = False,
    method: Annotated[MethodName, typer.Option(help="photometric compares the skin's features too.")] = (
        MethodName.landmarks
    ),
    texture_model: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What photometric compares with; affectface model texture learns one."),
    ] = None,
    face: OneFaceOption = "largest",
    focal: Annotated[float | None, typer.Option(min=1, help="The photo's focal length in pixels, if known.")] = None,
    texture_size: Annotated[
        int, typer.Option(min=64, max=8192, help="Side of the texture and of the one in the .glb, texels.")
    ] = 1024,
    landmarks: Annotated[
        Path | None,
        typer.Option(metavar="FILE.pts|FILE.ljson", help="The face's 68 points, instead of looking for it."),
    ] = None,
    detector: Annotated[
        DetectorName | None, typer.Option(help="Look for faces by this detector; its package must be installed.")
    ] = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit a face model to a photo, to several photos or to a film, and write what was found."""
    from affectface.clips import FILMS
    from affectface.synthesis.many_fits import fitted_by_features
    from affectface.synthesis.portrait import Portrait

    texture = _texture(method, texture_model)
    if len(photos) == 1 and not same_person and photos[0].suffix.lower() not in FILMS:
        options = portrait_options(model, None)
        chosen = which_face(face, several=False)
        given = found_face(photos[0], chosen, options, landmarks, detector) if landmarks or detector else chosen
        portrait = Portrait.open(photos[0], face=given, focal=focal, **options)  # type: ignore[arg-type]
        if texture is not None:
            portrait = fitted_by_features(portrait, texture, focal=focal)
        _write_one(portrait, out, texture_size, as_json)
        return
    if focal or landmarks or detector or face != "largest":
        raise typer.BadParameter(
            "the largest faces of several pictures are fitted: leave out --face, --focal, --landmarks and --detector"
        )
    _fit_many(photos, out, texture, model, same_person, as_json)


def _texture(method: MethodName, file: Path | None) -> TextureModel | None:
    from affectface.morphable.texture.texture_model import load_texture_model

    if (method is MethodName.photometric) != (file is not None):
        raise typer.BadParameter("--method photometric and --texture-model FILE belong together; give both or none")
    return None if file is None else load_texture_model(file)


def _write_one(portrait: Portrait, out: list[Path], texture_size: int, as_json: bool) -> None:
    from affectface.synthesis.fit_files import write_fit

    with progress("writing", len(out)) as advance:
        for file in out:
            write_fit(portrait, file, texture_size=texture_size)
            advance(1)
    error = float(portrait.fit.error)
    result = {"files": [str(file) for file in out], "face_model": portrait.face_model.name, "error": error}
    result |= {"method": portrait.fit.method, "reason": portrait.fit.reason}
    text = f"{', '.join(map(str, out))}: error {100 * error:.2f} % of the inter-ocular distance"
    if portrait.fit.reason:
        text += f"; by landmarks alone, for {portrait.fit.reason}"
    say(result, text, as_json=as_json)


def _fit_many(
    photos: list[Path], out: list[Path], texture: TextureModel | None, model: str | None, same: bool, as_json: bool
) -> None:
    from affectface.clips import FILMS, open_film
    from affectface.morphable.library import load_named_face_model
    from affectface.synthesis.many_fits import check_fits_file, fit_film, fit_photos, write_fits

    films = [photo for photo in photos if photo.suffix.lower() in FILMS]
    if films and len(photos) > 1:
        raise typer.BadParameter(f"{films[0]} is a film; give one film, or photos")
    for file in out:
        check_fits_file(file)
    face_model = load_named_face_model(model)
    if films:
        film = open_film(films[0])
        with progress("looking at frames", film.frame_count) as advance:
            fits = fit_film(face_model, film, texture=texture, advance=advance)
    else:
        with progress("looking at photos", len(photos)) as advance:
            fits = fit_photos(face_model, photos, same_person=same, texture=texture, advance=advance)
    for file in out:
        write_fits(face_model, fits, file)
    errors = [float(one.fit.error) for one in fits if one.fit is not None]
    mean = sum(errors) / len(errors)
    result = {"files": [str(file) for file in out], "face_model": face_model.name, "error": mean}
    result |= {"pictures": len(fits), "faces": len(errors)}
    text = f"{', '.join(map(str, out))}: {len(errors)} faces in {len(fits)} pictures, error {100 * mean:.2f} %"
    say(result, f"{text} of the inter-ocular distance", as_json=as_json)
