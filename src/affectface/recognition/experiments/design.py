"""What an experiment is: which recognisers are trained on what, tested on what, and what the paper found.

Nothing here needs torch. One form serves all tables; what differs between them stands in the catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from affectface.affect_tables import BASIC_EXPRESSIONS, NEUTRAL_NAME

SEVEN = (NEUTRAL_NAME, *BASIC_EXPRESSIONS)
"""Neutral and the six basic expressions, in the order of Kollias 2020, figures 17 and 19."""

EIGHT = (*SEVEN, "contempt")
"""The classes of AffectNet, in the order of Kollias 2020, figure 18."""

REAL, MADE = "real", "synthetic"
"""Roles of a data set's manifests: its own photos, and what affectface made of them. Others have names of their own."""

CCC = ("valence.ccc", "arousal.ccc")
MSE = ("valence.mse", "arousal.mse")
METRICS = (
    *(f"{what}.{metric}" for what in ("valence", "arousal", "mean") for metric in ("ccc", "pearson", "mse", "rmse")),
    *(f"{what}.sagr" for what in ("valence", "arousal", "mean")),
    *("accuracy", "macro_f1", "mean_diagonal", "auc", "log_loss"),
    *(f"diagonal.{name}" for name in EIGHT),
)
"""Columns of a table; `diagonal.fear` is the share of fear that is recognised, `auc` is of two classes."""

_ACRONYMS = ("auc", "ccc", "f1", "mse", "rmse", "sagr")


def metric_words(metric: str) -> str:
    """Return what a metric is called in tables and figures."""
    words = metric.replace(".", " ").replace("_", " ").split()
    return " ".join(word.upper() if word in _ACRONYMS else word for word in words)


Plot = Literal["plane", "confusion", "amount", "people", "noise", "groups"]
"""A figure: errors over the plane, confusion matrices, a metric over made images, training people or wrong labels."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One thing that is compared: a recogniser trained in one way and tested on one set."""

    name: str
    """What it is called in tables and folders, such as `real+synthetic`."""
    title: str
    """The same in words."""
    learns: tuple[str, ...] = (REAL,)
    """Roles whose rows it learns from."""
    tested: str = REAL
    """The role that it is tested on."""
    classical: bool = False
    """Whether pictures are changed on the fly while it learns: turned, flipped, cropped, brighter (Kollias 2020,
    section 6.2.6, BU-3DFE)."""
    people: int = 0
    """Only so many of the training people, drawn by the seed; all if 0. Fewer are always among more."""
    made: int = 0
    """Only so many of the rows that are not real, drawn by the seed; all if 0. Fewer are always among more."""
    wrong: float = 0.0
    """Share of the made rows whose class is exchanged for another; with valence and arousal, the standard deviation of
    what is added to them."""

    def __post_init__(self) -> None:
        if not self.learns or not 0 <= self.wrong <= 1 or min(self.people, self.made) < 0:
            raise ValueError(f"the arm {self.name!r} learns nothing, or has a number out of its range")

    @property
    def training(self) -> str:
        """What says how it is trained: arms that differ only in the test share one recogniser."""
        parts = ["+".join(self.learns), "classical" if self.classical else ""]
        parts += [f"people{self.people}" if self.people else "", f"made{self.made}" if self.made else ""]
        return "-".join(part for part in (*parts, f"wrong{self.wrong:g}" if self.wrong else "") if part)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Test rows that are scored apart as well."""

    name: str
    """What it is called."""
    ages: tuple[float, float] | None = None
    """From which age to below which, years."""
    extreme: bool = False
    """Only strong affects with a share of both: valence and arousal at least 0.5, together at least 0.9."""
    paper: tuple[tuple[str, tuple[float | None, ...]], ...] = ()
    """For arms, by their name, what the paper found: the study's metrics in their order."""


