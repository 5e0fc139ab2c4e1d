"""The pictures of the London experiment, made of four of its people."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from affectface.augment.manifest import open_manifest
from affectface.errors import DataSetError
from affectface.recognition.experiments import london_images
from affectface.recognition.experiments.choosing import Role, choose, folds_of
from affectface.recognition.experiments.design import SEVEN
from affectface.recognition.experiments.london import LONDON
from affectface.recognition.experiments.london_images import prepare_london

FACES = Path(__file__).parents[4] / "shared" / "faces" / "london"
PEOPLE = ("001", "016", "068", "137")


class Silent:
    """Listens to nothing."""

    def begin(self, words: str, steps: int) -> None:
        """Hear nothing."""

    def advance(self, steps: int) -> None:
        """Hear nothing."""


@pytest.fixture
def faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if not FACES.is_dir():
        pytest.skip("the London faces are not here")
    monkeypatch.setattr(london_images, "EACH", 1)
    monkeypatch.setattr(london_images, "PLANE_EACH", 2)
    monkeypatch.setattr(london_images, "SMILING_EACH", 1)
    monkeypatch.setattr(london_images, "PLANE_FOLDS", 2)
    for part in ("neutral", "smiling"):
        (tmp_path / "faces" / part).mkdir(parents=True)
        for name in PEOPLE:
            shutil.copy(FACES / part / f"{name}.jpg", tmp_path / "faces" / part)
    return tmp_path / "faces"


def test_every_picture_stays_where_its_person_is(faces: Path, tmp_path: Path) -> None:
    manifests = prepare_london(faces, tmp_path / "out", told=Silent(), face_model="embedded")
    rows = {name: list(open_manifest(file).rows()) for name, file in manifests.items()}
    assert set(rows) == {role for study in LONDON.studies for role in study.roles}
    assert Counter(row.expression for row in rows["real"]) == {"neutral": 4, "happiness": 4}
    shown = Counter(row.expression for row in rows["synthetic"])
    assert set(shown) <= set(SEVEN)
    assert 24 <= sum(shown.values()) <= 28  # some pictures may be refused
    # a smile with the mouth closed is asked for as action units, and labelled as the smile that it is
    assert shown["happiness"] >= 3
    assert not any(row.action_units for row in rows["synthetic"])
    home = {row.subject: row.fold for row in rows["real"]}
    assert all(row.fold == home[row.subject] for name in ("real", "synthetic") for row in rows[name])
    # of the plane there are other folds, the same for a person's neutral and smiling photos
    planes = [row for name in rows if name not in ("real", "synthetic") for row in rows[name]]
    assert len({(row.subject, row.fold) for row in planes}) == 4
    assert {row.fold for row in planes} == {0, 1}
    assert 2 <= len(rows["exact-smiling"]) <= 4
    # one run shows affects as people differ, the other alike: the same affects of the same people
    plane, exact = (
        sorted((row.subject, row.valence, row.arousal) for row in rows[name]) for name in ("plane", "exact")
    )
    assert len(set(plane) & set(exact)) >= 6
    roles = {name: Role(name, own, [f"{row.source}/{row.subject}" for row in own]) for name, own in rows.items()}
    for study in LONDON.studies:
        for arm in study.arms:
            if study.folds and not arm.people:
                for fold in folds_of(roles[arm.tested]):
                    choose(roles, arm, fold=fold, seed=0)


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match=r"neutral/001\.jpg"):
        prepare_london(tmp_path, tmp_path / "out", told=Silent())
