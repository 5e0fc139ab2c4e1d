"""A plan is cut by its jobs alone: each job once, parts bounded, photos whole as far as possible."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectface.affect import ValenceArousal
from affectface.augment import plan as plan_module
from affectface.augment.plan import Job, open_plan, write_plan
from affectface.augment.rows import Row
from affectface.augment.running.parts import MOST, parts_of, usual_size


def planned(file: Path, jobs_each: list[int]) -> Path:
    with write_plan(file, {}) as writer:
        for photo, jobs in enumerate(jobs_each):
            for number in range(jobs):
                writer.add(Job(0, Row(f"{photo}.jpg"), ValenceArousal(0, 0), 1.0, None, None, number))
    return file


@settings(max_examples=60, deadline=None)
@given(jobs_each=st.lists(st.integers(1, 30), min_size=1, max_size=20), most=st.integers(1, 25))
def test_each_job_is_in_one_part(tmp_path_factory: pytest.TempPathFactory, jobs_each: list[int], most: int) -> None:
    plan = open_plan(planned(tmp_path_factory.mktemp("plan") / "plan.parquet", jobs_each))
    parts = parts_of(plan, most)
    assert [job for part in parts for job in range(part.first, part.first + part.count)] == list(range(sum(jobs_each)))
    assert [part.number for part in parts] == list(range(len(parts)))
    assert max(part.count for part in parts) <= most
    paths = [[job.photo.path for job in plan_module.jobs_of(plan.part(p.first, p.count), plan.path)] for p in parts]
    assert [path for each in paths for path in each] == [job.photo.path for job in plan.jobs()]
    for one, other in pairwise(range(len(parts))):
        if paths[one][-1] == paths[other][0]:  # cut, since the part was not half full before, or the photo has too many
            own = paths[one].count(paths[one][-1])
            assert 2 * (len(paths[one]) - own) < most


def test_jobs_are_read_across_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "BATCH", 7)
    plan = open_plan(planned(tmp_path / "plan.parquet", [5, 9, 3, 20]))
    jobs = [(job.number, job.photo.path) for job in plan.jobs()]
    for first, count in ((0, 1), (6, 2), (3, 30), (36, 1), (7, 7)):
        part = plan.part(first, count)
        assert [(job.number, job.photo.path) for job in plan_module.jobs_of(part, plan.path)] == jobs[first:][:count]
    assert [part.count for part in parts_of(plan, 10)] == [5, 9, 10, 10, 3]


def test_few_jobs_make_many_parts_and_many_jobs_bounded_ones() -> None:
    assert usual_size(1) == 32
    assert usual_size(6755) == 106
    assert usual_size(2_476_235) == MOST
