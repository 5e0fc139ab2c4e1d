"""Kollias 2020, tables 13 and 14: by the age of who is shown."""

from __future__ import annotations

from dataclasses import replace

from affectface.recognition.experiments.design import CCC, MSE, Experiment, Group, Study
from affectface.recognition.experiments.kollias import (
    AFEW,
    AFEW_VA,
    AFF_WILD,
    AFFECTNET,
    AFFECTNET_CLASSES,
    BU_3DFE,
    PUBLISHED,
    RAF_DB,
    RECOLA,
    WITH,
    WITHOUT,
)

Values = tuple[float, ...]

_PLANE: dict[str, dict[tuple[int, int], tuple[Values, Values | None]]] = {  # Table 13: with, without
    "aff-wild": {
        (20, 30): ((0.61, 0.38, 0.101, 0.063), (0.59, 0.37, 0.102, 0.066)),
        (30, 40): ((0.66, 0.47, 0.077, 0.054), (0.61, 0.44, 0.088, 0.066)),
        (40, 50): ((0.50, 0.48, 0.048, 0.033), (0.46, 0.44, 0.054, 0.044)),
        (50, 60): ((0.58, 0.40, 0.074, 0.054), (0.57, 0.38, 0.075, 0.057)),
        (0, 0): ((0.60, 0.45, 0.074, 0.051), (0.57, 0.43, 0.080, 0.060)),
    },
    "recola": {
        (30, 40): ((0.61, 0.38), (0.60, 0.34)),
        (40, 50): ((0.43, 0.24), (0.36, 0.19)),
        (50, 60): ((0.49, 0.20), (0.44, 0.10)),
        (0, 0): ((0.55, 0.31), (0.53, 0.27)),
    },
    "affectnet": {
        (0, 20): ((0.67, 0.55, 0.105, 0.156), (0.61, 0.41, 0.127, 0.181)),
        (20, 30): ((0.60, 0.53, 0.128, 0.159), (0.51, 0.36, 0.170, 0.193)),
        (30, 40): ((0.64, 0.54, 0.139, 0.145), (0.50, 0.39, 0.193, 0.169)),
        (40, 50): ((0.64, 0.61, 0.149, 0.134), (0.49, 0.44, 0.202, 0.166)),
        (50, 60): ((0.58, 0.53, 0.161, 0.149), (0.47, 0.34, 0.216, 0.181)),
        (60, 90): ((0.62, 0.44, 0.145, 0.167), (0.51, 0.29, 0.200, 0.195)),
        (0, 0): ((0.62, 0.54, 0.141, 0.150), (0.50, 0.37, 0.190, 0.180)),
    },
    "afew-va": {
        (20, 30): ((0.46, 0.60, 0.192, 0.084), None),
        (30, 40): ((0.51, 0.62, 0.254, 0.080), None),
        (40, 50): ((0.59, 0.47, 0.211, 0.076), None),
        (50, 60): ((0.74, 0.85, 0.215, 0.045), None),
        (60, 80): ((0.63, 0.45, 0.236, 0.100), None),
        (0, 0): ((0.57, 0.59, 0.226, 0.075), None),
    },
}
_CLASSES: dict[str, dict[tuple[int, int], tuple[float, float]]] = {  # Table 14: with, without
    "raf-db": {
        (10, 20): (0.631, 0.446),
        (20, 30): (0.813, 0.556),
        (30, 40): (0.739, 0.498),
        (40, 50): (0.744, 0.511),
        (50, 60): (0.709, 0.440),
        (60, 70): (0.657, 0.550),
        (70, 80): (0.904, 0.635),
        (0, 0): (0.738, 0.505),
    },
    "affectnet": {
        (0, 20): (0.593, 0.453),
        (20, 30): (0.584, 0.477),
        (30, 40): (0.593, 0.518),
        (40, 50): (0.586, 0.532),
        (50, 60): (0.648, 0.606),
        (60, 70): (0.564, 0.498),
        (70, 80): (0.466, 0.398),
        (80, 90): (0.448, 0.410),
        (0, 0): (0.590, 0.510),
    },
    "afew": {
        (20, 30): (0.379, 0.241),
        (30, 40): (0.455, 0.333),
        (40, 50): (0.553, 0.439),
        (50, 60): (0.474, 0.456),
        (60, 80): (0.438, 0.313),
        (0, 0): (0.484, 0.379),
    },
    "bu-3dfe": {
        (20, 30): (0.800, 0.600),
        (30, 40): (0.820, 0.570),
        (40, 50): (0.800, 0.550),
        (50, 60): (0.790, 0.490),
        (60, 71): (0.600, 0.400),
        (0, 0): (0.768, 0.528),
    },
}


def _group(ages: tuple[int, int], found: tuple[Values, Values | None]) -> Group:
    """A group with what the paper has for it; (0, 0) is everybody."""
    rows = [(WITH.name, found[0])] + ([(WITHOUT.name, found[1])] if found[1] else [])
    if ages == (0, 0):
        return Group(name="all", paper=tuple(rows))
    return Group(name=f"{ages[0]}-{ages[1] - 1}", ages=(float(ages[0]), float(ages[1])), paper=tuple(rows))


def _by_age(study: Study, metrics: tuple[str, ...], table: str, groups: tuple[Group, ...]) -> Study:
    """The study with and without synthetic images, by age."""
    arms = (WITHOUT, WITH)
    return replace(study, arms=arms, metrics=metrics, table=table, paper=(), groups=groups, plots=("groups",))


def _plane(study: Study) -> Study:
    found = _PLANE[study.data]
    metrics = CCC if study.data == "recola" else (*CCC, *MSE)
    return _by_age(study, metrics, "Table 13", tuple(_group(ages, both) for ages, both in found.items()))


def _classes(study: Study) -> Study:
    found = _CLASSES[study.data]
    metrics = ("macro_f1",) if study.data in ("raf-db", "affectnet") else ("accuracy",)
    return _by_age(study, metrics, "Table 14", tuple(_group(ages, ((a,), (b,))) for ages, (a, b) in found.items()))


_AGES = "rows must say ages: affectface dataset age estimates them"

EXPERIMENTS = (
    Experiment(
        name="kollias-table13",
        title="Valence and arousal by age",
        source="Kollias 2020, Table 13",
        studies=tuple(_plane(study) for study in (AFF_WILD, RECOLA, AFFECTNET, AFEW_VA)),
        notes=(
            PUBLISHED,
            _AGES,
            "for RECOLA the paper's figures without synthetic images are those of the AffWildNet fine-tuned on it",
        ),
    ),
    Experiment(
        name="kollias-table14",
        title="Expressions by age",
        source="Kollias 2020, Table 14",
        studies=tuple(_classes(study) for study in (RAF_DB, AFFECTNET_CLASSES, AFEW, BU_3DFE)),
        notes=(PUBLISHED, _AGES),
    ),
)
