"""Meshes that are wrong are left out, each with its reason, and the others go on."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from known_meshes import Known, write_people

from affectface.errors import MeshSetError
from affectface.mesh_files import write_obj
from affectface.morphable.building.config import BuildConfig
from affectface.morphable.building.mesh_set import find_meshes
from affectface.morphable.building.prepare import Prepared
from affectface.morphable.building.topology import topology_of, why_not_in_correspondence

Preparing = Callable[..., Prepared]


@pytest.fixture
def folder(tmp_path: Path, known: Known) -> Path:
    """Twenty good meshes and six bad ones."""
    model, people = known.model, known.sample(26)
    folder = tmp_path / "meshes"
    write_people(folder, known, people[:20])
    bad = people[20:].copy()
    write_obj(folder / "wound.obj", bad[0], model.triangles[:, ::-1], model.uv, model.uv_triangles[:, ::-1])
    write_obj(folder / "fewer.obj", bad[1], model.triangles[:-5], model.uv, model.uv_triangles[:-5])
    write_obj(folder / "mirrored.obj", bad[2] * (-1, 1, 1), model.triangles, model.uv, model.uv_triangles)
    np.save(folder / "short.npy", bad[3][:-1])
    np.save(folder / "nan.npy", np.where(np.arange(3) == 1, np.nan, bad[4]))
    folded = bad[5].copy()
    folded[folded[:, 0] > 3, 0] = 6 - folded[folded[:, 0] > 3, 0]
    np.save(folder / "folded.npy", folded)
    (folder / "broken.obj").write_text("v 1 2\nf 1 2 3\n")
    return folder


def test_each_bad_mesh_has_its_reason(folder: Path, preparing: Preparing) -> None:
    prepared = preparing(find_meshes(folder), BuildConfig())
    reasons = {one.name: one.reason for one in prepared.left_out}
    for name, reason in {
        "wound.obj": "flipped",
        "fewer.obj": "triangles; the face model 'known' has",
        "mirrored.obj": "mirror image",
        "short.npy": "195 vertices; the face model 'known' has 196",
        "nan.npy": "NaN",
        "folded.npy": "% of its surface is flipped over",
        "broken.obj": "",
    }.items():
        assert reason in reasons.pop(name), name
    assert not reasons
    assert len(prepared.neutral) == 20


def test_strict_stops_at_the_first(folder: Path, preparing: Preparing) -> None:
    with pytest.raises(MeshSetError, match=r"broken\.obj.*without --strict"):
        preparing(find_meshes(folder), BuildConfig(strict=True))


def test_the_topology_of_most(folder: Path) -> None:
    (folder / "a_first.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    assert len(topology_of(find_meshes(folder)).vertices) == 196


def test_no_topology(tmp_path: Path, known: Known) -> None:
    np.save(tmp_path / "stack.npy", known.sample(12))
    with pytest.raises(MeshSetError, match="--like MODEL or --reference MESH"):
        topology_of(find_meshes(tmp_path))


def test_triangles_in_another_order_are_the_same(tmp_path: Path, known: Known) -> None:
    write_people(tmp_path, known, known.sample(1))
    topology = topology_of(find_meshes(tmp_path))
    shuffled = np.random.default_rng(0).permutation(np.roll(topology.triangles, 1, axis=1))
    assert why_not_in_correspondence(topology.vertices, shuffled, topology) is None
    other = topology.triangles.copy()
    other[0, 0] = 195
    assert "other vertices" in str(why_not_in_correspondence(topology.vertices, other, topology))


def test_collapsed_meshes(tmp_path: Path, known: Known) -> None:
    write_people(tmp_path, known, known.sample(1))
    topology = topology_of(find_meshes(tmp_path))
    for collapse in (np.zeros(3), np.array([1, 0, 0])):
        vertices = (topology.vertices * collapse).astype(np.float32)
        assert "one line or in one place" in str(why_not_in_correspondence(vertices, None, topology))


def test_all_are_mirrored(known: Known, preparing: Preparing) -> None:
    with pytest.raises(MeshSetError, match="negate their x"):
        preparing(known.sample(20) * (-1, 1, 1), BuildConfig())


def test_none_can_be_read(tmp_path: Path, preparing: Preparing) -> None:
    (tmp_path / "broken.obj").write_text("v 1 2\nf 1 2 3\n")
    with pytest.raises(MeshSetError, match="none of 1 meshes"):
        preparing(find_meshes(tmp_path / "broken.obj"), BuildConfig())
