"""Whole experiments on drawn faces: trained, kept, gone on with, refused where they leak."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("lightning")

import torch

from affectface.augment.manifest import open_manifest, write_manifest
from affectface.augment.on_the_fly.classical import change_classically
from affectface.errors import DataSetError, LeakError
from affectface.recognition.experiments.design import Arm, Experiment, Study, Training
from affectface.recognition.experiments.kept import read_said
from affectface.recognition.experiments.material import joined, prepare_material
from affectface.recognition.experiments.report import write_report
from affectface.recognition.experiments.running import RunConfig, Told, run_experiment
from affectface.recognition.networks.build import build_network
from affectface.recognition.networks.preprocessing import prepared
from affectface.recognition.training.faces import sequences_of

ARMS = (
    Arm(name="real", title="without"),
    Arm(name="real+classical", title="classical", classical=True),
    Arm(name="real+synthetic", title="with", learns=("real", "synthetic"), wrong=0.1),
    Arm(name="real on synthetic", title="as a test", tested="synthetic"),
    Arm(name="real+stargan", title="StarGAN", learns=("real", "stargan")),
    Arm(name="much", title="too many", learns=("real", "synthetic"), made=1000),
)
STUDY = Study(
    data="drawn",
    arms=ARMS,
    metrics=("accuracy",),
    classes=("happiness", "sadness"),
    training=Training(network="compact-small", side=32, batch=8, steps=3, balance=True),
)
EXPERIMENT = Experiment(name="drawn", title="Drawn", source="", studies=(STUDY,))


@pytest.fixture
def data(drawn_faces: Path) -> dict[str, dict[str, Path]]:
    """The drawn faces as real ones, and half of them as if they had been made of them."""
    file = drawn_faces.with_name("made.parquet")
    with write_manifest(file) as table:
        for row in open_manifest(drawn_faces).rows():
            if (row.frame or 0) % 2:
                table.add(row)
    return {"drawn": {"real": drawn_faces, "synthetic": file}}


def test_every_arm_whose_data_are_there_is_trained_tested_and_reported(
    tmp_path: Path, data: dict[str, dict[str, Path]]
) -> None:
    words: list[str] = []
    told = Told(begin=lambda said, steps: words.append(f"{said} {steps}"))
    run_experiment(EXPERIMENT, data, tmp_path, config=RunConfig(seeds=2), told=told)
    assert words[-1] == "drawn: trainings 6"
    results = write_report(tmp_path, EXPERIMENT)
    found = {arm["name"]: arm for arm in results["studies"][0]["arms"]}
    assert set(found) == {"real", "real+classical", "real+synthetic", "real on synthetic"}
    assert results["studies"][0]["skipped"] == {
        "real+stargan": "drawn/stargan is not given",
        "much": "48 made rows are there",
    }
    assert found["real"]["learned"]["rows"] == 48
    assert found["real+synthetic"]["learned"]["rows"] == 72
    assert found["real"]["tested"] == {"rows": 24, "people": 3}
    assert found["real on synthetic"]["tested"] == {"rows": 12, "people": 3}
    assert {(test["first"], test["second"]) for test in results["studies"][0]["tests"]} == {
        ("real", "real+classical"),
        ("real", "real+synthetic"),
    }
    # arms that differ only in the test have one recogniser
    assert len(list((tmp_path / "runs" / "drawn").iterdir())) == 3
    recogniser = json.loads((tmp_path / "runs/drawn/real/seed-0/recogniser.json").read_text(encoding="utf-8"))
    assert recogniser["data"]["train"]["rows"] == 3 * 8


def test_a_run_goes_on_where_it_was_stopped_and_ends_alike(tmp_path: Path, data: dict[str, dict[str, Path]]) -> None:
    experiment = replace(EXPERIMENT, studies=(replace(STUDY, arms=ARMS[:2]),))
    run_experiment(experiment, data, tmp_path, config=RunConfig(seeds=1))
    files = sorted(tmp_path.rglob("tested-*.npz"))
    assert len(files) == 2
    before = [read_said(file)[0].said for file in files]
    times = [file.stat().st_mtime_ns for file in files]
    files[0].unlink()  # tested again by the recogniser that is there
    shutil.rmtree(files[1].parent)  # trained again
    run_experiment(experiment, data, tmp_path, config=RunConfig(seeds=1))
    for file, said in zip(files, before, strict=True):
        assert np.array_equal(read_said(file)[0].said, said)
    run_experiment(experiment, data, tmp_path, config=RunConfig(seeds=2))
    assert all(file.stat().st_mtime_ns != time for file, time in zip(files, times, strict=True))
    after = [file.stat().st_mtime_ns for file in files]
    run_experiment(experiment, data, tmp_path, config=RunConfig(seeds=2))
    assert [file.stat().st_mtime_ns for file in files] == after


def test_pictures_made_of_the_test_are_refused_before_anything_is_trained(
    tmp_path: Path, data: dict[str, dict[str, Path]]
) -> None:
    file = data["drawn"]["synthetic"].with_name("leak.parquet")
    with write_manifest(file) as table:
        for row in open_manifest(data["drawn"]["synthetic"]).rows():
            table.add(replace(row, split="train") if row.subject == "p6" else row)
    with pytest.raises(LeakError, match="in pictures made of them, such as 'drawn/p6'"):
        run_experiment(EXPERIMENT, {"drawn": {**data["drawn"], "synthetic": file}}, tmp_path)
    assert not (tmp_path / "runs").exists()


def test_nothing_to_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match="it takes drawn/real"):
        run_experiment(EXPERIMENT, {}, tmp_path)


def with_folds(data: dict[str, dict[str, Path]]) -> dict[str, Path]:
    """Manifests with folds of people; made pictures say no frame."""
    found = {}
    for role, file in data["drawn"].items():
        found[role] = file.with_name(f"folds-{role}.parquet")
        with write_manifest(found[role]) as table:
            for row in open_manifest(file).rows():
                frame = row.frame if role == "real" else None
                table.add(replace(row, fold=int(row.subject[1:]) % 2, split="", frame=frame))
    return found


def test_folds_of_people(tmp_path: Path, data: dict[str, dict[str, Path]]) -> None:
    study = Study(
        data="drawn",
        name="plane",
        arms=(Arm(name="real+synthetic", title="", learns=("real", "synthetic")),),
        metrics=("mean.ccc",),
        training=Training(network="compact-small", side=32, batch=8, epochs=1, loss="mse"),
        folds=True,
        plots=("plane",),
    )
    experiment = Experiment(name="folds", title="Folds", source="", studies=(study,))
    run_experiment(experiment, {"drawn": with_folds(data)}, tmp_path, config=RunConfig(seeds=1))
    arm = write_report(tmp_path, experiment)["studies"][0]["arms"][0]
    assert arm["tested"] == {"rows": 96, "people": 12}
    assert arm["learned"]["rows"] == 72


def test_sequences_take_made_pictures_of_one_person_together(tmp_path: Path, data: dict[str, dict[str, Path]]) -> None:
    arm = Arm(name="real+synthetic", title="", learns=("real", "synthetic"))
    training = Training(network="resnet-gru", side=32)
    study = Study(data="drawn", arms=(arm,), metrics=("mean.ccc",), training=training, folds=True)
    material = prepare_material(study, with_folds(data), tmp_path)
    both = {"real": np.arange(96), "synthetic": np.arange(48)}
    faces = joined(material, both, {})
    assert len(faces.images) == 144
    assert np.array_equal(faces.images[96], material.cut["synthetic"].images[0])
    # pictures made of a person lie in the folder of the person's film here, so they are frames of it
    assert [len(rows) for rows in sequences_of(faces.faces, 80)] == [12] * 12


CHOOSING = replace(
    STUDY,
    arms=(ARMS[0], ARMS[1], replace(ARMS[2], wrong=0.0), ARMS[3]),
    metrics=("accuracy", "auc", "log_loss"),
    training=Training(network="compact-small", side=32, batch=8, steps=6, choices=3, halves=True),
    seeds=2,
)


def test_processes_side_by_side_choose_steps_and_end_as_one_does(
    tmp_path: Path, data: dict[str, dict[str, Path]]
) -> None:
    experiment = replace(EXPERIMENT, studies=(CHOOSING,))
    words: list[str] = []
    told = Told(begin=lambda said, steps: words.append(f"{said} {steps}"))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as processes have it
    try:
        run_experiment(experiment, data, tmp_path / "one", config=RunConfig(seeds=3), told=told)
    finally:
        torch.set_num_threads(threads)
    # three trainings of two seeds, one of which is tested twice; each is tried on thirds of those it learns from
    assert words[1:] == ["drawn: choosing steps 9", "drawn: trainings 6"]
    run_experiment(experiment, data, tmp_path / "two", config=RunConfig(seeds=3, workers=2))
    results = [write_report(tmp_path / name, experiment)["studies"][0] for name in ("one", "two")]
    for arms in zip(*(found["arms"] for found in results), strict=True):
        assert arms[0]["metrics"] == arms[1]["metrics"]
        assert arms[0]["learned"]["steps"] in (2, 4, 6)
    assert results[0]["arms"][0]["metrics"]["log_loss"]["value"] > 0
    tried = json.loads((tmp_path / "two/runs/drawn/real/trial-0/tried.json").read_text(encoding="utf-8"))
    assert len(tried["losses"]) == 3
    with pytest.raises(ValueError, match="workers is 0"):
        RunConfig(workers=0)


def test_killed_in_the_middle_it_ends_alike(tmp_path: Path, data: dict[str, dict[str, Path]]) -> None:
    experiment = replace(EXPERIMENT, studies=(replace(CHOOSING, arms=CHOOSING.arms[:2], seeds=1),))

    class Killed(Exception):
        pass

    phases: list[str] = []

    def die(steps: int) -> None:
        if phases[-1].endswith("trainings"):
            raise Killed

    with pytest.raises(Killed):
        run_experiment(experiment, data, tmp_path / "a", told=Told(begin=lambda w, n: phases.append(w), advance=die))
    assert len(list((tmp_path / "a").rglob("tried.json"))) == 6
    assert len(list((tmp_path / "a").rglob("tested-*.npz"))) == 1
    for name in ("a", "b"):
        run_experiment(experiment, data, tmp_path / name)
    both = [[read_said(file)[0].said for file in sorted((tmp_path / n).rglob("tested-*.npz"))] for n in ("a", "b")]
    assert len(both[0]) == 2
    for one, other in zip(*both, strict=True):
        assert np.array_equal(one, other)


def test_features_that_do_not_learn_are_worked_out_once(tmp_path: Path, data: dict[str, dict[str, Path]]) -> None:
    training = Training(network="gradients", side=32, batch=8, steps=4, choices=2, halves=True)
    arms = (ARMS[0], ARMS[1], replace(ARMS[2], classical=True))
    slow, quick = (
        replace(STUDY, name=name, arms=arms, training=replace(training, versions=versions), metrics=("log_loss",))
        for name, versions in (("slow", 0), ("quick", 3))
    )
    words: list[tuple[str, int]] = []
    told = Told(begin=lambda said, steps: words.append((said, 0)), advance=lambda n: words.append(("", n)))
    experiment = replace(EXPERIMENT, studies=(slow, quick))
    run_experiment(experiment, data, tmp_path, config=RunConfig(seeds=1), told=told)
    found = write_report(tmp_path, experiment)["studies"]
    losses = [[arm["metrics"]["log_loss"]["value"] for arm in study["arms"]] for study in found]
    assert losses[0][0] == pytest.approx(losses[1][0], abs=1e-3)  # but for half precision of the features
    assert losses[0][1] != pytest.approx(losses[1][1], abs=1e-4)  # other changes
    files = {file.name: np.load(file, mmap_mode="r").shape[0] for file in tmp_path.rglob("features-*.npy")}
    assert sorted(set(files)) == ["features-gradients-32-0.npy", "features-gradients-32-3.npy"]
    assert files["features-gradients-32-3.npy"] in (3 * 96, 3 * 48)
    # what a version is can be told: the same change of the same picture
    material = prepare_material(quick, data["drawn"], tmp_path / "faces")
    cut, changed = material.cut["real"], material.changed["real"]
    assert len(changed.faces.rows) == 3 * len(cut.faces.rows)
    picture = change_classically(np.array(cut.images[5]), np.random.default_rng([31, 2, 5]))
    network = build_network(material.network)
    features = network.describe(prepared(torch.from_numpy(picture)[None], material.network.preprocessing))
    np.testing.assert_allclose(changed.described[2 * len(cut.faces.rows) + 5], features[0], atol=1e-3)
    faces = next(tmp_path.rglob("features-gradients-32-3.npy"))
    faces.write_bytes(faces.read_bytes()[:-1000])
    with pytest.raises(DataSetError, match="is damaged"):
        prepare_material(quick, data["drawn"], tmp_path / "faces")
