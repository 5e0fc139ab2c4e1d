"""What a run leaves: outputs, records, a manifest that everything reads, and nothing else."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from affectface.affect import ActionUnits, Expression
from affectface.affect_path import AffectPath
from affectface.augment.manifest import open_manifest
from affectface.augment.pictures import pictures
from affectface.augment.plan import Plan, open_plan, write_plan
from affectface.augment.running.config import Form, RunConfig
from affectface.augment.running.finishing import is_finished
from affectface.augment.running.folder import begun, open_run
from affectface.augment.running.guarding import held
from affectface.augment.running.photo_work import Work
from affectface.augment.running.records import read_record
from affectface.augment.running.run import Totals, run_plan
from affectface.augment.running.status import status_of
from affectface.augment.running.verifying import verify_run
from affectface.augment.statistics import statistics_of
from affectface.errors import AffectFaceError, DataSetError, DeviceError
from affectface.files import sha256_of

from .conftest import CONFIG, EACH, contents, noise_of


def test_records_say_what_was_asked_and_what_came(undisturbed: Path, plan: Plan) -> None:
    found = verify_run(open_run(undisturbed))
    assert found.faults == ()
    assert found.made + found.refused == 3 * EACH == found.jobs
    assert found.made >= 2 * EACH - 2
    folder = open_run(undisturbed)
    jobs = list(plan.jobs())
    for part in folder.parts():
        for one in read_record(folder.record(part)).to_pylist():
            job = jobs[one["job"]]
            assert (one["path"], one["seed"]) == (job.photo.path, job.seed)
            assert one["photo_sha256"] == sha256_of(plan.root / one["path"])
            assert bool(one["output"]) == bool(one["sha256"]) != bool(one["reason"])
            if one["output"]:
                assert one["landmark_error"] < 0.05
                assert len(one["drawn"]) == len(one["found"]) > 40
                assert (one["height"], one["width"], one["frames"]) == (224, 224, 1)


def test_the_manifest_is_read_from_shards(undisturbed: Path, plan: Plan) -> None:
    manifest = open_manifest(undisturbed / "manifest.parquet")
    told = statistics_of(manifest)
    assert told.people == 2
    assert told.overlap == {"split": 0, "fold": 0}
    jobs = list(plan.jobs())
    rows = list(enumerate(manifest.rows()))
    for (_, row, picture), (_, same) in zip(pictures(manifest, rows), rows, strict=True):
        assert row is same
        assert not isinstance(picture, AffectFaceError)
        assert picture.shape == (224, 224, 3)
        job = jobs[int(Path(row.path).stem)]
        assert (row.valence, row.arousal) == (job.target.valence, job.target.arousal)  # type: ignore[union-attr]
        assert row.subject == (job.photo.subject or job.photo.path)
        left, top, width, height = row.box or (0, 0, 0, 0)
        assert 0 < left < left + width < 224 > top + height > top > 0
        assert row.landmarks is not None
        assert row.landmarks.shape == (68, 2)


@pytest.mark.usefixtures("noise")
@pytest.mark.parametrize("form", ["images", "parquet"])
def test_every_form_has_the_same_pictures(form: Form, plan: Plan, tmp_path: Path) -> None:
    for one in ("shards", form):
        config = dataclasses.replace(CONFIG, form=one)
        run_plan(plan, tmp_path / one, config=config, workers=1)
        assert verify_run(open_run(tmp_path / one)).faults == ()
    both = [open_manifest(tmp_path / one / "manifest.parquet") for one in ("shards", form)]
    ours, theirs = ([(row, picture) for _, row, picture in pictures(m, enumerate(m.rows()))] for m in both)
    assert len(ours) == len(theirs) > EACH
    for (row, picture), (other, same) in zip(ours, theirs, strict=True):
        assert Path(row.path).name == Path(other.path).name
        assert row.path.startswith("shards/part-")
        assert other.path.startswith(f"{form}/part-")
        assert np.array_equal(picture, same)  # type: ignore[arg-type]


@pytest.mark.usefixtures("noise")
def test_a_shard_is_a_web_data_set(plan: Plan, tmp_path: Path) -> None:
    run_plan(plan, tmp_path / "out", config=CONFIG, workers=1)
    jobs = list(plan.jobs())
    with tarfile.open(tmp_path / "out" / "shards" / "part-00000.tar") as tar:
        names = tar.getnames()
        stems = [name.partition(".")[0] for name in names]
        assert stems[::2] == stems[1::2]
        assert {name.partition(".")[2] for name in names} == {"png", "json"}
        for name in names[1::2]:
            stream = tar.extractfile(name)
            assert stream is not None
            said = json.load(stream)
            job = jobs[said["job"]]
            assert (said["valence"], said["subject"], said["fold"]) == (job.target.valence, "ann", 3)  # type: ignore[union-attr]
            assert said["seed"] == job.seed
            assert said["synthetic"] is True


@pytest.mark.usefixtures("noise")
def test_other_targets_become_labels(plan: Plan, tmp_path: Path) -> None:
    first = next(plan.jobs())
    targets = [
        (Expression("fear"), 0.5, None),
        (ActionUnits({"12": 0.8, "4L": 1.0}), 1.0, None),
        (AffectPath([(0, 0), (0.8, 0.4), (0, 0)]), 1.0, 2.0),
    ]
    with write_plan(plan.root / "others.parquet", {}) as writer:
        for target, intensity, seconds in targets:
            fps = None if seconds is None else 2.5
            writer.add(dataclasses.replace(first, target=target, intensity=intensity, seconds=seconds, fps=fps, seed=1))
    run_plan(open_plan(plan.root / "others.parquet"), tmp_path / "out", config=CONFIG, workers=1)
    assert verify_run(open_run(tmp_path / "out")).faults == ()
    fear, units, *frames = open_manifest(tmp_path / "out" / "manifest.parquet").rows()
    assert (fear.expression, fear.valence, fear.frame) == ("fear", None, None)
    assert units.action_units == pytest.approx({"12": 0.8, "4L": 1.0})
    assert [(row.frame, row.time) for row in frames] == [(i, pytest.approx(i / 2.5)) for i in range(5)]
    assert [row.valence for row in frames] == pytest.approx([p.valence for p in targets[2][0].sample(5)])  # type: ignore[union-attr]


@pytest.mark.usefixtures("noise")
def test_fits_of_another_run_are_taken(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_plan(plan, tmp_path / "one", config=CONFIG, workers=1)
    fitted = []

    def counting(file: Path, row: object, face_model: object) -> object:
        from .conftest import no_fit

        fitted.append(file.name)
        return no_fit(file, row, face_model)  # type: ignore[arg-type]

    monkeypatch.setattr("affectface.augment.running.photo_work.fit_photo", counting)
    run_plan(plan, tmp_path / "two", config=CONFIG, workers=1, fits=tmp_path / "one" / "fits")
    assert set(fitted) == {"c.png"}  # which has none
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    with pytest.raises(DataSetError, match="has no fits"):
        run_plan(plan, tmp_path / "three", config=CONFIG, workers=1, fits=tmp_path)


@pytest.mark.usefixtures("noise")
def test_another_plan_or_other_settings_are_noticed(plan: Plan, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_plan(plan, out, config=CONFIG, workers=1)
    before = contents(out)
    for config, words in (
        (dataclasses.replace(CONFIG, form="images"), "form is 'shards' there and 'images' here"),
        (dataclasses.replace(CONFIG, part_jobs=5), "part_jobs is 6 there and 5 here"),
        (dataclasses.replace(CONFIG, making=dataclasses.replace(CONFIG.making, size=64)), "size is 224 there and 64"),
    ):
        with pytest.raises(DataSetError, match=words):
            run_plan(plan, out, config=config, workers=1)
    with write_plan(plan.root / "other.parquet", {}) as writer:
        writer.add(next(plan.jobs()))
    with pytest.raises(DataSetError, match="belongs to another plan"):
        run_plan(open_plan(plan.root / "other.parquet"), out, config=CONFIG, workers=1)
    assert contents(out) == before
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(DataSetError, match="has other files in it"):
        run_plan(plan, tmp_path / "full", config=CONFIG, workers=1)


def test_another_device_is_another_run(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_cuda = dataclasses.replace(CONFIG, making=dataclasses.replace(CONFIG.making, device="cuda"))
    monkeypatch.setattr("affectface.device.cuda_is_there", lambda: False)
    with pytest.raises(DeviceError, match="no CUDA device is here"):
        run_plan(plan, tmp_path / "out", config=on_cuda, workers=1)
    assert not (tmp_path / "out").exists()
    with begun(plan, tmp_path / "out", CONFIG):
        pass
    monkeypatch.setattr("affectface.device.cuda_is_there", lambda: True)
    with pytest.raises(DataSetError, match="belongs to a run on cpu, and cuda gives other bytes; give another folder"):
        run_plan(plan, tmp_path / "out", config=on_cuda, workers=1)


def test_photos_that_are_elsewhere_are_noticed(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match=r"none of the plan's first 3 photos is there, such as a\.png; .*--root"):
        run_plan(open_plan(plan.path, root=tmp_path), tmp_path / "out", config=CONFIG, workers=1)
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("noise")
def test_a_part_that_was_removed_is_made_again(plan: Plan, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_plan(plan, out, config=CONFIG, workers=1)
    before = contents(out)
    (out / "records" / "part-00001.parquet").unlink()
    (out / "records" / "part-00002.parquet").write_bytes(b"PAR1")
    told: list[Totals] = []
    run_plan(plan, out, config=CONFIG, workers=1, told=lambda totals, force: told.append(totals))
    assert [totals.parts_done for totals in told] == [3, 4, 5]
    assert contents(out) == before


@pytest.mark.usefixtures("noise")
def test_a_full_disk_stops_and_goes_on(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_plan(plan, tmp_path / "one", config=CONFIG, workers=1)
    out, made = tmp_path / "two", []

    def full(*given: object) -> Iterator[object]:
        for one in noise_of(*given):  # type: ignore[arg-type]
            made.append(one.job)
            if len(made) == 10:
                raise OSError(errno.ENOSPC, "No space left on device")
            yield one

    with monkeypatch.context() as patched:
        patched.setattr("affectface.augment.running.photo_work.make_all", full)
        with pytest.raises(DataSetError, match=r"No space left on device\); make room .* about \d+ MB are needed"):
            run_plan(plan, out, config=CONFIG, workers=1)
    status = status_of(open_run(out))
    assert (status.ended, status.at_work) == (False, False)
    assert 0 < status.totals.parts_done < status.totals.parts
    assert verify_run(open_run(out)).faults
    assert not list(out.rglob(".part*"))
    run_plan(plan, out, config=CONFIG, workers=1)
    assert contents(out) == contents(tmp_path / "one")


@pytest.mark.usefixtures("noise")
def test_a_photo_that_changed_since_it_was_fitted_is_noticed(plan: Plan, tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        (tmp_path / name).write_bytes((plan.root / name).read_bytes())
    moved, out = open_plan(plan.path, root=tmp_path), tmp_path / "out"
    run_plan(moved, out, config=CONFIG, workers=1)
    (out / "records" / "part-00000.parquet").unlink()
    (tmp_path / "a.png").write_bytes((plan.root / "b.png").read_bytes())
    totals = run_plan(moved, out, config=CONFIG, workers=1)
    assert totals.reasons["changed photo"] == 6
    assert verify_run(open_run(out)).faults == ()


@pytest.mark.usefixtures("noise")
def test_two_runs_do_not_write_into_one_folder(plan: Plan, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_plan(plan, out, config=CONFIG, workers=1)
    with held(out):
        assert status_of(open_run(out)).at_work
        with pytest.raises(DataSetError, match="another run is at work there"):
            run_plan(plan, out, config=CONFIG, workers=1)
    run_plan(plan, out, config=CONFIG, workers=1)


def test_a_folder_is_one_run_s_from_its_first_file_on(plan: Plan, tmp_path: Path) -> None:
    with write_plan(plan.root / "second.parquet", {}) as writer:
        writer.add(next(plan.jobs()))
    out = tmp_path / "out"
    out.mkdir()
    with held(out), pytest.raises(DataSetError, match="another run is at work there"):
        run_plan(open_plan(plan.root / "second.parquet"), out, config=CONFIG, workers=1)
    assert [file.name for file in out.iterdir()] == [".lock"]


def test_paths_mean_the_same_in_every_process(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(plan.root)
    with begun(open_plan("plan.parquet"), os.path.relpath(tmp_path / "out"), CONFIG) as folder:
        pass
    work = Work.of(folder, "fits")
    assert work.fits == plan.root / "fits"
    for path in (work.folder.path, work.folder.plan.path, work.folder.plan.root):
        assert path.is_absolute()
    assert work.folder.plan.root == plan.root
    assert work.folder.path.resolve() == (tmp_path / "out").resolve()


def test_refusals_are_listed(undisturbed: Path) -> None:
    lines = (undisturbed / "refused.csv").read_text().splitlines()
    folder = open_run(undisturbed)
    records = [one for part in folder.parts() for one in read_record(folder.record(part)).to_pylist()]
    assert len(lines) - 1 == sum(bool(one["reason"]) for one in records) >= EACH
    assert all("ImageError: c.png: damaged or truncated" in line for line in lines[-EACH:])


def test_equal_plans_give_equal_files(undisturbed: Path) -> None:
    table = pq.read_metadata(undisturbed / "manifest.parquet")
    assert table.num_rows == verify_run(open_run(undisturbed)).made
    assert {file.name for file in undisturbed.iterdir()} == {
        *(".lock", "run.json", "plan.parquet", "manifest.parquet", "refused.csv", "SHA256SUMS"),
        *("fits", "shards", "records"),
    }


@pytest.mark.parametrize("wrong", [{"form": "zip"}, {"part_jobs": 0}])
def test_configurations_that_make_no_sense(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"(is|are) needed"):
        RunConfig(**wrong)  # type: ignore[arg-type]


class Started(Exception):
    """Several processes were asked for."""


@pytest.mark.usefixtures("noise")
@pytest.mark.parametrize(
    ("jobs", "seconds", "size", "several"),
    [(3, None, 224, False), (1001, None, 224, True), (5, 100.0, 224, True), (101, None, 1024, True)],
)
def test_few_pictures_start_no_processes(
    plan: Plan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    jobs: int,
    seconds: float | None,
    size: int,
    several: bool,
) -> None:
    def start(workers: int | None) -> None:
        raise Started

    monkeypatch.setattr("affectface.augment.running.run.ray_session", start)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    first = next(plan.jobs())
    target = first.target if seconds is None else AffectPath([(0, 0), (0.8, 0.4)])
    with write_plan(plan.root / "some.parquet", {}) as writer:
        for seed in range(jobs):
            fps = None if seconds is None else 25.0
            writer.add(dataclasses.replace(first, target=target, seconds=seconds, fps=fps, seed=seed))
    some = open_plan(plan.root / "some.parquet")
    config = dataclasses.replace(CONFIG, part_jobs=100, making=dataclasses.replace(CONFIG.making, size=size))
    with pytest.raises(Started) if several else nullcontext():
        run_plan(some, tmp_path / "out", config=config)
    assert is_finished(open_run(tmp_path / "out")) is not several
