"""``affectface assets``: what ships, what can be added, and whether it is what it should be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from affectface.cli.options import JsonOption
from affectface.cli.report import progress, reporting, say
from affectface.errors import AssetError

if TYPE_CHECKING:
    from affectface.morphable import FaceModel

assets = typer.Typer(help="Models that ship or can be added.", no_args_is_help=True)


@assets.command("list")
@reporting
def list_assets(as_json: JsonOption = False) -> None:
    """List every asset with its licence and origin."""
    from affectface.assets import ASSETS

    rows = [
        {
            "name": asset.name,
            "kind": asset.kind,
            "licence": asset.licence,
            "state": "shipped" if asset.shipped else "added" if asset.there else "not added",
            "bytes": asset.path.stat().st_size if asset.there else None,
            "path": str(asset.path) if asset.there else None,
            "origin": asset.origin,
        }
        for asset in ASSETS
    ]
    widths = [max(len(str(row[key])) for row in rows) for key in ("name", "kind", "licence", "state")]
    lines = []
    for row in rows:
        cells = [str(row[key]).ljust(w) for key, w in zip(("name", "kind", "licence", "state"), widths, strict=True)]
        size = f"{int(str(row['bytes'])) / 1e6:6.1f} MB" if row["bytes"] else " " * 9
        lines.append("  ".join([*cells, size, str(row["origin"])]))
    say({"assets": rows}, "\n".join(lines), as_json=as_json)


@assets.command()
@reporting
def get(
    name: Annotated[str, typer.Argument(help="ict-facekit.")],
    url: Annotated[str | None, typer.Option(help="A mirror: a folder of the native files, or a packed .npz.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Download an asset, check it and add it."""
    from affectface.morphable.library import get_ict_facekit

    _check_addable(name)
    with progress(f"downloading {name}", None, unit="bytes") as advance:
        path = get_ict_facekit(_embed, url=url, progress=advance)
    say({"name": name, "path": str(path)}, f"{name} is added: {path}", as_json=as_json)


@assets.command()
@reporting
def add(
    name: Annotated[str, typer.Argument(help="ict-facekit.")],
    path: Annotated[Path, typer.Argument(help="The packed .npz, or the folder FaceXModel of its repository.")],
    as_json: JsonOption = False,
) -> None:
    """Check and add an asset that is already on this machine."""
    from affectface.morphable.library import add_ict_facekit

    _check_addable(name)
    with progress(f"converting {name}", None):
        added = add_ict_facekit(path, _embed)
    say({"name": name, "path": str(added)}, f"{name} is added: {added}", as_json=as_json)


@assets.command()
@reporting
def verify(as_json: JsonOption = False) -> None:
    """Check every asset that is here against its checksum."""
    from affectface.assets import ASSETS
    from affectface.files import sha256_of
    from affectface.morphable.library import check_ict_facekit

    states: dict[str, str] = {}
    for asset in ASSETS:
        if not asset.there:
            states[asset.name] = "missing" if asset.shipped else "not added"
        elif not asset.shipped:
            states[asset.name] = "right" if check_ict_facekit() else "changed"
        else:
            states[asset.name] = "right" if sha256_of(asset.path) == asset.sha256 else "changed"
    bad = [name for name, state in states.items() if state in ("missing", "changed")]
    if bad:
        raise AssetError(f"not as published: {', '.join(bad)}; reinstall affectface, or get the asset again")
    say({"assets": states}, "\n".join(f"{name}: {state}" for name, state in states.items()), as_json=as_json)


def _check_addable(name: str) -> None:
    """Refuse a name of an asset that ships, or of none."""
    from affectface.assets import find_asset

    if find_asset(name).shipped:
        raise AssetError(f"{name} ships with affectface; there is nothing to get")


def _embed(model: FaceModel) -> FaceModel:
    """Return the model with its landmark embedding, found by our own landmarker."""
    from affectface.fitting.embedded_landmarks import with_own_landmarks

    return with_own_landmarks(model)
