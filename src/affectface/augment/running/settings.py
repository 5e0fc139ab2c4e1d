"""What a run was made from, as it stands in its folder's run.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from affectface import __version__
from affectface.augment.plan import Plan
from affectface.augment.running.config import RunConfig
from affectface.augment.running.models import checksum_of, named_face_model, open_models
from affectface.errors import DataSetError
from affectface.files import sha256_of

FORMAT, FORMAT_VERSION = "affectface-run", 1
SETTINGS = "run.json"
UNBOUND = ("photos", "face_model", "affect_model")
"""Settings that may differ between two runs into one folder: places of photos, and of models with equal checksums."""

_LARGEST = 1 << 16


def settings_of(plan: Plan, config: RunConfig) -> dict[str, Any]:
    """Return the settings of a run, in JSON's types, with the checksums of plan and models.

    Parameters
    ----------
    plan : Plan
        The plan.
    config : RunConfig
        What is made.

    Returns
    -------
    dict
        The settings.

    Raises
    ------
    AffectFaceError
        If the plan cannot be read, or a model is missing or damaged.
    """
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


def read_settings(folder: Path) -> dict[str, Any]:
    """Return the settings that stand in a folder, or raise a DataSetError if it is no run's."""
    file = folder / SETTINGS
    try:
        with file.open("rb") as stream:
            found = json.loads(stream.read(_LARGEST))
    except FileNotFoundError:
        raise DataSetError(f"{folder}: is no run; affectface augment run makes one") from None
    except (OSError, ValueError, RecursionError) as error:
        raise DataSetError(f"{file}: is damaged ({type(error).__name__}); run into another folder") from None
    known = isinstance(found, dict) and (found.get("format"), found.get("format_version")) == (FORMAT, FORMAT_VERSION)
    if not known:
        raise DataSetError(f"{file}: is no run of format {FORMAT_VERSION}; run into another folder")
    return dict(found)


def difference(found: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """Return in words what a folder belongs to, where that is not these settings; empty where it is."""
    for name in sorted(settings.keys() | found.keys()):
        if name not in UNBOUND and found.get(name) != settings.get(name):
            return _in_words(name, found, settings)
    return ""


def _in_words(name: str, found: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    if name == "making":
        both = found.get("making") or {}, settings["making"]
        name = next(key for key in settings["making"] if both[0].get(key) != both[1][key])
        if name == "device":
            return f"a run on {both[0].get(name)}, and {both[1][name]} gives other bytes"
        return f"other settings: {name} is {both[0].get(name)!r} there and {both[1][name]!r} here"
    words = {"plan": "another plan", "affectface": "another version of affectface"}
    words |= {"face_model_sha256": "another face model", "affect_model_sha256": "another affect model"}
    return words.get(name) or f"other settings: {name} is {found.get(name)!r} there and {settings.get(name)!r} here"
