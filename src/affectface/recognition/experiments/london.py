"""Does it help where real photos are few? 51 people of the London set, and synthetic images of them.

A seed draws the order, the weights where they are drawn, and who is among the few that are learned from. How many
steps an arm makes is chosen in each fold on the people that learn there. What is made (closed smiles beside others,
from which intensity, of neutral photos only) and the rate were chosen by the log loss on such inner divisions, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from affectface.recognition.experiments.design import MADE, REAL, SEVEN, Arm, Experiment, Study, Training
from affectface.recognition.experiments.london_plane import PLANE_STUDY

FOLDS = 2
"""Halves of the people: each is tested by recognisers of the other."""

SIZES = (3, 8, 0)
"""Training people; 0 is all, half of the set."""

NOISES = (0.1, 0.3, 0.5)
"""Shares of made images with the other label; at 0.5 they say nothing."""

NOISY_PEOPLE = 3
"""Training people where labels are made wrong."""

VERSIONS = 16
"""Changed versions of each picture that classical augmentation draws from."""

_SMALL = Training(network="gradients", batch=64, rate=6e-3, steps=120, choices=4, halves=True, versions=VERSIONS)


def _sized(people: int) -> tuple[Arm, ...]:
    """The four arms at one size."""
    end, said = (f" {people}", f"{people} people, ") if people else ("", "all training people, ")
    found = []
    for made in (False, True):
        for classical in (False, True):
            name = "+".join(["real", *["synthetic"] * made, *["classical"] * classical])
            means = [*["synthetic images"] * made, *["classical augmentation"] * classical]
            title = f"{said}with {' and '.join(means)}" if means else f"{said}without augmentation"
            learns = (REAL, MADE) if made else (REAL,)
            found.append(Arm(name=name + end, title=title, learns=learns, people=people, classical=classical))
    return tuple(found)


def _pairs() -> Iterator[tuple[str, str]]:
    """Every augmentation against none, and synthetic images against none where there is the classical one."""
    for plain, classical, made, both in map(_sized, SIZES):
        yield from ((plain.name, arm.name) for arm in (classical, made, both))
        yield classical.name, both.name


def _noisy() -> tuple[Arm, ...]:
    people = NOISY_PEOPLE
    return tuple(
        Arm(
            name=f"{share:.0%} wrong",
            title=f"{people} people, {share:.0%} of the synthetic labels wrong",
            learns=(REAL, MADE),
            people=people,
            wrong=share,
        )
        for share in NOISES
    )


_METRICS = ("accuracy", "auc", "log_loss")

_FEW = Study(
    data="london",
    name="few",
    title="Happy against neutral, tested on real photos of unseen people",
    arms=tuple(arm for people in SIZES for arm in _sized(people)),
    metrics=_METRICS,
    classes=("neutral", "happiness"),
    training=_SMALL,
    folds=True,
    against=tuple(_pairs()),
    plots=("people",),
)
_NOISE = Study(
    data="london",
    name="few",
    title=f"Happy against neutral with {NOISY_PEOPLE} training people: labels of synthetic images made wrong",
    arms=(*(arm for arm in _sized(NOISY_PEOPLE) if not arm.classical), *_noisy()),
    metrics=_METRICS,
    classes=("neutral", "happiness"),
    training=_SMALL,
    folds=True,
    plots=("noise",),
)
_SEVEN = Study(
    data="london",
    name="seven",
    title="Seven classes, learned from synthetic images only",
    arms=(
        Arm(name="on synthetic", title="tested on synthetic images of unseen people", learns=(MADE,), tested=MADE),
        Arm(name="on real", title="tested on real neutral and smiling photos of unseen people", learns=(MADE,)),
    ),
    metrics=("accuracy", "diagonal.neutral", "diagonal.happiness"),
    classes=SEVEN,
    training=Training(network="gradients", batch=64, rate=6e-3, steps=200, choices=4, versions=VERSIONS),
    folds=True,
    plots=("confusion",),
)
LONDON = Experiment(
    name="london",
    title="Does it help where real photos are few?",
    source="",
    studies=(_FEW, _NOISE, _SEVEN, PLANE_STUDY),
    small=True,
    notes=(
        "51 people, a neutral and a smiling photo of each; an error of one photo is 1 % of the accuracy",
        "a smile that is asked for in front of a camera is an easy class: nothing here says what is gained on others",
    ),
)
