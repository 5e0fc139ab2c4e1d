"""The detectors' anchors, overlaps and merging."""

import numpy as np

from affectface.landmarks.detector import _anchors, _merge, detect, overlaps


def test_as_many_anchors_as_the_networks_answer_for() -> None:
    for which, count in (("short", 896), ("full", 2304), ("palm", 896)):
        anchors = _anchors(which)
        assert anchors.shape == (count, 2)
        assert 0 < anchors.min() < anchors.max() < 1
        np.testing.assert_allclose(anchors.mean(axis=0), 0.5, atol=1e-6)
    np.testing.assert_allclose(_anchors("short")[:3], [[1 / 32, 1 / 32], [1 / 32, 1 / 32], [3 / 32, 1 / 32]])


def test_overlap_is_intersection_over_union() -> None:
    box = np.float32([0, 0, 2, 2])
    others = np.float32([[0, 0, 2, 2], [1, 0, 3, 2], [5, 5, 6, 6], [1, 1, 1, 1]])
    np.testing.assert_allclose(overlaps(box, others), [1, 1 / 3, 0, 0], atol=1e-6)


def test_overlapping_answers_become_their_weighted_mean() -> None:
    points = np.zeros((3, 8, 2), dtype=np.float32)
    points[:, 1] = 10
    points[1] += 1
    points[2] += 100
    near, far = sorted(_merge(points, np.float32([0, 0, 3])), key=lambda found: found.box[0])
    np.testing.assert_allclose(near.box, [0.5, 0.5, 10.5, 10.5], atol=1e-6)
    np.testing.assert_allclose([near.score, far.score], [0.5, 1 / (1 + np.exp(-3))])


def test_flat_pictures_have_neither_face_nor_palm() -> None:
    assert detect(np.zeros((2, 128, 128, 3), dtype=np.uint8), "short") == [[], []]
    assert detect(np.full((1, 192, 192, 3), 128, dtype=np.uint8), "full") == [[]]
    assert detect(np.full((1, 128, 128, 3), 128, dtype=np.uint8), "palm") == [[]]
