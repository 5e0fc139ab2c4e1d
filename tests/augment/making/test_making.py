"""One photo and its jobs: pictures with their records, the same bytes however the jobs are grouped."""

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

import affectface
from affectface.affect import ActionUnits, AffectPath, Expression, ValenceArousal
from affectface.augment.making.config import MakingConfig, Models
from affectface.augment.making.fitted_photo import FittedPhoto
from affectface.augment.making.making import make_all
from affectface.augment.making.shown import Made
from affectface.augment.plan import Job
from affectface.augment.rows import Row
from affectface.clips import open_film
from affectface.images import read_image, write_image
from affectface.landmarks import detect_faces
from affectface.landmarks.subset68 import landmarks68
from affectface.metadata import read_provenance
from affectface.provenance import Provenance

CONFIG = MakingConfig()
TRAINING = Path(affectface.__file__).parent / "recognition" / "training" / "cutting.py"
"""Imports torch, which the tests do without."""


@pytest.fixture(scope="module")
def made(fitted: FittedPhoto, file: Path, jobs: list[Job], models: Models) -> list[Made]:
    return list(make_all(fitted, file, jobs, models, CONFIG))


def test_each_job_becomes_a_picture(made: Sequence[Made], jobs: Sequence[Job]) -> None:
    assert [one.job for one in made] == [job.number for job in jobs]
    for one in made:
        assert not one.reason
        assert one.data is not None
        assert read_image(one.data).shape == (224, 224, 3)
        assert (one.suffix, one.size, one.fps, len(one.shown)) == (".jpg", (224, 224), None, 1)


def test_records_say_where_the_face_is(made: Sequence[Made]) -> None:
    room = float(re.findall(r"^ROOM = (.*)$", TRAINING.read_text(), re.MULTILINE)[0])
    for one in made:
        shown = one.shown[0]
        face = detect_faces(read_image(one.data or b""), max_faces=1)[0]
        left, top, width, height = shown.box
        eyes = np.linalg.norm(face.landmarks[33] - face.landmarks[263])
        assert np.abs(np.array([left, top, left + width, top + height]) - face.box).max() < 0.1 * eyes
        away = np.linalg.norm(landmarks68(face.landmarks)[:, :2] - shown.landmarks68, axis=1)
        assert np.median(away) < 0.03 * eyes
        # what training cuts lies within the picture
        half = room * max(width, height) / 2
        assert min(left + width / 2, top + height / 2) - half > -4
        assert max(left + width / 2, top + height / 2) + half < 228


def test_pictures_do_not_depend_on_the_other_jobs(
    made: Sequence[Made], fitted: FittedPhoto, file: Path, jobs: list[Job], models: Models
) -> None:
    backwards = {one.job: one for one in make_all(fitted, file, jobs[::-1], models, CONFIG)}
    alone = next(iter(make_all(fitted, file, jobs[3:4], models, CONFIG)))
    assert alone.data == made[3].data
    for one in made:
        again = backwards[one.job]
        assert again.data == one.data
        np.testing.assert_array_equal(again.shown[0].expression, one.shown[0].expression)


def test_the_seed_alone_varies_a_face(fitted: FittedPhoto, file: Path, row: Row, models: Models) -> None:
    jobs = [Job(n, row, ValenceArousal(0.8, 0.3), 1.0, None, None, seed) for n, seed in enumerate((5, 5, 6))]
    first, same, other = (one.data for one in make_all(fitted, file, jobs, models, CONFIG))
    assert first == same != other
    plain = list(make_all(fitted, file, jobs, models, replace(CONFIG, variation=False)))
    assert plain[0].data == plain[2].data


def test_pictures_say_that_they_are_synthetic(
    fitted: FittedPhoto, file: Path, jobs: list[Job], models: Models, tmp_path: Path
) -> None:
    for form in ("jpg", "png"):
        one = next(iter(make_all(fitted, file, jobs[1:2], models, MakingConfig(form=form))))
        picture = tmp_path / f"picture{one.suffix}"
        picture.write_bytes(one.data or b"")
        said = read_provenance(picture)
        assert said.source_type == "compositeWithTrainedAlgorithmicMedia"
        assert said.asked["valence"] == pytest.approx(0.35)
        assert said.asked["seed"] == 1001
        assert said.models["face model"].startswith("embedded")


