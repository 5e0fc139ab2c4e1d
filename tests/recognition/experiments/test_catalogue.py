"""What the catalogue says the papers found is what they print."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from affectface.errors import TargetError
from affectface.recognition.experiments.catalogue import EXPERIMENTS, experiment_named
from affectface.recognition.experiments.design import EIGHT, Arm, PaperRow, Study
from affectface.recognition.experiments.kollias_ablations import AMOUNTS

REFERENCE = Path(__file__).parents[4] / "shared" / "reference"


def printed(paper: str) -> list[tuple[float, ...]]:
    """The numbers of each line of a paper, in order."""
    file = REFERENCE / paper
    if not file.is_file():
        pytest.skip("the papers' texts are not here")
    text = re.sub(r"</?b>", "", file.read_text(encoding="utf-8"))
    return [tuple(float(one) for one in re.findall(r"\d?\.\d+", line)) for line in text.splitlines()]


def holds(line: tuple[float, ...], wanted: tuple[float, ...]) -> bool:
    return any(line[i : i + len(wanted)] == wanted for i in range(len(line)))


def published(prefix: str) -> list[tuple[str, Study, tuple[float, ...]]]:
    rows = []
    for name, experiment in EXPERIMENTS.items():
        if name.startswith(prefix):
            for study in experiment.studies:
                own = [row.values for row in study.paper]
                own += [values for group in study.groups for _, values in group.paper]
                rows += [(name, study, tuple(value for value in values if value is not None)) for values in own]
    return rows


def test_there_is_an_experiment_for_each_table_of_the_papers() -> None:
    assert {f"kollias-table{number}" for number in range(2, 15)} <= set(EXPERIMENTS)
    assert {"lindt-table3", "lindt-table4", "lindt-heat-maps"} <= set(EXPERIMENTS)


def test_the_numbers_of_tables_2_to_9_13_and_14_are_printed_in_one_line_of_the_paper() -> None:
    lines = printed("kollias_2020.md")
    rows = [row for row in published("kollias") if row[0] not in ("kollias-table10", "kollias-table11")]
    assert len(rows) > 80
    for name, study, values in rows:
        # Table 13 prints CCC and MSE of one network beside those of the other
        halves = (values[:2], values[2:]) if name == "kollias-table13" and len(values) == 4 else (values,)
        assert any(all(holds(line, half) for half in halves) for line in lines), (name, study.data, values)


def test_the_numbers_of_tables_10_and_11_are_printed_in_following_lines() -> None:
    lines = printed("kollias_2020.md")
    rows = [row for row in published("kollias") if row[0] in ("kollias-table10", "kollias-table11")]
    assert len(rows) == 18
    for name, _, values in rows:
        found = any(
            line == values[:2] and (len(values) == 2 or after == values[2:])
            for line, after in itertools.pairwise(lines)
        )
        assert found, (name, values)


def test_the_numbers_of_lindt_stand_in_columns() -> None:
    lines = [line for line in printed("lindt_2019.md") if line]
    for name, _, values in published("lindt"):
        # each line of the paper has one criterion: RMSE, SAGR, CCC, for valence and arousal
        for i in range(0, 6, 2):
            assert any(holds(line, values[i : i + 2]) for line in lines), (name, values[i : i + 2])


def test_the_amounts_of_table_12_are_printed() -> None:
    file = REFERENCE / "kollias_2020.md"
    if not file.is_file():
        pytest.skip("the papers' texts are not here")
    text = file.read_text(encoding="utf-8")
    names = ("Aff-Wild", "RECOLA", "AffectNet (VA)", "AFEW-VA", "RAF-DB", "AffectNet (Expressions)", "AFEW", "BU-3DFE")
    for name, amounts in zip(names, AMOUNTS.values(), strict=True):
        line = next(line for line in text.splitlines() if line.startswith(f"{name}\t$N"))
        units = {"K": 1_000, "M": 1_000_000, "": 1}
        found = [round(float(number) * units[unit]) for number, unit in re.findall(r"([\d.]+)([KM]?)[,\\]", line)]
        assert tuple(found) == amounts, name


def test_arms_that_differ_only_in_the_test_share_a_training() -> None:
    one, other = Arm(name="a", title=""), Arm(name="b", title="", tested="synthetic")
    assert one.training == other.training == "real"
    assert Arm(name="c", title="", learns=("real", "synthetic"), made=600).training == "real+synthetic-made600"


def test_trainings_of_different_arms_of_a_folder_do_not_meet() -> None:
    for experiment in EXPERIMENTS.values():
        for study in experiment.studies:
            said = {(arm.training, arm.tested) for arm in study.arms}
            assert len(said) == len(study.arms), experiment.name


def test_studies_of_one_folder_are_trained_alike() -> None:
    trained: dict[str, object] = {}
    for experiment in EXPERIMENTS.values():
        for study in experiment.studies:
            how = (study.data, study.training, study.classes, study.folds)
            assert trained.setdefault(study.folder, how) == how, (experiment.name, study.folder)


def test_nonsense_is_refused() -> None:
    arm = Arm(name="real", title="")
    with pytest.raises(TargetError, match="no experiment; there are kollias-table2"):
        experiment_named("table")
    with pytest.raises(ValueError, match="metrics are"):
        Study(data="x", arms=(arm,), metrics=("ccc",))
    with pytest.raises(ValueError, match="at least one, each once"):
        Study(data="x", arms=(arm, arm), metrics=("accuracy",))
    row = PaperRow(title="", values=(0.1, 0.2), arm="real")
    with pytest.raises(ValueError, match="has 2 values"):
        Study(data="x", arms=(arm,), metrics=("accuracy",), classes=EIGHT, paper=(row,))
    with pytest.raises(ValueError, match="out of its range"):
        Arm(name="x", title="", wrong=2.0)