@dataclass(frozen=True, kw_only=True)
class PaperRow:
    """A row of a published table."""

    title: str
    """As it is printed."""
    values: tuple[float | None, ...]
    """The study's metrics in their order; None where it has none."""
    arm: str = ""
    """The arm that it is to be compared with; empty where there is none, as for other people's methods."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """How the recognisers of a study are trained; what is left out is `TrainConfig`'s."""

    network: str = "compact"
    """Which network."""
    side: int = 0
    """Side of the pictures, pixels; 0 is the network's own."""
    loss: Literal["ccc", "mse", "mae"] = "ccc"
    """What is made small of valence and arousal; classes have cross-entropy."""
    balance: bool = False
    """Whether rare classes count more."""
    optimiser: Literal["adamw", "sgd", "ridge"] = "adamw"
    """The optimiser."""
    decay: float = 1e-4
    """Weight decay, or the penalty of `ridge`."""
    rate: float = 1e-3
    """The learning rate."""
    batch: int = 32
    """Rows, or sequences, in a step."""
    epochs: int = 20
    """How often every row is seen."""
    steps: int = 0
    """Where it is not 0, every arm makes so many steps, however many rows it has, and epochs do not count."""
    choices: int = 1
    """Where it is more than 1, each arm makes as many steps as were best for it on some of those it learns from: one
    of so many numbers, equally far apart, up to `steps`. The learning rate stays the same then."""
    versions: int = 0
    """For networks whose features do not learn: where it is not 0, features are worked out once for all trainings, and
    classical augmentation draws from so many changed versions of each picture."""
    halves: bool = False
    """Whether real rows and others are seen alike often, however many there are of each."""

    def __post_init__(self) -> None:
        if self.choices < 1 or (self.choices > 1 and (not self.steps or self.steps % self.choices)):
            raise ValueError(f"choices is {self.choices}, steps {self.steps}; a divisor of the steps is needed")
        if self.halves and not self.steps:
            raise ValueError("halves go with a number of steps")


@dataclass(frozen=True, kw_only=True)
class Study:
    """One data set: the arms that are compared on it, and what the paper found."""

    data: str
    """Name of the data set."""
    arms: tuple[Arm, ...]
    """What is compared; the first is what the others are tested against."""
    metrics: tuple[str, ...]
    """Columns of the table, of `METRICS`."""
    title: str = ""
    """What it is about, in words; the data set's name if empty."""
    name: str = ""
    """Name of its folder; the data set's if empty. Studies of one name share their recognisers."""
    classes: tuple[str, ...] = ()
    """The expressions that are told apart; valence and arousal are learned if there are none."""
    training: Training = Training()
    """How its recognisers are trained."""
    seeds: int = 0
    """At most so many seeds, where a training is long; as many as the experiment's if 0."""
    folds: bool = False
    """Whether each fold is tested by a recogniser of the others; else the split `test` by one of `train`."""
    against: tuple[tuple[str, str], ...] = ()
    """Pairs of arms that are tested against each other; every arm with the first if there are none."""
    groups: tuple[Group, ...] = ()
    """Parts of the test that are scored apart as well."""
    plots: tuple[Plot, ...] = ()
    """Its figures."""
    paper: tuple[PaperRow, ...] = ()
    """The paper's table."""
    table: str = ""
    """The table's number."""

    def __post_init__(self) -> None:
        names = [arm.name for arm in self.arms]
        if len(set(names)) != len(names) or not names:
            raise ValueError(f"the arms of {self.data} are {names}; at least one, each once, is needed")
        unknown = [metric for metric in self.metrics if metric not in METRICS]
        if unknown or not self.metrics:
            raise ValueError(f"metrics are {self.metrics}; some of {', '.join(METRICS)} are needed")
        rows = [(row.arm, row.values) for row in self.paper]
        rows += [(arm, values) for group in self.groups for arm, values in group.paper]
        for arm, values in rows:
            if (arm and arm not in names) or len(values) != len(self.metrics):
                raise ValueError(f"{self.table}: a row for {arm!r} has {len(values)} values, or there is no such arm")
        if "auc" in self.metrics and len(self.classes) != 2:
            raise ValueError(f"{self.data} has {len(self.classes)} classes; auc is for two")
        for pair in self.against:
            if not set(pair) <= set(names):
                raise ValueError(f"{pair} are to be compared; arms are {', '.join(names)}")

    @property
    def folder(self) -> str:
        """Name of its folder."""
        return self.name or self.data

    @property
    def roles(self) -> tuple[str, ...]:
        """All roles that its arms name."""
        return tuple(dict.fromkeys(role for arm in self.arms for role in (*arm.learns, arm.tested)))

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Pairs of arms that are tested against each other."""
        return self.against or tuple((self.arms[0].name, arm.name) for arm in self.arms[1:])


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A table or figure of a paper, or several that go together."""

    name: str
    """Its name on the command line."""
    title: str
    """What it asks."""
    source: str
    """Where it was published; empty where it is ours."""
    studies: tuple[Study, ...] = ()
    """One for each data set."""
    notes: tuple[str, ...] = ()
    """What a reader must know: where we depart from the paper."""
    small: bool = False
    """Whether its trainings are so small that each core can have one of its own."""
    heat_maps: tuple[str, ...] = ()
    """Data sets whose made pictures are compared with the same people's neutral ones (Lindt 2019, figure 2)."""

    @property
    def wanted(self) -> dict[str, tuple[str, ...]]:
        """The data sets that it can be given, and the roles of each."""
        found: dict[str, tuple[str, ...]] = {name: (MADE,) for name in self.heat_maps}
        for study in self.studies:
            found[study.data] = tuple(dict.fromkeys((*found.get(study.data, ()), *study.roles)))
        return found
