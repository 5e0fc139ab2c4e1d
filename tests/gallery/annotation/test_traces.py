"""Traces with silence in them, and Aff-Wild2's files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from affectface.errors import AnnotationError
from affectface.gallery.annotation.agreement import agree, inter_annotator
from affectface.gallery.annotation.per_frame import read_per_frame
from affectface.gallery.annotation.traces import Trace, read_traces, write_traces


def test_silence_is_silent_in_between_and_beyond_the_ends() -> None:
    trace = Trace("a", "s", "valence", np.arange(6.0), np.array([0, 0.2, np.nan, np.nan, 0.4, 0.5]))
    found = trace.at(np.array([-1.5, -0.5, 0.5, 1.0, 1.5, 3.0, 3.5, 4.0, 4.5, 5.9, 6.1]))
    np.testing.assert_allclose(found, [np.nan, 0, 0.1, 0.2, np.nan, np.nan, np.nan, 0.4, 0.45, 0.5, np.nan])
    np.testing.assert_allclose(trace.at(np.array([3.0, 5.5]), lag=1.0), [0.4, 0.5])
    with pytest.raises(AnnotationError, match="nothing was said"):
        Trace("a", "s", "valence", np.arange(2.0), np.full(2, np.nan))


def test_who_stopped_halfway_says_nothing_about_the_rest() -> None:
    times = np.arange(0, 10, 0.1)
    wave = np.sin(times)
    half, whole = Trace("a", "s", "valence", times[:50], wave[:50]), Trace("b", "s", "valence", times, wave / 2)
    found = agree([half, whole], times)
    np.testing.assert_allclose(found.values[:50], 0.75 * wave[:50], atol=1e-6)
    np.testing.assert_allclose(found.values[60:], 0.5 * wave[60:], atol=1e-6)
    assert (found.disagreement[60:] == 0).all()
    assert inter_annotator([half, whole])["a"] > 0.98
    alone = agree([half], times)
    assert np.isnan(alone.values[60:]).all()
    assert np.isnan(alone.disagreement[60:]).all()


def test_silence_is_kept_in_files(tmp_path: Path) -> None:
    before = Trace("a", "s", "valence", np.arange(3.0), np.array([0.1, np.nan, 0.3]))
    write_traces(tmp_path / "t.csv", [before])
    assert "s,valence,1.0,\n" in (tmp_path / "t.csv").read_text().replace("\r", "")
    (after,) = read_traces(tmp_path / "t.csv")
    np.testing.assert_array_equal(after.values, before.values)


def test_one_line_a_frame(tmp_path: Path) -> None:
    file = tmp_path / "135-24-1920x1080_left.txt"
    file.write_text("valence,arousal\n0.25,-0.5\n-5,-5\n0.75,0.125\n")
    valence, arousal = read_per_frame(file, "crew", 4)
    assert (valence.sequence, valence.dimension, arousal.annotator) == (file.stem, "valence", "crew")
    np.testing.assert_array_equal(valence.times, [0, 0.25, 0.5])
    np.testing.assert_array_equal(valence.values, [0.25, np.nan, 0.75])
    np.testing.assert_array_equal(arousal.values, [-0.5, np.nan, 0.125])
    file.write_text("arousal\n-5\n-5\n")
    assert read_per_frame(file, "crew", 4) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "first line"),
        ("0.1,0.2\n", "first line"),
        ("valence,valence\n", "first line"),
        ("valence,arousal\n0.1\n", "line 2"),
        ("valence,arousal\n0.1,loud\n", "line 2"),
        ("valence,arousal\n0,0\n0.1,1.5\n", "line 3"),
        ("valence,arousal\nnan,0\n", "line 2"),
    ],
)
def test_what_is_not_one_line_a_frame(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "v.txt").write_text(text)
    with pytest.raises(AnnotationError, match=message):
        read_per_frame(tmp_path / "v.txt", "crew", 30)
    with pytest.raises(ValueError, match="frames a second"):
        read_per_frame(tmp_path / "v.txt", "crew", 0)
    with pytest.raises(AnnotationError, match="cannot be read"):
        read_per_frame(tmp_path / "none.txt", "crew", 30)
