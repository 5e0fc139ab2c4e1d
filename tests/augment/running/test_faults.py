"""Processes are really killed and disks are really full: afterwards every byte is as if nothing had happened."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from affectface.augment.plan import Plan
from affectface.augment.running.folder import open_run
from affectface.augment.running.run import run_plan
from affectface.augment.running.status import status_of
from affectface.augment.running.verifying import verify_run

from .conftest import CONFIG, EACH, contents

MARK = "AFFECTFACE_TEST_MARK"
PATIENCE = 240.0
pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="processes are found by /proc")


@contextmanager
def running(
    plan: Plan, out: Path, workers: int | None, before: Callable[[], None] | None = None, site: Path | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A run in a process of its own, and the mark that it and all it starts have in their environment."""

    def prepare() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored where the tests themselves run in the background
        if before is not None:
            before()

    mark = uuid.uuid4().hex
    path = os.pathsep.join(filter(None, [str(site or ""), os.environ.get("PYTHONPATH")]))
    arguments = ["--part-jobs", str(CONFIG.part_jobs), "--model", "embedded"]
    arguments += [] if workers is None else ["--workers", str(workers)]
    process = subprocess.Popen(
        [sys.executable, "-m", "affectface", "augment", "run", str(plan.path), "-o", str(out), *arguments],
        env={**os.environ, MARK: mark, "RAY_worker_niceness": "0", "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=prepare,
    )
    try:
        yield process, mark
    finally:
        for pid in marked(mark):
            with_patience(lambda pid=pid: os.kill(pid, signal.SIGKILL) or True)
        process.communicate()


def with_patience(wanted: Callable[[], object], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if wanted():
                return
        except ProcessLookupError:
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")


def marked(mark: str) -> list[int]:
    """The processes that have a mark in their environment."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (place / "environ").read_bytes():
                found.append(int(place.name))
        except OSError:
            continue
    return found


def kill_a_writer(out: Path, mark: str) -> bool:
    """Kill a process that has a shard open which is not whole yet."""
    if not any((out / "shards").glob(".part-*")):
        return False
    for pid in marked(mark):
        try:
            opened = [os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir()]
        except OSError:
            continue
        if any("/shards/.part-" in name for name in opened):
            os.kill(pid, signal.SIGKILL)
            return True
    return False


def test_a_worker_that_is_killed(plan: Plan, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with running(plan, out, 2) as (process, mark):
        with_patience(lambda: kill_a_writer(out, mark))
        said, complained = process.communicate(timeout=PATIENCE)
        assert (process.returncode, complained) == (0, "")
        assert f"{out}: " in said.splitlines()[0]  # nothing of Ray's
        with_patience(lambda: not marked(mark))
    assert contents(out) == contents(undisturbed)


CRASH = """
import os, signal, sys

def crash(event, given):
    if event != "open" or not str(given[0]).endswith("b.png"):
        return
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "{function}":
            os.kill(os.getpid(), signal.SIGSEGV)
        frame = frame.f_back

sys.addaudithook(crash)
"""
"""What every process of a run has loaded: whoever opens a photo for a certain purpose dies."""


@pytest.mark.parametrize("function", ["fit_photo", "make_all"])
def test_a_photo_that_ends_its_process(plan: Plan, undisturbed: Path, tmp_path: Path, function: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(CRASH.format(function=function))
    out = tmp_path / "out"
    with running(plan, out, 1, site=tmp_path) as (process, _):
        process.communicate(timeout=PATIENCE)
        assert process.returncode == -signal.SIGSEGV
    assert list((out / "begun").iterdir())
    with running(plan, out, 1, site=tmp_path) as (process, _):
        said, complained = process.communicate(timeout=PATIENCE)
        assert (process.returncode, complained) == (0, "")
        assert f"{EACH} not: crash" in said
    assert verify_run(open_run(out)).faults == ()
    lines = [line for line in (out / "refused.csv").read_text().splitlines() if ",b.png," in line]
    assert [line.rpartition(",")[2] for line in lines] == ["crash: the photo ended 3 processes (SIGSEGV)"] * EACH
    ours, theirs = contents(out), contents(undisturbed)
    assert ours["shards/part-00000.tar"] == theirs["shards/part-00000.tar"]
    assert not any(name.startswith("begun") for name in ours)
    others = {"several": 2, "few": None} if function == "fit_photo" else {"few": None}
    for name, workers in others.items():
        with running(plan, tmp_path / name, workers, site=tmp_path) as (process, _):
            process.communicate(timeout=PATIENCE)
            assert process.returncode == 0
        assert contents(tmp_path / name) == ours


def test_a_driver_that_is_killed(plan: Plan, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with running(plan, out, 2) as (process, mark):
        with_patience(lambda: list((out / "records").glob("part-*")))
        assert status_of(open_run(out)).at_work
        assert len(marked(mark)) > 3
        process.kill()
        with_patience(lambda: not marked(mark), 10)  # Ray's processes end too
    status = status_of(open_run(out))
    assert (status.at_work, status.ended) == (False, False)
    assert 0 < status.totals.parts_done <= status.totals.parts
    run_plan(plan, out, config=CONFIG, workers=1)
    assert contents(out) == contents(undisturbed)
    assert verify_run(open_run(out)).faults == ()


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [(signal.SIGINT, 130, "interrupted\n"), (signal.SIGTERM, 143, "ended by a signal; call again to go on\n")],
)
def test_a_run_that_is_interrupted(
    plan: Plan, undisturbed: Path, tmp_path: Path, number: int, status: int, said: str
) -> None:
    out = tmp_path / "out"
    with running(plan, out, 1) as (process, _):
        with_patience(lambda: list((out / "shards").glob(".part-00001*")))
        process.send_signal(number)
        _, complained = process.communicate(timeout=PATIENCE)
        assert (process.returncode, complained) == (status, said)
    assert not list(out.rglob(".part-*"))
    assert not list((out / "begun").iterdir())
    run_plan(plan, out, config=CONFIG, workers=1)
    assert contents(out) == contents(undisturbed)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], capture_output=True)
    if done.returncode:
        pytest.skip("disks cannot be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_disk_that_is_full(plan: Plan, undisturbed: Path, tmp_path: Path, small_disk: Path) -> None:
    out = small_disk / "out"
    with running(plan, out, 1) as (process, _):
        _, complained = process.communicate(timeout=PATIENCE)
        assert process.returncode == 2
        assert "No space left on device); make room and call again" in complained
        assert len(complained.splitlines()) == 1
    shutil.copytree(out, tmp_path / "larger")
    run_plan(plan, tmp_path / "larger", config=CONFIG, workers=1)
    assert contents(tmp_path / "larger") == contents(undisturbed)


def test_a_file_that_may_not_grow(plan: Plan, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    limit = max(file.stat().st_size for file in (undisturbed / "shards").iterdir()) - 1000
    with running(plan, out, 1, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))) as (process, _):
        _, complained = process.communicate(timeout=PATIENCE)
        assert process.returncode == 2
        assert "File too large); make room and call again" in complained
        assert len(complained.splitlines()) == 1
    run_plan(plan, out, config=CONFIG, workers=1)
    assert contents(out) == contents(undisturbed)


def bound_by_permissions() -> None:
    """Permissions stop root too, once it may no longer override them."""
    override, drop = 1, 24
    ctypes.CDLL(None).prctl(drop, override, 0, 0, 0)


def test_a_folder_that_may_not_be_written(plan: Plan, tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        with running(plan, tmp_path / "out", 1, bound_by_permissions) as (process, _):
            _, complained = process.communicate(timeout=PATIENCE)
        assert process.returncode == 2
        assert complained == f"error: {tmp_path}/out: cannot be written (Permission denied); choose another folder\n"
    finally:
        tmp_path.chmod(0o755)
    assert not (tmp_path / "out").exists()
