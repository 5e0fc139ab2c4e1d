"""Neutral photos are those that are labelled so and look so; stopped work goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import affectface.augment.neutral_photos as neutral_photos
from affectface.affect import Expression
from affectface.assets.example import example_photo
from affectface.augment.importing import import_data_set
from affectface.augment.manifest import Manifest, open_manifest, write_manifest
from affectface.augment.neutral_photos import NeutralConfig, choose_neutral, labelled_neutral
from affectface.augment.rows import Row
from affectface.clips import write_clip
from affectface.errors import DataSetError
from affectface.images import read_image, write_image
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model
from affectface.synthesis.portrait import Portrait


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return load_named_face_model("embedded")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory, model: FaceModel) -> Path:
    """The example portrait neutral and smiling, a film of both, and a picture without a face."""
    folder = tmp_path_factory.mktemp("photos")
    portrait = Portrait.open(example_photo(), face_model=model)
    provenance = portrait.provenance(Expression("happiness"))
    images = [portrait.express(Expression(name)) for name in ("neutral", "happiness")]
    for name, image in zip(("neutral", "smile"), images, strict=True):
        write_image(folder / f"{name}.png", image, provenance)
    even = [np.ascontiguousarray(image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]) for image in images]
    write_clip(folder / "film.mp4", [even[0], even[1], even[1]], 25, provenance)
    write_image(folder / "grey.png", np.full((64, 64, 3), 128, np.uint8), provenance)
    return folder


@pytest.fixture
def manifest(photos: Path) -> Iterator[Manifest]:
    file = photos / "all.parquet"
    with write_manifest(file) as writer:
        writer.add(Row("neutral.png", subject="a", expression="neutral"))
        writer.add(Row("neutral.png", subject="a", valence=0.0, arousal=0.0, frame=7))
        writer.add(Row("smile.png", subject="a", expression="neutral"))
        writer.add(Row("smile.png", subject="a", expression="happiness", frame=1))
        writer.add(Row("grey.png", subject="b", expression="neutral"))
        writer.add(Row("film.mp4", subject="c", frame=1, valence=0.0, arousal=0.0, action_units={"12": 0.4}))
        writer.add(Row("film.mp4", subject="c", frame=0, valence=0.0, arousal=0.0, box=(1, 2, 3, 4)))
        writer.add(Row("film.mp4", subject="c", frame=0 + 9, valence=0.0, arousal=0.0))
        writer.add(Row("film.mp4", subject="c", frame=2, valence=0.5, arousal=0.0))
        writer.add(Row("gone.png", subject="d", expression="neutral"))
    yield open_manifest(file)
    file.unlink()


def test_what_counts_as_labelled(manifest: Manifest) -> None:
    assert np.flatnonzero(labelled_neutral(manifest)).tolist() == [0, 1, 2, 4, 5, 6, 7, 9]
    assert np.flatnonzero(labelled_neutral(manifest, 0.5)).tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9]


def test_the_fitter_decides(manifest: Manifest, model: FaceModel) -> None:
    out = manifest.path.with_name("neutral.csv")
    told = choose_neutral(manifest, out, model)
    kept = [(row.path, row.frame) for row in open_manifest(out).rows()]
    assert kept == [("neutral.png", None), ("neutral.png", 7)]
    assert (told.rows, told.labelled, told.kept) == (10, 8, 2)
    assert told.refused == {
        "it shows an expression": 2,
        "FaceNotFoundError": 2,  # the grey picture, and the film's frame whose box has no face
        "the picture cannot be read": 2,  # a frame that the film does not have, and a file that is not there
    }
    assert told.refusals is not None
    lines = told.refusals.read_text().splitlines()
    assert len(lines) == 1 + 6
    assert any(line.startswith("film.mp4,1,it shows an expression,0.") for line in lines)
    assert not list(manifest.path.parent.glob(".*"))


def test_a_wrong_root_is_an_error_and_nothing_is_left(manifest: Manifest, model: FaceModel, tmp_path: Path) -> None:
    out = manifest.path.with_name("nothing.parquet")
    with pytest.raises(DataSetError, match="none of the 8 photos can be read; is --root right"):
        choose_neutral(open_manifest(manifest.path, root=tmp_path), out, model)
    assert not out.exists()
    assert not list(manifest.path.parent.glob(".*"))


def test_the_most_neutral_of_each_person(manifest: Manifest, model: FaceModel) -> None:
    out = manifest.path.with_name("one.parquet")
    config = NeutralConfig(most_expression=9.0, most_each=1)
    told = choose_neutral(manifest, out, model, config=config)
    assert [(row.path, row.frame) for row in open_manifest(out).rows()] == [("neutral.png", None), ("film.mp4", 1)]
    assert told.refused["its person has enough others"] == 2


def test_stopped_work_goes_on(manifest: Manifest, model: FaceModel, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = manifest.path.with_name("whole.parquet")
    choose_neutral(manifest, whole, model)
    out = manifest.path.with_name("stopped.parquet")
    original, calls = neutral_photos._finding, []

    def interrupted(*args: object) -> dict[str, object]:
        if len(calls) == 3:
            raise KeyboardInterrupt
        calls.append(args)
        return original(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(neutral_photos, "_finding", interrupted)
    with pytest.raises(KeyboardInterrupt):
        choose_neutral(manifest, out, model)
    assert not out.exists()
    journal = out.with_name(".stopped.parquet.journal")
    with journal.open("ab") as stream:
        stream.write(b'{"row": 9, "am')  # a line that was cut off
    calls.clear()
    calls.extend([()] * 100)
    fitted: list[object] = []

    def counted(*args: object) -> dict[str, object]:
        fitted.append(args)
        return original(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(neutral_photos, "_finding", counted)
    steps: list[int] = []
    choose_neutral(manifest, out, model, advance=steps.append)
    assert len(fitted) == 8 - 3
    assert sum(steps) == 8
    assert out.read_bytes() == whole.read_bytes()
    assert not journal.exists()


def test_other_settings_begin_anew(manifest: Manifest, model: FaceModel) -> None:
    out = manifest.path.with_name("anew.parquet")
    out.with_name(".anew.parquet.journal").write_text('{"settings": {"verb": "age"}, "manifest": "0"}\n{"row": 0}\n')
    assert choose_neutral(manifest, out, model).kept == 2


def test_no_neutral_label_is_said(tmp_path: Path, model: FaceModel) -> None:
    with write_manifest(tmp_path / "m.csv") as writer:
        writer.add(Row("a.jpg", expression="anger"))
    with pytest.raises(DataSetError, match="no row is labelled neutral"):
        choose_neutral(open_manifest(tmp_path / "m.csv"), tmp_path / "n.csv", model)


def test_the_box_chooses_the_face(tmp_path: Path, model: FaceModel) -> None:
    from affectface.augment.pictures import face_of

    image = read_image(example_photo())
    two = np.concatenate([image, image], axis=1)
    width = image.shape[1]
    alone = face_of(Row("a.jpg"), image).box
    right = face_of(Row("a.jpg", box=(width + alone[0], alone[1], alone[2] - alone[0], alone[3] - alone[1])), two)
    assert right.box[0] > width


@pytest.mark.parametrize("people", [10])
def test_london_is_mostly_found(people: int, shared_faces: Path, tmp_path: Path, model: FaceModel) -> None:
    import_data_set("london", shared_faces / "london", tmp_path / "all.parquet", root=shared_faces)
    rows = list(open_manifest(tmp_path / "all.parquet", root=shared_faces).rows())
    chosen = [row for row in rows if int(row.subject) <= sorted({int(row.subject) for row in rows})[people - 1]]
    with write_manifest(tmp_path / "some.parquet") as writer:
        for row in chosen:
            labelled = Row(row.path, subject=row.subject, expression="neutral", source=row.expression)
            writer.add(labelled)
    out = tmp_path / "neutral.parquet"
    choose_neutral(open_manifest(tmp_path / "some.parquet", root=shared_faces), out, model)
    kept = [row.source for row in open_manifest(out, root=shared_faces).rows()]
    assert kept.count("neutral") == people
    assert kept.count("happiness") <= people // 2
