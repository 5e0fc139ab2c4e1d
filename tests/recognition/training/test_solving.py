"""Ridge regression: the plain formula's answer, and a recogniser of people it never saw."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from affectface.errors import DataSetError

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'affectface[train]'")
pytest.importorskip("lightning", reason="lightning is not installed: pip install 'affectface[train]'")

from affectface.recognition.losses import LossConfig  # noqa: E402
from affectface.recognition.metrics import concordance  # noqa: E402
from affectface.recognition.networks.build import NetworkConfig  # noqa: E402
from affectface.recognition.networks.outputs import Outputs  # noqa: E402
from affectface.recognition.training import solving  # noqa: E402
from affectface.recognition.training.config import TrainConfig  # noqa: E402
from affectface.recognition.training.cutting import CutFaces, cut_faces  # noqa: E402
from affectface.recognition.training.faces import faces_of  # noqa: E402
from affectface.recognition.training.predicting import predict_faces  # noqa: E402
from affectface.recognition.training.solving import describe_faces, solve_ridge  # noqa: E402
from affectface.recognition.training.train import count_steps, train_recogniser  # noqa: E402

CONFIG = TrainConfig(
    network=NetworkConfig(name="gradients", side=32),
    loss=LossConfig(concordance=0, squared_error=1),
    optimiser="ridge",
    weight_decay=0.3,
)


def faces(manifest: Path, split: str, config: TrainConfig = CONFIG) -> CutFaces:
    network = config.network
    rows = faces_of(manifest, network.outputs, side=network.pixels, split=split, landmarks=network.told_landmarks)
    return cut_faces(rows, manifest.parent / "cut")


def test_weights_are_those_of_the_normal_equations() -> None:
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(40, 7)) + 3, rng.normal(size=(40, 2))
    weights, bias = solve_ridge(features, labels, 0.5)
    centred = features - features.mean(axis=0)
    cost = 0.5 * (centred**2).sum(axis=1).mean()
    wanted = np.linalg.solve(centred.T @ centred + cost * np.eye(7), centred.T @ (labels - labels.mean(axis=0)))
    np.testing.assert_allclose(weights, wanted.T, atol=1e-5)
    np.testing.assert_allclose(bias, labels.mean(axis=0) - features.mean(axis=0) @ wanted, atol=1e-4)


def test_features_elsewhere_and_of_another_size_give_the_same_answers() -> None:
    rng = np.random.default_rng(1)
    features, labels = rng.normal(size=(30, 50)), rng.normal(size=(30, 1))
    weights, bias = solve_ridge(features, labels, 0.2)
    other, moved = solve_ridge(4 * features + 7, labels, 0.2)
    np.testing.assert_allclose(features @ weights.T + bias, (4 * features + 7) @ other.T + moved, atol=1e-3)


def test_what_does_not_vary_says_the_mean() -> None:
    weights, bias = solve_ridge(np.ones((5, 3)), np.arange(5.0)[:, None], 0.3)
    assert not weights.any()
    assert bias.tolist() == [2.0]


def test_more_rows_than_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solving, "MOST_ROWS", 4)
    with pytest.raises(DataSetError, match="5 rows are there; ridge is solved for 4 at most"):
        solve_ridge(np.ones((5, 3)), np.ones((5, 1)), 0.3)


def test_it_recognises_people_whom_it_never_saw(drawn_faces: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    both = faces(drawn_faces, "train"), faces(drawn_faces, "validation")
    made = train_recogniser(CONFIG, both, tmp_path, progress=lambda step, steps, scores: told.append((step, steps)))
    assert told == [(1, 1)]
    assert count_steps(CONFIG, both[0]) == 1
    assert set(made.history[0]) >= {"step", "loss", "valence_ccc", "score"}
    test = faces(drawn_faces, "test")
    found = predict_faces(made, test)
    for i in (0, 1):
        assert concordance(found["affect"][:, i], found["valence_arousal"][:, i]) > 0.8
    weights = (tmp_path / "weights.safetensors").read_bytes()
    train_recogniser(CONFIG, both, tmp_path / "again")
    assert (tmp_path / "again/weights.safetensors").read_bytes() == weights
    # features that were described before are those that it would describe itself
    known = dataclasses.replace(both[0], described=describe_faces(made.network, both[0], made.preprocessing))
    train_recogniser(CONFIG, (known, both[1]), tmp_path / "described")
    assert (tmp_path / "described/weights.safetensors").read_bytes() == weights


def test_landmarks_are_told(drawn_faces: Path, tmp_path: Path) -> None:
    config = dataclasses.replace(CONFIG, network=NetworkConfig(name="aligned-gradients", side=32))
    made = train_recogniser(config, (faces(drawn_faces, "train", config), None), tmp_path)
    test = faces(drawn_faces, "test", config)
    found = predict_faces(made, test)["valence_arousal"]
    pixels = [(own + 1) * 16 for own in test.landmarks]
    np.testing.assert_allclose(made.predict(list(test.images), pixels)["valence_arousal"], found, atol=1e-4)
    with pytest.raises(ValueError, match="0 faces have landmarks; aligned-gradients is told those of all"):
        made.predict(list(test.images))


def test_what_cannot_be_solved_for_is_refused(drawn_faces: Path, tmp_path: Path) -> None:
    for name, value, words in (
        ("network", NetworkConfig(), "ridge goes with gradients or aligned-gradients"),
        (
            "network",
            NetworkConfig(name="gradients", outputs=Outputs(classes=("fear", "anger"))),
            "take adamw for classes",
        ),
        ("loss", LossConfig(squared_error=1), "squared error small and nothing else"),
        ("weight_decay", 0.0, "needs a penalty"),
    ):
        with pytest.raises(ValueError, match=words):
            dataclasses.replace(CONFIG, **{name: value})
    with pytest.raises(ValueError, match="ridge sees each face once"):
        train_recogniser(CONFIG, (faces(drawn_faces, "train"), None), tmp_path, augment=lambda image, rng: image)
