"""Training: it learns, ends with the same weights however it was stopped, and refuses people it knows."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affectface.augment.on_the_fly.classical import ClassicalConfig, ClassicalTransform, change_classically
from affectface.errors import LeakError, ModelFileError

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'affectface[train]'")
pytest.importorskip("lightning", reason="lightning is not installed: pip install 'affectface[train]'")

import train_here  # noqa: E402

from affectface.recognition.metrics import accuracy, concordance  # noqa: E402
from affectface.recognition.networks.build import NetworkConfig  # noqa: E402
from affectface.recognition.networks.outputs import Outputs  # noqa: E402
from affectface.recognition.networks.recurrent import VggFaceGru  # noqa: E402
from affectface.recognition.training.config import TrainConfig, config_as_json, config_of_json  # noqa: E402
from affectface.recognition.training.cutting import CutFaces, cut_faces  # noqa: E402
from affectface.recognition.training.faces import faces_of  # noqa: E402
from affectface.recognition.training.recogniser import load_recogniser  # noqa: E402
from affectface.recognition.training.train import train_recogniser  # noqa: E402

CONFIG = train_here.CONFIG


def faces(manifest: Path, split: str = "train", landmarks: bool = False) -> CutFaces:
    rows = faces_of(manifest, CONFIG.network.outputs, side=32, split=split, landmarks=landmarks)
    return cut_faces(rows, manifest.parent / "cut")


class Stopped(Exception):
    pass


def stop_after(steps: int) -> Any:
    def progress(step: int, all_steps: int, scores: dict[str, float]) -> None:
        if step == steps:
            raise Stopped

    return progress


@pytest.fixture(scope="module")
def undisturbed(drawn_faces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    train_recogniser(CONFIG, (faces(drawn_faces), faces(drawn_faces, "validation")), folder)
    return folder


@pytest.mark.parametrize("steps", [1, 5, 6, 11, 17])
def test_stopped_at_any_step_it_ends_the_same(steps: int, drawn_faces: Path, undisturbed: Path, tmp_path: Path) -> None:
    both = faces(drawn_faces), faces(drawn_faces, "validation")
    with pytest.raises(Stopped):
        train_recogniser(CONFIG, both, tmp_path, progress=stop_after(steps))
    assert not (tmp_path / "recogniser.json").exists()
    torch.rand(7)  # whatever else happened in the process
    train_recogniser(CONFIG, both, tmp_path)
    for name in ("weights.safetensors", "recogniser.json"):
        assert (tmp_path / name).read_bytes() == (undisturbed / name).read_bytes(), name
    assert not list(tmp_path.glob("step-*"))
    epochs = (tmp_path / "curves.csv").read_text(encoding="utf-8").splitlines()
    assert [line.partition(",")[0] for line in epochs] == ["epoch", "1", "2", "3"]


def test_killed_it_ends_the_same(drawn_faces: Path, undisturbed: Path, tmp_path: Path) -> None:
    command = [sys.executable, train_here.__file__, str(drawn_faces), str(tmp_path)]
    with subprocess.Popen([*command, "slow"], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:  # type: ignore[union-attr]
            if line.strip() == "9":
                process.kill()
                break
    assert [folder.name for folder in tmp_path.glob("step-*")] == ["step-00000008"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert (tmp_path / "weights.safetensors").read_bytes() == (undisturbed / "weights.safetensors").read_bytes()


def test_interrupted_by_hand_it_says_so(drawn_faces: Path, tmp_path: Path) -> None:
    def interrupt(step: int, steps: int, scores: dict[str, float]) -> None:
        if step == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_recogniser(CONFIG, (faces(drawn_faces), None), tmp_path, progress=interrupt)
    assert [folder.name for folder in tmp_path.glob("step-*")] == ["step-00000006"]


def test_the_best_epoch_survives_a_stop(drawn_faces: Path, tmp_path: Path) -> None:
    config = dataclasses.replace(CONFIG, keep="best", learning_rate=0.02)
    both = faces(drawn_faces), faces(drawn_faces, "validation")
    whole = train_recogniser(config, both, tmp_path / "a")
    with pytest.raises(Stopped):
        train_recogniser(config, both, tmp_path / "b", progress=stop_after(14))
    train_recogniser(config, both, tmp_path / "b")
    assert (tmp_path / "a/weights.safetensors").read_bytes() == (tmp_path / "b/weights.safetensors").read_bytes()
    scores = [epoch["score"] for epoch in whole.history]
    assert len(scores) == 3
    assert [epoch["step"] for epoch in whole.history] == [6, 12, 18]


def test_workers_change_nothing(drawn_faces: Path, undisturbed: Path, tmp_path: Path) -> None:
    config = dataclasses.replace(CONFIG, workers=2)
    both = faces(drawn_faces), faces(drawn_faces, "validation")
    train_recogniser(config, both, tmp_path)
    assert (tmp_path / "weights.safetensors").read_bytes() == (undisturbed / "weights.safetensors").read_bytes()


def test_it_learns(drawn_faces: Path, tmp_path: Path) -> None:
    config = dataclasses.replace(CONFIG, epochs=40, learning_rate=5e-3, save_every=1000)
    made = train_recogniser(config, (faces(drawn_faces), None), tmp_path)
    test = faces(drawn_faces, "test")
    made.check_unseen(test.faces)
    said = made.predict(list(test.images))
    for i, name in enumerate(("valence", "arousal")):
        labels = np.array([getattr(row, name) for row in test.faces.rows])
        assert concordance(labels, said["valence_arousal"][:, i]) > 0.8, name
    # A mouth that is nearly straight is happy or sad by a hair: which it is depends on how many threads add up.
    labels = np.array([test.faces.expression(row) for row in range(24)])
    clear = np.abs([row.valence for row in test.faces.rows]) > 0.25
    assert clear.sum() > 15
    assert accuracy(labels[clear], said["probabilities"].argmax(axis=1)[clear]) > 0.8
    np.testing.assert_allclose(said["probabilities"].sum(axis=1), 1, atol=1e-6)
    assert made.history[-1]["loss"] < made.history[0]["loss"] / 2


def test_what_was_written_is_read(drawn_faces: Path, undisturbed: Path) -> None:
    made = load_recogniser(undisturbed)
    assert made.config == CONFIG
    assert made.preprocessing == CONFIG.network.preprocessing
    assert len(made.history) == 3
    assert made.data["train"] == {"sha256": faces(drawn_faces).faces.checksum, "rows": 48}
    assert not any("p3" in mark for mark in made.seen)
    assert config_of_json(json.loads(json.dumps(config_as_json(CONFIG)))) == CONFIG
    # trained again into the same folder, it is only read
    again = train_recogniser(CONFIG, (faces(drawn_faces), faces(drawn_faces, "validation")), undisturbed)
    assert torch.equal(again.network.heads.expression.weight, made.network.heads.expression.weight)


def test_people_who_are_known_are_refused(drawn_faces: Path, undisturbed: Path, tmp_path: Path) -> None:
    made = load_recogniser(undisturbed)
    made.check_unseen(faces(drawn_faces, "test").faces)
    for split in ("train", "validation", ""):
        with pytest.raises(LeakError, match="people of the test were in the training, such as 'drawn/p"):
            made.check_unseen(faces(drawn_faces, split).faces)
    with pytest.raises(LeakError, match="6 people are in training and validation, such as 'drawn/p0'"):
        train_recogniser(CONFIG, (faces(drawn_faces), faces(drawn_faces, "")), tmp_path)


def test_another_training_is_not_gone_on_with(drawn_faces: Path, undisturbed: Path, tmp_path: Path) -> None:
    other = dataclasses.replace(CONFIG, seed=1)
    with pytest.raises(ModelFileError, match="of another config; give another folder"):
        train_recogniser(other, (faces(drawn_faces), faces(drawn_faces, "validation")), undisturbed)
    with pytest.raises(Stopped):
        train_recogniser(CONFIG, (faces(drawn_faces), None), tmp_path, progress=stop_after(5))
    with pytest.raises(ModelFileError, match="of another data; give another folder"):
        train_recogniser(CONFIG, (faces(drawn_faces, "test"), None), tmp_path)


def test_a_training_with_another_augmentation_is_not_gone_on_with(
    drawn_faces: Path, undisturbed: Path, tmp_path: Path
) -> None:
    learned, words = faces(drawn_faces), "with another augmentation or none; give another folder"
    strong, weak = (ClassicalTransform(ClassicalConfig(degrees=degrees)) for degrees in (20, 5))
    with pytest.raises(Stopped):
        train_recogniser(CONFIG, (learned, None), tmp_path, augment=strong, progress=stop_after(5))
    for augment in (weak, None, change_classically):
        with pytest.raises(ModelFileError, match=words):
            train_recogniser(CONFIG, (learned, None), tmp_path, augment=augment)
    with pytest.raises(ModelFileError, match=words):  # one that is done, without any
        train_recogniser(CONFIG, (learned, faces(drawn_faces, "validation")), undisturbed, augment=weak)
    same = ClassicalTransform(ClassicalConfig(degrees=20))
    assert train_recogniser(CONFIG, (learned, None), tmp_path, augment=same).history


def test_damaged_files_are_refused(undisturbed: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"has no recogniser\.json"):
        load_recogniser(tmp_path)
    text = (undisturbed / "recogniser.json").read_text()
    weights = (undisturbed / "weights.safetensors").read_bytes()
    (tmp_path / "weights.safetensors").write_bytes(weights[:-1] + b"\x01")
    (tmp_path / "recogniser.json").write_text(text)
    with pytest.raises(ModelFileError, match="do not belong together"):
        load_recogniser(tmp_path)
    for damaged in ("{", "[]", "{}", text.replace('"epochs"', '"epoch"'), text.replace('"compact"', '"vgg19"')):
        (tmp_path / "recogniser.json").write_text(damaged)
        with pytest.raises(ModelFileError) as said:
            load_recogniser(tmp_path)
        assert "\n" not in str(said.value)


def test_a_network_for_sequences(drawn_faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from affectface.recognition.networks import build, vgg

    monkeypatch.setattr(vgg, "BLOCKS", ((2, 3), (3, 2), (2, 3, 2), (2, 2, 3), (3, 3, 2)))
    monkeypatch.setattr(build, "VggFaceGru", lambda *args, **kwargs: VggFaceGru(*args, **kwargs, hidden=8))
    config = TrainConfig(network=NetworkConfig(name="vgg-face-gru", side=32), epochs=2, batch=3, frames=5, save_every=1)
    both = faces(drawn_faces, landmarks=True), faces(drawn_faces, "validation", landmarks=True)
    whole = train_recogniser(config, both, tmp_path / "a")
    assert set(whole.history[0]) >= {"valence_ccc", "arousal_mse", "score", "loss"}
    with pytest.raises(Stopped):
        train_recogniser(config, both, tmp_path / "b", progress=stop_after(6))
    train_recogniser(config, both, tmp_path / "b")
    assert (tmp_path / "a/weights.safetensors").read_bytes() == (tmp_path / "b/weights.safetensors").read_bytes()
    with pytest.raises(ValueError, match="looks at sequences"):
        whole.predict([np.zeros((32, 32, 3), dtype=np.uint8)])


def test_senseless_configs_are_refused() -> None:
    for name, value in {"epochs": 0, "learning_rate": -1, "warm_up": 1, "optimiser": "lion", "keep": "first"}.items():
        with pytest.raises(ValueError, match=f"^{name} is"):
            dataclasses.replace(CONFIG, **{name: value})
    outputs = Outputs(classes=("fear", "anger"))
    with pytest.raises(ValueError, match="3 class weights for 2 classes"):
        TrainConfig(
            network=NetworkConfig(outputs=outputs), loss=dataclasses.replace(CONFIG.loss, class_weights=(1.0, 2.0, 3.0))
        )
