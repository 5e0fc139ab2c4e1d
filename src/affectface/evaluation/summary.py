"""The figures of an evaluation, as one tree of plain values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.affect import BASIC_EXPRESSIONS, DIRECTIONS, Expression
from affectface.evaluation.circumplex import DEAD_ARC, circumplex_errors, dose_response, neighbours
from affectface.evaluation.consistency import gain, likeness
from affectface.evaluation.distribution import frechet_distance, kernel_distance
from affectface.evaluation.embedders import Embedder
from affectface.evaluation.measured import Evaluation, Measured, asked_displacement
from affectface.evaluation.perceptual import Comparer, Describer
from affectface.evaluation.recognisers import Recogniser
from affectface.evaluation.separability import told_apart
from affectface.evaluation.statistics import area_under_curve, harmonic_mean
from affectface.evaluation.targets import EXPRESSIONS, Target

REFIT = "refit"
"""The name of the fitter among those who are asked what a picture shows."""

_POINTS = np.array([(e.valence, e.arousal) for e in (Expression(name).point for name in EXPRESSIONS)])
"""Published points of the seven expressions, by which probabilities become a point."""


def summarise(evaluation: Evaluation) -> dict[str, Any]:
    """Return the figures of an evaluation.

    Parameters
    ----------
    evaluation : Evaluation
        What was measured.

    Returns
    -------
    dict
        `pictures`; `warnings`; `recognition`, `circumplex`, `told_apart` and `identity` by who was asked; `fidelity`;
        `difference` and `distribution` by who was asked; `consistency` by target; and `failures`. Figures that could
        not be had are None.
    """
    rows = evaluation.rows
    found = {id(row): _found(evaluation, row, base) for row, base in _with_neutral(evaluation)}
    describes: dict[str, Callable[[Measured], NDArray[np.floating[Any]]]] = {REFIT: lambda row: found[id(row)]}
    points: dict[str, Callable[[Measured], NDArray[np.floating[Any]]]] = {
        REFIT: lambda row: evaluation.yardstick.valence_arousal(found[id(row)])
    }
    for judge in evaluation.recognisers:
        describes[judge.name] = _describe(judge)
        points[judge.name] = _point(judge)
    recognition = {
        judge.name: _recognition(judge, rows)
        for judge in evaluation.recognisers
        if any(row.readings[judge.name].probabilities is not None for row in rows)
    }
    tree = {
        "pictures": {
            "made_by": "affectface" if evaluation.ours else "another tool",
            "face_model": evaluation.face_model.name,
            "affect_model": evaluation.affect_model.name,
            "photos": len(evaluation.photos),
            "measured": len(rows),
            "failed": len(evaluation.failures),
        },
        "warnings": _warnings(evaluation),
        "recognition": recognition,
        "circumplex": {name: _circumplex(point, rows) for name, point in points.items()},
        "told_apart": {name: _told_apart(describe, rows) for name, describe in describes.items()},
        "identity": {judge.name: _identity(judge, rows, recognition) for judge in evaluation.embedders},
        "fidelity": _fidelity(evaluation),
        "difference": {judge.name: _difference(judge, rows) for judge in evaluation.comparers},
        "distribution": {judge.name: _distribution(judge, evaluation) for judge in evaluation.describers},
        "consistency": _consistency(evaluation, rows, found),
        "failures": {failure.name: failure.reason for failure in evaluation.failures},
    }
    plain: dict[str, Any] = _plain(tree)
    return plain


def _warnings(evaluation: Evaluation) -> list[str]:
    """What a reader must know before believing the figures."""
    said = [
        f"{name} was also asked while the affect model {evaluation.affect_model.name!r} was made: it proves little"
        for name in evaluation.judged_by_its_makers()
    ]
    if evaluation.interrupted:
        said.append("the evaluation was stopped before its end: not every picture was measured")
    if not evaluation.recognisers:
        said.append(
            "no recogniser was asked: only the fitter says what the pictures show, and it also made the photo's fit"
        )
    if len(evaluation.photos) < 10:
        said.append(f"{len(evaluation.photos)} photos are few: differences of some hundredths are chance")
    for judge in evaluation.describers:
        photos, features = len(evaluation.photos), len(evaluation.descriptions[evaluation.photos[0]][judge.name])
        if photos < features:
            said.append(
                f"{photos} photos are few for FID by {judge.name}, which has {features} features: "
                "compare it only with FID of as many; KID bears few"
            )
    if not evaluation.ours:
        said.append("self-consistency compares with what affectface's own affect model would have shown")
    return said


def _with_neutral(evaluation: Evaluation) -> Iterable[tuple[Measured, NDArray[np.float32]]]:
    """Each picture with the coefficients of its photo made neutral; of zero where no such picture was made."""
    neutral = {row.photo: row.expression for row in evaluation.rows if row.target.label == "neutral"}
    for row in evaluation.rows:
        yield row, neutral.get(row.photo, np.zeros_like(row.expression))


def _found(evaluation: Evaluation, row: Measured, neutral: NDArray[np.float32]) -> NDArray[np.float32]:
    """The displacement (3 L,) from neutral that is found in a picture."""
    return evaluation.yardstick.displacement(row.expression - neutral)


def _describe(judge: Recogniser) -> Callable[[Measured], NDArray[np.floating[Any]]]:
    def describe(row: Measured) -> NDArray[np.floating[Any]]:
        reading = row.readings[judge.name]
        parts = []
        if reading.probabilities is not None:
            parts.append(np.log(np.maximum(reading.probabilities, 1e-4)))
        if reading.valence_arousal is not None:
            parts.append(reading.valence_arousal)
        return np.concatenate(parts)

    return describe


def _point(judge: Recogniser) -> Callable[[Measured], NDArray[np.floating[Any]]]:
    def point(row: Measured) -> NDArray[np.floating[Any]]:
        reading = row.readings[judge.name]
        if reading.valence_arousal is not None:
            return np.asarray(reading.valence_arousal)
        return np.asarray(np.asarray(reading.probabilities) @ _POINTS)

    return point


def _recognition(judge: Recogniser, rows: list[Measured]) -> dict[str, Any]:
    """How well the six expressions are told from each other and from neutral."""
    seen = [row for row in rows if not row.target.is_direction and row.readings[judge.name].probabilities is not None]
    full = [row for row in seen if row.target.strength == 1]
    scores = np.array([row.readings[judge.name].probabilities for row in full]).reshape(-1, len(EXPRESSIONS))
    shown = np.array([EXPRESSIONS.index(row.target.label) for row in full], dtype=int)
    answers = np.zeros((len(EXPRESSIONS),) * 2)
    np.add.at(answers, (shown, scores.argmax(axis=1)), 1)
    share = answers / np.maximum(answers.sum(axis=1, keepdims=True), 1)
    areas = [area_under_curve(scores[:, i], shown == i) for i in range(len(EXPRESSIONS))]
    response = {}
    for i, name in enumerate(BASIC_EXPRESSIONS):
        mine = [row for row in seen if row.target.label == name]
        if len({row.target.strength for row in mine}) > 1:
            chances = [float(np.asarray(row.readings[judge.name].probabilities)[i]) for row in mine]
            response[name] = dose_response(np.array([row.target.strength for row in mine]), np.array(chances))
    return {
        "auc": dict(zip(EXPRESSIONS, areas, strict=True)),
        "mean_auc_of_six": _mean(areas[: len(BASIC_EXPRESSIONS)]),
        "top_answer": {name: share[i, i] for i, name in enumerate(EXPRESSIONS)},
        "answers": {name: dict(zip(EXPRESSIONS, share[i], strict=True)) for i, name in enumerate(EXPRESSIONS)},
        "dose_response": response,
    }


def _circumplex(point: Callable[[Measured], NDArray[np.floating[Any]]], rows: list[Measured]) -> dict[str, Any]:
    mine = [row for row in rows if row.target.is_direction]
    if not mine:
        return {}
    return circumplex_errors([row.target for row in mine], np.array([point(row) for row in mine]))


def _told_apart(describe: Callable[[Measured], NDArray[np.floating[Any]]], rows: list[Measured]) -> dict[str, Any]:
    """How well each direction, at full strength, is told from neutral and from its neighbours."""
    names = ["neutral", *DIRECTIONS]
    table = {(row.photo, row.target.label): row for row in rows if row.target.strength == 1}
    photos = [p for p in dict.fromkeys(row.photo for row in rows) if all((p, name) in table for name in names)]
    if len(photos) < 3:
        return {}
    right = told_apart(np.array([[describe(table[photo, name]) for name in names] for photo in photos]))
    directions = {}
    for name in DIRECTIONS:
        clockwise, counter = neighbours(name)
        row = right[names.index(name)]
        directions[name] = {
            "from_neutral": row[0],
            f"from_{clockwise}": row[names.index(clockwise)],
            f"from_{counter}": row[names.index(counter)],
        }
    low = [name for name, angle in DIRECTIONS.items() if DEAD_ARC[0] <= angle <= DEAD_ARC[1]]
    return {
        "worst_from_neutral": min(figures["from_neutral"] for figures in directions.values()),
        "worst_from_neighbours": min(min(list(figures.values())[1:]) for figures in directions.values()),
        "dead_arc_from_neutral": _mean([directions[name]["from_neutral"] for name in low]),
        "directions": directions,
        "matrix": {"targets": names, "right": right},
    }


def _identity(judge: Embedder, rows: list[Measured], recognition: dict[str, Any]) -> dict[str, Any]:
    """How far the pictures are from their photos, and that together with whether they show what was asked."""
    full = [row for row in rows if row.target.strength == 1 and not row.target.is_direction]
    distances = {name: [row.distances[judge.name] for row in full if row.target.label == name] for name in EXPRESSIONS}
    every = [distance for name in BASIC_EXPRESSIONS for distance in distances[name]]
    kept = float(np.mean(np.array(every) < judge.threshold)) if every else math.nan
    shown = {
        name: _mean([figures["top_answer"][expression] for expression in BASIC_EXPRESSIONS])
        for name, figures in recognition.items()
    }
    return {
        "threshold": judge.threshold,
        "mean_distance": {name: _mean(distances[name]) for name in EXPRESSIONS},
        "mean_distance_of_six": _mean(every),
        "kept": kept,
        "achieved": shown,
        "harmonic_mean": {name: harmonic_mean(kept, share) for name, share in shown.items()},
    }


def _fidelity(evaluation: Evaluation) -> dict[str, Any]:
    rows = evaluation.rows
    sharpness = [row.fidelity.sharpness for row in rows if np.isfinite(row.fidelity.sharpness)]
    clips = list(evaluation.clips.values())
    return {
        "pictures_changed_outside": int(sum(row.fidelity.changed_outside > 0 for row in rows)),
        "most_pixels_changed_outside": max((row.fidelity.changed_outside for row in rows), default=0),
        "seam_mean": _mean([row.fidelity.seam for row in rows]),
        "seam_worst": max((row.fidelity.seam for row in rows), default=math.nan),
        "sharpness_median": float(np.median(sharpness)) if sharpness else math.nan,
        "sharpness_worst": min(sharpness, default=math.nan),
        "clips": {
            "measured": len(clips),
            "pixels_changed_outside": max((clip.changed_outside for clip in clips), default=0),
            "flicker": _mean([clip.flicker for clip in clips]),
            "size_change": max((clip.size_change for clip in clips), default=math.nan),
        },
    }


def _difference(judge: Comparer, rows: list[Measured]) -> dict[str, Any]:
    """How different from their photos the pictures at full strength look, and of all pictures the most different."""
    full = [row for row in rows if row.target.strength == 1]
    seen = {name: [row.differences[judge.name] for row in full if row.target.label == name] for name in EXPRESSIONS}
    return {
        "mean": {name: _mean(values) for name, values in seen.items()},
        "mean_of_six": _mean([value for name in BASIC_EXPRESSIONS for value in seen[name]]),
        "worst": max(row.differences[judge.name] for row in rows),
    }


def _distribution(judge: Describer, evaluation: Evaluation) -> dict[str, Any]:
    """How far the pictures at full strength lie, as sets, from the photos that they were made from."""
    seen = {
        name: {row.photo: row.descriptions[judge.name] for row in evaluation.rows if row.target == Target(name, 1.0)}
        for name in EXPRESSIONS
    }
    length = len(next(iter(evaluation.descriptions.values()))[judge.name])

    def photos(names: Iterable[str]) -> NDArray[np.float32]:
        return _stacked([evaluation.descriptions[name][judge.name] for name in names], length)

    kernel = {name: kernel_distance(photos(made), _stacked(list(made.values()), length)) for name, made in seen.items()}
    pictures = [vector for name in BASIC_EXPRESSIONS for vector in seen[name].values()]
    used = dict.fromkeys(photo for name in BASIC_EXPRESSIONS for photo in seen[name])
    return {
        "features": length,
        "photos": len(used),
        "pictures_of_six": len(pictures),
        "fid_of_six": frechet_distance(photos(used), _stacked(pictures, length)),
        "kid": kernel,
        "kid_mean_of_six": _mean([kernel[name] for name in BASIC_EXPRESSIONS]),
    }


def _stacked(vectors: list[NDArray[np.float32]], length: int) -> NDArray[np.float32]:
    return np.array(vectors, dtype=np.float32).reshape(-1, length)


def _consistency(
    evaluation: Evaluation, rows: list[Measured], found: dict[int, NDArray[np.float32]]
) -> dict[str, dict[str, float]]:
    """How much of what was asked the fitter finds, and whether it finds more where more was asked."""
    tree = {}
    for label in dict.fromkeys(row.target.label for row in rows if row.target.label != "neutral"):
        mine = [row for row in rows if row.target.label == label]
        asked = asked_displacement(evaluation, Target(label, 1.0))
        strengths = np.array([row.target.strength for row in mine])
        gains = np.array([gain(asked, found[id(row)]) for row in mine])
        full = [row for row in mine if row.target.strength == strengths.max()]
        tree[label] = {
            "gain": _mean([gain(asked, found[id(row)]) for row in full]),
            "likeness": _mean([likeness(asked, found[id(row)]) for row in full]),
            **(dose_response(strengths, gains) if len(set(strengths.tolist())) > 1 else {}),
        }
    return tree


def _mean(values: Iterable[float]) -> float:
    """The mean of the values that are known; NaN for none."""
    known = [value for value in values if math.isfinite(value)]
    return sum(known) / len(known) if known else math.nan


def _plain(value: Any) -> Any:
    """The same tree of what JSON has: numbers, texts, lists, and None for what is not a number."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(inner) for inner in value]
    if isinstance(value, (float, np.floating)):
        return round(float(value), 5) if math.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
