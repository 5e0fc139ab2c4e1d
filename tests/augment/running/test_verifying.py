"""Whatever happens to a run's folder is found: bytes, labels, jobs, files, people."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from affectface.augment.plan import Plan, open_plan, write_plan
from affectface.augment.running.folder import open_run
from affectface.augment.running.replay import drawn_jobs, replay
from affectface.augment.running.run import run_plan
from affectface.augment.running.verifying import verify_run
from affectface.errors import DataSetError

from .conftest import CONFIG, contents


@pytest.fixture
def out(undisturbed: Path, tmp_path: Path) -> Path:
    shutil.copytree(undisturbed, tmp_path / "out")
    return tmp_path / "out"


def change_tar(file: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> None:
    with tarfile.open(file) as tar:
        members = [(one.name, (tar.extractfile(one) or io.BytesIO()).read()) for one in tar]
    with tarfile.open(file, "w", format=tarfile.USTAR_FORMAT) as tar:
        for changed in (change(*member) for member in members):
            if changed is not None:
                about = tarfile.TarInfo(changed[0])
                about.size = len(changed[1])
                tar.addfile(about, io.BytesIO(changed[1]))


def relabel(name: str, data: bytes) -> tuple[str, bytes]:
    if name != "000000002.json":
        return name, data
    said = json.loads(data)
    return name, json.dumps(said | {"valence": said["valence"] / 2}, sort_keys=True).encode()


def flip_one_bit(file: Path, place: int) -> None:
    data = bytearray(file.read_bytes())
    data[place] ^= 1
    file.write_bytes(data)


def other_rows(file: Path, first: int) -> None:
    table = pq.read_table(file)
    pq.write_table(table.slice(first), file)


SHARD, RECORD = "shards/part-00000.tar", "records/part-00000.parquet"
DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a flipped bit": (lambda o: flip_one_bit(o / SHARD, 5000), "part-00000: 000000000.jpg is damaged; remove records"),
    "a bit of a tar's header": (lambda o: flip_one_bit(o / SHARD, 100), "part-00000: "),
    "a bit between files": (lambda o: flip_one_bit(o / SHARD, -5), f"{SHARD}: has another checksum"),
    "a shorter shard": (lambda o: (o / SHARD).write_bytes((o / SHARD).read_bytes()[:70_000]), "part-00000: "),
    "no shard": (lambda o: (o / SHARD).unlink(), "part-00000: .*No such file"),
    "another label": (lambda o: change_tar(o / SHARD, relabel), "000000002.jpg has other labels than the plan"),
    "a missing picture": (
        lambda o: change_tar(o / SHARD, lambda n, d: None if n.startswith("000000003") else (n, d)),
        "000000003.jpg is missing",
    ),
    "a stranger in a shard": (
        lambda o: change_tar(o / SHARD, lambda n, d: (n.replace("000000003", "000000099"), d)),
        "000000099.jpg is there and in no record",
    ),
    "no record": (lambda o: (o / RECORD).unlink(), "part-00000: is not done; run again"),
    "a damaged record": (lambda o: (o / RECORD).write_bytes(b"PAR1"), "part-00000: .*is damaged"),
    "another part's record": (
        lambda o: shutil.copy(o / "records" / "part-00001.parquet", o / RECORD),
        "part-00000: its record has other jobs or targets than the plan",
    ),
    "another manifest": (lambda o: other_rows(o / "manifest.parquet", 1), "manifest.parquet: differs"),
    "a stranger's file": (lambda o: (o / "shards" / "x.tar").write_bytes(b""), "shards/x.tar: is nothing of this run"),
    "other fits": (lambda o: other_rows(o / "fits" / "part-00001.parquet", 1), "fits/part-00001.parquet: has another"),
    "shorter refusals": (lambda o: (o / "refused.csv").write_text("job\n"), "refused.csv: differs"),
    "no checksums": (lambda o: (o / "SHA256SUMS").unlink(), "the run has not ended; run again"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found(damage: str, out: Path) -> None:
    assert verify_run(open_run(out)).faults == ()
    DAMAGES[damage][0](out)
    faults = "\n".join(verify_run(open_run(out)).faults)
    with pytest.raises(AssertionError, match=DAMAGES[damage][1]):
        raise AssertionError(faults)


def test_another_plan_is_found(out: Path, plan: Plan) -> None:
    with write_plan(out / "plan.parquet", {}) as writer:
        for job in plan.jobs():
            writer.add(dataclasses.replace(job, seed=job.seed + 1))
    with pytest.raises(DataSetError, match="is not the plan that the run began with"):
        open_run(out)


@pytest.mark.usefixtures("noise")
def test_people_in_two_splits_are_found(plan: Plan, tmp_path: Path) -> None:
    with write_plan(tmp_path / "plan.parquet", {}) as writer:
        for job in plan.jobs():
            photo = dataclasses.replace(job.photo, subject="ann", split="test" if job.number % 8 == 5 else "train")
            writer.add(dataclasses.replace(job, photo=photo))
    run_plan(open_plan(tmp_path / "plan.parquet", root=plan.root), tmp_path / "out", config=CONFIG, workers=1)
    faults = verify_run(open_run(tmp_path / "out")).faults
    assert any("ann is in two splits or folds" in fault for fault in faults)


def test_a_damaged_part_is_made_again(out: Path, undisturbed: Path, plan: Plan) -> None:
    flip_one_bit(out / SHARD, 5000)
    (out / RECORD).unlink()
    run_plan(plan, out, config=CONFIG, workers=1)
    assert contents(out) == contents(undisturbed)


def test_jobs_are_replayed(out: Path) -> None:
    folder = open_run(out)
    numbers = [*drawn_jobs(folder, 3), 5, 23]
    found = list(replay(folder, numbers, fit_anew=True))
    assert [one.job for one in found] == sorted(set(numbers))
    assert [one.difference for one in found] == [""] * len(found)
    assert {bool(one.output) for one in found} == {True, False}
    with pytest.raises(DataSetError, match="has no job 24; ask for 0 to 23"):
        list(replay(folder, [24]))
    table = pq.read_table(out / RECORD)
    place = table.schema.get_field_index("sha256")
    pq.write_table(table.set_column(place, "sha256", table.column("sha256").take([1, 0, 2, 3, 4, 5])), out / RECORD)
    assert [one.difference for one in replay(folder, [0, 2])] == ["other bytes", ""]
