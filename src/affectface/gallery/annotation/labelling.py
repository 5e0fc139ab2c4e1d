"""From traces to a gallery's labels: the annotators' mean and how far they disagree (Kollias 2020, section 3.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from affectface.errors import AnnotationError
from affectface.gallery.annotation.agreement import agree, reaction_lag
from affectface.gallery.annotation.playable_gallery import seconds_of
from affectface.gallery.annotation.traces import Trace
from affectface.gallery.store import Gallery, make_labels


@dataclass(frozen=True)
class Labelled:
    """What was labelled.

    Attributes
    ----------
    sequences : int
        Sequences that got labels.
    frames : dict of str to int
        Frames with a label, by dimension.
    without : tuple of str
        Sequences of the gallery that nobody annotated.
    unknown : tuple of str
        Sequences that were annotated and are not in the gallery.
    """

    sequences: int
    frames: dict[str, int]
    without: tuple[str, ...]
    unknown: tuple[str, ...]


def label_gallery(
    gallery: Gallery,
    traces: Sequence[Trace],
    *,
    lags: dict[tuple[str, str], float] | None = None,
    lag: float = 0.0,
    advance: Callable[[int], None] | None = None,
) -> Labelled:
    """Write the mean of the annotators and their disagreement into a gallery.

    Parameters
    ----------
    gallery : Gallery
        The gallery. Expressions, and a dimension that nobody annotated, stay as they are.
    traces : sequence of Trace
        What the annotators said; the sequences have the names of the gallery's.
    lags : dict of (annotator, dimension) to float, optional
        By how much each answers later than the mean of all, seconds; see `relative_lags`.
    lag : float
        How late all answer, in the mean, seconds.
    advance : callable, optional
        Told how many further sequences are done.

    Returns
    -------
    Labelled
        What was labelled.

    Raises
    ------
    AnnotationError
        If none of the gallery's sequences was annotated.
    """
    by_sequence: dict[str, list[Trace]] = {}
    for trace in traces:
        by_sequence.setdefault(trace.sequence, []).append(trace)
    names = {sequence.name for sequence in gallery.sequences}
    unknown = tuple(sorted(set(by_sequence) - names))
    if len(unknown) == len(by_sequence):
        raise AnnotationError(f"{gallery.path}: none of its sequences is annotated; found {', '.join(unknown[:5])}")
    frames = {"valence": 0, "arousal": 0}
    for sequence in gallery.sequences:
        if sequence.name in by_sequence:
            times = seconds_of(gallery, sequence)
            labels = gallery.labels(sequence.name) or make_labels(sequence.frames)
            for dimension in frames:
                said = [trace for trace in by_sequence[sequence.name] if trace.dimension == dimension]
                if not said:
                    continue
                late = [lag + (lags or {}).get((one.annotator, dimension), 0.0) for one in said]
                found = agree(said, times, lags=late)
                if dimension == "valence":
                    labels = replace(labels, valence=found.values, valence_disagreement=found.disagreement)
                else:
                    labels = replace(labels, arousal=found.values, arousal_disagreement=found.disagreement)
                frames[dimension] += int(np.isfinite(found.values).sum())
            gallery.set_labels(sequence.name, labels)
        if advance:
            advance(1)
    return Labelled(len(names & set(by_sequence)), frames, tuple(sorted(names - set(by_sequence))), unknown)


def relative_lags(traces: Sequence[Trace]) -> dict[tuple[str, str], float]:
    """Return by how much each annotator answers later than the mean of all, in each dimension.

    Parameters
    ----------
    traces : sequence of Trace
        Traces of any number of sequences and both dimensions.

    Returns
    -------
    dict of (annotator, dimension) to float
        Seconds; the median over the sequences that several annotated. None for who annotated alone.

    Notes
    -----
    `reaction_lag` compares one of n with the mean of the others, which is n / (n - 1) of the lag to the mean of all.
    """
    found: dict[tuple[str, str], list[float]] = {}
    groups: dict[tuple[str, str], list[Trace]] = {}
    for trace in traces:
        groups.setdefault((trace.sequence, trace.dimension), []).append(trace)
    for group in groups.values():
        for one in group if len(group) > 1 else ():
            others = [other for other in group if other is not one]
            share = len(others) / len(group)
            found.setdefault((one.annotator, one.dimension), []).append(share * reaction_lag(one, others))
    return {key: float(np.median(values)) for key, values in sorted(found.items())}
