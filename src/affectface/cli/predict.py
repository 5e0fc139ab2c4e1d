"""``affectface predict``: what a recogniser says of the rows of a manifest."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from affectface.cli.dataset_import import ManifestArgument
from affectface.cli.options import JsonOption
from affectface.cli.report import progress, reporting, say

if TYPE_CHECKING:
    from affectface.recognition.training.cutting import CutFaces
    from affectface.recognition.training.recogniser import Recogniser

RecogniserArgument = Annotated[Path, typer.Argument(metavar="RECOGNISER", help="A folder of affectface train.")]
SplitOption = Annotated[str, typer.Option(help="Only rows of this split; all if empty.")]


@reporting
def predict(
    recogniser: RecogniserArgument,
    manifest: ManifestArgument,
    out: Annotated[Path, typer.Option("-o", "--out", help="The table, .csv.")],
    split: SplitOption = "",
    as_json: JsonOption = False,
) -> None:
    """Say what every row shows: valence and arousal, and the probability of each expression, as a table."""
    from affectface.recognition.packages import check_installed

    check_installed()
    from affectface.recognition.training.predicting import predict_faces, write_predictions
    from affectface.recognition.training.recogniser import load_recogniser

    made = load_recogniser(recogniser)
    with cut_for(made, manifest, split, labelled=False) as cut:
        with progress("predicting", len(cut.faces.rows)) as advance:
            found = predict_faces(made, cut, advance=advance)
        write_predictions(out, cut.faces, found)
        count, failures = len(cut.faces.rows), cut.failures
    lines = [f"{out}: {count:,} rows", *(f"  {n:,} rows have no picture: {why}" for why, n in failures.items())]
    say({"predictions": str(out), "rows": count, "failures": failures}, "\n".join(lines), as_json=as_json)


@contextmanager
def cut_for(made: Recogniser, manifest: Path, split: str, *, labelled: bool) -> Iterator[CutFaces]:
    """Cut the faces of a manifest out for a while, as a recogniser wants them.

    Parameters
    ----------
    made : Recogniser
        The recogniser.
    manifest : Path
        The manifest.
    split : str
        Only rows of this split; all if empty.
    labelled : bool
        Whether rows without a label are left out.

    Yields
    ------
    CutFaces
        The faces.
    """
    from affectface.recognition.training.cutting import cut_faces
    from affectface.recognition.training.faces import faces_of

    network, side = made.config.network, made.preprocessing.side
    told = network.told_landmarks
    faces = faces_of(manifest, network.outputs, side=side, split=split, landmarks=told, labelled=labelled)
    with tempfile.TemporaryDirectory() as folder:
        with progress("cutting faces out", len(faces.rows)) as advance:
            cut = cut_faces(faces, folder, advance=advance)
        yield cut
