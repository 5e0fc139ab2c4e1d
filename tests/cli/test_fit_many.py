"""``affectface fit`` of several photos and films, by landmarks and by features, and the texture model it needs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from affectface.assets.example import example_photo
from affectface.cli.app import app
from affectface.clips import write_clip
from affectface.images import read_image, write_image
from affectface.provenance import Provenance

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three views of one person, a picture of nobody, and a film with a frame without a face."""
    place = tmp_path_factory.mktemp("photos")
    photo = read_image(example_photo())
    made = Provenance(asked={"test": True})
    views = [photo, np.ascontiguousarray(photo[:, ::-1]), (photo * 0.7).astype(np.uint8)]
    for number, view in enumerate(views):
        write_image(place / f"{number}.png", view, made)
    write_image(place / "nobody.png", np.full((200, 200, 3), 90, np.uint8), made)
    shifted = [np.roll(photo, 4 * i, axis=1) for i in range(4)]
    write_clip(place / "film.mp4", [*shifted, np.full_like(photo, 90)], 10, made)
    return place


@pytest.fixture(scope="module")
def texture(folder: Path) -> Path:
    out = folder / "texture" / "texture.npz"
    photos = [str(folder / name) for name in ("0.png", "2.png", "nobody.png")]
    command = ["model", "texture", *photos, "--model", "embedded", "--vertices", "150", "-o", str(out), "--json"]
    result = RUNNER.invoke(app, command)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["photos"] == 2
    assert [Path(one["file"]).name for one in told["left_out"]] == ["nobody.png"]
    assert "shows no face" in told["left_out"][0]["message"]
    return out


def fit(*words: object) -> object:
    return RUNNER.invoke(app, ["fit", *map(str, words), "--model", "embedded"])


def test_photos_of_one_person_share_their_identity(folder: Path, tmp_path: Path) -> None:
    photos = [folder / f"{i}.png" for i in range(3)]
    result = fit(*photos, "--same-person", "-o", tmp_path / "fits.json", "-o", tmp_path / "fits.jsonl")
    assert result.exit_code == 0, result.output
    assert "3 faces in 3 pictures" in result.stdout
    records = json.loads((tmp_path / "fits.json").read_text())
    assert [Path(record["photo"]).name for record in records] == ["0.png", "1.png", "2.png"]
    assert records[0]["identity"] == records[1]["identity"] == records[2]["identity"]
    lines = (tmp_path / "fits.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == records
    result = fit(*photos, "-o", tmp_path / "alone.json")
    alone = json.loads((tmp_path / "alone.json").read_text())
    assert alone[0]["identity"] != alone[1]["identity"]
    assert alone[0]["method"] == "landmarks"


@pytest.mark.parametrize("photometric", [False, True])
def test_a_film_has_a_record_for_every_frame(folder: Path, texture: Path, tmp_path: Path, photometric: bool) -> None:
    options = ["--method", "photometric", "--texture-model", texture] if photometric else []
    result = fit(folder / "film.mp4", "-o", tmp_path / "film.jsonl", *options)
    assert result.exit_code == 0, result.output
    records = [json.loads(line) for line in (tmp_path / "film.jsonl").read_text().splitlines()]
    assert [record["frame"] for record in records] == list(range(5))
    assert [record["face"] for record in records] == [True] * 4 + [False]
    assert records[4]["reason"] == "no face was found"
    assert len({json.dumps(record["identity"]) for record in records[:4]}) == 1
    assert {record["method"] for record in records[:4]} == {"photometric" if photometric else "landmarks"}
    height, width = read_image(example_photo()).shape[:2]
    assert records[0]["image_size"] == [height, width]
    assert all(record["error"] < 0.03 for record in records[:4])
    moved = [record["camera"]["translation"][0] for record in records[:4]]
    assert moved == sorted(moved)


def test_a_photo_by_its_features(folder: Path, texture: Path, tmp_path: Path) -> None:
    options = ["--method", "photometric", "--texture-model", texture, "--json"]
    result = fit(folder / "0.png", "-o", tmp_path / "fit.json", *options)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    record = json.loads((tmp_path / "fit.json").read_text())
    assert told["method"] == record["method"] == "photometric"
    assert told["reason"] == ""
    assert "reason" not in record
    np.testing.assert_allclose(np.linalg.norm(record["camera"]["quaternion"]), 1, atol=1e-4)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["0.png", "--method", "photometric"], "belong together"),
        (["0.png", "--texture-model", "0.png"], "belong together"),
        (["0.png", "1.png", "--focal", "900"], "leave out --face, --focal"),
        (["film.mp4", "0.png"], "give one film, or photos"),
        (["0.png", "nobody.png"], "nobody.png: no face was found"),
        (["0.png", "--method", "photometric", "--texture-model", "0.png"], "not a readable .npz"),
    ],
)
def test_what_cannot_be_done_is_said(folder: Path, tmp_path: Path, words: list[str], message: str) -> None:
    paths = [folder / word if word.endswith((".png", ".mp4")) else word for word in words]
    result = fit(*paths, "-o", tmp_path / "fits.json")
    assert result.exit_code == 2
    assert message in " ".join(result.output.replace("│", " ").split())
    assert not (tmp_path / "fits.json").exists()


def test_several_fits_are_no_mesh(folder: Path, tmp_path: Path) -> None:
    result = fit(folder / "0.png", folder / "1.png", "-o", tmp_path / "face.obj")
    assert result.exit_code == 2
    assert "use .json or .jsonl" in result.output


def test_one_photo_teaches_no_texture(folder: Path, tmp_path: Path) -> None:
    command = ["model", "texture", str(folder / "nobody.png"), "--model", "embedded", "-o", str(tmp_path / "t.npz")]
    result = RUNNER.invoke(app, command)
    assert result.exit_code == 2
    assert "0 of 1 photos show a face; at least 2 are needed" in result.output
