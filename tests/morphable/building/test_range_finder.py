"""The range finder's space holds what a singular value decomposition of everything says is most."""

from collections.abc import Iterator

import numpy as np
import pytest
from known_meshes import largest_angle

from affectface.morphable.building.range_finder import range_of_rows


@pytest.mark.parametrize("block", [7, 500])
def test_the_space_is_that_of_the_first_singular_vectors(block: int) -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((300, 40)) * 0.7 ** np.arange(40) @ rng.standard_normal((40, 120))

    def blocks() -> Iterator[tuple[slice, np.ndarray]]:
        for start in range(0, 300, block):
            yield slice(start, min(start + block, 300)), rows[start : start + block].astype(np.float32)

    passes: list[int] = []
    found = range_of_rows(blocks, rng.standard_normal((300, 15)), 3, passes.append)
    np.testing.assert_allclose(found.T @ found, np.eye(15), atol=1e-10)
    wanted = np.linalg.svd(rows, full_matrices=False)[2][:8].T
    assert largest_angle(wanted.T, found.T) < 0.5
    assert len(passes) == 4
