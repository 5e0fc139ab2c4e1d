"""Parts made by Ray Data: a table of parts goes through a pool of actors, each of which holds the models."""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from affectface.augment.running.making_parts import Done, attempt
from affectface.augment.running.part_work import PartMaker, Work
from affectface.augment.running.parts import Part
from affectface.augment.running.records import Summary
from affectface.errors import AffectFaceError, DataSetError, MissingPackageError

_OBJECTS = 80 * 2**20
"""Bytes of Ray's shared memory on one machine; rows of parts are all that travels. Ray refuses less than 75 MB."""

_TEMPORARY = "affectface-ray-"
_RETRIES = 3
"""How often a part is tried again after the process that made it died, before the run ends."""

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_PROMPT_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_DATA_LOG_LEVEL": "ERROR",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
}
_ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


@dataclass(frozen=True)
class Workforce:
    """Who makes the parts.

    Attributes
    ----------
    workers : int
        Processes.
    dashboard : str
        Address of Ray's page that shows what they do; empty where there is none.
    """

    workers: int
    dashboard: str


class RayMaker:
    """What an actor of the pool is: it opens the models once and makes the parts that it is given."""

    def __init__(self, work: Work) -> None:
        import cv2

        cv2.setNumThreads(1)
        self._fault = ""
        try:
            self._maker = PartMaker(work)
        except AffectFaceError as error:
            self._fault = str(error)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
        """Make the parts of a batch and tell of them, in JSON."""
        parts = [Part(*map(int, numbers)) for numbers in zip(*(batch[name] for name in _COLUMNS), strict=True)]
        told = [Done(part, None, self._fault) if self._fault else attempt(self._maker, part) for part in parts]
        return {"done": [_to_json(one) for one in told]}


_COLUMNS = ("number", "first", "count")


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
    try:
        with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):  # there Ray tells of processes that died
            try:
                dashboard = _start(ray, workers, temporary)
                yield Workforce(workers or int(ray.cluster_resources().get("CPU", 1)), dashboard)
            finally:
                ray.shutdown()
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


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


def made_by_ray(work: Work, parts: Sequence[Part], force: Workforce) -> Iterator[Done]:
    """Make parts by a pool of actors.

    Parameters
    ----------
    work : Work
        What they are made from; every machine must see its folder and its photos at the same place.
    parts : sequence of Part
        The parts.
    force : Workforce
        Who makes them.

    Yields
    ------
    Done
        One a part, as they become done.

    Raises
    ------
    DataSetError
        If the process that makes a part dies again and again.
    """
    import ray
    import ray.data

    _hush()
    rows = [{name: getattr(part, name) for name in _COLUMNS} for part in parts]
    size = min(force.workers, len(parts))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            RayMaker,
            fn_constructor_args=(work,),
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=size, max_tasks_in_flight_per_actor=2),
            num_cpus=1,
            max_task_retries=_RETRIES,
        )
        try:
            for row in told.iter_rows():
                yield _from_json(row["done"])
        except ray.exceptions.RayError as error:
            if isinstance(error, ray.exceptions.RayTaskError):
                raise  # a bug, with its own traceback
            said = str(error).splitlines()[0][:150]
            raise DataSetError(f"{work.folder.path}: a process died again and again ({said}); run again") from None


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


def _hush() -> None:
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _has_dashboard() -> bool:
    from importlib.util import find_spec

    return find_spec("aiohttp_cors") is not None  # comes with ray[default]


def remove_dead_sessions() -> None:
    """Remove the temporary files of sessions whose process was killed; each folder's name says whose it is."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_TEMPORARY}*"):
        owner = folder.name.removeprefix(_TEMPORARY).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists() and Path("/proc").is_dir():
            shutil.rmtree(folder, ignore_errors=True)


def _to_json(done: Done) -> str:
    return json.dumps([*(getattr(done.part, name) for name in _COLUMNS), done.fault, done.no_space, _plain(done)])


def _plain(done: Done) -> dict[str, Any] | None:
    return None if done.summary is None else vars(done.summary)


def _from_json(text: str) -> Done:
    *numbers, fault, space, summary = json.loads(text)
    return replace(Done(Part(*numbers), None, fault, space), summary=summary and Summary(**summary))
