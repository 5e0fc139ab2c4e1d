"""Expression units from scans with expressions."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from known_meshes import Known, largest_angle
from scipy.spatial.transform import Rotation

from affectface.morphable.building.build import Built
from affectface.morphable.building.config import BuildConfig
from affectface.morphable.building.expressions import robustly_onto
from affectface.morphable.building.mesh_set import MeshSource, find_meshes

Building = Callable[..., Built]
PEOPLE = 24


@pytest.fixture
def scans(known: Known, tmp_path: Path) -> list[MeshSource]:
    """Twenty-four people, neutral and with two expressions each, every scan turned and moved anyhow."""
    rng = np.random.default_rng(3)
    small = replace(known, directions=0.3 * known.directions)
    meshes, rows = [], []
    for number, person in enumerate(small.sample(PEOPLE)):
        for name, unit in (("neutral", None), ("open", 0), ("brows", 1)):
            moved = person if unit is None else person + rng.uniform(0.7, 1.3) * known.model.expression[unit]
            turn = Rotation.from_rotvec(rng.normal(0, 0.3, 3))
            meshes.append(turn.apply(moved) + rng.normal(0, 5, 3))
            rows.append({"file": f"x[{len(rows)}]", "subject": f"s{number}", "expression": name})
    np.save(tmp_path / "x.npy", np.array(meshes, dtype=np.float32))
    sources = find_meshes(tmp_path / "x.npy")
    return [replace(source, row=row) for source, row in zip(sources, rows, strict=True)]


def test_components_span_the_units(known: Known, scans: list[MeshSource], building: Building) -> None:
    built = building(scans, BuildConfig(alignment="rigid", variance=0.99))
    assert built.record["meshes"] == PEOPLE
    assert built.record["expressive_meshes"] == 2 * PEOPLE
    model = built.model
    assert model.expression_names[:4] == ("scan001_plus", "scan001_minus", "scan002_plus", "scan002_minus")
    np.testing.assert_array_equal(model.expression[0], -model.expression[1])
    assert largest_angle(model.expression[[0, 2]], known.model.expression) < 6


def test_named_units_are_means(known: Known, scans: list[MeshSource], building: Building) -> None:
    model = building(scans, BuildConfig(alignment="rigid", expressions="named")).model
    assert model.expression_names == ("brows", "open")
    for found, wanted in zip(model.expression, known.model.expression[::-1], strict=True):
        size = np.linalg.norm(wanted)
        assert np.linalg.norm(found - wanted) < 0.15 * size


def test_identity_is_of_neutral_scans_alone(known: Known, scans: list[MeshSource], building: Building) -> None:
    neutral = [scan for scan in scans if scan.row["expression"] == "neutral"]
    both, alone = (building(some, BuildConfig(alignment="rigid")).model for some in (scans, neutral))
    assert (both.identity == alone.identity).all()
    assert alone.expression_names == known.model.expression_names


def test_expressions_without_their_neutral(scans: list[MeshSource], building: Building) -> None:
    lonely = replace(scans[1], row={**scans[1].row, "subject": "nobody"})
    built = building([*scans, lonely, replace(scans[2], row={**scans[2].row, "subject": ""})], BuildConfig())
    reasons = [one.reason for one in built.left_out]
    assert reasons == ["there is no good neutral mesh of its subject 'nobody'", "it has no subject"]
    assert built.record["expressive_meshes"] == 2 * PEOPLE


def test_an_open_jaw_does_not_tilt_the_forehead(known: Known) -> None:
    neutral = known.model.vertices.astype(np.float64)
    jaw = neutral + known.model.expression[0]
    moved = Rotation.from_rotvec([0.2, -0.1, 0.05]).apply(jaw) + np.array([3, 4, 5])
    still = np.abs(known.model.expression[0]).sum(1) == 0
    placed = robustly_onto(moved, neutral)
    assert np.linalg.norm(placed - jaw, axis=1)[still].max() < 0.01
