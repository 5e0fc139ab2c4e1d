"""``affectface model build``: a face model of meshes in correspondence."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from affectface.cli.options import JsonOption
from affectface.cli.report import progress, reporting, say
from affectface.errors import MeshSetError

if TYPE_CHECKING:
    from affectface.morphable.building.build import Built
    from affectface.morphable.building.groups import Group
    from affectface.morphable.building.mesh_set import LeftOut, MeshSource

_SHOWN = 20


class AlignName(StrEnum):
    """Choices of ``--align``."""

    similarity = "similarity"
    rigid = "rigid"
    none = "none"


class UnitName(StrEnum):
    """Choices of ``--unit``."""

    mm = "mm"
    cm = "cm"
    m = "m"


class ExpressionsName(StrEnum):
    """Choices of ``--expressions``."""

    components = "components"
    named = "named"


@reporting
def build(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Meshes with the same vertices: .obj, .ply, .wrl, .glb, .npy.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The model, a .npz; its record lies beside it as .json.")],
    like: Annotated[
        str | None,
        typer.Option(
            metavar="embedded|ict-facekit|PATH",
            help="A face model of the same topology: regions, texture coordinates, landmarks and, without scans of "
            "expressions, expression units are taken from it.",
        ),
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(metavar="MESH", help="A mesh whose triangles and axes are those of all.")
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="The people: a column file or subject, others at will; see --where and --by."),
    ] = None,
    where: Annotated[str, typer.Option(help="Whose meshes are used, as in: age<30 and gender=female.")] = "",
    by: Annotated[
        str | None, typer.Option(metavar="COLUMN[:EDGES]", help="A model of each group: gender, or age:7,18,50.")
    ] = None,
    variance: Annotated[float, typer.Option(help="The share of the variance that is kept.")] = 0.995,
    align: Annotated[
        AlignName, typer.Option(help="What is taken out of the shapes; rigid leaves size in, none everything.")
    ] = AlignName.similarity,
    unit: Annotated[UnitName, typer.Option(help="The meshes' unit.")] = UnitName.cm,
    failure_rate: Annotated[
        float,
        typer.Option(help="How often each test for failed meshes may leave out a good one of a whole set; 0: no test."),
    ] = 0.01,
    expressions: Annotated[
        ExpressionsName, typer.Option(help="Of scans of expressions: principal components, or a mean of each name.")
    ] = ExpressionsName.components,
    seed: Annotated[int, typer.Option(min=0, help="For what is drawn.")] = 0,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first mesh that would be left out.")] = False,
    scratch: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where temporary files are; as a rule beside the model.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Build a face model: align meshes, leave out failed ones, keep their principal components."""
    from affectface.fitting.embedded_landmarks import drawn_landmarks
    from affectface.morphable.building.assemble import finish_by_looking, finish_like, topology_like
    from affectface.morphable.building.build import build_model
    from affectface.morphable.building.config import BuildConfig
    from affectface.morphable.building.groups import groups_of
    from affectface.morphable.building.prepare import prepare
    from affectface.morphable.building.scratch import MeshScratch
    from affectface.morphable.building.topology import reference_topology, topology_of
    from affectface.morphable.library import load_named_face_model

    if out.suffix != ".npz":
        raise MeshSetError(f"{out}: face models are .npz files; give such a name")
    config = BuildConfig(
        variance=variance,
        alignment=align.value,
        unit=unit.value,
        failure_rate=failure_rate,
        expressions=expressions.value,
        seed=seed,
        strict=strict,
    )
    sources, unlisted = _chosen(folder, table, where, by)
    if like:
        other = load_named_face_model(like)
        topology, finish = topology_like(other), finish_like(other)
    else:
        topology = reference_topology(reference) if reference else topology_of(sources)
        finish = finish_by_looking(drawn_landmarks)
    with MeshScratch(len(topology.vertices), scratch or out.absolute().parent) as meshes:
        prepared = prepare(sources, topology, meshes, config, progress)
        results, left_out = [], [*unlisted, *prepared.left_out]
        for group in groups_of(prepared, by):
            path = out if by is None else out.with_name(f"{out.stem}_{_file_name(group.name)}.npz")
            if not group.enough:
                results.append(_too_small(group, strict))
                continue
            built = build_model(prepared, group.rows, path.stem, config, finish, progress=progress)
            asked = {
                "like": like,
                "table": table.name if table else None,
                "where": where,
                "by": by,
                "group": group.name,
            }
            results.append(_write(built, path, unlisted, asked))
            left_out += built.left_out
    _tell(results, left_out, as_json)


