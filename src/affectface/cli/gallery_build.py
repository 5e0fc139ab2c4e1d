"""``affectface gallery build`` and ``info``: galleries become affect models; what is in either."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from affectface.cli.options import JsonOption, ModelOption
from affectface.cli.report import Advance, progress, reporting, say

if TYPE_CHECKING:
    from affectface.gallery.affect_model import AffectModel
    from affectface.gallery.building.build import Built
    from affectface.gallery.building.config import BuildConfig
    from affectface.gallery.store import Gallery
    from affectface.morphable import FaceModel


class BasisName(StrEnum):
    """Choices of ``--basis``."""

    units = "units"
    sparse = "sparse"
    pca = "pca"


class SourceName(StrEnum):
    """Choices of ``--from``."""

    means = "means"
    frames = "frames"


@reporting
def build(
    gallery: Annotated[Path, typer.Argument(metavar="X.gallery", help="Registered meshes or strengths, with labels.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The affect model, a .npz for --affect-model.")],
    model: ModelOption = None,
    classes: Annotated[int, typer.Option(min=3, help="Classes of the valence-arousal plane, at most.")] = 550,
    fewest: Annotated[int, typer.Option(min=1, help="People that an expression needs.")] = 3,
    basis: Annotated[
        BasisName, typer.Option(help="What displacements are made of: facial units, or components found in them.")
    ] = BasisName.units,
    components: Annotated[int, typer.Option(min=1, max=500, help="Components, at most.")] = 50,
    source: Annotated[
        SourceName, typer.Option("--from", help="What components are found in: mean faces, or a sample of the frames.")
    ] = SourceName.means,
    sample: Annotated[int, typer.Option(min=2, help="Frames of that sample.")] = 12_000,
    seed: Annotated[int, typer.Option(min=0, help="Draws that sample.")] = 0,
    without: Annotated[
        list[str] | None, typer.Option(metavar="SUBJECT", help="Somebody who does not count; can be repeated.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Build an affect model from a gallery. Interrupted, it goes on where it was when it is called again."""
    from affectface.gallery.building.config import BuildConfig

    config = BuildConfig(
        classes=classes,
        fewest_people=fewest,
        basis=basis.value,
        components=components,
        source=source.value,
        sample=sample,
        seed=seed,
        without=tuple(without or ()),
    )
    built = build_file(gallery, out, model, config)
    say({"file": str(out), **record_of(built)}, f"{out}: {words_of(built)}", as_json=as_json)


def build_file(gallery: Path, out: Path, model: str | None, config: BuildConfig) -> Built:
    """Build an affect model from a gallery, and write it.

    Parameters
    ----------
    gallery, out : Path
        The gallery, and the model's file.
    model : str, optional
        The face model that a gallery of meshes belongs to; the gallery's own if not given.
    config : BuildConfig
        The choices.

    Returns
    -------
    Built
        The model and what stands behind it.
    """
    from affectface.gallery.affect_model_files import save_affect_model
    from affectface.gallery.building.build import build_affect_model
    from affectface.gallery.library import load_named_affect_model
    from affectface.gallery.store import open_gallery

    opened, scratch = open_gallery(gallery), out.with_name(f".{out.stem}.building")
    built = build_affect_model(
        opened,
        out.stem,
        scratch=scratch,
        face_model=face_model_of(opened, model),
        base=load_named_affect_model(None),
        config=config,
        progress=working,
    )
    save_affect_model(built.model, out)
    shutil.rmtree(scratch, ignore_errors=True)
    return built


@reporting
def info(
    path: Annotated[Path, typer.Argument(metavar="X.gallery|X.npz", help="A gallery, or an affect model.")],
    as_json: JsonOption = False,
) -> None:
    """Say what a gallery or an affect model holds."""
    if path.suffix.lower() == ".npz":
        from affectface.gallery.affect_model_files import load_affect_model

        result = _describe_model(load_affect_model(path))
    else:
        from affectface.gallery.building.describe import describe_gallery
        from affectface.gallery.store import open_gallery

        result = describe_gallery(open_gallery(path))
    say(result, _lines(result), as_json=as_json)


@contextmanager
def working(words: str, total: int | None) -> Iterator[Advance]:
    """Show a step of a build."""
    with progress(words, total) as advance:
        yield advance


def face_model_of(gallery: Gallery, name: str | None) -> FaceModel | None:
    """Return the face model that a gallery's meshes belong to; None where it has none.

    Parameters
    ----------
    gallery : Gallery
        The gallery.
    name : str, optional
        What the command line says; the gallery's own topology otherwise.

    Returns
    -------
    FaceModel or None
        The face model.
    """
    from affectface.errors import AssetError, TopologyMismatchError
    from affectface.morphable.library import load_named_face_model

    if gallery.template is None:
        return None
    wanted = name or gallery.topology or gallery.template.name
    try:
        return load_named_face_model(wanted)
    except AssetError as error:
        if name is not None or wanted == "ict-facekit":
            raise
        raise TopologyMismatchError(
            f"{gallery.path}: its meshes are of {wanted[:60]!r}; give --model, a face model with the same triangles"
        ) from error


def record_of(built: Built) -> dict[str, Any]:
    """Return what was built, in JSON's types."""
    return {
        "people": built.people,
        "classes": built.classes,
        "units": len(built.model.unit_names),
        "moved_mm": round(built.moved, 3),
        "lost_mm": round(built.lost, 3),
        "left_out": list(built.left_out),
    }


def words_of(built: Built) -> str:
    """Return what was built, in words."""
    found = [f"{name} ({people} people)" for name, people in built.people.items()]
    if built.classes:
        found.append(f"{built.classes} classes of the plane from {int(built.model.support.sum())} frames")
    text = ", ".join(found)
    rest = built.model.provenance["rest"]
    if rest and (rest["expressions"] or rest["plane"]):
        text += "; the rest is the shipped model's"
    if built.moved:
        text += f"\n  mean faces move by {built.moved:.2f} mm; {built.lost:.2f} mm are lost on {_basis(built.model)}"
    return "\n".join([text, *(f"  left out: {why}" for why in built.left_out)])


def _basis(model: AffectModel) -> str:
    if model.basis is None:
        return f"{len(model.unit_names)} facial units"
    return f"{len(model.unit_names)} components on {model.basis.surface.name}"


def _describe_model(model: AffectModel) -> dict[str, Any]:
    support = model.expression_support
    shown = {} if support is None else dict(zip(model.expression_names, support.tolist(), strict=True))
    return {
        "affect_model": model.name,
        "basis": _basis(model),
        "classes": len(model.points),
        "frames_in_classes": int(model.support.sum()),
        "expressions": len(model.expression_names),
        "frames_in_expressions": {name: frames for name, frames in shown.items() if frames},
        "spread_between_people": model.spread is not None,
        "judges": list(model.judges),
        "provenance": dict(model.provenance),
    }


def _lines(result: dict[str, Any], indent: str = "") -> str:
    lines = []
    for key, value in result.items():
        words = key.replace("_", " ")
        if isinstance(value, dict) and value:
            lines += [f"{indent}{words}:", _lines(value, indent + "  ")]
        elif value not in ("", [], {}, None):
            text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
            lines.append(f"{indent}{words}: {text}")
    return "\n".join(lines)
