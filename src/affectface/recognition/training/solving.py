"""Ridge regression: the one layer of a network whose features do not learn, solved for instead of trained.

Hoerl and Kennard 1970 (Ridge Regression: Biased Estimation for Nonorthogonal Problems), in the form that has as many
unknowns as rows: there are more features than rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from affectface.errors import DataSetError
from affectface.recognition.networks.preprocessing import Preprocessing, prepared
from affectface.recognition.training.cutting import CutFaces

MOST_ROWS = 20_000
"""Rows that are solved for at most: their products with each other take 3.2 GB then."""

_BATCH = 32


def describe_faces(
    network: nn.Module,
    cut: CutFaces,
    preprocessing: Preprocessing,
    *,
    advance: Callable[[int], None] = lambda rows: None,
) -> NDArray[np.float16]:
    """Return the features of faces.

    Parameters
    ----------
    network : Module
        A network that has `describe`.
    cut : CutFaces
        The faces.
    preprocessing : Preprocessing
        How images are brought to it.
    advance : callable
        Is told the number of further rows.

    Returns
    -------
    ndarray of shape (N, F), float16
        Features, which lie between -2 and 2.
    """
    describe: Any = network.describe
    found = []
    for start in range(0, len(cut.faces.rows), _BATCH):
        places = range(start, min(start + _BATCH, len(cut.faces.rows)))
        images = torch.from_numpy(np.stack([cut.images[i] for i in places]))
        points = None if cut.landmarks is None else torch.from_numpy(np.array(cut.landmarks[start : places.stop]))
        found.append(describe(prepared(images, preprocessing), points).numpy().astype(np.float16))
        advance(len(places))
    return np.concatenate(found)


def solve_ridge(
    features: NDArray[Any], labels: NDArray[Any], penalty: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the layer that makes the squared error and the penalised weights small.

    Parameters
    ----------
    features : ndarray of shape (N, F)
        Features of each row.
    labels : ndarray of shape (N, K)
        What shall be said of it.
    penalty : float
        What the squared weights cost, in shares of the features' variance, all features together.

    Returns
    -------
    tuple of ndarray
        Weights (K, F) and bias (K,), float32.

    Raises
    ------
    DataSetError
        If there are more than `MOST_ROWS` rows.
    """
    if len(features) > MOST_ROWS:
        raise DataSetError(
            f"{len(features):,} rows are there; ridge is solved for {MOST_ROWS:,} at most: take fewer, or adamw"
        )
    middle, mean = features.mean(axis=0, dtype=np.float64), labels.mean(axis=0, dtype=np.float64)
    centred = features.astype(np.float32)
    centred -= middle.astype(np.float32)
    products = (centred @ centred.T).astype(np.float64)
    cost = penalty * max(float(np.trace(products)) / len(products), 1e-12)
    products[np.diag_indices_from(products)] += cost
    shares = np.linalg.solve(products, labels - mean)
    weights = np.asarray(shares.T.astype(np.float32) @ centred)
    return weights, np.asarray(mean - weights @ middle, dtype=np.float32)


def solve_recogniser(network: nn.Module, cut: CutFaces, preprocessing: Preprocessing, penalty: float) -> float:
    """Set a network's last layer to what ridge regression of valence and arousal gives.

    Parameters
    ----------
    network : Module
        The network; its layer is changed.
    cut : CutFaces
        The faces; of those without valence and arousal nothing is learned.
    preprocessing : Preprocessing
        How images are brought to it.
    penalty : float
        See `solve_ridge`.

    Returns
    -------
    float
        The mean squared error on what was learned from.
    """
    features = cut.described if cut.described is not None else describe_faces(network, cut, preprocessing)
    labels = np.array([cut.faces.affect(i) for i in range(len(cut.faces.rows))])
    known = ~np.isnan(labels).any(axis=1)
    features, labels = features[known], labels[known]
    weights, bias = solve_ridge(features, labels, penalty)
    layer: Any = network.heads.valence_arousal
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weights))
        layer.bias.copy_(torch.from_numpy(bias))
    said = features.astype(np.float32) @ weights.T + bias
    return float(np.mean((said - labels) ** 2))
