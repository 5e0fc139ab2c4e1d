"""From photos, or from another tool's folder, to figures and a report."""

import csv
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import affectface as af
from affectface.arrays import FloatArray, Image
from affectface.assets.example import example_photo
from affectface.cli.app import app
from affectface.errors import AffectFaceError, AssetError, ImageError, TargetError
from affectface.evaluation.embedders import Embedder
from affectface.evaluation.evaluate import evaluate_folder, evaluate_photos, pictures_of
from affectface.evaluation.measured import Evaluation
from affectface.evaluation.perceptual import Comparer, Describer
from affectface.evaluation.recognisers import Recogniser
from affectface.evaluation.report import write_report
from affectface.evaluation.summary import summarise
from affectface.evaluation.targets import Target, direction_targets, expression_targets
from affectface.gallery.library import load_named_affect_model
from affectface.morphable.library import load_named_face_model

SIX = af.BASIC_EXPRESSIONS


def brightness(crop: Image) -> FloatArray:
    """Seven probabilities and a point that depend on the picture, if on nothing sensible."""
    rows = np.array_split(crop.mean(axis=(1, 2)), 7)
    return np.float32([*(1 + row.mean() for row in rows), 0.3, -0.2])


def embed(image: Image, landmarks: FloatArray) -> FloatArray:
    return np.float32(landmarks[::40, :2].ravel() / image.shape[0])


RECOGNISERS = (Recogniser("mine", brightness), Recogniser("fer", lambda crop: brightness(crop)[:7]))
EMBEDDERS = (Embedder("yours", embed, 0.1, "euclidean"),)


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return evaluate_photos(
        [example_photo()],
        load_named_face_model("embedded"),
        load_named_affect_model(),
        recognisers=RECOGNISERS,
        embedders=EMBEDDERS,
        targets=(*expression_targets((0.5, 1.0)), *direction_targets((0.5, 1.0))),
    )


def test_every_target_is_measured(evaluation: Evaluation) -> None:
    assert len(evaluation.rows) == 1 + 6 * 2 + 28 * 2
    assert not evaluation.failures
    for row in evaluation.rows:
        assert set(row.readings) == {"mine", "fer"}
        assert row.fidelity.changed_outside == 0
        assert np.isfinite(row.expression).all()
    (clip,) = evaluation.clips.values()
    assert clip.changed_outside == 0
    assert clip.size_change < 0.05


def test_the_fitter_finds_what_was_asked(evaluation: Evaluation) -> None:
    consistency = summarise(evaluation)["consistency"]
    for name in ("fear", "happiness", "surprise"):  # lowered brows lie under this portrait's fringe
        assert consistency[name]["likeness"] > 0.6, name
        assert consistency[name]["spearman_of_means"] == 1, name
        assert 0.25 < consistency[name]["gain"] < 1.2, name


def test_the_summary_is_plain_json(evaluation: Evaluation) -> None:
    figures = summarise(evaluation)
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert set(figures["recognition"]) == {"mine", "fer"}
    assert set(figures["circumplex"]) == {"refit", "mine", "fer"}
    assert figures["identity"]["yours"]["kept"] is not None
    assert figures["told_apart"]["refit"] == {}  # one person: nobody is left out
    assert any("fer" in text for text in figures["warnings"])
    assert not any("mine" in text for text in figures["warnings"])


def test_refitted_directions_are_near_the_asked_ones(evaluation: Evaluation) -> None:
    table = summarise(evaluation)["circumplex"]["refit"]
    assert table["by_strength"]["1"]["angle"] < 35
    assert table["overall"]["distance"] < 0.55


