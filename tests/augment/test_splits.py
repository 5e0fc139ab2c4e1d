"""Nobody is in two splits, and splits are alike."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectface.affect_tables import BASIC_EXPRESSIONS
from affectface.augment.manifest import Manifest, open_manifest, write_manifest
from affectface.augment.rows import SPLITS, Row
from affectface.augment.splits import assign, plane_part, split_people
from affectface.errors import DataSetError


def written(folder: Path, rows: Sequence[Row]) -> Manifest:
    with write_manifest(folder / "in.parquet") as writer:
        for row in rows:
            writer.add(row)
    return open_manifest(folder / "in.parquet")


def person_of(row: Row) -> tuple[str, ...]:
    return (row.source, row.subject) if row.subject else (row.path,)


PEOPLE = st.lists(
    st.builds(
        Row,
        st.integers(0, 30).map(lambda i: f"{i}.jpg"),
        subject=st.sampled_from(["", "a", "b", "c", "d", "e"]),
        source=st.sampled_from(["", "one", "two"]),
        expression=st.sampled_from(["", *BASIC_EXPRESSIONS]),
        valence=st.none() | st.floats(-1, 1, width=32),
        arousal=st.none() | st.floats(-1, 1, width=32),
        action_units=st.none() | st.dictionaries(st.sampled_from(["1", "12L", "99"]), st.just(1.0), min_size=1),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(rows=PEOPLE, seed=st.integers(0, 5), folds=st.none() | st.integers(2, 6))
def test_nobody_is_in_two_parts(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], seed: int, folds: int | None
) -> None:
    folder = tmp_path_factory.mktemp("split")
    manifest = written(folder, rows)
    parts = folds or len(SPLITS)
    if len({person_of(row) for row in rows}) < parts:
        with pytest.raises(DataSetError, match="people"):
            split_people(manifest, folder / "out.parquet", folds=folds, seed=seed)
        return
    told = split_people(manifest, folder / "out.parquet", folds=folds, seed=seed)
    found = list(open_manifest(folder / "out.parquet").rows())
    where: dict[tuple[str, ...], set[object]] = {}
    for row in found:
        where.setdefault(person_of(row), set()).add(row.split if folds is None else row.fold)
    assert all(len(parts) == 1 for parts in where.values())
    assert set().union(*where.values()) == (set(SPLITS) if folds is None else set(range(parts)))
    assert [row.path for row in found] == [row.path for row in rows]
    assert sum(told.rows) == len(rows)
    assert sum(told.people) == len(where)
    assert told.alone == len({row.path for row in rows if not row.subject})


def test_splits_are_alike(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = []
    for person in range(120):
        own = rng.choice(6, size=2)  # people show few expressions, so that chance alone would be unequal
        for photo in range(rng.integers(3, 40)):
            shown = BASIC_EXPRESSIONS[rng.choice(own)]
            rows.append(Row(f"{person}/{photo}.jpg", subject=str(person), expression=shown))
    told = split_people(written(tmp_path, rows), tmp_path / "out.parquet", shares=(8, 1, 1))
    shares = np.array(told.rows) / len(rows)
    assert np.abs(shares - (0.8, 0.1, 0.1)).max() < 0.02
    by_label = np.array([told.labels[name] for name in BASIC_EXPRESSIONS], dtype=float)
    unequal = np.abs(by_label / by_label.sum(axis=1, keepdims=True) - (0.8, 0.1, 0.1)).max()
    people = rng.permutation(120)
    counts = np.zeros((120, 6))
    for row in rows:
        counts[int(row.subject), BASIC_EXPRESSIONS.index(row.expression)] += 1
    chance = np.stack([counts[people[a:b]].sum(axis=0) for a, b in ((0, 96), (96, 108), (108, 120))], axis=1)
    by_chance = np.abs(chance / chance.sum(axis=1, keepdims=True) - (0.8, 0.1, 0.1)).max()
    assert unequal < 0.04
    assert unequal < by_chance / 2


def test_equal_seeds_give_equal_bytes_and_others_do_not(tmp_path: Path) -> None:
    manifest = written(tmp_path, [Row(f"{i}.jpg", subject=str(i // 3), expression="fear") for i in range(90)])
    sums = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        split_people(manifest, tmp_path / f"{name}.parquet", seed=seed)
        sums.append(hashlib.sha256((tmp_path / f"{name}.parquet").read_bytes()).hexdigest())
    assert sums[0] == sums[1] != sums[2]


def test_a_split_without_a_share_stays_empty(tmp_path: Path) -> None:
    manifest = written(tmp_path, [Row(f"{i}.jpg") for i in range(20)])
    told = split_people(manifest, tmp_path / "out.csv", shares=(0.8, 0, 0.2))
    assert told.parts == ("train", "test")
    assert told.rows == (16, 4)
    with pytest.raises(ValueError, match="shares are"):
        split_people(manifest, tmp_path / "out.csv", shares=(1, 2))


def test_folds_leave_splits_as_they_were(tmp_path: Path) -> None:
    manifest = written(tmp_path, [Row(f"{i}.jpg", split="test" if i % 2 else "train") for i in range(20)])
    split_people(manifest, tmp_path / "out.csv", folds=4)
    found = list(open_manifest(tmp_path / "out.csv").rows())
    assert [row.split for row in found] == ["test" if i % 2 else "train" for i in range(20)]
    assert np.bincount([row.fold or 0 for row in found]).tolist() == [5, 5, 5, 5]


def test_every_part_gets_somebody() -> None:
    counts = np.array([[1000], [1], [1]], dtype=np.float32)
    part = assign(counts, np.array([0.98, 0.01, 0.01]), np.random.default_rng(0))
    assert sorted(part.tolist()) == [0, 1, 2]


@pytest.mark.parametrize(
    ("point", "part"),
    [
        ((0, 0), 0),
        ((0.1, -0.1), 0),
        ((0.5, 0.5), 1),
        ((-0.5, 0.5), 2),
        ((-0.5, -0.5), 3),
        ((0.5, -0.5), 4),
        ((0.3, -0.0), 1),
    ],
)
def test_parts_of_the_plane(point: tuple[float, float], part: int) -> None:
    assert plane_part(np.array([point[0]]), np.array([point[1]])).tolist() == [part]
