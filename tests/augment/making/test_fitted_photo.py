"""Fits of photos: what they are of, why there is none, and that their table gives the same bytes back."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from affectface.augment.making.config import Models
from affectface.augment.making.fitted_photo import FittedPhoto, fit_photo, fits_of_table, fits_schema, table_of_fits
from affectface.augment.rows import Row
from affectface.clips import write_clip
from affectface.errors import DataSetError
from affectface.files import sha256_of
from affectface.fitting.fit import fit_face
from affectface.images import read_image, write_image
from affectface.landmarks import detect_faces
from affectface.provenance import Provenance

ARRAYS = ("identity", "expression", "lighting", "residual")


def same(first: FittedPhoto, second: FittedPhoto) -> None:
    for name in ("path", "subject", "split", "fold", "frame", "box", "source"):
        assert getattr(first.row, name) == getattr(second.row, name)
    assert (first.sha256, first.face_model, first.reason) == (second.sha256, second.face_model, second.reason)
    assert (first.fit is None) == (second.fit is None)
    if first.fit is None or second.fit is None or first.landmarks is None or second.landmarks is None:
        return
    pairs = [(getattr(first.fit, name), getattr(second.fit, name)) for name in ARRAYS]
    cameras = first.fit.camera, second.fit.camera
    pairs += [(cameras[0].rotation, cameras[1].rotation), (cameras[0].translation, cameras[1].translation)]
    for one, other in [*pairs, (first.landmarks, second.landmarks)]:
        assert one.dtype == other.dtype == np.float32
        assert one.tobytes() == other.tobytes()
    assert (cameras[0].focal, cameras[0].centre) == (cameras[1].focal, cameras[1].centre)
    assert (first.fit.image_size, first.fit.error) == (second.fit.image_size, second.fit.error)


def test_the_fit_is_that_of_the_photo(fitted: FittedPhoto, file: Path, models: Models) -> None:
    image = read_image(file)
    own = fit_face(models.face_model, image, detect_faces(image, max_faces=1)[0].landmarks)
    assert fitted.fit is not None
    assert not fitted.reason
    np.testing.assert_array_equal(fitted.fit.expression, own.expression)
    assert fitted.sha256 == sha256_of(file)


def test_a_table_gives_the_same_bytes_back(fitted: FittedPhoto) -> None:
    boxed = replace(fitted, row=replace(fitted.row, box=(1.25, 2, 30, 40.5), frame=7))
    refused = replace(fitted, landmarks=None, fit=None, reason="FaceNotFoundError: no face was found")
    photos = [fitted, refused, boxed]
    table = table_of_fits(photos)
    assert table.schema.equals(fits_schema())
    stream = io.BytesIO()
    pq.write_table(table, stream)
    for back in (table, pq.read_table(stream), table.to_batches()[0], table.slice(0)):
        for before, after in zip(photos, fits_of_table(back), strict=True):
            same(before, after)
    same(refused, fits_of_table(table.slice(1, 1))[0])
    assert table_of_fits(fits_of_table(table)).equals(table)


def test_another_table_and_a_damaged_one_are_refused(fitted: FittedPhoto) -> None:
    with pytest.raises(DataSetError, match="another form"):
        fits_of_table(pa.table({"path": ["a"]}))
    table = table_of_fits([fitted])
    for name, values in (("landmarks", [1.0, 2.0]), ("identity", [float("nan")] * 60)):
        place = table.schema.get_field_index(name)
        damaged = table.set_column(place, table.schema.field(name), pa.array([values], pa.list_(pa.float32())))
        with pytest.raises(DataSetError, match="damaged"):
            fits_of_table(damaged)


def test_bad_photos_have_a_reason(models: Models, tmp_path: Path, fitted: FittedPhoto) -> None:
    truncated = tmp_path / "cut.png"
    truncated.write_bytes((tmp_path / "x").name.encode() + b"\x89PNG")
    grey = tmp_path / "grey.png"
    write_image(grey, np.full((200, 200, 3), 120, np.uint8), Provenance())
    cases = (
        (tmp_path / "missing.jpg", "ImageError"),
        (truncated, "ImageError"),
        (grey, "FaceNotFoundError"),
    )
    for file, kind in cases:
        found = fit_photo(file, Row(file.name), models.face_model)
        assert found.fit is None
        assert found.reason.startswith(f"{kind}: ")
        assert "\n" not in found.reason


def test_the_box_says_which_face(models: Models, file: Path, tmp_path: Path) -> None:
    image = read_image(file)
    two = tmp_path / "two.png"
    write_image(two, np.hstack([image, image[::2, ::2].repeat(2, 0)[:, :, :].repeat(1, 1)]), Provenance())
    x0, y0, x1, y1 = detect_faces(image, max_faces=1)[0].box
    for row in (Row("two.png", box=(x0, y0, x1 - x0, y1 - y0)), Row("two.png")):
        found = fit_photo(two, row, models.face_model)
        assert found.landmarks is not None
    absent = fit_photo(two, Row("two.png", box=(2, 400, 20, 20)), models.face_model)
    assert absent.reason == "FaceNotFoundError: no face was found where the row's box is"


def test_frames_of_a_film_are_read_in_any_order(models: Models, file: Path, tmp_path: Path) -> None:
    image = read_image(file)[:256, :384]
    film = tmp_path / "film.mp4"
    write_clip(film, [np.roll(image, 4 * shift, axis=1) for shift in range(5)], 25, Provenance())
    forward = [fit_photo(film, Row("film.mp4", frame=n), models.face_model) for n in range(5)]
    eyes = [float(photo.landmarks[33, 0]) for photo in forward if photo.landmarks is not None]
    assert np.allclose(np.diff(eyes), 4, atol=1.0)
    for number in (3, 1, 4):
        same(fit_photo(film, Row("film.mp4", frame=number), models.face_model), forward[number])
    assert {photo.sha256 for photo in forward} == {sha256_of(film)}
    assert "has no frame 9" in fit_photo(film, Row("film.mp4", frame=9), models.face_model).reason
