"""The example portrait as a photo of a data set, fitted once."""

from pathlib import Path

import numpy as np
import pytest

from affectface.affect import ValenceArousal
from affectface.assets.example import example_photo
from affectface.augment.making.config import Models
from affectface.augment.making.fitted_photo import FittedPhoto, fit_photo
from affectface.augment.plan import Job, Target
from affectface.augment.rows import Row
from affectface.gallery.library import load_named_affect_model
from affectface.morphable.library import load_named_face_model


@pytest.fixture(scope="session")
def models() -> Models:
    return Models(load_named_face_model("embedded"), load_named_affect_model(None))


@pytest.fixture(scope="session")
def file() -> Path:
    return example_photo()


@pytest.fixture(scope="session")
def row() -> Row:
    return Row("astronaut.png", subject="collins", split="train", fold=2, source="nasa")


@pytest.fixture(scope="session")
def fitted(models: Models, file: Path, row: Row) -> FittedPhoto:
    return fit_photo(file, row, models.face_model)


@pytest.fixture(scope="session")
def jobs(row: Row) -> list[Job]:
    return [job(row, number, ValenceArousal(v, a)) for number, (v, a) in enumerate(_points())]


def job(row: Row, number: int, target: Target, intensity: float = 1.0) -> Job:
    return Job(number, row, target, intensity, None, None, 1000 + number)


def _points() -> list[tuple[float, float]]:
    angles = np.arange(6) * np.pi / 3
    return [(float(0.7 * np.cos(a)), float(0.7 * np.sin(a))) for a in angles]