def _chosen(folder: Path, table: Path | None, where: str, by: str | None) -> tuple[list[MeshSource], list[LeftOut]]:
    """Return the meshes that are asked for, and those that the table does not know."""
    from affectface.morphable.building.mesh_set import find_meshes, with_rows
    from affectface.morphable.building.people import read_conditions, read_grouping, read_people

    sources = find_meshes(folder)
    if table is None:
        if where or by:
            raise MeshSetError("--where and --by ask for columns of a table; give it with --table")
        return sources, []
    rows = read_people(table)
    conditions = read_conditions(where, list(rows[0]))
    if by is not None:
        read_grouping(by, list(rows[0]))
    chosen, unlisted = with_rows(sources, rows, conditions)
    if not chosen:
        asked = f" and fulfils {where!r}; ask for less" if where else "; its names must be those of the files"
        raise MeshSetError(f"no mesh of {len(sources)} is in the table{asked}")
    return chosen, unlisted


def _write(built: Built, path: Path, unlisted: list[LeftOut], asked: dict[str, Any]) -> dict[str, Any]:
    """Write a model and its record, and return the record with where they are."""
    from affectface.morphable.building.record import write_record
    from affectface.morphable.face_model import save_face_model

    try:
        save_face_model(built.model, path)
    except OSError as error:
        raise MeshSetError(f"{path}: cannot be written ({error.strerror}); choose another folder") from None
    record = write_record(path, built, unlisted, asked)
    return {"file": str(path), **record}


def _too_small(group: Group, strict: bool) -> dict[str, Any]:
    """Return what is said of a group of which no model is built."""
    from affectface.morphable.building.build import FEWEST

    words = f"{group.name}: {group.neutral} neutral meshes; at least {FEWEST} are needed to build a model"
    if strict:
        raise MeshSetError(words)
    return {"file": None, "group": group.name, "reason": words}


def _file_name(group: str) -> str:
    """Return a group's name as a part of a file's."""
    return re.sub(r"[^\w.-]+", "_", group)


def _tell(results: list[dict[str, Any]], left_out: list[LeftOut], as_json: bool) -> None:
    """Print what was built, who was left out and why, and how good the models are."""
    lines = [f"left out: {one.name}: {one.reason}" for one in left_out[:_SHOWN]]
    if len(left_out) > _SHOWN:
        lines.append(f"left out: {len(left_out) - _SHOWN} more, all in the record")
    for result in results:
        if result["file"] is None:
            lines.append(f"not built: {result['reason']}")
            continue
        lines.append(
            f"{result['file']}: {result['meshes']} meshes, {result['components']} components that keep "
            f"{100 * result['variance_kept']:.2f} % of the variance, {result['expression_units']} expression units"
        )
        quality = result["quality"]
        lines.append("  components  compactness  generalisation  specificity")
        columns = (quality[key] for key in ("counts", "compactness", "generalisation", "specificity"))
        for count, compact, general, specific in zip(*columns, strict=True):
            unseen = "             -" if general is None else f"{general:11.2f} mm"
            lines.append(f"  {count:10d}  {100 * compact:9.1f} %  {unseen}  {specific:8.2f} mm")
    say({"models": results}, "\n".join(lines), as_json=as_json)
