"""What a gallery holds, counted."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from affectface.gallery.store import Gallery


def describe_gallery(gallery: Gallery) -> dict[str, Any]:
    """Return what a gallery holds, in JSON's types.

    Parameters
    ----------
    gallery : Gallery
        Any gallery.

    Returns
    -------
    dict
        Its form, and numbers of people, sessions, sequences and frames: all, those that count, and those with labels.
    """
    frames = kept = points = 0
    expressions: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for sequence in gallery.sequences:
        left_out = gallery.left_out(sequence.name)
        counts = np.array([not reason for reason in left_out])
        frames, kept = frames + sequence.frames, kept + int(counts.sum())
        reasons.update(reason for reason in left_out if reason)
        labels = gallery.labels(sequence.name)
        if labels is not None:
            points += int((counts & np.isfinite(labels.valence) & np.isfinite(labels.arousal)).sum())
            expressions.update(
                name for name, one in zip(labels.expression, counts.tolist(), strict=True) if one and name
            )
    return {
        "gallery": gallery.path.name,
        "form": gallery.form,
        "topology": gallery.topology,
        "vertices": 0 if gallery.template is None else len(gallery.template.vertices),
        "units": len(gallery.unit_names),
        "complete": gallery.complete,
        "people": len({sequence.subject for sequence in gallery.sequences}),
        "sessions": len({(sequence.subject, sequence.session) for sequence in gallery.sequences}),
        "sequences": len(gallery.sequences),
        "frames": frames,
        "frames_that_count": kept,
        "with_valence_arousal": points,
        "with_expression": dict(sorted(expressions.items())),
        "left_out": dict(reasons.most_common(20)),
    }