def test_every_kind_of_target(fitted: FittedPhoto, file: Path, row: Row, models: Models) -> None:
    targets = (Expression("happiness"), ActionUnits({12: 0.8, 6: 0.5}), ValenceArousal(-0.5, 0.5))
    jobs = [Job(n, row, target, 0.8, None, None, n) for n, target in enumerate(targets)]
    found = list(make_all(fitted, file, jobs, models, CONFIG))
    assert [one.reason for one in found] == [""] * 3
    assert [one.shown[0].affect for one in found] == list(targets)
    smile = models.face_model.expression_names.index("mouthSmile_L")
    seen = found[0].shown[0].found
    assert seen is not None
    assert seen.expression[smile] > 0.2


def test_a_path_becomes_a_clip_with_a_label_a_frame(
    fitted: FittedPhoto, file: Path, row: Row, models: Models, tmp_path: Path
) -> None:
    path = AffectPath([(0, 0), (0.8, 0.4)])
    job = Job(9, row, path, 1.0, 0.5, 10.0, 3)
    config = MakingConfig(size=112)
    first, again = (next(iter(make_all(fitted, file, [job], models, config))) for _ in range(2))
    assert first.data == again.data
    assert (first.suffix, first.fps, first.reason) == (".mp4", 10.0, "")
    assert [one.affect for one in first.shown] == path.sample(5)
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(first.data or b"")
    frames = list(open_film(clip).frames())
    assert [frame.shape for frame in frames] == [(112, 112, 3)] * 5
    assert read_provenance(clip).asked["seed"] == 3


def test_the_whole_photo_in_its_own_size(fitted: FittedPhoto, file: Path, jobs: list[Job], models: Models) -> None:
    config = MakingConfig(size=None, form="png", gate=False)
    one = next(iter(make_all(fitted, file, jobs[:1], models, config)))
    photo, picture = read_image(file), read_image(one.data or b"")
    assert picture.shape == photo.shape
    np.testing.assert_array_equal(picture[300:], photo[300:])
    assert one.shown[0].found is None
    face = detect_faces(picture, max_faces=1)[0]
    away = np.linalg.norm(landmarks68(face.landmarks)[:, :2] - one.shown[0].landmarks68, axis=1)
    assert np.median(away) < 3


def test_a_photo_that_is_another_now_is_not_drawn(
    fitted: FittedPhoto, jobs: list[Job], models: Models, tmp_path: Path, file: Path
) -> None:
    other = tmp_path / "other.png"
    write_image(other, read_image(file), Provenance())
    found = list(make_all(fitted, other, jobs[:2], models, CONFIG))
    assert [one.data for one in found] == [None, None]
    assert all("not the file that was fitted" in one.reason for one in found)
    found = list(make_all(fitted, tmp_path / "missing.png", jobs[:1], models, CONFIG))
    assert found[0].reason.startswith("ImageError: ")
    refused = replace(fitted, fit=None, landmarks=None, reason="FaceTooSmallError: small")
    assert "FaceTooSmallError: small" in next(iter(make_all(refused, file, jobs[:1], models, CONFIG))).reason


def test_a_target_that_cannot_be_shown_leaves_the_others(
    fitted: FittedPhoto, file: Path, row: Row, models: Models
) -> None:
    targets = (Expression("contempt"), ValenceArousal(0.5, 0.1))
    jobs = [Job(n, row, target, 1.0 + (n == 0), None, None, n) for n, target in enumerate(targets)]
    bad, good = make_all(fitted, file, jobs, models, CONFIG)
    assert bad.reason.startswith("TargetError: ")
    assert good.data


def test_wrong_settings_are_refused(fitted: FittedPhoto, file: Path, models: Models) -> None:
    for wrong in ({"size": 10}, {"room": 0.5}, {"form": "gif"}):
        with pytest.raises(ValueError, match="needed"):
            MakingConfig(**wrong)
    with pytest.raises(ValueError, match="fitted with"):
        list(make_all(replace(fitted, face_model="another"), file, [], models, CONFIG))


def test_metadata_are_kept_by_pillow(made: Sequence[Made]) -> None:
    with PIL.Image.open(io.BytesIO(made[0].data or b"")) as picture:
        assert b"compositeWithTrainedAlgorithmicMedia" in picture.info["xmp"]
