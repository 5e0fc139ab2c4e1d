"""``affectface augment plan``: decide what is made of whose photos, before anything is made."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from affectface.cli.dataset_import import ManifestArgument, RootOption, check_place
from affectface.cli.options import AffectModelOption, JsonOption
from affectface.cli.report import progress, reporting, say

if TYPE_CHECKING:
    from affectface.augment.planning import PlanConfig


class StrategyName(StrEnum):
    """Choices of ``--strategy``."""

    classes = "classes"
    plane = "plane"
    expressions = "expressions"
    action_units = "action-units"
    paths = "paths"


@reporting
def plan(
    manifest: ManifestArgument,
    out: Annotated[Path, typer.Option("-o", "--out", help="The plan, .parquet.")],
    strategy: Annotated[
        StrategyName,
        typer.Option(
            help="classes: all of the affect model for each photo. plane: where labels are few. expressions: which are "
            "few. action-units: equally many of each level. paths: clips."
        ),
    ] = StrategyName.classes,
    count: Annotated[int | None, typer.Option(min=1, help="Images or clips in all.")] = None,
    labels: Annotated[
        Path | None, typer.Option(metavar="MANIFEST", help="The data set that is to become balanced.")
    ] = None,
    split: Annotated[
        list[str] | None, typer.Option(help="Splits whose photos are used; repeatable. train, and rows without one.")
    ] = None,
    expressions: Annotated[str, typer.Option(help="Expressions to balance, with commas; the basic six.")] = "",
    units: Annotated[str, typer.Option(help="Action units to balance, with commas; those of FERA 2017.")] = "",
    least_intensity: Annotated[float, typer.Option(min=0.01, max=1, help="Lowest intensity of an expression.")] = 0.6,
    seed: Annotated[int, typer.Option(min=0, help="Decides all that is drawn.")] = 0,
    affect_model: AffectModelOption = None,
    root: RootOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide what is made of the neutral photos of a data set, and write it down as a table.

    What is made of a person gets the person's own subject, split and fold.
    """
    from affectface.augment.manifest import open_manifest
    from affectface.augment.planning import job_count, make_plan
    from affectface.gallery.library import load_named_affect_model

    config = _config(strategy, count, split, expressions, units, least_intensity, seed)
    opened, model = open_manifest(manifest, root=root), load_named_affect_model(affect_model)
    check_place(out, manifest, root)
    balanced = None if labels is None else open_manifest(labels, root=root)
    rows = opened.row_count
    total = count or (None if rows is None else job_count(config, rows, len(model.points)))
    with progress("planning", total) as advance:
        told = make_plan(opened, out, model, labels=balanced, config=config, advance=advance)
    result: dict[str, Any] = {"file": str(out), "jobs": told.jobs, "photos": told.photos, "people": told.people}
    result |= {"splits": told.splits, "targets": told.targets}
    lines = [f"{out}: {told.jobs:,} jobs, of {told.photos:,} photos of {told.people:,} people"]
    lines += [f"  split {name:20}{jobs:>10,}" for name, jobs in told.splits.items()]
    lines += [f"  {name.replace('_', ' '):26}{jobs:>10,}" for name, jobs in told.targets.items()]
    say(result, "\n".join(lines), as_json=as_json)


def _config(
    strategy: StrategyName,
    count: int | None,
    split: list[str] | None,
    expressions: str,
    units: str,
    least_intensity: float,
    seed: int,
) -> PlanConfig:
    """The options as a configuration; what makes no sense is a wrong parameter."""
    from affectface.augment.planning import PlanConfig

    given: dict[str, Any] = {"strategy": strategy.value, "count": count, "seed": seed}
    given["least_intensity"] = least_intensity
    if split:
        given["splits"] = tuple("" if name == "none" else name for name in split)
    for name, text in (("expressions", expressions), ("units", units.upper())):
        if text:
            given[name] = tuple(part.strip() for part in text.split(","))
    try:
        return PlanConfig(**given)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
