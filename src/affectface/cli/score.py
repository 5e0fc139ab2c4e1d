"""``affectface score``: how right a recogniser is about people whom it never saw."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from affectface.cli.dataset_import import ManifestArgument
from affectface.cli.options import JsonOption
from affectface.cli.predict import RecogniserArgument, SplitOption, cut_for
from affectface.cli.report import progress, reporting, say


@reporting
def score(
    recogniser: RecogniserArgument,
    manifest: ManifestArgument,
    split: SplitOption = "test",
    resamples: Annotated[int, typer.Option(min=100, help="Resamples of people, for the intervals.")] = 1000,
    as_json: JsonOption = False,
) -> None:
    """Compare a recogniser with the labels; people whom it was trained on are refused."""
    from affectface.recognition.packages import check_installed

    check_installed()
    from affectface.recognition.metrics import BootstrapConfig
    from affectface.recognition.training.predicting import score_faces
    from affectface.recognition.training.recogniser import load_recogniser

    made = load_recogniser(recogniser)
    with cut_for(made, manifest, split, labelled=True) as cut:
        made.check_unseen(cut.faces)
        with progress("predicting", len(cut.faces.rows)) as advance:
            found = score_faces(made, cut, config=BootstrapConfig(resamples=resamples), advance=advance)
        found["failures"] = cut.failures
    say(found, "\n".join(_lines(found)), as_json=as_json)


def _lines(found: dict[str, Any]) -> list[str]:
    lines = [f"{found['rows']:,} rows of {found['subjects']:,} people, none of whom it learned from"]
    lines += [f"  {count:,} rows have no picture: {reason}" for reason, count in found["failures"].items()]
    for name, of in found["intervals"].items():
        title = name.replace("_ccc", " CCC").replace("_mse", " MSE").replace("_", " ")
        lines.append(f"  {title:16}{of['value']:8.3f}   95 %: {of['low']:.3f} to {of['high']:.3f}")
    if "expression" in found:
        names = list(found["expression"]["classes"])
        lines += ["", f"  {'label':14}" + "".join(f"{name[:9]:>10}" for name in names)]
        for name, row in zip(names, found["expression"]["confusion"], strict=True):
            lines.append(f"  {name:14}" + "".join(f"{count:>10,}" for count in row))
    return lines
