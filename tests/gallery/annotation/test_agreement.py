"""Traces of annotators: what they mean together, and how they are kept."""

from pathlib import Path

import numpy as np
import pytest

from affectface.errors import AnnotationError
from affectface.gallery.annotation.agreement import agree, inter_annotator, reaction_lag
from affectface.gallery.annotation.traces import Trace, read_traces, write_traces

TIMES = np.arange(0, 20, 0.04)


def wave(delay: float = 0.0, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    signal = 0.6 * np.sin(1.3 * (TIMES - delay)) + 0.2 * np.sin(0.37 * (TIMES - delay))
    return np.clip(signal + np.random.default_rng(seed).normal(0, noise, len(TIMES)), -1, 1)


def trace(annotator: str, values: np.ndarray, sequence: str = "s1", dimension: str = "valence") -> Trace:
    return Trace(annotator, sequence, dimension, TIMES, values)  # type: ignore[arg-type]


def test_a_late_annotator_is_found_and_brought_back() -> None:
    slow, *others = trace("slow", wave(0.8)), trace("a", wave()), trace("b", wave())
    lag = reaction_lag(slow, others)
    assert lag == pytest.approx(0.8, abs=0.041)
    inside = slice(0, len(TIMES) - 30)
    np.testing.assert_allclose(slow.at(TIMES, lag=lag)[inside], wave()[inside], atol=0.04)
    assert reaction_lag(others[0], [others[1]]) == 0
    labels = agree([slow, *others], TIMES, lags=[lag, 0, 0])
    assert labels.disagreement[inside].max() < 0.03
    assert labels.annotators == ("slow", "a", "b")


def test_correlations_are_numpys() -> None:
    a, b, c = (wave(0, 0.2, seed) for seed in (1, 2, 3))
    found = inter_annotator([trace("a", a), trace("b", b), trace("c", c)])
    assert found["a"] == pytest.approx((np.corrcoef(a, b)[0, 1] + np.corrcoef(a, c)[0, 1]) / 2, abs=1e-6)
    assert set(found) == {"a", "b", "c"}


def test_sequences_count_alike_and_still_traces_not_at_all() -> None:
    good, still = [trace("a", wave()), trace("b", wave())], trace("b", np.zeros(len(TIMES)), "s2")
    opposite = [trace("a", wave(), "s3"), trace("b", -wave(), "s3")]
    assert inter_annotator([*good, trace("a", wave(), "s2"), still, *opposite])["a"] == pytest.approx(0, abs=1e-9)
    assert np.isnan(inter_annotator([trace("a", wave())])["a"])


def test_the_label_is_the_mean_and_disagreement_is_kept() -> None:
    labels = agree([trace("a", np.full(len(TIMES), 0.2)), trace("b", np.full(len(TIMES), 0.6))], TIMES[:5])
    np.testing.assert_allclose(labels.values, 0.4, atol=1e-6)
    np.testing.assert_allclose(labels.disagreement, 0.2, atol=1e-6)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    written = [trace('O\'Hara, "x"', wave(0, 0.1)), trace("b", wave(), "ß/1", "arousal")]
    write_traces(tmp_path / "traces.csv", written)
    for before, after in zip(written, read_traces(tmp_path / "traces.csv"), strict=True):
        assert (before.annotator, before.sequence, before.dimension) == (
            after.annotator,
            after.sequence,
            after.dimension,
        )
        np.testing.assert_array_equal(before.times, after.times)
        np.testing.assert_array_equal(before.values, after.values)


def test_rows_may_stand_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("time,value,annotator,note,sequence,dimension\n2,0.5,a,x,s,valence\n1,0.25,a,y,s,valence\n")
    (found,) = read_traces(path)
    assert found.values.tolist() == [0.25, 0.5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("annotator,time\n", "no column sequence, dimension, value"),
        ("", "no column"),
        ("annotator,sequence,dimension,time,value\na,s,valence,1,loud\n", "numbers are needed"),
        ("annotator,sequence,dimension,time,value\na,s,valence,1,0\na,s,valence,1,0.5\n", "do not rise"),
        ("annotator,sequence,dimension,time,value\na,s,valence,1,2\n", r"\[-1, 1\] is needed"),
        ("annotator,sequence,dimension,time,value\na,s,valence,nan,0\n", "do not rise"),
        ("annotator,sequence,dimension,time,value\na,s,dominance,1,0\n", "valence or arousal"),
        ("annotator,sequence,dimension,time,value\na,s\n", "needed"),
    ],
)
def test_what_is_no_trace(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(AnnotationError, match=message):
        read_traces(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="cannot be read"):
        read_traces(tmp_path / "none.csv")
    with pytest.raises(AnnotationError, match="cannot be written"):
        write_traces(tmp_path, [])


def test_only_what_belongs_together_agrees() -> None:
    a, b = trace("a", wave()), trace("a", wave(), "s2")
    for traces, message in (([a, b], "one sequence"), ([a, a], "twice"), ([], "none")):
        with pytest.raises(AnnotationError, match=message):
            agree(traces, TIMES)
    with pytest.raises(AnnotationError, match="nobody else"):
        reaction_lag(a, [])
    with pytest.raises(AnnotationError, match="one dimension"):
        inter_annotator([a, trace("b", wave(), dimension="arousal")])
    with pytest.raises(ValueError, match="1 lags for 2"):
        agree([a, trace("b", wave())], TIMES, lags=[0])
