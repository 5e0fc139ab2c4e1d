"""What a recogniser says of rows, and its score on people whom it never saw."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from affectface.errors import LeakError, MissingPackageError
from affectface.recognition import packages
from affectface.recognition.metrics import BootstrapConfig, concordance, macro_f1

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'affectface[train]'")
pytest.importorskip("lightning", reason="lightning is not installed: pip install 'affectface[train]'")

from affectface.images import read_image  # noqa: E402
from affectface.recognition.networks.build import NetworkConfig, build_network  # noqa: E402
from affectface.recognition.networks.outputs import Outputs  # noqa: E402
from affectface.recognition.training.config import TrainConfig  # noqa: E402
from affectface.recognition.training.cutting import CutFaces, cut_faces  # noqa: E402
from affectface.recognition.training.faces import faces_of  # noqa: E402
from affectface.recognition.training.predicting import predict_faces, score_faces  # noqa: E402
from affectface.recognition.training.recogniser import Recogniser, marks_of  # noqa: E402

CONFIG = TrainConfig(
    network=NetworkConfig(outputs=Outputs(classes=("happiness", "sadness")), side=32), batch=7, frames=5
)
FEW = BootstrapConfig(resamples=100)


def made(config: TrainConfig = CONFIG, seen: frozenset[str] = frozenset()) -> Recogniser:
    return Recogniser(build_network(config.network).eval(), config, config.network.preprocessing, seen, (), {})


def of_test(manifest: Path) -> CutFaces:
    return cut_faces(faces_of(manifest, CONFIG.network.outputs, side=32, split="test"), manifest.parent / "cut")


def test_rows_in_their_order(drawn_faces: Path) -> None:
    faces, told = of_test(drawn_faces), []
    found = predict_faces(made(), faces, advance=told.append)
    assert sum(told) == 24
    alone = made().predict([read_image(faces.faces.manifest.file(row)) for row in faces.faces.rows])
    np.testing.assert_allclose(found["valence_arousal"], alone["valence_arousal"], atol=1e-5)
    np.testing.assert_allclose(found["affect"], [[row.valence, row.arousal] for row in faces.faces.rows])


def test_sequences_in_their_order(drawn_faces: Path) -> None:
    config = dataclasses.replace(CONFIG, network=NetworkConfig(name="resnet-gru", side=32))
    faces = of_test(drawn_faces)
    found = predict_faces(made(config), faces)
    np.testing.assert_allclose(found["affect"], [[row.valence, row.arousal] for row in faces.faces.rows])
    assert found["valence_arousal"].shape == (24, 2)


def test_scores_and_how_sure_they_are(drawn_faces: Path) -> None:
    faces = of_test(drawn_faces)
    scores, found = score_faces(made(), faces, config=FEW), predict_faces(made(), faces)
    assert (scores["rows"], scores["subjects"]) == (24, 3)
    assert scores["valence_arousal"]["arousal"]["ccc"] == concordance(
        found["affect"][:, 1], found["valence_arousal"][:, 1]
    )
    assert scores["expression"]["macro_f1"] == macro_f1(found["expression"], found["logits"].argmax(axis=1), range(2))
    assert set(scores["expression"]["classes"]) == {"happiness", "sadness"}
    for name, interval in scores["intervals"].items():
        assert interval["units"] == 3, name  # people, not rows
        assert interval["low"] <= interval["high"] or np.isnan(interval["low"]), name
    json.dumps(scores)


def test_people_of_the_training_are_refused(drawn_faces: Path) -> None:
    with pytest.raises(LeakError, match="1 of 3 people of the test were in the training, such as 'drawn/p7'"):
        score_faces(made(seen=marks_of({"drawn/p7", "drawn/p1"})), of_test(drawn_faces))


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    packages.check_installed()
    monkeypatch.setattr(packages, "find_spec", lambda name: None if name in ("torch", "lightning") else object())
    with pytest.raises(MissingPackageError, match=r"need torch, lightning, which is not installed; pip install 'aff"):
        packages.check_installed()
