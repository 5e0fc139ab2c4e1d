"""What made a picture: the provenance of a portrait's images and clips."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from affectface.assets import ASSETS
from affectface.provenance import Provenance
from affectface.synthesis.portrait import Portrait


def provenance_of(portrait: Portrait, asked: Mapping[str, Any]) -> Provenance:
    """Return the provenance of a picture or clip that a portrait made.

    Parameters
    ----------
    portrait : Portrait
        The portrait.
    asked : mapping
        What was asked for; see `affectface.provenance.describe`.

    Returns
    -------
    Provenance
        The provenance, with the names of the models and the start of their checksums.
    """
    return Provenance(
        asked=dict(asked),
        models={
            "landmarker": _version("face-mesh"),
            "face model": _version(portrait.face_model.name),
            "affect model": _version(portrait.affect_model.name),
        },
    )


def _version(name: str) -> str:
    """Return a model's name, with the start of its checksum where it is one of the registry's."""
    checksums = {asset.name: asset.sha256 for asset in ASSETS if asset.name == name}
    checksum = checksums.get(name)
    return f"{name} {checksum[:12]}" if checksum else name
