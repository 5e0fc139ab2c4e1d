"""The data card of a run, from what stands in its folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from affectface.assets import ASSETS
from affectface.augment.data_card.inputs import CardInputs, ModelUsed, Outcomes
from affectface.augment.data_card.said import say
from affectface.augment.data_card.writing import CARD, write_data_card
from affectface.augment.manifest import Manifest, open_manifest
from affectface.augment.plan import Plan
from affectface.augment.running.finishing import is_finished
from affectface.augment.running.folder import CHECKSUMS, MANIFEST, PLAN, REFUSED, RunFolder
from affectface.augment.running.run import totals_of
from affectface.augment.running.settings import SETTINGS
from affectface.errors import DataSetError
from affectface.files import sha256_of


def write_card_of_run(
    folder: RunFolder,
    *,
    source: Manifest | None = None,
    licences: Mapping[str, str] | None = None,
    date: str = "",
    advance: Callable[[int], None] = lambda rows: None,
) -> Path:
    """Write the data card of a run that is done into its folder.

    Parameters
    ----------
    folder : RunFolder
        The run.
    source : Manifest, optional
        The data set that became larger; without it, the manifest that the plan was made from, if it still lies there.
    licences : mapping of str to str, optional
        Licence of each data set, by the name that the manifest's column `source` has. Later cards have it too, and so
        do they have the date. What the manifest knows needs not be said.
    date : str
        When it was made; nothing is said without it.
    advance : callable
        Called with the number of rows that were counted.

    Returns
    -------
    Path
        The card.

    Raises
    ------
    DataSetError
        If the run is not done, something in its folder is damaged, or the card cannot be written.
    MissingPackageError
        If matplotlib is not installed.
    """
    if not is_finished(folder):
        raise DataSetError(f"{folder.path}: is not done; affectface augment run goes on with it")
    said = say(folder.path, licences or {}, date)
    result = open_manifest(folder.path / MANIFEST)
    before = source or source_of(folder.plan)
    known = {**(before.licences() if before else {}), **result.licences()}
    totals = totals_of(folder)
    files = [folder.path / name for name in (SETTINGS, PLAN, MANIFEST, REFUSED, CHECKSUMS)]
    inputs = CardInputs(
        plan=folder.plan,
        result=result,
        outcomes=Outcomes(jobs=totals.jobs, made=totals.made, size=totals.size, reasons=totals.reasons),
        source=before,
        models=_models(folder),
        settings=_settings(folder),
        licences={**known, **said.licences},
        checksums={file.name: sha256_of(file) for file in files},
        date=said.date,
    )
    return write_data_card(folder.path, inputs, advance=advance)


def card_is_there(folder: RunFolder) -> bool:
    """Return whether a run has a data card that was written after the run had ended."""
    try:
        return (folder.path / CARD).stat().st_mtime_ns >= (folder.path / CHECKSUMS).stat().st_mtime_ns
    except OSError:
        return False


def source_of(plan: Plan) -> Manifest | None:
    """Return the manifest that a plan was made for, where it lies as it did then: its labels, otherwise its photos."""
    kind = "labels" if plan.settings.get("labels") else "photos"
    name, checksum = plan.settings.get(f"{kind}_file"), plan.settings.get(kind)
    if not isinstance(name, str) or not (plan.root / name).is_file():
        return None
    try:
        manifest = open_manifest(plan.root / name, root=plan.root)
        return manifest if manifest.checksum() == checksum else None
    except DataSetError:
        return None


def _settings(folder: RunFolder) -> dict[str, object]:
    """What decided the pictures; without places on this machine."""
    said = json.loads((folder.path / SETTINGS).read_bytes())
    making = asdict(folder.config.making)
    return {
        "affectface": said.get("affectface"),
        "outputs": folder.config.form,
        "pictures": making.pop("form"),
        **making,
    }


def _models(folder: RunFolder) -> tuple[ModelUsed, ...]:
    """The models, with the licences that the registry knows; a model from a file has only the file's name."""
    faces, affects = folder.config.face_model or "", folder.config.affect_model
    asked = (("face model", faces), ("affect model", affects or "affect-model"))
    known = {asset.name: asset for asset in ASSETS}
    used = []
    for (role, name), checksum in zip(asked, folder.checksums, strict=True):
        licence = known[name].licence if name in known else ""
        used.append(ModelUsed(role=role, name=Path(name).name, licence=licence, sha256=checksum))
    for asset in ASSETS:
        if asset.kind == "landmarker":
            used.append(ModelUsed(role="landmarks", name=asset.name, licence=asset.licence, sha256=asset.sha256 or ""))
    return tuple(used)
