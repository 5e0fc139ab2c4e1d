"""The folder of a run: what it was made from stands in it, and a run goes on only with the same."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectface.augment.making.config import MakingConfig
from affectface.augment.plan import Plan, open_plan
from affectface.augment.running.config import RunConfig
from affectface.augment.running.guarding import LOCK, held, unwritable
from affectface.augment.running.outputs import SUFFIX
from affectface.augment.running.parts import Part, parts_of
from affectface.augment.running.settings import SETTINGS, UNBOUND, difference, read_settings, settings_of
from affectface.errors import DataSetError
from affectface.files import atomic_path, sha256_of

PLAN, MANIFEST, REFUSED, CHECKSUMS = "plan.parquet", "manifest.parquet", "refused.csv", "SHA256SUMS"
BEGUN = "begun"
"""The folder of the marks of parts that are being made."""


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

    def mark(self, part: Part) -> Path:
        """Return where a mark is while a part is made, and stays if the process dies."""
        return self.path / BEGUN / part.name

    def output(self, part: Part) -> Path:
        """Return where a part's outputs are."""
        return self.path / self.config.form / (part.name + SUFFIX[self.config.form])


@contextmanager
def begun(plan: Plan, out: str | os.PathLike[str], config: RunConfig) -> Iterator[RunFolder]:
    """Make the folder of a run, or find it begun, and keep other runs out of it.

    Parameters
    ----------
    plan : Plan
        The plan.
    out : path-like
        The folder.
    config : RunConfig
        What is made.

    Yields
    ------
    RunFolder
        The folder.

    Raises
    ------
    DataSetError
        If something else is there, another plan, or other settings, a run is at work there, or the folder cannot be
        written.
    AffectFaceError
        If a model is missing or damaged.
    """
    folder = Path(out)
    settings = settings_of(plan, config)
    try:
        if not (folder / SETTINGS).is_file():
            if folder.is_dir() and any(not _ours(name) for name in os.listdir(folder)):
                raise DataSetError(f"{folder}: has other files in it; give an empty folder or one of a run")
            folder.mkdir(parents=True, exist_ok=True)
        with held(folder):
            if not (folder / SETTINGS).is_file():
                with atomic_path(folder / PLAN) as temporary:
                    shutil.copyfile(plan.path, temporary)
                with atomic_path(folder / SETTINGS) as temporary:
                    temporary.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", encoding="utf-8")
            found = read_settings(folder)
            if other := difference(found, settings):
                raise DataSetError(f"{folder}: belongs to {other}; give another folder")
            yield _opened(folder, found | {name: settings[name] for name in UNBOUND}, plan.root)
    except OSError as error:
        raise unwritable(folder, error) from None


def _ours(name: str) -> bool:
    """Whether a run that was killed at once may have left a file of this name."""
    return name in (PLAN, LOCK) or name.startswith((f".{Path(PLAN).stem}.", f".{Path(SETTINGS).stem}."))


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
    found = read_settings(folder)
    return _opened(folder, found, Path(root) if root is not None else Path(str(found["photos"])))


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
