"""Ages by an estimator that is brought along: any function, or an ONNX file with its preprocessing."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from affectface.assets.example import example_photo
from affectface.augment.age_network import AgeNetwork, Preprocessing, prepared, read_preprocessing, years_of
from affectface.augment.ages import age_group, estimate_ages
from affectface.augment.manifest import Manifest, open_manifest, write_manifest
from affectface.augment.rows import Row
from affectface.errors import AssetError
from affectface.images import read_image
from affectface.landmarks import detect_faces


class Brightness:
    """Takes the mean of a picture for its age."""

    name = "brightness"

    def __call__(self, image: np.ndarray, landmarks: np.ndarray) -> float:
        return float(image.mean()) / 4


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    (tmp_path / "face.jpg").write_bytes(example_photo().read_bytes())
    with write_manifest(tmp_path / "m.parquet") as writer:
        writer.add(Row("face.jpg", subject="a"))
        writer.add(Row("face.jpg", subject="b", frame=1, age=41.5))
        writer.add(Row("face.jpg", subject="c", frame=2, age_group="4-19"))
        writer.add(Row("none.jpg", subject="d"))
    return open_manifest(tmp_path / "m.parquet")


def test_groups() -> None:
    assert [age_group(age) for age in (0, 19.99, 20, 79.5, 80, 120)] == [
        "0-19",
        "0-19",
        "20-29",
        "70-79",
        "80+",
        "80+",
    ]
    assert age_group(30, (18, 65)) == "18-64"


def test_what_is_known_stays(manifest: Manifest, tmp_path: Path) -> None:
    told = estimate_ages(manifest, tmp_path / "aged.csv", Brightness())
    ages = [(row.age, row.age_group) for row in open_manifest(tmp_path / "aged.csv").rows()]
    guess = read_image(example_photo()).mean() / 4
    assert ages[0] == (pytest.approx(guess, abs=0.01), age_group(guess))
    assert ages[1:] == [(41.5, "40-49"), (None, "4-19"), (None, "")]
    assert (told.rows, told.known, told.estimated) == (4, 2, 1)
    assert told.failed == {"the picture cannot be read": 1}
    assert sum(told.groups.values()) == 3
    assert not list(tmp_path.glob(".*"))


NETWORKS = {
    "NCHW": (
        "CAg6tAEKLQoBeAoEYXhlcxIFbWVhbnMiClJlZHVjZU1lYW4qDwoIa2VlcGRpbXMYAKABAgoaCgVtZWFucwoBcwoBZQoBYRIBeSIF"
        "U2xpY2USAWcqDggCEAc6AgIDQgRheGVzKgoIARAHOgEAQgFzKgoIARAHOgEBQgFlKgoIARAHOgEBQgFhWhsKAXgSFgoUCAESEAoC"
        "CAEKAggDCgIIEAoCCBBiEwoBeRIOCgwIARIICgIIAQoCCAFCBAoAEBI="
    ),
    "NHWC": (
        "CAg6tAEKLQoBeAoEYXhlcxIFbWVhbnMiClJlZHVjZU1lYW4qDwoIa2VlcGRpbXMYAKABAgoaCgVtZWFucwoBcwoBZQoBYRIBeSIF"
        "U2xpY2USAWcqDggCEAc6AgECQgRheGVzKgoIARAHOgEAQgFzKgoIARAHOgEBQgFlKgoIARAHOgEBQgFhWhsKAXgSFgoUCAESEAoC"
        "CAEKAggQCgIIEAoCCANiEwoBeRIOCgwIARIICgIIAQoCCAFCBAoAEBI="
    ),
}
"""ONNX files, ReduceMean over rows and columns of 16 x 16 pixels and then a Slice: the mean of the first channel."""


def network(file: Path, layout: str) -> None:
    file.write_bytes(base64.b64decode(NETWORKS[layout]))


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_a_network_sees_what_its_preprocessing_says(layout: str, tmp_path: Path) -> None:
    network(tmp_path / "age.onnx", layout)
    said = {"size": 16, "layout": layout, "order": "BGR", "scale": 0.5, "mean": [1, 2, 3], "deviation": [2, 2, 2]}
    (tmp_path / "age.json").write_text(json.dumps({**said, "times": 10}))
    wants = read_preprocessing(tmp_path / "age.json")
    image = read_image(example_photo())
    landmarks = detect_faces(image)[0].landmarks
    plain = prepared(image, landmarks, Preprocessing(size=16, scale=1.0, layout="NHWC"))
    expected = (plain[..., 2].mean() * 0.5 - 1) / 2 * 10  # blue comes first
    assert AgeNetwork(tmp_path / "age.onnx", wants)(image, landmarks) == pytest.approx(expected, rel=1e-4)


def test_chances_become_a_mean_age() -> None:
    answer = np.array([0.1, 0.2, 0.7])
    assert years_of(answer, Preprocessing(answer="chances"), "f") == pytest.approx(1.6)
    assert years_of(answer, Preprocessing(answer="chances", ages=(10, 20, 30)), "f") == pytest.approx(26)
    assert years_of(np.log(answer) + 5, Preprocessing(answer="logits"), "f") == pytest.approx(1.6)
    with pytest.raises(AssetError, match="3 numbers, one is expected"):
        years_of(answer, Preprocessing(), "f")
    with pytest.raises(AssetError, match="3 numbers for 2 ages"):
        years_of(answer, Preprocessing(answer="chances", ages=(1, 2)), "f")


def test_wrong_shapes_and_files_are_said(tmp_path: Path) -> None:
    network(tmp_path / "age.onnx", "NCHW")
    image = np.zeros((64, 64, 3), np.uint8)
    points = np.random.default_rng(0).uniform(10, 50, (478, 3)).astype(np.float32)
    with pytest.raises(AssetError, match="takes no array"):
        AgeNetwork(tmp_path / "age.onnx", Preprocessing(size=32))(image, points)
    with pytest.raises(AssetError, match="no such file"):
        AgeNetwork(tmp_path / "none.onnx", Preprocessing())
    (tmp_path / "bad.onnx").write_bytes(b"nothing")
    with pytest.raises(AssetError, match="not a model"):
        AgeNetwork(tmp_path / "bad.onnx", Preprocessing())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read"),
        ('{"colour": "RGB"}', "some of ages, answer"),
        ('{"size": 1000000}', "size is '1000000', which it cannot be"),
        ('{"mean": [1, 2]}', "mean is"),
        ('{"deviation": [1, 0, 1]}', "deviation is"),
        ('{"times": NaN}', "times is"),
        ("[]", "JSON object"),
    ],
)
def test_bad_preprocessing_is_refused(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(AssetError, match=words):
        read_preprocessing(tmp_path / "p.json")
