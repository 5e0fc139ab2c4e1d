"""What is compared: two arrays of one length, with something in them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectface.arrays import check_array

Numbers = NDArray[np.float64]


def number_pair(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Numbers, Numbers]:
    """Return labels (N,) and predictions (N,) as float64, or say what is wrong with them.

    Parameters
    ----------
    y_true, y_pred : array_like of shape (N,)
        Labels and predictions.

    Returns
    -------
    tuple of two ndarray of shape (N,), float64
        Both.

    Raises
    ------
    ValueError
        If they differ in length, are empty, or hold NaN or infinities.
    """
    truth = check_array("y_true", y_true, (None,), dtype=np.float64)
    answers = check_array("y_pred", y_pred, (None,), dtype=np.float64)
    check_lengths(len(truth), y_pred=len(answers))
    return truth, answers


def point_pair(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Numbers, Numbers]:
    """Return labels (N, 2) and predictions (N, 2), valence and arousal, as float64, or say what is wrong with them.

    Parameters
    ----------
    y_true, y_pred : array_like of shape (N, 2)
        Labels and predictions.

    Returns
    -------
    tuple of two ndarray of shape (N, 2), float64
        Both.

    Raises
    ------
    ValueError
        If they differ in length, are empty, or hold NaN or infinities.
    """
    truth = check_array("y_true", y_true, (None, 2), dtype=np.float64)
    answers = check_array("y_pred", y_pred, (None, 2), dtype=np.float64)
    check_lengths(len(truth), y_pred=len(answers))
    return truth, answers


def class_pair(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return labels (N,) and predictions (N,) as names or integers, or say what is wrong with them.

    Parameters
    ----------
    y_true, y_pred : array_like of shape (N,), str or int
        Labels and predictions.

    Returns
    -------
    tuple of two ndarray of shape (N,)
        Both; of booleans as integers.

    Raises
    ------
    ValueError
        If they differ in length or kind, are empty, or are neither names nor integers, as NaN is not.
    """
    truth, answers = _classes("y_true", y_true), _classes("y_pred", y_pred)
    check_lengths(len(truth), y_pred=len(answers))
    kinds = ["names" if array.dtype.kind == "U" else "integers" for array in (truth, answers)]
    if kinds[0] != kinds[1]:
        raise ValueError(f"y_true holds {kinds[0]} and y_pred {kinds[1]}; the same classes are needed in both")
    return truth, answers


def _classes(name: str, value: ArrayLike) -> NDArray[Any]:
    """Return classes (N,) as an array of str or of int64."""
    array = named_array(name, value)
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}; (any) is needed")
    if len(array) and array.dtype.kind not in "biuU":
        raise ValueError(f"{name} is {array.dtype}; classes are integers or names (str)")
    return array if array.dtype.kind == "U" else array.astype(np.int64)


def named_array(name: str, value: ArrayLike) -> NDArray[Any]:
    """Return an argument as an array; refuse names with something else among them, as numpy makes a name of NaN."""
    array = np.asarray(value)
    if array.dtype.kind == "O" or (array.dtype.kind == "U" and not isinstance(value, np.ndarray)):
        for one in np.ravel(np.asarray(value, dtype=object)):
            if not isinstance(one, str):
                raise ValueError(f"{name} has {one!r}; classes are integers or names (str)")
        array = array.astype(str)
    return array


def check_lengths(rows: int, **others: int) -> None:
    """Refuse no rows (0), or arguments of another length, given by name."""
    if not rows:
        raise ValueError("y_true has no rows; at least one is needed")
    for name, length in others.items():
        if length != rows:
            raise ValueError(f"{name} has {length} rows and y_true {rows}; the same number is needed")


def group_rows(groups: ArrayLike | None, rows: int) -> list[NDArray[np.intp]]:
    """Return the rows of each group, such as a subject's; every row is its own group where there are none.

    Parameters
    ----------
    groups : array_like of shape (N,), optional
        The group of each row.
    rows : int
        N.

    Returns
    -------
    list of ndarray, int
        The rows of each group, groups in sorted order.

    Raises
    ------
    ValueError
        If there is not one group for each row.
    """
    if groups is None:
        return list(np.arange(rows)[:, None])
    names = np.asarray(groups)
    if names.shape != (rows,):
        raise ValueError(f"groups has shape {names.shape}; ({rows},) is needed, one for each row")
    _, inverse = np.unique(names, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(inverse[order])) + 1)
