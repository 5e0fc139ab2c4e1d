from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import affectface.fitting.dense_landmarks
from affectface import Portrait
from affectface.assets.example import example_photo
from affectface.blas import one_blas_thread


def threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture
def several() -> None:
    import scipy.linalg  # which brings a library of its own

    assert scipy.linalg.norm(np.ones(1)) == 1


@pytest.mark.usefixtures("several")
def test_one_thread_within_and_what_there_was_after() -> None:
    with threadpool_limits(2, "blas"):
        before = threads()
        with one_blas_thread():
            assert threads() == {1}
        assert threads() == before


@pytest.mark.usefixtures("several")
def test_an_error_leaves_what_there_was() -> None:
    with threadpool_limits(2, "blas"):
        before = threads()
        with pytest.raises(ValueError, match="stop"), one_blas_thread():
            raise ValueError("stop")
        assert threads() == before


def test_a_fit_takes_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[int]] = []
    solve = affectface.fitting.dense_landmarks._bounded_step

    def watched(normal: object, gradient: object) -> object:
        seen.append(threads())
        return solve(normal, gradient)  # type: ignore[arg-type]

    monkeypatch.setattr(affectface.fitting.dense_landmarks, "_bounded_step", watched)
    with threadpool_limits(2, "blas"):
        Portrait.open(example_photo())
    assert seen
    assert all(count == {1} for count in seen)
