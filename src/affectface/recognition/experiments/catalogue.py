"""All experiments by their names."""

from __future__ import annotations

from affectface.errors import TargetError
from affectface.recognition.experiments import kollias, kollias_ablations, kollias_ages, lindt, london
from affectface.recognition.experiments.design import Experiment

EXPERIMENTS = {
    one.name: one
    for one in (*kollias.TABLES, *kollias_ablations.EXPERIMENTS, *kollias_ages.EXPERIMENTS, *lindt.EXPERIMENTS)
} | {london.LONDON.name: london.LONDON}
"""Experiments in the papers' order, and ours."""


def experiment_named(name: str) -> Experiment:
    """Return an experiment.

    Parameters
    ----------
    name : str
        Its name.

    Returns
    -------
    Experiment
        The experiment.

    Raises
    ------
    TargetError
        If there is none of that name.
    """
    if name not in EXPERIMENTS:
        raise TargetError(f"{name!r} is no experiment; there are {', '.join(EXPERIMENTS)}")
    return EXPERIMENTS[name]
