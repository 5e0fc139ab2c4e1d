"""How classes agree with classes: the criteria of Kollias 2020, section 6.2.5.

A class is a name or an integer. Where `classes` are not given, they are those that occur in labels or predictions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectface.recognition.metrics.pairs import Numbers, class_pair

Classes = Sequence[str] | Sequence[int]


@dataclass(frozen=True)
class ClassScores:
    """How well one class is told from all others.

    Attributes
    ----------
    count : int
        Rows whose label it is.
    precision : float
        Share of the rows predicted as it that are; NaN where none is predicted.
    recall : float
        Share of its rows that are found; NaN where there are none.
    f1 : float
        Kollias 2020, eq. 11; NaN where it neither occurs nor is predicted.
    """

    count: int
    precision: float
    recall: float
    f1: float


def accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Return the share of predicted classes (N,) that are the labels (N,), 'total accuracy' in Kollias 2020."""
    truth, answers = class_pair(y_true, y_pred)
    return float((truth == answers).mean())


def confusion_matrix(y_true: ArrayLike, y_pred: ArrayLike, classes: Classes | None = None) -> NDArray[np.int64]:
    """Return how many rows of each class are predicted as each.

    Parameters
    ----------
    y_true, y_pred : array_like of shape (N,), str or int
        Labels and predictions.
    classes : sequence of K str or int, optional
        The classes, in the order of rows and columns.

    Returns
    -------
    ndarray of shape (K, K), int64
        Labels downwards, predictions to the right.

    Raises
    ------
    ValueError
        If a label or prediction is none of the classes, or a class stands there twice.
    """
    truth, answers = class_pair(y_true, y_pred)
    names = np.asarray(occurring(y_true, y_pred) if classes is None else list(classes))
    order = np.argsort(names)
    if len(np.unique(names)) != len(names):
        raise ValueError(f"classes are {names.tolist()}; each is needed once")
    places = []
    for name, values in (("y_true", truth), ("y_pred", answers)):
        strange = sorted(set(values.tolist()) - set(names.tolist()))
        if strange:
            raise ValueError(f"{name} has {', '.join(map(repr, strange[:5]))}; the classes are {names.tolist()}")
        places.append(order[np.searchsorted(names, values, sorter=order)])
    flat = np.bincount(places[0] * len(names) + places[1], minlength=len(names) ** 2)
    return flat.reshape(len(names), len(names)).astype(np.int64)


def shares(confusion: ArrayLike) -> Numbers:
    """Return a confusion matrix (K, K) as shares of its rows (Kollias 2020, figures 17 to 19); NaN in empty rows."""
    counts = np.asarray(confusion, dtype=np.float64)
    rows = counts.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(counts, rows, out=np.full_like(counts, np.nan), where=rows > 0))


def class_scores(y_true: ArrayLike, y_pred: ArrayLike, classes: Classes | None = None) -> dict[str | int, ClassScores]:
    """Return precision, recall and F1 of each class.

    Parameters
    ----------
    y_true, y_pred : array_like of shape (N,), str or int
        Labels and predictions.
    classes : sequence of str or int, optional
        The classes.

    Returns
    -------
    dict of str or int to ClassScores
        One each, in the order of the classes.
    """
    counts = confusion_matrix(y_true, y_pred, classes)
    right, labelled, predicted = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    names: list[str | int] = occurring(y_true, y_pred) if classes is None else [*classes]
    return {
        name: ClassScores(
            int(labelled[i]),
            _share(right[i], predicted[i]),
            _share(right[i], labelled[i]),
            _share(2 * right[i], labelled[i] + predicted[i]),
        )
        for i, name in enumerate(names)
    }


def macro_f1(y_true: ArrayLike, y_pred: ArrayLike, classes: Classes | None = None) -> float:
    """Return the unweighted mean of the F1 scores of the classes (Kollias 2020, eq. 11).

    Parameters
    ----------
    y_true, y_pred : array_like of shape (N,), str or int
        Labels and predictions.
    classes : sequence of str or int, optional
        The classes.

    Returns
    -------
    float
        From 0 to 1, over the classes that occur or are predicted: of others there is nothing to be found.
    """
    return _mean([score.f1 for score in class_scores(y_true, y_pred, classes).values()])


def mean_diagonal(y_true: ArrayLike, y_pred: ArrayLike, classes: Classes | None = None) -> float:
    """Return the mean of the diagonal of the confusion matrix, as shares of its rows (Kollias 2020, table 6).

    Parameters
    ----------
    y_true, y_pred : array_like of shape (N,), str or int
        Labels and predictions.
    classes : sequence of str or int, optional
        The classes.

    Returns
    -------
    float
        From 0 to 1, over the classes that occur: their mean recall.
    """
    return _mean([score.recall for score in class_scores(y_true, y_pred, classes).values()])


def occurring(y_true: ArrayLike, y_pred: ArrayLike) -> list[str | int]:
    """Return the classes that occur in labels (N,) or predictions (N,), sorted."""
    found: list[str | int] = np.unique(np.concatenate(class_pair(y_true, y_pred))).tolist()
    return found


def _share(part: int, whole: int) -> float:
    return float(part / whole) if whole else float("nan")


def _mean(values: list[float]) -> float:
    kept = [value for value in values if not np.isnan(value)]
    return float(np.mean(kept)) if kept else float("nan")
