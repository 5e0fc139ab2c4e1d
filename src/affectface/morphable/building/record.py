"""What is written beside a built model: of what it was made, how, who was left out, and how good it is."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from affectface.errors import MeshSetError
from affectface.files import atomic_path
from affectface.morphable.building.build import Built
from affectface.morphable.building.mesh_set import LeftOut


def write_record(
    path: str | os.PathLike[str], built: Built, unlisted: Sequence[LeftOut], asked: Mapping[str, Any]
) -> dict[str, Any]:
    """Write the record of a built model beside it, as JSON.

    Parameters
    ----------
    path : path-like
        The model's file; the record has its name with `.json` for `.npz`.
    built : Built
        The model.
    unlisted : sequence of LeftOut
        Meshes that the table does not know.
    asked : mapping of str
        What else was asked for, in JSON's types.

    Returns
    -------
    dict
        The record.

    Raises
    ------
    MeshSetError
        If it cannot be written.
    """
    from affectface import __version__

    record = {"software": "affectface", "version": __version__, **asked, **built.record}
    record["left_out"] = [*(asdict(one) for one in unlisted), *record["left_out"]]
    record["quality"] = {key: _plain(value) for key, value in record["quality"].items()}
    target = Path(path).with_suffix(".json")
    try:
        with atomic_path(target) as temporary:
            temporary.write_text(json.dumps(record, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise MeshSetError(f"{target}: cannot be written ({error.strerror}); choose another folder") from None
    return record


def _plain(value: Any) -> Any:
    """Return numbers as JSON has them: NaN is null."""
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value
