"""The five errors of the protocol, on points whose errors are known."""

import numpy as np
import pytest

from affectface.affect import DIRECTIONS
from affectface.evaluation.circumplex import circumplex_errors, dose_response, neighbours
from affectface.evaluation.targets import Target, direction_targets


def points(targets: tuple[Target, ...], turn: float = 0.0, scale: float = 1.0) -> np.ndarray:
    """Return where targets lie in the plane (N, 2), turned by degrees and scaled."""
    angles = np.radians([DIRECTIONS[target.label] + turn for target in targets])
    radii = scale * np.array([target.strength for target in targets])
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)


def test_perfect_answers_have_no_error() -> None:
    targets = direction_targets()
    table = circumplex_errors(targets, points(targets))
    for name in ("valence", "arousal", "distance", "angle", "turned", "strength"):
        assert table["overall"][name] == pytest.approx(0, abs=1e-9)
    assert set(table["by_direction"]) == set(DIRECTIONS)
    assert set(table["by_strength"]) == {"0.25", "0.5", "0.75", "1"}
    for dose in table["dose_response"].values():
        assert dose == pytest.approx({"slope": 1, "spearman": 1, "spearman_of_means": 1})


@pytest.mark.parametrize("turn", [-50.0, 20.0, 90.0, 180.0])
def test_turned_answers(turn: float) -> None:
    targets = direction_targets()
    table = circumplex_errors(targets, points(targets, turn=turn))
    assert table["overall"]["angle"] == pytest.approx(abs(turn))
    assert abs(table["overall"]["turned"]) == pytest.approx(abs(turn))
    assert table["overall"]["strength"] == pytest.approx(0, abs=1e-9)
    full = table["by_strength"]["1"]
    assert full["distance"] == pytest.approx(2 * abs(np.sin(np.radians(turn / 2))))


def test_weak_answers() -> None:
    targets = direction_targets()
    table = circumplex_errors(targets, points(targets, scale=0.4))
    assert table["overall"]["angle"] == pytest.approx(0, abs=1e-6)
    assert table["by_strength"]["1"]["strength"] == pytest.approx(0.6)
    assert table["dose_response"]["Sleepy"]["slope"] == pytest.approx(0.4)


def test_the_dead_arc_is_seen() -> None:
    targets = direction_targets()
    achieved = points(targets)
    low = np.array([242 <= DIRECTIONS[target.label] <= 329 for target in targets])
    achieved[low] = 0.1
    table = circumplex_errors(targets, achieved)
    assert table["dead_arc"]["distance"] > 0.5
    assert table["dose_response"]["Calm"]["spearman"] == 0
    assert table["dose_response"]["Happy"]["spearman"] == pytest.approx(1)


def test_dose_response_of_noise_about_a_line() -> None:
    strengths = np.repeat([0.25, 0.5, 0.75, 1.0], 3)
    achieved = strengths + np.tile([-0.3, 0, 0.3], 4)
    dose = dose_response(strengths, achieved)
    assert dose["slope"] == pytest.approx(1)
    assert dose["spearman_of_means"] == pytest.approx(1)
    assert 0.4 < dose["spearman"] < 1


def test_neighbours_lie_on_both_sides_and_far_enough() -> None:
    assert neighbours("Sleepy") == ("Depressed", "Calm")
    for name, angle in DIRECTIONS.items():
        for other in neighbours(name):
            apart = abs((DIRECTIONS[other] - angle + 180) % 360 - 180)
            assert apart >= 30 - 1e-9
