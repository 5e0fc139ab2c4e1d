"""Labels of a gallery from traces whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from affectface.errors import AnnotationError
from affectface.gallery.annotation.labelling import label_gallery, relative_lags
from affectface.gallery.annotation.traces import Trace
from affectface.gallery.store import Sequence, create_gallery, make_labels, open_gallery

RATE, FRAMES = 30.0, 400
TIMES = np.arange(0, FRAMES / RATE, 0.04)


def wave(times: np.ndarray) -> np.ndarray:
    return 0.6 * np.sin(1.7 * times) + 0.2 * np.sin(0.4 * times)


def late(annotator: str, lag: float, bias: float, sequence: str = "s1") -> Trace:
    return Trace(annotator, sequence, "valence", TIMES, np.clip(wave(TIMES - lag) + bias, -1, 1))


def test_the_answer_comes_back(tmp_path: Path) -> None:
    with create_gallery(tmp_path / "g.gallery", "strengths", unit_names=("jawOpen",), topology="embedded") as writer:
        for name in ("s1", "s2"):
            labels = make_labels(FRAMES, arousal=np.full(FRAMES, 0.5, np.float32), expression=("joy",) * FRAMES)
            sequence = Sequence(name, "p", "1", "task", RATE, FRAMES)
            writer.add(sequence, [np.zeros((FRAMES, 1), np.float32)], labels=labels)
    gallery = open_gallery(tmp_path / "g.gallery")
    traces = [late("a", 0.3, -0.1), late("b", 0.6, 0.0), late("c", 0.9, 0.1)]
    lags = relative_lags(traces)
    assert [lags[name, "valence"] for name in "abc"] == pytest.approx([-0.3, 0.0, 0.3], abs=0.05)
    done = label_gallery(gallery, [*traces, late("a", 0, 0, "elsewhere")], lags=lags, lag=0.6)
    assert (done.sequences, done.without, done.unknown) == (1, ("s2",), ("elsewhere",))
    assert done.frames == {"valence": FRAMES, "arousal": 0}
    labels = gallery.labels("s1")
    assert labels is not None
    frames = np.arange(FRAMES) / RATE
    inside = frames < frames[-1] - 1
    np.testing.assert_allclose(labels.valence[inside], wave(frames)[inside], atol=0.03)
    np.testing.assert_allclose(labels.valence_disagreement[inside], np.std([-0.1, 0, 0.1]), atol=0.03)
    assert (labels.arousal == 0.5).all()
    assert labels.expression == ("joy",) * FRAMES
    assert np.isnan(labels.arousal_disagreement).all()
    assert gallery.verify() == []
    with pytest.raises(AnnotationError, match="none of its sequences is annotated; found elsewhere"):
        label_gallery(gallery, [late("a", 0, 0, "elsewhere")])
