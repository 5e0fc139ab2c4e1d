"""Ray on this machine or on a cluster, for as long as a run needs it, without its noise and its leftovers."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectface.augment.running import ray_guard
from affectface.errors import DataSetError, MissingPackageError

_OBJECTS = 80 * 2**20
"""Bytes of Ray's shared memory on one machine; rows of parts are all that travels. Ray refuses less than 75 MB."""

_TEMPORARY = "affectface-ray-"
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_PROMPT_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_DATA_LOG_LEVEL": "ERROR",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "SPT_NOENV": "1",  # else Ray's names of processes overwrite their environment, by which the guard knows them
}
_ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


@dataclass(frozen=True)
class Workforce:
    """Who makes the parts.

    Attributes
    ----------
    workers : int
        Processes.
    gpus : float
        Graphics cards that they share.
    dashboard : str
        Address of Ray's page that shows what they do; empty where there is none.
    """

    workers: int
    gpus: float
    dashboard: str


@contextmanager
def ray_session(workers: int | None) -> Iterator[Workforce]:
    """Start Ray on this machine, or join the cluster that the variable RAY_ADDRESS names.

    Parameters
    ----------
    workers : int, optional
        Processes; as many as there are cores without it.

    Yields
    ------
    Workforce
        Who is there. What was started ends with the block, and its temporary files go.

    Raises
    ------
    MissingPackageError
        If Ray is not installed.
    DataSetError
        If it does not start, or the cluster cannot be reached.
    """
    os.environ.update({name: value for name, value in (_QUIET | _ONE_THREAD).items() if name not in os.environ})
    ray = _ray()
    temporary = Path(tempfile.mkdtemp(prefix=f"{_TEMPORARY}{os.getpid()}-"))
    stop = signal.getsignal(signal.SIGTERM)
    try:
        # Ray tells on standard output of processes that died
        with _guarded(temporary), open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
            try:
                dashboard = _start(ray, workers, temporary)
                if threading.current_thread() is threading.main_thread():
                    signal.signal(signal.SIGTERM, stop)  # Ray puts its own there
                there = ray.cluster_resources()
                yield Workforce(workers or int(there.get("CPU", 1)), float(there.get("GPU", 0)), dashboard)
            finally:
                ray.shutdown()
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _guarded(temporary: Path) -> Iterator[None]:
    """See to it that nothing of a session is left, even if this process is killed; where Linux lets us find it."""
    if not Path("/proc/self/environ").is_file() or os.environ.get("RAY_ADDRESS"):
        yield
        return
    command = [sys.executable, "-I", "-S", ray_guard.__file__, str(temporary)]
    guard = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    os.environ[ray_guard.MARK] = str(temporary)
    try:
        yield
    finally:
        os.environ.pop(ray_guard.MARK, None)
        guard.communicate()


def _start(ray: Any, workers: int | None, temporary: Path) -> str:
    """Start Ray or join a cluster; return the address of its dashboard."""
    address = os.environ.get("RAY_ADDRESS")
    asked: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if not address:
        asked |= {"num_cpus": workers or os.cpu_count() or 1, "object_store_memory": _OBJECTS}
        asked |= {"_temp_dir": str(temporary), "include_dashboard": _has_dashboard()}
    try:
        with warnings.catch_warnings(), _silent():
            warnings.simplefilter("ignore")
            found = ray.init(address or "local", **asked).dashboard_url
    except (ConnectionError, RuntimeError, ValueError) as error:
        said = str(error).splitlines()[0][:150]
        if "AuthToken" in f"{error.__cause__}":  # what `ray start` asks for, unless told otherwise
            said += "; the cluster wants its token: set RAY_AUTH_MODE=token, and see Ray's manual"
        raise DataSetError(f"Ray does not start ({said})") from None
    return f"http://{found}" if found else ""


def _has_dashboard() -> bool:
    from importlib.util import find_spec

    return find_spec("aiohttp_cors") is not None  # comes with ray[default]


def remove_dead_sessions() -> None:
    """Remove the temporary files of sessions whose process was killed; each folder's name says whose it is."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_TEMPORARY}*"):
        owner = folder.name.removeprefix(_TEMPORARY).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists() and Path("/proc").is_dir():
            shutil.rmtree(folder, ignore_errors=True)


def _ray() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import ray
            import ray.data
    except ImportError:
        raise MissingPackageError(
            "several workers need the package ray, which is not installed; pip install 'affectface[augment]', or give "
            "--workers 1"
        ) from None
    return ray


@contextmanager
def _silent() -> Iterator[None]:
    """Ray's C++ parts write to the process' standard error that they were asked to be quiet."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
