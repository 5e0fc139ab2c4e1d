"""Figures of what recognisers said, and the report that is made of them, without a recogniser."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from affectface.errors import DataSetError
from affectface.recognition.experiments.catalogue import EXPERIMENTS
from affectface.recognition.experiments.design import Arm, Experiment, Group, PaperRow, Study, metric_words
from affectface.recognition.experiments.kept import Said, cell_folder, read_said, said_file, write_said
from affectface.recognition.experiments.measures import each_seed, measure_of
from affectface.recognition.experiments.report import read_settings, write_report, write_settings
from affectface.recognition.experiments.scoring import score_study
from affectface.recognition.metrics import BootstrapConfig, accuracy, area_under_curve, concordance, log_loss

CLASSES = ("neutral", "happiness")
FEW = BootstrapConfig(resamples=200)
WITHOUT, WITH = (
    Arm(name="real", title="without"),
    Arm(name="real+synthetic", title="with", learns=("real", "synthetic")),
)
STUDY = Study(
    data="set",
    arms=(WITHOUT, WITH),
    metrics=("accuracy", "diagonal.happiness"),
    classes=CLASSES,
    folds=True,
    groups=(
        Group(name="young", ages=(0, 40), paper=(("real", (0.125, None)),)),
        Group(name="all", paper=(("real", (0.25, None)),)),
    ),
    plots=("confusion", "groups"),
    table="Table 99",
    paper=(
        PaperRow(title="theirs <b>", values=(0.111, None)),
        PaperRow(title="baseline", values=(0.222, 0.333), arm="real"),
    ),
)
EXPERIMENT = Experiment(name="kollias-table99", title="A table", source="Nobody 1999, Table 99", studies=(STUDY,))


def keep(out: Path, study: Study, arm: Arm, seed: int, right: float) -> None:
    """Recognisers of two folds that are right about a share of each person's rows: 20 people, 10 rows each."""
    for fold in (0, 1):
        rows = np.array([i for i in range(200) if (i // 10) % 2 == fold])
        truth = rows % 2
        wrong = rows % 10 >= round(right * 10)
        logits = np.eye(2, dtype=np.float32)[np.where(wrong, 1 - truth, truth)]
        said = Said(
            rows,
            np.array([f"p{i // 10}" for i in rows]),
            np.array([20.0 + 2 * (i // 10) for i in rows], dtype=np.float32),
            np.full((100, 2), np.nan, dtype=np.float32),
            truth,
            logits,
        )
        file = said_file(cell_folder(out, study, arm, fold, seed), arm)
        write_said(file, said, {"rows": 100, "people": 10, "steps": 10, "seconds": 1.5, "seed": seed})


def test_figures_are_means_over_seeds_with_intervals_over_people(tmp_path: Path) -> None:
    for seed, right in enumerate((0.6, 0.8)):
        keep(tmp_path, STUDY, WITHOUT, seed, right)
        keep(tmp_path, STUDY, WITH, seed, 1.0)
    found = score_study(tmp_path, STUDY, (0, 1), config=FEW)
    first, second = found["arms"]
    assert first["metrics"]["accuracy"]["value"] == pytest.approx(0.7)
    assert first["metrics"]["accuracy"]["seeds"] == pytest.approx([0.6, 0.8])
    # every person is right about as much as every other: people do not differ
    assert (first["metrics"]["accuracy"]["low"], first["metrics"]["accuracy"]["high"]) == pytest.approx((0.7, 0.7))
    assert first["tested"] == {"rows": 200, "people": 20}
    assert first["learned"] == {"rows": 100, "people": 10, "steps": 10, "seconds": 1.5}
    assert second["confusion"] == [[200, 0], [0, 200]]
    assert first["groups"]["young"]["rows"] == 100
    test = found["tests"][0]
    assert (test["first"], test["second"], test["people"]) == ("real", "real+synthetic", 20)
    assert test["difference"] == pytest.approx(0.3)
    assert test["p"] == pytest.approx(1 / 201, abs=1e-6)


def test_a_seed_counts_when_all_its_folds_are_there(tmp_path: Path) -> None:
    keep(tmp_path, STUDY, WITHOUT, 0, 0.6)
    keep(tmp_path, STUDY, WITHOUT, 1, 0.6)
    said_file(cell_folder(tmp_path, STUDY, WITHOUT, 1, 1), WITHOUT).unlink()
    found = score_study(tmp_path, STUDY, (0, 1), config=FEW)
    assert [arm["seeds"] for arm in found["arms"]] == [1]
    assert found["tests"] == []


def test_what_was_said_comes_back_and_damage_is_found(tmp_path: Path) -> None:
    keep(tmp_path, STUDY, WITHOUT, 0, 0.6)
    file = said_file(cell_folder(tmp_path, STUDY, WITHOUT, 0, 0), WITHOUT)
    said, about = read_said(file)
    assert about["people"] == 10
    assert said.people[0] == "p0"
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(DataSetError, match="is damaged"):
        score_study(tmp_path, STUDY, (0, 1))


def test_measures_of_the_plane_are_those_of_each_side() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(-1, 1, (60, 2))
    said = truth[:, None] + rng.normal(size=(60, 3, 2)) * 0.3
    each = [concordance(truth[:, 1], said[:, i, 1]) for i in range(3)]
    assert each_seed("arousal.ccc", (), truth, said) == pytest.approx(each)
    both = [np.mean([concordance(truth[:, k], said[:, i, k]) for k in (0, 1)]) for i in range(3)]
    assert measure_of("mean.ccc", ())(truth, said) == pytest.approx(np.mean(both))


def test_a_class_that_nobody_shows_has_no_share() -> None:
    truth, said = np.array([0, 0, 2]), np.eye(3)[:, None]  # one seed's logits: 0, 1, 2
    classes = ("neutral", "anger", "fear")
    assert each_seed("diagonal.neutral", classes, truth, said) == [0.5]
    assert np.isnan(each_seed("diagonal.anger", classes, truth, said)[0])


def test_all_seeds_at_once_are_what_the_metrics_say_of_each() -> None:
    rng = np.random.default_rng(5)
    truth, classes = rng.integers(0, 2, 80), ("neutral", "happiness")
    said = np.round(rng.normal(size=(80, 4, 2)), 1)  # some are equal
    each = [said[:, i] for i in range(4)]
    assert each_seed("auc", classes, truth, said) == pytest.approx(
        [area_under_curve(truth, one[:, 1] - one[:, 0]) for one in each]
    )
    assert each_seed("log_loss", classes, truth, said) == pytest.approx([log_loss(truth, one) for one in each])
    assert each_seed("accuracy", classes, truth, said) == pytest.approx(
        [accuracy(truth, one.argmax(axis=1)) for one in each]
    )
    assert np.isnan(each_seed("auc", classes, np.zeros(80, dtype=int), said)).all()


def test_how_sure_recognisers_were_is_measured_too() -> None:
    truth, classes = np.array([0, 0, 1, 1]), ("neutral", "happiness")
    sure = np.array([[0.0, -2.0], [0.0, 1.0], [0.0, 0.5], [0.0, 3.0]])
    said = np.stack([sure, 4 * sure - 10], axis=1)
    assert each_seed("auc", classes, truth, said) == [0.75, 0.75]
    assert each_seed("accuracy", classes, truth, said) == [0.75, 0.75]
    first, second = each_seed("log_loss", classes, truth, said)
    assert first == pytest.approx(np.mean(np.log1p(np.exp([-2, 1, -0.5, -3]))))
    assert second > first


def run(out: Path) -> dict[str, object]:
    write_settings(out, EXPERIMENT, {"seeds": 2, "studies": [{"folds": [0, 1], "skipped": {"gan": "not given"}}]})
    return write_report(out, EXPERIMENT, config=FEW)


def test_the_report_has_the_papers_figures_beside_ours(tmp_path: Path) -> None:
    keep(tmp_path, STUDY, WITHOUT, 0, 0.6)
    keep(tmp_path, STUDY, WITH, 0, 0.9)
    results = run(tmp_path)
    place = tmp_path / EXPERIMENT.name
    text, page = ((place / f"report.{suffix}").read_text(encoding="utf-8") for suffix in ("md", "html"))
    assert "| theirs <b> | 0.111 | – | – | – |" in text
    assert "| baseline | 0.222 | 0.600 [0.600, 0.600] | 0.333 |" in text
    assert "| with | – | 0.900 [0.900, 0.900] |" in text
    assert "| young | real | 100 | 0.125 |" in text
    assert "Left out: gan: not given." in text
    assert "real+synthetic less real" in text
    assert "theirs &lt;b&gt;" in page
    assert page.count("data:image/png;base64,") == 2
    assert json.loads((place / "results.json").read_text(encoding="utf-8")) == results
    for name in ("1-set-confusion.png", "1-set-groups.png"):
        with Image.open(io.BytesIO((place / "figures" / name).read_bytes())) as picture:
            assert np.asarray(picture.convert("L")).std() > 10


def test_a_report_without_a_run_or_of_other_studies_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match="affectface experiment run kollias-table99 comes first"):
        write_report(tmp_path, EXPERIMENT)
    write_settings(tmp_path, EXPERIMENT, {"seeds": 1, "studies": []})
    with pytest.raises(DataSetError, match="run the experiment again"):
        read_settings(tmp_path, EXPERIMENT)


def test_lines_over_made_images_and_planes_are_drawn(tmp_path: Path) -> None:
    """Figure 20 and figure 12 from made-up predictions."""
    rng = np.random.default_rng(0)
    truth = rng.uniform(-0.9, 0.9, (80, 2)).astype(np.float32)
    table = EXPERIMENTS["kollias-table12"].studies[0]
    study = replace(table, arms=table.arms[:4], plots=("amount", "plane"))
    for i, arm in enumerate(study.arms):
        said = truth + rng.normal(size=truth.shape).astype(np.float32) * (0.5 - 0.1 * i)
        file = said_file(cell_folder(tmp_path, study, arm, None, 0), arm)
        people = np.array([f"p{row // 4}" for row in range(80)])
        ages, classes = np.full(80, np.nan, dtype=np.float32), np.full(80, -1)
        about = {"rows": 10, "people": 2, "steps": 10, "seconds": 1.0}
        write_said(file, Said(np.arange(80), people, ages, truth, classes, said), about)
    experiment = Experiment(name="lines", title="Lines", source="", studies=(study,))
    write_settings(tmp_path, experiment, {"seeds": 1, "studies": [{"folds": [], "skipped": {}}]})
    results = write_report(tmp_path, experiment, config=FEW)
    errors = [arm["metrics"]["mean.ccc"]["value"] for arm in results["studies"][0]["arms"]]
    assert errors == sorted(errors)
    drawn = sorted(file.name for file in (tmp_path / "lines" / "figures").iterdir())
    assert drawn == ["1-aff-wild-amount.png", "1-aff-wild-plane.png"]


@pytest.mark.parametrize(
    ("metric", "words"),
    [("auc", "AUC"), ("valence.ccc", "valence CCC"), ("macro_f1", "macro F1"), ("diagonal.fear", "diagonal fear")],
)
def test_metrics_have_their_names(metric: str, words: str) -> None:
    assert metric_words(metric) == words
