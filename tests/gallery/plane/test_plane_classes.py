"""Ward's clustering of labels is the plain algorithm's, with less memory."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import AgglomerativeClustering

from affectface.gallery.plane import plane_classes, ward
from affectface.gallery.plane.plane_classes import divide_plane
from affectface.gallery.plane.ward import ward_clusters, ward_tree


def labels(count: int, seed: int = 0) -> NDArray[np.float64]:
    return np.clip(np.random.default_rng(seed).normal((0.3, 0.2), 0.3, (count, 2)), -1, 1)


def same_partition(a: NDArray[np.integer], b: NDArray[np.integer]) -> bool:
    pairs = set(zip(a.tolist(), b.tolist(), strict=True))
    return len(pairs) == len(set(a.tolist())) == len(set(b.tolist()))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("classes", [1, 2, 17, 60, 400])
def test_the_classes_are_scikit_learns(seed: int, classes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ward, "_UNSORTED", 37)  # so that it is sorted again and again
    points = labels(400, seed)
    plain = AgglomerativeClustering(n_clusters=classes, linkage="ward").fit_predict(points)
    assert same_partition(divide_plane(points, classes).class_of, plain)


def test_equal_labels_are_one_weighted_point() -> None:
    points = np.repeat(labels(120, 3), np.random.default_rng(1).integers(1, 9, 120), axis=0)
    plain = AgglomerativeClustering(n_clusters=25, linkage="ward").fit_predict(points)
    assert same_partition(divide_plane(points, 25).class_of, plain)


def test_the_tree_is_scipys() -> None:
    points = np.random.default_rng(4).normal(size=(300, 3))
    merges, heights = ward_tree(points, np.ones(300))
    # SciPy's heights are distances: their squares are twice the increase of the sum of squares
    np.testing.assert_allclose(np.sort(heights), np.sort(linkage(points, "ward")[:, 2] ** 2 / 2), rtol=1e-9)
    assert (merges < 300 + np.arange(299)[:, None]).all()
    assert len(np.unique(merges)) == merges.size
    assert same_partition(
        ward_clusters(points, np.ones(300), 31), fcluster(linkage(points, "ward"), 31, criterion="maxclust")
    )


def test_centres_and_support_are_of_the_labels_themselves() -> None:
    points = labels(500, 7)
    found = divide_plane(points, 40)
    assert found.support.sum() == 500
    assert found.step == 0
    for k in range(40):
        np.testing.assert_allclose(found.centres[k], points[found.class_of == k].mean(axis=0), atol=1e-6)


def test_too_many_different_labels_are_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plane_classes, "_CELLS", 300)
    points = labels(5000, 8)
    found = divide_plane(points, 50)
    assert found.step > 0
    assert found.support.sum() == 5000
    exact = AgglomerativeClustering(n_clusters=50, linkage="ward").fit_predict(points)

    def spread(classes: NDArray[np.integer]) -> float:
        return sum(((points[classes == k] - points[classes == k].mean(axis=0)) ** 2).sum() for k in range(50))

    assert spread(found.class_of) < 1.1 * spread(exact)


def test_the_same_labels_give_the_same_classes() -> None:
    points = np.round(labels(3000, 9), 2)  # full of ties
    first, again = divide_plane(points, 80), divide_plane(points, 80)
    np.testing.assert_array_equal(first.class_of, again.class_of)


@pytest.mark.parametrize(
    ("points", "classes", "message"),
    [
        (np.array([[0, 2.0], [0, 0]]), 1, "outside"),
        (np.array([[0, np.nan], [0, 0]]), 1, "NaN or infinite"),
        (np.zeros((9, 2)), 2, "2 classes of 1 different labels"),
        (np.zeros((9, 3)), 2, "labels"),
    ],
)
def test_what_cannot_be_divided(points: NDArray[np.float64], classes: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        divide_plane(points, classes)
