"""What each frame of a gallery counts for."""

from collections.abc import Callable

import numpy as np
import pytest

from affectface.errors import GalleryError
from affectface.gallery.building.config import BuildConfig
from affectface.gallery.building.labelled import label_gallery
from affectface.gallery.store import Gallery

Make = Callable[..., Gallery]


def test_every_label_of_every_kept_frame_has_a_class(small: Gallery) -> None:
    found = label_gallery(small, BuildConfig(classes=30))
    assert found.plane is not None
    assert len(found.plane.centres) == 30
    total = np.zeros(30, dtype=int)
    for one in found.sequences:
        labels, kept = small.labels(one.sequence.name), small.kept(one.sequence.name)
        away = kept & (np.array(labels.expression) != "neutral")
        away &= (np.hypot(labels.valence, labels.arousal) > 0.05) | (np.array(labels.expression) != "")
        np.testing.assert_array_equal(one.class_of >= 0, away)
        np.testing.assert_array_equal(one.expression >= 0, kept & (np.array(labels.expression) == "happiness"))
        total += np.bincount(one.class_of[one.class_of >= 0], minlength=30)
    np.testing.assert_array_equal(total, found.plane.support)
    assert found.expressions == ("happiness",)
    assert [one.sequence.subject for one in found.sequences] == sorted(one.sequence.subject for one in found.sequences)
    assert any("frames: blurred" in reason for reason in found.left_out)


def test_who_has_no_neutral_frame_is_left_out_with_the_reason(make_gallery: Make) -> None:
    face = np.ones((3, 4))
    rows = [
        ("a", face, {"expression": ("neutral", "happiness", "")}),
        ("b", face, {"expression": ("happiness", "happiness", "anger")}),
        ("c", face, {}),
    ]
    found = label_gallery(make_gallery(rows), BuildConfig())
    assert [one.sequence.subject for one in found.sequences] == ["a"]
    assert found.left_out == (
        "b: no neutral frame to compare with",
        "c: no neutral frame to compare with",
        "4 frames: without a label",
    )


def test_the_middle_of_the_plane_is_neutral_unless_an_expression_is_named(make_gallery: Make) -> None:
    valence = np.array([0.0, 0.03, 0.04, 0.3, np.nan], dtype=np.float32)
    arousal = np.array([0.0, 0.03, 0.04, 0.0, 0.1], dtype=np.float32)
    rows = [
        ("a", np.zeros((5, 4)), {"valence": valence, "arousal": arousal, "expression": ("", "happiness", "", "", "")})
    ]
    (found,) = label_gallery(make_gallery(rows), BuildConfig()).sequences
    assert found.neutral.tolist() == [True, False, False, False, False]  # (0.04, 0.04) is 0.057 away
    assert found.expression.tolist() == [-1, 0, -1, -1, -1]


def test_subjects_can_be_left_out(small: Gallery) -> None:
    found = label_gallery(small, BuildConfig(without=("p1", "p3")))
    assert {one.sequence.subject for one in found.sequences} == {"p0", "p2", "p4"}
    assert "160 frames: p1 does not count" in found.left_out


def test_nothing_to_learn_is_said(make_gallery: Make) -> None:
    with pytest.raises(GalleryError, match="nothing can be learned: b: no neutral frame"):
        label_gallery(make_gallery([("b", np.ones((1, 4)), {"expression": ("anger",)})]), BuildConfig())


def test_an_unknown_expression_is_refused(make_gallery: Make) -> None:
    with pytest.raises(GalleryError, match="unknown expression 'awe'"):
        label_gallery(make_gallery([("b", np.ones((2, 4)), {"expression": ("neutral", "awe")})]), BuildConfig())
