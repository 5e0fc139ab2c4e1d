"""``affectface experiment list``: what can be run, on which data."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from affectface.cli.options import JsonOption
from affectface.cli.report import reporting, say


@reporting
def list_experiments(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="One experiment: its arms and its data.")] = "",
    as_json: JsonOption = False,
) -> None:
    """List the experiments, or what one of them compares."""
    from affectface.recognition.experiments.catalogue import EXPERIMENTS, experiment_named

    chosen = [experiment_named(name)] if name else list(EXPERIMENTS.values())
    result: dict[str, Any] = {
        one.name: {"title": one.title, "source": one.source, "data": {key: list(of) for key, of in one.wanted.items()}}
        for one in chosen
    }
    lines = [f"{one.name:18} {one.title}{f' ({one.source})' if one.source else ''}" for one in chosen]
    if name:
        for study in chosen[0].studies:
            of = f"{study.data}: {study.training.network}, {', '.join(study.metrics)}"
            lines += ["", f"{of}{', folds' if study.folds else ''}"]
            lines += [f"  {arm.name:28} {arm.title}" for arm in study.arms]
        takes = [f"{key}/{role}" for key, of in chosen[0].wanted.items() for role in of]
        given = [f"{one}=MANIFEST" for one in takes] if name != "london" else ["london=FOLDER"]
        lines += ["", "takes", *(f"  --data {one}" for one in given)]
        lines += [f"note: {note}" for note in chosen[0].notes]
        result[name]["arms"] = {one.folder: [arm.name for arm in one.arms] for one in chosen[0].studies}
    say(result, "\n".join(lines), as_json=as_json)
