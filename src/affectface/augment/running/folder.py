"""The folder of a run: what it was made from stands in it, and a run goes on only with the same."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from affectface import __version__
from affectface.augment.making.config import MakingConfig
from affectface.augment.plan import Plan, open_plan
from affectface.augment.running.config import RunConfig
from affectface.augment.running.models import checksum_of, named_face_model, open_models
from affectface.augment.running.outputs import SUFFIX
from affectface.augment.running.parts import Part, parts_of
from affectface.errors import DataSetError
from affectface.files import atomic_path, sha256_of

FORMAT, FORMAT_VERSION = "affectface-run", 1
SETTINGS, PLAN, MANIFEST, REFUSED = "run.json", "plan.parquet", "manifest.parquet", "refused.csv"
CHECKSUMS = "SHA256SUMS"
_LOCK = ".lock"
_LARGEST_SETTINGS = 1 << 16
_UNBOUND = ("photos", "face_model", "affect_model")
"""Settings that may differ between two runs into one folder: places of photos, and of models with equal checksums."""


@dataclass(frozen=True)
class RunFolder:
    """A folder that a run writes, or has written.

    Attributes
    ----------
    path : Path
        The folder.
    config : RunConfig
        What is made.
    plan : Plan
        The run's own copy of the plan.
    checksums : tuple of two str
        Those of the face model and the affect model.
    """

    path: Path
    config: RunConfig
    plan: Plan
    checksums: tuple[str, str]

    def parts(self) -> tuple[Part, ...]:
        """Return the parts of the plan."""
        return parts_of(self.plan, self.config.part_jobs)

    def fits(self, part: Part) -> Path:
        """Return where the fits of a part's photos are."""
        return self.path / "fits" / f"{part.name}.parquet"

    def record(self, part: Part) -> Path:
        """Return where a part's record is; a part that has one is done."""
        return self.path / "records" / f"{part.name}.parquet"

    def output(self, part: Part) -> Path:
        """Return where a part's outputs are."""
        return self.path / self.config.form / (part.name + SUFFIX[self.config.form])


def begin(plan: Plan, out: str | os.PathLike[str], config: RunConfig) -> RunFolder:
    """Make the folder of a run, or find it begun.

    Parameters
    ----------
    plan : Plan
        The plan.
    out : path-like
        The folder.
    config : RunConfig
        What is made.

    Returns
    -------
    RunFolder
        The folder.

    Raises
    ------
    DataSetError
        If something else is there, another plan, or other settings, or the folder cannot be written.
    AffectFaceError
        If a model is missing or damaged.
    """
    folder = Path(out)
    settings = _settings(plan, config)
    try:
        if not (folder / SETTINGS).is_file():
            if folder.is_dir() and any(name not in (PLAN, _LOCK) for name in os.listdir(folder)):
                raise DataSetError(f"{folder}: has other files in it; give an empty folder or one of a run")
            folder.mkdir(parents=True, exist_ok=True)
            with atomic_path(folder / PLAN) as temporary:
                shutil.copyfile(plan.path, temporary)
            with atomic_path(folder / SETTINGS) as temporary:
                temporary.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as error:
        raise unwritable(folder, error) from None
    found = _read_settings(folder)
    for name in sorted(settings.keys() | found.keys()):
        if name not in _UNBOUND and found.get(name) != settings.get(name):
            raise DataSetError(f"{folder}: belongs to {_difference(name, found, settings)}; give another folder")
    return _opened(folder, found | {name: settings[name] for name in _UNBOUND}, plan.root)


def open_run(out: str | os.PathLike[str], *, root: str | os.PathLike[str] | None = None) -> RunFolder:
    """Open the folder of a run.

    Parameters
    ----------
    out : path-like
        The folder.
    root : path-like, optional
        The folder that the photos' paths start from, where they are no longer where they were.

    Returns
    -------
    RunFolder
        The folder.

    Raises
    ------
    DataSetError
        If it is none.
    """
    folder = Path(out)
    found = _read_settings(folder)
    return _opened(folder, found, Path(root) if root is not None else Path(str(found["photos"])))


