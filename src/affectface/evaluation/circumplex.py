"""The protocol of Darne, Quan & Luo (2025) in the valence-arousal plane, and what it lacks.

Twenty-eight directions at several strengths; five errors an image: of valence, of arousal, the distance, the smallest
angle, and of the strength. Beyond the protocol: the dose-response of each direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.affect import DIRECTIONS
from affectface.evaluation.statistics import angle_between, circular_mean, slope, spearman
from affectface.evaluation.targets import Target

DEAD_ARC = (242.0, 329.0)
"""Degrees of low arousal, in which published methods fail (Darne 2025 of EmoStyle)."""

Points = NDArray[np.floating[Any]]


def circumplex_errors(targets: Sequence[Target], achieved: Points) -> dict[str, Any]:
    """Return the five errors of the protocol, and the dose-response of each direction.

    Parameters
    ----------
    targets : sequence of N Target
        The directions and strengths that were asked for.
    achieved : ndarray of shape (N, 2)
        Valence and arousal that a recogniser sees.

    Returns
    -------
    dict
        `overall`, `by_direction`, `by_strength`, `by_direction_and_strength` and `dead_arc`: tables of mean errors;
        `dose_response`: slope and rank correlation of the achieved on the asked strength for each direction.
    """
    angles = np.array([DIRECTIONS[target.label] for target in targets])
    strengths = np.array([target.strength for target in targets])
    asked = strengths[:, None] * np.stack([np.cos(np.radians(angles)), np.sin(np.radians(angles))], axis=1)
    labels = np.array([target.label for target in targets])
    found_angles = np.degrees(np.arctan2(achieved[:, 1], achieved[:, 0]))

    def table(rows: NDArray[np.bool_]) -> dict[str, float]:
        turn = (found_angles - angles + 180) % 360 - 180
        off = achieved[rows] - asked[rows]
        return {
            "valence": float(np.abs(off[:, 0]).mean()),
            "arousal": float(np.abs(off[:, 1]).mean()),
            "distance": float(np.linalg.norm(off, axis=1).mean()),
            "angle": float(angle_between(found_angles[rows], angles[rows]).mean()),
            "turned": circular_mean(turn[rows]),
            "mean_valence": float(achieved[rows, 0].mean()),
            "mean_arousal": float(achieved[rows, 1].mean()),
            "strength": float(np.abs(np.linalg.norm(achieved[rows], axis=1) - strengths[rows]).mean()),
        }

    shown = [name for name in DIRECTIONS if (labels == name).any()]
    levels = sorted(set(strengths.tolist()))
    arc = (angles >= DEAD_ARC[0]) & (angles <= DEAD_ARC[1])
    return {
        "overall": table(np.ones(len(targets), dtype=bool)),
        "dead_arc": table(arc) if arc.any() else {},
        "by_strength": {f"{level:g}": table(strengths == level) for level in levels},
        "by_direction": {name: table(labels == name) for name in shown},
        "by_direction_and_strength": {
            name: {f"{level:g}": table((labels == name) & (strengths == level)) for level in levels} for name in shown
        },
        "dose_response": {
            name: along(strengths[labels == name], achieved[labels == name], DIRECTIONS[name]) for name in shown
        },
    }


def along(strengths: Points, achieved: Points, angle: float) -> dict[str, float]:
    """Return the dose-response of one direction: how far along it achieved points (N, 2) lie, over strengths (N,)."""
    direction = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    return dose_response(strengths, achieved @ direction)


def dose_response(strengths: Points, achieved: Points) -> dict[str, float]:
    """Return slope and Spearman's correlation of what is seen (N,) against the asked strengths (N,).

    `spearman` is over all pictures, people's differences included; `spearman_of_means` over the mean of each strength.
    """
    levels = np.array(sorted(set(np.asarray(strengths).tolist())))
    means = np.array([achieved[strengths == level].mean() for level in levels])
    return {
        "slope": slope(strengths, achieved),
        "spearman": spearman(strengths, achieved),
        "spearman_of_means": spearman(levels, means),
    }


def neighbours(name: str, apart: float = 30.0) -> tuple[str, str]:
    """Return the nearest directions on either side of one that are at least so many degrees away.

    Parameters
    ----------
    name : str
        One of the 28 directions.
    apart : float
        Degrees.

    Returns
    -------
    tuple of str
        The next one clockwise, and the next one counter-clockwise.
    """
    turn = {other: (angle - DIRECTIONS[name]) % 360 for other, angle in DIRECTIONS.items() if other != name}
    ahead = {other: t for other, t in turn.items() if t >= apart}
    behind = {other: 360 - t for other, t in turn.items() if 360 - t >= apart}
    return min(behind, key=behind.__getitem__), min(ahead, key=ahead.__getitem__)