def test_a_report_is_written(evaluation: Evaluation, tmp_path: Path) -> None:
    figures = write_report(evaluation, tmp_path / "report")
    assert json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8")) == figures
    with (tmp_path / "report" / "report.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(evaluation.rows)
    assert float(rows[0]["mine_valence"]) == pytest.approx(0.3)
    assert rows[0]["fer_valence"] == ""
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/") > 12
    assert "it proves little" in page
    assert "How alike they look" not in page  # nobody was asked
    for word in ("Recognition by mine", "Twenty-eight directions", "The plane", "Self-consistency"):
        assert word in page


def test_names_in_a_report_are_not_html(evaluation: Evaluation, tmp_path: Path) -> None:
    evaluation.failures.append(type("F", (), {"name": "<script>", "reason": "&"})())  # as a file may be called
    try:
        write_report(evaluation, tmp_path)
    finally:
        evaluation.failures.pop()
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


@pytest.fixture
def folder(tmp_path: Path) -> tuple[Path, Path]:
    """A photo, and a folder of pictures that another tool could have made of it."""
    photo = tmp_path / "ann.png"
    portrait = af.Portrait.open(example_photo(), face_model=load_named_face_model("embedded"))
    proof = portrait.provenance({"test": True})
    af.write_image(photo, portrait.image, proof)
    made = tmp_path / "made"
    made.mkdir()
    for target in (Target("neutral", 1.0), Target("anger", 1.0), Target("Sleepy", 0.5)):
        picture = portrait.express(target.affect, intensity=target.strength)
        af.write_image(made / f"ann_{target.file_name}.png", picture, proof)
    af.write_image(made / "ann_fear.png", portrait.image // 8, proof)
    af.write_image(made / "ann_sadness_0.50.png", portrait.image[::2, ::2], proof)
    af.write_image(made / "bob_anger.png", portrait.image, proof)
    (made / "ann_surprise.png").write_bytes(b"no picture")
    (made / "notes.txt").write_text("not a picture", encoding="utf-8")
    return photo, made


def test_another_tools_folder(folder: tuple[Path, Path]) -> None:
    photo, made = folder
    found = evaluate_folder(
        made, [photo], load_named_face_model("embedded"), load_named_affect_model(), recognisers=RECOGNISERS
    )
    rows = {row.target: row for row in found.rows}
    assert {"neutral", "anger", "Sleepy", "sadness"} <= {target.label for target in rows}
    assert rows[Target("anger", 1.0)].fidelity.changed_outside == 0
    assert rows[Target("sadness", 0.5)].fidelity.changed_outside > 1000  # another size: no pixel is the photo's
    assert any("ann_surprise" in failure.name for failure in found.failures)
    assert not found.judged_by_its_makers()  # nobody knows who judged another tool
    figures = summarise(found)
    assert figures["pictures"]["made_by"] == "another tool"
    assert figures["circumplex"]["refit"]["by_direction"].keys() == {"Sleepy"}


def darker(first: Image, second: Image) -> float:
    return float(np.abs(first.mean() - second.mean()))


PERCEPTUAL = (Comparer("looks", darker), Describer("rows", lambda crop: np.sort(crop.mean(axis=(1, 2)))[:5]))


class StandInDistance:
    """The interface of torchmetrics' FrechetInceptionDistance, as far as it is used: here, of the means alone."""

    def __init__(self, feature: Any) -> None:
        assert feature.num_features == 5
        self.sets: dict[bool, np.ndarray] = {}

    def update(self, vectors: np.ndarray, real: bool) -> None:
        self.sets[real] = vectors.mean(axis=0)

    def compute(self) -> float:
        return float(((self.sets[True] - self.sets[False]) ** 2).sum())


@pytest.fixture
def torchmetrics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand-ins for torch and torchmetrics, whether they are installed or not."""
    torch, fid = ModuleType("torch"), ModuleType("torchmetrics.image.fid")
    torch.nn, torch.from_numpy = SimpleNamespace(Identity=SimpleNamespace), np.asarray
    fid.FrechetInceptionDistance = StandInDistance
    for name in ("torchmetrics", "torchmetrics.image"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torchmetrics.image.fid", fid)


def test_how_alike_they_look(folder: tuple[Path, Path], tmp_path: Path, torchmetrics: None) -> None:
    photo, made = folder
    again = tmp_path / "eve.png"
    again.write_bytes(photo.read_bytes())
    for name in ("anger", "sadness", "neutral"):
        found = next(made.glob(f"ann_{name}*"))
        (made / f"eve_{name}.png").write_bytes(found.read_bytes())
    evaluation = evaluate_folder(
        made, [photo, again], load_named_face_model("embedded"), load_named_affect_model(), perceptual=PERCEPTUAL
    )
    rows = {(row.photo, row.target): row for row in evaluation.rows}
    assert set(evaluation.descriptions) == {"ann", "eve"}
    assert set(rows["ann", Target("anger", 1.0)].descriptions) == {"rows"}
    assert not rows["ann", Target("sadness", 0.5)].descriptions  # sets are of full strength
    assert not rows["ann", Target("Sleepy", 0.5)].descriptions
    figures = write_report(evaluation, tmp_path / "report")
    looks, sets = figures["difference"]["looks"], figures["distribution"]["rows"]
    assert looks["mean"]["anger"] == pytest.approx(rows["ann", Target("anger", 1.0)].differences["looks"], abs=1e-5)
    assert looks["mean"]["disgust"] is None
    assert looks["worst"] >= looks["mean_of_six"] > 0
    assert (sets["features"], sets["photos"], sets["pictures_of_six"]) == (5, 2, 4)  # fear, which is dark, of one
    assert sets["fid_of_six"] > 0
    assert set(sets["kid"]) == {*SIX, "neutral"}
    assert sets["kid"]["anger"] is not None
    assert sets["kid"]["sadness"] is None  # of one photo only
    assert sets["kid_mean_of_six"] == sets["kid"]["anger"]
    assert any("2 photos are few for FID by rows, which has 5 features" in text for text in figures["warnings"])
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    for text in ("How alike they look", "<h3>looks</h3>", "FID and KID by rows", "2 photos and 4 pictures"):
        assert text in page
    with (tmp_path / "report" / "report.csv").open(encoding="utf-8", newline="") as file:
        assert all(float(row["looks_difference"]) >= 0 for row in csv.DictReader(file))


def test_sets_are_not_compared_of_one_photo(folder: tuple[Path, Path], torchmetrics: None) -> None:
    photo, made = folder
    found = evaluate_folder(
        made, [photo], load_named_face_model("embedded"), load_named_affect_model(), perceptual=PERCEPTUAL
    )
    sets = summarise(found)["distribution"]["rows"]
    assert (sets["fid_of_six"], sets["kid_mean_of_six"], sets["photos"]) == (None, None, 1)


def test_describers_need_torchmetrics_before_anything_is_measured(
    folder: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torchmetrics.image.fid", None)
    models = load_named_face_model("embedded"), load_named_affect_model()
    with pytest.raises(AssetError, match="pip install torch torchmetrics"):
        evaluate_folder(folder[1], [folder[0]], *models, perceptual=PERCEPTUAL)


def test_a_folder_of_others_is_refused(folder: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="named after these photos"):
        evaluate_folder(
            folder[1], [tmp_path / "carl.png"], load_named_face_model("embedded"), load_named_affect_model()
        )


def test_without_any_face_there_is_nothing_to_evaluate(tmp_path: Path) -> None:
    empty = tmp_path / "empty.png"
    af.write_image(empty, np.full((64, 64, 3), 128, np.uint8), af.Portrait.open(example_photo()).provenance({}))
    with pytest.raises(ImageError, match="no face was found"):
        evaluate_photos([empty], load_named_face_model("embedded"), load_named_affect_model())


def test_what_was_measured_survives_an_interruption() -> None:
    count = 0

    def advance() -> None:
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt

    found = evaluate_photos(
        [example_photo()],
        load_named_face_model("embedded"),
        load_named_affect_model(),
        targets=expression_targets((1.0,)),
        advance=advance,
    )
    assert found.interrupted
    assert len(found.rows) == 2
    assert any("stopped" in text for text in summarise(found)["warnings"])


def test_the_command(folder: tuple[Path, Path], tmp_path: Path) -> None:
    photo, made = folder
    arguments = ["evaluate", str(photo), "-o", str(tmp_path / "r"), "--pictures", str(made), "--model", "embedded"]
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["pictures"]["photos"] == 1
    assert (tmp_path / "r" / "report.html").is_file()
    wrong = CliRunner().invoke(app, [*arguments, "--recogniser", "nobody"])
    assert wrong.exit_code == 2
    assert "nobody" in wrong.stderr
    wrong = CliRunner().invoke(app, [*arguments, "--perceptual", "fid"])
    assert wrong.exit_code == 2
    assert "lpips=PATH.pth" in wrong.stderr


def test_a_report_says_what_is_missing(evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jinja2", None)
    with pytest.raises(AffectFaceError, match=r"affectface\[evaluate\]"):
        write_report(evaluation, tmp_path)
    assert not list(tmp_path.iterdir())


def test_neutral_is_measured_before_what_is_compared_with_it(tmp_path: Path) -> None:
    for name in ("me_anger.png", "me_neutral.png", "me_v+0.500_a-0.250.png"):
        (tmp_path / name).touch()
    found = pictures_of(tmp_path, ["me.jpg"])["me"]
    assert [target.label for target, _ in found][:2] == ["neutral", "anger"]
