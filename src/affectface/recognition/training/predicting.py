"""What a recogniser says of the rows of a manifest, and how right it is about people whom it never saw."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from affectface.errors import DataSetError
from affectface.files import atomic_path
from affectface.recognition.metrics import (
    BootstrapConfig,
    Interval,
    confidence_interval,
    expression_scores,
    macro_f1,
    mean_diagonal,
    valence_arousal_scores,
)
from affectface.recognition.metrics.classification import accuracy
from affectface.recognition.metrics.scores import NUMBER_METRICS
from affectface.recognition.networks.build import SEQUENCE_NETWORKS
from affectface.recognition.training.batches import FaceBatches
from affectface.recognition.training.cutting import CutFaces
from affectface.recognition.training.faces import Faces, person_of, sequences_of
from affectface.recognition.training.module import gathered, said_of
from affectface.recognition.training.recogniser import Recogniser

Arrays = dict[str, NDArray[Any]]


def predict_faces(recogniser: Recogniser, cut: CutFaces, *, advance: Callable[[int], None] | None = None) -> Arrays:
    """Say what the rows of a manifest show.

    Parameters
    ----------
    recogniser : Recogniser
        The recogniser.
    cut : CutFaces
        The faces, at its side and with its outputs.
    advance : callable, optional
        Is told the number of further rows.

    Returns
    -------
    dict of str to ndarray
        In the order of the rows: `affect` (N, 2) and `expression` (N,), labels; `valence_arousal` (N, 2) and
        `logits` (N, K), predictions, where the recogniser says them.
    """
    config, network = recogniser.config, recogniser.network.eval()
    whole = config.network.name in SEQUENCE_NETWORKS
    sequences = sequences_of(cut.faces, config.frames) if whole else None
    rows = FaceBatches(cut, sequences=sequences, frames=config.frames)
    said = []
    for start in range(0, len(rows), config.batch):
        batch = rows.__getitems__([(0, i) for i in range(start, min(start + config.batch, len(rows)))])
        with torch.no_grad():
            found = said_of(network, batch, recogniser.preprocessing)
        batch.pop("images", None)
        said.append((found, batch))
        if advance is not None:
            advance(int((batch["row"] >= 0).sum()))
    arrays = gathered(said)
    order = np.argsort(arrays.pop("row"), kind="stable")
    return {name: values[order] for name, values in arrays.items()}


def score_faces(
    recogniser: Recogniser,
    cut: CutFaces,
    *,
    config: BootstrapConfig | None = None,
    advance: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Measure a recogniser on people whom it never saw.

    Parameters
    ----------
    recogniser : Recogniser
        The recogniser.
    cut : CutFaces
        The labelled faces.
    config : BootstrapConfig, optional
        How intervals are drawn, over subjects where the rows say them.
    advance : callable, optional
        Is told the number of further rows.

    Returns
    -------
    dict
        In JSON's types: `rows`, `subjects`; `valence_arousal` and `expression`, tables of all criteria, and
        `intervals` of the main ones.

    Raises
    ------
    LeakError
        If somebody shown was in the training.
    """
    faces = cut.faces
    recogniser.check_unseen(faces)
    found = predict_faces(recogniser, cut, advance=advance)
    result: dict[str, Any] = {"rows": len(faces.rows), "subjects": len(faces.subjects), "intervals": {}}
    people = np.array([person_of(row) for row in faces.rows])

    def sure(metric: Callable[[ArrayLike, ArrayLike], float], truth: Any, said: Any, rows: Any) -> dict[str, Any]:
        return _plain(confidence_interval(metric, truth, said, groups=people[rows], config=config))

    labelled = ~np.isnan(found["affect"]).any(axis=1)
    if "valence_arousal" in found and labelled.any():
        truth, said = found["affect"][labelled], found["valence_arousal"][labelled]
        result["valence_arousal"] = valence_arousal_scores(truth, said)
        for i, name in enumerate(("valence", "arousal")):
            for metric in ("ccc", "mse"):
                function = NUMBER_METRICS[metric]
                result["intervals"][f"{name}_{metric}"] = sure(function, truth[:, i], said[:, i], labelled)
    known = found["expression"] >= 0
    if "logits" in found and known.any():
        names = recogniser.config.network.outputs.classes
        truth, said = found["expression"][known], found["logits"][known].argmax(axis=1)
        table = expression_scores(truth, said, range(len(names)))
        table["classes"] = {names[int(i)]: asdict(score) for i, score in table["classes"].items()}
        result["expression"] = {**table, "confusion": table["confusion"].tolist()}
        functions = {"accuracy": accuracy, "macro_f1": macro_f1, "mean_diagonal": mean_diagonal}
        for name, measure in functions.items():
            result["intervals"][name] = sure(measure, truth, said, known)
    return result


def _plain(interval: Interval) -> dict[str, Any]:
    return asdict(interval)


def write_predictions(path: str | os.PathLike[str], faces: Faces, found: Arrays) -> None:
    """Write predictions as a table.

    Parameters
    ----------
    path : path-like
        The ``.csv`` file: `path`, `frame`, `valence`, `arousal`, `expression` and the probability of each class.
    faces : Faces
        The rows.
    found : dict of str to ndarray
        What `predict_faces` returns.

    Raises
    ------
    DataSetError
        If the file has another suffix or cannot be written.
    """
    if Path(path).suffix.lower() != ".csv":
        raise DataSetError(f"{path}: unknown suffix for a table of predictions; use .csv")
    names = faces.outputs.classes
    titles = ["path", "frame", "valence", "arousal", "expression", *(f"p_{name}" for name in names)]
    affect, logits = found.get("valence_arousal"), found.get("logits")
    chances = None if logits is None else torch.from_numpy(logits).softmax(dim=1).numpy()
    try:
        with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
            table = csv.writer(stream, lineterminator="\n")
            table.writerow(titles)
            for i, row in enumerate(faces.rows):
                point = ("", "") if affect is None else (f"{affect[i, 0]:.6g}", f"{affect[i, 1]:.6g}")
                shown = "" if chances is None else names[int(chances[i].argmax())]
                each = [] if chances is None else [f"{chance:.6g}" for chance in chances[i]]
                table.writerow([row.path, "" if row.frame is None else row.frame, *point, shown, *each])
    except OSError as error:
        raise DataSetError(f"{path}: cannot be written ({error.strerror or error})") from None
