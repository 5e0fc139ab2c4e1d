"""What changes the faces that a recogniser learns from: a share of them synthesised anew, and the classical changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from affectface.augment.making.config import Models
from affectface.augment.on_the_fly.classical import ClassicalTransform
from affectface.augment.on_the_fly.samples import Change, InTurn, Sometimes
from affectface.augment.on_the_fly.synthesis import SynthesisConfig, SynthesisTransform
from affectface.augment.on_the_fly.targets import (
    EitherTargets,
    ExpressionTargets,
    PlaneTargets,
    Targets,
    count_labels,
    expression_chances,
    plane_chances,
)
from affectface.augment.rows import Row


@dataclass(frozen=True, kw_only=True)
class Learned:
    """What a recogniser learns from, as far as it says what is to be synthesised."""

    rows: Sequence[Row]
    """The rows, whose labels say what is rare."""
    affect: bool
    """Whether valence and arousal are learned."""
    classes: Sequence[str] = ()
    """The expressions that are told apart."""

    def __post_init__(self) -> None:
        if not self.affect and not self.classes:
            raise ValueError("neither valence and arousal nor classes are learned; one of them is needed")


def targets_for(learned: Learned, share: float) -> Targets:
    """Return targets by which the labels of an epoch become as even as they can.

    Parameters
    ----------
    learned : Learned
        What is learned, and from what.
    share : float
        Share of the rows that is replaced.

    Returns
    -------
    Targets
        Points of the plane where valence and arousal are learned, classes where those are, and both in turn.
    """
    kinds: list[Targets] = []
    if learned.affect:
        kinds.append(PlaneTargets(plane_chances(count_labels(learned.rows)[0], share)))
    if learned.classes:
        shown = Counter(row.expression for row in learned.rows)
        kinds.append(ExpressionTargets(expression_chances({name: shown[name] for name in learned.classes}, share)))
    return kinds[0] if len(kinds) == 1 else EitherTargets(tuple(kinds))


def synthesis_for(models: Models, learned: Learned, share: float, *, fits: Path | None = None) -> SynthesisTransform:
    """Return what synthesises samples of a training.

    Parameters
    ----------
    models : Models
        Face model and affect model.
    learned : Learned
        What is learned, and from what.
    share : float
        Share of the rows that is replaced.
    fits : Path, optional
        Folder in which fits are kept for all processes, and for a training that goes on.

    Returns
    -------
    SynthesisTransform
        Makes another sample of each; `learning_change` makes it a share of them.
    """
    return SynthesisTransform(models, SynthesisConfig(targets=targets_for(learned, share), fits=fits))


def learning_change(synthesis: SynthesisTransform | None, share: float, *, classical: bool) -> Change | None:
    """Return the change of all samples of a training.

    Parameters
    ----------
    synthesis : SynthesisTransform, optional
        What synthesises samples; nothing does without it.
    share : float
        Share of the samples that it replaces.
    classical : bool
        Whether all samples, synthesised ones too, are changed as Kollias 2020 has it for BU-3DFE.

    Returns
    -------
    Change or None
        None where nothing is changed.
    """
    changes: list[Change] = [Sometimes(synthesis, share)] if synthesis is not None else []
    if classical:
        changes.append(ClassicalTransform())
    return InTurn(changes) if changes else None
