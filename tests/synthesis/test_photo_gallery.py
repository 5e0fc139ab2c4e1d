"""Photos and films with labels become a gallery of strengths, continued to the same bytes."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from affectface.affect import AffectPath, Expression
from affectface.assets.example import example_photo
from affectface.clips import write_clip
from affectface.errors import GalleryError
from affectface.gallery.store import open_gallery
from affectface.images import write_image
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model
from affectface.synthesis import photo_gallery
from affectface.synthesis.film_labels import read_film_labels
from affectface.synthesis.photo_gallery import fit_photo_gallery
from affectface.synthesis.photo_table import read_photo_table
from affectface.synthesis.portrait import Portrait


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return load_named_face_model("embedded")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, model: FaceModel) -> Path:
    """The example portrait as photos of two people and as a film of one."""
    place = tmp_path_factory.mktemp("annotated")
    portrait = Portrait.open(example_photo(), face_model=model)
    for name in ("neutral", "surprise"):
        image = portrait.express(Expression(name))[::2, ::2]
        for person in "ab":
            write_image(
                place / f"{person}_{name}.png", np.ascontiguousarray(image), portrait.provenance(Expression(name))
            )
    path = AffectPath([(0, 0), (0.1, 0.9)])
    frames = [np.ascontiguousarray(frame[::2, ::2]) for frame in portrait.animate(path, fps=10, seconds=0.7)]
    write_clip(place / "film.mp4", [*frames[:3], np.zeros_like(frames[0]), *frames[3:]], 10, portrait.provenance(path))
    (place / "empty.png").write_bytes(b"")
    rows = ["frame,valence,arousal", *(f"{n},0.1,{n / 10}" for n in range(3)), "4,-5,-5", "99,0,0"]
    (place / "film.csv").write_text("\n".join(rows) + "\n")
    table = [
        "file,subject,expression,labels",
        *(f"{p}_{n}.png,{p},{n}," for p in "ab" for n in ("neutral", "surprise")),
    ]
    (place / "photos.csv").write_text("\n".join([*table, "empty.png,b,anger,", "film.mp4,a,,film.csv"]) + "\n")
    return place


def contents(gallery: Path) -> dict[str, str]:
    files = sorted(path for path in gallery.rglob("*") if path.is_file())
    return {str(path.relative_to(gallery)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_photos_and_films_become_strengths(
    folder: Path, model: FaceModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = read_photo_table(folder / "photos.csv")
    assert [(one.name, one.subject, len(one.rows), one.film) for one in sets] == [
        ("a", "a", 2, False),
        ("a_film", "a", 1, True),
        ("b", "b", 3, False),
    ]
    done = fit_photo_gallery(model, sets, tmp_path / "out")
    gallery = open_gallery(tmp_path / "out")
    assert gallery.verify() == []
    assert (done.sequences, done.left_out_frames) == (3, 2)
    assert (gallery.form, gallery.topology, gallery.unit_names) == ("strengths", model.name, model.expression_names)
    values, labels = gallery.values("a"), gallery.labels("a")
    jaw = model.expression_names.index("jawOpen")
    assert values[1, jaw] > values[0, jaw] + 0.2
    assert labels is not None
    assert labels.expression == ("neutral", "surprise")
    assert np.abs(gallery.face("a")).max() > 0.1  # type: ignore[arg-type]
    assert gallery.face("a_film") is None
    assert gallery.left_out("b")[2].startswith("empty.png: the file is empty")
    film, said = gallery.sequence("a_film"), gallery.labels("a_film")
    assert (film.frame_rate, film.frames) == (10, done.frames - 4 + 1)
    assert gallery.left_out("a_film")[3] == "no face was found"
    assert np.isnan(gallery.values("a_film")[3]).all()
    assert np.isfinite(gallery.values("a_film")[gallery.kept("a_film")]).all()
    assert said is not None
    np.testing.assert_allclose(said.arousal[:6], [0, 0.1, 0.2, np.nan, np.nan, np.nan])
    # One sequence was lost with a run that was killed: the next makes it again, and nothing else.
    before = contents(tmp_path / "out")
    shutil.rmtree(tmp_path / "out" / "sequences" / "b")
    assert fit_photo_gallery(model, sets, tmp_path / "out").added == 1
    assert contents(tmp_path / "out") == before
    # A film in pieces is as long as a film in one.
    monkeypatch.setattr(photo_gallery, "_PIECE", 3)
    shutil.rmtree(tmp_path / "out" / "sequences" / "a_film")
    fit_photo_gallery(model, sets, tmp_path / "out")
    pieces = open_gallery(tmp_path / "out")
    assert pieces.left_out("a_film") == gallery.left_out("a_film")
    assert pieces.values("a_film").shape == (film.frames, len(model.expression_names))


def test_films_that_cannot_be_read(folder: Path, model: FaceModel, tmp_path: Path) -> None:
    data = (folder / "film.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) // 2])
    (tmp_path / "t.csv").write_text("file,subject,valence,arousal\ncut.mp4,a,0,0\nnone.mp4,a,0,0\n")
    with pytest.raises(GalleryError, match=r"none of 2 pictures could be fitted; the first: a_cut, frame 0: cut\.mp4"):
        fit_photo_gallery(model, read_photo_table(tmp_path / "t.csv"), tmp_path / "out")
    gallery = open_gallery(tmp_path / "out")
    assert gallery.left_out("a_none")[0].startswith("none.mp4: cannot be read")
    assert gallery.left_out("a_cut")[-1].startswith("cut.mp4: cannot be read on")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,subject\na.png,1\n", "file and subject are needed, and expression"),
        ("file,subject,expression\na.png,,joy\n", "unknown expression 'joy'"),
        ("file,subject,expression\na.png,,anger\n", "row 2: file and subject are needed"),
        ("file,subject,labels\na.png,1,x.csv\n", r"a file of labels belongs to a film, a\.png is none"),
        ("file,subject,valence\nx/a.mp4,1,0\ny/a.mp4,1,0\n", "1_a would be two sequences"),
        ("file,subject,valence,arousal\na.png,1,3,0\n", r"valence is '3'; a number in \[-1, 1\]"),
    ],
)
def test_tables_that_are_none(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(GalleryError, match=message):
        read_photo_table(tmp_path / "t.csv")


def test_labels_of_a_films_frames(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text("valence,arousal\n0.5,-0.5\n-5,-5\n1,1\n")  # as Aff-Wild2 has them
    found = read_film_labels(path, 4, 25)
    np.testing.assert_allclose(found.valence, [0.5, np.nan, 1, np.nan])
    path.write_text("time,valence,expression\n0.1,0,\n0.3,1,happiness\n")
    found = read_film_labels(path, 5, 10)
    np.testing.assert_allclose(found.valence, [np.nan, 0, 0.5, 1, 1], atol=1e-6)
    assert found.expression == ("", "", "", "happiness", "happiness")
    for text, message in (
        ("time,valence\n1,0\n0,0\n", "do not rise"),
        ("frame,valence\n-1,0\n", "frame is '-1'"),
        ("frame,mood\n1,0\n", "valence, arousal or expression is needed"),
        ("frame,valence\n1,2\n", "valence is '2'"),
    ):
        path.write_text(text)
        with pytest.raises(GalleryError, match=message):
            read_film_labels(path, 5, 10)
