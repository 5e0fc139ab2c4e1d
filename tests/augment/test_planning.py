"""A plan is even, seeded, written down, and keeps everybody where they are."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectface.affect import ActionUnits, AffectPath, Expression, ValenceArousal
from affectface.affect_tables import BASIC_EXPRESSIONS
from affectface.augment.even import filled_up, turns
from affectface.augment.manifest import Manifest, open_manifest, write_manifest
from affectface.augment.plan import Job, open_plan, write_plan
from affectface.augment.planning import PlanConfig, make_plan
from affectface.augment.rows import SPLITS, Row
from affectface.augment.splits import split_people
from affectface.augment.statistics import BINS, statistics_of
from affectface.augment.targets import LEVELS
from affectface.errors import DataSetError
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.library import load_named_affect_model

MODEL = load_named_affect_model(None)
CONFIGS = {
    "classes": PlanConfig(),
    "classes of few": PlanConfig(count=77),
    "plane": PlanConfig(strategy="plane", count=120),
    "expressions": PlanConfig(strategy="expressions", count=60),
    "action units": PlanConfig(strategy="action-units", count=84),
    "paths": PlanConfig(strategy="paths", count=20),
}


@pytest.fixture
def neutral(tmp_path: Path) -> Manifest:
    return photos_of(tmp_path, [Row(f"{i}.jpg", subject=str(i % 5), split="train", fold=i % 5) for i in range(11)])


def photos_of(folder: Path, rows: list[Row], name: str = "neutral.parquet") -> Manifest:
    with write_manifest(folder / name) as writer:
        for row in rows:
            writer.add(row)
    return open_manifest(folder / name)


def planned(folder: Path, manifest: Manifest, config: PlanConfig, labels: Manifest | None = None) -> list[Job]:
    make_plan(manifest, folder / "plan.parquet", MODEL, config=config, labels=labels)
    return list(open_plan(folder / "plan.parquet").jobs())


@settings(max_examples=200, deadline=None)
@given(
    existing=st.lists(st.integers(0, 30), min_size=1, max_size=12), count=st.integers(0, 100), seed=st.integers(0, 9)
)
def test_filling_up_against_adding_one_by_one(existing: list[int], count: int, seed: int) -> None:
    added = filled_up(np.array(existing), count, np.random.default_rng(seed))
    slow = list(existing)
    for _ in range(count):
        slow[slow.index(min(slow))] += 1
    assert added.min() >= 0
    assert added.sum() == count
    assert sorted(np.array(existing) + added) == sorted(slow)


@settings(max_examples=100, deadline=None)
@given(people=st.lists(st.integers(0, 5), min_size=1, max_size=20), count=st.integers(0, 100))
def test_people_and_their_photos_take_turns(people: list[int], count: int) -> None:
    who = np.array(people)
    used = turns(who, count, np.random.default_rng(0))
    assert used.sum() == count
    each = [used[who == person].sum() for person in set(people)]
    assert max(each) - min(each) <= 1
    for person in set(people):
        own = used[who == person]
        assert own.max() - own.min() <= 1


@pytest.mark.parametrize("name", CONFIGS)
def test_what_is_planned_can_be_read_and_is_numbered(name: str, neutral: Manifest, tmp_path: Path) -> None:
    jobs = planned(tmp_path, neutral, CONFIGS[name])
    assert [job.number for job in jobs] == list(range(len(jobs)))
    assert len(jobs) == (CONFIGS[name].count or 11 * len(MODEL.points))
    order = [job.photo.path for job in jobs]
    assert len(set(order)) == len(list(itertools.groupby(order)))  # jobs of one photo follow each other
    assert len({job.seed for job in jobs}) >= len(jobs) - 25  # equal photos and targets only
    assert all(0 < job.intensity <= 1 for job in jobs)
    assert all((job.seconds is None) == (job.kind != "path") for job in jobs)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_nobody_leaves_their_split_or_fold(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("plan")
    names = st.builds(
        Row,
        st.integers(0, 40).map(lambda i: f"{i}.jpg"),
        subject=st.sampled_from(["", "a", "b", "c", "d"]),
        source=st.sampled_from(["one", "two"]),
        expression=st.just("neutral"),
    )
    rows = data.draw(st.lists(names, min_size=3, max_size=30, unique_by=lambda row: row.path))
    manifest = photos_of(folder, rows)
    if statistics_of(manifest).people < 3:
        return
    split_people(manifest, folder / "split.parquet", seed=data.draw(st.integers(0, 3)))
    split_people(open_manifest(folder / "split.parquet"), folder / "both.parquet", folds=3)
    real = open_manifest(folder / "both.parquet")
    where: dict[tuple[str, ...], tuple[str, int | None]] = {}
    for row in real.rows():
        where[(row.source, row.subject) if row.subject else (row.path,)] = (row.split, row.fold)
    wanted = data.draw(st.sampled_from([("train",), ("validation", "test"), SPLITS]))
    name = data.draw(st.sampled_from(["classes of few", "expressions", "paths"]))
    config = PlanConfig(**{**vars(CONFIGS[name]), "splits": wanted})
    if sum(split in wanted for split, _ in where.values()) == 0:
        return
    for job in planned(folder, real, config):
        photo = job.photo
        person = (photo.source, photo.subject) if photo.subject else (photo.path,)
        assert (photo.split, photo.fold) == where[person]
        assert photo.split in wanted


def test_nothing_is_made_for_tests_unasked(tmp_path: Path) -> None:
    rows = [Row(f"{i}.jpg", subject=str(i), split=split) for i, split in enumerate((*SPLITS, ""))]
    manifest = photos_of(tmp_path, rows)
    config = PlanConfig(strategy="paths", count=8)
    assert {job.photo.split for job in planned(tmp_path, manifest, config)} == {"train", ""}
    with pytest.raises(DataSetError, match=r"no photo in the splits that are used \(train, none\)"):
        planned(tmp_path, photos_of(tmp_path, rows[1:3]), config)


def test_every_photo_shows_every_class_once(neutral: Manifest, tmp_path: Path) -> None:
    points = {tuple(point) for point in MODEL.points.tolist()}
    shown: dict[str, list[tuple[float, float]]] = {}
    for job in planned(tmp_path, neutral, PlanConfig()):
        assert isinstance(job.target, ValenceArousal)
        shown.setdefault(job.photo.path, []).append((job.target.valence, job.target.arousal))
    assert len(shown) == 11
    assert all(len(found) == len(points) and set(found) == points for found in shown.values())


def test_some_classes_are_spread_over_photos(neutral: Manifest, tmp_path: Path) -> None:
    count = 4 * len(MODEL.points) + 5
    jobs = planned(tmp_path, neutral, PlanConfig(count=count))
    pairs = [(job.photo.path, job.target) for job in jobs]
    assert len(set(pairs)) == len(pairs) == count
    each = Counter(target for _, target in pairs)
    assert set(each.values()) == {4, 5}
    assert max(Counter(path for path, _ in pairs).values()) - min(Counter(path for path, _ in pairs).values()) == 1
    with pytest.raises(DataSetError, match="need more than 11 photos"):
        planned(tmp_path, neutral, PlanConfig(count=11 * len(MODEL.points) + 1))


def test_the_plane_becomes_flat(neutral: Manifest, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    points = np.clip(rng.normal(0, 0.3, (4000, 2)), -1, 1)
    rows = [Row(f"x{i}.jpg", split="train", valence=v, arousal=a) for i, (v, a) in enumerate(points.tolist())]
    rows += [Row(f"y{i}.jpg", split="test", valence=-0.9, arousal=0.0) for i in range(500)]  # do not count
    labels = photos_of(tmp_path, rows, "labels.parquet")
    jobs = planned(tmp_path, neutral, PlanConfig(strategy="plane", count=5000), labels)
    made = photos_of(
        tmp_path,
        [Row(f"{j.number}.png", valence=j.target.valence, arousal=j.target.arousal) for j in jobs],  # type: ignore[union-attr]
        "made.csv",
    )
    before = statistics_of(photos_of(tmp_path, rows[:4000], "train.csv")).plane
    added = statistics_of(made).plane
    middles = (np.arange(BINS) + 0.5) * 2 / BINS - 1
    disc = np.hypot(middles[:, None], middles[None, :]) <= 1
    after = (before + added)[disc]
    level = after[added[disc] > 0]
    assert level.max() - level.min() <= 1
    assert after[added[disc] == 0].min() >= level.min()
    assert not added[~disc].any()
    assert all(np.hypot(j.target.valence, j.target.arousal) <= 1 for j in jobs)  # type: ignore[union-attr]


def test_rare_expressions_are_filled_up(neutral: Manifest, tmp_path: Path) -> None:
    have = dict(zip(BASIC_EXPRESSIONS, (100, 10, 0, 500, 40, 20), strict=True))
    rows = [Row(f"{name}{i}.jpg", split="train", expression=name) for name, n in have.items() for i in range(n)]
    labels = photos_of(tmp_path, rows, "labels.parquet")
    jobs = planned(tmp_path, neutral, PlanConfig(strategy="expressions", count=330, least_intensity=0.5), labels)
    added = Counter(job.target.name for job in jobs if isinstance(job.target, Expression))
    assert {name: have[name] + added[name] for name in BASIC_EXPRESSIONS} == {
        **dict.fromkeys(BASIC_EXPRESSIONS, 100),
        "happiness": 500,
    }
    intensities = np.array([job.intensity for job in jobs])
    assert intensities.min() >= 0.5
    assert abs(intensities.mean() - 0.75) < 0.03


def test_levels_of_action_units_are_equally_many(neutral: Manifest, tmp_path: Path) -> None:
    codes = [{"12": 0.8, "6": 0.4, "11": 1.0, "1": 0.0}, {"12": 0.8, "6": 0.2}, {"1": 0.2, "2": 0.2, "4": 0.0}]
    rows = [Row(f"{i}.jpg", split="train", action_units=code) for i, code in enumerate(codes)]
    labels = photos_of(tmp_path, rows, "labels.parquet")
    config = PlanConfig(strategy="action-units", count=12 * 30, units=("1", "12"))
    found: Counter[tuple[str, int]] = Counter()
    combined = set()
    for job in planned(tmp_path, neutral, config, labels):
        assert isinstance(job.target, ActionUnits)
        strengths = dict(job.target.strengths)
        combined.add(tuple((unit, round(s, 3)) for unit, s in job.target.strengths))
        if len(strengths) == 1:
            unit, strength = next(iter(strengths.items()))
            found[unit, round(strength * 5)] += 1
    with_code = {("12", 4), ("1", 0), ("1", 1)}
    assert found.keys() | with_code == {(unit, level) for unit in ("1", "12") for level in range(len(LEVELS))}
    assert all(count == 30 for cell, count in found.items() if cell not in with_code)
    assert (("6", 0.4), ("12", 0.8)) in combined  # 11 cannot be shown and is left out
    assert (("1", 0.2), ("2", 0.2)) in combined


def test_paths_begin_and_end_neutral(neutral: Manifest, tmp_path: Path) -> None:
    jobs = planned(tmp_path, neutral, PlanConfig(strategy="paths", count=40, seconds=(1.0, 2.0)))
    for job in jobs:
        assert isinstance(job.target, AffectPath)
        points = [(p.valence, p.arousal) for p in (job.target.at(t) for t in (0, 0.5, 1))]
        assert points[0] == points[2] == (0, 0)
        assert 1.0 <= (job.seconds or 0) <= 2.0
        assert job.fps == 25
    assert {len(job.target.points) for job in jobs if isinstance(job.target, AffectPath)} == {3, 4}


def test_the_seed_decides(neutral: Manifest, tmp_path: Path) -> None:
    sums = []
    for seed in (1, 1, 2):
        planned(tmp_path, neutral, PlanConfig(strategy="plane", count=50, seed=seed))
        sums.append(hashlib.sha256((tmp_path / "plan.parquet").read_bytes()).hexdigest())
    assert sums[0] == sums[1] != sums[2]


def test_a_job_has_its_seed_whatever_else_is_planned(neutral: Manifest, tmp_path: Path) -> None:
    few = {(j.photo.path, j.target): j.seed for j in planned(tmp_path, neutral, PlanConfig(count=50))}
    all_ = {(j.photo.path, j.target): j.seed for j in planned(tmp_path, neutral, PlanConfig())}
    assert few.items() <= all_.items()


def test_settings_are_kept(neutral: Manifest, tmp_path: Path) -> None:
    planned(tmp_path, neutral, PlanConfig(strategy="paths", count=3, seed=5))
    plan = open_plan(tmp_path / "plan.parquet")
    assert (plan.settings["strategy"], plan.settings["seed"], plan.job_count) == ("paths", 5, 3)
    assert plan.settings["photos"] == hashlib.sha256(neutral.path.read_bytes()).hexdigest()


def test_other_files_are_no_plans(neutral: Manifest, tmp_path: Path) -> None:
    (tmp_path / "text.parquet").write_text("no")
    for file in (neutral.path, tmp_path / "text.parquet"):
        with pytest.raises(DataSetError, match="plan"):
            open_plan(file)
    with pytest.raises(DataSetError, match="no such file"):
        open_plan(tmp_path / "none.parquet")
    with pytest.raises(DataSetError, match=r"unknown suffix '\.csv' for a plan"):
        make_plan(neutral, tmp_path / "plan.csv", MODEL)


def test_a_job_that_makes_no_sense_is_named(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with write_plan(tmp_path / "plan.parquet", {}) as writer:
        writer.add(Job(0, Row("a.jpg"), ValenceArousal(0.5, 0.5), 1.0, None, None, 1))
    table = pq.read_table(tmp_path / "plan.parquet")
    place = table.schema.get_field_index("valence")
    wrong = table.set_column(place, table.schema.field("valence"), pa.array([7.0], pa.float32()))
    pq.write_table(wrong, tmp_path / "plan.parquet")
    with pytest.raises(DataSetError, match="job 0: valence is 7"):
        list(open_plan(tmp_path / "plan.parquet").jobs())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"strategy": "all"}, "strategy is 'all'"),
        ({"strategy": "plane"}, "count is missing; plane"),
        ({"count": 0}, "count is 0"),
        ({"strategy": "expressions", "count": 1, "expressions": ("glee",)}, "expressions are"),
        ({"strategy": "action-units", "count": 1, "units": ("11",)}, "units are"),
        ({"seconds": (3.0, 2.0)}, "seconds must ascend"),
    ],
)
def test_configurations_that_make_no_sense(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        PlanConfig(**wrong)  # type: ignore[arg-type]


def test_a_model_without_classes_is_said(neutral: Manifest, tmp_path: Path) -> None:
    import dataclasses

    empty = np.zeros((0, 2), np.float32)
    bare: AffectModel = dataclasses.replace(
        MODEL, points=empty, point_strengths=np.zeros((0, len(MODEL.unit_names)), np.float32),
        support=np.zeros(0, np.int32), spread=None,
    )  # fmt: skip
    with pytest.raises(DataSetError, match="no classes of the plane"):
        make_plan(neutral, tmp_path / "plan.parquet", bare)
