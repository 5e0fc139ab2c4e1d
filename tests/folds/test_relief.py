"""What folds look like."""

import numpy as np

from affectface.folds.lines import FOLD_LINES, SAMPLES
from affectface.folds.relief import dimples, groove

LEVEL = np.zeros(2, dtype=np.float32)
FOREHEAD = next(line for line in FOLD_LINES if line.name == "forehead")


def level_groove(tilt: np.ndarray) -> np.ndarray:
    """A groove from left to right, much narrower than its points are apart."""
    path = np.stack([np.linspace(10, 390, SAMPLES), np.full(SAMPLES, 15.5)], axis=1).astype(np.float32)
    across = np.tile(np.float32([0, 1]), (SAMPLES, 1))
    return groove(FOREHEAD, path, across, (0, 0, 400, 31), 1.6, tilt)


def test_a_narrow_groove_is_a_line_and_not_a_row_of_dots() -> None:
    ridge = level_groove(LEVEL)[15, 160:240]
    assert ridge.max() < -0.05
    assert np.ptp(ridge) < 0.02


def test_a_groove_fades_towards_its_ends() -> None:
    ridge = level_groove(LEVEL)[15]
    assert np.abs(ridge[[11, 388]]).max() < 0.01
    assert (np.diff(ridge[20:120]) < 0.01).all()


def test_the_bank_that_leans_to_the_light_is_brighter() -> None:
    lit_from_above = level_groove(np.float32([0, -1]))[:, 200]
    assert lit_from_above[17] > level_groove(LEVEL)[17, 200]
    assert lit_from_above[13] < level_groove(LEVEL)[13, 200]


def test_dimples_are_dark_pits_within_their_skin() -> None:
    change = dimples(np.float32([50, 40]), np.float32([30, 0]), (0.6, 0.05), (0, 0, 100, 80), LEVEL)
    rows, columns = np.nonzero(change < -0.01)
    assert len(rows) > 50
    assert (np.hypot((columns + 0.5 - 50) / 30, (rows + 0.5 - 40) / 18) < 1.15).all()
    assert change.max() <= 0
    assert change.mean() > 0.5 * change.min()
