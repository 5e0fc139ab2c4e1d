"""Who is learned from and who is tested; nobody is both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from affectface.augment.rows import Row
from affectface.errors import DataSetError, LeakError
from affectface.recognition.experiments.choosing import (
    INNER,
    Role,
    choose,
    choose_inner,
    folds_of,
    passes,
    passes_of_sorts,
    with_wrong_labels,
)
from affectface.recognition.experiments.design import Arm

REAL = Arm(name="real", title="")
BOTH = Arm(name="real+synthetic", title="", learns=("real", "synthetic"))


def role(name: str, rows: list[Row]) -> Role:
    return Role(name, rows, [f"{row.source}/{row.subject or row.path}" for row in rows])


def people(count: int, each: int, folds: int = 3) -> list[Row]:
    return [
        Row(f"{p}-{i}.png", subject=f"p{p:02}", fold=p % folds, expression="neutral", source="set")
        for p in range(count)
        for i in range(each)
    ]


def of_splits(rows: list[Row]) -> list[Row]:
    return [replace(row, split=("train", "validation", "test")[row.fold or 0], fold=None) for row in rows]


def test_a_fold_is_tested_and_the_others_are_learned_from() -> None:
    rows = people(9, 2)
    found = choose({"real": role("real", rows)}, REAL, fold=1, seed=0)
    assert {rows[i].fold for i in found.tested} == {1}
    assert {rows[i].fold for i in found.learned["real"]} == {0, 2}
    assert len(found.tested) + len(found.learned["real"]) == len(rows)
    assert not len(found.validated)


def test_splits_are_learned_validated_and_tested() -> None:
    rows = of_splits(people(9, 2))
    found = choose({"real": role("real", rows)}, REAL, fold=None, seed=0)
    assert [rows[i].split for i in found.learned["real"]] == ["train"] * 6
    assert [rows[i].split for i in found.validated] == ["validation"] * 6
    assert [rows[i].split for i in found.tested] == ["test"] * 6


def test_a_person_in_training_and_test_is_a_leak() -> None:
    rows = people(9, 2)
    rows[0] = replace(rows[0], fold=1)  # the other photo of p00 stays in fold 0
    with pytest.raises(LeakError, match=r"1 people of the test.*'set/p00'"):
        choose({"real": role("real", rows)}, REAL, fold=1, seed=0)


def test_pictures_made_of_a_person_of_the_test_are_a_leak() -> None:
    real, made = people(9, 2), people(9, 4)
    roles = {"real": role("real", real), "synthetic": role("synthetic", made)}
    choose(roles, BOTH, fold=1, seed=0)
    wrong = [replace(row, fold=2) if row.subject == "p01" else row for row in made]
    with pytest.raises(LeakError, match="in pictures made of them, such as 'set/p01'"):
        choose({**roles, "synthetic": role("synthetic", wrong)}, BOTH, fold=1, seed=0)


def test_pictures_made_of_a_photo_without_a_subject_are_of_its_person() -> None:
    real = [Row(f"{i}.jpg", split="train" if i else "test", expression="neutral", source="set") for i in range(4)]
    made = [Row("made.jpg", subject="0.jpg", split="train", expression="fear", source="set")]
    with pytest.raises(LeakError, match=r"set/0\.jpg"):
        choose({"real": role("real", real), "synthetic": role("synthetic", made)}, BOTH, fold=None, seed=0)


def test_a_person_of_the_validation_in_the_test_is_a_leak() -> None:
    rows = of_splits(people(9, 2))
    rows[-1] = replace(rows[-1], subject="p01")
    with pytest.raises(LeakError, match="p01"):
        choose({"real": role("real", rows)}, REAL, fold=None, seed=0)


def test_few_people_are_among_more_and_their_made_pictures_alone_are_learned_from() -> None:
    roles = {"real": role("real", people(30, 2)), "synthetic": role("synthetic", people(30, 5))}
    seen: set[str] = set()
    for count in (2, 5, 12):
        found = choose(roles, replace(BOTH, people=count), fold=0, seed=3)
        shown = {name: {roles[name].people[i] for i in rows} for name, rows in found.learned.items()}
        assert len(shown["real"]) == count
        assert shown["synthetic"] == shown["real"]
        assert len(found.learned["synthetic"]) == 5 * count
        assert seen < shown["real"]
        seen = shown["real"]
    others = choose(roles, replace(BOTH, people=12), fold=0, seed=4)
    assert {roles["real"].people[i] for i in others.learned["real"]} != seen


def test_few_made_rows_are_among_more_and_real_ones_all_stay() -> None:
    roles = {"real": role("real", people(9, 2)), "synthetic": role("synthetic", people(9, 20))}
    small, large = (choose(roles, replace(BOTH, made=count), fold=0, seed=0).learned for count in (10, 60))
    assert len(small["real"]) == len(large["real"]) == 12
    assert (len(small["synthetic"]), len(large["synthetic"])) == (10, 60)
    assert set(small["synthetic"]) < set(large["synthetic"])
    with pytest.raises(DataSetError, match="120 made rows are there to learn from; 121 are needed"):
        choose(roles, replace(BOTH, made=121), fold=0, seed=0)


def test_what_is_missing_is_said() -> None:
    rows = people(9, 2)
    with pytest.raises(DataSetError, match="6 people are there to learn from; 7 are needed"):
        choose({"real": role("real", rows)}, replace(REAL, people=7), fold=0, seed=0)
    with pytest.raises(DataSetError, match="say no fold"):
        folds_of(role("real", [replace(row, fold=None) for row in rows]))
    with pytest.raises(DataSetError, match="no row to test on"):
        choose({"real": role("real", rows)}, REAL, fold=None, seed=0)
    only_test = [replace(row, split="test") for row in rows]
    with pytest.raises(DataSetError, match="no row to learn from"):
        choose({"real": role("real", only_test)}, REAL, fold=None, seed=0)


def test_wrong_labels_are_as_many_as_asked_and_those_of_a_smaller_share_stay_wrong() -> None:
    classes = ("neutral", "happiness", "fear")
    rows = [Row(f"{i}.png", expression=classes[i % 3]) for i in range(200)]
    before: set[int] = set()
    for share in (0.0, 0.1, 0.35, 1.0):
        found = with_wrong_labels(rows, share, classes, seed=1)
        wrong = {i for i, (row, own) in enumerate(zip(rows, found, strict=True)) if row.expression != own.expression}
        assert len(wrong) == round(200 * share)
        assert before <= wrong
        assert {row.expression for row in found} <= set(classes)
        before = wrong


def test_noise_of_valence_and_arousal_has_the_deviation_that_is_asked() -> None:
    rows = [Row(f"{i}.png", valence=0.0, arousal=0.1) for i in range(4000)]
    found = with_wrong_labels(rows, 0.2, (), seed=1)
    points = np.array([[row.valence, row.arousal] for row in found])
    assert points.std(axis=0) == pytest.approx([0.2, 0.2], rel=0.05)
    assert np.abs(points).max() <= 1
    assert points.mean(axis=0) == pytest.approx([0.0, 0.1], abs=0.02)


def test_passes_see_every_row_alike_often() -> None:
    order = passes(7, 100, seed=2)
    counts = np.bincount(order, minlength=7)
    assert len(order) == 100
    assert counts.max() - counts.min() <= 1
    assert not np.array_equal(order[:7], order[7:14])
    assert np.array_equal(order, passes(7, 100, seed=2))


def test_what_is_chosen_sees_nobody_of_the_test_and_nobody_twice() -> None:
    real, made = people(18, 2), people(18, 4)
    roles = {"real": role("real", real), "synthetic": role("synthetic", made)}
    held = []
    for part in range(INNER):
        found = choose_inner(roles, BOTH, fold=1, part=part)
        tried = {real[i].subject for i in found.validated}
        learned = {name: {roles[name].rows[i].subject for i in rows} for name, rows in found.learned.items()}
        assert learned["real"] == learned["synthetic"]
        assert not tried & learned["real"]
        outer = {row.subject for row in real if row.fold == 1}
        assert not outer & (tried | learned["real"])
        assert (len(tried), len(learned["real"])) == (4, 8)
        assert not len(found.tested)
        held.append(tried)
    assert len(set.union(*held)) == 12
    few = choose_inner(roles, replace(BOTH, people=3), fold=1, part=0)
    chosen = {real[i].subject for i in few.learned["real"]}
    assert len(chosen) == 3
    assert {real[i].subject for i in few.validated} == held[0]
    with pytest.raises(DataSetError, match="8 people are there to learn from; 9 are needed"):
        choose_inner(roles, replace(BOTH, people=9), fold=1, part=0)
    alone = {"real": role("real", people(2, 2, folds=2))}
    with pytest.raises(DataSetError, match="1 people are there to choose the steps of 'real' on"):
        choose_inner(alone, REAL, fold=1, part=0)


def test_sorts_are_seen_alike_often() -> None:
    sorts = ["real"] * 4 + ["made"] * 30
    found = passes_of_sorts(sorts, 40, seed=1)
    assert np.bincount(found, minlength=34)[:4].tolist() == [5] * 4
    assert sorted(np.bincount(found, minlength=34)[4:].tolist()) == [0] * 10 + [1] * 20
    assert np.array_equal(passes_of_sorts(["", ""], 5, seed=2), passes(2, 5, seed=2))