@contextmanager
def held(folder: RunFolder) -> Iterator[None]:
    """Keep other runs out of a folder.

    Raises
    ------
    DataSetError
        If one is at work there.
    """
    try:
        with (folder.path / _LOCK).open("a") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DataSetError(f"{folder.path}: another run is at work there; wait for it, or stop it") from None
            yield
    except OSError as error:
        raise unwritable(folder.path, error) from None


def at_work(folder: RunFolder) -> bool:
    """Return whether a run is at work in a folder, on this machine or one that shares its locks."""
    try:
        with (folder.path / _LOCK).open("r") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def unwritable(place: Path, error: OSError) -> DataSetError:
    """Return what is said when a file cannot be written."""
    said = os.strerror(error.errno) if error.errno else str(error).splitlines()[0][:120]
    if no_space(error):
        return DataSetError(f"{place}: {said}; make room and run again, which goes on where it was")
    return DataSetError(f"{place}: cannot be written ({said}); choose another folder")


def no_space(error: OSError) -> bool:
    """Return whether an error says that a disk, a quota or the largest file is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _settings(plan: Plan, config: RunConfig) -> dict[str, Any]:
    name = named_face_model(config.face_model)
    affect_model = None if config.affect_model is None else str(Path(config.affect_model).absolute())
    models = open_models(name, affect_model)
    try:
        checksum = sha256_of(plan.path)
    except OSError as error:
        raise DataSetError(f"{plan.path}: cannot be read ({error.strerror})") from None
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "affectface": __version__,
        "plan": checksum,
        "photos": str(plan.root.absolute()),
        "form": config.form,
        "part_jobs": config.part_jobs,
        "face_model": str(Path(name).absolute()) if Path(name).suffix else name,
        "face_model_sha256": checksum_of(models.face_model),
        "affect_model": affect_model,
        "affect_model_sha256": checksum_of(models.affect_model),
        "making": asdict(config.making),
    }


def _read_settings(folder: Path) -> dict[str, Any]:
    file = folder / SETTINGS
    try:
        with file.open("rb") as stream:
            found = json.loads(stream.read(_LARGEST_SETTINGS))
    except FileNotFoundError:
        raise DataSetError(f"{folder}: is no run; affectface augment run makes one") from None
    except (OSError, ValueError, RecursionError) as error:
        raise DataSetError(f"{file}: is damaged ({type(error).__name__}); run into another folder") from None
    known = isinstance(found, dict) and (found.get("format"), found.get("format_version")) == (FORMAT, FORMAT_VERSION)
    if not known:
        raise DataSetError(f"{file}: is no run of format {FORMAT_VERSION}; run into another folder")
    return dict(found)


def _opened(folder: Path, found: dict[str, Any], root: Path) -> RunFolder:
    try:
        config = RunConfig(
            form=found["form"],
            part_jobs=found["part_jobs"],
            face_model=found["face_model"],
            affect_model=found["affect_model"],
            making=MakingConfig(**found["making"]),
        )
        sums = str(found["face_model_sha256"]), str(found["affect_model_sha256"])
        plan = open_plan(folder / PLAN, root=root)
        if sha256_of(plan.path) != found["plan"]:
            raise DataSetError(f"{plan.path}: is not the plan that the run began with; run into another folder")
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise DataSetError(f"{folder / SETTINGS}: is damaged ({error}); run into another folder") from None
    return RunFolder(folder, config, plan, sums)


def _difference(name: str, found: dict[str, Any], settings: dict[str, Any]) -> str:
    if name == "making":
        both = found.get("making") or {}, settings["making"]
        name = next(key for key in settings["making"] if both[0].get(key) != both[1][key])
        return f"other settings: {name} is {both[0].get(name)!r} there and {both[1][name]!r} here"
    words = {"plan": "another plan", "affectface": "another version of affectface"}
    words |= {"face_model_sha256": "another face model", "affect_model_sha256": "another affect model"}
    return words.get(name) or f"other settings: {name} is {found.get(name)!r} there and {settings.get(name)!r} here"
