"""The block-wise solution is that of the whole system, and its cost grows with the number of frames."""

import time

import numpy as np
import pytest

from affectface.fitting.arrowhead import solve_arrowhead


def system(frames: int, block: int, shared: int, *, film: bool, seed: int = 0):
    rng = np.random.default_rng(seed)
    own, border, right = [], [], []
    for _ in range(frames):
        jacobian = rng.normal(size=(3 * block, block + shared))
        normal = jacobian.T @ jacobian
        own.append(normal[:block, :block])
        border.append(normal[:block, block:])
        right.append(rng.normal(size=block))
    common = sum(b.T @ np.linalg.solve(a, b) for a, b in zip(own, border, strict=True)) + np.eye(shared)
    coupling = -rng.uniform(0.5, 2, block) if film else None
    if coupling is not None:
        for i in range(frames):
            own[i] = own[i] - np.diag(coupling) * ((i > 0) + (i + 1 < frames))
    return own, border, right, coupling, common, rng.normal(size=shared)


@pytest.mark.parametrize("film", [True, False])
@pytest.mark.parametrize("frames", [1, 2, 7])
def test_it_solves_the_whole_system(frames: int, film: bool) -> None:
    block, wide = 5, 3
    own, border, right, coupling, shared, shared_right = system(frames, block, wide, film=film)
    whole = np.zeros((frames * block + wide, frames * block + wide))
    for i in range(frames):
        rows = slice(i * block, (i + 1) * block)
        whole[rows, rows] = own[i]
        whole[rows, -wide:] = border[i]
        whole[-wide:, rows] = border[i].T
        if coupling is not None and i + 1 < frames:
            after = slice((i + 1) * block, (i + 2) * block)
            whole[rows, after] = whole[after, rows] = np.diag(coupling)
    whole[-wide:, -wide:] = shared
    expected = np.linalg.solve(whole, np.concatenate([*right, shared_right]))
    before = [matrix.copy() for matrix in (*own, *border, shared)]
    steps, common = solve_arrowhead(own, border, right, coupling, shared, shared_right)
    np.testing.assert_allclose(np.concatenate([*steps, common]), expected, atol=1e-8)
    for matrix, kept in zip((*own, *border, shared), before, strict=True):
        np.testing.assert_array_equal(matrix, kept)


def test_every_frame_costs_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from affectface.fitting import arrowhead

    calls: list[int] = []
    factor = arrowhead.cho_factor
    monkeypatch.setattr(arrowhead, "cho_factor", lambda block, **k: calls.append(len(block)) or factor(block, **k))
    for frames in (10, 80):
        calls.clear()
        solve_arrowhead(*system(frames, 4, 3, film=True))
        assert calls == [4] * frames  # one factorisation of a frame's own size for each


def test_time_is_linear() -> None:
    seconds = []
    for frames in (60, 480):
        problem = system(frames, 40, 60, film=True)
        solve_arrowhead(*problem)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            solve_arrowhead(*problem)
            times.append(time.perf_counter() - start)
        seconds.append(min(times))
    assert seconds[1] < 2.5 * 8 * seconds[0]  # eight times as many; a dense solution would take 512 times as long
