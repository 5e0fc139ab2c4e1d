"""What is kept of an experiment: for each training a folder, with the recogniser and what it said of the test."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.errors import DataSetError
from affectface.files import atomic_path
from affectface.recognition.experiments.design import Arm, Study

FORMAT, FORMAT_VERSION = "affectface-predictions", 2

_ARRAYS = ("rows", "people", "ages", "affect", "expression", "said")


@dataclass(frozen=True, eq=False)
class Said:
    """What one recogniser said of the rows that it was tested on.

    Attributes
    ----------
    rows : ndarray of shape (N,), int64
        Their places in the role's manifest.
    people : ndarray of shape (N,), str
        Who they show.
    ages : ndarray of shape (N,), float32
        Years; NaN where they are not known.
    affect : ndarray of shape (N, 2), float32
        Labelled valence and arousal; NaN where there is no label.
    expression : ndarray of shape (N,), int64
        Labelled class; -1 where there is none.
    said : ndarray of shape (N, 2) or (N, K), float32
        Valence and arousal, or logits of the classes.
    """

    rows: NDArray[np.int64]
    people: NDArray[np.str_]
    ages: NDArray[np.float32]
    affect: NDArray[np.float32]
    expression: NDArray[np.int64]
    said: NDArray[np.float32]


def cell_folder(out: Path, study: Study, arm: Arm, fold: int | None, seed: int) -> Path:
    """Return where a training is kept."""
    cell = f"seed-{seed}" if fold is None else f"fold-{fold}-seed-{seed}"
    return out / "runs" / study.folder / arm.training / cell


def said_file(folder: Path, arm: Arm) -> Path:
    """Return where what was said in a test is kept."""
    return folder / f"tested-{arm.tested}.npz"


def write_said(file: Path, found: Said, about: dict[str, Any]) -> None:
    """Write what a recogniser said, and what it learned from.

    Parameters
    ----------
    file : Path
        The file.
    found : Said
        What it said.
    about : dict
        In JSON's types, such as how many rows it learned from.
    """
    head = {"format": FORMAT, "format_version": FORMAT_VERSION, "about": about}
    arrays: dict[str, Any] = {name: getattr(found, name) for name in _ARRAYS}
    with atomic_path(file) as temporary:
        np.savez_compressed(temporary, head=np.array(json.dumps(head)), **arrays)


def read_said(file: Path) -> tuple[Said, dict[str, Any]]:
    """Read what `write_said` wrote.

    Parameters
    ----------
    file : Path
        The file.

    Returns
    -------
    tuple of Said and dict
        What was said, and about it.

    Raises
    ------
    DataSetError
        If it is damaged.
    """
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            head = json.loads(str(arrays["head"]))
            if (head["format"], head["format_version"]) != (FORMAT, FORMAT_VERSION):
                raise ValueError("another format")
            found = Said(**{name: arrays[name] for name in _ARRAYS})
            lengths = {len(getattr(found, name)) for name in _ARRAYS}
            if len(lengths) != 1:
                raise ValueError("arrays of different lengths")
            return found, dict(head["about"])
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as fault:
        raise DataSetError(f"{file}: is damaged ({type(fault).__name__}); remove it and run again") from None


@dataclass(frozen=True)
class Cell:
    """One training: an arm, the fold that it is tested on, and the seed.

    Attributes
    ----------
    arm : Arm
        What is trained and tested.
    fold : int or None
        The fold that is tested.
    seed : int
        The seed.
    """

    arm: Arm
    fold: int | None
    seed: int


def cells_of(study: Study, arms: tuple[Arm, ...], folds: tuple[int, ...], seeds: int) -> list[Cell]:
    """Return all cells of a study, seed by seed, so that what is compared is there early.

    Parameters
    ----------
    study : Study
        The study.
    arms : tuple of Arm
        Its arms whose data are there.
    folds : tuple of int
        The folds; not looked at where the study has none.
    seeds : int
        How many seeds.

    Returns
    -------
    list of Cell
        The cells.
    """
    parts: tuple[int | None, ...] = folds if study.folds else (None,)
    return [Cell(arm, fold, seed) for seed in range(seeds) for fold in parts for arm in arms]
