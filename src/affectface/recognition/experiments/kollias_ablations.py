"""Kollias 2020, tables 10 to 12 with figure 20: synthetic images as test and as training set, and how many of them."""

from __future__ import annotations

from dataclasses import replace

from affectface.recognition.experiments.design import CCC, MADE, MSE, Arm, Experiment, PaperRow, Study
from affectface.recognition.experiments.kollias import (
    AFEW,
    AFEW_VA,
    AFF_WILD,
    AFFECTNET,
    AFFECTNET_CLASSES,
    BU_3DFE,
    FOLDS,
    PUBLISHED,
    RAF_DB,
    RECOLA,
    WITHOUT,
)

_MAKERS = (("stargan", "StarGAN"), ("ganimation", "GANimation"), (MADE, "Ours"))

_TESTED = {  # Table 10: valence and arousal CCC, valence and arousal MSE
    "aff-wild": ((0.33, 0.26, 0.21, 0.19), (0.35, 0.28, 0.19, 0.16), (0.43, 0.33, 0.15, 0.13)),
    "recola": ((0.29, 0.23), (0.28, 0.22), (0.34, 0.33)),
    "affectnet": ((0.23, 0.23, 0.34, 0.37), (0.26, 0.21, 0.31, 0.38), (0.39, 0.31, 0.27, 0.28)),
}
_TRAINED = {  # Table 11, the same
    "aff-wild": ((0.16, 0.13, 0.18, 0.17), (0.17, 0.14, 0.17, 0.15), (0.21, 0.20, 0.15, 0.12)),
    "recola": ((0.19, 0.10), (0.17, 0.10), (0.23, 0.14)),
    "affectnet": ((0.37, 0.29, 0.23, 0.21), (0.40, 0.31, 0.20, 0.19), (0.45, 0.35, 0.18, 0.17)),
}


def _of_made(study: Study, table: str, found: tuple[tuple[float, ...], ...], arms: tuple[Arm, ...]) -> Study:
    """The study with arms that learn from, or are tested on, made images only."""
    rows = tuple(
        PaperRow(title=title, values=values, arm=arm.name)
        for (_, title), values, arm in zip(_MAKERS, found, arms, strict=True)
    )
    metrics = CCC if study.data == "recola" else (*CCC, *MSE)
    ours = arms[-1].name
    against = tuple((arm.name, ours) for arm in arms[:-1])
    return replace(study, arms=arms, metrics=metrics, paper=rows, table=table, against=against)


_AS_TEST = tuple(
    Arm(name=f"real on {role}", title=f"trained on real images, tested on those by {title}", tested=role)
    for role, title in _MAKERS
)
_AS_TRAINING = tuple(
    Arm(name=f"{role} on real", title=f"trained on images by {title} only, tested on real ones", learns=(role,))
    for role, title in _MAKERS
)
_THREE = (AFF_WILD, RECOLA, AFFECTNET)

AMOUNTS = {
    "aff-wild": (10_000, 20_000, 30_000, 40_000, 50_000, 60_000),
    "recola": (10_000, 20_000, 30_000, 40_000, 50_000),
    "affectnet-plane": (
        *range(10_000, 120_000, 10_000),
        *(300_000, 600_000, 1_000_000, 1_500_000, 2_000_000, 2_500_000),
    ),
    "afew-va": tuple(range(10_000, 120_000, 10_000)),
    "raf-db": (200, 400, 600, 3_500, 6_500, 9_500, 12_500),
    "affectnet-expressions": (6_500, 12_500, 25_000, 38_000, 56_500, 75_000, 100_000, 150_000, 180_000),
    "afew": (3_500, 6_500, 12_500, 25_000, 38_000, 56_500),
    "bu-3dfe": (200, 400, 600),
}
"""Table 12: how many made images, by the study's folder."""

_CRITERIA = {"raf-db": "mean_diagonal", "affectnet-expressions": "macro_f1", "afew": "accuracy", "bu-3dfe": "accuracy"}


def _amounts(study: Study) -> Study:
    """The study with more and more made images; the paper shows what they gain in a figure only."""
    some = tuple(
        Arm(
            name=f"real+synthetic {count}",
            title=f"with {count:,} synthetic images",
            learns=("real", MADE),
            made=count,
        )
        for count in AMOUNTS[study.folder]
    )
    metrics = (_CRITERIA.get(study.folder, "mean.ccc"),)
    return replace(study, arms=(WITHOUT, *some), metrics=metrics, paper=(), plots=("amount",), table="Table 12")


EXPERIMENTS = (
    Experiment(
        name="kollias-table10",
        title="Synthetic images as a test set",
        source="Kollias 2020, Table 10",
        studies=tuple(_of_made(study, "Table 10", _TESTED[study.data], _AS_TEST) for study in _THREE),
        notes=(
            PUBLISHED,
            "tested are images made of people of the split test: the paper tests on those of everybody, which the "
            "recogniser has seen",
        ),
    ),
    Experiment(
        name="kollias-table11",
        title="Synthetic images as a training set",
        source="Kollias 2020, Table 11",
        studies=tuple(_of_made(study, "Table 11", _TRAINED[study.data], _AS_TRAINING) for study in _THREE),
        notes=(PUBLISHED,),
    ),
    Experiment(
        name="kollias-table12",
        title="How many synthetic images",
        source="Kollias 2020, Table 12 and figure 20",
        studies=tuple(
            _amounts(study)
            for study in (AFF_WILD, RECOLA, AFFECTNET, AFEW_VA, RAF_DB, AFFECTNET_CLASSES, AFEW, BU_3DFE)
        ),
        notes=(
            PUBLISHED,
            f"AFEW-VA and BU-3DFE by folds: {FOLDS}",
            "the paper shows the gain as a figure without numbers; amounts that are not there are left out",
        ),
    ),
)
