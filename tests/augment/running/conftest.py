"""A small data set with a damaged photo, its plan, an undisturbed run, and a double that draws noise, not faces."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest

from affectface.affect import ValenceArousal
from affectface.affect_path import AffectPath
from affectface.assets.example import example_photo
from affectface.augment.data_card.writing import CARD, PICTURE
from affectface.augment.making.config import MakingConfig, Models
from affectface.augment.making.fitted_photo import FittedPhoto
from affectface.augment.making.shown import Found, Made, Shown
from affectface.augment.plan import Job, Plan, open_plan, seed_of, write_plan
from affectface.augment.rows import Row
from affectface.augment.running.config import RunConfig
from affectface.augment.running.run import run_plan
from affectface.camera import Camera
from affectface.errors import AffectFaceError
from affectface.files import sha256_of
from affectface.fitting.face_fit import FaceFit
from affectface.images import read_image
from affectface.morphable import FaceModel

EACH = 8
CONFIG = RunConfig(part_jobs=6, face_model="embedded")


@pytest.fixture(scope="session")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Eight jobs of each of two portraits and a file that ends early."""
    folder = tmp_path_factory.mktemp("photos")
    photo = cv2.resize(cv2.imread(str(example_photo())), None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(folder / "a.png"), photo)
    cv2.imwrite(str(folder / "b.png"), np.ascontiguousarray(photo[:, ::-1]))
    (folder / "c.png").write_bytes((folder / "a.png").read_bytes()[:9000])
    people = {"a.png": "ann", "b.png": "", "c.png": "cat"}
    rng = np.random.default_rng(5)
    with write_plan(folder / "plan.parquet", {"strategy": "plane"}) as writer:
        for name, subject in people.items():
            row = Row(name, subject=subject, split="train", fold=len(subject), source="drawn")
            for valence, arousal in np.float32(rng.uniform(-0.7, 0.7, (EACH, 2))).tolist():
                seed = seed_of(5, row, f"{valence} {arousal}")
                writer.add(Job(0, row, ValenceArousal(valence, arousal), 1.0, None, None, seed))
    return open_plan(folder / "plan.parquet")


@pytest.fixture(scope="session")
def undisturbed(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one worker that nothing happened to."""
    folder = tmp_path_factory.mktemp("undisturbed") / "out"
    run_plan(plan, folder, config=CONFIG, workers=1)
    return folder


@pytest.fixture
def noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is fitted or drawn: pictures are noise that follows from the job's seed."""
    work = "affectface.augment.running.photo_work"
    monkeypatch.setattr(f"{work}.fit_photo", no_fit)
    monkeypatch.setattr(f"{work}.make_all", noise_of)


def no_fit(file: Path, row: Row, face_model: FaceModel) -> FittedPhoto:
    try:
        read_image(file)
    except AffectFaceError as error:
        return FittedPhoto(row, sha256_of(file), face_model.name, None, None, f"{type(error).__name__}: {error}")
    zeros = np.zeros((478, 2), np.float32)
    camera = Camera(np.eye(3, dtype=np.float32), np.array([0, 0, 50], np.float32), 500.0, (50.0, 50.0))
    strengths = np.zeros(len(face_model.expression), np.float32)
    fit = FaceFit(strengths[:3], strengths, camera, np.zeros((9, 3), np.float32), zeros, (100, 100), 0.0)
    return FittedPhoto(row, sha256_of(file), face_model.name, np.zeros((478, 3), np.float32), fit)


def noise_of(
    photo: FittedPhoto, file: Path, jobs: Sequence[Job], models: Models, config: MakingConfig
) -> Iterator[Made]:
    for job in jobs:
        rng = np.random.default_rng(job.seed)
        sink = io.BytesIO()
        PIL.Image.fromarray(rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)).save(sink, "PNG")
        target = job.target
        affects = target.sample(5) if isinstance(target, AffectPath) else [target]
        strengths, points = rng.random(52, np.float32), rng.random((68, 2), np.float32)
        found = Found(strengths, 0.1, 0.2, 0.01, 0.02, 3.0, 0.004, 0.1, 1.0)
        shown = tuple(Shown(affect, strengths, (1, 2, 8, 9), points, found) for affect in affects)
        if job.seed % 7 == 0:
            yield Made(job.number, None, ".png", (16, 16), job.fps, shown, "a seam: a step of 99 grey levels")
        else:
            yield Made(job.number, sink.getvalue(), ".png", (16, 16), job.fps, shown)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder but the data card, which is the command line's, by name."""
    files = {str(file.relative_to(folder)): file for file in sorted(folder.rglob("*")) if file.is_file()}
    return {name: file.read_bytes() for name, file in files.items() if name not in (CARD, PICTURE)}
